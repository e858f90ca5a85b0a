/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One command on its way through /dev/xbpf: what was asked, and the words for a refusal.
 */
#ifndef XBPF_MODULE_CMD_H
#define XBPF_MODULE_CMD_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <linux/xbpf.h>
#include "core/log.h"
#include "cmd/attr.h"

struct file;
struct xbpf_rights;

/* The upstream union, with room for ours and for newer upstream members than this kernel's. */
union xbpf_attr {
	union bpf_attr bpf;
	struct xbpf_prog_load_attr prog_load;
	struct xbpf_test_run_attr test_run;
#define OWN_COMMAND(NAME, member, ...)	struct xbpf_##member member;
#define DEVICE_COMMAND			OWN_COMMAND
#include "include/lists/commands.h"
	u8 bytes[512];
};

/* Lives on the stack (or heap) of the ioctl; one thread. */
struct xbpf_cmd {
	u32 cmd;
	u32 size;			/* bytes of attr that user space gave */
	void __user *uattr;
	/* zero from size to the end of what the command knows; nothing is said of the rest */
	union xbpf_attr *attr;
	const struct file *map_file;	/* of a command on elements: the fd's, held by it */
	const struct xbpf_rights *granted;	/* the row that rights.c found true last; NULL: none yet */
	/*
	 * log.reason is the one place for why the command failed, whoever found out; empty: nobody
	 * said. PROG_LOAD gives the log a buffer, for all others its level is 0.
	 */
	struct xbpf_log log;
};

/*
 * A command's function: may sleep; returns an fd, 0, or -errno.  dev.c has
 * copied attr in, refused non-zero bytes beyond the command's last member, and asked for the rights
 * of the command's row.
 */
typedef long (*xbpf_cmd_fn)(struct xbpf_cmd *cmd);

#define COMMAND(NAME, end, rights, fn)		long fn(struct xbpf_cmd *cmd);
#define OWN_COMMAND(NAME, member, rights, fn)	long fn(struct xbpf_cmd *cmd);
#include "include/lists/commands.h"

/* States why, in cmd->log.reason; returns @err.  The first reason stays. */
__printf(3, 4) long xbpf_cmd_fail(struct xbpf_cmd *cmd, long err, const char *fmt, ...);

/* Copies one member of attr back to user space, if it lies within cmd->size: 0 or -EFAULT. */
#define xbpf_cmd_put(c, member)							\
	xbpf_cmd_put_bytes(c, offsetof(union xbpf_attr, member),		\
			   &(c)->attr->member, sizeof((c)->attr->member))
int xbpf_cmd_put_bytes(struct xbpf_cmd *cmd, size_t off, const void *src, size_t len);

/*
 * May this task learn where kernel code and data lie?  Whoever may trace can read them anyway.  The
 * upstream rule, kallsyms_show_value(), is not exported, and looser where kptr_restrict is 0.
 */
bool xbpf_info_addresses(void);

/*
 * The caller's info struct, as far as it reaches, zero beyond: which dumps it asks for.  @size is
 * what the kernel knows; more from user space must be zero (E2BIG).
 */
long xbpf_info_get(struct xbpf_cmd *cmd, void *info, u32 size);
/* The answer, cut to what the caller gave room for; info_len comes back as that length. */
long xbpf_info_put(struct xbpf_cmd *cmd, const void *info, u32 size);

#endif
