/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SHA-1 by hand (FIPS 180-4): the kernel's own changed its interface several times between the
 * versions that we serve, and a tag needs no speed.
 */
#include <linux/bitops.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include "cmd/yield.h"
#include "load/tag.h"

struct sha1 {
	u32 h[5];
	union {
		u8 block[64];
		__be32 word[16];
	};
	u32 fill;
	u64 bytes;
};

static void sha1_block(struct sha1 *s)
{
	u32 a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];
	u32 w[16], f, k, t;
	int i;

	for (i = 0; i < 80; i++) {
		if (i < 16)
			w[i] = be32_to_cpu(s->word[i]);
		else
			w[i % 16] = rol32(w[(i + 13) % 16] ^ w[(i + 8) % 16] ^ w[(i + 2) % 16] ^ w[i % 16], 1);
		if (i < 20) {
			f = (b & c) | (~b & d);
			k = 0x5a827999;
		} else if (i < 40) {
			f = b ^ c ^ d;
			k = 0x6ed9eba1;
		} else if (i < 60) {
			f = (b & c) | (b & d) | (c & d);
			k = 0x8f1bbcdc;
		} else {
			f = b ^ c ^ d;
			k = 0xca62c1d6;
		}
		t = rol32(a, 5) + f + e + k + w[i % 16];
		e = d;
		d = c;
		c = rol32(b, 30);
		b = a;
		a = t;
	}
	s->h[0] += a;
	s->h[1] += b;
	s->h[2] += c;
	s->h[3] += d;
	s->h[4] += e;
}

static void sha1_add(struct sha1 *s, const void *data, u32 len)
{
	const u8 *p = data;

	s->bytes += len;
	while (len--) {
		s->block[s->fill++] = *p++;
		if (s->fill == sizeof(s->block)) {
			sha1_block(s);
			s->fill = 0;
		}
	}
}

void xbpf_tag(const struct bpf_insn *insns, u32 cnt, u8 tag[8])
{
	struct sha1 s = { .h = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } };
	struct bpf_insn insn;
	bool high = false;
	__be64 length;
	__be32 front[2];
	u32 i;

	for (i = 0; i < cnt; i++) {
		insn = insns[i];
		if (high && !insn.code) {
			insn.imm = 0;
			high = false;
		} else {
			high = insn.code == (BPF_LD | BPF_IMM | BPF_DW) &&
			       (insn.src_reg == BPF_PSEUDO_MAP_FD || insn.src_reg == BPF_PSEUDO_MAP_VALUE);
			if (high)
				insn.imm = 0;
		}
		sha1_add(&s, &insn, sizeof(insn));
		xbpf_yield(i);
	}
	length = cpu_to_be64(s.bytes * 8);
	sha1_add(&s, "\x80", 1);
	while (s.fill != sizeof(s.block) - sizeof(length))
		sha1_add(&s, "", 1);
	sha1_add(&s, &length, sizeof(length));
	front[0] = cpu_to_be32(s.h[0]);
	front[1] = cpu_to_be32(s.h[1]);
	memcpy(tag, front, sizeof(front));
}
