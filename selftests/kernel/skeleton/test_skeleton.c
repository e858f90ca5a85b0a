/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program with a skeleton and no call of libxbpf, linked by the words of pkg-config: what it
 * loads is xbpf's.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "demo.skel.h"
#include "tap.h"

static struct demo *demo;

/* What /proc says that the descriptor is. */
static const char *kind_of(int fd)
{
	static char text[64];
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void loads(void)
{
	demo = demo__open();
	expect(demo, "the skeleton does not open");
	expect_eq(demo ? demo__load(demo) : -1, 0);
}

static void is_ours(void)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	int progs = 0, maps = 0;

	if (!expect(demo, "there is none"))
		return;
	bpf_object__for_each_program(prog, demo->obj) {
		expect(!strcmp(kind_of(bpf_program__fd(prog)), "anon_inode:xbpf-prog"), "%s is %s",
		       bpf_program__name(prog), kind_of(bpf_program__fd(prog)));
		progs++;
	}
	bpf_object__for_each_map(map, demo->obj) {
		expect(!strcmp(kind_of(bpf_map__fd(map)), "anon_inode:xbpf-map"), "%s is %s", bpf_map__name(map),
		       kind_of(bpf_map__fd(map)));
		maps++;
	}
	expect(progs && maps, "%d programs, %d maps", progs, maps);
	demo__destroy(demo);
}

static const struct tap_test tests[] = {
	{ "a skeleton loads in a program that is linked by pkg-config's words", loads },
	{ "its programs and maps are xbpf's", is_ours },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
