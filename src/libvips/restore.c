/* A VipsImage whose rows come out of a stream: what joins the core to libvips. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/common.h"
#include "files/formats.h"
#include "libvips/ahead.h"
#include "libvips/check.h"
#include "libvips/header.h"
#include "libvips/maker.h"
#include "files/normalise.h"
#include "libvips/reader.h"
#include "libvips/values.h"
#include "libvips/resume.h"
#include "stream/journal.h"
#include "base/log.h"
#include "base/process.h"
#include "model/model.h"
#include "plan/plan.h"
#include "base/text.h"

/* Rows are read, and made, ahead by a band, or by this many where there are no bands, so that
 * neither decoding nor the network nor encoding waits for another, within this many bytes and this
 * part of the budget. */
#define ROWS_WAITING 256
#define MOST_WAITING (64u << 20)
#define WAITING_PART 32
/* By this name an image knows the restoration that makes it. */
#define SOURCE "seamless-restore"

/*
 * The job behind one output image. libvips' savers pull from several threads: they are served in
 * order, out of a ring of rows that is deeper than they can drift apart, which a thread of its own
 * fills.
 */
struct restore {
    struct seam_model *model;
    VipsImage *in; /* normalised */
    struct seam_reader *reader; /* of it */
    struct seam_plan plan; /* of one page */
    struct seam_vips_params params;
    struct seam_log *log;
    struct seam_ahead ahead; /* what the threads say that make and read rows */
    struct restore *source;  /* what makes `in`, where that is a restoration too */
    bool is_source;          /* of another: which of its failures count is for that to say */
    int64_t pages;
    struct seam_maker *maker;

    /* For the thread that makes rows alone. */
    struct seam_stream *stream; /* of the current page */
    int64_t page;
    struct seam_progress before; /* of the pages above it */
    struct seam_progress now;    /* of this one */
    int64_t read;     /* input rows taken from the reader, counted over all pages */
    struct seam_values values; /* of them */
    int64_t next;     /* output row, counted over all pages, that is asked for next */
    int64_t streamed; /* that the stream gives next: above `next` where the journal had rows */
    struct seam_run run; /* the row `next` is of */
    size_t row_bytes;
};

static bool restore_progress(void *opaque, const struct seam_progress *page);

/* Pass over input rows that only rows in the journal needed. libvips decodes them all the same,
 * which may take a while: whether to go on is asked now and then. */
static bool restore_skip(struct restore *r, int64_t end)
{
    const struct seam_progress nothing = {
        .tiles = r->plan.x.tiles * r->plan.y.tiles,
        .plan = &r->plan,
    };
    while (r->read < end) {
        const int64_t rows = seam_min(256, end - r->read);
        if (!seam_reader_read(r->reader, rows, NULL))
            return false;
        r->read += rows;
        r->values.known = true; /* for all that will be seen */
        if (!restore_progress(r, &nothing)) {
            seam_log_fail(&r->ahead.log, SEAM_CANCELLED, "cancelled");
            return false;
        }
    }
    return true;
}

/* The core asks for input rows of the current page: those of all pages, in order. */
static int restore_read(void *opaque, int64_t y, int64_t rows, void *dst)
{
    struct restore *r = opaque;
    seam_assert(r->read <= r->page * r->plan.picture.height + y, "input rows are read once");
    if (restore_skip(r, r->page * r->plan.picture.height + y) &&
        seam_reader_read(r->reader, rows, dst)) {
        const struct seam_picture *p = &r->plan.picture;
        r->read += rows;
        seam_values_take(&r->values, p, dst, rows);
        if (r->read == r->pages * p->height)
            seam_values_tell(&r->values, &r->plan, r->params.name ? r->params.name : "the picture",
                             &r->ahead.log);
        return 0;
    }
    if (r->ahead.log.result == SEAM_CANCELLED)
        return -1;
    if (r->source)
        seam_ahead_tell(&r->source->ahead, &r->ahead.log);
    seam_reader_tell(r->reader, &r->params, r->plan.picture.height, &r->ahead.log);
    return -1;
}

