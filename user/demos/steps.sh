# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the demos share: steps with an explanation, commands that are shown and checked, a clean end.
# Sourced by each demo.sh, which runs as root where xbpf is loaded and xbpfctl is in PATH: `make
# demo-NAME` arranges that in a guest.

# shellcheck disable=SC2034 # for those that read this
fs=/sys/fs/xbpf
tmp=$(mktemp -d)
children=
step=0

# Stops what the demo started; the shell's EXIT.
steps_end() {
	for p in $children; do kill -9 "$p" 2>/dev/null; done
	rm -rf "$tmp"
}
trap steps_end EXIT

explain() {
	step=$((step + 1))
	printf '\n%s. %s\n' $step "$1"
	shift
	for line; do printf '   %s\n' "$line"; done
}

note() { printf '   -> %s\n' "$*"; }

die() {
	printf '\ndemo: FAILED in step %s: %s\n' $step "$*"
	exit 1
}

# run COMMAND...: shown, done, and expected to succeed; what it said is left in $tmp/out
run() {
	printf '   $ %s\n' "$*"
	"$@" >"$tmp/out" 2>&1
	status=$?
	sed 's/^/     /' "$tmp/out"
	[ $status = 0 ] || die "'$*' ended with status $status"
}

# refused COMMAND...: shown, done, and expected to fail with words
refused() {
	printf '   $ %s\n' "$*"
	"$@" >"$tmp/out" 2>&1
	status=$?
	sed 's/^/     /' "$tmp/out"
	[ $status != 0 ] || die "'$*' should have been refused"
	[ -s "$tmp/out" ] || die "'$*' was refused without a word"
}

# expect WHAT IS SHOULD
expect() {
	[ "$2" = "$3" ] || die "$1: $2, and not $3"
	note "$1: $2, as it should be"
}

# until_true WHAT COMMAND...: wait for something that has to come, as long as a slow machine may
# need
until_true() {
	what=$1
	shift
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || die "$what: it did not come about in a minute"
		sleep 0.1
	done
}

steps_begin() {
	[ -e /dev/xbpf ] || { echo "demo: no /dev/xbpf here: load xbpf.ko, or run 'make demo'"; exit 1; }
	echo "xbpf: $(sed -n 's/^Linux version \([^ ]*\).*/Linux \1/p' /proc/version)," \
		"an unmodified distribution kernel with one more module"
}

nothing_left() { [ -z "$(xbpfctl prog list; xbpfctl map list; xbpfctl link list)" ]; }

no_complaint() {
	bad='BUG:|WARNING:|Oops|general protection|Call Trace'
	bad="$bad|xbpf: leak|self-detected stall|detected stalls"
	if dmesg | grep -E "$bad" >"$tmp/bad"; then
		cat "$tmp/bad"
		die "the kernel log has complaints"
	fi
}

# steps_clean DIR...: the pins go, and with them everything; then the log is looked at
steps_clean() {
	run rm -r "$@"
	until_true "objects go when the last pin is removed" nothing_left
	note "no program, no map, no link left"
	no_complaint
}
