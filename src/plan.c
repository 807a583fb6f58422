#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "geometry.h"
#include "log.h"
#include "names.h"
#include "plan.h"
#include "text.h"

#define DEFAULT_HALO 32
/* Below this a tile is mostly halo; the search for a tile that fits memory ends here. */
#define SMALLEST_TILE 32
/* A tile is grown where halo and overlap cost more than this share, by what saves this much. */
#define WORTH_GROWING 0.25
#define GAIN_WORTH_GROWING 0.02
/* Beyond this no format nor library goes, and no product of two sizes leaves int64_t. */
#define LARGEST_SIDE INT32_MAX

/* What the search for a tile varies, and what it must keep. */
struct request {
    const struct seam_facts *facts;
    const struct seam_params *params;
    struct seam_log *log;
    int64_t tile_width, tile_height; /* targets wanted; the plan's are balanced, so at most these */
};

void seam_params_init(struct seam_params *params)
{
    *params = (struct seam_params){
        .tile_width = SEAM_AUTO,
        .tile_height = SEAM_AUTO,
        .halo = SEAM_AUTO,
        .overlap = SEAM_AUTO,
        .overlap_percent = 10,
        .blend = SEAM_BLEND_AUTO,
        .edge = SEAM_EDGE_REFLECT,
        .alpha = SEAM_ALPHA_SCALE,
        .luma = SEAM_LUMA_FULL,
        .order = SEAM_ORDER_RGB,
        .range_lo = NAN,
        .range_hi = NAN,
        .strength = 1,
        .out_sample = SEAM_AUTO,
    };
}

size_t seam_sample_bytes(enum seam_sample sample)
{
    switch (sample) {
    case SEAM_SAMPLE_U8: return 1;
    case SEAM_SAMPLE_U16: return 2;
    case SEAM_SAMPLE_F32: break;
    }
    return 4;
}

int seam_plan_colour_bands(const struct seam_plan *plan)
{
    return plan->picture.bands - (plan->picture.alpha ? 1 : 0);
}

bool seam_plan_blends(const struct seam_plan *plan)
{
    return plan->x.overlap > 0 || plan->y.overlap > 0;
}

bool seam_plan_needs_planes(const struct seam_plan *plan)
{
    /* Channels that are neither in order nor in reverse are sorted out on the way. */
    const bool shuffled = plan->order == SEAM_ORDER_BGR && plan->channels_in > 3;
    return plan->feed != SEAM_FEED_DIRECT || plan->picture.alpha || shuffled;
}

int64_t seam_plan_result_width(const struct seam_plan *plan)
{
    return (plan->x.padded - 2 * plan->crop) * plan->scale_num / plan->scale_den;
}

int64_t seam_plan_result_height(const struct seam_plan *plan)
{
    return (plan->y.padded - 2 * plan->crop) * plan->scale_num / plan->scale_den;
}

/* The table of the design: what a tile may be before the network's own appetite is known. */
static int64_t plan_table_tile(uint64_t pool)
{
    const uint64_t gb = 1000000000;
    if (pool >= 64 * gb)
        return 2048;
    if (pool >= 24 * gb)
        return 1024;
    return 512;
}

static enum seam_result plan_check_picture(const struct seam_picture *p, struct seam_log *log)
{
    if (p->width < 1 || p->height < 1 || p->width > LARGEST_SIDE || p->height > LARGEST_SIDE)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a picture of %" PRId64 " x %" PRId64 " pixels: each side must be "
                             "1 to %d", p->width, p->height, LARGEST_SIDE);
    if (p->bands < (p->alpha ? 2 : 1) || p->bands > 4096)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a picture of %d bands%s cannot be restored", p->bands,
                             p->alpha ? ", alpha included," : "");
    if (!seam_sample_name(p->sample) || !seam_transfer_name(p->transfer))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a picture with samples of type %d and transfer %d: no such type",
                             (int)p->sample, (int)p->transfer);
    if (p->transfer != SEAM_TRANSFER_NONE && p->sample != SEAM_SAMPLE_F32)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a picture in linear light must have float samples, not %s bits",
                             seam_sample_name(p->sample));
    return SEAM_OK;
}

/* `name` is what the tables of names.c say of the value: NULL where it is none of theirs. */
static enum seam_result plan_check_name(const char *setting, const char *name, int value,
                                        struct seam_log *log)
{
    if (name)
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s is %d: there is no such value", setting,
                         value);
}

