/* Trial runs: what the network takes at a few sizes. */
#include "base/common.h"
#include "base/log.h"
#include "base/process.h"
#include "model/private.h"
#include "model/trial.h"
#include "model/trial_cache.h"

/* Trial runs take no more where no budget is stated. */
#define MOST_TRIAL_BYTES 512000000
/* In more room than this what the heap keeps for the next picture counts for little. */
#define LARGE_ROOM ((uint64_t)1 << 30)

uint64_t seam_model_memory(const struct seam_machine *machine, uint64_t budget)
{
    if (budget == 0)
        return (uint64_t)seam_min((int64_t)(machine->available / 4), MOST_TRIAL_BYTES);
    return budget > machine->resident ? budget - machine->resident : 0;
}

void seam_measure_params_init(struct seam_measure_params *params)
{
    *params = (struct seam_measure_params){ 0 };
}

/* The part of a picture's time that trial runs may take. */
#define TRIAL_PART 0.03
#define LONGEST_TRIALS 2.0
/* What is spent all the same: memory cannot be told from one small size. */
#define SHORTEST_TRIALS 0.1

void seam_model_measure(struct seam_model *m, const struct seam_measure_params *params,
                        struct seam_log *log)
{
    struct seam_measure_params defaults;
    struct seam_trial_cache cache;
    struct seam_machine machine;
    seam_measure_params_init(&defaults);
    if (!params)
        params = &defaults;
    struct seam_session *session;
    if (seam_session_open(&session, m, 0, NULL) != SEAM_OK)
        return; /* by its graph alone */
    char network[64];
    seam_model_identity(m, network, sizeof(network));
    seam_trial_cache_init(&cache, params->cache,
                          &(struct seam_trial_key){ network, m->threads }, &m->facts);
    if (m->facts.trial_count == 0 && seam_trial_cache_read(&cache, &m->facts))
        seam_debug(log, "%s: trial runs of an earlier process serve: %s", m->facts.name,
                   cache.file);
    seam_machine_memory(&machine);
    struct seam_trial_limits limits = {
        .seconds = LONGEST_TRIALS,
        .bytes = seam_model_memory(&machine, params->memory) / (params->memory ? 2 : 1),
        .pixels = params->pixels,
        .threads = m->threads,
        .cancel = { params->cancelled, params->opaque },
    };
    struct seam_memory_mark mark;
    seam_memory_mark(&mark);
    const double expected = TRIAL_PART * params->pixels * m->facts.seconds_per_pixel;
    if (params->pixels > 0 && expected < limits.seconds)
        limits.seconds = expected > SHORTEST_TRIALS ? expected : SHORTEST_TRIALS;
    const bool tried = seam_trials_run(m->ops, session->engine, &m->facts, &limits);
    if (tried && !seam_cancel_asked(&limits.cancel) &&
        !seam_trial_cache_write(&cache, &m->facts))
        seam_debug(log, "%s: what trial runs found cannot be kept for later", m->facts.name);
    m->reached = (uint64_t)seam_max((int64_t)m->reached, (int64_t)seam_memory_since(&mark));
    seam_session_close(&session);
    /* What they left would be counted as held, and then once more when it is taken again. */
    if (tried || (params->memory ? params->memory : machine.available) < LARGE_ROOM)
        seam_memory_trim();
}
