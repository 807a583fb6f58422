/* A model: an engine with a network in it, and what is known of the network. Sessions run it. */
#ifndef SEAM_MODEL_H
#define SEAM_MODEL_H

#include "engine/engine.h"

/*
 * What runs a model: threads, scratch memory and limits of its own, upon weights that are there
 * once.
 *
 * Thread-safety: one call at a time; sessions of one model run beside each other, and are opened
 * and closed from any thread.
 */
struct seam_session;

/* The model must outlive it. `threads`: fewer than the model's, of an engine that takes them for
 * each session; 0: the model's. Errors: SEAM_ERROR_ENGINE where the engine has refused the network,
 * SEAM_ERROR_MEMORY. */
enum seam_result seam_session_open(struct seam_session **session, struct seam_model *model,
                                   int threads, struct seam_log *log) SEAM_NODISCARD;
void seam_session_close(struct seam_session **session);

/* What runs may take from now on; see engine.h. */
void seam_session_limit(struct seam_session *session, uint64_t budget, uint64_t others);

/* Whether there may be a GPU: where the kernel shows none, drivers, which take much memory, are not
 * loaded to say so. A loader that is named in SEAMLESS_VULKAN knows better. */
bool seam_model_may_have_gpu(void);

/* Most bytes of the process that were resident while this network was loaded and tried. */
uint64_t seam_model_reached(const struct seam_model *model);

/* Run the network once, on planes in its own range; see engine.h.
 *
 * Errors: SEAM_ERROR_ENGINE, SEAM_ERROR_MEMORY. */
enum seam_result seam_session_run(struct seam_session *session, struct seam_engine_io *io,
                                  struct seam_log *log) SEAM_NODISCARD;

/* The same in two halves; see engine.h. An engine that is not asynchronous runs in the first. */
enum seam_result seam_session_submit(struct seam_session *session, struct seam_engine_io *io,
                                     struct seam_log *log) SEAM_NODISCARD;
enum seam_result seam_session_wait(struct seam_session *session, struct seam_engine_io *io,
                                   struct seam_log *log) SEAM_NODISCARD;

/* Where the engine cuts the network into passes over the picture, *count places: of facts that say
 * passes_in_tiles. */
const struct seam_cut *seam_session_cuts(const struct seam_session *session, size_t *count);

/* How the engine streams rows, for which it is given *engine; NULL: by tiles alone. */
const struct seam_rows_ops *seam_session_rows(struct seam_session *session, void **engine);

/* What tells this network, and what it was opened with, from any other: a checksum of all
 * bytes that were read of it, weights in other files too, and of the settings that decide its
 * result; "" where an engine has read a file that nobody else could. Always ended. */
void seam_model_identity(const struct seam_model *model, char *text, size_t size);

/* What the file says of itself, or its reader found out: "seamless.architecture",
 * "seamless.purpose", "seamless.format", "seamless.licence", "seamless.note", of which the i-th.
 * NULL where there is none; lives as long as the model. */
const char *seam_model_tells(const struct seam_model *model, const char *key, size_t i);

#endif /* SEAM_MODEL_H */
