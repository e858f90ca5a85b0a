/* SPDX-License-Identifier: GPL-2.0 */
/* What the peers share. */
#ifndef XBPF_SELFTESTS_BENCH_PEERS_H
#define XBPF_SELFTESTS_BENCH_PEERS_H

#include "bench.h"

/* Ethernet, IPv4, UDP. */
extern const u8 bench_packet[BENCH_PACKET];

/* peer_kernel.c */
extern const struct bench_peer_ops bench_kernel_ops;
bool bench_upstream_available(const struct bench_peer *peer, const char **why);
bool bench_device_available(const struct bench_peer *peer, const char **why);

/* peer_here.c: the engine in this process, its machine code run natively */
extern const struct bench_peer_ops bench_native_ops, bench_interp_ops;
bool bench_here_available(const struct bench_peer *peer, const char **why);

#endif
