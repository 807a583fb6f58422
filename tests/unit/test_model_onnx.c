/* The decoder: what it reads, what it refuses, and that no file can harm it. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/read.h"
#include "graph/wire.h"
#include "model_test.h"

static void *small_model(size_t *size)
{
    struct onnx_builder b;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "n,3,h,w");
    onnx_conv(&b, "x", "a", 3, 4, 3, "pads=[1,1,1,1] auto_pad='NOTSET'");
    onnx_node(&b, "LeakyRelu", "a", "r", "alpha=0.1f");
    onnx_ints(&b, "pads", "0,0,1,1,0,0,1,1");
    onnx_node(&b, "Pad", "r pads", "p", "mode='reflect'");
    onnx_floats(&b, "scales", "1,1,2,2");
    onnx_node(&b, "Resize", "p _ scales", "u", "mode='linear'");
    onnx_conv(&b, "u", "y", 4, 3, 3, "");
    onnx_output(&b, "y", "n,3,h2,w2");
    onnx_metadata(&b, "author", "nobody");
    return onnx_finish(&b, size);
}

/* Open and analyse; whatever happens, it must happen in order. */
static enum seam_result try_model(const void *data, size_t size)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    struct seam_analysis a;
    seam_log_init(&log);
    enum seam_result result = seam_graph_open_memory(&graph, data, size, "hostile", &log);
    if (result == SEAM_OK)
        result = seam_analysis_make(&a, graph, NULL, NULL, &log);
    else
        g_assert_null(graph);
    g_assert_cmpint(log.result, ==, result);
    g_assert_cmpint(strlen(log.error) > 0, ==, result != SEAM_OK);
    seam_graph_close(&graph);
    g_assert_null(graph);
    return result;
}

static void test_decoded(void)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    size_t size;
    void *file = small_model(&size);
    seam_log_init(&log);
    g_assert_cmpint(seam_graph_open_memory(&graph, file, size, "small", &log), ==, SEAM_OK);
    g_assert_cmpint(graph->ir_version, ==, 8);
    g_assert_cmpint(graph->opset, ==, 13);
    g_assert_cmpuint(graph->n_inputs, ==, 1);
    g_assert_cmpuint(graph->n_outputs, ==, 1);
    g_assert_cmpuint(graph->n_nodes, ==, 5);
    g_assert_cmpuint(graph->n_initializers, ==, 4);
    g_assert_cmpstr(graph->metadata[0].key, ==, "author");

    const struct seam_onnx_value *x = &graph->inputs[0];
    g_assert_cmpstr(x->name, ==, "x");
    g_assert_cmpint(x->type, ==, SEAM_ONNX_FLOAT);
    g_assert_cmpint(x->rank, ==, 4);
    g_assert_cmpint(x->dims[1].size, ==, 3);
    g_assert_cmpint(x->dims[2].size, ==, -1);
    g_assert_cmpstr(x->dims[2].symbol, ==, "h");

    const struct seam_onnx_node *conv = &graph->nodes[0], *resize = &graph->nodes[3];
    g_assert_cmpstr(conv->op, ==, "Conv");
    g_assert_cmpstr(conv->name, ==, "a");
    const struct seam_onnx_attr *pads = seam_onnx_attr(conv, "pads");
    g_assert_nonnull(pads);
    g_assert_cmpint(pads->type, ==, SEAM_ATTR_INTS);
    g_assert_cmpuint(pads->n, ==, 4);
    g_assert_cmpint(pads->ints[3], ==, 1);
    g_assert_cmpfloat(seam_onnx_attr(&graph->nodes[1], "alpha")->f, ==, 0.1f);
    g_assert_cmpstr(seam_onnx_string(resize, "mode", ""), ==, "linear");
    g_assert_cmpint(resize->inputs[1], ==, -1);
    g_assert_cmpstr(graph->names[resize->inputs[2]], ==, "scales");
    g_assert_null(seam_onnx_attr(conv, "nothing"));

    /* Weights stay where they are. */
    const struct seam_onnx_tensor *weight = &graph->initializers[0];
    g_assert_cmpuint(weight->count, ==, 4 * 3 * 3 * 3);
    g_assert_cmpuint(weight->size, ==, 4 * weight->count);
    g_assert_true((const char *)weight->data > (const char *)file &&
                  (const char *)weight->data < (const char *)file + size);
    double value;
    int64_t whole;
    g_assert_true(seam_onnx_element(&graph->initializers[1], 2, &value, &whole));
    g_assert_cmpint(whole, ==, 1);
    g_assert_true(seam_onnx_element(&graph->initializers[2], 3, &value, &whole));
    g_assert_cmpfloat(value, ==, 2);
    g_assert_false(seam_onnx_element(&graph->initializers[2], 4, &value, &whole));
    seam_graph_close(&graph);
    free(file);
}

