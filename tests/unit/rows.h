/* Pictures in memory, and one whole way of a picture through a stream. */
#ifndef SEAM_TESTS_ROWS_H
#define SEAM_TESTS_ROWS_H

#include "unit.h"

/* A source that hands out rows of memory and insists on being asked as the header promises: in
 * order, each row once. */
struct rows {
    const unsigned char *data;
    size_t row_bytes;
    int64_t height;
    int64_t next;    /* row that must be asked for; -1: any */
    int64_t fail_at; /* reading this row fails; -1: none does */
    struct seam_plan plan; /* of the stream, after its last row */
};

static inline int rows_read(void *opaque, int64_t y, int64_t count, void *dst)
{
    struct rows *rows = opaque;
    if (rows->next < 0)
        rows->next = y;
    if (y != rows->next || count < 1 || y + count > rows->height)
        g_error("asked for %" PRId64 " rows at %" PRId64 " where %" PRId64 " is next of %" PRId64,
                count, y, rows->next, rows->height);
    if (rows->fail_at >= y && rows->fail_at < y + count)
        return -1;
    memcpy(dst, rows->data + (size_t)y * rows->row_bytes, (size_t)count * rows->row_bytes);
    rows->next = y + count;
    return 0;
}

static inline size_t sample_bytes(enum seam_sample sample)
{
    return sample == SEAM_SAMPLE_U8 ? 1 : sample == SEAM_SAMPLE_U16 ? 2 : 4;
}

static inline size_t picture_samples(const struct seam_picture *p)
{
    return (size_t)p->width * (size_t)p->height * (size_t)p->bands;
}

static inline struct rows rows_of(const struct seam_picture *p, const void *data)
{
    return (struct rows){
        .data = data,
        .row_bytes = (size_t)p->width * (size_t)p->bands * sample_bytes(p->sample),
        .height = p->height,
        .fail_at = -1,
    };
}

/* Random samples, the ends of the range often; a third of alpha is 0. Floats reach outside 0..1. */
static inline void *random_picture(const struct seam_picture *p)
{
    const size_t count = picture_samples(p);
    void *data = g_malloc(count * sample_bytes(p->sample));
    for (size_t i = 0; i < count; i++) {
        const bool alpha = p->alpha && (int)(i % (size_t)p->bands) == p->bands - 1;
        const int kind = pick(0, alpha ? 2 : 7);
        const int v = kind == 0 ? 0 : kind == 1 ? 65535 : pick(0, 65535);
        if (p->sample == SEAM_SAMPLE_U8)
            ((uint8_t *)data)[i] = (uint8_t)(v >> 8);
        else if (p->sample == SEAM_SAMPLE_U16)
            ((uint16_t *)data)[i] = (uint16_t)v;
        else
            ((float *)data)[i] =
                alpha ? (float)v / 65535 : (float)(v - 10000) / 40000;
    }
    return data;
}

/* The value of sample i as a float, 0..1. */
static inline float sample_get(enum seam_sample sample, const void *data, size_t i)
{
    switch (sample) {
    case SEAM_SAMPLE_U8: return (float)((const uint8_t *)data)[i] / 255;
    case SEAM_SAMPLE_U16: return (float)((const uint16_t *)data)[i] / 65535;
    case SEAM_SAMPLE_F32: break;
    }
    return ((const float *)data)[i];
}

/* Restore `data` with an open model and read everything, in steps and strides by chance, into
 * *result (the caller frees it; without gaps). The plan goes to *plan. */
static inline enum seam_result restore_rows(struct seam_model *model, struct request *q,
                                            struct rows *rows,
                                            const struct seam_stream_params *callbacks,
                                            struct seam_plan *plan, unsigned char **result,
                                            struct seam_log *log)
{
    *result = NULL;
    seam_model_describe(model, &q->facts);
    enum seam_result r = request_make(q, plan, log);
    if (r != SEAM_OK)
        return r;
    const struct seam_source source = { .opaque = rows, .read = rows_read };
    struct seam_stream *stream = NULL;
    r = seam_stream_open(&stream, model, plan, &source, callbacks, log);
    if (r != SEAM_OK) {
        g_assert_null(stream);
        return r;
    }
    const size_t bytes =
        (size_t)plan->x.out_size * (size_t)plan->out_bands * sample_bytes(plan->out_sample);
    const size_t gap = toss() ? 0 : (size_t)pick(1, 3) * 8;
    const size_t stride = bytes + gap;
    *result = g_malloc(bytes * (size_t)plan->y.out_size);
    unsigned char *some = g_malloc(stride * (size_t)plan->y.out_size);
    for (int64_t y = 0, count; r == SEAM_OK && y < plan->y.out_size; y += count) {
        count = toss() ? 1 : pick(1, (int)(plan->y.out_size - y));
        memset(some, 0xa5, stride * (size_t)count);
        r = seam_stream_read(stream, count, some, gap ? stride : 0);
        for (int64_t i = 0; r == SEAM_OK && i < count; i++) {
            const unsigned char *row = some + (size_t)i * stride;
            memcpy(*result + (size_t)(y + i) * bytes, row, bytes);
            for (size_t k = 0; k < gap && i + 1 < count; k++)
                g_assert_cmpint(row[bytes + k], ==, 0xa5);
        }
    }
    g_free(some);
    if (r != SEAM_OK) {
        unsigned char row[8];
        g_free(*result);
        *result = NULL;
        g_assert_cmpint(log->result, ==, r);
        g_assert_cmpstr(log->error, !=, "");
        /* A failure lasts, and costs nothing more. */
        g_assert_cmpint(seam_stream_read(stream, 1, row, 0), ==, r);
        g_assert_cmpint(seam_stream_read(stream, 0, row, 0), ==, r);
    } else {
        seam_stream_plan(stream, &rows->plan);
        g_assert_cmpint(rows->next, ==, rows->height);
        g_assert_cmpint(log->result, ==, SEAM_OK);
        g_assert_cmpint(seam_stream_read(stream, 1, some, 0), ==, SEAM_ERROR_ARGUMENT);
    }
    seam_stream_close(&stream);
    g_assert_null(stream);
    seam_stream_close(&stream);
    return r;
}

/* A picture whose every pixel differs, in tiles of 16. */
static inline struct request small_request(unsigned char *data)
{
    struct request q = request_plain(40, 50);
    q.params.tile_width = q.params.tile_height = 16;
    q.params.halo = 5;
    for (int i = 0; i < 40 * 50 * 3; i++)
        data[i] = (unsigned char)(i * 7);
    return q;
}

static inline struct seam_model *open_model(const char *name)
{
    struct seam_model *model = NULL;
    struct seam_log log;
    seam_log_init(&log);
    assert_ok(seam_model_open(&model, name, NULL, &log), &log);
    return model;
}

#endif /* SEAM_TESTS_ROWS_H */
