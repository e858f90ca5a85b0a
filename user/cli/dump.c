/* SPDX-License-Identifier: GPL-2.0 */
/* Values of maps, shown by their types in BTF. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "dump.h"
#include "info.h"
#include "kallsyms.h"
#include "out.h"
#include "stats.h"

/* BTF comes from whoever loaded the map: types may nest without end. */
#define NESTING 24

struct bytes {
	const unsigned char *p;
	__u64 bits;
};

static void dump_type(const struct btf *btf, __u32 id, struct bytes data, __u64 bit, __u32 bit_size,
		      const char *name, int nesting);

/* @n <= 64 bits from bit @at on; beyond the value there are zeros */
static __u64 bits(struct bytes data, __u64 at, __u32 n)
{
	__u64 value = 0;
	__u32 i;

	for (i = 0; i < n && at + i < data.bits; i++)
		value |= (__u64)(data.p[(at + i) / 8] >> ((at + i) % 8) & 1) << i;
	return value;
}

static long long extend(__u64 value, __u32 n)
{
	return n && n < 64 ? (long long)(value << (64 - n)) >> (64 - n) : (long long)value;
}

static void dump_int(const struct btf_type *t, struct bytes data, __u64 bit, __u32 bit_size,
		     const char *name)
{
	__u32 n = bit_size ? bit_size : btf_int_bits(t);
	__u64 value;

	bit += btf_int_offset(t);
	if (n > 64) {		/* __int128 */
		if (bit % 8 || bit + n > data.bits)
			out_value_word(name, "?");
		else
			out_value_hex(name, data.p + bit / 8, n / 8);
		return;
	}
	value = bits(data, bit, n);
	if (btf_int_encoding(t) & BTF_INT_BOOL)
		out_value_bool(name, value);
	else if (btf_int_encoding(t) & BTF_INT_SIGNED)
		out_value_int(name, extend(value, n));
	else
		out_value_uint(name, value);
}

static void dump_enum(const struct btf *btf, const struct btf_type *t, struct bytes data, __u64 bit,
		      __u32 bit_size, const char *name)
{
	__u32 n = bit_size ? bit_size : t->size * 8, i;
	__u64 mask, value;

	if (n > 64)
		n = 64;
	mask = n == 64 ? ~0ULL : (1ULL << n) - 1;
	value = bits(data, bit, n);
	for (i = 0; i < btf_vlen(t); i++) {
		__u64 known = btf_is_enum64(t) ? btf_enum64_value(btf_enum64(t) + i) : (__u32)btf_enum(t)[i].val;
		__u32 at = btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;

		if ((known & mask) == value) {
			out_value_word(name, btf__name_by_offset(btf, at));
			return;
		}
	}
	if (btf_kflag(t))
		out_value_int(name, extend(value, n));
	else
		out_value_uint(name, value);
}

/* Text in an array of char: printable up to the first NUL, zeros behind it. */
static int text_length(const unsigned char *p, __u32 n)
{
	__u32 i, len;

	for (len = 0; len < n && p[len]; len++)
		if (!isprint(p[len]) && p[len] != '\n' && p[len] != '\t')
			return -1;
	for (i = len; i < n; i++)
		if (p[i])
			return -1;
	return len;
}

static void dump_array(const struct btf *btf, const struct btf_type *t, struct bytes data,
		       __u64 bit, const char *name, int nesting)
{
	const struct btf_array *array = btf_array(t);
	const struct btf_type *elem = btf__type_by_id(btf, array->type);
	__s64 size = btf__resolve_size(btf, array->type);
	__u32 i;
	int len;

	while (elem && (btf_is_mod(elem) || btf_is_typedef(elem)))
		elem = btf__type_by_id(btf, elem->type);
	if (elem && btf_is_int(elem) && elem->size == 1 && bit + 8ULL * array->nelems <= data.bits &&
	    !strcmp(btf__name_by_offset(btf, elem->name_off), "char")) {
		len = text_length(data.p + bit / 8, array->nelems);
		if (len >= 0) {
			out_value_str(name, (const char *)data.p + bit / 8, len);
			return;
		}
	}
	out_value_open(name, '[');
	for (i = 0; size > 0 && i < array->nelems && bit < data.bits; i++, bit += 8 * size)
		dump_type(btf, array->type, data, bit, 0, NULL, nesting + 1);
	out_value_close();
}

/* Members of an unnamed member are written as members of the outer one, as C reads them. */
static void dump_members(const struct btf *btf, const struct btf_type *t, struct bytes data,
			 __u64 bit, int nesting)
{
	const struct btf_member *m = btf_members(t);
	const struct btf_type *inner;
	const char *name;
	__u32 i;

	for (i = 0; i < btf_vlen(t); i++, m++) {
		name = btf__name_by_offset(btf, m->name_off);
		inner = btf__type_by_id(btf, m->type);
		if (!*name && inner && btf_is_composite(inner) && nesting < NESTING)
			dump_members(btf, inner, data, bit + btf_member_bit_offset(t, i), nesting + 1);
		else
			dump_type(btf, m->type, data, bit + btf_member_bit_offset(t, i),
				  btf_member_bitfield_size(t, i), name, nesting + 1);
	}
}

