/* SPDX-License-Identifier: GPL-2.0 */
/* Reasons for different verdicts: words of a refusal, and what stands behind them. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "reasons.h"

/*
 * Words of upstream's last line. None of them says that the program is safe: upstream names one
 * fault and looks no further.
 */
static const struct {
	const char *words;
	unsigned int before;	/* the first kernel that says so no more, 0: all say it */
	const char *why;
} only_xbpf[] = {
	/* what 6.1 cannot decode */
	{ "unknown opcode", 606, "upstream learned the instructions of -mcpu=v4 in 6.6" },
	{ "BPF_MOV uses reserved fields", 606, "upstream learned sign-extending moves in 6.6" },
	{ "BPF_ALU uses reserved fields", 606, "upstream learned signed division in 6.6" },
	{ "BPF_END uses reserved fields", 606, "upstream learned the unconditional byte swap in 6.6" },
	{ "BPF_LDX uses reserved fields", 606, "upstream learned sign-extending loads in 6.6" },

	/* ... or has not */
	{ "BPF_ST stores into R1 ctx is not allowed", 612,
	  "upstream learned to store constants into a context after 6.1" },
	{ "dereference of modified ctx ptr", 0, "the sum of the offsets is what is checked" },
	{ "negative offset ctx ptr", 0, "the sum of the offsets is what is checked" },
	{ "subtraction from stack pointer prohibited", 0,
	  "subtracting is adding the opposite, which upstream allows" },
	{ "cannot return stack pointer to the caller", 0,
	  "the caller's frame outlives the callee; the callee's own is refused" },
	{ "same insn cannot be used with different pointers", 0,
	  "upstream rewrites context accesses; ours are loads of the same memory" },
	{ "mem access 'map_value_or_null'", 0,
	  "the register that the pointer is compared with is known to be 0" },
	{ "tail_call is not allowed in subprogs without BTF", 0,
	  "upstream asks BTF whether the function returns a number; ours looks at what it returns" },
	{ "!read_ok", 612, "6.1 walks a branch that ours knows dead" },
	{ "invalid zero-sized read", 612, "6.1 learns nothing from !=" },
	{ "combined stack size of", 612,
	  "6.1 rounds each frame up to 32 bytes; runs kept to their stack" },
	{ "unknown func bpf_ktime_get_coarse_ns", 612,
	  "upstream's waits for a lock that a probe may sit in; ours is the clock without one" },
	{ "unknown func bpf_get_current_pid_tgid", 612,
	  "upstream gave it to packet programs after 6.1" },
	{ "unknown func bpf_get_attach_cookie", 612,
	  "upstream gave it to raw tracepoints after 6.1" },
	{ "cannot use helper bpf_ktime_get_coarse_ns", 0,
	  "upstream's waits for a lock that a probe may sit in; ours is the clock without one" },
	{ "helper access to the packet is not allowed", 0,
	  "inside of the packet, which is made writable for programs that write it, through helpers too" },

	/*
	 * ours follows numbers through %, byte swaps, copies and constant distances, where upstream
	 * gives up
	 */
	{ "unbounded min value", 0, "upstream's range is wider" },
	{ "unbounded memory access", 0, "upstream's range is wider" },
	{ "min value is negative", 0, "upstream's range is wider" },
	{ "max value is outside of the allowed memory range", 0, "upstream's range is wider" },
	{ "min value is outside of the allowed memory range", 0, "upstream's range is wider" },
	{ "makes map_value pointer be out of bounds", 0,
	  "upstream walks a path that ours knows dead" },
	{ "math between map_value pointer and ", 0, "upstream walks a path that ours knows dead" },
	{ "map_value pointer offset", 0, "upstream walks a path that ours knows dead" },
	{ "invalid mem access 'scalar'", 0, "upstream walks a path that ours knows dead" },
};

/* Words of ours, where refusing is a rule and no lack. */
static const struct {
	const char *words, *why;
} rules[] = {
	{ "points to a map itself", "upstream lets programs read all of struct bpf_map, not six fields" },
	{ "may not be NULL: check",
	  "upstream lets NULL pass for a parameter tagged arg:nonnull, which the function then reads" },
	{ "or what it calls, has atomic operations on",
	  "upstream's functions make atomic operations wherever the memory lies: over two cache "
	  "lines too" },
	{ "or what it calls, may move the packet",
	  "upstream's function keeps its pointer into a packet that it moved" },
	{ "or what it calls, may make tail calls, which is not possible in a callback",
	  "the caller's helper is to be returned to" },
	{ "tagged", "6.1 does not know tags of parameters, later kernels refuse them" },
	{ "that does not say how many bytes it points to", "of a GiB: no memory has so many" },
	{ "uses reserved fields", "RFC 9669: fields that are not used are zero, in dead code too; "
	  "upstream looks at some of them" },
};

/* The type of a parameter, which older kernels do not know; words of upstream's that follow. */
static const struct {
	const char *tag, *words;
	unsigned int before;
	const char *why;
} tagged[] = {
	{ "arg:nonnull", "mem_or_null", 612, "6.1 does not know the tag arg:nonnull" },
	{ "arg:ctx", "mem_or_null", 612, "6.1 does not know the tag arg:ctx" },
	{ "arg:ctx", "size cannot be determined", 612, "6.1 does not know the tag arg:ctx" },
};

const char *const reason_tags[] = { "arg:nonnull", "arg:ctx", NULL };

#define ROWS(table) (sizeof(table) / sizeof(*(table)))

unsigned int reason_kernel(void)
{
	static unsigned int version;
	unsigned int major = 0, minor = 0;
	struct utsname u;

	if (!version && !uname(&u) && sscanf(u.release, "%u.%u", &major, &minor) == 2)
		version = major * 100 + minor;
	return version;
}

static bool still_said(unsigned int before)
{
	return !before || reason_kernel() < before;
}

const char *reason_only_xbpf(const char *upstream_words)
{
	unsigned int i;

	for (i = 0; i < ROWS(only_xbpf); i++)
		if (still_said(only_xbpf[i].before) && strstr(upstream_words, only_xbpf[i].words))
			return only_xbpf[i].why;
	return NULL;
}

const char *reason_of_tag(const char *upstream_words, const char *tag)
{
	unsigned int i;

	for (i = 0; i < ROWS(tagged); i++)
		if (still_said(tagged[i].before) && !strcmp(tag, tagged[i].tag) &&
		    strstr(upstream_words, tagged[i].words))
			return tagged[i].why;
	return NULL;
}

const char *reason_rule(const char *xbpf_words)
{
	unsigned int i;

	for (i = 0; i < ROWS(rules); i++)
		if (strstr(xbpf_words, rules[i].words))
			return rules[i].why;
	return NULL;
}

const char *reason_lacking(const char *xbpf_words)
{
	static const char *const lacking[] = { "xbpf has no ", "of a kernel function" };
	unsigned int i;

	for (i = 0; i < ROWS(lacking); i++)
		if (strstr(xbpf_words, lacking[i]))
			return "xbpf does not have it";
	return NULL;
}
