/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failing allocations: maps of each type and their elements, BTF, programs, pins, ids, info, test
 * runs.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <linux/perf_event.h>
#include "fault.h"

static int map = -1, other = -1, prog = -1, btf = -1, perf = -1;

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void drop_all(void)
{
	drop(&map);
	drop(&other);
	drop(&prog);
	drop(&btf);
	drop(&perf);
}

static bool made(int fd)
{
	return expect(fd >= 0, "%s: %s", strerror(errno), xbpf_words());
}

/* ---- maps ---- */

static __u32 map_type;

static int create_of(__u32 type)
{
	const bool maps = type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = 4;
	attr.value_size = maps || type == BPF_MAP_TYPE_PROG_ARRAY ||
		type == BPF_MAP_TYPE_PERF_EVENT_ARRAY || type == BPF_MAP_TYPE_CGROUP_ARRAY ? 4 : 16;
	attr.max_entries = 1200;	/* several pages */
	switch (type) {
	case BPF_MAP_TYPE_LPM_TRIE:
		attr.key_size = 8;
		attr.map_flags = BPF_F_NO_PREALLOC;
		break;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		attr.key_size = 0;
		break;
	case BPF_MAP_TYPE_RINGBUF:
		attr.key_size = attr.value_size = 0;
		attr.max_entries = 8192;
		break;
	}
	if (maps)
		attr.inner_map_fd = (__u32)other;
	return xbpf_sys(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int create(void)
{
	return create_of(map_type);
}

static void inner(void)
{
	other = create_of(BPF_MAP_TYPE_ARRAY);
	made(other);
}

static void of_type(void)
{
	map = create();
	made(map);
}

static void of_type_filled(void)
{
	__u32 key[4] = { 1 };
	__u64 value[16] = { 1 };

	of_type();
	expect_eq(xbpf_map_update(map, key, value, BPF_ANY), 0);
}

static int update(void)
{
	__u32 key[4] = { 1 };
	__u64 value[16] = { 1 };

	return xbpf_map_update(map, key, value, BPF_ANY);
}

static int lookup(void)
{
	__u32 key[4] = { 1 };
	__u64 value[64] = { 0 };

	return xbpf_map_lookup(map, key, value);
}

static int next_key(void)
{
	__u32 next[4];

	return xbpf_map_next(map, NULL, next);
}

static int delete(void)
{
	__u32 key[4] = { 1 };

	return xbpf_map_delete(map, key);
}

/* still there after a command that failed */
static void still_filled(void)
{
	expect_eq(lookup(), 0);
}

static int freeze(void)
{
	union bpf_attr attr = { .map_fd = (__u32)map };

	return xbpf_sys(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

#define MANY 300

static int batch(int cmd)
{
	static __u32 keys[MANY], at;
	static __u64 values[2 * MANY];
	union bpf_attr attr;
	__u32 i;

	memset(&attr, 0, sizeof(attr));
	for (i = 0; cmd == BPF_MAP_UPDATE_BATCH && i < MANY; i++)
		keys[i] = i;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.count = MANY;
	attr.batch.map_fd = (__u32)map;
	if (cmd != BPF_MAP_DELETE_BATCH)
		attr.batch.values = (uintptr_t)values;
	if (cmd == BPF_MAP_LOOKUP_BATCH || cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH)
		attr.batch.out_batch = (uintptr_t)&at;
	if (!xbpf_sys(cmd, &attr, sizeof(attr)))
		return 0;
	/* the end of the map is said so */
	return errno == ENOENT && attr.batch.count ? 0 : -1;
}

static int update_batch(void)
{
	return batch(BPF_MAP_UPDATE_BATCH);
}

static int lookup_batch(void)
{
	return batch(BPF_MAP_LOOKUP_BATCH);
}

static int take_batch(void)
{
	return batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH);
}

static int delete_batch(void)
{
	return batch(BPF_MAP_DELETE_BATCH);
}

static void of_type_full(void)
{
	of_type();
	expect_eq(update_batch(), 0);
}

static int take(void)
{
	__u32 key[4] = { 1 };
	__u64 value[16];

	return xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, map_type == BPF_MAP_TYPE_QUEUE ?
			     NULL : key, value, 0);
}

static int push(void)
{
	__u64 value[16] = { 1 };

	return xbpf_map_elem(BPF_MAP_UPDATE_ELEM, map, NULL, value, 0);
}

static void outer(void)
{
	inner();
	of_type();
}

static int put_inner(void)
{
	__u32 key = 1;

	return xbpf_map_update(map, &key, &other, BPF_ANY);
}

static void outer_filled(void)
{
	outer();
	expect_eq(put_inner(), 0);
}

static void perf_array(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
	};

	of_type();
	perf = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	expect(perf >= 0, "perf_event_open: %s", strerror(errno));
}

static int put_perf(void)
{
	__u32 key = 0;

	return xbpf_map_update(map, &key, &perf, BPF_ANY);
}

static void mappable(void)
{
	map = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "mapped", 4, 8, 2000, BPF_F_MMAPABLE);
	made(map);
}

