/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System-call filters: which tasks they hold and for how long, and who else has a say.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <linux/filter.h>
#include "seccomp.h"

#define ORIG_AX	(15 * 8)	/* struct user_regs_struct; <sys/reg.h> takes the names of our registers */

/* ---- which tasks ---- */

static int in_grandchild(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		pid = fork();
		if (!pid)
			_exit(try_mkdir());
		waitpid(pid, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void descendants(void)
{
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), in_grandchild), ENDED(EXDEV));
	expect(!made(), "the call was made");
}

static int exec_mkdir(void)
{
	execl("/bin/busybox", "mkdir", DIR_MADE, NULL);
	return 77;
}

static void over_exec(void)
{
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), exec_mkdir), ENDED(1));
	expect(!made(), "the call was made");
	expect_eq(under(filter(ON(SYS_execve, SECCOMP_RET_ERRNO | EXDEV)), exec_mkdir), ENDED(77));
}

static void *exec_in_thread(void *arg)
{
	exec_mkdir();
	return arg;
}

static int thread_execs(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, exec_in_thread, NULL))
		return 101;
	for (;;)
		pause();
}

/* The thread becomes the process, with the leader's pid and its own task. */
static void exec_by_thread(void)
{
	struct child c = child_start(thread_execs);
	int prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), link = attach(prog, c.pid);

	expect_eq(child_end(&c), ENDED(1));
	expect(!made(), "the call was made");
	expect(tasks_become(link, 0), "%u tasks left", info_of(link).tasks);
	close(link);
	close(prog);
}

static int spawn_mkdir(void)
{
	char *argv[] = { "mkdir", DIR_MADE, NULL };
	int status = 0;
	pid_t pid;

	/* clone(CLONE_VM | CLONE_VFORK) */
	if (posix_spawn(&pid, "/bin/busybox", NULL, NULL, argv, NULL))
		return 101;
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void over_vfork(void)
{
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), spawn_mkdir), ENDED(1));
	expect(!made(), "the call was made");
}

static void later_threads(void)
{
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), mkdir_in_thread), ENDED(EXDEV));
	expect(!made(), "the call was made");
}

/* Threads and children that are there when the filter comes. */
static pthread_barrier_t barrier;
static volatile int verdicts[4];
static int gate[2];

static void *waiting_thread(void *arg)
{
	char byte;

	pthread_barrier_wait(&barrier);
	while (read(gate[0], &byte, 1) < 0)
		;
	verdicts[(intptr_t)arg] = try_mkdir();
	return NULL;
}

/* Four threads and a child, all waiting for the gate; 0 when each was denied. */
static int crowd(void)
{
	pthread_t t[4];
	int i, status = 0;
	pid_t pid;
	char byte;

	pid = fork();
	if (!pid) {
		while (read(gate[0], &byte, 1) < 0)
			;
		_exit(try_mkdir());
	}
	pthread_barrier_init(&barrier, NULL, 5);
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, waiting_thread, (void *)(intptr_t)i);
	pthread_barrier_wait(&barrier);
	if (write(gate[1], "r", 1) != 1)	/* ready, see existing_tasks() */
		return 101;
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		if (verdicts[i] != EXDEV)
			return 1;
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status) == EXDEV ? 0 : 2;
}

static void existing_tasks(void)
{
	int to[2], from[2], prog, link, status = 0;
	char byte = 0;
	pid_t pid;

	if (!expect(!pipe(to) && !pipe(from)))
		return;
	pid = fork();
	if (!pid) {
		gate[0] = to[0];
		gate[1] = from[1];
		close(to[1]);
		_exit(crowd());
	}
	close(to[0]);
	close(from[1]);
	expect_eq(read(from[0], &byte, 1), 1);
	prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV));
	link = attach(prog, pid);
	expect_eq(info_of(link).tasks, 6);
	close(to[1]);
	waitpid(pid, &status, 0);
	expect_eq(status, ENDED(0));
	expect(!made(), "the call was made");
	expect(tasks_become(link, 0), "%u tasks left", info_of(link).tasks);
	close(from[0]);
	close(link);
	close(prog);
}

