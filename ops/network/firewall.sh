#!/bin/sh
# The firewall around the sessions' bridge, in chains of its own. Run as root in the host's network namespace; the reconciler runs it
# in a short helper container, an operator may run it by hand:
#
#   firewall.sh ensure   put the rules in place; says "ok" when they were there already, "proven" when they were tried out since they
#                        were put there, "repaired" when they were not there
#   firewall.sh prove    keep with the rules that they were tried out and hold; says "proven"
#   firewall.sh check    print "ok", or what is missing (exit 3); changes nothing
#   firewall.sh show     print the rules that ought to be there
#   firewall.sh remove   take everything away again
#
# What the rules say:
#   - one way in: Caddy's address may open connections to port 8080 of a session; nobody else, the host itself included
#   - sessions reach no other session, no other container, no port of this host on any of its addresses, no private, shared or
#     link-local (metadata) range; they do reach the internet, and port 53 of exactly the resolvers that Docker hands their names to
#   - no IPv6 at all on this bridge
#   - each session has so many open and so many new connections and no more, so that its own cannot fill the host's table of them: seven with
#     all of theirs have 120,000 entries (open ones, and two minutes of new ones that were closed), of 262,144 on a host with more than 4 GiB;
#     questions to Docker's resolver, within the session, never come here
#   - an address opens at most 100 connections a second to the edge's port 443, and 500 at once; a trial host's edge is reached otherwise
set -euf

BRIDGE=${BRIDGE:-mf-sessions}
CADDY=${CADDY:-172.30.0.2}
# Where Docker sends what comes in for the edge: its address on either network.
EDGE="$CADDY ${CADDY_CONTROL:-172.30.1.2}"
SUBNET=${SUBNET:-172.30.0.0/24}
RESOLVERS=${RESOLVERS:-}
PORT=8080
# For each session: open connections and exchanges by UDP, and new ones.
OPEN_CONNECTIONS=${OPEN_CONNECTIONS:-4000}
NEW_CONNECTIONS=${NEW_CONNECTIONS:-100/sec}
NEW_CONNECTIONS_AT_ONCE=${NEW_CONNECTIONS_AT_ONCE:-1000}

PRIVATE="0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4"

FORWARD=MEDFORGE-FORWARD
INPUT=MEDFORGE-INPUT
OUTPUT=MEDFORGE-OUTPUT
# Empty. It is there when the rules were tried out, and goes when they are replaced; a host that saves its rules brings back an old name.
read -r boot_id </proc/sys/kernel/random/boot_id
PROVEN=MEDFORGE-PROVEN-${boot_id%%-*}

# What passes from a session is counted by its address: both chains share the one count of new connections. The kernel takes new figures for a
# new name only.
caps() { # caps <chain> <match>...
  chain=$1
  shift
  echo "-A $chain${*:+ $*} -m connlimit --connlimit-above $OPEN_CONNECTIONS --connlimit-mask 32 --connlimit-saddr -j DROP"
  echo "-A $chain${*:+ $*} -m hashlimit --hashlimit-above $NEW_CONNECTIONS --hashlimit-burst $NEW_CONNECTIONS_AT_ONCE --hashlimit-mode srcip --hashlimit-name medforge-${NEW_CONNECTIONS%%/*}-$NEW_CONNECTIONS_AT_ONCE -j DROP"
}

# Rules are written as `iptables -S` prints them, so that "is it there" is a comparison of text.
rules_v4() {
  known='-m conntrack --ctstate RELATED,ESTABLISHED'
  # Handshakes cost the edge its processor; what it takes in all is limited there.
  for address in $EDGE; do
    echo "-A $FORWARD -d $address/32 ! -i $BRIDGE -p tcp -m tcp --dport 443 -m conntrack --ctstate NEW -m hashlimit --hashlimit-above 100/sec --hashlimit-burst 500 --hashlimit-mode srcip --hashlimit-name medforge-edge -j DROP"
  done
  echo "-A $FORWARD -i $BRIDGE $known -j ACCEPT"
  echo "-A $FORWARD -o $BRIDGE $known -j ACCEPT"
  # Caddy's own ports are published by Docker; everything else on this subnet is off limits from outside the bridge.
  echo "-A $FORWARD -d $CADDY/32 ! -i $BRIDGE -o $BRIDGE -j RETURN"
  echo "-A $FORWARD -s $CADDY/32 -d $SUBNET -i $BRIDGE -o $BRIDGE -p tcp -m tcp --dport $PORT -m conntrack --ctstate NEW -j ACCEPT"
  echo "-A $FORWARD -o $BRIDGE -j DROP"
  caps "$FORWARD" -i "$BRIDGE"
  for resolver in $RESOLVERS; do
    echo "-A $FORWARD -d $resolver/32 -i $BRIDGE -p udp -m udp --dport 53 -j ACCEPT"
    echo "-A $FORWARD -d $resolver/32 -i $BRIDGE -p tcp -m tcp --dport 53 -j ACCEPT"
  done
  for range in $PRIVATE; do
    echo "-A $FORWARD -d $range -i $BRIDGE -j DROP"
  done
  echo "-A $INPUT $known -j RETURN"
  caps "$INPUT"
  for resolver in $RESOLVERS; do
    echo "-A $INPUT -d $resolver/32 -p udp -m udp --dport 53 -j RETURN"
    echo "-A $INPUT -d $resolver/32 -p tcp -m tcp --dport 53 -j RETURN"
  done
  echo "-A $INPUT -j DROP"
  # People with a shell on the host are not owners of every session on it.
  echo "-A $OUTPUT -d $CADDY/32 -j RETURN"
  echo "-A $OUTPUT -m conntrack --ctstate NEW -j REJECT --reject-with icmp-port-unreachable"
}

