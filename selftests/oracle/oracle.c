/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oracle [-c] [-s SEED] [-n COUNT] [-v] [FILE.vec ...]: verdicts of xbpf beside those of the
 * upstream kernel that it runs in, on the programs of vectors, on those of the verdict tables in
 * unit/, with
 * -c on those that the tables of corpus_*.c make, and on COUNT random ones.
 *
 * With -v it prints every program on which they differ.
 *
 * Fails when xbpf accepts what upstream refuses for a reason that is not explained.
 */
#include <unistd.h>

#include "../kernel/dev.h"
#include "../tap.h"
#include "oracle.h"

/*
 * Over all families: programs that both accept, and that only upstream accepts though no rule of
 * ours forbids them.
 */
static u32 accepted, lacking;

/* Hundredths of a percent. */
static u32 share(u32 part, u32 rest)
{
	return part + rest ? (u32)(10000ull * part / (part + rest)) : 10000;
}

static const struct oracle_tally *reported[40];
static u32 reported_cnt;

void oracle_report(const struct oracle_tally *t)
{
	tap_ok(!t->unexplained && !t->not_tried,
	       "%s: nothing that upstream refuses is accepted without an explanation", t->name);
	accepted += t->both_accept;
	lacking += t->only_upstream - t->rules;
	if (reported_cnt < ARRAY_SIZE(reported))
		reported[reported_cnt++] = t;
}

static void line(const struct oracle_tally *t)
{
	u32 asked = share(t->both_accept, t->only_upstream - t->rules);

	tap_diag("%-36s %6u %7u %7u %6u %7u %6u %6u %7u %8u %5u.%02u %%", t->name,
		 t->both_accept + t->both_refuse + t->only_upstream + t->only_xbpf, t->both_accept,
		 t->both_refuse, t->errnos, t->only_upstream, t->rules, t->only_xbpf, t->unexplained, t->too_long,
		 asked / 100, asked % 100);
}

/* Of what upstream accepts and no rule of ours forbids, the last column is accepted. */
static void print_table(void)
{
	struct oracle_tally sum = { .name = "all" };
	u32 i;

	tap_diag("%-36s %6s %7s %7s %6s %7s %6s %6s %7s %8s %10s", "", "", "both", "both", "other",
		 "only", "of it", "only", "of it", "not", "accepted");
	tap_diag("%-36s %6s %7s %7s %6s %7s %6s %6s %7s %8s %10s", "class", "progs", "accept",
		 "refuse", "errno", "upstream", "rules", "xbpf", "unexpl.", "compared", "");
	for (i = 0; i < reported_cnt; i++) {
		const struct oracle_tally *t = reported[i];

		line(t);
		sum.both_accept += t->both_accept;
		sum.both_refuse += t->both_refuse;
		sum.only_upstream += t->only_upstream;
		sum.only_xbpf += t->only_xbpf;
		sum.rules += t->rules;
		sum.unexplained += t->unexplained;
		sum.too_long += t->too_long;
		sum.errnos += t->errnos;
		sum.errnos_odd += t->errnos_odd;
	}
	line(&sum);
	tap_ok(!sum.errnos_odd,
	       "%u of %u that both refuse have another errno, %u of them unexplained", sum.errnos,
	       sum.both_refuse, sum.errnos_odd);
}

int main(int argc, char **argv)
{
	u64 seed = 1000, start = now_ns();
	u32 count = 2500;
	bool corpus = false;
	int c;

	while ((c = getopt(argc, argv, "cs:n:v")) != -1) {
		switch (c) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			count = (u32)strtoul(optarg, NULL, 0);
			break;
		case 'c':
			corpus = true;
			break;
		case 'v':
			oracle_verbose = true;
			break;
		default:
			fprintf(stderr, "usage: oracle [-c] [-s SEED] [-n COUNT] [-v] [FILE.vec ...]\n");
			return 2;
		}
	}
	tap_begin();
	oracle_vectors(argv + optind, (u32)(argc - optind));
	oracle_table();
	if (corpus)
		oracle_corpus();
	oracle_random(seed, count);
	tap_ok(share(accepted, lacking) >= 9800,
	       "xbpf accepts %u of %u that upstream accepts and no rule forbids: 98 %% or more",
	       accepted, accepted + lacking);
	print_table();
	oracle_reasons_print();
	oracle_times_print();
	tap_diag("%llu s", (unsigned long long)((now_ns() - start) / 1000000000ull));
	return tap_done();
}
