/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LPM tries: held against a plain list of prefixes.
 */
#include <pthread.h>
#include "map.h"

#define LPM	BPF_MAP_TYPE_LPM_TRIE

struct key {
	__u32 bits;
	unsigned char data[4];
};

static int new_lpm(__u32 max)
{
	return new_map(LPM, sizeof(struct key), 8, max, BPF_F_NO_PREALLOC);
}

static struct key ip(int bits, int a, int b, int c, int d)
{
	return (struct key){ bits, { a, b, c, d } };
}

static int put(int fd, struct key k, __u64 v, __u64 flags)
{
	return xbpf_map_update(fd, &k, &v, flags);
}

static __s64 get(int fd, struct key k)
{
	__u64 v = 0;

	return xbpf_map_lookup(fd, &k, &v) ? -1 : (__s64)v;
}

static int erase(int fd, struct key k)
{
	return xbpf_map_delete(fd, &k);
}

static void creation(void)
{
	expect_refused(xbpf_map_new(LPM, "m", 8, 8, 1, 0), EINVAL, "BPF_F_NO_PREALLOC");
	expect_refused(xbpf_map_new(LPM, "m", 4, 8, 1, BPF_F_NO_PREALLOC), EINVAL, "key_size 4");
	expect_refused(xbpf_map_new(LPM, "m", 261, 8, 1, BPF_F_NO_PREALLOC), EINVAL, "key_size 261");
	expect_refused(xbpf_map_new(LPM, "m", 8, 0, 1, BPF_F_NO_PREALLOC), EINVAL, "value_size");
	expect_refused(xbpf_map_new(LPM, "m", 8, 8, 1, BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED),
		       EINVAL, "lpm_trie");
	close(new_map(LPM, 260, 8, 1, BPF_F_NO_PREALLOC));
	close(new_map(LPM, 5, 1, 1, BPF_F_NO_PREALLOC));
}

static void routes(void)
{
	int fd = new_lpm(16);

	expect_eq(get(fd, ip(32, 10, 1, 2, 3)), -1);
	expect_eq(put(fd, ip(8, 10, 0, 0, 0), 8, BPF_NOEXIST), 0);
	expect_eq(put(fd, ip(16, 10, 1, 0, 0), 16, BPF_ANY), 0);
	expect_eq(put(fd, ip(24, 10, 1, 2, 0), 24, BPF_ANY), 0);
	expect_eq(put(fd, ip(32, 10, 1, 2, 3), 32, BPF_ANY), 0);
	expect_eq(put(fd, ip(9, 192, 128, 0, 0), 9, BPF_ANY), 0);
	expect_eq(get(fd, ip(32, 10, 1, 2, 3)), 32);
	expect_eq(get(fd, ip(32, 10, 1, 2, 4)), 24);
	expect_eq(get(fd, ip(32, 10, 1, 3, 3)), 16);
	expect_eq(get(fd, ip(32, 10, 2, 2, 3)), 8);
	expect_eq(get(fd, ip(32, 11, 2, 2, 3)), -1);
	expect_eq(get(fd, ip(32, 192, 255, 2, 3)), 9);
	expect_eq(get(fd, ip(32, 192, 127, 2, 3)), -1);
	expect_eq(get(fd, ip(20, 10, 1, 2, 3)), 16);	/* longer prefixes than asked for do not count */
	expect_eq(put(fd, ip(0, 1, 2, 3, 4), 1, BPF_ANY), 0);
	expect_eq(get(fd, ip(32, 192, 127, 2, 3)), 1);
	expect_eq(erase(fd, ip(16, 10, 1, 0, 0)), 0);
	expect_eq(get(fd, ip(32, 10, 1, 3, 3)), 8);
	expect_eq(get(fd, ip(32, 10, 1, 2, 4)), 24);
	close(fd);
}

