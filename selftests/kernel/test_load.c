/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PROG_LOAD: what is accepted and refused and in which words, the log, ids, and what
 * OBJ_GET_INFO_BY_FD tells of a program.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define LOG_SIZE (1u << 20)

static char full_log[LOG_SIZE];

/* Loads with a log; the fd. *true_size may be NULL. */
static int load_logged(const struct bpf_insn *insns, __u32 n, __u32 level, char *log, __u32 size,
		       __u32 *true_size)
{
	union bpf_attr attr;
	int fd;

	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "logged", insns, n, 0);
	attr.log_level = level;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = size;
	fd = xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (true_size)
		*true_size = xbpf_true_size(&attr);
	return fd;
}

static __u32 count_ids(int cmd)
{
	__u32 id = 0, n = 0;

	while ((id = xbpf_next_id(cmd, id)))
		n++;
	return n;
}

/* Objects are freed after a grace period: what earlier tests closed may still be counted. */
static __u32 count_ids_settled(int cmd, __u32 want)
{
	uint64_t end = now_ns() + 10000000000ull;
	__u32 n;

	while ((n = count_ids(cmd)) != want && now_ns() < end)
		usleep(2000);
	return n;
}

/* ---- verdicts ---- */

struct verdict {
	const char *name;
	int error;		/* 0: accepted */
	const char *words;	/* in the sentence */
	const char *license;
	__u32 type;
	struct bpf_insn insns[24];
};

/*
 * In these programs the fd 1000 stands for a hash map with 4-byte keys and 8-byte values, 1001 for
 * a table.
 */
#define HASH 1000
#define TABLE 1001
#define GPL "GPL", BPF_PROG_TYPE_KPROBE
/* a helper that is for GPL programs alone, in upstream too */
#define READ_NULL \
	MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 8), MOV_IMM(R3, 0), \
		CALL(BPF_FUNC_probe_read_kernel)