static void dump_section(const struct btf *btf, const struct btf_type *t, struct bytes data,
			 __u64 bit, int nesting)
{
	const struct btf_var_secinfo *v = btf_var_secinfos(t);
	const struct btf_type *var;
	__u32 i;

	for (i = 0; i < btf_vlen(t); i++, v++) {
		var = btf__type_by_id(btf, v->type);
		if (var && btf_is_var(var))
			dump_type(btf, var->type, data, bit + 8ULL * v->offset, 0,
				  btf__name_by_offset(btf, var->name_off), nesting + 1);
	}
}

static void dump_float(const struct btf_type *t, struct bytes data, __u64 bit, const char *name)
{
	double wide;
	float narrow;

	if (bit + 8ULL * t->size <= data.bits && t->size == sizeof(wide)) {
		memcpy(&wide, data.p + bit / 8, sizeof(wide));
		out_value_float(name, wide);
	} else if (bit + 8ULL * t->size <= data.bits && t->size == sizeof(narrow)) {
		memcpy(&narrow, data.p + bit / 8, sizeof(narrow));
		out_value_float(name, narrow);
	} else {
		out_value_word(name, "?");
	}
}

static void dump_type(const struct btf *btf, __u32 id, struct bytes data, __u64 bit, __u32 bit_size,
		      const char *name, int nesting)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	char word[32];
	int i;

	for (i = 0; t && (btf_is_mod(t) || btf_is_typedef(t)) && i < NESTING; i++)
		t = btf__type_by_id(btf, t->type);
	if (!t || nesting >= NESTING) {
		out_value_word(name, "?");
		return;
	}
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		dump_int(t, data, bit, bit_size, name);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		dump_enum(btf, t, data, bit, bit_size, name);
		break;
	case BTF_KIND_PTR:
		snprintf(word, sizeof(word), "0x%llx", bits(data, bit, 64));
		out_value_word(name, word);
		break;
	case BTF_KIND_FLOAT:
		dump_float(t, data, bit, name);
		break;
	case BTF_KIND_ARRAY:
		dump_array(btf, t, data, bit, name, nesting);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		out_value_open(name, '{');
		dump_members(btf, t, data, bit, nesting);
		out_value_close();
		break;
	case BTF_KIND_DATASEC:
		out_value_open(name, '{');
		dump_section(btf, t, data, bit, nesting);
		out_value_close();
		break;
	default:
		out_value_word(name, "?");
		break;
	}
}

