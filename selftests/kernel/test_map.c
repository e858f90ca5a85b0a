/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays and hash maps through the device, and what all maps have: creation, modes, freezing,
 * mappings and ids.
 */
#include <sys/mman.h>
#include "map.h"

static int create(union bpf_attr *attr)
{
	return xbpf_sys(BPF_MAP_CREATE, attr, sizeof(*attr));
}

static union bpf_attr map_attr(__u32 type, __u32 key, __u32 value, __u32 max, __u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = max;
	attr.map_flags = flags;
	return attr;
}

/* ---- creation ---- */

static void refuse_type(void)
{
	expect_refused(xbpf_map_new(BPF_MAP_TYPE_XSKMAP, "m", 4, 4, 1, 0), EINVAL, "map type");
	expect_refused(xbpf_map_new(4000, "m", 4, 4, 1, 0), EINVAL, "map type 4000");
}

static void refuse_sizes(void)
{
	expect_refused(xbpf_map_new(ARRAY, "m", 8, 8, 1, 0), EINVAL, "key_size");
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 0, 1, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 8, 0, 0), EINVAL, "max_entries");
	expect_refused(xbpf_map_new(HASH, "m", 0, 8, 1, 0), EINVAL, "key_size");
	expect_refused(xbpf_map_new(HASH, "m", 4, 0, 1, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(HASH, "m", 513, 8, 1, 0), E2BIG, "key_size 513");
	expect_refused(xbpf_map_new(TABLE, "m", 4, 8, 1, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(TABLE, "m", 8, 4, 1, 0), EINVAL, "key_size");
}

/* Sizes whose products overflow 32 bits, and what no guest has room for. */
static void refuse_huge(void)
{
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 4096, 0x7fffffff, 0), E2BIG, "limit");
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 4096, 0xffffffff, BPF_F_MMAPABLE), E2BIG, "limit");
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 0xffffffff, 1, 0), E2BIG, "value_size");
	expect_refused(xbpf_map_new(HASH, "m", 4, 8, 0xffffffff, 0), E2BIG, "");
	expect_refused(xbpf_map_new(HASH, "m", 4, 8, 1u << 31, 0), E2BIG, "");
	expect_refused(xbpf_map_new(HASH, "m", 4, 0xfffffff0, 1, 0), E2BIG, "value_size");
	expect_refused(xbpf_map_new(TABLE, "m", 4, 4, 0xffffffff, 0), E2BIG, "slots");
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 1 << 20, 2000, 0), ENOMEM, "no memory");
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 1 << 20, 2000, BPF_F_MMAPABLE), ENOMEM, "no memory");
}

static void refuse_flags(void)
{
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 8, 1, 1u << 31), EINVAL, "map_flags");
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 8, 1, BPF_F_NO_PREALLOC), EINVAL, "array");
	expect_refused(xbpf_map_new(HASH, "m", 4, 8, 1, BPF_F_MMAPABLE), EINVAL, "hash");
	expect_refused(xbpf_map_new(TABLE, "m", 4, 4, 1, BPF_F_RDONLY_PROG), EINVAL, "prog_array");
	expect_refused(xbpf_map_new(ARRAY, "m", 4, 8, 1, BPF_F_RDONLY | BPF_F_WRONLY), EINVAL, "exclude");
	expect_refused(xbpf_map_new(HASH, "m", 4, 8, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG),
		       EINVAL, "exclude");
}

static void refuse_numa(void)
{
	union bpf_attr attr = map_attr(ARRAY, 4, 8, 1, 0);
	int fd;

	attr.numa_node = 1;
	expect_refused(create(&attr), EINVAL, "BPF_F_NUMA_NODE");
	attr.map_flags = BPF_F_NUMA_NODE;
	attr.numa_node = 4000;
	expect_refused(create(&attr), EINVAL, "node 4000");
	attr.numa_node = 0xffffffff;
	expect_refused(create(&attr), EINVAL, "node");
	attr.numa_node = 0;
	fd = create(&attr);
	expect(fd >= 0, "node 0: %s", xbpf_words());
	close(fd);
}

