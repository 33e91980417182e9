/* Putting a report together: findings in, warnings of the row, one order for all. */
#include "model/report.h"

#include <stdlib.h>
#include <string.h>

const char *budget_kind_name(enum budget_kind kind)
{
    static const char *const names[] = { [BUDGET_NONE] = "none",
                                         [BUDGET_DAILY] = "daily",
                                         [BUDGET_LIFETIME] = "lifetime",
                                         [BUDGET_MIXED] = "mixed" };
    return names[kind];
}

const char *budget_level_name(enum budget_level level)
{
    static const char *const names[] = { [LEVEL_NONE] = NULL,
                                         [LEVEL_CAMPAIGN] = "campaign",
                                         [LEVEL_AD_SET] = "ad_set",
                                         [LEVEL_SHARED] = "shared" };
    return names[level];
}

void report_add(struct arena *arena, struct report *report, const struct findings *findings)
{
    for (size_t i = 0; i < findings->business_managers.len; i++)
        *(struct business_manager *)vec_push(arena, &report->business_managers) =
            findings->business_managers.items[i];
    for (size_t i = 0; i < findings->warnings.len; i++)
        *(struct warning *)vec_push(arena, &report->warnings) = findings->warnings.items[i];
}

/* An account's id as its platform writes it ("act_10" for 10), where the report has the account. */
static const char *id_as_written(const struct report *report, const struct shared_account *shared)
{
    size_t digits = strlen(shared->id);

    for (size_t m = 0; m < report->business_managers.len; m++) {
        const struct business_manager *manager = &report->business_managers.items[m];

        if (strcmp(manager->platform, shared->platform) != 0)
            continue;
        for (size_t i = 0; i < manager->ad_accounts.len; i++) {
            const char *id = manager->ad_accounts.items[i].id;
            size_t prefix = strcspn(id, "0123456789");
            if (strlen(id) == prefix + digits && strcmp(id + prefix, shared->id) == 0)
                return id;
        }
    }
    return shared->id;
}

static void add_unread(struct arena *arena, struct report *report)
{
    for (size_t i = 0; i < report->client->unread.len; i++) {
        struct warning *warning = vec_push(arena, &report->warnings);

        warning->platform = "monday";
        warning->column = report->client->unread.items[i];
        warning->kind = ERR_CONFIG;
        warning->topic = TOPIC_BAD_ROW;
        warning->message = arena_printf(
            arena,
            "column %s of this client's row holds something that is no id: correct it in "
            "Monday",
            warning->column);
    }
}

static bool has_accounts(const struct report *report)
{
    for (size_t i = 0; i < report->business_managers.len; i++)
        if (report->business_managers.items[i].ad_accounts.len > 0)
            return true;
    return false;
}

/* Nothing was found although nothing failed: it is the row that has to be mended. */
static void add_no_accounts(struct arena *arena, struct report *report)
{
    const struct client *client = report->client;

    if (has_accounts(report) || !report_complete(report))
        return;
    struct warning *warning = vec_push(arena, &report->warnings);
    warning->platform = "monday";
    warning->kind = ERR_CONFIG;
    warning->topic = TOPIC_NO_ACCOUNTS;
    warning->message =
        arena_printf(arena,
                     "the row of %s (item %s) leads to no ad account: fill in or correct meta_id, "
                     "meta_adaccount_ids or google_id in Monday",
                     client->name, client->id);
}

void report_add_client_warnings(struct arena *arena, struct report *report)
{
    const struct client *client = report->client;

    add_unread(arena, report);
    for (size_t i = 0; i < client->shared.len; i++) {
        const struct shared_account *shared = &client->shared.items[i];
        struct warning *warning = vec_push(arena, &report->warnings);

        warning->platform = shared->platform;
        warning->account = shared->is_manager ? shared->id : id_as_written(report, shared);
        warning->kind = ERR_CONFIG;
        warning->topic = TOPIC_SHARED_ACCOUNT;
        warning->message = arena_printf(
            arena,
            "%s %s is in the row of another active client, too: it may not be this one's, "
            "correct the board in Monday",
            shared->is_manager ? "business manager" : "account", warning->account);
    }
    add_no_accounts(arena, report);
}

bool report_complete(const struct report *report)
{
    for (size_t i = 0; i < report->warnings.len; i++) {
        enum warning_topic topic = report->warnings.items[i].topic;
        if (topic != TOPIC_SHARED_ACCOUNT && topic != TOPIC_NO_TARGET_ROW &&
            topic != TOPIC_NO_ACCOUNTS)
            return false;
    }
    return true;
}

/* What is not known comes last. */
static int compare_text(const char *a, const char *b)
{
    if (!a || !b)
        return (a == NULL) - (b == NULL);
    return strcmp(a, b);
}

static int compare_named(const char *name_a, const char *id_a, const char *name_b, const char *id_b)
{
    int order = compare_text(name_a, name_b);

    return order != 0 ? order : compare_text(id_a, id_b);
}

static int compare_spend(int64_t a, int64_t b)
{
    return (a < b) - (a > b);
}

static int by_manager(const void *a, const void *b)
{
    const struct business_manager *x = a, *y = b;

    return compare_named(x->name, x->id, y->name, y->id);
}

static int by_account(const void *a, const void *b)
{
    const struct ad_account *x = a, *y = b;
    int order = compare_spend(x->figures.spend, y->figures.spend);

    return order != 0 ? order : compare_named(x->name, x->id, y->name, y->id);
}

static int by_campaign(const void *a, const void *b)
{
    const struct campaign *x = a, *y = b;
    int order = compare_spend(x->spend_micros, y->spend_micros);

    return order != 0 ? order : compare_named(x->name, x->id, y->name, y->id);
}

static void sort_manager(struct business_manager *manager)
{
    if (manager->ad_accounts.len > 0)
        qsort(manager->ad_accounts.items, manager->ad_accounts.len, sizeof(struct ad_account),
              by_account);
    for (size_t i = 0; i < manager->ad_accounts.len; i++) {
        struct ad_account *account = &manager->ad_accounts.items[i];
        if (account->campaigns.len > 0)
            qsort(account->campaigns.items, account->campaigns.len, sizeof(struct campaign),
                  by_campaign);
    }
}

void report_sort(struct report *report)
{
    struct business_manager *managers = report->business_managers.items;
    size_t count = report->business_managers.len;

    for (size_t i = 0, next; i < count; i = next) {
        for (next = i; next < count; next++)
            if (strcmp(managers[next].platform, managers[i].platform) != 0)
                break;
        qsort(managers + i, next - i, sizeof(*managers), by_manager);
    }
    for (size_t i = 0; i < count; i++)
        sort_manager(&managers[i]);
}
