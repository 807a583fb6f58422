/* What is written is what was read: every node, weight and end, and the bytes once more. */
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "graph/onnx_write.h"
#include "graph/read.h"
#include "model_cases.h"
#include "unit.h"

static void same_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
    g_assert_cmpuint(a_size, ==, b_size);
    g_assert_true(!a_size || !memcmp(a, b, a_size));
}

static struct seam_graph *read_back(const void *data, size_t size, const char *name)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    seam_log_init(&log);
    assert_ok(seam_graph_open_memory(&graph, data, size, name, &log), &log);
    return graph;
}

static void same_tensor(const struct seam_onnx_tensor *a, const struct seam_onnx_tensor *b)
{
    g_assert_cmpstr(a->name, ==, b->name);
    g_assert_cmpint(a->type, ==, b->type);
    same_bytes(a->dims, (size_t)a->rank * sizeof(*a->dims), b->dims,
               (size_t)b->rank * sizeof(*b->dims));
    same_bytes(a->data, (size_t)a->size, b->data, (size_t)b->size);
}

static void same_attr(const struct seam_onnx_attr *a, const struct seam_onnx_attr *b)
{
    g_assert_cmpstr(a->name, ==, b->name);
    g_assert_cmpint(a->type, ==, b->type);
    g_assert_true(a->f == b->f);
    g_assert_cmpint(a->i, ==, b->i);
    g_assert_cmpstr(a->s, ==, b->s);
    same_bytes(a->ints, a->ints ? a->n * sizeof(*a->ints) : 0, b->ints,
               b->ints ? b->n * sizeof(*b->ints) : 0);
    same_bytes(a->floats, a->floats ? a->n * sizeof(*a->floats) : 0, b->floats,
                    b->floats ? b->n * sizeof(*b->floats) : 0);
    g_assert_cmpint(a->tensor != NULL, ==, b->tensor != NULL);
    if (a->tensor)
        same_tensor(a->tensor, b->tensor);
}

static void same_node(const struct seam_onnx_node *a, const struct seam_onnx_node *b)
{
    g_assert_cmpstr(a->name, ==, b->name);
    g_assert_cmpstr(a->op, ==, b->op);
    g_assert_cmpstr(a->domain, ==, b->domain);
    same_bytes(a->inputs, a->n_inputs * sizeof(*a->inputs), b->inputs,
               b->n_inputs * sizeof(*b->inputs));
    same_bytes(a->outputs, a->n_outputs * sizeof(*a->outputs), b->outputs,
               b->n_outputs * sizeof(*b->outputs));
    g_assert_cmpuint(a->n_attrs, ==, b->n_attrs);
    for (size_t i = 0; i < a->n_attrs; i++)
        same_attr(&a->attrs[i], &b->attrs[i]);
}

static void same_value(const struct seam_onnx_value *a, const struct seam_onnx_value *b)
{
    g_assert_cmpstr(a->name, ==, b->name);
    g_assert_cmpint(a->type, ==, b->type);
    g_assert_cmpint(a->rank, ==, b->rank);
    for (int32_t i = 0; i < a->rank; i++) {
        g_assert_cmpint(a->dims[i].size, ==, b->dims[i].size);
        g_assert_cmpstr(a->dims[i].symbol, ==, b->dims[i].symbol);
    }
}

static void same_graph(const struct seam_graph *a, const struct seam_graph *b)
{
    g_assert_cmpint(a->ir_version, ==, b->ir_version);
    g_assert_cmpint(a->opset, ==, b->opset);
    g_assert_cmpuint(a->n_nodes, ==, b->n_nodes);
    g_assert_cmpuint(a->n_initializers, ==, b->n_initializers);
    g_assert_cmpuint(a->n_inputs, ==, b->n_inputs);
    g_assert_cmpuint(a->n_outputs, ==, b->n_outputs);
    g_assert_cmpuint(a->n_metadata, ==, b->n_metadata);
    for (size_t i = 0; i < a->n_nodes; i++)
        same_node(&a->nodes[i], &b->nodes[i]);
    for (size_t i = 0; i < a->n_initializers; i++)
        same_tensor(&a->initializers[i], &b->initializers[i]);
    for (size_t i = 0; i < a->n_inputs; i++)
        same_value(&a->inputs[i], &b->inputs[i]);
    for (size_t i = 0; i < a->n_outputs; i++)
        same_value(&a->outputs[i], &b->outputs[i]);
    for (size_t i = 0; i < a->n_metadata; i++) {
        g_assert_cmpstr(a->metadata[i].key, ==, b->metadata[i].key);
        g_assert_cmpstr(a->metadata[i].value, ==, b->metadata[i].value);
    }
}

static void test_round_trip(void)
{
    struct seam_log log;
    seam_log_init(&log);
    for (size_t i = 0; i < n_model_cases; i++) {
        struct onnx_builder b;
        size_t size, written_size, again_size;
        uint8_t *written, *again;
        model_case_build(&model_cases[i], &b);
        onnx_metadata(&b, "author", "nobody");
        void *file = onnx_finish(&b, &size);
        struct seam_graph *graph = read_back(file, size, model_cases[i].name);
        bool plain = true;
        for (size_t k = 0; k < graph->n_nodes; k++)
            plain &= !graph->nodes[k].subgraph;
        if (plain) {
            assert_ok(seam_onnx_write_memory(graph, NULL, &written, &written_size, &log), &log);
            struct seam_graph *copy = read_back(written, written_size, model_cases[i].name);
            same_graph(graph, copy);
            assert_ok(seam_onnx_write_memory(copy, NULL, &again, &again_size, &log), &log);
            same_bytes(written, written_size, again, again_size);
            seam_graph_close(&copy);
            free(written);
            free(again);
        }
        seam_graph_close(&graph);
        free(file);
    }
}

