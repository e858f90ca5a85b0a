/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signal delivery as a jump table: the entry program sits on do_send_sig_info(int sig, ...),
 * which every kill(2) passes, and tail-calls handlers[sig]. A signal without a handler falls
 * through and is counted as unknown. Whoever handles a signal counts it in the map, so the sum
 * of all counters is the number of signals, whatever happens to the table meanwhile.
 *
 * clang -target bpf -D__TARGET_ARCH_x86 -g -O2 -c signals.bpf.c
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* x86-64's numbers; <signal.h> is the C library's and not for this target */
enum { SIG_HUP = 1, SIG_USR1 = 10, SIG_USR2 = 12, SIG_CONT = 18, SIG_LAST = 64 };

/* who counted; in the map's type information, so that dumps show the names */
enum handler { unknown, on_hup, on_usr1, on_usr2, on_cont, on_audit };

struct key {
	enum handler handler;
	__u32 signal;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct key);
	__type(value, __u64);
} counts SEC(".maps");

/* Two CPUs may see the first signal of a kind at once: one creates the counter, both add. */
static __always_inline void count(enum handler handler, __u32 signal)
{
	struct key key = { .handler = handler, .signal = signal };
	__u64 zero = 0, *events = bpf_map_lookup_elem(&counts, &key);

	if (!events) {
		bpf_map_update_elem(&counts, &key, &zero, BPF_NOEXIST);
		events = bpf_map_lookup_elem(&counts, &key);
	}
	if (events)
		__sync_fetch_and_add(events, 1);
}

#define HANDLER(who)								\
	SEC("kprobe")								\
	int count_##who(struct pt_regs *ctx)					\
	{									\
		count(on_##who, (__u32)PT_REGS_PARM1(ctx));			\
		return 0;							\
	}

HANDLER(hup)
HANDLER(usr1)
HANDLER(usr2)
HANDLER(cont)
HANDLER(audit)		/* in no slot at first */

/* Half of the table is filled by the loader, the rest from the command line. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SIG_LAST + 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} handlers SEC(".maps") = {
	.values = {
		[SIG_HUP] = (void *)&count_hup,
		[SIG_USR1] = (void *)&count_usr1,
	},
};

SEC("kprobe/do_send_sig_info")
int signal_sent(struct pt_regs *ctx)
{
	__u32 signal = (__u32)PT_REGS_PARM1(ctx);

	bpf_tail_call(ctx, &handlers, signal);
	count(unknown, signal);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
