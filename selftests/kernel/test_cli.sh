#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2010,SC2012 # the names are our own
#
# xbpfctl against the real module: every verb, what it prints, and what it says when something is
# wrong.
cd "$(dirname "$0")" || exit 1
. ./cli.sh
object=../progs/cli.bpf.o
dir=/sys/fs/xbpf/cli
maps=$dir/maps
trap 'rm -rf "$tmp" $dir' EXIT

# --- version, feature

check "version" xbpfctl version
has "it names the module's version" '^module [0-9.]+ \((JIT|interpreter)\)$'
check "feature" xbpfctl feature
has "it names the form of an indirect jump" '^indirect jump: .*(jmp|thunk)'
has "and the types of programs" '^program types: .*kprobe'
has "and helpers" 'bpf_tail_call$'
output=$(xbpfctl -j feature)
want='^\{"version":"[0-9.]+","jit":(true|false),.*"text_area":\{"bytes":[0-9]+,'
want=$want'.*"helpers":\["bpf_map_lookup_elem",'
has "as JSON too" "$want"

# --- mounting, load

while umount /sys/fs/xbpf 2>/dev/null; do :; done
check "loadall, with no xbpffs mounted" xbpfctl prog loadall $object $dir pinmaps $maps
is "it mounted one" "$(awk '$2 == "/sys/fs/xbpf" { print $3 }' /proc/mounts)" xbpffs
is "programs are pinned by their full names" "$(ls -p $dir | grep -v / | tr '\n' ' ')" \
	"a_signal_returned a_signal_was_sent keep_cookie on_user_one "
is "maps too" "$(ls $maps | tr '\n' ' ')" "cli.bss handlers numbers typed untyped "
output=$(xbpfctl prog list)
want='^[0-9]+: kprobe  name a_signal_was_sent  tag [0-9a-f]{16}'
want=$want'  gpl  jited  tail auto(  sites [0-9]+)?$'
has "list" "$want"
output=$(xbpfctl prog show name a_signal_was_sent)
has "show by full name" "^	xlated [0-9]+B  jited [0-9]+B  memlock [0-9]+B  \
verified [0-9]+ insns  map_ids [0-9,]+  btf_id [0-9]+\$"
id=$(xbpfctl prog show pinned $dir/on_user_one | sed -n '1s/:.*//p')
is "show by id" \
	"$(xbpfctl prog show id "$id" | sed -n '1s/^[0-9]*: kprobe  name \([^ ]*\) .*/\1/p')" on_user_one
tag=$(xbpfctl prog show id "$id" | sed -n '1s/.* tag \([0-9a-f]*\) .*/\1/p')
is "show by tag" "$(xbpfctl prog show tag "$tag" | sed -n '1s/:.*//p')" "$id"
output=$(xbpfctl -j prog show id "$id")
want="^\{\"id\":$id,\"type\":\"kprobe\",\"name\":\"on_user_one\","
want=$want"\"tag\":\"$tag\",\"gpl_compatible\":true,\"jited\":true,"
has "show as JSON" "$want"
output=$(xbpfctl -f prog list)
has "pins are found" "^	pinned $dir/keep_cookie$"
refused "loading there again" "$dir/.*: something is pinned there already" \
	xbpfctl prog loadall $object $dir
is "which left nothing" "$(xbpfctl prog list | grep -c '^[0-9]')" 4
refused "a name that two have" "2 programs are meant \(ids [0-9]+, [0-9]+\)" \
	sh -c "xbpfctl prog load $object $dir/again && xbpfctl prog dump xlated name on_user_one"
rm -f $dir/again
check "an object with maps of another" xbpfctl prog load $object $dir/again \
	map name typed pinned $maps/typed map idx 2 pinned $maps/numbers
is "shares them" "$(xbpfctl map list | grep -cE ' name (typed|numbers) ')" 2
rm -f $dir/again

# --- maps

is "the object filled its table" "$(xbpfctl map dump pinned $maps/handlers)" \
	"slot 10: program $id  name on_user_one
