/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ring buffers: what the reader maps, who is woken, what is refused.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include "ring.h"

#define RINGBUF	BPF_MAP_TYPE_RINGBUF
#define SIZE	4096

/* output(map, { di, si }, 16, flags): r0 = its result negated */
static int output_prog(int map, __u32 flags, __u32 load)
{
	return kprobe_prog("output", load,
		LOAD(BPF_DW, R2, R1, 112), STORE(BPF_DW, R10, -16, R2),	/* di */
		LOAD(BPF_DW, R2, R1, 104), STORE(BPF_DW, R10, -8, R2),		/* si */
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -16),
		MOV_IMM(R3, 16), MOV_IMM(R4, flags),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_ringbuf_output),
		ALU64_IMM(BPF_NEG, R0, 0), EXIT);
}

static __s64 put(int prog, __u64 a, __u64 b)
{
	__u64 regs[21] = { 0 };

	regs[14] = a;
	regs[13] = b;
	return xbpf_run(prog, regs, 1);
}

static __u64 fdinfo(int fd, const char *key)
{
	char path[64], text[1024], *at;
	ssize_t n;
	int in;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	in = open(path, O_RDONLY);
	n = read(in, text, sizeof(text) - 1);
	close(in);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, key);
	return at ? strtoull(at + strlen(key) + 2, NULL, 10) : ~0ull;
}

