/*
 * A headless Chromium, driven through chromedriver as a person drives it: it clicks, types key by
 * key and reads what is shown (W3C WebDriver). What does not work ends the test.
 */
#ifndef RAIOX_TESTS_E2E_BROWSER_H
#define RAIOX_TESTS_E2E_BROWSER_H

#include "tests/support/world.h"

struct browser {
    struct world *world;
    struct process driver;
    const char *session; /* its URL */
    int opened;
};

/* Are chromium and chromedriver installed? */
bool browser_installed(void);
void browser_start(struct browser *browser, struct world *world);
/* A window with a profile of its own. phone: 390 pixels wide, with a finger. */
void browser_open(struct browser *browser, bool phone);
void browser_close(struct browser *browser);
void browser_stop(struct browser *browser);

void browser_go(struct browser *browser, const char *url);
/* Elements are named by a CSS selector and waited for. */
void browser_click(struct browser *browser, const char *selector);
/* Empties the box, and types this into it and Enter. */
void browser_type_line(struct browser *browser, const char *selector, const char *text);
/* What the last element of that selector shows. */
const char *browser_text(struct browser *browser, const char *selector);
/* The value of a JavaScript expression, a number. */
double browser_number(struct browser *browser, const char *expression);

#endif
