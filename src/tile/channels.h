/* Which band meets which channel, and the range they meet in: what the two halves of a tile's way,
 * tile.c (in) and result.c (out), must agree on. Pure. */
#ifndef SEAM_TILE_CHANNELS_H
#define SEAM_TILE_CHANNELS_H

#include "base/common.h"
#include "plan/plan.h"
#include "tile/tile.h"

/* BT.601, written so that a grey pixel gives its own value to the bit. */
static inline float luma(float r, float g, float b)
{
    return g + 0.299f * (r - g) + 0.114f * (b - g);
}

/* The band that channel c of `channels` stands for, and the other way round. */
static inline int channel_of(const struct seam_plan *plan, int c, int channels)
{
    return plan->order == SEAM_ORDER_BGR && channels >= 3 && c < 3 ? 2 - c : c;
}

static inline size_t padded_area(const struct seam_plan *plan)
{
    return (size_t)plan->x.padded * (size_t)plan->y.padded;
}

static inline bool unit_range(const struct seam_plan *plan)
{
    return plan->range_lo == 0 && plan->range_hi == 1;
}

/* Whether the network is fed luma as video has it, 16/255 to 235/255. */
static inline bool studio(const struct seam_plan *plan)
{
    return plan->feed == SEAM_FEED_LUMA && plan->luma == SEAM_LUMA_STUDIO;
}

static inline bool run_is_alpha(const struct seam_plan *plan, int run)
{
    return plan->alpha_in_model && run == plan->runs - 1;
}

/* Whether the run restores one band, copied to all channels. */
static inline bool run_is_single(const struct seam_plan *plan, int run)
{
    return plan->feed == SEAM_FEED_EACH || run_is_alpha(plan, run);
}

/* The band of the picture that such a run works on. */
static inline int run_band(const struct seam_plan *plan, int run)
{
    return run_is_alpha(plan, run) ? plan->picture.bands - 1 : run;
}

/* The bands of the picture that a run of several works on: three, or what is left; else all that
 * are colour. */
static inline struct seam_bands fed_bands(const struct seam_plan *plan, int run)
{
    const int first = plan->feed == SEAM_FEED_GROUPS ? 3 * run : 0;
    const int left = seam_plan_colour_bands(plan) - first;
    return (struct seam_bands){ first, (int)seam_min(left, plan->channels_in) };
}

#endif /* SEAM_TILE_CHANNELS_H */
