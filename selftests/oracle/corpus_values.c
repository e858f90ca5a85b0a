/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers and pointers: comparisons, arithmetic, relations, what may be done with a pointer. */
#include "corpus.h"

static const struct corpus_row comparisons[] = {
	{ "64 bits, taken", "k", ARR "if r1 %1 %2 goto use; " END
	  "; use: r6 += r1; r0 = *(%3 *)(r6 + 0); " END,
	  { COMPARISONS, "0~1~56~57~63~64~-1", "u8~u64" } },
	{ "64 bits, not taken", "k", ARR "if r1 %1 %2 goto out; r6 += r1; r0 = *(%3 *)(r6 + 0); out: " END,
	  { COMPARISONS, "0~1~56~57~63~64~-1~-64", "u8~u64" } },
	{ "32 bits, zero-extended, taken", "k", ARR "w1 = w1; if w1 %1 %2 goto use; " END "; use: " USE,
	  { COMPARISONS, "0~1~63~64~-1~-64" } },
	{ "32 bits, zero-extended, not taken", "k", ARR "w1 = w1; if w1 %1 %2 goto out; " USE
	  "; out: " END,
	  { COMPARISONS, "0~1~63~64~-1~-64" } },
	{ "32 bits, then extended", "k", ARR "if w1 %1 %2 goto out; %3; " USE "; out: " END,
	  { COMPARISONS, "63~64~-64", "w1 = w1~r1 <<= 32; r1 >>= 32~r1 <<= 32; r1 s>>= 32~r2 = r2" } },
	{ "registers", "k", ARR "r2 = %2; if %3 goto use; " END "; use: " USE,
	  { "", "0~63~64~-1", "r1 == r2~r2 == r1~r1 != r2~r1 < r2~r2 > r1~r1 <= r2~r2 >= r1"
	    "~r1 s< r2~r2 s> r1~r1 & r2~r1 > r2~r2 < r1" } },
	{ "registers with ranges", "k", ARR "r2 = *(u64 *)(r10 - 8); r2 &= %2; if %3 goto use; " END
	  "; use: " USE,
	  { "", "63~64~127", "r1 == r2~r1 < r2~r2 > r1~r1 <= r2~r2 >= r1~r1 s< r2~w1 == w2~w1 < w2" } },
	{ "signed, from both sides", "k", ARR "if r1 %1 %2 goto out; if r1 %3 %4 goto out; " USE
	  "; out: " END,
	  { "s<~s<=", "0~-1~1", "s>~s>=", "63~64~65" } },
	{ "unsigned, twice", "k", ARR "if r1 %1 %2 goto out; if r1 %3 %4 goto out; r1 -= %5; " USE
	  "; out: " END,
	  { "<~<=", "9~10", ">~>=", "73~74", "9~10~11" } },
	{ "the range decides", "k", ARR "r1 &= %1; if r1 %2 %3 goto bad; " END "; bad: r0 = r9; exit",
	  { "15~12~0x70", "==~>~>=~s>~s<~&", "0~1~3~15~16~128" } },
	{ "... in 32 bits", "k", ARR "w1 &= %1; if w1 %2 %3 goto bad; " END "; bad: r0 = r9; exit",
	  { "15~12~0x70", "==~>~>=~s>~s<~&", "0~1~16~128" } },
};

