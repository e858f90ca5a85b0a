/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl prog
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "include/lists/hooks.h"
#include "include/lists/tail_strategies.h"
#include "args.h"
#include "attach.h"
#include "file.h"
#include "info.h"
#include "insns.h"
#include "load.h"
#include "main.h"
#include "out.h"
#include "pins.h"
#include "spec.h"
#include "tracelog.h"

/* The kernel counts from boot. */
static time_t wall_clock(unsigned long long since_boot_ns)
{
	struct timespec now, boot;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return now.tv_sec - boot.tv_sec + (time_t)(since_boot_ns / 1000000000) +
		(now.tv_nsec - boot.tv_nsec + (long)(since_boot_ns % 1000000000)) / 1000000000;
}

/* A date for people, seconds for programs: bpftool's way. */
static void loaded_at(unsigned long long since_boot_ns)
{
	time_t t = wall_clock(since_boot_ns);
	char text[64];
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(text, sizeof(text), "%FT%T%z", &tm))
		snprintf(text, sizeof(text), "%lld", (long long)t);
	out_text("\n\tloaded_at %s", text);
	out_int("loaded_at", NULL, t);
}

static void show(const struct prog_info *p, const struct xbpf_prog_tail *tail,
		 const struct map_more *more, const struct pins *pins)
{
	char tag[2 * BPF_TAG_SIZE + 1];
	__u32 i;

	for (i = 0; i < BPF_TAG_SIZE; i++)
		sprintf(tag + 2 * i, "%02x", p->i.tag[i]);
	out_open(NULL, '{');
	out_uint("id", "%llu: ", p->i.id);
	out_str("type", "%s", prog_type_name(p->i.type));
	out_str("name", *p->name ? "  name %s" : NULL, p->name);
	out_str("tag", "  tag %s", tag);
	out_bool("gpl_compatible", "  gpl", p->i.gpl_compatible);
	out_bool("jited", "  jited", p->i.jited_prog_len);
	out_text("%s", p->i.jited_prog_len ? "" : "  interpreted");
	if (*tail->name) {
		out_str("tail", "  tail %s", tail->name);
		out_uint("tail_sites", tail->sites ? "  sites %llu" : NULL, tail->sites);
	}
	if (p->i.run_cnt || p->i.run_time_ns) {
		out_uint("run_time_ns", "  run_time_ns %llu", p->i.run_time_ns);
		out_uint("run_cnt", "  run_cnt %llu", p->i.run_cnt);
	}
	if (p->i.recursion_misses)
		out_uint("recursion_misses", "  recursion_misses %llu", p->i.recursion_misses);
	loaded_at(p->i.load_time);
	out_uint("uid", "  uid %llu", p->i.created_by_uid);
	out_uint("bytes_xlated", "\n\txlated %lluB", p->i.xlated_prog_len);
	if (p->i.jited_prog_len)
		out_uint("bytes_jited", "  jited %lluB", p->i.jited_prog_len);
	if (more->memlock >= 0)
		out_int("bytes_memlock", "  memlock %lldB", more->memlock);
	out_uint("insns_verified", p->i.verified_insns ? "  verified %llu insns" : NULL,
		 p->i.verified_insns);
	if (p->i.nr_map_ids) {
		out_open("map_ids", '[');
		for (i = 0; i < p->i.nr_map_ids; i++)
			out_uint(NULL, i ? ",%llu" : "  map_ids %llu", p->map_ids[i]);
		out_close();
	}
	if (p->i.btf_id)
		out_uint("btf_id", "  btf_id %llu", p->i.btf_id);
	out_text("\n");
	if (pins)
		pins_out(pins, XBPF_KIND_PROG, p->i.id);
	out_close();
}

static int show_fd(int fd, const struct pins *pins)
{
	struct xbpf_prog_tail tail;
	struct prog_info info;
	struct map_more more;

	if (prog_info_get(fd, &info))
		return -1;
	if (xbpf_prog_tail_get(fd, &tail)) {
		prog_info_free(&info);
		return out_error("program %u: %s", info.i.id, xbpf_errmsg());
	}
	map_more_get(fd, &more);
	show(&info, &tail, &more, pins);
	prog_info_free(&info);
	return 0;
}

static int prog_show(struct args *args)
{
	return list_objects(args, XBPF_KIND_PROG, show_fd);
}

