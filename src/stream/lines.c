#include <string.h>

#include "base/log.h"
#include "stream/lines.h"

const char *seam_lines_find(const char *lines, const char *name, size_t name_length,
                            size_t *length)
{
    for (const char *at = lines; *at;) {
        const size_t line = strcspn(at, "\n");
        if (line > name_length + 1 && strncmp(at, name, name_length) == 0 &&
            at[name_length] == ':') {
            *length = line - name_length - 2;
            return at + name_length + 2;
        }
        at += line + (at[line] == '\n');
    }
    return NULL;
}

/* Of two values, lists parted by ", ", what is not the same at their ends. */
static void trim(const char **a, size_t *a_length, const char **b, size_t *b_length)
{
    size_t begin = 0, end = 0, items = 0;
    while (begin < *a_length && begin < *b_length && (*a)[begin] == (*b)[begin]) {
        begin++;
        if (begin >= 2 && (*a)[begin - 2] == ',' && (*a)[begin - 1] == ' ')
            items = begin;
    }
    *a += items, *a_length -= items;
    *b += items, *b_length -= items;
    items = 0;
    while (end < *a_length && end < *b_length &&
           (*a)[*a_length - end - 1] == (*b)[*b_length - end - 1]) {
        end++;
        if (end >= 2 && (*a)[*a_length - end] == ',')
            items = end;
    }
    *a_length -= items;
    *b_length -= items;
}

enum seam_result seam_lines_compare(const char *old, const char *now, const char *path,
                                    struct seam_log *log)
{
    for (const char *at = now; *at;) {
        const size_t line = strcspn(at, "\n"), name = strcspn(at, ":\n");
        const char *value = at + name + 2;
        size_t value_length = line - name - 2, length = 0;
        const char *was = seam_lines_find(old, at, name, &length);
        const bool same = was && length == value_length && memcmp(was, value, length) == 0;
        if (was && !same)
            trim(&was, &length, &value, &value_length);
        if (!same)
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                                 "%s holds rows of another run: its %.*s is \"%.*s\", now it is "
                                 "\"%.*s\"; give what that run was given, or remove the file to "
                                 "begin anew", path, (int)name, at, (int)length, was ? was : "",
                                 (int)value_length, value);
        at += line + (at[line] == '\n');
    }
    if (strlen(now) != strlen(old))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s holds rows of another run: remove the file to begin anew",
                             path);
    return SEAM_OK;
}
