/*
 * What PyTorch made of a real picture, Seamless makes too, under --edge model.
 *
 *     pairs MODEL RANGE TOLERANCE [--tile N] [--halo N] [--input NAME=VALUE] [--output NAME]
 *           [--engine native]
 *
 * The pairs lie in ../shared/models/io as .npy files in the network's own layout and range.
 * TOLERANCE is the README's difference between ONNX Runtime and PyTorch: within 1e-5 of the range
 * (2e-5 for the native engine), or three times that where it is larger. A result smaller than
 * scale x input is that of a network of valid convolutions, and is compared with the middle.
 *
 * The native engine must be as close to ONNX Runtime, and in 8 bits no more than 3 samples of 10
 * 000 may differ, by one step.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"

/* A float32 array of 1 x C x H x W or 1 x H x W x C. */
static struct ref_picture load_npy(const char *path, bool interleaved)
{
    unsigned char head[10];
    char text[512];
    FILE *f = fopen(path, "rb");
    if (!f || fread(head, 1, 10, f) != 10 || memcmp(head, "\x93NUMPY\x01", 7) != 0)
        ref_die("%s is no .npy file", path);
    const size_t length = (size_t)head[8] + 256 * (size_t)head[9];
    if (length >= sizeof(text) || fread(text, 1, length, f) != length)
        ref_die("%s is cut short", path);
    text[length] = '\0';
    long long d[4];
    const char *shape = strstr(text, "'shape': (");
    if (!strstr(text, "'<f4'") || !strstr(text, "'fortran_order': False") || !shape ||
        sscanf(shape, "'shape': (%lld, %lld, %lld, %lld)", &d[0], &d[1], &d[2], &d[3]) != 4 ||
        d[0] != 1)
        ref_die("%s: %s", path, text);
    const int64_t c = interleaved ? d[3] : d[1], h = interleaved ? d[1] : d[2];
    const int64_t w = interleaved ? d[2] : d[3];
    struct ref_picture p = ref_picture_make(w, h, (int)c);
    for (int64_t i = 0; i < c * h * w; i++) {
        float v;
        if (fread(&v, sizeof(v), 1, f) != 1)
            ref_die("%s is cut short", path);
        const int64_t at = interleaved ? i : i % (h * w) * c + i / (h * w);
        p.data[at] = v;
    }
    fclose(f);
    return p;
}

static double largest_difference(const struct ref_picture *got, const struct ref_picture *expected,
                                 double white)
{
    const int64_t dx = (got->width - expected->width) / 2;
    const int64_t dy = (got->height - expected->height) / 2;
    double largest = 0;
    if (dx < 0 || dy < 0 || got->bands != expected->bands || dx != dy)
        ref_die("%lld x %lld x %d came out where %lld x %lld x %d was expected",
                (long long)got->width, (long long)got->height, got->bands,
                (long long)expected->width, (long long)expected->height, expected->bands);
    for (int64_t y = 0; y < expected->height; y++)
        for (int64_t x = 0; x < expected->width; x++)
            for (int b = 0; b < expected->bands; b++) {
                const float g = got->data[((y + dy) * got->width + x + dx) * got->bands + b];
                const float e = expected->data[(y * expected->width + x) * expected->bands + b];
                /* In the network's range, where the README measured. */
                largest = fmax(largest, fabs((double)g * white - (double)e));
            }
    return largest;
}

static int in_8_bits(float v)
{
    return (int)lrintf(255 * fminf(fmaxf(v, 0), 1));
}

/* Two results of one plan; the difference is allowed in the network's range. */
static bool agrees_with_ort(const struct ref_picture *got, const struct ref_picture *ort,
                            double allowed, double white)
{
    const int64_t count = got->width * got->height * got->bands;
    int64_t differ = 0;
    int step = 0;
    double largest = 0;
    if (ort->width != got->width || ort->height != got->height || ort->bands != got->bands)
        ref_die("the engines give pictures of different sizes");
    for (int64_t i = 0; i < count; i++) {
        const int d = abs(in_8_bits(got->data[i]) - in_8_bits(ort->data[i]));
        largest = fmax(largest, fabs((double)got->data[i] - (double)ort->data[i]) * white);
        differ += d > 0;
        step = d > step ? d : step;
    }
    printf("%.3g from ONNX Runtime; in 8 bits %lld of %lld samples differ, by %d at most\n",
           largest, (long long)differ, (long long)count, step);
    return largest <= allowed && step <= 1 && 10000 * differ <= 3 * count;
}

