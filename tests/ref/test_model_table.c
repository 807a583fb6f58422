/*
 * The verdict on every network of ../shared/models (or $SEAM_SHARED/models): a table written by
 * hand from the architectures. Skips where they are not there.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field/analysis.h"
#include "graph/read.h"

struct verdict {
    const char *file;
    int scale, alignment;
    int field[4];         /* left, right, top, bottom */
    int halo[4];          /* the same from aligned edges */
    int crop;             /* on all sides */
    const char *level;
    const char *layout;
    int channels_in, channels_out;
    int layers;
    const char *node;     /* the first unbounded one; NULL: bounded */
    const char *op;
    int measured;         /* halo in the table of the models' README; 0: global */
};

#define ALL(n)                                                                                     \
    {                                                                                              \
        n, n, n, n                                                                                 \
    }

static const struct verdict verdicts[] = {
    { "dncnn_gray_s25", 1, 1, ALL(17), ALL(17), 0, "bits", "nchw", 1, 1, 17, NULL, NULL, 17 },
    { "dncnn_color_blind", 1, 1, ALL(20), ALL(20), 0, "bits", "nchw", 3, 3, 20, NULL, NULL, 20 },
    { "ffdnet_color_s25", 1, 2, ALL(25), ALL(24), 0, "bits", "nchw", 3, 3, 12, NULL, NULL, 25 },
    { "ffdnet_color_2in", 1, 2, ALL(25), ALL(24), 0, "bits", "nchw", 3, 3, 12, NULL, NULL, 25 },
    /* The measured reach of PMRID ends where float32 rounds its effect away. */
    { "pmrid_raw4", 1, 16, { 497, 482, 497, 482 }, { 483, 468, 483, 468 }, 0, "bits", "nchw", 4,
      4, 92, NULL, NULL, 204 },
    { "zerodce_lowlight", 1, 1, ALL(7), ALL(7), 0, "bits", "nchw", 3, 3, 7, NULL, NULL, 7 },
    { "sci_lowlight_medium", 1, 1, ALL(3), ALL(3), 0, "bits", "nchw", 3, 3, 3, NULL, NULL, 3 },
    { "fsrcnn_y_x2", 2, 1, ALL(6), ALL(6), 0, "bits", "nchw", 1, 1, 8, NULL, NULL, 6 },
    { "espcn_y_x4", 4, 1, ALL(4), ALL(4), 0, "bits", "nchw", 1, 1, 3, NULL, NULL, 4 },
    { "espcn_y_x4_nhwc", 4, 1, ALL(4), ALL(4), 0, "bits", "nhwc", 1, 1, 3, NULL, NULL, 4 },
    { "imdn_rtc_x2", 2, 1, ALL(22), ALL(22), 0, "bits", "nchw", 3, 3, 28, NULL, NULL, 22 },
    { "pan_x4", 4, 1, ALL(36), ALL(36), 0, "bits", "nchw", 3, 3, 121, NULL, NULL, 36 },
    { "carn_m_x3", 3, 1, ALL(21), ALL(21), 0, "bits", "nchw", 3, 3, 44, NULL, NULL, 21 },
    { "lapsrn_y_2out", 4, 1, ALL(17), ALL(17), 0, "bits", "nchw", 1, 1, 27, NULL, NULL, 17 },
    { "safmn_x4_static128", 4, 16, ALL(258), ALL(257), 0, "no", "nchw", 3, 3, 58,
      "/norm/ReduceL2", "ReduceL2", 0 },
    { "craft_x4", 4, 16, ALL(141), ALL(129), 0, "no", "nchw", 3, 3, 303,
      "/layers.0/residual_group/hf_blocks.0/attn/ReduceL2", "ReduceL2", 0 },
    { "waifu2x_upconv7_photo_x2", 2, 1, ALL(7), ALL(7), 7, "bits", "nchw", 3, 3, 7, NULL, NULL, 7 },
    { "waifu2x_upconv7_photo_x2_pad", 2, 1, ALL(7), ALL(7), 0, "bits", "nchw", 3, 3, 7, NULL,
      NULL, 7 },
    { "waifu2x_cunet_noise1_x1_pad", 1, 4, ALL(31), ALL(28), 0, "no", "nchw", 3, 3, 30,
      "/net/ReduceMean", "ReduceMean", 0 },
    { "realesr_animevideov3_x4", 4, 1, ALL(18), ALL(18), 0, "bits", "nchw", 3, 3, 18, NULL, NULL,
      18 },
    { "realesr_animevideov3_x2", 2, 1, ALL(19), ALL(19), 0, "bits", "nchw", 3, 3, 18, NULL, NULL,
      19 },
    /*
     * Five blocks of a 3x3 convolution, windows of 8 and a 3x3 convolution between a convolution
     * and the upsampler, which reaches 1: -1, -2 (8) -9, -10 (16) -17 ... -40, -41, -42.
     */
    { "mobilesr_x4", 4, 8, ALL(44), ALL(42), 0, "numeric", "nchw", 3, 3, 45, NULL, NULL, 40 },
    /* Its shifted windows are masked by a table over the positions of its one size. */
    { "imdtn_x4_static96", 4, 6, ALL(39), ALL(35), 0, "no", "nchw", 3, 3, 40,
      "/IMDTB1/transformer/residual_group/blocks.0/attn/Add_1", "Add", 24 },
    { "ort_subpixel_cnn_y_x3", 3, 1, ALL(5), ALL(5), 0, "bits", "nchw", 1, 1, 4, NULL, NULL, 5 },
};

