/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl compare FILE ...: the programs of objects in the kernel's own BPF and in xbpf, in two
 * modules (-D twice), or in two engines of xbpf's.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "compare.h"
#include "file.h"
#include "info.h"
#include "main.h"
#include "out.h"
#include "reasons.h"
#include "short.h"
#include "transport.h"

/* Exit status. */
enum { STATUS_FAILED = 3 };	/* those before are enum outcome */

struct compare {
	struct view *view;
	const char **files;
	unsigned int n_files, done;
	const char *against[SIDES];	/* the words of --against */
	unsigned int n_against;
	const char *data, *ctx;		/* files with the input */
	struct run_input input;
	void *data_bytes, *ctx_bytes;
	bool csv, columns;
	struct row *rows;
	unsigned int n_rows;
};

/* what is shown when -e says nothing: in a table, and elsewhere */
#define TABLE_COLUMNS "file_name,prog_name,result,verdict,insns,insns_diff,duration,prog_size," \
	"prog_size_jited,run_ns"
#define ALL_COLUMNS "file_name,prog_name,prog_type,result,reason,verdict,refusal,insns," \
	"insns_diff,insns_pct,states,peak_states,max_states_per_insn,duration,prog_size," \
	"prog_size_jited,run_ns,retval"

/* --- words ----------------------------------------------------------------------------------- */

/* One option with its value, which has been looked for. */
static int take_value(struct compare *c, char option, const char *value)
{
	__u64 n;

	switch (option) {
	case 'e':
		c->columns = true;
		return view_columns(c->view, value);
	case 's':
		return view_sort(c->view, value);
	case 'f':
		return view_filter(c->view, value);
	case 'o':
		c->csv = !strcmp(value, "csv");
		return c->csv || !strcmp(value, "table") ? 0 :
		       out_error("'%s' is no format: csv and table are", value);
	case 'a':
		if (c->n_against == SIDES)
			return out_error("--against can be given %d times", SIDES);
		c->against[c->n_against++] = value;
		return 0;
	case 'd':
		c->data = value;
		return 0;
	case 'c':
		c->ctx = value;
		return 0;
	case 'r':
		if (args_number(value, "number of runs", INT_MAX, &n))
			return -1;
		c->input.repeat = n;
		return 0;
	default:
		return args_number(value, "seed", ~0ULL >> 1, &c->input.seed);
	}
}

static const struct {
	const char *full, *brief;
	char letter;
	const char *what;
} known[] = {
	{ "--emit", "-e", 'e', "the columns" },
	{ "--sort", "-s", 's', "the columns to sort by" },
	{ "--filter", "-f", 'f', "a filter" },
	{ "--output-format", "-o", 'o', "the format (table or csv)" },
	{ "--against", NULL, 'a', "an engine of xbpf (interp or tail=STRATEGY)" },
	{ "--data", NULL, 'd', "the file with the packet" },
	{ "--ctx", NULL, 'c', "the file with the context" },
	{ "--repeat", NULL, 'r', "how often a program runs" },
	{ "--seed", NULL, 'S', "the seed of random contexts" },
};

static int take_words(struct args *args, struct compare *c)
{
	const char *word, *value;
	size_t i;

	c->files = calloc((size_t)args->n + 1, sizeof(*c->files));
	if (!c->files)
		return out_error("out of memory");
	while (args->n) {
		word = args_next(args, "an object file");
		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (!strcmp(word, known[i].full) || (known[i].brief && !strcmp(word, known[i].brief)))
				break;
		if (i < sizeof(known) / sizeof(*known)) {
			value = args_next(args, known[i].what);
			if (!value || take_value(c, known[i].letter, value))
				return -1;
		} else if (word[0] == '-' && word[1]) {
			return out_error("unknown option '%s'; see `xbpfctl help`", word);
		} else {
			c->files[c->n_files++] = word;
		}
	}
	if (!c->n_files)
		return out_error("the command ends too early: an object file is missing");
	if (c->csv && !out_is_text())
		return out_error("-o csv and JSON exclude each other");
	if (!c->columns)
		return view_columns(c->view, c->csv || !out_is_text() ? ALL_COLUMNS :
				    TABLE_COLUMNS);
	return 0;
}

