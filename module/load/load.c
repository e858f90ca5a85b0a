/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loading a program: thirteen steps, in order; whatever a step made hangs on the program, and one
 * function frees it.
 */
#include <linux/bpf.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/string.h>
#include <linux/license.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include "core/prog_type.h"
#include "core/verify/verifier.h"
#include "jit/jit.h"
#include "btf/btf.h"
#include "load/engine.h"
#include "cmd/cmd.h"
#include "helper/helper.h"
#include "map/map.h"
#include "prog/prog.h"
#include "prog/ctx_mask.h"
#include "cmd/rights.h"
#include "run/run_area.h"
#include "table/prog_array.h"
#include "load/tag.h"

#define LOG_MAX		(16u << 20)	/* bytes of kernel memory for a log; of a longer one the end is kept */
#define LOG_LEVELS	(XBPF_LOG_STATES | XBPF_LOG_MORE | XBPF_LOG_STATS)
#define FLAGS		(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_STATE_FREQ | \
			 XBPF_TEST_REG_INVARIANTS | XBPF_F_INTERP | XBPF_F_TAIL_MASK)

/* One load under way; one thread. */
struct load {
	struct xbpf_cmd *cmd;
	struct xbpf_prog_load_attr *attr;
	const struct xbpf_prog_type_info *type;
	struct xbpf_prog *prog;
	struct xbpf_log *log;	/* cmd->log */
	char *log_buf;
	u32 joined;		/* of the program's maps so many have been asked by claim_program_arrays() */
	int fd;			/* the result, of publish() */
};

static struct xbpf_map_info *load_map_get(void *priv, u32 fd, bool is_index, int *err)
{
	struct load *load = priv;
	struct xbpf_map *map;
	u64 at;

	if (is_index) {
		at = load->attr->fd_array + (u64)fd * sizeof(fd);
		*err = -EBADF;
		if (!load->attr->fd_array || copy_from_user(&fd, u64_to_user_ptr(at), sizeof(fd)))
			return NULL;
	}
	map = xbpf_map_get_fd(fd);
	if (IS_ERR(map)) {
		*err = PTR_ERR(map);
		return NULL;
	}
	return &map->info;
}

static void load_map_put(struct xbpf_map_info *info)
{
	xbpf_map_put(xbpf_map_of(info));
}

/* Compiled for one kernel, the module knows what that one's BTF says. */
#define FIELD_AT(field) .field = offsetof(struct bpf_map, field) + \
	BUILD_BUG_ON_ZERO(sizeof_field(struct bpf_map, field) != 4)

static const struct xbpf_env env = {
	.helper = xbpf_helper_fn_of,
	.map_get = load_map_get,
	.map_put = load_map_put,
	.run_area = xbpf_run_area,
	.tail_taken = xbpf_prog_array_taken,
	.map_layout = {
		FIELD_AT(map_type), FIELD_AT(key_size), FIELD_AT(value_size), FIELD_AT(max_entries),
		FIELD_AT(map_flags), FIELD_AT(id),
	},
};

/*
 * What libbpf says of its sections kprobe.multi and tcx; where a program attaches is the link's
 * affair.
 */
static bool attach_type_fits(const struct xbpf_prog_load_attr *attr)
{
	/* numbers of enum bpf_attach_type that older headers lack */
	const u32 kprobe_multi = 42, tcx_ingress = 46, tcx_egress = 47;

	switch (attr->prog_type) {
	case BPF_PROG_TYPE_KPROBE:
		return attr->expected_attach_type == kprobe_multi;
	case BPF_PROG_TYPE_SCHED_CLS:
		return attr->expected_attach_type == tcx_ingress || attr->expected_attach_type == tcx_egress;
	}
	return false;
}

static int check_attr(struct load *load)
{
	const struct xbpf_prog_load_attr *attr = load->attr;
	struct xbpf_cmd *cmd = load->cmd;

	if (attr->prog_flags & ~FLAGS)
		return xbpf_cmd_fail(cmd, -EINVAL, "prog_flags 0x%x are not known to xbpf",
				     attr->prog_flags & ~FLAGS);
	if (XBPF_F_TAIL_OF(attr->prog_flags) && !xbpf_jit_tail_name(XBPF_F_TAIL_OF(attr->prog_flags)))
		return xbpf_cmd_fail(cmd, -EINVAL, "prog_flags: xbpf knows no strategy %u for tail calls",
				     XBPF_F_TAIL_OF(attr->prog_flags));
	if (attr->log_level & ~LOG_LEVELS)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "log_level %u: only the bits 1, 2 and 4 are known", attr->log_level);
	if (!attr->log_buf != !attr->log_size || (attr->log_buf && !attr->log_level))
		return xbpf_cmd_fail(cmd, -EINVAL, "log_buf, log_size and log_level must be given together");
	if (!attr->insn_cnt || attr->insn_cnt > XBPF_MAX_INSNS)
		return xbpf_cmd_fail(cmd, -E2BIG, "a program has 1 to %u instructions, not %u", XBPF_MAX_INSNS,
				     attr->insn_cnt);
	load->type = xbpf_prog_type_find(attr->prog_type);
	if (!load->type)
		return xbpf_cmd_fail(cmd, -EINVAL, "xbpf has no program type %u", attr->prog_type);
	if (xbpf_rights_load(cmd, attr->prog_type))
		return -EPERM;
	if (attr->expected_attach_type && !attach_type_fits(attr))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "expected_attach_type %u: %s programs have none of that number, 0 will do",
				     attr->expected_attach_type, load->type->name);
	if (attr->prog_ifindex)
		return xbpf_cmd_fail(cmd, -EINVAL, "prog_ifindex %u: xbpf does not offload to devices",
				     attr->prog_ifindex);
	if (attr->attach_btf_id || attr->attach_prog_fd)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "attach_btf_id and attach_prog_fd: %s programs attach to neither",
				     load->type->name);
	if (attr->core_relo_cnt || attr->core_relos || attr->core_relo_rec_size)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "core_relos: relocation is the loader's job (libbpf does it), not xbpf's");
	return 0;
}

