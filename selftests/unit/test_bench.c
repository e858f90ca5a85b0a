/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The benchmark's own machinery, with peers and a kernel that are made up.
 */
#include "../tap.h"
#include "bench/measure.c"

/* The peer in a kernel, with a kernel of ours. */
#include "kernel/dev.h"
static long fake_syscall(long number, ...);
#define syscall fake_syscall
#include "bench/peer_kernel.c"
#undef syscall

/* --- a peer whose runs take a time that is said --- */

static double fake_ns;		/* of one run */
static u32 fake_calls, fake_most, fake_last;
static u64 fake_last_ns;

static u64 fake_run(void *loaded, u32 repeat)
{
	(void)loaded;
	fake_last_ns = (u64)(fake_ns * repeat);
	fake_last = repeat;
	fake_most = repeat > fake_most ? repeat : fake_most;
	if (++fake_calls > 1000) {
		printf("Bail out! the calibration does not end: %u runs of %g ns\n", repeat, fake_ns);
		exit(1);
	}
	return fake_last_ns;
}

static const struct bench_peer_ops fake_ops = { .run = fake_run };
static const struct bench_peer fake_peer = { "fake", &fake_ops, NULL, true, NULL, 0 };

static u32 calibrated(double ns)
{
	fake_ns = ns;
	fake_calls = fake_most = 0;
	return calibrate(&fake_peer, NULL);
}

static void chosen(void)
{
	static const struct bench_row hop = { .group = "hop", .name = "chain of 33" };
	static const struct bench_row load = { .group = "load", .name = "100 instructions" };
	static const struct bench_peer slot = { .name = "xbpf/slot" }, xbpf = { .name = "xbpf" };
	struct bench_options o = { 0 };

	expect(wanted(&o, &hop) && wanted(&o, &load), "not all rows");
	expect(wanted_peer(&o, &slot) && wanted_peer(&o, &xbpf), "not all peers");
	o.only[o.only_cnt++] = "of 33";
	expect(wanted(&o, &hop) && !wanted(&o, &load), "not that row alone");
	o.only[o.only_cnt++] = "load 1";
	expect(wanted(&o, &hop) && wanted(&o, &load), "not both rows");
	o.peers = "stock,xbpf/slot";
	expect(wanted_peer(&o, &slot) && !wanted_peer(&o, &xbpf), "not that peer alone");
	o.peers = "xbpf,stock";
	expect(!wanted_peer(&o, &slot) && wanted_peer(&o, &xbpf), "not that peer alone");
}

static void of_any_speed(void)
{
	double ns;

	for (ns = 0.25; ns < 40000; ns *= 1.07) {
		u32 repeat = calibrated(ns);

		expect(repeat * ns >= LEAST_NS || repeat == MOST_RUNS, "%u runs of %g ns", repeat, ns);
		expect(repeat * ns <= 2.0 * LEAST_NS || repeat == LEAST_RUNS, "%u runs of %g ns", repeat, ns);
		expect(fake_calls <= 8, "%u pieces for %g ns", fake_calls, ns);
	}
}

static void of_slow_runs(void)
{
	expect_eq(calibrated(1e6), LEAST_RUNS);
	expect_eq(fake_calls, 1);
}

static void of_no_time(void)
{
	expect_eq(calibrated(0), MOST_RUNS);
	expect(fake_most <= MOST_RUNS, "%u runs", fake_most);
	expect(fake_calls <= 8, "%u pieces", fake_calls);
}

static void result(void)
{
	static const struct bench_options on_host = { .where = "host" };
	double got;

	fake_ns = 2;
	fake_calls = 0;
	got = run_time(&on_host, &fake_peer, NULL);
	expect(got > 1.99 && got < 2.01, "%g", got);
}

/* --- a kernel that is interrupted --- */

static int interruptions, loads, runs;

static long fake_syscall(long number, ...)
{
	va_list ap;
	int cmd;

	va_start(ap, number);
	cmd = va_arg(ap, int);
	va_end(ap);
	if (number != __NR_bpf) {
		errno = ENOSYS;
		return -1;
	}
	if (cmd == BPF_PROG_LOAD) {
		loads++;
		errno = EAGAIN;
		return loads % 3 ? -1 : dup(0);
	}
	if (cmd == BPF_PROG_TEST_RUN) {
		if (interruptions-- > 0) {
			usleep(200000);
			errno = EINTR;
			return -1;
		}
		runs++;
	}
	return 0;
}

static void interrupted_run(void)
{
	static char text[] = "r0 = 0; exit";
	static char *texts[] = { text };
	struct bench_case c = { .type = BPF_PROG_TYPE_SOCKET_FILTER, .text = texts, .prog_cnt = 1 };
	struct bench_peer stock = { "upstream", &bench_kernel_ops, bench_upstream_available,
				    true, NULL, 0 };
	const char *why = "";
	void *loaded = stock.ops->load(&stock, &c, &why);
	u64 ns;

	expect(loaded, "%s", why);
	expect_eq(loads, 3);
	interruptions = 2;
	ns = stock.ops->run(loaded, 100);
	expect_eq(runs, 1);
	expect(ns < 200000000, "%llu ns: the interrupted ones count", (unsigned long long)ns);
	stock.ops->free(loaded);
}

/* --- what the included files want --- */

const u8 bench_packet[BENCH_PACKET];
const struct bench_peer bench_peers[] = { { 0 } };
const struct bench_row bench_empty = { .group = "base" };

const struct bench_row *bench_row(u32 i)
{
	(void)i;
	return NULL;
}

void bench_case_free(struct bench_case *c)
{
	(void)c;
}

static const struct tap_test tests[] = {
		{ "rows and peers that are chosen", chosen },
	{ "pieces are long enough, and not much longer, whatever the speed", of_any_speed },
	{ "slow runs are not repeated more than it takes", of_slow_runs },
	{ "a clock that stands still ends the calibration", of_no_time },
	{ "the result is the time of one run", result },
	{ "a signal ends neither a load nor a run, and its piece does not count", interrupted_run },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
