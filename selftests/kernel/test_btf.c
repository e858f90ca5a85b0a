/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BTF: what is loaded and what is refused, ids and info, maps with types, source lines of programs.
 */
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include "dev.h"
#include "../tap.h"

/* ---- making BTF ---- */

enum { INT = 1, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC,
       FUNC_PROTO, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 };

#define INFO(kind, vlen) ((__u32)(kind) << 24 | (vlen))

/* 1 is the offset of "a", 3 of "main", 8 of "file.c", 15 of "x = 1;" */
static const char names[] = "\0a\0main\0file.c\0x = 1;";

struct blob {
	struct {
		__u16 magic;
		__u8 version, flags;
		__u32 hdr_len, type_off, type_len, str_off, str_len;
	} h;
	char rest[4096];
	__u32 size;
};

/* Header, these words as types, the names. */
static struct blob make_blob(const __u32 *words, __u32 n)
{
	struct blob b;

	memset(&b, 0, sizeof(b));
	b.h.magic = 0xeb9f;
	b.h.version = 1;
	b.h.hdr_len = sizeof(b.h);
	b.h.type_len = b.h.str_off = n * 4;
	b.h.str_len = sizeof(names);
	memcpy(b.rest, words, n * 4);
	memcpy(b.rest + n * 4, names, sizeof(names));
	b.size = sizeof(b.h) + n * 4 + sizeof(names);
	return b;
}

#define blob_of(...)								\
	({									\
		const __u32 words_[] = { __VA_ARGS__ };				\
		make_blob(words_, ARRAY_SIZE(words_));				\
	})

/* types: 1 int a; 2 prototype int(a); 3 func main */
#define INT_A		1, INFO(INT, 0), 4, 0x01000020
#define MAIN_TYPES	INT_A, 0, INFO(FUNC_PROTO, 1), 1, 1, 1, 3, INFO(FUNC, 1), 2

static int load_bytes(const void *data, __u32 size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)data;
	attr.btf_size = size;
	return xbpf_sys(BPF_BTF_LOAD, &attr, sizeof(attr));
}

static int load(const struct blob *b)
{
	return load_bytes(b, b->size);
}

#define load_types(...)								\
	({									\
		struct blob blob_ = blob_of(__VA_ARGS__);			\
		load(&blob_);							\
	})

static int good(void)
{
	int fd = load_types(MAIN_TYPES);

	expect(fd >= 0, "BTF: %s: %s", strerror(errno), xbpf_words());
	return fd;
}

static bool accepted(int fd)
{
	bool ok = expect(fd >= 0, "%s: %s", strerror(errno), xbpf_words());

	close(fd);
	return ok;
}

static int btf_info(int fd, struct bpf_btf_info *info)
{
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info_len = sizeof(*info),
					  .info = (uintptr_t)info } };

	return xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static __u32 btf_id(int fd)
{
	struct bpf_btf_info info = { 0 };

	return btf_info(fd, &info) ? 0 : info.id;
}

/* ---- what is accepted ---- */

static void all_kinds(void)
{
	accepted(load_types(
		INT_A,						/* 1 */
		0, INFO(PTR, 0), 1,				/* 2 */
		0, INFO(ARRAY, 0), 0, 1, 1, 7,			/* 3 */
		1, INFO(STRUCT, 2), 8, 1, 1, 0, 1, 1, 32,	/* 4 */
		1, INFO(UNION, 1), 4, 1, 1, 0,			/* 5 */
		1, INFO(ENUM, 2), 4, 1, 0, 3, 1,		/* 6 */
		1, INFO(FWD, 0) | 1u << 31, 0,			/* 7 */
		1, INFO(TYPEDEF, 0), 4,				/* 8 */
		0, INFO(VOLATILE, 0), 8,			/* 9 */
		0, INFO(CONST, 0), 9,				/* 10 */
		0, INFO(RESTRICT, 0), 2,			/* 11 */
		0, INFO(FUNC_PROTO, 1), 1, 1, 1,		/* 12 */
		3, INFO(FUNC, 0), 12,				/* 13 */
		1, INFO(VAR, 0), 1, 1,				/* 14 */
		1, INFO(DATASEC, 1), 4, 14, 0, 4,		/* 15 */
		1, INFO(FLOAT, 0), 8,				/* 16 */
		1, INFO(DECL_TAG, 0), 14, ~0u,			/* 17 */
		1, INFO(TYPE_TAG, 0), 1,			/* 18 */
		1, INFO(ENUM64, 1), 8, 1, 1, 0));		/* 19 */
}

