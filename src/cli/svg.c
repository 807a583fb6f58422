/* A plan as a drawing: the picture, its cores, and one tile in the middle with all it reads. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "geometry.h"
#include "log.h"

#define SIDE 960.0  /* of the drawing's longer side */
#define MARGIN 24.0
#define LEGEND 120.0
/* Beyond this many lines a grid is a grey field. */
#define MOST_LINES 400

struct canvas {
    FILE *file;
    double scale, left, top; /* from picture pixels to drawing units */
};

static void rect(const struct canvas *c, struct seam_span x, struct seam_span y, const char *style)
{
    fprintf(c->file, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" %s/>\n",
            c->left + (double)x.begin * c->scale, c->top + (double)y.begin * c->scale,
            (double)(x.end - x.begin) * c->scale, (double)(y.end - y.begin) * c->scale, style);
}

static void cores(const struct canvas *c, const struct seam_plan *plan)
{
    const int64_t step_x = 1 + plan->x.tiles / MOST_LINES, step_y = 1 + plan->y.tiles / MOST_LINES;
    const struct seam_span all_x = { 0, plan->x.size }, all_y = { 0, plan->y.size };
    for (int64_t i = step_x; i < plan->x.tiles; i += step_x) {
        const int64_t at = seam_axis_core(&plan->x, i).begin;
        rect(c, (struct seam_span){ at - plan->x.overlap, at }, all_y, "class=\"ramp\"");
        rect(c, (struct seam_span){ at, at }, all_y, "class=\"core\"");
    }
    for (int64_t j = step_y; j < plan->y.tiles; j += step_y) {
        const int64_t at = seam_axis_core(&plan->y, j).begin;
        rect(c, all_x, (struct seam_span){ at - plan->y.overlap, at }, "class=\"ramp\"");
        rect(c, all_x, (struct seam_span){ at, at }, "class=\"core\"");
    }
}

static void one_tile(const struct canvas *c, const struct seam_plan *plan)
{
    const int64_t i = plan->x.tiles / 2, j = plan->y.tiles / 2;
    rect(c, seam_axis_padded(&plan->x, plan->halo, i), seam_axis_padded(&plan->y, plan->halo, j),
         "class=\"halo\"");
    rect(c, seam_axis_target(&plan->x, i), seam_axis_target(&plan->y, j), "class=\"target\"");
}

static void legend(const struct canvas *c, const struct seam_plan *plan, double y)
{
    const char *const classes[] = { "target", "halo", "ramp" };
    char texts[3][160];
    g_snprintf(texts[0], sizeof(texts[0]), "target: %lld x %lld pixels, one of %lld x %lld",
               (long long)plan->x.tile, (long long)plan->y.tile, (long long)plan->x.tiles,
               (long long)plan->y.tiles);
    g_snprintf(texts[1], sizeof(texts[1]), "halo: %lld pixels, padded to %lld x %lld; exact: %s",
               (long long)plan->halo, (long long)plan->x.padded, (long long)plan->y.padded,
               seam_exact_name(plan->exact));
    g_snprintf(texts[2], sizeof(texts[2]), "overlap: %lld x %lld pixels, blend %s",
               (long long)plan->x.overlap, (long long)plan->y.overlap,
               seam_blend_name(plan->blend));
    for (int i = 0; i < 3; i++, y += 30)
        fprintf(c->file,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"34\" height=\"18\" class=\"%s\"/>\n"
                "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                MARGIN, y, classes[i], MARGIN + 46, y + 14, texts[i]);
}

static void draw(FILE *file, const struct seam_plan *plan)
{
    /* The halo reaches beyond the picture: so does the drawing. */
    const double width = (double)(plan->x.size + 2 * plan->halo);
    const double height = (double)(plan->y.size + 2 * plan->halo);
    const double scale = SIDE / (width > height ? width : height);
    const struct canvas c = {
        .file = file,
        .scale = scale,
        .left = MARGIN + (double)plan->halo * scale,
        .top = MARGIN + (double)plan->halo * scale,
    };
    const double bottom = 2 * MARGIN + height * scale;
    double across = 2 * MARGIN + width * scale;
    if (across < 520)
        across = 520; /* the legend's width */
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.1f %.1f\" "
            "font-family=\"sans-serif\" font-size=\"15\">\n"
            "<style>.picture{fill:#f4efe4;stroke:#3a3a3a}.core{stroke:#3a3a3a;stroke-width:.8;"
            "fill:none}.ramp{fill:#d98a2b;fill-opacity:.35}.halo{fill:#3f7cac;fill-opacity:.22;"
            "stroke:#3f7cac}.target{fill:#3f7cac;fill-opacity:.45;stroke:#1d4e73}"
            "text{fill:#222}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            across, bottom + LEGEND);
    rect(&c, (struct seam_span){ 0, plan->x.size }, (struct seam_span){ 0, plan->y.size },
         "class=\"picture\"");
    cores(&c, plan);
    one_tile(&c, plan);
    legend(&c, plan, bottom);
    fputs("</svg>\n", file);
}

enum seam_result cli_svg_write(const char *path, const struct seam_plan *plan,
                               struct seam_log *log)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", path, strerror(errno));
    draw(file, plan);
    const bool bad = ferror(file) != 0;
    if (fclose(file) != 0 || bad)
        return seam_log_fail(log, SEAM_ERROR_IO, "%s: %s", path, strerror(errno));
    return SEAM_OK;
}
