/* Putting a report together. */
#include "model/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct business_manager *manager_in(struct arena *arena, struct findings *findings,
                                           const char *platform, const char *id, const char *name)
{
    struct business_manager *m = vec_push(arena, &findings->business_managers);

    m->platform = platform;
    m->id = id;
    m->name = name;
    return m;
}

static struct ad_account *account_in(struct arena *arena, struct business_manager *manager,
                                     const char *id, int64_t spend)
{
    struct ad_account *a = vec_push(arena, &manager->ad_accounts);

    a->id = id;
    a->name = "Account";
    memcpy(a->currency, "BRL", 4);
    a->figures.spend = spend;
    return a;
}

static void campaign_in(struct arena *arena, struct ad_account *account, const char *id,
                        const char *name, int64_t spend)
{
    struct campaign *c = vec_push(arena, &account->campaigns);

    c->id = id;
    c->name = name;
    c->spend_micros = spend;
}

static void findings_come_in_one_order_however_they_arrived(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct findings meta = { 0 }, google = { 0 };
    struct report report = { 0 };

    (void)state;
    manager_in(arena, &meta, "meta", NULL, NULL);
    manager_in(arena, &meta, "meta", "79", "Zebra");
    struct business_manager *m = manager_in(arena, &meta, "meta", "77", "Abelha");
    account_in(arena, m, "act_3", 5);
    struct ad_account *a = account_in(arena, m, "act_2", 9);
    campaign_in(arena, a, "3", "C", 1);
    campaign_in(arena, a, "2", "B", 4);
    campaign_in(arena, a, "1", "A", 4);
    campaign_in(arena, a, "0", "A", 4);
    account_in(arena, m, "act_1", 5);
    manager_in(arena, &meta, "meta", "78", "Abelha");
    manager_in(arena, &google, "google_ads", "5", "Agency");
    manager_in(arena, &google, "google_ads", NULL, NULL);
    manager_in(arena, &google, "google_ads", "6", "Able");
    ((struct warning *)vec_push(arena, &google.warnings))->kind = ERR_AUTH;
    report_add(arena, &report, &meta);
    report_add(arena, &report, &google);
    report_sort(&report);

    static const char *const ids[] = { "77", "78", "79", "", "6", "5", "" };
    assert_int_equal(report.business_managers.len, COUNT(ids));
    for (size_t i = 0; i < COUNT(ids); i++) {
        const char *id = report.business_managers.items[i].id;
        assert_string_equal(id ? id : "", ids[i]);
    }
    m = &report.business_managers.items[0];
    assert_string_equal(m->ad_accounts.items[0].id, "act_2");
    assert_string_equal(m->ad_accounts.items[1].id, "act_1");
    assert_string_equal(m->ad_accounts.items[2].id, "act_3");
    static const char *const campaigns[] = { "0", "1", "2", "3" };
    for (size_t i = 0; i < COUNT(campaigns); i++)
        assert_string_equal(m->ad_accounts.items[0].campaigns.items[i].id, campaigns[i]);
    assert_int_equal(report.warnings.len, 1);
}

static void a_report_is_complete_when_nothing_is_missing(void **state)
{
    static const struct {
        enum err_kind kind;
        enum warning_topic topic;
        bool complete;
    } cases[] = {
        { ERR_CONFIG, TOPIC_SHARED_ACCOUNT, true },
        { ERR_CONFIG, TOPIC_NO_TARGET_ROW, true },
        { ERR_CONFIG, TOPIC_NO_ACCOUNTS, true },
        { ERR_CONFIG, TOPIC_NOT_CONFIGURED, false },
        { ERR_CONFIG, TOPIC_MANAGER_ACCOUNT, false },
        { ERR_CONFIG, TOPIC_AGENCY_BUSINESS, false },
        { ERR_CONFIG, TOPIC_BAD_ROW, false },
        { ERR_CONFIG, TOPIC_NONE, false },
        { ERR_AUTH, TOPIC_NONE, false },
        { ERR_RATE_LIMIT, TOPIC_NONE, false },
        { ERR_BAD_RESPONSE, TOPIC_NONE, false },
    };
    scoped_arena struct arena *arena = arena_create();
    struct report none = { 0 };

    (void)state;
    assert_true(report_complete(&none));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct report report = { 0 };
        struct warning *w = vec_push(arena, &report.warnings);

        w->kind = cases[i].kind;
        w->topic = cases[i].topic;
        if (report_complete(&report) != cases[i].complete)
            fail_msg("kind %d, topic %d", cases[i].kind, cases[i].topic);
    }
}

