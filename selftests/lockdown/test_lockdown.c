/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lockdown, raised here and never taken back: this program has a boot of its own. What bpf(2),
 * kprobes and tracefs refuse, xbpf refuses; what was begun before can be ended.
 */
#include <linux/bpf.h>
#include "kernel/dev.h"
#include "tap.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"

static const __u32 readers[] = {
	BPF_FUNC_probe_read, BPF_FUNC_probe_read_str, BPF_FUNC_probe_read_kernel,
	BPF_FUNC_probe_read_kernel_str,
};

static bool raise_to(const char *level)
{
	int fd = open(LOCKDOWN, O_WRONLY);
	bool done = fd >= 0 && write(fd, level, strlen(level)) == (ssize_t)strlen(level);

	close(fd);
	return done;
}

static int reading(__u32 helper)
{
	return kprobe_prog("reads", 0, MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -16),
			   MOV_IMM(R2, 8), MOV_IMM(R3, 0),
			   CALL((__s32)helper), MOV_IMM(R0, 0), EXIT);
}

/* bpf_snprintf(fp - 16, 8, "%s", data, 8): its format comes from a frozen map */
static int formatting(void)
{
	int map = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "format", 4, 8, 1, BPF_F_RDONLY_PROG), prog;
	union bpf_attr attr;
	__u32 key = 0;

	xbpf_map_update(map, &key, "%s\0\0\0\0\0", 0);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	xbpf_sys(BPF_MAP_FREEZE, &attr, sizeof(attr));
	prog = kprobe_prog("formats", 0, STORE_IMM(BPF_DW, R10, -8, 0), MOV_REG(R1, R10),
			   ALU64_IMM(BPF_ADD, R1, -16),
			   MOV_IMM(R2, 8), LOAD_VALUE(R3, map, 0), MOV_REG(R4, R10), ALU64_IMM(BPF_ADD, R4, -8),
			   MOV_IMM(R5, 8), CALL(BPF_FUNC_snprintf), MOV_IMM(R0, 0), EXIT);
	close(map);
	return prog;
}

static int printing(void)
{
	return kprobe_prog("prints", 0, STORE_IMM(BPF_W, R10, -4, 's' << 8 | '%'), MOV_REG(R1, R10),
			   ALU64_IMM(BPF_ADD, R1, -4), MOV_IMM(R2, 4), MOV_IMM(R3, 0), CALL(BPF_FUNC_trace_printk),
			   MOV_IMM(R0, 0), EXIT);
}

/* ---- what is tried, before and after ---- */

static const struct hook {
	__u32 type, prog_type;
	const char *symbol;
	bool locked;		/* confidentiality refuses it */
	const char *words;
} hooks[] = {
	{ XBPF_LINK_KPROBE, BPF_PROG_TYPE_KPROBE, EVENT_SYMBOL, true, "a kprobe: refused" },
	{ XBPF_LINK_KRETPROBE, BPF_PROG_TYPE_KPROBE, EVENT_SYMBOL, true, "a kretprobe: refused" },
	{ XBPF_LINK_KPROBE_MULTI, BPF_PROG_TYPE_KPROBE, EVENT_SYMBOL, true, "a kprobe: refused" },
	{ XBPF_LINK_KRETPROBE_MULTI, BPF_PROG_TYPE_KPROBE, EVENT_SYMBOL, true, "a kretprobe: refused" },
	{ XBPF_LINK_RAW_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT, "sched_process_exit", true,
	  "a raw tracepoint: refused" },
	{ XBPF_LINK_TRACEPOINT, BPF_PROG_TYPE_TRACEPOINT, "sched/sched_process_exit", true,
	  "a tracepoint: refused" },
	{ XBPF_LINK_TAP, BPF_PROG_TYPE_SOCKET_FILTER, NULL, false, NULL },
	{ XBPF_LINK_INGRESS, BPF_PROG_TYPE_SCHED_CLS, NULL, false, NULL },
	{ XBPF_LINK_EGRESS, BPF_PROG_TYPE_SCHED_CLS, NULL, false, NULL },
};

static int progs[ARRAY_SIZE(hooks)], links[ARRAY_SIZE(hooks)];
static int old_reader;

