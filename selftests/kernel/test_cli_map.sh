#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# xbpfctl map with maps of all types.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
object=../progs/maps.bpf.o
dir=/sys/fs/xbpf/maps
trap 'rm -rf "$tmp" $dir' EXIT

check "an object with maps of many types" xbpfctl prog loadall $object $dir pinmaps $dir/m
last=$(sed 's/.*[-,]//' /sys/devices/system/cpu/possible)

# --- per-CPU values

xbpfctl prog run pinned $dir/count repeat 3 >/dev/null
output=$(xbpfctl map dump pinned $dir/m/counts)
has "a per-CPU array: a line for each CPU, by its types" \
	'^  value \(CPU 00\): \{number = [0-9]+, what = "x?"\}$'
has "up to the last" "^  value \(CPU 0*$last\): "
output=$(xbpfctl -j map lookup pinned $dir/m/counts key 0)
want='^\{"key":\["0x00","0x00","0x00","0x00"\],"values":\[\{"cpu":0,"value":\["0x[0-9a-f]{2}",'
want=$want'.*"formatted":\{"key":0,"values":\[\{"cpu":0,"value":\{"number":[0-9]+,"what":'
has "as JSON, the way of bpftool" "$want"
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
has "and as text" \
	'^  0000  01 00 00 00 00 00 00 00 65 76 65 6e 74 00 00 00  \|\.\.\.\.\.\.\.\.event\.\.\.\|$'
output=$(timeout 20 xbpfctl -j map event_pipe pinned $dir/m/events count 1)
has "as JSON, a line each" '^\{"type":"record","size":16,"data":\["0x03",.*\]\}$'
timeout -s INT 2 xbpfctl map event_pipe pinned $dir/m/events >"$tmp/out" 2>&1
is "an interrupt ends it" "$(cat "$tmp/out")" ""
# --- other types

is "maps of maps are filled from the object" \
	"$(xbpfctl map dump pinned $dir/m/outer | sed 's/map [0-9]*/map N/')" \
	"key: 0  map N  name inner_a
key: 1  map N  name inner_b
Found 2 elements"
output=$(xbpfctl map lookup pinned $dir/m/inner_a key 0)
has "the program counts in an inner map" '^key: 0  value: [1-9][0-9]*$'
check "a map into a slot" xbpfctl map update pinned $dir/m/outer key 2 value pinned $dir/m/inner_a
check "and one into a hash" xbpfctl map update pinned $dir/m/by_name key 5 value name inner_b
output=$(xbpfctl map dump pinned $dir/m/by_name)
has "which shows it" '^key: 05 00 00 00  map [0-9]+  name inner_b$'
refused "another kind of map" "does not fit" \
	xbpfctl map update pinned $dir/m/outer key 2 value pinned $dir/m/recent
refused "a number for a map" "holds a map: value" \
	xbpfctl map update pinned $dir/m/outer key 2 value 5

is "the program filled a queue" "$(xbpfctl map pop pinned $dir/m/waiting)" "value: 00 00 00 00"
check "pop" xbpfctl map pop pinned $dir/m/waiting
check "push" xbpfctl map push pinned $dir/m/waiting value 5
check "enqueue" xbpfctl map enqueue pinned $dir/m/waiting value 6
refused "dump of a queue" \
	"is of type queue, whose entries have no keys: see them with .xbpfctl map peek. or .pop." \
	xbpfctl map dump pinned $dir/m/waiting
refused "getnext in a queue" "whose entries have no keys" xbpfctl map getnext pinned $dir/m/waiting
refused "full" "is full: it has room for 2 entries" xbpfctl map push pinned $dir/m/waiting value 7
is "peek" "$(xbpfctl map peek pinned $dir/m/waiting)" "value: 05 00 00 00"
output=$(xbpfctl -j map dequeue pinned $dir/m/waiting)
has "dequeue, as JSON" '^\{"key":\[\],"value":\["0x05","0x00","0x00","0x00"\]\}$'
check "the last one" xbpfctl map pop pinned $dir/m/waiting
refused "empty" "is empty" xbpfctl map pop pinned $dir/m/waiting

check "a route" xbpfctl map update pinned $dir/m/routes key 16 0 0 0 10 1 0 0 value 7
output=$(xbpfctl map lookup pinned $dir/m/routes key 32 0 0 0 10 1 2 3)
has "is found by what it covers" 'value: 7$'

event=0
while [ $event -lt 3 ]; do
	xbpfctl prog run pinned $dir/count >/dev/null
	event=$((event + 1))
done
output=$(xbpfctl map dump pinned $dir/m/stacks)
has "stacks by their names" '^  [0-9a-f]{16}  [a-zA-Z_]'
(sleep 1; xbpfctl prog run pinned $dir/count >/dev/null) &
output=$(timeout 20 xbpfctl map event_pipe pinned $dir/m/samples count 1)
wait
has "records of perf events" '^CPU [0-9]+: record of 1[6-9]|2[0-3] bytes$'

check "create" xbpfctl map create $dir/m/new type lru_percpu_hash key 4 value 8 entries 10 name new
check "create a map of maps" xbpfctl map create $dir/m/new2 type hash_of_maps key 4 value 4 \
	entries 10 name new2 inner_map name inner_a
refused "without an inner map" "inner_map is missing: a map like those" \
	xbpfctl map create $dir/m/new3 type hash_of_maps key 4 value 4 entries 10 name new3

refused "event_pipe of a hash" "of type lru_hash: events come from ringbuf" \
	xbpfctl map event_pipe pinned $dir/m/recent
refused "a ring buffer has no CPUs" "cpu and index are for perf event arrays" \
	xbpfctl map event_pipe pinned $dir/m/events cpu 0 index 0
refused "dump of a ring buffer" "of type ringbuf, .*xbpfctl map event_pipe" \
	xbpfctl map dump pinned $dir/m/events
refused "push to a hash" "is no queue" xbpfctl map push pinned $dir/m/recent value 1

done_testing
