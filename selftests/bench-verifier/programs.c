// SPDX-License-Identifier: GPL-2.0
/* What is verified: programs of several shapes, each in several sizes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs.h"

static char *text;
static size_t used, room;

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list ap;

	if (room - used < 1024) {
		room = room * 2 + 65536;
		text = realloc(text, room);
		if (!text)
			abort();
	}
	va_start(ap, fmt);
	used += (size_t)vsnprintf(text + used, room - used, fmt, ap);
	va_end(ap);
}

/* Arithmetic, the stack, a masked index into a map: about @n instructions in a row. */
static void straight(unsigned int n)
{
	unsigned int i;

	say("r7 = *(u64 *)(r1 + 0); r6 = map[arr][0]+0 ll; r8 = 0;");
	for (i = 0; i + 8 < n; i += 8) {
		unsigned int at = 8 + i % 64 / 8 * 8;

		say("r8 += r7; r8 ^= %u; *(u64 *)(r10 - %u) = r8; r2 = r8; r2 &= 31; r3 = r6; "
		    "r3 += r2; r4 = *(u8 *)(r3 + 0);",
		    i, at);
	}
	say("r0 = r8; exit");
}

/* A fork every few instructions; what it decides is a sum that ends in a map. */
static void forks(unsigned int n)
{
	unsigned int i;

	say("r7 = *(u64 *)(r1 + 0); r6 = map[arr][0]+0 ll; r8 = 0;");
	for (i = 0; i + 5 < n; i += 5)
		say("if r7 & %u goto f%u; r8 += %u; r2 = r8; r2 += 1; f%u: r8 ^= r7;", 1u << i % 30, i, i, i);
	say("*(u64 *)(r6 + 0) = r8; r0 = 0; exit");
}

/* Lookups with null checks, as in a program that counts. */
static void lookups(unsigned int n)
{
	unsigned int i;

	say("r7 = *(u64 *)(r1 + 0);");
	for (i = 0; i + 9 < n; i += 9)
		say("*(u32 *)(r10 - 4) = %u; r2 = r10; r2 += -4; r1 = map[hash] ll; "
		    "call map_lookup_elem; if r0 == 0 goto n%u;"
		    "r1 = *(u64 *)(r0 + 0); r1 += r7; *(u64 *)(r0 + 0) = r1; n%u: r7 += 1;", i, i, i);
	say("r0 = 0; exit");
}

static void loop(unsigned int n)
{
	say("r6 = 0; r7 = 0; l: r7 += r6; r7 ^= 5; r6 += 1; if r6 < %u goto l; r0 = r7; exit", n);
}

static void loop_spilled(unsigned int n)
{
	say("*(u64 *)(r10 - 8) = 0; r7 = 0; l: r6 = *(u64 *)(r10 - 8); r7 += r6; r6 += 1; "
	    "*(u64 *)(r10 - 8) = r6;"
	    "if r6 < %u goto l; r0 = r7; exit", n);
}

/* Each round may go two ways. */
static void loop_forks(unsigned int n)
{
	say("r6 = 0; r7 = 0; l: call get_prandom_u32; if r0 == 0 goto no; r7 += 1; no: r6 += 1; "
	    "if r6 < %u goto l; r0 = r7; exit", n);
}

/* A string is copied to the stack until it ends. */
static void string(unsigned int n)
{
	if (n > 256)
		n = 256;
	say("r6 = map[text][0]+0 ll; r7 = 0; r8 = r10; r8 += -256; l: r2 = r6; r2 += r7; "
	    "r3 = *(u8 *)(r2 + 0); if r3 == 0 goto out;"
	    "r4 = r8; r4 += r7; *(u8 *)(r4 + 0) = r3; r7 += 1; if r7 < %u goto l; out: r0 = r7; exit", n);
}

/* A limit that is known only at run time, as in a parser of options. */
static void loop_bounded(unsigned int n)
{
	say("r7 = *(u64 *)(r1 + 0); if r7 > %u goto out; r6 = 0; r8 = 0; l: if r6 >= r7 goto out; "
	    "call get_prandom_u32; r8 += r0;"
	    "if r8 & 1 goto odd; r8 += 3; odd: r6 += 1; goto l; out: r0 = 0; exit", n);
}

static void loops_nested(unsigned int n)
{
	unsigned int side = 1;

	while (side * side < n)
		side++;
	say("r6 = 0; r8 = 0; a: r7 = 0; b: r8 += r7; r7 += 1; if r7 < %u goto b; r6 += 1; "
	    "if r6 < %u goto a; r0 = r8; exit", side, side);
}

static void calls(unsigned int n)
{
	say("r6 = 0; l: r1 = r6; r2 = r10; r2 += -8; *(u64 *)(r10 - 8) = 0; call f; r6 += 1; "
	    "if r6 < %u goto l; r0 = 0; exit;"
	    "f: r3 = *(u64 *)(r2 + 0); r3 += r1; *(u64 *)(r2 + 0) = r3; r0 = r3; exit", n);
}

/*
 * 2^@b paths to ten places where two meet, each with a number of its own in the stack on which a
 * verdict depends in the end: so many states are kept at each, and none covers another.
 */
