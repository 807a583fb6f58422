/* The picture of a job: looked at, planned, restored, written. */
#include <errno.h>

#include "base/common.h"
#include "base/process.h"
#include "files/cut.h"
#include "files/geo.h"
#include "files/integers.h"
#include "files/written.h"
#include "job/forecast.h"
#include "job/history.h"
#include "job/ledger.h"
#include "job/naming.h"
#include "job/needed.h"
#include "job/private.h"
#include "job/reach.h"
#include "job/report.h"
#include "job/stages.h"
#include "plan/plan.h"
#include "seamless/vips.h"
#include "stream/journal.h"

static bool job_progress(void *opaque, const struct seam_progress *now)
{
    struct seam_job *job = opaque;
    const struct seam_job_params *p = &job->params;
    if (now->plan)
        job->plan = *now->plan;
    job->now = *now;
    job->now.plan = now->plan ? &job->plan : NULL;
    const bool go_on = !p->progress || p->progress(p->opaque, &job->now);
    return go_on && !seam_job_asked_to_stop(job) && !seam_save_broken(&job->save);
}

/* What became of the picture, once it is restored. */
static void job_count(struct seam_job *job, int64_t pages, uint64_t planned)
{
    struct seam_job_report *report = &job->report;
    const struct seam_plan *plan = &job->plan;
    const struct seam_progress *now = &job->now;
    const double pixels =
        (double)plan->picture.width * (double)plan->picture.height * (double)pages;
    /* Where all rows were in the journal nothing was run. */
    const bool ran = !plan->rows && now->tiles > 0 && now->tiles_done == now->tiles;
    report->plan = plan;
    report->width = job->width;
    report->height = job->height;
    report->out_width = job->shape.width * (job->params.preview ? 2 : 1);
    report->out_height = job->shape.height;
    report->passes = job->shape.passes;
    report->ensemble = job->session->facts.ensemble;
    report->pages = pages;
    report->tiles = ran ? now->tiles : plan->x.tiles * plan->y.tiles * pages;
    report->waste = ran ? now->network_pixels_done / pixels - 1 : plan->waste;
    report->resumed_rows = job->resume.journal ? seam_journal_held(job->resume.journal) : 0;
    report->threads = job->session->threads;
    report->seconds = (double)(g_get_monotonic_time() - job->start) / 1e6;
    if (job->params.dry_run)
        report->seconds = plan->seconds <= 0 ? 0
                                             : plan->seconds * (double)pages +
                                                   seam_forecast_beside(&job->load, &job->save,
                                                                        &job->shape, plan, pages);
    report->planned_peak_bytes = MAX(planned, job->reached);
    report->peak_bytes = seam_memory_peak();
    report->megapixels_per_second = seam_report_speed(report);
}

/* Whether the format, and the disk, hold the result. */
static enum seam_result job_check(struct seam_job *job, const struct seam_stages *stages)
{
    struct seam_plan shown = job->plan;
    enum seam_result r = seam_nodata_check(&job->nodata, &job->plan, &job->log);
    if (r != SEAM_OK)
        return r;
    shown.x.out_size = job->shape.width * (job->params.preview ? 2 : 1);
    shown.y.out_size = job->shape.height;
    if (job->nodata.active) {
        shown.picture.alpha = false;
        shown.out_bands--;
    }
    r = seam_save_check(&job->save, &shown, stages->pages, &job->log);
    if (r != SEAM_OK)
        return r;
    return seam_resume_room(&job->resume, &job->save, stages->result,
                            stages->made ? stages->made : stages->result, &job->plan, &job->log);
}

/* What the encoder will hold, of the result as it will be. */
static enum seam_result job_room(struct seam_job *job, struct seam_vips_params *params)
{
    struct seam_facts facts = job->session->facts;
    if (job->shape.resized || job->shape.passes > 1) {
        facts.scale_num = MAX(job->shape.width, 1);
        facts.scale_den = job->width;
    }
    return seam_save_room(&job->save, &job->load, &facts, params, &job->log);
}

