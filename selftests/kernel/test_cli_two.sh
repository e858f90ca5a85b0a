#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Two modules for one tool: -D and XBPF_DEVICE, pins, compare, and how a running kit is upgraded
# (docs/two.md).
cd "$(dirname "$0")" || exit 1
. ./cli.sh
fs=/sys/fs/xbpf
signals=../demos/signals.bpf.o
two() { xbpfctl -D xbpf2 "$@"; }
sh -c 'trap "" USR1 USR2 HUP; : >"$0/ready"; while :; do sleep 1; done' "$tmp" &
receiver=$!
trap 'kill -9 $receiver; rm -rf "$tmp" $fs/*; umount ${fs}2; rmmod xbpf2' EXIT
while [ ! -e "$tmp/ready" ]; do sleep 0.1; done
send() {	# send SIGNAL TIMES
	n=0
	while [ $n -lt "$2" ]; do
		kill -"$1" $receiver
		n=$((n + 1))
	done
}
usr1() {	# usr1 MODULE: how many its handler has counted
	xbpfctl -D "$1" map dump pinned "/sys/fs/$1/signals/counts" |
		sed -n 's/^key: {handler = on_usr1, signal = 10}  value: //p'
}

refused "the other one is not loaded" \
	"/dev/xbpf2: no such device, the module xbpf2 is not loaded; load it .*make NAME=xbpf2" \
	two prog list
check "it is loaded beside the first" \
	insmod "../two/$(uname -r | sed 's/^\([0-9]*[.][0-9]*\).*/\1/').ko"
refused "a name that none can have" "'foo' is no name of a module" xbpfctl -D foo prog list
refused "no name" "the name of a module is missing behind -D" xbpfctl prog list -D
refused "two where one is meant" "-D can be given once, and twice for compare" \
	xbpfctl -D xbpf -D xbpf2 prog list
XBPF_DEVICE=/dev/xbpf2 refused "no name in the environment" \
	"XBPF_DEVICE=/dev/xbpf2 in the environment is no name of a module" xbpfctl prog list

is "completion knows both" "$(complete_words -D xb | tr '\n' ' ')" "xbpf xbpf2 "
is "and goes on behind the name" "$(complete_words -D xbpf2 fe)" "feature"

check "load into the first" xbpfctl load $signals
XBPF_DEVICE=xbpf2 check "load into the second, as the environment says" xbpfctl load $signals
has "it is pinned below a folder of its own" "^signals, pinned below ${fs}2/signals:$"
is "which is a file system of its own" \
	"$(awk -v d=${fs}2 '$2 == d { print $3 }' /proc/mounts)" xbpf2fs
check "attach the first" xbpfctl attach signals
check "attach the second, at the same place" two attach signals
is "completion offers what the module has" "$(complete_words -D xbpf2 unload '')" signals
send USR1 20
is "both count the same events" "$(usr1 xbpf) $(usr1 xbpf2)" "20 20"
check "a slot of the second" two update signals/handlers 10 count_audit
send USR1 5
is "is none of the first's" "$(usr1 xbpf) $(usr1 xbpf2)" "25 20"
two update signals/handlers 10 count_usr1 >/dev/null
refused "a pin of the second is none of the first's" "signals/counts" \
	xbpfctl map show pinned ${fs}2/signals/counts
like "fds are named after their module" "$(xbpfctl -j -f prog list)" "\"$fs/signals/count_hup\""
like "pins are those of the module" "$(two -j -f prog list)" "\"${fs}2/signals/count_hup\""
is "and of no other" "$(two -j -f prog list | grep -c "\"$fs/")" 0

check "compare two modules" xbpfctl compare -D xbpf -D xbpf2 ../progs/tables.bpf.o $signals
has "it names them" '^A: xbpf, B: xbpf2$'
check "compare, as JSON" xbpfctl -j compare -D xbpf -D xbpf2 $signals
has "all agree" '^\{"a":"xbpf","b":"xbpf2",.*"agree":6,"known":0,"differ":0\}$'
xbpfctl compare -D xbpf -D xbpf $signals >/dev/null 2>"$tmp/err"
is "one with itself" $? 3
like "is refused" "$(cat "$tmp/err")" "not xbpf with itself"
xbpfctl compare -D xbpf -D xbpf3 $signals >/dev/null 2>"$tmp/err"
is "one that is not loaded" $? 3
like "is told" "$(cat "$tmp/err")" "the module xbpf3 is not loaded"
check "compare the kernel's with the second" two -j compare $signals
has "under its name" '^\{"a":"upstream","b":"xbpf2",'

# --- the first goes, and no event is lost; then it is loaded anew and takes over

before=$(usr1 xbpf2)
check "unload from the first" xbpfctl unload signals
check "rmmod" rmmod xbpf
send USR1 7
is "the second goes on" "$(($(usr1 xbpf2) - before))" 7
check "the first comes back" modprobe xbpf
check "with the object" xbpfctl load $signals
check "at its place" xbpfctl attach signals
send USR1 3
is "both count" "$(usr1 xbpf) $(($(usr1 xbpf2) - before))" "3 10"
check "unload from the second" two unload signals
has "nothing is left" "nothing is left"
has "nor mounted" "^${fs}2 is empty and unmounted"
check "it goes" rmmod xbpf2
check "and the first is unloaded as always" xbpfctl unload signals
trap 'kill -9 $receiver; rm -rf "$tmp"' EXIT
done_testing
