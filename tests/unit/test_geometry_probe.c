/* Scale, alignment and crop of networks, found by trying sizes on engines made here. */
#include "model/geometry_probe.h"
#include "unit.h"

/* A network that takes sides that are multiples of `stride` and above 2 * crop. */
struct fake {
    int64_t num, den, stride, crop;
    int64_t least;   /* smaller sides are refused */
    int64_t fixed;   /* the only side it takes; 0: any */
    bool rounds;     /* other sides are taken, and rounded up to the stride */
    bool classifier; /* always puts out 1 x 1 */
    bool broken;     /* never works */
    enum seam_result result; /* of what does not work */
    int trials;
    int64_t largest; /* size tried, in pixels */
};

static enum seam_result fake_try(void *engine, struct seam_engine_trial *t, struct seam_log *log)
{
    (void)log;
    struct fake *f = engine;
    const int64_t sides[] = { t->width, t->height };
    int64_t out[2];
    f->trials++;
    f->largest = seam_max(f->largest, t->width * t->height);
    for (int i = 0; i < 2; i++) {
        int64_t side = sides[i];
        if (f->broken || side < f->least || (f->fixed && side != f->fixed) ||
            (side % f->stride && !f->rounds) || side <= 2 * f->crop) {
            if (log && log->result == SEAM_OK) {
                log->result = f->result;
                strcpy(log->error, "no kernel for this");
            }
            return f->result;
        }
        side = seam_align_up(side, f->stride);
        out[i] = f->classifier ? 1 : (side - 2 * f->crop) * f->num / f->den;
    }
    t->out_width = out[0];
    t->out_height = out[1];
    t->channels_out = 3;
    t->scratch_bytes = 5000 + 40 * (uint64_t)(t->width * t->height);
    return SEAM_OK;
}

static const struct seam_engine_ops fake_ops = { .name = "fake", .try_size = fake_try };

static const struct seam_trial_limits limits = { .bytes = UINT64_MAX, .threads = 1 };

static enum seam_result probe(struct fake *f, struct seam_facts *facts, struct seam_log *log)
{
    strcpy(facts->name, "fake");
    facts->fixed_width = facts->fixed_height = f->fixed;
    f->result = f->result ? f->result : SEAM_ERROR_ENGINE;
    f->trials = 0;
    seam_log_init(log);
    return seam_geometry_probe(&fake_ops, f, facts, &limits, log);
}

static void test_dynamic(void)
{
    static const int64_t scales[][2] = { { 1, 1 }, { 2, 1 }, { 3, 1 }, { 4, 1 }, { 8, 1 },
                                         { 1, 2 }, { 3, 2 }, { 1, 4 } };
    static const int64_t strides[] = { 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 96, 128 };
    static const int64_t crops[] = { 0, 0, 1, 2, 7, 14 };
    for (size_t s = 0; s < SEAM_ARRAY_LEN(scales); s++)
        for (size_t a = 0; a < SEAM_ARRAY_LEN(strides); a++)
            for (size_t c = 0; c < SEAM_ARRAY_LEN(crops); c++)
                for (int rounds = 0; rounds < 2; rounds++) {
                    struct fake f = { .num = scales[s][0], .den = scales[s][1],
                                      .stride = seam_lcm(strides[a], scales[s][1]),
                                      .crop = crops[c], .rounds = rounds };
                    if (f.crop * f.num % f.den || (rounds && (f.den > 1 || f.stride > 64)))
                        continue;
                    struct seam_facts facts = { .alignment = 0 };
                    struct seam_log log;
                    assert_ok(probe(&f, &facts, &log), &log);
                    g_assert_cmpint(facts.scale_num, ==, f.num);
                    g_assert_cmpint(facts.scale_den, ==, f.den);
                    g_assert_cmpint(facts.crop, ==, f.crop);
                    g_assert_cmpint(facts.alignment, ==, f.stride);
                    g_assert_cmpint(facts.channels_out, ==, 3);
                    g_assert_cmpint(f.trials, <, 50);
                    g_assert_cmpfloat(fabs(facts.scratch_per_pixel - 40), <, 1e-6);
                    g_assert_cmpuint(facts.scratch_bytes, ==, 5000);
                }
}

/* A network that takes no small picture. */
static void test_least(void)
{
    for (int64_t least = 1; least <= 384; least += 29) {
        struct fake f = { .num = 2, .den = 1, .stride = 1, .least = least };
        struct seam_facts facts = { .alignment = 0 };
        struct seam_log log;
        assert_ok(probe(&f, &facts, &log), &log);
        g_assert_cmpint(facts.scale_num, ==, 2);
        g_assert_cmpint(facts.alignment, ==, 1);
    }
}

/* An alignment that is given is not looked for. */
static void test_given(void)
{
    struct fake f = { .num = 1, .den = 1, .stride = 1 };
    struct seam_facts facts = { .alignment = 10 };
    struct seam_log log;
    assert_ok(probe(&f, &facts, &log), &log);
    g_assert_cmpint(facts.alignment, ==, 10);
    g_assert_cmpint(f.trials, <=, 4);
    f = (struct fake){ .num = 1, .den = 1, .stride = 160 };
    facts = (struct seam_facts){ .alignment = 160 };
    assert_ok(probe(&f, &facts, &log), &log);
    g_assert_cmpint(facts.alignment, ==, 160);
}

