/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rights: every command by id, type of program and hook works with exactly what docs/rights.md
 * names, and is EPERM without.
 */
#define _GNU_SOURCE
#include <net/if.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <linux/capability.h>
#include "seccomp.h"

#define CAP(c)		(1ull << (c))
#define ALL		(~0ull >> (63 - CAP_LAST_CAP))
#define USER		1000

/* ---- somebody with some rights ---- */

static bool keep_caps(__u64 caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (__u32)caps, (__u32)caps, 0 }, { (__u32)(caps >> 32), (__u32)(caps >> 32), 0 },
	};

	return !syscall(SYS_capset, &header, data);
}

/* As a login has it: a change of user alone leaves a process that nobody may look into. */
static bool become(uid_t uid, __u64 caps)
{
	return !prctl(PR_SET_KEEPCAPS, 1) && !syscall(SYS_setresgid, uid, uid, uid) &&
	       !syscall(SYS_setresuid, uid, uid, uid) && keep_caps(caps) && !prctl(PR_SET_DUMPABLE, 1);
}

static void in_child(void (*run)(void))
{
	int status = -1;
	pid_t pid;

	xbpf_open();
	fflush(stdout);
	pid = fork();
	if (!pid) {
		tap_state.bad = false;
		run();
		fflush(stdout);
		_exit(tap_state.bad);
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "in the child: status %d", status);
}

/* 0 or errno of @try with these capabilities alone, as root otherwise; words in @words. */
static struct {
	int err;
	char words[256];
} got;

static int with(__u64 caps, int (*try)(int), int arg)
{
	int pipes[2], ret;
	pid_t pid;

	xbpf_open();
	got.err = -1;
	if (pipe(pipes))
		return -1;
	pid = fork();
	if (!pid) {
		if (keep_caps(caps)) {
			ret = try(arg);
			got.err = ret < 0 ? errno : 0;
			snprintf(got.words, sizeof(got.words), "%s", xbpf_words());
		}
		if (write(pipes[1], &got, sizeof(got)) < 0)
			_exit(1);
		_exit(0);
	}
	close(pipes[1]);
	if (read(pipes[0], &got, sizeof(got)) != sizeof(got))
		got.err = -1;
	close(pipes[0]);
	waitpid(pid, NULL, 0);
	return got.err;
}

/*
 * With CAP_BPF and @cap it is not EPERM; with everything but @cap (and CAP_SYS_ADMIN, which has
 * all) it is.
 */
static void needs(const char *what, __u64 cap, int (*try)(int), int arg, const char *words)
{
	int err = with(ALL & ~cap & ~CAP(CAP_BPF) & ~CAP(CAP_SYS_ADMIN), try, arg);

	expect(err == EPERM, "%s without CAP_BPF: errno %d %s", what, err, got.words);
	if (cap) {
		err = with(ALL & ~cap & ~CAP(CAP_SYS_ADMIN), try, arg);
		expect(err == EPERM && strstr(got.words, words), "%s without its right: errno %d '%s'", what, err,
		       got.words);
	}
	err = with(CAP(CAP_BPF) | cap, try, arg);
	expect(!err, "%s with its right: errno %d %s", what, err, got.words);
}

/* ---- ids ---- */

static int next_id(int cmd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return xbpf_sys(cmd, &attr, sizeof(attr)) && errno != ENOENT ? -1 : 0;
}

static int fd_by_id(int cmd)
{
	return xbpf_fd_by_id(cmd, 1) < 0 && errno != ENOENT ? -1 : 0;
}

static void ids(void)
{
	const int next[] = { BPF_PROG_GET_NEXT_ID, BPF_MAP_GET_NEXT_ID, BPF_BTF_GET_NEXT_ID,
			     BPF_LINK_GET_NEXT_ID };
	const int by_id[] = { BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID, BPF_BTF_GET_FD_BY_ID,
			      BPF_LINK_GET_FD_BY_ID };
	char what[40];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(next); i++) {
		snprintf(what, sizeof(what), "command %d", next[i]);
		needs(what, CAP(CAP_SYS_ADMIN), next_id, next[i], "finding objects by id needs CAP_SYS_ADMIN");
		snprintf(what, sizeof(what), "command %d", by_id[i]);
		needs(what, CAP(CAP_SYS_ADMIN), fd_by_id, by_id[i], "finding objects by id needs CAP_SYS_ADMIN");
	}
}

