/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The trace event that carries bpf_trace_printk's output: the one way into the trace_pipe that
 * everyone reads which is open to modules and prints no warning banner at boot.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM XBPF_MODULE

#if !defined(XBPF_MODULE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define XBPF_MODULE_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(xbpf_trace_printk,
	TP_PROTO(const char *text, u32 len),
	TP_ARGS(text, len),
	TP_STRUCT__entry(
		__dynamic_array(char, text, len + 1)
	),
	TP_fast_assign(
		memcpy(__get_dynamic_array(text), text, len);
		((char *)__get_dynamic_array(text))[len] = '\0';
	),
	TP_printk("%s", __get_str(text))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH module/helper
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