static void a_shared_account_is_a_warning_of_the_report(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct client client = { .name = "Sol" };
    struct report report = { .client = &client };
    struct findings meta = { 0 };

    (void)state;
    account_in(arena, manager_in(arena, &meta, "meta", "77", "Sol BM"), "act_10", 5);
    /* The same digits on another platform are another account. */
    account_in(arena, manager_in(arena, &meta, "google_ads", "1", "x"), "x11", 5);
    report_add(arena, &report, &meta);
    *(struct shared_account *)vec_push(arena, &client.shared) =
        (struct shared_account){ "meta", "10", false };
    *(struct shared_account *)vec_push(arena, &client.shared) =
        (struct shared_account){ "meta", "11", false }; /* not in the report */
    *(struct shared_account *)vec_push(arena, &client.shared) =
        (struct shared_account){ "meta", "77", true };
    report_add_client_warnings(arena, &report);

    static const char *const accounts[] = { "act_10", "11", "77" };
    assert_int_equal(report.warnings.len, COUNT(accounts));
    for (size_t i = 0; i < COUNT(accounts); i++) {
        const struct warning *w = &report.warnings.items[i];
        assert_string_equal(w->account, accounts[i]);
        assert_string_equal(w->platform, "meta");
        assert_int_equal(w->kind, ERR_CONFIG);
        assert_int_equal(w->topic, TOPIC_SHARED_ACCOUNT);
    }
    assert_string_equal(report.warnings.items[2].message,
                        "business manager 77 is in the row of another active client, too: it may "
                        "not be this one's, correct the board in Monday");
    assert_true(report_complete(&report));
}

static void a_row_that_leads_to_no_account_is_a_warning(void **state)
{
    scoped_arena struct arena *arena = arena_create();
    struct client client = { .id = "7000000024", .name = "Sol" };
    struct report bare = { .client = &client };
    struct findings meta = { 0 };

    (void)state;
    report_add_client_warnings(arena, &bare);
    assert_int_equal(bare.warnings.len, 1);
    assert_string_equal(bare.warnings.items[0].platform, "monday");
    assert_int_equal(bare.warnings.items[0].kind, ERR_CONFIG);
    assert_int_equal(bare.warnings.items[0].topic, TOPIC_NO_ACCOUNTS);
    assert_non_null(strstr(bare.warnings.items[0].message, "7000000024"));

    /* A business manager without accounts is as empty; one that could not be read is not. */
    struct report empty = { .client = &client };
    manager_in(arena, &meta, "meta", "77", "Sol BM");
    report_add(arena, &empty, &meta);
    report_add_client_warnings(arena, &empty);
    assert_int_equal(empty.warnings.len, 1);
    ((struct warning *)vec_push(arena, &meta.warnings))->kind = ERR_TIMEOUT;
    struct report away = { .client = &client };
    report_add(arena, &away, &meta);
    report_add_client_warnings(arena, &away);
    assert_int_equal(away.warnings.len, 1);
    assert_int_equal(away.warnings.items[0].topic, TOPIC_NONE);
}

static void kinds_and_levels_have_their_words(void **state)
{
    (void)state;
    assert_string_equal(budget_kind_name(BUDGET_NONE), "none");
    assert_string_equal(budget_kind_name(BUDGET_DAILY), "daily");
    assert_string_equal(budget_kind_name(BUDGET_LIFETIME), "lifetime");
    assert_string_equal(budget_kind_name(BUDGET_MIXED), "mixed");
    assert_null(budget_level_name(LEVEL_NONE));
    assert_string_equal(budget_level_name(LEVEL_CAMPAIGN), "campaign");
    assert_string_equal(budget_level_name(LEVEL_AD_SET), "ad_set");
    assert_string_equal(budget_level_name(LEVEL_SHARED), "shared");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_come_in_one_order_however_they_arrived),
        cmocka_unit_test(a_report_is_complete_when_nothing_is_missing),
        cmocka_unit_test(a_shared_account_is_a_warning_of_the_report),
        cmocka_unit_test(a_row_that_leads_to_no_account_is_a_warning),
        cmocka_unit_test(kinds_and_levels_have_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
