/* A model: an engine with a network in it, and what is known of the network. */
#ifndef SEAM_MODEL_H
#define SEAM_MODEL_H

#include "seamless/seamless.h"

/*
 * Run the network once. `input` is channels_in planes of width x height floats in the network's
 * range, `output` channels_out planes of out_width x out_height; the caller owns both.
 *
 * Errors: SEAM_ERROR_ENGINE, SEAM_ERROR_MEMORY.
 */
enum seam_result seam_model_run(struct seam_model *model, const float *input, int64_t width,
                                int64_t height, float *output, int64_t out_width,
                                int64_t out_height, struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_MODEL_H */
