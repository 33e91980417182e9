/* bot/signature.c against Slack's published example and two of our own, made with another program.
 */
#include "base/arena.h"
#include "base/attr.h"
#include "bot/signature.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The first: Slack docs, "Verifying requests from Slack". */
static const struct vector {
    const char *what, *secret, *timestamp, *body, *signature;
} vectors[] = {
    { "Slack's own published example", "8f742231b10e8888abcd99yyyzzz85a5", "1531420618",
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&chann"
      "el_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&com"
      "mand=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcom"
      "mands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=3987386"
      "63015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
      "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503" },
    { "UTF-8, a literal plus, an ampersand, a percent sign", "0123456789abcdef0123456789abcdef",
      "1790000000",
      "token=gIkuvaNzQIHg97ATvDxqgjtO&team_id=T0RAIOX01&team_domain=agencia-exemplo&c"
      "hannel_id=C0CLIENTE1&channel_name=cliente-acai&user_id=U0ANALISTA&user_name=jo"
      "ana.silva&command=%2Fraiox&text=A%C3%A7a%C3%AD+%26+Cia+%2B+50%25&api_app_id=A0"
      "RAIOXAPP&is_enterprise_install=false&response_url=https%3A%2F%2Fhooks.slack.co"
      "m%2Fcommands%2FT0RAIOX01%2F1234567890123%2FAbCdEfGhIjKlMnOpQrStUvWx&trigger_id"
      "=1234567890.1234567890.0123456789abcdef0123456789abcdef",
      "v0=32c84cc1474b9a8d52bd414f2c219ca5d9c8dbe5d691c7a417da6958d44c6c20" },
    { "an interaction", "0123456789abcdef0123456789abcdef", "1790000000",
      "payload=%7B%22type%22%3A%22block_actions%22%2C%22api_app_id%22%3A%22A0RAIOXAPP"
      "%22%2C%22user%22%3A%7B%22id%22%3A%22U0ANALISTA%22%7D%2C%22actions%22%3A%5B%7B%"
      "22action_id%22%3A%22refresh%22%2C%22type%22%3A%22button%22%2C%22value%22%3A%22"
      "A%C3%A7a%C3%AD+%2B+1%22%7D%5D%7D",
      "v0=1ff39d79204b3c06f007a0aa9af6dbc28d4d4f7c823c9b05ffb17a73efa87f77" },
};

static enum signature_fault verify(const struct vector *vector, const char *timestamp,
                                   const char *text, const char *body, int64_t off_ms)
{
    struct signature *signature = signature_create(vector->secret);
    int64_t now_ms = strtoll(vector->timestamp, NULL, 10) * 1000 + off_ms;
    enum signature_fault fault =
        signature_verify(signature, timestamp, text, bytes_of(body), now_ms);

    signature_destroy(signature);
    return fault;
}

static void the_vectors_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const struct vector *vector = &vectors[i];
        enum signature_fault fault =
            verify(vector, vector->timestamp, vector->signature, vector->body, 0);
        if (fault != SIGNATURE_GOOD)
            fail_msg("%s: %s", vector->what, signature_fault_name(fault));
    }
}

static void what_we_make_is_what_slack_makes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct signature *signature = signature_create(vectors[i].secret);
        char made[SIGNATURE_LEN + 1];
        for (int again = 0; again < 3; again++) { /* the context is kept */
            signature_make(signature, vectors[i].timestamp, bytes_of(vectors[i].body), made);
            assert_string_equal(made, vectors[i].signature);
        }
        signature_destroy(signature);
    }
}

static void any_other_byte_of_the_body_is_wrong(void **state)
{
    (void)state;
    const struct vector *vector = &vectors[0];

    for (size_t i = 0; i < strlen(vector->body); i++) {
        scoped_arena struct arena *arena = arena_create();
        char *body = arena_strdup(arena, vector->body);
        body[i] ^= 1;
        assert_int_equal(verify(vector, vector->timestamp, vector->signature, body, 0),
                         SIGNATURE_WRONG);
    }
    assert_int_equal(verify(vector, vector->timestamp, vector->signature, "", 0), SIGNATURE_WRONG);
}

static void any_other_byte_of_the_signature_is_refused(void **state)
{
    (void)state;
    const struct vector *vector = &vectors[0];

    for (size_t i = 0; i < SIGNATURE_LEN; i++) {
        scoped_arena struct arena *arena = arena_create();
        char *text = arena_strdup(arena, vector->signature);
        text[i] ^= 1;
        assert_int_equal(verify(vector, vector->timestamp, text, vector->body, 0), SIGNATURE_WRONG);
    }
}

