/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failing allocations on a stock kernel, which has no fault injection: the N-th one of the task
 * that asked for it gives NULL.
 *
 * A kprobe at the entry of each function that allocates.  To fail, it has the function return at
 * once with 0 in ax, as the kernel's own error injection does.  /dev/xbpf_fault: ioctl(fd,
 * XBPF_FAULT_ARM, n) by a task, then ioctl(fd, XBPF_FAULT_DISARM): 1 when the N-th was reached,
 * else 0. One task at a time.
 */
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include "xbpf_fault.h"

static struct task_struct *target;	/* of the fd that is armed; compared, never followed */
static unsigned int left;		/* only the target and its ioctls write it */

void xbpf_fault_return(void);
asm(".pushsection .text\n"
    ".type xbpf_fault_return, @function\n"
    ".globl xbpf_fault_return\n"
    "xbpf_fault_return:\n"
#ifdef ASM_ENDBR
    ASM_ENDBR
#endif
    ASM_RET
    ".size xbpf_fault_return, . - xbpf_fault_return\n"
    ".popsection\n");

static int entry(struct kprobe *kp, struct pt_regs *regs)
{
	if (READ_ONCE(target) != current || !in_task() || !left || --left)
		return 0;
	regs->ax = 0;
	regs->ip = (unsigned long)xbpf_fault_return;
	return 1;
}
NOKPROBE_SYMBOL(entry);

/* As 6.1 and 6.12 call them; what a kernel does not have is left out. */
static struct kprobe probes[] = {
#define AT(name) { .symbol_name = (name), .pre_handler = entry }
	/* slab */
	AT("__kmalloc"), AT("__kmalloc_node"), AT("kmalloc_trace"), AT("kmalloc_node_trace"),
	AT("kmalloc_large"),
	AT("kmalloc_large_node"), AT("kmem_cache_alloc"), AT("kmem_cache_alloc_lru"),
	AT("kmem_cache_alloc_node"),
	AT("__kmalloc_node_track_caller"),
	AT("__kmalloc_noprof"), AT("__kmalloc_node_noprof"), AT("__kmalloc_cache_noprof"),
	AT("__kmalloc_cache_node_noprof"),
	AT("__kmalloc_large_noprof"), AT("__kmalloc_large_node_noprof"), AT("kmem_cache_alloc_noprof"),
	AT("kmem_cache_alloc_lru_noprof"), AT("kmem_cache_alloc_node_noprof"),
	AT("__kmalloc_node_track_caller_noprof"),
	/* pages, and areas of them */
	AT("__alloc_pages"), AT("__alloc_pages_noprof"), AT("__vmalloc_node_range"),
	AT("__vmalloc_node_range_noprof"), AT("vmap"),
	/* per CPU */
	AT("pcpu_alloc"), AT("pcpu_alloc_noprof"),
};

static void probes_drop(int n)
{
	while (n--)
		if (probes[n].addr)
			unregister_kprobe(&probes[n]);
}

static int probes_set(void)
{
	int i, err, set = 0;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		err = register_kprobe(&probes[i]);
		if (err && err != -ENOENT) {
			pr_err("xbpf_fault: %s: errno %d\n", probes[i].symbol_name, -err);
			probes_drop(i);
			return err;
		}
		if (err)
			probes[i].addr = NULL;
		set += !err;
	}
	pr_info("xbpf_fault: %d functions that allocate\n", set);
	return 0;
}

static long fault_ioctl(struct file *file, unsigned int cmd, unsigned long n)
{
	switch (cmd) {
	case XBPF_FAULT_ARM:
		left = n;
		WRITE_ONCE(target, current);
		return 0;
	case XBPF_FAULT_DISARM:
		WRITE_ONCE(target, NULL);
		return !left;
	}
	return -ENOTTY;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = fault_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xbpf_fault",
	.fops = &fops,
	.mode = 0600,
};

static int __init fault_init(void)
{
	int err = probes_set();

	if (err)
		return err;
	err = misc_register(&dev);
	if (err)
		probes_drop(ARRAY_SIZE(probes));
	return err;
}

static void __exit fault_exit(void)
{
	misc_deregister(&dev);
	probes_drop(ARRAY_SIZE(probes));
}

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Lets allocations fail, for the tests of xbpf");
MODULE_LICENSE("GPL");
