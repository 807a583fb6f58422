/* What types the tensors of a graph have, and whether they go together: ONNX converts none by
 * itself. After the ONNX specification. */
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/sound.h"

#define BIT(type) (1U << SEAM_ONNX_##type)

/* Operators by what type they give. Each between blanks; of those that are not here nothing is
 * known, and of what they give neither. */
static const char like_first[] =
    " Abs AveragePool BatchNormalization Ceil Celu Cos CumSum DepthToSpace Dropout Elu Erf Exp "
    "Expand Flatten Floor Gather Gelu GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish "
    "Identity LayerNormalization LeakyRelu Log LogSoftmax MaxPool Mish Neg Pad Pow Reciprocal "
    "ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape "
    "Resize Round Selu Sigmoid Sign Sin Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt "
    "Squeeze Swish Tanh Tile Transpose Unsqueeze Upsample ";
static const char whole[] = " ArgMax ArgMin NonZero Shape Size ";
static const char truth[] =
    " And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Xor ";

/* All inputs are of one type. Of the second, what they make is of that type too. */
static const char alike[] = " Equal Greater GreaterOrEqual Less LessOrEqual ";
static const char alike_through[] =
    " Add Clip Concat Conv ConvTranspose Div Gemm InstanceNormalization MatMul Max Mean Min Mod "
    "Mul PRelu Sub Sum ";

/* Inputs that are of these types whatever the others are. */
static const struct {
    const char *ops;
    size_t first, last;
    uint32_t types;
} fixed[] = {
    { " Expand ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare "
      "Reshape Split Squeeze Tile Unsqueeze ", 1, 1, BIT(INT64) },
    { " ConstantOfShape ", 0, 0, BIT(INT64) },
    { " Pad ", 1, 1, BIT(INT64) },
    { " Pad ", 3, 3, BIT(INT32) | BIT(INT64) },
    { " Slice ", 1, 4, BIT(INT32) | BIT(INT64) },
    { " Gather ", 1, 1, BIT(INT32) | BIT(INT64) },
    { " Resize ", 2, 2, BIT(FLOAT) },
    { " Resize ", 3, 3, BIT(INT64) },
    { " Upsample ", 1, 1, BIT(FLOAT) },
    { " Where ", 0, 0, BIT(BOOL) },
};

/* Two inputs of a kind that are of one type, beside others. */
static const struct {
    const char *ops;
    size_t a, b;
    int64_t before; /* the operator set that ends it; 0: none */
} pairs[] = {
    { " Where ", 1, 2, 0 },
    { " Pad ", 0, 2, 0 },
    { " Pow ", 0, 1, 12 },
};

const char *seam_onnx_type_name(int32_t type)
{
    static const char *const names[] = { "undefined", "float",   "uint8",  "int8",   "uint16",
                                         "int16",     "int32",   "int64",  "string", "bool",
                                         "float16",   "double",  "uint32", "uint64", "complex64",
                                         "complex128", "bfloat16" };
    return type >= 0 && (size_t)type < SEAM_ARRAY_LEN(names) ? names[type] : "other";
}

