// SPDX-License-Identifier: GPL-2.0
/*
 * bench_verifier: how long the upstream verifier and ours take over the same programs.
 *
 * Three sides: "here", our verifier as part of this process; "xbpf", the module; "upstream",
 * bpf(2).  Those that are not there are left out.  Of the upstream side its own statement of the
 * time counts, of ours the whole load (to the interpreter, so that no code is compiled): the ratio
 * errs to our disadvantage.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/verify/verifier.h"
#include "../kernel/dev.h"
#include "../lib/asm.h"
#include "../lib/rt.h"
#include "programs.h"

#define LOG_SIZE	65536
#define TIMES_MAX	400
#define TIME_ENOUGH	200000000ull	/* ns for a program on a side */

enum { HERE, XBPF, STOCK, SIDES };

static const char *const side_names[SIDES] = { "here", "xbpf", "upstream" };

struct result {
	bool there;
	double ns;		/* the best of several */
	unsigned int insns, states, kib;
};

static char log_buf[LOG_SIZE];
static int fds[SIDES][3];

static const struct { const char *name; u32 type, key, value, max; } maps[] = {
	{ "arr", BPF_MAP_TYPE_ARRAY, 4, 64, 1 },
	{ "text", BPF_MAP_TYPE_ARRAY, 4, 256, 1 },
	{ "hash", BPF_MAP_TYPE_HASH, 4, 8, 16 },
};

static int upstream_sys(int cmd, void *attr, unsigned int size)
{
	return (int)syscall(__NR_bpf, cmd, attr, size);
}

static int side_sys(int side, int cmd, union bpf_attr *attr)
{
	return side == STOCK ? upstream_sys(cmd, attr, sizeof(*attr)) : xbpf_sys(cmd, attr, sizeof(*attr));
}

static bool make_maps(int side)
{
	union bpf_attr attr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		if (side == HERE) {
			fds[side][i] = rt_map_fd(rt_map_new(maps[i].name, maps[i].type, maps[i].key, maps[i].value,
							    maps[i].max, 0));
			continue;
		}
		memset(&attr, 0, sizeof(attr));
		attr.map_type = maps[i].type;
		attr.key_size = maps[i].key;
		attr.value_size = maps[i].value;
		attr.max_entries = maps[i].max;
		fds[side][i] = side_sys(side, BPF_MAP_CREATE, &attr);
		if (fds[side][i] < 0)
			return false;
	}
	return true;
}

static int fd_of(void *priv, const char *map)
{
	const int *of = priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(maps); i++)
		if (!strcmp(map, maps[i].name))
			return of[i];
	return -1;
}

static unsigned int number_behind(const char *words)
{
	const char *at = strstr(log_buf, words);

	return at ? (unsigned int)strtoul(at + strlen(words), NULL, 10) : 0;
}

static void read_stats(struct result *r)
{
	r->insns = number_behind("processed ");
	r->states = number_behind("peak_states ");
	r->kib = number_behind("peak_memory ");
}

static double verify_here(const struct asm_prog *prog, struct result *r)
{
	struct xbpf_code code = { .type = BPF_PROG_TYPE_KPROBE, .gpl_compatible = true, .may_leak = true };
	struct xbpf_log log;
	uint64_t begin;
	double ns;
	u32 i;
	int err;

	xbpf_log_init(&log, XBPF_LOG_STATS, log_buf, sizeof(log_buf));
	code.insn_cnt = prog->cnt;
	code.insns = malloc(prog->cnt * sizeof(*prog->insns));
	if (!code.insns)
		abort();
	memcpy(code.insns, prog->insns, prog->cnt * sizeof(*prog->insns));
	begin = now_ns();
	err = xbpf_verify(&code, &rt_env, NULL, &log);
	ns = (double)(now_ns() - begin);
	xbpf_log_finish(&log, NULL);
	for (i = 0; i < code.map_cnt; i++)
		rt_env.map_put(code.maps[i]);
	xbpf_code_release(&code);
	free(code.insns);
	read_stats(r);
	return err ? -1 : ns;
}

