/* seamless plan: everything that is decided before the first tile. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "files/load.h"
#include "files/nodata.h"
#include "files/room.h"
#include "files/save.h"
#include "job/forecast.h"
#include "job/region.h"
#include "job/report.h"
#include "job/shape.h"
#include "job/stages.h"
#include "base/log.h"
#include "base/text.h"

/* Of a page, or of the region. */
static void take_size(const struct cli_options *options, const struct seam_load *load,
                      int64_t *width, int64_t *height)
{
    const bool part = options->region.width > 0;
    *width = part ? options->region.width : load->image->Xsize;
    *height = part ? options->region.height : vips_image_get_page_height(load->image);
}

/* What the output's format decides: samples, and what its encoder holds. */
static enum seam_result take_format(const struct seam_save *save, const struct seam_load *load,
                                    const struct seam_session *session,
                                    const struct seam_shape *shape, int64_t width,
                                    struct seam_vips_params *params, struct seam_log *log)
{
    struct seam_facts facts = session->facts;
    facts.scale_num = MAX(shape->width, 1);
    facts.scale_den = width;
    const enum seam_result r = seam_save_choose_sample(save, load, params->transfer,
                                                       &params->params.out_sample, log);
    return r == SEAM_OK ? seam_save_room(save, load, &facts, params, log) : r;
}

/* Plan for a picture of which only the header is looked at, and its middle where the network must
 * be tried on it. */
static enum seam_result make_plan(const struct cli_options *options, struct seam_session *session,
                                  struct seam_load *load, const struct seam_save *save,
                                  const struct seam_shape *shape, struct seam_plan *plan,
                                  struct seam_log *log)
{
    struct seam_vips_params params;
    struct seam_cut cut;
    struct seam_nodata nodata;
    int64_t width, height;
    take_size(options, load, &width, &height);
    if (!seam_nodata_parse(&nodata, options->nodata))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "pixels without data are '%s': it must be a number, nan, none or auto",
                             options->nodata);
    enum seam_result r = seam_nodata_hide(&nodata, load, options->nodata, log);
    if (r != SEAM_OK)
        return r;
    seam_nodata_tell(&nodata, load, log);
    seam_vips_params_init(&params);
    params.params = options->params;
    params.transfer = options->transfer;
    params.held_bytes = (uint64_t)load->held_bytes;
    const struct seam_region part =
        seam_region_around(&options->region, shape, &session->facts, load->image->Xsize,
                           vips_image_get_page_height(load->image));
    if (options->region.width > 0)
        r = seam_region_cut(&cut, load, &part, session->model, &params, shape->passes,
                            true, log);
    if (r == SEAM_OK && save)
        r = take_format(save, load, session, shape, width, &params, log);
    if (r == SEAM_OK)
        r = seam_session_reach(session, load, options->inputs[0], &params, &cli_cancel, log);
    if (r == SEAM_OK)
        r = seam_stages_plan(plan, session->model, load->image, &params, shape->passes,
                             seam_stages_colour(&session->facts, shape, width, height,
                                                options->colour), log);
    if (r == SEAM_OK)
        seam_halo_notice(session, plan, log);
    if (r == SEAM_OK)
        r = seam_nodata_check(&nodata, plan, log);
    /* The band that hides them is nobody's but the plan's. */
    if (r == SEAM_OK && nodata.active) {
        plan->picture.alpha = false;
        plan->picture.bands--;
        plan->out_bands--;
    }
    return r;
}

