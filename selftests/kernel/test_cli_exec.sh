#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Other people's tools on xbpf: a program with a skeleton and a shared libbpf beside itself on the
# kernel's own BPF, bpftool, and what cannot be served.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
fs=/sys/fs/xbpf
bpf=/sys/fs/bpf
trap '[ -z "$waiting" ] || kill $waiting; rm -rf "$tmp" $fs/exec $fs/table' EXIT
waiting=
on() { xbpfctl exec -- "$@"; }
ids() { xbpfctl -j "$1" list | grep -o '"id":' | wc -l; }
kernels() {	# how many programs the kernel's own BPF has
	bpftool -j prog show | grep -o '"id":' | wc -l
}

# --- a program of libbpf's users

before=$(kernels)
upstream=$(../exec/app 2>"$tmp/err")
how=
# kprobe.multi takes CONFIG_FPROBE: 6.1 has it not
case $upstream in "not attached: Operation not supported")
	how=single
	upstream=$(../exec/app single) ;;
esac
like "upstream counts" "$upstream" \
	"^attached: raw 10 record 10 entry 10 return 10 many 1?0 cookies 0 0$"
is "the same under exec" "$(on ../exec/app $how 2>"$tmp/err")" "$upstream"
is "nothing is left of it" "$(xbpfctl prog list)$(xbpfctl link list)" ""
like "what was refused is said" "$(cat "$tmp/err")" \
	"^xbpfctl exec: app [(][0-9]+[)]: PERF_EVENT_IOC_SET_BPF: the perf event is for process 0 alone"
is "and nothing else" "$(wc -l <"$tmp/err")" 1
is "the same when it is linked with libxbpf" "$(../exec/linked $how 2>"$tmp/err")" "$upstream"

xbpfctl exec ../exec/app wait >"$tmp/wait" 2>&1 &
waiting=$!
while ! grep -q . "$tmp/wait"; do sleep 0.1; done
is "it runs in the process of xbpfctl" "$(cat /proc/$waiting/comm)" app
is "its links are xbpf's" "$(ids link) $(ids prog)" "5 6"
is "and not the kernel's" "$(kernels)" "$before"
output=$(on bpftool perf)
for what in "raw_tracepoint  sys_enter" "tracepoint  sys_enter_sched_get_priority_max" \
	"kprobe  func __x64_sys_sched_get_priority_max" \
	"kretprobe  func __x64_sys_sched_get_priority_max"; do
	has "bpftool perf: $what" "^pid $waiting  fd [0-9]+: prog_id [0-9]+  $what"
done
check "bpftool link" on bpftool link
has "has all of them" "^[0-9]+: kprobe_multi  prog [0-9]+"
kill $waiting
wait $waiting
waiting=
is "killed, they are gone" "$(ids link) $(ids prog)" "0 0"

# --- bpftool

check "bpftool prog load" on bpftool prog loadall ../demos/signals.bpf.o $bpf/exec pinmaps $bpf/exec
is "it is no pin of the kernel's" "$(ls $bpf)" ""
like "but one of xbpf's" "$(xbpfctl -f prog list)" "pinned $fs/exec/count_hup$"
check "bpftool prog show" on bpftool -f prog show
has "has it" "^$(xbpfctl -j prog show pinned $fs/exec/count_hup |
	sed 's/.*"id":\([0-9]*\),.*/\1/'): kprobe  name count_hup "
is "and its pin, once" "$(echo "$output" | grep -c "pinned $bpf/exec/count_hup$")" 1
cat >"$tmp/batch" <<EOF
map create $bpf/table type hash key 4 value 4 entries 5 name t
map update pinned $bpf/table key 1 0 0 0 value 2 0 0 0
map update pinned $bpf/table key 3 0 0 0 value 4 0 0 0
map lookup pinned $bpf/table key 1 0 0 0
map getnext pinned $bpf/table
map delete pinned $bpf/table key 3 0 0 0
map show name t
EOF
check "bpftool batch: a map, made, changed, looked at" on bpftool batch file "$tmp/batch"
has "it is shown" "^[0-9]+: hash  name t "
is "what it has is in xbpf" "$(xbpfctl -j map dump pinned $fs/table | tr -d ' ')" \
	"$(on bpftool -j map dump pinned $bpf/table | tr -d ' ')"
check "bpftool map dump" on bpftool map dump pinned $bpf/exec/counts
has "knows its types" '^\[\]$'
check "bpftool btf show" on bpftool btf show
has "has that of the kernel" "name .vmlinux. "
is "and that of programs, which are xbpf's" "$(echo "$output" | grep -c prog_ids)" 1
check "bpftool net" on bpftool net
is "-j before exec is the tool's, behind it the command's" "$(xbpfctl exec bpftool -j prog show |
	cut -c 1-7)" '[{"id":'

