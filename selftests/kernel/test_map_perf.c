/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Perf event arrays: records in the buffers of perf events that user space opened.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <linux/perf_event.h>
#include "map.h"

#define PERF	BPF_MAP_TYPE_PERF_EVENT_ARRAY
#define PAGES	4

static int event_open(__u32 type, __u64 config, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = type, .config = config,
		.sample_type = PERF_SAMPLE_RAW, .sample_period = 1, .wakeup_events = 1,
	};

	return syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static int output_event(int cpu)
{
	return event_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, cpu);
}

struct buffer {
	int fd;
	struct perf_event_mmap_page *page;
};

static bool buffer_open(struct buffer *b, int cpu)
{
	b->fd = output_event(cpu);
	if (!expect(b->fd >= 0, "perf_event_open: %s", strerror(errno)))
		return false;
	b->page = mmap(NULL, (1 + PAGES) * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
	return expect(b->page != MAP_FAILED, "mmap: %s", strerror(errno));
}

static void buffer_close(struct buffer *b)
{
	munmap(b->page, (1 + PAGES) * 4096);
	close(b->fd);
}

/* The next record of any type into @out, with its header; its type, 0: none. */
static __u32 buffer_next(struct buffer *b, void *out)
{
	__u64 tail = b->page->data_tail, head = __atomic_load_n(&b->page->data_head, __ATOMIC_ACQUIRE), i;
	unsigned char *data = (unsigned char *)b->page + 4096, *to = out;
	struct perf_event_header h;

	if (tail == head)
		return 0;
	for (i = 0; i < sizeof(h); i++)
		to[i] = data[(tail + i) % (PAGES * 4096)];
	memcpy(&h, out, sizeof(h));
	for (; i < h.size; i++)
		to[i] = data[(tail + i) % (PAGES * 4096)];
	__atomic_store_n(&b->page->data_tail, tail + h.size, __ATOMIC_SEQ_CST);
	return h.type;
}

struct sample {
	struct perf_event_header h;
	__u32 size;
	__u64 data[20];
} __attribute__((packed));

static int put(int map, __u32 index, int fd)
{
	return xbpf_map_update(map, &index, &fd, BPF_ANY);
}

/* output(ctx, map, di, { si, cpu }, 16): r0 = its result negated */
static int output_prog(int map, __u32 load)
{
	return kprobe_prog("output", load,
		MOV_REG(R6, R1),
		LOAD(BPF_DW, R2, R1, 104), STORE(BPF_DW, R10, -16, R2),	/* si */
		CALL(BPF_FUNC_get_smp_processor_id), STORE(BPF_DW, R10, -8, R0),
		LOAD(BPF_DW, R3, R6, 112),					/* di */
		MOV_REG(R4, R10), ALU64_IMM(BPF_ADD, R4, -16), MOV_IMM(R5, 16),
		MOV_REG(R1, R6), LOAD_MAP(R2, map), CALL(BPF_FUNC_perf_event_output),
		ALU64_IMM(BPF_NEG, R0, 0), EXIT);
}

static __s64 emit(int prog, __u64 index, __u64 value)
{
	__u64 regs[21] = { 0 };

	regs[14] = index;
	regs[13] = value;
	return xbpf_run(prog, regs, 1);
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void creation(void)
{
	int map, null = open("/dev/null", O_RDWR), hash = new_map(HASH, 4, 4, 1, 0);
	int clock = event_open(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0), out = output_event(0);
	__u32 k = 0, v = 0;

	expect_refused(xbpf_map_new(PERF, "m", 8, 4, 2, 0), EINVAL, "key_size 8");
	expect_refused(xbpf_map_new(PERF, "m", 4, 8, 2, 0), EINVAL, "value_size 8");
	expect_refused(xbpf_map_new(PERF, "m", 4, 4, 2, BPF_F_MMAPABLE), EINVAL, "perf_event_array");
	map = new_map(PERF, 4, 4, 2, 0);
	expect_refused(put(map, 0, 9999), EBADF, "9999");
	expect_refused(put(map, 0, null), EINVAL, "no perf event");
	expect_refused(put(map, 0, hash), EINVAL, "no perf event");
	expect_refused(put(map, 0, clock), EOPNOTSUPP, "PERF_COUNT_SW_BPF_OUTPUT");
	expect_refused(put(map, 2, out), E2BIG, "index 2");
	v = out;
	expect_refused(xbpf_map_update(map, &k, &v, BPF_NOEXIST), EINVAL, "BPF_ANY");
	expect_refused(xbpf_map_delete(map, &k), ENOENT, "");
	expect_eq(put(map, 0, out), 0);
	expect_eq(put(map, 0, out), 0);
	expect_refused(xbpf_map_lookup(map, &k, &v), 524, "looked up");
	expect_eq(xbpf_map_delete(map, &k), 0);
	expect_refused(xbpf_map_delete(map, &k), ENOENT, "");
	close(map);
	close(out);
	close(clock);
	close(hash);
	close(null);
}

static void records_with(__u32 load)
{
	int map = new_map(PERF, 4, 4, 8, 0), prog = output_prog(map, load), cpu,
		cpus = sysconf(_SC_NPROCESSORS_ONLN), i;
	struct buffer b[8];
	struct sample s;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	if (cpus > 8)
		cpus = 8;
	for (cpu = 0; cpu < cpus; cpu++) {
		if (!buffer_open(&b[cpu], cpu))
			return;
		expect_eq(put(map, cpu, b[cpu].fd), 0);
	}
	for (cpu = 0; cpu < cpus; cpu++) {
		struct pollfd p = { .fd = b[cpu].fd, .events = POLLIN };

		on_cpu(cpu);
		expect_eq(poll(&p, 1, 0), 0);
		for (i = 0; i < 3; i++)
			expect_eq(emit(prog, i ? BPF_F_CURRENT_CPU : (__u64)cpu, 100 * cpu + i), 0);
		expect_eq(poll(&p, 1, 5000), 1);
		for (i = 0; i < 3; i++) {
			expect_eq(buffer_next(&b[cpu], &s), PERF_RECORD_SAMPLE);
			expect(s.size >= 16 && s.size < 24, "%u bytes", s.size);
			expect_eq(s.data[0], 100 * cpu + i);
			expect_eq(s.data[1], cpu);
		}
		expect_eq(buffer_next(&b[cpu], &s), 0);
		if (cpus > 1)
			expect_eq(emit(prog, (cpu + 1) % cpus, 1), EOPNOTSUPP);	/* another CPU's */
	}
	expect_eq(emit(prog, 7, 1), cpus == 8 ? EOPNOTSUPP : ENOENT);
	expect_eq(emit(prog, 8, 1), E2BIG);
	expect_eq(emit(prog, 1ull << 32, 1), EINVAL);
	for (cpu = 0; cpu < cpus; cpu++)
		buffer_close(&b[cpu]);
	close(prog);
	close(map);
}

static void records(void)
{
	records_with(0);
	records_with(XBPF_F_INTERP);
}

/* What found no room is told by the buffer itself. */
static void lost(void)
{
	int map = new_map(PERF, 4, 4, 1, 0), prog = output_prog(map, 0), n = 0;
	struct { struct perf_event_header h; __u64 id, lost; } l;
	struct buffer b;
	struct sample s;
	__u32 type;

	on_cpu(0);
	if (!buffer_open(&b, 0))
		return;
	put(map, 0, b.fd);
	for (n = 0; n < 1000; n++)
		emit(prog, 0, n);
	for (n = 0; buffer_next(&b, &s) == PERF_RECORD_SAMPLE; n++)
		expect_eq(s.data[0], n);
	expect(n > 300 && n < 600, "%d records", n);
	emit(prog, 0, 4711);
	type = buffer_next(&b, &s);
	memcpy(&l, &s, sizeof(l));
	expect_eq(type, PERF_RECORD_LOST);
	expect_eq(l.lost, 1000 - n);
	expect_eq(buffer_next(&b, &s), PERF_RECORD_SAMPLE);
	expect_eq(s.data[0], 4711);
	buffer_close(&b);
	close(prog);
	close(map);
}

/* Slots go with the file that filled them, the events with the slots. */
static void lifetimes(void)
{
	int map = new_map(PERF, 4, 4, 2, 0), keep = new_map(PERF, 4, 4, 2, BPF_F_PRESERVE_ELEMS);
	int prog = output_prog(map, 0), keeps = output_prog(keep, 0), again;
	struct buffer b;
	struct sample s;

	on_cpu(0);
	if (!buffer_open(&b, 0))
		return;
	again = by_id(xbpf_map_id(map), 0);
	put(map, 0, b.fd);
	put(again, 1, b.fd);
	put(keep, 0, b.fd);
	close(map);
	expect_eq(emit(prog, 0, 1), ENOENT);
	expect_eq(emit(prog, 1, 1), 0);
	close(keep);
	expect_eq(emit(keeps, 0, 2), 0);
	close(b.fd);					/* the slots have it */
	expect_eq(emit(prog, 1, 3), 0);
	expect_eq(buffer_next(&b, &s), PERF_RECORD_SAMPLE);
	expect_eq(buffer_next(&b, &s), PERF_RECORD_SAMPLE);
	expect_eq(buffer_next(&b, &s), PERF_RECORD_SAMPLE);
	expect_eq(s.data[0], 3);
	munmap(b.page, (1 + PAGES) * 4096);
	emit(prog, 1, 4);				/* no buffer any more */
	close(again);
	expect_eq(emit(prog, 1, 5), ENOENT);
	close(keeps);
	close(prog);
}

static void hit(void)
{
	int map = new_map(PERF, 4, 4, 1, 0), prog, link, i, n = 0;
	struct xbpf_link_info info;
	struct buffer b;
	struct sample s;

	on_cpu(0);
	if (!buffer_open(&b, 0))
		return;
	put(map, 0, b.fd);
	prog = kprobe_prog("hit", 0,
		STORE_IMM(BPF_DW, R10, -8, 77),
		MOV_REG(R4, R10), ALU64_IMM(BPF_ADD, R4, -8), MOV_IMM(R5, 8), LOAD64(R3, BPF_F_CURRENT_CPU),
		LOAD_MAP(R2, map), CALL(BPF_FUNC_perf_event_output), MOV_IMM(R0, 0), EXIT);
	link = xbpf_kprobe(prog, EVENT_SYMBOL);
	if (!expect(link >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < 100; i++)
		event(1);
	while (buffer_next(&b, &s) == PERF_RECORD_SAMPLE)
		n += s.data[0] == 77;
	expect(!xbpf_link_info_get(link, &info) && n == (int)info.run_cnt, "%d of %llu", n, info.run_cnt);
	close(link);
	close(prog);
	buffer_close(&b);
	close(map);
}

static void wrong_map(void)
{
	int map = new_map(ARRAY, 4, 4, 1, 0), perf = new_map(PERF, 4, 4, 1, 0);

	expect_refused(output_prog(map, 0), EINVAL, "perf_event_output");
	expect_refused(lookup_prog(perf), EINVAL, "map_lookup_elem");
	close(perf);
	close(map);
}

static const struct tap_test tests[] = {
	{ "perf events: what a slot takes, and what not", creation },
	{ "perf events: records in each CPU's buffer, readers woken, in both engines", records },
	{ "perf events: a full buffer tells what was lost", lost },
	{ "perf events: slots live as long as the file that filled them", lifetimes },
	{ "perf events: from a probe", hit },
	{ "perf events: helpers and maps that do not go together", wrong_map },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
