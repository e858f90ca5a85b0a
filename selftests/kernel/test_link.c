/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links to kprobes and kretprobes: where they may be, what runs, what is missed, how they end.
 */
#include <pthread.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define AX 80	/* struct pt_regs: offsets of x86-64 */
#define DI 112
#define PIN XBPF_FS_PATH "/test_link"

#ifndef BPF_LINK_TYPE_PERF_EVENT
#define BPF_LINK_TYPE_PERF_EVENT 7
#endif

static int counters;	/* 8 of them, reset by each test */

static int counting_prog(__u32 which, __u32 flags)
{
	int fd = kprobe_prog("counting", flags, COUNT_UP(counters, which), MOV_IMM(R0, 0), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

static void events(int n)
{
	while (n--)
		event(1);
}

static __u64 counted(__u32 which)
{
	return xbpf_counter(counters, which);
}

/*
 * The address of the first symbol in kallsyms that @module (NULL: the kernel) has by that name
 * (NULL: any function).
 */
static __u64 symbol_address(const char *name, const char *module, char *found)
{
	char line[512], sym[256], mod[64], type;
	unsigned long long addr = 0, a;
	FILE *f = fopen("/proc/kallsyms", "r");

	while (f && !addr && fgets(line, sizeof(line), f)) {
		mod[0] = '\0';
		if (sscanf(line, "%llx %c %255s [%63[^]]", &a, &type, sym, mod) < 3 || !strchr("tT", type))
			continue;
		if (strcmp(mod, module ? module : "") || (name && strcmp(sym, name)))
			continue;
		addr = a;
		if (found)
			strcpy(found, sym);
	}
	if (f)
		fclose(f);
	return addr;
}

/* ---- where ---- */

static void by_symbol(void)
{
	int prog = counting_prog(0, 0), link = xbpf_kprobe(prog, EVENT_SYMBOL);

	expect(link >= 0, "%s", xbpf_words());
	events(100);
	expect_eq(counted(0), 100);
	close(link);
	close(prog);
}

static void interpreted(void)
{
	int prog = counting_prog(0, XBPF_F_INTERP), link = xbpf_kprobe(prog, EVENT_SYMBOL);

	expect(link >= 0, "%s", xbpf_words());
	events(100);
	expect_eq(counted(0), 100);
	close(link);
	close(prog);
}

static void by_address(void)
{
	int prog = counting_prog(0, 0), link;
	__u64 addr = symbol_address(EVENT_SYMBOL, NULL, NULL);
	struct xbpf_link_info info;

	link = xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, addr, 0);
	expect(link >= 0, "0x%llx: %s", (unsigned long long)addr, xbpf_words());
	events(10);
	expect_eq(counted(0), 10);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect(info.addr - addr < 16, "at 0x%llx", (unsigned long long)info.addr);
	/* an offset needs a symbol */
	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, addr, 8), EINVAL);
	close(link);
	close(prog);
}

/* The first place behind the entry where an instruction begins; 0: none found. */
static __u64 second_place(int prog)
{
	__u64 offset;
	int link;

	for (offset = 5; offset < 16; offset++) {
		link = xbpf_link_at(XBPF_LINK_KPROBE, prog, EVENT_SYMBOL, 0, offset);
		if (link >= 0) {
			close(link);
			return offset;
		}
	}
	return 0;
}

static void by_offset(void)
{
	int prog = counting_prog(0, 0), link;
	__u64 offset = second_place(prog);
	struct xbpf_link_info info;

	expect(offset != 0, "no instruction between 5 and 15: %s", xbpf_words());
	link = xbpf_link_at(XBPF_LINK_KPROBE, prog, EVENT_SYMBOL, 0, offset);
	events(50);
	expect_eq(counted(0), 50);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(info.offset, offset);
	close(link);
	/* the first instruction has more than one byte: a call, or endbr64 */
	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, EVENT_SYMBOL, 0, 1), EINVAL);
	expect(xbpf_words()[0] != '\0', "no words");
	close(prog);
}

