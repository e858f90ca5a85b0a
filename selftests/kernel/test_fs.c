/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpffs: pins and what they hold, names and directories, rights, mounts.
 */
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include "dev.h"
#include "../tap.h"

#define DIR_PATH XBPF_FS_PATH "/test_fs"
#define AT(name) DIR_PATH "/" name

static int new_map(void)
{
	int fd = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "pinned", 4, 8, 4, 0);

	expect(fd >= 0, "map: %s: %s", strerror(errno), xbpf_words());
	return fd;
}

static int new_prog(void)
{
	int fd = kprobe_prog("pinned", 0, MOV_IMM(R0, 42), EXIT);

	expect(fd >= 0, "program: %s: %s", strerror(errno), xbpf_words());
	return fd;
}

static int get(const char *path, __u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	attr.file_flags = flags;
	return xbpf_sys(BPF_OBJ_GET, &attr, sizeof(attr));
}

static bool put(int fd, __u64 value)
{
	__u32 i = 0;

	return !xbpf_map_update(fd, &i, &value, 0);
}

static __u64 value_of(int fd)
{
	__u64 v = ~0ull;
	__u32 i = 0;

	return xbpf_map_lookup(fd, &i, &v) ? ~0ull : v;
}

/* ---- the file system ---- */

static void magic(void)
{
	struct statfs s;

	expect(!statfs(XBPF_FS_PATH, &s) && s.f_type == BPF_FS_MAGIC, "f_type 0x%lx", (long)s.f_type);
}

static void root_mode(void)
{
	struct stat s;

	expect(!stat(XBPF_FS_PATH, &s) && s.st_mode == (S_IFDIR | 0700), "mode %o", s.st_mode);
	expect(s.st_uid == 0 && s.st_gid == 0);
}

static void directories(void)
{
	struct stat s;

	expect_eq(mkdir(AT("a"), 0750), 0);
	expect_eq(mkdir(AT("a/b"), 0700), 0);
	expect(!stat(AT("a"), &s) && s.st_mode == (S_IFDIR | 0750) && s.st_nlink == 3,
	       "mode %o, %lu links", s.st_mode,
	       (unsigned long)s.st_nlink);
	expect(rmdir(AT("a")) == -1 && errno == ENOTEMPTY, "errno %d", errno);
	expect(mkdir(AT("a"), 0700) == -1 && errno == EEXIST, "errno %d", errno);
	expect_eq(rmdir(AT("a/b")), 0);
	expect(!stat(AT("a"), &s) && s.st_nlink == 2);
	expect_eq(rmdir(AT("a")), 0);
	expect(access(AT("a"), F_OK) == -1 && errno == ENOENT);
}

static void no_files(void)
{
	int fd = open(AT("file"), O_CREAT | O_RDWR, 0600);

	expect(fd == -1 && errno == EACCES, "fd %d, errno %d", fd, errno);
}

/* ---- pins ---- */

static void pin_map(void)
{
	int fd = new_map(), back;
	__u32 id = xbpf_map_id(fd);
	struct stat s;

	expect_eq(put(fd, 77), true);
	expect_eq(xbpf_pin(fd, AT("map")), 0);
	close(fd);
	usleep(30000);
	expect(xbpf_id_lives(BPF_MAP_GET_NEXT_ID, id), "the pin keeps it");
	expect(!stat(AT("map"), &s) && S_ISREG(s.st_mode) && !(s.st_mode & 077), "mode %o", s.st_mode);
	back = xbpf_pinned(AT("map"));
	expect(back >= 0 && xbpf_map_id(back) == id && value_of(back) == 77, "the same map: %s",
	       xbpf_words());
	expect_eq(unlink(AT("map")), 0);
	expect_eq(value_of(back), 77);
	close(back);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, id), "gone with pin and fd");
}

