/* `raiox clients`: the board as raiox reads it, and what is wrong in each row. */
#include "bot/commands.h"

#include "bot/oneshot.h"
#include "message/escape.h"
#include "message/json_out.h"

#include <stdio.h>
#include <string.h>

struct listing {
    struct oneshot oneshot;
    bool json;
    int status;
};

static void texts_member(struct buf *out, const char *name, const char *const *texts)
{
    json_key(out, name);
    json_open(out, '[');
    for (size_t i = 0; texts && texts[i]; i++)
        json_text(out, texts[i]);
    json_close(out, ']');
}

static void kpis_member(struct buf *out, const struct kpis *kpis)
{
    const struct {
        const char *name, *text;
    } columns[] = {
        { "health", kpis->health },
        { "satisfaction", kpis->satisfaction },
        { "engagement", kpis->engagement },
        { "gap", kpis->gap },
        { "min_revenue", kpis->min_revenue },
        { "ideal_revenue", kpis->ideal_revenue },
        { "real_revenue", kpis->real_revenue },
        { "min_investment", kpis->min_investment },
        { "real_investment", kpis->real_investment },
    };

    json_key(out, "kpis");
    json_open(out, '{');
    for (size_t i = 0; i < COUNT(columns); i++)
        if (columns[i].text)
            json_member(out, columns[i].name, columns[i].text);
    json_close(out, '}');
}

static void client_object(struct buf *out, const struct client *client)
{
    json_open(out, '{');
    json_member(out, "id", client->id);
    json_member(out, "name", client->name);
    json_member(out, "channel_id", client->channel_id);
    json_member(out, "meta_id", client->meta_id);
    texts_member(out, "meta_adaccount_ids", client->meta_accounts);
    texts_member(out, "google_ids", client->google_ids);
    kpis_member(out, &client->kpis);
    json_key(out, "problems");
    json_open(out, '[');
    for (size_t i = 0; i < client->problems.len; i++)
        json_text(out, client->problems.items[i]);
    json_close(out, ']');
    json_close(out, '}');
}

static void print_json(const struct board *board)
{
    scoped_buf struct buf out;

    buf_init(&out, BUF_UNBOUNDED);
    json_open(&out, '[');
    for (size_t i = 0; i < board->clients.len; i++)
        client_object(&out, &board->clients.items[i]);
    json_close(&out, ']');
    puts(buf_cstr(&out));
}

static void print_list(const char *label, const char *const *ids)
{
    if (!ids || !ids[0])
        return;
    printf("  %s", label);
    for (size_t i = 0; ids[i]; i++)
        printf(" %s", ids[i]);
    putchar('\n');
}

static void print_client(struct arena *arena, const struct client *client)
{
    printf("%s  (%s, %s)\n", text_terminal(arena, client->name, 0), client->id,
           *client->channel_id ? text_terminal(arena, client->channel_id, 0) : "no channel");
    if (*client->meta_id)
        printf("  meta_id %s\n", client->meta_id);
    print_list("meta_adaccount_ids", client->meta_accounts);
    print_list("google_id", client->google_ids);
    for (size_t i = 0; i < client->problems.len; i++)
        printf("  ! %s\n", text_terminal(arena, client->problems.items[i], 0));
}

static void print_text(struct arena *arena, const struct board *board)
{
    size_t troubled = 0;

    for (size_t i = 0; i < board->clients.len; i++) {
        print_client(arena, &board->clients.items[i]);
        troubled += board->clients.items[i].problems.len > 0;
    }
    printf("%zu clients, %zu with something to mend in Monday\n", board->clients.len, troubled);
}

static void on_board(void *arg, const struct board *board, const struct error *err)
{
    struct listing *listing = arg;

    listing->status = err ? 1 : 0;
    if (err)
        oneshot_no_board(&listing->oneshot, "clients", err);
    else if (listing->json)
        print_json(board);
    else
        print_text(listing->oneshot.arena, board);
    loop_stop(listing->oneshot.loop);
}

int command_clients(int argc, char **argv)
{
    struct listing listing = { .json = argc == 2 && strcmp(argv[1], "--json") == 0, .status = 1 };

    if (argc > 1 && !listing.json)
        return command_usage("clients", "--json or nothing");
    oneshot_begin(&listing.oneshot, CONFIG_NEEDS_MONDAY, REPORT_MS, true);
    /* The board as it is now: who mends rows wants to see what they mended. */
    monday_board_again(reporter_monday(listing.oneshot.reporter), listing.oneshot.job, on_board,
                       &listing);
    loop_run(listing.oneshot.loop);
    oneshot_end(&listing.oneshot);
    return listing.status;
}
