#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks
#
# A packet parser that tail-calls by protocol, at a device's ingress, on real traffic between two
# network namespaces; the UDP parser is replaced while packets flow. `make demo-packets`.
cd "$(dirname "$0")" || exit 1
. ./steps.sh
. ./network.sh

dir=$fs/packets

# packets PARSER PROTOCOL [PORT]: counted in all flows of that kind; PORT is to_port, of ICMP the
# type in from_port
packets() {
	xbpfctl map dump pinned $dir/maps/flows |
		awk -v parser="parser = $1}" -v protocol="protocol = $2," -v port="${3-}" '
			index($0, parser) && index($0, protocol) &&
			(port == "" || index($0, "_port = " port ",")) && match($0, /packets = [0-9]+/) {
				n += substr($0, RSTART + 10, RLENGTH - 10)
			}
			END { print n + 0 }'
}

at_least() { [ "$(packets "$1" "$2")" -ge "$3" ]; }

steps_begin

explain "Two hosts: this one with va, a network namespace with vb, a virtual cable between them." \
	"Echo servers for UDP and TCP run here, on port 7000."
network 7000
run ip addr show va

explain "Load, and attach the entry program to what comes in on va."
run xbpfctl prog loadall packets.bpf.o $dir pinmaps $dir/maps
run xbpfctl map dump pinned $dir/maps/parsers
run xbpfctl prog attach pinned $dir/packet ingress va pinned $dir/link
run xbpfctl link list

explain "Traffic from there: 200 UDP datagrams over IPv4, 100 over IPv6, 50 TCP messages," \
	"5 pings each."
run there ./traffic send udp 10.9.0.1 7000 200
run there ./traffic send udp fd09::1 7000 100
run there ./traffic send tcp 10.9.0.1 7000 50
run there ping -c 5 -i 0.2 10.9.0.1
run there ping6 -c 5 -i 0.2 fd09::1
run xbpfctl map dump pinned $dir/maps/flows
expect "UDP packets" "$(packets as_udp 17 7000)" 300
expect "ICMP echo requests" "$(packets as_icmp 1 8)" 5
expect "ICMPv6 echo requests" "$(packets as_icmp 58 128)" 5
tcp=$(packets as_tcp 6 7000)
[ "$tcp" -ge 50 ] || die "$tcp TCP packets for 50 messages"
note "TCP packets: $tcp, with those that open and close the connection"

explain "The UDP parser is replaced while packets flow, taken away, and put back."
nsenter -t "$other" -n ./traffic send udp 10.9.0.1 7000 0 >"$tmp/sent" &	# there(), but with its pid
sender=$!
children="$children $sender"
until_true "UDP by the first parser" at_least as_udp 17 1000
run xbpfctl map update pinned $dir/maps/parsers key 17 value pinned $dir/parse_udp_again
until_true "UDP by the second parser" at_least as_udp_again 17 1000
run xbpfctl map delete pinned $dir/maps/parsers key 17
until_true "UDP without a parser" at_least no_parser 17 1000
run xbpfctl map update pinned $dir/maps/parsers key 17 value pinned $dir/parse_udp
target=$(($(packets as_udp 17) + 500))
until_true "UDP by the first parser again" at_least as_udp 17 $target
kill -TERM $sender
wait $sender
run cat "$tmp/sent"
read -r _ sent _ answered <"$tmp/sent" || die "the sender said nothing"
expect "datagrams answered" "$answered" "$sent"
first=$(($(packets as_udp 17) - 300)) second=$(packets as_udp_again 17) none=$(packets no_parser 17)
note "$first by parse_udp, $second by parse_udp_again, $none by nobody but the entry program"
expect "all together" $((first + second + none)) "$sent"

explain "Detach: traffic goes on uncounted. Then remove everything."
run xbpfctl link detach pinned $dir/link
before=$(packets as_udp 17)
run there ./traffic send udp 10.9.0.1 7000 20
expect "UDP packets counted meanwhile" $(($(packets as_udp 17) - before)) 0
steps_clean $dir
printf '\ndemo: ok\n'