static void pin_prog(void)
{
	int fd = new_prog(), back;
	__u32 id = xbpf_prog_id(fd);

	expect_eq(xbpf_pin(fd, AT("prog")), 0);
	close(fd);
	back = xbpf_pinned(AT("prog"));
	expect(back >= 0 && xbpf_prog_id(back) == id, "the same program: %s", xbpf_words());
	expect_eq(xbpf_run(back, NULL, 1), 42);
	close(back);
	expect(xbpf_id_lives(BPF_PROG_GET_NEXT_ID, id), "the pin keeps it");
	expect_eq(unlink(AT("prog")), 0);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id), "gone with the pin");
}

static void pin_link(void)
{
	int prog = new_prog(), fd = xbpf_kprobe(prog, "do_send_sig_info"), back;
	struct xbpf_link_info before, after;

	if (!expect(fd >= 0, "link: %s: %s", strerror(errno), xbpf_words()))
		return;
	close(prog);
	expect_eq(xbpf_link_info_get(fd, &before), 0);
	expect_eq(xbpf_pin(fd, AT("link")), 0);
	close(fd);
	kill(getpid(), 0);
	raise(SIGCONT);
	back = xbpf_pinned(AT("link"));
	expect(!xbpf_link_info_get(back, &after) && after.id == before.id, "the same link");
	expect(after.addr, "still attached");
	expect_eq(unlink(AT("link")), 0);
	close(back);
	expect(xbpf_id_dies(BPF_LINK_GET_NEXT_ID, before.id), "gone with pin and fd");
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, before.prog_id), "and its program");
}

static void pin_table_is_user(void)
{
	int table = xbpf_table_new("pinned", 2), prog = new_prog();
	__u32 id = xbpf_prog_id(prog);

	expect_eq(xbpf_slot_set(table, 1, prog), 0);
	expect_eq(xbpf_pin(table, AT("table")), 0);
	close(prog);
	close(table);
	usleep(30000);
	table = xbpf_pinned(AT("table"));
	expect_eq(xbpf_slot_id(table, 1), id);
	close(table);
	expect_eq(unlink(AT("table")), 0);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id), "emptied with the pin");
}

static void pin_twice(void)
{
	int fd = new_map();
	__u32 id = xbpf_map_id(fd);

	expect_eq(xbpf_pin(fd, AT("one")), 0);
	expect_eq(xbpf_pin(fd, AT("two")), 0);
	expect_refused(xbpf_pin(fd, AT("one")), EEXIST, "exists");
	close(fd);
	expect_eq(unlink(AT("one")), 0);
	usleep(30000);
	expect(xbpf_id_lives(BPF_MAP_GET_NEXT_ID, id));
	expect_eq(unlink(AT("two")), 0);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, id));
}

/* ---- names ---- */

static void rename_pin(void)
{
	int fd = new_map(), other = new_map(), back;
	__u32 id = xbpf_map_id(fd), other_id = xbpf_map_id(other);

	expect_eq(mkdir(AT("sub"), 0700), 0);
	expect_eq(xbpf_pin(fd, AT("old")), 0);
	expect_eq(xbpf_pin(other, AT("sub/new")), 0);
	close(other);
	expect_eq(rename(AT("old"), AT("sub/new")), 0);		/* replaces a pin: that one's object goes */
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, other_id), "the replaced pin's map");
	back = xbpf_pinned(AT("sub/new"));
	expect_eq(xbpf_map_id(back), id);
	expect_refused(xbpf_pinned(AT("old")), ENOENT, "no such pin");
	expect_eq(rename(AT("sub"), AT("moved")), 0);
	expect_eq(unlink(AT("moved/new")), 0);
	expect_eq(rmdir(AT("moved")), 0);
	close(back);
	close(fd);
}

