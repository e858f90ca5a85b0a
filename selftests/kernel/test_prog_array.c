/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Program arrays and tail calls through the device: filling, refusing, sharing, the limit,
 * and the end of tables that hold each other's programs.
 */
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define DI 112

static const __u32 engines[] = { 0, XBPF_F_INTERP };

#define for_each_engine(flags) \
	for (__u32 engine_ = 0, flags; engine_ < 2 && ((flags = engines[engine_]), true); engine_++)

static int constant(__s32 value, __u32 flags)
{
	int fd = kprobe_prog("constant", flags, MOV_IMM(R0, value), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

/* Calls table[ctx->di]; 1000 when that falls through. */
static int dispatcher(int table, __u32 flags)
{
	int fd = kprobe_prog("dispatcher", flags, LOAD(BPF_DW, R3, R1, DI), TAIL_CALL(table),
			     MOV_IMM(R0, 1000), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

static __s64 dispatch(int prog, __u64 index)
{
	__u64 regs[21] = { 0 };

	regs[DI / 8] = index;
	return xbpf_run(prog, regs, 1);
}

/* ---- the map's commands ---- */

static void fill_and_read(void)
{
	int table = xbpf_table_new("table", 4), a = constant(1, 0), b = constant(2, 0);
	__u32 slot, next, seen = 0;

	expect_eq(xbpf_slot_set(table, 1, a), 0);
	expect_eq(xbpf_slot_set(table, 3, b), 0);
	expect_eq(xbpf_slot_id(table, 1), xbpf_prog_id(a));
	expect_eq(xbpf_slot_id(table, 3), xbpf_prog_id(b));
	slot = 0;
	refused(xbpf_map_lookup(table, &slot, &next), ENOENT);
	slot = 4;
	refused(xbpf_map_lookup(table, &slot, &next), ENOENT);
	expect_eq(xbpf_slot_set(table, 1, b), 0);	/* replaced */
	expect_eq(xbpf_slot_id(table, 1), xbpf_prog_id(b));
	expect_eq(xbpf_map_next(table, NULL, &next), 0);
	do
		seen |= 1u << next;
	while (!xbpf_map_next(table, &next, &next));
	expect_eq(seen, 0xf);
	close(table);
	close(a);
	close(b);
}

static void empty_slots(void)
{
	int table = xbpf_table_new("table", 4), a = constant(1, 0);

	expect_eq(xbpf_slot_set(table, 2, a), 0);
	expect_eq(xbpf_slot_clear(table, 2), 0);
	expect_eq(xbpf_slot_id(table, 2), 0);
	refused(xbpf_slot_clear(table, 2), ENOENT);
	expect_eq(xbpf_slot_clear(table, 4), -1);
	refused(xbpf_slot_set(table, 4, a), E2BIG);
	refused(xbpf_slot_set(table, ~0u, a), E2BIG);
	close(table);
	close(a);
}

static void not_a_program(void)
{
	int table = xbpf_table_new("table", 4), map = xbpf_counters_new(1),
		null = open("/dev/null", O_RDONLY);

	refused(xbpf_slot_set(table, 0, -1), EBADF);
	refused(xbpf_slot_set(table, 0, 900), EBADF);
	refused(xbpf_slot_set(table, 0, map), EBADF);
	refused(xbpf_slot_set(table, 0, null), EBADF);
	refused(xbpf_slot_set(table, 0, table), EBADF);
	expect_eq(xbpf_slot_id(table, 0), 0);
	close(table);
	close(map);
	close(null);
}

static void geometry(void)
{
	refused(xbpf_map_new(BPF_MAP_TYPE_PROG_ARRAY, "t", 8, 4, 4, 0), EINVAL);
	refused(xbpf_map_new(BPF_MAP_TYPE_PROG_ARRAY, "t", 4, 8, 4, 0), EINVAL);
	refused(xbpf_map_new(BPF_MAP_TYPE_PROG_ARRAY, "t", 4, 4, 0, 0), EINVAL);
}

static void wrong_engine(void)
{
	int table = xbpf_table_new("jmp", 4), jited = constant(1, 0), interp = constant(2, XBPF_F_INTERP);
	char id[32];

	snprintf(id, sizeof(id), "program %u", xbpf_prog_id(interp));
	expect_eq(xbpf_slot_set(table, 0, jited), 0);
	refused(xbpf_slot_set(table, 1, interp), EINVAL);
	expect(xbpf_said("jmp") && xbpf_said("jited") && xbpf_said("interpreted") && xbpf_said(id),
	       "words: %s", xbpf_words());
	close(table);
	/* and the other way round, with the table's owner a loaded program */
	table = xbpf_table_new("jmp", 4);
	close(dispatcher(table, XBPF_F_INTERP));
	refused(xbpf_slot_set(table, 1, jited), EINVAL);
	expect(xbpf_said("interpreted kprobe"), "words: %s", xbpf_words());
	expect_eq(xbpf_slot_set(table, 1, interp), 0);
	close(table);
	close(jited);
	close(interp);
}

static void wrong_type(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };
	int table = xbpf_table_new("jmp", 4), filter = xbpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER,
		"f", insns, 2, 0);
	int probe = constant(1, 0);

	expect(filter >= 0, "%s", xbpf_words());
	expect_eq(xbpf_slot_set(table, 0, probe), 0);
	refused(xbpf_slot_set(table, 1, filter), EINVAL);
	expect(xbpf_said("kprobe") && xbpf_said("socket_filter"), "words: %s", xbpf_words());
	close(table);
	close(filter);
	close(probe);
}

/* A program that would tail-call a table of another kind is not loaded. */
static void wrong_kind_at_load(void)
{
	int table = xbpf_table_new("jmp", 4), probe = constant(1, 0);

	expect_eq(xbpf_slot_set(table, 0, probe), 0);
	refused(kprobe_prog("d", XBPF_F_INTERP, MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 0),
			    EXIT), EINVAL);
	expect(xbpf_said("jmp") && xbpf_said("jited"), "words: %s", xbpf_words());
	close(table);
	close(probe);
}

/* What a refused load has looked at belongs to nobody yet. */
static void refused_load_leaves_no_mark(void)
{
	int fresh = xbpf_table_new("fresh", 4), owned = xbpf_table_new("owned", 4),
		interp = constant(1, XBPF_F_INTERP);

	expect_eq(xbpf_slot_set(owned, 0, interp), 0);
	refused(kprobe_prog("both", 0, MOV_REG(R6, R1), MOV_IMM(R3, 0), TAIL_CALL(fresh),
			    MOV_REG(R1, R6), MOV_IMM(R3, 0),
			    TAIL_CALL(owned), MOV_IMM(R0, 0), EXIT), EINVAL);
	expect(xbpf_said("owned"), "words: %s", xbpf_words());
	expect(xbpf_slot_set(fresh, 0, interp) == 0, "%s", xbpf_words());
	close(fresh);
	close(owned);
	close(interp);
}

/* ---- calls ---- */

static void calls(void)
{
	for_each_engine(flags) {
		int table = xbpf_table_new("table", 3), a = constant(11, flags), b = constant(22, flags);
		int d = dispatcher(table, flags);

		xbpf_slot_set(table, 0, a);
		xbpf_slot_set(table, 2, b);
		expect_eq(dispatch(d, 0), 11);
		expect_eq(dispatch(d, 1), 1000);			/* empty */
		expect_eq(dispatch(d, 2), 22);
		expect_eq(dispatch(d, 3), 1000);			/* beyond */
		expect_eq(dispatch(d, 0xffffffff), 1000);
		expect_eq(dispatch(d, 0x100000002ull), 22);		/* the index is a u32 */
		expect_eq(dispatch(d, 0xffffffff00000000ull), 11);
		xbpf_slot_set(table, 0, b);
		expect_eq(dispatch(d, 0), 22);
		xbpf_slot_clear(table, 0);
		expect_eq(dispatch(d, 0), 1000);
		close(a);
		close(b);
		expect_eq(dispatch(d, 2), 22);				/* the slot holds its program */
		close(table);
		close(d);
	}
}

/* How often a program runs that calls itself: once, and 33 times by tail call. */
static void limit(void)
{
	int counters = xbpf_counters_new(2);

	for_each_engine(flags) {
		int table = xbpf_table_new("table", 1), self;

		xbpf_counters_reset(counters);
		self = kprobe_prog("self", flags, MOV_REG(R6, R1), COUNT_UP(counters, 0),
				   MOV_REG(R1, R6), MOV_IMM(R3, 0), TAIL_CALL(table),
				   COUNT_UP(counters, 1), MOV_IMM(R0, 5), EXIT);
		expect(self >= 0, "%s", xbpf_words());
		expect_eq(xbpf_slot_set(table, 0, self), 0);
		expect_eq(xbpf_run(self, NULL, 1), 5);
		expect_eq(xbpf_counter(counters, 0), 34);
		expect_eq(xbpf_counter(counters, 1), 1);
		expect_eq(xbpf_run(self, NULL, 100), 5);	/* each run has its own budget */
		expect_eq(xbpf_counter(counters, 0), 34 * 101);
		close(self);
		close(table);
	}
	close(counters);
}

/* Empty slots and indexes out of range use nothing up. */
static void failures_are_free(void)
{
	int counters = xbpf_counters_new(1);

	for_each_engine(flags) {
		int table = xbpf_table_new("table", 2), self;

		xbpf_counters_reset(counters);
		self = kprobe_prog("self", flags, MOV_REG(R6, R1), COUNT_UP(counters, 0),
				   MOV_REG(R1, R6), MOV_IMM(R3, 1), TAIL_CALL(table),
				   MOV_REG(R1, R6), MOV_IMM(R3, 2), TAIL_CALL(table),
				   MOV_REG(R1, R6), MOV_IMM(R3, -1), TAIL_CALL(table),
				   MOV_REG(R1, R6), MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 0), EXIT);
		expect(self >= 0, "%s", xbpf_words());
		xbpf_slot_set(table, 0, self);
		expect_eq(xbpf_run(self, NULL, 1), 0);
		expect_eq(xbpf_counter(counters, 0), 34);
		close(self);
		close(table);
	}
	close(counters);
}