static enum seam_result plan_check_size(const char *name, int64_t value, int64_t least,
                                        struct seam_log *log)
{
    if (value == SEAM_AUTO || (value >= least && value <= LARGEST_SIDE))
        return SEAM_OK;
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "%s is %" PRId64 ": it must be %" PRId64 " to %d pixels, or auto", name,
                         value, least, LARGEST_SIDE);
}

static enum seam_result plan_check_params(const struct seam_params *p, struct seam_log *log)
{
    enum seam_result r;
    if ((r = plan_check_size("the tile width", p->tile_width, 1, log)) ||
        (r = plan_check_size("the tile height", p->tile_height, 1, log)) ||
        (r = plan_check_size("the halo", p->halo, 0, log)) ||
        (r = plan_check_size("the overlap", p->overlap, 0, log)))
        return r;
    if (!(p->overlap_percent >= 0 && p->overlap_percent <= 50))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "an overlap of %g %%: it must be 0 to 50 %% of the tile",
                             p->overlap_percent);
    /* NaN leaves either end to the model, whose range is sane. */
    if (isinf(p->range_lo) || isinf(p->range_hi) || p->range_lo == p->range_hi)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a range of %g..%g: give two different finite numbers, such as 0..255",
                             p->range_lo, p->range_hi);
    if (!(p->strength >= 0 && p->strength <= 1))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "a strength of %g: it must be 0 to 1",
                             p->strength);
    if (p->out_sample != SEAM_AUTO &&
        (r = plan_check_name("the type of output samples",
                             seam_sample_name((enum seam_sample)p->out_sample), p->out_sample, log)))
        return r;
    if ((r = plan_check_name("the edge", seam_edge_name(p->edge), (int)p->edge, log)) ||
        (r = plan_check_name("the blend", seam_blend_name(p->blend), (int)p->blend, log)) ||
        (r = plan_check_name("the alpha mode", seam_alpha_name(p->alpha), (int)p->alpha, log)) ||
        (r = plan_check_name("the luma mode", seam_luma_name(p->luma), (int)p->luma, log)) ||
        (r = plan_check_name("the order", seam_order_name(p->order), (int)p->order, log)))
        return r;
    return SEAM_OK;
}

/* Decide which band of the picture meets which channel of the network. */
static enum seam_result plan_feed(struct seam_plan *plan, const struct request *q)
{
    const struct seam_picture *picture = &plan->picture;
    int in = q->facts->channels_in, out = q->facts->channels_out;
    plan->channels_in = in;
    plan->channels_out = out;
    /* A network of as many channels as the picture has bands takes alpha as one of them. */
    if (picture->alpha && in == picture->bands && in > 2)
        plan->picture.alpha = false;
    int colour = seam_plan_colour_bands(plan);

    int colour_out;
    if (in == colour) {
        plan->feed = SEAM_FEED_DIRECT;
        colour_out = out;
    } else if (in == 1 && colour == 3 && q->params->luma != SEAM_LUMA_EACH) {
        plan->feed = SEAM_FEED_LUMA;
        colour_out = out == 1 ? 3 : out;
    } else if (in == out && (in == 1 || in == 3)) {
        plan->feed = SEAM_FEED_EACH;
        colour_out = colour;
    } else if (in == 3 && colour == 1) {
        plan->feed = SEAM_FEED_EACH;
        colour_out = out;
    } else {
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "%s: a network of %d channels in and %d out cannot restore a picture "
                             "of %d colour bands", q->facts->name, in, out, colour);
    }
    bool alpha = plan->picture.alpha;
    plan->alpha_in_model = alpha && q->params->alpha == SEAM_ALPHA_MODEL;
    if (plan->alpha_in_model && (in != out || (in != 1 && in != 3)))
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "%s: alpha goes through networks of 1 or 3 channels, this one has %d "
                             "in and %d out; use --alpha scale", q->facts->name, in, out);
    if (q->params->strength != 1 &&
        (plan->scale_num != plan->scale_den || colour_out != colour))
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "a strength of %g needs a network whose result lies over the picture, "
                             "pixel by pixel: %s gives another size or other channels",
                             q->params->strength, q->facts->name);
    plan->fill_alpha = alpha;
    plan->runs = (plan->feed == SEAM_FEED_EACH ? colour : 1) + plan->alpha_in_model;
    plan->out_bands = colour_out + alpha;
    return SEAM_OK;
}

