/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Longest-prefix match: a binary trie whose nodes stand where keys differ.
 *
 * A key is a length in bits (struct bpf_lpm_trie_key) and data, of which that many bits from the
 * first byte's highest on count.  A lookup gives the value of the longest prefix in the map that
 * the key's data begins with.
 *
 * A node holds a prefix; what is below it begins with that prefix and is longer; the next bit says
 * which child.  A node without a value stands only where two children part.  So a map of N prefixes
 * has at most N - 1 of those, and all nodes are allocated at creation.
 *
 * Writers hold the lock (map/lock.h).  Lookups take none: nodes are memory for good, so a walk that
 * a writer crosses goes astray at worst, its steps are bounded, and the sequence count tells it to
 * walk again.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "cmd/yield.h"
#include "map/map.h"
#include "map/lock.h"
#include "run/budget.h"

/* struct bpf_lpm_trie_key, whose data[0] newer compilers take for an array of nothing */
struct lpm_key {
	u32 prefixlen;
	u8 data[];
};

#define LPM_DATA_MAX	256	/* as upstream */
#define LPM_RETRIES	32	/* crossed walks before a lookup takes the lock */

struct lpm_node {
	struct lpm_node *child[2];	/* free: [0] is the next one */
	u32 bits;
	bool has_value;
	u8 data[] __aligned(8);		/* value_at behind it: the value */
};

struct xbpf_lpm {
	struct xbpf_map map;
	u32 data_size;			/* bytes; key_size - 4 */
	u32 value_at;
	u32 node_size;
	raw_spinlock_t lock;		/* protects what follows, and the nodes */
	u32 sequence;			/* odd: a change is under way */
	u32 count;			/* prefixes with a value */
	struct lpm_node *root;
	struct lpm_node *free;
	void *nodes;			/* constant */
};

static struct xbpf_lpm *lpm_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_lpm, map);
}

static void *node_value(const struct xbpf_lpm *lpm, struct lpm_node *node)
{
	return node->data + lpm->value_at;
}

static u32 bit_of(const u8 *data, u32 i)
{
	return data[i / 8] >> (7 - i % 8) & 1;
}

/* How many bits, at most @max, both begin with, given that they do so with @same. */
static u32 common_bits(const u8 *a, const u8 *b, u32 same, u32 max)
{
	u32 i, diff;

	for (i = round_down(same, 8); i < max; i += 8) {
		diff = a[i / 8] ^ b[i / 8];
		if (diff)
			return min(max, i + 8 - (u32)fls(diff));
	}
	return max;
}

/* ---- walking ---- */

/* The longest prefix with a value that @data, @bits of it, begins with. */
static struct lpm_node *walk(const struct xbpf_lpm *lpm, const u8 *data, u32 bits)
{
	struct lpm_node *node = READ_ONCE(lpm->root), *found = NULL;
	u32 step, len, same = 0;

	/* a path has at most as many nodes as bits, and the root; more only on a walk that was crossed */
	for (step = 0; node && step <= 8 * lpm->data_size; step++) {
		len = READ_ONCE(node->bits);
		if (len > bits || common_bits(node->data, data, same, len) < len)
			break;
		if (READ_ONCE(node->has_value))
			found = node;
		if (len == bits)
			break;
		node = READ_ONCE(node->child[bit_of(data, len)]);
		same = len;		/* of all that is below */
	}
	return found;
}

/* With the lock. */
static struct lpm_node *find_exact(const struct xbpf_lpm *lpm, const u8 *data, u32 bits)
{
	struct lpm_node *node = walk(lpm, data, bits);

	return node && node->bits == bits ? node : NULL;
}

/* ---- changing; with the lock ---- */

static void change_begin(struct xbpf_lpm *lpm)
{
	WRITE_ONCE(lpm->sequence, lpm->sequence + 1);
	smp_wmb();
}

static void change_end(struct xbpf_lpm *lpm)
{
	smp_wmb();
	WRITE_ONCE(lpm->sequence, lpm->sequence + 1);
}

/* There is one: see alloc_nodes(). */
static struct lpm_node *node_alloc(struct xbpf_lpm *lpm, const u8 *data, u32 bits)
{
	struct lpm_node *node = lpm->free;

