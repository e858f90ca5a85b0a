/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of bpf(2) whose attr grew over the years, as of Linux 6.4, so that the ABI does not
 * depend on the headers that the module was built with.
 */
#ifndef XBPF_MODULE_ATTR_H
#define XBPF_MODULE_ATTR_H

#include <linux/bpf.h>
#include <linux/build_bug.h>
#include <linux/types.h>

/* BPF_PROG_LOAD */
struct xbpf_prog_load_attr {
	u32 prog_type;
	u32 insn_cnt;
	__aligned_u64 insns;
	__aligned_u64 license;
	u32 log_level;
	u32 log_size;
	__aligned_u64 log_buf;
	u32 kern_version;
	u32 prog_flags;
	char prog_name[BPF_OBJ_NAME_LEN];
	u32 prog_ifindex;
	u32 expected_attach_type;
	u32 prog_btf_fd;
	u32 func_info_rec_size;
	__aligned_u64 func_info;
	u32 func_info_cnt;
	u32 line_info_rec_size;
	__aligned_u64 line_info;
	u32 line_info_cnt;
	u32 attach_btf_id;
	u32 attach_prog_fd;		/* or attach_btf_obj_fd */
	u32 core_relo_cnt;
	__aligned_u64 fd_array;
	__aligned_u64 core_relos;
	u32 core_relo_rec_size;
	u32 log_true_size;		/* out */
};

static_assert(offsetof(struct xbpf_prog_load_attr, prog_name) ==
	      offsetof(union bpf_attr, prog_name));
static_assert(offsetof(struct xbpf_prog_load_attr, attach_prog_fd) ==
	      offsetof(union bpf_attr, attach_prog_fd));
static_assert(sizeof(struct xbpf_prog_load_attr) == 144);

/* BPF_PROG_TEST_RUN */
struct xbpf_test_run_attr {
	u32 prog_fd;
	u32 retval;			/* out */
	u32 data_size_in;
	u32 data_size_out;		/* in: room; out: bytes */
	__aligned_u64 data_in;
	__aligned_u64 data_out;
	u32 repeat;
	u32 duration;			/* out: ns per run */
	u32 ctx_size_in;
	u32 ctx_size_out;		/* in: room; out: bytes */
	__aligned_u64 ctx_in;
	__aligned_u64 ctx_out;
	u32 flags;
	u32 cpu;
	u32 batch_size;
};

static_assert(offsetof(struct xbpf_test_run_attr, ctx_out) ==
	      offsetof(union bpf_attr, test.ctx_out));
static_assert(offsetof(struct xbpf_test_run_attr, batch_size) == 72);

/* Where other commands end, when their last member is younger than some header. */
#define XBPF_ATTR_END_MAP_CREATE	72	/* map_extra */
#define XBPF_ATTR_END_BTF_LOAD		32	/* btf_log_true_size */

/*
 * sizeof(union bpf_attr) of Linux 6.1: non-zero bytes below it that a command does not use are
 * EINVAL, those beyond are E2BIG.  Fixed here so that every kernel gives the same answer.
 */
#define XBPF_ATTR_SIZE			144

#endif
