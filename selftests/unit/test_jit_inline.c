/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done in the code itself: lookups in arrays, per-CPU memory (this test puts %gs on memory
 * of its own), packet loads; and the addresses of callbacks.
 */
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jit_rig.h"
#include "tap.h"

static const struct xbpf_jit_regs permuted = {
	{ X86_DX, X86_R8, X86_AX, X86_DI, X86_SI, X86_CX, X86_BX, X86_R15, X86_R13, X86_R14 },
};

/* --- the world ------------------------------------------------------------------ */

static u32 lookups;		/* calls of the helper */
static u64 helper_result;

static u64 lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	(void)r1, (void)r2, (void)r3, (void)r4, (void)r5;
	lookups++;
	return 0;
}

static const u8 packet[] = { 0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88 };
static s32 slow_off;
static u32 slow_cnt, slow_size;

static u64 packet_helper(u64 ctx, u64 off, u64 size, u64 r4, u64 r5)
{
	(void)ctx, (void)r4, (void)r5;
	slow_cnt++;
	slow_off = (s32)off;
	slow_size = (u32)size;
	return helper_result;
}

static u64 loop_callback;

static u64 loop_helper(u64 nr, u64 callback, u64 data, u64 flags, u64 r5)
{
	u64 i, sum = 0;

	(void)r5, (void)flags;
	loop_callback = callback;
	for (i = 0; i < nr; i++)
		sum += ((xbpf_helper_fn)(unsigned long)callback)(i, data, 3, 4, 5);
	return sum;
}

static xbpf_helper_fn helper(u32 id, const struct xbpf_map_info *map)
{
	(void)map;
	switch (id) {
	case XBPF_FUNC_PACKET_LOAD:
		return packet_helper;
	case BPF_FUNC_loop:
		return loop_helper;
	default:
		return lookup_helper;
	}
}

static const struct xbpf_env env = { .helper = helper };

/* As rig_parse(), but nothing is a jump's target and the only map is the call's. */
static void parse(struct loaded *p, const char *text, struct xbpf_map_info *map)
{
	u32 i;

	rt_reset();
	if (rig_parse(p, text, 64)) {
		printf("Bail out! %s\n", p->log.reason);
		exit(1);
	}
	for (i = 0; i < p->code.insn_cnt; i++) {
		struct bpf_insn *insn = &p->code.insns[i];

		p->code.insn_aux[i].flags &= ~XBPF_AUX_TARGET;
		if (map && insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg)
			p->code.insn_aux[i].map = 1;
	}
	if (map) {
		p->code.maps[0] = map;
		p->code.map_cnt = 1;
	}
}

static bool compile(struct loaded *p, const struct xbpf_jit_env *wanted)
{
	struct xbpf_jit_env jenv = *wanted;
	int err;

	p->enter = load_trampoline(&jenv);
	err = load_jit_compile(&p->code, &env, &jenv, 0, NULL, 0, &p->jit, &p->log);

	xbpf_jit_out_release(&p->jit);
	if (!expect(!err, "%s", p->log.reason))
		return false;
	p->jit_size = p->jit.len;
	p->jit_mem = rt_exec_alloc(p->jit_size);
	err = load_jit_compile(&p->code, &env, &jenv, (u64)(unsigned long)p->jit_mem,
			       p->jit_mem, p->jit_size, &p->jit, &p->log);
	if (!expect(!err, "%s", p->log.reason))
		return false;
	rt_exec_seal(p->jit_mem, p->jit_size);
	return true;
}

static void drop(struct loaded *p)
{
	p->code.map_cnt = 0;	/* no reference was taken */
	load_free(p);
}

/* --- arrays ------------------------------------------------------------------------ */

static const char *const lookup_texts[] = {
	/* the result as it is; tested for nothing; tested for something */
	"*(u64 *)(r10 - 8) = r1\n r2 = *(u64 *)(r10 - 8)\n .raw 0x18 1 5 0 0\n .raw 0 0 0 0 0\n"
	" call map_lookup_elem\n exit",
	"r2 = r1\n .raw 0x18 1 5 0 0\n .raw 0 0 0 0 0\n call map_lookup_elem\n .raw 0x15 0 0 1 0\n"
	" exit\n r0 += 0\n exit",
	"r2 = r1\n .raw 0x18 1 5 0 0\n .raw 0 0 0 0 0\n call map_lookup_elem\n .raw 0x55 0 0 1 0\n"
	" exit\n r0 += 0\n exit",
};

