/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts on memory: the stack byte by byte, map values, contexts, atomic
 * operations, and what may not leak.
 */
#include "verdict.h"

#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER
#define GIVE_COMM "r1 = r10; r1 += -16; r2 = 16; call get_current_comm; "

static const struct verdict stack_cases[] = {
	ACCEPT("writing and reading 8 bytes", "*(u64 *)(r10 - 8) = 1; r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("reading what was never written", EACCES, "invalid read from stack R10 off -8+0 size 8",
	       "the byte at R10-8 is read but was not written", "r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("half of it written", EACCES, "off -8+4 size 8", "R10-4",
	       "*(u32 *)(r10 - 8) = 1; r0 = *(u64 *)(r10 - 8); exit"),
	ACCEPT("two halves make a whole",
	       "*(u32 *)(r10 - 8) = 1; *(u32 *)(r10 - 4) = 1; r0 = *(u64 *)(r10 - 8); exit"),
	ACCEPT("the lowest bytes of the stack", "*(u64 *)(r10 - 512) = 1; " RETURN_0),
	REJECT("below the stack", EACCES, "invalid write to stack R10 off=-520 size=8",
	       "outside of the stack",
	       "*(u64 *)(r10 - 520) = 1; " RETURN_0),
	REJECT("at R10", EACCES, "invalid write to stack R10 off=0 size=8", NULL,
	       "*(u64 *)(r10 + 0) = 1; " RETURN_0),
	REJECT("reading above R10", EACCES, "invalid read from stack R10 off=8", NULL,
	       "r0 = *(u64 *)(r10 + 8); exit"),
	REJECT("not aligned", EACCES, "misaligned stack access", "not aligned to 8",
	       "*(u64 *)(r10 - 12) = 1; " RETURN_0),
	REJECT("4 bytes at an odd place", EACCES, "misaligned stack access", NULL,
	       "*(u32 *)(r10 - 7) = 1; " RETURN_0),
	ACCEPT("through a copy of R10",
	       "r2 = r10; r2 += -16; *(u64 *)(r2 + 8) = 1; r0 = *(u64 *)(r10 - 8); exit"),
	ACCEPT("written on both branches",
	       "r2 = *(u64 *)(r1 + 0); if r2 == 0 goto a; *(u64 *)(r10 - 8) = 1; goto b;"
	       "a: *(u64 *)(r10 - 8) = 2; b: r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("written on one branch", EACCES, "invalid read from stack", NULL,
	       "r2 = *(u64 *)(r1 + 0); if r2 == 0 goto b; *(u64 *)(r10 - 8) = 1;"
	       "b: r0 = *(u64 *)(r10 - 8); exit"),

	/* spills */
	ACCEPT("a pointer comes back",
	       "*(u64 *)(r10 - 8) = r1; r2 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r2 + 0); exit"),
	REJECT("4 bytes of a pointer", EACCES, "invalid size of register spill", "only whole",
	       "*(u32 *)(r10 - 8) = r1; " RETURN_0),
	REJECT("reading half of a saved pointer", EACCES, "invalid size of register fill",
	       "read back only whole",
	       "*(u64 *)(r10 - 8) = r1; r0 = *(u32 *)(r10 - 8); exit"),
	REJECT("reading the upper half of a saved pointer", EACCES, "invalid size of register fill", NULL,
	       "*(u64 *)(r10 - 8) = r1; r0 = *(u32 *)(r10 - 4); exit"),
	REJECT("the rest of a pointer after a partial overwrite", EACCES, "invalid read from stack", NULL,
	       "*(u64 *)(r10 - 8) = r1; *(u8 *)(r10 - 8) = 0; r0 = *(u32 *)(r10 - 4); exit"),
	REJECT("a pointer that was overwritten in part", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 8) = r1; *(u8 *)(r10 - 1) = 0; r2 = *(u64 *)(r10 - 8); "
	       "r0 = *(u64 *)(r2 + 0); exit"),
	ACCEPT("a pointer that was overwritten whole",
	       "*(u64 *)(r10 - 8) = r1; *(u64 *)(r10 - 8) = 0; r0 = *(u32 *)(r10 - 4); exit"),
	ACCEPT("a spilled constant is known",
	       "r6 = map[arr][0]+0 ll; r2 = 63; *(u64 *)(r10 - 8) = r2; r3 = *(u64 *)(r10 - 8); "
	       "r6 += r3; r0 = *(u8 *)(r6 + 0); exit"),
	ACCEPT("a spilled 32-bit number is known",
	       "r6 = map[arr][0]+0 ll; r2 = 63; *(u32 *)(r10 - 8) = r2; r3 = *(u32 *)(r10 - 8); "
	       "r6 += r3; r0 = *(u8 *)(r6 + 0); exit"),
	ACCEPT("the low byte of a spilled number",
	       "r6 = map[arr][0]+0 ll; r2 = 0x13f; *(u64 *)(r10 - 8) = r2; r3 = *(u8 *)(r10 - 8); "
	       "r6 += r3; r0 = *(u8 *)(r6 + 0); exit"),
	REJECT("another byte of it is only a byte", EACCES, "value_size=64 off=255", NULL,
	       "r6 = map[arr][0]+0 ll; r2 = 0x13f; *(u64 *)(r10 - 8) = r2; r3 = *(u8 *)(r10 - 7); "
	       "r6 += r3; r0 = *(u8 *)(r6 + 0); exit"),
	ACCEPT("zeroes are known, whatever the width",
	       "r6 = map[arr][0]+0 ll; *(u64 *)(r10 - 8) = 0; r3 = *(u16 *)(r10 - 6); r6 += r3; "
	       "r0 = *(u64 *)(r6 + 56); exit"),
	REJECT("a sign-extended byte may be negative", EACCES, "min value is negative", NULL,
	       "r6 = map[arr][0]+0 ll; r2 = *(u64 *)(r1 + 0); *(u64 *)(r10 - 8) = r2; "
	       "r3 = *(s8 *)(r10 - 8);"
	       "if r3 s> 63 goto out; r6 += r3; r0 = *(u8 *)(r6 + 0); out: " RETURN_0),
	ACCEPT("... checked",
	       "r6 = map[arr][0]+0 ll; r2 = *(u64 *)(r1 + 0); *(u64 *)(r10 - 8) = r2; "
	       "r3 = *(s8 *)(r10 - 8);"
	       "if r3 s> 63 goto out; if r3 s< 0 goto out; r6 += r3; r0 = *(u8 *)(r6 + 0); out: "
	       RETURN_0),
	REJECT("a number where a pointer was saved on the other path", EACCES, NULL, NULL,
	       "r2 = *(u64 *)(r1 + 0); *(u64 *)(r10 - 8) = r1; if r2 == 0 goto b; *(u64 *)(r10 - 8) = 1;"
	       "b: r3 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r3 + 0); exit"),

	/* variable offsets */
	ACCEPT("a bounded index into initialised bytes",
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; r2 = *(u64 *)(r1 + 0); r2 &= 15; "
	       "r3 = r10; r3 += -16; r3 += r2;"
	       "r0 = *(u8 *)(r3 + 0); exit"),
	REJECT("one byte past", EINVAL, "invalid variable-offset read from stack", "may be anywhere",
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; r2 = *(u64 *)(r1 + 0); r2 &= 15; "
	       "r3 = r10; r3 += -15; r3 += r2;"
	       "r0 = *(u8 *)(r3 + 0); exit"),
	REJECT("into bytes that were not written", EACCES, "invalid read from stack", NULL,
	       "*(u64 *)(r10 - 8) = 0; r2 = *(u64 *)(r1 + 0); r2 &= 15; r3 = r10; r3 += -16; "
	       "r3 += r2; r0 = *(u8 *)(r3 + 0); exit"),
	REJECT("an index without bound", EINVAL, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; r2 = *(u64 *)(r1 + 0); r3 = r10; r3 += r2; "
	       "r0 = *(u8 *)(r3 + 0); exit"),
	ACCEPT("writing at a bounded index",
	       "*(u64 *)(r10 - 8) = 0; r2 = *(u64 *)(r1 + 0); r2 &= 7; r3 = r10; r3 += -8; "
	       "r3 += r2; *(u8 *)(r3 + 0) = 5;"
	       "r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("... initialises nothing for sure", EACCES, "invalid read from stack", NULL,
	       "r2 = *(u64 *)(r1 + 0); r2 &= 7; r3 = r10; r3 += -8; r3 += r2; *(u8 *)(r3 + 0) = 5; "
	       "r0 = *(u8 *)(r10 - 8); exit"),
	REJECT("... destroys a saved pointer", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 8) = r1; r2 = *(u64 *)(r1 + 0); r2 &= 7; r3 = r10; r3 += -8; "
	       "r3 += r2; *(u8 *)(r3 + 0) = 5;"
	       "r4 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r4 + 0); exit"),
	REJECT("... makes a known number unknown", EACCES, "value_size=64", NULL,
	       "r6 = map[arr][0]+0 ll; *(u64 *)(r10 - 8) = 0; r2 = *(u64 *)(r1 + 0); r2 &= 7; "
	       "r3 = r10; r3 += -8; r3 += r2;"
	       "*(u8 *)(r3 + 0) = 5; r4 = *(u8 *)(r10 - 8); r6 += r4; r0 = *(u8 *)(r6 + 0); exit"),
	REJECT("reading a saved pointer by a variable offset", EACCES, "invalid read from stack",
	       "saved pointer",
	       "*(u64 *)(r10 - 8) = r1; r2 = *(u64 *)(r1 + 0); r2 &= 7; r3 = r10; r3 += -8; "
	       "r3 += r2; r0 = *(u8 *)(r3 + 0); exit"),
	REJECT("saving a pointer at a variable offset", EACCES, "invalid size of register spill", NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; r2 = *(u64 *)(r1 + 0); r2 &= 8; "
	       "r3 = r10; r3 += -16; r3 += r2;"
	       "*(u64 *)(r3 + 0) = r1; " RETURN_0),

	/* helpers */
	ACCEPT("a helper initialises what it is given", GIVE_COMM "r0 = *(u64 *)(r10 - 16); exit"),
	REJECT("... and not more", EACCES, "invalid read from stack", NULL,
	       GIVE_COMM "r0 = *(u64 *)(r10 - 24); exit"),
	REJECT("memory for a helper past the stack", EINVAL, "invalid write to stack", NULL,
	       "r1 = r10; r1 += -8; r2 = 16; call get_current_comm; " RETURN_0),
	REJECT("a key that was not written", EACCES, "invalid indirect read from stack",
	       "initialise the variable",
	       "r2 = r10; r2 += -4; r1 = map[four] ll; call map_lookup_elem; " RETURN_0),
	REJECT("a key with unwritten padding", EACCES,
	       "invalid indirect read from stack R2 off -8+4 size 8", "R10-4",
	       "*(u32 *)(r10 - 8) = 1; r2 = r10; r2 += -8; r1 = map[hash] ll; "
	       "call map_lookup_elem; " RETURN_0),
	REJECT("a key that is a saved pointer", EACCES, "invalid indirect read from stack",
	       "saved pointer",
	       "*(u64 *)(r10 - 8) = r1; r2 = r10; r2 += -8; r1 = map[hash] ll; "
	       "call map_lookup_elem; " RETURN_0),
	ACCEPT("a helper's variable size initialises its minimum",
	       "r6 = *(u64 *)(r1 + 0); r6 &= 7; r6 += 8; r1 = r10; r1 += -16; r2 = r6; r3 = 0; "
	       "call probe_read_kernel;"
	       "r0 = *(u64 *)(r10 - 16); exit"),
	REJECT("... and not its maximum", EACCES, "invalid read from stack", NULL,
	       "r6 = *(u64 *)(r1 + 0); r6 &= 7; r6 += 8; r1 = r10; r1 += -16; r2 = r6; r3 = 0; "
	       "call probe_read_kernel;"
	       "r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("a helper overwrites a saved pointer", EACCES, "invalid mem access 'scalar'", NULL,
	       "*(u64 *)(r10 - 8) = r1; r1 = r10; r1 += -16; r2 = 16; call get_current_comm; "
	       "r1 = *(u64 *)(r10 - 8);"
	       "r0 = *(u64 *)(r1 + 0); exit"),
};

