/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl map event_pipe: records of ring buffers and perf event arrays as they come.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <linux/perf_event.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "info.h"
#include "map.h"
#include "out.h"

#define POLL_MS		1000
#define PERF_PAGES	16

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

struct pipe {
	struct perf_buffer *perf;
	struct ring_buffer *ring;
	__u64 count;		/* records that are left to show; 0: no end */
	bool counted;
};

/* Address, bytes in hex, and what of them is text. */
static void dump_lines(const unsigned char *p, __u32 n)
{
	__u32 at, i;

	for (at = 0; at < n; at += 16) {
		out_text("  %04x ", at);
		for (i = at; i < at + 16; i++) {
			if (i < n)
				out_text(" %02x", p[i]);
			else
				out_text("   ");
		}
		out_text("  |");
		for (i = at; i < at + 16 && i < n; i++)
			out_text("%c", isprint(p[i]) ? p[i] : '.');
		out_text("|\n");
	}
}

static void shown(struct pipe *pipe)
{
	out_flush();
	if (pipe->counted && !--pipe->count)
		stopped = 1;
}

static int ring_record(void *ctx, void *data, size_t size)
{
	struct pipe *pipe = ctx;

	out_open(NULL, '{');
	out_str("type", NULL, "record");
	out_uint("size", "record of %llu bytes\n", size);
	dump_lines(data, size);
	out_bytes("data", NULL, data, size);
	out_close();
	shown(pipe);
	return stopped ? -ECANCELED : 0;	/* the rest stays for the next reader */
}

static void perf_record(void *ctx, int cpu, void *data, __u32 size)
{
	struct pipe *pipe = ctx;

	if (stopped)
		return;
	out_open(NULL, '{');
	out_str("type", NULL, "record");
	out_int("cpu", "CPU %lld: ", cpu);
	out_uint("size", "record of %llu bytes\n", size);
	dump_lines(data, size);
	out_bytes("data", NULL, data, size);
	out_close();
	shown(pipe);
}

static void perf_lost(void *ctx, int cpu, __u64 lost)
{
	struct pipe *pipe = ctx;

	(void)pipe;
	out_open(NULL, '{');
	out_str("type", NULL, "lost");
	out_int("cpu", "CPU %lld: ", cpu);
	out_uint("lost", "%llu records were lost\n", lost);
	out_close();
	out_flush();
}

static enum bpf_perf_event_ret perf_event(void *ctx, int cpu, struct perf_event_header *header)
{
	const struct { struct perf_event_header h; __u32 size; char data[]; } *sample =
		(const void *)header;
	const struct { struct perf_event_header h; __u64 id, lost; } *lost = (const void *)header;

	if (header->type == PERF_RECORD_SAMPLE)
		perf_record(ctx, cpu, (void *)sample->data, sample->size);
	else if (header->type == PERF_RECORD_LOST)
		perf_lost(ctx, cpu, lost->lost);
	return LIBBPF_PERF_EVENT_CONT;
}

static int perf_open(struct pipe *pipe, int fd, int cpu, int index)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.size = sizeof(attr),
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	LIBBPF_OPTS(perf_buffer_raw_opts, opts,
		.cpu_cnt = cpu >= 0,
		.cpus = &cpu,
		.map_keys = &index,
	);

	pipe->perf = perf_buffer__new_raw(fd, PERF_PAGES, &attr, perf_event, pipe, &opts);
	if (pipe->perf)
		return 0;
	return out_error("the events of the map cannot be read: %s", strerror(errno));
}

static int pump(struct pipe *pipe)
{
	int err = 0;

	while (!stopped) {
		err = pipe->ring ? ring_buffer__poll(pipe->ring, POLL_MS) :
				   perf_buffer__poll(pipe->perf, POLL_MS);
		if (err < 0 && err != -EINTR && err != -ECANCELED)
			return out_error("no more events: %s", strerror(-err));
	}
	return 0;
}

static int take_int(const char *arg, void *to)
{
	__u64 value;

	if (args_number(arg, "number", INT_MAX, &value))
		return -1;
	*(int *)to = value;
	return 0;
}

static int take_count(const char *arg, void *to)
{
	struct pipe *pipe = to;

	pipe->counted = true;
	if (args_number(arg, "count", ULLONG_MAX, &pipe->count))
		return -1;
	return pipe->count ? 0 : out_error("count 0: at least one record");
}

int map_event_pipe(struct args *args)
{
	struct pipe pipe = { 0 };
	int cpu = -1, index = -1, err;
	const struct keyword keywords[] = {
		{ .word = "cpu", .what = "the CPU", .take = take_int, .to = &cpu },
		{ .word = "index", .what = "the index in the map", .take = take_int, .to = &index },
		{ .word = "count", .what = "the number of records", .take = take_count, .to = &pipe },
		{ .word = NULL }
	};
	struct sigaction act = { .sa_handler = on_signal };
	struct open_map m;

	if (map_open(args, &m))
		return -1;
	err = args_keywords(args, keywords);
	if (!err && (cpu < 0) != (index < 0))
		err = out_error("cpu and index go together: the events of which CPU, and where in "
				"the map they go");
	if (!err && cpu >= 0 && m.view.info.type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		err = out_error("cpu and index are for perf event arrays; %s is of type %s", map_label(&m),
				map_type_name(m.view.info.type));
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	if (err)
		goto out;
	if (m.view.info.type == BPF_MAP_TYPE_RINGBUF) {
		pipe.ring = ring_buffer__new(m.view.fd, ring_record, &pipe, NULL);
		if (!pipe.ring)
			err = out_error("%s cannot be read: %s", map_label(&m), strerror(errno));
	} else if (m.view.info.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		err = perf_open(&pipe, m.view.fd, cpu, index);
	} else {
		err = out_error("%s is of type %s: events come from ringbuf and perf_event_array maps",
				map_label(&m), map_type_name(m.view.info.type));
	}
	if (!err)
		err = pump(&pipe);
	ring_buffer__free(pipe.ring);
	perf_buffer__free(pipe.perf);
out:
	map_close(&m);
	return err;
}
