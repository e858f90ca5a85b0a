#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# xbpfctl graph: what links run, what programs call by their tables, and what nothing comes to.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
fs=/sys/fs/xbpf
signals=../demos/signals.bpf.o
trap 'rm -rf "$tmp" $fs/*' EXIT

# ids and counts differ from boot to boot
graph() { xbpfctl graph | sed -E 's/(program|table|link) [0-9]+/\1 N/g; s/[0-9]+ runs/N runs/'; }
slots() { xbpfctl map dump pinned $fs/signals/handlers | grep -c '^slot '; }

check "graph with nothing loaded" xbpfctl graph
is "it says so" "$output" "nothing is loaded"
check "an object" xbpfctl load $signals
is "before it is attached nothing comes to it" "$(graph | head -n 6)" \
"reached by no attached link:
  program N count_hup
  program N count_usr1
  program N count_usr2
  program N count_cont
  program N count_audit"
is "but its table is shown where it is used" "$(graph | tail -n 4)" \
"  program N signal_sent
    table N handlers: 2 of 65 slots filled
      [1] program N count_hup
      [10] program N count_usr1"
check "attach" xbpfctl attach signals
check "slots: one program in many of them, and itself" xbpfctl update signals/handlers \
	20 count_hup 21 count_hup 22 count_hup 30 count_usr2 31 count_hup 64 signal_sent
is "from the link on" "$(graph | sed 's/, [0-9]* calls fallen through//')" \
"link N kprobe do_send_sig_info: N runs, 0 missed
  program N signal_sent
    table N handlers: 8 of 65 slots filled
      [1,20-22,31] program N count_hup
      [10] program N count_usr1
      [30] program N count_usr2
      [64] program N signal_sent (see above)
reached by no attached link:
  program N count_cont
  program N count_audit"
sh -c 'trap "" URG; kill -URG $$; kill -URG $$'
has_fallen='table N handlers: 8 of 65 slots filled, [0-9]+ calls fallen through$'
like "calls that fell through are counted" "$(graph)" "$has_fallen"
check "a table that nobody uses" xbpfctl map create $fs/mine type prog_array key 4 value 4 \
	entries 3 name mine
like "is shown, and empty" "$(graph)" '^  table N mine: all 3 slots empty$'

# --- JSON

output=$(xbpfctl -j graph)
want='^\{"links":\[\{"id":[0-9]+,"type":"kprobe","where":"do_send_sig_info","prog_id":[0-9]+,'
has "links" "$want\"attached\":true,\"run_cnt\":[0-9]+,\"missed\":0\}\],"
has "programs" '"name":"signal_sent","type":"kprobe","reached":true,"tables":\[[0-9]+\]\}'
has "those that nothing comes to" \
	'"name":"count_cont","type":"kprobe","reached":false,"tables":\[\]\}'
want='"name":"handlers","max_entries":65,"reached":true,"out_of_range":0,"empty":[0-9]+,"limit":0,'
has "tables" "$want\"slots\":\[\{\"slot\":1,\"prog_id\":[0-9]+\},"
is "each slot" "$(echo "$output" | grep -o '"slot":' | wc -l)" "$(slots)"

# --- DOT

output=$(xbpfctl graph --dot)
has "a graph of DOT" '^digraph xbpf \{$'
is "with an end" "$(echo "$output" | tail -n 1)" "}"
has "the link runs its program" '^	link[0-9]+ -> prog[0-9]+ \[label="[0-9]+"\];$'
has "the program uses its table" '^	prog[0-9]+ -> table[0-9]+;$'
has "slots on the edges" '^	table[0-9]+ -> prog[0-9]+ \[label="\[1,20-22,31\]"\];$'
has "what nothing comes to is dashed" 'label="count_cont", style=dashed, '
refused "it is a form of its own" '^."error":"--dot is a form of its own: leave -j away".$' \
	sh -c 'xbpfctl -j graph --dot >&2'

# --- pictures

output=$(xbpfctl graph --svg)
is "a picture" "$(echo "$output" | sed -n '1s/ width.*//p;$p' | tr '\n' ' ')" \
	'<svg xmlns="http://www.w3.org/2000/svg" </svg> '
has "programs" '^<text x="[0-9]+" y="[0-9]+">signal_sent</text>$'
has "tables with what is in them" '>table [0-9]+: 8 of 65 slots filled</text>$'
has "slots" 'y="[0-9]+">\[1,20-22,31\]</text>$'
has "a link" '>link [0-9]+: [0-9]+ runs, 0 missed</text>$'
is "what nothing comes to is dashed" \
	"$(echo "$output" | grep -A 1 '<g class="idle">' | grep -c '>count_cont<\|>count_audit<')" 2
page=$(xbpfctl graph --html)
is "a page with it" "$(echo "$page" | sed -n '1p;$p' | tr '\n' ' ')" \
	'<!DOCTYPE html> </body></html> '
like "and lists" "$page" '<td>handlers<td>65<td>8<td>0<td>[0-9]+<td>0</tr>$'
is "it needs nothing from elsewhere" "$(echo "$page" | grep -c 'src=\|href=\|url(http')" 0
is "every tag of the picture is closed" \
	"$(echo "$output" | grep -Eo '<[a-z]+( [^>]*[^/>])?>' | wc -l)" \
	"$(echo "$output" | grep -o '</[a-z]\+>' | wc -l)"
refused "one form at a time" "'--svg' is one word too many" xbpfctl graph --dot --svg
refused "no other words" "graph: 'signals' is one word too many" xbpfctl graph signals

# --- what was reached is so no more

check "stop" xbpfctl stop signals
is "all is reached by none" "$(graph | head -n 1)" "reached by no attached link:"
rm $fs/mine
check "unload" xbpfctl unload signals
is "nothing is left" "$(xbpfctl graph)" "nothing is loaded"
done_testing
