/* SPDX-License-Identifier: GPL-2.0 */
/* Runs a program beside what the verifier claimed of it, and compares at each instruction. */
#include "../../lib/space.h"
#include "observer.h"

#define STATES_MAX	20000u
/* A run is at most a million walked instructions for each of 34 programs. */
#define INSNS_MAX	(34ull * XBPF_MAX_PROCESSED)

/* --- claims ------------------------------------------------------------------------------- */

static void on_state(struct xbpf_verify_observer *observer, u32 pc, u32 depth,
		     const struct xbpf_observed regs[11])
{
	struct claims *c = container_of(observer, struct claims, observer);
	struct claim_state *s;

	(void)depth;
	if (pc >= c->insn_cnt)
		abort();
	if (c->cnt == STATES_MAX) {
		c->whole = false;
		return;
	}
	if (c->cnt == c->room) {
		c->room = c->room ? 2 * c->room : 256;
		c->states = realloc(c->states, c->room * sizeof(*c->states));
		if (!c->states)
			abort();
	}
	s = &c->states[c->cnt++];
	memcpy(s->regs, regs, sizeof(s->regs));
	s->next = c->first[pc];
	c->first[pc] = c->cnt;
}

void claims_begin(struct claims *c, u32 insn_cnt)
{
	memset(c, 0, sizeof(*c));
	c->observer.state = on_state;
	c->insn_cnt = insn_cnt;
	c->whole = true;
	c->first = calloc(insn_cnt, sizeof(*c->first));
	if (!c->first)
		abort();
}

void claims_end(struct claims *c)
{
	free(c->first);
	free(c->states);
	memset(c, 0, sizeof(*c));
}

/* Said here once more, and not asked of range.c: what is tested does not judge. */
static bool lies_in(u64 v, const struct xbpf_scalar *s)
{
	return !((v ^ s->bits.value) & ~s->bits.mask) && v >= s->umin && v <= s->umax &&
		(s64)v >= s->smin && (s64)v <= s->smax &&
	       (u32)v >= s->umin32 && (u32)v <= s->umax32 && (s32)(u32)v >= s->smin32 &&
	       (s32)(u32)v <= s->smax32;
}

/* The first register that does not keep to the state, or 11. */
static u32 stray(const struct claim_state *s, const u64 *regs)
{
	u32 i;

	for (i = 0; i < 11; i++)
		if ((s->regs[i].kind == XBPF_OBSERVED_NUMBER && !lies_in(regs[i], &s->regs[i].value)) ||
		    (s->regs[i].kind == XBPF_OBSERVED_POINTER && !regs[i]))
			break;
	return i;
}

static bool keeps_claims(struct observer *w, const struct claims *c, u32 pc, const u64 *regs)
{
	u32 i, n = 0, reg = 0, this;

	for (i = c->first[pc]; i; i = c->states[i - 1].next, n++) {
		this = stray(&c->states[i - 1], regs);
		if (this == 11)
			return true;
		if (this > reg)
			reg = this;
	}
	snprintf(w->why, sizeof(w->why),
		 "instruction %u: R%u = 0x%llx lies in none of the %u states claimed", pc, reg,
		 (unsigned long long)regs[reg], n);
	return false;
}

/* --- the hooks ------------------------------------------------------------------------------ */

static struct observer *current;	/* for the helpers' accesses */

static void forget_below(struct observer *w, u64 top)
{
	if (top > w->low && top <= w->top)
		memset(w->written, 0, top - w->low);
}

static void on_frame(void *priv, u64 top, u32 depth)
{
	struct observer *w = priv;

	if (!depth)
		return;
	if (!w->top) {
		w->top = top;
		w->low = top - depth;
		if (depth > sizeof(w->written))
			abort();
	}
	/* its bytes are nobody's yet, whoever used them before */
	forget_below(w, top);
}

static void *wrong(struct observer *w, const char *what, u64 addr, u64 size, bool write)
{
	if (!w->why[0])
		snprintf(w->why, sizeof(w->why),
			 "%s: %s of %llu bytes at 0x%llx (stack 0x%llx to 0x%llx, context 0x%llx, "
			 "packet 0x%llx to 0x%llx)",
			 what, write ? "write" : "read", (unsigned long long)size,
			 (unsigned long long)addr, (unsigned long long)w->low,
			 (unsigned long long)w->top, (unsigned long long)w->ctx,
			 (unsigned long long)w->data, (unsigned long long)w->data_end);
	return NULL;
}

