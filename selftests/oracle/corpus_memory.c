/* SPDX-License-Identifier: GPL-2.0 */
/* Memory and calls: stack, map values, contexts, packets, records, what helpers are given. */
#include "corpus.h"

#define ZERO_STACK "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; "
#define STACK_OFFSETS \
	"- 1~- 2~- 3~- 4~- 5~- 7~- 8~- 9~- 12~- 15~- 16~- 17~- 24~- 512~- 513~- 520~+ 0~+ 8"

static const struct corpus_row stack[] = {
	{ "read", "k", ZERO_STACK "r0 = *(%1 *)(r10 %2); " END, { SIZES, STACK_OFFSETS } },
	{ "written", "k", "*(%1 *)(r10 %2) = 1; " END, { SIZES, STACK_OFFSETS } },
	{ "written from a register", "k", "r2 = *(u64 *)(r1 + 0); *(%1 *)(r10 %2) = r2; " END,
	  { SIZES, STACK_OFFSETS } },
	{ "as a key", "k", ZERO_STACK "r2 = r10; r2 += %1; r1 = map[%2] ll; call map_lookup_elem; " END,
	  { "-4~-8~-12~-16~-20~-24~-512~-520~0~8", "hash~four" } },
	{ "a number kept", "k", ARR "r1 &= %4; *(%1 *)(r10 - 8) = r1; r1 = *(%2 *)(r10 - %3); " USE,
	  { "u16~u32~u64", "u8~u16~u32~u64", "8~6~4", "63~127~0x103f" } },
	{ "a constant kept", "k", ARR "r1 = %3; *(%1 *)(r10 - 8) = r1; r1 = *(%2 *)(r10 - 8); " USE,
	  { SIZES, "u8~u16~u32~u64~s8~s16~s32", "63~64~0x10001~-1" } },
	{ "a pointer kept", "k", "%1 *(u64 *)(r10 - 8) = r1; %2 r2 = *(%3 *)(r10 - %4); r0 = r2; " END,
	  { "~r1 = map[arr][0]+0 ll;~r1 = r10;",
	    "~*(u8 *)(r10 - 8) = 0;~*(u8 *)(r10 - 1) = 0;~*(u32 *)(r10 - 4) = 0;", SIZES, "8~4" } },
	{ "... and used", "k",
	  "%1 *(u64 *)(r10 - 8) = r1; %2 r2 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r2 + %3); " END,
	  { "~r1 = map[arr][0]+0 ll;~r1 = r10;",
	    "~*(u8 *)(r10 - 8) = 0;~*(u32 *)(r10 - 4) = 0;~*(u64 *)(r10 - 16) = 0;"
	    "~*(u64 *)(r10 - 8) = 0;~r3 = r1;", "0~8~- 8" } },
	{ "at a variable offset, read", "k",
	  ZERO_STACK "r2 = *(u64 *)(r1 + 0); r2 &= %1; r3 = r10; r3 += %2; r3 += r2; "
	  "r0 = *(%3 *)(r3 + 0); " END,
	  { "7~8~15~16", "-8~-16~-24~-512", "u8~u64" } },
	{ "at a variable offset, written", "k",
	  "%4 r2 = *(u64 *)(r1 + 0); r2 &= %1; r3 = r10; r3 += %2; r3 += r2; *(%3 *)(r3 + 0) = 1; "
	  "r0 = *(u64 *)(r10 - 8); " END,
	  { "7~8", "-8~-16~-24~-512", "u8~u64", "~" ZERO_STACK } },
	{ "at a variable offset, for a helper", "k",
	  "%4 r2 = *(u64 *)(r1 + 0); r2 &= %1; r1 = r10; r1 += %2; r1 += r2; r2 = %3; r3 = 0; "
	  "call probe_read_kernel; r0 = *(u64 *)(r10 - 8); " END,
	  { "7~8", "-8~-16~-24~-512", "1~8~16", "~" ZERO_STACK } },
};

