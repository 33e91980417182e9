/* The cursors of pages that were begun; they live an hour from their first page. */
#ifndef RAIOX_SANDBOX_MONDAY_H
#define RAIOX_SANDBOX_MONDAY_H

#include "tests/sandbox/sandbox.h"

struct monday_cursors *monday_cursors_create(void);
void monday_cursors_destroy(struct monday_cursors *cursors);

#endif
