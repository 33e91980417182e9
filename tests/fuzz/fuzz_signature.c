/* The two headers of a signature: "timestamp\nsignature\nbody". Nothing verifies but what is
 * signed, and what is signed verifies. */
#include "tests/fuzz/fuzz.h"

#include "base/arena.h"
#include "bot/signature.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS 1790000000000

static struct signature *signature;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    signature = signature_create("0123456789abcdef0123456789abcdef");
    return 0;
}

/* Up to the end of the line, which is cut off *rest. */
static const char *next_line(struct arena *arena, struct bytes *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    const char *line = arena_strndup(arena, rest->data, len);

    len += end ? 1 : 0;
    rest->data += len;
    rest->len -= len;
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena struct arena *arena = arena_create();
    struct bytes rest = { (const char *)data, size };
    const char *timestamp = next_line(arena, &rest), *text = next_line(arena, &rest);
    char made[SIGNATURE_LEN + 1];

    signature_make(signature, timestamp, rest, made);
    assert(strlen(made) == SIGNATURE_LEN);
    enum signature_fault given = signature_verify(signature, timestamp, text, rest, NOW_MS);
    assert((given == SIGNATURE_GOOD) <= (strcmp(text, made) == 0));

    enum signature_fault good = signature_verify(signature, timestamp, made, rest, NOW_MS);
    assert(good != SIGNATURE_WRONG);
    bool digits = *timestamp && strspn(timestamp, "0123456789") == strlen(timestamp);
    long long seconds = strtoll(timestamp, NULL, 10), now_s = NOW_MS / 1000;
    if (!digits || strlen(timestamp) > 12)
        assert(good == SIGNATURE_MALFORMED);
    else
        assert((good == SIGNATURE_GOOD) == (llabs(seconds - now_s) <= 300));
    return 0;
}
