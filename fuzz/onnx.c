/* Fuzz target: an ONNX file in memory, decoded, analysed, lowered to rows and, if it is small, run.
 * See standalone.h. */
#include <stdlib.h>

#include "../tests/unit/model_cases.h"
#include "engine/native/flow.h"
#include "field/analysis.h"
#include "field/free.h"
#include "graph/ensemble.h"
#include "graph/read.h"
#include "standalone.h"

/* What is padded to millions of pixels is as slow as it should be: bytes of all rows in all
 * steps. */
#define MOST_WORK (1ull << 30)
/* Nodes of a network of which an ensemble is made: that has eight times as many. */
#define MOST_TURNED 8

/* A small picture through the rows of a network. */
static void run_rows(const struct seam_packed *packed)
{
    const struct seam_net *net = packed->net;
    const int64_t side = 16 * net->alignment;
    const int channels = net->tensors[net->input].channels;
    struct seam_flow_params p = { .packed = packed, .domain = { { 0, side }, { 0, side } } };
    struct seam_rows_size size;
    struct seam_flow *flow;
    struct seam_rows_step step;
    for (int dir = 0; dir < 2; dir++)
        p.want[dir] = seam_net_domain(&net->tensors[net->output], dir, p.domain[dir]);
    if (net->alignment > 8 || channels > 64 || p.want[0].end <= p.want[0].begin ||
        p.want[1].end <= p.want[1].begin || seam_flow_measure(&p, &size) != SEAM_OK ||
        size.bytes > 1 << 24 || size.bytes * (uint64_t)size.steps > MOST_WORK ||
        seam_flow_open(&flow, &p) != SEAM_OK)
        return;
    float *line = calloc((size_t)(side * channels), sizeof(*line));
    if (!line)
        abort();
    while (seam_flow_next(flow, &step)) {
        for (int64_t y = step.in.begin; y < step.in.end; y++)
            seam_flow_put(flow, y, line, side, 0);
        seam_flow_run(flow);
    }
    free(line);
    seam_flow_close(&flow);
}

static void lower(const struct seam_graph *graph)
{
    const struct seam_net_params params = { .lenient = true };
    struct seam_net_obstacle obstacle;
    struct seam_packed *packed;
    if (seam_packed_compile(&packed, graph, &params, NULL, &obstacle) != SEAM_OK)
        return;
    run_rows(packed);
    seam_packed_close(&packed);
}

/* What is the mean of the eight ways sees as much and enlarges as much, and has no other faults. */
static void turn(struct seam_graph *graph, const struct seam_analysis *was)
{
    struct seam_log log;
    struct seam_analysis a;
    const char *picture = seam_analysis_picture(graph, NULL, NULL, 0);
    const int64_t num = was->scale_num, den = was->scale_den;
    const bool bounded = was->bounded;
    seam_log_init(&log);
    if (!picture || seam_graph_ensemble(graph, picture, &log) != SEAM_OK)
        return;
    seam_log_init(&log);
    if (seam_analysis_make(&a, graph, NULL, NULL, &log) == SEAM_OK && bounded && a.bounded &&
        (a.scale_num != num || a.scale_den != den))
        abort();
}

/* What has one size takes any, and can be what it was again. */
static void free_sizes(struct seam_graph *graph)
{
    struct seam_log log;
    struct seam_analysis a;
    struct seam_freed freed;
    const char *picture = seam_analysis_picture(graph, NULL, NULL, 0);
    seam_log_init(&log);
    if (!picture || seam_graph_free(graph, picture, NULL, 64, &freed, &log) != SEAM_OK ||
        !freed.done)
        return;
    if (seam_analysis_make(&a, graph, picture, NULL, &log) == SEAM_OK) {
        if (a.fixed_width > 0 || a.fixed_height > 0)
            abort();
        lower(graph);
    }
    if (!seam_graph_unfree(graph, &freed))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    struct seam_analysis a;
    seam_log_init(&log);
    if (seam_graph_open_memory(&graph, data, size, "fuzz", &log) != SEAM_OK)
        return 0;
    if (seam_analysis_make(&a, graph, NULL, NULL, &log) == SEAM_OK) {
        /* What callers divide by and loop over. */
        bool sane = a.alignment >= 1 && a.scale_den >= 1 && a.scale_num >= 0 &&
                    a.bounded == (a.n_unbounded == 0) && (!a.bounded || a.scale_num >= 1);
        for (int side = 0; side < 4; side++)
            sane = sane && a.field[side] >= 0 && a.halo[side] >= a.crop[side] && a.crop[side] >= 0;
        if (!sane)
            abort();
        lower(graph);
        free_sizes(graph);
        if (graph->n_nodes <= MOST_TURNED)
            turn(graph, &a);
    }
    seam_graph_close(&graph);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

static void *seed(size_t number, size_t *size)
{
    struct onnx_builder b;
    if (number < n_model_cases)
        model_case_build(&model_cases[number], &b);
    else if (number - n_model_cases < n_model_unary)
        model_unary_build(model_unary[number - n_model_cases], &b);
    else
        return NULL;
    return onnx_finish(&b, size);
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
