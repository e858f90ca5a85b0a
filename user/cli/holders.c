/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nothing in the kernel leads back from an object to its holders: everything that can hold one is
 * asked.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "holders.h"
#include "info.h"
#include "link.h"
#include "out.h"
#include "pins.h"

__attribute__((format(printf, 2, 3)))
static int add(struct holders *h, const char *fmt, ...)
{
	char **grown = realloc(h->phrase, (h->n + 1) * sizeof(*grown));
	va_list ap;
	int len;

	if (!grown)
		return out_error("out of memory");
	h->phrase = grown;
	va_start(ap, fmt);
	len = vasprintf(&h->phrase[h->n], fmt, ap);
	va_end(ap);
	if (len < 0)
		return out_error("out of memory");
	h->n++;
	return 0;
}

void holders_free(struct holders *h)
{
	while (h->n)
		free(h->phrase[--h->n]);
	free(h->phrase);
	h->phrase = NULL;
}

static int ask_pins(enum xbpf_kind kind, __u32 id, struct holders *h)
{
	struct pins pins;
	int i, err;

	err = pins_find(&pins);
	for (i = 0; !err && i < pins.n; i++)
		if (pins.pin[i].kind == kind && pins.pin[i].id == id)
			err = add(h, "pinned at %s", pins.pin[i].path);
	pins_free(&pins);
	return err;
}

struct question {
	enum xbpf_kind kind;
	__u32 id;
	struct holders *h;
};

static int ask_link(int fd, void *arg)
{
	const struct question *q = arg;
	struct xbpf_link_info info;
	char place[NAME_SIZE + 32];

	if (q->kind != XBPF_KIND_PROG)
		return 0;
	if (link_info_get(fd, &info))
		return -1;
	if (info.prog_id != q->id)
		return 0;
	link_place(&info, place, sizeof(place));
	return add(q->h, "link %u runs it (%s %s)%s", info.id, xbpf_link_type_name(info.link_type), place,
		   info.attached ? "" : ", detached");
}

static int ask_prog(int fd, void *arg)
{
	const struct question *q = arg;
	struct prog_info info;
	int err = 0;
	__u32 i;

	if (q->kind != XBPF_KIND_MAP)
		return 0;
	if (prog_info_get(fd, &info))
		return -1;
	for (i = 0; i < info.i.nr_map_ids; i++)
		if (info.map_ids[i] == q->id)
			err = add(q->h, "program %u (%s) uses it", info.i.id, info.name);
	prog_info_free(&info);
	return err;
}

/* The first entry that is this one. */
static int ask_map(int fd, void *arg)
{
	const struct question *q = arg;
	__u8 key[2][512], *at = key[0], *next = key[1], *previous = NULL;
	struct bpf_map_info info;
	__u32 value;

	if (map_info_get(fd, &info))
		return -1;
	if (info.type != BPF_MAP_TYPE_PROG_ARRAY && info.type != BPF_MAP_TYPE_ARRAY_OF_MAPS &&
	    info.type != BPF_MAP_TYPE_HASH_OF_MAPS)
		return 0;
	if ((info.type == BPF_MAP_TYPE_PROG_ARRAY) != (q->kind == XBPF_KIND_PROG) ||
	    q->kind == XBPF_KIND_LINK || info.key_size > sizeof(key[0]))
		return 0;
	while (!bpf_map_get_next_key(fd, previous, next)) {
		previous = next;
		next = at;
		at = previous;
		if (bpf_map_lookup_elem(fd, at, &value) || value != q->id)
			continue;
		if (info.type == BPF_MAP_TYPE_HASH_OF_MAPS)
			return add(q->h, "map %u (%s) has it", info.id, info.name);
		memcpy(&value, at, sizeof(value));
		return add(q->h, "slot %u of map %u (%s) has it", value, info.id, info.name);
	}
	return 0;
}

/* What the description of an open file calls the id. */
static bool is_open(const char *info, enum xbpf_kind kind, __u32 id)
{
	const char *key = kind == XBPF_KIND_PROG ? "prog_id:" :
			  kind == XBPF_KIND_MAP ? "map_id:" : "link_id:";
	bool yes = false, link = false;
	char line[160];
	FILE *f = fopen(info, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, key, strlen(key)))
			yes |= strtoul(line + strlen(key), NULL, 10) == id;
		link |= !strncmp(line, "link_id:", 8);	/* which tells of its program, too */
	}
	if (f)
		fclose(f);
	return yes && (kind == XBPF_KIND_LINK || !link);
}

static int ask_process(const char *pid, const struct question *q)
{
	char path[64], entry_path[PATH_MAX], target[64], own[64], name[32] = "";
	struct dirent *entry;
	ssize_t len;
	int err = 0;
	FILE *f;
	DIR *dir;

	snprintf(own, sizeof(own), "anon_inode:%s-", xbpf_used());
	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	while (dir && !err && (entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		if (strncmp(target, own, strlen(own)))
			continue;
		snprintf(entry_path, sizeof(entry_path), "/proc/%.16s/fdinfo/%s", pid, entry->d_name);
		if (!is_open(entry_path, q->kind, q->id))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
		f = fopen(path, "re");
		if (f && fgets(name, sizeof(name), f))
			name[strcspn(name, "\n")] = '\0';
		if (f)
			fclose(f);
		err = add(q->h, "process %s (%s) has it open", pid, name);
		break;
	}
	if (dir)
		closedir(dir);
	return err;
}

static int ask_processes(const struct question *q)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	while (proc && !err && (entry = readdir(proc)))
		if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name) &&
		    strtol(entry->d_name, NULL, 10) != getpid())
			err = ask_process(entry->d_name, q);
	if (proc)
		closedir(proc);
	return err;
}

int holders_find(enum xbpf_kind kind, __u32 id, struct holders *h)
{
	struct question q = { .kind = kind, .id = id, .h = h };

	return ask_pins(kind, id, h) || objects_each(XBPF_KIND_LINK, ask_link, &q) ||
	       objects_each(XBPF_KIND_MAP, ask_map, &q) ||
	       objects_each(XBPF_KIND_PROG, ask_prog, &q) ||
	       ask_processes(&q) ? -1 : 0;
}
