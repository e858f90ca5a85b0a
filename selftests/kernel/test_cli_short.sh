#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2010,SC2012 # the names are our own
#
# The short way: xbpfctl load, attach, update, stop, unload. What they leave and take away, what
# they print, and what they say when something is wrong.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
fs=/sys/fs/xbpf
signals=../demos/signals.bpf.o
trap 'rm -rf "$tmp" $fs/*' EXIT
sh -c 'trap "" USR1 USR2 HUP URG; : >"$0/ready"; while :; do sleep 1; done' "$tmp" &
receiver=$!
trap 'kill -9 $receiver; rm -rf "$tmp" $fs/*' EXIT
while [ ! -e "$tmp/ready" ]; do sleep 0.1; done

send() {	# send SIGNAL TIMES
	n=0
	while [ $n -lt "$2" ]; do
		kill -"$1" $receiver
		n=$((n + 1))
	done
}

# counted HANDLER SIGNAL: how often, of the object's own map
counted() {
	xbpfctl map dump pinned $fs/signals/counts |
		sed -n "s/^key: {handler = $1, signal = $2}  value: //p"
}

# Without what changes by itself: loaded_at is told by two clocks, so its second may move between
# two looks; calls that fall through are counted at any signal, a closed pipe's SIGPIPE as well.
objects() {
	{ xbpfctl prog list; xbpfctl map list; xbpfctl link list; } |
		grep -v -e loaded_at -e 'calls fallen through'
}
slots() {
	xbpfctl map dump pinned "$fs/$1" |
		sed -n 's/^slot \([0-9]*\): .*name \(.*\)/\1=\2/p' | tr '\n' ' '
}

# --- load, attach, update, unload: the whole of it, from no mount to no module

while umount $fs 2>/dev/null; do :; done
refused "nothing is loaded, nor mounted" \
	"no object 'signals' is loaded, nor any other: .xbpfctl load FILE.o. loads one" \
	xbpfctl attach signals
check "load, with no xbpffs mounted" xbpfctl load $signals
has "it says where" "^signals, pinned below $fs/signals:$"
has "which programs there are, and where one belongs" \
	'^  program [0-9]+ +signal_sent +kprobe, for kprobe:do_send_sig_info$'
has "those that are only called" '^  program [0-9]+ +count_usr2 +kprobe$'
has "tables with their slots" '^  map [0-9]+ +handlers +prog_array, 2 of 65 slots filled$'
has "other maps" '^  map [0-9]+ +counts +hash, room for 256$'
has "what to do next: attach" '^  xbpfctl attach signals    # that is signals/signal_sent$'
has "update" '^  xbpfctl update signals/handlers SLOT PROGRAM    # or - for none$'
has "unload" '^  xbpfctl unload signals$'
is "programs and maps are pinned" \
	"$(find $fs/signals -type f | sed 's|.*/||' | sort | tr '\n' ' ')" \
	"count_audit count_cont count_hup count_usr1 count_usr2 counts handlers signal_sent "
is "and what their sections say" "$(readlink $fs/signals/signal_sent.sec)" kprobe/do_send_sig_info
is "the object filled its slots" "$(slots signals/handlers)" "1=count_hup 10=count_usr1 "
check "attach all that say where" xbpfctl attach signals
want="^link [0-9]+: kprobe do_send_sig_info runs program [0-9]+,"
has "the link outlives the command" \
	"$want pinned at $fs/signals/signal_sent@kprobe:do_send_sig_info$"
check "update" xbpfctl update signals/handlers 12 count_usr2
is "it says which slot has what" "$(echo "$output" | sed 's/program [0-9]*/program N/')" \
	"slot 12: program N  name count_usr2"
