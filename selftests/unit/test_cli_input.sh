#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What xbpfctl says to bad input, as far as it needs no kernel module. The tool is the one with ASan
# and UBSan.
set -u
cd "$(dirname "$0")/../.." || exit 1
. selftests/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if ! make -s --no-print-directory -C user SAN=1 BUILD="$PWD/build" >"$tmp/make" 2>&1; then
	fail "the tool builds with sanitizers" "$(tail -n 20 "$tmp/make")"
	done_testing
fi
PATH=$PWD/build/user-san:$PATH
dir=/sys/fs/xbpf/test

# refused NAME PATTERN COMMAND...: exit status 1, and exactly one line on stderr that matches and
# names the verb
refused() { refused_with 1 "$@"; }

# refused_with STATUS NAME PATTERN COMMAND...
refused_with() {
	local want=$1 name=$2 pattern=$3 status
	shift 3
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	if [ $status = "$want" ] && [ ! -s "$tmp/out" ] && [ "$(grep -c . "$tmp/err")" = 1 ] &&
		grep -Eq -e "$pattern" "$tmp/err"; then
		pass "$name"
	else
		fail "$name" "exit status $status of: $*
stdout: $(cat "$tmp/out")
stderr: $(cat "$tmp/err")
wanted: $pattern"
	fi
}

bpf() {	# bpf NAME [FLAGS...]: compile stdin
	local name=$1
	shift
	clang -target bpf -mcpu=v3 -g -O2 -I/usr/include/x86_64-linux-gnu "$@" -x c -c - -o "$tmp/$name.o"
}

header='#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
'
program='SEC("kprobe/do_exit") int f(void *ctx) { return 0; }'

# --- files that are no objects

refused "a missing file" "prog loadall: $tmp/none.o: .*No such file" \
	xbpfctl prog loadall "$tmp/none.o" $dir
refused "a folder" "$tmp: not a regular file" xbpfctl prog loadall "$tmp" $dir
mkfifo "$tmp/fifo"
refused "a pipe does not hang" "fifo: not a regular file" timeout 10 \
	xbpfctl prog loadall "$tmp/fifo" $dir
: >"$tmp/empty.o"
refused "an empty file" "empty.o: not an ELF file; compile it" \
	xbpfctl prog loadall "$tmp/empty.o" $dir
echo 'int f(void) { return 0; }' >"$tmp/source.c"
refused "a source file" "source.c: not an ELF file" xbpfctl prog loadall "$tmp/source.c" $dir
gcc -x c -c "$tmp/source.c" -o "$tmp/native.o"
refused "an object for this machine" "native.o: .*machine 62, not for BPF" \
	xbpfctl prog loadall "$tmp/native.o" $dir
refused "a program of this machine" "true: .*not for BPF|true: a linked ELF" \
	xbpfctl prog loadall /bin/true $dir
printf '%s%s\n' "$header" "$program" | bpf good
head -c 40 "$tmp/good.o" >"$tmp/cut1.o"
refused "an object cut within its header" "cut1.o: the file ends within the ELF header" \
	xbpfctl prog loadall "$tmp/cut1.o" $dir
head -c 300 "$tmp/good.o" >"$tmp/cut2.o"
refused "an object cut behind its header" \
	"cut2.o: the file is cut off or damaged: it has 300 bytes" xbpfctl prog loadall "$tmp/cut2.o" $dir
printf '%s%s\n' "$header" "$program" |
	clang -target bpfeb -g -O2 -I/usr/include/x86_64-linux-gnu -x c -c - -o "$tmp/big.o"
refused "a big-endian object" "big.o: a big-endian object, .*bpfel" \
	xbpfctl prog loadall "$tmp/big.o" $dir
bad=0
size=$(stat -c %s "$tmp/good.o")
for i in $(seq 40); do	# any byte of headers and tables may be wrong
	cp "$tmp/good.o" "$tmp/torn.o"
	printf '\377' | dd of="$tmp/torn.o" bs=1 seek=$((i * 53 % size)) conv=notrunc status=none
	timeout 10 xbpfctl prog loadall "$tmp/torn.o" $dir >/dev/null 2>"$tmp/err"
	status=$?
	[ $status = 1 ] || { bad=$((bad + 1)); sed 's/^/# /' "$tmp/err"; }
done
is "40 objects with a wrong byte each end with status 1" $bad 0

# --- objects that cannot be meant

printf '%sint f(void) { return 0; }\n' "$header" | bpf none
refused "no section with a program" \
	"none.o: no BPF program in any section; mark a function with SEC\(\), .*kprobe/FUNCTION" \
	xbpfctl prog loadall "$tmp/none.o" $dir
printf '%s%s\n' "$header" "${program/kprobe/kporbe}" | bpf section
refused "an unknown section is named, and the known ones" \
	"section.o: program 'f' is in section 'kporbe/do_exit', .*kprobe/FUNCTION, .*socket" \
	xbpfctl prog loadall "$tmp/section.o" $dir
