#include "message/format.h"

#include <inttypes.h>
#include <string.h>

#include <unicode/udat.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

#include "base/bytes.h"

#define TEXT_MAX 128 /* UTF-16 units of the longest amount or date, several times over */
#define MS_A_DAY (INT64_C(24) * 60 * 60 * 1000)

static const char *locale_name(enum locale locale)
{
    return locale == LOCALE_PT_BR ? "pt_BR" : "en_US";
}

static const char *from_icu(struct arena *arena, const UChar *text, int32_t len)
{
    char utf8[TEXT_MAX * 3 + 1];
    int32_t utf8_len = 0;
    UErrorCode status = U_ZERO_ERROR;

    u_strToUTF8(utf8, sizeof(utf8), &utf8_len, text, len, &status);
    return U_SUCCESS(status) ? arena_strndup(arena, utf8, (size_t)utf8_len) : NULL;
}

/* decimal: "-?digits[.digits]". NULL when ICU cannot. */
static const char *format_decimal(struct arena *arena, UNumberFormat *format, const char *decimal)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar text[TEXT_MAX];
    int32_t len = unum_formatDecimal(format, decimal, (int32_t)strlen(decimal), text, TEXT_MAX,
                                     NULL, &status);

    return U_SUCCESS(status) && len <= TEXT_MAX ? from_icu(arena, text, len) : NULL;
}

/*
 * Money. ICU is asked once how a language writes a currency (its sign, where it stands, what
 * separates) and that is kept: a report has hundreds of amounts, and ICU takes longer over them
 * than all the rest of a message. A way of writing that cannot be told from one example, as where
 * digits are not grouped in threes, is ICU's own work each time.
 */

struct money_format {
    enum locale locale;
    char currency[4];
    UNumberFormat *icu; /* NULL: the place is free, or ICU refused */
    bool learnt;        /* the rest means something */
    char before[2][32]; /* the first digit; [1]: of a negative amount */
    char after[32], group[8], point[8];
};

static UNumberFormat *open_money_format(enum locale locale, const char *currency)
{
    UErrorCode status = U_ZERO_ERROR;
    UNumberFormat *icu = unum_open(UNUM_CURRENCY, NULL, 0, locale_name(locale), NULL, &status);
    UChar code[4];

    u_charsToUChars(currency, code, 4);
    unum_setTextAttribute(icu, UNUM_CURRENCY_CODE, code, 3, &status);
    if (U_SUCCESS(status))
        return icu;
    unum_close(icu);
    return NULL;
}

/* decimal as money_decimal() gives it, "-1234567.89". */
static const char *write_money(struct arena *arena, const struct money_format *format,
                               const char *decimal)
{
    bool negative = *decimal == '-';
    const char *digits = decimal + negative;
    size_t whole = strcspn(digits, ".");
    char text[256], *at = stpcpy(text, format->before[negative]);

    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            at = stpcpy(at, format->group);
        *at++ = digits[i];
    }
    *at = '\0';
    if (digits[whole] == '.')
        at = stpcpy(stpcpy(at, format->point), digits + whole + 1);
    at = stpcpy(at, format->after);
    return arena_strndup(arena, text, (size_t)(at - text));
}

/* Copies what stands before mark, and steps behind mark. */
static bool take_until(const char **text, const char *mark, char *ret, size_t size)
{
    const char *found = strstr(*text, mark);
    size_t len = found ? (size_t)(found - *text) : 0;

    if (!found || len >= size)
        return false;
    memcpy(ret, *text, len);
    ret[len] = '\0';
    *text = found + strlen(mark);
    return true;
}

/* Takes ICU's "R$ 1.234.567,00" apart. */
static bool learn_from(struct money_format *format, const char *text, int decimals, bool negative)
{
    char again[8];

    if (!text || !take_until(&text, "1", format->before[negative], sizeof(format->before[0])) ||
        !take_until(&text, "234", format->group, sizeof(format->group)) ||
        !take_until(&text, "567", again, sizeof(again)) || strcmp(again, format->group) != 0)
        return false;
    format->point[0] = '\0';
    if (decimals > 0 &&
        !take_until(&text, &"000000"[6 - decimals], format -> point, sizeof(format->point)))
        return false;
    if (strlen(text) >= sizeof(format->after))
        return false;
    memcpy(format->after, text, strlen(text) + 1);
    return true;
}

/* Does what was learnt write as ICU does? */
static bool agrees(struct arena *arena, const struct money_format *format)
{
    static const int64_t samples[] = {
        0,         1,          120000,          7 * MICROS, -123 * INT64_C(1000000),
        999999999, 1000000000, -98765432100000, INT64_MAX,
    };

    for (size_t i = 0; i < COUNT(samples); i++) {
        const char *decimal = money_decimal(arena, money_of(samples[i], format->currency));
        const char *icu = format_decimal(arena, format->icu, decimal);

        if (!icu || strcmp(icu, write_money(arena, format, decimal)) != 0)
            return false;
    }
    return true;
}

static void learn(struct arena *arena, struct money_format *format)
{
    int decimals = currency_decimals(format->currency);

    format->learnt =
        learn_from(format, format_decimal(arena, format->icu, "-1234567"), decimals, true) &&
        learn_from(format, format_decimal(arena, format->icu, "1234567"), decimals, false) &&
        agrees(arena, format);
}

