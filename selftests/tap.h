/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP for tests in C.  Two ways to write a program of tests:
 *
 * A table of functions, each one test; it fails when an expectation in it does:
 *
 *	static void empty_slot(void)
 *	{
 *		expect(table != NULL, "no table");
 *		expect_eq(run(table, 3), 0);
 *	}
 *	static const struct tap_test tests[] = { { "an empty slot falls through", empty_slot }, };
 *	int main(void) { return tap_run(tests, tap_count(tests)); }
 *
 * Or line by line: tap_plan(n), tap_ok(cond, "name", ...) n times, return tap_done().
 * With no tap_plan() the plan is printed by tap_done().
 *
 * Several source files of one program share the state.
 */
#ifndef XBPF_SELFTESTS_TAP_H
#define XBPF_SELFTESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct tap_state {
	unsigned int planned;	/* 0: no plan said yet */
	unsigned int said;	/* result lines so far */
	unsigned int failed;
	bool bad;		/* an expectation of the running test failed */
	char skip[160];		/* why the running test is skipped, or "" */
};

__attribute__((weak)) struct tap_state tap_state;

struct tap_test {
	const char *name;
	void (*run)(void);
};

#define tap_count(array) ((unsigned int)(sizeof(array) / sizeof((array)[0])))

/* A crash must not take the lines before it along: they leave at once. */
static inline void tap_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static inline void tap_plan(unsigned int n)
{
	tap_begin();
	tap_state.planned = n;
	printf("1..%u\n", n);
}

/* A remark for whoever reads the log; several lines are fine. */
__attribute__((format(printf, 1, 2)))
static inline void tap_diag(const char *fmt, ...)
{
	char text[4096], *line = text, *end;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!strcmp(line, " "))		/* expect() without a text of its own */
		return;
	do {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		printf("# %s\n", line);
		line = end ? end + 1 : NULL;
	} while (line && *line);
}

__attribute__((format(printf, 2, 3)))
static inline bool tap_ok(bool ok, const char *fmt, ...)
{
	va_list ap;

	if (!ok)
		tap_state.failed++;
	printf("%sok %u - ", ok ? "" : "not ", ++tap_state.said);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return ok;
}

/* Counts as one result.  The reason must be one of those in selftests/skips. */
static inline void tap_skip(const char *name, const char *reason)
{
	printf("ok %u - %s # SKIP %s\n", ++tap_state.said, name, reason);
}

/* The program's exit status. */
static inline int tap_done(void)
{
	if (!tap_state.planned)
		printf("1..%u\n", tap_state.said);
	else if (tap_state.planned != tap_state.said)
		tap_diag("%u tests planned, %u run", tap_state.planned, tap_state.said);
	fflush(stdout);
	return tap_state.failed || (tap_state.planned && tap_state.planned != tap_state.said);
}

/* In a test of a table: leave it out, with the reason. The caller returns after this. */
static inline void tap_skip_this(const char *reason)
{
	snprintf(tap_state.skip, sizeof(tap_state.skip), "%s", reason);
}

static inline int tap_run(const struct tap_test *tests, unsigned int n)
{
	unsigned int i;

	tap_plan(n);
	for (i = 0; i < n; i++) {
		tap_state.bad = false;
		tap_state.skip[0] = '\0';
		tests[i].run();
		if (tap_state.skip[0] && !tap_state.bad)
			tap_skip(tests[i].name, tap_state.skip);
		else
			tap_ok(!tap_state.bad, "%s", tests[i].name);
	}
	return tap_done();
}

/* Expectations: false and a remark when they fail; the test goes on unless the caller stops it.
 * The text is optional: expect(x), expect(x, "fd %d", fd). */
#define expect(cond, ...)							\
	({									\
		bool tap_good_ = (cond);					\
		if (!tap_good_) {						\
			tap_state.bad = true;					\
			tap_diag("%s:%d: not so: %s", __FILE__, __LINE__, #cond); \
			tap_diag(" " __VA_ARGS__);				\
		}								\
		tap_good_;							\
	})

#define expect_eq(got, want)							\
	({									\
		long long tap_got_ = (long long)(got), tap_want_ = (long long)(want); \
		bool tap_good_ = tap_got_ == tap_want_;				\
		if (!tap_good_) {						\
			tap_state.bad = true;					\
			tap_diag("%s:%d: %s is %lld (0x%llx), not %lld (0x%llx)", __FILE__, __LINE__, \
				 #got, tap_got_, tap_got_, tap_want_, tap_want_); \
		}								\
		tap_good_;							\
	})

#define expect_str(got, want)							\
	({									\
		const char *tap_got_ = (got), *tap_want_ = (want);		\
		bool tap_good_ = tap_got_ && tap_want_ && !strcmp(tap_got_, tap_want_); \
		if (!tap_good_) {						\
			tap_state.bad = true;					\
			tap_diag("%s:%d: %s is \"%s\", not \"%s\"", __FILE__, __LINE__, \
				 #got, tap_got_ ? tap_got_ : "(null)", tap_want_ ? tap_want_ : "(null)"); \
		}								\
		tap_good_;							\
	})

#endif
