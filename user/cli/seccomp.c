/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl seccomp: commands under a system-call filter.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/capability.h>
#include "args.h"
#include "libxbpf.h"
#include "out.h"
#include "spec.h"

/* As shells have it. */
#define STATUS_NO_COMMAND	127
#define STATUS_NOT_RUN		126

static volatile sig_atomic_t command;	/* its pid */

static void pass_on(int sig)
{
	if (command > 0)
		kill(command, sig);
}

/*
 * Our end is the end of the filter: what the terminal sends to the whole group is the command's to
 * answer, and who ends us by name means the command.
 */
static void signals_for_command(pid_t pid)
{
	struct sigaction act = { .sa_handler = pass_on };

	command = pid;
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
}

static bool is_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	return !syscall(SYS_capget, &header, data) &&
	       data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

/* In the child: goes on when the filter is there, ends when the parent gave up. */
static void child(int go, char **argv)
{
	char byte;

	/* nobody can pass SIGKILL on: better to end soon than to go on without the filter */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go, &byte, 1) != 1)
		_exit(STATUS_NOT_RUN);
	execvp(argv[0], argv);
	fprintf(stderr, "xbpfctl: %s: cannot be run under this filter: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? STATUS_NO_COMMAND : STATUS_NOT_RUN);
}

/*
 * The filter ends with the link, so it is kept until the last descendant is gone: orphans come to
 * us.  The status of @pid as shells say it.
 */
static int wait_all(pid_t pid)
{
	int status, mine = 0;
	pid_t one;

	while ((one = wait(&status)) > 0 || (one < 0 && errno == EINTR))
		if (one == pid)
			mine = status;
	return WIFSIGNALED(mine) ? 128 + WTERMSIG(mine) : WEXITSTATUS(mine);
}

static int start(int prog, char **argv)
{
	struct xbpf_attach at = { .type = XBPF_LINK_SYSCALL_FILTER };
	int go[2], link, status;
	pid_t pid;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) || pipe(go))
		return out_error("%s: %s", argv[0], strerror(errno));
	/*
	 * What xbpf asks of who may not filter everybody: no setuid program takes the filter
	 * along.  Before the fork, so that the child has it when the filter comes.
	 */
	if (!is_admin())
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		close(go[0]);
		close(go[1]);
		return out_error("%s: no process can be made: %s", argv[0], strerror(errno));
	}
	if (!pid) {
		close(go[1]);
		child(go[0], argv);
	}
	signals_for_command(pid);
	close(go[0]);
	at.target = pid;
	link = xbpf_link_create(prog, &at);
	if (link < 0) {
		close(go[1]);
		wait_all(pid);
		return out_error("%s", xbpf_errmsg());
	}
	/* when this fails, somebody killed the child, which its status will tell */
	signal(SIGPIPE, SIG_IGN);
	(void)!write(go[1], "", 1);
	close(go[1]);
	status = wait_all(pid);
	close(link);
	exit(status);
}

/* PROG -- COMMAND... */
static int seccomp_run(struct args *args)
{
	char **argv;
	int prog, err;

	prog = spec_one(args, XBPF_KIND_PROG);
	if (prog < 0)
		return -1;
	if (!args_take(args, "--") || !args->n) {
		err = out_error("the command is missing: write PROG -- COMMAND [ARGUMENT]...");
	} else {
		argv = calloc(args->n + 1, sizeof(*argv));
		if (argv)
			memcpy(argv, args->word, args->n * sizeof(*argv));
		err = argv ? start(prog, argv) : out_error("out of memory");
		free(argv);
	}
	close(prog);
	return err;
}

static const struct verb verbs[] = {
	{ .name = "run", .run = seccomp_run, .alone = true, .usage = "PROG -- COMMAND [ARGUMENT]..." },
	{ .name = NULL }
};

const struct noun seccomp_noun = {
	.name = "seccomp",
	.about = "PROG := " SPEC_PROG,
	.verbs = verbs,
};
