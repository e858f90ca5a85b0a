/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stages of a compilation: check, measure, relax, write, describe.
 */
#include "jit/translate.h"
#include "core/insn.h"

/* Instructions between two looks at the scheduler. */
#define RESCHED_EVERY	1024u

static void translate_insn(struct jit *j)
{
	const struct bpf_insn *insn = &j->code->insns[j->at];
	const struct xbpf_opcode *op = xbpf_opcode(insn->code);

	if (xbpf_jit_tail_unused(j))
		return;
	switch (op->klass) {
	case XBPF_INSN_ALU:
		xbpf_jit_alu(j, insn);
		break;
	case XBPF_INSN_LOAD:
		xbpf_jit_load(j, insn);
		break;
	case XBPF_INSN_STORE:
		xbpf_jit_store(j, insn);
		break;
	case XBPF_INSN_ATOMIC:
		xbpf_jit_atomic(j, insn);
		break;
	case XBPF_INSN_LD_IMM64:
		xbpf_jit_ld_imm64(j, insn);
		break;
	case XBPF_INSN_JUMP:
		xbpf_jit_branch(j, insn);
		break;
	case XBPF_INSN_JA:
		xbpf_jit_ja(j, insn);
		break;
	case XBPF_INSN_CALL:
		xbpf_jit_call(j, insn);
		break;
	case XBPF_INSN_EXIT:
		xbpf_jit_exit(j);
		break;
	case XBPF_INSN_LD_PKT:
		xbpf_jit_packet(j, insn);
		break;
	default:
		xbpf_jit_fail(j, -EOPNOTSUPP, "unknown opcode 0x%02x", insn->code);
	}
}

/*
 * Instructions that the verifier never reached have no meaning to translate, and nothing leads to
 * them: branches that it found decided are no branches any more (branch.c).  Should one be reached
 * after all, by running into it, the run ends with 0.
 */
static u32 translate_unseen(struct jit *j, u32 end, bool runs_into)
{
	const struct xbpf_insn_aux *insn_aux = j->code->insn_aux;
	u32 i = j->at;

	while (i < end && (!(insn_aux[i].flags & XBPF_AUX_SEEN) || (insn_aux[i].flags & XBPF_AUX_HI)))
		xbpf_emit_bind(&j->e, i++);
	if (runs_into) {
		xbpf_x86_mov_ri(&j->e, j->reg[BPF_REG_0], 0);
		xbpf_jit_exit(j);
	}
	return i;
}

/* Can what stands behind instruction @i be reached through it? */
static bool falls_through(const struct jit *j, u32 i)
{
	switch (xbpf_opcode(j->code->insns[i].code)->klass) {
	case XBPF_INSN_JA:
	case XBPF_INSN_EXIT:
		return false;
	case XBPF_INSN_JUMP:
		return xbpf_jit_branch_kind(j, i) != JIT_BRANCH_ALWAYS;
	default:
		return true;
	}
}

static void translate_sub(struct jit *j, u32 sub)
{
	const struct xbpf_subprog *s = &j->code->subprogs[sub];
	bool runs_into = true;
	u32 i, k, n;

	xbpf_jit_enter(j, sub);
	for (i = s->start; i < s->end && !j->e.err; ) {
		const struct xbpf_insn_aux *insn_aux = &j->code->insn_aux[i];

		j->at = i;
		if (!(insn_aux->flags & (XBPF_AUX_SEEN | XBPF_AUX_HI))) {
			i = translate_unseen(j, s->end, runs_into);
			runs_into = false;
			continue;
		}
		xbpf_emit_bind(&j->e, i);
		n = 1;
		if (!(insn_aux->flags & XBPF_AUX_HI)) {
			n = xbpf_jit_fuse(j, s->end);
			if (!n) {
				n = 1;
				translate_insn(j);
			}
			runs_into = falls_through(j, i + n - 1);
		}
		for (k = 1; k < n; k++)
			xbpf_emit_bind(&j->e, i + k);
		i += n;
		if (i / RESCHED_EVERY != (i - n) / RESCHED_EVERY) {
			port_resched();
			if (port_interrupted())
				xbpf_jit_fail(j, -EINTR, "interrupted by a signal");
		}
	}
}

static void translate(struct jit *j)
{
	u32 sub;

	j->keys = 0;
	for (sub = 0; sub < j->code->subprog_cnt && !j->e.err; sub++)
		translate_sub(j, sub);
}

/* The words for errors of the cursor, where nobody has found better ones. */
static int explain(struct jit *j)
{
	int err = j->e.err;

	switch (err) {
	case 0:
		return 0;
	case -ENOMEM:
		return xbpf_log_fail(j->log, err, "JIT: out of memory");
	case -E2BIG:
		return xbpf_log_fail(j->log, err, "JIT: the machine code would be larger than 1 GiB");
	case -EFAULT:
		return xbpf_log_fail(j->log, err,
				     "JIT: insn %u: the code came out otherwise than measured; this is a bug in xbpf",
				     j->at);
	default:
		return xbpf_log_fail(j->log, err, "JIT: insn %u: error %d", j->at, err);
	}
}

