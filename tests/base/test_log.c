#include "base/log.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* What standard error was, and the pipe or terminal that stands in for it. */
static int old_stderr, read_end;

static int set_up(void **state)
{
    (void)state;
    json_init();
    old_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    return old_stderr < 0;
}

static int log_to(int write_end)
{
    int rc = dup2(write_end, STDERR_FILENO);

    close(write_end);
    return rc != STDERR_FILENO;
}

static int log_to_a_pipe(void **state)
{
    int ends[2];

    (void)state;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return 1;
    read_end = ends[0];
    return log_to(ends[1]);
}

static int log_to_a_terminal(void **state)
{
    struct termios raw; /* bytes as they were written */

    (void)state;
    read_end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (read_end < 0 || grantpt(read_end) != 0 || unlockpt(read_end) != 0)
        return 1;
    int terminal = open(ptsname(read_end), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0 || tcgetattr(terminal, &raw) != 0)
        return 1;
    cfmakeraw(&raw);
    return tcsetattr(terminal, TCSANOW, &raw) != 0 || log_to(terminal);
}

static int log_as_before(void **state)
{
    (void)state;
    close(read_end);
    return dup2(old_stderr, STDERR_FILENO) != STDERR_FILENO;
}

/* One line is one write: what one read gives. */
static const char *read_line(struct arena *arena)
{
    char line[65536];
    ssize_t len = read(read_end, line, sizeof(line));

    assert_true(len > 0);
    assert_int_equal(line[len - 1], '\n');
    assert_null(memchr(line, '\n', (size_t)len - 1));
    return arena_strndup(arena, line, (size_t)len - 1);
}

static bool nothing_to_read(void)
{
    int flags = fcntl(read_end, F_GETFL);
    char byte;

    fcntl(read_end, F_SETFL, flags | O_NONBLOCK);
    bool nothing = read(read_end, &byte, 1) < 0 && errno == EAGAIN;
    fcntl(read_end, F_SETFL, flags);
    return nothing;
}

static void a_line_is_an_object_with_its_fields_in_order(void **state)
{
    (void)state;
    static const char *const names[] = { "time", "level", "role", "pid", "event", "id", "ms" };
    scoped_arena struct arena *arena = arena_create();
    struct error err = { 0 };
    int64_t at_ms, before_ms = clock_real_ms();

    log_init(LOG_INFO, "worker");
    LOG(LOG_WARN, "job done", LOG_S("id", "R1"), LOG_I("ms", -12));
    int64_t after_ms = clock_real_ms();
    const char *line = read_line(arena);
    const cJSON *root = json_parse(arena, line, strlen(line), &err);
    assert_non_null(root);

    const cJSON *item = root->child;
    for (size_t i = 0; i < COUNT(names); i++, item = item->next)
        assert_string_equal(item->string, names[i]);
    assert_null(item);

    const char *time = cJSON_GetStringValue(json_get(root, "time"));
    assert_int_equal(strlen(time), strlen("2026-11-21T15:00:00.123Z"));
    assert_true(clock_parse_rfc3339(time, &at_ms));
    assert_true(before_ms <= at_ms && at_ms <= after_ms);
    const char *rest = arena_printf(arena,
                                    "\"level\":\"warn\",\"role\":\"worker\",\"pid\":%d,"
                                    "\"event\":\"job done\",\"id\":\"R1\",\"ms\":-12}",
                                    (int)getpid());
    assert_string_equal(strstr(line, "\"level\""), rest);
}

static void an_event_may_come_alone(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();

    log_init(LOG_DEBUG, "serve");
    log_event(LOG_ERROR, "stopped", NULL, 0);
    assert_non_null(strstr(read_line(arena), "\"event\":\"stopped\"}"));
}