send USR1 30
send USR2 20
send HUP 10
send URG 5
is "USR1 is counted by its handler" "$(counted on_usr1 10)" 30
is "USR2 by the one that was put there" "$(counted on_usr2 12)" 20
is "HUP" "$(counted on_hup 1)" 10
is "URG has none" "$(counted unknown 23)" 5
check "empty a slot" xbpfctl update signals/handlers 12 -
is "it says so" "$output" "slot 12: empty"
send USR2 7
is "then the call falls through" "$(counted on_usr2 12) $(counted unknown 12)" "20 7"
check "a slot that is empty may be emptied" xbpfctl update signals/handlers 12 -
patches=$(xbpfctl map show name handlers | grep -c 'slots filled 2 ')
is "two slots are filled" "$patches" 1
check "several pairs" xbpfctl update signals/handlers 10 count_audit 12 count_usr2 1 - 18 count_cont
is "all of them" "$(slots signals/handlers)" "10=count_audit 12=count_usr2 18=count_cont "
check "unload" xbpfctl unload signals
is "it says what went" "$output" "signals: 6 programs, 2 maps and 1 link unloaded; nothing is left
$fs is empty and unmounted: the next load mounts it again"
is "nothing is left" "$(objects)$(ls $fs)" ""
is "no mount either" "$(grep -c " $fs " /proc/mounts)" 0
check "so the module can go" rmmod xbpf
refused "without it" "^xbpfctl: load: /dev/xbpf: .*not loaded; load it" xbpfctl load $signals
refused "a file is read before" "^xbpfctl: load: no.o: .*No such file" xbpfctl load no.o
refused "unload without it" "^xbpfctl: unload: /dev/xbpf: .*not loaded" xbpfctl unload signals
check "and come back" modprobe xbpf

# --- JSON

output=$(xbpfctl -j load $signals sig)
want="^\{\"name\":\"sig\",\"pinned\":\"$fs/sig\",\"programs\":\[\{\"id\":[0-9]+,"
want=$want"\"name\":\"count_hup\","
want=$want"\"type\":\"kprobe\",\"section\":\"kprobe\",\"pinned\":\"$fs/sig/count_hup\"\},"
want=$want".*\"attach\":\"kprobe:do_send_sig_info\",.*"
want=$want"\"maps\":\[.*\"type\":\"prog_array\",\"filled\":2,"
want=$want"\"max_entries\":65,\"pinned\":\"$fs/sig/handlers\"\}.*\]\}$"
has "load, under a name of our own" "$want"
output=$(xbpfctl -j attach sig)
has "attach" \
	"^\{\"links\":\[\{\"id\":[0-9]+,\"type\":\"kprobe\",\"where\":\"do_send_sig_info\",\"prog_id\":"
output=$(xbpfctl -j update sig/handlers 3 count_hup 1 -)
want='^\{"id":[0-9]+,"name":"handlers","slots":\[\{"slot":3,"prog_id":[0-9]+,'
want=$want'"prog_name":"count_hup"\},'
has "update" "$want\{\"slot\":1,\"prog_id\":null\}\]\}$"
output=$(xbpfctl -j update sig/nothing 3 count_hup)
has "an error" '^\{"error":"sig has no table of programs .nothing.; there are: handlers"\}$'
check "indented" xbpfctl -p update sig/handlers 1 count_hup
has "with the slot in a line" '^ +"slot": 1,$'

# --- what is refused leaves everything as it was

before=$(objects; slots sig/handlers; find $fs | sort)
refused "loaded already" \
	"load: 'sig' is loaded already: .xbpfctl unload sig. takes it away, .xbpfctl load FILE.o NAME." \
	xbpfctl load $signals sig
refused "a name with a slash" "'a/b' cannot be the name of an object: letters" \
	xbpfctl load $signals a/b
refused "a name that begins with a dot" "'..' cannot be the name" xbpfctl load $signals ..
refused "a name with a blank" "'my name' cannot be the name" xbpfctl load $signals "my name"
refused "a name that is too long" "too long for the name of an object: 64" \
	xbpfctl load $signals "$(printf '%065d' 0)"
refused "a word too many" "'more' is one word too many" xbpfctl load $signals x more
refused "an object that is refused" \
	"load: .*program '[a-z_]+' was refused: .*bad_null.bpf.c:[0-9]+" \
	xbpfctl load ../progs/bad_null.bpf.o
refused "a load that fails when all is pinned" "the program's section cannot be kept: .*too long" \
	xbpfctl load ../progs/cli_long_name.bpf.o long
refused "an unknown object" "no object 'sog' is loaded; there are: sig$" xbpfctl attach sog
refused "no name of an object" "'/etc' is no name of an object" xbpfctl unload /etc
refused "nor is this" "'..' is no name of an object" xbpfctl unload ..
refused "an unknown program" \
	"sig has no program 'nobody'; there are: count_[a-z0-9]+, .*signal_sent" xbpfctl attach sig/nobody
refused "a map is no program" "sig has no program 'counts'; there are: count_" \
	xbpfctl attach sig/counts
refused "a section that does not say where" \
	"sig/count_hup: SEC\(\"kprobe\"\) does not say where .*xbpfctl attach sig/count_hup KIND:PLACE" \
	xbpfctl attach sig/count_hup
refused "attached already" \
	"sig/signal_sent is attached there already; .xbpfctl link detach pinned $fs/sig/signal_sent@" \
	xbpfctl attach sig/signal_sent
