/* The search for the plan that costs least: no tile that can be named is much faster. */
#include "plan/parts.h"
#include "unit.h"

/* Trials of `count` sizes, four times as many pixels each: nanoseconds and bytes a pixel. */
static void set_trials(struct seam_facts *f, int count, const double *ns, double bytes)
{
    int64_t pixels = 1024;
    f->trial_count = count;
    for (int i = 0; i < count; i++, pixels *= 4)
        f->trials[i] = (struct seam_trial){ pixels, ns[i] * 1e-9 * (double)pixels,
                                            (uint64_t)(bytes * (double)pixels), 0 };
}

static void test_interpolation(void)
{
    static const double ns[] = { 100, 60, 50, 80 };
    struct seam_facts f = { .seconds_per_pixel = 1e-6, .scratch_per_pixel = 10,
                            .scratch_bytes = 500 };
    g_assert_cmpfloat(fabs(seam_cost_seconds(&f, 1000) - 1e-3), <, 1e-12);
    g_assert_cmpfloat(fabs(seam_cost_bytes(&f, 100, 10) - 10500), <, 1e-6);
    set_trials(&f, 1, ns, 200);
    g_assert_cmpfloat(fabs(seam_cost_seconds(&f, 10240) - 1024e-6), <, 1e-12);
    g_assert_cmpfloat(fabs(seam_cost_bytes(&f, 32, 16) - 102400), <, 1e-6);
    /* One trial is no less than what the geometry was found with. */
    f.scratch_per_pixel = 300;
    g_assert_cmpfloat(fabs(seam_cost_bytes(&f, 100, 100) - 3000500), <, 1e-6);
    set_trials(&f, 4, ns, 200);
    for (int i = 0; i < 4; i++) {
        const double pixels = (double)f.trials[i].pixels;
        g_assert_cmpfloat(fabs(seam_cost_seconds(&f, pixels) / f.trials[i].seconds - 1), <, 1e-9);
        g_assert_cmpfloat(fabs(seam_cost_bytes(&f, pixels, 1) - 200 * pixels), <, 1e-3);
    }
    /* Between two, in the middle of their logarithms; below them, as they; beyond, 4 % more a
     * doubling. */
    g_assert_cmpfloat(fabs(seam_cost_seconds(&f, 2048) - 80e-9 * 2048), <, 1e-12);
    g_assert_cmpfloat(fabs(seam_cost_seconds(&f, 4 * 65536) - 1.08 * 80e-9 * 4 * 65536), <, 1e-9);
    g_assert_cmpfloat(fabs(seam_cost_seconds(&f, 100) - 100e-9 * 100), <, 1e-12);
    g_assert_cmpfloat(fabs(seam_cost_bytes(&f, 1e4, 1e3) - 2e9), <, 1);
    /* A network that cuts off 5 pixels a side, of 3 bytes a pixel that is left. */
    struct seam_facts cut = { .crop = 5,
                              .trial_count = 2,
                              .trials = { { 32 * 32, 1, 3 * 22 * 22, 0 },
                                          { 64 * 64, 4, 3 * 54 * 54, 0 } } };
    g_assert_cmpfloat(fabs(seam_cost_bytes(&cut, 500, 500) - 3 * 490 * 490), <, 1);
    g_assert_cmpfloat(fabs(seam_cost_bytes(&cut, 2000, 40) - 3 * 1990 * 30), <, 1);
    /* Memory that grows steeply at the end is none below nothing. */
    f.trials[0].bytes = 10;
    for (double pixels = 1; pixels < 1e5; pixels *= 1.5)
        g_assert_cmpfloat(seam_cost_bytes(&f, pixels, 1), >, 0);
}

/* Passes by rows keep what a trial, as a tile, makes anew in each. */
static void test_passes(void)
{
    static const double ns[] = { 100, 100 };
    struct seam_facts f = { .passes = 5, .pass_share = 0.25 };
    set_trials(&f, 2, ns, 200);
    struct seam_plan plan = { .x = { .tiles = 1, .padded = 64 }, .y = { .tiles = 1, .padded = 64 },
                              .batch = 1, .runs = 1 };
    const double tile = seam_plan_seconds(&plan, &f);
    plan.rows = true;
    g_assert_cmpfloat(fabs(seam_plan_seconds(&plan, &f) - tile / 4), <, 1e-12);
    f.passes = 1;
    g_assert_cmpfloat(fabs(seam_plan_seconds(&plan, &f) - tile), <, 1e-12);
}