rules_v6() {
  echo "-A $FORWARD -j DROP"
  echo "-A $INPUT -j DROP"
  echo "-A $OUTPUT -j DROP"
}

# The jumps into our chains, as `chain rule`. Each has to be the first rule of its chain.
hooks_v4() {
  echo "DOCKER-USER -j $FORWARD"
  echo "INPUT -i $BRIDGE -j $INPUT"
  echo "OUTPUT -o $BRIDGE -j $OUTPUT"
}

hooks_v6() {
  echo "FORWARD -o $BRIDGE -j $FORWARD"
  echo "FORWARD -i $BRIDGE -j $FORWARD"
  echo "INPUT -i $BRIDGE -j $INPUT"
  echo "OUTPUT -o $BRIDGE -j $OUTPUT"
}

# This is run every half minute: what the shell can do itself costs no process.

# Docker's chains tell which of the two kernel interfaces this host uses.
backend() {
  for kind in nft legacy; do
    if "iptables-$kind-save" -t filter 2>/dev/null | has_chain DOCKER-USER; then
      echo "$kind"
      return
    fi
  done
  echo "Docker's own firewall chains are missing: restart Docker." >&2
  exit 3
}

tool() { # tool <4|6> [-save|-restore]
  if [ "$1" = 4 ]; then echo "iptables-$KIND${2:-}"; else echo "ip6tables-$KIND${2:-}"; fi
}

has_v6() { read -r _ 2>/dev/null </proc/net/if_inet6; }

families() { if has_v6; then echo '4 6'; else echo 4; fi; }

saved() { "$(tool "$1" -save)" -t filter 2>/dev/null; }

chain_of() { # chain_of <chain> [how many] < saved rules
  left=${2:-100000}
  while [ "$left" -gt 0 ] && IFS= read -r line; do
    case $line in "-A $1 "*)
      printf '%s\n' "$line"
      left=$((left - 1))
      ;;
    esac
  done
}

has_chain() { # has_chain <chain> < saved rules
  while IFS= read -r line; do
    case $line in ":$1 "*) return 0 ;; esac
  done
  return 1
}

has_line() { # has_line <line> < lines
  while IFS= read -r line; do
    [ "$line" != "$1" ] || return 0
  done
  return 1
}

# Whether an interface as rules name it, perhaps as the beginning of names (mf+), is or may be the bridge.
is_bridge() {
  case $1 in
    *+) case $BRIDGE in "${1%+}"*) true ;; *) false ;; esac ;;
    *) [ "$1" = "$BRIDGE" ] ;;
  esac
}

# Whether a rule of FORWARD may let a packet from or to the bridge past whatever comes after it. One that names another interface for one
# side alone may: what comes in elsewhere may go to a session, and what goes out elsewhere may come from one. Where a jump leads is not looked
# into, because its chain may be another one in a minute.
may_pass() { # may_pass <word>...
  not='' target='' elsewhere=''
  while [ $# -gt 0 ]; do
    case $1 in
      '!') not=1 ;;
      -i | -o)
        # Kept from the bridge by another's name, or by a "not" in front of its own.
        if is_bridge "$2"; then [ -z "$not" ] || elsewhere=$elsewhere$1; else [ -n "$not" ] || elsewhere=$elsewhere$1; fi
        ;;
      -j | -g) target=$2 ;;
    esac
    [ "$1" = '!' ] || not=''
    shift
  done
  case $target in '' | DROP | REJECT | LOG | NFLOG) return 1 ;; esac
  case $elsewhere in *-i*-o* | *-o*-i*) return 1 ;; esac
}

