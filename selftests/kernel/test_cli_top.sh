#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# xbpfctl top as lines of JSON: rates of the signals sent, and the counters as they were before.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
fs=/sys/fs/xbpf
trap 'xbpfctl stats off; rm -rf "$tmp" $fs/*' EXIT

number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }
# part NAME LINE: the object of that name in a line of top
part() { echo "$2" | grep -o "{[^{}]*\"name\":\"$1\"[^{}[]*"; }
counted() { xbpfctl stats show prog name "$1" | grep -c '  on[:,]'; }

check "an object" xbpfctl load ../demos/signals.bpf.o
check "attached" xbpfctl attach signals
check "one program is counted before" xbpfctl stats on prog name count_hup

# in the background: its first reading is there when the counters are on
xbpfctl top every 3s count 2 >"$tmp/lines" &
pid=$!
until [ "$(xbpfctl -j stats | grep -c '"new":true')" = 1 ] && [ "$(counted count_usr1)" = 1 ]; do
	sleep 0.1
done
sleep 1
send_ignored USR1 40
send_ignored HUP 7
wait $pid
is "it ends well" $? 0
is "a line for each interval" "$(wc -l <"$tmp/lines")" 2
line=$(grep '"name":"count_usr1","run_cnt":40' "$tmp/lines" | head -n 1)
like "the program that is tail-called" "$(part count_usr1 "$line")" '"run_cnt":40,'
rate=$(part count_usr1 "$line" | number runs_per_second)
like "its rate" "$rate" '^[0-9.]+$'
interval=$(echo "$line" | number interval_ms)
like "the interval is what was asked for, or longer" "$interval" '^([3-9]|[1-9][0-9])[0-9]{3}$'
sent=$(awk -v r="$rate" -v ms="$interval" 'BEGIN { printf "%d", r * ms / 1000 + 0.5 }')
is "rate times interval is what was sent" "$sent" 40
like "the entry has its time" "$(part signal_sent "$line")" '"run_time_ns":[1-9]'
like "the link" "$line" \
	'"type":"kprobe","where":"do_send_sig_info","prog_id":[0-9]+,"run_cnt":[1-9]'
like "the slots" "$line" \
	'"slot":1,"prog_id":[0-9]+,"taken":7,.*"slot":10,"prog_id":[0-9]+,"taken":40,'
like "the table" "$line" '"name":"handlers","out_of_range":0,"empty":[0-9]+,"limit":0,'

is "counters are off again" "$(counted count_usr1)" 0
is "but for the one that was on" "$(counted count_hup)" 1
is "new ones, too" "$(xbpfctl stats | head -n 1)" "new programs and tables are not counted"

xbpfctl top every 1h >"$tmp/lines" &
pid=$!
until [ "$(counted count_usr1)" = 1 ]; do sleep 0.1; done
kill -TERM $pid
wait $pid
is "it ends when it is told to" $? 0
is "and puts back" "$(counted count_usr1)" 0

# the reader goes away after the first line
xbpfctl top every 100ms 2>"$tmp/err" | head -n 1 >"$tmp/lines"
is "a reader that goes away" "$(wc -l <"$tmp/lines")" 1
i=0
while [ "$(counted count_usr1)" = 1 ] && [ $i -lt 100 ]; do
	sleep 0.1
	i=$((i + 1))
done
is "ends it" "$(counted count_usr1)" 0

check "counters as they are" xbpfctl top every 100ms count 1 as-is
has "only one is counted" '"name":"count_hup","run_cnt":7,'
has "the others are not" '"name":"count_usr1","run_cnt":0,'
check "pretty" xbpfctl -p top every 100ms count 1
has "is indented" '^    "interval_ms": [0-9]+,$'
refused "a time that is none" "'soon' is no interval" xbpfctl top every soon
refused "no interval" 'at least 1' xbpfctl top count 0
refused "another word" "'now'" xbpfctl top now
is "completion" "$(complete_words top '')" "every count as-is"
check "unload" xbpfctl unload signals
done_testing
