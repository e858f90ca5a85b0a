/* SPDX-License-Identifier: GPL-2.0 */
/* Which object is meant: "id 7", "pinned PATH", "name NAME", "tag TAG". */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "info.h"
#include "out.h"
#include "spec.h"

static int one(int fd, int **fds)
{
	if (fd < 0)
		return -1;
	*fds = malloc(sizeof(**fds));
	if (!*fds) {
		close(fd);
		return out_error("out of memory");
	}
	(*fds)[0] = fd;
	return 1;
}

static int by_id(const char *text, enum xbpf_kind kind)
{
	__u64 id;
	int fd;

	if (args_number(text, "id", UINT_MAX, &id))
		return -1;
	fd = object_by_id(kind, id);
	if (fd == -ENOENT)
		return out_error("there is no %s with id %s; see `xbpfctl %s list`", kind_name(kind), text,
				 kind == XBPF_KIND_PROG ? "prog" : kind_name(kind));
	return fd;
}

static int by_pin(const char *path, enum xbpf_kind kind)
{
	enum xbpf_kind is;
	int fd;

	fd = xbpf_pin_get(path);
	if (fd < 0)
		return out_error("%s", xbpf_errmsg());
	is = xbpf_fd_kind(fd);
	if (is == kind)
		return fd;
	close(fd);
	return out_error("%s: this is a %s, not a %s", path, kind_name(is), kind_name(kind));
}

static int by_fd(const char *text, enum xbpf_kind kind)
{
	__u64 number;
	int fd;

	if (args_number(text, "file descriptor", INT_MAX, &number))
		return -1;
	if (fcntl(number, F_GETFD) < 0)
		return out_error("file descriptor %s is not open: it must be inherited from the caller", text);
	if (xbpf_fd_kind(number) != kind)
		return out_error("file descriptor %s is not a %s of xbpf's", text, kind_name(kind));
	fd = fcntl(number, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? out_error("file descriptor %s cannot be duplicated: %s", text,
				  strerror(errno)) : fd;
}

static void tag_text(const __u8 *tag, char *text)
{
	int i;

	for (i = 0; i < BPF_TAG_SIZE; i++)
		sprintf(text + 2 * i, "%02x", tag[i]);
}

/* The kernel keeps 15 characters: that much, or the full name of BTF. */
static int matches(int fd, enum xbpf_kind kind, const char *word, const char *value)
{
	char tag[2 * BPF_TAG_SIZE + 1];
	struct bpf_map_info map;
	struct prog_info prog;
	int yes;

	if (kind == XBPF_KIND_MAP) {
		if (map_info_get(fd, &map))
			return -1;
		return !strcmp(map.name, value) ||
			(strlen(value) >= sizeof(map.name) && !strncmp(map.name, value, sizeof(map.name) - 1));
	}
	if (prog_info_get(fd, &prog))
		return -1;
	if (!strcmp(word, "tag")) {
		tag_text(prog.i.tag, tag);
		yes = !strcmp(tag, value);
	} else {
		yes = !strcmp(prog.name, value) || !strcmp(prog.i.name, value);
	}
	prog_info_free(&prog);
	return yes;
}

static int by_word(const char *word, const char *value, enum xbpf_kind kind, int **fds)
{
	__u32 *ids;
	int n, i, fd, yes, found = 0;

	n = object_ids(kind, &ids);
	if (n < 0)
		return -1;
	*fds = calloc(n + 1, sizeof(**fds));
	if (!*fds) {
		free(ids);
		return out_error("out of memory");
	}
	for (i = 0; i < n; i++) {
		fd = object_by_id(kind, ids[i]);
		if (fd == -ENOENT)	/* gone since it was listed */
			continue;
		yes = fd < 0 ? -1 : matches(fd, kind, word, value);
		if (yes > 0) {
			(*fds)[found++] = fd;
			continue;
		}
		if (fd >= 0)
			close(fd);
		if (yes < 0)
			goto fail;
	}
	free(ids);
	if (found)
		return found;
	free(*fds);
	return out_error("there is no %s with %s '%s'; see `xbpfctl %s list`",
			 kind_name(kind), word, value, kind == XBPF_KIND_PROG ? "prog" : "map");
fail:
	while (found)
		close((*fds)[--found]);
	free(*fds);
	free(ids);
	return -1;
}

int spec_all(struct args *args, enum xbpf_kind kind, int **fds)
{
	const char *word, *value;

	word = args_next(args, kind == XBPF_KIND_LINK ? "which link (" SPEC_LINK ")" :
			 kind == XBPF_KIND_MAP ? "which map (" SPEC_MAP ")" : "which program (" SPEC_PROG ")");
	if (!word)
		return -1;
	*fds = NULL;
	if (!strcmp(word, "id"))
		return (value = args_next(args, "the id")) ? one(by_id(value, kind), fds) : -1;
	if (!strcmp(word, "pinned"))
		return (value = args_next(args, "the path of the pin")) ? one(by_pin(value, kind), fds) : -1;
	if (!strcmp(word, "fd"))
		return (value = args_next(args, "the file descriptor")) ? one(by_fd(value, kind), fds) : -1;
	if (kind != XBPF_KIND_LINK && !strcmp(word, "name"))
		return (value = args_next(args, "the name")) ? by_word(word, value, kind, fds) : -1;
	if (kind == XBPF_KIND_PROG && !strcmp(word, "tag"))
		return (value = args_next(args, "the tag")) ? by_word(word, value, kind, fds) : -1;
	return out_error("'%s' does not say which %s: %s", word, kind_name(kind),
			 kind == XBPF_KIND_LINK ? SPEC_LINK : kind == XBPF_KIND_MAP ? SPEC_MAP : SPEC_PROG);
}

int spec_one(struct args *args, enum xbpf_kind kind)
{
	char list[128] = "";
	size_t at = 0;
	int *fds, n, i, fd;

	n = spec_all(args, kind, &fds);
	if (n < 0)
		return -1;
	fd = fds[0];
	if (n > 1) {
		for (i = 0; i < n; i++) {
			if (at < sizeof(list))
				at += snprintf(list + at, sizeof(list) - at, "%s%u", i ? ", " : "", object_id(fds[i], kind));
			close(fds[i]);
		}
		fd = out_error("%d %ss are meant (ids %s); say which by its id", n, kind_name(kind), list);
	}
	free(fds);
	return fd;
}