static void others_not(void)
{
	struct child a = child_start(try_mkdir), b = child_start(try_mkdir);
	int prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), link = attach(prog, a.pid);

	expect_eq(child_end(&b), ENDED(0));
	expect(made(), "the sibling is filtered");
	expect_eq(try_mkdir(), 0);
	expect(made(), "the parent is filtered");
	expect_eq(child_end(&a), ENDED(EXDEV));
	close(link);
	close(prog);
}

static void itself(void)
{
	int prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), link = attach(prog, getpid());

	expect_eq(try_mkdir(), EXDEV);
	close(link);
	expect_eq(try_mkdir(), 0);
	expect(made(), "it is still filtered");
	close(prog);
}

static int forker(void)
{
	int i, status, bad = 0;
	pid_t pid;

	for (i = 0; i < 60; i++) {
		pid = fork();
		if (!pid)
			_exit(try_mkdir());
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != ENDED(EXDEV))
			bad = 1;
	}
	return bad;
}

static int fork_storm(void)
{
	int i, status, bad = 0;

	for (i = 0; i < 4; i++)
		if (!fork())
			_exit(forker());
	while (wait(&status) > 0)
		bad |= status != 0;
	return bad;
}

static void storm(void)
{
	struct child c = child_start(fork_storm);
	int prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), link = attach(prog, c.pid);

	expect_eq(child_end(&c), ENDED(0));
	expect(!made(), "some call was made");
	expect(tasks_become(link, 0), "%u tasks left", info_of(link).tasks);
	expect_eq(info_of(link).denied, 240);
	expect_eq(info_of(link).miss_cnt, 0);
	close(link);
	close(prog);
}

/* The filter comes while children are born: each child of a child must be held when it is there. */
static int forks_for_ever(void)
{
	pid_t pid;

	for (;;) {
		pid = fork();
		if (!pid)
			_exit(getppid() > 0 ? 0 : 1);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}

static void attach_in_storm(void)
{
	struct child c = child_start(forks_for_ever);
	int prog = filter(RET(SECCOMP_RET_ALLOW)), i, link;

	close(c.go);
	for (i = 0; i < 30; i++) {
		link = attach(prog, c.pid);
		expect(info_of(link).tasks >= 1, "no task");
		close(link);
	}
	kill(c.pid, SIGKILL);
	waitpid(c.pid, NULL, 0);
	close(prog);
}

static int two_children(void)
{
	int first = 0, second = 0;
	pid_t pid;

	/* a task of the filter until it is waited for or not: it counts until it exits */
	pid = fork();
	if (!pid) {
		for (;;)
			pause();
	}
	if (!fork())
		_exit(0);
	waitpid(-1, &second, 0);
	kill(pid, SIGKILL);
	waitpid(pid, &first, 0);
	return SIGNAL_OF(second) == SIGKILL && SIGNAL_OF(first) == SIGKILL ? 0 : 1;
}

static void limited(void)
{
	struct child c = child_start(two_children);
	int prog = filter(RET(SECCOMP_RET_ALLOW)), link = attach_limited(prog, c.pid, 2), log = log_open();

	expect(link >= 0, "%s", xbpf_words());
	expect_eq(child_end(&c), ENDED(0));
	expect(log_has(log, "killed the new task", "limit"), "no line in the log");
	expect_eq(info_of(link).miss_cnt, 1);
	close(log);
	close(link);
	/* more than the limit from the beginning */
	c = child_start(two_children);
	refused(attach_limited(prog, getpid(), 1), ENOSPC);
	expect(xbpf_said("more than 1 tasks"), "%s", xbpf_words());
	kill(c.pid, SIGKILL);
	child_end(&c);
	close(prog);
}

static int nothing(void)
{
	return 0;
}

static void process_gone(void)
{
	struct child c = child_start(nothing);
	int prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), link = attach(prog, c.pid);
	struct xbpf_link_info info = info_of(link);
	char comm[16] = "";

	expect_eq(info.tasks, 1);
	expect_eq(info.target, c.pid);
	expect_eq(info.link_type, XBPF_LINK_SYSCALL_FILTER);
	prctl(PR_GET_NAME, comm);
	expect_str(info.name, comm);
	expect_eq(child_end(&c), ENDED(0));
	expect(tasks_become(link, 0), "%u tasks left", info_of(link).tasks);
	expect(info_of(link).prog_id != 0, "the link let its program go");
	expect_eq(xbpf_link_detach(link), 0);
	close(link);
	close(prog);
}

