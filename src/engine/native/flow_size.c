/* Which part of every tensor is needed, the steps in which it is made, and how many rows of it must
 * be kept: found by going through all steps before the first. */
#include "base/common.h"
#include "engine/native/flow_private.h"
#include "field/sym.h"

bool seam_flow_spans(struct seam_flow *f)
{
    const struct seam_net_pass pass = flow_pass(f);
    f->n_active = 0;
    if ((f->all && !seam_net_all_extents(f->net, &pass, f->all)) ||
        !seam_net_pass_extents(f->net, &pass, f->extents))
        return false;
    for (int i = 0; i < f->net->n_ops; i++) {
        const struct seam_span *need = f->extents[f->net->ops[i].output].need;
        if (need[0].end > need[0].begin && need[1].end > need[1].begin)
            f->active[f->n_active++] = i;
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Steps
 * --------------------------------------------------------------------------------------------- */

static void wait_for(struct seam_flow *f, const struct seam_ref *ref, int64_t row)
{
    struct flow_tensor *t = &f->tensors[ref->tensor];
    t->due = seam_max(t->due, row);
}

/* What an operation has to make for what is due of its output, and what is due of its sources. */
static bool plan_op(struct seam_flow *f, int i)
{
    static const struct seam_span endless = { 0, 0 };
    const struct seam_net_op *op = &f->net->ops[i];
    const struct flow_tensor *t = &f->tensors[op->output];
    const struct seam_span *need = &f->extents[op->output].need[SEAM_ROWS];
    struct seam_span *rows = &f->ops[i].rows;
    *rows = (struct seam_span){ t->made, t->made };
    if (t->due == INT64_MIN)
        return false;
    const struct seam_span last = { t->due - 1, t->due };
    /* Whole cells, so that readers never wait for a part of one. */
    const int64_t end = seam_net_whole_cells(&f->packed->cells[i], SEAM_ROWS, last).end;
    if (end > need->begin)
        rows->end = seam_max(seam_min(end, need->end), t->made);
    for (int k = 0; !flow_takes(f, op->output) && k < seam_net_sources(op); k++) {
        const struct seam_ref *ref = seam_net_source(op, k);
        if (!ref)
            continue;
        /* As if the picture had no end: so all begin and advance in their turn. */
        wait_for(f, ref, flow_reads(f, i, k, SEAM_ROWS, last, endless).end);
        if (rows->end > rows->begin)
            wait_for(f, ref, flow_reads(f, i, k, SEAM_ROWS, *rows,
                                               f->extents[ref->tensor].domain[SEAM_ROWS]).end);
    }
    return rows->end > rows->begin;
}

/* Whether rows are still to be made, or to be handed out. */
static bool is_unfinished(const struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    const struct flow_tensor *out = &f->tensors[net->output];
    if (flow_is_last(f))
        return out->made < f->extents[net->output].need[SEAM_ROWS].end || f->given < out->made;
    for (int n = 0; n < f->n_active; n++) {
        const struct seam_net_op *op = &net->ops[f->active[n]];
        if (flow_is_aim(f, op) &&
            f->tensors[op->output].made < f->extents[op->output].need[SEAM_ROWS].end)
            return true;
    }
    return false;
}

/* What the pass is there for is due as far as f->place, in rows of the output or the input. */
static void demand(struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    f->tensors[net->input].due = f->tensors[net->output].due = INT64_MIN;
    for (int n = 0; n < f->n_active; n++) {
        const struct seam_net_op *op = &net->ops[f->active[n]];
        const struct seam_net_tensor *t = &net->tensors[op->output];
        int64_t *due = &f->tensors[op->output].due;
        *due = flow_is_aim(f, op) ? seam_floor_div(f->place * t->num[SEAM_ROWS], t->den[SEAM_ROWS])
                                  : INT64_MIN;
    }
    if (flow_is_last(f))
        f->tensors[net->output].due = f->place;
}

static void hand_out(struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    const int maker = net->tensors[net->output].op;
    f->step.out = (struct seam_span){ f->given, f->given };
    if (flow_is_last(f))
        f->step.out.end = maker >= 0 ? f->ops[maker].rows.end : f->step.in.end;
}

bool seam_flow_plan_step(struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    const struct flow_tensor *in = &f->tensors[net->input];
    const struct seam_span in_need = f->extents[net->input].need[SEAM_ROWS];
    bool work = false;
    while (!work && is_unfinished(f)) {
        f->place += f->step_rows;
        demand(f);
        for (int n = f->n_active - 1; n >= 0; n--) {
            /* What is gone hands on what is due of it. */
            work |= plan_op(f, f->active[n]) && !f->packed->ops[f->active[n]].gone;
        }
        f->step.in = (struct seam_span){ in->made, in->made };
        if (in->due > in_need.begin)
            f->step.in.end = seam_max(seam_min(in->due, in_need.end), in->made);
        work |= f->step.in.end > f->step.in.begin;
        hand_out(f);
    }
    return work;
}

void seam_flow_finish_step(struct seam_flow *f)
{
    f->tensors[f->net->input].made = f->step.in.end;
    for (int n = 0; n < f->n_active; n++)
        f->tensors[f->net->ops[f->active[n]].output].made = f->ops[f->active[n]].rows.end;
    f->given = f->step.out.end;
}

/* ------------------------------------------------------------------------------------------------
 * Rings
 * --------------------------------------------------------------------------------------------- */

/* The first row of a store that anybody still reads. */
static int64_t lowest_read(const struct seam_flow *f, int store)
{
    const struct seam_net *net = f->net;
    int64_t low = f->packed->tensors[net->output].store == store ? f->given : INT64_MAX;
    for (int i = f->reader_of[store]; i < f->reader_of[store + 1]; i++) {
        const struct seam_net_op *op = &net->ops[f->readers[i].op];
        const struct flow_tensor *t = &f->tensors[op->output];
        const struct seam_span left = { t->made, f->extents[op->output].need[SEAM_ROWS].end };
        if (flow_is_idle(f, op) || left.begin >= left.end)
            continue;
        const int k = f->readers[i].source, source = seam_net_source(op, k)->tensor;
        low = seam_min(low, flow_reads(f, f->readers[i].op, k, SEAM_ROWS, left,
                                              f->extents[source].domain[SEAM_ROWS]).begin);
    }
    return low;
}

/* The tensor's rows are there now: its store must hold all that is still read besides. */
static void note_rows(struct seam_flow *f, int tensor, struct seam_span rows)
{
    struct flow_store *s = &f->stores[f->packed->tensors[tensor].store];
    if (rows.end <= rows.begin)
        return;
    s->made = seam_max(s->made, rows.end);
    const int64_t low = seam_min(lowest_read(f, f->packed->tensors[tensor].store), rows.begin);
    s->ring = seam_max(s->ring, s->made - low);
    f->tensors[tensor].made = rows.end;
}

/* Where the first row of what the pass is there for lies, counted as f->place. */
static int64_t first_place(const struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    int64_t first = INT64_MAX;
    if (flow_is_last(f))
        return f->extents[net->output].need[SEAM_ROWS].begin;
    for (int n = 0; n < f->n_active; n++) {
        const struct seam_net_op *op = &net->ops[f->active[n]];
        const int out = op->output;
        const struct seam_net_tensor *t = &net->tensors[out];
        if (flow_is_aim(f, op))
            first = seam_min(first, seam_floor_div(f->extents[out].need[SEAM_ROWS].begin *
                                                   t->den[SEAM_ROWS], t->num[SEAM_ROWS]));
    }
    return first;
}

/* How far what the pass takes, the input or another, runs ahead of what is due, in input rows. */
static int64_t rows_ahead(const struct seam_flow *f)
{
    const struct seam_net *net = f->net;
    int64_t most = 0;
    for (int i = 0; i < net->n_tensors; i++) {
        const struct seam_net_tensor *t = &net->tensors[i];
        const struct seam_span need = f->extents[i].need[SEAM_ROWS];
        const int64_t due = f->tensors[i].due;
        if ((i == net->input || flow_takes(f, i)) && need.end > need.begin && due > need.begin)
            most = seam_max(most, seam_div_up((due - need.begin) * t->den[SEAM_ROWS],
                                              t->num[SEAM_ROWS]));
    }
    return most;
}

/* Before the first step: nothing is made. */
static void rewind_flow(struct seam_flow *f)
{
    static const struct seam_span endless = { 0, 0 };
    const struct seam_net *net = f->net;
    const struct seam_net_tensor *out = &net->tensors[flow_is_last(f) ? net->output : net->input];
    for (int i = 0; i < net->n_tensors; i++) {
        const struct seam_span need = f->extents[i].need[SEAM_ROWS];
        f->tensors[i].made = need.end > need.begin ? need.begin : 0;
        f->stores[i].made = INT64_MIN;
    }
    f->given = flow_is_last(f) ? f->extents[net->output].need[SEAM_ROWS].begin : 0;
    /* So that what is taken begins with its first rows alone. */
    f->place = first_place(f);
    demand(f);
    for (int n = f->n_active - 1; n >= 0; n--) {
        const int i = f->active[n];
        const struct seam_net_op *op = &net->ops[i];
        const int64_t due = f->tensors[op->output].due;
        const bool makes = due != INT64_MIN && !flow_takes(f, op->output);
        for (int k = 0; makes && k < seam_net_sources(op); k++)
            if (seam_net_source(op, k))
                wait_for(f, seam_net_source(op, k),
                         flow_reads(f, i, k, SEAM_ROWS,
                                           (struct seam_span){ due - 1, due }, endless).end);
    }
    f->place -= seam_div_up(rows_ahead(f) * out->num[SEAM_ROWS], out->den[SEAM_ROWS]) +
                f->step_rows;
}

/* Whether the flow holds all rows of what is rolled. */
static bool rolls_rows(const struct seam_flow *f)
{
    for (int n = 0; !f->all && n < f->n_active; n++)
        if (f->net->ops[f->active[n]].kind == SEAM_OP_ROLL)
            return true;
    return false;
}

/* Tall pictures repeat themselves: all but some thousand rows may be left out of the count, as long
 * as every grid meets the last rows as before. The first seam_flow_spans() of the shorter picture
 * are undone by the caller's second. */
static int64_t rows_to_leave_out(const struct seam_flow *f)
{
    const struct seam_net_tensor *out = &f->net->tensors[f->net->output];
    const int64_t unit = f->packed->period * f->net->alignment * f->step_rows;
    const int64_t kept = 4096 + 8 * (f->packed->reach.top + f->packed->reach.bottom);
    const struct seam_span *want = &f->params.want[SEAM_ROWS], *core = &f->params.core[SEAM_ROWS];
    int64_t rows = flow_is_last(f) ? (want->end - want->begin) * out->den[SEAM_ROWS] /
                                         out->num[SEAM_ROWS]
                                   : core->end - core->begin;
    /* Of the picture, and not of what is padded to it. */
    const struct seam_span *const domain = &f->params.domain[SEAM_ROWS];
    rows = seam_min(rows, domain->end - domain->begin);
    return rows > kept + unit && !rolls_rows(f) ? (rows - kept) / unit * unit : 0;
}

static void walk(struct seam_flow *f, struct seam_rows_size *size)
{
    const struct seam_net *net = f->net;
    const struct seam_net_tensor *out = &net->tensors[net->output];
    rewind_flow(f);
    while (seam_flow_plan_step(f)) {
        const int64_t under =
            flow_is_last(f) ? seam_floor_div(f->given * out->den[SEAM_ROWS], out->num[SEAM_ROWS])
                            : f->step.in.begin;
        size->steps++;
        size->in_rows = seam_max(size->in_rows, f->step.in.end - f->step.in.begin);
        size->out_rows = seam_max(size->out_rows, f->step.out.end - f->step.out.begin);
        size->ahead = seam_max(size->ahead, f->step.in.end - under);
        note_rows(f, net->input, f->step.in);
        for (int n = 0; n < f->n_active; n++) {
            const struct seam_net_op *op = &net->ops[f->active[n]];
            if ((!flow_is_idle(f, op) || flow_takes(f, op->output)) && op->kind != SEAM_OP_REDUCE)
                note_rows(f, op->output, f->ops[f->active[n]].rows);
        }
        seam_flow_finish_step(f);
    }
}

void seam_flow_rings(struct seam_flow *f, struct seam_rows_size *size)
{
    const struct seam_flow_params whole = f->params;
    const struct seam_net_tensor *out = &f->net->tensors[f->net->output];
    const int64_t less = rows_to_leave_out(f);
    const int64_t less_out = less * out->num[SEAM_ROWS] / out->den[SEAM_ROWS];
    *size = (struct seam_rows_size){ 0 };
    f->params.domain[SEAM_ROWS].end -= less;
    f->params.core[SEAM_ROWS].end -= less;
    f->params.want[SEAM_ROWS].end -= less_out;
    seam_flow_spans(f);
    walk(f, size);
    f->params = whole;
    seam_flow_spans(f);
    size->steps += (flow_is_last(f) ? less_out : less) / f->step_rows;
    rewind_flow(f);
}
