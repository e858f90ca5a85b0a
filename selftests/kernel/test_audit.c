/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is loaded and attached stands in the audit log, as a listener on its netlink socket reads
 * it; and nothing when audit is off.
 */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include "trace.h"

#ifndef AUDIT_NLGRP_READLOG
#define AUDIT_NLGRP_READLOG 1
#endif

#define RECORDS 256

static int listener = -1;
static char record[RECORDS][256];
static unsigned int record_cnt;

static int audit_socket(unsigned int groups)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd >= 0 && bind(fd, (void *)&addr, sizeof(addr))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* 0, or an errno as the kernel acknowledges. */
static int audit_switch(bool on)
{
	struct {
		struct nlmsghdr head;
		struct audit_status status;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask), .nlmsg_type = AUDIT_SET,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.status = { .mask = AUDIT_STATUS_ENABLED, .enabled = on },
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char more[512];
	} answer = { .err.error = -EIO };
	int fd = audit_socket(0);

	if (fd < 0)
		return errno;
	if (send(fd, &ask, sizeof(ask), 0) == sizeof(ask))
		while (recv(fd, &answer, sizeof(answer), 0) > 0 && answer.head.nlmsg_type != NLMSG_ERROR)
			;
	close(fd);
	return -answer.err.error;
}

/* Reads until @text has been said since the last forget(): within 10 s? */
static bool is_recorded(const char *text)
{
	struct pollfd in = { .fd = listener, .events = POLLIN };
	char buf[9000];
	struct nlmsghdr *head = (void *)buf;
	unsigned int i = 0;
	ssize_t n;

	for (;;) {
		for (; i < record_cnt; i++)
			if (strstr(record[i], text))
				return true;
		if (record_cnt == RECORDS || poll(&in, 1, 10000) <= 0)
			return false;
		n = recv(listener, buf, sizeof(buf) - 1, 0);
		if (n < (ssize_t)sizeof(*head) || head->nlmsg_type != AUDIT_BPF)
			continue;
		buf[n] = '\0';
		snprintf(record[record_cnt++], sizeof(*record), "%.250s ", (char *)(head + 1));
	}
}

static void forget(void)
{
	record_cnt = 0;
}

static void recorded(const char *what, const char *text)
{
	expect(is_recorded(text), "%s: no record with '%s'", what, text);
}

static void life(void)
{
	int prog = kprobe_prog("audited", 0, MOV_IMM(R0, 0), EXIT), other, link;
	__u32 id = xbpf_prog_id(prog), other_id;
	struct xbpf_link_info info;
	char text[128];

	made(prog);
	snprintf(text, sizeof(text), " prog-id=%u op=LOAD device=xbpf ", id);
	recorded("a load", text);
	link = xbpf_kprobe(prog, EVENT_SYMBOL);
	made(link);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	snprintf(text, sizeof(text), " link-id=%u prog-id=%u op=ATTACH device=xbpf ", info.id, id);
	recorded("an attach", text);
	other = kprobe_prog("other", 0, MOV_IMM(R0, 0), EXIT);
	other_id = xbpf_prog_id(other);
	expect_eq(link_update(link, other, 0, 0), 0);
	snprintf(text, sizeof(text), " link-id=%u prog-id=%u op=UPDATE device=xbpf ", info.id, other_id);
	recorded("an update", text);
	close(prog);
	snprintf(text, sizeof(text), " prog-id=%u op=UNLOAD device=xbpf ", id);
	recorded("the end of a program", text);
	close(other);
	close(link);
	snprintf(text, sizeof(text), " link-id=%u prog-id=%u op=DETACH device=xbpf ", info.id, other_id);
	recorded("a last close", text);
	snprintf(text, sizeof(text), " prog-id=%u op=UNLOAD device=xbpf ", other_id);
	recorded("the program that the link held", text);
}

static void detached(void)
{
	int prog = kprobe_prog("audited", 0, MOV_IMM(R0, 0), EXIT), link = xbpf_kprobe(prog, EVENT_SYMBOL);
	struct xbpf_link_info info;
	char text[128];

	made(link);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(xbpf_link_detach(link), 0);
	snprintf(text, sizeof(text), "link-id=%u prog-id=%u op=DETACH ", info.id, xbpf_prog_id(prog));
	recorded("a detach", text);
	forget();
	close(link);	/* is none any more */
	close(prog);
	recorded("the program's end", "op=UNLOAD");
	expect(!strstr(record[0], "DETACH"), "detached twice: %s", record[0]);
}

/* Who was refused has loaded nothing. */
static void refusal(void)
{
	const struct bpf_insn endless[] = { JUMP(-1), EXIT };
	int prog;

	forget();
	refused(xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "endless", endless, 2, 0), EINVAL);
	prog = kprobe_prog("audited", 0, MOV_IMM(R0, 0), EXIT);
	made(prog);
	recorded("the next load", "op=LOAD");
	expect_eq(record_cnt, 1);
	close(prog);
	recorded("its end", "op=UNLOAD");
}

static void off(void)
{
	char text[128];
	int prog;

	expect_eq(audit_switch(false), 0);
	prog = kprobe_prog("silent", 0, MOV_IMM(R0, 0), EXIT);
	made(prog);
	snprintf(text, sizeof(text), "prog-id=%u op=LOAD", xbpf_prog_id(prog));
	expect_eq(audit_switch(true), 0);
	forget();
	close(prog);
	recorded("its end", "op=UNLOAD");
	expect_eq(record_cnt, 1);
	expect(!strstr(record[0], text), "recorded while audit was off");
}

static const struct tap_test tests[] = {
	{ "load, attach, update, end", life },
	{ "a detach, once", detached },
	{ "nothing of what is refused", refusal },
	{ "nothing when audit is off", off },
};

int main(void)
{
	int failed;

	if (xbpf_open() < 0 || audit_switch(true)) {
		printf("Bail out! no /dev/xbpf, or audit cannot be switched on\n");
		return 1;
	}
	listener = audit_socket(1U << (AUDIT_NLGRP_READLOG - 1));
	failed = tap_run(tests, tap_count(tests));
	audit_switch(false);
	return failed;
}
