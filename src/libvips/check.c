#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "libvips/check.h"
#include "plan/parts.h"
#include "stream/executor.h"

void seam_vips_params_init(struct seam_vips_params *params)
{
    *params = (struct seam_vips_params){ .transfer = SEAM_AUTO };
    seam_params_init(&params->params);
    seam_stream_params_init(&params->callbacks);
}

enum seam_result seam_vips_check(const struct seam_vips_params *p, struct seam_log *log)
{
    if (p->transfer != SEAM_AUTO && !seam_transfer_name((enum seam_transfer)p->transfer))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "the transfer is %d: there is no such value",
                             p->transfer);
    if (p->rows_behind < 0 || p->rows_behind > VIPS_MAX_COORD)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%" PRId64 " rows that one comes back to: they must be 0 to %d",
                             p->rows_behind, VIPS_MAX_COORD);
    if (p->held_bytes > INT64_MAX / 2)
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "decoder and encoder hold %" PRIu64 " bytes: more than there can be",
                             p->held_bytes);
    if (p->callbacks.first_row != 0 || p->callbacks.row_count != 0)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "an image is restored whole: leave first_row and row_count at 0");
    for (size_t i = 0; i < p->wanted_count; i++)
        if (!p->wanted || p->wanted_count % 2 || p->wanted[i] < 0 ||
            (i > 0 && p->wanted[i] <= p->wanted[i - 1]))
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                                 "the rows that are wanted must be pairs of numbers that ascend");
    if (p->source && strpbrk(p->source, "\n\r"))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "what tells the picture from any other must be one line");
    const enum seam_result r = seam_stream_check_threads(p->callbacks.threads, log);
    return r == SEAM_OK ? seam_plan_check_params(&p->params, log) : r;
}
