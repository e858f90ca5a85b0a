/* SPDX-License-Identifier: GPL-2.0 */
/* Reasons: which of upstream's say nothing about safety, and how often each was given. */
#define _GNU_SOURCE
#include <ctype.h>

#include "../../user/cli/reasons.h"
#include "../tap.h"
#include "oracle.h"

#define UNCALLED "6.1 checks global functions that nobody calls"
#define NO_VOID	"upstream has no global functions that return nothing"
#define NO_BTF	"upstream wants type information for these functions"

/*
 * Words of upstream's last line, as in user/cli/reasons.c; but these would cover too much, and hold
 * for one program only, by its name. Neither say that the program is safe: each counts only for
 * one that keeps to its memory when oracle_witness() runs it.
 */
static const struct explanation {
	const char *words;
	const char *program;
	u32 before;		/* the first kernel that says so no more, 0: all say it */
	const char *why;
} explanations[] = {
	/*
	 * Upstream wants BTF of callbacks and of functions that tail-call, which programs of text have
	 * not. It says so before it has looked at the rest, so each vector is named.
	 */
	{ "missing btf func_info", "a loop counts, main", 0, NO_BTF },
	{ "missing btf func_info", "a loop in a loop, main", 0, NO_BTF },
	{ "missing btf func_info",
	  "a loop in a subprogram, in a program that a tail call came to from one, target",
	  0, NO_BTF },
	{ "missing btf func_info", "a loop of no rounds, main", 0, NO_BTF },
	{ "missing btf func_info", "a loop that is stopped, main", 0, NO_BTF },
	{ "missing btf func_info", "each element of an array, main", 0, NO_BTF },
	{ "missing btf func_info", "the key of a round stays in its stack, main", 0, NO_BTF },
	{ "tail_call is not allowed in subprogs without BTF",
	  "a chain out of subprograms, each with 256 bytes below it, comes back through all, down",
	  0, NO_BTF },
	{ "tail_call is not allowed in subprogs without BTF",
	  "a chain out of subprograms, each with 256 bytes below it, comes back through all, main",
	  0, NO_BTF },
	{ "tail_call is not allowed in subprogs without BTF",
	  "a loop in a subprogram, in a program that a tail call came to from one, main",
	  0, NO_BTF },
	{ "tail_call is not allowed in subprogs without BTF",
	  "a tail call in a subprogram returns to the caller of that, main", 0, NO_BTF },
	{ "tail_call is not allowed in subprogs without BTF",
	  "a tail call in a subprogram that fails goes on there, main", 0, NO_BTF },
	{ "tail_call is not allowed in subprogs without BTF",
	  "tail calls in subprograms share the budget of the run, again", 0, NO_BTF },
	{ "tail_call is not allowed in subprogs without BTF",
	  "tail calls in subprograms share the budget of the run, main", 0, NO_BTF },

	/* global functions: upstream 6.12 has none without result; nobody can use what is left in R0 */
	{ "Caller passes invalid args into func#",
	  "a global function writes to its caller's stack, main", 0, NO_VOID },
	{ "Caller passes invalid args into func#", "a function without result", 0, NO_VOID },
	{ "doesn't return scalar", "a global function writes to its caller's stack, main", 612, NO_VOID },
	{ "doesn't return scalar", "a function without result", 612, NO_VOID },
	{ "doesn't return scalar", "... may leave a pointer in R0", 612, NO_VOID },
	{ "invalid mem access 'scalar'",
	  "a function that is never called is not checked, and no code for it is needed, main",
	  612, UNCALLED },
	{ "size cannot be determined", "a function with it that is never called", 612, UNCALLED },
	{ "invalid mem access 'mem_or_null'", "... by the kernel's name", 612,
	  "to 6.1 only struct __sk_buff is the context" },
	{ "math between map_value pointer", "a global function is not walked before it is called",
	  612, UNCALLED },
	{ "Caller passes invalid args into func#", "... may leave a pointer in R0", 0, NO_VOID },
	{ "Caller passes invalid args into func#", "memory that is nobody's but of no size",
	  0, "no byte of it can be accessed" },

	/* the verdict tables: each is argued there, by its opposite that is refused */
	{ "cannot return stack pointer to the caller", "returning an address of the caller's stack", 0,
	  "the caller's frame outlives the callee; the callee's own is refused" },
	{ "dereference of modified ctx ptr", "a context with a constant offset", 0,
	  "the sum of the offsets is what is checked" },
	{ "same insn cannot be used with different pointers", "... where both have it", 0,
	  "upstream rewrites context accesses; ours are loads of the same memory" },
	{ "unbounded min value", "modulo", 0,
	  "unsigned n % 64 is below 64; upstream 6.12 takes it as unknown" },
	{ "unbounded min value", "a number with itself subtracted", 0, "n - n is 0" },
	{ "unbounded memory access", "byte swap of 16 bits, cut", 0, "be16 gives at most 0xffff" },
	{ "unbounded min value", "64 - n for n in 1..64", 0, "64 - n is in 0..63" },
	{ "unbounded min value", "n - 1 < 64 bounds n", 0,
	  "numbers that differ by a constant are narrowed together" },
	{ "map_value_or_null", "the null check against a register", 0, "the register is known to be 0" },
	{ "R9 !read_ok", "a pointer that is never null decides the branch", 0,
	  "the branch is dead: the context is not null" },

	/* ... what 6.1 has not yet */
	{ "get_current_pid_tgid", "the current task in a socket filter", 610,
	  "upstream gave it to all types in 6.10" },
	{ "invalid zero-sized read", "... checked", 612, "6.1 learns nothing from !=" },
	{ "unbounded memory access", "a 32-bit copy of a short number is equal", 612,
	  "6.1 does not link 32-bit copies" },
	{ "max value is outside", "the low byte of a spilled number", 612,
	  "6.1 does not follow narrow fills" },
	{ "max value is outside", "inequality cuts the end of a range", 612,
	  "6.1 learns nothing from !=" },
	{ "unbounded min value", "a spilled copy learns", 612,
	  "6.1 does not link fills with the register spilled" },
	{ "unbounded min value", "the original learns from its fill", 612,
	  "6.1 does not link fills with the register spilled" },

	/* the corpus */
	{ "invalid indirect access to stack", "a buffer to write, k 5.0.0.0.0", 0,
	  "no byte of it is written: the size is 0" },
	{ "invalid indirect access to stack", "a buffer to write, P 5.0.0.0.0", 0,
	  "no byte of it is written: the size is 0" },
	{ "LD_ABS is not allowed in subprogs without BTF",
	  "in a subprogram a legacy load that fails returns 0 to the caller, main", 0,
	  "upstream asks BTF whether the function returns a number; ours looks at what it returns" },
	{ "call bpf_snprintf", "snprintf, argument 5 spoilt, 0", 0,
	  "how much data the format wants is looked at when it runs: -EINVAL" },
	{ "Invalid format string", "snprintf, argument 5 spoilt, 4", 0,
	  "how much data the format wants is looked at when it runs: -EINVAL" },
	{ "infinite loop detected", "a loop counter on the stack, forks counted beside it",
	  0, "the counter is compared: the loop ends" },
};