static const struct corpus_row values[] = {
	{ "constant offset", "k", "r1 = map[arr][0]+0 ll; r2 = 1; %1; " END,
	  { "r0 = *(u8 *)(r1 + 63)~r0 = *(u8 *)(r1 + 64)~r0 = *(u8 *)(r1 - 1)"
	    "~r0 = *(u16 *)(r1 + 62)~r0 = *(u16 *)(r1 + 63)~r0 = *(u32 *)(r1 + 60)~r0 = *(u32 *)(r1 + 61)"
	    "~r0 = *(u64 *)(r1 + 56)~r0 = *(u64 *)(r1 + 57)~*(u8 *)(r1 + 63) = 1"
	    "~*(u8 *)(r1 + 64) = 1~*(u16 *)(r1 + 63) = r2~*(u32 *)(r1 + 60) = r2~*(u32 *)(r1 + 61) = 1"
	    "~*(u64 *)(r1 + 56) = 1~*(u64 *)(r1 + 57) = r2~r0 = *(s8 *)(r1 + 64)"
	    "~r0 = *(s32 *)(r1 + 60)~r0 = *(s32 *)(r1 + 62)" } },
	{ "atomic, 64 bits", "k",
	  ZERO_STACK "r6 = r1; %1 r0 = 1; r2 = 1; lock *(u64 *)(r3 + %3) %2 r2; " END,
	  { "r3 = map[arr][0]+0 ll;~r3 = r10; r3 += -16;~r3 = r6;~r3 = map[ro][0]+0 ll;",
	    "+=~|=~&=~^=", "0~8~16~56~64~1~4" } },
	{ "atomic, 32 bits", "k",
	  ZERO_STACK "r6 = r1; %1 r0 = 1; r2 = 1; r2 = atomic_%2((u32 *)(r3 + %3), r2); " END,
	  { "r3 = map[arr][0]+0 ll;~r3 = r10; r3 += -16;~r3 = r6;",
	    "fetch_add~fetch_or~fetch_and~fetch_xor~xchg", "0~4~12~16~60~61~64" } },
	{ "compare and exchange", "k", ZERO_STACK "r6 = r1; %1 %3 r2 = 1; r0 = %2)(r3 + 0), r0, r2); " END,
	  { "r3 = map[arr][0]+0 ll;~r3 = r10; r3 += -16;~r3 = r6;",
	    "atomic64_cmpxchg((u64 *~atomic_cmpxchg((u32 *", "r0 = 1;~~r0 = r10;" } },
	{ "what a fetch leaves", "k", ARR "*(u64 *)(r10 - 8) = 1; r1 = 1; %1; %2 " USE,
	  { "r1 = atomic64_fetch_add((u64 *)(r10 - 8), r1)~r1 = atomic64_xchg((u64 *)(r10 - 8), r1)"
	    "~r1 = atomic_xchg((u32 *)(r10 - 8), r1)~lock *(u64 *)(r10 - 8) += r1; "
	    "r1 = *(u64 *)(r10 - 8)", "~r1 &= 63;~w1 >>= 26;" } },
	{ "permissions", "k", ZERO_STACK "r1 = map[%1][0]+0 ll; %2; " END,
	  { "ro~wo~thaw~arr",
	    "r0 = *(u8 *)(r1 + 0)~*(u8 *)(r1 + 0) = 1~r2 = 16; r3 = 0; call probe_read_kernel"
	    "~r2 = 8; call trace_printk~r2 = r1; r1 = map[hash] ll; call map_lookup_elem~r2 = 1; "
	    "lock *(u64 *)(r1 + 0) += r2" } },
	{ "constants of frozen data", "k", ARR "r2 = map[%1][0]+0 ll; r1 = *(%2 *)(r2 + %3); " USE,
	  { "ro~thaw", "u8~u16~s8", "0~14~15~16" } },
	{ "direct values", "k", "r1 = map[%1][0]+%2 ll; r0 = *(u8 *)(r1 + 0); " END,
	  { "arr~four~hash~tbl~ro", "0~7~8~15~63~64" } },
	{ "variable offset", "k", ARR "r1 &= %1; r6 += r1; r6 += %2; r0 = *(%3 *)(r6 + 0); " END,
	  { "7~32~63", "0~24~31~32~56~57~-1", SIZES } },
	{ "... downwards", "k", ARR "r1 &= %1; r6 += %2; r6 -= r1; r0 = *(%3 *)(r6 + 0); " END,
	  { "7~32~63", "7~31~32~56~63~64", "u8~u64" } },
	{ "alignment", "k", ARR "r1 &= %1; r6 += r1; r0 = *(u64 *)(r6 + %2); " END,
	  { "56~57~48", "0~1~7~8" } },
};

