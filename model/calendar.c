/*
 * Days and months. Which day an instant falls on is for the zone's table to say: the one that this
 * machine keeps (tzdata), which GLib reads, or ICU's own where it keeps none. Governments change
 * their clocks several times a year, and ICU's tables are as old as ICU: 72 still gives Mexico the
 * summer time that it gave up in 2022. What lies between two days is arithmetic of the Gregorian
 * calendar alone.
 */
#include "model/calendar.h"

#include "base/attr.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#define MS_PER_SECOND INT64_C(1000)
#define MS_PER_MINUTE (60 * MS_PER_SECOND)
#define MS_PER_DAY (86400 * MS_PER_SECOND)

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z less a day on either side, for the offsets:
 * what RFC 3339's four digits can say in every zone. */
#define INSTANT_MIN (INT64_C(-62135596800000) + MS_PER_DAY)
#define INSTANT_MAX (INT64_C(253402300799999) - MS_PER_DAY)

/* The longest IANA name has 32 letters ("America/Argentina/ComodRivadavia"). */
#define ZONE_NAME_MAX 48

/*
 * IANA's own names of three letters. ICU takes some more for old Java's sake, and they do not mean
 * what their reader thinks: its "BST" is Dhaka.
 */
static const char *const short_zones[] = { "CET", "EET", "EST", "GMT", "HST", "MET", "MST",
                                           "PRC", "ROC", "ROK", "UCT", "UTC", "WET" };

static bool short_zone_known(const char *zone)
{
    for (size_t i = 0; i < COUNT(short_zones); i++)
        if (strcmp(zone, short_zones[i]) == 0)
            return true;
    return false;
}

/* false: longer than any zone's name, or not ASCII. */
static bool zone_to_utf16(const char *zone, UChar ret[ZONE_NAME_MAX])
{
    size_t i = 0;

    for (; zone[i]; i++) {
        if (i + 1 >= ZONE_NAME_MAX || (unsigned char)zone[i] >= 0x80)
            return false;
        ret[i] = (UChar)zone[i];
    }
    ret[i] = 0;
    return true;
}

static bool known_to_icu(const char *zone)
{
    UErrorCode status = U_ZERO_ERROR;
    UBool is_system = false;
    UChar name[ZONE_NAME_MAX], canonical[ZONE_NAME_MAX];

    if (!zone_to_utf16(zone, name))
        return false;
    if (strcmp(zone, "Etc/Unknown") == 0 || (strlen(zone) == 3 && !short_zone_known(zone)))
        return false;
    ucal_getCanonicalTimeZoneID(name, -1, canonical, ZONE_NAME_MAX, &is_system, &status);
    return U_SUCCESS(status) && is_system;
}

/* The machine's table of an IANA name; NULL: it has none. GLib takes paths and rules for names,
 * too, and "right/" would count leap seconds. */
static GTimeZone *machine_table(const char *zone)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    bool is_name = *zone >= 'A' && *zone <= 'Z' && strlen(zone) < ZONE_NAME_MAX &&
                   zone[strspn(zone, letters)] == '\0';

    return is_name ? g_time_zone_new_identifier(zone) : NULL;
}

/* A zone is younger than ICU's tables only as a place of a region. */
static bool known_to_machine(const char *zone)
{
    GTimeZone *table = strchr(zone, '/') ? machine_table(zone) : NULL;

    if (table)
        g_time_zone_unref(table);
    return table != NULL;
}

bool timezone_valid(const char *zone)
{
    return zone && *zone && (known_to_icu(zone) || known_to_machine(zone));
}

/*
 * Opening a zone reads its rules anew, and a report asks for the same few zones with every account.
 * So the last ones are kept, the oldest making room; each thread has its own.
 */
struct kept_zone {
    char name[ZONE_NAME_MAX];
    GTimeZone *table;    /* NULL: this machine has none */
    UCalendar *calendar; /* then */
};
static _Thread_local struct kept_zone kept[16];
static _Thread_local size_t kept_next;