static bool on_insn(void *priv, const struct xbpf_image *image, u32 pc, const u64 *regs)
{
	struct observer *w = priv;
	u32 i;

	/* a tail call: the frame is another program's now */
	if (image != w->image && !pc)
		forget_below(w, regs[10]);
	w->image = image;
	w->fp = regs[10];
	for (i = 0; i < w->prog_cnt; i++)
		if (w->progs[i].image == image)
			break;
	if (i == w->prog_cnt || pc >= w->progs[i].code.insn_cnt) {
		snprintf(w->why, sizeof(w->why), "the run left its programs");
		return false;
	}
	if (!(w->progs[i].code.insn_aux[pc].flags & XBPF_AUX_SEEN)) {
		snprintf(w->why, sizeof(w->why), "instruction %u of program %u runs, but was never seen", pc, i);
		return false;
	}
	if (++w->insns > INSNS_MAX) {
		snprintf(w->why, sizeof(w->why), "the run does not end");
		return false;
	}
	return !w->claimed[i] || keeps_claims(w, &w->claims[i], pc, regs);
}

static bool inside(u64 addr, u64 size, u64 from, u64 to)
{
	return addr >= from && addr <= to && size <= to - addr;
}

/* Of struct __sk_buff: what the types may write. */
static bool writable(const struct observer *w, u64 off, u64 size)
{
	static const struct { u16 from, to; bool classifier; } fields[] = {
		{ 4, 12, true }, { 32, 36, true }, { 44, 48, true }, { 48, 68, false },
		{ 72, 76, true }, { 152, 160, true },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (off >= fields[i].from && off + size <= fields[i].to)
			return !fields[i].classifier || w->type == BPF_PROG_TYPE_SCHED_CLS;
	return false;
}

static void *allowed(struct observer *w, u64 addr, u64 size, bool write)
{
	u32 rights = write ? SPACE_WRITE : SPACE_READ;
	void *host = space_at(addr, size, rights);
	u64 i;

	if (!host)
		return wrong(w, space_why(addr, size, rights), addr, size, write);
	if (inside(addr, size, w->low, w->top)) {
		if (addr + XBPF_STACK_SIZE < w->fp)
			return wrong(w, "stack below the frame", addr, size, write);
		for (i = addr - w->low; i < addr - w->low + size; i++) {
			if (write)
				w->written[i] = 1;
			else if (w->strict && !w->written[i])
				return wrong(w, "stack that was not written", addr, size, write);
		}
	} else if (write && inside(addr, size, w->ctx, w->ctx + w->ctx_size) &&
		   !writable(w, addr - w->ctx, size)) {
		return wrong(w, "context", addr, size, write);
	}
	return host;
}

static void *on_access(void *priv, u64 addr, u32 size, bool write)
{
	return allowed(priv, addr, size, write);
}

static void *on_helper(u64 addr, u64 size, bool write)
{
	return allowed(current, addr, size, write);
}

static void on_fault(const char *what, u64 addr)
{
	if (!current->why[0])
		snprintf(current->why, sizeof(current->why), "0x%llx is %s", (unsigned long long)addr, what);
}

void observer_begin(struct observer *w)
{
	w->check = (struct xbpf_interp_check){
		.priv = w, .frame = on_frame, .insn = on_insn, .access = on_access,
		.address = rt_address, .map = rt_map_host,
	};
	w->top = w->low = w->fp = 0;
	w->image = NULL;
	w->insns = 0;
	w->why[0] = '\0';
	memset(w->written, 0, sizeof(w->written));
	current = w;
	rt_access = on_helper;
	rt_fault = on_fault;
}

bool observer_end(struct observer *w)
{
	rt_access = NULL;
	rt_fault = NULL;
	if (!w->why[0] && rt_ring_held())
		snprintf(w->why, sizeof(w->why),
			 "the run ended and held %u records of a ring buffer", rt_ring_held());
	return !w->why[0];
}
