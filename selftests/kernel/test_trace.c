/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links to raw tracepoints and tracepoints: what programs see of them, what is refused, how they
 * end.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>
#include "trace.h"

/* Of struct bpf_link_info, where older headers lack the fields. */
#define TYPE_RAW_TRACEPOINT	1
#define TYPE_PERF_EVENT		7
#define EVENT_TRACEPOINT	5

static const struct kind {
	const char *name, *point;
	__u32 type, prog_type;
} raw_kind = { "raw_tp", "sys_enter", XBPF_LINK_RAW_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT },
  tp_kind = { "tracepoint", "raw_syscalls/sys_enter", XBPF_LINK_TRACEPOINT,
	      BPF_PROG_TYPE_TRACEPOINT };

static int counting_prog(const struct kind *k, __u32 which, __u32 flags)
{
	int fd = typed_prog(k->prog_type, "counting", flags, COUNT_CALL(ENTER_NR, which));

	made(fd);
	return fd;
}

static int link_at(const struct kind *k, int prog)
{
	return k == &raw_kind ? raw_link(prog, k->point, "88") : tp_link(prog, k->point);
}

static void once_per_call(const struct kind *k, __u32 flags)
{
	int prog = counting_prog(k, 0, flags), link;

	link = link_at(k, prog);
	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	events(100);
	expect_eq(counted(0), 100);
	close(link);
	events(10);
	expect_eq(counted(0), 100);
	close(prog);
}

static void raw_enter(void) { once_per_call(&raw_kind, 0); }
static void raw_interp(void) { once_per_call(&raw_kind, XBPF_F_INTERP); }
static void tp_enter(void) { once_per_call(&tp_kind, 0); }
static void tp_interp(void) { once_per_call(&tp_kind, XBPF_F_INTERP); }

/* ---- raw tracepoints: arguments ---- */

/* sys_exit(regs, ret): keeps ret when the call is ours */
#define KEEP_RESULT(i)								\
	MOV_REG(R6, R1), LOAD(BPF_DW, R8, R6, 8),				\
	LOAD(BPF_DW, R3, R6, 0), ALU64_IMM(BPF_ADD, R3, 120),			\
	MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8),		\
	CALL(BPF_FUNC_probe_read_kernel),					\
	LOAD(BPF_DW, R7, R10, -8),						\
	JUMP_IMM(BPF_JNE, R7, NR, 3),						\
	KEEP(R8, i),								\
	MOV_IMM(R0, 0), EXIT

static void raw_exit(void)
{
	int prog = raw_prog("exit", 0, KEEP_RESULT(1)), link;

	if (!made(prog))
		return;
	link = raw_link(prog, "sys_exit", "88");
	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	event(1);
	expect_eq(counted(1), 99);
	event(MAGIC);
	expect_eq(counted(1), -EINVAL);
	close(link);
	/* the same as four bytes: the upper half is zero, whatever the sign */
	link = raw_link(prog, "sys_exit", "84");
	if (made(link)) {
		event(MAGIC);
		expect_eq(counted(1), (__u32)-EINVAL);
	}
	close(link);
	link = raw_link(prog, "sys_exit", "82");
	if (made(link)) {
		event(MAGIC);
		expect_eq(counted(1), (__u16)-EINVAL);
	}
	close(link);
	link = raw_link(prog, "sys_exit", "81");
	if (made(link)) {
		event(MAGIC);
		expect_eq(counted(1), (__u8)-EINVAL);
	}
	close(link);
	close(prog);
}

/*
 * Ten arguments, five of them on the stack: an allocation of per-CPU memory, which a link makes for
 * its counts.
 */
#define COUNTS_SIZE 32		/* struct xbpf_link_count of module/link/link.h */

