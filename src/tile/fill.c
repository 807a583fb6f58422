/* Colours under transparent pixels. Which pixels are visible lies in a bitmap, so that a hidden one
 * looks at words of its neighbourhood, and at pixels only where there are any to see. */
#include <string.h>

#include "base/assert.h"
#include "base/common.h"
#include "plan/parts.h"
#include "plan/plan.h"
#include "tile/tile.h"

#define RADIUS SEAM_FILL_RADIUS
#define WORD 64
#define SEEN ((UINT64_C(1) << (2 * RADIUS + 1)) - 1) /* bits of one row of the neighbourhood */
#define MOST_COLOURS 4

size_t seam_tile_fill_bytes(const struct seam_plan *plan)
{
    return (size_t)(seam_plan_fill_words(plan) * plan->y.padded) * sizeof(uint64_t);
}

static const float *alpha_plane(const struct seam_tile_work *work)
{
    const size_t area = (size_t)(work->plan->x.padded * work->plan->y.padded);
    return work->planes + (size_t)seam_plan_colour_bands(work->plan) * area;
}

void seam_tile_fill_look(const struct seam_tile_work *work, int64_t begin, int64_t end)
{
    const int64_t width = work->plan->x.padded, words = seam_plan_fill_words(work->plan);
    seam_assert(begin >= 0 && end <= work->plan->y.padded, "rows of the tile are looked at");
    for (int64_t y = begin; y < end; y++) {
        const float *alpha = alpha_plane(work) + y * width;
        uint64_t *row = work->visible + y * words;
        memset(row, 0, (size_t)words * sizeof(*row));
        for (int64_t x = 0; x < width; x++)
            row[(x + RADIUS) / WORD] |= (uint64_t)(alpha[x] > 0) << (x + RADIUS) % WORD;
    }
}

/* Which of the pixels x - RADIUS .. x + RADIUS of a row are visible. */
static uint64_t seen_from(const uint64_t *row, int64_t x)
{
    const int64_t word = x / WORD, bit = x % WORD;
    const uint64_t low = row[word] >> bit;
    return (bit ? low | row[word + 1] << (WORD - bit) : low) & SEEN;
}

/* Premultiplied colours and alpha around a pixel, near pixels counting more. */
struct mean {
    float colour[MOST_COLOURS], weight;
};

static void mean_add(struct mean *m, const struct seam_tile_work *work, int first, int colours,
                     int64_t at, int64_t distance)
{
    const int64_t area = work->plan->x.padded * work->plan->y.padded;
    /* Falls off fast, so that the nearest colours decide. */
    const float weight = alpha_plane(work)[at] / (float)(distance * distance);
    for (int b = 0; b < colours; b++)
        m->colour[b] += weight * work->planes[(first + b) * area + at];
    m->weight += weight;
}

/* Only visible pixels are read and only hidden ones written, so order is no matter. */
static void fill_pixel(const struct seam_tile_work *work, int first, int colours, int64_t x,
                       int64_t y)
{
    const int64_t width = work->plan->x.padded, height = work->plan->y.padded;
    const int64_t words = seam_plan_fill_words(work->plan);
    struct mean m = { { 0 }, 0 };
    for (int64_t v = seam_max(0, y - RADIUS); v <= seam_min(height - 1, y + RADIUS); v++) {
        uint64_t seen = seen_from(work->visible + v * words, x);
        for (; seen; seen &= seen - 1) {
            const int64_t u = x - RADIUS + __builtin_ctzll(seen);
            const int64_t distance = (u - x) * (u - x) + (v - y) * (v - y);
            if (distance <= RADIUS * RADIUS)
                mean_add(&m, work, first, colours, v * width + u, distance);
        }
    }
    for (int b = 0; m.weight > 0 && b < colours; b++)
        work->planes[((first + b) * height + y) * width + x] = m.colour[b] / m.weight;
}

/* The hidden pixels of row y that have a visible one in their square, word by word. */
static void fill_row(const struct seam_tile_work *work, int first, int colours, int64_t y)
{
    const struct seam_plan *plan = work->plan;
    const int64_t width = plan->x.padded, height = plan->y.padded;
    const int64_t words = seam_plan_fill_words(plan);
    const int64_t top = seam_max(0, y - RADIUS), bottom = seam_min(height - 1, y + RADIUS);
    const uint64_t *own = work->visible + y * words;
    for (int64_t w = 0; w * WORD < width; w++) {
        uint64_t any[2] = { 0, 0 };
        for (int64_t v = top; v <= bottom; v++) {
            any[0] |= work->visible[v * words + w];
            any[1] |= work->visible[v * words + w + 1];
        }
        if (!(any[0] | any[1]))
            continue;
        for (int64_t x = w * WORD; x < seam_min(width, (w + 1) * WORD); x++)
            if (seen_from(any, x - w * WORD) &&
                !(own[(x + RADIUS) / WORD] >> (x + RADIUS) % WORD & 1))
                fill_pixel(work, first, colours, x, y);
    }
}

void seam_tile_fill_rows(const struct seam_tile_work *work, int64_t begin, int64_t end)
{
    const int colours = seam_plan_colour_bands(work->plan);
    seam_assert(begin >= 0 && end <= work->plan->y.padded, "rows of the tile are filled");
    for (int64_t y = begin; y < end; y++)
        for (int b = 0; b < colours; b += MOST_COLOURS)
            fill_row(work, b, (int)seam_min(colours - b, MOST_COLOURS), y);
}

void seam_tile_fill(const struct seam_tile_work *work)
{
    seam_tile_fill_look(work, 0, work->plan->y.padded);
    seam_tile_fill_rows(work, 0, work->plan->y.padded);
}
