/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The run loop.
 *
 * Runs in any context: one C frame of fixed size on the caller's kernel stack, however deep the
 * program calls and however often it tail-calls; one more for each callback under way.  The stack
 * of the program and what its callers saved lie in the run's area.
 *
 * A switch and not a table of labels: kernels build without jump tables where
 * indirect branches are to be avoided, and the compiler knows which.
 *
 * With XBPF_INTERP_CHECKED defined this becomes xbpf_image_run_checked().
 */
#include "core/interp_ops.h"

/* Any alignment, one access, no assumption about the type of what lies there. */
#define DEFINE_MEM(bits) \
struct mem##bits { u##bits v; } __attribute__((packed, may_alias)); \
static inline u##bits load##bits(u64 addr) \
{ \
	return ((const volatile struct mem##bits *)(unsigned long)addr)->v; \
} \
static inline void store##bits(u64 addr, u##bits v) \
{ \
	((volatile struct mem##bits *)(unsigned long)addr)->v = v; \
}

DEFINE_MEM(8)
DEFINE_MEM(16)
DEFINE_MEM(32)
DEFINE_MEM(64)

typedef u32 __attribute__((may_alias)) word32;
typedef u64 __attribute__((may_alias)) word64;

/* Signed division: x / 0 = 0, x % 0 = x, MIN / -1 = MIN, MIN % -1 = 0 (RFC 9669, 4.1). */
static inline u64 sdiv64(u64 a, u64 b)
{
	if (!b)
		return 0;
	return (s64)b == -1 ? -a : (u64)((s64)a / (s64)b);
}

static inline u64 smod64(u64 a, u64 b)
{
	if (!b)
		return a;
	return (s64)b == -1 ? 0 : (u64)((s64)a % (s64)b);
}

static inline u32 sdiv32(u32 a, u32 b)
{
	if (!b)
		return 0;
	return (s32)b == -1 ? -a : (u32)((s32)a / (s32)b);
}

static inline u32 smod32(u32 a, u32 b)
{
	if (!b)
		return a;
	return (s32)b == -1 ? 0 : (u32)((s32)a % (s32)b);
}

#define DST	regs[op->dst]
#define SRC	regs[op->src]

#define BINARY(name, e64, e32) \
	case XBPF_OP_##name##64K: { u64 a = DST, b = op->imm; DST = (e64); break; } \
	case XBPF_OP_##name##64X: { u64 a = DST, b = SRC; DST = (e64); break; } \
	case XBPF_OP_##name##32K: { u32 a = DST, b = op->imm; DST = (u32)(e32); break; } \
	case XBPF_OP_##name##32X: { u32 a = DST, b = SRC; DST = (u32)(e32); break; }

/* @type without a width: u or s. */
#define COND(name, type, cond) \
	case XBPF_OP_##name##64K: { type##64 a = DST, b = op->imm; if (cond) goto jump; break; } \
	case XBPF_OP_##name##64X: { type##64 a = DST, b = SRC; if (cond) goto jump; break; } \
	case XBPF_OP_##name##32K: { type##32 a = DST, b = op->imm; if (cond) goto jump; break; } \
	case XBPF_OP_##name##32X: { type##32 a = DST, b = SRC; if (cond) goto jump; break; }

#define LOAD(name, bits, cast) \
	case XBPF_OP_##name: { \
		u64 addr = SRC + (s64)op->off; \
		ACCESS(addr, bits / 8, false); \
		DST = (u64)(cast)load##bits(addr); \
		break; \
	}

#define STORE(name, bits, value) \
	case XBPF_OP_##name: { \
		u64 addr = DST + (s64)op->off; \
		ACCESS(addr, bits / 8, true); \
		store##bits(addr, (u##bits)(value)); \
		break; \
	}

/* The statement finds the word in mem and the source register's value in val. */
#define LOCK(name, operation, statement) \
	case XBPF_OP_LOCK_##name##32: { \
		u64 addr = DST + (s64)op->off; \
		u32 val = SRC; \
		word32 *mem; \
		ACCESS(addr, 4, true); \
		mem = (word32 *)(unsigned long)addr; \
		statement; \
		break; \
	} \
	case XBPF_OP_LOCK_##name##64: { \
		u64 addr = DST + (s64)op->off; \
		u64 val = SRC; \
		word64 *mem; \
		ACCESS(addr, 8, true); \
		mem = (word64 *)(unsigned long)addr; \
		statement; \
		break; \
	}

#ifdef XBPF_INTERP_CHECKED

#include "core/interp_check.h"

#define ACCESS(addr, size, write) \
	do { \
		addr = (unsigned long)CHECK->access(CHECK->priv, addr, size, write); \
		if (!addr) \
			goto stop; \
	} while (0)

/* R1 to R5 are gone after a call: make sure that nobody counts on them. */
static void forget_arguments(u64 *regs)
{
	u32 i;

	for (i = 1; i <= 5; i++)
		regs[i] = 0xdead00000000beefULL + i;
}

