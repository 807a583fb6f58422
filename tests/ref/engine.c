#include <stdlib.h>
#include <string.h>

#include <onnxruntime_c_api.h>

#include "engine.h"

struct ref_engine {
    const OrtApi *api;
    OrtEnv *env;
    OrtSession *session;
    OrtMemoryInfo *memory;
    char *input, *output;
};

static void must(const OrtApi *api, OrtStatus *status)
{
    if (status)
        ref_die("ONNX Runtime: %s", api->GetErrorMessage(status));
}

struct ref_engine *ref_engine_open(const char *path, int threads)
{
    struct ref_engine *e = calloc(1, sizeof(*e));
    OrtSessionOptions *options = NULL;
    OrtAllocator *allocator = NULL;
    if (!e)
        ref_die("no memory");
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    const OrtApi *api = e->api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    if (!api)
        ref_die("ONNX Runtime is too old");
    must(api, api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "ref", &e->env));
    must(api, api->CreateSessionOptions(&options));
    must(api, api->SetIntraOpNumThreads(options, threads));
    must(api, api->SetInterOpNumThreads(options, 1));
    must(api, api->CreateSession(e->env, path, options, &e->session));
    api->ReleaseSessionOptions(options);
    must(api, api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &e->memory));
    must(api, api->GetAllocatorWithDefaultOptions(&allocator));
    must(api, api->SessionGetInputName(e->session, 0, allocator, &e->input));
    must(api, api->SessionGetOutputName(e->session, 0, allocator, &e->output));
    return e;
}

void ref_engine_close(struct ref_engine *e)
{
    OrtAllocator *allocator = NULL;
    must(e->api, e->api->GetAllocatorWithDefaultOptions(&allocator));
    must(e->api, e->api->AllocatorFree(allocator, e->input));
    must(e->api, e->api->AllocatorFree(allocator, e->output));
    e->api->ReleaseMemoryInfo(e->memory);
    e->api->ReleaseSession(e->session);
    e->api->ReleaseEnv(e->env);
    free(e);
}

float *ref_engine_run(struct ref_engine *e, const float *input, int64_t channels, int64_t height,
                      int64_t width, int64_t *out_channels, int64_t *out_height,
                      int64_t *out_width)
{
    const OrtApi *api = e->api;
    const int64_t dims[] = { 1, channels, height, width };
    int64_t out_dims[4] = { 0 };
    size_t rank = 0;
    OrtValue *in = NULL, *out = NULL;
    OrtTensorTypeAndShapeInfo *info = NULL;
    void *data = NULL;
    const char *input_names[] = { e->input }, *output_names[] = { e->output };
    must(api, api->CreateTensorWithDataAsOrtValue(
                  e->memory, (void *)(uintptr_t)input,
                  (size_t)(channels * height * width) * sizeof(float), dims, 4,
                  ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &in));
    must(api, api->Run(e->session, NULL, input_names, (const OrtValue *const *)&in, 1, output_names,
                       1, &out));
    must(api, api->GetTensorTypeAndShape(out, &info));
    must(api, api->GetDimensionsCount(info, &rank));
    if (rank != 4)
        ref_die("the output has %zu dimensions", rank);
    must(api, api->GetDimensions(info, out_dims, rank));
    api->ReleaseTensorTypeAndShapeInfo(info);
    must(api, api->GetTensorMutableData(out, &data));
    *out_channels = out_dims[1];
    *out_height = out_dims[2];
    *out_width = out_dims[3];
    const size_t bytes =
        (size_t)(out_dims[1] * out_dims[2] * out_dims[3]) * sizeof(float);
    float *planes = malloc(bytes);
    if (!planes)
        ref_die("no memory");
    memcpy(planes, data, bytes);
    api->ReleaseValue(in);
    api->ReleaseValue(out);
    return planes;
}
