/* The access tokens that the token server gives out, as Google Ads looks at them. */
#ifndef RAIOX_SANDBOX_GOOGLE_OAUTH_H
#define RAIOX_SANDBOX_GOOGLE_OAUTH_H

#include "tests/sandbox/sandbox.h"

enum token_state {
    TOKEN_GOOD,
    TOKEN_MISSING,
    TOKEN_UNKNOWN,
    TOKEN_EXPIRED,
};
/* authorization: the header, or NULL. */
enum token_state google_token_check(const struct sandbox *sandbox, const char *authorization);

#endif
