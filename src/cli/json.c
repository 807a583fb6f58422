#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/json.h"

static void put_text(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    putchar('"');
    for (const char *c = valid; *c; c++) {
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            printf("\\u%04x", (unsigned)*c);
        else
            putchar(*c);
    }
    putchar('"');
    g_free(valid);
}

static void put_key(struct json *json, const char *key)
{
    if (json->begun)
        fputs(", ", stdout);
    json->begun = true;
    if (!key)
        return;
    put_text(key);
    fputs(": ", stdout);
}

void json_open(struct json *outer, const char *key, char bracket)
{
    put_key(outer, key);
    putchar(bracket);
}

void json_close(char bracket)
{
    putchar(bracket);
}

void json_string(struct json *json, const char *key, const char *value)
{
    put_key(json, key);
    put_text(value);
}

void json_integer(struct json *json, const char *key, int64_t value)
{
    put_key(json, key);
    printf("%" PRId64, value);
}

void json_real(struct json *json, const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    put_key(json, key);
    fputs(isfinite(value) ? g_ascii_formatd(text, sizeof(text), "%.9g", value) : "null", stdout);
}

void json_bool(struct json *json, const char *key, bool value)
{
    put_key(json, key);
    fputs(value ? "true" : "false", stdout);
}

void json_null(struct json *json, const char *key)
{
    put_key(json, key);
    fputs("null", stdout);
}
