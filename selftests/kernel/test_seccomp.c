/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System-call filters: what they see of a call, and what becomes of it.
 */
#include <pthread.h>
#include <linux/audit.h>
#include "seccomp.h"

/* ---- verdicts ---- */

static void denied(void)
{
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), try_mkdir), ENDED(EXDEV));
	expect(!made(), "the call was made");
}

static void interpreted(void)
{
	const struct bpf_insn insns[] = { ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV) };

	expect_eq(under(filter_load(insns, ARRAY_SIZE(insns), XBPF_F_INTERP), try_mkdir), ENDED(EXDEV));
	expect(!made(), "the call was made");
}

static void allowed(void)
{
	struct child c = child_start(try_mkdir);
	int prog = filter(ON(SYS_rmdir, SECCOMP_RET_ERRNO | EPERM)), link = attach(prog, c.pid);
	struct xbpf_link_info info;

	expect_eq(child_end(&c), ENDED(0));
	expect(made(), "the call was not made");
	info = info_of(link);
	expect(info.run_cnt >= 2, "%llu runs", (unsigned long long)info.run_cnt);
	expect_eq(info.denied, 0);
	close(link);
	close(prog);
}

static int raw_mkdir(void)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"((long)SYS_mkdir), "D"(DIR_MADE),
			 "S"(0700L) : "rcx", "r11", "memory");
	return ret == -4095 ? 1 : ret == 0 ? 2 : ret == -512 ? 3 : 4;
}

static void errno_range(void)
{
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | 0xffff)), raw_mkdir), ENDED(1));
	/* no error: the call only seems to have been made */
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO)), raw_mkdir), ENDED(2));
	/* ERESTARTSYS is a number like others: nothing is started again */
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | 512)), raw_mkdir), ENDED(3));
	expect(!made(), "the call was made");
}

static void logged(void)
{
	int log = log_open();

	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_LOG)), try_mkdir), ENDED(0));
	expect(made(), "the call was not made");
	expect(log_has(log, "allowed:", "syscall=83"), "no line in the log");
	close(log);
}

static void nobody_listens(void)
{
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_TRAP | 5)), try_mkdir), ENDED(ENOSYS));
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_TRACE | 5)), try_mkdir), ENDED(ENOSYS));
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_USER_NOTIF)), try_mkdir), ENDED(ENOSYS));
	expect(!made(), "the call was made");
}

static void killed(void)
{
	int log = log_open();

	expect_eq(SIGNAL_OF(under(filter(ON(SYS_mkdir, SECCOMP_RET_KILL_PROCESS)), try_mkdir)), SIGSYS);
	expect(log_has(log, "killed:", "syscall=83"), "no line in the log");
	expect_eq(SIGNAL_OF(under(filter(ON(SYS_mkdir, SECCOMP_RET_KILL_THREAD)), try_mkdir)), SIGSYS);
	expect(!made(), "the call was made");
	close(log);
}

static void unknown_verdict(void)
{
	expect_eq(SIGNAL_OF(under(filter(ON(SYS_mkdir, 0x12340000)), try_mkdir)), SIGSYS);
	expect(!made(), "the call was made");
}

static void survive(int sig)
{
	(void)sig;
}

static int stubborn_mkdir(void)
{
	sigset_t all;

	signal(SIGSYS, survive);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	return try_mkdir();
}

static int ignoring_mkdir(void)
{
	signal(SIGSYS, SIG_IGN);
	return try_mkdir();
}

static int handling_mkdir(void)
{
	signal(SIGSYS, survive);
	return try_mkdir();
}

static void no_handler_helps(void)
{
	expect_eq(SIGNAL_OF(under(filter(ON(SYS_mkdir, SECCOMP_RET_KILL_PROCESS)), stubborn_mkdir)),
		  SIGSYS);
	expect_eq(SIGNAL_OF(under(filter(ON(SYS_mkdir, SECCOMP_RET_KILL_PROCESS)), ignoring_mkdir)),
		  SIGSYS);
	expect_eq(SIGNAL_OF(under(filter(ON(SYS_mkdir, SECCOMP_RET_KILL_PROCESS)), handling_mkdir)),
		  SIGSYS);
}

