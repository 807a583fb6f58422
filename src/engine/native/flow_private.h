/* A flow from inside; only flow.c, flow_size.c, run.c and ops.c use this. */
#ifndef SEAM_NATIVE_FLOW_PRIVATE_H
#define SEAM_NATIVE_FLOW_PRIVATE_H

#include <stdatomic.h>

#include "engine/native/flow.h"

struct flow_tensor {
    int64_t made; /* rows from the first that is needed up to here are there, or were */
    int64_t due;  /* rows up to here this step; may lie beyond both ends */
};

/* The rows of one or several tensors side by side. */
struct flow_store {
    int64_t ring;          /* rows */
    int64_t made;          /* of the tensor that is farthest */
    struct seam_span cols; /* held, margins apart */
    int64_t left, right;   /* margins in columns */
    size_t row_floats;     /* from one row to the next */
    float *base;
};

/* An operation's share of a step. */
struct flow_op {
    struct seam_span rows; /* to make this step */
    int64_t first, width;  /* columns are cut at first + n * width */
    int blocks;            /* that the needed columns make */
    int stamp;             /* index of the first block's stamp */
    double *cells;         /* REDUCE: numbers of each channel, cell of columns by cell */
};

/* Columns that a reduction takes together: so that what it finds depends neither on how the columns
 * are shared nor on how many rows come at once, each cell is summed up for itself, at absolute
 * places. */
#define FLOW_REDUCE_CELL 64

/* Source `source` of an operation. */
struct flow_source {
    int op, source;
};

/* A source of an operation, and an operation that makes it, or a part of it. */
struct flow_edge {
    int source, maker;
};

/* One thread's own. */
struct flow_worker {
    float *trash; /* a row that nobody reads */
    void *scratch;
    const float **rows; /* room for the pointers that a kernel takes */
};

struct flow_item {
    int op, block;
};

struct seam_flow {
    struct seam_flow_params params;
    const struct seam_packed *packed;
    const struct seam_net *net;      /* of it */
    struct seam_net_extent *extents; /* by tensor, as the next two */
    struct seam_net_extent *all;     /* of all passes; NULL: nothing is kept between them */
    struct flow_tensor *tensors;
    struct flow_store *stores; /* by tensor; unused where it lies in another's */
    struct flow_op *ops;
    int *active; /* operations whose output the pass needs, in order: a few of many passes' many */
    int n_active;
    struct flow_source *readers; /* by store that they read */
    int *reader_of;              /* n_tensors + 1: the first of each store */
    struct flow_edge *edges;     /* by reader */
    int *edge_of;                /* n_ops + 1: the first of each reader */
    int n_edges, edge_room;
    struct flow_worker *workers;
    int threads;
    const float **lists; /* by vector; NULL: not known in this pass */
    float *numbers;      /* of them */
    float *zeros; /* a row of zeros */
    unsigned char *memory; /* rows and scratch: the one large allocation */

    int64_t place;      /* virtual output row that the steps have come to */
    int64_t step_rows;  /* output rows a step */
    int64_t given;      /* output rows before this one were handed out */
    struct seam_rows_step step;

    struct flow_item *items;
    atomic_uint *stamps; /* by block: the step that made it */
    unsigned round;
    atomic_int next; /* item */
    int n_items, n_stamps;
    size_t pointers; /* of a worker's `rows` */
};

/* What lies beside an operation of the net. */
static inline const struct native_op *flow_native_op(const struct seam_flow *f,
                                                     const struct seam_net_op *op)
{
    return &f->packed->ops[op - f->net->ops];
}

static inline int flow_pitch(const struct seam_flow *f, int tensor)
{
    return f->packed->tensors[tensor].pitch;
}

/* What is asked of the pass. */
static inline struct seam_net_pass flow_pass(const struct seam_flow *f)
{
    return (struct seam_net_pass){
        .pass = f->params.pass,
        .domain = f->params.domain,
        .core = f->params.core,
        .want = f->params.want,
        .cells = f->packed->cells,
        .all = f->all,
    };
}

/* Whether the pass makes the output. */
static inline bool flow_is_last(const struct seam_flow *f)
{
    return f->params.pass == f->net->passes - 1;
}

