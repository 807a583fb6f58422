#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

/* Share of the work that is spent on halo and overlap, 0 to 1. */
static double spent_share(double waste)
{
    return waste / (1 + waste);
}

void cli_report_text(const struct seam_job_report *r)
{
    const struct seam_plan *plan = r->plan;
    char pages[32] = "", resumed[64] = "";
    if (r->pages > 1)
        g_snprintf(pages, sizeof(pages), "%" PRId64 " pages of ", r->pages);
    if (r->resumed_rows > 0)
        g_snprintf(resumed, sizeof(resumed), "resumed after %" PRId64 " rows, ", r->resumed_rows);
    char way[160] = "rows without tiles or halo";
    if (!plan->rows)
        g_snprintf(way, sizeof(way),
                   "%" PRId64 " tile%s of %" PRId64 " x %" PRId64 ", halo %" PRId64
                   ", %.1f %% of the work on halo and overlap",
                   r->tiles, r->tiles == 1 ? "" : "s", plan->x.tile, plan->y.tile, plan->halo,
                   100 * spent_share(r->waste));
    fprintf(stderr,
            "%s: %s%" PRId64 " x %" PRId64 " -> %" PRId64 " x %" PRId64
            ", %s (%s), %s, %s%.1f s, %.3g MP/s, budget %s, planned %s, peak %s\n",
            strcmp(r->output, "-") == 0 ? "standard output" : r->output, pages, r->width,
            r->height, r->out_width, r->out_height, r->model, r->engine, way, resumed,
            r->seconds, r->megapixels_per_second, seam_text_bytes(plan->budget_bytes).s,
            seam_text_bytes(plan->peak_bytes).s, seam_text_bytes(r->peak_bytes).s);
}

void cli_report_planned(const struct seam_job_report *r)
{
    char seconds[48] = "", pages[32] = "";
    if (r->pages > 1)
        g_snprintf(pages, sizeof(pages), "%" PRId64 " pages of ", r->pages);
    if (r->seconds > 0)
        g_snprintf(seconds, sizeof(seconds), ", about %.3g s", r->seconds);
    printf("%s -> %s: %s%" PRId64 " x %" PRId64 " -> %" PRId64 " x %" PRId64 ", %s, %.3g MP%s\n",
           r->input, r->output, pages, r->width, r->height, r->out_width, r->out_height, r->model,
           (double)r->width * (double)r->height * (double)r->pages / 1e6, seconds);
}
