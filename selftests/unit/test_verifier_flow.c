/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts on control flow: the graph, loops, functions, and what states that
 * meet may forget.
 */
#include "verdict.h"

#define ARG "r7 = *(u64 *)(r1 + 0); "

static const struct verdict graph_cases[] = {
	REJECT("no end", EINVAL, "last insn is not an exit or jmp", "runs off its end", "r0 = 0"),
	REJECT("a conditional jump at the end", EINVAL, "last insn is not an exit", NULL,
	       "r0 = 0; if r0 == 0 goto pc-1"),
	REJECT("half a ld_imm64", EINVAL, NULL, "malformed", ".raw 0x18 0 0 0 5"),
	REJECT("unreachable code", EINVAL, "unreachable insn 2", "can never be reached",
	       "r0 = 0; exit; r0 = 1; exit"),
	REJECT("unreachable code behind a jump", EINVAL, "unreachable insn 2", NULL,
	       "r0 = 0; goto out; r0 = 1; out: exit"),
	REJECT("a jump out of the program", EINVAL, "jump out of range from insn 1 to 7",
	       "outside of its function",
	       "r0 = 0; if r0 == 0 goto pc+5; exit"),
	REJECT("a jump before the program", EINVAL, "jump out of range from insn 1 to -3", NULL,
	       "r0 = 0; if r0 == 0 goto pc-5; exit"),
	REJECT("a jump into a ld_imm64", EINVAL, "jump into the middle of ldimm64 insn 3", NULL,
	       "r0 = 0; if r0 == 0 goto pc+1; r1 = 5 ll; exit"),
	REJECT("an unknown opcode", EINVAL, NULL, "malformed", ".raw 0xff 0 0 0 0; exit"),
	REJECT("a reserved field", EINVAL, NULL, "reserved", ".raw 0xb7 0 0 5 0; exit"),
	REJECT("a register out of range", EINVAL, NULL, "malformed", ".raw 0xb7 11 0 0 0; exit"),
	REJECT("a kernel function", EINVAL, "calling kernel function is not allowed",
	       "a run may come to this call of a kernel function (kfunc, BTF id 5)",
	       ".raw 0x85 0 2 0 5; r0 = 0; exit"),
	REJECT("... that the loader did not find", EINVAL, NULL, "test with bpf_ksym_exists() first",
	       ".raw 0x85 0 2 0 0; r0 = 0; exit"),
	REJECT("... on one of two ways", EINVAL, "calling kernel function is not allowed", NULL,
	       ARG "if r7 == 0 goto out; .raw 0x85 0 2 1 5; out: " RETURN_0),
	REJECT("... with a field that is reserved", EINVAL, NULL, "reserved",
	       "r0 = 0; if r0 == 0 goto out; .raw 0x85 1 2 0 5; out: exit"),
	REJECT("the address of a kernel variable", EINVAL, NULL, "BTF id",
	       ".raw 0x18 0 3 0 5; .raw 0 0 0 0 0; r0 = 0; exit"),
	REJECT("the address of the main function", EINVAL, NULL,
	       "the main function cannot be a callback",
	       ".raw 0x18 0 4 0 -1; .raw 0 0 0 0 0; r0 = 0; exit"),
	REJECT("the address of a function outside", EINVAL, "call out of range", NULL,
	       ".raw 0x18 0 4 0 5; .raw 0 0 0 0 0; r0 = 0; exit"),
	REJECT("may_goto", EINVAL, NULL, "may_goto is not supported", ".raw 0xe5 0 0 0 0; r0 = 0; exit"),
	REJECT("a pointer into an arena", EINVAL, NULL, "arenas (addr_space_cast)",
	       ".raw 0xbf 1 1 1 1; r0 = 0; exit"),
	REJECT("a map load of unknown kind", EINVAL, "unrecognized bpf_ld_imm64", NULL,
	       ".raw 0x18 0 9 0 5; .raw 0 0 0 0 0; r0 = 0; exit"),
	ACCEPT("a long jump", "r0 = 0; gotol out; out: exit"),
};

