/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps used by programs, and program arrays as maps.
 */
#include "map.h"

static void program_hash(void)
{
	int fd = new_map(HASH, 4, 8, 1, 0);
	__u32 k = 7, other = 8;
	__u64 v = 5;

	expect_eq(run_and_close(lookup_prog(fd)), 0xffffffff);
	expect_eq(run_and_close(update_prog(fd, BPF_EXIST)), ENOENT);
	expect_eq(run_and_close(update_prog(fd, BPF_NOEXIST)), 0);
	expect_eq(run_and_close(update_prog(fd, BPF_NOEXIST)), EEXIST);
	expect_eq(run_and_close(update_prog(fd, 3)), EINVAL);
	expect_eq(run_and_close(update_prog(fd, BPF_ANY)), 0);
	expect_eq(run_and_close(lookup_prog(fd)), 99);
	expect(!xbpf_map_lookup(fd, &k, &v) && v == 99, "seen from user space");
	expect_eq(run_and_close(delete_prog(fd)), 0);
	expect_eq(run_and_close(delete_prog(fd)), ENOENT);
	expect_eq(xbpf_map_update(fd, &other, &v, 0), 0);
	expect_eq(run_and_close(update_prog(fd, BPF_ANY)), E2BIG);
	close(fd);
}

static void program_array(void)
{
	int fd = new_map(ARRAY, 4, 8, 8, 0), small = new_map(ARRAY, 4, 8, 7, 0);
	__u32 k = 7;
	__u64 v;

	expect_eq(run_and_close(lookup_prog(fd)), 0);
	expect_eq(run_and_close(update_prog(fd, BPF_ANY)), 0);
	expect_eq(run_and_close(lookup_prog(fd)), 99);
	expect(!xbpf_map_lookup(fd, &k, &v) && v == 99, "seen from user space");
	expect_eq(run_and_close(update_prog(fd, BPF_NOEXIST)), EEXIST);
	expect_eq(run_and_close(delete_prog(fd)), EINVAL);
	expect_eq(run_and_close(lookup_prog(small)), 0xffffffff);
	expect_eq(run_and_close(update_prog(small, BPF_ANY)), E2BIG);
	close(small);
	close(fd);
}

/* One call that may get either of two maps goes through the dispatcher. */
static void program_two_maps(void)
{
	int hash = new_map(HASH, 4, 8, 1, 0), array = new_map(ARRAY, 4, 8, 8, 0), prog;
	__u64 regs[21] = { 0 }, v = 11;
	__u32 k = 7;

	xbpf_map_update(hash, &k, &v, 0);
	v = 22;
	xbpf_map_update(array, &k, &v, 0);
	prog = kprobe_prog("two", 0,
		LOAD(BPF_DW, R6, R1, 112),		/* di */
		STORE_IMM(BPF_W, R10, -4, 7),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, hash),
		JUMP_IMM(BPF_JEQ, R6, 0, 2),
		LOAD_MAP(R1, array),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, -1), EXIT,
		LOAD(BPF_DW, R0, R0, 0), EXIT);
	if (prog < 0) {
		/*
		 * a verifier may ask for one constant map per call; the upstream one accepts this for
		 * same-typed maps only
		 */
		expect(errno == EINVAL || errno == EACCES, "errno %d: %s", errno, xbpf_words());
	} else {
		expect_eq(xbpf_run(prog, regs, 1), 11);
		regs[14] = 1;
		expect_eq(xbpf_run(prog, regs, 1), 22);
		close(prog);
	}
	close(array);
	close(hash);
}

/* A program keeps its maps; their ids end with it. */
static void program_keeps_map(void)
{
	int fd = new_map(ARRAY, 4, 8, 8, 0), prog = lookup_prog(fd);
	__u32 id = xbpf_map_id(fd);

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	close(fd);
	usleep(50000);
	expect(xbpf_id_lives(BPF_MAP_GET_NEXT_ID, id), "kept");
	expect_eq(xbpf_run(prog, NULL, 1), 0);
	close(prog);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, id), "freed after the program");
}

/* ---- program arrays as maps ---- */

static int nothing(void)
{
	return kprobe_prog("nothing", 0, MOV_IMM(R0, 0), EXIT);
}

static void table_elements(void)
{
	int table = new_map(TABLE, 4, 4, 3, 0), prog = nothing(), map = new_map(ARRAY, 4, 4, 1, 0);
	__u32 i = 3, v = prog, id = xbpf_prog_id(prog), next;

	expect_refused(xbpf_map_update(table, &i, &v, 0), E2BIG, "slot 3");
	expect_refused(xbpf_map_delete(table, &i), E2BIG, "slot 3");
	expect_refused(xbpf_map_lookup(table, &i, &v), ENOENT, "slot 3");
	i = 2;
	expect_refused(xbpf_map_lookup(table, &i, &v), ENOENT, "");
	expect_refused(xbpf_map_delete(table, &i), ENOENT, "empty");
	v = 9999;
	expect_refused(xbpf_map_update(table, &i, &v, 0), EBADF, "9999");
	v = map;
	expect_refused(xbpf_map_update(table, &i, &v, 0), EBADF, "no program");
	v = prog;
	expect_refused(xbpf_map_update(table, &i, &v, BPF_NOEXIST), EINVAL, "BPF_ANY");
	expect_refused(xbpf_map_update(table, &i, &v, BPF_EXIST), EINVAL, "BPF_ANY");
	expect_eq(xbpf_map_update(table, &i, &v, 0), 0);
	expect_eq(xbpf_slot_id(table, 2), id);
	expect_eq(xbpf_map_update(table, &i, &v, 0), 0);
	expect(!xbpf_map_next(table, NULL, &next) && next == 0, "keys as in an array");
	expect_eq(xbpf_map_delete(table, &i), 0);
	expect_eq(xbpf_slot_id(table, 2), 0);
	close(map);
	close(table);
	close(prog);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id), "no reference is left");
}

