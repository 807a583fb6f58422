/* Whole architectures whose receptive field can be counted by hand. */
#include <stdarg.h>

#include "model_test.h"

/* A name that lives as long as the test. */
G_GNUC_PRINTF(1, 2)
static const char *name(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = g_strdup_vprintf(format, args);
    va_end(args);
    const char *kept = g_intern_string(text);
    g_free(text);
    return kept;
}

/* n convolutions 3x3 with ReLU between them, `in` -> 8 .. 8 -> `out`; names are `prefix`0 ... */
static void chain(struct onnx_builder *b, const char *input, const char *output, int in, int out,
                  int n, const char *prefix)
{
    for (int i = 0; i < n; i++) {
        bool last = i == n - 1;
        const char *conv = last ? output : name("%s%dc", prefix, i);
        onnx_conv(b, input, conv, i ? 8 : in, last ? out : 8, 3, "pads=[1,1,1,1]");
        input = name("%s%d", prefix, i);
        if (!last)
            onnx_node(b, "Relu", conv, input, "");
    }
}

static void test_dncnn(void)
{
    struct onnx_builder b;
    onnx_begin(&b, 11);
    onnx_input(&b, "x", "1,1,h,w");
    chain(&b, "x", "noise", 1, 1, 17, "n");
    onnx_node(&b, "Sub", "x noise", "y", "");
    onnx_output(&b, "y", "1,1,h,w");
    model_test_expect(&b, 1, 1, 17, SEAM_LEVEL_BITS);
}

static void test_srvgg(void)
{
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "n,3,h,w");
    chain(&b, "x", "f", 3, 48, 18, "n");
    onnx_node(&b, "DepthToSpace", "f", "up", "blocksize=4 mode='CRD'");
    onnx_floats(&b, "scales", "1,1,4,4");
    onnx_node(&b, "Resize", "x _ scales", "near",
              "mode='nearest' coordinate_transformation_mode='asymmetric' nearest_mode='floor'");
    onnx_node(&b, "Add", "up near", "y", "");
    onnx_output(&b, "y", "n,3,h4,w4");
    model_test_expect(&b, 4, 1, 18, SEAM_LEVEL_BITS);
}

/* Three residual dense blocks of five convolutions on 8 channels, growing by 4. */
static void rrdb(struct onnx_builder *b, const char *input, const char *output, const char *prefix)
{
    const char *from = input;
    for (int block = 0; block < 3; block++) {
        const char *grown = from, *conv = NULL;
        for (int i = 0; i < 5; i++) {
            conv = name("%s%d_%dc", prefix, block, i);
            onnx_conv(b, grown, conv, 8 + 4 * i, i == 4 ? 8 : 4, 3, "pads=[1,1,1,1]");
            if (i == 4)
                break;
            const char *act = name("%sa", conv), *cat = name("%sg", conv);
            onnx_node(b, "LeakyRelu", conv, act, "alpha=0.2f");
            onnx_node(b, "Concat", name("%s %s", grown, act), cat, "axis=1");
            grown = cat;
        }
        const char *sum = name("%s%d", prefix, block);
        onnx_node(b, "Add", name("%s %s", conv, from), sum, "");
        from = sum;
    }
    onnx_node(b, "Add", name("%s %s", from, input), output, "");
}

/* RRDBNet: a convolution, n blocks, a convolution with a skip, twice nearest x2 and a
 * convolution, and two more. */
