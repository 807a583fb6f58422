/* A tile is a picture of its own: all passes of the network over it, one after the other. */
#include <math.h>
#include <stdlib.h>

#include "base/common.h"
#include "base/log.h"
#include "engine/native/native.h"

struct seam_flow_params seam_native_flow_params(const struct native_session *s,
                                           const struct seam_rows_params *rows)
{
    return (struct seam_flow_params){
        .packed = s->engine->packed,
        .crew = s->crew,
        .domain = { rows->domain[0], rows->domain[1] },
        .want = { rows->want[0], rows->want[1] },
        .core = { rows->core[0], rows->core[1] },
        .keeps = rows->keeps,
        .pass = rows->pass,
        .known = rows->known,
    };
}

struct native_tile seam_native_tile_of(const struct native_session *s, int64_t x, int64_t y,
                                  int64_t width, int64_t height)
{
    const struct seam_net *net = s->engine->packed->net;
    struct native_tile t = { .rows = { .domain = { { y, y + height }, { x, x + width } } } };
    for (int dir = 0; dir < 2; dir++)
        t.rows.want[dir] = seam_net_domain(&net->tensors[net->output], dir, t.rows.domain[dir]);
    t.rows.pass = net->passes - 1;
    return t;
}

/* The most of all passes. */
enum seam_result seam_native_measure(const struct native_session *s, struct seam_rows_params rows,
                                       struct seam_rows_size *size)
{
    const struct seam_net *net = s->engine->packed->net;
    *size = (struct seam_rows_size){ 0 };
    for (rows.pass = 0; rows.pass < net->passes; rows.pass++) {
        const struct seam_flow_params p = seam_native_flow_params(s, &rows);
        struct seam_rows_size one;
        const enum seam_result r = seam_flow_measure(&p, &one);
        if (r != SEAM_OK)
            return r;
        size->bytes = one.bytes > size->bytes ? one.bytes : size->bytes;
        size->in_rows = seam_max(size->in_rows, one.in_rows);
        size->out_rows = seam_max(size->out_rows, one.out_rows);
        size->ahead = seam_max(size->ahead, one.ahead);
        size->steps += one.steps;
    }
    size->bytes += net->n_known * sizeof(double) +
                   net->n_numbers * (sizeof(double) + sizeof(float));
    return SEAM_OK;
}

enum seam_result seam_native_measure_tile(const struct native_session *s,
                                          const struct native_tile *t,
                                          struct seam_rows_size *size)
{
    struct seam_rows_params rows = t->rows;
    struct native_kept *kept;
    rows.keeps = seam_native_tile_keeps(s);
    enum seam_result r = seam_native_measure(s, rows, size);
    if (r != SEAM_OK || !rows.keeps)
        return r;
    r = seam_native_kept_open(&kept, s, &rows);
    if (r == SEAM_OK)
        size->bytes += seam_native_kept_bytes(kept);
    seam_native_kept_close(&kept);
    return r;
}

/* What of the picture lies in the tile; all of it where nothing is said. */
void seam_native_set_core(struct native_tile *t, const struct seam_span core[2])
{
    for (int dir = 0; dir < 2 && core[0].end > core[0].begin; dir++) {
        const struct seam_span *d = &t->rows.domain[dir];
        t->rows.core[dir] = (struct seam_span){ seam_max(core[dir].begin, d->begin),
                                                seam_min(core[dir].end, d->end) };
    }
}

static void put_tile(struct seam_flow *flow, const struct native_tile *t, int64_t y)
{
    const struct seam_engine_io *io = t->io;
    if (io)
        seam_flow_put(flow, y, io->input + (y - io->y) * io->width, io->width * io->height, io->x);
    else
        seam_flow_put(flow, y, t->grey, t->rows.domain[SEAM_COLUMNS].end, 0);
}

/* What comes of grey: the smallest and the largest number. */
static void see_row(const struct seam_flow *flow, struct native_tile *t, int64_t y, int channels)
{
    const struct seam_span want = t->rows.want[SEAM_COLUMNS];
    const int64_t count = (want.end - want.begin) * channels;
    seam_flow_get(flow, y, want, t->made, want.end - want.begin);
    for (int64_t i = 0; i < count; i++) {
        t->least = fminf(t->least, t->made[i]);
        t->most = fmaxf(t->most, t->made[i]);
    }
}