static const struct verdict verdicts[] = {
	{ "a constant", 0, NULL, GPL, { MOV_IMM(R0, 1), EXIT } },
	{ "a register never written", EACCES, "R3", GPL, { MOV_REG(R0, R3), EXIT } },
	{ "R0 missing at the end", EACCES, "R0", GPL, { EXIT } },
	{ "the end missing", EINVAL, "", GPL, { MOV_IMM(R0, 1) } },
	{ "a jump beyond the end", EINVAL, "jump", GPL, { MOV_IMM(R0, 1), JUMP(7), EXIT } },
	{ "a jump into a 16-byte instruction", EINVAL, "", GPL,
	  { MOV_IMM(R0, 0), JUMP(1), LOAD64(R1, 1), EXIT } },
	{ "an unreachable instruction", EINVAL, "never be reached", GPL,
	  { MOV_IMM(R0, 0), EXIT, MOV_IMM(R0, 1), EXIT } },
	{ "an endless loop", EINVAL, "", GPL, { MOV_IMM(R0, 0), JUMP(-1), EXIT } },
	{ "an unknown opcode", EINVAL, "", GPL, { INSN(0xff, 0, 0, 0, 0), EXIT } },
	{ "a reserved field", EINVAL, "reserved", GPL,
	  { INSN(BPF_ALU64 | BPF_MOV | BPF_K, R0, R3, 0, 1), EXIT } },
	{ "a register that does not exist", EINVAL, "", GPL,
	  { INSN(BPF_ALU64 | BPF_MOV | BPF_K, 12, 0, 0, 1), EXIT } },
	{ "a write to R10", EACCES, "", GPL, { MOV_IMM(R10, 0), MOV_IMM(R0, 0), EXIT } },
	{ "the stack, written then read", 0, NULL, GPL,
	  { STORE_IMM(BPF_DW, R10, -8, 5), LOAD(BPF_DW, R0, R10, -8), EXIT } },
	{ "the stack, read before it is written, by who may see it", 0, NULL, GPL,
	  { LOAD(BPF_DW, R0, R10, -8), EXIT } },
	{ "the last of 512 bytes of stack", 0, NULL, GPL, { STORE_IMM(BPF_DW, R10, -512, 5),
							    MOV_IMM(R0, 0), EXIT } },
	{ "beyond 512 bytes of stack", EACCES, "stack", GPL, { STORE_IMM(BPF_DW, R10, -520, 5),
							       MOV_IMM(R0, 0), EXIT } },
	{ "above the stack", EACCES, "stack", GPL,
	  { STORE_IMM(BPF_DW, R10, 0, 5), MOV_IMM(R0, 0), EXIT } },
	{ "the context, read", 0, NULL, GPL, { LOAD(BPF_DW, R0, R1, 112), EXIT } },
	{ "the last member of the context", 0, NULL, GPL, { LOAD(BPF_DW, R0, R1, 160), EXIT } },
	{ "beyond the context", EACCES, "", GPL, { LOAD(BPF_DW, R0, R1, 168), EXIT } },
	{ "the context, written", EACCES, "", GPL,
	  { STORE_IMM(BPF_DW, R1, 112, 1), MOV_IMM(R0, 0), EXIT } },
	{ "a number used as address", EACCES, "R1", GPL,
	  { MOV_IMM(R1, 64), LOAD(BPF_DW, R0, R1, 0), EXIT } },
	{ "a pointer returned by who may see it", 0, NULL, GPL, { MOV_REG(R0, R10), EXIT } },
	{ "an unknown helper", EINVAL, "sys_bpf", GPL, { CALL(BPF_FUNC_sys_bpf), EXIT } },
	{ "a helper beyond the list", EINVAL, "100000", GPL, { CALL(100000), EXIT } },
	{ "a helper of another program type", EINVAL, "skb_load_bytes", GPL, {
		MOV_IMM(R2, 0), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, 8),
		CALL(BPF_FUNC_skb_load_bytes), EXIT } },
	{ "a helper for GPL programs, in one of them", 0, NULL, GPL, { READ_NULL, EXIT } },
	{ "a helper for GPL programs, elsewhere", EINVAL, "GPL", "Proprietary", BPF_PROG_TYPE_KPROBE, {
		READ_NULL, EXIT } },
	{ "Dual BSD/GPL is a GPL program", 0, NULL, "Dual BSD/GPL", BPF_PROG_TYPE_KPROBE, {
		READ_NULL, EXIT } },
	{ "a map value, checked for null", 0, NULL, GPL, {
		STORE_IMM(BPF_W, R10, -4, 1), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, HASH),
		CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JEQ, R0, 0, 1), LOAD(BPF_DW, R0, R0, 0), EXIT } },
	{ "a map value, not checked for null", EACCES, "null", GPL, {
		STORE_IMM(BPF_W, R10, -4, 1), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, HASH),
		CALL(BPF_FUNC_map_lookup_elem), LOAD(BPF_DW, R0, R0, 0), EXIT } },
	{ "beyond a map value", EACCES, "", GPL, {
		STORE_IMM(BPF_W, R10, -4, 1), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, HASH),
		CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JEQ, R0, 0, 1), LOAD(BPF_DW, R0, R0, 8), EXIT } },
	{ "a key not initialised by who may see it", 0, NULL, GPL, {
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, HASH),
		CALL(BPF_FUNC_map_lookup_elem), MOV_IMM(R0, 0), EXIT } },
	{ "a pointer stored in a map value by who may see it", 0, NULL, GPL, {
		STORE_IMM(BPF_W, R10, -4, 1), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, HASH),
		CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JEQ, R0, 0, 1), STORE(BPF_DW, R0, 0, R10),
		MOV_IMM(R0, 0), EXIT } },
	{ "a lookup in a program array", EINVAL, "", GPL, {
		STORE_IMM(BPF_W, R10, -4, 1), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, TABLE),
		CALL(BPF_FUNC_map_lookup_elem), MOV_IMM(R0, 0), EXIT } },
	{ "a tail call", 0, NULL, GPL, { MOV_IMM(R3, 0), TAIL_CALL(TABLE), MOV_IMM(R0, 0), EXIT } },
	{ "a tail call through a hash map", EINVAL, "", GPL, { MOV_IMM(R3, 0), TAIL_CALL(HASH),
							       MOV_IMM(R0, 0), EXIT } },
	{ "a tail call without the context", EACCES, "R1", GPL, {
		MOV_IMM(R1, 0), MOV_IMM(R3, 0), TAIL_CALL(TABLE), MOV_IMM(R0, 0), EXIT } },
	{ "R1 read after a tail call that fell through", EACCES, "R1", GPL, {
		MOV_IMM(R3, 0), TAIL_CALL(TABLE), LOAD(BPF_DW, R0, R1, 0), EXIT } },
	{ "the map fd -1", EBADF, "", GPL, { MOV_IMM(R3, 0), TAIL_CALL(-1), MOV_IMM(R0, 0), EXIT } },
	{ "a bounded loop", 0, NULL, GPL, {
		MOV_IMM(R0, 0), ALU64_IMM(BPF_ADD, R0, 1), JUMP_IMM(BPF_JLT, R0, 100, -2), EXIT } },
	{ "a subprogram", 0, NULL, GPL, { CALL_SUB(1), EXIT, MOV_IMM(R0, 3), EXIT } },
	{ "recursion", EINVAL, "", GPL, { CALL_SUB(1), EXIT, CALL_SUB(-1), EXIT } },
};

