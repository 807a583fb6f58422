/* A network into a session of ONNX Runtime: out of memory where a reader has read it, by its name
 * where none could. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/refused.h"
#include "base/text.h"
#include "engine/ort/load.h"
#include "graph/onnx_write.h"

/* Files of external data in one network; more are opened by the runtime itself. */
#define MOST_FILES 16

/* Weights of so many bytes are given to the runtime where they lie, and not in what is written. */
#define LARGE_WEIGHTS 4096

/* A file that no reader of ours takes. */
static enum seam_result ort_check_file(const char *name, struct seam_log *log)
{
    /* Not every version of the runtime looks where links lead, and none whether a pipe waits. */
    return seam_onnx_check_external(name, log);
}

/* Give the runtime the files of external data that the reader has read. False: it must open the
 * network by its name. */
static bool give_files(const OrtApi *api, const struct seam_graph *graph,
                       OrtSessionOptions *options, OrtStatus **status)
{
    const char *names[MOST_FILES];
    char *data[MOST_FILES];
    size_t sizes[MOST_FILES], n = 0;
    struct seam_graph_file file;
    *status = NULL;
    for (; seam_graph_file(graph, n, &file); n++) {
        if (n == MOST_FILES)
            return false;
        names[n] = file.location;
        data[n] = (char *)(uintptr_t)file.data; /* only read */
        sizes[n] = file.size;
    }
    if (n > 0)
        *status = api->AddExternalInitializersFromFilesInMemory(options, names, data, sizes, n);
    return true;
}

/* The weights that were left out of what is written, as files in memory. */
struct outside {
    const char **names;
    char (*locations)[SEAM_ONNX_LOCATION];
    char **data;
    size_t *sizes, count;
};

static void outside_free(struct outside *o)
{
    free(o->names);
    free(o->locations);
    free(o->data);
    free(o->sizes);
}

static bool outside_find(struct outside *o, const struct seam_graph *graph,
                         const struct seam_onnx_write_params *params)
{
    const size_t n = graph->n_initializers + 1;
    *o = (struct outside){ .names = calloc(n, sizeof(*o->names)),
                           .locations = calloc(n, sizeof(*o->locations)),
                           .data = calloc(n, sizeof(*o->data)),
                           .sizes = calloc(n, sizeof(*o->sizes)) };
    if (!o->names || !o->locations || !o->data || !o->sizes)
        return false;
    for (size_t i = 0; i < graph->n_initializers; i++) {
        const struct seam_onnx_tensor *tensor = &graph->initializers[i];
        if (!seam_onnx_outside(params, tensor))
            continue;
        seam_onnx_location(i, o->locations[o->count]);
        o->names[o->count] = o->locations[o->count];
        o->data[o->count] = (char *)(uintptr_t)tensor->data; /* only read */
        o->sizes[o->count++] = (size_t)tensor->size;
    }
    return true;
}

/* A graph of another format, written as ONNX; its large weights are not copied into that. */
static enum seam_result load_written(const struct ort_runtime *runtime,
                                     const struct seam_graph *graph, OrtSessionOptions *options,
                                     OrtSession **session, OrtStatus **status, struct seam_log *log)
{
    const OrtApi *api = runtime->api;
    const struct seam_onnx_write_params params = { .outside = LARGE_WEIGHTS };
    struct outside outside;
    uint8_t *data = NULL;
    size_t size = 0;
    enum seam_result r = SEAM_OK;
    if (!outside_find(&outside, graph, &params))
        r = seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to load the network", graph->path);
    if (r == SEAM_OK)
        r = seam_onnx_write_memory(graph, &params, &data, &size, log);
    if (r == SEAM_OK && outside.count > 0)
        *status = api->AddExternalInitializersFromFilesInMemory(
            options, outside.names, outside.data, outside.sizes, outside.count);
    if (r == SEAM_OK && !*status)
        *status = api->CreateSessionFromArray(runtime->env, data, size, options, session);
    free(data);
    outside_free(&outside);
    return r;
}