static const struct corpus_row arithmetic[] = {
	{ "64 bits, by a constant", "k", ARR "r1 &= %1; r1 %2 %3; " USE,
	  { "7~31~63", "+=~-=~*=~/=~%=~|=~^=~<<=~>>=~s>>=~&=", "1~3~8~32" } },
	{ "32 bits, by a constant", "k", ARR "w1 &= %1; w1 %2 %3; " USE,
	  { "7~31~63", "+=~-=~*=~/=~%=~|=~^=~<<=~>>=~s>>=~&=", "1~3~8~31" } },
	{ "64 bits, by a register", "k", ARR "r2 = r1; r2 &= %3; r1 &= %1; r1 %2 r2; " USE,
	  { "7~31~63", "+=~-=~*=~/=~%=~|=~^=~<<=~>>=~s>>=~&=", "1~3~7" } },
	{ "32 bits, by a register", "k", ARR "r2 = r1; w2 &= %3; w1 &= %1; w1 %2 w2; " USE,
	  { "7~31", "+=~-=~*=~/=~%=~|=~^=~<<=~>>=~s>>=~&=", "1~3~7" } },
	{ "on an unknown number", "k", ARR "%2; " USE,
	  { "", "r1 >>= 58~r1 >>= 57~w1 >>= 26~w1 >>= 25~r1 %= 64~r1 %= 65~w1 %= 64~r1 &= 63"
	    "~r1 &= 64~r1 s>>= 58~r1 = -r1~r1 = be16 r1~r1 /= 64"
	    "~r1 = be16 r1; r1 >>= 10~r1 = be32 r1; r1 >>= 26~r1 = be64 r1; r1 >>= 58"
	    "~r1 = le16 r1; r1 >>= 10~r1 = bswap16 r1; r1 >>= 10"
	    "~r1 = bswap32 r1; r1 >>= 26~r1 = bswap64 r1; r1 >>= 58~r1 = bswap64 r1; r1 >>= 57" } },
	{ "sign extension", "k", ARR "%2; %1; %3 " USE "; out: " END,
	  { "r1 = (s8)r1~r1 = (s16)r1~r1 = (s32)r1~w1 = (s8)w1~w1 = (s16)w1",
	    "r1 &= 63~r1 &= 127~r1 &= 128~r1 >>= 32",
	    "~if r1 s< 0 goto out; ~if r1 > 63 goto out;" } },
	{ "signed division", "k", ARR "r1 &= %2; r1 %1 %3; if r1 s< %4 goto out; " USE "; out: " END,
	  { "s/=~s%=", "63~127~255", "2~-2~1~64", "0~-1" } },
	{ "shifts by too much", "k", "r1 = 1; r1 <<= %1; w2 = 1; w2 %2 %3; " END,
	  { "0~63~64~-1", "<<=~>>=~s>>=", "0~31~32~-1" } },
	{ "shift pairs", "k", ARR "r1 <<= %1; r1 %2 %3; " USE,
	  { "32~48~56~58", ">>=~s>>=", "32~48~56~58~62" } },
	{ "negation", "k", ARR "if r1 > %1 goto out; if r1 == 0 goto out; %2; r1 += %3; " USE
	  "; out: " END,
	  { "63~64~65", "r1 = -r1~r1 *= -1~r1 ^= -1", "63~64~65" } },
	{ "division by zero", "k", ARR "r1 %1 0; " END, { "/=~%=~s/=~s%=~+=" } },
};

static const struct corpus_row relations[] = {
	{ "a copy is compared", "k", ARR "%1; %2 if %3 goto out; " USE "; out: " END,
	  { "r2 = r1~w2 = w1~r2 = r1; r3 = r2; r2 = r3~r1 >>= 32; w2 = w1~r1 = *(u8 *)(r6 + 0); "
	    "r2 = r1", "~r2 += 1;~r2 += -1;~r2 &= 255;~r0 = 5;~r1 += 1;",
	    "r2 > 62~r2 > 63~r2 > 64~w2 > 62~w2 > 63" } },
	{ "the original is compared, the copy used", "k", ARR "%1; %2 if %3 goto out; r1 = r2; " USE
	  "; out: " END,
	  { "r2 = r1~w2 = w1~r2 = r1; r2 += 1~r2 = r1; r2 += -1", "~r3 = r1; ~w1 = w1;",
	    "r1 > 62~r1 > 63~r1 > 64~w1 > 62" } },
	{ "through the stack", "k",
	  ARR "*(%1 *)(r10 - 8) = r1; if %3 goto out; r1 = *(%2 *)(r10 - 8); " USE "; out: " END,
	  { "u32~u64", "u8~u32~u64", "r1 > 63~r1 > 64~w1 > 63~r1 s> 63" } },
	{ "filled, compared, the original used", "k",
	  ARR "*(%1 *)(r10 - 8) = r1; r2 = *(%2 *)(r10 - 8); if %3 goto out; " USE "; out: " END,
	  { "u32~u64", "u32~u64", "r2 > 63~r2 > 64~w2 > 63" } },
	{ "overwritten in between", "k",
	  ARR "*(u64 *)(r10 - 8) = r1; %1; if r1 > 63 goto out; r1 = *(u64 *)(r10 - 8); " USE
	  "; out: " END,
	  { "*(u8 *)(r10 - 8) = 0~*(u8 *)(r10 - 1) = 0~*(u32 *)(r10 - 4) = 0~*(u64 *)(r10 - 8) = 0"
	    "~*(u64 *)(r10 - 16) = 0~lock *(u64 *)(r10 - 8) += r1" } },
	{ "as clang says min()", "k",
	  ARR "r2 = r1; %1; r3 = r2; r3 %2 32; if r3 %3 goto l; r2 = %4; l: r2 <<= 32; r2 %2 32; "
	  "r1 = r2; " USE,
	  { "r2 <<= 32~r2 <<= 31", ">>=~s>>=", "< 63~> 63~s< 63", "0~63~64" } },
};

