/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands of /dev/xbpf.
 *
 *	COMMAND(NAME, end, rights, function)		bpf(2)'s BPF_NAME
 *	OWN_COMMAND(NAME, member, rights, function)	XBPF_NAME, about a struct xbpf_MEMBER
 *	DEVICE_COMMAND(NAME, member)			XBPF_NAME, which the device answers itself
 *
 * @end is the offset behind the last byte of attr that the command knows, END(member) where the
 * headers of all kernels have that member of union xbpf_attr.  @rights is what the caller needs
 * (module/dev/dev.c): `bpf`, CAP_BPF alone; `admin` and `stats`, CAP_SYS_ADMIN too; what a type of
 * program, a hook or a target adds is asked by the function.  docs/rights.md says it for users.
 *
 * A row is all that a new command needs besides its number and struct in xbpf.h, its function, an
 * xbpf_cmd_fn, and its row in docs/rights.md.
 *
 * Who includes this defines some of the three macros; those left out expand to nothing.
 */
#ifndef COMMAND
#define COMMAND(...)
#endif
#ifndef OWN_COMMAND
#define OWN_COMMAND(...)
#endif
#ifndef DEVICE_COMMAND
#define DEVICE_COMMAND(...)
#endif

COMMAND(MAP_CREATE, XBPF_ATTR_END_MAP_CREATE, bpf, xbpf_map_create_cmd)
COMMAND(MAP_LOOKUP_ELEM, END(bpf.flags), bpf, xbpf_map_lookup_cmd)
COMMAND(MAP_UPDATE_ELEM, END(bpf.flags), bpf, xbpf_map_update_cmd)
COMMAND(MAP_DELETE_ELEM, END(bpf.key), bpf, xbpf_map_delete_cmd)
COMMAND(MAP_LOOKUP_AND_DELETE_ELEM, END(bpf.flags), bpf, xbpf_map_lookup_and_delete_cmd)
COMMAND(MAP_GET_NEXT_KEY, END(bpf.next_key), bpf, xbpf_map_next_key_cmd)
COMMAND(MAP_LOOKUP_BATCH, END(bpf.batch.flags), bpf, xbpf_map_lookup_batch_cmd)
COMMAND(MAP_LOOKUP_AND_DELETE_BATCH, END(bpf.batch.flags), bpf,
	xbpf_map_lookup_and_delete_batch_cmd)
COMMAND(MAP_UPDATE_BATCH, END(bpf.batch.flags), bpf, xbpf_map_update_batch_cmd)
COMMAND(MAP_DELETE_BATCH, END(bpf.batch.flags), bpf, xbpf_map_delete_batch_cmd)
COMMAND(MAP_FREEZE, END(bpf.map_fd), bpf, xbpf_map_freeze_cmd)
COMMAND(PROG_LOAD, END(prog_load.log_true_size), bpf, xbpf_prog_load_cmd)
COMMAND(OBJ_PIN, END(bpf.file_flags), bpf, xbpf_obj_pin_cmd)
COMMAND(OBJ_GET, END(bpf.file_flags), bpf, xbpf_obj_get_cmd)
COMMAND(PROG_TEST_RUN, END(test_run.batch_size), bpf, xbpf_test_run_cmd)
COMMAND(PROG_GET_NEXT_ID, END(bpf.next_id), admin, xbpf_next_id_cmd)
COMMAND(MAP_GET_NEXT_ID, END(bpf.next_id), admin, xbpf_next_id_cmd)
COMMAND(BTF_GET_NEXT_ID, END(bpf.next_id), admin, xbpf_next_id_cmd)
COMMAND(LINK_GET_NEXT_ID, END(bpf.next_id), admin, xbpf_next_id_cmd)
COMMAND(PROG_GET_FD_BY_ID, END(bpf.prog_id), admin, xbpf_fd_by_id_cmd)
COMMAND(MAP_GET_FD_BY_ID, END(bpf.open_flags), admin, xbpf_fd_by_id_cmd)
COMMAND(BTF_GET_FD_BY_ID, END(bpf.btf_id), admin, xbpf_fd_by_id_cmd)
COMMAND(LINK_GET_FD_BY_ID, END(bpf.link_id), admin, xbpf_fd_by_id_cmd)
COMMAND(OBJ_GET_INFO_BY_FD, END(bpf.info.info), bpf, xbpf_info_cmd)
COMMAND(BTF_LOAD, XBPF_ATTR_END_BTF_LOAD, bpf, xbpf_btf_load_cmd)
COMMAND(LINK_UPDATE, END(bpf.link_update.old_prog_fd), bpf, xbpf_link_update_cmd)
COMMAND(LINK_DETACH, END(bpf.link_detach.link_fd), bpf, xbpf_link_detach_cmd)
COMMAND(PROG_BIND_MAP, END(bpf.prog_bind_map.flags), bpf, xbpf_prog_bind_map_cmd)
OWN_COMMAND(LINK_CREATE, link_create, bpf, xbpf_link_create_cmd)
DEVICE_COMMAND(GET_ERROR, get_error)
OWN_COMMAND(GET_INFO, info, bpf, xbpf_get_info_cmd)
OWN_COMMAND(PROG_TAIL, prog_tail, bpf, xbpf_prog_tail_cmd)
OWN_COMMAND(TABLE_INFO, table_info, bpf, xbpf_table_info_cmd)
OWN_COMMAND(MAP_UPDATE_MANY, update_many, bpf, xbpf_update_many_cmd)
OWN_COMMAND(STATS, stats, stats, xbpf_stats_cmd)

#undef COMMAND
#undef OWN_COMMAND
#undef DEVICE_COMMAND
