/* SPDX-License-Identifier: GPL-2.0 */
/* The second program cannot be attached: what autoattach did to the first one has to be undone. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe/do_exit")
int attaches(void *ctx)
{
	return 0;
}

SEC("kprobe/there_is_no_such_function")
int does_not(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