static void raw_ten(void)
{
	int prog, link, other, empty = raw_prog("empty", 0, MOV_IMM(R0, 0), EXIT);

	prog = raw_prog("ten", 0,
		MOV_REG(R6, R1), LOAD(BPF_DW, R7, R6, 24), JUMP_IMM(BPF_JNE, R7, COUNTS_SIZE, 23),
		KEEP(R7, 3),
		LOAD(BPF_DW, R7, R6, 8), KEEP(R7, 1),
		LOAD(BPF_DW, R7, R6, 32), KEEP(R7, 4),
		LOAD(BPF_DW, R7, R6, 64), KEEP(R7, 8),
		LOAD(BPF_DW, R7, R6, 72), KEEP(R7, 9),
		COUNT_UP(counters, 10),
		MOV_IMM(R0, 0), EXIT);
	if (!made(prog) || !made(empty))
		return;
	link = raw_link(prog, "percpu_alloc_percpu", "8118884884");
	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	other = raw_link(empty, "sys_enter", "");
	made(other);
	expect_eq(counted(3), COUNTS_SIZE);
	expect_eq(counted(1), 0);	/* reserved: of one byte */
	expect_eq(counted(4), 8);	/* alignment */
	expect(counted(8) >= 16, "bytes_alloc %llu", (unsigned long long)counted(8));
	expect(counted(9) && counted(9) < 1 << 30, "gfp 0x%llx", (unsigned long long)counted(9));
	expect(counted(10) >= 1);
	close(other);
	close(link);
	close(empty);
	close(prog);
}

static void raw_sizes(void)
{
	int prog = counting_prog(&raw_kind, 0, 0), link;

	refused(raw_link(prog, "sys_enter", ""), EACCES);
	expect(xbpf_said("reads argument 2; arg_size must say how many there are"), "%s", xbpf_words());
	refused(raw_link(prog, "sys_enter", "8"), EACCES);
	expect(xbpf_said("reads argument 2, the tracepoint has 1"), "%s", xbpf_words());
	refused(raw_link(prog, "sys_enter", "83"), EINVAL);
	expect(xbpf_said("argument 2 has 3 bytes"), "%s", xbpf_words());
	refused(raw_link(prog, "sys_enter", "808"), EINVAL);
	expect(xbpf_said("argument 2 has no size, but later ones have"), "%s", xbpf_words());
	refused(raw_link(prog, "sys_enter", "8888888888888"), EINVAL);
	expect(xbpf_said("at most 12 arguments"), "%s", xbpf_words());
	/* more than there are: masked by nobody, but never beyond the stack */
	link = raw_link(prog, "sys_enter", "888888888888");
	made(link);
	close(link);
	close(prog);
}

static void raw_blind(void)
{
	int prog = raw_prog("blind", 0, COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT), link;

	xbpf_counters_reset(counters);
	link = raw_link(prog, "sys_enter", "");
	made(link);
	events(10);
	expect(counted(0) >= 10);
	close(link);
	close(prog);
}

static void raw_switch(void)
{
	int prog = raw_prog("switch", 0, LOAD(BPF_DW, R7, R1, 8), KEEP(R7, 1),
			    COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
	int link = raw_link(prog, "sched_switch", "1888"), i;

	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	for (i = 0; i < 50 && counted(0) < 20; i++)
		usleep(1000);
	expect(counted(0) >= 20, "%llu", (unsigned long long)counted(0));
	expect(counted(1) >> 47, "prev is a kernel pointer: 0x%llx", (unsigned long long)counted(1));
	close(link);
	close(prog);
}

static int module_refs(const char *module)
{
	char path[128], line[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	f = fopen(path, "r");
	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	return atoi(line);
}

/* The guest shares this folder by 9p, a module with tracepoints of its own. */
static void raw_module(void)
{
	int prog = raw_prog("module", 0, LOAD(BPF_DW, R7, R1, 8), KEEP(R7, 1),
			    COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
	int refs = module_refs("9pnet"), link = raw_link(prog, "9p_client_req", "814");
	struct stat st;

	if (!made(link))
		return;
	expect_eq(module_refs("9pnet"), refs + 1);	/* it stays loaded */
	xbpf_counters_reset(counters);
	stat("/mnt/share/there_is_no_such_file", &st);
	expect(counted(0) >= 1, "%llu", (unsigned long long)counted(0));
	expect(counted(1) > 0 && counted(1) < 256, "type %llu", (unsigned long long)counted(1));
	close(link);
	expect_eq(module_refs("9pnet"), refs);
	close(prog);
}

static void raw_names(void)
{
	int prog = counting_prog(&raw_kind, 0, 0);
	struct xbpf_link_create c = { .type = XBPF_LINK_RAW_TRACEPOINT, .prog_fd = (__u32)prog };
	char longest[200];

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	refused(raw_link(prog, "no_such_point", "88"), ENOENT);
	expect(xbpf_said("no_such_point: the kernel has no such tracepoint"), "%s", xbpf_words());
	refused(raw_link(prog, "sched/sched_switch", "88"), ENOENT);
	refused(raw_link(prog, "", "88"), EINVAL);
	refused(raw_link(prog, longest, "88"), EINVAL);
	refused(xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c)), EINVAL);
	c.symbol = 8;
	refused(xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c)), EFAULT);
	refused(raw_link(prog, "xbpf_trace_printk", "84"), EINVAL);
	expect(xbpf_said("part of xbpf itself"), "%s", xbpf_words());
	close(prog);
}