static int prog_dump(struct args *args)
{
	struct insns_opts opts = { 0 };
	const struct keyword keywords[] = {
		{ .word = "file", .what = "the file for the raw bytes", .to = &opts.file },
		{ .word = "opcodes", .to = &opts.opcodes },
		{ .word = "linum", .to = &opts.linum },
		{ .word = "visual", .to = &opts.visual },
		{ .word = NULL }
	};
	const char *which = args_next(args, "what to dump (xlated or jited)");
	int fd, err;

	if (!which)
		return -1;
	opts.jited = !strcmp(which, "jited");
	if (!opts.jited && strcmp(which, "xlated"))
		return out_error("'%s' cannot be dumped: xlated (as verified) and jited (as "
				 "compiled) can", which);
	fd = spec_one(args, XBPF_KIND_PROG);
	if (fd < 0)
		return -1;
	err = args_keywords(args, keywords);
	if (!err && opts.visual && (opts.jited || opts.file || !out_is_text()))
		err = out_error("visual is a form of its own, of xlated: leave jited, file and -j away");
	if (!err)
		err = insns_dump(fd, &opts);
	close(fd);
	return err;
}

/*
 * --- run ---------------------------------------------------------------------------------------
 */

/* More than any packet or context. */
#define RUN_OUT_MAX (16u << 20)

struct run {
	const char *data_in, *data_out, *ctx_in, *ctx_out;
	__u64 repeat, data_size, ctx_size;	/* sizes: room for what comes out, 0: enough */
	struct bpf_test_run_opts opts;
};

static int take_repeat(const char *arg, void *to)
{
	return args_number(arg, "number of runs", INT_MAX, to);
}

static int take_size(const char *arg, void *to)
{
	if (args_number(arg, "size", RUN_OUT_MAX, to))
		return -1;
	return *(__u64 *)to ? 0 : out_error("0 is no size: what comes out needs room");
}

/* Room for what a program can make of its input: packets may grow. */
static int run_buffers(struct run *r, void **in, void **out, void **ctx_in, void **ctx_out)
{
	size_t n;

	if (r->data_in) {
		if (file_read(r->data_in, in, &n))
			return -1;
		r->opts.data_in = *in;
		r->opts.data_size_in = n;
		r->opts.data_size_out = r->data_size ? r->data_size : n + 4096;
		r->opts.data_out = *out = malloc(r->opts.data_size_out);
		if (!*out)
			return out_error("out of memory");
	}
	if (r->ctx_in) {
		if (file_read(r->ctx_in, ctx_in, &n))
			return -1;
		r->opts.ctx_in = *ctx_in;
		r->opts.ctx_size_in = n;
	}
	if (r->ctx_out) {
		r->opts.ctx_size_out = r->ctx_size ? r->ctx_size : 4096;
		r->opts.ctx_out = *ctx_out = malloc(r->opts.ctx_size_out);
		if (!*ctx_out)
			return out_error("out of memory");
	}
	return 0;
}

/* To its file, or as part of the result (-). */
static int run_output(const char *path, const char *key, const char *title, const void *bytes,
		      size_t n)
{
	if (!path)
		return 0;
	if (strcmp(path, "-"))
		return file_write(path, bytes, n);
	out_bytes(key, title, bytes, n);
	out_text("\n");
	return 0;
}

static int run_program(int fd, struct run *r)
{
	int err;

	if (bpf_prog_test_run_opts(fd, &r->opts)) {
		if (errno == ENOSPC && r->data_size && r->opts.data_size_out > r->data_size)
			return out_error("the packet has %u bytes afterwards, which data_size_out %llu does not hold",
					 r->opts.data_size_out, r->data_size);
		return out_error("the program did not run: %s", why(BPF_PROG_TEST_RUN, errno));
	}
	out_open(NULL, '{');
	err = run_output(r->data_out, "data_out", "data out:", r->opts.data_out, r->opts.data_size_out);
	if (!err)
		err = run_output(r->ctx_out, "ctx_out", "context out:", r->opts.ctx_out, r->opts.ctx_size_out);
	if (err)
		return err;
	out_uint("retval", "Return value: %llu", r->opts.retval);
	out_uint("duration", r->opts.repeat > 1 ? ", duration (average): %lluns\n" :
		 ", duration: %lluns\n", r->opts.duration);
	out_close();
	return 0;
}

