/* The public functions for a program whose structs have other sizes. */
#include "base/sized.h"
#include "seamless/seamless.h"

void seam_stream_params_init_sized(size_t params_size, struct seam_stream_params *params)
{
    struct seam_stream_params own;
    seam_stream_params_init(&own);
    SEAM_GIVE(params, params_size, own);
}

enum seam_result seam_stream_open_sized(size_t plan_size, size_t source_size, size_t params_size,
                                        struct seam_stream **stream, struct seam_model *model,
                                        const struct seam_plan *plan,
                                        const struct seam_source *source,
                                        const struct seam_stream_params *params,
                                        struct seam_log *log)
{
    struct seam_plan own_plan = { 0 };
    struct seam_source own_source = { 0 };
    struct seam_stream_params own_params;
    seam_stream_params_init(&own_params);
    SEAM_TAKE(own_plan, plan, plan_size);
    SEAM_TAKE(own_source, source, source_size);
    SEAM_TAKE(own_params, params, params_size);
    return seam_stream_open(stream, model, &own_plan, &own_source, &own_params, log);
}

void seam_stream_plan_sized(size_t plan_size, const struct seam_stream *stream,
                            struct seam_plan *plan)
{
    struct seam_plan own;
    seam_stream_plan(stream, &own);
    SEAM_GIVE(plan, plan_size, own);
}

enum seam_result seam_restored_sized(size_t facts_size, size_t params_size,
                                     struct seam_picture *result,
                                     const struct seam_picture *picture,
                                     const struct seam_facts *facts,
                                     const struct seam_params *params, struct seam_log *log)
{
    struct seam_facts own_facts = { 0 };
    struct seam_params own_params;
    seam_params_init(&own_params);
    SEAM_TAKE(own_facts, facts, facts_size);
    SEAM_TAKE(own_params, params, params_size);
    return seam_restored(result, picture, &own_facts, &own_params, log);
}

enum seam_result seam_restore_sized(size_t params_size, struct seam_model *model,
                                    const struct seam_picture *picture, const void *samples,
                                    void *out, const struct seam_params *params,
                                    struct seam_log *log)
{
    struct seam_params own;
    seam_params_init(&own);
    SEAM_TAKE(own, params, params_size);
    return seam_restore(model, picture, samples, out, &own, log);
}