/* How the result lies over the picture. */
static struct seam_geo_map job_map(const struct seam_job *job)
{
    const struct seam_shape *s = &job->shape;
    struct seam_geo_map map = {
        .left = (double)job->region.left,
        .top = (double)job->region.top,
        .scale_x = (double)s->width / (double)job->width,
        .scale_y = (double)s->height / (double)job->height,
    };
    if (s->whole_width == 0)
        return map;
    /* Of a region that was brought to a size: as the whole lies, from the pixel where it begins. */
    map.scale_x = (double)s->whole_width / (double)job->page_width;
    map.scale_y = (double)s->whole_height / (double)job->page_height;
    map.left = (double)s->left / map.scale_x;
    map.top = (double)s->top / map.scale_y;
    return map;
}

/* What the file says beside the pixels: where they lie on earth, if that is known, and what was
 * done. */
static void job_describe(struct seam_job *job)
{
    const struct seam_geo_map map = job_map(job);
    if (job->load.geo)
        seam_geo_map(job->load.geo, &map);
    if (job->load.geo && job->nodata.replaced)
        seam_geo_set_nodata(job->load.geo, job->nodata.value);
    job->save.geo = job->params.preview ? NULL : job->load.geo;
    job->save.pages = (struct seam_save_pages){
        .path = job->params.preview ? NULL : job->load.pages,
        .turned = job->load.turned,
        .map = map,
        .nodata = job->nodata.replaced ? &job->nodata.value : NULL,
    };
    job->save.unsized = job->load.sniff.unsized && job->size.dpi <= 0;
    job->save.bands = job->load.sniff.bands;
    job->save.colours = job->load.sniff.colours;
    job->save.strip = job->params.strip;
    job->save.one_thread = job->session->ledger != NULL;
    job->save.history = seam_history_make(job->session, &job->params, &job->shape);
}

static enum seam_colour job_colour(const struct seam_job *job)
{
    return seam_stages_colour(&job->session->facts, &job->shape, job->width, job->height,
                              job->params.colour);
}

/* Whether what comes of the network is a part of what is shown. */
static bool is_framed(const struct seam_job *job)
{
    return job->part.width > 0 && !job->shape.resized &&
           (job->part.width != job->shown.width || job->part.height != job->shown.height);
}

/* What of the picture goes through the network: what is shown, or what a mask needs of it. */
static enum seam_result job_part(struct seam_job *job, const struct seam_load_params *params)
{
    const struct seam_facts *f = &job->session->facts;
    const bool one = job->load.image->Ysize == vips_image_get_page_height(job->load.image);
    int64_t step = 1;
    job->shown = (struct seam_region){ job->region.left, job->region.top, job->width, job->height };
    job->part = job->region;
    if (job->region.width > 0)
        job->part = seam_region_around(&job->region, &job->shape, f, job->page_width,
                                       job->page_height);
    if (!job->params.mask || job->shape.resized || !one)
        return SEAM_OK;
    for (int i = 0; i < job->shape.passes; i++)
        step *= f->scale_den;
    const enum seam_result r =
        seam_needed_find(&job->part, &job->wanted, &job->original, params, job->params.mask,
                         &job->shown, &job->shape, step, &job->log);
    if (!job->params.region && !is_framed(job))
        job->part = (struct seam_region){ 0 };
    return r;
}

static enum seam_result job_cut(struct seam_job *job, struct seam_vips_params *params)
{
    const enum seam_result r =
        seam_region_cut(&job->cut, &job->load, &job->part, job->session->model, params,
                        job->shape.passes, job->params.region != NULL, &job->log);
    params->callbacks.left = job->cut.left;
    params->callbacks.top = job->cut.top;
    return r;
}

