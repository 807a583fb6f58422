/* What ONNX Runtime refuses of a graph whatever its operators compute, and what it falls over. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "graph/sound.h"

/* Wider blocks of pixels are none that a network has; the squares of such make no number. */
#define MOST_BLOCK (1 << 15)

/* How many inputs operators have at most; others have any number, or are not looked at. */
static const struct {
    size_t most;
    const char *ops; /* each between blanks */
} inputs[] = {
    { 1, " Abs AveragePool Cast Ceil ConstantOfShape DepthToSpace Elu Erf Exp Flatten Floor Gelu "
         "GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity LeakyRelu Log MaxPool Neg "
         "Reciprocal Relu Round Shape Sigmoid Softmax Softplus SpaceToDepth Sqrt Tanh Transpose " },
    { 2, " Add Div Expand Gather MatMul Mul PRelu Pow Reshape Split Squeeze Sub Unsqueeze " },
    { 3, " Clip Conv ConvTranspose Gemm InstanceNormalization " },
    { 5, " BatchNormalization Slice " },
};

static size_t most_inputs(const char *op)
{
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
        if (seam_graph_op_among(op, inputs[i].ops))
            return inputs[i].most;
    return SIZE_MAX;
}

/* What is wrong with a node; NULL: nothing. */
static const char *node_fault(const struct seam_onnx_node *node)
{
    const int64_t block = seam_onnx_int(node, "blocksize", 1);
    if (*node->domain || !*node->op)
        return NULL;
    if (node->n_inputs > most_inputs(node->op))
        return "has more inputs than such an operator takes";
    if (block < -MOST_BLOCK || block > MOST_BLOCK)
        return "has blocks of an impossible size";
    if (strcmp(node->op, "Concat") == 0 && !seam_onnx_attr(node, "axis"))
        return "does not say along which axis";
    return NULL;
}

/* Mark what a node makes; false where it was there before. */
static bool mark(const struct seam_onnx_node *node, bool *made)
{
    for (size_t k = 0; k < node->n_outputs; k++) {
        if (node->outputs[k] < 0)
            continue;
        if (made[node->outputs[k]])
            return false;
        made[node->outputs[k]] = true;
    }
    return true;
}

enum seam_result seam_graph_check_sound(const struct seam_graph *graph, struct seam_log *log)
{
    bool *made = calloc((size_t)graph->n_values + 1, sizeof(*made));
    const char *fault = NULL;
    enum seam_result r = SEAM_OK;
    if (!made)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             graph->path);
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (graph->inputs[i].id >= 0)
            made[graph->inputs[i].id] = true;
    for (size_t i = 0; i < graph->n_nodes && r == SEAM_OK; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        fault = node_fault(node);
        if (!fault && !mark(node, made))
            fault = "makes what was there before it";
        if (fault)
            r = seam_log_fail(log, SEAM_ERROR_MODEL,
                              "%s: it is no valid network: its node %zu (%s) %s; export it again",
                              graph->path, i, node->op, fault);
    }
    free(made);
    return r;
}
