/* Networks and pictures for the tests of the engine gpu. */
#ifndef SEAM_TESTS_GPU_CASES_H
#define SEAM_TESTS_GPU_CASES_H

#include "engine/engine.h"
#include "model_cases.h"
#include "rows.h"
#include "vulkan_fault.h"

/* Of the loader that stands before Vulkan's. */
extern struct vulkan_fault *fault;

/* An engine by itself, with a session. */
struct lowered {
    const struct seam_engine_ops *ops;
    void *engine, *session;
    struct seam_facts facts;
};

/* False: it has no way for the network. */
bool lowered_open(struct lowered *l, const struct seam_engine_ops *ops,
                  const struct seam_network *network);
void lowered_close(struct lowered *l);

/* Two convolutions and what goes around them. */
void gpu_build_small(struct onnx_builder *b);
/* The network `name`, or that small one where it is NULL. */
enum seam_result gpu_open_network(struct seam_model **model, const char *name,
                                  const struct seam_model_params *params, struct seam_log *log);
/* On the first device. */
struct seam_model *gpu_open_precise(const char *name, int64_t precision, struct seam_log *log);
struct seam_model *gpu_open_model(const char *name, struct seam_log *log);

/* A float picture through tiles of `tile` pixels; the result is the caller's, in bytes. NULL: it
 * failed. */
unsigned char *gpu_restore(struct seam_model *model, int64_t tile, int64_t halo, int in_flight,
                           struct seam_plan *plan, struct seam_log *log);
size_t gpu_result_bytes(const struct seam_plan *plan);

/* A cache folder of its own for what follows, and its end. */
char *gpu_new_cache(void);
void gpu_drop_cache(char *folder);

/* The tests of test_gpu_work.c, and of test_gpu_kept.c. */
void test_half(void);
void test_cut(void);
void test_auto(void);
void test_kept(void);
void test_several(void);

#endif /* SEAM_TESTS_GPU_CASES_H */
