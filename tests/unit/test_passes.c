/* Networks that sum up the whole picture, on the native engine: by rows in several passes, whatever
 * these keep of one another and wherever, in one piece, where all is made anew, in parts and on
 * threads the bits are the same; in tiles, which see other sums, they are not. */
#include "passes.h"

/* ------------------------------------------------------------------------------------------------
 * Networks
 * --------------------------------------------------------------------------------------------- */

static void squeeze(struct onnx_builder *b)
{
    onnx_conv(b, "x", "a", 1, 8, 3, "pads=[1,1,1,1]");
    onnx_node(b, "GlobalAveragePool", "a", "m", "");
    onnx_conv(b, "m", "s1", 8, 4, 1, "");
    onnx_node(b, "Relu", "s1", "s2", "");
    onnx_conv(b, "s2", "s3", 4, 8, 1, "");
    onnx_node(b, "Sigmoid", "s3", "s", "");
    onnx_node(b, "Mul", "a s", "e", "");
    onnx_conv(b, "e", "f", 8, 8, 3, "pads=[1,1,1,1]");
    onnx_ints(b, "space", "2,3");
    onnx_node(b, "ReduceMax", "f space", "g", "keepdims=1");
    onnx_node(b, "Softmax", "g", "h", "axis=1");
    onnx_node(b, "Mul", "f h", "i", "");
    onnx_node(b, "Add", "i e", "j", "");
    onnx_conv(b, "j", "y", 8, 1, 3, "pads=[1,1,1,1]");
}

static void normalised(struct onnx_builder *b)
{
    onnx_conv(b, "x", "a", 1, 8, 3, "pads=[1,1,1,1]");
    onnx_weights(b, "scale", "8");
    onnx_weights(b, "bias", "8");
    onnx_node(b, "InstanceNormalization", "a scale bias", "c", "epsilon=0.001f");
    onnx_node(b, "Relu", "c", "d", "");
    onnx_node(b, "ReduceL2", "d", "n", "axes=[2,3] keepdims=1");
    onnx_node(b, "ReduceMean", "n", "o", "axes=[1] keepdims=1");
    onnx_node(b, "Div", "n o", "q", "");
    onnx_node(b, "Mul", "d q", "e", "");
    onnx_conv(b, "e", "f", 8, 1, 3, "pads=[1,1,1,1] strides=[2,2]");
    onnx_floats(b, "double", "1,1,2,2");
    onnx_node(b, "Resize", "f _ double", "y", "mode='nearest'");
}

/* A picture's mean reaches it by another way than the field of the rest. */
static void grouped(struct onnx_builder *b)
{
    onnx_conv(b, "x", "a", 1, 8, 3, "pads=[1,1,1,1]");
    onnx_fill(b, "one", "2", 1);
    onnx_fill(b, "none", "2", 0);
    onnx_ints(b, "groups", "0,2,-1");
    onnx_node(b, "Reshape", "a groups", "r", "");
    onnx_node(b, "InstanceNormalization", "r one none", "s", "epsilon=0.001f");
    onnx_node(b, "Shape", "a", "shape", "");
    onnx_node(b, "Reshape", "s shape", "t", "");
    onnx_weights(b, "scale", "8,1,1");
    onnx_node(b, "Mul", "t scale", "u", "");
    onnx_conv(b, "u", "y", 8, 1, 3, "pads=[1,1,1,1]");
}

/* Steps that take no row in, while rows are made of those that are there. */
static void deep(struct onnx_builder *b)
{
    onnx_conv(b, "x", "a", 1, 4, 2, "strides=[2,2]");
    onnx_conv(b, "a", "c", 4, 4, 3, "pads=[1,1,1,1]");
    onnx_conv(b, "c", "d", 4, 4, 2, "strides=[2,2]");
    onnx_conv(b, "d", "e", 4, 4, 3, "pads=[1,1,1,1]");
    onnx_node(b, "GlobalAveragePool", "e", "m", "");
    onnx_node(b, "Sigmoid", "m", "s", "");
    onnx_node(b, "Mul", "e s", "f", "");
    onnx_floats(b, "four", "1,1,4,4");
    onnx_node(b, "Resize", "f _ four", "g", "mode='nearest'");
    onnx_conv(b, "g", "h", 4, 4, 3, "pads=[1,1,1,1]");
    onnx_node(b, "GlobalMaxPool", "h", "n", "");
    onnx_node(b, "Mul", "h n", "i", "");
    onnx_conv(b, "i", "y", 4, 1, 3, "pads=[1,1,1,1]");
}

/* Channels of each pixel less their mean, over their spread, as exporters write it: [1, pixels,
 * channels]. */
