/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before each unit/test_verifier_*.c, so that its table of verdicts goes to
 * the oracle in place of the test: main() gets another name, and verdict_run() is ours.
 */
#include "../unit/verdict.h"

void oracle_table_run(const struct verdict *cases, u32 cnt);

#define verdict_run	oracle_table_run
#define tap_done()	0