/* Whether something beside the network is resampled, which needs context of its own. */
static bool plan_resamples(const struct seam_plan *plan)
{
    bool alpha = plan->picture.alpha && !plan->alpha_in_model;
    return plan->scale_num != plan->scale_den && (alpha || plan->feed == SEAM_FEED_LUMA);
}

static int64_t plan_resample_reach(const struct seam_plan *plan)
{
    return SEAM_RESAMPLE_REACH * seam_max(1, seam_div_up(plan->scale_den, plan->scale_num));
}

/* Origins of tiles of a fixed shape are multiples of the alignment only where the shape is. */
static enum seam_result plan_check_fixed(const struct seam_plan *plan, const struct request *q)
{
    const struct seam_facts *f = q->facts;
    const int64_t a = plan->alignment;
    if (f->fixed_width % a == 0 && f->fixed_height % a == 0)
        return SEAM_OK;
    return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                         "%s takes %" PRId64 " x %" PRId64 " pixels at a time, no multiple of an "
                         "alignment of %" PRId64 ": use --align %" PRId64, f->name, f->fixed_width,
                         f->fixed_height, a,
                         seam_gcd(a, seam_gcd(f->fixed_width, f->fixed_height)));
}

static enum seam_result plan_halo(struct seam_plan *plan, const struct request *q)
{
    const struct seam_facts *facts = q->facts;
    /* Chroma that is resampled sees as far as its kernel, and filled colours farther still. */
    const int64_t beside = plan_resamples(plan) ? plan_resample_reach(plan) : 0;
    const int64_t seen = plan->feed == SEAM_FEED_LUMA ? seam_max(facts->field, beside) : facts->field;
    const int64_t exact = seen + (plan->fill_alpha ? SEAM_FILL_RADIUS : 0);
    int64_t halo = q->params->halo;
    if (halo == SEAM_AUTO)
        halo = facts->field_known ? exact : DEFAULT_HALO;
    halo = seam_max(halo, facts->crop);
    halo = seam_align_up(seam_max(halo, beside), plan->alignment);

    int64_t fixed = facts->fixed_width;
    if (facts->fixed_height && (!fixed || facts->fixed_height < fixed))
        fixed = facts->fixed_height;
    if (fixed && 2 * halo + plan->alignment > fixed) {
        int64_t most = seam_max(fixed / 4 / plan->alignment * plan->alignment,
                                seam_align_up(facts->crop, plan->alignment));
        if (q->params->halo != SEAM_AUTO || 2 * most >= fixed)
            return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                                 "a halo of %" PRId64 " leaves nothing of the %" PRId64 " pixels "
                                 "that %s takes at a time: use --halo %" PRId64, halo, fixed,
                                 facts->name, most);
        halo = most;
    }
    plan->halo = halo;
    plan->exact =
        facts->field_known && halo >= seam_max(exact, beside) ? facts->exact : SEAM_EXACT_NO;
    return SEAM_OK;
}

static void plan_blend(struct seam_plan *plan, const struct request *q)
{
    plan->blend = q->params->blend;
    if (plan->blend == SEAM_BLEND_AUTO) {
        bool agree = plan->exact != SEAM_EXACT_NO;
        plan->blend = agree && q->params->overlap <= 0 ? SEAM_BLEND_NONE : SEAM_BLEND_LINEAR;
    }
    if (q->params->overlap == 0 || (q->params->overlap < 0 && q->params->overlap_percent <= 0))
        plan->blend = SEAM_BLEND_NONE;
}