/*
 * 33 hops with 512 bytes of stack each are more than the 16 KiB that a kernel stack has: they fit
 * only when a tail call adds nothing to the stack. An overflow ends in a guard page and a panic.
 */
static void deep_stacks(void)
{
	int counters = xbpf_counters_new(1);

	for_each_engine(flags) {
		int table = xbpf_table_new("table", 34), fds[34], i, link;

		xbpf_counters_reset(counters);
		for (i = 0; i < 34; i++) {
			fds[i] = kprobe_prog("deep", flags, STORE_IMM(BPF_DW, R10, -512, i), STORE(BPF_DW, R10, -8, R1),
					     COUNT_UP(counters, 0), LOAD(BPF_DW, R1, R10, -8), MOV_IMM(R3, i + 1), TAIL_CALL(table),
					     LOAD(BPF_DW, R0, R10, -512), EXIT);
			expect(fds[i] >= 0, "%s", xbpf_words());
			xbpf_slot_set(table, i, fds[i]);
		}
		expect_eq(xbpf_run(fds[0], NULL, 1), 33);	/* the last one in the chain, its own stack whole */
		expect_eq(xbpf_counter(counters, 0), 34);
		link = xbpf_kprobe(fds[0], EVENT_SYMBOL);
		for (i = 0; i < 20; i++)
			event(1);
		expect_eq(xbpf_counter(counters, 0), 34 * 21);
		close(link);
		for (i = 0; i < 34; i++)
			close(fds[i]);
		close(table);
	}
	close(counters);
}