static void get_tile(const struct seam_flow *flow, struct native_tile *t, int64_t y, int channels)
{
    const struct seam_engine_io *io = t->io;
    if (io)
        seam_flow_get(flow, y, t->rows.want[SEAM_COLUMNS],
                      io->output + (y - t->rows.want[SEAM_ROWS].begin) * io->out_width,
                      io->out_width * io->out_height);
    else
        see_row(flow, t, y, channels);
}

/* One pass over a tile. */
static enum seam_result run_pass(const struct native_session *s, struct native_tile *t,
                                 struct seam_log *log)
{
    const struct seam_flow_params p = seam_native_flow_params(s, &t->rows);
    struct seam_rows_step step;
    struct seam_flow *flow;
    const char *bad = NULL;
    if (t->kept && !seam_native_kept_begin(t->kept, p.pass))
        return SEAM_ERROR_MEMORY;
    const enum seam_result r = seam_flow_open(&flow, &p);
    if (r != SEAM_OK)
        return r;
    while (seam_flow_next(flow, &step)) {
        for (int64_t y = step.in.begin; y < step.in.end; y++)
            put_tile(flow, t, y);
        if (t->kept)
            seam_native_kept_give(t->kept, flow);
        seam_flow_run(flow);
        if (t->kept)
            seam_native_kept_take(t->kept, flow);
        for (int64_t y = step.out.begin; y < step.out.end; y++)
            get_tile(flow, t, y, s->engine->packed->net->result.channels);
    }
    if (p.pass < s->engine->packed->net->passes - 1)
        bad = seam_flow_finish(flow);
    seam_flow_close(&flow);
    return bad ? seam_log_fail(log, SEAM_ERROR_NOT_FINITE, SEAM_SUM_NOT_FINITE,
                               s->engine->name, bad)
               : SEAM_OK;
}

/* The passes from `first` on over a tile. */
static enum seam_result run_passes(const struct native_session *s, struct native_tile *t, int first,
                                   struct seam_log *log)
{
    const struct seam_net *net = s->engine->packed->net;
    enum seam_result r = SEAM_OK;
    t->rows.known = calloc(net->n_known + 1, sizeof(*t->rows.known));
    if (!t->rows.known)
        return SEAM_ERROR_MEMORY;
    t->rows.keeps = seam_native_tile_keeps(s);
    if (t->rows.keeps)
        r = seam_native_kept_open(&t->kept, s, &t->rows);
    for (t->rows.pass = first; r == SEAM_OK && t->rows.pass < net->passes; t->rows.pass++)
        r = run_pass(s, t, log);
    seam_native_kept_close(&t->kept);
    free(t->rows.known);
    return r;
}

/* All passes over a tile: what is summed up is what it holds of the picture. */
enum seam_result seam_native_run_tile(const struct native_session *s, struct native_tile *t,
                                      struct seam_log *log)
{
    return run_passes(s, t, 0, log);
}

enum seam_result seam_native_run_grey(const struct native_session *s, struct native_tile *t,
                                 struct seam_log *log)
{
    const struct seam_net *net = s->engine->packed->net;
    struct seam_rows_size size;
    const int64_t count = t->rows.domain[SEAM_COLUMNS].end * net->tensors[net->input].channels;
    const struct seam_span want = t->rows.want[SEAM_COLUMNS];
    const int64_t made = (want.end - want.begin) * net->result.channels;
    enum seam_result r = SEAM_ERROR_MEMORY;
    t->grey = malloc((size_t)count * sizeof(*t->grey));
    t->made = malloc((size_t)made * sizeof(*t->made));
    t->least = INFINITY;
    t->most = -INFINITY;
    if (t->grey && t->made) {
        for (int64_t i = 0; i < count; i++)
            t->grey[i] = 0.5f;
        /* All passes must be possible. */
        r = seam_native_measure_tile(s, t, &size);
        if (r == SEAM_OK)
            r = run_passes(s, t, seam_native_tile_keeps(s) ? 0 : net->passes - 1, log);
    }
    free(t->grey);
    free(t->made);
    return r;
}
