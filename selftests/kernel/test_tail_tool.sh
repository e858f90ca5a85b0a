#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks
#
# What the tool says and does about strategies for tail calls, and about many slots at once.
cd "$(dirname "$0")/.." || exit 1
. ./tap.sh
dir=/sys/fs/xbpf/tool
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" $dir' EXIT

load() { rm -rf $dir; xbpfctl prog loadall progs/tables.bpf.o $dir pinmaps $dir/maps "$@"; }
slots() { xbpfctl map dump pinned "$table" |
	sed -n 's/^slot \([0-9]*\): program \([0-9]*\).*/\1:\2/p' | tr '\n' ' '; }
id_of() { xbpfctl -j prog show pinned "$1" | sed 's/.*"id":\([0-9]*\).*/\1/'; }

for strategy in auto unwind slot direct tree; do
	check "loaded with tail $strategy" load tail $strategy
done
prog=$(find $dir -maxdepth 1 -type f | sort | head -n 1)
like "prog show names the strategy" "$(xbpfctl prog show pinned "$prog")" "tail tree"
like "prog show -j names it too" "$(xbpfctl -j prog show pinned "$prog")" '"tail":"tree"'
check_fails "a strategy that there is not is refused" load tail sideways
like "... and the others are named" "$output" "sideways.*auto unwind slot direct tree"
like "feature names them" "$(xbpfctl feature)" "^tail calls: .*, of auto unwind slot direct tree"
like "feature has the text area" "$(xbpfctl feature)" \
	"JIT memory: [0-9]* bytes, [0-9]* used, [0-9]* free by [0-9]* images, the largest hole"

check "a table" load tail direct
table=$dir/table
check "of eight slots" xbpfctl map create $table type prog_array key 4 value 4 entries 8 name many
prog=$(find $dir -maxdepth 1 -type f ! -name table | sort | head -n 1)
one=$(id_of "$prog")
printf '# a file\n0 %s\n3 id %s # twice\n\n5 id %s\n' "$prog" "$one" "$one" >"$tmp/slots"
check "slots from a file" xbpfctl map update pinned $table from "$tmp/slots"
is "they are in it" "$(slots)" "0:$one 3:$one 5:$one "
# check behind a pipe would count in a shell of its own
printf '3 empty\n7 id %s\n' "$one" >"$tmp/input"
check "slots from standard input" xbpfctl map update pinned $table from - <"$tmp/input"
is "one is empty now" "$(slots)" "0:$one 5:$one 7:$one "
mkdir $dir/new
check "pins by index" \
	sh -c "xbpfctl prog pin id $one $dir/new/1 && xbpfctl prog pin id $one $dir/new/handler_2"
check "slots from a folder of pins" xbpfctl map update pinned $table from $dir/new
is "they came on top" "$(slots)" "0:$one 1:$one 2:$one 5:$one 7:$one "

printf '0 empty\n8 id %s\n' "$one" >"$tmp/beyond"
check_fails "an index beyond the table changes nothing" \
	xbpfctl map update pinned $table from "$tmp/beyond"
like "... and is named" "$output" "slot 8"
printf '0 empty\n0 empty\n' >"$tmp/twice"
check_fails "a slot named twice is refused" xbpfctl map update pinned $table from "$tmp/twice"
printf '0 empty\nx id 1\n' >"$tmp/bad"
check_fails "a line that says nothing is refused" xbpfctl map update pinned $table from "$tmp/bad"
like "... with its number" "$output" "line 2"
check_fails "an id that nobody has is refused" \
	sh -c "echo 0 id 999999 | xbpfctl map update pinned $table from -"
is "nothing was changed" "$(slots)" "0:$one 1:$one 2:$one 5:$one 7:$one "
like "map show counts" "$(xbpfctl map show pinned $table)" \
	"slots filled 5 +calls fallen through: out of range 0, empty 0, limit 0"
like "map show -j counts" "$(xbpfctl -j map show pinned $table)" \
	'"tail_calls":\{"filled":5,"out_of_range":0,"empty":0,"limit":0'
done_testing
