/* The engine of ONNX Runtime: networks opened once, sessions with a pool of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "base/refused.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/ort/private.h"
#include "engine/tensor.h"

enum seam_result seam_ort_fail(const struct ort_engine *e, struct seam_log *log,
                               enum seam_result result, OrtStatus *status)
{
    char text[700];
    seam_ort_failed(e->api, status, text, sizeof(text));
    if (seam_says_refused(text))
        return seam_refused(log, e->name, text);
    return seam_log_fail(log, result, "%s: ONNX Runtime: %s", e->name, text);
}

static void ort_close(void *engine)
{
    struct ort_engine *e = engine;
    if (!e)
        return;
    seam_ort_io_close(&e->io);
    seam_ort_passes_close(&e->passes, e->api);
    if (e->network)
        e->api->ReleaseSession(e->network);
    seam_pool_close(&e->pool);
    free(e);
}

/* A run that was ended; what it would have taken beyond that point is not known. */
static enum seam_result ort_refused(const struct ort_engine *e, uint64_t lacked,
                                    struct seam_log *log)
{
    return seam_log_fail(log, SEAM_ERROR_MEMORY,
                         "%s takes at least %s more than the budget leaves", e->name,
                         seam_text_bytes(lacked).s);
}

static enum seam_result ort_open(void **engine, const struct seam_network *network,
                                 const struct seam_model_params *params, struct seam_facts *facts,
                                 struct seam_log *log)
{
    const struct ort_runtime *runtime = seam_ort_runtime(log);
    struct seam_machine machine = { .cpus = params->threads };
    if (!runtime)
        return log && log->result != SEAM_OK ? log->result : SEAM_ERROR_ENGINE;
    struct ort_engine *e = calloc(1, sizeof(*e));
    if (e)
        e->pool = seam_pool_open();
    if (!e || !e->pool) {
        free(e);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the engine of %s",
                             network->name);
    }
    e->runtime = runtime;
    e->api = runtime->api;
    e->facts = facts;
    snprintf(e->name, sizeof(e->name), "%s", facts->name);
    snprintf(facts->engine, sizeof(facts->engine), "onnxruntime %s",
             OrtGetApiBase()->GetVersionString());
    if (machine.cpus <= 0)
        seam_machine_measure(&machine);
    seam_pool_limit(e->pool, params->memory, 0);
    const struct ort_load load = { e->name, e->pool, params->memory, machine.cpus };
    enum seam_result r = seam_ort_load(&e->network, runtime, network, &load, log);
    if (r == SEAM_OK)
        r = seam_ort_io_open(&e->io, e->api, e->network, runtime->info, params, facts, log);
    if (r == SEAM_OK)
        r = seam_ort_passes_open(&e->passes, &e->io, runtime, network, &load, facts, log);
    if (r != SEAM_OK) {
        ort_close(e);
        return r;
    }
    seam_pool_limit(e->pool, 0, 0);
    *engine = e;
    return SEAM_OK;
}

static void drop_staged(struct ort_session *s)
{
    free(s->staged_input);
    free(s->staged_output);
    s->staged_input = s->staged_output = NULL;
    s->staged_input_bytes = s->staged_output_bytes = 0;
}

static void ort_end(void *session)
{
    struct ort_session *s = session;
    if (!s)
        return;
    seam_ort_io_drop_extras(&s->engine->io, s->extras);
    if (s->options)
        s->engine->api->ReleaseRunOptions(s->options);
    drop_staged(s);
    seam_pool_close(&s->pool);
    free(s);
}

static enum seam_result ort_begin(void **session, void *engine, int threads, struct seam_log *log)
{
    (void)threads;
    struct ort_engine *e = engine;
    struct ort_session *s = calloc(1, sizeof(*s));
    if (s)
        s->pool = seam_pool_open();
    if (!s || !s->pool) {
        free(s);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for a session", e->name);
    }
    s->engine = e;
    OrtStatus *status = e->api->CreateRunOptions(&s->options);
    if (status) {
        ort_end(s);
        return seam_ort_fail(e, log, SEAM_ERROR_ENGINE, status);
    }
    *session = s;
    return SEAM_OK;
}

/* A staging block of at least `bytes`. */
static bool stage(void **block, size_t *held, size_t bytes)
{
    if (*held >= bytes)
        return true;
    free(*block);
    *block = malloc(bytes);
    *held = *block ? bytes : 0;
    return *block != NULL;
}