static void *mapped = MAP_FAILED;

/* mmap(2) has no words; those of a command that is none stand for them */
static int map_it(void)
{
	char none[8] = { 0 };
	int error;

	mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (mapped != MAP_FAILED)
		return 0;
	error = errno;
	xbpf_sys(78, none, sizeof(none));
	errno = error;
	return -1;
}

static void unmap(void)
{
	if (mapped != MAP_FAILED)
		munmap(mapped, 8192);
	mapped = MAP_FAILED;
	drop_all();
}

/* ---- BTF ---- */

#define INT 1u
#define FUNC 12u
#define FUNC_PROTO 13u
static const struct {
	__u16 magic;
	__u8 version, flags;
	__u32 hdr_len, type_off, type_len, str_off, str_len;
	__u32 types[4 + 5 + 3];
	char names[24];
} blob = {
	0xeb9f, 1, 0, 24, 0, sizeof(blob.types), sizeof(blob.types), sizeof(blob.names),
	{ 1, INT << 24, 4, 0x01000020, 0, FUNC_PROTO << 24 | 1, 1, 1, 1, 3, FUNC << 24 | 1, 2 },
	"\0a\0main\0file.c\0x = 1;",
};

static int load_btf(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&blob;
	attr.btf_size = sizeof(blob);
	return xbpf_sys(BPF_BTF_LOAD, &attr, sizeof(attr));
}

static void with_btf(void)
{
	btf = load_btf();
	made(btf);
}

/* ---- programs ---- */

static __u32 load_flags;

/* a map, a branch, a loop, a subprogram, source lines, a log */
static int load(void)
{
	const struct bpf_insn insns[] = {
		STORE_IMM(BPF_W, R10, -4, 1), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, map),
		CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JEQ, R0, 0, 1), LOAD(BPF_DW, R6, R0, 0),
		MOV_IMM(R6, 0), ALU64_IMM(BPF_ADD, R6, 1), JUMP_IMM(BPF_JLT, R6, 20, -2),
		MOV_REG(R1, R6), CALL_SUB(1), EXIT,
		MOV_REG(R0, R1), EXIT,
	};
	struct bpf_func_info funcs[] = { { 0, 3 }, { 14, 3 } };
	struct bpf_line_info lines[] = { { 0, 8, 15, 10 << 10 }, { 3, 8, 15, 11 << 10 },
					 { 14, 8, 15, 12 << 10 } };
	static char log[65536];
	union bpf_attr attr;

	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "fault", insns, ARRAY_SIZE(insns), load_flags);
	attr.prog_btf_fd = (__u32)btf;
	attr.func_info = (uintptr_t)funcs;
	attr.func_info_rec_size = sizeof(funcs[0]);
	attr.func_info_cnt = ARRAY_SIZE(funcs);
	attr.line_info = (uintptr_t)lines;
	attr.line_info_rec_size = sizeof(lines[0]);
	attr.line_info_cnt = ARRAY_SIZE(lines);
	attr.log_level = 2;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	return xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void hash_and_btf(void)
{
	with_btf();
	map = create_of(BPF_MAP_TYPE_HASH);
	made(map);
}

static void jit(void)
{
	load_flags = 0;
	hash_and_btf();
}

static void interpreter(void)
{
	load_flags = XBPF_F_INTERP;
	hash_and_btf();
}

static void program(void)
{
	jit();
	prog = load();
	made(prog);
}

static void program_interpreted(void)
{
	interpreter();
	prog = load();
	made(prog);
}

static int run(void)
{
	return xbpf_run(prog, NULL, 3) < 0 ? -1 : 0;
}

static void classifier(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };

	prog = xbpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "fault", insns, ARRAY_SIZE(insns), 0);
	made(prog);
}

