#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Every strategy for tail calls passes the same tests, in one boot: the module's parameter chooses.
cd "$(dirname "$0")/.." || exit 1
. ./tap.sh
parameter=/sys/module/xbpf/parameters/tail
was=$(cat $parameter)
trap 'echo "$was" >$parameter' EXIT
XBPF_STRESS_OPS=${XBPF_STRATEGIES_OPS:-300}
export XBPF_STRESS_OPS

strategies=$(xbpfctl -j feature list | sed 's/.*"tails":\[\([^]]*\)\].*/\1/;s/[",]/ /g')
like "the tool names the strategies" " $strategies " " auto .* unwind .* slot .* direct .* tree "
check_fails "a strategy that there is not is refused" sh -c "echo nonsense >$parameter"
for strategy in $strategies; do
	echo "$strategy" >$parameter
	chosen=$(xbpfctl -j feature list | sed 's/.*"tail":"\([^"]*\)".*/\1/')
	is "$strategy: chosen" "$chosen" "$strategy"
	check "$strategy: program arrays" ./kernel/test_prog_array
	check "$strategy: vectors" ./run_vectors --dev vectors/tail_call.vec
	check "$strategy: changes under events" ./kernel/test_stress
done
done_testing
