/*
 * Clients: the cells of a row that raiox reads itself, the checks that need the whole board, and
 * the ways to find a row.
 */
#include "model/client.h"

#include "model/money.h"
#include "model/name.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>

/* Digits in an id. Meta's have 15 to 18, Google's 10; 64 bits hold no more than 20. */
#define ID_DIGITS_MAX 20

/* Names listed in one answer, and in one problem. */
#define CLOSEST_MAX 10
#define NAMED_MAX 3

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the white space (Unicode's, U+00A0 included) that text begins with; 0: none. */
static size_t blank_length(const char *text)
{
    const char *next = text;
    UChar32 c = text_next(&next);

    return c != 0 && u_isUWhiteSpace(c) ? (size_t)(next - text) : 0;
}

/* --- ids ------------------------------------------------------------------------------------- */

struct id_entry {
    const char *id;
    size_t at; /* its place in the list */
};

static int by_id_then_place(const void *a, const void *b)
{
    const struct id_entry *x = a, *y = b;
    int order = strcmp(x->id, y->id);

    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* "act_123", "123-456-7890", "123" to digits; NULL: no id. A dash stands between digits. */
static const char *id_read(struct arena *arena, const char *text, size_t len)
{
    char digits[ID_DIGITS_MAX + 1];
    size_t count = 0;

    if (len > 4 && strncasecmp(text, "act_", 4) == 0) {
        text += 4;
        len -= 4;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '-' && i > 0 && i + 1 < len && is_digit(text[i - 1]) &&
            is_digit(text[i + 1]))
            continue;
        if (!is_digit(text[i]) || count == ID_DIGITS_MAX)
            return NULL;
        digits[count++] = text[i];
    }
    return count > 0 ? arena_strndup(arena, digits, count) : NULL;
}

/* Bytes up to the next separator, and of the separators from there on. */
static size_t entry_length(const char *text)
{
    size_t len = 0;

    while (text[len] && text[len] != ',' && blank_length(text + len) == 0)
        len++;
    return len;
}

static size_t separators_length(const char *text)
{
    size_t len = 0;

    for (;;) {
        size_t step = text[len] == ',' ? 1 : blank_length(text + len);
        if (step == 0)
            return len;
        len += step;
    }
}

/* Writes each id once, where it first stood. */
static const char *const *distinct_ids(struct arena *arena, struct id_entry *entries, size_t count,
                                       size_t *ret_count)
{
    const char **ret = arena_array(arena, const char *, count + 1);
    const char **in_place = arena_array(arena, const char *, count + 1);

    if (count > 0)
        qsort(entries, count, sizeof(*entries), by_id_then_place);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(entries[i].id, entries[i - 1].id) != 0)
            in_place[entries[i].at] = entries[i].id;
    *ret_count = 0;
    for (size_t i = 0; i < count; i++)
        if (in_place[i])
            ret[(*ret_count)++] = in_place[i];
    return ret;
}

bool client_ids(struct arena *arena, const char *text, const char *const **ret, size_t *ret_count,
                const char **ret_bad)
{
    VEC(struct id_entry) entries = { 0 };

    *ret_bad = NULL;
    if (!text)
        text = "";
    text += separators_length(text);
    while (*text) {
        size_t len = entry_length(text);
        const char *id = id_read(arena, text, len);

        if (id) {
            struct id_entry *entry = vec_push(arena, &entries);
            entry->id = id;
            entry->at = entries.len - 1;
        } else if (!*ret_bad) {
            *ret_bad = arena_strndup(arena, text, len);
        }
        text += len;
        text += separators_length(text);
    }
    *ret = distinct_ids(arena, entries.items, entries.len, ret_count);
    return !*ret_bad;
}

/* --- target ---------------------------------------------------------------------------------- */

/* Bytes of the currency sign that text begins with: "R$", "US$", "$", "€"; 0: none. */
static size_t sign_length(const char *text)
{
    size_t letters = 0;

    while (letters < 3 && text[letters] >= 'A' && text[letters] <= 'Z')
        letters++;
    if (letters > 0)
        return text[letters] == '$' ? letters + 1 : 0;
    const char *next = text;
    UChar32 c = text_next(&next);
    return u_charType(c) == U_CURRENCY_SYMBOL ? (size_t)(next - text) : 0;
}

static void skip_blanks(const char **text)
{
    for (size_t step; (step = blank_length(*text)) > 0;)
        *text += step;
}

/* Is the rest of the cell what may stand behind the number: blanks, and a sign if none came yet? */
static bool only_sign_follows(const char *text, bool had_sign)
{
    skip_blanks(&text);
    if (!had_sign) {
        text += sign_length(text);
        skip_blanks(&text);
    }
    return *text == '\0';
}

