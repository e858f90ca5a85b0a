/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links to tracepoints, for the tests of them.
 */
#ifndef XBPF_SELFTESTS_KERNEL_TRACE_H
#define XBPF_SELFTESTS_KERNEL_TRACE_H

#include <pthread.h>
#include <sched.h>
#include "dev.h"
#include "../tap.h"

/*
 * The system call whose events are counted: nobody else in the guest makes it with this argument.
 */
#define NR	SYS_sched_get_priority_max
#define MAGIC	0x7177

#define typed_prog(type, name, flags, ...)					\
	({									\
		const struct bpf_insn typed_insns_[] = { __VA_ARGS__ };		\
		xbpf_prog_load(type, name, typed_insns_, ARRAY_SIZE(typed_insns_), flags); \
	})
#define raw_prog(name, flags, ...)	typed_prog(BPF_PROG_TYPE_RAW_TRACEPOINT, name, \
						   flags, __VA_ARGS__)
#define tp_prog(name, flags, ...)	typed_prog(BPF_PROG_TYPE_TRACEPOINT, name, flags, __VA_ARGS__)

static int counters;	/* 64 of them; a test that counts resets them first */

static inline __u64 counted(__u32 which)
{
	return xbpf_counter(counters, which);
}

/* counters[i] = reg; R1 is lost */
#define KEEP(reg, i)	LOAD_VALUE(R1, counters, 8 * (i)), STORE(BPF_DW, R1, 0, reg)

/*
 * counters[i]++ for the calls of this process; @nr is the instruction that gets the call's number
 * from R6, the context, into R7.  Twelve instructions with the end.
 */
#define COUNT_CALL(nr, i)							\
	MOV_REG(R6, R1), nr,							\
	JUMP_IMM(BPF_JNE, R7, NR, 7),						\
	CALL(BPF_FUNC_get_current_pid_tgid),					\
	ALU64_IMM(BPF_RSH, R0, 32),						\
	JUMP_IMM(BPF_JNE, R0, getpid(), 4),					\
	COUNT_UP(counters, i),							\
	MOV_IMM(R0, 0), EXIT

/* both contexts of sys_enter have the number at 8 */
#define ENTER_NR	LOAD(BPF_DW, R7, R6, 8)

/* @sizes: one digit per argument, "848" */
static inline int raw_link(int prog, const char *name, const char *sizes)
{
	struct xbpf_link_create c = {
		.type = XBPF_LINK_RAW_TRACEPOINT, .prog_fd = (__u32)prog, .symbol = (uintptr_t)name,
	};
	__u32 n;

	for (n = 0; n < sizeof(c.arg_size) && sizes[n]; n++)
		c.arg_size[n] = sizes[n] - '0';
	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static inline int tp_link(int prog, const char *name)
{
	return xbpf_link_at(XBPF_LINK_TRACEPOINT, prog, name, 0, 0);
}

static inline void events(int n)
{
	while (n--)
		event(MAGIC);
}

static inline bool made(int fd)
{
	return expect(fd >= 0, "%s: %s", strerror(errno), xbpf_words());
}

static inline int link_update(int link, int prog, __u32 flags, __u32 old)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = link;
	attr.link_update.new_prog_fd = prog;
	attr.link_update.flags = flags;
	attr.link_update.old_prog_fd = old;
	return xbpf_sys(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

/* Makes calls until it is told to stop, then says how many. */
struct caller {
	pthread_t thread;
	int cpu;		/* -1: any */
	volatile bool stop;
	__u64 calls;
};

static void *caller_run(void *arg)
{
	struct caller *c = arg;
	cpu_set_t set;

	if (c->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(c->cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	while (!c->stop) {
		event(MAGIC);
		c->calls++;
	}
	return NULL;
}

static inline void caller_start(struct caller *c, int cpu)
{
	memset(c, 0, sizeof(*c));
	c->cpu = cpu;
	pthread_create(&c->thread, NULL, caller_run, c);
}

static inline __u64 caller_end(struct caller *c)
{
	c->stop = true;
	pthread_join(c->thread, NULL);
	return c->calls;
}

#endif
