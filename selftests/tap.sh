# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# TAP for tests in shell (bash and busybox sh). Source it:
#
#	. "$(dirname "$0")/../tap.sh"
#	check "the tool says its version" xbpfctl version
#	check_fails "an unknown id is refused" xbpfctl prog show id 999999
#	is "the count is right" "$got" 3
#	done_testing
#
# A command's output is shown as remarks when its test fails; $output holds it afterwards.

tap_said=0
tap_failed=0
output=

remark() { printf '%s\n' "$*" | sed 's/^/# /'; }

pass() { tap_said=$((tap_said + 1)); echo "ok $tap_said - $1"; }

fail() {
	tap_said=$((tap_said + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_said - $1"
	shift
	[ $# = 0 ] || remark "$@"
}

# skip NAME REASON: the reason must be one of those in selftests/skips
skip() { tap_said=$((tap_said + 1)); echo "ok $tap_said - $1 # SKIP $2"; }

# check NAME COMMAND...: it must succeed
check() {
	local name="$1" status
	shift
	output=$("$@" 2>&1)
	status=$?
	if [ $status = 0 ]; then pass "$name"; else fail "$name" "exit status $status of: $*" "
$output"; fi
}

# check_fails NAME COMMAND...: it must fail with exit status 1, not die
check_fails() {
	local name="$1" status
	shift
	output=$("$@" 2>&1)
	status=$?
	if [ $status = 1 ]; then pass "$name"; else fail "$name" "exit status $status, not 1, of: $*" "
$output"; fi
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:  $2
want: $3"; fi
}

# like NAME TEXT PATTERN: some line of TEXT matches the extended regular expression
like() {
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then pass "$1"; else fail "$1" "no match for: $3
in: $2"; fi
}

done_testing() {
	echo "1..$tap_said"
	[ "$tap_failed" = 0 ]
	exit
}