static const struct verdict loop_cases[] = {
	REJECT("a jump to itself", EINVAL, "infinite loop detected at insn 1", "may run forever",
	       "r0 = 0; l: goto l"),
	REJECT("a loop in which nothing changes", EINVAL, "infinite loop detected", NULL,
	       ARG "l: if r7 == 0 goto out; r6 = 1; goto l; out: " RETURN_0),
	REJECT("a counter that is never compared", EINVAL, "infinite loop detected", NULL,
	       "r0 = 0; l: r0 += 1; goto l"),
	REJECT("... while copies of moving numbers are made", EINVAL, "infinite loop detected", NULL,
	       ARG "r6 = 0; l: r6 += 1; r8 = r6; r9 = r7; if r7 == 5 goto out; goto l; out: " RETURN_0),
	REJECT("... while three numbers go round", EINVAL, "infinite loop detected", NULL,
	       "r6 = 1; r7 = 2; r8 = 3; l: r5 = r6; r6 = r7; r7 = r8; r8 = r5; "
	       "if r6 == 4 goto out; goto l; out: " RETURN_0),
	ACCEPT("a number that reaches the counter rounds later",
	       "r6 = 0; r7 = 0; r8 = 0; l: if r6 == 7 goto out; r6 = r7; r7 = r8; r8 += 1; goto l; "
	       "out: " RETURN_0),
	REJECT("a loop whose end nobody knows", E2BIG,
	       "BPF program is too large. Processed 1000000 insn",
	       "the end of the loop from instruction 2 to 3 is not seen after 333333 rounds",
	       ARG "r0 = 0; l: r0 += 1; if r0 != r7 goto l; exit"),
	ACCEPT("a counter up to a constant", "r0 = 0; l: r0 += 1; if r0 != 10 goto l; exit"),
	ACCEPT("a counter down to 0", "r0 = 100; l: r0 -= 1; if r0 != 0 goto l; exit"),
	ACCEPT("ten thousand rounds", "r0 = 0; l: r0 += 1; if r0 < 10000 goto l; exit"),
	REJECT("a million rounds", E2BIG, NULL, NULL, "r0 = 0; l: r0 += 1; if r0 < 1000000 goto l; exit"),
	ACCEPT("a loop with an unknown limit below a constant",
	       ARG "r0 = 0; if r7 > 20 goto out; l: if r0 >= r7 goto out; r0 += 1; goto l; out: exit"),
	ACCEPT("leaving a loop early",
	       ARG "r0 = 0; l: if r7 == r0 goto out; r0 += 1; if r0 < 50 goto l; out: exit"),
	ACCEPT("two loops in each other",
	       "r6 = 0; a: r7 = 0; b: r7 += 1; if r7 < 10 goto b; r6 += 1; if r6 < 10 goto a; " RETURN_0),
	ACCEPT("a loop over bytes of a value",
	       "r6 = map[arr][0]+0 ll; r7 = 0; r0 = 0; l: r2 = *(u8 *)(r6 + 0); r0 += r2; r6 += 1; "
	       "r7 += 1; if r7 < 64 goto l; exit"),
	REJECT("... one byte too many", EACCES, "value_size=64 off=64 size=1", NULL,
	       "r6 = map[arr][0]+0 ll; r7 = 0; r0 = 0; l: r2 = *(u8 *)(r6 + 0); r0 += r2; r6 += 1; "
	       "r7 += 1; if r7 < 65 goto l; exit"),
	ACCEPT("a loop that fills the stack",
	       "r6 = r10; r6 += -64; r7 = 0; l: *(u8 *)(r6 + 0) = 1; r6 += 1; r7 += 1; "
	       "if r7 < 64 goto l; r0 = *(u64 *)(r10 - 64); exit"),
	REJECT("a counter in memory that nobody can follow", EINVAL, "infinite loop detected", NULL,
	       "r6 = map[arr][0]+0 ll; r8 = 0; l: r7 = *(u64 *)(r6 + 0); r8 += 1; r7 += 1; "
	       "*(u64 *)(r6 + 0) = r7; if r7 < 10 goto l; " RETURN_0),
	ACCEPT("a counter on the stack",
	       "*(u64 *)(r10 - 8) = 0; l: r7 = *(u64 *)(r10 - 8); r7 += 1; *(u64 *)(r10 - 8) = r7; "
	       "if r7 < 20 goto l; " RETURN_0),
};

