/*
 * What a refusal of Meta's means. Classified by the code and subcode in the body, never by the
 * status alone: throttles come as 400 or 403, an answer too large as 500. Pure.
 */
#ifndef RAIOX_PLATFORMS_META_ERROR_H
#define RAIOX_PLATFORMS_META_ERROR_H

#include "base/error.h"
#include "base/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum meta_fault_class {
    META_FAULT_UNKNOWN,    /* no error of Meta's in the body: the status decides */
    META_FAULT_TRANSIENT,  /* try again */
    META_FAULT_REDUCE,     /* too much was asked for at once: ask for less, do not wait */
    META_FAULT_THROTTLE,   /* wait as the headers say */
    META_FAULT_BLOCKED,    /* a block for limits or policy: wait long */
    META_FAULT_TOKEN,      /* the token is dead, for every account */
    META_FAULT_VERSION,    /* META_API_VERSION has expired, for every account */
    META_FAULT_PROOF,      /* appsecret_proof is wrong, or missing where the app requires it */
    META_FAULT_PERMISSION, /* this object is not ours to read */
    META_FAULT_NOT_FOUND,  /* wrong id, or one that the token cannot see */
    META_FAULT_CURSOR,     /* the list must be read from its start */
    META_FAULT_OURS,       /* a bad parameter, field or period: a bug on our side */
};

struct meta_fault {
    enum meta_fault_class class;
    int64_t code, subcode;
    char trace[40]; /* fbtrace_id, for Meta's support; "" */
};

/* body need not be JSON at all: then META_FAULT_UNKNOWN. */
struct meta_fault meta_fault_read(const char *body, size_t len);

/* For struct upstream_call: true for a 2xx; else err has its kind, the wait that Meta asks for and,
 * where the kind alone does not say what to mend, a sentence in user. arg is not used. */
bool meta_judge(void *arg, const struct http_answer *answer, struct error *err);

/*
 * How long a throttled caller waits: the largest estimate of X-Business-Use-Case-Usage (minutes),
 * else a used-up X-Ad-Account-Usage's reset (seconds), else 60 s. Either header may be NULL.
 */
int64_t meta_throttle_ms(const char *business_usage, const char *account_usage);

#endif
