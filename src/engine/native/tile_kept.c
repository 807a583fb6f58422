/* What the passes over a tile keep of one another. Most make anew what they need; a network that
 * rolls the picture would hold all rows of all tensors then, and so keeps what is rolled. */
#include <stdlib.h>

#include "engine/native/native.h"

struct native_kept {
    const struct seam_net *net;
    struct seam_rows_kept *list; /* as net->kept */
    float **rows;                /* of those that are alive */
};

bool seam_native_tile_keeps(const struct native_session *s)
{
    const struct seam_net *net = s->engine->packed->net;
    for (int i = 0; i < net->n_ops; i++)
        if (net->ops[i].kind == SEAM_OP_ROLL)
            return true;
    return false;
}

enum seam_result seam_native_kept_open(struct native_kept **kept, const struct native_session *s,
                                       const struct seam_rows_params *rows)
{
    const struct seam_net *net = s->engine->packed->net;
    const struct seam_flow_params p = seam_native_flow_params(s, rows);
    struct native_kept *k = calloc(1, sizeof(*k));
    enum seam_result r = SEAM_ERROR_MEMORY;
    *kept = NULL;
    if (!k)
        return r;
    k->net = net;
    k->list = calloc((size_t)net->n_kept + 1, sizeof(*k->list));
    k->rows = calloc((size_t)net->n_kept + 1, sizeof(*k->rows));
    if (k->list && k->rows)
        r = seam_flow_list_kept(&p, k->list);
    if (r != SEAM_OK) {
        seam_native_kept_close(&k);
        return r;
    }
    *kept = k;
    return SEAM_OK;
}

void seam_native_kept_close(struct native_kept **kept)
{
    struct native_kept *k = *kept;
    if (!k)
        return;
    for (int i = 0; k->rows && i < k->net->n_kept; i++)
        free(k->rows[i]);
    free(k->rows);
    free(k->list);
    free(k);
    *kept = NULL;
}

/* Floats of a row of one, and of all rows. */
static size_t row_floats(const struct seam_rows_kept *is)
{
    const int64_t columns = is->columns.end - is->columns.begin;
    return columns > 0 ? (size_t)columns * (size_t)is->channels : 0;
}

static size_t all_floats(const struct seam_rows_kept *is)
{
    const int64_t rows = is->rows.end - is->rows.begin;
    return rows > 0 ? (size_t)rows * row_floats(is) : 0;
}

uint64_t seam_native_kept_bytes(const struct native_kept *k)
{
    uint64_t most = 0;
    for (int pass = 0; pass < k->net->passes; pass++) {
        uint64_t bytes = 0;
        for (int i = 0; i < k->net->n_kept; i++)
            if (k->list[i].made <= pass && pass <= k->list[i].last)
                bytes += all_floats(&k->list[i]) * sizeof(float);
        most = bytes > most ? bytes : most;
    }
    return most;
}

bool seam_native_kept_begin(struct native_kept *k, int pass)
{
    for (int i = 0; i < k->net->n_kept; i++) {
        if (k->list[i].last < pass) {
            free(k->rows[i]);
            k->rows[i] = NULL;
        }
        if (k->list[i].made == pass &&
            !(k->rows[i] = malloc((all_floats(&k->list[i]) + 1) * sizeof(float))))
            return false;
    }
    return true;
}

static float *place_of(const struct native_kept *k, int i, int64_t y, int64_t column)
{
    const struct seam_rows_kept *is = &k->list[i];
    return k->rows[i] + (size_t)(y - is->rows.begin) * row_floats(is) +
           (size_t)(column - is->columns.begin) * (size_t)is->channels;
}

void seam_native_kept_give(const struct native_kept *k, struct seam_flow *flow)
{
    for (int i = 0; i < k->net->n_kept; i++) {
        struct seam_span columns;
        const struct seam_span some = seam_flow_kept_taken(flow, i, &columns);
        for (int64_t y = some.begin; y < some.end; y++)
            seam_flow_kept_put(flow, i, y, place_of(k, i, y, columns.begin));
    }
}

void seam_native_kept_take(const struct native_kept *k, const struct seam_flow *flow)
{
    for (int i = 0; i < k->net->n_kept; i++) {
        struct seam_span columns;
        const struct seam_span some = seam_flow_kept_made(flow, i, &columns);
        for (int64_t y = some.begin; y < some.end; y++)
            seam_flow_kept_get(flow, i, y,
                               place_of(k, i, seam_rows_taken_as(&k->list[i], y), columns.begin));
    }
}
