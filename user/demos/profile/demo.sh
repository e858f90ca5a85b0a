#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# How long a kernel function takes: a kprobe and a kretprobe, events through a ring buffer, a
# histogram in the terminal. `make demo-profile`; the tool is profile.c, a program of libxbpf.
cd "$(dirname "$0")" || exit 1
. ./steps.sh

# work WHAT: real traffic in the background
work() {
	while [ ! -e "$tmp/stop" ]; do
		case $1 in
		write) head -c 4096 /dev/zero >"$tmp/file" ;;
		*) /bin/true ;;
		esac
	done
}

# profiled FUNCTION EVENTS: the histogram must hold what was asked for
profiled() {
	run ./profile "$1" "$2" 60
	grep -q "^$1: [1-9][0-9]* calls, 0 lost" "$tmp/out" || die "no events came, or some were lost"
	calls=$(sed -n "s/^$1: \([0-9]*\) calls.*/\1/p" "$tmp/out")
	drawn=$(awk '/ \.\. .*\|/ { n += $4 } END { print n + 0 }' "$tmp/out")
	[ "$calls" -ge "$2" ] || die "$calls calls, and not $2"
	expect "calls in the bars of the histogram" "$drawn" "$calls"
}

steps_begin

explain "The function is chosen now, not when the program was written: vfs_write, while files" \
	"are written."
work write &
children=$!
profiled vfs_write 500
: >"$tmp/stop"
wait $children
rm "$tmp/stop"

explain "Another one with the same programs: how long does it take to start a process?" \
	"kernel_clone, while /bin/true is started over and over."
work true &
children=$!
profiled kernel_clone 100
: >"$tmp/stop"
wait $children
children=

explain "A function that is not there, and one that may not be probed: words, and nothing is left."
refused ./profile no_such_function
refused ./profile kprobe_ftrace_handler
until_true "objects go when the tool ends" nothing_left
no_complaint
note "no program, no map, no link left"
printf '\ndemo: ok\n'