/* A number's digits as they are collected: the whole part and two decimals. */
static bool push(int64_t *number, char digit)
{
    return !__builtin_mul_overflow(*number, 10, number) &&
           !__builtin_add_overflow(*number, digit - '0', number);
}

/* "15000" or "15.000" (groups of three behind up to three). false: neither, or too large. */
static bool read_whole(const char **text, int64_t *ret, bool *ret_grouped)
{
    const char *at = *text, *start = at;
    int64_t whole = 0;

    for (; is_digit(*at); at++)
        if (!push(&whole, *at))
            return false;
    if (at == start)
        return false;
    *ret_grouped = false;
    while (at - start <= 3 && at[0] == '.' && is_digit(at[1]) && is_digit(at[2]) &&
           is_digit(at[3])) {
        if (!push(&whole, at[1]) || !push(&whole, at[2]) || !push(&whole, at[3]))
            return false;
        at += 4;
        start = at - 3;
        *ret_grouped = true;
    }
    *text = at;
    *ret = whole;
    return true;
}

/* ",00" or ".5": one or two digits. Leaves *text where no decimals stand. */
static bool read_hundredths(const char **text, bool grouped, int *ret)
{
    const char *at = *text;

    *ret = 0;
    if (*at != ',' && (*at != '.' || grouped))
        return !grouped; /* "15.000" could be fifteen thousand or fifteen */
    if (!is_digit(at[1]))
        return false;
    *ret = (at[1] - '0') * 10;
    at += 2;
    if (is_digit(*at))
        *ret += *at++ - '0';
    *text = at;
    return !is_digit(*at);
}

bool target_parse(const char *text, int64_t *ret_micros)
{
    int64_t whole, micros;
    int hundredths;
    bool grouped;

    if (!text)
        return false;
    skip_blanks(&text);
    size_t sign = sign_length(text);
    text += sign;
    skip_blanks(&text);
    if (!read_whole(&text, &whole, &grouped) || !read_hundredths(&text, grouped, &hundredths) ||
        !only_sign_follows(text, sign > 0))
        return false;
    if (__builtin_mul_overflow(whole, MICROS, &micros) ||
        __builtin_add_overflow(micros, hundredths * (MICROS / 100), &micros) || micros == 0)
        return false;
    *ret_micros = micros;
    return true;
}

/* --- the board as a whole -------------------------------------------------------------------- */

/* What only one row may have. */
enum claim_kind { CLAIM_CHANNEL, CLAIM_META_BUSINESS, CLAIM_META_ACCOUNT, CLAIM_GOOGLE_ID };

static const struct {
    const char *what;     /* in a problem */
    const char *platform; /* NULL: no account of a platform */
    bool is_manager;
} claim_kinds[] = {
    [CLAIM_CHANNEL] = { "channel_id", NULL, false },
    [CLAIM_META_BUSINESS] = { "meta_id (without meta_adaccount_ids)", "meta", true },
    [CLAIM_META_ACCOUNT] = { "ad account", "meta", false },
    [CLAIM_GOOGLE_ID] = { "google_id", "google_ads", false },
};

struct claim {
    enum claim_kind kind;
    const char *id;
    struct client *client;
};
struct claims {
    struct arena *arena;
    VEC(struct claim) list;
};

static void claim(struct claims *claims, enum claim_kind kind, const char *id,
                  struct client *client)
{
    if (!id || !*id)
        return;
    *(struct claim *)vec_push(claims->arena, &claims->list) = (struct claim){ kind, id, client };
}

static bool list_empty(const char *const *list)
{
    return !list || !list[0];
}

static void claims_of(struct claims *claims, struct client *client)
{
    claim(claims, CLAIM_CHANNEL, client->channel_id, client);
    if (list_empty(client->meta_accounts))
        claim(claims, CLAIM_META_BUSINESS, client->meta_id, client);
    for (size_t i = 0; client->meta_accounts && client->meta_accounts[i]; i++)
        claim(claims, CLAIM_META_ACCOUNT, client->meta_accounts[i], client);
    for (size_t i = 0; client->google_ids && client->google_ids[i]; i++)
        claim(claims, CLAIM_GOOGLE_ID, client->google_ids[i], client);
}

/* Rows stand in one array: their addresses are their order on the board. */
static int by_what_then_row(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = (x->kind > y->kind) - (x->kind < y->kind);

    if (order == 0)
        order = strcmp(x->id, y->id);
    return order != 0 ? order : (x->client > y->client) - (x->client < y->client);
}

static bool same_thing(const struct claim *a, const struct claim *b)
{
    return a->kind == b->kind && strcmp(a->id, b->id) == 0;
}

