#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# xbpfctl prog dump jited and map dump jited: labels, source, what patched jumps follow, trees.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
dir=/sys/fs/xbpf/jited
first=$dir/maps/first second=$dir/maps/second
trap 'chmod 600 /dev/xbpf; xbpfctl stats off; rm -rf "$tmp" $dir' EXIT

jited() { xbpfctl "$@" prog dump jited pinned $dir/"$prog"; }
# tree MAP N: waits until its tree has so many programs
tree() {
	local n=0
	while ! xbpfctl map show pinned "$1" | grep -q "  tree of $2, .*[0-9]\$"; do
		n=$((n + 1))
		[ $n -lt 200 ] || return
		sleep 0.1
	done
}
code() { sed -n 's/^ *[0-9a-f]*: //p'; }

check "programs whose tail calls are direct" xbpfctl prog loadall ../progs/tables.bpf.o $dir \
	pinmaps $dir/maps tail direct
map=$(xbpfctl -j map show pinned $first | sed 's/.*"id":\([0-9]*\),"type":"prog_array".*/\1/')

# --- labels, source

prog=start
output=$(jited)
has "the source stands beside the code" \
	'^; bpf_tail_call\(ctx, &first, \(__u32\)PT_REGS_PARM1\(ctx\)\);$'
has "a jump goes to a label" '^ +[0-9a-f]+: jae L[0-9]+$'
is "each label is a line, numbered by address" \
	"$(echo "$output" | sed '/^note:$/,$d' | sed -n 's/^L\([0-9]*\):$/\1/p' | tr '\n' ' ')" \
	"$(echo "$output" | sed '/^note:$/,$d' | grep -o ' L[0-9]*' | tr -d ' L' | sort -nu | tr '\n' ' ')"
has "and anew in each function" '^note:$'
is "as in the other function" "$(echo "$output" | grep -c '^L1:$')" 2
output=$(xbpfctl prog dump jited pinned $dir/start linum)
has "linum: file, line and column" \
	'^; note\(9\); \[file:.*tables.bpf.c line_num:[0-9]+ line_col:[0-9]+\]$'
output=$(jited -j)
is "JSON: jumps go to offsets, where labels are" \
	"$(echo "$output" | sed 's/"name":"note".*//' | grep -o '"operation":"j[a-z]* 0x[0-9a-f]*"' |
		grep -o '0x[0-9a-f]*' | sort -u)" \
	"$(echo "$output" | sed 's/"name":"note".*//' |
		grep -o '"label":"L[0-9]*",\("src":"[^"]*",\)*"pc":"0x[0-9a-f]*"' |
		grep -o '0x[0-9a-f]*' | sort -u)"

# --- patched jumps

prog=second_b
text=$(jited) json=$(jited -j)
site=$(echo "$text" | sed -n "s/: .*# slot 0 of map $map (first)\$//p")
like "a patched jump names its program, table and slot" "$text" \
	"^ +[0-9a-f]+: jmp 0x[0-9a-f]{16} <first_a>  # slot 0 of map $map \(first\)\$"
like "a jump behind the prefixes of an instruction" "$text" '^ +[0-9a-f]+: jb L[0-9]+\+0x[1-4]$'
like "JSON: what it follows" "$json" \
	'"operation":"jmp 0x[0-9a-f]* <first_a>","follows":\{"slot":0,"map_id":'"$map"',"map":"first",'
like "... and which program is there" "$json" \
	'"map":"first","prog_id":[0-9]+,"prog":"first_a","counted":false\}'
check "the slot is updated" xbpfctl map update pinned $first key 0 0 0 0 value pinned $dir/second_a
like "the same jump goes to another program" "$(jited)" \
	"^$site: jmp 0x[0-9a-f]{16} <second_a>  # slot 0 of map $map \(first\)\$"
check "the slot is counted" xbpfctl stats on map pinned $first
like "then the jump goes to its counter" "$(jited)" \
	"^$site: jmp 0x[0-9a-f]{16} <counter of second_a>  # slot 0 of map $map \(first\), counted\$"
