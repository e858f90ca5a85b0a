/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a link says of itself.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include "cmd/cmd.h"
#include "link/link.h"
#include "prog/prog.h"

/* Numbers of the upstream header (6.12), which 5.10's does not have all of. */
#define TYPE_RAW_TRACEPOINT	1	/* BPF_LINK_TYPE_RAW_TRACEPOINT */
#define TYPE_PERF_EVENT		7	/* BPF_LINK_TYPE_PERF_EVENT */
#define TYPE_KPROBE_MULTI	8	/* BPF_LINK_TYPE_KPROBE_MULTI */
#define EVENT_TRACEPOINT	5	/* BPF_PERF_EVENT_TRACEPOINT */

/* As struct bpf_link_info of 6.12 has them. */
static_assert(offsetof(struct xbpf_link_info, func_name) == 24);
static_assert(offsetof(struct xbpf_link_info, addr) == 40);
static_assert(offsetof(struct xbpf_link_info, cookie) == 56);
static_assert(offsetof(struct xbpf_link_info, tracepoint.cookie) == 40);
static_assert(offsetof(struct xbpf_link_info, raw_tracepoint.tp_name_len) == 24);
static_assert(offsetof(struct xbpf_link_info, kprobe_multi.cookies) == 40);
static_assert(offsetof(struct xbpf_link_info, run_cnt) == 64);

struct xbpf_link_count xbpf_link_count_sum(const struct xbpf_link *link)
{
	struct xbpf_link_count sum = {};
	u64 own = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct xbpf_link_count *one = per_cpu_ptr(link->count, cpu);

		sum.run += READ_ONCE(one->run);
		sum.missed += READ_ONCE(one->missed);
		sum.unwatched += READ_ONCE(one->unwatched);
		sum.other += READ_ONCE(one->other);
	}
	if (link->ops->missed)
		own = link->ops->missed(link);
	sum.missed += own;
	sum.other += own;
	return sum;
}

void xbpf_link_show(struct xbpf_object *obj, struct seq_file *m)
{
	struct xbpf_link *link = xbpf_link_of_object(obj);
	struct xbpf_link_count sum = xbpf_link_count_sum(link);
	struct xbpf_link_info info = {};
	static const char *const words[] = {
		[TYPE_RAW_TRACEPOINT] = "raw_tracepoint",
		[TYPE_PERF_EVENT] = "perf",
		[TYPE_KPROBE_MULTI] = "kprobe_multi",
	};
	char name[XBPF_LINK_NAME] = "";

	mutex_lock(&link->lock);
	link->ops->info(link, link->prog, &info, name, sizeof(name));
	seq_printf(m, "link_type:\t%s\nlink_id:\t%u\n",
		   info.type < ARRAY_SIZE(words) && words[info.type] ? words[info.type] : "xbpf", obj->id);
	if (link->prog)
		seq_printf(m, "prog_tag:\t%*phN\nprog_id:\t%u\n", (int)sizeof(link->prog->tag), link->prog->tag,
			   link->prog->obj.id);
	mutex_unlock(&link->lock);
	if (info.type == TYPE_RAW_TRACEPOINT)
		seq_printf(m, "tp_name:\t%s\n", name);
	seq_printf(m, "run_cnt:\t%llu\nmissed:\t%llu\n", sum.run, sum.missed);
}

/*
 * The name goes to a buffer of the user's; one that is too small gets what fits, and -ENOSPC as
 * upstream.
 */
static long name_put(const char *name, u64 buf, u32 room, u32 *len)
{
	char __user *to = u64_to_user_ptr(buf);
	u32 n = strlen(name) + 1;

	*len = n;
	if (!buf || !room)
		return 0;
	if (copy_to_user(to, name, min(n, room)) || (n > room && put_user('\0', to + room - 1)))
		return -EFAULT;
	return n > room ? -ENOSPC : 0;
}

/*
 * Where the upstream struct of this kind has the caller's buffer for the name, the cookie and the
 * misses.
 */
static long upstream_fill(const struct xbpf_link *link, const struct xbpf_link_info *ask,
		       struct xbpf_link_info *info, const char *name)
{
	switch (info->type) {
	case TYPE_RAW_TRACEPOINT:
		info->raw_tracepoint.cookie = link->cookie;
		info->raw_tracepoint.tp_name = ask->raw_tracepoint.tp_name;
		return name_put(name, ask->raw_tracepoint.tp_name, ask->raw_tracepoint.tp_name_len,
				&info->raw_tracepoint.tp_name_len);
	case TYPE_KPROBE_MULTI:
		info->kprobe_multi.missed = info->miss_cnt;
		info->kprobe_multi.addrs = ask->kprobe_multi.addrs;
		info->kprobe_multi.cookies = ask->kprobe_multi.cookies;
		return link->ops->info_lists ? link->ops->info_lists(link, ask) : 0;
	}
	if (info->event_type == EVENT_TRACEPOINT) {
		info->tracepoint.cookie = link->cookie;
	} else {
		info->missed = info->miss_cnt;
		info->cookie = link->cookie;
	}
	info->func_name = ask->func_name;
	return name_put(name, ask->func_name, ask->name_len, &info->name_len);
}

/* A buffer and its length go together, where the kind has one. */
static bool halves(const struct xbpf_link_info *ask, u32 type)
{
	switch (type) {
	case TYPE_RAW_TRACEPOINT:
		return !ask->raw_tracepoint.tp_name != !ask->raw_tracepoint.tp_name_len;
	case TYPE_KPROBE_MULTI:
		return (ask->kprobe_multi.addrs || ask->kprobe_multi.cookies) != !!ask->kprobe_multi.count;
	}
	return !ask->func_name != !ask->name_len;
}

/* In milliseconds, at least 1 until it is so. Under link->lock. */
static u32 expires_in(const struct xbpf_link *link)
{
	const long left = (long)(link->expires - jiffies);

	if (!link->prog || !delayed_work_pending(&link->expiry))
		return 0;
	return left > 0 ? min_t(u64, jiffies64_to_nsecs(left) / NSEC_PER_MSEC, U32_MAX) ?: 1 : 1;
}

long xbpf_link_info(struct xbpf_object *obj, struct xbpf_cmd *cmd)
{
	struct xbpf_link *link = xbpf_link_of_object(obj);
	struct xbpf_link_count sum = xbpf_link_count_sum(link);
	struct xbpf_link_info info, ask;
	char name[XBPF_LINK_NAME] = "";
	long err, list_err;

	err = xbpf_info_get(cmd, &ask, sizeof(ask));
	if (err)
		return err;
	memset(&info, 0, sizeof(info));
	info.id = obj->id;
	info.link_type = link->type;
	info.link_cookie = link->cookie;
	info.run_cnt = sum.run;
	info.miss_cnt = sum.missed;
	info.miss_rcu = sum.unwatched;
	info.miss_other = sum.other;
	/* events go on while they are summed up */
	info.miss_busy = sum.missed - min(sum.missed, sum.unwatched + sum.other);
	mutex_lock(&link->lock);
	info.prog_id = link->prog ? link->prog->obj.id : 0;
	info.attached = !!link->prog;
	info.expire_ms = expires_in(link);
	link->ops->info(link, link->prog, &info, name, sizeof(name));
	mutex_unlock(&link->lock);
	if (halves(&ask, info.type))
		return xbpf_cmd_fail(cmd, -EINVAL, "link info: a buffer and its size must be given together");
	strscpy(info.name, name, sizeof(info.name));
	list_err = upstream_fill(link, &ask, &info, name);
	err = xbpf_info_put(cmd, &info, sizeof(info));
	return list_err ? list_err : err;
}
