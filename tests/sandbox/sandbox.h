/*
 * The simulated outside world: Slack, Monday, Meta, Google Ads and Google's token server on one
 * loopback port, with a sample agency behind them. One thread, one loop; nothing here blocks.
 * This is what the parts share.
 */
#ifndef RAIOX_SANDBOX_SANDBOX_H
#define RAIOX_SANDBOX_SANDBOX_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/http.h"
#include "base/json.h"
#include "base/loop.h"

struct agency;
struct faults;
struct ledger;
struct monday_cursors;
struct server;
struct slack;

enum service {
    SERVICE_ADMIN, /* for tests: faults, calls, replies; never counted */
    SERVICE_PAGE,
    SERVICE_SLACK,
    SERVICE_MONDAY,
    SERVICE_META,
    SERVICE_GOOGLE_ADS,
    SERVICE_GOOGLE_OAUTH,
    SERVICES,
};
const char *service_name(enum service service); /* "google_ads" */

struct options {
    const char *data_dir;       /* holds agency.json and page/ */
    int port;                   /* 0: a free one */
    int64_t now_ms;             /* the present that we pretend; < 0: the real clock */
    int latency_ms;             /* before every answer of Monday, Meta and Google */
    const char *raiox_url;      /* NULL: commands have nowhere to go yet */
    const char *signing_secret; /* NULL: the one of agency.json */
    bool require_proof;         /* Meta calls without appsecret_proof are refused */
    int google_page_rows;       /* rows of a page of googleAds:search */
    int64_t monday_budget;      /* complexity points a minute; 0: not held against anybody */
};

struct sandbox {
    struct options options;
    struct arena *arena; /* of what lives as long as the program */
    struct loop *loop;
    struct http *http;
    struct agency *agency;
    struct server *server;
    struct ledger *ledger;
    struct faults *faults;
    struct slack *slack;
    struct monday_cursors *cursors;
    int64_t skew_ms; /* how far tests have moved the clock by which things expire */
};

int64_t sandbox_today_ms(const struct sandbox *sandbox); /* real ms: the present of the calendar */
int64_t sandbox_clock_ms(const struct sandbox *sandbox); /* monotonic ms: the age of things */

struct param {
    const char *name, *value; /* decoded */
};
struct header {
    const char *name, *value;
};

enum delivery_kind {
    DELIVER_WHOLE,
    DELIVER_CUT,   /* half of the body, then the connection is closed */
    DELIVER_DRIP,  /* a byte a second */
    DELIVER_HUGE,  /* fill_len bytes instead of the body */
    DELIVER_CLOSE, /* no answer at all: closed */
    DELIVER_HANG,  /* no answer at all: open */
};

struct reply {
    int status;
    const char *type;
    struct bytes body;   /* in the request's arena, or static */
    struct ready *ready; /* instead of type, headers and body: shared with the cache */
    VEC(struct header) headers;
    bool cacheable; /* the same request may get the same bytes for a minute */
    enum delivery_kind delivery;
    size_t fill_len;
};

struct MHD_Connection;
struct request {
    struct sandbox *sandbox;
    struct MHD_Connection *connection;
    struct arena *arena;
    enum service service;
    const char *method;
    const char *uri;  /* as it came */
    const char *path; /* decoded, without the query */
    const char *account;
    VEC(struct param) params; /* of the query, then of a form body */
    struct buf body;
    struct reply reply;

    /* the server's own */
    enum { REQUEST_NEW, REQUEST_READING, REQUEST_WAITING, REQUEST_READY } state;
    bool bad_uri, too_large, suspended;
    uint64_t call; /* in the ledger; 0: not counted */
    int64_t begun_ms;
    struct loop_timer timer;
    struct http_call *onward; /* a command under way to raiox */
    size_t sent;              /* of a dripping body */
    bool may_drip;
    struct request *next, *prev;
    void (*on_late)(struct request *);
    const void *waiter; /* what a handler that answers later keeps */
};

/* What came. NULL where there is none; header names in any case. */
const char *request_header(const struct request *request, const char *name);
const char *request_param(const struct request *request, const char *name);
bool request_media_type_is(const struct request *request, const char *type);
bool request_read_form(struct request *request); /* adds the body's fields to params */

/* What goes. Texts are borrowed until the answer is out: literals, or in the request's arena. */
void reply_text(struct request *request, int status, const char *type, const char *text);
void reply_json(struct request *request, int status, const cJSON *root);
PRINTF(3, 4)
void reply_header(struct request *request, const char *name, const char *format, ...);

/*
 * A handler that cannot answer yet calls request_wait() and returns; whoever has the answer fills
 * reply and calls request_answer(). After wait_ms on_late(request) is called, which must answer.
 */
void request_wait(struct request *request, int64_t wait_ms, void (*on_late)(struct request *));
void request_answer(struct request *request);

/* The services. Each fills request->reply (or waits). */
void admin_handle(struct request *request);
void page_handle(struct request *request);
void slack_handle(struct request *request);
void monday_handle(struct request *request);
void meta_handle(struct request *request);
void google_ads_handle(struct request *request);
void google_oauth_handle(struct request *request);

#endif
