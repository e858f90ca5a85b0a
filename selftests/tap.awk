# SPDX-License-Identifier: GPL-2.0
#
# Judges one TAP log: awk -v status=S -v name=N -v skips=FILE -f tap.awk LOG
# Says what failed on stdout, one line each; the last line is "PASSED FAILED SKIPPED".
# A missing or short plan, a silent non-zero exit and a skip for a reason that FILE does not list
# fail too.

function failure(text)
{
	failed++
	print "not ok: " name ": " text
}

BEGIN {
	while ((getline line < skips) > 0)
		if (line !~ /^#/ && line != "")
			allowed[line] = 1
	plan = -1
}

/^1\.\.[0-9]+/ {
	if (plan >= 0)
		failure("two plans")
	plan = substr($1, 4) + 0
}

/^(not )?ok( |$)/ {
	said++
	if ($0 ~ /^not ok/) {
		failure(substr($0, 8))
		remark = ""
	} else if (match($0, /# SKIP */)) {
		reason = substr($0, RSTART + RLENGTH)
		if (reason in allowed)
			skipped++
		else
			failure("skipped for a reason that selftests/skips does not list: " reason)
	} else {
		passed++
	}
}

/^Bail out!/ { failure($0) }

END {
	if (plan < 0)
		failure("no plan: the program ended early or printed no TAP (exit status " status ")")
	else if (plan != said)
		failure("planned " plan + 0 ", ran " said + 0 " (exit status " status ")")
	else if (status != 0 && !failed)
		failure("exit status " status " with no test failed")
	else if (plan == 0)
		failure("no tests")
	print passed + 0, failed + 0, skipped + 0
}
