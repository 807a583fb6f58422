/* ONNX Runtime through its C API, a table of functions with a version: this file alone sees it. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <onnxruntime_c_api.h>

#include "base/common.h"
#include "engine/engine.h"
#include "engine/flush.h"
#include "engine/ort/io.h"
#include "engine/pool.h"
#include "engine/tensor.h"
#include "base/log.h"
#include "base/refused.h"
#include "model/builtin.h"
#include "graph/graph.h"
#include "base/text.h"

/* One environment for the process: the runtime allows no second one with other settings. */
static struct {
    pthread_once_t once;
    const OrtApi *api;
    OrtEnv *env;
    OrtAllocator allocator;
    OrtAllocator *own; /* the runtime's */
    OrtMemoryInfo *info;
    struct seam_pool *pool;
    char error[256];
} runtime = { .once = PTHREAD_ONCE_INIT };

struct ort_engine {
    const OrtApi *api;
    OrtSession *session;
    OrtRunOptions *options;
    uint64_t budget; /* in which it was loaded; 0: none */
    struct ort_io io;
    struct seam_facts *facts;
    char name[256];
    /* Staging for networks that do not take planar float32. */
    void *staged_input, *staged_output;
    size_t staged_input_bytes, staged_output_bytes;
};

/* What this thread does inside the runtime. */
static _Thread_local struct {
    bool inside;
    OrtRunOptions *options; /* of the run, if it is one */
} running;

/*
 * The runtime ends the process where an allocator answers NULL. What its kernels expect is an
 * exception, which the C API cannot throw and its own allocator does when it is asked for more than
 * there can be: it passes through here, and the run fails in good order. Should it not come, or on a
 * thread of the runtime's where nobody would catch it, the block is given beyond the limit, and the
 * run ends before its next operator, or fails when it is done.
 */
static void *runtime_refuse(size_t size)
{
    if (running.inside) {
        if (running.options) {
            OrtStatus *s = runtime.api->RunOptionsSetTerminate(running.options);
            if (s)
                runtime.api->ReleaseStatus(s);
        }
        (void)runtime.own->Alloc(runtime.own, SIZE_MAX / 2);
    }
    return seam_pool_overdraw(runtime.pool, size);
}

static void *ORT_API_CALL runtime_alloc(OrtAllocator *allocator, size_t size)
{
    (void)allocator;
    void *block = seam_pool_alloc(runtime.pool, size);
    return block ? block : runtime_refuse(size);
}

static void ORT_API_CALL runtime_free(OrtAllocator *allocator, void *block)
{
    (void)allocator;
    seam_pool_free(runtime.pool, block);
}

static const OrtMemoryInfo *ORT_API_CALL runtime_info(const OrtAllocator *allocator)
{
    (void)allocator;
    return runtime.info;
}

/* Keep the runtime's words and release them. Returns whether there was an error. */
static bool status_failed(const OrtApi *api, OrtStatus *status, char *text, size_t size)
{
    if (!status)
        return false;
    snprintf(text, size, "%s", api->GetErrorMessage(status));
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    api->ReleaseStatus(status);
    return true;
}

static void runtime_open(void)
{
    const OrtApiBase *base = OrtGetApiBase();
    const OrtApi *api = base->GetApi(ORT_API_VERSION);
    char *text = runtime.error;
    const size_t size = sizeof(runtime.error);
    if (!api) {
        snprintf(text, size, "ONNX Runtime %s is older than the %d that is needed",
                 base->GetVersionString(), ORT_API_VERSION);
        return;
    }
    runtime.pool = seam_pool_open();
    if (!runtime.pool) {
        snprintf(text, size, "no memory for ONNX Runtime");
        return;
    }
    runtime.allocator = (OrtAllocator){
        .version = ORT_API_VERSION,
        .Alloc = runtime_alloc,
        .Free = runtime_free,
        .Info = runtime_info,
        .Reserve = runtime_alloc,
    };
    /* Builds of the vendor report to him over the network and leave files in TMPDIR from the moment
     * the environment exists; the call below would come too late. */
    const char *telemetry = getenv("ORT_DISABLE_TELEMETRY");
    if (!telemetry || strcmp(telemetry, "1") != 0)
        setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    if (status_failed(api, api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "seamless", &runtime.env), text,
                      size) ||
        status_failed(api, api->CreateMemoryInfo("Cpu", OrtDeviceAllocator, 0, OrtMemTypeDefault,
                                                 &runtime.info), text, size) ||
        status_failed(api, api->GetAllocatorWithDefaultOptions(&runtime.own), text, size) ||
        status_failed(api, api->RegisterAllocator(runtime.env, &runtime.allocator), text, size))
        return;
    status_failed(api, api->DisableTelemetryEvents(runtime.env), text, size);
    text[0] = '\0';
    runtime.api = api;
}

