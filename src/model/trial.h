/* Trial runs: what a network takes, in time and memory, at a few sizes. */
#ifndef SEAM_MODEL_TRIAL_H
#define SEAM_MODEL_TRIAL_H

#include "base/cancel.h"
#include "engine/engine.h"

/* What trial runs may take. */
struct seam_trial_limits {
    double seconds; /* of all together; of a trial run that finds the geometry there is no limit */
    uint64_t bytes; /* of memory, tensors included */
    double pixels;  /* of one run; 0: any */
    int threads;    /* of the engine */
    struct seam_cancel cancel; /* asked before each run */
};

/* Add to facts->trials what is missing and within the limits. Returns whether anything was
 * added. */
bool seam_trials_run(const struct seam_engine_ops *ops, void *engine, struct seam_facts *facts,
                     const struct seam_trial_limits *limits);

#endif /* SEAM_MODEL_TRIAL_H */
