/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of the kinds of objects.
 */
#ifndef XBPF_MODULE_IDS_H
#define XBPF_MODULE_IDS_H

void xbpf_ids_exit(void);	/* after xbpf_worker_drain(): says which objects are left */

#endif
