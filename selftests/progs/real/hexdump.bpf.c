/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is written, as text: digits from a constant table, a varying number of bytes, lines in a
 * map.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define BYTES	12

const char digits[] = "0123456789abcdef";

struct line {
	char hex[BYTES * 3];
	char text[BYTES];
	__u32 crc, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct line);
} lines SEC(".maps");

__u32 turn;

static __noinline __u32 crc32_of(const char *bytes, __u32 n)
{
	__u32 crc = ~0u, i, k;

	for (i = 0; i < BYTES; i++) {
		if (i >= n)
			break;
		crc ^= (unsigned char)bytes[i];
		for (k = 0; k < 8; k++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

SEC("kprobe/ksys_write")
int BPF_KPROBE(dump, unsigned int fd, const char *from, __u64 count)
{
	char bytes[BYTES] = {};
	struct line *line;
	__u32 n, i, at;

	if (fd > 2)
		return 0;
	n = count > BYTES ? BYTES : count;
	if (!n || bpf_probe_read_user(bytes, n, from))
		return 0;
	at = turn++ & 63;
	line = bpf_map_lookup_elem(&lines, &at);
	if (!line)
		return 0;
	for (i = 0; i < BYTES; i++) {
		unsigned char c;

		if (i >= n)
			break;
		c = bytes[i];
		line->hex[i * 3] = digits[c >> 4];
		line->hex[i * 3 + 1] = digits[c & 15];
		line->hex[i * 3 + 2] = ' ';
		line->text[i] = c & 0x7f;
	}
	line->bytes = n;
	line->crc = crc32_of(bytes, n);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