	lpm->free = node->child[0];
	node->child[0] = NULL;
	node->child[1] = NULL;
	WRITE_ONCE(node->bits, bits);
	WRITE_ONCE(node->has_value, false);
	memcpy(node->data, data, lpm->data_size);
	return node;
}

static void node_free(struct xbpf_lpm *lpm, struct lpm_node *node)
{
	WRITE_ONCE(node->has_value, false);
	node->child[1] = NULL;
	node->child[0] = lpm->free;
	lpm->free = node;
}

/* @data agrees with the node's in the bits that count; user space gets back what it gave. */
static void value_set(struct xbpf_lpm *lpm, struct lpm_node *node, const u8 *data,
		      const void *value)
{
	memcpy(node->data, data, lpm->data_size);
	xbpf_map_copy(node_value(lpm, node), value, lpm->map.info.value_size);
	WRITE_ONCE(node->has_value, true);
}

/* A place for the prefix, which is not in the map; its node is linked with its value. */
static void insert(struct xbpf_lpm *lpm, const u8 *data, u32 bits, const void *value)
{
	struct lpm_node **link = &lpm->root, *node, *new, *fork;
	u32 same = 0;

	while ((node = *link)) {
		same = common_bits(node->data, data, same, min(node->bits, bits));
		if (same < node->bits || node->bits == bits)
			break;
		link = &node->child[bit_of(data, node->bits)];
	}
	if (node && node->bits == bits && same == bits) {	/* a fork so far */
		value_set(lpm, node, data, value);
		return;
	}
	new = node_alloc(lpm, data, bits);
	value_set(lpm, new, data, value);
	if (!node) {
		*link = new;
	} else if (same == bits) {	/* above it */
		new->child[bit_of(node->data, bits)] = node;
		*link = new;
	} else {
		fork = node_alloc(lpm, data, same);
		fork->child[bit_of(data, same)] = new;
		fork->child[bit_of(node->data, same)] = node;
		*link = fork;
	}
}

/* Takes @node's value, and what stands there only for its sake. */
static void erase(struct xbpf_lpm *lpm, struct lpm_node *node)
{
	struct lpm_node **link = &lpm->root, **above = NULL, *fork;

	while (*link != node) {
		above = link;
		link = &(*link)->child[bit_of(node->data, (*link)->bits)];
	}
	WRITE_ONCE(node->has_value, false);
	if (node->child[0] && node->child[1])
		return;				/* a fork now */
	*link = node->child[0] ?: node->child[1];
	node_free(lpm, node);
	fork = above ? *above : NULL;
	if (!fork || fork->has_value || (fork->child[0] && fork->child[1]))
		return;
	*above = fork->child[0] ?: fork->child[1];
	node_free(lpm, fork);
}

/* ---- keys ---- */

static const struct lpm_key *key_of(const void *key)
{
	return key;
}

static int lpm_write(struct xbpf_lpm *lpm, const void *key, const void *value, u64 flags)
{
	const u8 *data = key_of(key)->data;
	u32 bits = key_of(key)->prefixlen;
	struct lpm_node *node;
	unsigned long irq;
	int err = 0;

	if (flags > BPF_EXIST || bits > 8 * lpm->data_size)
		return -EINVAL;
	xbpf_map_lock(&lpm->lock, &irq);
	node = find_exact(lpm, data, bits);
	if (node && flags == BPF_NOEXIST) {
		err = -EEXIST;
	} else if (!node && flags == BPF_EXIST) {
		err = -ENOENT;
	} else if (!node && lpm->count == lpm->map.info.max_entries) {
		err = -ENOSPC;
	} else {
		change_begin(lpm);
		if (node) {
			value_set(lpm, node, data, value);
		} else {
			insert(lpm, data, bits, value);
			lpm->count++;
		}
		change_end(lpm);
	}
	xbpf_map_unlock(&lpm->lock, irq);
	return err;
}