/* Cut off at every byte; each copy is exactly as long as it says, so that ASan sees a read
 * behind it. */
static void test_truncated(void)
{
    size_t size;
    unsigned char *file = small_model(&size);
    for (size_t n = 0; n < size; n++) {
        unsigned char *copy = g_memdup2(file, n);
        try_model(copy, n);
        g_free(copy);
    }
    g_assert_cmpint(try_model(file, size), ==, SEAM_OK);
    free(file);
}

/* Each byte replaced by some that are likely to hurt. */
static void test_bytes_changed(void)
{
    static const unsigned char bytes[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
    size_t size;
    unsigned char *file = small_model(&size);
    unsigned char *copy = g_memdup2(file, size);
    for (size_t i = 0; i < size; i++) {
        for (size_t k = 0; k < sizeof(bytes); k++) {
            copy[i] = bytes[k];
            try_model(copy, size);
        }
        copy[i] = file[i];
    }
    g_free(copy);
    free(file);
}

static void test_garbage(void)
{
    static const char png[] = "\x89PNG\r\n\x1a\n and more that is no network at all";
    g_assert_cmpint(try_model("", 0), ==, SEAM_ERROR_MODEL);
    g_assert_cmpint(try_model(png, sizeof(png)), ==, SEAM_ERROR_MODEL);
    g_assert_cmpint(try_model("\x3a\x00", 2), ==, SEAM_ERROR_MODEL);
}

static void test_old_opset(void)
{
    struct onnx_builder b;
    size_t size;
    onnx_begin(&b, 6);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_node(&b, "Relu", "x", "y", "");
    onnx_output(&b, "y", "1,3,h,w");
    void *file = onnx_finish(&b, &size);
    g_assert_cmpint(try_model(file, size), ==, SEAM_ERROR_MODEL);
    free(file);
}

/* Sizes whose product overflows, and tensors that are shorter than they say. */
static void test_impossible_tensors(void)
{
    static const char *const dims[] = { "4294967296,4294967296,4294967296", "-1", "2" };
    for (size_t i = 0; i < G_N_ELEMENTS(dims); i++) {
        struct onnx_builder b;
        size_t size;
        onnx_begin(&b, 13);
        onnx_input(&b, "x", "1,3,h,w");
        onnx_external(&b, "w", dims[i], "weights.bin", NULL, NULL);
        onnx_node(&b, "Mul", "x w", "y", "");
        onnx_output(&b, "y", "1,3,h,w");
        void *file = onnx_finish(&b, &size);
        g_assert_cmpint(try_model(file, size), ==, SEAM_ERROR_MODEL);
        free(file);
    }
}

/* ------------------------------------------------------------------------------------------------
 * External data
 * --------------------------------------------------------------------------------------------- */

struct folder {
    char *path, *model;
};

static void folder_open(struct folder *f)
{
    f->path = g_dir_make_tmp("seam-XXXXXX", NULL);
    g_assert_nonnull(f->path);
    f->model = g_build_filename(f->path, "model", "net.onnx", NULL);
    char *inner = g_path_get_dirname(f->model);
    g_assert_cmpint(g_mkdir(inner, 0700), ==, 0);
    g_free(inner);
}

static void folder_file(const struct folder *f, const char *name, const void *data, size_t size)
{
    char *path = g_build_filename(f->path, name, NULL);
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    g_free(path);
}

static void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        char *inner = g_build_filename(path, name, NULL);
        if (g_remove(inner) != 0)
            remove_tree(inner);
        g_free(inner);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

static void folder_close(struct folder *f)
{
    remove_tree(f->path);
    g_free(f->path);
    g_free(f->model);
}

/* Open a model whose weights of eight floats lie at `location`; "" or what the error must say. */
static void expect_external(const struct folder *f, const char *location, const char *offset,
                            const char *length, const char *words)
{
    struct onnx_builder b;
    struct seam_log log;
    struct seam_graph *graph = NULL;
    size_t size;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,8,h,w");
    onnx_external(&b, "w", "8,1,1", location, offset, length);
    onnx_node(&b, "PRelu", "x w", "y", "");
    onnx_output(&b, "y", "1,8,h,w");
    void *file = onnx_finish(&b, &size);
    folder_file(f, "model/net.onnx", file, size);
    free(file);
    seam_log_init(&log);
    enum seam_result result = seam_graph_open(&graph, f->model, &log);
    g_assert_cmpint(result == SEAM_OK, ==, !*words);
    if (*words) {
        g_assert_nonnull(strstr(log.error, words));
        g_assert_nonnull(strstr(log.error, "net.onnx"));
    } else {
        double value;
        int64_t whole;
        g_assert_true(graph->initializers[0].external);
        g_assert_true(seam_onnx_element(&graph->initializers[0], 0, &value, &whole));
        g_assert_cmpfloat(value, ==, offset ? 2 : 1);
    }
    seam_graph_close(&graph);
}

static void test_external(void)
{
    struct folder f;
    float data[10] = { 1, 0, 2, 3, 4, 5, 6, 7, 8, 9 };
    char *link;
    folder_open(&f);
    folder_file(&f, "model/net.data", data, sizeof(data));
    folder_file(&f, "outside.data", data, sizeof(data));
    expect_external(&f, "net.data", NULL, NULL, "");
    expect_external(&f, "net.data", "8", "32", "");
    expect_external(&f, "./net.data", NULL, NULL, "");
    expect_external(&f, "net.data", "12", NULL, "too short");
    expect_external(&f, "net.data", "18446744073709551615", NULL, "broken");
    expect_external(&f, "net.data", "9223372036854775807", NULL, "too short");
    expect_external(&f, "net.data", NULL, "36", "length");
    expect_external(&f, "net.data", "-8", NULL, "broken");
    expect_external(&f, "gone.data", NULL, NULL, "gone.data");
    expect_external(&f, "../outside.data", NULL, NULL, "outside the model's folder");
    expect_external(&f, "a/../../outside.data", NULL, NULL, "outside the model's folder");
    expect_external(&f, "/etc/passwd", NULL, NULL, "outside the model's folder");
    expect_external(&f, "", NULL, NULL, "outside the model's folder");
    expect_external(&f, ".", NULL, NULL, "outside the model's folder");

    link = g_build_filename(f.path, "model", "link.data", NULL);
    g_assert_cmpint(symlink("../outside.data", link), ==, 0);
    expect_external(&f, "link.data", NULL, NULL, "outside the model's folder");
    g_remove(link);
    g_assert_cmpint(symlink("net.data", link), ==, 0);
    expect_external(&f, "link.data", NULL, NULL, "");
    g_free(link);
    folder_close(&f);
}

/* The checksum of a network whose weights of four floats, `first` and zeros, lie in another file.
 * The caller closes *graph. */
static uint64_t sum_of(const struct folder *f, float first, struct seam_graph **graph)
{
    const float data[4] = { first };
    struct onnx_builder b;
    struct seam_log log;
    size_t size;
    onnx_begin(&b, 13);
    onnx_input(&b, "x", "1,4,h,w");
    onnx_external(&b, "w", "4,1,1", "net.data", NULL, NULL);
    onnx_node(&b, "PRelu", "x w", "y", "");
    onnx_output(&b, "y", "1,4,h,w");
    void *file = onnx_finish(&b, &size);
    folder_file(f, "model/net.onnx", file, size);
    folder_file(f, "model/net.data", data, sizeof(data));
    free(file);
    seam_log_init(&log);
    g_assert_cmpint(seam_graph_open(graph, f->model, &log), ==, SEAM_OK);
    return (*graph)->checksum;
}

/* The checksum covers weights in other files, and tells what was read from what lies there
 * later. */
static void test_checksum(void)
{
    struct folder f;
    struct seam_log log;
    struct seam_graph *one, *again, *other;
    folder_open(&f);
    const uint64_t sum = sum_of(&f, 1, &one);
    g_assert_cmphex(sum_of(&f, 1, &again), ==, sum);
    g_assert_cmphex(sum_of(&f, 2, &other), !=, sum);
    seam_log_init(&log);
    g_assert_cmpint(seam_graph_check_unchanged(other, &log), ==, SEAM_OK);
    g_assert_cmpint(seam_graph_check_unchanged(one, &log), ==, SEAM_ERROR_MODEL);
    g_assert_nonnull(strstr(log.error, "changed while the network was read"));
    seam_graph_close(&one);
    seam_graph_close(&again);
    seam_graph_close(&other);
    folder_close(&f);
}

static void test_missing(void)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    seam_log_init(&log);
    g_assert_cmpint(seam_graph_open(&graph, "/nonexistent/net.onnx", &log), ==, SEAM_ERROR_IO);
    g_assert_nonnull(strstr(log.error, "/nonexistent/net.onnx"));
    g_assert_nonnull(strstr(log.error, g_strerror(ENOENT)));
    seam_graph_close(&graph);
    seam_graph_close(NULL);
}

