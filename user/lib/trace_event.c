/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of tracefs by their ids. There is no index: the file `id` of each event has its number.
 * What was read is kept, and the events that others made by kprobe_events are looked at first.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "trace_event.h"

static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

#define N_ROOTS (sizeof(roots) / sizeof(*roots))

struct known {
	__u64 id;
	char name[sizeof(((struct trace_event *)0)->name)];
};

static struct known *known;	/* of events that do not come and go */
static unsigned int known_cnt, known_room;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* -1: there is no such file */
static long long read_id(int folder, const char *name)
{
	char path[NAME_MAX + sizeof("/id")], text[32];
	long long id = -1;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/id", name);
	fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	if (n > 0) {
		text[n] = '\0';
		id = strtoll(text, NULL, 10);
	}
	close(fd);
	return id;
}

static void keep(__u64 id, const char *category, const char *name)
{
	unsigned int room = known_room ? 2 * known_room : 2048;
	struct known *grown;

	if (strlen(category) + strlen(name) + sizeof("/") > sizeof(known->name))
		return;
	if (known_cnt == known_room) {
		grown = realloc(known, room * sizeof(*known));
		if (!grown)
			return;
		known = grown;
		known_room = room;
	}
	known[known_cnt].id = id;
	snprintf(known[known_cnt].name, sizeof(known->name), "%s/%s", category, name);
	known_cnt++;
}

static void read_category(int events, const char *category)
{
	int fd = openat(events, category, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	long long id;

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || e->d_type != DT_DIR)
			continue;
		id = read_id(fd, e->d_name);
		if (id >= 0)
			keep(id, category, e->d_name);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

static void read_all(void)
{
	char path[64];
	struct dirent *e;
	DIR *dir = NULL;
	size_t i;

	known_cnt = 0;
	for (i = 0; i < N_ROOTS && !dir; i++) {
		snprintf(path, sizeof(path), "%s/events", roots[i]);
		dir = opendir(path);
	}
	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.' && e->d_type == DT_DIR)
			read_category(dirfd(dir), e->d_name);
	if (dir)
		closedir(dir);
}

static const struct known *look_up(__u64 id)
{
	const struct known *k;

	for (k = known; k < known + known_cnt; k++)
		if (k->id == id)
			return k;
	return NULL;
}

/*
 * A line of kprobe_events or uprobe_events, "r8:group/name function+0x10 arguments". Does it name
 * an event?
 */
static int parse_probe(char *line, struct trace_event *event)
{
	char *name = strchr(line, ':'), *place, *offset;

	if (!name)
		return 0;
	name++;
	place = strchr(name, ' ');
	if (!place)
		return 0;
	*place++ = '\0';
	place[strcspn(place, " \n")] = '\0';
	snprintf(event->name, sizeof(event->name), "%s", name);
	event->probe = line[0];
	offset = strchr(place, '+');
	event->offset = offset ? strtoull(offset + 1, NULL, 0) : 0;
	if (offset)
		*offset = '\0';
	snprintf(event->place, sizeof(event->place), "%s", place);
	return 1;
}

/* Among the events of one of these files. */
static int find_probe(const char *root, const char *file, __u64 id, struct trace_event *event)
{
	char path[64], line[1024];
	int events, found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	f = fopen(path, "re");
	if (!f)
		return 0;
	snprintf(path, sizeof(path), "%s/events", root);
	events = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (!found && fgets(line, sizeof(line), f))
		found = parse_probe(line, event) && read_id(events, event->name) == (long long)id;
	if (events >= 0)
		close(events);
	fclose(f);
	return found;
}

int trace_event_find(__u64 id, struct trace_event *event)
{
	const struct known *k;
	size_t i;

	for (i = 0; i < N_ROOTS; i++) {
		memset(event, 0, sizeof(*event));
		if (find_probe(roots[i], "kprobe_events", id, event))
			return 0;
		memset(event, 0, sizeof(*event));
		if (find_probe(roots[i], "uprobe_events", id, event)) {
			event->probe = 'u';
			return 0;
		}
	}
	memset(event, 0, sizeof(*event));
	pthread_mutex_lock(&lock);
	k = look_up(id);
	if (!k) {
		read_all();
		k = look_up(id);
	}
	if (k)
		memcpy(event->name, k->name, sizeof(event->name));
	pthread_mutex_unlock(&lock);
	return k ? 0 : -ENOENT;
}
