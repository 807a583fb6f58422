/* A plan as a drawing: the picture, its cores, and one tile in the middle with all it reads. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "cli/cli.h"
#include "plan/geometry.h"
#include "base/log.h"
#include "plan/plan.h"

#define SIDE 960.0  /* of the drawing's longer side */
#define MARGIN 24.0
#define LINE 30.0 /* of the legend */
#define LEGEND_WIDTH 760.0
/* A tile of fewer units shows no halo. */
#define LEAST_SEEN 60
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

/* A line across the picture where a core begins. A rectangle of no width would not be drawn. */
static void border(const struct canvas *c, struct seam_span x, struct seam_span y)
{
    fprintf(c->file, "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" class=\"core\"/>\n",
            c->left + (double)x.begin * c->scale, c->top + (double)y.begin * c->scale,
            c->left + (double)x.end * c->scale, c->top + (double)y.end * c->scale);
}

static void cores(const struct canvas *c, const struct seam_plan *plan)
{
    const int64_t step_x = 1 + plan->x.tiles / MOST_LINES, step_y = 1 + plan->y.tiles / MOST_LINES;
    const struct seam_span all_x = { 0, plan->x.size }, all_y = { 0, plan->y.size };
    for (int64_t i = step_x; i < plan->x.tiles; i += step_x) {
        const int64_t at = seam_axis_core(&plan->x, i).begin;
        if (plan->x.overlap > 0)
            rect(c, (struct seam_span){ at - plan->x.overlap, at }, all_y, "class=\"ramp\"");
        border(c, (struct seam_span){ at, at }, all_y);
    }
    for (int64_t j = step_y; j < plan->y.tiles; j += step_y) {
        const int64_t at = seam_axis_core(&plan->y, j).begin;
        if (plan->y.overlap > 0)
            rect(c, all_x, (struct seam_span){ at - plan->y.overlap, at }, "class=\"ramp\"");
        border(c, all_x, (struct seam_span){ at, at });
    }
}

/* The cores around one of them. */
static void grid(const struct canvas *c, const struct seam_plan *plan, int64_t i, int64_t j)
{
    const struct seam_span all_x = { 0, plan->x.size }, all_y = { 0, plan->y.size };
    for (int64_t k = seam_max(i - 1, 1); k <= seam_min(i + 2, plan->x.tiles - 1); k++) {
        const int64_t at = seam_axis_core(&plan->x, k).begin;
        border(c, (struct seam_span){ at, at }, all_y);
    }
    for (int64_t k = seam_max(j - 1, 1); k <= seam_min(j + 2, plan->y.tiles - 1); k++) {
        const int64_t at = seam_axis_core(&plan->y, k).begin;
        border(c, all_x, (struct seam_span){ at, at });
    }
}

static void one_tile(const struct canvas *c, const struct seam_plan *plan)
{
    const int64_t i = plan->x.tiles / 2, j = plan->y.tiles / 2;
    rect(c, seam_axis_padded(&plan->x, plan->halo, i), seam_axis_padded(&plan->y, plan->halo, j),
         "class=\"halo\"");
    rect(c, seam_axis_target(&plan->x, i), seam_axis_target(&plan->y, j), "class=\"target\"");
}

/* The window goes down the picture in eight seconds, where whoever shows it knows animation (SMIL);
 * elsewhere it stands in the middle, and an arrow says where it goes. */
static void moving(const struct canvas *c, double height, double window)
{
    static const char timing[] = "dur=\"8s\" repeatCount=\"indefinite\"";
    fprintf(c->file,
            "<animate href=\"#window\" attributeName=\"y\" values=\"%.2f;%.2f\" %s/>\n"
            "<animate href=\"#finished\" attributeName=\"height\" values=\"0;%.2f\" %s/>\n"
            "<set href=\"#way\" attributeName=\"visibility\" to=\"hidden\"/>\n",
            c->top, c->top + height - window, timing, height - window, timing);
}

/* The window of rows that is held, on its way down: what lies above is finished, what lies below is
 * not read yet. One that could not be seen is drawn a little higher. */
static void one_window(const struct canvas *c, const struct seam_plan *plan)
{
    const struct seam_span all = { 0, plan->x.size };
    const int64_t seen = seam_min((int64_t)(6 / c->scale) + 1, plan->y.size);
    const int64_t rows = seam_min(seam_max(plan->window_rows, seen), plan->y.size);
    const int64_t top = (plan->y.size - rows) / 2;
    const double middle = c->left + (double)plan->x.size * c->scale / 2;
    const double from = c->top + (double)(top + rows) * c->scale;
    const double to = from + ((double)(plan->y.size) * c->scale + c->top - from) / 2;
    if (top > 0)
        rect(c, all, (struct seam_span){ 0, top }, "id=\"finished\" class=\"ramp\"");
    rect(c, all, (struct seam_span){ top, top + rows }, "id=\"window\" class=\"target\"");
    if (to - from <= 16)
        return;
    fprintf(c->file, "<path id=\"way\" d=\"M%.1f %.1fV%.1fm-6 -8l6 8l6 -8\" class=\"core\"/>\n",
            middle, from, to);
    if (top > 0)
        moving(c, (double)plan->y.size * c->scale, (double)rows * c->scale);
}

/* The tile in the middle and what is around it, large enough for a halo to be seen, in the lower
 * right corner. */
