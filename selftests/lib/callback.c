/* SPDX-License-Identifier: GPL-2.0 */
/* Calls of compiled callbacks, and what must be left of the caller's registers. */
#include <stdio.h>
#include <stdlib.h>
#include "callback.h"

/* Calls @fn with a1 to a5; *spoilt gets bits that differ in the registers that it must keep. */
u64 rt_callback_keeping(u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 *spoilt);
asm(
	".text\n"
	".globl rt_callback_keeping\n"
	".type rt_callback_keeping, @function\n"
	"rt_callback_keeping:\n"
	"	push	%rbp\n"
	"	mov	%rsp, %rbp\n"
	"	push	%rbx\n"
	"	push	%r12\n"
	"	push	%r13\n"
	"	push	%r14\n"
	"	push	%r15\n"
	"	push	16(%rbp)\n"		/* spoilt; now rsp is a multiple of 16 */
	"	mov	%rdi, %rax\n"
	"	mov	%rsi, %rdi\n"
	"	mov	%rdx, %rsi\n"
	"	mov	%rcx, %rdx\n"
	"	mov	%r8, %rcx\n"
	"	mov	%r9, %r8\n"
	"	movabs	$0x9e3779b97f4a7c15, %rbx\n"
	"	mov	%rbx, %r12\n"
	"	mov	%rbx, %r13\n"
	"	mov	%rbx, %r14\n"
	"	mov	%rbx, %r15\n"
	"	call	*%rax\n"
	"	movabs	$0x9e3779b97f4a7c15, %rcx\n"
	"	xor	%rcx, %rbx\n"
	"	xor	%rcx, %r12\n"
	"	xor	%rcx, %r13\n"
	"	xor	%rcx, %r14\n"
	"	xor	%rcx, %r15\n"
	"	or	%r12, %rbx\n"
	"	or	%r13, %rbx\n"
	"	or	%r14, %rbx\n"
	"	or	%r15, %rbx\n"
	"	lea	-48(%rbp), %rcx\n"	/* rsp and rbp, too */
	"	xor	%rsp, %rcx\n"
	"	or	%rcx, %rbx\n"
	"	pop	%rcx\n"
	"	mov	%rbx, (%rcx)\n"
	"	pop	%r15\n"
	"	pop	%r14\n"
	"	pop	%r13\n"
	"	pop	%r12\n"
	"	pop	%rbx\n"
	"	pop	%rbp\n"
	"	ret\n"
	".size rt_callback_keeping, .-rt_callback_keeping\n"
);

u64 rt_callback(u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 spoilt, ret;

	if (callback & 1)
		return xbpf_callback(callback, a1, a2, a3, a4, a5);
	ret = rt_callback_keeping(callback, a1, a2, a3, a4, a5, &spoilt);
	if (spoilt) {
		fprintf(stderr, "a callback spoils the registers of C: 0x%llx\n", (unsigned long long)spoilt);
		abort();
	}
	return ret;
}