static void refuse_members(void)
{
	union bpf_attr attr = map_attr(HASH, 4, 8, 1, 0);

	attr.map_ifindex = 1;
	expect_refused(create(&attr), EINVAL, "map_ifindex");
	attr = map_attr(HASH, 4, 8, 1, 0);
	attr.inner_map_fd = 3;
	expect_refused(create(&attr), EINVAL, "inner_map_fd");
	attr = map_attr(HASH, 4, 8, 1, 0);
	attr.btf_vmlinux_value_type_id = 1;
	expect_refused(create(&attr), EINVAL, "struct_ops");
	attr = map_attr(HASH, 4, 8, 1, 0);
	attr.map_extra = 1;
	expect_refused(create(&attr), EINVAL, "map_extra");
	attr = map_attr(HASH, 4, 8, 1, 0);
	attr.btf_value_type_id = 1;
	attr.btf_fd = 9999;
	expect_refused(create(&attr), EBADF, "BTF");
	attr = map_attr(HASH, 4, 8, 1, 0);
	attr.btf_key_type_id = 1;
	expect_refused(create(&attr), EINVAL, "btf_value_type_id");
}

static void refuse_names(void)
{
	union bpf_attr attr = map_attr(ARRAY, 4, 8, 1, 0);
	int fd;

	memset(attr.map_name, 'x', sizeof(attr.map_name));
	expect_refused(create(&attr), EINVAL, "longer");
	memset(attr.map_name, 0, sizeof(attr.map_name));
	strcpy(attr.map_name, "a b");
	expect_refused(create(&attr), EINVAL, "map_name");
	strcpy(attr.map_name, "_a.B9");
	fd = create(&attr);
	expect(fd >= 0);
	close(fd);
}

/* ---- arrays ---- */

static void array_elements(void)
{
	int fd = new_map(ARRAY, 4, 12, 3, 0);
	char value[12], want[12] = "0123456789a";
	__u32 i = 1;

	expect(!xbpf_map_lookup(fd, &i, value) && !memcmp(value, (char[12]){ 0 }, 12),
	       "zero from the start");
	expect_eq(xbpf_map_update(fd, &i, want, BPF_ANY), 0);
	expect(!xbpf_map_lookup(fd, &i, value) && !memcmp(value, want, 12), "reads back");
	expect_eq(xbpf_map_update(fd, &i, want, BPF_EXIST), 0);
	i = 2;
	expect(!xbpf_map_lookup(fd, &i, value) && !value[0], "the neighbour is untouched");
	close(fd);
}

static void array_errors(void)
{
	int fd = new_map(ARRAY, 4, 8, 3, 0);
	__u64 v = 1;
	__u32 i = 3;

	expect_refused(xbpf_map_lookup(fd, &i, &v), ENOENT, "");
	expect_refused(xbpf_map_update(fd, &i, &v, 0), E2BIG, "index 3");
	i = 0;
	expect_refused(xbpf_map_update(fd, &i, &v, BPF_NOEXIST), EEXIST, "NOEXIST");
	expect_refused(xbpf_map_delete(fd, &i), EINVAL, "deleted");
	expect_refused(xbpf_map_update(fd, &i, &v, 3), EINVAL, "flags 0x3");
	expect_refused(xbpf_map_update(fd, &i, &v, BPF_F_LOCK), EINVAL, "spin lock");
	expect_refused(xbpf_map_elem(BPF_MAP_LOOKUP_ELEM, fd, &i, &v, BPF_F_LOCK), EINVAL, "BPF_F_LOCK");
	expect_refused(xbpf_map_elem(BPF_MAP_LOOKUP_ELEM, fd, &i, &v, BPF_EXIST), EINVAL, "flags");
	close(fd);
}

