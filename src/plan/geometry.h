/* Where tiles lie: pure functions of a plan's axes. All coordinates are input pixels unless named
 * otherwise. */
#ifndef SEAM_GEOMETRY_H
#define SEAM_GEOMETRY_H

#include "base/common.h"
#include "seamless/seamless.h"

/* Directions: rows first. */
enum { SEAM_ROWS, SEAM_COLUMNS };

struct seam_span {
    int64_t begin, end; /* [begin, end) */
};

/* The position in 0..size-1 that stands for position `v` under `edge`; -1: a zero. */
int64_t seam_edge_map(enum seam_edge edge, int64_t v, int64_t size);

/* As above for an axis of a plan: up to `aligned` the picture is continued by reflection, beyond
 * that by the edge rule. With SEAM_EDGE_MODEL, which adds nothing, what a fixed shape or a
 * cropping network still needs is reflected. */
int64_t seam_axis_map(const struct seam_axis *axis, enum seam_edge edge, int64_t v);

/* Of tile i: the core, clipped to the picture; the target, likewise; what the engine sees. */
struct seam_span seam_axis_core(const struct seam_axis *axis, int64_t i);
struct seam_span seam_axis_target(const struct seam_axis *axis, int64_t i);
struct seam_span seam_axis_padded(const struct seam_axis *axis, int64_t halo, int64_t i);

/* The output pixels of an input span that begins at a multiple of the alignment. */
struct seam_span seam_axis_output(const struct seam_axis *axis, struct seam_span in,
                                  int64_t scale_num, int64_t scale_den);

/* The picture's rows (or columns) that tile i reads. */
struct seam_span seam_axis_reads(const struct seam_axis *axis, enum seam_edge edge, int64_t halo,
                                 int64_t i);

#endif /* SEAM_GEOMETRY_H */