/*
 * Nobody can see it: never published, or after its grace period. May sleep.  What it holds are
 * references: its maps and its BTF go their own way, with delays of their own.
 */
static void prog_free(struct xbpf_prog *prog)
{
	u32 i;

	xbpf_prog_stats_free(prog);	/* its stub leads to the code */
	xbpf_engine_release(prog);
	for (i = 0; i < prog->code.map_cnt; i++)
		xbpf_map_put(xbpf_map_of(prog->code.maps[i]));
	for (i = 0; i < prog->bound_cnt; i++)
		xbpf_map_put(prog->bound[i]);
	xbpf_code_release(&prog->code);
	kvfree(prog->code.insns);
	xbpf_btf_prog_free(&prog->records);
	/* last: names of functions and source lines point into it */
	if (prog->btf)
		xbpf_btf_put(prog->btf);
	kfree(prog);
}

static int name_copy(struct load *load)
{
	const char *name = load->attr->prog_name;
	u32 i;

	for (i = 0; name[i]; i++) {
		if (i == BPF_OBJ_NAME_LEN - 1)
			return xbpf_cmd_fail(load->cmd, -EINVAL, "prog_name is not terminated within %d bytes",
					     BPF_OBJ_NAME_LEN);
		if (!isalnum(name[i]) && name[i] != '_' && name[i] != '.')
			return xbpf_cmd_fail(load->cmd, -EINVAL,
					     "prog_name: only letters, digits, '_' and '.' are allowed");
	}
	memcpy(load->prog->name, name, i);
	return 0;
}

static int make_prog(struct load *load)
{
	struct xbpf_prog *prog = kzalloc(sizeof(*prog), GFP_KERNEL_ACCOUNT);
	char license[128];

	if (!prog)
		return xbpf_cmd_fail(load->cmd, -ENOMEM, "no memory for a program");
	load->prog = prog;
	prog->free = prog_free;
	xbpf_object_init(&prog->obj, &xbpf_prog_object);
	mutex_init(&prog->bind_lock);
	xbpf_prog_stats_init(prog);
	if (strncpy_from_user(license, u64_to_user_ptr(load->attr->license), sizeof(license) - 1) < 0)
		return xbpf_cmd_fail(load->cmd, -EFAULT, "license cannot be read");
	license[sizeof(license) - 1] = '\0';
	prog->type = load->type->type;
	prog->load_time = ktime_get_boottime_ns();
	prog->created_by_uid = from_kuid_munged(current_user_ns(), current_uid());
	prog->attach_type = load->attr->expected_attach_type;
	prog->code.type = prog->type;
	prog->code.flags = load->attr->prog_flags;
	prog->code.may_leak = perfmon_capable();
	prog->code.gpl_compatible = license_is_gpl_compatible(license);
	return name_copy(load);
}

static int make_log(struct load *load)
{
	u32 size = min(load->attr->log_size, LOG_MAX);

	if (size) {
		load->log_buf = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!load->log_buf)
			return xbpf_cmd_fail(load->cmd, -ENOMEM, "no memory for a log of %u bytes", size);
	}
	xbpf_log_init(load->log, load->log_buf ? load->attr->log_level : 0, load->log_buf, size);
	return 0;
}

static int copy_insns(struct load *load)
{
	struct xbpf_code *code = &load->prog->code;

	code->insns = vmemdup_user(u64_to_user_ptr(load->attr->insns),
				   array_size(load->attr->insn_cnt, sizeof(*code->insns)));
	if (IS_ERR(code->insns)) {
		int err = PTR_ERR(code->insns);

		code->insns = NULL;
		return xbpf_cmd_fail(load->cmd, err, "%u instructions cannot be read", load->attr->insn_cnt);
	}
	code->insn_cnt = load->attr->insn_cnt;
	xbpf_tag(code->insns, code->insn_cnt, load->prog->tag);
	load->prog->reader = xbpf_rights_reader(code);
	return xbpf_rights_reads(load->cmd, load->prog->reader);
}