# Says what FORWARD decides before it asks DOCKER-USER, where our rules are; the rules of FORWARD come in. Docker puts that jump first whenever
# it starts; whoever starts later and puts a rule in front of it (Tailscale, libvirt) passes us by.
order_faults() {
  while read -r rule; do
    [ "$rule" != '-A FORWARD -j DOCKER-USER' ] || return 0
    # What is quoted is somebody's remark.
    words=$rule
    case $rule in *'"'*) words=$(printf '%s\n' "$rule" | sed 's/"\([^"\\]\|\\.\)*"/""/g') ;; esac
    # shellcheck disable=SC2086 # the rule's words are arguments
    ! may_pass $words ||
      echo "FORWARD does not ask DOCKER-USER first but after \"${rule#-A FORWARD }\"; on the host: $(tool 4) -D FORWARD -j DOCKER-USER; $(tool 4) -I FORWARD 1 -j DOCKER-USER"
  done
  echo 'FORWARD does not ask DOCKER-USER; restart Docker'
}

# Says what is wrong with a family; silent when everything is in place.
faults() {
  family=$1
  now=$(saved "$family")
  rules=$("rules_v$family")
  for chain in $FORWARD $INPUT $OUTPUT; do
    want=$(printf '%s\n' "$rules" | chain_of "$chain")
    have=$(printf '%s\n' "$now" | chain_of "$chain")
    [ "$want" = "$have" ] || echo "the rules of $chain (IPv$family) are not as they should be"
  done
  "hooks_v$family" | while read -r chain rule; do
    # The two hooks that IPv6 has in FORWARD: each among the first two.
    count=1
    [ "$family$chain" != 6FORWARD ] || count=2
    printf '%s\n' "$now" | chain_of "$chain" "$count" | has_line "-A $chain $rule" ||
      echo "$chain (IPv$family) does not begin with its jump to our rules"
  done
  [ "$family" = 6 ] || printf '%s\n' "$now" | chain_of FORWARD | order_faults
  true
}

# Without these, packets between two containers of one bridge never meet the rules.
kernel_faults() {
  for name in iptables $(has_v6 && echo ip6tables); do
    value=missing
    read -r value 2>/dev/null <"/proc/sys/net/bridge/bridge-nf-call-$name" || true
    [ "$value" = 1 ] ||
      echo "net.bridge.bridge-nf-call-$name is $value; on the host: modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-$name=1"
  done
}

all_faults() {
  for family in $(families); do faults "$family"; done
  kernel_faults
}

forget_proofs() { sed -n "s/^:\(${PROVEN%-*}-[^ ]*\) .*/-X \1/p"; } # < saved rules
# One transaction a family: our chains are replaced and hooked in at once, and nothing else is touched.
apply() {
  family=$1
  now=$(saved "$family")
  {
    echo '*filter'
    for chain in $FORWARD $INPUT $OUTPUT; do echo ":$chain - [0:0]"; done
    printf '%s\n' "$now" | forget_proofs
    "rules_v$family"
    "hooks_v$family" | while read -r chain rule; do
      printf '%s\n' "$now" | grep -xF -e "-A $chain $rule" | sed 's/^-A /-D /' || true
      echo "-I $chain 1 $rule"
    done
    echo COMMIT
  } | "$(tool "$family" -restore)" --noflush
}

remove() {
  family=$1
  now=$(saved "$family")
  {
    echo '*filter'
    "hooks_v$family" | while read -r chain rule; do
      printf '%s\n' "$now" | grep -xF -e "-A $chain $rule" | sed 's/^-A /-D /' || true
    done
    printf '%s\n' "$now" | forget_proofs
    for chain in $FORWARD $INPUT $OUTPUT; do
      if printf '%s\n' "$now" | has_chain "$chain"; then
        echo "-F $chain"
        echo "-X $chain"
      fi
    done
    echo COMMIT
  } | "$(tool "$family" -restore)" --noflush
}

KIND=$(backend) || exit 3

case ${1:-ensure} in
  show)
    for family in $(families); do
      echo "# IPv$family"
      "rules_v$family"
      "hooks_v$family" | sed 's/^/-I /'
    done
    ;;
  check | ensure)
    found=$(all_faults)
    if [ -z "$found" ]; then
      if saved 4 | has_chain "$PROVEN"; then echo proven; else echo ok; fi
      exit 0
    fi
    if [ "${1:-ensure}" = ensure ]; then
      for family in $(families); do apply "$family"; done
      found=$(all_faults)
      if [ -z "$found" ]; then
        echo repaired
        exit 0
      fi
    fi
    echo "$found"
    exit 3
    ;;
  prove)
    found=$(all_faults)
    if [ -n "$found" ]; then
      echo "$found"
      exit 3
    fi
    saved 4 | has_chain "$PROVEN" || "$(tool 4)" -N "$PROVEN"
    echo proven
    ;;
  remove)
    for family in $(families); do remove "$family"; done
    ;;
  *)
    echo "usage: firewall.sh [ensure|prove|check|show|remove]" >&2
    exit 2
    ;;
esac
