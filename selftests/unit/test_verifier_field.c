/* SPDX-License-Identifier: GPL-2.0 */
/* Verdicts on reading the fields of a map through its pointer: each is a constant, or refused. */
#include "verdict.h"
#include "../lib/load.h"

/* Offsets of rt_env. */
#define TYPE "24"
#define KEY "28"
#define VALUE "32"
#define ENTRIES "36"
#define FLAGS "48"
#define ID "52"

#define ROOT .may_leak = true
#define READS(name_, text_) { .name = name_, ROOT, .text = text_ "exit" }
#define BAD(name_, err_, log_, reason_, ...) \
	{ .name = name_, ROOT, .err = -(err_), .log = log_, .reason = reason_, .text = __VA_ARGS__ }
#define MAP(name) "r2 = map[" name "] ll; "
#define NONE_OF "none of what xbpf offers"
/* one of two maps in R2 */
#define EITHER(a, b) \
	"call get_prandom_u32; r2 = map[" a "] ll; if r0 == 1 goto l; r2 = map[" b "] ll; l: "
#define INNER KEY_0 "r1 = map[outer] ll; call map_lookup_elem; if r0 == 0 goto out; r2 = r0; "
#define OUT "out: r0 = 0; exit"
/* 64 bytes of a value, by an index that must be known */
#define INDEX "r3 = map[arr][0]+0 ll; r3 += r0; r0 = *(u8 *)(r3 + 0); "

static const struct verdict cases[] = {
	READS("the entries of a map", MAP("four") "r0 = *(u32 *)(r2 + " ENTRIES "); "),
	READS("... are a known number", MAP("four") "r0 = *(u32 *)(r2 + " ENTRIES "); " INDEX),
	BAD("... which may be too large", EACCES, "invalid access to map value", NULL,
	    MAP("rb") "r0 = *(u32 *)(r2 + " ENTRIES "); " INDEX "exit"),
	{ .name = "who may not see addresses", .err = -EPERM,
	  .log = "allowed only to CAP_PERFMON", .reason = "needs CAP_PERFMON",
	  .text = MAP("four") "r0 = *(u32 *)(r2 + " ENTRIES "); exit" },
	BAD("another field", EACCES, "invalid access to struct bpf_map, off=40 size=8",
	    "bytes 40 to 47 of struct bpf_map are " NONE_OF, MAP("four") "r0 = *(u64 *)(r2 + 40); exit"),
	BAD("two fields at once", EACCES, NULL, NONE_OF, MAP("four") "r0 = *(u64 *)(r2 + " TYPE "); exit"),
	BAD("half of one and half of the next", EACCES, NULL, NONE_OF,
	    MAP("four") "r0 = *(u32 *)(r2 + 26); exit"),
	BAD("before the map", EACCES, NULL, NONE_OF, MAP("four") "r0 = *(u32 *)(r2 - 4); exit"),
	BAD("behind all fields", EACCES, NULL, NONE_OF, MAP("four") "r0 = *(u32 *)(r2 + 56); exit"),
	BAD("a byte behind a field", EACCES, NULL, NONE_OF, MAP("four") "r0 = *(u8 *)(r2 + 40); exit"),
	BAD("writing to a field", EACCES, "only read from bpf_map is supported",
	    "can be read, not written", MAP("four") "*(u32 *)(r2 + " ENTRIES ") = 5; " RETURN_0),
	BAD("... a register", EACCES, "only read from bpf_map is supported", NULL,
	    MAP("four") "r1 = 5; *(u32 *)(r2 + " ENTRIES ") = r1; " RETURN_0),
	BAD("an atomic operation on a field", EACCES, "BPF_ATOMIC stores into R2 map_ptr", NULL,
	    MAP("four") "r1 = 5; lock *(u32 *)(r2 + " ENTRIES ") += r1; " RETURN_0),
	BAD("a field as memory of a helper", EACCES, "R1 type=map_ptr expected=fp", NULL,
	    "r1 = map[four] ll; r2 = 4; call trace_printk; " RETURN_0),
	READS("one of two maps that agree", EITHER("four", "pcpu") "r0 = *(u32 *)(r2 + " ENTRIES "); "),
	BAD("one of two that differ", EINVAL, "is not one constant",
	    "reads max_entries of maps that differ",
	    EITHER("four", "hash") "r0 = *(u32 *)(r2 + " ENTRIES "); exit"),
	BAD("... in a function that is called with both", EINVAL, "is not one constant", NULL,
	    "r1 = map[four] ll; call f; r1 = map[hash] ll; call f; exit; "
	    "f: r0 = *(u32 *)(r1 + " ENTRIES "); exit"),
	BAD("a map or a value", EINVAL, "same insn cannot be used with different pointers", NULL,
	    "call get_prandom_u32; r2 = map[four] ll; if r0 == 1 goto l; r2 = map[arr][0]+0 ll; "
	    "l: r0 = *(u32 *)(r2 + " ENTRIES "); exit"),
	BAD("a value or a map", EINVAL, "same insn cannot be used with different pointers", NULL,
	    "call get_prandom_u32; r2 = map[arr][0]+0 ll; if r0 == 1 goto l; r2 = map[four] ll; "
	    "l: r0 = *(u32 *)(r2 + " ENTRIES "); exit"),
	BAD("a map or the context", EINVAL, "same insn cannot be used with different pointers", NULL,
	    "r6 = r1; call get_prandom_u32; r2 = map[four] ll; if r0 == 1 goto l; r2 = r6; "
	    "l: r0 = *(u32 *)(r2 + 24); exit"),
	BAD("a map or the stack", EINVAL, "same insn cannot be used with different pointers", NULL,
	    "*(u64 *)(r10 - 8) = 0; call get_prandom_u32; r2 = map[four] ll; if r0 == 1 goto l; "
	    "r2 = r10; r2 += -44; l: r0 = *(u32 *)(r2 + " ENTRIES "); exit"),
	READS("the map of a callback",
	      "r1 = map[hash] ll; r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; r0 = 0; exit; "
	      "f: r0 = *(u32 *)(r1 + " ENTRIES "); r0 &= 1; "),
	{ .name = "strict alignment", ROOT, .err = -EACCES, .flags = BPF_F_STRICT_ALIGNMENT,
	  .log = "misaligned", .text = MAP("four") "r0 = *(u16 *)(r2 + 37); exit" },
	BAD("a map in a map: its entries, of an array", 0, NULL, NULL,
	    INNER "r0 = *(u32 *)(r2 + " ENTRIES "); " INDEX OUT),
	BAD("... its sizes and flags", 0, NULL, NULL, INNER "r0 = *(u32 *)(r2 + " KEY "); "
	    "r0 = *(u32 *)(r2 + " VALUE "); r0 = *(u32 *)(r2 + " TYPE "); "
	    "r0 = *(u32 *)(r2 + " FLAGS "); " OUT),
	BAD("... its id", EINVAL, "is not one constant", "reads id of maps that differ",
	    INNER "r0 = *(u32 *)(r2 + " ID "); " OUT),
	BAD("... its entries, of a hash", EINVAL, "is not one constant",
	    "reads max_entries of maps that differ",
	    KEY_0 "r1 = map[houter] ll; call map_lookup_elem; if r0 == 0 goto out; r2 = r0; "
	    "r0 = *(u32 *)(r2 + " ENTRIES "); " OUT),
	BAD("... its entries, where maps may have others", EINVAL, "is not one constant", NULL,
	    KEY_0 "r1 = map[aouter] ll; call map_lookup_elem; if r0 == 0 goto out; r2 = r0; "
	    "r0 = *(u32 *)(r2 + " ENTRIES "); " OUT),
	BAD("... before its null check", EACCES, "map_ptr_or_null", NULL,
	    KEY_0 "r1 = map[outer] ll; call map_lookup_elem; r0 = *(u32 *)(r0 + " ENTRIES "); exit"),
};

