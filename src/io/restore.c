/* A VipsImage whose rows come out of a stream: what joins the core to libvips. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "io/formats.h"
#include "io/normalise.h"
#include "io/reader.h"
#include "io/resume.h"
#include "journal.h"
#include "log.h"
#include "memory.h"
#include "plan.h"
#include "text.h"

/* Rows are read ahead of the network by a band, or by this many where there are no bands, so that
 * decoding never waits for it, within this many bytes and this part of the budget. */
#define ROWS_READ_AHEAD 256
#define MOST_READ_AHEAD (64u << 20)
#define READ_AHEAD_PART 16

/*
 * The job behind one output image. libvips' savers pull from several threads: they are served
 * through one lock, in order, out of a ring of rows that is deeper than they can drift apart.
 */
struct restore {
    struct seam_model *model;
    VipsImage *in; /* normalised */
    struct seam_reader *reader; /* of it */
    struct seam_plan plan; /* of one page */
    struct seam_vips_params params;
    struct seam_log *log;
    int64_t pages;

    pthread_mutex_t lock; /* guards everything below */
    struct seam_stream *stream; /* of the current page */
    int64_t page;
    int64_t read;     /* input rows taken from the reader, counted over all pages */
    int64_t next;     /* output row, counted over all pages, that the stream gives next */
    int64_t ring_rows;
    size_t row_bytes;
    unsigned char *ring; /* row y lies at y % ring_rows */
    bool failed;
};

void seam_vips_params_init(struct seam_vips_params *params)
{
    *params = (struct seam_vips_params){ .transfer = SEAM_AUTO };
    seam_params_init(&params->params);
    seam_stream_params_init(&params->callbacks);
}

static bool restore_progress(void *opaque, const struct seam_progress *page);

/* Pass over input rows that only rows in the journal needed. libvips decodes them all the same, which
 * may take a while: whether to go on is asked now and then. */
static bool restore_skip(struct restore *r, int64_t end)
{
    const struct seam_progress nothing = { .tiles = r->plan.x.tiles * r->plan.y.tiles };
    while (r->read < end) {
        const int64_t rows = seam_min(256, end - r->read);
        if (!seam_reader_read(r->reader, rows, NULL))
            return false;
        r->read += rows;
        if (!restore_progress(r, &nothing)) {
            seam_log_fail(r->log, SEAM_CANCELLED, "cancelled");
            return false;
        }
    }
    return true;
}

/* The core asks for input rows of the current page: those of all pages, in order. */
static int restore_read(void *opaque, int64_t y, int64_t rows, void *dst)
{
    struct restore *r = opaque;
    if (restore_skip(r, r->page * r->plan.picture.height + y) &&
        seam_reader_read(r->reader, rows, dst)) {
        r->read += rows;
        return 0;
    }
    if (r->log && r->log->result == SEAM_CANCELLED)
        return -1;
    char what[600];
    g_snprintf(what, sizeof(what),
               "%s cannot be read (if it is cut short, --allow-damaged restores the rest)",
               r->params.name ? r->params.name : "the picture");
    seam_io_vips_failed(r->log, SEAM_ERROR_IO, what);
    return -1;
}

/* Tiles of all pages together. */
static bool restore_progress(void *opaque, const struct seam_progress *page)
{
    const struct restore *r = opaque;
    const struct seam_stream_params *c = &r->params.callbacks;
    if (!c->progress)
        return true;
    struct seam_progress all = *page;
    const double pixels = (double)r->plan.picture.width * (double)r->plan.picture.height;
    all.tiles_done += r->page * page->tiles;
    all.tiles *= r->pages;
    all.input_pixels_done += (double)r->page * pixels;
    return c->progress(c->opaque, &all);
}

