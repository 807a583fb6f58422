/* Networks in two files, as ncnn has them, and in folders: what is read, what is refused and in
 * which words, and that no file can harm. */
#include <glib/gstdio.h>

#include "unit.h"

#include "field/analysis.h"
#include "graph/parts.h"
#include "weight_files.h"

static char *folder;

static char *write_in_folder(const char *name, const void *data, size_t size)
{
    char *const path = g_build_filename(folder, name, NULL);
    FILE *const f = fopen(path, "wb"); /* GLib's own way waits for the disk */
    g_assert_true(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
    return path;
}

static enum seam_result open_pair(const struct bytes *param, const struct bytes *bin,
                                  const char *open, struct seam_graph **graph, struct seam_log *log)
{
    char *const a = write_in_folder("net.param", param->data, param->size);
    char *const b = write_in_folder("net.bin", bin->data, bin->size);
    char *const path = g_build_filename(folder, open, NULL);
    seam_log_init(log);
    const enum seam_result result = seam_graph_open(graph, path, log);
    g_free(a);
    g_free(b);
    g_free(path);
    return result;
}

static void test_ncnn(void)
{
    static const char *const names[] = { "net.param", "net.bin", "" };
    for (int kind = NCNN_FLOAT; kind <= NCNN_INT8; kind++) {
        struct seam_log log;
        struct seam_graph *graph;
        struct seam_analysis a;
        struct bytes param = kind == NCNN_INT8 ? ncnn_param_int8() : ncnn_param(),
                     bin = ncnn_bin((enum ncnn_kind)kind);
        assert_ok(open_pair(&param, &bin, names[kind % 3], &graph, &log), &log);
        assert_ok(seam_analysis_make(&a, graph, NULL, NULL, &log), &log);
        g_assert_cmpint(a.scale_num, ==, 2);
        g_assert_cmpint(a.halo[SEAM_LEFT], ==, 2);
        g_assert_cmpint(a.channels_in, ==, 3);
        g_assert_cmpint(a.level, ==, SEAM_LEVEL_BITS);
        /* The kernels, whatever they were stored as. */
        int kernels = 0;
        for (size_t i = 0; i < graph->n_initializers; i++) {
            const struct seam_onnx_tensor *const t = &graph->initializers[i];
            if (t->rank != 4)
                continue;
            const int k = kernels++ ? 4 : 1;
            for (uint64_t j = 0; j < t->count; j++) {
                double value;
                int64_t whole;
                g_assert_true(seam_onnx_element(t, j, &value, &whole));
                g_assert_cmpfloat((float)value, ==, weight_value(k, (int)j));
            }
        }
        g_assert_cmpint(kernels, ==, 2);
        seam_graph_close(&graph);
        bytes_free(&param);
        bytes_free(&bin);
    }
}

static void test_ncnn_cut(void)
{
    struct seam_log log;
    struct seam_graph *graph;
    struct bytes param = ncnn_param(), bin = ncnn_bin(NCNN_HALF);
    const size_t size = bin.size;
    for (bin.size = 0; bin.size < size; bin.size++)
        g_assert_cmpint(open_pair(&param, &bin, "net.param", &graph, &log), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, "shorter than its layers need,another .param");
    bin.size = size;
    /* Without the name of the last blob; what follows it is a setting of 0, which goes without
     * saying. */
    for (size_t n = param.size - 11, all = param.size; n-- > 0; param.size = all) {
        param.size = n;
        g_assert_cmpint(open_pair(&param, &bin, "net.param", &graph, &log), !=, SEAM_OK);
    }
    bytes_number(&bin, 0, 4);
    g_assert_cmpint(open_pair(&param, &bin, "net.param", &graph, &log), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, "4 bytes more,another .param");
    bytes_free(&param);
    bytes_free(&bin);
}

static void refuse_param(const char *text, const char *words)
{
    struct seam_log log;
    struct seam_graph *graph;
    struct bytes param = { 0 }, bin = { 0 };
    bytes_text(&param, "7767517\n");
    bytes_text(&param, text);
    bytes_number(&bin, 0, 8);
    g_assert_cmpint(open_pair(&param, &bin, "net.param", &graph, &log), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, words);
    bytes_free(&param);
    bytes_free(&bin);
}

static void test_ncnn_refused(void)
{
    refuse_param("999999 1\nInput a 0 1 a 2=3\n", "announces more layers");
    refuse_param("1 1\nInput a 0 1 a 2=3\nNoop b 1 1 a b\n", "holds more layers");
    refuse_param("2 1\nInput a 0 1 a 2=3\n", "cut off");
    refuse_param("1 1\nInput a 0 9 a 2=3\n", "fewer blobs");
    refuse_param("1 1\nInput a 0 1 a 2=3x\n", "line 3,setting is no number");
    refuse_param("2 2\nInput a 0 1 a 2=3\nLSTM b 1 1 a b\n", "LSTM,export the network as ONNX");
    refuse_param("2 2\nInput a 0 1 a 2=3\nReLU b 1 1 c b\n", "takes c,no layer before");
    refuse_param("2 1\nInput a 0 1 a 2=3\nReLU b 1 1 a a\n", "two layers make a");
    refuse_param("2 2\nInput a 0 1 a 2=3\nInnerProduct b 1 1 a b 0=4 2=12\n", "matrix product");
    refuse_param("2 2\nInput a 0 1 a 2=3\nConvolution b 1 1 a b 0=4 1=3 6=7\n",
                 "weights that fit no number");
    refuse_param("1 1\nReLU a 1 1 a b\n", "no input");
    refuse_param("1 1\nInput a 0 1 a\n", "channels cannot be told");
    refuse_param("2 2\nInput a 0 1 a 2=3\nReLU b 1 1 a b\n", "8 bytes more");
}

/* A folder is its only network. */
static void test_folder(void)
{
    struct seam_log log;
    struct seam_graph *graph;
    struct bytes param = ncnn_param(), bin = ncnn_bin(NCNN_FLOAT);
    assert_ok(open_pair(&param, &bin, "", &graph, &log), &log);
    seam_graph_close(&graph);
    char *const other = write_in_folder("second.onnx", "", 0);
    g_assert_cmpint(open_pair(&param, &bin, "", &graph, &log), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, "more than one network,net.param,second.onnx");
    g_remove(other);
    g_free(other);
    char *const model = write_in_folder("saved_model.pb", "", 0);
    g_assert_cmpint(open_pair(&param, &bin, "", &graph, &log), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, "TensorFlow,tf2onnx");
    g_remove(model);
    g_free(model);
    bytes_free(&param);
    bytes_free(&bin);
}

static void remove_folder(void)
{
    static const char *const names[] = { "net.param", "net.bin" };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(names); i++) {
        char *const path = g_build_filename(folder, names[i], NULL);
        g_remove(path);
        g_free(path);
    }
    g_rmdir(folder);
    g_free(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("seam-weights-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_test_add_func("/weight-files/ncnn", test_ncnn);
    g_test_add_func("/weight-files/ncnn-cut", test_ncnn_cut);
    g_test_add_func("/weight-files/ncnn-refused", test_ncnn_refused);
    g_test_add_func("/weight-files/folder", test_folder);
    const int result = g_test_run();
    remove_folder();
    return result;
}
