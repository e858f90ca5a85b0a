/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stream of events of several kinds and sizes through one ring buffer; what does not fit is
 * counted.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum kind { FORK = 1, EXIT, WRITE };

struct header {
	__u32 kind, size;
	__u64 at;
	__u32 pid, tid;
};

struct exit_event {
	struct header h;
	__u64 code;
	char comm[16];
};

struct write_event {
	struct header h;
	__u64 fd, wanted;
	__u32 copied;
	char bytes[128];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

__u64 lost[4];
__u64 sent[4];
const volatile int sample = 1;
static __u64 turn;

static __always_inline void fill(struct header *h, __u32 kind, __u32 size)
{
	__u64 id = bpf_get_current_pid_tgid();

	h->kind = kind;
	h->size = size;
	h->at = bpf_ktime_get_boot_ns();
	h->pid = id >> 32;
	h->tid = (__u32)id;
}

SEC("kprobe/do_exit")
int BPF_KPROBE(exits, long code)
{
	struct exit_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost[EXIT], 1);
		return 0;
	}
	fill(&e->h, EXIT, sizeof(*e));
	e->code = code;
	if (bpf_get_current_comm(e->comm, sizeof(e->comm))) {
		bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP);
		return 0;
	}
	bpf_ringbuf_submit(e, bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > 4096 ?
			   BPF_RB_FORCE_WAKEUP : 0);
	__sync_fetch_and_add(&sent[EXIT], 1);
	return 0;
}

SEC("kprobe/ksys_write")
int BPF_KPROBE(writes, unsigned int fd, const char *buf, unsigned long count)
{
	struct write_event *e;
	__u64 n = count;

	if (sample > 1 && turn++ % sample)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost[WRITE], 1);
		return 0;
	}
	fill(&e->h, WRITE, sizeof(*e));
	e->fd = fd;
	e->wanted = count;
	n &= sizeof(e->bytes) - 1;
	e->copied = n;
	if (bpf_probe_read_user(e->bytes, n, buf))
		bpf_ringbuf_discard(e, 0);
	else
		bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("kprobe/wake_up_new_task")
int BPF_KPROBE(forks)
{
	struct header h;

	fill(&h, FORK, sizeof(h));
	if (bpf_ringbuf_output(&events, &h, sizeof(h), 0))
		__sync_fetch_and_add(&lost[FORK], 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
