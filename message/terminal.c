/*
 * The report in a terminal: what the Slack reply has, with every campaign. A table where there is
 * room for one, figures below each other where there is not. Nothing that comes from outside can
 * move the cursor or change a colour: control characters show as their numbers.
 */
#include "message/message.h"

#include <string.h>

#include <unicode/uchar.h>

#include "message/escape.h"
#include "message/format.h"
#include "message/summary.h"
#include "message/warnings.h"

#define WIDTH_MIN 20
#define TITLE_MIN 18 /* columns of a name, below which figures stand under it */
#define TITLE_MAX 60
#define GAP 2 /* columns between columns */
#define FIGURES 3

#define BOLD "\x1b[1m"
#define DIM "\x1b[2m"
#define GREEN "\x1b[32m"
#define YELLOW "\x1b[33m"
#define RED "\x1b[31m"
#define RESET "\x1b[0m"

/* A line of the table: a name, its spend, projection and daily budget. */
struct row {
    int indent;
    const char *style; /* BOLD, DIM or "" */
    const char *title;
    const char *figures[FIGURES]; /* NULL: none */
    const char *note;             /* a line below; NULL: none */
};

struct screen {
    struct arena *arena;
    enum locale locale;
    const struct report *report;
    bool partial, colour;
    int width;
    VEC(struct row) rows;
    struct buf out;
};

/* Columns that a character takes: none for marks that join the one before, two for wide ones. */
static int character_width(int32_t c)
{
    int8_t type = u_charType(c);
    int east = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);

    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR)
        return 0;
    return east == U_EA_WIDE || east == U_EA_FULLWIDTH ? 2 : 1;
}

/* Bytes of the longest start of text that fits into max columns, and how many it takes. */
static size_t fit_width(const char *text, int max, int *ret_width)
{
    size_t at = 0, fits = 0;
    int width = 0;

    *ret_width = 0;
    while (text[at]) {
        int32_t c = 0;

        at += code_point_at(text + at, &c);
        width += character_width(c < 0 ? 0xfffd : c);
        if (width > max)
            break;
        fits = at;
        *ret_width = width;
    }
    return fits;
}

static int text_width(const char *text)
{
    int width = 0;

    fit_width(text, INT32_MAX, &width);
    return width;
}

static void add_blanks(struct screen *s, int count)
{
    for (; count > 0; count--)
        buf_char(&s->out, ' ');
}

static void style(struct screen *s, const char *code)
{
    if (s->colour)
        buf_text(&s->out, code);
}

/* Cut with an ellipsis to width columns; returns how many it took. */
static int add_cut(struct screen *s, const char *text, int width)
{
    int taken = 0;
    size_t fits = fit_width(text, width, &taken);

    if (text[fits] == '\0') {
        buf_add(&s->out, text, fits);
        return taken;
    }
    fits = fit_width(text, width - 1, &taken);
    buf_add(&s->out, text, fits);
    buf_text(&s->out, "…");
    return taken + 1;
}

/* A paragraph, broken between words; a word longer than a line is broken within. */
static void add_wrapped(struct screen *s, int indent, const char *text)
{
    int width = s->width - indent;

    while (*text) {
        int taken = 0;
        size_t fits = fit_width(text, width, &taken), end = fits;

        while (text[fits] && end > 0 && text[end] != ' ')
            end--;
        if (end == 0)
            end = fits > 0 ? fits : strlen(text);
        add_blanks(s, indent);
        buf_add(&s->out, text, end);
        buf_char(&s->out, '\n');
        text += end;
        text += strspn(text, " ");
    }
}

static const char *w(const struct screen *s, enum word which)
{
    return word(s->locale, which);
}

static const char *amount(const struct screen *s, int64_t micros, const char *currency)
{
    return format_micros(s->arena, s->locale, micros, currency);
}

static const char *label(const struct screen *s, enum word which)
{
    if (!s->partial)
        return w(s, which);
    return arena_printf(s->arena, "%s (%s)", w(s, which), w(s, WORD_PARTIAL));
}

/* The head. */

static void add_heading(struct screen *s, const char *text)
{
    style(s, BOLD);
    add_cut(s, text, s->width);
    style(s, RESET);
    buf_char(&s->out, '\n');
}

