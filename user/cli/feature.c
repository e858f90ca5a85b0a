/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl feature: what this module can do, on this CPU and kernel.
 */
#include <stdio.h>
#include <string.h>
#include "core/helper.h"
#include "core/prog_type.h"
#include "args.h"
#include "info.h"
#include "out.h"

static void list_bits(const char *key, const char *title, unsigned long long set,
		      const char *(*name)(__u32))
{
	const char *separator = "";
	__u32 i;

	out_open(key, '[');
	out_text("%s: ", title);
	for (i = 0; i < 64; i++) {
		if (!(set >> i & 1))
			continue;
		out_text("%s", separator);
		out_str(NULL, "%s", name(i));
		separator = ", ";
	}
	out_text("\n");
	out_close();
}

static void list_helpers(const struct xbpf_info *info)
{
	char name[64];
	__u32 i;

	out_open("helpers", '[');
	out_text("helpers:\n");
	for (i = 0; i < 256; i++) {
		if (!(info->helpers[i / 64] >> i % 64 & 1))
			continue;
		if (xbpf_helper_name(i))
			snprintf(name, sizeof(name), "bpf_%s", xbpf_helper_name(i));
		else
			snprintf(name, sizeof(name), "#%u", i);
		out_str(NULL, "\t%s\n", name);
	}
	out_close();
}

static const char *prog_type_bit_name(__u32 bit)
{
	return prog_type_name(xbpf_prog_type_at_place(bit));
}

/* Names with blanks between them. */
static void list_tails(struct xbpf_info *info)
{
	char *name, *save = NULL;

	info->tail[sizeof(info->tail) - 1] = '\0';
	info->tails[sizeof(info->tails) - 1] = '\0';
	out_str("tail", "tail calls: %s, of", info->tail);
	out_open("tails", '[');
	for (name = strtok_r(info->tails, " ", &save); name; name = strtok_r(NULL, " ", &save))
		out_str(NULL, " %s", name);
	out_text("\n");
	out_close();
}

static int feature_list(struct args *args)
{
	struct xbpf_info info;

	if (args_end(args))
		return -1;
	if (xbpf_info_get(&info))
		return out_error("%s", xbpf_errmsg());
	info.version[sizeof(info.version) - 1] = '\0';
	info.jump_form[sizeof(info.jump_form) - 1] = '\0';
	info.ret_form[sizeof(info.ret_form) - 1] = '\0';
	out_open(NULL, '{');
	out_str("version", "module version: %s\n", info.version);
	out_bool("jit", NULL, info.jit);
	out_text("JIT: %s\n", info.jit ? "on" :
		 "off, programs are interpreted (module parameter jit, or see the kernel log)");
	out_str("jump_form", "indirect jump: %s\n", info.jump_form);
	out_str("ret_form", "return: %s\n", info.ret_form);
	out_bool("ibt", NULL, info.ibt);
	out_text("entries with endbr64: %s\n", info.ibt ? "yes" : "no");
	out_open("text_area", '{');
	out_uint("bytes", "JIT memory: %llu bytes", info.text_size);
	out_uint("used", ", %llu used", info.text_used);
	out_uint("free", ", %llu free", info.text_size - info.text_used);
	out_uint("images", " by %llu images", info.text_images);
	out_uint("largest_hole", ", the largest hole has %llu\n", info.text_largest);
	out_close();
	list_tails(&info);
	out_open("limits", '{');
	out_uint("tail_calls", "limits: %llu tail calls in a run", info.tail_calls_max);
	out_uint("insns", ", %llu instructions in a program", info.insns_max);
	out_uint("processed", ", %llu walked by the verifier\n", info.processed_max);
	out_close();
	list_bits("prog_types", "program types", info.prog_types, prog_type_bit_name);
	list_bits("map_types", "map types", info.map_types, map_type_name);
	list_helpers(&info);
	out_close();
	return 0;
}

static const struct verb verbs[] = {
	{ .name = "list", .run = feature_list, .usage = "" },
	{ .name = "show", .run = feature_list, .usage = "" },
	{ .name = "probe", .run = feature_list, .usage = "" },
	{ .name = NULL }
};

const struct noun feature_noun = {
	.name = "feature",
	.about = "what the loaded module can do: engine, limits, types of programs and maps, helpers",
	.verbs = verbs,
};
