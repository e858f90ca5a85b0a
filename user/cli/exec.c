/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl exec: other people's tools, with their BPF going to xbpf.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/magic.h>
#include "args.h"
#include "user/exec/exec.h"
#include "exec_watch.h"
#include "libxbpf.h"
#include "out.h"
#include "short.h"

#define BPF_FS "/sys/fs/bpf"

/* As shells have it. */
#define STATUS_NO_COMMAND	127
#define STATUS_NOT_RUN		126

/* As xbpfctl unload: with nothing in it, it is mounted again by who needs it. */
static void unmount(void)
{
	xbpf_pin_unmount();
}

/* Beside the tool where it was built, in lib/xbpf beside its folder where it is installed. */
static int find_library(char *path, size_t size)
{
	static const char *const places[] = { "/" EXEC_LIBRARY, "/../lib/xbpf/" EXEC_LIBRARY };
	char tool[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", tool, sizeof(tool) - 1);
	size_t i;

	tool[n < 0 ? 0 : n] = '\0';
	if (strrchr(tool, '/'))
		*strrchr(tool, '/') = '\0';
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if ((size_t)snprintf(path, size, "%s%s", tool, places[i]) < size && !access(path, R_OK))
			break;
	}
	if (i == sizeof(places) / sizeof(*places)) {
		snprintf(path, size, "%s", XBPF_EXEC_DIR "/" EXEC_LIBRARY);
		if (access(path, R_OK))
			return out_error("%s: %s; it belongs there, or beside %s/xbpfctl", path, strerror(errno),
					 tool);
	}
	if (path[strcspn(path, ": ")])
		return out_error("%s: the dynamic linker takes no blank and no colon in the path of a library "
				 "that it loads first", path);
	return 0;
}

/* As execvp(3) looks for it. */
static int find_command(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin";
	size_t len;

	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		if (!access(path, F_OK))
			return 0;
		out_status(STATUS_NO_COMMAND);
		return out_error("%s: %s", name, strerror(errno));
	}
	for (;; dirs += len + 1) {
		len = strcspn(dirs, ":");
		if ((size_t)snprintf(path, size, "%.*s%s%s", (int)len, dirs, len ? "/" : "", name) < size &&
		    !access(path, X_OK))
			return 0;
		if (dirs[len])
			continue;
		out_status(STATUS_NO_COMMAND);
		return out_error("%s: no such command in PATH", name);
	}
}

/* The dynamic linker loads nothing of ours into a program that gets rights from its file. */
static int check_rights(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return out_error("%s: %s", path, strerror(errno));
	if ((st.st_mode & S_ISUID && st.st_uid != getuid()) ||
	    ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st.st_gid != getgid()) ||
	    (getuid() && getxattr(path, "security.capability", NULL, 0) > 0))
		return out_error("%s: a setuid or setgid program, or one with capabilities of its own, runs "
				 "without the library that takes its calls of bpf(2): run xbpfctl exec as the user "
				 "that it is to run as", path);
	return 0;
}

static bool is_bpf_fs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/*
 * The command and all that it starts see xbpffs at /sys/fs/bpf. One of the kernel's own goes below
 * it where there is none: bpftool looks for pins where the list of mounts has one.
 */
static int mount_pins(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return out_error("no mount namespace can be made: %s", strerror(errno));
	if (!is_bpf_fs(BPF_FS) && mount("bpf", BPF_FS, "bpf", 0, "mode=0700"))
		return out_error(BPF_FS ": nothing can be mounted there: %s", strerror(errno));
	if (mount(xbpf_fs_path(), BPF_FS, NULL, MS_BIND, NULL))
		return out_error("%s cannot be mounted at " BPF_FS ": %s", xbpf_fs_path(), strerror(errno));
	return 0;
}

static int set_environment(const char *library, const char *log)
{
	const char *others = getenv("LD_PRELOAD");
	char *all = NULL;
	int err;

	if (asprintf(&all, "%s%s%s", library, others && *others ? ":" : "", others ?: "") < 0)
		return out_error("out of memory");
	err = setenv("LD_PRELOAD", all, 1) || setenv("XBPF_DEVICE", xbpf_used(), 1) ||
		(log ? setenv(EXEC_LOG, log, 1) : unsetenv(EXEC_LOG));
	free(all);
	return err ? out_error("out of memory") : 0;
}

/* The library opens it anew for each line, wherever the command has gone: an absolute path. */
static int open_log(const char *name, char *path)
{
	int fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return out_error("%s: %s", name, strerror(errno));
	close(fd);
	return realpath(name, path) ? 0 : out_error("%s: %s", name, strerror(errno));
}

int short_exec(struct args *args)
{
	char library[PATH_MAX], command[PATH_MAX], log_path[PATH_MAX];
	const char *log = NULL;
	int watch, hold;

	if (args_take(args, "--log")) {
		log = args_next(args, "the file for --log");
		if (!log)
			return -1;
	}
	args_take(args, "--");
	if (!args->n)
		return out_error("the command is missing: write [--log FILE] [--] COMMAND [ARGUMENT]...");
	if (find_command(args->word[0], command, sizeof(command)) || check_rights(command) ||
	    find_library(library, sizeof(library)))
		return -1;
	if (xbpf_device())
		return out_error("%s", xbpf_errmsg());
	if (log) {
		if (open_log(log, log_path))
			return -1;
		log = log_path;
	}
	if (xbpf_pin_dir(xbpf_fs_path()) < 0)
		return out_error("%s", xbpf_errmsg());
	/* what the command pins is there as long as this mount: a bind of it is one of its own */
	hold = open(xbpf_fs_path(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (hold < 0)
		return out_error("%s: %s", xbpf_fs_path(), strerror(errno));
	watch = exec_watch_start(log, hold, unmount);
	close(hold);
	if (watch < 0) {
		unmount();
		return -1;
	}
	/* from here on the other process undoes what it has to, as soon as this one is gone */
	if (mount_pins() || set_environment(library, log) || exec_watch_begin(watch))
		return -1;
	args->word[args->n] = NULL;
	execvp(command, args->word);
	fprintf(stderr, "xbpfctl: %s: %s\n", command, strerror(errno));
	_exit(errno == ENOENT ? STATUS_NO_COMMAND : STATUS_NOT_RUN);
}
