/* Opening a flow: spans, rings, memory. */
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/large.h"
#include "engine/native/flow_private.h"
#include "field/sym.h"

/* Output rows a step makes: one cell of the input's; where there is no output, the input's rows. */
static int64_t rows_of_step(const struct seam_flow *f)
{
    const struct seam_net_tensor *out = &f->net->tensors[f->net->output];
    if (!flow_is_last(f))
        return f->packed->cell;
    return seam_max(f->packed->cell * out->num[SEAM_ROWS] / out->den[SEAM_ROWS], 1);
}

/* ------------------------------------------------------------------------------------------------
 * Who reads what
 * --------------------------------------------------------------------------------------------- */

static bool list_readers(struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    int total = 0;
    for (int i = 0; i < net->n_ops; i++)
        total += seam_net_sources(&net->ops[i]);
    f->readers = calloc((size_t)total + 1, sizeof(*f->readers));
    f->reader_of = calloc((size_t)net->n_tensors + 2, sizeof(*f->reader_of));
    if (!f->readers || !f->reader_of)
        return false;
    /* Counted, then summed, then filled: the counts stand two places on until the end. */
    for (int fill = 0; fill < 2; fill++) {
        for (int i = 0; i < net->n_ops; i++)
            for (int k = 0; !f->packed->ops[i].gone && k < seam_net_sources(&net->ops[i]); k++) {
                const struct seam_ref *ref = seam_net_source(&net->ops[i], k);
                if (!ref)
                    continue;
                const int store = f->packed->tensors[ref->tensor].store;
                if (fill)
                    f->readers[f->reader_of[store + 1]++] = (struct flow_source){ i, k };
                else
                    f->reader_of[store + 2]++;
            }
        for (int i = 0; !fill && i < net->n_tensors; i++)
            f->reader_of[i + 2] += f->reader_of[i + 1];
    }
    return true;
}

static bool add_edge(struct seam_flow *f, int source, int maker)
{
    if (f->n_edges == f->edge_room) {
        const int room = f->edge_room ? 2 * f->edge_room : 64;
        struct flow_edge *more = realloc(f->edges, (size_t)room * sizeof(*more));
        if (!more)
            return false;
        f->edges = more;
        f->edge_room = room;
    }
    f->edges[f->n_edges++] = (struct flow_edge){ source, maker };
    return true;
}

/* Those who make a tensor: its operation, or who makes the parts where that has nothing to do. */
static bool edge_tensor(struct seam_flow *f, int source, int tensor)
{
    const int maker = f->net->tensors[tensor].op;
    if (maker < 0 || flow_takes(f, tensor))
        return true;
    const struct seam_net_op *op = &f->net->ops[maker];
    if (!f->packed->ops[maker].gone)
        return add_edge(f, source, maker);
    for (int k = 0; k < op->n_inputs; k++)
        if (op->inputs[k].tensor >= 0 && !edge_tensor(f, source, op->inputs[k].tensor))
            return false;
    return true;
}