/* A chain keeps R6 to R9 of nobody, and the first frame's caller gets all its registers back. */
static void saved_registers(void)
{
	for_each_engine(flags) {
		int table = xbpf_table_new("table", 1);
		int target =
			kprobe_prog("target", flags, MOV_IMM(R6, 6), MOV_IMM(R7, 7), MOV_IMM(R8, 8),
				    MOV_IMM(R9, 9), STORE_IMM(BPF_DW, R10, -256, 1),
				    MOV_REG(R0, R6), ALU64_REG(BPF_ADD, R0, R9), EXIT);
		int d;

		xbpf_slot_set(table, 0, target);
		d = kprobe_prog("d", flags, MOV_IMM(R6, -1), MOV_IMM(R7, -1), MOV_IMM(R8, -1), MOV_IMM(R9, -1),
				STORE_IMM(BPF_DW, R10, -64, 1), MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 0), EXIT);
		expect_eq(xbpf_run(d, NULL, 1000), 15);
		close(d);
		close(target);
		close(table);
	}
}

static void several_tables(void)
{
	for_each_engine(flags) {
		int left = xbpf_table_new("left", 2), right = xbpf_table_new("right", 2);
		int a = constant(1, flags), b = constant(2, flags);
		int d = kprobe_prog("two", flags, MOV_REG(R6, R1), LOAD(BPF_DW, R3, R1, DI), TAIL_CALL(left),
				    MOV_REG(R1, R6), LOAD(BPF_DW, R3, R6, DI), TAIL_CALL(right), MOV_IMM(R0, 1000), EXIT);
		int other = dispatcher(left, flags);	/* a table shared by programs */

		expect(d >= 0, "%s", xbpf_words());
		xbpf_slot_set(left, 0, a);
		xbpf_slot_set(right, 1, b);
		expect_eq(dispatch(d, 0), 1);
		expect_eq(dispatch(d, 1), 2);
		expect_eq(dispatch(d, 2), 1000);
		expect_eq(dispatch(other, 0), 1);
		expect_eq(dispatch(other, 1), 1000);
		xbpf_slot_set(left, 1, a);
		expect_eq(dispatch(d, 1), 1);
		expect_eq(dispatch(other, 1), 1);
		close(left);
		close(right);
		close(a);
		close(b);
		close(d);
		close(other);
	}
}

