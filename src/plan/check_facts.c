/* Facts are plain data too: a program may have changed them, or made them up. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "plan/parts.h"

static bool is_size(int64_t v) { return v >= 0 && v <= SEAM_LARGEST_SIDE; }

static bool is_ratio(int64_t v) { return v >= 1 && v <= 1024; }

static bool is_shift(int64_t v) { return v >= -SEAM_LARGEST_SIDE && v <= SEAM_LARGEST_SIDE; }

static bool is_amount(double v) { return isfinite(v) && v >= 0; }

/* Of a batch that the network did not take. */
static bool is_refusal(double seconds) { return seconds < 0 && seconds >= -1; }

static bool is_text(const char *text, size_t size) { return memchr(text, '\0', size) != NULL; }

static bool geometry_holds(const struct seam_facts *f)
{
    return is_ratio(f->scale_num) && is_ratio(f->scale_den) && f->alignment >= 1 &&
           f->alignment <= 65536 && is_size(f->crop) && is_shift(f->crop_shift_x) &&
           is_shift(f->crop_shift_y) && is_size(f->fixed_width) && is_size(f->fixed_height) &&
           is_size(f->field) && is_size(f->halo) && is_size(f->bits_halo);
}

static bool costs_hold(const struct seam_facts *f)
{
    bool ok = is_amount(f->scratch_per_pixel) && is_amount(f->seconds_per_pixel) &&
              is_amount(f->rows.column_bytes) && is_size(f->rows.ahead) &&
              is_size(f->rows.in_rows) && is_size(f->rows.out_rows) &&
              is_amount(f->device.bytes_per_pixel) && is_size(f->device.in_flight) &&
              f->trial_count >= 0 && f->trial_count <= SEAM_MOST_TRIALS && f->passes >= 0 &&
              is_amount(f->pass_work) && is_amount(f->pass_share) &&
              is_amount(f->taken_bytes_per_pixel) &&
              f->devices >= 0 && f->devices <= SEAM_MOST_IN_FLIGHT;
    for (int i = 0; ok && i < f->trial_count; i++)
        ok = f->trials[i].pixels >= 1 && is_amount(f->trials[i].seconds) &&
             (is_amount(f->trials[i].batch_seconds) || is_refusal(f->trials[i].batch_seconds));
    return ok;
}

enum seam_result seam_plan_check_facts(const struct seam_facts *f, struct seam_log *log)
{
    const char *what = NULL;
    if (!is_text(f->name, sizeof(f->name)) || !is_text(f->engine, sizeof(f->engine)))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "the facts of a network have a name without an end: use them as "
                             "seam_model_describe() gave them");
    if (f->channels_in < 1 || f->channels_out < 1 || f->channels_in > 1 << 20 ||
        f->channels_out > 1 << 20)
        what = "its channels";
    else if (!geometry_holds(f))
        what = "its scale, alignment, crop or halo";
    else if (!isfinite(f->range_lo) || !isfinite(f->range_hi))
        what = "its range";
    else if (!costs_hold(f))
        what = "what its runs cost";
    else if (!seam_exact_name(f->exact))
        what = "how exact it is";
    if (!what)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "the facts of %s contradict themselves in %s: use them as "
                         "seam_model_describe() gave them", f->name, what);
}
