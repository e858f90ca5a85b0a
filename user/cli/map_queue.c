/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues and stacks: values without keys.
 */
#include <errno.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "map.h"
#include "out.h"

static int open_keyless(struct args *args, struct open_map *m)
{
	if (map_open(args, m))
		return -1;
	if (!m->view.info.key_size && m->view.info.value_size)
		return 0;
	out_error("%s is no queue, stack or filter: its entries have keys (or none can be read one "
		  "by one)", map_label(m));
	map_close(m);
	return -1;
}

int map_push(struct args *args)
{
	struct open_map m;
	int err, ref = -1;

	if (open_keyless(args, &m))
		return -1;
	err = map_take_value(args, &m, &ref);
	if (!err)
		err = args_end(args);
	if (!err && bpf_map_update_elem(m.view.fd, NULL, m.value, BPF_ANY)) {
		if (errno == E2BIG)
			err = out_error("%s is full: it has room for %u entr%s", map_label(&m), m.view.info.max_entries,
					m.view.info.max_entries == 1 ? "y" : "ies");
		else
			err = map_refused(&m, "not added", BPF_MAP_UPDATE_ELEM, errno);
	}
	map_close(&m);
	return err;
}

static int get(struct args *args, bool take)
{
	int cmd = take ? BPF_MAP_LOOKUP_AND_DELETE_ELEM : BPF_MAP_LOOKUP_ELEM;
	struct open_map m;
	int err;

	if (open_keyless(args, &m))
		return -1;
	err = args_end(args);
	if (err)
		goto out;
	if (take ? bpf_map_lookup_and_delete_elem(m.view.fd, NULL, m.value) :
	    bpf_map_lookup_elem(m.view.fd, NULL, m.value))
		err = errno == ENOENT ? out_error("%s is empty", map_label(&m)) :
			map_refused(&m, "there is no value to be read", cmd, errno);
	else
		map_view_value(&m.view, m.value);
out:
	map_close(&m);
	return err;
}

int map_pop(struct args *args)
{
	return get(args, true);
}

int map_peek(struct args *args)
{
	return get(args, false);
}
