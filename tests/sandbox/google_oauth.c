/*
 * Google's token server: the refresh-token grant. A token is its time of issue and a MAC over it,
 * so that none has to be remembered. Source: contracts of Google sign-in, sections 3 and 4.
 */
#include "tests/sandbox/google_oauth.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "tests/sandbox/agency.h"

#define TOKEN_LIFE_S 3599
#define TOKEN_START "ya29.a0Sandbox"

static void token_mac(const struct sandbox *sandbox, const char *issued, char ret[17])
{
    const char *secret = json_text(sandbox->agency->google, "client_secret", "");
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)issued, strlen(issued),
         mac, &len);
    for (size_t i = 0; i < 8; i++)
        snprintf(ret + 2 * i, 3, "%02x", mac[i]);
}

enum token_state google_token_check(const struct sandbox *sandbox, const char *authorization)
{
    char issued[24] = "", mac[17] = "", ours[17];
    long long issued_ms = 0;

    if (!authorization || strncmp(authorization, "Bearer ", 7) != 0)
        return TOKEN_MISSING;
    if (sscanf(authorization + 7, TOKEN_START "%20[0-9]_%16[0-9a-f]", issued, mac) != 2 ||
        sscanf(issued, "%lld", &issued_ms) != 1)
        return TOKEN_UNKNOWN;
    token_mac(sandbox, issued, ours);
    if (strcmp(mac, ours) != 0)
        return TOKEN_UNKNOWN;
    return sandbox_clock_ms(sandbox) - issued_ms > TOKEN_LIFE_S * 1000 ? TOKEN_EXPIRED : TOKEN_GOOD;
}

static void refuse(struct request *request, int status, const char *error, const char *why)
{
    scoped_json cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "error", error);
    cJSON_AddStringToObject(root, "error_description", why);
    reply_json(request, status, root);
}

static bool field_is(const struct request *request, const char *name)
{
    const char *got = request_param(request, name);
    return got && !strcmp(got, json_text(request->sandbox->agency->google, name, ""));
}

static void grant(struct request *request)
{
    char issued[24], mac[17];
    scoped_json cJSON *root = cJSON_CreateObject();

    snprintf(issued, sizeof(issued), "%lld", (long long)sandbox_clock_ms(request->sandbox));
    token_mac(request->sandbox, issued, mac);
    cJSON_AddStringToObject(root, "access_token",
                            arena_printf(request->arena, TOKEN_START "%s_%s", issued, mac));
    cJSON_AddNumberToObject(root, "expires_in", TOKEN_LIFE_S);
    cJSON_AddStringToObject(root, "scope", "https://www.googleapis.com/auth/adwords");
    cJSON_AddStringToObject(root, "token_type", "Bearer");
    reply_json(request, 200, root);
    reply_header(request, "Cache-Control", "no-cache, no-store, max-age=0, must-revalidate");
}

void google_oauth_handle(struct request *request)
{
    const char *type = NULL;

    if (strcmp(request->path, "/google-oauth/token") != 0 || strcmp(request->method, "POST") != 0) {
        reply_text(request, 404, "text/html; charset=UTF-8",
                   "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>\n");
        return;
    }
    if (!request_media_type_is(request, "application/x-www-form-urlencoded") ||
        !request_read_form(request)) {
        refuse(request, 400, "invalid_request", "Could not parse the request body.");
        return;
    }
    type = request_param(request, "grant_type");
    if (!type)
        refuse(request, 400, "invalid_request", "Required parameter is missing: grant_type");
    else if (strcmp(type, "refresh_token") != 0)
        refuse(request, 400, "unsupported_grant_type", "Invalid grant_type");
    else if (!request_param(request, "client_id"))
        refuse(request, 400, "invalid_request", "Could not determine client ID from request.");
    else if (!field_is(request, "client_id"))
        refuse(request, 401, "invalid_client", "The OAuth client was not found.");
    else if (!field_is(request, "client_secret"))
        refuse(request, 401, "invalid_client", "Unauthorized");
    else if (!request_param(request, "refresh_token"))
        refuse(request, 400, "invalid_request", "Missing required parameter: refresh_token");
    else if (!field_is(request, "refresh_token"))
        refuse(request, 400, "invalid_grant", "Token has been expired or revoked.");
    else
        grant(request);
}
