/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps of maps.
 */
#include <pthread.h>
#include "map.h"

#define AMAPS	BPF_MAP_TYPE_ARRAY_OF_MAPS
#define HMAPS	BPF_MAP_TYPE_HASH_OF_MAPS

static int outer_new(__u32 type, __u32 key, __u32 value, __u32 max, int inner)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = max;
	attr.inner_map_fd = inner;
	return xbpf_sys(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int put(int outer, __u32 k, int inner, __u64 flags)
{
	return xbpf_map_update(outer, &k, &inner, flags);
}

static __u32 get(int outer, __u32 k)
{
	__u32 id = 0;

	return xbpf_map_lookup(outer, &k, &id) ? 0 : id;
}

static int erase(int outer, __u32 k)
{
	return xbpf_map_delete(outer, &k);
}

static void creation(void)
{
	int inner = new_map(ARRAY, 4, 8, 2, 0), table = new_map(TABLE, 4, 4, 2, 0), outer;

	expect_refused(outer_new(AMAPS, 4, 4, 2, 9999), EBADF, "inner_map_fd");
	expect_refused(outer_new(AMAPS, 8, 4, 2, inner), EINVAL, "key_size");
	expect_refused(outer_new(AMAPS, 4, 8, 2, inner), EINVAL, "value_size");
	expect_refused(outer_new(HMAPS, 4, 8, 2, inner), EINVAL, "value_size");
	expect_refused(outer_new(HMAPS, 0, 4, 2, inner), EINVAL, "key_size");
	expect_refused(outer_new(AMAPS, 4, 4, 2, table), 524, "program array");
	expect_refused(outer_new(HASH, 4, 4, 2, inner), EINVAL, "inner_map_fd");
	outer = outer_new(AMAPS, 4, 4, 2, inner);
	expect(outer >= 0, "%s", xbpf_words());
	expect_refused(outer_new(HMAPS, 4, 4, 2, outer), EINVAL, "one level");
	close(outer);
	close(table);
	close(inner);
}

static void slots_of(__u32 type)
{
	int a = new_map(ARRAY, 4, 8, 2, 0), b = new_map(ARRAY, 4, 8, 2, 0),
		outer = outer_new(type, 4, 4, 2, a);
	__u32 a_id = xbpf_map_id(a), b_id = xbpf_map_id(b);

	expect_eq(get(outer, 1), 0);
	expect_eq(errno, ENOENT);
	expect_eq(put(outer, 1, a, BPF_ANY), 0);
	expect_eq(get(outer, 1), a_id);
	expect_eq(put(outer, 1, b, BPF_ANY), 0);
	expect_eq(get(outer, 1), b_id);
	close(b);
	expect(xbpf_id_lives(BPF_MAP_GET_NEXT_ID, b_id), "the slot holds it");
	close(a);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, a_id),
	       "nobody holds the one that was replaced, nor the template");
	expect_eq(erase(outer, 1), 0);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, b_id), "deleted");
	expect_refused(erase(outer, 1), ENOENT, "");
	a = new_map(ARRAY, 4, 8, 2, 0);
	a_id = xbpf_map_id(a);
	expect_eq(put(outer, 0, a, BPF_ANY), 0);
	close(a);
	close(outer);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, a_id), "freed with the outer map");
}

static void slots(void)
{
	slots_of(AMAPS);
	slots_of(HMAPS);
}

static void errors(void)
{
	int a = new_map(ARRAY, 4, 8, 2, 0), other = new_map(ARRAY, 4, 8, 3, 0),
		hash = new_map(HASH, 4, 8, 2, 0);
	int outer = outer_new(AMAPS, 4, 4, 2, a), keyed = outer_new(HMAPS, 4, 4, 1, hash),
		big = new_map(HASH, 4, 8, 99, 0);

	expect_refused(put(outer, 2, a, 0), E2BIG, "index 2");
	expect_refused(erase(outer, 2), E2BIG, "index 2");
	expect_refused(put(outer, 1, a, BPF_NOEXIST), EINVAL, "BPF_ANY");
	expect_refused(put(outer, 1, 9999, 0), EBADF, "9999");
	expect_refused(put(outer, 1, hash, 0), EINVAL, "does not fit");
	expect_refused(put(outer, 1, other, 0), EINVAL, "entries 2");
	expect_refused(put(outer, 1, outer, 0), EINVAL, "does not fit");
	expect_eq(put(keyed, 7, big, BPF_NOEXIST), 0);		/* entries of a hash do not matter */
	expect_refused(put(keyed, 7, hash, BPF_NOEXIST), EEXIST, "BPF_NOEXIST");
	expect_refused(put(keyed, 8, hash, BPF_EXIST), ENOENT, "BPF_EXIST");
	expect_refused(put(keyed, 8, hash, BPF_ANY), E2BIG, "full");
	expect_eq(put(keyed, 7, hash, BPF_EXIST), 0);
	close(big);
	close(keyed);
	close(outer);
	close(hash);
	close(other);
	close(a);
}

/* BPF_F_INNER_MAP: arrays of any length. */
static void any_length(void)
{
	int a = new_map(ARRAY, 4, 8, 2, BPF_F_INNER_MAP), b = new_map(ARRAY, 4, 8, 300, BPF_F_INNER_MAP);
	int plain = new_map(ARRAY, 4, 8, 2, 0), outer = outer_new(AMAPS, 4, 4, 2, a);

	expect_eq(put(outer, 0, b, 0), 0);
	expect_refused(put(outer, 0, plain, 0), EINVAL, "flags");
	close(outer);
	close(plain);
	close(b);
	close(a);
}

