/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xbpfctl exec and the library that it has loaded into the command say to each other.
 */
#ifndef XBPF_EXEC_EXEC_H
#define XBPF_EXEC_EXEC_H

#define EXEC_LIBRARY	"libxbpf-exec.so"
#define EXEC_LOG	"XBPF_EXEC_LOG"	/* the path of --log; not there: stderr, and less is said */

#endif
