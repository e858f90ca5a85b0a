/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peers that run in a kernel: the upstream one through bpf(2), ours through /dev/xbpf. The calls
 * are the same.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../kernel/dev.h"
#include "../lib/asm.h"
#include "peers.h"

struct loaded_case {
	int (*sys)(int cmd, void *attr, unsigned int size);
	const struct bench_case *c;
	int maps[BENCH_MAPS];
	int *progs;
	u32 prog_cnt;
	u32 code;
	u64 load_ns;
};

static int upstream_sys(int cmd, void *attr, unsigned int size)
{
	return (int)syscall(__NR_bpf, cmd, attr, size);
}

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s (%s)\n", what, strerror(errno),
		xbpf_device >= 0 ? xbpf_words() : "");
	exit(1);
}

bool bench_upstream_available(const struct bench_peer *peer, const char **why)
{
	static const struct bpf_insn nothing[] = { MOV_IMM(R0, 0), EXIT };
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	union bpf_attr attr = { 0 };
	int fd;

	(void)peer;
	setrlimit(RLIMIT_MEMLOCK, &all);	/* kernels before 5.11 charge it */
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)nothing;
	attr.insn_cnt = ARRAY_SIZE(nothing);
	attr.license = (uintptr_t)"GPL";
	fd = upstream_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0) {
		*why = "bpf(2) is not allowed here: be root, on a machine (not in a container) that permits it";
		return false;
	}
	close(fd);
	return true;
}

bool bench_device_available(const struct bench_peer *peer, const char **why)
{
	(void)peer;
	if (!access(XBPF_DEVICE, R_OK | W_OK))
		return true;
	*why = "xbpf.ko is not loaded here";
	return false;
}

