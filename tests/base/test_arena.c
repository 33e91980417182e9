#include "base/arena.h"

#include "tests/base/dies.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_zeroed_aligned_and_ones_own(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 15, 16, 17, 4000, 4096, 16384, 16385, 65536, 300000 };

    for (int round = 0; round < 3; round++) { /* the later ones on blocks that were used */
        scoped_arena struct arena *arena = arena_create();
        unsigned char *got[200] = { 0 };

        for (size_t i = 0; i < COUNT(got); i++) {
            size_t size = sizes[i % COUNT(sizes)];
            got[i] = arena_alloc(arena, size);
            assert_non_null(got[i]);
            assert_int_equal((uintptr_t)got[i] % _Alignof(max_align_t), 0);
            for (size_t byte = 0; byte < size; byte++)
                if (got[i][byte] != 0)
                    fail_msg("byte %zu of %zu in round %d", byte, size, round);
            memset(got[i], (int)(i % 250) + 1, size);
        }
        for (size_t i = 0; i < COUNT(got); i++) {
            size_t size = sizes[i % COUNT(sizes)];
            for (size_t byte = 0; byte < size; byte++)
                if (got[i][byte] != i % 250 + 1)
                    fail_msg("byte %zu of piece %zu was overwritten", byte, i);
        }
    }
}

/* A byte behind a block would be malloc's own, which it looks at when the block is freed. */
static void blocks_are_filled_to_the_brim_and_not_over_it(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 48; size++) {
        scoped_arena struct arena *arena = arena_create();
        for (int i = 0; i < 30000; i++)
            memset(arena_alloc_raw(arena, size), 0xFF, size);
    }
}

static void used_counts_what_was_asked_for(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();

    assert_int_equal(arena_used(arena), 0);
    arena_alloc(arena, 10);
    arena_alloc_raw(arena, 100000);
    arena_alloc_array(arena, 7, 3);
    assert_int_equal(arena_used(arena), 100031);
}

static void text_is_copied_with_its_nul(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    char text[] = "Padaria Sol";
    char *whole = arena_strdup(arena, text), *part = arena_strndup(arena, text, 7);

    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(whole, "Padaria Sol");
    assert_string_equal(part, "Padaria");
    assert_string_equal(arena_strndup(arena, NULL, 0), "");
    assert_null(arena_strdup(arena, NULL));
    assert_memory_equal(arena_strndup(arena, "a\0b", 3), "a\0b", 4);
}

static void a_printed_text_may_have_any_length(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();

    assert_string_equal(arena_printf(arena, "%s", ""), "");
    for (int len = 250; len < 262; len++) {
        const char *text = arena_printf(arena, "%*d", len, 7);
        if ((int)strlen(text) != len || text[len - 1] != '7' || text[len - 2] != ' ')
            fail_msg("%d: \"%s\"", len, text);
    }
    assert_int_equal(strlen(arena_printf(arena, "%100000d", 7)), 100000);
}

struct undone {
    struct arena *arena;
    char order[8];
    size_t count;
};
struct step {
    struct undone *undone;
    char name;
};

static void note(void *arg)
{
    struct step *step = arg; /* in the arena, which must still be whole */

    step->undone->order[step->undone->count++] = step->name;
}

static void note_and_defer(void *arg)
{
    struct step *step = arg;
    struct step *late = arena_new(step->undone->arena, struct step);

    note(step);
    *late = (struct step){ step->undone, 'z' };
    arena_defer(step->undone->arena, note, late);
}

static void what_was_deferred_is_undone_last_in_first_out(void **state)
{
    (void)state;
    struct undone undone = { .arena = arena_create() };

    for (char name = 'a'; name <= 'c'; name++) {
        struct step *step = arena_new(undone.arena, struct step);
        *step = (struct step){ &undone, name };
        arena_defer(undone.arena, name == 'b' ? note_and_defer : note, step);
    }
    assert_int_equal(undone.count, 0);
    arena_destroy(undone.arena);
    assert_string_equal(undone.order, "cbza");
    arena_destroy(NULL);
}

