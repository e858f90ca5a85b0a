/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One row per kind of section; a new attach point is a row here.
 */
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "errmsg.h"
#include "libxbpf.h"
#include "section.h"

static const struct section {
	const char *name;
	const char *form;		/* for whoever asks what there is */
	unsigned int link_type;		/* 0: nothing to attach to */
	const char *symbol;		/* how the target becomes a function's name */
} sections[] = {
	{ "kprobe",	 "kprobe/FUNCTION",	XBPF_LINK_KPROBE,	"%s" },
	{ "kretprobe",	 "kretprobe/FUNCTION",	XBPF_LINK_KRETPROBE,	"%s" },
	{ "ksyscall",	 "ksyscall/CALL",	XBPF_LINK_KPROBE,	"__x64_sys_%s" },
	{ "kretsyscall", "kretsyscall/CALL",	XBPF_LINK_KRETPROBE,	"__x64_sys_%s" },
	{ "socket",	 "socket",		0,			NULL },
};

#define N_SECTIONS (sizeof(sections) / sizeof(*sections))

static const struct section *find(const char *name)
{
	size_t i, len;

	if (*name == '?')	/* "?kprobe/x": not loaded unless asked for */
		name++;
	len = strcspn(name, "/");
	for (i = 0; i < N_SECTIONS; i++)
		if (strlen(sections[i].name) == len && !strncmp(sections[i].name, name, len))
			return &sections[i];
	return NULL;
}

bool section_known(const char *name)
{
	return find(name);
}

void section_list(char *buf, size_t size)
{
	size_t i, at = 0;

	buf[0] = '\0';
	for (i = 0; i < N_SECTIONS && at < size; i++)
		at += snprintf(buf + at, size - at, "%s%s", i ? ", " : "", sections[i].form);
}

int xbpf_prog_target(const struct bpf_program *prog, struct xbpf_attach *at, char *name, size_t size)
{
	const char *section = bpf_program__section_name(prog);
	const struct section *s = find(section);
	const char *target = strchr(section, '/');
	char where[256];
	int err;

	if (!s || !s->link_type || !target || !target[1])
		return 0;
	snprintf(where, sizeof(where), s->symbol, target + 1);
	memset(at, 0, sizeof(*at));
	at->type = s->link_type;
	err = xbpf_attach_parse(at, where, name, size);
	if (err)
		return errmsg_set(err, "program '%s', SEC(\"%s\"): %s", bpf_program__name(prog), section, xbpf_errmsg());
	return 1;
}