#define CHECK	((const struct xbpf_interp_check *)area->check)

/* A ld_imm64 of this kind gives the address of a map or of its value. */
static bool names_map(u8 kind)
{
	return kind && kind != BPF_PSEUDO_FUNC && kind != BPF_PSEUDO_BTF_ID;
}

#else

#define ACCESS(addr, size, write) do { } while (0)

#endif

/* @args: R1 to R5. Frames from area->frame on are free, and the stack below area->r10. */
static u64 run(struct xbpf_run_area *area, const struct xbpf_image *image,
	       const struct xbpf_insn_op *op, const u64 *args)
{
	const u32 base = area->frame;
	u32 budget = XBPF_TAIL_CALLS_MAX;
	u32 frame = base;
	u64 regs[11];

#ifdef XBPF_INTERP_CHECKED
	memset(regs, 0x5a, sizeof(regs));
	CHECK->frame(CHECK->priv, area->r10, area->r10 - area->base);
#endif
	memcpy(&regs[1], args, 5 * sizeof(*args));
	regs[10] = area->r10;

	for (;; op++) {
#ifdef XBPF_INTERP_CHECKED
		if (!CHECK->insn(CHECK->priv, image, op - image->ops, regs))
			goto stop;
#endif
		switch ((enum xbpf_op)op->op) {
		XBPF_INTERP_BINARY(BINARY)
		XBPF_INTERP_SIGNED(BINARY)

		case XBPF_OP_SET2:
			DST = op->imm;
#ifdef XBPF_INTERP_CHECKED
			if (names_map(op->src))
				DST = CHECK->address(CHECK->priv, (const void *)(unsigned long)op->imm, 0);
#endif
			op++;
			break;
		case XBPF_OP_SET:
			DST = op->imm;
			break;
		case XBPF_OP_MOV64:
			DST = SRC;
			break;
		case XBPF_OP_MOV32:
			DST = (u32)SRC;
			break;
		case XBPF_OP_SX8_64:
			DST = (u64)(s8)SRC;
			break;
		case XBPF_OP_SX16_64:
			DST = (u64)(s16)SRC;
			break;
		case XBPF_OP_SX32_64:
			DST = (u64)(s32)SRC;
			break;
		case XBPF_OP_SX8_32:
			DST = (u32)(s8)SRC;
			break;
		case XBPF_OP_SX16_32:
			DST = (u32)(s16)SRC;
			break;
		case XBPF_OP_NEG64:
			DST = -DST;
			break;
		case XBPF_OP_NEG32:
			DST = (u32)-(u32)DST;
			break;
		case XBPF_OP_ZX16:
			DST = (u16)DST;
			break;
		case XBPF_OP_ZX32:
			DST = (u32)DST;
			break;
		case XBPF_OP_NOP:
			break;
		case XBPF_OP_SWAP16:
			DST = __builtin_bswap16((u16)DST);
			break;
		case XBPF_OP_SWAP32:
			DST = __builtin_bswap32((u32)DST);
			break;
		case XBPF_OP_SWAP64:
			DST = __builtin_bswap64(DST);
			break;

		LOAD(LD8, 8, u8)
		LOAD(LD16, 16, u16)
		LOAD(LD32, 32, u32)
		LOAD(LD64, 64, u64)
		LOAD(LDS8, 8, s8)
		LOAD(LDS16, 16, s16)
		LOAD(LDS32, 32, s32)
		STORE(STK8, 8, op->imm)
		STORE(STK16, 16, op->imm)
		STORE(STK32, 32, op->imm)
		STORE(STK64, 64, op->imm)
		STORE(STX8, 8, SRC)
		STORE(STX16, 16, SRC)
		STORE(STX32, 32, SRC)
		STORE(STX64, 64, SRC)

		XBPF_INTERP_ATOMIC(LOCK)
		XBPF_INTERP_COND(COND)

		case XBPF_OP_JA:
jump:
			/* The loop adds the one that off counts from. */
			op += op->off - 1;
			break;

		case XBPF_OP_CALL:
			regs[0] = ((xbpf_helper_fn)(unsigned long)op->imm)(regs[1], regs[2], regs[3],
									   regs[4], regs[5]);
#ifdef XBPF_INTERP_CHECKED
			forget_arguments(regs);
#endif
			break;
		case XBPF_OP_TAIL_CALL: {
			const struct xbpf_prog_slots *table =
				(const struct xbpf_prog_slots *)(unsigned long)regs[2];
			u32 index = regs[3];
			const struct xbpf_image *next;

#ifdef XBPF_INTERP_CHECKED
			table = CHECK->map(CHECK->priv, regs[2]);
			if (!table)
				goto stop;
			forget_arguments(regs);
#endif
			if (index >= table->max_entries) {
				port_count(table->counts->range);
				break;
			}
			next = READ_ONCE(table->slot[index]);
			if (!next) {
				port_count(table->counts->empty);
				break;
			}
			if (!budget) {
				port_count(table->counts->limit);
				break;
			}
			budget--;
			if (unlikely(READ_ONCE(table->counting)))
				image->env->tail_taken(table, index);
			/* The target takes the place of this frame, and returns to its caller. */
			regs[1] = args[0];
			image = next;
			op = image->ops - 1;
			break;
		}
		case XBPF_OP_CALL_BACK:
			area->frame = frame;
			area->r10 = regs[10] - op->off;
			regs[0] = ((xbpf_helper_fn)(unsigned long)op->imm)(regs[1], regs[2], regs[3],
									   regs[4], regs[5]);
#ifdef XBPF_INTERP_CHECKED
			if (area->stopped)
				goto stop;
			CHECK->frame(CHECK->priv, regs[10], 0);
			forget_arguments(regs);
#endif
			break;
		case XBPF_OP_SUBPROG: {
			struct xbpf_saved *s = &area->saved[frame];

#ifdef XBPF_INTERP_CHECKED
			if (frame == ARRAY_SIZE(area->saved) ||
			    regs[10] - op->off - area->base > sizeof(area->stack))
				goto stop;
#endif
			s->call = op;
			s->image = image;
			memcpy(s->r6_9, &regs[6], sizeof(s->r6_9));
			frame++;
			regs[10] -= op->off;
#ifdef XBPF_INTERP_CHECKED
			CHECK->frame(CHECK->priv, regs[10], regs[10] - area->base);
#endif
			op += (s64)op->imm - 1;
			break;
		}
		case XBPF_OP_PACKET:
		case XBPF_OP_PACKET_IND: {
			u32 off = (u32)op->off + (op->op == XBPF_OP_PACKET_IND ? (u32)SRC : 0);

			regs[0] = image->packet_load(regs[6], (u64)(s64)(s32)off, op->imm, 0, 0);
#ifdef XBPF_INTERP_CHECKED
			forget_arguments(regs);
#endif
			if ((s64)regs[0] >= 0)
				break;
			regs[0] = 0;
			goto leave;
		}
		case XBPF_OP_NEVER:
			regs[0] = 0;
			fallthrough;
		case XBPF_OP_EXIT:
leave:
			if (frame == base)
				return regs[0];
			frame--;
			op = area->saved[frame].call;
			image = area->saved[frame].image;
			memcpy(&regs[6], area->saved[frame].r6_9, sizeof(area->saved[frame].r6_9));
#ifdef XBPF_INTERP_CHECKED
			CHECK->frame(CHECK->priv, regs[10], 0);
			forget_arguments(regs);
#endif
			regs[10] += op->off;
			break;
		}
	}
#ifdef XBPF_INTERP_CHECKED
stop:
	area->stopped = true;
	return 0;
#endif
}

