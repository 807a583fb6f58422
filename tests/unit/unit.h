/* What the unit tests share. Random numbers are GLib's: a failing run prints its seed, and `--seed`
 * repeats it. */
#ifndef SEAM_TESTS_UNIT_H
#define SEAM_TESTS_UNIT_H

#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "plan/geometry.h"
#include "plan/plan.h"
#include "seamless/seamless.h"

/* A random whole number, least .. most. */
static inline int pick(int least, int most)
{
    return g_test_rand_int_range(least, most + 1);
}

static inline bool toss(void)
{
    return g_test_rand_bit();
}

/* How many random cases to try: ten times as many with `-m slow`. */
static inline int many(int cases)
{
    return g_test_slow() ? 10 * cases : cases;
}

/* Whether another random case is to be tried: all of `cases`, and on until each kind that the test
 * is about came up `enough`. One that never does, over so many, is a fault and no bad luck. */
static inline bool more(int i, int cases, bool enough)
{
    if (i >= 60 * cases && !enough)
        g_error("of %d random cases too few were of the kind that is tested", i);
    return i < cases || !enough;
}

#define PICK(array) ((array)[pick(0, (int)SEAM_ARRAY_LEN(array) - 1)])

#define assert_ok(call, log)                                                                       \
    do {                                                                                           \
        enum seam_result assert_ok_result = (call);                                                \
        if (assert_ok_result != SEAM_OK)                                                           \
            g_error("%s: %s: %s", #call, seam_result_name(assert_ok_result), (log)->error);        \
    } while (0)

/* A log whose message says all these words, comma separated, came with this result. */
static inline void assert_said(const struct seam_log *log, enum seam_result result,
                               const char *words)
{
    g_assert_cmpint(log->result, ==, result);
    char **list = g_strsplit(words, ",", -1);
    for (int i = 0; list[i]; i++)
        if (!strstr(log->error, list[i]))
            g_error("the message says no '%s': %s", list[i], log->error);
    g_strfreev(list);
}

/* Everything a plan is made of. */
struct request {
    struct seam_picture picture;
    struct seam_facts facts;
    struct seam_params params;
    struct seam_machine machine;
};

/* A small picture, a network that does nothing, the defaults, a machine with plenty. */
static inline struct request request_plain(int64_t width, int64_t height)
{
    struct request q = {
        .picture = { .width = width, .height = height, .bands = 3, .sample = SEAM_SAMPLE_U8 },
        .facts = { .name = "net", .engine = "test", .channels_in = 3, .channels_out = 3,
                   .scale_num = 1, .scale_den = 1, .alignment = 1, .range_hi = 1,
                   .field_known = true, .exact = SEAM_EXACT_BITS },
        .machine = { .pool = 16000000000u, .available = 12000000000u, .resident = 50000000u,
                     .cpus = 2 },
    };
    seam_params_init(&q.params);
    return q;
}

static inline enum seam_result request_make(const struct request *q, struct seam_plan *plan,
                                            struct seam_log *log)
{
    seam_log_init(log);
    return seam_plan_make(plan, &q->picture, &q->facts, &q->params, &q->machine, log);
}

/* The same for one who asks what came of it alone. */
static inline enum seam_result request_try(const struct request *q, struct seam_plan *plan)
{
    struct seam_log log;
    const enum seam_result r = request_make(q, plan, &log);
    g_assert_cmpint(r, ==, log.result);
    return r;
}

/* A side of a picture: small ones, primes and powers of two more often than chance would have
 * it. */
static inline int64_t random_side(int most)
{
    static const int special[] = { 1, 2, 3, 5, 7, 13, 31, 32, 33, 61, 64, 97, 127, 128, 251, 509,
                                   512, 1021, 1024, 2039 };
    const int side = toss() ? PICK(special) : pick(1, most);
    return side <= most ? side : pick(1, most);
}

/* Any geometry that makes sense or nearly does: sides up to `most`, networks of every scale,
 * alignment, crop and shape, every setting. */
static inline struct request request_random(int most)
{
    static const int64_t scales[][2] = { { 1, 1 }, { 1, 1 }, { 2, 1 }, { 3, 1 }, { 4, 1 },
                                         { 1, 2 }, { 3, 2 }, { 1, 4 } };
    static const int64_t alignments[] = { 1, 1, 1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64 };
    struct request q = request_plain(random_side(most), random_side(most));
    struct seam_facts *f = &q.facts;
    struct seam_params *p = &q.params;

    const int64_t *scale = PICK(scales);
    f->scale_num = scale[0];
    f->scale_den = scale[1];
    f->alignment = PICK(alignments);
    f->crop = toss() ? 0 : pick(0, 14);
    if (2 * f->crop * f->scale_num % f->scale_den != 0)
        f->crop = 0; /* no network: the size of its output would not be whole */
    f->field_known = toss();
    f->field = f->halo = f->field_known ? pick(0, 60) : 0;
    f->exact = f->field_known ? (enum seam_exact)pick(0, 2) : SEAM_EXACT_NO;
    if (pick(0, 3) == 0) {
        const int64_t a = seam_lcm(f->alignment, f->scale_den);
        f->fixed_width = seam_align_up(pick(16, 300), a);
        f->fixed_height = toss() ? f->fixed_width : seam_align_up(pick(16, 300), a);
    }
    static const int channels[][2] = { { 3, 3 }, { 1, 1 }, { 3, 1 }, { 1, 3 }, { 4, 4 } };
    const int *c = PICK(channels);
    f->channels_in = c[0];
    f->channels_out = c[1];

    q.picture.bands = toss() ? pick(1, 5) : c[0];
    q.picture.alpha = q.picture.bands > 1 && pick(0, 2) == 0;
    q.machine.available = q.machine.pool = 100000000000u;
    q.picture.sample = (enum seam_sample)pick(0, 2);
    p->tile_width = pick(0, 9) == 0 ? SEAM_AUTO : pick(1, toss() ? 64 : 600);
    p->tile_height = pick(0, 9) == 0 ? SEAM_AUTO : pick(1, toss() ? 64 : 600);
    p->halo = pick(0, 2) == 0 ? SEAM_AUTO : pick(0, toss() ? 16 : 100);
    p->overlap = toss() ? SEAM_AUTO : pick(0, toss() ? 8 : 40);
    p->overlap_percent = toss() ? 10 : pick(0, 50);
    p->blend = (enum seam_blend)pick(0, 3);
    p->edge = (enum seam_edge)pick(0, 3);
    p->alpha = (enum seam_alpha)pick(0, 1);
    p->luma = (enum seam_luma)pick(0, 2);
    p->out_sample = pick(-1, 2);
    return q;
}

/* What to say of a request whose plan breaks a promise. */
static inline char *request_describe(const struct request *q)
{
    const struct seam_params *p = &q->params;
    const struct seam_facts *f = &q->facts;
    return g_strdup_printf(
        "%" PRId64 "x%" PRId64 " tile %" PRId64 "x%" PRId64 " halo %" PRId64 " overlap %" PRId64
        "/%g%% align %" PRId64 " scale %" PRId64 "/%" PRId64 " crop %" PRId64 " field %" PRId64
        " fixed %" PRId64 "x%" PRId64 " blend %s edge %s channels %d/%d bands %d",
        q->picture.width, q->picture.height, p->tile_width, p->tile_height, p->halo, p->overlap,
        p->overlap_percent, f->alignment, f->scale_num, f->scale_den, f->crop, f->field,
        f->fixed_width, f->fixed_height, seam_blend_name(p->blend), seam_edge_name(p->edge),
        f->channels_in, f->channels_out, q->picture.bands);
}

#endif /* SEAM_TESTS_UNIT_H */