static void zombie(void)
{
	struct child c = child_start(nothing);
	int prog = filter(RET(SECCOMP_RET_ALLOW));
	siginfo_t si;

	close(c.go);
	waitid(P_PID, (id_t)c.pid, &si, WEXITED | WNOWAIT);
	refused(attach_limited(prog, c.pid, 0), ESRCH);
	expect(xbpf_said("exited"), "%s", xbpf_words());
	waitpid(c.pid, NULL, 0);
	refused(attach_limited(prog, c.pid, 0), ESRCH);
	expect(xbpf_said("no process has pid"), "%s", xbpf_words());
	close(prog);
}

static void *tid_thread(void *arg)
{
	*(volatile pid_t *)arg = (pid_t)syscall(SYS_gettid);
	pause();
	return NULL;
}

static void bad_targets(void)
{
	struct xbpf_link_create c = { .type = XBPF_LINK_SYSCALL_FILTER, .target = 1 };
	int prog = filter(RET(SECCOMP_RET_ALLOW)), kprobe = kprobe_prog("k", 0, RET(0));
	volatile pid_t tid = 0;
	pthread_t t;

	refused(attach_limited(prog, 0, 0), EINVAL);
	refused(attach_limited(prog, -1, 0), EINVAL);
	refused(attach_limited(prog, 1, 0), EINVAL);
	expect(xbpf_said("init"), "%s", xbpf_words());
	refused(attach_limited(prog, 2, 0), EINVAL);
	expect(xbpf_said("kernel thread"), "%s", xbpf_words());
	refused(attach_limited(kprobe, getpid(), 0), EINVAL);
	expect(xbpf_said("syscall_filter"), "%s", xbpf_words());
	c.prog_fd = (__u32)prog;
	c.priority = 1;
	refused(xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c)), EINVAL);
	pthread_create(&t, NULL, tid_thread, (void *)&tid);
	while (!tid)
		usleep(1000);
	refused(attach_limited(prog, tid, 0), ESRCH);
	pthread_cancel(t);
	pthread_join(t, NULL);
	close(kprobe);
	close(prog);
}

/* ---- over time ---- */

static int loop_fd;

/*
 * Calls mkdir until it is told to stop; which answers came: bit 0 made, 1 denied, 2 anything else.
 */
static int looping(void)
{
	int seen = 0, ret;
	char byte;

	while (read(loop_fd, &byte, 1) < 0) {
		ret = try_mkdir();
		if (!ret)
			rmdir(DIR_MADE);
		seen |= !ret ? 1 : ret == EXDEV ? 2 : 4;
		sched_yield();
	}
	return seen;
}

static int loop_start(struct child *c)
{
	int pipes[2];

	if (pipe2(pipes, O_NONBLOCK))
		exit(1);
	loop_fd = pipes[0];
	*c = child_start(looping);
	close(pipes[0]);
	/* the child has a copy of the write end: one byte stops it, not the end of file */
	close(c->go);
	c->go = -1;
	return pipes[1];
}

static int loop_stop(struct child *c, int stop)
{
	int status = -1;

	if (write(stop, "s", 1) != 1)
		return -1;
	waitpid(c->pid, &status, 0);
	close(stop);
	return status;
}

static void comes_and_goes(void)
{
	int prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), i, link, stop;
	struct child c;

	stop = loop_start(&c);
	for (i = 0; i < 20; i++) {
		link = attach(prog, c.pid);
		usleep(5000);
		if (i % 2)
			expect_eq(xbpf_link_detach(link), 0);
		close(link);
		usleep(5000);
	}
	expect_eq(loop_stop(&c, stop), ENDED(3));
	rmdir(DIR_MADE);
	close(prog);
}

static int update(int link, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = (__u32)link;
	attr.link_update.new_prog_fd = (__u32)prog;
	return xbpf_sys(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

static void updated(void)
{
	int strict = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)),
		other = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV));
	int i, link, stop;
	struct child c;

	stop = loop_start(&c);
	link = attach(strict, c.pid);
	rmdir(DIR_MADE);
	usleep(10000);
	for (i = 0; i < 50; i++)
		expect_eq(update(link, i % 2 ? strict : other), 0);
	expect(!made(), "a call slipped through an update");
	loop_stop(&c, stop);
	expect_eq(info_of(link).miss_cnt, 0);
	close(link);
	close(strict);
	close(other);
}