static int read_input(struct compare *c)
{
	if (c->data && file_read(c->data, &c->data_bytes, &c->input.data_size))
		return -1;
	if (c->ctx && file_read(c->ctx, &c->ctx_bytes, &c->input.ctx_size))
		return -1;
	c->input.data = c->data_bytes;
	c->input.ctx = c->ctx_bytes;
	return 0;
}

/* --- sides ----------------------------------------------------------------------------------- */

static int engine(struct side *side, const char *word)
{
	int strategy;

	snprintf(side->name, sizeof(side->name), "%s", word);
	side->sys = xbpf_sys;
	side->upstream = false;
	if (!strcmp(word, "interp")) {
		side->flags = XBPF_F_INTERP;
		return 0;
	}
	if (strncmp(word, "tail=", 5))
		return out_error("'%s' is no engine to compare with: interp and tail=STRATEGY are", word);
	strategy = xbpf_tail_find(word + 5);
	if (strategy < 0)
		return out_error("%s", xbpf_errmsg());
	side->flags = XBPF_F_TAIL(strategy);
	return 0;
}

/* Nothing of an object's: two instructions. Loading needs what comparing needs. */
static int try_side(const struct side *side)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd, err;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = 2;
	attr.license = (unsigned long)"GPL";
	attr.prog_flags = side->flags;
	fd = compare_sys(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	err = errno;
	if (!side->upstream)
		return out_error("%s loads no program: %s", side->name, why(BPF_PROG_LOAD, err));
	return out_error("the kernel's own bpf(2) loads no program: %s%s", strerror(err),
			 err == EPERM ? "; it needs CAP_BPF and CAP_PERFMON (root), and a kernel that is "
			 "not locked down" : "");
}

/* The change and the original. */
static int choose_modules(void)
{
	struct xbpf_info info;
	int s;

	if (!strcmp(options.module[0], options.module[1]))
		return out_error("-D: two modules can be compared, not %s with itself", options.module[0]);
	for (s = 0; s < SIDES; s++) {
		compare_sides[s] = (struct side){ .sys = xbpf_sys, .module = options.module[s] };
		snprintf(compare_sides[s].name, sizeof(compare_sides[s].name), "%s", options.module[s]);
		if (xbpf_use(options.module[s]) || xbpf_info_get(&info))
			return out_error("%s", xbpf_errmsg());
		if (try_side(&compare_sides[s]))
			return -1;
	}
	return 0;
}

static int choose_sides(const struct compare *c)
{
	struct side *a = &compare_sides[0], *b = &compare_sides[1];
	struct xbpf_info info;
	int err = 0;

	if (options.modules == MODULES && c->n_against)
		return out_error("two modules and --against exclude each other");
	if (options.modules == MODULES)
		return choose_modules();
	if (xbpf_device() || xbpf_info_get(&info))
		return out_error("%s", xbpf_errmsg());
	if (!c->n_against) {
		*a = (struct side){ .name = "upstream", .sys = transport_upstream, .upstream = true };
		*b = (struct side){ .sys = xbpf_sys };
		snprintf(b->name, sizeof(b->name), "%s", xbpf_used());
	} else if (!info.jit) {
		return out_error("the module interprets all programs (jit=0): it has no other engine");
	} else if (c->n_against == SIDES) {
		err = engine(a, c->against[0]) || engine(b, c->against[1]);
	} else {	/* what a program gets that does not ask */
		*a = (struct side){ .sys = xbpf_sys };
		snprintf(a->name, sizeof(a->name), "%s", xbpf_used());
		err = engine(b, c->against[0]);
	}
	return err || try_side(a) || try_side(b) ? -1 : 0;
}

/* --- a program ------------------------------------------------------------------------------- */