static void at_return(void)
{
	int prog, link;

	for (int i = 0; i < 2; i++) {
		xbpf_counters_reset(counters);
		prog = kprobe_prog("ret", i ? XBPF_F_INTERP : 0, LOAD(BPF_DW, R6, R1, AX),
				   LOAD_VALUE(R1, counters, 8), STORE(BPF_DW, R1, 0, R6),
				   COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
		link = xbpf_link_at(XBPF_LINK_KRETPROBE, prog, EVENT_SYMBOL, 0, 0);
		expect(link >= 0, "%s", xbpf_words());
		events(20);
		expect_eq(counted(0), 20);
		expect_eq(counted(1), 99);	/* the highest priority of SCHED_FIFO */
		close(link);
		close(prog);
	}
}

static void return_not_at_entry(void)
{
	int prog = counting_prog(0, 0);
	__u64 offset = second_place(prog);

	/* 5.10 up to 7.2: with IBT the place behind endbr64 is still the entry */
	expect_eq(xbpf_link_at(XBPF_LINK_KRETPROBE, prog, EVENT_SYMBOL, 0,
			       offset ? offset + 1 : 0x20), -1);
	expect(xbpf_words()[0] != '\0', "no words");
	close(prog);
}

/* ---- where not ---- */

static void no_such_symbol(void)
{
	int prog = counting_prog(0, 0);
	char longer[300];

	refused(xbpf_kprobe(prog, "no_such_function_here"), ENOENT);
	expect(xbpf_said("no_such_function_here"), "words: %s", xbpf_words());
	expect_eq(xbpf_kprobe(prog, ""), -1);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	expect_eq(xbpf_kprobe(prog, longer), -1);
	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, 0, 0), EINVAL);
	close(prog);
}

static void blacklisted(void)
{
	int prog = counting_prog(0, 0);
	unsigned long long start, end;
	char line[300] = "", name[256] = "";
	FILE *f = fopen("/sys/kernel/debug/kprobes/blacklist", "r");

	if (expect(f && fgets(line, sizeof(line), f), "no blacklist to try: %s", strerror(errno)) &&
	    expect(sscanf(line, "%llx-%llx %255s", &start, &end, name) == 3, "line: %s", line)) {
		refused(xbpf_kprobe(prog, name), EINVAL);
		expect(xbpf_said(name), "words: %s", xbpf_words());
		refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, start, 0), EINVAL);
	}
	if (f)
		fclose(f);
	close(prog);
}

static void inside_xbpf(void)
{
	int prog = counting_prog(0, 0);
	char name[256] = "";
	__u64 addr = symbol_address(NULL, "xbpf", name);

	expect(addr != 0, "no function of xbpf in kallsyms");
	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, addr, 0), EINVAL);
	expect(xbpf_said("xbpf"), "words: %s", xbpf_words());
	/* the text area is text of the module too, and an image may stand there */
	addr = symbol_address("xbpf_text_area", "xbpf", name);
	if (expect(addr != 0, "no xbpf_text_area in kallsyms")) {
		refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, addr, 0), EINVAL);
		refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, addr + 64, 0), EINVAL);
		refused(xbpf_kprobe(prog, "xbpf_text_area"), EINVAL);
	}
	addr = symbol_address("xbpf_object_put", "xbpf", name);
	if (expect(addr != 0, "no xbpf_object_put in kallsyms"))
		refused(xbpf_kprobe(prog, "xbpf_object_put"), EINVAL);
	close(prog);
}

static void no_text(void)
{
	int prog = counting_prog(0, 0);

	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, 0x1000, 0), EINVAL);
	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, NULL, ~0ull, 0), EINVAL);
	refused(xbpf_link_at(XBPF_LINK_KPROBE, prog, EVENT_SYMBOL, 0, 1ull << 40), EINVAL);
	close(prog);
}

static void wrong_program(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };
	int prog = xbpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "filter", insns, 2, 0);

	refused(xbpf_kprobe(prog, EVENT_SYMBOL), EINVAL);
	expect(xbpf_said("socket_filter"), "words: %s", xbpf_words());
	close(prog);
}

/* ---- what is known of one ---- */

