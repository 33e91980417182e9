/* Where a Redis is: its URL, checked to the byte. curl's parser does the reading. */
#include "base/redis.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#ifdef RAIOX_REDIS_TLS
#define ADDRESS_TAKES "redis://[user:pass@]host:port/db, rediss://... or unix:///path?db=0"
#else
#define ADDRESS_TAKES "redis://[user:pass@]host:port/db or unix:///path?db=0"
#endif

static bool address_refuse(struct error *err)
{
    return error_set(err, ERR_CONFIG, "takes " ADDRESS_TAKES);
}

static bool parse_number(const char *text, int64_t min, int64_t max, int *ret)
{
    int64_t number = 0;

    if (!text_is_digits(text, strlen(text), 5) || !text_int64(text, strlen(text), &number) ||
        number < min || number > max)
        return false;
    *ret = (int)number;
    return true;
}

/* Copies a part of the URL; only a user or password may be absent, and is "" then. */
static bool copy_part(CURLU *url, CURLUPart part, unsigned flags, char *ret, size_t size)
{
    char *text = NULL;

    ret[0] = '\0';
    CURLUcode code = curl_url_get(url, part, &text, flags);
    if (code != CURLUE_OK)
        return code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD;
    bool fits = strlen(text) < size;
    if (fits)
        memcpy(ret, text, strlen(text) + 1);
    curl_free(text);
    return fits;
}

/* hiredis wants an IPv6 address without its brackets. */
static void strip_brackets(char *host)
{
    size_t len = strlen(host);

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
}

static bool url_has(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

static bool parse_tcp(CURLU *url, struct redis_address *ret)
{
    char port[16], path[16], scheme[16];

    if (!copy_part(url, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)) ||
        !copy_part(url, CURLUPART_HOST, 0, ret->host, sizeof(ret->host)) || !ret->host[0] ||
        !copy_part(url, CURLUPART_USER, CURLU_URLDECODE, ret->user, sizeof(ret->user)) ||
        !copy_part(url, CURLUPART_PASSWORD, CURLU_URLDECODE, ret->password,
                   sizeof(ret->password)) ||
        !copy_part(url, CURLUPART_PATH, 0, path, sizeof(path)) || url_has(url, CURLUPART_QUERY) ||
        url_has(url, CURLUPART_FRAGMENT))
        return false;
    ret->tls = strcmp(scheme, "rediss") == 0;
    if (ret->user[0] && !ret->password[0])
        return false;
    strip_brackets(ret->host);
    ret->port = 6379;
    if (url_has(url, CURLUPART_PORT) && (!copy_part(url, CURLUPART_PORT, 0, port, sizeof(port)) ||
                                         !parse_number(port, 1, 65535, &ret->port)))
        return false;
    return strcmp(path, "/") == 0 || parse_number(path + 1, 0, 99999, &ret->db);
}

static bool parse_unix(const char *path, struct redis_address *ret)
{
    size_t len = strcspn(path, "?#");

    if (path[0] != '/' || len < 2 || len >= sizeof(ret->path))
        return false;
    memcpy(ret->path, path, len);
    if (path[len] == '\0')
        return true;
    return strncmp(path + len, "?db=", 4) == 0 && parse_number(path + len + 4, 0, 99999, &ret->db);
}

static bool has_control_byte(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

bool redis_address_parse(const char *text, struct redis_address *ret, struct error *err)
{
    struct redis_address got = { 0 };

    if (!text || has_control_byte(text))
        return address_refuse(err);
    if (strncmp(text, "unix://", 7) == 0) {
        if (!parse_unix(text + 7, &got))
            return address_refuse(err);
        *ret = got;
        return true;
    }
    /* curl would forgive a slash too few or too many. */
    size_t scheme_len = strncmp(text, "redis://", 8) == 0    ? 8
                        : strncmp(text, "rediss://", 9) == 0 ? 9
                                                             : 0;
    if (scheme_len == 0 || text[scheme_len] == '/')
        return address_refuse(err);
    CURLU *url = curl_url();
    if (!url)
        fatal("out of memory");
    bool ok = curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
              parse_tcp(url, &got);
    curl_url_cleanup(url);
    if (!ok)
        return address_refuse(err);
#ifndef RAIOX_REDIS_TLS
    if (got.tls)
        return error_set(err, ERR_CONFIG,
                         "rediss:// needs a build with hiredis 1.0 or later and its hiredis_ssl");
#endif
    *ret = got;
    return true;
}
