/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of states.  A walk makes and frees millions of them, so what is freed is kept for the next
 * of its size, and nothing is cleared: who gets memory writes what it reads.
 */
#include "core/verify/verifier_priv.h"

/* Sizes are rounded up to this; larger ones than XBPF_SPARE_SIZES of it are not kept. */
#define STEP		128u

struct xbpf_spare {
	struct xbpf_spare *next;
};

void *xbpf_verify_alloc(struct xbpf_verifier *v, size_t size)
{
	size_t steps = (size + STEP - 1) / STEP;
	struct xbpf_spare *spare = steps <= XBPF_SPARE_SIZES ? v->spare[steps - 1] : NULL;
	void *p = spare;

	if (spare) {
		v->spare[steps - 1] = spare->next;
		v->spare_bytes -= steps * STEP;
	} else {
		p = port_alloc(steps * STEP);
	}
	if (!p)
		return NULL;
	v->bytes += steps * STEP;
	v->bytes_peak = max_t(size_t, v->bytes_peak, v->bytes + v->spare_bytes);
	return p;
}

void xbpf_verify_release(struct xbpf_verifier *v, void *p, size_t size)
{
	size_t steps = (size + STEP - 1) / STEP;
	struct xbpf_spare *spare = p;

	if (!p)
		return;
	v->bytes -= steps * STEP;
	if (steps > XBPF_SPARE_SIZES || v->spare_bytes + steps * STEP > PORT_SPARE_BYTES) {
		port_free(p);
		return;
	}
	spare->next = v->spare[steps - 1];
	v->spare[steps - 1] = spare;
	v->spare_bytes += steps * STEP;
}

void xbpf_verify_free_spare(struct xbpf_verifier *v)
{
	struct xbpf_spare *spare;
	u32 i;

	for (i = 0; i < XBPF_SPARE_SIZES; i++)
		while ((spare = v->spare[i])) {
			v->spare[i] = spare->next;
			port_free(spare);
		}
	v->spare_bytes = 0;
}
