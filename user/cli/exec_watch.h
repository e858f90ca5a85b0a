/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw calls of bpf(2), which no library sees: found and refused.
 */
#ifndef XBPF_CLI_EXEC_WATCH_H
#define XBPF_CLI_EXEC_WATCH_H

#include <stdbool.h>

/*
 * Starts a process that answers such calls in words, on stderr or at the end of the file @log (may
 * be NULL), for as long as any process is under the filter, and holds a copy of the descriptor
 * @hold meanwhile. The last thing it does is @end(), unless another filter's listener is in its
 * place. Returns a socket for exec_watch_begin(), or -1 with the error said.
 */
int exec_watch_start(const char *log, int hold, void (*end)(void));

/*
 * From here on this process and all that descend from it are under the filter; closes the socket.
 * 0, or -1 with the error said.
 */
int exec_watch_begin(int socket);

#endif
