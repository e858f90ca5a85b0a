/* SPDX-License-Identifier: GPL-2.0 */
/* Patched jumps of programs: which table and slot they follow. */
#include <stdio.h>
#include <stdlib.h>
#include "info.h"
#include "out.h"
#include "sites.h"

int sites_get(int prog_fd, struct sites *s)
{
	int n = xbpf_prog_sites(prog_fd, NULL, 0);

	s->site = NULL;
	s->n = 0;
	if (n <= 0)
		return n ? out_error("%s", xbpf_errmsg()) : 0;
	s->site = calloc((size_t)n, sizeof(*s->site));
	if (!s->site)
		return out_error("out of memory");
	n = xbpf_prog_sites(prog_fd, s->site, (__u32)n);
	if (n < 0)
		return out_error("%s", xbpf_errmsg());
	s->n = (__u32)n;	/* a program has as many as before */
	return 0;
}

void sites_free(struct sites *s)
{
	free(s->site);
	s->site = NULL;
	s->n = 0;
}

static int by_offset(const void *key, const void *site)
{
	__u32 at = *(const __u32 *)key, offset = ((const struct xbpf_prog_site *)site)->offset;

	return at < offset ? -1 : at > offset;
}

const struct xbpf_prog_site *sites_at(const struct sites *s, __u32 offset)
{
	return s->n ? bsearch(&offset, s->site, s->n, sizeof(*s->site), by_offset) : NULL;
}

bool site_name(const struct xbpf_prog_site *site, __u64 target, char *buf, size_t size)
{
	char name[NAME_SIZE];

	if (!site->target || site->target != target)
		return false;
	if (site->flags & XBPF_SITE_TREE)
		map_name_by_id(site->map_id, name);
	else
		prog_name_by_id(site->prog_id, name);
	if (!*name)	/* gone, or not this process's to open */
		snprintf(name, sizeof(name), "%s %u", site->flags & XBPF_SITE_TREE ? "map" : "program",
			 site->flags & XBPF_SITE_TREE ? site->map_id : site->prog_id);
	snprintf(buf, size, "%s%s", site->flags & XBPF_SITE_TREE ? "tree of " :
		 site->flags & XBPF_SITE_COUNTED ? "counter of " : "", name);
	return true;
}

void site_remark(const struct xbpf_prog_site *site, __u64 target)
{
	bool tree = site->flags & XBPF_SITE_TREE, now = target == site->target;
	char name[NAME_SIZE];

	map_name_by_id(site->map_id, name);
	out_open("follows", '{');
	if (tree)
		out_bool("tree", "  # the tree", true);
	else
		out_uint("slot", "  # slot %llu", site->index);
	out_uint("map_id", " of map %llu", site->map_id);
	out_str("map", *name ? " (%s)" : NULL, name);
	if (!now)
		out_text(", which changed just now");
	else if (!target)
		out_text(tree ? ": none now" : ": empty");
	if (now && site->prog_id) {
		prog_name_by_id(site->prog_id, name);
		out_uint("prog_id", NULL, site->prog_id);
		out_str("prog", NULL, name);
		out_bool("counted", ", counted", site->flags & XBPF_SITE_COUNTED);
	}
	out_close();
}
