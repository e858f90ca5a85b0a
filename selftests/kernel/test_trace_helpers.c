/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of tracing programs.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/stat.h>
#include "trace.h"

/* The value of a read-only map, frozen: what the compiler makes of constant strings. */
static int constant(const char *text)
{
	char value[128] = "";
	int fd = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "ro", 4, sizeof(value), 1, BPF_F_RDONLY_PROG);
	union bpf_attr attr;
	__u32 key = 0;

	snprintf(value, sizeof(value), "%s", text);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	expect(!xbpf_map_update(fd, &key, value, BPF_ANY) && !xbpf_sys(BPF_MAP_FREEZE, &attr,
	       sizeof(attr)));
	return fd;
}

/* Attached to the event, which happens once; counters hold what it kept. */
static void at_event(int prog)
{
	int link;

	if (!made(prog))
		return;
	link = xbpf_kprobe(prog, EVENT_SYMBOL);
	made(link);
	xbpf_counters_reset(counters);
	event(MAGIC);
	close(link);
	close(prog);
}

static void bytes(void *to, size_t n)
{
	__u64 values[512];
	__u32 key = 0;

	xbpf_map_lookup(counters, &key, values);
	memcpy(to, values, n);
}

static void clocks(void)
{
	__u64 real = now_ns();

	at_event(kprobe_prog("clocks", 0, CALL(160), KEEP(R0, 0), CALL(208), KEEP(R0, 1),
			     CALL(BPF_FUNC_ktime_get_ns), KEEP(R0, 2), MOV_IMM(R0, 0), EXIT));
	expect(counted(0) + 100000000 >= real, "coarse %llu, now %llu",
	       (unsigned long long)counted(0), (unsigned long long)real);
	expect(counted(2) >= counted(0) && counted(2) - counted(0) < 1000000000);
	expect(counted(1) > 1000000000000000000ull, "TAI %llu", (unsigned long long)counted(1));
}

static void current_task(void)
{
	at_event(kprobe_prog("task", 0, CALL(BPF_FUNC_get_current_task), KEEP(R0, 0),
			     MOV_IMM(R0, 0), EXIT));
	expect((__s64)counted(0) < 0, "0x%llx", (unsigned long long)counted(0));
}

static void cgroup(void)
{
	at_event(kprobe_prog("cgroup", 0, CALL(BPF_FUNC_get_current_cgroup_id), KEEP(R0, 0),
			     MOV_IMM(R1, 0), CALL(123), KEEP(R0, 1), MOV_IMM(R1, 40), CALL(123), KEEP(R0, 2),
			     MOV_IMM(R1, -1), CALL(123), KEEP(R0, 3), MOV_IMM(R0, 0), EXIT));
	expect(counted(0) >= 1);
	expect_eq(counted(1), 1);	/* the root of the hierarchy */
	expect_eq(counted(2), 0);	/* nobody is that deep */
	expect_eq(counted(3), 0);
}

static void pid_namespace(void)
{
	struct stat st;

	if (!expect(!stat("/proc/self/ns/pid", &st)))
		return;
	at_event(kprobe_prog("ns", 0,
			     LOAD64(R1, st.st_dev), LOAD64(R2, st.st_ino), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8),
			     MOV_IMM(R4, 8), CALL(120), KEEP(R0, 0), LOAD(BPF_W, R7, R10, -8), KEEP(R7, 1),
			     LOAD(BPF_W, R7, R10, -4), KEEP(R7, 2),
			     LOAD64(R1, st.st_dev), LOAD64(R2, st.st_ino + 1), MOV_REG(R3, R10),
			     ALU64_IMM(BPF_ADD, R3, -8),
			     MOV_IMM(R4, 8), CALL(120), KEEP(R0, 3), LOAD(BPF_DW, R7, R10, -8), KEEP(R7, 4),
			     MOV_IMM(R0, 0), EXIT));
	expect_eq(counted(0), 0);
	expect_eq(counted(1), syscall(SYS_gettid));
	expect_eq(counted(2), getpid());
	expect_eq(counted(3), -EINVAL);
	expect_eq(counted(4), 0);
}