static void information(void)
{
	int prog = counting_prog(0, 0), link;
	char name[64] = "", cut[8];
	struct xbpf_link_create create = {
		.type = XBPF_LINK_KRETPROBE, .prog_fd = (__u32)prog,
		.symbol = (uintptr_t)EVENT_SYMBOL, .cookie = 0x1234567890ull,
	};
	struct xbpf_link_info info = { .func_name = (uintptr_t)name, .name_len = sizeof(name) };
	union bpf_attr attr = { .info = { .info_len = sizeof(info), .info = (uintptr_t)&info } };

	link = xbpf_sys(XBPF_LINK_CREATE, &create, sizeof(create));
	expect(link >= 0, "%s", xbpf_words());
	events(3);
	attr.info.bpf_fd = (__u32)link;
	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	expect_eq(info.type, BPF_LINK_TYPE_PERF_EVENT);
	expect_eq(info.event_type, 4);
	expect_eq(info.prog_id, xbpf_prog_id(prog));
	expect_str(name, EVENT_SYMBOL);
	expect_eq(info.name_len, strlen(EVENT_SYMBOL) + 1);
	expect_eq(info.offset, 0);
	expect_eq(info.cookie, 0x1234567890ull);
	expect_eq(info.run_cnt, 3);
	expect_eq(info.missed, 0);
	expect(info.addr - symbol_address(EVENT_SYMBOL, NULL, NULL) < 16, "at 0x%llx",
	       (unsigned long long)info.addr);
	expect(info.id && xbpf_id_lives(BPF_LINK_GET_NEXT_ID, info.id));
	memset(&info, 0, sizeof(info));
	memset(cut, 'x', sizeof(cut));
	info.func_name = (uintptr_t)cut;
	info.name_len = 4;
	/* a name that does not fit is cut, with or without ENOSPC as upstream gives it */
	if (xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		expect_eq(errno, ENOSPC);
	expect_eq(cut[4], 'x');
	close(link);
	close(prog);
}

static void cookie(void)
{
	int prog, link[2], i;

	prog = kprobe_prog("cookie", 0, CALL(BPF_FUNC_get_attach_cookie), LOAD_VALUE(R1, counters, 0),
			   ATOMIC(BPF_DW, BPF_ADD, R1, 0, R0), MOV_IMM(R0, 0), EXIT);
	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < 2; i++) {
		struct xbpf_link_create create = {
			.type = XBPF_LINK_KPROBE, .prog_fd = (__u32)prog, .symbol = (uintptr_t)EVENT_SYMBOL,
			.cookie = i ? 1000 : 7,
		};

		link[i] = xbpf_sys(XBPF_LINK_CREATE, &create, sizeof(create));
		expect(link[i] >= 0, "%s", xbpf_words());
	}
	events(3);
	expect_eq(counted(0), 3021);
	close(link[0]);
	close(link[1]);
	close(prog);
}

static void ids(void)
{
	int prog = counting_prog(0, 0), link = xbpf_kprobe(prog, EVENT_SYMBOL), again;
	struct xbpf_link_info info;
	__u32 id;

	expect_eq(xbpf_link_info_get(link, &info), 0);
	id = info.id;
	again = xbpf_fd_by_id(BPF_LINK_GET_FD_BY_ID, id);
	expect(again >= 0, "%s", strerror(errno));
	close(link);
	events(5);
	expect_eq(counted(0), 5);	/* the second fd holds it */
	close(again);
	expect(xbpf_id_dies(BPF_LINK_GET_NEXT_ID, id));
	events(5);
	expect_eq(counted(0), 5);
	close(prog);
}

/* ---- the end ---- */

static void closing_detaches(void)
{
	int prog = counting_prog(0, 0), link = xbpf_kprobe(prog, EVENT_SYMBOL);

	events(5);
	close(link);
	events(5);
	expect_eq(counted(0), 5);
	close(prog);
}

static void detaching(void)
{
	int prog = counting_prog(0, 0), link = xbpf_kprobe(prog, EVENT_SYMBOL), other;
	struct xbpf_link_info info;

	events(5);
	expect_eq(xbpf_link_detach(link), 0);
	events(5);
	expect_eq(counted(0), 5);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(info.addr, 0);
	expect_eq(info.run_cnt, 5);
	xbpf_link_detach(link);		/* once more does no harm, whatever it says */
	other = xbpf_kprobe(prog, EVENT_SYMBOL);
	events(5);
	expect_eq(counted(0), 10);
	close(link);
	events(5);
	expect_eq(counted(0), 15);	/* the dead link took nobody along */
	close(other);
	close(prog);
}

