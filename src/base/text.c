#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/common.h"
#include "base/text.h"

struct seam_text seam_text_bytes(uint64_t bytes)
{
    static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB", "EB" };
    struct seam_text text;
    double v = (double)bytes;
    size_t unit = 0;
    while (ceil(v) >= 1000 && unit + 1 < SEAM_ARRAY_LEN(units)) {
        v /= 1000;
        unit++;
    }
    if (unit >= 2 && v < 100)
        snprintf(text.s, sizeof(text.s), "%.1f %s", ceil(v * 10) / 10, units[unit]);
    else
        snprintf(text.s, sizeof(text.s), "%.0f %s", ceil(v), units[unit]);
    return text;
}

struct seam_text seam_text_budget(uint64_t bytes)
{
    struct seam_text text;
    snprintf(text.s, sizeof(text.s), "%" PRIu64 "M", bytes / 1000000 + bytes / 25000000 + 3);
    return text;
}

struct seam_text seam_text_ratio(int64_t num, int64_t den)
{
    struct seam_text text;
    if (den == 1)
        snprintf(text.s, sizeof(text.s), "%" PRId64, num);
    else
        snprintf(text.s, sizeof(text.s), "%" PRId64 "/%" PRId64, num, den);
    return text;
}
