/* seamless restore: files in, files out. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "job/job.h"

/* One run of the command, and what became of its pictures. */
struct run {
    struct cli_options options;
    struct cli_progress progress;
    struct cli_chosen chosen;
    struct seam_model *model; /* of all, or of most */
    int done, finished_before, failed, planned;
    double megapixels, seconds; /* of what is planned */
    bool unknown;               /* whether of one of those no time is known */
    GString *names; /* of the first that failed */
};

static void count_failure(struct run *run, const char *input)
{
    const int most_named = 10;
    if (run->failed < most_named)
        g_string_append_printf(run->names, "%s%s", run->failed ? ", " : ": ", input);
    else if (run->failed == most_named)
        g_string_append(run->names, ", ...");
    run->failed++;
}

static bool on_progress(void *opaque, const struct seam_progress *now)
{
    return cli_progress_update(&((struct run *)opaque)->progress, now);
}

static void on_begun(void *opaque, const char *input)
{
    struct cli_progress *progress = &((struct run *)opaque)->progress;
    const char *slash = strrchr(input, '/');
    progress->picture++;
    progress->name = slash ? slash + 1 : input;
}

static void count_planned(struct run *run, const struct seam_job_report *report)
{
    run->planned++;
    run->megapixels +=
        (double)report->width * (double)report->height * (double)report->pages / 1e6;
    run->seconds += report->seconds;
    run->unknown = run->unknown || report->seconds <= 0;
    if (!run->options.json && !run->options.quiet)
        cli_report_planned(report);
}

static void on_finished(void *opaque, const struct seam_job_report *report)
{
    struct run *run = opaque;
    cli_progress_wipe();
    if (run->options.json)
        seam_job_print_json(report, stdout);
    switch (report->status) {
    case SEAM_JOB_RESTORED:
        if (!run->options.quiet)
            cli_report_text(report, run->options.verbose);
        run->done++;
        break;
    case SEAM_JOB_PLANNED: count_planned(run, report); break;
    case SEAM_JOB_SKIPPED: run->finished_before++; break;
    case SEAM_JOB_FAILED: count_failure(run, report->input); break;
    case SEAM_JOB_CANCELLED: break;
    }
}

static bool on_look(void *opaque)
{
    (void)opaque;
    return cli_cancelled();
}

static struct seam_model *on_pick(void *opaque, const char *input, bool alone,
                                  struct seam_log *log)
{
    struct run *run = opaque;
    const char *name = cli_choose(&run->options, input, log);
    if (strcmp(name, run->options.model) == 0)
        return run->model;
    return alone ? cli_chosen_model(&run->chosen, &run->options, name, log)
                 : cli_chosen_open(&run->chosen, name);
}

/* What a signal leaves of a picture that it cut. */
static void tell_what_is_kept(const struct run *run)
{
    if (!run->options.quiet && !run->options.dry_run)
        fprintf(stderr, "seamless: %s\n",
                run->options.resume
                    ? "finished rows are kept: the same command goes on from there"
                    : "nothing is kept of a picture that was cut; with --resume its finished rows "
                      "are");
}

/* A picture alone whose result is there. */
static void tell_that_it_is_there(const struct seam_batch *batch)
{
    const char *input, *output;
    seam_batch_picture(batch, 0, &input, &output);
    fprintf(stderr, "seamless: %s is there already: nothing was done\n", output);
}

/* The last line of a batch, and the exit code. */
static int conclude(const struct run *run, const struct seam_batch *batch, enum seam_result worst)
{
    char before[64] = "", duration[40];
    const size_t all = seam_batch_count(batch);
    const bool several = seam_batch_is_several(batch);
    if (run->finished_before > 0)
        g_snprintf(before, sizeof(before), ", %d %s finished before", run->finished_before,
                   run->finished_before == 1 ? "was" : "were");
    cli_print_duration(duration, sizeof(duration), run->seconds);
    if (run->planned > 0 && !run->options.quiet)
        fprintf(stderr, "seamless: %d of %zu pictures would be restored, %.3g megapixels, %s%s%s\n",
                run->planned, all, run->megapixels, duration,
                run->unknown ? " and what nobody knows" : "", before);
    else if (several && run->failed > 0)
        fprintf(stderr, "seamless: %d of %zu pictures failed%s; %d restored%s\n", run->failed, all,
                run->names->str, run->done, before);
    else if (several && !run->options.quiet)
        fprintf(stderr, "seamless: %d of %zu pictures restored%s\n", run->done, all, before);
    else if (run->finished_before > 0 && !run->options.quiet)
        tell_that_it_is_there(batch);
    if (worst == SEAM_CANCELLED)
        tell_what_is_kept(run);
    if (several && run->failed > 0 && worst != SEAM_CANCELLED)
        return EXIT_FAILURE;
    return cli_exit_code(worst);
}

