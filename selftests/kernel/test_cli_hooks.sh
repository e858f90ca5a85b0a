#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2009 # busybox's pgrep would find the shell that asks
#
# xbpfctl and the attach points: each kind by hand and by SEC(), what is shown, replaced, taken away
# and refused.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
object=../progs/hooks.bpf.o
dir=/sys/fs/xbpf/hooks
maps=$dir/maps
trap 'rm -rf "$tmp" $dir /sys/fs/xbpf/one*' EXIT

# The call that all programs of the object count, once.
call() { ./test_trace --call; }

counts() { output=$(xbpfctl map dump pinned $maps/hooks.bss); }

# --- autoattach

check "autoattach" xbpfctl prog loadall $object $dir pinmaps $maps autoattach
has "raw_tp by its section" \
	"^link [0-9]+: raw_tp sys_enter runs program [0-9]+, pinned at $dir/on_raw_link$"
has "raw_tracepoint is the same" \
	"^link [0-9]+: raw_tp sys_exit runs program [0-9]+, pinned at $dir/on_raw_exit_link$"
want="^link [0-9]+: tracepoint raw_syscalls/sys_enter runs program [0-9]+,"
want=$want" pinned at $dir/on_record_link$"
has "tracepoint by its section" "$want"
want="^link [0-9]+: tracepoint syscalls/sys_enter_sched_get_priority_max runs program [0-9]+,"
want=$want" pinned at $dir/on_call_link$"
has "tp is the same" "$want"
want="^link [0-9]+: kprobe __x64_sys_sched_get_priority_max runs program [0-9]+,"
want=$want" pinned at $dir/on_entry_link$"
has "ksyscall by its section" "$want"
has "kprobe.multi by its section" \
	"^link [0-9]+: kprobe.multi 2 functions runs program [0-9]+, pinned at $dir/on_many_link$"
call
counts
for what in raw raw_exit record call entry many; do
	has "the event came: $what" "\"?$what\"? = 1[,}]|$what = 1$|$what = 1,"
done
output=$(xbpfctl link show pinned $dir/on_raw_link)
has "show: raw_tp" '^[0-9]+: raw_tp  prog [0-9]+  name on_raw$'
has "show: its name" '^	sys_enter$'
has "show: counts" '^	run_cnt [1-9][0-9]*  missed [0-9]+$'
output=$(xbpfctl -j link show pinned $dir/on_call_link)
want='^\{"id":[0-9]+,"type":"tracepoint","prog_id":[0-9]+,"prog_name":"on_call",'
want=$want'"tp_name":"syscalls/sys_enter_sched_get_priority_max",'
want=$want'"detached":false,"cookie":0,"run_cnt":1,"missed":0\}$'
has "show as JSON: tracepoint" "$want"

# --- update in place

old=$(xbpfctl -j prog show pinned $dir/on_raw | sed 's/.*"id":\([0-9]*\),.*/\1/')
check "update" xbpfctl link update pinned $dir/on_raw_link pinned $dir/on_raw_exit
output=$(xbpfctl link show pinned $dir/on_raw_link)
has "the link runs the other program" '  name on_raw_exit$'
refused "update if it is still the old one: it is not" \
	"the link's program cannot be replaced: .*runs program [0-9]+, not $old" \
	xbpfctl link update pinned $dir/on_raw_link pinned $dir/on_raw old id "$old"
check "update if it is still this one" \
	xbpfctl link update pinned $dir/on_raw_link pinned $dir/on_raw old pinned $dir/on_raw_exit
refused "a program of another type" \
	"on_entry|kprobe program; this link wants a raw_tracepoint program" \
	xbpfctl link update pinned $dir/on_raw_link pinned $dir/on_entry
check "detach" xbpfctl link detach pinned $dir/on_raw_link
refused "update of a detached link" "was detached" \
	xbpfctl link update pinned $dir/on_raw_link pinned $dir/on_raw
