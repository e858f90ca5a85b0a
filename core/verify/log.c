/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verifier says: instructions, states, reasons.  The vocabulary is the
 * stock kernel's, so that what people know of its logs holds for ours.
 */
#include "core/disasm.h"
#include "core/verify/verifier.h"
#include "core/verify/verifier_priv.h"

static const struct xbpf_line *line_at(const struct xbpf_code *code, u32 pc)
{
	u32 lo = 0, hi = code->line_cnt;

	/* the last line that begins at or before pc */
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (code->lines[mid].insn <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &code->lines[lo - 1] : NULL;
}

static const char *file_name(const struct xbpf_line *line)
{
	const char *slash = line->file ? strrchr(line->file, '/') : NULL;

	return slash ? slash + 1 : line->file;
}

static int refuse(struct xbpf_verifier *v, u32 pc, int err, const char *fmt, va_list ap)
{
	const struct xbpf_line *line = line_at(v->code, pc);

	vsnprintf(v->text, sizeof(v->text), fmt, ap);
	if (line && line->file)
		return xbpf_log_fail(v->log, err, "%s, %s:%u", v->text, file_name(line),
				     line->line);
	return xbpf_log_fail(v->log, err, "%s, instruction %u", v->text, pc);
}

int xbpf_verify_refuse(struct xbpf_verifier *v, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err = refuse(v, v->pc, err, fmt, ap);
	va_end(ap);
	return err;
}

int xbpf_verify_refuse_at(struct xbpf_verifier *v, u32 pc, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err = refuse(v, pc, err, fmt, ap);
	va_end(ap);
	return err;
}

int xbpf_verify_no_memory(struct xbpf_verifier *v)
{
	return xbpf_log_fail(v->log, -ENOMEM,
			     "out of memory while checking the program (%u instructions walked, "
			     "%zu KiB of states): free memory or make the program smaller",
			     v->code->processed, v->bytes >> 10);
}

const char *xbpf_reg_type_name(const struct xbpf_reg *reg)
{
	switch (reg->type) {
	case REG_NONE:
		return "?";
	case REG_SCALAR:
		return "scalar";
	case REG_CTX:
		return "ctx";
	case REG_STACK:
		return "fp";
	case REG_MAP:
		return "map_ptr";
	case REG_VALUE:
		return "map_value";
	case REG_VALUE_OR_NULL:
		return "map_value_or_null";
	case REG_MAP_OR_NULL:
		return "map_ptr_or_null";
	case REG_MEM:
		return reg->ref ? "ringbuf_mem" : "mem";
	case REG_MEM_OR_NULL:
		return reg->ref ? "ringbuf_mem_or_null" : "mem_or_null";
	case REG_PACKET:
		return "pkt";
	case REG_PACKET_META:
		return "pkt_meta";
	case REG_PACKET_END:
		return "pkt_end";
	case REG_KEY:
		return "map_key";
	case REG_FUNC:
		return "func";
	case REG_GONE:
		return "invalidated pointer";
	}
	return "?";
}

/* --- states ---------------------------------------------------------------------------------- */

struct list {
	struct xbpf_log *log;
	const char *sep;
};

__printf(2, 3) static void item(struct list *list, const char *fmt, ...)
{
	va_list ap;

	xbpf_log(list->log, "%s", list->sep);
	list->sep = ",";
	va_start(ap, fmt);
	xbpf_log_v(list->log, fmt, ap);
	va_end(ap);
}

static void log_ranges(struct list *list, const struct xbpf_scalar *a)
{
	if (a->smin != S64_MIN && a->smin != (s64)a->umin)
		item(list, "smin=%lld", (long long)a->smin);
	if (a->smax != S64_MAX && a->smax != (s64)a->umax)
		item(list, "smax=%lld", (long long)a->smax);
	if (a->umin)
		item(list, "umin=%llu", (unsigned long long)a->umin);
	if (a->umax != U64_MAX)
		item(list, "umax=%llu", (unsigned long long)a->umax);
	if (a->smin32 != S32_MIN && (s64)a->smin32 != a->smin)
		item(list, "smin32=%d", a->smin32);
	if (a->smax32 != S32_MAX && (s64)a->smax32 != a->smax)
		item(list, "smax32=%d", a->smax32);
	if (a->umin32 && a->umin32 != a->umin)
		item(list, "umin32=%u", a->umin32);
	if (a->umax32 != U32_MAX && a->umax32 != a->umax)
		item(list, "umax32=%u", a->umax32);
	if (a->bits.mask != U64_MAX)
		item(list, "var_off=(0x%llx; 0x%llx)", (unsigned long long)a->bits.value,
		     (unsigned long long)a->bits.mask);
}

static void log_reg(struct xbpf_verifier *v, const struct xbpf_reg *reg)
{
	struct list list = { .log = v->log, .sep = "" };
	const struct xbpf_map_info *map;

	/* "precise", as upstream says: a verdict depends on the number */
	if (reg->from && reg->from->precision == PRECISION_EXACT)
		xbpf_log(v->log, "P");
	if (reg->type == REG_SCALAR && xbpf_scalar_is_const(&reg->var)) {
		xbpf_log(v->log, "%lld", (long long)reg->var.smin);
		return;
	}
	if (reg->type == REG_STACK && xbpf_scalar_is_const(&reg->var)) {
		if (reg->frame != v->cur->depth)
			xbpf_log(v->log, "fp[%u]%lld", reg->frame,
				 (long long)(reg->off + reg->var.smin));
		else
			xbpf_log(v->log, "fp%lld", (long long)(reg->off + reg->var.smin));
		return;
	}
	xbpf_log(v->log, "%s(", xbpf_reg_type_name(reg));
	if (reg->id)
		item(&list, "id=%u", reg->id);
	if (reg->type == REG_STACK && reg->frame != v->cur->depth)
		item(&list, "frame=%u", reg->frame);
	if (reg_is_pointer(reg) || (reg->off && reg->off < OFF_SHIFTED))
		item(&list, "off=%d", reg->off);
	if (reg->ref)
		item(&list, "ref_obj_id=%u", reg->ref);
	if (reg->size || reg_is_packet(reg))
		item(&list, "%s=%u", reg_is_packet(reg) ? "r" : "sz", reg->size);
	if (reg_has_map(reg)) {
		map = reg_map(v, reg);
		item(&list, "ks=%u,vs=%u", map->key_size, map->value_size);
	}
	if (!reg_is_pointer(reg) || !xbpf_scalar_is_const(&reg->var))
		log_ranges(&list, &reg->var);
	else
		item(&list, "imm=%lld", (long long)reg->var.smin);
	xbpf_log(v->log, ")");
}

static void log_slot(struct xbpf_verifier *v, const struct xbpf_slot *slot, u32 n)
{
	static const char letter[] = "?m0r";
	char bytes[9];
	u32 i;

	for (i = 0; i < 8; i++)
		bytes[7 - i] = letter[slot->byte[i]];
	bytes[8] = '\0';
	if (!strcmp(bytes, "????????"))
		return;
	xbpf_log(v->log, " fp-%u=", (n + 1) * 8);
	if (!strcmp(bytes, "rrrrrrrr"))
		log_reg(v, &slot->reg);
	else
		xbpf_log(v->log, "%s", bytes);
}

void xbpf_verify_log_state(struct xbpf_verifier *v, u32 depth)
{
	const struct xbpf_frame *frame = v->cur->frame[depth];
	u32 i;

	if (depth)
		xbpf_log(v->log, " frame%u:", depth);
	for (i = 0; i < REG_COUNT; i++) {
		if (frame->regs[i].type == REG_NONE)
			continue;
		xbpf_log(v->log, " R%u=", i);
		log_reg(v, &frame->regs[i]);
	}
	for (i = 0; i < frame->slot_cnt; i++)
		log_slot(v, &frame->slots[i], i);
	xbpf_log(v->log, "\n");
}

/* --- instructions ---------------------------------------------------------------------------- */

struct map_text {
	const struct xbpf_code *code;
};

static int map_name(void *priv, const struct bpf_insn *insn, char *buf, size_t size)
{
	const struct map_text *text = priv;
	u32 index = (u32)insn[0].imm;

	if (index >= text->code->map_cnt)
		return snprintf(buf, size, "map[?]");
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE)
		return snprintf(buf, size, "map[id:%u][0]+%d", text->code->maps[index]->id,
				insn[1].imm);
	return snprintf(buf, size, "map[id:%u]", text->code->maps[index]->id);
}

