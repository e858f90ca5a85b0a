/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts on pointers that may be far from their object: "p += r" with r >= 0 is as far as 2^63 -
 * 1, and runs over the end of the address space.  Nothing is concluded from where such a pointer
 * is: neither that it is not null, nor how it compares with another.
 */
#include "verdict.h"

#define CLS .type = BPF_PROG_TYPE_SCHED_CLS
#define LEAK .may_leak = true
#define OUT "out: r0 = 0; exit; "
/*
 * R8: 0 to 2^63 - 1; then R6: an object of which at least 8 bytes are the program's, at the start
 */
#define NUMBER "r8 = *(u64 *)(r1 + 0); if r8 s< 0 goto out; "
#define DIRECT NUMBER "r6 = map[arr][0]+0 ll; "
#define FOUND NUMBER LOOKUP_FOUR "if r0 == 0 goto out; r6 = r0; "
#define STACK NUMBER "*(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0; r6 = r10; r6 += -16; "
#define RECORD NUMBER \
	"r1 = map[ring] ll; r2 = 16; r3 = 0; call ringbuf_reserve; if r0 == 0 goto out; r6 = r0; "
#define GIVEN "*(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -16; call g; exit; " \
	".global int g(struct s16 *);" \
	"if r1 == 0 goto out; r8 = *(u64 *)(r1 + 8); if r8 s< 0 goto out; r6 = r1; "
#define IN_EACH(reg) \
"r1 = map[hash] ll; r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; r0 = 0; exit;" \
	"f: r8 = *(u64 *)(r3 + 0); if r8 s< 0 goto out; r6 = " reg "; "
#define KEY IN_EACH("r2")
#define ELEMENT IN_EACH("r3")
#define PACKET \
	"r6 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 80); r5 = r6; r5 += 16; if r5 > r3 goto out; " \
	"r8 = *(u64 *)(r6 + 0); if r8 s< 0 goto out; "
/* Another program, which may move the packet. */
#define OTHER "t: r2 = map[tbl] ll; r3 = 0; call tail_call; r0 = 0; exit; "
/* R7: far; R5: behind 8 bytes of the object */
#define FAR "r7 = r6; r7 += r8; r5 = r6; r5 += 8; "

#define CASE(name_, err_, log_, ...) { .name = name_, .err = -(err_), .log = log_, \
				       .text = __VA_ARGS__ }
/* Who may see addresses goes on and knows nothing; who may not is told that it may not ask. */
#define USE(what, make, cond, at, log_) \
	{ .name = what ", far: " cond, LEAK, .err = -EACCES, .log = log_, .text = make FAR "if " \
	  cond " goto out; r0 = *(u8 *)(r7 " at "); " OUT }, \
	CASE(what ", far: " cond ", who may not see addresses", EACCES, "pointer comparison prohibited", \
	     make FAR "if " cond " goto out; r0 = *(u8 *)(r7 " at "); " OUT)
#define ALL_WAYS(what, make, log) \
	USE(what, make, "r7 >= r5", "+ 0", log), USE(what, make, "r5 <= r7", "+ 0", log), \
	USE(what, make, "r7 s>= r5", "+ 0", log), USE(what, make, "r5 s<= r7", "+ 0", log), \
	USE(what, make, "r7 > r5", "- 1", log), USE(what, make, "r5 < r7", "- 1", log), \
	USE(what, make, "r7 s> r5", "- 1", log), USE(what, make, "r5 s< r7", "- 1", log), \
	USE(what, make, "r7 != r5", "- 1", log), USE(what, make, "r5 != r7", "- 1", log), \
	USE(what, make, "r7 < r6", "+ 0", log), USE(what, make, "r7 == r6", "+ 0", log)

/* Where the pointer is null a number is read from; so all depends on whether that way is walked. */
#define BAD "r9 = 0x4141 ll; "
#define NULL_IF(what, make, cond) \
	{ .name = what ", far: " cond, LEAK, .err = -EACCES, .log = "invalid mem access 'scalar'", \
	  .text = make FAR BAD "r4 = 0; if " cond \
	  " goto bad; goto out; bad: r0 = *(u64 *)(r9 + 0); " OUT }, \
	CASE(what ", far: " cond ", who may not see addresses", EACCES, "pointer comparison prohibited", \
	     make FAR BAD "r4 = 0; if " cond " goto bad; goto out; bad: r0 = *(u64 *)(r9 + 0); " OUT)
