/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl prog tracelog: what programs print with bpf_printk(), until it is interrupted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include "args.h"
#include "out.h"
#include "tracelog.h"

#define TRACEFS "/sys/kernel/tracing"

static int open_pipe(void)
{
	static const char *const places[] = { TRACEFS "/trace_pipe",
					      "/sys/kernel/debug/tracing/trace_pipe" };
	int fd = -1;
	size_t i;

	for (i = 0; i < 2 && fd < 0; i++)
		fd = open(places[i], O_RDONLY | O_CLOEXEC);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		return -1;
	return open(places[0], O_RDONLY | O_CLOEXEC);
}

/* The programs' lines carry the name of xbpf's own event, which says nothing. */
static void show(char *line)
{
	static const char event[] = "xbpf_trace_printk: ";
	char *at = strstr(line, event);

	if (at)
		memmove(at, at + strlen(event), strlen(at + strlen(event)) + 1);
	out_open(NULL, '{');
	out_str("line", "%s\n", line);
	out_close();
	out_flush();
}

int prog_tracelog(struct args *args)
{
	char line[4096];
	FILE *f;
	int fd;

	if (args_end(args))
		return -1;
	fd = open_pipe();
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f) {
		out_error(TRACEFS "/trace_pipe cannot be read: %s",
			  errno == EBUSY ? "another process reads it already" : strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		show(line);
	}
	fclose(f);
	return 0;
}
