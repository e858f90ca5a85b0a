/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SEC() of programs: those of the hooks in include/lists/hooks.h, and other spellings.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "include/lists/hooks.h"
#include "errmsg.h"
#include "libxbpf.h"
#include "object.h"
#include "section.h"
#include "target.h"

/* What stands behind the name. */
#define BEHIND_FUNCTION		"/" XBPF_FORM_FUNCTION_NAME
#define BEHIND_PATTERN		"/" XBPF_FORM_PATTERN_NAME
#define BEHIND_TRACEPOINT	"/" XBPF_FORM_TRACEPOINT_NAME
#define BEHIND_EVENT		"/" XBPF_FORM_EVENT_NAME
#define BEHIND_DEVICE		"[/" XBPF_FORM_DEVICE_NAME "]"
#define BEHIND_PROCESS		""

static const struct section {
	const char *name;		/* what stands before the target; may have a slash of its own */
	const char *form;		/* for whoever asks what there is; NULL: another spelling */
	unsigned int link_type;		/* 0: nothing to attach to */
	const char *target;		/* how the target becomes a name; NULL: as it is */
	unsigned int prog_type;		/* libbpf is told of the section; 0: it knows it, in all versions */
	bool alone;			/* nothing may stand behind the name: libbpf would not know it */
} sections[] = {
/* libbpf knows those of functions and tracepoints; nothing attaches to a process by itself */
#define ROW(word, NUMBER, ops, PROG_TYPE, FORM)							\
	{ word, word BEHIND_##FORM, XBPF_FORM_##FORM == XBPF_FORM_PROCESS ? 0 : XBPF_LINK_##NUMBER,	\
	  NULL, XBPF_FORM_##FORM < XBPF_FORM_DEVICE ? 0 : (PROG_TYPE),				\
	  XBPF_FORM_##FORM == XBPF_FORM_PROCESS },
	XBPF_HOOKS(ROW)
#undef ROW
	{ "ksyscall", "ksyscall/CALL", XBPF_LINK_KPROBE, "__x64_sys_%s", 0, false },
	{ "kretsyscall", "kretsyscall/CALL", XBPF_LINK_KRETPROBE, "__x64_sys_%s", 0, false },
	{ "raw_tracepoint", NULL, XBPF_LINK_RAW_TRACEPOINT, NULL, 0, false },
	{ "tp", NULL, XBPF_LINK_TRACEPOINT, NULL, 0, false },
	{ "socket", "socket", 0, NULL, 0, true },
	{ "tcx/ingress", "tcx/ingress", XBPF_LINK_INGRESS, NULL, BPF_PROG_TYPE_SCHED_CLS, true },
	{ "tcx/egress", "tcx/egress", XBPF_LINK_EGRESS, NULL, BPF_PROG_TYPE_SCHED_CLS, true },
	{ "tc/ingress", NULL, XBPF_LINK_INGRESS, NULL, BPF_PROG_TYPE_SCHED_CLS, true },
	{ "tc/egress", NULL, XBPF_LINK_EGRESS, NULL, BPF_PROG_TYPE_SCHED_CLS, true },
	{ "tc", "tc", XBPF_LINK_INGRESS, NULL, 0, true },
	{ "classifier", NULL, XBPF_LINK_INGRESS, NULL, 0, true },
};

#define N_SECTIONS (sizeof(sections) / sizeof(*sections))

static void tell_libbpf(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts);
	char pattern[32];
	size_t i;

	for (i = 0; i < N_SECTIONS; i++) {
		if (!sections[i].prog_type)
			continue;
		snprintf(pattern, sizeof(pattern), "%s%s", sections[i].name, sections[i].alone ? "" : "+");
		libbpf_register_prog_handler(pattern, sections[i].prog_type, 0, &opts);
	}
}

void section_handlers(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, tell_libbpf);
}

/* *target: what stands behind it, or NULL */
static const struct section *find(const char *name, const char **target)
{
	size_t i, len;

	if (*name == '?')	/* "?kprobe/x": not loaded unless asked for */
		name++;
	for (i = 0; i < N_SECTIONS; i++) {
		len = strlen(sections[i].name);
		if (strncmp(sections[i].name, name, len) ||
		    (name[len] && (name[len] != '/' || sections[i].alone)))
			continue;
		*target = name[len] && name[len + 1] ? name + len + 1 : NULL;
		return &sections[i];
	}
	return NULL;
}

bool section_known(const char *name)
{
	const char *target;

	return find(name, &target);
}

void section_list(char *buf, size_t size)
{
	size_t i, at = 0;

	buf[0] = '\0';
	for (i = 0; i < N_SECTIONS && at < size; i++)
		if (sections[i].form)
			at += snprintf(buf + at, size - at, "%s%s", i ? ", " : "", sections[i].form);
}

int xbpf_section_target(const char *section, const char *dev, struct xbpf_attach *at, char *name,
			size_t size)
{
	const char *target = NULL;
	const struct section *s = find(section, &target);
	char where[256];
	int err;

	if (!s || !s->link_type)
		return 0;
	if (!target && target_is_device(s->link_type))
		target = dev;
	if (!target)
		return 0;
	if (s->target)
		snprintf(where, sizeof(where), s->target, target);
	else
		snprintf(where, sizeof(where), "%s", target);
	memset(at, 0, sizeof(*at));
	at->type = s->link_type;
	err = xbpf_attach_parse(at, where, name, size);
	return err ? errmsg_set(err, "SEC(\"%s\"): %s", section, xbpf_errmsg()) : 1;
}

int xbpf_prog_target(const struct xbpf_object *obj, const struct bpf_program *prog,
		     struct xbpf_attach *at, char *name, size_t size)
{
	int ret = xbpf_section_target(bpf_program__section_name(prog), obj->dev, at, name, size);

	if (ret < 0)
		return errmsg_set(ret, "program '%s', %s", bpf_program__name(prog), xbpf_errmsg());
	return ret;
}
