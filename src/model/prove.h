/* Whether what an engine on a device gives is what it should be. */
#ifndef SEAM_MODEL_PROVE_H
#define SEAM_MODEL_PROVE_H

#include "engine/engine.h"

/*
 * Run a small picture through `session`, of the engine `ops`, and through the native engine on the
 * CPU. `facts` is what trial runs have found. SEAM_ERROR_ENGINE, said, where they differ by more
 * than rounding does; SEAM_ERROR_MEMORY.
 */
enum seam_result seam_prove(const struct seam_engine_ops *ops, void *session,
                            const struct seam_network *network,
                            const struct seam_model_params *params,
                            const struct seam_facts *facts, struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_MODEL_PROVE_H */
