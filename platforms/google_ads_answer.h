/*
 * What a refusal of the Google Ads API means: by the kind and name of its error code, never by its
 * message; by the status where there is no such code. Pure.
 */
#ifndef RAIOX_PLATFORMS_GOOGLE_ADS_ANSWER_H
#define RAIOX_PLATFORMS_GOOGLE_ADS_ANSWER_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* What to do about it beyond what the error's kind says. */
enum google_ads_fault {
    GOOGLE_ADS_FAULT_NONE,
    GOOGLE_ADS_FAULT_TOKEN,      /* the access token: once with a new one */
    GOOGLE_ADS_FAULT_MANAGER,    /* the row names a manager account */
    GOOGLE_ADS_FAULT_PAGE_TOKEN, /* the page token has expired: read the list from its start */
};

/*
 * true for a 2xx. Otherwise err has the kind and the wait that Google asks for.
 * body       an object or a list of one, or no JSON at all (a gateway's page)
 * header_ms  Retry-After; 0: none
 */
MUST_CHECK bool google_ads_answer_judge(int status, struct bytes body, int64_t header_ms,
                                        enum google_ads_fault *ret_fault, struct error *err);

#endif
