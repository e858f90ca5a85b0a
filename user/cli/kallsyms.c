/* SPDX-License-Identifier: GPL-2.0 */
/* The name of an address in the kernel. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kallsyms.h"

#define SYMBOL_SIZE 128

/* What one pass over the file has to find: the last text symbol at or before an address. */
struct nearest {
	__u64 address, start;
	char name[SYMBOL_SIZE], module[SYMBOL_SIZE];
};

/* A name far below says nothing. */
#define FAR (1u << 20)

/* The file is read once for each address: a dump has few of them, and the table is large. */
static bool find(struct nearest *n)
{
	char line[512], type, name[SYMBOL_SIZE], module[SYMBOL_SIZE];
	unsigned long long start;
	FILE *f = fopen("/proc/kallsyms", "re");
	int fields;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		fields = sscanf(line, "%llx %c %127s %127s", &start, &type, name, module);
		if (fields < 3 || !strchr("tTwW", type) || start > n->address || start < n->start || !start)
			continue;
		/* of several names for a place the first stays */
		if (start == n->start && *n->name)
			continue;
		n->start = start;
		snprintf(n->name, sizeof(n->name), "%s", name);
		snprintf(n->module, sizeof(n->module), "%s", fields == 4 ? module : "");
	}
	fclose(f);
	return *n->name && n->address - n->start < FAR;
}

int kallsyms_name(__u64 address, char *buf, size_t size)
{
	/* the same helper is called again and again */
	static struct nearest kept[16];
	static unsigned int n_kept, next;
	struct nearest *n = NULL;
	char offset[24] = "";
	unsigned int i;

	for (i = 0; i < n_kept && !n; i++)
		if (kept[i].address == address)
			n = &kept[i];
	if (!n) {
		n = &kept[next];
		memset(n, 0, sizeof(*n));
		n->address = address;
		if (!find(n))
			n->name[0] = '\0';
		next = (next + 1) % (sizeof(kept) / sizeof(*kept));
		if (n_kept < sizeof(kept) / sizeof(*kept))
			n_kept++;
	}
	if (!*n->name)
		return 0;
	if (address != n->start)
		snprintf(offset, sizeof(offset), "+0x%llx", address - n->start);
	return snprintf(buf, size, "%s%s%s%s", n->name, offset, *n->module ? " " : "", n->module);
}