static int check(const struct jit *j)
{
	const struct xbpf_code *code = j->code;
	u32 i, at = 0;

	if (code->subprog_cnt > XBPF_MAX_SUBPROGS)
		return xbpf_log_fail(j->log, -EINVAL, "JIT: too many subprograms");
	if (!xbpf_jit_regs_valid(j->jenv->regs ? j->jenv->regs : &xbpf_jit_regs_usual))
		return xbpf_log_fail(j->log, -EINVAL, "JIT: bad register map");
	if (!j->jenv->jump_rcx.len || !j->jenv->ret.len)
		return xbpf_log_fail(j->log, -EINVAL, "JIT: the branch forms of this kernel are not known");
	/* what follows indexes by these */
	for (i = 0; i < code->subprog_cnt && code->subprogs[i].start == at &&
	     code->subprogs[i].end > at; i++)
		at = code->subprogs[i].end;
	if (!i || i != code->subprog_cnt || at != code->insn_cnt || !code->insn_aux)
		return xbpf_log_fail(j->log, -EINVAL, "JIT: the program has not been verified");
	return 0;
}

static int describe(const struct jit *j, u32 len, struct xbpf_jit_out *out)
{
	const struct xbpf_code *code = j->code;
	u32 i;

	out->insn_off = port_zalloc(((size_t)code->insn_cnt + 1) * sizeof(*out->insn_off));
	if (!out->insn_off)
		return xbpf_log_fail(j->log, -ENOMEM, "JIT: out of memory");
	for (i = 0; i < code->insn_cnt; i++)
		out->insn_off[i] = j->e.labels[i].pos;
	for (i = 0; i < code->subprog_cnt; i++) {
		u32 label = i && j->callback[i] ? jit_callback_label(j, i) : jit_sub_label(j, i);

		out->insn_off[code->subprogs[i].start] = j->e.labels[label].pos;
	}
	out->insn_off[code->insn_cnt] = len;
	out->len = len;
	return 0;
}

/* How many poke sites there are is known from the measuring pass. */
static bool make_pokes(struct jit *j, struct xbpf_jit_out *out)
{
	if (j->poke_cnt) {
		out->pokes = port_zalloc((size_t)j->poke_cnt * sizeof(*out->pokes));
		if (!out->pokes) {
			emit_fail(&j->e, -ENOMEM);
			return false;
		}
	}
	j->pokes = out->pokes;
	j->poke_max = j->poke_cnt;
	j->poke_cnt = 0;
	return true;
}

struct jit *xbpf_jit_measure(const struct xbpf_code *code, const struct xbpf_env *env,
			     const struct xbpf_jit_env *jenv, struct xbpf_log *log, u32 *len, int *err)
{
	struct jit *j = port_zalloc(sizeof(*j));

	if (!j) {
		*err = xbpf_log_fail(log, -ENOMEM, "JIT: out of memory");
		return NULL;
	}
	j->code = code;
	j->env = env;
	j->jenv = jenv;
	j->log = log;
	*err = check(j);
	if (*err) {
		port_free(j);
		return NULL;
	}
	j->reg = (jenv->regs ? jenv->regs : &xbpf_jit_regs_usual)->of;
	xbpf_jit_find_callbacks(j);
	xbpf_emit_init(&j->e, jit_label_cnt(j));
	translate(j);
	*len = j->len = xbpf_emit_relax(&j->e);
	*err = explain(j);
	if (*err) {
		xbpf_jit_end(j);
		return NULL;
	}
	return j;
}

int xbpf_jit_write(struct jit *j, u64 addr, u8 *buf, u32 size, struct xbpf_jit_out *out)
{
	u32 poke_cnt = j->poke_cnt;
	int err;

	memset(out, 0, sizeof(*out));
	out->poke_cnt = poke_cnt;
	if (make_pokes(j, out)) {
		xbpf_emit_rewind(&j->e, jit_label_cnt(j), buf, size, addr);
		translate(j);
		if (j->e.pos != j->len || j->len != size || j->poke_cnt != poke_cnt)
			emit_fail(&j->e, -EFAULT);
	}
	err = explain(j);
	if (!err)
		err = describe(j, j->len, out);
	if (err)
		xbpf_jit_out_release(out);
	return err;
}

void xbpf_jit_end(struct jit *j)
{
	xbpf_emit_release(&j->e);
	port_free(j);
}

void xbpf_jit_out_release(struct xbpf_jit_out *out)
{
	port_free(out->insn_off);
	port_free(out->pokes);
	out->insn_off = NULL;
	out->pokes = NULL;
}