/* Plan, and let the result be written while it is made. */
static enum seam_result job_restore(struct seam_job *job, struct seam_vips_params *params)
{
    struct seam_log *log = &job->log;
    struct seam_stages stages = { 0 };
    struct seam_stages_params more = {
        .shape = job->shape,
        .dpi = job->size.dpi,
        .colour = job_colour(job),
        .cancel = &job->cancel,
    };
    uint64_t planned = 0, taken = 0, others = 0;
    struct seam_ledger *ledger = job->session->ledger;
    enum seam_result r = job_room(job, params);
    params->held_bytes += job->original_bytes;
    if (r == SEAM_OK && job->part.width > 0)
        r = job_cut(job, params);
    if (r == SEAM_OK)
        r = seam_session_reach(job->session, &job->load, job->input, params, &job->cancel, log);
    more.keep = job->cut.keep;
    more.left = job->part.left;
    more.top = job->part.top;
    if (r == SEAM_OK && job->wanted) {
        seam_needed_scale(job->wanted, job->cut.top, &job->session->facts, job->shape.passes);
        params->wanted = (const int64_t *)(void *)job->wanted->data;
        params->wanted_count = job->wanted->len;
    }
    if (r == SEAM_OK)
        r = seam_stages_open(&stages, job->session->model, job->load.image, &job->plan, params,
                             &more, log);
    if (r == SEAM_OK && is_framed(job))
        r = seam_needed_frame(&stages.result, &job->part, &job->shown, &job->shape, log);
    if (r == SEAM_OK && ledger)
        r = seam_ledger_take(job->session, &job->plan, &taken, &others, log);
    if (r == SEAM_OK) {
        planned = job->plan.peak_bytes + others;
        seam_halo_notice(job->session, &job->plan, log);
        seam_report_say_plan(&job->plan, log);
        r = job_check(job, &stages);
    }
    if (r == SEAM_OK && job->params.mask)
        r = seam_original_blend(&job->original, &stages.result, job->params.region, &job->shape,
                              log);
    if (r == SEAM_OK && job->params.preview)
        r = seam_original_beside(&job->original, &stages.result, job->params.region, &job->shape,
                               log);
    if (r == SEAM_OK)
        r = seam_nodata_show(&job->nodata, &stages.result, log);
    if (r == SEAM_OK)
        r = seam_integers_back(&stages.result, &job->save, job->load.integers, log);
    if (r == SEAM_OK && !job->params.dry_run)
        job_describe(job);
    if (r == SEAM_OK && !job->params.dry_run)
        r = seam_save_write(&job->save, stages.result, log);
    const int64_t pages = stages.pages;
    seam_stages_close(&stages);
    if (taken)
        seam_ledger_give(ledger, taken);
    if (r == SEAM_OK)
        job_count(job, pages, planned);
    return r;
}

/* What tells the picture, and what of it goes in and how, from any other; NULL: nothing does. */
static char *job_source(const struct seam_job *job)
{
    const struct seam_region *part = &job->part;
    GString *source = job->resume.source ? g_string_new(job->resume.source) : NULL;
    if (!source)
        return NULL;
    if (job->shape.passes > 1 || job->region.width > 0)
        g_string_append_printf(source, ", %d passes, region %lld,%lld,%lldx%lld",
                               job->shape.passes, (long long)job->region.left,
                               (long long)job->region.top, (long long)job->region.width,
                               (long long)job->region.height);
    if (job->params.mask && part->width > 0)
        g_string_append_printf(source,
                               ", restored where the mask is not black: %lld x %lld at %lld:%lld",
                               (long long)part->width, (long long)part->height,
                               (long long)part->left, (long long)part->top);
    if (seam_stages_convert(job->load.image, job_colour(job), job->params.transfer))
        g_string_append(source, ", colours converted");
    if (job->nodata.active)
        g_string_append_printf(source, ", without data %a", job->nodata.value);
    return g_string_free(source, FALSE);
}

static enum seam_result job_shape(struct seam_job *job)
{
    const struct seam_facts *f = &job->session->facts;
    if (!job->params.region)
        return seam_shape_make(&job->shape, &job->params, f, job->width, job->height, &job->log);
    const enum seam_result r = seam_region_check(&job->load, &job->region, &job->log);
    return r != SEAM_OK ? r
                        : seam_shape_of_region(&job->shape, &job->params, f, job->page_width,
                                               job->page_height, &job->region, &job->log);
}

