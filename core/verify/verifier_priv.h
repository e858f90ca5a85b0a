/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the verifier (verifier.c and its neighbours) share.
 *
 * The verifier runs a program on abstract values.  A register holds a struct
 * xbpf_reg: its type and a superset of the values it can have.  A frame is the
 * registers and the stack of one function; a state is the chain of frames at one
 * instruction.  Every path is followed until it exits or reaches an instruction
 * in a state that an explored one covers (core/verify/visit.c).
 */
#ifndef XBPF_CORE_VERIFIER_PRIV_H
#define XBPF_CORE_VERIFIER_PRIV_H

#include "core/port.h"
#include "core/code.h"
#include "core/env.h"
#include "core/helper.h"
#include "core/insn.h"
#include "core/log.h"
#include "core/prog_type.h"
#include "core/range.h"
#include "core/verify/verifier.h"

#define XBPF_PSEUDO_FUNC	4u	/* BPF_PSEUDO_FUNC, which 5.10 does not name */
#define BIT_OF(n)	(1U << (n))
#define XBPF_SPARE_SIZES	64u
#define REG_COUNT	11u
#define REG_FP		10u
#define SLOT_COUNT	(XBPF_STACK_SIZE / 8)
/* Beyond this much memory no more checkpoints are kept: slower, but as sound. */
#define XBPF_CHECKPOINT_BYTES	(256u << 20)
/* No offset into an object reaches this far; sums of a few of them fit into s32. */
#define OFFSET_LIMIT	(1 << 29)
/*
 * off of a number: not that of its id but that number << 32, on its way to be
 * shifted back: without its sign it will be what it was, or with it, or both.
 */
#define OFF_SHIFTED	(1 << 30)
#define OFF_SHIFTED_ZEXT 1
#define OFF_SHIFTED_SEXT 2

enum xbpf_reg_type {
	REG_NONE,		/* not written yet */
	REG_SCALAR,
	REG_CTX,
	REG_STACK,		/* R10 of a frame, plus an offset */
	REG_MAP,		/* a map itself */
	REG_VALUE,		/* a value in a map */
	REG_VALUE_OR_NULL,	/* what a lookup returned, not checked yet */
	REG_MAP_OR_NULL,	/* ... in a map of maps */
	/*
	 * memory that the program was given: to be given back (ref), or by the caller of a global
	 * function
	 */
	REG_MEM,
	REG_MEM_OR_NULL,
	REG_PACKET,		/* a byte of the packet */
	REG_PACKET_META,	/* ... of its metadata: there is none, so its end is the packet's first byte */
	REG_PACKET_END,		/* behind the packet */
	REG_KEY,		/* the key of an element that a callback is shown; read-only */
	REG_FUNC,		/* a function of the program, for a callback */
	REG_GONE,		/* was a pointer to what is not the program's any more: of no use */
};

/* What a number was made from (core/verify/precision.c). */
struct xbpf_precision {
	struct xbpf_precision *a, *b;
	struct xbpf_precision *todo;
	u8 precision;
};

#define PRECISION_COMPARED	1u	/* some branch compares it */
#define PRECISION_EXACT	2u	/* the verdict depends on it */

struct xbpf_precision_chunk;

struct xbpf_reg {
	u8 type;		/* enum xbpf_reg_type */
	u8 frame;		/* REG_STACK: whose stack; REG_KEY: the callback's, which it ends with */
	u16 map;		/* REG_MAP*, REG_VALUE*: index into code->maps; REG_FUNC: the subprogram */
	bool inner;		/* ... of a map of maps, and one of the maps in it is meant */
	/*
	 * Registers and spills of the same id hold the same number plus their off
	 * (REG_SCALAR), the result of the same call (REG_*_OR_NULL, and what becomes
	 * of it), or the same variable offset into the packet.  0: no such relation.
	 */
	u32 id;
	u32 ref;		/* REG_MEM*: its id among the state's references */
	u32 size;		/* REG_MEM*, REG_KEY: bytes; REG_PACKET*: bytes that are there, from where off counts */
	s32 off;		/* known part of a pointer's offset, or see id and OFF_SHIFTED */
	/* REG_SCALAR: NULL when it depends on nothing but the path.  Of a checkpoint: its own. */
	struct xbpf_precision *from;
	struct xbpf_scalar var;	/* a scalar, or the unknown part of a pointer's offset */
};