printf '%s%s\n' "$header" 'SEC("xdp") int f(void *ctx) { return 0; }' | bpf xdp
refused "a section of libbpf's that xbpf does not serve" "section 'xdp'" \
	xbpfctl prog loadall "$tmp/xdp.o" $dir
printf '%s%s\n' "$header" \
	'extern int far(int); SEC("kprobe/do_exit") int f(void *ctx) { return far(3); }' | bpf extern
refused "an unresolved function" \
	"extern.o: 'far' is declared and used in it, but not there; define it" \
	xbpfctl prog loadall "$tmp/extern.o" $dir
printf '%s%s\n' "$header" 'SEC("tc/foo") int f(void *ctx) { return 0; }' | bpf behind
refused "a section with too much behind it" \
	"program 'f' is in section 'tc/foo', which xbpf does not know" \
	xbpfctl prog loadall "$tmp/behind.o" $dir
refused "an unknown type" "'xdp' is no type of program" \
	xbpfctl prog loadall "$tmp/good.o" $dir type xdp
is "a JSON error is one object on stdout" \
	"$(xbpfctl -j prog loadall "$tmp/none.o" $dir 2>"$tmp/err" | cut -c 1-10)$(cat "$tmp/err")" \
	'{"error":"'
parse="python3 -c 'import json, sys; json.load(sys.stdin)[\"error\"]'"
check "and it parses" sh -c "xbpfctl -j prog loadall '$tmp/section.o' $dir type 'a\"b' | $parse"
check "so does an indented one" sh -c "xbpfctl -p prog loadall '$tmp/none.o' $dir | $parse"

# --- words

refused "no such noun" "no such noun 'porg'; there are prog, map" xbpfctl porg list
refused "no such verb" "no such verb 'laod'; there are list, show, load" xbpfctl prog laod
refused "no such option" "unknown option '-z'" xbpfctl -z prog list
refused "no such letter" "unknown option '-jz'" xbpfctl -jz prog list
refused "no object given" "prog loadall: the command ends too early: the object file is missing" \
	xbpfctl prog loadall
refused "no folder given" "a folder to pin the programs in is missing" \
	xbpfctl prog loadall "$tmp/good.o"
refused "an unknown word" "unknown word 'pinmap'; here may stand: type, map, pinmaps" \
	xbpfctl prog loadall "$tmp/good.o" $dir pinmap /x
refused "a word twice" "'interp' is given twice" \
	xbpfctl prog loadall "$tmp/good.o" $dir interp interp
refused "a word without its argument" "a folder to pin the maps in is missing" \
	xbpfctl prog loadall "$tmp/good.o" $dir pinmaps
refused "a device without autoattach" "it goes with autoattach" \
	xbpfctl prog load "$tmp/good.o" $dir dev lo
# the short way
refused "load: no file" "^xbpfctl: load: the command ends too early: the object file is missing" \
	xbpfctl load
refused "load: a missing file" "^xbpfctl: load: $tmp/missing.o: .*No such file" \
	xbpfctl load "$tmp/missing.o"
refused "load: a bad name" "'a b' cannot be the name of an object" \
	xbpfctl load "$tmp/good.o" "a b"
refused "load: a file whose name is none" "'.o' cannot be the name of an object" \
	xbpfctl load "$tmp/.o"
refused "no such verb either" \
	"no such noun 'lood'; .*; and load, attach, update, stop, unload, graph, top, compare and exec" \
	xbpfctl lood
like "help names them first" "$(xbpfctl help | head -n 1)" "^xbpfctl load FILE.o \[NAME\]$"
for noun in "" prog map link feature; do
	# shellcheck disable=SC2086
	check "help${noun:+ on $noun}" xbpfctl $noun help
done
like "help names the verbs" "$(xbpfctl help)" "^xbpfctl prog loadall OBJECT DIR"

# --- many commands in one process

cat >"$tmp/batch" <<'COMMANDS'
version  # the first

# none
"ver"sion
version \

help
COMMANDS
like "a batch runs each of its lines" "$(xbpfctl batch file "$tmp/batch" | tail -n 1)" \
	"^processed 4 commands$"
is "and from stdin" "$(xbpfctl batch file - <"$tmp/batch" | tail -n 1)" "processed 4 commands"
many() {	# many [LINE]...: what a batch of these lines says in JSON
	printf '%s\n' "$@" | xbpfctl -j batch file -
}
one='{"command":["help"],"output":null}'
is "in JSON each has its words and its result" "$(many help 'help' "" '"help"')" "[$one,$one,$one]"
like "quotes keep blanks together" "$(many "prog \"a b\" 'c'")" \
	'^\[\{"command":\["prog","a b","c"\],"output":\{"error":"no such verb .a b.[^}]*\}\}\]$'
is "the first that fails ends it" "$(many help 'batch x' help)" \
	"[$one,"'{"command":["batch","x"],"output":{"error":"a batch cannot begin another one"}}]'
is "what is no command is an error in its place" "$(many help 'prog "x')" \
	"[$one,"'{"output":{"error":"-, line 2: the closing \" is missing"}}]'
like "an error takes the place of all that its command said" "$(many 'compare /none')" \
	'^\[{"command":\["compare","/none"\],"output":{"error":"[^{}]*"}}\]$'
