/*
 * What libFuzzer calls. A fuzzer takes any bytes, must neither crash nor leak, and asserts what
 * holds for every one of them.
 */
#ifndef RAIOX_TESTS_FUZZ_H
#define RAIOX_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv); /* once, before the first run; may be left out */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* returns 0 */

#endif
