/* SPDX-License-Identifier: GPL-2.0 */
/* Calls a helper that xbpf does not have: the tool has to name it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe")
int redirects(void *ctx)
{
	return bpf_redirect(1, 0);
}

char _license[] SEC("license") = "GPL";