#define POINTER	"r2 = r1~r2 = r10~r2 = map[arr][0]+8 ll~r2 = map[hash] ll~" LOOKUP "r2 = r0"
#define SAVE_CTX "r6 = r1; r7 = *(u64 *)(r1 + 0); "

static const struct corpus_row pointers[] = {
	{ "arithmetic with a constant", "k", SAVE_CTX "%1; r2 %2 %3; " END,
	  { POINTER, "+=~-=~*=~&=~|=~^=~<<=~>>=~%=", "0~8" } },
	{ "arithmetic with a constant, and an access", "k",
	  SAVE_CTX "%1; r2 %2 %3; r0 = *(u8 *)(r2 - 1); " END, { POINTER, "+=~-=", "8~9~520" } },
	{ "arithmetic with a number", "k", SAVE_CTX "r7 &= 7; %1; r2 %2 r7; " END,
	  { POINTER, "+=~-=~*=~&=~/=" } },
	{ "a number and a pointer", "k", SAVE_CTX "r7 &= 7; %1; r7 %2 r2; " END,
	  { POINTER, "+=~-=~*=~|=" } },
	{ "arithmetic with an unknown number", "k", SAVE_CTX "%1; r2 %2 r7; " END, { POINTER, "+=~-=" } },
	{ "arithmetic of 32 bits", "k", SAVE_CTX "%1; %2; " END,
	  { POINTER, "w2 += 1~w2 = w2~w2 &= 3~r3 = (s32)r2~r2 = be64 r2~r2 = -r2" } },
	{ "two pointers", "k", SAVE_CTX "%1; r8 = r2; %2; r8 %3 r2; " END, { POINTER, POINTER, "+=~-=" } },
	{ "compared with a number", "k", SAVE_CTX "%1; if r2 %2 %3 goto l; l: " END,
	  { POINTER, "==~!=~>~<~s>~&", "0~1" } },
	{ "compared, 32 bits", "k", SAVE_CTX "%1; if w2 %2 0 goto l; l: " END, { POINTER, "==~!=~>" } },
	{ "two pointers compared", "k", SAVE_CTX "%1; r8 = r2; %2; if r8 %3 r2 goto l; l: " END,
	  { POINTER, POINTER, "==~<" } },
	{ "as result", "ksctr", "%1; r0 = r2; exit",
	  { "r2 = r1~r2 = r10~r2 = map[arr][0]+8 ll~r2 = map[hash] ll~r2 = 7" } },
	{ "read through", "k", SAVE_CTX "%1; r0 = *(%2 *)(r2 + %3); " END, { POINTER, SIZES, "0~4" } },
	{ "written through", "k", SAVE_CTX "%1; %2; " END,
	  { POINTER, "*(u64 *)(r2 + 0) = 1~*(u64 *)(r2 - 8) = 1~*(u32 *)(r2 - 4) = r2"
	    "~*(u64 *)(r2 - 8) = r2~*(u64 *)(r2 + 0) = r6" } },
	{ "stored", "k", SAVE_CTX "%1; r3 = map[arr][0]+0 ll; *(%2 *)(%3) = r2; " END,
	  { POINTER, SIZES, "r3 + 0~r10 - 16" } },
	{ "swapped into memory", "k",
	  SAVE_CTX "*(u64 *)(r10 - 16) = 0; %1; r3 = map[arr][0]+0 ll; %2; " END,
	  { POINTER, "r2 = atomic64_xchg((u64 *)(r3 + 0), r2)"
	    "~r2 = atomic64_xchg((u64 *)(r10 - 16), r2)~lock *(u64 *)(r10 - 16) += r2~r0 = 0; "
	    "r0 = atomic64_cmpxchg((u64 *)(r10 - 16), r0, r2)" } },
	{ "an offset too far", "k",
	  "r2 = map[arr][0]+0 ll; r2 += %1; r2 += %1; r2 -= %2; r0 = *(u8 *)(r2 + 0); " END,
	  { "0~31~0x1fffffff~0x20000000~0x7fffffff~-1", "0~1~62~63" } },
};

