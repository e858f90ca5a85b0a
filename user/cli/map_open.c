/* SPDX-License-Identifier: GPL-2.0 */
/* Opens the map that the command line names, and reads keys and values for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "data.h"
#include "info.h"
#include "map.h"
#include "out.h"
#include "spec.h"

void map_close(struct open_map *m)
{
	map_view_close(&m->view);
	if (m->view.fd >= 0)
		close(m->view.fd);
	free(m->key);
	free(m->next);
	free(m->value);
}

int map_open(struct args *args, struct open_map *m)
{
	int fd;

	memset(m, 0, sizeof(*m));
	m->view.fd = -1;
	fd = spec_one(args, XBPF_KIND_MAP);
	if (fd < 0)
		return -1;
	if (map_view_open(&m->view, fd)) {
		m->view.fd = fd;
		map_close(m);
		return -1;
	}
	m->key = calloc(1, m->view.info.key_size + 1);
	m->next = calloc(1, m->view.info.key_size + 1);
	m->value = calloc(m->view.cpus, m->view.stride + 8);
	if (m->key && m->next && m->value)
		return 0;
	map_close(m);
	return out_error("out of memory");
}

/* "map 3 (counts)" */
const char *map_label(const struct open_map *m)
{
	static char label[64];

	snprintf(label, sizeof(label), "map %u (%s)", m->view.info.id, m->view.info.name);
	return label;
}

/* @what was refused; the module's words may name the map themselves, by its id. */
int map_refused(const struct open_map *m, const char *what, int cmd, int err)
{
	const char *words = why(cmd, err);
	char id[24];

	snprintf(id, sizeof(id), "(id %u)", m->view.info.id);
	if (strstr(words, id))
		return out_error("%s: %s", what, words);
	return out_error("%s: %s: %s", map_label(m), what, words);
}

int map_take_key(struct args *args, struct open_map *m)
{
	if (!args_take(args, "key"))
		return out_error("%s%s: `key` is expected; its key has %u bytes",
				 args->n ? *args->word : "the command ends too early",
				 args->n ? " is not what stands here" : "", m->view.info.key_size);
	return data_parse(args, "key", m->view.info.key_size, m->key);
}

/* The caller closes what the value refers to. */
int map_take_value(struct args *args, struct open_map *m, int *ref)
{
	int i;

	*ref = -1;
	if (!args_take(args, "value"))
		return out_error("`value` is missing%s; the value has %u bytes",
				 m->view.info.key_size ? " behind the key" : "",
				 m->view.info.value_size);
	if (!map_view_programs(&m->view) && !map_view_maps(&m->view)) {
		if (data_parse(args, "value", m->view.info.value_size, m->value))
			return -1;
		for (i = 1; i < m->view.cpus; i++)	/* the same for every CPU, as bpftool */
			memcpy((char *)m->value + i * m->view.stride, m->value, m->view.info.value_size);
		return 0;
	}
	if (!args->n || (*args->word[0] >= '0' && *args->word[0] <= '9'))
		return out_error("a slot of %s holds a %s", map_label(m),
				 map_view_programs(&m->view) ? "program: value " SPEC_PROG : "map: value " SPEC_MAP);
	*ref = spec_one(args, map_view_programs(&m->view) ? XBPF_KIND_PROG : XBPF_KIND_MAP);
	if (*ref < 0)
		return -1;
	memcpy(m->value, ref, sizeof(*ref));
	return 0;
}
