/* What a plan costs, by trial runs, and the search for the plan that costs least: the seconds of
 * all padded tiles, within the budget. */
#include <math.h>

#include "base/common.h"
#include "plan/parts.h"

/* Sides to try along one axis: all balanced ones of few tiles, then each by this factor smaller. */
#define FINER 1.04
#define MOST_SIDES 512
/* Time that is not worth more memory, and is less than trial runs can tell. */
#define WORTH_MEMORY 0.02
/* A pixel is taken to cost so much more for each doubling beyond the largest trial: caches end
 * somewhere, and the time for trials ends before. */
#define BEYOND_TRIALS 0.04
/* What a tile costs beyond this size nobody has measured: only where halos cost this much of the
 * work may it be larger. */
#define LARGEST_PIXELS (2304.0 * 2304.0)
#define WORTH_LARGER 0.25

/* The value at `pixels` on the line through two trials. */
static double through(double x0, double y0, double x1, double y1, double x)
{
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

/* The trials on either side of `pixels`, or the two nearest; false where there is but one. */
static bool neighbours(const struct seam_facts *f, double pixels, const struct seam_trial **a,
                       const struct seam_trial **b)
{
    int i = 0;
    while (i + 2 < f->trial_count && (double)f->trials[i + 1].pixels < pixels)
        i++;
    *a = &f->trials[i];
    *b = &f->trials[seam_min(i + 1, f->trial_count - 1)];
    return *a != *b;
}

double seam_cost_seconds(const struct seam_facts *f, double pixels)
{
    const struct seam_trial *a, *b;
    if (f->trial_count == 0)
        return f->seconds_per_pixel * pixels;
    if (!neighbours(f, pixels, &a, &b))
        return a->seconds * pixels / (double)a->pixels;
    /* Per pixel, by the logarithm of the size. */
    const double x0 = log((double)a->pixels), x1 = log((double)b->pixels);
    const double y0 = a->seconds / (double)a->pixels, y1 = b->seconds / (double)b->pixels;
    const double x = fmin(fmax(log(pixels), x0), x1);
    const double beyond = fmax(log2(pixels / (double)b->pixels), 0);
    return through(x0, y0, x1, y1, x) * (1 + BEYOND_TRIALS * beyond) * pixels;
}

/* Of the nearest size tried in batches; beyond those nothing is known to be gained. */
double seam_cost_batch_seconds(const struct seam_facts *f, double pixels)
{
    const double alone = seam_cost_seconds(f, pixels);
    for (int i = 0; i < f->trial_count; i++) {
        const struct seam_trial *t = &f->trials[i];
        if ((double)t->pixels >= pixels)
            return t->batch_seconds > 0
                       ? alone * t->batch_seconds / (SEAM_TRIAL_BATCH * t->seconds) : alone;
    }
    return alone;
}

/* Where every layer cuts off a border, it is the sides that count: bytes = k (width - c) (height -
 * c), of which trials on squares tell k and c. */
static double cropped_bytes(const struct seam_trial *a, const struct seam_trial *b, double width,
                            double height)
{
    const double x0 = sqrt((double)a->pixels), x1 = sqrt((double)b->pixels);
    const double y0 = sqrt((double)a->bytes), y1 = sqrt((double)b->bytes);
    const double across = through(x0, y0, x1, y1, width), down = through(x0, y0, x1, y1, height);
    return across > 0 && down > 0 ? across * down : 0;
}

double seam_cost_bytes(const struct seam_facts *f, double width, double height)
{
    const struct seam_trial *a, *b;
    const double pixels = width * height;
    if (f->trial_count == 0 || f->rows.possible)
        return (double)f->scratch_bytes + f->scratch_per_pixel * pixels;
    const double least = (double)f->trials[0].bytes;
    if (!neighbours(f, pixels, &a, &b)) {
        /* One size says less than the two larger ones that found the geometry. */
        if (f->scratch_per_pixel > 0)
            return fmax((double)f->scratch_bytes + f->scratch_per_pixel * pixels,
                        least * pixels / (double)a->pixels);
        return least * pixels / (double)a->pixels;
    }
    double bytes = through((double)a->pixels, (double)a->bytes, (double)b->pixels,
                           (double)b->bytes, pixels);
    if (f->crop > 0)
        bytes = cropped_bytes(a, b, width, height);
    /* Never less than in proportion: a line that is steep at its end may cross zero. */
    return fmax(bytes, least * fmin(pixels / (double)f->trials[0].pixels, 1));
}

/* The sides of tiles that divide an axis evenly, largest first. */
struct sides {
    int64_t tile[MOST_SIDES];
    int count;
};

/* `given`: the only side that may be, or SEAM_AUTO. */
static void sides_fill(struct sides *s, const struct seam_plan *plan,
                       const struct seam_plan_request *q, int64_t size, int64_t given,
                       int64_t least)
{
    const int64_t aligned = seam_align_up(size, plan->alignment);
    s->count = 0;
    if (given != SEAM_AUTO) {
        s->tile[s->count++] = given;
        return;
    }
    for (int64_t tiles = 1; s->count < MOST_SIDES;
         tiles = seam_max(tiles + 1, (int64_t)((double)tiles * FINER))) {
        int64_t tile = seam_align_up(seam_div_up(aligned, tiles), plan->alignment);
        if (tiles > 1 && plan->blend != SEAM_BLEND_NONE)
            tile += q->params->overlap >= 0
                        ? seam_align_up(q->params->overlap, plan->alignment)
                        : (int64_t)((double)tile * q->params->overlap_percent /
                                    (100 - q->params->overlap_percent));
        if (tiles > 1 && tile < least)
            break;
        s->tile[s->count++] = seam_min(tile, SEAM_LARGEST_SIDE);
    }
}

struct search {
    struct seam_plan_request *q;
    const struct sides *x, *y;
    double most_pixels; /* of a padded tile */
};

double seam_plan_seconds(const struct seam_plan *plan, const struct seam_facts *facts)
{
    const double tiles = (double)plan->x.tiles * (double)plan->y.tiles * plan->runs;
    const double pixels = (double)plan->x.padded * (double)plan->y.padded;
    /* A trial makes anew in each pass what the run keeps. */
    const bool keeps = plan->rows && facts->passes > 1 && facts->pass_share > 0;
    const bool anew = !plan->rows && plan->passes > 1;
    const double runs = (keeps ? facts->pass_share : anew ? facts->pass_work : 1) * tiles;
    return runs * (plan->batch > 1 ? seam_cost_batch_seconds(facts, pixels)
                                   : seam_cost_seconds(facts, pixels));
}

/* Whether `a` is to be taken rather than `b`, where both are fast enough. */
static bool smaller(const struct seam_plan *a, const struct seam_plan *b)
{
    return a->peak_bytes != b->peak_bytes ? a->peak_bytes < b->peak_bytes : a->seconds < b->seconds;
}

/* The tile that *s->q wants, one in a run or, where that is left open and was tried, several. */
static void search_one(const struct search *s, double enough, struct seam_plan *best)
{
    const bool open = s->q->params->batch == SEAM_AUTO && s->q->facts->batches;
    for (int batch = s->q->batch;; batch = s->q->batch = SEAM_TRIAL_BATCH) {
        struct seam_plan plan = *best;
        if (seam_plan_layout(&plan, s->q) == SEAM_OK && seam_plan_fits(&plan, s->q->worth) &&
            (double)plan.x.padded * (double)plan.y.padded <= s->most_pixels) {
            plan.seconds = seam_plan_seconds(&plan, s->q->facts);
            if (enough > 0 ? plan.seconds <= enough && smaller(&plan, best)
                           : plan.seconds < best->seconds)
                *best = plan;
        }
        if (!open || batch == SEAM_TRIAL_BATCH)
            break;
    }
    s->q->batch = open ? 1 : s->q->batch;
}

/* Take into *best, of all plans within the limits, the fastest; or the one that needs least memory
 * of those that take no more than `enough` seconds, if that is above 0. */
static void search_all(const struct search *s, double enough, struct seam_plan *best)
{
    for (int i = 0; i < s->x->count; i++)
        for (int j = 0; j < s->y->count; j++) {
            s->q->tile_width = s->x->tile[i];
            s->q->tile_height = s->y->tile[j];
            search_one(s, enough, best);
        }
}

void seam_plan_search_cost(struct seam_plan *plan, struct seam_plan_request *q)
{
    const struct seam_facts *facts = q->facts;
    plan->seconds = seam_plan_seconds(plan, facts);
    const bool fixed = facts->fixed_width || facts->fixed_height;
    const bool given = q->params->tile_width != SEAM_AUTO && q->params->tile_height != SEAM_AUTO;
    if (facts->trial_count == 0 || fixed || given)
        return;
    struct sides x, y;
    const int64_t least = seam_plan_least_tile(plan, q);
    sides_fill(&x, plan, q, plan->picture.width, q->params->tile_width, least);
    sides_fill(&y, plan, q, plan->picture.height, q->params->tile_height, least);
    struct search s = { .q = q,
                        .x = &x,
                        .y = &y,
                        .most_pixels =
                            fmax(LARGEST_PIXELS,
                                 4 * (double)facts->trials[facts->trial_count - 1].pixels) };
    struct seam_log *log = q->log;
    const struct seam_plan table = *plan;
    q->log = NULL; /* that a tile cannot be is no failure */
    if (plan->peak_bytes > q->worth)
        plan->seconds = INFINITY;
    search_all(&s, 0, plan);
    if (plan->waste > WORTH_LARGER) {
        s.most_pixels = INFINITY;
        search_all(&s, 0, plan);
    }
    if (isfinite(plan->seconds))
        search_all(&s, plan->seconds * (1 + WORTH_MEMORY), plan);
    else
        *plan = table;
    q->log = log;
}