static const struct verdict value_cases[] = {
	ACCEPT("the first and the last bytes",
	       "r1 = map[arr][0]+0 ll; r0 = *(u64 *)(r1 + 0); r0 = *(u64 *)(r1 + 56); exit"),
	REJECT("past the end", EACCES, "invalid access to map value, value_size=64 off=57 size=8",
	       "which has 64 bytes",
	       "r1 = map[arr][0]+0 ll; r0 = *(u64 *)(r1 + 57); exit"),
	REJECT("before the begin", EACCES, "invalid access to map value, value_size=64 off=-8",
	       "bytes -8 to -1",
	       "r1 = map[arr][0]+0 ll; r0 = *(u64 *)(r1 - 8); exit"),
	REJECT("a store past the end", EACCES, "invalid access to map value", NULL,
	       "r1 = map[arr][0]+0 ll; *(u32 *)(r1 + 61) = 0; " RETURN_0),
	ACCEPT("not aligned, as x86 allows", "r1 = map[arr][0]+1 ll; r0 = *(u64 *)(r1 + 0); exit"),
	{ .name = "not aligned, but BPF_F_STRICT_ALIGNMENT", .err = -EACCES,
	  .log = "misaligned value access",
	  .flags = BPF_F_STRICT_ALIGNMENT, .text = "r1 = map[arr][0]+1 ll; r0 = *(u64 *)(r1 + 0); exit" },
	{ .name = "aligned, with BPF_F_STRICT_ALIGNMENT",
	  .flags = BPF_F_STRICT_ALIGNMENT, .text = "r1 = map[arr][0]+8 ll; r0 = *(u64 *)(r1 + 0); exit" },
	ACCEPT("a looked-up value", LOOKUP_HASH "if r0 == 0 goto out; *(u64 *)(r0 + 8) = 5; out: "
	       RETURN_0),
	REJECT("past a looked-up value", EACCES, "value_size=16 off=16 size=8", "map hash",
	       LOOKUP_HASH "if r0 == 0 goto out; *(u64 *)(r0 + 16) = 5; out: " RETURN_0),
	ACCEPT("constants in read-only data",
	       "r6 = map[arr][0]+0 ll; r1 = map[ro][0]+0 ll; r2 = *(u8 *)(r1 + 15); r6 += r2; "
	       "r0 = *(u8 *)(r6 + 47); exit"),
	REJECT("... are what they are", EACCES, "value_size=64 off=64", NULL,
	       "r6 = map[arr][0]+0 ll; r1 = map[ro][0]+0 ll; r2 = *(u8 *)(r1 + 15); r6 += r2; "
	       "r0 = *(u8 *)(r6 + 48); exit"),
	REJECT("what is not frozen is no constant", EACCES, "value_size=64", NULL,
	       "r6 = map[arr][0]+0 ll; r1 = map[thaw][0]+0 ll; r2 = *(u8 *)(r1 + 15); r6 += r2; "
	       "r0 = *(u8 *)(r6 + 47); exit"),
	REJECT("nor at a variable offset", EACCES, "value_size=64", NULL,
	       "r6 = map[arr][0]+0 ll; r2 = *(u64 *)(r1 + 0); r2 &= 15; r1 = map[ro][0]+0 ll; "
	       "r1 += r2; r2 = *(u8 *)(r1 + 0);"
	       "r6 += r2; r0 = *(u8 *)(r6 + 0); exit"),
	REJECT("writing to read-only data", EACCES, "write into map forbidden", "BPF_F_RDONLY_PROG",
	       "r1 = map[ro][0]+0 ll; *(u8 *)(r1 + 0) = 1; " RETURN_0),
	REJECT("a helper writing to read-only data", EACCES, "write into map forbidden", NULL,
	       "r1 = map[ro][0]+0 ll; r2 = 16; call get_current_comm; " RETURN_0),
	REJECT("reading a write-only map", EACCES, "read from map forbidden", "BPF_F_WRONLY_PROG",
	       "r1 = map[wo][0]+0 ll; r0 = *(u8 *)(r1 + 0); exit"),
	ACCEPT("writing to a write-only map", "r1 = map[wo][0]+0 ll; *(u8 *)(r1 + 0) = 1; " RETURN_0),
	REJECT("updating a read-only map", EACCES, "write into map forbidden", NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 24) = 0; "
	       "r1 = map[ro] ll; r2 = r10; r2 += -8;"
	       "r3 = r10; r3 += -24; r4 = 0; call map_update_elem; " RETURN_0),
	REJECT("storing a pointer in a map", EACCES, "R1 leaks addr into map", "others could see it",
	       "r2 = map[arr][0]+0 ll; *(u64 *)(r2 + 0) = r1; " RETURN_0),
	REJECT("storing a stack address in a map", EACCES, "leaks addr into map", NULL,
	       "r2 = map[arr][0]+0 ll; *(u64 *)(r2 + 0) = r10; " RETURN_0),
	REJECT("a direct value of many entries", EINVAL, "direct value access", "array of one entry",
	       "r1 = map[four][0]+0 ll; " RETURN_0),
	REJECT("a direct value of a hash", EINVAL, "direct value access", "map hash",
	       "r1 = map[hash][0]+0 ll; " RETURN_0),
	REJECT("a direct value past the end", EINVAL,
	       "invalid access to map value pointer, value_size=64 off=64",
	       "behind the value", "r1 = map[arr][0]+64 ll; " RETURN_0),
	REJECT("an fd that is no map", EBADF, "is not pointing to valid bpf_map", "no map of xbpf",
	       "r1 = map[fd:3] ll; " RETURN_0),

	/* atomic operations */
	ACCEPT("atomic add to a map", "r1 = map[arr][0]+0 ll; r2 = 1; lock *(u64 *)(r1 + 8) += r2; "
	       RETURN_0),
	ACCEPT("all on the stack",
	       "*(u64 *)(r10 - 8) = 0; r2 = 1; lock *(u64 *)(r10 - 8) |= r2; lock *(u32 *)(r10 - 4) &= r2;"
	       "r2 = atomic64_fetch_add((u64 *)(r10 - 8), r2); r2 = atomic64_xchg((u64 *)(r10 - 8), r2);"
	       "r0 = 0; r0 = atomic_cmpxchg((u32 *)(r10 - 8), r0, r2); r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("atomic on unwritten stack", EACCES, "invalid read from stack", NULL,
	       "r2 = 1; lock *(u64 *)(r10 - 8) += r2; " RETURN_0),
	REJECT("atomic on the context", EACCES, "BPF_ATOMIC stores into R1 ctx is not allowed", NULL,
	       "r2 = 1; lock *(u64 *)(r1 + 0) += r2; " RETURN_0),
	REJECT("atomic, not aligned", EACCES, "misaligned", "not aligned to 8",
	       "r1 = map[arr][0]+4 ll; r2 = 1; lock *(u64 *)(r1 + 0) += r2; " RETURN_0),
	REJECT("atomic past the end", EACCES, "invalid access to map value", NULL,
	       "r1 = map[arr][0]+56 ll; r2 = 1; lock *(u64 *)(r1 + 8) += r2; " RETURN_0),
	REJECT("atomic with a pointer", EACCES, "R10 leaks addr into mem", NULL,
	       "r1 = map[arr][0]+0 ll; lock *(u64 *)(r1 + 0) += r10; " RETURN_0),
	REJECT("compare and exchange with a pointer in R0", EACCES, "R0 leaks addr into mem", NULL,
	       "r1 = map[arr][0]+0 ll; r0 = r10; r2 = 0; "
	       "r0 = atomic64_cmpxchg((u64 *)(r1 + 0), r0, r2); " RETURN_0),
	REJECT("fetching a saved pointer", EACCES, NULL, "pointer",
	       "*(u64 *)(r10 - 8) = r1; r2 = 0; r2 = atomic64_xchg((u64 *)(r10 - 8), r2); "
	       "r0 = *(u64 *)(r2 + 0); exit"),
	ACCEPT("a number fetched from the stack is known",
	       "r6 = map[arr][0]+0 ll; *(u64 *)(r10 - 8) = 63; r2 = 1; "
	       "r2 = atomic64_fetch_add((u64 *)(r10 - 8), r2); r6 += r2; r0 = *(u8 *)(r6 + 0); " RETURN_0),
	REJECT("... what is left there is not", EINVAL, "unbounded", NULL,
	       "r6 = map[arr][0]+0 ll; *(u64 *)(r10 - 8) = 63; r2 = 1; "
	       "r2 = atomic64_fetch_add((u64 *)(r10 - 8), r2);"
	       "r2 = *(u64 *)(r10 - 8); r6 += r2; r0 = *(u8 *)(r6 + 0); " RETURN_0),
	REJECT("a number fetched from a map is unknown", EINVAL, "unbounded", NULL,
	       "r6 = map[arr][0]+0 ll; r2 = 1; r2 = atomic64_fetch_add((u64 *)(r6 + 0), r2); r6 += r2;"
	       "r0 = *(u8 *)(r6 + 0); exit"),
	REJECT("and so is what it leaves", EINVAL, "unbounded", NULL,
	       "r6 = map[arr][0]+0 ll; *(u64 *)(r10 - 8) = 1; r2 = 1; "
	       "lock *(u64 *)(r10 - 8) += r2; r2 = *(u64 *)(r10 - 8); r6 += r2;"
	       "r0 = *(u8 *)(r6 + 0); exit"),
	REJECT("atomic on what may be null", EACCES, "map_value_or_null", "may be null",
	       LOOKUP_FOUR "r2 = 1; lock *(u64 *)(r0 + 0) += r2; " RETURN_0),
};

