/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oracle_objects FILE.o ...: objects as clang makes them, loaded by libbpf for the stock kernel
 * that it runs in and for xbpf: verdicts and walked instructions side by side.
 *
 * Fails when xbpf refuses what upstream accepts, or accepts what upstream refuses without one of
 * the reasons below.
 */
#include <math.h>
#include <sys/utsname.h>
#include <bpf/libbpf.h>

#include "../../kernel/dev.h"
#include "../../tap.h"
#include "mirror.h"

/* What the kernel that we run in cannot decode or follow yet. */
static const struct {
	const char *words;
	const char *object;	/* NULL: any */
	u32 before;		/* the first kernel that says so no more */
	const char *why;
} older[] = {
	{ "unknown opcode", NULL, 606, "upstream learned the instructions of -mcpu=v4 in 6.6" },
	{ "BPF_MOV uses reserved fields", NULL, 606, "upstream learned sign-extending moves in 6.6" },
	{ "BPF_ALU uses reserved fields", NULL, 606, "upstream learned signed division in 6.6" },
	{ "BPF_END uses reserved fields", NULL, 606,
	  "upstream learned the unconditional byte swap in 6.6" },
	{ "BPF_LDX uses reserved fields", NULL, 606, "upstream learned sign-extending loads in 6.6" },
	{ "BPF_ST stores into R1 ctx is not allowed", NULL, 612,
	  "upstream learned to store constants into a context after 6.1" },
	{ "R2 type=mem_or_null", "policy.v1.bpf.o", 612, "6.1 does not know the tag arg:nonnull" },
	{ "R2 type=mem_or_null", "policy.v2.bpf.o", 612, "6.1 does not know the tag arg:nonnull" },
	{ "R2 type=mem_or_null", "policy.v3.bpf.o", 612, "6.1 does not know the tag arg:nonnull" },
	{ "R2 type=mem_or_null", "policy.v4.bpf.o", 612, "6.1 does not know the tag arg:nonnull" },
	{ "unbounded min value", "biolatency.v3.bpf.o", 612,
	  "6.1 loses what the shifts of log2 leave; 6.12 accepts it" },
};

static struct {
	u32 objects, unread, both_accept, both_refuse, only_upstream, only_xbpf, unexplained;
	u32 compared, fewer, more;
	u64 theirs, ours, theirs_ns, ours_ns;
	double log_ratio;
} total;

static bool refused_one;	/* of the object */
static const char *name_of_object;

static u32 kernel(void)
{
	struct utsname u;
	unsigned int major = 0, minor = 0;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major * 100 + minor;
}

static const char *explain(const char *words)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(older); i++)
		if (kernel() < older[i].before && strstr(words, older[i].words) &&
		    (!older[i].object || !strcmp(older[i].object, name_of_object)))
			return older[i].why;
	return NULL;
}

static const char *outcome(char *text, size_t size, const struct mirror_verdict *v)
{
	if (v->err)
		snprintf(text, size, "%s", "refused");
	else
		snprintf(text, size, "%u", v->processed);
	return text;
}

static void compare(const struct mirror_verdict *upstream, const struct mirror_verdict *xbpf)
{
	total.both_accept++;
	total.theirs_ns += upstream->ns;
	total.ours_ns += xbpf->ns;
	if (!upstream->processed || !xbpf->processed)
		return;
	total.compared++;
	total.theirs += upstream->processed;
	total.ours += xbpf->processed;
	total.fewer += xbpf->processed < upstream->processed;
	total.more += xbpf->processed > upstream->processed;
	total.log_ratio += log((double)xbpf->processed / upstream->processed);
}

static void on_verdict(void *priv, const char *name, u32 insn_cnt,
		       const struct mirror_verdict *upstream, const struct mirror_verdict *xbpf)
{
	char a[20], b[20];
	const char *why;

	(void)priv;
	tap_diag("%-24s %-16s %5u insns, walked: upstream %8s, xbpf %8s", name_of_object, name, insn_cnt,
		 outcome(a, sizeof(a), upstream), outcome(b, sizeof(b), xbpf));
	if (!upstream->err && !xbpf->err) {
		compare(upstream, xbpf);
	} else if (upstream->err && xbpf->err) {
		total.both_refuse++;
		tap_diag("    upstream: %s", upstream->words);
		tap_diag("    xbpf: %s", xbpf->words);
		refused_one = true;
	} else if (xbpf->err) {
		total.only_upstream++;
		tap_diag("    ONLY UPSTREAM: %s", xbpf->words);
		refused_one = true;
	} else {
		why = explain(upstream->words);
		total.only_xbpf++;
		total.unexplained += !why;
		tap_diag("    only xbpf: %s: %s", upstream->words, why ? why : "NOT EXPLAINED");
		refused_one |= !why;
	}
}

/* libbpf's words are only of interest when it gives up. */
static char said[4096];

static int listen(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG)
		return 0;
	return vsnprintf(said, sizeof(said), format, args);
}

static bool try_object(const char *path)
{
	struct bpf_object *obj = bpf_object__open(path);
	struct bpf_program *prog;
	int err;

	if (!obj) {
		tap_diag("%s: %s", path, said);
		return false;
	}
	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_log_buf(prog, mirror_log, sizeof(mirror_log));
		bpf_program__set_log_level(prog, 4);
	}
	said[0] = '\0';
	mirror_begin(on_verdict, NULL);
	err = bpf_object__load(obj);
	if (err)
		tap_diag("%s: libbpf: %s", path, said);
	bpf_object__close(obj);
	mirror_end();
	return !err;
}

static void one(const char *path)
{
	const char *slash = strrchr(path, '/');
	bool read;

	name_of_object = slash ? slash + 1 : path;
	refused_one = false;
	total.objects++;
	read = try_object(path);
	total.unread += !read;
	tap_ok(read && !refused_one, "%s", name_of_object);
}

int main(int argc, char **argv)
{
	int i;

	tap_begin();
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(listen);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	for (i = 1; i < argc; i++)
		one(argv[i]);
	tap_diag("%u objects, %u not loaded; "
		 "programs: both accept %u, both refuse %u, only upstream accepts %u, only xbpf "
		 "accepts %u (%u unexplained)",
		 total.objects, total.unread, total.both_accept, total.both_refuse,
		 total.only_upstream, total.only_xbpf, total.unexplained);
	tap_diag("instructions walked for the %u with figures: upstream %llu, xbpf %llu; "
		 "geometric mean of the ratios %.3f; fewer %u, more %u",
		 total.compared, (unsigned long long)total.theirs, (unsigned long long)total.ours,
		 total.compared ? exp(total.log_ratio / total.compared) : 1, total.fewer, total.more);
	tap_diag("loads: upstream %llu ms, xbpf %llu ms", (unsigned long long)(total.theirs_ns / 1000000),
		 (unsigned long long)(total.ours_ns / 1000000));
	tap_ok(!total.only_upstream, "xbpf accepts every program that upstream accepts");
	tap_ok(!total.unexplained, "nothing that upstream refuses is accepted without an explanation");
	tap_ok(total.objects && total.both_accept, "something was compared");
	return tap_done();
}
