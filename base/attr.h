/* The compiler's help that every header of ours asks for. */
#ifndef RAIOX_BASE_ATTR_H
#define RAIOX_BASE_ATTR_H

#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(text_at, args_at) __attribute__((format(printf, text_at, args_at)))
#define NORETURN __attribute__((noreturn))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Hands an owned pointer on: the variable keeps NULL, so its scoped_ cleanup does nothing. */
#define TAKE(pointer)                                                                              \
    __extension__({                                                                                \
        __typeof__(pointer) taken_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        taken_;                                                                                    \
    })

#endif
