/* How far a network sees, measured from outside: change one half of its input, and look how far
 * into the other half outputs change. Pure but for the runs, which the caller makes. */
#ifndef SEAM_REACH_PROBE_H
#define SEAM_REACH_PROBE_H

#include "seamless/seamless.h"

/* A network as a black box. The four sides are in the order of enum seam_side. */
struct seam_reach_net {
    /* Run it on channels_in planes of height x width. `out` has room for channels_out planes of
     * (width - crops) x (height - crops) input pixels, times the scale. False: it failed. */
    bool (*run)(void *opaque, const float *in, int64_t width, int64_t height, float *out);
    void *opaque;
    int64_t channels_in, channels_out;
    int64_t scale_num, scale_den;
    int64_t alignment;
    int64_t crop[4];   /* input pixels that the output does not cover */
    int64_t ignore[4]; /* input pixels at the borders that are not looked at */
};

/* What is done to a half. */
enum seam_reach_change {
    SEAM_REACH_INVERT, /* black becomes white */
    SEAM_REACH_LOUD,   /* likewise, and a hundred times beyond the range: what rounds away shows */
    SEAM_REACH_TURN,   /* the other half, turned by 180 degrees: as a picture might well go on */
    SEAM_REACH_CHANGES,
};

struct seam_reach_trial {
    const float *input; /* channels_in planes; sides are multiples of the alignment */
    int64_t width, height;
    double lo, hi;     /* the network's values of black and white */
    double tolerance;  /* differences up to it do not count; 0: every bit does */
    int64_t lines;     /* most lines tried a direction: one for each phase of the alignment, or as
                          many as there may be, evenly spread */
    unsigned changes;  /* a set of 1 << enum seam_reach_change */
};

struct seam_reach_found {
    int64_t reach[4]; /* as in seam_analysis.field */
    bool open[4];     /* changes were seen up to where the looking ends: it may reach farther */
};

/* Errors: SEAM_ERROR_MEMORY; SEAM_ERROR_ENGINE where a run failed, for which the caller has the
 * words. */
enum seam_result seam_reach_measure(const struct seam_reach_net *net,
                                    const struct seam_reach_trial *trial,
                                    struct seam_reach_found *found) SEAM_NODISCARD;

#endif /* SEAM_REACH_PROBE_H */