#define BUFFER "r1 = r10; r1 += -16; "

static const struct corpus_row helpers[] = {
	{ "a buffer to write", "kP", "r1 = r10; r1 += %1; r2 = %2; r3 = 0; call probe_read_kernel; "
	  END, { "-8~-16~-64~-512~-513~0~8", "0~1~8~16~17~64~512~513~-1" } },
	{ "a buffer to read", "k", ZERO_STACK "r1 = r10; r1 += %1; r2 = %2; call trace_printk; "
	  END, { "-8~-12~-16~-24~0", "0~1~8~16~17~-1" } },
	{ "not empty", "k", BUFFER "r2 = %1; call get_current_comm; " END, { "0~1~16~17~-1" } },
	{ "a variable size", "k", "r2 = *(u64 *)(r1 + 0); %1; %2 " BUFFER
	  "%3; r0 = *(u64 *)(r10 - %4); out: " END,
	  { "r2 &= 15~r2 &= 16~r2 &= 31~w2 &= 7~r2 %= 17",
	    "~r2 += 1;~if r2 == 0 goto out;~if r2 > 16 goto out;",
	    "r3 = 0; call probe_read_kernel~call get_current_comm", "16~8" } },
	{ "a variable size, by comparison", "k", "r2 = *(u64 *)(r1 + 0); if r2 %1 %2 goto out; %3 "
	  BUFFER "r3 = 0; call probe_read_kernel; out: " END,
	  { ">~>=~s>~s>=", "15~16~17", "~if r2 s< 0 goto out;~w2 = w2;" } },
	{ "an initialised size", "k",
	  BUFFER "r2 = %1; r3 = 0; call probe_read_kernel; r0 = *(u64 *)(r10 - %2); " END,
	  { "0~8~12~16", "8~16~24" } },
	{ "map values", "k", "r6 = *(u64 *)(r1 + 0); r6 &= %1; r1 = map[arr][0]+0 ll; r1 += r6; "
	  "r2 = %2; r3 = 0; call probe_read_kernel; " END, { "0~15~31~63", "0~1~33~34~49~64~65" } },
	{ "a map and its key and value", "k",
	  ZERO_STACK "*(u64 *)(r10 - 24) = 0; r1 = map[%1] ll; r2 = r10; r2 += %2; r3 = r10; "
	  "r3 += %3; r4 = 0; %4; " END,
	  { "hash~four~arr~tbl~ro~wo", "-8~-4~-24", "-16~-8~-24",
	    "call map_lookup_elem~call map_update_elem~call map_delete_elem" } },
	{ "R0 of a call", "k", "%1; r1 = map[arr][0]+0 ll; r1 += r0; r0 = *(u8 *)(r1 + 0); " END,
	  { "call get_smp_processor_id~call get_prandom_u32~call get_prandom_u32; r0 &= 63"
	    "~call get_prandom_u32; r0 >>= 26~call get_prandom_u32; r0 >>= 25~call ktime_get_ns; "
	    "r0 &= 63" } },
	{ "what a call leaves", "k", "r6 = r1; r7 = 7; call get_prandom_u32; r0 = %1; r0 = 0; exit",
	  { "r0~r1~r2~r3~r4~r5~r6~r7~r8~r9~r10" } },
	{ "tail calls", "ksctrP", "%1 %2 %3 call tail_call; %4 " END,
	  { "~r1 = r10;~r1 += 8;", "r2 = map[tbl] ll;~r2 = map[four] ll;~r2 = r10;",
	    "r3 = 0;~r3 = 8;~~r3 = r10;~r3 = *(u32 *)(r10 - 8);", "~r0 = r6;" } },
	{ "tail calls in functions", "k",
	  "r6 = r1; %1 call f; r0 = 0; exit; f: %2 r2 = map[tbl] ll; r3 = 0; call tail_call; r0 = 0; exit",
	  { "~*(u64 *)(r10 - 8) = 0;~*(u64 *)(r10 - 256) = 0;~*(u64 *)(r10 - 264) = 0;",
	    "~*(u64 *)(r10 - 8) = 0;~*(u64 *)(r10 - 200) = 0;" } },
};

