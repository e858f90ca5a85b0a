/* SPDX-License-Identifier: GPL-2.0 */
/*
 * No program runs where RCU does not watch the CPU: a grace period would not wait for the run, and
 * the program could be freed under it.  Such a hit counts as missed.
 */
#include <unistd.h>
#include "dev.h"
#include "../tap.h"

static int counters;

/* Counts its own runs, whatever the link says. */
static int counting_prog(void)
{
	return kprobe_prog("idle", 0, COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
}

static int multi_link(int prog, const char *symbol)
{
	__u64 names[] = { (uintptr_t)symbol };
	struct xbpf_link_create c = {
		.type = XBPF_LINK_KPROBE_MULTI, .prog_fd = (__u32)prog, .symbols = (uintptr_t)names,
		.count = 1,
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

/*
 * Both CPUs go idle many times.  A kernel may refuse the probe (6.12 keeps probes off its idle
 * functions); then nothing can run there either.
 */
static void idle(int (*attach)(int prog, const char *symbol))
{
	struct xbpf_link_info info;
	int prog, link, i;

	counters = xbpf_counters_new(1);
	prog = counting_prog();
	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	link = attach(prog, "default_idle");
	if (link < 0) {
		expect(errno == EINVAL || errno == ENOENT, "%s: %s", strerror(errno), xbpf_words());
		tap_diag("default_idle cannot be probed here: %s", xbpf_words());
	} else {
		for (i = 0; i < 30; i++)
			usleep(10000);
		expect_eq(xbpf_link_info_get(link, &info), 0);
		expect_eq(info.run_cnt, 0);
		expect(info.miss_cnt > 0, "no CPU went idle");
		expect_eq(xbpf_counter(counters, 0), 0);
		close(link);
	}
	close(prog);
	close(counters);
}

static void kprobe_in_idle(void)
{
	idle(xbpf_kprobe);
}

static void multi_in_idle(void)
{
	idle(multi_link);
}

static const struct tap_test tests[] = {
	{ "a kprobe in idle runs nothing and counts as missed", kprobe_in_idle },
	{ "so does a probe of many functions", multi_in_idle },
};

int main(void)
{
	if (xbpf_open() < 0) {
		printf("Bail out! no /dev/xbpf\n");
		return 1;
	}
	return tap_run(tests, tap_count(tests));
}