bool seam_graph_op_among(const char *op, const char *ops)
{
    const size_t length = strlen(op);
    for (const char *at = ops; (at = strstr(at, op)) != NULL; at += length)
        if (at > ops && at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

/* Of input k; 0 where it is left out or not known. */
static int32_t type_of(const struct seam_onnx_node *node, size_t k, const int32_t *types)
{
    return k < node->n_inputs && node->inputs[k] >= 0 ? types[node->inputs[k]] : 0;
}

/* What the node gives; 0: not known. */
static int32_t given(const struct seam_onnx_node *node, const int32_t *types)
{
    static const char *const tensors[] = { "value", "value_float", "value_floats", "value_int",
                                           "value_ints" };
    const char *op = node->op;
    if (!strcmp(op, "Cast"))
        return (int32_t)seam_clamp(seam_onnx_int(node, "to", 0), 0, INT32_MAX);
    if (!strcmp(op, "CastLike"))
        return type_of(node, 1, types);
    if (seam_graph_op_among(op, whole))
        return SEAM_ONNX_INT64;
    if (seam_graph_op_among(op, truth))
        return SEAM_ONNX_BOOL;
    if (!strcmp(op, "Constant") || !strcmp(op, "ConstantOfShape"))
        for (size_t i = 0; i < SEAM_ARRAY_LEN(tensors); i++) {
            const struct seam_onnx_attr *attr = seam_onnx_attr(node, tensors[i]);
            if (attr && i == 0)
                return attr->tensor ? attr->tensor->type : 0;
            if (attr)
                return i < 3 ? SEAM_ONNX_FLOAT : SEAM_ONNX_INT64;
        }
    if (!strcmp(op, "ConstantOfShape"))
        return SEAM_ONNX_FLOAT;
    if (!strcmp(op, "Where"))
        return type_of(node, 1, types);
    if (seam_graph_op_among(op, like_first))
        return type_of(node, 0, types);
    int32_t any = 0;
    for (size_t k = 0; seam_graph_op_among(op, alike_through) && k < node->n_inputs && !any; k++)
        any = type_of(node, k, types);
    return any;
}

/* The first two inputs that do not go together, or one of a wrong type twice. */
static bool find_fault(const struct seam_onnx_node *node, int64_t opset, const int32_t *types,
                       size_t at[2])
{
    const bool all = seam_graph_op_among(node->op, alike) ||
                     seam_graph_op_among(node->op, alike_through);
    at[0] = 0;
    for (size_t k = 1; all && k < node->n_inputs; k++) {
        if (!type_of(node, at[0], types))
            at[0] = k;
        at[1] = k;
        if (type_of(node, k, types) && type_of(node, k, types) != type_of(node, at[0], types))
            return true;
    }
    for (size_t i = 0; i < SEAM_ARRAY_LEN(pairs); i++) {
        const int32_t a = type_of(node, pairs[i].a, types), b = type_of(node, pairs[i].b, types);
        at[0] = pairs[i].a;
        at[1] = pairs[i].b;
        if (a && b && a != b && (!pairs[i].before || opset < pairs[i].before) &&
            seam_graph_op_among(node->op, pairs[i].ops))
            return true;
    }
    for (size_t i = 0; i < SEAM_ARRAY_LEN(fixed); i++)
        for (size_t k = fixed[i].first; k <= fixed[i].last; k++) {
            const int32_t type = type_of(node, k, types);
            at[0] = at[1] = k;
            if (type && !(type > 0 && type < 32 && fixed[i].types >> type & 1) &&
                seam_graph_op_among(node->op, fixed[i].ops))
                return true;
        }
    return false;
}

static enum seam_result refuse(const struct seam_graph *graph, const struct seam_onnx_node *node,
                               const int32_t *types, const size_t at[2], struct seam_log *log)
{
    const char *const a = seam_onnx_type_name(type_of(node, at[0], types));
    const char *const b = seam_onnx_type_name(type_of(node, at[1], types));
    if (at[0] == at[1])
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: it is no valid network: %s (%s) takes %s, which is of %s; export "
                             "it again", graph->path, node->name, node->op,
                             node->input_names[at[0]], a);
    return seam_log_fail(log, SEAM_ERROR_MODEL,
                         "%s: it is no valid network: %s (%s) takes %s, which is of %s, beside %s, "
                         "which is of %s, and nothing casts one to the other; export it again",
                         graph->path, node->name, node->op, node->input_names[at[0]], a,
                         node->input_names[at[1]], b);
}

enum seam_result seam_graph_check_types(const struct seam_graph *graph, struct seam_log *log)
{
    int32_t *types = calloc((size_t)graph->n_values + 1, sizeof(*types));
    enum seam_result r = SEAM_OK;
    if (!types)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory to read the network",
                             graph->path);
    for (size_t i = 0; i < graph->n_inputs; i++)
        if (graph->inputs[i].id >= 0)
            types[graph->inputs[i].id] = graph->inputs[i].type;
    for (size_t i = 0; i < graph->n_initializers; i++)
        if (graph->initializer_ids[i] >= 0)
            types[graph->initializer_ids[i]] = graph->initializers[i].type;
    for (size_t i = 0; i < graph->n_nodes && r == SEAM_OK; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        size_t at[2];
        if (*node->domain || !*node->op)
            continue;
        if (find_fault(node, graph->opset, types, at))
            r = refuse(graph, node, types, at, log);
        /* A second output is of a type of its own, but of a Split. */
        const bool all = strcmp(node->op, "Split") == 0;
        for (size_t k = 0; k < (all ? node->n_outputs : 1) && k < node->n_outputs; k++)
            if (node->outputs[k] >= 0)
                types[node->outputs[k]] = given(node, types);
    }
    free(types);
    return r;
}
