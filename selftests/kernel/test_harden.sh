#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Module parameter harden=1: no constant of a program stands in its code, two loads give different
# code at different places, and programs do what they did.
cd "$(dirname "$0")/.." || exit 1
. ./tap.sh
param=/sys/module/xbpf/parameters/harden
dir=/sys/fs/xbpf/harden

# opcodes PROGRAM: the bytes of its code, in one line
opcodes() { xbpfctl prog dump jited pinned "$1" opcodes |
	sed -n 's/^  *\([0-9a-f][0-9a-f]\( [0-9a-f][0-9a-f]\)*\)$/\1/p' | tr '\n' ' '; }

is "it is off" "$(cat $param)" N
check "programs load" xbpfctl prog loadall progs/tables.bpf.o $dir-0
# note(9): mov edi, 9
like "a constant of the program stands in its code" "$(opcodes $dir-0/start)" 'bf 09 00 00 00'

echo 1 >$param
is "it can be switched on" "$(cat $param)" Y
check "programs load, hardened" xbpfctl prog loadall progs/tables.bpf.o $dir-1
check "and once more" xbpfctl prog loadall progs/tables.bpf.o $dir-2
one=$(opcodes $dir-1/start) two=$(opcodes $dir-2/start)
if echo "$one" | grep -q '09 00 00 00'; then
	fail "the constant is gone" "$one"
else
	pass "the constant is gone"
fi
if [ -n "$one" ] && [ "$one" != "$two" ]; then
	pass "two loads give different code"
else
	fail "two loads give different code" "$one"
fi
rm -r $dir-0 $dir-1 $dir-2

check "the vectors pass" ./run_vectors --dev vectors/*.vec
check "test_prog_array passes" ./kernel/test_prog_array
check "test_run passes" ./kernel/test_run
done_testing