static int run_packet(void)
{
	static char in[2000], out[2000], ctx[192];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(ctx, 0, sizeof(ctx));
	attr.test.prog_fd = (__u32)prog;
	attr.test.data_in = (uintptr_t)in;
	attr.test.data_out = (uintptr_t)out;
	attr.test.data_size_in = sizeof(in);
	attr.test.data_size_out = sizeof(out);
	attr.test.ctx_in = attr.test.ctx_out = (uintptr_t)ctx;
	attr.test.ctx_size_in = attr.test.ctx_size_out = sizeof(ctx);
	return xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

static int bind_map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_bind_map.prog_fd = (__u32)prog;
	attr.prog_bind_map.map_fd = (__u32)other;
	return xbpf_sys(BPF_PROG_BIND_MAP, &attr, sizeof(attr));
}

static void program_and_map(void)
{
	program();
	inner();
}

/* ---- info, ids, pins ---- */

static int info_prog(void)
{
	static char translated[4096], code[8192], lines[1024], funcs[256], maps[64], ksyms[64], lens[64];
	struct bpf_prog_info info = { 0 }, all = { 0 };

	if (xbpf_prog_info(prog, &info))
		return -1;
	all.xlated_prog_len = sizeof(translated);
	all.xlated_prog_insns = (uintptr_t)translated;
	all.jited_prog_len = sizeof(code);
	all.jited_prog_insns = (uintptr_t)code;
	all.nr_map_ids = info.nr_map_ids;
	all.map_ids = (uintptr_t)maps;
	all.nr_line_info = info.nr_line_info;
	all.line_info_rec_size = info.line_info_rec_size;
	all.line_info = (uintptr_t)lines;
	all.nr_func_info = info.nr_func_info;
	all.func_info_rec_size = info.func_info_rec_size;
	all.func_info = (uintptr_t)funcs;
	all.nr_jited_ksyms = info.nr_jited_ksyms;
	all.jited_ksyms = (uintptr_t)ksyms;
	all.nr_jited_func_lens = info.nr_jited_func_lens;
	all.jited_func_lens = (uintptr_t)lens;
	return xbpf_prog_info(prog, &all);
}

static int info_map(void)
{
	struct bpf_map_info info = { 0 };

	return xbpf_map_info(map, &info);
}

static int info_btf(void)
{
	static char bytes[256], name[64];
	struct bpf_btf_info info = { .btf = (uintptr_t)bytes, .btf_size = sizeof(bytes),
				     .name = (uintptr_t)name, .name_len = sizeof(name) };
	union bpf_attr attr = { .info = { .bpf_fd = (__u32)btf, .info_len = sizeof(info),
					  .info = (uintptr_t)&info } };

	return xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static int info_device(void)
{
	struct xbpf_info info;

	return xbpf_device_info(&info);
}

static int info_tail(void)
{
	struct xbpf_prog_tail tail = { .prog_fd = (__u32)prog };

	return xbpf_sys(XBPF_PROG_TAIL, &tail, sizeof(tail));
}

static __u32 id;

static void program_id(void)
{
	program();
	id = xbpf_prog_id(prog);
}

static int by_id(void)
{
	return xbpf_fd_by_id(BPF_PROG_GET_FD_BY_ID, id);
}

static void array_id(void)
{
	map_type = BPF_MAP_TYPE_ARRAY;
	of_type();
	id = xbpf_map_id(map);
}

static int map_by_id(void)
{
	return xbpf_fd_by_id(BPF_MAP_GET_FD_BY_ID, id);
}

static void btf_id(void)
{
	with_btf();
	id = xbpf_next_id(BPF_BTF_GET_NEXT_ID, 0);
}

static int btf_by_id(void)
{
	return xbpf_fd_by_id(BPF_BTF_GET_FD_BY_ID, id);
}

static int next_id(void)
{
	union bpf_attr attr = { 0 };

	return xbpf_sys(BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr));
}

#define PIN XBPF_FS_PATH "/fault"

static int pin(void)
{
	return xbpf_pin(map, PIN);
}

static void not_pinned(void)
{
	expect(access(PIN, F_OK) && errno == ENOENT, "a pin is left: %s", strerror(errno));
}

static void array(void)
{
	map_type = BPF_MAP_TYPE_ARRAY;
	of_type();
}

static void array_pinned(void)
{
	array();
	expect_eq(pin(), 0);
}

static int pinned(void)
{
	return xbpf_pinned(PIN);
}

static void unpin(void)
{
	unlink(PIN);
	drop_all();
}