static void check_lookup(const struct xbpf_map_info *like, const char *text,
			 const struct xbpf_jit_env *jenv, u64 off)
{
	const u32 indices[] = { 0, 1, 2, 3, 63, 64, 65, 199, 200, like->max_entries - 1,
				like->max_entries, ~0u };
	struct xbpf_map_info map = *like;
	struct loaded p;
	u32 i;

	parse(&p, text, &map);
	lookups = 0;
	if (compile(&p, jenv)) {
		for (i = 0; i < ARRAY_SIZE(indices); i++) {
			u64 want = indices[i] < map.max_entries ? map.values + (u64)indices[i] * map.stride + off : 0;
			u32 key[2] = { indices[i], ~0u };

			expect_eq(load_run_jit(&p, key), want);
		}
	}
	expect_eq(lookups, 0);
	drop(&p);
}

static void arrays(void)
{
	static const u32 strides[] = { 8, 16, 24, 64, 1 << 20, 0x12345678 & ~7 },
		sizes[] = { 1, 2, 127, 128, 200, ~0u };
	struct xbpf_jit_env jenv = rig_env();

	for (u32 s = 0; s < ARRAY_SIZE(strides); s++) for (u32 n = 0; n < ARRAY_SIZE(sizes); n++)
	for (u32 t = 0; t < ARRAY_SIZE(lookup_texts); t++) for (u32 way = 0; way < 3; way++) {
		struct xbpf_map_info map = {
			.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = strides[s], .stride = strides[s],
			.max_entries = sizes[n], .addr = 0x1122334455667788, .values = 0xffff888012345678,
		};

		jenv.regs = way == 1 ? &permuted : NULL;
		jenv.blind = way == 2;
		check_lookup(&map, lookup_texts[t], &jenv, 0);
	}
}

static bool contains(const struct loaded *p, u64 number)
{
	for (u32 i = 0; i + 8 <= p->jit_size; i++)
		if (!memcmp(p->jit_mem + i, &number, 8))
			return true;
	return false;
}

/* The map's address is not loaded when nobody looks at it; when a jump comes between, it is. */
static void no_map(void)
{
	struct xbpf_map_info map = {
		.type = BPF_MAP_TYPE_ARRAY, .stride = 8, .max_entries = 4,
		.addr = 0x1122334455667788, .values = 0x1000,
	};
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	for (u32 targeted = 0; targeted < 2; targeted++) {
		parse(&p, lookup_texts[1], &map);
		if (targeted)
			p.code.insn_aux[3].flags |= XBPF_AUX_TARGET;
		if (compile(&p, &jenv))
			expect_eq(contains(&p, map.addr), targeted);
		drop(&p);
	}
	parse(&p, ".raw 0x18 1 5 0 0\n .raw 0 0 0 0 0\n r2 = r1\n call map_lookup_elem\n exit", &map);
	if (compile(&p, &jenv))
		expect(contains(&p, map.addr), "the map's address is read and was left out");
	drop(&p);
}

/* Not inlined: other maps, more than one map, arrays without known values. */
static void called(void)
{
	static const struct xbpf_map_info maps[] = {
		{ .type = BPF_MAP_TYPE_HASH, .stride = 8, .max_entries = 4, .values = 0x1000 },
		{ .type = BPF_MAP_TYPE_ARRAY, .stride = 8, .max_entries = 4 },
		{ .type = BPF_MAP_TYPE_PERCPU_ARRAY, .stride = 8, .max_entries = 4,
		  .values = 0x1000, .percpu = true },
	};
	struct xbpf_jit_env jenv = rig_env();	/* has no per-CPU memory */

	for (u32 i = 0; i <= ARRAY_SIZE(maps); i++) {
		struct xbpf_map_info map = maps[i % ARRAY_SIZE(maps)];
		struct loaded p;
		u64 key = 0;

		parse(&p, lookup_texts[0], &map);
		if (i == ARRAY_SIZE(maps))
			p.code.insn_aux[5].map = 0;
		lookups = 0;
		if (compile(&p, &jenv)) {
			expect_eq(load_run_jit(&p, &key), 0);
			expect_eq(lookups, 1);
		}
		drop(&p);
	}
}

/* --- per-CPU memory ------------------------------------------------------------------ */

