/* What base/http.c wants to know of an URL besides what base/http.h tells everybody. */
#ifndef RAIOX_BASE_HTTP_URL_H
#define RAIOX_BASE_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Printable ASCII only: what an URL consists of. No fragment, which is for browsers, and no
 * backslash, which some take for a slash. */
bool http_url_bytes_fine(const char *url);
/*
 * Bytes of "scheme://host:port", with all that curl takes for a part of it; 0: it does not begin
 * like that. curl itself would forgive one slash, or three.
 */
size_t http_origin_length(const char *url);

#endif
