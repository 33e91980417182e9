/*
 * Memory that dies together: one arena a job, freed in one go. Under sanitizers every allocation is
 * a malloc of its own, so that ASan sees it. Running out of memory ends the process: the job was
 * not acknowledged and comes back.
 */
#ifndef RAIOX_BASE_ARENA_H
#define RAIOX_BASE_ARENA_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct arena *arena_create(void);
/* Runs the deferred functions, last in first out, then frees everything. NULL is fine. */
void arena_destroy(struct arena *arena);
static inline void arena_destroy_p(struct arena **arena)
{
    arena_destroy(*arena);
}
#define scoped_arena __attribute__((cleanup(arena_destroy_p)))

/* size zeroed bytes, aligned for any type; never NULL, also for size 0. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, its bytes whatever they were: for what is written whole at once. */
void *arena_alloc_raw(struct arena *arena, size_t size);
/* arena_alloc for count things; a product that overflows ends the process. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

char *arena_strdup(struct arena *arena, const char *text); /* NULL stays NULL */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
PRINTF(2, 3) char *arena_printf(struct arena *arena, const char *format, ...);

/* Calls undo(arg) when the arena is destroyed, before its memory goes. */
void arena_defer(struct arena *arena, void (*undo)(void *arg), void *arg);

/* Bytes handed out so far, for limits and tests. */
size_t arena_used(const struct arena *arena);

/*
 * A growing list inside an arena: VEC(struct campaign) campaigns; then
 *     struct campaign *c = vec_push(arena, &account->campaigns);
 * The new item is zeroed. A pushed pointer is good until the next push to the same list.
 */
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t len, cap;                                                                           \
    }
#define vec_push(arena, vec)                                                                       \
    ((__typeof__((vec)->items))vec_push_((arena), (void **)&(vec)->items, &(vec)->len,             \
                                         &(vec)->cap, sizeof(*(vec)->items)))
void *vec_push_(struct arena *arena, void **items, size_t *len, size_t *cap, size_t item_size);

/* Makes room for more items behind those that are there, where their number is known beforehand:
 * nothing is left behind by growing. */
#define vec_reserve(arena, vec, more)                                                              \
    vec_reserve_((arena), (void **)&(vec)->items, (vec)->len, &(vec)->cap, sizeof(*(vec)->items),  \
                 (more))
void vec_reserve_(struct arena *arena, void **items, size_t len, size_t *cap, size_t item_size,
                  size_t more);

#endif