/* A struct that points to itself is no circle. */
static void recursion(void)
{
	accepted(load_types(1, INFO(STRUCT, 1), 8, 1, 2, 0,	0, INFO(PTR, 0), 3,	1, INFO(TYPEDEF, 0), 1));
}

static void long_header(void)
{
	struct blob b = blob_of(INT_A);
	char *at = (char *)&b;

	memmove(at + sizeof(b.h) + 8, at + sizeof(b.h), b.size - sizeof(b.h));
	memset(at + sizeof(b.h), 0, 8);
	b.h.hdr_len += 8;
	b.size += 8;
	accepted(load(&b));
	at[sizeof(b.h) + 3] = 1;
	expect_refused(load(&b), E2BIG, "header");
}

/* ---- what is refused ---- */

static void bad_headers(void)
{
	const struct blob ok = blob_of(INT_A);
	struct blob b = ok;

	b.h.magic = 0x9feb;
	expect_refused(load(&b), EINVAL, "byte order");
	b = ok;
	b.h.magic = 0x1234;
	expect_refused(load(&b), EINVAL, "magic");
	b = ok;
	b.h.version = 2;
	expect_refused(load(&b), 524, "version 2");
	b = ok;
	b.h.flags = 1;
	expect_refused(load(&b), 524, "flags");
	b = ok;
	b.h.hdr_len = 20;
	expect_refused(load(&b), EINVAL, "hdr_len 20");
	b = ok;
	b.h.hdr_len = 0xfffffff0;
	expect_refused(load(&b), EINVAL, "hdr_len");
	expect_refused(load_bytes(&ok, 23), EINVAL, "header");
	expect_refused(load_bytes(&ok, 0), EINVAL, "btf_size");
	expect_refused(load_bytes(&ok, (16u << 20) + 1), E2BIG, "limit");
	expect_refused(load_bytes((void *)16, 100), EFAULT, "readable");
}

static void bad_sections(void)
{
	const struct blob ok = blob_of(INT_A);
	struct blob b = ok;

	b.h.type_len = 0xfffffffc;
	expect_refused(load(&b), EINVAL, "types");
	b = ok;
	b.h.str_off = 0xffffffff;
	expect_refused(load(&b), EINVAL, "strings");
	b = ok;
	b.h.str_len++;
	expect_refused(load(&b), EINVAL, "strings");
	b = ok;
	b.size++;
	expect_refused(load(&b), EINVAL, "fill");
	b = ok;
	b.h.type_off = 4;
	expect_refused(load(&b), EINVAL, "types");
	b = ok;
	b.h.type_len -= 4;
	expect_refused(load(&b), EINVAL, "follow");
	b = ok;
	b.h.type_len = b.h.str_off = 0;
	b.h.str_len = b.size - sizeof(b.h);
	expect_refused(load(&b), EINVAL, "0 bytes of types");
}

static void bad_strings(void)
{
	const struct blob ok = blob_of(INT_A);
	struct blob b = ok;

	b.rest[16] = 'x';
	expect_refused(load(&b), EINVAL, "strings");
	b = ok;
	b.rest[16 + sizeof(names) - 1] = 'x';
	expect_refused(load(&b), EINVAL, "strings");
}

static void bad_infos(void)
{
	expect_refused(load_types(1, 0, 4), EINVAL, "kind");
	expect_refused(load_types(1, INFO(20, 0), 4), EINVAL, "kind");
	expect_refused(load_types(1, INFO(31, 0), 4), EINVAL, "kind");
	expect_refused(load_types(1, INFO(INT, 0) | 1 << 29, 4, 32), EINVAL, "kind");
	expect_refused(load_types(1, INFO(INT, 0) | 1 << 16, 4, 32), EINVAL, "kind");
	expect_refused(load_types(1, INFO(INT, 1), 4, 32), EINVAL, "members");
	expect_refused(load_types(1, INFO(INT, 0) | 1u << 31, 4, 32), EINVAL, "kind_flag");
	expect_refused(load_types(5000, INFO(FLOAT, 0), 4), EINVAL, "name at 5000");
	expect_refused(load_types(sizeof(names), INFO(FLOAT, 0), 4), EINVAL, "name");
}

