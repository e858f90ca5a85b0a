/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts on callbacks, references, constant strings, inner maps, and tail calls below the main
 * function.
 */
#include "verdict.h"

#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER
#define CLS .type = BPF_PROG_TYPE_SCHED_CLS
/* bpf_loop(10, f, R10 - 8, 0), the number there 0 at first; then f's code */
#define LOOP \
	"*(u64 *)(r10 - 8) = 0; r1 = 10; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; call loop; "
#define EACH(map) "r1 = map[" map \
	"] ll; r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; r0 = 0; exit; "
#define RESERVE(n) "r1 = map[ring] ll; r2 = " #n "; r3 = 0; call ringbuf_reserve; "
#define SUBMIT "r2 = 0; call ringbuf_submit; "
#define TAIL "r2 = map[tbl] ll; r3 = 0; call tail_call; "

static const struct verdict cases[] = {
	/* callbacks */
	ACCEPT("a loop that does nothing", LOOP RETURN_0 "; f: r0 = 0; exit"),
	ACCEPT("its result is a number", LOOP "exit; f: r0 = 0; exit"),
	ACCEPT("without context",
	       "r1 = 10; r2 = func[f] ll; r3 = 0; r4 = 0; call loop; exit; f: r0 = 0; exit"),
	REJECT("R1 behind the loop", EACCES, "R1 !read_ok", NULL, LOOP "r0 = r1; exit; f: r0 = 0; exit"),
	REJECT("a number for the function", EACCES, "R2 type=scalar expected=func",
	       "must be a function of the program",
	       "r1 = 10; r2 = 5; r3 = 0; r4 = 0; call loop; exit"),
	REJECT("a number for the context", EACCES, "R3 type=scalar expected=fp", NULL,
	       "r1 = 10; r2 = func[f] ll; r3 = 5; r4 = 0; call loop; exit; f: r0 = 0; exit"),
	REJECT("reading a function", EACCES, "R2 invalid mem access 'func'", NULL,
	       "r2 = func[f] ll; r0 = *(u64 *)(r2 + 0); exit; f: r0 = 0; exit"),
	REJECT("arithmetic on a function", EACCES, "pointer arithmetic on func prohibited", NULL,
	       "r2 = func[f] ll; r2 += 8; r0 = 0; exit; f: r0 = 0; exit"),
	REJECT("a callback that returns 2", EINVAL, "At callback return the register R0",
	       "must return 0 (go on) or 1 (stop)", LOOP "exit; f: r0 = 2; exit"),
	ACCEPT("a callback that returns 0 or 1", LOOP "exit; f: r0 = r1; r0 &= 1; exit"),
	/* a counter in the caller's stack: r6 indexes 64 bytes by it afterwards */
#define COUNTER "*(u64 *)(r10 - 8) = 0; r1 = 1000; r2 = func[f] ll; r3 = r10; r3 += -8; " \
	"r4 = 0; call loop; "
#define INDEXED COUNTER \
	"r1 = *(u64 *)(r10 - 8); r6 = map[arr][0]+0 ll; r6 += r1; r0 = *(u8 *)(r6 + 0); exit; "
	ACCEPT("a counter that stops its loop",
	       INDEXED "f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; r0 = 0; "
	       "if r1 < 63 goto l; r0 = 1; l: exit"),
	REJECT("... too late", EACCES, "invalid access to map value", NULL,
	       INDEXED "f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; r0 = 0; "
	       "if r1 < 64 goto l; r0 = 1; l: exit"),
	REJECT("what the last round did counts", EACCES, "invalid access to map value", NULL,
	       INDEXED "f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; r0 = 0; "
	       "if r1 < 60 goto l; *(u64 *)(r2 + 0) = 64; r0 = 1; l: exit"),
	REJECT("a round that may stop may go on", EINVAL, NULL, NULL,
	       INDEXED "f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; "
	       "call get_prandom_u32; r0 &= 1; exit"),
	REJECT("a loop that is not stopped goes on", EINVAL, NULL, NULL,
	       INDEXED "f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	REJECT("a callback that returns nothing", EACCES, "R0 !read_ok", NULL,
	       LOOP "exit; f: r1 = 0; exit"),
	REJECT("a callback that returns a pointer", EINVAL, "At callback return", NULL,
	       LOOP "exit; f: r0 = r2; exit"),
	ACCEPT("the index has 32 bits", LOOP
	       "exit; f: r1 >>= 32; if r1 == 0 goto out; r0 = *(u64 *)(r1 + 0); out: r0 = 0; exit"),
	REJECT("... of which nothing is known", EACCES, "unbounded memory access", NULL,
	       LOOP "exit; f: r3 = map[arr][0]+0 ll; r3 += r1; r0 = *(u8 *)(r3 + 0); r0 = 0; exit"),
	REJECT("R3 in a callback of a loop", EACCES, "R3 !read_ok", NULL,
	       LOOP "exit; f: r0 = r3; r0 = 0; exit"),
	REJECT("R6 in a callback", EACCES, "R6 !read_ok", NULL, "r6 = 0; " LOOP "exit; f: r0 = r6; exit"),
	ACCEPT("the context is the caller's stack",
	       LOOP "r0 = *(u64 *)(r10 - 8); exit; f: r3 = *(u64 *)(r2 + 0); r3 += r1; "
	       "*(u64 *)(r2 + 0) = r3; r0 = 0; exit"),
	REJECT("behind the caller's stack", EACCES, "invalid write to stack", NULL,
	       LOOP "exit; f: *(u64 *)(r2 + 8) = 0; r0 = 0; exit"),
	REJECT("what a round may have changed is not what it was", EACCES,
	       "invalid access to map value", NULL,
	       LOOP "r1 = *(u64 *)(r10 - 8); if r1 > 64 goto out; r2 = map[arr][0]+0 ll; r2 += r1; "
	       "r0 = *(u8 *)(r2 + 0); out: r0 = 0; exit;"
	       "f: r1 = 64; *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	REJECT("what only the second round does counts too", EACCES, "invalid access to map value", NULL,
	       LOOP "r1 = *(u64 *)(r10 - 8); r2 = map[arr][0]+0 ll; if r1 > 64 goto out; r2 += r1; "
	       "r0 = *(u8 *)(r2 + 0); out: r0 = 0; exit;"
	       "f: r1 = *(u64 *)(r2 + 0); if r1 == 32 goto b; r1 = 32; goto c; b: r1 = 64; "
	       "c: *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	ACCEPT("... and what no round does not",
	       LOOP "r1 = *(u64 *)(r10 - 8); r2 = map[arr][0]+0 ll; if r1 > 64 goto out; r2 += r1; "
	       "r0 = *(u8 *)(r2 + 0); out: r0 = 0; exit;"
	       "f: r1 = *(u64 *)(r2 + 0); if r1 == 32 goto b; r1 = 32; goto c; b: r1 = 63; "
	       "c: *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	REJECT("a pointer that a round overwrites", EACCES, "invalid mem access 'scalar'", NULL,
	       "r1 = map[arr][0]+0 ll; *(u64 *)(r10 - 8) = r1; r1 = 10; r2 = func[f] ll; r3 = r10; "
	       "r3 += -8; r4 = 0; call loop;"
	       "r1 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r1 + 0); exit; f: *(u64 *)(r2 + 0) = 5; "
	       "r0 = 0; exit"),
	ACCEPT("a pointer that it leaves",
	       "r1 = map[arr][0]+0 ll; *(u64 *)(r10 - 8) = r1; *(u64 *)(r10 - 16) = 0; r1 = 10; "
	       "r2 = func[f] ll; r3 = r10; r3 += -16; r4 = 0; call loop;"
	       "r1 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r1 + 0); exit; f: *(u64 *)(r2 + 0) = 5; "
	       "r0 = 0; exit"),
	REJECT("a null check in a callback does not last", EACCES, "map_value_or_null", NULL,
	       LOOKUP_FOUR "*(u64 *)(r10 - 16) = r0; r1 = 10; r2 = func[f] ll; r3 = r10; "
	       "r3 += -16; r4 = 0; call loop;"
	       "r1 = *(u64 *)(r10 - 16); r0 = *(u64 *)(r1 + 0); exit; f: r1 = *(u64 *)(r2 + 0); "
	       "if r1 == 0 goto out; r0 = *(u64 *)(r1 + 0); out: r0 = 0; exit"),
	ACCEPT("a counter without end",
	       LOOP "r0 = *(u64 *)(r10 - 8); exit; f: r1 = *(u64 *)(r2 + 0); r1 += 1; "
	       "*(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	ACCEPT("a counter with an end",
	       LOOP "r0 = *(u64 *)(r10 - 8); exit; f: r1 = *(u64 *)(r2 + 0); r1 += 1; "
	       "if r1 > 20 goto out; *(u64 *)(r2 + 0) = r1; r3 = map[arr][0]+0 ll; r3 += r1; "
	       "r0 = *(u8 *)(r3 + 0); out: r0 = 0; exit"),
	ACCEPT("a loop in a loop",
	       LOOP "exit; f: *(u64 *)(r10 - 8) = r1; r1 = 5; r3 = r10; r3 += -8; r2 = func[g] ll; "
	       "r4 = 0; call loop; r0 = 0; exit;"
	       "g: r3 = *(u64 *)(r2 + 0); r3 += r1; *(u64 *)(r2 + 0) = r3; r0 = 0; exit"),
	REJECT("a callback that is its own", E2BIG, "call stack of 9 frames is too deep",
	       "more than 8 deep",
	       LOOP "exit; f: r1 = 5; r2 = func[f] ll; r3 = 0; r4 = 0; call loop; r0 = 0; exit"),
	ACCEPT("a loop around callbacks",
	       "r6 = 0; l: *(u64 *)(r10 - 8) = r6; r1 = 4; r2 = func[f] ll; r3 = r10; r3 += -8; "
	       "r4 = 0; call loop; r6 += 1; if r6 < 30 goto l; r0 = 0; exit;"
	       "f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	REJECT("an endless loop around callbacks", EINVAL, "infinite loop", NULL,
	       "l: r1 = 4; r2 = func[f] ll; r3 = 0; r4 = 0; call loop; goto l; f: r0 = 0; exit"),
	REJECT("an endless loop in a callback", EINVAL, "infinite loop", NULL, LOOP "exit; f: goto f"),
	ACCEPT("a branch in a callback", LOOP "exit; f: if r1 > 3 goto a; r0 = 0; exit; a: r0 = 1; exit"),
	ACCEPT("a subprogram in a callback",
	       LOOP "exit; f: call g; r0 = 0; exit; g: *(u64 *)(r10 - 8) = r1; r0 = 0; exit"),
	REJECT("callbacks use the same stack", EACCES, "combined stack size of 2 calls is 520", NULL,
	       LOOP "exit; f: *(u64 *)(r10 - 512) = r1; r0 = 0; exit"),
	ACCEPT("... up to the last byte", LOOP "exit; f: *(u64 *)(r10 - 504) = r1; r0 = 0; exit"),
	REJECT("a tail call in a callback", EINVAL, "tail_calls are not allowed in callbacks", NULL,
	       "r6 = r1; *(u64 *)(r10 - 8) = r1; r1 = 1; r2 = func[f] ll; r3 = r10; r3 += -8; "
	       "r4 = 0; call loop; exit; f: r1 = *(u64 *)(r2 + 0); " TAIL "r0 = 0; exit"),
	{ .name = "a legacy load in a callback may end that with 0", SOCKET,
	  .text = "*(u64 *)(r10 - 8) = r1; r1 = 1; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; "
	  "call loop; exit; f: r6 = *(u64 *)(r2 + 0); r0 = *(u8 *)skb[0]; r0 &= 1; exit" },

	/* elements */
	ACCEPT("every element", EACH("four") "f: r0 = *(u32 *)(r2 + 0); r0 = *(u64 *)(r3 + 0); "
	       "*(u64 *)(r3 + 0) = 1; r0 = 0; exit"),
	ACCEPT("... of a hash",
	       EACH("hash") "f: r0 = *(u64 *)(r2 + 0); r0 = *(u64 *)(r3 + 8); r0 = 0; exit"),
	REJECT("behind a key", EACCES, "invalid access to memory, mem_size=4", NULL,
	       EACH("four") "f: r0 = *(u64 *)(r2 + 0); r0 = 0; exit"),
	REJECT("writing a key", EACCES, "write to change key R2 not allowed", NULL,
	       EACH("four") "f: *(u32 *)(r2 + 0) = 1; r0 = 0; exit"),
	REJECT("behind a value", EACCES, "invalid access to map value", NULL,
	       EACH("four") "f: r0 = *(u64 *)(r3 + 8); r0 = 0; exit"),
	ACCEPT("every element of a map in a map",
	       KEY_0 "r1 = map[outer] ll; call map_lookup_elem; if r0 == 0 goto out; r1 = r0; "
	       "r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; out: r0 = 0; exit;"
	       "f: r0 = *(u32 *)(r2 + 0); r0 = *(u64 *)(r3 + 0); r0 = 0; exit"),
	REJECT("... behind its value", EACCES, "invalid access to map value, value_size=8", NULL,
	       KEY_0 "r1 = map[outer] ll; call map_lookup_elem; if r0 == 0 goto out; r1 = r0; "
	       "r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; out: r0 = 0; exit;"
	       "f: r0 = *(u64 *)(r3 + 8); r0 = 0; exit"),
	ACCEPT("deleting by key", EACH("hash") "f: call map_delete_elem; r0 = 0; exit"),
	REJECT("every program of a table", EINVAL, "cannot pass map_type 3", NULL,
	       EACH("tbl") "f: r0 = 0; exit"),

	/* references */
	ACCEPT("a record, filled and submitted", RESERVE(16)
	       "if r0 == 0 goto out; *(u64 *)(r0 + 8) = 5; r1 = r0; " SUBMIT "out: " RETURN_0),
	ACCEPT("... discarded", RESERVE(16)
	       "if r0 == 0 goto out; r1 = r0; r2 = 0; call ringbuf_discard; out: " RETURN_0),
	REJECT("... forgotten", EINVAL, "Unreleased reference id=1 alloc_insn=4",
	       "unreleased reference", RESERVE(16) "if r0 == 0 goto out; out: " RETURN_0),
	REJECT("... forgotten on one path", EINVAL, "Unreleased reference", NULL,
	       "r6 = *(u64 *)(r1 + 0); " RESERVE(16)
	       "if r0 == 0 goto out; if r6 == 3 goto out; r1 = r0; " SUBMIT "out: " RETURN_0),
	REJECT("a record that may be null", EACCES, "R0 invalid mem access 'ringbuf_mem_or_null'",
	       NULL, RESERVE(16) "*(u64 *)(r0 + 0) = 5; " RETURN_0),
	REJECT("submitting what may be null", EACCES,
	       "R1 type=ringbuf_mem_or_null expected=ringbuf_mem", NULL, RESERVE(16) "r1 = r0; "
	       SUBMIT RETURN_0),
	REJECT("submitting twice", EACCES, NULL, NULL,
	       RESERVE(16) "if r0 == 0 goto out; r6 = r0; r1 = r0; " SUBMIT "r1 = r6; " SUBMIT
	       "out: " RETURN_0),
	REJECT("writing after submitting", EACCES, "invalid mem access 'invalidated pointer'",
	       "not the program's any more",
	       RESERVE(16) "if r0 == 0 goto out; r6 = r0; r1 = r0; " SUBMIT
	       "*(u64 *)(r6 + 0) = 1; out: " RETURN_0),
	REJECT("... by a copy on the stack", EACCES, "invalid mem access 'invalidated pointer'", NULL,
	       RESERVE(16) "if r0 == 0 goto out; *(u64 *)(r10 - 8) = r0; r1 = r0; " SUBMIT
	       "r6 = *(u64 *)(r10 - 8); *(u64 *)(r6 + 0) = 1; out: " RETURN_0),
	REJECT("behind a record", EACCES, "invalid access to memory, mem_size=16 off=9 size=8",
	       NULL, RESERVE(16) "if r0 == 0 goto out; *(u64 *)(r0 + 9) = 5; r1 = r0; " SUBMIT
	       "out: " RETURN_0),
	REJECT("before a record", EACCES, "invalid access to memory", NULL, RESERVE(16)
	       "if r0 == 0 goto out; *(u64 *)(r0 - 8) = 5; r1 = r0; " SUBMIT "out: " RETURN_0),
	REJECT("submitting the middle of a record", EINVAL, "must have zero offset",
	       "begin of the record", RESERVE(16) "if r0 == 0 goto out; r1 = r0; r1 += 8; " SUBMIT
	       "out: " RETURN_0),
	REJECT("submitting a map value", EACCES, "R1 type=map_value expected=ringbuf_mem", NULL,
	       "r1 = map[arr][0]+0 ll; " SUBMIT RETURN_0),
	REJECT("a size that is not constant", EACCES, "R2 is not a known constant'", NULL,
	       "r6 = *(u64 *)(r1 + 0); r6 &= 15; r1 = map[ring] ll; r2 = r6; r3 = 0; "
	       "call ringbuf_reserve; " RETURN_0),
	ACCEPT("a variable index into a record", "r6 = *(u64 *)(r1 + 0); r6 &= 7; " RESERVE(16)
	       "if r0 == 0 goto out; r1 = r0; r1 += r6; *(u64 *)(r1 + 1) = 5; r1 = r0; " SUBMIT
	       "out: " RETURN_0),
	REJECT("... one too far", EACCES, "invalid access to memory", NULL,
	       "r6 = *(u64 *)(r1 + 0); r6 &= 7; " RESERVE(16)
	       "if r0 == 0 goto out; r1 = r0; r1 += r6; *(u64 *)(r1 + 2) = 5; r1 = r0; " SUBMIT
	       "out: " RETURN_0),
	ACCEPT("two records", RESERVE(16) "r6 = r0; " RESERVE(8)
	       "r7 = r0; if r6 == 0 goto a; r1 = r6; " SUBMIT "a: if r7 == 0 goto out; r1 = r7; "
	       SUBMIT "out: " RETURN_0),
	REJECT("two records, one submitted twice", EACCES, NULL, NULL,
	       RESERVE(16) "r6 = r0; " RESERVE(8) "r7 = r0; if r6 == 0 goto a; r1 = r6; " SUBMIT
	       "a: if r7 == 0 goto out; r1 = r7; " SUBMIT "r1 = r7; " SUBMIT "out: " RETURN_0),
	ACCEPT("a record filled by a helper",
	       RESERVE(16) "if r0 == 0 goto out; r6 = r0; r1 = r0; r2 = 16; r3 = 0; "
	       "call probe_read_kernel; r1 = r6; " SUBMIT "out: " RETURN_0),
	ACCEPT("a record submitted in a subprogram",
	       RESERVE(16) "if r0 == 0 goto out; r1 = r0; call f; out: " RETURN_0 "; f: " SUBMIT
	       "r0 = 0; exit"),
	REJECT("a record forgotten in a subprogram", EINVAL, "Unreleased reference", NULL,
	       "call f; " RETURN_0 "; f: " RESERVE(16) "r0 = 0; exit"),
	REJECT("a tail call with a record", EINVAL, "Unreleased reference", "still held at a tail call",
	       "r6 = r1; " RESERVE(16) "r7 = r0; if r0 == 0 goto out; r1 = r6; " TAIL "r1 = r7; "
	       SUBMIT "out: " RETURN_0),
	{ .name = "a legacy load with a record", SOCKET, .err = -EINVAL, .log = "Unreleased reference",
	  .text = "r6 = r1; " RESERVE(16)
	  "r7 = r0; if r0 == 0 goto out; r0 = *(u8 *)skb[0]; r1 = r7; " SUBMIT "out: " RETURN_0 },
	REJECT("records in a loop", EINVAL, NULL, NULL, "r6 = 0; l: " RESERVE(16)
	       "if r0 == 0 goto out; r6 += 1; if r6 < 3 goto l; out: " RETURN_0),
	ACCEPT("a record for each round", "r6 = 0; l: " RESERVE(16) "if r0 == 0 goto out; r1 = r0; "
	       SUBMIT "r6 += 1; if r6 < 100 goto l; out: " RETURN_0),
	ACCEPT("a record in a callback", LOOP "exit; f: " RESERVE(16)
	       "if r0 == 0 goto out; r1 = r0; " SUBMIT "out: r0 = 0; exit"),
	REJECT("a record that a callback leaves", EINVAL, NULL,
	       "a callback must give back what it reserved",
	       LOOP "exit; f: *(u64 *)(r10 - 8) = r2; " RESERVE(16) "r0 = 0; exit"),
	REJECT("the caller's record given back in a callback", EINVAL, NULL,
	       "a callback must give back what it reserved itself, and nothing else",
	       RESERVE(16) "if r0 == 0 goto out; *(u64 *)(r10 - 8) = r0; r1 = 1; r2 = func[f] ll; "
	       "r3 = r10; r3 += -8; r4 = 0; call loop; out: " RETURN_0
	       "; f: r1 = *(u64 *)(r2 + 0); " SUBMIT "r0 = 0; exit"),
	ACCEPT("the caller's record filled in a callback",
	       RESERVE(16) "if r0 == 0 goto out; r6 = r0; *(u64 *)(r10 - 8) = r0; r1 = 1; "
	       "r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; call loop; r1 = r6; " SUBMIT "out: " RETURN_0
	       "; f: r1 = *(u64 *)(r2 + 0); *(u64 *)(r1 + 0) = 7; r0 = 0; exit"),

	/* maps of maps */
	ACCEPT("a map in a map",
	       KEY_0 "r1 = map[outer] ll; call map_lookup_elem; if r0 == 0 goto out; r1 = r0; "
	       "r2 = r10; r2 += -4; call map_lookup_elem; if r0 == 0 goto out; "
	       "r0 = *(u64 *)(r0 + 0); out: " RETURN_0),
	REJECT("... without its null check", EACCES, "R1 type=map_ptr_or_null expected=map_ptr", NULL,
	       KEY_0 "r1 = map[outer] ll; call map_lookup_elem; r1 = r0; r2 = r10; r2 += -4; "
	       "call map_lookup_elem; " RETURN_0),
	REJECT("... behind its value", EACCES, "invalid access to map value, value_size=8", NULL,
	       KEY_0 "r1 = map[outer] ll; call map_lookup_elem; if r0 == 0 goto out; r1 = r0; "
	       "r2 = r10; r2 += -4; call map_lookup_elem; if r0 == 0 goto out; "
	       "r0 = *(u64 *)(r0 + 8); out: " RETURN_0),
	{ .name = "... read as a value", .err = -EACCES, .may_leak = true,
	  .log = "invalid access to struct bpf_map",
	  .text = KEY_0 "r1 = map[outer] ll; call map_lookup_elem; if r0 == 0 goto out; "
	  "r0 = *(u64 *)(r0 + 0); out: " RETURN_0 },
	REJECT("... that is the wrong type", EINVAL,
	       "cannot pass map_type 2 into func bpf_tail_call#12", NULL,
	       "r6 = r1; " KEY_0 "r1 = map[outer] ll; call map_lookup_elem; if r0 == 0 goto out; "
	       "r1 = r6; r2 = r0; r3 = 0; call tail_call; out: " RETURN_0),
	REJECT("writing to a map of maps", EINVAL,
	       "cannot pass map_type 12 into func bpf_map_update_elem#2", NULL,
	       KEY_0 "r1 = map[outer] ll; r3 = r10; r3 += -4; r4 = 0; call map_update_elem; " RETURN_0),

	/* tail calls below the main function */
	ACCEPT("a tail call in a subprogram", "call f; exit; f: " TAIL "r0 = 0; exit"),
	REJECT("its result is any number", EACCES, "R0 invalid mem access 'scalar'", NULL,
	       "call f; if r0 == 0 goto out; r0 = *(u64 *)(r0 + 0); out: " RETURN_0 "; f: " TAIL
	       "r0 = 0; exit"),
	ACCEPT("256 bytes of callers' stack",
	       "*(u64 *)(r10 - 256) = 0; call f; exit; f: *(u64 *)(r10 - 256) = 0; " TAIL "r0 = 0; exit"),
	REJECT("264 bytes of callers' stack", EACCES, "call stack of previous frames is 264 bytes",
	       "tail calls while its callers hold 264 bytes",
	       "*(u64 *)(r10 - 264) = 0; call f; exit; f: " TAIL "r0 = 0; exit"),
	ACCEPT("192 bytes of two callers' stack",
	       "*(u64 *)(r10 - 96) = 0; call e; exit; e: *(u64 *)(r10 - 96) = 0; call f; exit; f: "
	       TAIL "r0 = 0; exit"),
	REJECT("200 bytes of two callers' stack", EACCES,
	       "call stack of previous frames is 264 bytes", NULL,
	       "*(u64 *)(r10 - 96) = 0; call e; exit; e: *(u64 *)(r10 - 104) = 0; call f; exit; f: "
	       TAIL "r0 = 0; exit"),
	REJECT("too many callers without any stack", EACCES,
	       "call stack of previous frames is 320 bytes", NULL,
	       "call a; exit; a: call b; exit; b: call c; exit; c: call d; exit; d: call e; exit; "
	       "e: call f; exit; f: " TAIL "r0 = 0; exit"),
	ACCEPT("any stack of its own", "call f; exit; f: *(u64 *)(r10 - 512) = 0; " TAIL "r0 = 0; exit"),
	{ .name = "another program may move the packet", CLS, .err = -EACCES,
	  .log = "invalid mem access 'invalidated pointer'",
	  .text = "r6 = *(u32 *)(r1 + 76); r7 = *(u32 *)(r1 + 80); r8 = r6; r8 += 8; "
	  "if r8 > r7 goto out; call f; r0 = *(u64 *)(r6 + 0); out: r0 = 0; exit; f: " TAIL
	  "r0 = 0; exit" },
	REJECT("a record held by the caller of a tail call", EINVAL, "Unreleased reference", NULL,
	       "r6 = r1; " RESERVE(16) "r7 = r0; if r0 == 0 goto out; r1 = r6; call f; r1 = r7; "
	       SUBMIT "out: " RETURN_0 "; f: " TAIL "r0 = 0; exit"),

	/* direct values */
	REJECT("the value of a per-CPU array", EINVAL, "direct value access", NULL,
	       "r1 = map[pcpu][0]+0 ll; " RETURN_0),
};

