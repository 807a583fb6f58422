#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "memory.h"
#include "text.h"

static double result_speed(const struct cli_result *r)
{
    const double pixels =
        (double)r->plan->picture.width * (double)r->plan->picture.height * (double)r->pages;
    return r->seconds > 0 ? pixels / 1e6 / r->seconds : 0;
}

/* Share of the work that is spent on halo and overlap, 0 to 1. */
static double spent_share(const struct seam_plan *plan)
{
    return plan->waste / (1 + plan->waste);
}

void cli_report_text(const struct cli_result *r)
{
    const struct seam_plan *plan = r->plan;
    char pages[32] = "";
    if (r->pages > 1)
        g_snprintf(pages, sizeof(pages), "%" PRId64 " pages of ", r->pages);
    fprintf(stderr,
            "%s: %s%" PRId64 " x %" PRId64 " -> %" PRId64 " x %" PRId64 ", %s (%s), %" PRId64
            " tile%s of %" PRId64 " x %" PRId64 ", halo %" PRId64 ", %.1f %% of the work on halo "
            "and overlap, %.1f s, %.3g MP/s, peak %s\n",
            r->output, pages, plan->x.size, plan->y.size, plan->x.out_size, plan->y.out_size,
            r->facts->name, r->facts->engine, plan->x.tiles * plan->y.tiles * r->pages,
            plan->x.tiles * plan->y.tiles * r->pages == 1 ? "" : "s", plan->x.tile, plan->y.tile,
            plan->halo, 100 * spent_share(plan), r->seconds, result_speed(r),
            seam_text_bytes(seam_memory_peak()).s);
}

static void put_string(const char *key, const char *value)
{
    char *valid = g_utf8_make_valid(value, -1);
    printf("\"%s\": \"", key);
    for (const char *c = valid; *c; c++) {
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            printf("\\u%04x", (unsigned)*c);
        else
            putchar(*c);
    }
    printf("\", ");
    g_free(valid);
}

static void put_integer(const char *key, int64_t value)
{
    printf("\"%s\": %" PRId64 ", ", key, value);
}

static void put_real(const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    printf("\"%s\": %s, ", key, g_ascii_formatd(text, sizeof(text), "%.6g", value));
}

/* Ends the object. */
static void put_real_last(const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    printf("\"%s\": %s}\n", key, g_ascii_formatd(text, sizeof(text), "%.6g", value));
}

void cli_report_json(const struct cli_result *r, bool planned)
{
    const struct seam_plan *plan = r->plan;
    putchar('{');
    put_string("input", r->input);
    if (!planned)
        put_string("output", r->output);
    put_string("model", r->facts->name);
    put_string("engine", r->facts->engine);
    put_integer("width", plan->x.size);
    put_integer("height", plan->y.size);
    put_integer("out_width", plan->x.out_size);
    put_integer("out_height", plan->y.out_size);
    put_integer("pages", r->pages);
    put_real("scale", (double)plan->scale_num / (double)plan->scale_den);
    put_integer("alignment", plan->alignment);
    put_integer("tiles", plan->x.tiles * plan->y.tiles * r->pages);
    put_integer("tile_width", plan->x.tile);
    put_integer("tile_height", plan->y.tile);
    put_integer("padded_width", plan->x.padded);
    put_integer("padded_height", plan->y.padded);
    put_integer("halo", plan->halo);
    put_integer("overlap", plan->x.overlap > plan->y.overlap ? plan->x.overlap : plan->y.overlap);
    put_string("blend", seam_blend_name(plan->blend));
    put_string("edge", seam_edge_name(plan->edge));
    put_string("exact", seam_exact_name(plan->exact));
    put_real("waste", plan->waste);
    put_integer("threads", r->threads);
    put_integer("budget_bytes", (int64_t)plan->budget_bytes);
    put_integer("planned_peak_bytes", (int64_t)plan->peak_bytes);
    put_integer("window_bytes", (int64_t)plan->window_bytes);
    put_integer("band_bytes", (int64_t)plan->band_bytes);
    put_integer("tensor_bytes", (int64_t)plan->tensor_bytes);
    put_integer("scratch_bytes", (int64_t)plan->scratch_bytes);
    put_integer("base_bytes", (int64_t)plan->base_bytes);
    put_real(planned ? "estimated_seconds" : "seconds", r->seconds);
    if (!planned)
        put_integer("peak_bytes", (int64_t)seam_memory_peak());
    put_real_last("megapixels_per_second", result_speed(r));
    fflush(stdout);
}
