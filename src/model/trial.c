/* Sizes are doubled from small to large as long as the limits allow, so that the last tells what a
 * larger tile costs. Then all are timed again, in turn, and the fastest counts: whatever else the
 * machine does only ever adds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/common.h"
#include "base/log.h"
#include "model/timer.h"
#include "model/trial.h"

#define SMALLEST_SIDE 32
/* By then weights and activations of any network are far beyond the caches. */
#define LARGEST_SIDE 1024
/* Where rows stream, what a pixel costs does not depend on the size, and a larger trial would take
 * more memory than the picture. */
#define LARGEST_SIDE_OF_ROWS 256
/* Tiles beyond this side keep the threads busy by themselves. */
#define LARGEST_SIDE_OF_BATCHES 128
/* What each picture of a batch may differ by from itself alone where no bits are promised, of the
 * range. */
#define BATCH_TOLERANCE 1e-5
/* The first run of a size takes its memory and is slower; how much is not known before. */
#define RUNS_AHEAD 3
#define MOST_ROUNDS 4
/* Memory cannot be told from one size: a second is tried whatever the limit of time, unless it
 * would take longer than this. */
#define SIZES_FOR_MEMORY 2
#define LONGEST_FOR_MEMORY 2.0

struct trials {
    const struct seam_engine_ops *ops;
    void *engine;
    struct seam_facts *facts;
    const struct seam_trial_limits *limits;
    double begun;
};

static double spent(const struct trials *t)
{
    return seam_clock() - t->begun;
}

/* Where the network takes the shape that `pixels` were tried in: squares, or the only shape. */
static void trial_shape(const struct seam_facts *f, int64_t side, struct seam_engine_io *io)
{
    const int64_t step = seam_lcm(f->alignment, f->scale_den);
    io->width = f->fixed_width ? f->fixed_width : seam_align_up(side, step);
    io->height = f->fixed_height ? f->fixed_height : seam_align_up(side, step);
    io->out_width = (io->width - 2 * f->crop) * f->scale_num / f->scale_den;
    io->out_height = (io->height - 2 * f->crop) * f->scale_num / f->scale_den;
}

static uint64_t tensor_bytes(const struct seam_facts *f, const struct seam_engine_io *io)
{
    return 4 * ((uint64_t)f->channels_in * (uint64_t)(io->width * io->height) +
                (uint64_t)f->channels_out * (uint64_t)(io->out_width * io->out_height));
}

/* What a run at this size will take, by the largest size tried before it. */
static bool trial_fits(const struct trials *t, const struct seam_engine_io *io)
{
    const struct seam_facts *f = t->facts;
    const double pixels = (double)(io->width * io->height);
    double seconds = f->seconds_per_pixel * pixels;
    double bytes = f->scratch_per_pixel * pixels + (double)f->scratch_bytes;
    if (f->trial_count > 0) {
        const struct seam_trial *last = &f->trials[f->trial_count - 1];
        seconds = RUNS_AHEAD * last->seconds * pixels / (double)last->pixels;
        bytes = (double)last->bytes * pixels / (double)last->pixels;
    }
    const bool for_memory = t->ops->count_begin && f->trial_count < SIZES_FOR_MEMORY &&
                            seconds <= LONGEST_FOR_MEMORY;
    const bool larger_than_needed = t->limits->pixels > 0 && f->trial_count > 0 &&
                                    pixels > t->limits->pixels;
    return !larger_than_needed && (for_memory || spent(t) + seconds <= t->limits->seconds) &&
           bytes + (double)tensor_bytes(f, io) <= (double)t->limits->bytes;
}

/* A picture of the range's values that repeats nowhere soon. */
static void fill(const struct seam_facts *f, float *input, int64_t count)
{
    const float lo = (float)f->range_lo, span = (float)(f->range_hi - f->range_lo);
    for (int64_t i = 0; i < count; i++)
        input[i] = lo + span * (float)(i * 7919 % 1009) / 1009;
}

/* Run once; false where the network does not take the size. */
static bool run_once(const struct trials *t, struct seam_engine_io *io, double *seconds)
{
    struct seam_log quiet;
    struct seam_timer timer;
    *seconds = 0;
    if (seam_cancel_asked(&t->limits->cancel))
        return false;
    seam_log_init(&quiet);
    seam_timer_start(&timer);
    const bool ok = t->ops->run(t->engine, io, &quiet) == SEAM_OK;
    *seconds = seam_timer_stop(&timer, t->ops->on_device ? 0 : t->limits->threads);
    return ok;
}

static int64_t input_floats(const struct seam_facts *f, const struct seam_engine_io *io)
{
    return f->channels_in * io->width * io->height;
}

static int64_t output_floats(const struct seam_facts *f, const struct seam_engine_io *io)
{
    return f->channels_out * io->out_width * io->out_height;
}

/* Input, filled, and room for the result of `batch` pictures of the size of *io. */
static bool io_open(const struct seam_facts *f, struct seam_engine_io *io, int64_t batch)
{
    const int64_t count = batch * input_floats(f, io);
    float *input = malloc((size_t)count * sizeof(float));
    io->batch = batch;
    io->output = malloc((size_t)(batch * output_floats(f, io)) * sizeof(float));
    if (input)
        fill(f, input, count);
    io->input = input;
    return input && io->output;
}

static void io_close(struct seam_engine_io *io)
{
    free((float *)(uintptr_t)io->input);
    free(io->output);
}

