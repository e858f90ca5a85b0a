/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every translation needs: a refusal, the register or memory operand behind a BPF one, the map
 * and the subprogram that an instruction names.
 */
#include "jit/translate.h"

void xbpf_jit_fail(struct jit *j, int err, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	if (j->e.err && j->e.err != err)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	xbpf_log_fail(j->log, err, "JIT: insn %u: %s", j->at, why);
	emit_fail(&j->e, err);
}

u8 xbpf_jit_reg(struct jit *j, u8 bpf, u8 tmp)
{
	if (bpf != BPF_REG_10)
		return j->reg[bpf];
	x86_lea(&j->e, tmp, x86_at(X86_BP, j->frame.fp));
	return tmp;
}

struct x86_mem xbpf_jit_mem(const struct jit *j, u8 bpf, s32 off)
{
	if (bpf == BPF_REG_10)
		return x86_at(X86_BP, j->frame.fp + off);
	return x86_at(j->reg[bpf], off);
}

const struct xbpf_map_info *xbpf_jit_map(const struct jit *j)
{
	u16 map = jit_aux(j)->map;

	return map && map <= j->code->map_cnt ? j->code->maps[map - 1] : NULL;
}

u32 xbpf_jit_sub_at(const struct jit *j, s64 insn)
{
	u32 lo = 1, hi = j->code->subprog_cnt;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (j->code->subprogs[mid].start == insn)
			return mid;
		if (j->code->subprogs[mid].start < insn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}
