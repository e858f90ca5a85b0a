/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LINK_UPDATE, and one program at many functions.
 */
#define _GNU_SOURCE
#include "trace.h"

#define OTHER_SYMBOL "__x64_sys_sched_get_priority_min"

static int kprobe_counting(__u32 which, __u32 flags)
{
	int fd = kprobe_prog("counting", flags, COUNT_UP(counters, which), MOV_IMM(R0, 0), EXIT);

	made(fd);
	return fd;
}

/* ---- update ---- */

static void update(void)
{
	int a = kprobe_counting(0, 0), b = kprobe_counting(1, 0), link = xbpf_kprobe(a, EVENT_SYMBOL);
	struct xbpf_link_info info;
	__u32 id = xbpf_prog_id(a);

	made(link);
	xbpf_counters_reset(counters);
	events(10);
	expect_eq(link_update(link, b, 0, 0), 0);
	events(20);
	expect_eq(counted(0), 10);
	expect_eq(counted(1), 20);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(info.prog_id, xbpf_prog_id(b));
	expect_eq(info.run_cnt, 30);	/* the link's, whatever program it ran */
	/* the old one is nobody's now */
	close(a);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id), "program %u stays", id);
	/* the new one is held by the link */
	close(b);
	events(5);
	expect_eq(counted(1), 25);
	close(link);
}

static void update_expected(void)
{
	int a = kprobe_counting(0, 0), b = kprobe_counting(1, 0), link = xbpf_kprobe(a, EVENT_SYMBOL);

	made(link);
	refused(link_update(link, b, BPF_F_REPLACE, (__u32)b), EPERM);
	expect(xbpf_said("runs program"), "%s", xbpf_words());
	expect_eq(link_update(link, b, BPF_F_REPLACE, (__u32)a), 0);
	refused(link_update(link, a, BPF_F_REPLACE, (__u32)a), EPERM);
	expect_eq(link_update(link, b, BPF_F_REPLACE, (__u32)b), 0);	/* by itself */
	xbpf_counters_reset(counters);
	events(3);
	expect_eq(counted(1), 3);
	close(link);
	close(a);
	close(b);
}

static void update_bad(void)
{
	int a = kprobe_counting(0, 0), b = kprobe_counting(1, 0), link = xbpf_kprobe(a, EVENT_SYMBOL);
	int raw = raw_prog("raw", 0, MOV_IMM(R0, 0), EXIT);

	made(link);
	refused(link_update(link, b, 0, (__u32)a), EINVAL);
	refused(link_update(link, b, 1, 0), EINVAL);
	refused(link_update(link, raw, 0, 0), EINVAL);
	expect(xbpf_said("this link wants a kprobe program"), "%s", xbpf_words());
	refused(link_update(link, counters, 0, 0), EBADF);
	refused(link_update(link, 999, 0, 0), EBADF);
	refused(link_update(a, b, 0, 0), EBADF);
	refused(link_update(link, b, BPF_F_REPLACE, 999), EBADF);
	expect_eq(xbpf_link_detach(link), 0);
	refused(link_update(link, b, 0, 0), ENOLINK);
	expect(xbpf_said("was detached"), "%s", xbpf_words());
	close(link);
	close(raw);
	close(a);
	close(b);
}

/* The attach point's context does not grow with the program. */
static void update_context(void)
{
	int small = raw_prog("small", 0, LOAD(BPF_DW, R0, R1, 8), EXIT);
	int large = raw_prog("large", 0, LOAD(BPF_DW, R0, R1, 16), EXIT);
	int fits = tp_prog("fits", 0, LOAD(BPF_DW, R0, R1, 16), EXIT);
	int beyond = tp_prog("beyond", 0, LOAD(BPF_DW, R0, R1, 24), EXIT);
	int link = raw_link(small, "sys_enter", "88");

	made(link);
	refused(link_update(link, large, 0, 0), EACCES);
	expect(xbpf_said("reads argument 3, the tracepoint has 2"), "%s", xbpf_words());
	expect_eq(link_update(link, small, 0, 0), 0);
	close(link);
	link = tp_link(fits, "raw_syscalls/sys_exit");
	made(link);
	refused(link_update(link, beyond, 0, 0), EACCES);
	close(link);
	close(small);
	close(large);
	close(fits);
	close(beyond);
}

