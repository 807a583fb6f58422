/* A model: an engine with a network in it, and what is known of the network. */
#ifndef SEAM_MODEL_H
#define SEAM_MODEL_H

#include "engine/engine.h"

/* Run the network once, on planes in its own range; see engine.h.
 *
 * Errors: SEAM_ERROR_ENGINE, SEAM_ERROR_MEMORY. */
enum seam_result seam_model_run(struct seam_model *model, struct seam_engine_io *io,
                                struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_MODEL_H */
