/* `raiox clients`: the board as raiox reads it, and what is wrong in each row. */
#include "bot/commands.h"

#include "base/json.h"
#include "bot/oneshot.h"

#include <stdio.h>
#include <string.h>

struct listing {
    struct oneshot oneshot;
    bool json;
    int status;
};

static void add_texts(cJSON *object, const char *name, const char *const *texts)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);

    for (size_t i = 0; texts && texts[i]; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(texts[i]));
}

static void add_kpis(cJSON *object, const struct kpis *kpis)
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
    cJSON *list = cJSON_AddObjectToObject(object, "kpis");

    for (size_t i = 0; i < COUNT(columns); i++)
        if (columns[i].text)
            cJSON_AddStringToObject(list, columns[i].name, columns[i].text);
}

static cJSON *client_json(const struct client *client)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "id", client->id);
    cJSON_AddStringToObject(object, "name", client->name);
    cJSON_AddStringToObject(object, "channel_id", client->channel_id);
    cJSON_AddStringToObject(object, "meta_id", client->meta_id);
    add_texts(object, "meta_adaccount_ids", client->meta_accounts);
    add_texts(object, "google_ids", client->google_ids);
    add_kpis(object, &client->kpis);
    cJSON *problems = cJSON_AddArrayToObject(object, "problems");
    for (size_t i = 0; i < client->problems.len; i++)
        cJSON_AddItemToArray(problems, cJSON_CreateString(client->problems.items[i]));
    return object;
}

static void print_json(struct arena *arena, const struct board *board)
{
    scoped_json cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < board->clients.len; i++)
        cJSON_AddItemToArray(list, client_json(&board->clients.items[i]));
    printf("%s\n", json_print(arena, list));
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

static void print_client(const struct client *client)
{
    print_plain(stdout, client->name);
    printf("  (%s, ", client->id);
    print_plain(stdout, *client->channel_id ? client->channel_id : "no channel");
    printf(")\n");
    if (*client->meta_id)
        printf("  meta_id %s\n", client->meta_id);
    print_list("meta_adaccount_ids", client->meta_accounts);
    print_list("google_id", client->google_ids);
    for (size_t i = 0; i < client->problems.len; i++) {
        printf("  ! ");
        print_plain(stdout, client->problems.items[i]);
        putchar('\n');
    }
}

static void print_text(const struct board *board)
{
    size_t troubled = 0;

    for (size_t i = 0; i < board->clients.len; i++) {
        print_client(&board->clients.items[i]);
        troubled += board->clients.items[i].problems.len > 0;
    }
    printf("%zu clients, %zu with something to mend in Monday\n", board->clients.len, troubled);
}

static void on_board(void *arg, const struct board *board, const struct error *err)
{
    struct listing *listing = arg;

    listing->status = err ? 1 : 0;
    if (err)
        fprintf(stderr, "raiox clients: Monday: %s\n", err->log);
    else if (listing->json)
        print_json(listing->oneshot.arena, board);
    else
        print_text(board);
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
