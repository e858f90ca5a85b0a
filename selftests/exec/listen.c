/* SPDX-License-Identifier: GPL-2.0 */
/*
 * listen COMMAND...: with somebody listening to its system calls, as managers of containers do;
 * no call is of interest to them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

int main(int argc, char **argv)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &allow };
	int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);

	/* there as long as the command is */
	if (argc < 2 || listener < 0 || fcntl(listener, F_SETFD, 0)) {
		perror("listen");
		return 1;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
