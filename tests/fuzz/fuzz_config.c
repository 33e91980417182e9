/* .env: any bytes are read or refused line by line, and no secret comes out. */
#include "tests/fuzz/fuzz.h"

#include "bot/config.h"

#include <assert.h>
#include <string.h>

static const char *nothing(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return NULL;
}

/* Each fault is a line that begins with a variable or a line's number. */
static void check_faults(const struct buf *faults)
{
    assert(!faults->overflowed && faults->len > 0 && faults->data[faults->len - 1] == '\n');
    assert(utf8_valid(faults->data, faults->len));
    for (const char *line = faults->data; *line; line = strchr(line, '\n') + 1) {
        size_t name_len = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        assert(strncmp(line, ".env line ", 10) == 0 || (name_len > 0 && line[name_len] == ':'));
        assert(strstr(line, "; takes ") || strstr(line, ": takes "));
    }
}

static void check_config(const struct config *config)
{
    assert(config->workers >= 1 && config->workers <= 256);
    assert(config->concurrency >= 1 && config->concurrency <= 10000);
    assert(config->listen.port >= 0 && config->listen.port <= 65535 && config->listen.host[0]);
    assert(config->timezone && config->currency && config->monday_active_group);
    assert(!config->slack_signing_secret || config->slack_signing_secret[0]);
    assert(!config->name_users || config->name_users[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena struct arena *arena = arena_create();
    scoped_buf struct buf faults;
    struct config config;
    unsigned needs = size > 0 ? data[0] & 7 : 0;

    buf_init(&faults, (size_t)1 << 24);
    if (config_load(arena, needs, (struct bytes){ (const char *)data, size }, nothing, NULL,
                    &config, &faults))
        check_config(&config);
    else
        check_faults(&faults);
    return 0;
}
