#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "files/deaf.h"
#include "files/normalise.h"
#include "files/remedy.h"
#include "libvips/reader.h"
#include "libvips/thread.h"
#include "base/log.h"

/* Rows asked of libvips at a time: few enough to be still in the cache when they are copied. */
#define CHUNK 16

struct seam_reader {
    VipsImage *image;
    bool decoded;
    size_t row_bytes;
    int64_t capacity; /* rows */
    unsigned char *ring; /* row y lies at y % capacity */

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t more, room;
    GThread *thread;
    bool stop, failed;
    int64_t begin, end; /* rows in the ring: read, and not yet taken */
};

enum seam_result seam_reader_open(struct seam_reader **reader, VipsImage *image, int64_t ahead,
                                  bool decoded, struct seam_log *log)
{
    struct seam_reader *r = calloc(1, sizeof(*r));
    *reader = NULL;
    if (r) {
        r->row_bytes = VIPS_IMAGE_SIZEOF_LINE(image);
        r->capacity = seam_min(seam_max(ahead, 2 * CHUNK), image->Ysize);
        r->ring = seam_rows_alloc(r->capacity, r->row_bytes);
    }
    if (!r || !r->ring) {
        free(r);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for rows that are read ahead");
    }
    r->image = g_object_ref(image);
    r->decoded = decoded;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->more, NULL);
    pthread_cond_init(&r->room, NULL);
    *reader = r;
    return SEAM_OK;
}

/* Read the next rows into the ring, without wrapping; not under the lock, for nobody else touches
 * rows that are not in it yet. */
static bool reader_chunk(struct seam_reader *r, VipsRegion *region, int64_t top, int64_t rows)
{
    const VipsRect rect = { 0, (int)top, r->image->Xsize, (int)rows };
    const bool deaf = r->decoded && top == 0;
    if (deaf)
        seam_deaf_begin();
    const bool ok = vips_region_prepare(region, &rect) == 0;
    if (deaf)
        seam_deaf_end();
    if (!ok)
        return false;
    unsigned char *at = r->ring + (size_t)(top % r->capacity) * r->row_bytes;
    for (int i = 0; i < rect.height; i++, at += r->row_bytes)
        memcpy(at, VIPS_REGION_ADDR(region, 0, rect.top + i), r->row_bytes);
    return true;
}

static void *reader_run(void *opaque)
{
    struct seam_reader *r = opaque;
    VipsRegion *region = vips_region_new(r->image);
    pthread_mutex_lock(&r->lock);
    while (!r->stop && !r->failed && r->end < r->image->Ysize) {
        const int64_t top = r->end, slot = top % r->capacity;
        const int64_t rows = seam_min(seam_min(CHUNK, r->image->Ysize - top), r->capacity - slot);
        if (r->end + rows - r->begin > r->capacity) {
            pthread_cond_wait(&r->room, &r->lock);
            continue;
        }
        pthread_mutex_unlock(&r->lock);
        const bool ok = reader_chunk(r, region, top, rows);
        pthread_mutex_lock(&r->lock);
        r->failed = !ok;
        r->end += ok ? rows : 0;
        pthread_cond_signal(&r->more);
    }
    pthread_mutex_unlock(&r->lock);
    g_object_unref(region);
    return NULL;
}

void seam_reader_close(struct seam_reader **reader)
{
    struct seam_reader *r = *reader;
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_signal(&r->room);
    pthread_mutex_unlock(&r->lock);
    if (r->thread)
        g_thread_join(r->thread);
    pthread_cond_destroy(&r->more);
    pthread_cond_destroy(&r->room);
    pthread_mutex_destroy(&r->lock);
    g_object_unref(r->image);
    free(r->ring);
    free(r);
    *reader = NULL;
}

bool seam_reader_read(struct seam_reader *r, int64_t rows, void *dst)
{
    unsigned char *at = dst;
    if (!r->thread && !(r->thread = seam_thread_start("seamless reader", reader_run, r))) {
        vips_error("seamless", "no thread to read with");
        return false;
    }
    pthread_mutex_lock(&r->lock);
    while (rows > 0) {
        if (r->begin == r->end) {
            if (r->failed)
                break;
            pthread_cond_wait(&r->more, &r->lock);
            continue;
        }
        const int64_t slot = r->begin % r->capacity;
        const int64_t n = seam_min(seam_min(rows, r->end - r->begin), r->capacity - slot);
        pthread_mutex_unlock(&r->lock);
        if (at) {
            memcpy(at, r->ring + (size_t)slot * r->row_bytes, (size_t)n * r->row_bytes);
            at += (size_t)n * r->row_bytes;
        }
        pthread_mutex_lock(&r->lock);
        r->begin += n;
        rows -= n;
        pthread_cond_signal(&r->room);
    }
    pthread_mutex_unlock(&r->lock);
    return rows == 0;
}

void seam_reader_tell(struct seam_reader *r, const struct seam_vips_params *params,
                      int64_t page_height, struct seam_log *log)
{
    char what[600], page[40] = "", row[40] = "";
    pthread_mutex_lock(&r->lock);
    const int64_t read = r->end;
    pthread_mutex_unlock(&r->lock);
    if (r->image->Ysize > page_height)
        g_snprintf(page, sizeof(page), " of page %lld", (long long)(read / page_height + 1));
    if (read % page_height > 0)
        g_snprintf(row, sizeof(row), " beyond row %lld",
                   (long long)(params->callbacks.top + read % page_height));
    g_snprintf(what, sizeof(what), "%s cannot be read%s%s%s",
               params->name ? params->name : "the picture", row, page,
               seam_rows_remedy(r->image, params->allow_damaged));
    seam_io_vips_failed(log, SEAM_ERROR_IO, what);
}
