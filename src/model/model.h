/* A model: an engine with a network in it, and what is known of the network. */
#ifndef SEAM_MODEL_H
#define SEAM_MODEL_H

#include "engine/engine.h"

/* What runs may take from now on; see engine.h. */
void seam_model_limit(struct seam_model *model, uint64_t budget, uint64_t others);

/* Most bytes of the process that were resident while this network was loaded and tried. */
uint64_t seam_model_reached(const struct seam_model *model);

/* Run the network once, on planes in its own range; see engine.h.
 *
 * Errors: SEAM_ERROR_ENGINE, SEAM_ERROR_MEMORY. */
enum seam_result seam_model_run(struct seam_model *model, struct seam_engine_io *io,
                                struct seam_log *log) SEAM_NODISCARD;

/* What tells this network, and what it was opened with, from any other: a checksum of all
 * bytes that were read of it, weights in other files too, and of the settings that decide its result. Where
 * its graph could not be read, of the file as it is now, "" where that is gone; always ended. */
void seam_model_identity(const struct seam_model *model, char *text, size_t size);

/* The native engine of the model; NULL where another runs it. */
void *seam_model_native(const struct seam_model *model);

#endif /* SEAM_MODEL_H */
