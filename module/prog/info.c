/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What user space may know of a program: struct bpf_prog_info and the arrays behind its pointers.
 *
 * Each array is a pair of members, a count and a pointer: a reader that gives room gets
 * as many elements as fit, and the count always comes back as the whole number.
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "cmd/yield.h"
#include "btf/btf.h"
#include "cmd/cmd.h"
#include "map/map.h"
#include "prog/prog.h"

/* @n: in the room that user space has, out how many there are. */
static long array_put(u64 to, u32 *n, const void *from, u32 cnt, u32 size)
{
	u32 room = min(*n, cnt);

	*n = cnt;
	if (!room || !to)
		return 0;
	return copy_to_user(u64_to_user_ptr(to), from, (size_t)room * size) ? -EFAULT : 0;
}

static long put_map_ids(struct xbpf_prog *prog, struct bpf_prog_info *info)
{
	u32 ids[2 * XBPF_MAX_MAPS], n = 0, i;

	for (i = 0; i < prog->code.map_cnt; i++)
		ids[n++] = prog->code.maps[i]->id;
	mutex_lock(&prog->bind_lock);
	for (i = 0; i < prog->bound_cnt; i++)
		ids[n++] = prog->bound[i]->info.id;
	mutex_unlock(&prog->bind_lock);
	return array_put(info->map_ids, &info->nr_map_ids, ids, n, sizeof(ids[0]));
}

