/* SPDX-License-Identifier: GPL-2.0 */
/* The verdict tables of unit/test_verifier_*.c. */
#include "oracle.h"
#include "table.h"

#undef tap_done

/* What main() is called in each. */
int oracle_table_call(void);
int oracle_table_flow(void);
int oracle_table_global(void);
int oracle_table_memory(void);
int oracle_table_scalar(void);

static struct oracle_tally table = { .name = "verdict tables" };

/* Upstream walks these to its limit of a million instructions: a minute of emulation each. */
static const char *const endless[] = {
	"a counter that is never compared", "a loop whose end nobody knows", "a million rounds",
	"a counter in memory that nobody can follow",
};

static bool is_endless(const char *name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(endless); i++)
		if (!strcmp(name, endless[i]))
			return true;
	return false;
}

/* The maps of unit/verdict.h. */
static void world(void)
{
	u8 bytes[16];
	int ro, thaw;
	u32 i;

	oracle_map("arr", BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0);
	oracle_map("four", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	oracle_map("hash", BPF_MAP_TYPE_HASH, 8, 16, 16, 0);
	oracle_map("tbl", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0);
	oracle_map("tbl2", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0);
	oracle_map("rb", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	oracle_map_of("outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, oracle_map_named(NULL, "four"));
	oracle_map("wo", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_WRONLY_PROG);
	ro = oracle_map("ro", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
	thaw = oracle_map("thaw", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i + 1);
	oracle_map_set(ro, 0, bytes);
	oracle_map_set(thaw, 0, bytes);
	oracle_map_freeze(ro);
	oracle_map_freeze(oracle_map("texts", BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_RDONLY_PROG));
}

void oracle_table_run(const struct verdict *cases, u32 cnt)
{
	u32 i;

	for (i = 0; i < cnt; i++) {
		struct oracle_prog p = {
			.name = cases[i].name,
			.type = cases[i].type ? cases[i].type : BPF_PROG_TYPE_KPROBE,
			.flags = cases[i].flags,
			.proprietary = cases[i].proprietary,
		};

		/* types of our own are none of upstream's */
		if (is_endless(cases[i].name) || p.type >= XBPF_PROG_TYPE_SYSCALL_FILTER)
			continue;
		/* afresh: a program array belongs to the type of its first program */
		world();
		oracle_try_text(&table, &p, cases[i].text);
		oracle_maps_drop();
	}
}

void oracle_table(void)
{
	oracle_table_call();
	oracle_table_flow();
	oracle_table_global();
	oracle_table_memory();
	oracle_table_scalar();
	oracle_report(&table);
}
