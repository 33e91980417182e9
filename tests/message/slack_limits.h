/* Slack as the judge of a body: what it would refuse, by its documented limits. */
#ifndef RAIOX_TESTS_MESSAGE_SLACK_LIMITS_H
#define RAIOX_TESTS_MESSAGE_SLACK_LIMITS_H

/* NULL when Slack would take it (chat.postMessage, too), else why not. */
const char *slack_refuses(const char *body);

#endif
