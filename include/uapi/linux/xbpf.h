/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * xbpf: a second BPF subsystem behind /dev/xbpf.  The contract with user space.
 *
 * One call
 *
 *	fd = open("/dev/xbpf", O_RDWR | O_CLOEXEC);
 *	ret = ioctl(fd, XBPF_IOC(cmd, size), attr);
 *
 * is bpf(2): cmd is an enum bpf_cmd of <linux/bpf.h>, attr a union bpf_attr (or
 * its first @size bytes), the result an fd or 0 or what the command says, or -1
 * and errno.  Numbers and layouts are those of the upstream header; this file only
 * adds.  Commands of our own start at 0x80, program and link types at 0x1000.
 *
 *  - attr is read and, for commands that answer in it, written back up to
 *    @size.  A @size beyond what the command knows is accepted when the rest is
 *    zero, else E2BIG.  Bytes of the union that the command does not use must
 *    be zero, else EINVAL.  The size field of an ioctl number has 14 bits.
 *  - Unknown commands, flags and types: EINVAL.
 *  - Who may: CAP_SYS_ADMIN, or CAP_BPF, in the initial user namespace; checked at
 *    every command, besides the mode of the device (0600): EPERM.  Ids need
 *    CAP_SYS_ADMIN; tracing programs and probes CAP_PERFMON; sched_cls programs
 *    CAP_NET_ADMIN; other links see XBPF_LINK_CREATE.  Lockdown refuses what it
 *    refuses for bpf(2), kprobes and tracefs: EPERM, too.  Addresses of the kernel (machine code,
 *    its symbols and lines, where probes sit) are shown with CAP_PERFMON or
 *    CAP_SYSLOG only; the counts come back, and 0 for each pointer not used.
 *  - Objects (maps, programs, links, BTF) are anonymous-inode fds; closing the
 *    last fd and removing the last pin frees them, once nothing runs in them.
 *  - Commands may sleep; all of them may be called from many threads at once.
 *  - The device fd carries no state but the text of the calling thread's last
 *    error (XBPF_GET_ERROR).
 *
 * Upstream commands: MAP_CREATE, MAP_LOOKUP_ELEM, MAP_UPDATE_ELEM, MAP_DELETE_ELEM,
 * MAP_GET_NEXT_KEY, MAP_LOOKUP_AND_DELETE_ELEM, MAP_LOOKUP_BATCH,
 * MAP_LOOKUP_AND_DELETE_BATCH, MAP_UPDATE_BATCH, MAP_DELETE_BATCH, MAP_FREEZE, PROG_LOAD, OBJ_PIN,
 * OBJ_GET, PROG_TEST_RUN, PROG_GET_NEXT_ID, MAP_GET_NEXT_ID, BTF_GET_NEXT_ID, LINK_GET_NEXT_ID,
 * PROG_GET_FD_BY_ID, MAP_GET_FD_BY_ID, BTF_GET_FD_BY_ID, LINK_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD,
 * BTF_LOAD, LINK_UPDATE, LINK_DETACH, PROG_BIND_MAP.
 *
 * Map types: those in @map_types of XBPF_GET_INFO.  What differs from the upstream ones:
 *
 *  - All memory is taken at creation: BPF_F_NO_PREALLOC is accepted and
 *    asks for nothing (an lpm_trie must have it, as upstream).  An lru_hash evicts by a clock, not
 *    by
 *    lists: BPF_F_NO_COMMON_LRU is accepted too.
 *  - BPF_F_LOCK is refused (values have no spin locks), and so is BPF_F_STACK_BUILD_ID.
 *  - A perf_event_array takes events of the kind PERF_COUNT_SW_BPF_OUTPUT
 *    alone: programs cannot read counters.  A record has at most 60000 bytes.
 *  - fdinfo of a ring buffer has ringbuf_consumer, ringbuf_producer (bytes), and
 *    ringbuf_dropped: records that found no room.
 */
#ifndef _UAPI_LINUX_XBPF_H
#define _UAPI_LINUX_XBPF_H

#include <linux/types.h>
#include <linux/ioctl.h>

/* A module of another name (make NAME=xbpf2) has that in all three: /dev/xbpf2, xbpf2fs. */
#define XBPF_DEVICE	"/dev/xbpf"
#define XBPF_FS_TYPE	"xbpffs"	/* statfs says BPF_FS_MAGIC */
#define XBPF_FS_PATH	"/sys/fs/xbpf"