static int stats_of_new(int unused)
{
	struct xbpf_stats stats = { .kind = XBPF_STATS_NEW };

	(void)unused;
	return xbpf_sys(XBPF_STATS, &stats, sizeof(stats));
}

/* 0 when the code of a table and of a program that follows it is shown, whatever else is told. */
static int code_shown(int table)
{
	static struct xbpf_table_slot slots[4];
	static unsigned char code[64];
	struct xbpf_table_info info = {
		.map_fd = (__u32)table, .tree_code = (uintptr_t)code, .tree_len = sizeof(code),
		.slots = (uintptr_t)slots, .slot_cnt = 4, .slot_size = sizeof(*slots),
	};
	int prog = xbpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "caller", (const struct bpf_insn[]){
			MOV_IMM(R3, 1), TAIL_CALL(table), MOV_IMM(R0, 0), EXIT }, 6, 0);
	static struct xbpf_prog_site site;
	struct xbpf_prog_tail tail = {
		.prog_fd = (__u32)prog, .site_list = (uintptr_t)&site, .site_cnt = 1,
		.site_size = sizeof(site),
	};

	errno = 0;
	if (prog < 0 || xbpf_sys(XBPF_TABLE_INFO, &info, sizeof(info)) ||
	    xbpf_sys(XBPF_PROG_TAIL, &tail, sizeof(tail)))
		return -1;
	errno = ENODATA;	/* told wrongly: the counts come back for all */
	if (tail.site_cnt != 1 || info.slot_cnt != 4 || !info.tree_code != !info.slots)
		return -1;
	errno = EACCES;		/* nothing is told, and nothing may be */
	if (!tail.site_list && !info.slots && !info.tree_addr && !site.offset)
		return -1;
	errno = ENODATA;
	return tail.site_list && info.slots && site.map_id == xbpf_map_id(table) ? 0 : -1;
}

static void addresses(void)
{
	int table = xbpf_table_new("table", 4);

	expect_eq(with(ALL & ~CAP(CAP_PERFMON) & ~CAP(CAP_SYSLOG) & ~CAP(CAP_SYS_ADMIN), code_shown,
		       table),
		  EACCES);
	expect_eq(with(CAP(CAP_BPF) | CAP(CAP_PERFMON), code_shown, table), 0);
	expect_eq(with(CAP(CAP_BPF) | CAP(CAP_SYSLOG), code_shown, table), 0);
	close(table);
}

static void counters(void)
{
	needs("XBPF_STATS", CAP(CAP_SYS_ADMIN), stats_of_new, 0, "counting needs CAP_SYS_ADMIN");
}

/* ---- programs ---- */

static const struct {
	__u32 type;
	__u64 cap;
	const char *words;
} types[] = {
	{ BPF_PROG_TYPE_SOCKET_FILTER, 0, NULL },
	{ BPF_PROG_TYPE_KPROBE, CAP(CAP_PERFMON), "kprobe programs need CAP_PERFMON" },
	{ BPF_PROG_TYPE_SCHED_CLS, CAP(CAP_NET_ADMIN), "sched_cls programs need CAP_NET_ADMIN" },
	{ BPF_PROG_TYPE_TRACEPOINT, CAP(CAP_PERFMON), "tracepoint programs need CAP_PERFMON" },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT, CAP(CAP_PERFMON), "raw_tracepoint programs need CAP_PERFMON" },
	{ XBPF_PROG_TYPE_SYSCALL_FILTER, 0, NULL },
};

static int load(int type)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };

	return xbpf_prog_load((__u32)type, "p", insns, ARRAY_SIZE(insns), 0);
}

static int allowing(void)
{
	const struct bpf_insn insns[] = { RET(SECCOMP_RET_ALLOW) };

	return filter_load(insns, ARRAY_SIZE(insns), 0);
}

static int test_run(int fd)
{
	char packet[64] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)fd;
	if (!xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		return 0;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	return xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

static void loads(void)
{
	char what[40];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		snprintf(what, sizeof(what), "loading type %u", types[i].type);
		needs(what, types[i].cap, load, (int)types[i].type, types[i].words);
	}
}

static void test_runs(void)
{
	char what[40];
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		fd = load((int)types[i].type);
		snprintf(what, sizeof(what), "running type %u", types[i].type);
		needs(what, types[i].cap, test_run, fd, types[i].words);
		close(fd);
	}
}

/* ---- links ---- */