static enum seam_result restore_open_page(struct restore *r, int64_t page)
{
    const struct seam_source source = { .opaque = r, .read = restore_read };
    const struct seam_stream_params callbacks = {
        .progress = restore_progress,
        .opaque = r,
        .threads = r->params.callbacks.threads,
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
    r->page = page;
    return seam_stream_open(&r->stream, r->model, &r->plan, &source, &callbacks, r->log);
}

/* Make output row r->next: by the network, and put into the journal. */
static enum seam_result restore_make(struct restore *r, void *row)
{
    struct seam_journal *journal = r->params.journal;
    const int64_t page = r->next / r->plan.y.out_size;
    enum seam_result result = SEAM_OK;
    if (!r->stream || page != r->page)
        result = restore_open_page(r, page);
    if (result == SEAM_OK)
        result = seam_stream_read(r->stream, 1, row, 0);
    if (result == SEAM_OK && journal)
        result = seam_journal_write(journal, row, r->log);
    if (result == SEAM_OK && journal && seam_stream_ready(r->stream) == 0)
        result = seam_journal_commit(journal, r->log);
    return result;
}

/* Bring the ring up to output row `end`. */
static bool restore_advance(struct restore *r, int64_t end)
{
    for (; r->next < end; r->next++) {
        void *row = r->ring + (size_t)(r->next % r->ring_rows) * r->row_bytes;
        const bool kept = r->params.journal && r->next < seam_journal_rows(r->params.journal);
        if ((kept ? seam_journal_read(r->params.journal, row, r->log) : restore_make(r, row)) !=
            SEAM_OK)
            return false;
    }
    return true;
}

static int restore_generate(VipsRegion *region, void *seq, void *a, void *b, gboolean *stop)
{
    (void)seq;
    (void)b;
    (void)stop;
    struct restore *r = a;
    const VipsRect *rect = &region->valid;
    const size_t pixel = VIPS_REGION_SIZEOF_PEL(region);
    pthread_mutex_lock(&r->lock);
    if (!r->failed && rect->top < r->next - r->ring_rows) {
        seam_log_fail(r->log, SEAM_ERROR_IO, "restored rows must be read from top to bottom");
        r->failed = true;
    }
    if (!r->failed)
        r->failed = !restore_advance(r, rect->top + rect->height);
    for (int y = rect->top; y < rect->top + rect->height && !r->failed; y++)
        memcpy(VIPS_REGION_ADDR(region, rect->left, y),
               r->ring + (size_t)(y % r->ring_rows) * r->row_bytes + (size_t)rect->left * pixel,
               (size_t)rect->width * pixel);
    const bool failed = r->failed;
    pthread_mutex_unlock(&r->lock);
    if (failed)
        vips_error("seamless", "%s", r->log ? r->log->error : "the restoration failed");
    return failed ? -1 : 0;
}

static void restore_close(struct restore *r)
{
    seam_stream_close(&r->stream);
    seam_reader_close(&r->reader);
    if (r->in)
        g_object_unref(r->in);
    free(r->ring);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void restore_on_close(VipsImage *image, void *opaque)
{
    (void)image;
    restore_close(opaque);
}

static VipsInterpretation restore_interpretation(const struct restore *r)
{
    const struct seam_plan *plan = &r->plan;
    const int colours = plan->out_bands - (plan->picture.alpha ? 1 : 0);
    const bool deep = plan->out_sample == SEAM_SAMPLE_U16;
    /* Four channels through a network of four: what they were they still are. */
    if (colours == plan->picture.bands && colours != 1 && colours != 3)
        return r->in->Type;
    if (colours == 1)
        return deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
    if (colours != 3)
        return VIPS_INTERPRETATION_MULTIBAND;
    if (plan->out_sample == SEAM_SAMPLE_F32)
        return plan->picture.transfer == SEAM_TRANSFER_SRGB ? VIPS_INTERPRETATION_scRGB
                                                            : VIPS_INTERPRETATION_sRGB;
    return deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

/* libvips reads a bare float RGB file back as linear light: say what encoded values are. */
static int restore_profile(const struct restore *r, VipsImage *out)
{
    VipsBlob *blob = NULL;
    if (r->plan.out_sample != SEAM_SAMPLE_F32 || out->Type != VIPS_INTERPRETATION_sRGB ||
        vips_image_get_typeof(out, VIPS_META_ICC_NAME))
        return 0;
    if (vips_profile_load("srgb", &blob, NULL))
        return -1;
    size_t length;
    const void *data = vips_blob_get(blob, &length);
    vips_image_set_blob_copy(out, VIPS_META_ICC_NAME, data, length);
    vips_area_unref(VIPS_AREA(blob));
    return 0;
}

static int restore_header(const struct restore *r, VipsImage *out)
{
    static const VipsBandFormat formats[] = { VIPS_FORMAT_UCHAR, VIPS_FORMAT_USHORT,
                                              VIPS_FORMAT_FLOAT };
    const struct seam_plan *plan = &r->plan;
    /* Not one row at a time: each request takes the lock and wakes a thread. */
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, r->in, NULL))
        return -1;
    const double scale = (double)plan->scale_num / (double)plan->scale_den;
    out->Xsize = (int)plan->x.out_size;
    out->Ysize = (int)(plan->y.out_size * r->pages);
    out->Bands = plan->out_bands;
    out->BandFmt = formats[plan->out_sample];
    out->Coding = VIPS_CODING_NONE;
    out->Type = restore_interpretation(r);
    out->Xres *= scale;
    out->Yres *= scale;
    if (vips_image_get_typeof(out, VIPS_META_PAGE_HEIGHT))
        vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, (int)plan->y.out_size);
    return restore_profile(r, out);
}

/* Deep enough for two buffers of libvips' widest pipeline, which is how far threads drift apart. */
static int64_t restore_ring_rows(VipsImage *out)
{
    int tile_width, tile_height, lines;
    vips_get_tile_size(out, &tile_width, &tile_height, &lines);
    return seam_max(64, 4 * (int64_t)lines);
}

static enum seam_result restore_ring(struct restore *r, VipsImage *out)
{
    r->row_bytes = VIPS_IMAGE_SIZEOF_LINE(out);
    r->ring_rows = seam_min(restore_ring_rows(out), out->Ysize);
    r->ring = seam_rows_alloc(r->ring_rows, r->row_bytes);
    if (!r->ring)
        return seam_log_fail(r->log, SEAM_ERROR_MEMORY, "no memory for %lld finished rows",
                             (long long)r->ring_rows);
    return SEAM_OK;
}

