/* The public functions for a program whose structs have other sizes. */
#include "base/sized.h"
#include "seamless/seamless.h"

void seam_model_params_init_sized(size_t params_size, struct seam_model_params *params)
{
    struct seam_model_params own;
    seam_model_params_init(&own);
    SEAM_GIVE(params, params_size, own);
}

static const struct seam_model_params *take_params(struct seam_model_params *own,
                                                   const struct seam_model_params *params,
                                                   size_t size)
{
    seam_model_params_init(own);
    SEAM_TAKE(*own, params, size);
    return own;
}

enum seam_result seam_model_open_sized(size_t params_size, struct seam_model **model,
                                       const char *name, const struct seam_model_params *params,
                                       struct seam_log *log)
{
    struct seam_model_params own;
    return seam_model_open(model, name, take_params(&own, params, params_size), log);
}

enum seam_result seam_model_open_memory_sized(size_t params_size, struct seam_model **model,
                                              const void *data, size_t size, const char *name,
                                              const struct seam_model_params *params,
                                              struct seam_log *log)
{
    struct seam_model_params own;
    return seam_model_open_memory(model, data, size, name, take_params(&own, params, params_size),
                                  log);
}

bool seam_model_port_sized(size_t port_size, const struct seam_model *model, bool output, size_t i,
                           struct seam_port *port)
{
    struct seam_port own;
    const bool there = seam_model_port(model, output, i, &own);
    if (there)
        SEAM_GIVE(port, port_size, own);
    return there;
}

void seam_measure_params_init_sized(size_t params_size, struct seam_measure_params *params)
{
    struct seam_measure_params own;
    seam_measure_params_init(&own);
    SEAM_GIVE(params, params_size, own);
}

void seam_model_measure_sized(size_t params_size, struct seam_model *model,
                              const struct seam_measure_params *params, struct seam_log *log)
{
    struct seam_measure_params own;
    seam_measure_params_init(&own);
    SEAM_TAKE(own, params, params_size);
    seam_model_measure(model, &own, log);
}

void seam_model_describe_sized(size_t facts_size, const struct seam_model *model,
                               struct seam_facts *facts)
{
    struct seam_facts own;
    seam_model_describe(model, &own);
    SEAM_GIVE(facts, facts_size, own);
}

enum seam_result seam_model_reach_sized(size_t params_size, size_t reach_size,
                                        struct seam_model *model,
                                        const struct seam_picture *picture, const void *samples,
                                        const struct seam_params *params, double tolerance,
                                        struct seam_reach *reach, struct seam_log *log)
{
    struct seam_params own;
    struct seam_reach found = { 0 };
    seam_params_init(&own);
    SEAM_TAKE(own, params, params_size);
    const enum seam_result r =
        seam_model_reach(model, picture, samples, &own, tolerance, &found, log);
    SEAM_GIVE(reach, reach_size, found);
    return r;
}