static bool percpu(__u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
		type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

int map_view_open(struct map_view *view, int fd)
{
	memset(view, 0, sizeof(*view));
	view->fd = fd;
	view->cpus = 1;
	if (map_info_get(fd, &view->info))
		return -1;
	view->stride = (view->info.value_size + 7) / 8 * 8;
	if (percpu(view->info.type)) {
		view->cpus = libbpf_num_possible_cpus();
		if (view->cpus < 0)
			return out_error("the number of possible CPUs is not known: %s", strerror(-view->cpus));
	}
	/* Without BTF entries are bytes; nothing else is lost. */
	if (view->info.btf_id)
		view->btf = btf__load_from_kernel_by_id(view->info.btf_id);
	return 0;
}

void map_view_close(struct map_view *view)
{
	btf__free(view->btf);
	view->btf = NULL;
}

int map_view_programs(const struct map_view *view)
{
	return view->info.type == BPF_MAP_TYPE_PROG_ARRAY;
}

int map_view_maps(const struct map_view *view)
{
	return view->info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
		view->info.type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static bool indexed(const struct map_view *view)
{
	return view->info.type == BPF_MAP_TYPE_ARRAY || view->info.type == BPF_MAP_TYPE_PERCPU_ARRAY ||
		view->info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map_view_programs(view);
}

static bool typed(const struct map_view *view)
{
	return view->btf && view->info.btf_value_type_id;
}

static void formatted_key(const struct map_view *view, const char *name, const void *key)
{
	struct bytes data = { key, 8ULL * view->info.key_size };
	__u32 index;

	if (view->btf && view->info.btf_key_type_id) {
		dump_type(view->btf, view->info.btf_key_type_id, data, 0, 0, name, 0);
	} else if (indexed(view)) {
		memcpy(&index, key, sizeof(index));
		out_value_uint(name, index);
	} else {
		out_value_hex(name, key, view->info.key_size);
	}
}

static void formatted_value(const struct map_view *view, const void *value)
{
	struct bytes data = { value, 8ULL * view->info.value_size };

	if (typed(view))
		dump_type(view->btf, view->info.btf_value_type_id, data, 0, 0, "value", 0);
	else
		out_value_hex("value", value, view->info.value_size);
}

/*
 * What stands here is for people, and for programs if there are types to write it by: as bpftool.
 */
static bool formatted_open(const struct map_view *view)
{
	if (!typed(view) && !out_is_text())
		return false;
	out_open("formatted", '{');
	return true;
}

void map_view_next(const struct map_view *view, const void *key, const void *next)
{
	out_open(NULL, '{');
	if (key)
		out_bytes("key", NULL, key, view->info.key_size);
	else
		out_null("key");
	out_bytes("next_key", NULL, next, view->info.key_size);
	if (formatted_open(view)) {
		out_text("key: ");
		formatted_key(view, "next_key", next);
		out_text("\n");
		out_close();
	}
	out_close();
}

/* What a slot refers to. */
static void reference(const struct map_view *view, const void *key, const void *value)
{
	bool programs = map_view_programs(view), counted = false;
	char name[NAME_SIZE];
	__u64 taken = 0;
	__u32 id;

	memcpy(&id, value, sizeof(id));
	if (programs)
		prog_name_by_id(id, name);
	else
		map_name_by_id(id, name);
	out_bytes("key", NULL, key, view->info.key_size);
	out_bytes("value", NULL, value, view->info.value_size);
	out_open("formatted", '{');
	if (indexed(view)) {
		out_uint("key", programs ? "slot %llu: " : "key: %llu  ", *(const __u32 *)key);
	} else {
		out_text("key: ");
		formatted_key(view, "key", key);
		out_text("  ");
	}
	out_uint("value", programs ? "program %llu" : "map %llu", id);
	out_close();
	/* who may not ask goes without */
	if (programs && !stats_slots(view->fd, *(const __u32 *)key, &taken, 1, &counted) &&
	    (counted || taken))
		out_uint("taken", "  taken %llu", taken);
	out_str("name", "  name %s\n", name);
}

/* A value for each CPU, as bpftool's JSON has them. */
static void values(const struct map_view *view, const void *key, const void *value)
{
	const char *each = value;
	int i;

	out_bytes("key", NULL, key, view->info.key_size);
	out_open("values", '[');
	for (i = 0; i < view->cpus; i++) {
		out_open(NULL, '{');
		out_uint("cpu", NULL, i);
		out_bytes("value", NULL, each + i * view->stride, view->info.value_size);
		out_close();
	}
	out_close();
	if (!formatted_open(view))
		return;
	out_text("key: ");
	formatted_key(view, "key", key);
	out_open("values", '[');
	for (i = 0; i < view->cpus; i++) {
		out_open(NULL, '{');
		out_uint("cpu", "\n  value (CPU %02llu): ", i);
		formatted_value(view, each + i * view->stride);
		out_close();
	}
	out_close();
	out_close();
	out_text("\n");
}

/* Return addresses, innermost first, up to the first 0. */
static void stack(const struct map_view *view, const void *key, const void *value)
{
	char name[NAME_SIZE];
	__u64 address;
	__u32 i;

	out_bytes("key", NULL, key, view->info.key_size);
	out_bytes("value", NULL, value, view->info.value_size);
	out_open("formatted", '{');
	out_uint("key", "stack %llu:\n", *(const __u32 *)key);
	out_open("value", '[');
	for (i = 0; i + 8 <= view->info.value_size; i += 8) {
		memcpy(&address, (const char *)value + i, sizeof(address));
		if (!address)
			break;
		name[0] = '\0';
		if (address >> 63)
			kallsyms_name(address, name, sizeof(name));
		out_open(NULL, '{');
		out_uint("address", "  %016llx", address);
		out_str("name", *name ? "  %s" : NULL, name);
		out_text("\n");
		out_close();
	}
	out_close();
	out_close();
}

void map_view_value(const struct map_view *view, const void *value)
{
	out_open(NULL, '{');
	out_bytes("key", NULL, NULL, 0);
	out_bytes("value", NULL, value, view->info.value_size);
	if (formatted_open(view)) {
		out_text("value: ");
		formatted_value(view, value);
		out_text("\n");
		out_close();
	}
	out_close();
}

void map_view_entry(const struct map_view *view, const void *key, const void *value)
{
	out_open(NULL, '{');
	if (map_view_programs(view) || map_view_maps(view)) {
		reference(view, key, value);
	} else if (percpu(view->info.type)) {
		values(view, key, value);
	} else if (view->info.type == BPF_MAP_TYPE_STACK_TRACE) {
		stack(view, key, value);
	} else if (typed(view) || indexed(view)) {
		out_bytes("key", NULL, key, view->info.key_size);
		out_bytes("value", NULL, value, view->info.value_size);
		if (formatted_open(view)) {
			out_text("key: ");
			formatted_key(view, "key", key);
			out_text("  value: ");
			formatted_value(view, value);
			out_text("\n");
			out_close();
		}
	} else {
		out_bytes("key", "key: ", key, view->info.key_size);
		out_bytes("value", view->info.key_size > 16 ? "\nvalue: " : "  value: ", value,
			  view->info.value_size);
		out_text("\n");
	}
	out_close();
}
