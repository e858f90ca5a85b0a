/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl stats: counters of programs and slots, off unless they are switched on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "info.h"
#include "main.h"
#include "out.h"
#include "spec.h"
#include "stats.h"

int stats_slots(int fd, __u32 first, __u64 *taken, __u32 count, bool *on)
{
	struct xbpf_stats stats = { .kind = XBPF_STATS_MAP, .fd = (__u32)fd, .first = first,
				    .count = count, .taken = (unsigned long)taken };
	int err = xbpf_stats(&stats);

	*on = !err && stats.on;
	return err;
}

#define SLOTS_AT_ONCE 1024u

int stats_each_slot(int fd, const struct bpf_map_info *info,
		    int (*visit)(__u32 slot, __u64 taken, void *arg), void *arg)
{
	__u64 taken[SLOTS_AT_ONCE];
	__u32 at, i, n;
	int err = 0;
	bool on;

	for (at = 0; at < info->max_entries && !err; at += n) {
		n = info->max_entries - at < SLOTS_AT_ONCE ? info->max_entries - at : SLOTS_AT_ONCE;
		if (stats_slots(fd, at, taken, n, &on))
			return out_error("map %u: %s", info->id, xbpf_errmsg());
		for (i = 0; i < n && !err; i++)
			if (taken[i])
				err = visit(at + i, taken[i], arg);
	}
	return err;
}

/* --- switching ---------------------------------------------------------------------------- */

static __u32 stats_kind(enum xbpf_kind kind)
{
	return kind == XBPF_KIND_PROG ? XBPF_STATS_PROG : XBPF_STATS_MAP;
}

static int stats_switch(__u32 kind, int fd, __u32 on)
{
	struct xbpf_stats stats = { .kind = kind, .fd = (__u32)fd, .flags = XBPF_STATS_SET, .on = on };

	if (kind == XBPF_STATS_MAP)	/* has no time */
		stats.on &= XBPF_STATS_RUNS;
	return xbpf_stats(&stats);
}

/* Switches on what is not. */
static int stats_add(__u32 kind, int fd, __u32 on, __u32 *was)
{
	struct xbpf_stats stats = { .kind = kind, .fd = (__u32)fd };
	int err = xbpf_stats(&stats);

	*was = stats.on;
	return err ? err : stats_switch(kind, fd, stats.on | on);
}

static bool is_table(int fd)
{
	struct bpf_map_info info;

	return !map_info_get(fd, &info) && info.type == BPF_MAP_TYPE_PROG_ARRAY;
}

/* --- for a while -------------------------------------------------------------------------- */

/* Of one kind of objects; what is on stays on. */
struct holding {
	struct stats_held *held;
	enum xbpf_kind kind;
	__u32 on;
	bool failed;
};

/* What was on of an object, by what was noted; of one that was not there then what new ones had. */
static __u32 was_on(const struct stats_held *held, enum xbpf_kind kind, __u32 id)
{
	int i;

	for (i = 0; i < held->n; i++)
		if (held->was[i].kind == kind && held->was[i].id == id)
			return held->was[i].on;
	return kind == XBPF_KIND_MAP ? held->of_new & XBPF_STATS_RUNS : held->of_new;
}

/* All are noted before the first is switched: then the others were made meanwhile. */
static int note_one(int fd, void *arg)
{
	struct holding *h = arg;
	struct stats_held *held = h->held;
	struct xbpf_stats stats = { .kind = stats_kind(h->kind), .fd = (__u32)fd };
	struct stats_was *grown;

	if (h->kind == XBPF_KIND_MAP && !is_table(fd))
		return 0;
	if (xbpf_stats(&stats))
		return out_error("%s %u: %s", kind_name(h->kind), object_id(fd, h->kind), xbpf_errmsg());
	grown = realloc(held->was, (held->n + 1) * sizeof(*grown));
	if (!grown)
		return out_error("out of memory");
	held->was = grown;
	grown[held->n++] = (struct stats_was){ h->kind, object_id(fd, h->kind), stats.on };
	return 0;
}

static int hold_one(int fd, void *arg)
{
	struct holding *h = arg;
	__u32 was;

	if (h->kind == XBPF_KIND_MAP && !is_table(fd))
		return 0;
	if (stats_add(stats_kind(h->kind), fd, h->on, &was))
		return out_error("%s %u: %s; nothing is switched", kind_name(h->kind),
				 object_id(fd, h->kind), xbpf_errmsg());
	return 0;
}