Found 1 element"
output=$(xbpfctl map show name typed)
has "show a map" '^[0-9]+: hash  name typed  flags 0x0$'
has "with its sizes" '^	key 8B  value [0-9]+B  max_entries 2  btf_id [0-9]+$'
value="5 0 0 0 0 0 0 0 255 255 255 255 104 105 0 0 0 0 0 0 0 0 0 0"
value="$value 0x5f 0 7 0 1 0 2 0 3 0 254 255 1 0 0 0"
# shellcheck disable=SC2086
check "update by bytes" xbpfctl map update pinned $maps/typed key 1 0 0 0 1 0 0 0 value $value
want='key: {kind = KIND_SIGNAL, number = 1}  value: {count = 5, balance = -1, text = "hi",'
want="$want low = -1, high = 5, half = 7, bytes = [7, 0],"
want="$want points = [{x = 1, y = 2}, {x = 3, y = -2}], yes = true}"
is "types are shown: enum, text, bits, union, structures, bool" \
	"$(xbpfctl map dump pinned $maps/typed | head -n 1)" \
	"$want"
output=$(xbpfctl -j map dump pinned $maps/typed)
want='^\[\{"key":\["0x01","0x00",.*"formatted":\{"key":\{"kind":"KIND_SIGNAL","number":1\},'
want=$want'"value":\{"count":5,"balance":-1,"text":"hi",.*"yes":true\}\}\}\]$'
has "as JSON, with the bytes" "$want"
# shellcheck disable=SC2086
refused "noexist" "an entry has this key already; leave .noexist. out" \
	xbpfctl map update pinned $maps/typed key 1 0 0 0 1 0 0 0 value $value noexist
# shellcheck disable=SC2086
refused "exist" "no entry has this key; leave .exist. out" \
	xbpfctl map update pinned $maps/typed key 2 0 0 0 1 0 0 0 value $value exist
# shellcheck disable=SC2086
check "a second entry" xbpfctl map update pinned $maps/typed key 2 0 0 0 1 0 0 0 value $value
# shellcheck disable=SC2086
refused "a full map" "map [0-9]+ \(typed\).*(full|room).*2" \
	xbpfctl map update pinned $maps/typed key 3 0 0 0 1 0 0 0 value $value
refused "a key of the wrong size" "the key of this map has 8 bytes, 3 are given" \
	xbpfctl map lookup pinned $maps/typed key 1 2 3
refused "a byte that is none" "'256' is no byte of the key" \
	xbpfctl map lookup pinned $maps/typed key 256 0 0 0 0 0 0 0
check "delete" xbpfctl map delete pinned $maps/typed key hex 02 00 00 00 01 00 00 00
refused "what is not there" "no entry has this key" \
	xbpfctl map delete pinned $maps/typed key hex 02 00 00 00 01 00 00 00
check "update by numbers" xbpfctl map update pinned $maps/untyped key 0x102 value -2
is "without types: bytes" "$(xbpfctl map lookup pinned $maps/untyped key 2 1 0 0)" \
	"key: 02 01 00 00  value: fe ff ff ff ff ff ff ff"
refused "a number too large" "4294967296 does not fit into the key of 4 bytes" \
	xbpfctl map lookup pinned $maps/untyped key 4294967296
check "array: update" xbpfctl map update pinned $maps/numbers key 3 value 18446744073709551615
is "array: dump" "$(xbpfctl map dump pinned $maps/numbers | tail -n 2)" \
	"key: 3  value: 18446744073709551615
Found 4 elements"
refused "array: out of range" "map [0-9]+ \(numbers\)" \
	xbpfctl map update pinned $maps/numbers key 4 value 1
refused "array: delete" "map [0-9]+ \(numbers\)" xbpfctl map delete pinned $maps/numbers key 1
is "getnext: the first" "$(xbpfctl map getnext pinned $maps/numbers)" "key: 0"
is "getnext: the next" "$(xbpfctl map getnext pinned $maps/numbers key 2)" "key: 3"
refused "getnext: behind the last" "no key behind this one" \
	xbpfctl map getnext pinned $maps/numbers key 3
check "create" xbpfctl map create $dir/made type hash key 4 value 4 entries 3 name made
check "its pin is a map" xbpfctl map show pinned $dir/made
check "pin" xbpfctl map pin name made $dir/made_too
check "freeze" xbpfctl map freeze name made
refused "a frozen map" "map 'made' \(id [0-9]+\) is frozen" \
	xbpfctl map update name made key 1 value 1
refused "create: an unknown type" "'hush' is no type of map; xbpf has .*hash" \
	xbpfctl map create $dir/no type hush key 4 value 4 entries 1 name no
refused "create: impossible sizes" "map create: " \
	xbpfctl map create $dir/no type hash key 0 value 4 entries 1 name no
