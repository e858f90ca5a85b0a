/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the engine (core/, jit/) needs of its surroundings, in the kernel and in
 * user space.  The only file with a test for __KERNEL__; everything else in
 * core/ and jit/ includes this and the UAPI headers, nothing more.
 *
 * Interface.
 */
#ifndef XBPF_CORE_PORT_H
#define XBPF_CORE_PORT_H

#ifdef __KERNEL__

#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/errno.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/stdarg.h>
#include <uapi/linux/bpf.h>

/* May sleep; charged to the caller's memory cgroup. */
static inline void *port_zalloc(size_t size)
{
	return kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
}

/* ... and as it is: who asks writes before it reads. */
static inline void *port_alloc(size_t size)
{
	return kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
}

static inline void port_free(const void *p)
{
	kvfree(p);
}

/* So much freed memory may be kept for the same purpose. */
#define PORT_SPARE_BYTES	(1u << 20)

/* To be called in every loop whose length user space decides. */
static inline void port_resched(void)
{
	cond_resched();
}

/* A fatal signal waits: give up with -EINTR. */
static inline bool port_interrupted(void)
{
	return fatal_signal_pending(current);
}

/* One more in a counter of which each CPU has its own; one instruction, so whole in any context. */
#define port_count(counter)	this_cpu_inc(counter)

#define PORT_WARN(cond)		WARN_ON_ONCE(cond)

/* Is there a way for tests to look into the verifier (core/verify/observe.h)? */
#define PORT_PROBED		0

#else /* user space */

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#ifndef U8_MAX
#define U8_MAX		((u8)~0U)
#define U16_MAX		((u16)~0U)
#define U32_MAX		((u32)~0U)
#define U64_MAX		((u64)~0ULL)
#define S16_MAX		((s16)(U16_MAX >> 1))
#define S16_MIN		((s16)(-S16_MAX - 1))
#define S32_MAX		((s32)(U32_MAX >> 1))
#define S32_MIN		((s32)(-S32_MAX - 1))
#define S64_MAX		((s64)(U64_MAX >> 1))
#define S64_MIN		((s64)(-S64_MAX - 1))
#endif

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define noinline	__attribute__((noinline))
#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define __must_check	__attribute__((warn_unused_result))
#define __percpu
#define fallthrough	__attribute__((fallthrough))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BUILD_BUG_ON(c)	_Static_assert(!(c), #c)
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define min_t(t, a, b)	((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define max_t(t, a, b)	((t)(a) > (t)(b) ? (t)(a) : (t)(b))
#define swap(a, b) \
	do { __typeof__(a) swap_tmp = (a); (a) = (b); (b) = swap_tmp; } while (0)

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

#define hweight16(x)	__builtin_popcount((u16)(x))
#define hweight64(x)	__builtin_popcountll(x)

/* Tests that make an allocation fail define it: so many succeed before one does not. */
extern int port_alloc_budget __attribute__((weak));

static inline void *port_zalloc(size_t size)
{
	if (&port_alloc_budget && !port_alloc_budget--)
		return NULL;
	return calloc(1, size);
}

static inline void *port_alloc(size_t size)
{
	if (&port_alloc_budget && !port_alloc_budget--)
		return NULL;
	return malloc(size);
}

static inline void port_free(const void *p)
{
	free((void *)p);
}

/* The sanitizer sees what is used after it was freed only if it is freed. */
#ifdef __SANITIZE_ADDRESS__
#define PORT_SPARE_BYTES	0u
#else
#define PORT_SPARE_BYTES	(1u << 20)
#endif

static inline void port_resched(void)
{
}

/* Tests that send a signal, or ask how often one is looked for, define it. */
bool port_signal(void) __attribute__((weak));

static inline bool port_interrupted(void)
{
	return port_signal && port_signal();
}

#define port_count(counter)	(++(counter))

#define PORT_WARN(cond) \
	({ bool port_w = (cond); if (port_w) abort(); port_w; })

#define PORT_PROBED		1

#endif /* __KERNEL__ */

/* The formats of printf: u64 is unsigned long long on both sides. */

/* Names younger than some <linux/bpf.h> that we build with (RFC 9669). */
#ifndef BPF_MEMSX
#define BPF_MEMSX	0x80	/* load with sign extension */
#endif
#ifndef BPF_JMP32
#define BPF_JMP32	0x06
#endif
#ifndef BPF_ATOMIC
#define BPF_ATOMIC	0xc0
#define BPF_FETCH	0x01
#define BPF_XCHG	(0xe0 | BPF_FETCH)
#define BPF_CMPXCHG	(0xf0 | BPF_FETCH)
#endif
#ifndef BPF_PSEUDO_BTF_ID
#define BPF_PSEUDO_BTF_ID	3
#endif
#ifndef BPF_PSEUDO_FUNC
#define BPF_PSEUDO_FUNC		4
#endif
#ifndef BPF_PSEUDO_MAP_IDX
#define BPF_PSEUDO_MAP_IDX	5
#define BPF_PSEUDO_MAP_IDX_VALUE 6
#endif
#ifndef BPF_PSEUDO_KFUNC_CALL
#define BPF_PSEUDO_KFUNC_CALL	2
#endif

/* BPF_F_TEST_REG_INVARIANTS, since 6.8; a macro or of an enum, as the header likes */
#define XBPF_TEST_REG_INVARIANTS (1u << 7)

#endif