/* ---- tracepoints: records ---- */

static void tp_fields(void)
{
	/* syscalls/sys_enter_*: number, then the arguments as longs */
	int prog = tp_prog("call", 0, MOV_REG(R6, R1), LOAD(BPF_W, R7, R6, 8), LOAD(BPF_DW, R8, R6, 16),
			   JUMP_IMM(BPF_JNE, R8, MAGIC, 6), KEEP(R7, 0), KEEP(R8, 1), MOV_IMM(R0, 0), EXIT);
	int link = made(prog) ? tp_link(prog, "syscalls/sys_enter_sched_get_priority_max") : -1;

	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	event(1);
	event(MAGIC);
	expect_eq(counted(0), NR);
	expect_eq(counted(1), MAGIC);
	close(link);
	close(prog);
}

static void tp_result(void)
{
	int prog = tp_prog("exit", 0, MOV_REG(R6, R1), LOAD(BPF_DW, R7, R6, 8), LOAD(BPF_DW, R8, R6, 16),
			   JUMP_IMM(BPF_JNE, R7, NR, 3), KEEP(R8, 0), MOV_IMM(R0, 0), EXIT);
	int link = made(prog) ? tp_link(prog, "raw_syscalls/sys_exit") : -1;

	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	event(1);
	expect_eq(counted(0), 99);
	event(MAGIC);
	expect_eq(counted(0), -EINVAL);
	close(link);
	close(prog);
}

/* A string of its own length: its place in the record is told by a number in it. */
static void tp_dynamic(void)
{
	int prog = tp_prog("exec", 0,
		MOV_REG(R6, R1), LOAD(BPF_W, R7, R6, 8), ALU64_IMM(BPF_AND, R7, 0xffff),
		MOV_REG(R3, R6), ALU64_REG(BPF_ADD, R3, R7),
		LOAD_VALUE(R1, counters, 0), MOV_IMM(R2, 16), CALL(BPF_FUNC_probe_read_kernel_str),
		KEEP(R0, 5), MOV_IMM(R0, 0), EXIT);
	int link = made(prog) ? tp_link(prog, "sched/sched_process_exec") : -1, status;
	__u64 values[512];
	__u32 key = 0;
	pid_t pid;

	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	pid = fork();
	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	close(link);
	xbpf_map_lookup(counters, &key, values);
	expect_str((char *)values, "/bin/true");
	expect_eq(values[5], 10);
	close(prog);
}

static void tp_bounds(void)
{
	/* raw_syscalls/sys_exit: 24 bytes */
	int fits = tp_prog("fits", 0, LOAD(BPF_DW, R0, R1, 16), EXIT);
	int beyond = tp_prog("beyond", 0, LOAD(BPF_B, R0, R1, 24), EXIT);
	int call = tp_prog("call", 0, LOAD(BPF_DW, R0, R1, 24), EXIT);
	int link;

	link = tp_link(fits, "raw_syscalls/sys_exit");
	made(link);
	close(link);
	refused(tp_link(beyond, "raw_syscalls/sys_exit"), EACCES);
	expect(xbpf_said("reads 25 bytes of the record, which has 24"), "%s", xbpf_words());
	refused(tp_link(call, "syscalls/sys_enter_sched_get_priority_max"), EACCES);
	expect(xbpf_said("reads 32 bytes of the record, which has 24"), "%s", xbpf_words());
	/* the first 8 bytes are the kernel's own, and a record ends before 2048 */
	refused(tp_prog("common", 0, LOAD(BPF_W, R0, R1, 0), EXIT), EACCES);
	refused(tp_prog("far", 0, LOAD(BPF_W, R0, R1, 2048), EXIT), EACCES);
	refused(tp_prog("write", 0, STORE_IMM(BPF_DW, R1, 8, 1), MOV_IMM(R0, 0), EXIT), EACCES);
	close(fits);
	close(beyond);
	close(call);
}

