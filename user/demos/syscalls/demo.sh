#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks, and $table is two words
#
# bpf_tail_call(ctx, &syscall_table, nr) at the entry of every system call, for one process whose
# calls are known: `make demo-syscalls`. Handlers are added and removed while it runs; no call is
# lost.
cd "$(dirname "$0")" || exit 1
. ./steps.sh

dir=$fs/syscalls
table="pinned $dir/maps/syscall_table"

# calls HANDLER NR: over all CPUs
calls() {
	xbpfctl -j map dump pinned $dir/maps/stats | tr -d ' \n' | sed 's/{"key"/\n&/g' |
		awk -v h="\"handler\":\"$1\"" -v nr="\"nr\":$2[,}]" '
			index($0, h) && match($0, nr) {
				while (match($0, /"calls":[0-9]+/)) {
					n += substr($0, RSTART + 8, RLENGTH - 8)
					$0 = substr($0, RSTART + RLENGTH)
				}
			}
			END { print n + 0 }'
}

at_least() { [ "$(calls "$1" "$2")" -ge "$3" ]; }

# start ROUNDS: the process, stopped before its first call that counts
start() {
	rm -f "$tmp/go" "$tmp/said"
	mkfifo "$tmp/go"
	./work "$1" <"$tmp/go" >"$tmp/said" &
	work=$!
	children=$work
	exec 3>"$tmp/go"
	until_true "work starts" [ -s "$tmp/said" ]
	run xbpfctl map update pinned $dir/maps/target key 0 value $work
}

finish() {
	wait $work || die "work failed"
	exec 3>&-
	children=
	# shellcheck disable=SC2046 # the words of that line
	set -- $(sed -n 2p "$tmp/said")
	openat=$2 read=$4 write=$6 getppid=$8
	shift 8
	close=$2 execve=$4
}

steps_begin

explain "Load: an entry program for raw_tp/sys_enter and four handlers, three of them in the table."
run xbpfctl prog loadall syscalls.bpf.o $dir pinmaps $dir/maps
run xbpfctl map dump $table
run xbpfctl prog attach pinned $dir/system_call raw_tp sys_enter pinned $dir/link
run xbpfctl link list

explain "One process, 500 rounds of calls that it counts itself."
start 500
echo >&3
finish
run xbpfctl map dump pinned $dir/maps/stats
expect "read by its handler" "$(calls by_read 0)" "$read"
# one less: the one that says the result
expect "write by its handler" "$(($(calls by_write 1) - 1))" "$write"
expect "openat by its handler" "$(calls by_openat 257)" "$openat"
expect "getppid without one" "$(calls by_default 110)" "$getppid"
expect "close without one" "$(($(calls by_default 3)))" "$close"
run xbpfctl map dump pinned $dir/maps/opened

explain "The table changes while the process runs: getppid gets a handler that it shares with" \
	"read, read loses its own, execve gets one. The sum stays what the process did."
start 0
before_read=$(calls by_read 0) before_default=$(calls by_default 0) \
	before_ppid=$(calls by_default 110)
before_open=$(calls by_openat 257)
echo >&3
until_true "calls come" at_least by_openat 257 $((before_open + 200))
run xbpfctl map delete $table key 0
until_true "reads fall through" at_least by_default 0 100
run xbpfctl map update $table key 0 value pinned $dir/on_read
run xbpfctl map update $table key 59 value pinned $dir/on_execve
kill -USR1 $work
until_true "execve by its handler" at_least by_execve 59 1
run xbpfctl map delete $table key 59
kill -USR1 $work
until_true "execve without one" at_least by_default 59 1
kill -TERM $work
finish
run xbpfctl map dump pinned $dir/maps/stats
by_handler=$(($(calls by_read 0) - before_read)) \
	by_default=$(($(calls by_default 0) - before_default))
note "reads: $by_handler by the handler, $by_default while it was away"
expect "reads, both together" $((by_handler + by_default)) "$read"
expect "getppid" $(($(calls by_default 110) - before_ppid)) "$getppid"
expect "execve, both together" $(($(calls by_execve 59) + $(calls by_default 59))) "$execve"

explain "Detach and remove: nothing is left."
run xbpfctl link detach pinned $dir/link
steps_clean $dir
printf '\ndemo: ok\n'
