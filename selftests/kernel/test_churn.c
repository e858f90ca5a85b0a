/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random commands on random objects from four threads at once: loads, maps, links, pins, test runs,
 * ids, closes in the middle of it all, and bytes that are no command.  Nothing is expected of any
 * single one; the kernel must not complain, and when all is closed nothing may be left.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "dev.h"
#include "../tap.h"

#define THREADS 4
#define ROUNDS 4000		/* commands of each thread */
#define FDS 48			/* where the threads find each other's objects */
#define PINS 6

static int fds[FDS];
static unsigned long made;
static __thread __u64 seed;

static __u32 rnd(__u32 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

/* May be closed by another thread before it is used: that is the point. */
static int any(void)
{
	return __atomic_load_n(&fds[rnd(FDS)], __ATOMIC_RELAXED);
}

static void keep(int fd)
{
	int old;

	if (fd < 0)
		return;
	__atomic_fetch_add(&made, 1, __ATOMIC_RELAXED);
	old = __atomic_exchange_n(&fds[rnd(FDS)], fd, __ATOMIC_RELAXED);
	if (old >= 0)
		close(old);
}

static void drop(void)
{
	int old = __atomic_exchange_n(&fds[rnd(FDS)], -1, __ATOMIC_RELAXED);

	if (old >= 0)
		close(old);
}

static void load(void)
{
	__u32 flags = rnd(4) ? 0 : XBPF_F_INTERP, type = rnd(8) ? BPF_PROG_TYPE_KPROBE :
		BPF_PROG_TYPE_SOCKET_FILTER;
	int map = any();
	struct bpf_insn call[] = { MOV_IMM(R3, rnd(8)), TAIL_CALL(map), MOV_IMM(R0, 1), EXIT };
	struct bpf_insn count[] = { COUNT_UP(map, rnd(8)), MOV_IMM(R0, 0), EXIT };
	struct bpf_insn leaf[] = { MOV_IMM(R0, rnd(1000)), EXIT };

	switch (rnd(3)) {
	case 0:
		keep(xbpf_prog_load(type, "call", call, ARRAY_SIZE(call), flags));
		break;
	case 1:
		keep(xbpf_prog_load(type, "count", count, ARRAY_SIZE(count), flags));
		break;
	case 2:
		keep(xbpf_prog_load(type, "leaf", leaf, ARRAY_SIZE(leaf), flags));
		break;
	}
}

static void create(void)
{
	switch (rnd(3)) {
	case 0:
		keep(xbpf_map_new(BPF_MAP_TYPE_HASH, "hash", 8, 8, 8, 0));
		break;
	case 1:
		keep(xbpf_map_new(BPF_MAP_TYPE_ARRAY, "array", 4, 8, 8, 0));
		break;
	case 2:
		keep(xbpf_table_new("table", 8));
		break;
	}
}

static void elem(void)
{
	__u32 key[2] = { rnd(9), 0 }, value[2] = { (__u32)any(), 0 };

	if (rnd(4))
		xbpf_map_update(any(), key, value, rnd(3));
	else
		xbpf_map_delete(any(), key);
}

static void link_one(void)
{
	static const char *const places[] = { "do_send_sig_info", "ksys_read", EVENT_SYMBOL,
					      "vfs_write", "no_such_function" };

	if (rnd(3))
		keep(xbpf_link_at(rnd(2) ? XBPF_LINK_KPROBE : XBPF_LINK_KRETPROBE, any(),
				  places[rnd(ARRAY_SIZE(places))], 0, 0));
	else
		xbpf_link_detach(any());
}

static void by_id(void)
{
	static const int next[] = { BPF_PROG_GET_NEXT_ID, BPF_MAP_GET_NEXT_ID, BPF_BTF_GET_NEXT_ID,
				    BPF_LINK_GET_NEXT_ID };
	static const int get[] = { BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID,
				   BPF_BTF_GET_FD_BY_ID, BPF_LINK_GET_FD_BY_ID };
	__u32 kind = rnd(ARRAY_SIZE(next)), id = 0, steps = rnd(10) + 1;

	while (steps--)
		id = xbpf_next_id(next[kind], id);
	keep(xbpf_fd_by_id(get[kind], id));
}

static void info(void)
{
	union bpf_attr attr = { 0 };
	char buf[512] = { 0 };

	attr.info.bpf_fd = any();
	attr.info.info_len = rnd(300);
	attr.info.info = (unsigned long)buf;
	xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static void test_run(void)
{
	union bpf_attr attr = { 0 };
	char packet[64] = { 0 };

	attr.test.prog_fd = any();
	attr.test.repeat = rnd(50);
	if (!rnd(4)) {
		attr.test.data_in = (unsigned long)packet;
		attr.test.data_size_in = sizeof(packet);
	}
	xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

static void pin(void)
{
	union bpf_attr attr = { 0 };
	char path[64];

	attr.prog_bind_map.prog_fd = any();
	attr.prog_bind_map.map_fd = any();
	xbpf_sys(BPF_PROG_BIND_MAP, &attr, sizeof(attr));
	snprintf(path, sizeof(path), XBPF_FS_PATH "/churn%u", rnd(PINS));
	if (xbpf_pin(any(), path))
		unlink(path);
	else
		keep(xbpf_pinned(path));
}

static void events(void)
{
	event(1);
	kill(getpid(), SIGCONT);
}

/* Any command number, mostly zero bytes, any size. */
static void noise(void)
{
	unsigned char bytes[200] = { 0 };
	__u32 i;

	for (i = 0; i < 64; i++)
		if (!rnd(5))
			bytes[i] = rnd(256);
	i = xbpf_sys(rnd(140), bytes, rnd(180));
	keep((int)i > 2 ? (int)i : -1);	/* by chance it was one that gives an fd */
}

static void *churn(void *arg)
{
	static void (*const moves[])(void) = {
		load, load, load, create, elem, elem, elem, link_one, link_one, by_id, info, info,
		test_run, drop, pin, events, noise,
	};
	__u32 i;

	seed = (unsigned long)arg * 0x9e3779b97f4a7c15ULL;
	for (i = 0; i < ROUNDS; i++)
		moves[rnd(ARRAY_SIZE(moves))]();
	return NULL;
}

static void close_all(void)
{
	char path[64];
	__u32 i;

	for (i = 0; i < FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	for (i = 0; i < PINS; i++) {
		snprintf(path, sizeof(path), XBPF_FS_PATH "/churn%u", i);
		unlink(path);
	}
}

static bool all_gone(void)
{
	static const int next[] = { BPF_PROG_GET_NEXT_ID, BPF_MAP_GET_NEXT_ID, BPF_LINK_GET_NEXT_ID };
	struct xbpf_info xi;
	__u32 i, tries;

	/* objects are freed after grace periods */
	for (tries = 0; tries < 100; tries++) {
		for (i = 0; i < ARRAY_SIZE(next) && !xbpf_next_id(next[i], 0); i++)
			;
		if (i == ARRAY_SIZE(next) && !xbpf_device_info(&xi) && !xi.text_images)
			return true;
		usleep(50000);
	}
	return false;
}

int main(void)
{
	pthread_t threads[THREADS];
	unsigned long i;

	tap_plan(2);
	xbpf_open();
	xbpf_mount();
	signal(SIGCONT, SIG_IGN);
	for (i = 0; i < FDS; i++)
		fds[i] = -1;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, churn, (void *)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	tap_diag("%u commands and moves, %lu objects made", THREADS * ROUNDS, made);
	tap_ok(made > THREADS * ROUNDS / 20, "random commands from four threads make objects");
	close_all();
	tap_ok(all_gone(), "and nothing is left of them when all is closed");
	return tap_done();
}
