/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Branches whose form the running kernel decides: indirect jump and return.
 *
 * The kernel patches templates in the module (mitigations differ by CPU and boot
 * options).  What it writes there (arch/x86/kernel/alternative.c; read back in
 * guests with 6.1 and 6.12, see test_jit_form.c):
 *
 *	ff e1			jmp *%rcx
 *	ff e1 cc		... with an int3 against straight-line speculation
 *	0f ae e8 ff e1 [cc]	lfence; jmp *%rcx
 *	[2e] e9 rel32		jmp to a thunk: retpoline, call depth tracking, ITS
 *	c3 [cc]			ret
 *	e9 rel32		jmp to a return thunk: retbleed, SRSO, ITS
 *
 * each padded with nops or int3.
 */
#include "jit/translate.h"

#define CS_PREFIX	0x2e
#define INT3		0xcc
#define JMP_REL32	0xe9

static const u8 jmp_rcx[] = { 0xff, 0xe1 };
static const u8 lfence_jmp_rcx[] = { 0x0f, 0xae, 0xe8, 0xff, 0xe1 };
static const u8 ret[] = { 0xc3 };

static bool starts_with(const u8 *bytes, u32 len, const u8 *form, u32 form_len)
{
	return len >= form_len && !memcmp(bytes, form, form_len);
}

/* The length of a form without operand, with its int3; 0: it is none. */
static u32 plain_form(const u8 *bytes, u32 len)
{
	u32 n = 0;

	if (starts_with(bytes, len, jmp_rcx, sizeof(jmp_rcx)))
		n = sizeof(jmp_rcx);
	else if (starts_with(bytes, len, lfence_jmp_rcx, sizeof(lfence_jmp_rcx)))
		n = sizeof(lfence_jmp_rcx);
	else if (starts_with(bytes, len, ret, sizeof(ret)))
		n = sizeof(ret);
	if (n && n < len && bytes[n] == INT3)
		n++;
	return n;
}

int xbpf_jit_form_read(struct xbpf_jit_form *form, const u8 *bytes, u32 len, u64 addr)
{
	u32 n = plain_form(bytes, len);
	s32 rel;

	memset(form, 0, sizeof(*form));
	form->rel_at = -1;
	if (!n) {
		while (n < len && n < 8 && bytes[n] == CS_PREFIX)
			n++;
		if (len < n + 5 || bytes[n] != JMP_REL32)
			return -EINVAL;
		memcpy(&rel, &bytes[n + 1], sizeof(rel));
		form->rel_at = (s8)(n + 1);
		n += 5;
		form->target = addr + n + (s64)rel;
	}
	memcpy(form->bytes, bytes, n);
	form->len = (u8)n;
	return 0;
}

void xbpf_jit_emit_form(struct jit *j, const struct xbpf_jit_form *form, const char *what)
{
	struct emit *e = &j->e;
	u32 i;

	for (i = 0; i < form->len; i++) {
		if ((s32)i != form->rel_at) {
			emit_u8(e, form->bytes[i]);
			continue;
		}
		xbpf_emit_rel32_to(e, form->target);
		if (e->err == -ERANGE)
			xbpf_jit_fail(j, -ERANGE, "%s is more than 2 GiB away from the code", what);
		i += 3;
	}
}