static void array_keys(void)
{
	int fd = new_map(ARRAY, 4, 8, 2, 0);
	__u32 key, next = 77;

	expect(!xbpf_map_next(fd, NULL, &next) && next == 0, "first");
	key = 0;
	expect(!xbpf_map_next(fd, &key, &next) && next == 1, "second");
	key = 1;
	expect_refused(xbpf_map_next(fd, &key, &next), ENOENT, "");
	key = 4000;
	expect(!xbpf_map_next(fd, &key, &next) && next == 0, "a key that is not there starts again");
	close(fd);
}

/* ---- hash ---- */

static void hash_elements(void)
{
	int fd = new_map(HASH, 5, 3, 4, 0);
	char value[3];

	expect_refused(xbpf_map_lookup(fd, "alpha", value), ENOENT, "");
	expect_refused(xbpf_map_delete(fd, "alpha"), ENOENT, "");
	expect_refused(xbpf_map_update(fd, "alpha", "aaa", BPF_EXIST), ENOENT, "BPF_EXIST");
	expect_eq(xbpf_map_update(fd, "alpha", "aaa", BPF_NOEXIST), 0);
	expect_refused(xbpf_map_update(fd, "alpha", "bbb", BPF_NOEXIST), EEXIST, "BPF_NOEXIST");
	expect_eq(xbpf_map_update(fd, "alpha", "ccc", BPF_EXIST), 0);
	expect(!xbpf_map_lookup(fd, "alpha", value) && !memcmp(value, "ccc", 3), "the new value");
	expect_eq(xbpf_map_delete(fd, "alpha"), 0);
	expect_refused(xbpf_map_lookup(fd, "alpha", value), ENOENT, "");
	close(fd);
}

static void hash_full(void)
{
	int fd = new_map(HASH, 4, 8, 100, 0);
	__u64 v;
	__u32 k;

	for (k = 0, v = 0; k < 100; k++, v = k)
		expect_eq(xbpf_map_update(fd, &k, &v, BPF_NOEXIST), 0);
	expect_refused(xbpf_map_update(fd, &k, &v, BPF_ANY), E2BIG, "full: 100");
	for (k = 0; k < 100; k++) {
		v = k + 1000;
		expect_eq(xbpf_map_update(fd, &k, &v, BPF_ANY), 0);	/* what exists can be updated in a full map */
	}
	k = 50;
	expect_eq(xbpf_map_delete(fd, &k), 0);
	k = 100;
	expect_eq(xbpf_map_update(fd, &k, &v, BPF_ANY), 0);
	for (k = 0; k < 100; k++)
		expect_eq(xbpf_map_lookup(fd, &k, &v) ? -1 : (long long)v, k == 50 ? -1LL : k + 1000LL);
	close(fd);
}

static __u32 rol(__u32 x, int by)
{
	return x << by | x >> (32 - by);
}

/* The hash of a 4-byte key where the seed is 0: Bob Jenkins's, as the kernel has it. */
static __u32 hash_of(__u32 key)
{
	__u32 a = 0xdeadbeef + sizeof(key) + key, b = 0xdeadbeef + sizeof(key), c = b;

	c = (c ^ b) - rol(b, 14);
	a = (a ^ c) - rol(c, 11);
	b = (b ^ a) - rol(a, 25);
	c = (c ^ b) - rol(b, 16);
	a = (a ^ c) - rol(c, 4);
	b = (b ^ a) - rol(a, 14);
	return (c ^ b) - rol(b, 24);
}

/* Keys that are made for one bucket do not make it long. */
static void hash_alike(__u32 type)
{
	enum { N = 1024, MOST = 64 };
	int fd = new_map(type, 4, 8, N, BPF_F_ZERO_SEED);
	__u32 k, key[MOST + 1], n = 0;
	__u64 v = 0;

	for (k = 0; n <= MOST; k++)
		if (!(hash_of(k) % N))
			key[n++] = k;
	for (n = 0; n < MOST; n++)
		expect_eq(xbpf_map_update(fd, &key[n], &v, BPF_ANY), 0);
	if (type == HASH)
		expect_refused(xbpf_map_update(fd, &key[MOST], &v, BPF_ANY), ENOSPC, "hashes that are alike");
	else
		expect_eq(xbpf_map_update(fd, &key[MOST], &v, BPF_ANY), 0);
	/* the one that is too many, or the one that was first */
	for (n = 0; n <= MOST; n++)
		expect_eq(!xbpf_map_lookup(fd, &key[n], &v), n != (type == HASH ? MOST : 0));
	/* what is there can be written, and there is room again for what was not */
	expect_eq(xbpf_map_update(fd, &key[1], &v, BPF_EXIST), 0);
	expect_eq(xbpf_map_delete(fd, &key[1]), 0);
	expect_eq(xbpf_map_update(fd, &key[type == HASH ? MOST : 0], &v, BPF_NOEXIST), 0);
	close(fd);
}

