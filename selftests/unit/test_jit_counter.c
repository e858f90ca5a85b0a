/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The code that counts in front of a landing pad: it adds one to this CPU's counter, by either form
 * of its address, changes no register that means something there, and arrives.
 */
#include <asm/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jit_rig.h"
#include "tap.h"

#define PAGE 4096
#define FAR 0x7000			/* where the target stands, behind the code */

static const u64 marks[] = {
	0x1111111111111111, 0x2222222222222222, 0x3333333333333333, 0x4444444444444444,
	0x5555555555555555, 0x6666666666666666, 0x7777777777777777, 0x8888888888888888,
};

/*
 * The landing pad of this test adds up what it finds, each register times another odd number, so
 * that one that was changed or swapped is seen: rdi rsi rdx rcx r8 r9 r10 rax.
 */
static u64 sum_of_marks(void)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(marks); i++)
		sum += marks[i] * (2 * i + 3);
	return sum;
}

/* Calls @code with the marks in the registers; what its landing pad made of them. */
static u64 call(void *code)
{
	register u64 r8 __asm__("r8") = marks[4];
	register u64 r9 __asm__("r9") = marks[5];
	register u64 r10 __asm__("r10") = marks[6];
	u64 rdi = marks[0], rsi = marks[1], rdx = marks[2], rcx = marks[3], rax = marks[7];

	/* not over the red zone */
	__asm__ volatile("sub $128, %%rsp\n\t"
			 "call *%[code]\n\t"
			 "add $128, %%rsp"
			 : "+a" (rax), "+D" (rdi), "+S" (rsi), "+d" (rdx), "+c" (rcx), "+r" (r8),
			   "+r" (r9), "+r" (r10)
			 : [code] "b" (code)
			 : "r11", "memory", "cc");
	return rdi * 3 + rsi * 5 + rdx * 7 + rcx * 9 + r8 * 11 + r9 * 13 + r10 * 15 + rax * 17;
}

/* Code, and a landing pad that returns, in one mapping. */
static u8 *text_new(void)
{
	u8 *text = mmap(NULL, FAR + PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (text == MAP_FAILED) {
		printf("Bail out! no memory that runs\n");
		exit(1);
	}
	text[FAR] = 0xc3;	/* ret */
	return text;
}

static u32 counter_at(u8 *text, u64 counter, bool gs, bool endbr)
{
	struct xbpf_jit_env jenv = rig_env();
	u32 len = 0;

	jenv.gs_counts = gs;
	jenv.endbr = endbr;
	expect_eq(xbpf_jit_counter(counter, (u64)(unsigned long)text + FAR, &jenv,
				   (u64)(unsigned long)text, text, &len), 0);
	expect(len <= XBPF_COUNTER_LEN, "%u bytes", len);
	return len;
}

static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

static void counts_at(u64 address, volatile u64 *counter, bool gs)
{
	u8 *text = text_new();
	int endbr, i;

	for (endbr = 0; endbr < 2; endbr++) {
		counter_at(text, address, gs, endbr);
		expect_eq(!memcmp(text, endbr64, sizeof(endbr64)), endbr);
		*counter = 0xffffffff;	/* all 64 bits count */
		for (i = 0; i < 3; i++)
			expect_eq(call(text), sum_of_marks());
		expect_eq(*counter, 0x100000002);
	}
	munmap(text, FAR + PAGE);
}

static void near_address(void)
{
	u64 *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (!expect(page != MAP_FAILED, "no memory below 2 GiB"))
		return;
	expect((u64)(unsigned long)page < S32_MAX, "at %p", (void *)page);
	counts_at((u64)(unsigned long)&page[7], &page[7], false);
	munmap(page, PAGE);
}

static void far_address(void)
{
	static const unsigned long at = 0x123456789000;
	u64 *page = mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (!expect(page == (void *)at, "no memory there"))
		return;
	counts_at((u64)(unsigned long)&page[7], &page[7], false);
	munmap(page, PAGE);
}

/* As in the kernel: an offset from where %gs stands, which may be negative or have 64 bits. */
static void per_cpu(void)
{
	static const s64 offsets[] = { 0, 8, 0x20000, -8, S32_MAX, S32_MIN, 0x100000000, 0x1234567890 };
	static u64 counter;
	unsigned long old;
	u32 i;

	syscall(SYS_arch_prctl, ARCH_GET_GS, &old);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)&counter - (unsigned long)offsets[i]);
		counts_at((u64)offsets[i], &counter, true);
	}
	syscall(SYS_arch_prctl, ARCH_SET_GS, old);
}

static void out_of_reach(void)
{
	struct xbpf_jit_env jenv = rig_env();
	u8 buf[XBPF_COUNTER_LEN];
	u32 len;

	expect_eq(xbpf_jit_counter(8, 0x7fff0000, &jenv, 0x1000, buf, &len), 0);
	expect_eq(xbpf_jit_counter(8, 0x180000000, &jenv, 0x1000, buf, &len), -ERANGE);
	expect_eq(xbpf_jit_counter(8, 0x1000, &jenv, 0x180000000, buf, &len), -ERANGE);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a counter below 2 GiB", near_address },
		{ "a counter anywhere", far_address },
		{ "a counter of this CPU", per_cpu },
		{ "a program that is too far away", out_of_reach },
	};

	return tap_run(tests, tap_count(tests));
}