static int lpm_remove(struct xbpf_lpm *lpm, const void *key)
{
	u32 bits = key_of(key)->prefixlen;
	struct lpm_node *node;
	unsigned long irq;

	if (bits > 8 * lpm->data_size)
		return -EINVAL;
	xbpf_map_lock(&lpm->lock, &irq);
	node = find_exact(lpm, key_of(key)->data, bits);
	if (node) {
		change_begin(lpm);
		erase(lpm, node);
		lpm->count--;
		change_end(lpm);
	}
	xbpf_map_unlock(&lpm->lock, irq);
	return node ? 0 : -ENOENT;
}

/* ---- creation ---- */

static void lpm_free(struct xbpf_map *map)
{
	kvfree(lpm_of(map)->nodes);
	kfree(lpm_of(map));
}

/* A prefix needs its own node and, with each but the first, a fork. */
static long alloc_nodes(struct xbpf_lpm *lpm, struct xbpf_cmd *cmd)
{
	u64 count = 2 * (u64)cmd->attr->bpf.max_entries, i;
	u64 bytes = count * lpm->node_size;
	void *nodes = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	struct lpm_node *node;

	if (IS_ERR(nodes))
		return PTR_ERR(nodes);
	for (i = count; i-- > 0; ) {
		node = nodes + i * lpm->node_size;
		node->child[0] = lpm->free;
		lpm->free = node;
		xbpf_yield(i);
	}
	lpm->nodes = nodes;
	lpm->map.memory = sizeof(*lpm) + bytes;
	return 0;
}

static struct xbpf_map *lpm_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 head = offsetof(struct lpm_key, data);
	struct xbpf_lpm *lpm;
	long err;

	if (!(attr->map_flags & BPF_F_NO_PREALLOC))
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "lpm_trie maps must have BPF_F_NO_PREALLOC, as "
					     "stock asks for"));
	if (attr->key_size <= head || attr->key_size > head + LPM_DATA_MAX)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "key_size %u: %u for the length and 1 to %u bytes of data",
					     attr->key_size, head, LPM_DATA_MAX));
	if (!attr->value_size)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "value_size must not be 0"));
	if (attr->value_size > KMALLOC_MAX_SIZE - LPM_DATA_MAX - sizeof(struct lpm_node))
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "value_size %u is too large", attr->value_size));
	lpm = kzalloc(sizeof(*lpm), GFP_KERNEL_ACCOUNT);
	if (!lpm)
		return ERR_PTR(-ENOMEM);
	lpm->data_size = attr->key_size - head;
	lpm->value_at = round_up(lpm->data_size, 8);
	lpm->node_size = sizeof(struct lpm_node) + lpm->value_at + round_up(attr->value_size, 8);
	raw_spin_lock_init(&lpm->lock);
	err = alloc_nodes(lpm, cmd);
	if (err) {
		kfree(lpm);
		return ERR_PTR(err);
	}
	lpm->map.info.addr = (unsigned long)&lpm->map;
	return &lpm->map;
}

/* ---- commands ---- */

static int bad_length(struct xbpf_lpm *lpm, const void *key, struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -EINVAL, "prefix length %u: keys of map '%s' have %u bits",
			     key_of(key)->prefixlen, lpm->map.info.name, 8 * lpm->data_size);
}

static int lpm_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	struct xbpf_lpm *lpm = lpm_of(map);
	u32 bits = key_of(key)->prefixlen;
	struct lpm_node *node;
	unsigned long irq;

	if (bits > 8 * lpm->data_size)
		return -ENOENT;		/* as upstream */
	xbpf_map_lock(&lpm->lock, &irq);
	node = walk(lpm, key_of(key)->data, bits);
	if (node)
		xbpf_map_copy(value, node_value(lpm, node), map->info.value_size);
	xbpf_map_unlock(&lpm->lock, irq);
	return node ? 0 : -ENOENT;
}

static int lpm_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
		      struct xbpf_cmd *cmd)
{
	int err = lpm_write(lpm_of(map), key, value, flags);

	if (err == -EINVAL)
		return bad_length(lpm_of(map), key, cmd);
	if (err == -ENOSPC)
		xbpf_cmd_fail(cmd, err, "map '%s' (id %u) is full: %u prefixes", map->info.name, map->info.id,
			      map->info.max_entries);
	else if (err == -EEXIST)
		xbpf_cmd_fail(cmd, err, "BPF_NOEXIST: the prefix exists in map '%s'", map->info.name);
	else if (err == -ENOENT)
		xbpf_cmd_fail(cmd, err, "BPF_EXIST: the prefix does not exist in map '%s'", map->info.name);
	return err;
}