static void judge(const struct verdict *v, int hash, int table)
{
	struct bpf_insn insns[ARRAY_SIZE(v->insns)];
	union bpf_attr attr;
	__u32 n, i;
	int fd;

	for (n = ARRAY_SIZE(v->insns); n && !v->insns[n - 1].code && !v->insns[n - 1].imm; n--)
		;
	memcpy(insns, v->insns, sizeof(insns));
	for (i = 0; i < n; i++)
		if (insns[i].code == (BPF_LD | BPF_DW | BPF_IMM) && insns[i].src_reg == BPF_PSEUDO_MAP_FD)
			insns[i].imm = insns[i].imm == HASH ? hash : insns[i].imm == TABLE ? table : insns[i].imm;
	xbpf_prog_attr(&attr, v->type, "verdict", insns, n, 0);
	attr.license = (uintptr_t)v->license;
	memset(full_log, 0, 64);
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)full_log;
	attr.log_size = sizeof(full_log);
	fd = xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (!v->error) {
		expect(fd >= 0, "refused (%s): %s", strerror(errno), xbpf_words());
		expect(strstr(full_log, "processed ") != NULL, "log: %s", full_log);
		if (fd >= 0)
			close(fd);
		return;
	}
	if (!expect(fd < 0, "accepted")) {
		close(fd);
		return;
	}
	expect_eq(errno, v->error);
	expect(xbpf_words()[0] != '\0', "no words");
	expect(xbpf_said(v->words), "'%s' is not in: %s", v->words, xbpf_words());
	expect(strstr(full_log, xbpf_words()) != NULL, "the log has another reason: %s", full_log);
}

static void all_verdicts(void)
{
	int hash = xbpf_map_new(BPF_MAP_TYPE_HASH, "hash", 4, 8, 16, 0),
		table = xbpf_table_new("table", 4);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		tap_state.bad = false;
		judge(&verdicts[i], hash, table);
		tap_ok(!tap_state.bad, "%s: %s", verdicts[i].error ? "refused" : "accepted", verdicts[i].name);
	}
	close(hash);
	close(table);
}

/* ---- the attr ---- */

