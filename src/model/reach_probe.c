#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "plan/geometry.h"
#include "field/analysis.h"
#include "model/reach_probe.h"

#define LOUD 100

/* One measurement: the network, its input as it is and changed, and what comes of both. */
struct measure {
    const struct seam_reach_net *net;
    const struct seam_reach_trial *trial;
    int64_t out_width, out_height;
    float *changed, *before, *after;
    struct seam_reach_found *found;
};

/* A line across the picture, and which side of it is changed. */
struct line {
    int dir;    /* 0: across the height, 1: across the width */
    int64_t at; /* first position behind it */
    bool behind;
};

/* The position, beyond the line and before it alike, that takes the place of `place` when the half
 * is turned. */
static int64_t turned(const struct line *line, int64_t place, int64_t size)
{
    if (line->behind)
        return seam_edge_map(SEAM_EDGE_REFLECT, 2 * line->at - 1 - place, line->at);
    return line->at + seam_edge_map(SEAM_EDGE_REFLECT, line->at - 1 - place, size - line->at);
}

static float changed_value(const struct measure *m, const struct line *line,
                           enum seam_reach_change change, const float *plane, int64_t x, int64_t y)
{
    const struct seam_reach_trial *t = m->trial;
    const double v = plane[y * t->width + x];
    switch (change) {
    case SEAM_REACH_LOUD: return (float)(t->lo + (t->hi - v) * LOUD);
    case SEAM_REACH_TURN:
        if (line->dir)
            return plane[(t->height - 1 - y) * t->width + turned(line, x, t->width)];
        return plane[turned(line, y, t->height) * t->width + t->width - 1 - x];
    case SEAM_REACH_INVERT:
    case SEAM_REACH_CHANGES: break;
    }
    return (float)(t->lo + (t->hi - v));
}

static void change_half(struct measure *m, const struct line *line, enum seam_reach_change change)
{
    const struct seam_reach_trial *t = m->trial;
    const int64_t area = t->width * t->height;
    for (int64_t c = 0; c < m->net->channels_in; c++)
        for (int64_t y = 0; y < t->height; y++)
            for (int64_t x = 0; x < t->width; x++) {
                const float *plane = t->input + c * area;
                const bool behind = (line->dir ? x : y) >= line->at;
                m->changed[c * area + y * t->width + x] =
                    behind == line->behind ? changed_value(m, line, change, plane, x, y)
                                           : plane[y * t->width + x];
            }
}

static bool differ(float a, float b, double tolerance)
{
    if (tolerance > 0)
        return !(fabs((double)a - (double)b) <= tolerance); /* NaN counts */
    return memcmp(&a, &b, sizeof(a)) != 0;
}

/* Output samples at the border `side` that are not looked at. */
static int64_t ignored(const struct measure *m, int side)
{
    return seam_div_up(m->net->ignore[side] * m->net->scale_num, m->net->scale_den);
}

/* The first and the last row (or column) of the output that differs; *last is -1 where none
 * does. */
static void changed_range(const struct measure *m, int dir, int64_t *first, int64_t *last)
{
    const int64_t size = dir ? m->out_width : m->out_height;
    const int64_t begin = ignored(m, dir ? SEAM_LEFT : SEAM_TOP);
    const int64_t end = size - ignored(m, dir ? SEAM_RIGHT : SEAM_BOTTOM);
    const int64_t count = m->net->channels_out * m->out_width * m->out_height;
    *first = INT64_MAX;
    *last = -1;
    for (int64_t i = 0; i < count; i++) {
        const int64_t place = dir ? i % m->out_width : i / m->out_width % m->out_height;
        if (place < begin || place >= end || (place >= *first && place <= *last) ||
            !differ(m->before[i], m->after[i], m->trial->tolerance))
            continue;
        *first = seam_min(*first, place);
        *last = seam_max(*last, place);
    }
}

