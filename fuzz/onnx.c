/*
 * Fuzz target: an ONNX file in memory, decoded, analysed, lowered to rows and, if it is small, run.
 *
 * With libFuzzer:    clang -fsanitize=fuzzer,address,undefined ..., run on a folder of seeds
 * Standalone (-DSEAM_FUZZ_STANDALONE), for replays and for bounded runs without a fuzzer:
 *     onnx FILE ...          run each file once
 *     onnx --seeds FOLDER    write the seeds there
 *     onnx --mutate N [S]    N random mutations of the seeds, from random state S
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/native/flow.h"
#include "field/analysis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is padded to millions of pixels is as slow as it should be: bytes of all rows in all
 * steps. */
#define MOST_WORK (1ull << 30)

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    struct seam_analysis a;
    seam_log_init(&log);
    if (seam_onnx_open_memory(&graph, data, size, "fuzz", &log) != SEAM_OK)
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
    }
    seam_onnx_close(&graph);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

#include "../tests/unit/model_cases.h"

static uint64_t state = 1;

static uint32_t next(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static void *seed(size_t number, size_t *size)
{
    struct onnx_builder b;
    if (number < n_model_cases)
        model_case_build(&model_cases[number], &b);
    else
        model_unary_build(model_unary[number - n_model_cases], &b);
    return onnx_finish(&b, size);
}

static size_t n_seeds(void)
{
    return n_model_cases + n_model_unary;
}

static int write_seeds(const char *folder)
{
    for (size_t i = 0; i < n_seeds(); i++) {
        char path[1024];
        size_t size;
        void *file = seed(i, &size);
        snprintf(path, sizeof(path), "%s/seed%03u.onnx", folder, (unsigned)i);
        FILE *f = fopen(path, "wb");
        bool good = f && fwrite(file, 1, size, f) == size;
        if (f)
            good = fclose(f) == 0 && good;
        free(file);
        if (!good) {
            fprintf(stderr, "%s: cannot be written\n", path);
            return 1;
        }
    }
    return 0;
}

/* One to eight changes: bytes set, flipped, removed, or copied from elsewhere. */
static size_t mutate(uint8_t *data, size_t size)
{
    static const uint8_t edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
    for (uint32_t n = 1 + next(8); n && size > 8; n--) {
        size_t at = next((uint32_t)size), from = next((uint32_t)size), run = 1 + next(16);
        size_t most = size - (at > from ? at : from);
        run = run < most ? run : most;
        switch (next(5)) {
        case 0: data[at] = (uint8_t)next(256); break;
        case 1: data[at] ^= (uint8_t)(1u << next(8)); break;
        case 2: data[at] = edges[next(sizeof(edges))]; break;
        case 3: memmove(data + at, data + from, run); break;
        default:
            memmove(data + at, data + at + run, size - at - run);
            size -= run;
            break;
        }
    }
    return size;
}

static int run_mutations(unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        size_t size;
        uint8_t *file = seed(next((uint32_t)n_seeds()), &size);
        size = mutate(file, size);
        /* A copy of just this size, so that a read behind it is seen. */
        uint8_t *copy = malloc(size ? size : 1);
        if (!copy)
            abort();
        memcpy(copy, file, size);
        free(file);
        LLVMFuzzerTestOneInput(copy, size);
        free(copy);
    }
    return 0;
}

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    long size = -1;
    if (f && fseek(f, 0, SEEK_END) == 0)
        size = ftell(f);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    bool good = f && data && size >= 0 && fseek(f, 0, SEEK_SET) == 0 &&
                fread(data, 1, (size_t)size, f) == (size_t)size;
    if (f)
        fclose(f);
    if (good)
        LLVMFuzzerTestOneInput(data, (size_t)size);
    else
        fprintf(stderr, "%s: cannot be read\n", path);
    free(data);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc == 3 && !strcmp(argv[1], "--seeds"))
        return write_seeds(argv[2]);
    if (argc >= 3 && !strcmp(argv[1], "--mutate")) {
        state = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
        return run_mutations(strtoul(argv[2], NULL, 10));
    }
    for (int i = 1; i < argc; i++)
        failed |= run_file(argv[i]);
    return failed;
}

#endif /* SEAM_FUZZ_STANDALONE */
