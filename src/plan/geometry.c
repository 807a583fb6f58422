#include "plan/geometry.h"

static int64_t edge_reflect(int64_t v, int64_t size)
{
    if (size == 1)
        return 0;
    /* The reflected picture repeats every 2 * (size - 1): the border is not doubled. */
    int64_t period = 2 * (size - 1);
    int64_t r = v % period;
    if (r < 0)
        r += period;
    return r < size ? r : period - r;
}

int64_t seam_edge_map(enum seam_edge edge, int64_t v, int64_t size)
{
    if (v >= 0 && v < size)
        return v;
    switch (edge) {
    case SEAM_EDGE_REPLICATE: return seam_clamp(v, 0, size - 1);
    case SEAM_EDGE_ZERO: return -1;
    case SEAM_EDGE_REFLECT:
    case SEAM_EDGE_MODEL: break;
    }
    return edge_reflect(v, size);
}

int64_t seam_axis_map(const struct seam_axis *axis, enum seam_edge edge, int64_t v)
{
    int64_t in_aligned = seam_edge_map(edge, v, axis->aligned);
    return in_aligned < 0 ? -1 : edge_reflect(in_aligned, axis->size);
}

struct seam_span seam_axis_core(const struct seam_axis *axis, int64_t i)
{
    const int64_t begin = axis->origin + i * axis->core;
    return (struct seam_span){ seam_min(begin, axis->size),
                               seam_min(begin + axis->core, axis->size) };
}

struct seam_span seam_axis_target(const struct seam_axis *axis, int64_t i)
{
    struct seam_span core = seam_axis_core(axis, i);
    if (core.begin > 0)
        core.begin -= axis->overlap;
    return core;
}

struct seam_span seam_axis_padded(const struct seam_axis *axis, int64_t halo, int64_t i)
{
    int64_t wanted = axis->origin + i * axis->core - axis->overlap - halo;
    int64_t begin = seam_clamp(wanted, axis->domain_begin, axis->domain_end - axis->padded);
    return (struct seam_span){ begin, begin + axis->padded };
}

struct seam_span seam_axis_output(const struct seam_axis *axis, struct seam_span in,
                                  int64_t scale_num, int64_t scale_den)
{
    int64_t end = seam_div_up(in.end * scale_num, scale_den);
    return (struct seam_span){ in.begin * scale_num / scale_den, seam_min(end, axis->out_size) };
}

/* What a span reads of `size` positions that are continued by reflection. It meets the inside, so
 * that what it reads beyond a border is mirrored onto the positions next to that border. */
static struct seam_span reads_reflected(struct seam_span span, int64_t size)
{
    const int64_t last = size - 1;
    const int64_t above = seam_clamp(-span.begin, 0, last);
    const int64_t below = seam_clamp(span.end - size, 0, last);
    return (struct seam_span){
        seam_min(seam_max(span.begin, 0), below ? last - below : last),
        seam_max(seam_min(span.end, size), above + 1),
    };
}

struct seam_span seam_axis_reads(const struct seam_axis *axis, enum seam_edge edge, int64_t halo,
                                 int64_t i)
{
    struct seam_span span = seam_axis_padded(axis, halo, i);
    if (edge == SEAM_EDGE_REFLECT || edge == SEAM_EDGE_MODEL)
        span = reads_reflected(span, axis->aligned);
    span.begin = seam_clamp(span.begin, 0, axis->aligned - 1);
    span.end = seam_clamp(span.end, 1, axis->aligned);
    return reads_reflected(span, axis->size);
}