static void inset(const struct canvas *c, const struct seam_plan *plan)
{
    const double side = SIDE / 3, shown = 1.6 * (double)seam_max(plan->x.padded, plan->y.padded);
    const struct seam_span x = seam_axis_padded(&plan->x, plan->halo, plan->x.tiles / 2);
    const struct seam_span y = seam_axis_padded(&plan->y, plan->halo, plan->y.tiles / 2);
    const double right = c->left + (double)plan->x.size * c->scale;
    const double bottom = c->top + (double)plan->y.size * c->scale;
    const double left = right - side > c->left ? right - side : c->left;
    const double top = bottom - side > c->top ? bottom - side : c->top;
    const struct canvas near = {
        .file = c->file,
        .scale = side / shown,
        .left = side / 2 - (double)(x.begin + x.end) / 2 * side / shown,
        .top = side / 2 - (double)(y.begin + y.end) / 2 * side / shown,
    };
    fprintf(c->file,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"core\"/>\n"
            "<svg x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            c->left + (double)(x.begin + x.end) / 2 * c->scale,
            c->top + (double)(y.begin + y.end) / 2 * c->scale, left, top, left, top, side, side);
    rect(&near, (struct seam_span){ 0, plan->x.size }, (struct seam_span){ 0, plan->y.size },
         "class=\"picture\"");
    grid(&near, plan, plan->x.tiles / 2, plan->y.tiles / 2);
    one_tile(&near, plan);
    fputs("<rect width=\"100%\" height=\"100%\" fill=\"none\" stroke=\"#3a3a3a\"/></svg>\n",
          c->file);
}

static void legend_line(const struct canvas *c, double y, const char *kind, const char *text)
{
    fprintf(c->file,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"34\" height=\"18\" class=\"%s\"/>\n"
            "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n",
            MARGIN, y, kind, MARGIN + 46, y + 14, text);
}

static void rows_legend(const struct canvas *c, const struct seam_plan *plan, double y)
{
    char text[200];
    g_snprintf(text, sizeof(text), "picture: %lld x %lld pixels; its rows stream through the "
               "network, without tiles or halo; exact: %s", (long long)plan->x.size,
               (long long)plan->y.size, seam_exact_name(plan->exact));
    legend_line(c, y, "picture", text);
    g_snprintf(text, sizeof(text), "window: %lld rows at most are held of it, and move down",
               (long long)plan->window_rows);
    legend_line(c, y + LINE, "target", text);
    legend_line(c, y + 2 * LINE, "ramp", "finished and written; those below are not read yet");
}

static void legend(const struct canvas *c, const struct seam_plan *plan, double y)
{
    char text[200];
    g_snprintf(text, sizeof(text),
               "picture: %lld x %lld pixels, in %lld x %lld cores of %lld x %lld",
               (long long)plan->x.size, (long long)plan->y.size, (long long)plan->x.tiles,
               (long long)plan->y.tiles, (long long)plan->x.core, (long long)plan->y.core);
    legend_line(c, y, "picture", text);
    g_snprintf(text, sizeof(text), "target: %lld x %lld pixels, of one tile",
               (long long)plan->x.tile, (long long)plan->y.tile);
    legend_line(c, y + LINE, "target", text);
    g_snprintf(text, sizeof(text),
               "halo: %lld pixels, padded to %lld x %lld; exact: %s; %.1f %% of the "
               "work is spent on halo and overlap",
               (long long)plan->halo, (long long)plan->x.padded, (long long)plan->y.padded,
               seam_exact_name(plan->exact), 100 * plan->waste / (1 + plan->waste));
    legend_line(c, y + 2 * LINE, "halo", text);
    if (!seam_plan_blends(plan))
        return;
    g_snprintf(text, sizeof(text), "overlap: %lld x %lld pixels, blend %s",
               (long long)plan->x.overlap, (long long)plan->y.overlap,
               seam_blend_name(plan->blend));
    legend_line(c, y + 3 * LINE, "ramp", text);
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
    const int lines = plan->rows ? 3 : seam_plan_blends(plan) ? 4 : 3;
    const double across = MAX(2 * MARGIN + width * scale, LEGEND_WIDTH);
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.1f %.1f\" "
            "font-family=\"sans-serif\" font-size=\"15\">\n"
            "<style>.picture{fill:#f4efe4;stroke:#3a3a3a}.core{stroke:#3a3a3a;stroke-width:.8;"
            "fill:none}.ramp{fill:#d98a2b;fill-opacity:.35}.halo{fill:#3f7cac;fill-opacity:.22;"
            "stroke:#3f7cac}.target{fill:#3f7cac;fill-opacity:.45;stroke:#1d4e73}"
            "text{fill:#222}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            across, bottom + lines * LINE + MARGIN);
    rect(&c, (struct seam_span){ 0, plan->x.size }, (struct seam_span){ 0, plan->y.size },
         "class=\"picture\"");
    if (plan->rows) {
        one_window(&c, plan);
        rows_legend(&c, plan, bottom);
    } else {
        cores(&c, plan);
        one_tile(&c, plan);
        if ((double)seam_min(plan->x.padded, plan->y.padded) * scale < LEAST_SEEN)
            inset(&c, plan);
        legend(&c, plan, bottom);
    }
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