refused "create: a pin that exists" "$dir/made: something is pinned there already" \
	xbpfctl map create $dir/made type hash key 4 value 4 entries 1 name twin
refused "which left no map" "no map with name 'twin'" xbpfctl map show name twin
rm -f $dir/made $dir/made_too

# --- the table

check "a slot by pin" xbpfctl map update pinned $maps/handlers key 12 value pinned $dir/on_user_one
check "a slot by id" xbpfctl map update pinned $maps/handlers key 14 value id "$id"
check "a slot by name" xbpfctl map update pinned $maps/handlers key 15 value name on_user_one
is "lookup names the program" "$(xbpfctl map lookup pinned $maps/handlers key 12)" \
	"slot 12: program $id  name on_user_one"
output=$(xbpfctl -j map lookup pinned $maps/handlers key 12)
has "as JSON too" "\"formatted\":\{\"key\":12,\"value\":$id\},\"name\":\"on_user_one\"\}"
check "empty a slot" xbpfctl map delete pinned $maps/handlers key 12
refused "an empty slot" "this slot is empty" xbpfctl map lookup pinned $maps/handlers key 12
refused "no slot" "(handlers|slot|index).*3[12]" \
	xbpfctl map update pinned $maps/handlers key 32 value id "$id"
refused "no program" "there is no program with id 999999" \
	xbpfctl map update pinned $maps/handlers key 1 value id 999999
refused "a number for a program" \
	"a slot of map [0-9]+ \(handlers\) holds a program: value \{ id N" \
	xbpfctl map update pinned $maps/handlers key 1 value 5
refused "a map for a program" "$maps/typed: this is a map, not a program" \
	xbpfctl map update pinned $maps/handlers key 1 value pinned $maps/typed
check "an interpreted program" xbpfctl prog load $object $dir/slow interp
has_slow=$(xbpfctl prog show pinned $dir/slow | head -n 1)
like "says so" "$has_slow" '  interpreted$'
refused "does not fit a table of compiled ones" \
	"(jited|compiled).*interpreted|interpreted.*(jited|compiled)" \
	xbpfctl map update pinned $maps/handlers key 1 value pinned $dir/slow
rm -f $dir/slow

# --- links

send() { sh -c 'kill -USR1 $$' 2>/dev/null; }

check "attach" xbpfctl prog attach pinned $dir/a_signal_was_sent kprobe do_send_sig_info
has "it names the link and its pin" \
	'^link [0-9]+: kprobe do_send_sig_info runs program [0-9]+, pinned at /sys/fs/xbpf/link-[0-9]+$'
link=${output#link }
link=${link%%:*}
send
output=$(xbpfctl map dump pinned $maps/cli.bss)
has "the entry's tail call ran the handler" 'user_one = 1'
output=$(xbpfctl link show id "$link")
has "link: program" "^$link: kprobe  prog [0-9]+  name a_signal_was_sent$"
has "link: place" '^	do_send_sig_info  addr 0x[0-9a-f]{16}$'
has "link: counts" '^	run_cnt [1-9][0-9]*  missed 0$'
addr=$(echo "$output" | sed -n 's/.* addr \(0x[0-9a-f]*\).*/\1/p')
check "detach" xbpfctl link detach id "$link"
is "its own pin is gone with it" "$(ls -d /sys/fs/xbpf/link-* 2>/dev/null)$(xbpfctl link list)" ""
check "attach by address, with a cookie" xbpfctl prog attach name keep_cookie kprobe "$addr" \
	pinned $dir/by_address cookie 77
send
output=$(xbpfctl map dump pinned $maps/cli.bss)
has "the cookie arrives" 'cookie = 77'
output=$(xbpfctl -j -f link list)
want="^\[\{\"id\":[0-9]+,\"type\":\"kprobe\",\"retprobe\":false,\"prog_id\":[0-9]+,"
want=$want"\"prog_name\":\"keep_cookie\",.*\"cookie\":77,.*\"pinned\":\[\"$dir/by_address\"\]\}\]$"
has "the link as JSON" "$want"
check "detach by pin" xbpfctl link detach pinned $dir/by_address
has "it says that the pin stays" "stays pinned at $dir/by_address, remove it with rm"
output=$(xbpfctl link show pinned $dir/by_address)
has "a detached link says so" "detached"
rm -f $dir/by_address
check "attach at an offset" xbpfctl prog attach name on_user_one kprobe do_send_sig_info+0x0 \
	pinned $dir/l1
check "attach to a return" xbpfctl prog attach name a_signal_returned kretprobe do_send_sig_info \
	pinned $dir/l2
send
output=$(xbpfctl map dump pinned $maps/cli.bss)
has "returns are counted" 'returns = [1-9]'
rm -f $dir/l1 $dir/l2
is "removing the last pin detaches" "$(xbpfctl link list)" ""
refused "a function that does not exist" "no_such_function" \
	xbpfctl prog attach name on_user_one kprobe no_such_function
refused "a function that may not be probed" "prog attach: .*kprobe_dispatcher|prog attach: .*int3" \
	xbpfctl prog attach name on_user_one kprobe \
	"$(grep -q kprobe_dispatcher /sys/kernel/debug/kprobes/blacklist &&
	echo kprobe_dispatcher || echo exc_int3)"
