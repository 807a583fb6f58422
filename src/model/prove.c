#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "model/prove.h"

/* Pixels on a side of the patch, where the network leaves a choice. */
#define PATCH 48
/* Of the range of the result: sums in another order differ by a tenth of it. */
#define MOST_DIFFERENCE 2e-5
/* Likewise where samples between layers have 11 bits. */
#define MOST_DIFFERENCE_HALF (2.0 / 1024)

struct patch {
    struct seam_engine_io io;
    float *input, *output;
    size_t in_count, out_count;
};

/* A size that the network takes, and from which some of the result is left. */
static int64_t patch_side(const struct seam_facts *f, int64_t fixed)
{
    return fixed > 0 ? fixed
                     : seam_align_up(PATCH + 2 * f->crop, seam_lcm(f->alignment, f->scale_den));
}

/* Waves under a little noise, as a photograph: on noise alone some networks run away, and then
 * every engine gives something else. */
static void paint(struct patch *p, const struct seam_facts *f)
{
    uint32_t state = 1;
    for (size_t i = 0; i < p->in_count; i++) {
        const double x = (double)(i % (size_t)p->io.width);
        const double y = (double)(i / (size_t)p->io.width);
        state = state * 1664525u + 1013904223u;
        const double noise = (double)(state >> 8) / 16777216.0;
        const double v = 0.45 + 0.35 * sin(0.31 * x) * cos(0.23 * y) + 0.1 * noise;
        p->input[i] = (float)(f->range_lo + (f->range_hi - f->range_lo) * v);
    }
}

static bool patch_open(struct patch *p, const struct seam_facts *f)
{
    struct seam_engine_io *io = &p->io;
    *io = (struct seam_engine_io){ .batch = 1 };
    io->width = patch_side(f, f->fixed_width);
    io->height = patch_side(f, f->fixed_height);
    io->out_width = (io->width - 2 * f->crop) * f->scale_num / f->scale_den;
    io->out_height = (io->height - 2 * f->crop) * f->scale_num / f->scale_den;
    p->in_count = (size_t)(io->width * io->height) * (size_t)f->channels_in;
    p->out_count = (size_t)(io->out_width * io->out_height) * (size_t)f->channels_out;
    p->input = malloc(p->in_count * sizeof(float));
    p->output = malloc(p->out_count * sizeof(float));
    if (p->input)
        paint(p, f);
    io->input = p->input;
    io->output = p->output;
    return p->input && p->output;
}

static void patch_close(struct patch *p)
{
    free(p->input);
    free(p->output);
}

static const struct seam_engine_ops *native_engine(void)
{
    for (int i = 0; seam_engines[i]; i++)
        if (seam_engines[i]->choice == SEAM_ENGINE_NATIVE && !seam_engines[i]->takes)
            return seam_engines[i];
    return NULL;
}

/* The patch by the native engine: its result, which the caller frees, or NULL. */
static float *run_native(const struct seam_network *network, const struct seam_model_params *params,
                         const struct seam_facts *facts, struct patch *p)
{
    const struct seam_engine_ops *ops = native_engine();
    struct seam_facts f = *facts;
    void *engine = NULL, *session = NULL;
    float *result = NULL;
    if (!ops || ops->open(&engine, network, params, &f, NULL) != SEAM_OK)
        return NULL;
    if (ops->begin(&session, engine, 1, NULL) == SEAM_OK) {
        if (ops->run(session, &p->io, NULL) == SEAM_OK)
            result = malloc(p->out_count * sizeof(*result));
        if (result)
            memcpy(result, p->io.result, p->out_count * sizeof(*result));
        ops->end(session);
    }
    ops->close(engine);
    return result;
}

/* The largest difference, in parts of the range of what is right; infinite where one is no
 * number. */
static double difference(const float *right, const float *found, size_t n)
{
    double lo = INFINITY, hi = -INFINITY, most = 0;
    for (size_t i = 0; i < n; i++) {
        const double a = (double)right[i], b = (double)found[i];
        if (isfinite(a) != isfinite(b))
            return INFINITY;
        if (!isfinite(a))
            continue;
        lo = fmin(lo, a);
        hi = fmax(hi, a);
        most = fmax(most, fabs(a - b));
    }
    return most > 0 ? most / fmax(hi - lo, fmax(fabs(hi), fabs(lo))) : 0;
}

/* Run the patch, in p's slot, and hold it against what is right. */
static enum seam_result prove_run(const struct seam_engine_ops *ops, void *session,
                                  struct patch *p, const float *right,
                                  const struct seam_facts *facts, struct seam_log *log)
{
    const enum seam_result r = ops->run(session, &p->io, log);
    if (r != SEAM_OK)
        return r;
    const double d = difference(right, p->io.result, p->out_count);
    seam_debug(log, "%s: %s is %.2g of the range from the native engine on a patch of %lld x %lld",
               facts->name, facts->engine_text, d, (long long)p->io.width,
               (long long)p->io.height);
    const bool half = facts->precision == SEAM_PRECISION_HALF;
    if (d <= (half ? MOST_DIFFERENCE_HALF : MOST_DIFFERENCE))
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ENGINE, "%s: %s gives a wrong picture, %.2g of the range "
                         "from the right one: %s", facts->name, facts->engine_text, d,
                         half ? "float16 is too little for this network; use --precision float"
                              : "its driver has a fault; use --device cpu");
}

enum seam_result seam_prove(const struct seam_engine_ops *ops, void *session,
                            const struct seam_network *network,
                            const struct seam_model_params *params,
                            const struct seam_facts *facts, struct seam_log *log)
{
    struct patch p = { 0 };
    enum seam_result r = SEAM_OK;
    float *right = patch_open(&p, facts) ? run_native(network, params, facts, &p) : NULL;
    if (!right)
        r = seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to prove %s", facts->name,
                          facts->engine);
    /* Runs are dealt to devices by their slots. */
    for (int i = 0; r == SEAM_OK && i < seam_max(facts->devices, 1); i++) {
        p.io.slot = i;
        r = prove_run(ops, session, &p, right, facts, log);
    }
    free(right);
    patch_close(&p);
    return r;
}