/* What the command line asks for. */
struct settings {
    struct seam_params params;
    struct seam_model_params model;
    struct seam_model_input input;
};

static void parse(struct settings *s, int argc, char **argv)
{
    for (int i = 4; i + 1 < argc; i += 2) {
        char *value = argv[i + 1], *equals = strchr(value, '=');
        if (strcmp(argv[i], "--tile") == 0)
            s->params.tile_width = s->params.tile_height = strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--halo") == 0)
            s->params.halo = strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--engine") == 0)
            s->model.engine = strcmp(value, "native") ? SEAM_ENGINE_ORT : SEAM_ENGINE_NATIVE;
        else if (strcmp(argv[i], "--output") == 0)
            s->model.output = value;
        else if (strcmp(argv[i], "--input") == 0 && equals) {
            *equals = '\0';
            s->input = (struct seam_model_input){ value, strtod(equals + 1, NULL) };
            s->model.inputs = &s->input;
            s->model.input_count = 1;
        } else {
            ref_die("unknown option %s", argv[i]);
        }
    }
}

/* A picture of the pair, "a.in" or "a.OUTPUT". */
static struct ref_picture load_one(const char *name, const char *which)
{
    char file[256];
    snprintf(file, sizeof(file), "models/io/%s.a.%s.npy", name, which);
    char *path = ref_shared(file);
    const struct ref_picture p = load_npy(path, strstr(name, "nhwc") != NULL);
    free(path);
    return p;
}

static bool same_by_ort(struct settings *s, const char *path, const struct ref_picture *in,
                        const struct ref_picture *got, double allowed, double white)
{
    struct seam_plan plan;
    s->model.engine = SEAM_ENGINE_ORT;
    struct seam_model *ort = ref_model_open(path, &s->model);
    struct ref_picture same = ref_restore(ort, in, &s->params, &plan);
    const bool good = agrees_with_ort(got, &same, allowed, white);
    ref_picture_free(&same);
    seam_model_close(&ort);
    return good;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        ref_die("usage: pairs MODEL RANGE TOLERANCE [options]");
    const char *name = argv[1];
    const double white = strtod(argv[2], NULL), readme = strtod(argv[3], NULL);
    struct settings s = { 0 };
    seam_params_init(&s.params);
    seam_model_params_init(&s.model);
    s.params.edge = SEAM_EDGE_MODEL;
    s.params.range_hi = white;
    s.model.engine = SEAM_ENGINE_ORT;
    parse(&s, argc, argv);
    char file[256];
    snprintf(file, sizeof(file), "models/%s.onnx", name);
    char *path = ref_shared(file);
    struct ref_picture in = load_one(name, "in");
    struct ref_picture expected = load_one(name, s.model.output ? s.model.output : "out");
    for (int64_t i = 0; i < in.width * in.height * in.bands && white != 1; i++)
        in.data[i] /= (float)white;

    struct seam_model *model = ref_model_open(path, &s.model);
    struct seam_plan plan;
    struct ref_picture got = ref_restore(model, &in, &s.params, &plan);
    const bool native = s.model.engine == SEAM_ENGINE_NATIVE;
    const double difference = largest_difference(&got, &expected, white);
    const double allowed = fmax((native ? 2e-5 : 1e-5) * white, 3 * readme);
    bool good = difference <= allowed;
    if (native)
        good &= same_by_ort(&s, path, &in, &got, allowed, white);
    printf("%s: %s, %lld x %lld tiles: %.3g from PyTorch, %.3g allowed\n", good ? "ok" : "NOT OK",
           name, (long long)plan.x.tiles, (long long)plan.y.tiles, difference, allowed);
    ref_picture_free(&in);
    ref_picture_free(&expected);
    ref_picture_free(&got);
    seam_model_close(&model);
    free(path);
    return good ? 0 : 1;
}
