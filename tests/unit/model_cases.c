#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_cases.h"

#define BITS SEAM_LEVEL_BITS
#define NUMERIC SEAM_LEVEL_NUMERIC
#define NO SEAM_LEVEL_NO

/* A convolution 3x3 on four channels from x to `a`. */
#define CONV "w k 4,4,3,3; Conv x k > a : pads=[1,1,1,1]; "
/* NCHW to NHWC and windows of 4 x 4: x -> p of [h/4 * w/4, 16, 4]; h and w by Shape. */
#define WINDOWS                                                                                    \
    "Transpose x > t : perm=[0,2,3,1]; Shape t > s; i four 4; i one 1; i i1 1; i i2 2; "           \
    "Gather s i1 > h; Gather s i2 > wd; Div h four > hn; Div wd four > wn; "                       \
    "Concat one hn four wn four four > ws : axis=0; Reshape t ws > r; "                            \
    "Transpose r > q : perm=[0,1,3,2,4,5]; i ps -1,16,4; Reshape q ps > p; "
/* And back from o to y. */
#define UNWINDOW                                                                                   \
    "Concat one hn wn four four four > us : axis=0; Reshape o us > u; "                            \
    "Transpose u > v : perm=[0,1,3,2,4,5]; Concat one h wd four > fs : axis=0; "                   \
    "Reshape v fs > z; Transpose z > y : perm=[0,3,1,2]; "
/* Height and width of x, each a list of one. */
#define SIZES "Shape x > s; i i2 2; i i3 3; Gather s i2 > h; Gather s i3 > wd; "
#define ATTEND                                                                                     \
    "Transpose p > pt : perm=[0,2,1]; MatMul p pt > m; Softmax m > sm : axis=-1; MatMul sm p > o; "

