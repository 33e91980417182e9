/* What is written of a job in Redis is read again, and nothing else is. */
#include "queue/pack.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void a_command_is_read_as_it_was_written(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct command command = {
        "T", "C", "canal", "U", "S\303\243o Jo\303\243o", "https://x", "1.2"
    };
    struct command sparse = { .text = "" }, got;
    char packed[128];

    (void)state;
    size_t len = command_packed_len(&command);
    assert_in_range(len, 8, sizeof(packed));
    command_pack(&command, packed);
    assert_true(command_unpack(arena, (struct bytes){ packed, len }, &got));
    assert_string_equal(got.team_id, "T");
    assert_string_equal(got.channel_id, "C");
    assert_string_equal(got.channel_name, "canal");
    assert_string_equal(got.user_id, "U");
    assert_string_equal(got.text, command.text);
    assert_string_equal(got.response_url, "https://x");
    assert_string_equal(got.trigger_id, "1.2");

    len = command_packed_len(&sparse);
    assert_int_equal(len, 7);
    command_pack(&sparse, packed);
    assert_true(command_unpack(arena, (struct bytes){ packed, len }, &got));
    assert_string_equal(got.trigger_id, "");
}

#define TEXT(literal) literal, sizeof(literal) - 1

static void a_command_that_is_not_ours_is_refused(void **state)
{
    static const struct {
        const char *why, *text;
        size_t len;
        bool ok;
    } cases[] = {
        { "seven strings", TEXT("a\0b\0c\0d\0e\0f\0g\0"), true },
        { "more of a newer raiox", TEXT("a\0b\0c\0d\0e\0f\0g\0new\0"), true },
        { "nothing", TEXT(""), false },
        { "no NUL at all", TEXT("abc"), false },
        { "six strings", TEXT("a\0b\0c\0d\0e\0f\0"), false },
        { "the seventh is cut off", TEXT("a\0b\0c\0d\0e\0f\0g"), false },
        { "bad UTF-8 in the text", TEXT("a\0b\0c\0d\0\xC3(\0f\0g\0"), false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoped_arena struct arena *arena = arena_create();
        struct command got;

        if (command_unpack(arena, (struct bytes){ cases[i].text, cases[i].len }, &got) !=
            cases[i].ok)
            fail_msg("%s", cases[i].why);
    }
}

static void a_state_is_read_as_it_was_written(void **state)
{
    struct job job = { .accepted_real_ms = 1700000000000,
                       .deadline_real_ms = 1700001740000,
                       .attempt = 3,
                       .crashes = 2,
                       .posts = 1,
                       .mark = MARK_POSTING };
    struct job got = { 0 };
    char text[STATE_MAX];

    (void)state;
    assert_true(state_unpack(state_pack(&job, text), &got));
    assert_string_equal(text, "1700000000000 1700001740000 3 2 1 1");
    assert_memory_equal(&got, &job, sizeof(job));
}

static void a_state_that_is_not_ours_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "1",
        "1 2 3 4 5",
        "1 2 3 4 5 ",
        "1 2 3 4 5 0 ",
        "1 2 3 4 5 0 7",
        " 1 2 3 4 5 0",
        "1  2 3 4 5 0",
        "1 2 3 4 5 3",
        "1 2 3 4 5 -1",
        "-1 2 3 4 5 0",
        "1 2 3.0 4 5 0",
        "1 2 3e2 4 5 0",
        "1 2 9999999999 4 5 0",
        "99999999999999999999 2 3 4 5 0",
        "1000000000000001 2 3 4 5 0",
        "a b c d e f",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct job got = { .attempt = 42 };

        if (state_unpack(bytes_of(cases[i]), &got) || got.attempt != 42)
            fail_msg("\"%s\" was taken", cases[i]);
    }
}

static void a_new_job_has_its_time_from_its_entry(void **state)
{
    static const char *const refused[] = { "", "17", "-0", "x-0", "-17-0", "1000000000000001-0" };
    struct job got = { .posts = 7 };

    (void)state;
    assert_true(state_of_entry(BYTES("1700000000000-3"), &got));
    assert_int_equal(got.accepted_real_ms, 1700000000000);
    assert_int_equal(got.deadline_real_ms, 1700000000000 + 29 * 60 * 1000);
    assert_int_equal(got.attempt, 1);
    assert_int_equal(got.crashes + got.posts, 0);
    assert_int_equal(got.mark, MARK_NONE);
    for (size_t i = 0; i < COUNT(refused); i++) {
        if (state_of_entry(bytes_of(refused[i]), &got))
            fail_msg("\"%s\" was taken", refused[i]);
    }
}

static void a_receipt_id_is_letters_and_digits(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        { "a", true },         { "0123456789abcdef", true },
        { "", false },         { "0123456789abcdefg", false },
        { "a b", false },      { "A", false },
        { "a:b", false },      { "a\n", false },
        { "\303\243", false }, { "{a}", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (receipt_id_valid(bytes_of(cases[i].text)) != cases[i].ok)
            fail_msg("\"%s\"", cases[i].text);
    }
    assert_false(receipt_id_valid((struct bytes){ "a\0b", 3 }));
}

static void back_off_grows_from_a_second_to_a_minute(void **state)
{
    static const struct {
        int attempt;
        int64_t least_ms, most_ms;
    } cases[] = {
        { 1, 1000, 2000 },         { 2, 2000, 4000 },   { 3, 4000, 8000 },
        { 5, 16000, 32000 },       { 6, 30000, 60000 }, { 7, 30000, 60000 },
        { 1000000, 30000, 60000 }, { 0, 1000, 2000 },   { -5, 1000, 2000 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t least = INT64_MAX, most = 0;

        for (int n = 0; n < 200; n++) {
            int64_t ms = queue_backoff_ms(cases[i].attempt);
            least = ms < least ? ms : least;
            most = ms > most ? ms : most;
        }
        if (least < cases[i].least_ms || most > cases[i].most_ms || least == most)
            fail_msg("attempt %d: %" PRId64 " to %" PRId64, cases[i].attempt, least, most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_read_as_it_was_written),
        cmocka_unit_test(a_command_that_is_not_ours_is_refused),
        cmocka_unit_test(a_state_is_read_as_it_was_written),
        cmocka_unit_test(a_state_that_is_not_ours_is_refused),
        cmocka_unit_test(a_new_job_has_its_time_from_its_entry),
        cmocka_unit_test(a_receipt_id_is_letters_and_digits),
        cmocka_unit_test(back_off_grows_from_a_second_to_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