/* Both refuse, with different errnos: words of both. */
static const struct {
	const char *theirs, *ours, *why;
} errnos[] = {
	{ "math between map_value pointer", "the access through",
	  "upstream knows less of the number and refuses the sum, ours what is done with it" },
	{ "math between map_value pointer", "the index in",
	  "upstream knows less of the number and refuses the sum, ours what is done with it" },
	{ "makes map_value pointer be out of bounds", "the access through",
	  "upstream refuses the sum, ours what is done with it" },
	{ "makes map_value pointer be out of bounds", "the index in",
	  "upstream refuses the sum, ours what is done with it" },
	{ "", "can be addressed directly only in an array of one entry",
	  "ENOTSUPP is the kernel's own, user space does not know it" },
	{ "direct value access on string failed", "must be an array of one entry",
	  "ENOTSUPP is the kernel's own, user space does not know it" },
	{ "no words: Unknown error 524", "", "ENOTSUPP is the kernel's own, user space does not know it" },
	{ "the call stack of", "the function calls itself",
	  "ours finds the circle, upstream the ninth frame" },
	{ "tail_call", "this function makes tail calls while its callers hold",
	  "without types upstream does not come to the stack" },
	{ "Caller passes invalid args into func#", "is read but was not written",
	  "upstream has no global functions without result" },
	{ "no words: Invalid argument", "is read but was not written",
	  "upstream's BTF has no functions whose result is a typedef of void" },
	{ "Caller passes invalid args into func#", "tagged \"arg:trusted\"",
	  "upstream looks for the type in its own BTF" },
	{ "Caller passes invalid args into func#", "must point to 16 bytes of memory, R2 is ?",
	  "to upstream a register that was not written is another fault" },
	{ "Caller passes invalid args into func#", "R1 is a pointer into it",
	  "to upstream a moved context is another fault" },
	{ "Caller passes invalid args into func#", "of memory of 0 bytes",
	  "upstream refuses the argument, ours what is done with it" },
	{ "", "is malformed: ", "ours looks at the form of all instructions before it walks any" },
	{ "last insn is not an exit or jmp", "is no map of xbpf",
	  "ours looks for the maps before the graph" },
	{ "jumps is too complex", "the loop may run forever",
	  "ours finds the circle, upstream loses patience" },
	{ "cannot return stack pointer to the caller", "",
	  "upstream refuses the caller's address as a result, ours what is done with it" },
	{ "min value is negative", "is outside of the stack", "upstream knows less of the size" },
	{ "Unreleased reference", "bytes are too many", "upstream takes 4 GiB for a size" },
	{ "not supported for program type", "may not call bpf_get_func_ip",
	  "ENOTSUPP is the kernel's own, user space does not know it" },
	{ "math between", "only adding to it and subtracting from it are allowed",
	  "upstream looks at the number before the operation" },
	{ "math between", "is a number, not a pointer",
	  "upstream knows less of the number and refuses the sum, ours what is done after it" },
	{ "unbounded memory access", "which is out of any bounds",
	  "ours refuses the sum, upstream what is done with it" },
	{ "kernel function", "this call of a kernel function",
	  "upstream looks for the function in its BTF, ours offers none" },
};

