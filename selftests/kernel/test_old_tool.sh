#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks
#
# The ABI holds: a tool that was linked statically long ago, with the library and the programs of
# then (../old, made by `make old-tool`), works with this module, and gets the same as today's. What
# it prints in words of its own is compared with those, not with today's.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
if [ -e ../old/missing ] && ! [ -e ../old/xbpfctl ]; then
	skip "the tool of f1ec4c4" "the clone is without the history of f1ec4c4"
	done_testing
	exit
fi
dir=/sys/fs/xbpf/old
receiver=
# shellcheck disable=SC2154 # cli.sh's
trap 'kill -9 $receiver 2>/dev/null; rm -rf "$tmp" $dir' EXIT

old() { "$tmp/xbpfctl" "$@"; }

# same NAME ARGUMENTS...: both tools print the same
same() {
	local name="$1"
	shift
	is "$name: as today's tool says" "$(old "$@" 2>&1)" "$(xbpfctl "$@" 2>&1)"
}

# same_dump KIND: both tools get the same bytes of signal_sent
same_dump() {
	check "prog dump $1" old prog dump "$1" pinned $dir/signal_sent
	check "... to a file" old prog dump "$1" pinned $dir/signal_sent file "$tmp/$1.old"
	xbpfctl prog dump "$1" pinned $dir/signal_sent file "$tmp/$1.new"
	check "... as today's tool gets it" cmp "$tmp/$1.old" "$tmp/$1.new"
}

send() {
	local n=0
	while [ $n -lt "$2" ]; do
		kill -"$1" $receiver || return
		n=$((n + 1))
	done
}

# counted HANDLER: events, as the old tool shows them
counted() {
	old map dump pinned $dir/maps/counts | sed -n "s/^key: {handler = $1, .*value: \([0-9]*\)$/\1/p"
}

if ! [ -x ../old/xbpfctl ]; then
	fail "there is an old tool" "../old/xbpfctl is missing: \`make old-tool\` says why"
	done_testing
fi
cp ../old/xbpfctl "$tmp/"	# the share is slow, and it is started often
sh -c 'trap "" HUP USR1 USR2 CONT URG; : >"$0/ready"; while :; do sleep 1; done' "$tmp" &
receiver=$!
while ! [ -e "$tmp/ready" ]; do sleep 0.1; done

# --- load, show

check "version" old version
has "... knows the module" '^module [0-9.]+ \(JIT\)'
check "feature" old feature
has "... lists helpers" 'bpf_tail_call'
has "... and the ways to tail-call" 'auto unwind slot direct tree'
check "loadall, with pins" old prog loadall ../old/signals.bpf.o $dir pinmaps $dir/maps
for pin in signal_sent count_hup count_usr1 count_usr2 count_cont count_audit maps/handlers \
	maps/counts; do
	check "... $pin is pinned" test -e $dir/$pin
done
check "load for the interpreter" old prog load ../old/signals.bpf.o $dir/interpreted interp
rm -f $dir/interpreted
check "prog show" old prog show pinned $dir/signal_sent
has "... type, name, engine" 'kprobe +name signal_sent +tag [0-9a-f]{16} +gpl +jited'
has "... sizes and maps" 'xlated [0-9]+B +jited [0-9]+B .*map_ids [0-9]+,[0-9]+'
same_dump xlated
same_dump jited

# --- a table

check "a slot by pin" old map update pinned $dir/maps/handlers key 12 value pinned $dir/count_usr2
id=$(old -j prog show pinned $dir/count_cont | sed 's/.*"id":\([0-9]*\).*/\1/')
check "a slot by id" old map update pinned $dir/maps/handlers key 18 value id "$id"
printf '23 %s\n' $dir/count_audit >"$tmp/slots"
check "slots from a file" old map update pinned $dir/maps/handlers from "$tmp/slots"
is "map dump shows them" "$(old map dump pinned $dir/maps/handlers |
	sed -n 's/^slot \([0-9]*\): program [0-9]*  name \(.*\)/\1 \2/p' | tr '\n' ' ')" \
	"1 count_hup 10 count_usr1 12 count_usr2 18 count_cont 23 count_audit "
check "a slot is emptied" old map delete pinned $dir/maps/handlers key 23
check_fails "a slot beyond the table is refused" \
	old map update pinned $dir/maps/handlers key 65 value id "$id"
has "... and the module's text says why" 'index is out of range.* 64'
same "the refusal" map update pinned $dir/maps/handlers key 65 value id "$id"
check "a map of its own" \
	old map create $dir/mine type hash key 4 value 8 entries 4 name mine
check "... takes an element" old map update pinned $dir/mine key 7 value 9
same "map lookup" map lookup pinned $dir/mine key 7

# --- events

check "attach" old prog attach pinned $dir/signal_sent kprobe do_send_sig_info pinned $dir/link
send HUP 3
send USR2 5
send CONT 2
send URG 4
is "count_hup's signals" "$(counted on_hup)" 3
is "count_usr2's signals" "$(counted on_usr2)" 5
is "count_cont's signals" "$(counted on_cont)" 2
is "signals whose slot is empty" "$(counted unknown)" 4
same "map dump" -j map dump pinned $dir/maps/counts
check "link show" old link show pinned $dir/link
has "... what and where" 'kprobe +prog [0-9]+ +name signal_sent'
has "... and the events" 'run_cnt 14 +missed 0'
check "map show" old map show pinned $dir/maps/handlers
has "... counts what fell through" 'slots filled 4 +calls fallen through: .*empty 4'
check "link update" old link update pinned $dir/link pinned $dir/count_audit
send USR2 6
is "the other program counts" "$(counted on_audit)" 6
check "detach" old link detach pinned $dir/link
send HUP 7
is "nothing is counted afterwards" "$(counted on_hup)" 3

# --- and no trace is left

rm -rf $dir
tries=0
while [ -n "$(old prog list; old map list; old link list)" ] && [ $tries -lt 100 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
is "no object is left" "$(old prog list; old map list; old link list)" ""
done_testing
