#include "tests/sandbox/gaql.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/sandbox/days.h"

/* Names and types after the v25 protos; start_date and end_date have been gone since v23. */
static const struct gaql_field fields[] = {
    { "campaign.resource_name", GAQL_TEXT },
    { "campaign.id", GAQL_INT64 },
    { "campaign.name", GAQL_TEXT },
    { "campaign.status", GAQL_ENUM },
    { "campaign.serving_status", GAQL_ENUM },
    { "campaign.primary_status", GAQL_ENUM },
    { "campaign.primary_status_reasons", GAQL_LIST },
    { "campaign.advertising_channel_type", GAQL_ENUM },
    { "campaign.advertising_channel_sub_type", GAQL_ENUM },
    { "campaign.bidding_strategy_type", GAQL_ENUM },
    { "campaign.experiment_type", GAQL_ENUM },
    { "campaign.start_date_time", GAQL_TEXT },
    { "campaign.end_date_time", GAQL_TEXT },
    { "campaign.campaign_budget", GAQL_TEXT },
    { "campaign_budget.resource_name", GAQL_TEXT },
    { "campaign_budget.id", GAQL_INT64 },
    { "campaign_budget.name", GAQL_TEXT },
    { "campaign_budget.amount_micros", GAQL_INT64 },
    { "campaign_budget.total_amount_micros", GAQL_INT64 },
    { "campaign_budget.explicitly_shared", GAQL_BOOL },
    { "campaign_budget.reference_count", GAQL_INT64 },
    { "campaign_budget.period", GAQL_ENUM },
    { "campaign_budget.delivery_method", GAQL_ENUM },
    { "campaign_budget.type", GAQL_ENUM },
    { "campaign_budget.status", GAQL_ENUM },
    { "customer.resource_name", GAQL_TEXT },
    { "customer.id", GAQL_INT64 },
    { "customer.descriptive_name", GAQL_TEXT },
    { "customer.currency_code", GAQL_TEXT },
    { "customer.time_zone", GAQL_TEXT },
    { "customer.manager", GAQL_BOOL },
    { "customer.test_account", GAQL_BOOL },
    { "customer.status", GAQL_ENUM },
    { "customer_client.client_customer", GAQL_TEXT },
    { "customer_client.id", GAQL_INT64 },
    { "customer_client.level", GAQL_INT64 },
    { "customer_client.manager", GAQL_BOOL },
    { "customer_client.hidden", GAQL_BOOL },
    { "customer_client.status", GAQL_ENUM },
    { "customer_client.descriptive_name", GAQL_TEXT },
    { "customer_client.currency_code", GAQL_TEXT },
    { "customer_client.time_zone", GAQL_TEXT },
    { "customer_client.test_account", GAQL_BOOL },
    { "metrics.cost_micros", GAQL_INT64 },
    { "metrics.impressions", GAQL_INT64 },
    { "metrics.clicks", GAQL_INT64 },
    { "metrics.ctr", GAQL_DOUBLE },
    { "metrics.average_cpc", GAQL_DOUBLE },
    { "metrics.average_cpm", GAQL_DOUBLE },
    { "metrics.conversions", GAQL_DOUBLE },
    { "segments.date", GAQL_DATE },
};

/* Which resources may be named from which (attributed ones, metrics and segments). */
static const struct from {
    const char *resource;
    const char *groups[6];
} froms[] = {
    { "campaign", { "campaign", "campaign_budget", "customer", "metrics", "segments" } },
    { "campaign_budget", { "campaign_budget", "campaign", "customer", "metrics", "segments" } },
    { "customer", { "customer", "metrics", "segments" } },
    { "customer_client", { "customer_client", "customer" } },
};

struct reader {
    struct arena *arena;
    const char *at;
    const char *word; /* the token; NULL at the end */
    bool quoted;      /* it was a string */
    struct gaql_wrong *wrong;
};

