/* How far a network sees, measured from outside, on networks that are known inside: plain loops
 * that see so many pixels on each side, by the phase of a stride, at any scale. */
#include "engine/engine.h"
#include "base/log.h"
#include "model/reach_probe.h"
#include "rows.h"

#define MOST 9

/* The network that the next model opened has. */
static struct {
    int64_t sides[4];   /* pixels seen to the left, right, top and bottom */
    int64_t num, den;   /* scale */
    int64_t stride;     /* sides are those of the first phase; the others see the pixel alone */
    int64_t fixed;      /* side of the only square taken; 0: any */
    bool global;        /* every pixel sees the mean of all */
    enum seam_result failure;
} net;

static bool net_takes(const char *name)
{
    return strcmp(name, "net") == 0;
}

static int64_t net_field(void)
{
    int64_t most = 0;
    for (int i = 0; i < 4; i++)
        most = seam_max(most, net.sides[i]);
    return most;
}

static enum seam_result net_open(void **engine, const struct seam_network *network,
                                 const struct seam_model_params *params, struct seam_facts *facts,
                                 struct seam_log *log)
{
    (void)network, (void)params, (void)log;
    *engine = &net;
    strcpy(facts->engine, "test");
    facts->channels_in = 1;
    facts->fixed_width = facts->fixed_height = net.fixed;
    facts->alignment = net.stride;
    facts->field_known = !net.global;
    facts->field = facts->halo = net_field();
    return SEAM_OK;
}

static enum seam_result net_try_size(void *engine, struct seam_engine_trial *t,
                                     struct seam_log *log)
{
    (void)engine, (void)log;
    if (t->width % seam_lcm(net.stride, net.den) || t->height % seam_lcm(net.stride, net.den))
        return SEAM_ERROR_ENGINE;
    t->out_width = t->width * net.num / net.den;
    t->out_height = t->height * net.num / net.den;
    t->channels_out = 1;
    return SEAM_OK;
}

/* The sum of the pixels seen, the farther the less; every one of them is above a fiftieth. */
static float net_pixel(const struct seam_engine_io *io, int64_t x, int64_t y)
{
    float sum = io->input[y * io->width + x];
    for (int64_t k = 1; x % net.stride == 0 && k <= MOST; k++) {
        const float w = 1 / (float)(3 + k * k);
        sum += k <= net.sides[0] && x >= k ? w * io->input[y * io->width + x - k] : 0;
        sum += k <= net.sides[1] && x + k < io->width ? w * io->input[y * io->width + x + k] : 0;
    }
    for (int64_t k = 1; y % net.stride == 0 && k <= MOST; k++) {
        const float w = 1 / (float)(3 + k * k);
        sum += k <= net.sides[2] && y >= k ? w * io->input[(y - k) * io->width + x] : 0;
        sum += k <= net.sides[3] && y + k < io->height ? w * io->input[(y + k) * io->width + x] : 0;
    }
    return sum;
}

static enum seam_result net_run(void *engine, struct seam_engine_io *io, struct seam_log *log)
{
    (void)engine;
    if (net.failure != SEAM_OK)
        return seam_log_fail(log, net.failure, "it fails");
    float mean = 0;
    for (int64_t i = 0; net.global && i < io->width * io->height; i++)
        mean += io->input[i] / (float)(io->width * io->height);
    for (int64_t y = 0; y < io->out_height; y++)
        for (int64_t x = 0; x < io->out_width; x++)
            io->output[y * io->out_width + x] =
                net_pixel(io, x * net.den / net.num, y * net.den / net.num) + mean;
    io->result = io->output;
    return SEAM_OK;
}

static void net_close(void *engine)
{
    (void)engine;
}

static const struct seam_engine_ops net_ops = {
    .name = "net",
    .takes = net_takes,
    .open = net_open,
    .try_size = net_try_size,
    .run = net_run,
    .close = net_close,
};

/* Instead of the library's own table. */
const struct seam_engine_ops *const seam_engines[] = { &net_ops, NULL };

static void random_net(void)
{
    static const int64_t scales[][2] = { { 1, 1 }, { 1, 1 }, { 2, 1 }, { 3, 1 }, { 4, 1 } };
    const int64_t *scale = PICK(scales);
    memset(&net, 0, sizeof(net));
    net.num = scale[0];
    net.den = scale[1];
    net.stride = pick(1, 4);
    for (int i = 0; i < 4; i++)
        net.sides[i] = pick(0, MOST);
}

/* Each side by itself, whatever the scale and the phase that sees farthest. */
static void test_sides(void)
{
    for (int i = 0; i < many(200); i++) {
        random_net();
        struct seam_model *model = open_model("net");
        struct seam_reach reach;
        struct seam_log log;
        seam_log_init(&log);
        assert_ok(seam_model_reach(model, NULL, NULL, NULL, 0, &reach, &log), &log);
        g_assert_true(reach.complete);
        g_assert_cmpint(reach.sides.left, ==, net.sides[0]);
        g_assert_cmpint(reach.sides.right, ==, net.sides[1]);
        g_assert_cmpint(reach.sides.top, ==, net.sides[2]);
        g_assert_cmpint(reach.sides.bottom, ==, net.sides[3]);
        g_assert_cmpint(reach.largest, ==, net_field());
        g_assert_cmpint(reach.halo, ==, net_field());
        seam_model_close(&model);
    }
}

/* What does not show does not count: black against white, at a distance d, moves by 1 / (3 + d * d)
 * of the range for each pixel, and none of them is seen in a picture that is flat. */
