#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "base/memory.h"
#include "base/text.h"

static double result_speed(const struct cli_result *r)
{
    const double rows = (double)r->plan->y.out_size * (double)r->pages;
    const double pixels = (double)r->plan->picture.width * (double)r->plan->picture.height *
                          (double)r->pages * (1 - (double)r->resumed_rows / rows);
    return r->seconds > 0 ? pixels / 1e6 / r->seconds : 0;
}

/* Share of the work that is spent on halo and overlap, 0 to 1. */
static double spent_share(const struct seam_plan *plan)
{
    return plan->waste / (1 + plan->waste);
}

void cli_json_unbounded(struct json *o, const struct seam_model *model, const struct seam_facts *f)
{
    struct json list = { false };
    json_open(o, "unbounded_nodes", '[');
    for (size_t i = 0; i < f->unbounded_nodes; i++) {
        const struct seam_unbounded_node node = seam_model_unbounded(model, i);
        struct json n = { false };
        json_open(&list, NULL, '{');
        json_string(&n, "name", node.name);
        json_string(&n, "op", node.op);
        json_string(&n, "why", node.why);
        json_close('}');
    }
    json_close(']');
}

void cli_report_text(const struct cli_result *r)
{
    const struct seam_plan *plan = r->plan;
    char pages[32] = "", resumed[64] = "";
    if (r->pages > 1)
        g_snprintf(pages, sizeof(pages), "%" PRId64 " pages of ", r->pages);
    if (r->resumed_rows > 0)
        g_snprintf(resumed, sizeof(resumed), "resumed at row %" PRId64 ", ", r->resumed_rows);
    char way[160] = "rows without tiles or halo";
    if (!plan->rows)
        g_snprintf(way, sizeof(way), "%" PRId64 " tile%s of %" PRId64 " x %" PRId64 ", halo %" PRId64
                   ", %.1f %% of the work on halo and overlap",
                   plan->x.tiles * plan->y.tiles * r->pages,
                   plan->x.tiles * plan->y.tiles * r->pages == 1 ? "" : "s", plan->x.tile,
                   plan->y.tile, plan->halo, 100 * spent_share(plan));
    fprintf(stderr, "%s: %s%" PRId64 " x %" PRId64 " -> %" PRId64 " x %" PRId64
            ", %s (%s), %s, %s%.1f s, %.3g MP/s, budget %s, planned %s, peak %s\n",
            r->output, pages, plan->x.size, plan->y.size, plan->x.out_size, plan->y.out_size,
            r->facts->name, r->facts->engine, way, resumed, r->seconds, result_speed(r),
            seam_text_bytes(plan->budget_bytes).s, seam_text_bytes(plan->peak_bytes).s,
            seam_text_bytes(seam_memory_peak()).s);
}

void cli_report_json(const struct cli_result *r, bool planned)
{
    const struct seam_plan *plan = r->plan;
    struct json top = { false }, o = { false };
    json_open(&top, NULL, '{');
    json_string(&o, "input", r->input);
    if (!planned)
        json_string(&o, "output", r->output);
    json_string(&o, "model", r->facts->name);
    json_string(&o, "engine", r->facts->engine);
    json_integer(&o, "width", plan->x.size);
    json_integer(&o, "height", plan->y.size);
    json_integer(&o, "out_width", plan->x.out_size);
    json_integer(&o, "out_height", plan->y.out_size);
    json_integer(&o, "pages", r->pages);
    json_real(&o, "scale", (double)plan->scale_num / (double)plan->scale_den);
    json_integer(&o, "alignment", plan->alignment);
    json_bool(&o, "rows", plan->rows);
    json_integer(&o, "tiles", plan->x.tiles * plan->y.tiles * r->pages);
    json_integer(&o, "tile_width", plan->x.tile);
    json_integer(&o, "tile_height", plan->y.tile);
    json_integer(&o, "padded_width", plan->x.padded);
    json_integer(&o, "padded_height", plan->y.padded);
    json_integer(&o, "batch", plan->batch);
    json_integer(&o, "halo", plan->halo);
    json_string(&o, "halo_reason", seam_halo_reason_name(plan->halo_reason));
    if (plan->exact_halo == SEAM_AUTO)
        json_null(&o, "exact_halo");
    else
        json_integer(&o, "exact_halo", plan->exact_halo);
    json_integer(&o, "overlap", plan->x.overlap > plan->y.overlap ? plan->x.overlap : plan->y.overlap);
    json_string(&o, "blend", seam_blend_name(plan->blend));
    json_string(&o, "edge", seam_edge_name(plan->edge));
    json_string(&o, "exact", seam_exact_name(plan->exact));
    if (planned)
        cli_json_unbounded(&o, r->model, r->facts);
    json_real(&o, "waste", plan->waste);
    json_integer(&o, "threads", r->threads);
    json_integer(&o, "budget_bytes", (int64_t)plan->budget_bytes);
    json_integer(&o, "planned_peak_bytes", (int64_t)MAX(plan->peak_bytes, r->reached));
    json_integer(&o, "window_bytes", (int64_t)plan->window_bytes);
    json_integer(&o, "band_bytes", (int64_t)plan->band_bytes);
    json_integer(&o, "tensor_bytes", (int64_t)plan->tensor_bytes);
    json_integer(&o, "scratch_bytes", (int64_t)plan->scratch_bytes);
    json_integer(&o, "base_bytes", (int64_t)plan->base_bytes);
    json_real(&o, planned ? "estimated_seconds" : "seconds", r->seconds);
    if (!planned)
        json_integer(&o, "resumed_rows", r->resumed_rows);
    if (!planned)
        json_integer(&o, "peak_bytes", (int64_t)seam_memory_peak());
    json_real(&o, "megapixels_per_second", result_speed(r));
    json_close('}');
    putchar('\n');
    fflush(stdout);
}
