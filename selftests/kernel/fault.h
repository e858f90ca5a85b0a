/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A command whose first allocation fails, then its second, and so on until there is none left to
 * fail. A kernel with fault injection does that itself (Documentation/fault-injection:
 * /proc/PID/fail-nth), others by selftests/fault's module.
 *
 * After each failure: an honest errno, words of this failure and not of an older one, no object
 * more than before, and the same command works. The kernel may also do without the allocation: then
 * it worked, and must have worked.
 */
#ifndef XBPF_SELFTESTS_DEBUG_FAULT_H
#define XBPF_SELFTESTS_DEBUG_FAULT_H

#include <sys/utsname.h>
#include "dev.h"
#include "../fault/xbpf_fault.h"
#include "../tap.h"

#define DEBUGFS "/sys/kernel/debug/"
#define MOST_FAULTS 5000	/* a command that allocates more often does not end */

struct deed {
	const char *name;
	int (*once)(void);		/* under fault: the command; its fd or 0, else -1 and errno */
	void (*before)(void);		/* what the command needs, made afresh for each attempt; may be NULL */
	void (*after)(void);		/* takes that away again */
	void (*unchanged)(void);	/* more expectations after a failure, before the command is repeated */
	/*
	 * only allocations that xbpf itself asks for: in the kernel's own code a failure is a WARN.
	 * Our module cannot tell them; the ioctl's first one is xbpf's
	 */
	bool near;
};

#define DEED(text, command, ...) { .name = text, .once = command, ##__VA_ARGS__ }

static int fault_fd = -1;
static bool fault_own;		/* by our module, which cannot tell whose allocation it is */

static inline bool fault_say(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);

	if (fd >= 0)
		close(fd);
	if (!ok)
		printf("Bail out! %s: %s\n", path, strerror(errno));
	return ok;
}

/* Only allocations with an address of xbpf among the @depth callers; 0: every one. */
static inline bool fault_filter(int depth)
{
	static const char *const kinds[] = { "failslab", "fail_page_alloc" };
	char path[128], value[32], line[256], state[32];
	unsigned long long base = 0, size = 0;
	FILE *f = fault_own ? NULL : fopen("/proc/modules", "r");
	unsigned int i;

	if (fault_own)
		return true;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "xbpf %llu %*s %*s %31s %llx", &size, state, &base) == 3)
			break;
	if (f)
		fclose(f);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), DEBUGFS "%s/stacktrace-depth", kinds[i]);
		snprintf(value, sizeof(value), "%d", depth ? depth : 32);
		if (!fault_say(path, value))
			return false;
		snprintf(path, sizeof(path), DEBUGFS "%s/require-start", kinds[i]);
		snprintf(value, sizeof(value), "0x%llx", depth ? base : 0);
		if (!fault_say(path, value))
			return false;
		snprintf(path, sizeof(path), DEBUGFS "%s/require-end", kinds[i]);
		snprintf(value, sizeof(value), "0x%llx", depth ? base + size : ~0ull);
		if (!fault_say(path, value))
			return false;
	}
	return true;
}

/* Our module lies in the folder of the tests, once for each kernel. */
static inline bool fault_load(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;
	char command[64];

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	snprintf(command, sizeof(command), "insmod fault/%u.%u.ko", major, minor);
	if (system(command))
		printf("Bail out! no fault injection in this kernel, and no module for it: %s\n", command);
	fault_fd = open("/dev/xbpf_fault", O_RDWR | O_CLOEXEC);
	fault_own = fault_fd >= 0;
	return fault_own;
}

static inline bool fault_open(void)
{
	fault_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fault_fd < 0)
		return fault_load();
	/* allocations that may wait fail too, and those of single pages; no stack in the log for each */
	return fault_say(DEBUGFS "failslab/ignore-gfp-wait", "N") &&
	       fault_say(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N") &&
	       fault_say(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N") &&
	       fault_say(DEBUGFS "fail_page_alloc/min-order", "0") &&
	       fault_say(DEBUGFS "failslab/verbose", "0") &&
	       fault_say(DEBUGFS "fail_page_alloc/verbose", "0");
}

static inline void fault_close(void)
{
	fault_filter(0);
	close(fault_fd);
	if (fault_own)
		expect_eq(system("rmmod xbpf_fault"), 0);
}

static inline void fault_arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (fault_own) {
		expect_eq(ioctl(fault_fd, XBPF_FAULT_ARM, n), 0);
		return;
	}
	expect_eq(pwrite(fault_fd, text, len, 0), len);
}