/* ... what kernels before 6.12 say besides. */
static const struct {
	const char *theirs, *ours, *why;
} errnos_old[] = {
	{ "uses reserved fields", "", "6.1 cannot decode what -mcpu=v4 brought" },
	{ "unknown opcode", "", "6.1 cannot decode what -mcpu=v4 brought" },
	{ "mem_or_null", "or what it calls, has atomic operations",
	  "6.1 does not know the tag arg:nonnull" },
	{ "doesn't return scalar", "is read but was not written", NO_VOID },
	{ "alloc_mem", "must point to the begin of the record", "6.1 has another errno for it" },
	{ "invalid zero-sized read", "is outside of the stack", "6.1 learns less of the size" },
	{ "of the allowed memory range", "no known lower bound",
	  "ours refuses the sum, 6.1 what is done with it" },
	{ "unbounded memory access", "no known lower bound",
	  "ours refuses the sum, 6.1 what is done with it" },
	{ "unbounded memory access", "is too large an offset",
	  "ours refuses the sum, 6.1 what is done with it" },
};

/* Does some prototype of the program have it? */
static bool has_tag(const struct oracle_prog *p, const char *tag)
{
	return p->btf && memmem(p->btf->blob, p->btf->size, tag, strlen(tag) + 1);
}

/* Why upstream may have said so of the program, were it safe. */
static const char *excuse(const char *reason, const struct oracle_prog *p)
{
	const char *why = NULL;
	u32 i;

	for (i = 0; reason_tags[i] && !why; i++)
		if (has_tag(p, reason_tags[i]))
			why = reason_of_tag(reason, reason_tags[i]);
	if (why)
		return why;
	for (i = 0; i < ARRAY_SIZE(explanations); i++) {
		const struct explanation *e = &explanations[i];

		if ((!e->before || reason_kernel() < e->before) && strstr(reason, e->words) &&
		    !strcmp(e->program, p->name))
			return e->why;
	}
	return reason_only_xbpf(reason);
}

