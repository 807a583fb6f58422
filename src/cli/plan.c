/* seamless plan: everything that is decided before the first tile. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "io/load.h"
#include "io/save.h"
#include "log.h"
#include "text.h"

/* Plan for the picture in `image`, of which only the header is looked at. */
static enum seam_result make_plan(const struct cli_options *options,
                                  const struct cli_session *session, VipsImage *image,
                                  struct seam_plan *plan, int64_t *pages, struct seam_log *log)
{
    struct seam_vips_params params = options->vips;
    params.params.out_sample = options->depth;
    *pages = image->Ysize / vips_image_get_page_height(image);
    return seam_vips_plan(session->model, image, plan, &params, log);
}

static void print_text(const struct cli_result *result)
{
    char text[4096];
    seam_plan_print(result->plan, text, sizeof(text));
    printf("model     %s (%s)\n%s", result->facts->name, result->facts->engine, text);
    if (result->pages > 1)
        printf("pages     %lld, each like this\n", (long long)result->pages);
    if (result->seconds > 0)
        printf("time      about %.3g s on %d thread%s, from trial runs\n", result->seconds,
               result->threads, result->threads == 1 ? "" : "s");
}

/* What all tiles take, by the time a trial run took. */
static double expected_seconds(const struct seam_plan *plan, const struct seam_facts *facts,
                               int64_t pages)
{
    const double pixels = (double)(plan->x.tiles * plan->x.padded) *
                          (double)(plan->y.tiles * plan->y.padded) * plan->runs;
    return pixels * facts->seconds_per_pixel * (double)pages;
}

static enum seam_result run_plan(struct cli_options *options, struct cli_session *session,
                                 struct seam_log *log)
{
    struct seam_load load;
    struct seam_plan plan;
    int64_t pages = 1;
    const struct seam_load_params params = {
        .path = options->inputs[0],
        .page = options->page,
        .allow_damaged = options->allow_damaged,
        .header_only = true,
    };
    if (options->svg && seam_save_same_file(options->svg, options->inputs[0]))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s is the input too: give the drawing another name", options->svg);
    enum seam_result r = cli_session_open(session, options, log);
    if (r == SEAM_OK)
        r = seam_load_open(&load, &params, log);
    if (r != SEAM_OK)
        return r;
    r = make_plan(options, session, load.image, &plan, &pages, log);
    seam_load_close(&load);
    if (r == SEAM_OK && options->svg)
        r = cli_svg_write(options->svg, &plan, log);
    if (r != SEAM_OK)
        return r;
    const struct cli_result result = {
        .input = options->inputs[0],
        .facts = &session->facts,
        .plan = &plan,
        .pages = pages,
        .threads = session->threads,
        .seconds = expected_seconds(&plan, &session->facts, pages),
    };
    if (options->json)
        cli_report_json(&result, true);
    else
        print_text(&result);
    return SEAM_OK;
}

int cli_plan(int argc, char **argv)
{
    struct cli_options options;
    struct cli_session session = { 0 };
    int code = cli_options_parse(&options, CLI_PLAN, argc, argv);
    if (code < 0) {
        struct seam_log log;
        cli_log_init(&log, cli_log_level(&options));
        code = cli_exit_code(run_plan(&options, &session, &log));
    }
    cli_session_close(&session);
    cli_options_clear(&options);
    return code;
}
