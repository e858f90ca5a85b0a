/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Batches of elements, and lookups that delete.
 */
#include "map.h"

#define N 300

struct pair {
	__u32 keys[N + 1];
	__u64 values[N + 1];
};

static int batch(int cmd, int fd, const void *in, void *out, void *keys, void *values, __u32 *count,
		 __u64 elem_flags)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.batch.in_batch = (uintptr_t)in;
	attr.batch.out_batch = (uintptr_t)out;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	attr.batch.count = *count;
	attr.batch.map_fd = fd;
	attr.batch.elem_flags = elem_flags;
	err = xbpf_sys(cmd, &attr, sizeof(attr));
	*count = attr.batch.count;
	return err;
}

static int fill(int fd, struct pair *p, __u32 n)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		p->keys[i] = i;
		p->values[i] = i * 10 + 1;
	}
	return batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, p->keys, p->values, &n, BPF_ANY) ? -1 : (int)n;
}

static __u32 keys_in(int fd)
{
	__u32 k, next, n = 0;

	while (n < 10000 && !xbpf_map_next(fd, n ? &k : NULL, &next)) {
		k = next;
		n++;
	}
	return n;
}

/* Reads the whole map @step by @step; each key must come once, with its value. */
static void read_all(int fd, int cmd, __u32 step)
{
	unsigned char seen[N] = { 0 };
	__u32 at, count, i, total = 0;
	static struct pair p;
	bool first = true;
	int err;

	do {
		count = step;
		err = batch(cmd, fd, first ? NULL : &at, &at, p.keys, p.values, &count, 0);
		if (err && errno == ENOSPC) {		/* one bucket has more: as libbpf's users do */
			step *= 2;
			continue;
		}
		first = false;
		for (i = 0; i < count && total < 2 * N; i++, total++) {
			if (!expect(p.keys[i] < N && !seen[p.keys[i]], "key %u", p.keys[i]))
				return;
			seen[p.keys[i]] = 1;
			expect_eq(p.values[i], p.keys[i] * 10 + 1);
		}
	} while (!err || errno == ENOSPC);
	expect_eq(errno, ENOENT);
	expect_eq(total, N);
}

static void lookups_of(__u32 type)
{
	int fd = new_map(type, 4, 8, N, 0);
	static struct pair p;

	expect_eq(fill(fd, &p, N), N);
	read_all(fd, BPF_MAP_LOOKUP_BATCH, 7);
	read_all(fd, BPF_MAP_LOOKUP_BATCH, 2);
	read_all(fd, BPF_MAP_LOOKUP_BATCH, N);
	read_all(fd, BPF_MAP_LOOKUP_BATCH, N + 1);
	close(fd);
}

static void lookups(void)
{
	lookups_of(HASH);
	lookups_of(ARRAY);
	lookups_of(BPF_MAP_TYPE_LRU_HASH);
}

static void take(void)
{
	int fd = new_map(HASH, 4, 8, N, 0), array = new_map(ARRAY, 4, 8, N, 0);
	static struct pair p;
	__u32 count = 4, at;

	expect_eq(fill(fd, &p, N), N);
	read_all(fd, BPF_MAP_LOOKUP_AND_DELETE_BATCH, 16);
	expect_eq(keys_in(fd), 0);
	expect_refused(batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH, array, NULL, &at, p.keys, p.values,
			     &count, 0), 524, "array");
	expect_eq(count, 0);
	close(array);
	close(fd);
}

static void updates(void)
{
	int fd = new_map(HASH, 4, 8, 10, 0);
	static struct pair p;
	__u32 count, i;

	expect_eq(fill(fd, &p, 10), 10);
	for (i = 0; i < 5; i++)
		p.keys[i] = 100 + i;
	count = 5;		/* full at the first */
	expect_refused(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, p.keys, p.values, &count, 0),
		       E2BIG, "full");
	expect_eq(count, 0);
	p.keys[0] = 1;
	p.keys[1] = 2;
	count = 5;		/* two done */
	expect_refused(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, p.keys, p.values, &count, 0),
		       E2BIG, "full");
	expect_eq(count, 2);
	count = 2;
	expect_refused(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, p.keys, p.values, &count,
			     BPF_NOEXIST), EEXIST, "NOEXIST");
	expect_eq(count, 0);
	count = 2;
	expect_refused(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, p.keys, p.values, &count,
			     BPF_F_LOCK), EINVAL, "BPF_F_LOCK");
	expect_refused(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, p.keys, p.values, &count, 3),
		       EINVAL, "elem_flags");
	close(fd);
}

static void deletes(void)
{
	int fd = new_map(HASH, 4, 8, N, 0);
	static struct pair p;
	__u32 count = 100, i;

	expect_eq(fill(fd, &p, N), N);
	for (i = 0; i < 100; i++)
		p.keys[i] = 3 * i;
	expect_eq(batch(BPF_MAP_DELETE_BATCH, fd, NULL, NULL, p.keys, NULL, &count, 0), 0);
	expect_eq(count, 100);
	expect_eq(keys_in(fd), N - 100);
	p.keys[0] = 1;		/* is there; the next is not any more */
	count = 2;
	expect_refused(batch(BPF_MAP_DELETE_BATCH, fd, NULL, NULL, p.keys, NULL, &count, 0), ENOENT, "");
	expect_eq(count, 1);
	close(fd);
}

