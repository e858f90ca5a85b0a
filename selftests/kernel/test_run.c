/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PROG_TEST_RUN, for both program types and in both engines, and the helpers as a program in
 * a kprobe sees them.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include "dev.h"
#include "../tap.h"

static const __u32 engines[] = { 0, XBPF_F_INTERP };

#define for_each_engine(flags) \
	for (__u32 engine_ = 0, flags; engine_ < 2 && ((flags = engines[engine_]), true); engine_++)

#define AX 80	/* struct pt_regs: offsets of x86-64 */
#define DI 112

static int run_attr(union bpf_attr *attr)
{
	return xbpf_sys(BPF_PROG_TEST_RUN, attr, sizeof(*attr));
}

static void clear(union bpf_attr *attr, int fd)
{
	memset(attr, 0, sizeof(*attr));
	attr->test.prog_fd = fd;
}

/* ---- kprobe programs ---- */

static void context(void)
{
	__u64 regs[21] = { 0 }, out[21];
	union bpf_attr attr;

	for_each_engine(flags) {
		int fd = kprobe_prog("ctx", flags, LOAD(BPF_DW, R0, R1, DI), LOAD(BPF_DW, R2, R1, 160),
				     ALU64_REG(BPF_ADD, R0, R2), EXIT);

		regs[DI / 8] = 40;
		regs[20] = 2;
		expect_eq(xbpf_run(fd, regs, 1), 42);
		expect_eq(xbpf_run(fd, NULL, 1), 0);
		clear(&attr, fd);
		memset(out, 0xa5, sizeof(out));
		attr.test.ctx_in = (uintptr_t)regs;
		attr.test.ctx_size_in = sizeof(regs);
		attr.test.ctx_out = (uintptr_t)out;
		attr.test.ctx_size_out = sizeof(out);
		expect_eq(run_attr(&attr), 0);
		expect_eq(attr.test.retval, 42);
		expect_eq(attr.test.ctx_size_out, sizeof(out));
		expect(!memcmp(out, regs, sizeof(regs)), "the context came back changed");
		close(fd);
	}
}

static void context_sizes(void)
{
	int fd = kprobe_prog("ctx", 0, LOAD(BPF_DW, R0, R1, 0), LOAD(BPF_DW, R2, R1, DI),
			     ALU64_REG(BPF_ADD, R0, R2), EXIT);
	char regs[512] = { 5 };
	union bpf_attr attr;

	clear(&attr, fd);
	expect_eq(run_attr(&attr), 0);			/* none: zeroes */
	expect_eq(attr.test.retval, 0);
	clear(&attr, fd);
	attr.test.ctx_in = (uintptr_t)regs;
	attr.test.ctx_size_in = 16;
	expect_eq(run_attr(&attr), 0);			/* short: the rest is zero */
	expect_eq(attr.test.retval, 5);
	clear(&attr, fd);
	attr.test.ctx_in = (uintptr_t)regs;
	attr.test.ctx_size_in = sizeof(regs);
	refused(run_attr(&attr), EINVAL);		/* longer than pt_regs */
	clear(&attr, fd);
	attr.test.ctx_in = 16;
	attr.test.ctx_size_in = 168;
	refused(run_attr(&attr), EFAULT);
	clear(&attr, fd);
	attr.test.data_in = (uintptr_t)regs;
	attr.test.data_size_in = 64;
	refused(run_attr(&attr), EINVAL);		/* a kprobe has no packet */
	close(fd);
}

static void run_flags(void)
{
	int fd = kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT);
	union bpf_attr attr;

	clear(&attr, fd);
	attr.test.flags = 1;
	refused(run_attr(&attr), EINVAL);
	clear(&attr, fd);
	attr.test.cpu = 1;
	refused(run_attr(&attr), EINVAL);
	clear(&attr, fd);
	attr.test.batch_size = 1;
	refused(run_attr(&attr), EINVAL);
	close(fd);
}

