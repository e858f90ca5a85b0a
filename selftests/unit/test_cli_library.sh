#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# libxbpf as its users meet it: installed, found by pkg-config, used from C and C++, as its man page
# says.
set -u
cd "$(dirname "$0")/../.." || exit 1
. selftests/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root

check "it installs" make -s --no-print-directory -C user install BUILD="$PWD/build" \
	DESTDIR="$root" PREFIX=/usr
for f in sbin/xbpfctl lib/libxbpf.a lib/xbpf/libxbpf-exec.so lib/pkgconfig/xbpf.pc \
	include/xbpf/libxbpf.h include/linux/xbpf.h \
	share/man/man8/xbpfctl.8 share/man/man8/xbpfctl-prog.8 share/man/man8/xbpfctl-map.8 \
	share/man/man8/xbpfctl-link.8 share/man/man8/xbpfctl-load.8 share/man/man8/xbpfctl-stop.8 \
	share/man/man8/xbpfctl-unload.8 share/man/man8/xbpfctl-graph.8 \
	share/man/man8/xbpfctl-top.8 share/man/man8/xbpfctl-compare.8 share/man/man8/xbpfctl-stats.8 \
	share/man/man8/xbpfctl-exec.8 \
	share/man/man3/libxbpf.3 share/bash-completion/completions/xbpfctl; do
	check "$f is there" test -s "$root/usr/$f"
done

flags() { sed -n "s|^$1: ||p" "$root/usr/lib/pkgconfig/xbpf.pc" |
	sed "s|\${libdir}|$root/usr/lib|g;s|\${includedir}|$root/usr/include|g"; }
version=$(sed -n 's/^XBPF_VERSION := //p' version.mk)
is "the package has the paths" "$(sed -n 's/^prefix=//p' "$root/usr/lib/pkgconfig/xbpf.pc")" /usr
is "the package has the version" "$(flags Version)" "$version"

# the example of the man page, with what it needs around it
{
	printf '%s\n' '#include <err.h>' '#include <stdio.h>' '#include <bpf/libbpf.h>' \
		'#include <xbpf/libxbpf.h>' \
		'int main(int argc, char **argv)' '{' '(void)argc; (void)argv;'
	sed -n '/^\.SH EXAMPLE/,/^\.fi/p' docs/man/libxbpf.3 | sed '/^\./d' |
		sed 's/"signals.bpf.o"/argv[1]/'
	printf '%s\n' 'printf("%d\n", link);' 'return 0;' '}'
} >"$tmp/app.c"
# shellcheck disable=SC2046
check "the man page's example builds" gcc -std=gnu11 -Wall -Wextra -Werror $(flags Cflags) \
	"$tmp/app.c" -o "$tmp/app" $(flags Libs)
check_fails "and fails in words" "$tmp/app" "$tmp/none.o"
like "of libxbpf" "$output" 'none.o: the object cannot be opened: No such file'

printf '%s\n' '#include <xbpf/libxbpf.h>' 'int main() { return xbpf_version()[0] == 0; }' \
	>"$tmp/app.cc"
# shellcheck disable=SC2046
check "the header is C++ too" g++ -std=c++17 -Wall -Wextra -Werror $(flags Cflags) "$tmp/app.cc" \
	-o "$tmp/app_cc" $(flags Libs)
check "which runs" "$tmp/app_cc"

# what is wrapped and what is not
cat >"$tmp/wrap.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <xbpf/libxbpf.h>
int main(void)
{
	char text[8] = "";
	int fds[2];
	union bpf_attr attr;
	long ret;

	if (syscall(SYS_getpid) != getpid() || pipe(fds))
		return 1;
	/* six arguments arrive */
	if (syscall(SYS_pwrite64, 1, "", 0L, 0L, 0L, 0L) > 0 ||
	    syscall(SYS_write, fds[1], "six", 4L) != 4 ||
	    syscall(SYS_read, fds[0], text, 4L) != 4 || strcmp(text, "six"))
		return 2;
	memset(&attr, 0, sizeof(attr));
	ret = syscall(SYS_bpf, 0x7f, &attr, (unsigned int)sizeof(attr));
	if (ret != -1 || !errno)
		return 3;
	errno = 0;
	if (xbpf_sys(0x100, &attr, sizeof(attr)) != -1 || !errno || xbpf_sys(0, &attr, 1 << 14) != -1)
		return 4;
	printf("%s\n", xbpf_device() ? xbpf_errmsg() : "device");
	return 0;
}
END
# shellcheck disable=SC2046
check "a program with its own system calls builds" gcc -std=gnu11 \
	-Wall -Wextra -Werror $(flags Cflags) "$tmp/wrap.c" -o "$tmp/wrap" $(flags Libs)