static int prog_run(struct args *args)
{
	void *in = NULL, *out = NULL, *ctx_in = NULL, *ctx_out = NULL;
	struct run r = { .repeat = 1 };
	const struct keyword keywords[] = {
		{ .word = "data_in", .what = "the file with the packet", .to = &r.data_in },
		{ .word = "data_out", .what = "the file for the packet afterwards", .to = &r.data_out },
		{ .word = "data_size_out", .what = "the room for the packet", .take = take_size,
		  .to = &r.data_size },
		{ .word = "ctx_in", .what = "the file with the context", .to = &r.ctx_in },
		{ .word = "ctx_out", .what = "the file for the context afterwards", .to = &r.ctx_out },
		{ .word = "ctx_size_out", .what = "the room for the context", .take = take_size,
		  .to = &r.ctx_size },
		{ .word = "repeat", .what = "how often it runs", .take = take_repeat, .to = &r.repeat },
		{ .word = NULL }
	};
	int fd, err;

	fd = spec_one(args, XBPF_KIND_PROG);
	if (fd < 0)
		return -1;
	err = args_keywords(args, keywords);
	if (!err && r.data_out && !r.data_in)
		err = out_error("data_out needs data_in: without a packet none comes out");
	if (!err && ((r.data_size && !r.data_out) || (r.ctx_size && !r.ctx_out)))
		err = out_error("%s goes with %s", r.data_size ? "data_size_out" : "ctx_size_out",
				r.data_size ? "data_out" : "ctx_out");
	memset(&r.opts, 0, sizeof(r.opts));
	r.opts.sz = sizeof(r.opts);
	r.opts.repeat = r.repeat;
	if (!err)
		err = run_buffers(&r, &in, &out, &ctx_in, &ctx_out);
	if (!err)
		err = run_program(fd, &r);
	close(fd);
	free(in);
	free(out);
	free(ctx_in);
	free(ctx_out);
	return err;
}

static int prog_pin(struct args *args)
{
	return pin_object(args, XBPF_KIND_PROG);
}

static const struct verb verbs[] = {
	{ .name = "list", .run = prog_show, .usage = "[" SPEC_PROG "]" },
	{ .name = "show", .run = prog_show, .usage = "[" SPEC_PROG "]" },
	{ .name = "load", .run = prog_load, .opens_device = true,
	  .usage = "OBJECT PATH [type SECTION] [map { name NAME | idx N } MAP] [pinmaps DIR] "
	  "[interp] [tail STRATEGY] [autoattach [dev DEVICE]]" },
	{ .name = "loadall", .run = prog_loadall, .opens_device = true,
	  .usage = "OBJECT DIR [type SECTION] [map { name NAME | idx N } MAP] [pinmaps DIR] "
	  "[interp] [tail STRATEGY] [autoattach [dev DEVICE]]" },
	{ .name = "dump", .run = prog_dump,
	  .usage = "{ xlated | jited } PROG [file FILE] [opcodes] [linum] [visual]" },
	{ .name = "run", .run = prog_run,
	  .usage = "PROG [data_in FILE] [data_out FILE [data_size_out N]] [ctx_in FILE] [ctx_out "
	  "FILE [ctx_size_out N]] [repeat N]" },
	{ .name = "pin", .run = prog_pin, .usage = "PROG PATH" },
	{ .name = "attach", .run = prog_attach,
	  .usage = "PROG ATTACH-POINT [pinned PATH] [cookie N] [priority N] [expire TIME]" },
	{ .name = "tracelog", .run = prog_tracelog, .alone = true, .usage = "" },
	{ .name = NULL }
};

#define OR_STRATEGY(name) " | " #name
#define OR_POINT(word, NUMBER, ops, PROG_TYPE, FORM) "\n        | " word " " XBPF_FORM_##FORM##_NAME

const struct noun prog_noun = {
	.name = "prog",
	.about = "PROG := " SPEC_PROG "\n"
		 "MAP := " SPEC_MAP "\n"
		 "ATTACH-POINT :=" XBPF_HOOKS(OR_POINT) "\n"
		 "FUNCTION := SYMBOL[+OFFSET] | 0xADDRESS | PATTERN\n"
		 "STRATEGY :=\n       " XBPF_TAIL_STRATEGIES(OR_STRATEGY),
	.verbs = verbs,
};
