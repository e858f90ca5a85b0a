# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Two hosts of the demos with packets: this one, with `va` (10.9.0.1, fd09::1), and another network
# namespace that a sleeping process holds, with `vb` (10.9.0.2, fd09::2). Sourced behind steps.sh.

there() { nsenter -t "$other" -n "$@"; }

has_address() { "$@" ip addr show | grep -q fd09:: && ! "$@" ip addr show | grep -q tentative; }

network() {
	modprobe veth 2>/dev/null
	unshare -n sleep 100000 &
	other=$!
	children="$children $other"
	until_true "a namespace of its own" \
		sh -c "[ \$(readlink /proc/$other/ns/net) != \$(readlink /proc/self/ns/net) ]"
	ip link add va type veth || die "no veth pair"
	peer=$(ip link show | sed -n 's/^[0-9]*: \(veth[0-9]*\)@va.*/\1/p')
	[ -n "$peer" ] || die "the other end of va is not there"
	ip link set "$peer" name vb
	ip link set vb netns "$other"
	for d in va all; do echo 0 >/proc/sys/net/ipv6/conf/$d/accept_dad; done
	there sh -c 'for d in vb all; do echo 0 >/proc/sys/net/ipv6/conf/$d/accept_dad; done' 2>/dev/null
	ip addr add 10.9.0.1/24 dev va
	ip addr add fd09::1/64 dev va
	ip link set va up
	there ip addr add 10.9.0.2/24 dev vb
	there ip addr add fd09::2/64 dev vb
	there ip link set vb up
	there ip link set lo up
	until_true "an address on va" has_address env
	until_true "an address on vb" has_address there
	for port in "$@"; do
		for kind in udp tcp; do
			./traffic echo $kind "$port" &
			children="$children $!"
		done
		until_true "an echo on port $port" sh -c "there() { nsenter -t $other -n \"\$@\"; }
			[ \"\$(there ./traffic send tcp 10.9.0.1 $port 1 2>&1)\" = 'sent 1 answered 1' ] &&
			[ \"\$(there ./traffic send udp 10.9.0.1 $port 1 2>&1)\" = 'sent 1 answered 1' ]"
	done
}