const char *oracle_explain(const char *reason, const struct oracle_prog *p)
{
	const char *why = excuse(reason, p);

	return why && oracle_witness(p) ? why : NULL;
}

/* --- how often ------------------------------------------------------------------ */

static struct reason {
	enum { ONLY_UPSTREAM, ONLY_XBPF, ERRNO } kind;
	u32 cnt;
	const char *why;
	char text[200];		/* numbers are N */
	char example[100];
} reasons[400];
static u32 reason_cnt, reasons_left_out;

static void without_numbers(char *out, size_t size, const char *in)
{
	size_t n = 0;

	while (*in && n + 1 < size) {
		if (isdigit((unsigned char)*in) &&
		    (!n || !isalpha((unsigned char)out[n - 1]) || out[n - 1] == 'R')) {
			out[n++] = 'N';
			while (isxdigit((unsigned char)*in) || *in == 'x')
				in++;
		} else {
			out[n++] = *in++;
		}
	}
	out[n] = '\0';
}

static void add(int kind, const char *reason, const char *why, const char *example)
{
	char text[sizeof(reasons[0].text)];
	u32 i;

	without_numbers(text, sizeof(text), reason);
	for (i = 0; i < reason_cnt; i++)
		if ((int)reasons[i].kind == kind && reasons[i].why == why &&
		    !strcmp(reasons[i].text, text))
			break;
	if (i == ARRAY_SIZE(reasons)) {
		reasons_left_out++;
		return;
	}
	if (i == reason_cnt) {
		reason_cnt++;
		reasons[i].kind = kind;
		reasons[i].why = why;
		strcpy(reasons[i].text, text);
		snprintf(reasons[i].example, sizeof(reasons[i].example), "%s", example);
	}
	reasons[i].cnt++;
}

void oracle_reason_add(bool xbpf_accepts, const char *reason, const char *why, const char *example)
{
	add(xbpf_accepts ? ONLY_XBPF : ONLY_UPSTREAM, reason, why, example);
}

bool oracle_errno_add(int upstream, const char *upstream_reason, int xbpf, const char *reason,
		      const char *example)
{
	const char *why = NULL;
	char text[300];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(errnos) && !why; i++)
		if (strstr(upstream_reason, errnos[i].theirs) && strstr(reason, errnos[i].ours))
			why = errnos[i].why;
	for (i = 0; i < ARRAY_SIZE(errnos_old) && !why && reason_kernel() < 612; i++)
		if (strstr(upstream_reason, errnos_old[i].theirs) && strstr(reason, errnos_old[i].ours))
			why = errnos_old[i].why;

	/* 524 is the kernel's own ENOTSUPP */
	snprintf(text, sizeof(text), "%s, not %s: %s", strerrorname_np(xbpf),
		 upstream == 524 ? "ENOTSUPP" : strerrorname_np(upstream), reason);
	add(ERRNO, text, why, example);
	return why;
}

static int more_often(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	return x->cnt < y->cnt ? 1 : -(x->cnt > y->cnt);
}

void oracle_reasons_print(void)
{
	static const char *const titles[] = {
		[ONLY_UPSTREAM] = "only upstream accepts, and xbpf says:",
		[ONLY_XBPF] = "only xbpf accepts, and upstream says:",
		[ERRNO] = "both refuse, with different errnos:",
	};
	u32 i;

	qsort(reasons, reason_cnt, sizeof(reasons[0]), more_often);
	for (i = 0; i < reason_cnt; i++) {
		const struct reason *r = &reasons[i];

		if (!i || r->kind != reasons[i - 1].kind)
			tap_diag("%s", titles[r->kind]);
		tap_diag("%5u  %s  (first: %s)", r->cnt, r->text, r->example);
		if (r->why || r->kind == ONLY_XBPF)
			tap_diag("       %s", r->why ? r->why : "NOT EXPLAINED");
	}
	if (reasons_left_out)
		tap_diag("%u programs with still other reasons", reasons_left_out);
}
