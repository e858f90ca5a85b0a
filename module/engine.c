/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "../core/interp.h"
#include "../jit/jit.h"
#include "arena.h"
#include "compat/ibt.h"
#include "compat/percpu.h"
#include "engine.h"
#include "prog.h"
#include "prog_array.h"

static bool jit = true;
module_param(jit, bool, 0644);
MODULE_PARM_DESC(jit, "compile programs to machine code (default: yes); affects programs loaded from then on");

static bool harden;
module_param(harden, bool, 0644);
MODULE_PARM_DESC(harden, "blind the constants of programs and place their code at random (default: no); affects programs loaded from then on");

static u32 tail = 1;	/* a number of xbpf_jit_tail_name() */

static u32 tail_find(const char *name)
{
	u32 i;

	for (i = 1; xbpf_jit_tail_name(i); i++)
		if (sysfs_streq(name, xbpf_jit_tail_name(i)))
			return i;
	return 0;
}

static int tail_set(const char *val, const struct kernel_param *kp)
{
	u32 found = tail_find(val);

	if (!found) {
		pr_err("xbpf: tail=%s: no such way to make a tail call (auto, unwind, slot, direct, tree)\n", val);
		return -EINVAL;
	}
	WRITE_ONCE(tail, found);
	return 0;
}

static int tail_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", xbpf_jit_tail_name(READ_ONCE(tail)));
}

static const struct kernel_param_ops tail_ops = {
	.set = tail_set,
	.get = tail_get,
};
module_param_cb(tail, &tail_ops, NULL, 0644);
MODULE_PARM_DESC(tail, "how programs make tail calls: auto (default), unwind, slot, direct or tree; affects programs loaded from then on");

/* The templates of arena_text.S, and where in them the branch stands. */
struct site_at {
	u32 off, len;
};
extern const u8 xbpf_site_jump[], xbpf_site_ret[];
extern const struct site_at xbpf_site_jump_at, xbpf_site_ret_at;

static struct xbpf_jit_env jit_env;	/* constant after init */
static bool jit_works;			/* likewise: the templates were understood */

static int jit_build(struct xbpf_prog *prog, const struct xbpf_env *env, struct xbpf_log *log)
{
	struct xbpf_jit_out out = {};
	struct xbpf_jit_env jenv = jit_env;
	struct xbpf_arena_stat stat;
	struct jit *compilation;
	u8 *buf = NULL;
	u32 len;
	int err;

	jenv.blind = READ_ONCE(harden);
	jenv.seed = jenv.blind ? get_random_u64() : 0;
	jenv.tail = XBPF_F_TAIL_OF(prog->code.flags) ?: READ_ONCE(tail);
	compilation = xbpf_jit_measure(&prog->code, env, &jenv, log, &len, &err);
	if (!compilation)
		return err;
	prog->arena = xbpf_arena_alloc(len, jenv.blind);
	if (!prog->arena) {
		xbpf_arena_stat(&stat);
		err = xbpf_log_fail(log, -ENOSPC,
				    "the arena, the JIT's memory, is full: the program needs %u bytes in one piece, the largest hole has %llu of %llu; unload programs, build xbpf.ko with a larger ARENA_KB, or load with XBPF_F_INTERP",
				    len, stat.largest, stat.size);
		goto end;
	}
	prog->jited_len = len;
	buf = kvmalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!buf) {
		err = xbpf_log_fail(log, -ENOMEM, "no memory for %u bytes of code", len);
		goto free_arena;
	}
	err = xbpf_jit_write(compilation, (unsigned long)prog->arena, buf, len, &out);
	if (err)
		goto free_arena;
	err = xbpf_arena_write(prog->arena, buf, len);
	if (err) {
		err = xbpf_log_fail(log, err, "no memory to map %u bytes of the JIT's memory for writing", len);
		goto release_out;
	}
	kvfree(buf);
	xbpf_jit_end(compilation);
	prog->insn_off = out.insn_off;
	prog->jit_sites = out.sites;
	prog->site_cnt = out.site_cnt;
	prog->tail = jenv.tail;
	prog->target = prog->arena;
	prog->jited = true;
	return 0;

release_out:
	xbpf_jit_out_release(&out);
free_arena:
	kvfree(buf);
	xbpf_arena_free(prog->arena, len);
	prog->arena = NULL;
end:
	xbpf_jit_end(compilation);
	return err;
}

int xbpf_engine_build(struct xbpf_prog *prog, const struct xbpf_env *env, struct xbpf_log *log)
{
	int err;

	if (jit_works && READ_ONCE(jit) && !(prog->code.flags & XBPF_F_INTERP))
		return jit_build(prog, env, log);
	prog->image = xbpf_image_build(&prog->code, env, log, &err);
	if (!prog->image)
		return err;
	prog->target = prog->image;
	return 0;
}

void xbpf_engine_release(struct xbpf_prog *prog)
{
	struct xbpf_jit_out out = { .insn_off = prog->insn_off, .sites = prog->jit_sites };

	xbpf_sites_unlink(prog);
	xbpf_arena_free(prog->arena, prog->jited_len);
	xbpf_jit_out_release(&out);
	if (prog->image)
		xbpf_image_free(prog->image);
}