static int expiring(int prog, __u32 ms)
{
	struct xbpf_link_create c = {
		.type = XBPF_LINK_KPROBE, .prog_fd = (__u32)prog, .expire_ms = ms,
		.symbol = (unsigned long)EVENT_SYMBOL,
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static void expires(void)
{
	int prog = counting_prog(0, 0), link = expiring(prog, 60000), early;
	struct xbpf_link_info info;
	uint64_t end;

	expect(link >= 0, "%s", xbpf_words());
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect(info.expire_ms > 30000 && info.expire_ms <= 60001, "%u ms left", info.expire_ms);
	events(5);
	expect_eq(counted(0), 5);
	expect_eq(xbpf_link_detach(link), 0);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(info.expire_ms, 0);
	close(link);

	link = expiring(prog, 100);
	early = expiring(prog, 100);
	close(early);	/* it is gone before its time comes */
	end = now_ns() + 10000000000ull;
	do
		expect_eq(xbpf_link_info_get(link, &info), 0);
	while (info.attached && now_ns() < end);
	expect_eq(info.attached, 0);
	expect_eq(info.expire_ms, 0);
	xbpf_counters_reset(counters);
	events(5);
	expect_eq(counted(0), 0);
	close(link);
	close(prog);
}

static void holds_program(void)
{
	int prog = counting_prog(0, 0), link = xbpf_kprobe(prog, EVENT_SYMBOL);
	__u32 id = xbpf_prog_id(prog);

	close(prog);
	events(5);
	expect_eq(counted(0), 5);
	expect(xbpf_id_lives(BPF_PROG_GET_NEXT_ID, id));
	close(link);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id));
}

static void several(void)
{
	int prog[3], link[4], i;

	for (i = 0; i < 3; i++) {
		prog[i] = counting_prog(i, i == 1 ? XBPF_F_INTERP : 0);
		link[i] = xbpf_kprobe(prog[i], EVENT_SYMBOL);
		expect(link[i] >= 0, "%s", xbpf_words());
	}
	link[3] = xbpf_kprobe(prog[0], EVENT_SYMBOL);	/* one program twice */
	expect(link[3] >= 0, "%s", xbpf_words());
	events(10);
	expect_eq(counted(0), 20);
	expect_eq(counted(1), 10);
	expect_eq(counted(2), 10);
	close(link[1]);
	events(10);
	expect_eq(counted(0), 40);
	expect_eq(counted(1), 10);
	expect_eq(counted(2), 20);
	for (i = 0; i < 4; i++)
		if (i != 1)
			close(link[i]);
	for (i = 0; i < 3; i++)
		close(prog[i]);
}

static void pin_outlives_process(void)
{
	int status, link;
	__u32 id;
	pid_t pid;
	struct xbpf_link_info info;

	expect_eq(xbpf_mount(), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int prog = counting_prog(0, 0), l = xbpf_kprobe(prog, EVENT_SYMBOL);

		_exit(l < 0 || xbpf_pin(l, PIN));
	}
	waitpid(pid, &status, 0);
	expect_eq(status, 0);
	events(7);
	expect_eq(counted(0), 7);
	link = xbpf_pinned(PIN);
	expect(link >= 0, "%s", strerror(errno));
	expect_eq(xbpf_link_info_get(link, &info), 0);
	id = info.id;
	close(link);
	events(7);
	expect_eq(counted(0), 14);
	expect_eq(unlink(PIN), 0);
	expect(xbpf_id_dies(BPF_LINK_GET_NEXT_ID, id), "the link outlives its pin");
	events(7);
	expect_eq(counted(0), 14);
}

/* A process that dies takes its fds, and so its links, along. */
static void killed_process(void)
{
	int pipes[2], status;
	char byte;
	pid_t pid;

	expect_eq(pipe(pipes), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int link = xbpf_kprobe(counting_prog(0, 0), EVENT_SYMBOL);

		if (write(pipes[1], link >= 0 ? "y" : "n", 1) == 1)
			pause();
		_exit(1);
	}
	expect(read(pipes[0], &byte, 1) == 1 && byte == 'y');
	events(5);
	expect_eq(counted(0), 5);
	kill(pid, 9);
	waitpid(pid, &status, 0);
	expect_eq(xbpf_next_id(BPF_LINK_GET_NEXT_ID, 0), 0);
	events(5);
	expect_eq(counted(0), 5);
	close(pipes[0]);
	close(pipes[1]);
}

