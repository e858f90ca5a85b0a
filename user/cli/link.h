/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl link. */
#ifndef XBPF_CLI_LINK_H
#define XBPF_CLI_LINK_H

#include "libxbpf.h"

/* Where `prog attach` pins a link when it is not told. */
void link_default_pin(__u32 id, char *path, size_t size);

/* What it is attached to, in a word or two: "do_exit+0x10", "2 functions". */
void link_place(const struct xbpf_link_info *info, char *buf, size_t size);

/* One line on the link that was just pinned at @path; in JSON an object. */
void link_attached(const char *path);

#endif
