#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "graph/finite.h"
#include "graph/parts.h"
#include "graph/weights.h"

/* How a constant is used; the larger says more. */
enum use {
    UNUSED,
    TAKEN,
    MULTIPLIED,
};

/* Operators whose inputs behind the first are weights. */
static bool multiplies(const char *op)
{
    static const char *const known[] = {
        "Conv", "ConvTranspose", "FusedConv", "Gemm", "MatMul", "PRelu", "BatchNormalization",
        "InstanceNormalization", "GroupNormalization", "LayerNormalization", NULL };
    size_t i = 0;
    while (known[i] && strcmp(op, known[i]) != 0)
        i++;
    return known[i] != NULL;
}

/* Operators that hand a constant on as it is. */
static bool hands_on(const char *op)
{
    static const char *const known[] = { "Cast",    "CastLike", "Identity", "Transpose",
                                         "Reshape", "Squeeze",  "Unsqueeze", NULL };
    size_t i = 0;
    while (known[i] && strcmp(op, known[i]) != 0)
        i++;
    return known[i] != NULL;
}

/* By value id; the caller frees it. Those who use a value come behind it. */
static unsigned char *find_uses(const struct seam_graph *graph)
{
    unsigned char *uses = calloc(graph->n_values + 1, 1);
    for (size_t n = graph->n_nodes; uses && n-- > 0;) {
        const struct seam_onnx_node *node = &graph->nodes[n];
        const bool weighs = !node->domain[0] && multiplies(node->op);
        const bool same = hands_on(node->op) && node->n_outputs > 0 && node->outputs[0] >= 0;
        for (size_t i = 0; i < node->n_inputs; i++) {
            if (node->inputs[i] < 0)
                continue;
            unsigned char *use = &uses[node->inputs[i]];
            const unsigned char how = weighs && i > 0  ? MULTIPLIED
                                      : same && i == 0 ? uses[node->outputs[0]]
                                                       : TAKEN;
            if (how > *use)
                *use = how;
        }
    }
    return uses;
}

static enum use use_of(const unsigned char *uses, int32_t id)
{
    return id < 0 ? UNUSED : (enum use)uses[id];
}

static bool is_wrong(double value, enum use use)
{
    return isnan(value) || (use == MULTIPLIED && !(fabs(value) <= FLT_MAX));
}

/* Elements that are looked at before anybody asks what was seen. */
#define BLOCK 4096

/* Whether one of the exponents is full. No branch for each: this goes at the speed of memory. */
static bool any_full32(const uint8_t *data, uint64_t count)
{
    uint32_t full = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, data + 4 * i, 4);
        full |= (word & 0x7f800000) == 0x7f800000;
    }
    return full;
}

static bool any_full16(const uint8_t *data, uint64_t count, uint16_t mask)
{
    uint16_t full = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint16_t word;
        memcpy(&word, data + 2 * i, 2);
        full |= (word & mask) == mask;
    }
    return full;
}

/* Whether elements from `at` on may be wrong: doubles always. */
static bool may_be_wrong(const struct seam_onnx_tensor *t, uint64_t at, uint64_t count)
{
    switch (t->type) {
    case SEAM_ONNX_FLOAT: return any_full32(t->data + 4 * at, count);
    case SEAM_ONNX_FLOAT16: return any_full16(t->data + 2 * at, count, 0x7c00);
    case SEAM_ONNX_BFLOAT16: return any_full16(t->data + 2 * at, count, 0x7f80);
    default: return true;
    }
}

/* The first element that is wrong; the tensor's count where none is. */
static uint64_t find_wrong(const struct seam_onnx_tensor *t, enum use use)
{
    double value;
    int64_t whole;
    for (uint64_t at = 0; at < t->count; at += BLOCK) {
        const uint64_t n = t->count - at < BLOCK ? t->count - at : BLOCK;
        if (!may_be_wrong(t, at, n))
            continue;
        for (uint64_t i = at; i < at + n; i++)
            if (seam_onnx_element(t, i, &value, &whole) && is_wrong(value, use))
                return i;
    }
    return t->count;
}

static bool is_float(int32_t type)
{
    return type == SEAM_ONNX_FLOAT || type == SEAM_ONNX_FLOAT16 || type == SEAM_ONNX_BFLOAT16 ||
           type == SEAM_ONNX_DOUBLE;
}

static enum seam_result say(const struct seam_graph *graph, const char *name, uint64_t at,
                            const struct seam_onnx_tensor *t, struct seam_log *log)
{
    double value = 0;
    int64_t whole;
    (void)seam_onnx_element(t, at, &value, &whole);
    return seam_log_fail(log, SEAM_ERROR_MODEL,
                         "%s: element %" PRIu64 " of the weights '%s' is %s: the file is damaged, "
                         "or its training failed; get it again, or another one",
                         graph->path, at, name, isnan(value) ? "not a number (NaN)" : "infinite");
}

static enum seam_result check_tensor(const struct seam_graph *graph,
                                     const struct seam_onnx_tensor *t, const char *name,
                                     enum use use, struct seam_log *log)
{
    if (use == UNUSED || !t->data || !is_float(t->type))
        return SEAM_OK;
    const uint64_t at = find_wrong(t, use);
    return at == t->count ? SEAM_OK : say(graph, name, at, t, log);
}

/* The tensor as its file names it, where what was made of several is wrong. */
static enum seam_result check_sources(const struct seam_graph *graph, struct seam_log *log)
{
    const struct seam_weights *w = graph->weights;
    for (size_t i = 0; w && i < w->count; i++) {
        const struct seam_onnx_tensor t = { .type = w->items[i].type, .count = w->items[i].count,
                                            .data = w->items[i].data, .size = w->items[i].size };
        const enum seam_result r = check_tensor(graph, &t, w->items[i].name,
                                                w->items[i].used ? MULTIPLIED : UNUSED, log);
        if (r != SEAM_OK)
            return r;
    }
    return SEAM_OK;
}

enum seam_result seam_graph_check_finite(const struct seam_graph *graph, struct seam_log *log)
{
    unsigned char *uses = find_uses(graph);
    enum seam_result r = SEAM_OK;
    struct seam_log quiet;
    seam_log_init(&quiet);
    if (!uses)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             graph->path);
    for (size_t i = 0; i < graph->n_initializers && r == SEAM_OK; i++)
        r = check_tensor(graph, &graph->initializers[i], graph->initializers[i].name,
                         use_of(uses, graph->initializer_ids[i]), &quiet);
    for (size_t n = 0; n < graph->n_nodes && r == SEAM_OK; n++) {
        const struct seam_onnx_node *node = &graph->nodes[n];
        const struct seam_onnx_attr *value =
            strcmp(node->op, "Constant") == 0 ? seam_onnx_attr(node, "value") : NULL;
        if (value && value->tensor && node->n_outputs > 0)
            r = check_tensor(graph, value->tensor, node->output_names[0],
                             use_of(uses, node->outputs[0]), &quiet);
    }
    free(uses);
    if (r != SEAM_OK && check_sources(graph, log) == SEAM_OK)
        r = seam_log_fail(log, r, "%s", quiet.error);
    return r;
}
