/* The network of test_exact.c, and the table of engines that has it alone. Included once. */
#ifndef SEAM_TESTS_EXACT_NET_H
#define SEAM_TESTS_EXACT_NET_H

#include "engine/engine.h"
#include "base/log.h"
#include "rows.h"

#define MOST_REACH 9

/* The network that the next model opened has. */
static struct {
    int channels;
    int64_t num, den; /* scale */
    int64_t stride;   /* a pixel's value depends on its place modulo the stride */
    int64_t crop, reach;
    int64_t fixed_width, fixed_height;
    int64_t room;     /* pixels that a run may have; 0: any number */
    int64_t most_batch; /* pictures that one run had */
    int refusals;     /* runs, picked by chance, that from then on do not fit */
} net;

/* A crop that leaves half an output pixel moves what a pixel sees by one. */
static int64_t net_field(void)
{
    return net.reach + (net.crop * net.num % net.den != 0);
}

static bool net_takes(const char *name)
{
    return strcmp(name, "net") == 0;
}

static enum seam_result net_open(void **engine, const struct seam_network *network,
                                 const struct seam_model_params *params, struct seam_facts *facts,
                                 struct seam_log *log)
{
    (void)network, (void)params, (void)log;
    *engine = &net;
    strcpy(facts->engine, "test");
    facts->channels_in = net.channels;
    facts->batches = true;
    facts->fixed_width = net.fixed_width;
    facts->fixed_height = net.fixed_height;
    facts->alignment = net.fixed_width ? net.stride : 0;
    facts->field_known = true;
    facts->field = facts->halo = net_field();
    facts->exact = SEAM_EXACT_BITS;
    return SEAM_OK;
}

static int64_t net_size(int64_t in)
{
    return (in - 2 * net.crop) * net.num / net.den;
}

static enum seam_result net_try_size(void *engine, struct seam_engine_trial *t,
                                     struct seam_log *log)
{
    (void)engine, (void)log;
    if (t->width % seam_lcm(net.stride, net.den) || t->height % seam_lcm(net.stride, net.den))
        return SEAM_ERROR_ENGINE;
    t->out_width = net_size(t->width);
    t->out_height = net_size(t->height);
    t->channels_out = net.channels;
    return SEAM_OK;
}

/* A sum along the column and the row of one position, what lies outside counting as 0. */
static float net_pixel(const float *in, int64_t width, int64_t height, int64_t x, int64_t y)
{
    float sum = 0.001f * (float)(x % net.stride + 3 * (y % net.stride));
    for (int64_t k = -net.reach; k <= net.reach; k++) {
        const float w = 1 / (float)(3 + k * k + (k > 0));
        if (x + k >= 0 && x + k < width)
            sum += w * in[y * width + x + k];
        if (y + k >= 0 && y + k < height)
            sum += 0.3f * w * in[(y + k) * width + x];
    }
    return sum;
}

static void net_apply(const float *in, int64_t width, int64_t height, float *out)
{
    const int64_t out_width = net_size(width), out_height = net_size(height);
    float *sums = g_new(float, width * height);
    for (int c = 0; c < net.channels; c++, in += width * height) {
        for (int64_t y = 0; y < height; y++)
            for (int64_t x = 0; x < width; x++)
                sums[y * width + x] = net_pixel(in, width, height, x, y);
        for (int64_t y = 0; y < out_height; y++)
            for (int64_t x = 0; x < out_width; x++)
                *out++ = sums[(net.crop + y * net.den / net.num) * width + net.crop +
                              x * net.den / net.num] +
                         0.01f * (float)(x % net.num + 2 * (y % net.num));
    }
    g_free(sums);
}

static enum seam_result net_run(void *engine, struct seam_engine_io *io, struct seam_log *log)
{
    (void)engine;
    g_assert_cmpint(io->out_width, ==, net_size(io->width));
    g_assert_cmpint(io->out_height, ==, net_size(io->height));
    g_assert_cmpint(io->width % net.stride + io->height % net.stride, ==, 0);
    const int64_t batch = seam_max(io->batch, 1), pixels = io->width * io->height;
    if (net.refusals > 0 && pick(0, 4) == 0) {
        net.refusals--;
        net.room = batch * pixels - 1;
    }
    if (net.room > 0 && batch * pixels > net.room)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no room");
    for (int64_t k = 0; k < batch; k++)
        net_apply(io->input + k * net.channels * pixels, io->width, io->height,
                  io->output + k * net.channels * io->out_width * io->out_height);
    net.most_batch = seam_max(net.most_batch, batch);
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

#endif /* SEAM_TESTS_EXACT_NET_H */
