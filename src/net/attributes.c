/* What attributes an operator may have. One that its rule does not know would be passed over in
 * silence: it is refused by name, as ONNX Runtime refuses it. After the ONNX specification. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/lower.h"

#define WINDOW                                                                                     \
    "auto_pad:s=NOTSET|SAME_UPPER|SAME_LOWER|VALID dilations:I kernel_shape:I pads:I strides:I "
#define REDUCE "axes:I keepdims:i noop_with_empty_axes:i "

/*
 * Each attribute as NAME:TYPE, with =WORD|WORD where it is one of these words or numbers and <N
 * where it ended with operator set N. Types: i and f are numbers, s words, t tensors; I and F
 * lists.
 */
static const struct {
    const char *op, *attributes;
} known[] = {
    { "Abs", "" },
    { "Add", "" },
    { "AveragePool", WINDOW "ceil_mode:i count_include_pad:i " },
    { "BatchNormalization", "epsilon:f momentum:f spatial:i=1<9 training_mode:i " },
    { "Cast", "round_mode:s saturate:i to:i " },
    { "Ceil", "" },
    { "Clip", "max:f<11 min:f<11 " },
    { "Concat", "axis:i " },
    { "ConstantOfShape", "value:t " },
    { "Conv", WINDOW "group:i " },
    { "ConvTranspose", WINDOW "group:i output_padding:I output_shape:I " },
    { "DepthToSpace", "blocksize:i mode:s=DCR|CRD " },
    { "DequantizeLinear", "axis:i " },
    { "Div", "" },
    { "Dropout", "ratio:f<12 seed:i " },
    { "Elu", "alpha:f " },
    { "Erf", "" },
    { "Exp", "" },
    { "Expand", "" },
    { "Flatten", "axis:i " },
    { "Floor", "" },
    { "Gather", "axis:i " },
    { "Gelu", "alpha:f approximate:s=none|tanh " },
    { "Gemm", "alpha:f beta:f transA:i transB:i " },
    { "GlobalAveragePool", "" },
    { "GlobalMaxPool", "" },
    { "GroupNormalization", "epsilon:f num_groups:i stash_type:i " },
    { "HardSigmoid", "alpha:f beta:f " },
    { "HardSwish", "alpha:f " },
    { "Identity", "" },
    { "InstanceNormalization", "epsilon:f " },
    { "LeakyRelu", "alpha:f " },
    { "MatMul", "" },
    { "Max", "" },
    { "MaxPool", WINDOW "ceil_mode:i storage_order:i " },
    { "Min", "" },
    { "Mul", "" },
    { "Neg", "" },
    { "PRelu", "alpha:f " },
    { "Pad", "mode:s=constant|reflect|edge|wrap pads:I<11 value:f<11 " },
    { "Pow", "" },
    { "QuantizeLinear", "axis:i saturate:i " },
    { "Reciprocal", "" },
    { "ReduceL2", REDUCE },
    { "ReduceMax", REDUCE },
    { "ReduceMean", REDUCE },
    { "ReduceMin", REDUCE },
    { "ReduceProd", REDUCE },
    { "ReduceSum", REDUCE },
    { "ReduceSumSquare", REDUCE },
    { "Relu", "" },
    { "Reshape", "allowzero:i " },
    { "Resize", "antialias:i axes:I coordinate_transformation_mode:s=half_pixel|"
                "half_pixel_symmetric|pytorch_half_pixel|"
                "align_corners|asymmetric|tf_half_pixel_for_nn|"
                "tf_crop_and_resize cubic_coeff_a:f exclude_outside:i extrapolation_value:f "
                "keep_aspect_ratio_policy:s=stretch|not_larger|not_smaller "
                "mode:s=nearest|linear|cubic nearest_mode:s=round_prefer_floor|round_prefer_ceil|"
                "floor|ceil " },
    { "Roll", "axis:i shift:i " },
    { "Round", "" },
    { "Shape", "end:i start:i " },
    { "Sigmoid", "" },
    { "Slice", "axes:I<10 ends:I<10 starts:I<10 " },
    { "Softmax", "axis:i " },
    { "Softplus", "" },
    { "SpaceToDepth", "blocksize:i " },
    { "Split", "axis:i num_outputs:i split:I<13 " },
    { "Sqrt", "" },
    { "Squeeze", "axes:I<13 " },
    { "Sub", "" },
    { "Sum", "" },
    { "Swish", "alpha:f " },
    { "Tanh", "" },
    { "Tile", "" },
    { "Transpose", "perm:I " },
    { "Unsqueeze", "axes:I<13 " },
    { "Upsample", "mode:s=nearest|linear scales:F<9 " },
    { "WindowAttention", "alpha:f " },
    { "WindowAttentionTurned", "alpha:f " },
};

static enum seam_onnx_attr_type type_of(char letter)
{
    switch (letter) {
    case 'i': return SEAM_ATTR_INT;
    case 'f': return SEAM_ATTR_FLOAT;
    case 's': return SEAM_ATTR_STRING;
    case 't': return SEAM_ATTR_TENSOR;
    case 'I': return SEAM_ATTR_INTS;
    default: return SEAM_ATTR_FLOATS;
    }
}

/* What is said of `name` behind it, or NULL. */
static const char *entry_of(const char *attributes, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = attributes; *at; at = strchr(at, ' ') + 1)
        if (strncmp(at, name, length) == 0 && at[length] == ':')
            return at + length + 1;
    return NULL;
}

/* Whether the words behind '=', up to a blank or '<', hold this one. */
static bool holds_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (;;) {
        const size_t n = strcspn(words, "|< ");
        if (n == length && strncmp(words, word, n) == 0)
            return true;
        if (words[n] != '|')
            return false;
        words += n + 1;
    }
}

static bool may_have(const char *attributes, const struct seam_onnx_attr *attr, int64_t opset)
{
    const char *entry = entry_of(attributes, attr->name);
    char number[32];
    if (!entry || attr->type != type_of(entry[0]))
        return false;
    const size_t length = strcspn(entry, " ");
    const char *end = memchr(entry, '<', length);
    if (end && opset >= strtol(end + 1, NULL, 10))
        return false;
    if (entry[1] != '=')
        return true;
    snprintf(number, sizeof(number), "%lld", (long long)attr->i);
    return holds_word(entry + 2, attr->type == SEAM_ATTR_STRING ? attr->s : number);
}

bool seam_lower_attributes(struct lower *l)
{
    const struct seam_onnx_node *node = l->node;
    for (size_t i = 0; !*node->domain && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].op, node->op) != 0)
            continue;
        for (size_t k = 0; k < node->n_attrs; k++)
            if (!may_have(known[i].attributes, &node->attrs[k], l->graph->opset)) {
                snprintf(l->attribute, sizeof(l->attribute),
                         "its attribute %.60s, or the value of it, is none that there is a rule "
                         "for", node->attrs[k].name);
                return seam_lower_fail(l, l->attribute);
            }
    }
    return true;
}