static bool has_tag(const struct bpf_object *obj, const char *tag)
{
	const struct btf *btf = bpf_object__btf(obj);
	const void *raw;
	__u32 size;

	raw = btf ? btf__raw_data(btf, &size) : NULL;
	return raw && memmem(raw, size, tag, strlen(tag) + 1);
}

/* Why upstream may refuse what xbpf accepts, or NULL. */
static const char *only_xbpf(const struct bpf_object *obj, const struct twin *t, const char *words)
{
	const char *reason = NULL;
	int i;

	if (t->type >= XBPF_PROG_TYPE_SYSCALL_FILTER)
		return "upstream has no programs of this type";
	for (i = 0; reason_tags[i] && !reason; i++)
		if (has_tag(obj, reason_tags[i]))
			reason = reason_of_tag(words, reason_tags[i]);
	return reason ? reason : reason_only_xbpf(words);
}

/* One accepts it and the other does not: why. */
static enum outcome judge_verdicts(const struct bpf_object *obj, const struct twin *t, char *why,
				   size_t size)
{
	int refuses = t->verdict[0].err ? 0 : 1;
	const char *words = t->verdict[refuses].words, *reason = NULL;

	if (compare_sides[0].upstream && !refuses)
		reason = only_xbpf(obj, t, words);
	else if (compare_sides[0].upstream)
		reason = reason_rule(words) ?: reason_lacking(words);
	snprintf(why, size, "only %s accepts it%s%s", compare_sides[!refuses].name, reason ? ": " : "",
		 reason ? reason : "");
	return reason ? KNOWN : DIFFER;
}

static void fill_side(struct row_side *to, const struct twin *t, int s,
		      const struct run_result *result)
{
	const struct verdict *v = &t->verdict[s];
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr;

	*to = (struct row_side){ .accepted = !v->err, .insns = v->insns, .states = v->states,
		.peak_states = v->peak_states, .states_per_insn = v->states_per_insn,
		.us = v->ns < 0 ? -1 : v->ns / 1000, .xlated = -1, .jited = -1, .ns = result->ns[s],
		.retval = result->retval[s] };
	to->words = strdup(v->words);
	if (v->err)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (__u32)t->fd[s];
	attr.info.info = (unsigned long)&info;
	attr.info.info_len = sizeof(info);
	if (compare_sys(&compare_sides[s], BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return;
	to->xlated = info.xlated_prog_len;
	to->jited = info.jited_prog_len;
}

static void row_free(struct row *row)
{
	int s;

	for (s = 0; s < SIDES; s++)
		free(row->side[s].words);
	free(row->reason);
	free(row->file);
	free(row->prog);
}

static int add_row(struct compare *c, const struct bpf_object *obj, const char *file,
		   const char *name, struct twin *t)
{
	struct row *grown = realloc(c->rows, (c->n_rows + 1) * sizeof(*grown)), *row;
	char reason[512] = "";
	struct run_result result;
	int s;

	if (!grown)
		return out_error("out of memory");
	c->rows = grown;
	row = &grown[c->n_rows];
	memset(row, 0, sizeof(*row));
	compare_run(t, &c->input, &result);
	if (!t->verdict[0].err != !t->verdict[1].err) {
		row->outcome = judge_verdicts(obj, t, reason, sizeof(reason));
	} else if (*result.differ) {
		row->outcome = *result.why ? KNOWN : DIFFER;
		snprintf(reason, sizeof(reason), "%s%s%s", result.differ, *result.why ? ": " : "", result.why);
	} else {
		snprintf(reason, sizeof(reason), "%s", result.why);
	}
	for (s = 0; s < SIDES; s++)
		fill_side(&row->side[s], t, s, &result);
	snprintf(row->type, sizeof(row->type), "%s", prog_type_name(t->type));
	row->reason = strdup(reason);
	row->file = strdup(file);
	row->prog = strdup(name);
	if (row->reason && row->file && row->prog && row->side[0].words && row->side[1].words) {
		if (view_takes(c->view, row)) {
			row->order = c->n_rows++;
			return 0;
		}
		row_free(row);
		return 0;
	}
	row_free(row);
	return out_error("out of memory");
}

/* --- a file ---------------------------------------------------------------------------------- */

/*
 * The object leaves no pins. What is not to be shown is loaded only where others may tail-call it.
 * False: nothing is to be shown.
 */
static bool prepare(const struct compare *c, struct bpf_object *obj, const char *file)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	bool tables = false, some = false, wanted;

	bpf_object__for_each_map(map, obj) {
		bpf_map__set_pin_path(map, NULL);
		tables |= bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY;
	}
	bpf_object__for_each_program(prog, obj) {
		wanted = view_wants(c->view, file, bpf_program__name(prog));
		some |= wanted;
		bpf_program__set_autoload(prog, wanted || tables);
		bpf_program__set_log_buf(prog, compare_log, sizeof(compare_log));
		bpf_program__set_log_level(prog, COMPARE_LOG_LEVEL);
	}
	return some;
}

/* Those that only one side can run come last: they leave that one's maps changed. */
static int compare_programs(struct compare *c, struct bpf_object *obj, const char *file)
{
	struct bpf_program *prog;
	struct twin *t;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		bpf_object__for_each_program(prog, obj) {
			t = twin_of(bpf_program__fd(prog));
			if (t && compare_runs_on_both(t) == !pass &&
			    view_wants(c->view, file, bpf_program__name(prog)) &&
			    add_row(c, obj, file, bpf_program__name(prog), t))
				return -1;
		}
	}
	return 0;
}

