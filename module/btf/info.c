/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a PROG_LOAD says by BTF of its instructions: function names and source lines.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
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
 * one before.
 */
static long record_read(struct xbpf_cmd *cmd, const struct records *r, u32 i, u32 insn_cnt,
			s64 *last, u32 *to)
{
	const void __user *from = r->from + (size_t)i * r->rec_size;
	int zero = r->rec_size > r->known ? check_zeroed_user(from + r->known, r->rec_size - r->known) : 1;

	if (zero < 0 || copy_from_user(to, from, r->known))
		return xbpf_cmd_fail(cmd, -EFAULT, "%s: record %u is not readable", r->what, i);
	if (!zero)
		return xbpf_cmd_fail(cmd, -E2BIG,
				     "%s: record %u has non-zero bytes beyond the %u known ones",
				     r->what, i, r->known);
	if (!i && to[0])
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "%s: the first record is for instruction %u, not 0", r->what, to[0]);
	if (to[0] <= *last || to[0] >= insn_cnt)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "%s: record %u is for instruction %u, behind one for %lld, of %u", r->what, i, to[0],
				     *last, insn_cnt);
	*last = to[0];
	if (i % 1024 == 1023)
		cond_resched();
	return 0;
}

static long read_lines(struct xbpf_cmd *cmd, const struct xbpf_btf *btf, const struct records *r,
		       u32 insn_cnt, struct xbpf_line *lines)
{
	struct bpf_line_info rec;
	s64 last = -1;
	long err;
	u32 i;

	for (i = 0; i < r->cnt; i++) {
		err = record_read(cmd, r, i, insn_cnt, &last, (u32 *)&rec);
		if (err)
			return err;
		lines[i].insn = rec.insn_off;
		lines[i].line = BPF_LINE_INFO_LINE_NUM(rec.line_col);
		lines[i].column = BPF_LINE_INFO_LINE_COL(rec.line_col);
		lines[i].file = xbpf_btf_string(btf, rec.file_name_off);
		lines[i].text = xbpf_btf_string(btf, rec.line_off);
		if (!lines[i].file || !lines[i].text)
			return xbpf_cmd_fail(cmd, -EINVAL,
					     "line_info: record %u names strings that BTF %u does not have",
					     i, xbpf_btf_id(btf));
	}
	return 0;
}

static long read_funcs(struct xbpf_cmd *cmd, const struct xbpf_btf *btf, const struct records *r,
		       u32 insn_cnt, struct xbpf_func *funcs)
{
	struct bpf_func_info rec;
	s64 last = -1;
	long err;
	u32 i;

	for (i = 0; i < r->cnt; i++) {
		err = record_read(cmd, r, i, insn_cnt, &last, (u32 *)&rec);
		if (err)
			return err;
		funcs[i].insn = rec.insn_off;
		if (!xbpf_btf_func(btf, rec.type_id, &funcs[i]))
			return xbpf_cmd_fail(cmd, -EINVAL, "func_info: record %u: type %u of BTF %u is no function", i,
					     rec.type_id, xbpf_btf_id(btf));
	}
	return 0;
}

/* An array of @cnt things of @size bytes for @r, in *array; NULL when there are no records. */
static long array_alloc(struct xbpf_cmd *cmd, const struct records *r, u32 insn_cnt, size_t size,
			void *array)
{
	void *p;
	long err;

	if (!r->cnt)
		return 0;
	err = check_records(cmd, r, insn_cnt);
	if (err)
		return err;
	p = kvcalloc(r->cnt, size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!p)
		return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for %u records of %s", r->cnt, r->what);
	*(void **)array = p;
	return 0;
}

int xbpf_btf_prog_info(struct xbpf_cmd *cmd, const struct xbpf_btf *btf, u32 insn_cnt,
		       struct xbpf_line **lines, u32 *line_cnt,
		       struct xbpf_func **funcs, u32 *func_cnt)
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

	*lines = NULL;
	*funcs = NULL;
	err = array_alloc(cmd, &line, insn_cnt, sizeof(**lines), lines) ?:
	      array_alloc(cmd, &func, insn_cnt, sizeof(**funcs), funcs) ?:
	      read_lines(cmd, btf, &line, insn_cnt, *lines) ?:
	      read_funcs(cmd, btf, &func, insn_cnt, *funcs);
	if (err) {
		kvfree(*lines);
		kvfree(*funcs);
		*lines = NULL;
		*funcs = NULL;
		return err;
	}
	*line_cnt = line.cnt;
	*func_cnt = func.cnt;
	return 0;
}
