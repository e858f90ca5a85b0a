/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An object file, from open to loaded, by libbpf.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "elf_check.h"
#include "errmsg.h"
#include "object.h"
#include "section.h"
#include "talk.h"

/* Only its end is shown when nobody asked for all; the module keeps the end when it must cut. */
#define LOG_SIZE	(64u << 10)
#define LOG_SIZE_DEBUG	(4u << 20)

/* libbpf's mark for an instruction whose CO-RE relocation found no match. */
#define POISON_CALL	"195896080"

/* @any: what SEC() says does not count; @forced: nor that there is none */
static int check_sections(struct xbpf_object *obj, bool forced, bool any)
{
	struct bpf_program *prog;
	char known[512];
	int n = 0;

	bpf_object__for_each_program(prog, obj->bpf) {
		/* functions without SEC(), in an object that has nothing else */
		if (!forced && !strcmp(bpf_program__section_name(prog), ".text"))
			continue;
		n++;
		if (any || !bpf_program__autoload(prog) || section_known(bpf_program__section_name(prog)))
			continue;
		section_list(known, sizeof(known));
		return errmsg_set(-EINVAL,
				  "%s: program '%s' is in section '%s', which xbpf does not know; the known ones are %s",
				  obj->path, bpf_program__name(prog),
				  bpf_program__section_name(prog), known);
	}
	if (!n) {
		section_list(known, sizeof(known));
		return errmsg_set(-ENOENT,
				  "%s: no BPF program in any section; mark a function with SEC(), the known sections are %s",
				  obj->path, known);
	}
	return 0;
}

/* Every program as if its SEC() said @section. */
static int force_section(struct xbpf_object *obj, const char *section)
{
	enum bpf_attach_type attach_type;
	enum bpf_prog_type type;
	struct bpf_program *prog;
	char known[512], name[64];
	int err;

	/* libbpf takes some only with something behind them. */
	snprintf(name, sizeof(name), "%s/", section);
	talk_begin(NULL);
	err = libbpf_prog_type_by_name(section, &type, &attach_type);
	if (err)
		err = libbpf_prog_type_by_name(name, &type, &attach_type);
	talk_end();
	if (err || !section_known(section)) {
		section_list(known, sizeof(known));
		return errmsg_set(-EINVAL,
				  "'%s' is no type of program that xbpf knows; the known ones are those of the sections %s",
				  section, known);
	}
	bpf_object__for_each_program(prog, obj->bpf) {
		bpf_program__set_type(prog, type);
		bpf_program__set_expected_attach_type(prog, attach_type);
	}
	return 0;
}

static int set_flags(struct xbpf_object *obj, __u32 flags)
{
	struct bpf_program *prog;
	int err;

	if (!flags)
		return 0;
	bpf_object__for_each_program(prog, obj->bpf) {
		err = bpf_program__set_flags(prog, bpf_program__flags(prog) | flags);
		if (err)
			return errmsg_set(err, "%s: program '%s' takes no flags: %s", obj->path,
					  bpf_program__name(prog), strerror(-err));
	}
	return 0;
}

/*
 * Buffers of our own keep libbpf from doubling one until it has gigabytes when a load fails with
 * ENOSPC, which xbpf says of a full text area.
 */
static int give_logs(struct xbpf_object *obj)
{
	size_t size = obj->debug ? LOG_SIZE_DEBUG : LOG_SIZE, n = 0, i = 0;
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj->bpf)
		n++;
	if (!obj->debug)
		n = 1;
	obj->logs = calloc(n, sizeof(*obj->logs));
	if (!obj->logs)
		return errmsg_set(-ENOMEM, "%s: no memory for the verifier's log", obj->path);
	obj->n_logs = n;
	for (i = 0; i < n; i++) {
		obj->logs[i] = calloc(1, size);
		if (!obj->logs[i])
			return errmsg_set(-ENOMEM, "%s: no memory for the verifier's log", obj->path);
	}
	i = 0;
	bpf_object__for_each_program(prog, obj->bpf) {
		err = bpf_program__set_log_buf(prog, obj->logs[i], size);
		if (!err && obj->debug)
			err = bpf_program__set_log_level(prog, 1);
		if (err)
			return errmsg_set(err, "%s: program '%s' takes no log: %s", obj->path,
					  bpf_program__name(prog), strerror(-err));
		if (obj->debug)
			i++;
	}
	return 0;
}

/* The text between the first pair of quotes: the name in libbpf's "prog 'entry': ...". */
static void quoted(const char *text, char *name, size_t size)
{
	const char *from = strchr(text, '\''), *to = from ? strchr(from + 1, '\'') : NULL;

	if (to)
		snprintf(name, size, "%.*s", (int)(to - from - 1), from + 1);
	else
		snprintf(name, size, "?");
}