/* What a byte of the stack holds. */
enum xbpf_byte {
	BYTE_NONE,		/* never written: may not be read */
	BYTE_MISC,		/* some number */
	BYTE_ZERO,
	BYTE_SPILL,		/* part of slot->reg */
};

/* Eight bytes of stack.  A spill begins at byte 0; a pointer fills all eight. */
struct xbpf_slot {
	u8 byte[8];
	struct xbpf_reg reg;
};

struct xbpf_frame {
	struct xbpf_reg regs[REG_COUNT];
	u32 subprog;
	bool callback;		/* a helper called it: it returns to the helper, which may call again */
	u32 round;		/* callback: which call of it this is, on all paths */
	/* the call of a helper that calls back which it came to last, of all on all paths; 0: none */
	u32 call;
	u32 ref_cnt, last_ref;	/* callback: the references at its begin, and the last of them */
	u32 callsite;		/* the call that opened the frame; U32_MAX for the main program */
	u32 slot_cnt;		/* slots [0, slot_cnt) are present, all beyond are BYTE_NONE */
	u32 slot_room;
	struct xbpf_slot *slots;	/* slot n: bytes [-8n-8, -8n) from R10 */
};

/* Something that the program holds and has to give back, by the call that gave it. */
struct xbpf_ref {
	u32 id;
	u32 pc;
};

#define REFS_MAX 32u

/*
 * A state that is being walked, waits to be walked, or is kept to be compared
 * with (a checkpoint).
 */
struct xbpf_state {
	/* the next pending, the next open checkpoint of the insn, or the next finished of its hash */
	struct xbpf_state *next;
	struct xbpf_state *parent;	/* the checkpoint that this path passed last */
	u32 branches;		/* checkpoint: paths from here that are not finished */
	u32 pc;
	u32 from;		/* pending: the jump */
	/* finished checkpoint (core/verify/kept.c) */
	struct xbpf_state *younger;
	struct xbpf_group *group;
	struct xbpf_state **at;	/* what points to it: its bucket, or a next */
	u32 hash, since, hits;	/* covered so many states since it was looked at for its age */
	u64 log_pos;
	u32 depth;		/* index of the innermost frame */
	struct xbpf_frame *frame[XBPF_MAX_FRAMES];
	/*
	 * Stack slots, a bit each.  read: some path from this checkpoint on reads
	 * what the slot held here.  written: between parent and here the whole slot
	 * was written, so that what was before does not matter.
	 */
	u64 read[XBPF_MAX_FRAMES];
	u64 written[XBPF_MAX_FRAMES];
	bool returned;		/* a callback just ended, and its helper is where it was before */
	bool leans;		/* checkpoint: a path from it ended at the begin of an earlier round */
	/* checkpoint: the precision nodes of what it holds, and those made behind it */
	struct xbpf_precision_chunk *numbers, *joins;
	u32 ref_cnt;
	struct xbpf_ref refs[REFS_MAX];	/* last, and what is not used is not cleared */
};

/* The finished checkpoints of an instruction (core/verify/kept.c). */
struct xbpf_kept {
	struct xbpf_state *oldest, *newest;	/* as they came to be finished */
	struct xbpf_group *groups;
	u32 group_cnt;
};

#define WALK_TARGET	1u	/* a jump goes here */
#define WALK_PRUNE	2u	/* states meet here: compare */
#define WALK_CTX	4u	/* accesses the context */
#define WALK_OTHER	8u	/* accesses something else */
#define WALK_INDEX	16u	/* tail call: index is the only one seen */
#define WALK_INDEX_MANY	32u
#define WALK_VISITED	64u	/* by the walk of the graph */
#define WALK_INDEX_WIDE	128u	/* tail call: the index may have more than 32 bits */
#define WALK_CALLBACK	256u	/* calls a helper that calls back */
#define WALK_FIELD	512u	/* reads a field of a map */

#define WALK_MAP_MANY	U16_MAX

/* What the stages leave for each other about an instruction. */
struct xbpf_walk_aux {
	u16 live;		/* registers that are read from here on */
	u16 high;		/* ... the upper half of which may be read */
	u16 map;		/* helper call: index of the map + 1, or WALK_MAP_MANY */
	u16 flags;
	u8 ctx_size;		/* run-time size and offset of a context access */
	s16 ctx_off;
	/* tail call: the only index, or the largest; pseudo call: subprogram; WALK_FIELD: what is read */
	u32 index;
	u32 visits;		/* states that met here */
	u32 checkpoints;	/* kept now */
	u32 wanted;		/* ... and asked for */
	struct xbpf_state *open;	/* checkpoints on the current path, the latest first */
	struct xbpf_kept *kept;	/* finished checkpoints */
};