static void creation(void)
{
	__u64 v = 0;
	__u32 k = 0;
	int fd;

	expect_refused(xbpf_map_new(RINGBUF, "m", 4, 0, SIZE, 0), EINVAL, "key_size");
	expect_refused(xbpf_map_new(RINGBUF, "m", 0, 8, SIZE, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(RINGBUF, "m", 0, 0, 0, 0), EINVAL, "max_entries");
	expect_refused(xbpf_map_new(RINGBUF, "m", 0, 0, 2048, 0), EINVAL, "power of two");
	expect_refused(xbpf_map_new(RINGBUF, "m", 0, 0, 3 * 4096, 0), EINVAL, "power of two");
	expect_refused(xbpf_map_new(RINGBUF, "m", 0, 0, 1u << 31, 0), E2BIG, "limit");
	expect_refused(xbpf_map_new(RINGBUF, "m", 0, 0, 1u << 30, 0), ENOMEM, "no memory");
	expect_refused(xbpf_map_new(RINGBUF, "m", 0, 0, SIZE, BPF_F_RDONLY_PROG), EINVAL, "ringbuf");
	fd = new_map(RINGBUF, 0, 0, SIZE, 0);
	expect_refused(xbpf_map_lookup(fd, NULL, &v), 524, "ringbuf");
	expect_refused(xbpf_map_update(fd, NULL, &v, 0), 524, "ringbuf");
	expect_refused(xbpf_map_delete(fd, NULL), 524, "ringbuf");
	expect_refused(xbpf_map_next(fd, NULL, &v), 524, "ringbuf");
	expect_refused(xbpf_map_lookup(fd, &k, &v), EINVAL, "no keys");
	close(fd);
}

static bool mmap_fails(int fd, size_t len, int prot, off_t off, int error)
{
	void *p = mmap(NULL, len, prot, MAP_SHARED, fd, off);

	if (p == MAP_FAILED)
		return expect(errno == error, "errno %d, not %d", errno, error);
	munmap(p, len);
	return expect(false, "mapped");
}

static void mappings(void)
{
	struct ring r;

	if (!ring_open(&r, SIZE))
		return;
	mmap_fails(r.fd, 8192, PROT_READ | PROT_WRITE, 0, EPERM);
	mmap_fails(r.fd, 4096, PROT_READ | PROT_WRITE, 4096, EPERM);
	mmap_fails(r.fd, 4096, PROT_READ | PROT_WRITE, 8192, EPERM);
	mmap_fails(r.fd, 5 * 4096, PROT_READ, 0, EINVAL);
	mmap_fails(r.fd, 4096, PROT_READ, 4 * 4096, EINVAL);
	mmap_fails(r.fd, 4096, PROT_READ, (off_t)1 << 46, EINVAL);
	expect(mprotect((void *)r.producer, 4096, PROT_READ | PROT_WRITE) == -1 && errno == EACCES,
	       "stays read-only");
	expect(mprotect(r.data, 4096, PROT_READ | PROT_WRITE) == -1 && errno == EACCES, "stays read-only");
	expect(mremap((void *)r.consumer, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED, "does not grow");
	ring_close(&r);
}

static void records_with(__u32 load)
{
	struct ring r;
	int prog, i;
	__u64 *rec;
	__u32 len = 0;

	if (!ring_open(&r, SIZE))
		return;
	prog = output_prog(r.fd, 0, load);
	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	expect(!ring_next(&r, &len, NULL), "empty");
	/* many times round: every position of a record at the end and across it */
	for (i = 0; i < 1000; i++) {
		expect_eq(put(prog, i, i * 7), 0);
		if (i % 5 == 0)
			continue;
		while ((rec = ring_next(&r, &len, NULL))) {
			expect_eq(len, 16);
			expect_eq(rec[1], rec[0] * 7);
			ring_done(&r, len);
		}
	}
	while ((rec = ring_next(&r, &len, NULL)))
		ring_done(&r, len);
	expect_eq(*r.producer, 1000 * 24);
	expect_eq(*r.consumer, 1000 * 24);
	close(prog);
	ring_close(&r);
}

static void records(void)
{
	records_with(0);
	records_with(XBPF_F_INTERP);
}

/* reserve(map, size), write di and si to its first 16 bytes, then @end it; r0 = 1: no room */
static int reserve_prog(int map, __u32 size, __u32 flags, __u32 end, __u32 load)
{
	return kprobe_prog("reserve", load,
		MOV_REG(R6, R1),
		MOV_IMM(R2, size), MOV_IMM(R3, flags), LOAD_MAP(R1, map), CALL(BPF_FUNC_ringbuf_reserve),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, 1), EXIT,
		LOAD(BPF_DW, R1, R6, 112), STORE(BPF_DW, R0, 0, R1),
		LOAD(BPF_DW, R1, R6, 104), STORE(BPF_DW, R0, 8, R1),
		MOV_REG(R1, R0), MOV_IMM(R2, 0), CALL(end),
		MOV_IMM(R0, 0), EXIT);
}

static void reserved_with(__u32 load)
{
	struct ring r;
	int submit, discard, wide, i;
	unsigned int discarded = 0;
	__u32 len = 0;
	__u64 *rec;

	if (!ring_open(&r, SIZE))
		return;
	submit = reserve_prog(r.fd, 20, 0, BPF_FUNC_ringbuf_submit, load);
	discard = reserve_prog(r.fd, 16, 0, BPF_FUNC_ringbuf_discard, load);
	if (!expect(submit >= 0 && discard >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < 300; i++) {
		expect_eq(put(i % 3 ? submit : discard, i, ~i), 0);
		if (i % 3 == 0)
			continue;
		rec = ring_next(&r, &len, &discarded);
		if (!expect(rec, "record %d", i))
			break;
		expect_eq(len, 20);
		expect_eq(rec[0], i);
		expect_eq(rec[1], (__u64)~i);
		ring_done(&r, len);
	}
	expect_eq(discarded, 100);
	expect_eq(*r.producer, 200 * 32 + 100 * 24);
	for (i = 0; !put(submit, i, i) && i < 1000; i++)
		;
	expect_eq(i, 4095 / 32);
	expect_eq(fdinfo(r.fd, "ringbuf_dropped"), 1);
	close(discard);
	close(submit);
	/* with its header: too large for ever */
	wide = reserve_prog(r.fd, SIZE, 0, BPF_FUNC_ringbuf_submit, load);
	*r.consumer = *r.producer;
	expect_eq(put(wide, 1, 1), 1);
	close(wide);
	ring_close(&r);
}

static void reserved(void)
{
	reserved_with(0);
	reserved_with(XBPF_F_INTERP);
}

static void reserve_flags(void)
{
	struct ring r;
	int prog;

	if (!ring_open(&r, SIZE))
		return;
	prog = reserve_prog(r.fd, 16, 1, BPF_FUNC_ringbuf_submit, 0);
	expect_eq(put(prog, 0, 0), 1);
	expect_eq(*r.producer, 0);
	close(prog);
	ring_close(&r);
}

/* A reservation that is kept, given back twice, or written beyond its end. */
static void reserve_verdicts(void)
{
	int map = new_map(RINGBUF, 0, 0, SIZE, 0);

	expect_refused(kprobe_prog("kept", 0,
		MOV_IMM(R2, 16), MOV_IMM(R3, 0), LOAD_MAP(R1, map), CALL(BPF_FUNC_ringbuf_reserve),
		MOV_IMM(R0, 0), EXIT), EINVAL, "");
	expect_refused(kprobe_prog("twice", 0,
		MOV_IMM(R2, 16), MOV_IMM(R3, 0), LOAD_MAP(R1, map), CALL(BPF_FUNC_ringbuf_reserve),
		JUMP_IMM(BPF_JNE, R0, 0, 2), MOV_IMM(R0, 0), EXIT,
		MOV_REG(R6, R0), MOV_REG(R1, R0), MOV_IMM(R2, 0), CALL(BPF_FUNC_ringbuf_submit),
		MOV_REG(R1, R6), MOV_IMM(R2, 0), CALL(BPF_FUNC_ringbuf_submit),
		MOV_IMM(R0, 0), EXIT), EACCES, "");
	expect_refused(kprobe_prog("beyond", 0,
		MOV_IMM(R2, 16), MOV_IMM(R3, 0), LOAD_MAP(R1, map), CALL(BPF_FUNC_ringbuf_reserve),
		JUMP_IMM(BPF_JNE, R0, 0, 2), MOV_IMM(R0, 0), EXIT,
		STORE_IMM(BPF_DW, R0, 16, 1), MOV_REG(R1, R0), MOV_IMM(R2, 0), CALL(BPF_FUNC_ringbuf_submit),
		MOV_IMM(R0, 0), EXIT), EACCES, "");
	close(map);
}

static void full(void)
{
	struct ring r;
	int prog, n = 0;
	__u32 len = 0;
	__u64 *rec;

	if (!ring_open(&r, SIZE))
		return;
	prog = output_prog(r.fd, 0, 0);
	while (!put(prog, n, 0) && n < 1000)
		n++;
	expect_eq(n, 4095 / 24);
	expect_eq(put(prog, 0, 0), EAGAIN);
	expect_eq(fdinfo(r.fd, "ringbuf_dropped"), 2);
	expect_eq(fdinfo(r.fd, "ringbuf_producer"), n * 24);
	rec = ring_next(&r, &len, NULL);
	expect(rec && rec[0] == 0, "the first is still the first");
	ring_done(&r, len);
	expect_eq(put(prog, 4711, 0), 0);		/* room for one */
	expect_eq(put(prog, 0, 0), EAGAIN);
	close(prog);
	ring_close(&r);
}

static void bad_flags(void)
{
	struct ring r;
	int prog;

	if (!ring_open(&r, SIZE))
		return;
	prog = output_prog(r.fd, 4, 0);
	expect_eq(put(prog, 0, 0), EINVAL);
	expect_eq(*r.producer, 0);
	close(prog);
	ring_close(&r);
}

/*
 * A reader that lies about how far it is gets nonsense; the kernel stays whole, and honest readers
 * go on.
 */
static void lying_reader(void)
{
	static const __u64 lies[] = { 1, 3, 4095, 4096, 1 << 20, ~0ull, 1ull << 63, 24 * 3 };
	struct ring r;
	unsigned int i, n;
	int prog;

	if (!ring_open(&r, SIZE))
		return;
	prog = output_prog(r.fd, 0, 0);
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		*r.consumer = lies[i];
		for (n = 0; n < 300; n++)
			put(prog, n, n);
	}
	*r.consumer = *r.producer;
	expect_eq(put(prog, 1, 1), 0);
	close(prog);
	ring_close(&r);
}

static void wakeups(void)
{
	struct ring r;
	int adaptive, never, always, ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN };
	__u32 len = 0;

	if (!ring_open(&r, SIZE))
		return;
	adaptive = output_prog(r.fd, 0, 0);
	never = output_prog(r.fd, BPF_RB_NO_WAKEUP, 0);
	always = output_prog(r.fd, BPF_RB_FORCE_WAKEUP, 0);
	expect(!ring_ready(&r, 0), "nothing to read");
	expect_eq(epoll_ctl(ep, EPOLL_CTL_ADD, r.fd, &ev), 0);
	ev.events = EPOLLIN | EPOLLET;		/* an edge shows each wake-up */
	expect_eq(epoll_ctl(ep, EPOLL_CTL_MOD, r.fd, &ev), 0);
	expect_eq(epoll_wait(ep, &ev, 1, 0), 0);

	put(never, 1, 1);
	expect_eq(epoll_wait(ep, &ev, 1, 100), 0);
	expect(ring_ready(&r, 0), "readable all the same");
	put(adaptive, 2, 2);			/* not the first that is unread: the reader knows already */
	expect_eq(epoll_wait(ep, &ev, 1, 100), 0);
	put(always, 3, 3);
	expect_eq(epoll_wait(ep, &ev, 1, 5000), 1);
	while (ring_next(&r, &len, NULL))
		ring_done(&r, len);
	expect(!ring_ready(&r, 0), "all read");
	put(adaptive, 4, 4);
	expect_eq(epoll_wait(ep, &ev, 1, 5000), 1);
	close(ep);
	close(always);
	close(never);
	close(adaptive);
	ring_close(&r);
}