check "no more" xbpfctl stats off map pinned $first
check "the slot is emptied" xbpfctl map delete pinned $first key 0 0 0 0
like "then there is a nop, which says so" "$(jited)" \
	"^$site: nopl.*  # slot 0 of map $map \(first\): empty\$"
like "JSON: no program" "$(jited -j)" '"follows":\{"slot":0,"map_id":'"$map"',"map":"first"\}'

# --- trees

refused "a table that nobody has a tree for" "map [0-9]+ 'first' has no tree: one is made when" \
	xbpfctl map dump jited pinned $first
refused "a map that is no table" "is of type array: only program arrays have code, a tree" \
	xbpfctl map dump jited pinned $dir/maps/path
rm -rf $dir
check "programs whose tail calls compare" xbpfctl prog loadall ../progs/tables.bpf.o $dir \
	pinmaps $dir/maps tail tree
check "a third program in the table" xbpfctl map update pinned $first key 3 0 0 0 \
	value pinned $dir/second_a
check "and in one slot more" xbpfctl map update pinned $first key 1 0 0 0 value pinned $dir/second_a
tree $first 3
map=$(xbpfctl -j map show pinned $first | sed 's/.*"id":\([0-9]*\),"type":"prog_array".*/\1/')
prog=start
like "a jump to the tree" "$(jited)" \
	"^ +[0-9a-f]+: jmp 0x[0-9a-f]{16} <tree of first>  # the tree of map $map \(first\)\$"
like "JSON: likewise" "$(jited -j)" \
	'<tree of first>","follows":\{"tree":true,"map_id":'"$map"',"map":"first"\}'
bytes=$(xbpfctl map dump jited pinned $first opcodes)
check "the tree" xbpfctl map dump jited pinned $first
is "whose it is" "$(echo "$output" | head -n 1)" "tree of map $map (first):"
has "a program by its name, and its slot" '^ +[0-9a-f]+: je 0x[0-9a-f]{16} <first_a>  # slot 0$'
has "all slots that it has" '^ +[0-9a-f]+: je 0x[0-9a-f]{16} <second_a>  # slot 1, 3$'
is "three programs" "$(echo "$output" | code | grep -c '^je 0x.* <')" 3
has "labels there, too" '^ +[0-9a-f]+: jae L1$'
like "JSON: programs and their slots" "$(xbpfctl -j map dump jited pinned $first)" \
	'^\[\{"name":"tree of map [0-9]+ \(first\)","insns":\[.*"prog_id":[0-9]+,"slots":\[1,3\]\}'
like "with the bytes" "$bytes" \
	'^ +81 f9( [0-9a-f]{2}){4}$'
check "to a file" xbpfctl map dump jited pinned $first file "$tmp/tree"
is "the same bytes" "$(od -An -v -tx1 "$tmp/tree" | tr -d ' \n')" \
	"$(echo "$bytes" | grep -E '^ +[0-9a-f]{2}( [0-9a-f]{2})*$' |
		tr -d ' \n')"
check "the table is counted" xbpfctl stats on map pinned $second
tree $second 2
sleep 1
like "jumps of a tree to counters" "$(xbpfctl map dump jited pinned $second)" \
	'je 0x[0-9a-f]{16} <counter of second_[ab]>  # slot [13]$'
check "no more" xbpfctl stats off map pinned $second

# --- rights, words

chmod 666 /dev/xbpf
chmod 755 /sys/fs/xbpf $dir $dir/maps
chmod 666 $first
# CAP_BPF alone
refused "a tree is not for who may not see addresses" \
	"the table's tree: this process may not see kernel addresses \(CAP_PERFMON\)" \
	/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +cap_39 \
	--ambient-caps +cap_39 xbpfctl map dump jited pinned $first
# CAP_BPF and CAP_PERFMON: names are found by ids, which it may not
check "but for who may" /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups \
	--inh-caps +cap_38,+cap_39 --ambient-caps +cap_38,+cap_39 \
	xbpfctl map dump jited pinned $first
has "... programs by their ids, where it may not ask for names" \
	'je 0x[0-9a-f]{16} <program [0-9]+>  # slot 0$'
chmod 600 /dev/xbpf
chmod 700 /sys/fs/xbpf
refused "words of another dump" "opcode" xbpfctl map dump jited pinned $first opcode
done_testing