static double verify_by(int side, const struct asm_prog *prog, struct result *r)
{
	union bpf_attr attr;
	uint64_t begin;
	double ns;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	attr.insns = (uintptr_t)prog->insns;
	attr.insn_cnt = prog->cnt;
	attr.license = (uintptr_t)"GPL";
	attr.log_level = 4;
	attr.log_buf = (uintptr_t)log_buf;
	attr.log_size = sizeof(log_buf);
	attr.prog_flags = side == XBPF ? XBPF_F_INTERP : 0;
	begin = now_ns();
	fd = side_sys(side, BPF_PROG_LOAD, &attr);
	ns = (double)(now_ns() - begin);
	if (fd < 0)
		return -1;
	close(fd);
	read_stats(r);
	if (side == STOCK)
		ns = number_behind("verification time ") * 1000.0;
	return ns;
}

static void measure(int side, const char *text, struct result *r, unsigned int times)
{
	struct asm_prog prog = { 0 };
	uint64_t begin = now_ns();
	unsigned int i;
	double ns;

	if (asm_parse(&prog, text) || asm_bind(&prog, fd_of, fds[side])) {
		fprintf(stderr, "bench_verifier: %s\n", prog.error);
		exit(1);
	}
	for (i = 0; i < times && (i < 3 || now_ns() - begin < TIME_ENOUGH); i++) {
		ns = side == HERE ? verify_here(&prog, r) : verify_by(side, &prog, r);
		if (ns < 0)
			break;
		if (!r->there || ns < r->ns)
			r->ns = ns;
		r->there = true;
	}
	asm_free(&prog);
}

int main(int argc, char **argv)
{
	const char *text, *name, *only = argc > 2 ? argv[2] : NULL;
	unsigned int i, times = argc > 1 ? (unsigned int)atoi(argv[1]) : TIMES_MAX, size, n[SIDES] = { 0 };
	double sum[SIDES] = { 0 };
	bool have[SIDES];
	int s;

	setlinebuf(stdout);	/* who is killed keeps what was measured */
	rt_reset();
	have[HERE] = make_maps(HERE);
	have[XBPF] = !access("/dev/xbpf", R_OK) && make_maps(XBPF);
	have[STOCK] = make_maps(STOCK);
	printf("%-22s %6s | %9s %9s %8s | %9s %9s %8s | %9s %9s %8s | %s\n", "program", "size",
	       "here us", "insns", "KiB",
	       "xbpf us", "insns", "states", "upstream us", "insns", "states", "upstream / here, / xbpf");
	for (i = 0; (text = program_text(i, &name, &size)); i++) {
		struct result r[SIDES] = { 0 };

		if (only && !strstr(name, only))
			continue;
		for (s = 0; s < SIDES; s++)
			if (have[s])
				measure(s, text, &r[s], times);
		printf("%-22s %6u |", name, size);
		for (s = 0; s < SIDES; s++)
			if (r[s].there)
				printf(" %9.1f %9u %8u |", r[s].ns / 1000, r[s].insns, s == HERE ? r[s].kib : r[s].states);
			else
				printf(" %9s %9s %8s |", have[s] ? "refused" : "-", "", "");
		for (s = HERE; s < STOCK; s++) {
			if (!r[s].there || !r[STOCK].there || r[s].ns <= 0 || r[STOCK].ns <= 0)
				continue;
			printf(" %.2f", r[STOCK].ns / r[s].ns);
			sum[s] += log(r[STOCK].ns / r[s].ns);
			n[s]++;
		}
		printf("\n");
		fflush(stdout);
	}
	for (s = HERE; s < STOCK; s++)
		if (n[s])
			printf("geometric mean of %u: upstream / %s = %.2f\n", n[s], side_names[s], exp(sum[s] / n[s]));
	return 0;
}
