/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for interpreted runs.
 *
 * Interface.
 */
#ifndef XBPF_MODULE_RUN_AREA_H
#define XBPF_MODULE_RUN_AREA_H

/* This CPU's struct xbpf_run_area. Under the run guard. */
void *xbpf_run_area(void);

int xbpf_run_area_init(void);
void xbpf_run_area_exit(void);

#endif