static void tp_names(void)
{
	int prog = counting_prog(&tp_kind, 0, 0);
	struct xbpf_link_create c = { .type = XBPF_LINK_TRACEPOINT, .prog_fd = (__u32)prog };

	refused(tp_link(prog, "sched/no_such_event"), ENOENT);
	expect(xbpf_said("sched/no_such_event: the kernel has no such tracepoint"), "%s", xbpf_words());
	refused(tp_link(prog, "no_such/sched_switch"), ENOENT);
	refused(tp_link(prog, "sched_switch"), EINVAL);
	expect(xbpf_said("category/name"), "%s", xbpf_words());
	refused(tp_link(prog, ""), EINVAL);
	refused(xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c)), EINVAL);
	refused(tp_link(prog, "xbpf/xbpf_trace_printk"), EINVAL);
	expect(xbpf_said("part of xbpf itself"), "%s", xbpf_words());
	close(prog);
}

/* ---- both ---- */

static void wrong_type(void)
{
	int raw = counting_prog(&raw_kind, 0, 0), tp = counting_prog(&tp_kind, 0, 0);

	refused(raw_link(tp, "sys_enter", "88"), EINVAL);
	expect(xbpf_said("wants a raw_tracepoint program"), "%s", xbpf_words());
	refused(tp_link(raw, "raw_syscalls/sys_enter"), EINVAL);
	expect(xbpf_said("wants a tracepoint program"), "%s", xbpf_words());
	refused(xbpf_kprobe(raw, EVENT_SYMBOL), EINVAL);
	refused(raw_link(counters, "sys_enter", "88"), EBADF);
	close(raw);
	close(tp);
}

static void unused_members(const struct kind *k)
{
	int prog = counting_prog(k, 0, 0);
	const struct xbpf_link_create good = {
		.type = k->type, .prog_fd = (__u32)prog, .symbol = (uintptr_t)k->point,
	};
	struct xbpf_link_create c;

#define BAD(member, value)							\
	do {									\
		c = good;							\
		c.member = (value);						\
		refused(xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c)), EINVAL);	\
	} while (0)
	BAD(addr, 1);
	BAD(offset, 1);
	BAD(target, 1);
	BAD(priority, -1);
	BAD(symbols, 1);
	BAD(cookies, 1);
	BAD(count, 1);
	BAD(reserved, 1);
	BAD(flags, 1);
	close(prog);
}

static void unused_raw(void) { unused_members(&raw_kind); }
static void unused_tp(void) { unused_members(&tp_kind); }

static void two_links(const struct kind *k)
{
	int prog = counting_prog(k, 0, 0), other = counting_prog(k, 1, XBPF_F_INTERP);
	int a = link_at(k, prog), b = link_at(k, prog), c = link_at(k, other);

	made(a);
	made(b);
	made(c);
	xbpf_counters_reset(counters);
	events(20);
	expect_eq(counted(0), 40);
	expect_eq(counted(1), 20);
	close(a);
	events(20);
	expect_eq(counted(0), 60);
	expect_eq(counted(1), 40);
	close(b);
	close(c);
	close(prog);
	close(other);
}

static void two_raw(void) { two_links(&raw_kind); }
static void two_tp(void) { two_links(&tp_kind); }

static void every_cpu(const struct kind *k)
{
	int prog = counting_prog(k, 0, 0), link = link_at(k, prog);
	struct caller c[2];
	__u64 calls;

	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	caller_start(&c[0], 0);
	caller_start(&c[1], 1);
	usleep(50000);
	calls = caller_end(&c[0]) + caller_end(&c[1]);
	expect_eq(counted(0), calls);
	close(link);
	close(prog);
}

