/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this kernel and this CPU demand of compiled code: how to jump and return (read from the
 * templates of text/area_text.S, which the kernel patches), where per-CPU data lies, and the entry
 * trampoline.
 */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xbpf.h>
#include "cmd/name.h"
#include "jit/jit.h"
#include "text/area.h"
#include "compat/ibt.h"
#include "compat/percpu.h"
#include "text/jit_env.h"

/* The templates of text/area_text.S, and where in them the branch stands. */
struct form_at {
	u32 off, len;
};
extern const u8 xbpf_form_jump[], xbpf_form_ret[];
extern const struct form_at xbpf_form_jump_at, xbpf_form_ret_at;

static struct xbpf_jit_env jit_env;	/* constant after init */
static bool jit_works;			/* likewise: the templates were understood */

const struct xbpf_jit_env *xbpf_jit_env(void)
{
	return &jit_env;
}

bool xbpf_jit_works(void)
{
	return jit_works;
}

/* The branch form as assembly. Without a target it is one of the bare forms. */
static void form(char *buf, size_t size, const struct xbpf_jit_form *form, const char *bare)
{
	if (!jit_works)
		strscpy(buf, "unknown", size);
	else if (form->rel_at >= 0)
		snprintf(buf, size, "jmp %ps", (void *)(unsigned long)form->target);
	else if (form->bytes[0] == 0x0f)
		snprintf(buf, size, "lfence; %s", bare);
	else
		strscpy(buf, bare, size);
}

void xbpf_jit_env_info(struct xbpf_info *info)
{
	info->ibt = jit_env.endbr;
	form(info->jump_form, sizeof(info->jump_form), &jit_env.jump_rcx, "jmp *%rcx");
	form(info->ret_form, sizeof(info->ret_form), &jit_env.ret, "ret");
}

static int form_read(struct xbpf_jit_form *form, const char *what, const u8 *code,
		     const struct form_at *at)
{
	int err = xbpf_jit_form_read(form, code + at->off, at->len, (unsigned long)code + at->off);

	if (err)
		pr_warn(XBPF_NAME ": this kernel's form of %s is unknown (%*ph): no JIT, programs are "
			"interpreted\n", what, (int)at->len, code + at->off);
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

/*
 * The ways in and out that all compiled programs share. Where the kernel's branches leave no room
 * for them, there is no JIT.
 */
static int trampoline_init(void)
{
	struct xbpf_log *log = kzalloc(sizeof(*log), GFP_KERNEL);
	u8 code[XBPF_TRAMPOLINE_LEN], *trampoline = xbpf_text_trampoline();
	int err;

	if (!log)
		return -ENOMEM;
	jit_env.leave = (unsigned long)trampoline + XBPF_TRAMPOLINE_LEAVE;
	err = xbpf_jit_trampoline(&jit_env, (unsigned long)trampoline, code, log);
	if (err) {
		pr_warn(XBPF_NAME ": no entry trampoline for compiled programs (error %d%s%s): no JIT, "
			"programs are interpreted\n",
			-err, log->reason[0] ? ", " : "", log->reason);
		jit_works = false;
		err = 0;
	} else {
		err = xbpf_text_write(trampoline, code, sizeof(code));
	}
	kfree(log);
	return err;
}

int xbpf_jit_env_init(void)
{
	int err = xbpf_text_init();

	if (err)
		return err;
	jit_env.endbr = xbpf_compat_ibt();
	percpu_init(&jit_env.percpu);
	jit_env.gs_counts = true;
	jit_env.pokes = true;
	jit_env.bmi2 = boot_cpu_has(X86_FEATURE_BMI2);
	jit_env.movbe = boot_cpu_has(X86_FEATURE_MOVBE);
	jit_works = !form_read(&jit_env.jump_rcx, "an indirect jump", xbpf_form_jump,
			       &xbpf_form_jump_at) &&
		    !form_read(&jit_env.ret, "a return", xbpf_form_ret, &xbpf_form_ret_at);
	err = jit_works ? trampoline_init() : 0;
	if (err)
		xbpf_text_exit();
	return err;
}

void xbpf_jit_env_exit(void)
{
	xbpf_text_exit();
}
