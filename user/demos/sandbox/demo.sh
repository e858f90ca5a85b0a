#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks, and $table is two words
#
# A jump table of system calls as a sandbox: a shell that may not open files for writing outside
# /tmp nor make sockets. The table is changed under it. `make demo-sandbox`.
cd "$(dirname "$0")" || exit 1
. ./steps.sh

dir=$fs/sandbox
table="pinned $dir/maps/syscall_table"

# inside COMMAND: what a shell in the sandbox says to it
inside() {
	printf '   $ xbpfctl seccomp run pinned %s -- sh -c "%s"\n' $dir/sandbox "$1"
	xbpfctl seccomp run pinned $dir/sandbox -- sh -c "$1" >"$tmp/out" 2>&1
	status=$?
	sed 's/^/     /' "$tmp/out"
}

allowed() { inside "$1"; [ $status = 0 ] || die "this should have been allowed"; }
denied() {
	inside "$1"
	[ $status != 0 ] || die "this should have been denied"
	grep -qi "$2" "$tmp/out" || die "denied, but not with '$2'"
}

steps_begin

explain "Load: an entry program of type seccomp, handlers for the calls that matter."
run xbpfctl prog loadall sandbox.bpf.o $dir pinmaps $dir/maps
run xbpfctl map dump $table

explain "Attach it to a process that is there already, by its pid, and let it go again."
sleep 100000 &
children=$!
run xbpfctl prog attach pinned $dir/sandbox seccomp $children pinned $dir/link
run xbpfctl link show pinned $dir/link
run xbpfctl link detach pinned $dir/link

explain "In the sandbox: reading, and writing below /tmp."
allowed "cat /etc/passwd /proc/version >/tmp/copy; wc -c /tmp/copy"
allowed "echo one >/tmp/a; echo two >>/tmp/a; cat /tmp/a >/dev/null"

explain "Writing elsewhere, and sockets, and ways around."
denied "echo x >/root/file" "permission denied"
[ ! -e /root/file ] || die "the file was made"
denied "echo x >/tmp/../root/file" "permission denied"
[ ! -e /root/file ] || die "the file was made"
denied "cd /root && echo x >file" "permission denied"
denied "ping -c 1 127.0.0.1" "denied"	# its word for EPERM
denied "nc 127.0.0.1 9" "not permitted"
denied "sh -c 'sh -c \"echo x >/root/file\"'" "permission denied"
run xbpfctl map dump pinned $dir/maps/denied

explain "It is the sandbox that says no: outside of it the same works."
run sh -c "echo x >/root/file && rm /root/file && ping -c 1 -W 5 127.0.0.1 >/dev/null"

explain "A shell that is in it already, and the table changes under it: sockets are allowed," \
	"then not."
mkfifo "$tmp/go"
xbpfctl seccomp run pinned $dir/sandbox -- sh -c "while read -r line; do
	if ping -c 1 -W 5 127.0.0.1 >/dev/null 2>&1; then echo allowed; else echo denied; fi
	done" <"$tmp/go" >"$tmp/said" 2>&1 &
shell=$!
children="$children $shell"
exec 3>"$tmp/go"
said() { [ "$(wc -l <"$tmp/said")" -ge "$1" ]; }
echo 1 >&3
until_true "an answer" said 1
run xbpfctl link list
run xbpfctl map delete $table key 41
echo 2 >&3
until_true "an answer" said 2
run xbpfctl map update $table key 41 value pinned $dir/on_forbidden
echo 3 >&3
until_true "an answer" said 3
exec 3>&-
wait $shell
run cat "$tmp/said"
[ "$(tr '\n' ' ' <"$tmp/said")" = "denied allowed denied " ] ||
	die "the shell should have said denied, allowed, denied"

explain "Remove: nothing is left."
steps_clean $dir
printf '\ndemo: ok\n'