static void a_list_keeps_its_items_while_it_grows(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    struct item {
        int number;
        char rest[60];
    };
    VEC(struct item) list = { 0 };

    for (int i = 0; i < 5000; i++) {
        struct item *item = vec_push(arena, &list);
        if (item != &list.items[i] || item->number != 0 || item->rest[59] != 0)
            fail_msg("item %d is not new", i);
        *item = (struct item){ .number = i, .rest = "x" };
    }
    assert_int_equal(list.len, 5000);
    assert_true(list.cap >= 5000);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(list.items[i].number, i);
}

static void a_list_of_known_length_takes_no_more_than_that(void **state)
{
    (void)state;
    scoped_arena struct arena *arena = arena_create();
    VEC(uint64_t) list = { 0 };

    vec_reserve(arena, &list, 0);
    assert_int_equal(arena_used(arena), 0);
    vec_reserve(arena, &list, 20);
    for (uint64_t i = 0; i < 20; i++)
        *vec_push(arena, &list) = i;
    assert_int_equal(arena_used(arena), 20 * sizeof(uint64_t));
    vec_reserve(arena, &list, 1); /* a next page: as much room again */
    assert_int_equal(list.cap, 40);
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(list.items[i], i);
    vec_reserve(arena, &list, 100);
    assert_int_equal(list.cap, 120);
    assert_int_equal(list.len, 20);
}

static size_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2(); /* zeroes under ASan, which watches for leaks itself */

    return info.uordblks + info.hblkhd;
}

static void fill(size_t size, size_t count)
{
    scoped_arena struct arena *arena = arena_create();

    while (count-- > 0)
        arena_alloc(arena, size);
}

static void a_small_job_after_another_asks_for_no_memory(void **state)
{
    (void)state;
    fill(100, 1000);
    size_t before = bytes_in_use();

    for (int i = 0; i < 100; i++)
        fill(100, 1000);
    assert_int_equal(bytes_in_use(), before);
}

static void a_huge_job_gives_its_memory_back(void **state)
{
    (void)state;
    size_t before = bytes_in_use();

    fill(1000, 50000);
    fill(200000, 50);
    assert_true(bytes_in_use() <= before + (size_t)1024 * 1024);
}

static void ask_for_everything(void)
{
    scoped_arena struct arena *arena = arena_create();

    arena_alloc(arena, SIZE_MAX);
}

static void ask_for_half_of_everything(void)
{
    scoped_arena struct arena *arena = arena_create();

    arena_alloc_raw(arena, SIZE_MAX / 2);
}

static void ask_for_too_many(void)
{
    scoped_arena struct arena *arena = arena_create();

    arena_alloc_array(arena, SIZE_MAX / 4 + 2, 4); /* 4 bytes, if it wrapped */
}

static void copy_too_much(void)
{
    scoped_arena struct arena *arena = arena_create();

    arena_strndup(arena, "x", SIZE_MAX);
}

static void what_cannot_be_had_ends_the_process(void **state)
{
    (void)state;
    assert_true(dies(ask_for_everything));
    assert_true(dies(ask_for_half_of_everything));
    assert_true(dies(ask_for_too_many));
    assert_true(dies(copy_too_much));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_ones_own),
        cmocka_unit_test(blocks_are_filled_to_the_brim_and_not_over_it),
        cmocka_unit_test(used_counts_what_was_asked_for),
        cmocka_unit_test(text_is_copied_with_its_nul),
        cmocka_unit_test(a_printed_text_may_have_any_length),
        cmocka_unit_test(what_was_deferred_is_undone_last_in_first_out),
        cmocka_unit_test(a_list_keeps_its_items_while_it_grows),
        cmocka_unit_test(a_list_of_known_length_takes_no_more_than_that),
        cmocka_unit_test(a_small_job_after_another_asks_for_no_memory),
        cmocka_unit_test(a_huge_job_gives_its_memory_back),
        cmocka_unit_test(what_cannot_be_had_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
