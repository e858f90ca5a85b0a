/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The checks that libbpf answers with "failed to open object file" and less.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/types.h>
#include "elf_check.h"
#include "errmsg.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

#define COMPILE "compile it with `clang -target bpf -g -O2 -c`"

/* The section headers stand at the end: without them there is nothing to read. */
static int check_size(const char *path, const Elf64_Ehdr *h, off_t size)
{
	__u64 end = h->e_shoff + (__u64)h->e_shnum * h->e_shentsize;

	if (h->e_shoff <= (__u64)size && end <= (__u64)size)
		return 0;
	return errmsg_set(-EINVAL,
			  "%s: the file is cut off or damaged: it has "
			  "%lld bytes, its section headers are said to be at %llu to %llu; " COMPILE,
			  path, (long long)size, (unsigned long long)h->e_shoff, (unsigned long long)end);
}

static int check_header(const char *path, const Elf64_Ehdr *h, ssize_t len)
{
	if (len < EI_NIDENT || memcmp(h->e_ident, ELFMAG, SELFMAG))
		return errmsg_set(-EINVAL, "%s: not an ELF file; " COMPILE, path);
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return errmsg_set(-EINVAL, "%s: a 32-bit ELF file, BPF objects are 64-bit; " COMPILE, path);
	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		return errmsg_set(-EINVAL,
				  "%s: a big-endian object, this machine is little-endian; "
				  "compile it with -target bpfel (or bpf)", path);
	if (len < (ssize_t)sizeof(*h))
		return errmsg_set(-EINVAL, "%s: the file ends within the ELF header; " COMPILE, path);
	if (h->e_machine != EM_BPF)
		return errmsg_set(-EINVAL, "%s: an ELF file for machine %u, not for BPF (%u); "
				  COMPILE, path, h->e_machine, EM_BPF);
	if (h->e_type != ET_REL)
		return errmsg_set(-EINVAL, "%s: a linked ELF file, not an object; " COMPILE, path);
	return 0;
}

int elf_check(const char *path)
{
	Elf64_Ehdr header = { 0 };
	struct stat st;
	ssize_t len;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		err = -errno;
		return errmsg_set(err, "%s: the object cannot be opened: %s", path, strerror(-err));
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return errmsg_set(-EINVAL,
				  "%s: not a regular file; name an object that clang -target bpf made",
				  path);
	}
	len = read(fd, &header, sizeof(header));
	err = -errno;
	close(fd);
	if (len < 0)
		return errmsg_set(err, "%s: the object cannot be read: %s", path, strerror(-err));
	err = check_header(path, &header, len);
	return err ? err : check_size(path, &header, st.st_size);
}
