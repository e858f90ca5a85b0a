/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cgroup arrays: is the current task below a control group?
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "map.h"

#define GROUPS	BPF_MAP_TYPE_CGROUP_ARRAY
#define ROOT	"/tmp/groups"

static int put(int map, __u32 index, int fd)
{
	return xbpf_map_update(map, &index, &fd, BPF_ANY);
}

/* r0 = current_task_under_cgroup(map, index) */
static int under(int map, __u32 index)
{
	int prog = kprobe_prog("under", 0,
		MOV_IMM(R2, index), LOAD_MAP(R1, map), CALL(BPF_FUNC_current_task_under_cgroup), EXIT);

	return (int)run_and_close(prog);
}

static void enter(const char *group)
{
	FILE *f = fopen(group, "w");

	expect(f && fprintf(f, "%d\n", getpid()) > 0 && !fclose(f), "%s: %s", group, strerror(errno));
}

static int group_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	expect(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

static void creation(void)
{
	int map, tmp;
	__u32 k = 0, v = 0;

	expect_refused(xbpf_map_new(GROUPS, "m", 8, 4, 1, 0), EINVAL, "key_size");
	expect_refused(xbpf_map_new(GROUPS, "m", 4, 8, 1, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(GROUPS, "m", 4, 4, 1, BPF_F_MMAPABLE), EINVAL, "cgroup_array");
	expect_refused(xbpf_map_new(GROUPS, "m", 4, 4, 1, BPF_F_RDONLY_PROG), EINVAL, "cgroup_array");
	map = new_map(GROUPS, 4, 4, 2, 0);
	tmp = open("/tmp", O_RDONLY);
	expect_refused(put(map, 0, tmp), EBADF, "cgroup2");
	expect_refused(put(map, 0, -1), EBADF, "cgroup2");
	expect_refused(put(map, 2, tmp), E2BIG, "2 elements");
	expect_refused(xbpf_map_update(map, &k, &tmp, BPF_NOEXIST), EINVAL, "BPF_ANY");
	expect_refused(xbpf_map_delete(map, &k), ENOENT, "");
	expect_refused(xbpf_map_lookup(map, &k, &v), 524, "");
	expect(!xbpf_map_next(map, NULL, &k) && k == 0, "the first index");
	close(tmp);
	close(map);
}

static void groups(void)
{
	int map = new_map(GROUPS, 4, 4, 3, 0), root, a, b;
	__u32 k = 1;

	mkdir(ROOT, 0700);
	if (!expect(!mount("groups", ROOT, "cgroup2", 0, NULL), "mount: %s", strerror(errno)))
		return;
	mkdir(ROOT "/a", 0700);
	mkdir(ROOT "/a/b", 0700);
	root = group_open(ROOT);
	a = group_open(ROOT "/a");
	b = group_open(ROOT "/a/b");
	expect_eq(under(map, 0), -EAGAIN);
	expect_eq(under(map, 3), -E2BIG);
	expect_eq(put(map, 0, root), 0);
	expect_eq(put(map, 1, a), 0);
	expect_eq(put(map, 2, b), 0);
	expect(under(map, 0) == 1 && under(map, 1) == 0 && under(map, 2) == 0, "in the root");
	enter(ROOT "/a/cgroup.procs");
	expect(under(map, 0) == 1 && under(map, 1) == 1 && under(map, 2) == 0, "in a");
	enter(ROOT "/a/b/cgroup.procs");
	expect(under(map, 0) == 1 && under(map, 1) == 1 && under(map, 2) == 1, "in b, below a");
	expect_eq(put(map, 0, b), 0);
	expect_eq(xbpf_map_delete(map, &k), 0);
	expect(under(map, 0) == 1 && under(map, 1) == -EAGAIN, "replaced, and removed");
	enter(ROOT "/cgroup.procs");
	expect_eq(under(map, 0), 0);
	close(root);
	close(a);
	close(b);
	/* a group that is gone stays in its slot, and holds nobody */
	expect(!rmdir(ROOT "/a/b") && !rmdir(ROOT "/a"), "rmdir: %s", strerror(errno));
	expect_eq(under(map, 2), 0);
	close(map);
	umount(ROOT);
	rmdir(ROOT);
}

static void wrong_map(void)
{
	int map = new_map(GROUPS, 4, 4, 1, 0), array = new_map(ARRAY, 4, 4, 1, 0);

	expect_refused(lookup_prog(map), EINVAL, "map_lookup_elem");
	expect_refused(update_prog(map, 0), EINVAL, "map_update_elem");
	expect_refused(kprobe_prog("under", 0, MOV_IMM(R2, 0), LOAD_MAP(R1, array),
				   CALL(BPF_FUNC_current_task_under_cgroup), EXIT),
		       EINVAL, "current_task_under_cgroup");
	close(array);
	close(map);
}

static const struct tap_test tests[] = {
	{ "cgroup arrays: sizes, flags and commands", creation },
	{ "cgroup arrays: a task in a group, below it, and elsewhere", groups },
	{ "cgroup arrays: helpers and maps that do not go together", wrong_map },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