static int map_create(struct loaded_case *l, const struct bench_map *m)
{
	union bpf_attr attr = { 0 };
	u64 value[64] = { 0 };
	u32 i;
	int fd;

	attr.map_type = m->type;
	attr.key_size = m->key_size;
	attr.value_size = m->value_size;
	attr.max_entries = m->max_entries;
	fd = l->sys(BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		die("map");
	for (i = 0; i < (m->values ? m->max_entries : m->filled); i++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (u32)fd;
		attr.key = (uintptr_t)&i;
		attr.value = m->values ? (uintptr_t)m->values + (uintptr_t)m->value_size * i : (uintptr_t)value;
		if (l->sys(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
			die("map contents");
	}
	return fd;
}

static int slot_set(struct loaded_case *l, u32 index, int prog)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (u32)l->maps[0];
	attr.key = (uintptr_t)&index;
	attr.value = (uintptr_t)&prog;
	return l->sys(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static int fd_of(void *priv, const char *name)
{
	struct loaded_case *l = priv;
	u32 i;

	for (i = 0; i < l->c->map_cnt; i++)
		if (!strcmp(l->c->maps[i].name, name))
			return l->maps[i];
	return -1;
}

/*
 * A signal ends a test run with EINTR, and the upstream verifier with EAGAIN: once more, from the
 * start.
 */
static bool interrupted(int ret)
{
	return ret < 0 && (errno == EINTR || errno == EAGAIN);
}

static int prog_load(struct loaded_case *l, const struct bench_peer *peer, const char *text)
{
	static char log[65536];
	union bpf_attr attr = { 0 };
	struct asm_prog p;
	u64 start, ns;
	int fd;

	if (asm_parse(&p, text) || asm_bind(&p, fd_of, l)) {
		fprintf(stderr, "bench: %s\n%s\n", p.error, text);
		exit(1);
	}
	attr.prog_type = l->c->type;
	attr.insns = (uintptr_t)p.insns;
	attr.insn_cnt = p.cnt;
	attr.license = (uintptr_t)"GPL";
	attr.prog_flags = peer->flags;
	do {
		start = now_ns();
		fd = l->sys(BPF_PROG_LOAD, &attr, sizeof(attr));
		ns = now_ns() - start;
	} while (interrupted(fd));
	l->load_ns += ns;
	if (fd < 0 && errno != ENOSPC) {
		int err = errno;

		attr.log_buf = (uintptr_t)log;
		attr.log_size = sizeof(log);
		attr.log_level = 1;
		l->sys(BPF_PROG_LOAD, &attr, sizeof(attr));
		fprintf(stderr, "%s: a program is refused (%s):\n%s\n%s\n", peer->name, strerror(err), text, log);
		exit(1);
	}
	asm_free(&p);
	return fd;
}

static u32 code_len(struct loaded_case *l, int fd)
{
	struct bpf_prog_info info;
	union bpf_attr attr = { 0 };

	memset(&info, 0, sizeof(info));
	attr.info.bpf_fd = (u32)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (l->sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		die("program's information");
	return info.jited_prog_len;
}

static void kernel_free(void *loaded)
{
	struct loaded_case *l = loaded;
	u32 i;

	for (i = 0; i < l->prog_cnt; i++)
		close(l->progs[i]);
	for (i = 0; i < l->c->map_cnt; i++)
		close(l->maps[i]);
	free(l->progs);
	free(l);
}

/* A tree is made a little after the table was filled: what is measured is how things are then. */
static void wait_for_tree(struct loaded_case *l)
{
	struct xbpf_table_info info;
	u32 tries;

	if (l->sys != xbpf_sys || !l->c->slot_cnt)
		return;
	for (tries = 0; tries < 1000; tries++) {
		memset(&info, 0, sizeof(info));
		info.map_fd = (u32)l->maps[0];
		usleep(20000);
		if (l->sys(XBPF_TABLE_INFO, &info, sizeof(info)) || !info.tree_pending)
			break;
	}
	usleep(20000);
}

static void *kernel_load(const struct bench_peer *peer, const struct bench_case *c,
			 const char **why)
{
	struct loaded_case *l = calloc(1, sizeof(*l));
	u32 i;

	if (!l)
		die("memory");
	l->sys = peer->available == bench_upstream_available ? upstream_sys : xbpf_sys;
	l->c = c;
	l->progs = calloc(c->prog_cnt, sizeof(*l->progs));
	for (i = 0; i < c->map_cnt; i++)
		l->maps[i] = map_create(l, &c->maps[i]);
	for (i = 0; i < c->prog_cnt; i++) {
		l->progs[i] = prog_load(l, peer, c->text[i]);
		if (l->progs[i] < 0) {
			*why = "the JIT's memory is full";
			kernel_free(l);
			return NULL;
		}
		l->prog_cnt++;
		l->code += code_len(l, l->progs[i]);
	}
	for (i = 0; i < c->slot_cnt; i++)
		if (slot_set(l, c->slots[i].index, l->progs[c->slots[i].prog]))
			die("slot");
	wait_for_tree(l);
	return l;
}

static u64 kernel_run(void *loaded, u32 repeat)
{
	struct loaded_case *l = loaded;
	union bpf_attr attr = { 0 };
	u64 start, ns;
	int ret;

	attr.test.prog_fd = (u32)l->progs[0];
	attr.test.data_in = (uintptr_t)bench_packet;
	attr.test.data_size_in = BENCH_PACKET;
	attr.test.repeat = repeat;
	do {
		start = now_ns();
		ret = l->sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
		ns = now_ns() - start;
	} while (interrupted(ret));
	if (ret)
		die("test run");
	return ns;
}

static u64 kernel_update(void *loaded, u32 index, u32 repeat)
{
	struct loaded_case *l = loaded;
	u64 start = now_ns();
	u32 i;

	for (i = 0; i < repeat; i++)
		if (slot_set(l, index, l->progs[i & 1]))
			die("slot update");
	return now_ns() - start;
}

static u32 kernel_code_size(void *loaded)
{
	return ((struct loaded_case *)loaded)->code;
}

static u64 kernel_load_time(void *loaded)
{
	return ((struct loaded_case *)loaded)->load_ns;
}

const struct bench_peer_ops bench_kernel_ops = {
	.load = kernel_load,
	.run = kernel_run,
	.update = kernel_update,
	.code_size = kernel_code_size,
	.load_time = kernel_load_time,
	.free = kernel_free,
};
