#include <inttypes.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "model/any_size.h"
#include "model/geometry_probe.h"
#include "model/timer.h"

/* Alignments to try, in this order: the smallest that works is taken. */
static const int64_t candidates[] = { 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48,
                                      56, 64, 96, 128 };

/* No network scales by more, nor by a ratio of larger numbers. */
#define LARGEST_SCALE 16

/* Bases to try: between them they are multiples of every candidate, small ones first. Those below
 * 64 are too small to find an alignment by, and serve where it is known. */
static const int64_t bases[] = { 16, 32, 64, 96, 120, 112, 128, 192, 256, 384 };
#define LEAST_BASE_TO_ALIGN 64

/* The engine's memory is looked at up to this base, as long as a run is short; but at two sizes if
 * that does not take long. */
#define LARGEST_MEMORY_BASE 128
#define LONGEST_MEMORY_RUN 0.1
#define LONGEST_SECOND_RUN 1.0

struct probe {
    const struct seam_engine_ops *ops;
    void *engine;
    struct seam_facts *facts;
    struct seam_log *log;
    struct seam_log quiet; /* keeps why the last trial failed; failing is expected */
    const struct seam_trial_limits *limits;
    bool cancelled;
};

static bool probe_try(struct probe *p, struct seam_engine_trial *trial, int64_t width,
                      int64_t height)
{
    *trial = (struct seam_engine_trial){ .width = width, .height = height };
    seam_log_clear(&p->quiet);
    p->cancelled = p->cancelled || seam_cancel_asked(&p->limits->cancel);
    if (p->cancelled)
        return false;
    struct seam_timer timer;
    seam_timer_start(&timer);
    const bool ok = p->ops->try_size(p->engine, trial, &p->quiet) == SEAM_OK;
    const double seconds = seam_timer_stop(&timer, p->limits->threads);
    if (ok)
        p->facts->seconds_per_pixel = seconds / (double)(width * height);
    if (ok && trial->seen) {
        p->facts->grey_least = (double)trial->least;
        p->facts->grey_most = (double)trial->most;
    }
    return ok;
}

/* Whether an output of `out` pixels is s * (in - 2 * crop) for what is known so far. */
static bool probe_fits(const struct seam_facts *f, int64_t in, int64_t out)
{
    return (in - 2 * f->crop) * f->scale_num == out * f->scale_den;
}

/* Two different sides in one run give the scale and what is cropped. */
static bool probe_scale(struct seam_facts *f, const struct seam_engine_trial *t)
{
    int64_t num = t->out_width - t->out_height, den = t->width - t->height;
    if (num <= 0 || t->out_height <= 0)
        return false;
    const int64_t common = seam_gcd(num, den);
    f->scale_num = num / common;
    f->scale_den = den / common;
    if (f->scale_num > LARGEST_SCALE || f->scale_den > LARGEST_SCALE)
        return false;
    /* in - out / s, of both sides together */
    const int64_t lost = t->height * f->scale_num - t->out_height * f->scale_den;
    if (lost < 0 || lost % (2 * f->scale_num) != 0)
        return false;
    f->crop = lost / (2 * f->scale_num);
    f->channels_out = t->channels_out;
    return probe_fits(f, t->width, t->out_width);
}

/* A network of fixed shape: the scale is that of its one size, and nothing can be cropped. */
static bool probe_fixed(struct seam_facts *f, const struct seam_engine_trial *t)
{
    const int64_t common = seam_gcd(t->out_width, t->width);
    f->scale_num = t->out_width / common;
    f->scale_den = t->width / common;
    f->crop = 0;
    f->channels_out = t->channels_out;
    if (t->out_width > 0 && f->scale_num <= LARGEST_SCALE &&
        f->scale_den <= LARGEST_SCALE)
        return probe_fits(f, t->height, t->out_height);
    /* Not s * in for a plain s: s * (in - 2 * crop), with the largest s that leaves both equal. */
    for (f->scale_num = 8, f->scale_den = 1; f->scale_num >= 1; f->scale_num--) {
        const int64_t lost = t->width * f->scale_num - t->out_width;
        f->crop = lost / (2 * f->scale_num);
        if (lost >= 0 && 4 * f->crop < t->width && probe_fits(f, t->width, t->out_width) &&
            probe_fits(f, t->height, t->out_height))
            return true;
    }
    return false;
}

/* A network whose file tells of any size and whose graph has one written into it, as exports of
 * window attention often have: it runs at that one size. */
static bool probe_baked(struct probe *p)
{
    struct seam_facts *f = p->facts;
    struct seam_engine_trial t;
    for (size_t i = 0; i < SEAM_TRACED; i++) {
        if (!probe_try(p, &t, seam_traced[i], seam_traced[i]) || !probe_fixed(f, &t))
            continue;
        f->fixed_width = f->fixed_height = seam_traced[i];
        f->scratch_bytes = t.scratch_bytes;
        f->alignment = seam_max(f->alignment, 1);
        seam_notice(p->log,
                    "%s runs on %" PRId64 " x %" PRId64 " pixels alone, though its file says "
                    "any: that size was fixed when it was exported",
                    f->name, t.width, t.height);
        return true;
    }
    return false;
}