/* Every call is counted by one program or the other, while they take turns. */
static void in_flow(int link, const int prog[2], int turns)
{
	struct caller c[2];
	__u64 calls;
	int i;

	xbpf_counters_reset(counters);
	caller_start(&c[0], 0);
	caller_start(&c[1], 1);
	for (i = 1; i <= turns; i++) {
		if (!expect_eq(link_update(link, prog[i & 1], BPF_F_REPLACE, (__u32)prog[!(i & 1)]), 0))
			break;
		if (!(i % 49))	/* now one program's turn, now the other's */
			usleep(1000);
	}
	calls = caller_end(&c[0]) + caller_end(&c[1]);
	expect_eq(counted(0) + counted(1), calls);
	expect(counted(0) && counted(1), "%llu and %llu", (unsigned long long)counted(0),
	       (unsigned long long)counted(1));
}

static void flow_raw(void)
{
	const int prog[2] = {
		raw_prog("a", 0, COUNT_CALL(ENTER_NR, 0)), raw_prog("b", XBPF_F_INTERP, COUNT_CALL(ENTER_NR, 1)),
	};
	int link = raw_link(prog[0], "sys_enter", "88");

	if (made(link))
		in_flow(link, prog, 500);
	close(link);
	close(prog[0]);
	close(prog[1]);
}

static void flow_tp(void)
{
	const int prog[2] = { tp_prog("a", 0, COUNT_CALL(ENTER_NR, 0)),
			      tp_prog("b", 0, COUNT_CALL(ENTER_NR, 1)) };
	int link = tp_link(prog[0], "raw_syscalls/sys_enter");

	if (made(link))
		in_flow(link, prog, 500);
	close(link);
	close(prog[0]);
	close(prog[1]);
}

static void flow_kprobe(void)
{
	const int prog[2] = { kprobe_counting(0, 0), kprobe_counting(1, XBPF_F_INTERP) };
	int link = xbpf_kprobe(prog[0], EVENT_SYMBOL);

	if (made(link))
		in_flow(link, prog, 500);
	close(link);
	close(prog[0]);
	close(prog[1]);
}

/* ---- many functions ---- */

