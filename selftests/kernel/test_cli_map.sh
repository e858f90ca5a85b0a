#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# xbpfctl map with maps of all types.
cd "$(dirname "$0")" || exit 1
. ../tap.sh
object=../progs/maps.bpf.o
dir=/sys/fs/xbpf/maps
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" $dir' EXIT

# refused NAME PATTERN COMMAND...: exit status 1, nothing on stdout, and a line on stderr that matches
refused() {
	local name=$1 pattern=$2 status
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	if [ $status = 1 ] && [ ! -s "$tmp/out" ] && grep -Eq -e "$pattern" "$tmp/err"; then
		pass "$name"
	else
		fail "$name" "exit status $status of: $*
stdout: $(cat "$tmp/out")
stderr: $(cat "$tmp/err")
wanted: $pattern"
	fi
}

has() { like "$1" "$output" "$2"; }

check "an object with maps of many types" xbpfctl prog loadall $object $dir pinmaps $dir/m
last=$(sed 's/.*[-,]//' /sys/devices/system/cpu/possible)

# --- per-CPU values

xbpfctl prog run pinned $dir/count repeat 3 >/dev/null
output=$(xbpfctl map dump pinned $dir/m/counts)
has "a per-CPU array: a line for each CPU, by its types" '^  value \(CPU 00\): \{number = [0-9]+, what = "x?"\}$'
has "up to the last" "^  value \(CPU 0*$last\): "
output=$(xbpfctl -j map lookup pinned $dir/m/counts key 0)
has "as JSON, the way of bpftool" '^\{"key":\["0x00","0x00","0x00","0x00"\],"values":\[\{"cpu":0,"value":\["0x[0-9a-f]{2}",.*"formatted":\{"key":0,"values":\[\{"cpu":0,"value":\{"number":[0-9]+,"what":'
check "a value for every CPU" xbpfctl map update pinned $dir/m/by_key key 7 value 4711
output=$(xbpfctl map lookup pinned $dir/m/by_key key 7)
has "is there on the first" '^  value \(CPU 00\): 4711$'
has "and on the last" "^  value \(CPU 0*$last\): 4711$"
check "delete" xbpfctl map delete pinned $dir/m/by_key key 7
output=$(xbpfctl map show name recent)
has "an LRU hash by its name" '^[0-9]+: lru_hash  name recent'

# --- ring buffer

output=$(timeout 20 xbpfctl map event_pipe pinned $dir/m/events count 2)
has "records of a ring buffer, as bytes" '^record of 16 bytes$'
has "and as text" '^  0000  01 00 00 00 00 00 00 00 65 76 65 6e 74 00 00 00  \|\.\.\.\.\.\.\.\.event\.\.\.\|$'
output=$(timeout 20 xbpfctl -j map event_pipe pinned $dir/m/events count 1)
has "as JSON, a line each" '^\{"type":"record","size":16,"data":\["0x03",.*\]\}$'
timeout -s INT 2 xbpfctl map event_pipe pinned $dir/m/events >"$tmp/out" 2>&1
is "an interrupt ends it" "$(cat "$tmp/out")" ""
refused "event_pipe of a hash" "of type lru_hash: events come from ringbuf" xbpfctl map event_pipe pinned $dir/m/recent
refused "a ring buffer has no CPUs" "cpu and index are for perf event arrays" xbpfctl map event_pipe pinned $dir/m/events cpu 0 index 0
refused "dump of a ring buffer" "ringbuf" xbpfctl map dump pinned $dir/m/events
refused "push to a hash" "is no queue" xbpfctl map push pinned $dir/m/recent value 1

done_testing