static void errors(void)
{
	int fd = new_lpm(2);
	__u64 v;

	expect_refused(put(fd, ip(33, 1, 1, 1, 1), 1, BPF_ANY), EINVAL, "prefix length 33");
	expect_refused(erase(fd, ip(33, 1, 1, 1, 1)), EINVAL, "32 bits");
	expect_refused(get(fd, ip(33, 1, 1, 1, 1)), ENOENT, "");
	expect_refused(put(fd, ip(8, 1, 0, 0, 0), 1, BPF_EXIST), ENOENT, "BPF_EXIST");
	expect_eq(put(fd, ip(8, 1, 0, 0, 0), 1, BPF_ANY), 0);
	/* the same prefix */
	expect_refused(put(fd, ip(8, 1, 2, 3, 4), 1, BPF_NOEXIST), EEXIST, "BPF_NOEXIST");
	expect_eq(put(fd, ip(8, 2, 0, 0, 0), 1, BPF_ANY), 0);
	expect_refused(put(fd, ip(8, 3, 0, 0, 0), 1, BPF_ANY), ENOSPC, "full: 2");
	expect_eq(put(fd, ip(8, 2, 0, 0, 0), 7, BPF_EXIST), 0);
	expect_refused(erase(fd, ip(9, 2, 0, 0, 0)), ENOENT, "");
	expect_eq(erase(fd, ip(8, 2, 0, 0, 0)), 0);
	expect_eq(put(fd, ip(8, 3, 0, 0, 0), 1, BPF_ANY), 0);
	expect_refused(xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, &(struct key){ 8, { 3 } },
				     &v, 0), 524, "lpm_trie");
	close(fd);
}

static void walk(void)
{
	int fd = new_lpm(16), n = 0;
	struct key k, next;

	expect_eq(xbpf_map_next(fd, NULL, &next), -1);
	put(fd, ip(16, 192, 168, 0, 0), 1, 0);
	put(fd, ip(24, 192, 168, 0, 0), 1, 0);
	put(fd, ip(24, 192, 168, 128, 0), 1, 0);
	put(fd, ip(8, 10, 0, 0, 0), 1, 0);
	while (n < 10 && !xbpf_map_next(fd, n ? &k : NULL, &next)) {
		if (n == 3)	/* a prefix comes behind all that begin with it */
			expect(next.bits == 16 && next.data[0] == 192, "/%u %u", next.bits, next.data[0]);
		if (n == 0)
			expect(next.bits == 8, "/%u first", next.bits);
		k = next;
		n++;
	}
	expect_eq(n, 4);
	close(fd);
}

/* --- beside a list --- */

#define PREFIXES	300

struct model {
	struct key key[PREFIXES];
	__u64 value[PREFIXES];
	int n;
};

