/* SPDX-License-Identifier: GPL-2.0 */
/* The parser of vector files: a test that cannot be read must not pass. */
#include <unistd.h>

#include "../lib/vec.h"
#include "../tap.h"

static struct vec last;
static char main_text[256];
static u32 seen;
static char error[256];

static void keep(void *priv, const struct vec *vec)
{
	(void)priv;
	last = *vec;
	snprintf(main_text, sizeof(main_text), "%s", vec->progs[0].text);
	seen++;
}

static int parse(const char *text)
{
	char path[] = "/tmp/test_vec.XXXXXX";
	int fd = mkstemp(path), n;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -2;
	close(fd);
	seen = 0;
	error[0] = '\0';
	n = vec_parse(path, keep, NULL, error, sizeof(error));
	unlink(path);
	return n;
}

static void whole(void)
{
	u64 word;

	expect_eq(parse("# remark\n"
			"-- vector one\nr0 = 1\nexit\n-- result 1\n\n"
			"-- vector two, with everything\n-- type socket_filter\n-- ctx 8 5 -1\n-- data 0011 ff\n"
			"-- map m hash 4 2 8\n-- map t prog_array 4 4 3\n-- map ro array 4 8 1 rdonly\n-- freeze ro\n"
			"-- init m 3 0x1234\n-- slot t 2 other\nr0 = 7\nexit\n-- prog other\nr0 = 8\nexit\n"
			"-- expect m 4 none\n-- expect ro 0 9\n-- result -2\n"), 2);
	expect_str(error, "");
	expect_eq(seen, 2);
	expect_str(last.name, "two, with everything");
	expect_eq(last.line, 7);
	expect_eq(last.type, BPF_PROG_TYPE_SOCKET_FILTER);
	memcpy(&word, last.ctx + 16, 8);
	expect_eq(word, -1);
	expect_eq(last.data_len, 3);
	expect_eq(last.map_cnt, 3);
	expect(last.maps[2].freeze && last.maps[2].flags == BPF_F_RDONLY_PROG);
	expect_eq(last.inits[0].len, 2);
	expect_eq(last.inits[0].value[0], 0x34);
	expect_eq(last.slots[0].index, 2);
	expect_str(last.progs[last.slots[0].prog].name, "other");
	expect_str(main_text, "r0 = 7\nexit\n");
	expect_eq(last.expects[0].len, 0);
	expect_eq(last.expects[1].len, 8);
	expect_eq(last.result, -2);
}

static void complaints(void)
{
	static const struct { const char *text, *words; } bad[] = {
		{ "r0 = 1\n", ":1: assembly before" },
		{ "-- vector x\nr0 = 1\nexit\n", "has no result" },
		{ "-- vector x\n-- result 1\n", "no program \"main\"" },
		{ "-- vector x\n-- map t prog_array 4 4 1\n-- slot t 0 gone\nexit\n-- result 0\n",
		  "no program \"gone\"" },
		{ "-- vector x\n-- result one\n", ":2: \"one\" is no number" },
		{ "-- vector x\n-- result 1 2\n", "too many words" },
		{ "-- vector x\n-- expect m 0 1\n", "no map is called \"m\"" },
		{ "-- vector x\n-- map m list 4 8 1\n", "unknown map type" },
		{ "-- vector x\n-- map m array 4 512 1\n", "too big" },
		{ "-- vector x\n-- map m array 4 8 1\n-- init m 0 1 2\n", "more numbers" },
		{ "-- vector x\n-- ctx 168 1\n", "struct pt_regs" },
		{ "-- vector x\n-- data 0g\n", "bad packet data" },
		{ "-- vector x\n-- type tc\n", "unknown program type" },
		{ "-- vector x\n-- colour red\n", "unknown directive" },
		{ "-- result 1\n", "before \"-- vector\"" },
		{ "-- vector\n", "has a name" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		expect_eq(parse(bad[i].text), -1);
		expect(strstr(error, bad[i].words), "case %u: \"%s\" has no \"%s\"", i, error, bad[i].words);
	}
	expect_eq(vec_parse("/nonexistent", keep, NULL, error, sizeof(error)), -1);
	expect(strstr(error, "/nonexistent"));
}

static const struct tap_test tests[] = {
	{ "a file with everything in it", whole },
	{ "what cannot be read is an error with its line", complaints },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