/* ---- nesting ---- */

/*
 * A program, and a probe on what its helper calls: the guard keeps the second one out and counts.
 */
static void missed_by_guard(void)
{
	int inner = counting_prog(1, 0), outer, link;
	struct xbpf_link_info info;

	outer = kprobe_prog("outer", 0, MOV_REG(R3, R1), MOV_REG(R1, R10),
			    ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8),
			    CALL(BPF_FUNC_probe_read_kernel), COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
	expect(outer >= 0, "%s", xbpf_words());
	link = xbpf_kprobe(inner, "copy_from_kernel_nofault");
	if (!expect(link >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_run(outer, NULL, 200), 0);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect(info.missed >= 200, "missed %llu", (unsigned long long)info.missed);
	expect_eq(counted(0), 200);
	expect_eq(counted(1), info.run_cnt);
	close(link);
	close(inner);
	close(outer);
}

/*
 * The same with the outer program in a kprobe: whoever keeps the inner probe out, nothing breaks.
 */
static void nested_probes(void)
{
	int inner = counting_prog(1, 0), outer, links[3];
	struct xbpf_link_info info;
	__u64 offset;

	outer = kprobe_prog("outer", 0, LOAD(BPF_DW, R3, R1, DI), MOV_REG(R1, R10),
			    ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8),
			    CALL(BPF_FUNC_probe_read_kernel), COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
	offset = second_place(outer);
	links[0] = xbpf_kprobe(inner, "copy_from_kernel_nofault");
	links[1] = xbpf_kprobe(outer, EVENT_SYMBOL);
	links[2] = xbpf_link_at(XBPF_LINK_KPROBE, outer, EVENT_SYMBOL, 0, offset);
	events(100);
	expect_eq(counted(0), 200);
	for (int i = 1; i < 3; i++) {
		expect_eq(xbpf_link_info_get(links[i], &info), 0);
		expect_eq(info.run_cnt, 100);
		expect_eq(info.missed, 0);
	}
	for (int i = 0; i < 3; i++)
		close(links[i]);
	close(inner);
	close(outer);
}

/*
 * Probes on what xbpf's own commands and frees pass through: allocator, work queues, RCU, mappings,
 * calls to the other CPU. The program uses a hash and a table, both of which are changed from here
 * meanwhile.
 */
static void on_own_paths(void)
{
	static const char *const places[] = {
		"kfree", "kmem_cache_free", "__kmalloc", "__kmalloc_noprof", "kmem_cache_alloc",
		"kmem_cache_alloc_noprof",
		"kvfree", "vfree", "vmap", "vunmap", "call_rcu", "queue_work_on", "mutex_lock", "mutex_unlock",
		"on_each_cpu_cond_mask", "smp_call_function_many_cond", "idr_alloc_cyclic",
		"anon_inode_getfd", "__fput",
		"copy_from_kernel_nofault", "get_random_u32", "bitmap_find_next_zero_area_off",
	};
	int hash = xbpf_map_new(BPF_MAP_TYPE_HASH, "own", 4, 8, 64, 0), table = xbpf_table_new("own", 2);
	int links[ARRAY_SIZE(places)], target = counting_prog(1, 0), prog, attached = 0, i, fd;
	__u64 value = 1;
	__u32 key;

	prog = kprobe_prog("own", 0, MOV_REG(R6, R1), COUNT_UP(counters, 0),
			   CALL(BPF_FUNC_get_prandom_u32),
			   ALU64_IMM(BPF_AND, R0, 63), STORE(BPF_W, R10, -4, R0), STORE_IMM(BPF_DW, R10, -16, 1),
			   LOAD_MAP(R1, hash), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), MOV_REG(R3, R10),
			   ALU64_IMM(BPF_ADD, R3, -16), MOV_IMM(R4, BPF_ANY), CALL(BPF_FUNC_map_update_elem),
			   LOAD_MAP(R1, hash), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
			   CALL(BPF_FUNC_map_delete_elem), MOV_REG(R1, R6), MOV_IMM(R3, 1), TAIL_CALL(table),
			   COUNT_UP(counters, 2), MOV_IMM(R0, 0), EXIT);
	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < (int)ARRAY_SIZE(places); i++) {
		links[i] = xbpf_kprobe(prog, places[i]);
		attached += links[i] >= 0;
	}
	expect(attached >= 12, "%d places", attached);
	for (i = 0; i < 150; i++) {
		key = i % 64;
		xbpf_map_update(hash, &key, &value, 0);
		xbpf_map_delete(hash, &key);
		expect_eq(xbpf_slot_set(table, 1, target), 0);
		fd = kprobe_prog("passing", i & 1 ? XBPF_F_INTERP : 0, MOV_IMM(R0, i), EXIT);
		expect_eq(xbpf_run(fd, NULL, 1), i);
		close(fd);
		close(xbpf_map_new(BPF_MAP_TYPE_HASH, "h", 4, 8, 100, 0));
		xbpf_slot_clear(table, 1);
	}
	for (i = 0; i < (int)ARRAY_SIZE(places); i++)
		if (links[i] >= 0)
			close(links[i]);
	expect(counted(0) > 1000, "%llu events", (unsigned long long)counted(0));
	expect(counted(1) > 0 && counted(2) > 0);
	expect_eq(counted(1) + counted(2), counted(0));
	close(prog);
	close(target);
	close(hash);
	close(table);
}

