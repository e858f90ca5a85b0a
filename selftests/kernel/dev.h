/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/xbpf without a library, for the tests that run in the guest: every byte of a
 * command is the test's own. Calls return what the ioctl returns: an fd or 0, else -1
 * and errno; xbpf_words() then has the module's sentence.
 */
#ifndef XBPF_SELFTESTS_KERNEL_DEV_H
#define XBPF_SELFTESTS_KERNEL_DEV_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/xbpf.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* ---- the device ---- */

static int xbpf_device = -1;

/* The one fd of this process; nothing works without it, so that is the end. */
static inline int xbpf_open(void)
{
	if (xbpf_device < 0) {
		xbpf_device = open(XBPF_DEVICE, O_RDWR | O_CLOEXEC);
		if (xbpf_device < 0) {
			printf("Bail out! %s: %s\n", XBPF_DEVICE, strerror(errno));
			exit(1);
		}
	}
	return xbpf_device;
}

static inline void xbpf_close(void)
{
	if (xbpf_device >= 0)
		close(xbpf_device);
	xbpf_device = -1;
}

static inline int xbpf_sys(int cmd, void *attr, unsigned int size)
{
	return ioctl(xbpf_open(), XBPF_IOC(cmd, size), attr);
}

/* Why the last failed command of this thread failed; "" when the module had no words. */
static inline const char *xbpf_words(void)
{
	static __thread char text[1024];
	struct xbpf_get_error get = { .buf = (uintptr_t)text, .size = sizeof(text) };
	int saved = errno;

	text[0] = '\0';
	if (xbpf_sys(XBPF_GET_ERROR, &get, sizeof(get)) || !get.len)
		text[0] = '\0';
	errno = saved;
	return text;
}

static inline bool xbpf_said(const char *part)
{
	return strstr(xbpf_words(), part) != NULL;
}

static inline int xbpf_device_info(struct xbpf_info *info)
{
	memset(info, 0, sizeof(*info));
	return xbpf_sys(XBPF_GET_INFO, info, sizeof(*info));
}

/* Sets a parameter of the module: 0, or the errno of the write. */
static inline int xbpf_parameter(const char *name, const char *text)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), "/sys/module/xbpf/parameters/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return err;
}

/* xbpffs at its place, mounted when it is not yet. */
static inline int xbpf_mount(void)
{
	struct stat dir, parent;

	if (stat(XBPF_FS_PATH, &dir) || stat(XBPF_FS_PATH "/..", &parent))
		return -1;
	if (dir.st_dev != parent.st_dev)
		return 0;
	return mount(XBPF_FS_TYPE, XBPF_FS_PATH, XBPF_FS_TYPE, 0, NULL);
}

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* For tap.h: the command failed, and with that errno. */
#define refused(ret, error)						\
	do {								\
		int refused_ret_ = (ret), refused_errno_ = errno;	\
		expect(refused_ret_ == -1, "it worked: %d", refused_ret_); \
		expect_eq(refused_errno_, error);			\
	} while (0)

