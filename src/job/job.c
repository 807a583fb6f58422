/* One picture, from file to file. */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "base/process.h"
#include "files/geo.h"
#include "files/integers.h"
#include "files/load.h"
#include "files/nodata.h"
#include "files/save.h"
#include "files/written.h"
#include "job/history.h"
#include "job/job.h"
#include "job/ledger.h"
#include "job/naming.h"
#include "job/original.h"
#include "job/reach.h"
#include "job/region.h"
#include "job/report.h"
#include "job/resume.h"
#include "job/stages.h"
#include "plan/plan.h"
#include "seamless/vips.h"
#include "stream/journal.h"

/* Notices that are kept for the report: more tell nobody more. */
#define MOST_NOTICES 100

struct seam_job {
    struct seam_session own, *session;
    char *input, *output, *format, *nodata_text, *mask;
    struct seam_nodata nodata;
    struct seam_job_params params;
    struct seam_params plan_params; /* what params.params points to */
    struct seam_size size;          /* what params.size points to */
    struct seam_region region;      /* what params.region points to */
    struct seam_cut cut;            /* for that */
    struct seam_cancel cancel;
    int cancelled;         /* seam_job_cancel() was called; atomic */
    struct seam_log *outer; /* the caller's */
    struct seam_log log;
    GPtrArray *notices;

    struct seam_save save;
    struct seam_load load;
    struct seam_original original; /* for a mask, or a preview */
    struct seam_resume resume;
    struct seam_plan plan;    /* of the last pass */
    struct seam_shape shape;
    int64_t width, height;    /* of a page of the picture, or of the region */
    struct seam_progress now; /* of the pages together */
    uint64_t original_bytes;  /* that reading it once more, and the mask, holds */
    uint64_t reached;         /* bytes that the process had held when the first plan was made */
    gint64 start;             /* microseconds */
    char *sha256;             /* of the file that was written */
    struct seam_job_report report;
};

void seam_job_params_init(struct seam_job_params *params)
{
    *params = (struct seam_job_params){ .transfer = SEAM_AUTO, .passes = SEAM_AUTO };
}

/* Keep what is said for the report, and pass on what the caller wants to hear. */
static void job_message(void *opaque, enum seam_log_level level, const char *text)
{
    struct seam_job *job = opaque;
    const struct seam_log *outer = job->outer;
    if ((level == SEAM_LOG_WARNING || level == SEAM_LOG_NOTICE) &&
        job->notices->len < MOST_NOTICES)
        g_ptr_array_add(job->notices, g_strdup(text));
    if (outer && outer->message && level <= outer->level)
        outer->message(outer->opaque, level, text);
}

static bool job_asked_to_stop(void *opaque)
{
    const struct seam_job *job = opaque;
    return g_atomic_int_get(&job->cancelled) ||
           (job->params.cancelled && job->params.cancelled(job->params.opaque));
}

static bool job_progress(void *opaque, const struct seam_progress *now)
{
    struct seam_job *job = opaque;
    const struct seam_job_params *p = &job->params;
    if (now->plan)
        job->plan = *now->plan;
    job->now = *now;
    job->now.plan = now->plan ? &job->plan : NULL;
    const bool go_on = !p->progress || p->progress(p->opaque, &job->now);
    return go_on && !job_asked_to_stop(job) && !seam_save_broken(&job->save);
}

enum seam_result seam_job_open_in(struct seam_job **job, struct seam_session *session,
                                  const char *input, const char *output,
                                  const struct seam_job_params *params, struct seam_log *log)
{
    *job = NULL;
    const enum seam_result checked = params ? seam_job_check(params, log) : SEAM_OK;
    if (checked != SEAM_OK)
        return checked;
    if (!input || !output)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "a job needs an input and an output");
    struct seam_job *j = calloc(1, sizeof(*j));
    if (!j)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the job of %s", input);
    seam_job_params_init(&j->params);
    if (params)
        j->params = *params;
    seam_params_init(&j->plan_params);
    if (j->params.params)
        j->plan_params = *j->params.params;
    j->params.params = &j->plan_params;
    if (j->params.size)
        j->size = *j->params.size;
    j->params.size = &j->size;
    if (j->params.region) {
        j->region = *j->params.region;
        j->params.region = &j->region;
    }
    j->session = session;
    j->input = g_strdup(input);
    j->output = g_strdup(output);
    j->format = g_strdup(j->params.format ? j->params.format : "png");
    j->nodata_text = g_strdup(j->params.nodata ? j->params.nodata : "auto");
    j->params.nodata = j->nodata_text;
    j->params.mask = j->mask = g_strdup(j->params.mask);
    j->cancel = (struct seam_cancel){ job_asked_to_stop, j };
    j->notices = g_ptr_array_new_with_free_func(g_free);
    j->outer = log;
    seam_log_init(&j->log);
    j->log.message = job_message;
    j->log.opaque = j;
    if (log && log->level > j->log.level)
        j->log.level = log->level;
    *job = j;
    return SEAM_OK;
}