static struct request costly(int side)
{
    struct request q = request_plain(pick(100, side), pick(100, side));
    double ns[6];
    for (int i = 0; i < 6; i++)
        ns[i] = pick(50, 150);
    q.facts.field = q.facts.halo = pick(0, 60);
    q.facts.alignment = toss() ? 1 : pick(1, 16);
    q.params.memory = (uint64_t)pick(60, 2000) * 1000000;
    set_trials(&q.facts, pick(1, 6), ns, pick(10, 2000));
    return q;
}

/* Against every tile of a grid of sizes, square or not: none that fits is more than 5 % faster. */
static void test_best(void)
{
    static const int64_t sides[] = { 32, 48, 64, 100, 128, 200, 256, 400, 512, 700, 1024, 2048 };
    int compared = 0, strips = 0, oblong = 0;
    const int cases = many(100);
    for (int i = 0; more(i, cases, compared > 5000 && strips > 5 && oblong > 5); i++) {
        struct request q = costly(4000);
        struct seam_plan best, other;
        struct seam_log log;
        if (request_make(&q, &best, &log) != SEAM_OK)
            continue;
        g_assert_cmpuint(best.peak_bytes, <=, best.budget_bytes);
        strips += best.x.tiles == 1 && best.y.tiles > 1;
        oblong += best.x.tile > 2 * best.y.tile || best.y.tile > 2 * best.x.tile;
        for (size_t x = 0; x < SEAM_ARRAY_LEN(sides); x++)
            for (size_t y = 0; y < SEAM_ARRAY_LEN(sides); y++) {
                q.params.tile_width = sides[x];
                q.params.tile_height = sides[y];
                /* Smaller ones than that are for those who ask for them. */
                const int64_t least = seam_align_up(32, q.facts.alignment);
                if (request_make(&q, &other, &log) != SEAM_OK ||
                    seam_min(other.x.tile, other.y.tile) < least)
                    continue;
                compared++;
                if (best.seconds > 1.05 * other.seconds)
                    g_error("%" PRId64 " x %" PRId64 ": tiles of %" PRId64 " x %" PRId64
                            " take %g s, %" PRId64 " x %" PRId64 " %g s", q.picture.width,
                            q.picture.height, best.x.tile, best.y.tile, best.seconds, other.x.tile,
                            other.y.tile, other.seconds);
            }
    }
}

/* Where the budget is tight and rows are short, tiles are as wide as the picture and not square. */
static void test_strips(void)
{
    static const double ns[] = { 100, 100, 100, 100, 100 };
    struct request q = request_plain(250, 30000);
    struct seam_plan plan;
    struct seam_log log;
    q.facts.field = q.facts.halo = 30;
    q.params.memory = 150000000;
    set_trials(&q.facts, 5, ns, 400);
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.x.tiles, ==, 1);
    g_assert_cmpint(plan.y.tile, >, 2 * plan.x.tile);
}

/* Sizes are as measured: a large tile that is slow is not taken, however little it wastes. */
static void test_measured(void)
{
    static const double slow[] = { 10, 10, 10, 40 }, fast[] = { 40, 30, 20, 10 };
    struct request q = request_plain(4000, 4000);
    struct seam_plan plan;
    struct seam_log log;
    q.facts.field = q.facts.halo = 3;
    set_trials(&q.facts, 4, slow, 100);
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.x.padded * plan.y.padded, <=, 18000);
    set_trials(&q.facts, 4, fast, 100);
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.x.padded * plan.y.padded, >=, 60000);
}

