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

int main(int argc, char **argv)
{
    if (argc < 4)
        ref_die("usage: pairs MODEL RANGE TOLERANCE [options]");
    const char *name = argv[1];
    const double white = strtod(argv[2], NULL), readme = strtod(argv[3], NULL);
    struct seam_params params;
    struct seam_model_params model_params;
    struct seam_model_input input = { 0 };
    seam_params_init(&params);
    seam_model_params_init(&model_params);
    params.edge = SEAM_EDGE_MODEL;
    model_params.engine = SEAM_ENGINE_ORT;
    params.range_hi = white;
    for (int i = 4; i + 1 < argc; i += 2) {
        char *value = argv[i + 1], *equals = strchr(value, '=');
        if (strcmp(argv[i], "--tile") == 0)
            params.tile_width = params.tile_height = strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--halo") == 0)
            params.halo = strtoll(value, NULL, 10);
        else if (strcmp(argv[i], "--engine") == 0)
            model_params.engine = strcmp(value, "native") ? SEAM_ENGINE_ORT : SEAM_ENGINE_NATIVE;
        else if (strcmp(argv[i], "--output") == 0)
            model_params.output = value;
        else if (strcmp(argv[i], "--input") == 0 && equals) {
            *equals = '\0';
            input = (struct seam_model_input){ value, strtod(equals + 1, NULL) };
            model_params.inputs = &input;
            model_params.input_count = 1;
        } else {
            ref_die("unknown option %s", argv[i]);
        }
    }
    char file[256];
    const bool interleaved = strstr(name, "nhwc") != NULL;
    snprintf(file, sizeof(file), "models/%s.onnx", name);
    char *model_path = ref_shared(file);
    snprintf(file, sizeof(file), "models/io/%s.a.in.npy", name);
    char *in_path = ref_shared(file);
    snprintf(file, sizeof(file), "models/io/%s.a.%s.npy", name,
             model_params.output ? model_params.output : "out");
    char *out_path = ref_shared(file);

    struct ref_picture in = load_npy(in_path, interleaved);
    struct ref_picture expected = load_npy(out_path, interleaved);
    for (int64_t i = 0; i < in.width * in.height * in.bands && white != 1; i++)
        in.data[i] /= (float)white;
    struct seam_model *model = ref_model_open(model_path, &model_params);
    struct seam_plan plan;
    struct ref_picture got = ref_restore(model, &in, &params, &plan);
    const double close = model_params.engine == SEAM_ENGINE_NATIVE ? 2e-5 : 1e-5;
    const double difference = largest_difference(&got, &expected, white);
    const double allowed = fmax(close * white, 3 * readme);
    bool good = difference <= allowed;
    if (model_params.engine == SEAM_ENGINE_NATIVE) {
        struct seam_plan other;
        model_params.engine = SEAM_ENGINE_ORT;
        struct seam_model *ort = ref_model_open(model_path, &model_params);
        struct ref_picture same = ref_restore(ort, &in, &params, &other);
        good &= agrees_with_ort(&got, &same, allowed, white);
        ref_picture_free(&same);
        seam_model_close(&ort);
    }
    printf("%s: %s, %lld x %lld tiles: %.3g from PyTorch, %.3g allowed\n", good ? "ok" : "NOT OK",
           name, (long long)plan.x.tiles, (long long)plan.y.tiles, difference, allowed);
    ref_picture_free(&in);
    ref_picture_free(&expected);
    ref_picture_free(&got);
    seam_model_close(&model);
    free(model_path);
    free(in_path);
    free(out_path);
    return good ? 0 : 1;
}