refused "the same by its point" "is attached there already" \
	xbpfctl attach sig/signal_sent kprobe:do_send_sig_info
refused "all are" "sig: all 1 that say where are attached already" xbpfctl attach sig
refused "a point that is none" "'do_exit' is no attach point: write KIND:PLACE, as kprobe:do_exit" \
	xbpfctl attach sig/count_hup do_exit
refused "an unknown kind" "'uprobe' is no kind of attach point; there are kprobe" \
	xbpfctl attach sig/count_hup uprobe:main
refused "an unknown function" "sig/count_hup: no_such_function: .*no such function" \
	xbpfctl attach sig/count_hup kprobe:no_such_function
refused "a point for all" "say which program of sig, as sig/NAME; there are: count_" \
	xbpfctl attach sig kprobe:do_exit
refused "a point for another type of program" \
	"kprobe program; this link wants a tracepoint program" \
	xbpfctl attach sig/count_hup tracepoint:sched/sched_switch
refused "an unknown table" "sig has no table of programs 'hundlers'; there are: handlers$" \
	xbpfctl update sig/hundlers 1 count_hup
refused "no table named" "say which table of programs of sig, as sig/NAME; there are: handlers" \
	xbpfctl update sig 1 count_hup
refused "a map that is no table" \
	"sig/counts is a map of type hash: update puts programs into tables" \
	xbpfctl update sig/counts 1 count_hup
refused "a slot out of range" "sig/handlers has no slot 65: its slots are 0 to 64" \
	xbpfctl update sig/handlers 65 count_hup
refused "no slot" "'twelve' is no index of a slot: a number" \
	xbpfctl update sig/handlers twelve count_hup
refused "no program" "the program for the slot, or - for none is missing" \
	xbpfctl update sig/handlers 12
refused "an unknown program for a slot" "sig has no program 'count_usr3'; there are: count_" \
	xbpfctl update sig/handlers 12 count_usr3
refused "one of several pairs is wrong" "sig has no program 'nobody'" \
	xbpfctl update sig/handlers 12 count_usr2 13 nobody
refused "a slot twice" "slot 12 is named twice" \
	xbpfctl update sig/handlers 12 count_usr2 12 count_hup
refused "a part is not unloaded" "'sig/handlers' is a part of 'sig', .*xbpfctl unload sig" \
	xbpfctl unload sig/handlers
is "and all is as before" "$(objects; slots sig/handlers; find $fs | sort)" "$before"

# --- several objects, several points

check "another object" xbpfctl load ../progs/hooks.bpf.o
has "its points" ' on_record +tracepoint, for tracepoint:raw_syscalls/sys_enter$'
has "of a system call" ' on_entry +kprobe, for kprobe:__x64_sys_sched_get_priority_max$'
has "of many functions" ' on_many +kprobe, for kprobe.multi:__x64_sys_sched_get_priority_m\*$'
has "what is next" '^  xbpfctl attach hooks    # or one, as hooks/on_raw$'
check "attach all of it" xbpfctl attach hooks
is "which are six" "$(echo "$output" | grep -c "^link .*pinned at $fs/hooks/")" 6
has "one with a slash in its point" \
	"pinned at $fs/hooks/on_record@tracepoint:raw_syscalls:sys_enter$"
ip link set lo up
check "one to a device" xbpfctl attach hooks/on_packet tap:lo
check "one to two places" xbpfctl attach hooks/on_raw raw_tp:sched_switch
is "they are separate links" "$(find $fs/hooks -name 'on_raw@*' | wc -l)" 2
check "one is detached" xbpfctl link detach pinned $fs/hooks/on_packet@tap:lo
check "and attached again" xbpfctl attach hooks/on_packet tap:lo
is "once" "$(xbpfctl link list | grep -c ': tap ')" 1
rm $fs/hooks/on_call@*
check "attach all does the ones that are missing" xbpfctl attach hooks
is "only them" "$(echo "$output" | sed 's/.*pinned at //')" \
	"$fs/hooks/on_call@tracepoint:syscalls:sys_enter_sched_get_priority_max"
refused "a program of another type in a table" \
	"handlers.*kprobe.*raw_tracepoint|raw_tracepoint.*kprobe" \
	xbpfctl update sig/handlers 12 hooks/on_raw
refused "a program of an object that is not there" "no object 'none' is loaded; there are: " \
	xbpfctl update sig/handlers 12 none/p
check "a program of another object" xbpfctl update sig/handlers 12 hooks/on_entry

