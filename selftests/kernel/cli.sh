# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Read by the tests of xbpfctl, which no suite runs by itself: it is not executable.
. ../tap.sh
tmp=$(mktemp -d)

# refused NAME PATTERN COMMAND...: exit status 1, nothing on stdout, and a line on stderr that
# matches
refused() {
	local name="$1" pattern="$2" status
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

# has NAME PATTERN: in what the last check printed
has() { like "$1" "$output" "$2"; }

# send_ignored SIGNAL N: signals that their receiver ignores
send_ignored() {
	sh -c 'trap "" $1; i=0; while [ $i -lt $2 ]; do kill -$1 $$; i=$((i + 1)); done' - "$1" "$2"
}

complete_words() {	# complete_words WORD...: what bash offers for the last one
	bash -c '. ../xbpfctl.bash; COMP_WORDS=(xbpfctl "$@"); COMP_CWORD=$#; _xbpfctl
		echo "${COMPREPLY[*]}"' bash "$@"
}
