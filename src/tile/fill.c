#include <string.h>

#include "base/common.h"
#include "plan/plan.h"
#include "tile/tile.h"

/* Sum of premultiplied colour and of alpha around a pixel, near pixels counting more. */
struct mean {
    float colour, weight;
};

static struct mean mean_around(const float *colour, const float *alpha, int64_t width,
                               int64_t height, int64_t x, int64_t y)
{
    const int64_t r = SEAM_FILL_RADIUS;
    struct mean m = { 0, 0 };
    for (int64_t v = seam_max(0, y - r); v <= seam_min(height - 1, y + r); v++)
        for (int64_t u = seam_max(0, x - r); u <= seam_min(width - 1, x + r); u++) {
            const float a = alpha[v * width + u];
            const int64_t distance = (u - x) * (u - x) + (v - y) * (v - y);
            if (a <= 0 || distance > r * r)
                continue;
            /* Falls off fast, so that the nearest colours decide. */
            const float weight = a / (float)(distance * distance);
            m.colour += weight * colour[v * width + u];
            m.weight += weight;
        }
    return m;
}

/* Whether any visible pixel lies within the radius: a cheap look at rows before the costly one. */
static bool near_visible(const float *alpha, int64_t width, int64_t height, int64_t x, int64_t y)
{
    const int64_t r = SEAM_FILL_RADIUS;
    for (int64_t v = seam_max(0, y - r); v <= seam_min(height - 1, y + r); v++)
        for (int64_t u = seam_max(0, x - r); u <= seam_min(width - 1, x + r); u++)
            if (alpha[v * width + u] > 0)
                return true;
    return false;
}

void seam_tile_fill(struct seam_tile_work *work)
{
    const struct seam_plan *plan = work->plan;
    const int64_t width = plan->x.padded, height = plan->y.padded;
    const size_t area = (size_t)(width * height);
    const int colours = seam_plan_colour_bands(plan);
    const float *alpha = work->planes + (size_t)colours * area;
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++) {
            const size_t at = (size_t)(y * width + x);
            if (alpha[at] > 0 || !near_visible(alpha, width, height, x, y))
                continue;
            /* Only visible pixels are read and only hidden ones written, so order is no matter. */
            for (int b = 0; b < colours; b++) {
                float *colour = work->planes + (size_t)b * area;
                struct mean m = mean_around(colour, alpha, width, height, x, y);
                if (m.weight > 0)
                    colour[at] = m.colour / m.weight;
            }
        }
}