static int release_one(int fd, void *arg)
{
	struct holding *h = arg;
	struct xbpf_stats stats = { .kind = stats_kind(h->kind), .fd = (__u32)fd };
	__u32 on;

	if (h->kind == XBPF_KIND_MAP && !is_table(fd))
		return 0;
	on = was_on(h->held, h->kind, object_id(fd, h->kind));
	/* off is said to those that are off, too: it ends what was left when somebody was killed */
	if (xbpf_stats(&stats) ||
	    ((stats.on != on || !on) && stats_switch(stats_kind(h->kind), fd, on))) {
		out_failed("%s %u: %s", kind_name(h->kind), object_id(fd, h->kind), xbpf_errmsg());
		h->failed = true;	/* the others all the same */
	}
	return 0;
}

int stats_release(struct stats_held *held)
{
	struct holding progs = { .held = held, .kind = XBPF_KIND_PROG };
	struct holding maps = { .held = held, .kind = XBPF_KIND_MAP };
	int err = stats_switch(XBPF_STATS_NEW, 0, held->of_new);

	if (err)
		out_error("%s", xbpf_errmsg());
	err |= objects_each(XBPF_KIND_PROG, release_one, &progs);
	err |= objects_each(XBPF_KIND_MAP, release_one, &maps);
	free(held->was);
	return err || progs.failed || maps.failed ? -1 : 0;
}

int stats_hold(struct stats_held *held, __u32 on)
{
	struct holding progs = { .held = held, .kind = XBPF_KIND_PROG, .on = on };
	struct holding maps = { .held = held, .kind = XBPF_KIND_MAP, .on = on };

	*held = (struct stats_held){ 0 };
	if (objects_each(XBPF_KIND_PROG, note_one, &progs) ||
	    objects_each(XBPF_KIND_MAP, note_one, &maps)) {
		free(held->was);
		return -1;
	}
	/* those that are made meanwhile come with it */
	if (stats_add(XBPF_STATS_NEW, 0, on, &held->of_new)) {
		free(held->was);
		return out_error("%s", xbpf_errmsg());
	}
	if (!objects_each(XBPF_KIND_PROG, hold_one, &progs) &&
	    !objects_each(XBPF_KIND_MAP, hold_one, &maps))
		return 0;
	stats_release(held);
	return -1;
}

/* --- on, off ------------------------------------------------------------------------------ */

static int switch_one(enum xbpf_kind kind, int fd, __u32 on)
{
	__u32 was;

	return on ? stats_add(stats_kind(kind), fd, on, &was) : stats_switch(stats_kind(kind), fd, 0);
}

static int switch_some(struct args *args, enum xbpf_kind kind, __u32 on)
{
	int *fds, n, i, err;

	n = spec_all(args, kind, &fds);
	if (n < 0)
		return -1;
	err = args_end(args);
	for (i = 0; i < n; i++) {
		if (!err && switch_one(kind, fds[i], on))
			err = out_error("%s %u: %s", kind_name(kind), object_id(fds[i], kind), xbpf_errmsg());
		close(fds[i]);
	}
	free(fds);
	return err;
}

/* All are on, or none that was not. */
static int all_on(__u32 on)
{
	struct stats_held held;

	if (stats_hold(&held, on))
		return -1;
	free(held.was);
	return 0;
}

/* As if none had been on before. */
static int all_off(void)
{
	struct stats_held held = { 0 };

	return stats_release(&held);
}

static int switch_what(struct args *args, __u32 on)
{
	if (args_take(args, "prog"))
		return switch_some(args, XBPF_KIND_PROG, on);
	if (args_take(args, "map")) {
		if (on & XBPF_STATS_TIME)
			return out_error("the time of runs is a program's: `xbpfctl stats on time prog ...`");
		return switch_some(args, XBPF_KIND_MAP, on);
	}
	args_take(args, "all");
	if (args_end(args))
		return -1;
	return on ? all_on(on) : all_off();
}

static int stats_on(struct args *args)
{
	bool time = args_take(args, "time");

	return switch_what(args, XBPF_STATS_RUNS | (time ? XBPF_STATS_TIME : 0));
}

static int stats_off(struct args *args)
{
	return switch_what(args, 0);
}

/* --- show --------------------------------------------------------------------------------- */