static void repeat(void)
{
	int counters = xbpf_counters_new(1);
	union bpf_attr attr;

	for_each_engine(flags) {
		int fd = kprobe_prog("repeat", flags, COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);

		xbpf_counters_reset(counters);
		clear(&attr, fd);
		expect_eq(run_attr(&attr), 0);		/* 0 is once */
		expect_eq(xbpf_counter(counters, 0), 1);
		attr.test.repeat = 5000;
		expect_eq(run_attr(&attr), 0);
		expect_eq(xbpf_counter(counters, 0), 5001);
		expect(attr.test.duration > 0 && attr.test.duration < 100000000, "duration %u",
		       attr.test.duration);
		close(fd);
	}
	close(counters);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void interrupted(void)
{
	int fd = kprobe_prog("long", 0, MOV_IMM(R0, 0), EXIT);
	struct sigaction act = { .sa_handler = on_alarm };
	struct itimerval timer = { .it_value = { .tv_usec = 200000 } };
	uint64_t start = now_ns();
	union bpf_attr attr;

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	clear(&attr, fd);
	attr.test.repeat = 4000000000u;
	refused(run_attr(&attr), EINTR);
	expect(now_ns() - start < 5000000000ull, "it took %llu ms",
	       (unsigned long long)(now_ns() - start) / 1000000);
	close(fd);
}

/* ---- socket filters ---- */

static int load_filter(const struct bpf_insn *insns, __u32 n, __u32 flags)
{
	return xbpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "filter", insns, n, flags);
}

static const __u8 packet[60] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x08, 0x00,	/* Ethernet, IPv4 */
	0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
};

static void filter_length(void)
{
	const struct bpf_insn insns[] = { LOAD(BPF_W, R0, R1, offsetof(struct __sk_buff, len)), EXIT };
	__u8 out[64];
	union bpf_attr attr;

	for_each_engine(flags) {
		int fd = load_filter(insns, ARRAY_SIZE(insns), flags);

		expect(fd >= 0, "%s", xbpf_words());
		clear(&attr, fd);
		memset(out, 0xa5, sizeof(out));
		attr.test.data_in = (uintptr_t)packet;
		attr.test.data_size_in = sizeof(packet);
		attr.test.data_out = (uintptr_t)out;
		attr.test.data_size_out = sizeof(out);
		if (expect(run_attr(&attr) == 0, "%s: %s", strerror(errno), xbpf_words())) {
			/* as the upstream test run does it: the Ethernet header is pulled for this type */
			expect(attr.test.retval == sizeof(packet) || attr.test.retval == sizeof(packet) - 14,
			       "len %u", attr.test.retval);
			expect(attr.test.data_size_out == sizeof(packet), "%u bytes came back", attr.test.data_size_out);
			expect(!memcmp(out, packet, sizeof(packet)), "the packet came back changed");
		}
		close(fd);
	}
}

static void filter_protocol(void)
{
	const struct bpf_insn insns[] = { LOAD(BPF_W, R0, R1, offsetof(struct __sk_buff, protocol)),
					  EXIT };
	union bpf_attr attr;

	for_each_engine(flags) {
		int fd = load_filter(insns, ARRAY_SIZE(insns), flags);

		clear(&attr, fd);
		attr.test.data_in = (uintptr_t)packet;
		attr.test.data_size_in = sizeof(packet);
		expect_eq(run_attr(&attr), 0);
		expect_eq(attr.test.retval, 0x0008);	/* network order, as a number here */
		close(fd);
	}
}

static void filter_load_bytes(void)
{
	/* the byte behind the last, and the first ones */
	const struct bpf_insn insns[] = {
		MOV_REG(R6, R1), MOV_IMM(R2, 0), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, 4),
		CALL(BPF_FUNC_skb_load_bytes), JUMP_IMM(BPF_JNE, R0, 0, 8),
		MOV_REG(R1, R6), LOAD(BPF_W, R2, R1, offsetof(struct __sk_buff, len)), MOV_REG(R3, R10),
		ALU64_IMM(BPF_ADD, R3, -16), MOV_IMM(R4, 1), CALL(BPF_FUNC_skb_load_bytes),
		JUMP_IMM(BPF_JEQ, R0, 0, 1), LOAD(BPF_W, R0, R10, -8), EXIT,
	};
	union bpf_attr attr;

	for_each_engine(flags) {
		int fd = load_filter(insns, ARRAY_SIZE(insns), flags);

		if (!expect(fd >= 0, "%s", xbpf_words()))
			continue;
		clear(&attr, fd);
		attr.test.data_in = (uintptr_t)packet;
		attr.test.data_size_in = sizeof(packet);
		expect_eq(run_attr(&attr), 0);
		expect(attr.test.retval == 0x04030201 || attr.test.retval == 0x2e000045,
		       "bytes %08x", attr.test.retval);
		close(fd);
	}
}

static void filter_short_packet(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };
	int fd = load_filter(insns, 2, 0);
	union bpf_attr attr;

	clear(&attr, fd);
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = 13;
	refused(run_attr(&attr), EINVAL);
	attr.test.data_size_in = 0;
	refused(run_attr(&attr), EINVAL);
	attr.test.data_in = 16;
	attr.test.data_size_in = 60;
	refused(run_attr(&attr), EFAULT);
	close(fd);
}