static void constant_index(void)
{
	for_each_engine(flags) {
		int table = xbpf_table_new("table", 8), a = constant(1, flags), b = constant(2, flags);
		int d = kprobe_prog("const", flags, MOV_IMM(R3, 7), TAIL_CALL(table), MOV_IMM(R0, 1000), EXIT);

		expect_eq(xbpf_run(d, NULL, 1), 1000);
		xbpf_slot_set(table, 7, a);
		expect_eq(xbpf_run(d, NULL, 1), 1);
		xbpf_slot_set(table, 7, b);
		expect_eq(xbpf_run(d, NULL, 1), 2);
		xbpf_slot_clear(table, 7);
		expect_eq(xbpf_run(d, NULL, 1), 1000);
		close(table);
		close(a);
		close(b);
		close(d);
	}
}

/* ---- lifetimes ---- */

static void slot_holds_program(void)
{
	int table = xbpf_table_new("table", 2), a = constant(1, 0);
	__u32 id = xbpf_prog_id(a);

	xbpf_slot_set(table, 0, a);
	xbpf_slot_set(table, 1, a);
	close(a);
	usleep(50000);
	expect(xbpf_id_lives(BPF_PROG_GET_NEXT_ID, id));
	xbpf_slot_clear(table, 0);
	usleep(50000);
	expect(xbpf_id_lives(BPF_PROG_GET_NEXT_ID, id));
	xbpf_slot_clear(table, 1);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id));
	close(table);
}

static void replaced_program_dies(void)
{
	int table = xbpf_table_new("table", 1), a = constant(1, 0), b = constant(2, 0);
	__u32 id = xbpf_prog_id(a);

	xbpf_slot_set(table, 0, a);
	close(a);
	xbpf_slot_set(table, 0, b);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id));
	close(table);
	close(b);
}

/* Two programs that stand in the table they call: only fds and pins may keep that alive. */
static void cycle(void)
{
	int table = xbpf_table_new("cycle", 2), a = dispatcher(table, 0), b = dispatcher(table, 0);
	__u32 ids[] = { xbpf_prog_id(a), xbpf_prog_id(b) }, map = xbpf_map_id(table);

	xbpf_slot_set(table, 0, b);
	xbpf_slot_set(table, 1, a);
	close(a);
	close(b);
	usleep(50000);
	expect(xbpf_id_lives(BPF_PROG_GET_NEXT_ID, ids[0]));
	close(table);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, ids[0]), "the cycle keeps a program");
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, ids[1]), "the cycle keeps a program");
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, map), "the cycle keeps the table");
}