static void link_pin(void)
{
	int fd = new_map(), back;
	__u32 id = xbpf_map_id(fd);

	expect_eq(xbpf_pin(fd, AT("first")), 0);
	expect_eq(link(AT("first"), AT("second")), 0);
	expect_eq(unlink(AT("first")), 0);
	close(fd);
	back = xbpf_pinned(AT("second"));
	expect_eq(xbpf_map_id(back), id);
	close(back);
	expect_eq(unlink(AT("second")), 0);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, id));
}

static void symlinks(void)
{
	char text[PATH_MAX + 1], far[PATH_MAX];
	int fd = new_map(), back;
	struct stat s;
	ssize_t len;

	/* a text that is no path, as xbpfctl keeps there */
	expect_eq(symlink("kprobe/do_exit", AT("text")), 0);
	len = readlink(AT("text"), text, sizeof(text));
	expect(len == 14 && !memcmp(text, "kprobe/do_exit", 14), "%zd bytes", len);
	expect(!lstat(AT("text"), &s) && S_ISLNK(s.st_mode) && s.st_size == 14, "mode %o, %lld bytes",
	       s.st_mode, (long long)s.st_size);
	expect(symlink("x", AT("text")) == -1 && errno == EEXIST, "errno %d", errno);
	expect_refused(xbpf_pinned(AT("text")), ENOENT, "no such pin");
	expect_refused(xbpf_pin(fd, AT("text")), EEXIST, "exists");
	expect_eq(link(AT("text"), AT("again")), 0);
	expect_eq(unlink(AT("text")), 0);
	expect(readlink(AT("again"), text, sizeof(text)) == 14, "the other name has it");
	expect_eq(unlink(AT("again")), 0);
	/* the longest that there may be */
	memset(far, 'f', sizeof(far));
	far[sizeof(far) - 1] = '\0';
	expect_eq(symlink(far, AT("far")), 0);
	expect(readlink(AT("far"), text, sizeof(text)) == (ssize_t)strlen(far), "all of it");
	expect_eq(unlink(AT("far")), 0);
	/* to a pin */
	expect_eq(xbpf_pin(fd, AT("map")), 0);
	expect_eq(symlink("map", AT("short")), 0);
	back = xbpf_pinned(AT("short"));
	expect(back >= 0 && xbpf_map_id(back) == xbpf_map_id(fd), "the same map: %s", xbpf_words());
	close(back);
	unlink(AT("short"));
	unlink(AT("map"));
	close(fd);
}

static void list_pins(void)
{
	int fd = new_map(), n = 0;
	struct dirent *e;
	DIR *dir;

	expect_eq(xbpf_pin(fd, AT("x")), 0);
	expect_eq(xbpf_pin(fd, AT("y.with.dots")), 0);
	dir = opendir(DIR_PATH);
	while (dir && (e = readdir(dir)))
		n += !strcmp(e->d_name, "x") || !strcmp(e->d_name, "y.with.dots");
	if (dir)
		closedir(dir);
	expect_eq(n, 2);
	unlink(AT("x"));
	unlink(AT("y.with.dots"));
	close(fd);
}

static void open_pin(void)
{
	int fd = new_map();

	expect_eq(xbpf_pin(fd, AT("opened")), 0);
	expect(open(AT("opened"), O_RDONLY) == -1 && errno == EIO, "errno %d", errno);
	unlink(AT("opened"));
	close(fd);
}

/* ---- refusals ---- */

static void pin_elsewhere(void)
{
	int fd = new_map();

	expect_refused(xbpf_pin(fd, "/tmp/pin"), EPERM, "not on xbpffs");
	expect(access("/tmp/pin", F_OK) == -1, "nothing was made");
	expect_refused(xbpf_pin(fd, AT("missing/pin")), ENOENT, "directory");
	expect_refused(xbpf_pin(fd, ""), ENOENT, "empty");
	expect_refused(xbpf_pin(fd, (char *)16), EFAULT, "pathname");
	expect_refused(xbpf_pin(fd, DIR_PATH), EEXIST, "exists");
	close(fd);
}

