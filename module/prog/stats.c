/* SPDX-License-Identifier: GPL-2.0 */
/* The counters of a program: switching, counting what compiled code does not, and reading them. */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/xbpf.h>
#include "cmd/yield.h"
#include "prog/prog.h"
#include "text/stub.h"

/* Innermost: taken inside the locks of tables. */
static DEFINE_MUTEX(stats_lock);

static u32 stats_default;

u32 xbpf_stats_default(void)
{
	return READ_ONCE(stats_default);
}

void xbpf_stats_set_default(u32 on)
{
	WRITE_ONCE(stats_default, on);
}

long xbpf_stats_fail(struct xbpf_cmd *cmd, long err)
{
	if (err == -ENOSPC)
		return xbpf_cmd_fail(cmd, err,
				     "the text area, the JIT's memory, has no room for code that "
				     "counts: switch counters off, unload programs, or build xbpf.ko "
				     "with a larger TEXT_KB");
	if (err == -EINTR)
		return xbpf_cmd_fail(cmd, err, "interrupted; nothing was changed");
	return xbpf_cmd_fail(cmd, err, "no memory for counters; nothing was changed");
}

u64 xbpf_count_sum(const u64 __percpu *counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(counter, cpu));
	return sum;
}

void xbpf_prog_stats_init(struct xbpf_prog *prog)
{
	INIT_LIST_HEAD(&prog->stats.slots);
}

void xbpf_prog_stats_free(struct xbpf_prog *prog)
{
	WARN_ON_ONCE(!list_empty(&prog->stats.slots));
	xbpf_stub_free(prog->stats.stub);
	free_percpu(prog->stats.counts);
}

static struct xbpf_prog_counts counts_sum(const struct xbpf_prog_stats *stats)
{
	struct xbpf_prog_counts sum = {};

	if (stats->counts) {
		sum.run = xbpf_count_sum(&stats->counts->run);
		sum.time_ns = xbpf_count_sum(&stats->counts->time_ns);
		sum.missed = xbpf_count_sum(&stats->counts->missed);
	}
	return sum;
}

/* What runs look at: one word each, in no order, as a run that mixes them is right, too. */
static void publish(struct xbpf_prog *prog, u32 on)
{
	const struct xbpf_stub *stub = prog->stats.stub;

	if (prog->jited) {
		WRITE_ONCE(prog->entry, stub ? xbpf_stub_code(stub) : prog->text);
		smp_store_release(&prog->how, on & XBPF_STATS_TIME ? XBPF_RUN_COUNTED : XBPF_RUN_JITED);
	} else {
		smp_store_release(&prog->how, on ? XBPF_RUN_COUNTED : XBPF_RUN_INTERPRETED);
	}
	smp_store_release(&prog->stats.on, on);	/* behind counts */
}

static int switch_on(struct xbpf_prog *prog)
{
	struct xbpf_prog_stats *stats = &prog->stats;
	struct xbpf_tail_count *slot;
	struct xbpf_stub *stub = NULL;
	u32 i = 0;

	if (!stats->counts)
		stats->counts = alloc_percpu_gfp(struct xbpf_prog_counts,
						 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!stats->counts)
		return -ENOMEM;
	if (prog->jited)
		stub = xbpf_stub_make(prog->text, &stats->counts->run);
	if (IS_ERR(stub))
		return PTR_ERR(stub);
	stats->stub = stub;
	stats->base = counts_sum(stats);
	stats->tailed = 0;
	/* of whoever was killed while he switched them off */
	list_for_each_entry(slot, &stats->slots, of_prog) {
		slot->began = xbpf_count_sum(slot->taken);
		xbpf_yield(i++);
	}
	return 0;
}

int xbpf_prog_stats_set(struct xbpf_prog *prog, u32 on)
{
	struct xbpf_prog_stats *stats = &prog->stats;
	struct xbpf_stub *old = NULL;
	int err = 0;

	mutex_lock(&stats_lock);
	if (on && !stats->on)
		err = switch_on(prog);
	if (!on) {
		old = stats->stub;
		stats->stub = NULL;
	}
	if (!err)
		publish(prog, on);
	mutex_unlock(&stats_lock);
	xbpf_stub_retire(old);
	return err;
}

struct xbpf_prog_kept xbpf_prog_stats_keep(struct xbpf_prog *prog)
{
	struct xbpf_prog_kept kept;

	mutex_lock(&stats_lock);
	kept = (struct xbpf_prog_kept){ .base = prog->stats.base, .tailed = prog->stats.tailed };
	mutex_unlock(&stats_lock);
	return kept;
}

void xbpf_prog_stats_restore(struct xbpf_prog *prog, const struct xbpf_prog_kept *kept)
{
	struct xbpf_prog_counts now;

	mutex_lock(&stats_lock);
	/* what was counted since it was switched on, for a moment, was not asked for */
	now = counts_sum(&prog->stats);
	prog->stats.base.run = kept->base.run + now.run - prog->stats.base.run;
	prog->stats.base.time_ns = kept->base.time_ns + now.time_ns - prog->stats.base.time_ns;
	prog->stats.base.missed = kept->base.missed + now.missed - prog->stats.base.missed;
	prog->stats.tailed = kept->tailed;
	mutex_unlock(&stats_lock);
}

struct xbpf_prog_sums xbpf_prog_stats_read(struct xbpf_prog *prog)
{
	struct xbpf_prog_stats *stats = &prog->stats;
	const struct xbpf_tail_count *slot;
	struct xbpf_prog_sums sums;
	u32 i = 0;

	mutex_lock(&stats_lock);
	sums.direct = counts_sum(stats);
	sums.direct.run -= stats->base.run;
	sums.direct.time_ns -= stats->base.time_ns;
	sums.direct.missed -= stats->base.missed;
	sums.tailed = stats->tailed;
	list_for_each_entry(slot, &stats->slots, of_prog) {
		sums.tailed += xbpf_count_sum(slot->taken) - slot->began;
		xbpf_yield(i++);
	}
	mutex_unlock(&stats_lock);
	return sums;
}

void xbpf_prog_tail_move(struct xbpf_prog *old, struct xbpf_prog *now,
			 struct xbpf_tail_count *slot)
{
	u64 sum;

	mutex_lock(&stats_lock);
	/* once: what is counted meanwhile is the new one's */
	sum = xbpf_count_sum(slot->taken);
	if (!list_empty(&slot->of_prog)) {
		old->stats.tailed += sum - slot->began;
		list_del_init(&slot->of_prog);
	}
	if (now && now->stats.on) {
		if (old)
			slot->began = sum;
		list_add(&slot->of_prog, &now->stats.slots);
	}
	mutex_unlock(&stats_lock);
}

/* A run that costs more: of an interpreted program that is counted, or one whose time is taken. */
u64 xbpf_prog_run_counted(const struct xbpf_prog *prog, void *ctx)
{
	struct xbpf_prog_counts __percpu *counts = prog->stats.counts;
	bool timed = READ_ONCE(prog->stats.on) & XBPF_STATS_TIME;
	u64 began = timed ? ktime_get_mono_fast_ns() : 0, ret;

	if (prog->jited) {
		ret = xbpf_trampoline(ctx, READ_ONCE(prog->entry));
	} else {
		raw_cpu_inc(counts->run);
		ret = xbpf_image_run(prog->image, ctx);
	}
	/* this clock may go back a little where another CPU adjusts it */
	if (timed)
		raw_cpu_add(counts->time_ns, max_t(s64, ktime_get_mono_fast_ns() - began, 0));
	return ret;
}
