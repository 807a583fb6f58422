/* Scale, alignment and built-in crop of a network, found by trying small sizes. */
#ifndef SEAM_GEOMETRY_PROBE_H
#define SEAM_GEOMETRY_PROBE_H

#include "engine/engine.h"
#include "model/trial.h"

/*
 * Fill facts->scale_num, scale_den, alignment, crop and channels_out, and the engine memory per
 * padded pixel where the engine tells it. facts->fixed_width and fixed_height are honoured, and
 * facts->alignment where it is not 0. Sizes are tried from small to large, those that only tell
 * memory within limits->bytes.
 *
 * Errors: SEAM_ERROR_MODEL where no size gives a picture whose size follows that of the input.
 */
enum seam_result seam_geometry_probe(const struct seam_engine_ops *ops, void *engine,
                                     struct seam_facts *facts,
                                     const struct seam_trial_limits *limits,
                                     struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_GEOMETRY_PROBE_H */
