/* The program: a table of subcommands. */
#include "base/json.h"
#include "bot/commands.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct subcommand {
    const char *name, *takes, *does;
    command_fn *run;
    const char *details;
};

static command_fn command_version, command_help;

static const struct subcommand subcommands[] = {
    { "run", "", "everything on this machine in the foreground", command_run,
      "Starts the HTTP endpoint, the worker pool and, when REDIS_URL is empty, a private Redis in\n"
      "RAIOX_STATE_DIR. TERM or Ctrl-C: answers what was accepted, finishes what is in flight, "
      "ends.\n" },
    { "serve", "", "the HTTP endpoint alone", command_serve,
      "Needs SLACK_SIGNING_SECRET and REDIS_URL. Takes a listening socket by LISTEN_FDS. TERM: "
      "takes no\nnew connections, answers what it has accepted, ends.\n" },
    { "work", "[--check-config]", "the worker pool alone", command_work,
      "A supervisor and RAIOX_WORKERS processes. Needs REDIS_URL, MONDAY_API_TOKEN and "
      "MONDAY_BOARD_ID.\n"
      "TERM: takes no new jobs, finishes those in flight (at most 25 s), puts the rest back, exit "
      "0.\n"
      "HUP:  starts anew from the program and configuration on disk and replaces the workers one "
      "by one.\n"
      "--check-config reads the configuration, says what is wrong with it, and ends.\n" },
    { "report", "CLIENT [--json]", "one client's report in the terminal, without Slack or queue",
      command_report,
      "CLIENT is a client's name, as after /raiox, or the id of its Monday item. A report with "
      "holes is a\nreport (exit 0); no report is exit 1.\n" },
    { "clients", "[--json]", "the clients as Monday has them, with what is wrong in each row",
      command_clients, "" },
    { "queue", "[...]", "what waits, who is at what, what died; and what to do about it",
      command_queue,
      "queue [--json]            waiting, in flight by worker, delayed, dead, and whether that is "
      "fine\n"
      "queue dead [ID] [--json]  the dead jobs, or one: why they died, what was asked\n"
      "queue retry ID|--all      runs dead jobs again, with a new deadline\n"
      "queue drop ID|--all       gives dead jobs up for good\n"
      "An id is the receipt under a reply. Exit 1: no dead job of that id, or Redis away.\n" },
    { "why", "ID [--json]", "what the job of that receipt asked, and what came back", command_why,
      "Every call with its time and outcome, how the numbers were made, and how the reply went; "
      "kept for a\nday. Of a job that has not ended: where it is, and how many wait before it.\n"
      "Exit 1: nothing is known of that id, or Redis away.\n" },
    { "check", "", "tries every configured thing and says how to mend what does not work",
      command_check,
      "Redis, Monday, Meta, Google Ads and the Slack token, a line each. Exit 1 if a required one "
      "fails.\n" },
    { "version", "", "the version", command_version, "" },
    { "help", "[COMMAND]", "this, or more about one command", command_help, "" },
};

static const struct subcommand *find(const char *name)
{
    for (size_t i = 0; i < COUNT(subcommands); i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return &subcommands[i];
    return NULL;
}

static void print_overview(FILE *out)
{
    fprintf(out, "raiox: what Meta and Google Ads have spent this month, in Slack\n\n"
                 "usage: raiox COMMAND [ARGUMENTS]\n\n");
    for (size_t i = 0; i < COUNT(subcommands); i++)
        fprintf(out, "  %-8s %-16s %s\n", subcommands[i].name, subcommands[i].takes,
                subcommands[i].does);
    fprintf(out, "\nConfiguration: environment variables or a .env in the working directory; "
                 ".env.example lists them.\n"
                 "Exit status: 0 done, 1 it could not be done, 64 wrong usage, 78 wrong "
                 "configuration.\n");
}

static int command_help(int argc, char **argv)
{
    const struct subcommand *subcommand = argc == 2 ? find(argv[1]) : NULL;

    if (argc > 2 || (argc == 2 && !subcommand))
        return command_usage("help", "the name of one command");
    if (!subcommand) {
        print_overview(stdout);
        return EX_OK;
    }
    printf("usage: raiox %s %s\n\n%s.\n%s", subcommand->name, subcommand->takes, subcommand->does,
           subcommand->details);
    return EX_OK;
}

static int command_version(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return command_usage("version", "no arguments");
    printf("raiox %s\n", RAIOX_VERSION);
    return EX_OK;
}

int command_usage(const char *command, const char *takes)
{
    fprintf(stderr, "raiox %s: takes %s; see raiox help %s\n", command, takes, command);
    return EX_USAGE;
}

/* Whoever starts us without standard streams must not have our first sockets in their places, and
 * log lines sent to Redis. Open to be read alone: what is written there still fails. */
static void keep_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    const struct subcommand *subcommand = argc > 1 ? find(argv[1]) : NULL;

    keep_standard_streams();
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        subcommand = find("help");
    if (argc > 1 && strcmp(argv[1], "--version") == 0)
        subcommand = find("version");
    if (!subcommand) {
        print_overview(stderr);
        return EX_USAGE;
    }
    json_init();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        abort();
    int status = subcommand->run(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("raiox: standard output");
        status = 1;
    }
    return status;
}
