/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A string taken apart: the words of a path, a hash of the last, and its extension in lower case.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PATH		32

struct parsed {
	char path[PATH];
	char extension[8];
	__u32 length, words;
	__u32 last;		/* hash of the last word */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct parsed);
} room SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(key_size, 8);
	__uint(value_size, 8);
} extensions SEC(".maps");

SEC("kprobe/do_sys_openat2")
int BPF_KPROBE(taken_apart, int dfd, const char *name)
{
	__u32 zero = 0, hash = 5381, n = 0, dot = 0, i;
	struct parsed *p = bpf_map_lookup_elem(&room, &zero);
	__u64 one = 1, *count;
	long got;

	if (!p)
		return 0;
	got = bpf_probe_read_user_str(p->path, sizeof(p->path), name);
	if (got <= 1 || got > PATH)
		return 0;
	p->length = got - 1;
	for (i = 0; i < PATH - 1; i++) {
		char c = p->path[i];

		if (c == '/' || !c) {
			n++;
			if (!c)
				break;
			p->last = hash;
			hash = 5381;
			dot = 0;
			continue;
		}
		if (c == '.')
			dot = i + 1;
		hash = hash * 33 + (unsigned char)c;
	}
	p->words = n;
	if (!dot)
		return 0;
	__builtin_memset(p->extension, 0, sizeof(p->extension));
	for (i = 0; i < sizeof(p->extension); i++) {
		__u32 at = dot + i;
		char c;

		if (at >= PATH)
			break;
		c = p->path[at];
		if (!c)
			break;
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		p->extension[i] = c;
	}
	count = bpf_map_lookup_elem(&extensions, p->extension);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&extensions, p->extension, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