enum seam_result seam_job_open(struct seam_job **job, struct seam_model *model, const char *input,
                               const char *output, const struct seam_job_params *params,
                               struct seam_log *log)
{
    const enum seam_result r = seam_job_open_in(job, NULL, input, output, params, log);
    if (r != SEAM_OK)
        return r;
    (*job)->session = &(*job)->own;
    seam_session_begin(&(*job)->own, model, params ? params->threads : 0);
    return SEAM_OK;
}

static void say_plan(struct seam_job *job)
{
    char text[2048];
    seam_plan_print(&job->plan, text, sizeof(text));
    char **lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (int i = 0; lines[i]; i++)
        seam_debug(&job->log, "%s", lines[i]);
    g_strfreev(lines);
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
        report->seconds = plan->seconds * (double)pages;
    report->planned_peak_bytes = MAX(planned, job->reached);
    report->peak_bytes = seam_memory_peak();
    report->megapixels_per_second = seam_report_speed(report);
}

/* Whether the format, and the disk, hold the result. */
static enum seam_result job_check(struct seam_job *job, const struct seam_stages *stages)
{
    struct seam_plan shown = job->plan;
    shown.x.out_size = job->shape.width * (job->params.preview ? 2 : 1);
    shown.y.out_size = job->shape.height;
    if (job->nodata.active) {
        shown.picture.alpha = false;
        shown.out_bands--;
    }
    const enum seam_result r = seam_save_check(&job->save, &shown, stages->pages, &job->log);
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

/* What the file says beside the pixels: where they lie on earth, if that is known, and what was
 * done. */
static void job_describe(struct seam_job *job)
{
    const struct seam_geo_map map = {
        .left = (double)job->region.left,
        .top = (double)job->region.top,
        .scale_x = (double)job->shape.width / (double)job->width,
        .scale_y = (double)job->shape.height / (double)job->height,
    };
    if (job->load.geo)
        seam_geo_map(job->load.geo, &map);
    if (job->load.geo && job->nodata.replaced)
        seam_geo_set_nodata(job->load.geo, job->nodata.value);
    job->save.geo = job->params.preview ? NULL : job->load.geo;
    job->save.strip = job->params.strip;
    job->save.history = seam_history_make(job->session, &job->params, &job->shape);
}

static enum seam_colour job_colour(const struct seam_job *job)
{
    return seam_stages_colour(&job->session->facts, &job->shape, job->width, job->height,
                              job->params.colour);
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
    if (r == SEAM_OK && job->params.region)
        r = seam_region_cut(&job->cut, &job->load, &job->region, job->session->model, params,
                            job->shape.passes, log);
    if (r == SEAM_OK)
        r = seam_session_reach(job->session, &job->load, job->input, params, &job->cancel, log);
    more.keep = job->cut.keep;
    if (r == SEAM_OK)
        r = seam_stages_open(&stages, job->session->model, job->load.image, &job->plan, params,
                             &more, log);
    if (r == SEAM_OK && ledger)
        r = seam_ledger_take(ledger, &job->plan, &taken, &others, log);
    if (r == SEAM_OK) {
        planned = job->plan.peak_bytes + others;
        seam_halo_notice(job->session, &job->plan, log);
        say_plan(job);
        r = job_check(job, &stages);
    }
    if (r == SEAM_OK && job->params.mask)
        r = seam_original_blend(&job->original, &stages.result, job->params.region, log);
    if (r == SEAM_OK && job->params.preview)
        r = seam_original_beside(&job->original, &stages.result, job->params.region, log);
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
    const struct seam_region *part = &job->region;
    GString *source = job->resume.source ? g_string_new(job->resume.source) : NULL;
    if (!source)
        return NULL;
    if (job->shape.passes > 1 || part->width > 0)
        g_string_append_printf(source, ", %d passes, region %lld,%lld,%lldx%lld",
                               job->shape.passes, (long long)part->left, (long long)part->top,
                               (long long)part->width, (long long)part->height);
    if (seam_stages_convert(job->load.image, job_colour(job), job->params.transfer))
        g_string_append(source, ", colours converted");
    if (job->nodata.active)
        g_string_append_printf(source, ", without data %a", job->nodata.value);
    return g_string_free(source, FALSE);
}

static enum seam_result job_image(struct seam_job *job)
{
    VipsImage *image = job->load.image;
    struct seam_vips_params params;
    const struct seam_progress nothing = { 0 };
    seam_vips_params_init(&params);
    params.params = job->plan_params;
    params.transfer = job->params.transfer;
    job->width = image->Xsize;
    job->height = vips_image_get_page_height(image);
    if (job->params.preview && !job->params.region) {
        job->region = seam_original_middle(job->width, job->height);
        job->params.region = &job->region;
    }
    if (job->params.region) {
        job->width = job->region.width;
        job->height = job->region.height;
    }
    enum seam_result r = seam_shape_make(&job->shape, &job->params, &job->session->facts,
                                               job->width, job->height, &job->log);
    if (r == SEAM_OK)
        r = seam_save_choose_sample(&job->save, &job->load, params.transfer,
                                    &params.params.out_sample, &job->log);
    if (r != SEAM_OK)
        return r;
    seam_session_measure(job->session, params.params.memory,
                         (double)image->Xsize * (double)image->Ysize, &job->cancel, &job->log);
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

static enum seam_result job_files(struct seam_job *job)
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
        if (job->params.resume && !job->params.dry_run)
            r = seam_resume_source(&job->resume, &params, &job->load, log);
        if (r == SEAM_OK && (job->params.mask || job->params.preview))
            r = seam_original_open(&job->original, &params, &job->load, job->params.mask,
                                   job->save.path, &job->original_bytes, log);
        if (r == SEAM_OK)
            r = seam_nodata_hide(&job->nodata, &job->load, job->nodata_text, log);
        if (r == SEAM_OK && job->nodata.active)
            r = seam_original_hide(&job->original, job->nodata_text, log);
        if (r == SEAM_OK)
            r = job_image(job);
        seam_original_close(&job->original);
        seam_load_close(&job->load);
    }
    seam_resume_close(&job->resume, r == SEAM_OK);
    if (r == SEAM_OK && job->save.path && !job->params.dry_run)
        job_after(job);
    seam_save_close(&job->save);
    return r;
}