static const char *light_colour(enum light light)
{
    static const char *const colours[] = {
        [LIGHT_WHITE] = "",
        [LIGHT_GREEN] = GREEN,
        [LIGHT_YELLOW] = YELLOW,
        [LIGHT_RED] = RED,
    };

    return colours[light];
}

#define LABEL_WIDTH 35 /* the longest, "Projection by average (incomplete)", and a gap */
#define NARROW 60      /* columns below which a value stands under its label */

/* A label and its value. */
static void add_figure(struct screen *s, const char *name, const char *colour, const char *value)
{
    int used = add_cut(s, name, s->width);

    if (s->width >= NARROW) {
        add_blanks(s, LABEL_WIDTH - used);
    } else {
        buf_char(&s->out, '\n');
        add_blanks(s, GAP);
    }
    style(s, colour);
    buf_text(&s->out, value);
    style(s, *colour ? RESET : "");
    buf_char(&s->out, '\n');
}

static void add_target(struct screen *s, const struct total *total)
{
    if (!total->has_target) {
        if (s->report->totals.len == 1)
            add_figure(s, w(s, WORD_TARGET), "", w(s, WORD_NO_TARGET));
        return;
    }
    add_figure(s, w(s, WORD_TARGET), "", amount(s, total->target, total->currency));
    add_figure(s, w(s, WORD_PACING), light_colour(pacing_light(total, s->partial)),
               pacing_text(s->arena, s->locale, total, s->partial));
    add_figure(s, w(s, WORD_RECOMMENDED), BOLD,
               recommended_text(s->arena, s->locale, total, s->partial));
}

static void add_total(struct screen *s, const struct total *total)
{
    const struct figures *f = &total->figures;

    if (s->report->totals.len > 1)
        add_heading(s, text_terminal(s->arena, total->currency, 3));
    add_figure(s, label(s, WORD_SPEND), BOLD, amount(s, f->spend, total->currency));
    add_figure(s, label(s, WORD_PROJECTION), BOLD, amount(s, f->projection, total->currency));
    add_target(s, total);
    add_figure(s, label(s, WORD_DAILY_BUDGET), "", amount(s, f->daily_budget, total->currency));
    add_figure(s, label(s, WORD_RUN_RATE), "", amount(s, f->run_rate, total->currency));
    add_figure(s, w(s, WORD_DAYS_LEFT), "", arena_printf(s->arena, "%d", total->days_left));
    buf_char(&s->out, '\n');
}

static void add_head(struct screen *s)
{
    const char *name = text_terminal(s->arena, s->report->client->name, 0);
    const char *month = format_month(s->arena, s->locale, s->report->month.first);
    const char *none = no_numbers_text(s->locale, s->report);
    const char *note = target_note(s->arena, s->locale, s->report, false);

    add_heading(s, arena_printf(s->arena, "%s%s%s", name, *month ? " · " : "", month));
    if (none)
        add_wrapped(s, 0, none);
    else if (s->partial)
        add_wrapped(s, 0, w(s, WORD_PARTIAL_LINE));
    buf_char(&s->out, '\n');
    for (size_t i = 0; i < s->report->totals.len; i++)
        add_total(s, &s->report->totals.items[i]);
    if (note) {
        add_wrapped(s, 0, note);
        buf_char(&s->out, '\n');
    }
}

static void add_warnings(struct screen *s)
{
    warning_groups groups = warnings_group(s->arena, s->report);

    if (groups.len == 0)
        return;
    add_heading(s, w(s, s->partial ? WORD_MISSING : WORD_TO_MEND));
    for (size_t i = 0; i < groups.len; i++)
        add_wrapped(s, GAP, warning_line(s->arena, s->locale, s->report, &groups.items[i], false));
    buf_char(&s->out, '\n');
}

/* The table: first its rows, so that columns can be as wide as what they hold. */

static struct row *push_row(struct screen *s, int indent, const char *row_style, const char *title)
{
    struct row *row = vec_push(s->arena, &s->rows);

    *row = (struct row){ .indent = indent, .style = row_style, .title = title };
    return row;
}

static void set_figures(struct screen *s, struct row *row, const struct figures *f,
                        const char *currency)
{
    row->figures[0] = amount(s, f->spend, currency);
    row->figures[1] = amount(s, f->projection, currency);
    row->figures[2] = amount(s, f->daily_budget, currency);
}

