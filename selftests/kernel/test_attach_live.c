/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links of each kind come and go, and change their program, while both CPUs make events for them
 * and the programs tail-call through tables that change, too.
 *
 * What must be seen of a round: an event that began behind the attach and was done before the
 * detach is counted, one that is not counted was missed and says so; none is counted twice; behind
 * the detach nothing is counted. Each run ends in one program, whatever the table did.
 */
#define _GNU_SOURCE
#include "net.h"
#include <pthread.h>
#include <sys/resource.h>
#include <linux/seccomp.h>

#define ROUNDS	6
#define CHANGES	8	/* of program or slot, in a round */
#define CPUS	2
#define SLOTS	4
#define NR	SYS_sched_get_priority_max
#define BASE	5100	/* UDP port of CPU 0's events; even */
#define DENIED	EXDEV

/* ---- events: one thread per CPU ---- */

static struct producer {
	pthread_t thread;
	int cpu;
	int fd;				/* UDP to itself, over lo */
	volatile bool stop, failed;
	volatile __u64 begun, done, denied;
} producers[CPUS];

static void one_event(struct producer *p)
{
	long ret = event(1);

	if (ret == -1 && errno == DENIED)
		p->denied++;
	else if (ret != 99)
		p->failed = true;
}

static void one_packet(struct producer *p)
{
	char buf[32] = "live";

	if (send(p->fd, buf, sizeof(buf), 0) != sizeof(buf) || recv(p->fd, buf, sizeof(buf),
	    0) != sizeof(buf))
		p->failed = true;
}

static void (*make_event)(struct producer *p);

static void *produce(void *arg)
{
	struct producer *p = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(p->cpu, &set);
	/* who changes things goes first */
	if (sched_setaffinity(0, sizeof(set), &set) || setpriority(PRIO_PROCESS,
	    (id_t)syscall(SYS_gettid), 10))
		p->failed = true;
	while (!p->stop && !p->failed) {
		p->begun++;
		make_event(p);
		p->done++;
	}
	return NULL;
}

static void producers_start(void (*how)(struct producer *p))
{
	struct timeval limit = { .tv_sec = 20 };
	int i;

	make_event = how;
	for (i = 0; i < CPUS; i++) {
		struct producer *p = &producers[i];

		memset(p, 0, sizeof(*p));
		p->cpu = i;
		p->fd = udp_open("127.0.0.1", BASE + i, "127.0.0.1", BASE + i);
		fcntl(p->fd, F_SETFL, 0);
		setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		pthread_create(&p->thread, NULL, produce, p);
	}
}

static void producers_end(void)
{
	int i;

	for (i = 0; i < CPUS; i++) {
		producers[i].stop = true;
		pthread_join(producers[i].thread, NULL);
		close(producers[i].fd);
		expect(!producers[i].failed, "CPU %d: an event failed", i);
	}
}

static bool producers_live(void)
{
	int i;

	for (i = 0; i < CPUS; i++)
		if (producers[i].failed)
			return false;
	return true;
}

/* Until each CPU has made @n more. */
static void more_events(unsigned int n)
{
	__u64 from[CPUS];
	int i;

	for (i = 0; i < CPUS; i++)
		from[i] = producers[i].begun;
	for (i = 0; i < CPUS; i++)
		while (producers[i].done < from[i] + n && producers_live())
			usleep(200);
}

struct moment {
	__u64 begun[CPUS], done[CPUS];
};

static struct moment now(void)
{
	struct moment m;
	int i;

	for (i = 0; i < CPUS; i++) {
		m.done[i] = producers[i].done;
		m.begun[i] = producers[i].begun;
	}
	return m;
}

/* How many events must have happened between the two, and how many can have. */
static __u64 at_least(const struct moment *from, const struct moment *to)
{
	__u64 n = 0;
	int i;

	for (i = 0; i < CPUS; i++)
		n += to->done[i] > from->begun[i] ? to->done[i] - from->begun[i] : 0;
	return n;
}

static __u64 at_most(const struct moment *from, const struct moment *to)
{
	__u64 n = 0;
	int i;

	for (i = 0; i < CPUS; i++)
		n += to->begun[i] - from->done[i];
	return n;
}

/* ---- kinds ---- */

struct kind {
	__u32 type, prog_type;
	void (*event)(struct producer *p);
	int (*attach)(const struct kind *k, int prog);
	const char *point;
	__s32 verdict;
};

static int at_symbol(const struct kind *k, int prog)
{
	return xbpf_link_at(k->type, prog, k->point, 0, 0);
}

