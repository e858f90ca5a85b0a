#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks
#
# A program that is too big for the verifier, cut into small ones that hand their state on through a
# per-CPU map: `make demo-split`. The work is a CRC-32 of every write(2) of one process, checked
# against the crc32 command.
cd "$(dirname "$0")" || exit 1
. ./steps.sh

dir=$fs/split

# le32 N: as the bytes of a value that xbpfctl takes
le32() { echo "$(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))"; }

sum_of() {
	xbpfctl map dump pinned $dir/maps/sums |
		sed -n "s/^key: $1  *value: {crc = \([0-9]*\), bytes = \([0-9]*\)}\$/\1 \2/p"
}

steps_begin

explain "In one piece: crc_whole reads up to 32 KiB of a write and computes its CRC bit by bit." \
	"Every instruction is safe, but there are too many to walk: the verifier gives up."
refused xbpfctl prog load whole.bpf.o $dir-whole
grep -q 1000000 "$tmp/out" || die "the reason does not name the limit"
[ ! -e $dir-whole ] || die "a refused program was pinned"

explain "In pieces: crc_begin -> crc_piece -> crc_piece ... -> crc_end, by tail calls. The" \
	"verifier looks at each program by itself; 33 hops cover the same 32 KiB."
run xbpfctl prog loadall split.bpf.o $dir pinmaps $dir/maps
run xbpfctl -f prog list
run xbpfctl map dump pinned $dir/maps/steps
run xbpfctl prog attach pinned $dir/crc_begin kprobe ksys_write pinned $dir/link

explain "Traffic: dd writes five files of 1 byte to 32 KiB, each in one write; dd is the process" \
	"whose writes count. Each file's checksum must be what the crc32 command says."
n=0
for size in 1 1023 1024 10000 32768; do
	head -c $size /dev/urandom >"$tmp/in.$n"
	# the shell that becomes dd says who it is first
	sh -c 'echo $$ >"$0/pid"; while [ ! -e "$0/go" ]; do usleep 10000; done
		exec dd if="$0/in.$1" of="$0/to" bs="$2" count=1 2>/dev/null' "$tmp" $n $size &
	child=$!
	until_true "dd starts" [ -s "$tmp/pid" ]
	# shellcheck disable=SC2046
	xbpfctl map update pinned $dir/maps/config key 0 0 0 0 value $(le32 "$(cat "$tmp/pid")") \
		$(le32 $n) >"$tmp/out" 2>&1 ||
		die "config: $(cat "$tmp/out")"
	: >"$tmp/go"
	wait $child
	rm "$tmp/go" "$tmp/pid"
	want=$(crc32 "$tmp/in.$n" | cut -c 1-8)
	# shellcheck disable=SC2046
	set -- $(sum_of $n)
	[ "${2-}" = "$size" ] || die "write $n: ${2-no} bytes seen, not $size"
	expect "$size bytes in $(((size + 1023) / 1024)) pieces: CRC" "$(printf %08x "$1")" "$want"
	n=$((n + 1))
done
run xbpfctl map dump pinned $dir/maps/sums

explain "Detach and remove: nothing is left."
run xbpfctl link detach pinned $dir/link
steps_clean $dir
echo
echo "demo: ok"