/* r0 = inner[7] of outer[di], 1000 no inner map, 1001 no value */
static int nested_prog(int outer, __u32 load)
{
	return kprobe_prog("nested", load,
		LOAD(BPF_DW, R2, R1, 112), STORE(BPF_W, R10, -4, R2),
		STORE_IMM(BPF_W, R10, -8, 7),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, outer), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, 1000), EXIT,
		MOV_REG(R1, R0), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, 1001), EXIT,
		LOAD(BPF_DW, R0, R0, 0), EXIT);
}

static __s64 run_with(int prog, __u64 arg)
{
	__u64 regs[21] = { 0 };

	regs[14] = arg;
	return xbpf_run(prog, regs, 1);
}

static void programs_on(__u32 type, __u32 inner_type, __u32 load)
{
	int a = new_map(inner_type, 4, 8, 8, 0), b = new_map(inner_type, 4, 8, 8, 0),
		outer = outer_new(type, 4, 4, 3, a);
	int prog = nested_prog(outer, load);
	__u32 k = 7;
	__u64 v = 11;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	xbpf_map_update(a, &k, &v, 0);
	v = 22;
	xbpf_map_update(b, &k, &v, 0);
	expect_eq(run_with(prog, 1), 1000);
	expect_eq(run_with(prog, 99), 1000);
	put(outer, 1, a, 0);
	put(outer, 2, b, 0);
	expect_eq(run_with(prog, 1), 11);
	expect_eq(run_with(prog, 2), 22);
	put(outer, 1, b, 0);
	expect_eq(run_with(prog, 1), 22);
	close(a);
	close(b);
	expect_eq(run_with(prog, 2), 22);
	erase(outer, 2);
	expect_eq(run_with(prog, 2), 1000);
	close(outer);
	expect_eq(run_with(prog, 1), 22);
	close(prog);
}

static void programs(void)
{
	programs_on(AMAPS, ARRAY, 0);
	programs_on(AMAPS, HASH, 0);
	programs_on(HMAPS, ARRAY, 0);
	programs_on(HMAPS, HASH, 0);
	programs_on(AMAPS, ARRAY, XBPF_F_INTERP);
}

/* A program may not write to the outer map, nor look inner maps up as values. */
static void refused_programs(void)
{
	int a = new_map(ARRAY, 4, 8, 8, 0), outer = outer_new(AMAPS, 4, 4, 8, a),
		hash = outer_new(HMAPS, 4, 4, 8, a);

	expect_refused(update_prog(outer, 0), EINVAL, "map_update_elem");
	expect_refused(delete_prog(hash), EINVAL, "map_delete_elem");
	expect_refused(lookup_prog(outer), EACCES, "");
	close(hash);
	close(outer);
	close(a);
}

struct racer {
	pthread_t thread;
	int outer, prog;
	unsigned long done, bad;
};

static volatile int stop;

/* Inner maps that hold 55, one after the other; each is closed at once. */
static void *replace(void *arg)
{
	struct racer *r = arg;
	__u32 k = 7;
	__u64 v = 55;

	while (!stop) {
		int inner = xbpf_map_new(HASH, "i", 4, 8, 8, 0);

		r->bad += xbpf_map_update(inner, &k, &v, 0) != 0;
		r->bad += put(r->outer, 1, inner, 0) != 0;
		close(inner);
		r->done++;
	}
	return NULL;
}

static void *look(void *arg)
{
	struct racer *r = arg;

	while (!stop) {
		r->bad += run_with(r->prog, 1) != 55;
		r->done++;
	}
	return NULL;
}

static void races_on(__u32 type)
{
	int inner = new_map(HASH, 4, 8, 8, 0), outer = outer_new(type, 4, 4, 2, inner),
		prog = nested_prog(outer, 0), i;
	struct racer r[3] = { 0 };
	__u32 k = 7;
	__u64 v = 55;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	xbpf_map_update(inner, &k, &v, 0);
	put(outer, 1, inner, 0);
	close(inner);
	stop = 0;
	for (i = 0; i < 3; i++) {
		r[i].outer = outer;
		r[i].prog = prog;
		pthread_create(&r[i].thread, NULL, i ? look : replace, &r[i]);
	}
	usleep(600000);
	stop = 1;
	for (i = 0; i < 3; i++) {
		pthread_join(r[i].thread, NULL);
		expect(r[i].done, "thread %d did nothing", i);
		expect_eq(r[i].bad, 0);
	}
	close(prog);
	close(outer);
}

static void races(void)
{
	races_on(AMAPS);
	races_on(HMAPS);
}

static const struct tap_test tests[] = {
	{ "maps of maps: what they are made of, and what not", creation },
	{ "maps of maps: slots hold maps, and show their ids", slots },
	{ "maps of maps: errors", errors },
	{ "arrays of any length with BPF_F_INNER_MAP", any_length },
	{ "programs look up in inner maps, in both engines", programs },
	{ "what programs may not do with outer maps", refused_programs },
	{ "inner maps are replaced and freed under running programs", races },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