static void cpus_raw(void) { every_cpu(&raw_kind); }
static void cpus_tp(void) { every_cpu(&tp_kind); }

static void cookie_of(const struct kind *k)
{
	int prog = typed_prog(k->prog_type, "cookie", 0, CALL(BPF_FUNC_get_attach_cookie), KEEP(R0, 0),
			      MOV_IMM(R0, 0), EXIT);
	struct xbpf_link_create c = {
		.type = k->type, .prog_fd = (__u32)prog, .symbol = (uintptr_t)k->point,
		.cookie = 0x1122334455667788,
	};
	int link = xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));

	made(link);
	xbpf_counters_reset(counters);
	events(1);
	expect_eq(counted(0), 0x1122334455667788);
	close(link);
	close(prog);
}

static void cookie_raw(void) { cookie_of(&raw_kind); }
static void cookie_tp(void) { cookie_of(&tp_kind); }

/* Nothing is counted behind a detach, while both CPUs make calls. */
static void detach_in_flow(const struct kind *k)
{
	int prog = counting_prog(k, 0, 0), link, i;
	struct xbpf_link_info info;
	struct caller c[2];
	__u64 before;

	caller_start(&c[0], 0);
	caller_start(&c[1], 1);
	for (i = 0; i < 5; i++) {
		link = link_at(k, prog);
		if (!made(link))
			break;
		usleep(2000);
		expect_eq(xbpf_link_detach(link), 0);
		before = counted(0);
		usleep(2000);
		expect_eq(counted(0), before);
		expect_eq(xbpf_link_info_get(link, &info), 0);
		expect_eq(info.attached, 0);
		expect_eq(info.prog_id, 0);
		expect_eq(xbpf_link_detach(link), 0);	/* again: nothing */
		close(link);
	}
	caller_end(&c[0]);
	caller_end(&c[1]);
	close(prog);
}

static void flow_raw(void) { detach_in_flow(&raw_kind); }
static void flow_tp(void) { detach_in_flow(&tp_kind); }

/* Rounds that leave the program with its one reference: it dies with its fd. */
static void rounds(const struct kind *k, int n)
{
	int prog = counting_prog(k, 0, 0), i, link;
	__u32 id = xbpf_prog_id(prog), last = 0, next;

	for (i = 0; i < n; i++) {
		link = link_at(k, prog);
		if (!made(link))
			break;
		event(MAGIC);
		close(link);
	}
	close(prog);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id), "program %u stays", id);
	while ((next = xbpf_next_id(BPF_LINK_GET_NEXT_ID, last)))
		last = next;
	expect_eq(last, 0);
}

static void rounds_raw(void) { rounds(&raw_kind, 200); }
static void rounds_tp(void) { rounds(&tp_kind, 50); }

static void info_raw(void)
{
	int prog = counting_prog(&raw_kind, 0, 0), link = raw_link(prog, "sys_enter", "88");
	char name[32] = "";
	struct xbpf_link_info info = { .raw_tracepoint = { .tp_name = (uintptr_t)name,
							   .tp_name_len = sizeof(name) } };
	union bpf_attr attr = { .info = { .bpf_fd = link, .info_len = sizeof(info),
					  .info = (uintptr_t)&info } };

	made(link);
	events(3);
	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	expect_eq(info.type, TYPE_RAW_TRACEPOINT);
	expect_eq(info.prog_id, xbpf_prog_id(prog));
	expect_str(name, "sys_enter");
	expect_eq(info.raw_tracepoint.tp_name_len, 10);
	expect_eq(info.link_type, XBPF_LINK_RAW_TRACEPOINT);
	expect_eq(info.attached, 1);
	expect_str(info.name, "sys_enter");
	expect(info.run_cnt >= 3);
	memset(&info, 0, sizeof(info));
	info.raw_tracepoint.tp_name = (uintptr_t)name;
	info.raw_tracepoint.tp_name_len = 4;
	refused(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), ENOSPC);
	expect_str(name, "sys");
	memset(&info, 0, sizeof(info));
	info.raw_tracepoint.tp_name = (uintptr_t)name;
	refused(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), EINVAL);
	close(link);
	close(prog);
}