/* Why the halo is what it is, and what forbids exactness. */
static void print_why(const struct seam_job_report *report, const struct seam_session *session)
{
    static const char *const reasons[] = {
        [SEAM_HALO_EXACT] = "all that the network sees",
        [SEAM_HALO_REACH] =
            "as far as a change of the picture moved the result by 1/1024 of its range",
        [SEAM_HALO_ASKED] = "as asked for",
        [SEAM_HALO_SHAPE] = "all that the network's fixed shape leaves room for",
        [SEAM_HALO_DEFAULT] = "a guess, as how far the network sees is not known",
    };
    const struct seam_plan *plan = report->plan;
    const size_t count = session->facts.unbounded_nodes;
    const struct seam_facts *facts = &session->facts;
    if (!plan->rows && plan->halo_reason == SEAM_HALO_EXACT && facts->halo < facts->bits_halo)
        printf("why       %lld are all that the network sees, and the native engine's last bits "
               "depend on more; rows, without --tile and within the budget, need no halo\n",
               (long long)facts->halo);
    else if (!plan->rows)
        printf("why       the halo is %s\n", reasons[plan->halo_reason]);
    if (plan->exact == SEAM_EXACT_NO && count > 0) {
        const struct seam_unbounded_node node = seam_model_unbounded(session->model, 0);
        printf("          not exact because of %s (%s): %s", node.name, node.op, node.why);
        if (count > 1)
            printf("; and %zu more", count - 1);
        putchar('\n');
    } else if (plan->exact == SEAM_EXACT_NO && plan->exact_halo != SEAM_AUTO) {
        printf("          not exact because that takes a halo of %lld\n",
               (long long)plan->exact_halo);
    }
}

static void print_text(const struct seam_job_report *report, const struct seam_session *session,
                       const struct seam_region *region)
{
    char text[4096];
    seam_plan_print(report->plan, text, sizeof(text));
    printf("model     %s (%s)\n", report->model, report->engine);
    if (*session->facts.obstacle)
        printf("engine    not native because of %s\n", session->facts.obstacle);
    fputs(text, stdout);
    if (session->facts.ensemble > 1)
        printf("ensemble  of %lld: the mean over all ways to turn and mirror the picture\n",
               (long long)session->facts.ensemble);
    if (report->passes > 1)
        printf("passes    %d; this is the last, and the time is of all\n", report->passes);
    if (region->width > 0)
        printf("region    %lld x %lld at %lld,%lld, with what the network sees around it; the "
               "result is %lld x %lld\n", (long long)region->width, (long long)region->height,
               (long long)region->left, (long long)region->top, (long long)report->out_width,
               (long long)report->out_height);
    else if (report->out_width != report->plan->x.out_size ||
        report->out_height != report->plan->y.out_size)
        printf("size      brought to %lld x %lld\n", (long long)report->out_width,
               (long long)report->out_height);
    print_why(report, session);
    if (report->pages > 1)
        printf("pages     %lld, each like this\n", (long long)report->pages);
    if (report->seconds > 0) {
        char duration[40];
        cli_print_duration(duration, sizeof(duration), report->seconds);
        printf("time      %s on %d thread%s, from trial runs\n", duration, report->threads,
               report->threads == 1 ? "" : "s");
    }
}

static enum seam_result plan_shape(const struct cli_options *options,
                                   const struct seam_session *session,
                                   const struct seam_load *load, struct seam_shape *shape,
                                   struct seam_log *log)
{
    const struct seam_region *region = &options->region;
    const int64_t width = load->image->Xsize, height = vips_image_get_page_height(load->image);
    struct seam_job_params wish;
    seam_job_params_init(&wish);
    wish.size = &options->size;
    wish.passes = options->passes;
    if (region->width == 0)
        return seam_shape_make(shape, &wish, &session->facts, width, height, log);
    const enum seam_result r = seam_region_check(load, region, log);
    return r != SEAM_OK ? r
                        : seam_shape_of_region(shape, &wish, &session->facts, width, height, region,
                                               log);
}

/* What is known of a picture when it is planned. */
struct planned {
    struct seam_plan plan;
    struct seam_shape shape;
    int64_t pages, width, height;
    double beside;  /* seconds beside the network */
    uint64_t bytes; /* of the file; 0 where nobody can tell, or there is none */
};

