/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traffic whose amount is known, for the demos with packets.
 *
 * traffic echo udp|tcp PORT			answers everything, until killed
 * traffic send udp|tcp ADDRESS PORT COUNT	sends COUNT messages (0: until SIGTERM), each when
 *						the one before was answered or is half a second old;
 *						says how many and how many answers came
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_term(int sig)
{
	(void)sig;
	stopped = 1;
}

static int die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	return 1;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address(union address *a, const char *text, int port)
{
	memset(a, 0, sizeof(*a));
	if (strchr(text, ':')) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons((unsigned short)port);
		return inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1 ? sizeof(a->v6) : 0;
	}
	a->v4.sin_family = AF_INET;
	a->v4.sin_port = htons((unsigned short)port);
	return inet_pton(AF_INET, text, &a->v4.sin_addr) == 1 ? sizeof(a->v4) : 0;
}

static int echo_stream(int s)
{
	char buf[2048];
	ssize_t n;
	int c;

	if (listen(s, 8))
		return die("listen");
	while ((c = accept(s, NULL, NULL)) >= 0) {
		while ((n = read(c, buf, sizeof(buf))) > 0)
			if (write(c, buf, (size_t)n) != n)
				break;
		close(c);
	}
	return die("accept");
}

static int echo(int type, int port)
{
	int s = socket(AF_INET6, type, 0), on = 1;	/* answers IPv4 too */
	union address a;
	socklen_t len = address(&a, "::", port);
	char buf[2048];
	ssize_t n;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, &a.any, len))
		return die("bind");
	if (type == SOCK_STREAM)
		return echo_stream(s);
	for (;;) {
		len = sizeof(a);
		n = recvfrom(s, buf, sizeof(buf), 0, &a.any, &len);
		if (n < 0 || sendto(s, buf, (size_t)n, 0, &a.any, len) < 0)
			if (errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
				return die("echo");
	}
}

/* SIGTERM ends the sending, not the wait for an answer that is on its way. */
static bool receive(int s, long *back)
{
	ssize_t n;

	do
		n = recv(s, back, sizeof(*back), 0);
	while (n < 0 && errno == EINTR);
	return n == sizeof(*back);
}

static int send_all(int type, const char *to, int port, long count)
{
	struct timeval half = { .tv_usec = 500000 };
	struct sigaction act = { .sa_handler = on_term };
	union address a;
	socklen_t len = address(&a, to, port);
	int s = len ? socket(a.any.sa_family, type, 0) : -1;
	long sent = 0, answered = 0, back;
	bool said;

	sigaction(SIGTERM, &act, NULL);
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &half, sizeof(half)) ||
	    connect(s, &a.any, len))
		return die(to);
	while (!stopped && (!count || sent < count)) {
		sent++;
		if (send(s, &sent, sizeof(sent), 0) != sizeof(sent))
			return die("send");
		/* late answers to earlier messages count as theirs */
		do {
			said = receive(s, &back);
			answered += said;
		} while (said && back != sent);
	}
	while (answered < sent && receive(s, &back))
		answered++;
	printf("sent %ld answered %ld\n", sent, answered);
	return 0;
}

int main(int argc, char **argv)
{
	int type = argc > 2 && !strcmp(argv[2], "tcp") ? SOCK_STREAM : SOCK_DGRAM;

	if (argc == 4 && !strcmp(argv[1], "echo"))
		return echo(type, atoi(argv[3]));
	if (argc == 6 && !strcmp(argv[1], "send"))
		return send_all(type, argv[3], atoi(argv[4]), atol(argv[5]));
	fprintf(stderr, "usage: traffic echo udp|tcp PORT | traffic send udp|tcp ADDRESS PORT COUNT\n");
	return 2;
}
