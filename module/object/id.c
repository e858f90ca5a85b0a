/* SPDX-License-Identifier: GPL-2.0 */
/* Ids: numbers by which objects are found while they live. */
#include <linux/bug.h>
#include <linux/printk.h>
#include "object/id.h"

int xbpf_id_alloc(struct xbpf_ids *ids, void *obj, u32 *id)
{
	unsigned long flags;
	int new;

	idr_preload(GFP_KERNEL);
	spin_lock_irqsave(&ids->lock, flags);
	new = idr_alloc_cyclic(&ids->idr, obj, 1, INT_MAX, GFP_ATOMIC);
	if (new > 0)
		*id = new;
	spin_unlock_irqrestore(&ids->lock, flags);
	idr_preload_end();
	return new < 0 ? new : 0;
}

void xbpf_id_publish(struct xbpf_ids *ids, void *obj, u32 id)
{
	unsigned long flags;

	spin_lock_irqsave(&ids->lock, flags);
	WARN_ON_ONCE(idr_replace(&ids->idr, obj, id));	/* the old one: NULL */
	spin_unlock_irqrestore(&ids->lock, flags);
}

void xbpf_id_remove(struct xbpf_ids *ids, u32 id)
{
	unsigned long flags;

	if (!id)
		return;
	spin_lock_irqsave(&ids->lock, flags);
	idr_remove(&ids->idr, id);
	spin_unlock_irqrestore(&ids->lock, flags);
}

void *xbpf_id_get(struct xbpf_ids *ids, u32 id, bool (*get)(void *obj))
{
	unsigned long flags;
	void *obj;

	spin_lock_irqsave(&ids->lock, flags);
	obj = idr_find(&ids->idr, id);
	if (obj && !get(obj))
		obj = NULL;
	spin_unlock_irqrestore(&ids->lock, flags);
	return obj;
}

long xbpf_id_next_cmd(struct xbpf_ids *ids, struct xbpf_cmd *cmd)
{
	u32 start = cmd->attr->bpf.start_id;
	unsigned long flags;
	void *obj = NULL;
	int next;

	if (start < INT_MAX) {
		next = start + 1;
		spin_lock_irqsave(&ids->lock, flags);
		obj = idr_get_next(&ids->idr, &next);
		spin_unlock_irqrestore(&ids->lock, flags);
	}
	if (!obj)
		return -ENOENT;
	cmd->attr->bpf.next_id = next;
	return xbpf_cmd_put(cmd, bpf.next_id);
}

void xbpf_id_exit(struct xbpf_ids *ids)
{
	void *obj;
	int id;

	idr_for_each_entry(&ids->idr, obj, id)
		pr_err("xbpf: leak: %s with id %d is left\n", ids->noun, id);
	WARN_ON(!idr_is_empty(&ids->idr));
	idr_destroy(&ids->idr);
}
