/* .env.example, which people copy, against the table that reads what they make of it. */
#include "base/attr.h"
#include "bot/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char text[64 * 1024];

/* The value that the file gives name, up to its line's end; NULL: it does not name it. */
static const char *value_of(const char *name, size_t *ret_len, int *ret_times)
{
    const char *found = NULL;
    size_t len = strlen(name);

    *ret_times = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strncmp(line, name, len) == 0 && line[len] == '=') {
            found = line + len + 1;
            *ret_len = strcspn(found, "\n");
            ++*ret_times;
        }
    return found;
}

static void every_variable_stands_in_it_once_with_its_default(void **state)
{
    (void)state;
    for (const char *const *name = config_names(); *name; name++) {
        const char *wanted = config_default(*name) ? config_default(*name) : "";
        size_t len = 0;
        int times = 0;
        const char *value = value_of(*name, &len, &times);
        if (times != 1)
            fail_msg("%s stands in .env.example %d times", *name, times);
        if (len != strlen(wanted) || memcmp(value, wanted, len) != 0)
            fail_msg("%s=%.*s, and the default is \"%s\"", *name, (int)len, value, wanted);
    }
}

static bool is_variable(const char *line, size_t len)
{
    for (const char *const *name = config_names(); *name; name++)
        if (strlen(*name) == len && memcmp(*name, line, len) == 0)
            return true;
    return false;
}

static void it_names_nothing_else(void **state)
{
    (void)state;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t len = strcspn(line, "\n");
        if (len > 0 && *line != '#' && !is_variable(line, strcspn(line, "=\n")))
            fail_msg(".env.example: %.*s", (int)len, line);
    }
}

static const char *nothing(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return NULL;
}

static void it_is_read_without_a_fault(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    scoped_buf struct buf faults;
    struct config config;

    buf_init(&faults, sizeof(text));
    if (!config_load(arena, 0, bytes_of(text), nothing, NULL, &config, &faults))
        fail_msg("%s", buf_cstr(&faults));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_variable_stands_in_it_once_with_its_default),
        cmocka_unit_test(it_names_nothing_else),
        cmocka_unit_test(it_is_read_without_a_fault),
    };
    FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;

    if (!file || fread(text, 1, sizeof(text) - 1, file) == 0) {
        fprintf(stderr, "takes the path of .env.example\n");
        return 2;
    }
    fclose(file);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
