/* The engine of ONNX Runtime from inside: what its files share. */
#ifndef SEAM_ORT_PRIVATE_H
#define SEAM_ORT_PRIVATE_H

#include "engine/engine.h"
#include "engine/ort/io.h"
#include "engine/ort/load.h"
#include "engine/ort/passes.h"
#include "engine/ort/runtime.h"

struct ort_engine {
    const struct ort_runtime *runtime;
    const OrtApi *api;
    OrtSession *network; /* any number of runs at once */
    struct seam_pool *pool; /* of the weights */
    struct ort_io io;
    struct ort_passes passes;
    struct seam_facts *facts;
    char name[256];
};

struct ort_session {
    struct ort_engine *engine; /* constant but for what a trial finds of its output */
    OrtRunOptions *options;
    struct seam_pool *pool;
    struct ort_extra extras[ORT_IO_MOST_INPUTS];
    /* Staging for networks that do not take planar float32. */
    void *staged_input, *staged_output;
    size_t staged_input_bytes, staged_output_bytes;
};

/* One run: of what network, on what, for what. */
struct ort_call {
    OrtSession *network;
    OrtValue *image; /* in the network's own form */
    int64_t width, height;
    const char *const *known_names; /* inputs behind the network's own */
    OrtValue *const *known;
    size_t n_known;
    const char *const *outputs;
    OrtValue **results; /* NULL each for the runtime to allocate; the caller releases them */
    size_t n_outputs;
};

/* *lacked: see seam_engine_io. */
enum seam_result seam_ort_invoke(struct ort_session *session, const struct ort_call *call,
                                 uint64_t *lacked, struct seam_log *log);

/* The runtime's words, as a failure of that kind unless memory was refused. */
enum seam_result seam_ort_fail(const struct ort_engine *e, struct seam_log *log,
                               enum seam_result result, OrtStatus *status);

#endif /* SEAM_ORT_PRIVATE_H */
