/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What no compiler makes, through the device: noise, good programs with damage, too much of
 * everything, a load that is killed. Each is refused with an errno and words, nothing stays behind.
 */
#include <signal.h>
#include <sys/wait.h>

#include "dev.h"
#include "../tap.h"

#define NOISE	150

static uint64_t rng = 88172645463325252ull;

static uint64_t any(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static int load(const struct bpf_insn *insns, unsigned int cnt, unsigned int type)
{
	union bpf_attr attr;
	static char log[4096];

	log[0] = '\0';
	xbpf_prog_attr(&attr, type, NULL, insns, cnt, 0);
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	return xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* Refused, or a program that is closed again. */
static void either(const struct bpf_insn *insns, unsigned int cnt, unsigned int type)
{
	int fd = load(insns, cnt, type), err = errno;

	if (fd >= 0) {
		close(fd);
		return;
	}
	expect(err == EINVAL || err == EACCES || err == E2BIG || err == EBADF || err == ENOMEM,
	       "errno %d", err);
	expect(xbpf_words()[0], "no words for errno %d", err);
}

static void noise(void)
{
	struct bpf_insn insns[64];
	unsigned int i, k;

	for (i = 0; i < NOISE; i++) {
		for (k = 0; k < ARRAY_SIZE(insns); k++) {
			uint64_t r = any();

			memcpy(&insns[k], &r, sizeof(r));
			if (i & 1) {	/* closer to code: known classes, real registers */
				insns[k].dst_reg %= 11;
				insns[k].src_reg %= 11;
				insns[k].off %= 20;
			}
		}
		insns[ARRAY_SIZE(insns) - 1] = EXIT;
		either(insns, 1 + i % ARRAY_SIZE(insns),
		       i & 2 ? BPF_PROG_TYPE_SOCKET_FILTER : BPF_PROG_TYPE_KPROBE);
	}
}

static void damage(void)
{
	const struct bpf_insn good[] = {
		MOV_REG(R6, R1), STORE_IMM(BPF_DW, R10, -8, 0), LOAD(BPF_DW, R2, R1, 0),
		JUMP_IMM(BPF_JGT, R2, 7, 4),
		MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8), ALU64_REG(BPF_ADD, R3, R2),
		STORE_IMM(BPF_B, R3, 0, 1),
		MOV_IMM(R7, 0), ALU64_IMM(BPF_ADD, R7, 1), JUMP_IMM(BPF_JLT, R7, 9, -2),
		CALL_SUB(2), MOV_IMM(R0, 0), EXIT,
		MOV_IMM(R0, 1), EXIT,
	};
	struct bpf_insn insns[ARRAY_SIZE(good)];
	unsigned int i;
	int fd;

	fd = load(good, ARRAY_SIZE(good), BPF_PROG_TYPE_KPROBE);
	expect(fd >= 0, "%s", xbpf_words());
	close(fd);
	for (i = 0; i < 4 * NOISE; i++) {
		uint64_t r = any();

		memcpy(insns, good, sizeof(good));
		((uint8_t *)insns)[r % sizeof(insns)] ^= (uint8_t)(1u << (r >> 32) % 8);
		if (i & 1)
			((uint8_t *)insns)[(r >> 16) % sizeof(insns)] ^= (uint8_t)(r >> 40);
		either(insns, ARRAY_SIZE(insns), BPF_PROG_TYPE_KPROBE);
	}
}

static void too_much(void)
{
	static struct bpf_insn insns[4097];
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(insns); i++)
		insns[i] = MOV_IMM(R0, 0);
	insns[4095] = EXIT;
	fd = load(insns, 4096, BPF_PROG_TYPE_KPROBE);
	expect(fd >= 0, "4,096 instructions: %s", xbpf_words());
	close(fd);
	refused(load(insns, 1000001, BPF_PROG_TYPE_KPROBE), E2BIG);
	refused(load(insns, 0xffffffff, BPF_PROG_TYPE_KPROBE), E2BIG);
	/* more than there is to be read */
	fd = load(insns, 1000000, BPF_PROG_TYPE_KPROBE);
	expect(fd == -1 && (errno == EFAULT || errno == EINVAL), "fd %d, errno %d", fd, errno);
	fd = load((const void *)8, 2, BPF_PROG_TYPE_KPROBE);
	expect(fd == -1 && errno == EFAULT, "fd %d, errno %d", fd, errno);
	refused(load(insns, 0, BPF_PROG_TYPE_KPROBE), E2BIG);	/* as upstream */
}

/* A walk of a million instructions takes a while here: a kill ends it at once, not after it. */
static void killed(void)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_DW, R2, R1, 0), MOV_IMM(R0, 0), ALU64_IMM(BPF_ADD, R0, 1),
		JUMP_REG(BPF_JNE, R0, R2, -2), EXIT,
	};
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			load(insns, ARRAY_SIZE(insns), BPF_PROG_TYPE_KPROBE);
	}
	usleep(300000);
	kill(pid, SIGKILL);
	expect_eq(waitpid(pid, &status, 0), pid);
	expect(WIFSIGNALED(status), "status %x", status);
}

static const struct tap_test tests[] = {
	{ "noise is refused, with words", noise },
	{ "a good program with a few bits changed", damage },
	{ "too much, too little, and nothing to read", too_much },
	{ "a load that is killed", killed },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