/* cmd: enum bpf_cmd or enum xbpf_command; size: sizeof the attr given */
#define XBPF_IOC(cmd, size) _IOC(_IOC_READ | _IOC_WRITE, 0xEB, (cmd), (size))

/*
 * prog_flags of PROG_LOAD: run this program in the interpreter although there
 * is a JIT.  Such a program cannot share a program array with JITed ones.
 */
#define XBPF_F_INTERP	(1U << 31)

/*
 * prog_flags of PROG_LOAD: how a JITed program makes its tail calls, XBPF_F_TAIL(strategy).  0 is
 * what the module's parameter tail= names.  The strategies differ in speed alone, so programs of
 * all of them share tables.
 *
 *  auto	the best of the others for each call: direct for a constant index, for one that is known
 *	only at run time tree where the kernel makes indirect jumps through thunks or behind an
 *	lfence, else slot
 *  unwind	leaves the frame and builds it anew; to compare with
 *  slot	loads the slot, jumps to what is in it
 *  direct	constant index: a jump in the program's code that changes with the slot; else as slot
 *  tree	compares what is in the slot with the table's programs in generated code and jumps
 *	directly; as slot where the table is not constant, has more programs than the module's
 *	parameter tree_max, or changes faster than trees are made
 *
 * A strategy that a module adds has the next number; XBPF_GET_INFO names all of them.
 */
enum xbpf_tail {
	XBPF_TAIL_DEFAULT,
	XBPF_TAIL_AUTO,
	XBPF_TAIL_UNWIND,
	XBPF_TAIL_SLOT,
	XBPF_TAIL_DIRECT,
	XBPF_TAIL_TREE,
};
#define XBPF_F_TAIL_SHIFT	27
#define XBPF_F_TAIL_MASK	(15U << XBPF_F_TAIL_SHIFT)
#define XBPF_F_TAIL(strategy)	((__u32)(strategy) << XBPF_F_TAIL_SHIFT)
#define XBPF_F_TAIL_OF(flags)	(((flags) & XBPF_F_TAIL_MASK) >> XBPF_F_TAIL_SHIFT)

enum xbpf_command {
	XBPF_LINK_CREATE = 0x80,	/* struct xbpf_link_create; returns a link fd */
	XBPF_GET_ERROR	 = 0x81,	/* struct xbpf_get_error; returns 0 */
	XBPF_GET_INFO	 = 0x82,	/* struct xbpf_info; returns 0 */
	XBPF_PROG_TAIL	 = 0x88,	/* struct xbpf_prog_tail; returns 0 */
	XBPF_TABLE_INFO	 = 0x89,	/* struct xbpf_table_info; returns 0 */
	XBPF_MAP_UPDATE_MANY = 0x8a,	/* struct xbpf_update_many; returns 0 */
	XBPF_STATS	 = 0x8b,	/* struct xbpf_stats; returns 0 */
};