/* Two paths meet; the second one must not be covered when it is worse. */
#define PAD "r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; "
#define MEET(a, b, then) \
	ARG "r8 = *(u64 *)(r1 + 8); r9 = r1; if r8 == 1 goto pc+0; if r8 == 2 goto pc+0; " PAD \
	"if r7 == 0 goto second; " a "; goto join; second: " b "; join: " PAD then

static const struct verdict prune_cases[] = {
	ACCEPT("both paths fine",
	       MEET("r6 = 1", "r6 = 2", "r2 = map[arr][0]+0 ll; r2 += r6; r0 = *(u8 *)(r2 + 0); exit")),
	REJECT("the second index is out of bounds", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r2 = map[arr][0]+0 ll; r2 += r6; r0 = *(u8 *)(r2 + 0); exit")),
	REJECT("the first index is", EACCES, "value_size=64", NULL,
	       MEET("r6 = 64", "r6 = 1", "r2 = map[arr][0]+0 ll; r2 += r6; r0 = *(u8 *)(r2 + 0); exit")),
	REJECT("a wider range on the second path", EACCES, "value_size=64", NULL,
	       MEET("r6 = r8; r6 &= 31", "r6 = r8; r6 &= 127",
		    "r2 = map[arr][0]+0 ll; r2 += r6; r0 = *(u8 *)(r2 + 0); exit")),
	REJECT("a number in place of a pointer", EACCES, "invalid mem access 'scalar'", NULL,
	       MEET("r6 = r9", "r6 = r8", "r0 = *(u64 *)(r6 + 0); exit")),
	REJECT("nothing in place of a number", EACCES, "R6 !read_ok", NULL,
	       MEET("r6 = 1", "r5 = 1", "r0 = r6; exit")),
	REJECT("a number on the second path's stack", EACCES, "scalar", NULL,
	       MEET("*(u64 *)(r10 - 8) = r9", "*(u64 *)(r10 - 8) = r8",
		    "r6 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r6 + 0); exit")),
	REJECT("nothing on the second path's stack", EACCES, "invalid read from stack", NULL,
	       MEET("*(u64 *)(r10 - 8) = 1", "r6 = 1", "r0 = *(u64 *)(r10 - 8); exit")),
	REJECT("nothing there for a helper", EACCES, "invalid indirect read", NULL,
	       MEET("*(u64 *)(r10 - 8) = 1", "r6 = 1",
		    "r2 = r10; r2 += -8; r1 = map[hash] ll; call map_lookup_elem; " RETURN_0)),
	REJECT("a saved index out of bounds", EACCES, "value_size=64", NULL,
	       MEET("*(u64 *)(r10 - 8) = 5", "*(u64 *)(r10 - 8) = 70",
		    "r6 = *(u64 *)(r10 - 8); r2 = map[arr][0]+0 ll; r2 += r6; r0 = *(u8 *)(r2 + 0); exit")),
	REJECT("a byte that is zero on one path only", EACCES, "value_size=64", NULL,
	       MEET("*(u64 *)(r10 - 8) = 0", "*(u64 *)(r10 - 8) = r8",
		    "r6 = *(u8 *)(r10 - 8); r2 = map[arr][0]+0 ll; r2 += r6; r0 = *(u8 *)(r2 + 0); exit")),
	REJECT("a lookup that was checked on one path only", EACCES, "map_value_or_null", NULL,
	       LOOKUP_FOUR "r6 = r0; r7 = 0; call get_prandom_u32; if r0 == 0 goto join; "
	       "if r6 == 0 goto out; r7 = 0; r7 = 0; r7 = 0; r7 = 0; r7 = 0;"
	       "join: r0 = *(u64 *)(r6 + 0); out: " RETURN_0),
	REJECT("numbers that are equal on one path only", EINVAL, "unbounded", NULL,
	       MEET("r6 = r8", "call get_prandom_u32; r6 = r0; r6 <<= 8",
		    "if r8 > 63 goto out; r2 = map[arr][0]+0 ll; r2 += r6; r0 = *(u8 *)(r2 + 0); "
		    "out: " RETURN_0)),
	REJECT("saved numbers that are equal on one path only", EINVAL, "unbounded", NULL,
	       MEET("*(u64 *)(r10 - 8) = r8", "call get_prandom_u32; r0 <<= 8; *(u64 *)(r10 - 8) = r0",
		    "if r8 > 63 goto out; r6 = *(u64 *)(r10 - 8); r2 = map[arr][0]+0 ll; r2 += r6; "
		    "r0 = *(u8 *)(r2 + 0); out: " RETURN_0)),
	REJECT("numbers that are another constant apart", EACCES, "value_size=64", NULL,
	       MEET("r6 = r8; r6 += -1", "r6 = r8; r6 += -3",
		    "if r6 > 62 goto out; r2 = map[arr][0]+0 ll; r2 += r8; r0 = *(u8 *)(r2 + 0); "
		    "out: " RETURN_0)),
	REJECT("what a covered path would have read", EACCES, "invalid read from stack", NULL,
	       ARG "r8 = *(u64 *)(r1 + 8); if r8 == 1 goto pc+0; if r8 == 2 goto pc+0; " PAD
	       "if r7 == 1 goto bad; if r7 == 2 goto good; *(u64 *)(r10 - 8) = 1; goto last;"
	       "good: *(u64 *)(r10 - 8) = 1; " PAD "if r8 == 3 goto pc+0; if r8 == 4 goto pc+0; goto mid;"
	       "bad: " PAD "if r8 == 5 goto pc+0; if r8 == 6 goto pc+0; goto mid;"
	       "mid: " PAD "if r8 == 7 goto pc+0; if r8 == 8 goto pc+0; goto last; last: " PAD
	       "r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("a sum that becomes an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 60",
		    "r6 += 5; r5 = r6; r2 = map[arr][0]+0 ll; r2 += r5; r0 = *(u8 *)(r2 + 0); exit")),
	REJECT("a number that becomes a size", EINVAL, "invalid write to stack", NULL,
	       MEET("r6 = 8", "r6 = 24",
		    "r1 = r10; r1 += -16; r2 = r6; r3 = 0; call probe_read_kernel; " RETURN_0)),
	REJECT("a number that is saved, then an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64",
		    "*(u64 *)(r10 - 8) = r6; r5 = *(u64 *)(r10 - 8); r2 = map[arr][0]+0 ll; "
		    "r2 += r5; r0 = *(u8 *)(r2 + 0); exit")),
	REJECT("a number that decides about an unwritten register", EACCES, "R4 !read_ok", NULL,
	       MEET("r6 = 1", "r6 = 2", "if r6 == 1 goto out; r0 = r4; out: " RETURN_0)),
	ACCEPT("sums that end in a map keep nothing apart",
	       ARG "r6 = 0; r8 = map[arr][0]+0 ll;"
	       "if r7 & 1 goto a1; r6 += 1; a1: if r7 & 2 goto a2; r6 += 3; a2: if r7 & 4 goto a3; "
	       "r6 += 5; a3: if r7 & 8 goto a4; r6 += 7;"
	       "a4: if r7 & 16 goto a5; r6 += 9; a5: if r7 & 32 goto a6; r6 += 11; "
	       "a6: if r7 & 64 goto a7; r6 += 13; a7: *(u64 *)(r8 + 0) = r6; " RETURN_0),
};