static void hash_collisions(void)
{
	hash_alike(HASH);
	hash_alike(BPF_MAP_TYPE_LRU_HASH);
}

/* All keys come exactly once, and the map can be emptied while it is walked. */
static void hash_walk(void)
{
	enum { N = 500 };
	int fd = new_map(HASH, 4, 4, N, BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED);
	unsigned char seen[N] = { 0 };
	__u32 k, next, n = 0;

	for (k = 0; k < N; k++)
		expect_eq(xbpf_map_update(fd, &k, &k, BPF_ANY), 0);
	while (n <= N && !xbpf_map_next(fd, n ? &k : NULL, &next)) {
		if (!expect(next < N && !seen[next], "key %u", next))
			break;
		seen[next] = 1;
		k = next;
		n++;
	}
	expect_eq(n, N);
	for (n = 0; n <= N && !xbpf_map_next(fd, NULL, &k); n++)
		expect_eq(xbpf_map_delete(fd, &k), 0);
	expect_eq(n, N);
	k = 1;
	expect_refused(xbpf_map_next(fd, &k, &next), ENOENT, "");
	close(fd);
}

static void hash_missing_key(void)
{
	int fd = new_map(HASH, 4, 4, 8, 0);
	__u32 k, first, next;

	for (k = 0; k < 8; k++)
		expect_eq(xbpf_map_update(fd, &k, &k, BPF_ANY), 0);
	expect_eq(xbpf_map_next(fd, NULL, &first), 0);
	k = 4000;
	expect(!xbpf_map_next(fd, &k, &next) && next == first, "a key that is not there starts again");
	close(fd);
}

static void hash_large(void)
{
	static char key[512], value[100000], back[100000];
	int fd = new_map(HASH, sizeof(key), sizeof(value), 3, 0);

	memset(key, 'k', sizeof(key));
	memset(value, 'v', sizeof(value));
	expect_eq(xbpf_map_update(fd, key, value, BPF_ANY), 0);
	expect(!xbpf_map_lookup(fd, key, back) && !memcmp(value, back, sizeof(value)), "reads back");
	key[511] = 'x';
	expect_refused(xbpf_map_lookup(fd, key, back), ENOENT, "");
	close(fd);
}

/* ---- bad calls ---- */

static void bad_fds(void)
{
	__u32 k = 0, v = 0;
	int null = open("/dev/null", O_RDWR);

	expect_refused(xbpf_map_lookup(9999, &k, &v), EBADF, "9999");
	expect_refused(xbpf_map_update(null, &k, &v, 0), EINVAL, "not a map");
	expect_refused(xbpf_map_delete(xbpf_open(), &k), EINVAL, "not a map");
	expect_refused(map_freeze(null), EINVAL, "not a map");
	close(null);
}

static void bad_pointers(void)
{
	int fd = new_map(HASH, 4, 8, 2, 0);
	void *bad = (void *)16;
	__u32 k = 1;
	__u64 v = 2;

	expect_refused(xbpf_map_lookup(fd, NULL, &v), EFAULT, "key");
	expect_refused(xbpf_map_lookup(fd, bad, &v), EFAULT, "key");
	expect_refused(xbpf_map_update(fd, &k, bad, 0), EFAULT, "value");
	expect_refused(xbpf_map_delete(fd, bad), EFAULT, "key");
	expect_eq(xbpf_map_update(fd, &k, &v, 0), 0);
	expect_refused(xbpf_map_lookup(fd, &k, bad), EFAULT, "value");
	expect_refused(xbpf_map_next(fd, NULL, bad), EFAULT, "next key");
	close(fd);
}