struct xbpf_ids {
	u32 old, cur;
};

/* What the stages leave for each other about a function. */
struct xbpf_func_aux {
	/* itself, or by what it calls or takes the address of */
	bool tail_calls;
	bool moves_packet;	/* pointers into the packet are worth nothing afterwards */
	u8 atomic_size;		/* bytes of its largest atomic operation */
	bool early_return;	/* itself: it ends at some instruction with a number from elsewhere */
	const struct xbpf_func *info;	/* by BTF, or NULL */
	bool global;		/* ... which says so; the rest is of those only */
	bool proto_known;
	bool called;		/* by a call that was walked, and so to be walked itself */
	bool walked;
	struct xbpf_proto proto;
	bool kept;		/* some of its instructions may have checkpoints */
	u64 uses[XBPF_MAX_SUBPROGS / 64];	/* a bit per function: it calls it or takes its address */
};

struct xbpf_verifier {
	struct xbpf_code *code;
	const struct xbpf_env *env;
	void *priv;
	struct xbpf_log *log;
	const struct xbpf_prog_type_info *type;
	struct xbpf_walk_aux *walk_aux;

	struct xbpf_state *cur;
	struct xbpf_state *pending;	/* a stack */
	u32 pending_cnt;
	u32 pc;
	u32 last_id;
	u32 rounds;		/* callbacks that were entered */
	u32 helper_calls;	/* calls of helpers that call back, begun */
	struct xbpf_func_aux *funcs;	/* one per function */
	/* a bit per function: who calls it, directly or by a helper */
	u64 (*calls)[XBPF_MAX_SUBPROGS / 64];
	u32 marks;		/* how often something came to be needed */

	/* since the last checkpoint on this path */
	u32 jumps, insns, forks;

	/* for the log and the limits */
	u32 states_total, states_now, states_peak, states_per_insn;
	size_t bytes, bytes_peak;
	u32 looked;		/* for a signal, when so many states had been compared */

	/* freed memory, by size (core/verify/alloc.c) */
	struct xbpf_spare *spare[XBPF_SPARE_SIZES];
	size_t spare_bytes;

	struct xbpf_ids ids[REFS_MAX + 2 * XBPF_MAX_FRAMES * (REG_COUNT + SLOT_COUNT)];
	u32 id_cnt;
	u64 line_pos;			/* the log behind the instruction */
	u32 line_len;			/* length of its text */
	struct xbpf_observed observed[REG_COUNT];	/* for code->observer */
	struct xbpf_reg scratch[2];	/* too big for the stack of the kernel */
	struct xbpf_slot scratch_slot;
	char text[XBPF_REASON_SIZE];
};

/* Results of one step besides errors. */
enum xbpf_step {
	STEP_NEXT,		/* on to the next instruction */
	STEP_JUMP,		/* v->pc is set */
	STEP_DONE,		/* this path ends */
};

static inline struct xbpf_frame *cur_frame(struct xbpf_verifier *v)
{
	return v->cur->frame[v->cur->depth];
}

static inline struct xbpf_reg *cur_regs(struct xbpf_verifier *v)
{
	return cur_frame(v)->regs;
}

static inline bool reg_is_pointer(const struct xbpf_reg *reg)
{
	return reg->type > REG_SCALAR;
}

static inline bool reg_may_be_null(const struct xbpf_reg *reg)
{
	return reg->type == REG_VALUE_OR_NULL || reg->type == REG_MAP_OR_NULL ||
		reg->type == REG_MEM_OR_NULL;
}

/* Are both the number of one id, give or take a constant? */
static inline bool regs_linked(const struct xbpf_reg *a, const struct xbpf_reg *b)
{
	return a->type == REG_SCALAR && b->type == REG_SCALAR && a->id && a->id == b->id &&
	       (a->off == b->off || (a->off < OFF_SHIFTED && b->off < OFF_SHIFTED));
}

static inline bool slot_has_number(const struct xbpf_slot *slot)
{
	return slot->byte[0] == BYTE_SPILL && slot->reg.type == REG_SCALAR;
}

/* How many bytes of the slot are those of a spill. */
static inline u32 slot_spill_len(const struct xbpf_slot *slot)
{
	u32 n = 0;

	while (n < 8 && slot->byte[n] == BYTE_SPILL)
		n++;
	return n;
}

