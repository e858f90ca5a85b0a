# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# bash completion for xbpfctl: nouns, verbs, which object is meant, and the words of the longer
# commands.

_xbpfctl_objects() {	# _xbpfctl_objects NOUN id|name: what the module has
	case $2 in
	id) xbpfctl "$1" list 2>/dev/null | sed -n 's/^\([0-9]*\): .*/\1/p' ;;
	name) xbpfctl "$1" list 2>/dev/null | sed -n 's/^[0-9]*: .*  name \([^ ]*\).*/\1/p' | sort -u ;;
	esac
}

_xbpfctl() {
	local cur prev noun='' verb='' kind word specs='id name pinned fd'
	COMPREPLY=()
	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD - 1]}
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		-*) ;;
		*) if [ -z "$noun" ]; then noun=$word; elif [ -z "$verb" ]; then verb=$word; fi ;;
		esac
	done
	kind=$noun
	# the value of a program array is a program
	case " ${COMP_WORDS[*]} " in *" map update "*" value "*) [ "$noun" = map ] && kind=prog ;; esac
	case " ${COMP_WORDS[*]} " in *" prog load"*" map "*) kind=map ;; esac

	if [[ $cur = -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--json --pretty --debug --bpffs --version --help' -- "$cur")
		return
	fi
	if [ -z "$noun" ]; then
		mapfile -t COMPREPLY < <(compgen -W 'prog map link seccomp feature version help' -- "$cur")
		return
	fi
	if [ -z "$verb" ]; then
		word=$(xbpfctl "$noun" help 2>/dev/null | sed -n "s/^xbpfctl $noun \([a-z]*\).*/\1/p")
		mapfile -t COMPREPLY < <(compgen -W "$word help" -- "$cur")
		return
	fi
	case $prev in
	id | name)
		mapfile -t COMPREPLY < <(compgen -W "$(_xbpfctl_objects "$kind" "$prev")" -- "$cur")
		return ;;
	pinned | pinmaps | file | data_in | data_out | ctx_in | ctx_out | load | loadall | \
	pin | create | from)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	kprobe | kretprobe)
		[ ${#cur} -ge 3 ] || return
		mapfile -t COMPREPLY < <(awk -v p="$cur" \
			'$2 ~ /^[tT]$/ && index($3, p) == 1 { print $3 }' /proc/kallsyms)
		return ;;
	raw_tp | raw_tracepoint)
		word=$(sed 's/.*://' /sys/kernel/tracing/available_events 2>/dev/null)
		mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
		return ;;
	tracepoint | tp)
		word=$(tr : / </sys/kernel/tracing/available_events 2>/dev/null)
		mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
		return ;;
	tap | ingress | egress | dev)
		mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net)" -- "$cur")
		return ;;
	seccomp)
		[ "$noun" != seccomp ] || return
		mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur")
		return ;;
	esac
	case $noun.$verb in
	prog.load | prog.loadall) word='type map pinmaps interp tail autoattach name idx' ;;
	prog.dump) word="xlated jited $specs file opcodes linum" ;;
	prog.run) word="$specs data_in data_out data_size_out ctx_in ctx_out ctx_size_out repeat" ;;
	prog.attach)
		word="$specs kprobe kretprobe kprobe.multi kretprobe.multi raw_tp tracepoint"
		word+=' tap ingress egress seccomp pinned cookie priority' ;;
	link.update) word="$specs old" ;;
	seccomp.run) word="$specs --" ;;
	map.create)
		word='type key value entries name flags inner_map'
		word+=' array hash prog_array percpu_array percpu_hash lru_hash lru_percpu_hash'
		word+=' ringbuf queue stack lpm_trie array_of_maps hash_of_maps perf_event_array'
		word+=' stack_trace' ;;
	map.push | map.enqueue) word="$specs value hex" ;;
	map.event_pipe) word="$specs cpu index count" ;;
	map.lookup | map.delete | map.getnext) word="$specs key hex" ;;
	map.update) word="$specs key hex value any exist noexist from" ;;
	link.*) word='id pinned fd' ;;
	*) word=$specs ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur"
		case $noun.$verb in *.pin | prog.load*) compgen -f -- "$cur" ;; esac)
}

complete -o filenames -F _xbpfctl xbpfctl