/*
 * XBPF_LINK_CREATE: runs a program at every hit of an attach point, until the
 * last reference to the link is gone or it is detached (BPF_LINK_DETACH).  The
 * program's events start before the call returns.
 *
 * Kprobe and kretprobe: programs of type BPF_PROG_TYPE_KPROBE, context struct
 * pt_regs.  Either @symbol (user pointer to a NUL-terminated name of at most 127
 * characters, as in kallsyms, "mod:name" is not needed) with @offset bytes into
 * it, or @symbol 0 and @addr a kernel text address (then @offset must be 0).  A kretprobe sits at
 * a function's entry.
 *
 * Raw tracepoint: BPF_PROG_TYPE_RAW_TRACEPOINT, context an array of __u64, one for each argument of
 * the tracepoint that @symbol names ("sched_switch"; those of modules too, which then stay
 * loaded).  The kernel does not know how many arguments there are: @arg_size says it, from the
 * kernel's BTF (the typedef btf_trace_NAME is a pointer to the function, whose first parameter does
 * not count).  1, 2, 4 and 8 bytes; smaller ones are zero-extended as upstream.  A program
 * that reads more than @arg_size describes is EACCES; without @arg_size only programs that read no
 * argument are taken.
 *
 * Tracepoint: BPF_PROG_TYPE_TRACEPOINT, context the event's record as tracefs' format file
 * describes it (the first 8 bytes cannot be read); @symbol is "category/name".  A program that
 * reads beyond the record is EACCES; where the length of the record differs between events one that
 * is too short does not run the program and counts as missed.  Events of all CPUs are seen, also of
 * those that come online later.
 *
 * Kprobe multi and kretprobe multi: one program at many functions.  Either @symbols, an array of
 * @count pointers to names, or @addr, a user pointer to an array of @count __u64 addresses of
 * functions.  All or none: ENOENT or EINVAL names the first that is not there or cannot be probed.
 * @cookies gives each its own cookie (then @cookie must be 0).
 *
 * System-call filter: XBPF_PROG_TYPE_SYSCALL_FILTER, context struct seccomp_data, read-only.
 * @target is the pid of a process in the caller's pid namespace; its threads and all processes that
 * descend from it are filtered from then on, and so are all their children, until the link goes
 * away.  The program runs at the beginning of every system call, after ptrace and seccomp.
 * SECCOMP_RET_ALLOW lets the call be made, LOG does so and writes a line to the kernel log
 * (rate-limited), ERRNO returns the errno in the lower 16 bits (at most 4095) instead; TRAP, TRACE
 * and USER_NOTIF return ENOSYS, as nobody listens; KILL_PROCESS, KILL_THREAD and everything unknown
 * end the process with SIGSYS (the whole process: a module cannot end a thread alone). Of several
 * filters the strictest verdict counts, as with seccomp, so that a filter only takes away; so does
 * one whose program could not run: EPERM.  All ways into the kernel are seen: look at arch
 * (AUDIT_ARCH_I386: int 0x80, sysenter) and at bit 30 of nr (x32) first. What is no system call is
 * not seen: vsyscall page, vDSO, work that io_uring does. A new task that cannot be followed is
 * killed before its first instruction (a thread: with its process): when there is no memory, or
 * when more than @count tasks (if not 0) would be under the filter.  ESRCH no such process, ENOSPC
 * more tasks than @count already, EINVAL init or a kernel thread, EOPNOTSUPP a kernel that makes
 * calls whatever a probe says (before 6.1.83).
 *
 * Tap: BPF_PROG_TYPE_SOCKET_FILTER at the device with index @target in the caller's network
 * namespace. The program sees every packet that goes in or out (pkt_type 4: out), from its link
 * header on; its result says nothing, as nobody receives.
 *
 * Ingress, egress: BPF_PROG_TYPE_SCHED_CLS at such a device.  The program sees the packet from its
 * link header on, and may write to it and to mark, priority, queue_mapping, tc_index and cb of its
 * context, which stay with the packet (tc_classid is forgotten). TC_ACT_SHOT and REDIRECT drop it;
 * STOLEN, QUEUED and TRAP do, silently; everything else, OK among them, lets it go on to the next
 * link, that with the next larger @priority, then to what the kernel does.  The places are
 * netfilter's: at ingress behind tc, at egress in front of it.  A packet that cannot be made
 * writable is dropped, as upstream; one that finds another xbpf program running on its CPU
 * goes on. Both count as missed.
 * EOPNOTSUPP: egress before Linux 5.16.
 *
 * EPERM: a tap wants CAP_NET_RAW, ingress and egress CAP_NET_ADMIN, in the user namespace of the
 * device's network namespace; a filter wants, of each task, CAP_SYS_ADMIN in its user namespace, or
 * that it has no_new_privs and is the caller's: of its own process, a child of the same user, or
 * traced by it.  LINK_UPDATE and LINK_DETACH want the same.
 *
 * ENODEV: no such device.  When it goes away, or to another namespace, its links are dead:
 * @attached in the info becomes 0, the link stays until it is closed, and an update is ENODEV.
 *
 * Errors: ENOENT no such symbol; EINVAL not a probeable place (blacklisted, inside
 * an instruction, in xbpf itself), wrong program type, unknown type or flag;
 * EBADF no program fd of ours.  XBPF_GET_ERROR has the words.
 *
 * BPF_LINK_UPDATE puts another program of the same type in the place of a link's, between two
 * events: each runs one or the other.  With BPF_F_REPLACE only if the program is still
 * @old_prog_fd, else EPERM.  EACCES when the new one reads more of the context than the attach
 * point has, ENOLINK when the link was detached.
 */