static struct {
	u64 nothing[2];
	u64 offset;
	u32 cpu, pad;
	void *task;
} cpu_memory;

static struct { u8 pad[300]; u32 pid, tgid; } task;

static struct xbpf_jit_env percpu_env(void)
{
	struct xbpf_jit_env jenv = rig_env();

	jenv.percpu.this_cpu_off = offsetof(__typeof__(cpu_memory), offset);
	jenv.percpu.cpu_number = offsetof(__typeof__(cpu_memory), cpu);
	jenv.percpu.current_task = offsetof(__typeof__(cpu_memory), task);
	jenv.percpu.task_pid = offsetof(__typeof__(task), pid);
	jenv.percpu.task_tgid = offsetof(__typeof__(task), tgid);
	return jenv;
}

static u64 run_text(const char *text, const struct xbpf_jit_env *jenv)
{
	struct loaded p;
	u64 r0 = 0;

	parse(&p, text, NULL);
	lookups = 0;
	if (compile(&p, jenv))
		r0 = load_run_jit(&p, NULL);
	drop(&p);
	return r0;
}

static void per_cpu(void)
{
	struct xbpf_jit_env jenv = percpu_env(), none = rig_env();
	struct xbpf_map_info map = {
		.type = BPF_MAP_TYPE_PERCPU_ARRAY, .stride = 24, .max_entries = 200,
		.values = 0x10000, .percpu = true,
	};

	cpu_memory.offset = 0xffff888000000000;
	cpu_memory.cpu = 0x80000007;
	cpu_memory.task = &task;
	task.pid = 0x80000001;
	task.tgid = 0x7ffffffe;
	for (u32 way = 0; way < 2; way++) {
		jenv.regs = way ? &permuted : NULL;
		for (u32 t = 0; t < ARRAY_SIZE(lookup_texts); t++)
			check_lookup(&map, lookup_texts[t], &jenv, cpu_memory.offset);
		expect_eq(run_text("call get_smp_processor_id\n exit", &jenv), 0x80000007);
		expect_eq(run_text("call get_current_pid_tgid\n exit", &jenv), 0x7ffffffe80000001);
		expect_eq(run_text("call get_current_task\n exit", &jenv), (u64)(unsigned long)&task);
		expect_eq(lookups, 0);
	}
	run_text("call get_smp_processor_id\n exit", &none);
	expect_eq(lookups, 1);
}

/* --- packets --------------------------------------------------------------------------- */

static struct xbpf_skb_ctx skb;

static void packet_load(const char *text, const struct xbpf_jit_env *jenv, u64 want, u32 slow,
			s32 off, u32 size)
{
	struct loaded p;

	parse(&p, text, NULL);
	skb = (struct xbpf_skb_ctx){ .data = packet, .data_end = packet + sizeof(packet),
				     .data_len = 2 * sizeof(packet) };
	slow_cnt = 0;
	if (compile(&p, jenv)) {
		expect_eq(load_run_jit(&p, &skb), want);
		expect_eq(slow_cnt, slow);
		if (slow) {
			expect_eq(slow_off, off);
			expect_eq(slow_size, size);
		}
	}
	drop(&p);
}

/* not reached when the bytes are not there */
#define THEN "\n r1 = 0x100000000 ll\n r0 += r1\n exit"