static UCalendar *calendar_open(const char *zone)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar name[ZONE_NAME_MAX];

    if (!zone_to_utf16(zone, name))
        return NULL;
    UCalendar *calendar = ucal_open(name, -1, "en_US", UCAL_GREGORIAN, &status);
    return U_SUCCESS(status) ? calendar : NULL;
}

/* NULL: unknown. */
static const struct kept_zone *zone_of(const char *zone)
{
    for (size_t i = 0; zone && i < COUNT(kept); i++)
        if (strcmp(kept[i].name, zone) == 0 && *zone)
            return &kept[i];

    struct kept_zone opened = { 0 };
    if (!timezone_valid(zone))
        return NULL;
    if (!(opened.table = machine_table(zone)) && !(opened.calendar = calendar_open(zone)))
        return NULL;
    memcpy(opened.name, zone, strlen(zone) + 1);

    struct kept_zone *slot = &kept[kept_next++ % COUNT(kept)];
    if (slot->table)
        g_time_zone_unref(slot->table);
    if (slot->calendar)
        ucal_close(slot->calendar);
    *slot = opened;
    return slot;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t table_offset_ms(GTimeZone *table, int64_t real_ms)
{
    int64_t real_s = floor_div(real_ms, MS_PER_SECOND);
    int interval = g_time_zone_find_interval(table, G_TIME_TYPE_UNIVERSAL, real_s);

    return g_time_zone_get_offset(table, interval) * MS_PER_SECOND;
}

static bool icu_offset_ms(const struct kept_zone *zone, int64_t real_ms, int64_t *ret,
                          struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;

    ucal_setMillis(zone->calendar, (UDate)real_ms, &status);
    int64_t offset = (int64_t)ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &status) +
                     ucal_get(zone->calendar, UCAL_DST_OFFSET, &status);
    if (U_FAILURE(status))
        return error_set(err, ERR_INTERNAL, "calendar of %s: %s", zone->name, u_errorName(status));
    *ret = offset;
    return true;
}

bool timezone_offset_ms(const char *zone, int64_t real_ms, int64_t *ret, struct error *err)
{
    const struct kept_zone *kept_zone = zone_of(zone);

    if (!kept_zone)
        return error_set(err, ERR_CONFIG, "unknown time zone \"%.60s\"", zone ? zone : "");
    if (real_ms < INSTANT_MIN || real_ms > INSTANT_MAX)
        return error_set(err, ERR_BAD_RESPONSE, "instant outside of the years 1 to 9999");
    if (!kept_zone->table)
        return icu_offset_ms(kept_zone, real_ms, ret, err);
    *ret = table_offset_ms(kept_zone->table, real_ms);
    return true;
}

/*
 * Days since 1970-01-01 of the Gregorian calendar. A year is reckoned from March, so that the leap
 * day is its last, and in eras of 400 years (146,097 days), after which the calendar repeats.
 */
static int64_t number_of(struct day d)
{
    int64_t year = d.month > 2 ? d.year : (int64_t)d.year - 1;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = (d.month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + d.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468; /* of 1970-01-01 since 0000-03-01 */
}

static struct day day_of_number(int64_t number)
{
    int64_t since = number + 719468;
    int64_t era = (since >= 0 ? since : since - 146096) / 146097;
    int64_t day_of_era = since - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

    return (struct day){ .year = (int)(year_of_era + era * 400 + (month <= 2 ? 1 : 0)),
                         .month = (int)month,
                         .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1) };
}

bool day_of(const char *zone, int64_t real_ms, struct day *ret, struct error *err)
{
    int64_t offset;

    if (!timezone_offset_ms(zone, real_ms, &offset, err))
        return false;
    *ret = day_of_number(floor_div(real_ms + offset, MS_PER_DAY));
    return true;
}

