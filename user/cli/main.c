/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl NOUN VERB ...: the tables of nouns and verbs; verbs without a noun are the short way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "args.h"
#include "batch.h"
#include "libxbpf.h"
#include "main.h"
#include "out.h"
#include "short.h"

struct options options;

static const struct noun *const nouns[] = { &prog_noun, &map_noun, &link_noun, &seccomp_noun,
					    &stats_noun, &feature_noun };

#define N_NOUNS (sizeof(nouns) / sizeof(*nouns))

static const char option_help[] =
	"OPTIONS := -j, --json     the result as JSON; an error as {\"error\": ...}\n"
	"           -p, --pretty   the same, indented\n"
	"           -d, --debug    what libbpf says, whole verifier logs, every command to the device\n"
	"           -f, --bpffs    lists name the pins of each object\n"
	"           -D, --device MODULE   another module than xbpf, as xbpf2; compare takes two\n"
	"           -V, --version\n"
	"           -h, --help\n";

static void noun_help(const struct noun *noun)
{
	const struct verb *v;
	const char *line;

	for (v = noun->verbs; v->name; v++)
		out_text("xbpfctl %s %s%s%s\n", noun->name, v->name, *v->usage ? " " : "", v->usage);
	out_text("\n");
	for (line = noun->about; *line; line += strcspn(line, "\n"), line += *line == '\n')
		out_text("    %.*s\n", (int)strcspn(line, "\n"), line);
}

static int help(void)
{
	const struct verb *v;
	size_t i;

	for (v = short_verbs; v->name; v++)
		out_text("xbpfctl %s %s\n", v->name, v->usage);
	out_text("\n    NAME := what load called it: FILE without .bpf.o, a folder of %s\n"
		 "    KIND:PLACE := an attach point in one word, as kprobe:do_exit; else as SEC() says\n\n",
		 xbpf_fs_path());
	out_text("xbpfctl [OPTIONS] { prog | map | link | seccomp | stats | feature | batch | version | "
		 "help } VERB ...\n\n");
	for (i = 0; i < N_NOUNS; i++) {
		noun_help(nouns[i]);
		out_text("\n");
	}
	out_text("xbpfctl batch file FILE\n\n"
		 "    (a command in each line; -: of stdin; the first that fails ends it)\n\n"
		 "%s\nxbpfctl version\nxbpfctl NOUN help\n", option_help);
	return 0;
}

/* Also says what is not there: it never fails. */
static int version(void)
{
	struct xbpf_info info;
	int err = xbpf_info_get(&info);
	char libbpf[32];

	snprintf(libbpf, sizeof(libbpf), "%u.%u", libbpf_major_version(), libbpf_minor_version());
	info.version[sizeof(info.version) - 1] = '\0';
	out_open(NULL, '{');
	out_str("version", "xbpfctl %s\n", xbpf_version());
	out_str("libbpf_version", "libbpf %s\n", libbpf);
	if (!err) {
		out_str("module_version", "module %s", info.version);
		out_bool("jit", NULL, info.jit);
		out_text(" (%s)\n", info.jit ? "JIT" : "interpreter");
	} else {
		out_text("module: %s\n", xbpf_errmsg());
		out_str("module_error", NULL, xbpf_errmsg());
	}
	out_close();
	return 0;
}