/* The table's own program keeps it; its slots are given up with the last fd all the same. */
static void table_empties(void)
{
	int table = new_map(TABLE, 4, 4, 4, 0), prog = nothing(), user, again;
	__u32 table_id = xbpf_map_id(table), prog_id = xbpf_prog_id(prog);

	user = kprobe_prog("user", 0, MOV_IMM(R3, 1), TAIL_CALL(table), MOV_IMM(R0, 4), EXIT);
	if (!expect(user >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_slot_set(table, 1, prog), 0);
	close(prog);
	expect_eq(xbpf_run(user, NULL, 1), 0);
	close(table);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, prog_id), "the slot's program is freed");
	expect(xbpf_id_lives(BPF_MAP_GET_NEXT_ID, table_id), "the table is not");
	expect_eq(xbpf_run(user, NULL, 1), 4);
	again = by_id(table_id, 0);		/* users come back, and leave again */
	prog = nothing();
	prog_id = xbpf_prog_id(prog);
	expect_eq(xbpf_slot_set(again, 1, prog), 0);
	close(prog);
	expect_eq(xbpf_run(user, NULL, 1), 0);
	close(again);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, prog_id), "freed again");
	close(user);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, table_id), "the table goes with its program");
}

static void table_kind(void)
{
	int table = xbpf_table_new("kinds", 4), prog = nothing(), slow;

	slow = kprobe_prog("slow", XBPF_F_INTERP, MOV_IMM(R0, 0), EXIT);
	expect_eq(xbpf_slot_set(table, 0, prog), 0);
	expect_refused(xbpf_slot_set(table, 1, slow), EINVAL, "program array 'kinds'");
	expect(xbpf_said("belongs to jited kprobe programs") && xbpf_said("is interpreted"), "%s",
	       xbpf_words());
	expect_eq(xbpf_slot_clear(table, 0), 0);
	expect_refused(xbpf_slot_set(table, 1, slow), EINVAL, "belongs to");	/* for the life of the map */
	close(slow);
	close(prog);
	close(table);
}

/* What libbpf's section kprobe.multi says. */
#define EXPECT_MULTI 42

static int for_multi(int table)
{
	const struct bpf_insn insns[] = { MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 0), EXIT };
	union bpf_attr attr;

	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "multi", insns, ARRAY_SIZE(insns), 0);
	attr.expected_attach_type = EXPECT_MULTI;
	return xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* Neither by its slots nor by a program that calls through it. */
static void table_attach_type(void)
{
	int table = xbpf_table_new("hooks", 4), other = xbpf_table_new("others", 4);
	int prog = nothing(), multi;

	expect_eq(xbpf_slot_set(table, 0, prog), 0);
	expect_refused(for_multi(table), EINVAL, "program array 'hooks'");
	expect(xbpf_said("of expected_attach_type 0, the new program has 42"), "%s", xbpf_words());
	multi = for_multi(other);
	expect(multi >= 0, "%s", xbpf_words());
	expect_refused(xbpf_slot_set(other, 0, prog), EINVAL, "of expected_attach_type 42");
	expect_refused(xbpf_slot_set(table, 1, multi), EINVAL, "has 42: load all of them for one kind");
	expect_eq(xbpf_slot_set(other, 0, multi), 0);
	expect_eq(xbpf_slot_clear(other, 0), 0);
	close(multi);
	close(prog);
	close(other);
	close(table);
}

static void table_frozen(void)
{
	int table = new_map(TABLE, 4, 4, 4, 0), prog = nothing();
	__u32 id = xbpf_prog_id(prog);

	expect_eq(xbpf_slot_set(table, 0, prog), 0);
	expect_eq(map_freeze(table), 0);
	expect_refused(xbpf_slot_set(table, 1, prog), EPERM, "frozen");
	expect_refused(xbpf_slot_clear(table, 0), EPERM, "frozen");
	close(prog);
	close(table);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id), "a frozen table is emptied too");
}

static const struct tap_test tests[] = {
	{ "a program looks up, updates and deletes in a hash map", program_hash },
	{ "a program looks up and updates in an array", program_array },
	{ "one call that may get two maps", program_two_maps },
	{ "a program keeps its map", program_keeps_map },
	{ "table: slots are set, read as ids, replaced and cleared", table_elements },
	{ "table: empties with its last user, though programs keep it", table_empties },
	{ "table: belongs to the kind of its first program", table_kind },
	{ "table: belongs to what its first program was loaded for", table_attach_type },
	{ "table: frozen slots stay until the last user goes", table_frozen },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
