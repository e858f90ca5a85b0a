/* SPDX-License-Identifier: GPL-2.0 */
/* Checked runs. */
#include "core/interp_check.h"
#include "checked.h"
#include "space.h"

static struct checked *current;		/* for the helpers */

static void wrong(const char *what, const char *by, u64 size, u64 addr)
{
	if (!current->why[0])
		snprintf(current->why, sizeof(current->why), "%s: %s of %llu bytes at 0x%llx", what, by,
			 (unsigned long long)size, (unsigned long long)addr);
}

static void on_fault(const char *what, u64 addr)
{
	if (!current->why[0])
		snprintf(current->why, sizeof(current->why), "0x%llx is %s", (unsigned long long)addr, what);
}

static void *on_helper(u64 addr, u64 size, bool write)
{
	u32 rights = write ? SPACE_WRITE : SPACE_READ;
	void *host = space_at(addr, size, rights);

	if (!host)
		wrong(space_why(addr, size, rights), write ? "write" : "read", size, addr);
	return host;
}

static void *on_access(void *priv, u64 addr, u32 size, bool write)
{
	(void)priv;
	return on_helper(addr, size, write);
}

static void on_frame(void *priv, u64 top, u32 depth)
{
	(void)priv, (void)top, (void)depth;
}

static bool on_insn(void *priv, const struct xbpf_image *image, u32 pc, const u64 *regs)
{
	struct checked *c = priv;
	u32 i;

	(void)regs;
	for (i = 0; i < c->prog_cnt; i++)
		if (c->progs[i].image == image)
			break;
	if (i == c->prog_cnt || pc >= c->progs[i].code.insn_cnt)
		on_fault("not in a program that may run", pc);
	else if (!(c->progs[i].code.insn_aux[pc].flags & XBPF_AUX_SEEN))
		on_fault("an instruction that the verifier did not see", pc);
	else if (++c->insns > c->insns_max)
		on_fault("where a run is that does not end", pc);
	return !c->why[0];
}

bool checked_on_packets(u32 prog_type)
{
	return prog_type == BPF_PROG_TYPE_SOCKET_FILTER || prog_type == BPF_PROG_TYPE_SCHED_CLS ||
	       prog_type == BPF_PROG_TYPE_SCHED_ACT;
}

u64 checked_run(struct checked *c, void *ctx, u32 ctx_size)
{
	const struct xbpf_interp_check check = {
		.priv = c, .frame = on_frame, .insn = on_insn, .access = on_access,
		.address = rt_address, .map = rt_map_host,
	};
	bool stopped, packet = checked_on_packets(c->progs[0].code.type);
	struct xbpf_skb_ctx skb;
	u32 rights = SPACE_READ, i;
	u64 r0;

	c->insns = 0;
	c->why[0] = '\0';
	current = c;
	space_begin(c->seed);
	rt_access = on_helper;
	rt_fault = on_fault;
	if (packet) {
		u64 data;

		memcpy(&skb, ctx, sizeof(skb));
		for (i = 0; i < c->prog_cnt; i++)
			if (c->progs[i].code.packet_write)
				rights |= SPACE_WRITE;
		data = space_put(skb.data, (u64)(skb.data_end - skb.data),
				 skb.data == skb.data_end ? 0 : rights);
		skb.data_end = (const u8 *)(unsigned long)(data + (u64)(skb.data_end - skb.data));
		skb.data = (const u8 *)(unsigned long)data;
		ctx = &skb;
		ctx_size = sizeof(skb);
		rights = SPACE_READ | SPACE_WRITE;
	}
	r0 = xbpf_image_run_checked(c->progs[0].image, space_put(ctx, ctx_size, rights), &check,
				    &stopped);
	if (stopped && !c->why[0])
		snprintf(c->why, sizeof(c->why), "the run left its stack or its frames");
	rt_access = NULL;
	rt_fault = NULL;
	space_end();
	return r0;
}
