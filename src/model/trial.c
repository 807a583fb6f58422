/* Sizes are doubled from small to large as long as the limits allow, so that the last tells what a
 * larger tile costs. Then all are timed again, in turn, and the fastest counts: whatever else the
 * machine does only ever adds. */
#include <stdlib.h>
#include <time.h>

#include "common.h"
#include "log.h"
#include "model/timer.h"
#include "model/trial.h"

#define SMALLEST_SIDE 32
/* By then weights and activations of any network are far beyond the caches. */
#define LARGEST_SIDE 1024
/* Where rows stream, what a pixel costs does not depend on the size, and a larger trial would take more
 * memory than the picture. */
#define LARGEST_SIDE_OF_ROWS 256
/* The first run of a size takes its memory and is slower; how much is not known before. */
#define RUNS_AHEAD 3
#define MOST_ROUNDS 4

struct trials {
    const struct seam_engine_ops *ops;
    void *engine;
    struct seam_facts *facts;
    const struct seam_trial_limits *limits;
    double begun;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double spent(const struct trials *t)
{
    return now() - t->begun;
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
    const bool larger_than_needed = t->limits->pixels > 0 && f->trial_count > 0 &&
                                    pixels > t->limits->pixels;
    return !larger_than_needed && spent(t) + seconds <= t->limits->seconds &&
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
    seam_log_init(&quiet);
    seam_timer_start(&timer);
    const bool ok = t->ops->run(t->engine, io, &quiet) == SEAM_OK;
    *seconds = seam_timer_stop(&timer, t->limits->threads);
    return ok;
}

/* Run twice at the size of *io; the second run, with memory in place, is the one that counts. */
static bool trial_run(const struct trials *t, struct seam_engine_io *io, struct seam_trial *trial)
{
    const struct seam_facts *f = t->facts;
    const int64_t count = f->channels_in * io->width * io->height;
    float *input = malloc((size_t)count * sizeof(float));
    io->output = malloc((size_t)(f->channels_out * io->out_width * io->out_height) * sizeof(float));
    io->input = input;
    bool ok = input && io->output;
    if (ok) {
        double first;
        fill(f, input, count);
        trial->pixels = io->width * io->height;
        if (t->ops->count_begin)
            t->ops->count_begin(t->engine);
        ok = run_once(t, io, &first) && run_once(t, io, &trial->seconds);
        trial->bytes = t->ops->count_end ? t->ops->count_end(t->engine) : 0;
    }
    free(input);
    free(io->output);
    return ok;
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
            if (again.seconds < f->trials[i].seconds)
                f->trials[i].seconds = again.seconds;
            i++;
        }
    }
}

bool seam_trials_run(const struct seam_engine_ops *ops, void *engine, struct seam_facts *facts,
                     const struct seam_trial_limits *limits)
{
    const struct trials t = { .ops = ops, .engine = engine, .facts = facts, .limits = limits,
                              .begun = now() };
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
    if (facts->trial_count > had)
        trials_repeat(&t);
    return facts->trial_count > had;
}