refused "a place outside of xbpffs" "/tmp/link: not on an xbpffs" \
	xbpfctl prog attach name on_user_one kprobe do_exit pinned /tmp/link
is "and no link is left" "$(xbpfctl link list)" ""

# --- dump, run

output=$(xbpfctl prog dump xlated name a_signal_was_sent linum)
has "xlated: the function" '^a_signal_was_sent:$'
has "xlated: the source" \
	'^; .*bpf_tail_call.* \[file:.*cli.bpf.c line_num:[0-9]+ line_col:[0-9]+\]$'
has "xlated: the map" '^ +[0-9]+: \(18\) r2 = map\[id:[0-9]+\]$'
has "xlated: the helper" 'call bpf_tail_call#12$'
output=$(xbpfctl prog dump jited name a_signal_was_sent opcodes)
has "jited: the way out, by its name" \
	'^ +[0-9a-f]+: (jmp|jmpq) 0x[0-9a-f]{16} <xbpf_trampoline_leave \[xbpf\]>$'
has "jited: the bytes" '^ +e9( [0-9a-f]{2}){4}$'
output=$(xbpfctl prog dump jited name keep_cookie)
has "jited: a call names the kernel's function" \
	'(call|callq) 0x[0-9a-f]{16} <[a-z_0-9]*(lookup|cookie)[a-z_0-9]* \[xbpf\]>$'
output=$(xbpfctl prog dump xlated name a_signal_was_sent visual)
is "control flow is a graph" "$(echo "$output" | sed -n '1p;$p' | tr '\n' ' ')" \
	"digraph program { } "
has "a frame for a function" '^		label="a_signal_was_sent";$'
is "each instruction stands in one box" \
	"$(echo "$output" | grep -o '[0-9]*: ' | sort -un | wc -l)" \
	"$(xbpfctl prog dump xlated name a_signal_was_sent | grep -c '^ *[0-9]*: (')"
is "every edge ends in a box" "$(echo "$output" | sed -n 's/.*-> \(b[0-9]*\).*/\1/p' | sort -u)" \
	"$(echo "$output" | sed -n 's/.*-> \(b[0-9]*\).*/\1/p' | sort -u |
		while read -r b; do echo "$output" | grep -q "^		$b \[label=" && echo "$b"; done)"
refused "no graph of machine code" "visual is a form of its own, of xlated" \
	xbpfctl prog dump jited name a_signal_was_sent visual
check "dump to a file" xbpfctl prog dump xlated name on_user_one file "$tmp/raw"
is "whole instructions" "$(($(wc -c <"$tmp/raw") % 8))" 0
is "run" "$(xbpfctl prog run name on_user_one | sed 's/, .*//')" "Return value: 1"
output=$(head -c 168 /dev/zero | xbpfctl -j prog run name a_signal_was_sent ctx_in - repeat 3)
has "run with a context, three times" '^\{"retval":0,"duration":[0-9]+\}$'
yes | head -c 200 >"$tmp/long"
refused "a context that is too long" "the program did not run: " \
	xbpfctl prog run name on_user_one ctx_in "$tmp/long"

# --- autoattach, and what is undone

rm -rf $dir
check "autoattach" xbpfctl prog loadall $object $dir autoattach pinmaps $maps
is "both programs that name a place" \
	"$(printf '%s\n' "$output" | sed 's/^link [0-9]*: \(.*\) runs program [0-9]*,/\1,/' | sort)" \
	"kprobe do_send_sig_info, pinned at $dir/a_signal_was_sent_link
