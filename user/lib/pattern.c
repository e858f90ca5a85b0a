/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions by pattern.  tracefs lists what can be traced, kallsyms has the addresses.  A name that
 * kallsyms has more often than tracefs is left out, since nothing tells which one of them can be
 * traced; so is xbpf itself.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "device.h"
#include "errmsg.h"
#include "libxbpf.h"
#include "pattern.h"

#define NAME_SIZE 512

struct function {
	char *name;
	__u64 addr;
	int listed;	/* times in tracefs' list */
	int found;	/* times in kallsyms */
};

struct functions {
	struct function *fn;
	size_t n, room;
};

static FILE *open_list(void)
{
	static const char *const places[] = {
		"/sys/kernel/tracing/available_filter_functions",
		"/sys/kernel/debug/tracing/available_filter_functions",
	};
	FILE *f = fopen(places[0], "re");

	return f ? f : fopen(places[1], "re");
}

static int add(struct functions *list, const char *name, __u64 addr)
{
	struct function *grown;

	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 256;
		grown = realloc(list->fn, list->room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		list->fn = grown;
	}
	memset(&list->fn[list->n], 0, sizeof(*list->fn));
	list->fn[list->n].name = strdup(name);
	list->fn[list->n].addr = addr;
	list->fn[list->n].listed = 1;
	return list->fn[list->n].name ? (list->n++, 0) : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct function *)a)->name, ((const struct function *)b)->name);
}

static int by_address(const void *a, const void *b)
{
	__u64 x = ((const struct function *)a)->addr, y = ((const struct function *)b)->addr;

	return x < y ? -1 : x > y;
}

/* "name" or "name [module]" */
static int read_list(struct functions *list, const char *pattern)
{
	char line[NAME_SIZE + 80], name[NAME_SIZE], module[80];
	FILE *f = open_list();
	char own[DEVICE_NAME_MAX + 3];
	int fields, err = 0;
	size_t i, to = 0;

	if (!f)
		return errmsg_set(-errno,
				  "'%s': tracefs, which "
				  "lists the functions that can be traced, cannot be read (%s); "
				  "mount -t tracefs tracefs /sys/kernel/tracing",
				  pattern, strerror(errno));
	snprintf(own, sizeof(own), "[%s]", xbpf_used());
	while (!err && fgets(line, sizeof(line), f)) {
		fields = sscanf(line, "%511s %79s", name, module);
		if (fields < 1 || (fields == 2 && !strcmp(module, own)) || fnmatch(pattern, name, 0))
			continue;
		err = add(list, name, 0);
	}
	fclose(f);
	if (err)
		return errmsg_set(err, "'%s': no memory", pattern);
	if (list->n)
		qsort(list->fn, list->n, sizeof(*list->fn), by_name);
	/* each name once */
	for (i = 0; i < list->n; i++) {
		if (to && !strcmp(list->fn[to - 1].name, list->fn[i].name)) {
			list->fn[to - 1].listed++;
			free(list->fn[i].name);
		} else {
			list->fn[to++] = list->fn[i];
		}
	}
	list->n = to;
	return 0;
}

static struct function *find(const struct functions *list, char *name)
{
	struct function key = { .name = name };

	return list->n ? bsearch(&key, list->fn, list->n, sizeof(key), by_name) : NULL;
}

/* All addresses of the listed names, in *found; the names belong to @list. */
static int read_addresses(struct functions *list, struct functions *found)
{
	struct function *fn, *grown;
	char line[NAME_SIZE + 120], name[NAME_SIZE], type;
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long addr;
	int err = 0;

	if (!f)
		return errmsg_set(-errno, "/proc/kallsyms cannot be read: %s", strerror(errno));
	while (!err && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %c %511s", &addr, &type, name) != 3 || !addr || !strchr("tTwW", type))
			continue;
		fn = find(list, name);
		if (!fn)
			continue;
		fn->found++;
		if (found->n == found->room) {
			found->room = found->room ? 2 * found->room : 256;
			grown = realloc(found->fn, found->room * sizeof(*grown));
			if (!grown) {
				err = -ENOMEM;
				break;
			}
			found->fn = grown;
		}
		found->fn[found->n++] = (struct function){ .name = fn->name, .addr = addr };
	}
	fclose(f);
	return err ? errmsg_set(err, "no memory for the functions' addresses") : 0;
}

/* Kretprobes are kprobes, for which there is a list of what they may not touch. */
static void drop_blacklisted(struct functions *found)
{
	FILE *f = fopen("/sys/kernel/debug/kprobes/blacklist", "re");
	unsigned long long from, to;
	char line[NAME_SIZE + 80];
	size_t i;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "0x%llx-0x%llx", &from, &to) != 2)
			continue;
		for (i = 0; i < found->n; i++)
			if (found->fn[i].addr >= from && found->fn[i].addr < to)
				found->fn[i].addr = 0;
	}
	if (f)
		fclose(f);
}

static long collect(struct functions *list, struct functions *found, const char *pattern,
		    __u64 **addrs)
{
	struct function *fn;
	size_t i, n = 0;

	*addrs = calloc(found->n + 1, sizeof(**addrs));
	if (!*addrs)
		return errmsg_set(-ENOMEM, "'%s': no memory", pattern);
	if (found->n)
		qsort(found->fn, found->n, sizeof(*found->fn), by_address);
	for (i = 0; i < found->n; i++) {
		fn = find(list, found->fn[i].name);
		if (!fn || fn->found > fn->listed)
			continue;
		if (!found->fn[i].addr || (n && (*addrs)[n - 1] == found->fn[i].addr))
			continue;
		(*addrs)[n++] = found->fn[i].addr;
	}
	if (n)
		return n;
	free(*addrs);
	*addrs = NULL;
	return errmsg_set(-ENOENT,
			  "'%s': no function that can be probed has such a name (tracefs' "
			  "available_filter_functions lists them)",
			  pattern);
}

long functions_find(const char *pattern, bool ret, __u64 **addrs)
{
	struct functions list = { 0 }, found = { 0 };
	long n;
	size_t i;

	n = read_list(&list, pattern);
	if (!n)
		n = read_addresses(&list, &found);
	if (!n && ret)
		drop_blacklisted(&found);
	if (!n)
		n = collect(&list, &found, pattern, addrs);
	for (i = 0; i < list.n; i++)
		free(list.fn[i].name);
	free(list.fn);
	free(found.fn);
	return n;
}
