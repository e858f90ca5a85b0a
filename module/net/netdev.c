/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links to a network device, which may go away before them.  A link whose device is gone stays as
 * an object, and says so: no program will ever run for it again. A device that moves to another
 * network namespace is gone, too.
 */
#include <linux/err.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include "net/netdev.h"

static LIST_HEAD(links);	/* under rtnl */

struct xbpf_link *xbpf_netdev_alloc(struct xbpf_cmd *cmd)
{
	const struct xbpf_link_create *attr = &cmd->attr->link_create;
	struct xbpf_netdev_link *l;

	if (!attr->target || attr->target > INT_MAX)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "target must be the index of a network device"));
	l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l)
		return ERR_PTR(-ENOMEM);
	l->ifindex = attr->target;
	l->priority = attr->priority;
	return &l->link;
}

void xbpf_netdev_free(struct xbpf_link *link)
{
	kfree(xbpf_netdev_link_of(link));
}

/* Under rtnl. When it returns no run is under way, and nothing of the device is held. */
static void unlink_device(struct xbpf_netdev_link *l)
{
	struct net_device *dev = l->dev;

	ASSERT_RTNL();
	if (!dev)
		return;
	if (l->nf.hook)
		nf_unregister_net_hook(dev_net(dev), &l->nf);
	else
		__dev_remove_pack(&l->tap);
	list_del(&l->node);
	WRITE_ONCE(l->dev, NULL);
	synchronize_net();
	dev_put(dev);
}

int xbpf_netdev_attach(struct xbpf_link *link, struct xbpf_cmd *cmd,
		       int (*hook)(struct xbpf_netdev_link *l, struct xbpf_cmd *cmd))
{
	struct xbpf_netdev_link *l = xbpf_netdev_link_of(link);
	int err;

	rtnl_lock();
	l->dev = dev_get_by_index(current->nsproxy->net_ns, l->ifindex);
	if (!l->dev) {
		err = xbpf_cmd_fail(cmd, -ENODEV, "no network device has index %d in this network namespace",
				    l->ifindex);
		goto unlock;
	}
	strscpy(l->name, l->dev->name, sizeof(l->name));
	err = xbpf_rights_check_net(cmd, &link->ops->rights, dev_net(l->dev), l->name);
	/* on its way out: the notifier has been there, or will not come any more */
	if (!err)
		err = l->dev->reg_state == NETREG_REGISTERED ? hook(l, cmd) :
		      xbpf_cmd_fail(cmd, -ENODEV, "the network device %s is going away", l->name);
	if (err) {
		dev_put(l->dev);
		l->dev = NULL;
		goto unlock;
	}
	list_add(&l->node, &links);
unlock:
	rtnl_unlock();
	return err;
}

void xbpf_netdev_detach(struct xbpf_link *link)
{
	rtnl_lock();
	unlink_device(xbpf_netdev_link_of(link));
	rtnl_unlock();
}

int xbpf_netdev_fits(const struct xbpf_link *link, const struct xbpf_prog *prog,
		     struct xbpf_cmd *cmd)
{
	const struct xbpf_netdev_link *l = xbpf_netdev_link_of(link);

	if (READ_ONCE(l->dev))
		return 0;
	return xbpf_cmd_fail(cmd, -ENODEV,
			     "the network device that link %u was attached to is gone", link->obj.id);
}

/*
 * A device that is attached is where it was: one that moves to another namespace lets go of its
 * links. A link that lost it decides nothing any more, and may be anybody's who has it.
 */
int xbpf_netdev_may(const struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	const struct xbpf_netdev_link *l = xbpf_netdev_link_of(link);
	int err = 0;

	rtnl_lock();
	if (l->dev)
		err = xbpf_rights_check_net(cmd, &link->ops->rights, dev_net(l->dev), l->name);
	rtnl_unlock();
	return err;
}

void xbpf_netdev_info(const struct xbpf_link *link, bool attached, struct xbpf_link_info *info,
		      char *name, u32 size)
{
	const struct xbpf_netdev_link *l = xbpf_netdev_link_of(link);

	info->target = l->ifindex;
	info->priority = l->priority;
	info->denied = atomic64_read(&l->dropped);
	rtnl_lock();
	info->attached = !!l->dev;
	strscpy(name, l->name, size);
	rtnl_unlock();
}

static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct xbpf_netdev_link *l, *next;

	if (event != NETDEV_UNREGISTER && event != NETDEV_CHANGENAME)
		return NOTIFY_DONE;
	list_for_each_entry_safe(l, next, &links, node) {
		if (l->dev != dev)
			continue;
		if (event == NETDEV_UNREGISTER)
			unlink_device(l);
		else
			strscpy(l->name, dev->name, sizeof(l->name));
	}
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_event,
};

int xbpf_netdev_init(void)
{
	return register_netdevice_notifier(&device_notifier);
}

void xbpf_netdev_exit(void)
{
	unregister_netdevice_notifier(&device_notifier);
}
