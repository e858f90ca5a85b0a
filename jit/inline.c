/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers whose work is a few instructions: done in the program, without a call.
 *
 * What they read does not change under them: programs run with preemption off, so that %gs stays
 * this CPU's, and elements of an array stay where they are as long as the map, which the program
 * holds.
 */
#include "jit/translate.h"
#include "core/insn.h"

/* Instructions between the load of a map and its use. */
#define USE_WITHIN	16u

/* The array that the call at @at looks up in, when its elements can be found from here. */
static const struct xbpf_map_info *array_of(const struct jit *j, u32 at)
{
	u16 index = j->code->insn_aux[at].map;
	const struct xbpf_map_info *map = index && index <= j->code->map_cnt ?
		j->code->maps[index - 1] : NULL;

	if (!map || !map->values || !map->stride || !map->max_entries)
		return NULL;
	if (map->type == BPF_MAP_TYPE_ARRAY && !map->percpu)
		return map;
	if (map->type == BPF_MAP_TYPE_PERCPU_ARRAY && map->percpu && j->jenv->percpu.this_cpu_off)
		return map;
	return NULL;
}

/* r0 = values + index * stride; the index is below max_entries. */
static void find_element(struct jit *j, const struct xbpf_map_info *map, u8 index)
{
	bool w = (u64)(map->max_entries - 1) * map->stride > U32_MAX;
	u8 r0 = j->reg[BPF_REG_0];
	struct emit *e = &j->e;

	if (map->max_entries == 1) {
		xbpf_x86_mov_ri(e, r0, map->values);
	} else if (map->stride == 8) {
		xbpf_x86_mov_ri(e, r0, map->values);
		x86_lea(e, r0, x86_at_index8(r0, index, 0));
	} else {
		if (!(map->stride & (map->stride - 1)))
			xbpf_x86_shift_ri(e, X86_SHL, w, index, (u8)(fls64(map->stride) - 1));
		else
			xbpf_x86_imul_rri(e, w, index, index, (s32)map->stride);
		xbpf_x86_mov_ri(e, r0, map->values);
		x86_alu_rr(e, X86_ADD, true, r0, index);
	}
	if (map->percpu)
		x86_add_gs(e, r0, j->jenv->percpu.this_cpu_off);
}

/*
 *	mov edi, [rsi]
 *	xor eax, eax
 *	cmp edi, max_entries
 *	jae none
 *	movabs rax, values
 *	lea rax, [rax + rdi * 8]	; or a multiplication
 *	[add rax, gs:this_cpu_off]
 */
static void lookup(struct jit *j, const struct xbpf_map_info *map, u32 none)
{
	u8 index = j->reg[BPF_REG_1];	/* the call would have taken R1 - R5 */
	u8 r0 = j->reg[BPF_REG_0];
	struct emit *e = &j->e;

	xbpf_x86_load(e, 4, false, index, x86_at(j->reg[BPF_REG_2], 0));
	x86_alu_rr(e, X86_XOR, false, r0, r0);
	if (map->max_entries == 1)
		x86_test_rr(e, false, index, index);
	else
		xbpf_x86_alu_ri(e, X86_CMP, false, index, (s32)map->max_entries);
	xbpf_x86_jcc(e, map->max_entries == 1 ? X86_CC_NE : X86_CC_AE, none);
	find_element(j, map, index);
}

/* tgid in the upper half, pid in the lower one */
static void pid_tgid(struct jit *j)
{
	const struct xbpf_jit_percpu *p = &j->jenv->percpu;
	u8 r0 = j->reg[BPF_REG_0];
	struct emit *e = &j->e;

	x86_load_gs(e, true, r0, p->current_task);
	xbpf_x86_load(e, 4, false, JIT_TMP0, x86_at(r0, (s32)p->task_pid));
	xbpf_x86_load(e, 4, false, r0, x86_at(r0, (s32)p->task_tgid));
	xbpf_x86_shift_ri(e, X86_SHL, true, r0, 32);
	x86_alu_rr(e, X86_OR, true, r0, JIT_TMP0);
}

