/*
 * Every operator the analysis knows, in one place.
 *
 * SEAM_ROUNDING_BITS says that the engine computes each element by the same additions in the same
 * order whatever the tensor's shape and the element's position: what is not on this list with that
 * mark never gives the level `bits`. Operators that are not here count as unbounded.
 *
 * Measured with tests/probe: Elu, Log, Softplus and Mish differ in the last bit where a vector's
 * tail falls elsewhere, as it does when threads share a tensor. The others marked NUMERIC were
 * not seen to differ, but nothing promises it.
 */
#include <string.h>

#include "field/rules.h"

#define BITS SEAM_ROUNDING_BITS
#define NUMERIC SEAM_ROUNDING_NUMERIC

/* Sorted by name: seam_operator_find halves. */
static const struct seam_operator operators[] = {
    { "Abs", seam_rule_join, BITS },
    { "Acos", seam_rule_join, NUMERIC },
    { "Acosh", seam_rule_join, NUMERIC },
    { "Add", seam_rule_join, BITS },
    { "And", seam_rule_join, BITS },
    { "ArgMax", seam_rule_reduce, NUMERIC },
    { "ArgMin", seam_rule_reduce, NUMERIC },
    { "Asin", seam_rule_join, NUMERIC },
    { "Asinh", seam_rule_join, NUMERIC },
    { "Atan", seam_rule_join, NUMERIC },
    { "Atanh", seam_rule_join, NUMERIC },
    { "AveragePool", seam_rule_pool, BITS },
    { "BatchNormalization", seam_rule_batch_norm, BITS },
    { "BitShift", seam_rule_join, BITS },
    { "Cast", seam_rule_copy, BITS },
    { "CastLike", seam_rule_copy, BITS },
    { "Ceil", seam_rule_join, BITS },
    { "Celu", seam_rule_join, NUMERIC },
    { "Clip", seam_rule_join, BITS },
    { "Concat", seam_rule_concat, BITS },
    { "Constant", seam_rule_constant, BITS },
    { "ConstantOfShape", seam_rule_constant_of_shape, BITS },
    { "Conv", seam_rule_conv, BITS },
    { "ConvTranspose", seam_rule_conv_transpose, BITS },
    { "Cos", seam_rule_join, NUMERIC },
    { "Cosh", seam_rule_join, NUMERIC },
    { "CumSum", seam_rule_cumsum, NUMERIC },
    { "DepthToSpace", seam_rule_depth_to_space, BITS },
    { "DequantizeLinear", seam_rule_batch_norm, NUMERIC },
    { "Div", seam_rule_join, BITS },
    { "Dropout", seam_rule_copy, BITS },
    { "Einsum", seam_rule_einsum, NUMERIC },
    { "Elu", seam_rule_join, NUMERIC },
    { "Equal", seam_rule_join, BITS },
    { "Erf", seam_rule_join, BITS },
    { "Exp", seam_rule_join, BITS },
    { "Expand", seam_rule_expand, BITS },
    { "Flatten", seam_rule_flatten, BITS },
    { "Floor", seam_rule_join, BITS },
    { "Gather", seam_rule_gather, BITS },
    { "Gelu", seam_rule_join, NUMERIC },
    { "Gemm", seam_rule_gemm, NUMERIC },
    { "GlobalAveragePool", seam_rule_global, NUMERIC },
    { "GlobalLpPool", seam_rule_global, NUMERIC },
    { "GlobalMaxPool", seam_rule_global, NUMERIC },
    { "Greater", seam_rule_join, BITS },
    { "GreaterOrEqual", seam_rule_join, BITS },
    { "GroupNormalization", seam_rule_norm, NUMERIC },
    { "HardSigmoid", seam_rule_join, BITS },
    { "HardSwish", seam_rule_join, BITS },
    { "Hardmax", seam_rule_softmax, NUMERIC },
    { "Identity", seam_rule_copy, BITS },
    { "InstanceNormalization", seam_rule_norm, NUMERIC },
    { "IsInf", seam_rule_join, BITS },
    { "IsNaN", seam_rule_join, BITS },
    { "LayerNormalization", seam_rule_layer_norm, NUMERIC },
    { "LeakyRelu", seam_rule_join, BITS },
    { "Less", seam_rule_join, BITS },
    { "LessOrEqual", seam_rule_join, BITS },
    { "Log", seam_rule_join, NUMERIC },
    { "LogSoftmax", seam_rule_softmax, NUMERIC },
    { "LpNormalization", seam_rule_softmax, NUMERIC },
    { "LpPool", seam_rule_pool, NUMERIC },
    { "MatMul", seam_rule_matmul, NUMERIC },
    { "Max", seam_rule_join, BITS },
    { "MaxPool", seam_rule_pool, BITS },
    { "Mean", seam_rule_join, BITS },
    { "MeanVarianceNormalization", seam_rule_norm, NUMERIC },
    { "Min", seam_rule_join, BITS },
    { "Mod", seam_rule_join, BITS },
    { "Mul", seam_rule_join, BITS },
    { "Neg", seam_rule_join, BITS },
    { "Not", seam_rule_join, BITS },
    { "Or", seam_rule_join, BITS },
    { "PRelu", seam_rule_join, BITS },
    { "Pad", seam_rule_pad, BITS },
    { "Pow", seam_rule_join, BITS },
    { "QLinearConv", seam_rule_qlinear_conv, NUMERIC },
    { "QuantizeLinear", seam_rule_batch_norm, NUMERIC },
    { "Range", seam_rule_shape, BITS },
    { "Reciprocal", seam_rule_join, BITS },
    { "ReduceL1", seam_rule_reduce, NUMERIC },
    { "ReduceL2", seam_rule_reduce, NUMERIC },
    { "ReduceLogSum", seam_rule_reduce, NUMERIC },
    { "ReduceLogSumExp", seam_rule_reduce, NUMERIC },
    { "ReduceMax", seam_rule_reduce, BITS },
    { "ReduceMean", seam_rule_reduce, NUMERIC },
    { "ReduceMin", seam_rule_reduce, BITS },
    { "ReduceProd", seam_rule_reduce, NUMERIC },
    { "ReduceSum", seam_rule_reduce, NUMERIC },
    { "ReduceSumSquare", seam_rule_reduce, NUMERIC },
    { "Relu", seam_rule_join, BITS },
    { "Reshape", seam_rule_reshape, BITS },
    { "Resize", seam_rule_resize, BITS },
    { "Round", seam_rule_join, BITS },
    { "ScatterElements", seam_rule_scatter, NUMERIC },
    { "ScatterND", seam_rule_scatter, NUMERIC },
    { "Selu", seam_rule_join, NUMERIC },
    { "Shape", seam_rule_shape, BITS },
    { "Sigmoid", seam_rule_join, BITS },
    { "Sign", seam_rule_join, BITS },
    { "Sin", seam_rule_join, NUMERIC },
    { "Sinh", seam_rule_join, NUMERIC },
    { "Size", seam_rule_shape, BITS },
    { "Slice", seam_rule_slice, BITS },
    { "Softmax", seam_rule_softmax, NUMERIC },
    { "Softplus", seam_rule_join, NUMERIC },
    { "Softsign", seam_rule_join, BITS },
    { "SpaceToDepth", seam_rule_space_to_depth, BITS },
    { "Split", seam_rule_split, BITS },
    { "Sqrt", seam_rule_join, BITS },
    { "Squeeze", seam_rule_squeeze, BITS },
    { "Sub", seam_rule_join, BITS },
    { "Sum", seam_rule_join, BITS },
    { "Tan", seam_rule_join, NUMERIC },
    { "Tanh", seam_rule_join, BITS },
    { "ThresholdedRelu", seam_rule_join, BITS },
    { "Tile", seam_rule_tile, BITS },
    { "Transpose", seam_rule_transpose, BITS },
    { "Unsqueeze", seam_rule_unsqueeze, BITS },
    { "Upsample", seam_rule_resize, BITS },
    { "Where", seam_rule_join, BITS },
    { "Xor", seam_rule_join, BITS },
};

const struct seam_operator *seam_operator_find(const struct seam_onnx_node *node)
{
    size_t lo = 0, hi = sizeof(operators) / sizeof(operators[0]);
    /* Operators of other domains may share a name and nothing else. */
    if (*node->domain || node->subgraph)
        return NULL;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(node->op, operators[mid].name);
        if (!order)
            return &operators[mid];
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

const struct seam_operator *seam_operator_at(size_t index)
{
    return index < sizeof(operators) / sizeof(operators[0]) ? &operators[index] : NULL;
}
