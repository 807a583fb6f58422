/* ONNX Runtime through its C API, a table of functions with a version. */
#ifndef SEAM_ORT_RUNTIME_H
#define SEAM_ORT_RUNTIME_H

#include <onnxruntime_c_api.h>

#include "engine/pool.h"
#include "seamless/seamless.h"

/* Thread-safety: constant. */
struct ort_runtime {
    const OrtApi *api;
    OrtEnv *env;
    OrtMemoryInfo *info;
};

/* The one of this process, made at the first call; NULL, in words in the log, where it cannot
 * be. */
const struct ort_runtime *seam_ort_runtime(struct seam_log *log);

/* What the runtime does on this thread until seam_ort_leave() takes its memory from `pool`,
 * denormal numbers being zero; `options` are those of the run, which is ended where the pool
 * refuses, or NULL. */
void seam_ort_enter(struct seam_pool *pool, OrtRunOptions *options);
void seam_ort_leave(void);

/* Keep the runtime's words and release them. Returns whether there was an error. */
bool seam_ort_failed(const OrtApi *api, OrtStatus *status, char *text, size_t size);

#endif /* SEAM_ORT_RUNTIME_H */
