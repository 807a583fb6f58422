/* seamless restore: files in, files out. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/batch.h"
#include "cli/cli.h"
#include "cli/finished.h"
#include "cli/resume.h"
#include "files/load.h"
#include "files/normalise.h"
#include "files/save.h"
#include "base/log.h"
#include "base/memory.h"

/* One run of the command: a model, and the pictures that go through it. */
struct run {
    struct cli_options options;
    struct cli_session session;
};

/* The depth asked for, or the picture's own, as far as the format holds it. */
static void choose_sample(struct run *run, const struct seam_save *save, VipsImage *image,
                          struct seam_params *params, struct seam_log *log)
{
    const enum seam_sample wanted = run->options.depth == SEAM_AUTO
                                        ? seam_io_sample(image)
                                        : (enum seam_sample)run->options.depth;
    const enum seam_sample held = seam_save_sample(save, wanted, seam_io_is_linear(image, run->options.vips.transfer));
    if (held != wanted)
        seam_notice(log, "%s holds no samples of depth %s: written as %s", save->suffix + 1,
                    seam_sample_name(wanted), seam_sample_name(held));
    params->out_sample = (int)held;
}

static void print_plan(const struct seam_plan *plan, struct seam_log *log)
{
    char text[2048];
    seam_plan_print(plan, text, sizeof(text));
    char **lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (int i = 0; lines[i]; i++)
        seam_debug(log, "%s", lines[i]);
    g_strfreev(lines);
}

static enum seam_result restore_image(struct run *run, const char *input,
                                      const struct seam_load *load, struct seam_save *save,
                                      const struct cli_resume *resume, struct seam_log *log)
{
    VipsImage *image = load->image;
    struct cli_progress progress;
    struct seam_plan plan;
    struct seam_vips_params params = run->options.vips;
    VipsImage *out = NULL;
    choose_sample(run, save, image, &params.params, log);
    cli_session_measure(&run->session, &run->options, (double)image->Xsize * (double)image->Ysize,
                        log);
    const uint64_t reached = seam_memory_peak();
    cli_progress_begin(&progress, &run->options);
    params.callbacks.progress = cli_progress_update;
    params.callbacks.opaque = &progress;
    params.callbacks.threads = run->session.threads;
    params.name = load->name;
    params.journal = resume->journal;
    params.source = resume->source;
    int64_t pages = 0;
    enum seam_result r = seam_save_room(save, load, &run->session.facts, &params, log);
    if (r == SEAM_OK)
        r = cli_reach(&run->session, load, input, &params, log);
    if (r == SEAM_OK)
        r = seam_vips_restore(run->session.model, image, &out, &plan, &params, log);
    if (r == SEAM_OK) {
        pages = out->Ysize / plan.y.out_size;
        cli_halo_notice(&run->session, &plan, log);
        print_plan(&plan, log);
        r = seam_save_check(save, &plan, pages, log);
    }
    if (r == SEAM_OK)
        r = cli_resume_room(resume, save, out, &plan, log);
    if (r == SEAM_OK)
        r = seam_save_write(save, out, log);
    cli_progress_end(&progress);
    if (out)
        g_object_unref(out);
    if (r != SEAM_OK)
        return r;
    const struct cli_result result = {
        .input = input,
        .output = save->name,
        .model = run->session.model,
        .facts = &run->session.facts,
        .plan = &plan,
        .pages = pages,
        .resumed_rows = resume->journal ? seam_journal_rows(resume->journal) : 0,
        .threads = run->session.threads,
        .reached = reached,
        .seconds = (double)(g_get_monotonic_time() - progress.start) / 1e6,
    };
    if (run->options.json)
        cli_report_json(&result, false);
    if (!run->options.quiet)
        cli_report_text(&result);
    return SEAM_OK;
}