static struct child victim;	/* root's */

static int sleeps(void)
{
	return 0;
}

static const struct hook {
	__u32 type, prog_type;
	__u64 cap;
	const char *symbol;
	__u32 target;		/* 0: none, 1: lo */
	const char *words;
} hooks[] = {
	{ XBPF_LINK_KPROBE, BPF_PROG_TYPE_KPROBE, CAP(CAP_PERFMON), EVENT_SYMBOL, 0,
	  "a kprobe needs CAP_PERFMON" },
	{ XBPF_LINK_KRETPROBE, BPF_PROG_TYPE_KPROBE, CAP(CAP_PERFMON), EVENT_SYMBOL, 0,
	  "a kretprobe needs CAP_PERFMON" },
	{ XBPF_LINK_KPROBE_MULTI, BPF_PROG_TYPE_KPROBE, CAP(CAP_PERFMON), EVENT_SYMBOL, 0,
	  "a kprobe needs CAP_PERFMON" },
	{ XBPF_LINK_KRETPROBE_MULTI, BPF_PROG_TYPE_KPROBE, CAP(CAP_PERFMON), EVENT_SYMBOL, 0,
	  "a kretprobe needs CAP_PERFMON" },
	{ XBPF_LINK_RAW_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT, CAP(CAP_PERFMON),
	  "sched_process_exit", 0,
	  "a raw tracepoint needs CAP_PERFMON" },
	{ XBPF_LINK_TRACEPOINT, BPF_PROG_TYPE_TRACEPOINT, CAP(CAP_PERFMON), "sched/sched_process_exit", 0,
	  "a tracepoint needs CAP_PERFMON" },
	{ XBPF_LINK_TAP, BPF_PROG_TYPE_SOCKET_FILTER, CAP(CAP_NET_RAW), NULL, 1,
	  "a tap needs CAP_NET_RAW in the network namespace of 'lo'" },
	{ XBPF_LINK_INGRESS, BPF_PROG_TYPE_SCHED_CLS, CAP(CAP_NET_ADMIN), NULL, 1,
	  "a link at ingress needs CAP_NET_ADMIN in the network namespace of 'lo'" },
	{ XBPF_LINK_EGRESS, BPF_PROG_TYPE_SCHED_CLS, CAP(CAP_NET_ADMIN), NULL, 1,
	  "a link at egress needs CAP_NET_ADMIN in the network namespace of 'lo'" },
	{ XBPF_LINK_SYSCALL_FILTER, XBPF_PROG_TYPE_SYSCALL_FILTER, CAP(CAP_SYS_ADMIN), NULL, 0,
	  "a system-call filter on process " },
};

static int hook_progs[ARRAY_SIZE(hooks)];

static int hook_prog(const struct hook *h)
{
	return h->prog_type == XBPF_PROG_TYPE_SYSCALL_FILTER ? allowing() : load((int)h->prog_type);
}