/* Tiles of all pages together: those below are taken to have as many as this one. */
static bool restore_progress(void *opaque, const struct seam_progress *page)
{
    struct restore *r = opaque;
    const struct seam_stream_params *c = &r->params.callbacks;
    if (seam_maker_is_closing(r->maker))
        return false;
    if (!c->progress)
        return true;
    struct seam_progress all = *page;
    all.tiles_done += r->before.tiles_done;
    all.tiles = r->before.tiles_done + (r->pages - r->page) * page->tiles;
    all.input_pixels_done += r->before.input_pixels_done;
    all.network_pixels_done += r->before.network_pixels_done;
    r->now = all;
    return c->progress(c->opaque, &all);
}

/* The progress of whole pages, which an earlier run had finished. */
static struct seam_progress pages_of(const struct seam_plan *plan, int64_t pages)
{
    const int64_t tiles = pages * plan->x.tiles * plan->y.tiles;
    return (struct seam_progress){
        .tiles_done = tiles,
        .input_pixels_done =
            (double)pages * (double)plan->picture.width * (double)plan->picture.height,
        .network_pixels_done = (double)tiles * seam_plan_tile_pixels(plan),
    };
}

static enum seam_result restore_open_page(struct restore *r, int64_t page)
{
    const struct seam_source source = { .opaque = r, .read = restore_read };
    const struct seam_stream_params callbacks = {
        .progress = restore_progress,
        .opaque = r,
        .threads = r->params.callbacks.threads,
        .left = r->params.callbacks.left,
        .top = r->params.callbacks.top,
        .first_row = r->next - page * r->plan.y.out_size,
    };
    if (r->stream) {
        /* What did not fit on the page before is not tried again. */
        struct seam_plan now;
        struct seam_facts facts;
        seam_stream_plan(r->stream, &now);
        seam_model_describe(r->model, &facts);
        if (seam_plan_from_top(&now, &facts))
            r->plan = now;
    }
    seam_stream_close(&r->stream);
    if (page > r->page)
        r->before = r->now;
    if (page > 0 && r->before.tiles_done == 0)
        r->before = pages_of(&r->plan, page);
    r->page = page;
    r->streamed = r->next;
    return seam_stream_open(&r->stream, r->model, &r->plan, &source, &callbacks, &r->ahead.log);
}

/* Whether a stream that begins at the next row, in place of the one that is open, finds its input
 * rows still to be read. It begins above them by what a tile, or the network, sees, and in whole
 * strips: less than two windows. */
static bool restore_may_begin(const struct restore *r)
{
    struct seam_plan plan;
    struct seam_facts facts;
    seam_stream_plan(r->stream, &plan);
    seam_model_describe(r->model, &facts);
    const int64_t top = r->page * plan.picture.height;
    const int64_t under = (r->next - r->page * plan.y.out_size) * plan.scale_den / plan.scale_num;
    return plan.passes <= 1 &&
           top + under - 2 * plan.window_rows - facts.bits_halo - plan.alignment >= r->read;
}

/* Go on below rows that the journal had: by a stream from there on, or where that would read what
 * lies behind by making those rows again, into `rows`, which has room for `most`. */
static enum seam_result restore_catch_up(struct restore *r, void *rows, int64_t most)
{
    enum seam_result result = SEAM_OK;
    if (restore_may_begin(r))
        return restore_open_page(r, r->page);
    while (result == SEAM_OK && r->streamed < r->next) {
        const int64_t count = seam_min(most, r->next - r->streamed);
        result = seam_stream_read(r->stream, count, rows, 0);
        r->streamed += count;
    }
    return result;
}

/* Keep rows in the journal: whole bands at a time. */
static enum seam_result restore_keep(struct restore *r, const unsigned char *rows, int64_t count)
{
    struct seam_journal *journal = r->params.journal;
    enum seam_result result = SEAM_OK;
    for (int64_t i = 0; result == SEAM_OK && journal && i < count; i++)
        result = seam_journal_write(journal, rows + (size_t)i * r->row_bytes, &r->ahead.log);
    if (result == SEAM_OK && journal && seam_stream_ready(r->stream) == 0)
        result = seam_journal_commit(journal, &r->ahead.log);
    return result;
}

