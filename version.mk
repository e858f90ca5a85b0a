# SPDX-License-Identifier: GPL-2.0
# The one place that says the version (dkms.conf repeats it; `make check` compares them).
XBPF_VERSION := 0.1.0