enum seam_result seam_ort_invoke(struct ort_session *session, const struct ort_call *call,
                                 uint64_t *lacked, struct seam_log *log)
{
    const struct ort_engine *e = session->engine;
    const char *names[ORT_IO_MOST_INPUTS + ORT_MOST_KNOWN];
    const OrtValue *values[ORT_IO_MOST_INPUTS + ORT_MOST_KNOWN];
    const enum seam_result r =
        seam_ort_io_extras(&e->io, session->extras, call->width, call->height, log);
    if (r != SEAM_OK)
        return r;
    size_t n = 0;
    for (; n < e->io.input_count; n++) {
        names[n] = e->io.inputs[n].name;
        values[n] = n == e->io.image ? call->image : session->extras[n].value;
    }
    for (size_t i = 0; i < call->n_known; i++, n++) {
        names[n] = call->known_names[i];
        values[n] = call->known[i];
    }
    OrtStatus *s = e->api->RunOptionsUnsetTerminate(session->options);
    seam_ort_enter(session->pool, session->options);
    if (!s)
        s = e->api->Run(call->network, session->options, names, values, n, call->outputs,
                        call->n_outputs, call->results);
    seam_ort_leave();
    *lacked = seam_pool_lacked(session->pool);
    if (*lacked == 0)
        return s ? seam_ort_fail(e, log, SEAM_ERROR_ENGINE, s) : SEAM_OK;
    if (s)
        e->api->ReleaseStatus(s);
    return ort_refused(e, *lacked, log);
}

/* Pictures of one size, one after the other. */
struct pictures {
    int64_t count, channels, height, width;
};

static size_t pictures_bytes(struct seam_tensor_form form, struct pictures p)
{
    return (size_t)p.count * seam_tensor_bytes(form, p.channels, p.height * p.width);
}

static OrtStatus *image_tensor(const struct ort_engine *e, struct seam_tensor_form form, void *data,
                               struct pictures p, OrtValue **value)
{
    const int64_t planar[] = { p.count, p.channels, p.height, p.width };
    const int64_t interleaved[] = { p.count, p.height, p.width, p.channels };
    return e->api->CreateTensorWithDataAsOrtValue(
        e->runtime->info, data, pictures_bytes(form, p), form.interleaved ? interleaved : planar, 4,
        form.half ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
        value);
}

/* From planes of floats into the form of a tensor. */
static void pictures_pack(struct seam_tensor_form form, const float *planar, unsigned char *tensor,
                          struct pictures p)
{
    const int64_t pixels = p.height * p.width;
    for (int64_t i = 0; i < p.count; i++)
        seam_tensor_pack(form, planar + i * p.channels * pixels,
                         tensor + (size_t)i * seam_tensor_bytes(form, p.channels, pixels),
                         p.channels, pixels);
}

static void pictures_unpack(struct seam_tensor_form form, const unsigned char *tensor,
                            float *planar, struct pictures p)
{
    const int64_t pixels = p.height * p.width;
    for (int64_t i = 0; i < p.count; i++)
        seam_tensor_unpack(form, tensor + (size_t)i * seam_tensor_bytes(form, p.channels, pixels),
                           planar + i * p.channels * pixels, p.channels, pixels);
}

static enum seam_result ort_run(void *opaque, struct seam_engine_io *io, struct seam_log *log)
{
    struct ort_session *session = opaque;
    const struct ort_engine *e = session->engine;
    const struct seam_tensor_form in = e->io.input_form, out = e->io.output_form;
    const bool stage_in = in.half || in.interleaved, stage_out = out.half || out.interleaved;
    const int64_t batch = seam_max(io->batch, 1);
    const struct pictures from = { batch, e->facts->channels_in, io->height, io->width };
    const struct pictures to = { batch, e->facts->channels_out, io->out_height, io->out_width };
    if ((stage_in &&
         !stage(&session->staged_input, &session->staged_input_bytes, pictures_bytes(in, from))) ||
        (stage_out &&
         !stage(&session->staged_output, &session->staged_output_bytes, pictures_bytes(out, to))))
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for a tile", e->name);
    if (stage_in)
        pictures_pack(in, io->input, session->staged_input, from);

    OrtValue *image = NULL, *result = NULL;
    /* The runtime only reads its input; its C API knows no const. */
    void *input = stage_in ? session->staged_input : (void *)(uintptr_t)io->input;
    OrtStatus *s = image_tensor(e, in, input, from, &image);
    if (!s)
        s = image_tensor(e, out, stage_out ? session->staged_output : io->output, to, &result);
    struct ort_call call = { e->network, image, io->width, io->height, .outputs = &e->io.output,
                             .results = &result, .n_outputs = 1 };
    enum seam_result r = s          ? seam_ort_fail(e, log, SEAM_ERROR_ENGINE, s)
                         : io->pass ? seam_ort_pass_run(session, &call, io, log)
                                    : seam_ort_invoke(session, &call, &io->lacked, log);
    if (image)
        e->api->ReleaseValue(image);
    if (result)
        e->api->ReleaseValue(result);
    if (r == SEAM_OK && stage_out)
        pictures_unpack(out, session->staged_output, io->output, to);
    io->result = io->output;
    seam_pool_settle(session->pool);
    return r;
}