static void test_wire(void)
{
    static const unsigned char max[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01
    };
    static const unsigned char endless[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                             0xff, 0xff, 0xff, 0xff, 0xff };
    uint64_t value;
    struct seam_wire wire = seam_wire_over(max, sizeof(max));
    g_assert_true(seam_wire_varint(&wire, &value));
    g_assert_cmpuint(value, ==, UINT64_MAX);
    g_assert_false(seam_wire_varint(&wire, &value));
    g_assert_false(wire.bad);
    wire = seam_wire_over(endless, sizeof(endless));
    g_assert_false(seam_wire_varint(&wire, &value));
    g_assert_true(wire.bad);
    wire = seam_wire_over(max, 3);
    g_assert_false(seam_wire_varint(&wire, &value));
    g_assert_true(wire.bad);
}

/* Old files list weights among the inputs; those are none. */
static void test_weights_as_inputs(void)
{
    struct onnx_builder b;
    onnx_begin(&b, 7);
    onnx_input(&b, "k", "3,3,3,3");
    onnx_input(&b, "x", "1,3,h,w");
    onnx_weights(&b, "k", "3,3,3,3");
    onnx_node(&b, "Conv", "x k", "y", "pads=[1,1,1,1]");
    onnx_output(&b, "y", "1,3,h,w");
    model_test_expect(&b, 1, 1, 1, SEAM_LEVEL_BITS);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/model/onnx/wire", test_wire);
    g_test_add_func("/model/onnx/decoded", test_decoded);
    g_test_add_func("/model/onnx/truncated", test_truncated);
    g_test_add_func("/model/onnx/bytes-changed", test_bytes_changed);
    g_test_add_func("/model/onnx/garbage", test_garbage);
    g_test_add_func("/model/onnx/old-opset", test_old_opset);
    g_test_add_func("/model/onnx/impossible-tensors", test_impossible_tensors);
    g_test_add_func("/model/onnx/external", test_external);
    g_test_add_func("/model/onnx/checksum", test_checksum);
    g_test_add_func("/model/onnx/missing", test_missing);
    g_test_add_func("/model/onnx/weights-as-inputs", test_weights_as_inputs);
    return g_test_run();
}