static void short_types(void)
{
	expect_refused(load_types(1, INFO(INT, 0), 4), EINVAL, "left");
	expect_refused(load_types(INT_A, 1), EINVAL, "left");
	expect_refused(load_types(INT_A, 0, INFO(ARRAY, 0), 0, 1, 1), EINVAL, "left");
	expect_refused(load_types(INT_A, 1, INFO(STRUCT, 65535), 4, 1, 1, 0), EINVAL, "65535 members");
	expect_refused(load_types(INT_A, 1, INFO(ENUM64, 2), 8, 1, 1, 0, 1), EINVAL, "left");
}

static void bad_ids(void)
{
	expect_refused(load_types(INT_A, 0, INFO(PTR, 0), 3), EINVAL, "type 3");
	expect_refused(load_types(INT_A, 0, INFO(ARRAY, 0), 0, 9, 1, 7), EINVAL, "type 9");
	expect_refused(load_types(INT_A, 0, INFO(ARRAY, 0), 0, 1, 0xffffffff, 7), EINVAL, "ARRAY");
	expect_refused(load_types(INT_A, 1, INFO(STRUCT, 1), 8, 1, 3, 0), EINVAL, "a member");
	expect_refused(load_types(INT_A, 1, INFO(STRUCT, 1), 8, 4000, 1, 0), EINVAL, "member 0");
	expect_refused(load_types(INT_A, 1, INFO(DATASEC, 1), 4, 7, 0, 4), EINVAL, "DATASEC");
	expect_refused(load_types(INT_A, 0, INFO(FUNC_PROTO, 1), 1, 1, 8), EINVAL, "FUNC_PROTO");
	expect_refused(load_types(INT_A, 1, INFO(ENUM, 1), 4, 4000, 0), EINVAL, "member 0");
}

static void bad_funcs(void)
{
	expect_refused(load_types(INT_A, 3, INFO(FUNC, 0), 1), EINVAL, "prototype");
	expect_refused(load_types(INT_A, 3, INFO(FUNC, 0), 0), EINVAL, "prototype");
	expect_refused(load_types(0, INFO(FUNC_PROTO, 0), 0, 0, INFO(FUNC, 0), 1), EINVAL, "no name");
	expect_refused(load_types(0, INFO(FUNC_PROTO, 0), 0, 3, INFO(FUNC, 2), 1), EINVAL, "linkage 2");
}

static void circles(void)
{
	expect_refused(load_types(1, INFO(TYPEDEF, 0), 1), EINVAL, "back to itself");
	expect_refused(load_types(1, INFO(TYPEDEF, 0), 2, 0, INFO(CONST, 0), 3, 0,
				  INFO(VOLATILE, 0), 1), EINVAL,
		       "back to itself");
	accepted(load_types(0, INFO(CONST, 0), 2, 0, INFO(VOLATILE, 0), 0, 1, INFO(TYPEDEF, 0), 1,
			    1, INFO(TYPEDEF, 0), 1));
}

/*
 * Every byte of a good blob, turned over: whatever the answer, the kernel survives and the answer
 * has words.
 */
static void every_byte(void)
{
	const struct blob ok = blob_of(MAIN_TYPES, 1, INFO(STRUCT, 2), 8, 1, 1, 0, 1, 1, 32, 1,
				       INFO(DATASEC, 0), 4);
	int refused = 0, fd;
	struct blob b;
	__u32 i, bit;

	for (i = 0; i < ok.size; i++) {
		for (bit = 0; bit < 8; bit++) {
			b = ok;
			((char *)&b)[i] ^= 1 << bit;
			fd = load(&b);
			if (fd >= 0) {
				close(fd);
				continue;
			}
			refused++;
			expect(*xbpf_words(), "byte %u bit %u: errno %d without words", i, bit, errno);
		}
	}
	expect(refused > 300, "%d refused", refused);
}