static void filter_cb(void)
{
	const struct bpf_insn insns[] = {
		STORE_IMM(BPF_W, R1, offsetof(struct __sk_buff, cb[2]), 77),
		LOAD(BPF_W, R0, R1, offsetof(struct __sk_buff, cb[2])), EXIT,
	};
	struct __sk_buff out;
	union bpf_attr attr;

	for_each_engine(flags) {
		int fd = load_filter(insns, ARRAY_SIZE(insns), flags);

		if (!expect(fd >= 0, "%s", xbpf_words()))
			continue;
		memset(&out, 0, sizeof(out));
		clear(&attr, fd);
		attr.test.data_in = (uintptr_t)packet;
		attr.test.data_size_in = sizeof(packet);
		attr.test.ctx_out = (uintptr_t)&out;
		attr.test.ctx_size_out = sizeof(out);
		expect_eq(run_attr(&attr), 0);
		expect_eq(attr.test.retval, 77);
		expect_eq(out.cb[2], 77);
		expect_eq(out.cb[1], 0);
		close(fd);
	}
}

/* ---- helpers, from a probe on a system call of this process ---- */

/* Attaches, makes one event, detaches. */
static bool one_event(int prog, __u64 arg)
{
	int link = xbpf_kprobe(prog, EVENT_SYMBOL);

	if (!expect(link >= 0, "link: %s", xbpf_words()))
		return false;
	event(arg);
	close(link);
	return true;
}

static void who_runs(void)
{
	int out = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "out", 4, 24, 1, 0);
	__u64 got[3];
	__u32 key = 0;

	for_each_engine(flags) {
		int fd = kprobe_prog("who", flags,
				     CALL(BPF_FUNC_get_current_pid_tgid), LOAD_VALUE(R6, out, 0), STORE(BPF_DW, R6, 0, R0),
				     CALL(BPF_FUNC_get_current_uid_gid), STORE(BPF_DW, R6, 8, R0),
				     CALL(BPF_FUNC_get_smp_processor_id), STORE(BPF_DW, R6, 16, R0), MOV_IMM(R0, 0), EXIT);
		cpu_set_t one, all;

		sched_getaffinity(0, sizeof(all), &all);
		CPU_ZERO(&one);
		CPU_SET(1, &one);
		sched_setaffinity(0, sizeof(one), &one);
		if (one_event(fd, 1)) {
			expect_eq(xbpf_map_lookup(out, &key, got), 0);
			expect_eq(got[0], (__u64)getpid() << 32 | (__u64)syscall(SYS_gettid));
			expect_eq(got[1], (__u64)getgid() << 32 | getuid());
			expect_eq(got[2], 1);
		}
		sched_setaffinity(0, sizeof(all), &all);
		close(fd);
	}
	close(out);
}

static void comm(void)
{
	int out = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "out", 4, 16, 1, 0);
	char name[16], got[16];
	__u32 key = 0;

	prctl(PR_GET_NAME, name);
	for_each_engine(flags) {
		int fd = kprobe_prog("comm", flags, LOAD_VALUE(R1, out, 0), MOV_IMM(R2, 16),
				     CALL(BPF_FUNC_get_current_comm), EXIT);

		prctl(PR_SET_NAME, "a name too long for it");
		if (one_event(fd, 1) && expect_eq(xbpf_map_lookup(out, &key, got), 0))
			expect_str(got, "a name too long");
		prctl(PR_SET_NAME, name);
		close(fd);
	}
	close(out);
}

static void clocks(void)
{
	int out = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "out", 4, 8, 1, 0);
	__u64 got;
	__u32 key = 0;

	for_each_engine(flags) {
		int fd = kprobe_prog("clock", flags, CALL(BPF_FUNC_ktime_get_ns), LOAD_VALUE(R6, out, 0),
				     STORE(BPF_DW, R6, 0, R0), MOV_IMM(R0, 0), EXIT);
		uint64_t before = now_ns();

		if (one_event(fd, 1) && expect_eq(xbpf_map_lookup(out, &key, &got), 0))
			expect(got >= before && got <= now_ns(), "%llu after %llu", (unsigned long long)got,
			       (unsigned long long)before);
		close(fd);
	}
	close(out);
}

static void randoms(void)
{
	int fd = kprobe_prog("random", 0, CALL(BPF_FUNC_get_prandom_u32), EXIT);
	__s64 a = xbpf_run(fd, NULL, 1), b = xbpf_run(fd, NULL, 1), c = xbpf_run(fd, NULL, 1);

	expect(!(a == b && b == c), "always %lld", (long long)a);
	close(fd);
}

