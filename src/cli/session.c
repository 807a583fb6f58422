/* What every command needs around its work: messages, exit codes, the model. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "base/log.h"
#include "cli/cli.h"

/* Of the range: no restoration makes a flat grey so much darker or brighter. */
#define FAR_OUTSIDE 0.5
/* Likewise: a network that keeps a grey this well in the range it is usual to have ... */
#define KEEPS_GREY 0.03
/* ... and moves it so far in one that it was told to have is likely to have been told wrong. */
#define MOVES_GREY 0.08
#define GREY_SIDE 64

int cli_exit_code(enum seam_result result)
{
    switch (result) {
    case SEAM_OK: return EXIT_SUCCESS;
    case SEAM_ERROR_ARGUMENT: return EXIT_USAGE;
    case SEAM_CANCELLED: return EXIT_CANCELLED;
    default: return EXIT_FAILURE;
    }
}

static void print_message(void *opaque, enum seam_log_level level, const char *text)
{
    static const char *const kinds[] = { "error: ", "warning: ", "", "" };
    (void)opaque;
    /* Rows that are given up because they cannot be written: that is for the writing to say. */
    if (level == SEAM_LOG_ERROR && strcmp(text, "cancelled") == 0 && !cli_cancelled())
        return;
    cli_progress_wipe();
    fprintf(stderr, "seamless: %s%s\n", kinds[level], text);
}

void cli_log_init(struct seam_log *log, enum seam_log_level level)
{
    seam_log_init(log);
    log->message = print_message;
    log->level = level;
}

enum seam_log_level cli_log_level(const struct cli_options *options)
{
    if (options->quiet)
        return SEAM_LOG_ERROR;
    return options->verbose ? SEAM_LOG_DEBUG : SEAM_LOG_NOTICE;
}

/* Values that nobody told, and a grey that becomes what is no picture. */
static void warn_of_range(const struct seam_facts *f, struct seam_log *log)
{
    const double span = f->range_hi - f->range_lo;
    if (f->range_known || (f->grey_least >= f->range_lo - FAR_OUTSIDE * span &&
                           f->grey_most <= f->range_hi + FAR_OUTSIDE * span))
        return;
    seam_warning(log,
                 "%s makes values of %.3g to %.3g of a flat grey of 0.5, far outside %g..%g: is "
                 "its range another? --range 0..255 or --range -1..1 says so, and --range %g..%g "
                 "that it is right",
                 f->name, f->grey_least, f->grey_most, f->range_lo, f->range_hi, f->range_lo,
                 f->range_hi);
}

/* What the mean of a flat grey of 0.5 becomes by a range, or NAN. */
static double grey_by(struct seam_model *model, const struct seam_facts *facts, double lo,
                      double hi)
{
    static const struct seam_picture grey = { .width = GREY_SIDE, .height = GREY_SIDE, .bands = 3,
                                              .sample = SEAM_SAMPLE_F32 };
    struct seam_params params;
    struct seam_picture result;
    struct seam_log quiet;
    double sum = NAN;
    seam_params_init(&params);
    params.range_lo = lo;
    params.range_hi = hi;
    params.out_sample = SEAM_SAMPLE_F32;
    seam_log_init(&quiet);
    if (seam_restored(&result, &grey, facts, &params, &quiet) != SEAM_OK)
        return NAN;
    const size_t count = (size_t)(result.width * result.height * result.bands);
    float *in = g_new(float, GREY_SIDE * GREY_SIDE * 3), *out = g_new(float, count);
    for (int i = 0; i < GREY_SIDE * GREY_SIDE * 3; i++)
        in[i] = 0.5f;
    if (seam_restore(model, &grey, in, out, &params, &quiet) == SEAM_OK) {
        sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += (double)out[i];
    }
    g_free(in);
    g_free(out);
    return sum / (double)count;
}

/* A range that was asked for, and a grey that the network keeps in the usual one and not in it. */
static void warn_of_asked_range(struct seam_model *model, const struct seam_facts *f,
                                const struct seam_params *params, struct seam_log *log)
{
    if (f->range_known || (f->grey_least == 0 && f->grey_most == 0) ||
        (params->range_lo == f->range_lo && params->range_hi == f->range_hi))
        return;
    const double span = f->range_hi - f->range_lo, mean = (f->grey_least + f->grey_most) / 2;
    if (fabs((mean - f->range_lo) / span - 0.5) > KEEPS_GREY)
        return;
    const double grey = grey_by(model, f, params->range_lo, params->range_hi);
    if (fabs(grey - 0.5) > MOVES_GREY)
        seam_warning(log,
                     "by a range of %g..%g %s makes %.2g of a flat grey of 0.5, and by %g..%g "
                     "%.2g: is it that? Leave out --range then", params->range_lo, params->range_hi,
                     f->name, grey, f->range_lo, f->range_hi, (mean - f->range_lo) / span);
}

enum seam_result cli_session_open(struct seam_session *session, struct cli_options *options,
                                  const char *first, size_t count, struct seam_log *log)
{
    struct seam_machine machine;
    struct seam_model *model = NULL;
    seam_machine_measure(&machine);
    if (options->model_params.threads == 0)
        options->model_params.threads = machine.cpus;
    options->model_params.memory = options->params.memory;
    vips_concurrency_set(options->model_params.threads);
    cli_glib_show(options);
    cli_signals_at_once(true);
    options->model_params.pixels = cli_expect_pixels(options, first, count);
    const char *name =
        cli_is_auto(options) ? cli_choose(options, options->inputs[0], log) : options->model;
    const enum seam_result r = seam_model_open(&model, name, &options->model_params, log);
    cli_signals_at_once(false);
    if (r != SEAM_OK)
        return r;
    seam_session_begin(session, model, options->model_params.threads);
    if (isnan(options->params.range_lo))
        warn_of_range(&session->facts, log);
    else
        warn_of_asked_range(model, &session->facts, &options->params, log);
    return SEAM_OK;
}

void cli_session_close(struct seam_session *session)
{
    seam_model_close(&session->model);
}