/* ---- the log ---- */

static void log_says(void)
{
	struct blob b = blob_of(INT_A, 0, INFO(PTR, 0), 3);
	char log[256] = "";
	struct { union bpf_attr attr; } a;
	__u32 true_size;

	memset(&a, 0, sizeof(a));
	a.attr.btf = (uintptr_t)&b;
	a.attr.btf_size = b.size;
	a.attr.btf_log_buf = (uintptr_t)log;
	a.attr.btf_log_size = sizeof(log);
	a.attr.btf_log_level = 1;
	expect_refused(xbpf_sys(BPF_BTF_LOAD, &a, sizeof(a)), EINVAL, "type 3");
	expect(strstr(log, "type 3") && log[strlen(log) - 1] == '\n', "log \"%s\"", log);
	memcpy(&true_size, (char *)&a + 28, 4);
	expect_eq(true_size, strlen(log) + 1);
	memset((char *)&a + 28, 0, 4);
	memset(log, 'x', sizeof(log));
	a.attr.btf_log_size = 10;
	expect_refused(xbpf_sys(BPF_BTF_LOAD, &a, sizeof(a)), EINVAL, "type 3");
	expect(strlen(log) == 9 && log[10] == 'x', "cut to 10: \"%.20s\"", log);
}

static void log_arguments(void)
{
	struct blob b = blob_of(INT_A);
	char log[64] = "untouched";
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&b;
	attr.btf_size = b.size;
	attr.btf_log_level = 1;
	expect_refused(xbpf_sys(BPF_BTF_LOAD, &attr, sizeof(attr)), EINVAL, "btf_log_level");
	attr.btf_log_buf = (uintptr_t)log;
	expect_refused(xbpf_sys(BPF_BTF_LOAD, &attr, sizeof(attr)), EINVAL, "btf_log_size");
	attr.btf_log_size = sizeof(log);
	attr.btf_log_level = 8;
	expect_refused(xbpf_sys(BPF_BTF_LOAD, &attr, sizeof(attr)), EINVAL, "btf_log_level 8");
	attr.btf_log_level = 1;
	fd = xbpf_sys(BPF_BTF_LOAD, &attr, sizeof(attr));
	expect(fd >= 0 && !log[0], "success leaves an empty log");
	close(fd);
	attr.btf_log_buf = 16;
	memset((char *)&attr + 28, 0, 4);
	expect(xbpf_sys(BPF_BTF_LOAD, &attr, sizeof(attr)) == -1 && errno == EFAULT, "errno %d", errno);
}

/* ---- ids, info ---- */

static void ids(void)
{
	int fd = good(), other;
	__u32 id = btf_id(fd);
	union bpf_attr attr;

	expect(id && xbpf_id_lives(BPF_BTF_GET_NEXT_ID, id), "listed");
	other = xbpf_fd_by_id(BPF_BTF_GET_FD_BY_ID, id);
	expect(other >= 0 && btf_id(other) == id, "by id: %s", xbpf_words());
	close(fd);
	expect(xbpf_id_lives(BPF_BTF_GET_NEXT_ID, id), "the other fd keeps it");
	close(other);
	expect(xbpf_id_dies(BPF_BTF_GET_NEXT_ID, id), "gone with the last fd");
	memset(&attr, 0, sizeof(attr));
	attr.btf_id = id;
	expect_refused(xbpf_sys(BPF_BTF_GET_FD_BY_ID, &attr, sizeof(attr)), ENOENT, "no BTF with id");
}