/* A heading with its sums, a row for each currency. */
static void push_sums(struct screen *s, int indent, const char *title, const sums *all)
{
    struct row *row = push_row(s, indent, BOLD, title);

    for (size_t i = 0; i < all->len; i++) {
        if (i > 0)
            row = push_row(s, indent, BOLD, "");
        if (all->items[i].too_large)
            row->figures[0] = w(s, WORD_UNKNOWN);
        else
            set_figures(s, row, &all->items[i].figures, all->items[i].currency);
    }
}

static const char *campaign_title(struct screen *s, const struct campaign *campaign)
{
    const char *name = text_terminal(s->arena, campaign->name, 0);
    const char *status = status_text(s->arena, s->locale, campaign->status);

    if (!*name)
        name = w(s, WORD_NO_NAME);
    return status ? arena_printf(s->arena, "%s · %s", name, status) : name;
}

static void push_campaigns(struct screen *s, const struct business_manager *manager,
                           const struct ad_account *account)
{
    ranked_campaigns all = campaigns_ranked_of(s->arena, manager, account);

    for (size_t i = 0; i < all.len; i++) {
        const struct campaign *campaign = all.items[i].campaign;
        struct figures figures = campaign->figures;
        struct row *row = push_row(s, 4, "", campaign_title(s, campaign));

        figures.spend = campaign->spend_micros;
        set_figures(s, row, &figures, account->currency);
        /* What the column cannot say: that it is shared, or a part of a whole. */
        if (campaign->level == LEVEL_SHARED || campaign->budget_kind == BUDGET_LIFETIME)
            row->note = budget_text(s->arena, s->locale, campaign, account->currency);
    }
}

static void push_account(struct screen *s, const struct business_manager *manager,
                         const struct ad_account *account)
{
    const char *name = text_terminal(s->arena, account->name, 0);
    const char *id = text_terminal(s->arena, account->id, 0);
    const char *month = account_month(s->arena, s->locale, s->report, account);
    const char *title =
        *name ? join(s->arena, name, " (", id, ")", month) : join(s->arena, id, month);

    set_figures(s, push_row(s, 2, BOLD, title), &account->figures, account->currency);
    push_campaigns(s, manager, account);
}

static void push_manager(struct screen *s, const struct business_manager *manager)
{
    const char *known = manager->name && *manager->name ? manager->name : manager->id;
    const char *name = text_terminal(s->arena, known, 0);
    const char *platform = text_terminal(s->arena, platform_name(manager->platform), 0);
    const char *title = *name ? arena_printf(s->arena, "%s · %s", platform, name) : platform;
    sums all = { 0 };

    for (size_t i = 0; manager->ad_accounts.len > 1 && i < manager->ad_accounts.len; i++)
        sums_add(s->arena, &all, manager->ad_accounts.items[i].currency,
                 &manager->ad_accounts.items[i].figures);
    push_sums(s, 0, title, &all);
    if (manager->ad_accounts.len == 0)
        push_row(s, 2, DIM, w(s, WORD_NO_AD_ACCOUNTS));
    for (size_t i = 0; i < manager->ad_accounts.len; i++)
        push_account(s, manager, &manager->ad_accounts.items[i]);
}

static void push_titles(struct screen *s)
{
    struct row *row = push_row(s, 0, DIM, "");

    row->figures[0] = w(s, WORD_SPEND);
    row->figures[1] = w(s, WORD_PROJECTION);
    row->figures[2] = w(s, WORD_DAILY_BUDGET);
}

/* Platforms with several business managers begin with what these come to. */
static void push_platform(struct screen *s, size_t first)
{
    const struct report *report = s->report;
    const char *platform = report->business_managers.items[first].platform;
    size_t managers = 0;

    for (size_t i = 0; i < report->business_managers.len; i++)
        managers += strcmp(report->business_managers.items[i].platform, platform) == 0;
    if (managers > 1) {
        sums all = sums_of_platform(s->arena, report, platform);
        push_sums(s, 0, text_terminal(s->arena, platform_name(platform), 0), &all);
    }
    for (size_t i = first; i < report->business_managers.len; i++) {
        if (strcmp(report->business_managers.items[i].platform, platform) == 0)
            push_manager(s, &report->business_managers.items[i]);
    }
}

static bool seen_before(const struct report *report, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(report->business_managers.items[i].platform,
                   report->business_managers.items[at].platform) == 0)
            return true;
    }
    return false;
}