/* ---- both CPUs ---- */

static volatile bool stop;

static void *caller(void *made)
{
	while (!stop) {
		event(1);
		++*(__u64 *)made;
	}
	return NULL;
}

static void churn(void)
{
	int prog = counting_prog(0, 0), steady = counting_prog(1, 0), link, i;
	int hold = xbpf_kprobe(steady, EVENT_SYMBOL);
	__u64 made[2] = { 0 };
	pthread_t threads[2];

	stop = false;
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, caller, &made[i]);
	for (i = 0; i < 40; i++) {
		link = xbpf_kprobe(prog, EVENT_SYMBOL);
		if (!expect(link >= 0, "round %d: %s", i, xbpf_words()))
			break;
		close(link);
	}
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	expect_eq(counted(1), made[0] + made[1]);
	expect(counted(0) <= counted(1));
	close(hold);
	close(prog);
	close(steady);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a kprobe by symbol runs the program at each call", by_symbol },
		{ "an interpreted program too", interpreted },
		{ "a kprobe by address", by_address },
		{ "a kprobe by symbol and offset, not inside an instruction", by_offset },
		{ "a kretprobe sees the value returned", at_return },
		{ "a kretprobe sits at an entry only", return_not_at_entry },
		{ "a symbol that does not exist is ENOENT, by name", no_such_symbol },
		{ "a blacklisted function is EINVAL, by name", blacklisted },
		{ "functions of xbpf itself are refused", inside_xbpf },
		{ "addresses that are no kernel text are refused", no_text },
		{ "a program of another type is refused, by type", wrong_program },
		{ "the information is right", information },
		{ "a program reads the cookie of the link it runs for", cookie },
		{ "ids lead to links and die with them", ids },
		{ "closing the last fd detaches", closing_detaches },
		{ "detaching leaves the fd and the counts", detaching },
		{ "a link detaches itself when its time is over", expires },
		{ "a link holds its program", holds_program },
		{ "several links at one place", several },
		{ "a pinned link survives its process, not its pin", pin_outlives_process },
		{ "a killed process takes its link along", killed_process },
		{ "a probe on what a helper calls is counted as missed", missed_by_guard },
		{ "nested probes lose no outer event", nested_probes },
		{ "probes on what xbpf itself passes through", on_own_paths },
		{ "links come and go while both CPUs pass", churn },
	};
	unsigned int i;

	counters = xbpf_counters_new(8);
	tap_plan(tap_count(tests));
	for (i = 0; i < tap_count(tests); i++) {
		tap_state.bad = false;
		xbpf_counters_reset(counters);
		tests[i].run();
		tap_ok(!tap_state.bad, "%s", tests[i].name);
	}
	return tap_done();
}
