/* seamless restore: files in, files out. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "io/load.h"
#include "io/normalise.h"
#include "io/save.h"
#include "log.h"

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
    const enum seam_sample held = seam_save_sample(save, wanted);
    if (held != wanted)
        seam_notice(log, "%s holds no samples of depth %s: written as %s", save->suffix + 1,
                    seam_sample_name(wanted), seam_sample_name(held));
    params->out_sample = (int)held;
}

static void warn_halo(const struct run *run, const struct seam_plan *plan, struct seam_log *log)
{
    const int64_t asked = run->options.vips.params.halo;
    if (asked != SEAM_AUTO && run->session.facts.field_known && plan->exact == SEAM_EXACT_NO &&
        run->session.facts.exact != SEAM_EXACT_NO && plan->x.tiles * plan->y.tiles > 1)
        seam_warning(log, "a halo of %lld is less than the %lld that make the result exact; "
                          "leave out --halo", (long long)plan->halo, (long long)run->session.facts.field);
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
                                      struct seam_log *log)
{
    VipsImage *image = load->image;
    struct cli_progress progress;
    struct seam_plan plan;
    struct seam_vips_params params = run->options.vips;
    VipsImage *out = NULL;
    choose_sample(run, save, image, &params.params, log);
    cli_progress_begin(&progress, &run->options);
    params.callbacks.progress = cli_progress_update;
    params.callbacks.opaque = &progress;
    params.callbacks.threads = run->session.threads;
    params.name = load->name;
    int64_t pages = 0;
    enum seam_result r = seam_vips_restore(run->session.model, image, &out, &plan, &params, log);
    if (r == SEAM_OK) {
        pages = out->Ysize / plan.y.out_size;
        warn_halo(run, &plan, log);
        print_plan(&plan, log);
        r = seam_save_check(save, &plan, pages, log);
    }
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
        .facts = &run->session.facts,
        .plan = &plan,
        .pages = pages,
        .threads = run->session.threads,
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
    cli_log_init(&log, cli_log_level(&run->options));
    enum seam_result r = seam_save_open(&save, output, run->options.format, input, &log);
    if (r != SEAM_OK)
        return r;
    const struct seam_load_params params = {
        .path = input,
        .page = run->options.page,
        .allow_damaged = run->options.allow_damaged,
        .cancelled = cli_cancelled,
    };
    r = seam_load_open(&load, &params, &log);
    if (r == SEAM_OK) {
        r = restore_image(run, input, &load, &save, &log);
        seam_load_close(&load);
    }
    seam_save_close(&save);
    return r;
}

/* The name a picture gets in the output folder: its own, in a format that can be written. */
static char *name_in_folder(const char *folder, const char *input)
{
    char *plain = vips_filename_get_filename(input);
    char *base = g_path_get_basename(strcmp(plain, "-") == 0 ? "stdin.png" : plain);
    const char *dot = strrchr(base, '.');
    const bool writable = dot && vips_foreign_find_save(base);
    vips_error_clear();
    char *name = writable ? g_strdup(base) : g_strconcat(base, ".png", NULL);
    char *path = g_build_filename(folder, name, NULL);
    g_free(plain);
    g_free(base);
    g_free(name);
    return path;
}

/* Several pictures into a folder: two of one name would overwrite each other. */
static enum seam_result check_folder(const struct run *run, struct seam_log *log)
{
    const char *folder = run->options.output;
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "with several inputs the output %s must be a folder that exists",
                             folder);
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    enum seam_result r = SEAM_OK;
    for (int i = 0; run->options.inputs[i] && r == SEAM_OK; i++) {
        char *path = name_in_folder(folder, run->options.inputs[i]);
        if (!g_hash_table_add(seen, path))
            r = seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                              "two inputs would both be written to %s: restore them into different "
                              "folders", path);
    }
    g_hash_table_destroy(seen);
    return r;
}

/* Restore one after the other; a failure does not stop the rest, but decides the exit code. */
static int restore_all(struct run *run, bool folder)
{
    enum seam_result worst = SEAM_OK;
    int failed = 0, count = 0;
    for (; run->options.inputs[count]; count++) {
        const char *input = run->options.inputs[count];
        char *output = folder ? name_in_folder(run->options.output, input)
                              : g_strdup(run->options.output);
        enum seam_result r = restore_file(run, input, output);
        g_free(output);
        failed += r != SEAM_OK;
        worst = r != SEAM_OK ? r : worst;
        if (r == SEAM_CANCELLED)
            break;
    }
    if (count > 1 && failed > 0 && worst != SEAM_CANCELLED) {
        fprintf(stderr, "seamless: %d of %d pictures failed\n", failed, count);
        return EXIT_FAILURE;
    }
    return cli_exit_code(worst);
}

static int run_restore(struct run *run)
{
    struct seam_log log;
    cli_log_init(&log, cli_log_level(&run->options));
    const bool several = run->options.inputs[1] != NULL;
    const bool folder = several || g_file_test(run->options.output, G_FILE_TEST_IS_DIR);
    enum seam_result r = several ? check_folder(run, &log) : SEAM_OK;
    if (r == SEAM_OK)
        r = cli_session_open(&run->session, &run->options, &log);
    const int code = r == SEAM_OK ? restore_all(run, folder) : cli_exit_code(r);
    cli_session_close(&run->session);
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
