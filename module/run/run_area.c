/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for interpreted runs: one area for each CPU is enough, because the run guard lets one
 * program at a time run there.
 */
#include <linux/errno.h>
#include <linux/percpu.h>
#include "core/interp.h"
#include "run/run_area.h"

static struct xbpf_run_area __percpu *areas;

void *xbpf_run_area(void)
{
	return this_cpu_ptr(areas);
}

int xbpf_run_area_init(void)
{
	areas = alloc_percpu(struct xbpf_run_area);
	return areas ? 0 : -ENOMEM;
}

void xbpf_run_area_exit(void)
{
	free_percpu(areas);
}
