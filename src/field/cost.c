#include <string.h>

#include "field/cost.h"
#include "field/rules.h"

/* Elements of a tensor per input pixel; 0 for what does not grow with the picture. */
static double density(const struct seam_fact *fact)
{
    double product = 1;
    int lines = 0;
    if (fact->state != SEAM_FACT_KNOWN)
        return 0;
    for (int i = 0; i < fact->n_atoms; i++) {
        const struct seam_atom *atom = &fact->atoms[i];
        if (atom->line >= 0) {
            const struct seam_relation *relation = fact->relation[atom->line];
            product *= (double)relation->radix[0] / (double)relation->period;
            lines++;
        } else if (seam_sym_fixed(atom->size)) {
            product *= (double)atom->size.c / (double)atom->size.den;
        }
    }
    return lines == 2 ? product : 0;
}

static double known_size(struct seam_sym size)
{
    return seam_sym_fixed(size) ? (double)size.c / (double)size.den : 0;
}

/* Multiply-adds of one node per input pixel. */
static double node_macs(const struct seam_field *field, const struct seam_onnx_node *node)
{
    struct seam_field at = *field;
    at.node = node;
    const struct seam_fact *a = seam_input(&at, 0), *b = seam_input(&at, 1);
    if (!a || !b || !node->n_outputs || node->outputs[0] < 0)
        return 0;
    double product = 1;
    if (!strcmp(node->op, "Conv") || !strcmp(node->op, "ConvTranspose")) {
        for (int i = 1; i < b->rank; i++)
            product *= known_size(b->dims[i]);
        /* A transposed convolution spends its products on the input's samples. */
        bool transposed = !strcmp(node->op, "ConvTranspose");
        return product * density(transposed ? a : &field->facts[node->outputs[0]]);
    }
    if (!strcmp(node->op, "MatMul") || !strcmp(node->op, "Gemm")) {
        bool swapped = !strcmp(node->op, "Gemm") && seam_onnx_int(node, "transA", 0);
        double inner = a->rank ? known_size(a->dims[swapped ? 0 : a->rank - 1]) : 0;
        return inner * density(&field->facts[node->outputs[0]]);
    }
    return 0;
}

static bool has_weights(const struct seam_field *field, const struct seam_onnx_node *node)
{
    static const char *const ops[] = { "Conv", "ConvTranspose", "MatMul", "Gemm" };
    if (node->n_inputs < 2 || node->inputs[1] < 0 || seam_depends(&field->facts[node->inputs[1]]))
        return false;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        if (!strcmp(node->op, ops[i]))
            return true;
    return false;
}

static bool is_weight_type(int32_t type)
{
    return type == SEAM_ONNX_FLOAT || type == SEAM_ONNX_FLOAT16 || type == SEAM_ONNX_DOUBLE ||
           type == SEAM_ONNX_BFLOAT16 || type == SEAM_ONNX_INT8 || type == SEAM_ONNX_UINT8;
}

/* Bytes of a node's output per input pixel. */
static double output_bytes(const struct seam_field *field, int32_t id)
{
    if (id < 0 || !seam_depends(&field->facts[id]))
        return 0;
    size_t size = seam_onnx_type_size(field->facts[id].type);
    return density(&field->facts[id]) * (size ? (double)size : 4);
}

/* The most bytes alive when nodes run in the file's order; a tensor dies with its last use. */
static bool peak_bytes(const struct seam_field *field, const bool *needed, double *peak)
{
    const struct seam_graph *graph = field->graph;
    size_t *last = seam_arena_alloc(field->arena, graph->n_values, sizeof(*last));
    bool *alive = seam_arena_alloc(field->arena, graph->n_values, sizeof(*alive));
    if (!last || !alive)
        return false;
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; needed[i] && k < graph->nodes[i].n_inputs; k++)
            if (graph->nodes[i].inputs[k] >= 0)
                last[graph->nodes[i].inputs[k]] = i + 1;
    double now = 0;
    for (size_t i = 0; i < graph->n_inputs; i++) {
        now += output_bytes(field, graph->inputs[i].id);
        alive[graph->inputs[i].id] = true;
    }
    *peak = now;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        if (!needed[i])
            continue;
        for (size_t k = 0; k < node->n_outputs; k++) {
            int32_t id = node->outputs[k];
            if (id < 0 || alive[id])
                continue;
            alive[id] = true;
            now += output_bytes(field, id);
        }
        *peak = now > *peak ? now : *peak;
        for (size_t k = 0; k < node->n_inputs; k++) {
            int32_t id = node->inputs[k];
            if (id < 0 || !alive[id] || last[id] != i + 1)
                continue;
            alive[id] = false;
            now -= output_bytes(field, id);
        }
    }
    return true;
}

bool seam_cost_count(const struct seam_field *field, const bool *needed, struct seam_analysis *out)
{
    const struct seam_graph *graph = field->graph;
    bool *used = seam_arena_alloc(field->arena, graph->n_values, sizeof(*used));
    if (!used)
        return false;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        if (!needed[i])
            continue;
        out->nodes++;
        out->layers += has_weights(field, node);
        out->macs_per_pixel += node_macs(field, node);
        for (size_t k = 0; k < node->n_inputs; k++)
            if (node->inputs[k] >= 0)
                used[node->inputs[k]] = true;
    }
    for (size_t i = 0; i < graph->n_initializers; i++) {
        const struct seam_onnx_tensor *tensor = &graph->initializers[i];
        int32_t id = graph->initializer_ids[i];
        if (id < 0 || !used[id])
            continue;
        used[id] = false;
        out->weight_bytes += tensor->size;
        if (is_weight_type(tensor->type))
            out->parameters += (int64_t)tensor->count;
    }
    return peak_bytes(field, needed, &out->bytes_per_pixel);
}
