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
    for (int i = 0; i < e->devices; i++)
        seam_gpu_core_drop(e, &e->shares[i].core);
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

/* "0,1" is two devices by their numbers; whatever has anything else in it is one by its name. */
static enum seam_result deal_choice(struct gpu_engine *e, const char *choice, struct seam_log *log)
{
    const bool numbers = strspn(choice, "0123456789,") == strlen(choice) && strchr(choice, ',');
    e->devices = 0;
    for (const char *at = choice; at; e->devices++) {
        const size_t n = numbers ? strcspn(at, ",") : strlen(at);
        if (e->devices == SEAM_GPU_MOST_DEVICES || (numbers && n == 0))
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the devices '%s': they must be 1 to %d "
                                 "numbers with commas between, such as 0,1", choice,
                                 SEAM_GPU_MOST_DEVICES);
        snprintf(e->shares[e->devices].choice, sizeof(e->shares[0].choice), "%.*s", (int)n, at);
        at = at[n] ? at + n + 1 : NULL;
    }
    return SEAM_OK;
}

/* Whether a tile of one is a tile of the other to the bit. */
static bool are_alike(const struct seam_device *a, const struct seam_device *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->driver, b->driver) == 0;
}

static void close_devices(struct seam_gpu_device **devices, int n)
{
    for (int i = 0; i < n; i++)
        seam_gpu_close(&devices[i]);
}

/* All devices that were chosen, or none. */
static enum seam_result open_devices(struct gpu_engine *e, int64_t precision,
                                     struct seam_gpu_device **devices, struct seam_log *log)
{
    enum seam_result r = SEAM_OK;
    for (int i = 0; i < e->devices && r == SEAM_OK; i++) {
        r = seam_gpu_open(&devices[i], e->shares[i].choice, log);
        if (r == SEAM_OK && !are_alike(&devices[0]->is, &devices[i]->is))
            r = seam_log_fail(log, SEAM_ERROR_ENGINE, "%s (driver %s) and %s (driver %s) are not "
                              "alike, and would not make one picture; choose devices of one kind",
                              devices[0]->is.name, devices[0]->is.driver, devices[i]->is.name,
                              devices[i]->is.driver);
        if (r == SEAM_OK && precision == SEAM_PRECISION_HALF && !devices[i]->is.half)
            r = seam_log_fail(log, SEAM_ERROR_ENGINE, "%s does not take float16 in memory; use "
                              "--precision float", devices[i]->is.name);
    }
    if (r != SEAM_OK)
        close_devices(devices, e->devices);
    return r;
}

/* Devices for what was lowered, in the precision that they and it are for. */
static enum seam_result gpu_load(struct gpu_engine *e, const struct seam_model_params *params,
                                 struct seam_log *log)
{
    struct seam_gpu_device *devices[SEAM_GPU_MOST_DEVICES] = { NULL };
    enum seam_result r = open_devices(e, params->precision, devices, log);
    if (r != SEAM_OK)
        return r;
    const bool half = params->precision >= SEAM_PRECISION_HALF && devices[0]->is.half;
    r = seam_gpu_program_open(&e->program, e->net, half);
    if (r != SEAM_OK) {
        close_devices(devices, e->devices);
        return seam_log_fail(log, r, "%s: no memory for its program", e->name);
    }
    seam_net_drop_weights(e->net);
    for (int i = 0; i < e->devices && r == SEAM_OK; i++)
        r = seam_gpu_core_open(&e->shares[i].core, &devices[i], e->program, log);
    close_devices(devices, e->devices);
    return r;
}

/* How often the device that was chosen most is among the engine's. */
static uint64_t most_uses(const struct gpu_engine *e)
{
    uint64_t most = 1;
    for (int i = 0; i < e->devices; i++) {
        uint64_t uses = 0;
        for (int k = 0; k < e->devices; k++)
            uses += strcmp(e->shares[k].choice, e->shares[i].choice) == 0;
        most = uses > most ? uses : most;
    }
    return most;
}

/* What tiles take of each device is a line through two sizes: all tensors grow with the tile. */
static void set_cost(const struct gpu_engine *e, struct seam_device_cost *cost)
{
    const struct seam_gpu_core *core = e->shares[0].core;
    const struct seam_gpu_device *d = core->device;
    const int64_t side = seam_align_up(256, e->net->alignment);
    struct seam_gpu_layout layout;
    uint64_t small, large, host;
    snprintf(cost->name, sizeof(cost->name), "%s", d->is.name);
    cost->in_flight = (int)seam_min(RUNS_IN_FLIGHT * e->devices, SEAM_MOST_IN_FLIGHT);
    cost->shared = d->is.shares_memory;
    const struct seam_span narrow[2] = { { 0, side }, { 0, side } };
    const struct seam_span wide[2] = { { 0, side }, { 0, 2 * side } };
    if (!seam_gpu_tile_measure(core, narrow, &layout, &small, &host) ||
        !seam_gpu_tile_measure(core, wide, &layout, &large, &host) || large <= small)
        return;
    /* Some is left to others, and for what a driver takes beside. */
    cost->memory = d->is.available / 10 * 8 / most_uses(e);
    cost->bytes = core->constants.bytes;
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
    const struct seam_device *is = &e->shares[0].core->device->is;
    set_cost(e, &facts->device);
    facts->devices = e->devices;
    facts->device_whole = is->memory;
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
    enum seam_result r = deal_choice(e, params->device ? params->device : "gpu", log);
    if (r == SEAM_OK)
        r = gpu_open_all(e, network, params, facts, log);
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
