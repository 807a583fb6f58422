/* Reductions: numbers of all rows and columns of a tensor, and what follows from those of earlier
 * passes. A cell of columns is summed up in doubles from the first row to the last, and the cells
 * from left to right at the end: neither blocks, threads nor steps change a bit. */
#include <math.h>
#include <stdlib.h>

#include "base/common.h"
#include "engine/native/flow_private.h"
#include "field/sym.h"

static int64_t first_cell(const struct seam_flow *f, const struct seam_net_op *op)
{
    return seam_floor_div(f->extents[op->output].need[SEAM_COLUMNS].begin, FLOW_REDUCE_CELL);
}

static int64_t cell_count(const struct seam_flow *f, const struct seam_net_op *op)
{
    const struct seam_span need = f->extents[op->output].need[SEAM_COLUMNS];
    return need.end > need.begin
               ? seam_floor_div(need.end - 1, FLOW_REDUCE_CELL) + 1 - first_cell(f, op) : 0;
}

uint64_t seam_flow_cells(const struct seam_flow *f, const struct seam_net_op *op)
{
    return (uint64_t)cell_count(f, op) * (uint64_t)seam_net_reduced(op);
}

static double empty(const struct seam_net_op *op)
{
    return op->reduce == SEAM_REDUCE_MOST    ? (double)-INFINITY
           : op->reduce == SEAM_REDUCE_LEAST ? (double)INFINITY
                                             : 0;
}

void seam_flow_clear_cells(const struct seam_flow *f, const struct seam_net_op *op)
{
    double *cells = f->ops[op - f->net->ops].cells;
    const uint64_t count = seam_flow_cells(f, op);
    for (uint64_t i = 0; i < count; i++)
        cells[i] = empty(op);
}

/* `count` pixels of one cell and row: each channel of `v` with each of `w`, within a group. */
static void take_products(const struct seam_flow *f, const struct seam_net_op *op, const float *v,
                          const float *w, int64_t count, double *restrict sum)
{
    const int m = op->inputs[0].channels / op->groups, n = op->inputs[1].channels / op->groups;
    const int v_pitch = flow_pitch(f, op->inputs[0].tensor);
    const int w_pitch = flow_pitch(f, op->inputs[1].tensor);
    for (int64_t x = 0; x < count; x++, v += v_pitch, w += w_pitch)
        for (int i = 0; i < m * op->groups; i++) {
            const float *with = w + i / m * n;
            double *to = sum + (ptrdiff_t)i * n;
            for (int k = 0; k < n; k++)
                to[k] += (double)v[i] * (double)with[k];
        }
}

/* `count` pixels of one cell and row, added to `sum`, number by channel. */
static void take_pixels(enum seam_reduce kind, const float *v, int pitch, int channels,
                        int64_t count, double *restrict sum)
{
    for (int64_t x = 0; x < count; x++, v += pitch)
        switch (kind) {
        case SEAM_REDUCE_SUM:
            for (int c = 0; c < channels; c++)
                sum[c] += (double)v[c];
            break;
        case SEAM_REDUCE_SQUARES:
            for (int c = 0; c < channels; c++)
                sum[c] += (double)v[c] * (double)v[c];
            break;
        /* What is no number stays. */
        case SEAM_REDUCE_MOST:
            for (int c = 0; c < channels; c++)
                sum[c] = (double)v[c] > sum[c] || isnan(v[c]) ? (double)v[c] : sum[c];
            break;
        case SEAM_REDUCE_LEAST:
            for (int c = 0; c < channels; c++)
                sum[c] = (double)v[c] < sum[c] || isnan(v[c]) ? (double)v[c] : sum[c];
            break;
        case SEAM_REDUCE_PRODUCTS: break; /* take_products() */
        }
}

void seam_flow_reduce(const struct seam_flow *f, const struct seam_net_op *op,
                      struct seam_span rows, struct seam_span cols)
{
    const struct seam_ref *in = &op->inputs[0], *other = &op->inputs[1];
    const int pitch = flow_pitch(f, in->tensor), numbers = seam_net_reduced(op);
    double *cells = f->ops[op - f->net->ops].cells;
    for (int64_t y = rows.begin; y < rows.end; y++)
        for (int64_t x = cols.begin, next; x < cols.end; x = next) {
            const int64_t cell = seam_floor_div(x, FLOW_REDUCE_CELL);
            next = seam_min((cell + 1) * FLOW_REDUCE_CELL, cols.end);
            const float *v = flow_at(f, in->tensor, y, x) + in->first;
            double *sum = cells + (cell - first_cell(f, op)) * numbers;
            if (op->reduce == SEAM_REDUCE_PRODUCTS)
                take_products(f, op, v, flow_at(f, other->tensor, y, x) + other->first, next - x,
                              sum);
            else
                take_pixels(op->reduce, v, pitch, in->channels, next - x, sum);
        }
}

/* Number c of all cells. */
static double join_cells(const struct seam_flow *f, const struct seam_net_op *op, int c)
{
    const double *cells = f->ops[op - f->net->ops].cells;
    const int numbers = seam_net_reduced(op);
    double all = empty(op);
    for (int64_t i = 0; i < cell_count(f, op); i++) {
        const double v = cells[i * numbers + c];
        if (op->reduce != SEAM_REDUCE_MOST && op->reduce != SEAM_REDUCE_LEAST)
            all += v;
        else if (isnan(v) || (op->reduce == SEAM_REDUCE_MOST ? v > all : v < all))
            all = v;
    }
    return all;
}

const char *seam_flow_finish(struct seam_flow *f)
{
    const char *bad = NULL;
    for (int i = 0; i < f->net->n_ops; i++) {
        const struct seam_net_op *op = &f->net->ops[i];
        const struct seam_span *need = f->extents[op->output].need;
        if (!flow_is_sought(f, op))
            continue;
        const double pixels = (double)(need[0].end - need[0].begin) *
                              (double)(need[1].end - need[1].begin);
        for (int c = 0; c < seam_net_reduced(op); c++) {
            const double v = join_cells(f, op, c) / (op->mean ? pixels : 1);
            f->params.known[op->known + (size_t)c] = v;
            bad = isfinite(v) || bad ? bad : op->name;
        }
    }
    return bad;
}

bool seam_flow_evaluate(struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    if (!net->n_vectors)
        return true;
    double *numbers = calloc(net->n_numbers + 1, sizeof(*numbers));
    f->numbers = calloc(net->n_numbers + 1, sizeof(*f->numbers));
    f->lists = calloc((size_t)net->n_vectors, sizeof(*f->lists));
    const bool there = numbers && f->numbers && f->lists;
    if (there) {
        seam_net_evaluate(net, f->params.pass, f->params.known, numbers);
        for (size_t i = 0; i < net->n_numbers; i++)
            f->numbers[i] = (float)numbers[i];
        for (int i = 0; i < net->n_vectors; i++)
            f->lists[i] = net->vectors[i].pass <= f->params.pass ? f->numbers + net->vectors[i].at
                                                                 : NULL;
    }
    free(numbers);
    return there;
}