static int show_prog(int fd, bool always)
{
	struct xbpf_stats s = { .kind = XBPF_STATS_PROG, .fd = (__u32)fd };
	struct prog_info info;

	if (xbpf_stats(&s))
		return out_error("%s", xbpf_errmsg());
	if (!always && !s.on && !s.run_cnt && !s.tail_cnt && !s.miss_cnt)
		return 0;
	if (prog_info_get(fd, &info))
		return -1;
	out_open(NULL, '{');
	out_uint("id", "program %llu", info.i.id);
	out_str("name", *info.name ? "  %s" : NULL, info.name);
	out_bool("on", NULL, s.on);
	out_text("  %s", s.on ? "on" : "off");
	out_bool("time", s.on & XBPF_STATS_TIME ? ", with time" : NULL, s.on & XBPF_STATS_TIME);
	out_uint("run_cnt", ": run_cnt %llu", s.run_cnt + s.tail_cnt);
	out_uint("event_cnt", " (%llu events,", s.run_cnt);
	out_uint("tail_cnt", " %llu tail calls)", s.tail_cnt);
	out_uint("run_time_ns", s.run_time_ns ? "  run_time_ns %llu" : NULL, s.run_time_ns);
	out_uint("recursion_misses", s.miss_cnt ? "  missed %llu" : NULL, s.miss_cnt);
	out_text("\n");
	out_close();
	prog_info_free(&info);
	return 0;
}

static int show_slot(__u32 slot, __u64 taken, void *unused)
{
	(void)unused;
	out_open(NULL, '{');
	out_uint("slot", "  slot %llu", slot);
	out_uint("taken", ": taken %llu\n", taken);
	out_close();
	return 0;
}

static int show_table(int fd, bool always)
{
	struct bpf_map_info info;
	__u64 taken;
	bool on;
	int err;

	if (map_info_get(fd, &info))
		return -1;
	if (info.type != BPF_MAP_TYPE_PROG_ARRAY && !always)
		return 0;
	if (stats_slots(fd, 0, &taken, 1, &on))
		return out_error("%s", xbpf_errmsg());
	if (!always && !on)
		return 0;
	out_open(NULL, '{');
	out_uint("id", "map %llu", info.id);
	out_str("name", *info.name ? "  %s" : NULL, info.name);
	out_bool("on", NULL, on);
	out_text("  %s\n", on ? "on" : "off");
	out_open("slots", '[');
	err = stats_each_slot(fd, &info, show_slot, NULL);
	out_close();
	out_close();
	return err;
}

static int show_counted_prog(int fd, void *unused)
{
	(void)unused;
	return show_prog(fd, false);
}

static int show_counted_table(int fd, void *unused)
{
	(void)unused;
	return show_table(fd, false);
}

static int show_some(struct args *args, enum xbpf_kind kind, int (*show)(int fd, bool always))
{
	int fd = spec_one(args, kind), err;

	if (fd < 0)
		return -1;
	err = args_end(args) ?: show(fd, true);
	close(fd);
	return err;
}

static int stats_show(struct args *args)
{
	struct xbpf_stats s = { .kind = XBPF_STATS_NEW };
	int err;

	if (args_take(args, "prog"))
		return show_some(args, XBPF_KIND_PROG, show_prog);
	if (args_take(args, "map"))
		return show_some(args, XBPF_KIND_MAP, show_table);
	if (args_end(args))
		return -1;
	if (xbpf_stats(&s))
		return out_error("%s", xbpf_errmsg());
	out_open(NULL, '{');
	out_bool("new", NULL, s.on);
	out_text("new programs and tables are %s\n", s.on ? "counted" : "not counted");
	out_open("programs", '[');
	err = objects_each(XBPF_KIND_PROG, show_counted_prog, NULL);
	out_close();
	out_open("tables", '[');
	err = err ? err : objects_each(XBPF_KIND_MAP, show_counted_table, NULL);
	out_close();
	out_close();
	return err;
}

static const struct verb verbs[] = {
	{ .name = "show", .run = stats_show, .usage = "[prog PROG | map MAP]" },
	{ .name = "on", .run = stats_on, .usage = "[time] [prog PROG | map MAP | all]" },
	{ .name = "off", .run = stats_off, .usage = "[prog PROG | map MAP | all]" },
	{ .name = NULL }
};

const struct noun stats_noun = {
	.name = "stats",
	.about = "PROG := " SPEC_PROG "\n"
		 "MAP := " SPEC_MAP ", a program array",
	.verbs = verbs,
};