static void log_source(struct xbpf_verifier *v)
{
	const struct xbpf_line *line = line_at(v->code, v->pc);
	const char *text;

	if (!line || line->insn != v->pc || !line->text)
		return;
	text = line->text;
	while (*text == ' ' || *text == '\t')
		text++;
	if (!*text)
		return;
	if (line->file)
		xbpf_log(v->log, "; %s @ %s:%u\n", text, file_name(line), line->line);
	else
		xbpf_log(v->log, "; %s\n", text);
}

/* Registers whose new contents are worth a remark behind the instruction. */
static u32 regs_written(const struct bpf_insn *insn)
{
	const struct xbpf_opcode *op = xbpf_opcode(insn->code);

	if (op->klass == XBPF_INSN_CALL)
		return 1;
	if (op->klass == XBPF_INSN_JUMP)
		return BIT_OF(insn->dst_reg);
	return op->uses & XBPF_WRITES_DST ? BIT_OF(insn->dst_reg) : 0;
}

void xbpf_verify_log_insn(struct xbpf_verifier *v, bool with_state)
{
	struct map_text text = { .code = v->code };
	char buf[96];

	if (with_state) {
		xbpf_log(v->log, "%u:", v->pc);
		xbpf_verify_log_state(v, v->cur->depth);
	}
	log_source(v);
	xbpf_disasm(buf, sizeof(buf), &v->code->insns[v->pc], map_name, &text);
	xbpf_log(v->log, "%u: (%02x) %s\n", v->pc, v->code->insns[v->pc].code, buf);
	v->line_pos = v->log->pos;
	v->line_len = strlen(buf);
}

/*
 * What the instruction left in its registers goes behind it, on the same line
 * unless something was said in between.
 */
void xbpf_verify_log_after(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	const struct xbpf_reg *regs = cur_regs(v);
	u32 written = regs_written(insn), i;
	bool any = false;

	for (i = 0; i < REG_COUNT; i++) {
		if (!(written & BIT_OF(i)) || regs[i].type == REG_NONE)
			continue;
		if (!any) {
			if (v->log->pos == v->line_pos)
				xbpf_log_rewind(v->log, v->line_pos - 1);
			xbpf_log(v->log, "%*s;",
				 v->line_len < 30 ? (int)(30 - v->line_len) : 1, "");
		}
		any = true;
		xbpf_log(v->log, " R%u=", i);
		log_reg(v, &regs[i]);
	}
	if (any)
		xbpf_log(v->log, "\n");
}

void xbpf_verify_log_stats(struct xbpf_verifier *v)
{
	if (!v->log->level)
		return;
	xbpf_log(v->log,
		 "processed %u insns (limit %u) max_states_per_insn %u total_states %u peak_states "
		 "%u peak_memory %zu KiB\n",
		 v->code->processed, XBPF_MAX_PROCESSED, v->states_per_insn, v->states_total,
		 v->states_peak, v->bytes_peak >> 10);
}
