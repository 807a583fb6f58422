/* Where two results differ: colours of a logarithmic scale, the lines where tiles meet, and a
 * legend below. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "cli/cli.h"
#include "files/normalise.h"

/* From 1e-7 of the range, about the last bit of a float, to all of it. */
#define DECADES 7
#define DECADE 36 /* pixels of the legend */
#define MARGIN 12
#define LEGEND 58 /* rows below the map */

struct map {
    unsigned char *pixels;
    int64_t width, height, map_height;
};

/* A pixel that is the same in both. */
static const unsigned char nothing[3] = { 52, 52, 52 };

/* `t` from 0 to 1. */
static void ramp(double t, unsigned char *to)
{
    static const unsigned char stops[][3] = { { 24, 22, 120 }, { 120, 28, 150 }, { 205, 48, 84 },
                                              { 246, 140, 32 }, { 252, 232, 84 },
                                              { 255, 255, 255 } };
    const int last = (int)SEAM_ARRAY_LEN(stops) - 1;
    const double at = CLAMP(t, 0.0, 1.0) * last;
    const int k = at < last ? (int)at : last - 1;
    for (int b = 0; b < 3; b++)
        to[b] = (unsigned char)(stops[k][b] + (at - k) * (stops[k + 1][b] - stops[k][b]) + 0.5);
}

static void colour_of(double difference, unsigned char *to)
{
    if (difference > 0)
        ramp((log10(difference) + DECADES) / DECADES, to);
    else
        memcpy(to, nothing, sizeof(nothing));
}

static unsigned char *pixel(const struct map *m, int64_t x, int64_t y)
{
    return m->pixels + (y * m->width + x) * 3;
}

bool cli_begins_core(const struct seam_axis *axis, const struct seam_plan *p, int64_t i)
{
    const int64_t in = i * p->scale_den / p->scale_num;
    return in > 0 && in % axis->core == 0 && in * p->scale_num / p->scale_den == i;
}

/* The largest difference of each pixel's bands. */
static void draw_map(const struct map *m, const struct seam_plan *p, const float *a,
                     const float *b)
{
    for (int64_t y = 0; y < p->y.out_size; y++)
        for (int64_t x = 0; x < p->x.out_size; x++) {
            double most = 0;
            for (int64_t k = 0; k < p->out_bands; k++, a++, b++)
                most = fmax(most, fabs((double)*a - (double)*b));
            unsigned char *to = pixel(m, x, y);
            colour_of(most, to);
            if (cli_begins_core(&p->x, p, x) || cli_begins_core(&p->y, p, y))
                for (int k = 0; k < 3; k++)
                    to[k] = (unsigned char)((2 * to[k] + 255) / 3);
        }
}

/* White words, if libvips can write any; `centre`: x is their middle. */
static void draw_text(const struct map *m, const char *words, int64_t x, int64_t y, bool centre)
{
    VipsImage *text = NULL;
    size_t size;
    if (vips_text(&text, words, "font", "sans 9", "dpi", 72, NULL)) {
        vips_error_clear();
        return;
    }
    unsigned char *mask = vips_image_write_to_memory(text, &size);
    const int64_t left = centre ? x - text->Xsize / 2 : x;
    for (int64_t v = 0; mask && v < text->Ysize; v++)
        for (int64_t u = 0; u < text->Xsize; u++)
            if (left + u >= 0 && left + u < m->width && y + v < m->height)
                memset(pixel(m, left + u, y + v), mask[v * text->Xsize + u], 3);
    g_free(mask);
    g_object_unref(text);
}

static void draw_legend(const struct map *m)
{
    const int64_t top = m->map_height + 8;
    for (int64_t x = 0; x < DECADES * DECADE; x++)
        for (int64_t y = top; y < top + 12; y++)
            ramp((double)x / (DECADES * DECADE), pixel(m, MARGIN + x, y));
    for (int k = 0; k <= DECADES; k++) {
        char words[16];
        g_snprintf(words, sizeof(words), k == DECADES ? "1" : "1e-%d", DECADES - k);
        memset(pixel(m, MARGIN + k * DECADE, top + 12), 255, 3);
        memset(pixel(m, MARGIN + k * DECADE, top + 13), 255, 3);
        draw_text(m, words, MARGIN + k * DECADE, top + 16, true);
    }
    draw_text(m, "difference, of the range; grey: none", MARGIN, top + 33, false);
}

enum seam_result cli_heatmap_write(const char *path, const struct seam_plan *plan,
                                   const float *tiled, const float *whole, struct seam_log *log)
{
    struct map m = {
        .width = seam_max(plan->x.out_size, 2 * MARGIN + DECADES * DECADE + 1),
        .height = plan->y.out_size + LEGEND,
        .map_height = plan->y.out_size,
    };
    const size_t bytes = (size_t)(m.width * m.height) * 3;
    m.pixels = calloc(bytes, 1);
    if (!m.pixels)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the heat map");
    draw_map(&m, plan, tiled, whole);
    draw_legend(&m);
    VipsImage *image = vips_image_new_from_memory(m.pixels, bytes, (int)m.width, (int)m.height, 3,
                                                  VIPS_FORMAT_UCHAR);
    enum seam_result r = SEAM_OK;
    if (image)
        image->Type = VIPS_INTERPRETATION_sRGB;
    if (!image || vips_image_write_to_file(image, path, NULL))
        r = seam_io_vips_failed(log, SEAM_ERROR_IO, path);
    if (image)
        g_object_unref(image);
    free(m.pixels);
    return r;
}
