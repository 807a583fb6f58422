#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/half.h"
#include "base/log.h"
#include "graph/encode.h"
#include "graph/onnx_write.h"

/* No file of protocol buffers is larger. */
#define MOST_BYTES INT32_MAX

/* What is being written, and how. */
struct writing {
    const struct seam_graph *graph;
    const struct seam_onnx_write_params *params;
    bool *halved; /* of each initializer: written as float16 */
};

static const struct seam_onnx_write_params defaults = { 0 };

/* Field numbers below are those of onnx.proto. */

static void write_pair(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_pair *pair = what;
    (void)with;
    seam_encode_string(e, 1, pair->key);
    seam_encode_string(e, 2, pair->value);
}

bool seam_onnx_outside(const struct seam_onnx_write_params *params,
                       const struct seam_onnx_tensor *tensor)
{
    return params->outside && tensor->size >= params->outside;
}

void seam_onnx_location(size_t i, char name[static SEAM_ONNX_LOCATION])
{
    snprintf(name, SEAM_ONNX_LOCATION, "%zu", i);
}

static void write_half_data(struct seam_encode *e, const struct seam_onnx_tensor *tensor)
{
    uint8_t bytes[4096];
    const uint64_t room = sizeof(bytes) / 2;
    for (uint64_t i = 0; i < tensor->count && e->put && !e->failed; i += room) {
        const uint64_t n = tensor->count - i < room ? tensor->count - i : room;
        for (uint64_t k = 0; k < n; k++) {
            float value;
            memcpy(&value, tensor->data + (i + k) * sizeof(value), sizeof(value));
            const uint16_t half = seam_half_from_float(value);
            bytes[2 * k] = (uint8_t)half;
            bytes[2 * k + 1] = (uint8_t)(half >> 8);
        }
        seam_encode_bytes(e, bytes, (size_t)(2 * n));
    }
    if (!e->put)
        e->size += 2 * tensor->count;
}

static void write_dims(struct seam_encode *e, const struct seam_onnx_tensor *tensor)
{
    for (int32_t i = 0; i < tensor->rank; i++)
        seam_encode_int(e, 1, tensor->dims[i]);
}

static void write_tensor(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_tensor *tensor = what;
    const struct writing *w = with;
    write_dims(e, tensor);
    seam_encode_int(e, 2, tensor->type);
    if (tensor->name)
        seam_encode_string(e, 8, tensor->name);
    if (seam_onnx_outside(w->params, tensor)) {
        char location[SEAM_ONNX_LOCATION];
        seam_onnx_location((size_t)(tensor - w->graph->initializers), location);
        seam_encode_nested(e, 13, write_pair, &(struct seam_onnx_pair){ "location", location },
                           NULL);
        seam_encode_int(e, 14, 1);
        return;
    }
    seam_encode_head(e, 9, tensor->size);
    seam_encode_bytes(e, tensor->data, (size_t)tensor->size);
}

/* What the float16 that stands for a float is called: the Cast behind it takes the name. */
static void half_name(char name[static 256], const struct seam_onnx_tensor *tensor)
{
    snprintf(name, 256, "%.240s/float16", tensor->name);
}

static void write_half(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_tensor *tensor = what;
    char name[256];
    (void)with;
    half_name(name, tensor);
    write_dims(e, tensor);
    seam_encode_int(e, 2, SEAM_ONNX_FLOAT16);
    seam_encode_string(e, 8, name);
    seam_encode_head(e, 9, 2 * tensor->count);
    write_half_data(e, tensor);
}

static void write_attr(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_attr *attr = what;
    seam_encode_string(e, 1, attr->name);
    switch (attr->type) {
    case SEAM_ATTR_FLOAT: seam_encode_float(e, 2, attr->f); break;
    case SEAM_ATTR_INT: seam_encode_int(e, 3, attr->i); break;
    case SEAM_ATTR_STRING: seam_encode_string(e, 4, attr->s); break;
    case SEAM_ATTR_TENSOR:
        /* A constant in a node is no initializer: nobody gives it from outside. */
        seam_encode_nested(e, 5, write_tensor, attr->tensor,
                           &(struct writing){ .params = &defaults,
                                              .graph = ((const struct writing *)with)->graph });
        break;
    case SEAM_ATTR_FLOATS:
        for (size_t i = 0; i < attr->n; i++)
            seam_encode_float(e, 7, attr->floats[i]);
        break;
    case SEAM_ATTR_INTS:
        for (size_t i = 0; i < attr->n; i++)
            seam_encode_int(e, 8, attr->ints[i]);
        break;
    default: break;
    }
    seam_encode_int(e, 20, attr->type);
}

static void write_node(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_node *node = what;
    for (size_t i = 0; i < node->n_inputs; i++)
        seam_encode_string(e, 1, node->input_names[i]);
    for (size_t i = 0; i < node->n_outputs; i++)
        seam_encode_string(e, 2, node->output_names[i]);
    seam_encode_string(e, 3, node->name);
    seam_encode_string(e, 4, node->op);
    for (size_t i = 0; i < node->n_attrs; i++)
        seam_encode_nested(e, 5, write_attr, &node->attrs[i], with);
    if (*node->domain)
        seam_encode_string(e, 7, node->domain);
}

