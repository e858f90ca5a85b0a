/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why the verdicts of upstream's verifier and of ours may differ, as far as it is known. Compare
 * reads it, and so does selftests/oracle.
 */
#ifndef XBPF_CLI_REASONS_H
#define XBPF_CLI_REASONS_H

/* The running kernel's version, 612 for 6.12. */
unsigned int reason_kernel(void);

/*
 * Why a program that upstream refuses with these words may be accepted by xbpf, or NULL. It names
 * where the running kernel's verifier sees less than ours; it does not say that the program is
 * safe.
 */
const char *reason_only_xbpf(const char *upstream_words);

/*
 * ... what holds only where its type information has this tag: "arg:nonnull". Asked with each tag
 * that the program has.
 */
const char *reason_of_tag(const char *upstream_words, const char *tag);
extern const char *const reason_tags[];		/* those that it knows; ends with NULL */

/*
 * Why a program that xbpf refuses with these words is to be refused, whatever upstream says, or
 * NULL.
 */
const char *reason_rule(const char *xbpf_words);

/* What the program asks for, and xbpf has not, by its words: a type of map, a helper; or NULL. */
const char *reason_lacking(const char *xbpf_words);

#endif