static void sizes(void)
{
	const struct bpf_insn one[] = { MOV_IMM(R0, 0), EXIT };

	refused(xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "p", one, 0, 0), E2BIG);
	refused(xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "p", one, 1000001, 0), E2BIG);
	refused(xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "p", one, ~0u, 0), E2BIG);
}

static void names(void)
{
	int fd;

	refused(kprobe_prog("bad name", 0, MOV_IMM(R0, 0), EXIT), EINVAL);
	refused(kprobe_prog("bad/name", 0, MOV_IMM(R0, 0), EXIT), EINVAL);
	fd = kprobe_prog("fifteen_letters", 0, MOV_IMM(R0, 0), EXIT);
	expect(fd >= 0, "%s", xbpf_words());
	close(fd);
	fd = kprobe_prog(NULL, 0, MOV_IMM(R0, 0), EXIT);
	expect(fd >= 0, "without a name: %s", xbpf_words());
	close(fd);
}

static void nothing_left_by_refusals(void)
{
	int hash = xbpf_map_new(BPF_MAP_TYPE_HASH, "hash", 4, 8, 16, 0);
	__u32 id = xbpf_map_id(hash);
	int i;

	expect_eq(count_ids_settled(BPF_PROG_GET_NEXT_ID, 0), 0);
	expect_eq(count_ids_settled(BPF_MAP_GET_NEXT_ID, 1), 1);
	for (i = 0; i < 50; i++) {
		const struct bpf_insn bad[] = {
			STORE_IMM(BPF_W, R10, -4, 1), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, hash),
			CALL(BPF_FUNC_map_lookup_elem), LOAD(BPF_DW, R0, R0, 0), EXIT,
		};
		expect_eq(load_kprobe("bad", bad, 0), -1);
	}
	expect_eq(count_ids_settled(BPF_PROG_GET_NEXT_ID, 0), 0);
	expect_eq(count_ids_settled(BPF_MAP_GET_NEXT_ID, 1), 1);
	close(hash);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, id), "a refused program keeps its map");
}

/* ---- the log ---- */

static const struct bpf_insn talkative[] = {
	MOV_IMM(R0, 0), ALU64_IMM(BPF_ADD, R0, 1), ALU64_IMM(BPF_ADD, R0, 2), ALU64_IMM(BPF_ADD, R0, 3),
	ALU64_IMM(BPF_ADD, R0, 4), ALU64_IMM(BPF_ADD, R0, 5), ALU64_IMM(BPF_ADD, R0, 6), EXIT,
};

static void log_levels(void)
{
	__u32 one, two, four, none = 77;
	int fd;

	fd = load_logged(talkative, ARRAY_SIZE(talkative), 1, full_log, LOG_SIZE, &one);
	expect(fd >= 0);
	close(fd);
	expect(strstr(full_log, "(b7) r0 = 0") != NULL, "level 1: %s", full_log);
	expect(strstr(full_log, "processed 8 insns") != NULL, "level 1: %s", full_log);
	expect_eq(one, strlen(full_log) + 1);
	fd = load_logged(talkative, ARRAY_SIZE(talkative), 2, full_log, LOG_SIZE, &two);
	expect(fd >= 0);
	close(fd);
	expect(two >= one, "level 2 says less (%u) than level 1 (%u)", two, one);
	fd = load_logged(talkative, ARRAY_SIZE(talkative), 4, full_log, LOG_SIZE, &four);
	expect(fd >= 0);
	close(fd);
	expect(strstr(full_log, "(b7) r0 = 0") == NULL, "level 4: %s", full_log);
	expect(strstr(full_log, "processed 8 insns") != NULL, "level 4: %s", full_log);
	fd = load_logged(talkative, ARRAY_SIZE(talkative), 0, NULL, 0, &none);
	expect(fd >= 0);
	close(fd);
	refused(load_logged(talkative, ARRAY_SIZE(talkative), 8, full_log, LOG_SIZE, NULL), EINVAL);
}