# --- TAB

is "TAB: the verbs" "$(complete_words u)" "unload update"
is "objects to load" "$(complete_words load ../demos/si)" ../demos/signals.bpf.o
is "what is loaded" "$(complete_words unload '')" "hooks sig"
is "and its programs" "$(complete_words attach sig/s)" "sig/signal_sent"
is "its tables, no other maps" "$(complete_words update '')" "sig/handlers"
is "no guess at the slot" "$(complete_words update sig/handlers '')" ""
is "programs for a slot" "$(complete_words update sig/handlers 12 count_us)" "count_usr1 count_usr2"
is "or none" "$(complete_words -j update sig/handlers 12 '' | cut -d ' ' -f 1)" "-"
is "or another object's" "$(complete_words update sig/handlers 12 hooks/on_en)" "hooks/on_entry"
is "also for the next one" "$(complete_words update sig/handlers 12 count_hup 13 count_h)" count_hup
is "kinds of attach points" "$(complete_words attach sig/count_hup kp)" kprobe:
is "and their places" "$(complete_words attach sig/count_hup tap : l)" lo
is "functions" "$(complete_words attach sig/count_hup kprobe : do_send_sig_i)" do_send_sig_info

# --- what still holds something

check "unload, where a table of another has one" xbpfctl unload hooks
has "it says what remains" \
	'^  program [0-9]+ \(on_entry\) remains: slot 12 of map [0-9]+ \(handlers\) has it$'
has "and of what that consists" \
	'^  map [0-9]+ \(hooks.bss\) remains: program [0-9]+ \(on_entry\) uses it$'
is "all else is gone" "$(xbpfctl prog list | grep -c ' name on_')" 1
check "the slot is emptied" xbpfctl update sig/handlers 12 -
n=0
while xbpfctl prog list | grep -q \
	' name on_entry' && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
is "then it is gone" "$(xbpfctl prog list | grep -c ' name on_entry')" 0
check "an additional pin" xbpfctl map pin pinned $fs/sig/counts $fs/mine
check "a link of bpftool's way" \
	xbpfctl prog attach pinned $fs/sig/count_usr1 kprobe do_exit pinned $fs/link
output=$(xbpfctl -j unload sig)
want='^\{"name":"sig","programs":\[[0-9,]+\],"maps":\[[0-9,]+\],"links":\[[0-9]+\],"remaining":\['
want=$want'\{"kind":"program","id":[0-9]+,"name":"count_usr1","held_by":\['
want=$want'"link [0-9]+ runs it .kprobe do_exit'
want=$want'.*\{"kind":"map","id":[0-9]+,"name":"counts","held_by":\["pinned at /sys/fs/xbpf/mine",'
has "unload as JSON: link and pin" "$want.*\"unmounted\":false\}$"
check "the other link still runs" xbpfctl link show pinned $fs/link
rm $fs/link $fs/mine
check "an object with a ring buffer" xbpfctl load ../progs/maps.bpf.o
xbpfctl map event_pipe pinned $fs/maps/events >"$tmp/events" 2>&1 &
reader=$!
n=0
until ls -l /proc/$reader/fd | grep -q xbpf-map || [ $n -ge 100 ]; do n=$((n + 1)); sleep 0.1; done
check "unload while somebody reads it" xbpfctl unload maps
has "who that is" "map [0-9]+ \(events\) remains: process $reader \(xbpfctl\) has it open$"
kill $reader
wait $reader

# --- stop

check "stop with nothing attached" xbpfctl stop --all
is "it says so" "$output" "nothing was attached"
check "load" xbpfctl load $signals
check "attach" xbpfctl attach signals
check "attach to another point" xbpfctl attach signals/count_hup kprobe:do_exit
check "a link of somebody else's" \
	xbpfctl prog attach pinned $fs/signals/count_hup kprobe do_nanosleep
