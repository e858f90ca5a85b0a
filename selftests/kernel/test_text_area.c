/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text area of JITed code: full is an error with a reason, and freed memory comes back.
 */
#include "dev.h"
#include "../tap.h"

#define MAX_FDS 1024

static int load_long(__u32 n, __u32 flags, char *log, __u32 log_size)
{
	struct bpf_insn *insns = calloc(n, sizeof(*insns));
	union bpf_attr attr;
	__u32 i;
	int fd;

	insns[0] = MOV_IMM(R0, 0);
	for (i = 1; i < n - 1; i++)
		insns[i] = ALU64_IMM(BPF_ADD, R0, 1000000);	/* the long form */
	insns[n - 1] = EXIT;
	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "long", insns, n, flags);
	if (log) {
		attr.log_level = 4;
		attr.log_buf = (uintptr_t)log;
		attr.log_size = log_size;
	}
	fd = xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	free(insns);
	return fd;
}

static struct xbpf_info now(void)
{
	struct xbpf_info info;

	expect_eq(xbpf_device_info(&info), 0);
	return info;
}

/* Images are freed after a grace period. */
static bool used_becomes(__u64 bytes)
{
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (now().text_used == bytes)
			return true;
		usleep(20000);
	}
	return false;
}

static void statistics(void)
{
	struct xbpf_info before = now(), with;
	int fd = load_long(100, 0, NULL, 0), interp = load_long(100, XBPF_F_INTERP, NULL, 0);

	with = now();
	expect(with.text_used > before.text_used, "%llu bytes used",
	       (unsigned long long)with.text_used);
	expect_eq(with.text_images, before.text_images + 1);
	expect(with.text_largest <= with.text_size - with.text_used);
	close(fd);
	close(interp);
	expect(used_becomes(before.text_used), "%llu bytes stay used",
	       (unsigned long long)now().text_used);
	expect_eq(now().text_images, before.text_images);
}

static void full(void)
{
	static int fds[MAX_FDS];
	struct xbpf_info before = now();
	char log[2048] = "";
	int n, i, fd;

	for (n = 0; n < MAX_FDS; n++) {
		fds[n] = load_long(20000, 0, log, sizeof(log));
		if (fds[n] < 0)
			break;
	}
	refused(n < MAX_FDS ? fds[n] : 0, ENOSPC);
	expect(xbpf_said("text area"), "words: %s", xbpf_words());
	expect(strstr(log, xbpf_words()) != NULL, "the log has no reason: %s", log);
	if (!expect(n > 4 && n < MAX_FDS, "%d programs fit", n))
		return;
	tap_diag("%d programs of 20000 instructions fit in %llu KiB, the largest hole is %llu bytes", n,
		 (unsigned long long)before.text_size / 1024, (unsigned long long)now().text_largest);
	/* no silent way out into the interpreter, but it is there for who asks */
	fd = load_long(20000, XBPF_F_INTERP, NULL, 0);
	expect(fd >= 0, "%s", xbpf_words());
	close(fd);
	/* what stood in it still runs */
	expect_eq(xbpf_run(fds[0], NULL, 1), 19998ll * 1000000 & 0xffffffff);
	expect_eq(xbpf_run(fds[n - 1], NULL, 1), 19998ll * 1000000 & 0xffffffff);
	/* one hole is enough for one more */
	close(fds[1]);
	for (i = 0; i < 500 && (fds[1] = load_long(20000, 0, NULL, 0)) < 0; i++)
		usleep(20000);
	expect(fds[1] >= 0, "no room in a hole: %s", xbpf_words());
	for (i = 0; i < n; i++)
		close(fds[i]);
	expect(used_becomes(before.text_used), "%llu bytes stay used",
	       (unsigned long long)now().text_used);
	expect_eq(now().text_largest, before.text_largest);
}

/* XBPF_TEXT_CYCLES=10000: by hand. */
static int cycles(void)
{
	const char *n = getenv("XBPF_TEXT_CYCLES");

	return n ? atoi(n) : 1500;
}

static void churn(void)
{
	struct xbpf_info before = now();
	unsigned int seed = 1;
	int fds[32], i;

	memset(fds, -1, sizeof(fds));
	for (i = 0; i < cycles(); i++) {
		int slot = rand_r(&seed) % 32;
		__u32 n = 3 + rand_r(&seed) % 200;

		if (fds[slot] >= 0)
			close(fds[slot]);
		fds[slot] = load_long(n, 0, NULL, 0);
		if (!expect(fds[slot] >= 0, "load %d: %s", i, xbpf_words()))
			break;
		if (i % 16 == 0)
			expect_eq(xbpf_run(fds[slot], NULL, 1), (n - 2) * 1000000);
	}
	for (i = 0; i < 32; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	expect(used_becomes(before.text_used), "%llu bytes stay used",
	       (unsigned long long)now().text_used);
	expect_eq(now().text_largest, before.text_largest);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "an image is counted, and no longer when it is freed", statistics },
		{ "a full text area is ENOSPC with its reason, and recovers", full },
		{ "programs of random size come and go", churn },
	};

	return tap_run(tests, tap_count(tests));
}