static int open_bpf(struct xbpf_object *obj)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = xbpf_fs_path());
	static const char no_extern[] = "failed to find BTF for extern";
	const char *words, *at;
	char known[128];
	int err = 0;

	section_handlers();
	talk_begin(obj->debug);
	obj->bpf = bpf_object__open_file(obj->path, &opts);
	if (!obj->bpf) {
		err = -errno;
		words = talk_first();
		libbpf_strerror(-err, known, sizeof(known));
		if ((at = talk_find(no_extern)))
			quoted(at, known, sizeof(known));
		if (at)
			errmsg_set(err,
				   "%s: '%s' is declared and used in it, but not there; "
				   "define it, link the object that has it (bpftool gen object), "
				   "or mark it __ksym or __kconfig if it is the kernel's",
				   obj->path, known);
		else
			errmsg_set(err, "%s: not a BPF object that libbpf can read: %s", obj->path,
				   words ? words : known);
	}
	talk_end();
	return err;
}

struct xbpf_object *xbpf_object_open(const char *path, const struct xbpf_object_opts *opts)
{
	static const struct xbpf_object_opts defaults = { .sz = sizeof(defaults) };
	struct xbpf_object *obj;
	int err;

	if (!opts)
		opts = &defaults;
	if (opts->sz != sizeof(*opts)) {
		errno = EINVAL;
		errmsg_set(-EINVAL,
			   "%s: struct xbpf_object_opts of %zu bytes, this library has %zu; recompile",
			   path, opts->sz, sizeof(*opts));
		return NULL;
	}
	/* xbpf charges the control group; raising RLIMIT_MEMLOCK would change the process for nothing */
	libbpf_set_memlock_rlim(0);
	obj = calloc(1, sizeof(*obj));
	if (!obj || !(obj->path = strdup(path))) {
		err = errmsg_set(-ENOMEM, "%s: no memory", path);
		goto fail;
	}
	obj->debug = opts->debug;
	obj->dev = opts->dev ? strdup(opts->dev) : NULL;
	obj->tail = opts->tail ? strdup(opts->tail) : NULL;
	err = (opts->dev && !obj->dev) || (opts->tail && !obj->tail) ? errmsg_set(-ENOMEM,
		"%s: no memory", path) :
								       elf_check(path);
	if (!err)
		err = open_bpf(obj);
	if (!err)
		err = check_sections(obj, opts->section, opts->section || opts->any_section);
	if (!err && opts->section)
		err = force_section(obj, opts->section);
	if (!err)
		err = set_flags(obj, opts->interp ? XBPF_F_INTERP : 0);
	if (!err)
		err = give_logs(obj);
	if (!err)
		return obj;
fail:
	xbpf_object_close(obj);
	errno = -err;
	return NULL;
}

struct bpf_object *xbpf_object_bpf(const struct xbpf_object *obj)
{
	return obj->bpf;
}

/* The last line that is no statistics. */
static void last_line(const char *log, char *line, size_t size)
{
	const char *end = log + strlen(log), *start;

	line[0] = '\0';
	for (; end > log; end = start - (start > log)) {
		while (end > log && end[-1] == '\n')
			end--;
		for (start = end; start > log && start[-1] != '\n'; start--)
			;
		if (end == start || !strncmp(start, "processed ", 10))
			continue;
		snprintf(line, size, "%.*s", (int)(end - start), start);
		return;
	}
}

/*
 * libbpf writes into the log what it did not find: "... CO-RE relocation <byte_off> [5] struct x.y
 * (0:1 @ offset 4)"
 */
static void relocation(const char *log, char *what, size_t size)
{
	const char *at = strstr(log, "failed to resolve CO-RE relocation"), *name;

	name = at ? strstr(at, "] ") : NULL;
	if (!name || strcspn(at, "\n") < (size_t)(name - at))
		snprintf(what, size, "a field or type");
	else
		snprintf(what, size, "%.*s", (int)strcspn(name + 2, "(\n"), name + 2);
	while (*what && what[strlen(what) - 1] == ' ')
		what[strlen(what) - 1] = '\0';
}

static int explain_prog(struct xbpf_object *obj, const char *warning, int err)
{
	const char *words = xbpf_refusal(BPF_PROG_LOAD), *log = "";
	char name[128], line[512];
	size_t i;

	quoted(warning, name, sizeof(name));
	for (i = 0; i < obj->n_logs && obj->logs[i][0]; i++)
		log = obj->logs[i];
	last_line(log, line, sizeof(line));
	if (!*words)
		words = *line ? line : errmsg_errno(err);
	if (strstr(words, POISON_CALL)) {
		relocation(log, line, sizeof(line));
		return errmsg_set(err,
				  "%s: program '%s' was refused: it "
				  "uses %s, which this kernel does not have (CO-RE found no "
				  "match); test with bpf_core_field_exists() or bpf_core_type_exists()",
				  obj->path, name, line);
	}
	return errmsg_set(err, "%s: program '%s' was refused: %s", obj->path, name, words);
}