static void layer_norm(struct onnx_builder *b)
{
    onnx_ints(b, "tokens", "0,6,-1");
    onnx_node(b, "Reshape", "a tokens", "t1", "");
    onnx_node(b, "Transpose", "t1", "t2", "perm=[0,2,1]");
    onnx_node(b, "ReduceMean", "t2", "mu", "axes=[-1] keepdims=1");
    onnx_node(b, "Sub", "t2 mu", "t3", "");
    onnx_node(b, "Mul", "t3 t3", "t4", "");
    onnx_node(b, "ReduceMean", "t4", "t5", "axes=[-1] keepdims=1");
    onnx_fill(b, "epsilon", "", 1e-5f);
    onnx_node(b, "Add", "t5 epsilon", "t6", "");
    onnx_node(b, "Sqrt", "t6", "t7", "");
    onnx_node(b, "Div", "t3 t7", "t8", "");
    onnx_weights(b, "gain", "6");
    onnx_node(b, "Mul", "t8 gain", "t9", "");
    onnx_node(b, "Transpose", "t9", "t10", "perm=[0,2,1]");
    onnx_node(b, "Shape", "a", "plain", "");
    onnx_node(b, "Reshape", "t10 plain", "n", "");
}

/* Transposed attention of two heads, at half the resolution, which is made by moving pixels. */
static void attention(struct onnx_builder *b)
{
    onnx_conv(b, "x", "a", 1, 6, 3, "pads=[1,1,1,1]");
    layer_norm(b);
    onnx_node(b, "SpaceToDepth", "n", "u", "blocksize=2");
    onnx_conv(b, "u", "qkv", 24, 18, 1, "");
    onnx_node(b, "Split", "qkv", "q0 k0 v0", "axis=1");
    onnx_ints(b, "heads", "1,2,3,-1");
    onnx_node(b, "Reshape", "q0 heads", "q", "");
    onnx_node(b, "Reshape", "k0 heads", "k", "");
    onnx_node(b, "Reshape", "v0 heads", "v", "");
    onnx_fill(b, "tiny", "", 1e-12f);
    unit_length(b, "q", "q1");
    unit_length(b, "k", "k1");
    onnx_node(b, "Transpose", "k1", "k2", "perm=[0,1,3,2]");
    onnx_node(b, "MatMul", "q1 k2", "g", "");
    onnx_weights(b, "temperature", "2,1,1");
    onnx_node(b, "Mul", "g temperature", "g1", "");
    onnx_node(b, "Softmax", "g1", "w", "axis=-1");
    onnx_node(b, "MatMul", "w v", "m", "");
    onnx_node(b, "Shape", "q0", "half", "");
    onnx_node(b, "Reshape", "m half", "m1", "");
    onnx_conv(b, "m1", "m2", 6, 8, 3, "pads=[1,1,1,1]");
    onnx_node(b, "DepthToSpace", "m2", "d", "blocksize=2");
    onnx_conv(b, "d", "y", 2, 1, 3, "pads=[1,1,1,1]");
}

/* Borders that meet, of rows, of columns and of both, and back, round a sum. */
static void rolled(struct onnx_builder *b)
{
    onnx_conv(b, "x", "a", 1, 6, 3, "pads=[1,1,1,1]");
    onnx_roll(b, "a", "c", 2, 5);
    onnx_roll(b, "c", "d", 3, -7);
    onnx_conv(b, "d", "e", 6, 6, 3, "pads=[1,1,1,1]");
    onnx_node(b, "GlobalAveragePool", "e", "m", "");
    onnx_node(b, "Mul", "e m", "f", "");
    onnx_roll(b, "f", "g", 2, -5);
    onnx_node(b, "Add", "g a", "h", "");
    onnx_conv(b, "h", "i", 6, 1, 3, "pads=[1,1,1,1]");
    onnx_roll(b, "i", "y", 3, 7);
}

static void (*const nets[])(struct onnx_builder *b) = { squeeze, normalised, grouped, deep,
                                                        attention, rolled };

static struct seam_model *build(int net, int threads)
{
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,1,h,w");
    nets[net](&b);
    onnx_output(&b, "y", "1,1,h2,w2");
    return open_net(&b, threads);
}

/* ------------------------------------------------------------------------------------------------
 * Tests
 * --------------------------------------------------------------------------------------------- */

static void assert_same(const float *a, const float *b, int64_t count, const char *what)
{
    for (int64_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof(float)) != 0)
            g_error("%s: %g is %g at %" PRId64, what, (double)b[i], (double)a[i], i);
}

