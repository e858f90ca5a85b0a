/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loops over a string: the name of a new folder. The probed function is mkdir's system call;
 * its arguments stand in the user's registers.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct word {
	char text[16];
	__u32 length, vowels, hash;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, char[16]);
	__type(value, struct word);
} words SEC(".maps");

static __always_inline int is_vowel(char c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

SEC("kprobe/__x64_sys_mkdir")
int folder_made(struct pt_regs *ctx)
{
	const struct pt_regs *user = (const void *)PT_REGS_PARM1(ctx);
	struct word word = { .hash = 5381 };
	unsigned long name = 0;
	long length;
	int i;

	bpf_probe_read_kernel(&name, sizeof(name), &user->rdi);
	length = bpf_probe_read_user_str(word.text, sizeof(word.text), (const void *)name);
	if (length <= 0)
		return 0;
	for (i = 0; i < (int)sizeof(word.text); i++) {
		char c = word.text[i];

		if (!c)
			break;
		word.length++;
		word.vowels += is_vowel(c);
		word.hash = word.hash * 33 + c;
	}
	bpf_map_update_elem(&words, word.text, &word, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