/* The next rows of a page by the network: those that are ready, or else one. */
static int64_t restore_run(struct restore *r, void *rows, int64_t most)
{
    const int64_t page = r->next / r->plan.y.out_size;
    enum seam_result result = SEAM_OK;
    if (!r->stream || page != r->page)
        result = restore_open_page(r, page);
    else if (r->streamed < r->next)
        result = restore_catch_up(r, rows, most);
    if (result != SEAM_OK)
        return -1;
    const int64_t count = seam_clamp(seam_stream_ready(r->stream), 1, most);
    result = seam_stream_read(r->stream, count, rows, 0);
    r->streamed += count;
    if (result == SEAM_OK)
        result = restore_keep(r, rows, count);
    return result == SEAM_OK ? count : -1;
}

/* The next rows of all: out of the journal, where it has them. */
static int64_t restore_make(void *opaque, void *rows, int64_t most)
{
    struct restore *r = opaque;
    int64_t count;
    if (seam_run_move(&r->run, r->next, &r->ahead.log) != SEAM_OK)
        return -1;
    if (r->run.unwanted) {
        count = seam_min(most, r->run.end - r->next);
        memset(rows, 0, (size_t)count * r->row_bytes);
    } else if (r->run.held)
        count = seam_journal_read(r->params.journal, rows, &r->ahead.log) == SEAM_OK ? 1 : -1;
    else
        count = restore_run(r, rows, seam_min(most, r->run.end - r->next));
    r->next += seam_max(count, 0);
    return count;
}

#define OUT_OF_ORDER "restored rows must be read once, from top to bottom"

static int restore_generate(VipsRegion *region, void *seq, void *a, void *b, gboolean *stop)
{
    (void)seq;
    (void)b;
    (void)stop;
    struct restore *r = a;
    const VipsRect *rect = &region->valid;
    const size_t pixel = VIPS_REGION_SIZEOF_PEL(region);
    if (seam_maker_read(r->maker, rect->top, rect->height, (size_t)rect->left * pixel,
                        (size_t)rect->width * pixel, VIPS_REGION_ADDR_TOPLEFT(region),
                        VIPS_REGION_LSKIP(region)))
        return 0;
    for (const struct restore *s = r->is_source ? NULL : r; s; s = s->source)
        seam_ahead_tell(&s->ahead, s->log);
    if (r->ahead.log.error[0])
        vips_error("seamless", "%s", r->ahead.log.error);
    else if (seam_maker_is_past(r->maker, rect->top)) {
        /* Savers sometimes miss that rows are not read, and ask no more than the log. */
        (void)seam_log_fail(r->log, SEAM_ERROR_ARGUMENT, OUT_OF_ORDER);
        vips_error("seamless", OUT_OF_ORDER);
    }
    return -1;
}

static void restore_close(struct restore *r)
{
    seam_maker_close(&r->maker);
    seam_stream_close(&r->stream);
    seam_reader_close(&r->reader);
    if (r->in)
        g_object_unref(r->in);
    free(r);
}

static void restore_on_close(VipsImage *image, void *opaque)
{
    (void)image;
    restore_close(opaque);
}

/* Two buffers of libvips' widest pipeline, which is how far threads drift apart. */
static int64_t rows_behind(VipsImage *image)
{
    int tile_width, tile_height, lines;
    vips_get_tile_size(image, &tile_width, &tile_height, &lines);
    return seam_max(64, 4 * (int64_t)lines);
}

/* Rows of `bytes` each that may wait: `band` of them, or some where there are no bands. */
static int64_t rows_waiting(const struct seam_plan *plan, int64_t band, size_t bytes)
{
    const int64_t most = seam_min(MOST_WAITING, (int64_t)(plan->budget_bytes / WAITING_PART));
    return seam_min(plan->rows ? ROWS_WAITING : band, most / (int64_t)bytes + 1);
}

static int64_t rows_ahead(VipsImage *in, const struct seam_plan *plan)
{
    return rows_waiting(plan, plan->y.core, VIPS_IMAGE_SIZEOF_LINE(in));
}

