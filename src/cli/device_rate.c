/* How fast a device runs the smallest of the built-in networks, and whether it runs it right. */
#include <string.h>

#include "cli/cli.h"

#define NETWORK "denoise-fast"
/* Sides of the pictures that are tried, until one takes long enough to be timed. */
#define SMALLEST 128
#define LARGEST 2048
#define LONG_ENOUGH 0.3 /* seconds */

/* Seconds of one picture; negative, and said: it failed. */
static double time_picture(struct seam_model *model, int side, struct seam_log *log)
{
    const struct seam_picture picture = { .width = side, .height = side, .bands = 3,
                                          .sample = SEAM_SAMPLE_U8 };
    const gsize bytes = (gsize)side * (gsize)side * 3;
    struct seam_params params;
    seam_params_init(&params);
    unsigned char *in = g_malloc(bytes), *out = g_malloc(bytes);
    for (gsize i = 0; i < bytes; i++)
        in[i] = (unsigned char)(i * 2654435761u >> 24);
    const gint64 begin = g_get_monotonic_time();
    const enum seam_result r = seam_restore(model, &picture, in, out, &params, log);
    const gint64 taken = g_get_monotonic_time() - begin;
    g_free(in);
    g_free(out);
    return r == SEAM_OK ? (double)taken * 1e-6 : -1;
}

double cli_device_rate(const char *device, enum seam_precision precision, struct seam_log *log)
{
    struct seam_model_params params;
    struct seam_model *model;
    double rate = 0;
    seam_model_params_init(&params);
    params.device = device;
    params.precision = precision;
    /* Nobody else runs it where the device does not, or wrongly. */
    params.engine = strcmp(device, "cpu") == 0 ? SEAM_ENGINE_NATIVE : SEAM_ENGINE_GPU;
    if (seam_model_open(&model, NETWORK, &params, log) != SEAM_OK)
        return 0;
    /* What a driver does once it does in the first run. */
    double taken = time_picture(model, SMALLEST, log);
    for (int side = SMALLEST; side <= LARGEST && taken >= 0; side *= 2) {
        taken = time_picture(model, side, log);
        rate = taken > 0 ? (double)side * side / taken * 1e-6 : 0;
        if (taken >= LONG_ENOUGH)
            break;
    }
    seam_model_close(&model);
    return taken >= 0 ? rate : 0;
}