static enum seam_result load_network(const struct ort_runtime *runtime,
                                     const struct seam_network *network, OrtSessionOptions *options,
                                     OrtSession **session, OrtStatus **status, struct seam_log *log)
{
    const OrtApi *api = runtime->api;
    const struct seam_graph *graph = network->graph;
    if (graph && !graph->onnx)
        return load_written(runtime, graph, options, session, status, log);
    if (graph && give_files(api, graph, options, status)) {
        if (!*status)
            *status = api->CreateSessionFromArray(runtime->env, graph->onnx, graph->onnx_size,
                                                  options, session);
        return SEAM_OK;
    }
    *status = api->CreateSession(runtime->env, network->name, options, session);
    return SEAM_OK;
}

static OrtStatus *make_options(const OrtApi *api, int threads, OrtSessionOptions **options)
{
    OrtStatus *s = api->CreateSessionOptions(options);
    if (!s)
        s = api->SetIntraOpNumThreads(*options, threads);
    if (!s)
        s = api->SetInterOpNumThreads(*options, 1);
    if (!s)
        s = api->SetSessionLogSeverityLevel(*options, ORT_LOGGING_LEVEL_FATAL);
    if (!s)
        s = api->AddSessionConfigEntry(*options, "session.use_env_allocators", "1");
    /* Blocks of our pools are shared between layers; one block per run would not be. */
    if (!s)
        s = api->DisableMemPattern(*options);
    /* For the threads of the session. Its making sets the mode of this one, which is the
     * caller's. */
    if (!s)
        s = api->AddSessionConfigEntry(*options, "session.set_denormal_as_zero", "1");
    return s;
}

/* The operator that the runtime does not know, out of its words: "Fatal error: DOMAIN:NAME(-1) is
 * not a registered function/op". False where that is not what they say. */
static bool unknown_operator(const char *text, char *name, size_t size)
{
    const char *end = strstr(text, "(-1) is not a registered function");
    const char *begin = end;
    while (begin && begin > text && begin[-1] != ' ')
        begin--;
    if (begin == end)
        return false;
    snprintf(name, size, "%.*s", (int)(end - begin), begin);
    return true;
}

static enum seam_result load_failed(const struct ort_runtime *runtime, const char *name,
                                    const struct ort_load *load, OrtStatus *s, struct seam_log *log)
{
    const uint64_t lacked = seam_pool_lacked(load->pool);
    if (lacked > 0) {
        runtime->api->ReleaseStatus(s);
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "%s cannot be loaded within the budget of %s: use --memory %s or more",
                             name, seam_text_bytes(load->budget).s,
                             seam_text_budget(load->budget + lacked).s);
    }
    char text[700];
    seam_ort_failed(runtime->api, s, text, sizeof(text));
    if (seam_says_refused(text))
        return seam_refused(log, name, text);
    char operator[200];
    if (unknown_operator(text, operator, sizeof(operator)))
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s has an operator that no engine here knows, %s: export the network "
                             "without it, of standard ONNX operators alone", name, operator);
    const char *remedy = strstr(text, "xternal data") || strstr(text, "model_path")
                             ? "its weights lie in another file: put that beside the model"
                             : "it must be of standard operators; see whether the file is whole";
    return seam_log_fail(log, SEAM_ERROR_MODEL, "%s cannot be loaded: %s (%s)", name, text, remedy);
}

enum seam_result seam_ort_load(OrtSession **session, const struct ort_runtime *runtime,
                               const struct seam_network *network, const struct ort_load *load,
                               struct seam_log *log)
{
    OrtSessionOptions *options = NULL;
    enum seam_result r = network->graph ? SEAM_OK : ort_check_file(network->name, log);
    if (r != SEAM_OK)
        return r;
    /* A pool whose second thread is refused is waited for by its first without end. */
    if (!seam_threads_given(load->threads - 1))
        return seam_refused(log, load->name, "no more threads");
    OrtStatus *s = make_options(runtime->api, load->threads, &options);
    seam_ort_enter(load->pool, NULL);
    if (!s)
        r = load_network(runtime, network, options, session, &s, log);
    seam_ort_leave();
    if (options)
        runtime->api->ReleaseSessionOptions(options);
    return s ? load_failed(runtime, load->name, load, s, log) : r;
}
