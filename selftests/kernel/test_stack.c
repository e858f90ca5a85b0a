/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's unwinder goes through compiled code: a stack trace taken in what a helper calls
 * names, behind the program's frames, the functions that ran the program, down to the system call.
 *
 * The trace comes from the kernel itself: a probe event of tracefs with the stacktrace trigger.
 */
#include "dev.h"
#include "../tap.h"

#define TRACEFS "/sys/kernel/tracing/"
#define PROBED	"copy_from_kernel_nofault"	/* what bpf_probe_read_kernel calls */
#define TRIGGER	TRACEFS "events/kprobes/xbpf_stack/trigger"

__attribute__((format(printf, 2, 3)))
static bool write_to(const char *path, const char *fmt, ...)
{
	int fd = open(path, O_WRONLY | O_APPEND), err;
	char text[256];
	va_list ap;
	ssize_t n;

	if (fd < 0)
		return false;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = write(fd, text, (size_t)n) == n;
	err = errno;
	close(fd);
	errno = err;
	return n;
}

/* The last stack trace: the symbols from the innermost on, each with a space behind. */
static void last_trace(char *text, size_t size)
{
	FILE *f = fopen(TRACEFS "trace", "r");
	char line[512], symbol[256];

	text[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		if (strstr(line, "<stack trace>"))
			text[0] = '\0';
		else if (sscanf(line, " => %250s", symbol) == 1 && strlen(text) + strlen(symbol) + 2 < size)
			strcat(strcat(text, symbol), " ");
	}
	if (f)
		fclose(f);
}

static const char *skip_to(const char *text, const char *word)
{
	const char *at = text ? strstr(text, word) : NULL;

	return at ? at + strlen(word) : NULL;
}

/* @frames of compiled code, one behind the other, then ours, then the ioctl. */
static void expect_trace(int prog, u_int32_t frames)
{
	char text[8192];
	const char *at = text;
	u_int32_t n = 0;

	if (!expect(truncate(TRACEFS "trace", 0) == 0, "the trace cannot be emptied") ||
	    !expect(prog >= 0, "%s", xbpf_words()))
		return;
	expect(xbpf_run(prog, NULL, 1) >= 0, "%s", xbpf_words());
	last_trace(text, sizeof(text));
	while (skip_to(at, "xbpf_text_area ")) {
		at = skip_to(at, "xbpf_text_area ");
		n++;
	}
	expect(n == frames, "%u frames of compiled code, not %u", n, frames);
	/* whoever ran the program, then how it was asked to */
	expect(!strncmp(at, "xbpf_", 5) || strstr(at, " xbpf_") || strstr(at, "test_run"),
	       "nothing of ours behind the program");
	expect(skip_to(skip_to(at, "__x64_sys_ioctl"), "do_syscall_64"), "no system call behind it");
	if (tap_state.bad)
		tap_diag("the trace: %s", text);
}

/* eight bytes of nowhere, to the stack */
#define READ \
	MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8), MOV_IMM(R3, 0), \
		CALL(BPF_FUNC_probe_read_kernel)

static void from_program(void)
{
	int prog = kprobe_prog("reads", 0, READ, MOV_IMM(R0, 0), EXIT);

	expect_trace(prog, 1);
	close(prog);
}

static void from_subprogram(void)
{
	int prog = kprobe_prog("calls", 0,
			       MOV_IMM(R1, 1), CALL_SUB(2), MOV_IMM(R0, 0), EXIT,
			       CALL_SUB(2), MOV_IMM(R0, 0), EXIT,
			       READ, MOV_IMM(R0, 0), EXIT);

	expect_trace(prog, 3);
	close(prog);
}

/* A tail call leaves the frame to the next program, whose stack is larger here. */
static void behind_tail_call(void)
{
	int table = xbpf_table_new("next", 2);
	int last = kprobe_prog("last", 0, STORE_IMM(BPF_DW, R10, -64, 0), READ, MOV_IMM(R0, 0), EXIT);
	int known = kprobe_prog("known", 0, MOV_IMM(R3, 1), TAIL_CALL(table), MOV_IMM(R0, 1), EXIT);
	int unknown = kprobe_prog("unknown", 0, LOAD(BPF_DW, R3, R1, 0), ALU64_IMM(BPF_ADD, R3, 1),
				  TAIL_CALL(table), MOV_IMM(R0, 1), EXIT);

	expect(!xbpf_slot_set(table, 1, last), "%s", xbpf_words());
	expect_trace(known, 1);
	expect_trace(unknown, 1);
	close(known);
	close(unknown);
	close(last);
	close(table);
}

static const struct tap_test tests[] = {
	{ "a trace goes through a program", from_program },
	{ "a trace goes through subprograms", from_subprogram },
	{ "a trace goes through a program that was tail-called", behind_tail_call },
};

int main(void)
{
	int failed;

	mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	if (!write_to(TRACEFS "kprobe_events", "p:kprobes/xbpf_stack " PROBED "\n") ||
	    !write_to(TRIGGER, "stacktrace if common_pid == %d\n", getpid())) {
		printf("Bail out! no probe event on " PROBED ": %s\n", strerror(errno));
		return 1;
	}
	failed = tap_run(tests, tap_count(tests));
	write_to(TRIGGER, "!stacktrace\n");
	write_to(TRACEFS "kprobe_events", "-:kprobes/xbpf_stack\n");
	write_to(TRACEFS "trace", "\n");
	return failed;
}
