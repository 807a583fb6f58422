/* Whether a GPU pays: `device` "auto". */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/common.h"
#include "model/private.h"

/* A shorter job is done before a driver has been loaded. */
#define WORTH_LOOKING 5.0 /* seconds by the CPU */
/* How much sooner a GPU must be done: trials are short, and the CPU's results are those that all
 * machines have. */
#define LEAST_GAIN 1.3
#define MOST_DEVICES 16
/* What drivers take of a process would be too much of a smaller budget. */
#define LEAST_BUDGET ((uint64_t)1 << 30)

bool seam_device_pays(double cpu, double gpu)
{
    return cpu > LEAST_GAIN * gpu;
}

bool seam_model_may_have_gpu(void)
{
#ifdef __linux__
    static const char *const nodes[] = { "/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/mali0",
                                         "/dev/kgsl-3d0" };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(nodes); i++)
        if (access(nodes[i], F_OK) == 0)
            return true;
    return getenv("SEAMLESS_VULKAN") != NULL;
#else
    return true;
#endif
}

/* Whether there is a GPU at all; a CPU that stands for one never pays. */
static bool has_gpu(void)
{
    struct seam_device devices[MOST_DEVICES];
    if (!seam_model_may_have_gpu())
        return false;
    const int n = seam_device_list(devices, MOST_DEVICES, NULL);
    for (int i = 0; i < n && i < MOST_DEVICES; i++)
        if (devices[i].kind != SEAM_DEVICE_CPU)
            return true;
    return false;
}

/* Seconds of the whole job by the fastest of trial runs; infinite where none could be made. */
static double predict(struct seam_model *m, const struct seam_model_params *params)
{
    struct seam_measure_params measure;
    double rate = INFINITY;
    seam_measure_params_init(&measure);
    measure.memory = params->memory;
    measure.pixels = params->pixels;
    measure.cancelled = params->cancelled;
    measure.opaque = params->opaque;
    seam_model_measure(m, &measure, NULL);
    for (int i = 0; i < m->facts.trial_count; i++)
        rate = fmin(rate, m->facts.trials[i].seconds / (double)m->facts.trials[i].pixels);
    return rate * params->pixels * m->facts.pass_work;
}

/* The network on a GPU, in place of `*model`, where that is done sooner. */
static void try_gpu(struct seam_model **model, const struct seam_network_source *source,
                    const struct seam_model_params *params, double cpu, struct seam_log *log)
{
    struct seam_model_params on_gpu = *params;
    struct seam_model *other = NULL;
    struct seam_log quiet;
    seam_log_init(&quiet);
    on_gpu.device = "gpu";
    const double begun = seam_clock();
    if (seam_model_open_source(&other, source, &on_gpu, &quiet) != SEAM_OK) {
        seam_debug(log, "%s stays with the CPU: %s", (*model)->facts.name, quiet.error);
        return;
    }
    const double opened = seam_clock() - begun;
    const double gpu = other->ops->on_device ? opened + predict(other, &on_gpu) : INFINITY;
    const bool pays = seam_device_pays(cpu, gpu);
    if (pays)
        seam_notice(log, "%s runs on %s: about %.3g s, by the CPU %.3g s; --device cpu keeps it "
                    "there", other->facts.name, other->facts.device.name, gpu, cpu);
    else if (isfinite(gpu))
        seam_debug(log, "%s stays with the CPU: about %.3g s, on %s %.3g s", other->facts.name,
                   cpu, other->facts.device.name, gpu);
    seam_model_close(pays ? model : &other);
    if (pays)
        *model = other;
}

enum seam_result seam_model_open_sooner(struct seam_model **model,
                                        const struct seam_network_source *source,
                                        const struct seam_model_params *params,
                                        struct seam_log *log)
{
    const enum seam_result r = seam_model_open_source(model, source, params, log);
    const bool left_open = !params->device || strcmp(params->device, "auto") == 0;
    if (r != SEAM_OK || !left_open || params->engine != SEAM_ENGINE_AUTO || params->lenient ||
        !(params->pixels > 0) || (*model)->ops->takes)
        return r;
    const struct seam_facts *f = &(*model)->facts;
    if (f->seconds_per_pixel * f->pass_work * params->pixels <= WORTH_LOOKING ||
        (params->memory > 0 && params->memory < LEAST_BUDGET) || !has_gpu())
        return r;
    const double cpu = predict(*model, params);
    if (isfinite(cpu))
        try_gpu(model, source, params, cpu, log);
    if (seam_model_stopped(params, log) == SEAM_OK)
        return SEAM_OK;
    seam_model_close(model);
    return SEAM_CANCELLED;
}