static char *folder;

static void check(const struct verdict *v, const struct seam_analysis *a)
{
    g_assert_cmpint(a->scale_num, ==, v->scale);
    g_assert_cmpint(a->scale_den, ==, 1);
    g_assert_cmpint(a->alignment, ==, v->alignment);
    g_assert_cmpstr(seam_level_name(a->level), ==, v->level);
    g_assert_cmpstr(seam_axes_name(a->layout), ==, v->layout);
    g_assert_cmpstr(seam_axes_name(a->output_layout), ==, v->layout);
    g_assert_cmpint(a->channels_in, ==, v->channels_in);
    g_assert_cmpint(a->channels_out, ==, v->channels_out);
    g_assert_cmpint(a->layers, ==, v->layers);
    g_assert_cmpint(a->bounded, ==, v->node == NULL);
    for (int side = 0; side < 4; side++) {
        g_assert_cmpint(a->field[side], ==, v->field[side]);
        g_assert_cmpint(a->halo[side], ==, v->halo[side]);
        g_assert_cmpint(a->crop[side], ==, v->crop);
        if (a->bounded)
            g_assert_cmpint(a->field[side], >=, v->measured);
    }
    if (v->node) {
        g_assert_cmpuint(a->n_unbounded, >=, 1);
        g_assert_cmpstr(a->unbounded[0].name, ==, v->node);
        g_assert_cmpstr(a->unbounded[0].op, ==, v->op);
    }
}

static void test_verdict(gconstpointer data)
{
    const struct verdict *v = data;
    struct seam_log log;
    struct seam_graph *graph = NULL;
    struct seam_analysis a;
    seam_log_init(&log);
    char *path = g_strdup_printf("%s/%s.onnx", folder, v->file);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_test_skip("the network is not there");
        g_free(path);
        return;
    }
    enum seam_result result = seam_graph_open(&graph, path, &log);
    g_assert_cmpstr(log.error, ==, "");
    g_assert_cmpint(result, ==, SEAM_OK);
    result = seam_analysis_make(&a, graph, NULL, NULL, &log);
    g_assert_cmpstr(log.error, ==, "");
    g_assert_cmpint(result, ==, SEAM_OK);
    check(v, &a);
    seam_graph_close(&graph);
    g_free(path);
}

/* What cannot be used says so in words that help. */
static void test_negative(void)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    struct seam_analysis a;
    seam_log_init(&log);
    char *path =
        g_strdup_printf("%s/negative/missing_external_data_rrdbnet_like_op18.onnx", folder);
    g_assert_cmpint(seam_graph_open(&graph, path, &log), ==, SEAM_ERROR_MODEL);
    g_assert_null(graph);
    g_assert_nonnull(strstr(log.error, "realesr-general-x4v3.onnx.data"));
    g_assert_nonnull(strstr(log.error, "beside the model"));
    g_free(path);

    seam_log_clear(&log);
    path = g_strdup_printf("%s/negative/ort_superres_bytes_in_custom_ops_op18.onnx", folder);
    g_assert_cmpint(seam_graph_open(&graph, path, &log), ==, SEAM_OK);
    g_assert_cmpint(seam_analysis_make(&a, graph, NULL, NULL, &log), ==, SEAM_ERROR_MODEL);
    g_assert_nonnull(strstr(log.error, "image[num_bytes]"));
    seam_graph_close(&graph);
    g_free(path);
}

/* Each output of a network with two can be asked for. */
static void test_two_outputs(void)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    struct seam_analysis a;
    seam_log_init(&log);
    char *path = g_strdup_printf("%s/lapsrn_y_2out.onnx", folder);
    g_assert_cmpint(seam_graph_open(&graph, path, &log), ==, SEAM_OK);
    g_assert_cmpint(seam_analysis_make(&a, graph, NULL, "out_x2", &log), ==, SEAM_OK);
    g_assert_cmpstr(a.output, ==, "out_x2");
    g_assert_cmpint(a.scale_num, ==, 2);
    g_assert_true(a.bounded);
    g_assert_cmpint(seam_analysis_make(&a, graph, NULL, "out_x8", &log), ==, SEAM_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(log.error, "out_x4"));
    seam_graph_close(&graph);
    g_free(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    const char *shared = g_getenv("SEAM_SHARED");
    folder = g_build_filename(shared ? shared : SEAM_SOURCE_ROOT "/../shared", "models", NULL);
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
        printf("1..0 # SKIP no networks in %s\n", folder);
        g_free(folder);
        return 0;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        char *name = g_strdup_printf("/model/table/%s", verdicts[i].file);
        g_test_add_data_func(name, &verdicts[i], test_verdict);
        g_free(name);
    }
    g_test_add_func("/model/table/negative", test_negative);
    g_test_add_func("/model/table/two-outputs", test_two_outputs);
    int result = g_test_run();
    g_free(folder);
    return result;
}
