/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What RFC 9669 says that operations and comparisons do with two numbers. Written down once more,
 * for the tests and the proofs of core/range.c: nothing of core/ but its types is used.
 */
#ifndef XBPF_SELFTESTS_LIB_RFC9669_H
#define XBPF_SELFTESTS_LIB_RFC9669_H

#include "core/port.h"

/* @op: BPF_OP() of an instruction; @sign: signed division. */
static inline u64 rfc_alu64(u8 op, u64 a, u64 b, bool sign)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 63);
	case BPF_RSH:
		return a >> (b & 63);
	case BPF_ARSH:
		return (u64)((s64)a >> (b & 63));
	case BPF_DIV:
		if (!b)
			return 0;
		if (sign)
			return b == U64_MAX ? -a : (u64)((s64)a / (s64)b);
		return a / b;
	}
	if (!b)
		return a;
	if (sign)
		return b == U64_MAX ? 0 : (u64)((s64)a % (s64)b);
	return a % b;
}

static inline u64 rfc_alu32(u8 op, u32 a, u32 b, bool sign)
{
	switch (op) {
	case BPF_LSH:
		return (u32)(a << (b & 31));
	case BPF_RSH:
		return a >> (b & 31);
	case BPF_ARSH:
		return (u32)((s32)a >> (b & 31));
	case BPF_DIV:
		if (!b)
			return 0;
		if (sign)
			return b == U32_MAX ? (u32)-a : (u32)((s32)a / (s32)b);
		return a / b;
	case BPF_MOD:
		if (!b)
			return a;
		if (sign)
			return b == U32_MAX ? 0 : (u32)((s32)a % (s32)b);
		return a % b;
	}
	return (u32)rfc_alu64(op, a, b, false);
}

static inline bool rfc_jump(u8 op, bool is64, u64 a, u64 b)
{
	if (!is64) {
		if (op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE) {
			a = (u64)(s64)(s32)a;
			b = (u64)(s64)(s32)b;
		} else {
			a = (u32)a;
			b = (u32)b;
		}
	}
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return (s64)a > (s64)b;
	case BPF_JSGE:
		return (s64)a >= (s64)b;
	case BPF_JSLT:
		return (s64)a < (s64)b;
	case BPF_JSLE:
		return (s64)a <= (s64)b;
	}
	return a & b;
}

#endif
