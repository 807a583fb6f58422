#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "field/analysis.h"
#include "files/place.h"
#include "files/save.h"
#include "files/temporary.h"
#include "graph/finite.h"
#include "graph/onnx_write.h"
#include "graph/parts.h"
#include "graph/safetensors_write.h"
#include "job/convert.h"
#include "model/builtin.h"

enum kind { TO_ONNX, TO_SAFETENSORS };

/* What is written about the network. */
struct notes {
    struct seam_onnx_pair pairs[16];
    char values[16][256];
    size_t n;
};

static void note(struct notes *notes, const char *key, const char *format, ...) SEAM_PRINTF(3, 4);
static void note(struct notes *notes, const char *key, const char *format, ...)
{
    va_list args;
    char *const value = notes->values[notes->n];
    va_start(args, format);
    g_vsnprintf(value, sizeof(notes->values[0]), format, args);
    va_end(args);
    notes->pairs[notes->n++] = (struct seam_onnx_pair){ key, value };
}

static void note_field(struct notes *notes, const struct seam_analysis *a)
{
    if (a->scale_num > 0 && a->scale_den == 1)
        note(notes, "seamless.scale", "%" PRId64, a->scale_num);
    else if (a->scale_num > 0)
        note(notes, "seamless.scale", "%" PRId64 "/%" PRId64, a->scale_num, a->scale_den);
    if (a->bounded)
        note(notes, "seamless.receptive_field",
             "%" PRId64 " left, %" PRId64 " right, %" PRId64 " above, %" PRId64 " below",
             a->field[SEAM_LEFT], a->field[SEAM_RIGHT], a->field[SEAM_TOP], a->field[SEAM_BOTTOM]);
    else
        note(notes, "seamless.receptive_field", "the whole picture");
}

/* The file's name and the SHA-256 of its bytes; those of other files behind it. */
static void note_source(struct notes *notes, const struct seam_graph *graph)
{
    char *name = g_path_get_basename(graph->path);
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    size_t files = 0;
    note(notes, "seamless.source", "%s", name);
    for (const struct seam_onnx_file *m = graph->files; m; m = m->next, files++)
        if (!m->location)
            g_checksum_update(sum, m->data, (gssize)m->size);
    for (const struct seam_onnx_file *m = graph->files; m; m = m->next)
        if (m->location)
            g_checksum_update(sum, m->data, (gssize)m->size);
    if (files)
        note(notes, "seamless.source_sha256", "%s", g_checksum_get_string(sum));
    g_checksum_free(sum);
    g_free(name);
}

static void notes_make(struct notes *notes, const struct seam_graph *graph,
                       const struct seam_convert_params *params)
{
    struct seam_log quiet;
    struct seam_analysis analysis;
    bool known = false;
    seam_log_init(&quiet);
    notes->n = 0;
    if (seam_analysis_make(&analysis, graph, NULL, NULL, &quiet) == SEAM_OK)
        note_field(notes, &analysis);
    for (size_t i = 0; i < graph->n_metadata; i++)
        known |= strcmp(graph->metadata[i].key, "seamless.range") == 0;
    if (params->range)
        note(notes, "seamless.range", "%s", params->range);
    else if (!known)
        note(notes, "seamless.range", "0..1");
    for (size_t i = 0; i < graph->n_metadata; i++)
        if (strcmp(graph->metadata[i].key, "seamless.source") == 0)
            return; /* it was converted before: what it came from counts */
    note_source(notes, graph);
}

static bool put_file(void *user, const void *data, size_t size)
{
    return fwrite(data, 1, size, user) == size;
}

static enum seam_result write_network(const struct seam_graph *graph, enum kind kind,
                                      const struct seam_convert_params *params, FILE *file,
                                      struct seam_log *log)
{
    struct notes notes;
    notes_make(&notes, graph, params);
    const struct seam_onnx_write_params write = {
        .half = params->half,
        .metadata = notes.pairs,
        .n_metadata = notes.n,
    };
    if (kind == TO_ONNX)
        return seam_onnx_write(graph, &write, put_file, file, log);
    if (graph->weights)
        return seam_safetensors_write(graph->weights, &write, put_file, file, log);
    return seam_log_fail(
        log, SEAM_ERROR_ARGUMENT,
        "%s holds a graph, and a safetensors file weights alone: write it as .onnx", graph->path);
}

/* Beside the output, and then in its place. */
static enum seam_result write_output(const struct seam_graph *graph, enum kind kind,
                                     const char *output, const struct seam_convert_params *params,
                                     struct seam_log *log)
{
    char *temporary = NULL;
    mode_t rights;
    const int fd = seam_place_open(output, kind == TO_ONNX ? ".onnx" : ".safetensors", &temporary,
                                   &rights);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    enum seam_result r = SEAM_ERROR_IO;
    if (file) {
        r = write_network(graph, kind, params, file, log);
        const bool flushed = fflush(file) == 0;
        const int error = errno;
        fclose(file);
        errno = error;
        r = r == SEAM_OK && !flushed ? SEAM_ERROR_IO : r;
    } else if (fd >= 0) {
        close(fd);
    }
    if (r == SEAM_ERROR_IO)
        seam_log_fail(log, r, "%s cannot be written: %s", output, strerror(errno));
    if (r == SEAM_OK)
        r = seam_graph_check_unchanged(graph, log);
    if (r == SEAM_OK)
        r = seam_place(&temporary, output, rights, output, log);
    seam_temporary_remove(&temporary);
    return r;
}

static enum seam_result open_network(struct seam_graph **graph, const char *model,
                                     const struct seam_convert_params *params,
                                     struct seam_log *log)
{
    const struct seam_builtin *b = seam_builtin_find(model);
    const struct seam_graph_told told = { .scale = params->scale,
                                          .noise = params->noise ? *params->noise : 0,
                                          .noisy = params->noise != NULL };
    if (b)
        return seam_graph_open_memory(graph, b->begin, (size_t)(b->end - b->begin), model, log);
    return seam_graph_open_told(graph, model, &told, NULL, log);
}

/* A scale that the user says must be the network's. */
static enum seam_result check_scale(const struct seam_graph *graph, int64_t scale,
                                    struct seam_log *log)
{
    struct seam_log quiet;
    struct seam_analysis a;
    seam_log_init(&quiet);
    if (scale == 0 || seam_analysis_make(&a, graph, NULL, NULL, &quiet) != SEAM_OK ||
        a.scale_num == 0 || a.scale_num == scale * a.scale_den)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "%s enlarges %s times, and not %" PRId64 " times: its weights are made "
                         "for that; leave --scale away", graph->path,
                         seam_text_ratio(a.scale_num, a.scale_den).s, scale);
}

enum seam_result seam_convert(const char *model, const char *output,
                              const struct seam_convert_params *params, struct seam_log *log)
{
    const char *const dot = strrchr(output, '.');
    struct seam_graph *graph = NULL;
    enum kind kind = TO_ONNX;
    if (dot && g_ascii_strcasecmp(dot, ".safetensors") == 0)
        kind = TO_SAFETENSORS;
    else if (!dot || g_ascii_strcasecmp(dot, ".onnx") != 0)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s: a network is written as .onnx or .safetensors", output);
    if (seam_save_same_file(output, model))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s is the network itself: give the output another name", output);
    enum seam_result r = open_network(&graph, model, params, log);
    if (r == SEAM_OK)
        r = seam_graph_check_finite(graph, log);
    if (r == SEAM_OK)
        r = check_scale(graph, params->scale, log);
    if (r == SEAM_OK)
        r = write_output(graph, kind, output, params, log);
    seam_graph_close(&graph);
    return r;
}
