/* JSON on standard output, a member at a time. */
#ifndef SEAM_CLI_JSON_H
#define SEAM_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>

/* An object or array in the making; commas come by themselves. Nests by value. */
struct json {
    bool begun; /* whether a member stands before the next */
};

/* `key` is NULL in an array. */
void json_open(struct json *outer, const char *key, char bracket);
/* Nothing but the bracket; the outer one goes on by itself. */
void json_close(char bracket);

void json_string(struct json *json, const char *key, const char *value);
void json_integer(struct json *json, const char *key, int64_t value);
void json_real(struct json *json, const char *key, double value); /* null where not finite */
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

#endif /* SEAM_CLI_JSON_H */
