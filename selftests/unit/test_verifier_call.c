/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts on helper calls: who may call what, with which arguments.
 */
#include "verdict.h"

#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER
#define BUFFER "r1 = r10; r1 += -16; "
#define KEY4 "*(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4; "
#define KEY8 "*(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; "
#define VALUE16 "*(u64 *)(r10 - 24) = 0; *(u64 *)(r10 - 16) = 0; r3 = r10; r3 += -24; "

static const struct verdict cases[] = {
	/* who may call what */
	REJECT("a helper that xbpf has not", EINVAL, "unknown func bpf_redirect#23",
	       "unknown func bpf_redirect#23: xbpf has no such helper",
	       "r1 = 1; r2 = 0; call 23; exit"),
	REJECT("a helper that nobody has", EINVAL, "invalid func unknown#9999",
	       "no helper of number 9999 (invalid func unknown#9999)", "call 9999; exit"),
	REJECT("helper 0", EINVAL, NULL, "bpf_unspec#0", "call 0; exit"),
	{ .name = "a packet helper in a kprobe", .err = -EINVAL,
	  .reason = "program of type kprobe may not call bpf_skb_load_bytes#26 "
	  "(unknown func bpf_skb_load_bytes#26)",
	  .text = "r2 = 0; r3 = r10; r3 += -8; r4 = 8; call skb_load_bytes; exit" },
	{ .name = "bytes of a packet", SOCKET, .text =
	  "r2 = 0; r3 = r10; r3 += -8; r4 = 8; call skb_load_bytes; r0 = *(u64 *)(r10 - 8); exit" },
	{ .name = "probe reads in a socket filter of who lacks CAP_PERFMON", SOCKET, .err = -EINVAL,
	  .reason = "bpf_probe_read_kernel#113 in a program of type socket_filter needs CAP_PERFMON: "
	  "load it as root (unknown func bpf_probe_read_kernel#113)",
	  .text = BUFFER "r2 = 8; r3 = 0; call probe_read_kernel; r0 = 0; exit" },
	{ .name = "probe reads in a socket filter", SOCKET, .may_leak = true,
	  .text = BUFFER "r2 = 8; r3 = 0; call probe_read_kernel; r0 = 0; exit" },
	{ .name = "the old probe read in a socket filter", SOCKET, .may_leak = true, .err = -EINVAL,
	  .reason = "type socket_filter may not call bpf_probe_read#4",
	  .text = BUFFER "r2 = 8; r3 = 0; call probe_read; r0 = 0; exit" },
	{ .name = "the current task in a socket filter", SOCKET,
	  .text = "call get_current_pid_tgid; exit" },
	{ .name = "the current user in a socket filter", SOCKET, .err = -EINVAL,
	  .reason = "may not call bpf_get_current_uid_gid#15",
	  .text = "call get_current_uid_gid; exit" },
	{ .name = "the current user in a syscall filter", .type = XBPF_PROG_TYPE_SYSCALL_FILTER,
	  .text = "call get_current_uid_gid; exit" },
	{ .name = "a GPL-only helper in a proprietary program", .proprietary = true, .err = -EINVAL,
	  .log = "cannot call GPL-restricted function from non-GPL compatible program",
	  .reason = "bpf_probe_read_kernel needs a licence",
	  .text = "r1 = r10; r1 += -8; r2 = 8; r3 = 0; call probe_read_kernel; r0 = 0; exit" },
	{ .name = "another helper in a proprietary program", .proprietary = true,
	  .text = "call get_prandom_u32; exit" },
	ACCEPT("helpers without arguments",
	       "call ktime_get_ns; call get_prandom_u32; call get_smp_processor_id; "
	       "call get_current_pid_tgid; call get_current_uid_gid; exit"),

	/* maps */
	ACCEPT("lookup in an array", KEY4 "r1 = map[four] ll; call map_lookup_elem; " RETURN_0),
	ACCEPT("lookup in a hash", KEY8 "r1 = map[hash] ll; call map_lookup_elem; " RETURN_0),
	ACCEPT("a key in a map value",
	       "r1 = map[hash] ll; r2 = map[arr][0]+56 ll; call map_lookup_elem; " RETURN_0),
	REJECT("a key past a map value", EACCES,
	       "invalid access to map value, value_size=64 off=57 size=8", NULL,
	       "r1 = map[hash] ll; r2 = map[arr][0]+57 ll; call map_lookup_elem; " RETURN_0),
	REJECT("a key shorter than the map's", EACCES, "invalid indirect read from stack", NULL,
	       "*(u32 *)(r10 - 8) = 0; r2 = r10; r2 += -8; r1 = map[hash] ll; "
	       "call map_lookup_elem; " RETURN_0),
	REJECT("a key in the context", EACCES, "R2 type=ctx expected=fp", "stack or in a map value",
	       "r2 = r1; r1 = map[hash] ll; call map_lookup_elem; " RETURN_0),
	REJECT("a key in a result that may be null", EACCES, "R2 type=map_value_or_null", "R2 may be null",
	       LOOKUP_HASH "r2 = r0; r1 = map[hash] ll; call map_lookup_elem; " RETURN_0),
	REJECT("a number for a key", EACCES, "R2 type=scalar expected=fp", NULL,
	       "r1 = map[four] ll; r2 = 0; call map_lookup_elem; " RETURN_0),
	REJECT("a number for a map", EACCES, "R1 type=scalar expected=map_ptr", "must be a map",
	       KEY4 "r1 = 5; call map_lookup_elem; " RETURN_0),
	REJECT("the stack for a map", EACCES, "R1 type=fp expected=map_ptr", NULL,
	       KEY4 "r1 = r10; call map_lookup_elem; " RETURN_0),
	REJECT("a map value for a map", EACCES, "R1 type=map_value expected=map_ptr", NULL,
	       KEY4 "r1 = map[arr][0]+0 ll; call map_lookup_elem; " RETURN_0),
	REJECT("lookup in a program array", EINVAL,
	       "cannot pass map_type 3 into func bpf_map_lookup_elem#1", "which is of type prog_array",
	       KEY4 "r1 = map[tbl] ll; call map_lookup_elem; " RETURN_0),
	REJECT("update of a program array", EINVAL,
	       "cannot pass map_type 3 into func bpf_map_update_elem#2", NULL,
	       KEY4 VALUE16 "r4 = 0; r1 = map[tbl] ll; call map_update_elem; " RETURN_0),
	REJECT("delete from a program array", EINVAL, "cannot pass map_type 3", NULL,
	       KEY4 "r1 = map[tbl] ll; call map_delete_elem; " RETURN_0),
	ACCEPT("update", KEY8 VALUE16 "r4 = 0; r1 = map[hash] ll; call map_update_elem; exit"),
	REJECT("update with half a value", EACCES, "invalid indirect read from stack", NULL,
	       KEY8 "*(u64 *)(r10 - 24) = 0; r3 = r10; r3 += -24; r4 = 0; r1 = map[hash] ll; "
	       "call map_update_elem; exit"),
	REJECT("update without flags", EACCES, "R4 !read_ok", NULL,
	       KEY8 VALUE16 "r1 = map[hash] ll; call map_update_elem; exit"),
	REJECT("update with a pointer for flags", EACCES, "R4 type=fp expected=scalar", "must be a number",
	       KEY8 VALUE16 "r4 = r10; r1 = map[hash] ll; call map_update_elem; exit"),
	ACCEPT("delete", KEY8 "r1 = map[hash] ll; call map_delete_elem; exit"),
	ACCEPT("one of two maps",
	       KEY8 "r6 = *(u64 *)(r1 + 0); r1 = map[hash] ll; if r6 == 0 goto l; "
	       "*(u32 *)(r10 - 8) = 0; r1 = map[four] ll;"
	       "l: call map_lookup_elem; if r0 == 0 goto out; r0 = *(u64 *)(r0 + 0); exit; "
	       "out: r0 = 0; exit"),
	REJECT("... the smaller value counts", EACCES, "value_size=8", NULL,
	       KEY8 "r6 = *(u64 *)(r1 + 0); r1 = map[hash] ll; if r6 == 0 goto l; "
	       "*(u32 *)(r10 - 8) = 0; r1 = map[four] ll;"
	       "l: call map_lookup_elem; if r0 == 0 goto out; r0 = *(u64 *)(r0 + 8); exit; "
	       "out: r0 = 0; exit"),

	/* sizes */
	ACCEPT("a constant size", BUFFER "r2 = 16; r3 = 0; call probe_read_kernel; exit"),
	REJECT("a size past the stack", EINVAL, "invalid write to stack R1 off=-16 size=17", NULL,
	       BUFFER "r2 = 17; r3 = 0; call probe_read_kernel; exit"),
	REJECT("a negative size", EACCES, "R2 min value is negative", "may be negative",
	       BUFFER "r2 = -1; r3 = 0; call probe_read_kernel; exit"),
	REJECT("a size without bound", EACCES, "R2 unbounded memory access", "no upper bound",
	       "r2 = *(u32 *)(r1 + 0); " BUFFER "r3 = 0; r2 <<= 16; call probe_read_kernel; exit"),
	REJECT("a size that may be negative", EACCES, "R2 min value is negative", NULL,
	       "r2 = *(u64 *)(r1 + 0); if r2 s> 16 goto out; " BUFFER
	       "r3 = 0; call probe_read_kernel; out: " RETURN_0),
	ACCEPT("a bounded size", "r2 = *(u64 *)(r1 + 0); if r2 > 16 goto out; " BUFFER
	       "r3 = 0; call probe_read_kernel; out: " RETURN_0),
	REJECT("a bounded size, one too many", EINVAL, "size=17", NULL,
	       "r2 = *(u64 *)(r1 + 0); if r2 > 17 goto out; " BUFFER
	       "r3 = 0; call probe_read_kernel; out: " RETURN_0),
	ACCEPT("size 0 where it is allowed", BUFFER "r2 = 0; r3 = 0; call probe_read_kernel; exit"),
	REJECT("size 0 where it is not", EACCES, "R2 invalid zero-sized read", "may be 0",
	       BUFFER "r2 = 0; call get_current_comm; exit"),
	REJECT("a size that may be 0", EACCES, "invalid zero-sized read", NULL,
	       "r2 = *(u64 *)(r1 + 0); r2 &= 15; " BUFFER "call get_current_comm; exit"),
	ACCEPT("... checked", "r2 = *(u64 *)(r1 + 0); r2 &= 15; if r2 == 0 goto out; " BUFFER
	       "call get_current_comm; out: " RETURN_0),
	REJECT("a pointer for a size", EACCES, "R2 type=fp expected=scalar", "must be a size",
	       BUFFER "r2 = r10; call get_current_comm; exit"),
	REJECT("no size at all", EACCES, "R2 !read_ok", NULL, BUFFER "call get_current_comm; exit"),
	ACCEPT("reading into a map value",
	       "r1 = map[arr][0]+0 ll; r2 = 64; r3 = 0; call probe_read_kernel; exit"),
	REJECT("reading past a map value", EACCES, "value_size=64 off=0 size=65", NULL,
	       "r1 = map[arr][0]+0 ll; r2 = 65; r3 = 0; call probe_read_kernel; exit"),
	ACCEPT("offset and size bounded together",
	       "r6 = *(u64 *)(r1 + 0); r6 &= 31; r1 = map[arr][0]+0 ll; r1 += r6; r2 = 33; r3 = 0; "
	       "call probe_read_kernel; exit"),
	REJECT("offset and size past the end together", EACCES, "value_size=64", NULL,
	       "r6 = *(u64 *)(r1 + 0); r6 &= 31; r1 = map[arr][0]+0 ll; r1 += r6; r2 = 34; r3 = 0; "
	       "call probe_read_kernel; exit"),
	REJECT("reading into null", EACCES, "R1 type=scalar expected=fp", NULL,
	       "r1 = 0; r2 = 8; r3 = 0; call probe_read_kernel; exit"),
	REJECT("reading into the context", EACCES, "R1 type=ctx expected=fp", NULL,
	       "r2 = 8; r3 = 0; call probe_read_kernel; exit"),
	ACCEPT("printing",
	       "*(u64 *)(r10 - 8) = 0x6968; r1 = r10; r1 += -8; r2 = 8; call trace_printk; exit"),
	REJECT("printing what was not written", EACCES, "invalid indirect read", NULL,
	       "r1 = r10; r1 += -8; r2 = 8; call trace_printk; exit"),
	ACCEPT("a string's length is at most the size",
	       "r1 = map[arr][0]+0 ll; r2 = 63; r3 = 0; call probe_read_kernel_str; "
	       "if r0 s< 0 goto out; r1 = map[arr][0]+0 ll; r1 += r0; r0 = *(u8 *)(r1 + 0); out: "
	       RETURN_0),
	REJECT("... and may be the size", EACCES, "value_size=64 off=64 size=1", NULL,
	       "r1 = map[arr][0]+0 ll; r2 = 64; r3 = 0; call probe_read_kernel_str; "
	       "if r0 s< 0 goto out; r1 = map[arr][0]+0 ll; r1 += r0; r0 = *(u8 *)(r1 + 0); out: "
	       RETURN_0),
	REJECT("... or an error", EACCES, "min value is negative", NULL,
	       "r1 = map[arr][0]+0 ll; r2 = 63; r3 = 0; call probe_read_kernel_str; "
	       "r1 = map[arr][0]+0 ll; r1 += r0; r0 = *(u8 *)(r1 + 0); out: " RETURN_0),
	REJECT("the result of a plain read is no length", EACCES, "unbounded memory access", NULL,
	       "r1 = map[arr][0]+0 ll; r2 = 63; r3 = 0; call probe_read_kernel; "
	       "if r0 s< 0 goto out; r1 = map[arr][0]+0 ll; r1 += r0; r0 = *(u8 *)(r1 + 0); out: "
	       RETURN_0),
	REJECT("a string of one of several elements, of which the first is terminated", EACCES,
	       "does not point to a readonly map", "an array of one entry",
	       KEY4 "r1 = map[texts] ll; call map_lookup_elem; if r0 == 0 goto out; "
	       "*(u64 *)(r10 - 16) = 0; r1 = r10; r1 += -16; r2 = 8; r3 = r0; call strncmp; "
	       "out: " RETURN_0),
	ACCEPT("printing a constant string", "r1 = map[ro][0]+0 ll; r2 = 16; call trace_printk; exit"),

	/* tail calls */
	ACCEPT("a tail call", "r2 = map[tbl] ll; r3 = 3; call tail_call; " RETURN_0),
	ACCEPT("with an index of which nothing is known",
	       "r3 = *(u64 *)(r1 + 0); r2 = map[tbl] ll; call tail_call; " RETURN_0),
	REJECT("R0 behind a tail call", EACCES, "R0 !read_ok", NULL,
	       "r2 = map[tbl] ll; r3 = 3; call tail_call; exit"),
	REJECT("R1 behind a tail call", EACCES, "R1 !read_ok", NULL,
	       "r2 = map[tbl] ll; r3 = 3; call tail_call; r0 = *(u64 *)(r1 + 0); exit"),
	ACCEPT("R6 behind a tail call",
	       "r6 = r1; r2 = map[tbl] ll; r3 = 3; call tail_call; r0 = *(u64 *)(r6 + 0); exit"),
	REJECT("a tail call by another map", EINVAL,
	       "cannot pass map_type 2 into func bpf_tail_call#12", "of type array",
	       "r2 = map[four] ll; r3 = 3; call tail_call; " RETURN_0),
	REJECT("a tail call without context", EACCES, "R1 type=fp expected=ctx",
	       "the context of the program", "r1 = r10; r2 = map[tbl] ll; r3 = 3; call tail_call; "
	       RETURN_0),
	REJECT("a tail call with half a context", EACCES,
	       "dereference of modified ctx ptr R1 off=8 disallowed", "the context itself",
	       "r1 += 8; r2 = map[tbl] ll; r3 = 3; call tail_call; " RETURN_0),
	{ .name = "... of who may see it", .may_leak = true,
	  .text = "r2 = map[tbl] ll; r3 = r10; call tail_call; " RETURN_0 },
	REJECT("a pointer for the index", EACCES, "R3 type=fp expected=scalar", NULL,
	       "r2 = map[tbl] ll; r3 = r10; call tail_call; " RETURN_0),
};

int main(void)
{
	verdict_run(cases, ARRAY_SIZE(cases));
	return tap_done();
}
