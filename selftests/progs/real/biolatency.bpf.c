/* SPDX-License-Identifier: GPL-2.0 */
/* How long block requests take: a histogram of powers of two for each disk and operation. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct gendisk {
	int major, first_minor;
} __attribute__((preserve_access_index));

struct request_queue {
	struct gendisk *disk;
} __attribute__((preserve_access_index));

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int __data_len;
} __attribute__((preserve_access_index));

struct key {
	__u32 dev;
	__u32 op;
};

struct hist {
	__u64 bytes;
	__u32 slots[27];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct request *);
	__type(value, __u64);
} started SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct key);
	__type(value, struct hist);
} hists SEC(".maps");

const volatile _Bool milliseconds = 0;
static const struct hist none;

static __always_inline __u32 log2_32(__u32 v)
{
	__u32 shift, r;

	r = (v > 0xffff) << 4;
	v >>= r;
	shift = (v > 0xff) << 3;
	v >>= shift;
	r |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	r |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	r |= shift;
	return r | v >> 1;
}

static __always_inline __u32 log2_64(__u64 v)
{
	__u32 hi = v >> 32;

	return hi ? log2_32(hi) + 32 : log2_32((__u32)v);
}

SEC("kprobe/blk_mq_start_request")
int BPF_KPROBE(starts, struct request *rq)
{
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&started, &rq, &now, BPF_ANY);
	return 0;
}

SEC("kprobe/blk_account_io_done")
int BPF_KPROBE(done, struct request *rq)
{
	__u64 *then = bpf_map_lookup_elem(&started, &rq);
	struct gendisk *disk;
	struct key key = {};
	struct hist *h;
	__s64 took;
	__u64 slot;

	if (!then)
		return 0;
	took = (__s64)(bpf_ktime_get_ns() - *then);
	if (took < 0)
		goto out;
	disk = BPF_CORE_READ(rq, q, disk);
	if (disk)
		key.dev = BPF_CORE_READ(disk, major) << 20 | BPF_CORE_READ(disk, first_minor);
	key.op = BPF_CORE_READ(rq, cmd_flags) & 0xff;
	h = bpf_map_lookup_elem(&hists, &key);
	if (!h) {
		bpf_map_update_elem(&hists, &key, &none, BPF_NOEXIST);
		h = bpf_map_lookup_elem(&hists, &key);
		if (!h)
			goto out;
	}
	took /= milliseconds ? 1000000 : 1000;
	slot = log2_64((__u64)took);
	if (slot >= 27)
		slot = 26;
	__sync_fetch_and_add(&h->slots[slot], 1);
	__sync_fetch_and_add(&h->bytes, BPF_CORE_READ(rq, __data_len));
out:
	bpf_map_delete_elem(&started, &rq);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
