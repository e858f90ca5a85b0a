/* SPDX-License-Identifier: GPL-2.0 */
#include "jit/regs.h"

/* R0 - R5 as C passes arguments, so that a helper call moves nothing. */
const struct xbpf_jit_regs xbpf_jit_regs_usual = {
	.of = {
		X86_AX, X86_DI, X86_SI, X86_DX, X86_CX, X86_R8,
		X86_BX, X86_R13, X86_R14, X86_R15,
	},
};

static u32 reg_set(const struct xbpf_jit_regs *regs, u32 from, u32 to)
{
	u32 i, set = 0;

	for (i = from; i < to; i++)
		set |= 1u << (regs->of[i] & 15);
	return set;
}

bool xbpf_jit_regs_valid(const struct xbpf_jit_regs *regs)
{
	const struct xbpf_jit_regs *usual = &xbpf_jit_regs_usual;

	return reg_set(regs, 0, 6) == reg_set(usual, 0, 6) &&
	       reg_set(regs, 6, JIT_REGS) == reg_set(usual, 6, JIT_REGS) &&
	       regs->of[1] != X86_CX;
}
