/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links to network devices: what taps and classifiers have in common.
 */
#ifndef XBPF_MODULE_LINK_NETDEV_H
#define XBPF_MODULE_LINK_NETDEV_H

#include <linux/atomic.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include "link/link.h"

struct xbpf_netdev_link {
	struct xbpf_link link;
	struct list_head node;		/* of those that are attached; under rtnl */
	struct net_device *dev;		/* one reference; NULL: detached, or the device is gone; under rtnl */
	int ifindex;
	int priority;
	char name[IFNAMSIZ];		/* the device's last one; under rtnl */
	atomic64_t dropped;		/* packets */
	struct packet_type tap;		/* the hook: one of the two */
	struct nf_hook_ops nf;
};

static inline struct xbpf_netdev_link *xbpf_netdev_link_of(const struct xbpf_link *link)
{
	return container_of((struct xbpf_link *)link, struct xbpf_netdev_link, link);
}

/* What the kinds' ops are made of. */
struct xbpf_link *xbpf_netdev_alloc(struct xbpf_cmd *cmd);
void xbpf_netdev_free(struct xbpf_link *link);
/* Finds the device and calls @hook for it, under rtnl: 0 or -errno with words. */
int xbpf_netdev_attach(struct xbpf_link *link, struct xbpf_cmd *cmd,
		       int (*hook)(struct xbpf_netdev_link *l, struct xbpf_cmd *cmd));
void xbpf_netdev_detach(struct xbpf_link *link);
int xbpf_netdev_fits(const struct xbpf_link *link, const struct xbpf_prog *prog,
		     struct xbpf_cmd *cmd);
int xbpf_netdev_may(const struct xbpf_link *link, struct xbpf_cmd *cmd);
void xbpf_netdev_info(const struct xbpf_link *link, bool attached, struct xbpf_link_info *info,
		      char *name, u32 size);

/* net/tap.c, net/classifier.c */
extern const struct xbpf_link_ops xbpf_link_tap_ops, xbpf_link_ingress_ops, xbpf_link_egress_ops;

/* Follows devices that go away. */
int xbpf_netdev_init(void);
void xbpf_netdev_exit(void);

#endif