static inline bool reg_is_packet(const struct xbpf_reg *reg)
{
	return reg->type == REG_PACKET || reg->type == REG_PACKET_META;
}

static inline bool reg_has_map(const struct xbpf_reg *reg)
{
	return reg->type >= REG_MAP && reg->type <= REG_MAP_OR_NULL;
}

/* What is known of the map that @reg points to or into. */
static inline const struct xbpf_map_info *reg_map(const struct xbpf_verifier *v,
						  const struct xbpf_reg *reg)
{
	const struct xbpf_map_info *map = v->code->maps[reg->map];

	return reg->inner ? map->inner : map;
}

/* Is it a scalar of one value? */
static inline bool reg_is_const(const struct xbpf_reg *reg)
{
	return reg->type == REG_SCALAR && xbpf_scalar_is_const(&reg->var);
}

static inline bool insn_is_pseudo_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static inline bool insn_is_func_addr(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == XBPF_PSEUDO_FUNC;
}

static inline bool insn_is_helper_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg;
}

/* ldimm64 is the only instruction of two slots. */
static inline u32 insn_len(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1;
}

/* Where a jump (conditional or not) at @pc goes to; any value for malformed code. */
static inline s64 insn_target(const struct bpf_insn *insn, u32 pc)
{
	bool wide = insn->code == (BPF_JMP32 | BPF_JA);

	return (s64)pc + 1 + (wide ? insn->imm : insn->off);
}

/* core/verify/log.c */
__printf(3, 4) int xbpf_verify_refuse(struct xbpf_verifier *v, int err, const char *fmt, ...);
__printf(4, 5) int xbpf_verify_refuse_at(struct xbpf_verifier *v, u32 pc, int err,
					 const char *fmt, ...);
int xbpf_verify_no_memory(struct xbpf_verifier *v);
void xbpf_verify_log_insn(struct xbpf_verifier *v, bool with_state);
void xbpf_verify_log_after(struct xbpf_verifier *v, const struct bpf_insn *insn);
void xbpf_verify_log_state(struct xbpf_verifier *v, u32 depth);
void xbpf_verify_log_stats(struct xbpf_verifier *v);
const char *xbpf_reg_type_name(const struct xbpf_reg *reg);

/* core/verify/limit.c */
/* The walk is at a limit, @n times @what: says where it goes on and on. */
int xbpf_verify_refuse_long(struct xbpf_verifier *v, u32 n, const char *what);
/* To be called now and then; an error when the loader is to end. */
int xbpf_verify_go_on(struct xbpf_verifier *v);

/* core/verify/map.c: map fds become indices */
int xbpf_verify_maps(struct xbpf_verifier *v);

/* core/verify/cfg.c */
int xbpf_verify_subprogs(struct xbpf_verifier *v);
int xbpf_verify_graph(struct xbpf_verifier *v);
int xbpf_verify_stack_chain(struct xbpf_verifier *v);
void xbpf_verify_record_call(struct xbpf_verifier *v, u32 caller, u32 callee);
u32 xbpf_verify_subprog_of(const struct xbpf_code *code, u32 pc);

/* core/verify/live.c */
int xbpf_verify_live(struct xbpf_verifier *v);

/* core/verify/insn_aux.c */
int xbpf_verify_insn_aux(struct xbpf_verifier *v);
int xbpf_verify_ctx_rewrite(struct xbpf_verifier *v);

/* core/verify/alloc.c: not cleared */
void *xbpf_verify_alloc(struct xbpf_verifier *v, size_t size);
void xbpf_verify_release(struct xbpf_verifier *v, void *p, size_t size);
void xbpf_verify_free_spare(struct xbpf_verifier *v);

/* core/verify/state.c */
struct xbpf_state *xbpf_state_new(struct xbpf_verifier *v);
struct xbpf_state *xbpf_state_clone(struct xbpf_verifier *v);
int xbpf_state_copy(struct xbpf_verifier *v, struct xbpf_state *dst, const struct xbpf_state *src);
void xbpf_state_free(struct xbpf_verifier *v, struct xbpf_state *st);
int xbpf_frame_open(struct xbpf_verifier *v, struct xbpf_state *st, u32 subprog, u32 callsite);
void xbpf_frame_close(struct xbpf_verifier *v, struct xbpf_state *st);
struct xbpf_slot *xbpf_frame_slot(struct xbpf_verifier *v, struct xbpf_frame *frame, u32 slot);
/* A copy of the current state, *out, waits at @pc. */
int xbpf_state_push(struct xbpf_verifier *v, u32 pc, struct xbpf_state **out);
void xbpf_state_mark_read(struct xbpf_verifier *v, u32 frame, u64 slots);