static void figure_widths(const struct screen *s, int ret[FIGURES])
{
    memset(ret, 0, FIGURES * sizeof(ret[0]));
    for (size_t i = 0; i < s->rows.len; i++) {
        for (size_t k = 0; k < FIGURES; k++) {
            const char *figure = s->rows.items[i].figures[k];
            int width = figure ? text_width(figure) : 0;

            if (width > ret[k])
                ret[k] = width;
        }
    }
}

static int title_width(const struct screen *s)
{
    int widest = TITLE_MIN;

    for (size_t i = 0; i < s->rows.len; i++) {
        int width = s->rows.items[i].indent + text_width(s->rows.items[i].title);

        if (width > widest)
            widest = width;
    }
    return widest < TITLE_MAX ? widest : TITLE_MAX;
}

static bool has_figures(const struct row *row)
{
    return row->figures[0] != NULL;
}

static void draw_row(struct screen *s, const struct row *row, int title, const int widths[FIGURES])
{
    int at = row->indent;

    style(s, row->style);
    add_blanks(s, row->indent);
    at += add_cut(s, row->title, (has_figures(row) ? title : s->width) - row->indent);
    for (size_t k = 0; k < FIGURES && row->figures[k]; k++) {
        add_blanks(s, (k == 0 ? title - at : 0) + GAP + widths[k] - text_width(row->figures[k]));
        buf_text(&s->out, row->figures[k]);
    }
    style(s, *row->style ? RESET : "");
    buf_char(&s->out, '\n');
    if (row->note)
        add_wrapped(s, row->indent + GAP, row->note);
}

/* Without room for columns: each figure on its own line below the name. */
static void draw_stacked(struct screen *s, const struct row *row)
{
    static const enum word names[FIGURES] = { WORD_SPEND_OF, WORD_PROJECTION_OF, WORD_DAILY_OF };

    if (*row->title) { /* none: a sum in one more currency */
        style(s, row->style);
        add_blanks(s, row->indent);
        add_cut(s, row->title, s->width - row->indent);
        style(s, *row->style ? RESET : "");
        buf_char(&s->out, '\n');
    }
    for (size_t k = 0; k < FIGURES && row->figures[k]; k++)
        add_wrapped(s, row->indent + GAP, say(s->arena, s->locale, names[k], row->figures[k]));
    if (row->note)
        add_wrapped(s, row->indent + GAP, row->note);
}

static void add_table(struct screen *s)
{
    int widths[FIGURES], title = 0, figures = 0;

    if (s->report->business_managers.len == 0)
        return;
    push_titles(s);
    for (size_t i = 0; i < s->report->business_managers.len; i++) {
        if (!seen_before(s->report, i))
            push_platform(s, i);
    }
    figure_widths(s, widths);
    for (size_t k = 0; k < FIGURES; k++)
        figures += GAP + widths[k];
    title = title_width(s);
    if (title > s->width - figures)
        title = s->width - figures;
    for (size_t i = 0; i < s->rows.len; i++) {
        if (title >= TITLE_MIN)
            draw_row(s, &s->rows.items[i], title, widths);
        else if (i > 0) /* the columns' titles stand with each figure */
            draw_stacked(s, &s->rows.items[i]);
    }
    buf_char(&s->out, '\n');
}

static void add_foot(struct screen *s)
{
    const struct report *report = s->report;

    add_wrapped(s, 0,
                say(s->arena, s->locale, WORD_AS_OF,
                    format_instant(s->arena, s->locale, report->timezone, report->as_of_real_ms),
                    text_terminal(s->arena, report->timezone, 40)));
    if (report->totals.len > 0)
        add_wrapped(s, 0, w(s, WORD_METHOD));
    if (has_shared_budget(report))
        add_wrapped(s, 0, w(s, WORD_SHARED_METHOD));
}

const char *message_terminal(struct arena *arena, enum locale locale, const struct report *report,
                             int width, bool colour)
{
    struct screen s = {
        .arena = arena,
        .locale = locale,
        .report = report,
        .partial = !report_complete(report),
        .colour = colour,
        .width = width < WIDTH_MIN ? WIDTH_MIN : width,
    };
    const char *text = NULL;

    buf_init(&s.out, BUF_UNBOUNDED);
    add_head(&s);
    add_warnings(&s);
    add_table(&s);
    add_foot(&s);
    text = arena_strndup(arena, s.out.data, s.out.len);
    buf_finish(&s.out);
    return text;
}