static int compare_file(struct compare *c, const char *path)
{
	struct xbpf_object_opts opts = { .sz = sizeof(opts), .any_section = true,
					 .debug = options.debug ? stderr : NULL };
	struct xbpf_object *obj = xbpf_object_open(path, &opts);
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	int err = 0;

	if (!obj)
		return out_error("%s", xbpf_errmsg());
	if (prepare(c, xbpf_object_bpf(obj), file)) {
		twins_begin();
		err = xbpf_object_load(obj) ? out_error("%s", xbpf_errmsg()) :
					      compare_programs(c, xbpf_object_bpf(obj), file);
		twins_end();
		c->done++;
	}
	xbpf_object_close(obj);
	return err;
}

/* A file that is no object is told before anything is loaded. */
static int check_files(const struct compare *c)
{
	struct xbpf_object_opts opts = { .sz = sizeof(opts), .any_section = true };
	struct xbpf_object *obj;
	unsigned int i;

	for (i = 0; i < c->n_files; i++) {
		obj = xbpf_object_open(c->files[i], &opts);
		if (!obj)
			return out_error("%s", xbpf_errmsg());
		xbpf_object_close(obj);
	}
	return 0;
}

/* For what is counted or kept for each CPU, and for time. */
static void stay_on_cpu(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int run(struct args *args, struct compare *c)
{
	enum outcome worst = AGREE;
	unsigned int i;

	if (!c->view || take_words(args, c) || read_input(c) || check_files(c) || choose_sides(c))
		return -1;
	stay_on_cpu();
	for (i = 0; i < c->n_files; i++)
		if (compare_file(c, c->files[i]))
			return -1;
	for (i = 0; i < c->n_rows; i++)
		if (c->rows[i].outcome > worst)
			worst = c->rows[i].outcome;
	view_show(c->view, c->rows, c->n_rows, c->done, c->csv);
	out_status((int)worst);
	return 0;
}

int short_compare(struct args *args)
{
	struct compare c = { .view = view_new(), .input = { .repeat = 100, .seed = 1 } };
	int err;

	out_status(STATUS_FAILED);
	err = run(args, &c);
	while (c.n_rows)
		row_free(&c.rows[--c.n_rows]);
	free(c.rows);
	free(c.files);
	free(c.data_bytes);
	free(c.ctx_bytes);
	view_free(c.view);
	return err;
}