/* An exact name, or the beginning of one: the first in the table counts. */
static const struct verb *find_verb(const struct verb *verbs, const char *name)
{
	const struct verb *v;

	for (v = verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	for (v = verbs; v->name; v++)
		if (!strncmp(v->name, name, strlen(name)))
			return v;
	return NULL;
}

static int run_verb(const struct verb *v, struct args *args)
{
	if (v->alone && out_in_part())
		return out_error("%s cannot stand in a batch", v->name);
	if (!v->opens_device && xbpf_device())
		return out_error("%s", xbpf_errmsg());
	return v->run(args);
}

static int run_noun(const struct noun *noun, struct args *args)
{
	const struct verb *v = noun->verbs;
	char list[256];
	size_t at = 0;

	if (args_take(args, "help")) {
		noun_help(noun);
		return 0;
	}
	out_context(noun->name, NULL);
	if (args->n) {
		v = **args->word ? find_verb(noun->verbs, *args->word) : NULL;
		if (!v) {
			for (v = noun->verbs; v->name && at < sizeof(list); v++)
				at += snprintf(list + at, sizeof(list) - at, "%s%s", v == noun->verbs ? "" : ", ", v->name);
			return out_error("no such verb '%s'; there are %s, help", *args->word, list);
		}
		args->n--;
		args->word++;
	}
	out_context(noun->name, v->name);
	return run_verb(v, args);
}

static const struct noun *find_noun(const char *name)
{
	size_t i;

	for (i = 0; i < N_NOUNS; i++)
		if (!strcmp(nouns[i]->name, name))
			return nouns[i];
	for (i = 0; i < N_NOUNS && *name; i++)
		if (!strncmp(nouns[i]->name, name, strlen(name)))
			return nouns[i];
	return NULL;
}

/* Nouns come first. */
static const struct verb *find_short(const char *name)
{
	return *name && !find_noun(name) ? find_verb(short_verbs, name) : NULL;
}

static int run(struct args *args)
{
	const struct noun *noun;
	const struct verb *v;
	const char *name;

	if (!args->n) {
		help();
		return out_error("a noun is missing: "
				 "prog, map, link, seccomp, stats, feature, batch, version or help; "
				 "or one of load, attach, update, stop, unload, graph, top, compare and exec");
	}
	name = *args->word;
	args->word++;
	args->n--;
	if (!strcmp(name, "help"))
		return help();
	if (!strcmp(name, "version"))
		return version();
	if (!strcmp(name, "batch"))
		return batch(args, run);
	noun = find_noun(name);
	if (noun)
		return run_noun(noun, args);
	v = find_short(name);
	if (!v)
		return out_error("no such noun '%s'; "
				 "there are prog, map, link, seccomp, stats, feature, batch, version and help; "
				 "and load, attach, update, stop, unload, graph, top, compare and exec without a noun",
				 name);
	out_context(v->name, NULL);
	return run_verb(v, args);
}

/* The letters of an option: one for "--json", several for "-jp"; NULL: it is none. */
static const char *option_letters(const char *word)
{
	static const struct {
		const char *full, *letter;
	} known[] = {
		{ "--json", "j" }, { "--pretty", "p" }, { "--debug", "d" },
		{ "--bpffs", "f" }, { "--version", "V" }, { "--help", "h" },
	};
	size_t k;

	if (word[0] != '-')
		return NULL;
	for (k = 0; k < sizeof(known) / sizeof(*known); k++)
		if (!strcmp(word, known[k].full))
			return known[k].letter;
	return word[1] && !word[1 + strspn(word + 1, "jpdfVh")] ? word + 1 : NULL;
}

/* Do these letters belong to the verb that is the first word? */
static bool of_verb(const struct args *args, int words, const char *letters)
{
	const struct verb *v = words ? find_short(args->word[0]) : NULL;

	return v && v->letters && strpbrk(letters, v->letters);
}

static bool runs_command(const struct args *args)
{
	const struct verb *v = find_short(args->word[0]);

	return v && v->runs_command;
}

/* -D MODULE at args->word[from]: where its name stands, or the end. What is wrong is said later. */
static int take_module(const struct args *args, int from)
{
	if (options.modules < MODULES)
		options.module[options.modules] = from + 1 < args->n ? args->word[from + 1] : NULL;
	options.modules++;
	return from + 1 < args->n ? from + 1 : from;
}

static int use_module(const struct args *args)
{
	const struct verb *v = args->n ? find_short(args->word[0]) : NULL;
	unsigned int n = options.modules;

	if (!n)
		return 0;
	if (n > (v && v->run == short_compare ? MODULES : 1))
		return out_error("-D can be given once, and twice for compare");
	if (!options.module[n - 1])
		return out_error("the command ends too early: the name of a module is missing behind -D");
	while (n--)
		if (xbpf_use(options.module[n]))
			return out_error("%s", xbpf_errmsg());
	return 0;
}

/* Options may stand anywhere: a negative number is no option. */
static int take_options(struct args *args, enum out_form *form, const char **alone)
{
	const char *letters;
	int from, to = 0;

	for (from = 0; from < args->n; from++) {
		/* what stands behind belongs to another command */
		if (!strcmp(args->word[from], "--") || (to == 1 && runs_command(args)))
			break;
		if (!strcmp(args->word[from], "-D") || !strcmp(args->word[from], "--device")) {
			from = take_module(args, from);
			continue;
		}
		letters = option_letters(args->word[from]);
		if (!letters || of_verb(args, to, letters)) {
			if (!to && args->word[from][0] == '-')
				return from;
			args->word[to++] = args->word[from];
			continue;
		}
		for (; *letters; letters++) {
			switch (*letters) {
			case 'j':
				if (*form == OUT_TEXT)
					*form = OUT_JSON;
				break;
			case 'p':
				*form = OUT_PRETTY;
				break;
			case 'd':
				options.debug = true;
				break;
			case 'f':
				options.pins = true;
				break;
			case 'V':
				*alone = "version";
				break;
			case 'h':
				*alone = "help";
				break;
			}
		}
	}
	while (from < args->n)
		args->word[to++] = args->word[from++];
	args->n = to;
	return -1;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	return options.debug ? vfprintf(stderr, fmt, ap) : 0;
}

int main(int argc, char **argv)
{
	struct args args = { argc - 1, argv + 1 };
	enum out_form form = OUT_TEXT;
	const char *alone = NULL;
	int wrong, err;

	wrong = take_options(&args, &form, &alone);
	out_init(form);
	libbpf_set_print(quiet);
	libbpf_set_memlock_rlim(0);
	if (options.debug)
		xbpf_trace(stderr);
	if (wrong >= 0)
		err = out_error("unknown option '%s'; see `xbpfctl help`", args.word[wrong]);
	else if (use_module(&args))
		err = -1;
	else if (alone)
		err = !strcmp(alone, "help") ? help() : version();
	else
		err = run(&args);
	return out_finish(err);
}
