/* `raiox report`: what on-call uses to see whether the platforms answer. */
#include "bot/commands.h"

#include "bot/oneshot.h"
#include "message/escape.h"
#include "message/message.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct asking {
    struct oneshot oneshot;
    const char *wanted; /* a name or an item's id */
    bool json, asked_again;
    int status;
};

static void end(struct asking *asking, int status)
{
    asking->status = status;
    loop_stop(asking->oneshot.loop);
}

static int terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col < 120 ? size.ws_col : 120;
    return 80;
}

static void on_report(void *arg, struct report *report, const struct error *err)
{
    struct asking *asking = arg;
    struct arena *arena = asking->oneshot.arena;

    if (err) {
        fprintf(stderr, "raiox report: %s\n", text_terminal(arena, err->log, 0));
        end(asking, 1);
        return;
    }
    if (asking->json)
        printf("%s\n", message_report_json(arena, report));
    else
        fputs(message_terminal(arena, asking->oneshot.config.locale, report, terminal_width(),
                               isatty(STDOUT_FILENO) == 1),
              stdout);
    end(asking, 0);
}

static void tell_closest(struct arena *arena, const char *wanted, const struct match *match)
{
    bool several = match->kind == MATCH_SEVERAL;

    fprintf(stderr, "raiox report: %s \"%s\"%s\n",
            several ? "several clients are called" : "no client is called",
            text_terminal(arena, wanted, 0),
            match->closest_count == 0 ? ""
            : several                 ? ":"
                                      : "; the closest:");
    for (size_t i = 0; i < match->closest_count; i++)
        fprintf(stderr, "  %s  %s\n", match->closest[i]->id,
                text_terminal(arena, match->closest[i]->name, 0));
}

static void on_board(void *arg, const struct board *board, const struct error *err)
{
    struct asking *asking = arg;
    struct oneshot *oneshot = &asking->oneshot;

    if (err) {
        oneshot_no_board(oneshot, "report", err);
        end(asking, 1);
        return;
    }
    const struct client *client = client_by_id(board, asking->wanted);
    struct match match = client_by_name(oneshot->arena, board, asking->wanted);
    if (!client && match.kind == MATCH_ONE)
        client = match.client;
    if (!client && match.kind == MATCH_NONE && !asking->asked_again) {
        asking->asked_again = true;
        monday_board_again(reporter_monday(oneshot->reporter), oneshot->job, on_board, asking);
        return;
    }
    if (!client) {
        tell_closest(oneshot->arena, asking->wanted, &match);
        end(asking, 1);
        return;
    }
    reporter_fetch(oneshot->reporter, oneshot->arena, client_copy(oneshot->arena, client),
                   oneshot->job, on_report, asking);
}

int command_report(int argc, char **argv)
{
    struct asking asking = { .status = 1 };

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && !asking.json)
            asking.json = true;
        else if (argv[i][0] != '-' && !asking.wanted)
            asking.wanted = argv[i];
        else
            return command_usage("report", "CLIENT [--json]");
    }
    if (!asking.wanted || !*asking.wanted || !utf8_valid(asking.wanted, strlen(asking.wanted)))
        return command_usage("report", "CLIENT [--json]");
    oneshot_begin(&asking.oneshot, CONFIG_NEEDS_MONDAY, REPORT_MS, true);
    monday_board(reporter_monday(asking.oneshot.reporter), asking.oneshot.job, on_board, &asking);
    loop_run(asking.oneshot.loop);
    oneshot_end(&asking.oneshot);
    return asking.status;
}
