/*
 * ncnn's own results of networks that see the whole picture: run on just that picture, which
 * Seamless itself would extend first.
 *
 *     ncnn_pairs NAME CASE HEIGHT WIDTH OUT_HEIGHT OUT_WIDTH TOLERANCE [CROP SCALE]
 *
 * CROP and SCALE: the tool adds the picture, cut by CROP and enlarged by its nearest pixels, to
 * what the network makes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "graph/read.h"
#include "probe.h"

#define SKIP 77

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void find(char *path, size_t room, const char *name)
{
    const char *const shared = getenv("SEAM_SHARED"), *const source = getenv("SEAM_SOURCE");
    snprintf(path, room, "%s%s/formats/ncnn/%s",
             shared   ? shared
             : source ? source
                      : ".",
             shared ? "" : "/../shared", name);
    if (access(path, R_OK) == 0)
        return;
    printf("skipped: %s is absent\n", path);
    exit(SKIP);
}

static float *load(const char *name, const char *kind, const char *end, size_t count)
{
    char file[256], path[4096];
    snprintf(file, sizeof(file), "ref/%s.%s.%s.f32", name, kind, end);
    find(path, sizeof(path), file);
    float *data = malloc(count * sizeof(*data));
    FILE *f = fopen(path, "rb");
    if (!data || !f || fread(data, sizeof(*data), count, f) != count)
        die(path);
    fclose(f);
    return data;
}

int main(int argc, char **argv)
{
    struct seam_log log = { 0 };
    struct seam_graph *graph;
    struct seam_analysis a;
    char path[4096], file[256], error[300] = "";
    if (argc != 8 && argc != 10)
        die("usage: ncnn_pairs NAME CASE HEIGHT WIDTH OUT_HEIGHT OUT_WIDTH TOLERANCE [CROP SCALE]");
    const int64_t h = atoi(argv[3]), w = atoi(argv[4]), oh = atoi(argv[5]), ow = atoi(argv[6]);
    const int64_t crop = argc > 8 ? atoi(argv[8]) : 0, scale = argc > 8 ? atoi(argv[9]) : 0;
    snprintf(file, sizeof(file), "%s.param", argv[1]);
    find(path, sizeof(path), file);
    if (seam_graph_open(&graph, path, &log) != SEAM_OK ||
        seam_analysis_make(&a, graph, NULL, NULL, &log) != SEAM_OK)
        die(log.error);
    struct probe *const p = probe_open(graph, &a, NULL, 0, error, sizeof(error));
    if (!p)
        die(error);
    const struct probe_image in = { 3, h, w, load(argv[1], argv[2], "in", (size_t)(3 * h * w)) };
    float *const expected = load(argv[1], argv[2], "out", (size_t)(3 * oh * ow));
    struct probe_image out;
    if (!probe_run(p, &in, &out))
        die(probe_error(p));
    if (out.channels != 3 || out.height != oh || out.width != ow)
        die("the result is of another size");
    double worst = 0;
    for (int64_t i = 0; i < 3 * oh * ow; i++) {
        const int64_t c = i / (oh * ow), y = i / ow % oh, x = i % ow;
        const float added = scale ? in.data[(c * h + crop + y / scale) * w + crop + x / scale] : 0;
        worst = fmax(worst, fabs((double)expected[i] + (double)added - (double)out.data[i]));
    }
    printf("%s: %.3g from ncnn, %s allowed\n", argv[1], worst, argv[7]);
    const bool good = worst <= strtod(argv[7], NULL) && a.level == SEAM_LEVEL_NO;
    free(in.data);
    free(expected);
    probe_image_free(&out);
    probe_close(p);
    seam_graph_close(&graph);
    return good ? 0 : 1;
}
