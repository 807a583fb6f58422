#include <glib.h>

#include "base/log.h"
#include "job/report.h"
#include "plan/plan.h"

static const char *const status_names[] = { "restored", "skipped", "failed", "cancelled",
                                           "planned" };

const char *seam_job_status_name(enum seam_job_status value)
{
    const int last = (int)G_N_ELEMENTS(status_names) - 1;
    return (int)value >= 0 && (int)value <= last ? status_names[value] : NULL;
}

void seam_report_say_plan(const struct seam_plan *plan, struct seam_log *log)
{
    char text[2048];
    seam_plan_print(plan, text, sizeof(text));
    char **lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (int i = 0; lines[i]; i++)
        seam_debug(log, "%s", lines[i]);
    g_strfreev(lines);
}

double seam_report_speed(const struct seam_job_report *r)
{
    const struct seam_plan *plan = r->plan;
    if (!plan || r->seconds <= 0)
        return 0;
    const double rows = (double)plan->y.out_size * (double)r->pages;
    const double pixels = (double)r->width * (double)r->height * (double)r->pages *
                          (1 - (double)r->resumed_rows / rows);
    return pixels / 1e6 / r->seconds;
}

void seam_report_unbounded(struct seam_json *o, const struct seam_model *model, size_t count)
{
    struct seam_json list = seam_json_open(o, "unbounded_nodes", '[');
    for (size_t i = 0; i < count; i++) {
        const struct seam_unbounded_node node = seam_model_unbounded(model, i);
        struct seam_json n = seam_json_open(&list, NULL, '{');
        seam_json_string(&n, "name", node.name);
        seam_json_string(&n, "op", node.op);
        seam_json_string(&n, "why", node.why);
        seam_json_close(&n, '}');
    }
    seam_json_close(&list, ']');
}

/* What is decided of tiles and exactness. */
static void put_plan(struct seam_json *o, const struct seam_job_report *r)
{
    const struct seam_plan *plan = r->plan;
    seam_json_string(o, "model", r->model);
    seam_json_string(o, "engine", r->engine);
    seam_json_integer(o, "width", r->width);
    seam_json_integer(o, "height", r->height);
    seam_json_integer(o, "out_width", r->out_width);
    seam_json_integer(o, "out_height", r->out_height);
    seam_json_integer(o, "passes", r->passes);
    seam_json_integer(o, "ensemble", r->ensemble);
    seam_json_integer(o, "pages", r->pages);
    seam_json_real(o, "scale", (double)plan->scale_num / (double)plan->scale_den);
    seam_json_integer(o, "alignment", plan->alignment);
    seam_json_bool(o, "rows", plan->rows);
    seam_json_integer(o, "tiles", r->tiles);
    seam_json_integer(o, "tile_width", plan->x.tile);
    seam_json_integer(o, "tile_height", plan->y.tile);
    seam_json_integer(o, "padded_width", plan->x.padded);
    seam_json_integer(o, "padded_height", plan->y.padded);
    seam_json_integer(o, "batch", plan->batch);
    seam_json_integer(o, "in_flight", plan->in_flight);
    seam_json_integer(o, "runs", plan->runs);
    seam_json_integer(o, "halo", plan->halo);
    seam_json_string(o, "halo_reason", seam_halo_reason_name(plan->halo_reason));
    if (plan->exact_halo == SEAM_AUTO)
        seam_json_null(o, "exact_halo");
    else
        seam_json_integer(o, "exact_halo", plan->exact_halo);
    seam_json_integer(o, "overlap",
                      plan->x.overlap > plan->y.overlap ? plan->x.overlap : plan->y.overlap);
    seam_json_string(o, "blend", seam_blend_name(plan->blend));
    seam_json_string(o, "edge", seam_edge_name(plan->edge));
    seam_json_string(o, "exact", seam_exact_name(plan->exact));
}

static void put_memory(struct seam_json *o, const struct seam_job_report *r)
{
    const struct seam_plan *plan = r->plan;
    seam_json_real(o, "waste", r->waste);
    seam_json_integer(o, "threads", r->threads);
    seam_json_integer(o, "budget_bytes", (int64_t)plan->budget_bytes);
    seam_json_integer(o, "planned_peak_bytes", (int64_t)r->planned_peak_bytes);
    seam_json_integer(o, "window_bytes", (int64_t)plan->window_bytes);
    seam_json_integer(o, "band_bytes", (int64_t)plan->band_bytes);
    seam_json_integer(o, "tensor_bytes", (int64_t)plan->tensor_bytes);
    seam_json_integer(o, "scratch_bytes", (int64_t)plan->scratch_bytes);
    seam_json_integer(o, "base_bytes", (int64_t)plan->base_bytes);
    seam_json_integer(o, "picture_passes", plan->passes);
    seam_json_integer(o, "kept_bytes", (int64_t)plan->kept_bytes);
    seam_json_integer(o, "kept_in_memory_bytes", (int64_t)plan->kept_in_memory_bytes);
    seam_json_integer(o, "moved_bytes", (int64_t)plan->moved_bytes);
    seam_json_integer(o, "device_bytes", (int64_t)plan->device_bytes);
    seam_json_integer(o, "device_budget_bytes", (int64_t)plan->device_budget_bytes);
}

static void put_outcome(struct seam_json *o, const struct seam_job_report *r)
{
    seam_json_string(o, "status", seam_job_status_name(r->status));
    if (r->error[0])
        seam_json_string(o, "error", r->error);
    else
        seam_json_null(o, "error");
    struct seam_json notices = seam_json_open(o, "notices", '[');
    for (size_t i = 0; i < r->notice_count; i++)
        seam_json_string(&notices, NULL, r->notices[i]);
    seam_json_close(&notices, ']');
}

void seam_job_print_json(const struct seam_job_report *r, FILE *to)
{
    struct seam_json top = { .to = to }, o = seam_json_open(&top, NULL, '{');
    seam_json_string(&o, "input", r->input);
    if (r->output)
        seam_json_string(&o, "output", r->output);
    else
        seam_json_null(&o, "output");
    seam_json_string(&o, "version", seam_version());
    if (r->status == SEAM_JOB_RESTORED || r->status == SEAM_JOB_PLANNED) {
        put_plan(&o, r);
        put_memory(&o, r);
        seam_json_real(&o, "seconds", r->seconds);
        if (r->output_bytes > 0)
            seam_json_integer(&o, "output_bytes", (int64_t)r->output_bytes);
        if (r->output_sha256[0])
            seam_json_string(&o, "output_sha256", r->output_sha256);
        seam_json_integer(&o, "resumed_rows", r->resumed_rows);
        seam_json_integer(&o, "peak_bytes", (int64_t)r->peak_bytes);
        seam_json_real(&o, "megapixels_per_second", r->megapixels_per_second);
    }
    put_outcome(&o, r);
    seam_json_close(&o, '}');
    putc('\n', to);
    fflush(to);
}

void seam_report_planned(const struct seam_job_report *r, const struct seam_model *model, FILE *to)
{
    struct seam_facts facts;
    struct seam_json top = { .to = to }, o = seam_json_open(&top, NULL, '{');
    seam_model_describe(model, &facts);
    seam_json_string(&o, "input", r->input);
    put_plan(&o, r);
    seam_report_unbounded(&o, model, facts.unbounded_nodes);
    put_memory(&o, r);
    seam_json_real(&o, "estimated_seconds", r->seconds);
    seam_json_real(&o, "megapixels_per_second", r->megapixels_per_second);
    seam_json_close(&o, '}');
    putc('\n', to);
    fflush(to);
}
