/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl prog dump: instructions and machine code, with source lines and names. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "core/disasm.h"
#include "code.h"
#include "file.h"
#include "info.h"
#include "insns.h"
#include "kallsyms.h"
#include "out.h"
#include "sites.h"

/* All that the kernel tells of a program; the arrays lie in one piece of memory each. */
struct dump {
	struct bpf_prog_info info;
	struct bpf_prog_linfo *lines;
	struct btf *btf;
	struct sites sites;
	const struct insns_opts *opts;
};

static void *as_pointer(__u64 address)
{
	return (void *)(unsigned long)address;
}

static int make_room(__u64 *address, __u64 n, __u64 size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	*address = (unsigned long)p;
	return p ? 0 : out_error("out of memory");
}

static void dump_free(struct dump *d)
{
	free(as_pointer(d->info.xlated_prog_insns));
	free(as_pointer(d->info.jited_prog_insns));
	free(as_pointer(d->info.line_info));
	free(as_pointer(d->info.jited_line_info));
	free(as_pointer(d->info.jited_ksyms));
	free(as_pointer(d->info.jited_func_lens));
	free(as_pointer(d->info.func_info));
	sites_free(&d->sites);
	bpf_prog_linfo__free(d->lines);
	btf__free(d->btf);
}

/* First the sizes, then the contents. */
static int dump_read(int fd, struct dump *d)
{
	struct bpf_prog_info known = { 0 }, asked, *i = &d->info;
	__u32 size = sizeof(known);
	int err;

	if (bpf_obj_get_info_by_fd(fd, &known, &size))
		goto refused;
	i->xlated_prog_len = known.xlated_prog_len;
	i->jited_prog_len = known.jited_prog_len;
	i->nr_line_info = known.nr_line_info;
	i->line_info_rec_size = known.line_info_rec_size;
	i->nr_jited_line_info = known.nr_jited_line_info;
	i->jited_line_info_rec_size = known.jited_line_info_rec_size;
	i->nr_jited_ksyms = known.nr_jited_ksyms;
	i->nr_jited_func_lens = known.nr_jited_func_lens;
	i->nr_func_info = known.nr_func_info;
	i->func_info_rec_size = known.func_info_rec_size;
	if (make_room(&i->xlated_prog_insns, i->xlated_prog_len, 1) ||
	    make_room(&i->jited_prog_insns, i->jited_prog_len, 1) ||
	    make_room(&i->line_info, i->nr_line_info, i->line_info_rec_size) ||
	    make_room(&i->jited_line_info, i->nr_jited_line_info, i->jited_line_info_rec_size) ||
	    make_room(&i->jited_ksyms, i->nr_jited_ksyms, sizeof(__u64)) ||
	    make_room(&i->jited_func_lens, i->nr_jited_func_lens, sizeof(__u32)) ||
	    make_room(&i->func_info, i->nr_func_info, i->func_info_rec_size))
		return -1;
	asked = *i;
	size = sizeof(*i);
	err = bpf_obj_get_info_by_fd(fd, i, &size);
	if (!err && asked.jited_prog_len && !i->jited_prog_insns)	/* addresses are not for this process */
		i->jited_prog_len = i->nr_jited_ksyms = i->nr_jited_line_info = 0;
	i->jited_prog_insns = asked.jited_prog_insns;
	i->jited_ksyms = asked.jited_ksyms;
	i->jited_line_info = asked.jited_line_info;
	if (err)
		goto refused;
	if (i->btf_id)
		d->btf = btf__load_from_kernel_by_id(i->btf_id);
	if (d->btf && i->nr_line_info)
		d->lines = bpf_prog_linfo__new(i);
	return 0;
refused:
	return out_error("the program cannot be read: %s", why(BPF_OBJ_GET_INFO_BY_FD, errno));
}

static void show_line(const struct dump *d, const struct bpf_line_info *line)
{
	const char *text, *file;

	/* compilers give instructions of their own the line 0 */
	if (!line || !BPF_LINE_INFO_LINE_NUM(line->line_col))
		return;
	text = btf__name_by_offset(d->btf, line->line_off);
	file = btf__name_by_offset(d->btf, line->file_name_off);
	while (text && (*text == ' ' || *text == '\t'))
		text++;
	if (!text || !*text) {	/* no source went into the object */
		if (!d->opts->linum)
			return;
		text = "";
	}
	out_str("src", "; %s", text);
	if (d->opts->linum && file) {
		out_str("file", " [file:%s", file);
		out_uint("line_num", " line_num:%llu", BPF_LINE_INFO_LINE_NUM(line->line_col));
		out_uint("line_col", " line_col:%llu]", BPF_LINE_INFO_LINE_COL(line->line_col));
	}
	out_text("\n");
}