check "stop an object" xbpfctl stop signals
has "its links are detached" '^link [0-9]+: kprobe do_exit does not run program [0-9]+ any more$'
is "their pins are gone" "$(find $fs/signals -name '*@*')" ""
is "the rest of it is there" "$(find $fs/signals -type f | wc -l)" 8
is "and the other link" "$(xbpfctl link list | grep -c '^[0-9]')" 1
check "it can be attached again" xbpfctl attach signals
check "and for a time" xbpfctl attach signals/count_hup kprobe:do_exit expire 2s
like "the link says so" "$(xbpfctl link list)" '  expires in [0-9]+ ms'
n=0
while xbpfctl link list | grep -q expires && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
link=$fs/signals/count_hup@kprobe:do_exit
like "then it is detached" "$(xbpfctl link show pinned $link)" '  detached'
is "and no other" "$(xbpfctl link list | grep -c '  detached')" 1
check "it is attached again" xbpfctl attach signals/count_hup kprobe:do_exit
is "for good" "$(xbpfctl -j link show pinned $link | grep -c 'detached":true\|expire_ms')" 0
check "stop the object again" xbpfctl stop signals
check "all for a time" xbpfctl attach signals expire 1h
like "that is long" "$(xbpfctl link list)" '  expires in 3[0-9]{6} ms'
like "as JSON" "$(xbpfctl -j link list)" '"detached":false,"expire_ms":3[0-9]{6},'
refused "no time" "'soon' is no time: a number with ms, s, m or h is expected, as 60s" \
	xbpfctl attach signals/count_hup expire soon
refused "a time without a unit" "'60' is no time" xbpfctl attach signals/count_hup expire 60
refused "no time at all" "'0s' is no time" xbpfctl attach signals/count_hup expire 0s
refused "a time too long" "time 2000h is too long: the longest is 1193h" \
	xbpfctl attach signals/count_hup expire 2000h
refused "a part is not stopped" \
	"'signals/handlers' is a part of 'signals', .*xbpfctl stop signals" \
	xbpfctl stop signals/handlers
refused "an unknown object" "no object 'sugnals' is loaded; there are: .*signals" \
	xbpfctl stop sugnals
refused "nothing to stop" "what to stop, as NAME, or --all is missing" xbpfctl stop
output=$(xbpfctl -j stop --all)
has "stop all, as JSON" \
	'^\{"detached":\[\{"id":[0-9]+,"type":"kprobe","where":"do_nanosleep","prog_id":[0-9]+\},\{'
is "nothing is attached" "$(xbpfctl link list)$(find $fs -name '*@*' -o -name 'link-*')" ""
check "unload" xbpfctl unload signals

# --- all or nothing

check "a target that does not exist is loaded" xbpfctl load ../progs/cli_bad_target.bpf.o bad
before=$(find $fs | sort)
refused "but not attached" \
	"bad/does_not, SEC\(\"kprobe/there_is_no_such_function\"\): .*no such.*; nothing is attached" \
	xbpfctl attach bad
is "what was attached before it is undone" "$(xbpfctl link list)$(find $fs | sort)" "$before"
rm $fs/bad/does_not
check "a pin may be missing" xbpfctl unload bad
check "a pin" xbpfctl map create $fs/single type hash key 4 value 4 entries 1 name made
mkdir $fs/empty
check "an empty folder is no object" xbpfctl load ../progs/exits.bpf.o empty
check "unload" xbpfctl unload empty
has "where another pin keeps the mount" \
	'^empty: 3 programs, 2 maps and 0 links unloaded; nothing is left$'
is "which is there" "$(grep -c " $fs " /proc/mounts)" 1
refused "a pin has the name" "$fs/single is a pin: .xbpfctl load FILE.o NAME. gives" \
	xbpfctl load $signals single
refused "and is no object" "$fs/single is a single pin, not an object" xbpfctl unload single
rm $fs/single
check "two at once" sh -c "xbpfctl load $signals twice >$tmp/a 2>&1 & a=\$!
	xbpfctl load $signals twice >$tmp/b 2>&1; b=\$?; wait \$a; [ \$((b + \$?)) = 1 ]"
is "one of them is there, whole" "$(find $fs/twice -type f | wc -l)" 8
check "unload" xbpfctl unload twice
# a folder whose pins bpftool's way made
check "loadall" xbpfctl prog loadall $signals $fs/long pinmaps $fs/long/maps
refused "its sections were not kept" \
	"long/signal_sent: its SEC\(\) is not known, .*kprobe:do_exit" \
	xbpfctl attach long/signal_sent
check "but points are taken" xbpfctl attach long/signal_sent kprobe:do_send_sig_info
check "and tables found below it" xbpfctl update long/handlers 12 count_usr2
check "unload" xbpfctl unload long
has "all of it" '^long: 6 programs, 2 maps and 1 link unloaded; nothing is left$'
mount -t xbpffs -o mode=0755 xbpffs $fs
check "in a mount with other rights" xbpfctl load $signals
check "unload" xbpfctl unload signals
is "that mount is not the tool's to take away" "$(grep -c " $fs " /proc/mounts)" 1
is "everything is freed" "$(objects)" ""
done_testing
