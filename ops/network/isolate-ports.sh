#!/bin/sh
# Keeps the sessions' ports of the bridge isolated: frames of any kind, such as those that no IP rule ever sees, pass between them and the
# edge only. Runs for ever, as root in the host's network namespace; the reconciler keeps it running in a helper container.
#
#   EDGE="02:42:ac:1e:00:02 …" isolate-ports.sh     MAC addresses of the ports that stay as they are: Caddy's and the API's
#
# A port is known by the first frame that comes out of it, so a container on it has reached nobody yet. Says "isolated <mac>" or
# "failed <mac>" for each, again whenever the bridge has learned the address anew. A port that was isolated stays so: whoever sends from
# it with an address of the edge gains nothing, and is a "failed <mac>".
set -eu

BRIDGE=${BRIDGE:-mf-sessions}
EDGE=${EDGE:-}

ISOLATED=" "

set_isolated() { # mac, port, on|off
  if bridge link set dev "$2" isolated "$3" 2>/dev/null; then
    [ "$3" = off ] && return
    case "$ISOLATED" in *" $2 "*) ;; *) ISOLATED="$ISOLATED$2 " ;; esac
    echo "isolated $1"
  else
    echo "failed $1"
  fi
}

echo watching
# Watching begins before the look at what is known already, so that nothing falls between the two.
{
  bridge monitor fdb &
  bridge fdb show br "$BRIDGE"
  wait
} | while read -r mac dev port master bridge rest; do
  # "<mac> dev <port> master <bridge>"; whatever has more words ("permanent") is the host's own end, and "Deleted …" is no address.
  [ "$dev $master $bridge $rest" = "dev master $BRIDGE " ] || continue
  case " $EDGE " in
    *" $mac "*)
      case "$ISOLATED" in
        *" $port "*) echo "failed $mac" ;;
        *) set_isolated "$mac" "$port" off ;;
      esac
      ;;
    *) set_isolated "$mac" "$port" on ;;
  esac
done