static bool begins(const struct key *prefix, const struct key *k)
{
	unsigned int i;

	if (prefix->bits > k->bits)
		return false;
	for (i = 0; i < prefix->bits; i++)
		if ((prefix->data[i / 8] ^ k->data[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static int model_find(const struct model *m, const struct key *k)
{
	int i;

	for (i = 0; i < m->n; i++)
		if (m->key[i].bits == k->bits && begins(&m->key[i], k))
			return i;
	return -1;
}

static __s64 model_get(const struct model *m, const struct key *k)
{
	int i, best = -1;

	for (i = 0; i < m->n; i++)
		if (begins(&m->key[i], k) && (best < 0 || m->key[i].bits > m->key[best].bits))
			best = i;
	return best < 0 ? -1 : (__s64)m->value[best];
}

/* Few values of each byte, so that prefixes share much. */
static struct key random_key(unsigned int *seed)
{
	static const unsigned char bytes[] = { 0, 1, 128, 255 };
	struct key k = { .bits = rand_r(seed) % 33 };
	int i;

	for (i = 0; i < 4; i++)
		k.data[i] = bytes[rand_r(seed) % 4];
	return k;
}

static void beside_a_list(void)
{
	int fd = new_lpm(PREFIXES), step, i, bad = 0;
	static struct model m;
	unsigned int seed = 7;

	m.n = 0;
	for (step = 0; step < 6000 && bad < 5; step++) {
		struct key k = random_key(&seed);
		__u64 v = step;
		bool fill = step / 1000 % 2 == 0;

		i = model_find(&m, &k);
		if ((fill && rand_r(&seed) % 4) || (!fill && !(rand_r(&seed) % 4))) {
			if (i < 0 && m.n == PREFIXES) {
				bad += !expect(put(fd, k, v, 0) == -1 && errno == ENOSPC, "full");
				continue;
			}
			bad += !expect_eq(put(fd, k, v, 0), 0);
			if (i < 0) {
				i = m.n++;
				m.key[i] = k;
			}
			m.value[i] = v;
		} else {
			bad += !expect_eq(erase(fd, k), i < 0 ? -1 : 0);
			if (i >= 0) {
				m.key[i] = m.key[--m.n];
				m.value[i] = m.value[m.n];
			}
		}
		k = random_key(&seed);
		bad += !expect_eq(get(fd, k), model_get(&m, &k));
	}
	for (i = 0; ; i++) {
		struct key k;

		if (xbpf_map_next(fd, NULL, &k) || i > PREFIXES)
			break;
		expect_eq(erase(fd, k), 0);
	}
	expect_eq(i, m.n);
	close(fd);
}

/* --- programs --- */

/* r0 = value for the address in di (network order) as /32, or -1 */
static int route_prog(int map, __u32 load)
{
	return kprobe_prog("route", load,
		LOAD(BPF_DW, R2, R1, 112), STORE(BPF_W, R10, -4, R2),
		STORE_IMM(BPF_W, R10, -8, 32),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, -1), EXIT,
		LOAD(BPF_DW, R0, R0, 0), EXIT);
}

static __s64 route(int prog, int a, int b, int c, int d)
{
	__u64 regs[21] = { 0 };

	regs[14] = (__u32)d << 24 | c << 16 | b << 8 | a;
	return xbpf_run(prog, regs, 1);
}

static void programs(void)
{
	int fd = new_lpm(16), prog = route_prog(fd, 0), slow = route_prog(fd, XBPF_F_INTERP);

	if (!expect(prog >= 0 && slow >= 0, "%s", xbpf_words()))
		return;
	put(fd, ip(8, 10, 0, 0, 0), 8, 0);
	put(fd, ip(24, 10, 1, 2, 0), 24, 0);
	expect_eq(route(prog, 10, 1, 2, 3), 24);
	expect_eq(route(slow, 10, 1, 2, 3), 24);
	expect_eq(route(prog, 10, 1, 3, 3), 8);
	expect_eq(route(prog, 11, 1, 3, 3), 0xffffffff);
	close(slow);
	close(prog);
	close(fd);
}

struct racer {
	pthread_t thread;
	int fd, prog;
	unsigned long done, bad;
};

static volatile int stop;

/* 10/8 and 10.1/16 stay; everything around them comes and goes. */
static void *look(void *arg)
{
	struct racer *r = arg;

	while (!stop) {
		r->bad += route(r->prog, 10, 1, 7, 7) != 16;
		r->bad += route(r->prog, 10, 77, 7, 7) != 8;
		r->done++;
	}
	return NULL;
}

static void *change(void *arg)
{
	struct racer *r = arg;
	unsigned int seed = 3;

	while (!stop) {
		struct key k = random_key(&seed);

		k.data[0] = rand_r(&seed) % 2 ? 10 : 11;
		k.bits = 3 + rand_r(&seed) % 30;
		if (k.bits == 8 || k.bits == 16 || begins(&k, &(struct key){ 32, { 10, 1, 7, 7 } }) ||
		    begins(&k, &(struct key){ 32, { 10, 77, 7, 7 } }))
			continue;
		if (rand_r(&seed) % 2)
			put(r->fd, k, 99, 0);
		else
			erase(r->fd, k);
		r->done++;
	}
	return NULL;
}

static void races(void)
{
	int fd = new_lpm(64), prog = route_prog(fd, 0), i;
	struct racer r[3] = { 0 };

	put(fd, ip(8, 10, 0, 0, 0), 8, 0);
	put(fd, ip(16, 10, 1, 0, 0), 16, 0);
	stop = 0;
	for (i = 0; i < 3; i++) {
		r[i].fd = fd;
		r[i].prog = prog;
		pthread_create(&r[i].thread, NULL, i ? look : change, &r[i]);
	}
	usleep(800000);
	stop = 1;
	for (i = 0; i < 3; i++) {
		pthread_join(r[i].thread, NULL);
		expect(r[i].done, "thread %d did nothing", i);
		expect_eq(r[i].bad, 0);
	}
	close(prog);
	close(fd);
}

static const struct tap_test tests[] = {
	{ "LPM: sizes and flags", creation },
	{ "LPM: the longest prefix is found", routes },
	{ "LPM: errors", errors },
	{ "LPM: a walk shows longer prefixes first", walk },
	{ "LPM: as a plain list, over thousands of random changes", beside_a_list },
	{ "LPM: programs look up, in both engines", programs },
	{ "LPM: what stays is found whatever comes and goes around it", races },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
