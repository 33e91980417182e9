/*
 * Named points between taking a job and its end in Redis, where a test makes the worker die. They
 * are in a raiox that is built for the tests alone (RAIOX_TEST_POINTS), and nothing otherwise.
 *
 * RAIOX_TEST_POINT="NAME CHANNEL TIMES": at the point of this name, with a command of this channel
 * ("*": any, of both), the process kills itself (SIGKILL), so often in all processes together: each
 * death leaves a file test-point.N in the working directory, with the point's name. A fourth word,
 * ONE_IN: only by chance, at one of so many passes.
 */
#ifndef RAIOX_BOT_TEST_POINT_H
#define RAIOX_BOT_TEST_POINT_H

#ifdef RAIOX_TEST_POINTS
void test_point(const char *name, const char *channel_id);
#define TEST_POINT(name, job) test_point((name), (job)->command.channel_id)
#else
#define TEST_POINT(name, job) ((void)0)
#endif

#endif
