/* Lanczos3 for what travels beside the network: alpha, and chroma around a luma network. Pure. */
#ifndef SEAM_RESAMPLE_H
#define SEAM_RESAMPLE_H

#include "seamless/seamless.h"

/* Where the samples of one output position come from, along one axis. */
struct seam_taps {
    int64_t first;       /* input position of weight 0 */
    int count;           /* number of weights */
    const float *weight; /* they sum to 1 */
};

/*
 * The filter for one ratio: a set of weights for each of the `scale_num` phases an output position
 * can have. Weights depend on the phase alone, so any tile computes the same.
 *
 * Source: Lanczos kernel of three lobes, sinc(x) sinc(x/3), widened by 1/scale when reducing.
 */
struct seam_filter {
    int64_t scale_num, scale_den;
    int count;     /* weights per phase */
    float *weights; /* scale_num * count */
    int64_t *first; /* scale_num: input position of weight 0 for output position = phase */
};

enum seam_result seam_filter_open(struct seam_filter *filter, int64_t scale_num, int64_t scale_den,
                                  struct seam_log *log) SEAM_NODISCARD;
void seam_filter_close(struct seam_filter *filter);

/* The taps of output position `out` (>= 0, counted from the picture's origin, as is `first`). */
struct seam_taps seam_filter_taps(const struct seam_filter *filter, int64_t out);

#endif /* SEAM_RESAMPLE_H */
