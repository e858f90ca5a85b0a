/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attach points as words: include/lists/hooks.h has a row for each kind.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "include/lists/hooks.h"
#include "errmsg.h"
#include "libxbpf.h"
#include "target.h"

/* The longest name that the module takes. */
#define NAME_MAX_LEN 127

static const struct kind {
	const char *word;	/* several for a type: the first is its name */
	enum xbpf_link_type type;
	enum xbpf_hook_form form;
} kinds[] = {
#define ROW(word, NUMBER, ops, PROG_TYPE, FORM) { word, XBPF_LINK_##NUMBER, XBPF_FORM_##FORM },
	XBPF_HOOKS(ROW)
#undef ROW
	/* other spellings */
	{ "raw_tracepoint", XBPF_LINK_RAW_TRACEPOINT, XBPF_FORM_TRACEPOINT },
	{ "tp", XBPF_LINK_TRACEPOINT, XBPF_FORM_EVENT },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static const struct kind *find(unsigned int type)
{
	size_t i;

	for (i = 0; i < N_KINDS; i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

const char *xbpf_link_type_name(unsigned int type)
{
	static _Thread_local char other[24];
	const struct kind *k = find(type);

	if (k)
		return k->word;
	snprintf(other, sizeof(other), "type 0x%x", type);
	return other;
}

int xbpf_attach_kind(struct xbpf_attach *at, const char *word)
{
	char list[256];
	size_t i, n = 0;

	for (i = 0; i < N_KINDS; i++) {
		if (!strcmp(kinds[i].word, word)) {
			at->type = kinds[i].type;
			return 0;
		}
		n += snprintf(list + n, n < sizeof(list) ? sizeof(list) - n : 0, "%s%s",
			      i ? ", " : "", kinds[i].word);
	}
	return errmsg_set(-EINVAL, "'%s' is no kind of attach point; there are %s", word, list);
}

const char *xbpf_attach_what(unsigned int type)
{
	const struct kind *k = find(type);

	switch (k ? k->form : XBPF_FORM_FUNCTION) {
	case XBPF_FORM_FUNCTION:
		return "a function (SYMBOL, SYMBOL+OFFSET or 0xADDRESS)";
	case XBPF_FORM_PATTERN:
		return "a pattern of functions ('tcp_*')";
	case XBPF_FORM_TRACEPOINT:
		return "the name of a tracepoint (sched_switch)";
	case XBPF_FORM_EVENT:
		return "a tracepoint (CATEGORY/NAME, as sched/sched_switch)";
	case XBPF_FORM_DEVICE:
		return "a network device";
	case XBPF_FORM_PROCESS:
		return "the id of a process";
	}
	return "";
}

bool target_is_device(unsigned int type)
{
	const struct kind *k = find(type);

	return k && k->form == XBPF_FORM_DEVICE;
}

static int parse_u64(const char *text, __u64 *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

static int keep_name(struct xbpf_attach *at, const char *what, const char *text, size_t len,
		     char *name, size_t size)
{
	if (len > NAME_MAX_LEN || len >= size)
		return errmsg_set(-EINVAL,
				  "the name of the %s is %zu characters long, the longest is %d",
				  what, len, NAME_MAX_LEN);
	memcpy(name, text, len);
	name[len] = '\0';
	at->symbol = name;
	return 0;
}

static int parse_function(struct xbpf_attach *at, const char *where, char *name, size_t size)
{
	const char *plus;
	size_t len;
	int err;

	if (where[0] >= '0' && where[0] <= '9') {
		if (strncmp(where, "0x", 2) || parse_u64(where, &at->addr) || !at->addr)
			return errmsg_set(-EINVAL,
					  "'%s' is no kernel address: write it as 0xffffffff81000000, or name a function",
					  where);
		return 0;
	}
	plus = strchr(where, '+');
	len = plus ? (size_t)(plus - where) : strlen(where);
	if (!len)
		return errmsg_set(-EINVAL,
				  "'%s' names no function: write SYMBOL, SYMBOL+OFFSET or "
				  "0xADDRESS", where);
	err = keep_name(at, "function", where, len, name, size);
	if (err)
		return err;
	if (plus && parse_u64(plus + 1, &at->offset))
		return errmsg_set(-EINVAL, "'%s' in '%s' is no offset: write it as %.*s+0x10",
				  plus + 1, where, (int)len, where);
	return 0;
}

static int parse_name(struct xbpf_attach *at, const char *where, char *name, size_t size)
{
	if (!*where || strpbrk(where, "/:"))
		return errmsg_set(-EINVAL,
				  "'%s' names no raw tracepoint: write its name alone, as "
				  "sched_switch", where);
	return keep_name(at, "tracepoint", where, strlen(where), name, size);
}

static int parse_event(struct xbpf_attach *at, const char *where, char *name, size_t size)
{
	size_t category = strcspn(where, "/:");
	int err;

	if (!category || !where[category] || !where[category + 1] || strpbrk(where + category + 1, "/:"))
		return errmsg_set(-EINVAL,
				  "'%s' names no tracepoint: write CATEGORY/NAME, as "
				  "sched/sched_switch", where);
	err = keep_name(at, "tracepoint", where, strlen(where), name, size);
	if (!err)
		name[category] = '/';
	return err;
}

static int parse_device(struct xbpf_attach *at, const char *where, char *name, size_t size)
{
	at->target = if_nametoindex(where);
	if (!at->target)
		return errmsg_set(-ENODEV,
				  "there is no network device '%s' in this network namespace; "
				  "`ip link` lists them", where);
	snprintf(name, size, "%s", where);
	return 0;
}

static int parse_process(struct xbpf_attach *at, const char *where)
{
	__u64 pid;

	if (parse_u64(where, &pid) || !pid || pid > 0x7fffffff)
		return errmsg_set(-EINVAL, "'%s' is no id of a process", where);
	at->target = pid;
	return 0;
}

int xbpf_attach_parse(struct xbpf_attach *at, const char *where, char *name, size_t size)
{
	const struct kind *k = find(at->type);

	at->symbol = NULL;
	at->offset = 0;
	at->addr = 0;
	at->target = 0;
	switch (k ? k->form : XBPF_FORM_FUNCTION) {
	case XBPF_FORM_FUNCTION:
		if (!strpbrk(where, "*?["))
			return parse_function(at, where, name, size);
		at->type = at->type == XBPF_LINK_KRETPROBE ? XBPF_LINK_KRETPROBE_MULTI : XBPF_LINK_KPROBE_MULTI;
		/* fall through */
	case XBPF_FORM_PATTERN:
		if (!*where)
			return errmsg_set(-EINVAL, "a pattern of functions is missing, as 'tcp_*'");
		return keep_name(at, "pattern", where, strlen(where), name, size);
	case XBPF_FORM_TRACEPOINT:
		return parse_name(at, where, name, size);
	case XBPF_FORM_EVENT:
		return parse_event(at, where, name, size);
	case XBPF_FORM_DEVICE:
		return parse_device(at, where, name, size);
	case XBPF_FORM_PROCESS:
		return parse_process(at, where);
	}
	return -EINVAL;
}

int xbpf_attach_point(struct xbpf_attach *at, const char *point, char *name, size_t size)
{
	size_t len = strcspn(point, ":/");
	char word[32];
	int err;

	if (!len || !point[len] || len >= sizeof(word))
		return errmsg_set(-EINVAL,
				  "'%s' is no attach point: write KIND:PLACE, as kprobe:do_exit, "
				  "tracepoint:sched/sched_switch or ingress:eth0", point);
	memcpy(word, point, len);
	word[len] = '\0';
	err = xbpf_attach_kind(at, word);
	return err ? err : xbpf_attach_parse(at, point + len + 1, name, size);
}

void xbpf_attach_text(const struct xbpf_attach *at, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s:", xbpf_link_type_name(at->type));

	if (at->type == XBPF_LINK_SYSCALL_FILTER)
		snprintf(buf + len, size - len, "%u", at->target);
	else
		target_describe(at, buf + len, size - len);
}

void target_describe(const struct xbpf_attach *at, char *buf, size_t size)
{
	char dev[IF_NAMESIZE];

	if (at->symbol && at->offset)
		snprintf(buf, size, "%s+0x%llx", at->symbol, at->offset);
	else if (at->symbol)
		snprintf(buf, size, "%s", at->symbol);
	else if (at->addr)
		snprintf(buf, size, "0x%llx", at->addr);
	else if (target_is_device(at->type) && if_indextoname(at->target, dev))
		snprintf(buf, size, "%s", dev);
	else
		snprintf(buf, size, "%s %u", target_is_device(at->type) ? "device" : "process", at->target);
}