static int plain(__u32 type)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };

	return xbpf_prog_load(type, "plain", insns, ARRAY_SIZE(insns), 0);
}

static int link_new(unsigned int i)
{
	const __u64 symbols[] = { (uintptr_t)hooks[i].symbol };
	struct xbpf_link_create c = { .type = hooks[i].type, .prog_fd = (__u32)progs[i] };

	if (hooks[i].type == XBPF_LINK_KPROBE_MULTI || hooks[i].type == XBPF_LINK_KRETPROBE_MULTI) {
		c.symbols = (uintptr_t)symbols;
		c.count = 1;
	} else {
		c.symbol = (uintptr_t)hooks[i].symbol;
	}
	c.target = !hooks[i].symbol;	/* lo */
	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static int link_update(int link, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = (__u32)link;
	attr.link_update.new_prog_fd = (__u32)prog;
	return xbpf_sys(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

static void loaded(int fd, const char *what)
{
	expect(fd >= 0, "%s: %s", what, xbpf_words());
	close(fd);
}

static void everything_works(void)
{
	unsigned int i;
	int link;

	for (i = 0; i < ARRAY_SIZE(readers); i++)
		loaded(reading(readers[i]), "reading");
	loaded(formatting(), "formatting");
	loaded(printing(), "printing");
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		link = link_new(i);
		expect(link >= 0, "link type 0x%x: %s", hooks[i].type, xbpf_words());
		close(link);
	}
}

static void before(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		progs[i] = plain(hooks[i].prog_type);
	old_reader = reading(BPF_FUNC_probe_read_kernel);
	everything_works();
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		links[i] = link_new(i);
}

static void integrity(void)
{
	if (expect(raise_to("integrity"), "%s: %s", LOCKDOWN, strerror(errno)))
		everything_works();
}

static void confidentiality(void)
{
	expect(raise_to("confidentiality"), "%s: %s", LOCKDOWN, strerror(errno));
}

static void refused_load(int fd)
{
	refused(fd, EPERM);
	expect(xbpf_said("a program that reads the kernel's memory (bpf_") &&
	       xbpf_said("locked down"), "%s",
	       xbpf_words());
}

static void no_reading(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(readers); i++)
		refused_load(reading(readers[i]));
	refused_load(formatting());
	refused_load(printing());
	/* memory of processes is not the kernel's */
	loaded(reading(BPF_FUNC_probe_read_user), "probe_read_user");
	loaded(plain(BPF_PROG_TYPE_KPROBE), "a kprobe program that reads nothing");
}

static void no_probes(void)
{
	unsigned int i;
	int link;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		link = link_new(i);
		if (!hooks[i].locked) {
			expect(link >= 0, "link type 0x%x: %s", hooks[i].type, xbpf_words());
			close(link);
			continue;
		}
		refused(link, EPERM);
		expect(xbpf_said(hooks[i].words), "%s", xbpf_words());
		refused(link_update(links[i], progs[i]), EPERM);
		expect(xbpf_said(hooks[i].words), "%s", xbpf_words());
	}
}

static void older_program(void)
{
	errno = 0;
	refused((int)xbpf_run(old_reader, NULL, 1), EPERM);
	expect(xbpf_said("locked down"), "%s", xbpf_words());
	expect(xbpf_run(progs[0], NULL, 1) == 0, "one that reads nothing: %s", xbpf_words());
}

static void ends(void)
{
	struct xbpf_link_info info;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		expect_eq(xbpf_link_info_get(links[i], &info), 0);
		expect_eq(info.attached, 1);
		expect_eq(xbpf_link_detach(links[i]), 0);
		close(links[i]);
		close(progs[i]);
	}
	close(old_reader);
}

static const struct tap_test tests[] = {
	{ "without lockdown all of it works", before },
	{ "integrity refuses nothing that xbpf has", integrity },
	{ "confidentiality is there", confidentiality },
	{ "no program that reads the kernel's memory is loaded", no_reading },
	{ "no probe or tracepoint is attached or updated; packets go on", no_probes },
	{ "a program from before does not run for the asking", older_program },
	{ "links from before can be detached", ends },
};

int main(void)
{
	xbpf_open();
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	return tap_run(tests, tap_count(tests));
}