static void kills_all_threads(void)
{
	expect_eq(SIGNAL_OF(under(filter(ON(SYS_mkdir, SECCOMP_RET_KILL_PROCESS)),
				  mkdir_in_thread)), SIGSYS);
	expect_eq(SIGNAL_OF(under(filter(ON(SYS_mkdir, SECCOMP_RET_KILL_THREAD)), mkdir_in_thread)),
		  SIGSYS);
}

/* ---- the context ---- */

static int close_fds(void)
{
	syscall(SYS_close, 77);
	if (errno != EXDEV)
		return 1;
	syscall(SYS_close, 78);
	return errno == EBADF ? 0 : 2;
}

static void arguments(void)
{
	expect_eq(under(filter(LOAD(BPF_W, R2, R1, NR), JUMP_IMM(BPF_JNE, R2, SYS_close, 4),
			       LOAD(BPF_DW, R3, R1, ARG(0)), JUMP_IMM(BPF_JNE, R3, 77, 2),
			       RET(SECCOMP_RET_ERRNO | EXDEV),
			       RET(SECCOMP_RET_ALLOW)), close_fds), ENDED(0));
}

static int six_args(void)
{
	long ret = syscall(SYS_mremap, 0x1111111111ul, 2, 3, 4, 5, 0x6666666666ul);

	return ret < 0 && errno == ELOOP ? 0 : 1;
}

static void all_arguments(void)
{
	expect_eq(under(filter(LOAD(BPF_W, R2, R1, NR), JUMP_IMM(BPF_JNE, R2, SYS_mremap, 17),
			       LOAD64(R4, 0x1111111111), LOAD(BPF_DW, R3, R1, ARG(0)), JUMP_REG(BPF_JNE, R3, R4, 13),
			       LOAD(BPF_DW, R3, R1, ARG(1)), JUMP_IMM(BPF_JNE, R3, 2, 11),
			       LOAD(BPF_DW, R3, R1, ARG(3)), JUMP_IMM(BPF_JNE, R3, 4, 9),
			       LOAD(BPF_W, R3, R1, ARG(4)), JUMP_IMM(BPF_JNE, R3, 5, 7),
			       LOAD(BPF_W, R3, R1, ARG(5) + 4), JUMP_IMM(BPF_JNE, R3, 0x66, 5),
			       LOAD(BPF_DW, R3, R1, IP), JUMP_IMM(BPF_JEQ, R3, 0, 3),
			       LOAD(BPF_W, R3, R1, ARCH), ALU32_IMM(BPF_SUB, R3, (__s32)AUDIT_ARCH_X86_64),
			       JUMP_IMM(BPF_JEQ, R3, 0, 2), RET(SECCOMP_RET_ALLOW), RET(SECCOMP_RET_ERRNO | ELOOP)),
			six_args), ENDED(0));
}

static void read_only(void)
{
	const struct bpf_insn write[] = { STORE_IMM(BPF_W, R1, NR, 1), RET(0) };
	const struct bpf_insn beyond[] = { LOAD(BPF_DW, R0, R1, 64), EXIT };
	const struct bpf_insn narrow[] = { LOAD(BPF_B, R0, R1, 0), EXIT };

	refused(xbpf_prog_load(XBPF_PROG_TYPE_SYSCALL_FILTER, "w", write, 3, 0), EACCES);
	refused(xbpf_prog_load(XBPF_PROG_TYPE_SYSCALL_FILTER, "b", beyond, 2, 0), EACCES);
	refused(xbpf_prog_load(XBPF_PROG_TYPE_SYSCALL_FILTER, "n", narrow, 2, 0), EACCES);
}

/*
 * mkdir by int 0x80: its number is 39 there, which is getpid's otherwise. The pointer must be of 32
 * bits.
 */
static char low_path[] = DIR_MADE;

static int compat_mkdir(void)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "0"(39L), "b"((long)(uint32_t)(uintptr_t)low_path),
			 "c"(0700L) : "memory", "r8", "r9", "r10", "r11");
	return ret ? (int)-ret : 0;
}

