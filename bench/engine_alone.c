/*
 * The bare engine: ONNX Runtime on a whole picture at once, and nothing else.
 *
 *     engine_alone MODEL THREADS PICTURE ROUNDS
 *
 * Prints the seconds of each run, one a line: no decoding, packing or saving is in them, nor the
 * loading of the model. The first, which warms up, is not printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <vips/vips.h>

#include "engine.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 5 || VIPS_INIT(argv[0]))
        ref_die("usage: engine_alone MODEL THREADS PICTURE ROUNDS");
    size_t size;
    VipsImage *image = vips_image_new_from_file(argv[3], NULL);
    unsigned char *bytes = image ? vips_image_write_to_memory(image, &size) : NULL;
    if (!bytes || image->BandFmt != VIPS_FORMAT_UCHAR)
        ref_die("%s: %s", argv[3], vips_error_buffer());
    const int64_t width = image->Xsize, height = image->Ysize, bands = image->Bands;
    float *planes = malloc((size_t)(width * height * bands) * sizeof(float));
    if (!planes)
        ref_die("no memory");
    for (int64_t i = 0; i < width * height; i++)
        for (int64_t b = 0; b < bands; b++)
            planes[b * width * height + i] = (float)bytes[i * bands + b] / 255.0f;
    struct ref_engine *engine = ref_engine_open(argv[1], atoi(argv[2]));
    for (int round = 0; round <= atoi(argv[4]); round++) {
        int64_t c, h, w;
        const double start = now();
        float *out = ref_engine_run(engine, planes, bands, height, width, &c, &h, &w);
        if (round > 0)
            printf("%.4f\n", now() - start);
        fflush(stdout);
        free(out);
    }
    ref_engine_close(engine);
    free(planes);
    g_free(bytes);
    g_object_unref(image);
    return 0;
}