/* How rows of the result are to be made, for a picture of `pages`. */
static struct seam_maker_params maker_params(VipsImage *in, const struct seam_plan *plan,
                                             int64_t pages, int64_t behind)
{
    const size_t row = (size_t)plan->x.out_size * (size_t)plan->out_bands *
                       seam_sample_bytes(plan->out_sample);
    const int64_t band = seam_div_up(plan->y.core * plan->scale_num, plan->scale_den);
    return (struct seam_maker_params){
        .rows = plan->y.out_size * pages,
        .row_bytes = row,
        .behind = behind > 0 ? behind : rows_behind(in),
        .ahead = rows_waiting(plan, band, row),
        .make = restore_make,
    };
}

static enum seam_result restore_maker(struct restore *r)
{
    struct seam_maker_params params =
        maker_params(r->in, &r->plan, r->pages, r->params.rows_behind);
    params.opaque = r;
    r->row_bytes = params.row_bytes;
    return seam_maker_open(&r->maker, &params, r->log);
}

/* What savers hold beside rows, and stacks and heaps of libvips' threads. */
#define MOST_BESIDE_ROWS (4u << 20)
#define MOST_OF_A_THREAD (256u << 10)

/* What reading and writing take beside the plan's own parts: the rows read ahead, and libvips' own
 * of them; those made ahead, and libvips' buffers of the rows it writes. */
static uint64_t io_bytes(VipsImage *in, const struct seam_plan *plan, int64_t behind)
{
    const int64_t pages = in->Ysize / plan->picture.height;
    const struct seam_maker_params made = maker_params(in, plan, pages, behind);
    const int64_t written = behind > 0 ? 0 : seam_min(made.behind, made.rows) + 2;
    const int64_t read = seam_min(rows_ahead(in, plan), in->Ysize) +
                         seam_min(seam_format_cached_rows(in), in->Ysize);
    return seam_maker_bytes(&made) + (uint64_t)written * made.row_bytes +
           (uint64_t)read * VIPS_IMAGE_SIZEOF_LINE(in) + MOST_BESIDE_ROWS +
           (uint64_t)vips_concurrency_get() * MOST_OF_A_THREAD;
}

/* Plan for a normalised image. Twice: only a plan tells how wide the rows are that reading and
 * writing hold. */
static enum seam_result plan_image(struct seam_plan *plan, struct seam_model *model, VipsImage *in,
                                   const struct seam_picture *picture,
                                   const struct seam_vips_params *all, struct seam_log *log)
{
    const struct seam_params *params = &all->params;
    struct seam_facts facts;
    struct seam_machine machine;
    const int64_t pages = in->Ysize / picture->height;
    seam_model_describe(model, &facts);
    seam_machine_memory(&machine);
    /* The first time with all the memory there could be: that it does not suffice is for the second
     * to say, which knows what is needed. */
    struct seam_params without = *params;
    struct seam_machine boundless = machine;
    without.memory = 0;
    boundless.available = INT64_MAX / 2;
    enum seam_result r = seam_plan_make(plan, picture, &facts, &without, &boundless, log);
    if (r == SEAM_OK) {
        plan->budget_bytes = params->memory ? params->memory : machine.available;
        const uint64_t io = io_bytes(in, plan, all->rows_behind) + all->held_bytes;
        machine.resident += io;
        machine.available -= io < machine.available ? io : machine.available;
        r = seam_plan_make(plan, picture, &facts, params, &machine, log);
    }
    /* What is over by now, the loading of the network, was within the budget or not. */
    const uint64_t reached = seam_model_reached(model);
    if (r == SEAM_OK && params->memory && reached > params->memory)
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "%s takes %s to load and to try, the budget is %s: use --memory %s or "
                             "more", facts.name, seam_text_bytes(reached).s,
                             seam_text_bytes(params->memory).s, seam_text_budget(reached).s);
    if (r == SEAM_OK &&
        (plan->x.out_size > VIPS_MAX_COORD || plan->y.out_size * pages > VIPS_MAX_COORD))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "a result of %lld x %lld pixels is more than the %d a side that "
                             "libvips writes", (long long)plan->x.out_size,
                             (long long)(plan->y.out_size * pages), VIPS_MAX_COORD);
    return r;
}