/* Widen what was found by what this line shows. */
static void look(struct measure *m, const struct line *line)
{
    const struct seam_reach_net *net = m->net;
    const int lo = line->dir ? SEAM_LEFT : SEAM_TOP, hi = line->dir ? SEAM_RIGHT : SEAM_BOTTOM;
    int64_t first, last;
    changed_range(m, line->dir, &first, &last);
    if (last < 0)
        return;
    /* The input pixel under the changed output, against the nearest changed input. */
    const int64_t near =
        net->crop[lo] + seam_div_up((first + 1) * net->scale_den, net->scale_num) - 1;
    const int64_t far = net->crop[lo] + last * net->scale_den / net->scale_num;
    const int64_t size = line->dir ? m->out_width : m->out_height;
    if (line->behind) {
        m->found->reach[hi] = seam_max(m->found->reach[hi], line->at - near);
        m->found->open[hi] |= first <= ignored(m, lo);
    } else {
        m->found->reach[lo] = seam_max(m->found->reach[lo], far - (line->at - 1));
        m->found->open[lo] |= last >= size - 1 - ignored(m, hi);
    }
}

static bool measure_line(struct measure *m, struct line *line)
{
    const struct seam_reach_trial *t = m->trial;
    for (int change = 0; change < SEAM_REACH_CHANGES; change++)
        for (int behind = 0; behind < 2 && (t->changes & 1u << change); behind++) {
            line->behind = behind;
            change_half(m, line, (enum seam_reach_change)change);
            if (!m->net->run(m->net->opaque, m->changed, t->width, t->height, m->after))
                return false;
            look(m, line);
        }
    return true;
}

static bool measure_all(struct measure *m)
{
    const struct seam_reach_trial *t = m->trial;
    const int64_t lines = seam_clamp(m->net->alignment, 1, seam_max(t->lines, 1));
    const int64_t step = seam_div_up(m->net->alignment, lines);
    if (!m->net->run(m->net->opaque, t->input, t->width, t->height, m->before))
        return false;
    for (int dir = 0; dir < 2; dir++) {
        const int64_t size = dir ? t->width : t->height;
        const int lo = dir ? SEAM_LEFT : SEAM_TOP, hi = dir ? SEAM_RIGHT : SEAM_BOTTOM;
        /* Where no output is looked at nothing was seen to stay as it was. */
        if (ignored(m, lo) + ignored(m, hi) >= (dir ? m->out_width : m->out_height))
            m->found->open[lo] = m->found->open[hi] = true;
        for (int64_t k = 0; k < lines; k++) {
            struct line line = { .dir = dir, .at = seam_min(size / 2 + k * step, size - 1) };
            if (line.at > 0 && !measure_line(m, &line))
                return false;
        }
    }
    return true;
}

static float *planes(int64_t channels, int64_t area)
{
    return seam_rows_alloc(channels, (size_t)seam_max(area, 1) * sizeof(float));
}

enum seam_result seam_reach_measure(const struct seam_reach_net *net,
                                    const struct seam_reach_trial *trial,
                                    struct seam_reach_found *found)
{
    struct measure m = { .net = net, .trial = trial, .found = found };
    const int64_t width = trial->width - net->crop[SEAM_LEFT] - net->crop[SEAM_RIGHT];
    const int64_t height = trial->height - net->crop[SEAM_TOP] - net->crop[SEAM_BOTTOM];
    m.out_width = width * net->scale_num / net->scale_den;
    m.out_height = height * net->scale_num / net->scale_den;
    memset(found, 0, sizeof(*found));
    m.changed = planes(net->channels_in, trial->width * trial->height);
    m.before = planes(net->channels_out, m.out_width * m.out_height);
    m.after = planes(net->channels_out, m.out_width * m.out_height);
    enum seam_result r = SEAM_ERROR_MEMORY;
    if (m.changed && m.before && m.after)
        r = measure_all(&m) ? SEAM_OK : SEAM_ERROR_ENGINE;
    free(m.changed);
    free(m.before);
    free(m.after);
    return r;
}
