#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "model/choose.h"

enum {
    BLOCK = 16,      /* side of the squares in which noise is measured, in samples */
    BINS = 1024,     /* of the histogram of their spreads, BIN 255ths each */
    GRID = 8,        /* side of a JPEG block */
    LEAST_SIDE = 64, /* of a picture that can be looked at */
};

#define BIN 0.05
#define SMOOTHEST 0.05f /* share of the squares that is taken to hold noise alone */
#define SMOOTHER 0.2f   /* share that tells noise, which all squares have alike, from texture */
#define MOST_CUT 12     /* samples of a square at black or white: of more the noise is cut off */
#define STEEP 24.0f    /* difference of neighbours that is an edge of the picture's own */

/* Where looks of clean photographs part from those of noisy and of blocky ones
 * (training/README.md). */
#define LEAST_FINE 1.4
#define LEAST_COARSE 1.0
#define MOST_TEXTURE 1.7
#define LEAST_GRID 0.25

/* One plane as it is, or as means of 2x2 samples. */
struct view {
    const float *luma;
    int64_t width, height, stride;
    int64_t step; /* 1 or 2 */
};

static float sample(const struct view *v, int64_t x, int64_t y)
{
    const float *at = v->luma + y * v->step * v->stride + x * v->step;
    return v->step == 1 ? *at : (at[0] + at[1] + at[v->stride] + at[v->stride + 1]) / 4;
}

/* The fourth difference of five samples. */
static float fourth(const float *at, int step)
{
    return at[0] - 4 * at[step] + 6 * at[2 * step] - 4 * at[3 * step] + at[4 * step];
}

/* The mean square of white noise in a square, by the fourth difference along both axes, which
 * slopes, edges along an axis and all but the finest texture hardly answer to; false where light
 * was cut off. */
static bool square_noise(const struct view *v, int64_t left, int64_t top, double *power)
{
    const double gain = 70 * 70; /* of the mask 1 -4 6 -4 1 times itself, on white noise */
    float square[BLOCK][BLOCK], fold[BLOCK][BLOCK];
    double sum = 0;
    int cut = 0;
    for (int y = 0; y < BLOCK; y++)
        for (int x = 0; x < BLOCK; x++) {
            square[y][x] = sample(v, left + x, top + y);
            cut += square[y][x] <= 0 || square[y][x] >= 255;
        }
    for (int y = 0; y < BLOCK; y++)
        for (int x = 0; x < BLOCK - 4; x++)
            fold[x][y] = fourth(&square[y][x], 1);
    for (int x = 0; x < BLOCK - 4; x++)
        for (int y = 0; y < BLOCK - 4; y++) {
            const double r = (double)fourth(&fold[x][y], 1);
            sum += r * r;
        }
    *power = sum / ((BLOCK - 4) * (BLOCK - 4)) / gain;
    return cut <= MOST_CUT;
}

/* Spreads of noise: as many squares lie below them as SMOOTHEST and SMOOTHER say; 0 where all are
 * black or white. */
static void noise(const struct view *v, double *smoothest, double *smoother)
{
    int64_t histogram[BINS] = { 0 }, squares = 0, below = 0;
    *smoothest = *smoother = 0;
    for (int64_t y = 0; y + BLOCK <= v->height; y += BLOCK)
        for (int64_t x = 0; x + BLOCK <= v->width; x += BLOCK) {
            double power;
            if (!square_noise(v, x, y, &power))
                continue;
            const double bin = sqrt(power) / BIN;
            histogram[bin < BINS - 1 ? (int)bin : BINS - 1]++;
            squares++;
        }
    for (int i = 0; i < BINS; i++) {
        if ((float)below <= SMOOTHEST * (float)squares)
            *smoothest = i * BIN;
        if ((float)below <= SMOOTHER * (float)squares)
            *smoother = i * BIN;
        below += histogram[i];
    }
    if (squares == 0)
        *smoothest = *smoother = 0;
}

/* How much steps at one of the eight phases along a row (`along` 1) or a column (`along` the
 * stride) stand out from those on either side, and that from what it is at the next phase: pixels
 * doubled or repeated four times stand out at several. */
static double grid(const float *luma, int64_t length, int64_t along, int64_t lines, int64_t across)
{
    double sum[GRID] = { 0 }, count[GRID] = { 0 }, most = 0, next = 0;
    for (int64_t line = 0; line < lines; line++)
        for (int64_t i = 1; i + 2 < length; i++) {
            const float *at = luma + line * across + i * along;
            const float before = fabsf(at[0] - at[-along]),
                        after = fabsf(at[2 * along] - at[along]);
            const float step = fabsf(at[along] - at[0]);
            if (step > STEEP || before > STEEP || after > STEEP)
                continue;
            sum[i % GRID] += (double)(step - (before + after) / 2);
            count[i % GRID]++;
        }
    for (int i = 0; i < GRID; i++) {
        const double mean = count[i] > 0 ? sum[i] / count[i] : 0;
        next = fmax(next, fmin(most, mean));
        most = fmax(most, mean);
    }
    return most - next;
}

void seam_look_take(struct seam_look *look, const float *luma, int64_t width, int64_t height,
                    int64_t stride)
{
    *look = (struct seam_look){ 0 };
    if (width < LEAST_SIDE || height < LEAST_SIDE)
        return;
    const struct view whole = { luma, width, height, stride, 1 };
    const struct view halved = { luma, width / 2, height / 2, stride, 2 };
    double smoother;
    noise(&whole, &look->fine, &smoother);
    noise(&halved, &look->coarse, &smoother);
    look->texture = look->coarse > 0 ? smoother / look->coarse : 1;
    look->coarse *= 2; /* the mean of four samples has half the spread */
    look->grid = fmin(grid(luma, width, 1, height, stride), grid(luma, height, stride, width, 1));
}

void seam_choose(struct seam_choice *choice, const struct seam_look *look)
{
    const bool coarse = look->coarse >= LEAST_COARSE && look->texture <= MOST_TEXTURE;
    const bool noisy = look->fine >= LEAST_FINE || coarse, blocks = look->grid >= LEAST_GRID;
    const double spread = coarse ? fmax(look->fine, look->coarse) : look->fine;
    *choice = (struct seam_choice){ .network = noisy ? "denoise" : blocks ? "deblock" : "null" };
    if (noisy)
        snprintf(choice->reason, sizeof(choice->reason), "it has noise of about %.0f/255%s", spread,
                 blocks ? ", and blocks of JPEG" : "");
    else
        snprintf(choice->reason, sizeof(choice->reason), "%s",
                 blocks ? "it has blocks of JPEG and little noise"
                        : "it has neither noise nor blocks of JPEG");
}