/* Lay out one axis: balanced cores, one padded shape, all of it inside what a whole run sees. */
static enum seam_result plan_axis(struct seam_axis *axis, const struct seam_plan *plan,
                                  const struct request *q, int64_t size, int64_t tile,
                                  int64_t fixed)
{
    const int64_t a = plan->alignment;
    const bool model_edge = plan->edge == SEAM_EDGE_MODEL;
    const int64_t margin = model_edge ? seam_align_up(plan->crop, a) : plan->halo;
    *axis = (struct seam_axis){ .size = size, .aligned = seam_align_up(size, a) };
    axis->domain_begin = -margin;
    axis->domain_end = seam_max(axis->aligned + margin, fixed - margin);
    axis->out_size = seam_div_up(size * plan->scale_num, plan->scale_den);

    if (fixed)
        tile = fixed - 2 * plan->halo;
    axis->tiles = 1;
    axis->core = axis->aligned;
    axis->padded = fixed ? fixed : axis->domain_end - axis->domain_begin;
    if (tile >= axis->aligned || (fixed && fixed >= axis->aligned + 2 * margin)) {
        axis->tile = axis->core;
        return SEAM_OK;
    }
    if (plan->blend != SEAM_BLEND_NONE) {
        double percent = (double)tile * q->params->overlap_percent / 100;
        axis->overlap = seam_align_up(seam_max(q->params->overlap, 0), a);
        if (q->params->overlap < 0) /* no more than a tile can bear, whatever the alignment */
            axis->overlap = seam_min(seam_align_up(llround(percent), a),
                                     seam_max(tile / 2 / a * a, a));
    }
    int64_t most = (tile - axis->overlap) / a * a;
    if (most < axis->overlap || most < a)
        return seam_log_fail(q->log, SEAM_ERROR_ARGUMENT,
                             "a tile of %" PRId64 " with an overlap of %" PRId64 " and alignment %"
                             PRId64 ": a tile must be at least twice the overlap, and %" PRId64
                             " more than it; use a larger --tile or a smaller --overlap", tile,
                             axis->overlap, a, a);
    int64_t tiles = seam_div_up(axis->aligned, most);
    axis->core = seam_align_up(seam_div_up(axis->aligned, tiles), a);
    axis->core = seam_max(axis->core, axis->overlap);
    axis->tiles = seam_div_up(axis->aligned, axis->core);
    axis->tile = axis->core + axis->overlap;
    if (!fixed)
        axis->padded = seam_min(seam_align_up(axis->tile + 2 * plan->halo, a),
                                axis->domain_end - axis->domain_begin);
    return SEAM_OK;
}

/* Most input rows held at a time. A row is dropped when no later band reads it; only the bands
 * that cross the bottom read rows above their own first. */
static int64_t plan_window_rows(const struct seam_plan *plan)
{
    int64_t most = 0, later = plan->picture.height;
    for (int64_t i = plan->y.tiles - 1; i >= 0; i--) {
        struct seam_span reads = seam_axis_reads(&plan->y, plan->edge, plan->halo, i);
        later = seam_min(later, reads.begin);
        most = seam_max(most, reads.end - later);
    }
    return most;
}

static bool add_product(uint64_t *sum, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t p;
    if (!seam_mul_size(a, b, &p) || !seam_mul_size(p, c, &p) || !seam_mul_size(p, d, &p) ||
        p > INT64_MAX || *sum > INT64_MAX - p)
        return false;
    *sum += p;
    return true;
}

/* Count every byte the plan needs; false where they do not fit in 63 bits. */
static bool plan_memory(struct seam_plan *plan, const struct seam_facts *facts)
{
    const struct seam_picture *in = &plan->picture;
    const bool blends = seam_plan_blends(plan);
    const double scratch = facts->scratch_per_pixel * (double)plan->x.padded *
                           (double)plan->y.padded;
    uint64_t padded, result;
    if (!seam_mul_size((uint64_t)plan->x.padded, (uint64_t)plan->y.padded, &padded) ||
        !seam_mul_size((uint64_t)seam_plan_result_width(plan),
                       (uint64_t)seam_plan_result_height(plan), &result) ||
        !(scratch < (double)(INT64_MAX / 2)) || facts->scratch_bytes > INT64_MAX / 2)
        return false;
    const int planes = seam_plan_needs_planes(plan) ? in->bands : 0;

    plan->window_rows = plan_window_rows(plan);
    plan->band_rows = seam_div_up((plan->y.tile + plan->y.overlap) * plan->scale_num,
                                  plan->scale_den);
    plan->window_bytes = plan->band_bytes = plan->tensor_bytes = plan->peak_bytes = 0;
    if (!add_product(&plan->window_bytes, (uint64_t)plan->window_rows, (uint64_t)in->width,
                     (uint64_t)in->bands, seam_sample_bytes(in->sample)) ||
        !add_product(&plan->band_bytes, (uint64_t)plan->band_rows, (uint64_t)plan->x.out_size,
                     (uint64_t)plan->out_bands, blends ? 4 : seam_sample_bytes(plan->out_sample)) ||
        !add_product(&plan->tensor_bytes, padded, (uint64_t)(plan->channels_in + planes), 4, 1) ||
        !add_product(&plan->tensor_bytes, result, (uint64_t)plan->channels_out, 4, 1))
        return false;
    plan->scratch_bytes = facts->scratch_bytes + (uint64_t)scratch;
    const uint64_t parts[] = { plan->window_bytes, plan->band_bytes, plan->tensor_bytes,
                               plan->scratch_bytes, plan->base_bytes };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(parts); i++)
        if (!add_product(&plan->peak_bytes, parts[i], 1, 1, 1))
            return false;
    return true;
}

