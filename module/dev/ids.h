/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of the kinds of objects, and the commands that find objects by id.
 */
#ifndef XBPF_MODULE_IDS_H
#define XBPF_MODULE_IDS_H

#include "cmd/cmd.h"

/* Each serves its command of every kind, as the kind's xbpf_object_ops name it. */
long xbpf_next_id_cmd(struct xbpf_cmd *cmd);	/* MAP_GET_NEXT_ID and others */
long xbpf_fd_by_id_cmd(struct xbpf_cmd *cmd);	/* MAP_GET_FD_BY_ID and others */

void xbpf_ids_exit(void);	/* after xbpf_worker_drain(): says which objects are left */

#endif
