#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What people script against: the JSON of xbpfctl has the keys that bpftool's has, with values of
# the same type. Both load the same object here, one into the stock kernel, one into xbpf.
cd "$(dirname "$0")" || exit 1
. ../tap.sh
object=../progs/cli.bpf.o
functions=../progs/real/functions.v3.bpf.o
ours=/sys/fs/xbpf/json
theirs=/sys/fs/bpf/json
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" $ours $theirs' EXIT

# "key TYPE" of each member on stdin: N number, B boolean, else its first character
members() {
	tr -d ' \n\t' | sed 's/"\([a-z_0-9]*\)":\(.\)/\n\1 \2\n/g' |
		sed -n 's/^\([a-z_0-9]*\) \(.\)$/\1 \2/p' |
		sed 's/ [0-9-]$/ N/; s/ [tf]$/ B/' | sort -u
}

# same NAME WITHOUT COMMAND...: what bpftool's answer has and ours has not, but for the words of
# WITHOUT
same() {
	local name="$1" without="$2"
	shift 2
	bpftool -j "$@" >"$tmp/theirs" 2>&1
	# shellcheck disable=SC2046
	xbpfctl -j $(echo "$*" | sed "s,$theirs,$ours,g") >"$tmp/ours" 2>&1
	members <"$tmp/theirs" >"$tmp/expected"
	members <"$tmp/ours" >"$tmp/got"
	if [ ! -s "$tmp/expected" ]; then
		fail "$name" "bpftool says: $(cat "$tmp/theirs")"
		return
	fi
	is "$name" "$(grep -vxFf "$tmp/got" "$tmp/expected" | grep -vxF "$without")" ""
}

mkdir -p /sys/fs/bpf
grep -q " /sys/fs/bpf bpf " /proc/mounts || mount -t bpf bpf /sys/fs/bpf
check "bpftool loads the object into the kernel" bpftool prog loadall $object $theirs \
	pinmaps $theirs
check "xbpfctl loads it into xbpf" xbpfctl prog loadall $object $ours pinmaps $ours

same "a program" "bytes_memlock N" prog show pinned $theirs/on_user_one
same "a map" "-" map show pinned $theirs/typed
same "a table" "-" map show pinned $theirs/handlers
same "a table's slots" "-" map dump pinned $theirs/handlers
same "entries with types" "-" map dump pinned $theirs/numbers
same "one of them" "-" map lookup pinned $theirs/numbers key 1 0 0 0
same "the first key" "-" map getnext pinned $theirs/numbers
same "the next key" "-" map getnext pinned $theirs/numbers key 0 0 0 0
same "instructions" "-" prog dump xlated pinned $theirs/on_user_one
same "their fields" "-" prog dump xlated pinned $theirs/on_user_one opcodes
bpftool map update pinned $theirs/untyped key 1 0 0 0 value 1 0 0 0 0 0 0 0
xbpfctl map update pinned $ours/untyped key 1 0 0 0 value 1 0 0 0 0 0 0 0
is "an entry without types is the very same" "$(xbpfctl -j map dump pinned $ours/untyped)" \
	"$(bpftool -j map dump pinned $theirs/untyped)"
is "a key as well" "$(xbpfctl -j map getnext pinned $ours/untyped)" \
	"$(bpftool -j map getnext pinned $theirs/untyped)"
is "and no answer" "$(xbpfctl -j map delete pinned $ours/untyped key 1 0 0 0)" \
	"$(bpftool -j map delete pinned $theirs/untyped key 1 0 0 0)"
is "nothing to list" "$(xbpfctl -j link list)" "$(bpftool -j link list)"
bpftool map create $theirs/queue type queue key 0 value 4 entries 2 name queue
xbpfctl map create $ours/queue type queue key 0 value 4 entries 2 name queue
bpftool map push pinned $theirs/queue value 1 2 3 4
xbpfctl map push pinned $ours/queue value 1 2 3 4
is "a value of a queue" "$(xbpfctl -j map peek pinned $ours/queue)" \
	"$(bpftool -j map peek pinned $theirs/queue)"

# what is not in bpftool's of all versions
regs() { head -c 168 /dev/zero; }
want='{"code":"0x95","src_reg":"0x0","dst_reg":"0x0",'
want=$want'"off":["0x00","0x00"],"imm":["0x00","0x00","0x00","0x00"]}'
is "the fields of an instruction" \
	"$(xbpfctl -j prog dump xlated pinned $ours/on_user_one opcodes |
		sed 's/.*\({"code":"0x95",.*\)}\]$/\1/')" \
	"$want"
output=$(regs | xbpfctl -j prog run pinned $ours/on_user_one ctx_in - ctx_out -)
like "a run with what came out in place" "$output" \
	'^\{"ctx_out":\["0x00",.*\],"retval":1,"duration":[0-9]+\}$'
check "room that is enough" sh -c "head -c 168 /dev/zero |
	xbpfctl prog run pinned $ours/on_user_one ctx_in - ctx_out $tmp/out ctx_size_out 168"
is "is filled" "$(wc -c <"$tmp/out")" 168
is "two letters in one option" \
	"$(xbpfctl -jf prog show pinned $ours/on_user_one |
		grep -c "\"pinned\":\[\"$ours/on_user_one\"\]")" 1
is "letters that are none" \
	"$(xbpfctl -jx prog list 2>&1)" "xbpfctl: unknown option '-jx'; see \`xbpfctl help\`"

check "an object with functions" xbpfctl prog loadall $functions $ours/functions
output=$(for pin in "$ours"/functions/*; do xbpfctl prog dump jited pinned "$pin"; done)
like "a call of the program's own function names it" "$output" \
	'(call|callq) 0x[0-9a-f]{16} <[a-z_0-9]+>$'

xbpfctl -j prog tracelog >"$tmp/log" &
pid=$!
n=0
while [ ! -s "$tmp/log" ] && [ $n -lt 100 ]; do
	n=$((n + 1))
	echo "marked by test_cli_json" >/sys/kernel/tracing/trace_marker 2>/dev/null
	sleep 0.1
done
kill $pid
wait $pid 2>/dev/null
like "tracelog: a line is an object, at once" \
	"$(head -n 1 "$tmp/log")" '^\{"line":".*marked by test_cli_json.*"\}$'
done_testing
