#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/common.h"
#include "base/log.h"
#include "tile/resample.h"

#define LOBES 3

static double lanczos(double x)
{
    const double pi = 3.14159265358979323846;
    if (fabs(x) < 1e-9)
        return 1;
    if (fabs(x) >= LOBES)
        return 0;
    return LOBES * sin(pi * x) * sin(pi * x / LOBES) / (pi * pi * x * x);
}

static void filter_phase(struct seam_filter *f, int64_t phase)
{
    const double scale = (double)f->scale_num / (double)f->scale_den;
    const double stretch = scale < 1 ? 1 / scale : 1;
    const double centre = ((double)phase + 0.5) / scale - 0.5;
    float *w = f->weights + phase * f->count;
    double sum = 0;
    f->first[phase] = (int64_t)floor(centre) - f->count / 2 + 1;
    for (int i = 0; i < f->count; i++)
        sum += lanczos(((double)(f->first[phase] + i) - centre) / stretch);
    for (int i = 0; i < f->count; i++)
        w[i] = (float)(lanczos(((double)(f->first[phase] + i) - centre) / stretch) / sum);
}

enum seam_result seam_filter_open(struct seam_filter *filter, int64_t scale_num, int64_t scale_den,
                                  struct seam_log *log)
{
    *filter = (struct seam_filter){ .scale_num = scale_num, .scale_den = scale_den };
    filter->count = 2 * (int)(LOBES * seam_max(1, seam_div_up(scale_den, scale_num)));
    filter->weights = malloc((size_t)scale_num * (size_t)filter->count * sizeof(float));
    filter->first = malloc((size_t)scale_num * sizeof(int64_t));
    if (!filter->weights || !filter->first) {
        seam_filter_close(filter);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a resampling filter");
    }
    for (int64_t phase = 0; phase < scale_num; phase++)
        filter_phase(filter, phase);
    return SEAM_OK;
}

void seam_filter_close(struct seam_filter *filter)
{
    free(filter->weights);
    free(filter->first);
    *filter = (struct seam_filter){ 0 };
}

struct seam_taps seam_filter_taps(const struct seam_filter *filter, int64_t out)
{
    int64_t turn = out / filter->scale_num, phase = out % filter->scale_num;
    seam_assert(out >= 0, "no row of the result lies above it");
    return (struct seam_taps){
        .first = filter->first[phase] + turn * filter->scale_den,
        .count = filter->count,
        .weight = filter->weights + phase * filter->count,
    };
}