void *xbpf_engine_tree(const u64 *targets, u32 cnt, u32 *len)
{
	struct xbpf_log *log = kzalloc(sizeof(*log), GFP_KERNEL);
	void *code = NULL;
	u8 *buf = NULL;

	if (!log || xbpf_jit_tree(targets, cnt, &jit_env, 0, NULL, 0, len, log))
		goto out;
	buf = kvmalloc(*len, GFP_KERNEL | __GFP_NOWARN);
	code = buf ? xbpf_arena_alloc(*len, false) : NULL;
	if (code && (xbpf_jit_tree(targets, cnt, &jit_env, (unsigned long)code, buf, *len, len, log) ||
		     xbpf_arena_write(code, buf, *len))) {
		xbpf_arena_free(code, *len);
		code = NULL;
	}
out:
	kvfree(buf);
	kfree(log);
	return code;
}

/* The site as assembly. Without a target it is one of the bare forms. */
static void form(char *buf, size_t size, const struct xbpf_jit_site *site, const char *bare)
{
	if (!jit_works)
		strscpy(buf, "unknown", size);
	else if (site->rel_at >= 0)
		snprintf(buf, size, "jmp %ps", (void *)(unsigned long)site->target);
	else if (site->bytes[0] == 0x0f)
		snprintf(buf, size, "lfence; %s", bare);
	else
		strscpy(buf, bare, size);
}

void xbpf_engine_info(struct xbpf_info *info)
{
	struct xbpf_arena_stat stat;
	u32 i, n = 0;

	xbpf_arena_stat(&stat);
	info->jit = jit_works && READ_ONCE(jit);
	info->arena_size = stat.size;
	info->arena_used = stat.used;
	info->arena_largest = stat.largest;
	info->arena_images = stat.images;
	info->ibt = jit_env.endbr;
	strscpy(info->tail, xbpf_jit_tail_name(READ_ONCE(tail)), sizeof(info->tail));
	for (i = 1; xbpf_jit_tail_name(i); i++)
		n += scnprintf(info->tails + n, sizeof(info->tails) - n, "%s%s", n ? " " : "", xbpf_jit_tail_name(i));
	form(info->jump_form, sizeof(info->jump_form), &jit_env.jump_rcx, "jmp *%rcx");
	form(info->ret_form, sizeof(info->ret_form), &jit_env.ret, "ret");
}

static int site_read(struct xbpf_jit_site *site, const char *what, const u8 *code, const struct site_at *at)
{
	int err = xbpf_jit_site_read(site, code + at->off, at->len, (unsigned long)code + at->off);

	if (err)
		pr_warn("xbpf: this kernel's form of %s is unknown (%*ph): no JIT, programs are interpreted\n",
			what, (int)at->len, code + at->off);
	return err;
}

/* An address that code names in 32 bits, sign-extended: of the kernel's own per-CPU variables. */
#define GS(var) ((s32)(unsigned long)&(var))

static void percpu_init(struct xbpf_jit_percpu *p)
{
	p->this_cpu_off = GS(this_cpu_off);
	p->cpu_number = GS(xbpf_compat_cpu_number);
	p->current_task = GS(xbpf_compat_current_task);
	p->task_pid = offsetof(struct task_struct, pid);
	p->task_tgid = offsetof(struct task_struct, tgid);
}

/* The ways in and out that all compiled programs share. Where the kernel's branches leave no room for them, there is no JIT. */
static int gate_init(void)
{
	struct xbpf_log *log = kzalloc(sizeof(*log), GFP_KERNEL);
	u8 code[XBPF_GATE_LEN], *gate = xbpf_arena_gate();
	int err;

	if (!log)
		return -ENOMEM;
	jit_env.leave = (unsigned long)gate + XBPF_GATE_LEAVE;
	err = xbpf_jit_gate(&jit_env, (unsigned long)gate, code, log);
	if (err) {
		pr_warn("xbpf: no gate for compiled programs (error %d%s%s): no JIT, programs are interpreted\n", -err,
			log->reason[0] ? ", " : "", log->reason);
		jit_works = false;
		err = 0;
	} else {
		err = xbpf_arena_write(gate, code, sizeof(code));
	}
	kfree(log);
	return err;
}

int xbpf_engine_init(void)
{
	int err = xbpf_arena_init();

	if (err)
		return err;
	jit_env.endbr = xbpf_compat_ibt();
	percpu_init(&jit_env.percpu);
	jit_env.gs_counts = true;
	jit_env.sites = true;
	jit_env.bmi2 = boot_cpu_has(X86_FEATURE_BMI2);
	jit_env.movbe = boot_cpu_has(X86_FEATURE_MOVBE);
	jit_works = !site_read(&jit_env.jump_rcx, "an indirect jump", xbpf_site_jump, &xbpf_site_jump_at) &&
		    !site_read(&jit_env.ret, "a return", xbpf_site_ret, &xbpf_site_ret_at);
	err = jit_works ? gate_init() : 0;
	if (err)
		xbpf_arena_exit();
	return err;
}

void xbpf_engine_exit(void)
{
	xbpf_arena_exit();
}
