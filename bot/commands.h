/* The subcommands. Each takes its own arguments (argv[0] is its name) and returns the exit status.
 */
#ifndef RAIOX_BOT_COMMANDS_H
#define RAIOX_BOT_COMMANDS_H

typedef int command_fn(int argc, char **argv);

command_fn command_run, command_serve, command_work, command_report, command_clients, command_check;
command_fn command_queue, command_why;

/* "raiox report: takes …; see raiox help report" on standard error; returns EX_USAGE. */
int command_usage(const char *command, const char *takes);

#endif