static void *late_put(void *arg)
{
	usleep(100000);
	put(*(int *)arg, 42, 42);
	return NULL;
}

static void sleeper(void)
{
	pthread_t thread;
	struct ring r;
	__u64 *rec;
	__u32 len = 0;
	int prog;

	if (!ring_open(&r, SIZE))
		return;
	prog = output_prog(r.fd, 0, 0);
	pthread_create(&thread, NULL, late_put, &prog);
	expect(ring_ready(&r, 10000), "woken");
	rec = ring_next(&r, &len, NULL);
	expect(rec && rec[0] == 42, "the record");
	pthread_join(thread, NULL);
	close(prog);
	ring_close(&r);
}

static int query_prog(int map)
{
	return kprobe_prog("query", 0,
		LOAD(BPF_DW, R2, R1, 112), LOAD_MAP(R1, map), CALL(BPF_FUNC_ringbuf_query), EXIT);
}

static void query(void)
{
	__u64 regs[21] = { 0 };
	struct ring r;
	int prog, ask;
	__u32 len = 0;

	if (!ring_open(&r, SIZE))
		return;
	prog = output_prog(r.fd, 0, 0);
	ask = query_prog(r.fd);
	put(prog, 1, 1);
	put(prog, 2, 2);
	ring_next(&r, &len, NULL);
	ring_done(&r, len);
	regs[14] = BPF_RB_AVAIL_DATA;
	expect_eq(xbpf_run(ask, regs, 1), 24);
	regs[14] = BPF_RB_RING_SIZE;
	expect_eq(xbpf_run(ask, regs, 1), SIZE);
	regs[14] = BPF_RB_CONS_POS;
	expect_eq(xbpf_run(ask, regs, 1), 24);
	regs[14] = BPF_RB_PROD_POS;
	expect_eq(xbpf_run(ask, regs, 1), 48);
	regs[14] = 77;
	expect_eq(xbpf_run(ask, regs, 1), 0);
	close(ask);
	close(prog);
	ring_close(&r);
}

