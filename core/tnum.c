/* SPDX-License-Identifier: GPL-2.0 */
/* Tristate numbers: for each bit of a register whether it is 0, 1 or unknown. */
#include "core/tnum.h"

struct xbpf_tnum xbpf_tnum_range(u64 min, u64 max)
{
	int bits = fls64(min ^ max);
	u64 differ;

	/* Above the highest bit in which the ends differ all values agree. */
	if (bits > 63)
		return xbpf_tnum_unknown();
	differ = (1ULL << bits) - 1;
	return (struct xbpf_tnum){ .value = min & ~differ, .mask = differ };
}

struct xbpf_tnum xbpf_tnum_add(struct xbpf_tnum a, struct xbpf_tnum b)
{
	u64 low = a.value + b.value;
	u64 high = low + a.mask + b.mask;
	/* where the smallest and the largest sum differ, a carry may or may not come in */
	u64 unknown = (low ^ high) | a.mask | b.mask;

	return (struct xbpf_tnum){ .value = low & ~unknown, .mask = unknown };
}

struct xbpf_tnum xbpf_tnum_sub(struct xbpf_tnum a, struct xbpf_tnum b)
{
	u64 diff = a.value - b.value;
	u64 unknown = ((diff + a.mask) ^ (diff - b.mask)) | a.mask | b.mask;

	return (struct xbpf_tnum){ .value = diff & ~unknown, .mask = unknown };
}

struct xbpf_tnum xbpf_tnum_and(struct xbpf_tnum a, struct xbpf_tnum b)
{
	u64 ones = a.value & b.value;
	u64 maybe = (a.value | a.mask) & (b.value | b.mask);

	return (struct xbpf_tnum){ .value = ones, .mask = maybe & ~ones };
}

struct xbpf_tnum xbpf_tnum_or(struct xbpf_tnum a, struct xbpf_tnum b)
{
	u64 ones = a.value | b.value;

	return (struct xbpf_tnum){ .value = ones, .mask = (a.mask | b.mask) & ~ones };
}

struct xbpf_tnum xbpf_tnum_xor(struct xbpf_tnum a, struct xbpf_tnum b)
{
	u64 unknown = a.mask | b.mask;

	return (struct xbpf_tnum){ .value = (a.value ^ b.value) & ~unknown, .mask = unknown };
}

struct xbpf_tnum xbpf_tnum_lsh(struct xbpf_tnum a, u32 n)
{
	return (struct xbpf_tnum){ .value = a.value << n, .mask = a.mask << n };
}

struct xbpf_tnum xbpf_tnum_rsh(struct xbpf_tnum a, u32 n)
{
	return (struct xbpf_tnum){ .value = a.value >> n, .mask = a.mask >> n };
}

struct xbpf_tnum xbpf_tnum_arsh(struct xbpf_tnum a, u32 n, u32 bits)
{
	/* An unknown sign fills the mask, a known one the value. */
	if (bits == 32)
		return (struct xbpf_tnum){
			.value = (u32)((s32)(u32)a.value >> n),
			.mask = (u32)((s32)(u32)a.mask >> n),
		};
	return (struct xbpf_tnum){
		.value = (u64)((s64)a.value >> n),
		.mask = (u64)((s64)a.mask >> n),
	};
}

/* Long multiplication: each bit of a adds b shifted, nothing, or one of the two. */
struct xbpf_tnum xbpf_tnum_mul(struct xbpf_tnum a, struct xbpf_tnum b)
{
	struct xbpf_tnum sum = xbpf_tnum_const(a.value * b.value);

	if (!a.mask && !b.mask)
		return sum;
	sum = xbpf_tnum_const(0);
	while (a.value || a.mask) {
		if (a.value & 1)
			sum = xbpf_tnum_add(sum, b);
		else if (a.mask & 1)
			sum = xbpf_tnum_add(sum,
					    (struct xbpf_tnum){ .mask = b.value | b.mask });
		a = xbpf_tnum_rsh(a, 1);
		b = xbpf_tnum_lsh(b, 1);
	}
	return sum;
}

bool xbpf_tnum_meet(struct xbpf_tnum *a, struct xbpf_tnum b)
{
	if ((a->value ^ b.value) & ~(a->mask | b.mask))
		return false;
	a->value |= b.value;
	a->mask &= b.mask;
	return true;
}