static void numbers_keep_all_their_digits(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();

    LOG(LOG_ERROR, "n", LOG_I("most", INT64_MAX), LOG_I("least", INT64_MIN), LOG_S("none", NULL));
    assert_non_null(strstr(read_line(arena), "\"most\":9223372036854775807,"
                                             "\"least\":-9223372036854775808,\"none\":\"\"}"));
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    static const enum log_level levels[] = { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
    scoped_arena struct arena *arena = arena_create();

    for (size_t least = 0; least < COUNT(levels); least++) {
        log_init(levels[least], "serve");
        for (size_t level = 0; level < COUNT(levels); level++) {
            assert_int_equal(log_enabled(levels[level]), level >= least);
            LOG(levels[level], "event", LOG_I("n", 1));
            if (level >= least)
                read_line(arena);
            log_event(levels[level], "event", NULL, 0);
            if (level >= least)
                read_line(arena);
            assert_true(nothing_to_read());
        }
    }
    log_init(LOG_INFO, "serve");
}

static void a_level_is_known_by_its_name_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        enum log_level level;
    } cases[] = {
        { "debug", true, LOG_DEBUG },    { "info", true, LOG_INFO },
        { "warn", true, LOG_WARN },      { "error", true, LOG_ERROR },
        { "", false, LOG_DEBUG },        { "Info", false, LOG_DEBUG },
        { "INFO", false, LOG_DEBUG },    { "info ", false, LOG_DEBUG },
        { "warning", false, LOG_DEBUG }, { "0", false, LOG_DEBUG },
        { "trace", false, LOG_DEBUG },   { "inf", false, LOG_DEBUG },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        enum log_level level = LOG_ERROR;
        bool ok = log_level_parse(cases[i].text, &level);
        if (ok != cases[i].ok || level != (ok ? cases[i].level : LOG_ERROR))
            fail_msg("\"%s\"", cases[i].text);
    }
}

static const struct {
    const char *text, *read_back, *human;
} texts[] = {
    { "plain", "plain", "plain" },
    { "", "", "\"\"" },
    { "two words", "two words", "\"two words\"" },
    { "a=b", "a=b", "\"a=b\"" },
    { "\"quoted\\\"", "\"quoted\\\"", "\"\\\"quoted\\\\\\\"\"" },
    { "São 😀", "São 😀", "\"São 😀\"" },
    { "two\nlines\r\t", "two\nlines\r\t", "\"two\\u000alines\\u000d\\u0009\"" },
    { "\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m", "\"\\u001b[31mred\\u001b[0m\"" },
    { "\x7f", "\x7f", "\"\\u007f\"" },
    { "\xC2\x9b"
      "31m",
      "\xC2\x9b"
      "31m",
      "\"\\u009b31m\"" },
    { "S\xE3o", "S\uFFFDo", "\"S\uFFFDo\"" },
    { "\xFF\xFE", "\uFFFD\uFFFD", "\"\uFFFD\uFFFD\"" },
    { "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD", "\"\uFFFD\uFFFD\uFFFD\"" },
    { "cut \xE2\x82", "cut \uFFFD\uFFFD", "\"cut \uFFFD\uFFFD\"" },
    { "\xC0\xAF", "\uFFFD\uFFFD", "\"\uFFFD\uFFFD\"" },
    { "\"}\n{\"level\":\"error\"}", "\"}\n{\"level\":\"error\"}",
      "\"\\\"}\\u000a{\\\"level\\\":\\\"error\\\"}\"" },
};

static void any_text_comes_back_out_of_its_line(void **state)
{
    (void)state;
    log_init(LOG_INFO, "serve");
    for (size_t i = 0; i < COUNT(texts); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct error err = { 0 };
        const char *event = NULL, *value = NULL;

        LOG(LOG_INFO, texts[i].text, LOG_S("text", texts[i].text), LOG_I("n", 1));
        const char *line = read_line(arena);
        const cJSON *root = json_parse(arena, line, strlen(line), &err);
        if (!root)
            fail_msg("%s: %s", line, err.log);
        assert_true(json_string(root, "event", &event, &err));
        assert_true(json_string(root, "text", &value, &err));
        assert_string_equal(event, texts[i].read_back);
        assert_string_equal(value, texts[i].read_back);
    }
}