static int link_at(int i)
{
	const struct hook *h = &hooks[i];
	const __u64 symbols[] = { (uintptr_t)h->symbol };
	struct xbpf_link_create c = { .type = h->type, .prog_fd = (__u32)hook_progs[i] };

	if (h->type == XBPF_LINK_KPROBE_MULTI || h->type == XBPF_LINK_KRETPROBE_MULTI) {
		c.symbols = (uintptr_t)symbols;
		c.count = 1;
	} else {
		c.symbol = (uintptr_t)h->symbol;
	}
	c.target = h->type == XBPF_LINK_SYSCALL_FILTER ? (__u32)victim.pid : h->target;
	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static int other_prog;

static int update(int link)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = (__u32)link;
	attr.link_update.new_prog_fd = (__u32)other_prog;
	return xbpf_sys(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

/* What creating asks, changing asks. */
static void links(void)
{
	char what[40];
	struct xbpf_link_info info;
	unsigned int i;
	int link;

	victim = child_start(sleeps);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		hook_progs[i] = hook_prog(&hooks[i]);
		snprintf(what, sizeof(what), "link type 0x%x", hooks[i].type);
		needs(what, hooks[i].cap, link_at, (int)i, hooks[i].words);

		link = link_at((int)i);
		expect(link >= 0, "%s as root: %s", what, xbpf_words());
		other_prog = hook_prog(&hooks[i]);
		snprintf(what, sizeof(what), "update of 0x%x", hooks[i].type);
		needs(what, hooks[i].cap, update, link, hooks[i].words);
		snprintf(what, sizeof(what), "detach of 0x%x", hooks[i].type);
		expect_eq(with(CAP(CAP_BPF), xbpf_link_detach, link), EPERM);
		info = info_of(link);
		expect(info.attached && info.prog_id == xbpf_prog_id(other_prog),
		       "%s: not as it should be", what);
		needs(what, hooks[i].cap, xbpf_link_detach, link, hooks[i].words);
		close(link);
		close(other_prog);
		close(hook_progs[i]);
	}
	expect_eq(child_end(&victim), 0);
}

/*
 * Whose namespace it is counts, not where one stands: of a device here nobody is master by being
 * master there.
 */
static void net_namespaces(void)
{
	int prog = load(BPF_PROG_TYPE_SOCKET_FILTER), home = open("/proc/self/ns/net", O_RDONLY),
		ns, link, made[2], status = -1;
	struct xbpf_link_create c = { .type = XBPF_LINK_TAP, .prog_fd = (__u32)prog, .target = 1 };
	char path[64], byte;
	pid_t pid, child;

	/* uid 1000's user namespace, and a network namespace that belongs to it */
	if (pipe(made))
		return;
	pid = fork();
	if (!pid) {
		if (!become(USER, 0) || unshare(CLONE_NEWUSER) || unshare(CLONE_NEWNET))
			_exit(1);
		if (write(made[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(made[1]);
	if (!expect(read(made[0], &byte, 1) == 1, "no namespace could be made"))
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	ns = open(path, O_RDONLY);
	child = fork();
	if (!child) {
		tap_state.bad = false;
		expect_eq(setns(ns, CLONE_NEWNET), 0);
		if (!fork()) {
			tap_state.bad = false;
			expect(become(USER, CAP(CAP_BPF)), "become");
			link = xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
			expect(link >= 0, "the owner of the namespace: %s", xbpf_words());
			_exit(tap_state.bad);
		}
		wait(&status);
		expect_eq(status, 0);
		status = -1;
		if (!fork()) {
			tap_state.bad = false;
			expect(become(USER + 1, CAP(CAP_BPF)), "become");
			refused(xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c)), EPERM);
			_exit(tap_state.bad);
		}
		wait(&status);
		expect_eq(status, 0);
		expect_eq(setns(home, CLONE_NEWNET), 0);
		expect(become(USER, CAP(CAP_BPF)), "become");
		refused(xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c)), EPERM);
		expect(xbpf_said("needs CAP_NET_RAW in the network namespace of 'lo'"), "%s", xbpf_words());
		_exit(tap_state.bad);
	}
	waitpid(child, &status, 0);
	expect_eq(status, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(made[0]);
	close(ns);
	close(home);
	close(prog);
}

/* ---- filters ---- */

static int filter_prog;

static int on(pid_t pid)
{
	return attach_limited(filter_prog, pid, 0);
}

#define filter_refused(pid)								\
	do {										\
		refused(on(pid), EPERM);						\
		expect(xbpf_said("needs CAP_SYS_ADMIN in the user namespace"), "%s", xbpf_words()); \
	} while (0)

#define filter_taken(pid)						\
	do {								\
		int taken_ = on(pid);					\
		expect(taken_ >= 0, "%s", xbpf_words());		\
		close(taken_);						\
	} while (0)

static int drops(void)
{
	/* the filter that the attacker wants would have answered 0 to this */
	syscall(SYS_setuid, 12345);
	return getuid() == 12345 ? 0 : 1;
}

/*
 * The process that drops its rights does drop them, whatever CAP_BPF and CAP_PERFMON have somebody
 * wish.
 */
static void as_attacker(void)
{
	expect(become(USER, CAP(CAP_BPF) | CAP(CAP_PERFMON)), "become");
	filter_prog = filter(ON(SYS_setuid, SECCOMP_RET_ERRNO));
	filter_refused(victim.pid);
	filter_refused(getppid());
}

static void others_process(void)
{
	victim = child_start(drops);
	in_child(as_attacker);
	expect_eq(child_end(&victim), ENDED(0));
}

static void as_admin(void)
{
	expect(become(USER, CAP(CAP_BPF) | CAP(CAP_SYS_ADMIN)), "become");
	filter_taken(victim.pid);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	expect(keep_caps(CAP(CAP_BPF)), "keep_caps");
	filter_refused(victim.pid);
}

static void admins_process(void)
{
	filter_prog = allowing();
	victim = child_start(sleeps);
	in_child(as_admin);
	expect_eq(child_end(&victim), 0);
	close(filter_prog);
}

static void as_oneself(void)
{
	expect(become(USER, CAP(CAP_BPF)), "become");
	filter_refused(getpid());
	expect_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	filter_taken(getpid());
}

static void oneself(void)
{
	filter_prog = allowing();
	in_child(as_oneself);
	close(filter_prog);
}

/* A process that does as it is told before it waits. */
static struct child child_that(void (*does)(void))
{
	struct child c;
	int pipes[2], ready[2];
	char byte;

	if (pipe(pipes) || pipe(ready))
		exit(1);
	c.pid = fork();
	if (!c.pid) {
		close(pipes[1]);
		close(ready[0]);
		does();
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		while (read(pipes[0], &byte, 1) < 0)
			;
		_exit(0);
	}
	close(pipes[0]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		printf("# a child ended early\n");
	close(ready[0]);
	c.go = pipes[1];
	return c;
}

static void child_kill(struct child *c)
{
	kill(c->pid, SIGKILL);
	child_end(c);
}

static void nothing(void)
{
}

static void no_new_privs(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void undumpable(void)
{
	no_new_privs();
	prctl(PR_SET_DUMPABLE, 0);
}

static void as_parent(void)
{
	struct child plain, bound, hidden;

	expect(become(USER, CAP(CAP_BPF)), "become");
	plain = child_that(nothing);
	bound = child_that(no_new_privs);
	hidden = child_that(undumpable);
	filter_refused(plain.pid);
	filter_taken(bound.pid);
	filter_refused(hidden.pid);
	child_kill(&plain);
	child_kill(&bound);
	child_kill(&hidden);
}

static void own_children(void)
{
	filter_prog = allowing();
	in_child(as_parent);
	close(filter_prog);
}

/* Parents of root processes, as by a setuid program: no_new_privs came after. */
static void with_root_child(void)
{
	pid_t parent = getpid();

	no_new_privs();
	if (!fork()) {
		/* a parent of another user has no signal for it when it dies */
		while (getppid() == parent)
			usleep(10000);
		_exit(0);
	}
	become(USER, 0);
}

static void as_parent_of_root(void)
{
	struct child root = child_that(no_new_privs), between = child_that(with_root_child);

	expect(become(USER, CAP(CAP_BPF)), "become");
	filter_refused(root.pid);
	filter_refused(between.pid);
	child_kill(&between);
	child_end(&root);	/* not ours to kill */
}

static void children_of_root(void)
{
	filter_prog = allowing();
	in_child(as_parent_of_root);
	close(filter_prog);
}

static struct child traced, traced_plain;

static void user_bound(void)
{
	become(USER, 0);
	no_new_privs();
}

static void user_plain(void)
{
	become(USER, 0);
}

static void as_tracer(void)
{
	int status;

	expect(become(USER, CAP(CAP_BPF)), "become");
	filter_refused(traced.pid);
	filter_refused(traced_plain.pid);
	if (!expect(!ptrace(PTRACE_ATTACH, traced.pid, 0, 0) &&
		    !ptrace(PTRACE_ATTACH, traced_plain.pid, 0, 0),
		    "ptrace: %s", strerror(errno)))
		return;
	waitpid(traced.pid, &status, __WALL);
	waitpid(traced_plain.pid, &status, __WALL);
	filter_taken(traced.pid);
	/* once let go, it could take the filter along into a setuid program */
	filter_refused(traced_plain.pid);
	ptrace(PTRACE_DETACH, traced.pid, 0, 0);
	ptrace(PTRACE_DETACH, traced_plain.pid, 0, 0);
}

static void tracer(void)
{
	filter_prog = allowing();
	traced = child_that(user_bound);
	traced_plain = child_that(user_plain);
	in_child(as_tracer);
	child_kill(&traced);
	child_kill(&traced_plain);
	close(filter_prog);
}

static struct child in_ns, in_ns_hidden;

static void user_namespace(void)
{
	if (!become(USER, 0) || unshare(CLONE_NEWUSER))
		_exit(1);
}

static void user_namespace_hidden(void)
{
	user_namespace();
	prctl(PR_SET_DUMPABLE, 0);
}

static void as_owner(void)
{
	expect(become(USER, CAP(CAP_BPF)), "become");
	filter_taken(in_ns.pid);
	filter_refused(in_ns_hidden.pid);
}

static void as_stranger(void)
{
	expect(become(USER + 1, CAP(CAP_BPF)), "become");
	filter_refused(in_ns.pid);
}

static void user_namespaces(void)
{
	filter_prog = allowing();
	in_ns = child_that(user_namespace);
	in_ns_hidden = child_that(user_namespace_hidden);
	in_child(as_owner);
	in_child(as_stranger);
	child_kill(&in_ns);
	child_kill(&in_ns_hidden);
	close(filter_prog);
}

/*
 * Letting go of the last reference is everybody's right; a filter whose tasks are gone is nobody's
 * any more.
 */
static int the_link;

static void as_holder(void)
{
	expect(become(USER, CAP(CAP_BPF)), "become");
	refused(xbpf_link_detach(the_link), EPERM);
	other_prog = filter_prog;
	refused(update(the_link), EPERM);
}

static void as_last_holder(void)
{
	expect(become(USER, CAP(CAP_BPF)), "become");
	expect_eq(xbpf_link_detach(the_link), 0);
}

static void holders(void)
{
	filter_prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | 7));
	victim = child_start(try_mkdir);
	the_link = attach(filter_prog, victim.pid);
	in_child(as_holder);
	expect_eq(child_end(&victim), ENDED(7));
	expect(!made(), "the filter was off");
	expect(tasks_become(the_link, 0), "the task is gone");
	in_child(as_last_holder);
	close(the_link);
	close(filter_prog);
}

/* ---- xbpffs ---- */

static int refs(void)
{
	FILE *in = fopen("/sys/module/xbpf/refcnt", "r");
	int n = -1;

	if (!in || fscanf(in, "%d", &n) != 1)
		n = -1;
	if (in)
		fclose(in);
	return n;
}

static void as_userns_root(void)
{
	int before, fd;

	xbpf_close();
	expect(become(USER, 0), "become");
	if (!expect(!unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare: %s", strerror(errno)))
		return;
	before = refs();
	fd = (int)syscall(SYS_fsopen, XBPF_FS_TYPE, 0);
	refused(fd, EPERM);
	expect_eq(refs(), before);
	refused(mount("xbpffs", "/tmp", XBPF_FS_TYPE, 0, NULL), EPERM);
}

static void nobodys_mount(void)
{
	char path[300], line[512];
	bool alias = false;
	FILE *in, *uname;
	int fd;

	in_child(as_userns_root);
	fd = (int)syscall(SYS_fsopen, XBPF_FS_TYPE, 0);
	expect(fd >= 0, "as root: %s", strerror(errno));
	close(fd);
	/* what the kernel would load for who just names the file system */
	uname = popen("uname -r", "r");
	if (!uname || fscanf(uname, "%255s", line) != 1)
		line[0] = '\0';
	if (uname)
		pclose(uname);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.alias", line);
	in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in))
		alias |= strstr(line, "fs-xbpffs") != NULL;
	expect(!alias, "modules.alias has fs-xbpffs");
	if (in)
		fclose(in);
}

static const struct tap_test tests[] = {
	{ "finding objects by id: CAP_SYS_ADMIN", ids },
	{ "counters: CAP_SYS_ADMIN", counters },
	{ "the code that follows tables: CAP_PERFMON or CAP_SYSLOG", addresses },
	{ "each type of program asks its right when it is loaded", loads },
	{ "and when it is test-run", test_runs },
	{ "each hook asks its right to attach, update and detach", links },
	{ "a device: of the user namespace that its network namespace belongs to", net_namespaces },
	{ "another user's system calls are not for CAP_BPF and CAP_PERFMON to decide", others_process },
	{ "CAP_SYS_ADMIN may filter any process", admins_process },
	{ "oneself: no_new_privs", oneself },
	{ "one's children: no_new_privs, and dumpable", own_children },
	{ "children who are root, and children of children", children_of_root },
	{ "a process that one traces: no_new_privs, too", tracer },
	{ "processes in a user namespace: its owner's", user_namespaces },
	{ "who has but the link's descriptor cannot take a filter off", holders },
	{ "xbpffs is for CAP_SYS_ADMIN of the initial namespace, and no name loads the module",
	  nobodys_mount },
};

int main(void)
{
	xbpf_open();
	return tap_run(tests, tap_count(tests));
}
