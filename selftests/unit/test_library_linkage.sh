#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs that only use libbpf, by a skeleton, and ask nothing of libxbpf: linked by the words of
# pkg-config they reach /dev/xbpf, and linked with a shared libbpf they do not start.
set -u
cd "$(dirname "$0")/../.." || exit 1
. selftests/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
PATH=$PATH:/usr/sbin
check "it installs" make -s --no-print-directory -C user install BUILD="$PWD/build" \
	DESTDIR="$tmp/root" PREFIX=/usr
export PKG_CONFIG_PATH=$tmp/root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/root
check "bpftool makes a skeleton" \
	eval "bpftool gen skeleton build/demos/signals/signals.bpf.o name demo >'$tmp/demo.skel.h'"

cd "$tmp" || exit 1
# app.c [STATEMENT [DECLARATION]]
app() {
	cat <<END
#include <stdio.h>
#include "demo.skel.h"
${2-}
int main(void)
{
	struct demo *demo = demo__open();
	int err = demo ? demo__load(demo) : -1;

	demo__destroy(demo);
	${1-}
	return err ? 3 : 0;
}
END
}
app >app.c
app 'other();' 'void other(void);' >both.c
printf '%s\n' '#include <bpf/libbpf.h>' \
	'void other(void) { bpf_object__close(bpf_object__open("none")); }' >other.c
printf '%s\n' 'void other(void);' 'int main(void) { other(); return 0; }' >thin.c
echo 'int main(void) { return 0; }' >none.c
gcc -shared -fPIC other.c -o libother.so -lbpf || exit 1
other="-L. -lother -Wl,-rpath,$tmp"

# build WORD...: gcc with them, XBPF being the words of pkg-config
build() {
	rm -f app
	# shellcheck disable=SC2046,SC2068
	gcc -Wall -Werror ${@/XBPF/$(pkg-config --cflags --libs xbpf)} -o app
}

# With the device or without it: each bpf(2) call of libbpf is one of ours.
reaches() {
	local name=$1
	shift
	check "$name: links" build "$@"
	output=$(XBPF_TRACE=1 ./app 2>&1)
	like "and its calls go to the device" "$output" '^xbpf: 5 PROG_LOAD\([0-9]+ bytes\) = '
}

refused() {
	local name=$1
	shift
	check "$name: links" build "$@"
	output=$(XBPF_TRACE=1 ./app 2>&1)
	is "and does not start" $? 127
	pattern='xbpf: libbpf is a shared library here \(.*libbpf\.so.*\): '
	pattern=$pattern'.* not to /dev/xbpf; link with libbpf\.a: '
	like "in words" "$output" "$pattern"
	is "which are all that it says" "$(printf '%s\n' "$output" | wc -l)" 1
}

starts() {
	local name=$1
	shift
	check "$name: links" build "$@"
	check "and starts" ./app
}

is "pkg-config says the same for --static" "$(pkg-config --static --cflags --libs xbpf)" \
	"$(pkg-config --cflags --libs xbpf)"
reaches "a skeleton" app.c XBPF
reaches "a skeleton in a position-dependent program" -fno-pie -no-pie app.c XBPF
reaches "a skeleton in a static program" -static app.c XBPF
reaches "a skeleton in a static position-independent program" -static-pie app.c XBPF
reaches "a shared libbpf that nothing is taken from" app.c XBPF -Wl,--no-as-needed -lbpf
# shellcheck disable=SC2086 # options of the linker
reaches "a library that brings libbpf.so for itself" both.c XBPF $other
# shellcheck disable=SC2086
reaches "the same, first on the line" both.c $other XBPF
starts "no libbpf at all" none.c XBPF

if [ -e /dev/xbpf ]; then
	pass "there is a device, so nothing is missed"
else
	build app.c XBPF
	like "without a device the trace says so" "$(XBPF_TRACE=1 ./app 2>&1)" \
		'^xbpf: 5 PROG_LOAD.* = -1: /dev/xbpf: no such device, the module is not loaded'
fi

# shellcheck disable=SC2016
library='-Wl,--wrap=syscall -Wl,-u,__wrap_syscall -L'$tmp/root/usr/lib' -lxbpf'
# shellcheck disable=SC2086
refused "a shared libbpf instead of libbpf.a" app.c $library -lbpf
refused "a shared libbpf before ours" app.c -lbpf XBPF
refused "a shared libbpf in a position-dependent program" -fno-pie -no-pie app.c -lbpf XBPF
# the address of a shared function is then one in the program
app 'void *volatile update = bpf_map_update_elem; (void)update;' '#include <bpf/bpf.h>' >update.c
refused "a shared libbpf whose function has its address taken" -fno-pie -no-pie update.c -lbpf XBPF
# shellcheck disable=SC2086
refused "only a library of the program's uses libbpf, a shared one" thin.c XBPF $other
# as some build it: no versions in it
gcc -shared -fPIC -Wl,-soname,libbpf.so.9 -o libbpf.so.9 -x c - <<'END' || exit 1
void other(void);
void other(void) { }
END
refused "a libbpf.so without versions" thin.c -L. -l:libbpf.so.9 "-Wl,-rpath,$tmp" XBPF

done_testing
