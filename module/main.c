/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module: its parts in order of need, taken down in the opposite one.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/vmalloc.h>
#include "cmd/name.h"
#include "core/verify/verifier.h"
#include "dev/dev.h"
#include "dev/fs.h"
#include "dev/ids.h"
#include "dev/link_create.h"
#include "helper/helper.h"
#include "load/engine.h"
#include "text/jit_env.h"
#include "text/patch.h"
#include "run/run_area.h"
#include "object/worker.h"

static void log_version(void)
{
	struct xbpf_info info = {};

	xbpf_engine_info(&info);
	pr_info(XBPF_NAME ": version %s, %s (jump: %s, return: %s%s), text area %llu KiB\n",
		XBPF_VERSION, info.jit ? "JIT" : "interpreter", info.jump_form, info.ret_form,
		info.ibt ? ", IBT" : "", info.text_size >> 10);
}

/*
 * Maps, packets, stacks and per-CPU data are memory of the page allocator, directly mapped or by
 * vmalloc: where those areas are is drawn at each boot, and the verifier relies on the ends of the
 * address space being far from them.  (The first task's stack is in the kernel's image, which ends
 * 2^30 bytes below the upper end; without SMP per-CPU data would be the module's own.)
 */
static bool __init lies_inside(unsigned long first, unsigned long last)
{
	const unsigned long half = 1ul << 63;

	return first <= last && first >= half + XBPF_OBJECT_MARGIN && last <= -XBPF_OBJECT_MARGIN;
}

static int __init check_address_space(void)
{
	unsigned long direct = PAGE_OFFSET, top = (unsigned long)high_memory;

	if (lies_inside(direct, top) && lies_inside(VMALLOC_START, VMALLOC_END))
		return 0;
	pr_err(XBPF_NAME ": memory of this kernel lies within 0x%lx bytes of an end of the address space, "
	       "and the verifier relies on that it does not: not loaded\n", XBPF_OBJECT_MARGIN);
	return -ENODEV;
}

static int __init xbpf_init(void)
{
	int err;

	err = check_address_space();
	if (err)
		return err;
	err = xbpf_worker_init();
	if (err)
		return err;
	err = xbpf_run_area_init();
	if (err)
		goto worker;
	err = xbpf_jit_env_init();
	if (err)
		goto run_area;
	err = xbpf_patch_init();
	if (err)
		goto engine;
	err = xbpf_helper_init();
	if (err)
		goto patch;
	err = xbpf_link_init();
	if (err)
		goto helper;
	err = xbpf_fs_init();
	if (err)
		goto link;
	err = xbpf_dev_init();	/* last: users come in */
	if (err)
		goto fs;
	log_version();
	return 0;

fs:
	xbpf_fs_exit();
link:
	xbpf_link_exit();
helper:
	xbpf_helper_exit();
patch:
	xbpf_patch_exit();
engine:
	xbpf_jit_env_exit();
run_area:
	xbpf_run_area_exit();
worker:
	xbpf_worker_exit();
	return err;
}

/*
 * No fd, pin or mount is left, or the module could not be unloaded.  What they put may still be
 * waiting for a grace period or for a worker: nothing is torn down before that has come to an end.
 */
static void __exit xbpf_exit(void)
{
	xbpf_dev_exit();
	xbpf_fs_exit();
	xbpf_worker_drain();
	xbpf_link_exit();
	xbpf_ids_exit();
	xbpf_helper_exit();
	xbpf_patch_exit();
	xbpf_jit_env_exit();
	xbpf_run_area_exit();
	xbpf_worker_exit();
}

module_init(xbpf_init);
module_exit(xbpf_exit);

MODULE_DESCRIPTION("A second BPF, with its own verifier, JIT and program arrays, behind "
		   XBPF_NAME_DEVICE);
MODULE_AUTHOR("The xbpf authors");
MODULE_VERSION(XBPF_VERSION);
MODULE_LICENSE("GPL");