/* snprintf(counters + 16, room, fmt, args, n * 8); counters[0] is its result */
static void print(const char *fmt, __u32 room, const __u64 *args, __u32 n)
{
	const __u64 a[3] = { n > 0 ? args[0] : 0, n > 1 ? args[1] : 0, n > 2 ? args[2] : 0 };
	int map = constant(fmt);

	at_event(kprobe_prog("print", 0,
			     LOAD64(R7, a[0]), STORE(BPF_DW, R10, -24, R7), LOAD64(R7, a[1]),
			     STORE(BPF_DW, R10, -16, R7),
			     LOAD64(R7, a[2]), STORE(BPF_DW, R10, -8, R7),
			     LOAD_VALUE(R1, counters, 16), MOV_IMM(R2, room), LOAD_VALUE(R3, map, 0),
			     MOV_REG(R4, R10), ALU64_IMM(BPF_ADD, R4, -24), MOV_IMM(R5, 8 * n), CALL(165),
			     KEEP(R0, 0), MOV_IMM(R0, 0), EXIT));
	close(map);
}

static void printed(const char *fmt, __u32 room, const __u64 *args, __u32 n, long result,
		    const char *text)
{
	char got[256];

	print(fmt, room, args, n);
	bytes(got, sizeof(got));
	expect_eq(counted(0), result);
	if (text)
		expect_str(got + 16, text);
}

static void snprintf_numbers(void)
{
	const __u64 args[] = { (__u64)-5, 0x1ffffffffull, 77 };

	printed("%d %u %lx|", 64, args, 3, 18, "-5 4294967295 4d|");
	printed("%lld %llu %05d", 64, args, 3, 20, "-5 8589934591 00077");
	printed("plain 100%%", 64, args, 0, 11, "plain 100%");
	printed("%c%c", 64, (const __u64[]){ 'x', 'y' }, 2, 3, "xy");
	printed("took %us", 64, (const __u64[]){ 3 }, 1, 8, "took 3s");
	printed("", 64, args, 0, 1, "");
}

static void snprintf_cut(void)
{
	char got[256];

	printed("%lld and more", 8, (const __u64[]){ 12345 }, 1, 15, "12345 a");
	print("%lld", 1, (const __u64[]){ 12345 }, 1);
	bytes(got, sizeof(got));
	expect_eq(counted(0), 6);
	expect_eq(got[16], 0);
}

/* Whatever there is no room for: nothing of what the buffer held before stays. */
static void snprintf_clears(void)
{
	char got[256];
	int map = constant("ab");

	at_event(kprobe_prog("clears", 0,
			     LOAD_VALUE(R6, counters, 16), STORE_IMM(BPF_B, R6, 0, 0x5a),
			     MOV_REG(R1, R6), MOV_IMM(R2, 1), LOAD_VALUE(R3, map, 0),
			     MOV_REG(R4, R10), ALU64_IMM(BPF_ADD, R4, -8), STORE_IMM(BPF_DW, R4, 0, 0),
			     MOV_IMM(R5, 0), CALL(165), KEEP(R0, 0), MOV_IMM(R0, 0), EXIT));
	bytes(got, sizeof(got));
	expect_eq(counted(0), 3);
	expect_eq(got[16], 0);
	close(map);
}

static void snprintf_bad(void)
{
	const __u64 args[] = { 1, 2, 3 };

	printed("%n", 64, args, 1, -EINVAL, "");
	printed("%d %d", 64, args, 1, -EINVAL, "");
	printed("%f", 64, args, 1, -EINVAL, "");
	printed("%", 64, args, 1, -EINVAL, "");
	printed("%p\x01", 64, args, 1, -EINVAL, "");
	printed("%9999d", 64, args, 1, -EINVAL, "");
	printed("%ld", 64, args, 3, 2, "1");	/* arguments that nobody wants are fine */
}

