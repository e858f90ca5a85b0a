/* SPDX-License-Identifier: GPL-2.0 */
/* From a verified program to one that runs: JIT or interpreter, and the parameters for both. */
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "cmd/name.h"
#include "core/interp.h"
#include "include/lists/tail_strategies.h"
#include "jit/jit.h"
#include "text/area.h"
#include "load/engine.h"
#include "text/jit_env.h"
#include "prog/prog.h"
#include "table/prog_array.h"

static bool jit = true;
module_param(jit, bool, 0644);
MODULE_PARM_DESC(jit,
		 "compile programs to machine code (default: yes); affects programs loaded from then on");

static bool harden;
module_param(harden, bool, 0644);
MODULE_PARM_DESC(harden,
		 "blind the constants of programs and place their code at random (default: no); "
		 "affects programs loaded from then on");

static u32 tail = 1;	/* a number of xbpf_jit_tail_name() */

#define WITH_BLANK(name) " " #name

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
		pr_err(XBPF_NAME ": tail=%s: no such strategy for tail calls; there are"
		       XBPF_TAIL_STRATEGIES(WITH_BLANK) "\n", val);
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
MODULE_PARM_DESC(tail,
		 "how programs make tail calls (default: auto), one of"
		 XBPF_TAIL_STRATEGIES(WITH_BLANK) "; affects programs loaded from then on");

static int jit_build(struct xbpf_prog *prog, const struct xbpf_env *env, struct xbpf_log *log)
{
	struct xbpf_jit_out out = {};
	struct xbpf_jit_env jenv = *xbpf_jit_env();
	struct xbpf_text_stat stat;
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
	prog->text = xbpf_text_alloc(len, jenv.blind);
	if (!prog->text) {
		xbpf_text_stat(&stat);
		err = xbpf_log_fail(log, -ENOSPC,
				    "the text area, the JIT's memory, is full: the program "
				    "needs %u bytes in one piece, the largest hole has %llu of "
				    "%llu; unload programs, build xbpf.ko with a larger TEXT_KB, "
				    "or load with XBPF_F_INTERP",
				    len, stat.largest, stat.size);
		goto end;
	}
	prog->jited_len = len;
	buf = kvmalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!buf) {
		err = xbpf_log_fail(log, -ENOMEM, "no memory for %u bytes of code", len);
		goto free_text;
	}
	err = xbpf_jit_write(compilation, (unsigned long)prog->text, buf, len, &out);
	if (err)
		goto free_text;
	err = xbpf_text_write(prog->text, buf, len);
	if (err) {
		err = xbpf_log_fail(log, err, "no memory to map %u bytes of the JIT's memory for writing", len);
		goto release_out;
	}
	kvfree(buf);
	xbpf_jit_end(compilation);
	prog->insn_off = out.insn_off;
	prog->jit_pokes = out.pokes;
	prog->poke_cnt = out.poke_cnt;
	prog->tail = jenv.tail;
	prog->target = prog->text;
	prog->entry = prog->text;
	prog->how = XBPF_RUN_JITED;
	prog->jited = true;
	return 0;

release_out:
	xbpf_jit_out_release(&out);
free_text:
	kvfree(buf);
	xbpf_text_free(prog->text, len);
	prog->text = NULL;
end:
	xbpf_jit_end(compilation);
	return err;
}

int xbpf_engine_build(struct xbpf_prog *prog, const struct xbpf_env *env, struct xbpf_log *log)
{
	int err;

	if (xbpf_jit_works() && READ_ONCE(jit) && !(prog->code.flags & XBPF_F_INTERP))
		return jit_build(prog, env, log);
	prog->image = xbpf_image_build(&prog->code, env, log, &err);
	if (!prog->image)
		return err;
	prog->target = prog->image;
	prog->how = XBPF_RUN_INTERPRETED;
	return 0;
}

void xbpf_engine_release(struct xbpf_prog *prog)
{
	struct xbpf_jit_out out = { .insn_off = prog->insn_off, .pokes = prog->jit_pokes };

	xbpf_pokes_unlink(prog);
	xbpf_text_free(prog->text, prog->jited_len);
	xbpf_jit_out_release(&out);
	if (prog->image)
		xbpf_image_free(prog->image);
}

void xbpf_engine_info(struct xbpf_info *info)
{
	struct xbpf_text_stat stat;
	u32 i, n = 0;

	xbpf_text_stat(&stat);
	info->jit = xbpf_jit_works() && READ_ONCE(jit);
	info->text_size = stat.size;
	info->text_used = stat.used;
	info->text_largest = stat.largest;
	info->text_images = stat.images;
	xbpf_jit_env_info(info);
	strscpy(info->tail, xbpf_jit_tail_name(READ_ONCE(tail)), sizeof(info->tail));
	for (i = 1; xbpf_jit_tail_name(i); i++)
		n += scnprintf(info->tails + n, sizeof(info->tails) - n, "%s%s", n ? " " : "",
			       xbpf_jit_tail_name(i));
}
