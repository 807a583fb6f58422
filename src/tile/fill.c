/* Colours under transparent pixels. Which pixels are visible lies in a bitmap; each of them that
 * has a hidden one in reach adds what it counts to all around it, in an order no tile changes. */
#include <string.h>

#include "base/assert.h"
#include "base/common.h"
#include "plan/parts.h"
#include "plan/plan.h"
#include "tile/tile.h"

#define RADIUS SEAM_FILL_RADIUS
#define WORD 64
#define SPREAD (2 * RADIUS + 4) /* columns that a pixel reaches, in whole vectors */
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

/* Which of up to 64 pixels are visible. Most words are all of one kind. */
static uint64_t look_at(const float *alpha, int64_t count)
{
    int visible = 0;
    uint64_t word = 0;
    for (int64_t i = 0; i < count; i++)
        visible += alpha[i] > 0;
    if (visible == 0 || visible == count)
        return visible ? UINT64_MAX >> (WORD - count) : 0;
    for (int64_t i = 0; i < count; i++)
        word |= (uint64_t)(alpha[i] > 0) << i;
    return word;
}

void seam_tile_fill_look(const struct seam_tile_work *work, int64_t begin, int64_t end)
{
    const int64_t width = work->plan->x.padded, words = seam_plan_fill_words(work->plan);
    seam_assert(begin >= 0 && end <= work->plan->y.padded, "rows of the tile are looked at");
    for (int64_t y = begin; y < end; y++) {
        const float *alpha = alpha_plane(work) + y * width;
        uint64_t *row = work->visible + y * words;
        memset(row, 0, (size_t)words * sizeof(*row));
        for (int64_t x = 0; x < width; x += WORD) {
            const uint64_t seen = look_at(alpha + x, seam_min(width - x, WORD));
            row[x / WORD] |= seen << RADIUS;
            row[x / WORD + 1] |= seen >> (WORD - RADIUS);
        }
    }
}

/* What a visible pixel counts for those around it, row by row: it falls off fast, so that the
 * nearest colours decide. */
struct kernel {
    float weight[2 * RADIUS + 1][SPREAD];
};

static void kernel_make(struct kernel *k)
{
    *k = (struct kernel){ { { 0 } } };
    for (int v = -RADIUS; v <= RADIUS; v++)
        for (int u = -RADIUS; u <= RADIUS; u++) {
            const int distance = u * u + v * v; /* squared */
            if (distance > 0 && distance <= RADIUS * RADIUS)
                k->weight[v + RADIUS][u + RADIUS] = 1 / (float)(distance * distance);
        }
}

/* A word's pixels of one row, x .. x + WORD - 1: which are hidden, and sums of alpha and of colours
 * times alpha around each. A pixel that is seen adds to all around it, beside the word too. */
struct block {
    int64_t x, y;
    uint64_t hidden;
    uint64_t near[2]; /* of x - RADIUS .. x + WORD + RADIUS - 1 those with a hidden one in reach */
    float sum[1 + MOST_COLOURS][WORD + 4 * RADIUS + SPREAD];
};

static void add(float *restrict sum, const float *restrict weight, float value)
{
    for (int i = 0; i < SPREAD; i++)
        sum[i] += weight[i] * value;
}

/* Pixels of row v that are seen, of the 64 from column x + 64 * half - RADIUS on. */
static void block_add(struct block *k, const struct seam_tile_work *work, int first, int colours,
                      const float *weight, uint64_t seen, int64_t v, int half)
{
    const int64_t width = work->plan->x.padded, area = width * work->plan->y.padded;
    for (; seen; seen &= seen - 1) {
        const int64_t place = WORD * half + __builtin_ctzll(seen);
        const int64_t at = v * width + k->x - RADIUS + place;
        const float alpha = alpha_plane(work)[at];
        add(k->sum[0] + place, weight, alpha);
        for (int b = 0; b < colours; b++)
            add(k->sum[1 + b] + place, weight, alpha * work->planes[(first + b) * area + at]);
    }
}

static void block_store(const struct block *k, const struct seam_tile_work *work, int first,
                        int colours)
{
    const int64_t width = work->plan->x.padded, area = width * work->plan->y.padded;
    for (uint64_t left = k->hidden; left; left &= left - 1) {
        const int bit = __builtin_ctzll(left), at = bit + 2 * RADIUS;
        for (int b = 0; k->sum[0][at] > 0 && b < colours; b++)
            work->planes[(first + b) * area + k->y * width + k->x + bit] =
                k->sum[1 + b][at] / k->sum[0][at];
    }
}

/* Only visible pixels are read and only hidden ones written, so threads may share rows. */
static void fill_block(struct block *k, const struct seam_tile_work *work,
                       const struct kernel *kernel, int first, int colours)
{
    const int64_t words = seam_plan_fill_words(work->plan), w = k->x / WORD;
    const int64_t top = seam_max(0, k->y - RADIUS);
    const int64_t bottom = seam_min(work->plan->y.padded - 1, k->y + RADIUS);
    bool any = false;
    for (int64_t v = top; v <= bottom; v++) {
        const uint64_t *seen = work->visible + v * words + w;
        const float *weight = kernel->weight[v - k->y + RADIUS];
        if (!any && ((seen[0] & k->near[0]) | (seen[1] & k->near[1]))) {
            memset(k->sum, 0, sizeof(k->sum));
            any = true;
        }
        block_add(k, work, first, colours, weight, seen[0] & k->near[0], v, 0);
        block_add(k, work, first, colours, weight, seen[1] & k->near[1], v, 1);
    }
    if (any)
        block_store(k, work, first, colours);
}

static void fill_row(const struct seam_tile_work *work, const struct kernel *kernel, int first,
                     int colours, int64_t y)
{
    const int64_t width = work->plan->x.padded;
    const uint64_t *own = work->visible + y * seam_plan_fill_words(work->plan);
    struct block k = { .y = y };
    for (; k.x < width; k.x += WORD, own++) {
        k.hidden = ~(own[0] >> RADIUS | own[1] << (WORD - RADIUS)) &
                   UINT64_MAX >> (WORD - seam_min(width - k.x, WORD));
        if (!k.hidden)
            continue;
        k.near[0] = k.hidden;
        k.near[1] = 0;
        for (int i = 1; i <= 2 * RADIUS; i++) {
            k.near[0] |= k.hidden << i;
            k.near[1] |= k.hidden >> (WORD - i);
        }
        fill_block(&k, work, kernel, first, colours);
    }
}

void seam_tile_fill_rows(const struct seam_tile_work *work, int64_t begin, int64_t end)
{
    const int colours = seam_plan_colour_bands(work->plan);
    struct kernel kernel;
    seam_assert(begin >= 0 && end <= work->plan->y.padded, "rows of the tile are filled");
    kernel_make(&kernel);
    for (int64_t y = begin; y < end; y++)
        for (int b = 0; b < colours; b += MOST_COLOURS)
            fill_row(work, &kernel, b, (int)seam_min(colours - b, MOST_COLOURS), y);
}

void seam_tile_fill(const struct seam_tile_work *work)
{
    seam_tile_fill_look(work, 0, work->plan->y.padded);
    seam_tile_fill_rows(work, 0, work->plan->y.padded);
}
