/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts on global functions: those that BTF calls so are checked once, for whatever fits their
 * prototype.
 */
#include "verdict.h"

#define SOCKET		.type = BPF_PROG_TYPE_SOCKET_FILTER
#define CLS		.type = BPF_PROG_TYPE_SCHED_CLS
#define ROOT		.may_leak = true
#define LEAK(name_, ...) { .name = name_, .may_leak = true, .text = __VA_ARGS__ }
#define BAD(name_, log_, reason_, ...) \
	{ .name = name_, .err = -EINVAL, .log = log_, .reason = reason_, .text = __VA_ARGS__ }
/* 16 bytes of stack that were written, in @reg */
#define S16(reg) "*(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0; " reg " = r10; " reg " += -16; "
#define PACKET "r6 = r1; r2 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 80); r4 = r2; r4 += 16; " \
	"if r4 > r3 goto out; "
#define RESERVE \
	"r1 = map[rb] ll; r2 = 16; r3 = 0; call ringbuf_reserve; if r0 == 0 goto out; r6 = r0; "
#define OUT "out: r0 = 0; exit; "

static const struct verdict cases[] = {
	/* numbers */
	ACCEPT("a global function of numbers",
	       "r1 = 1; r2 = 2; call g; exit; .global int g(u64, u64); r0 = r1; r0 += r2; exit"),
	ACCEPT("... of enums and small numbers",
	       "r1 = 1; r2 = 2; call g; exit; .global u8 g(enum e, char); r0 = r1; r0 += r2; exit"),
	ACCEPT("... behind typedefs", "r1 = 1; call g; exit; .global number g(number); r0 = r1; exit"),
	ACCEPT("a static function knows its argument",
	       "r1 = 5; call g; exit; .static int g(u64); r2 = map[arr][0]+0 ll; r2 += r1; "
	       "r0 = *(u8 *)(r2 + 0); exit"),
	REJECT("a global function does not", EINVAL, "register with unbounded min value",
	       "no known lower bound",
	       "r1 = 5; call g; exit; .global int g(u64); r2 = map[arr][0]+0 ll; r2 += r1; "
	       "r0 = *(u8 *)(r2 + 0); exit"),
	REJECT("... of a small number neither", EINVAL, NULL, NULL,
	       "r1 = 5; call g; exit; .global int g(u8); r2 = map[arr][0]+0 ll; r2 += r1; "
	       "r0 = *(u8 *)(r2 + 0); exit"),
	ACCEPT("... unless it looks",
	       "r1 = 5; call g; exit; .global int g(u64); r0 = 0; if r1 > 63 goto l; "
	       "r2 = map[arr][0]+0 ll; r2 += r1; r0 = *(u8 *)(r2 + 0); l: exit"),
	REJECT("the result of a global function is any number", EINVAL,
	       "register with unbounded min value", NULL,
	       "call g; r2 = map[arr][0]+0 ll; r2 += r0; r0 = *(u8 *)(r2 + 0); exit; "
	       ".global int g(); r0 = 5; exit"),
	ACCEPT("... that of a static function is known",
	       "call g; r2 = map[arr][0]+0 ll; r2 += r0; r0 = *(u8 *)(r2 + 0); exit; "
	       ".static int g(); r0 = 5; exit"),
	BAD("a pointer for a number", "R1 is not a scalar",
	    "argument 1 of g() is a number by its prototype, R1 is fp",
	    "r1 = r10; call g; exit; .global int g(u64); r0 = 0; exit"),
	{ .name = "... of who may see addresses", .may_leak = true, .err = -EINVAL,
	  .log = "R1 is not a scalar",
	  .text = "r1 = r10; call g; r0 = 0; exit; .global int g(u64); r0 = 0; exit" },
	BAD("nothing for a number", "R2 is not a scalar", "R2 is not written",
	    "r1 = 1; call g; exit; .global int g(u64, u64); r0 = 0; exit"),
	REJECT("an argument that the prototype has not", EACCES, "R2 !read_ok", NULL,
	       "r1 = 1; r2 = 2; call g; exit; .global int g(u64); r0 = r2; exit"),
	REJECT("R6 is the caller's", EACCES, "R6 !read_ok", NULL,
	       "r6 = 1; call g; exit; .global int g(); r0 = r6; exit"),
	REJECT("arguments do not outlive the call", EACCES, "R1 !read_ok", NULL,
	       "r1 = 1; call g; r0 = r1; exit; .global int g(u64); r0 = r1; exit"),
	ACCEPT("R6 to R9 do",
	       "r6 = 5; call g; r2 = map[arr][0]+0 ll; r2 += r6; r0 = *(u8 *)(r2 + 0); exit; "
	       ".global int g(); r6 = 100; r0 = 0; exit"),

	/* results */
	BAD("a pointer as result", "At subprogram exit the register R0 is not a scalar value",
	    "returns a pointer (fp)",
	    "call g; exit; .global int g(); r0 = r10; exit"),
	{ .name = "... of who may see addresses", .may_leak = true, .err = -EINVAL,
	  .log = "R0 is not a scalar value (map_value)",
	  .text = "call g; exit; .global int g(); r0 = map[arr][0]+0 ll; exit" },
	REJECT("no result", EACCES, "R0 !read_ok", NULL, "call g; exit; .global int g(); exit"),
	ACCEPT("a function without result", "call g; r0 = 0; exit; .global void g(); exit"),
	REJECT("... whose result is read", EACCES, "R0 !read_ok", NULL,
	       "call g; exit; .global void g(); r0 = 0; exit"),
	REJECT("... through a typedef", EACCES, "R0 !read_ok", NULL,
	       "call g; exit; .global nothing g(); r0 = 0; exit"),
	ACCEPT("... may leave a pointer in R0", "call g; r0 = 0; exit; .global void g(); r0 = r10; exit"),
	BAD("a struct as result", "doesn't return scalar", "returns a number or nothing",
	    "call g; r0 = 0; exit; .global struct s16 g(); r0 = 0; exit"),
	BAD("a pointer type as result", "doesn't return scalar", NULL,
	    "call g; r0 = 0; exit; .global u64 *g(); r0 = 0; exit"),
	BAD("a float as result", "doesn't return scalar", NULL,
	    "call g; r0 = 0; exit; .global double g(); r0 = 0; exit"),

	/* prototypes that cannot be held */
	BAD("six parameters", "has 6 parameters", NULL,
	    "r1 = 1; r2 = 1; r3 = 1; r4 = 1; r5 = 1; call g; exit; "
	    ".global int g(int, int, int, int, int, int); r0 = 0; exit"),
	ACCEPT("five",
	       "r1 = 1; r2 = 1; r3 = 1; r4 = 1; r5 = 1; call g; exit; "
	       ".global int g(int, int, int, int, int); r0 = r5; exit"),
	BAD("a struct as parameter", "has parameter 1 neither of a number nor of a pointer type",
	    NULL, "r1 = 1; call g; exit; .global int g(struct s4); r0 = 0; exit"),
	BAD("a float as parameter", "neither of a number", NULL,
	    "r1 = 1; call g; exit; .global int g(double); r0 = 0; exit"),
	BAD("a pointer to nothing known", "does not say how many bytes", "or make it static",
	    "r1 = 0; call g; exit; .global int g(void *); r0 = 0; exit"),
	BAD("... to a struct that is declared only", "does not say how many bytes", NULL,
	    "r1 = 0; call g; exit; .global int g(struct fwd *); r0 = 0; exit"),
	BAD("... to more than there can be", "does not say how many bytes", NULL,
	    "r1 = 0; call g; exit; .global int g(struct huge *); r0 = 0; exit"),
	BAD("a dynptr", "xbpf has no dynptrs", NULL,
	    "r1 = 0; call g; exit; .global int g(struct bpf_dynptr *); r0 = 0; exit"),
	ACCEPT("a static function with such a prototype",
	       "r1 = 0; call g; exit; .static int g(struct fwd *, double, int, int, int, int); "
	       "r0 = 0; exit"),
	ACCEPT("a main function with such a prototype",
	       ".global struct s16 main(struct fwd *, double); r0 = 0; call g; exit; "
	       ".global int g(); r0 = 0; exit"),
	ACCEPT("a function with it that is never called", "r1 = 0; if r1 == 0 goto out; call g; "
	       OUT ".global int g(struct fwd *); r0 = 0; exit"),
	ACCEPT("a global function is not walked before it is called",
	       "r1 = 0; if r1 == 0 goto out; call g; " OUT
	       ".global int g(u64); r2 = map[arr][0]+0 ll; r2 += r1; r0 = *(u8 *)(r2 + 0); exit"),
	REJECT("... nor before what calls it is", EINVAL, NULL, NULL,
	       "call f; exit; .global int f(); r1 = 3; call g; exit; .global int g(u64); "
	       "r2 = map[arr][0]+0 ll; r2 += r1; r0 = *(u8 *)(r2 + 0); exit"),
	{ .name = "a tag that xbpf has not", .err = -EOPNOTSUPP, .log = "tagged \"arg:trusted\"",
	  .text = "r1 = 0; call g; exit; .global int g(__arg_trusted struct s16 *); r0 = 0; exit" },
	{ .name = "... that nobody has", .err = -EOPNOTSUPP, .log = "tagged \"arg:odd\"",
	  .text = "r1 = 0; call g; exit; .global int g(__arg_odd struct s16 *); r0 = 0; exit" },
	BAD("a number tagged as a pointer", "tagged as a pointer, which it is not", NULL,
	    "r1 = 0; call g; exit; .global int g(__arg_nonnull u64); r0 = 0; exit"),

	/* memory */
	ACCEPT("the caller's stack", S16("r1") "call g; exit; .global int g(struct s16 *); r0 = 0; "
	       "if r1 == 0 goto l; r0 = *(u64 *)(r1 + 8); *(u64 *)(r1 + 0) = 1; l: exit"),
	REJECT("... which may be null", EACCES, "R1 invalid mem access 'mem_or_null'", "R1 may be null",
	       S16("r1") "call g; exit; .global int g(struct s16 *); r0 = *(u64 *)(r1 + 8); exit"),
	REJECT("... and moved before that is known", EACCES, "null-check it first", NULL,
	       S16("r1") "call g; exit; .global int g(struct s16 *); r0 = 0; r1 += 8; "
	       "if r1 == 0 goto l; r0 = *(u64 *)(r1 + 0); l: exit"),
	REJECT("a byte behind it", EACCES, "invalid access to memory, mem_size=16 off=9 size=8", NULL,
	       S16("r1") "call g; exit; .global int g(struct s16 *); r0 = 0; if r1 == 0 goto l; "
	       "r0 = *(u64 *)(r1 + 9); l: exit"),
	REJECT("a byte before it", EACCES, "invalid access to memory, mem_size=16 off=-1", NULL,
	       S16("r1") "call g; exit; .global int g(struct s16 *); r0 = 0; if r1 == 0 goto l; "
	       "r0 = *(u8 *)(r1 - 1); l: exit"),
	ACCEPT("an array, a union, an int, a pointer to a pointer",
	       S16("r1") "r2 = r1; r3 = r1; r4 = r1; call g; exit; "
	       ".global int g(u32[4] *, union u *, u32 *, u64 **); r0 = 0; if r1 == 0 goto l; "
	       "r0 = *(u32 *)(r1 + 12); if r2 == 0 goto l; r0 = *(u32 *)(r2 + 12);"
	       " if r3 == 0 goto l; r0 = *(u32 *)(r3 + 0); if r4 == 0 goto l; "
	       "r0 = *(u64 *)(r4 + 0); l: exit"),
	REJECT("an int is 4 bytes", EACCES, "mem_size=4 off=0 size=8", NULL,
	       S16("r1") "call g; exit; .global int g(u32 *); r0 = 0; if r1 == 0 goto l; "
	       "r0 = *(u64 *)(r1 + 0); l: exit"),
	ACCEPT("typedefs and const",
	       S16("r1") "r2 = r1; call g; exit; .global int g(tt16 *, const s16 *); r0 = 0; "
	       "if r1 == 0 goto l; r0 = *(u64 *)(r1 + 8); if r2 == 0 goto l; "
	       "r0 = *(u64 *)(r2 + 8); l: exit"),
	BAD("arrays of arrays are longer", "invalid read from stack R1 off=-16 size=64", NULL,
	    S16("r1") "call g; exit; .global int g(u32[4][4] *); r0 = 0; exit"),
	BAD("too little of the stack", NULL, NULL,
	    "*(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -8; call g; exit; .global int g(struct s16 *); "
	    "r0 = 0; exit"),
	BAD("stack that was not written", "invalid indirect read from stack", NULL,
	    "*(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -16; call g; exit; "
	    ".global int g(struct s16 *); r0 = 0; exit"),
	LEAK("... of who may see it", "*(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -16; call g; exit; "
	     ".global int g(struct s16 *); r0 = 0; exit"),
	BAD("stack with a pointer in it", "invalid indirect read from stack", NULL,
	    S16("r1") "*(u64 *)(r10 - 8) = r10; call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	REJECT("the function may have changed it", EINVAL, "register with unbounded min value", NULL,
	       S16("r1") "*(u64 *)(r10 - 8) = 3; call g; r2 = map[arr][0]+0 ll; "
	       "r1 = *(u64 *)(r10 - 8); r2 += r1; r0 = *(u8 *)(r2 + 0); exit; "
	       ".global int g(struct s16 *); r0 = 0; exit"),
	ACCEPT("... what it did not get it has not",
	       S16("r1") "*(u64 *)(r10 - 24) = 3; call g; r2 = map[arr][0]+0 ll; "
	       "r1 = *(u64 *)(r10 - 24); r2 += r1; r0 = *(u8 *)(r2 + 0); exit; "
	       ".global int g(struct s16 *); r0 = 0; exit"),
	{ .name = "... a saved pointer, too", .may_leak = true, .err = -EACCES, .reason = "R1 is a number",
	  .text = S16("r1") "*(u64 *)(r10 - 8) = r10; call g; r1 = *(u64 *)(r10 - 8); "
	  "r0 = *(u64 *)(r1 - 16); exit; .global int g(struct s16 *); r0 = 0; exit" },
	REJECT("a variable place in the stack", EINVAL, "register with unbounded min value", NULL,
	       "*(u64 *)(r10 - 8) = 3; *(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 24) = 0; "
	       "r2 = *(u64 *)(r1 + 0); r2 &= 8; r1 = r10; r1 += -24; r1 += r2; call g; "
	       "r2 = map[arr][0]+0 ll; r1 = *(u64 *)(r10 - 8); r2 += r1; r0 = *(u8 *)(r2 + 0); exit;"
	       " .global int g(struct s16 *); r0 = 0; exit"),
	ACCEPT("a map value", "r1 = map[arr][0]+48 ll; call g; exit; .global int g(struct s16 *); "
	       "r0 = 0; if r1 == 0 goto l; r0 = *(u64 *)(r1 + 8); l: exit"),
	BAD("the end of one", "invalid access to map value", NULL,
	    "r1 = map[arr][0]+49 ll; call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	BAD("a map value that may not be written", "write into map forbidden", NULL,
	    "r1 = map[ro][0]+0 ll; call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	BAD("... read", "read from map forbidden", NULL,
	    "r1 = map[wo][0]+0 ll; call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	ACCEPT("a result that was not checked",
	       LOOKUP_HASH "r1 = r0; call g; exit; .global int g(struct s16 *); r0 = 0; "
	       "if r1 == 0 goto l; r0 = *(u64 *)(r1 + 8); l: exit"),
	BAD("... and is too short", "invalid access to map value", NULL,
	    LOOKUP_FOUR "r1 = r0; call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	REJECT("it stays unchecked", EACCES, "map_value_or_null", NULL,
	       LOOKUP_HASH "r6 = r0; r1 = r0; call g; r0 = *(u64 *)(r6 + 0); exit; "
	       ".global int g(struct s16 *); r0 = 0; exit"),
	ACCEPT("NULL", "r1 = 0; call g; exit; .global int g(struct s16 *); r0 = 0; "
	       "if r1 == 0 goto l; r0 = *(u64 *)(r1 + 8); l: exit"),
	BAD("a number for memory", "R1 type=scalar expected=fp", "must point to 16 bytes of memory",
	    "r1 = 8; call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	BAD("a number that may be null", "R1 type=scalar", NULL,
	    "r1 = *(u64 *)(r1 + 0); r1 &= 1; call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	BAD("nothing for memory", NULL, NULL,
	    "r1 = 1; call g; exit; .global int g(u64, struct s16 *); r0 = 0; exit"),
	BAD("the context for memory", "R1 type=ctx", NULL,
	    "call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	BAD("a map for memory", "R1 type=map_ptr", NULL,
	    "r1 = map[arr] ll; call g; exit; .global int g(struct s16 *); r0 = 0; exit"),
	BAD("an inner map that may be null", NULL, "must point to 16 bytes",
	    KEY_0 "r1 = map[outer] ll; call map_lookup_elem; r1 = r0; call g; exit; "
	    ".global int g(struct s16 *); r0 = 0; exit"),
	ACCEPT("memory that is nobody's but of no size",
	       "r1 = r10; call g; exit; .global int g(struct empty *); r0 = 0; exit"),
	REJECT("nothing can be read of it", EACCES, "mem_size=0", NULL,
	       "r1 = r10; call g; exit; .global int g(struct empty *); r0 = 0; if r1 == 0 goto l; "
	       "r0 = *(u8 *)(r1 + 0); l: exit"),
	ACCEPT("memory goes on to another",
	       S16("r1") "call f; exit; .global int f(struct s16 *); call g; exit; "
	       ".global int g(struct s16 *); r0 = 0; if r1 == 0 goto l; r0 = *(u64 *)(r1 + 8); l: exit"),
	BAD("... that wants more", "invalid access to memory", NULL,
	    S16("r1") "call f; exit; .global int f(struct s16 *); call g; exit; "
	    ".global int g(struct s64 *); r0 = 0; exit"),
	ACCEPT("a part of it to another",
	       S16("r1") "call f; exit; .global int f(struct s16 *); if r1 == 0 goto out; "
	       "r1 += 12; call g; exit; " OUT ".global int g(u32 *); r0 = 0; exit"),
	BAD("null is not known to be", NULL, "may not be NULL",
	    S16("r1") "call f; exit; .global int f(struct s16 *); call g; exit; "
	    ".global int g(__arg_nonnull struct s16 *); r0 = 0; exit"),
	ACCEPT("two names for the same memory",
	       S16("r1") "r2 = r1; call g; exit; .global int g(struct s16 *, struct s16 *); "
	       "r0 = 0; if r1 == 0 goto l; if r2 == 0 goto l; *(u64 *)(r1 + 0) = 1; "
	       "r0 = *(u64 *)(r2 + 0); l: exit"),
	REJECT("pointers to two parameters do not compare", EACCES, "pointer comparison prohibited", NULL,
	       S16("r1") "r2 = r1; call g; exit; "
	       ".global int g(__arg_nonnull struct s16 *, __arg_nonnull struct s16 *); r0 = 0; "
	       "if r1 > r2 goto l; r0 = 1; l: exit"),
	{ .name = "... nor tell of each other's offset", .may_leak = true, .err = -EACCES,
	  .log = "invalid access to memory",
	  .text = S16("r1")
	  "r2 = r1; call g; exit; "
	  ".global int g(__arg_nonnull struct s16 *, __arg_nonnull struct s16 *); r0 = 0; r3 = 20; "
	  "r1 += r3; if r1 < r2 goto l; r0 = *(u64 *)(r1 + 0); l: exit" },
	ACCEPT("pointers into one do",
	       S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); r0 = 0; "
	       "r2 = r1; r2 += 8; if r1 > r2 goto l; r0 = 1; l: exit"),
	REJECT("its pointer is not to be told", EACCES, "R1 leaks addr into map", NULL,
	       S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); "
	       "r2 = map[arr][0]+0 ll; *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	LEAK("numbers read from it are numbers",
	     S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); "
	     "*(u64 *)(r1 + 0) = r10; r0 = *(u64 *)(r1 + 0); exit"),
	{ .name = "... not the pointers that were", .may_leak = true, .err = -EACCES,
	  .reason = "is a number",
	  .text = S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); "
	  "*(u64 *)(r1 + 0) = r10; r2 = *(u64 *)(r1 + 0); *(u8 *)(r2 - 8) = 1; r0 = 0; exit" },
	ACCEPT("a helper takes it",
	       S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); r2 = 16; "
	       "r3 = 0; call probe_read_kernel; r0 = 0; exit"),
	REJECT("... not more than it has", EACCES, "invalid access to memory", NULL,
	       S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); r2 = 17; "
	       "r3 = 0; call probe_read_kernel; r0 = 0; exit"),
	ACCEPT("a key in it", S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); "
	       "r2 = r1; r2 += 8; r1 = map[hash] ll; call map_lookup_elem; r0 = 0; exit"),

	/* never null */
	ACCEPT("tagged as not null",
	       S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); "
	       "r0 = *(u64 *)(r1 + 8); exit"),
	BAD("... but NULL", "arg#0 is expected to be non-NULL", "check R1 before the call",
	    "r1 = 0; call g; exit; .global int g(__arg_nonnull struct s16 *); r0 = 0; exit"),
	BAD("... but perhaps null", "arg#0 is expected to be non-NULL", NULL, LOOKUP_HASH
	    "r1 = r0; call g; exit; .global int g(__arg_nonnull struct s16 *); r0 = 0; exit"),
	ACCEPT("... and checked", LOOKUP_HASH "r1 = r0; if r1 == 0 goto out; call g; " OUT
	       ".global int g(__arg_nonnull struct s16 *); r0 = 0; exit"),
	BAD("of two the second", "arg#1 is expected to be non-NULL", NULL,
	    S16("r1") "r2 = 0; call g; exit; "
	    ".global int g(struct s16 *, __arg_nonnull struct s16 *); r0 = 0; exit"),

	/* references */
	ACCEPT("a record held over a call", RESERVE "call g; r1 = r6; r2 = 0; call ringbuf_submit; "
	       OUT ".global int g(); r0 = 0; exit"),
	ACCEPT("... and given as memory",
	       RESERVE "r1 = r6; call g; r1 = r6; r2 = 0; call ringbuf_submit; " OUT
	       ".global int g(struct s16 *); r0 = 0; if r1 == 0 goto l; *(u64 *)(r1 + 8) = 1; l: exit"),
	REJECT("the function cannot give it back", EACCES, "R1 type=mem expected=ringbuf_mem", NULL,
	       RESERVE "r1 = r6; call g; r1 = r6; r2 = 0; call ringbuf_submit; " OUT
	       ".global int g(__arg_nonnull struct s16 *); r2 = 0; call ringbuf_submit; r0 = 0; exit"),
	BAD("it must give back its own", "Unreleased reference", "still held at the end of the function",
	    "call g; exit; .global int g(); r1 = map[rb] ll; r2 = 16; r3 = 0; "
	    "call ringbuf_reserve; r0 = 0; exit"),
	ACCEPT("... and does",
	       "call g; exit; .global int g(); r1 = map[rb] ll; r2 = 16; r3 = 0; "
	       "call ringbuf_reserve; if r0 == 0 goto out; r1 = r0; r2 = 0; call ringbuf_submit; " OUT),
	BAD("the caller's is still the caller's", "Unreleased reference", NULL,
	    RESERVE "call g; " OUT ".global int g(); r0 = 0; exit"),

	/* the context */
	ACCEPT("the context",
	       "call g; exit; .global int g(struct pt_regs *); r0 = *(u64 *)(r1 + 112); exit"),
	ACCEPT("... by its typedef",
	       "call g; exit; .global int g(bpf_user_pt_regs_t *); r0 = *(u64 *)(r1 + 112); exit"),
	ACCEPT("... by a tag",
	       "call g; exit; .global int g(__arg_ctx void *); r0 = *(u64 *)(r1 + 112); exit"),
	BAD("... tagged, of another type", "tagged as context",
	    "must be of type void * or struct pt_regs",
	    "call g; exit; .global int g(__arg_ctx struct s16 *); r0 = 0; exit"),
	BAD("... tagged as not null, too", "it is never null", NULL,
	    "call g; exit; .global int g(__arg_ctx __arg_nonnull struct pt_regs *); r0 = 0; exit"),
	BAD("a pointer to another type's context is memory", NULL, NULL,
	    "call g; exit; .global int g(struct __sk_buff *); r0 = 0; exit"),
	{ .name = "a packet's context", CLS,
	  .text = "call g; exit; .global int g(struct __sk_buff *); r0 = *(u32 *)(r1 + 0); exit" },
	{ .name = "... by the kernel's name", CLS,
	  .text = "call g; exit; .global int g(struct sk_buff *); r0 = *(u32 *)(r1 + 0); exit" },
	{ .name = "a raw tracepoint's context", .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	  .text = "call g; exit; .global int g(struct bpf_raw_tracepoint_args *); "
	  "r0 = *(u64 *)(r1 + 8); exit" },
	{ .name = "... as words", .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	  .text = "call g; exit; .global int g(__arg_ctx u64 *); r0 = *(u64 *)(r1 + 8); exit" },
	BAD("... which a kprobe's is not", "tagged as context", NULL,
	    "call g; exit; .global int g(__arg_ctx u64 *); r0 = 0; exit"),
	{ .name = "a tracepoint's context has no type", .type = BPF_PROG_TYPE_TRACEPOINT,
	  .text = "call g; exit; .global int g(__arg_ctx void *); r0 = *(u64 *)(r1 + 8); exit" },
	{ .name = "a system call's context", .type = XBPF_PROG_TYPE_SYSCALL_FILTER, .text =
	  "call g; exit; .global int g(struct seccomp_data *); r0 = *(u32 *)(r1 + 0); exit" },
	BAD("a number for the context", "arg#0 expects pointer to ctx", NULL,
	    "r1 = 0; call g; exit; .global int g(struct pt_regs *); r0 = 0; exit"),
	BAD("memory for the context", "arg#0 expects pointer to ctx", NULL,
	    S16("r1") "call g; exit; .global int g(struct pt_regs *); r0 = 0; exit"),
	BAD("a place in the context", NULL, "R1 is a pointer into it",
	    "r1 += 8; call g; exit; .global int g(struct pt_regs *); r0 = 0; exit"),
	REJECT("what the type may not read", EACCES, "invalid bpf_context access off=168", NULL,
	       "call g; exit; .global int g(struct pt_regs *); r0 = *(u64 *)(r1 + 168); exit"),
	REJECT("without it there is none", EACCES, "R1 !read_ok", NULL,
	       "call g; exit; .global int g(); r0 = *(u64 *)(r1 + 112); exit"),

	/* packets */
	{ .name = "a packet as memory", CLS, .text = PACKET "r1 = r2; call g; " OUT
	  ".global int g(struct s16 *); r0 = 0; if r1 == 0 goto l; *(u64 *)(r1 + 8) = 1; l: exit" },
	{ .name = "too little of a packet", CLS, .err = -EINVAL, .log = "invalid access to packet",
	  .text = PACKET "r1 = r2; call g; " OUT ".global int g(struct s64 *); r0 = 0; exit" },
	{ .name = "a packet over a call", CLS, .text = PACKET
	  "r7 = r2; call g; r0 = *(u64 *)(r7 + 8); exit; " OUT ".global int g(); r0 = 0; exit" },
	{ .name = "... of what may move it", CLS, .err = -EACCES, .reason = "not the program's any more",
	  .text = PACKET "r7 = r2; r1 = r6; call g; r0 = *(u64 *)(r7 + 8); exit; " OUT
	  ".global int g(struct __sk_buff *); r2 = 8; call skb_pull_data; r0 = 0; exit" },
	{ .name = "... through another global function", CLS, .err = -EACCES,
	  .reason = "not the program's any more",
	  .text = PACKET "r7 = r2; r1 = r6; call f; r0 = *(u64 *)(r7 + 8); exit; " OUT
	  ".global int f(struct __sk_buff *); call g; exit; .global int g(struct __sk_buff *); "
	  "r2 = 8; call skb_pull_data; r0 = 0; exit" },
	{ .name = "... through a static function", CLS, .err = -EACCES,
	  .reason = "not the program's any more",
	  .text = PACKET "r7 = r2; r1 = r6; call f; r0 = *(u64 *)(r7 + 8); exit; " OUT
	  ".global int f(struct __sk_buff *); call g; exit; .static int g(struct __sk_buff *); "
	  "r2 = 8; call skb_pull_data; r0 = 0; exit" },
	{ .name = "... in a callback", CLS, .err = -EACCES, .reason = "not the program's any more",
	  .text = PACKET "r7 = r2; r1 = r6; call f; r0 = *(u64 *)(r7 + 8); exit; " OUT
	  ".global int f(struct __sk_buff *); *(u64 *)(r10 - 8) = r1; r1 = 2; r2 = func[cb] ll; "
	  "r3 = r10; r3 += -8; r4 = 0; call loop; r0 = 0; exit;"
		  " .static int cb(u32, u64 *); r1 = *(u64 *)(r2 + 0); r2 = 8; call skb_pull_data; "
		  "r0 = 0; exit" },
	{ .name = "... by a tail call", CLS, .err = -EACCES, .reason = "not the program's any more",
	  .text = PACKET "r7 = r2; r1 = r6; call g; r0 = *(u64 *)(r7 + 8); exit; " OUT
	  ".global int g(struct __sk_buff *); r2 = map[tbl] ll; r3 = 1; call tail_call; r0 = 0; exit" },
	{ .name = "a packet for what may move it", CLS, .err = -EINVAL,
	  .reason = "may move the packet that R2 points into",
	  .text = PACKET "r1 = r6; call g; " OUT ".global int g(struct __sk_buff *, struct s16 *); "
	  "r2 = 8; call skb_pull_data; r0 = 0; exit" },
	{ .name = "other memory for what may move it", CLS, .text = PACKET "r1 = r6; " S16("r2")
	  "call g; " OUT ".global int g(struct __sk_buff *, struct s16 *); r2 = map[tbl] ll; "
	  "r3 = 1; call tail_call; r0 = 0; exit" },

	/* atomic operations look at the place */
	ACCEPT("an atomic operation on memory",
	       S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); r2 = 1; "
	       "lock *(u64 *)(r1 + 8) += r2; r0 = 0; exit"),
	REJECT("... that is not aligned in it", EACCES, "misaligned value access", NULL,
	       S16("r1") "call g; exit; .global int g(__arg_nonnull struct s16 *); r2 = 1; "
	       "lock *(u64 *)(r1 + 4) += r2; r0 = 0; exit"),
	BAD("... on memory that is not aligned itself", NULL, "has atomic operations on 8 bytes",
	    "r1 = map[arr][0]+4 ll; call g; exit; .global int g(__arg_nonnull struct s16 *); "
	    "r2 = 1; lock *(u64 *)(r1 + 8) += r2; r0 = 0; exit"),
	ACCEPT("... of 4 bytes at 4",
	       "r1 = map[arr][0]+4 ll; call g; exit; .global int g(__arg_nonnull struct s16 *); "
	       "r2 = 1; lock *(u32 *)(r1 + 8) += r2; r0 = 0; exit"),
	BAD("... in another function", NULL, "has atomic operations on 4 bytes",
	    "r1 = map[arr][0]+2 ll; call f; exit; .global int f(__arg_nonnull struct s16 *); "
	    "call g; exit; .global int g(__arg_nonnull struct s16 *); r2 = 1; "
	    "lock *(u32 *)(r1 + 8) += r2; r0 = 0; exit"),
	ACCEPT("without them any place will do",
	       "r1 = map[arr][0]+3 ll; call g; exit; .global int g(__arg_nonnull struct s16 *); "
	       "r0 = *(u64 *)(r1 + 8); exit"),
	{ .name = "... on a packet", CLS, .err = -EINVAL, .reason = "has atomic operations",
	  .text = PACKET "r1 = r2; call g; " OUT ".global int g(__arg_nonnull struct s16 *); "
	  "r2 = 1; lock *(u64 *)(r1 + 8) += r2; r0 = 0; exit" },

	/* tail calls and callbacks */
	ACCEPT("a tail call", "call g; exit; .global int g(struct pt_regs *); r2 = map[tbl] ll; "
	       "r3 = 1; call tail_call; r0 = 0; exit"),
	BAD("... where nothing is returned", "only allowed in functions that return 'int'", NULL,
	    "call g; r0 = 0; exit; .global void g(struct pt_regs *); r2 = map[tbl] ll; r3 = 1; "
	    "call tail_call; r0 = 0; exit"),
	ACCEPT("a function in a callback",
	       "r1 = 2; r2 = func[cb] ll; r3 = 0; r4 = 0; call loop; r0 = 0; exit; "
	       ".static int cb(u32, void *); call g; r0 = 0; exit; .global int g(u64); r0 = r1; exit"),
	BAD("... that tail-calls", "tail_calls are not allowed in callbacks", "may make tail calls",
	    "*(u64 *)(r10 - 8) = r1; r1 = 2; r2 = func[cb] ll; r3 = r10; r3 += -8; r4 = 0; "
	    "call loop; r0 = 0; exit; .static int cb(u32, u64 *); r1 = *(u64 *)(r2 + 0); call g; "
	    "r0 = 0; exit;"
	    " .global int g(struct pt_regs *); r2 = map[tbl] ll; r3 = 1; call tail_call; r0 = 0; exit"),
	BAD("... that calls what does", "tail_calls are not allowed in callbacks", NULL,
	    "*(u64 *)(r10 - 8) = r1; r1 = 2; r2 = func[cb] ll; r3 = r10; r3 += -8; r4 = 0; "
	    "call loop; r0 = 0; exit; .static int cb(u32, u64 *); r1 = *(u64 *)(r2 + 0); call f; "
	    "r0 = 0; exit;"
	    " .global int f(struct pt_regs *); call g; exit; .global int g(struct pt_regs *); "
	    "r2 = map[tbl] ll; r3 = 1; call tail_call; r0 = 0; exit"),
	BAD("a global function as callback", "callback function not static", "make it static",
	    "r1 = 2; r2 = func[cb] ll; r3 = 0; r4 = 0; call loop; r0 = 0; exit; "
	    ".global int cb(u32, u64 *); r0 = 0; exit"),
	ACCEPT("a callback in a global function",
	       "call g; exit; .global int g(); r1 = 2; r2 = func[cb] ll; r3 = 0; r4 = 0; "
	       "call loop; r0 = 0; exit; .static int cb(u32, void *); r0 = 0; exit"),
	{ .name = "a legacy load in one", SOCKET, .text =
	  "call g; exit; .global int g(struct __sk_buff *); r6 = r1; r0 = *(u16 *)skb[12]; exit" },
	{ .name = "... that returns nothing", SOCKET, .err = -EINVAL,
	  .log = "only allowed in functions that return 'int'",
	  .text = "call g; r0 = 0; exit; .global void g(struct __sk_buff *); r6 = r1; "
	  "r0 = *(u16 *)skb[12]; exit" },

	/* chains */
	BAD("a function that calls itself", "recursive call", NULL,
	    "call g; exit; .global int g(); call g; exit"),
	BAD("... by another", "recursive call", NULL,
	    "call f; exit; .global int f(); call g; exit; .global int g(); call f; exit"),
	BAD("the main function called", "recursive call", NULL,
	    ".global int m(struct pt_regs *); call g; exit; .global int g(); r1 = 0; call m; exit"),
	REJECT("stack over a chain", EACCES, "combined stack size of 2 calls is 520", NULL,
	       "*(u64 *)(r10 - 256) = 0; call g; exit; .global int g(); *(u64 *)(r10 - 264) = 0; "
	       "r0 = 0; exit"),
	ACCEPT("... that fits",
	       "*(u64 *)(r10 - 256) = 0; call g; exit; .global int g(); *(u64 *)(r10 - 256) = 0; "
	       "r0 = 0; exit"),
	REJECT("... over three", EACCES, "combined stack size of 3 calls", NULL,
	       "*(u64 *)(r10 - 200) = 0; call f; exit; .global int f(); *(u64 *)(r10 - 200) = 0; "
	       "call g; exit; .global int g(); *(u64 *)(r10 - 200) = 0; r0 = 0; exit"),
	REJECT("... with a callback below", EACCES, "combined stack size of 3 calls", NULL,
	       "*(u64 *)(r10 - 200) = 0; call g; exit; .global int g(); *(u64 *)(r10 - 200) = 0; "
	       "r1 = 2; r2 = func[cb] ll; r3 = 0; r4 = 0; call loop; r0 = 0; exit; "
	       ".static int cb(u32, void *); *(u64 *)(r10 - 200) = 0; r0 = 0; exit"),
	REJECT("eight deep, and one", E2BIG, "the call stack of 9 frames is too deep", NULL,
	       "call a; exit; .global int a(); call b; exit; .global int b(); call c; exit; "
	       ".global int c(); call d; exit; .global int d(); call e; exit;"
	       " .global int e(); call f; exit; .global int f(); call g; exit; .global int g(); "
	       "call h; exit; .global int h(); r0 = 0; exit"),
	ACCEPT("eight deep",
	       "call a; exit; .global int a(); call b; exit; .global int b(); call c; exit; "
	       ".global int c(); call d; exit; .global int d(); call e; exit;"
	       " .global int e(); call f; exit; .global int f(); call g; exit; .global int g(); "
	       "r0 = 0; exit"),
	REJECT("tail calls below much stack", EACCES,
	       "tail_calls are not allowed when call stack of previous frames is 264 bytes", NULL,
	       "*(u64 *)(r10 - 264) = 0; call g; exit; .global int g(struct pt_regs *); "
	       "r2 = map[tbl] ll; r3 = 1; call tail_call; r0 = 0; exit"),
	REJECT("a loop without end", EINVAL, "infinite loop detected", NULL,
	       "call g; exit; .global int g(); l: goto l"),
};

int main(void)
{
	tap_begin();
	verdict_run(cases, ARRAY_SIZE(cases));
	return tap_done();
}
