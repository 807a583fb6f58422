/*
 * A network as operations on rows of pixels, lowered from its graph: what every engine of our own
 * starts from. No word of a CPU or a GPU is in it; what an engine packs or places lies in a list of
 * the engine's own beside `ops` or `tensors`, index by index.
 *
 *     struct seam_net *net;
 *     // obstacle says which node
 *     if (seam_net_open(&net, graph, &params, &obstacle) != SEAM_OK) ...
 *     for (int i = 0; i < net->n_ops; i++) {                 // what makes comes before what reads
 *         const struct seam_net_op *op = &net->ops[i];
 *         for (int k = 0; k < seam_net_sources(op); k++) ...   // the tensors that it reads
 *         ... pack op->weights and op->bias where op->kind is SEAM_OP_CONV
 *     }
 *     seam_net_drop_weights(net);                            // packed: the net is small now
 *     seam_net_close(&net);
 *
 * A tensor is a picture of so many channels at a resolution of its own. All its coordinates are
 * absolute: row 0 and column 0 lie where the picture's first pixel lies, so that every operation is
 * one fixed rule, wherever the picture is cut, and what runs by a grid finds it anywhere. The rows
 * and columns that a tensor has for a picture, or a tile of it, are seam_net_domain(); which of
 * them an output needs seam_net_extents() tells; from when to when a tensor is alive,
 * seam_net_lives().
 *
 * Every operation makes one tensor, and every tensor but the input is made by one operation. An
 * operation first does what its kind says, then the chain of its links, sample by sample, in order.
 * All operations are needed by the output, and all tensors are read, or the output, or what a
 * reduction makes.
 *
 * A network that sums up the whole picture runs in passes. A reduction (SEAM_OP_REDUCE) gathers a
 * few numbers of a tensor while its rows go by, and the tensor that it makes has no samples; what
 * comes of the numbers are vectors, which are constants from the next pass on, and links take them
 * in the place of constants. Every pass runs the same operations on the same grids, as many of them
 * as what it is to find needs: rows that are made twice have the same bits. What several passes
 * read is kept where that costs less than making it anew; who has nowhere to keep it makes it
 * anew.
 *
 * A roll (SEAM_OP_ROLL) brings opposite borders of the picture together, so that its first rows may
 * wait for the last. What it makes is always kept, put away in the order in which it comes and
 * taken back in its own, and all that reads it runs in later passes. Where nothing is kept, all
 * rows of what it rolls are held in one.
 *
 * Thread-safety: constant once opened.
 */
#ifndef SEAM_NET_H
#define SEAM_NET_H

#include "base/arena.h"
#include "graph/graph.h"
#include "plan/geometry.h"

/* No network that runs in a lifetime has more. */
#define SEAM_NET_MOST_OPS 16384
/* Channels are counted in int, and their products with pixels in int64_t. */
#define SEAM_NET_MOST_CHANNELS 131072
/* Pixels on a side of a block that becomes channels, or is made of them. */
#define SEAM_NET_MOST_BLOCK 64

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
    int kept;               /* 1 + its place in the list of what is kept between passes; 0: none */
};

/* A tensor that the pass of its operation makes and later passes take, as far as they need it. */
struct seam_net_kept {
    int tensor;
    int last; /* pass that takes it */
    int over; /* place in the list of one that may give it its place: the pass that makes this one
                 takes that one last, and each row before it makes the same row of this; -1: none */
};

/* What is done to a sample once it is made, link after link. */
enum seam_link_kind {
    SEAM_LINK_RELU,
    SEAM_LINK_LEAKY, /* v < 0 ? other * v : v */
    SEAM_LINK_CLIP,  /* a .. b */
    SEAM_LINK_SIGMOID,
    SEAM_LINK_SWISH, /* v * sigmoid(a * v) */
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
    /* And without: */
    SEAM_LINK_ROUND, /* halves to even */
    SEAM_LINK_FLOOR,
    SEAM_LINK_CEIL,
};

struct seam_link {
    enum seam_link_kind kind;
    float a, b;           /* the constant where neither of the below is set: a */
    const float *list;    /* a constant for each channel, or NULL */
    struct seam_ref with; /* the other tensor; tensor -1: none. One channel serves all */
    int vector;           /* 1 + the vector that is the list, of one number or one for each
                             channel; 0: none */
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
    SEAM_OP_REDUCE, /* numbers for each channel of all of the input, in a pass */
    SEAM_OP_MIX,    /* each pixel's channels, in groups, times matrices that a vector holds */
    SEAM_OP_ATTEND, /* attention within each pixel, whose channels are the pixels of a window */
    SEAM_OP_ROLL,   /* what leaves the picture at one border comes in again at the other */
};

