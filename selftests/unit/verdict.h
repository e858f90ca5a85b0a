/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of verdicts: a table of programs, each with what the verifier must say.
 *
 * All programs see these maps:
 *	arr	array of 1, value 64 bytes	four	array of 4, value 8 bytes
 *	ro	read-only, frozen, 1 value of 16 bytes 1, 2, 3, ...
 *	thaw	read-only for programs, not frozen	wo	write-only for programs
 *	rb	ring buffer
 *	hash	key 8, value 16 bytes	tbl, tbl2	program arrays of 8
 *	ring	ring buffer		pcpu	per-CPU array of 4, value 8 bytes
 *	outer	array of 4 maps as four
 */
#ifndef XBPF_SELFTESTS_VERDICT_H
#define XBPF_SELFTESTS_VERDICT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tap.h"
#include "../lib/asm.h"
#include "../lib/btf_text.h"
#include "../lib/rt.h"
#include "core/verify/verifier.h"

struct verdict {
	const char *name;
	const char *text;	/* assembly */
	int err;		/* 0: accepted */
	const char *reason;	/* words of the last line (NULL: any) */
	const char *log;	/* words of the log before it (NULL: any) */
	u32 type;		/* 0: kprobe */
	u32 flags;		/* prog_flags */
	bool proprietary;
	bool may_leak;		/* loaded by who has CAP_PERFMON */
};

#define ACCEPT(name_, ...) { .name = name_, .text = __VA_ARGS__ }
#define REJECT(name_, err_, log_, reason_, ...) \
	{ .name = name_, .err = -(err_), .log = log_, .reason = reason_, .text = __VA_ARGS__ }

/* Frequent beginnings. */
#define LOOKUP_FOUR \
	"r2 = r10; r2 += -4; *(u32 *)(r10 - 4) = 0; r1 = map[four] ll; call map_lookup_elem; "
#define LOOKUP_HASH \
	"r2 = r10; r2 += -8; *(u64 *)(r10 - 8) = 0; r1 = map[hash] ll; call map_lookup_elem; "
#define KEY_0 "*(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4; "
#define RETURN_0 "r0 = 0; exit"

static char verdict_log[1 << 20];
static struct btf_text verdict_btf;	/* of the program at hand, when its text has prototypes */

static inline void verdict_world(void)
{
	struct rt_map *ro, *thaw, *texts;
	u8 bytes[16];
	u32 zero = 0, i;

	rt_reset();
	rt_map_new("arr", BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0);
	rt_map_new("four", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	rt_map_new("hash", BPF_MAP_TYPE_HASH, 8, 16, 16, 0);
	rt_map_new("tbl", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0);
	rt_map_new("tbl2", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0);
	rt_map_new("rb", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	rt_map_new("wo", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_WRONLY_PROG);
	rt_map_new("ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	rt_map_new("pcpu", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0);
	rt_map_set_inner(rt_map_new("outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0),
			 rt_map_by_name("four"));
	ro = rt_map_new("ro", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
	thaw = rt_map_new("thaw", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i + 1;
	rt_map_update(ro, &zero, bytes, 0);
	rt_map_update(thaw, &zero, bytes, 0);
	rt_map_freeze(ro);
	texts = rt_map_new("texts", BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_RDONLY_PROG);
	rt_map_freeze(texts);
}

/* The verdict on a program; *code is to be given to verdict_drop(). */
static inline int verdict_verify(const struct verdict *c, struct asm_prog *prog,
				 struct xbpf_code *code, struct xbpf_log *log, u32 level)
{
	int err;

	memset(code, 0, sizeof(*code));
	xbpf_log_init(log, level, verdict_log, sizeof(verdict_log));
	if (asm_parse(prog, c->text) || asm_bind(prog, rt_map_fd_by_name, NULL)) {
		tap_diag("%s: %s", c->name, prog->error);
		return -ENOEXEC;
	}
	if (prog->func_cnt) {
		if (!btf_text_make(&verdict_btf, prog)) {
			tap_diag("%s: %s", c->name, prog->error);
			return -ENOEXEC;
		}
		code->types = verdict_btf.types;
		code->funcs = verdict_btf.funcs;
		code->func_cnt = verdict_btf.func_cnt;
	}
	code->type = c->type ? c->type : BPF_PROG_TYPE_KPROBE;
	code->flags = c->flags;
	code->gpl_compatible = !c->proprietary;
	code->may_leak = c->may_leak;
	code->insns = prog->insns;
	code->insn_cnt = prog->cnt;
	err = xbpf_verify(code, &rt_env, NULL, log);
	xbpf_log_finish(log, NULL);
	return err;
}

static inline void verdict_drop(struct asm_prog *prog, struct xbpf_code *code)
{
	u32 i;

	for (i = 0; i < code->map_cnt; i++)
		rt_env.map_put(code->maps[i]);
	xbpf_code_release(code);
	asm_free(prog);
}

static inline bool verdict_as_said(const struct verdict *c, int err, const struct xbpf_log *log)
{
	if (err != c->err)
		return false;
	if (!err)
		return !log->reason[0];
	return log->reason[0] && (!c->reason || strstr(log->reason, c->reason)) &&
	       (!c->log || strstr(verdict_log, c->log));
}

static inline void verdict_run_in(void (*world)(void), const struct verdict *cases, u32 cnt)
{
	struct asm_prog prog;
	struct xbpf_code code;
	struct xbpf_log log;
	bool ok;
	u32 i;
	int err;

	for (i = 0; i < cnt; i++) {
		world();
		memset(&prog, 0, sizeof(prog));
		err = verdict_verify(&cases[i], &prog, &code, &log, XBPF_LOG_STATES);
		ok = verdict_as_said(&cases[i], err, &log);
		tap_ok(ok, "%s%s", cases[i].err ? "refused: " : "", cases[i].name);
		if (!ok) {
			size_t len = strlen(verdict_log);

			tap_diag("got %d, wanted %d: %s", err, cases[i].err, log.reason);
			tap_diag("%s", len > 1500 ? verdict_log + len - 1500 : verdict_log);
		}
		verdict_drop(&prog, &code);
	}
}

static inline void verdict_run(const struct verdict *cases, u32 cnt)
{
	verdict_run_in(verdict_world, cases, cnt);
}

#endif
