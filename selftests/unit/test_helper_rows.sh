#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A row of include/lists/helpers.h names every argument that the helper looks at: the verifier takes
# the others for dead at the call, and the JIT leaves out what only they would show. Here the C of
# each helper is held against its row.
set -u
cd "$(dirname "$0")/../.." || exit 1
. selftests/tap.sh

list=include/lists/helpers.h

# NAME COUNT of each row
rows() {
	awk '/^(MAP_|ENGINE_)?HELPER\([0-9]+, / {
		name = $0; sub(/[^,]*, /, "", name); sub(/,.*/, "", name); args[name] = 0
	     }
	     /^\t\.arg = / { line = $0; args[name] = gsub(/A\([A-Z_]+\)/, "", line) }
	     END { for (name in args) print name, args[name] }' $list
}

# NAME LAST of each function: the highest of R1 to R5 that its body names. Functions of map types
# count for their helpers.
bodies() {
	awk 'function ends() { if (name != "") print name, last; name = "" }
	     /^XBPF_HELPER\(/ { name = $0; sub(/.*\(/, "", name); sub(/\).*/, "", name); last = 0; next }
	     /^(static )?u64 [a-z_]*_helper\(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5\)$/ {
		name = $0; sub(/_helper\(.*/, "", name); last = 0
		if (name ~ /_lookup_percpu$/) name = "map_lookup_percpu_elem"
		else if (name ~ /_each$/) name = "for_each_map_elem"
		else { sub(/.*_/, "", name); name = "map_" name "_elem" }
		next
	     }
	     name != "" {
		for (i = last + 1; i <= 5; i++)
			if ($0 ~ "(^|[^a-z0-9_])r" i "([^a-z0-9_]|$)") last = i
	     }
	     /^}/ { ends() }' module/helper/*.c module/map/*.c module/table/*.c
}

tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
rows | sort >"$tmp"
more=$(bodies | sort -u | awk -v rows="$tmp" 'BEGIN { while ((getline < rows) > 0) args[$1] = $2 }
	$1 == "packet_load" { next }
	!($1 in args) { print $1 " has no row"; next }
	$2 > args[$1] { print $1 " looks at R" $2 ", its row ends at R" args[$1] }')
is "no helper looks at more than its row says" "$more" ""
# The verifier lets such an argument be unset, or a pointer: only who may see addresses may call it.
is "a row with A(MAYBE) asks for CAP_PERFMON" \
	"$(awk 'BEGIN { RS = "\n(MAP_|ENGINE_)?HELPER" } /A\(MAYBE\)/ && !/\.perfmon = true/' $list)" ""
is "helpers were found" \
	"$([ "$(bodies | wc -l)" -gt 60 ] && [ "$(rows | wc -l)" -gt 50 ] && echo yes)" yes
done_testing
