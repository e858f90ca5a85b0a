/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libxbpf: libbpf's objects on /dev/xbpf instead of bpf(2).
 *
 * A program that is linked with (pkg-config --libs xbpf)
 *
 *	-Wl,--wrap=syscall -Wl,--wrap=ioctl -Wl,-u,__wrap_syscall -lxbpf -l:libbpf.a -lelf -lz
 *
 * keeps using libbpf as it is: each syscall(__NR_bpf, ...) of the static libbpf.a
 * becomes an ioctl of the device; any other syscall() is passed on.  What libbpf attaches by perf
 * events becomes a link of xbpf's.
 *
 * The calls of a shared libbpf.so would go to the kernel's own BPF: a program that uses one does
 * not start, and says why.
 *
 * Unless said otherwise functions return 0 or a file descriptor (close-on-exec), or a
 * negative errno with the words in xbpf_errmsg().  They may be called from many
 * threads; an object belongs to one thread at a time.
 */
#ifndef XBPF_LIBXBPF_H
#define XBPF_LIBXBPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>
#include <linux/xbpf.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_object;
struct bpf_program;

/* "0.1.0" */
const char *xbpf_version(void);

/* Why this thread's last failed call of libxbpf failed: what, where, what to do.  Never NULL. */
const char *xbpf_errmsg(void);

/* --- the device ------------------------------------------------------------------------------ */

/* Can it be opened?  It is, once for the process. */
int xbpf_device(void);

/*
 * Modules of several names can be loaded at once (make NAME=xbpf2), each with a device, a file
 * system and objects of its own.  All functions, and libbpf, speak to one of them: "xbpf", or what
 * XBPF_DEVICE in the environment says, or from here on @name.  It need not be loaded yet.  An fd
 * belongs to the module that it came from.
 */
int xbpf_use(const char *name);
/* The one that is used, "xbpf", and where its pins live, "/sys/fs/xbpf". */
const char *xbpf_used(void);
const char *xbpf_fs_path(void);
#define XBPF_FS_PATH_SIZE 24	/* bytes of the longest one, with its NUL */

/* bpf(2)'s calling convention: an fd, 0 or what the command returns; else -1 and errno. */
int xbpf_sys(int cmd, void *attr, unsigned int size);

/*
 * The module's own words for this thread's last failed command, of libbpf's too; "" when it gave
 * none or when the command was another one.
 */
const char *xbpf_refusal(int cmd);

/* One line for each command that goes to the device; NULL: quiet.  XBPF_TRACE=1 in the environment
 * does the same on stderr. */
void xbpf_trace(FILE *to);

/* All about the module. */
int xbpf_info_get(struct xbpf_info *info);

/*
 * --- pins --------------------------------------------------------------------------------------
 */

/*
 * Pins any object, and mounts xbpffs at xbpf_fs_path() before if @path is below it and nothing is
 * there.
 */
int xbpf_pin(int fd, const char *path);

/* The other way.  The kind of object is told by xbpf_fd_kind(). */
int xbpf_pin_get(const char *path);

/* Makes a folder for pins, as mkdir(1) does; the same about mounting.  1: it was there already. */
int xbpf_pin_dir(const char *path);

/*
 * Unmounts xbpf_fs_path() when nothing is pinned there and xbpf_pin() would mount the same again
 * (mode 0700, root's): a mount holds the module.  Was it?
 */
bool xbpf_pin_unmount(void);

enum xbpf_kind {
	XBPF_KIND_NONE,		/* not one of xbpf's */
	XBPF_KIND_PROG,
	XBPF_KIND_MAP,
	XBPF_KIND_LINK,
	XBPF_KIND_BTF,
};

enum xbpf_kind xbpf_fd_kind(int fd);

/*
 * --- links -------------------------------------------------------------------------------------
 */

struct xbpf_attach {
	enum xbpf_link_type type;
	const char *symbol;	/* function, tracepoint, or pattern of a *_MULTI; NULL: none, or addr */
	__u64 offset;		/* bytes into symbol */
	__u64 addr;
	__u64 cookie;
	__u32 target;		/* ifindex or process */
	__s32 priority;		/* of a classifier: the smallest runs first */
	__u32 expire_ms;	/* detached so many milliseconds later; 0: never */
};

/* "kprobe", "raw_tp", "tracepoint", "tap" ...: sets at->type.  The error lists them all. */
int xbpf_attach_kind(struct xbpf_attach *at, const char *word);
/* The other way; "type 4711" when there is none. */
const char *xbpf_link_type_name(unsigned int type);
/* What stands behind the kind: "a network device". */
const char *xbpf_attach_what(unsigned int type);

/*
 * What stands behind the kind, by at->type: "symbol", "symbol+0x10" or "0xffffffff81000000"; a raw
 * tracepoint's name; "category/name" of a tracepoint; a device; the id of a process.  A function
 * with *, ? or [ is a pattern, and at->type becomes the *_MULTI.  @name is where a name is kept.
 */
int xbpf_attach_parse(struct xbpf_attach *at, const char *where, char *name, size_t size);

/* Both in one word: "kprobe:do_exit", "tracepoint:sched/sched_switch"; a / for the : will do. */
int xbpf_attach_point(struct xbpf_attach *at, const char *point, char *name, size_t size);
/* The other way.  @size: at least 64; what does not fit is cut. */
void xbpf_attach_text(const struct xbpf_attach *at, char *buf, size_t size);

