/* The page of the simulated Slack in a real browser: an analyst chooses a channel, types, reads. */
#include "tests/e2e/browser.h"
#include "tests/e2e/reading.h"

#include <string.h>

#define SKIPPED 77 /* what meson takes for a test that was not run */
#define REPLY "#messages li[data-kind=response_url]"

static struct browser browser;

static int open_world(void **state)
{
    world_open(state);
    browser_start(&browser, world_start(state, &(struct world_options){ .parts = WORLD_RUN }));
    return 0;
}

static int close_world(void **state)
{
    browser_stop(&browser);
    return world_close(state);
}

static int open_desktop(void **state)
{
    (void)state;
    browser_open(&browser, false);
    return 0;
}

static int open_phone(void **state)
{
    (void)state;
    browser_open(&browser, true);
    return 0;
}

static int close_window(void **state)
{
    (void)state;
    browser_close(&browser);
    return 0;
}

/* Opens the page and chooses a channel in its list. */
static void choose(struct world *world, const char *channel)
{
    const char *button = arena_printf(world->arena, "button[data-channel=%s]", channel);

    browser_go(&browser, arena_printf(world->arena, "%.*s/", (int)(strlen(world->admin) - 6),
                                      world->admin)); /* without "/admin" */
    browser_click(&browser, button);
}

static const char *shown(struct world *world)
{
    return reading_plain(world->arena, browser_text(&browser, REPLY));
}

/* Figures of test_report.c. */
static void analyst_types_and_reads(void **state)
{
    struct world *world = *state;

    choose(world, "C0123");
    assert_holds(browser_text(&browser, "#title"), "cliente-padaria-sol");
    browser_type_line(&browser, "#command", "/raiox");
    assert_holds(shown(world), "Padaria Sol · novembro de 2026", "R$ 1.234,56", "R$ 2.134,56",
                 "R$ 3.000,00", "🔴 71,2% (abaixo do alvo)", "R$ 196,16", "Sol 1 (act_10)",
                 "Panetone", "Visível só para você");
    assert_holds(browser_text(&browser, "#messages li[data-kind=ack]"), "#cliente-padaria-sol");
    browser_click(&browser, "button[data-channel=C0GOLDEN9]");
    assert_holds(browser_text(&browser, "#messages"), "Nada por aqui ainda");
}

static void names_are_shown_and_do_nothing(void **state)
{
    struct world *world = *state;

    choose(world, "C0HOSTIL");
    browser_type_line(&browser, "#command", "/raiox");
    assert_holds(shown(world), "<Tags> & *Estrelas* _linha_ ~til~ `código`",
                 "<https://mau.example|clique>", "promoção", "<!here>", "R$ 510,00");
    assert_true(browser_number(&browser, "document.querySelectorAll('" REPLY " a').length") == 0);
    assert_true(
        browser_number(&browser, "document.querySelectorAll('" REPLY " .mention').length") == 0);
}

static void phone_shows_it_without_scrolling_sideways(void **state)
{
    struct world *world = *state;

    choose(world, "C0MEGA");
    browser_type_line(&browser, "#command", "/raiox");
    assert_holds(shown(world), "Mega Varejo", "R$ 30.233,70", "Mais 1.0");
    assert_true(browser_number(&browser, "innerWidth") == 390);
    assert_true(browser_number(&browser, "document.documentElement.scrollWidth") <= 390);
    assert_true(browser_number(&browser, "document.querySelector('#messages').scrollWidth - "
                                         "document.querySelector('#messages').clientWidth") <= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_CASE("an analyst chooses a channel, types /raiox and reads the month",
                  analyst_types_and_reads, open_desktop, close_window),
        TEST_CASE("hostile names are shown and do nothing", names_are_shown_and_do_nothing,
                  open_desktop, close_window),
        TEST_CASE("a phone shows 1,200 campaigns without scrolling sideways",
                  phone_shows_it_without_scrolling_sideways, open_phone, close_window),
    };

    if (!browser_installed())
        return SKIPPED;
    return cmocka_run_group_tests(tests, open_world, close_world);
}