/* What the restoration itself gives where its result is to be of `sample`: floats, as long as light
 * is linear. */
static int sample_within(VipsImage *in, const struct seam_vips_params *params)
{
    const int sample = params->params.out_sample == SEAM_AUTO ? (int)seam_io_sample(in)
                                                              : params->params.out_sample;
    return seam_io_stays_linear(in, params->transfer) ? (int)SEAM_SAMPLE_F32 : sample;
}

enum seam_result seam_vips_plan(struct seam_model *model, VipsImage *in, struct seam_plan *plan,
                                const struct seam_vips_params *params, struct seam_log *log)
{
    struct seam_vips_params defaults;
    struct seam_picture picture;
    VipsImage *normal = NULL;
    seam_vips_params_init(&defaults);
    if (params)
        defaults = *params;
    params = &defaults;
    enum seam_result r = seam_vips_check(params, log);
    if (r != SEAM_OK)
        return r;
    defaults.params.out_sample = sample_within(in, params);
    r = seam_io_normalise(in, &normal, &picture, params->transfer, log);
    if (r != SEAM_OK)
        return r;
    r = plan_image(plan, model, normal, &picture, params, log);
    g_object_unref(normal);
    return r;
}

static void restore_source(struct restore *r, VipsImage *in)
{
    r->source = g_object_get_data(G_OBJECT(in), SOURCE);
    if (r->source)
        r->source->is_source = true;
}

enum seam_result seam_vips_restore(struct seam_model *model, VipsImage *in, VipsImage **out,
                                   struct seam_plan *plan, const struct seam_vips_params *params,
                                   struct seam_log *log)
{
    struct seam_picture picture;
    *out = NULL;
    const enum seam_result checked = params ? seam_vips_check(params, log) : SEAM_OK;
    if (checked != SEAM_OK)
        return checked;
    struct restore *r = calloc(1, sizeof(*r));
    if (!r)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the restoration");
    r->model = model;
    r->log = log;
    seam_ahead_begin(&r->ahead, log);
    restore_source(r, in);
    if (params)
        r->params = *params;
    else
        seam_vips_params_init(&r->params);
    const int wanted = r->params.params.out_sample == SEAM_AUTO ? (int)seam_io_sample(in)
                                                                : r->params.params.out_sample;
    r->params.params.out_sample = sample_within(in, &r->params);
    enum seam_result result = seam_io_normalise(in, &r->in, &picture, r->params.transfer, log);
    if (result == SEAM_OK) {
        r->pages = r->in->Ysize / picture.height;
        r->values = seam_values_begin(picture.sample, &r->params.params);
        result = plan_image(&r->plan, model, r->in, &picture, &r->params, log);
        if (result == SEAM_OK && r->params.journal)
            result = seam_io_resume(&r->params, model, &r->plan, r->pages, log);
        r->run = seam_run_begin(&r->params);
    }
    VipsImage *image = result == SEAM_OK ? vips_image_new() : NULL;
    if (image && seam_result_header(image, r->in, &r->plan, r->pages, r->log))
        result = seam_io_vips_failed(log, SEAM_ERROR_IO, "the result has no header");
    if (result == SEAM_OK)
        result = seam_reader_open(&r->reader, r->in, rows_ahead(r->in, &r->plan), !r->source, log);
    if (result == SEAM_OK)
        result = restore_maker(r);
    if (result != SEAM_OK) {
        if (image)
            g_object_unref(image);
        restore_close(r);
        return result;
    }
    if (plan)
        *plan = r->plan;
    /* From here on the image owns the job. */
    g_object_set_data(G_OBJECT(image), SOURCE, r);
    g_signal_connect(image, "postclose", G_CALLBACK(restore_on_close), r);
    if (vips_image_generate(image, NULL, restore_generate, NULL, r, NULL)) {
        g_object_unref(image);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the result cannot be set up");
    }
    if (wanted != SEAM_SAMPLE_F32 && seam_io_stays_linear(in, r->params.transfer) &&
        !seam_result_to_integers(&image, (enum seam_sample)wanted)) {
        g_object_unref(image);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the result cannot be set up");
    }
    *out = image;
    return SEAM_OK;
}