/* More maps than all others see. */
static void world(void)
{
	verdict_world();
	rt_map_new("neg", BPF_MAP_TYPE_HASH, 8, 0x8081, 0x80000001, BPF_F_NO_PREALLOC | BPF_F_RDONLY);
	rt_map_set_inner(rt_map_new("houter", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0),
			 rt_map_by_name("hash"));
	rt_map_set_inner(rt_map_new("aouter", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0),
			 rt_map_new("anyarr", BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_INNER_MAP));
}

/* What an engine makes of it, and that no engine follows the pointer. */
static void run_one(const char *what, const char *text, u64 expect)
{
	static const u32 engines[] = { LOAD_INTERP, LOAD_JIT };
	u64 ctx[21] = { 0 }, got;
	char source[200];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		struct loaded p = { 0 };
		int err;

		world();
		snprintf(source, sizeof(source), "r2 = map[neg] ll; r0 = %s; exit", text);
		err = load_asm(&p, source, BPF_PROG_TYPE_KPROBE, engines[i] | LOAD_MAY_LEAK);
		got = err ? 0 : load_run(&p, engines[i], ctx);
		tap_ok(!err && got == expect, "%s, %s", what, i ? "JIT" : "interpreter");
		if (err || got != expect)
			tap_diag("%d, 0x%llx, not 0x%llx", err, (unsigned long long)got,
				 (unsigned long long)expect);
		load_free(&p);
	}
}

int main(void)
{
	verdict_run_in(world, cases, ARRAY_SIZE(cases));
	run_one("type", "*(u32 *)(r2 + " TYPE ")", BPF_MAP_TYPE_HASH);
	run_one("key_size", "*(u32 *)(r2 + " KEY ")", 8);
	run_one("value_size", "*(u32 *)(r2 + " VALUE ")", 0x8081);
	run_one("flags, without those of the fd", "*(u32 *)(r2 + " FLAGS ")", BPF_F_NO_PREALLOC);
	run_one("id", "*(u32 *)(r2 + " ID ")", rt_map_info(rt_map_by_name("neg"))->id);
	run_one("max_entries has no sign", "*(u32 *)(r2 + " ENTRIES ")", 0x80000001);
	run_one("... but one that the load extends", "*(s32 *)(r2 + " ENTRIES ")", 0xffffffff80000001);
	run_one("half of a field", "*(u16 *)(r2 + " VALUE ")", 0x8081);
	run_one("... with its sign", "*(s16 *)(r2 + " VALUE ")", 0xffffffffffff8081);
	run_one("a byte of it", "*(u8 *)(r2 + 33)", 0x80);
	run_one("the first one", "*(u8 *)(r2 + 32)", 0x81);
	run_one("... with its sign", "*(s8 *)(r2 + 33)", 0xffffffffffffff80);
	run_one("the last byte", "*(u8 *)(r2 + 39)", 0x80);
	return tap_done();
}
