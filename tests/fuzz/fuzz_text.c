/* Text at the door: what the checks of bytes.h and clock.h let in is what they say. */
#include "tests/fuzz/fuzz.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* The other way round: decodes first and judges the code point, not its bytes. */
static bool valid_by_decoding(const unsigned char *at, size_t left)
{
    while (left > 0) {
        size_t len = *at < 0x80 ? 1 : *at < 0xC0 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
        if (len == 0 || len > left || *at >= 0xF8)
            return false;
        uint32_t point = len == 1 ? *at : *at & (0xFFu >> (len + 1));
        for (size_t i = 1; i < len; i++) {
            if ((at[i] & 0xC0) != 0x80)
                return false;
            point = point << 6 | (at[i] & 0x3F);
        }
        static const uint32_t least[] = { 0, 1, 0x80, 0x800, 0x10000 };
        if (point < least[len] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return false;
        at += len;
        left -= len;
    }
    return true;
}

static void check_utf8(const char *text, size_t len)
{
    bool valid = utf8_valid(text, len);

    assert(valid == valid_by_decoding((const unsigned char *)text, len));
    if (!valid)
        return;
    for (size_t max = 0; max <= len && max < 70; max++) {
        size_t cut = utf8_cut(text, max);
        assert(cut <= len && utf8_valid(text, cut));
    }
    assert(utf8_cut(text, utf8_length(text)) == len);
}

static void check_number(struct arena *arena, const char *text, size_t len)
{
    int64_t value, again;

    if (!text_int64(text, len, &value))
        return;
    const char *printed = arena_printf(arena, "%" PRId64, value);
    assert(text_int64(printed, strlen(printed), &again) && again == value);
    assert(strlen(printed) <= len);
}

static void check_instant(const char *text)
{
    int64_t ms, again;
    char utc[32];

    if (!clock_parse_rfc3339(text, &ms))
        return;
    clock_format_utc(ms, utc);
    if (strlen(utc) == 20 && utc[0] != '-') /* an offset may lead out of the years 0 to 9999 */
        assert(clock_parse_rfc3339(utc, &again) && again <= ms && ms < again + 1000);
}

static void check_urlencode(const char *text, size_t len)
{
    scoped_buf struct buf buf;
    struct error err = { 0 };

    buf_init(&buf, len * 3);
    buf_urlencode(&buf, text, len);
    assert(buf_ok(&buf, &err));
    assert(strspn(buf_cstr(&buf), "%-._~0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == buf.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena struct arena *arena = arena_create();
    const char *text = arena_strndup(arena, (const char *)data, size);

    check_utf8(text, size);
    check_number(arena, text, size);
    check_instant(text);
    check_urlencode(text, size);
    return 0;
}