static void pin_what(void)
{
	int null = open("/dev/null", O_RDONLY), fd = new_map();
	union bpf_attr attr;

	expect_refused(xbpf_pin(9999, AT("no")), EBADF, "9999");
	expect_refused(xbpf_pin(null, AT("no")), EINVAL, "no map, program or link");
	expect_refused(xbpf_pin(xbpf_open(), AT("no")), EINVAL, "no map, program or link");
	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)AT("no");
	attr.bpf_fd = fd;
	attr.file_flags = BPF_F_RDONLY;
	expect_refused(xbpf_sys(BPF_OBJ_PIN, &attr, sizeof(attr)), EINVAL, "file_flags");
	expect(access(AT("no"), F_OK) == -1, "nothing was made");
	close(fd);
	close(null);
}

static void get_what(void)
{
	int fd = new_prog();
	union bpf_attr attr;

	expect_eq(xbpf_pin(fd, AT("prog")), 0);
	expect_refused(xbpf_pinned("/dev/null"), EPERM, "not on xbpffs");
	expect_refused(xbpf_pinned(DIR_PATH), EACCES, "directory");
	expect_refused(xbpf_pinned(AT("nothing")), ENOENT, "no such pin");
	expect_refused(xbpf_pinned((char *)16), EFAULT, "pathname");
	expect_refused(xbpf_pinned(""), ENOENT, "empty");
	expect_refused(get(AT("prog"), BPF_F_RDONLY), EINVAL, "for maps");
	expect_refused(get(AT("prog"), 1), EINVAL, "file_flags");
	expect_refused(get(AT("prog"), BPF_F_RDONLY | BPF_F_WRONLY), EINVAL, "file_flags");
	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)AT("prog");
	attr.bpf_fd = 3;
	expect_refused(xbpf_sys(BPF_OBJ_GET, &attr, sizeof(attr)), EINVAL, "bpf_fd");
	unlink(AT("prog"));
	close(fd);
}

static void get_modes(void)
{
	int fd = new_map(), ro, wo;
	__u64 v = 1;
	__u32 i = 0;

	expect_eq(xbpf_pin(fd, AT("map")), 0);
	ro = get(AT("map"), BPF_F_RDONLY);
	wo = get(AT("map"), BPF_F_WRONLY);
	expect_refused(xbpf_map_update(ro, &i, &v, 0), EPERM, "read-only");
	expect_refused(xbpf_map_lookup(wo, &i, &v), EPERM, "write-only");
	expect_eq(put(wo, 5), true);
	expect_eq(value_of(ro), 5);
	close(wo);
	close(ro);
	unlink(AT("map"));
	close(fd);
}

/* Becomes uid 1000 with CAP_BPF alone (no CAP_DAC_OVERRIDE), or with nothing. */
static bool drop_to(bool cap_bpf)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	data[1].effective = data[1].permitted = cap_bpf ? 1u << (CAP_BPF - 32) : 0;
	return !prctl(PR_SET_KEEPCAPS, 1) && !setuid(1000) && !syscall(SYS_capset, &header, data);
}

/* What OBJ_GET gives to uid 1000: 0, or errno. */
static int get_as_user(const char *path, __u32 flags, bool cap_bpf)
{
	int status = 0;
	pid_t child;

	xbpf_open();
	child = fork();
	if (!child)
		_exit(!drop_to(cap_bpf) ? 255 : get(path, flags) >= 0 ? 0 : errno);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}