/* Tell the report, and the caller's log, how it ended. */
static void job_end(struct seam_job *job, enum seam_result r)
{
    struct seam_job_report *report = &job->report;
    report->result = r;
    report->output_sha256 = job->sha256 ? job->sha256 : "";
    report->status = r == SEAM_OK          ? job->params.dry_run ? SEAM_JOB_PLANNED
                                                                 : SEAM_JOB_RESTORED
                     : r == SEAM_CANCELLED ? SEAM_JOB_CANCELLED
                                           : SEAM_JOB_FAILED;
    report->input = job->input;
    report->output = job->output;
    report->error = r == SEAM_OK ? "" : job->log.error;
    report->notices = (const char *const *)job->notices->pdata;
    report->notice_count = job->notices->len;
    report->model = job->session->facts.name;
    report->engine = job->session->facts.engine_text;
    if (!job->outer || job->outer->result != SEAM_OK || r == SEAM_OK)
        return;
    job->outer->result = r;
    memcpy(job->outer->error, job->log.error, sizeof(job->outer->error));
}

enum seam_result seam_job_run(struct seam_job *job)
{
    const enum seam_result r = job_files(job);
    job_end(job, r);
    return r;
}

enum seam_result seam_job_refuse(struct seam_job *job, enum seam_result result)
{
    job->log.result = result;
    if (job->outer)
        memcpy(job->log.error, job->outer->error, sizeof(job->log.error));
    job_end(job, result);
    return result;
}

void seam_job_skip(struct seam_job *job)
{
    seam_debug(&job->log, "%s is finished", job->output);
    job_end(job, SEAM_OK);
    job->report.status = SEAM_JOB_SKIPPED;
}

const struct seam_progress *seam_job_get_progress(const struct seam_job *job)
{
    return &job->now;
}

void seam_job_cancel(struct seam_job *job)
{
    g_atomic_int_set(&job->cancelled, 1);
}

const struct seam_job_report *seam_job_get_report(const struct seam_job *job)
{
    return &job->report;
}

void seam_job_close(struct seam_job **job)
{
    struct seam_job *j = *job;
    if (!j)
        return;
    g_ptr_array_free(j->notices, TRUE);
    g_free(j->input);
    g_free(j->output);
    g_free(j->format);
    g_free(j->nodata_text);
    g_free(j->mask);
    g_free(j->sha256);
    free(j);
    *job = NULL;
}