static void kept(unsigned int b)
{
	unsigned int i, k;

	say("r6 = r1; ");
	for (i = 0; i < 8; i++)
		say("r2 = *(u64 *)(r6 + 0); *(u64 *)(r10 - %u) = r2;", 8 * i + 8);
	say("r7 = 0;");
	for (i = 0; i < b; i++)
		say("r2 = *(u64 *)(r6 + 8); if r2 == %u goto f%u; r7 |= %u; f%u:", i, i, 1u << i, i);
	say("*(u64 *)(r10 - 64) = r7; r7 = 0;");
	for (i = 0; i < 10; i++) {
		say("r2 = *(u64 *)(r6 + 16);");
		for (k = 0; k < 5; k++)
			say("r3 = r2;");
		say("if r2 == %u goto m%u; r3 = 0; goto m%u; m%u:", i, i, i, i);
	}
	for (i = 0; i < 8; i++)
		say("r2 = *(u64 *)(r10 - %u); r2 &= 31; r3 = map[arr][0]+0 ll; r3 += r2; "
		    "r4 = *(u8 *)(r3 + 0);", 8 * i + 8);
	say("r2 = *(u64 *)(r10 - 64); if r2 == 12345 goto e; r0 = 1; e: r0 = 0; exit");
}

/*
 * As a profiler of an interpreter: frames of a chain in user memory, @n of them, each read by a
 * helper that may fail, with a lookup of its symbol and a record of it.
 */
static void frames(unsigned int n)
{
	unsigned int i;

	say("r6 = r1; *(u64 *)(r10 - 8) = 0; r9 = map[arr][0]+0 ll; r8 = 0;"
	    "r7 = *(u64 *)(r6 + 8); if r7 == 0 goto out;");
	for (i = 0; i < n; i++)
		say("r1 = r10; r1 += -16; r2 = 8; r3 = r7; call probe_read_user; if r0 != 0 goto out;"
		    "r3 = *(u64 *)(r10 - 16); if r3 == 0 goto out; r1 = r10; r1 += -24; r2 = 8;"
		    "call probe_read_user; r2 = r10; r2 += -24; r1 = map[hash] ll; call map_lookup_elem;"
		    "if r0 != 0 goto have%u; r1 = *(u64 *)(r10 - 24); *(u64 *)(r10 - 32) = r1; r2 = r10;"
		    "r2 += -24; r3 = r10; r3 += -32; r4 = 0; r1 = map[hash] ll; call map_update_elem;"
		    "r1 = *(u64 *)(r10 - 32); goto store%u; have%u: r1 = *(u64 *)(r0 + 0);"
		    "store%u: if r8 > 7 goto out; r2 = r8; r2 <<= 3; r3 = r9; r3 += r2;"
		    "*(u64 *)(r3 + 0) = r1; r8 += 1; r7 = *(u64 *)(r10 - 16);", i, i, i, i);
	say("out: r0 = r8; exit");
}

/* As a tracer of tags: strings of unknown lengths, one behind the other in a buffer, by a mask. */
static void tags(unsigned int n)
{
	unsigned int i;

	say("r6 = r1; r9 = map[text][0]+0 ll; r8 = 0; r7 = *(u64 *)(r6 + 16);");
	for (i = 0; i < n; i++)
		say("if r7 & 1 goto skip%u; r3 = *(u64 *)(r6 + 8); r1 = r9; r1 += r8; r2 = 32; "
		    "call probe_read_user_str; if r0 s< 1 goto skip%u; if r0 > 32 goto skip%u; "
		    "*(u64 *)(r10 - 8) = r0; r8 += r0; if r8 > 200 goto out; skip%u: r7 >>= 1;",
		    i, i, i, i);
	say("out: r0 = r8; exit");
}

/* A handler of an event with optional parts: each is read or not, and counted. */
static void handler(unsigned int n)
{
	unsigned int i;

	say("r6 = r1; r7 = *(u64 *)(r6 + 0); r9 = 0; r8 = map[text][0]+0 ll;");
	for (i = 0; i < n; i++)
		say("r1 = r10; r1 += -16; r2 = 8; r3 = r7; r3 += %u; call probe_read_kernel; "
		    "if r0 == 0 goto ok%u; r9 = %u; *(u32 *)(r10 - 20) = 0; goto next%u; "
		    "ok%u: r1 = *(u64 *)(r10 - 16); if r1 s> 100 goto next%u; *(u64 *)(r8 + %u) = r1; "
		    "r9 += 1; *(u32 *)(r10 - 20) = 1; next%u: r2 = r9;",
		    i * 8, i, i, i, i, i, i % 25 * 8, i);
	say("r0 = r9; exit");
}

#define FROM_10 { 10, 100, 1000, 10000 }
#define TO_1000 { 10, 100, 1000 }

static const struct {
	const char *name;
	void (*write)(unsigned int n);
	unsigned int sizes[4];
} shapes[] = {
	{ "straight", straight, FROM_10 },
	{ "forks", forks, FROM_10 },
	{ "lookups", lookups, FROM_10 },
	{ "loop", loop, FROM_10 },
	{ "loop, spilled counter", loop_spilled, FROM_10 },
	{ "loop with forks", loop_forks, TO_1000 },
	{ "loop, unknown limit", loop_bounded, TO_1000 },
	{ "loops in each other", loops_nested, FROM_10 },
	{ "loop with a call", calls, TO_1000 },
	{ "states kept", kept, { 5, 7, 9, 11 } },
	{ "loop of many rounds", loop, { 100000, 240000 } },
	{ "frames of a stack", frames, { 2, 5, 10 } },
	{ "tags", tags, { 5, 10, 20, 50 } },
	{ "handler", handler, { 100, 1000 } },
	{ "string", string, { 16, 64, 256 } },
};

const char *program_text(unsigned int i, const char **name, unsigned int *size)
{
	unsigned int s, k;

	for (s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++)
		for (k = 0; k < 4 && shapes[s].sizes[k]; k++) {
			if (i--)
				continue;
			used = 0;
			shapes[s].write(shapes[s].sizes[k]);
			*name = shapes[s].name;
			*size = shapes[s].sizes[k];
			return text;
		}
	return NULL;
}
