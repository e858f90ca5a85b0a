#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Every way to make a tail call passes the same tests, in one boot: the module's parameter chooses.
cd "$(dirname "$0")/.." || exit 1
. ./tap.sh
parameter=/sys/module/xbpf/parameters/tail
was=$(cat $parameter)
trap 'echo "$was" >$parameter' EXIT
XBPF_STRESS_OPS=${XBPF_WAYS_OPS:-300}
export XBPF_STRESS_OPS

ways=$(xbpfctl -j feature list | sed 's/.*"tails":\[\([^]]*\)\].*/\1/;s/[",]/ /g')
like "the tool names the ways" " $ways " " auto .* unwind .* slot .* direct .* tree "
check_fails "a way that there is not is refused" sh -c "echo nonsense >$parameter"
for way in $ways; do
	echo "$way" >$parameter
	is "$way: chosen" "$(xbpfctl -j feature list | sed 's/.*"tail":"\([^"]*\)".*/\1/')" "$way"
	check "$way: program arrays" ./kernel/test_prog_array
	check "$way: vectors" ./run_vectors --dev vectors/tail_call.vec
	check "$way: changes under events" ./kernel/test_stress
done
done_testing