static enum seam_result job_image(struct seam_job *job, const struct seam_load_params *load_params)
{
    VipsImage *image = job->load.image;
    struct seam_vips_params params;
    const struct seam_progress nothing = { 0 };
    seam_vips_params_init(&params);
    params.params = job->plan_params;
    params.transfer = job->params.transfer;
    params.allow_damaged = job->params.allow_damaged;
    job->width = job->page_width = image->Xsize;
    job->height = job->page_height = vips_image_get_page_height(image);
    if (job->params.preview && !job->params.region) {
        job->region = seam_original_middle(job->width, job->height);
        job->params.region = &job->region;
    }
    if (job->params.region) {
        job->width = job->region.width;
        job->height = job->region.height;
    }
    enum seam_result r = job_shape(job);
    if (r == SEAM_OK)
        r = seam_save_choose_sample(&job->save, &job->load, params.transfer,
                                    &params.params.out_sample, &job->log);
    if (r == SEAM_OK)
        r = job_part(job, load_params);
    if (r != SEAM_OK)
        return r;
    seam_session_measure(job->session, params.params.memory,
                         job->part.width > 0 ? (double)job->part.width * (double)job->part.height
                                             : (double)image->Xsize * (double)image->Ysize,
                         &job->cancel, &job->log);
    job->reached = seam_memory_peak();
    job->start = g_get_monotonic_time();
    if (!job_progress(job, &nothing))
        return seam_log_fail(&job->log, SEAM_CANCELLED, "cancelled");
    params.callbacks.progress = job_progress;
    params.callbacks.opaque = job;
    params.callbacks.threads = job->session->threads;
    params.name = job->load.name;
    params.journal = job->resume.journal;
    char *source = job_source(job);
    params.source = source;
    r = job_restore(job, &params);
    g_free(source);
    return r;
}

/* What is asked for of a file that was written. */
static void job_after(struct seam_job *job)
{
    const char *path = job->save.path;
    struct seam_job_report *report = &job->report;
    report->output_bytes = seam_written_bytes(path);
    if (job->params.checksum)
        job->sha256 = seam_written_sha256(path, &job->cancel);
    if (job->params.checksum && !job->sha256 && errno)
        seam_warning(&job->log, "%s cannot be read for its checksum: %s", path, g_strerror(errno));
    if (job->params.preserve && !seam_written_take_times(path, job->input))
        seam_warning(&job->log, "%s cannot be given the times of %s: %s", path, job->input,
                     g_strerror(errno));
}

/* Of a picture that nobody reads: whether its file is seen to end before it does. */
static enum seam_result job_whole(struct seam_job *job)
{
    if (job->params.allow_damaged || !seam_file_is_cut(job->input, job->params.page))
        return SEAM_OK;
    return seam_log_fail(&job->log, SEAM_ERROR_IO,
                         "%s ends before its picture does; --allow-damaged restores what can be "
                         "read", job->load.name);
}

enum seam_result seam_job_files(struct seam_job *job)
{
    struct seam_log *log = &job->log;
    char *place = seam_naming_place(job->output, job->params.dry_run);
    enum seam_result r = seam_save_open(&job->save, place, job->format, job->input, log);
    g_free(place);
    if (r != SEAM_OK)
        return r;
    const struct seam_load_params params = {
        .path = job->input,
        .page = job->params.page,
        .allow_damaged = job->params.allow_damaged,
        .header_only = job->params.dry_run,
        .most_pixels = job->session->ledger ? SEAM_LEDGER_PIXELS : 0,
        .memory = job->plan_params.memory,
        .cancel = &job->cancel,
    };
    if (job->params.resume && !job->params.dry_run)
        r = seam_resume_open(&job->resume, &job->save, log);
    if (r == SEAM_OK)
        r = seam_load_open(&job->load, &params, log);
    if (r == SEAM_OK) {
        seam_save_follow(&job->save, job->load.sniff.compression);
        if (job->params.dry_run)
            r = job_whole(job);
        if (r == SEAM_OK && job->params.resume && !job->params.dry_run)
            r = seam_resume_source(&job->resume, &params, &job->load, log);
        if (r == SEAM_OK && (job->params.mask || job->params.preview))
            r = seam_original_open(&job->original, &params, &job->load, job->params.mask,
                                   job->save.path, &job->original_bytes, log);
        if (r == SEAM_OK)
            r = seam_nodata_hide(&job->nodata, &job->load, job->nodata_text, log);
        if (r == SEAM_OK)
            seam_nodata_tell(&job->nodata, &job->load, &job->log);
        if (r == SEAM_OK && job->nodata.active)
            r = seam_original_hide(&job->original, job->nodata_text, log);
        if (r == SEAM_OK)
            r = job_image(job, &params);
        seam_original_close(&job->original);
        g_clear_pointer(&job->wanted, g_array_unref);
        seam_load_close(&job->load);
    }
    seam_resume_close(&job->resume, r == SEAM_OK);
    if (r == SEAM_OK && job->save.path && !job->params.dry_run)
        job_after(job);
    seam_save_close(&job->save);
    return r;
}
