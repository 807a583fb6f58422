/* One step of a flow, shared by a crew: operations are cut into blocks of columns, and a block runs
 * as soon as the blocks it reads are there. */
#include "base/common.h"
#include "engine/flush.h"
#include "engine/native/flow_private.h"
#include "field/sym.h"

/* A row of zeros or of nothing, where a column of the tensor's row would lie. */
static float *stand_in(const struct seam_flow *f, float *row, int tensor, int64_t x)
{
    return row + flow_offset(f, tensor, x);
}

/* Rows of a tensor that a kernel adds, for the rows `begin` on. */
static const float **added_rows(const struct seam_flow *f, const struct flow_worker *w,
                                const struct seam_ref *ref, struct seam_span rows,
                                struct seam_span made, int64_t x, const float **at)
{
    for (int64_t y = rows.begin; y < rows.end; y++)
        *at++ = (y >= made.begin && y < made.end ? flow_at(f, ref->tensor, y, x)
                                                 : stand_in(f, f->zeros, ref->tensor, x)) +
                ref->first;
    (void)w;
    return at;
}

/* Run the kernel for whole groups of rows, of which those of `made` are wanted. */
static void run_kernel(const struct seam_flow *f, struct flow_worker *w,
                       const struct seam_net_op *op, struct seam_span rows, struct seam_span made,
                       struct seam_span cols)
{
    const struct seam_slide *y = &op->slide[SEAM_ROWS], *x = &op->slide[SEAM_COLUMNS];
    const struct seam_ref *in = &op->inputs[0];
    const struct seam_net_extent *t = &f->extents[in->tensor];
    const struct native_op *packed = flow_native_op(f, op);
    const int n = (int)(rows.end - rows.begin), n_in = seam_conv_rows_in(packed->conv, n);
    const struct seam_net_cells *cells = &f->packed->cells[op - f->net->ops];
    const int64_t base = cols.begin;
    const float **at = w->rows;
    struct seam_conv_rows r = { .in = at, .rows = n, .x0 = 0, .x1 = (int)(cols.end - base),
                                .origin = base - cells->phase[SEAM_COLUMNS] };
    for (int k = 0; k < n_in; k++) {
        const int64_t row = rows.begin * y->stride - y->pad + k;
        const bool there = row >= t->need[SEAM_ROWS].begin && row < t->need[SEAM_ROWS].end;
        *at++ = (there ? flow_at(f, in->tensor, row, base * x->stride)
                       : stand_in(f, f->zeros, in->tensor, base * x->stride)) +
                in->first;
    }
    r.out = (float *const *)(uintptr_t)at;
    for (int64_t row = rows.begin; row < rows.end; row++)
        *at++ = row >= made.begin && row < made.end ? flow_at(f, op->output, row, base)
                                                    : stand_in(f, w->trash, op->output, base);
    if (packed->before.tensor >= 0) {
        r.before = at;
        at = added_rows(f, w, &packed->before, rows, made, base, at);
    }
    if (packed->after.tensor >= 0) {
        r.after = at;
        at = added_rows(f, w, &packed->after, rows, made, base, at);
    }
    seam_conv_run(packed->conv, &r, w->scratch);
}

static void run_conv(const struct seam_flow *f, struct flow_worker *w,
                     const struct seam_net_op *op, struct seam_span rows, struct seam_span cols)
{
    const int i = (int)(op - f->net->ops), group = f->packed->ops[i].conv->group;
    const int64_t each = group > 1 ? group : 8;
    struct seam_span all = seam_net_whole_cells(&f->packed->cells[i], SEAM_ROWS, rows);
    for (int64_t at = all.begin; at < all.end; at += each) {
        const struct seam_span some = { at, seam_min(at + each, all.end) };
        run_kernel(f, w, op, some, rows, cols);
    }
}

static void run_attend(const struct seam_flow *f, const struct flow_worker *w,
                       const struct seam_net_op *op, struct seam_span rows, struct seam_span cols)
{
    const struct seam_attend attend = seam_packed_attend(op);
    for (int64_t y = rows.begin; y < rows.end; y++)
        for (int64_t x = cols.begin; x < cols.end; x++) {
            const float *in[4] = { NULL };
            for (int k = 0; k < op->n_inputs; k++)
                in[k] = flow_at(f, op->inputs[k].tensor, y, x) + op->inputs[k].first;
            const struct seam_attend_window window = { in[0], in[1], in[2], in[3],
                                                       flow_at(f, op->output, y, x) };
            seam_attend_run(f->packed->cpu, &attend, &window, w->scratch);
        }
}