/* One a language and currency; the oldest gives way to a new one. */
static const struct money_format *money_format(struct arena *arena, enum locale locale,
                                               const char *currency)
{
    static struct money_format kept[32];
    static size_t oldest;
    struct money_format *place = NULL;

    for (size_t i = 0; i < COUNT(kept); i++) {
        if (kept[i].icu && kept[i].locale == locale && strcmp(kept[i].currency, currency) == 0)
            return &kept[i];
    }
    place = &kept[oldest++ % COUNT(kept)];
    unum_close(place->icu);
    *place = (struct money_format){ .locale = locale, .icu = open_money_format(locale, currency) };
    memcpy(place->currency, currency, sizeof(place->currency));
    if (place->icu)
        learn(arena, place);
    return place;
}

static bool is_code(const char *currency)
{
    for (size_t i = 0; i < 3; i++)
        if (currency[i] < 'A' || currency[i] > 'Z')
            return false;
    return currency[3] == '\0';
}

const char *message_money(struct arena *arena, enum locale locale, struct money amount)
{
    /* Rounded to the currency's decimals here, so that ICU only writes and never sees a "-0,00". */
    const char *decimal = money_decimal(arena, amount), *text = NULL;
    const struct money_format *format = NULL;

    if (!is_code(amount.currency))
        return decimal;
    format = money_format(arena, locale, amount.currency);
    if (format->learnt)
        return write_money(arena, format, decimal);
    if (format->icu)
        text = format_decimal(arena, format->icu, decimal);
    return text ? text : arena_printf(arena, "%s %s", amount.currency, decimal);
}

const char *format_micros(struct arena *arena, enum locale locale, int64_t micros,
                          const char *currency)
{
    return message_money(arena, locale, money_of(micros, currency));
}

static UNumberFormat *open_number_format(UNumberFormatStyle style, enum locale locale, int decimals)
{
    UErrorCode status = U_ZERO_ERROR;
    UNumberFormat *icu = unum_open(style, NULL, 0, locale_name(locale), NULL, &status);

    if (U_FAILURE(status))
        return NULL;
    unum_setAttribute(icu, UNUM_MIN_FRACTION_DIGITS, decimals);
    unum_setAttribute(icu, UNUM_MAX_FRACTION_DIGITS, decimals);
    unum_setAttribute(icu, UNUM_ROUNDING_MODE, UNUM_ROUND_HALFUP); /* half away from zero */
    return icu;
}

const char *format_count(struct arena *arena, enum locale locale, size_t count)
{
    static UNumberFormat *kept[2];
    const char *decimal = arena_printf(arena, "%zu", count), *text = NULL;

    if (!kept[locale])
        kept[locale] = open_number_format(UNUM_DECIMAL, locale, 0);
    if (kept[locale])
        text = format_decimal(arena, kept[locale], decimal);
    return text ? text : decimal;
}

const char *format_share(struct arena *arena, enum locale locale, int64_t share_e4)
{
    static UNumberFormat *kept[2];
    uint64_t size = share_e4 < 0 ? -(uint64_t)share_e4 : (uint64_t)share_e4;
    const char *text = NULL;
    const char *decimal = arena_printf(arena, "%s%" PRIu64 ".%04" PRIu64, share_e4 < 0 ? "-" : "",
                                       size / 10000, size % 10000);

    if (!kept[locale])
        kept[locale] = open_number_format(UNUM_PERCENT, locale, 1);
    if (kept[locale])
        text = format_decimal(arena, kept[locale], decimal);
    return text ? text : decimal;
}

/* Dates: one formatter a language and pattern. ICU only writes: which day and hour it is where the
 * reader is, is for model/calendar.h to say, and is given to it as if it were UTC. */

enum pattern { PATTERN_INSTANT, PATTERN_MONTH, PATTERNS };

static const char *const patterns[2][PATTERNS] = {
    [LOCALE_PT_BR] = { "dd/MM/yyyy HH:mm", "LLLL 'de' y" },
    [LOCALE_EN_US] = { "MMM d, y, h:mm a", "LLLL y" },
};

static UDateFormat *open_date_format(enum locale locale, enum pattern pattern)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar text[32];
    int32_t len = 0;

    u_strFromUTF8(text, COUNT(text), &len, patterns[locale][pattern], -1, &status);
    return udat_open(UDAT_PATTERN, UDAT_PATTERN, locale_name(locale), u"UTC", -1, text, len,
                     &status);
}

static const char *format_date(struct arena *arena, enum locale locale, enum pattern pattern,
                               int64_t local_ms)
{
    static UDateFormat *kept[2][PATTERNS];
    UDateFormat **format = &kept[locale][pattern];
    UErrorCode status = U_ZERO_ERROR;
    UChar text[TEXT_MAX];
    int32_t len = 0;
    const char *utf8 = NULL;

    if (!*format)
        *format = open_date_format(locale, pattern);
    if (*format)
        len = udat_format(*format, (UDate)local_ms, text, TEXT_MAX, NULL, &status);
    if (*format && U_SUCCESS(status) && len <= TEXT_MAX)
        utf8 = from_icu(arena, text, len);
    return utf8 ? utf8 : "";
}

const char *format_instant(struct arena *arena, enum locale locale, const char *zone,
                           int64_t real_ms)
{
    struct error err = { 0 };
    int64_t offset = 0; /* an unknown zone is shown in UTC */

    if (zone && !timezone_offset_ms(zone, real_ms, &offset, &err))
        offset = 0;
    return format_date(arena, locale, PATTERN_INSTANT, real_ms + offset);
}

const char *format_month(struct arena *arena, enum locale locale, struct day day)
{
    struct day first = { .year = day.year, .month = day.month, .day = 1 };

    if (day.year < 1970 || day.year > 9999 || day.month < 1 || day.month > 12)
        return "";
    return format_date(arena, locale, PATTERN_MONTH,
                       days_between((struct day){ 1970, 1, 1 }, first) * MS_A_DAY);
}
