/* SPDX-License-Identifier: GPL-2.0 */
/* The flags of a mapping: set by functions since 6.3, by assignment before. */
#ifndef XBPF_COMPAT_MM_H
#define XBPF_COMPAT_MM_H

#include <linux/mm.h>
#include <linux/version.h>

/* 6.3: vm_flags is const, and changed by functions that know the locking. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)

static inline void xbpf_compat_vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vm_flags_set(vma, flags);
}

static inline void xbpf_compat_vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vm_flags_clear(vma, flags);
}

#else

static inline void xbpf_compat_vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void xbpf_compat_vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}

#endif

#endif