/* No zone was ever a whole day away from UTC. */
bool instant_long_before(int64_t real_ms, struct day d)
{
    return real_ms < (number_of(d) - 1) * MS_PER_DAY;
}

static int days_in_month(int year, int month)
{
    struct day first = { year, month, 1 };
    struct day next =
        month == 12 ? (struct day){ year + 1, 1, 1 } : (struct day){ year, month + 1, 1 };

    return days_between(first, next);
}

bool month_of(const char *zone, int64_t real_ms, struct month *ret, struct error *err)
{
    struct month m = { 0 };

    if (!day_of(zone, real_ms, &m.today, err))
        return false;
    m.days = days_in_month(m.today.year, m.today.month);
    m.first = (struct day){ m.today.year, m.today.month, 1 };
    m.last = (struct day){ m.today.year, m.today.month, m.days };
    m.elapsed = m.today.day;
    m.days_left = m.days - m.elapsed;
    *ret = m;
    return true;
}

bool last_day_before(const char *zone, int64_t end_real_ms, struct day *ret, struct error *err)
{
    /* The last instant before the end; one that cannot be is refused as any other beyond range. */
    return day_of(zone, end_real_ms > INT64_MIN ? end_real_ms - 1 : end_real_ms, ret, err);
}

bool day_none(struct day d)
{
    return d.year == 0 && d.month == 0 && d.day == 0;
}

int day_compare(struct day a, struct day b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return (a.day > b.day) - (a.day < b.day);
}

struct day day_add(struct day d, int days)
{
    return day_of_number(number_of(d) + days);
}

int days_between(struct day from, struct day to)
{
    return (int)(number_of(to) - number_of(from));
}

/* number with leading zeros, as wide as the format says. */
static void put_digits(char *at, int width, int64_t number)
{
    for (int i = width - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
}

void day_format(struct day d, char ret[11])
{
    assert(d.year >= 0 && d.year <= 9999);
    memcpy(ret, "0000-00-00", 11);
    put_digits(ret, 4, d.year);
    put_digits(ret + 5, 2, d.month);
    put_digits(ret + 8, 2, d.day);
}

/* width digits, or -1. */
static int get_digits(const char *at, int width)
{
    int number = 0;

    for (int i = 0; i < width; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        number = number * 10 + (at[i] - '0');
    }
    return number;
}

bool day_parse(const char *text, size_t len, struct day *ret)
{
    if (len != strlen("2026-11-21") || text[4] != '-' || text[7] != '-')
        return false;

    struct day d = { get_digits(text, 4), get_digits(text + 5, 2), get_digits(text + 8, 2) };
    if (d.year < 1 || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > days_in_month(d.year, d.month))
        return false;
    *ret = d;
    return true;
}

bool instant_format(const char *zone, int64_t real_ms, char ret[32], struct error *err)
{
    int64_t offset;
    char date[11];

    if (!timezone_offset_ms(zone, real_ms, &offset, err))
        return false;
    /* RFC 3339 has no seconds in an offset; before about 1920 zones did. */
    int64_t minutes = offset / MS_PER_MINUTE;
    int64_t local = real_ms + minutes * MS_PER_MINUTE;
    int64_t day = floor_div(local, MS_PER_DAY);
    int64_t second = (local - day * MS_PER_DAY) / MS_PER_SECOND;
    int64_t ahead = minutes < 0 ? -minutes : minutes;

    day_format(day_of_number(day), date);
    memcpy(ret, date, 10);
    memcpy(ret + 10, "T00:00:00+00:00", 16);
    put_digits(ret + 11, 2, second / 3600);
    put_digits(ret + 14, 2, second / 60 % 60);
    put_digits(ret + 17, 2, second % 60);
    ret[19] = minutes < 0 ? '-' : '+';
    put_digits(ret + 20, 2, ahead / 60);
    put_digits(ret + 23, 2, ahead % 60);
    return true;
}
