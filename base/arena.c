#include "base/arena.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ONE_MALLOC_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_MALLOC_EACH 1
#endif
#endif
#ifndef ONE_MALLOC_EACH
#define ONE_MALLOC_EACH 0
#endif

/* Blocks come in five sizes, 4 KiB doubling to 64 KiB: a small job costs one small block. */
#define FIRST_BLOCK ((size_t)4096)
#define SIZES 5
/* What does not fit and is larger than this gets a block of its own, and the current one stays. */
#define BIG ((size_t)16 * 1024)
/* Bytes of a list's first room: many lists have one item, which is then all that it takes. */
#define FIRST_ITEMS ((size_t)64)
/* Blocks of each size that wait for the next arena: at most 8 x 124 KiB, so that a job in the
 * steady state costs no malloc. */
#define SPARE 8

struct block {
    struct block *next;
    size_t size; /* index among the SIZES, or SIZES: of its own */
    _Alignas(max_align_t) unsigned char data[];
};

struct deferred {
    struct deferred *next;
    void (*undo)(void *arg);
    void *arg;
};

struct arena {
    unsigned char *at, *end; /* the free part of the newest shared block */
    struct block *blocks;
    struct deferred *deferred;
    size_t next_size, used;
};

/* A thread has its own: no lock. */
static _Thread_local struct spare {
    struct block *blocks;
    size_t count;
} spare[SIZES];

static void *must_malloc(size_t size)
{
    void *memory = malloc(size);

    if (!memory)
        fatal("out of memory");
    return memory;
}

static struct block *block_take(size_t size)
{
    struct block *block = spare[size].blocks;

    if (block) {
        spare[size].blocks = block->next;
        spare[size].count--;
    } else {
        block = must_malloc(FIRST_BLOCK << size);
        block->size = size;
    }
    return block;
}

static void block_give_back(struct block *block)
{
    size_t size = block->size;

    if (size == SIZES || spare[size].count == SPARE) {
        free(block);
        return;
    }
    block->next = spare[size].blocks;
    spare[size].blocks = block;
    spare[size].count++;
}

static struct block *block_own(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block))
        fatal("out of memory");

    struct block *block = must_malloc(sizeof(struct block) + size);
    block->size = SIZES;
    return block;
}

static void arena_add_block(struct arena *arena)
{
    struct block *block = block_take(arena->next_size);

    block->next = arena->blocks;
    arena->blocks = block;
    arena->at = block->data;
    arena->end = (unsigned char *)block + (FIRST_BLOCK << arena->next_size);
    if (arena->next_size + 1 < SIZES)
        arena->next_size++;
}

struct arena *arena_create(void)
{
    struct arena start = { 0 };

    if (ONE_MALLOC_EACH) {
        struct arena *arena = must_malloc(sizeof(*arena));
        *arena = start;
        return arena;
    }
    arena_add_block(&start);
    struct arena *arena = arena_alloc_raw(&start, sizeof(*arena));
    start.used = 0;
    *arena = start;
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->deferred) {
        struct deferred *last = arena->deferred;
        arena->deferred = last->next; /* undo may defer more */
        last->undo(last->arg);
    }

    struct block *block = arena->blocks;
    if (ONE_MALLOC_EACH)
        free(arena);
    while (block) { /* otherwise the arena itself lives in the last of them */
        struct block *next = block->next;
        block_give_back(block);
        block = next;
    }
}

static void *arena_alloc_own(struct arena *arena, size_t size)
{
    struct block *block = block_own(size);

    block->next = arena->blocks;
    arena->blocks = block;
    return block->data;
}

void *arena_alloc_raw(struct arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);

    arena->used += size;
    if (ONE_MALLOC_EACH)
        return arena_alloc_own(arena, size);

    /* Never past end: at and end are aligned, so what is left is a multiple of align. */
    if (size > (size_t)(arena->end - arena->at)) {
        if (size > BIG)
            return arena_alloc_own(arena, size);
        do
            arena_add_block(arena);
        while (size > (size_t)(arena->end - arena->at));
    }
    void *memory = arena->at;
    arena->at += (size + align - 1) & ~(align - 1);
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc_raw(arena, size), 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t product;

    if (__builtin_mul_overflow(count, size, &product))
        fatal("out of memory");
    return arena_alloc(arena, product);
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    if (len == SIZE_MAX)
        fatal("out of memory");

    char *copy = arena_alloc_raw(arena, len + 1);
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    char small[256];
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int wanted = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (wanted < 0)
        fatal("a text that cannot be formatted");

    char *text = arena_alloc_raw(arena, (size_t)wanted + 1);
    if ((size_t)wanted < sizeof(small))
        memcpy(text, small, (size_t)wanted + 1);
    else
        vsnprintf(text, (size_t)wanted + 1, format, again);
    va_end(again);
    return text;
}

void arena_defer(struct arena *arena, void (*undo)(void *arg), void *arg)
{
    struct deferred *deferred = arena_new(arena, struct deferred);

    *deferred = (struct deferred){ .next = arena->deferred, .undo = undo, .arg = arg };
    arena->deferred = deferred;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

static void vec_grow(struct arena *arena, void **items, size_t len, size_t *cap, size_t item_size,
                     size_t wanted)
{
    void *larger = arena_alloc_array(arena, wanted, item_size);

    if (len)
        memcpy(larger, *items, len * item_size);
    *items = larger;
    *cap = wanted;
}

void *vec_push_(struct arena *arena, void **items, size_t *len, size_t *cap, size_t item_size)
{
    if (*len == *cap) {
        size_t first = FIRST_ITEMS / item_size;
        size_t wanted = *cap ? *cap * 2 : first ? first : 1;
        if (wanted < *cap)
            fatal("out of memory");
        vec_grow(arena, items, *len, cap, item_size, wanted);
    }
    return (char *)*items + (*len)++ * item_size;
}

void vec_reserve_(struct arena *arena, void **items, size_t len, size_t *cap, size_t item_size,
                  size_t more)
{
    size_t wanted;

    if (more <= *cap - len)
        return;
    if (__builtin_add_overflow(len, more, &wanted))
        fatal("out of memory");
    /* Page after page of a long list: doubled, or each would copy all before it. */
    if (wanted < *cap * 2)
        wanted = *cap * 2;
    vec_grow(arena, items, len, cap, item_size, wanted);
}