check "they pass; only bpf(2) goes to the device" "$tmp/wrap"
like "which is there, or is missed in words" "$output" '^(device|/dev/xbpf: .*)$'

complete_words() {	# complete_words WORD...: what bash offers for the last one
	PATH=$root/usr/sbin:$PATH \
		bash -c '. "$0"; COMP_WORDS=(xbpfctl "$@"); COMP_CWORD=$#; _xbpfctl; echo "${COMPREPLY[*]}"' \
		"$root/usr/share/bash-completion/completions/xbpfctl" "$@"
}
is "bash completes nouns" "$(complete_words p)" prog
is "the short verbs" "$(complete_words l)" "link load"
is "and what they load" "$(cd user/demos && complete_words load sig)" signals
is "verbs" "$(complete_words prog lo)" "load loadall"
is "and words" "$(complete_words prog dump ji)" jited
is "words before an object" "$(complete_words map dump j)" jited
is "and behind it" "$(complete_words map dump jited id 1 o)" opcodes
like "all that a verb takes, no values" "$(complete_words prog load x y '')" \
	'^autoattach dev fd id idx interp map name pinmaps pinned tail type( |$)'
is "the types of maps" "$(complete_words map create x type lru_)" "lru_hash lru_percpu_hash"
is "the strategies for tail calls" "$(complete_words prog load x y tail '')" \
	"auto direct slot tree unwind"
is "what several places call by one name" "$(complete_words link update i)" id
is "and options" "$(complete_words --js)" --json

page=$root/usr/share/man/man8
is "the manual has no name of a list left" "$(grep -l '@[A-Z_]*@' "$page"/* "$page/../man3"/*)" ""
like "but what is in the list of map types" "$(cat "$page/xbpfctl-map.8")" \
	'lists: hash, array, .*, stack_trace, cgroup_array\.'
like "and in that of the strategies" "$(cat "$page/xbpfctl-prog.8")" \
	'is one of auto, unwind, slot, direct, tree;'

check "it uninstalls" make -s --no-print-directory -C user uninstall BUILD="$PWD/build" \
	DESTDIR="$root" PREFIX=/usr
is "and leaves no file" "$(find "$root" -type f)" ""
missing=
for function in $(grep -o '\bxbpf_[a-z_]*(' user/lib/libxbpf.h | tr -d '(' | sort -u); do
	grep -q "$function" docs/man/libxbpf.3 || missing="$missing $function"
done
is "the manual has every function of the header" "$missing" ""
missing=
for noun in prog map link seccomp stats; do
	for verb in $(build/xbpfctl $noun help | sed -n "s/^xbpfctl $noun \([a-z_]*\).*/\1/p"); do
		grep -qE "\b$verb\b" docs/man/xbpfctl-$noun.8 || missing="$missing $noun:$verb"
	done
done
for verb in $(build/xbpfctl help | sed -n '/^$/q;s/^xbpfctl \([a-z]*\) .*/\1/p'); do
	grep -qE "^\.BI? (\"xbpfctl )?$verb( |$)" docs/man/xbpfctl-load.8 "docs/man/xbpfctl-$verb.8" ||
		missing="$missing $verb"
	[ -e "docs/man/xbpfctl-$verb.8" ] || missing="$missing page:$verb"
done
is "and every verb of the tool" "$missing" ""
missing=
while read -r word; do
	grep -qE "(^|[ \"])${word//./\\.}[ /\"\\]" docs/man/xbpfctl-prog.8 || missing="$missing $word"
done < <(sed -n 's/^\tX("\([a-z_.]*\)", .*/\1/p' include/lists/hooks.h)
is "and every attach point" "$missing" ""
done_testing
