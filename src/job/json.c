#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "job/json.h"

static void put_text(FILE *to, const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    putc('"', to);
    for (const char *c = valid; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            fprintf(to, "\\u%04x", (unsigned)*c);
        else
            putc(*c, to);
    }
    putc('"', to);
    g_free(valid);
}

static void put_key(struct seam_json *json, const char *key)
{
    if (json->begun)
        fputs(", ", json->to);
    json->begun = true;
    if (!key)
        return;
    put_text(json->to, key);
    fputs(": ", json->to);
}

struct seam_json seam_json_open(struct seam_json *outer, const char *key, char bracket)
{
    put_key(outer, key);
    putc(bracket, outer->to);
    return (struct seam_json){ .to = outer->to };
}

void seam_json_close(struct seam_json *json, char bracket)
{
    putc(bracket, json->to);
}

void seam_json_string(struct seam_json *json, const char *key, const char *value)
{
    put_key(json, key);
    put_text(json->to, value);
}

void seam_json_integer(struct seam_json *json, const char *key, int64_t value)
{
    put_key(json, key);
    fprintf(json->to, "%" PRId64, value);
}

void seam_json_real(struct seam_json *json, const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    put_key(json, key);
    fputs(isfinite(value) ? g_ascii_formatd(text, sizeof(text), "%.9g", value) : "null",
          json->to);
}

void seam_json_bool(struct seam_json *json, const char *key, bool value)
{
    put_key(json, key);
    fputs(value ? "true" : "false", json->to);
}

void seam_json_null(struct seam_json *json, const char *key)
{
    put_key(json, key);
    fputs("null", json->to);
}