static enum seam_result plan_layout(struct seam_plan *plan, const struct request *q)
{
    const struct seam_picture *p = &plan->picture;
    enum seam_result r = plan_axis(&plan->x, plan, q, p->width, q->tile_width,
                                   q->facts->fixed_width);
    if (r == SEAM_OK)
        r = plan_axis(&plan->y, plan, q, p->height, q->tile_height, q->facts->fixed_height);
    if (r != SEAM_OK)
        return r;
    double seen = (double)plan->x.padded * (double)plan->x.tiles * (double)plan->y.padded *
                  (double)plan->y.tiles;
    plan->waste = seen / ((double)p->width * (double)p->height) - 1;
    if (!plan_memory(plan, q->facts))
        return seam_log_fail(q->log, SEAM_ERROR_MEMORY,
                             "a picture of %" PRId64 " x %" PRId64 " with %d bands in tiles of "
                             "%" PRId64 " x %" PRId64 " and their halo needs more memory than can "
                             "be counted: use a smaller --tile or --halo", p->width, p->height,
                             p->bands, plan->x.padded, plan->y.padded);
    return SEAM_OK;
}

/* No tile that is left to the plan is smaller: it must bear the alignment and twice the overlap. */
static int64_t plan_least_tile(const struct seam_plan *plan, const struct request *q)
{
    const int64_t a = plan->alignment, overlap = seam_align_up(seam_max(q->params->overlap, 0), a);
    return seam_max(seam_align_up(SMALLEST_TILE, a), 2 * seam_max(overlap, a));
}

/* The next smaller side in the order of halves; it ends at the same sizes whatever it began with,
 * so that a budget that is named as enough is enough. */
static int64_t plan_halve(int64_t wanted, int64_t planned, int64_t least)
{
    while (wanted >= planned && wanted > least)
        wanted = seam_max(wanted / 2, least);
    return wanted;
}

/* Halve the side that costs most, if it may be; false when both are at their smallest. */
static bool plan_shrink(const struct seam_plan *plan, struct request *q)
{
    const int64_t least = plan_least_tile(plan, q);
    const int64_t width = plan_halve(q->tile_width, plan->x.tile, least);
    const int64_t height = plan_halve(q->tile_height, plan->y.tile, least);
    const bool may_width = q->params->tile_width == SEAM_AUTO && !q->facts->fixed_width &&
                           width < plan->x.tile;
    const bool may_height = q->params->tile_height == SEAM_AUTO && !q->facts->fixed_height &&
                            height < plan->y.tile;
    if (!may_width && !may_height)
        return false;
    /* Rows of the whole width cost by height alone, the tile's tensors by both sides. */
    const bool rows_dominate =
        plan->window_bytes + plan->band_bytes > plan->tensor_bytes + plan->scratch_bytes;
    if (may_height && (!may_width || rows_dominate || plan->y.tile >= plan->x.tile))
        q->tile_height = height;
    else
        q->tile_width = width;
    return true;
}

/* From tiles of `start` down to the smallest, until one fits: SEAM_ERROR_MEMORY, with the cheapest
 * of them in *least, where none does. */
static enum seam_result plan_search(struct seam_plan *plan, struct request *q, int64_t start,
                                    struct seam_plan *least)
{
    start = seam_max(start, plan_least_tile(plan, q));
    q->tile_width = q->params->tile_width == SEAM_AUTO ? start : q->params->tile_width;
    q->tile_height = q->params->tile_height == SEAM_AUTO ? start : q->params->tile_height;
    least->peak_bytes = UINT64_MAX;
    do {
        enum seam_result r = plan_layout(plan, q);
        if (r != SEAM_OK || plan->peak_bytes <= plan->budget_bytes)
            return r;
        if (plan->peak_bytes < least->peak_bytes)
            *least = *plan;
    } while (plan_shrink(plan, q));
    return SEAM_ERROR_MEMORY;
}