static void log_too_small(void)
{
	__u32 want, got;
	char small[100];
	int fd;

	fd = load_logged(talkative, ARRAY_SIZE(talkative), 1, full_log, LOG_SIZE, &want);
	close(fd);
	memset(small, 'x', sizeof(small));
	fd = load_logged(talkative, ARRAY_SIZE(talkative), 1, small, 64, &got);
	expect(fd >= 0, "a short log failed the load: %s", xbpf_words());
	close(fd);
	expect_eq(got, want);
	expect_eq(strnlen(small, sizeof(small)), 63);
	expect(!strcmp(small, full_log + strlen(full_log) - 63), "not the end of the log: %s", small);
	expect_eq(small[64], 'x');
	fd = load_logged(talkative, ARRAY_SIZE(talkative), 1, small, 1, &got);
	expect(fd >= 0, "a log of one byte failed the load: %s", xbpf_words());
	close(fd);
	expect_eq(small[0], 0);
}

static void log_too_small_and_refused(void)
{
	struct bpf_insn bad[ARRAY_SIZE(talkative)];
	char small[200];

	memcpy(bad, talkative, sizeof(bad));
	bad[6] = MOV_REG(R0, R7);
	refused(load_logged(bad, ARRAY_SIZE(bad), 1, small, sizeof(small), NULL), EACCES);
	expect_eq(strnlen(small, sizeof(small)), sizeof(small) - 1);
	expect(strstr(small, xbpf_words()) != NULL, "'%s' is not in '%s'", xbpf_words(), small);
}

/* ---- ids and information ---- */

static void ids(void)
{
	int fds[3], again, i;
	__u32 got[3], id = 0, seen = 0;

	for (i = 0; i < 3; i++) {
		fds[i] = kprobe_prog("id", 0, MOV_IMM(R0, 0), EXIT);
		got[i] = xbpf_prog_id(fds[i]);
		expect(got[i] != 0);
	}
	while ((id = xbpf_next_id(BPF_PROG_GET_NEXT_ID, id)))
		for (i = 0; i < 3; i++)
			seen += id == got[i];
	expect_eq(seen, 3);
	again = xbpf_fd_by_id(BPF_PROG_GET_FD_BY_ID, got[1]);
	expect_eq(xbpf_prog_id(again), got[1]);
	close(fds[1]);
	expect(xbpf_id_lives(BPF_PROG_GET_NEXT_ID, got[1]), "an fd by id does not hold the program");
	close(again);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, got[1]));
	refused(xbpf_fd_by_id(BPF_PROG_GET_FD_BY_ID, got[1]), ENOENT);
	close(fds[0]);
	close(fds[2]);
}

static void information(void)
{
	struct bpf_prog_info info = { 0 }, twin = { 0 };
	int a = kprobe_prog("told", 0, MOV_IMM(R0, 0), EXIT),
		b = kprobe_prog("twin", 0, MOV_IMM(R0, 0), EXIT);
	int other = kprobe_prog("other", 0, MOV_IMM(R0, 1), EXIT);
	__u8 none[8] = { 0 };

	expect_eq(xbpf_prog_info(a, &info), 0);
	expect_str(info.name, "told");
	expect_eq(info.type, BPF_PROG_TYPE_KPROBE);
	expect_eq(info.xlated_prog_len, 16);
	/* xor eax, eax; jmp to the way out that all share: with IBT an endbr64 before it */
	expect(info.jited_prog_len == 7 || info.jited_prog_len == 11, "jited: %u bytes",
	       info.jited_prog_len);
	expect_eq(info.created_by_uid, 0);
	expect_eq(info.gpl_compatible, 1);
	expect_eq(info.nr_map_ids, 0);
	expect_eq(info.verified_insns, 2);
	expect(info.load_time != 0);
	expect(memcmp(info.tag, none, 8) != 0, "no tag");
	expect_eq(xbpf_prog_info(b, &twin), 0);
	expect(!memcmp(info.tag, twin.tag, 8), "twins with different tags");
	memset(&twin, 0, sizeof(twin));
	expect_eq(xbpf_prog_info(other, &twin), 0);
	expect(memcmp(info.tag, twin.tag, 8) != 0, "different programs with one tag");
	close(a);
	close(b);
	close(other);
}