static const struct corpus_row contexts[] = {
	{ "struct pt_regs", "k", "r0 = *(%1 *)(r1 + %2); " END,
	  { SIZES, "0~1~4~6~8~80~112~156~160~164~167~168~200" } },
	{ "... written", "k", "*(%1 *)(r1 + %2) = 1; " END, { SIZES, "0~8~160~168" } },
	{ "a tracepoint's record", "t", "r0 = *(%1 *)(r1 + %2); " END,
	  { SIZES, "0~4~8~9~10~12~16~24~64~2040~2044~2047~2048~4096" } },
	{ "a raw tracepoint's arguments", "r", "r0 = *(%1 *)(r1 + %2); " END,
	  { SIZES, "0~4~8~12~40~88~92~96~104" } },
	{ "... written", "tr", "*(%1 *)(r1 + %2) = 1; " END, { "u32~u64", "8~16" } },
	{ "fields of struct __sk_buff", "sc", "r0 = *(%1 *)(r1 + %2); " END,
	  { SIZES, "0~4~8~12~16~20~24~28~32~36~40~44~48~52~56~60~64~68~72~76~80~84~88~92~96~100~108"
	    "~112~124~128~132~136~140~144~152~156~160~164~168~172~176~180~184~188~192" } },
	{ "... in part", "sc", "r0 = *(%1 *)(r1 + %2); " END,
	  { "u8~u16", "1~2~3~17~18~49~50~66~77~93~130~170" } },
	{ "... written", "sc", "r2 = 1; *(%1 *)(r1 + %2) = r2; " END,
	  { "u16~u32~u64", "0~4~8~12~16~24~28~32~36~40~44~48~52~56~64~68~72~76~80~84~88~92~132~136"
	    "~140~144~152~160~164~168~176~184~192" } },
	{ "a variable offset", "kstrc",
	  "r2 = *(u32 *)(r1 + 8); r2 &= %1; r1 += r2; r0 = *(u32 *)(r1 + %2); " END, { "0~8", "0~8" } },
	{ "a moved context", "ksc", "r1 += %1; r0 = *(u32 *)(r1 + %2); " END,
	  { "0~8~-8", "0~8~160~184~- 8" } },
};

#define PACKET "r6 = r1; r2 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 80); "

