#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks
#
# Objects that clang built, loaded by the tool and run in the guest, in both engines and for each
# instruction set that was built: what they leave in their maps is held against what C says.
cd "$(dirname "$0")" || exit 1
. ../tap.sh
dir=/sys/fs/xbpf/objects
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" $dir' EXIT

# regs RDI RSI: a struct pt_regs with small arguments, for `prog run ... ctx_in`
byte() { printf '%b' "\\0$(printf %o "$1")"; }
zeros() { head -c "$1" /dev/zero; }
regs() {
	{ zeros 104; byte "$2"; zeros 7; byte "$1"; zeros 7; zeros 48; } >"$tmp/regs"
}

# returns PROG: what it returned on the last regs
returns() {
	xbpfctl prog run pinned "$dir/$1" ctx_in "$tmp/regs" 2>&1 |
		sed -n 's/^Return value: \([0-9]*\),.*/\1/p;/rror/p'
}

# field MAP NAME: a member of the only value
field() { xbpfctl -p map dump pinned "$dir/maps/$1" | tr -d ' \n\t' |
	sed -n "s/.*\"formatted\":.*\"$2\":\([^],}]*\).*/\1/p"; }

load() {
	rm -rf $dir
	# shellcheck disable=SC2086
	check "$1 $2: loaded" xbpfctl prog loadall "../progs/$1" $dir pinmaps $dir/maps $2
}

globals() {
	regs 2 0
	is "$1 $2: initialised data and constants" "$(returns add_up)" 43
	regs 3 0
	is "$1 $2: the second run sees what the first one wrote" "$(returns add_up)" 46
	is "$1 $2: zero data" "$(field globals.bss calls)" 2
	is "$1 $2: a string from constant data" "$(field globals.bss last)" '"three"'
}

tables() {
	regs 0 1
	is "$1 $2: first[0], second[1]" "$(returns start) $(field path value)" "4 124"
	regs 2 1
	is "$1 $2: first[2], an empty slot, second[1]" "$(returns start) $(field path value)" "4 134"
	regs 1 0
	is "$1 $2: an empty slot falls through" "$(returns start) $(field path value)" "9 19"
	regs 9 0
	is "$1 $2: an index out of range falls through" "$(returns start) $(field path value)" "9 19"
	regs 0 0
	is "$1 $2: the second table's empty slot" "$(returns start) $(field path value)" "8 128"
	regs 2 3
	is "$1 $2: round and round, until the budget is used up" "$(returns start)" 8
}

strings() {
	check "$1 $2: attached" xbpfctl prog attach pinned $dir/folder_made kprobe __x64_sys_mkdir \
		pinned $dir/link
	(cd "$tmp" && mkdir abcdeiou a_name_that_is_longer && rmdir abcdeiou a_name_that_is_longer)
	output=$(xbpfctl map dump pinned $dir/maps/words)
	like "$1 $2: a short string" "$output" 'text = "abcdeiou", length = 8, vowels = 5, hash = '
	like "$1 $2: a string that was cut" "$output" \
		'text = "a_name_that_is_", length = 15, vowels = 5, hash = '
	check "$1 $2: detached" xbpfctl link detach pinned $dir/link
}

core() {
	check "$1 $2: attached" \
		xbpfctl prog attach pinned $dir/signal_sent kprobe do_send_sig_info pinned $dir/link
	sleep 100 &
	kill -URG $!
	like "$1 $2: offsets from the kernel's BTF" "$(xbpfctl map dump pinned $dir/maps/signals)" \
		"^key: 23  value: {from = $$, to = $!, threads = 1, comm = \"[a-z_.]+\"}$"
	check "$1 $2: detached" xbpfctl link detach pinned $dir/link
	kill -9 $!
}

