/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The raw part of a perf sample.
 */
#ifndef XBPF_COMPAT_PERF_H
#define XBPF_COMPAT_PERF_H

#include <linux/perf_event.h>
#include <linux/version.h>

/*
 * raw->size and the padding of its only fragment are set.  perf_sample_save_raw_data() changed its
 * parameters within 6.12 and 6.6; what it does did not.
 */
static inline void xbpf_compat_perf_raw(struct perf_sample_data *data,
					const struct perf_event *event, struct perf_raw_record *raw)
{
	data->raw = raw;
	if (!(event->attr.sample_type & PERF_SAMPLE_RAW))
		return;
/* 6.3: parts of a sample are accounted as they are added. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	data->dyn_size += raw->size + sizeof(u32);
#endif
/* 6.1: flags say which parts there are. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
	data->sample_flags |= PERF_SAMPLE_RAW;
#endif
}

#endif
