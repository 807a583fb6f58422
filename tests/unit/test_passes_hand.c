/* Passes over the picture against sums and rolls done by hand. */
#include "passes.h"

/* What is summed up is the picture, and nothing of the margin around it. */
static void test_by_hand(void)
{
    struct onnx_builder b;
    struct seam_params params;
    struct seam_plan plan;
    float *samples = noise();
    double mean = 0, square = 0, least = INFINITY;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,1,h,w");
    onnx_node(&b, "GlobalAveragePool", "x", "m", "");
    onnx_node(&b, "ReduceMin", "x", "n", "axes=[2,3] keepdims=1");
    onnx_fill(&b, "scale", "1", 0.5f);
    onnx_fill(&b, "bias", "1", 0.25f);
    onnx_node(&b, "InstanceNormalization", "x scale bias", "a", "epsilon=0.001f");
    onnx_node(&b, "Sub", "m n", "d", "");
    onnx_node(&b, "Add", "d a", "c", "");
    onnx_fill(&b, "blur", "1,1,5,5", 0.04f);
    onnx_node(&b, "Conv", "x blur", "v", "pads=[2,2,2,2]");
    onnx_node(&b, "Sub", "v v", "zero", "");
    onnx_node(&b, "Add", "c zero", "y", "");
    onnx_output(&b, "y", "1,1,h,w");
    struct seam_model *model = open_net(&b, 1);
    seam_params_init(&params);
    float *out = restore(model, samples, &params, 0, &plan);
    g_assert_cmpint(plan.margin, >, 0);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        const double v = (double)samples[i];
        mean += v / (WIDTH * HEIGHT);
        square += v * v / (WIDTH * HEIGHT);
        least = fmin(least, v);
    }
    const double factor = 0.5 / sqrt(square - mean * mean + 0.001);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        g_assert_cmpfloat_with_epsilon(
            (double)out[i], (mean - least) + ((double)samples[i] - mean) * factor + 0.25, 1e-6);
    g_free(out);
    g_free(samples);
    seam_model_close(&model);
}

/* The picture alone rolls round its borders; with a margin, that comes in. By rows, in one piece
 * and in tiles, which see no other border than their own. */
static void test_rolled_by_hand(void)
{
    static const enum seam_edge edges[] = { SEAM_EDGE_MODEL, SEAM_EDGE_REFLECT };
    float *samples = noise();
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,1,h,w");
    onnx_roll(&b, "x", "a", 2, 5);
    onnx_roll(&b, "a", "y", 3, -7);
    onnx_output(&b, "y", "1,1,h,w");
    struct seam_model *model = open_net(&b, 2);
    for (int i = 0; i < 6; i++) {
        const bool wraps = i < 3, tiles = i % 3 == 2;
        int64_t wrong = 0;
        struct seam_params params;
        struct seam_plan plan;
        seam_params_init(&params);
        params.edge = edges[!wraps];
        if (i % 3)
            params.tile_width = params.tile_height = tiles ? 48 : 1000;
        float *out = restore(model, samples, &params, 0, &plan);
        for (int64_t y = 0; y < HEIGHT; y++)
            for (int64_t x = 0; x < WIDTH; x++) {
                const int64_t below = wraps ? y + 5 - HEIGHT : 2 * HEIGHT - 2 - (y + 5);
                const int64_t row = y + 5 < HEIGHT ? y + 5 : below;
                const int64_t column = x >= 7 ? x - 7 : wraps ? x - 7 + WIDTH : 7 - x;
                wrong += memcmp(&out[y * WIDTH + x], &samples[row * WIDTH + column],
                                sizeof(*out)) != 0;
            }
        g_assert_cmpint(plan.rows, ==, i % 3 == 0);
        g_assert_cmpint(plan.exact == SEAM_EXACT_BITS, ==, !wraps || i == 0);
        g_assert_cmpint(wrong > 0, ==, wraps && tiles);
        g_free(out);
    }
    g_free(samples);
    seam_model_close(&model);
}

/* Channels x, 1 - x and 2 x - 1/2 of two groups, weighed by their products over all pixels. */
static void test_attention_by_hand(void)
{
    static const float gain[3] = { 1, -1, 2 }, shift[3] = { 0, 1, -0.5f };
    struct onnx_builder b;
    struct seam_params params;
    struct seam_plan plan;
    float *samples = noise();
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,1,h,w");
    onnx_floats(&b, "gain", "1,-1,2,1,-1,2");
    onnx_floats(&b, "shift", "0,1,-0.5,0,1,-0.5");
    onnx_ints(&b, "row", "1,6");
    onnx_ints(&b, "pixels", "0,1,-1");
    onnx_node(&b, "Reshape", "gain row", "gains", "");
    onnx_node(&b, "Reshape", "x pixels", "p", "");
    onnx_node(&b, "Transpose", "p", "t", "perm=[0,2,1]");
    onnx_node(&b, "MatMul", "t gains", "scaled", "");
    /* Which has an axis more. */
    onnx_ints(&b, "row4", "1,1,1,6");
    onnx_node(&b, "Reshape", "shift row4", "shifts", "");
    onnx_node(&b, "Add", "scaled shifts", "moved", "");
    onnx_node(&b, "Transpose", "moved", "u", "perm=[0,1,3,2]");
    onnx_node(&b, "Concat", "x x x x x x", "six", "axis=1");
    onnx_node(&b, "Shape", "six", "shape", "");
    onnx_node(&b, "Reshape", "u shape", "c", "");
    onnx_ints(&b, "heads", "1,2,3,-1");
    onnx_node(&b, "Reshape", "c heads", "q", "");
    onnx_fill(&b, "tiny", "", 1e-12f);
    unit_length(&b, "q", "q1");
    onnx_node(&b, "Reshape", "c heads", "k", "");
    unit_length(&b, "k", "k1");
    onnx_node(&b, "Transpose", "k1", "k2", "perm=[0,1,3,2]");
    onnx_node(&b, "MatMul", "q1 k2", "g", "");
    onnx_node(&b, "MatMul", "g q", "m", "");
    onnx_node(&b, "Reshape", "m shape", "y", "");
    onnx_output(&b, "y", "1,6,h,w");
    struct seam_model *model = open_net(&b, 1);
    seam_params_init(&params);
    float *out = restore(model, samples, &params, 0, &plan);
    /* Lengths and products are summed up in one pass. */
    g_assert_cmpint(plan.passes, ==, 2);
    double length[3] = { 0 }, product[3][3] = { { 0 } };
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        for (int c = 0; c < 3; c++)
            for (int k = 0; k < 3; k++)
                product[c][k] += (double)(samples[i] * gain[c] + shift[c]) *
                                 (double)(samples[i] * gain[k] + shift[k]);
    for (int c = 0; c < 3; c++)
        length[c] = sqrt(product[c][c]);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        for (int c = 0; c < 6; c++) {
            double wanted = 0;
            for (int k = 0; k < 3; k++)
                wanted += product[c % 3][k] / length[c % 3] / length[k] *
                          (double)(samples[i] * gain[k] + shift[k]);
            g_assert_cmpfloat_with_epsilon((double)out[i * 6 + c], wanted, 2e-6);
        }
    g_free(out);
    g_free(samples);
    seam_model_close(&model);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/passes/by-hand", test_by_hand);
    g_test_add_func("/passes/attention-by-hand", test_attention_by_hand);
    g_test_add_func("/passes/rolled-by-hand", test_rolled_by_hand);
    return g_test_run();
}