static int multi(__u32 type, int prog, const char *const *names, const __u64 *addrs,
		 const __u64 *cookies, __u32 n)
{
	struct xbpf_link_create c = {
		.type = type, .prog_fd = (__u32)prog, .symbols = (uintptr_t)names, .addr = (uintptr_t)addrs,
		.cookies = (uintptr_t)cookies, .count = n,
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static void both(int n)
{
	while (n--) {
		event(MAGIC);
		syscall(SYS_sched_get_priority_min, MAGIC);
		syscall(SYS_sched_get_priority_min, MAGIC);
	}
}

static const char *const two[] = { EVENT_SYMBOL, OTHER_SYMBOL };

static __u64 address(const char *name)
{
	char line[512], sym[256], type;
	unsigned long long addr = 0, a;
	FILE *f = fopen("/proc/kallsyms", "r");

	while (f && !addr && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %c %255s", &a, &type, sym) == 3 && !strcmp(sym, name))
			addr = a;
	if (f)
		fclose(f);
	return addr;
}

static void multi_names(void)
{
	int prog = kprobe_counting(0, 0), link = multi(XBPF_LINK_KPROBE_MULTI, prog, two, NULL, NULL, 2);
	struct xbpf_link_info info;

	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	both(10);
	expect_eq(counted(0), 30);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(info.type, 8);
	expect_eq(info.kprobe_multi.count, 2);
	expect_eq(info.kprobe_multi.flags, 0);
	expect_eq(info.run_cnt, 30);
	expect_eq(xbpf_link_detach(link), 0);
	both(10);
	expect_eq(counted(0), 30);
	close(link);
	close(prog);
}

static void multi_addresses(void)
{
	const __u64 at[] = { address(two[0]), address(two[1]) }, cookies[] = { 11, 22 };
	__u64 addrs[2] = { 0 }, back[2] = { 0 };
	int prog = kprobe_prog("cookie", 0, MOV_REG(R6, R1), CALL(BPF_FUNC_get_attach_cookie),
			       MOV_REG(R7, R0),
			       LOAD_VALUE(R1, counters, 8), ATOMIC(BPF_DW, BPF_ADD, R1, 0, R7),
			       MOV_REG(R1, R6), CALL(BPF_FUNC_get_func_ip), KEEP(R0, 2), MOV_IMM(R0, 0), EXIT);
	int link;
	struct xbpf_link_info info = { .kprobe_multi = { .addrs = (uintptr_t)addrs,
							 .cookies = (uintptr_t)back, .count = 2 } };
	union bpf_attr attr = { .info = { .info_len = sizeof(info), .info = (uintptr_t)&info } };

	if (!made(prog))
		return;
	link = multi(XBPF_LINK_KPROBE_MULTI, prog, NULL, at, cookies, 2);
	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	event(MAGIC);
	expect_eq(counted(1), 11);
	expect_eq(counted(2), at[0]);
	syscall(SYS_sched_get_priority_min, MAGIC);
	expect_eq(counted(1), 33);
	expect_eq(counted(2), at[1]);
	attr.info.bpf_fd = link;
	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	expect((addrs[0] == at[0] && addrs[1] == at[1]) || (addrs[0] == at[1] && addrs[1] == at[0]));
	expect_eq(back[0] + back[1], 33);
	expect_eq(back[addrs[1] == at[1]], 22);
	memset(&info, 0, sizeof(info));
	info.kprobe_multi.addrs = (uintptr_t)addrs;
	info.kprobe_multi.count = 1;
	refused(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), ENOSPC);
	close(link);
	close(prog);
}

static void multi_returns(void)
{
	const __u64 cookies[] = { 5, 7 };
	int prog = kprobe_prog("returns", 0, MOV_REG(R6, R1), LOAD(BPF_DW, R7, R6, 80), KEEP(R7, 0),
			       MOV_REG(R1, R6), CALL(BPF_FUNC_get_attach_cookie), KEEP(R0, 1),
			       COUNT_UP(counters, 2), MOV_IMM(R0, 0), EXIT);
	int link;
	struct xbpf_link_info info;

	if (!made(prog))
		return;
	link = multi(XBPF_LINK_KRETPROBE_MULTI, prog, two, NULL, cookies, 2);
	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	event(1);
	expect_eq(counted(0), 99);
	expect_eq(counted(1), 5);
	syscall(SYS_sched_get_priority_min, 1);
	expect_eq(counted(0), 1);
	expect_eq(counted(1), 7);
	expect_eq(counted(2), 2);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(info.kprobe_multi.flags, 1);
	close(link);
	event(1);
	expect_eq(counted(2), 2);
	close(prog);
}

static void multi_bad(void)
{
	static const char *const missing[] = { EVENT_SYMBOL, "no_such_function", OTHER_SYMBOL };
	static const char *const twice[] = { EVENT_SYMBOL, OTHER_SYMBOL, EVENT_SYMBOL };
	static const char *const ours[] = { EVENT_SYMBOL, "xbpf_object_put" };
	const char *const nowhere[] = { EVENT_SYMBOL, (const char *)8 };
	const __u64 inside[] = { address(two[0]), address(two[1]) + 9 }, cookies[] = { 1, 2 };
	int prog = kprobe_counting(0, 0);
	struct xbpf_link_create c = {
		.type = XBPF_LINK_KPROBE_MULTI, .prog_fd = (__u32)prog, .symbols = (uintptr_t)two,
		.cookies = (uintptr_t)cookies, .cookie = 3, .count = 2,
	};
	__u32 type;

	for (type = XBPF_LINK_KPROBE_MULTI; type <= XBPF_LINK_KRETPROBE_MULTI; type++) {
		refused(multi(type, prog, missing, NULL, NULL, 3), ENOENT);
		expect(xbpf_said("no_such_function: the kernel has no such function"), "%s", xbpf_words());
		refused(multi(type, prog, twice, NULL, NULL, 3), EINVAL);
		expect(xbpf_said("twice"), "%s", xbpf_words());
		refused(multi(type, prog, ours, NULL, NULL, 2), EINVAL);
		expect(xbpf_said("part of xbpf itself"), "%s", xbpf_words());
		refused(multi(type, prog, NULL, inside, NULL, 2), EINVAL);
		expect(xbpf_said("may not be probed"), "%s", xbpf_words());
		refused(multi(type, prog, nowhere, NULL, NULL, 2), EFAULT);
		refused(multi(type, prog, (const char *const *)8, NULL, NULL, 2), EFAULT);
		refused(multi(type, prog, NULL, (const __u64 *)8, NULL, 2), EFAULT);
		refused(multi(type, prog, two, NULL, NULL, 0), EINVAL);
		refused(multi(type, prog, two, NULL, NULL, 1 << 30), EINVAL);
		refused(multi(type, prog, two, inside, NULL, 2), EINVAL);
		refused(multi(type, prog, NULL, NULL, NULL, 2), EINVAL);
		c.type = type;
		refused(xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c)), EINVAL);
	}
	/* all or nothing: none was left behind */
	xbpf_counters_reset(counters);
	both(5);
	expect_eq(counted(0), 0);
	close(prog);
}

