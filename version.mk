# SPDX-License-Identifier: GPL-2.0
# The one place that says the version (dkms.conf repeats it; `make check` compares them).
XBPF_VERSION := 0.1.0

# What the module is called: make NAME=xbpf2 builds one that lives beside the first. Only what is
# said to make counts: the environment of some machines has a NAME.
XBPF_NAME := xbpf
ifeq ($(origin NAME),command line)
XBPF_NAME := $(NAME)
ifneq ($(shell printf %s '$(XBPF_NAME)' | grep -cxE 'xbpf[a-z0-9_]{0,11}'),1)
$(error NAME=$(XBPF_NAME): a module's name begins with xbpf and goes on with at most 11 of \
a-z, 0-9 and _)
endif
endif