static void snprintf_pointers(void)
{
	static const char text[] = "user's";
	static const unsigned char address4[4] = { 10, 1, 2, 3 };
	char got[256];

	printed("<%pus>", 64, (const __u64[]){ (uintptr_t)text }, 1, 9, "<user's>");
	printed("<%s>", 64, (const __u64[]){ 8 }, 1, 10, "<(fault)>");
	printed("<%pks>", 64, (const __u64[]){ 8 }, 1, 10, "<(fault)>");
	printed("%px", 64, (const __u64[]){ 0x1234 }, 1, 17, "0000000000001234");
	/* addresses of the internet are read from the kernel's memory alone */
	printed("%pI4", 64, (const __u64[]){ (uintptr_t)address4 }, 1, 8, "0.0.0.0");
	print("%pS", 64, (const __u64[]){ 0 }, 1);
	bytes(got, sizeof(got));
	expect((long)counted(0) > 1);
}

static void const_only(void)
{
	int map = constant("%d"), writable = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "rw", 4, 16, 1, 0);

	/* a format that may change, and one on the stack */
	refused(kprobe_prog("rw", 0, LOAD_VALUE(R1, counters, 0), MOV_IMM(R2, 8),
			    LOAD_VALUE(R3, writable, 0), MOV_IMM(R4, 0),
			    MOV_IMM(R5, 0), CALL(165), MOV_IMM(R0, 0), EXIT), EACCES);
	refused(kprobe_prog("stack", 0, STORE_IMM(BPF_DW, R10, -8, 0), LOAD_VALUE(R1, counters, 0),
			    MOV_IMM(R2, 8),
			    MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, 0), MOV_IMM(R5, 0), CALL(165),
			    MOV_IMM(R0, 0), EXIT), EACCES);
	close(map);
	close(writable);
}

static void compare(void)
{
	int map = constant("needle");

	at_event(kprobe_prog("strncmp", 0,
			     LOAD64(R7, 0x656c6465656eull), STORE(BPF_DW, R10, -8, R7),	/* "needle" */
			     MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8), LOAD_VALUE(R3, map, 0),
			     CALL(182), KEEP(R0, 0),
			     STORE_IMM(BPF_B, R10, -4, 'x'),
			     MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8), LOAD_VALUE(R3, map, 0),
			     CALL(182), KEEP(R0, 1),
			     MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 4), LOAD_VALUE(R3, map, 0),
			     CALL(182), KEEP(R0, 2), MOV_IMM(R0, 0), EXIT));
	expect_eq((__s32)counted(0), 0);
	expect((__s32)counted(1) > 0, "%d", (__s32)counted(1));
	expect_eq((__s32)counted(2), 0);
	close(map);
}

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static int signal_prog(int helper, int sig)
{
	return kprobe_prog("signal", 0, MOV_IMM(R1, sig), CALL(helper), KEEP(R0, 0), MOV_IMM(R0, 0), EXIT);
}

static void send_signals(void)
{
	int i;

	signal(SIGUSR1, on_signal);
	signals = 0;
	at_event(signal_prog(109, SIGUSR1));
	for (i = 0; i < 1000 && !signals; i++)
		usleep(1000);
	expect_eq(counted(0), 0);
	expect_eq(signals, 1);
	at_event(signal_prog(117, SIGUSR1));
	for (i = 0; i < 1000 && signals < 2; i++)
		usleep(1000);
	expect_eq(counted(0), 0);
	expect_eq(signals, 2);
	at_event(signal_prog(109, 1000));
	expect_eq(counted(0), -EINVAL);
	/* nothing is sent; of a signal without a bit this process would die */
	at_event(signal_prog(109, 0));
	expect_eq(counted(0), 0);
	at_event(signal_prog(117, 0));
	expect_eq(counted(0), 0);
	at_event(signal_prog(117, 65));
	expect_eq(counted(0), -EINVAL);
	at_event(signal_prog(117, -1));
	expect_eq(counted(0), -EINVAL);
	usleep(20000);
	expect_eq(signals, 2);
	signal(SIGUSR1, SIG_DFL);
}

static int func_ip_prog(void)
{
	return kprobe_prog("ip", 0, CALL(BPF_FUNC_get_func_ip), KEEP(R0, 0), COUNT_UP(counters, 1),
			   MOV_IMM(R0, 0), EXIT);
}

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

