/*
 * Slack's request signature, version v0: HMAC-SHA256 over "v0:timestamp:raw body".
 * Source: Slack docs, "Verifying requests from Slack".
 */
#ifndef RAIOX_BOT_SIGNATURE_H
#define RAIOX_BOT_SIGNATURE_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* "v0=" and 64 hex digits. */
#define SIGNATURE_LEN 67

struct signature; /* the keyed context, kept: setting it anew costs a third of a one-shot HMAC() */

/* secret: the signing secret as text, never empty. Out of memory ends the process. */
struct signature *signature_create(const char *secret);
void signature_destroy(struct signature *signature);

enum signature_fault {
    SIGNATURE_GOOD,
    SIGNATURE_MALFORMED, /* timestamp or signature missing or not of the form */
    SIGNATURE_STALE,     /* more than five minutes off, either way */
    SIGNATURE_WRONG,
};
const char *signature_fault_name(enum signature_fault fault); /* for the log */

/* timestamp, text: the two headers' values or NULL. Compares in constant time. */
enum signature_fault signature_verify(struct signature *signature, const char *timestamp,
                                      const char *text, struct bytes body, int64_t now_real_ms);

/* What Slack would send for this body; ret takes SIGNATURE_LEN + 1 bytes. */
void signature_make(struct signature *signature, const char *timestamp, struct bytes body,
                    char ret[SIGNATURE_LEN + 1]);

#endif