enum xbpf_link_type {
	XBPF_LINK_KPROBE	= 0x1000,
	XBPF_LINK_KRETPROBE	= 0x1001,
	XBPF_LINK_KPROBE_MULTI	= 0x1002,
	XBPF_LINK_KRETPROBE_MULTI = 0x1003,
	XBPF_LINK_RAW_TRACEPOINT = 0x1004,
	XBPF_LINK_TRACEPOINT	= 0x1005,
	XBPF_LINK_SYSCALL_FILTER = 0x1006,
	XBPF_LINK_TAP		= 0x1007,
	XBPF_LINK_INGRESS	= 0x1008,
	XBPF_LINK_EGRESS	= 0x1009,
};

#define XBPF_RAW_TRACEPOINT_ARGS	12	/* at most */

/* Program types of our own; all others are the upstream ones. */
enum xbpf_prog_type {
	/*
	 * Context struct seccomp_data, read-only; the result is a SECCOMP_RET_* verdict.  libbpf knows
	 * nothing of it; libxbpf gives it to SEC("seccomp").
	 */
	XBPF_PROG_TYPE_SYSCALL_FILTER = 0x1000,
};

struct xbpf_link_create {
	__u32		type;		/* enum xbpf_link_type */
	__u32		prog_fd;
	__u32		flags;		/* must be 0 */
	__u32		reserved;	/* must be 0 */
	__aligned_u64	symbol;		/* const char * */
	__aligned_u64	addr;
	__aligned_u64	offset;		/* bytes */
	__aligned_u64	cookie;		/* for bpf_get_attach_cookie; shown in the link's info */
	/* members below: 0 for link types that do not name them */
	__u32		target;		/* tap, ingress, egress: ifindex; syscall filter: pid */
	__s32		priority;	/* ingress, egress: the smallest runs first */
	__aligned_u64	symbols;	/* *_MULTI: array of @count user pointers to names */
	__aligned_u64	cookies;	/* *_MULTI: array of @count __u64, or 0 */
	__u32		count;		/* syscall filter: most tasks at a time, 0: any number */
	__u32		expire_ms;	/* any type: detached so many milliseconds later; 0: never */
	__u8		arg_size[16];	/* raw tracepoint: bytes of each argument; 0 ends the list. All 0: unknown */
};

/*
 * OBJ_GET_INFO_BY_FD of a link.  The first 64 bytes are struct bpf_link_info of Linux 6.12 (older
 * headers lack some fields); @type is the upstream number:
 *
 *	kprobe, kretprobe	BPF_LINK_TYPE_PERF_EVENT; @event_type BPF_PERF_EVENT_KPROBE (3) or
 *				_KRETPROBE (4)
 *	tracepoint		BPF_LINK_TYPE_PERF_EVENT; @event_type BPF_PERF_EVENT_TRACEPOINT (5): "category/name"
 *				is where the others have @func_name, and tracepoint.cookie its cookie
 *	raw tracepoint		BPF_LINK_TYPE_RAW_TRACEPOINT
 *	*_MULTI			BPF_LINK_TYPE_KPROBE_MULTI
 *	others			0: upstream has no such link, or none that looks like ours
 *
 * @func_name, @tp_name are user buffers of @name_len bytes (both may be 0), filled with the name;
 * the length comes back with NUL; one that is too small is ENOSPC.  @addrs and @cookies are arrays
 * of @count (ENOSPC, too).  What follows is ours, and alike for all links.
 */