/* "map[id:7]", "map[id:7][0]+16" */
int insns_map_name(void *priv, const struct bpf_insn *insn, char *buf, size_t size)
{
	(void)priv;
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
		return snprintf(buf, size, "map[id:%u][0]+%u", (__u32)insn->imm, (__u32)insn[1].imm);
	return snprintf(buf, size, "map[id:%u]", (__u32)insn->imm);
}

static __u32 func_offset(const struct dump *d, __u32 f)
{
	const struct bpf_func_info *info = as_pointer(d->info.func_info +
						      (__u64)f * d->info.func_info_rec_size);

	return info->insn_off;
}

/* The name of the function that starts at this instruction, or NULL. */
static const char *function_at(const struct dump *d, __u32 insn)
{
	const struct btf_type *type;
	const struct bpf_func_info *f;
	__u32 i;

	for (i = 0; d->btf && i < d->info.nr_func_info; i++) {
		f = as_pointer(d->info.func_info + (__u64)i * d->info.func_info_rec_size);
		if (f->insn_off != insn)
			continue;
		type = btf__type_by_id(d->btf, f->type_id);
		return type ? btf__name_by_offset(d->btf, type->name_off) : NULL;
	}
	return NULL;
}

/* The fields of an instruction, as bpftool's JSON has them; its second half lies in imm. */
static void show_fields(const struct dump *d, const struct bpf_insn *insn, __u32 len)
{
	const unsigned char *p = (const void *)insn;
	char word[8];
	__u32 i;

	if (!d->opts->opcodes)
		return;
	out_open("opcodes", '{');
	snprintf(word, sizeof(word), "0x%02x", insn->code);
	out_str("code", NULL, word);
	snprintf(word, sizeof(word), "0x%x", insn->src_reg);
	out_str("src_reg", NULL, word);
	snprintf(word, sizeof(word), "0x%x", insn->dst_reg);
	out_str("dst_reg", NULL, word);
	out_bytes("off", NULL, &insn->off, sizeof(insn->off));
	out_bytes("imm", NULL, &insn->imm, len * sizeof(*insn) - offsetof(struct bpf_insn, imm));
	out_close();
	out_text("       ");
	for (i = 0; i < len * sizeof(*insn); i++)
		out_text(" %02x", p[i]);
	out_text("\n");
}

static const char *visual_name(const void *dump, __u32 insn)
{
	return function_at(dump, insn);
}

static int dump_visual(const struct dump *d)
{
	const struct bpf_insn *insns = as_pointer(d->info.xlated_prog_insns);

	return insns_visual(insns, d->info.xlated_prog_len / sizeof(*insns), visual_name, d);
}

static int dump_xlated(const struct dump *d)
{
	const struct bpf_insn *insns = as_pointer(d->info.xlated_prog_insns);
	__u32 n = d->info.xlated_prog_len / sizeof(*insns), i, len;
	const struct bpf_line_info *line;
	const char *function;
	char text[256], line_text[270];

	out_open(NULL, '[');
	for (i = 0; i < n; i += len) {
		len = insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1;
		if (i + len > n)
			break;	/* half an instruction: the disassembler would read on */
		out_open(NULL, '{');
		function = function_at(d, i);
		if (function)
			out_str("proto", "%s:\n", function);
		line = d->lines ? bpf_prog_linfo__lfind(d->lines, i, 0) : NULL;
		if (line && line->insn_off == i)
			show_line(d, line);
		xbpf_disasm(text, sizeof(text), &insns[i], insns_map_name, NULL);
		snprintf(line_text, sizeof(line_text), "(%02x) %s", insns[i].code, text);
		out_uint("pc", "%4llu: ", i);
		out_str("disasm", "%s\n", line_text);
		show_fields(d, &insns[i], len);
		out_close();
	}
	out_close();
	return 0;
}

/* One function of compiled code: where it begins in the image. */
struct function {
	const struct dump *d;
	__u32 f;
	__u32 offset;
};

