/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a PROG_LOAD says by BTF of its instructions: function names and source lines.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "cmd/yield.h"
#include "btf/btf.h"

#define RECORD_MAX	252	/* bytes; as upstream */

/*
 * An array of records in user space, each of @rec_size bytes, of which the first @known mean
 * something.
 */
struct records {
	const char *what;
	const void __user *from;
	u32 rec_size, known, cnt;
};

static long check_records(struct xbpf_cmd *cmd, const struct records *r, u32 insn_cnt)
{
	if (!r->cnt)
		return 0;	/* then its size is not looked at */
	if (r->rec_size < r->known || r->rec_size > RECORD_MAX || r->rec_size % 4)
		return xbpf_cmd_fail(cmd, -EINVAL, "%s_rec_size %u: a multiple of 4 from %u to %u",
				     r->what, r->rec_size, r->known, RECORD_MAX);
	if (r->cnt > insn_cnt)
		return xbpf_cmd_fail(cmd, -EINVAL, "%s_cnt %u: the program has %u instructions", r->what, r->cnt,
				     insn_cnt);
	return 0;
}

/*
 * Record @i to @to, its instruction (the first member of each kind of record) checked against the
 * one before.  The only place that reads user space's record, and it does so once.
 */
static long record_read(struct xbpf_cmd *cmd, const struct records *r, u32 i, u32 insn_cnt,
			s64 *last, void *to)
{
	u32 rec[RECORD_MAX / sizeof(u32)];

	if (copy_from_user(rec, r->from + (size_t)i * r->rec_size, r->rec_size))
		return xbpf_cmd_fail(cmd, -EFAULT, "%s: record %u is not readable", r->what, i);
	if (memchr_inv((u8 *)rec + r->known, 0, r->rec_size - r->known))
		return xbpf_cmd_fail(cmd, -E2BIG,
				     "%s: record %u has non-zero bytes beyond the %u known ones",
				     r->what, i, r->known);
	if (!i && rec[0])
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "%s: the first record is for instruction %u, not 0", r->what, rec[0]);
	if (rec[0] <= *last || rec[0] >= insn_cnt)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "%s: record %u is for instruction %u, behind one for %lld, of %u", r->what, i,
				     rec[0], *last, insn_cnt);
	*last = rec[0];
	memcpy(to, rec, r->known);
	xbpf_yield(i);
	return 0;
}

static long read_lines(struct xbpf_cmd *cmd, const struct xbpf_btf *btf, const struct records *r,
		       u32 insn_cnt, struct xbpf_btf_prog *prog)
{
	const struct bpf_line_info *rec;
	struct xbpf_line *line;
	s64 last = -1;
	long err;
	u32 i;

	for (i = 0; i < r->cnt; i++) {
		err = record_read(cmd, r, i, insn_cnt, &last, &prog->line_info[i]);
		if (err)
			return err;
		rec = &prog->line_info[i];
		line = &prog->lines[i];
		line->insn = rec->insn_off;
		line->line = BPF_LINE_INFO_LINE_NUM(rec->line_col);
		line->column = BPF_LINE_INFO_LINE_COL(rec->line_col);
		line->file = xbpf_btf_string(btf, rec->file_name_off);
		line->text = xbpf_btf_string(btf, rec->line_off);
		if (!line->file || !line->text)
			return xbpf_cmd_fail(cmd, -EINVAL,
					     "line_info: record %u names strings that BTF %u does not have",
					     i, xbpf_btf_id(btf));
	}
	return 0;
}

static long read_funcs(struct xbpf_cmd *cmd, const struct xbpf_btf *btf, const struct records *r,
		       u32 insn_cnt, struct xbpf_btf_prog *prog)
{
	const struct bpf_func_info *rec;
	s64 last = -1;
	long err;
	u32 i;

	for (i = 0; i < r->cnt; i++) {
		err = record_read(cmd, r, i, insn_cnt, &last, &prog->func_info[i]);
		if (err)
			return err;
		rec = &prog->func_info[i];
		prog->funcs[i].insn = rec->insn_off;
		if (!xbpf_btf_func(btf, rec->type_id, &prog->funcs[i]))
			return xbpf_cmd_fail(cmd, -EINVAL, "func_info: record %u: type %u of BTF %u is no function", i,
					     rec->type_id, xbpf_btf_id(btf));
	}
	return 0;
}

#define RECORDS_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

static long no_memory(struct xbpf_cmd *cmd, const struct records *r)
{
	return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for %u records of %s", r->cnt, r->what);
}

static long alloc_lines(struct xbpf_cmd *cmd, const struct records *r, struct xbpf_btf_prog *prog)
{
	if (!r->cnt)
		return 0;
	prog->line_info = kvcalloc(r->cnt, sizeof(*prog->line_info), RECORDS_GFP);
	prog->lines = kvcalloc(r->cnt, sizeof(*prog->lines), RECORDS_GFP);
	return prog->line_info && prog->lines ? 0 : no_memory(cmd, r);
}

static long alloc_funcs(struct xbpf_cmd *cmd, const struct records *r, struct xbpf_btf_prog *prog)
{
	if (!r->cnt)
		return 0;
	prog->func_info = kvcalloc(r->cnt, sizeof(*prog->func_info), RECORDS_GFP);
	prog->funcs = kvcalloc(r->cnt, sizeof(*prog->funcs), RECORDS_GFP);
	return prog->func_info && prog->funcs ? 0 : no_memory(cmd, r);
}

void xbpf_btf_prog_free(struct xbpf_btf_prog *prog)
{
	kvfree(prog->line_info);
	kvfree(prog->lines);
	kvfree(prog->func_info);
	kvfree(prog->funcs);
	memset(prog, 0, sizeof(*prog));
}

long xbpf_btf_prog_read(struct xbpf_cmd *cmd, const struct xbpf_btf *btf, u32 insn_cnt,
			struct xbpf_btf_prog *prog)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	const struct records line = {
		.what = "line_info", .from = u64_to_user_ptr(attr->line_info),
		.rec_size = attr->line_info_rec_size,
		.known = sizeof(struct bpf_line_info), .cnt = attr->line_info_cnt,
	};
	const struct records func = {
		.what = "func_info", .from = u64_to_user_ptr(attr->func_info),
		.rec_size = attr->func_info_rec_size,
		.known = sizeof(struct bpf_func_info), .cnt = attr->func_info_cnt,
	};
	long err;

	memset(prog, 0, sizeof(*prog));
	err = check_records(cmd, &line, insn_cnt) ?:
	      alloc_lines(cmd, &line, prog) ?:
	      check_records(cmd, &func, insn_cnt) ?:
	      alloc_funcs(cmd, &func, prog) ?:
	      read_lines(cmd, btf, &line, insn_cnt, prog) ?:
	      read_funcs(cmd, btf, &func, insn_cnt, prog);
	if (err) {
		xbpf_btf_prog_free(prog);
		return err;
	}
	prog->line_cnt = line.cnt;
	prog->func_cnt = func.cnt;
	return 0;
}