static void info(void)
{
	const struct blob b = blob_of(MAIN_TYPES);
	int fd = load(&b);
	struct bpf_btf_info i = { 0 };
	char back[4096] = "", name[8] = "xxxxxxx";

	expect_eq(btf_info(fd, &i), 0);
	expect_eq(i.btf_size, b.size);
	expect(i.id && !i.kernel_btf && !i.name_len);
	i.btf = (uintptr_t)back;
	i.btf_size = sizeof(back);
	i.name = (uintptr_t)name;
	i.name_len = sizeof(name);
	expect_eq(btf_info(fd, &i), 0);
	expect(i.btf_size == b.size && !memcmp(back, &b, b.size), "the same bytes");
	expect(!name[0] && name[1] == 'x', "an empty name");
	memset(back, 0, sizeof(back));
	memset(&i, 0, sizeof(i));
	i.btf = (uintptr_t)back;
	i.btf_size = 10;
	expect_eq(btf_info(fd, &i), 0);
	expect(i.btf_size == b.size && !memcmp(back, &b, 10) && !back[10], "ten bytes, no more");
	memset(&i, 0, sizeof(i));
	i.name = (uintptr_t)name;
	expect_refused(btf_info(fd, &i), EINVAL, "name_len");
	memset(&i, 0, sizeof(i));
	i.btf = 16;
	i.btf_size = 100;
	expect_refused(btf_info(fd, &i), EFAULT, "btf");
	close(fd);
}

/* ---- maps with types ---- */

static int typed_map(int btf, __u32 key, __u32 value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_HASH;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	attr.btf_fd = btf;
	attr.btf_key_type_id = key;
	attr.btf_value_type_id = value;
	return xbpf_sys(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static void map_types(void)
{
	int btf = good(), fd = typed_map(btf, 1, 1), back;
	struct bpf_map_info i = { 0 };
	__u32 id = btf_id(btf);

	expect(!xbpf_map_info(fd, &i) && i.btf_id == id && i.btf_key_type_id == 1 &&
	       i.btf_value_type_id == 1,
	       "BTF %u, key %u, value %u", i.btf_id, i.btf_key_type_id, i.btf_value_type_id);
	expect_refused(typed_map(btf, 4, 1), EINVAL, "no type 4");
	expect_refused(typed_map(btf, 1, 77), EINVAL, "no type 77");
	expect_refused(typed_map(fd, 1, 1), EBADF, "no BTF");
	close(btf);
	usleep(30000);
	back = xbpf_fd_by_id(BPF_BTF_GET_FD_BY_ID, id);
	expect(back >= 0, "the map keeps it");
	close(back);
	close(fd);
	expect(xbpf_id_dies(BPF_BTF_GET_NEXT_ID, id), "gone with the map");
}

/* ---- programs with lines ---- */

struct prog_info {
	int btf;
	const void *lines, *funcs;
	__u32 line_size, line_cnt, func_size, func_cnt;
};

static int load_prog(const struct prog_info *p)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 1), MOV_IMM(R0, 2), MOV_IMM(R0, 3), EXIT };
	union bpf_attr attr;

	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "lines", insns, 4, 0);
	attr.prog_btf_fd = p->btf;
	attr.line_info = (uintptr_t)p->lines;
	attr.line_info_rec_size = p->line_size;
	attr.line_info_cnt = p->line_cnt;
	attr.func_info = (uintptr_t)p->funcs;
	attr.func_info_rec_size = p->func_size;
	attr.func_info_cnt = p->func_cnt;
	return xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
}

#define LINE(insn, n) { .insn_off = (insn), .file_name_off = 8, .line_off = 15, \
			.line_col = (n) << 10 | 3 }

static void lines_accepted(void)
{
	struct bpf_line_info lines[] = { LINE(0, 10), LINE(2, 11) };
	struct bpf_func_info func = { .insn_off = 0, .type_id = 3 };
	struct prog_info p = { good(), lines, &func, 16, 2, 8, 1 };
	struct bpf_prog_info i = { 0 };
	__u32 id = btf_id(p.btf);
	int fd = load_prog(&p);

	expect(fd >= 0, "%s: %s", strerror(errno), xbpf_words());
	expect(!xbpf_prog_info(fd, &i) && i.btf_id == id && i.nr_line_info == 2 && i.nr_func_info == 1,
	       "BTF %u, %u lines, %u functions", i.btf_id, i.nr_line_info, i.nr_func_info);
	close(p.btf);
	usleep(30000);
	expect(xbpf_id_lives(BPF_BTF_GET_NEXT_ID, id), "the program keeps it");
	close(fd);
	expect(xbpf_id_dies(BPF_BTF_GET_NEXT_ID, id), "gone with the program");
}

