#include <string.h>

#include "graph/json.h"

#define MOST_DEPTH 64

struct seam_json seam_json_over(const void *text, size_t size)
{
    const uint8_t *at = text;
    return (struct seam_json){ .at = at, .end = at + size };
}

static bool json_bad(struct seam_json *j)
{
    j->bad = true;
    j->at = j->end;
    return false;
}

static void skip_spaces(struct seam_json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
        j->at++;
}

bool seam_json_take(struct seam_json *j, char c)
{
    skip_spaces(j);
    if (j->at == j->end || *j->at != (uint8_t)c)
        return false;
    j->at++;
    return true;
}

bool seam_json_need(struct seam_json *j, char c)
{
    return seam_json_take(j, c) || json_bad(j);
}

/* Four hexadecimal digits. */
static bool hex(struct seam_json *j, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, j->at++) {
        static const char digits[] = "0123456789abcdef";
        const int c = j->at < j->end ? *j->at | 0x20 : 0;
        const char *const digit = c ? strchr(digits, c) : NULL;
        if (!digit)
            return json_bad(j);
        *value = *value << 4 | (uint32_t)(digit - digits);
    }
    return true;
}

static size_t put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    const size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint32_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    to[0] = (char)(lead[n] | code);
    return n;
}

/* What follows a backslash; at most as many bytes as it took. */
static bool escape(struct seam_json *j, char *to, size_t *n)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char c = j->at < j->end ? (char)*j->at++ : '\0';
    const char *const known = c ? strchr(from, c) : NULL;
    uint32_t code, low;
    if (known) {
        to[(*n)++] = into[known - from];
        return true;
    }
    if (c != 'u' || !hex(j, &code))
        return json_bad(j);
    if (code >= 0xd800 && code < 0xdc00) {
        if (j->end - j->at < 6 || j->at[0] != '\\' || j->at[1] != 'u')
            return json_bad(j);
        j->at += 2;
        if (!hex(j, &low) || low < 0xdc00 || low > 0xdfff)
            return json_bad(j);
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code == 0)
        return json_bad(j);
    *n += put_utf8(to + *n, code);
    return true;
}

const char *seam_json_text(struct seam_json *j, struct seam_arena *arena)
{
    if (!seam_json_need(j, '"'))
        return NULL;
    const uint8_t *end = j->at;
    while (end < j->end && *end != '"')
        end += *end == '\\' ? 2 : 1;
    if (end >= j->end)
        return json_bad(j), NULL;
    char *const text = seam_arena_alloc(arena, (size_t)(end - j->at) + 1, 1);
    if (!text)
        return json_bad(j), NULL;
    size_t n = 0;
    while (j->at < end) {
        const uint8_t c = *j->at++;
        if (c < 0x20)
            return json_bad(j), NULL;
        if (c != '\\')
            text[n++] = (char)c;
        else if (!escape(j, text, &n))
            return NULL;
    }
    text[n] = '\0';
    j->at++;
    return text;
}

bool seam_json_whole(struct seam_json *j, uint64_t *value)
{
    skip_spaces(j);
    const uint8_t *const from = j->at;
    for (*value = 0; j->at < j->end && *j->at >= '0' && *j->at <= '9'; j->at++) {
        if (*value > (UINT64_MAX - 9) / 10)
            return json_bad(j);
        *value = *value * 10 + (uint64_t)(*j->at - '0');
    }
    const size_t digits = (size_t)(j->at - from);
    return (digits && (digits == 1 || *from != '0')) || json_bad(j);
}

static bool skip_text(struct seam_json *j)
{
    for (; j->at < j->end && *j->at != '"'; j->at++)
        if (*j->at == '\\' && ++j->at == j->end)
            break;
    return seam_json_need(j, '"');
}

/* Numbers and words are not looked at closely: nothing is made of them. */
bool seam_json_skip(struct seam_json *j)
{
    int depth = 0;
    do {
        skip_spaces(j);
        if (j->at == j->end)
            return json_bad(j);
        const uint8_t c = *j->at++;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        else if (c == '"' && !skip_text(j))
            return false;
        else if (c != '"' && c != ',' && c != ':')
            while (j->at < j->end && !strchr(" \t\r\n,:]}", *j->at))
                j->at++;
        if (depth < 0 || depth > MOST_DEPTH)
            return json_bad(j);
    } while (depth);
    return true;
}

bool seam_json_more(struct seam_json *j, bool *first, char close)
{
    if (j->bad || seam_json_take(j, close))
        return false;
    const bool comma = !*first;
    *first = false;
    return !comma || seam_json_need(j, ',');
}

const char *seam_json_member(const void *text, size_t size, const char *key,
                             struct seam_arena *arena)
{
    struct seam_json j = seam_json_over(text, size);
    bool first = true;
    if (!seam_json_need(&j, '{'))
        return NULL;
    while (seam_json_more(&j, &first, '}')) {
        const char *const name = seam_json_text(&j, arena);
        if (!name || !seam_json_need(&j, ':'))
            return NULL;
        skip_spaces(&j);
        if (!strcmp(name, key) && j.at < j.end && *j.at == '"')
            return seam_json_text(&j, arena);
        if (!seam_json_skip(&j))
            return NULL;
    }
    return NULL;
}
