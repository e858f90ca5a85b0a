/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netfilter's hooks at a network device.
 */
#ifndef XBPF_COMPAT_NETDEV_H
#define XBPF_COMPAT_NETDEV_H

#include <linux/netfilter.h>

/* 5.16: a hook at egress, too. -1: there is none. */
#ifdef CONFIG_NETFILTER_EGRESS
#define XBPF_COMPAT_NETDEV_EGRESS ((int)NF_NETDEV_EGRESS)
#else
#define XBPF_COMPAT_NETDEV_EGRESS (-1)
#endif

#endif