/* A convolution whose weights are large enough to lie outside. */
static void *weighty(size_t *size, float value)
{
    struct onnx_builder b;
    onnx_begin(&b, 17);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_fill(&b, "k", "8,3,3,3", value);
    onnx_fill(&b, "bias", "8", 0.1f);
    onnx_node(&b, "Conv", "x k bias", "y", "pads=[1,1,1,1]");
    onnx_output(&b, "y", "1,8,h,w");
    onnx_metadata(&b, "seamless.range", "0..255");
    onnx_metadata(&b, "author", "nobody");
    return onnx_finish(&b, size);
}

static void test_half(void)
{
    const struct seam_onnx_write_params params = { .half = true };
    size_t size;
    struct seam_log log;
    uint8_t *written;
    const float values[] = { 0.1f, 65519, 65520 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(values); i++) {
        void *file = weighty(&size, values[i]);
        struct seam_graph *graph = read_back(file, size, "weighty");
        seam_log_init(&log);
        assert_ok(seam_onnx_write_memory(graph, &params, &written, &size, &log), &log);
        struct seam_graph *copy = read_back(written, size, "weighty");
        const bool fits = values[i] < 65520;
        g_assert_cmpuint(copy->n_nodes, ==, fits ? 2 : 1);
        g_assert_cmpint(copy->initializers[0].type, ==, fits ? SEAM_ONNX_FLOAT16 : SEAM_ONNX_FLOAT);
        g_assert_cmpint(copy->initializers[1].type, ==, SEAM_ONNX_FLOAT); /* the bias stays */
        if (fits) {
            uint16_t half;
            g_assert_cmpstr(copy->nodes[0].op, ==, "Cast");
            g_assert_cmpint(copy->nodes[0].outputs[0], ==, copy->nodes[1].inputs[1]);
            g_assert_cmpuint(copy->initializers[0].count, ==, 8 * 3 * 3 * 3);
            memcpy(&half, copy->initializers[0].data + 2 * 215, 2);
            g_assert_cmphex(half, ==, seam_half_from_float(values[i]));
        }
        seam_graph_close(&copy);
        seam_graph_close(&graph);
        free(written);
        free(file);
    }
}

static void test_outside(void)
{
    struct seam_onnx_write_params params = { .outside = 216 * 4 };
    size_t size;
    struct seam_log log;
    uint8_t *written;
    void *file = weighty(&size, 1);
    struct seam_graph *graph = read_back(file, size, "weighty"), *copy = NULL;
    char name[SEAM_ONNX_LOCATION];
    seam_onnx_location(0, name);
    g_assert_cmpstr(name, ==, "0");
    g_assert_true(seam_onnx_outside(&params, &graph->initializers[0]));
    g_assert_false(seam_onnx_outside(&params, &graph->initializers[1]));
    seam_log_init(&log);
    assert_ok(seam_onnx_write_memory(graph, &params, &written, &size, &log), &log);
    g_assert_cmpuint(size, <, 864);
    /* Only who gives the weights can read it. */
    g_assert_cmpint(seam_graph_open_memory(&copy, written, size, "weighty", &log), ==,
                    SEAM_ERROR_MODEL);
    free(written);
    seam_graph_close(&graph);
    free(file);
}

static void test_metadata(void)
{
    const struct seam_onnx_pair pairs[] = { { "seamless.range", "0..1" }, { "source", "x.pth" } };
    const struct seam_onnx_write_params params = { .metadata = pairs, .n_metadata = 2 };
    size_t size;
    struct seam_log log;
    uint8_t *written;
    void *file = weighty(&size, 1);
    struct seam_graph *graph = read_back(file, size, "weighty");
    seam_log_init(&log);
    assert_ok(seam_onnx_write_memory(graph, &params, &written, &size, &log), &log);
    struct seam_graph *copy = read_back(written, size, "weighty");
    g_assert_cmpuint(copy->n_metadata, ==, 3);
    g_assert_cmpstr(copy->metadata[0].key, ==, "author");
    g_assert_cmpstr(copy->metadata[1].value, ==, "0..1");
    g_assert_cmpstr(copy->metadata[2].value, ==, "x.pth");
    seam_graph_close(&copy);
    seam_graph_close(&graph);
    free(written);
    free(file);
}

static void test_refused(void)
{
    struct seam_log log;
    struct onnx_builder b;
    size_t size;
    uint8_t *written;
    onnx_begin(&b, 17);
    onnx_input(&b, "x", "1,3,h,w");
    onnx_node_subgraph(&b, "If", "x", "y");
    onnx_output(&b, "y", "1,3,h,w");
    void *file = onnx_finish(&b, &size);
    struct seam_graph *graph = read_back(file, size, "branching.onnx");
    seam_log_init(&log);
    g_assert_cmpint(seam_onnx_write_memory(graph, NULL, &written, &size, &log), ==,
                    SEAM_ERROR_MODEL);
    g_assert_null(written);
    assert_said(&log, SEAM_ERROR_MODEL, "branching.onnx,If");
    seam_graph_close(&graph);
    free(file);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/onnx-write/round-trip", test_round_trip);
    g_test_add_func("/onnx-write/half", test_half);
    g_test_add_func("/onnx-write/outside", test_outside);
    g_test_add_func("/onnx-write/metadata", test_metadata);
    g_test_add_func("/onnx-write/refused", test_refused);
    return g_test_run();
}
