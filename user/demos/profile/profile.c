/* SPDX-License-Identifier: GPL-2.0 */
/*
 * profile FUNCTION [EVENTS [SECONDS]]: how long a function of the kernel takes, as a histogram.
 * Reads EVENTS calls (default 1000) or for SECONDS (default 10), whichever is first. Linked with
 * libxbpf: everything but the attaching is libbpf.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "libxbpf.h"
#include "profile.h"

#define BUCKETS 40
#define BAR 50

static uint64_t buckets[BUCKETS], events, total_ns, longest;
static char longest_comm[16];

static int on_event(void *unused, void *data, size_t size)
{
	const struct event *e = data;
	int b = 0;

	(void)unused;
	if (size < sizeof(*e))
		return 0;
	while (b < BUCKETS - 1 && e->ns >> (b + 1))
		b++;
	buckets[b]++;
	events++;
	total_ns += e->ns;
	if (e->ns >= longest) {
		longest = e->ns;
		memcpy(longest_comm, e->comm, sizeof(longest_comm));
	}
	return 0;
}

static void draw(const char *function, uint64_t lost)
{
	uint64_t most = 1;
	int b, first = BUCKETS, last = 0, k;

	for (b = 0; b < BUCKETS; b++) {
		if (!buckets[b])
			continue;
		if (first == BUCKETS)
			first = b;
		last = b;
		if (buckets[b] > most)
			most = buckets[b];
	}
	printf("%s: %" PRIu64 " calls, %" PRIu64 " lost", function, events, lost);
	if (events)
		printf(", mean %" PRIu64 " ns, longest %" PRIu64 " ns (%.16s)", total_ns / events,
		       longest, longest_comm);
	printf("\n%12s .. %-12s  calls\n", "ns", "ns");
	for (b = first; b <= last; b++) {
		int len = (int)((buckets[b] * BAR + most - 1) / most);

		printf("%12" PRIu64 " .. %-12" PRIu64 " %6" PRIu64 " |", b ? (uint64_t)1 << b : 0,
		       ((uint64_t)1 << (b + 1)) - 1, buckets[b]);
		for (k = 0; k < BAR; k++)
			putchar(k < len ? '#' : ' ');
		printf("|\n");
	}
}

static int fail(const char *what)
{
	fprintf(stderr, "profile: %s: %s\n", what, xbpf_errmsg());
	return 1;
}

static int attach(struct xbpf_object *obj, const char *program, enum xbpf_link_type type,
		  const char *function)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(xbpf_object_bpf(obj), program);
	struct xbpf_attach at = { 0 };
	char name[128];

	if (xbpf_attach_parse(&at, function, name, sizeof(name)))
		return -1;
	at.type = type;
	return xbpf_link_create(bpf_program__fd(prog), &at);
}

int main(int argc, char **argv)
{
	uint64_t want = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000, lost = 0;
	long seconds = argc > 3 ? atol(argv[3]) : 10;
	struct xbpf_object *obj;
	struct ring_buffer *ring;
	uint32_t zero = 0;
	time_t end;
	int left, entered;

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: profile FUNCTION [EVENTS [SECONDS]]\n");
		return 2;
	}
	obj = xbpf_object_open("profile.bpf.o", NULL);
	if (!obj || xbpf_object_load(obj))
		return fail("profile.bpf.o");
	/* the return first: what it sees entered was entered after both were there */
	left = attach(obj, "function_left", XBPF_LINK_KRETPROBE, argv[1]);
	entered = left < 0 ? -1 : attach(obj, "function_entered", XBPF_LINK_KPROBE, argv[1]);
	if (entered < 0)
		return fail(argv[1]);
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(xbpf_object_bpf(obj), "events"),
				on_event, NULL, NULL);
	if (!ring) {
		fprintf(stderr, "profile: the ring buffer: %s\n", strerror(errno));
		return 1;
	}
	printf("profiling %s ...\n", argv[1]);
	fflush(stdout);
	end = time(NULL) + seconds;
	while (events < want && time(NULL) < end)
		if (ring_buffer__poll(ring, 200) < 0 && errno != EINTR)
			break;
	close(entered);
	close(left);
	ring_buffer__consume(ring);
	bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(xbpf_object_bpf(obj), "lost"), &zero, &lost);
	draw(argv[1], lost);
	ring_buffer__free(ring);
	xbpf_object_close(obj);
	return 0;
}