static int64_t rows_ahead(VipsImage *in, const struct seam_plan *plan)
{
    const int64_t bytes = seam_min(MOST_READ_AHEAD, (int64_t)(plan->budget_bytes / READ_AHEAD_PART));
    return seam_min(plan->rows ? ROWS_READ_AHEAD : plan->y.core,
                    bytes / (int64_t)VIPS_IMAGE_SIZEOF_LINE(in) + 1);
}

/* What savers hold beside rows, and stacks and heaps of libvips' threads. */
#define MOST_BESIDE_ROWS (6u << 20)
#define MOST_OF_A_THREAD (256u << 10)

/* What reading and writing take beside the plan's own parts: the rows read ahead, and libvips' own
 * of them; the ring, and libvips' buffers of the rows it writes. */
static uint64_t io_bytes(VipsImage *in, const struct seam_plan *plan)
{
    const uint64_t out_row = (uint64_t)plan->x.out_size * (uint64_t)plan->out_bands *
                             seam_sample_bytes(plan->out_sample);
    const int64_t written = 2 * seam_min(restore_ring_rows(in), plan->y.out_size) + 2;
    const int64_t read = seam_min(rows_ahead(in, plan), in->Ysize) +
                         seam_min(seam_format_cached_rows(in), in->Ysize);
    return (uint64_t)written * out_row + (uint64_t)read * VIPS_IMAGE_SIZEOF_LINE(in) +
           MOST_BESIDE_ROWS + (uint64_t)vips_concurrency_get() * MOST_OF_A_THREAD;
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
    seam_machine_measure(&machine);
    /* The first time with all the memory there could be: that it does not suffice is for the second to
     * say, which knows what is needed. */
    struct seam_params without = *params;
    struct seam_machine boundless = machine;
    without.memory = 0;
    boundless.available = INT64_MAX / 2;
    enum seam_result r = seam_plan_make(plan, picture, &facts, &without, &boundless, log);
    if (r == SEAM_OK) {
        plan->budget_bytes = params->memory ? params->memory : machine.available;
        const uint64_t io = io_bytes(in, plan) + all->held_bytes;
        machine.resident += io;
        machine.available -= io < machine.available ? io : machine.available;
        r = seam_plan_make(plan, picture, &facts, params, &machine, log);
    }
    /* What is over by now, the loading of the network, was within the budget or not. */
    const uint64_t reached = seam_memory_peak();
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

enum seam_result seam_vips_plan(struct seam_model *model, VipsImage *in, struct seam_plan *plan,
                                const struct seam_vips_params *params, struct seam_log *log)
{
    struct seam_vips_params defaults;
    struct seam_picture picture;
    VipsImage *normal = NULL;
    seam_vips_params_init(&defaults);
    if (!params)
        params = &defaults;
    enum seam_result r = seam_io_normalise(in, &normal, &picture, params->transfer, log);
    if (r != SEAM_OK)
        return r;
    r = plan_image(plan, model, normal, &picture, params, log);
    g_object_unref(normal);
    return r;
}

enum seam_result seam_vips_restore(struct seam_model *model, VipsImage *in, VipsImage **out,
                                   struct seam_plan *plan, const struct seam_vips_params *params,
                                   struct seam_log *log)
{
    struct seam_picture picture;
    *out = NULL;
    struct restore *r = calloc(1, sizeof(*r));
    if (!r)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for the restoration");
    r->model = model;
    r->log = log;
    pthread_mutex_init(&r->lock, NULL);
    if (params)
        r->params = *params;
    else
        seam_vips_params_init(&r->params);
    enum seam_result result = seam_io_normalise(in, &r->in, &picture, r->params.transfer, log);
    if (result == SEAM_OK) {
        r->pages = r->in->Ysize / picture.height;
        result = plan_image(&r->plan, model, r->in, &picture, &r->params, log);
        if (result == SEAM_OK && r->params.journal)
            result = seam_io_resume(&r->params, model, &r->plan, r->pages, log);
    }
    VipsImage *image = result == SEAM_OK ? vips_image_new() : NULL;
    if (image && restore_header(r, image))
        result = seam_io_vips_failed(log, SEAM_ERROR_IO, "the result has no header");
    if (result == SEAM_OK)
        result = seam_reader_open(&r->reader, r->in, rows_ahead(r->in, &r->plan), log);
    if (result == SEAM_OK)
        result = restore_ring(r, image);
    if (result != SEAM_OK) {
        if (image)
            g_object_unref(image);
        restore_close(r);
        return result;
    }
    if (plan)
        *plan = r->plan;
    /* From here on the image owns the job. */
    g_signal_connect(image, "postclose", G_CALLBACK(restore_on_close), r);
    if (vips_image_generate(image, NULL, restore_generate, NULL, r, NULL)) {
        g_object_unref(image);
        return seam_io_vips_failed(log, SEAM_ERROR_IO, "the result cannot be set up");
    }
    *out = image;
    return SEAM_OK;
}
