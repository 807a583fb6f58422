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

static void print_details(const struct seam_job_report *r)
{
    const struct seam_plan *plan = r->plan;
    if (plan->rows)
        fprintf(stderr, ", rows without tiles or halo");
    else
        fprintf(stderr,
                ", %" PRId64 " tile%s of %" PRId64 " x %" PRId64 ", halo %" PRId64
                ", %.1f %% of the work on halo and overlap",
                r->tiles, r->tiles == 1 ? "" : "s", plan->x.tile, plan->y.tile, plan->halo,
                100 * spent_share(r->waste));
    fprintf(stderr, ", engine %s, %.3g MP/s, budget %s, planned %s, peak of the process %s",
            r->engine, r->megapixels_per_second, seam_text_bytes(plan->budget_bytes).s,
            seam_text_bytes(plan->peak_bytes).s, seam_text_bytes(r->peak_bytes).s);
}

void cli_report_text(const struct seam_job_report *r, bool details)
{
    fprintf(stderr, "%s: ", strcmp(r->output, "-") == 0 ? "standard output" : r->output);
    if (r->pages > 1)
        fprintf(stderr, "%" PRId64 " pages of ", r->pages);
    if (r->width != r->out_width || r->height != r->out_height)
        fprintf(stderr, "%" PRId64 " x %" PRId64 " -> ", r->width, r->height);
    fprintf(stderr, "%" PRId64 " x %" PRId64 ", %s, ", r->out_width, r->out_height, r->model);
    if (r->resumed_rows > 0)
        fprintf(stderr, "resumed after %" PRId64 " rows, ", r->resumed_rows);
    fprintf(stderr, "%.1f s", r->seconds);
    if (details)
        print_details(r);
    fputc('\n', stderr);
}

void cli_report_planned(const struct seam_job_report *r)
{
    char seconds[48] = "", duration[40], pages[32] = "";
    if (r->pages > 1)
        g_snprintf(pages, sizeof(pages), "%" PRId64 " pages of ", r->pages);
    if (r->seconds > 0) {
        cli_print_duration(duration, sizeof(duration), r->seconds);
        g_snprintf(seconds, sizeof(seconds), ", %s", duration);
    }
    printf("%s -> %s: %s%" PRId64 " x %" PRId64 " -> %" PRId64 " x %" PRId64 ", %s, %.3g MP%s\n",
           r->input, r->output, pages, r->width, r->height, r->out_width, r->out_height, r->model,
           (double)r->width * (double)r->height * (double)r->pages / 1e6, seconds);
}