#define EVENTS	3000

struct source {
	pthread_t thread;
	__u64 id;
	int cpu;
	volatile bool done;
};

static void *make_events(void *arg)
{
	struct source *s = arg;
	cpu_set_t set;
	__u64 i;

	CPU_ZERO(&set);
	CPU_SET(s->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (i = 0; i < EVENTS; i++)
		event(s->id << 32 | i);
	s->done = true;
	return NULL;
}

/* The probed call's argument: of the user's pt_regs in di. */
static int event_prog(int map)
{
	return kprobe_prog("event", 0,
		LOAD(BPF_DW, R3, R1, 112),
		MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -16), MOV_IMM(R2, 8),
		ALU64_IMM(BPF_ADD, R3, 112), CALL(BPF_FUNC_probe_read_kernel),
		CALL(BPF_FUNC_get_smp_processor_id), STORE(BPF_DW, R10, -8, R0),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -16), MOV_IMM(R3, 16), MOV_IMM(R4, 0),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_ringbuf_output),
		MOV_IMM(R0, 0), EXIT);
}

/* Records come whole, each source's in order, and what is missing was counted. */
static void events(void)
{
	struct source s[2] = { { .id = 1, .cpu = 0 }, { .id = 2, .cpu = 1 } };
	__u64 last[3] = { 0 }, *rec, bad = 0, got = 0;
	struct xbpf_link_info info;
	struct ring r;
	int prog, link, i;
	__u32 len = 0;

	if (!ring_open(&r, 1 << 16))
		return;
	prog = event_prog(r.fd);
	link = xbpf_kprobe(prog, EVENT_SYMBOL);
	if (!expect(link >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < 2; i++)
		pthread_create(&s[i].thread, NULL, make_events, &s[i]);
	for (;;) {
		bool over = s[0].done && s[1].done;

		while ((rec = ring_next(&r, &len, NULL))) {
			__u64 id = rec[0] >> 32, n = (rec[0] & 0xffffffff) + 1;

			bad += len != 16 || id < 1 || id > 2 || n <= last[id == 2 ? 2 : 1];
			last[id == 2 ? 2 : 1] = n;
			got++;
			ring_done(&r, len);
		}
		if (over)
			break;
		ring_ready(&r, 20);
	}
	for (i = 0; i < 2; i++)
		pthread_join(s[i].thread, NULL);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(bad, 0);
	expect_eq(got + fdinfo(r.fd, "ringbuf_dropped"), info.run_cnt);
	expect_eq(info.run_cnt + info.missed, 2 * EVENTS);
	expect(got > EVENTS / 10, "%llu records", got);
	close(link);
	close(prog);
	ring_close(&r);
}

/* What output itself passes through, and the scheduler that its wake-ups go to. */
static void probe_itself(void)
{
	static const char *const symbols[] = {
		"irq_work_queue", "__wake_up", "try_to_wake_up", "_raw_spin_lock", "_raw_spin_lock_irqsave",
		"__kmalloc", "kfree", "kmem_cache_free", "vmap", "map_poll",
	};
	int link[ARRAY_SIZE(symbols)], prog, force, n = 0;
	unsigned int i;
	struct ring r;
	__u64 there;
	__u32 len = 0;

	if (!ring_open(&r, 1 << 16))
		return;
	force = output_prog(r.fd, BPF_RB_FORCE_WAKEUP, 0);
	prog = output_prog(r.fd, 0, 0);
	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		link[i] = xbpf_kprobe(i % 2 ? prog : force, symbols[i]);
		n += link[i] >= 0;	/* inlined or not to be probed, on some kernel */
	}
	expect(n >= 5, "%d probes", n);
	for (i = 0; i < 100; i++) {
		put(force, i, i);
		close(xbpf_map_new(HASH, "h", 4, 8, 10, 0));
		usleep(1000);
		/* and no more: where audit is on, or was, each system call frees memory */
		ring_ready(&r, 0);
		there = *r.producer;
		while (*r.consumer < there && ring_next(&r, &len, NULL))
			ring_done(&r, len);
	}
	for (i = 0; i < ARRAY_SIZE(symbols); i++)
		if (link[i] >= 0)
			close(link[i]);
	expect(*r.producer > 100 * 24, "%llu bytes", *r.producer);
	close(prog);
	close(force);
	ring_close(&r);
}

