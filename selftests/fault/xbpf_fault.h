/* SPDX-License-Identifier: GPL-2.0 */
/* The device of xbpf_fault.ko, which lets an allocation of its caller fail. */
#ifndef XBPF_FAULT_H
#define XBPF_FAULT_H

#include <linux/ioctl.h>

/* the argument: the how-manieth allocation fails, from 1 on; 0: none */
#define XBPF_FAULT_ARM		_IO(0xEC, 0)
#define XBPF_FAULT_DISARM	_IO(0xEC, 1)

#endif
