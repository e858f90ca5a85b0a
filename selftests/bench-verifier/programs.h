/* SPDX-License-Identifier: GPL-2.0 */
/* Programs whose verification is measured. */
#ifndef XBPF_SELFTESTS_PROGRAMS_H
#define XBPF_SELFTESTS_PROGRAMS_H

/* The assembly of program @i (until the next call), its name and size; NULL behind the last. */
const char *program_text(unsigned int i, const char **name, unsigned int *size);

#endif