rm -f $dir/*_link
is "removing the pins detaches" "$(xbpfctl link list)" ""

# --- by hand

check "attach raw_tp" xbpfctl prog attach pinned $dir/on_raw raw_tp sys_enter pinned $dir/l1
check "attach raw_tracepoint" xbpfctl prog attach pinned $dir/on_raw raw_tracepoint sched_switch \
	pinned $dir/l2
check "attach tracepoint" xbpfctl prog attach pinned $dir/on_record tracepoint \
	raw_syscalls/sys_enter pinned $dir/l3 cookie 5
check "attach tp with a colon" xbpfctl prog attach pinned $dir/on_record tp raw_syscalls:sys_enter \
	pinned $dir/l4
output=$(xbpfctl link show pinned $dir/l4)
has "it is the same tracepoint" '^	raw_syscalls/sys_enter$'
call
counts
has "both saw the call" 'record = 3[,}]|record = 3$'
rm -f $dir/l?
refused "no kind" "'uprobe' is no kind of attach point; there are kprobe, kretprobe, .*seccomp" \
	xbpfctl prog attach pinned $dir/on_raw uprobe x
refused "an unknown raw tracepoint" "no_such_point: .*no such tracepoint" \
	xbpfctl prog attach pinned $dir/on_raw raw_tp no_such_point
refused "an unknown tracepoint" "sched/no_such_point: .*no such tracepoint" \
	xbpfctl prog attach pinned $dir/on_record tracepoint sched/no_such_point
refused "an unknown category" "no_such/sched_switch: .*no such tracepoint" \
	xbpfctl prog attach pinned $dir/on_record tracepoint no_such/sched_switch
refused "a tracepoint without category" "write CATEGORY/NAME" \
	xbpfctl prog attach pinned $dir/on_record tracepoint sched_switch
refused "a raw tracepoint with category" "write its name alone" \
	xbpfctl prog attach pinned $dir/on_raw raw_tp sched/sched_switch
refused "a program that reads more arguments than there are" \
	"sched_process_exit: program [0-9]+ reads argument 2, the tracepoint has 1|reads argument" \
	xbpfctl prog attach pinned $dir/on_raw raw_tp sched_process_wait
refused "a program that reads beyond the record" \
	"signal/signal_deliver: program [0-9]+ reads 24 bytes of the record|reads 24 bytes" \
	xbpfctl prog attach pinned $dir/on_record tracepoint sched/sched_kthread_stop_ret
refused "the wrong type of program" "kprobe program; this link wants a tracepoint program" \
	xbpfctl prog attach pinned $dir/on_entry tracepoint sched/sched_switch
refused "an offset behind the function's end" \
	"lies behind the end of __x64_sys_sched_get_priority_max" \
	xbpfctl prog attach pinned $dir/on_entry kprobe __x64_sys_sched_get_priority_max+0x4000
refused "a priority where there is none" "priority is for ingress and egress" \
	xbpfctl prog attach pinned $dir/on_raw raw_tp sys_enter priority 3
refused "no such device" "no network device 'eth77'" \
	xbpfctl prog attach pinned $dir/on_raw tap eth77
refused "no process" "'me' is no id of a process" xbpfctl prog attach pinned $dir/on_raw seccomp me
is "and no link is left" "$(xbpfctl link list)" ""

# --- many functions

check "a pattern" xbpfctl prog attach pinned $dir/on_entry \
	kprobe '__x64_sys_sched_get_priority_m??' pinned $dir/m1 cookie 9
has "how many there are" "^link [0-9]+: kprobe.multi 2 functions runs program"
check "a pattern of returns" xbpfctl prog attach pinned $dir/on_entry kretprobe \
	'__x64_sys_sched_get_priority_m[a]x' pinned $dir/m2
has "one of them" "kretprobe.multi 1 functions runs"
call
output=$(xbpfctl -j link show pinned $dir/m1)
want='"type":"kprobe.multi","retprobe":false,.*"func_cnt":2,'
want=$want'"detached":false,"cookie":9,"run_cnt":1,'
has "as JSON" "$want"
output=$(xbpfctl -j link show pinned $dir/m2)
has "returns as JSON" '"type":"kretprobe.multi","retprobe":true,.*"func_cnt":1,.*"run_cnt":1,'
rm -f $dir/m?
refused "a pattern that matches nothing" \
	"'no_such_\*': no function that can be probed has such a name" \
	xbpfctl prog attach pinned $dir/on_entry kprobe 'no_such_*'

# --- system-call filters

seccomp() { xbpfctl seccomp run pinned $dir/no_mkdir -- "$@"; }
output=$(seccomp mkdir "$tmp/denied" 2>&1)
is "the status is the command's" $? 1
has "the call is denied with the program's errno" "Read-only file system"
check_fails "and was not made" test -e "$tmp/denied"
seccomp sh -c 'exit 7'
is "another status" $? 7
seccomp sh -c 'kill -9 $$'
is "a signal" $? 137
with_signals() { ./test_seccomp_task --signals xbpfctl seccomp run pinned $dir/no_mkdir -- "$@"; }
with_signals sh -c 'trap "" INT; kill -INT $PPID; sleep 0.3; mkdir $0 2>/dev/null; exit 5' \
	"$tmp/after"
is "Ctrl-C is the command's" $? 5
check_fails "and the filter stays" test -e "$tmp/after"
seccomp sh -c 'trap "exit 6" TERM; kill -TERM $PPID
	n=0; while [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done'
is "SIGTERM is passed on to the command" $? 6
seccomp sh -c 'kill -KILL $PPID; exec sleep 4711' 2>/dev/null
n=0
while ps | grep -q '[s]leep 4711' && [ $n -lt 300 ]; do n=$((n + 1)); sleep 0.1; done
is "who kills the tool kills the command" "$(ps | grep -c '[s]leep 4711')" 0
seccomp no_such_command 2>/dev/null
is "no such command" $? 127
seccomp sh -c "(sleep 0.5; mkdir $tmp/late) 2>/dev/null &"
check_fails "a descendant that stays behind is filtered to its end" test -e "$tmp/late"
mkdir "$tmp/free"
is "others are not" $? 0
refused "a command is missing" "the command is missing" xbpfctl seccomp run pinned $dir/no_mkdir

# who locks himself out by a filter is let in again
# shellcheck disable=SC2016 # the process of its own expands it
sh -c 'until [ -e "$0/go" ]; do sleep 0.1; done
	n=0
	until mkdir "$0/let_in" 2>/dev/null; do n=$((n + 1)); sleep 0.1; done
	echo $n >"$0/times"' "$tmp" &
locked_out=$!
check "a filter for a time" xbpfctl prog attach pinned $dir/no_mkdir seccomp $locked_out \
	pinned $dir/for_a_time expire 5s
: >"$tmp/go"
wait $locked_out
check "it denies until then" test "$(cat "$tmp/times")" -gt 0
like "and is detached" "$(xbpfctl link show pinned $dir/for_a_time)" '  detached$'
rm $dir/for_a_time
refused "a program of another type" "kprobe program; this link wants a syscall_filter program" \
	xbpfctl seccomp run pinned $dir/on_entry -- true
chmod 666 /dev/xbpf $dir/no_mkdir
chmod 755 /sys/fs/xbpf $dir
output=$(/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups \
	--inh-caps +cap_39 --ambient-caps +cap_39 xbpfctl seccomp run pinned $dir/no_mkdir -- \
	sh -c 'grep NoNewPrivs: /proc/self/status; mkdir /tmp/users || exit 9' 2>&1)
is "with CAP_BPF alone, too" $? 9
has "where no setuid program gives more" "NoNewPrivs:[[:space:]]1"
chmod 600 /dev/xbpf
chmod 700 /sys/fs/xbpf
is "and no link is left" "$(xbpfctl link list)" ""
rm -rf $dir

# --- devices

ip link set lo up
check "autoattach to a device" xbpfctl prog loadall $object $dir pinmaps $maps autoattach dev lo
has "tap without a device" \
	"^link [0-9]+: tap lo runs program [0-9]+, pinned at $dir/on_packet_link$"
has "tc is ingress" "^link [0-9]+: ingress lo runs program [0-9]+, pinned at $dir/on_ingress_link$"
ping -c 1 127.0.0.1 >/dev/null
counts
has "packets were seen" 'packets = [1-9]'
output=$(xbpfctl link show pinned $dir/on_ingress_link)
has "show: device" '^	lo  ifindex 1'
rm -rf $dir
refused "a device that is not there" \
	"program 'on_packet', SEC\(\"tap\"\): there is no network device 'eth77'" \
	xbpfctl prog loadall $object $dir autoattach dev eth77
is "is undone whole" "$(ls -d $dir 2>/dev/null)$(xbpfctl link list)" ""

# --- what programs print

xbpfctl prog tracelog >"$tmp/log" 2>&1 &
sleep 1
kill $!
wait $!
is "tracelog waits until it is interrupted" $? 143
is "and had nothing to complain of" "$(grep "^xbpfctl" "$tmp/log")" ""

# --- a single program

check "load with autoattach" xbpfctl prog load $object /sys/fs/xbpf/one autoattach
has "the links are pinned beside it" 'pinned at /sys/fs/xbpf/one_on_record_link$'
rm -f /sys/fs/xbpf/one*
n=0
while [ -n "$(xbpfctl prog list; xbpfctl map list)" ] &&
	[ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
is "everything is freed" "$(xbpfctl prog list; xbpfctl map list; xbpfctl link list)" ""
done_testing
