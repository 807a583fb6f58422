/* What a program asks of a job, looked at before anything is read. */
#include <math.h>

#include "base/log.h"
#include "files/nodata.h"
#include "job/job.h"
#include "plan/parts.h"
#include "stream/executor.h"

#define MOST_DPI 1000000

static enum seam_result no_amount(const char *name, double value, struct seam_log *log)
{
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "%s is %g: it must be a number above 0, or 0 where it is not asked for",
                         name, value);
}

static enum seam_result check_size(const struct seam_size *s, struct seam_log *log)
{
    const struct {
        const char *name;
        double value;
    } amounts[] = {
        { "the width of the result", (double)s->width },
        { "the height of the result", (double)s->height },
        { "the scale", s->scale },
        { "the size in megapixels", s->megapixels },
        { "the pixels per inch", s->dpi },
        { "the width of the print", s->print_width },
        { "the height of the print", s->print_height },
        { "the longest side", (double)s->most_side },
    };
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++)
        if (!(amounts[i].value >= 0) || isinf(amounts[i].value))
            return no_amount(amounts[i].name, amounts[i].value, log);
    if (s->dpi > MOST_DPI)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%g pixels per inch: there can be %d, which some formats do not hold",
                             s->dpi, MOST_DPI);
    const int64_t sides[] = { s->width, s->height, s->most_side };
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
        if (sides[i] > SEAM_LARGEST_SIDE)
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                                 "a side of the result is %lld: no picture is larger than %d",
                                 (long long)sides[i], SEAM_LARGEST_SIDE);
    if (s->fit < SEAM_FIT_INSIDE || s->fit > SEAM_FIT_FILL)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the fit is %d: there is no such value",
                             (int)s->fit);
    return SEAM_OK;
}

static enum seam_result check_region(const struct seam_region *r, struct seam_log *log)
{
    if (r->left >= 0 && r->top >= 0 && r->width >= 1 && r->height >= 1 &&
        r->left <= SEAM_LARGEST_SIDE && r->top <= SEAM_LARGEST_SIDE &&
        r->width <= SEAM_LARGEST_SIDE && r->height <= SEAM_LARGEST_SIDE)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "the region %lld,%lld,%lldx%lld is none of a picture: it begins at 0 or "
                         "more, and has a pixel at least", (long long)r->left, (long long)r->top,
                         (long long)r->width, (long long)r->height);
}

enum seam_result seam_job_check(const struct seam_job_params *p, struct seam_log *log)
{
    enum seam_result r = p->params ? seam_plan_check_params(p->params, log) : SEAM_OK;
    if (r == SEAM_OK && p->size)
        r = check_size(p->size, log);
    if (r == SEAM_OK && p->region)
        r = check_region(p->region, log);
    if (r == SEAM_OK)
        r = seam_stream_check_threads(p->threads, log);
    if (r != SEAM_OK)
        return r;
    if (p->passes != SEAM_AUTO && p->passes != 1 && p->passes != 2)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%d passes through the network: they must be 1 or 2, or auto",
                             p->passes);
    if (p->transfer != SEAM_AUTO && !seam_transfer_name((enum seam_transfer)p->transfer))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the transfer is %d: there is no such value",
                             p->transfer);
    if (p->colour < SEAM_COLOUR_AUTO || p->colour > SEAM_COLOUR_KEEP)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the colour is %d: there is no such value",
                             (int)p->colour);
    if (p->colour == SEAM_COLOUR_CONVERT && p->transfer != SEAM_AUTO)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "converting colours decides how light is encoded, and a transfer is "
                             "asked for too: give one of them");
    if (p->preview != 0 && p->preview != 1)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the preview is %lld: it must be 0 or 1",
                             (long long)p->preview);
    struct seam_nodata nodata;
    if (!seam_nodata_parse(&nodata, p->nodata))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "pixels without data are '%s': it must be a number, nan, none or auto",
                             p->nodata);
    if (p->page < 0)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "page %d: it must be 1 for the first, or 0 for all", p->page);
    return SEAM_OK;
}
