/* The environment of ONNX Runtime, and whose memory it takes: the runtime allows one environment
 * and one allocator in a process, which hands each request on to the pool of who is running on the
 * thread. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/refused.h"
#include "engine/flush.h"
#include "engine/ort/runtime.h"

static struct {
    pthread_once_t once;
    struct ort_runtime public;
    OrtAllocator allocator;
    OrtAllocator *own; /* the runtime's */
    struct seam_pool *pool; /* of threads that run for nobody known */
    char error[256];
} runtime = { .once = PTHREAD_ONCE_INIT };

/* What this thread does inside the runtime. */
static _Thread_local struct {
    struct seam_pool *pool; /* NULL: outside */
    OrtRunOptions *options; /* of the run, if it is one */
    unsigned long mode;
} running;

static struct seam_pool *running_pool(void)
{
    return running.pool ? running.pool : runtime.pool;
}

/*
 * The runtime ends the process where an allocator answers NULL. What its kernels expect is an
 * exception, which the C API cannot throw and its own allocator does when it is asked for more than
 * there can be: it passes through here, and the run fails in good order. Should it not come, or on
 * a thread of the runtime's where nobody would catch it, the block is given beyond the limit, and
 * the run ends before its next operator, or fails when it is done.
 */
static void *runtime_refuse(size_t size)
{
    if (running.pool) {
        if (running.options) {
            OrtStatus *s = runtime.public.api->RunOptionsSetTerminate(running.options);
            if (s)
                runtime.public.api->ReleaseStatus(s);
        }
        (void)runtime.own->Alloc(runtime.own, SIZE_MAX / 2);
    }
    return seam_pool_overdraw(running_pool(), size);
}

static void *ORT_API_CALL runtime_alloc(OrtAllocator *allocator, size_t size)
{
    (void)allocator;
    void *block = seam_pool_alloc(running_pool(), size);
    return block ? block : runtime_refuse(size);
}

static void ORT_API_CALL runtime_free(OrtAllocator *allocator, void *block)
{
    (void)allocator;
    seam_pool_free(block);
}

static const OrtMemoryInfo *ORT_API_CALL runtime_info(const OrtAllocator *allocator)
{
    (void)allocator;
    return runtime.public.info;
}

/* Keep the runtime's words and release them. Returns whether there was an error. */
bool seam_ort_failed(const OrtApi *api, OrtStatus *status, char *text, size_t size)
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
    if (seam_ort_failed(api,
                        api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "seamless", &runtime.public.env),
                        text, size) ||
        seam_ort_failed(api,
                        api->CreateMemoryInfo("Cpu", OrtDeviceAllocator, 0, OrtMemTypeDefault,
                                              &runtime.public.info),
                        text, size) ||
        seam_ort_failed(api, api->GetAllocatorWithDefaultOptions(&runtime.own), text, size) ||
        seam_ort_failed(api, api->RegisterAllocator(runtime.public.env, &runtime.allocator), text,
                        size))
        return;
    seam_ort_failed(api, api->DisableTelemetryEvents(runtime.public.env), text, size);
    text[0] = '\0';
    runtime.public.api = api;
}

const struct ort_runtime *seam_ort_runtime(struct seam_log *log)
{
    pthread_once(&runtime.once, runtime_open);
    if (runtime.public.api)
        return &runtime.public;
    if (seam_says_refused(runtime.error))
        seam_refused(log, "ONNX Runtime", runtime.error);
    else
        seam_log_fail(log, SEAM_ERROR_ENGINE, "%s", runtime.error);
    return NULL;
}

void seam_ort_enter(struct seam_pool *pool, OrtRunOptions *options)
{
    (void)seam_pool_lacked(pool);
    running.pool = pool;
    running.options = options;
    running.mode = seam_flush_begin();
}

void seam_ort_leave(void)
{
    seam_flush_end(running.mode);
    running.pool = NULL;
    running.options = NULL;
}
