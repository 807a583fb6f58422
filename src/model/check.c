/* Whether what a program asks of a model makes sense. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "model/private.h"

bool seam_model_asks_device(const struct seam_model_params *p)
{
    return p->engine == SEAM_ENGINE_GPU ||
           (p->device && strcmp(p->device, "cpu") != 0 && strcmp(p->device, "auto") != 0);
}

/* No network enlarges more. */
#define MOST_SCALE 16

enum seam_result seam_model_check(const struct seam_model_params *p, struct seam_log *log)
{
    if (p->alignment < 0 || p->alignment > SEAM_MOST_ALIGNMENT)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "an alignment of %" PRId64 ": it must be 1 to %d, or 0, found by "
                             "trying", p->alignment, SEAM_MOST_ALIGNMENT);
    if (p->scale < 0 || p->scale > MOST_SCALE)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a scale of %" PRId64 ": it must be 1 to %d, or 0, as the file tells",
                             p->scale, MOST_SCALE);
    if (!(p->pixels >= 0) || !isfinite(p->pixels))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%g pixels are ahead: it must be a number of 0 or more", p->pixels);
    if (p->ensemble != 0 && p->ensemble != 1)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "the ensemble is %" PRId64 ": it must be 0 or 1", p->ensemble);
    if (p->precision < SEAM_PRECISION_AUTO || p->precision > SEAM_PRECISION_EIGHT)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "the precision is %" PRId64 ": it must be one of enum seam_precision",
                             p->precision);
    if (p->precision == SEAM_PRECISION_HALF && !seam_model_asks_device(p))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "half precision is for a device, which --device names; the CPU "
                             "computes in float");
    if (p->threads < 0 || p->threads > SEAM_MOST_THREADS)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "threads is %d: it must be 1 to %d, or 0, one per CPU",
                             p->threads, SEAM_MOST_THREADS);
    if (!seam_engine_name(p->engine))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the engine is %d: there is no such value",
                             (int)p->engine);
    if (p->layout < SEAM_LAYOUT_AUTO || p->layout > SEAM_LAYOUT_NHWC)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the layout is %d: there is no such value",
                             (int)p->layout);
    if (seam_model_asks_device(p) && p->engine != SEAM_ENGINE_GPU &&
        p->engine != SEAM_ENGINE_AUTO)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the engine %s runs on the CPU: the device "
                             "'%s' is for --engine gpu", seam_engine_name(p->engine), p->device);
    if (p->engine == SEAM_ENGINE_GPU && p->device && strcmp(p->device, "cpu") == 0)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the engine gpu does not run on the device "
                             "'cpu': use --engine native");
    if (!(p->stronger >= 0 && p->stronger <= 1))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "it is to remove %g more than it would: it "
                             "must be 0 to 1", p->stronger);
    if (p->input_count > 0 && !p->inputs)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%zu extra inputs are said, and none are given", p->input_count);
    for (size_t i = 0; i < p->input_count; i++)
        if (!p->inputs[i].name || !isfinite(p->inputs[i].value))
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                                 "the extra input %s is %g: it needs a name and a finite number",
                                 p->inputs[i].name ? p->inputs[i].name : "without a name",
                                 p->inputs[i].value);
    return SEAM_OK;
}
