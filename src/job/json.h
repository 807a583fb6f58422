/* JSON to a file, a member at a time. */
#ifndef SEAM_JSON_H
#define SEAM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* An object or array in the making; commas come by themselves. Nests by value. */
struct seam_json {
    FILE *to;
    bool begun; /* whether a member stands before the next */
};

/* `key` is NULL in an array. What is opened is returned. */
struct seam_json seam_json_open(struct seam_json *outer, const char *key, char bracket);
/* Nothing but the bracket; the outer one goes on by itself. */
void seam_json_close(struct seam_json *json, char bracket);

void seam_json_string(struct seam_json *json, const char *key, const char *value);
void seam_json_integer(struct seam_json *json, const char *key, int64_t value);
void seam_json_real(struct seam_json *json, const char *key,
                    double value); /* null where not finite */
void seam_json_bool(struct seam_json *json, const char *key, bool value);
void seam_json_null(struct seam_json *json, const char *key);

#endif /* SEAM_JSON_H */
