# PID 1 of a session: starts what the image says, reaps whatever is left to it, passes signals on, and ends with its exit code.
#
# Everything in a session can open the descriptors of its PID 1, and what is written to Docker's log costs Docker's server processor time
# and the host its disk. So nothing of Docker's stays open here. The first 64 KiB of what the session prints are in its /tmp; the rest goes
# nowhere. What ends by itself leaves them in its workspace.
log=/tmp/medforge-session.log
pipe=/tmp/.medforge-session.pipe
mkfifo "$pipe" || exit 126
# Both ways at first, because one end alone waits for the other.
exec 3<>"$pipe" 4<"$pipe" 5>"$pipe" 3>&-
rm "$pipe"
exec </dev/null >/dev/null 2>&1
printf medforge-init >/proc/self/comm
# The limit ends the first reader at its full log; the second keeps whoever prints from ever waiting.
{ (ulimit -f 128; exec cat >"$log"); exec cat; } <&4 4<&- 5>&- &
keeper=$!
# What a shell starts in the background ignores these two, and all that it starts would.
env --default-signal=INT,QUIT "$@" >&5 2>&5 4<&- 5>&- &
main=$!
exec 4<&- 5>&-
stopped=
trap 'stopped=1; kill -s TERM "$main"' TERM
for name in HUP INT QUIT USR1 USR2; do trap "kill -s $name $main" "$name"; done
# A signal ends the wait, not what is waited for.
while wait "$main"; code=$?; kill -0 "$main"; do :; done
if [ -z "$stopped" ]; then
  # What was printed last may be on its way yet. It has arrived when nobody is left to print; somebody who is gets a second.
  (sleep 1; kill -KILL "$keeper") &
  wait "$keeper"
  cp "$log" /workspace/.medforge-session.log
fi
# This one is Docker's for an end that it did not see.
[ "$code" != 255 ] || code=254
exit "$code"
