/* Loading networks into ONNX Runtime. */
#ifndef SEAM_ORT_LOAD_H
#define SEAM_ORT_LOAD_H

#include "engine/engine.h"
#include "engine/ort/runtime.h"
#include "graph/graph.h"

struct ort_load {
    const char *name; /* for messages */
    struct seam_pool *pool;
    uint64_t budget; /* of the pool; 0: none */
    int threads;
};

/* Errors: SEAM_ERROR_MODEL, SEAM_ERROR_MEMORY. */
enum seam_result seam_ort_load(OrtSession **session, const struct ort_runtime *runtime,
                               const struct seam_network *network, const struct ort_load *load,
                               struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_ORT_LOAD_H */