/* Events start before it returns, and end with the link's last fd and pin. */
int xbpf_link_create(int prog_fd, const struct xbpf_attach *at);
int xbpf_link_detach(int fd);
/* Another program in the place of the link's; @old_fd >= 0: only if it is still that one. */
int xbpf_link_update(int fd, int prog_fd, int old_fd);

/*
 * @name (may be NULL) receives the name of the attach point in at most @size bytes, "" if it has
 * none.
 */
int xbpf_link_info_get(int fd, struct xbpf_link_info *info, char *name, size_t size);

/*
 * --- tables of programs --------------------------------------------------------------------------
 */

/* The number of a strategy for tail calls, for XBPF_F_TAIL(): "auto", "slot", ... */
int xbpf_tail_find(const char *name);
/* How a program makes its tail calls. */
int xbpf_prog_tail_get(int fd, struct xbpf_prog_tail *tail);
/* Counters and the state of what follows a program array. */
int xbpf_table_info_get(int fd, struct xbpf_table_info *info);
/*
 * The places in a program's code that follow tables, by offset: writes at most @room of them and
 * returns how many there are; 0 from a module that does not tell.
 */
int xbpf_prog_sites(int fd, struct xbpf_prog_site *sites, __u32 room);
/*
 * The code of a table's tree, and where it stands: writes at most @room bytes and returns how many
 * it has; 0: there is none.
 */
int xbpf_table_tree(int fd, void *code, __u32 room, __u64 *addr);
/* What slots lead to, from @first on: writes at most @room and returns how many there are. */
int xbpf_table_slots(int fd, __u32 first, struct xbpf_table_slot *slots, __u32 room);
/*
 * Counters of a program or of a table's slots: reads them, and with XBPF_STATS_SET in flags
 * switches them first.  In and out as the header of the ABI says.
 */
int xbpf_stats(struct xbpf_stats *stats);
/*
 * Replaces slots so that no run of a program sees some of them old and some new.  prog_fd -1
 * empties.  On failure nothing has changed, and *@failed (may be NULL) is the entry that is to
 * blame, or @count.
 */
int xbpf_update_many(int fd, const struct xbpf_slot_update *slots, __u32 count, __u32 *failed);

/*
 * --- objects: a file of clang's, loaded by libbpf ------------------------------------------------
 */

struct xbpf_object;

struct xbpf_object_opts {
	size_t sz;		/* sizeof(struct xbpf_object_opts) */
	const char *section;	/* take every program as if this were its SEC(), "kprobe"; NULL: as it says */
	bool interp;		/* XBPF_F_INTERP */
	/* how the programs make tail calls (xbpf_tail_find()); NULL: as the module's parameter says */
	const char *tail;
	FILE *debug;		/* libbpf's talk and the verifier's whole logs go here; NULL: nowhere */
	const char *dev;	/* where programs attach whose SEC() says "tap" or "tc" without a device */
	bool any_section;	/* take sections that xbpf does not know, if libbpf knows them */
};

/* NULL on error.  @opts may be NULL.  The file was read and is not needed any more. */
struct xbpf_object *xbpf_object_open(const char *path, const struct xbpf_object_opts *opts);

/* For everything that libbpf can do with it between open and load, and after. */
struct bpf_object *xbpf_object_bpf(const struct xbpf_object *obj);

/* Creates the maps, loads the programs, fills the tables by their .values.  All or nothing. */
int xbpf_object_load(struct xbpf_object *obj);

/*
 * Each program at DIR/<program>, each map at DIR/<map>, as "app.bss" for global data.  The folder
 * is made if need be.  All or nothing; xbpf_object_undo() takes them back later.
 */
int xbpf_object_pin_progs(struct xbpf_object *obj, const char *dir);
int xbpf_object_pin_maps(struct xbpf_object *obj, const char *dir);
/* One pin more that belongs to the object. */
int xbpf_object_pin_fd(struct xbpf_object *obj, int fd, const char *path);

/*
 * Keeps the SEC() of each program beside its pin, since the kernel does not: a symbolic link
 * DIR/<program>.sec with SEC() as its text.  The folder is there.  All or nothing.
 */
#define XBPF_SECTION_SUFFIX ".sec"
int xbpf_object_keep_sections(struct xbpf_object *obj, const char *dir);

/*
 * The attach point that @section names, by the words of SEC(): 1, and *at and @name filled; 0: it
 * names none.  @dev: of those for devices that name none, or NULL.
 */
int xbpf_section_target(const char *section, const char *dev, struct xbpf_attach *at, char *name,
			size_t size);
/* That of a program's SEC(). */
int xbpf_prog_target(const struct xbpf_object *obj, const struct bpf_program *prog,
		     struct xbpf_attach *at, char *name, size_t size);

/*
 * Attaches each program whose SEC() names an attach point and pins the link at DIR/<program>_link.
 * All or nothing.  Returns the number of links.
 */
int xbpf_object_attach(struct xbpf_object *obj, const char *dir);
/* The same with the links at PATH_<program>_link. */
int xbpf_object_attach_beside(struct xbpf_object *obj, const char *path);
/* Where the links that these made are pinned, i = 0, 1, ... until NULL. */
const char *xbpf_object_link(const struct xbpf_object *obj, unsigned int i);

/* Removes what xbpf_object_pin_*() and _attach() made: pins, links, folders. */
void xbpf_object_undo(struct xbpf_object *obj);

/* Pins stay; fds of programs and maps are closed. */
void xbpf_object_close(struct xbpf_object *obj);

#ifdef __cplusplus
}
#endif

#endif