/* The second instruction: behind the call of ftrace, which may have ENDBR before it. */
static int at_offset(const struct kind *k, int prog)
{
	int link = xbpf_link_at(k->type, prog, k->point, 0, 5);

	return link >= 0 ? link : xbpf_link_at(k->type, prog, k->point, 0, 9);
}

static int at_many(const struct kind *k, int prog)
{
	static const char *const names[] = { EVENT_SYMBOL, "__x64_sys_sched_get_priority_min",
					     "__x64_sys_getpriority" };
	struct xbpf_link_create c = {
		.type = k->type, .prog_fd = (__u32)prog, .symbols = (uintptr_t)names, .count = ARRAY_SIZE(names),
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static int at_arguments(const struct kind *k, int prog)
{
	struct xbpf_link_create c = {
		.type = k->type, .prog_fd = (__u32)prog, .symbol = (uintptr_t)k->point, .arg_size = { 8, 8 },
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static int at_lo(const struct kind *k, int prog)
{
	return net_attach_at(k->type, prog, (int)if_nametoindex("lo"), 0);
}

static int at_self(const struct kind *k, int prog)
{
	return net_attach_at(k->type, prog, getpid(), 0);
}

static const struct kind kinds[] = {
	{ XBPF_LINK_KPROBE, BPF_PROG_TYPE_KPROBE, one_event, at_symbol, EVENT_SYMBOL, 0 },
	{ XBPF_LINK_KPROBE, BPF_PROG_TYPE_KPROBE, one_event, at_offset, EVENT_SYMBOL, 0 },
	{ XBPF_LINK_KRETPROBE, BPF_PROG_TYPE_KPROBE, one_event, at_symbol, EVENT_SYMBOL, 0 },
	{ XBPF_LINK_KPROBE_MULTI, BPF_PROG_TYPE_KPROBE, one_event, at_many, NULL, 0 },
	{ XBPF_LINK_KRETPROBE_MULTI, BPF_PROG_TYPE_KPROBE, one_event, at_many, NULL, 0 },
	{ XBPF_LINK_RAW_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT, one_event, at_arguments,
	  "sys_enter", 0 },
	{ XBPF_LINK_TRACEPOINT, BPF_PROG_TYPE_TRACEPOINT, one_event, at_symbol,
	  "raw_syscalls/sys_enter", 0 },
	{ XBPF_LINK_TAP, BPF_PROG_TYPE_SOCKET_FILTER, one_packet, at_lo, NULL, 0 },
	{ XBPF_LINK_INGRESS, BPF_PROG_TYPE_SCHED_CLS, one_packet, at_lo, NULL, TC_ACT_OK },
	{ XBPF_LINK_EGRESS, BPF_PROG_TYPE_SCHED_CLS, one_packet, at_lo, NULL, TC_ACT_OK },
	{ XBPF_LINK_SYSCALL_FILTER, XBPF_PROG_TYPE_SYSCALL_FILTER, one_event, at_self, NULL,
	  SECCOMP_RET_ERRNO | DENIED },
};

/* ---- programs ---- */

/* Counters: runs that began; runs that ended in the entry program, and in each of the handlers. */
enum { BEGAN, FELL_THROUGH, HANDLED };

/*
 * Instructions that go to @end when the event is not ours; R6 = context. @n: how many there are to
 * the end, these included.
 */
#define END(at)	((__s16)(length - (at) - 1))

static int match(const struct kind *k, struct bpf_insn *in, int length, __s32 pass)
{
	int n = 0;

	in[n++] = MOV_REG(R6, R1);
	in[n++] = MOV_IMM(R8, pass);
	switch (k->prog_type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_TRACEPOINT:
		in[n++] = LOAD(BPF_DW, R7, R6, 8);
		in[n] = JUMP_IMM(BPF_JNE, R7, NR, END(n));
		n++;
		in[n++] = CALL(BPF_FUNC_get_current_pid_tgid);
		in[n++] = ALU64_IMM(BPF_RSH, R0, 32);
		in[n] = JUMP_IMM(BPF_JNE, R0, getpid(), END(n));
		n++;
		break;
	case XBPF_PROG_TYPE_SYSCALL_FILTER:
		in[n++] = LOAD(BPF_W, R7, R6, 0);
		in[n] = JUMP_IMM(BPF_JNE, R7, NR, END(n));
		n++;
		break;
	case BPF_PROG_TYPE_SOCKET_FILTER:
		/* a tap sees what goes out over lo, too */
		in[n++] = LOAD(BPF_W, R7, R6, FIELD(pkt_type));
		in[n] = JUMP_IMM(BPF_JEQ, R7, 4, END(n));
		n++;
		/* fallthrough */
	case BPF_PROG_TYPE_SCHED_CLS:
		in[n++] = PACKET(BPF_H, 12);
		in[n] = JUMP_IMM(BPF_JNE, R0, 0x0800, END(n));
		n++;
		in[n++] = PACKET(BPF_B, 23);
		in[n] = JUMP_IMM(BPF_JNE, R0, IPPROTO_UDP, END(n));
		n++;
		in[n++] = PACKET(BPF_H, 36);
		in[n++] = ALU64_IMM(BPF_AND, R0, 0xfffe);
		in[n] = JUMP_IMM(BPF_JNE, R0, BASE, END(n));
		n++;
		break;
	}
	return n;
}

/*
 * A tail call by a number known at run time, then one by a constant, whose jump is patched; both
 * may find nothing.
 */
static int entry(const struct kind *k, int table, __u32 flags)
{
	const struct bpf_insn body[] = {
		MOV_IMM(R8, k->verdict), COUNT_UP(counters, BEGAN),
		CALL(BPF_FUNC_get_prandom_u32), MOV_REG(R3, R0), ALU64_IMM(BPF_AND, R3, SLOTS - 1),
		MOV_REG(R1, R6),
		TAIL_CALL(table), MOV_REG(R1, R6), MOV_IMM(R3, 1), TAIL_CALL(table),
		COUNT_UP(counters, FELL_THROUGH),
		MOV_REG(R0, R8), EXIT,
	};
	const __s32 pass = k->prog_type == XBPF_PROG_TYPE_SYSCALL_FILTER ? SECCOMP_RET_ALLOW : 0;
	struct bpf_insn insns[64];
	int n, length = match(k, insns, 0, pass) + (int)ARRAY_SIZE(body) - 2;

	n = match(k, insns, length, pass);
	memcpy(insns + n, body, sizeof(body));
	return xbpf_prog_load(k->prog_type, "entry", insns, (__u32)(n + (int)ARRAY_SIZE(body)), flags);
}

static int handler(const struct kind *k, int which, __u32 flags)
{
	const struct bpf_insn insns[] = { COUNT_UP(counters, HANDLED + which), RET(k->verdict) };

	return xbpf_prog_load(k->prog_type, "handler", insns, ARRAY_SIZE(insns), flags);
}

/* Entry, table and handlers: of each engine, since all in a table have the same. */
static struct set {
	int table, entry, handlers[SLOTS];
} sets[2];

static bool sets_load(const struct kind *k)
{
	bool ok = true;
	int i, h;

	for (i = 0; i < 2; i++) {
		struct set *s = &sets[i];
		__u32 flags = i ? XBPF_F_INTERP : 0;

		s->table = xbpf_table_new("live", SLOTS);
		s->entry = entry(k, s->table, flags);
		ok = expect(s->entry >= 0, "%s", xbpf_words()) && ok;
		for (h = 0; h < SLOTS; h++) {
			s->handlers[h] = handler(k, i * SLOTS + h, flags);
			ok = expect(s->handlers[h] >= 0, "%s", xbpf_words()) && ok;
		}
	}
	return ok;
}

static void sets_drop(void)
{
	int i, h;

	for (i = 0; i < 2; i++) {
		close(sets[i].table);
		close(sets[i].entry);
		for (h = 0; h < SLOTS; h++)
			close(sets[i].handlers[h]);
	}
}

static int update(int link, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = (__u32)link;
	attr.link_update.new_prog_fd = (__u32)prog;
	return xbpf_sys(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

/* ---- rounds ---- */

static __u64 handled(void)
{
	__u64 n = counted(FELL_THROUGH);
	int i;

	for (i = 0; i < 2 * SLOTS; i++)
		n += counted((__u32)(HANDLED + i));
	return n;
}

static void change(int link, unsigned int *seed)
{
	struct set *s = &sets[rand_r(seed) & 1];
	__u32 slot = (__u32)rand_r(seed) % SLOTS;

	switch (rand_r(seed) % 4) {
	case 0:
		expect_eq(update(link, s->entry), 0);
		break;
	case 1:
		expect(!xbpf_slot_clear(s->table, slot) || errno == ENOENT, "%s", xbpf_words());
		break;
	default:
		expect_eq(xbpf_slot_set(s->table, slot, s->handlers[rand_r(seed) % SLOTS]), 0);
	}
}

static __u64 denied(void)
{
	return producers[0].denied + producers[1].denied;
}

/* false: it makes no sense to go on */
static bool one_round(const struct kind *k, int round, unsigned int *seed)
{
	struct moment before = now(), attached, detaching, detached;
	struct xbpf_link_info info = { 0 };
	__u64 began = counted(BEGAN), n, missed;
	int link = k->attach(k, sets[round & 1].entry), i;

	if (!expect(link >= 0, "%s: %s", strerror(errno), xbpf_words()))
		return false;
	attached = now();
	more_events(3);
	for (i = 0; i < CHANGES; i++)
		change(link, seed);
	more_events(3);
	detaching = now();
	if (round % 3 == 2) {
		/* before the close: what is missed later does not matter to the events that are asked for */
		expect_eq(xbpf_link_info_get(link, &info), 0);
		close(link);
	} else {
		expect_eq(xbpf_link_detach(link), 0);
		expect_eq(xbpf_link_info_get(link, &info), 0);
	}
	detached = now();
	n = counted(BEGAN) - began;
	missed = info.miss_cnt;
	expect(n + missed >= at_least(&attached, &detaching),
	       "round %d: %llu counted and %llu missed of %llu events", round,
	       (unsigned long long)n, (unsigned long long)missed,
	       (unsigned long long)at_least(&attached, &detaching));
	expect(n <= at_most(&before, &detached), "round %d: %llu counted of at most %llu events",
	       round, (unsigned long long)n, (unsigned long long)at_most(&before, &detached));
	expect_eq(handled(), counted(BEGAN));
	more_events(3);
	expect_eq(counted(BEGAN), began + n);
	if (round % 3 != 2)
		close(link);
	return producers_live();
}

static void rounds(const struct kind *k)
{
	unsigned int seed = 4711;
	struct xbpf_info info;
	int i;

	xbpf_counters_reset(counters);
	if (sets_load(k)) {
		producers_start(k->event);
		for (i = 0; i < ROUNDS; i++)
			if (!one_round(k, i, &seed))
				break;
		producers_end();
		tap_diag("%d rounds, %llu of %llu events counted", i, (unsigned long long)counted(BEGAN),
			 (unsigned long long)(producers[0].done + producers[1].done));
		/* who was told that the call was denied, and who counted: one to one */
		if (k->type == XBPF_LINK_SYSCALL_FILTER)
			expect_eq(denied(), counted(BEGAN));
	}
	sets_drop();
	/* programs, and with them their images, go while events go on elsewhere */
	become(!xbpf_device_info(&info) && !info.text_used);
	expect_eq(xbpf_next_id(BPF_LINK_GET_NEXT_ID, 0), 0);
}

static void kprobe_entry(void) { rounds(&kinds[0]); }
static void kprobe_inside(void) { rounds(&kinds[1]); }
static void kretprobe(void) { rounds(&kinds[2]); }
static void multi(void) { rounds(&kinds[3]); }
static void multi_returns(void) { rounds(&kinds[4]); }
static void raw_tp(void) { rounds(&kinds[5]); }
static void tracepoint(void) { rounds(&kinds[6]); }
static void a_tap(void) { rounds(&kinds[7]); }
static void ingress(void) { rounds(&kinds[8]); }
static void egress(void) { rounds(&kinds[9]); }
static void filter(void) { rounds(&kinds[10]); }

/*
 * The last link goes, and the module behind it, while the other CPU may just have left the program.
 */
static void unloads(void)
{
	unsigned int i;
	int link;

	close(counters);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		counters = xbpf_counters_new(16);
		if (!sets_load(&kinds[i]))
			break;
		producers_start(kinds[i].event);
		link = kinds[i].attach(&kinds[i], sets[0].entry);
		expect(link >= 0, "%s", xbpf_words());
		more_events(3);
		expect(counted(BEGAN) > 0, "kind %u: nothing was counted", i);
		sets_drop();
		close(counters);
		close(link);
		xbpf_close();
		expect(!syscall(SYS_delete_module, "xbpf", O_NONBLOCK), "kind %u: %s", i, strerror(errno));
		more_events(3);
		producers_end();
		expect_eq(sh("modprobe xbpf"), 0);
	}
	counters = -1;
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "kprobe at a function's entry", kprobe_entry },
		{ "kprobe inside of a function", kprobe_inside },
		{ "kretprobe", kretprobe },
		{ "many entries", multi },
		{ "many returns", multi_returns },
		{ "raw tracepoint", raw_tp },
		{ "tracepoint", tracepoint },
		{ "tap", a_tap },
		{ "ingress", ingress },
		{ "egress", egress },
		{ "system-call filter", filter },
		{ "the module unloads behind the last link of each kind, under its events", unloads },
	};
	int ret;

	tap_begin();
	sh("ip link set lo up");
	while (!umount(XBPF_FS_PATH))
		;
	counters = xbpf_counters_new(16);
	ret = tap_run(tests, tap_count(tests));
	xbpf_mount();
	return ret;
}