enum seam_reduce {
    SEAM_REDUCE_SUM,
    SEAM_REDUCE_SQUARES, /* the sum of the squares */
    SEAM_REDUCE_MOST,
    SEAM_REDUCE_LEAST,
    SEAM_REDUCE_PRODUCTS, /* the sum of the products of each channel of input 0 with each of input
                             1, within a group: [group][channel of 0][channel of 1] */
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

struct seam_net_op {
    enum seam_op_kind kind;
    const char *name;        /* the node's */
    struct seam_ref *inputs; /* concatenation: tensor -1 is a constant, its value in `fill` */
    int n_inputs;
    int output;              /* tensor that it makes, all channels of it */
    struct seam_link *links; /* done to each sample afterwards */
    int n_links, link_room;

    struct seam_slide slide[2];    /* CONV, POOL */
    int groups;                    /* CONV, MIX; REDUCE of products; ATTEND: heads */
    int pixels;                    /* ATTEND: of a window, that ask. The channels of its inputs,
                                      queries, keys and values, are [pixel][head][each]; input 3,
                                      which may be there, is added to the scores of each key */
    const float *table;            /* ATTEND: added to the scores: [head][query][pitch of keys] */
    float factor;                  /* ATTEND: of the scores before */
    int vector;                    /* MIX: 1 + the vector, [group][channel in][channel out] */
    float *weights;                /* CONV: [out][in / groups][kernel rows][kernel columns] */
    float *bias;                   /* CONV: [out], always there; both until dropped */
    bool average, count_padding;   /* POOL; else the maximum */
    float *fill;                   /* CONCAT: by input; PAD: one */
    enum seam_pad_mode mode;       /* PAD */
    int64_t shift[2], step[2];     /* PAD, CROP: output o reads o * step + shift; ROLL: o + shift,
                                      round the borders. It has no links */
    int64_t from[2], to[2];        /* SHUFFLE: pixels of the input, of the output that make a
                                      block */
    const int *map;                /* SHUFFLE: [channel][y][x] of the output's block, from
                                      (input channel * from[0] + y) * from[1] + x */
    struct seam_resize resize[2];  /* RESIZE */
    enum seam_reduce reduce;       /* REDUCE */
    bool mean;                     /* REDUCE: divided by the number of pixels */
    size_t known;                  /* REDUCE: where its numbers lie among those of the net */
    int pass;                      /* that it is made in */
};

enum seam_vector_kind {
    SEAM_VECTOR_CONSTANT,
    SEAM_VECTOR_REDUCE,  /* of the operation `op` */
    SEAM_VECTOR_POINT,   /* number by number: `link` of operand 0 with operand 1, or with a, b */
    SEAM_VECTOR_LINEAR,  /* number i is bias[i] + the sum over k of weights[i * terms + k] times
                            number map[0][i * terms + k] of operand 0 */
    SEAM_VECTOR_MOST,    /* the largest of the same `terms` numbers */
    SEAM_VECTOR_LEAST,
    SEAM_VECTOR_SOFTMAX, /* number i over the sum of those `terms`, each to the power of e */
};

/* Some numbers that are the same for the whole picture. Made in doubles, each once in a pass. */
struct seam_net_vector {
    enum seam_vector_kind kind;
    int count;
    size_t at;               /* its first among the numbers of all vectors */
    int pass;                /* it is known from this one on */
    int last_op;             /* of the reductions that it depends on; -1: none */
    int op;                  /* REDUCE */
    int operand[2];          /* vectors; -1: none */
    const int *map[2];       /* which number of the operand; NULL: number i, or its only one */
    enum seam_link_kind link; /* POINT: none that takes a tensor but by operand 1 */
    float a, b;              /* POINT */
    int terms;
    const float *weights, *bias; /* LINEAR: NULL: 1 each, 0 */
    const float *data;       /* CONSTANT */
};

struct seam_net {
    struct seam_arena arena;   /* everything but the weights */
    struct seam_arena weights; /* of convolutions */
    struct seam_net_tensor *tensors;
    struct seam_net_op *ops; /* what makes comes before what reads */
    int n_tensors, n_ops, tensor_room, op_room;
    int input, output;       /* tensors */
    struct seam_ref result;  /* of `output`, in the order of the network's output */
    int64_t alignment;       /* an origin must be a multiple of it, and so must sizes */
    struct seam_net_vector *vectors; /* what depends on others comes behind them */
    int n_vectors, vector_room;
    size_t n_known;          /* numbers that the reductions make */
    size_t n_numbers;        /* of all vectors */
    int passes;              /* over the picture, the last of which makes the output; at least 1 */
    struct seam_net_kept *kept; /* in the order of the operations that make them */
    int n_kept;
    double pass_work;        /* multiply-adds of all passes over those of one that runs every
                                operation; at least 1 */
    double pass_share;       /* of what a tile takes, where no pass keeps anything of another: an
                                estimate of multiply-adds and bytes; at most 1 */
    double kept_bytes;       /* most that is kept at once, for each pixel of the input, where each
                                lies over the one that it may */
    double moved_bytes;      /* that are put away and taken back, for each pixel of the input */
};

/* What lowering is told beside the graph. */
struct seam_net_params {
    const char *picture;                   /* the input that takes it; NULL: the first that can */
    const char *output;                    /* tensor to take; NULL: of the largest scale */
    const struct seam_model_input *inputs; /* values of other inputs */
    size_t input_count;
    bool lenient; /* inputs without a value are 0 */
    bool passes;  /* what sums up the whole picture may be lowered. Default false */
};

/* Numbers from one query to the next in the table of ATTEND, which is NO_KEY behind the last key:
 * so much that its power of e is nothing. */
#define SEAM_NET_NO_KEY (-1e30f)
static inline int seam_net_attend_pitch(int keys)
{
    return (keys + 15) / 16 * 16;
}

/* Keys of a window, and channels of each head of a query and of a value. */
struct seam_net_attend {
    int keys, query, value;
};
static inline struct seam_net_attend seam_net_attend_of(const struct seam_net_op *op)
{
    const int query = op->inputs[0].channels / op->groups / op->pixels;
    const int keys = op->inputs[1].channels / op->groups / query;
    return (struct seam_net_attend){ keys, query, op->inputs[2].channels / op->groups / keys };
}

/* The node that cannot be lowered. */
struct seam_net_obstacle {
    char name[128], op[64], why[160];
};

/*
 * Lower `graph`, whose weights are copied. SEAM_ERROR_MODEL with *obstacle filled where an operator
 * is none of ours; SEAM_ERROR_ARGUMENT where it is an input that has no value; SEAM_ERROR_MEMORY.
 * Nothing goes to a log: that a network needs another engine is no failure.
 */
enum seam_result seam_net_open(struct seam_net **net, const struct seam_graph *graph,
                               const struct seam_net_params *params,
                               struct seam_net_obstacle *obstacle) SEAM_NODISCARD;
void seam_net_close(struct seam_net **net);

/* Numbers that a reduction makes. */
static inline int seam_net_reduced(const struct seam_net_op *op)
{
    const int products =
        op->reduce == SEAM_REDUCE_PRODUCTS ? op->inputs[1].channels / op->groups : 1;
    return op->inputs[0].channels * products;
}

/* Give up the weights and biases, which an engine has packed. */
void seam_net_drop_weights(struct seam_net *net);

/* ---- passes (passes.c) and vectors (vector.c) ---- */

/* Find which pass makes what, and what is kept between them. `arena` is for what that takes. False:
 * no memory. Part of lowering. */
bool seam_net_order_passes(struct seam_net *net, struct seam_arena *arena) SEAM_NODISCARD;

/* Whether a pass takes a tensor that an earlier one has made and kept, or keeps it for later. */
static inline bool seam_net_takes(const struct seam_net *net, int tensor, int pass)
{
    const struct seam_net_tensor *t = &net->tensors[tensor];
    return t->kept && net->ops[t->op].pass < pass;
}

static inline bool seam_net_keeps(const struct seam_net *net, int tensor, int pass)
{
    const struct seam_net_tensor *t = &net->tensors[tensor];
    return t->kept && net->ops[t->op].pass == pass;
}

/* Which of the list of what is kept may lie over which: sets `over` of each. Part of lowering
 * (over.c). False: no memory. */
bool seam_net_lay_over(struct seam_net *net, struct seam_arena *arena) SEAM_NODISCARD;

/* The vectors that are known in `pass`, from `known`, the numbers of the reductions of earlier
 * passes, as net->n_known doubles. numbers[vector.at + i] is number i; of net->n_numbers, those of
 * the others are left as they are. */
void seam_net_evaluate(const struct seam_net *net, int pass, const double *known, double *numbers);

/* ---- what an operation reads (span.c) ---- */

/* Tensors that an operation reads: its inputs and its links'. */
int seam_net_sources(const struct seam_net_op *op);
/* Source k; NULL for a constant. */
const struct seam_ref *seam_net_source(const struct seam_net_op *op, int k);

/* The grid by which an engine makes an operation's output, by direction: cells of `size` samples
 * that begin at phase + n * size. Winograd has cells of 4 or 6; size 1 is none. */
struct seam_net_cells {
    int64_t size[2], phase[2];
};

/* The smallest span around `span` of whole cells; NULL: the span itself. */
struct seam_span seam_net_whole_cells(const struct seam_net_cells *cells, int dir,
                                      struct seam_span span);

/* What an operation reads of source k for the output span `out` of a direction, made by whole
 * `cells` (NULL: no grid). `domain` is the source's there, to which the answer is cut; an empty one
 * stands for no border at all. */
struct seam_span seam_net_reads(const struct seam_net_op *op, const struct seam_net_cells *cells,
                                int k, int dir, struct seam_span out, struct seam_span domain);

/* The rows or columns of a tensor, the input having those of `domain`. */
struct seam_span seam_net_domain(const struct seam_net_tensor *t, int dir,
                                 struct seam_span domain);

/* By how much ROLL rolls what has `domain`: not at all where that is no larger, as the parts that
 * are cut off and put behind are then nothing and all. */
static inline int64_t seam_net_roll(const struct seam_net_op *op, int dir, struct seam_span domain)
{
    const int64_t size = domain.end - domain.begin, shift = op->shift[dir];
    return shift < size && -shift < size ? shift : 0;
}

/* Where row or column `at` of what ROLL makes comes from. */
static inline int64_t seam_net_rolled(const struct seam_net_op *op, int dir,
                                      struct seam_span domain, int64_t at)
{
    const int64_t size = domain.end - domain.begin;
    const int64_t to = (at - domain.begin + seam_net_roll(op, dir, domain)) % size;
    return domain.begin + to + (to < 0 ? size : 0);
}

/* A tensor in a picture or a part of it. */
struct seam_net_extent {
    struct seam_span domain[2]; /* where it is defined */
    struct seam_span need[2];   /* of it, what the wanted output needs; empty where nothing */
};

/* The extents of all tensors for an input that has `domain` and an output of which `want` is to be
 * made, both by direction; `cells` by operation, or NULL. False: the picture is too small for what
 * the network cuts off. */
bool seam_net_extents(const struct seam_net *net, const struct seam_span *domain,
                      const struct seam_span *want, const struct seam_net_cells *cells,
                      struct seam_net_extent *extents);

/* What is asked of one of several passes; spans by direction. */
struct seam_net_pass {
    int pass;
    const struct seam_span *domain; /* of the input */
    const struct seam_span *core;   /* of the domain, what reductions sum up */
    const struct seam_span *want;   /* of the output, which the last pass makes */
    const struct seam_net_cells *cells;
    const struct seam_net_extent *all; /* what all passes need, where tensors are kept between them;
                                          NULL: all is made anew */
};

/* The extents in one pass: what its reductions, or the output, need, and what it keeps. False as
 * above. */
bool seam_net_pass_extents(const struct seam_net *net, const struct seam_net_pass *pass,
                           struct seam_net_extent *extents);

/* The extents of all passes together, `pass` and `all` apart. */
bool seam_net_all_extents(const struct seam_net *net, const struct seam_net_pass *pass,
                          struct seam_net_extent *extents);

/* ---- lifetimes, for who runs one operation after the other on all of a tile (life.c) ---- */

/* A tensor must be kept while operations first .. last run; the input from -1 on, the output up to
 * n_ops. */
struct seam_net_life {
    int first, last;
};

/* Of all tensors. */
void seam_net_lives(const struct seam_net *net, struct seam_net_life *lives);

/* Most samples that are alive at once on an input of `domain`: the least memory, in floats, that a
 * run of one operation after the other can do with. 0: more than can be counted. */
uint64_t seam_net_peak(const struct seam_net *net, const struct seam_span domain[2],
                       const struct seam_net_life *lives);

#endif /* SEAM_NET_H */
