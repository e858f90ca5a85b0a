/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl top on a terminal of 80 columns: no line is longer, keys work, and the terminal is as
 * before when it ends.
 */
#define _GNU_SOURCE
#include <libgen.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "../tap.h"

#define COLUMNS 80
#define ROWS 24

static char seen[1 << 18];
static size_t seen_len;
static int terminal;
static pid_t child;

static void begin(void)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };

	seen_len = 0;
	child = forkpty(&terminal, NULL, NULL, &size);
	if (!child) {
		setenv("LANG", "C.UTF-8", 1);
		execlp("xbpfctl", "xbpfctl", "top", "every", "200ms", NULL);
		_exit(127);
	}
}

/* Reads until @text has come behind what was seen before, at most 30 s. */
static bool until(const char *text)
{
	size_t from = seen_len;
	struct pollfd in = { .fd = terminal, .events = POLLIN };
	ssize_t n;

	while (seen_len < sizeof(seen) - 1 && poll(&in, 1, 30000) > 0) {
		n = read(terminal, seen + seen_len, sizeof(seen) - 1 - seen_len);
		if (n <= 0)	/* EIO: the other side is closed */
			break;
		seen_len += (size_t)n;
		seen[seen_len] = '\0';
		if (*text && strstr(seen + from, text))
			return true;
	}
	return !*text;
}

/* What is left to read, and the exit status; -1: a signal. */
static int end(void)
{
	int status = -1;

	until("");
	waitpid(child, &status, 0);
	close(terminal);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Cells of the longest line, without control sequences. */
static unsigned int longest(void)
{
	unsigned int most = 0, cells = 0;
	const char *s;

	for (s = seen; *s; s++) {
		if (*s == '\033') {
			s++;
			while (s[1] && (*s < '@' || *s > '~' || *s == '['))
				s++;
		} else if (*s == '\r' || *s == '\n') {
			cells = 0;
		} else if (((unsigned char)*s & 0xc0) != 0x80) {	/* the first byte of a character */
			cells++;
			most = cells > most ? cells : most;
		}
	}
	return most;
}

static void screen(void)
{
	begin();
	expect(until("xbpfctl top"), "no head");
	expect(until("by rate"), "not by rate");
	expect(until("program "), "no program");
	expect(write(terminal, "s", 1) == 1, "no key");
	expect(until("by time"), "the key s has not changed the order");
	expect(write(terminal, "q", 1) == 1, "no key");
	expect_eq(end(), 0);
	expect(longest() <= COLUMNS, "a line of %u cells", longest());
	expect(longest() > COLUMNS / 2, "nothing but %u cells", longest());
	expect(strstr(seen, "\033[?1049h") && strstr(seen, "\033[?1049l"), "not on a screen of its own");
}

static void interrupted(void)
{
	struct termios before, after;

	begin();
	expect(!tcgetattr(terminal, &before), "no terminal");
	expect(until("program "), "no program");
	expect(!tcgetattr(terminal, &after), "no terminal");
	expect(!(after.c_lflag & ICANON), "keys come by lines");
	expect(write(terminal, "\003", 1) == 1, "no key");
	expect(until("\033[?1049l"), "no end of the screen");
	expect(!kill(child, 0), "gone");
	expect_eq(end(), 0);
}

static void smaller(void)
{
	struct winsize size = { .ws_row = 8, .ws_col = 40 };

	begin();
	expect(until("program "), "no program");
	expect(!ioctl(terminal, TIOCSWINSZ, &size), "no other size");
	expect(until("\033[J"), "not drawn again");	/* perhaps begun before */
	expect(until("\033[J"), "not drawn again");
	seen_len = 0;
	expect(until("\033[J"), "not drawn again");
	expect(longest() <= 40, "a line of %u cells", longest());
	expect(write(terminal, "q", 1) == 1, "no key");
	expect_eq(end(), 0);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		{ "80 columns, keys, the end", screen },
		{ "Ctrl-C ends it, and the screen", interrupted },
		{ "a terminal that gets smaller", smaller },
	};
	int err;

	if (argc < 1 || chdir(dirname(argv[0])))
		return 1;
	err = system("xbpfctl load ../demos/signals.bpf.o >/dev/null") ||
	      system("xbpfctl attach signals >/dev/null");
	if (err)
		printf("Bail out! no object\n");
	err = err ? err : tap_run(tests, tap_count(tests));
	if (system("xbpfctl unload signals >/dev/null"))
		err = 1;
	return err;
}