/* core/verify/kept.c */
void xbpf_state_path_end(struct xbpf_verifier *v);
/* A finished checkpoint that covers the current state; NULL: none was found. */
struct xbpf_state *xbpf_kept_find(struct xbpf_verifier *v);
/* None did, so another one is wanted: some that are of no use go. */
void xbpf_kept_replace(struct xbpf_verifier *v);
void xbpf_state_release_all(struct xbpf_verifier *v);

/* core/verify/cover.c */
/* The registers of frame @f that the code from @pc on, in the frames of @st, reads. */
u16 xbpf_state_live_regs(const struct xbpf_verifier *v, const struct xbpf_state *st, u32 pc, u32 f);
bool xbpf_state_covers(struct xbpf_verifier *v, const struct xbpf_state *old);
bool xbpf_state_covers_whole(struct xbpf_verifier *v, const struct xbpf_state *old);
bool xbpf_state_equals(struct xbpf_verifier *v, const struct xbpf_state *old);
void xbpf_state_take_over(struct xbpf_verifier *v, const struct xbpf_state *old);

/* core/verify/round.c */
bool xbpf_round_is_covered(struct xbpf_verifier *v);
bool xbpf_round_may_cover(const struct xbpf_verifier *v, const struct xbpf_state *st);
void xbpf_round_lean_with(struct xbpf_verifier *v, const struct xbpf_state *st);

/* core/verify/visit.c */
/* 1: covered by an explored state; 0: go on. */
int xbpf_state_visit(struct xbpf_verifier *v);

/* core/verify/precision.c */
void xbpf_precision_mark(struct xbpf_verifier *v, struct xbpf_precision *node, u8 precision);
struct xbpf_precision *xbpf_precision_join(struct xbpf_verifier *v, struct xbpf_precision *a,
				     struct xbpf_precision *b);
/* To be called wherever a verdict, or a fact for the engines, depends on the number in @reg. */
void xbpf_reg_mark_precise(struct xbpf_verifier *v, const struct xbpf_reg *reg);
int xbpf_precision_begin(struct xbpf_verifier *v, struct xbpf_state *st);
void xbpf_precision_end(struct xbpf_verifier *v, struct xbpf_state *st);
void xbpf_precision_free(struct xbpf_verifier *v, struct xbpf_state *st);

/* core/verify/reg.c */
/* A number that depends on no other, and one that was made from others. */
void xbpf_reg_scalar(struct xbpf_reg *reg, const struct xbpf_scalar *value);
void xbpf_reg_derive(struct xbpf_reg *reg, const struct xbpf_scalar *value,
		     struct xbpf_precision *from);
void xbpf_reg_unknown(struct xbpf_reg *reg);
void xbpf_reg_const(struct xbpf_reg *reg, u64 value);
void xbpf_reg_none(struct xbpf_reg *reg);
/* It points to what is not the program's any more. */
void xbpf_reg_gone(struct xbpf_reg *reg);
int xbpf_reg_read(struct xbpf_verifier *v, u32 regno);
int xbpf_reg_write(struct xbpf_verifier *v, u32 regno);
/*
 * May anything be concluded from where it points to: that it is not null, that it compares as its
 * offset does?
 */
bool xbpf_reg_is_near(const struct xbpf_reg *ptr);
/* For who may not see addresses: such a comparison would tell about them. */
int xbpf_reg_refuse_far(struct xbpf_verifier *v, u32 regno);
/* Do both point into the same object, so that their offsets can be compared? */
bool xbpf_reg_same_object(const struct xbpf_verifier *v, const struct xbpf_reg *a,
			  const struct xbpf_reg *b);
/* May they be compared and subtracted? */
bool xbpf_reg_may_relate(const struct xbpf_verifier *v, const struct xbpf_reg *a,
			 const struct xbpf_reg *b);
/* How far a pointer is from the begin of what it points to. */
struct xbpf_scalar xbpf_reg_distance(const struct xbpf_reg *ptr);
u32 xbpf_reg_share_id(struct xbpf_verifier *v, struct xbpf_reg *reg);
void xbpf_reg_spread(struct xbpf_verifier *v, struct xbpf_state *st, const struct xbpf_reg *known);
void xbpf_reg_each(struct xbpf_verifier *v, struct xbpf_state *st,
		   void (*fn)(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg),
		   const void *arg);