static void ort_limit(void *opaque, uint64_t budget, uint64_t others)
{
    struct ort_session *session = opaque;
    drop_staged(session);
    seam_pool_limit(session->pool, budget, others);
}

/* Run on grey, let the runtime allocate, and look at what came out of one output. */
static enum seam_result ort_try_output(struct ort_session *session, const char *output,
                                       struct seam_engine_trial *trial, struct seam_log *log)
{
    struct ort_engine *e = session->engine;
    const struct seam_tensor_form form = e->io.input_form;
    const int64_t channels = e->facts->channels_in, pixels = trial->width * trial->height;
    float *planar = malloc((size_t)(channels * pixels) * sizeof(float));
    void *packed = malloc(seam_tensor_bytes(form, channels, pixels));
    OrtValue *image = NULL, *result = NULL;
    enum seam_result r = SEAM_OK;
    uint64_t lacked;
    if (!planar || !packed) {
        r = seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for a trial run", e->name);
    } else {
        for (int64_t i = 0; i < channels * pixels; i++)
            planar[i] = 0.5f;
        seam_tensor_pack(form, planar, packed, channels, pixels);
        OrtStatus *s =
            image_tensor(e, form, packed,
                         (struct pictures){ 1, channels, trial->height, trial->width }, &image);
        const struct ort_call call = { e->network, image, trial->width, trial->height,
                                       .outputs = &output, .results = &result, .n_outputs = 1 };
        r = s ? seam_ort_fail(e, log, SEAM_ERROR_ENGINE, s)
              : seam_ort_invoke(session, &call, &lacked, log);
    }
    if (r == SEAM_OK)
        r = seam_ort_io_result(&e->io, output, result, trial, log);
    if (image)
        e->api->ReleaseValue(image);
    if (result)
        e->api->ReleaseValue(result);
    free(planar);
    free(packed);
    return r;
}

/* The larger picture; of two of one size that which has the input's channels. */
static bool is_rather(const struct seam_engine_trial *a, const struct seam_engine_trial *b,
                      int channels)
{
    const int64_t a_size = a->out_width * a->out_height, b_size = b->out_width * b->out_height;
    if (a_size != b_size)
        return a_size > b_size;
    return a->channels_out == channels && b->channels_out != channels;
}

/* The first trial that succeeds also settles which output is the picture. */
static enum seam_result ort_choose_output(struct ort_session *session,
                                          struct seam_engine_trial *trial, struct seam_log *log)
{
    struct ort_engine *e = session->engine;
    enum seam_result r = SEAM_ERROR_MODEL;
    const char *best = NULL;
    struct seam_engine_trial best_trial = *trial;
    for (size_t i = 0; i < e->io.output_count; i++) {
        struct seam_engine_trial t = *trial;
        enum seam_result one = ort_try_output(session, e->io.outputs[i], &t, log);
        if (one != SEAM_OK) {
            r = best ? r : one;
            continue;
        }
        if (!best || is_rather(&t, &best_trial, e->facts->channels_in)) {
            best = e->io.outputs[i];
            best_trial = t;
        }
        r = SEAM_OK;
    }
    if (!best)
        return r;
    e->io.output = best;
    seam_log_clear(log);
    return ort_try_output(session, best, trial, log);
}

static enum seam_result ort_try_size(void *opaque, struct seam_engine_trial *trial,
                                     struct seam_log *log)
{
    struct ort_session *session = opaque;
    const char *output = session->engine->io.output;
    seam_pool_mark(session->pool);
    const enum seam_result r = output ? ort_try_output(session, output, trial, log)
                                      : ort_choose_output(session, trial, log);
    trial->scratch_bytes = seam_pool_peak(session->pool);
    seam_pool_trim(session->pool);
    return r;
}

static void ort_count_begin(void *opaque)
{
    struct ort_session *session = opaque;
    drop_staged(session);
    seam_pool_mark(session->pool);
}

static uint64_t ort_count_end(void *opaque)
{
    const struct ort_session *session = opaque;
    const uint64_t staged = session->staged_input_bytes + session->staged_output_bytes;
    const uint64_t taken = seam_pool_peak(session->pool) + staged;
    ort_count_begin(opaque);
    return taken;
}

static const char *ort_version(void) { return OrtGetApiBase()->GetVersionString(); }

const struct seam_engine_ops seam_engine_ort = {
    .name = "ort",
    .version = ort_version,
    .choice = SEAM_ENGINE_ORT,
    .opens_files = true,
    .open = ort_open,
    .close = ort_close,
    .begin = ort_begin,
    .end = ort_end,
    .try_size = ort_try_size,
    .run = ort_run,
    .limit = ort_limit,
    .count_begin = ort_count_begin,
    .count_end = ort_count_end,
};