/* A map of one bucket, whose elements come all at once or not at all. */
static void bucket_too_large(void)
{
	int fd = new_map(HASH, 4, 8, 1, 0), other = new_map(BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 3, 0);
	static __u64 values[64][64];
	static struct pair p;
	__u32 count = 1, at = 0, keys[3] = { 1, 2, 3 };

	expect_eq(fill(fd, &p, 1), 1);
	expect_eq(batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, &at, p.keys, p.values, &count, 0), -1);
	expect_eq(errno, ENOENT);		/* and all is read */
	expect_eq(count, 1);
	expect_eq(at, 1);
	count = 1;
	expect_refused(batch(BPF_MAP_LOOKUP_BATCH, fd, &at, &at, p.keys, p.values, &count, 0), ENOENT, "");
	expect_eq(count, 0);
	count = 3;				/* values of all CPUs */
	memset(values, 5, sizeof(values));
	expect_eq(batch(BPF_MAP_UPDATE_BATCH, other, NULL, NULL, keys, values, &count, 0), 0);
	memset(values, 0, sizeof(values));
	count = 3;
	expect_eq(batch(BPF_MAP_LOOKUP_BATCH, other, NULL, &at, keys, values, &count, 0), -1);
	expect_eq(errno, ENOENT);
	expect_eq(count, 3);
	expect_eq(values[0][0], 0x0505050505050505ull);
	close(other);
	close(fd);
}

static void errors(void)
{
	int fd = new_map(HASH, 4, 8, 4, 0), ring = new_map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	static struct pair p;
	__u32 count = 0, at;
	union bpf_attr attr;

	expect_eq(fill(fd, &p, 4), 4);
	expect_eq(batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, &at, p.keys, p.values, &count, 0), 0);
	count = 4;
	expect_refused(batch(BPF_MAP_LOOKUP_BATCH, 9999, NULL, &at, p.keys, p.values, &count, 0),
		       EBADF, "9999");
	expect_refused(batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, &at, (void *)16, p.values, &count, 0),
		       EFAULT, "key");
	count = 4;
	expect_refused(batch(BPF_MAP_LOOKUP_BATCH, fd, (void *)16, &at, p.keys, p.values, &count,
			     0), EFAULT, "in_batch");
	count = 4;
	expect_refused(batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, (void *)16, p.keys, p.values, &count,
			     0), EFAULT, "out_batch");
	count = 4;
	expect_refused(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, p.keys, (void *)16, &count, 0),
		       EFAULT, "value");
	count = 4;
	expect_refused(batch(BPF_MAP_LOOKUP_BATCH, ring, NULL, &at, p.keys, p.values, &count, 0),
		       524, "ringbuf");
	expect_refused(batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, &at, p.keys, p.values, &count, 1),
		       EINVAL, "elem_flags");
	count = 4;
	expect_refused(batch(BPF_MAP_DELETE_BATCH, fd, NULL, NULL, p.keys, p.values, &count, 0),
		       EINVAL, "values");
	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = fd;
	attr.batch.flags = 1;
	expect_refused(xbpf_sys(BPF_MAP_LOOKUP_BATCH, &attr, sizeof(attr)), EINVAL, "flags");
	expect_eq(map_freeze(fd), 0);
	count = 1;
	expect_refused(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, p.keys, p.values, &count, 0),
		       EPERM, "frozen");
	expect_refused(batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, NULL, &at, p.keys, p.values,
			     &count, 0), EPERM, "frozen");
	close(ring);
	close(fd);
	fd = new_map(HASH, 4, 8, 4, BPF_F_RDONLY);
	expect_refused(batch(BPF_MAP_DELETE_BATCH, fd, NULL, NULL, p.keys, NULL, &count, 0),
		       EPERM, "read-only");
	close(fd);
}

static void take_one(void)
{
	int fd = new_map(HASH, 4, 8, 4, 0), array = new_map(ARRAY, 4, 8, 4, 0);
	__u32 k = 3;
	__u64 v = 77, back = 0;

	expect_eq(xbpf_map_update(fd, &k, &v, 0), 0);
	expect_eq(xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, &k, &back, 0), 0);
	expect_eq(back, 77);
	expect_refused(xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, &k, &back, 0), ENOENT, "");
	expect_refused(xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, &k, &back, BPF_F_LOCK),
		       EINVAL, "BPF_F_LOCK");
	expect_refused(xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, array, &k, &back, 0), 524, "array");
	close(array);
	close(fd);
}

static const struct tap_test tests[] = {
	{ "a map is read in batches, each element once", lookups },
	{ "a hash map is emptied in batches", take },
	{ "a batch of updates says how far it came", updates },
	{ "a batch of deletions says how far it came", deletes },
	{ "the end of a walk, and values of all CPUs", bucket_too_large },
	{ "batches: bad calls", errors },
	{ "one element is looked up and deleted", take_one },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
