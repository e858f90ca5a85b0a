/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl top: how often programs, links and slots run now.  Counts all while it runs, and puts
 * back what was counted before.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "args.h"
#include "out.h"
#include "short.h"
#include "stats.h"
#include "top.h"

#define NO_LIMIT (~0ULL)

struct topping {
	__u32 every_ms;
	__u64 count;		/* intervals that are left, or NO_LIMIT */
	bool as_is;		/* counters stay as they are */
	bool screen, keys;	/* is stdout a terminal, and stdin? */
	struct termios before;
	enum top_order order;
	struct top top;
};

static volatile sig_atomic_t ended, resized;

static void on_signal(int sig)
{
	if (sig == SIGWINCH)
		resized = 1;
	else
		ended = 1;
}

/*
 * They come while it waits alone, so that none is missed. Who stops it gets the counters put back,
 * and the terminal; a reader that went away is seen by what is written.
 */
static void take_signals(sigset_t *wait)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t held;
	size_t i;

	sigemptyset(&held);
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&held, signals[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &held, wait);
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigdelset(wait, signals[i]);
}

static void screen_begin(struct topping *t)
{
	struct termios raw;

	t->keys = !tcgetattr(STDIN_FILENO, &t->before);
	if (t->keys) {
		raw = t->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	out_text("\033[?1049h\033[?25l");	/* the other screen, without a cursor */
}

static void screen_end(const struct topping *t)
{
	out_text("\033[?25h\033[?1049l");
	out_flush();
	if (t->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &t->before);
}

static int draw(const struct topping *t)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	return top_screen(&t->top, t->order, size.ws_row, size.ws_col);
}

static int show(struct topping *t)
{
	int err = 0;

	if (t->screen)
		err = draw(t);
	else if (t->top.samples > 1)	/* the first is what the others are compared with */
		top_json(&t->top);
	out_flush();
	if (ferror(stdout))	/* out_finish() says it */
		ended = 1;
	return err;
}

/* Keys that came; false: none will come any more. */
static bool take_keys(struct topping *t)
{
	char keys[16];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys)), i;

	for (i = 0; i < n; i++) {
		if (keys[i] == 'q')
			ended = 1;
		else if (keys[i] == 's')
			t->order = (t->order + 1) % TOP_ORDERS;
	}
	return n > 0;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until @until, in ms, or the end; what is shown follows keys and the size of the terminal. */
static int wait_until(struct topping *t, long long until, const sigset_t *mask)
{
	struct pollfd in = { .fd = t->keys ? STDIN_FILENO : -1, .events = POLLIN };
	long long left;
	struct timespec time;
	int n;

	do {	/* at least once, for the signals */
		left = until - now_ms();
		left = left > 0 ? left : 0;
		time = (struct timespec){ .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
		n = ppoll(&in, 1, &time, mask);
		if (n < 0 && errno != EINTR)
			return out_error("poll: %s", strerror(errno));
		if (n > 0 && !take_keys(t))
			in.fd = -1;
		if (t->screen && !ended && (n > 0 || resized) && draw(t))
			return -1;
		resized = 0;
		out_flush();
	} while (!ended && left);
	return 0;
}

static int run(struct topping *t, const sigset_t *mask)
{
	long long next = now_ms();

	for (;;) {
		if (top_take(&t->top) || show(t))
			return -1;
		if (t->top.samples > 1 && t->count != NO_LIMIT && !--t->count)
			return 0;
		next += t->every_ms;
		if (next < now_ms())	/* reading takes longer than that */
			next = now_ms();
		if (wait_until(t, next, mask))
			return -1;
		if (ended)
			return 0;
	}
}

static int take_every(const char *arg, void *to)
{
	return args_time(arg, "interval", to);
}

static int take_count(const char *arg, void *to)
{
	if (args_number(arg, "count", NO_LIMIT - 1, to))
		return -1;
	return *(__u64 *)to ? 0 : out_error("count 0: at least 1");
}

int short_top(struct args *args)
{
	struct topping t = { .every_ms = 1000, .count = NO_LIMIT };
	const struct keyword keywords[] = {
		{ .word = "every", .what = "the time, as 1s", .take = take_every, .to = &t.every_ms },
		{ .word = "count", .what = "how many intervals", .take = take_count, .to = &t.count },
		{ .word = "as-is", .to = &t.as_is },
		{ .word = NULL }
	};
	struct stats_held held;
	sigset_t mask;
	int err;

	if (args_keywords(args, keywords))
		return -1;
	t.screen = out_is_text() && isatty(STDOUT_FILENO);
	if (!t.screen && out_is_text())
		out_init(OUT_JSON);
	take_signals(&mask);
	if (!t.as_is && stats_hold(&held, XBPF_STATS_RUNS | XBPF_STATS_TIME))
		return -1;
	if (t.screen)
		screen_begin(&t);
	err = run(&t, &mask);
	if (t.screen)
		screen_end(&t);
	if (!t.as_is && stats_release(&held))
		err = -1;
	top_free(&t.top);
	return err;
}
