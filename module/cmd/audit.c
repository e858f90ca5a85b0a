/* SPDX-License-Identifier: GPL-2.0 */
/* Records for the audit log. */
#include <linux/audit.h>
#include <linux/gfp.h>
#include "cmd/audit.h"
#include "cmd/name.h"

void xbpf_audit(const char *op, u32 prog_id, u32 link_id)
{
	struct audit_buffer *ab;

	if (audit_enabled == AUDIT_OFF)
		return;
	/* with the record of the system call, and so with who it was, when there is one */
	ab = audit_log_start(audit_context(), GFP_ATOMIC, AUDIT_BPF);
	if (!ab)
		return;
	if (link_id)
		audit_log_format(ab, "link-id=%u ", link_id);
	audit_log_format(ab, "prog-id=%u op=%s device=%s", prog_id, op, XBPF_NAME);
	audit_log_end(ab);
}