PRINTF(3, 4)
static bool wrong(struct reader *reader, const char *code, const char *format, ...)
{
    char text[300];
    va_list args;

    if (!reader->wrong) {
        va_start(args, format);
        vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        reader->wrong = arena_new(reader->arena, struct gaql_wrong);
        reader->wrong->code = code;
        reader->wrong->message = arena_strdup(reader->arena, text);
    }
    return false;
}

static void next_quoted(struct reader *reader)
{
    char quote = *reader->at++;
    const char *start = reader->at;

    while (*reader->at && *reader->at != quote)
        reader->at += *reader->at == '\\' && reader->at[1] ? 2 : 1;
    if (!*reader->at) {
        wrong(reader, "BAD_SYMBOL", "Error in query: unterminated string.");
        reader->word = NULL;
        return;
    }
    reader->word = arena_strndup(reader->arena, start, (size_t)(reader->at++ - start));
    reader->quoted = true;
}

static void next(struct reader *reader)
{
    const char *start = NULL;

    while (isspace((unsigned char)*reader->at))
        reader->at++;
    start = reader->at;
    reader->quoted = false;
    reader->word = NULL;
    if (!*start)
        return;
    if (*start == '\'' || *start == '"') {
        next_quoted(reader);
        return;
    }
    if (isalnum((unsigned char)*start) || *start == '_' || *start == '-') {
        while (isalnum((unsigned char)*reader->at) || strchr("_.-", *reader->at)) {
            if (!*reader->at)
                break;
            reader->at++;
        }
    } else if (strchr("<>!", *start) && start[1] == '=') {
        reader->at += 2;
    } else {
        reader->at++;
    }
    reader->word = arena_strndup(reader->arena, start, (size_t)(reader->at - start));
}

static bool at_word(const struct reader *reader, const char *word)
{
    return reader->word && !reader->quoted && !strcasecmp(reader->word, word);
}

static bool take(struct reader *reader, const char *word)
{
    if (!at_word(reader, word))
        return false;
    next(reader);
    return true;
}

static bool unexpected(struct reader *reader)
{
    if (!reader->word)
        return wrong(reader, "UNEXPECTED_END_OF_QUERY", "Error in query: unexpected end of query.");
    return wrong(reader, "UNEXPECTED_INPUT", "Error in query: unexpected input %.100s.",
                 reader->word);
}

static const struct gaql_field *read_field(struct reader *reader)
{
    for (size_t i = 0; reader->word && i < COUNT(fields); i++) {
        if (!reader->quoted && !strcmp(reader->word, fields[i].name)) {
            next(reader);
            return &fields[i];
        }
    }
    if (reader->word && !reader->quoted && isalpha((unsigned char)*reader->word))
        wrong(reader, "UNRECOGNIZED_FIELD", "Unrecognized field in the query: '%.100s'.",
              reader->word);
    else
        unexpected(reader);
    return NULL;
}

static bool read_select(struct reader *reader, struct gaql *gaql)
{
    if (!take(reader, "SELECT"))
        return wrong(reader, "EXPECTED_SELECT", "Error in query: query must start with SELECT.");
    do {
        const struct gaql_field *field = read_field(reader);
        if (!field)
            return false;
        *vec_push(reader->arena, &gaql->select) = field;
        gaql->has_metrics |= !strncmp(field->name, "metrics.", 8);
        gaql->has_segments |= !strncmp(field->name, "segments.", 9);
    } while (take(reader, ","));
    return true;
}

static const struct from *from_named(const char *name)
{
    for (size_t i = 0; name && i < COUNT(froms); i++) {
        if (!strcmp(name, froms[i].resource))
            return &froms[i];
    }
    return NULL;
}

