/* Where tiles lie: what DESIGN.md promises, over thousands of random geometries. */
#include "tile/blend.h"
#include "unit.h"

/* Says of which geometry a check failed. */
static const char *subject;

#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            g_error("%s:%d: %s: %s", __FILE__, __LINE__, #condition, subject);                     \
    } while (0)

static void check_cores(const struct seam_axis *axis)
{
    int64_t end = 0;
    for (int64_t i = 0; i < axis->tiles; i++) {
        const struct seam_span core = seam_axis_core(axis, i);
        const struct seam_span target = seam_axis_target(axis, i);
        check(core.begin == end && core.end > core.begin);
        check(target.end == core.end);
        check(target.begin == (i ? core.begin - axis->overlap : 0) && target.begin >= 0);
        end = core.end;
    }
    check(end == axis->size);
    check(axis->core + axis->overlap == axis->tile && axis->core >= axis->overlap);
    check(axis->tiles == 1 ? axis->overlap == 0 : axis->core * axis->tiles >= axis->aligned);
    /* Balanced: one tile fewer would not do. */
    check(axis->core * (axis->tiles - 1) < axis->aligned);
}

/* Lay the weights of all tiles over one another as the band does, and see what each pixel gets:
 * written once, then at most one blend with a later tile, and a total of 1. */
static void check_weights(const struct seam_axis *axis, const struct seam_plan *plan)
{
    const int64_t overlap = axis->overlap * plan->scale_num / plan->scale_den;
    float *ramp = g_new(float, overlap + 1);
    double *total = g_new0(double, axis->out_size);
    int *touched = g_new0(int, axis->out_size);
    seam_blend_ramp(plan->blend, ramp, overlap);
    for (int64_t i = 0; i < axis->tiles; i++) {
        const struct seam_span out = seam_axis_output(axis, seam_axis_target(axis, i),
                                                      plan->scale_num, plan->scale_den);
        check(out.begin >= 0 && out.end <= axis->out_size && out.end > out.begin);
        check(out.end - out.begin > (i ? overlap : 0));
        for (int64_t x = out.begin; x < out.end; x++) {
            const bool blends = i > 0 && x - out.begin < overlap;
            check(touched[x] == (blends ? 1 : 0));
            touched[x]++;
            if (blends)
                total[x] += (double)ramp[x - out.begin] * (1 - total[x]);
            else
                total[x] = 1;
        }
    }
    for (int64_t x = 0; x < axis->out_size; x++)
        check(fabs(total[x] - 1) < 1e-12);
    g_free(touched);
    g_free(total);
    g_free(ramp);
}

static void check_padded(const struct seam_axis *axis, const struct seam_plan *plan)
{
    const int64_t a = plan->alignment;
    check(plan->halo % a == 0 && plan->halo >= plan->crop);
    check(axis->core % a == 0 && axis->overlap % a == 0 && axis->padded % a == 0);
    check(axis->domain_begin % a == 0 && axis->domain_end % a == 0);
    check(axis->domain_begin <= -plan->crop && axis->domain_end >= axis->aligned + plan->crop);
    for (int64_t i = 0; i < axis->tiles; i++) {
        const struct seam_span padded = seam_axis_padded(axis, plan->halo, i);
        const struct seam_span target = seam_axis_target(axis, i);
        check(padded.end - padded.begin == axis->padded && padded.begin % a == 0);
        check(padded.begin >= axis->domain_begin && padded.end <= axis->domain_end);
        const int64_t before = seam_min(plan->halo, target.begin - axis->domain_begin);
        const int64_t after = seam_min(plan->halo, axis->domain_end - target.end);
        check(padded.begin <= target.begin - before && padded.end >= target.end + after);
    }
}

/* What the network puts out for a tile holds its whole target. */
static void check_result(const struct seam_axis *axis, const struct seam_plan *plan,
                         int64_t result)
{
    for (int64_t i = 0; i < axis->tiles; i++) {
        const struct seam_span out = seam_axis_output(axis, seam_axis_target(axis, i),
                                                      plan->scale_num, plan->scale_den);
        const int64_t origin = seam_axis_padded(axis, plan->halo, i).begin + plan->crop;
        const double first =
            ceil((double)(origin * plan->scale_num) / (double)plan->scale_den);
        check(first <= (double)out.begin);
        check((double)out.end <= first + (double)result);
    }
}

