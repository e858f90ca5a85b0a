#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # the paths have no blanks
#
# Programs tail-call through a jump table while the table is changed. Runs as root where xbpf is
# loaded, xbpfctl is in PATH and signals.bpf.o lies in this folder: `make demo` arranges that in a
# guest. Every step is checked against what was really sent; the last line is "demo: ok".
set -u
cd "$(dirname "$0")" || exit 1

. ./steps.sh

dir=$fs/signals
receiver=
senders=

# The counters, a line "HANDLER SIGNAL EVENTS" each, from what the user sees too.
counters() {
	xbpfctl map dump pinned $dir/counts |
		sed -n 's/^key: {handler = \([a-z0-9_]*\), signal = \([0-9]*\)} *value: \([0-9]*\)$/\1 \2 \3/p'
}

# count HANDLER SIGNAL: one of them; 0 when there is none yet
count() { counters | awk -v h="$1" -v s="$2" '$1 == h && $2 == s { n = $3 } END { print n + 0 }'; }

sent() {
	[ "$2" = "$3" ] || die "$1: $2, and not $3"
	note "$1: $2, as sent"
}

send() {
	n=0
	while [ $n -lt "$2" ]; do
		kill -"$1" "$receiver" || die "cannot send $1"
		n=$((n + 1))
	done
}

# Sends USR1 as fast as it can until told to stop, and leaves how many it sent.
send_on() {
	n=0
	while [ ! -e "$tmp/stop" ]; do
		kill -USR1 "$receiver"
		n=$((n + 1))
	done
	echo $n >"$tmp/sent.$1"
}

# until HANDLER SIGNAL N: wait for the events to arrive there
until_counted() {
	tries=0
	while [ "$(count "$1" "$2")" -lt "$3" ]; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || die "$1 did not get its events"
		sleep 0.1
	done
}

sh -c 'trap "" HUP USR1 USR2 CONT URG; : >"$0/ready"; while :; do sleep 1; done' "$tmp" &
receiver=$!
children=$receiver
while [ ! -e "$tmp/ready" ]; do sleep 0.1; done

steps_begin

explain "Load. One object: an entry program, five handlers, two maps. The verifier checks them," \
	"the JIT compiles them, and the table gets the slots that the object names itself."
run xbpfctl version
run xbpfctl load signals.bpf.o
for p in signal_sent count_hup count_usr1 count_usr2 count_cont count_audit handlers counts; do
	[ -e $dir/$p ] || die "$dir/$p was not pinned"
done
run xbpfctl prog show pinned $dir/signal_sent
run xbpfctl map dump pinned $dir/handlers

explain "Fill two more slots from here, at once: SIGUSR2 (12) and SIGCONT (18)."
run xbpfctl update signals/handlers 12 count_usr2 18 count_cont
run xbpfctl map dump pinned $dir/handlers
[ "$(grep -c 'count_' "$tmp/out")" = 4 ] || die "the table does not show four handlers"

explain "Attach the entry program where its section says: to the kernel's function" \
	"do_send_sig_info(sig, ...), which every kill(2) passes. From now on each signal is a tail" \
	"call to handlers[sig]."
run xbpfctl attach signals
run xbpfctl link list

explain "Traffic: 20 SIGHUP, 300 SIGUSR1, 200 SIGUSR2, 50 SIGCONT, and 30 SIGURG (23), for which" \
	"there is no handler: its slot is empty, the tail call falls through."
send HUP 20
send USR1 300
send USR2 200
send CONT 50
send URG 30
run xbpfctl map dump pinned $dir/counts
sent "SIGHUP  counted by on_hup" "$(count on_hup 1)" 20
sent "SIGUSR1 counted by on_usr1" "$(count on_usr1 10)" 300
sent "SIGUSR2 counted by on_usr2" "$(count on_usr2 12)" 200
sent "SIGCONT counted by on_cont" "$(count on_cont 18)" 50
sent "SIGURG  fell through, unknown" "$(count unknown 23)" 30

explain "Change the table under fire: two processes send SIGUSR1 as fast as they can. First" \
	"slot 10 gets another handler, then it is emptied."
for i in 0 1; do
	send_on $i &
	senders="$senders $!"
	children="$receiver $senders"
done
until_counted on_usr1 10 1000
run xbpfctl update signals/handlers 10 count_audit
until_counted on_audit 10 1000
sleep 0.5	# a CPU may have stood between the slot and the jump
settled=$(count on_usr1 10)
note "events go to on_audit now; on_usr1 stands at $settled"
run xbpfctl update signals/handlers 10 -
until_counted unknown 10 1000
: >"$tmp/stop"
for p in $senders; do wait "$p"; done
senders=
sent=$((300 + $(cat "$tmp/sent.0") + $(cat "$tmp/sent.1")))
run xbpfctl map dump pinned $dir/counts
usr1=$(count on_usr1 10) audit=$(count on_audit 10) none=$(count unknown 10)
[ "$usr1" = "$settled" ] ||
	die "on_usr1 went on counting after it was replaced: $settled, then $usr1"
note "SIGUSR1: $usr1 by on_usr1, then $audit by on_audit, then $none fell through"
sent "SIGUSR1, all counters together" $((usr1 + audit + none)) $sent

explain "The module cannot be taken away while anything of it is in use."
refused rmmod xbpf
[ -d /sys/module/xbpf ] || die "the module is gone"
note "what holds it: the pinned link, and the programs and maps in $dir"
run cat /sys/module/xbpf/refcnt
run xbpfctl link list
run xbpfctl -f map list

explain "Detach: signals are no longer counted. Then take the object away, and nothing is left."
run xbpfctl link detach pinned $dir/signal_sent@kprobe:do_send_sig_info
before=$(counters)
send USR2 50
[ "$(counters)" = "$before" ] || die "events were counted after the link was detached"
note "50 more SIGUSR2 sent, no counter moved"
run xbpfctl unload signals
nothing_left || die "objects are left"
note "no program, no map, no link left"
run rmmod xbpf
[ ! -d /sys/module/xbpf ] || die "the module is still there"

explain "The kernel log: what xbpf said, and no complaint of anybody."
echo "   $ dmesg | grep xbpf:"
dmesg | grep xbpf: | sed 's/^/     /'
no_complaint
note "clean"

printf '\ndemo: ok\n'
