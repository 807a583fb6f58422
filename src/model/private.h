/* A model from inside; only the files of this folder use this. */
#ifndef SEAM_MODEL_PRIVATE_H
#define SEAM_MODEL_PRIVATE_H

#include <pthread.h>

#include "base/cancel.h"
#include "base/log.h"
#include "engine/engine.h"
#include "field/analysis.h"
#include "graph/graph.h"
#include "model/model.h"
#include "model/network.h"

struct seam_session {
    struct seam_model *model;
    void *engine; /* the engine's session */
    int threads;
};

struct seam_model {
    const struct seam_engine_ops *ops;
    void *engine; /* NULL: by its graph alone */
    int threads;  /* of a session */
    struct seam_facts facts;
    struct seam_graph *graph; /* NULL: the analysis found nothing */
    struct seam_analysis analysis;
    bool unproved; /* the device that it was opened on gives wrong pictures */
    bool summed;
    uint64_t sum;      /* of all that was read of it, where `summed` */
    uint64_t settings; /* checksum of what it was opened with */
    uint64_t reached;  /* most bytes that were resident while it was loaded and tried */
    pthread_mutex_t lock;      /* guards the next */
    struct seam_session *idle; /* a session that nobody uses: trials and the first stream share
                                  one */
    int sessions;              /* in use */
    bool closed;               /* by its owner: the last session takes it along */
};

/* Open a network where the settings say, the CPU where they leave it open (open.c). */
enum seam_result seam_model_open_source(struct seam_model **model,
                                        const struct seam_network_source *source,
                                        const struct seam_model_params *params,
                                        struct seam_log *log) SEAM_NODISCARD;

/* The same, by a GPU where that is left open and pays for params->pixels (pays.c). */
enum seam_result seam_model_open_sooner(struct seam_model **model,
                                        const struct seam_network_source *source,
                                        const struct seam_model_params *params,
                                        struct seam_log *log) SEAM_NODISCARD;

/* Whether a GPU that takes so many seconds for a job, opening it included, is worth it. */
bool seam_device_pays(double cpu, double gpu);

/* SEAM_CANCELLED, and said, where somebody asks to stop opening. */
static inline enum seam_result seam_model_stopped(const struct seam_model_params *params,
                                                  struct seam_log *log)
{
    const struct seam_cancel cancel = { params->cancelled, params->opaque };
    return seam_cancel_asked(&cancel) ? seam_log_fail(log, SEAM_CANCELLED, "cancelled") : SEAM_OK;
}

/* SEAM_ERROR_ARGUMENT, said, where a value is none. */
enum seam_result seam_model_check(const struct seam_model_params *params, struct seam_log *log);

/* Whether a device beside the CPU is asked for. */
bool seam_model_asks_device(const struct seam_model_params *params);

/* Nobody uses it any more. */
void seam_model_destroy(struct seam_model *model);

/* Memory that runs may take now, within a budget of the process or what the machine can spare. */
uint64_t seam_model_memory(const struct seam_machine *machine, uint64_t budget);

#endif /* SEAM_MODEL_PRIVATE_H */
