/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failing allocations: links of each kind, and program arrays with the code that follows them.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <linux/seccomp.h>
#include "fault.h"

#define OTHER_SYMBOL "__x64_sys_sched_get_priority_min"
#define LOOPBACK 1

static int prog = -1, prog2 = -1, caller = -1, link_fd = -1, table = -1;
static pid_t child;

static void drop_all(void)
{
	int *const fds[] = { &link_fd, &caller, &prog, &prog2, &table };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
}

static bool made(int fd)
{
	return expect(fd >= 0, "%s: %s", strerror(errno), xbpf_words());
}

static int returning(__u32 type, __s32 value, __u32 flags)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, value), EXIT };
	int fd = xbpf_prog_load(type, "fault", insns, ARRAY_SIZE(insns), flags);

	made(fd);
	return fd;
}

/* ---- links ---- */

static void kprobe_program(void)
{
	prog = returning(BPF_PROG_TYPE_KPROBE, 0, 0);
	prog2 = returning(BPF_PROG_TYPE_KPROBE, 0, XBPF_F_INTERP);
}

static void raw_program(void)
{
	prog = returning(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0);
}

static void tracepoint_program(void)
{
	prog = returning(BPF_PROG_TYPE_TRACEPOINT, 0, 0);
}

static void tap_program(void)
{
	prog = returning(BPF_PROG_TYPE_SOCKET_FILTER, 0, 0);
}

static void classifier(void)
{
	prog = returning(BPF_PROG_TYPE_SCHED_CLS, 0, 0);
}

static void filter_and_child(void)
{
	prog = returning(XBPF_PROG_TYPE_SYSCALL_FILTER, (__s32)SECCOMP_RET_ALLOW, 0);
	child = fork();
	if (!child) {
		xbpf_close();
		while (pause())
			;
	}
}

static int link_kprobe(void)
{
	return xbpf_kprobe(prog, EVENT_SYMBOL);
}

static int link_kretprobe(void)
{
	return xbpf_link_at(XBPF_LINK_KRETPROBE, prog, EVENT_SYMBOL, 0, 0);
}

