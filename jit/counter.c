/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code that counts and goes on to a landing pad: what stands in a slot, or at a program's entry,
 * while it is counted.  At a landing pad R1 and the frame mean something, and no scratch register.
 *
 *	endbr64				; where the kernel wants it
 *	inc qword gs:[counter]		; or, where that is no address of 32 bits:
 *					;	movabs r11, counter
 *					;	inc qword gs:[r11]
 *	jmp target
 */
#include "jit/jit.h"
#include "jit/regs.h"

int xbpf_jit_counter(u64 counter, u64 target, const struct xbpf_jit_env *jenv, u64 addr,
		     u8 buf[XBPF_COUNTER_LEN], u32 *len)
{
	struct emit e = {};

	xbpf_emit_rewind(&e, 0, buf, XBPF_COUNTER_LEN, addr);
	if (jenv->endbr)
		xbpf_x86_endbr64(&e);
	if ((s64)counter == (s32)counter) {
		xbpf_x86_inc_m(&e, jenv->gs_counts, x86_at(X86_NONE, (s32)counter));
	} else {
		xbpf_x86_mov_ri(&e, JIT_TMP1, counter);
		xbpf_x86_inc_m(&e, jenv->gs_counts, x86_at(JIT_TMP1, 0));
	}
	xbpf_x86_jmp_to(&e, target);
	*len = e.pos;
	return e.err;
}