static const struct verdict call_cases[] = {
	ACCEPT("a function", "r1 = 5; call f; exit; f: r0 = r1; r0 += 1; exit"),
	ACCEPT("two of them", "r1 = 5; call f; r6 = r0; call g; r0 += r6; exit; f: r0 = r1; exit; "
	       "g: r0 = 7; exit"),
	REJECT("an argument that was not set", EACCES, "R2 !read_ok", NULL,
	       "r1 = 5; call f; exit; f: r0 = r2; exit"),
	REJECT("a caller's saved register in the callee", EACCES, "R6 !read_ok", NULL,
	       "r6 = 5; call f; exit; f: r0 = r6; exit"),
	ACCEPT("saved registers survive", "r6 = 5; call f; r0 = r6; exit; f: r6 = 1; r0 = r6; exit"),
	REJECT("R1 does not survive", EACCES, "R1 !read_ok", NULL,
	       "r1 = 5; call f; r0 = r1; exit; f: r0 = 0; exit"),
	REJECT("a function that returns nothing", EACCES, "R0 !read_ok", NULL, "call f; exit; f: exit"),
	ACCEPT("a function whose result is not used", "call f; r0 = 0; exit; f: exit"),
	ACCEPT("the caller's stack as a buffer",
	       "r1 = r10; r1 += -8; call f; r0 = *(u64 *)(r10 - 8); exit; f: *(u64 *)(r1 + 0) = 7; exit"),
	REJECT("... that the callee did not fill", EACCES, "invalid read from stack", NULL,
	       "r1 = r10; r1 += -8; call f; r0 = *(u64 *)(r10 - 8); exit; f: r0 = 0; exit"),
	REJECT("... or only sometimes", EACCES, "invalid read from stack", NULL,
	       "r2 = *(u64 *)(r1 + 0); r1 = r10; r1 += -8; call f; r0 = *(u64 *)(r10 - 8); exit;"
	       "f: if r2 == 0 goto out; *(u64 *)(r1 + 0) = 7; out: r0 = 0; exit"),
	REJECT("the stack of a callee is its own", EACCES, "invalid read from stack", NULL,
	       "*(u64 *)(r10 - 8) = 1; call f; exit; f: r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("nor is the last call's still there", EACCES, "invalid read from stack", NULL,
	       "call f; call g; r0 = 0; exit; f: *(u64 *)(r10 - 8) = 1; r0 = 0; exit; "
	       "g: r0 = *(u64 *)(r10 - 8); exit"),
	REJECT("returning an own stack address", EINVAL, "cannot return stack pointer to the caller", NULL,
	       "call f; r0 = 0; exit; f: r0 = r10; exit"),
	ACCEPT("returning an address of the caller's stack",
	       "r1 = r10; r1 += -8; call f; *(u64 *)(r0 + 0) = 1; r0 = *(u64 *)(r10 - 8); exit; "
	       "f: r0 = r1; exit"),
	REJECT("saving an own stack address with the caller", EINVAL,
	       "cannot spill pointers to stack into stack frame of the caller", NULL,
	       "r1 = r10; r1 += -8; call f; r0 = 0; exit; f: *(u64 *)(r1 + 0) = r10; r0 = 0; exit"),
	ACCEPT("saving the context with the caller",
	       "r2 = r10; r2 += -8; call f; r1 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r1 + 0); exit; "
	       "f: *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	ACCEPT("what a callee returns is followed",
	       "r6 = map[arr][0]+0 ll; call f; r6 += r0; r0 = *(u8 *)(r6 + 0); exit; f: r0 = 63; exit"),
	REJECT("... to the end", EACCES, "value_size=64", NULL,
	       "r6 = map[arr][0]+0 ll; call f; r6 += r0; r0 = *(u8 *)(r6 + 0); exit; f: r0 = 64; exit"),
	REJECT("a worse argument in the second call", EACCES, "value_size=64", NULL,
	       "r1 = 1; call f; r1 = 64; call f; r0 = 0; exit;"
	       "f: r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; if r1 == 2 goto pc+0; "
	       "if r1 == 3 goto pc+0; if r1 == 4 goto pc+0; if r1 == 5 goto pc+0;"
	       "r2 = map[arr][0]+0 ll; r2 += r1; r0 = *(u8 *)(r2 + 0); exit"),
	ACCEPT("a map value by argument",
	       LOOKUP_FOUR "if r0 == 0 goto out; r1 = r0; call f; out: " RETURN_0
	       "; f: r0 = *(u64 *)(r1 + 0); exit"),
	REJECT("a map value by argument, unchecked", EACCES, "map_value_or_null", NULL,
	       LOOKUP_FOUR "r1 = r0; call f; out: " RETURN_0 "; f: r0 = *(u64 *)(r1 + 0); exit"),
	ACCEPT("a null check in a function counts for the caller",
	       LOOKUP_FOUR "r6 = r0; r1 = r0; call f; if r0 == 0 goto out; r0 = *(u64 *)(r6 + 0); "
	       "out: " RETURN_0
	       "; f: if r1 == 0 goto no; r0 = 1; exit; no: r0 = 0; exit"),
	REJECT("recursion", EINVAL, "recursive call from insn", "calls itself",
	       "call f; exit; f: call f; exit"),
	REJECT("recursion in a circle", EINVAL, "recursive call", NULL,
	       "call f; exit; f: call g; exit; g: call f; exit"),
	REJECT("calling the main function", EINVAL, "recursive call", NULL, "r0 = 0; call pc-2; exit"),
	REJECT("a jump into another function", EINVAL, "jump out of range", "outside of its function",
	       "call f; goto mid; f: r0 = 0; mid: exit"),
	REJECT("a function that runs into the next", EINVAL, "last insn is not an exit",
	       "runs off its end",
	       "call f; call g; exit; f: r0 = 0; g: r0 = 1; exit"),
	REJECT("a call out of the program", EINVAL, "call out of range from insn 0 to 9", NULL,
	       "call pc+8; exit"),
	REJECT("a call into a ld_imm64", EINVAL, "middle of ldimm64", NULL,
	       "call pc+3; r0 = 0; exit; r0 = 5 ll; exit"),
	ACCEPT("eight frames",
	       "call a; exit; a: call b; exit; b: call c; exit; c: call d; exit; d: call e; exit; "
	       "e: call f; exit; f: call g; exit; g: r0 = 0; exit"),
	REJECT("nine frames", E2BIG, "frames is too deep", "deep",
	       "call a; exit; a: call b; exit; b: call c; exit; c: call d; exit; d: call e; exit; "
	       "e: call f; exit; f: call g; exit; g: call h; exit; h: r0 = 0; exit"),
	ACCEPT("512 bytes of stack over a chain",
	       "*(u64 *)(r10 - 256) = 0; call f; exit; f: *(u64 *)(r10 - 256) = 0; r0 = 0; exit"),
	REJECT("520 bytes over a chain", EACCES, "combined stack size of 2 calls is 520. Too large",
	       "520 bytes of stack",
	       "*(u64 *)(r10 - 264) = 0; call f; exit; f: *(u64 *)(r10 - 256) = 0; r0 = 0; exit"),
	ACCEPT("functions beside each other share the stack",
	       "*(u64 *)(r10 - 256) = 0; call f; call g; exit; f: *(u64 *)(r10 - 256) = 0; r0 = 0; "
	       "exit; g: *(u64 *)(r10 - 256) = 0; r0 = 0; exit"),
	ACCEPT("a tail call in a function",
	       "call f; r0 = 0; exit; f: r2 = map[tbl] ll; r3 = 0; call tail_call; r0 = 0; exit"),
	ACCEPT("a loop around a call",
	       "r6 = 0; l: r1 = r6; call f; r6 += 1; if r6 < 20 goto l; r0 = 0; exit; f: r0 = r1; "
	       "r0 *= 2; exit"),
};

int main(void)
{
	verdict_run(graph_cases, ARRAY_SIZE(graph_cases));
	verdict_run(loop_cases, ARRAY_SIZE(loop_cases));
	verdict_run(prune_cases, ARRAY_SIZE(prune_cases));
	verdict_run(call_cases, ARRAY_SIZE(call_cases));
	return tap_done();
}
