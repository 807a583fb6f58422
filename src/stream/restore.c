/* A picture in memory through a network, in one call. */
#include <string.h>

#include "base/common.h"
#include "plan/plan.h"
#include "seamless/seamless.h"

enum seam_result seam_restored(struct seam_picture *result, const struct seam_picture *picture,
                               const struct seam_facts *facts, const struct seam_params *params,
                               struct seam_log *log)
{
    struct seam_params all;
    struct seam_plan plan;
    /* What comes out depends on no machine. */
    const struct seam_machine boundless = { .pool = INT64_MAX / 2, .available = INT64_MAX / 2,
                                            .cpus = 1 };
    seam_params_init(&all);
    if (params)
        all = *params;
    all.memory = 0;
    const enum seam_result r = seam_plan_make(&plan, picture, facts, &all, &boundless, log);
    if (r != SEAM_OK)
        return r;
    *result = (struct seam_picture){
        .width = plan.x.out_size,
        .height = plan.y.out_size,
        .bands = plan.out_bands,
        .alpha = plan.picture.alpha,
        .sample = plan.out_sample,
        .transfer = plan.out_sample == SEAM_SAMPLE_F32 ? picture->transfer : SEAM_TRANSFER_NONE,
    };
    return SEAM_OK;
}

struct memory {
    const unsigned char *samples;
    size_t row_bytes;
};

static int memory_read(void *opaque, int64_t y, int64_t rows, void *dst)
{
    const struct memory *m = opaque;
    memcpy(dst, m->samples + (size_t)y * m->row_bytes, (size_t)rows * m->row_bytes);
    return 0;
}

static int memory_rewind(void *opaque)
{
    (void)opaque;
    return 0;
}

enum seam_result seam_restore(struct seam_model *model, const struct seam_picture *picture,
                              const void *samples, void *out, const struct seam_params *params,
                              struct seam_log *log)
{
    struct seam_params all;
    struct seam_facts facts;
    struct seam_machine machine;
    struct seam_plan plan;
    struct seam_stream *stream = NULL;
    seam_params_init(&all);
    if (params)
        all = *params;
    seam_model_describe(model, &facts);
    seam_machine_measure(&machine);
    enum seam_result r = seam_plan_make(&plan, picture, &facts, &all, &machine, log);
    if (r != SEAM_OK)
        return r;
    struct memory memory = { samples, (size_t)picture->width * (size_t)picture->bands *
                                          seam_sample_bytes(picture->sample) };
    const struct seam_source source = { &memory, memory_read, memory_rewind };
    r = seam_stream_open(&stream, model, &plan, &source, NULL, log);
    if (r == SEAM_OK)
        r = seam_stream_read(stream, plan.y.out_size, out, 0);
    seam_stream_close(&stream);
    return r;
}