static const struct corpus_row null_checks[] = {
	{ "checked", "k", LOOKUP "%1; r1 = *(%2 *)(r0 + %3); out: " END,
	  { "if r0 == 0 goto out~if r0 != 0 goto out~if r0 != 0 goto pc+0~r1 = 0; "
	    "if r0 == r1 goto out~if r0 > 0 goto out~if w0 == 0 goto out~r6 = r0; if r6 == 0 goto out"
	    "~*(u64 *)(r10 - 16) = r0; if r0 == 0 goto out; r0 = *(u64 *)(r10 - 16)"
	    "~*(u64 *)(r10 - 16) = r0; r1 = *(u64 *)(r10 - 16); if r1 == 0 goto out~r0 += 8; "
	    "if r0 == 0 goto out~r6 = 0",
	    "u8~u64", "0~8~9~15~16~-1" } },
	{ "two lookups", "k", LOOKUP "r6 = r0; " LOOKUP "r7 = r0; %1; r0 = *(u64 *)(%2 + 0); out: " END,
	  { "if r6 == 0 goto out~if r7 == 0 goto out~if r6 == 0 goto out; if r7 == 0 goto out"
	    "~if r0 == 0 goto out", "r6~r7~r0" } },
	{ "given to a helper", "k",
	  LOOKUP "%1; r1 = r0; r2 = %2; r3 = 0; call probe_read_kernel; out: " END,
	  { "if r0 == 0 goto out~r6 = 0~if r0 != 0 goto out", "8~16~17~0" } },
};