/* A type's number is set by its own function, so that a row of the table is whole. */
#define PREPARE(what, type, then) static void what(void) { map_type = type; then; }
PREPARE(a_hash, BPF_MAP_TYPE_HASH, of_type())
PREPARE(a_hash_filled, BPF_MAP_TYPE_HASH, of_type_filled())
PREPARE(a_hash_full, BPF_MAP_TYPE_HASH, of_type_full())
PREPARE(a_percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, of_type())
PREPARE(a_percpu_hash_filled, BPF_MAP_TYPE_PERCPU_HASH, of_type_filled())
PREPARE(a_lru, BPF_MAP_TYPE_LRU_HASH, of_type())
PREPARE(an_array, BPF_MAP_TYPE_ARRAY, of_type())
PREPARE(a_percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, of_type())
PREPARE(a_trie, BPF_MAP_TYPE_LPM_TRIE, of_type())
PREPARE(a_trie_filled, BPF_MAP_TYPE_LPM_TRIE, of_type_filled())
PREPARE(a_queue, BPF_MAP_TYPE_QUEUE, of_type())
PREPARE(a_queue_filled, BPF_MAP_TYPE_QUEUE, (of_type(), expect_eq(push(), 0)))
PREPARE(an_array_of_maps, BPF_MAP_TYPE_ARRAY_OF_MAPS, outer())
PREPARE(an_array_of_maps_filled, BPF_MAP_TYPE_ARRAY_OF_MAPS, outer_filled())
PREPARE(a_hash_of_maps, BPF_MAP_TYPE_HASH_OF_MAPS, outer())
PREPARE(a_hash_of_maps_filled, BPF_MAP_TYPE_HASH_OF_MAPS, outer_filled())
PREPARE(a_perf_array, BPF_MAP_TYPE_PERF_EVENT_ARRAY, perf_array())
PREPARE(new_hash, BPF_MAP_TYPE_HASH, )
PREPARE(new_array, BPF_MAP_TYPE_ARRAY, )
PREPARE(new_table, BPF_MAP_TYPE_PROG_ARRAY, )
PREPARE(new_percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, )
PREPARE(new_percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, )
PREPARE(new_lru, BPF_MAP_TYPE_LRU_HASH, )
PREPARE(new_lru_percpu, BPF_MAP_TYPE_LRU_PERCPU_HASH, )
PREPARE(new_ring, BPF_MAP_TYPE_RINGBUF, )
PREPARE(new_queue, BPF_MAP_TYPE_QUEUE, )
PREPARE(new_stack, BPF_MAP_TYPE_STACK, )
PREPARE(new_trie, BPF_MAP_TYPE_LPM_TRIE, )
PREPARE(new_perf, BPF_MAP_TYPE_PERF_EVENT_ARRAY, )
PREPARE(new_groups, BPF_MAP_TYPE_CGROUP_ARRAY, )
PREPARE(new_traces, BPF_MAP_TYPE_STACK_TRACE, )
PREPARE(new_array_of_maps, BPF_MAP_TYPE_ARRAY_OF_MAPS, inner())
PREPARE(new_hash_of_maps, BPF_MAP_TYPE_HASH_OF_MAPS, inner())

