/* Which rule lowers which operator. */
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

/* Sorted by name. */
static const struct {
    const char *op;
    lower_rule *rule;
} rules[] = {
    { "Abs", seam_lower_unary },
    { "Add", seam_lower_binary },
    { "AveragePool", seam_lower_pool },
    { "BatchNormalization", seam_lower_batch_norm },
    { "Cast", seam_lower_same },
    { "Ceil", seam_lower_unary },
    { "Clip", seam_lower_unary },
    { "Concat", seam_lower_concat },
    { "Conv", seam_lower_conv },
    { "ConvTranspose", seam_lower_conv_transpose },
    { "DepthToSpace", seam_lower_depth_to_space },
    { "DequantizeLinear", seam_lower_dequantize },
    { "Div", seam_lower_binary },
    { "Dropout", seam_lower_same },
    { "Elu", seam_lower_unary },
    { "Erf", seam_lower_unary },
    { "Exp", seam_lower_unary },
    { "Expand", seam_lower_repeat },
    { "Floor", seam_lower_unary },
    { "Gather", seam_lower_gather },
    { "Gelu", seam_lower_unary },
    { "GlobalAveragePool", seam_lower_global_pool },
    { "GlobalMaxPool", seam_lower_global_pool },
    { "GroupNormalization", seam_lower_instance_norm },
    { "HardSigmoid", seam_lower_unary },
    { "HardSwish", seam_lower_unary },
    { "Identity", seam_lower_same },
    { "InstanceNormalization", seam_lower_instance_norm },
    { "LeakyRelu", seam_lower_unary },
    { "MatMul", seam_lower_matmul },
    { "Max", seam_lower_binary },
    { "MaxPool", seam_lower_pool },
    { "Min", seam_lower_binary },
    { "Mul", seam_lower_binary },
    { "Neg", seam_lower_unary },
    { "PRelu", seam_lower_prelu },
    { "Pad", seam_lower_pad },
    { "Pow", seam_lower_binary },
    { "QuantizeLinear", seam_lower_quantize },
    { "Reciprocal", seam_lower_unary },
    { "ReduceL2", seam_lower_reduce },
    { "ReduceMax", seam_lower_reduce },
    { "ReduceMean", seam_lower_reduce },
    { "ReduceMin", seam_lower_reduce },
    { "ReduceSum", seam_lower_reduce },
    { "ReduceSumSquare", seam_lower_reduce },
    { "Relu", seam_lower_unary },
    { "Reshape", seam_lower_reshape },
    { "Resize", seam_lower_resize },
    { "Roll", seam_lower_roll }, /* what pattern_roll.c finds */
    { "Round", seam_lower_unary },
    { "Sigmoid", seam_lower_unary },
    { "Slice", seam_lower_slice },
    { "Softplus", seam_lower_unary },
    { "SpaceToDepth", seam_lower_space_to_depth },
    { "Split", seam_lower_split },
    { "Sqrt", seam_lower_unary },
    { "Squeeze", seam_lower_reshape },
    { "Sub", seam_lower_binary },
    { "Sum", seam_lower_binary },
    { "Swish", seam_lower_unary },
    { "Tanh", seam_lower_unary },
    { "Tile", seam_lower_repeat },
    { "Transpose", seam_lower_transpose },
    { "Unsqueeze", seam_lower_reshape },
    { "Upsample", seam_lower_resize },
    { "WindowAttention", seam_lower_attention }, /* what pattern_attention.c finds, as the next */
    { "WindowAttentionTurned", seam_lower_attention },
};

lower_rule *seam_lower_rule(const struct seam_onnx_node *node)
{
    if (*node->domain || node->subgraph)
        return NULL;
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rules); i++)
        if (!strcmp(rules[i].op, node->op))
            return rules[i].rule;
    return NULL;
}