static void write_widening(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_tensor *tensor = what;
    char name[256];
    half_name(name, tensor);
    seam_encode_string(e, 1, name);
    seam_encode_string(e, 2, tensor->name);
    seam_encode_string(e, 3, tensor->name);
    seam_encode_string(e, 4, "Cast");
    seam_encode_nested(
        e, 5, write_attr,
        &(struct seam_onnx_attr){ .name = "to", .type = SEAM_ATTR_INT, .i = SEAM_ONNX_FLOAT },
        with);
}

static void write_dim(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_dim *dim = what;
    (void)with;
    if (dim->size >= 0)
        seam_encode_int(e, 1, dim->size);
    else if (*dim->symbol)
        seam_encode_string(e, 2, dim->symbol);
}

static void write_shape(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_value *value = what;
    for (int32_t i = 0; i < value->rank; i++)
        seam_encode_nested(e, 1, write_dim, &value->dims[i], with);
}

static void write_tensor_type(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_value *value = what;
    seam_encode_int(e, 1, value->type);
    if (value->rank >= 0)
        seam_encode_nested(e, 2, write_shape, value, with);
}

static void write_type(struct seam_encode *e, const void *what, const void *with)
{
    seam_encode_nested(e, 1, write_tensor_type, what, with);
}

static void write_value(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_onnx_value *value = what;
    seam_encode_string(e, 1, value->name);
    seam_encode_nested(e, 2, write_type, value, with);
}

static void write_graph(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_graph *graph = what;
    const struct writing *w = with;
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (w->halved[i])
            seam_encode_nested(e, 1, write_widening, &graph->initializers[i], with);
    for (size_t i = 0; i < graph->n_nodes; i++)
        seam_encode_nested(e, 1, write_node, &graph->nodes[i], with);
    seam_encode_string(e, 2, "network");
    for (size_t i = 0; i < graph->n_initializers; i++)
        seam_encode_nested(e, 5, w->halved[i] ? write_half : write_tensor, &graph->initializers[i],
                           with);
    for (size_t i = 0; i < graph->n_inputs; i++)
        seam_encode_nested(e, 11, write_value, &graph->inputs[i], with);
    for (size_t i = 0; i < graph->n_outputs; i++)
        seam_encode_nested(e, 12, write_value, &graph->outputs[i], with);
}

static void write_opset(struct seam_encode *e, const void *what, const void *with)
{
    const struct seam_graph *graph = with;
    const char *domain = what;
    if (*domain)
        seam_encode_string(e, 1, domain);
    seam_encode_int(e, 2, *domain ? 1 : graph->opset);
}

/* Whether the domain of node i is met there for the first time. */
static bool new_domain(const struct seam_graph *graph, size_t i)
{
    if (!*graph->nodes[i].domain)
        return false;
    for (size_t k = 0; k < i; k++)
        if (!strcmp(graph->nodes[k].domain, graph->nodes[i].domain))
            return false;
    return true;
}

static bool is_named(const struct seam_onnx_pair *pairs, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(pairs[i].key, key))
            return true;
    return false;
}

/* Keys are written once, as ONNX asks for; several notes become one. */
static void write_metadata(struct seam_encode *e, const struct writing *w)
{
    const struct seam_onnx_pair *const all = w->graph->metadata;
    const size_t n = w->graph->n_metadata;
    for (size_t i = 0; i < n; i++) {
        char joined[1024];
        if (is_named(w->params->metadata, w->params->n_metadata, all[i].key) ||
            is_named(all, i, all[i].key))
            continue;
        size_t length = (size_t)snprintf(joined, sizeof(joined), "%s", all[i].value);
        for (size_t k = i + 1; k < n && length < sizeof(joined); k++)
            if (!strcmp(all[i].key, all[k].key))
                length += (size_t)snprintf(joined + length, sizeof(joined) - length, "; %s",
                                           all[k].value);
        const bool alone = !is_named(all + i + 1, n - i - 1, all[i].key);
        seam_encode_nested(
            e, 14, write_pair,
            alone ? &all[i] : &(struct seam_onnx_pair){ all[i].key, joined }, NULL);
    }
    for (size_t i = 0; i < w->params->n_metadata; i++)
        seam_encode_nested(e, 14, write_pair, &w->params->metadata[i], NULL);
}

static void write_model(struct seam_encode *e, const struct writing *w)
{
    const struct seam_graph *graph = w->graph;
    seam_encode_int(e, 1, graph->ir_version);
    if (graph->producer && *graph->producer)
        seam_encode_string(e, 2, graph->producer);
    seam_encode_nested(e, 7, write_graph, graph, w);
    seam_encode_nested(e, 8, write_opset, "", graph);
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (new_domain(graph, i))
            seam_encode_nested(e, 8, write_opset, graph->nodes[i].domain, graph);
    write_metadata(e, w);
}

/* A tensor of no bytes may have no data. */
static bool tensor_writable(const struct seam_onnx_tensor *tensor)
{
    return seam_onnx_type_size(tensor->type) > 0 && (tensor->data || !tensor->count);
}