static void dumps(void)
{
	int table = xbpf_table_new("table", 2), counters = xbpf_counters_new(1);
	const struct bpf_insn insns[] = { COUNT_UP(counters, 0), MOV_IMM(R3, 1), LOAD(BPF_DW, R1, R10, -8),
					  TAIL_CALL(table), MOV_IMM(R0, 0), EXIT };
	struct bpf_insn good[ARRAY_SIZE(insns) + 1], dump[32];
	struct bpf_prog_info info = { 0 };
	__u32 ids[4] = { 0 };
	__u8 code[4096];
	int fd;

	/* the context goes over the stack, since COUNT_UP uses R1 */
	good[0] = STORE(BPF_DW, R10, -8, R1);
	memcpy(good + 1, insns, sizeof(insns));
	fd = load_kprobe("dumped", good, 0);
	if (!expect(fd >= 0, "%s", xbpf_words()))
		return;
	memset(code, 0xa5, sizeof(code));
	info.xlated_prog_len = sizeof(dump);
	info.xlated_prog_insns = (uintptr_t)dump;
	info.jited_prog_len = sizeof(code);
	info.jited_prog_insns = (uintptr_t)code;
	info.nr_map_ids = 4;
	info.map_ids = (uintptr_t)ids;
	expect_eq(xbpf_prog_info(fd, &info), 0);
	expect_eq(info.xlated_prog_len, sizeof(good));
	expect_eq(dump[0].code, good[0].code);
	expect_eq(dump[1].src_reg, BPF_PSEUDO_MAP_VALUE);
	expect_eq(dump[1].imm, xbpf_map_id(counters));
	expect_eq(dump[2].imm, 0);
	expect_eq(dump[7].src_reg, BPF_PSEUDO_MAP_FD);
	expect_eq(dump[7].imm, xbpf_map_id(table));
	expect_eq(dump[9].code, BPF_JMP | BPF_CALL);
	expect(!memcmp(&dump[10], &good[10], 2 * sizeof(dump[0])));
	expect_eq(info.nr_map_ids, 2);
	expect((ids[0] == xbpf_map_id(counters) && ids[1] == xbpf_map_id(table)) ||
	       (ids[1] == xbpf_map_id(counters) && ids[0] == xbpf_map_id(table)), "map ids %u %u",
	       ids[0], ids[1]);
	expect(info.jited_prog_len > 40 && info.jited_prog_len < sizeof(code), "%u bytes",
	       info.jited_prog_len);
	expect_eq(code[info.jited_prog_len], 0xa5);
	expect_eq(code[info.jited_prog_len - 5], 0xe9);	/* it ends with a jump to the way out */
	expect(memmem(code, 16, "\x48\x8d\x65", 3) != NULL, "no lea rsp, [rbp - ...] at the landing pad");
	close(fd);
	close(table);
	close(counters);
}

static void interpreted_information(void)
{
	struct bpf_prog_info info = { 0 };
	int fd = kprobe_prog("interp", XBPF_F_INTERP, MOV_IMM(R0, 0), EXIT);

	expect_eq(xbpf_prog_info(fd, &info), 0);
	expect_eq(info.jited_prog_len, 0);
	expect_eq(info.xlated_prog_len, 16);
	close(fd);
}

