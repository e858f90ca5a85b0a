#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# xbpfctl compare: all real objects as the kernel's own BPF sees them; and what it prints of
# programs that it has to tell apart.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
object=../progs/compare.bpf.o
real=../progs/real
trap 'rm -rf "$tmp"' EXIT

# ends NAME STATUS COMMAND...: its exit status
ends() {
	local name="$1" want="$2" status
	shift 2
	output=$("$@" 2>"$tmp/err")
	status=$?
	if [ $status = "$want" ]; then
		pass "$name"
	else
		fail "$name" "exit status $status, not $want, of: $*" "$output" "$(cat "$tmp/err")"
	fi
}

# left: programs and maps of both subsystems, and pins
left() {
	{ bpftool prog list; bpftool map list; xbpfctl prog list; xbpfctl map list; } 2>/dev/null |
		grep -c '^[0-9]*: '
	ls /sys/fs/xbpf
}
before=$(left)

# --- real objects

xbpfctl compare $real/*.bpf.o >"$tmp/table" 2>"$tmp/err"
status=$?
if [ $status -le 1 ]; then
	pass "real objects: none differ without a known reason"
else
	fail "real objects: none differ without a known reason" "exit status $status" \
		"$(cat "$tmp/err"; grep -a DIFFERS "$tmp/table")"
fi
files=$(find $real -name '*.bpf.o' | wc -l)
like "all are there" "$(tail -n 1 "$tmp/table")" "^$files files, [0-9]+ programs: .*, 0 differ$"
grep -a ': differs with' "$tmp/table" | sed 's/^/# /'
tail -n 1 "$tmp/table" | sed 's/^/# /'
# from 6.12 on upstream can do what these ask for
case $(uname -r) in
[1-5].* | 6.[0-9].* | 6.1[01].*) ;;
*) is "both accept all that they hold" \
	"$(grep -aE '^[^ ]+/[^ ]+: (upstream|xbpf|.*only .* accepts)' "$tmp/table")" "" ;;
esac

# --- what it tells apart

ends "programs that differ" 2 xbpfctl compare $object
for want in 'same +agree +success +success' \
	'clock +known +success +success' 'address +differ +success +success' 'leaves +differ' \
	'finds +known' 'probe +agree' \
	'only_upstream +known +success +failure' 'only_xbpf +known +failure +success' \
	'kill +agree' 'neither +agree +failure +failure'; do
	has "$want" "^compare.bpf.o  $want"
done
has "the sides" '^A: upstream, B: xbpf$'
has "why it is known" \
	'^compare.bpf.o/clock: differs with a known reason: it returns .*: bpf_ktime_get_ns has another'
has "a type that xbpf has not" \
	'/only_upstream: differs with .*: only upstream accepts it: xbpf does not have it$'
has "a type that upstream has not" \
	'/only_xbpf: differs with .*: only xbpf accepts it: upstream has no programs of this type$'
has "what differs" '^compare.bpf.o/address: DIFFERS: it returns [0-9]+ \(0x[0-9a-f]+\); [0-9]+'
has "what is left in a map" "/leaves: DIFFERS: what it left in map 'kept' differs$"
has "what comes of that" '/finds: differs with .*: what another program left in its maps differs$'
has "what is not run" '^compare.bpf.o/kill: agrees: not run: bpf_send_signal reaches others$'
has "a refusal of upstream" '^compare.bpf.o/neither: upstream: R9 !read_ok$'
has "a refusal of xbpf" '^compare.bpf.o/neither: xbpf: .*R9'
has "the sum" '^1 file, 10 programs: 4 agree, 4 differ with a known reason, 2 differ$'
ends "a known reason" 1 xbpfctl compare $object -f '!address' -f '!leaves' -f '!finds'
has "is left when that is left out" ' 4 agree, 3 differ with a known reason, 0 differ$'
ends "agreement" 0 xbpfctl compare $object -f '*/same' -f compare.bpf.o/probe
has "is left of two" '^1 file, 2 programs: 2 agree'
is "nothing is left behind, no pin either" "$(left)" "$before"

# --- columns, order, filters, formats

csv() { xbpfctl compare "$@" -o csv; }
is "columns" "$(csv $object -f same -e prog,verdict,xlated_b -o csv)" \
"prog_name,verdict_a,verdict_b,prog_size_b
same,success,success,$(csv $object -f same -e xlated_b | tail -n 1)"
is "another order" "$(csv $object -f '[kp]*' -f same -e prog -s prog)" "prog_name
kill
probe
same"
is "the largest first, the unknown last" \
	"$(csv $object -e prog -s 'jited_b>' | sed -n '1p;$p')" "prog_name