static void rrdbnet(struct onnx_builder *b, const char *input, int channels, int n)
{
    const char *from = "head";
    onnx_conv(b, input, "head", channels, 8, 3, "pads=[1,1,1,1]");
    for (int i = 0; i < n; i++) {
        const char *to = name("body%d", i);
        rrdb(b, from, to, name("b%d_", i));
        from = to;
    }
    onnx_conv(b, from, "trunk", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_node(b, "Add", "head trunk", "features", "");
    onnx_floats(b, "twice", "1,1,2,2");
    const char *nearest =
        "mode='nearest' coordinate_transformation_mode='asymmetric' nearest_mode='floor'";
    onnx_node(b, "Resize", "features _ twice", "up1", nearest);
    onnx_conv(b, "up1", "up1c", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_node(b, "Resize", "up1c _ twice", "up2", nearest);
    onnx_conv(b, "up2", "up2c", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_conv(b, "up2c", "hr", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_conv(b, "hr", "y", 8, 3, 3, "pads=[1,1,1,1]");
}

static void test_rrdbnet(void)
{
    static const struct {
        int blocks, field;
    } cases[] = { { 6, 94 }, { 23, 349 } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct onnx_builder b;
        onnx_begin(&b, 14);
        onnx_input(&b, "x", "1,3,h,w");
        rrdbnet(&b, "x", 3, cases[i].blocks);
        onnx_output(&b, "y", "1,3,h4,w4");
        model_test_expect(&b, 4, 1, cases[i].field, SEAM_LEVEL_BITS);
    }
}

/* Real-ESRGAN x2: a pixel-unshuffle in front, so that all works at half the size. */
static void test_rrdbnet_x2(void)
{
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_node(&b, "SpaceToDepth", "x", "half", "blocksize=2");
    rrdbnet(&b, "half", 12, 1);
    onnx_output(&b, "y", "1,3,h2,w2");
    struct model_test t;
    model_test_run(&t, &b);
    g_assert_true(t.found.bounded);
    g_assert_cmpint(t.found.scale_num, ==, 2);
    g_assert_cmpint(t.found.alignment, ==, 2);
    /* One block reaches 17 half-size samples, and the x4 part two more from the first of the four
     * samples it makes of each, but one from the third, which is the next pixel: 2 * 19 and
     * 2 * 18 + 1. */
    for (int side = 0; side < 4; side++) {
        g_assert_cmpint(t.found.field[side], ==, 38);
        g_assert_cmpint(t.found.halo[side], ==, 38);
    }
    model_test_end(&t);
}

/* Two levels: convolution, stride 2, convolution, stride 2, convolution, and up again. */
static void unet(struct onnx_builder *b, const char *down, int kernel, const char *up,
                 const char *up_weight)
{
    onnx_begin(b, 13);
    onnx_input(b, "x", "1,3,h,w");
    onnx_conv(b, "x", "e0", 3, 8, 3, "pads=[1,1,1,1]");
    onnx_conv(b, "e0", "d1", 8, 8, kernel, down);
    onnx_conv(b, "d1", "e1", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_conv(b, "e1", "d2", 8, 8, kernel, down);
    onnx_conv(b, "d2", "e2", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_weights(b, "up", up_weight);
    onnx_node(b, "ConvTranspose", "e2 up", "u1", up);
    onnx_node(b, "Add", "u1 e1", "s1", "");
    onnx_conv(b, "s1", "c1", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_node(b, "ConvTranspose", "c1 up", "u0", up);
    onnx_node(b, "Add", "u0 e0", "s0", "");
    onnx_conv(b, "s0", "y", 8, 3, 3, "pads=[1,1,1,1]");
    onnx_output(b, "y", "1,3,h,w");
}

static void test_unet(void)
{
    struct onnx_builder b;
    struct model_test t;
    /* k2s2 down and up. From pixel 0: y reads u0[-1], from c1[-1], s1[-2], e2[-1], d2[-2], e1[-4],
     * d1[-5], e0[-10] and x[-11]. Pixels 1 and 2 reach e2[-1], too, but lie further on. */
    unet(&b, "strides=[2,2]", 2, "strides=[2,2]", "8,8,2,2");
    model_test_run(&t, &b);
    g_assert_true(t.found.bounded);
    g_assert_cmpint(t.found.scale_num, ==, 1);
    g_assert_cmpint(t.found.alignment, ==, 4);
    g_assert_cmpint(t.found.level, ==, SEAM_LEVEL_BITS);
    for (int side = 0; side < 4; side++) {
        g_assert_cmpint(t.found.halo[side], ==, 11);
        g_assert_cmpint(t.found.field[side], ==, 13);
    }
    model_test_end(&t);

    /* k4s2: u0[-1], c1[-1], s1[-2], e2[-2], d2[-3], e1[-7], d1[-8], e0[-17], x[-18]; and pixel 1
     * gets as far. */
    unet(&b, "strides=[2,2] pads=[1,1,1,1]", 4, "strides=[2,2] pads=[1,1,1,1]", "8,8,4,4");
    model_test_run(&t, &b);
    g_assert_true(t.found.bounded);
    g_assert_cmpint(t.found.alignment, ==, 4);
    for (int side = 0; side < 4; side++) {
        g_assert_cmpint(t.found.halo[side], ==, 18);
        g_assert_cmpint(t.found.field[side], ==, 19);
    }
    model_test_end(&t);
}

static void test_dilated(void)
{
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_conv(&b, "x", "a", 3, 8, 3, "pads=[2,2,2,2] dilations=[2,2]");
    onnx_conv(&b, "a", "b", 8, 8, 3, "pads=[4,4,4,4] dilations=[4,4]");
    onnx_conv(&b, "b", "y", 8, 3, 5, "pads=[6,6,6,6] dilations=[3,3]");
    onnx_output(&b, "y", "1,3,h,w");
    model_test_expect(&b, 1, 1, 12, SEAM_LEVEL_BITS);
}

/* waifu2x upconv_7: six valid 3x3 and a transposed 4x4 that crops three samples. */
static void test_upconv7(void)
{
    struct onnx_builder b;
    struct model_test t;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    const char *from = "x";
    static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
    for (int i = 0; i < 6; i++) {
        onnx_conv(&b, from, names[i], i ? 8 : 3, 8, 3, "");
        from = names[i];
    }
    onnx_weights(&b, "up", "8,3,4,4");
    onnx_node(&b, "ConvTranspose", "f up", "y", "strides=[2,2] pads=[3,3,3,3]");
    onnx_output(&b, "y", "1,3,h2,w2");
    model_test_run(&t, &b);
    g_assert_true(t.found.bounded);
    g_assert_cmpint(t.found.scale_num, ==, 2);
    g_assert_cmpint(t.found.alignment, ==, 1);
    for (int side = 0; side < 4; side++) {
        g_assert_cmpint(t.found.crop[side], ==, 7);
        g_assert_cmpint(t.found.field[side], ==, 7);
    }
    model_test_end(&t);
}

static void test_asymmetric(void)
{
    struct onnx_builder b;
    struct model_test t;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,3,h,w");
    /* pads: top 0, left 3, bottom 4, right 1 */
    onnx_conv(&b, "x", "y", 3, 3, 5, "pads=[0,3,4,1]");
    onnx_output(&b, "y", "1,3,h,w");
    model_test_run(&t, &b);
    g_assert_true(t.found.bounded);
    g_assert_cmpint(t.found.field[SEAM_TOP], ==, 0);
    g_assert_cmpint(t.found.field[SEAM_BOTTOM], ==, 4);
    g_assert_cmpint(t.found.field[SEAM_LEFT], ==, 3);
    g_assert_cmpint(t.found.field[SEAM_RIGHT], ==, 1);
    g_assert_cmpint(t.found.crop[SEAM_LEFT], ==, 0);
    model_test_end(&t);
}

static void test_costs(void)
{
    struct onnx_builder b;
    struct model_test t;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,1,h,w");
    onnx_conv(&b, "x", "f", 1, 4, 3, "pads=[1,1,1,1]");
    onnx_node(&b, "Relu", "f", "r", "");
    onnx_conv(&b, "r", "s", 4, 4, 3, "pads=[1,1,1,1]");
    onnx_node(&b, "DepthToSpace", "s", "y", "blocksize=2");
    onnx_output(&b, "y", "1,1,h2,w2");
    onnx_metadata(&b, "range", "0..1");
    model_test_run(&t, &b);
    g_assert_cmpint(t.found.layers, ==, 2);
    g_assert_cmpint(t.found.nodes, ==, 4);
    g_assert_cmpint(t.found.parameters, ==, 36 + 144);
    g_assert_cmpuint(t.found.weight_bytes, ==, 4 * (36 + 144));
    g_assert_cmpfloat(t.found.macs_per_pixel, ==, 36 + 144);
    /* f and r, or r and s, of four floats each. */
    g_assert_cmpfloat(t.found.bytes_per_pixel, ==, 32);
    g_assert_cmpint(t.found.channels_in, ==, 1);
    g_assert_cmpint(t.found.channels_out, ==, 1);
    g_assert_cmpstr(t.found.input, ==, "x");
    g_assert_cmpstr(t.found.output, ==, "y");
    g_assert_cmpint(t.graph->opset, ==, 13);
    g_assert_cmpuint(t.graph->n_metadata, ==, 1);
    g_assert_cmpstr(t.graph->metadata[0].value, ==, "0..1");
    model_test_end(&t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/model/nets/dncnn", test_dncnn);
    g_test_add_func("/model/nets/srvgg", test_srvgg);
    g_test_add_func("/model/nets/rrdbnet", test_rrdbnet);
    g_test_add_func("/model/nets/rrdbnet-x2", test_rrdbnet_x2);
    g_test_add_func("/model/nets/unet", test_unet);
    g_test_add_func("/model/nets/dilated", test_dilated);
    g_test_add_func("/model/nets/upconv7", test_upconv7);
    g_test_add_func("/model/nets/asymmetric", test_asymmetric);
    g_test_add_func("/model/nets/costs", test_costs);
    return g_test_run();
}