/* What a size takes is told by a quarter of it: within any limit but that of the first. */
static void test_memory(void)
{
    for (uint64_t limit = 50000; limit < 3000000; limit = limit * 5 / 4) {
        struct fake f = { .num = 1, .den = 1, .stride = 1 };
        struct seam_facts facts = { .alignment = 4 };
        struct seam_log log;
        const struct seam_trial_limits small = { .bytes = limit, .threads = 1 };
        seam_log_init(&log);
        assert_ok(seam_geometry_probe(&fake_ops, &f, &facts, &small, &log), &log);
        g_assert_cmpint(f.largest, <=, seam_max(512, (int64_t)(limit - 5000) / 40));
        g_assert_cmpint(f.largest, <=, 256 * 128);
        g_assert_cmpfloat(facts.scratch_per_pixel, >=, 40 - 1e-6);
        const double told = facts.scratch_per_pixel * 512 + (double)facts.scratch_bytes;
        g_assert_cmpfloat(fabs(told - (5000 + 40 * 512)), <, 1);
    }
}

static void test_fixed(void)
{
    static const int64_t sides[] = { 64, 100, 224, 256 }, scales[] = { 1, 2, 3, 4, 8 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(sides); i++)
        for (size_t s = 0; s < SEAM_ARRAY_LEN(scales); s++)
            for (int64_t crop = 0; crop <= 9; crop += 9) {
                struct fake f = { .num = scales[s], .den = 1, .stride = 1, .fixed = sides[i],
                                  .crop = crop };
                struct seam_facts facts = { .alignment = 0 };
                struct seam_log log;
                assert_ok(probe(&f, &facts, &log), &log);
                g_assert_cmpint(facts.scale_den, ==, 1);
                g_assert_cmpint(facts.alignment, ==, 1);
                g_assert_cmpint(facts.fixed_width, ==, sides[i]);
                g_assert_cmpint(f.trials, ==, 1);
                /* What it puts out is what scale and crop say, and as large as the scale allows. */
                g_assert_cmpint((sides[i] - 2 * facts.crop) * facts.scale_num, ==,
                                (sides[i] - 2 * crop) * scales[s]);
                if (crop == 0)
                    g_assert_cmpint(facts.scale_num, ==, scales[s]);
            }
    /* One side fixed fixes the other. */
    struct fake f = { .num = 1, .den = 1, .stride = 1, .fixed = 96 };
    struct seam_facts facts = { .fixed_height = 96 };
    struct seam_log log;
    f.result = SEAM_ERROR_ENGINE;
    seam_log_init(&log);
    assert_ok(seam_geometry_probe(&fake_ops, &f, &facts, &limits, &log), &log);
    g_assert_cmpint(facts.fixed_width, ==, 96);
}

/* What is no image-to-image network is told why. */
static void test_refused(void)
{
    struct seam_facts facts = { .alignment = 0 };
    struct seam_log log;
    struct fake f = { .num = 1, .den = 1, .stride = 1, .classifier = true };
    g_assert_cmpint(probe(&f, &facts, &log), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, "fake,no image-to-image network,gives 1 x 1,--output");
    f.fixed = 224;
    facts = (struct seam_facts){ .alignment = 0 };
    g_assert_cmpint(probe(&f, &facts, &log), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, "fake,no image-to-image network,gives 1 x 1");

    f = (struct fake){ .num = 1, .den = 1, .stride = 1, .broken = true };
    facts = (struct seam_facts){ .alignment = 0 };
    g_assert_cmpint(probe(&f, &facts, &log), ==, SEAM_ERROR_MODEL);
    assert_said(&log, SEAM_ERROR_MODEL, "fake,no trial run succeeded,no kernel for this");
    f.result = SEAM_ERROR_MEMORY;
    facts = (struct seam_facts){ .alignment = 0 };
    g_assert_cmpint(probe(&f, &facts, &log), ==, SEAM_ERROR_MEMORY);

    /* A stride that no candidate divides. */
    f = (struct fake){ .num = 1, .den = 1, .stride = 37 };
    facts = (struct seam_facts){ .alignment = 0 };
    g_assert_cmpint(probe(&f, &facts, &log), ==, SEAM_ERROR_MODEL);
    facts = (struct seam_facts){ .alignment = 37 };
    assert_ok(probe(&f, &facts, &log), &log);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/geometry-probe/dynamic", test_dynamic);
    g_test_add_func("/geometry-probe/least", test_least);
    g_test_add_func("/geometry-probe/given", test_given);
    g_test_add_func("/geometry-probe/memory", test_memory);
    g_test_add_func("/geometry-probe/fixed", test_fixed);
    g_test_add_func("/geometry-probe/refused", test_refused);
    return g_test_run();
}