/* -1 and that errno, with words that have @part ("": none asked for) */
#define expect_refused(call, error, part)					\
	({									\
		long long refused_ = (call);					\
		int errno_ = errno;						\
		expect(refused_ == -1 && errno_ == (error), "%s: %lld, errno %d", #call, refused_, errno_) && \
		expect(xbpf_said(part), "%s: words: \"%s\"", #call, xbpf_words()); \
	})

/* ---- instructions ---- */

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

/*
 * op: BPF_ADD, BPF_MOV, ...; size: BPF_B, BPF_H, BPF_W, BPF_DW; jump offsets count from the next
 * instruction
 */
#define ALU64_IMM(op, d, i)	INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ALU64_REG(op, d, s)	INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define ALU32_IMM(op, d, i)	INSN(BPF_ALU | (op) | BPF_K, d, 0, 0, i)
#define ALU32_REG(op, d, s)	INSN(BPF_ALU | (op) | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)		ALU64_IMM(BPF_MOV, d, i)
#define MOV_REG(d, s)		ALU64_REG(BPF_MOV, d, s)
#define LOAD(size, d, s, o)	INSN(BPF_LDX | (size) | BPF_MEM, d, s, o, 0)
#define STORE(size, d, o, s)	INSN(BPF_STX | (size) | BPF_MEM, d, s, o, 0)
#define STORE_IMM(size, d, o, i) INSN(BPF_ST | (size) | BPF_MEM, d, 0, o, i)
#define ATOMIC(size, op, d, o, s) INSN(BPF_STX | (size) | BPF_ATOMIC, d, s, o, op)
#define JUMP(o)			INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define JUMP_IMM(op, d, i, o)	INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define JUMP_REG(op, d, s, o)	INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define CALL(helper)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define CALL_SUB(o)		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, o)
#define EXIT			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* these two stand for two instructions each */
#define LOAD64(d, v) \
	INSN(BPF_LD | BPF_DW | BPF_IMM, d, 0, 0, (__s32)(__u32)(v)), \
		INSN(0, 0, 0, 0, (__s32)((__u64)(v) >> 32))
#define LOAD_MAP(d, fd) \
	INSN(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define LOAD_VALUE(d, fd, o) \
	INSN(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_VALUE, 0, fd), INSN(0, 0, 0, 0, o)
/* three: R1 = ctx must be there already, R3 = index */
#define TAIL_CALL(fd)		LOAD_MAP(R2, fd), CALL(BPF_FUNC_tail_call)

/* ---- programs ---- */

/* PROG_LOAD's log_true_size: younger than some <linux/bpf.h>, in what is padding there */
#define LOG_TRUE_SIZE_AT 140
_Static_assert(sizeof(union bpf_attr) >= LOG_TRUE_SIZE_AT + 4, "room for log_true_size");

static inline __u32 xbpf_true_size(const union bpf_attr *attr)
{
	__u32 size;

	memcpy(&size, (const char *)attr + LOG_TRUE_SIZE_AT, sizeof(size));
	return size;
}

static inline void xbpf_prog_attr(union bpf_attr *attr, __u32 type, const char *name,
				  const struct bpf_insn *insns, __u32 n, __u32 flags)
{
	memset(attr, 0, sizeof(*attr));
	attr->prog_type = type;
	attr->insns = (uintptr_t)insns;
	attr->insn_cnt = n;
	attr->license = (uintptr_t)"GPL";
	attr->prog_flags = flags;
	if (name)
		snprintf(attr->prog_name, sizeof(attr->prog_name), "%s", name);
}

static inline int xbpf_prog_load(__u32 type, const char *name, const struct bpf_insn *insns,
				 __u32 n, __u32 flags)
{
	union bpf_attr attr;

	xbpf_prog_attr(&attr, type, name, insns, n, flags);
	return xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* a kprobe program from an array of instructions, and from instructions in place */
#define load_kprobe(name, insns, flags) \
	xbpf_prog_load(BPF_PROG_TYPE_KPROBE, name, insns, ARRAY_SIZE(insns), flags)
#define kprobe_prog(name, flags, ...)						\
	({									\
		const struct bpf_insn kprobe_insns_[] = { __VA_ARGS__ };	\
		load_kprobe(name, kprobe_insns_, flags);			\
	})

static inline int xbpf_prog_info(int fd, struct bpf_prog_info *info)
{
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info_len = sizeof(*info),
					  .info = (uintptr_t)info } };

	return xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

/* 0: it has none, or the fd is no program */
static inline __u32 xbpf_prog_id(int fd)
{
	struct bpf_prog_info info = { 0 };

	return xbpf_prog_info(fd, &info) ? 0 : info.id;
}

/* Runs a kprobe program on 168 bytes of pt_regs (NULL: zeroes); its R0, or -1 and errno. */
static inline __s64 xbpf_run(int fd, const void *regs, __u32 repeat)
{
	char zero[168] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.repeat = repeat;
	attr.test.ctx_in = (uintptr_t)(regs ? regs : zero);
	attr.test.ctx_size_in = sizeof(zero);
	if (xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		return -1;
	return attr.test.retval;
}

/* ---- maps ---- */

static inline int xbpf_map_new(__u32 type, const char *name, __u32 key, __u32 value, __u32 max,
			       __u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = max;
	attr.map_flags = flags;
	if (name)
		snprintf(attr.map_name, sizeof(attr.map_name), "%s", name);
	return xbpf_sys(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static inline int xbpf_map_elem(int cmd, int fd, const void *key, void *value, __u64 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	attr.flags = flags;
	return xbpf_sys(cmd, &attr, sizeof(attr));
}

static inline int xbpf_map_update(int fd, const void *key, const void *value, __u64 flags)
{
	return xbpf_map_elem(BPF_MAP_UPDATE_ELEM, fd, key, (void *)value, flags);
}

static inline int xbpf_map_lookup(int fd, const void *key, void *value)
{
	return xbpf_map_elem(BPF_MAP_LOOKUP_ELEM, fd, key, value, 0);
}

static inline int xbpf_map_delete(int fd, const void *key)
{
	return xbpf_map_elem(BPF_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

static inline int xbpf_map_next(int fd, const void *key, void *next)
{
	return xbpf_map_elem(BPF_MAP_GET_NEXT_KEY, fd, key, next, 0);
}

static inline int xbpf_map_info(int fd, struct bpf_map_info *info)
{
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info_len = sizeof(*info),
					  .info = (uintptr_t)info } };

	return xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static inline __u32 xbpf_map_id(int fd)
{
	struct bpf_map_info info = { 0 };

	return xbpf_map_info(fd, &info) ? 0 : info.id;
}

static inline int xbpf_table_new(const char *name, __u32 max)
{
	return xbpf_map_new(BPF_MAP_TYPE_PROG_ARRAY, name, 4, 4, max, 0);
}

static inline int xbpf_slot_set(int table, __u32 slot, int prog)
{
	__u32 value = (__u32)prog;

	return xbpf_map_update(table, &slot, &value, BPF_ANY);
}

static inline int xbpf_slot_clear(int table, __u32 slot)
{
	return xbpf_map_delete(table, &slot);
}

/* n counters of 8 bytes in the one value of an array, so that programs reach them directly. */
static inline int xbpf_counters_new(__u32 n)
{
	return xbpf_map_new(BPF_MAP_TYPE_ARRAY, "counters", 4, n * 8, 1, 0);
}

/* counters[i]++, whole; six instructions, R1 and R2 are lost */
#define COUNT_UP(fd, i) \
	LOAD_VALUE(R1, fd, 8 * (i)), MOV_IMM(R2, 1), ATOMIC(BPF_DW, BPF_ADD, R1, 0, R2)

static inline __u64 xbpf_counter(int fd, __u32 i)
{
	__u64 values[512];
	__u32 key = 0;

	return i >= ARRAY_SIZE(values) || xbpf_map_lookup(fd, &key, values) ? ~0ull : values[i];
}

static inline void xbpf_counters_reset(int fd)
{
	const __u64 values[512] = { 0 };
	__u32 key = 0;

	xbpf_map_update(fd, &key, values, BPF_ANY);
}

/* The id in the slot; 0: empty or no such slot. */
static inline __u32 xbpf_slot_id(int table, __u32 slot)
{
	__u32 id = 0;

	return xbpf_map_lookup(table, &slot, &id) ? 0 : id;
}

/* ---- links ---- */

static inline int xbpf_link_at(__u32 type, int prog, const char *symbol, __u64 addr, __u64 offset)
{
	struct xbpf_link_create c = {
		.type = type, .prog_fd = (__u32)prog, .symbol = (uintptr_t)symbol, .addr = addr, .offset = offset,
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static inline int xbpf_kprobe(int prog, const char *symbol)
{
	return xbpf_link_at(XBPF_LINK_KPROBE, prog, symbol, 0, 0);
}

static inline int xbpf_link_info_get(int fd, struct xbpf_link_info *info)
{
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info_len = sizeof(*info),
					  .info = (uintptr_t)info } };

	memset(info, 0, sizeof(*info));
	return xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static inline int xbpf_link_detach(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = fd;
	return xbpf_sys(BPF_LINK_DETACH, &attr, sizeof(attr));
}

/*
 * A place to probe that nobody else passes: this system call. The function's argument is the
 * user's pt_regs, where arg stands as rdi; the call gives 99 for arg 1, SCHED_FIFO.
 */
#define EVENT_SYMBOL "__x64_sys_sched_get_priority_max"

static inline long event(__u64 arg)
{
	return syscall(SYS_sched_get_priority_max, arg);
}

/* ---- ids and pins ---- */

/* cmd: BPF_PROG_GET_NEXT_ID and its siblings; 0: no more */
static inline __u32 xbpf_next_id(int cmd, __u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = id;
	return xbpf_sys(cmd, &attr, sizeof(attr)) ? 0 : attr.next_id;
}

static inline bool xbpf_id_lives(int next_cmd, __u32 id)
{
	return id && xbpf_next_id(next_cmd, id - 1) == id;
}

/* Objects are freed by a worker after a grace period: waits up to ten seconds for that. */
static inline bool xbpf_id_dies(int next_cmd, __u32 id)
{
	uint64_t end = now_ns() + 10000000000ull;

	while (xbpf_id_lives(next_cmd, id)) {
		if (now_ns() > end)
			return false;
		usleep(2000);
	}
	return true;
}

/* cmd: BPF_PROG_GET_FD_BY_ID and its siblings */
static inline int xbpf_fd_by_id(int cmd, __u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return xbpf_sys(cmd, &attr, sizeof(attr));
}

static inline int xbpf_pin(int fd, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	attr.bpf_fd = (__u32)fd;
	return xbpf_sys(BPF_OBJ_PIN, &attr, sizeof(attr));
}

static inline int xbpf_pinned(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	return xbpf_sys(BPF_OBJ_GET, &attr, sizeof(attr));
}

#endif