static void func_ip(void)
{
	__u64 at = address(EVENT_SYMBOL);
	int prog, link;

	at_event(func_ip_prog());
	expect_eq(counted(0), at);
	prog = func_ip_prog();
	link = xbpf_link_at(XBPF_LINK_KRETPROBE, prog, EVENT_SYMBOL, 0, 0);
	made(link);
	xbpf_counters_reset(counters);
	event(MAGIC);
	expect_eq(counted(0), at);
	expect_eq(counted(1), 1);
	close(link);
	/* not at the function's entry: none */
	link = -1;
	for (int off = 5; off < 24 && link < 0; off++)
		link = xbpf_link_at(XBPF_LINK_KPROBE, prog, EVENT_SYMBOL, 0, off);
	made(link);
	xbpf_counters_reset(counters);
	event(MAGIC);
	expect_eq(counted(0), 0);
	expect_eq(counted(1), 1);
	close(link);
	expect_eq(xbpf_run(prog, NULL, 1), 0);
	expect_eq(counted(0), 0);
	close(prog);
	/* tracepoints are at no function's entry */
	refused(raw_prog("ip", 0, CALL(BPF_FUNC_get_func_ip), MOV_IMM(R0, 0), EXIT), EINVAL);
}

/* get_stack(ctx, counters + 8, 40 * 8, flags), result in counters[0] */
#define STACK(flags)								\
	MOV_REG(R6, R1), LOAD_VALUE(R2, counters, 8), MOV_IMM(R3, 320), MOV_IMM(R4, flags), \
	CALL(BPF_FUNC_get_stack), KEEP(R0, 0), MOV_IMM(R0, 0), EXIT

static bool in_stack(__u64 from, __u64 size)
{
	__u64 values[41];
	int i;

	bytes(values, sizeof(values));
	for (i = 1; i <= (int)(values[0] / 8) && i < 41; i++)
		if (values[i] - from < size)
			return true;
	return false;
}

static void stack_kprobe(void)
{
	__u64 at = address(EVENT_SYMBOL), call = address("do_syscall_64"), first;

	at_event(kprobe_prog("stack", 0, STACK(0)));
	expect((__s64)counted(0) >= 16 && !(counted(0) % 8), "%lld", (long long)counted(0));
	expect(counted(1) - at < 16, "it begins with the function: 0x%llx",
	       (unsigned long long)counted(1));
	expect(in_stack(call, 4096), "do_syscall_64 is not there");
	expect_eq(xbpf_counter(counters, 1 + (__u32)(counted(0) / 8)), 0);	/* zero behind */
	first = counted(2);
	at_event(kprobe_prog("skip", 0, STACK(1)));
	expect_eq(counted(1), first);
	at_event(kprobe_prog("skip", XBPF_F_INTERP, STACK(1)));
	expect_eq(counted(1), first);
}

static void stack_user(void)
{
	at_event(kprobe_prog("user", 0, STACK(BPF_F_USER_STACK)));
	expect((__s64)counted(0) >= 8, "%lld", (long long)counted(0));
	/* the call itself: in libc's syscall(), which is in this program */
	expect(counted(1) && counted(1) >> 47 == 0, "0x%llx", (unsigned long long)counted(1));
}

static void stack_bad(void)
{
	at_event(kprobe_prog("flags", 0, STACK(BPF_F_USER_BUILD_ID | BPF_F_USER_STACK)));
	expect_eq(counted(0), -EINVAL);
	expect_eq(counted(1), 0);
	at_event(kprobe_prog("size", 0, MOV_REG(R6, R1), LOAD_VALUE(R2, counters, 8),
			     MOV_IMM(R3, 12), MOV_IMM(R4, 0),
			     CALL(BPF_FUNC_get_stack), KEEP(R0, 0), MOV_IMM(R0, 0), EXIT));
	expect_eq(counted(0), -EINVAL);
	at_event(kprobe_prog("far", 0, STACK(200)));
	expect_eq(counted(0), 0);
}

#define OURS	LOAD(BPF_DW, R7, R1, 8), JUMP_IMM(BPF_JEQ, R7, NR, 2), MOV_IMM(R0, 0), EXIT

