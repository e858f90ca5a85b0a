#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# xbpfctl stats: what is counted equals the signals sent, where it is shown, and for whom.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
fs=/sys/fs/xbpf
trap 'xbpfctl stats off; rm -rf "$tmp" $fs/*' EXIT

# a member of an object's JSON: number OBJECT-WORDS... MEMBER
number() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
prog() { xbpfctl -j prog show pinned $fs/signals/"$1"; }

check "nothing loaded" xbpfctl stats
is "... and nothing counted" "$output" "new programs and tables are not counted"
check "an object" xbpfctl load ../demos/signals.bpf.o
check "attached" xbpfctl attach signals
send_ignored USR1 3
like "off: a program shows no runs" "$(prog signal_sent | grep -c run_cnt)" '^0$'
like "off: slots show nothing" "$(xbpfctl map dump name handlers | grep -c taken)" '^0$'
like "prog show: bytes_memlock" "$(prog signal_sent)" '"bytes_memlock":[1-9][0-9]*'

check "on, all" xbpfctl stats on
is "says nothing" "$output" ""
send_ignored USR1 5
send_ignored HUP 2
send_ignored USR2 4
check "slots" xbpfctl map dump name handlers
has "slot 10: as many as were sent" '^slot 10: program [0-9]+  taken 5  name count_usr1$'
has "slot 1: likewise" '^slot 1: program [0-9]+  taken 2  name count_hup$'
like "JSON" "$(xbpfctl -j map dump name handlers)" '"taken":5,"name":"count_usr1"'
is "a program that is only tail-called" "$(prog count_usr1 | number run_cnt)" 5
is "a program that a link runs" "$(prog signal_sent | number run_cnt)" 11
like "prog show in words" "$(xbpfctl prog show name count_usr1)" '  run_time_ns 0  run_cnt 5$'
check "stats" xbpfctl stats show
has "new ones" '^new programs and tables are counted$'
has "a program" '^program [0-9]+  count_usr1  on: run_cnt 5 \(0 events, 5 tail calls\)$'
has "the entry" '^program [0-9]+  signal_sent  on: run_cnt 11 \(11 events, 0 tail calls\)$'
has "the table" '^map [0-9]+  handlers  on$'
has "its slots" '^  slot 10: taken 5$'
like "JSON of all" "$(xbpfctl -j stats)" \
	'^\{"new":true,"programs":\[\{.*"tables":\[\{.*"slots":\[\{"slot":1,"taken":2\},'
like "JSON of one" "$(xbpfctl -j stats show prog name count_usr1)" \
	'"on":true,"time":false,"run_cnt":5,"event_cnt":0,"tail_cnt":5\}?'
like "graph" "$(xbpfctl graph)" '\[10\] taken 5: program [0-9]+ count_usr1'
like "graph --dot" "$(xbpfctl graph --dot)" 'label="\[10\]\\n5"'
like "graph -j" "$(xbpfctl -j graph)" '\{"slot":10,"prog_id":[0-9]+,"taken":5\}'

check "another program in the slot" xbpfctl update signals/handlers 10 count_cont
send_ignored USR1 3
like "the slot counts on" "$(xbpfctl map dump name handlers)" \
	'slot 10: program [0-9]+  taken 8  name count_cont'
is "the program's share stays" "$(prog count_usr1 | number run_cnt)" 5
is "the other one has its own" "$(prog count_cont | number run_cnt)" 3

check "off" xbpfctl stats off
send_ignored USR1 3
is "nothing more" "$(prog count_cont | number run_cnt)" 3
like "graph without counts" "$(xbpfctl graph | grep -c taken)" '^0$'
is "new ones, too" "$(xbpfctl stats | head -n 1)" "new programs and tables are not counted"
check "one program, with its time" xbpfctl stats on time prog name signal_sent
send_ignored USR1 2
is "it counts from 0 on" "$(prog signal_sent | number run_cnt)" 2
like "and has time" "$(prog signal_sent)" '"run_time_ns":[1-9]'
is "the others do not" "$(prog count_cont | number run_cnt)" 3
check "one table" xbpfctl stats on map name handlers
send_ignored USR1 6
like "counts" "$(xbpfctl map dump name handlers)" 'slot 10: program [0-9]+  taken 6  name'
check "off again" xbpfctl stats off map name handlers
check "likewise" xbpfctl stats off prog name signal_sent

refused "a map that is no table" 'not a program array' \
	xbpfctl stats on map name counts
refused "the time of a table" 'program.s' xbpfctl stats on time map name handlers
refused "what it is not about" 'link' xbpfctl stats on link id 1
refused "a program that there is not" 'no program' xbpfctl stats on prog id 999999
check "unload" xbpfctl unload signals
done_testing