static bool field_fits(struct reader *reader, const struct from *from,
                       const struct gaql_field *field)
{
    size_t len = strcspn(field->name, ".");

    for (size_t i = 0; i < COUNT(from->groups) && from->groups[i]; i++) {
        if (strlen(from->groups[i]) == len && !strncmp(from->groups[i], field->name, len))
            return true;
    }
    return wrong(
        reader,
        !strncmp(field->name, "metrics", len)    ? "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"
        : !strncmp(field->name, "segments", len) ? "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE"
                                                 : "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE",
        "Cannot select or filter on '%s' in a query FROM %s.", field->name, from->resource);
}

/* ---- WHERE ---- */

static const char *read_operator(struct reader *reader)
{
    static const char *const plain[] = { "=",  "!=", "<>",   ">",      ">=",      "<",
                                         "<=", "IN", "LIKE", "DURING", "BETWEEN", NULL };
    static const char *const two[][2] = { { "NOT", "IN" },
                                          { "NOT", "LIKE" },
                                          { "CONTAINS", "ANY" },
                                          { "CONTAINS", "ALL" },
                                          { "CONTAINS", "NONE" } };

    for (size_t i = 0; plain[i]; i++) {
        if (take(reader, plain[i]))
            return plain[i];
    }
    if (take(reader, "REGEXP_MATCH"))
        return "REGEXP_MATCH";
    for (size_t i = 0; i < COUNT(two); i++) {
        const struct reader before = *reader;
        if (take(reader, two[i][0]) && take(reader, two[i][1]))
            return arena_printf(reader->arena, "%s %s", two[i][0], two[i][1]);
        *reader = before;
    }
    if (take(reader, "IS"))
        return take(reader, "NOT")    ? take(reader, "NULL") ? "IS NOT NULL" : NULL
               : take(reader, "NULL") ? "IS NULL"
                                      : NULL;
    wrong(reader, "BAD_OPERATOR", "Error in query: bad operator %.60s.",
          reader->word ? reader->word : "at the end");
    return NULL;
}

static bool read_value(struct reader *reader, struct gaql_condition *condition)
{
    if (!reader->word ||
        (!reader->quoted && !isalnum((unsigned char)*reader->word) && *reader->word != '-'))
        return unexpected(reader);
    bool needs_quotes = condition->field->type == GAQL_TEXT || condition->field->type == GAQL_DATE;
    if (needs_quotes && !reader->quoted && strcmp(condition->operator, "DURING") != 0)
        return wrong(reader, "BAD_VALUE", "Error in query: bad value %.60s.", reader->word);
    *vec_push(reader->arena, &condition->values) = reader->word;
    next(reader);
    return true;
}

static bool read_values(struct reader *reader, struct gaql_condition *condition)
{
    const char *operator= condition->operator;

    if (!strncmp(operator, "IS", 2))
        return true;
    if (!strcmp(operator, "BETWEEN"))
        return read_value(reader, condition) && (take(reader, "AND") || unexpected(reader)) &&
               read_value(reader, condition);
    bool is_list =
        !strcmp(operator, "IN") || !strcmp(operator, "NOT IN") || !strncmp(operator, "CONTAINS", 8);
    if (!is_list)
        return read_value(reader, condition);
    if (!take(reader, "("))
        return unexpected(reader);
    do {
        if (!read_value(reader, condition))
            return false;
    } while (take(reader, ","));
    return take(reader, ")") || unexpected(reader);
}

static bool during_known(const char *word)
{
    static const char *const words[] = { "TODAY",
                                         "YESTERDAY",
                                         "LAST_7_DAYS",
                                         "LAST_14_DAYS",
                                         "LAST_30_DAYS",
                                         "LAST_BUSINESS_WEEK",
                                         "THIS_MONTH",
                                         "LAST_MONTH",
                                         "THIS_WEEK_SUN_TODAY",
                                         "THIS_WEEK_MON_TODAY",
                                         "LAST_WEEK_SUN_SAT",
                                         "LAST_WEEK_MON_SUN" };

    for (size_t i = 0; i < COUNT(words); i++) {
        if (!strcmp(word, words[i]))
            return true;
    }
    return false;
}