static const struct corpus_row flow[] = {
	{ "rounds", "k", "r6 = %1; l: r6 += %2; if r6 %3 %4 goto l; " END,
	  { "0~1", "1~2~5", "<~s<~<=", "10~100~1000" } },
	{ "rounds to an exact number", "k", "r6 = 0; l: r6 += %1; if r6 != %2 goto l; " END,
	  { "1~2~5", "10~100~1000" } },
	{ "rounds downwards", "k", "r6 = %1; l: r6 += -1; if r6 %2 goto l; " END,
	  { "10~100~1000", "!= 0~s> 0~> 0~> 5" } },
	{ "an index that runs", "k",
	  "r6 = map[arr][0]+0 ll; r7 = 0; l: r1 = r6; r1 += r7; r0 = *(%1 *)(r1 + 0); r7 += %2; "
	  "if r7 < %3 goto l; " END,
	  { SIZES, "1~8", "56~57~63~64~65" } },
	{ "an unknown limit", "k", ARR "if r1 > %1 goto out; r7 = 0; l: if r7 >= r1 goto out; "
	  "r2 = r6; r2 += r7; r0 = *(u8 *)(r2 + 0); r7 += 1; goto l; out: " END,
	  { "10~63~64~65" } },
	{ "a counter on the stack", "k",
	  "*(u64 *)(r10 - 8) = 0; l: r1 = *(u64 *)(r10 - 8); r1 += %1; *(u64 *)(r10 - 8) = r1; "
	  "if r1 < %2 goto l; " END, { "1~3", "10~100" } },
	{ "two paths meet, a register differs", "k",
	  SAVE_CTX "r2 = map[arr][0]+0 ll; r8 = %1; if r7 == 0 goto l; r8 = %2; l: r3 = 0; r3 = 0; "
	  "r3 = 0; r3 = 0; r3 = 0; r3 = 0; r3 = 0; r3 = 0; if r7 == 1 goto m; m: r2 += r8; "
	  "r0 = *(u8 *)(r2 + 0); " END,
	  { "1~63~64~r6", "1~63~64~r6~r7" } },
	{ "... a slot differs", "k",
	  SAVE_CTX "r2 = map[arr][0]+0 ll; %1; if r7 == 0 goto l; %2; l: r3 = 0; r3 = 0; r3 = 0; "
	  "r3 = 0; r3 = 0; r3 = 0; r3 = 0; r3 = 0; if r7 == 1 goto m; m: r8 = *(u64 *)(r10 - 8); "
	  "r2 += r8; r0 = *(u8 *)(r2 + 0); " END,
	  { "*(u64 *)(r10 - 8) = 1~*(u64 *)(r10 - 8) = 63~*(u64 *)(r10 - 8) = 64"
	    "~*(u64 *)(r10 - 8) = r6~r3 = 0",
	    "*(u64 *)(r10 - 8) = 1~*(u64 *)(r10 - 8) = 63~*(u64 *)(r10 - 8) = 64"
	    "~*(u64 *)(r10 - 8) = r7~*(u32 *)(r10 - 8) = 1~r3 = 0" } },
	{ "... a pointer's target differs", "k",
	  SAVE_CTX "r8 = %1; if r7 == 0 goto l; r8 = %2; l: r0 = *(u64 *)(r8 + 0); " END,
	  { "r6~map[arr][0]+0 ll~map[ro][0]+8 ll~r10~0",
	    "r6~map[arr][0]+0 ll~map[ro][0]+8 ll~map[ro][0]+9 ll~r10~r7" } },
	{ "functions, one in another", "k",
	  "%1 call f; r0 = 0; exit; f: %2 call g; r0 = 0; exit; g: %3 r0 = 0; exit",
	  { "*(u64 *)(r10 - 8) = 0;~*(u64 *)(r10 - 256) = 0;~*(u64 *)(r10 - 512) = 0;",
	    "~*(u64 *)(r10 - 8) = 0;~*(u64 *)(r10 - 200) = 0;~*(u64 *)(r10 - 256) = 0;",
	    "~*(u64 *)(r10 - 8) = 0;~*(u64 *)(r10 - 64) = 0;~r0 = *(u64 *)(r10 - 8);" } },
	{ "what a function is given", "k",
	  SAVE_CTX "*(u64 *)(r10 - 8) = 0; %1; r1 = r2; call f; r0 = 0; exit; f: %2; r0 = 0; exit",
	  { POINTER "~r2 = 7", "r0 = *(u64 *)(r1 - 8)~r0 = *(u64 *)(r1 + 0)~*(u64 *)(r1 - 8) = 1"
	    "~*(u64 *)(r1 - 8) = r1~*(u64 *)(r1 - 8) = r10~r0 = r1~r0 = r2~r0 = r6" } },
	{ "what a function gives back", "k", SAVE_CTX "%1; call f; %3; r0 = 0; exit; f: %2; exit",
	  { "r1 = r6~r1 = r10", "r0 = 1~r0 = r1~r0 = r10~r0 = map[arr][0]+0 ll~r9 = 1",
	    "r1 = r0~r1 = *(u64 *)(r0 + 0)~r0 = r1~r0 = r6~r0 = *(u64 *)(r6 + 0)~r0 = r9" } },
	{ "deep calls", "k", "call a; exit; a: call b; exit; b: call c; exit; c: call d; exit; "
	  "d: call e; exit; e: call f; exit; f: %1 exit; g: %2 exit; h: r0 = 0; exit",
	  { "call g;~r0 = 0;", "call h;~r0 = 0;~call a;" } },
};

const struct corpus_class corpus_values[] = {
	ROWS("comparisons", comparisons), ROWS("arithmetic", arithmetic),
	ROWS("related numbers", relations),
	ROWS("pointers", pointers), ROWS("null checks", null_checks), ROWS("flow", flow),
};
const u32 corpus_values_cnt = ARRAY_SIZE(corpus_values);