/* The source line whose code begins in these @n bytes; the last where instructions were fused. */
static void show_jited_line(const void *function, __u32 at, __u32 n)
{
	const struct function *fn = function;
	const struct dump *d = fn->d;
	const __u64 *ksyms = as_pointer(d->info.jited_ksyms), *addrs = as_pointer(d->info.jited_line_info);
	const struct bpf_line_info *line = NULL;
	__u32 i;

	if (!d->lines || fn->f >= d->info.nr_jited_ksyms ||
	    d->info.jited_line_info_rec_size != sizeof(*addrs))
		return;
	for (i = 0; i < d->info.nr_jited_line_info && i < d->info.nr_line_info; i++)
		if (addrs[i] >= ksyms[fn->f] + at && addrs[i] < ksyms[fn->f] + at + n)
			line = as_pointer(d->info.line_info + (__u64)i * d->info.line_info_rec_size);
	show_line(d, line);
}

/* The name of the program's own function whose code starts at @address, or NULL. */
static const char *function_in_code(const struct dump *d, __u64 address)
{
	const __u64 *ksyms = as_pointer(d->info.jited_ksyms);
	__u32 f;

	for (f = 0; f < d->info.nr_jited_ksyms && f < d->info.nr_func_info; f++)
		if (ksyms[f] == address)
			return function_at(d, func_offset(d, f));
	return NULL;
}

/* A function of the program, what a patched jump follows, else the kernel's symbol. */
static bool target_name(const void *function, __u32 at, __u64 target, char *buf, size_t size)
{
	const struct function *fn = function;
	const struct xbpf_prog_site *site = sites_at(&fn->d->sites, fn->offset + at);
	const char *own = function_in_code(fn->d, target);

	if (site && site_name(site, target, buf, size))
		return true;
	if (!own)
		return kallsyms_name(target, buf, size);
	snprintf(buf, size, "%s", own);
	return true;
}

static void show_follows(const void *function, __u32 at, __u64 target)
{
	const struct function *fn = function;
	const struct xbpf_prog_site *site = sites_at(&fn->d->sites, fn->offset + at);

	if (site)
		site_remark(site, target);
}

static int dump_function(const struct dump *d, __u32 f, const unsigned char *bytes, __u32 len)
{
	const __u64 *ksyms = as_pointer(d->info.jited_ksyms);
	const unsigned char *image = as_pointer(d->info.jited_prog_insns);
	const struct function function = { .d = d, .f = f, .offset = (__u32)(bytes - image) };
	const struct code code = {
		.bytes = bytes,
		.len = len,
		.base = f < d->info.nr_jited_ksyms ? ksyms[f] : 0,
		.opcodes = d->opts->opcodes,
		.priv = &function,
		.before = show_jited_line,
		.name = target_name,
		.behind = show_follows,
	};

	return code_out(&code);
}

static int dump_jited(const struct dump *d)
{
	const __u32 *lens = as_pointer(d->info.jited_func_lens);
	const unsigned char *code = as_pointer(d->info.jited_prog_insns);
	__u32 left = d->info.jited_prog_len, f, n = d->info.nr_jited_func_lens, len;
	const char *name;
	int err = 0;

	out_open(NULL, '[');
	for (f = 0; left && f < (n ? n : 1) && !err; f++) {
		len = n && lens[f] < left ? lens[f] : left;
		out_open(NULL, '{');
		name = f < d->info.nr_func_info ? function_at(d, func_offset(d, f)) : NULL;
		if (name)
			out_str("name", "%s:\n", name);
		out_open("insns", '[');
		err = dump_function(d, f, code, len);
		out_close();
		out_close();
		code += len;
		left -= len;
	}
	out_close();
	return err;
}

static int write_file(const struct dump *d)
{
	const void *bytes = as_pointer(d->opts->jited ? d->info.jited_prog_insns :
				       d->info.xlated_prog_insns);
	__u32 len = d->opts->jited ? d->info.jited_prog_len : d->info.xlated_prog_len;

	return file_write(d->opts->file, bytes, len);
}

int insns_dump(int prog_fd, const struct insns_opts *opts)
{
	struct dump d = { .opts = opts };
	int err;

	err = dump_read(prog_fd, &d);
	if (!err && opts->jited && !d.info.jited_prog_len)
		err = out_error("program %u is not compiled: it runs in the "
				"interpreter, or this process may not see kernel addresses "
				"(CAP_PERFMON); see `dump xlated`",
				d.info.id);
	else if (!err && !opts->jited && !d.info.xlated_prog_len)
		err = out_error("the instructions of program %u are not for this process to see: "
				"run as root", d.info.id);
	else if (!err && opts->file)
		err = write_file(&d);
	else if (!err && opts->jited)
		err = sites_get(prog_fd, &d.sites) ?: dump_jited(&d);
	else if (!err)
		err = opts->visual ? dump_visual(&d) : dump_xlated(&d);
	dump_free(&d);
	return err;
}