static void another_secret_is_wrong(void **state)
{
    (void)state;
    struct vector other = vectors[0];

    other.secret = "8f742231b10e8888abcd99yyyzzz85a6";
    assert_int_equal(verify(&other, other.timestamp, other.signature, other.body, 0),
                     SIGNATURE_WRONG);
}

static const struct {
    const char *why, *timestamp, *text;
} malformed[] = {
    { "no timestamp", NULL, "" },
    { "an empty timestamp", "", "" },
    { "a blank before it", " 1531420618", "" },
    { "a blank behind it", "1531420618 ", "" },
    { "a sign", "+1531420618", "" },
    { "a negative one", "-1531420618", "" },
    { "a fraction", "1531420618.0", "" },
    { "hexadecimal", "0x5b4777ca", "" },
    { "an exponent", "1e9", "" },
    { "thirteen digits", "1531420618000", "" },
    { "digits of another script", "\xD9\xA1\xD9\xA5", "" },
    { "no signature", "1531420618", NULL },
    { "an empty signature", "1531420618", "-" },
    { "v0= alone", "1531420618", "v0=" },
    { "one digit too few", "1531420618",
      "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b50" },
    { "one digit too many", "1531420618",
      "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b5030" },
    { "without v0=", "1531420618",
      "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503" },
};

static void what_is_not_of_the_form_is_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(malformed); i++) {
        const char *text = malformed[i].text;
        if (text && !*text) /* the row is about the timestamp */
            text = vectors[0].signature;
        else if (text && strcmp(text, "-") == 0)
            text = "";
        enum signature_fault fault =
            verify(&vectors[0], malformed[i].timestamp, text, vectors[0].body, 0);
        if (fault != SIGNATURE_MALFORMED)
            fail_msg("%s: %s", malformed[i].why, signature_fault_name(fault));
    }
}

static void capitals_and_other_versions_are_wrong(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "v0=A2114D57B48EAC39B9AD189DD8316235A7B4A8D21A10BD27519666489C69B503",
        "V0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };

    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(verify(&vectors[0], vectors[0].timestamp, texts[i], vectors[0].body, 0),
                         SIGNATURE_WRONG);
}

/* The text of the timestamp is signed, not its value: one written otherwise is another. */
static void a_timestamp_written_otherwise_is_wrong(void **state)
{
    (void)state;
    assert_int_equal(verify(&vectors[0], "01531420618", vectors[0].signature, vectors[0].body, 0),
                     SIGNATURE_WRONG);
}

static const struct {
    int64_t off_ms;
    enum signature_fault fault;
} instants[] = {
    { 0, SIGNATURE_GOOD },          { 299000, SIGNATURE_GOOD },
    { 300000, SIGNATURE_GOOD },     { 301000, SIGNATURE_STALE },
    { -299000, SIGNATURE_GOOD },    { -300000, SIGNATURE_GOOD },
    { -301000, SIGNATURE_STALE },   { 86400000, SIGNATURE_STALE },
    { -86400000, SIGNATURE_STALE }, { 1790000000000, SIGNATURE_STALE },
};

static void an_instant_counts_for_five_minutes_either_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(instants); i++) {
        enum signature_fault fault = verify(&vectors[0], vectors[0].timestamp, vectors[0].signature,
                                            vectors[0].body, instants[i].off_ms);
        if (fault != instants[i].fault)
            fail_msg("%" PRId64 " ms off: %s", instants[i].off_ms, signature_fault_name(fault));
    }
}

static void the_ends_of_time_are_stale(void **state)
{
    (void)state;
    assert_int_equal(verify(&vectors[0], "0", vectors[0].signature, vectors[0].body, 0),
                     SIGNATURE_STALE);
    assert_int_equal(verify(&vectors[0], "999999999999", vectors[0].signature, vectors[0].body, 0),
                     SIGNATURE_STALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_verify),
        cmocka_unit_test(what_we_make_is_what_slack_makes),
        cmocka_unit_test(any_other_byte_of_the_body_is_wrong),
        cmocka_unit_test(any_other_byte_of_the_signature_is_refused),
        cmocka_unit_test(another_secret_is_wrong),
        cmocka_unit_test(what_is_not_of_the_form_is_malformed),
        cmocka_unit_test(capitals_and_other_versions_are_wrong),
        cmocka_unit_test(a_timestamp_written_otherwise_is_wrong),
        cmocka_unit_test(an_instant_counts_for_five_minutes_either_way),
        cmocka_unit_test(the_ends_of_time_are_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