/* The columns that a block of an operation makes. */
static struct seam_span block_columns(const struct seam_flow *f, int i, int block)
{
    const struct flow_op *o = &f->ops[i];
    const struct seam_span need = f->extents[f->net->ops[i].output].need[SEAM_COLUMNS];
    return (struct seam_span){
        seam_max(o->first + block * o->width, need.begin),
        seam_min(o->first + (block + 1) * o->width, need.end),
    };
}

static void run_block(const struct seam_flow *f, struct flow_worker *w, int i, int block)
{
    const struct seam_net_op *op = &f->net->ops[i];
    const struct flow_op *o = &f->ops[i];
    const struct seam_span cols = block_columns(f, i, block);
    if (op->kind == SEAM_OP_CONV)
        run_conv(f, w, op, o->rows, cols);
    else if (op->kind == SEAM_OP_ATTEND)
        run_attend(f, w, op, o->rows, cols);
    else
        seam_flow_run_op(f, op, o->rows, cols);
    const int fused = f->packed->ops[i].fused;
    if (op->n_links > fused)
        seam_flow_run_links(f, op, fused, o->rows, cols);
}

/* Wait for the blocks of an operation that hold these columns. */
static void wait_for_columns(struct seam_flow *f, int maker, struct seam_span cols)
{
    const struct flow_op *o = &f->ops[maker];
    if (o->rows.end <= o->rows.begin)
        return;
    const int64_t first = seam_clamp((cols.begin - o->first) / o->width, 0, o->blocks - 1);
    const int64_t last = seam_clamp((cols.end - 1 - o->first) / o->width, 0, o->blocks - 1);
    for (int64_t b = first; b <= last; b++)
        for (int looks = 0; atomic_load_explicit(&f->stamps[o->stamp + b],
                                                 memory_order_acquire) != f->round; looks++)
            seam_crew_pause(looks);
}

static void wait_for_sources(struct seam_flow *f, int i, int block)
{
    const struct seam_net_op *op = &f->net->ops[i];
    const struct seam_span cols = block_columns(f, i, block);
    for (int k = f->edge_of[i]; k < f->edge_of[i + 1]; k++) {
        const struct flow_edge *edge = &f->edges[k];
        const int tensor = seam_net_source(op, edge->source)->tensor;
        wait_for_columns(f, edge->maker,
                         flow_reads(f, i, edge->source, SEAM_COLUMNS, cols,
                                           f->extents[tensor].domain[SEAM_COLUMNS]));
    }
}

/* Blocks are taken in the order of the operations, so that who waits, waits for one that runs. */
static void work(void *opaque, int thread)
{
    struct seam_flow *f = opaque;
    const unsigned long mode = seam_flush_begin();
    for (;;) {
        const int n = atomic_fetch_add_explicit(&f->next, 1, memory_order_relaxed);
        if (n >= f->n_items)
            break;
        const struct flow_item *item = &f->items[n];
        if (f->threads > 1)
            wait_for_sources(f, item->op, item->block);
        run_block(f, &f->workers[thread], item->op, item->block);
        atomic_store_explicit(&f->stamps[f->ops[item->op].stamp + item->block], f->round,
                              memory_order_release);
    }
    seam_flush_end(mode);
}

void seam_flow_run(struct seam_flow *f)
{
    f->n_items = 0;
    for (int n = 0; n < f->n_active; n++) {
        const int i = f->active[n];
        const struct flow_op *o = &f->ops[i];
        if (o->rows.end <= o->rows.begin || flow_is_idle(f, &f->net->ops[i]))
            continue;
        for (int b = 0; b < o->blocks; b++)
            f->items[f->n_items++] = (struct flow_item){ i, b };
    }
    f->round++;
    atomic_store_explicit(&f->next, 0, memory_order_relaxed);
    seam_crew_run(f->params.crew, work, f);
    seam_flow_finish_step(f);
}