static void cycle_of_tables(void)
{
	int left = xbpf_table_new("left", 1), right = xbpf_table_new("right", 1);
	int a = dispatcher(left, 0), b = dispatcher(right, 0);
	__u32 maps[] = { xbpf_map_id(left), xbpf_map_id(right) };

	xbpf_slot_set(left, 0, b);	/* b is in left and calls right, a in right calls left */
	xbpf_slot_set(right, 0, a);
	close(a);
	close(b);
	close(left);
	close(right);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, maps[0]));
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, maps[1]));
}

static void last_user_empties(void)
{
	int table = xbpf_table_new("table", 1), a = constant(1, 0), d = dispatcher(table, 0), again;
	__u32 id = xbpf_prog_id(a), map = xbpf_map_id(table);

	xbpf_slot_set(table, 0, a);
	expect_eq(dispatch(d, 0), 1);
	close(table);
	close(a);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id));
	expect_eq(dispatch(d, 0), 1000);
	/* the program holds the map, which can be found and filled again */
	again = xbpf_fd_by_id(BPF_MAP_GET_FD_BY_ID, map);
	expect(again >= 0, "%s", strerror(errno));
	a = constant(2, 0);
	expect_eq(xbpf_slot_set(again, 0, a), 0);
	expect_eq(dispatch(d, 0), 2);
	close(again);
	close(a);
	close(d);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, map));
}

static void pin_is_a_user(void)
{
	const char *path = XBPF_FS_PATH "/test_table";
	int table = xbpf_table_new("table", 1), a = constant(1, 0), d = dispatcher(table, 0);
	__u32 id = xbpf_prog_id(a);

	expect_eq(xbpf_mount(), 0);
	xbpf_slot_set(table, 0, a);
	expect_eq(xbpf_pin(table, path), 0);
	close(table);
	close(a);
	usleep(50000);
	expect_eq(dispatch(d, 0), 1);
	expect_eq(unlink(path), 0);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id));
	expect_eq(dispatch(d, 0), 1000);
	close(d);
}

static void inherited_fd_is_a_user(void)
{
	int table = xbpf_table_new("table", 1), a = constant(1, 0), d = dispatcher(table, 0),
		go[2], status;
	__u32 id = xbpf_prog_id(a);
	char byte;
	pid_t pid;

	expect_eq(pipe(go), 0);
	xbpf_slot_set(table, 0, a);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) != 0);
	}
	close(table);
	close(a);
	usleep(50000);
	expect_eq(dispatch(d, 0), 1);
	close(go[1]);
	waitpid(pid, &status, 0);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id));
	expect_eq(dispatch(d, 0), 1000);
	close(go[0]);
	close(d);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "slots are set, replaced and read as ids", fill_and_read },
		{ "slots are emptied, once; there are no others", empty_slots },
		{ "what is no program of ours is EBADF", not_a_program },
		{ "keys and values have 4 bytes, and there are some", geometry },
		{ "interpreted and jited programs do not mix, in words", wrong_engine },
		{ "types do not mix, in words", wrong_type },
		{ "a program that calls a table of another kind is not loaded", wrong_kind_at_load },
		{ "a refused load leaves no mark on a table", refused_load_leaves_no_mark },
		{ "calls: filled, empty, out of range, index of 64 bits", calls },
		{ "33 tail calls succeed in a run, the next falls through", limit },
		{ "calls that fail use nothing up", failures_are_free },
		{ "33 hops of 512 bytes of stack need no more than one", deep_stacks },
		{ "saved registers are whole after chains of different depth", saved_registers },
		{ "several tables in a program, programs on one table", several_tables },
		{ "a constant index follows its slot", constant_index },
		{ "a slot holds its program", slot_holds_program },
		{ "a replaced program dies", replaced_program_dies },
		{ "a table and programs that call each other die together", cycle },
		{ "so do two tables with each other's programs", cycle_of_tables },
		{ "the last user's end empties the table", last_user_empties },
		{ "a pin is a user", pin_is_a_user },
		{ "an inherited fd is a user", inherited_fd_is_a_user },
	};

	return tap_run(tests, tap_count(tests));
}
