/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: a program at an attach point.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "errmsg.h"
#include "libxbpf.h"

/* The longest that the module takes. */
#define SYMBOL_MAX 127

static int parse_u64(const char *text, __u64 *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

int xbpf_attach_parse(struct xbpf_attach *at, const char *where, char *name, size_t size)
{
	const char *plus;
	size_t len;

	at->symbol = NULL;
	at->offset = 0;
	at->addr = 0;
	if (where[0] >= '0' && where[0] <= '9') {
		if (strncmp(where, "0x", 2) || parse_u64(where, &at->addr) || !at->addr)
			return errmsg_set(-EINVAL, "'%s' is no kernel address: write it as 0xffffffff81000000, or name a function", where);
		return 0;
	}
	plus = strchr(where, '+');
	len = plus ? (size_t)(plus - where) : strlen(where);
	if (!len)
		return errmsg_set(-EINVAL, "'%s' names no function: write SYMBOL, SYMBOL+OFFSET or 0xADDRESS", where);
	if (len > SYMBOL_MAX || len >= size)
		return errmsg_set(-EINVAL, "the name of the function is %zu characters long, the longest is %d", len, SYMBOL_MAX);
	if (plus && parse_u64(plus + 1, &at->offset))
		return errmsg_set(-EINVAL, "'%s' in '%s' is no offset: write it as %.*s+0x10", plus + 1, where, (int)len, where);
	memcpy(name, where, len);
	name[len] = '\0';
	at->symbol = name;
	return 0;
}

static void describe(const struct xbpf_attach *at, char *buf, size_t size)
{
	if (!at->symbol)
		snprintf(buf, size, "0x%llx", at->addr);
	else if (at->offset)
		snprintf(buf, size, "%s+0x%llx", at->symbol, at->offset);
	else
		snprintf(buf, size, "%s", at->symbol);
}

int xbpf_link_create(int prog_fd, const struct xbpf_attach *at)
{
	struct xbpf_link_create attr = {
		.type = at->type,
		.prog_fd = prog_fd,
		.symbol = (unsigned long)at->symbol,
		.addr = at->addr,
		.offset = at->offset,
		.cookie = at->cookie,
	};
	char where[SYMBOL_MAX + 32];
	const char *words;
	int fd, err;

	err = xbpf_device();
	if (err)
		return err;
	fd = xbpf_sys(XBPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd >= 0)
		return fd;
	err = -errno;
	describe(at, where, sizeof(where));
	words = xbpf_refusal(XBPF_LINK_CREATE);
	if (*words)	/* they begin with the place where it matters */
		return errmsg_set(err, "%s%s%s", strstr(words, where) ? "" : where, strstr(words, where) ? "" : ": ", words);
	switch (err) {
	case -ENOENT:
		return errmsg_set(err, "%s: no such function in this kernel; /proc/kallsyms lists them", where);
	case -EINVAL:
		return errmsg_set(err, "%s: cannot be probed (blacklisted, not at the start of an instruction, or the program is of another type)", where);
	case -EBADF:
		return errmsg_set(err, "%s: this is no program of xbpf's", where);
	default:
		return errmsg_set(err, "%s: not attached: %s", where, errmsg_errno(err));
	}
}

int xbpf_link_detach(int fd)
{
	int err = xbpf_device();

	if (err || !bpf_link_detach(fd))
		return err;
	err = -errno;
	return errmsg_set(err, "the link cannot be detached: %s",
			  *xbpf_refusal(BPF_LINK_DETACH) ? xbpf_refusal(BPF_LINK_DETACH) : errmsg_errno(err));
}

int xbpf_link_info_get(int fd, struct xbpf_link_info *info, char *symbol, size_t size)
{
	__u32 len = sizeof(*info);
	int err;

	memset(info, 0, sizeof(*info));
	if (symbol && size) {
		symbol[0] = '\0';
		info->func_name = (unsigned long)symbol;
		info->name_len = size;
	}
	err = xbpf_device();
	if (err || !bpf_obj_get_info_by_fd(fd, info, &len))
		return err;
	err = -errno;
	return errmsg_set(err, "the link does not say what it is: %s", errmsg_errno(err));
}
