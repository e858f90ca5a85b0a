/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting stubs: making them, and freeing them a grace period after the last way to them is gone.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include "jit/jit.h"
#include "object/worker.h"
#include "text/area.h"
#include "text/jit_env.h"
#include "text/stub.h"

struct xbpf_stub {
	void *code;
	u32 len;
	struct rcu_work retired;
};

static int write_code(struct xbpf_stub *stub, const void *target, u64 __percpu *counter)
{
	u8 buf[XBPF_COUNTER_LEN];
	int err = xbpf_jit_counter((u64)(__force unsigned long)counter, (unsigned long)target,
				   xbpf_jit_env(), (unsigned long)stub->code, buf, &stub->len);

	return err ? err : xbpf_text_write(stub->code, buf, stub->len);
}

struct xbpf_stub *xbpf_stub_make(const void *target, u64 __percpu *counter)
{
	struct xbpf_stub *stub = kzalloc(sizeof(*stub), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	int err = -ENOSPC;

	if (!stub)
		return ERR_PTR(-ENOMEM);
	stub->len = XBPF_COUNTER_LEN;
	stub->code = xbpf_text_alloc(XBPF_COUNTER_LEN, false);
	if (stub->code)
		err = write_code(stub, target, counter);
	if (err) {
		xbpf_stub_free(stub);
		return ERR_PTR(err);
	}
	return stub;
}

void *xbpf_stub_code(const struct xbpf_stub *stub)
{
	return stub->code;
}

void xbpf_stub_free(struct xbpf_stub *stub)
{
	if (!stub)
		return;
	xbpf_text_free(stub->code, stub->len);
	kfree(stub);
}

static void free_retired(struct work_struct *work)
{
	xbpf_stub_free(container_of(to_rcu_work(work), struct xbpf_stub, retired));
}

void xbpf_stub_retire(struct xbpf_stub *stub)
{
	if (!stub)
		return;
	INIT_RCU_WORK(&stub->retired, free_retired);
	queue_rcu_work(xbpf_workqueue, &stub->retired);
}