/* A table by the number of the call, changed under the filter. */
static void tail_calls(void)
{
	int table = xbpf_table_new("calls", 512);
	int entry = filter(MOV_REG(R6, R1), LOAD(BPF_W, R3, R1, NR), TAIL_CALL(table),
			   RET(SECCOMP_RET_ALLOW));
	int no = filter(RET(SECCOMP_RET_ERRNO | EXDEV)), yes = filter(RET(SECCOMP_RET_ALLOW));
	int i, link = attach(entry, getpid());

	expect_eq(try_mkdir(), 0);
	expect(made(), "denied by an empty slot");
	for (i = 0; i < 20; i++) {
		expect_eq(xbpf_slot_set(table, SYS_mkdir, no), 0);
		expect_eq(try_mkdir(), EXDEV);
		expect_eq(xbpf_slot_set(table, SYS_mkdir, yes), 0);
		expect_eq(try_mkdir(), 0);
		rmdir(DIR_MADE);
		expect_eq(xbpf_slot_set(table, SYS_mkdir, no), 0);
		expect_eq(try_mkdir(), EXDEV);
		expect_eq(xbpf_slot_clear(table, SYS_mkdir), 0);
		expect_eq(try_mkdir(), 0);
		rmdir(DIR_MADE);
	}
	close(link);
	close(entry);
	close(no);
	close(yes);
	close(table);
}

static int blocked_read(void)
{
	char byte;

	return read(loop_fd, &byte, 1) == 1 && read(loop_fd, &byte, 1) == -1 && errno == EXDEV ? 0 : 1;
}

/* A call that has begun is not looked at again. */
static void call_under_way(void)
{
	int prog = filter(ON(SYS_read, SECCOMP_RET_ERRNO | EXDEV)), pipes[2], link, status, n = 0;
	char path[64], text[64] = "";
	struct child c;
	FILE *f;

	if (!expect(!pipe(pipes)))
		return;
	loop_fd = pipes[0];
	c = child_start(blocked_read);
	close(c.go);
	snprintf(path, sizeof(path), "/proc/%d/syscall", c.pid);
	/* "0 0x3 ...": in read() of that fd */
	do {
		usleep(2000);
		f = fopen(path, "r");
		if (f && fgets(text, sizeof(text), f) && strtol(text, NULL, 10) == 0 &&
		    strtol(strchr(text, ' ') ? strchr(text, ' ') : "", NULL, 16) == pipes[0])
			n = -1;
		if (f)
			fclose(f);
	} while (n >= 0 && n++ < 2000);
	expect_eq(n, -1);
	link = attach(prog, c.pid);
	expect_eq(write(pipes[1], "x", 1), 1);
	expect_eq(write(pipes[1], "x", 1), 1);
	waitpid(c.pid, &status, 0);
	expect_eq(status, ENDED(0));
	close(link);
	close(prog);
	close(pipes[0]);
	close(pipes[1]);
}

/* ---- beside others ---- */

static void strictest(void)
{
	struct child c = child_start(try_mkdir);
	int allow = filter(RET(SECCOMP_RET_ALLOW)), log = filter(ON(SYS_mkdir, SECCOMP_RET_LOG));
	int no = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), l[3];

	l[0] = attach(allow, c.pid);
	l[1] = attach(no, c.pid);
	l[2] = attach(log, c.pid);
	expect_eq(child_end(&c), ENDED(EXDEV));
	expect(!made(), "the call was made");
	expect_eq(info_of(l[0]).denied, 0);
	expect_eq(info_of(l[1]).denied, 1);
	expect_eq(info_of(l[0]).run_cnt, info_of(l[1]).run_cnt);
	close(l[0]);
	close(l[1]);
	close(l[2]);
	c = child_start(try_mkdir);
	l[0] = attach(no, c.pid);
	close(allow);
	allow = filter(ON(SYS_mkdir, SECCOMP_RET_KILL_PROCESS));
	l[1] = attach(allow, c.pid);
	expect_eq(SIGNAL_OF(child_end(&c)), SIGSYS);
	close(l[0]);
	close(l[1]);
	close(allow);
	close(log);
	close(no);
}

static int seccomp_mkdir(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 4, .filter = insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return 101;
	return try_mkdir();
}