static void short_dump(void)
{
	int fd = kprobe_prog("p", 0, MOV_IMM(R0, 0), MOV_IMM(R0, 1), EXIT);
	struct bpf_prog_info info = { 0 };
	struct bpf_insn dump[3];

	memset(dump, 0xa5, sizeof(dump));
	info.xlated_prog_len = 8;
	info.xlated_prog_insns = (uintptr_t)dump;
	expect_eq(xbpf_prog_info(fd, &info), 0);
	expect_eq(info.xlated_prog_len, 24);
	expect_eq(dump[0].code, BPF_ALU64 | BPF_MOV | BPF_K);
	expect_eq(dump[1].code, 0xa5);
	close(fd);
}

static void info_sizes(void)
{
	int fd = kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT);
	struct { struct bpf_prog_info info; char tail[256]; } big;
	union bpf_attr attr;
	__u32 type_and_id[4] = { 0, 0, 0x11111111, 0x22222222 };

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = 8;
	attr.info.info = (uintptr_t)type_and_id;
	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	expect_eq(type_and_id[0], BPF_PROG_TYPE_KPROBE);
	expect_eq(type_and_id[1], xbpf_prog_id(fd));
	expect_eq(type_and_id[2], 0x11111111);

	memset(&big, 0, sizeof(big));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(big);
	attr.info.info = (uintptr_t)&big;
	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	expect(attr.info.info_len < sizeof(big), "the length was not answered");
	attr.info.info_len = sizeof(big);
	big.tail[255] = 1;
	refused(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), E2BIG);
	close(fd);
}

static void bind_map(void)
{
	int fd = kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT), map = xbpf_counters_new(1);
	__u32 id = xbpf_map_id(map), ids[2] = { 0 };
	struct bpf_prog_info info = { .nr_map_ids = 2, .map_ids = (uintptr_t)ids };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_bind_map.prog_fd = fd;
	attr.prog_bind_map.map_fd = map;
	expect_eq(xbpf_sys(BPF_PROG_BIND_MAP, &attr, sizeof(attr)), 0);
	expect_eq(xbpf_sys(BPF_PROG_BIND_MAP, &attr, sizeof(attr)), 0);	/* twice is once */
	close(map);
	usleep(100000);
	expect(xbpf_id_lives(BPF_MAP_GET_NEXT_ID, id), "the bound map is gone");
	expect_eq(xbpf_prog_info(fd, &info), 0);
	expect_eq(info.nr_map_ids, 1);
	expect_eq(ids[0], id);
	close(fd);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, id), "the bound map stays");
}

/* ---- big ones ---- */

static int load_big(__u32 n)
{
	struct bpf_insn *insns = calloc(n, sizeof(*insns));
	__u32 i;
	int fd;

	insns[0] = MOV_IMM(R0, 0);
	for (i = 1; i < n - 1; i++)
		insns[i] = ALU64_IMM(BPF_ADD, R0, 1);
	insns[n - 1] = EXIT;
	fd = xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "big", insns, n, 0);
	free(insns);
	return fd;
}

static void big_programs(void)
{
	int fd = load_big(4096);

	expect(fd >= 0, "4096 instructions: %s", xbpf_words());
	expect_eq(xbpf_run(fd, NULL, 1), 4094);
	close(fd);
	fd = load_big(50000);
	expect(fd >= 0, "50000 instructions: %s", xbpf_words());
	expect_eq(xbpf_run(fd, NULL, 1), 49998);
	close(fd);
}

/* Rounds enough to pass a million instructions. */
static int load_endless(void)
{
	return kprobe_prog("endless", 0, CALL(BPF_FUNC_get_prandom_u32), MOV_REG(R7, R0), MOV_IMM(R6, 0),
			   ALU64_IMM(BPF_ADD, R6, 1), ALU64_REG(BPF_XOR, R7, R6),
			   JUMP_IMM(BPF_JLT, R6, 2000000000, -3), MOV_IMM(R0, 0), EXIT);
}

static void too_complex(void)
{
	int fd = load_endless();

	refused(fd, E2BIG);
	expect(xbpf_said("1000000"), "words: %s", xbpf_words());
}

