/*
 * The static receptive field against reality: whatever the engine does, no output changes beyond
 * it, and tiles with the exact halo agree with the whole picture.
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "field/rules.h"
#include "graph/read.h"
#include "model_cases.h"
#include "model_test.h"
#include "probe.h"
#include "random_net.h"

/* A picture that holds the reach on both sides of its middle. */
static int64_t picture_size(const struct seam_analysis *a, int64_t most)
{
    int64_t reach = 0;
    for (int side = 0; side < 4; side++)
        reach = seam_max(reach, a->field[side] + a->crop[side]);
    int64_t align = seam_lcm(a->alignment, a->scale_den);
    return seam_align_up(seam_min(2 * reach + 2 * align + 16, most), align);
}

/* Tiles of this size, of which odd ones move the ends of vectors, against the whole. */
static void check_tiles(struct probe *p, const struct seam_analysis *a, int64_t tile)
{
    int tiles = 0;
    int64_t align = seam_lcm(a->alignment, a->scale_den);
    int64_t size = seam_align_up(picture_size(a, 600) + 3 * tile + 2 * align, align);
    double worst = probe_tiles(p, size, tile, &tiles);
    g_test_message("%d tiles of %d differ by %g", tiles, (int)tile, worst);
    g_assert_cmpfloat(worst, >=, 0);
    g_assert_cmpint(tiles, >, 0);
    if (a->level == SEAM_LEVEL_BITS)
        g_assert_cmpfloat(worst, ==, 0);
    else
        g_assert_cmpfloat(worst, <, 1e-5);
}

/* Operators of the table, by their place in it, of networks whose tiles were bit for bit the
 * whole. */
static bool proved[256];

static void mark_proved(const struct seam_graph *graph)
{
    for (size_t k = 0; k < graph->n_nodes; k++)
        for (size_t i = 0; seam_operator_at(i); i++)
            proved[i] |= seam_operator_find(&graph->nodes[k]) == seam_operator_at(i);
}

static void check(const struct seam_graph *graph, const struct seam_analysis *a, const void *file,
                  size_t size, bool exactly)
{
    char error[512];
    int64_t reach[4];
    struct probe *p = probe_open(graph, a, file, size, error, sizeof(error));
    if (!p) {
        g_test_skip(error);
        return;
    }
    bool good = probe_reach(p, picture_size(a, 400), reach);
    g_assert_cmpstr(probe_error(p), ==, "");
    g_assert_true(good);
    g_test_message("static %d/%d/%d/%d measured %d/%d/%d/%d", (int)a->field[0], (int)a->field[1],
                   (int)a->field[2], (int)a->field[3], (int)reach[0], (int)reach[1], (int)reach[2],
                   (int)reach[3]);
    for (int side = 0; side < 4; side++) {
        g_assert_cmpint(reach[side], <=, a->field[side]);
        if (exactly)
            g_assert_cmpint(reach[side], ==, a->field[side]);
    }
    if (!a->fixed_width && !a->fixed_height && a->field[0] < 200) {
        check_tiles(p, a, 16);
        check_tiles(p, a, 21);
        if (a->level == SEAM_LEVEL_BITS)
            mark_proved(graph);
    }
    probe_close(p);
}

/* Conservative on purpose: what the graph could do and the engine does not. */
static bool is_loose(const char *name)
{
    static const char *const loose[] = {
        "crop-then-pad", /* the border, which a measurement in the middle does not see */
        "roll-and-back",
        "conv-stride-valid", /* output pixels across the edges of targets */
        NULL,
    };
    for (size_t i = 0; loose[i]; i++)
        if (!strcmp(loose[i], name))
            return true;
    return false;
}

static void test_case(gconstpointer data)
{
    const struct model_case *c = data;
    struct onnx_builder b;
    struct model_test t;
    model_case_build(c, &b);
    model_test_run(&t, &b);
    if (t.found.bounded)
        check(t.graph, &t.found, t.file, t.size, !is_loose(c->name));
    model_test_end(&t);
}

