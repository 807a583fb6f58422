#include <math.h>

#include "base/common.h"
#include "base/log.h"
#include "libvips/values.h"

/* Samples of so many bits are kept in 16 by cameras and microscopes; a photograph that uses all 16
 * is hardly ever as dark. */
static const int white_bits[] = { 10, 12 };
#define MOST_OF_FEW_BITS 4095

/* No white is more: its range would be no number. */
#define MOST_WHITE 1e30
/* Highlights of linear light go beyond white, but not so far. */
#define FAR_BEYOND 1000.0

struct seam_values seam_values_begin(enum seam_sample sample, const struct seam_params *params)
{
    return (struct seam_values){
        .least = INFINITY,
        .most = -INFINITY,
        .known = sample == SEAM_SAMPLE_U8 || !isnan(params->range_lo) || !isnan(params->range_hi),
    };
}

static void take_u16(struct seam_values *values, const uint16_t *samples, size_t count)
{
    uint16_t most = 0;
    for (size_t i = 0; i < count; i++)
        most = samples[i] > most ? samples[i] : most;
    values->most = fmax(values->most, most);
    values->known = most > MOST_OF_FEW_BITS;
}

/* What is no number is refused elsewhere. */
static void take_f32(struct seam_values *values, const struct seam_picture *picture,
                     const float *samples, size_t count)
{
    const size_t bands = (size_t)picture->bands;
    const bool hides = picture->alpha && !picture->data;
    const size_t step = hides ? bands : 1, seen = hides ? bands - 1 : 1;
    float least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i + step <= count; i += step) {
        if (hides && samples[i + seen] <= 0)
            continue;
        for (size_t k = i; k < i + seen; k++) {
            least = samples[k] < least ? samples[k] : least;
            most = samples[k] > most ? samples[k] : most;
        }
    }
    values->least = fmin(values->least, (double)least);
    values->most = fmax(values->most, (double)most);
}

void seam_values_take(struct seam_values *values, const struct seam_picture *picture,
                      const void *samples, int64_t rows)
{
    const size_t count = (size_t)(rows * picture->width * picture->bands);
    if (values->known)
        return;
    if (picture->sample == SEAM_SAMPLE_U16)
        take_u16(values, samples, count);
    else
        take_f32(values, picture, samples, count);
}

static void tell_bits(const struct seam_values *values, const struct seam_plan *plan,
                      const char *name, struct seam_log *log)
{
    for (size_t i = 0; i < SEAM_ARRAY_LEN(white_bits); i++) {
        const double white = (1 << white_bits[i]) - 1;
        if (values->most > white)
            continue;
        seam_notice(log,
                    "no sample of %s is above %.0f of 65535: if it holds %d bits, white is %.0f, "
                    "and the network took it for black; --range %g..%.6g mends that", name,
                    values->most, white_bits[i], white, plan->range_lo,
                    plan->range_lo + (plan->range_hi - plan->range_lo) * 65535 / white);
        return;
    }
}

void seam_values_tell(const struct seam_values *values, const struct seam_plan *plan,
                      const char *name, struct seam_log *log)
{
    if (values->known || values->most <= 0)
        return;
    if (plan->picture.sample == SEAM_SAMPLE_U16) {
        tell_bits(values, plan, name, log);
        return;
    }
    if (values->most > MOST_WHITE || values->least < -MOST_WHITE)
        seam_notice(log, "samples of %s reach from %g to %g, and white is 1: if they stand for "
                         "pixels without data, --nodata %.9g passes over them", name,
                    values->least, values->most,
                    values->most > MOST_WHITE ? values->most : values->least);
    else if (values->most > FAR_BEYOND || values->least < -FAR_BEYOND)
        seam_notice(log,
                    "samples of %s reach from %g to %g, and white is 1: if its white is %g, "
                    "--range %g..%.6g tells the network so", name, values->least, values->most,
                    values->most, plan->range_lo,
                    plan->range_lo + (plan->range_hi - plan->range_lo) / values->most);
}
