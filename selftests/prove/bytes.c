/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proofs of byte_order() of core/verify/alu.c: what a number can be, swapped, the result can be.
 */
#include "core/verify/alu.c"
#include "contract.h"

/* All that byte_order() does to the register is to give it a number. */
void xbpf_reg_derive(struct xbpf_reg *reg, const struct xbpf_scalar *value,
		     struct xbpf_precision *from)
{
	reg->var = *value;
	reg->from = from;
}

#ifdef CLASS
/* CLASS, SOURCE, SIZE: one of the instructions le16 to le64, be16 to be64, bswap16 to bswap64 */
void swap_order(void)
{
	struct bpf_insn insn = { .code = CLASS | BPF_END | SOURCE, .imm = SIZE * 8 };
	u64 x = nondet_u64(), z = 0;
	struct xbpf_scalar a = scalar_with(x);
	struct xbpf_reg reg = { .var = a };
	bool swaps = CLASS == BPF_ALU64 || SOURCE == BPF_TO_BE;
	u32 i;

	if (xbpf_scalar_is_const(&a))
		ASSUME(a.umin == a.bits.value);		/* deduce.c, constant */
	for (i = 0; i < SIZE; i++)
		z |= (x >> 8 * i & 0xff) << 8 * (swaps ? SIZE - 1 - i : i);
	kept[0] = kept[1] = z;
	byte_order(&insn, &reg);
	CLAIM(well_formed(reg.var.bits), "well formed");
	CLAIM(xbpf_scalar_has(&reg.var, z), "the result is held");
	REACHED();
}
#endif