bool xbpf_jit_inline(struct jit *j, u32 id)
{
	const struct xbpf_jit_percpu *p = &j->jenv->percpu;
	const struct xbpf_map_info *map;
	u32 none;

	switch (id) {
	case BPF_FUNC_map_lookup_elem:
		map = array_of(j, j->at);
		if (!map)
			return false;
		none = xbpf_emit_label(&j->e);
		lookup(j, map, none);
		xbpf_emit_bind(&j->e, none);
		return true;
	case BPF_FUNC_get_smp_processor_id:
		if (!p->cpu_number)
			return false;
		x86_load_gs(&j->e, false, j->reg[BPF_REG_0], p->cpu_number);
		return true;
	case BPF_FUNC_get_current_task:
	case BPF_FUNC_get_current_task_btf:
		if (!p->current_task)
			return false;
		x86_load_gs(&j->e, true, j->reg[BPF_REG_0], p->current_task);
		return true;
	case BPF_FUNC_get_current_pid_tgid:
		if (!p->current_task || !p->task_pid || !p->task_tgid)
			return false;
		pid_tgid(j);
		return true;
	default:
		return false;
	}
}

/* A lookup, and the question whether it found something: at the element's address it did. */
bool xbpf_jit_inline_tested(struct jit *j, const struct bpf_insn *call, const struct bpf_insn *test)
{
	const struct xbpf_map_info *map = array_of(j, j->at);
	bool eq = test->code == (BPF_JMP | BPF_JEQ | BPF_K);
	u32 target = j->at + 2 + test->off, none;

	if (!map || call->src_reg || call->imm != BPF_FUNC_map_lookup_elem ||
	    !j->env->helper(BPF_FUNC_map_lookup_elem, map))
		return false;
	if (!(eq || test->code == (BPF_JMP | BPF_JNE | BPF_K)) || test->dst_reg ||
	    test->imm || !test->off ||
	    xbpf_jit_branch_kind(j, j->at + 1) != JIT_BRANCH_BOTH ||
	    target < j->code->subprogs[j->sub].start || target >= j->code->subprogs[j->sub].end)
		return false;
	if (eq) {
		lookup(j, map, target);
		return true;
	}
	none = xbpf_emit_label(&j->e);
	lookup(j, map, none);
	xbpf_x86_jmp(&j->e, target);
	xbpf_emit_bind(&j->e, none);
	return true;
}

static bool names_r1(const struct bpf_insn *insn, const struct xbpf_opcode *op)
{
	return (op->uses & XBPF_USES_DST && insn->dst_reg == BPF_REG_1) ||
	       (op->uses & XBPF_USES_SRC && insn->src_reg == BPF_REG_1);
}

bool xbpf_jit_inline_saves(const struct jit *j)
{
	const struct bpf_insn *insn = &j->code->insns[j->at];
	u32 i, end = j->code->subprogs[j->sub].end;

	if (insn->dst_reg != BPF_REG_1 ||
	    (insn->src_reg != BPF_PSEUDO_MAP_FD && insn->src_reg != BPF_PSEUDO_MAP_IDX))
		return false;
	for (i = j->at + 2; i < end && i < j->at + 2 + USE_WITHIN; i++) {
		const struct xbpf_opcode *op = xbpf_opcode(j->code->insns[i].code);

		insn = &j->code->insns[i];
		if ((j->code->insn_aux[i].flags &
		     (XBPF_AUX_SEEN | XBPF_AUX_TARGET | XBPF_AUX_HI)) != XBPF_AUX_SEEN)
			return false;
		if (op->klass == XBPF_INSN_CALL)
			return !insn->src_reg && insn->imm == BPF_FUNC_map_lookup_elem && array_of(j, i) &&
			       j->env->helper(BPF_FUNC_map_lookup_elem, array_of(j, i));
		if ((op->klass != XBPF_INSN_ALU && op->klass != XBPF_INSN_LOAD && op->klass != XBPF_INSN_STORE) ||
		    names_r1(insn, op))
			return false;
	}
	return false;
}
