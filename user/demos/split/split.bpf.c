/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The checksum of whole.bpf.c in small programs: crc_begin hands each piece of 1 KiB to crc_piece
 * by a tail call, which calls itself for the next one, and crc_end for the result: 33 hops for 32
 * KiB, all there are. What one program must tell the next lies in a per-CPU map: a run stays on its
 * CPU, and no other run of xbpf begins there before it ends.
 */
#include "crc.h"

enum { STEP_PIECE, STEP_END, STEPS };

struct state {
	__u64 from;		/* user address of what is left of the write */
	__u64 left;
	struct sum sum;
	__u8 data[PIECE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct state);
} states SEC(".maps");

int crc_piece(struct pt_regs *ctx);
int crc_end(struct pt_regs *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, STEPS);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} steps SEC(".maps") = {
	.values = {
		[STEP_PIECE] = (void *)&crc_piece,
		[STEP_END] = (void *)&crc_end,
	},
};

SEC("kprobe/ksys_write")
int crc_begin(struct pt_regs *ctx)
{
	__u32 zero = 0;
	struct config *c = bpf_map_lookup_elem(&config, &zero);
	struct state *s = bpf_map_lookup_elem(&states, &zero);

	if (!c || !s || c->tgid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	s->from = PT_REGS_PARM2(ctx);
	s->left = PT_REGS_PARM3(ctx);
	s->sum.crc = ~0u;
	s->sum.bytes = 0;
	bpf_tail_call(ctx, &steps, STEP_PIECE);
	return 0;
}

SEC("kprobe")
int crc_piece(struct pt_regs *ctx)
{
	__u32 zero = 0, n;
	struct state *s = bpf_map_lookup_elem(&states, &zero);

	if (!s)
		return 0;
	n = s->left < PIECE ? s->left : PIECE;
	if (bpf_probe_read_user(s->data, n, (const void *)s->from))
		return 0;
	s->sum.crc = crc_bytes(s->sum.crc, s->data, n);
	s->sum.bytes += n;
	s->from += n;
	s->left -= n;
	bpf_tail_call(ctx, &steps, s->left ? STEP_PIECE : STEP_END);
	return 0;
}

SEC("kprobe")
int crc_end(struct pt_regs *ctx)
{
	__u32 zero = 0, n;
	struct config *c = bpf_map_lookup_elem(&config, &zero);
	struct state *s = bpf_map_lookup_elem(&states, &zero);
	struct sum sum;

	if (!c || !s)
		return 0;
	sum.crc = ~s->sum.crc;
	sum.bytes = s->sum.bytes;
	n = c->writes++;	/* one thread writes */
	bpf_map_update_elem(&sums, &n, &sum, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
