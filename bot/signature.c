/* The first thing that happens to a command: nothing of its body is read before this. */
#include "bot/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

/* An older request may be a replay. Slack docs, "Verifying requests from Slack". */
#define MAX_SKEW_S (5 * 60)
#define TIMESTAMP_MAX 12
#define SHA256_LEN 32

struct signature {
    EVP_MAC_CTX *mac;
};

struct signature *signature_create(const char *secret)
{
    struct signature *signature = calloc(1, sizeof(*signature));
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    char digest[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                            OSSL_PARAM_construct_end() };

    if (!signature || !hmac)
        abort();
    signature->mac = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac); /* the context holds a reference */
    if (!signature->mac ||
        EVP_MAC_init(signature->mac, (const unsigned char *)secret, strlen(secret), params) != 1)
        abort();
    return signature;
}

void signature_destroy(struct signature *signature)
{
    if (!signature)
        return;
    EVP_MAC_CTX_free(signature->mac);
    free(signature);
}

static void hex(const unsigned char *bytes, size_t len, char *ret)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * len] = '\0';
}

void signature_make(struct signature *signature, const char *timestamp, struct bytes body,
                    char ret[SIGNATURE_LEN + 1])
{
    EVP_MAC_CTX *mac = signature->mac;
    unsigned char sum[SHA256_LEN];
    size_t len = 0;

    /* Initialised without a key: the same key again. */
    if (EVP_MAC_init(mac, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(mac, (const unsigned char *)"v0:", 3) != 1 ||
        EVP_MAC_update(mac, (const unsigned char *)timestamp, strlen(timestamp)) != 1 ||
        EVP_MAC_update(mac, (const unsigned char *)":", 1) != 1 ||
        EVP_MAC_update(mac, (const unsigned char *)body.data, body.len) != 1 ||
        EVP_MAC_final(mac, sum, &len, sizeof(sum)) != 1 || len != sizeof(sum))
        abort();
    memcpy(ret, "v0=", 3);
    hex(sum, sizeof(sum), ret + 3);
}

static bool is_stale(int64_t timestamp_s, int64_t now_real_ms)
{
    int64_t skew_s = now_real_ms / 1000 - timestamp_s;

    return skew_s > MAX_SKEW_S || skew_s < -MAX_SKEW_S;
}

enum signature_fault signature_verify(struct signature *signature, const char *timestamp,
                                      const char *text, struct bytes body, int64_t now_real_ms)
{
    char wanted[SIGNATURE_LEN + 1];
    int64_t timestamp_s = 0;

    if (!timestamp || !text || strlen(text) != SIGNATURE_LEN ||
        !text_is_digits(timestamp, strlen(timestamp), TIMESTAMP_MAX) ||
        !text_int64(timestamp, strlen(timestamp), &timestamp_s))
        return SIGNATURE_MALFORMED;
    if (is_stale(timestamp_s, now_real_ms))
        return SIGNATURE_STALE;
    signature_make(signature, timestamp, body, wanted);
    return CRYPTO_memcmp(wanted, text, SIGNATURE_LEN) == 0 ? SIGNATURE_GOOD : SIGNATURE_WRONG;
}

const char *signature_fault_name(enum signature_fault fault)
{
    switch (fault) {
    case SIGNATURE_GOOD:
        return "good";
    case SIGNATURE_MALFORMED:
        return "signature missing or malformed";
    case SIGNATURE_STALE:
        return "timestamp more than five minutes off";
    case SIGNATURE_WRONG:
        return "signature wrong";
    }
    return "unknown";
}
