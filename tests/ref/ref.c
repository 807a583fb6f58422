#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ref.h"

void ref_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

char *ref_shared(const char *name)
{
    const char *shared = getenv("SEAM_SHARED"), *source = getenv("SEAM_SOURCE");
    const size_t size = strlen(shared ? shared : source ? source : "") + strlen(name) + 64;
    char *path = malloc(size);
    if (!path)
        ref_die("no memory");
    if (shared)
        snprintf(path, size, "%s/%s", shared, name);
    else
        snprintf(path, size, "%s/../shared/%s", source ? source : ".", name);
    if (access(path, R_OK) != 0) {
        printf("skipped: ../shared/%s is absent\n", name);
        exit(REF_SKIP);
    }
    return path;
}

struct ref_picture ref_picture_make(int64_t width, int64_t height, int bands)
{
    struct ref_picture p = { width, height, bands, NULL };
    p.data = malloc((size_t)(width * height * bands) * sizeof(float));
    if (!p.data)
        ref_die("no memory for a picture of %lld x %lld", (long long)width, (long long)height);
    return p;
}

void ref_picture_free(struct ref_picture *picture)
{
    free(picture->data);
    picture->data = NULL;
}

static int read_rows(void *opaque, int64_t y, int64_t rows, void *dst)
{
    const struct ref_picture *p = opaque;
    const size_t row = (size_t)p->width * (size_t)p->bands;
    memcpy(dst, p->data + (size_t)y * row, (size_t)rows * row * sizeof(float));
    return 0;
}

struct ref_picture ref_restore(struct seam_model *model, const struct ref_picture *in,
                               const struct seam_params *params, struct seam_plan *plan)
{
    struct seam_log log;
    struct seam_facts facts;
    struct seam_machine machine;
    struct seam_stream *stream = NULL;
    struct ref_picture source_picture = *in;
    const struct seam_picture picture = { .width = in->width, .height = in->height,
                                          .bands = in->bands, .sample = SEAM_SAMPLE_F32 };
    const struct seam_source source = { .opaque = &source_picture, .read = read_rows };
    seam_log_init(&log);
    seam_model_describe(model, &facts);
    seam_machine_measure(&machine);
    if (seam_plan_make(plan, &picture, &facts, params, &machine, &log) != SEAM_OK ||
        seam_stream_open(&stream, model, plan, &source, NULL, &log) != SEAM_OK)
        ref_die("%s", log.error);
    struct ref_picture out = ref_picture_make(plan->x.out_size, plan->y.out_size, plan->out_bands);
    if (seam_stream_read(stream, plan->y.out_size, out.data, 0) != SEAM_OK)
        ref_die("%s", log.error);
    seam_stream_close(&stream);
    return out;
}

struct seam_model *ref_model_open(const char *path, const struct seam_model_params *params)
{
    struct seam_log log;
    struct seam_model *model = NULL;
    seam_log_init(&log);
    if (seam_model_open(&model, path, params, &log) != SEAM_OK)
        ref_die("%s", log.error);
    return model;
}