static void lines_refused(void)
{
	struct bpf_line_info twice[] = { LINE(0, 10), LINE(0, 11) },
		back[] = { LINE(0, 10), LINE(2, 11), LINE(1, 1) };
	struct bpf_line_info late = LINE(1, 10), beyond[] = { LINE(0, 10), LINE(4, 11) };
	struct bpf_line_info file = LINE(0, 10), text = LINE(0, 10);
	struct prog_info p = { good(), twice, NULL, 16, 2, 0, 0 };

	expect_refused(load_prog(&p), EINVAL, "line_info: record 1");
	p.lines = back;
	p.line_cnt = 3;
	expect_refused(load_prog(&p), EINVAL, "line_info: record 2");
	p.lines = beyond;
	p.line_cnt = 2;
	expect_refused(load_prog(&p), EINVAL, "instruction 4");
	p.lines = &late;
	p.line_cnt = 1;
	expect_refused(load_prog(&p), EINVAL, "first record");
	file.file_name_off = 5000;
	p.lines = &file;
	expect_refused(load_prog(&p), EINVAL, "strings");
	text.line_off = sizeof(names);
	p.lines = &text;
	expect_refused(load_prog(&p), EINVAL, "strings");
	p.line_cnt = 5;
	expect_refused(load_prog(&p), EINVAL, "line_info_cnt 5");
	p.line_cnt = 0xffffffff;
	expect_refused(load_prog(&p), EINVAL, "line_info_cnt");
	p.lines = (void *)16;
	p.line_cnt = 1;
	expect_refused(load_prog(&p), EFAULT, "line_info");
	close(p.btf);
}

/*
 * Records on two pages, of which user space fills the second one only when the kernel reads it: by
 * then the kernel has read the first page, and user space changes what is there.
 */
struct late_page {
	int uffd;
	char *page;
	const void *content;
	struct bpf_line_info *change;	/* on the page before */
	bool done;
};

static void *fill_late(void *arg)
{
	struct late_page *late = arg;
	struct uffdio_copy copy = { .dst = (uintptr_t)late->page, .src = (uintptr_t)late->content,
				    .len = 4096 };
	struct pollfd ready = { .fd = late->uffd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&ready, 1, 20000) != 1 || read(late->uffd, &msg, sizeof(msg)) != sizeof(msg) ||
	    msg.event != UFFD_EVENT_PAGEFAULT)
		return NULL;
	/* what no check would let pass */
	late->change->file_name_off = late->change->line_off = 0xffffff;
	late->change->line_col = 99 << 10;
	late->done = !ioctl(late->uffd, UFFDIO_COPY, &copy);
	return NULL;
}

static void records_read_once(void)
{
	static char content[4096] __attribute__((aligned(4096)));
	const struct bpf_line_info given[] = { LINE(0, 10), LINE(1, 11), LINE(2, 12) };
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct bpf_line_info *lines = (void *)(pages + 4096 - 2 * sizeof(*lines)), shown[3] = { 0 };
	struct late_page late = { .page = pages + 4096, .content = content, .change = lines };
	struct uffdio_register reg = { .range = { (uintptr_t)late.page, 4096 },
				       .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct bpf_prog_info i = { .nr_line_info = 3, .line_info = (uintptr_t)shown,
				   .line_info_rec_size = sizeof(shown[0]) };
	struct prog_info p = { good(), lines, NULL, sizeof(*lines), 3, 0, 0 };
	struct uffdio_api api = { .api = UFFD_API };
	pthread_t t;
	int fd;

	memcpy(lines, given, 2 * sizeof(*lines));
	memcpy(content, &given[2], sizeof(*lines));
	late.uffd = syscall(__NR_userfaultfd, O_CLOEXEC);
	if (!expect(late.uffd >= 0 && !ioctl(late.uffd, UFFDIO_API, &api) &&
		    !ioctl(late.uffd, UFFDIO_REGISTER, &reg), "userfaultfd: %s", strerror(errno)))
		return;
	pthread_create(&t, NULL, fill_late, &late);
	fd = load_prog(&p);
	expect(fd >= 0, "%s: %s", strerror(errno), xbpf_words());
	pthread_join(t, NULL);
	expect(late.done && memcmp(lines, given, sizeof(*lines)), "nobody changed the records");
	expect_eq(xbpf_prog_info(fd, &i), 0);
	expect(!memcmp(shown, given, sizeof(given)), "line %u of file name %u: read after it was checked",
	       shown[0].line_col >> 10, shown[0].file_name_off);
	close(fd);
	close(late.uffd);
	close(p.btf);
	munmap(pages, 8192);
}

static void record_sizes(void)
{
	struct { struct bpf_line_info line; __u32 more[60]; } wide = { .line = LINE(0, 10) };
	struct prog_info p = { good(), &wide, NULL, 12, 1, 0, 0 };
	static const __u32 bad[] = { 0, 12, 18, 256, 0xfffffffc };
	__u32 i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		p.line_size = bad[i];
		expect_refused(load_prog(&p), EINVAL, "line_info_rec_size");
	}
	p.line_size = 252;
	fd = load_prog(&p);
	expect(fd >= 0, "252 bytes: %s", xbpf_words());
	close(fd);
	wide.more[58] = 1;
	expect_refused(load_prog(&p), E2BIG, "non-zero");
	close(p.btf);
}