/* The executor's walk: what a band reads is held, the window only moves down and never holds more
 * than the plan counted. */
static void check_window(const struct seam_plan *plan)
{
    int64_t begin = 0, end = 0;
    for (int64_t j = 0; j < plan->y.tiles; j++) {
        const struct seam_span reads = seam_axis_reads(&plan->y, plan->edge, plan->halo, j);
        check(reads.begin >= 0 && reads.end <= plan->y.size && reads.begin < reads.end);
        check(reads.begin >= begin);
        int64_t keep = reads.begin; /* a later band may need rows above this one's */
        for (int64_t k = j + 1; k < plan->y.tiles; k++)
            keep = seam_min(keep, seam_axis_reads(&plan->y, plan->edge, plan->halo, k).begin);
        begin = keep;
        end = seam_max(end, reads.end);
        check(end - begin <= plan->window_rows);
    }
    check(plan->window_rows <= plan->y.size);
}

/* The span a tile reads is the hull of what each of its positions maps to, no more. */
static void check_reads(const struct seam_axis *axis, const struct seam_plan *plan)
{
    for (int64_t i = 0; i < axis->tiles; i++) {
        const struct seam_span padded = seam_axis_padded(axis, plan->halo, i);
        const struct seam_span reads = seam_axis_reads(axis, plan->edge, plan->halo, i);
        struct seam_span hull = { INT64_MAX, 0 };
        for (int64_t v = padded.begin; v < padded.end; v++) {
            const int64_t at = seam_axis_map(axis, plan->edge, v);
            check(at >= -1 && at < axis->size);
            if (at < 0)
                continue;
            hull.begin = seam_min(hull.begin, at);
            hull.end = seam_max(hull.end, at + 1);
        }
        check(reads.begin == hull.begin && reads.end == hull.end);
    }
}

static void check_plan(const struct request *q, const struct seam_plan *plan)
{
    const struct seam_axis *axes[] = { &plan->x, &plan->y };
    const int64_t results[] = { seam_plan_result_width(plan), seam_plan_result_height(plan) };
    const int64_t fixed[] = { q->facts.fixed_width, q->facts.fixed_height };
    const int64_t tile[] = { q->params.tile_width, q->params.tile_height };
    const int64_t size[] = { q->picture.width, q->picture.height };
    for (int i = 0; i < 2; i++) {
        const struct seam_axis *axis = axes[i];
        check(axis->size == size[i] && axis->aligned >= axis->size &&
              axis->aligned < axis->size + plan->alignment &&
              axis->aligned % plan->alignment == 0);
        check(axis->out_size ==
              (axis->size * plan->scale_num + plan->scale_den - 1) / plan->scale_den);
        check(!fixed[i] || axis->padded == fixed[i]);
        check(fixed[i] || tile[i] == SEAM_AUTO || axis->tiles == 1 || axis->tile <= tile[i]);
        check_cores(axis);
        check_weights(axis, plan);
        check_padded(axis, plan);
        check_result(axis, plan, results[i]);
        check_reads(axis, plan);
    }
    check_window(plan);
    check(plan->blend != SEAM_BLEND_AUTO);
    check(plan->blend != SEAM_BLEND_NONE || !seam_plan_blends(plan));
    check(plan->peak_bytes <= plan->budget_bytes);
    check(plan->waste >= -1e-9);
    check(plan->runs >= 1 && plan->out_bands >= 1);
}

static void test_random(void)
{
    const int cases = many(5000);
    int made = 0;
    for (int i = 0; more(i, cases, made > cases / 3); i++) {
        const struct request q = request_random(i % 50 ? 400 : 3000);
        char *text = request_describe(&q);
        struct seam_plan plan;
        struct seam_log log;
        subject = text;
        const enum seam_result r = request_make(&q, &plan, &log);
        if (r == SEAM_OK) {
            check_plan(&q, &plan);
            made++;
        } else {
            check(r == SEAM_ERROR_ARGUMENT && log.error[0]);
        }
        g_free(text);
    }
    g_test_message("%d of %d requests gave a plan", made, cases);
}

