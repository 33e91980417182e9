/* Which URLs may be called, and whether two are of one origin. curl's parser does the reading. */
#include "base/http_url.h"

#include "base/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static inline void url_free_p(CURLU **url)
{
    curl_url_cleanup(*url);
}
#define scoped_url __attribute__((cleanup(url_free_p)))

static inline void text_free_p(char **text)
{
    curl_free(*text);
}
#define scoped_text __attribute__((cleanup(text_free_p)))

static CURLU *url_parse(const char *text)
{
    CURLU *url = curl_url();

    if (!url)
        fatal("out of memory");
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
        curl_url_cleanup(url);
        return NULL;
    }
    return url;
}

/* NULL when the URL has no such part. */
static char *url_part(CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}

static bool url_has(CURLU *url, CURLUPart part)
{
    scoped_text char *text = url_part(url, part, 0);
    return text != NULL;
}

bool http_url_bytes_fine(const char *url)
{
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '#' || *c == '\\')
            return false;
    return true;
}

size_t http_origin_length(const char *url)
{
    const char *host = strchr(url, ':');

    if (!host || strncmp(host, "://", 3) != 0)
        return 0;
    size_t len = strcspn(host + 3, "/?#");
    return len > 0 ? (size_t)(host - url) + 3 + len : 0;
}

/* Names that need no look-up only: what a resolver says of others may change. */
static bool host_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char bare[INET6_ADDRSTRLEN + 1] = "";

    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    size_t len = strlen(host);
    if (len < 2 || len - 2 >= sizeof(bare) || host[0] != '[')
        return false;
    memcpy(bare, host + 1, len - 2);
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool http_url_allowed(const char *text)
{
    if (!text || !http_url_bytes_fine(text) || http_origin_length(text) == 0)
        return false;
    scoped_url CURLU *url = url_parse(text);
    if (!url || url_has(url, CURLUPART_USER) || url_has(url, CURLUPART_PASSWORD))
        return false;
    scoped_text char *scheme = url_part(url, CURLUPART_SCHEME, 0);
    scoped_text char *host = url_part(url, CURLUPART_HOST, 0);
    if (!scheme || !host || *host == '\0')
        return false;
    if (strcmp(scheme, "https") == 0)
        return true;
    return strcmp(scheme, "http") == 0 && host_is_loopback(host);
}

bool http_same_origin(const char *text, const char *origin)
{
    static const CURLUPart parts[] = { CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT };

    if (!text || !origin || !http_url_bytes_fine(text) || !http_url_bytes_fine(origin) ||
        http_origin_length(text) == 0)
        return false;
    scoped_url CURLU *a = url_parse(text), *b = url_parse(origin);
    if (!a || !b || url_has(a, CURLUPART_USER) || url_has(a, CURLUPART_PASSWORD))
        return false;
    for (size_t i = 0; i < COUNT(parts); i++) {
        scoped_text char *of_a = url_part(a, parts[i], CURLU_DEFAULT_PORT);
        scoped_text char *of_b = url_part(b, parts[i], CURLU_DEFAULT_PORT);
        if (!of_a || !of_b || strcasecmp(of_a, of_b) != 0)
            return false;
    }
    return true;
}