/* Whether the format and the disk hold the result. */
static enum seam_result check_save(const struct seam_save *save, struct planned *p,
                                   struct seam_log *log)
{
    static const VipsBandFormat formats[] = { VIPS_FORMAT_UCHAR, VIPS_FORMAT_USHORT,
                                              VIPS_FORMAT_FLOAT };
    struct seam_plan shown = p->plan;
    shown.x.out_size = p->shape.width;
    shown.y.out_size = p->shape.height;
    const enum seam_result r = seam_save_check(save, &shown, p->pages, log);
    if (r != SEAM_OK)
        return r;
    VipsImage *image = vips_image_new();
    vips_image_init_fields(image, (int)p->shape.width, (int)(p->shape.height * p->pages),
                           p->plan.out_bands, formats[p->plan.out_sample], VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_MULTIBAND, 1, 1);
    p->bytes = seam_room_of(save, image);
    g_object_unref(image);
    return p->bytes ? seam_room_check(save->path, p->bytes, "the result", log) : SEAM_OK;
}

static enum seam_result plan_picture(struct planned *p, const struct cli_options *options,
                                     struct seam_session *session, struct seam_save *save,
                                     struct seam_log *log)
{
    struct seam_load load;
    const struct seam_load_params params = {
        .path = options->inputs[0],
        .page = options->page,
        .allow_damaged = options->allow_damaged,
        .header_only = true,
        .memory = options->params.memory,
        .cancel = &cli_cancel,
    };
    cli_signals_at_once(true);
    enum seam_result r = seam_load_open(&load, &params, log);
    cli_signals_at_once(false);
    if (r != SEAM_OK)
        return r;
    seam_session_measure(session, options->params.memory, 0, &cli_cancel, log);
    if (options->output)
        seam_save_follow(save, load.sniff.compression);
    p->pages = load.image->Ysize / vips_image_get_page_height(load.image);
    take_size(options, &load, &p->width, &p->height);
    r = plan_shape(options, session, &load, &p->shape, log);
    if (r == SEAM_OK)
        r = make_plan(options, session, &load, save, &p->shape, &p->plan, log);
    if (r == SEAM_OK)
        p->beside = seam_forecast_beside(&load, save, &p->shape, &p->plan, p->pages);
    seam_load_close(&load);
    return r == SEAM_OK && save ? check_save(save, p, log) : r;
}

static void print_plan(const struct planned *p, const struct cli_options *options,
                       const struct seam_session *session)
{
    struct seam_job_report report = {
        .input = options->inputs[0],
        .model = session->facts.name,
        .engine = session->facts.engine_text,
        .plan = &p->plan,
        .width = p->width,
        .height = p->height,
        .out_width = p->shape.width,
        .out_height = p->shape.height,
        .passes = p->shape.passes,
        .ensemble = session->facts.ensemble,
        .pages = p->pages,
        .tiles = p->plan.x.tiles * p->plan.y.tiles * p->pages,
        .waste = p->plan.waste,
        .threads = session->threads,
        .seconds =
            p->plan.seconds <= 0 ? 0 : p->plan.seconds * (double)p->pages + p->beside,
        .planned_peak_bytes = p->plan.peak_bytes,
    };
    report.megapixels_per_second = seam_report_speed(&report);
    if (options->json) {
        seam_report_planned(&report, session->model, stdout);
        return;
    }
    print_text(&report, session, &options->region);
    if (p->bytes)
        printf("file      %s, and there is room for it\n", seam_text_bytes(p->bytes).s);
}

static enum seam_result run_plan(struct cli_options *options, struct seam_session *session,
                                 struct seam_log *log)
{
    struct planned p = { .pages = 1 };
    struct seam_save save = { 0 };
    enum seam_result r = SEAM_OK;
    if (options->svg && seam_save_same_file(options->svg, options->inputs[0]))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s is the input too: give the drawing another name", options->svg);
    if (options->output)
        r = seam_save_open(&save, options->output, NULL, options->inputs[0], log);
    if (r == SEAM_OK)
        r = cli_session_open(session, options, options->inputs[0], 1, log);
    if (r == SEAM_OK)
        r = plan_picture(&p, options, session, options->output ? &save : NULL, log);
    if (options->output)
        seam_save_close(&save);
    if (r == SEAM_OK && options->svg)
        r = cli_svg_write(options->svg, &p.plan, log);
    if (r == SEAM_OK)
        print_plan(&p, options, session);
    return r;
}

int cli_plan(int argc, char **argv)
{
    struct cli_options options;
    struct seam_session session = { 0 };
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