/* Was it reached? */
static inline bool fault_disarm(void)
{
	char text[16] = "";
	bool hit;

	if (fault_own)
		return ioctl(fault_fd, XBPF_FAULT_DISARM, 0) == 1;
	hit = pread(fault_fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;
	expect_eq(pwrite(fault_fd, "0", 1, 0), 1);
	return hit;
}

/* ---- what there is ---- */

struct census {
	unsigned int objects[4];
	unsigned int images;
};

static inline struct census census(void)
{
	static const int next[] = { BPF_PROG_GET_NEXT_ID, BPF_MAP_GET_NEXT_ID, BPF_BTF_GET_NEXT_ID,
				    BPF_LINK_GET_NEXT_ID };
	struct census c = { 0 };
	struct xbpf_info info;
	unsigned int i;
	__u32 id;

	for (i = 0; i < ARRAY_SIZE(next); i++)
		for (id = 0; (id = xbpf_next_id(next[i], id)); )
			c.objects[i]++;
	if (!xbpf_device_info(&info))
		c.images = info.text_images;
	return c;
}

/* Objects go after grace periods: waits for it, 20 seconds at most. */
static inline bool census_becomes(const struct census *want, const char *when)
{
	uint64_t end = now_ns() + 20000000000ull;
	struct census c;

	for (;;) {
		c = census();
		if (!memcmp(&c, want, sizeof(c)))
			return true;
		if (now_ns() > end)
			break;
		usleep(1000);
	}
	return expect(false,
		      "%s: %u programs, %u maps, %u BTF, %u links, %u images; not %u, %u, %u, %u, %u", when,
		      c.objects[0], c.objects[1], c.objects[2], c.objects[3], c.images,
		      want->objects[0], want->objects[1], want->objects[2], want->objects[3], want->images);
}

/* ---- deeds ---- */

/* Words of an older command, to be recognised. */
#define OLD_WORDS "xbpf has no command 77"

static inline void old_words(void)
{
	char none[8] = { 0 };

	xbpf_sys(77, none, sizeof(none));
	expect(xbpf_said(OLD_WORDS), "words: \"%s\"", xbpf_words());
}

/* A failure that the caller can make something of. */
static inline void honest(const struct deed *deed, unsigned int n, int error)
{
	const char *words = xbpf_words();

	expect(error == ENOMEM, "%s, allocation %u: errno %d (%s): \"%s\"", deed->name, n, error,
	       strerror(error), words);
	expect(words[0] && !strstr(words, OLD_WORDS), "%s, allocation %u: words: \"%s\"",
	       deed->name, n, words);
}

/* The @n-th allocation fails. False: there is no n-th. */
static inline bool attempt(const struct deed *deed, unsigned int n, unsigned int *failures)
{
	struct census ready;
	int ret, error;
	bool hit;

	if (deed->before)
		deed->before();
	ready = census();
	old_words();
	fault_arm(n);
	ret = deed->once();
	error = errno;
	hit = fault_disarm();
	if (ret < 0) {
		expect(hit, "%s: failed with no fault: %s: %s", deed->name, strerror(error), xbpf_words());
		++*failures;
		honest(deed, n, error);
		census_becomes(&ready, "after the failure");
		if (deed->unchanged)
			deed->unchanged();
		ret = deed->once();
		expect(ret >= 0, "%s, after failure %u: %s: %s", deed->name, n, strerror(errno), xbpf_words());
	}
	if (ret > 0)
		close(ret);
	if (deed->after)
		deed->after();
	return hit;
}

static inline void deed_walk(const struct deed *deed)
{
	unsigned int n = 0, failures = 0;
	const struct census none = { 0 };
	bool more = true;

	tap_state.bad = !fault_filter(deed->near ? 7 : 0);
	census_becomes(&none, "at the beginning");
	/* once without a fault: caches fill, tables grow */
	attempt(deed, 0, &failures);
	census_becomes(&none, "without a fault");
	while (more && !tap_state.bad && n < MOST_FAULTS) {
		more = attempt(deed, ++n, &failures);
		census_becomes(&none, "at the end");
		if (deed->near && fault_own)
			more = false;
	}
	expect(!more || tap_state.bad, "no end after %u allocations", n);
	expect(failures || tap_state.bad, "no allocation was made to fail");
	tap_ok(!tap_state.bad, "%s: %u allocations, %u of which it cannot do without", deed->name,
	       n ? n - 1 : 0, failures);
}

static inline int deeds_run(const struct deed *deeds, unsigned int n)
{
	unsigned int i;

	tap_plan(n);
	if (!fault_open())
		return 1;
	xbpf_open();
	xbpf_mount();
	for (i = 0; i < n; i++)
		deed_walk(&deeds[i]);
	fault_close();
	return tap_done();
}

#endif