/* Run twice at the size of *io; the second run, with memory in place, is the one that counts. */
static bool trial_run(const struct trials *t, struct seam_engine_io *io, struct seam_trial *trial)
{
    bool ok = io_open(t->facts, io, 1);
    if (ok) {
        double first;
        trial->pixels = io->width * io->height;
        if (t->ops->count_begin)
            t->ops->count_begin(t->engine);
        ok = run_once(t, io, &first) && run_once(t, io, &trial->seconds);
        trial->bytes = t->ops->count_end ? t->ops->count_end(t->engine) : 0;
    }
    io_close(io);
    return ok;
}

/* Whether the pictures of the batch that *io is come out as each does alone. */
static bool batch_agrees(const struct trials *t, const struct seam_engine_io *io)
{
    const struct seam_facts *f = t->facts;
    const int64_t count = output_floats(f, io);
    const double span = fabs(f->range_hi - f->range_lo);
    const double most = f->exact == SEAM_EXACT_BITS ? 0 : BATCH_TOLERANCE * span;
    bool ok = true;
    for (int64_t k = 0; ok && k < io->batch; k++) {
        struct seam_engine_io one = *io;
        double seconds;
        ok = io_open(f, &one, 1);
        if (ok) {
            memcpy((float *)(uintptr_t)one.input, io->input + k * input_floats(f, io),
                   (size_t)input_floats(f, io) * sizeof(float));
            ok = run_once(t, &one, &seconds);
        }
        for (int64_t i = 0; ok && i < count; i++)
            ok = fabs((double)one.result[i] - (double)io->result[k * count + i]) <= most;
        io_close(&one);
    }
    return ok;
}

/* How long pictures of the size of *io take by the batch; where `compared`, whether they may at
 * all. */
static bool trial_batch(const struct trials *t, struct seam_engine_io *io, bool compared,
                        double *seconds)
{
    double first;
    bool ok = io_open(t->facts, io, SEAM_TRIAL_BATCH);
    if (ok && t->ops->count_begin)
        t->ops->count_begin(t->engine);
    ok = ok && run_once(t, io, &first) && (!compared || batch_agrees(t, io)) &&
         run_once(t, io, seconds);
    if (t->ops->count_end)
        (void)t->ops->count_end(t->engine);
    io_close(io);
    return ok;
}

/* Whether so many more pixels than a trial had are within the limits. */
static bool batch_fits(const struct trials *t, const struct seam_trial *trial,
                       const struct seam_engine_io *io)
{
    const double bytes = (double)trial->bytes + (double)tensor_bytes(t->facts, io);
    return spent(t) + RUNS_AHEAD * SEAM_TRIAL_BATCH * trial->seconds <= t->limits->seconds &&
           SEAM_TRIAL_BATCH * bytes <= (double)t->limits->bytes;
}

static void trials_batch(const struct trials *t)
{
    struct seam_facts *f = t->facts;
    int i = 0;
    for (int64_t side = SMALLEST_SIDE; f->batches && i < f->trial_count &&
                                       side <= LARGEST_SIDE_OF_BATCHES; side *= 2) {
        struct seam_engine_io io = { 0 };
        trial_shape(f, side, &io);
        if (io.width * io.height != f->trials[i].pixels)
            continue;
        if (!batch_fits(t, &f->trials[i], &io))
            break;
        if (!trial_batch(t, &io, i == 0, &f->trials[i].batch_seconds)) {
            if (seam_cancel_asked(&t->limits->cancel))
                return;
            f->batches = i > 0;
            f->trials[i].batch_seconds = i > 0 ? 0 : -1;
            break;
        }
        i++;
    }
}

/* Time all sizes again as long as there is time. */
static void trials_repeat(const struct trials *t)
{
    struct seam_facts *f = t->facts;
    for (int round = 1; round < MOST_ROUNDS; round++) {
        int i = 0;
        for (int64_t side = SMALLEST_SIDE; i < f->trial_count && side <= LARGEST_SIDE; side *= 2) {
            struct seam_engine_io io = { 0 };
            struct seam_trial again = { 0 };
            trial_shape(f, side, &io);
            if (io.width * io.height != f->trials[i].pixels)
                continue;
            if (spent(t) + RUNS_AHEAD * f->trials[i].seconds > t->limits->seconds ||
                !trial_run(t, &io, &again))
                return;
            f->trials[i].seconds = fmin(f->trials[i].seconds, again.seconds);
            if (f->trials[i].batch_seconds > 0 && batch_fits(t, &f->trials[i], &io) &&
                trial_batch(t, &io, false, &again.batch_seconds))
                f->trials[i].batch_seconds = fmin(f->trials[i].batch_seconds, again.batch_seconds);
            i++;
        }
    }
}

bool seam_trials_run(const struct seam_engine_ops *ops, void *engine, struct seam_facts *facts,
                     const struct seam_trial_limits *limits)
{
    const struct trials t = { .ops = ops, .engine = engine, .facts = facts, .limits = limits,
                              .begun = seam_clock() };
    const int had = facts->trial_count;
    const int64_t largest = facts->rows.possible ? LARGEST_SIDE_OF_ROWS : LARGEST_SIDE;
    if (!ops->count_begin && !facts->rows.possible)
        return false;
    for (int64_t side = SMALLEST_SIDE;
         side <= largest && facts->trial_count < SEAM_MOST_TRIALS; side *= 2) {
        struct seam_engine_io io = { 0 };
        struct seam_trial trial = { 0 };
        trial_shape(facts, side, &io);
        if (io.out_width < 1 || io.out_height < 1 ||
            (facts->trial_count > 0 &&
             io.width * io.height <= facts->trials[facts->trial_count - 1].pixels))
            continue;
        if (!trial_fits(&t, &io))
            break;
        if (trial_run(&t, &io, &trial))
            facts->trials[facts->trial_count++] = trial;
    }
    if (facts->trial_count > had) {
        trials_batch(&t);
        trials_repeat(&t);
    }
    return facts->trial_count > had;
}