static void packets(void)
{
	struct xbpf_jit_env jenv = rig_env();
	const u64 on = 0x100000000ULL;

	for (u32 way = 0; way < 8; way++) {
		jenv = rig_env();
		jenv.regs = way & 1 ? &permuted : NULL;
		jenv.blind = way & 2;
		jenv.movbe = jenv.movbe && !(way & 4);
		helper_result = 0x55;
		packet_load("r6 = r1\n r0 = *(u8 *)skb[1]" THEN, &jenv, on + 0x82, 0, 0, 0);
		packet_load("r6 = r1\n r0 = *(u16 *)skb[1]" THEN, &jenv, on + 0x8203, 0, 0, 0);
		packet_load("r6 = r1\n r0 = *(u32 *)skb[1]" THEN, &jenv, on + 0x82038405, 0, 0, 0);
		packet_load("r6 = r1\n r0 = *(u32 *)skb[4]" THEN, &jenv, on + 0x05860788, 0, 0, 0);
		packet_load("r6 = r1\n r0 = *(u32 *)skb[5]" THEN, &jenv, on + 0x55, 1, 5, 4);
		packet_load("r6 = r1\n r0 = *(u16 *)skb[7]" THEN, &jenv, on + 0x55, 1, 7, 2);
		packet_load("r6 = r1\n r0 = *(u8 *)skb[8]" THEN, &jenv, on + 0x55, 1, 8, 1);
		packet_load("r6 = r1\n r0 = *(u8 *)skb[-1]" THEN, &jenv, on + 0x55, 1, -1, 1);
		packet_load("r6 = r1\n r0 = *(u8 *)skb[0x7fffffff]" THEN, &jenv, on + 0x55, 1, 0x7fffffff, 1);
		packet_load("r6 = r1\n r7 = 3\n r0 = *(u8 *)skb[r7 + 2]" THEN, &jenv, on + 0x86, 0, 0, 0);
		packet_load("r6 = r1\n r2 = -3\n r0 = *(u16 *)skb[r2 + 5]" THEN, &jenv, on + 0x0384, 0, 0, 0);
		packet_load("r6 = r1\n r0 = 6\n r0 = *(u32 *)skb[r0 - 10]" THEN, &jenv, on + 0x55, 1, -4, 4);
		helper_result = -14;
		packet_load("r6 = r1\n r0 = *(u32 *)skb[5]" THEN, &jenv, 0, 1, 5, 4);
		packet_load("r6 = r1\n r0 = *(u8 *)skb[0]\n r7 = r0\n r0 = *(u8 *)skb[8]\n"
			    " r0 = *(u8 *)skb[9]" THEN,
			    &jenv, 0, 1, 8, 1);
	}
}

/* --- callbacks --------------------------------------------------------------------------- */

/* Wherever it stands, its address is even, and with IBT the first thing there is ENDBR64. */
static void callbacks(void)
{
	static const char *const fill[] = { "", "r7 += 300\n", "r7 += 1\n", "r7 += 300\n r7 += 1\n" };
	u32 odd = 0;

	for (u32 way = 0; way < 4; way++) for (u32 f = 0; f < ARRAY_SIZE(fill); f++) {
		struct xbpf_jit_env jenv = rig_env();
		struct loaded p;
		char text[512];

		jenv.endbr = way & 1;
		jenv.regs = way & 2 ? &permuted : NULL;
		/* the callback is called directly as well, and it calls */
		snprintf(text, sizeof(text),
			 "r7 = 5\n %s r1 = 4\n .raw 0x18 2 4 0 %u\n .raw 0 0 0 0 0\n r3 = 100\n r4 = 0\n call loop\n"
			 "r6 = r0\n r1 = 7\n r2 = 1000\n call f\n r0 += r6\n exit\n"
			 "f:\n r6 = r1\n r7 = r2\n r1 = r7\n call g\n r0 += r6\n exit\n"
			 "g:\n r0 = r1\n r0 += 1\n exit",
			 fill[f], 10);
		parse(&p, text, NULL);
		if (compile(&p, &jenv)) {
			u32 at = p.jit.insn_off[p.code.subprogs[1].start];

			odd += ((u64)(unsigned long)p.jit_mem + at) & 1;
			/* 0+1+2+3 + 4 * 101 and 7 + 1001 */
			expect_eq(load_run_jit(&p, NULL), 6 + 404 + 1008);
			expect(!(loop_callback & 1), "the callback's address is odd");
			expect(loop_callback - (u64)(unsigned long)p.jit_mem - at <= 1);
			if (jenv.endbr)
				expect(!memcmp((void *)(unsigned long)loop_callback, "\xf3\x0f\x1e\xfa", 4));
		}
		drop(&p);
	}
	expect(odd && odd < 16, "of 16 labels %u were odd: one of both ways was not tried", odd);
}

static const struct tap_test tests[] = {
	{ "arrays are looked up in the code itself", arrays },
	{ "the map of such a lookup is not loaded", no_map },
	{ "other lookups are calls", called },
	{ "per-CPU arrays, CPU number and current task are read through gs", per_cpu },
	{ "packet loads read the linear bytes, and ask for others", packets },
	{ "a callback's address is even and has its endbr64", callbacks },
};

int main(void)
{
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu_memory)) {
		printf("Bail out! arch_prctl\n");
		return 1;
	}
	return tap_run(tests, tap_count(tests));
}
