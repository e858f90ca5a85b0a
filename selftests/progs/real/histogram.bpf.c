/* SPDX-License-Identifier: GPL-2.0 */
/* A histogram of two dimensions in global data: size of requests by who asks. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define ROWS	64
#define COLUMNS	32

struct row {
	char comm[16];
	__u32 cell[COLUMNS];
	__u32 used;
};

struct row table[ROWS];
__u32 full;
const volatile __u32 limits[COLUMNS] = {
	1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096,
	6144, 8192, 12288, 16384, 24576, 32768, 49152, 65536, 98304, 131072, 262144, 1048576, 0xffffffff,
};

static __always_inline __u32 hash_of(const char *s)
{
	__u32 h = 2166136261u;
	int i;

#pragma unroll
	for (i = 0; i < 16; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h;
}

static __always_inline int same(const char *a, const char *b)
{
	int i;

	for (i = 0; i < 16; i++) {
		if (a[i] != b[i])
			return 0;
		if (!a[i])
			break;
	}
	return 1;
}

SEC("kprobe/__kmalloc")
int BPF_KPROBE(asked, __u64 size)
{
	__u32 h, i, low = 0, high = COLUMNS - 1;
	struct row *row = 0;
	char comm[16];

	if (bpf_get_current_comm(comm, sizeof(comm)))
		return 0;
	h = hash_of(comm);
	for (i = 0; i < 4; i++) {
		struct row *r = &table[(h + i) % ROWS];

		if (!r->used) {
			__builtin_memcpy(r->comm, comm, sizeof(comm));
			r->used = 1;
		}
		if (same(r->comm, comm)) {
			row = r;
			break;
		}
	}
	if (!row) {
		full++;
		return 0;
	}
	/* the first limit that is not below */
	for (i = 0; i < 5; i++) {
		__u32 mid = (low + high) / 2;

		if (mid >= COLUMNS)
			return 0;
		if (size <= limits[mid])
			high = mid;
		else
			low = mid + 1;
	}
	if (high < COLUMNS)
		__sync_fetch_and_add(&row->cell[high], 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
