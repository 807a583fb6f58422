#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "base/half.h"
#include "base/log.h"
#include "graph/safetensors_write.h"

/* Data begins at a multiple of it, as programs that map the file expect. */
#define ALIGNMENT 8

struct writing {
    const struct seam_weights *weights;
    const struct seam_onnx_write_params *params;
    seam_onnx_put *put; /* NULL: bytes are counted alone */
    void *user;
    uint64_t size;
    bool failed;
};

static void put(struct writing *w, const void *data, size_t size)
{
    if (w->failed)
        return;
    w->size += size;
    if (w->put && size && !w->put(w->user, data, size))
        w->failed = true;
}

static void put_text(struct writing *w, const char *text)
{
    put(w, text, strlen(text));
}

/* A text of JSON, in quotes. */
static void put_quoted(struct writing *w, const char *text)
{
    put_text(w, "\"");
    for (const char *c = text; *c; c++) {
        char code[8];
        if ((unsigned char)*c < 0x20)
            snprintf(code, sizeof(code), "\\u%04x", (unsigned)(unsigned char)*c);
        else
            snprintf(code, sizeof(code), "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
        put_text(w, code);
    }
    put_text(w, "\"");
}

static const char *type_text(int32_t type)
{
    static const struct {
        int32_t type;
        const char *name;
    } types[] = {
        { SEAM_ONNX_FLOAT, "F32" }, { SEAM_ONNX_FLOAT16, "F16" }, { SEAM_ONNX_BFLOAT16, "BF16" },
        { SEAM_ONNX_DOUBLE, "F64" }, { SEAM_ONNX_INT64, "I64" },  { SEAM_ONNX_INT32, "I32" },
        { SEAM_ONNX_INT16, "I16" },  { SEAM_ONNX_INT8, "I8" },    { SEAM_ONNX_UINT8, "U8" },
        { SEAM_ONNX_BOOL, "BOOL" },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return NULL;
}

static double element(const struct seam_weight *w, uint64_t at)
{
    const struct seam_onnx_tensor tensor = {
        .type = w->type, .count = w->count, .data = w->data, .size = w->size
    };
    double value = 0;
    int64_t whole;
    (void)seam_onnx_element(&tensor, at, &value, &whole);
    return value;
}

/* Norms and slopes keep their width, and so does what has too large a number in it. */
static bool is_halved(const struct writing *w, const struct seam_weight *weight)
{
    const bool wider = weight->type == SEAM_ONNX_FLOAT || weight->type == SEAM_ONNX_DOUBLE ||
                       weight->type == SEAM_ONNX_BFLOAT16;
    if (!w->params->half || !wider || weight->rank < 2)
        return false;
    for (uint64_t i = 0; i < weight->count; i++)
        if (fabs(element(weight, i)) >= 65520)
            return false;
    return true;
}

static void put_pair(struct writing *w, const struct seam_onnx_pair *pair, bool *first)
{
    put_text(w, *first ? "" : ",");
    *first = false;
    put_quoted(w, pair->key);
    put_text(w, ":");
    put_quoted(w, pair->value);
}

static bool is_named(const struct seam_onnx_pair *pairs, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(pairs[i].key, key))
            return true;
    return false;
}

/* What the file told, then the graph, then the writer: each key once. */
static void put_metadata(struct writing *w)
{
    const struct seam_onnx_write_params *p = w->params;
    const struct seam_graph *graph = w->weights->graph;
    bool first = true;
    put_text(w, "{\"__metadata__\":{");
    for (size_t i = 0; i < w->weights->n_metadata; i++)
        if (!is_named(graph->metadata, graph->n_metadata, w->weights->metadata[i].key) &&
            !is_named(p->metadata, p->n_metadata, w->weights->metadata[i].key))
            put_pair(w, &w->weights->metadata[i], &first);
    for (size_t i = 0; i < graph->n_metadata; i++)
        if (!is_named(p->metadata, p->n_metadata, graph->metadata[i].key) &&
            !is_named(graph->metadata + i + 1, graph->n_metadata - i - 1, graph->metadata[i].key))
            put_pair(w, &graph->metadata[i], &first);
    for (size_t i = 0; i < p->n_metadata; i++)
        put_pair(w, &p->metadata[i], &first);
    put_text(w, "}");
}

static uint64_t written_size(const struct writing *w, const struct seam_weight *weight)
{
    return is_halved(w, weight) ? 2 * weight->count : weight->size;
}

static void put_header(struct writing *w)
{
    char text[96];
    uint64_t at = 0;
    put_metadata(w);
    for (size_t i = 0; i < w->weights->count; i++) {
        const struct seam_weight *weight = &w->weights->items[i];
        const uint64_t end = at + written_size(w, weight);
        put_text(w, ",");
        put_quoted(w, weight->name);
        put_text(w, ":{\"dtype\":\"");
        put_text(w, is_halved(w, weight) ? "F16" : type_text(weight->type));
        put_text(w, "\",\"shape\":[");
        for (int32_t k = 0; k < weight->rank; k++) {
            snprintf(text, sizeof(text), "%s%" PRId64, k ? "," : "", weight->dims[k]);
            put_text(w, text);
        }
        snprintf(text, sizeof(text), "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", at, end);
        put_text(w, text);
        at = end;
    }
    put_text(w, "}");
}

static void put_data(struct writing *w, const struct seam_weight *weight)
{
    if (!is_halved(w, weight)) {
        put(w, weight->data, (size_t)weight->size);
        return;
    }
    uint8_t bytes[4096];
    size_t n = 0;
    for (uint64_t i = 0; i < weight->count; i++) {
        const uint16_t half = seam_half_from_float((float)element(weight, i));
        bytes[n++] = (uint8_t)half;
        bytes[n++] = (uint8_t)(half >> 8);
        if (n == sizeof(bytes) || i + 1 == weight->count) {
            put(w, bytes, n);
            n = 0;
        }
    }
}

enum seam_result seam_safetensors_write(const struct seam_weights *weights,
                                        const struct seam_onnx_write_params *params,
                                        seam_onnx_put *to, void *user, struct seam_log *log)
{
    static const struct seam_onnx_write_params defaults = { 0 };
    struct writing count = { .weights = weights, .params = params ? params : &defaults }, w = count;
    for (size_t i = 0; i < weights->count; i++)
        if (!type_text(weights->items[i].type))
            return seam_log_fail(log, SEAM_ERROR_MODEL,
                                 "%s: its weight %s is of no type that safetensors has",
                                 weights->graph->path, weights->items[i].name);
    put_header(&count);
    w.put = to;
    w.user = user;
    const uint64_t size = (count.size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uint8_t length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(size >> 8 * i);
    put(&w, length, sizeof(length));
    put_header(&w);
    for (uint64_t i = count.size; i < size; i++)
        put_text(&w, " ");
    for (size_t i = 0; i < weights->count; i++)
        put_data(&w, &weights->items[i]);
    return w.failed ? SEAM_ERROR_IO : SEAM_OK;
}