#define NULL_UNLESS(what, make, cond) \
	{ .name = what ", far: unless " cond, LEAK, .err = -EACCES, .log = "invalid mem access 'scalar'", \
	  .text = make FAR BAD "r4 = 0; if " cond " goto out; r0 = *(u64 *)(r9 + 0); " OUT }
#define ALL_NULL(what, make) \
	NULL_IF(what, make, "r7 == 0"), NULL_IF(what, make, "r7 == r4"), NULL_IF(what, make, "r4 == r7"), \
	NULL_UNLESS(what, make, "r7 != 0"), NULL_UNLESS(what, make, "r7 != r4"), \
	NULL_UNLESS(what, make, "r4 != r7")

#define UNBOUNDED "unbounded memory access"

static const struct verdict far_cases[] = {
	ALL_WAYS("a direct value", DIRECT, UNBOUNDED),
	ALL_WAYS("a value that was found", FOUND, UNBOUNDED),
	ALL_WAYS("the stack", STACK, UNBOUNDED),
	ALL_WAYS("a record", RECORD, UNBOUNDED),
	ALL_WAYS("memory of a global function", GIVEN, UNBOUNDED),
	ALL_WAYS("an element's value", ELEMENT, UNBOUNDED),
	ALL_NULL("a direct value", DIRECT),
	ALL_NULL("a value that was found", FOUND),
	ALL_NULL("the stack", STACK),
	NULL_UNLESS("a record", RECORD, "r7 != 0"), NULL_UNLESS("a record", RECORD, "r7 != r4"),
	NULL_UNLESS("a record", RECORD, "r4 != r7"),
	ALL_NULL("memory of a global function", GIVEN),
	ALL_NULL("an element's value", ELEMENT),
	ALL_NULL("an element's key", KEY),
	ALL_NULL("the context", NUMBER "r6 = r1; "),

	/* both sides move */
	{ .name = "two far ones", LEAK, .err = -EACCES, .log = UNBOUNDED,
	  .text = DIRECT
	  "r7 = r6; r7 += r8; r5 = r6; r5 += r8; if r7 > r5 goto out; r0 = *(u8 *)(r7 + 0); " OUT },
	{ .name = "a far one above one that moves little", LEAK, .err = -EACCES, .log = UNBOUNDED,
	  .text = DIRECT "r9 = *(u64 *)(r6 + 0); r9 &= 31; r7 = r6; r7 += r8; r5 = r6; r5 += r9; "
	  "if r7 >= r5 goto out; r0 = *(u8 *)(r7 + 0); " OUT },
	{ .name = "what a far one teaches the other", LEAK, .err = -EACCES, .log = "value_size=64",
	  .text = DIRECT "r9 = *(u64 *)(r6 + 0); r9 &= 127; if r8 > 63 goto l; goto out; "
	  "l: r7 = r6; r7 += r8; r5 = r6; r5 += r9; if r5 != r7 goto out;"
		  "r0 = *(u8 *)(r5 + 0); " OUT },
	{ .name = "which way a far one goes is never known", LEAK, .err = -EACCES,
	  .log = "invalid mem access 'scalar'",
	  .text = DIRECT FAR BAD "if r7 < r6 goto bad; goto out; bad: r0 = *(u8 *)(r9 + 0); " OUT },
	{ .name = "... with its sign neither", LEAK, .err = -EACCES, .log = "invalid mem access 'scalar'",
	  .text = DIRECT FAR BAD "if r7 s< r6 goto bad; goto out; bad: r0 = *(u8 *)(r9 + 0); " OUT },
	{ .name = "common bits", LEAK, .err = -EACCES, .log = UNBOUNDED,
	  .text = DIRECT FAR "if r7 & r5 goto out; r0 = *(u8 *)(r7 + 0); " OUT },
	{ .name = "the lower halves", LEAK, .err = -EACCES, .log = UNBOUNDED,
	  .text = DIRECT FAR "if w7 >= w5 goto out; r0 = *(u8 *)(r7 + 0); " OUT },
	{ .name = "the lower half and 0", LEAK, .err = -EACCES, .log = "invalid mem access 'scalar'",
	  .text = DIRECT FAR BAD "if w7 == 0 goto bad; goto out; bad: r0 = *(u8 *)(r9 + 0); " OUT },
	/* minus the address itself */
	{ .name = "a pointer and its opposite are 0", LEAK, .err = -EACCES,
	  .log = "invalid mem access 'scalar'",
	  .text = BAD LOOKUP_FOUR "if r0 == 0 goto out; r6 = r0; r6 = -r6; if r6 s< 0 goto out; "
	  "r0 += r6; if r0 == 0 goto bad; goto out; bad: r0 = *(u64 *)(r9 + 0); " OUT },
	{ .name = "... somewhere on the stack", LEAK, .err = -EACCES, .log = "invalid mem access 'scalar'",
	  .text = BAD "r6 = r10; r6 = -r6; if r6 s< 0 goto out; r7 = r10; r7 += r6; "
	  "*(u64 *)(r10 - 8) = r7; r7 = *(u64 *)(r10 - 8); if r7 == 0 goto bad; goto out; "
	  "bad: r0 = *(u64 *)(r9 + 0); " OUT },
	{ .name = "... by an exchange with what was saved", LEAK, .err = -EACCES,
	  .log = "invalid mem access 'scalar'",
	  .text = BAD LOOKUP_FOUR "if r0 == 0 goto out; r6 = r0; *(u64 *)(r10 - 16) = r6; r5 = 0; "
	  "r5 = atomic64_xchg((u64 *)(r10 - 16), r5); r5 = -r5; if r5 s< 0 goto out; "
	  "r6 += r5; if r6 == 0 goto bad; goto out; bad: r0 = *(u64 *)(r9 + 0); " OUT },
	{ .name = "... in a function", LEAK, .err = -EACCES, .log = "invalid mem access 'scalar'",
	  .text = DIRECT FAR "r1 = r7; call f; " OUT
	  "f: r9 = 0x4141 ll; r0 = 0; if r1 == 0 goto bad; exit; bad: r0 = *(u64 *)(r9 + 0); exit" },

	/* what is gone may have been far */
	{ .name = "a far pointer to a record that was given back", LEAK, .err = -EACCES,
	  .log = "invalid mem access 'scalar'",
	  .text = RECORD BAD "r7 = r6; r7 += r8; r1 = r6; r2 = 0; call ringbuf_submit; "
	  "if r7 == 0 goto bad; goto out; bad: r0 = *(u64 *)(r9 + 0); " OUT },
	{ .name = "a far pointer into a packet that moved", CLS, LEAK, .err = -EACCES,
	  .log = "invalid mem access 'scalar'",
	  .text = "r7 = r1; " PACKET BAD "r1 = r7; r7 = r6; r7 += r8; call t; if r7 == 0 goto bad; "
	  "goto out; bad: r0 = *(u64 *)(r9 + 0); " OUT OTHER },
	{ .name = "a record that was given back is not null", LEAK,
	  .text = RECORD "r1 = r6; r2 = 0; call ringbuf_submit; if r6 == 0 goto bad; goto out; "
	  "bad: r0 = r9; " OUT },
	{ .name = "a pointer into a packet that moved is not null", CLS, LEAK,
	  .text = "r7 = r1; " PACKET
	  "r1 = r7; call t; if r6 == 0 goto bad; goto out; bad: r0 = r9; " OUT OTHER },

	/* packets */
	{ .name = "a packet, far", CLS, LEAK, .err = -EACCES, .log = "invalid access to packet",
	  .text = PACKET
	  "r7 = r6; r7 += r8; r4 = r7; r4 += 8; if r4 > r3 goto out; r0 = *(u8 *)(r7 + 0); " OUT },
	{ .name = "a packet, far: null", CLS, LEAK, .err = -EACCES, .log = "invalid mem access 'scalar'",
	  .text = PACKET BAD
	  "r7 = r6; r7 += r8; if r7 == 0 goto bad; goto out; bad: r0 = *(u64 *)(r9 + 0); " OUT },
	{ .name = "a packet, far, and its end, who may not see addresses", CLS, .err = -EACCES,
	  .log = "R7 pointer comparison prohibited",
	  .text = PACKET "r7 = r6; r7 += r8; if r7 > r3 goto out; " OUT },
	{ .name = "... the end first", CLS, .err = -EACCES, .log = "R7 pointer comparison prohibited",
	  .text = PACKET "r7 = r6; r7 += r8; if r3 < r7 goto out; " OUT },
	{ .name = "... by 32 bits", CLS, .text = PACKET
	  "r8 &= 0xfffffff; r8 <<= 4; r7 = r6; r7 += r8; if r7 > r3 goto out; " OUT },
	{ .name = "two places in a packet, one of them far", CLS, .err = -EACCES,
	  .log = "R7 pointer comparison prohibited",
	  .text = PACKET "r7 = r6; r7 += r8; if r6 > r7 goto out; " OUT },
	{ .name = "no byte of a packet, far", CLS, LEAK, .err = -EINVAL, .log = UNBOUNDED,
	  .text = PACKET "r1 = r6; r1 += r8; call g; exit; " OUT
	  ".global int g(struct empty *); r0 = 0; exit" },

	/* helpers and far pointers */
	{ .name = "a far key", LEAK, .err = -EACCES, .log = UNBOUNDED,
	  .text = DIRECT FAR "r1 = map[hash] ll; r2 = r7; call map_lookup_elem; " OUT },
	{ .name = "no byte of a far buffer", LEAK, .err = -EACCES, .log = UNBOUNDED,
	  .text = DIRECT FAR "r1 = map[ring] ll; r2 = r7; r3 = 0; r4 = 0; call ringbuf_output; " OUT },
};