/* ---- modes, freezing ---- */

static void read_only_fd(void)
{
	int fd = new_map(ARRAY, 4, 8, 2, BPF_F_RDONLY), rw;
	__u64 v = 7;
	__u32 i = 0;

	expect_eq(xbpf_map_lookup(fd, &i, &v), 0);
	expect_refused(xbpf_map_update(fd, &i, &v, 0), EPERM, "read-only");
	expect_refused(xbpf_map_delete(fd, &i), EPERM, "read-only");
	expect_refused(map_freeze(fd), EPERM, "read-only");
	rw = by_id(xbpf_map_id(fd), 0);
	v = 9;
	expect_eq(xbpf_map_update(rw, &i, &v, 0), 0);
	v = 0;
	expect(!xbpf_map_lookup(fd, &i, &v) && v == 9, "written through the other fd");
	close(rw);
	close(fd);
}

static void write_only_fd(void)
{
	int fd = new_map(HASH, 4, 8, 2, BPF_F_WRONLY), ro;
	__u32 k = 5, next;
	__u64 v = 7;

	expect_eq(xbpf_map_update(fd, &k, &v, 0), 0);
	expect_refused(xbpf_map_lookup(fd, &k, &v), EPERM, "write-only");
	expect_refused(xbpf_map_next(fd, NULL, &next), EPERM, "write-only");
	ro = by_id(xbpf_map_id(fd), BPF_F_RDONLY);
	expect(!xbpf_map_lookup(ro, &k, &v) && v == 7, "read through the other fd");
	expect_refused(xbpf_map_update(ro, &k, &v, 0), EPERM, "read-only");
	expect_eq(xbpf_map_delete(fd, &k), 0);
	close(ro);
	close(fd);
}

static void frozen(void)
{
	int fd = new_map(ARRAY, 4, 8, 2, BPF_F_MMAPABLE);
	__u64 v = 3;
	__u32 i = 1;
	char *p;

	expect_eq(xbpf_map_update(fd, &i, &v, 0), 0);
	expect_eq(map_freeze(fd), 0);
	expect_refused(xbpf_map_update(fd, &i, &v, 0), EPERM, "frozen");
	expect_refused(xbpf_map_delete(fd, &i), EPERM, "frozen");
	expect_refused(map_freeze(fd), EBUSY, "frozen already");
	expect(!xbpf_map_lookup(fd, &i, &v) && v == 3, "can be read");
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	expect(p == MAP_FAILED && errno == EPERM, "writable mapping: errno %d", errno);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (expect(p != MAP_FAILED)) {
		expect_eq(*(__u64 *)(p + 8), 3);
		expect(mprotect(p, 4096, PROT_READ | PROT_WRITE) == -1 && errno == EACCES,
		       "mprotect: errno %d", errno);
		munmap(p, 4096);
	}
	close(fd);
}

/* A writable mapping counts until its last part is gone; so does a forked one. */
static void freeze_mapped(void)
{
	int fd = new_map(ARRAY, 4, 4096, 2, BPF_F_MMAPABLE);
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (!expect(p != MAP_FAILED, "errno %d", errno))
		return;
	expect_refused(map_freeze(fd), EBUSY, "writable mappings");
	munmap(p, 4096);
	expect_refused(map_freeze(fd), EBUSY, "writable mappings");
	munmap(p + 4096, 4096);
	expect_eq(map_freeze(fd), 0);
	close(fd);
}

/* ---- mappings ---- */