int main(void)
{
	static const struct deed deeds[] = {
		DEED("create a hash", create, .before = new_hash),
		DEED("create an array", create, .before = new_array),
		DEED("create a program array", create, .before = new_table),
		DEED("create a per-CPU hash", create, .before = new_percpu_hash),
		DEED("create a per-CPU array", create, .before = new_percpu_array),
		DEED("create an LRU hash", create, .before = new_lru),
		DEED("create a per-CPU LRU hash", create, .before = new_lru_percpu),
		DEED("create a ring buffer", create, .before = new_ring),
		DEED("create a queue", create, .before = new_queue),
		DEED("create a stack", create, .before = new_stack),
		DEED("create a trie", create, .before = new_trie),
		DEED("create a perf event array", create, .before = new_perf),
		DEED("create a map of stacks", create, .before = new_traces),
		DEED("create a cgroup array", create, .before = new_groups),
		DEED("create an array of maps", create, .before = new_array_of_maps, .after = drop_all),
		DEED("create a hash of maps", create, .before = new_hash_of_maps, .after = drop_all),
		DEED("update a hash", update, .before = a_hash, .after = drop_all),
		DEED("update a per-CPU hash", update, .before = a_percpu_hash, .after = drop_all),
		DEED("update an LRU hash", update, .before = a_lru, .after = drop_all),
		DEED("update an array", update, .before = an_array, .after = drop_all),
		DEED("update a per-CPU array", update, .before = a_percpu_array, .after = drop_all),
		DEED("update a trie", update, .before = a_trie, .after = drop_all),
		DEED("push to a queue", push, .before = a_queue, .after = drop_all),
		DEED("pop from a queue", take, .before = a_queue_filled, .after = drop_all),
		DEED("put a map into an array", put_inner, .before = an_array_of_maps, .after = drop_all),
		DEED("put a map into a hash", put_inner, .before = a_hash_of_maps, .after = drop_all),
		DEED("take a map out of an array", delete, .before = an_array_of_maps_filled,
		     .after = drop_all, .unchanged = still_filled),
		DEED("take a map out of a hash", delete, .before = a_hash_of_maps_filled,
		     .after = drop_all, .unchanged = still_filled),
		DEED("put a perf event into an array", put_perf, .before = a_perf_array, .after = drop_all),
		DEED("look up in a hash", lookup, .before = a_hash_filled, .after = drop_all,
		     .unchanged = still_filled),
		DEED("look up in a per-CPU hash", lookup, .before = a_percpu_hash_filled,
		     .after = drop_all, .unchanged = still_filled),
		DEED("look up in a trie", lookup, .before = a_trie_filled, .after = drop_all,
		     .unchanged = still_filled),
		DEED("look up in a hash and delete", take, .before = a_hash_filled,
		     .after = drop_all, .unchanged = still_filled),
		DEED("delete from a hash", delete, .before = a_hash_filled, .after = drop_all,
		     .unchanged = still_filled),
		DEED("delete from a trie", delete, .before = a_trie_filled, .after = drop_all,
		     .unchanged = still_filled),
		DEED("next key of a hash", next_key, .before = a_hash_filled, .after = drop_all,
		     .unchanged = still_filled),
		DEED("next key of a trie", next_key, .before = a_trie_filled, .after = drop_all,
		     .unchanged = still_filled),
		DEED("update a hash in a batch", update_batch, .before = a_hash, .after = drop_all),
		DEED("update an array in a batch", update_batch, .before = an_array, .after = drop_all),
		DEED("look up in a hash in a batch", lookup_batch, .before = a_hash_full,
		     .after = drop_all, .unchanged = still_filled),
		DEED("look up and delete in a batch", take_batch, .before = a_hash_full,
		     .after = drop_all, .unchanged = still_filled),
		DEED("delete in a batch", delete_batch, .before = a_hash_full, .after = drop_all,
		     .unchanged = still_filled),
		DEED("freeze a map", freeze, .before = an_array, .after = drop_all),
		DEED("map an array into memory", map_it, .before = mappable, .after = unmap),
		DEED("load BTF", load_btf),
		DEED("load a program, JITed", load, .before = jit, .after = drop_all),
		DEED("load a program, interpreted", load, .before = interpreter, .after = drop_all),
		DEED("bind a map to a program", bind_map, .before = program_and_map, .after = drop_all),
		DEED("run a program, JITed", run, .before = program, .after = drop_all),
		DEED("run a program, interpreted", run, .before = program_interpreted, .after = drop_all),
		DEED("run a classifier on a packet", run_packet, .before = classifier, .after = drop_all),
		DEED("info of a program, JITed", info_prog, .before = program, .after = drop_all),
		DEED("info of a program, interpreted", info_prog, .before = program_interpreted,
		     .after = drop_all),
		DEED("info of a map", info_map, .before = an_array, .after = drop_all),
		DEED("info of BTF", info_btf, .before = with_btf, .after = drop_all),
		DEED("info of the device", info_device),
		DEED("a program's way of tail calls", info_tail, .before = program, .after = drop_all),
		DEED("a program by its id", by_id, .before = program_id, .after = drop_all),
		DEED("a map by its id", map_by_id, .before = array_id, .after = drop_all),
		DEED("BTF by its id", btf_by_id, .before = btf_id, .after = drop_all),
		DEED("the next id", next_id, .before = array, .after = drop_all),
		DEED("pin a map", pin, .before = array, .after = unpin, .unchanged = not_pinned),
		DEED("open a pin", pinned, .before = array_pinned, .after = unpin),
	};

	return deeds_run(deeds, ARRAY_SIZE(deeds));
}