static void info_tp(void)
{
	int prog = counting_prog(&tp_kind, 0, 0), link;
	char name[64] = "", line[256], all[1024] = "", path[64];
	struct xbpf_link_info info = { .tracepoint = { .tp_name = (uintptr_t)name,
						       .name_len = sizeof(name) } };
	struct xbpf_link_create c = {
		.type = XBPF_LINK_TRACEPOINT, .prog_fd = (__u32)prog,
		.symbol = (uintptr_t)tp_kind.point, .cookie = 7,
	};
	union bpf_attr attr = { .info = { .info_len = sizeof(info), .info = (uintptr_t)&info } };
	FILE *f;

	link = xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
	made(link);
	attr.info.bpf_fd = link;
	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	expect_eq(info.type, TYPE_PERF_EVENT);
	expect_eq(info.event_type, EVENT_TRACEPOINT);
	expect_str(name, tp_kind.point);
	expect_eq(info.tracepoint.name_len, strlen(name) + 1);
	expect_eq(info.tracepoint.cookie, 7);
	expect_eq(info.link_cookie, 7);
	expect_eq(info.link_type, XBPF_LINK_TRACEPOINT);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", link);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		strncat(all, line, sizeof(all) - strlen(all) - 1);
	if (f)
		fclose(f);
	expect(strstr(all, "link_type:\tperf\n") && strstr(all, "run_cnt:\t"), "%s", all);
	close(link);
	close(prog);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

/* A CPU that leaves takes its perf events along; those that come back must be seen again. */
static void hotplug(void)
{
	static const char path[] = "/sys/devices/system/cpu/cpu1/online";
	int prog = counting_prog(&tp_kind, 0, 0), link = link_at(&tp_kind, prog), i;
	struct caller c;
	__u64 calls;

	if (!made(link))
		return;
	if (!expect(!write_file(path, "0"), "CPU 1 stays: %s", strerror(errno)))
		return;
	xbpf_counters_reset(counters);
	events(10);
	expect_eq(counted(0), 10);
	expect(!write_file(path, "1"));
	/* a worker makes the event anew */
	for (i = 0; i < 500; i++) {
		xbpf_counters_reset(counters);
		caller_start(&c, 1);
		usleep(20000);
		calls = caller_end(&c);
		if (calls && counted(0) == calls)
			break;
	}
	expect(calls && counted(0) == calls, "%llu of %llu events on the CPU that came back",
	       (unsigned long long)counted(0), (unsigned long long)calls);
	/* and one that is attached while the CPU is away */
	expect(!write_file(path, "0"));
	close(link);
	link = link_at(&tp_kind, prog);
	made(link);
	expect(!write_file(path, "1"));
	close(link);
	close(prog);
}

static void tail_calls(const struct kind *k)
{
	int table = xbpf_table_new("table", 2), entry, target, link;

	target = typed_prog(k->prog_type, "target", 0, COUNT_CALL(ENTER_NR, 1));
	entry = typed_prog(k->prog_type, "entry", 0, MOV_REG(R6, R1), MOV_IMM(R3, 1),
			   TAIL_CALL(table), MOV_IMM(R0, 0), EXIT);
	made(target);
	made(entry);
	expect_eq(xbpf_slot_set(table, 1, target), 0);
	link = link_at(k, entry);
	made(link);
	xbpf_counters_reset(counters);
	events(30);
	expect_eq(counted(1), 30);
	xbpf_slot_clear(table, 1);
	events(30);
	expect_eq(counted(1), 30);
	close(link);
	close(entry);
	close(target);
	close(table);
}

static void tail_raw(void) { tail_calls(&raw_kind); }
static void tail_tp(void) { tail_calls(&tp_kind); }

static __s64 run_on(int fd, const void *ctx, __u32 size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.ctx_in = (uintptr_t)ctx;
	attr.test.ctx_size_in = size;
	if (xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		return -1;
	return attr.test.retval;
}

static void test_runs(void)
{
	__u64 ctx[256] = { 1, 20, 300 };
	int raw = raw_prog("raw", 0, LOAD(BPF_DW, R0, R1, 16), EXIT);
	int tp = tp_prog("tp", 0, LOAD(BPF_W, R0, R1, 8), EXIT);

	made(raw);
	made(tp);
	expect_eq(run_on(raw, ctx, 96), 300);
	expect_eq(run_on(raw, ctx, 24), 300);
	expect_eq(run_on(raw, ctx, 16), 0);
	refused(run_on(raw, ctx, 104), EINVAL);
	expect_eq(run_on(tp, ctx, sizeof(ctx)), 20);
	expect_eq(run_on(tp, ctx, 16), 20);
	refused(run_on(tp, ctx, sizeof(ctx) + 8), EINVAL);
	close(raw);
	close(tp);
}

static void pinned_link(void)
{
	int prog = counting_prog(&raw_kind, 0, 0), link = link_at(&raw_kind, prog), again;

	expect_eq(xbpf_mount(), 0);
	made(link);
	expect_eq(xbpf_pin(link, XBPF_FS_PATH "/test_trace"), 0);
	close(link);
	close(prog);
	xbpf_counters_reset(counters);
	events(5);
	expect_eq(counted(0), 5);
	again = xbpf_pinned(XBPF_FS_PATH "/test_trace");
	made(again);
	close(again);
	unlink(XBPF_FS_PATH "/test_trace");
	events(5);
	expect_eq(counted(0), 5);
}

static const struct tap_test tests[] = {
	{ "raw_tp: sys_enter's number arrives, once per call", raw_enter },
	{ "raw_tp: interpreted too", raw_interp },
	{ "raw_tp: sys_exit's result, and narrow arguments are zero-extended", raw_exit },
	{ "raw_tp: ten arguments, some on the stack", raw_ten },
	{ "raw_tp: arg_size is checked, and what the program reads against it", raw_sizes },
	{ "raw_tp: a program that reads nothing needs no arg_size", raw_blind },
	{ "raw_tp: sched_switch", raw_switch },
	{ "raw_tp: a tracepoint of a module", raw_module },
	{ "raw_tp: names that are none", raw_names },
	{ "tracepoint: raw_syscalls/sys_enter, once per call", tp_enter },
	{ "tracepoint: interpreted too", tp_interp },
	{ "tracepoint: the fields of syscalls/sys_enter_*", tp_fields },
	{ "tracepoint: the result in sys_exit's record", tp_result },
	{ "tracepoint: a string of its own length", tp_dynamic },
	{ "tracepoint: reads end with the record", tp_bounds },
	{ "tracepoint: names that are none", tp_names },
	{ "a program of another type", wrong_type },
	{ "raw_tp: members that it has no use for are 0", unused_raw },
	{ "tracepoint: members that it has no use for are 0", unused_tp },
	{ "raw_tp: several links at one place", two_raw },
	{ "tracepoint: several links at one place", two_tp },
	{ "raw_tp: events of both CPUs, none lost", cpus_raw },
	{ "tracepoint: events of both CPUs, none lost", cpus_tp },
	{ "raw_tp: cookie", cookie_raw },
	{ "tracepoint: cookie", cookie_tp },
	{ "raw_tp: detached while events flow", flow_raw },
	{ "tracepoint: detached while events flow", flow_tp },
	{ "raw_tp: 200 rounds leave nothing", rounds_raw },
	{ "tracepoint: 50 rounds leave nothing", rounds_tp },
	{ "raw_tp: info", info_raw },
	{ "tracepoint: info", info_tp },
	{ "tracepoint: a CPU that goes and comes back", hotplug },
	{ "raw_tp: tail calls", tail_raw },
	{ "tracepoint: tail calls", tail_tp },
	{ "test runs of both types", test_runs },
	{ "a pinned link lives on", pinned_link },
};

int main(int argc, char **argv)
{
	/* for scripts: one event */
	if (argc > 1 && !strcmp(argv[1], "--call")) {
		event(MAGIC);
		return 0;
	}
	tap_begin();
	counters = xbpf_counters_new(64);
	return tap_run(tests, tap_count(tests));
}