static void multi_rounds(void)
{
	int prog = kprobe_counting(0, 0), i, link;
	__u32 id = xbpf_prog_id(prog);

	xbpf_counters_reset(counters);
	for (i = 0; i < 10; i++) {
		link = multi(i & 1 ? XBPF_LINK_KRETPROBE_MULTI : XBPF_LINK_KPROBE_MULTI, prog, two,
			     NULL, NULL, 2);
		if (!made(link))
			break;
		event(MAGIC);
		close(link);
		event(MAGIC);
	}
	expect_eq(counted(0), 10);
	close(prog);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id), "program %u stays", id);
}

static void multi_update(void)
{
	const int prog[2] = { kprobe_counting(0, 0), kprobe_counting(1, 0) };
	int link = multi(XBPF_LINK_KPROBE_MULTI, prog[0], two, NULL, NULL, 2);

	if (made(link))
		in_flow(link, prog, 300);
	close(link);
	close(prog[0]);
	close(prog[1]);
}

/*
 * A function that the program itself calls by a helper: the guard is taken, and the hit is counted
 * as missed.
 */
static void multi_nested(void)
{
	static const char *const names[] = { EVENT_SYMBOL, "copy_from_kernel_nofault" };
	int prog = kprobe_prog("nested", 0,
			       MOV_REG(R3, R1), MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8),
			       CALL(BPF_FUNC_probe_read_kernel), COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
	int link = made(prog) ? multi(XBPF_LINK_KPROBE_MULTI, prog, names, NULL, NULL, 2) : -1;
	struct xbpf_link_info info;

	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	events(50);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect(counted(0) >= 50, "%llu", (unsigned long long)counted(0));
	expect(info.miss_cnt >= 50, "missed %llu", (unsigned long long)info.miss_cnt);
	expect_eq(info.kprobe_multi.missed, info.miss_cnt);
	close(link);
	close(prog);
}

static void behind_the_end(void)
{
	int prog = kprobe_counting(0, 0);
	__u64 first = address(EVENT_SYMBOL);

	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, EVENT_SYMBOL, 0, 0x100000), EINVAL);
	expect(xbpf_said("lies behind the end of " EVENT_SYMBOL), "%s", xbpf_words());
	/* the beginning of another function is an instruction, but not one of this function's */
	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, EVENT_SYMBOL, 0,
			     (address(OTHER_SYMBOL) - first) & 0x7fffffff), EINVAL);
	close(prog);
}

static const struct tap_test tests[] = {
	{ "update: from one event to the next", update },
	{ "update: only if it is still the old one", update_expected },
	{ "update: what is refused", update_bad },
	{ "update: a program that reads more than there is", update_context },
	{ "update: raw_tp, JIT and interpreter in turns, no event is lost", flow_raw },
	{ "update: tracepoint, no event is lost", flow_tp },
	{ "update: kprobe, no event is lost", flow_kprobe },
	{ "update: many functions, no event is lost", multi_update },
	{ "many functions by name", multi_names },
	{ "many functions by address, cookies, get_func_ip", multi_addresses },
	{ "returns of many functions", multi_returns },
	{ "many functions: what is refused leaves nothing behind", multi_bad },
	{ "many functions: ten rounds leave nothing", multi_rounds },
	{ "many functions: one that the program's helper calls is missed", multi_nested },
	{ "an offset behind the function's end", behind_the_end },
};

int main(void)
{
	tap_begin();
	counters = xbpf_counters_new(64);
	return tap_run(tests, tap_count(tests));
}