# --- what cannot be served

before=$(kernels)
raw="xbpfctl exec: raw [(][0-9]+[)]: bpf[(]2[)] MAP_CREATE: .*static.*Function not implemented"
is "a static program" "$(on ../exec/raw 2>"$tmp/err")" "map: Function not implemented"
like "is told in words" "$(cat "$tmp/err")" "^$raw$"
is "a raw system call" "$(on ../exec/app raw 2>"$tmp/err")" "map: Function not implemented"
like "is told, too" "$(cat "$tmp/err")" "^xbpfctl exec: app .*: bpf[(]2[)] MAP_CREATE: "
is "in a child's child, within another exec" \
	"$(on sh -c 'xbpfctl exec sh -c ../exec/raw' 2>"$tmp/err")" \
	"map: Function not implemented"
like "the outer one tells" "$(cat "$tmp/err")" "^$raw$"
is "upstream would have made it" "$(../exec/raw)" "map: made"
cp ../exec/raw "$tmp/setuid"
chown nobody "$tmp/setuid"
chmod u+s "$tmp/setuid"
is "an attr that is nowhere" "$(on ../exec/app nowhere 2>&1)" "Bad address"
is "programs of the kernel's at an event" "$(on ../exec/app query 2>&1 | tail -n 1)" \
	"Operation not supported"
# shellcheck disable=SC2016 # for the shell under exec
is "who answers lives as long as the command" "$(on sh -c 'for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm" 2>/dev/null)" != xbpfctl-exec ] || kill "${p#/proc/}"
	done; sleep 0.3; ../exec/raw' 2>"$tmp/err")" "map: Function not implemented"
like "and goes on to tell" "$(cat "$tmp/err")" "^$raw$"
is "where another listens, it fails all the same" \
	"$(../exec/listen xbpfctl exec ../exec/raw 2>"$tmp/err")" "map: Function not implemented"
like "as is said" "$(cat "$tmp/err")" "another program listens to this one's system calls"
refused "a setuid program" "setuid: a setuid or setgid program" on "$tmp/setuid"
is "a program of a type that xbpf has not" \
	"$(on bpftool prog load ../exec/tracing.bpf.o $bpf/tracing >/dev/null 2>"$tmp/err"; echo $?)" 255
like "is told with the call" "$(cat "$tmp/err")" "^xbpfctl exec: bpftool .*: PROG_LOAD: "
xbpfctl exec --log "$tmp/log" -- ../exec/raw >/dev/null 2>"$tmp/err"
is "--log takes what is said from the terminal" "$(cat "$tmp/err")" ""
like "into the file" "$(cat "$tmp/log")" "^$raw$"
on "$tmp/nothing" 2>"$tmp/err"
is "a command that is not there" $? 127
like "is told" "$(cat "$tmp/err")" "^xbpfctl: exec: $tmp/nothing: No such file or directory$"
on sh -c 'exit 7'
is "the status is the command's" $? 7
is "no command, as JSON" "$(xbpfctl -j exec)" \
	'{"error":"the command is missing: write [--log FILE] [--] COMMAND [ARGUMENT]..."}'
refused "no module" "/dev/xbpf3: no such device" xbpfctl -D xbpf3 exec -- true

# --- mounts

rm -rf $fs/exec $fs/table
umount $fs
# shellcheck disable=SC2016 # awk's
types='{ if ($2 == "/sys/fs/bpf") print $3 }'
is "what the command sees at $bpf" "$(on awk "$types" /proc/mounts | tr '\n' ' ')" "bpf xbpffs "
is "others see the kernel's" "$(awk "$types" /proc/mounts)" bpf
n=0
while grep -q " $fs " /proc/mounts && [ $n -lt 50 ]; do
	n=$((n + 1))
	sleep 0.1
done
is "the mount goes with the command" "$(grep -c " $fs " /proc/mounts)" 0
# the mount in the command's namespace is the same one, whatever others unload meanwhile
on sh -c ": >$tmp/begun; while [ ! -e $tmp/unloaded ]; do sleep 0.1; done
	bpftool map create $bpf/late type hash key 4 value 4 entries 5 name late" >"$tmp/out" 2>&1 &
late=$!
while [ ! -e "$tmp/begun" ]; do sleep 0.1; done
xbpfctl load ../demos/signals.bpf.o >/dev/null && xbpfctl unload signals >/dev/null
on true
: >"$tmp/unloaded"
wait $late
is "who pins while others unload" "$?$(cat "$tmp/out")" 0
check "finds it afterwards" xbpfctl map show pinned $fs/late
rm -f $fs/late
check "a pin keeps it" on bpftool map create $bpf/table type hash key 4 value 4 entries 5 name t
check "and is there afterwards" xbpfctl map show pinned $fs/table
done_testing