static int restore_all(struct run *run, struct seam_batch *batch, struct seam_model *model,
                       bool choose, struct seam_log *log)
{
    const struct cli_options *options = &run->options;
    struct seam_job_params params;
    seam_job_params_init(&params);
    params.params = &options->params;
    params.size = &options->size;
    params.passes = options->passes;
    params.region = options->region.width > 0 ? &options->region : NULL;
    params.transfer = options->transfer;
    params.colour = options->colour;
    params.page = options->page;
    params.format = options->format;
    params.resume = options->resume;
    params.dry_run = options->dry_run;
    params.preserve = options->preserve;
    params.strip = options->strip;
    params.nodata = options->nodata;
    params.mask = options->mask;
    params.preview = options->preview;
    params.checksum = options->json;
    params.begun = on_begun;
    params.allow_damaged = options->allow_damaged;
    params.threads = options->model_params.threads;
    params.progress = on_progress;
    params.cancelled = on_look;
    params.finished = on_finished;
    params.pick = choose ? on_pick : NULL;
    params.opaque = run;
    run->model = model;
    cli_progress_begin(&run->progress, options);
    run->progress.pictures = seam_batch_count(batch);
    const enum seam_result worst = seam_batch_run(batch, model, &params, log);
    cli_progress_end(&run->progress);
    return conclude(run, batch, worst);
}

/* One line of JSON for a picture of the batch of which nothing is known but how it ended. */
static void print_ended(const struct seam_batch *batch, size_t i, enum seam_job_status status,
                        const char *error, FILE *to)
{
    struct seam_job_report report = { .status = status, .error = error };
    seam_batch_picture(batch, i, &report.input, &report.output);
    seam_job_print_json(&report, to);
}

/* Likewise for each file of a folder that is none of the batch, though its name says so. */
static void print_passed(const struct seam_batch *batch)
{
    static const char *const why[] = { "named as a picture, and cannot be read as one" };
    const char *const *passed = seam_batch_passed(batch);
    for (size_t i = 0; passed[i]; i++) {
        const struct seam_job_report report = {
            .input = passed[i], .status = SEAM_JOB_SKIPPED, .error = "", .notices = why,
            .notice_count = 1,
        };
        seam_job_print_json(&report, stdout);
    }
}

/* The network of all pictures. What ends the command while it is opened is told of the picture that
 * comes first, as of one that is cancelled; what makes it fail, of all. */
static enum seam_result open_network(struct run *run, const struct seam_batch *batch,
                                     struct seam_session *session, struct seam_log *log)
{
    char *text = NULL;
    size_t size;
    const bool tells = run->options.json && seam_batch_count(batch) > 0;
    FILE *f = tells ? open_memstream(&text, &size) : NULL;
    if (f) {
        print_ended(batch, 0, SEAM_JOB_CANCELLED, "cancelled", f);
        fclose(f);
        cli_signals_say(text);
    }
    const char *first = NULL, *output;
    if (seam_batch_count(batch) > 0)
        seam_batch_picture(batch, 0, &first, &output);
    const enum seam_result r =
        cli_session_open(session, &run->options, first, seam_batch_count(batch), log);
    cli_signals_say(NULL);
    free(text);
    for (size_t i = 0; r != SEAM_OK && run->options.json && i < seam_batch_count(batch); i++)
        print_ended(batch, i, r == SEAM_CANCELLED ? SEAM_JOB_CANCELLED : SEAM_JOB_FAILED,
                    log->error, stdout);
    return r;
}

static int run_restore(struct run *run)
{
    struct seam_log log;
    struct seam_batch *batch = NULL;
    struct seam_session session = { 0 };
    struct seam_batch_params params;
    const bool choose = cli_is_auto(&run->options);
    cli_log_init(&log, cli_log_level(&run->options));
    if (choose) {
        g_free(run->options.model);
        run->options.model = g_strdup(SEAM_DEFAULT_MODEL); /* what most pictures ask for */
    }
    seam_batch_params_init(&params);
    params.inputs = (const char *const *)run->options.inputs;
    params.list = run->options.files_from;
    params.output = run->options.output;
    params.recursive = run->options.recursive;
    params.include = (const char *const *)run->options.include;
    params.exclude = (const char *const *)run->options.exclude;
    params.skip_existing = run->options.skip_existing;
    params.newer = run->options.newer;
    params.cancelled = on_look;
    enum seam_result r = seam_batch_open(&batch, &params, &log);
    if (r == SEAM_OK && run->options.json)
        print_passed(batch);
    if (r == SEAM_OK && seam_batch_is_several(batch))
        cli_heap_keep_more(run->options.params.memory);
    if (r == SEAM_OK)
        r = open_network(run, batch, &session, &log);
    const int code =
        r == SEAM_OK ? restore_all(run, batch, session.model, choose, &log) : cli_exit_code(r);
    cli_chosen_close(&run->chosen);
    cli_session_close(&session);
    seam_batch_close(&batch);
    return code;
}

int cli_restore(int argc, char **argv)
{
    struct run run = { .names = g_string_new(NULL) };
    int code = cli_options_parse(&run.options, CLI_RESTORE, argc, argv);
    if (code < 0)
        code = run_restore(&run);
    cli_options_clear(&run.options);
    g_string_free(run.names, TRUE);
    return code;
}