/* Drops what a row claims twice: that is no quarrel. The list is sorted. */
static void drop_repeats(struct claims *claims)
{
    size_t kept = 0;

    for (size_t i = 0; i < claims->list.len; i++) {
        struct claim *c = &claims->list.items[i];
        if (kept > 0 && same_thing(c, &claims->list.items[kept - 1]) &&
            c->client == claims->list.items[kept - 1].client)
            continue;
        claims->list.items[kept++] = *c;
    }
    claims->list.len = kept;
}

/* "Padaria Sol" (123), "Casa Lua" (456) and 7 more: who of these others there are. */
static const char *name_others(struct arena *arena, const struct claim *group, size_t count,
                               const struct client *self)
{
    const char *names = "";
    size_t named = 0;

    for (size_t i = 0; i < count && named < NAMED_MAX; i++) {
        if (group[i].client == self)
            continue;
        names = arena_printf(arena, "%s%s\"%s\" (%s)", names, named > 0 ? ", " : "",
                             group[i].client->name, group[i].client->id);
        named++;
    }
    if (count - 1 > named)
        names = arena_printf(arena, "%s and %zu more", names, count - 1 - named);
    return names;
}

static void add_problem(struct arena *arena, struct client *client, const char *problem)
{
    *vec_push(arena, &client->problems) = problem;
}

/* The group's rows all claim one thing. */
static void quarrel(struct arena *arena, const struct claim *group, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct client *client = group[i].client;
        enum claim_kind kind = group[i].kind;

        add_problem(arena, client,
                    arena_printf(arena, "%s %s is also in the row of %s", claim_kinds[kind].what,
                                 group[i].id, name_others(arena, group, count, client)));
        if (!claim_kinds[kind].platform)
            continue;
        client->shares_accounts = true;
        *vec_push(arena, &client->shared) =
            (struct shared_account){ claim_kinds[kind].platform, group[i].id,
                                     claim_kinds[kind].is_manager };
    }
}

void board_check(struct arena *arena, struct board *board)
{
    struct claims claims = { .arena = arena };

    for (size_t i = 0; i < board->clients.len; i++) {
        struct client *client = &board->clients.items[i];
        client->folded_name = name_fold(arena, client->name);
        claims_of(&claims, client);
    }
    if (claims.list.len > 0)
        qsort(claims.list.items, claims.list.len, sizeof(struct claim), by_what_then_row);
    drop_repeats(&claims);
    for (size_t i = 0, next; i < claims.list.len; i = next) {
        for (next = i + 1; next < claims.list.len; next++)
            if (!same_thing(&claims.list.items[i], &claims.list.items[next]))
                break;
        if (next - i > 1)
            quarrel(arena, &claims.list.items[i], next - i);
    }
}

/* --- a copy ---------------------------------------------------------------------------------- */

static const char *const *list_copy(struct arena *arena, const char *const *list)
{
    size_t count = 0;

    while (list && list[count])
        count++;
    const char **ret = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        ret[i] = arena_strdup(arena, list[i]);
    return ret;
}

static struct kpis kpis_copy(struct arena *arena, const struct kpis *kpis)
{
    return (struct kpis){
        .health = arena_strdup(arena, kpis->health),
        .satisfaction = arena_strdup(arena, kpis->satisfaction),
        .engagement = arena_strdup(arena, kpis->engagement),
        .gap = arena_strdup(arena, kpis->gap),
        .min_revenue = arena_strdup(arena, kpis->min_revenue),
        .ideal_revenue = arena_strdup(arena, kpis->ideal_revenue),
        .real_revenue = arena_strdup(arena, kpis->real_revenue),
        .min_investment = arena_strdup(arena, kpis->min_investment),
        .real_investment = arena_strdup(arena, kpis->real_investment),
    };
}

struct client *client_copy(struct arena *arena, const struct client *client)
{
    struct client *copy = arena_new(arena, struct client);

    copy->id = arena_strdup(arena, client->id);
    copy->name = arena_strdup(arena, client->name);
    copy->channel_id = arena_strdup(arena, client->channel_id);
    copy->meta_id = arena_strdup(arena, client->meta_id);
    copy->meta_accounts = list_copy(arena, client->meta_accounts);
    copy->google_ids = list_copy(arena, client->google_ids);
    copy->kpis = kpis_copy(arena, &client->kpis);
    copy->has_target = client->has_target;
    copy->target_micros = client->target_micros;
    for (size_t i = 0; i < client->problems.len; i++)
        add_problem(arena, copy, arena_strdup(arena, client->problems.items[i]));
    for (size_t i = 0; i < client->unread.len; i++)
        *vec_push(arena, &copy->unread) = arena_strdup(arena, client->unread.items[i]);
    copy->shares_accounts = client->shares_accounts;
    for (size_t i = 0; i < client->shared.len; i++) {
        const struct shared_account *s = &client->shared.items[i];
        *vec_push(arena, &copy->shared) =
            (struct shared_account){ arena_strdup(arena, s->platform), arena_strdup(arena, s->id),
                                     s->is_manager };
    }
    copy->folded_name = arena_strdup(arena, client->folded_name);
    return copy;
}