/* The budget to name: what a process holds before it begins differs by one or two megabytes between
 * runs, and the budget that is named must do in the next one. */
static uint64_t plan_enough_megabytes(uint64_t bytes)
{
    return bytes / 1000000 + bytes / 25000000 + 3;
}

static enum seam_result plan_fit(struct seam_plan *plan, struct request *q, int64_t table)
{
    struct seam_plan least = *plan;
    enum seam_result r = plan_search(plan, q, table, &least);
    /* A budget that is named is looked up in the table too, and the way down must be the same. */
    if (r == SEAM_ERROR_MEMORY && table != plan_table_tile(0))
        r = plan_search(plan, q, plan_table_tile(0), &least);
    if (r != SEAM_ERROR_MEMORY)
        return r;
    bool given = q->params->tile_width != SEAM_AUTO || q->params->tile_height != SEAM_AUTO;
    return seam_log_fail(q->log, SEAM_ERROR_MEMORY,
                         "%s on a picture %" PRId64 " pixels wide with a tile of %" PRId64 " x %"
                         PRId64 " needs %s, the budget is %s: use --memory %" PRIu64 "M or more%s",
                         q->facts->name, plan->picture.width, least.x.tile, least.y.tile,
                         seam_text_bytes(least.peak_bytes).s,
                         seam_text_bytes(plan->budget_bytes).s,
                         plan_enough_megabytes(least.peak_bytes),
                         given ? ", or leave out --tile" : "");
}

/* Where the halo costs much, larger tiles cost less: grow as long as that pays and fits. */
static void plan_grow(struct seam_plan *plan, struct request *q)
{
    if (q->params->tile_width != SEAM_AUTO || q->params->tile_height != SEAM_AUTO ||
        q->facts->fixed_width || !q->facts->field_known)
        return;
    struct seam_plan larger = *plan;
    struct seam_log *log = q->log;
    q->log = NULL; /* that a larger tile cannot be is no failure */
    while (plan->waste > WORTH_GROWING && plan->x.tiles * plan->y.tiles > 1) {
        q->tile_width = seam_min(2 * q->tile_width, LARGEST_SIDE);
        q->tile_height = seam_min(2 * q->tile_height, LARGEST_SIDE);
        if (plan_layout(&larger, q) != SEAM_OK || larger.peak_bytes > larger.budget_bytes ||
            larger.waste > plan->waste - GAIN_WORTH_GROWING)
            break;
        *plan = larger;
    }
    q->log = log;
}

enum seam_result seam_plan_make(struct seam_plan *plan, const struct seam_picture *picture,
                                const struct seam_facts *facts, const struct seam_params *params,
                                const struct seam_machine *machine, struct seam_log *log)
{
    enum seam_result r = plan_check_picture(picture, log);
    if (r == SEAM_OK)
        r = plan_check_params(params, log);
    if (r != SEAM_OK)
        return r;
    const int out_sample =
        params->out_sample == SEAM_AUTO ? (int)picture->sample : params->out_sample;
    const bool stated = params->memory && params->memory < machine->pool;
    const int64_t table = plan_table_tile(stated ? params->memory : machine->pool);
    struct request q = {
        .facts = facts,
        .params = params,
        .log = log,
    };
    *plan = (struct seam_plan){
        .picture = *picture,
        .scale_num = facts->scale_num,
        .scale_den = facts->scale_den,
        .alignment = seam_lcm(facts->alignment, facts->scale_den),
        .crop = facts->crop,
        .edge = params->edge,
        .luma = params->luma,
        .order = params->order,
        .range_lo = isnan(params->range_lo) ? facts->range_lo : params->range_lo,
        .range_hi = isnan(params->range_hi) ? facts->range_hi : params->range_hi,
        .strength = params->strength,
        .out_sample = (enum seam_sample)out_sample,
        .base_bytes = machine->resident,
        .budget_bytes = params->memory ? params->memory
                                       : machine->resident + machine->available / 10 * 9,
    };
    if ((r = plan_feed(plan, &q)) || (r = plan_check_fixed(plan, &q)) ||
        (r = plan_halo(plan, &q)))
        return r;
    plan_blend(plan, &q);
    r = plan_fit(plan, &q, table);
    if (r == SEAM_OK)
        plan_grow(plan, &q);
    return r;
}
