#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# docs/rights.md has a row for every command with the right of its row in include/lists/commands.h,
# and for every type of program and every hook with its capability.
set -u
cd "$(dirname "$0")/../.." || exit 1
. selftests/tap.sh

# rows HEADING: the first two columns of the table in that section
rows() {
	awk -v want="## $1" '/^## / { on = $0 == want } on && /^\|/ && !/^\|-/' docs/rights.md | sed 1d
}

# right_of WORD TABLE: the second column of the row whose first has the word, which may be a pattern
# there
right_of() {
	local line words word
	while IFS='|' read -r _ words line; do
		for word in ${words//,/ }; do
			# shellcheck disable=SC2053
			[[ $1 == $word ]] && { read -r line <<<"${line%%|*}"; echo "$line"; return; }
		done
	done <<<"$2"
	echo "no row"
}

set -f
commands=$(rows Commands) types=$(rows "Types of programs")
while read -r name who; do
	right=$(right_of "$name" "$commands")
	case $who:$right in
	admin:CAP_SYS_ADMIN | stats:CAP_SYS_ADMIN | bpf:nothing | bpf:what* | bpf:mode*) pass "$name" ;;
	*) fail "$name" "include/lists/commands.h says $who, docs/rights.md $right" ;;
	esac
done < <(sed -n -e 's/^COMMAND(\([A-Z_]*\), .*, \([a-z]*\), xbpf_[a-z_]*)$/\1 \2/p' \
	-e 's/^OWN_COMMAND(\([A-Z_]*\), .*, \([a-z]*\), xbpf_[a-z_]*)$/XBPF_\1 \2/p' \
	include/lists/commands.h)

while read -r name load; do
	case $load in
	BPF) want=nothing ;;
	*) want=CAP_$load ;;
	esac
	is "programs of type $name" "$(right_of "$name" "$types")" "$want"
done < <(awk -F '[",]' '/^\t\t\.load = / { sub(/.*XBPF_LOAD_/, ""); load = $1 }
	/^\t\t\.name = / { print $2, load }' core/prog_type.c)
is "every type says who may load it" "$(grep -c '^\t\t\.load = ' core/prog_type.c)" \
	"$(grep -c '^\t\t\.ctx_size = ' core/prog_type.c)"

set +f
hooks=$(rows Hooks)
hooks_in=(module/link/*.c module/filter/*.c module/net/*.c)
while read -r file; do
	while read -r cap; do
		case $cap in
		CAP_SYS_ADMIN) like "a filter has its rules in words ($file)" "$hooks" \
			'^\| system-call filter \| see below' ;;
		*) like "$file: $cap" "$hooks" "$cap" ;;
		esac
	done < <(sed -n 's/.*\.rights = {.*\.cap = \(CAP_[A-Z_]*\),.*/\1/p' "$file")
done < <(grep -l 'struct xbpf_link_ops xbpf_link_[a-z0-9_]* = {' "${hooks_in[@]}")
is "every hook has rights" "$(cat "${hooks_in[@]}" | grep -c '\.rights = { \.what')" \
	"$(cat "${hooks_in[@]}" | grep -c '^const struct xbpf_link_ops xbpf_link_[a-z0-9_]* = {')"
done_testing
