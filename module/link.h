/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: a program held at an attach point.
 */
#ifndef XBPF_MODULE_LINK_H
#define XBPF_MODULE_LINK_H

#include <linux/atomic.h>
#include "cmd.h"

struct file;
struct xbpf_link;

/* As users (fd, pin). The last put detaches: unregister, synchronise, put the program. May sleep. */
void xbpf_link_get(struct xbpf_link *link);
void xbpf_link_put(struct xbpf_link *link);
struct xbpf_link *xbpf_link_get_fd(u32 fd);	/* ERR_PTR(-EBADF) */
int xbpf_link_new_fd(struct xbpf_link *link);	/* takes its own reference */
bool xbpf_link_file(const struct file *file);

long xbpf_link_create_cmd(struct xbpf_cmd *cmd);
long xbpf_link_detach_cmd(struct xbpf_cmd *cmd);
long xbpf_link_next_id_cmd(struct xbpf_cmd *cmd);
long xbpf_link_fd_by_id_cmd(struct xbpf_cmd *cmd);
long xbpf_link_info_cmd(struct xbpf_link *link, struct xbpf_cmd *cmd);

int xbpf_link_init(void);
void xbpf_link_exit(void);

#endif