static void any_byte_leaves_the_line_valid(void **state)
{
    (void)state;
    log_init(LOG_INFO, "serve");
    for (int a = 1; a < 256; a++) {
        scoped_arena struct arena *arena = arena_create();
        struct error err = { 0 };
        char text[256] = { 0 };

        for (int b = 1; b < 256; b++)
            text[b - 1] = (char)((a * b) % 255 + 1);
        LOG(LOG_INFO, "e", LOG_S("text", text));
        const char *line = read_line(arena);
        if (!json_parse(arena, line, strlen(line), &err))
            fail_msg("%s: %s", line, err.log);
    }
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = { "x", "é", "€", "😀" };

    for (size_t i = 0; i < COUNT(characters); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct error err = { 0 };
        size_t step = strlen(characters[i]);
        const char *value = NULL;
        char text[6001] = ".";

        for (size_t at = 1; at + step < sizeof(text); at += step)
            memcpy(text + at, characters[i], step);
        LOG(LOG_INFO, "e", LOG_S("text", text), LOG_S("after", "whole"));
        const char *line = read_line(arena);
        const cJSON *root = json_parse(arena, line, strlen(line), &err);
        assert_true(json_string(root, "text", &value, &err));
        size_t kept = 1 + 2047 / step * step;
        assert_memory_equal(value, text, kept);
        assert_string_equal(value + kept, "…");
        assert_true(json_string(root, "after", &value, &err));
        assert_string_equal(value, "whole");

        text[2048] = '\0'; /* fits: not cut, though its last character may be half */
        LOG(LOG_INFO, "e", LOG_S("text", text));
        assert_null(strstr(read_line(arena), "…"));
    }
}

static void logging_leaves_errno_alone(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();

    errno = EDOM;
    LOG(LOG_INFO, "e", LOG_I("n", 1));
    assert_int_equal(errno, EDOM);
    read_line(arena);
}

static void a_log_that_nobody_can_take_is_lost_in_silence(void **state)
{
    (void)state;
    close(STDERR_FILENO);
    errno = EDOM;
    LOG(LOG_INFO, "e", LOG_I("n", 1));
    assert_int_equal(errno, EDOM);
    assert_true(write(STDERR_FILENO, "", 0) < 0); /* it was closed indeed */
}

static void a_person_at_a_terminal_gets_text(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();

    log_init(LOG_INFO, "work");
    LOG(LOG_INFO, "job done", LOG_S("id", "R1"), LOG_I("ms", 12), LOG_S("who", "São Paulo"));
    const char *line = read_line(arena), *rest = strchr(line, ' ');
    assert_int_equal(rest - line, strlen("15:00:00.123"));
    assert_string_equal(rest, arena_printf(arena,
                                           " info  work[%d] job done id=R1 ms=12"
                                           " who=\"São Paulo\"",
                                           (int)getpid()));
}

static void a_terminal_obeys_nothing_in_a_log(void **state)
{
    (void)state;
    log_init(LOG_INFO, "work");
    for (size_t i = 0; i < COUNT(texts); i++) {
        scoped_arena struct arena *arena = arena_create();

        LOG(LOG_INFO, texts[i].text, LOG_S("text", texts[i].text));
        const char *line = read_line(arena);
        assert_string_equal(strstr(line, " text=") + 6, texts[i].human);
        for (const char *c = line; *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7F)
                fail_msg("%s", texts[i].human);
        assert_null(strstr(line, "\xC2\x9b"));
        assert_true(utf8_valid(line, strlen(line)));
    }
}

#define ON_A_PIPE(test) cmocka_unit_test_setup_teardown(test, log_to_a_pipe, log_as_before)
#define ON_A_TERMINAL(test) cmocka_unit_test_setup_teardown(test, log_to_a_terminal, log_as_before)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_PIPE(a_line_is_an_object_with_its_fields_in_order),
        ON_A_PIPE(an_event_may_come_alone),
        ON_A_PIPE(numbers_keep_all_their_digits),
        ON_A_PIPE(what_is_below_the_level_is_not_written),
        ON_A_PIPE(a_level_is_known_by_its_name_alone),
        ON_A_PIPE(any_text_comes_back_out_of_its_line),
        ON_A_PIPE(any_byte_leaves_the_line_valid),
        ON_A_PIPE(a_long_text_is_cut_between_characters),
        ON_A_PIPE(logging_leaves_errno_alone),
        ON_A_PIPE(a_log_that_nobody_can_take_is_lost_in_silence),
        ON_A_TERMINAL(a_person_at_a_terminal_gets_text),
        ON_A_TERMINAL(a_terminal_obeys_nothing_in_a_log),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
