/* Trial runs keep within their limits, and tell what the engine took. */
#include "model/trial.h"
#include "unit.h"

/* Pixels of the largest trial where the test has no more to see in larger ones. */
#define ENOUGH (1 << 19)

/* An engine that takes what it is told to, without the work. */
struct fake {
    int64_t alignment, most; /* sides beyond are refused; 0: any */
    double bytes_per_pixel;
    int mixes;       /* from so many pictures in a run on, what each gives depends on the others */
    int64_t most_batch; /* pictures of a run so far */
    int64_t largest; /* run so far, in pixels */
    int runs;
    bool counting;
};

static enum seam_result fake_run(void *engine, struct seam_engine_io *io, struct seam_log *log)
{
    struct fake *f = engine;
    (void)log;
    g_assert_true(f->counting);
    g_assert_cmpint(io->width % f->alignment, ==, 0);
    g_assert_cmpint(io->height % f->alignment, ==, 0);
    /* All of both is there to be used. */
    const int64_t batch = seam_max(io->batch, 1), in = 3 * io->width * io->height;
    const int64_t out = 3 * io->out_width * io->out_height;
    for (int64_t k = 0; k < batch; k++) {
        float sum = 0;
        for (int64_t i = 0; i < in; i++)
            sum += io->input[(f->mixes && batch >= f->mixes ? 0 : k) * in + i];
        for (int64_t i = 0; i < out; i++)
            io->output[k * out + i] = sum;
    }
    io->result = io->output;
    f->most_batch = seam_max(f->most_batch, batch);
    if (f->most && io->width > f->most)
        return SEAM_ERROR_ENGINE;
    f->runs++;
    f->largest = seam_max(f->largest, batch * io->width * io->height);
    return SEAM_OK;
}

static void fake_begin(void *engine)
{
    ((struct fake *)engine)->counting = true;
}

static uint64_t fake_end(void *engine)
{
    struct fake *f = engine;
    f->counting = false;
    return (uint64_t)(f->bytes_per_pixel * (double)f->largest);
}

static const struct seam_engine_ops ops = { .name = "fake", .run = fake_run,
                                            .count_begin = fake_begin, .count_end = fake_end };

static struct seam_facts facts_of(const struct fake *f)
{
    return (struct seam_facts){ .channels_in = 3, .channels_out = 3, .scale_num = 2, .scale_den = 1,
                                .alignment = f->alignment, .range_hi = 1,
                                .scratch_per_pixel = f->bytes_per_pixel };
}

static void test_sizes(void)
{
    for (int64_t alignment = 1; alignment <= 100; alignment += 33) {
        struct fake f = { .alignment = alignment, .bytes_per_pixel = 100 };
        struct seam_facts facts = facts_of(&f);
        const struct seam_trial_limits limits = { .seconds = 60, .bytes = 1u << 30,
                                                  .pixels = ENOUGH, .threads = 1 };
        g_assert_true(seam_trials_run(&ops, &f, &facts, &limits));
        g_assert_cmpint(facts.trial_count, >=, 4);
        for (int i = 0; i < facts.trial_count; i++) {
            const struct seam_trial *t = &facts.trials[i];
            g_assert_cmpint(t->pixels % (alignment * alignment), ==, 0);
            g_assert_cmpuint(t->bytes, ==, (uint64_t)(100 * (double)t->pixels));
            g_assert_cmpfloat(t->seconds, >, 0);
            g_assert_true(i == 0 || t->pixels > t[-1].pixels);
        }
        /* All is known: nothing is run again. */
        const int runs = f.runs;
        g_assert_false(seam_trials_run(&ops, &f, &facts, &limits));
        g_assert_cmpint(f.runs, ==, runs);
    }
}

/* Memory, tensors included: in bytes a pixel 12 in, 48 out and the engine's. */
static void test_memory(void)
{
    for (uint64_t bytes = 1000; bytes < 300000000; bytes *= 3) {
        struct fake f = { .alignment = 1, .bytes_per_pixel = 1000 };
        struct seam_facts facts = facts_of(&f);
        const struct seam_trial_limits limits = { .seconds = 60, .bytes = bytes, .threads = 1 };
        seam_trials_run(&ops, &f, &facts, &limits);
        g_assert_cmpfloat((double)f.largest * (1000 + 12 + 48), <=, (double)bytes);
    }
}