/*
 * The probed function's argument is a kernel pointer to the user's registers: rdi there is our
 * address.
 */
#define USER_ARG \
	LOAD(BPF_DW, R3, R1, DI), ALU64_IMM(BPF_ADD, R3, DI), MOV_REG(R1, R10), \
		ALU64_IMM(BPF_ADD, R1, -8), \
	MOV_IMM(R2, 8), CALL(BPF_FUNC_probe_read_kernel), LOAD(BPF_DW, R7, R10, -8)

static void reads(void)
{
	int out = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "out", 4, 32, 1, 0);
	struct { __u64 data; __s64 ret; __s64 bad; __u64 zeroed; } got;
	__u64 secret = 0x1122334455667788ull;
	__u32 key = 0;

	for_each_engine(flags) {
		int fd = kprobe_prog("reads", flags, USER_ARG, LOAD_VALUE(R6, out, 0),
				     MOV_REG(R1, R6), MOV_IMM(R2, 8), MOV_REG(R3, R7),
				     CALL(BPF_FUNC_probe_read_user), STORE(BPF_DW, R6, 8, R0),
				     STORE_IMM(BPF_DW, R6, 24, -1), MOV_REG(R1, R6),
				     ALU64_IMM(BPF_ADD, R1, 24), MOV_IMM(R2, 8),
				     LOAD64(R3, 0xffff800000000010ull),
				     CALL(BPF_FUNC_probe_read_kernel), STORE(BPF_DW, R6, 16, R0),
				     MOV_IMM(R0, 0), EXIT);

		memset(&got, 0, sizeof(got));
		xbpf_map_update(out, &key, &got, 0);
		if (expect(fd >= 0, "%s", xbpf_words()) && one_event(fd, (uintptr_t)&secret) &&
		    expect_eq(xbpf_map_lookup(out, &key, &got), 0)) {
			expect_eq(got.data, secret);
			expect_eq(got.ret, 0);
			expect(got.bad < 0, "a bad address was read: %lld", (long long)got.bad);
			expect_eq(got.zeroed, 0);
		}
		close(fd);
	}
	close(out);
}

static void read_strings(void)
{
	int out = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "out", 4, 40, 1, 0);
	struct { char text[16]; __s64 len; __s64 bad, whole; } got;
	char *text = strdup("a string that is longer than the buffer");
	__u32 key = 0;

	for_each_engine(flags) {
		int fd = kprobe_prog("strings", flags, USER_ARG, LOAD_VALUE(R6, out, 0),
				     MOV_REG(R1, R6), MOV_IMM(R2, 16), MOV_REG(R3, R7), CALL(BPF_FUNC_probe_read_user_str),
				     STORE(BPF_DW, R6, 16, R0),
				     MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8), MOV_IMM(R3, 16),
				     CALL(BPF_FUNC_probe_read_user_str), STORE(BPF_DW, R6, 24, R0),
				     MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -64), MOV_IMM(R2, 64), MOV_REG(R3, R7),
				     CALL(BPF_FUNC_probe_read_user_str), STORE(BPF_DW, R6, 32, R0),
				     MOV_IMM(R0, 0), EXIT);

		memset(&got, 0, sizeof(got));
		if (expect(fd >= 0, "%s", xbpf_words()) && one_event(fd, (uintptr_t)text) &&
		    expect_eq(xbpf_map_lookup(out, &key, &got), 0)) {
			expect_eq(got.len, 16);
			expect(!memcmp(got.text, text, 15) && !got.text[15], "text %.16s", got.text);
			expect(got.bad < 0, "a bad address was read: %lld", (long long)got.bad);
			expect_eq(got.whole, strlen(text) + 1);
		}
		close(fd);
	}
	free(text);
	close(out);
}

static void trace(void)
{
	char path[] = "/sys/kernel/tracing/trace", text[65536] = "", want[64];
	const char format[8] = "xb %d\n";
	__u64 word;
	FILE *f;

	memcpy(&word, format, 8);
	for_each_engine(flags) {
		int number = (int)(now_ns() / 1000 % 1000000) + (flags ? 1 : 0);
		int fd = kprobe_prog("trace", flags, LOAD64(R1, word), STORE(BPF_DW, R10, -8, R1),
				     MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 7),
				     MOV_IMM(R3, number), CALL(BPF_FUNC_trace_printk), EXIT);
		__s64 ret;

		if (!expect(fd >= 0, "%s", xbpf_words()))
			continue;
		ret = xbpf_run(fd, NULL, 1);
		expect((__s32)ret > 0, "trace_printk gave %lld", (long long)ret);
		snprintf(want, sizeof(want), "xb %d", number);
		f = fopen(path, "r");
		if (expect(f != NULL, "%s: %s", path, strerror(errno))) {
			size_t n = fread(text, 1, sizeof(text) - 1, f);

			text[n] = '\0';
			fclose(f);
			expect(strstr(text, want) != NULL, "no '%s' in the trace:\n%.600s", want, text);
		}
		close(fd);
	}
}