static enum seam_result ort_fail(const struct ort_engine *e, struct seam_log *log,
                                 enum seam_result result, OrtStatus *status)
{
    char text[700];
    status_failed(e->api, status, text, sizeof(text));
    if (seam_says_refused(text))
        return seam_refused(log, e->name, text);
    return seam_log_fail(log, result, "%s: ONNX Runtime: %s", e->name, text);
}

static bool ort_takes(const char *name)
{
    (void)name;
    return true;
}

static void ort_close(void *engine)
{
    struct ort_engine *e = engine;
    if (!e)
        return;
    seam_ort_io_close(&e->io);
    if (e->options)
        e->api->ReleaseRunOptions(e->options);
    if (e->session)
        e->api->ReleaseSession(e->session);
    free(e->staged_input);
    free(e->staged_output);
    free(e);
    seam_pool_trim(runtime.pool);
}

/* What the runtime says of a broken file helps nobody: look first whether it is there at all. */
static enum seam_result ort_check_file(const char *name, struct seam_log *log)
{
    const enum seam_result r = seam_builtin_check_file(name, log);
    if (r != SEAM_OK)
        return r;
    const char *dot = strrchr(name, '.');
    if (!dot || (strcasecmp(dot, ".onnx") != 0 && strcasecmp(dot, ".ort") != 0))
        seam_notice(log, "%s does not end in .onnx; trying it all the same", name);
    /* Not every version of the runtime looks where links lead, and none whether a pipe waits. */
    return seam_onnx_check_external(name, log);
}

static OrtStatus *load_network(struct ort_engine *e, const char *name,
                               const OrtSessionOptions *options)
{
    const struct seam_builtin *b = seam_builtin_find(name);
    if (b)
        return e->api->CreateSessionFromArray(runtime.env, b->begin, (size_t)(b->end - b->begin),
                                              options, &e->session);
    return e->api->CreateSession(runtime.env, name, options, &e->session);
}

/* A run that was ended; what it would have taken beyond that point is not known. */
static enum seam_result ort_refused(const struct ort_engine *e, uint64_t lacked,
                                    struct seam_log *log)
{
    return seam_log_fail(log, SEAM_ERROR_MEMORY,
                         "%s takes at least %s more than the budget leaves", e->name,
                         seam_text_bytes(lacked).s);
}

static enum seam_result ort_session(struct ort_engine *e, const char *name, int threads,
                                    struct seam_log *log)
{
    const OrtApi *api = e->api;
    OrtSessionOptions *options = NULL;
    /* A pool whose second thread is refused is waited for by its first without end. */
    if (!seam_threads_given(threads - 1))
        return seam_refused(log, e->name, "no more threads");
    OrtStatus *s = api->CreateSessionOptions(&options);
    if (!s)
        s = api->SetIntraOpNumThreads(options, threads);
    if (!s)
        s = api->SetInterOpNumThreads(options, 1);
    if (!s)
        s = api->SetSessionLogSeverityLevel(options, ORT_LOGGING_LEVEL_FATAL);
    if (!s)
        s = api->AddSessionConfigEntry(options, "session.use_env_allocators", "1");
    /* Blocks of our pool are shared between layers; one block per run would not be. */
    if (!s)
        s = api->DisableMemPattern(options);
    /* For the threads of the session. Its making sets the mode of this one, which is the caller's. */
    if (!s)
        s = api->AddSessionConfigEntry(options, "session.set_denormal_as_zero", "1");
    const unsigned long mode = seam_flush_begin();
    if (!s)
        s = api->CreateRunOptions(&e->options);
    running.inside = true;
    if (!s)
        s = load_network(e, name, options);
    running.inside = false;
    seam_flush_end(mode);
    if (options)
        api->ReleaseSessionOptions(options);
    if (!s)
        return SEAM_OK;
    const uint64_t lacked = seam_pool_lacked(runtime.pool);
    if (lacked > 0) {
        api->ReleaseStatus(s);
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "%s cannot be loaded within the budget of %s: use --memory %s or more",
                             e->name, seam_text_bytes(e->budget).s,
                             seam_text_budget(e->budget + lacked).s);
    }
    char text[700];
    status_failed(api, s, text, sizeof(text));
    if (seam_says_refused(text))
        return seam_refused(log, e->name, text);
    const char *remedy = strstr(text, "xternal data") || strstr(text, "model_path")
                             ? "its weights lie in another file: put that beside the model"
                             : "it must be an ONNX network of standard operators; see whether the "
                               "file is whole";
    return seam_log_fail(log, SEAM_ERROR_MODEL, "%s cannot be loaded: %s (%s)", e->name, text,
                         remedy);
}