static void mapping(void)
{
	int fd = new_map(ARRAY, 4, 8, 1024, BPF_F_MMAPABLE), i;
	__u64 *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), v;
	__u32 k;

	if (!expect(p != MAP_FAILED, "errno %d", errno))
		return;
	for (i = 0; i < 1024; i++)
		p[i] = i * 3;
	for (k = 0; k < 1024; k += 93)
		expect(!xbpf_map_lookup(fd, &k, &v) && v == k * 3, "element %u is %llu", k, v);
	k = 1000;
	v = 4711;
	expect_eq(xbpf_map_update(fd, &k, &v, 0), 0);
	expect_eq(p[1000], 4711);
	close(fd);
	p[5] = 1;		/* the mapping keeps the map */
	expect_eq(p[5], 1);
	munmap(p, 8192);
}

static void mapping_part(void)
{
	int fd = new_map(ARRAY, 4, 4096, 3, BPF_F_MMAPABLE);
	char value[4096], *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 8192);
	__u32 k = 2;

	memset(value, 'z', sizeof(value));
	expect_eq(xbpf_map_update(fd, &k, value, 0), 0);
	if (expect(p != MAP_FAILED)) {
		expect(!memcmp(p, value, 4096), "the last page");
		munmap(p, 4096);
	}
	close(fd);
}

static bool mmap_fails(int fd, size_t len, int prot, int flags, off_t off, int error)
{
	void *p = mmap(NULL, len, prot, flags, fd, off);

	if (p == MAP_FAILED)
		return expect(errno == error, "errno %d, not %d", errno, error);
	munmap(p, len);
	return expect(false, "mapped");
}

static void mapping_refused(void)
{
	int hash = new_map(HASH, 4, 8, 1, 0), plain = new_map(ARRAY, 4, 8, 1, 0);
	int fd = new_map(ARRAY, 4, 4096, 2, BPF_F_MMAPABLE);
	int ro = new_map(ARRAY, 4, 8, 1, BPF_F_MMAPABLE | BPF_F_RDONLY);
	int prog_ro = new_map(ARRAY, 4, 8, 1, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);

	mmap_fails(hash, 4096, PROT_READ, MAP_SHARED, 0, 524);
	mmap_fails(plain, 4096, PROT_READ, MAP_SHARED, 0, EINVAL);
	mmap_fails(fd, 4096, PROT_READ, MAP_PRIVATE, 0, EINVAL);
	mmap_fails(fd, 3 * 4096, PROT_READ, MAP_SHARED, 0, EINVAL);
	mmap_fails(fd, 4096, PROT_READ, MAP_SHARED, 2 * 4096, EINVAL);
	mmap_fails(fd, 4096, PROT_READ, MAP_SHARED, (off_t)1 << 46, EINVAL);
	mmap_fails(ro, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0, EACCES);
	mmap_fails(prog_ro, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0, EACCES);
	close(prog_ro);
	close(ro);
	close(fd);
	close(plain);
	close(hash);
}

/* ---- ids, info, fdinfo ---- */

static void ids(void)
{
	int fd = new_map(ARRAY, 4, 8, 1, 0), other;
	__u32 id = xbpf_map_id(fd), i = 0;
	__u64 v = 55;

	expect(id && xbpf_id_lives(BPF_MAP_GET_NEXT_ID, id), "listed");
	expect_eq(xbpf_map_update(fd, &i, &v, 0), 0);
	other = by_id(id, 0);
	close(fd);
	v = 0;
	expect(!xbpf_map_lookup(other, &i, &v) && v == 55, "the same map");
	close(other);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, id), "gone with the last fd");
	expect_refused(by_id(id, 0), ENOENT, "no map with id");
	expect_refused(by_id(id, 1), EINVAL, "open_flags");
	expect_refused(by_id(id, BPF_F_RDONLY | BPF_F_WRONLY), EINVAL, "open_flags");
}

static void info(void)
{
	int fd = xbpf_map_new(HASH, "info_map", 4, 12, 33, BPF_F_ZERO_SEED);
	struct bpf_map_info i = { 0 };

	expect_eq(xbpf_map_info(fd, &i), 0);
	expect_eq(i.type, HASH);
	expect(i.id, "an id");
	expect_eq(i.key_size, 4);
	expect_eq(i.value_size, 12);
	expect_eq(i.max_entries, 33);
	expect_eq(i.map_flags, BPF_F_ZERO_SEED);
	expect_str(i.name, "info_map");
	close(fd);
}