/* --- finding one ----------------------------------------------------------------------------- */

/* A row with what it is sorted by. */
struct candidate {
    const struct client *client;
    const char *folded;
    struct nearness nearness;
};
struct candidates {
    struct arena *arena;
    VEC(struct candidate) list;
};

static const char *folded_name(struct arena *arena, const struct client *client)
{
    return client->folded_name ? client->folded_name : name_fold(arena, client->name);
}

static void candidate_add(struct candidates *candidates, const struct client *client)
{
    struct candidate *c = vec_push(candidates->arena, &candidates->list);

    c->client = client;
    c->folded = folded_name(candidates->arena, client);
}

static int by_name(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order = strcmp(x->folded, y->folded);

    return order != 0 ? order : strcmp(x->client->id, y->client->id);
}

static int by_nearness(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order = nearness_compare(x->nearness, y->nearness);

    return order != 0 ? order : by_name(a, b);
}

/* The match that these rows are, in this order where they are several. */
static struct match match_of(struct candidates *candidates,
                             int (*order)(const void *a, const void *b), enum match_kind kind)
{
    size_t count = candidates->list.len < CLOSEST_MAX ? candidates->list.len : CLOSEST_MAX;
    const struct client **closest = arena_array(candidates->arena, const struct client *, count);

    if (candidates->list.len > 0)
        qsort(candidates->list.items, candidates->list.len, sizeof(struct candidate), order);
    for (size_t i = 0; i < count; i++)
        closest[i] = candidates->list.items[i].client;
    return (struct match){ kind, NULL, closest, count };
}

/* One, several; none has no names to offer yet. */
static struct match match_found(struct candidates *candidates)
{
    if (candidates->list.len == 0)
        return (struct match){ .kind = MATCH_NONE };
    if (candidates->list.len == 1)
        return (struct match){ .kind = MATCH_ONE, .client = candidates->list.items[0].client };
    return match_of(candidates, by_name, MATCH_SEVERAL);
}

struct match client_by_channel(struct arena *arena, const struct board *board,
                               const char *channel_id)
{
    struct candidates found = { .arena = arena };

    for (size_t i = 0; i < board->clients.len && channel_id && *channel_id; i++)
        if (strcmp(board->clients.items[i].channel_id, channel_id) == 0)
            candidate_add(&found, &board->clients.items[i]);
    return match_found(&found);
}

static bool name_is(const char *name, const char *text)
{
    return strcmp(name, text) == 0;
}

static bool name_begins(const char *name, const char *text)
{
    return strncmp(name, text, strlen(text)) == 0;
}

/* What a name may have to do with the text, the strongest first. */
static bool (*const matchers[])(const char *name, const char *text) = { name_is, name_begins,
                                                                        name_has_word_prefix };

static struct match nearest(struct arena *arena, const struct board *board, const char *text)
{
    struct candidates all = { .arena = arena };

    for (size_t i = 0; i < board->clients.len; i++)
        candidate_add(&all, &board->clients.items[i]);
    for (size_t i = 0; i < all.list.len; i++)
        all.list.items[i].nearness = name_nearness(all.list.items[i].folded, text);
    return match_of(&all, by_nearness, MATCH_NONE);
}

struct match client_by_name(struct arena *arena, const struct board *board, const char *name)
{
    const char *text = name_fold(arena, name);

    for (size_t m = 0; m < COUNT(matchers) && *text; m++) {
        struct candidates found = { .arena = arena };

        for (size_t i = 0; i < board->clients.len; i++)
            if (matchers[m](folded_name(arena, &board->clients.items[i]), text))
                candidate_add(&found, &board->clients.items[i]);
        if (found.list.len > 0)
            return match_found(&found);
    }
    return nearest(arena, board, text);
}

bool client_name_exact(const struct board *board, const char *name)
{
    scoped_arena struct arena *arena = arena_create();
    const char *text = name_fold(arena, name);

    for (size_t i = 0; i < board->clients.len && *text; i++)
        if (name_is(folded_name(arena, &board->clients.items[i]), text))
            return true;
    return false;
}

const struct client *client_by_id(const struct board *board, const char *id)
{
    for (size_t i = 0; i < board->clients.len; i++)
        if (strcmp(board->clients.items[i].id, id) == 0)
            return &board->clients.items[i];
    return NULL;
}