static const struct verdict ctx_cases[] = {
	ACCEPT("all of struct pt_regs", "r0 = *(u64 *)(r1 + 0); r0 = *(u64 *)(r1 + 160); exit"),
	REJECT("behind struct pt_regs", EACCES, "invalid bpf_context access off=168 size=8", "type kprobe",
	       "r0 = *(u64 *)(r1 + 168); exit"),
	REJECT("before it", EACCES, "invalid bpf_context access off=-8", NULL,
	       "r0 = *(u64 *)(r1 - 8); exit"),
	ACCEPT("narrow and aligned",
	       "r0 = *(u8 *)(r1 + 167); r0 = *(u16 *)(r1 + 166); r0 = *(u32 *)(r1 + 164); exit"),
	REJECT("across registers", EACCES, NULL, NULL, "r0 = *(u64 *)(r1 + 4); exit"),
	REJECT("writing registers", EACCES, "invalid bpf_context access", "may not write",
	       "*(u64 *)(r1 + 0) = 0; " RETURN_0),
	ACCEPT("a context with a constant offset", "r1 += 8; r0 = *(u64 *)(r1 + 152); exit"),
	REJECT("a context with a constant offset, past the end", EACCES, "off=168", NULL,
	       "r1 += 8; r0 = *(u64 *)(r1 + 160); exit"),
	REJECT("a variable offset into the context", EACCES, "variable ctx access", "constant offsets",
	       "r2 = *(u64 *)(r1 + 0); r2 &= 8; r1 += r2; r0 = *(u64 *)(r1 + 0); exit"),
	{ .name = "fields of a packet's context", SOCKET,
	  .text = "r0 = *(u32 *)(r1 + 0); r0 = *(u32 *)(r1 + 16); r0 = *(u32 *)(r1 + 48); "
	  "*(u32 *)(r1 + 64) = 5; r0 = *(u8 *)(r1 + 17); exit" },
	{ .name = "8 bytes over two fields", SOCKET, .err = -EACCES, .log = "invalid bpf_context access",
	  .text = "r0 = *(u64 *)(r1 + 0); exit" },
	{ .name = "packet pointers in a socket filter", SOCKET, .err = -EACCES,
	  .log = "invalid bpf_context access off=76",
	  .text = "r0 = *(u32 *)(r1 + 76); exit" },
	{ .name = "writing len", SOCKET, .err = -EACCES, .log = "invalid bpf_context access off=0",
	  .text = "*(u32 *)(r1 + 0) = 0; r0 = 0; exit" },
	{ .name = "tc_classid in a socket filter", SOCKET, .err = -EACCES,
	  .text = "r0 = *(u32 *)(r1 + 72); exit" },
	{ .name = "a pointer into cb", SOCKET, .err = -EACCES, .log = "leaks addr into ctx",
	  .text = "*(u64 *)(r1 + 48) = r10; r0 = 0; exit" },
	{ .name = "an unknown program type", .type = 29, .err = -EINVAL,
	  .reason = "no program type 29", .text = RETURN_0 },
	REJECT("one load from context and map", EACCES, NULL, NULL,
	       "r2 = *(u64 *)(r1 + 0); r3 = map[arr][0]+0 ll; if r2 == 0 goto l; r3 = r1; "
	       "l: r0 = *(u64 *)(r3 + 64); exit"),
	ACCEPT("... where both have it",
	       "r2 = *(u64 *)(r1 + 0); r3 = map[arr][0]+0 ll; if r2 == 0 goto l; r3 = r1; "
	       "l: r0 = *(u64 *)(r3 + 8); exit"),
};

int main(void)
{
	BUILD_BUG_ON(offsetof(struct __sk_buff, cb) != 48 || offsetof(struct __sk_buff, data) != 76);
	verdict_run(stack_cases, ARRAY_SIZE(stack_cases));
	verdict_run(value_cases, ARRAY_SIZE(value_cases));
	verdict_run(ctx_cases, ARRAY_SIZE(ctx_cases));
	return tap_done();
}