static void get_rights(void)
{
	int fd = new_map();

	expect_eq(xbpf_pin(fd, AT("mine")), 0);
	expect_eq(xbpf_pin(fd, AT("theirs")), 0);
	expect_eq(chmod(AT("mine"), 0400), 0);
	expect_eq(chown(AT("mine"), 1000, 1000), 0);
	expect_eq(get_as_user(AT("mine"), BPF_F_RDONLY, true), EACCES);		/* 0700 on the way */
	expect_eq(chmod(XBPF_FS_PATH, 0755), 0);
	expect_eq(chmod(DIR_PATH, 0755), 0);
	expect_eq(get_as_user(AT("mine"), BPF_F_RDONLY, true), 0);
	expect_eq(get_as_user(AT("mine"), BPF_F_WRONLY, true), EACCES);
	expect_eq(get_as_user(AT("mine"), 0, true), EACCES);
	expect_eq(get_as_user(AT("theirs"), BPF_F_RDONLY, true), EACCES);
	expect_eq(get_as_user(AT("mine"), BPF_F_RDONLY, false), EPERM);
	expect_eq(chmod(XBPF_FS_PATH, 0700), 0);
	unlink(AT("mine"));
	unlink(AT("theirs"));
	close(fd);
}

static void read_only_mount(void)
{
	int fd = new_map(), back;

	expect_eq(xbpf_pin(fd, AT("map")), 0);
	expect_eq(mount(NULL, XBPF_FS_PATH, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	expect_refused(xbpf_pin(fd, AT("more")), EROFS, "");
	back = xbpf_pinned(AT("map"));		/* reading the pin is no change */
	expect(back == -1 ? errno == EROFS : true);
	if (back >= 0)
		close(back);
	back = get(AT("map"), BPF_F_RDONLY);
	expect(back >= 0, "read-only: %s", xbpf_words());
	close(back);
	expect_eq(mount(NULL, XBPF_FS_PATH, NULL, MS_REMOUNT, NULL), 0);
	unlink(AT("map"));
	close(fd);
}

/* ---- mounts ---- */

static void mount_options(void)
{
	char line[512], *found = NULL;
	struct stat s;
	FILE *in;

	mkdir("/tmp/xbpffs", 0700);
	expect_eq(mount("xbpffs", "/tmp/xbpffs", XBPF_FS_TYPE, 0, "mode=0751,uid=12,gid=34"), 0);
	expect(!stat("/tmp/xbpffs", &s) && s.st_mode == (S_IFDIR | 0751) && s.st_uid == 12 &&
	       s.st_gid == 34,
	       "mode %o, %u:%u", s.st_mode, s.st_uid, s.st_gid);
	in = fopen("/proc/self/mounts", "r");
	while (in && fgets(line, sizeof(line), in))
		if (strstr(line, " /tmp/xbpffs "))
			found = strdup(line);
	if (in)
		fclose(in);
	expect(found && strstr(found, "mode=751") && strstr(found, "uid=12") &&
	       strstr(found, "gid=34"), "%s",
	       found ? found : "not mounted");
	free(found);
	expect(mount(NULL, "/tmp/xbpffs", NULL, MS_REMOUNT, "mode=0700") == -1 && errno == EINVAL,
	       "errno %d", errno);
	expect_eq(mount(NULL, "/tmp/xbpffs", NULL, MS_REMOUNT, "mode=0751"), 0);
	expect_eq(umount("/tmp/xbpffs"), 0);
	expect(mount("xbpffs", "/tmp/xbpffs", XBPF_FS_TYPE, 0, "mode=99999") == -1 &&
	       errno == EINVAL, "errno %d", errno);
	expect(mount("xbpffs", "/tmp/xbpffs", XBPF_FS_TYPE, 0, "mode=0100777") == -1 &&
	       errno == EINVAL, "errno %d", errno);
	expect(mount("xbpffs", "/tmp/xbpffs", XBPF_FS_TYPE, 0, "colour=red") == -1 &&
	       errno == EINVAL, "errno %d", errno);
	rmdir("/tmp/xbpffs");
}

static void umount_frees(void)
{
	int fd = new_map(), prog = new_prog();
	__u32 map_id = xbpf_map_id(fd), prog_id = xbpf_prog_id(prog);

	mkdir("/tmp/xbpffs", 0700);
	expect_eq(mount("xbpffs", "/tmp/xbpffs", XBPF_FS_TYPE, 0, NULL), 0);
	expect_eq(mkdir("/tmp/xbpffs/deep", 0700), 0);
	expect_eq(xbpf_pin(fd, "/tmp/xbpffs/deep/map"), 0);
	expect_eq(xbpf_pin(prog, "/tmp/xbpffs/prog"), 0);
	close(fd);
	close(prog);
	usleep(30000);
	expect(xbpf_id_lives(BPF_MAP_GET_NEXT_ID, map_id) && xbpf_id_lives(BPF_PROG_GET_NEXT_ID,
	       prog_id), "kept");
	expect_eq(umount("/tmp/xbpffs"), 0);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, map_id), "the map");
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, prog_id), "the program");
	rmdir("/tmp/xbpffs");
}