struct xbpf_link_info {
	__u32		type;
	__u32		id;
	__u32		prog_id;
	__u32		pad;
	union {
		struct {
			__u32		event_type;
			__u32		pad2;
			__aligned_u64	func_name;
			__u32		name_len;
			__u32		offset;
			__aligned_u64	addr;		/* 0: detached, or not the caller's to see */
			__aligned_u64	missed;
			__aligned_u64	cookie;
		};
		struct {
			__u32		event_type;
			__u32		pad2;
			__aligned_u64	tp_name;
			__u32		name_len;
			__u32		pad3;
			__aligned_u64	cookie;
		} tracepoint;
		struct {
			__aligned_u64	tp_name;
			__u32		tp_name_len;
			__u32		pad2;
			__aligned_u64	cookie;
		} raw_tracepoint;
		struct {
			__aligned_u64	addrs;
			__u32		count;		/* of functions, whatever room there was */
			__u32		flags;		/* 1: at their returns */
			__aligned_u64	missed;
			__aligned_u64	cookies;
		} kprobe_multi;
	};
	/* what upstream does not have */
	__aligned_u64	run_cnt;	/* hits that ran the program */
	__aligned_u64	miss_cnt;	/* hits that did not: the attach point was re-entered, another xbpf
					 * program ran on this CPU, or RCU did not watch it */
	__aligned_u64	link_cookie;
	__u32		link_type;	/* enum xbpf_link_type */
	__u32		attached;	/* 0: detached, or what it was attached to is gone */
	__u32		target;		/* as given to XBPF_LINK_CREATE */
	__s32		priority;
	__u32		tasks;		/* syscall filter: tasks under it now */
	__u32		expire_ms;	/* until it is detached by itself; 0: it is not to be */
	__aligned_u64	denied;		/* syscall filter: calls not made; ingress, egress: packets dropped */
	char		name[128];	/* symbol, tracepoint, device; "" if there is none; cut to fit */
	/* what @miss_cnt is made of */
	__aligned_u64	miss_busy;	/* another xbpf program ran on this CPU */
	__aligned_u64	miss_rcu;	/* RCU did not watch the CPU: on the way into or out of idle */
	__aligned_u64	miss_other;	/* the attach point was re-entered, the record was too short, a packet
					 * could not be made writable */
};

/*
 * XBPF_GET_ERROR: why this thread's last failed command on this device fd
 * failed, in words, as one line without newline.  @buf is a user buffer of @size bytes; the text is
 * cut to fit and terminated with NUL.  @len comes back as the length of the whole text with NUL, 0
 * when there is none.  Reading does not clear it; the next command of the thread does.
 */
struct xbpf_get_error {
	__aligned_u64	buf;
	__u32		size;
	__u32		len;	/* out */
	__s32		err;	/* out: the errno that it explains, positive */
	__u32		cmd;	/* out: of which command */
};

/* XBPF_GET_INFO: all fields are answers. */
struct xbpf_info {
	char		version[32];		/* of the module */
	__u32		tail_calls_max;		/* successful ones in a run */
	__u32		insns_max;		/* of a program */
	__u32		processed_max;		/* instructions the verifier walks */
	__u32		jit;			/* 1: new programs are JITed; 0: interpreted (module parameter jit=0, or
						 * the JIT could not read the kernel's branch forms) */
	union {			/* the text area; arena_* are the fields' names in 0.1.0 */
		__aligned_u64	text_size;	/* bytes */
		__aligned_u64	arena_size;
	};
	union {
		__aligned_u64	text_used;
		__aligned_u64	arena_used;
	};
	union {
		__aligned_u64	text_largest;	/* largest hole, bytes */
		__aligned_u64	arena_largest;
	};
	union {
		__u32		text_images;
		__u32		arena_images;
	};
	__u32		ibt;			/* 1: ENDBR at entries */
	char		jump_form[48];		/* an indirect jump, as assembly: "jmp *%rcx" */
	char		ret_form[48];
	__aligned_u64	prog_types;		/* bit n: enum bpf_prog_type n is known; bit 63 - n: enum
						 * xbpf_prog_type 0x1000 + n */
	__aligned_u64	map_types;		/* likewise */
	__aligned_u64	helpers[4];		/* likewise enum bpf_func_id */
	char		tail[16];		/* how programs make tail calls that do not say it themselves */
	char		tails[104];		/* all strategies by name, separated by blanks; the first is XBPF_F_TAIL(1) */
};

/*
 * A place in a program's code that follows a program array: five bytes, a jump to the program in
 * one of its slots or to the table's tree, a nop while there is none.
 */
struct xbpf_prog_site {
	__u32		offset;		/* in the image */
	__u32		map_id;
	__u32		index;		/* the slot; 0 with XBPF_SITE_TREE */
	__u32		flags;		/* XBPF_SITE_* */
	__u32		prog_id;	/* in the slot now; 0: none, or it follows the tree */
	__u32		reserved;	/* 0 */
	__aligned_u64	target;		/* where the jump goes now; 0: it is a nop */
};