static enum seam_result ort_open(void **engine, const char *name,
                                 const struct seam_model_params *params, struct seam_facts *facts,
                                 struct seam_log *log)
{
    enum seam_result r = seam_builtin_find(name) ? SEAM_OK : ort_check_file(name, log);
    if (r != SEAM_OK)
        return r;
    pthread_once(&runtime.once, runtime_open);
    if (!runtime.api)
        return seam_says_refused(runtime.error)
                   ? seam_refused(log, "ONNX Runtime", runtime.error)
                   : seam_log_fail(log, SEAM_ERROR_ENGINE, "%s", runtime.error);
    struct ort_engine *e = calloc(1, sizeof(*e));
    if (!e)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the engine of %s", name);
    e->api = runtime.api;
    e->facts = facts;
    e->budget = params->memory;
    snprintf(e->name, sizeof(e->name), "%s", facts->name);
    snprintf(facts->engine, sizeof(facts->engine), "onnxruntime %s",
             OrtGetApiBase()->GetVersionString());
    struct seam_machine machine;
    seam_machine_measure(&machine);
    seam_pool_limit(runtime.pool, params->memory, 0);
    r = ort_session(e, name, params->threads > 0 ? params->threads : machine.cpus, log);
    if (r == SEAM_OK)
        r = seam_ort_io_open(&e->io, e->api, e->session, runtime.info, params, facts, log);
    if (r != SEAM_OK) {
        ort_close(e);
        return r;
    }
    *engine = e;
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

/* Run on `input`, an image tensor in the network's own form. *output is NULL for the runtime to
 * allocate, or made by the caller. The caller releases both. *lacked: see seam_engine_io. */
static enum seam_result ort_invoke(struct ort_engine *e, OrtValue *image, int64_t width,
                                   int64_t height, const char *output_name, OrtValue **output,
                                   uint64_t *lacked, struct seam_log *log)
{
    const char *names[ORT_IO_MOST_INPUTS];
    const OrtValue *values[ORT_IO_MOST_INPUTS];
    enum seam_result r = seam_ort_io_extras(&e->io, width, height, log);
    if (r != SEAM_OK)
        return r;
    for (size_t i = 0; i < e->io.input_count; i++) {
        names[i] = e->io.inputs[i].name;
        values[i] = i == e->io.image ? image : e->io.inputs[i].value;
    }
    running.inside = true;
    running.options = e->options;
    (void)seam_pool_lacked(runtime.pool);
    OrtStatus *s = e->api->RunOptionsUnsetTerminate(e->options);
    const unsigned long mode = seam_flush_begin();
    if (!s)
        s = e->api->Run(e->session, e->options, names, values, e->io.input_count, &output_name, 1,
                        output);
    seam_flush_end(mode);
    running.inside = false;
    running.options = NULL;
    *lacked = seam_pool_lacked(runtime.pool);
    if (*lacked == 0)
        return s ? ort_fail(e, log, SEAM_ERROR_ENGINE, s) : SEAM_OK;
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

static OrtStatus *image_tensor(struct ort_engine *e, struct seam_tensor_form form, void *data,
                               struct pictures p, OrtValue **value)
{
    const int64_t planar[] = { p.count, p.channels, p.height, p.width };
    const int64_t interleaved[] = { p.count, p.height, p.width, p.channels };
    return e->api->CreateTensorWithDataAsOrtValue(
        runtime.info, data, pictures_bytes(form, p), form.interleaved ? interleaved : planar, 4,
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
                         tensor + (size_t)i * seam_tensor_bytes(form, p.channels, pixels), p.channels,
                         pixels);
}

static void pictures_unpack(struct seam_tensor_form form, const unsigned char *tensor, float *planar,
                            struct pictures p)
{
    const int64_t pixels = p.height * p.width;
    for (int64_t i = 0; i < p.count; i++)
        seam_tensor_unpack(form, tensor + (size_t)i * seam_tensor_bytes(form, p.channels, pixels),
                           planar + i * p.channels * pixels, p.channels, pixels);
}

static enum seam_result ort_run(void *engine, struct seam_engine_io *io, struct seam_log *log)
{
    struct ort_engine *e = engine;
    const struct seam_tensor_form in = e->io.input_form, out = e->io.output_form;
    const bool stage_in = in.half || in.interleaved, stage_out = out.half || out.interleaved;
    const int64_t batch = seam_max(io->batch, 1);
    const struct pictures from = { batch, e->facts->channels_in, io->height, io->width };
    const struct pictures to = { batch, e->facts->channels_out, io->out_height, io->out_width };
    if ((stage_in &&
         !stage(&e->staged_input, &e->staged_input_bytes, pictures_bytes(in, from))) ||
        (stage_out &&
         !stage(&e->staged_output, &e->staged_output_bytes, pictures_bytes(out, to))))
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for a tile", e->name);
    if (stage_in)
        pictures_pack(in, io->input, e->staged_input, from);

    OrtValue *image = NULL, *result = NULL;
    /* The runtime only reads its input; its C API knows no const. */
    void *input = stage_in ? e->staged_input : (void *)(uintptr_t)io->input;
    OrtStatus *s = image_tensor(e, in, input, from, &image);
    if (!s)
        s = image_tensor(e, out, stage_out ? e->staged_output : io->output, to, &result);
    enum seam_result r = s ? ort_fail(e, log, SEAM_ERROR_ENGINE, s)
                           : ort_invoke(e, image, io->width, io->height, e->io.output, &result,
                                        &io->lacked, log);
    if (image)
        e->api->ReleaseValue(image);
    if (result)
        e->api->ReleaseValue(result);
    if (r == SEAM_OK && stage_out)
        pictures_unpack(out, e->staged_output, io->output, to);
    io->result = io->output;
    seam_pool_settle(runtime.pool);
    return r;
}

static void ort_limit(void *engine, uint64_t budget, uint64_t others)
{
    struct ort_engine *e = engine;
    free(e->staged_input);
    free(e->staged_output);
    e->staged_input = e->staged_output = NULL;
    e->staged_input_bytes = e->staged_output_bytes = 0;
    seam_pool_limit(runtime.pool, budget, others);
}

/* Run on grey, let the runtime allocate, and look at what came out of one output. */
static enum seam_result ort_try_output(struct ort_engine *e, const char *output,
                                       struct seam_engine_trial *trial, struct seam_log *log)
{
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
        r = s ? ort_fail(e, log, SEAM_ERROR_ENGINE, s)
              : ort_invoke(e, image, trial->width, trial->height, output, &result, &lacked, log);
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

/* The first trial that succeeds also settles which output is the picture: the largest. */
static enum seam_result ort_choose_output(struct ort_engine *e, struct seam_engine_trial *trial,
                                          struct seam_log *log)
{
    enum seam_result r = SEAM_ERROR_MODEL;
    const char *best = NULL;
    struct seam_engine_trial best_trial = *trial;
    for (size_t i = 0; i < e->io.output_count; i++) {
        struct seam_engine_trial t = *trial;
        enum seam_result one = ort_try_output(e, e->io.outputs[i], &t, log);
        if (one != SEAM_OK) {
            r = best ? r : one;
            continue;
        }
        if (!best || t.out_width * t.out_height > best_trial.out_width * best_trial.out_height) {
            best = e->io.outputs[i];
            best_trial = t;
        }
        r = SEAM_OK;
    }
    if (!best)
        return r;
    e->io.output = best;
    seam_log_clear(log);
    return ort_try_output(e, best, trial, log);
}

static enum seam_result ort_try_size(void *engine, struct seam_engine_trial *trial,
                                     struct seam_log *log)
{
    struct ort_engine *e = engine;
    seam_pool_mark(runtime.pool);
    enum seam_result r = e->io.output ? ort_try_output(e, e->io.output, trial, log)
                                      : ort_choose_output(e, trial, log);
    trial->scratch_bytes = seam_pool_peak(runtime.pool);
    seam_pool_trim(runtime.pool);
    return r;
}

static void ort_count_begin(void *engine)
{
    struct ort_engine *e = engine;
    free(e->staged_input);
    free(e->staged_output);
    e->staged_input = e->staged_output = NULL;
    e->staged_input_bytes = e->staged_output_bytes = 0;
    seam_pool_mark(runtime.pool);
}

static uint64_t ort_count_end(void *engine)
{
    const struct ort_engine *e = engine;
    const uint64_t staged = e->staged_input_bytes + e->staged_output_bytes;
    const uint64_t taken = seam_pool_peak(runtime.pool) + staged;
    ort_count_begin(engine);
    return taken;
}

const struct seam_engine_ops seam_engine_ort = {
    .name = "ort",
    .reads_onnx = true,
    .takes = ort_takes,
    .open = ort_open,
    .try_size = ort_try_size,
    .run = ort_run,
    .limit = ort_limit,
    .count_begin = ort_count_begin,
    .count_end = ort_count_end,
    .close = ort_close,
};
