/* realpath is XSI, which _POSIX_C_SOURCE alone leaves out. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "graph/decode.h"
#include "graph/inline.h"
#include "graph/parts.h"
#include "graph/plain.h"
#include "graph/sound.h"

/* A model with more weight files than this is not meant to be read. */
#define MAX_EXTERNAL_FILES 4096

/* Below the folder by its words alone: relative, and never upwards. */
static bool location_is_inside(const char *location)
{
    if (!*location || *location == '/' || strchr(location, '\\') || strchr(location, ':'))
        return false;
    for (const char *p = location; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
            return false;
    }
    return true;
}

/* The real path of `location` below the model's folder; NULL, and errno, where it is not there.
 * *escapes where a link leads out of the folder. The caller frees it. */
static char *resolve_location(const char *model, const char *location, bool *escapes)
{
    const char *slash = strrchr(model, '/');
    int length = slash ? (int)(slash - model) + 1 : 0;
    char path[PATH_MAX];
    *escapes = false;
    if (snprintf(path, sizeof(path), "%.*s.", length, model) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    char *folder = realpath(path, NULL);
    if (!folder)
        return NULL;
    char *real = NULL;
    if (snprintf(path, sizeof(path), "%.*s%s", length, model, location) < (int)sizeof(path))
        real = realpath(path, NULL);
    else
        errno = ENAMETOOLONG;
    size_t n = strlen(folder);
    if (real && n > 1 && (strncmp(real, folder, n) || real[n] != '/'))
        *escapes = true;
    int saved = errno;
    free(folder);
    errno = saved;
    return real;
}

static enum seam_result open_external(struct seam_graph *graph, const char *location,
                                      const char *tensor, const uint8_t **data, uint64_t *size,
                                      struct seam_log *log)
{
    size_t count = 0;
    struct seam_onnx_file *file = graph->files;
    for (; file; file = file->next, count++)
        if (file->location && !strcmp(file->location, location))
            goto found;
    graph->external_failed = true;
    if (count > MAX_EXTERNAL_FILES)
        return seam_log_fail(
            log, SEAM_ERROR_MODEL,
            "%s: its weights lie in more than %d files; save it with all of them in one",
            graph->path, MAX_EXTERNAL_FILES);
    bool escapes = !location_is_inside(location);
    char *real = escapes ? NULL : resolve_location(graph->path, location, &escapes);
    if (escapes) {
        free(real);
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: its weights file '%s' lies outside the model's folder; put it "
                             "beside the model",
                             graph->path, location);
    }
    enum seam_result result = SEAM_ERROR_IO;
    if (real)
        result = seam_graph_load(graph, real, location, &file);
    const int saved = errno;
    free(real);
    if (result == SEAM_CANCELLED)
        return seam_log_fail(log, result, "cancelled");
    /* What the disk did not give is not the network's fault. */
    if (result == SEAM_ERROR_IO && saved != EBUSY && saved != EIO)
        result = SEAM_ERROR_MODEL;
    if (result != SEAM_OK)
        return seam_log_fail(log, result,
                             "%s: its weights file '%s' (for %s) cannot be read: %s; download it "
                             "too and put it beside the model",
                             graph->path, location, tensor, seam_graph_why(saved));
    graph->external_failed = false;
found:
    *data = file->data;
    *size = file->size;
    return SEAM_OK;
}

/* Protocol buffers have no first bytes of their own: what no other reader knows is tried. */
static bool onnx_takes(const struct seam_network_file *file)
{
    (void)file;
    return true;
}

static enum seam_result onnx_read(struct seam_graph *graph, const struct seam_network_file *file,
                                  struct seam_log *log)
{
    const struct seam_decoder decoder = { .graph = graph, .log = log,
                                          .external = file->in_memory ? NULL : open_external };
    enum seam_result result = seam_decode_model(&decoder, file->data, file->size);
    graph->onnx = file->data;
    graph->onnx_size = file->size;
    if (result == SEAM_OK && graph->opset < 7)
        result = seam_log_fail(log, SEAM_ERROR_MODEL,
                               "%s: operator set %lld is older than 7; convert it with "
                               "onnx.version_converter",
                               graph->path, (long long)graph->opset);
    bool changed = false;
    if (result == SEAM_OK)
        result = seam_inline(&decoder, file->data, file->size, &changed);
    if (result == SEAM_OK && !seam_graph_number(graph))
        result = seam_decode_memory(&decoder);
    if (result == SEAM_OK)
        result = seam_graph_check_types(graph, log);
    if (result == SEAM_OK)
        result = seam_graph_plain(graph, &changed, log);
    /* What was analysed is what runs, on every engine. */
    if (changed && seam_plain_writable(graph)) {
        graph->onnx = NULL;
        graph->onnx_size = 0;
    }
    return result;
}

const struct seam_reader seam_reader_onnx = { "ONNX", onnx_takes, onnx_read };

enum seam_result seam_onnx_check_external(const char *path, struct seam_log *log)
{
    struct seam_log quiet;
    struct seam_graph *graph = seam_graph_new(path);
    struct seam_onnx_file *file = NULL;
    seam_log_init(&quiet);
    if (!graph)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network", path);
    struct seam_decoder decoder = { .graph = graph, .log = &quiet, .external = open_external };
    enum seam_result result = SEAM_OK;
    if (seam_graph_load(graph, path, NULL, &file) == SEAM_OK)
        result = seam_decode_model(&decoder, file->data, file->size);
    if (graph->external_failed)
        seam_log_fail(log, result, "%s", quiet.error);
    else
        result = SEAM_OK;
    seam_graph_close(&graph);
    return result;
}