static const struct corpus_row packets[] = {
	{ "bounds", "c", PACKET "r4 = r2; r4 += %1; if %2 goto out; r0 = *(%3 *)(r2 + %4); out: " END,
	  { "1~14~34", "r4 > r3~r4 >= r3~r3 < r4~r3 <= r4~r4 < r3~r3 > r4~r4 == r3", "u8~u32",
	    "0~13~14~30~33~34" } },
	{ "bounds, the other branch", "c",
	  PACKET "r4 = r2; r4 += %1; if %2 goto in; r0 = 0; exit; in: r0 = *(%3 *)(r2 + %4); " END,
	  { "14", "r4 > r3~r4 <= r3~r3 >= r4~r4 < r3~r3 > r4~r4 != r3", "u8~u64", "0~6~7~13~14" } },
	{ "written", "sc", PACKET "r4 = r2; r4 += 14; if r4 > r3 goto out; *(%1 *)(r2 + %2) = 1; "
	  "out: " END, { SIZES, "0~6~10~12~13~14~- 1" } },
	{ "a variable offset", "c",
	  PACKET "r5 = *(u32 *)(r1 + 0); %1; r2 += r5; r4 = r2; r4 += %2; if r4 > r3 goto out; "
	  "r0 = *(u8 *)(r2 + %3); out: " END,
	  { "r5 &= 15~r5 &= 255~r5 &= 0x7fff~w5 &= 0xffff~r5 &= 0xfffff~r7 = 0", "1~20", "0~1~19~20" } },
	{ "a length out of the packet", "c",
	  PACKET "r4 = r2; r4 += 34; if r4 > r3 goto out; r5 = *(u8 *)(r2 + 14); r5 &= 15; "
	  "r5 <<= 2; r2 += r5; r4 = r2; r4 += %1; %2 r0 = *(u16 *)(r2 + %3); out: " END,
	  { "4~18~20", "if r4 > r3 goto out;~~if r3 > r4 goto out;", "0~2~16~18" } },
	{ "what a helper moves", "c",
	  PACKET "r4 = r2; r4 += 14; if r4 > r3 goto out; r7 = r2; r8 = r3; r1 = r6; %1; "
	  "r0 = *(u8 *)(r7 + 0); out: " END,
	  { "r2 = 34; call skb_pull_data~r2 = 0; r3 = 0; r4 = 0; call skb_load_bytes"
	    "~call get_prandom_u32~*(u64 *)(r10 - 8) = 0; r2 = 0; r3 = r10; r3 += -8; r4 = 8; "
	    "r5 = 0; call skb_store_bytes" } },
	{ "for a helper", "c", PACKET "r4 = r2; r4 += %1; if r4 > r3 goto out; %2; out: " END,
	  { "4~8~16", "r1 = map[hash] ll; call map_lookup_elem~r1 = map[four] ll; "
	    "call map_lookup_elem~r3 = r2; r1 = r2; r2 = 8; r3 = 0; call probe_read_kernel~r4 = 0; "
	    "r3 = r2; r1 = map[hash] ll; call map_update_elem" } },
	{ "arithmetic", "c", PACKET "%1; " END,
	  { "r2 += r3~r3 += 1~r3 -= r2~r2 -= r3~r2 *= 2~r2 += 0x10000~r2 += 0xffff~r2 -= 1; "
	    "r0 = *(u8 *)(r2 + 0)~w2 += 1~r2 = -r2~*(u64 *)(r10 - 8) = r2~r0 = *(u8 *)(r3 - 1)"
	    "~if r2 == 0 goto pc+0~if r2 > 5 goto pc+0" } },
	{ "packet pointers elsewhere", "skt",
	  "r2 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 80); r4 = r2; r4 += 14; if r4 > r3 goto out; "
	  "r0 = *(u8 *)(r2 + 0); out: " END, { "" } },
	{ "metadata", "c", "r2 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 140); r4 = r3; r4 += %1; "
	  "if r4 > r2 goto out; r0 = *(u8 *)(r3 + %2); out: " END, { "4", "0~3~4" } },
	{ "packet loads", "scktr", "%3 r0 = *(%1 *)skb[%2]; exit", { "u8~u16~u32",
	  "0~12~-1~r7 + 4~r6 + 0", "r6 = r1; r7 = 3;~r6 = r1;~r7 = 1;~r6 = r10; r7 = 1;" } },
	{ "behind a packet load", "sc",
	  "r6 = r1; r7 = 7; r1 = 1; r2 = 2; r0 = *(u8 *)skb[0]; r0 = %1; r0 = 0; exit",
	  { "r0~r1~r2~r5~r6~r7" } },
	{ "bytes by a helper", "sc", "r2 = %1; r3 = r10; r3 += %2; r4 = %3; call skb_load_bytes; "
	  END, { "0~14", "-8~-16~0", "0~1~8~9~16~17" } },
};

#define RECORD "r1 = map[rb] ll; r2 = %1; r3 = 0; call ringbuf_reserve; "