/*
 * Names and lines for messages come checked and resolved from btf/info.c.  Dumps show the same
 * records: they were read once.
 */
static int read_btf(struct load *load)
{
	const struct xbpf_prog_load_attr *attr = load->attr;
	struct xbpf_prog *prog = load->prog;
	struct xbpf_code *code = &prog->code;
	struct xbpf_btf *btf;
	int err;

	if (!attr->func_info_cnt && !attr->line_info_cnt && !attr->prog_btf_fd)
		return 0;
	btf = xbpf_btf_get_fd(attr->prog_btf_fd);
	if (IS_ERR(btf))
		return xbpf_cmd_fail(load->cmd, PTR_ERR(btf), "prog_btf_fd %u is no BTF of xbpf",
				     attr->prog_btf_fd);
	prog->btf = btf;
	err = xbpf_btf_prog_read(load->cmd, btf, code->insn_cnt, &prog->records);
	if (err)
		return err;
	code->types = xbpf_btf_types(btf);
	code->lines = prog->records.lines;
	code->line_cnt = prog->records.line_cnt;
	code->funcs = prog->records.funcs;
	code->func_cnt = prog->records.func_cnt;
	return 0;
}

static int verify(struct load *load)
{
	return xbpf_verify(&load->prog->code, &env, load, load->log);
}

static int settle_ctx_mask(struct load *load)
{
	return xbpf_ctx_mask_settle(load->prog);
}

static int build(struct load *load)
{
	return xbpf_engine_build(load->prog, &env, load->log);
}

/* Where programs are counted from the start, this one is. */
static int start_counting(struct load *load)
{
	u32 on = xbpf_stats_default();
	int err = on ? xbpf_prog_stats_set(load->prog, on) : 0;

	return err ? xbpf_stats_fail(load->cmd, err) : 0;
}

/*
 * A table belongs to one kind of program: is this one of that kind? (Until
 * settle_program_arrays().)
 */
static int claim_program_arrays(struct load *load)
{
	struct xbpf_code *code = &load->prog->code;
	struct xbpf_map_info *map;
	int err;

	for (; load->joined < code->map_cnt; load->joined++) {
		map = code->maps[load->joined];
		err = map->type == BPF_MAP_TYPE_PROG_ARRAY ?
		      xbpf_prog_array_admit(xbpf_map_of(map), load->prog, load->cmd) : 0;
		if (err)
			return err;
	}
	return 0;
}

/*
 * The tables that were joined learn whether the program came to be: a load that failed leaves no
 * mark.
 */
static void settle_program_arrays(struct load *load, bool loaded)
{
	struct xbpf_map_info *map;
	u32 i;

	for (i = 0; i < load->joined; i++) {
		map = load->prog->code.maps[i];
		if (map->type == BPF_MAP_TYPE_PROG_ARRAY)
			xbpf_prog_array_settle(xbpf_map_of(map), loaded);
	}
}

/* Its tail calls that are patched take the state of their tables; from here on they follow. */
static int link_pokes(struct load *load)
{
	return xbpf_pokes_link(load->prog, load->cmd);
}

/*
 * The end of the log and the words of the error are the same line, whoever said it: there is one
 * place for it, cmd->log.reason.  The log goes out on success too, and being too short fails
 * nothing.
 */
static int hand_out_log(struct load *load)
{
	u64 needed;
	u32 len = 0;

	needed = xbpf_log_finish(load->log, &len);
	load->attr->log_true_size = min_t(u64, needed, U32_MAX);
	if (load->log_buf && copy_to_user(u64_to_user_ptr(load->attr->log_buf), load->log_buf, len))
		return xbpf_cmd_fail(load->cmd, -EFAULT, "log_buf cannot be written");
	return xbpf_cmd_put(load->cmd, prog_load.log_true_size);
}

/*
 * The last step. From then on others may have the program, and its tables must keep the mark of its
 * kind.
 */
static int publish(struct load *load)
{
	load->fd = xbpf_object_publish(load->cmd, &load->prog->obj, xbpf_prog_object.mode);
	return min(load->fd, 0);
}

long xbpf_prog_load_cmd(struct xbpf_cmd *cmd)
{
	static int (*const steps[])(struct load *load) = {
		check_attr, make_prog, make_log, copy_insns, read_btf, verify, build,
		start_counting, settle_ctx_mask, claim_program_arrays, link_pokes,
	};
	struct load load = { .cmd = cmd, .attr = &cmd->attr->prog_load, .log = &cmd->log };
	int err = 0, log_err;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(steps) && !err; i++)
		err = steps[i](&load);
	log_err = hand_out_log(&load);
	err = err ? err : log_err;
	err = err ? err : publish(&load);
	settle_program_arrays(&load, !err);
	if (!err)
		xbpf_prog_put(load.prog);	/* the fd has its own */
	else if (load.prog)
		prog_free(load.prog);
	cmd->log.level = 0;	/* the command's log outlives its buffer */
	cmd->log.buf = NULL;
	kvfree(load.log_buf);
	return err ? err : load.fd;
}