void xbpf_reg_settle_null(struct xbpf_verifier *v, struct xbpf_state *st, u32 id, bool is_null);

/* core/verify/alu.c */
int xbpf_verify_alu(struct xbpf_verifier *v, const struct bpf_insn *insn);
int xbpf_verify_ld_imm64(struct xbpf_verifier *v, const struct bpf_insn *insn);

/* core/verify/branch.c */
int xbpf_verify_jump(struct xbpf_verifier *v, const struct bpf_insn *insn);

/* core/verify/stack.c */
int xbpf_stack_read(struct xbpf_verifier *v, u32 regno, s32 off, u32 size, struct xbpf_reg *out);
int xbpf_stack_write(struct xbpf_verifier *v, u32 regno, s32 off, u32 size,
		     const struct xbpf_reg *value);
/*
 * A helper reads (or, @write, writes) bytes [0, min) for sure and [min, max)
 * perhaps, from where register @regno points to.
 */
int xbpf_stack_range(struct xbpf_verifier *v, u32 regno, u32 min, u32 max, bool write);

/* core/verify/mem.c */
int xbpf_verify_load(struct xbpf_verifier *v, const struct bpf_insn *insn);
int xbpf_verify_store(struct xbpf_verifier *v, const struct bpf_insn *insn);
int xbpf_verify_atomic(struct xbpf_verifier *v, const struct bpf_insn *insn);
int xbpf_verify_range(struct xbpf_verifier *v, u32 regno, u32 min, u32 max, bool write);
/* The bytes of a constant that a value pointer points to, or NULL. */
const u8 *xbpf_verify_constant(const struct xbpf_verifier *v, const struct xbpf_reg *reg);

/* core/verify/field.c */
/* What the bytes of the map that register @regno points to hold. */
int xbpf_verify_field(struct xbpf_verifier *v, u32 regno, s32 off, u32 size,
		      struct xbpf_scalar *out);
int xbpf_verify_field_rewrite(struct xbpf_verifier *v);

/* core/verify/ref.c */
u32 xbpf_ref_acquire(struct xbpf_verifier *v);	/* the id; 0: refused */
void xbpf_ref_drop(struct xbpf_state *st, u32 id);
void xbpf_ref_release(struct xbpf_verifier *v, u32 id);
bool xbpf_ref_held(const struct xbpf_state *st, u32 id);
/* Nothing may be held where @what happens. */
int xbpf_ref_check_none(struct xbpf_verifier *v, const char *what);

/* core/verify/packet.c */
int xbpf_verify_ld_packet(struct xbpf_verifier *v, const struct bpf_insn *insn);
int xbpf_packet_access(struct xbpf_verifier *v, u32 regno, s32 off, u32 size, bool write);
/*
 * Two registers are compared.  0: not a packet with its end; 1: the other way waits, each knows
 * what it may.
 */
int xbpf_packet_compare(struct xbpf_verifier *v, const struct bpf_insn *insn);
void xbpf_packet_moved(struct xbpf_verifier *v, struct xbpf_state *st);

/* core/verify/callback.c */
bool xbpf_in_callback(const struct xbpf_state *st);
/*
 * A helper whose arguments are checked calls @func: enters it, after what follows the last round
 * was put aside.
 */
int xbpf_callback_enter(struct xbpf_verifier *v, u8 kind, u32 func);
int xbpf_callback_return(struct xbpf_verifier *v);
/*
 * May @value be kept in the stack of frame @to (-1: in other memory)?  A key may not outlive its
 * callback.
 */
int xbpf_callback_check_key(struct xbpf_verifier *v, const struct xbpf_reg *value, s32 to);

/* core/verify/global.c */
int xbpf_verify_effects(struct xbpf_verifier *v);
int xbpf_verify_call_global(struct xbpf_verifier *v, u32 func);
u32 xbpf_global_next(const struct xbpf_verifier *v);	/* one that is still to be walked; 0: none */
void xbpf_global_begin(struct xbpf_verifier *v, u32 func);	/* its arguments, in the new state */
int xbpf_global_exit(struct xbpf_verifier *v, u32 func);

/* core/verify/call.c */
/*
 * The instruction may end the function with @result in R0 (NULL: any number) instead of going on;
 * of the main function: the program.
 */
int xbpf_verify_early_return(struct xbpf_verifier *v, const struct xbpf_scalar *result);
int xbpf_verify_call(struct xbpf_verifier *v, const struct bpf_insn *insn);
int xbpf_verify_exit(struct xbpf_verifier *v);

#endif
