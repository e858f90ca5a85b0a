/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links to raw tracepoints and tracepoints: what programs see of them, what is refused, how they end.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define PIN XBPF_FS_PATH "/test_trace"

/* The system call whose events these tests count: nobody else makes it with this argument. */
#define NR	SYS_sched_get_priority_max
#define MAGIC	0x7177

static int counters;	/* reset by each test */

static __u64 counted(__u32 which)
{
	return xbpf_counter(counters, which);
}

static void events(int n)
{
	while (n--)
		event(MAGIC);
}

#define raw_prog(name, flags, ...)						\
	({									\
		const struct bpf_insn raw_insns_[] = { __VA_ARGS__ };		\
		xbpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, name, raw_insns_, ARRAY_SIZE(raw_insns_), flags); \
	})
#define tp_prog(name, flags, ...)						\
	({									\
		const struct bpf_insn tp_insns_[] = { __VA_ARGS__ };		\
		xbpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, name, tp_insns_, ARRAY_SIZE(tp_insns_), flags); \
	})

/* counters[i]++ when the call's number is NR and this process makes it; r6 = ctx. @nr: the instruction that gets it into r7 */
#define COUNT_CALL(nr, i)							\
	MOV_REG(R6, R1), nr,							\
	JUMP_IMM(BPF_JNE, R7, NR, 7),						\
	CALL(BPF_FUNC_get_current_pid_tgid),					\
	ALU64_IMM(BPF_RSH, R0, 32),						\
	JUMP_IMM(BPF_JNE, R0, getpid(), 4),					\
	COUNT_UP(counters, i),							\
	MOV_IMM(R0, 0), EXIT

static int raw_link_args(int prog, const char *name, __u32 n, const __u8 *size)
{
	struct xbpf_link_create c = {
		.type = XBPF_LINK_RAW_TRACEPOINT, .prog_fd = (__u32)prog, .symbol = (uintptr_t)name,
	};

	memcpy(c.arg_size, size, n);
	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

/* @sizes: one digit per argument, "848" */
static int raw_link(int prog, const char *name, const char *sizes)
{
	__u8 size[16] = { 0 };
	__u32 n;

	for (n = 0; n < sizeof(size) && sizes[n]; n++)
		size[n] = sizes[n] - '0';
	return raw_link_args(prog, name, n, size);
}

static int tp_link(int prog, const char *name)
{
	return xbpf_link_at(XBPF_LINK_TRACEPOINT, prog, name, 0, 0);
}

static void sys_enter(void)
{
	int prog = raw_prog("enter", 0, COUNT_CALL(LOAD(BPF_DW, R7, R6, 8), 0)), link;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	link = raw_link(prog, "sys_enter", "88");
	expect(link >= 0, "%s", xbpf_words());
	xbpf_counters_reset(counters);
	events(100);
	expect_eq(counted(0), 100);
	close(link);
	events(10);
	expect_eq(counted(0), 100);
	close(prog);
}

static void tp_sys_enter(void)
{
	int prog = tp_prog("enter", 0, COUNT_CALL(LOAD(BPF_DW, R7, R6, 8), 0)), link;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	link = tp_link(prog, "raw_syscalls/sys_enter");
	expect(link >= 0, "%s", xbpf_words());
	xbpf_counters_reset(counters);
	events(100);
	expect_eq(counted(0), 100);
	close(link);
	events(10);
	expect_eq(counted(0), 100);
	close(prog);
}

static const struct tap_test tests[] = {
	{ "raw_tp: sys_enter's number arrives, once per call", sys_enter },
	{ "tracepoint: raw_syscalls/sys_enter's record arrives, once per call", tp_sys_enter },
};

int main(int argc, char **argv)
{
	/* for scripts: one event */
	if (argc > 1 && !strcmp(argv[1], "--call")) {
		event(MAGIC);
		return 0;
	}
	tap_begin();
	counters = xbpf_counters_new(8);
	return tap_run(tests, tap_count(tests));
}
