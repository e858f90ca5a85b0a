/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oracle [-s SEED] [-n COUNT] [-v] [FILE.vec ...]: verdicts of xbpf beside those of the stock kernel
 * that it runs in, on the programs of vectors, on those of the verdict tables in unit/,
 * and on COUNT random ones.
 *
 * With -v it prints every program on which they differ.
 *
 * Fails when xbpf accepts what stock refuses for a reason that is not explained.
 */
#include <unistd.h>

#include "../kernel/dev.h"
#include "../tap.h"
#include "oracle.h"

/* Over all families: programs that both accept, and that only stock accepts though no rule of ours forbids them. */
static u32 accepted, lacking;

/* Hundredths of a percent. */
static u32 share(u32 part, u32 rest)
{
	return part + rest ? (u32)(10000ull * part / (part + rest)) : 10000;
}

void oracle_report(const struct oracle_tally *t)
{
	u32 all = share(t->both_accept, t->only_stock), asked = share(t->both_accept, t->only_stock - t->rules);

	tap_diag("%s: %u programs", t->name, t->both_accept + t->both_refuse + t->only_stock + t->only_xbpf);
	tap_diag("  both accept %u, both refuse %u (%u with another errno)", t->both_accept, t->both_refuse,
		 t->errnos);
	tap_diag("  only stock accepts %u (%u refused by rule), only xbpf accepts %u (%u unexplained)",
		 t->only_stock, t->rules, t->only_xbpf, t->unexplained);
	if (t->too_long)
		tap_diag("  %u more take stock too long, and were not compared", t->too_long);
	tap_diag("  xbpf accepts %u.%02u %% of what stock accepts, %u.%02u %% without those refused by rule",
		 all / 100, all % 100, asked / 100, asked % 100);
	tap_ok(!t->unexplained && !t->not_tried,
	       "%s: nothing that stock refuses is accepted without an explanation", t->name);
	accepted += t->both_accept;
	lacking += t->only_stock - t->rules;
}

int main(int argc, char **argv)
{
	u64 seed = 1000, start = now_ns();
	u32 count = 2500;
	int c;

	while ((c = getopt(argc, argv, "s:n:v")) != -1) {
		switch (c) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			count = (u32)strtoul(optarg, NULL, 0);
			break;
		case 'v':
			oracle_verbose = true;
			break;
		default:
			fprintf(stderr, "usage: oracle [-s SEED] [-n COUNT] [-v] [FILE.vec ...]\n");
			return 2;
		}
	}
	tap_begin();
	oracle_vectors(argv + optind, (u32)(argc - optind));
	oracle_table();
	oracle_random(seed, count);
	tap_ok(share(accepted, lacking) >= 9800,
	       "xbpf accepts %u of %u that stock accepts and no rule forbids: 98 %% or more", accepted, accepted + lacking);
	oracle_reasons_print();
	oracle_times_print();
	tap_diag("%llu s", (unsigned long long)((now_ns() - start) / 1000000000ull));
	return tap_done();
}
