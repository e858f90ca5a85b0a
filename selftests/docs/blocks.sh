# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Documents that show what is so: every fenced block behind a line "<!-- made: NAME -->" is made
# anew and compared. Sourced with the document in $doc.
#
#	some_command | block NAME	# for each block
#	blocks_update "${1-}"		# --update: they go into the document, and that is all
#	blocks_end
#
# "<!-- made: NAME, numbers vary -->": numbers, how wide they are, and by that the order of lines
# are not compared.

# shellcheck disable=SC2154 # doc and tap_failed are of who sources this
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
made=$tmp/made
mkdir -p "$made"

# folded: at most 100 columns, broken at blanks
folded() {
	awk '{
		while (length > 100) {
			at = 100
			while (at > 8 && substr($0, at, 1) != " ") at--
			if (at <= 8) break
			print substr($0, 1, at - 1)
			$0 = "        " substr($0, at + 1)
		}
		sub(/ +$/, "")
		print
	}'
}

# block NAME: standard input is what the document has to show
block() { folded >"$made/$1"; }

# said NAME: what the guest said below that heading
said() {
	awk -v name="$1" '$1 == "===" { on = $2 == name; next } on' "$tmp/said"
}

# shown NAME: the document's block
shown() {
	awk -v mark="^<!-- made: $1(, numbers vary)? -->$" '$0 ~ mark { on = 1; next }
		on == 1 && /^```/ { on = 2; next }
		on == 2 && /^```$/ { exit }
		on == 2' "$doc"
}

names() { sed -n 's/^<!-- made: \([^ ,]*\).* -->$/\1/p' "$doc"; }

# compared NAME: standard input as far as that block is compared
compared() {
	if grep -qxF "<!-- made: $1, numbers vary -->" "$doc"; then
		sed -E 's/[0-9][0-9.]*[kMG]?/N/g; s/[▁▂▃▄▅▆▇█]+/N/g; s/  +/ /g; s/-{3,}/-/g' |
			sort
	else
		cat
	fi
}

blocks_update() {
	[ "$1" = --update ] || return 0
	[ "$tap_failed" = 0 ] && awk -v made="$made" '
		/^<!-- made: .* -->$/ { name = $3; sub(/,/, "", name) }
		in_block && /^```$/ { in_block = 0 }
		!in_block
		/^```/ && name != "" {
			while ((getline line <(made "/" name)) > 0) print line
			in_block = 1
			name = ""
		}' "$doc" >"$tmp/doc" && cp "$tmp/doc" "$doc"
	done_testing
}

blocks_end() {
	local name difference
	for name in $(names); do
		if ! [ -s "$made/$name" ]; then
			fail "block $name" "nothing is made for it"
		elif difference=$(diff -u --label "$doc" --label "now" <(shown "$name" | compared "$name") \
			<(compared "$name" <"$made/$name")); then
			pass "block $name is as it is made now"
		else
			fail "block $name is as it is made now" "$difference" \
				"if it may change: $0 --update"
		fi
	done
	is "every block that is made is shown, once" "$(names | sort)" \
		"$(find "$made" -type f -printf '%f\n' | sort)"
	done_testing
}