#define XBPF_SITE_TREE		(1U << 0)	/* follows the tree */
#define XBPF_SITE_COUNTED	(1U << 1)	/* the slot leads to its counter, and from there on */

/*
 * XBPF_PROG_TAIL: how a program makes its tail calls.
 *
 * @site_list points to room for @site_cnt struct xbpf_prog_site of @site_size bytes each, by
 * offset; @site_cnt comes back as how many there are.  As addresses of the kernel they are not for
 * everybody: @site_list comes back as 0 for who may not see them.
 */
struct xbpf_prog_tail {
	__u32		prog_fd;
	union {
		__u32	strategy;	/* out: enum xbpf_tail; 0: it is interpreted */
		__u32	way;		/* its name in 0.1.0 */
	};
	__u32		sites;		/* out: jumps in its code that change with a table */
	__u32		reserved;	/* must be 0 */
	char		name[16];	/* out: of the strategy; "" when interpreted */
	__aligned_u64	site_list;	/* struct xbpf_prog_site *, or 0 */
	__u32		site_cnt;	/* in: room; out: as @sites */
	__u32		site_size;	/* in: sizeof(struct xbpf_prog_site), where @site_cnt is not 0; out: that */
};

/* What a slot of a program array leads to. */
struct xbpf_table_slot {
	__aligned_u64	target;		/* its word, which tail calls jump to; 0: empty */
	__u32		prog_id;	/* 0: empty */
	__u32		flags;		/* XBPF_SLOT_COUNTED: @target is the slot's counter, which leads to the program */
};

#define XBPF_SLOT_COUNTED	(1U << 0)

/*
 * XBPF_TABLE_INFO: what became of the tail calls through a program array (EINVAL for other maps).
 * The first three count, since the table exists, calls that fell through; they are exact when no
 * program is running.
 *
 * The tree is code that jumps to the table's programs.  @tree_code points to room for @tree_len
 * bytes, and @tree_len comes back as its whole length: what was written is of one tree, and all of
 * it when there was room.  @slots points to room for @slot_cnt struct xbpf_table_slot of @slot_size
 * bytes each, from slot @slot_first on, and @slot_cnt comes back as how many slots there are from
 * there on; they may change between two of them.  Neither is for everybody, as addresses of the
 * kernel: @tree_code, @slots and @tree_addr come back as 0 for who may not see them.  EPERM: @slots
 * with a map fd that is not for reading.
 */
struct xbpf_table_info {
	__u32		map_fd;
	__u32		reserved;	/* must be 0 */
	__aligned_u64	range;		/* out: index beyond max_entries */
	__aligned_u64	empty;		/* out: no program in the slot */
	__aligned_u64	limit;		/* out: the run had made XBPF_GET_INFO's tail_calls_max calls already */
	__u32		filled;		/* out: slots with a program */
	__u32		sites;		/* out: jumps in programs' code that change with this table */
	__u32		targets;	/* out: programs in the tree; 0: there is none */
	__u32		tree_pending;	/* out: 1: a tree will be made soon */
	__aligned_u64	patches;	/* out: how often code was changed */
	__aligned_u64	rebuilds;	/* out: how often that was for a tree */
	/* out: how often there was to be a tree and could be none: too many programs, or no room */
	__aligned_u64	fallbacks;
	__aligned_u64	tree_code;	/* __u8 *, or 0 */
	__aligned_u64	slots;		/* struct xbpf_table_slot *, or 0 */
	__u32		tree_len;	/* in: room; out: bytes of the tree, 0: there is none */
	__u32		slot_first;
	__u32		slot_cnt;	/* in: room; out: slots from @slot_first on */
	__u32		slot_size;	/* in: sizeof(struct xbpf_table_slot), where @slot_cnt is not 0; out: that */
	__aligned_u64	tree_addr;	/* out: where the tree begins */
};