static void test_unary(gconstpointer data)
{
    struct onnx_builder b;
    struct model_test t;
    model_unary_build(data, &b);
    model_test_run(&t, &b);
    check(t.graph, &t.found, t.file, t.size, false);
    model_test_end(&t);
}

/* Whatever the layers, the field is not exceeded, and tiles agree. */
static void test_random(gconstpointer data)
{
    uint32_t from = GPOINTER_TO_UINT(data);
    for (uint32_t seed = from; seed < from + 40; seed++) {
        struct onnx_builder b;
        struct model_test t;
        random_net_build(seed, &b);
        model_test_run(&t, &b);
        const struct seam_analysis *a = &t.found;
        bool small = a->alignment <= 64 && a->scale_num <= 8 * a->scale_den && a->field[0] < 100;
        bool whole = a->crop[0] * a->scale_num % a->scale_den == 0 &&
                     a->crop[2] * a->scale_num % a->scale_den == 0;
        if (a->bounded && small && whole) {
            g_test_message("seed %u", seed);
            check(t.graph, a, t.file, t.size, false);
        }
        model_test_end(&t);
    }
}

static void test_shared(gconstpointer data)
{
    struct seam_log log;
    struct seam_graph *graph = NULL;
    struct seam_analysis a;
    char *file = NULL;
    gsize size = 0;
    seam_log_init(&log);
    g_assert_true(g_file_get_contents(data, &file, &size, NULL));
    g_assert_cmpint(seam_graph_open(&graph, data, &log), ==, SEAM_OK);
    g_assert_cmpint(seam_analysis_make(&a, graph, NULL, NULL, &log), ==, SEAM_OK);
    if (a.bounded)
        check(graph, &a, file, size, false);
    seam_graph_close(&graph);
    g_free(file);
}

/* Nothing gives the level `bits` that was not run on this CPU just now: a network that the engine
 * skips proves nothing. */
static void test_all_proved(void)
{
    size_t count = 0;
    for (size_t i = 0; seam_operator_at(i); i++)
        count += proved[i];
    if (count == 0) {
        g_test_skip("no network was run");
        return;
    }
    for (size_t i = 0; seam_operator_at(i); i++)
        if (seam_operator_at(i)->exact == SEAM_ROUNDING_BITS && !proved[i]) {
            g_test_message("no network proves %s", seam_operator_at(i)->name);
            g_test_fail();
        }
}

static void add_shared(void)
{
    const char *shared = g_getenv("SEAM_SHARED");
    char *folder =
        g_build_filename(shared ? shared : SEAM_SOURCE_ROOT "/../shared", "models", NULL);
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        if (!g_str_has_suffix(name, ".onnx"))
            continue;
        char *test = g_strdup_printf("/probe/shared/%s", name);
        g_test_add_data_func_full(test, g_build_filename(folder, name, NULL), test_shared, g_free);
        g_free(test);
    }
    if (dir)
        g_dir_close(dir);
    g_free(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < n_model_cases; i++) {
        char *name = g_strdup_printf("/probe/ops/%s", model_cases[i].name);
        g_test_add_data_func(name, &model_cases[i], test_case);
        g_free(name);
    }
    for (size_t i = 0; i < n_model_unary; i++) {
        char *name = g_strdup_printf("/probe/unary/%s", model_unary[i]);
        g_test_add_data_func(name, model_unary[i], test_unary);
        g_free(name);
    }
    for (guint from = 0; from < 200; from += 40) {
        char *name = g_strdup_printf("/probe/random/%u", from);
        g_test_add_data_func(name, GUINT_TO_POINTER(from), test_random);
        g_free(name);
    }
    /* Folders run in the order they are added in, so this one is after those above. */
    g_test_add_func("/probe/list/all-proved", test_all_proved);
    add_shared();
    return g_test_run();
}