static void beside_seccomp(void)
{
	expect_eq(under(filter(RET(SECCOMP_RET_ALLOW)), seccomp_mkdir), ENDED(EDOM));
	expect_eq(under(filter(ON(SYS_prctl, SECCOMP_RET_ERRNO | EXDEV)), seccomp_mkdir), ENDED(101));
	expect(!made(), "the call was made");
}

static int traced_call(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	return syscall(SYS_getpid, DIR_MADE, 0700) == -1 && errno == EXDEV ? 0 : 1;
}

/* A tracer makes a mkdir of a getpid: what is judged is what would be executed. */
static void tracer(void)
{
	struct child c = child_start(traced_call);
	int prog = filter(ON(SYS_mkdir, SECCOMP_RET_ERRNO | EXDEV)), link = attach(prog, c.pid),
		status = 0;

	close(c.go);
	waitpid(c.pid, &status, 0);
	expect(WIFSTOPPED(status), "status 0x%x", status);
	for (;;) {
		ptrace(PTRACE_SYSCALL, c.pid, 0, 0);
		if (waitpid(c.pid, &status, 0) < 0 || !WIFSTOPPED(status))
			break;
		if (ptrace(PTRACE_PEEKUSER, c.pid, ORIG_AX, 0) == SYS_getpid)
			ptrace(PTRACE_POKEUSER, c.pid, ORIG_AX, SYS_mkdir);
	}
	expect_eq(status, ENDED(0));
	expect(!made(), "the call was made");
	close(link);
	close(prog);
}

static int killed_traced(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	return try_mkdir();
}

static void tracer_cannot_save(void)
{
	struct child c = child_start(killed_traced);
	int prog = filter(ON(SYS_mkdir, SECCOMP_RET_KILL_PROCESS)), link = attach(prog, c.pid), status = 0;

	close(c.go);
	/* were the tracer asked, it would stop here and could drop the signal */
	waitpid(c.pid, &status, 0);
	expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "status 0x%x", status);
	if (WIFSTOPPED(status)) {
		kill(c.pid, SIGKILL);
		waitpid(c.pid, NULL, 0);
	}
	close(link);
	close(prog);
}

/* The first process of a pid namespace ignores most signals. */
static int namespace_init(void)
{
	int status = 0;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		return 101;
	pid = fork();
	if (!pid)
		_exit(try_mkdir());
	waitpid(pid, &status, 0);
	return SIGNAL_OF(status) == SIGSYS ? 0 : 1;
}

static void kills_namespace_init(void)
{
	expect_eq(under(filter(ON(SYS_mkdir, SECCOMP_RET_KILL_PROCESS)), namespace_init), ENDED(0));
}

static const struct tap_test tests[] = {
	{ "children and their children are filtered", descendants },
	{ "exec does not lift the filter", over_exec },
	{ "nor does exec in another thread than the leader", exec_by_thread },
	{ "nor does vfork with exec", over_vfork },
	{ "later threads are filtered", later_threads },
	{ "threads and children from before are filtered", existing_tasks },
	{ "neither siblings nor the parent are", others_not },
	{ "a process filters itself until the link is closed", itself },
	{ "240 forks under a filter: no call slips through, no task is left", storm },
	{ "attach while the process forks", attach_in_storm },
	{ "a limit of tasks: a child too many is killed", limited },
	{ "the process exits: the link stays, with no task", process_gone },
	{ "a process that has exited", zombie },
	{ "init, kernel threads, threads, other programs are refused", bad_targets },
	{ "filters come and go while calls are made", comes_and_goes },
	{ "update in place: no call slips through", updated },
	{ "tail calls by number, slots changed under the filter", tail_calls },
	{ "a call under way goes on, the next is judged", call_under_way },
	{ "of several filters the strictest counts", strictest },
	{ "seccomp's verdict stays, its set-up can be denied", beside_seccomp },
	{ "a tracer's change of the number is judged", tracer },
	{ "a tracer cannot keep the process alive", tracer_cannot_save },
	{ "the init of a pid namespace can be killed", kills_namespace_init },
};

/*
 * "--signals COMMAND...": the runner's shell ignores what a terminal sends, and so would all that
 * it starts
 */
int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "--signals")) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execvp(argv[2], argv + 2);
		return 127;
	}
	rmdir(DIR_MADE);
	return tap_run(tests, tap_count(tests));
}