static int link_multi(__u32 type)
{
	static const char *const two[] = { EVENT_SYMBOL, OTHER_SYMBOL };
	static const __u64 cookies[] = { 1, 2 };
	struct xbpf_link_create c = {
		.type = type, .prog_fd = (__u32)prog, .symbols = (uintptr_t)two,
		.cookies = (uintptr_t)cookies, .count = 2,
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static int link_kprobes(void)
{
	return link_multi(XBPF_LINK_KPROBE_MULTI);
}

static int link_kretprobes(void)
{
	return link_multi(XBPF_LINK_KRETPROBE_MULTI);
}

static int link_raw(void)
{
	return xbpf_link_at(XBPF_LINK_RAW_TRACEPOINT, prog, "sched_switch", 0, 0);
}

static int link_tracepoint(void)
{
	return xbpf_link_at(XBPF_LINK_TRACEPOINT, prog, "sched/sched_process_exit", 0, 0);
}

static int link_target(__u32 type, __u32 target)
{
	struct xbpf_link_create c = { .type = type, .prog_fd = (__u32)prog, .target = target };

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static int link_filter(void)
{
	return link_target(XBPF_LINK_SYSCALL_FILTER, (__u32)child);
}

static int link_tap(void)
{
	return link_target(XBPF_LINK_TAP, LOOPBACK);
}

static int link_ingress(void)
{
	return link_target(XBPF_LINK_INGRESS, LOOPBACK);
}

static int link_egress(void)
{
	return link_target(XBPF_LINK_EGRESS, LOOPBACK);
}

static void linked(void)
{
	kprobe_program();
	link_fd = link_kprobe();
	made(link_fd);
}

static void linked_raw(void)
{
	raw_program();
	link_fd = link_raw();
	made(link_fd);
}

static void linked_tracepoint(void)
{
	tracepoint_program();
	link_fd = link_tracepoint();
	made(link_fd);
}

static void linked_filter(void)
{
	filter_and_child();
	link_fd = link_filter();
	made(link_fd);
}

static void linked_ingress(void)
{
	classifier();
	link_fd = link_ingress();
	made(link_fd);
}

static int detach(void)
{
	return xbpf_link_detach(link_fd);
}

static void still_attached(void)
{
	struct xbpf_link_info info;

	expect(!xbpf_link_info_get(link_fd, &info) && info.attached, "it is not attached any more");
}

static int link_info(void)
{
	char name[64];
	struct xbpf_link_info info = { .func_name = (uintptr_t)name, .name_len = sizeof(name) };
	union bpf_attr attr = { .info = { .bpf_fd = (__u32)link_fd, .info_len = sizeof(info),
					  .info = (uintptr_t)&info } };

	return xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static __u32 link_id;

static void linked_id(void)
{
	linked();
	link_id = xbpf_next_id(BPF_LINK_GET_NEXT_ID, 0);
}

static int link_by_id(void)
{
	return xbpf_fd_by_id(BPF_LINK_GET_FD_BY_ID, link_id);
}

static int link_update(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = (__u32)link_fd;
	attr.link_update.new_prog_fd = (__u32)prog2;
	return xbpf_sys(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

static void still_the_old(void)
{
	struct xbpf_link_info info;

	expect(!xbpf_link_info_get(link_fd, &info) && info.prog_id == xbpf_prog_id(prog),
	       "it runs another program");
}

/* ---- program arrays ---- */

#define DI 112

/* Two calls: of slot 1, and of the slot that the context names. */
static int load_caller(void)
{
	const struct bpf_insn insns[] = {
		MOV_REG(R6, R1), LOAD(BPF_DW, R3, R6, DI), JUMP_IMM(BPF_JNE, R3, 1, 4),
		MOV_IMM(R3, 1), TAIL_CALL(table),
		MOV_REG(R1, R6), LOAD(BPF_DW, R3, R6, DI), TAIL_CALL(table),
		MOV_IMM(R0, 1000), EXIT,
	};

	return load_kprobe("caller", insns, 0);
}

static __s64 call(__u64 index)
{
	__u64 regs[21] = { 0 };

	regs[DI / 8] = index;
	return xbpf_run(caller, regs, 1);
}

static void a_table(void)
{
	table = xbpf_table_new("fault", 64);
	made(table);
}

static void a_table_and_programs(void)
{
	a_table();
	prog = returning(BPF_PROG_TYPE_KPROBE, 7, 0);
	prog2 = returning(BPF_PROG_TYPE_KPROBE, 8, 0);
}

/* slots 1 and 2 say 7, and a caller follows them */
static void followed(void)
{
	struct xbpf_table_info info = { 0 };
	int i;

	a_table_and_programs();
	info.map_fd = (__u32)table;
	expect_eq(xbpf_slot_set(table, 1, prog), 0);
	expect_eq(xbpf_slot_set(table, 2, prog), 0);
	caller = load_caller();
	made(caller);
	expect_eq(call(1), 7);
	/* its tree is there: one that comes later is an image more */
	for (i = 0; i < 500 && !xbpf_sys(XBPF_TABLE_INFO, &info, sizeof(info)) && info.tree_pending; i++)
		usleep(10000);
	expect(!info.tree_pending, "no tree");
}

static int set_slot(void)
{
	return xbpf_slot_set(table, 1, prog2);
}

static int clear_slot(void)
{
	return xbpf_slot_clear(table, 1);
}

static int set_many(void)
{
	struct xbpf_slot_update slots[] = { { 1, prog2 }, { 2, -1 }, { 3, prog2 } };
	struct xbpf_update_many many = { .map_fd = (__u32)table, .slots = (uintptr_t)slots,
					 .count = ARRAY_SIZE(slots) };

	return xbpf_sys(XBPF_MAP_UPDATE_MANY, &many, sizeof(many));
}

/* A table that nobody came to is still nobody's. */
static void nobodys(void)
{
	char path[64], text[1024] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", table);
	fd = open(path, O_RDONLY);
	expect(read(fd, text, sizeof(text) - 1) > 0, "%s: %s", path, strerror(errno));
	close(fd);
	expect(!strstr(text, "owner_prog_type"), "the table belongs to a program that failed");
	expect_eq(xbpf_slot_id(table, 1), 0);
}

static void as_before(void)
{
	expect_eq(call(1), 7);
	expect_eq(call(2), 7);
	expect_eq(call(3), 1000);
	expect_eq(xbpf_slot_id(table, 1), xbpf_prog_id(prog));
	expect_eq(xbpf_slot_id(table, 3), 0);
}

static int count_slots(void)
{
	struct xbpf_stats stats = { .kind = XBPF_STATS_MAP, .fd = (__u32)table, .flags = XBPF_STATS_SET,
				    .on = XBPF_STATS_RUNS };

	return xbpf_sys(XBPF_STATS, &stats, sizeof(stats));
}

static int count_program(void)
{
	struct xbpf_stats stats = { .kind = XBPF_STATS_PROG, .fd = (__u32)prog, .flags = XBPF_STATS_SET,
				    .on = XBPF_STATS_RUNS };

	return xbpf_sys(XBPF_STATS, &stats, sizeof(stats));
}

static void followed_and_counted(void)
{
	followed();
	expect_eq(count_slots(), 0);
}

/* Nothing is counted: the command is repeated, and would not begin at 0. */
static void uncounted(void)
{
	struct xbpf_stats of_slots = { .kind = XBPF_STATS_MAP, .fd = (__u32)table };
	struct xbpf_stats of_prog = { .kind = XBPF_STATS_PROG, .fd = (__u32)prog };

	expect_eq(xbpf_sys(XBPF_STATS, &of_slots, sizeof(of_slots)), 0);
	expect_eq(xbpf_sys(XBPF_STATS, &of_prog, sizeof(of_prog)), 0);
	expect_eq(of_slots.on, 0);
	expect_eq(of_prog.on, 0);
	as_before();
}

static int look_up(void)
{
	__u32 slot = 1, id;

	return xbpf_map_lookup(table, &slot, &id);
}

static int info_table(void)
{
	struct xbpf_table_info info = { .map_fd = (__u32)table };

	return xbpf_sys(XBPF_TABLE_INFO, &info, sizeof(info));
}

/* A table with a tree. */
static void with_tree(void)
{
	struct xbpf_table_info info;
	int tries;

	followed();
	close(caller);
	caller = kprobe_prog("caller", XBPF_F_TAIL(XBPF_TAIL_TREE), LOAD(BPF_DW, R3, R1, DI),
			     TAIL_CALL(table), MOV_IMM(R0, 1000), EXIT);
	expect(caller >= 0, "%s", xbpf_words());
	for (tries = 0; tries < 2000; tries++) {
		info = (struct xbpf_table_info){ .map_fd = (__u32)table };
		if (xbpf_sys(XBPF_TABLE_INFO, &info, sizeof(info)) || (info.tree_len && !info.tree_pending))
			break;
		usleep(5000);
	}
	expect(info.tree_len, "no tree");
}

static int read_tree(void)
{
	static unsigned char code[512];
	struct xbpf_table_info info = { .map_fd = (__u32)table, .tree_code = (uintptr_t)code,
					.tree_len = sizeof(code) };

	return xbpf_sys(XBPF_TABLE_INFO, &info, sizeof(info));
}

int main(void)
{
	static const struct deed deeds[] = {
		DEED("link a kprobe", link_kprobe, .before = kprobe_program, .after = drop_all),
		DEED("link a kretprobe", link_kretprobe, .before = kprobe_program, .after = drop_all),
		DEED("link many kprobes", link_kprobes, .before = kprobe_program, .after = drop_all),
		DEED("link many kretprobes", link_kretprobes, .before = kprobe_program, .after = drop_all),
		DEED("link a raw tracepoint", link_raw, .before = raw_program, .after = drop_all),
		DEED("link a tracepoint", link_tracepoint, .before = tracepoint_program, .after = drop_all),
		DEED("link a system-call filter", link_filter, .before = filter_and_child, .after = drop_all),
		DEED("link a tap", link_tap, .before = tap_program, .after = drop_all),
		DEED("link at ingress", link_ingress, .before = classifier, .after = drop_all),
		DEED("link at egress", link_egress, .before = classifier, .after = drop_all),
		DEED("detach a kprobe", detach, .before = linked, .after = drop_all,
		     .unchanged = still_attached, .near = true),
		DEED("detach a raw tracepoint", detach, .before = linked_raw, .after = drop_all,
		     .unchanged = still_attached),
		DEED("detach a tracepoint", detach, .before = linked_tracepoint, .after = drop_all,
		     .unchanged = still_attached),
		DEED("detach a filter", detach, .before = linked_filter, .after = drop_all,
		     .unchanged = still_attached),
		DEED("detach from ingress", detach, .before = linked_ingress, .after = drop_all,
		     .unchanged = still_attached),
		DEED("update a link", link_update, .before = linked, .after = drop_all,
		     .unchanged = still_the_old),
		DEED("info of a link", link_info, .before = linked, .after = drop_all),
		DEED("a link by its id", link_by_id, .before = linked_id, .after = drop_all),
		DEED("load a program that follows a table", load_caller, .before = a_table,
		     .after = drop_all, .unchanged = nobodys),
		DEED("put a program into a table", set_slot, .before = a_table_and_programs,
		     .after = drop_all, .unchanged = nobodys),
		DEED("put programs into a table at once", set_many, .before = a_table_and_programs,
		     .after = drop_all,
		     .unchanged = nobodys),
		DEED("replace a program that is followed", set_slot, .before = followed,
		     .after = drop_all, .unchanged = as_before),
		DEED("empty a slot that is followed", clear_slot, .before = followed,
		     .after = drop_all, .unchanged = as_before),
		DEED("replace many at once", set_many, .before = followed, .after = drop_all,
		     .unchanged = as_before),
		DEED("count the slots of a table", count_slots, .before = followed, .after = drop_all,
		     .unchanged = uncounted),
		DEED("count a program and its slots", count_program, .before = followed,
		     .after = drop_all, .unchanged = uncounted),
		DEED("replace a program that is followed and counted", set_slot,
		     .before = followed_and_counted, .after = drop_all, .unchanged = as_before),
		DEED("look up a slot", look_up, .before = followed, .after = drop_all, .unchanged = as_before),
		DEED("info of a table", info_table, .before = followed, .after = drop_all,
		     .unchanged = as_before),
		DEED("the code of a tree", read_tree, .before = with_tree, .after = drop_all),
	};

	return deeds_run(deeds, ARRAY_SIZE(deeds));
}