/*
 * A loop around calls that does not end: after the calls the number at R10 - 8 is what it was
 * before them.  Each call is another one, though, and what the rounds of the first lead to says
 * nothing of those of the next.
 */
#define AROUND(n, behind) "*(u64 *)(r10 - 8) = 0; l: r1 = " n \
	"; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; call loop; r1 = *(u64 *)(r10 - 8); " behind
#define ENDLESS(name_, ...) REJECT(name_, EINVAL, "infinite loop", NULL, __VA_ARGS__)
/* 0 again, until there is 1: which is written behind the call */
#define ONCE "if r1 == 1 goto out; *(u64 *)(r10 - 8) = 1; goto l; out: r0 = 0; exit; "
#define TO_0 \
	"r3 = *(u64 *)(r2 + 0); r0 = 1; if r3 > 5 goto e; *(u64 *)(r2 + 0) = 0; r0 = 0; e: exit; "
/* 1 for 0, else the end; a round makes 2 of 0 and 1, and 0 of 2 */
#define WHILE_0 "if r1 != 0 goto out; *(u64 *)(r10 - 8) = 1; goto l; out: r0 = 0; exit; "
#define TURN "r3 = *(u64 *)(r2 + 0); if r3 == 2 goto z; *(u64 *)(r2 + 0) = 2; r0 = 0; exit; " \
	"z: *(u64 *)(r2 + 0) = 0; r0 = 0; exit; "