/* Whether the pass is there for what the operation finds. */
static inline bool flow_is_sought(const struct seam_flow *f, const struct seam_net_op *op)
{
    return op->kind == SEAM_OP_REDUCE && op->pass == f->params.pass && !flow_is_last(f);
}

/* Whether the pass takes the tensor from an earlier one, or keeps it for a later one. */
static inline bool flow_takes(const struct seam_flow *f, int tensor)
{
    return f->all && seam_net_takes(f->net, tensor, f->params.pass);
}

static inline bool flow_keeps(const struct seam_flow *f, int tensor)
{
    return f->all && seam_net_keeps(f->net, tensor, f->params.pass);
}

/* Whether the pass is there for the tensor: all but the last, for what is summed up and kept. */
static inline bool flow_is_aim(const struct seam_flow *f, const struct seam_net_op *op)
{
    return flow_is_sought(f, op) || flow_keeps(f, op->output);
}

/* Whether the operation has nothing to do in this flow. */
static inline bool flow_is_idle(const struct seam_flow *f, const struct seam_net_op *op)
{
    const struct seam_span *need = f->extents[op->output].need;
    return flow_native_op(f, op)->gone || flow_takes(f, op->output) ||
           need[0].begin >= need[0].end || need[1].begin >= need[1].end;
}

/* As seam_packed_reads(). What is rolled and kept is made row by row as its source is, and rolled
 * as it is put away. */
static inline struct seam_span flow_reads(const struct seam_flow *f, int i, int k, int dir,
                                          struct seam_span out, struct seam_span domain)
{
    if (f->all && dir == SEAM_ROWS && f->net->ops[i].kind == SEAM_OP_ROLL)
        return out;
    return seam_packed_reads(f->packed, i, k, dir, out, domain);
}

static inline const struct flow_store *flow_store_of(const struct seam_flow *f, int tensor)
{
    return &f->stores[f->packed->tensors[tensor].store];
}

/* Floats from the beginning of a row of the tensor's store to its column x. */
static inline ptrdiff_t flow_offset(const struct seam_flow *f, int tensor, int64_t x)
{
    const struct flow_store *s = flow_store_of(f, tensor);
    const struct native_tensor *t = &f->packed->tensors[tensor];
    return (ptrdiff_t)((s->left + x - s->cols.begin) * t->pitch + t->offset);
}

/* Column x of row y. */
static inline float *flow_at(const struct seam_flow *f, int tensor, int64_t y, int64_t x)
{
    const struct flow_store *s = flow_store_of(f, tensor);
    const int64_t slot = y % s->ring + (y % s->ring < 0 ? s->ring : 0);
    return s->base + (size_t)slot * s->row_floats + flow_offset(f, tensor, x);
}

/* Work out the next step from what is made: what each operation has to do. False at the end
 * (flow_size.c). */
bool seam_flow_plan_step(struct seam_flow *f);
/* Count the step as done. */
void seam_flow_finish_step(struct seam_flow *f);
/* Find what of every tensor is needed, and its ring (flow_size.c). */
bool seam_flow_spans(struct seam_flow *f);
void seam_flow_rings(struct seam_flow *f, struct seam_rows_size *size);

/* Do an operation's rows for the columns begin .. end - 1 (ops.c); a convolution is run.c's. */
void seam_flow_run_op(const struct seam_flow *f, const struct seam_net_op *op,
                      struct seam_span rows, struct seam_span cols);
/* The links from `first` on, in place (links.c). */
void seam_flow_run_links(const struct seam_flow *f, const struct seam_net_op *op, int first,
                    struct seam_span rows, struct seam_span cols);

/* ---- reductions (reduce.c) ---- */

/* Doubles that the cells of a reduction take. */
uint64_t seam_flow_cells(const struct seam_flow *f, const struct seam_net_op *op);
/* Before the first row. */
void seam_flow_clear_cells(const struct seam_flow *f, const struct seam_net_op *op);
/* Take some rows in; the columns are whole cells, or end where what is summed up does. */
void seam_flow_reduce(const struct seam_flow *f, const struct seam_net_op *op,
                      struct seam_span rows, struct seam_span cols);
/* The vectors that are known in this pass. False: no memory. */
bool seam_flow_evaluate(struct seam_flow *f);

#endif /* SEAM_NATIVE_FLOW_PRIVATE_H */
