# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# bash completion for xbpfctl.  It knows no noun, verb or word by itself: `xbpfctl help` has a line
# "xbpfctl NOUN VERB ..." for each command, and "NAME := ..." for names in capital letters there.
# Only what the values of some of these names are stands here, and the short way with its objects,
# programs and tables.

_xbpfctl_objects() {	# _xbpfctl_objects NOUN id|name: what the module has
	case $2 in
	id) xbpfctl "$1" list 2>/dev/null | sed -n 's/^\([0-9]*\): .*/\1/p' ;;
	name) xbpfctl "$1" list 2>/dev/null | sed -n 's/^[0-9]*: .*  name \([^ ]*\).*/\1/p' | sort -u ;;
	esac
}

# _xbpfctl_grammar USAGE WORD: reads the help, and says the words of the usage and of what its names
# stand for; or, if a word is given, the name that stands behind it there
_xbpfctl_grammar() {
	awk -v usage="$1" -v word="$2" '
		function walk(text, depth,    n, i, token) {
			gsub(/[][{}|]/, " & ", text)
			n = split(text, token, " ")
			for (i = 1; i <= n; i++) {
				if (token[i] == word && token[i + 1] ~ /^[A-Z]/ && !found++)
					print token[i + 1]
				if (word == "" && token[i] ~ /^[a-z]/)
					print token[i]
				# the value of a keyword comes when that was typed
				if (token[i] in means && depth < 4 && (word || token[i - 1] !~ /^[a-z]/))
					walk(means[token[i]], depth + 1)
			}
		}
		$2 == ":=" { name = $1; new = !(name in means); $1 = $2 = "" }
		!NF || /^xbpfctl / { name = "" }
		/^ +\(/ { next }	# a remark
		name != "" && new { means[name] = means[name] " " $0 }
		END { walk(usage, 0) }'
}

# _xbpfctl_parts prog|map [TYPE]: NAME/PART for each pin of that kind in a folder of /sys/fs/xbpf
_xbpfctl_parts() {
	xbpfctl -f "$1" list 2>/dev/null | awk -v type="${2-}" '
		/^[0-9]+: / { fits = type == "" || $2 == type }
		fits && sub("^\tpinned /sys/fs/xbpf[a-z0-9_]*/", "") && sub("/(.*/)?", "/")' | sort -u
}

_xbpfctl_complete_words() {	# _xbpfctl_complete_words WORDS: those that begin as $cur
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_xbpfctl_names() { { _xbpfctl_parts prog; _xbpfctl_parts map; } | sed 's|/.*||' | sort -u; }

# What stands behind the word $1 of `compare`; bash makes words of their own of = and what follows
_xbpfctl_compare() {
	[ "$cur" != = ] || cur=
	case $1 in
	-o | --output-format) _xbpfctl_complete_words "table csv" ;;
	--against)
		compopt -o nospace 2>/dev/null
		_xbpfctl_complete_words "interp tail=" ;;
	=) _xbpfctl_complete_words "$(xbpfctl help | _xbpfctl_grammar STRATEGY "")" ;;
	-e | -s | -f | --emit | --sort | --filter | --repeat | --seed) ;;
	--data | --ctx) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -f -X '!*.o' -- "$cur"; compgen -d -- "$cur") ;;
	esac
}

