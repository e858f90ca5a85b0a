/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is libbpf linked so that its calls reach the device?
 *
 * --wrap=syscall changes the calls of what is linked into this executable. A shared libbpf keeps
 * its own, and would use the kernel's BPF without a word. That is so in two cases:
 *
 *  - this executable needs a symbol of libbpf.so: the linker lists these with the library's name
 *    (DT_VERNEED), and only if nothing that is linked into the executable defines them;
 *  - a libbpf.so is loaded and the executable has no libbpf of its own: then another library of the
 *    program brought it, or it is a libbpf.so without versions. No call of libbpf in this process
 *    would reach the device.
 *
 * A program with a libbpf.a of its own may have a library that brings libbpf.so for purposes of its
 * own: its calls are not this program's. A libbpf.so that dlopen() loads later is not seen.
 */
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "linkage.h"

/*
 * In every libbpf, in the object file that makes its system calls. Weak: it takes nothing from
 * libbpf.a by itself.
 */
extern char bpf_map_update_elem[] __attribute__((weak));

struct linkage {
	bool own;		/* libbpf.a is in this executable */
	char needed[256];	/* the shared libbpf that this executable takes symbols from, or "" */
	char loaded[256];	/* any shared libbpf in this process, or "" */
};

static bool is_libbpf(const char *path)
{
	static const char name[] = "libbpf.so";
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return !strncmp(base, name, strlen(name)) &&
		(base[strlen(name)] == '\0' || base[strlen(name)] == '.');
}

static bool holds(const struct dl_phdr_info *object, const void *what)
{
	uintptr_t at = (uintptr_t)what;
	int i;

	for (i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && at - (object->dlpi_addr + p->p_vaddr) < p->p_memsz)
			return true;
	}
	return false;
}

/* The loader has made some of these pointers absolute, and left others as they are in the file. */
static const char *in_memory(const struct dl_phdr_info *object, ElfW(Addr) at)
{
	return (const char *)(at < object->dlpi_addr ? object->dlpi_addr + at : at);
}

/* Keeps the name of the shared libbpf that @object takes symbols from. */
static void find_needed(const struct dl_phdr_info *object, char *name, size_t size)
{
	const char *strings = NULL, *at = NULL;
	const ElfW(Dyn) *d = NULL;
	ElfW(Xword) n = 0;
	int i;

	for (i = 0; i < object->dlpi_phnum; i++)
		if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
			d = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
	for (; d && d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_STRTAB)
			strings = in_memory(object, d->d_un.d_ptr);
		else if (d->d_tag == DT_VERNEED)
			at = in_memory(object, d->d_un.d_ptr);
		else if (d->d_tag == DT_VERNEEDNUM)
			n = d->d_un.d_val;
	}
	for (; strings && at && n; n--) {
		const ElfW(Verneed) *need = (const ElfW(Verneed) *)at;

		if (is_libbpf(strings + need->vn_file))
			snprintf(name, size, "%s", strings + need->vn_file);
		at += need->vn_next;
	}
}

static int look(struct dl_phdr_info *object, size_t size, void *to)
{
	struct linkage *l = to;

	(void)size;
	if (holds(object, (const void *)linkage_shared)) {
		l->own = holds(object, bpf_map_update_elem);
		find_needed(object, l->needed, sizeof(l->needed));
	}
	if (object->dlpi_name && is_libbpf(object->dlpi_name))
		snprintf(l->loaded, sizeof(l->loaded), "%s", object->dlpi_name);
	return 0;
}

bool linkage_shared(char *name, size_t size)
{
	struct linkage l = { 0 };

	dl_iterate_phdr(look, &l);
	snprintf(name, size, "%s", l.needed[0] ? l.needed : l.own ? "" : l.loaded);
	return name[0] != '\0';
}