static void test_pixels(void)
{
    struct fake f = { .alignment = 1, .bytes_per_pixel = 10 };
    struct seam_facts facts = facts_of(&f);
    const struct seam_trial_limits limits = { .seconds = 60, .bytes = 1u << 30, .pixels = 70000,
                                              .threads = 1 };
    g_assert_true(seam_trials_run(&ops, &f, &facts, &limits));
    g_assert_cmpint(f.largest, ==, 65536);
}

static bool yes(void *asked)
{
    return ++*(int *)asked > 3;
}

/* Who is asked before each run says stop: no run follows, and what is known of batches stays. */
static void test_cancelled(void)
{
    int asked = 0;
    struct fake f = { .alignment = 1, .bytes_per_pixel = 10 };
    struct seam_facts facts = facts_of(&f);
    const struct seam_trial_limits limits = { .seconds = 60, .bytes = 1u << 30, .threads = 1,
                                              .cancel = { yes, &asked } };
    facts.batches = true;
    seam_trials_run(&ops, &f, &facts, &limits);
    g_assert_cmpint(f.runs, ==, 3);
    g_assert_cmpint(facts.trial_count, ==, 1);
    g_assert_true(facts.batches);
}

/* Several pictures in a run are tried where the network says that it takes them, and believed where
 * each comes out as alone. */
static void test_batches(void)
{
    const struct seam_trial_limits limits = { .seconds = 60, .bytes = 1u << 30, .pixels = ENOUGH,
                                              .threads = 1 };
    for (int kind = 0; kind < 3; kind++) {
        struct fake f = { .alignment = 1, .bytes_per_pixel = 10, .mixes = kind == 2 ? 2 : 0 };
        struct seam_facts facts = facts_of(&f);
        facts.batches = kind > 0;
        facts.exact = SEAM_EXACT_BITS;
        g_assert_true(seam_trials_run(&ops, &f, &facts, &limits));
        g_assert_cmpint(f.most_batch, ==, kind > 0 ? SEAM_TRIAL_BATCH : 1);
        g_assert_cmpint(facts.batches, ==, kind == 1);
        g_assert_cmpint(facts.trials[0].batch_seconds > 0, ==, kind == 1);
        g_assert_cmpint(facts.trials[0].batch_seconds < 0, ==, kind == 2);
        g_assert_cmpint(facts.trials[1].batch_seconds > 0, ==, kind == 1);
    }
}

/* However little time there is, two sizes tell how memory grows. */
static void test_two(void)
{
    struct fake f = { .alignment = 1, .bytes_per_pixel = 10 };
    struct seam_facts facts = facts_of(&f);
    const struct seam_trial_limits limits = { .bytes = 1u << 30, .threads = 1 };
    g_assert_true(seam_trials_run(&ops, &f, &facts, &limits));
    g_assert_cmpint(facts.trial_count, ==, 2);
    g_assert_false(seam_trials_run(&ops, &f, &facts, &limits));
}

/* What takes too long for the limit is not begun; a size that is refused is left out. */
static void test_refused(void)
{
    struct fake f = { .alignment = 1, .bytes_per_pixel = 10 };
    struct seam_facts facts = facts_of(&f);
    facts.seconds_per_pixel = 1;
    struct seam_trial_limits limits = { .seconds = 60, .bytes = 1u << 30, .pixels = ENOUGH,
                                        .threads = 1 };
    g_assert_false(seam_trials_run(&ops, &f, &facts, &limits));
    g_assert_cmpint(f.runs, ==, 0);
    facts.seconds_per_pixel = 0;
    f.most = 100;
    g_assert_true(seam_trials_run(&ops, &f, &facts, &limits));
    g_assert_cmpint(facts.trial_count, ==, 2);
    /* An engine that does not count is not run. */
    struct seam_engine_ops without = ops;
    without.count_begin = NULL;
    struct seam_facts again = facts_of(&f);
    g_assert_false(seam_trials_run(&without, &f, &again, &limits));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trial/sizes", test_sizes);
    g_test_add_func("/trial/memory", test_memory);
    g_test_add_func("/trial/pixels", test_pixels);
    g_test_add_func("/trial/cancelled", test_cancelled);
    g_test_add_func("/trial/batches", test_batches);
    g_test_add_func("/trial/two", test_two);
    g_test_add_func("/trial/refused", test_refused);
    return g_test_run();
}