kretprobe do_send_sig_info, pinned at $dir/a_signal_returned_link"
rm -rf $dir
check "a table that nothing keeps" xbpfctl prog loadall $object $dir
want="^xbpfctl: prog loadall: warning: program array 'handlers' is not pinned: it is emptied when"
want=$want" this command ends; keep it with .pinmaps DIR.$"
has "is warned of" "$want"
is "and emptied" "$(xbpfctl map dump name handlers)" "Found 0 elements"
rm -rf $dir
refused "a target that does not exist" \
	"program 'does_not', SEC\(\"kprobe/there_is_no_such_function\"\)" \
	xbpfctl prog loadall ../progs/cli_bad_target.bpf.o $dir autoattach
is "is undone whole" "$(ls -d $dir 2>/dev/null)$(xbpfctl link list)" ""
refused "a pin folder that is none" "maps: .*not on an xbpffs" \
	xbpfctl prog loadall $object $dir pinmaps "$tmp/maps"
is "is undone too" "$(ls -d $dir 2>/dev/null)" ""
refused "an unknown helper is named" "program 'redirects' was refused: .*bpf_redirect#23" \
	xbpfctl prog loadall ../progs/cli_bad_helper.bpf.o $dir
refused "a refused program: the reason first" \
	"program '[a-z_]+' was refused: .*bad_null.bpf.c:[0-9]+" \
	xbpfctl prog loadall ../progs/bad_null.bpf.o $dir
xbpfctl -d prog loadall ../progs/bad_null.bpf.o $dir 2>"$tmp/err"
like "-d: the whole log" "$(cat "$tmp/err")" '^[0-9]+: \(85\) call bpf_map_lookup_elem#1'
is "-j: the error is one object" \
	"$(xbpfctl -j prog loadall ../progs/bad_null.bpf.o $dir 2>&1 | cut -c 1-10)" '{"error":"'

# --- nobody, nothing

nobody() { /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
with_cap_bpf() { nobody --inh-caps +cap_39 --ambient-caps +cap_39 "$@"; }
refused "no permission" "/dev/xbpf: permission denied: run as root" nobody xbpfctl prog list
check "programs for others to look at" xbpfctl prog loadall $object $dir pinmaps $maps autoattach
chmod 666 /dev/xbpf
refused "the device alone is not enough" \
	"the programs cannot be listed: needs CAP_BPF or CAP_SYS_ADMIN: run it as root" nobody \
	xbpfctl prog list
refused "nor to load" "not loaded: needs CAP_BPF or CAP_SYS_ADMIN: run it as root" nobody \
	xbpfctl prog load $object $dir/more
refused "CAP_BPF does not list what others made" "finding objects by id needs CAP_SYS_ADMIN" \
	with_cap_bpf xbpfctl prog list
refused "and loads no tracing programs" "kprobe programs need CAP_PERFMON besides CAP_BPF" \
	with_cap_bpf xbpfctl prog load $object $dir/more
chmod 755 /sys/fs/xbpf $dir
chmod 666 $dir/on_user_one
refused "a pin that it may have shows no code with the kernel's addresses" \
	"this process may not see kernel addresses \(CAP_PERFMON\)" \
	with_cap_bpf xbpfctl prog dump jited pinned $dir/on_user_one
check "it shows what was verified" with_cap_bpf xbpfctl prog dump xlated pinned $dir/on_user_one
chmod 700 /sys/fs/xbpf
refused "a pin where it may not" "no file can be made at .*: the mode and owner of its directory" \
	with_cap_bpf xbpfctl map create /sys/fs/xbpf/made type hash key 4 value 4 entries 1 name made
chmod 600 /dev/xbpf
rm -rf $dir
n=0
while [ -n "$(xbpfctl prog list; xbpfctl map list)" ] &&
	[ $n -lt 50 ]; do n=$((n + 1)); sleep 0.1; done
is "everything is freed" "$(xbpfctl prog list; xbpfctl map list; xbpfctl link list)" ""
while umount /sys/fs/xbpf 2>/dev/null; do :; done
check "the module can be removed" rmmod xbpf
refused "no module" \
	"/dev/xbpf: .*not loaded; load it \(modprobe xbpf, or insmod xbpf.ko\), .*make vm" \
	xbpfctl prog list
check "version works without it" xbpfctl version
: >/dev/xbpf
refused "a file in its place" "/dev/xbpf: a file or a device of somebody else" xbpfctl prog list
rm /dev/xbpf
done_testing