static bool date_is_sound(struct reader *reader, const struct gaql_condition *condition)
{
    int day = 0, before = 0;

    if (!strcmp(condition->operator, "DURING")) {
        if (during_known(condition->values.items[0]))
            return true;
        return wrong(reader, "INVALID_VALUE_WITH_DURING_OPERATOR",
                     "Invalid value with DURING operator: %.60s.", condition->values.items[0]);
    }
    for (size_t i = 0; i < condition->values.len; i++) {
        if (!day_parse(condition->values.items[i], &day) || day < before)
            return wrong(reader, "BAD_VALUE", "Error in query: bad date range or date %.60s.",
                         condition->values.items[i]);
        before = day;
    }
    return true;
}

static bool read_condition(struct reader *reader, struct gaql *gaql)
{
    struct gaql_condition condition = { .field = read_field(reader) };

    if (!condition.field || !(condition.operator= read_operator(reader)))
        return condition.field ? unexpected(reader) : false;
    if (!read_values(reader, &condition))
        return false;
    if (!strcmp(condition.operator, "DURING") && condition.field->type != GAQL_DATE)
        return wrong(reader, "BAD_OPERATOR", "Error in query: DURING is for dates.");
    if (condition.field->type == GAQL_DATE) {
        gaql->has_dates = true;
        if (!date_is_sound(reader, &condition))
            return false;
    }
    if (reader->word && at_word(reader, "OR"))
        return unexpected(reader);
    *vec_push(reader->arena, &gaql->where) = condition;
    return true;
}

static bool read_where(struct reader *reader, struct gaql *gaql)
{
    if (!take(reader, "WHERE"))
        return true;
    do {
        if (!read_condition(reader, gaql))
            return false;
    } while (take(reader, "AND"));
    return true;
}

static bool read_tail(struct reader *reader, struct gaql *gaql)
{
    if (take(reader, "ORDER")) {
        if (!take(reader, "BY"))
            return unexpected(reader);
        gaql->order_by = read_field(reader);
        if (!gaql->order_by)
            return false;
        gaql->descending = take(reader, "DESC");
        if (!gaql->descending)
            take(reader, "ASC");
    }
    if (take(reader, "LIMIT")) {
        char *end = NULL;
        gaql->limit = reader->word ? strtol(reader->word, &end, 10) : 0;
        if (gaql->limit <= 0 || *end)
            return wrong(reader, "BAD_LIMIT_COUNT", "Error in query: bad LIMIT.");
        next(reader);
    }
    return !reader->word || unexpected(reader);
}

static bool fields_fit(struct reader *reader, const struct gaql *gaql, const struct from *from)
{
    for (size_t i = 0; i < gaql->select.len; i++) {
        if (!field_fits(reader, from, gaql->select.items[i]))
            return false;
    }
    for (size_t i = 0; i < gaql->where.len; i++) {
        if (!field_fits(reader, from, gaql->where.items[i].field))
            return false;
    }
    return true;
}

const struct gaql_wrong *gaql_parse(struct arena *arena, const char *text, struct gaql *ret)
{
    struct reader reader = { .arena = arena, .at = text };
    const struct from *from = NULL;

    next(&reader);
    if (!read_select(&reader, ret))
        return reader.wrong;
    if (!take(&reader, "FROM")) {
        wrong(&reader, "EXPECTED_FROM", "Error in query: FROM is missing.");
        return reader.wrong;
    }
    from = from_named(reader.word);
    if (!from) {
        wrong(&reader, "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE",
              "Error in query: bad resource %.60s in FROM.", reader.word ? reader.word : "");
        return reader.wrong;
    }
    ret->from = from->resource;
    next(&reader);
    if (read_where(&reader, ret) && read_tail(&reader, ret))
        fields_fit(&reader, ret, from);
    return reader.wrong;
}