seven() { for _ in 1 2 3 4 5; do (exit 7); done; }
exits() {
	check "$1 $2: attached" xbpfctl prog attach pinned $dir/process_ends kprobe do_exit \
		pinned $dir/link
	seven
	like "$1 $2: no handler for 7" "$(xbpfctl map dump pinned $dir/maps/counts)" \
		'^key: "other"  value: ([5-9]|[1-9][0-9]+)$'
	check "$1 $2: slot 7 filled" \
		xbpfctl map update pinned $dir/maps/by_status key 7 value pinned $dir/failure
	seven
	like "$1 $2: the handler for 7 counts" "$(xbpfctl map dump pinned $dir/maps/counts)" \
		'^key: "failure"  value: 5$'
	check "$1 $2: slot 7 emptied" xbpfctl map delete pinned $dir/maps/by_status key 7
	seven
	like "$1 $2: it counts no longer" "$(xbpfctl map dump pinned $dir/maps/counts)" \
		'^key: "failure"  value: 5$'
	check "$1 $2: detached" xbpfctl link detach pinned $dir/link
}

ethernet() { printf '\1\2\3\4\5\6\7\10\11\12\13\14%b' "$1"; }
filter() {
	{ ethernet '\010\0'; printf '\105\0\0\056\0\0\0\0\100\021\0\0\012\0\0\1\012\0\0\2';
		printf '\1\2\0\065\0\032\0\0'; zeros 18; } >"$tmp/udp"
	{ ethernet '\010\0'; printf '\106\0\0\056\0\0\0\0\100\021\0\0\012\0\0\1\012\0\0\2';
		printf '\1\1\1\1'; printf '\1\2\0\065\0\032\0\0'; zeros 14; } >"$tmp/udp_options"
	{ ethernet '\010\0'; printf '\105\0\0\056\0\0\0\0\100\001\0\0\012\0\0\1\012\0\0\2';
		zeros 26; } >"$tmp/icmp"
	{ ethernet '\010\0'; printf '\105\0\0\056\0\0\0\0\100\006\0\0\012\0\0\1\012\0\0\2';
		zeros 26; } >"$tmp/tcp"
	{ ethernet '\206\335'; zeros 46; } >"$tmp/ipv6"
	is "$1 $2: UDP" "$(packet udp)" 1053
	is "$1 $2: UDP behind IP options" "$(packet udp_options)" 1053
	is "$1 $2: ICMP, cb handed over" "$(packet icmp)" 21
	is "$1 $2: TCP has no handler" "$(packet tcp)" 4
	is "$1 $2: not IPv4" "$(packet ipv6)" 2
	like "$1 $2: packets per port" "$(xbpfctl map dump pinned $dir/maps/ports)" '^key: 53  value: 2$'
}
packet() {
	xbpfctl prog run pinned $dir/parse data_in "$tmp/$1" data_out /dev/null 2>&1 |
		sed -n 's/^Return value: \([0-9]*\),.*/\1/p;/rror/p'
}

weak() {
	regs 0 0
	is "$1 $2: no run comes to a kernel function" "$(returns kernel_function)" 11
	is "$1 $2: ... that no kernel has" "$(returns absent_function)" 12
	is "$1 $2: a variable that no kernel has" "$(returns absent_variable)" 13
	is "$1 $2: a helper that no kernel has" "$(returns absent_helper)" 14
}

fields() {
	id=$(xbpfctl map list | sed -n 's/^\([0-9]*\): hash  *name rows .*/\1/p')
	regs 0 0
	is "$1 $2: map_type" "$(returns get_map_type)" 1
	is "$1 $2: key_size" "$(returns get_key_size)" 8
	is "$1 $2: value_size" "$(returns get_value_size)" 24
	is "$1 $2: max_entries" "$(returns get_max_entries)" 77
	is "$1 $2: map_flags" "$(returns get_map_flags)" 1
	is "$1 $2: id" "$(returns get_id)" "$id"
	is "$1 $2: entries of a map in a map" "$(returns entries_inside)" 5
}

for what in globals tables strings filter exits core weak fields; do
	for object in $(cd ../progs && ls $what.bpf.o $what.v?.bpf.o 2>/dev/null); do
		for engine in "" interp; do
			load "$object" "$engine"
			$what "$object" "$engine"
		done
	done
done

rm -rf $dir
check_fails "a lookup that is not checked is refused" \
	xbpfctl prog loadall ../progs/bad_null.bpf.o $dir
like "the reason says what to do" "$output" 'may be null'
like "the reason names the source line" "$output" 'bad_null\.bpf\.c:19'
is "a refused object leaves no program" "$(xbpfctl prog list)" ""
is "a refused object leaves no map" "$(xbpfctl map list)" ""
done_testing