/* Every size of a short axis with every tile and halo, all edges: no corner is left to chance. */
static void test_exhaustive(void)
{
    static const int64_t alignments[] = { 1, 2, 3, 4 };
    for (int64_t size = 1; size <= 19; size++)
        for (int64_t tile = 1; tile <= 20; tile++)
            for (int64_t halo = 0; halo <= 24; halo += halo < 4 ? 1 : 5)
                for (int64_t overlap = 0; overlap <= 3; overlap++)
                    for (size_t a = 0; a < SEAM_ARRAY_LEN(alignments); a++) {
                        struct request q = request_plain(1, size);
                        q.params.tile_width = q.params.tile_height = tile;
                        q.params.halo = halo;
                        q.params.overlap = overlap;
                        q.params.blend = SEAM_BLEND_LINEAR;
                        q.params.edge = (enum seam_edge)((size + tile + halo) % 4);
                        q.facts.alignment = alignments[a];
                        struct seam_plan plan;
                        struct seam_log log;
                        char *text = request_describe(&q);
                        subject = text;
                        if (request_make(&q, &plan, &log) == SEAM_OK)
                            check_plan(&q, &plan);
                        else
                            assert_said(&log, SEAM_ERROR_ARGUMENT, "tile,overlap,larger");
                        g_free(text);
                    }
}

/* A tile as large as the picture, or larger, is one tile of the picture's own size. */
static void test_one_tile(void)
{
    for (int i = 0; i < 200; i++) {
        struct request q = request_plain(random_side(700), random_side(700));
        q.params.tile_width = q.picture.width + pick(0, 1000);
        q.params.tile_height = q.picture.height + pick(0, 1000);
        q.params.halo = pick(0, 80);
        q.params.edge = SEAM_EDGE_MODEL;
        struct seam_plan plan;
        struct seam_log log;
        assert_ok(request_make(&q, &plan, &log), &log);
        g_assert_cmpint(plan.x.tiles * plan.y.tiles, ==, 1);
        g_assert_cmpint(plan.x.padded, ==, q.picture.width);
        g_assert_cmpint(plan.y.padded, ==, q.picture.height);
        g_assert_cmpint(plan.window_rows, ==, q.picture.height);
        g_assert_cmpfloat(plan.waste, ==, 0);
    }
}

/* With halo P the cores are nearly equal, rather than full ones and a thin rest. */
static void test_balance(void)
{
    struct request q = request_plain(1030, 1030);
    q.params.tile_width = q.params.tile_height = 512;
    q.params.halo = 0;
    struct seam_plan plan;
    struct seam_log log;
    assert_ok(request_make(&q, &plan, &log), &log);
    g_assert_cmpint(plan.x.tiles, ==, 3);
    g_assert_cmpint(plan.x.core, ==, 344);
    g_assert_cmpint(plan.x.padded, ==, 344);
}

/* The mean window of a tall picture does not depend on its height. */
static void test_window_is_flat(void)
{
    int64_t rows[3];
    const int64_t heights[] = { 20480, 204800, 2048000 };
    for (int i = 0; i < 3; i++) {
        struct request q = request_plain(100, heights[i]);
        q.params.tile_height = 512;
        struct seam_plan plan;
        struct seam_log log;
        q.params.halo = 32;
        assert_ok(request_make(&q, &plan, &log), &log);
        rows[i] = plan.window_rows;
        g_assert_cmpint(plan.window_rows, <=, 512 + 3 * 32);
    }
    g_assert_cmpint(rows[0], ==, rows[2]);
    g_assert_cmpint(rows[1], ==, rows[2]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/geometry/random", test_random);
    g_test_add_func("/geometry/exhaustive", test_exhaustive);
    g_test_add_func("/geometry/one-tile", test_one_tile);
    g_test_add_func("/geometry/balance", test_balance);
    g_test_add_func("/geometry/window-is-flat", test_window_is_flat);
    return g_test_run();
}
