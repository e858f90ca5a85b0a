/* SPDX-License-Identifier: GPL-2.0 */
/*
 * screen COLUMNS ROWS COMMAND...: what the command's last picture on a terminal of that size is, as
 * plain text. A picture begins where the cursor goes home.
 */
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[1 << 20];

/* What stands behind the control sequence at @s. */
static const char *behind(const char *s)
{
	s++;
	if (*s != '[')
		return *s ? s + 1 : s;
	for (s++; *s && (*s < '@' || *s > '~'); s++)
		;
	return *s ? s + 1 : s;
}

int main(int argc, char **argv)
{
	const char *s, *picture = said;
	struct winsize size = { 0 };
	size_t len = 0;
	int terminal, status;
	ssize_t n;

	if (argc < 4) {
		fprintf(stderr, "usage: screen COLUMNS ROWS COMMAND...\n");
		return 2;
	}
	size.ws_col = (unsigned short)atoi(argv[1]);
	size.ws_row = (unsigned short)atoi(argv[2]);
	switch (forkpty(&terminal, NULL, NULL, &size)) {
	case -1:
		perror("screen: a terminal");
		return 1;
	case 0:
		setenv("LANG", "C.UTF-8", 1);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	while (len < sizeof(said) - 1 && (n = read(terminal, said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	for (s = said; (s = strstr(s, "\033[H")); s++)
		picture = s;
	for (s = picture; *s;) {
		if (*s == '\033') {
			s = behind(s);
			continue;
		}
		if (*s != '\r')
			putchar(*s);
		s++;
	}
	if (wait(&status) < 0 || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}
