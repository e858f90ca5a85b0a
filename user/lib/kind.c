/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a descriptor stands for.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kind.h"

static ssize_t read_target(int fd, char *target, size_t size)
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, size - 1);
	target[len < 0 ? 0 : len] = '\0';
	return len;
}

bool kind_is_kernel_btf(int fd)
{
	char target[PATH_MAX];

	return read_target(fd, target, sizeof(target)) > 0 && !strcmp(target, "anon_inode:btf");
}

enum xbpf_kind xbpf_fd_kind(int fd)
{
	static const struct {
		const char *name;
		enum xbpf_kind kind;
	} kinds[] = {
		{ "prog", XBPF_KIND_PROG }, { "map", XBPF_KIND_MAP },
		{ "link", XBPF_KIND_LINK }, { "btf", XBPF_KIND_BTF },
	};
	char own[64], target[PATH_MAX];
	ssize_t len;
	size_t i;

	/* The kernel names an anonymous inode after what it stands for: "anon_inode:xbpf-map". */
	if (read_target(fd, target, sizeof(target)) < 0)
		return XBPF_KIND_NONE;
	len = snprintf(own, sizeof(own), "anon_inode:%s-", xbpf_used());
	if (strncmp(target, own, len))	/* nobody's, or another module's */
		return XBPF_KIND_NONE;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(target + len, kinds[i].name))
			return kinds[i].kind;
	return XBPF_KIND_NONE;
}