static void killed_in_verification(void)
{
	uint64_t start;
	int status, i;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		fflush(stdout);
		pid = fork();
		if (pid == 0)
			for (;;)
				load_endless();
		usleep(150000 + 70000 * i);
		start = now_ns();
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		expect(WIFSIGNALED(status));
		expect(now_ns() - start < 2000000000ull, "the kill took %llu ms",
		       (unsigned long long)(now_ns() - start) / 1000000);
	}
	expect_eq(count_ids_settled(BPF_PROG_GET_NEXT_ID, 0), 0);
}

/* ---- prog_flags ---- */

#define REG_INVARIANTS (1u << 7)	/* BPF_F_TEST_REG_INVARIANTS, which older headers lack */

/* A key at R10 - 8, a value of which bytes 1 to 4 are read. */
static int load_odd(int map, __u32 flags)
{
	return kprobe_prog("odd", flags,
		STORE_IMM(BPF_DW, R10, -8, 0), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8), LOAD_MAP(R1, map),
		CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JEQ, R0, 0, 1), LOAD(BPF_W, R0, R0, 1), EXIT);
}

static void flags(void)
{
	static const __u32 fine[] = {
		0, BPF_F_ANY_ALIGNMENT, BPF_F_ANY_ALIGNMENT | BPF_F_STRICT_ALIGNMENT, BPF_F_TEST_STATE_FREQ,
		REG_INVARIANTS, BPF_F_TEST_STATE_FREQ | REG_INVARIANTS,
	};
	static const __u32 unknown[] = { 1u << 2, 1u << 4, 1u << 5, 1u << 6, 1u << 8, 1u << 20 };
	int map = xbpf_map_new(BPF_MAP_TYPE_HASH, "odd", 8, 8, 4, 0), fd;
	unsigned int i;

	for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		fd = load_odd(map, fine[i]);
		expect(fd >= 0, "flags 0x%x: %s", fine[i], xbpf_words());
		close(fd);
	}
	refused(load_odd(map, BPF_F_STRICT_ALIGNMENT | REG_INVARIANTS), EACCES);
	expect(xbpf_said("is not aligned to 4"), "%s", xbpf_words());
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		refused(load_odd(map, unknown[i]), EINVAL);
		expect(xbpf_said("are not known to xbpf"), "%s", xbpf_words());
	}
	close(map);
}

static const struct tap_test tests[] = {
	{ "the number of instructions has limits", sizes },
	{ "names have a character set", names },
	{ "fifty refused programs leave nothing behind", nothing_left_by_refusals },
	{ "log levels 1, 2 and 4 say what they should", log_levels },
	{ "a log that is too small keeps its end and fails nothing", log_too_small },
	{ "a refusal's reason is in the smallest log", log_too_small_and_refused },
	{ "ids lead to programs and die with them", ids },
	{ "the information is right", information },
	{ "instructions, machine code and map ids can be read", dumps },
	{ "an interpreted program has no machine code", interpreted_information },
	{ "a dump is cut to the buffer and says its length", short_dump },
	{ "information comes in the size that is asked for", info_sizes },
	{ "PROG_BIND_MAP keeps a map", bind_map },
	{ "programs of 4096 and 50000 instructions", big_programs },
	{ "prog_flags mean what they mean upstream, and others are refused", flags },
	{ "a walk of a million instructions is the limit", too_complex },
	{ "a process can be killed while its program is checked", killed_in_verification },
};

int main(void)
{
	unsigned int i;

	tap_plan(ARRAY_SIZE(verdicts) + tap_count(tests));
	all_verdicts();
	for (i = 0; i < tap_count(tests); i++) {
		tap_state.bad = false;
		tests[i].run();
		tap_ok(!tap_state.bad, "%s", tests[i].name);
	}
	return tap_done();
}
