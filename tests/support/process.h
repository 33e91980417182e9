/*
 * A program under test as a process of its own: exactly the environment that it is given, its
 * output in files, and waiting for what it says instead of sleeping. What does not come ends the
 * test with its reason and the program's last words.
 */
#ifndef RAIOX_TESTS_SUPPORT_PROCESS_H
#define RAIOX_TESTS_SUPPORT_PROCESS_H

#include "base/arena.h"

#include <stdbool.h>
#include <sys/types.h>

/* Longer than anything takes under sanitizers on a busy machine. */
#define PROCESS_PATIENCE_MS 60000

struct process {
    pid_t pid;  /* 0: not running */
    int status; /* of its end, as waitpid() tells it */
    char name[32];
    char dir[128];           /* where it runs */
    char out[160], err[160]; /* the files of its standard output and error */
};

/*
 * Starts argv (argv[0] is a path) in dir with env ("NAME=value") and nothing else of ours. Both
 * lists end with NULL. name: of its two files in dir; a second start of that name appends to them.
 * Killed with the test, if that dies.
 */
void process_start(struct process *process, const char *dir, const char *name,
                   const char *const *argv, const char *const *env);
void process_signal(const struct process *process, int signal);
/* Waits for its end, at most timeout_ms. false: it still lives. */
bool process_ends(struct process *process, int timeout_ms);
/* The same, and it must be status 0. */
void process_must_end_well(struct process *process, int timeout_ms);

/* What it has said so far. */
const char *process_said(const struct process *process, struct arena *arena, const char *file);
/*
 * The next whole line behind *from bytes of file that holds each of words (ends with NULL); *from
 * is then behind it. Waits for it; when it does not come within timeout_ms, NULL.
 */
const char *process_line(const struct process *process, struct arena *arena, const char *file,
                         size_t *from, const char *const *words, int timeout_ms);

#endif
