/* SPDX-License-Identifier: GPL-2.0 */
/* The map types by name. */
#include "core/map.h"
#include "include/lists/map_types.h"

const char *xbpf_map_type_name(u32 type)
{
	switch (type) {
#define ROW(NUMBER, name)		\
	case BPF_MAP_TYPE_##NUMBER:	\
		return #name;
	XBPF_MAP_TYPES(ROW)
#undef ROW
	}
	return NULL;
}
