/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From verified code to something that runs: an image in the text area, or one for the interpreter.
 */
#ifndef XBPF_MODULE_ENGINE_H
#define XBPF_MODULE_ENGINE_H

#include <linux/xbpf.h>
#include "core/env.h"
#include "core/log.h"

struct xbpf_prog;

/*
 * Makes @prog->code run: fills run, image, target, jited and what belongs to them.  JITed unless
 * the JIT is off or the load asked for the interpreter; a JIT that fails is an error, never a
 * silent fall-back, since an interpreted program cannot share a table with JITed ones.  0, -ENOSPC
 * (text area full), or as the engines say, with a reason in the log.
 */
int xbpf_engine_build(struct xbpf_prog *prog, const struct xbpf_env *env, struct xbpf_log *log);

/* Nothing can run the program any more. May sleep. */
void xbpf_engine_release(struct xbpf_prog *prog);

/* jit, ibt, the forms and the text area's numbers. */
void xbpf_engine_info(struct xbpf_info *info);

#endif
