/* Black-box measurement of a network with ONNX Runtime: which outputs change with which inputs. */
#ifndef SEAM_TESTS_PROBE_H
#define SEAM_TESTS_PROBE_H

#include "field/analysis.h"

struct probe;

/* Open for the network that was analysed. NULL, with words in `error`, where the engine refuses.
 * The graph and the analysis must outlive the probe. */
struct probe *probe_open(const struct seam_graph *graph, const struct seam_analysis *a,
                         const void *file, size_t size, char *error, size_t room);
void probe_close(struct probe *p);

/* An image of channels x height x width. */
struct probe_image {
    int64_t channels, height, width;
    float *data;
};
void probe_image_random(struct probe_image *image, int64_t channels, int64_t height, int64_t width,
                        uint32_t seed);
void probe_image_free(struct probe_image *image);

/* Run; false, with words in the error of the probe, where the engine fails. */
bool probe_run(struct probe *p, const struct probe_image *in, struct probe_image *out);
const char *probe_error(const struct probe *p);

/*
 * Change all input on one side of a line, and see how far outputs on the other side change:
 * reach[side] as in seam_analysis.field. `size` is the picture's side, a multiple of the alignment.
 */
bool probe_reach(struct probe *p, int64_t size, int64_t reach[4]);

/* Largest difference, as a part of the largest output or of 1 if that is more, between a run over
 * the whole picture and runs over tiles with the exact halo, away from the
 * picture's borders; *tiles counts them. Negative: the engine failed. */
double probe_tiles(struct probe *p, int64_t size, int64_t tile, int *tiles);

#endif /* SEAM_TESTS_PROBE_H */
