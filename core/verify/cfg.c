/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stages on the graph of the program: functions, edges, and the stack that a
 * chain of calls needs.
 */
#include "core/verify/verifier_priv.h"

static bool is_jump(const struct bpf_insn *insn)
{
	u8 klass = xbpf_opcode(insn->code)->klass;

	return klass == XBPF_INSN_JUMP || klass == XBPF_INSN_JA;
}

/* --- functions ------------------------------------------------------------------------------- */

u32 xbpf_verify_subprog_of(const struct xbpf_code *code, u32 pc)
{
	u32 lo = 0, hi = code->subprog_cnt;

	while (lo + 1 < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (code->subprogs[mid].start <= pc)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static const struct xbpf_func *func_info(const struct xbpf_code *code, u32 pc)
{
	u32 lo = 0, hi = code->func_cnt;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (code->funcs[mid].insn == pc)
			return &code->funcs[mid];
		if (code->funcs[mid].insn < pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Keeps the table sorted; few functions, so insertion is good enough. */
static int add_subprog(struct xbpf_verifier *v, u32 caller, u32 start)
{
	struct xbpf_code *code = v->code;
	u32 i, at = code->subprog_cnt;

	for (i = 0; i < code->subprog_cnt; i++) {
		if (code->subprogs[i].start == start)
			return 0;
		if (code->subprogs[i].start > start) {
			at = i;
			break;
		}
	}
	if (code->subprog_cnt == XBPF_MAX_SUBPROGS) {
		xbpf_log(v->log, "too many subprograms\n");
		return xbpf_verify_refuse_at(v, caller, -E2BIG,
			"the program has more than %u functions: inline some of them",
			XBPF_MAX_SUBPROGS);
	}
	for (i = code->subprog_cnt; i > at; i--)
		code->subprogs[i] = code->subprogs[i - 1];
	memset(&code->subprogs[at], 0, sizeof(code->subprogs[at]));
	code->subprogs[at].start = start;
	code->subprog_cnt++;
	return 0;
}

static int find_subprogs(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	s64 target;
	u32 pc;
	int err;

	err = add_subprog(v, 0, 0);
	for (pc = 0; !err && pc < code->insn_cnt; pc++) {
		bool func = insn_is_func_addr(&code->insns[pc]);

		if (!func && !insn_is_pseudo_call(&code->insns[pc]))
			continue;
		if (code->insn_aux[pc].flags & XBPF_AUX_HI)
			continue;
		target = (s64)pc + 1 + code->insns[pc].imm;
		if (func && !target)
			return xbpf_verify_refuse_at(v, pc, -EINVAL,
				"the main function cannot be a callback");
		if (target < 0 || target >= code->insn_cnt) {
			xbpf_log(v->log, "call out of range from insn %u to %lld\n", pc,
				 (long long)target);
			return xbpf_verify_refuse_at(v, pc, -EINVAL,
				"the call goes to instruction %lld, outside of the program",
				(long long)target);
		}
		if (code->insn_aux[target].flags & XBPF_AUX_HI) {
			xbpf_log(v->log, "jump into the middle of ldimm64 insn %lld\n",
				 (long long)target);
			return xbpf_verify_refuse_at(v, pc, -EINVAL,
				"the call goes into the middle of the ld_imm64 at %lld",
				(long long)target - 1);
		}
		err = add_subprog(v, pc, (u32)target);
	}
	return err;
}

static int check_jump(struct xbpf_verifier *v, const struct xbpf_subprog *sub, u32 pc)
{
	struct xbpf_code *code = v->code;
	s64 target = insn_target(&code->insns[pc], pc);

	if (target < sub->start || target >= sub->end) {
		xbpf_log(v->log, "jump out of range from insn %u to %lld\n", pc,
			 (long long)target);
		return xbpf_verify_refuse_at(v, pc, -EINVAL,
			"the jump goes to instruction %lld, outside of its function (%u to %u)",
			(long long)target, sub->start, sub->end - 1);
	}
	if (code->insn_aux[target].flags & XBPF_AUX_HI) {
		xbpf_log(v->log, "jump into the middle of ldimm64 insn %lld\n",
			 (long long)target);
		return xbpf_verify_refuse_at(v, pc, -EINVAL,
			"the jump goes into the middle of the ld_imm64 at %lld",
			(long long)target - 1);
	}
	code->insn_aux[target].flags |= XBPF_AUX_TARGET;
	v->walk_aux[target].flags |= WALK_TARGET | WALK_PRUNE;
	return 0;
}

/* Rounds of a callback begin and end at the call. */
static void record_callback(struct xbpf_verifier *v, u32 pc)
{
	const struct xbpf_helper *helper = xbpf_helper_find((u32)v->code->insns[pc].imm);

	if (!helper || !helper->callback)
		return;
	v->walk_aux[pc].flags |= WALK_PRUNE | WALK_CALLBACK;
	if (pc + 1 < v->code->insn_cnt)
		v->walk_aux[pc + 1].flags |= WALK_PRUNE;
}

static int check_subprog(struct xbpf_verifier *v, struct xbpf_subprog *sub)
{
	struct xbpf_code *code = v->code;
	u32 pc, last = sub->end - 1;
	u8 klass = xbpf_opcode(code->insns[last].code)->klass;
	int err;

	for (pc = sub->start; pc < sub->end; pc++) {
		const struct bpf_insn *insn = &code->insns[pc];

		if (code->insn_aux[pc].flags & XBPF_AUX_HI)
			continue;
		if (insn_is_helper_call(insn) && insn->imm == BPF_FUNC_tail_call)
			sub->has_tail_call = true;
		if (insn_is_helper_call(insn))
			record_callback(v, pc);
		if (insn_is_pseudo_call(insn) || insn_is_func_addr(insn)) {
			v->walk_aux[pc].index = xbpf_verify_subprog_of(code, pc + 1 + insn->imm);
			code->insn_aux[pc].arg = v->walk_aux[pc].index;
		}
		if (insn_is_pseudo_call(insn)) {
			sub->has_call = true;
			xbpf_verify_record_call(v, (u32)(sub - code->subprogs), v->walk_aux[pc].index);
			if (pc + 1 < sub->end)
				v->walk_aux[pc + 1].flags |= WALK_PRUNE;
		}
		if (is_jump(insn)) {
			err = check_jump(v, sub, pc);
			if (err)
				return err;
		}
	}
	if (code->insn_aux[last].flags & XBPF_AUX_HI ||
	    (klass != XBPF_INSN_EXIT && klass != XBPF_INSN_JA)) {
		xbpf_log(v->log, "last insn is not an exit or jmp\n");
		return xbpf_verify_refuse_at(v, last, -EINVAL,
			"the function that begins at %u runs off its end: its last instruction "
			"must be an exit or a jump",
			sub->start);
	}
	return 0;
}

/* No more than there are calls and addresses of functions. */
static u32 subprogs_at_most(const struct xbpf_code *code)
{
	u32 i, n = 1;

	for (i = 0; i < code->insn_cnt; i++)
		n += insn_is_pseudo_call(&code->insns[i]) || insn_is_func_addr(&code->insns[i]);
	return min_t(u32, n, XBPF_MAX_SUBPROGS);
}

int xbpf_verify_subprogs(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	u32 i, room = subprogs_at_most(code);
	int err;

	code->subprogs = port_zalloc(sizeof(*code->subprogs) * room);
	v->calls = port_zalloc(sizeof(*v->calls) * room);
	v->funcs = port_zalloc(sizeof(*v->funcs) * room);
	if (!code->subprogs || !v->calls || !v->funcs)
		return xbpf_verify_no_memory(v);
	err = find_subprogs(v);
	if (err)
		return err;
	for (i = 0; i < code->subprog_cnt; i++) {
		struct xbpf_subprog *sub = &code->subprogs[i];

		sub->end = i + 1 < code->subprog_cnt ? code->subprogs[i + 1].start :
						       code->insn_cnt;
		v->funcs[i].info = func_info(code, sub->start);
		sub->name = v->funcs[i].info ? v->funcs[i].info->name : NULL;
		/* the main function is walked with the context anyway */
		v->funcs[i].global = i && v->funcs[i].info && v->funcs[i].info->global;
	}
	for (i = 0; i < code->subprog_cnt; i++) {
		err = check_subprog(v, &code->subprogs[i]);
		if (err)
			return err;
	}
	return 0;
}

/* --- reachable code -------------------------------------------------------------------------- */

/*
 * Walks every edge once.  Back edges are fine: whether a loop ends is for the
 * exploration to find out.
 */
static void walk(struct xbpf_verifier *v, u32 *todo)
{
	struct xbpf_code *code = v->code;
	u32 cnt = 0, next[3], n;

	todo[cnt++] = 0;
	v->walk_aux[0].flags |= WALK_VISITED;
	while (cnt) {
		u32 pc = todo[--cnt];
		const struct bpf_insn *insn = &code->insns[pc];
		u8 klass = xbpf_opcode(insn->code)->klass;

		n = 0;
		if (klass != XBPF_INSN_EXIT && klass != XBPF_INSN_JA)
			next[n++] = pc + insn_len(insn);
		if (is_jump(insn))
			next[n++] = (u32)insn_target(insn, pc);
		else if (insn_is_pseudo_call(insn) || insn_is_func_addr(insn))
			next[n++] = pc + 1 + insn->imm;
		while (n--) {
			if (v->walk_aux[next[n]].flags & WALK_VISITED)
				continue;
			v->walk_aux[next[n]].flags |= WALK_VISITED;
			todo[cnt++] = next[n];
		}
	}
}

int xbpf_verify_graph(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	u32 *todo, pc;

	todo = port_zalloc(sizeof(*todo) * code->insn_cnt);
	if (!todo)
		return xbpf_verify_no_memory(v);
	walk(v, todo);
	port_free(todo);
	for (pc = 0; pc < code->insn_cnt; pc++) {
		if (v->walk_aux[pc].flags & WALK_VISITED || code->insn_aux[pc].flags & XBPF_AUX_HI)
			continue;
		xbpf_log(v->log, "unreachable insn %u\n", pc);
		return xbpf_verify_refuse_at(v, pc, -EINVAL,
			"instruction %u can never be reached: remove it", pc);
	}
	return 0;
}

/* --- chains of calls ------------------------------------------------------------------------- */

/* Return address, rbp and four or five registers, rounded up. */
#define FRAME_COST	64u

/* One function on the way down. */
struct chain {
	u32 subprog;
	u32 next;	/* the callee to look at next */
};

struct chain_sum {
	u32 bytes;	/* the deepest chain from here, itself included */
	u32 frames;
	u32 above;	/* the deepest stack of callers */
	u8 state;	/* 0: not seen, 1: on the way down, 2: done */
};

void xbpf_verify_record_call(struct xbpf_verifier *v, u32 caller, u32 callee)
{
	v->calls[caller][callee / 64] |= 1ULL << callee % 64;
}

/* The first function from @from on that @caller calls; the number of functions: none. */
static u32 next_callee(const struct xbpf_verifier *v, u32 caller, u32 from)
{
	u32 i;

	for (i = from; i < v->code->subprog_cnt; i++)
		if (v->calls[caller][i / 64] >> i % 64 & 1)
			return i;
	return i;
}

static int refuse_recursion(struct xbpf_verifier *v, u32 caller, u32 callee)
{
	const struct xbpf_subprog *sub = &v->code->subprogs[caller];
	u32 pc;

	for (pc = sub->start; pc < sub->end; pc++)
		if ((insn_is_pseudo_call(&v->code->insns[pc]) || insn_is_func_addr(&v->code->insns[pc])) &&
		    !(v->code->insn_aux[pc].flags & XBPF_AUX_HI) && v->walk_aux[pc].index == callee)
			break;
	if (pc == sub->end)	/* by a function address from elsewhere */
		pc = sub->start;
	xbpf_log(v->log, "recursive call from insn %u\n", pc);
	return xbpf_verify_refuse_at(v, pc, -EINVAL,
		"the function calls itself, directly or through others: use a loop");
}

/* Depth first, with a stack of its own: a chain has no function twice. */
static int chain_walk(struct xbpf_verifier *v, struct chain *chain, struct chain_sum *sums)
{
	struct xbpf_code *code = v->code;
	u32 depth = 1;

	chain[0] = (struct chain){ 0 };
	while (depth) {
		struct chain *top = &chain[depth - 1];
		struct chain_sum *sum = &sums[top->subprog], *callee;
		u32 own = code->subprogs[top->subprog].stack_depth, next;

		if (!sum->state) {
			sum->state = 1;
			sum->frames = 1;
			sum->bytes = own;
		}
		next = next_callee(v, top->subprog, top->next);
		if (next == code->subprog_cnt) {
			sum->state = 2;
			depth--;
			continue;
		}
		callee = &sums[next];
		if (callee->state == 1)
			return refuse_recursion(v, top->subprog, next);
		if (!callee->state) {
			chain[depth++] = (struct chain){ .subprog = next };
			continue;
		}
		sum->frames = max_t(u32, sum->frames, callee->frames + 1);
		sum->bytes = max_t(u32, sum->bytes, callee->bytes + own);
		top->next = next + 1;
	}
	return 0;
}

static int chain_limits(struct xbpf_verifier *v, const struct chain_sum *main_sum)
{
	if (main_sum->bytes > XBPF_STACK_SIZE) {
		xbpf_log(v->log, "combined stack size of %u calls is %u. Too large\n",
			 main_sum->frames, main_sum->bytes);
		return xbpf_verify_refuse_at(v, 0, -EACCES,
			"a chain of %u calls uses %u bytes of stack, the limit is %u: use less local data or a map",
			main_sum->frames, main_sum->bytes, XBPF_STACK_SIZE);
	}
	if (main_sum->frames > XBPF_MAX_FRAMES) {
		xbpf_log(v->log, "the call stack of %u frames is too deep !\n",
			 main_sum->frames);
		return xbpf_verify_refuse_at(v, 0, -E2BIG,
			"functions call each other %u deep, the limit is %u", main_sum->frames,
			XBPF_MAX_FRAMES);
	}
	return 0;
}

/*
 * A function that tail-calls leaves the stack of its callers behind at each hop:
 * that must be little, so that all hops of a run have room.  No chain is longer than
 * the limit of frames, and so many rounds settle the sums.
 */
static int chain_hops(struct xbpf_verifier *v, struct chain_sum *sums)
{
	struct xbpf_code *code = v->code;
	u32 round, i, callee;

	for (round = 1; round < XBPF_MAX_FRAMES; round++) {
		for (i = 0; i < code->subprog_cnt; i++) {
			/* what a frame saves is real stack too; that of the main function is upstream's to allow */
			u32 above = sums[i].above + code->subprogs[i].stack_depth + (i ? FRAME_COST : 0);

			for (callee = next_callee(v, i, 0); callee < code->subprog_cnt;
			     callee = next_callee(v, i, callee + 1))
				sums[callee].above = max_t(u32, sums[callee].above, above);
		}
	}
	for (i = 1; i < code->subprog_cnt; i++) {
		if (!code->subprogs[i].has_tail_call || sums[i].above <= XBPF_TAIL_CALLER_STACK)
			continue;
		xbpf_log(v->log,
			 "tail_calls are not allowed when call stack of previous frames is %u bytes. Too large\n",
			 sums[i].above);
		return xbpf_verify_refuse_at(v, code->subprogs[i].start, -EACCES,
			"this function makes tail calls while its callers hold %u bytes of stack "
			"(64 for each but the main function included), the limit is %u: use less "
			"local data there, or call from the main function",
			sums[i].above, XBPF_TAIL_CALLER_STACK);
	}
	return 0;
}

/*
 * No recursion, at most 8 frames and 512 bytes over any chain of calls.  Runs
 * twice: before the exploration stack depths are 0, and recursion is found; the
 * exploration adds the calls that helpers make.
 */
int xbpf_verify_stack_chain(struct xbpf_verifier *v)
{
	struct chain *chain;
	struct chain_sum *sums;
	int err = -ENOMEM;

	chain = port_zalloc(sizeof(*chain) * (v->code->subprog_cnt + 1));
	sums = port_zalloc(sizeof(*sums) * v->code->subprog_cnt);
	if (chain && sums)
		err = chain_walk(v, chain, sums);
	else
		err = xbpf_verify_no_memory(v);
	if (!err)
		err = chain_limits(v, &sums[0]);
	if (!err)
		err = chain_hops(v, sums);
	port_free(sums);
	port_free(chain);
	return err;
}