/* more checkpoints than there is memory for: the loop forks in each round, with a full stack */
#define FULL_STACK "r1 = *(u64 *)(r1 + 0); r9 = r10; r9 += -480; m: *(u64 *)(r9 + 0) = r1; " \
	"r9 += 8; r2 = r10; r2 += -16; if r9 < r2 goto m; "
#define EAT_MEMORY "r6 = 0; n: call get_prandom_u32; r7 = r0; r8 = r0; r8 += r7; r7 += r8; " \
	"if r0 == 7 goto x; r8 = r7; x: r6 += 1; if r6 < 4500 goto n; "

static const struct verdict call_cases[] = {
	ENDLESS("a round that leads back to before the call, by a loop around it",
		AROUND("1", ONCE) "f: " TO_0),
	ENDLESS("... by a round of the first call that is done with", AROUND("2", WHILE_0) "f: " TURN),
	ENDLESS("... by what a path in such a round came past",
		AROUND("2", WHILE_0)
		"f: r3 = *(u64 *)(r2 + 0); r4 = 0; r5 = 0; r4 += r5; r4 += r5; r4 += r5; "
		"if r3 == 2 goto z; if r3 == 7 goto z; goto y; y: r4 += 1; r4 += 1; "
		"*(u64 *)(r2 + 0) = 2; r0 = 0; exit;"
		"z: *(u64 *)(r2 + 0) = 0; r0 = 0; exit"),
	ENDLESS("... by a path that ends where such a one came past",
		AROUND("3", WHILE_0) "f: r6 = r2; r3 = *(u64 *)(r6 + 0); if r3 == 2 goto two; "
		"if r3 == 1 goto one; call get_prandom_u32; if r0 == 7 goto one;"
		"*(u64 *)(r6 + 0) = 5; goto j; one: *(u64 *)(r6 + 0) = 2; r0 = 0; exit; "
		"two: *(u64 *)(r6 + 0) = 5; goto j; j: *(u64 *)(r6 + 0) = 0; r0 = 0; exit"),
	ENDLESS("... each element", "*(u64 *)(r10 - 8) = 0; l: r1 = map[hash] ll; r2 = func[f] ll; "
		"r3 = r10; r3 += -8; r4 = 0; call for_each_map_elem; r1 = *(u64 *)(r10 - 8); "
		ONCE "f: r2 = r4; " TO_0),
	ENDLESS("... in a function", "call g; exit; g: " AROUND("1", ONCE) "f: " TO_0),
	ENDLESS("... in a global function", "call g; exit; .global int g(); "
		AROUND("1", ONCE) "f: " TO_0),
	ENDLESS("... in a callback", "r1 = 3; r2 = func[g] ll; r3 = 0; r4 = 0; call loop; exit; g: "
		AROUND("1", ONCE) "f: " TO_0),
	ENDLESS("... in a callback, two rounds",
		"r1 = 3; r2 = func[g] ll; r3 = 0; r4 = 0; call loop; exit; g: "
		AROUND("2", WHILE_0) "f: " TURN),
	ENDLESS("... around a callback in a callback",
		AROUND("1", ONCE) "f: r6 = r2; *(u64 *)(r10 - 8) = r2; r1 = 1; r2 = func[g] ll; "
		"r3 = r10; r3 += -8; r4 = 0; call loop; r0 = 0; exit;"
		"g: r2 = *(u64 *)(r2 + 0); " TO_0),
	ENDLESS("... around a callback in a callback, two rounds",
		AROUND("2", WHILE_0) "f: r6 = r2; *(u64 *)(r10 - 8) = r2; r1 = 1; r2 = func[g] ll; "
		"r3 = r10; r3 += -8; r4 = 0; call loop; r0 = 0; exit;"
		"g: r2 = *(u64 *)(r2 + 0); " TURN),
	ENDLESS("... the calls made at two places",
		"*(u64 *)(r10 - 8) = 0; l: r1 = 1; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; "
		"call loop; r1 = 1; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; call loop;"
		"r1 = *(u64 *)(r10 - 8); " ONCE "f: " TO_0),
	ENDLESS("... in a function that a callback calls",
		"r1 = 3; r2 = func[k] ll; r3 = 0; r4 = 0; call loop; exit; k: call g; r0 = 0; exit; g: "
		AROUND("1", ONCE) "f: " TO_0),
	ENDLESS("... what rounds do is done by a function", AROUND("1", ONCE)
		"f: r1 = r2; call h; exit; h: r2 = r1; " TO_0),
	ENDLESS("... in a callback, two calls in a row",
		"r1 = 3; r2 = func[g] ll; r3 = 0; r4 = 0; call loop; exit; g: *(u64 *)(r10 - 8) = 0; "
		"l: r1 = 1; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; call loop; "
		"r1 = 1; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; call loop;"
		"r1 = *(u64 *)(r10 - 8); " ONCE "f: " TO_0),
	ENDLESS("... each element of a map in a map",
		"*(u32 *)(r10 - 20) = 0; r2 = r10; r2 += -20; r1 = map[outer] ll; "
		"call map_lookup_elem; if r0 == 0 goto out; r6 = r0; *(u64 *)(r10 - 8) = 0; "
		"l: r1 = r6; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; call for_each_map_elem; "
		"r1 = *(u64 *)(r10 - 8); " ONCE "f: r2 = r4; " TO_0),
	ENDLESS("a loop in a function that a callback calls",
		LOOP "exit; f: call g; r0 = 0; exit; g: r0 = 0; l: if r0 == 0 goto l; exit"),
	REJECT("... and no memory for checkpoints is left", E2BIG, NULL, NULL,
	       FULL_STACK "*(u64 *)(r10 - 8) = 0; l: r1 = 1; r2 = func[f] ll; r3 = r10; r3 += -8; "
	       "r4 = 0; call loop;"
	       "r1 = *(u64 *)(r10 - 8); if r1 == 1 goto out; *(u64 *)(r10 - 8) = 1; " EAT_MEMORY
	       "goto l; out: r0 = 0; exit; f: " TO_0),
	ACCEPT("a loop around calls that ends",
	       "r6 = 0; " AROUND("2",
				 "r6 += 1; if r6 > 20 goto out; *(u64 *)(r10 - 8) = 1; goto l; "
				 "out: r0 = 0; exit; ") "f: " TURN),
	ACCEPT("... of callbacks in callbacks",
	       "r6 = 0; " AROUND("2",
				 "r6 += 1; if r6 > 20 goto out; *(u64 *)(r10 - 8) = 1; goto l; "
				 "out: r0 = 0; exit; ")
	       "f: r6 = r2; *(u64 *)(r10 - 8) = r2; r1 = 1; r2 = func[g] ll; r3 = r10; r3 += -8; "
	       "r4 = 0; call loop; r0 = 0; exit; g: r2 = *(u64 *)(r2 + 0); " TURN),
};

