/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text area, text of the module that JITed code is written into, and the templates that tell
 * how this kernel, on this CPU, wants an indirect jump and a return to look.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>
#include "jit/trampoline.h"

/*
 * One function with a frame in rbp, so that objtool gives every address in it the unwind data of
 * such a frame: stack traces go through JITed code, whose frames are chained by rbp.  The bytes are
 * replaced when the module starts: by int3, and behind the images by the entry trampoline
 * (jit/frame.c).
 */
	.section .text.area, "ax", @progbits
	.balign 4096
SYM_FUNC_START_NOALIGN(xbpf_text_area)
	push	%rbp
	mov	%rsp, %rbp
	.balign	8, 0x90
	.rept	XBPF_TEXT_KB * 1024 / 8 - 1
	.byte	0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00	/* one nop */
	.endr
SYM_INNER_LABEL(xbpf_trampoline, SYM_L_GLOBAL)
	.fill	XBPF_TRAMPOLINE_LEAVE, 1, 0x90
SYM_INNER_LABEL(xbpf_trampoline_leave, SYM_L_GLOBAL)
	.fill	XBPF_TRAMPOLINE_LEN - XBPF_TRAMPOLINE_LEAVE, 1, 0x90
	pop	%rbp
	RET
SYM_FUNC_END(xbpf_text_area)
/*
 * A breakpoint of somebody else's would be written over, and later "taken back" into another image.
 */
_ASM_NOKPROBE(xbpf_text_area)
_ASM_NOKPROBE(xbpf_trampoline)
_ASM_NOKPROBE(xbpf_trampoline_leave)

/*
 * Never run; read after the module loader has patched them.  Each stands in the lower half of a
 * cache line: where an indirect branch in the upper half is safe, the kernel (ITS)
 * patches only those in the lower half, and an image cannot choose the half for every branch.
 */
	.text
	.balign 64, 0xcc
SYM_FUNC_START_NOALIGN(xbpf_form_jump)
.Ljump:
	JMP_NOSPEC rcx
.Ljump_end:
	int3
SYM_FUNC_END(xbpf_form_jump)

	.balign 64, 0xcc
SYM_FUNC_START_NOALIGN(xbpf_form_ret)
.Lret:
	RET
.Lret_end:
	int3
SYM_FUNC_END(xbpf_form_ret)
	.balign 64, 0xcc

/*
 * Where in them the branch stands, behind an ENDBR if there is one: objtool wants no pointer into
 * the middle.
 */
	.section .rodata, "a", @progbits
	.balign 4
SYM_DATA(xbpf_text_area_size, .long xbpf_trampoline - xbpf_text_area)
SYM_DATA_START(xbpf_form_jump_at)
	.long	.Ljump - xbpf_form_jump, .Ljump_end - .Ljump
SYM_DATA_END(xbpf_form_jump_at)
SYM_DATA_START(xbpf_form_ret_at)
	.long	.Lret - xbpf_form_ret, .Lret_end - .Lret
SYM_DATA_END(xbpf_form_ret_at)
