/* SPDX-License-Identifier: GPL-2.0 */
/* A program of a type that xbpf does not have. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("fentry/do_exit")
int on_exit(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