static struct xbpf_run_area *begin(const struct xbpf_image *image)
{
	struct xbpf_run_area *area = image->env->run_area();

	area->again = run;
	area->stopped = false;
	area->frame = 0;
	area->r10 = (unsigned long)area->stack + sizeof(area->stack);
	return area;
}

#ifdef XBPF_INTERP_CHECKED

u64 xbpf_image_run_checked(const struct xbpf_image *image, u64 ctx,
			   const struct xbpf_interp_check *check, bool *stopped)
{
	struct xbpf_run_area *area = begin(image);
	u64 args[5] = { ctx, 0x5a5a5a5a5a5a5a5aULL, 0x5a5a5a5a5a5a5a5aULL,
			0x5a5a5a5a5a5a5a5aULL,
			0x5a5a5a5a5a5a5a5aULL };
	u64 r0;

	area->check = check;
	area->base = CHECK->address(CHECK->priv, area->stack, sizeof(area->stack));
	area->r10 = area->base + sizeof(area->stack);
	memset(area->stack, 0xa5, sizeof(area->stack));
	r0 = run(area, image, image->ops, args);
	if (stopped)
		*stopped = area->stopped;
	return r0;
}

#else

u64 xbpf_image_run(const struct xbpf_image *image, void *ctx)
{
	const u64 args[5] = { (unsigned long)ctx };

	return run(begin(image), image, image->ops, args);
}

u64 xbpf_image_callback(u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct xbpf_interp_callback *cb = (const void *)(unsigned long)(callback & ~1ULL);
	struct xbpf_run_area *area = cb->image->env->run_area();
	const u64 args[5] = { a1, a2, a3, a4, a5 };
	u32 frame = area->frame;
	u64 r10 = area->r10, r0;

	/* a checked run that was stopped ends as soon as its helpers let it */
	if (area->stopped)
		return 1;
	r0 = area->again(area, cb->image, cb->op, args);
	/* callbacks of its own have moved them */
	area->frame = frame;
	area->r10 = r10;
	return r0;
}

#endif
