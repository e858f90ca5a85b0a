/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log: a ring that keeps the end, rewinds, and states one reason.
 */
#include <stdlib.h>

#include "../tap.h"
#include "core/log.h"

static char buf[64];

static void fits(void)
{
	struct xbpf_log log;
	u32 len;

	xbpf_log_init(&log, 1, buf, sizeof(buf));
	xbpf_log(&log, "a %d ", 5);
	xbpf_log(&log, "b\n");
	expect_eq(xbpf_log_finish(&log, &len), 7);
	expect_eq(len, 7);
	expect_str(buf, "a 5 b\n");
}

static void keeps_the_end(void)
{
	struct xbpf_log log;
	u32 len;

	xbpf_log_init(&log, 1, buf, 8);
	xbpf_log(&log, "0123456789abcdef");
	expect_eq(xbpf_log_finish(&log, &len), 17);
	expect_eq(len, 8);
	expect_str(buf, "9abcdef");
}

static void rewinds(void)
{
	struct xbpf_log log;
	u64 pos;

	xbpf_log_init(&log, 1, buf, sizeof(buf));
	xbpf_log(&log, "keep ");
	pos = log.pos;
	xbpf_log(&log, "forget");
	xbpf_log_rewind(&log, pos);
	xbpf_log(&log, "this");
	xbpf_log_finish(&log, NULL);
	expect_str(buf, "keep this");
}

static void rewinds_beyond(void)
{
	struct xbpf_log log;
	u64 pos;

	xbpf_log_init(&log, 1, buf, 8);
	xbpf_log(&log, "abc");
	pos = log.pos;
	xbpf_log(&log, "0123456789");
	xbpf_log_rewind(&log, pos);
	xbpf_log(&log, "xy");
	xbpf_log_finish(&log, NULL);
	expect_str(buf, "xy");
}

/* Against a log without bound, by chance. */
static void as_if_unbounded(void)
{
	u32 round, step;

	srand(7);
	for (round = 0; round < 300; round++) {
		u32 size = 1 + rand() % 40, len, expected;
		char whole[4096] = "";
		u64 marks[8] = { 0 }, lost = 0;
		struct xbpf_log log;

		xbpf_log_init(&log, 1, buf, size);
		for (step = 0; step < 30; step++) {
			u32 m = rand() % 8;

			if (rand() % 4) {
				char text[24];

				snprintf(text, sizeof(text), "%u;", rand() % 100000);
				marks[m] = strlen(whole);
				strcat(whole, text);
				xbpf_log(&log, "%s", text);
			} else if (marks[m] <= strlen(whole)) {
				/* what the ring had lost before stays lost */
				if (strlen(whole) > lost + size - 1)
					lost = strlen(whole) - (size - 1);
				whole[marks[m]] = '\0';
				if (lost > marks[m])
					lost = marks[m];
				xbpf_log_rewind(&log, marks[m]);
			}
			if (strlen(whole) > lost + size - 1)
				lost = strlen(whole) - (size - 1);
		}
		expect_eq(xbpf_log_finish(&log, &len), strlen(whole) + 1);
		expected = strlen(whole) - lost;
		expect_eq(len, expected + 1);
		if (!expect(!strcmp(buf, whole + lost), "\"%s\", not \"%s\"", buf, whole + lost))
			break;
	}
}

static void first_reason_stays(void)
{
	struct xbpf_log log;

	xbpf_log_init(&log, 1, buf, sizeof(buf));
	expect_eq(xbpf_log_fail(&log, -EINVAL, "inner %d\nmore", 1), -EINVAL);
	expect_eq(xbpf_log_fail(&log, -ENOMEM, "outer"), -ENOMEM);
	expect_str(log.reason, "inner 1");
	xbpf_log(&log, "text\n");
	xbpf_log_finish(&log, NULL);
	expect_str(buf, "text\ninner 1\n");
}

static void level_0(void)
{
	struct xbpf_log log;
	u32 len = 5;

	buf[0] = 'x';
	xbpf_log_init(&log, 0, buf, sizeof(buf));
	xbpf_log(&log, "nothing");
	xbpf_log_fail(&log, -EINVAL, "why");
	expect_eq(xbpf_log_finish(&log, &len), 0);
	expect_eq(len, 0);
	expect_eq(buf[0], 'x');
	expect_str(log.reason, "why");
	xbpf_log_init(&log, 1, NULL, 0);
	xbpf_log(&log, "nothing");
	expect_eq(xbpf_log_finish(&log, NULL), 0);
}

__printf(2, 3) static void say_reason(struct xbpf_log *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	xbpf_log_reason_v(log, fmt, ap);
	va_end(ap);
}

/* A command's log is not zeroed memory. Who writes to the log says why, or who has the command. */
static void one_place(void)
{
	struct xbpf_log log;

	memset(&log, 'x', sizeof(log));
	xbpf_log_init(&log, 1, buf, sizeof(buf));
	expect_str(log.reason, "");
	xbpf_log(&log, "text\n");
	say_reason(&log, "the command: %d", 1);
	xbpf_log_fail(&log, -EINVAL, "the verifier");
	say_reason(&log, "the command again");
	expect_str(log.reason, "the command: 1");
	expect_eq(xbpf_log_finish(&log, NULL), sizeof("text\nthe command: 1\n"));
	expect_str(buf, "text\nthe command: 1\n");
	memset(&log, 'x', sizeof(log));
	xbpf_log_init(&log, 0, NULL, 0);
	xbpf_log_fail(&log, -EINVAL, "the verifier\nmore");
	say_reason(&log, "the command");
	expect_str(log.reason, "the verifier");
}

static const struct tap_test tests[] = {
	{ "text that fits", fits },
	{ "a short buffer keeps the end", keeps_the_end },
	{ "what is rewound is gone", rewinds },
	{ "rewinding beyond what the ring holds", rewinds_beyond },
	{ "like the end of a log without bound", as_if_unbounded },
	{ "the first reason stays, and is the last line", first_reason_stays },
	{ "one place for the reason, whoever says it", one_place },
	{ "level 0 writes nothing and keeps the reason", level_0 },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