is "no command, no result" "$(many)" "[]"
is "a batch in a batch" "$(many 'batch file x')" \
	'[{"command":["batch","file","x"],"output":{"error":"a batch cannot begin another one"}}]'
alone() {	# alone VERB COMMAND
	like "$2 in a batch" "$(many "$2")" "\"output\":.\"error\":\"$1 cannot stand in a batch\""
}
alone exec 'exec true'
alone run 'seccomp run name f -- true'
alone event_pipe 'map event_pipe name m'
alone tracelog 'prog tracelog'
alone top 'top count 1'
is "an unknown verb in text" "$(echo lood | xbpfctl batch file - 2>&1 >"$tmp/out" | tail -n 1)" \
	"xbpfctl: batch: ended by line 1 of -"
refused "batch: no file" "a file of commands .* is missing" xbpfctl batch file
refused "batch: a missing file" "cannot open $tmp/missing: No such file" \
	xbpfctl batch file "$tmp/missing"
refused "batch: a directory" "cannot read $tmp: Is a directory" xbpfctl batch file "$tmp"

# --- compare, whose exit status says more

differs() {	# differs NAME PATTERN ARGUMENT...
	local name=$1 pattern=$2
	shift 2
	refused_with 3 "compare: $name" "^xbpfctl: compare: $pattern" xbpfctl compare "$@"
}
differs "no file" "the command ends too early: an object file is missing"
differs "no file behind an option" "the command ends too early: an object file is missing" -o csv
differs "a missing file" "$tmp/missing.o: .*No such file" "$tmp/good.o" "$tmp/missing.o"
differs "a file that is no ELF" ".*source.c: not an ELF file" "$tmp/source.c"
differs "an object without programs" ".*none.o: no BPF program in any section" "$tmp/none.o"
differs "an unknown column" "there is no column 'insn'; there are file_name, prog_name, .*retval" \
	"$tmp/good.o" -e prog,insn
differs "an empty column" "there is no column ''" "$tmp/good.o" -e prog,
differs "a difference of words" "there is no column 'verdict_diff'" "$tmp/good.o" -e verdict_diff
differs "a side of what has none" "there is no column 'prog_name_a'" "$tmp/good.o" -s prog_name_a
differs "a filter on an unknown column" "there is no column 'size'" "$tmp/good.o" -f 'size>3'
differs "a filter on no number" "'insns>many': a number is expected behind >, not 'many'" \
	"$tmp/good.o" -f 'insns>many'
differs "words that are greater" "'prog>a': prog_name is no number" "$tmp/good.o" -f 'prog>a'
differs "an empty filter" "'!' is no filter" "$tmp/good.o" -f '!'
printf '# all\n\n  good.o\nprog>a\n' >"$tmp/filters"
differs "a filter in a file" "'prog>a': prog_name is no number" "$tmp/good.o" -f "@$tmp/filters"
differs "a file of filters that is missing" "cannot open $tmp/missing: No such file" \
	"$tmp/good.o" -f "@$tmp/missing"
differs "a folder of filters" "cannot read $tmp: Is a directory" "$tmp/good.o" -f "@$tmp"
differs "an unknown format" "'json' is no format: csv and table are" "$tmp/good.o" -o json
differs "an option without its value" "the command ends too early: the columns to sort by" \
	"$tmp/good.o" -s
differs "an unknown option" "unknown option '--fast'" "$tmp/good.o" --fast
differs "a repeat that is none" "'few' is no number of runs" "$tmp/good.o" --repeat few
differs "a missing packet" "$tmp/none: cannot be opened" "$tmp/good.o" --data "$tmp/none"
differs "three engines" "--against can be given 2 times" "$tmp/good.o" --against interp \
	--against interp --against interp
is "compare: CSV as JSON" "$(xbpfctl -j compare "$tmp/good.o" -o csv)" \
	'{"error":"-o csv and JSON exclude each other"}'

# --- no module; a machine that has it loaded cannot show this

if [ ! -e /dev/xbpf ]; then
	check "version works without the module" xbpfctl version
	like "and says that it is not loaded" "$(xbpfctl version)" "^module: /dev/xbpf: .*not loaded"
	check "as JSON too" \
		sh -c 'xbpfctl -j version | python3 -c "import json, sys; json.load(sys.stdin)[\"module_error\"]"'
	for command in "prog list" "map list" "link list" "feature" "map dump id 1" \
		"prog attach id 1 kprobe do_exit" \
		"prog run id 1" "prog dump xlated id 1" "prog loadall $tmp/good.o $dir" \
		"load $tmp/good.o" "attach good" "update good/t 1 f" "stop good" "unload good" \
		"map create $dir type hash key 4 value 4 entries 1 name x"; do
		# shellcheck disable=SC2086
		refused "without the module: ${command%% "$tmp"*}" \
			"/dev/xbpf: .*not loaded; load it \(modprobe xbpf, or insmod xbpf.ko\), .*make vm" \
			xbpfctl $command
	done
fi
done_testing
