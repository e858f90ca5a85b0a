/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hooks: X(word, NUMBER, ops, PROG_TYPE, FORM) for each.
 *
 *	word		what the tool calls it; also SEC("word/...")
 *	NUMBER		of XBPF_LINK_NUMBER (include/uapi/linux/xbpf.h, which describes the hook)
 *	ops		a file of module/ defines a struct xbpf_link_ops xbpf_link_OPS_ops
 *	PROG_TYPE	the only type of program that fits
 *	FORM		how a place to attach to is written, an enum xbpf_hook_form
 */
#ifndef XBPF_LISTS_HOOKS_H
#define XBPF_LISTS_HOOKS_H

#define XBPF_HOOKS(X)									\
	X("kprobe", KPROBE, kprobe, BPF_PROG_TYPE_KPROBE, FUNCTION)			\
	X("kretprobe", KRETPROBE, kretprobe, BPF_PROG_TYPE_KPROBE, FUNCTION)		\
	X("kprobe.multi", KPROBE_MULTI, multi, BPF_PROG_TYPE_KPROBE, PATTERN)		\
	X("kretprobe.multi", KRETPROBE_MULTI, ret_multi, BPF_PROG_TYPE_KPROBE, PATTERN)	\
	X("raw_tp", RAW_TRACEPOINT, raw_tp, BPF_PROG_TYPE_RAW_TRACEPOINT, TRACEPOINT)	\
	X("tracepoint", TRACEPOINT, tracepoint, BPF_PROG_TYPE_TRACEPOINT, EVENT)	\
	X("tap", TAP, tap, BPF_PROG_TYPE_SOCKET_FILTER, DEVICE)				\
	X("ingress", INGRESS, ingress, BPF_PROG_TYPE_SCHED_CLS, DEVICE)			\
	X("egress", EGRESS, egress, BPF_PROG_TYPE_SCHED_CLS, DEVICE)			\
	X("seccomp", SYSCALL_FILTER, syscall, XBPF_PROG_TYPE_SYSCALL_FILTER, PROCESS)

/* For user space: what stands behind the word, and in the help. */
enum xbpf_hook_form {
	XBPF_FORM_FUNCTION,	/* SYMBOL[+OFFSET] or 0xADDRESS, or a pattern */
	XBPF_FORM_PATTERN,
	XBPF_FORM_TRACEPOINT,	/* NAME */
	XBPF_FORM_EVENT,	/* CATEGORY/NAME */
	XBPF_FORM_DEVICE,
	XBPF_FORM_PROCESS,	/* a pid: no SEC() names one */
};

#define XBPF_FORM_FUNCTION_NAME		"FUNCTION"
#define XBPF_FORM_PATTERN_NAME		"PATTERN"
#define XBPF_FORM_TRACEPOINT_NAME	"TRACEPOINT"
#define XBPF_FORM_EVENT_NAME		"CATEGORY/NAME"
#define XBPF_FORM_DEVICE_NAME		"DEVICE"
#define XBPF_FORM_PROCESS_NAME		"PID"

#endif