#define NEAR(n) "if r8 > " n " goto out; "

static const struct verdict near_cases[] = {
	ACCEPT("an index below 2^29: the end bounds it", DIRECT NEAR("0x1fffffff") FAR
	       "if r7 >= r5 goto out; r0 = *(u8 *)(r7 + 0); " OUT),
	REJECT("one more", EACCES, "pointer comparison prohibited", "may be far from what it was made of",
	       DIRECT NEAR("0x20000000") FAR "if r7 >= r5 goto out; r0 = *(u8 *)(r7 + 0); " OUT),
	ACCEPT("... in a value that was found", FOUND NEAR("0x1fffffff") FAR
	       "if r5 <= r7 goto out; r0 = *(u8 *)(r7 + 0); " OUT),
	ACCEPT("... on the stack", STACK NEAR("0x1fffffff") FAR
	       "if r7 s>= r5 goto out; r0 = *(u8 *)(r7 + 0); " OUT),
	ACCEPT("... in memory of a global function", GIVEN NEAR("0x1fffffff") FAR
	       "if r7 >= r5 goto out; r0 = *(u8 *)(r7 + 0); " OUT),
	ACCEPT("a near pointer is not null", DIRECT NEAR("0x1fffffff") FAR
	       "if r7 == 0 goto bad; goto out; bad: r0 = r9; " OUT),
	{ .name = "... of a packet", CLS, .text = PACKET NEAR("63")
	  "r7 = r6; r7 += r8; if r7 == 0 goto bad; goto out; bad: r0 = r9; " OUT },
	ACCEPT("the distance of far pointers is what was added",
	       DIRECT FAR "r7 -= r6; if r7 > 63 goto out; r6 += r7; r0 = *(u8 *)(r6 + 0); " OUT),
	REJECT("... without a bound no offset", EACCES, UNBOUNDED, NULL,
	       DIRECT FAR "r7 -= r6; r6 += r7; r0 = *(u8 *)(r6 + 0); " OUT),
	ACCEPT("a far pointer that comes back",
	       DIRECT "r9 = r8; r7 = r6; r7 += r8; r7 -= r6; if r7 >= 64 goto out; r7 += r6; "
	       "r0 = *(u8 *)(r7 + 0); " OUT),
};

int main(void)
{
	verdict_run(far_cases, ARRAY_SIZE(far_cases));
	verdict_run(near_cases, ARRAY_SIZE(near_cases));
	return tap_done();
}