only_upstream"
insns() { csv $object -f '*/*[km]*' -f 'insns_b>0' -e insns_b "$@" | tail -n +2; }
is "the smallest first" "$(insns -s insns_b^)" "$(insns | sort -n)"
is "a filter on words in a column" \
	"$(csv $object -e prog -f verdict_b=failure | sort | tr '\n' ' ')" \
	"neither only_upstream prog_name "
printf '%s\n' '# few' 'insns>2' '' ' insns_a < 5' >"$tmp/filters"
is "filters of a file" "$(csv $object -e prog -f "@$tmp/filters" -s prog)" \
	"$(csv $object -e prog -f 'insns>2' -f 'insns_a < 5' -s prog)"
is "two on numbers" "$(csv $object -e prog -f 'insns>2' -f 'insns_a < 5' -s prog | tr '\n' ' ')" \
	"$(csv $object -e prog -f 'insns_a>=3' -f 'insns_a<=4' -s prog | tr '\n' ' ')"
is "differences" "$(csv $object -f same -e insns_diff,insns_pct,insns | awk -F, 'NR > 1 &&
	$1 == sprintf("%+d", $4 - $3) && $2 == sprintf("%+.2f%%", 100 * ($4 - $3) / $3)' | wc -l)" 1
like "a comma in a value" "$(csv $object -f only_xbpf -e prog,reason,type)" \
	'^only_xbpf,only xbpf accepts it: upstream has no programs of this type,'
ends "JSON" 2 xbpfctl -j compare $object
has "has the columns" \
	'"file_name":"compare.bpf.o","prog_name":"same","prog_type":"sched_cls","result":"agree"'
has "no number where there is none" '"prog_name":"only_upstream",.*"run_ns_a":null,'
has "sides and sums" '^\{"a":"upstream","b":"xbpf","programs":\[.*"agree":4,"known":4,"differ":2\}$'
ends "two files" 0 xbpfctl compare $real/histogram.v1.bpf.o $real/sorting.v4.bpf.o -e file
has "the first" '^histogram.v1.bpf.o$'
has "the second" '^sorting.v4.bpf.o *$'

# --- input

head -c 100 /dev/zero >"$tmp/zeros"
ends "a packet of zeros" 0 xbpfctl compare $object -f same --data "$tmp/zeros" --repeat 3 -e retval
has "came in: its length is in the mark, 1 + 3 times" '^ *0 +0$|^ *[0-9]+ +[0-9]+$'
is "the same seed, the same runs" "$(csv $object -f same -e retval --seed 7)" \
	"$(csv $object -f same -e retval --seed 7)"
ends "a packet that is none" 0 xbpfctl compare $object -f same --data ../tap.sh --repeat 1 -e ns

# --- engines

ends "the interpreter" 2 xbpfctl compare $object --against interp
has "the sides of it" '^A: xbpf, B: interp$'
has "can run probes" '/kill: agrees: not run'
has "no machine code" '^compare.bpf.o  same .* 0 +[0-9]+ +[0-9]+$'
for strategy in slot direct tree; do
	ends "tail=$strategy" 0 xbpfctl compare $real/dispatcher.v3.bpf.o --against tail=$strategy
done
ends "two of them" 0 xbpfctl compare $real/dispatcher.v3.bpf.o --against tail=slot \
	--against tail=tree -f on_udp
has "the sides of them" '^A: tail=slot, B: tail=tree$'

# --- TAB

is "TAB: objects" "$(complete_words compare ../progs/compare.b)" $object
is "formats" "$(complete_words compare $object -o '')" "table csv"
is "engines" "$(complete_words compare $object --against '')" "interp tail="
is "strategies, as bash cuts the word" "$(complete_words compare $object --against tail = s)" slot

# --- what is refused, with exit status 3

wrong() {	# wrong NAME PATTERN ARGUMENTS...
	local name="$1" pattern="$2"
	shift 2
	ends "$name" 3 xbpfctl compare "$@"
	like "... and says why" "$(cat "$tmp/err")" "^xbpfctl: compare: $pattern"
}
wrong "an engine that is none" "'jit' is no engine to compare with: interp and tail=STRATEGY are" \
	$object --against jit
wrong "a strategy that is none" ".*'fast'" $object --against tail=fast
output=$(/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups xbpfctl compare $object 2>&1)
is "without rights: exit status" $? 3
has "without rights" '^xbpfctl: compare: /dev/xbpf: .*(permi|CAP_|root)'
is "nothing is left at all" "$(left)" "$before"
done_testing