static enum seam_result probe_failed(struct probe *p, const struct seam_engine_trial *t)
{
    const char *name = p->facts->name;
    if (p->cancelled)
        return SEAM_CANCELLED;
    if (p->quiet.result != SEAM_OK)
        return seam_log_fail(p->log, p->quiet.result == SEAM_ERROR_MEMORY ? SEAM_ERROR_MEMORY
                                                                           : SEAM_ERROR_MODEL,
                             "%s: no trial run succeeded%s; the last, on %" PRId64 " x %" PRId64
                             " pixels: %s", name,
                             strstr(p->quiet.error, "eshape")
                                 ? " (a size that is fixed within it; export it with dynamic sizes)"
                                 : "", t->width, t->height, p->quiet.error);
    return seam_log_fail(p->log, SEAM_ERROR_MODEL,
                         "%s is no image-to-image network: a picture of %" PRId64 " x %" PRId64
                         " pixels gives %" PRId64 " x %" PRId64 ", which does not follow the size "
                         "of the picture (--output NAME takes another output)", name, t->width,
                         t->height, t->out_width, t->out_height);
}

/* The smallest alignment at which odd multiples give the right size in both directions; 0: none. */
static int64_t probe_alignment(struct probe *p, int64_t base)
{
    for (size_t i = 0; i <= SEAM_ARRAY_LEN(candidates); i++) {
        const int64_t a = i < SEAM_ARRAY_LEN(candidates) ? candidates[i] : base;
        if (base % a != 0)
            continue;
        struct seam_engine_trial t;
        const int64_t width = (base / a + 1 - (base / a) % 2) * a;
        if (probe_try(p, &t, width, width + 2 * a) &&
            probe_fits(p->facts, t.width, t.out_width) &&
            probe_fits(p->facts, t.height, t.out_height))
            return a;
    }
    return 0;
}

/* Engine memory as a line through two sizes. */
static void probe_memory(struct seam_facts *f, const struct seam_engine_trial *small,
                         const struct seam_engine_trial *large)
{
    const double pixels = (double)(large->width * large->height - small->width * small->height);
    if (large->scratch_bytes <= small->scratch_bytes || pixels <= 0)
        return;
    f->scratch_per_pixel = (double)(large->scratch_bytes - small->scratch_bytes) / pixels;
    const double rest = (double)small->scratch_bytes -
                        f->scratch_per_pixel * (double)(small->width * small->height);
    f->scratch_bytes = rest > 0 ? (uint64_t)rest : 0;
}

/* Whether to look at a size of four times the pixels. What it takes is told by the size before. */
static bool probe_may_grow(const struct probe *p, const struct seam_engine_trial *t, bool second)
{
    const double seconds = p->facts->seconds_per_pixel * 4 * (double)(t->width * t->height);
    return t->scratch_bytes && 4 * t->scratch_bytes <= p->limits->bytes &&
           (second || 2 * t->height <= LARGEST_MEMORY_BASE) &&
           seconds <= (second ? LONGEST_SECOND_RUN : LONGEST_MEMORY_RUN);
}

/* See what the engine takes at ever larger sizes. */
static void probe_grow(struct probe *p, struct seam_engine_trial small)
{
    struct seam_facts *f = p->facts;
    struct seam_engine_trial large;
    for (bool second = true; probe_may_grow(p, &small, second); second = false) {
        if (!probe_try(p, &large, 2 * small.width, 2 * small.height))
            break;
        probe_memory(f, &small, &large);
        small = large;
    }
    /* One size alone is a guess at what others take, and rather too much. */
    if (f->scratch_per_pixel <= 0)
        f->scratch_per_pixel = (double)small.scratch_bytes / (double)(small.width * small.height);
}

static enum seam_result probe_dynamic(struct probe *p)
{
    struct seam_facts *f = p->facts;
    struct seam_engine_trial trial, odd = { 0 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(bases); i++) {
        if (!f->alignment && bases[i] < LEAST_BASE_TO_ALIGN)
            continue;
        const int64_t step = f->alignment ? f->alignment : 1;
        const int64_t base = seam_align_up(bases[i], step);
        if (!probe_try(p, &trial, 2 * base, base))
            continue;
        /* A network that rounds sides up to its stride follows the size at some bases alone. */
        if (!probe_scale(f, &trial) ||
            (f->alignment == 0 && (f->alignment = probe_alignment(p, base)) == 0)) {
            odd = odd.width ? odd : trial;
            continue;
        }
        probe_grow(p, trial);
        return SEAM_OK;
    }
    if (!odd.width) {
        const struct seam_log first = p->quiet;
        if (probe_baked(p))
            return SEAM_OK;
        p->quiet = first;
        return probe_failed(p, &trial);
    }
    seam_log_clear(&p->quiet);
    return probe_failed(p, &odd);
}

static enum seam_result probe_static(struct probe *p)
{
    struct seam_facts *facts = p->facts;
    struct seam_engine_trial trial;
    const int64_t width = facts->fixed_width ? facts->fixed_width : facts->fixed_height;
    const int64_t height = facts->fixed_height ? facts->fixed_height : facts->fixed_width;
    facts->fixed_width = width;
    facts->fixed_height = height;
    if (!probe_try(p, &trial, width, height) || !probe_fixed(facts, &trial))
        return probe_failed(p, &trial);
    facts->scratch_bytes = trial.scratch_bytes;
    if (facts->alignment == 0)
        facts->alignment = 1;
    return SEAM_OK;
}

enum seam_result seam_geometry_probe(const struct seam_engine_ops *ops, void *engine,
                                     struct seam_facts *facts,
                                     const struct seam_trial_limits *limits, struct seam_log *log)
{
    struct probe p = { .ops = ops, .engine = engine, .facts = facts, .log = log,
                       .limits = limits };
    seam_log_init(&p.quiet);
    const enum seam_result r =
        facts->fixed_width || facts->fixed_height ? probe_static(&p) : probe_dynamic(&p);
    return p.cancelled ? seam_log_fail(log, SEAM_CANCELLED, "cancelled") : r;
}