static void mapping_keeps(void)
{
	struct ring r;
	__u32 id;

	if (!ring_open(&r, SIZE))
		return;
	id = xbpf_map_id(r.fd);
	close(r.fd);
	usleep(20000);
	expect(xbpf_id_lives(BPF_MAP_GET_NEXT_ID, id), "kept");
	expect_eq(*r.consumer, 0);
	munmap((void *)r.consumer, 4096);
	munmap((void *)r.producer, 4096 + 2 * r.size);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, id), "gone");
}

static void wrong_map(void)
{
	int map = new_map(ARRAY, 4, 16, 1, 0), ring = new_map(RINGBUF, 0, 0, SIZE, 0);

	expect_refused(output_prog(map, 0, 0), EINVAL, "ringbuf_output");
	expect_refused(lookup_prog(ring), EACCES, "map_lookup_elem");	/* as upstream: there is no key */
	close(ring);
	close(map);
}

static const struct tap_test tests[] = {
	{ "ring buffer: sizes, flags and commands that it does not have", creation },
	{ "ring buffer: the reader may write its position and nothing else", mappings },
	{ "ring buffer: records come as they were written, in both engines", records },
	{ "ring buffer: reserved records are submitted or discarded, in both engines", reserved },
	{ "ring buffer: unknown flags of reserve", reserve_flags },
	{ "ring buffer: reservations that the verifier refuses", reserve_verdicts },
	{ "ring buffer: full is EAGAIN and counted", full },
	{ "ring buffer: unknown flags of output", bad_flags },
	{ "ring buffer: a reader that lies harms itself alone", lying_reader },
	{ "ring buffer: wake-ups adaptive, never and always", wakeups },
	{ "ring buffer: a sleeping reader wakes", sleeper },
	{ "ring buffer: query", query },
	{ "ring buffer: events on two CPUs, whole and in order, losses counted", events },
	{ "ring buffer: written from probes on what it passes through", probe_itself },
	{ "ring buffer: a mapping keeps it", mapping_keeps },
	{ "ring buffer: helpers and maps that do not go together", wrong_map },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
