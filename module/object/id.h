/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ids of one kind of object: numbers from 1 on, handed out in a circle so that an id that was just
 * freed does not come back at once.
 */
#ifndef XBPF_MODULE_ID_H
#define XBPF_MODULE_ID_H

#include <linux/idr.h>
#include <linux/spinlock.h>
#include "cmd/cmd.h"

struct xbpf_ids {
	struct idr idr;
	spinlock_t lock;	/* protects idr; taken with interrupts off, so that ids may be dropped anywhere */
	const char *noun;	/* "map", "program": for messages */
};

#define XBPF_IDS(name, what)							\
	struct xbpf_ids name = {						\
		.idr = IDR_INIT(name.idr),					\
		.lock = __SPIN_LOCK_UNLOCKED(name.lock),			\
		.noun = what,							\
	}

/*
 * A new id for @obj, written to *@id before anybody can find the object by it: 0, or -errno.  From
 * now on xbpf_id_get() finds it. With @obj NULL the id is only taken, and nobody finds anything by
 * it until xbpf_id_publish(), which cannot fail. May sleep.
 */
int xbpf_id_alloc(struct xbpf_ids *ids, void *obj, u32 *id);
void xbpf_id_publish(struct xbpf_ids *ids, void *obj, u32 id);

/* Takes the id out of the list; any context. 0 (never given) does nothing. */
void xbpf_id_remove(struct xbpf_ids *ids, u32 id);

/*
 * The object behind @id, on which @get returned true, or NULL.  @get runs under the lock and takes
 * a reference unless the last one is gone; whoever drops the last one calls xbpf_id_remove() before
 * the memory goes.
 */
void *xbpf_id_get(struct xbpf_ids *ids, u32 id, bool (*get)(void *obj));

/* *_GET_NEXT_ID: reads attr.start_id, writes attr.next_id; -ENOENT behind the last one. */
long xbpf_id_next_cmd(struct xbpf_ids *ids, struct xbpf_cmd *cmd);

/*
 * At module exit: says on the log which objects are left ("xbpf: leak: ..."), and frees the list.
 */
void xbpf_id_exit(struct xbpf_ids *ids);

#endif