/* Several tiles in a run, where that was seen to be faster and fits; never where it was not. */
static void test_batch(void)
{
    static const double ns[] = { 100, 100, 100 };
    struct request q = request_plain(1000, 1000);
    struct seam_plan plan;
    struct seam_log log;
    q.params.tile_width = SEAM_AUTO;
    q.params.tile_height = 60;
    set_trials(&q.facts, 3, ns, 400);
    for (int i = 0; i < 3; i++)
        q.facts.trials[i].batch_seconds = 0.7 * SEAM_TRIAL_BATCH * q.facts.trials[i].seconds;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.batch, ==, 1); /* the network takes one at a time */
    const double alone = plan.seconds;
    q.facts.batches = true;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.batch, ==, SEAM_TRIAL_BATCH);
    g_assert_cmpfloat(fabs(plan.seconds / alone - 0.7), <, 0.05);
    const uint64_t peak = plan.peak_bytes;
    q.params.batch = 1;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.batch, ==, 1);
    g_assert_cmpuint(plan.peak_bytes, <, peak);
    q.params.batch = SEAM_AUTO;
    for (int i = 0; i < 3; i++)
        q.facts.trials[i].batch_seconds = 1.1 * SEAM_TRIAL_BATCH * q.facts.trials[i].seconds;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.batch, ==, 1);
    /* What is asked for is done, though no band may have so many tiles. */
    q.params.batch = 7;
    q.params.tile_width = 300;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.batch, ==, 4);
    q.facts.batches = false;
    g_assert_cmpint(request_make(&q, &plan, &log), ==, SEAM_ERROR_ARGUMENT);
    assert_said(&log, SEAM_ERROR_ARGUMENT, "net,one picture at a time,7");
    q.params.batch = SEAM_MOST_BATCH + 1;
    g_assert_cmpint(request_make(&q, &plan, &log), ==, SEAM_ERROR_ARGUMENT);
}

/* Nobody said that a plan may take all there is: it takes a quarter, though more were faster. */
static void test_unstated(void)
{
    static const double ns[] = { 100, 100 };
    struct request q = request_plain(4000, 4000);
    struct seam_plan plan;
    struct seam_log log;
    q.facts.field = q.facts.halo = 20;
    set_trials(&q.facts, 2, ns, 20000);
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpuint(plan.peak_bytes, <=, q.machine.resident + q.machine.available / 4);
    const double careful = plan.seconds;
    q.params.memory = q.machine.available;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpfloat(plan.seconds, <, careful);
}

/* What the user says of the tile is kept, and the rest is searched. */
static void test_given(void)
{
    for (int i = 0; i < many(100); i++) {
        struct request q = costly(3000);
        struct seam_plan plan;
        struct seam_log log;
        const int64_t tile = pick(16, 300);
        q.params.tile_width = tile;
        q.params.tile_height = toss() ? tile : SEAM_AUTO;
        if (request_make(&q, &plan, &log) == SEAM_OK)
            g_assert_cmpint(plan.x.tile, <=, seam_max(tile, q.facts.alignment));
    }
}

/* Any geometry, with trials: what cannot be is refused as without, and nothing overflows. */
static void test_any(void)
{
    static const double ns[] = { 100, 60, 50, 80, 90, 85 };
    for (int i = 0; i < many(400); i++) {
        struct request q = request_random(toss() ? 3000 : 200000);
        struct seam_plan with, without;
        struct seam_log log;
        const enum seam_result r = request_make(&q, &without, &log);
        set_trials(&q.facts, pick(1, 6), ns, q.facts.scratch_per_pixel);
        if (q.facts.scratch_bytes == 0)
            g_assert_cmpint(request_make(&q, &with, &log), ==, r);
        else
            (void)!request_make(&q, &with, &log);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan-cost/interpolation", test_interpolation);
    g_test_add_func("/plan-cost/passes", test_passes);
    g_test_add_func("/plan-cost/best", test_best);
    g_test_add_func("/plan-cost/strips", test_strips);
    g_test_add_func("/plan-cost/measured", test_measured);
    g_test_add_func("/plan-cost/batch", test_batch);
    g_test_add_func("/plan-cost/unstated", test_unstated);
    g_test_add_func("/plan-cost/given", test_given);
    g_test_add_func("/plan-cost/any", test_any);
    return g_test_run();
}