static void test_bits(gconstpointer data)
{
    const int net = GPOINTER_TO_INT(data);
    float *samples = noise();
    struct seam_model *one = build(net, 1), *two = build(net, 2);
    struct seam_params params;
    struct seam_plan plan, other;
    struct seam_facts facts;
    seam_params_init(&params);
    seam_model_describe(one, &facts);
    g_assert_cmpint(facts.passes, >, 1);
    g_assert_cmpint(facts.exact, ==, SEAM_EXACT_BITS);
    float *rows = restore(one, samples, &params, 0, &plan);
    g_assert_true(plan.rows);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
    g_assert_cmpint(plan.passes, ==, facts.passes);

    float *again = restore(two, samples, &params, 0, &other);
    assert_same(rows, again, WIDTH * HEIGHT, "on two threads");
    g_free(again);
    /* The one layer of the third is made anew. */
    g_assert_true((plan.kept_bytes > 0) == (nets[net] != grouped));
    g_assert_cmpuint(plan.kept_in_memory_bytes, ==, plan.kept_bytes);
    for (uint64_t part = 0; part < 2; part++) {
        params.memory = plan.peak_bytes - plan.kept_bytes + part * plan.kept_bytes / 2;
        again = restore(one, samples, &params, 0, &other);
        g_assert_true(other.rows);
        g_assert_cmpuint(other.kept_in_memory_bytes, <=, part * plan.kept_bytes / 2);
        assert_same(rows, again, WIDTH * HEIGHT, "with what is kept in a file");
        g_free(again);
    }
    params.memory = 0;
    const int64_t first = pick(1, HEIGHT - 1);
    again = restore(two, samples, &params, first, &other);
    assert_same(rows + first * WIDTH, again, (HEIGHT - first) * WIDTH, "from a row on");
    g_free(again);
    params.tile_width = params.tile_height = 1000;
    params.halo = plan.margin;
    again = restore(two, samples, &params, 0, &other);
    g_assert_false(other.rows);
    assert_same(rows, again, WIDTH * HEIGHT, "in one piece");
    g_free(again);
    params.tile_width = params.tile_height = 48;
    again = restore(one, samples, &params, 0, &other);
    g_assert_cmpint(other.exact, ==, SEAM_EXACT_NO);
    g_assert_true(memcmp(again, rows, WIDTH * HEIGHT * sizeof(float)) != 0);
    g_free(again);
    g_free(rows);
    g_free(samples);
    seam_model_close(&one);
    seam_model_close(&two);
}

/* Goes on until the n-th time. */
static bool until(void *opaque, const struct seam_progress *progress)
{
    int *left = opaque;
    (void)progress;
    return --*left > 0;
}

/* Cancelled after each step of each pass, while rows are on their way to a file: it ends, and says
 * what it is. */
static void test_cancelled(void)
{
    const struct seam_picture picture = { WIDTH, HEIGHT, 1, false, false, SEAM_SAMPLE_F32,
                                          SEAM_TRANSFER_NONE };
    struct seam_machine machine = { 1 << 30, 1 << 30, 0, 1 };
    struct seam_model *model = build(4, 2);
    float *samples = noise(), *out = g_new(float, WIDTH * HEIGHT);
    struct seam_params params;
    struct seam_facts facts;
    struct seam_plan plan;
    struct seam_log log;
    bool cancelled = true;
    seam_log_init(&log);
    seam_params_init(&params);
    seam_model_describe(model, &facts);
    assert_ok(seam_plan_make(&plan, &picture, &facts, &params, &machine, &log), &log);
    params.memory = plan.peak_bytes - plan.kept_bytes / 2;
    assert_ok(seam_plan_make(&plan, &picture, &facts, &params, &machine, &log), &log);
    g_assert_cmpuint(plan.kept_in_memory_bytes, <, plan.kept_bytes);
    for (int step = 1; cancelled; step++) {
        int left = step;
        struct picture p = { samples, 0 };
        const struct seam_source source = { .opaque = &p, .read = read_rows };
        const struct seam_stream_params stream_params = { .progress = until, .opaque = &left };
        struct seam_stream *stream;
        seam_log_clear(&log);
        assert_ok(seam_stream_open(&stream, model, &plan, &source, &stream_params, &log), &log);
        const enum seam_result r = seam_stream_read(stream, plan.y.out_size, out, 0);
        cancelled = left <= 0;
        g_assert_cmpint(r, ==, cancelled ? SEAM_CANCELLED : SEAM_OK);
        seam_stream_close(&stream);
        g_assert_cmpint(step, <, 1000);
    }
    g_free(out);
    g_free(samples);
    seam_model_close(&model);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/passes/squeeze", GINT_TO_POINTER(0), test_bits);
    g_test_add_data_func("/passes/normalised", GINT_TO_POINTER(1), test_bits);
    g_test_add_data_func("/passes/grouped", GINT_TO_POINTER(2), test_bits);
    g_test_add_data_func("/passes/deep", GINT_TO_POINTER(3), test_bits);
    g_test_add_data_func("/passes/attention", GINT_TO_POINTER(4), test_bits);
    g_test_add_data_func("/passes/rolled", GINT_TO_POINTER(5), test_bits);
    g_test_add_func("/passes/cancelled", test_cancelled);
    return g_test_run();
}
