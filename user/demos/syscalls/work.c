/* SPDX-License-Identifier: GPL-2.0 */
/*
 * work ROUNDS: a process whose system calls are known. It says its pid, waits for input (by poll),
 * and then makes, ROUNDS times, 1 openat, 4 reads of 100 bytes, 2 writes of 50 and 3 getppid and 1
 * close. At SIGUSR1 it also tries one execve of a file that does not exist. ROUNDS 0: until
 * SIGTERM. At the end it says how many of each it made: nothing else happens in between, no
 * buffering, no allocation.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t exec_wanted, stopped;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		exec_wanted = 1;
	else
		stopped = 1;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 1, i, k, execs = 0;
	char *const args[] = { "/nowhere", NULL };
	struct pollfd input = { .fd = 0, .events = POLLIN };
	char buf[128];
	int in, out;

	signal(SIGUSR1, on_signal);
	signal(SIGTERM, on_signal);
	out = open("/dev/null", O_WRONLY);
	printf("%d\n", getpid());
	fflush(stdout);
	if (poll(&input, 1, -1) != 1)
		return 1;
	for (i = 0; rounds ? i < rounds : !stopped; i++) {
		in = (int)syscall(SYS_openat, AT_FDCWD, "/dev/zero", O_RDONLY, 0);
		for (k = 0; k < 4; k++)
			if (syscall(SYS_read, in, buf, 100) != 100)
				return 1;
		for (k = 0; k < 2; k++)
			if (syscall(SYS_write, out, buf, 50) != 50)
				return 1;
		for (k = 0; k < 3; k++)
			syscall(SYS_getppid);
		syscall(SYS_close, in);
		if (exec_wanted) {
			exec_wanted = 0;
			execs++;
			syscall(SYS_execve, args[0], args, args + 1);
		}
	}
	rounds = i;
	/* from here on calls count that nobody asked for: they are few and of other kinds */
	printf("openat %ld read %ld write %ld getppid %ld close %ld execve %ld\n", rounds,
	       4 * rounds, 2 * rounds, 3 * rounds, rounds, execs);
	return 0;
}