static void info_sizes(void)
{
	int fd = new_map(HASH, 4, 12, 33, 0);
	struct { struct bpf_map_info i; char more[64]; } big = { 0 };
	__u32 small[3] = { 0, 0, 77 };
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info_len = 8, .info = (uintptr_t)small } };

	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	expect(small[0] == HASH && small[1] && small[2] == 77, "eight bytes, no more");
	expect_eq(attr.info.info_len, 8);
	attr.info.info = (uintptr_t)&big;
	attr.info.info_len = sizeof(big);
	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	expect(attr.info.info_len <= sizeof(big) && big.i.max_entries == 33, "length %u",
	       attr.info.info_len);
	big.more[63] = 1;
	attr.info.info_len = sizeof(big);
	expect_refused(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), E2BIG, "");
	attr.info.info = 16;
	attr.info.info_len = 8;
	expect_refused(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), EFAULT, "");
	close(fd);
}

static void fdinfo(void)
{
	int fd = new_map(ARRAY, 4, 8, 1000, BPF_F_RDONLY_PROG), in;
	char path[64], text[1024], want[64];
	unsigned long long memlock = 0;
	char *at;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	in = open(path, O_RDONLY);
	n = read(in, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	expect(strstr(text, "map_type:\t2\n"));
	expect(strstr(text, "key_size:\t4\n"));
	expect(strstr(text, "value_size:\t8\n"));
	expect(strstr(text, "max_entries:\t1000\n"));
	expect(strstr(text, "map_flags:\t0x80\n"));
	expect(strstr(text, "frozen:\t0\n"));
	at = strstr(text, "memlock:\t");
	if (at)
		memlock = strtoull(at + 9, NULL, 10);
	expect(memlock >= 8000 && memlock < 16384, "memlock %llu", memlock);
	snprintf(want, sizeof(want), "map_id:\t%u\n", xbpf_map_id(fd));
	expect(strstr(text, want));
	close(in);
	close(fd);
}

static const struct tap_test tests[] = {
	{ "unknown map types are refused", refuse_type },
	{ "key, value and entry counts that a type cannot have are refused", refuse_sizes },
	{ "maps too large for arithmetic or memory are refused with words", refuse_huge },
	{ "unknown and contradicting flags are refused", refuse_flags },
	{ "a NUMA node needs its flag and must exist", refuse_numa },
	{ "members of other map types must be zero", refuse_members },
	{ "names follow the stock rules", refuse_names },
	{ "array: elements start as zero, are written and read", array_elements },
	{ "array: errors of update, lookup and delete", array_errors },
	{ "array: keys in order", array_keys },
	{ "hash: insert, replace, look up, delete", hash_elements },
	{ "hash: a full map refuses new keys, takes updates, and reuses what was deleted", hash_full },
	{ "hash: keys that are made to collide do not make a bucket long", hash_collisions },
	{ "hash: a walk shows each key once; emptying by walking ends", hash_walk },
	{ "hash: a walk from a missing key starts again", hash_missing_key },
	{ "hash: 512-byte keys and 100,000-byte values", hash_large },
	{ "fds that are no maps are refused", bad_fds },
	{ "bad pointers are EFAULT with words", bad_pointers },
	{ "BPF_F_RDONLY: the fd only reads", read_only_fd },
	{ "BPF_F_WRONLY: the fd only writes", write_only_fd },
	{ "a frozen map is not written, nor mapped writable", frozen },
	{ "a map with a writable mapping is not frozen", freeze_mapped },
	{ "a mapping shows the values and keeps the map", mapping },
	{ "a mapping may begin in the middle", mapping_part },
	{ "mappings that are refused", mapping_refused },
	{ "ids are listed, opened, and end with the map", ids },
	{ "info says what was created", info },
	{ "info fits older and newer callers", info_sizes },
	{ "fdinfo has the stock keys", fdinfo },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
