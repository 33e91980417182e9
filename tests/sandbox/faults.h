/* Faults on demand: which request is spoilt, and how each service words what went wrong. */
#ifndef RAIOX_SANDBOX_FAULTS_H
#define RAIOX_SANDBOX_FAULTS_H

#include "tests/sandbox/sandbox.h"

struct fault;

struct faults *faults_create(void);
void faults_destroy(struct faults *faults);
/* Reads one fault; NULL when it was taken, else what is wrong with it. */
const char *faults_add(struct faults *faults, const cJSON *json);
void faults_clear(struct faults *faults);
cJSON *faults_json(const struct faults *faults); /* the caller deletes it */

/* The fault for this request, used up by one; NULL: none. */
const struct fault *faults_match(struct faults *faults, const struct request *request);
int fault_delay_ms(const struct fault *fault);
/* Does the fault let the service work and spoil its answer, or does it stand in its place? */
bool fault_wants_answer(const struct fault *fault);
void fault_spoil(const struct fault *fault, struct request *request);

#endif