static void test_tolerance(void)
{
    static const int64_t sides[4] = { MOST, MOST, MOST, MOST };
    const struct seam_picture picture = { .width = 64, .height = 48, .bands = 1,
                                          .sample = SEAM_SAMPLE_U8 };
    static unsigned char halves[48 * 64], flat[48 * 64];
    memset(&net, 0, sizeof(net));
    net.num = net.den = net.stride = 1;
    memcpy(net.sides, sides, sizeof(sides));
    struct seam_model *model = open_model("net");
    for (int i = 0; i < 48 * 64; i++)
        halves[i] = i % 64 < 32 ? 0 : 255;
    struct seam_reach reach;
    struct seam_log log;
    seam_log_init(&log);
    /* Of the nine pixels those from the d-th on are changed. */
    double last = 0;
    for (int64_t d = MOST; d > 0; d--) {
        last += 1.0 / (double)(3 + d * d);
        assert_ok(seam_model_reach(model, &picture, halves, NULL, last * 0.999, &reach, &log),
                  &log);
        g_assert_cmpint(reach.sides.left, ==, d);
        g_assert_cmpint(reach.sides.right, ==, d);
        assert_ok(seam_model_reach(model, &picture, halves, NULL, last * 1.001, &reach, &log),
                  &log);
        g_assert_cmpint(reach.sides.left, ==, d - 1);
    }
    assert_ok(seam_model_reach(model, &picture, flat, NULL, SEAM_REACH_TOLERANCE, &reach, &log),
              &log);
    g_assert_cmpint(reach.largest, ==, 0);
    g_assert_true(reach.complete);
    seam_model_close(&model);
}

/* Where everything is seen no halo holds it: that of the bounded part is left, or 32. */
static void test_global(void)
{
    struct seam_reach reach;
    struct seam_log log;
    for (int64_t field = 2; field <= MOST; field += 7) {
        random_net();
        net.global = true;
        net.sides[1] = field;
        struct seam_model *model = open_model("net");
        seam_log_init(&log);
        assert_ok(seam_model_reach(model, NULL, NULL, NULL, 0, &reach, &log), &log);
        g_assert_false(reach.complete);
        g_assert_cmpint(reach.largest, >, 32);
        g_assert_cmpint(reach.halo, ==, 32);
        seam_model_close(&model);
    }
}

static void assert_refused(struct seam_model *model, const struct seam_picture *picture,
                           const void *samples, double tolerance, enum seam_result wanted,
                           const char *words)
{
    struct seam_reach reach;
    struct seam_log log;
    seam_log_init(&log);
    g_assert_cmpint(seam_model_reach(model, picture, samples, NULL, tolerance, &reach, &log), ==,
                    wanted);
    assert_said(&log, wanted, words);
    g_assert_cmpint(reach.width, ==, 0);
}

static void test_refused(void)
{
    static unsigned char samples[100 * 40];
    const struct seam_picture picture = { .width = 100, .height = 40, .bands = 1 };
    random_net();
    net.stride = 1;
    net.fixed = 48;
    struct seam_model *model = open_model("net");
    assert_refused(model, &picture, samples, 0, SEAM_ERROR_ARGUMENT, "48 x 48");
    assert_refused(model, &picture, NULL, 0, SEAM_ERROR_ARGUMENT, "without its samples");
    assert_refused(model, NULL, NULL, 1, SEAM_ERROR_ARGUMENT, "tolerance of 1");
    assert_refused(model, NULL, NULL, -0.5, SEAM_ERROR_ARGUMENT, "tolerance of -0.5");
    /* A run that does not fit is another thing than one that fails: less may fit. */
    net.failure = SEAM_ERROR_MEMORY;
    assert_refused(model, NULL, NULL, 0, SEAM_ERROR_MEMORY, "it fails");
    net.failure = SEAM_ERROR_ENGINE;
    assert_refused(model, NULL, NULL, 0, SEAM_ERROR_ENGINE, "it fails");
    seam_model_close(&model);
}

static bool run_copy(void *opaque, const float *in, int64_t width, int64_t height, float *out)
{
    (void)opaque;
    memcpy(out, in, (size_t)(width * height) * sizeof(float));
    return true;
}

/* Where borders leave nothing to look at, nothing is known. */
static void test_blind(void)
{
    static float input[40 * 40];
    for (int i = 0; i < 40 * 40; i++)
        input[i] = (float)(i * 7919 % 1009) / 1009;
    for (int64_t ignore = 0; ignore <= 30; ignore += 5) {
        const struct seam_reach_net one = {
            .run = run_copy, .channels_in = 1, .channels_out = 1, .scale_num = 1, .scale_den = 1,
            .alignment = 1, .ignore = { ignore, ignore, ignore, ignore },
        };
        const struct seam_reach_trial trial = { .input = input, .width = 40, .height = 40, .hi = 1,
                                                .lines = 1, .changes = 1u << SEAM_REACH_INVERT };
        struct seam_reach_found found;
        g_assert_cmpint(seam_reach_measure(&one, &trial, &found), ==, SEAM_OK);
        for (int side = 0; side < 4; side++) {
            g_assert_cmpint(found.reach[side], ==, 0);
            g_assert_cmpint(found.open[side], ==, ignore >= 20);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reach/sides", test_sides);
    g_test_add_func("/reach/tolerance", test_tolerance);
    g_test_add_func("/reach/global", test_global);
    g_test_add_func("/reach/refused", test_refused);
    g_test_add_func("/reach/blind", test_blind);
    return g_test_run();
}
