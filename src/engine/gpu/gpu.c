/*
 * The engine gpu behind the table of engines: a tile is a picture of its own whose origin lies
 * where the tile does, and every sample is one fixed chain of operations wherever it lies, so that
 * tiles are the whole to the bit on one device and driver.
 *
 * What lies on the device is counted: a device that is lost is opened once more, and the sessions
 * that used it come over one by one.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "engine/ends.h"
#include "engine/gpu/gpu.h"
#include "field/analysis.h"

/* One is computed while one is made ready and one is taken apart. */
#define RUNS_IN_FLIGHT 3

static void gpu_close(void *engine)
{
    struct gpu_engine *e = engine;
    if (!e)
        return;
    seam_gpu_core_drop(e, &e->core);
    seam_gpu_program_close(&e->program);
    seam_net_close(&e->net);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static enum seam_result gpu_lower(struct gpu_engine *e, const struct seam_network *network,
                                  const struct seam_model_params *params,
                                  struct seam_facts *facts, struct seam_log *log)
{
    struct seam_net_obstacle why;
    const struct seam_net_params p = {
        .picture = seam_analysis_picture(network->graph, params->picture, params->inputs,
                                         params->input_count),
        .output = params->output,
        .inputs = params->inputs,
        .input_count = params->input_count,
        .lenient = params->lenient,
    };
    enum seam_result r = seam_ends_check(network, params, "gpu", facts, log);
    if (r != SEAM_OK)
        return r;
    r = seam_net_open(&e->net, network->graph, &p, &why);
    if (r == SEAM_OK)
        r = seam_gpu_program_check(e->net, &why);
    return r == SEAM_OK ? r : seam_ends_refuse(&why, r, "gpu", facts, log);
}

/* A device for what was lowered, in the precision that both are for. */
static enum seam_result gpu_load(struct gpu_engine *e, const struct seam_model_params *params,
                                 struct seam_log *log)
{
    struct seam_gpu_device *device;
    enum seam_result r = seam_gpu_open(&device, e->choice, log);
    if (r != SEAM_OK)
        return r;
    if (params->precision == SEAM_PRECISION_HALF && !device->is.half) {
        seam_log_fail(log, SEAM_ERROR_ENGINE, "%s does not take float16 in memory; use --precision "
                      "float", device->is.name);
        seam_gpu_close(&device);
        return SEAM_ERROR_ENGINE;
    }
    const bool half = params->precision >= SEAM_PRECISION_HALF && device->is.half;
    r = seam_gpu_program_open(&e->program, e->net, half);
    if (r != SEAM_OK) {
        seam_gpu_close(&device);
        return seam_log_fail(log, r, "%s: no memory for its program", e->name);
    }
    seam_net_drop_weights(e->net);
    return seam_gpu_core_open(&e->core, &device, e->program, log);
}

/* What tiles take is a line through two sizes: all tensors grow with the tile. */
static void set_cost(const struct gpu_engine *e, struct seam_device_cost *cost)
{
    const struct seam_gpu_device *d = e->core->device;
    const int64_t side = seam_align_up(256, e->net->alignment);
    struct seam_gpu_layout layout;
    uint64_t small, large, host;
    snprintf(cost->name, sizeof(cost->name), "%s", d->is.name);
    cost->in_flight = RUNS_IN_FLIGHT;
    cost->shared = d->is.shares_memory;
    const struct seam_span narrow[2] = { { 0, side }, { 0, side } };
    const struct seam_span wide[2] = { { 0, side }, { 0, 2 * side } };
    if (!seam_gpu_tile_measure(e->core, narrow, &layout, &small, &host) ||
        !seam_gpu_tile_measure(e->core, wide, &layout, &large, &host) || large <= small)
        return;
    /* Some is left to others, and for what a driver takes beside. */
    cost->memory = d->is.available / 10 * 8;
    cost->bytes = e->core->constants.bytes;
    cost->bytes_per_pixel = (double)(large - small) / (double)(side * side);
    cost->run_bytes = (uint64_t)seam_max((int64_t)(2 * small) - (int64_t)large, 0) + 4096;
}

static enum seam_result gpu_open_all(struct gpu_engine *e, const struct seam_network *network,
                                     const struct seam_model_params *params,
                                     struct seam_facts *facts, struct seam_log *log)
{
    if (!network->graph || !network->analysis)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s", network->unread);
    /* What keeps another engine from running it is told by that one. */
    struct seam_facts mine = *facts;
    enum seam_result r = gpu_lower(e, network, params, &mine, log);
    if (r == SEAM_OK)
        r = gpu_load(e, params, log);
    if (r != SEAM_OK)
        return r;
    const struct seam_device *is = &e->core->device->is;
    set_cost(e, &facts->device);
    snprintf(facts->engine, sizeof(facts->engine), "gpu");
    snprintf(facts->engine_text, sizeof(facts->engine_text), "gpu %s, %.120s%s", is->name,
             is->driver, e->program->half ? ", half" : "");
    facts->precision = e->program->half ? SEAM_PRECISION_HALF : SEAM_PRECISION_FLOAT;
    facts->channels_in = (int)network->analysis->channels_in;
    facts->fixed_width = network->analysis->fixed_width;
    facts->fixed_height = network->analysis->fixed_height;
    return SEAM_OK;
}

static enum seam_result gpu_open(void **engine, const struct seam_network *network,
                                 const struct seam_model_params *params, struct seam_facts *facts,
                                 struct seam_log *log)
{
    struct gpu_engine *e = calloc(1, sizeof(*e));
    if (!e || pthread_mutex_init(&e->lock, NULL) != 0) {
        free(e);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the engine of %s",
                             network->name);
    }
    snprintf(e->name, sizeof(e->name), "%s", facts->name);
    snprintf(e->choice, sizeof(e->choice), "%s", params->device ? params->device : "gpu");
    const enum seam_result r = gpu_open_all(e, network, params, facts, log);
    if (r != SEAM_OK) {
        gpu_close(e);
        return r;
    }
    *engine = e;
    return SEAM_OK;
}

const struct seam_engine_ops seam_engine_gpu = {
    .name = "gpu",
    .choice = SEAM_ENGINE_GPU,
    .on_device = true,
    .code = seam_gpu_code,
    .open = gpu_open,
    .close = gpu_close,
    .begin = seam_gpu_begin,
    .end = seam_gpu_end,
    .try_size = seam_gpu_try_size,
    .run = seam_gpu_run,
    .submit = seam_gpu_submit,
    .wait = seam_gpu_wait,
    .limit = seam_gpu_limit,
    .count_begin = seam_gpu_count_begin,
    .count_end = seam_gpu_count_end,
};