/* libbpf tried the map twice: the last refusal is the one without BTF. */
static int explain_map(struct xbpf_object *obj, const char *warning, int err)
{
	const char *words = xbpf_refusal(BPF_MAP_CREATE);
	struct bpf_map *map;
	char name[128];

	quoted(warning, name, sizeof(name));
	map = bpf_object__find_map_by_name(obj->bpf, name);
	if (*words)
		return errmsg_set(err, "%s: map '%s' was refused: %s", obj->path, name, words);
	if (map && err == -EINVAL)
		return errmsg_set(err,
				  "%s: map '%s' was refused: type %s, key %u bytes, value %u "
				  "bytes, %u entries, flags 0x%x do not go together, or xbpf has "
				  "no such type",
				  obj->path, name, libbpf_bpf_map_type_str(bpf_map__type(map)) ?: "?",
				  bpf_map__key_size(map), bpf_map__value_size(map),
				  bpf_map__max_entries(map), bpf_map__map_flags(map));
	return errmsg_set(err, "%s: map '%s' was refused: %s", obj->path, name, errmsg_errno(err));
}

static int explain(struct xbpf_object *obj, int err)
{
	const char *warning;

	/* libbpf's own first program: what it advises is about the stock kernel */
	if (talk_find("probe_loading"))
		return errmsg_set(err, "%s: not loaded: %s", obj->path,
				  *xbpf_refusal(BPF_PROG_LOAD) ? xbpf_refusal(BPF_PROG_LOAD) : errmsg_errno(err));
	if ((warning = talk_find("program load failed")))
		return explain_prog(obj, warning, err);
	if ((warning = talk_find("failed to create")))
		return explain_map(obj, warning, err);
	if ((warning = talk_find("failed to initialize slot")))
		return errmsg_set(err, "%s: %s%s%s", obj->path, warning,
				  *xbpf_refusal(BPF_MAP_UPDATE_ELEM) ? ": " : "", xbpf_refusal(BPF_MAP_UPDATE_ELEM));
	warning = talk_first();
	return errmsg_set(err, "%s: not loaded: %s", obj->path, warning ? warning : errmsg_errno(err));
}

static void show_logs(struct xbpf_object *obj)
{
	struct bpf_program *prog;
	size_t i = 0;

	bpf_object__for_each_program(prog, obj->bpf) {
		if (i < obj->n_logs && obj->logs[i][0])
			fprintf(obj->debug, "xbpf: the verifier on program '%s':\n%s",
				bpf_program__name(prog), obj->logs[i]);
		i++;
	}
}

/*
 * A map that says LIBBPF_PIN_BY_NAME is pinned by libbpf itself while it loads, unless it finds a
 * pin there and takes that map.  The new ones are noted, since libbpf removes them only when it is
 * the load that fails.
 */
static int prepare_pins(struct xbpf_object *obj)
{
	const char *path, *root = xbpf_fs_path();
	struct bpf_map *map;
	int ret;

	bpf_object__for_each_map(map, obj->bpf) {
		path = bpf_map__pin_path(map);
		if (!path)
			continue;
		if (!strncmp(path, root, strlen(root)) && path[strlen(root)] == '/') {
			ret = xbpf_pin_dir(root);
			if (ret < 0)
				return ret;
		}
		if (access(path, F_OK) && made_note(obj, path))
			return -ENOMEM;
	}
	return 0;
}

/* Only the module knows the numbers of the strategies. */
static int set_tail(struct xbpf_object *obj)
{
	int strategy = obj->tail ? xbpf_tail_find(obj->tail) : 0;

	return strategy < 0 ? strategy : set_flags(obj, XBPF_F_TAIL(strategy));
}

int xbpf_object_load(struct xbpf_object *obj)
{
	size_t before = obj->n_made;
	int err;

	err = xbpf_device();
	if (!err)
		err = set_tail(obj);
	if (!err)
		err = prepare_pins(obj);
	if (err)
		goto out;
	talk_begin(obj->debug);
	err = bpf_object__load(obj->bpf);
	if (obj->debug)
		show_logs(obj);
	if (err)
		err = explain(obj, err);
	talk_end();
out:
	while (err && obj->n_made > before)
		made_drop(obj);
	return err;
}

void xbpf_object_close(struct xbpf_object *obj)
{
	size_t i;

	if (!obj)
		return;
	for (i = 0; i < obj->n_made; i++) {
		free(obj->made[i].path);
		if (obj->made[i].link >= 0)
			close(obj->made[i].link);
	}
	free(obj->made);
	bpf_object__close(obj->bpf);
	for (i = 0; i < obj->n_logs; i++)
		free(obj->logs[i]);
	free(obj->logs);
	free(obj->dev);
	free(obj->path);
	free(obj->tail);
	free(obj);
}
