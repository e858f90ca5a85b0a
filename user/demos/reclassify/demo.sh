#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks
#
# A classifier at ingress marks a packet, re-enters its chain by a tail call, and gives the verdict
# of the mark. `make demo-reclassify`.
cd "$(dirname "$0")" || exit 1
. ./steps.sh
. ./network.sh

dir=$fs/reclassify
bulk=2 interactive=3

# field CLASS NAME: of map verdicts
field() {
	xbpfctl map lookup pinned $dir/maps/verdicts key "$1" | sed -n "s/.*[{ ]$2 = \([0-9]*\).*/\1/p"
}

# traffic PORT COUNT ANSWERS
traffic() {
	run there ./traffic send udp 10.9.0.1 "$1" "$2"
	[ "$(cat "$tmp/out")" = "sent $2 answered $3" ] ||
		die "$2 datagrams to port $1: $3 answers were expected"
}

steps_begin

explain "Two hosts as in the packets demo; UDP from port 9000 on is bulk, below it is interactive."
network 7000 9000

explain "Load, fill the chain with the classifier itself, and attach it to what comes in on va."
run xbpfctl prog loadall reclassify.bpf.o $dir pinmaps $dir/maps
run xbpfctl map dump pinned $dir/maps/chain
run xbpfctl prog attach pinned $dir/classify ingress va pinned $dir/link

explain "Every packet passes twice: unmarked, then with its class. All pass."
traffic 7000 100 100
traffic 9000 100 100
run xbpfctl map dump pinned $dir/maps/verdicts
expect "interactive packets, second pass" "$(field $interactive second)" 100
expect "bulk packets, second pass" "$(field $bulk second)" 100
[ "$(field 0 first)" -ge 200 ] || die "fewer first passes than packets"

explain "The verdict of a class changes: bulk is dropped, by the second pass."
run xbpfctl map update pinned $dir/maps/drop key $bulk value 1
traffic 9000 10 0
traffic 7000 50 50
expect "bulk packets dropped" "$(field $bulk dropped)" 10
expect "interactive packets passed" "$(field $interactive passed)" 150

explain "Without its chain the classifier marks and goes on: nothing is dropped."
run xbpfctl map delete pinned $dir/maps/chain key 0
second=$(field $bulk second)
traffic 9000 20 20
expect "second passes meanwhile" $(($(field $bulk second) - second)) 0
run xbpfctl map update pinned $dir/maps/chain key 0 value pinned $dir/classify
traffic 9000 5 0

explain "The device goes while the program is attached: the link is dead and says so."
run xbpfctl link show pinned $dir/link
ip link del va
until_true "the link is dead" sh -c "xbpfctl link show pinned $dir/link | grep -q detached"
run xbpfctl link show pinned $dir/link
steps_clean $dir
printf '\ndemo: ok\n'