/*
 * A pointer to the key of an element, R2 in the callback, is good for as long as that runs: it goes
 * nowhere from where it could be taken later, whoever loads.
 */
#define LATER "pointer to the key of a callback may not be kept outside of it"
#define EACH_TO "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; r1 = map[arr] ll; " \
	"r2 = func[f] ll; r3 = r10; r3 += -16; r4 = 0; call for_each_map_elem; "
#define KEEPS(name_, ...) { .name = name_, .err = -EACCES, .text = __VA_ARGS__ }, \
	{ .name = name_ ", who may leak", .may_leak = true, .err = -EACCES, .log = LATER, \
	  .text = __VA_ARGS__ }

static const struct verdict key_cases[] = {
	KEEPS("a key in the caller's stack",
	      EACH_TO "r6 = *(u64 *)(r10 - 16); call ktime_get_ns; if r6 == 0 goto out; "
	      "r0 = *(u32 *)(r6 + 0); out: " RETURN_0 "; f: *(u64 *)(r4 + 0) = r2; r0 = 0; exit"),
	KEEPS("... of a map in a map",
	      "*(u64 *)(r10 - 8) = 0; *(u32 *)(r10 - 20) = 0; r2 = r10; r2 += -20; r1 = map[outer] ll; "
	      "call map_lookup_elem; if r0 == 0 goto out; r1 = r0; r2 = func[f] ll; r3 = r10; "
	      "r3 += -8; r4 = 0; call for_each_map_elem; out: " RETURN_0
	      "; f: *(u64 *)(r4 + 0) = r2; r0 = 0; exit"),
	KEEPS("... a byte behind its begin",
	      EACH_TO RETURN_0 "; f: r2 += 1; *(u64 *)(r4 + 0) = r2; r0 = 0; exit"),
	KEEPS("... somewhere there", EACH_TO RETURN_0
	      "; f: r5 = *(u64 *)(r3 + 0); r5 &= 8; r4 += r5; *(u64 *)(r4 + 0) = r2; r0 = 0; exit"),
	KEEPS("... by a function", EACH_TO RETURN_0
	      "; f: r1 = r4; call g; r0 = 0; exit; g: *(u64 *)(r1 + 0) = r2; r0 = 0; exit"),
	KEEPS("... for the next round",
	      EACH_TO RETURN_0 "; f: r5 = *(u64 *)(r4 + 0); if r5 == 0 goto l; "
	      "r0 = *(u32 *)(r5 + 0); l: *(u64 *)(r4 + 0) = r2; r0 = 0; exit"),
	KEEPS("... from a spill",
	      EACH_TO RETURN_0 "; f: *(u64 *)(r10 - 8) = r2; r5 = *(u64 *)(r10 - 8); "
	      "*(u64 *)(r4 + 0) = r5; r0 = 0; exit"),
	KEEPS("... by a loop in the callback",
	      EACH_TO RETURN_0 "; f: *(u64 *)(r10 - 8) = r2; *(u64 *)(r10 - 16) = r4; r1 = 1; "
	      "r2 = func[g] ll; r3 = r10; r3 += -16; r4 = 0; call loop; r0 = 0; exit;"
	      "g: r4 = *(u64 *)(r2 + 0); r5 = *(u64 *)(r2 + 8); *(u64 *)(r4 + 0) = r5; r0 = 0; exit"),
	KEEPS("... of a loop over elements",
	      "*(u64 *)(r10 - 8) = 0; r1 = 1; r2 = func[g] ll; r3 = r10; r3 += -8; r4 = 0; "
	      "call loop; " RETURN_0
	      "; g: *(u64 *)(r10 - 8) = 0; r1 = map[hash] ll; r2 = func[f] ll; r3 = r10; r3 += -8; "
	      "r4 = 0; call for_each_map_elem; r0 = 0; exit; f: *(u64 *)(r4 + 0) = r2; r0 = 0; exit"),
	KEEPS("... by an exchange",
	      EACH_TO RETURN_0 "; f: r2 = atomic64_xchg((u64 *)(r4 + 0), r2); r0 = 0; exit"),
	KEEPS("a key in its value", EACH_TO RETURN_0 "; f: *(u64 *)(r3 + 0) = r2; r0 = 0; exit"),
	KEEPS("a key in a direct value",
	      EACH_TO RETURN_0 "; f: r1 = map[arr][0]+0 ll; *(u64 *)(r1 + 8) = r2; r0 = 0; exit"),
	KEEPS("... by an exchange", EACH_TO RETURN_0
	      "; f: r1 = map[arr][0]+0 ll; r2 = atomic64_xchg((u64 *)(r1 + 8), r2); r0 = 0; exit"),
	KEEPS("... by an addition", EACH_TO RETURN_0
	      "; f: r1 = map[arr][0]+0 ll; lock *(u64 *)(r1 + 8) += r2; r0 = 0; exit"),
	KEEPS("a key in a record", EACH_TO RETURN_0 "; f: r6 = r2; " RESERVE(16)
	      "if r0 == 0 goto out; *(u64 *)(r0 + 0) = r6; r1 = r0; " SUBMIT "out: r0 = 0; exit"),
	KEEPS("a key in its own frame, by an exchange", EACH_TO RETURN_0
	      "; f: *(u64 *)(r10 - 8) = 0; r2 = atomic64_xchg((u64 *)(r10 - 8), r2); r0 = 0; exit"),
	{ .name = "a key in a packet", CLS, .may_leak = true, .err = -EACCES, .log = LATER,
	  .text = "*(u64 *)(r10 - 8) = r1; r1 = map[arr] ll; r2 = func[f] ll; r3 = r10; r3 += -8; "
	  "r4 = 0; call for_each_map_elem; " RETURN_0
	  "; f: r1 = *(u64 *)(r4 + 0); r4 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 80); r5 = r4; "
	  "r5 += 16; if r5 > r3 goto out; *(u64 *)(r4 + 0) = r2; out: r0 = 0; exit" },
	REJECT("a key as the result of a round", EINVAL, "At callback return", NULL,
	       EACH_TO RETURN_0 "; f: r0 = r2; exit"),
	REJECT("a key to a global function, which may write", EINVAL, "write to change key", NULL,
	       EACH_TO RETURN_0
	       "; f: r1 = r2; call g; r0 = 0; exit; .global int g(struct s4 *); r0 = 0; exit"),
	ACCEPT("a key in its own frame",
	       EACH_TO RETURN_0 "; f: *(u64 *)(r10 - 8) = r2; r5 = *(u64 *)(r10 - 8); "
	       "r0 = *(u32 *)(r5 + 0); r0 = 0; exit"),
	ACCEPT("... and in that of a function that is called",
	       EACH_TO RETURN_0 "; f: r1 = r2; call g; r0 = 0; exit; g: *(u64 *)(r10 - 8) = r1; "
	       "r1 = *(u64 *)(r10 - 8); r0 = *(u32 *)(r1 + 0); exit"),
	ACCEPT("... which puts it into the callback's frame",
	       EACH_TO RETURN_0
	       "; f: *(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -8; call g; r1 = *(u64 *)(r10 - 8); "
	       "r0 = *(u32 *)(r1 + 0); r0 = 0; exit; g: *(u64 *)(r1 + 0) = r2; r0 = 0; exit"),
	ACCEPT("... or returns it", EACH_TO RETURN_0
	       "; f: r1 = r2; call g; r0 = *(u32 *)(r0 + 0); r0 = 0; exit; g: r0 = r1; exit"),
	ACCEPT("a loop in the callback reads it",
	       EACH_TO RETURN_0 "; f: *(u64 *)(r10 - 8) = r2; r1 = 1; r2 = func[g] ll; r3 = r10; "
	       "r3 += -8; r4 = 0; call loop; r0 = 0; exit;"
	       "g: r4 = *(u64 *)(r2 + 0); r0 = *(u32 *)(r4 + 0); *(u64 *)(r2 + 0) = r4; r0 = 0; exit"),
	ACCEPT("a copy of the key itself",
	       EACH_TO RETURN_0 "; f: r5 = *(u32 *)(r2 + 0); *(u64 *)(r4 + 0) = r5; "
	       "r1 = map[arr][0]+0 ll; *(u64 *)(r1 + 0) = r5; r0 = 0; exit"),
};

int main(void)
{
	verdict_run(cases, ARRAY_SIZE(cases));
	verdict_run(call_cases, ARRAY_SIZE(call_cases));
	verdict_run(key_cases, ARRAY_SIZE(key_cases));
	return tap_done();
}