static void compat_calls(void)
{
	/* the program of the test is linked at a low address */
	expect((uintptr_t)low_path < 1ull << 32, "path at %p", low_path);
	/* not asked for: a number alone lets it slip */
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), compat_mkdir), ENDED(0));
	expect(made(), "int 0x80 does not work here");
	expect_eq(under(filter(LOAD(BPF_W, R2, R1, ARCH), ALU32_IMM(BPF_SUB, R2, AUDIT_ARCH_I386),
			       JUMP_IMM(BPF_JNE, R2, 0, 2), RET(SECCOMP_RET_ERRNO | EXDEV), RET(SECCOMP_RET_ALLOW)),
			compat_mkdir), ENDED(EXDEV));
	expect(!made(), "the call was made");
	/* its arguments are in other registers */
	expect_eq(under(filter(LOAD(BPF_W, R2, R1, ARCH), ALU32_IMM(BPF_SUB, R2, AUDIT_ARCH_I386),
			       JUMP_IMM(BPF_JNE, R2, 0, 4), LOAD(BPF_DW, R2, R1, ARG(1)), JUMP_IMM(BPF_JNE, R2, 0700, 2),
			       RET(SECCOMP_RET_ERRNO | ELOOP), RET(SECCOMP_RET_ALLOW)), compat_mkdir), ENDED(ELOOP));
	expect_eq(SIGNAL_OF(under(filter(LOAD(BPF_W, R2, R1, ARCH),
					 ALU32_IMM(BPF_SUB, R2, AUDIT_ARCH_I386),
					 JUMP_IMM(BPF_JNE, R2, 0, 2), RET(SECCOMP_RET_KILL_PROCESS), RET(SECCOMP_RET_ALLOW)),
				  compat_mkdir)), SIGSYS);
	expect(!made(), "the call was made");
}

static int x32_mkdir(void)
{
	return syscall(0x40000000 | SYS_mkdir, DIR_MADE, 0700) ? errno : 0;
}

static void x32_calls(void)
{
	expect_eq(under(filter(LOAD(BPF_W, R2, R1, NR), JUMP_IMM(BPF_JSET, R2, 0x40000000, 2),
			       RET(SECCOMP_RET_ALLOW),
			       RET(SECCOMP_RET_ERRNO | EXDEV)), x32_mkdir), ENDED(EXDEV));
	expect(!made(), "the call was made");
}

static int no_such_call(void)
{
	if (syscall(-1) != -1 || errno != EXDEV)
		return 1;
	return syscall(5000) == -1 && errno == EXDEV ? 0 : 2;
}

static void numbers_out_of_range(void)
{
	expect_eq(under(filter(LOAD(BPF_W, R2, R1, NR), JUMP_IMM(BPF_JGT, R2, 4000, 2),
			       RET(SECCOMP_RET_ALLOW),
			       RET(SECCOMP_RET_ERRNO | EXDEV)), no_such_call), ENDED(0));
}

static void test_run(void)
{
	struct seccomp_data data = { .nr = SYS_mkdir, .arch = AUDIT_ARCH_X86_64, .args = { 5 } };
	int prog = filter(LOAD(BPF_W, R2, R1, NR), LOAD(BPF_DW, R0, R1, ARG(0)),
			  ALU64_REG(BPF_ADD, R0, R2), EXIT);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)prog;
	attr.test.ctx_in = (uintptr_t)&data;
	attr.test.ctx_size_in = sizeof(data);
	attr.test.repeat = 3;
	expect_eq(xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	expect_eq(attr.test.retval, SYS_mkdir + 5);
	attr.test.ctx_size_in = sizeof(data) + 8;
	refused(xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), EINVAL);
	close(prog);
}

static const struct tap_test tests[] = {
	{ "a denied call returns the errno and is not made", denied },
	{ "so does one that the interpreter denies", interpreted },
	{ "an allowed call is made", allowed },
	{ "errno: 4095 at most, 0, and no restart", errno_range },
	{ "LOG makes the call and writes a line", logged },
	{ "TRAP, TRACE and USER_NOTIF: ENOSYS", nobody_listens },
	{ "KILL_PROCESS and KILL_THREAD end the process with SIGSYS", killed },
	{ "an unknown verdict kills", unknown_verdict },
	{ "no handler, mask or disposition helps against that", no_handler_helps },
	{ "a thread's verdict ends all threads", kills_all_threads },
	{ "verdict by argument", arguments },
	{ "all arguments, instruction pointer and arch are there", all_arguments },
	{ "the context is read-only and ends at 64 bytes", read_only },
	{ "int 0x80: arch and arguments of i386", compat_calls },
	{ "x32: bit 30 of the number", x32_calls },
	{ "numbers that no call has are judged too", numbers_out_of_range },
	{ "test run on a struct seccomp_data", test_run },
};

int main(void)
{
	rmdir(DIR_MADE);
	return tap_run(tests, tap_count(tests));
}