# The short way: $1 is the verb, $2 how many words stand behind it before the present one.
_xbpfctl_short() {
	# a file's name is quoted (kprobe\:), and gets a slash when a folder here is called the same
	[ "$1" = load ] || compopt +o filenames 2>/dev/null
	case $1.$2 in
	load.0)
		mapfile -t COMPREPLY < <(compgen -f -X '!*.o' -- "$cur"; compgen -d -- "$cur") ;;
	stop.0) _xbpfctl_complete_words "--all $(_xbpfctl_names)" ;;
	top.*)
		if [ "$prev" = every ] || [ "$prev" = count ]; then return; fi
		_xbpfctl_complete_words "every count as-is" ;;
	graph.0) _xbpfctl_complete_words "--dot --svg --html" ;;
	exec.0) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
	exec.*) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	unload.0) _xbpfctl_complete_words "$(_xbpfctl_names)" ;;
	attach.0)
		_xbpfctl_complete_words "$(_xbpfctl_names) $(_xbpfctl_parts prog)" ;;
	attach.1)
		compopt -o nospace 2>/dev/null
		_xbpfctl_complete_words \
			"kprobe: kretprobe: raw_tp: tracepoint: tap: ingress: egress: seccomp:" ;;
	update.0) _xbpfctl_complete_words "$(_xbpfctl_parts map prog_array)" ;;
	update.*[02468]) # programs stand behind slots; those of the table's object without its name
		_xbpfctl_complete_words "- $(_xbpfctl_parts prog | sed "s|^${short_spec%%/*}/||")" ;;
	esac
}

_xbpfctl() {
	local cur prev word help usage value verbs kind noun='' verb='' offer='' files=''
	local behind=-1 short_spec='' before=''
	COMPREPLY=()
	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD - 1]}
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $before:$word in
		-D:* | --device:*) local -x XBPF_DEVICE=$word ;;	# what is offered is that module's
		*:-?*) ;;
		*)
			behind=$((behind + 1))
			if [ -z "$noun" ]; then noun=$word; elif [ -z "$verb" ]; then verb=$word; fi ;;
		esac
		before=$word
	done
	if [ "$before" = -D ] || [ "$before" = --device ]; then
		_xbpfctl_complete_words "$(cd /sys/module && echo xbpf*)"
		return
	fi
	short_spec=$verb
	case $noun in
	load | attach | update | stop | unload | top | exec)
		case " ${COMP_WORDS[*]:0:COMP_CWORD+1} " in
		*" : "*) noun=prog verb=attach ;;	# a place, as of the longer command
		*)
			[[ $cur = -?* ]] || {
				_xbpfctl_short "$noun" "$behind"
				return
			} ;;
		esac ;;
	esac
	if [ "$noun" = compare ] && [[ $cur != -?* ]]; then
		[ "$cur" != = ] || prev='='
		_xbpfctl_compare "$prev"
		return
	fi
	# bash cuts kprobe:do_exit at the colon: what stands before it is a word of its own
	if [ "$cur" = : ]; then
		cur=''
	elif [ "$prev" = : ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	help=$(xbpfctl help 2>/dev/null)
	verbs=$(sed -n "s/^xbpfctl $noun \([a-z_]\+\).*/\1/p" <<<"$help")
	if [[ $cur = -* ]]; then
		offer=$(grep -o -e '--[a-z]\+' <<<"$help")
	elif [ -z "$noun" ]; then
		offer=$(sed -n 's/^xbpfctl \([a-z]\+\).*/\1/p' <<<"$help" | uniq; echo help)
	elif [ -n "$verbs" ] && [ -z "$verb" ]; then
		offer="$verbs help"
	else
		usage=$(sed -n "s/^xbpfctl $noun${verbs:+ $verb} //p" <<<"$help")
		value=$(_xbpfctl_grammar "$usage" "$prev" <<<"$help")
		kind=$noun
		# the value of a program array is a program
		case " ${COMP_WORDS[*]} " in *" map update "*" value "*) kind=prog ;; esac
		case " ${COMP_WORDS[*]} " in *" prog load"*" map "*) kind=map ;; esac
		case $prev.$value in
		id.* | name.*)
			offer=$(_xbpfctl_objects "$kind" "$prev") ;;
		*.FILE | *.DIR | *.PATH)
			files=yes ;;
		*.FUNCTION)
			[ ${#cur} -ge 3 ] || return
			offer=$(awk -v p="$cur" '$2 ~ /^[tT]$/ && index($3, p) == 1 { print $3 }' \
				/proc/kallsyms) ;;
		*.TRACEPOINT)
			offer=$(sed 's/.*://' /sys/kernel/tracing/available_events 2>/dev/null) ;;
		*.CATEGORY/NAME)
			offer=$(tr : / </sys/kernel/tracing/available_events 2>/dev/null) ;;
		*.DEVICE)
			offer=$(ls /sys/class/net) ;;
		*.PID)
			offer=$(cd /proc && echo [0-9]*) ;;
		*.?*)	# what the name stands for; nothing if that is a number or anything
			offer=$(_xbpfctl_grammar "$value" "" <<<"$help") ;;
		*)
			offer=$(_xbpfctl_grammar "$usage" "" <<<"$help")
			[[ ! $usage =~ ^([A-Z]+ )?(OBJECT|PATH) ]] || files=yes ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$offer" -- "$cur" | sort -u
		[ -z "$files" ] || compgen -f -- "$cur")
}

complete -o filenames -F _xbpfctl xbpfctl
