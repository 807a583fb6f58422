/*
 * A network packed for the CPU: what lies beside struct seam_net, index by index. Which rows hold
 * which tensor, which kernel runs which convolution, and where the cells of Winograd lie.
 *
 *     struct seam_packed *packed;
 *     r = seam_packed_compile(&packed, graph, &net_params, NULL, &obstacle);
 *     ... flows on it (flow.h), several at once if need be
 *     seam_packed_close(&packed);
 *
 * Thread-safety: constant once opened.
 */
#ifndef SEAM_NATIVE_PACKED_H
#define SEAM_NATIVE_PACKED_H

#include "engine/native/attend.h"
#include "engine/native/kernels.h"
#include "net/net.h"

struct native_tensor {
    int store;  /* tensor whose rows hold it: itself, or one it is a part of */
    int offset; /* of its first channel there */
    int pitch;  /* floats from one pixel to the next, of the store */
};

/* Where a sample of a block comes from: the row of the input's block, and floats from the first of
 * its first pixel. */
struct native_gather {
    int row, at;
};

struct native_op {
    bool gone;              /* CONCAT that does nothing: what it makes lies where it should */
    struct seam_conv *conv; /* CONV, packed; runs `fused` of the links itself */
    int fused;
    struct seam_ref before, after; /* CONV: tensors that it adds; tensor -1: none */
    struct native_gather *gather;  /* SHUFFLE: the map as places in rows */
};

struct seam_packed {
    struct seam_net *net;           /* its own; the weights are dropped */
    struct seam_arena arena;        /* all lists but the packed weights */
    enum seam_cpu cpu;
    struct native_tensor *tensors;  /* by tensor */
    struct native_op *ops;          /* by operation */
    struct seam_net_cells *cells;   /* by operation */
    int64_t cell;                   /* rows of the largest of them, 4 or 6: a step's */
    int64_t period;                 /* after which all of their grids repeat */
    size_t packed_bytes;            /* of all weights */
    size_t scratch_bytes;           /* that a thread needs */
    struct seam_sides reach;        /* input pixels that can change the bits of an output pixel */
};

struct seam_packed_params {
    enum seam_cpu cpu; /* default BEST */
    bool plain;        /* no Winograd. Default false */
};

/* Pack `net`, which is taken, and closed if this fails. `params` NULL: the defaults. Errors:
 * SEAM_ERROR_MEMORY. */
enum seam_result seam_packed_open(struct seam_packed **packed, struct seam_net *net,
                                  const struct seam_packed_params *params) SEAM_NODISCARD;

/* Lower a graph and pack it; errors and *obstacle as of seam_net_open(). */
enum seam_result seam_packed_compile(struct seam_packed **packed, const struct seam_graph *graph,
                                     const struct seam_net_params *net_params,
                                     const struct seam_packed_params *params,
                                     struct seam_net_obstacle *obstacle) SEAM_NODISCARD;
void seam_packed_close(struct seam_packed **packed);

/* ATTEND as its kernel takes it. */
struct seam_attend seam_packed_attend(const struct seam_net_op *op);

/* What operation i reads of source k, its cells regarded; see seam_net_reads(). */
static inline struct seam_span seam_packed_reads(const struct seam_packed *p, int i, int k, int dir,
                                                 struct seam_span out, struct seam_span domain)
{
    return seam_net_reads(&p->net->ops[i], &p->cells[i], k, dir, out, domain);
}

#endif /* SEAM_NATIVE_PACKED_H */
