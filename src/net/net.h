/*
 * A network as operations on rows of pixels, lowered from its graph.
 *
 * A tensor is a picture of so many channels at a resolution of its own. All its coordinates are
 * absolute: row 0 and column 0 lie where the picture's first pixel lies, so that every operation is
 * one fixed rule, wherever the picture is cut, and what runs by a grid finds it anywhere.
 *
 * Thread-safety: constant once compiled.
 */
#ifndef SEAM_NATIVE_NET_H
#define SEAM_NATIVE_NET_H

#include "engine/native/kernels.h"
#include "plan/geometry.h"
#include "base/arena.h"
#include "graph/graph.h"

/* Directions, as everywhere in the analysis: rows first. */
enum { SEAM_ROWS, SEAM_COLUMNS };

/* No network that runs in a lifetime has more. */
#define SEAM_NET_MOST_OPS 16384
/* Channels are counted in int, and their products with pixels in int64_t. */
#define SEAM_NET_MOST_CHANNELS 8192
/* Pixels on a side of a block that becomes channels, or is made of them. */
#define SEAM_NET_MOST_BLOCK 64
/* Rows and columns of a cell of Winograd's grid. */
#define SEAM_NET_CELL 4

/* Some channels of a tensor. */
struct seam_ref {
    int tensor; /* -1: none */
    int first, channels;
};

struct seam_net_tensor {
    int channels;
    int64_t num[2], den[2]; /* pixels for each pixel of the input, by direction */
    int64_t rest[2];        /* of its size, beyond the input's times num / den */
    int op;                 /* that makes it; -1: the network's input */
    int store;              /* tensor whose rows hold it: itself, or one it is a part of */
    int offset;             /* of its first channel there */
    int pitch;              /* floats from one pixel to the next, of the store */
};

/* What is done to a sample once it is made, link after link. */
enum seam_link_kind {
    SEAM_LINK_RELU,
    SEAM_LINK_LEAKY, /* v < 0 ? other * v : v */
    SEAM_LINK_CLIP,  /* a .. b */
    SEAM_LINK_SIGMOID,
    SEAM_LINK_TANH,
    SEAM_LINK_ELU,          /* a: of the negative part */
    SEAM_LINK_HARD_SIGMOID, /* a * v + b, in 0 .. 1 */
    SEAM_LINK_HARD_SWISH,
    SEAM_LINK_GELU,
    SEAM_LINK_GELU_TANH,
    SEAM_LINK_ERF,
    SEAM_LINK_ABS,
    SEAM_LINK_SQRT,
    SEAM_LINK_EXP,
    SEAM_LINK_SOFTPLUS,
    /* With a constant, or a tensor, on the other side: */
    SEAM_LINK_ADD,
    SEAM_LINK_SUB,
    SEAM_LINK_SUB_FROM, /* other - v */
    SEAM_LINK_MUL,
    SEAM_LINK_DIV,
    SEAM_LINK_DIV_INTO, /* other / v */
    SEAM_LINK_POW,
    SEAM_LINK_POW_OF, /* other ^ v */
    SEAM_LINK_MIN,
    SEAM_LINK_MAX,
};

struct seam_link {
    enum seam_link_kind kind;
    float a, b;           /* the constant where neither of the below is set: a */
    const float *list;    /* a constant for each channel, or NULL */
    struct seam_ref with; /* the other tensor; tensor -1: none. One channel serves all */
};

enum seam_op_kind {
    SEAM_OP_POINT, /* the links alone */
    SEAM_OP_CONV,
    SEAM_OP_POOL,
    SEAM_OP_CONCAT, /* along the channels */
    SEAM_OP_PAD,
    SEAM_OP_CROP,    /* also every n-th sample */
    SEAM_OP_SHUFFLE, /* blocks of pixels become channels, channels blocks of pixels */
    SEAM_OP_RESIZE,
};

/* A window that slides along one direction: output o reads o * stride - pad + k * dilation. */
struct seam_slide {
    int64_t kernel, stride, dilation, pad;
};

enum seam_pad_mode { SEAM_PAD_CONSTANT, SEAM_PAD_REFLECT, SEAM_PAD_EDGE };

/* A resampling along one direction: output q * up + r is the sum over t of weight[r][t] times the
 * input at q * down + at[r][t], which the input's borders clamp. */
struct seam_resize {
    int64_t up, down;
    int taps;
    int64_t *at;   /* [up][taps] */
    float *weight; /* [up][taps] */
};