/*
 * XBPF_MAP_UPDATE_MANY: replaces any number of slots of a program array at once.
 *
 * @slots points to @count struct xbpf_slot_update.  Each names a slot (none twice: EINVAL; beyond
 * the table: E2BIG) and the fd of its new program, or -1 to empty it (an empty one may be
 * emptied).  All are looked at before the first is changed: a command that fails has changed
 * nothing, and @failed is the entry that it failed at (@count when it was none of them).
 *
 * No run ever sees a mixture: for each run of a program, from its first instruction to its last and
 * through all of its tail calls, either all of these slots hold the old programs or all hold the
 * new ones.  It takes a moment in which no program runs on any CPU: runs that would begin while the
 * others end wait for it, each 2 ms at most (0.2 ms where interrupts are off), and while the slots
 * are written.  When a run takes longer, the command tries again, for a second; others may change
 * the table between two tries.  Then it is EBUSY, and nothing has changed.  A process that is
 * killed meanwhile has changed nothing, or all.  Counted as missed are runs in an NMI that would
 * fall into the moment itself, and runs that wait for more than 200 ms (2 ms) because there are
 * very many slots, or the CPU that writes them does not get on.  Readers of slots in user space see
 * them change one after the other.
 */
struct xbpf_slot_update {
	__u32		index;
	__s32		prog_fd;
};

struct xbpf_update_many {
	__u32		map_fd;
	__u32		flags;		/* must be 0 */
	__aligned_u64	slots;		/* const struct xbpf_slot_update * */
	__u32		count;		/* 1 to XBPF_SLOTS_MAX */
	__u32		failed;		/* out, on failure */
};
#define XBPF_SLOTS_MAX	(1U << 20)

/*
 * XBPF_STATS: counters of a program, or of the slots of a program array: reads them, and with
 * XBPF_STATS_SET switches them on or off.  Off they cost a tail call nothing, and an event an
 * instruction or two; what is always counted (runs and misses of links, tail calls that fell
 * through) is not concerned.
 *
 *  XBPF_STATS_PROG  @fd is a program.  @run_cnt counts its runs by links and test runs, @tail_cnt
 *	tail calls that came to it through any program array; run_cnt of struct bpf_prog_info is the
 *	sum.
 *	With XBPF_STATS_TIME the runs' time is taken, that of the tail calls that they made
 *	included; it is not known how much of it which program had.  Of runs that were counted before
 *	the time was taken it has none.
 *  XBPF_STATS_MAP  @fd is a program array (EINVAL for other maps).  Each slot counts the tail calls
 *	that took it, whatever programs are in it: @taken points to room for @count numbers, of the
 *	slots from @first on, and @count comes back as how many slots there are from there on.
 *  XBPF_STATS_NEW  what programs and program arrays have that are made from then on; @fd is 0.
 *
 * Switching on what is off begins at 0; what is on goes on.  Switching off keeps what was counted.
 * The numbers are exact when no program is running.  A tail call that is under way while its slot
 * changes counts for the slot, and for the program before the change, behind it, or neither.
 *
 * Each JITed program that is counted, and each slot, takes 64 bytes of the text area: ENOSPC when
 * they are not there.  ENOMEM, ENOSPC, EINTR: nothing was switched.  With counted slots, filling
 * one may be ENOSPC, too.
 */
enum xbpf_stats_kind {
	XBPF_STATS_NEW,
	XBPF_STATS_PROG,
	XBPF_STATS_MAP,
};

#define XBPF_STATS_SET	(1U << 0)	/* flags: @on is to be so */

#define XBPF_STATS_RUNS	(1U << 0)	/* on: counts */
#define XBPF_STATS_TIME	(1U << 1)	/* on: takes the time, too; with XBPF_STATS_RUNS, not for maps */

struct xbpf_stats {
	__u32		kind;		/* enum xbpf_stats_kind */
	__u32		fd;
	__u32		flags;		/* 0 or XBPF_STATS_SET */
	__u32		on;		/* in: with XBPF_STATS_SET, else 0; out: what is on now */
	__u32		was;		/* out: what was on before */
	__u32		first;		/* map: a slot; else 0 */
	__u32		count;		/* map, in: room in @taken; out: slots from @first on; else 0 */
	__u32		reserved;	/* must be 0 */
	__aligned_u64	taken;		/* map, without XBPF_STATS_SET: __u64 *, or 0; else 0 */
	__aligned_u64	run_cnt;	/* out, program; 0 for others, as what follows */
	__aligned_u64	tail_cnt;
	__aligned_u64	run_time_ns;
	__aligned_u64	miss_cnt;	/* hits of its links that did not run it; RCU watched */
};

#endif /* _UAPI_LINUX_XBPF_H */