/* Both contexts have the call's number at 8. */
static void stack_others(void)
{
	__u64 call = address("do_syscall_64");
	int prog = tp_prog("stack", 0, OURS, STACK(0)), link = made(prog) ? tp_link(prog,
		"raw_syscalls/sys_enter") : -1;

	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	event(MAGIC);
	close(link);
	close(prog);
	expect((__s64)counted(0) >= 8 && in_stack(call, 4096), "tracepoint: %lld bytes",
	       (long long)counted(0));
	prog = raw_prog("stack", 0, OURS, STACK(0));
	link = made(prog) ? raw_link(prog, "sys_enter", "88") : -1;
	if (!made(link))
		return;
	xbpf_counters_reset(counters);
	event(MAGIC);
	close(link);
	close(prog);
	expect((__s64)counted(0) >= 8 && in_stack(call, 4096), "raw_tp: %lld bytes",
	       (long long)counted(0));
}

static void by_name(void)
{
	/* what tracing programs may not do here is refused by its name */
	static const struct {
		int id;
		const char *name;
	} unknown[] = {
		{ 36, "bpf_probe_write_user#36" },
		{ 148, "bpf_copy_from_user#148" }, { 153, "bpf_per_cpu_ptr#153" },
		{ 158, "bpf_get_current_task_btf#158" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		refused(kprobe_prog("unknown", 0, CALL(unknown[i].id), MOV_IMM(R0, 0), EXIT), EINVAL);
		expect(xbpf_said(unknown[i].name), "%s", xbpf_words());
	}
}

static void vprintk(void)
{
	int map = constant("xbpf says %d %d %d %s\n"), prog, pipe;
	char line[4096] = "";
	ssize_t n = 0;
	int i;

	prog = kprobe_prog("vprintk", 0,
			   MOV_IMM(R7, 1), STORE(BPF_DW, R10, -32, R7), MOV_IMM(R7, 2), STORE(BPF_DW, R10, -24, R7),
			   MOV_IMM(R7, 3), STORE(BPF_DW, R10, -16, R7), MOV_IMM(R7, 0), STORE(BPF_DW, R10, -8, R7),
			   LOAD_VALUE(R1, map, 0), MOV_IMM(R2, 23), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -32),
			   MOV_IMM(R4, 32), CALL(177), KEEP(R0, 0),
			   LOAD_VALUE(R1, map, 0), MOV_IMM(R2, 23), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -32),
			   MOV_IMM(R4, 12), CALL(177), KEEP(R0, 1), MOV_IMM(R0, 0), EXIT);
	if (!made(prog))
		return;
	pipe = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK);
	expect(pipe >= 0, "trace_pipe: %s", strerror(errno));
	at_event(prog);
	expect_eq(counted(0), 24);
	expect_eq(counted(1), -EINVAL);
	for (i = 0; i < 200 && !strstr(line, "xbpf says"); i++) {
		n = read(pipe, line, sizeof(line) - 1);
		line[n > 0 ? n : 0] = '\0';
		usleep(5000);
	}
	expect(strstr(line, "xbpf says 1 2 3 (fault)"), "%s", line);
	close(pipe);
	close(map);
}

static const struct tap_test tests[] = {
	{ "ktime_get_coarse_ns, ktime_get_tai_ns", clocks },
	{ "get_current_task", current_task },
	{ "get_current_cgroup_id, get_current_ancestor_cgroup_id", cgroup },
	{ "get_ns_current_pid_tgid", pid_namespace },
	{ "snprintf: numbers and characters", snprintf_numbers },
	{ "snprintf: what does not fit is cut, the length is that of all", snprintf_cut },
	{ "snprintf: a buffer of one byte is cleared", snprintf_clears },
	{ "snprintf: formats that are refused", snprintf_bad },
	{ "snprintf: strings and addresses", snprintf_pointers },
	{ "snprintf: the format is constant", const_only },
	{ "strncmp", compare },
	{ "trace_vprintk", vprintk },
	{ "send_signal, send_signal_thread", send_signals },
	{ "get_func_ip", func_ip },
	{ "get_stack: the kernel's, of a kprobe", stack_kprobe },
	{ "get_stack: user space's", stack_user },
	{ "get_stack: bad flags and sizes", stack_bad },
	{ "get_stack: of tracepoints", stack_others },
	{ "helpers that are refused by name", by_name },
};

int main(void)
{
	tap_begin();
	counters = xbpf_counters_new(64);
	return tap_run(tests, tap_count(tests));
}