static void funcs_refused(void)
{
	struct bpf_func_info func = { .insn_off = 0, .type_id = 1 };
	struct prog_info p = { good(), NULL, &func, 0, 0, 8, 1 };

	expect_refused(load_prog(&p), EINVAL, "no function");
	func.type_id = 99;
	expect_refused(load_prog(&p), EINVAL, "no function");
	func.type_id = 3;
	func.insn_off = 1;
	expect_refused(load_prog(&p), EINVAL, "first record");
	func.insn_off = 0;
	p.func_size = 4;
	expect_refused(load_prog(&p), EINVAL, "func_info_rec_size 4");
	p.func_size = 8;
	p.btf = 9999;
	expect_refused(load_prog(&p), EBADF, "BTF");
}

/* ---- threads ---- */

static volatile int stop;

static void *race(void *arg)
{
	const struct blob b = blob_of(MAIN_TYPES);
	long bad = 0;
	__u32 id;
	int fd;

	while (!stop) {
		if (arg) {
			fd = load(&b);
			bad += fd < 0;
			close(fd);
			continue;
		}
		for (id = 0; (id = xbpf_next_id(BPF_BTF_GET_NEXT_ID, id));) {
			fd = xbpf_fd_by_id(BPF_BTF_GET_FD_BY_ID, id);
			bad += fd >= 0 && btf_id(fd) != id;
			if (fd >= 0)
				close(fd);
		}
	}
	return (void *)bad;
}

static void threads(void)
{
	pthread_t t[4];
	void *bad;
	long i;

	stop = 0;
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, race, (void *)(i & 1));
	usleep(700000);
	stop = 1;
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &bad);
		expect_eq((long)bad, 0);
	}
}

static const struct tap_test tests[] = {
	{ "all kinds of types are accepted", all_kinds },
	{ "a struct may point to itself", recursion },
	{ "a longer header is accepted when its tail is zero", long_header },
	{ "bad headers are refused", bad_headers },
	{ "sections out of bounds, out of place or with gaps are refused", bad_sections },
	{ "strings without their NULs are refused", bad_strings },
	{ "unknown kinds, flags and names out of range are refused", bad_infos },
	{ "types that end too early are refused", short_types },
	{ "type ids and member names out of range are refused", bad_ids },
	{ "functions need a name, a prototype and a linkage", bad_funcs },
	{ "typedefs that lead back to themselves are refused", circles },
	{ "every bit turned over", every_byte },
	{ "the log says why, and is cut to fit", log_says },
	{ "arguments of the log", log_arguments },
	{ "ids are listed, opened, and end with the BTF", ids },
	{ "info gives the bytes back", info },
	{ "a map has types and keeps their BTF", map_types },
	{ "a program has lines and functions and keeps their BTF", lines_accepted },
	{ "bad source lines are refused", lines_refused },
	{ "what info shows is what was checked", records_read_once },
	{ "records of other sizes", record_sizes },
	{ "bad functions are refused", funcs_refused },
	{ "threads: BTFs that come and go", threads },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