static const struct corpus_row records[] = {
	{ "a record", "k",
	  RECORD "if r0 == 0 goto out; *(u8 *)(r0 + %2) = 1; r1 = r0; r2 = 0; call %3; out: " END,
	  { "1~8~16~0", "0~7~8~15~16~- 1", "ringbuf_submit~ringbuf_discard" } },
	{ "its end", "k", RECORD "%2; " END,
	  { "16", "r0 = 0~if r0 == 0 goto out; out: r0 = 0~if r0 == 0 goto out; r1 = r0; r2 = 0; "
	    "call ringbuf_submit; out: r0 = 0"
	    "~r1 = r0; r2 = 0; call ringbuf_submit~if r0 == 0 goto out; r6 = r0; r1 = r0; r2 = 0; "
	    "call ringbuf_submit; r1 = r6; r2 = 0; call ringbuf_discard; out: r0 = 0"
	    "~if r0 == 0 goto out; r6 = r0; r1 = r0; r2 = 0; call ringbuf_submit; "
	    "*(u8 *)(r6 + 0) = 1; out: r0 = 0"
	    "~if r0 == 0 goto out; r1 = r0; r1 += 8; r2 = 0; call ringbuf_submit; out: r0 = 0"
	    "~if r0 == 0 goto out; r6 = r0; call get_prandom_u32; if r0 == 0 goto out; r1 = r6; "
	    "r2 = 0; call ringbuf_submit; out: r0 = 0"
	    "~r6 = r0; if r6 == 0 goto out; r1 = r0; r2 = 0; call ringbuf_submit; out: r0 = 0"
	    "~*(u64 *)(r10 - 8) = r0; if r0 == 0 goto out; r1 = *(u64 *)(r10 - 8); r2 = 0; "
	    "call ringbuf_submit; out: r0 = 0"
	    "~if r0 == 0 goto out; r1 = r0; r2 = r10; call ringbuf_submit; out: r0 = 0"
	    "~r0 = 0; exit" } },
	{ "a size that is not constant", "k",
	  "r2 = *(u64 *)(r1 + 0); %2; r1 = map[rb] ll; r3 = 0; call ringbuf_reserve; "
	  "if r0 == 0 goto out; r1 = r0; r2 = 0; call ringbuf_submit; out: " END,
	  { "", "r2 &= 15~r2 = 8~if r2 != 8 goto out" } },
	{ "held over a tail call", "k",
	  "r6 = r1; " RECORD "%2 r1 = r6; r2 = map[tbl] ll; r3 = 0; call tail_call; " END,
	  { "16", "if r0 == 0 goto l; l:~if r0 == 0 goto l; r1 = r0; r2 = 0; call ringbuf_submit; l:" } },
	{ "given to a function", "k",
	  RECORD "if r0 == 0 goto out; r1 = r0; call f; %2 out: r0 = 0; exit; f: %3 r0 = 0; exit",
	  { "16", "~r1 = r0; r2 = 0; call ringbuf_submit;",
	    "r2 = 0; call ringbuf_submit;~*(u64 *)(r1 + 8) = 1;~*(u64 *)(r1 + 9) = 1;" } },
	{ "output and query", "k", ZERO_STACK "r1 = map[%1] ll; %2; " END,
	  { "rb~hash",
	    "r2 = r10; r2 += -16; r3 = 16; r4 = 0; call ringbuf_output~r2 = r10; r2 += -16; "
	    "r3 = 17; r4 = 0; call ringbuf_output~r2 = 0; call ringbuf_query~r2 = r10; r2 += -16; "
	    "r3 = 0; r4 = 0; call ringbuf_output" } },
	{ "queues", "k", ZERO_STACK
	  "r1 = map[%1] ll; r2 = r10; r2 += %3; r3 = 0; call %2; r0 = *(u64 *)(r10 - 8); " END,
	  { "queue~stk~hash", "map_push_elem~map_pop_elem~map_peek_elem", "-8~-16~-4~-24" } },
	{ "queues initialise", "k",
	  "r1 = map[%1] ll; r2 = r10; r2 += -8; call %2; r0 = *(u64 *)(r10 - 8); " END,
	  { "queue~stk", "map_pop_elem~map_peek_elem" } },
	{ "lookup by type", "kc",
	  ZERO_STACK "r1 = map[%1] ll; r2 = r10; r2 += -8; call map_lookup_elem; "
	  "if r0 == 0 goto out; %2; out: " END,
	  { "lru~pca~pch~lpm~hash~rb~queue~tbl~arrays~st",
	    "r0 = *(u64 *)(r0 + 0)~r0 = *(u64 *)(r0 + 8)~r0 = *(u8 *)(r0 + 7)~*(u8 *)(r0 + 0) = 1" } },
	{ "a map in a map", "k",
	  ZERO_STACK "r1 = map[arrays] ll; r2 = r10; r2 += -8; call map_lookup_elem; %1 r1 = r0; "
	  "r2 = r10; r2 += -16; call map_lookup_elem; %2 r0 = *(u64 *)(r0 + %3); out: " END,
	  { "if r0 == 0 goto out;~", "if r0 == 0 goto out;~", "0~1~8" } },
	{ "stacks", "k", "r2 = map[%1] ll; r3 = %2; call get_stackid; " END, { "st~hash", "0~256~r1" } },
};

const struct corpus_class corpus_memory[] = {
	ROWS("stack", stack), ROWS("map values", values), ROWS("helpers", helpers),
	ROWS("contexts", contexts),
	ROWS("packets", packets), ROWS("records and other maps", records),
};
const u32 corpus_memory_cnt = ARRAY_SIZE(corpus_memory);