/* ---- threads ---- */

static volatile int stop;

static void *race_pin(void *arg)
{
	int fd = *(int *)arg, back;
	long bad = 0;

	while (!stop) {
		if (xbpf_pin(fd, AT("race")) && errno != EEXIST)
			bad++;
		back = xbpf_pinned(AT("race"));
		if (back >= 0)
			close(back);
		else if (errno != ENOENT)
			bad++;
		if (unlink(AT("race")) && errno != ENOENT)
			bad++;
	}
	return (void *)bad;
}

static void threads(void)
{
	int maps[3] = { new_map(), new_map(), new_map() }, i;
	pthread_t t[3];
	__u32 ids[3];
	void *bad;

	stop = 0;
	for (i = 0; i < 3; i++) {
		ids[i] = xbpf_map_id(maps[i]);
		pthread_create(&t[i], NULL, race_pin, &maps[i]);
	}
	usleep(700000);
	stop = 1;
	for (i = 0; i < 3; i++) {
		pthread_join(t[i], &bad);
		expect_eq((long)bad, 0);
	}
	unlink(AT("race"));
	for (i = 0; i < 3; i++) {
		close(maps[i]);
		expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, ids[i]), "map %d", i);
	}
}

static const struct tap_test tests[] = {
	{ "statfs says BPF_FS_MAGIC", magic },
	{ "the root is root's alone by default", root_mode },
	{ "directories are made and removed", directories },
	{ "ordinary files cannot be made", no_files },
	{ "a pinned map lives without fds, and comes back", pin_map },
	{ "a pinned program lives without fds, and runs", pin_prog },
	{ "a pinned link stays attached", pin_link },
	{ "a pin is a user of its table", pin_table_is_user },
	{ "one object may have several pins, one name only one", pin_twice },
	{ "pins and directories are renamed; a replaced pin lets go", rename_pin },
	{ "a hard link keeps the object", link_pin },
	{ "symbolic links keep a text, or lead to a pin", symlinks },
	{ "pins are listed", list_pins },
	{ "open(2) of a pin is EIO", open_pin },
	{ "pinning outside of xbpffs, or nowhere, is refused", pin_elsewhere },
	{ "pinning what is no object is refused", pin_what },
	{ "getting what is no pin, or with wrong flags, is refused", get_what },
	{ "maps are got read-only and write-only", get_modes },
	{ "mode and owner of a pin say who may get it how", get_rights },
	{ "a read-only mount takes no pins", read_only_mount },
	{ "mount options mode, uid, gid; others are refused", mount_options },
	{ "umount lets go of everything", umount_frees },
	{ "threads: pin, get and unlink of one name", threads },
};

int main(void)
{
	int ret;

	if (xbpf_mount() || (mkdir(DIR_PATH, 0700) && errno != EEXIST)) {
		printf("Bail out! " DIR_PATH ": %s\n", strerror(errno));
		return 1;
	}
	signal(SIGCONT, SIG_IGN);
	ret = tap_run(tests, tap_count(tests));
	rmdir(DIR_PATH);
	return ret;
}