const struct model_case model_cases[] = {
    /* Convolutions */
    { "conv", 13, "w k 4,4,5,5; Conv x k > y : pads=[2,2,2,2]", 1, 1, 1, 2, 2, 0, BITS, NULL },
    { "conv-grouped", 13, "w k 4,1,3,3; Conv x k > y : pads=[1,1,1,1] group=4", 1, 1, 1, 1, 1, 0,
      BITS, NULL },
    { "conv-valid", 13, "w k 4,4,3,3; Conv x k > y", 1, 1, 1, 1, 1, 1, BITS, NULL },
    { "conv-same-upper", 13, "w k 4,4,4,4; Conv x k > y : auto_pad='SAME_UPPER'", 1, 1, 1, 1, 2, 0,
      BITS, NULL },
    { "conv-same-lower", 13, "w k 4,4,4,4; Conv x k > y : auto_pad='SAME_LOWER'", 1, 1, 1, 2, 1, 0,
      BITS, NULL },
    { "conv-auto-valid", 13, "w k 4,4,3,3; Conv x k > y : auto_pad='VALID'", 1, 1, 1, 1, 1, 1, BITS,
      NULL },
    { "conv-stride", 13, "w k 4,4,3,3; Conv x k > y : pads=[1,1,1,1] strides=[2,2]", 1, 2, 2, 1, 0,
      0, BITS, NULL },
    { "conv-stride-valid", 13, "w k 4,4,3,3; Conv x k > y : strides=[2,2]", 1, 2, 2, 2, 1, 1, BITS,
      NULL },
    { "conv-stride3", 13, "w k 4,4,5,5; Conv x k > y : pads=[1,1,1,1] strides=[3,3]", 1, 3, 3, 1, 1,
      0, BITS, NULL },
    { "conv-dilated", 13, "w k 4,4,3,3; Conv x k > y : pads=[3,3,3,3] dilations=[3,3]", 1, 1, 1, 3,
      3, 0, BITS, NULL },
    { "transpose-k4s2", 13, "w k 4,4,4,4; ConvTranspose x k > y : strides=[2,2] pads=[1,1,1,1]", 2,
      1, 1, 1, 1, 0, BITS, NULL },
    { "transpose-k2s2", 13, "w k 4,4,2,2; ConvTranspose x k > y : strides=[2,2]", 2, 1, 1, 0, 0, 0,
      BITS, NULL },
    { "transpose-extra", 13,
      "w k 4,4,3,3; ConvTranspose x k > y : strides=[2,2] pads=[1,1,1,1] output_padding=[1,1]", 2,
      1, 1, 0, 1, 0, BITS, NULL },
    { "transpose-same", 13,
      "w k 4,4,4,4; ConvTranspose x k > y : strides=[2,2] auto_pad='SAME_UPPER'", 2, 1, 1, 1, 1, 0,
      BITS, NULL },
    { "transpose-dilated", 13,
      "w k 4,4,3,3; ConvTranspose x k > y : dilations=[2,2] pads=[2,2,2,2]", 1, 1, 1, 2, 2, 0, BITS,
      NULL },
    /* Pools */
    { "maxpool", 13, "MaxPool x > y : kernel_shape=[3,3] pads=[1,1,1,1]", 1, 1, 1, 1, 1, 0, BITS,
      NULL },
    { "maxpool-stride", 13, "MaxPool x > y : kernel_shape=[2,2] strides=[2,2]", 1, 2, 2, 0, 0, 0,
      BITS, NULL },
    { "maxpool-ceil", 13, "MaxPool x > y : kernel_shape=[2,2] strides=[2,2] ceil_mode=1", 1, 2, 2,
      0, 0, 0, BITS, NULL },
    { "maxpool-wide", 13, "MaxPool x > y : kernel_shape=[3,3] strides=[2,2] pads=[1,1,0,0]", 1, 2,
      2, 1, 0, 0, BITS, NULL },
    { "averagepool", 13, "AveragePool x > y : kernel_shape=[5,5] pads=[2,2,2,2]", 1, 1, 1, 2, 2, 0,
      BITS, NULL },
    { "lppool", 13, "LpPool x > y : kernel_shape=[3,3] pads=[1,1,1,1]", 1, 1, 1, 1, 1, 0, NUMERIC,
      NULL },
    /* Resize */
    { "nearest-half", 13, "f s 1,1,2,2; Resize x _ s > y", 2, 1, 1, 0, 0, 0, BITS, NULL },
    { "nearest-ceil", 13,
      "f s 1,1,2,2; Resize x _ s > y : coordinate_transformation_mode='asymmetric' "
      "nearest_mode='ceil'",
      2, 1, 1, 0, 1, 0, BITS, NULL },
    { "nearest-third", 13,
      "f s 1,1,3,3; Resize x _ s > y : coordinate_transformation_mode='asymmetric' "
      "nearest_mode='floor'",
      3, 1, 1, 0, 0, 0, BITS, NULL },
    { "nearest-prefer-ceil", 13,
      "f s 1,1,2,2; Resize x _ s > y : coordinate_transformation_mode='asymmetric' "
      "nearest_mode='round_prefer_ceil'",
      2, 1, 1, 0, 1, 0, BITS, NULL },
    { "nearest-down", 13,
      "f s 1,1,0.5,0.5; Resize x _ s > y : coordinate_transformation_mode='asymmetric' "
      "nearest_mode='floor'",
      1, 2, 2, 0, 0, 0, BITS, NULL },
    { "nearest-3-2", 13, "f s 1,1,1.5,1.5; Resize x _ s > y : nearest_mode='floor'", 3, 2, 2, 1, 0,
      0, BITS, NULL },
    { "linear-2", 13, "f s 1,1,2,2; Resize x _ s > y : mode='linear'", 2, 1, 1, 1, 1, 0, BITS,
      NULL },
    { "linear-2-asymmetric", 13,
      "f s 1,1,2,2; Resize x _ s > y : mode='linear' coordinate_transformation_mode='asymmetric'",
      2, 1, 1, 0, 1, 0, BITS, NULL },
    { "linear-2-pytorch", 13,
      "f s 1,1,2,2; Resize x _ s > y : mode='linear' "
      "coordinate_transformation_mode='pytorch_half_pixel'",
      2, 1, 1, 1, 1, 0, BITS, NULL },
    { "linear-3", 13, "f s 1,1,3,3; Resize x _ s > y : mode='linear'", 3, 1, 1, 1, 1, 0, NUMERIC,
      NULL },
    { "linear-down", 13, "f s 1,1,0.5,0.5; Resize x _ s > y : mode='linear'", 1, 2, 2, 0, 0, 0,
      BITS, NULL },
    { "linear-antialias", 18, "f s 1,1,0.5,0.5; Resize x _ s > y : mode='linear' antialias=1", 1, 2,
      2, 1, 1, 0, NUMERIC, NULL },
    { "linear-axes", 18, "f s 2,2; Resize x _ s > y : mode='linear' axes=[2,3]", 2, 1, 1, 1, 1, 0,
      BITS, NULL },
    { "cubic-2", 13, "f s 1,1,2,2; Resize x _ s > y : mode='cubic'", 2, 1, 1, 2, 2, 0, BITS, NULL },
    { "cubic-down", 13, "f s 1,1,0.5,0.5; Resize x _ s > y : mode='cubic'", 1, 2, 2, 1, 1, 0, BITS,
      NULL },
    { "sizes", 13,
      "Shape x > s; i two 1,1,2,2; Mul s two > s2; Resize x _ _ s2 > y : mode='linear'", 2, 1, 1, 1,
      1, 0, BITS, NULL },
    { "sizes-of-another", 13,
      "MaxPool x > p : kernel_shape=[4,4] strides=[4,4]; Shape x > s; "
      "Resize p _ _ s > r : mode='linear'; Add r x > y",
      1, 1, 4, 5, 5, 0, BITS, NULL },
    { "upsample-9", 9, "f s 1,1,2,2; Upsample x s > y : mode='nearest'", 2, 1, 1, 0, 0, 0, BITS,
      NULL },
    { "upsample-7", 7, "Upsample x > y : mode='linear' scales=[1,1,2,2]f", 2, 1, 1, 0, 1, 0, BITS,
      NULL },
    { "resize-10-shrink", 10, "f s 1,1,0.75,0.75; Resize x s > y : mode='nearest'", 3, 4, 4, 0, 0,
      0, BITS, NULL },
    { "resize-strange", 13, "f s 1,1,2,2; Resize x _ s > y : mode='lanczos'", 0, 1, 1, 0, 0, 0, NO,
      "Resize" },
    { "resize-10", 10, "f s 1,1,2,2; Resize x s > y : mode='nearest'", 2, 1, 1, 0, 0, 0, BITS,
      NULL },
    /* Borders and crops */
    { "pad-reflect", 13,
      "i p 0,0,1,1,0,0,1,1; Pad x p > q : mode='reflect'; w k 4,4,3,3; Conv q k > y", 1, 1, 1, 1, 1,
      0, BITS, NULL },
    { "pad-edge", 13, "i p 0,0,2,2,0,0,2,2; Pad x p > q : mode='edge'; w k 4,4,5,5; Conv q k > y",
      1, 1, 1, 2, 2, 0, BITS, NULL },
    { "pad-10", 10, "Pad x > q : pads=[0,0,1,1,0,0,1,1]; w k 4,4,3,3; Conv q k > y", 1, 1, 1, 1, 1,
      0, BITS, NULL },
    { "pad-axes", 18, "i p 1,1,1,1; i ax 2,3; Pad x p _ ax > q; w k 4,4,3,3; Conv q k > y", 1, 1, 1,
      1, 1, 0, BITS, NULL },
    { "pad-crop", 13, "i p 0,0,-2,-2,0,0,-2,-2; Pad x p > y", 1, 1, 1, 0, 0, 2, BITS, NULL },
    { "crop-then-pad", 13,
      "i s 4,4; i e 9223372036854775807,9223372036854775807; i ax 2,3; Slice x s e ax > a; "
      "i p 0,0,4,4,0,0,0,0; Pad a p > y",
      1, 1, 1, 4, 0, 0, BITS, NULL },
    { "slice-crop", 13, "i s 2,2; i e -2,-2; i ax 2,3; Slice x s e ax > y", 1, 1, 1, 0, 0, 2, BITS,
      NULL },
    { "slice-9", 9, "Slice x > y : starts=[1,1] ends=[-1,-1] axes=[2,3]", 1, 1, 1, 0, 0, 1, BITS,
      NULL },
    { "slice-step", 13,
      "i s 1,1; i e 9223372036854775807,9223372036854775807; i ax 2,3; i st 2,2; Slice x s e ax st "
      "> y",
      1, 2, 2, 0, 0, 0, BITS, NULL },
    { "slice-neighbours", 13,
      "i z 0,0; i o 1,1; i m -1,-1; i l 9223372036854775807,9223372036854775807; i ax 2,3; Slice x "
      "z m ax > a; "
      "Slice x o l ax > b; Sub a b > d; i p 0,0,0,0,0,0,1,1; Pad d p > y",
      1, 1, 1, 0, 1, 0, BITS, NULL },
    { "roll-and-back", 13,
      "i z 0; i two 2; i m -2; i l 9223372036854775807; i ax 2; Slice x two l ax > a; Slice x z "
      "two ax > b; "
      "Concat a b > r : axis=2; w k 4,4,1,1; Conv r k > c; Slice c m l ax > d; "
      "Slice c z m ax > e; Concat d e > f : axis=2; i ay 3; Slice f two l ay > a2; "
      "Slice f z two ay > b2; Concat a2 b2 > r2 : axis=3; Slice r2 m l ay > d2; "
      "Slice r2 z m ay > e2; Concat d2 e2 > y : axis=3",
      1, 1, 1, 2, 0, 0, BITS, NULL },
    /* Samples moved */
    { "shuffle", 13,
      "SpaceToDepth x > d : blocksize=2; w k 16,16,3,3; Conv d k > c : pads=[1,1,1,1]; "
      "DepthToSpace c > y : blocksize=2 mode='DCR'",
      1, 1, 2, 3, 3, 0, BITS, NULL },
    { "shuffle-crd", 13, "DepthToSpace x > y : blocksize=2 mode='CRD'", 2, 1, 1, 0, 0, 0, BITS,
      NULL },
    { "shuffle-reshaped", 13,
      "Shape x > s; i z 0; i i2 2; i i3 3; i one 1; i two 2; Gather s i2 > h; Gather s i3 > wd; "
      "Concat one one two two h wd > a : axis=0; Reshape x a > b; "
      "Transpose b > c : perm=[0,1,4,2,5,3]; Mul h two > h2; Mul wd two > w2; "
      "Concat one one h2 w2 > e : axis=0; Reshape c e > y",
      2, 1, 1, 0, 0, 0, BITS, NULL },
    { "focus", 13,
      "i o0 0,0; i o1 0,1; i o2 1,0; i o3 1,1; i l 9223372036854775807,9223372036854775807; i ax "
      "2,3; i st 2,2; "
      "Slice x o0 l ax st > a; Slice x o1 l ax st > b; Slice x o2 l ax st > c; "
      "Slice x o3 l ax st > d; Concat a b c d > y : axis=1",
      1, 2, 2, 0, 0, 0, BITS, NULL },
    { "nhwc", 13, "Transpose x > t : perm=[0,2,3,1]; Relu t > r; Transpose r > y : perm=[0,3,1,2]",
      1, 1, 1, 0, 0, 0, BITS, NULL },
    { "unsqueeze", 13, "i ax 2; Unsqueeze x ax > u; Relu u > r; Squeeze r ax > y", 1, 1, 1, 0, 0, 0,
      BITS, NULL },
    { "unsqueeze-11", 11, "Unsqueeze x > u : axes=[0]; Relu u > r; Squeeze r > y : axes=[0]", 1, 1,
      1, 0, 0, 0, BITS, NULL },
    { "channels", 13,
      CONV "i two 2,2; Split a two > p q : axis=1; Concat q p > c : axis=1; i s 1; i e 3; i ax 1; "
           "Slice c s e ax > d; i g 1,0; Gather d g > f : axis=1; Tile f t4 > y; i t4 1,2,1,1",
      1, 1, 1, 1, 1, 0, BITS, NULL },
    { "split-11", 11, "Split x > p q : axis=1; Sub p q > y", 1, 1, 1, 0, 0, 0, BITS, NULL },
    { "flatten", 13, "Shape x > s; Flatten x > f : axis=2; Relu f > r; Reshape r s > y", 1, 1, 1, 0,
      0, 0, BITS, NULL },
    { "size", 13,
      "Size x > n; i one 1; Reshape n one > m; Concat one m > f : axis=0; Reshape x f > a; Relu a "
      "> r; "
      "Shape x > s; Reshape r s > y",
      1, 1, 1, 0, 0, 0, BITS, NULL },
    { "expand", 13, "w v 1,4,1,1; Shape x > s; Expand v s > e; Add x e > y", 1, 1, 1, 0, 0, 0, BITS,
      NULL },
    { "noise-map", 13,
      "Shape x > s; ConstantOfShape s > z; c v 1 0.3; Add z v > n; Concat x n > y : axis=1", 1, 1,
      1, 0, 0, 0, BITS, NULL },
    { "identity", 13, "Identity x > a; Cast a > b : to=11; Cast b > c : to=1; Dropout c > y", 1, 1,
      1, 0, 0, 0, BITS, NULL },
    /* Element by element */
    { "arithmetic", 13,
      CONV "Add a x > b; Sub b x > c; Mul c x > d; Max d x > e; Min e x a > f; Sum f x > g; "
           "Mean g x > h; c p 1 2.5; Abs h > i; Pow i p > j; c q 1 3; Div j q > y",
      1, 1, 1, 1, 1, 0, BITS, NULL },
    { "choose", 13,
      CONV "Greater a x > g; Less a x > l; Equal a x > e; Or g e > o; And o g > n; Xor n l > m; "
           "Not m > q; GreaterOrEqual a x > ge; And q ge > r; LessOrEqual a x > le; Or r le > t; "
           "Where t a x > y",
      1, 1, 1, 1, 1, 0, BITS, NULL },
    { "prelu", 13, "w s 4,1,1; PRelu x s > y", 1, 1, 1, 0, 0, 0, BITS, NULL },
    { "clip", 13, "c lo  0.2; c hi  0.8; Clip x lo hi > y", 1, 1, 1, 0, 0, 0, BITS, NULL },
    { "constant", 13, "Constant > c : value_float=0.5f; Mul x c > y", 1, 1, 1, 0, 0, 0, BITS,
      NULL },
    { "constants", 13,
      "Constant > k : value_floats=[1,2,3,4]f; i s 4,1,1; Reshape k s > c; Mul x c > y", 1, 1, 1, 0,
      0, 0, BITS, NULL },
    { "bits", 13,
      "Cast x > a : to=2; BitShift a a > b : direction='LEFT'; Cast b > c : to=1; IsNaN x > d; "
      "IsInf x > e; Or d e > f; Where f x c > y",
      1, 1, 1, 0, 0, 0, BITS, NULL },
    { "modulo", 13, "c m 1 0.25; Mod x m > y : fmod=1", 1, 1, 1, 0, 0, 0, BITS, NULL },
    { "range-table", 13,
      "i a 0; i e 4; i d 1; Squeeze a > as; Squeeze e > es; Squeeze d > ds; Range as es ds > r; "
      "Cast r > c : to=1; i cs 4,1,1; Reshape c cs > t; Add x t > y",
      1, 1, 1, 0, 0, 0, BITS, NULL },
    { "castlike", 15, "CastLike x x > y", 1, 1, 1, 0, 0, 0, BITS, NULL },
    { "castlike-computed", 15, "Relu x > r; CastLike x r > y", 1, 1, 1, 0, 0, 0, BITS, NULL },
    { "gelu", 20, "Gelu x > y", 1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    { "quantized", 13, "c s  0.01; QuantizeLinear x s > q; DequantizeLinear q s > y", 1, 1, 1, 0, 0,
      0, NUMERIC, NULL },
    { "quantized-convolution", 13,
      "c s  0.01; c o  3; Cast o > z : to=2; QuantizeLinear x s z > q; w f 4,4,3,3; "
      "QuantizeLinear f s z > k; QLinearConv q s z k s z s z > a : pads=[1,1,1,1]; "
      "DequantizeLinear a s z > y",
      1, 1, 1, 1, 1, 0, NUMERIC, NULL },
    { "scattered-table", 13,
      "c d 4 1.5; i ix 1; i rs 1,1; Reshape ix rs > at; c up 1 2.5; ScatterND d at up > v; "
      "ScatterElements v ix up > u; i vs 4,1,1; Reshape u vs > w; Mul x w > y",
      1, 1, 1, 0, 0, 0, BITS, NULL },
    { "batchnorm", 13, "w s 4; w b 4; w m 4; c v 4 1.5; BatchNormalization x s b m v > y", 1, 1, 1,
      0, 0, 0, BITS, NULL },
    /* Repetitions */
    { "repeat-each", 13,
      SIZES "i ax 2; Unsqueeze x ax > u; i r 3,1,1; Expand u r > t; i n 1,12; "
            "Concat n h wd > f : axis=0; Reshape t f > p; w k 4,12,3,3; Conv p k > y : "
            "pads=[1,1,1,1]",
      1, 1, 1, 1, 1, 0, BITS, NULL },
    { "repeat-all", 13, "i r 1,2,1,1; Tile x r > t; w k 4,8,1,1; Conv t k > y", 1, 1, 1, 0, 0, 0,
      BITS, NULL },
    { "repeat-pixels", 13,
      SIZES "i ax 3,5; Unsqueeze x ax > u; i r 1,1,1,2,1,2; Tile u r > t; i two 2; "
            "Mul h two > h2; Mul wd two > w2; i g 1,4; Concat g h2 w2 > f : axis=0; "
            "Reshape t f > y",
      2, 1, 1, 0, 0, 0, BITS, NULL },
    /* Over channels */
    { "softmax", 13, CONV "Softmax a > y : axis=1", 1, 1, 1, 1, 1, 0, NUMERIC, NULL },
    { "logsoftmax", 13, CONV "LogSoftmax a > y : axis=1", 1, 1, 1, 1, 1, 0, NUMERIC, NULL },
    { "reduce", 13,
      CONV "ReduceMean a > m : axes=[1]; ReduceMax a > n : axes=[1]; ReduceMin a > o : axes=[1]; "
           "ReduceL2 a > l : axes=[1]; Concat m n o l > y : axis=1",
      1, 1, 1, 1, 1, 0, NUMERIC, NULL },
    { "reduce-bits", 13,
      CONV "ReduceMax a > n : axes=[1]; ReduceMin a > o : axes=[1]; Concat n o > y : axis=1", 1, 1,
      1, 1, 1, 0, BITS, NULL },
    { "reduce-parts", 13,
      SIZES "i g 1,2,2; Concat g h wd > f : axis=0; Reshape x f > p; "
            "ReduceMean p > m : axes=[1] keepdims=0; w k 4,2,3,3; Conv m k > y : pads=[1,1,1,1]",
      1, 1, 1, 1, 1, 0, NUMERIC, NULL },
    { "reduce-middle", 13,
      SIZES "w k8 8,4,1,1; Conv x k8 > c; i g 1,2,2,2; Concat g h wd > f : axis=0; "
            "Reshape c f > p; ReduceMax p > m : axes=[2] keepdims=0; "
            "ReduceMin p > n : axes=[1,3] keepdims=0; i g4 1,4; Concat g4 h wd > t : axis=0; "
            "Reshape m t > o; Concat o n > y : axis=1",
      1, 1, 1, 0, 0, 0, BITS, NULL },
    { "reduce-blocks", 13,
      SIZES "i two 2; Div h two > h2; Div wd two > w2; i g 1,4; "
            "Concat g h2 two w2 two > f : axis=0; Reshape x f > p; "
            "ReduceMean p > y : axes=[3,5] keepdims=0",
      1, 2, 2, 0, 0, 0, NUMERIC, NULL },
    { "reduce-sum", 13, "i ax 1; ReduceSum x ax > y", 1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    { "reduce-drop", 13, "i ax 1; ReduceSum x ax > a : keepdims=0; Unsqueeze a ax > y", 1, 1, 1, 0,
      0, 0, NUMERIC, NULL },
    { "argmax", 13, "ArgMax x > a : axis=1; Cast a > y : to=1", 1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    { "cumsum", 13, "i ax 1; CumSum x ax > y", 1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    { "lpnorm", 13, "LpNormalization x > y : axis=1", 1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    { "layernorm", 17,
      "Transpose x > t : perm=[0,2,3,1]; w s 4; w b 4; LayerNormalization t s b > n : axis=-1; "
      "Transpose n > y : perm=[0,3,1,2]",
      1, 1, 1, 0, 0, 0, BITS, NULL },
    { "matmul", 13,
      "Transpose x > t : perm=[0,2,3,1]; w m 4,6; MatMul t m > n; Transpose n > y : perm=[0,3,1,2]",
      1, 1, 1, 0, 0, 0, BITS, NULL },
    { "einsum", 13, "w m 4,6; Einsum x m > y : equation='bchw,cd->bdhw'", 1, 1, 1, 0, 0, 0, BITS,
      NULL },
    { "einsum-computed", 13, "w m 4,6; Neg m > k; Einsum x k > y : equation='bchw,cd->bdhw'", 1, 1,
      1, 0, 0, 0, NUMERIC, NULL },
    { "gemm", 13,
      "Transpose x > t : perm=[0,2,3,1]; Shape t > s; i f -1,4; Reshape t f > r; w m 4,4; w b 4; "
      "Gemm r m b > g : transB=1; Reshape g s > u; Transpose u > y : perm=[0,3,1,2]",
      1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    { "tokens", 13,
      "Shape x > s; i f 1,4,-1; Reshape x f > r; Transpose r > t : perm=[0,2,1]; w m 4,4; "
      "MatMul t m > n; Softmax n > o : axis=-1; Transpose o > u : perm=[0,2,1]; Reshape u s > y",
      1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    { "hardmax", 13, "Hardmax x > y : axis=1", 1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    { "argmin", 13,
      "ArgMin x > a : axis=1 keepdims=0; i ax 1; Unsqueeze a ax > b; Cast b > y : to=1", 1, 1, 1, 0,
      0, 0, NUMERIC, NULL },
    { "reduce-others", 13,
      "ReduceL1 x > a : axes=[1]; ReduceLogSum x > b : axes=[1]; ReduceLogSumExp x > c : axes=[1]; "
      "ReduceProd x > d : axes=[1]; ReduceSumSquare x > e : axes=[1]; "
      "Concat a b c d e > y : axis=1",
      1, 1, 1, 0, 0, 0, NUMERIC, NULL },
    /* Windows */
    { "windows", 13, WINDOWS ATTEND UNWINDOW, 1, 1, 4, 3, 3, 0, NUMERIC, NULL },
    { "windows-reduced", 13, WINDOWS "ReduceMax p > rm : axes=[1]; Add p rm > o; " UNWINDOW, 1, 1,
      4, 3, 3, 0, BITS, NULL },
    /* Rolled by 2, attended in windows of 4, rolled back: Swin without its mask. */
    { "windows-shifted", 13,
      "i z 0; i two 2; i neg -2; i l 9223372036854775807; i ay 2; i ax 3; Slice x0 two l ay > a; "
      "Slice x0 z two ay > b; Concat a b > c : axis=2; Slice c two l ax > d; "
      "Slice c z two ax > e; Concat d e > x : axis=3; " WINDOWS ATTEND
      "Concat one hn wn four four four > us : axis=0; Reshape o us > u; "
      "Transpose u > v : perm=[0,1,3,2,4,5]; Concat one h wd four > fs : axis=0; "
      "Reshape v fs > z1; Transpose z1 > f : perm=[0,3,1,2]; Slice f neg l ay > g; "
      "Slice f z neg ay > i1a; Concat g i1a > j : axis=2; Slice j neg l ax > k2; "
      "Slice j z neg ax > n9; Concat k2 n9 > y : axis=3",
      1, 1, 4, 3, 3, 0, NUMERIC, NULL },
    /* Padded up to a multiple of 4, as exporters write it, and cropped again. */
    { "pad-to-window", 13,
      "Shape x0 > s0; i j2 2; i j3 3; Gather s0 j2 > h0; Gather s0 j3 > w0; i f4 4; Mod h0 f4 > "
      "h1; "
      "Sub f4 h1 > h2; Mod h2 f4 > h3; Mod w0 f4 > w1; Sub f4 w1 > w2; Mod w2 f4 > w3; i z 0; "
      "Concat z z z z z z h3 w3 > pads : axis=0; Pad x0 pads > x : mode='reflect'; " WINDOWS ATTEND
      "Concat one hn wn four four four > us : axis=0; Reshape o us > u; "
      "Transpose u > v : perm=[0,1,3,2,4,5]; Concat one h wd four > fs : axis=0; "
      "Reshape v fs > z1; Transpose z1 > f : perm=[0,3,1,2]; Concat z z > zz : axis=0; "
      "Concat h0 w0 > hw : axis=0; i ax 2,3; Slice f zz hw ax > y",
      1, 1, 4, 3, 3, 0, NUMERIC, NULL },
    /* The size of a Resize by way of floats. */
    { "sizes-by-floats", 13,
      "Shape x > s; i i2 2; i i3 3; Gather s i2 > h; Gather s i3 > wd; Cast h > hf : to=1; "
      "Cast wd > wf : to=1; f two 2; Mul hf two > h2; Mul wf two > w2; Floor h2 > h3; "
      "Floor w2 > w3; Cast h3 > h4 : to=7; Cast w3 > w4 : to=7; i nc 1,4; "
      "Concat nc h4 w4 > sz : axis=0; Resize x _ _ sz > y : mode='nearest' "
      "coordinate_transformation_mode='asymmetric' nearest_mode='floor'",
      2, 1, 1, 0, 0, 0, BITS, NULL },
    /* What no halo can make exact */
    { "global-average", 13, "GlobalAveragePool x > a; Mul x a > y", 1, 1, 1, 0, 0, 0, NO,
      "GlobalAveragePool" },
    { "global-max", 13, "GlobalMaxPool x > a; Mul x a > y", 1, 1, 1, 0, 0, 0, NO, "GlobalMaxPool" },
    { "global-lp", 13, "GlobalLpPool x > a; Mul x a > y", 1, 1, 1, 0, 0, 0, NO, "GlobalLpPool" },
    { "mean-variance", 13, "MeanVarianceNormalization x > y", 1, 1, 1, 0, 0, 0, NO,
      "MeanVarianceNormalization" },
    { "count-as-value", 13, "Size x > n; Cast n > c : to=1; Div x c > y", 1, 1, 1, 0, 0, 0, NO,
      "Div" },
    { "squeeze-excite", 13,
      CONV "ReduceMean a > m : axes=[2,3]; w q 4,4,1,1; Conv m q > c; Sigmoid c > s; Mul a s > y",
      1, 1, 1, 1, 1, 0, NO, "ReduceMean" },
    { "reduce-rows", 13, "ReduceL2 x > m : axes=[3]; Div x m > y", 1, 1, 1, 0, 0, 0, NO,
      "ReduceL2" },
    { "reduce-all", 13, "ReduceMax x > m : keepdims=0; Div x m > y", 1, 1, 1, 0, 0, 0, NO,
      "ReduceMax" },
    { "instancenorm", 13, "w s 4; w b 4; InstanceNormalization x s b > y", 1, 1, 1, 0, 0, 0, NO,
      "InstanceNormalization" },
    { "groupnorm", 21, "w s 4; w b 4; GroupNormalization x s b > y : num_groups=2", 1, 1, 1, 0, 0,
      0, NO, "GroupNormalization" },
    { "layernorm-space", 17, "w s 4,1,1; w b 4,1,1; LayerNormalization x s b > y : axis=1", 1, 1, 1,
      0, 0, 0, NO, "LayerNormalization" },
    { "softmax-space", 13, "Softmax x > y : axis=3", 1, 1, 1, 0, 0, 0, NO, "Softmax" },
    { "softmax-11", 11, "Softmax x > y : axis=1", 1, 1, 1, 0, 0, 0, NO, "Softmax" },
    { "attention", 13,
      "Shape x > s; i f 1,4,-1; Reshape x f > k; Transpose k > q : perm=[0,2,1]; MatMul q k > m; "
      "Softmax m > n : axis=-1; MatMul n q > o; Transpose o > p : perm=[0,2,1]; Reshape p s > y",
      1, 1, 1, 0, 0, 0, NO, "MatMul" },
    { "channel-attention", 13,
      "Shape x > s; i f 1,4,-1; Reshape x f > k; Transpose k > q : perm=[0,2,1]; MatMul k q > m; "
      "Softmax m > n : axis=-1; MatMul n k > o; Reshape o s > y",
      1, 1, 1, 0, 0, 0, NO, "MatMul" },
    { "resize-fixed", 13, "i s 1,4,64,64; Resize x _ _ s > y", 0, 1, 1, 0, 0, 0, NO, "Resize" },
    { "resize-corners", 13,
      "f s 1,1,2,2; Resize x _ s > y : mode='linear' "
      "coordinate_transformation_mode='align_corners'",
      0, 1, 1, 0, 0, 0, NO, "Resize" },
    { "flatten-gemm", 13, "Flatten x > f; w m 4096,8; Gemm f m > y", 0, 1, 1, 0, 0, 0, NO, "Gemm" },
    { "positions", 13,
      "Shape x > s; i i3 3; Gather s i3 > n; i z 0; i one 1; Squeeze n > ns; Squeeze z > zs; "
      "Squeeze one > os; Range zs ns os > r; Cast r > c : to=1; Add x c > y",
      1, 1, 1, 0, 0, 0, NO, "Add" },
    { "size-as-value", 13, "Shape x > s; i i3 3; Gather s i3 > n; Cast n > c : to=1; Div x c > y",
      1, 1, 1, 0, 0, 0, NO, "Div" },
    { "unknown", 13, "Frobnicate x > y", 0, 1, 1, 0, 0, 0, NO, "Frobnicate" },
    { "gather-rows", 13, "i g 0,2; Gather x g > y : axis=2", 0, 1, 1, 0, 0, 0, NO, "Gather" },
    { "weights-from-picture", 13, "GlobalAveragePool x > a; Conv x x > y", 0, 1, 1, 0, 0, 0, NO,
      "Conv" },
    { "side-by-side", 13, "Concat x x > y : axis=3", 0, 1, 1, 0, 0, 0, NO, "Concat" },
    { "repeated", 13, "i t 1,1,2,2; Tile x t > y", 0, 1, 1, 0, 0, 0, NO, "Tile" },
    { "cumsum-rows", 13, "i ax 2; CumSum x ax > y", 1, 1, 1, 0, 0, 0, NO, "CumSum" },
    { "mirrored", 13,
      "i s -1; i e -9223372036854775807; i ax 3; i st -1; Slice x s e ax st > m; Add x m > y", 0, 1,
      1, 0, 0, 0, NO, "Add" },
    { "transposed", 13, "Transpose x > y : perm=[0,1,3,2]", 0, 1, 1, 0, 0, 0, NO, "output" },
    { "fixed-part", 13, "i s 0; i e 16; i ax 3; Slice x s e ax > y", 1, 1, 1, 0, 0, 0, NO,
      "output" },
    { "larger", 13, "i p 0,0,1,1,0,0,1,1; Pad x p > y", 1, 1, 1, 0, 0, 0, NO, "output" },
};

const size_t n_model_cases = sizeof(model_cases) / sizeof(model_cases[0]);

const char *const model_unary[] = {
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Celu", "Cos", "Cosh",
    "Elu", "Erf", "Exp", "Floor", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Log",
    "Mish", "Neg", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Sinh",
    "Softplus", "Softsign", "Sqrt", "Tan", "Tanh", "ThresholdedRelu",
};

const size_t n_model_unary = sizeof(model_unary) / sizeof(model_unary[0]);

/* Cut `text` at the first `mark`; the rest without leading spaces, or "". */
static char *cut_at(char *text, const char *mark)
{
    char *at = strstr(text, mark);
    if (!at)
        return text + strlen(text);
    *at = '\0';
    at += strlen(mark);
    return at + strspn(at, " ");
}

static void statement(struct onnx_builder *b, char *text)
{
    text += strspn(text, " ");
    char *rest = cut_at(text, " ");
    if (strlen(text) == 1 && text[0] >= 'a') {
        char *value = strchr(rest, ' ');
        if (value)
            *value++ = '\0';
        if (*text == 'w')
            onnx_weights(b, rest, value);
        else if (*text == 'i')
            onnx_ints(b, rest, value);
        else if (*text == 'f')
            onnx_floats(b, rest, value);
        else {
            char *fill = strchr(value, ' ');
            *fill++ = '\0';
            onnx_fill(b, rest, value, strtof(fill, NULL));
        }
        return;
    }
    char *attributes = cut_at(rest, " : ");
    char *outputs = cut_at(rest, "> ");
    onnx_node(b, text, rest, outputs, attributes);
}

void model_case_build(const struct model_case *c, struct onnx_builder *b)
{
    char *text = malloc(strlen(c->graph) + 1), *next = text;
    if (!text)
        abort();
    strcpy(text, c->graph);
    onnx_begin(b, c->opset);
    /* Where the graph makes an x of its own, the input is x0. */
    onnx_input(b, strstr(c->graph, "x0") ? "x0" : "x", "1,4,h,w");
    while (next && *next) {
        char *at = next;
        next = strchr(at, ';');
        if (next)
            *next++ = '\0';
        if (at[strspn(at, " ")])
            statement(b, at);
    }
    onnx_output(b, "y", "n,c,hy,wy");
    free(text);
}

void model_unary_build(const char *op, struct onnx_builder *b)
{
    onnx_begin(b, 18);
    onnx_input(b, "x", "1,4,h,w");
    onnx_conv(b, "x", "a", 4, 4, 3, "pads=[1,1,1,1]");
    onnx_node(b, op, "a", "b", "");
    onnx_conv(b, "b", "y", 4, 4, 3, "pads=[1,1,1,1]");
    onnx_output(b, "y", "1,4,h,w");
}