/* An instruction as user space knows it: a map by its id, where the verified code has an index. */
static void insn_show(const struct xbpf_prog *prog, struct bpf_insn *insn, u32 at)
{
	const struct xbpf_insn_aux *insn_aux = &prog->code.insn_aux[at];

	if (insn->code != (BPF_LD | BPF_IMM | BPF_DW) || !insn->src_reg || !insn_aux->map)
		return;
	if (insn->src_reg == BPF_PSEUDO_MAP_IDX)
		insn->src_reg = BPF_PSEUDO_MAP_FD;
	else if (insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
		insn->src_reg = BPF_PSEUDO_MAP_VALUE;
	insn->imm = prog->code.maps[insn_aux->map - 1]->id;
}

static long put_xlated(const struct xbpf_prog *prog, struct bpf_prog_info *info)
{
	u32 size = prog->code.insn_cnt * sizeof(struct bpf_insn),
		room = min(info->xlated_prog_len, size), i, n;
	struct bpf_insn __user *to = u64_to_user_ptr(info->xlated_prog_insns);
	struct bpf_insn insn;

	info->xlated_prog_len = size;
	if (!info->xlated_prog_insns)
		return 0;
	n = room / sizeof(insn);
	for (i = 0; i < n; i++) {
		insn = prog->code.insns[i];
		insn_show(prog, &insn, i);
		if (copy_to_user(to + i, &insn, sizeof(insn)))
			return -EFAULT;
		xbpf_yield(i);
	}
	return 0;
}

/*
 * Where the code of subprogram @i begins in the image; behind the last one: where the image ends.
 */
static u32 subprog_off(const struct xbpf_prog *prog, u32 i)
{
	if (!i)
		return 0;
	if (i == prog->code.subprog_cnt)
		return prog->jited_len;
	return prog->insn_off[prog->code.subprogs[i].start];
}

static long put_ksyms(const struct xbpf_prog *prog, struct bpf_prog_info *info)
{
	u32 cnt = prog->code.subprog_cnt, i, lens;
	u64 *addr;
	u32 *len;
	long err;

	if (!prog->jited || !prog->insn_off) {
		info->nr_jited_ksyms = 0;
		info->nr_jited_func_lens = 0;
		return 0;
	}
	addr = kcalloc(cnt, sizeof(*addr) + sizeof(*len), GFP_KERNEL);
	if (!addr)
		return -ENOMEM;
	len = (u32 *)(addr + cnt);
	for (i = 0; i < cnt; i++) {
		addr[i] = (unsigned long)prog->text + subprog_off(prog, i);
		len[i] = subprog_off(prog, i + 1) - subprog_off(prog, i);
	}
	lens = info->nr_jited_func_lens;
	err = array_put(info->jited_ksyms, &info->nr_jited_ksyms, addr, cnt, sizeof(*addr));
	if (!err)
		err = array_put(info->jited_func_lens, &lens, len, cnt, sizeof(*len));
	info->nr_jited_func_lens = cnt;
	kfree(addr);
	return err;
}

/*
 * Where the code of each source line begins.  Within a function the addresses rise, which libbpf
 * insists on: a line whose instruction made no code of its own (it was fused with another, or is
 * never run) gets the next byte that is free.
 */
static void line_addrs(const struct xbpf_prog *prog, u64 *addr)
{
	const struct xbpf_code *code = &prog->code;
	u64 base = (unsigned long)prog->text, end;
	u32 sub, i, from = 0, to;

	for (sub = 0; sub < code->subprog_cnt; sub++, from = to) {
		for (to = from; to < code->line_cnt && code->lines[to].insn < code->subprogs[sub].end; to++) {
			addr[to] = base + prog->insn_off[code->lines[to].insn];
			if (to > from && addr[to] <= addr[to - 1])
				addr[to] = addr[to - 1] + 1;
		}
		end = base + subprog_off(prog, sub + 1);
		for (i = to; i > from && addr[i - 1] >= end; i--, end--)
			addr[i - 1] = end - 1;
	}
}

static long put_jited_lines(const struct xbpf_prog *prog, struct bpf_prog_info *info)
{
	u32 cnt = prog->jited && prog->insn_off ? prog->code.line_cnt : 0;
	u64 *addr;
	long err;

	info->jited_line_info_rec_size = sizeof(*addr);
	if (!info->jited_line_info || !cnt) {
		info->nr_jited_line_info = cnt;
		return 0;
	}
	addr = kvcalloc(cnt, sizeof(*addr), GFP_KERNEL_ACCOUNT);
	if (!addr)
		return -ENOMEM;
	line_addrs(prog, addr);
	err = array_put(info->jited_line_info, &info->nr_jited_line_info, addr, cnt, sizeof(*addr));
	kvfree(addr);
	return err;
}

static long put_btf(const struct xbpf_prog *prog, struct bpf_prog_info *info)
{
	const struct xbpf_btf_prog *records = &prog->records;
	long err;

	if (prog->btf)
		info->btf_id = xbpf_btf_id(prog->btf);
	info->func_info_rec_size = sizeof(*records->func_info);
	info->line_info_rec_size = sizeof(*records->line_info);
	err = array_put(info->func_info, &info->nr_func_info, records->func_info, records->func_cnt,
			sizeof(*records->func_info));
	return err ? err : array_put(info->line_info, &info->nr_line_info, records->line_info,
				     records->line_cnt, sizeof(*records->line_info));
}

/* Record sizes that a reader states must be ours, or 0 where it gives no room. */
static bool sizes_ok(const struct bpf_prog_info *info)
{
	return (!info->nr_func_info || info->func_info_rec_size == sizeof(struct bpf_func_info)) &&
	       (!info->nr_line_info || info->line_info_rec_size == sizeof(struct bpf_line_info)) &&
	       (!info->nr_jited_line_info || info->jited_line_info_rec_size == sizeof(u64));
}

long xbpf_prog_info(struct xbpf_object *obj, struct xbpf_cmd *cmd)
{
	struct xbpf_prog *prog = xbpf_prog_of_object(obj);
	struct xbpf_prog_sums sums;
	struct bpf_prog_info info;
	long err;

	err = xbpf_info_get(cmd, &info, sizeof(info));
	if (err)
		return err;
	if (!sizes_ok(&info))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "info: func_info, line_info and jited_line_info records have 8, 16 and 8 bytes");
	/* as upstream: the numbers come back, and null for what was not written */
	if (!xbpf_info_addresses()) {
		info.jited_prog_insns = 0;
		info.jited_ksyms = 0;
		info.jited_line_info = 0;
	}
	info.type = prog->type;
	info.id = obj->id;
	memcpy(info.tag, prog->tag, sizeof(info.tag));
	info.load_time = prog->load_time;
	info.created_by_uid = prog->created_by_uid;
	memset(info.name, 0, sizeof(info.name));
	strscpy(info.name, prog->name, sizeof(info.name));
	info.ifindex = 0;
	info.netns_dev = 0;
	info.netns_ino = 0;
	info.gpl_compatible = prog->code.gpl_compatible;
	sums = xbpf_prog_stats_read(prog);
	info.run_time_ns = sums.direct.time_ns;
	info.run_cnt = sums.direct.run + sums.tailed;
	info.recursion_misses = sums.direct.missed;
	info.verified_insns = prog->code.processed;
	info.nr_prog_tags = 0;

	err = put_map_ids(prog, &info);
	if (!err)
		err = put_xlated(prog, &info);
	if (!err)
		err = array_put(info.jited_prog_insns, &info.jited_prog_len, prog->text, prog->jited_len, 1);
	if (!err)
		err = put_ksyms(prog, &info);
	if (!err)
		err = put_jited_lines(prog, &info);
	if (!err)
		err = put_btf(prog, &info);
	return err ? err : xbpf_info_put(cmd, &info, sizeof(info));
}