static bool list_edges(struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    f->edge_of = calloc((size_t)net->n_ops + 1, sizeof(*f->edge_of));
    if (!f->edge_of)
        return false;
    for (int i = 0; i < net->n_ops; i++) {
        const struct seam_net_op *op = &net->ops[i];
        f->edge_of[i] = f->n_edges;
        for (int k = 0; !flow_is_idle(f, op) && k < seam_net_sources(op); k++) {
            const struct seam_ref *ref = seam_net_source(op, k);
            if (ref && !edge_tensor(f, k, ref->tensor))
                return false;
        }
    }
    f->edge_of[net->n_ops] = f->n_edges;
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Rows
 * --------------------------------------------------------------------------------------------- */

/* The columns that each store holds. */
static void size_columns(struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    for (int i = 0; i < net->n_tensors; i++) {
        const struct seam_span *need = f->extents[i].need;
        struct flow_store *s = &f->stores[f->packed->tensors[i].store];
        if (need[0].begin >= need[0].end || need[1].begin >= need[1].end)
            continue;
        if (s->cols.begin >= s->cols.end)
            s->cols = need[1];
        s->cols.begin = seam_min(s->cols.begin, need[1].begin);
        s->cols.end = seam_max(s->cols.end, need[1].end);
    }
}

/* Zeros to the left and right that kernels read. */
static void size_margins(struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    for (int i = 0; i < net->n_ops; i++) {
        const struct seam_net_op *op = &net->ops[i];
        const struct seam_conv *conv = f->packed->ops[i].conv;
        if (!conv || flow_is_idle(f, op))
            continue;
        const struct seam_span out = f->extents[op->output].need[SEAM_COLUMNS];
        const int64_t stride = op->slide[SEAM_COLUMNS].stride;
        struct flow_store *s = &f->stores[f->packed->tensors[op->inputs[0].tensor].store];
        s->left = seam_max(s->left,
                           s->cols.begin - (out.begin * stride - conv->reach_left));
        s->right = seam_max(s->right, (out.end - 1) * stride + conv->reach_right + 1 -
                                          s->cols.end);
    }
}

/* Floats of a row: the first pixel at a multiple of 64 bytes, and rows an odd number of these
 * apart, or they would evict one another from the cache. */
static bool size_row(struct flow_store *s, int pitch)
{
    uint64_t floats;
    s->left = seam_align_up(s->left, 16);
    if (!seam_mul_size((uint64_t)(s->left + s->cols.end - s->cols.begin + s->right),
                       (uint64_t)pitch, &floats) || floats > (uint64_t)1 << 40)
        return false;
    floats = (uint64_t)seam_align_up((int64_t)floats + SEAM_ROW_SLACK / 4, 16);
    s->row_floats = (size_t)(floats / 16 % 2 ? floats : floats + 16);
    return true;
}

/* Cut the needed columns of every operation into blocks, several for each thread. */
static void size_blocks(struct seam_flow *f)
{
    for (int i = 0; i < f->net->n_ops; i++) {
        const struct seam_net_op *op = &f->net->ops[i];
        struct flow_op *o = &f->ops[i];
        if (flow_is_idle(f, op))
            continue;
        const struct seam_span need = f->extents[op->output].need[SEAM_COLUMNS];
        const bool reduces = op->kind == SEAM_OP_REDUCE;
        const int64_t unit = reduces                  ? FLOW_REDUCE_CELL
                             : f->packed->ops[i].conv ? f->packed->ops[i].conv->block
                                                      : 16;
        const int64_t pieces = f->threads > 1 ? 4 * f->threads : 1;
        o->first = reduces ? seam_floor_div(need.begin, unit) * unit
                           : seam_net_whole_cells(&f->packed->cells[i], SEAM_COLUMNS, need).begin;
        o->width = seam_align_up(seam_div_up(need.end - o->first, pieces), unit);
        o->blocks = (int)seam_div_up(need.end - o->first, o->width);
        o->stamp = f->n_stamps;
        f->n_stamps += o->blocks;
    }
}

/* ------------------------------------------------------------------------------------------------
 * Memory
 * --------------------------------------------------------------------------------------------- */

/* Rows that a kernel runs at once. */
static int rows_of_run(const struct seam_conv *conv)
{
    return conv->group > 1 ? conv->group : 8;
}

/* Places in the one allocation, given out in order; `base` NULL only counts. */
struct places {
    unsigned char *base;
    uint64_t used;
    bool overflow;
};

static void *place(struct places *p, uint64_t count, uint64_t bytes)
{
    uint64_t size;
    if (!seam_mul_size(count, bytes, &size) || size > (uint64_t)INT64_MAX / 4 ||
        p->used > (uint64_t)INT64_MAX / 2) {
        p->overflow = true;
        return NULL;
    }
    void *at = p->base ? p->base + p->used : NULL;
    p->used += (uint64_t)seam_align_up((int64_t)size, 64);
    return at;
}

static void place_rows(struct seam_flow *f, struct places *p)
{
    const struct seam_net *net = f->net;
    uint64_t longest = 0;
    for (int i = 0; i < net->n_tensors; i++) {
        struct flow_store *s = &f->stores[i];
        if (s->ring == 0)
            continue;
        s->base = place(p, (uint64_t)s->ring * s->row_floats, sizeof(float));
        longest = s->row_floats > longest ? s->row_floats : longest;
    }
    for (int i = 0; i < net->n_ops; i++)
        if (flow_is_sought(f, &net->ops[i]))
            f->ops[i].cells = place(p, seam_flow_cells(f, &net->ops[i]), sizeof(double));
    f->zeros = place(p, longest, sizeof(float));
    for (int i = 0; i < f->threads; i++) {
        f->workers[i].trash = place(p, longest, sizeof(float));
        f->workers[i].scratch = place(p, f->packed->scratch_bytes, 1);
        f->workers[i].rows = place(p, f->pointers, sizeof(float *));
    }
}

static void count_pointers(struct seam_flow *f)
{
    for (int i = 0; i < f->net->n_ops; i++) {
        const struct seam_conv *conv = f->packed->ops[i].conv;
        if (!conv)
            continue;
        const int rows = rows_of_run(conv);
        f->pointers = (size_t)seam_max((int64_t)f->pointers,
                                       seam_conv_rows_in(conv, rows) + 3 * rows);
    }
}

static bool size_stores(struct seam_flow *f)
{
    size_columns(f);
    size_margins(f);
    for (int i = 0; i < f->net->n_tensors; i++)
        if (f->stores[i].ring > 0 &&
            !size_row(&f->stores[i], flow_pitch(f, i)))
            return false;
    return true;
}

/* What is summed up is all of the picture where nobody said which part. */
static void set_params(struct seam_flow *f, const struct seam_flow_params *params)
{
    f->params = *params;
    f->packed = params->packed;
    f->net = params->packed->net;
    for (int dir = 0; dir < 2; dir++)
        if (f->params.core[dir].end <= f->params.core[dir].begin)
            f->params.core[dir] = f->params.domain[dir];
}

/* All but the rows themselves. */
static enum seam_result prepare(struct seam_flow *f, const struct seam_flow_params *params,
                                struct seam_rows_size *size)
{
    const struct seam_net *net = params->packed->net;
    set_params(f, params);
    f->threads = seam_crew_size(params->crew);
    f->step_rows = rows_of_step(f);
    f->extents = calloc((size_t)net->n_tensors, sizeof(*f->extents));
    if (f->params.keeps && net->n_kept > 0 &&
        !(f->all = calloc((size_t)net->n_tensors, sizeof(*f->all))))
        return SEAM_ERROR_MEMORY;
    f->tensors = calloc((size_t)net->n_tensors, sizeof(*f->tensors));
    f->stores = calloc((size_t)net->n_tensors, sizeof(*f->stores));
    f->ops = calloc((size_t)net->n_ops + 1, sizeof(*f->ops));
    f->active = calloc((size_t)net->n_ops + 1, sizeof(*f->active));
    f->workers = calloc((size_t)f->threads, sizeof(*f->workers));
    if (!f->extents || !f->tensors || !f->stores || !f->ops || !f->active || !f->workers ||
        !list_readers(f))
        return SEAM_ERROR_MEMORY;
    if (!seam_flow_spans(f))
        return SEAM_ERROR_ARGUMENT;
    seam_flow_rings(f, size);
    if (!list_edges(f) || !size_stores(f))
        return SEAM_ERROR_MEMORY;
    size_blocks(f);
    count_pointers(f);
    struct places count = { NULL, 0, false };
    place_rows(f, &count);
    size->bytes = count.used;
    return count.overflow ? SEAM_ERROR_MEMORY : SEAM_OK;
}

enum seam_result seam_flow_measure(const struct seam_flow_params *params,
                                   struct seam_rows_size *size)
{
    struct seam_flow *f = calloc(1, sizeof(*f));
    const enum seam_result r = f ? prepare(f, params, size) : SEAM_ERROR_MEMORY;
    seam_flow_close(&f);
    return r;
}

enum seam_result seam_flow_open(struct seam_flow **flow, const struct seam_flow_params *params)
{
    struct seam_rows_size size;
    struct seam_flow *f = calloc(1, sizeof(*f));
    enum seam_result r = f ? prepare(f, params, &size) : SEAM_ERROR_MEMORY;
    *flow = NULL;
    if (r == SEAM_OK) {
        /* Zeroed: margins and what lies between rows are read. */
        f->memory = size.bytes <= SIZE_MAX - 64 ? seam_large_zeroed((size_t)size.bytes + 64) : NULL;
        f->items = calloc((size_t)f->n_stamps + 1, sizeof(*f->items));
        f->stamps = calloc((size_t)f->n_stamps + 1, sizeof(*f->stamps));
        if (!f->memory || !f->items || !f->stamps || !seam_flow_evaluate(f))
            r = SEAM_ERROR_MEMORY;
    }
    if (r != SEAM_OK) {
        seam_flow_close(&f);
        return r;
    }
    struct places places = { f->memory + (64 - (uintptr_t)f->memory % 64) % 64, 0, false };
    place_rows(f, &places);
    for (int i = 0; i < f->net->n_ops; i++)
        if (flow_is_sought(f, &f->net->ops[i]))
            seam_flow_clear_cells(f, &f->net->ops[i]);
    *flow = f;
    return SEAM_OK;
}

void seam_flow_close(struct seam_flow **flow)
{
    struct seam_flow *f = *flow;
    if (!f)
        return;
    free(f->extents);
    free(f->all);
    free(f->tensors);
    free(f->stores);
    free(f->ops);
    free(f->active);
    free(f->readers);
    free(f->reader_of);
    free(f->edges);
    free(f->edge_of);
    free(f->workers);
    free(f->memory);
    free(f->items);
    free(f->stamps);
    free(f->lists);
    free(f->numbers);
    free(f);
    *flow = NULL;
}

/* ------------------------------------------------------------------------------------------------
 * Rows in and out
 * --------------------------------------------------------------------------------------------- */

struct seam_span seam_flow_columns(const struct seam_flow *f)
{
    return f->extents[f->net->input].need[SEAM_COLUMNS];
}

bool seam_flow_next(struct seam_flow *f, struct seam_rows_step *step)
{
    if (!seam_flow_plan_step(f))
        return false;
    *step = f->step;
    return true;
}

void seam_flow_put(struct seam_flow *f, int64_t y, const float *planes, int64_t stride,
                   int64_t first)
{
    const int channels = f->net->tensors[f->net->input].channels;
    const int pitch = flow_pitch(f, f->net->input);
    const struct seam_span cols = seam_flow_columns(f);
    float *dst = flow_at(f, f->net->input, y, cols.begin);
    for (int c = 0; c < channels; c++) {
        const float *src = planes + c * stride + cols.begin - first;
        for (int64_t x = 0; x < cols.end - cols.begin; x++)
            dst[x * pitch + c] = src[x];
    }
}

void seam_flow_get(const struct seam_flow *f, int64_t y, struct seam_span columns, float *planes,
                   int64_t stride)
{
    const struct seam_ref *ref = &f->net->result;
    const int pitch = flow_pitch(f, ref->tensor);
    const float *src = flow_at(f, ref->tensor, y, columns.begin) + ref->first;
    for (int c = 0; c < ref->channels; c++)
        for (int64_t x = 0; x < columns.end - columns.begin; x++)
            planes[c * stride + x] = src[x * pitch + c];
}

/* ------------------------------------------------------------------------------------------------
 * What is kept between passes
 * --------------------------------------------------------------------------------------------- */

enum seam_result seam_flow_list_kept(const struct seam_flow_params *params,
                                     struct seam_rows_kept *list)
{
    const struct seam_net *net = params->packed->net;
    struct seam_flow f = { .net = NULL };
    set_params(&f, params);
    const struct seam_net_pass all = flow_pass(&f);
    struct seam_net_extent *extents = calloc((size_t)net->n_tensors, sizeof(*extents));
    const enum seam_result r = !extents                                  ? SEAM_ERROR_MEMORY
                               : seam_net_all_extents(net, &all, extents) ? SEAM_OK
                                                                          : SEAM_ERROR_ARGUMENT;
    for (int k = 0; r == SEAM_OK && k < net->n_kept; k++) {
        const int tensor = net->kept[k].tensor;
        const struct seam_net_op *op = &net->ops[net->tensors[tensor].op];
        const struct seam_span *need = extents[tensor].need;
        list[k] = (struct seam_rows_kept){
            .rows = need[SEAM_ROWS],
            .columns = need[SEAM_COLUMNS],
            .channels = net->tensors[tensor].channels,
            .made = op->pass,
            .last = net->kept[k].last,
            .over = net->kept[k].over,
            .roll = op->kind == SEAM_OP_ROLL
                        ? seam_net_roll(op, SEAM_ROWS, extents[tensor].domain[SEAM_ROWS])
                        : 0,
        };
    }
    free(extents);
    return r;
}
