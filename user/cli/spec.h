/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which object is meant: id N | name X | tag T | pinned PATH | fd N.
 */
#ifndef XBPF_CLI_SPEC_H
#define XBPF_CLI_SPEC_H

#include "args.h"
#include "libxbpf.h"

#define SPEC_PROG "{ id N | name NAME | tag TAG | pinned PATH | fd N }"
#define SPEC_MAP  "{ id N | name NAME | pinned PATH | fd N }"
#define SPEC_LINK "{ id N | pinned PATH | fd N }"

/* Takes a spec that means exactly one: its fd (the caller's), or -1 and an error. */
int spec_one(struct args *args, enum xbpf_kind kind);

/*
 * Takes a spec that may mean several; *fds is the caller's, with the fds in it.  The count, or -1.
 */
int spec_all(struct args *args, enum xbpf_kind kind, int **fds);

#endif