/* Where a sample of a block comes from: the row of the input's block, and floats from the first of
 * its first pixel. */
struct seam_gather {
    int row, at;
};

struct seam_net_op {
    enum seam_op_kind kind;
    const char *name;        /* the node's */
    struct seam_ref *inputs; /* concatenation: tensor -1 is a constant, its value in `fill` */
    int n_inputs;
    int output;
    struct seam_link *links;
    int n_links, link_room;
    bool gone; /* does nothing: what it made lies where it should */

    struct seam_slide slide[2]; /* CONV, POOL */
    int groups;                 /* CONV */
    float *weights, *bias;      /* CONV: as in the graph; bias always there */
    struct seam_conv *conv;     /* CONV, packed; runs `fused` of the links itself */
    int fused;
    struct seam_ref before, after; /* CONV: tensors that it adds */
    bool average, count_padding;   /* POOL; else the maximum */
    float *fill;                   /* CONCAT: by input; PAD: one */
    enum seam_pad_mode mode;       /* PAD */
    int64_t shift[2];              /* PAD, CROP: output o reads o * step + shift */
    int64_t step[2];
    int64_t from[2], to[2]; /* SHUFFLE: pixels of the input, of the output that make a block */
    const int *map;         /* [channel][y][x] of (input channel * from[0] + y) * from[1] + x */
    struct seam_gather *gather; /* the same as places in rows */
    struct seam_resize resize[2];

    int64_t cell[2], phase[2]; /* it is made by cells that begin at phase + n * cell */
};

struct seam_net {
    struct seam_arena arena; /* everything but the packed weights */
    enum seam_cpu cpu;
    struct seam_net_tensor *tensors;
    struct seam_net_op *ops; /* what makes comes before what reads */
    int n_tensors, n_ops, tensor_room, op_room;
    int input, output;       /* tensors */
    struct seam_ref result;  /* of `output`, in the order of the network's output */
    int64_t alignment;       /* an origin must be a multiple of it, and so must sizes */
    size_t packed_bytes;     /* of all weights */
    size_t scratch_bytes;    /* that a thread needs */
    struct seam_sides reach; /* input pixels that can change the bits of an output pixel */
};

/* What the compiler is told beside the graph. */
struct seam_net_params {
    const char *output;                    /* tensor to take; NULL: of the largest scale */
    const struct seam_model_input *inputs; /* values of other inputs */
    size_t input_count;
    bool lenient; /* inputs without a value are 0 */
    bool plain;   /* no Winograd */
    enum seam_cpu cpu;
};

/* The node that keeps a network from running natively. */
struct seam_net_obstacle {
    char name[128], op[64], why[160];
};

/*
 * Lower `graph`, whose weights are copied. SEAM_ERROR_MODEL with *obstacle filled where an operator
 * is none of ours; SEAM_ERROR_ARGUMENT where it is an input that has no value; SEAM_ERROR_MEMORY. Nothing goes to a log: that a network needs another engine is
 * no failure.
 */
enum seam_result seam_net_compile(struct seam_net **net, const struct seam_graph *graph,
                                  const struct seam_net_params *params,
                                  struct seam_net_obstacle *obstacle) SEAM_NODISCARD;
void seam_net_close(struct seam_net **net);

/* Give every tensor its place and every convolution its kernel; the last part of compiling
 * (place.c). False: no memory. */
bool seam_net_place(struct seam_net *net, bool plain);

/* Tensors that an operation reads: its inputs, its links' and what its convolution adds. */
int seam_net_sources(const struct seam_net_op *op);
/* Source k; NULL for a constant. */
const struct seam_ref *seam_net_source(const struct seam_net_op *op, int k);

/* What an operation reads of source k for the output span `out` of a direction. `domain` is the
 * source's there, to which the answer is cut; an empty one stands for no border at all. */
struct seam_span seam_net_reads(const struct seam_net_op *op, int k, int dir, struct seam_span out,
                                struct seam_span domain);

/* The rows or columns of a tensor, the input having those of `domain`. */
struct seam_span seam_net_domain(const struct seam_net_tensor *t, int dir,
                                 struct seam_span domain);

/* The smallest span around `span` of whole cells. */
struct seam_span seam_net_cells(const struct seam_net_op *op, int dir, struct seam_span span);

#endif /* SEAM_NATIVE_NET_H */
