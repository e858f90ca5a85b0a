/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between BPF's argument registers R1 to R5 and those of the C calling convention.
 */
#include "jit/translate.h"

/* Where C expects the first five arguments. */
static const u8 c_args[] = { X86_DI, X86_SI, X86_DX, X86_CX, X86_R8 };

static bool as_c_passes(const struct jit *j)
{
	return !memcmp(&j->reg[BPF_REG_1], c_args, sizeof(c_args));
}

/* Under a permuted register map: R1 - R5 to the places of the C arguments. */
void xbpf_jit_args_to_c(struct jit *j)
{
	u32 i;

	if (as_c_passes(j))
		return;
	for (i = 0; i < sizeof(c_args); i++)
		x86_push(&j->e, j->reg[BPF_REG_1 + i]);
	for (i = sizeof(c_args); i; i--)
		x86_pop(&j->e, c_args[i - 1]);
}

void xbpf_jit_args_from_c(struct jit *j)
{
	u32 i;

	if (as_c_passes(j))
		return;
	for (i = 0; i < sizeof(c_args); i++)
		x86_push(&j->e, c_args[i]);
	for (i = sizeof(c_args); i; i--)
		x86_pop(&j->e, j->reg[BPF_REG_1 + i - 1]);
}
