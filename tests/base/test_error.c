#include "base/error.h"

#include "base/bytes.h"
#include "tests/base/dies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_new_error_forgets_the_last_one(void **state)
{
    (void)state;
    struct error err = { .kind = ERR_RATE_LIMIT, .retry_after_ms = 5, .user = "Wait.", .log = "x" };

    assert_false(error_set(&err, ERR_AUTH, "status %d", 401));
    assert_int_equal(err.kind, ERR_AUTH);
    assert_int_equal(err.retry_after_ms, 0);
    assert_string_equal(err.user, "");
    assert_string_equal(err.log, "status 401");
}

static void a_wrapped_error_keeps_what_it_means(void **state)
{
    (void)state;
    struct error err = {
        .kind = ERR_RATE_LIMIT, .retry_after_ms = 5, .user = "Wait.", .log = "code 17"
    };

    assert_false(error_wrap(&err, "act_%d", 12));
    assert_false(error_wrap(&err, "meta"));
    assert_int_equal(err.kind, ERR_RATE_LIMIT);
    assert_int_equal(err.retry_after_ms, 5);
    assert_string_equal(err.user, "Wait.");
    assert_string_equal(err.log, "meta: act_12: code 17");
}

static void an_error_may_quote_itself(void **state)
{
    (void)state;
    struct error err = { 0 };

    error_set(&err, ERR_INPUT, "inner");
    error_set(&err, ERR_INTERNAL, "%s again", err.log);
    assert_string_equal(err.log, "inner again");
    error_wrap(&err, "<%s>", err.log);
    assert_string_equal(err.log, "<inner again>: inner again");
}

/* The log holds 399 bytes: each character is tried at each place of the cut. */
static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = { "a", "é", "€", "😀" };

    for (size_t i = 0; i < COUNT(characters); i++) {
        for (size_t pad = 380; pad < 400; pad++) {
            char text[600] = { 0 };
            size_t step = strlen(characters[i]), kept = pad + (399 - pad) / step * step;
            memset(text, '.', pad);
            for (size_t at = pad; at < 500; at += step)
                memcpy(text + at, characters[i], step);

            struct error err = { 0 };
            error_set(&err, ERR_INTERNAL, "%s", text);
            if (strlen(err.log) != kept || !utf8_valid(err.log, kept))
                fail_msg("%s behind %zu bytes: %zu bytes, not %zu", characters[i], pad,
                         strlen(err.log), kept);

            error_set(&err, ERR_INTERNAL, "%s", text + 6);
            error_wrap(&err, "%s", "meta");
            if (strlen(err.log) != kept || strncmp(err.log, "meta: .", 7) != 0)
                fail_msg("%s behind %zu bytes, wrapped: %zu bytes, not %zu", characters[i], pad,
                         strlen(err.log), kept);
        }
    }
}

static void a_text_that_just_fits_is_not_cut(void **state)
{
    (void)state;
    char text[401] = { 0 };
    struct error err = { 0 };

    memset(text, 'x', 397);
    memcpy(text + 397, "é", 2);
    error_set(&err, ERR_INTERNAL, "%s", text);
    assert_string_equal(err.log, text);

    memcpy(text + 397, "xé", 3); /* one byte too many */
    error_set(&err, ERR_INTERNAL, "%s", text);
    assert_int_equal(strlen(err.log), 398);
}

static void each_kind_has_the_word_of_a_warning(void **state)
{
    (void)state;
    static const char *const names[] = {
        "none",      "input",      "internal", "config",      "auth",         "permission",
        "not_found", "rate_limit", "timeout",  "unavailable", "bad_response",
    };

    assert_int_equal(COUNT(names), ERR_KINDS);
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(error_kind_name((enum err_kind)i), names[i]);
    assert_string_equal(error_kind_name(ERR_KINDS), "internal");
    assert_string_equal(error_kind_name((enum err_kind) - 1), "internal");
}

static void waiting_mends_only_what_passes_by_itself(void **state)
{
    (void)state;
    for (int kind = 0; kind < ERR_KINDS; kind++) {
        bool passes = kind == ERR_RATE_LIMIT || kind == ERR_TIMEOUT || kind == ERR_UNAVAILABLE;
        if (error_may_pass((enum err_kind)kind) != passes)
            fail_msg("%s", error_kind_name((enum err_kind)kind));
    }
}

static void end_by_fatal(void)
{
    fatal("out of patience");
}

static void fatal_ends_the_process(void **state)
{
    (void)state;
    assert_true(dies(end_by_fatal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_error_forgets_the_last_one),
        cmocka_unit_test(a_wrapped_error_keeps_what_it_means),
        cmocka_unit_test(an_error_may_quote_itself),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(a_text_that_just_fits_is_not_cut),
        cmocka_unit_test(each_kind_has_the_word_of_a_warning),
        cmocka_unit_test(waiting_mends_only_what_passes_by_itself),
        cmocka_unit_test(fatal_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
