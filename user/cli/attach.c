/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl prog attach
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "args.h"
#include "attach.h"
#include "info.h"
#include "link.h"
#include "out.h"
#include "spec.h"

static int take_cookie(const char *arg, void *to)
{
	return args_number(arg, "cookie", ULLONG_MAX, to);
}

/* The one number of the tool that may be negative. */
static int take_priority(const char *arg, void *to)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(arg, &end, 0);
	if (!*arg || *end || errno || n < INT_MIN || n > INT_MAX)
		return out_error("'%s' is no priority: a number from %d to %d is", arg, INT_MIN, INT_MAX);
	*(__s32 *)to = n;
	return 0;
}

int attach_take_expire(const char *arg, void *to)
{
	return args_time(arg, "time", to);
}

int attach_pinned(int fd, const struct xbpf_attach *at, const char *path)
{
	char own[64];
	int link, err;

	link = xbpf_link_create(fd, at);
	if (link < 0)
		return link;
	if (!path) {
		link_default_pin(object_id(link, XBPF_KIND_LINK), own, sizeof(own));
		path = own;
	}
	err = xbpf_pin(link, path);
	if (!err)
		return link;
	close(link);	/* which detaches it */
	return err;
}

static int attach_and_show(int fd, const struct xbpf_attach *at, const char *path)
{
	int link = attach_pinned(fd, at, path);
	char own[64];

	if (link < 0)
		return out_error("%s", xbpf_errmsg());
	link_default_pin(object_id(link, XBPF_KIND_LINK), own, sizeof(own));
	link_attached(path ? path : own);
	close(link);
	return 0;
}

/* Kind and place. */
static int take_point(struct args *args, struct xbpf_attach *at, char name[NAME_SIZE])
{
	const char *word = args_next(args, "where to, as kprobe FUNCTION or tracepoint CATEGORY/NAME");

	if (!word)
		return -1;
	if (xbpf_attach_kind(at, word))
		return out_error("%s", xbpf_errmsg());
	word = args_next(args, xbpf_attach_what(at->type));
	if (!word)
		return -1;
	return xbpf_attach_parse(at, word, name, NAME_SIZE) ? out_error("%s", xbpf_errmsg()) : 0;
}

int prog_attach(struct args *args)
{
	struct xbpf_attach at = { 0 };
	const char *path = NULL;
	const struct keyword keywords[] = {
		{ .word = "pinned", .what = "the path to pin the link at", .to = &path },
		{ .word = "cookie", .what = "the cookie", .take = take_cookie, .to = &at.cookie },
		{ .word = "priority", .what = "the priority", .take = take_priority, .to = &at.priority },
		{ .word = "expire", .what = "the time, as 60s", .take = attach_take_expire,
		  .to = &at.expire_ms },
		{ .word = NULL }
	};
	char name[NAME_SIZE];
	int fd, err;

	fd = spec_one(args, XBPF_KIND_PROG);
	if (fd < 0)
		return -1;
	err = take_point(args, &at, name);
	if (!err)
		err = args_keywords(args, keywords);
	if (!err && at.priority && at.type != XBPF_LINK_INGRESS && at.type != XBPF_LINK_EGRESS)
		err = out_error("priority is for ingress and egress, where programs of one device run in turn");
	if (!err)
		err = attach_and_show(fd, &at, path);
	close(fd);
	return err;
}