static enum seam_result restore_file(struct run *run, const char *input, const char *output)
{
    struct seam_log log;
    struct seam_save save;
    struct seam_load load;
    struct cli_resume resume = { 0 };
    cli_log_init(&log, cli_log_level(&run->options));
    enum seam_result r = seam_save_open(&save, output, run->options.format, input, &log);
    if (r != SEAM_OK)
        return r;
    const struct seam_load_params params = {
        .path = input,
        .page = run->options.page,
        .allow_damaged = run->options.allow_damaged,
        .memory = run->options.vips.params.memory,
        .cancelled = cli_cancelled,
    };
    if (run->options.resume)
        r = cli_resume_open(&resume, &save, &log);
    if (r == SEAM_OK)
        r = seam_load_open(&load, &params, &log);
    if (r == SEAM_OK) {
        if (run->options.resume)
            r = cli_resume_source(&resume, &run->options, input, &load, &log);
        if (r == SEAM_OK)
            r = restore_image(run, input, &load, &save, &resume, &log);
        seam_load_close(&load);
    }
    cli_resume_close(&resume, r == SEAM_OK);
    seam_save_close(&save);
    return r;
}

/* What became of the pictures of a run. */
struct tally {
    int done, finished_before, failed;
    enum seam_result worst;
    GString *names; /* of the first that failed */
};

static void count_failure(struct tally *t, const struct cli_job *job, enum seam_result r)
{
    const int most_named = 10;
    t->worst = r;
    if (r == SEAM_CANCELLED)
        return;
    if (t->failed < most_named)
        g_string_append_printf(t->names, "%s%s", t->failed ? ", " : ": ", job->input);
    else if (t->failed == most_named)
        g_string_append(t->names, ", ...");
    t->failed++;
}

/* Restore one after the other; a failure does not stop the rest. */
static void restore_all(struct run *run, const struct cli_batch *batch, struct tally *t,
                        struct seam_log *log)
{
    struct cli_finished finished;
    cli_finished_open(&finished, batch, &run->options, &run->session);
    for (guint i = 0; i < batch->jobs->len && t->worst != SEAM_CANCELLED; i++) {
        const struct cli_job *job = &g_array_index(batch->jobs, struct cli_job, i);
        if (cli_finished_has(&finished, job)) {
            seam_debug(log, "%s is finished", job->output);
            t->finished_before++;
            continue;
        }
        const enum seam_result r = restore_file(run, job->input, job->output);
        if (r == SEAM_OK) {
            cli_finished_add(&finished, job, log);
            t->done++;
        } else {
            count_failure(t, job, r);
        }
    }
    cli_finished_close(&finished, t->worst == SEAM_OK);
}

/* The last line of a batch, and the exit code. */
static int conclude(const struct run *run, const struct cli_batch *batch, const struct tally *t)
{
    char before[64] = "";
    const guint all = batch->jobs->len;
    if (t->finished_before > 0)
        g_snprintf(before, sizeof(before), ", %d %s finished before", t->finished_before,
                   t->finished_before == 1 ? "was" : "were");
    if (batch->several && t->failed > 0)
        fprintf(stderr, "seamless: %d of %u pictures failed%s%s\n", t->failed, all, before,
                t->names->str);
    else if (batch->several && !run->options.quiet)
        fprintf(stderr, "seamless: %d of %u pictures restored%s\n", t->done, all, before);
    if (batch->several && t->failed > 0 && t->worst != SEAM_CANCELLED)
        return EXIT_FAILURE;
    return cli_exit_code(t->worst);
}

static int run_restore(struct run *run)
{
    struct seam_log log;
    struct cli_batch batch;
    struct tally tally = { .names = g_string_new(NULL) };
    cli_log_init(&log, cli_log_level(&run->options));
    enum seam_result r = cli_batch_open(&batch, &run->options, &log);
    if (r == SEAM_OK)
        r = cli_session_open(&run->session, &run->options, &log);
    if (r == SEAM_OK)
        restore_all(run, &batch, &tally, &log);
    const int code = r == SEAM_OK ? conclude(run, &batch, &tally) : cli_exit_code(r);
    cli_session_close(&run->session);
    cli_batch_close(&batch);
    g_string_free(tally.names, TRUE);
    return code;
}

int cli_restore(int argc, char **argv)
{
    struct run run = { 0 };
    int code = cli_options_parse(&run.options, CLI_RESTORE, argc, argv);
    if (code < 0)
        code = run_restore(&run);
    cli_options_clear(&run.options);
    return code;
}
