# SPDX-License-Identifier: GPL-2.0
# xbpf: see `make help`. Everything that is made lies in build/.

include version.mk

SHELL := /bin/bash
B := $(CURDIR)/build

# Neither make's targets nor kbuild can have them.
ifneq ($(words $(CURDIR)),1)
$(error the path of these sources has a blank in it ($(CURDIR)), which make and kbuild do not cope \
with: move them)
endif

# What `make` builds the module for: the running kernel, or the headers in KDIR.
KDIR ?= /lib/modules/$(shell uname -r)/build
# The kernels that are served, and which of them the guest runs.
served := $(shell scripts/served)
KERNEL ?= $(firstword $(served))

# Where things go: PREFIX (and BINDIR, LIBDIR, ...) are user/Makefile's; DESTDIR goes before all.
PREFIX ?= /usr/local
DESTDIR ?=
export DESTDIR PREFIX
INSTALL_MOD_DIR ?= updates

CLANG ?= clang
# the first that knows -mcpu=v4
CLANG_V4 ?= clang-19
BPF_CFLAGS := -target bpf -g -O2 -Wall -Werror -D__TARGET_ARCH_x86 \
	-Iinclude/uapi -idirafter /usr/include/x86_64-linux-gnu

# folders too: a source that is deleted changes its folder, and the module is built again
kmod_sources := $(shell find core/. jit/. module/. include/. Kbuild version.mk 2>/dev/null)
demo_objects := $(patsubst user/demos/%.bpf.c,$(B)/demos/%.bpf.o,$(wildcard user/demos/*/*.bpf.c))
progs := $(patsubst selftests/progs/%.bpf.c,%,$(wildcard selftests/progs/*.bpf.c))
prog_objects := $(foreach p,$(progs),$(addprefix $(B)/progs/$p,.bpf.o .v2.bpf.o .v3.bpf.o))
# programs of the size people write, for the oracle
real := $(patsubst selftests/progs/%.bpf.c,%,$(wildcard selftests/progs/real/*.bpf.c))
real_objects := $(foreach p,$(real),$(foreach v,.v1 .v2 .v3 .v4,$(B)/progs/$p$v.bpf.o))

.PHONY: all module lib tool objects deps demo check vm vm-base vm-prep vm-check
.PHONY: install uninstall clean help
.DELETE_ON_ERROR:

all: module lib tool

# --- the module ------------------------------------------------------------------------------

# Built in a copy of the sources: two kernels, or two names, never share objects.
host := $(B)/kmod/host$(XBPF_NAME:xbpf%=%)
module:
	@[ $(words $(KDIR)) = 1 ] || { \
		echo "make: KDIR has a blank in it, which kbuild does not cope with: '$(KDIR)'" >&2; \
		exit 1; }
	@[ -e "$(KDIR)/Makefile" ] || { \
		echo "make: no kernel headers in $(KDIR)" >&2; \
		echo "make: install those of your kernel (Debian: apt install linux-headers-$$(uname -r))," >&2; \
		echo "make: or name others: make KDIR=/path/to/headers." >&2; \
		echo "make: 'make demo' and 'make vm' need none." >&2; \
		exit 1; }
	@scripts/sync-kmod $(host)
	+$(MAKE) -C $(KDIR) M=$(host) modules
	@cp $(host)/$(XBPF_NAME).ko $(B)/$(XBPF_NAME).ko

# The header packages come without the vmlinux (or pahole) that BTF of the module's own types needs.
no_btf := CONFIG_DEBUG_INFO_BTF_MODULES=

# named one by one: what only a pattern mentions, make takes for intermediate and removes
kernels := $(shell awk '!/^#/ && NF { print $$1 }' scripts/kernels)

$(kernels:%=$(B)/kernel/%/release): $(B)/kernel/%/release:
	scripts/fetch-kernel $* $(B)/kernel/$*

$(kernels:%=$(B)/kmod/%/xbpf.ko): scripts/sync-kmod $(kmod_sources)
$(kernels:%=$(B)/kmod/%/xbpf.ko): $(B)/kmod/%/xbpf.ko: $(B)/kernel/%/release
	@scripts/sync-kmod $(@D)
	+@$(MAKE) -s -C $(B)/kernel/$*/lib/modules/$$(cat $<)/build M=$(@D) NAME=xbpf XBPF_WERROR=1 \
		$(no_btf) modules
	@touch $@

# A second one for the guest, to live beside the first (selftests/kernel/test_two.sh)
$(kernels:%=$(B)/guest/two/%.ko): $(B)/guest/two/%.ko: $(B)/kmod/%/xbpf.ko scripts/rename-kmod
	@mkdir -p $(@D)
	@scripts/rename-kmod $(B)/kmod/$* $(B)/two/$* xbpf2
	+@$(MAKE) -s -C $(B)/kernel/$*/lib/modules/$$(cat $(B)/kernel/$*/release)/build \
		M=$(B)/two/$* NAME=xbpf2 XBPF_WERROR=1 $(no_btf) modules
	@strip --strip-debug -o $@ $(B)/two/$*/xbpf2.ko

# What lets allocations fail, for kernels that cannot do so themselves (selftests/kernel/fault.h)
$(kernels:%=$(B)/guest/fault/%.ko): $(wildcard selftests/fault/*)
$(kernels:%=$(B)/guest/fault/%.ko): $(B)/guest/fault/%.ko: $(B)/kernel/%/release
	@mkdir -p $(@D) $(B)/fault/$*
	@cp selftests/fault/* $(B)/fault/$*/
	+@$(MAKE) -s -C $(B)/kernel/$*/lib/modules/$$(cat $<)/build M=$(B)/fault/$* $(no_btf) modules
	@strip --strip-debug -o $@ $(B)/fault/$*/xbpf_fault.ko

# --- user space --------------------------------------------------------------------------------

lib tool: user-space

.PHONY: user-space
user-space:
	+@$(MAKE) --no-print-directory -C user BUILD=$(B)

objects: $(demo_objects) $(prog_objects) $(real_objects)

$(B)/demos/%.bpf.o: user/demos/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@

# as clang builds it when it is not told otherwise, and for the two larger instruction sets
$(B)/progs/%.bpf.o: selftests/progs/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/progs/%.v2.bpf.o: selftests/progs/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -mcpu=v2 -c $< -o $@

$(B)/progs/%.v3.bpf.o: selftests/progs/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -mcpu=v3 -c $< -o $@

$(B)/progs/%.v1.bpf.o: selftests/progs/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -mcpu=v1 -c $< -o $@

$(B)/progs/%.v4.bpf.o: selftests/progs/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG_V4) $(BPF_CFLAGS) -mcpu=v4 -c $< -o $@

# the program of docs/one-program.md, and what shows its inside
$(B)/docs/%.bpf.o: selftests/docs/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@

.PHONY: aux-dump
aux-dump:
	+@$(MAKE) --no-print-directory -C selftests BUILD=$(B) $(B)/selftests/aux_dump

# --- the guest ---------------------------------------------------------------------------------

deps:
	@scripts/deps

# What selftests/vm/run needs; vm-base is the part that does not hold xbpf.ko.
qemu := $(B)/qemu/qemu-system-x86_64
vm-base: $(qemu) $(B)/vm/$(KERNEL)/base.cpio user-space
vm-prep: $(qemu) $(B)/vm/$(KERNEL)/base.cpio $(B)/vm/$(KERNEL)/xbpf.cpio
vm-check: vm-prep $(addprefix $(B)/guest/,fault/$(KERNEL).ko two/$(KERNEL).ko)

$(qemu): scripts/fetch-qemu
	scripts/fetch-qemu $(@D)

$(kernels:%=$(B)/vm/%/base.cpio): \
	$(addprefix selftests/vm/,mkbase closure init modules reports spoiled)
$(kernels:%=$(B)/vm/%/base.cpio): $(B)/vm/%/base.cpio: $(B)/kernel/%/release
	selftests/vm/mkbase $(B)/kernel/$* $@

$(B)/xbpfctl: user-space ;

$(B)/libxbpf-exec.so: user-space ;

$(kernels:%=$(B)/vm/%/xbpf.cpio): $(B)/xbpfctl $(B)/libxbpf-exec.so selftests/vm/mkxbpf
$(kernels:%=$(B)/vm/%/xbpf.cpio): $(B)/vm/%/xbpf.cpio: $(B)/kernel/%/release $(B)/kmod/%/xbpf.ko
	selftests/vm/mkxbpf $$(cat $<) $(B)/kmod/$*/xbpf.ko $(B)/xbpfctl $@

vm: deps
	selftests/vm/run --kernel $(KERNEL) --interactive

# `make demo` is the first of them. Each is a folder of user/demos: objects, demo.sh, and perhaps
# programs of its own.
demos := $(notdir $(patsubst %/demo.sh,%,$(wildcard user/demos/*/demo.sh)))
.PHONY: $(demos:%=demo-%) demos-build

demo: demo-signals

$(demos:%=demo-%): demo-%: deps
	+@$(MAKE) --no-print-directory -s demos-build
	@echo "Booting Debian's kernel $(KERNEL) in QEMU with xbpf.ko loaded;" \
		"nothing of this machine is touched."
	@selftests/vm/run --kernel $(KERNEL) --timeout 600 --share $(B)/demos/$* -- ./demo.sh

demo_programs := $(addprefix $(B)/demos/,syscalls/work packets/traffic reclassify/traffic \
	profile/profile)
demos-build: user-space $(demo_objects) $(demo_programs)
	@set -e; for d in $(demos); do cp -u user/demos/$$d/demo.sh user/demos/*.sh $(B)/demos/$$d/; done

demo_cc := $(CC) -std=c11 -O2 -g -Wall -Wextra -Werror -Iinclude/uapi -Iuser/lib
$(B)/demos/%/traffic: user/demos/traffic.c
	@mkdir -p $(@D)
	$(demo_cc) -static $< -o $@

$(B)/demos/syscalls/work: user/demos/syscalls/work.c
	@mkdir -p $(@D)
	$(demo_cc) -static $< -o $@

$(B)/demos/profile/profile: user/demos/profile/profile.c user/demos/profile/profile.h $(B)/libxbpf.a
	@mkdir -p $(@D)
	$(demo_cc) -Wl,--wrap=syscall $< $(B)/libxbpf.a -l:libbpf.a -lelf -lz -o $@

$(B)/libxbpf.a: user-space ;

check: deps
	@selftests/check

# What the tools find that read sources: shellcheck, clang-tidy, sparse, and our own rules.
.PHONY: lint
lint: deps $(B)/kernel/$(firstword $(served))/release
	@selftests/lint/test-lint

# Not a test: BENCH="--on $(KERNEL) --only hop --peers stock,xbpf"; BENCH=--help says more
.PHONY: bench
bench: deps
	@selftests/bench/run $(BENCH)

.PHONY: try
try: deps
	@selftests/try/run --kernel $(KERNEL) $(TRY)

.PHONY: bench-verifier
bench-verifier: deps
	@selftests/bench-verifier/run $(BENCH)

# A tool of long ago, with its library and a program, for selftests/kernel/test_old_tool.sh, which
# is skipped where the clone has not that history.
old_commit := f1ec4c4
old_there := $(shell git cat-file -e $(old_commit)^{commit} 2>/dev/null && echo yes)
.PHONY: old-tool
old-tool: $(addprefix $(B)/guest/old/,$(if $(old_there),xbpfctl signals.bpf.o,missing))

$(B)/guest/old/missing:
	@mkdir -p $(@D)
	@touch $@

$(B)/old-tool/version.mk:
	@mkdir -p $(@D)
	@set -o pipefail; git archive $(old_commit) core include user version.mk | tar -x -C $(@D)

$(B)/guest/old/xbpfctl: $(B)/old-tool/version.mk
	@mkdir -p $(@D)
	+@$(MAKE) --no-print-directory -s -C $(B)/old-tool/user BUILD=$(B)/old-tool/build LDFLAGS=-static \
		$(B)/old-tool/build/xbpfctl
	@strip -o $@ $(B)/old-tool/build/xbpfctl

$(B)/guest/old/signals.bpf.o: $(B)/old-tool/version.mk
	@mkdir -p $(@D)
	@cd $(B)/old-tool && $(CLANG) $(BPF_CFLAGS) -c user/demos/signals/signals.bpf.c -o $@

# All that selftests/check runs, and the folder that its guests share.
.PHONY: check-build stage
CHECK_KERNELS ?= $(served)
check-build: user-space objects stage old-tool $(B)/cbmc/cbmc
	+@set -e; for k in $(CHECK_KERNELS); do $(MAKE) --no-print-directory vm-check KERNEL=$$k; done

stage: user-space objects
	+@$(MAKE) --no-print-directory -C selftests BUILD=$(B) all
	@mkdir -p $(B)/guest/{kernel,progs,demos,vectors}
	@cp -u selftests/guest selftests/tap.sh user/cli/xbpfctl.bash $(B)/guest/
	@for f in selftests/kernel/*.sh; do [ ! -e "$$f" ] || cp -u "$$f" $(B)/guest/kernel/; done
	@for f in $(prog_objects); do cp -u "$$f" $(B)/guest/progs/; done
	@mkdir -p $(B)/guest/progs/real
	@for f in $(real_objects); do cp -u "$$f" $(B)/guest/progs/real/; done
	@for f in $(demo_objects); do cp -u "$$f" $(B)/guest/demos/; done
	@for f in selftests/vectors/*; do [ ! -f "$$f" ] || cp -u "$$f" $(B)/guest/vectors/; done

# What the verifier accepts, run in checked mode: make fuzz [FUZZ_TIME=seconds] [FUZZ_SEED=n]
.PHONY: fuzz
fuzz:
	+@$(MAKE) --no-print-directory -s -C selftests BUILD=$(B) $(B)/selftests/fuzz_verify_fast
	$(B)/selftests/fuzz_verify_fast $(FUZZ_SEED) 0 $(FUZZ_TIME)

# What pruning leaves out matters to nothing: make fuzz-prune [FUZZ_TIME=seconds] [FUZZ_SEED=n]
.PHONY: fuzz-prune
fuzz-prune:
	+@$(MAKE) --no-print-directory -s -C selftests BUILD=$(B) $(B)/selftests/fuzz_prune
	$(B)/selftests/fuzz_prune $(FUZZ_SEED) 0 $(FUZZ_TIME)

# Each rule of the verifier weakened once: some test notices.
.PHONY: mutants
mutants:
	+@$(MAKE) --no-print-directory -s -C selftests BUILD=$(B) mutants
	BUILD=$(B) selftests/mutants/run $(MUTANTS)

# Value tracking is sound, for all numbers: make prove [PROVE=WORD]
.PHONY: prove
prove: $(B)/cbmc/cbmc
	BUILD=$(B) selftests/prove/run $(PROVE)

$(B)/cbmc/cbmc: scripts/fetch-cbmc
	scripts/fetch-cbmc $(@D)

# The JIT against the interpreter on random programs:
# make fuzz-jit [FUZZ_TIME=seconds] [FUZZ_SEED=n]
.PHONY: fuzz-jit
FUZZ_TIME ?= 60
FUZZ_SEED ?= $(shell date +%s)000000
fuzz-jit:
	+@$(MAKE) --no-print-directory -s -C selftests BUILD=$(B) $(B)/selftests/fuzz_jit
	$(B)/selftests/fuzz_jit $(FUZZ_SEED) 0 $(FUZZ_TIME)

# --- installation ------------------------------------------------------------------------------

install: all
	+$(MAKE) --no-print-directory -C user BUILD=$(B) install
	+$(MAKE) -C $(KDIR) M=$(host) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) \
		INSTALL_MOD_DIR=$(INSTALL_MOD_DIR) modules_install

uninstall:
	$(if $(filter xbpf,$(XBPF_NAME)),+$(MAKE) --no-print-directory -C user BUILD=$(B) uninstall)
	rm -f $(DESTDIR)/lib/modules/*/$(INSTALL_MOD_DIR)/$(XBPF_NAME).ko*
	$(if $(DESTDIR),,depmod -a)

clean:
	rm -rf $(B)

help:
	@printf '%s\n' \
	'make [KDIR=DIR]         module for the running kernel (or the headers in DIR); library, tool' \
	'make module|lib|tool    one of them' \
	'make NAME=xbpf2         a module of that name, which lives beside the first (docs/two.md)' \
	'make demo [KERNEL=$(KERNEL)]  the demonstration, in a stock Debian kernel in QEMU ($(served))' \
	'make demo-NAME          another one: $(filter-out signals,$(demos))' \
	'make check              all tests; the last line counts them' \
	'make try [TRY=OPTIONS]  the tree beside the last commit: unit tests, instructions, code' \
	'make bench-verifier    the stock verifier and ours on the same programs: a table of ratios' \
	'make bench [BENCH=-j]   the same programs in the stock kernel and here: ratios, JSON, a plot' \
	'make lint               what shellcheck, clang-tidy and sparse find, and what breaks our rules' \
	'make mutants            each rule of the verifier weakened once: some test must notice' \
	'make prove              [PROVE=WORD] that value tracking loses no number, for all of them' \
	'make fuzz               [FUZZ_TIME=60] what the verifier accepts, with each access checked' \
	'make fuzz-prune         [FUZZ_TIME=60] walks of the verifier with pruning against those without' \
	'make fuzz-jit           [FUZZ_TIME=60] the JIT against the interpreter on random programs' \
	'make vm [KERNEL=$(KERNEL)]    a shell in that guest, with the module loaded' \
	'make deps               the Debian packages for building and testing (as root, or by sudo)' \
	'make objects            the BPF objects of the demos and the tests' \
	'make install            [DESTDIR= PREFIX=/usr/local KDIR=] module, library, header, tool, man' \
	'make uninstall          removes what make install put there' \
	'make clean              removes build/, where everything that is made lies'