static int lpm_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	int err = lpm_remove(lpm_of(map), key);

	return err == -EINVAL ? bad_length(lpm_of(map), key, cmd) : err;
}

/* The first prefix in the subtree: what is below a node comes before it. */
static struct lpm_node *deepest(struct lpm_node *node)
{
	while (node->child[0] || node->child[1])
		node = node->child[0] ?: node->child[1];
	return node;
}

/* In post-order, behind @node; with the lock. Nodes without a value are passed over. */
static struct lpm_node *node_after(struct xbpf_lpm *lpm, struct lpm_node *node)
{
	struct lpm_node *at, *parent;

	do {
		parent = NULL;
		for (at = lpm->root; at != node; at = at->child[bit_of(node->data, at->bits)])
			parent = at;
		if (parent && parent->child[0] == node && parent->child[1])
			node = deepest(parent->child[1]);
		else
			node = parent;
	} while (node && !node->has_value);
	return node;
}

/*
 * Longer prefixes before those that they begin with.  A key that is not there starts from the
 * beginning, as upstream.
 */
static int lpm_next_key(struct xbpf_map *map, const void *key, void *next)
{
	struct xbpf_lpm *lpm = lpm_of(map);
	struct lpm_key *to = next;
	struct lpm_node *node = NULL;
	unsigned long irq;

	xbpf_map_lock(&lpm->lock, &irq);
	if (key && key_of(key)->prefixlen <= 8 * lpm->data_size)
		node = find_exact(lpm, key_of(key)->data, key_of(key)->prefixlen);
	if (node)
		node = node_after(lpm, node);
	else if (lpm->root)
		node = deepest(lpm->root);	/* a leaf has a value */
	if (node) {
		to->prefixlen = node->bits;
		memcpy(to->data, node->data, lpm->data_size);
	}
	xbpf_map_unlock(&lpm->lock, irq);
	return node ? 0 : -ENOENT;
}

/* ---- from programs ---- */

static struct xbpf_lpm *lpm_at(u64 addr)
{
	BUILD_BUG_ON(offsetof(struct xbpf_lpm, map));		/* addr is &map */
	return (struct xbpf_lpm *)(unsigned long)addr;
}

static u64 lpm_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct lpm_key *key = (const struct lpm_key *)(unsigned long)r2;
	struct xbpf_lpm *lpm = lpm_at(r1);
	u32 bits = key->prefixlen, sequence;
	struct lpm_node *node;
	unsigned long irq;
	int tries;

	if (bits > 8 * lpm->data_size)
		return 0;
	for (tries = 0; tries < LPM_RETRIES; tries++) {
		sequence = READ_ONCE(lpm->sequence);
		smp_rmb();
		node = walk(lpm, key->data, bits);
		smp_rmb();
		if (!(sequence & 1) && READ_ONCE(lpm->sequence) == sequence)
			return node ? (unsigned long)node_value(lpm, node) : 0;
		cpu_relax();
	}
	xbpf_map_lock(&lpm->lock, &irq);
	node = walk(lpm, key->data, bits);
	xbpf_map_unlock(&lpm->lock, irq);
	return node ? (unsigned long)node_value(lpm, node) : 0;
}

static u64 lpm_update_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	if (!xbpf_budget_draw_bytes(lpm_at(r1)->map.info.value_size))
		return -ETIME;
	return lpm_write(lpm_at(r1), (const void *)(unsigned long)r2, (const void *)(unsigned long)r3, r4);
}

static u64 lpm_delete_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return lpm_remove(lpm_at(r1), (const void *)(unsigned long)r2);
}

const struct xbpf_map_ops xbpf_lpm_trie_ops = {
	.flags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
		 BPF_F_WRONLY_PROG,
	.alloc = lpm_alloc,
	.free = lpm_free,
	.sys_lookup = lpm_lookup,
	.sys_update = lpm_update,
	.sys_delete = lpm_delete,
	.next_key = lpm_next_key,
	.lookup = lpm_lookup_helper,
	.update = lpm_update_helper,
	.delete = lpm_delete_helper,
};