/*
 * The kernel reads all 64 bits of an argument: what a 32-bit operation cut off is not there, in
 * either engine.
 */
static void trace_cut(void)
{
	char text[65536] = "", want[64];
	const char format[8] = "%lx.\n";
	__u64 word;
	FILE *f;

	memcpy(&word, format, 8);
	for_each_engine(flags) {
		__u32 number = (__u32)(now_ns() / 1000) * 2 + (flags ? 1 : 0);
		int fd = kprobe_prog("trace_cut", flags, LOAD64(R1, word),
				     STORE(BPF_DW, R10, -8, R1), MOV_REG(R1, R10),
				     ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 6),
				     LOAD64(R3, 0x1122334400000000 | number),
				     ALU32_REG(BPF_MOV, R3, R3), CALL(BPF_FUNC_trace_printk), EXIT);

		if (!expect(fd >= 0, "%s", xbpf_words()))
			continue;
		snprintf(want, sizeof(want), ": %x.", number);
		expect_eq(xbpf_run(fd, NULL, 1), strlen(want) - 1);
		f = fopen("/sys/kernel/tracing/trace", "r");
		if (expect(f != NULL, "%s", strerror(errno))) {
			size_t n = fread(text, 1, sizeof(text) - 1, f);

			text[n] = '\0';
			fclose(f);
			expect(strstr(text, want) != NULL, "no '%s' in the trace:\n%.600s", want, text);
		}
		close(fd);
	}
}

static void hash_from_program(void)
{
	int hash = xbpf_map_new(BPF_MAP_TYPE_HASH, "hash", 4, 8, 4, 0);
	__u32 key = 5;
	__u64 value = 0;

	for_each_engine(flags) {
		/* update, then look up, add, delete another key that is not there */
		int fd = kprobe_prog("hash", flags,
				     STORE_IMM(BPF_W, R10, -4, 5), STORE_IMM(BPF_DW, R10, -16, 30),
				     LOAD_MAP(R1, hash), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), MOV_REG(R3, R10),
				     ALU64_IMM(BPF_ADD, R3, -16), MOV_IMM(R4, BPF_ANY), CALL(BPF_FUNC_map_update_elem),
				     MOV_REG(R6, R0), LOAD_MAP(R1, hash), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
				     CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JEQ, R0, 0, 3), LOAD(BPF_DW, R1, R0, 0),
				     ALU64_IMM(BPF_ADD, R1, 7), STORE(BPF_DW, R0, 0, R1), STORE_IMM(BPF_W, R10, -4, 6),
				     LOAD_MAP(R1, hash), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
				     CALL(BPF_FUNC_map_delete_elem), ALU64_REG(BPF_OR, R0, R6), EXIT);

		if (!expect(fd >= 0, "%s", xbpf_words()))
			continue;
		expect_eq((__s32)xbpf_run(fd, NULL, 1), -ENOENT);
		expect_eq(xbpf_map_lookup(hash, &key, &value), 0);
		expect_eq(value, 37);
		close(fd);
	}
	close(hash);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "kprobe: the context goes in and comes out", context },
		{ "kprobe: sizes of the context", context_sizes },
		{ "flags, CPU and batch size must be 0", run_flags },
		{ "repeat runs as often as it says", repeat },
		{ "a long test run ends with a signal", interrupted },
		{ "socket filter: the length, and the packet back", filter_length },
		{ "socket filter: the protocol", filter_protocol },
		{ "socket filter: bytes by helper, none beyond the end", filter_load_bytes },
		{ "socket filter: short packets are refused", filter_short_packet },
		{ "socket filter: cb is written and comes out", filter_cb },
		{ "helpers: pid, uid and CPU", who_runs },
		{ "helpers: the task's name", comm },
		{ "helpers: the clock agrees with user space", clocks },
		{ "helpers: random numbers differ", randoms },
		{ "helpers: kernel and user memory, good and bad", reads },
		{ "helpers: strings, cut, whole and bad", read_strings },
		{ "helpers: trace_printk reaches the trace", trace },
		{ "helpers: trace_printk prints the bits that were left", trace_cut },
		{ "helpers: a hash map is written from a program", hash_from_program },
	};

	return tap_run(tests, tap_count(tests));
}