static enum seam_result check_node(const struct seam_graph *graph,
                                   const struct seam_onnx_node *node, struct seam_log *log)
{
    bool plain = !node->subgraph, whole = true;
    for (size_t i = 0; i < node->n_attrs; i++) {
        const enum seam_onnx_attr_type type = node->attrs[i].type;
        plain &= type != SEAM_ATTR_GRAPH && type != SEAM_ATTR_OTHER && type != SEAM_ATTR_NONE;
        whole &= type != SEAM_ATTR_TENSOR || tensor_writable(node->attrs[i].tensor);
    }
    if (plain && whole)
        return SEAM_OK;
    return seam_log_fail(
        log, SEAM_ERROR_MODEL, "%s: cannot be written as an ONNX file: its node %s (%s) has %s",
        graph->path, node->name, node->op,
        plain ? "a constant of another type than numbers" : "a graph or a list inside");
}

static enum seam_result check_graph(const struct seam_graph *graph, struct seam_log *log)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const enum seam_result result = check_node(graph, &graph->nodes[i], log);
        if (result != SEAM_OK)
            return result;
    }
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (!tensor_writable(&graph->initializers[i]))
            return seam_log_fail(log, SEAM_ERROR_MODEL,
                                 "%s: cannot be written as an ONNX file: its constant %s is of "
                                 "another type than numbers",
                                 graph->path, graph->initializers[i].name);
    return SEAM_OK;
}

static bool fits_half(const struct seam_onnx_tensor *tensor)
{
    for (uint64_t i = 0; i < tensor->count; i++) {
        float value;
        memcpy(&value, tensor->data + i * sizeof(value), sizeof(value));
        if (fabsf(value) >= 65520) /* an infinity in float16 */
            return false;
    }
    return true;
}

static bool takes_weights(const struct seam_onnx_node *node)
{
    static const char *const ops[] = { "Conv", "ConvTranspose", "Gemm", "MatMul" };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(ops); i++)
        if (!*node->domain && node->n_inputs > 1 && !strcmp(node->op, ops[i]))
            return true;
    return false;
}

/* Weights alone: what shapes and sizes are made of stays exact. */
static bool choose_halved(struct writing *w)
{
    const struct seam_graph *graph = w->graph;
    bool *weight = calloc(graph->n_values + 1, sizeof(*weight));
    if (!weight)
        return false;
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (takes_weights(&graph->nodes[i]) && graph->nodes[i].inputs[1] >= 0)
            weight[graph->nodes[i].inputs[1]] = true;
    for (size_t i = 0; i < graph->n_initializers; i++) {
        const struct seam_onnx_tensor *tensor = &graph->initializers[i];
        w->halved[i] = tensor->type == SEAM_ONNX_FLOAT && graph->initializer_ids[i] >= 0 &&
                       weight[graph->initializer_ids[i]] && fits_half(tensor);
    }
    free(weight);
    return true;
}

enum seam_result seam_onnx_write(const struct seam_graph *graph,
                                 const struct seam_onnx_write_params *params, seam_onnx_put *put,
                                 void *user, struct seam_log *log)
{
    enum seam_result result = check_graph(graph, log);
    if (result != SEAM_OK)
        return result;
    struct writing w = { .graph = graph, .params = params ? params : &defaults };
    struct seam_encode count = { 0 }, e = { .put = put, .user = user };
    w.halved = calloc(graph->n_initializers + 1, sizeof(*w.halved));
    if (!w.halved || (w.params->half && !choose_halved(&w))) {
        free(w.halved);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to write the network",
                             graph->path);
    }
    write_model(&count, &w);
    if (count.size > MOST_BYTES)
        result = seam_log_fail(log, SEAM_ERROR_MODEL,
                               "%s: too large for an ONNX file, which ends at 2 GB; try it with "
                               "half the width (--half)",
                               graph->path);
    else
        write_model(&e, &w);
    free(w.halved);
    return result == SEAM_OK && e.failed ? SEAM_ERROR_IO : result;
}

struct memory {
    uint8_t *data;
    size_t size, room;
};

static bool put_memory(void *user, const void *data, size_t size)
{
    struct memory *m = user;
    if (size > m->room - m->size) {
        size_t room = m->room ? 2 * m->room : 4096;
        while (size > room - m->size)
            room *= 2;
        uint8_t *larger = realloc(m->data, room);
        if (!larger)
            return false;
        m->data = larger;
        m->room = room;
    }
    memcpy(m->data + m->size, data, size);
    m->size += size;
    return true;
}

enum seam_result seam_onnx_write_memory(const struct seam_graph *graph,
                                        const struct seam_onnx_write_params *params, uint8_t **data,
                                        size_t *size, struct seam_log *log)
{
    struct memory m = { 0 };
    enum seam_result result = seam_onnx_write(graph, params, put_memory, &m, log);
    if (result == SEAM_ERROR_IO)
        result = seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to write the network",
                               graph->path);
    if (result != SEAM_OK) {
        free(m.data);
        m = (struct memory){ 0 };
    }
    *data = m.data;
    *size = m.size;
    return result;
}
