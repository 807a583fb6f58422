/* A graph on its way to operations on rows; only the lower*.c files use this. */
#ifndef SEAM_NET_LOWER_H
#define SEAM_NET_LOWER_H

#include "net/net.h"
#include "field/analysis.h"
#include "field/field.h"
#include "field/free.h"
#include "field/rules.h"

/* One factor of an axis of a tensor that was reshaped; the axis is the row-major product of its
 * atoms. */
enum lower_atom_kind {
    LOWER_CHANNEL, /* a digit of the channel's number */
    LOWER_LINE,    /* along rows or columns, `stride` pixels at a time */
    LOWER_PHASE,   /* a digit of the row's or column's place within such a step */
};

struct lower_atom {
    enum lower_atom_kind kind;
    int axis;
    int dir;              /* LINE, PHASE */
    int64_t size, stride; /* CHANNEL, PHASE: digit and what it counts; LINE: stride alone */
};

struct lower_view {
    struct lower_atom atoms[SEAM_MAX_ATOMS];
    int n;
};

enum lower_kind {
    LOWER_NOTHING, /* not lowered: a shape, or a constant that nobody has asked for */
    LOWER_CONSTANT,
    LOWER_PICTURE,
    LOWER_VECTOR, /* numbers that a pass over the picture finds */
};

/* What a value of the graph has become. */
struct lower_value {
    enum lower_kind kind;
    /* CONSTANT, VECTOR: `count` numbers, shaped as the fact says; 1 stands for any shape. */
    const float *data;
    int64_t count;
    int vector; /* VECTOR: of the net */
    /* PICTURE */
    struct seam_ref ref;
    const struct lower_view *view; /* NULL: channels, height, width are the last axes */
    int uses;                      /* by nodes that the output needs */
};

/* What is known of a tensor while it may still change. */
struct lower_tensor {
    int pending;            /* reads to come */
    bool read;              /* by an operation that exists */
    struct seam_sym size[2];
};

struct lower {
    struct seam_net *net;
    const struct seam_graph *graph;
    const struct seam_net_params *params;
    struct seam_arena arena; /* for this work alone */
    struct seam_field field;
    const struct seam_onnx_node **nodes; /* what stands for each node; NULL: not needed */
    const struct seam_onnx_node **maker; /* of each value in the graph, or NULL */
    struct lower_value *values; /* by value id */
    struct lower_tensor *tensors; /* as net->tensors */
    int tensor_room;
    const struct seam_onnx_node *node; /* being lowered */
    const char *why;
    char attribute[160]; /* words for `why` */
    bool valueless; /* it is an input of the network that nobody gave a value */
};

/* Sets lower->why and returns false. */
bool seam_lower_fail(struct lower *l, const char *why);

/* Whether the node has no attribute but those there are rules for (attributes.c). */
bool seam_lower_attributes(struct lower *l);

/* ---- values (lower_value.c) ---- */

/* Input k of the node; NULL where it is left out. */
struct lower_value *seam_lower_input(struct lower *l, size_t k);
/* The same as a picture whose last axes are channels, height, width; NULL, with `why` set. */
struct lower_value *seam_lower_picture(struct lower *l, size_t k);
const struct seam_fact *seam_lower_fact(const struct lower *l, size_t k);
const struct seam_fact *seam_lower_out_fact(const struct lower *l, size_t k);
/* Input k as constants; false, with `why` set, where it is none. */
bool seam_lower_constant(struct lower *l, size_t k, const float **data, int64_t *count);
/* Whether what a value is was computed from constants alone, but is not known yet. */
bool seam_lower_computed(const struct seam_fact *fact);
/* A single constant. */
bool seam_lower_scalar(struct lower *l, size_t k, float *value);
/* Whether the node, a Cast, keeps the numbers. */
bool seam_lower_casts_to_float(const struct lower *l);
/* Fold a node whose inputs are all constants; false: its value stays unknown. */
bool seam_lower_fold(struct lower *l);
/* Bind output k. */
void seam_lower_bind(struct lower *l, size_t k, struct seam_ref ref, const struct lower_view *view);

/* ---- what lies along the axes of a picture that was reshaped (lower_axes.c) ---- */

/* Input k of the node as one constant for each channel of the picture that is input `picture`, in
 * whatever order its axes are; or *list NULL and one for all in *value. False, with `why` set,
 * where it differs along rows or columns. */
bool seam_lower_per_channel(struct lower *l, size_t k, size_t picture, const float **list,
                            float *value);
/* The same where input k is a vector: *vector as in struct seam_link. */
bool seam_lower_channel_vector(struct lower *l, size_t k, size_t picture, int *vector);
/* Whether two pictures have the same axes; those of one channel lack the channels' axis. */
bool seam_lower_same_axes(const struct lower_value *a, int a_rank, const struct lower_value *b,
                          int b_rank);

/* Whether two have as many rows and columns. */
bool seam_lower_same_size(const struct lower *l, const struct seam_ref *a,
                          const struct seam_ref *b);

/* Which atoms of a picture lie on some of its axes. */
struct lower_share {
    bool all_lines, no_lines;       /* rows and columns, all of them */
    bool all_channels, no_channels;
};

/* What lies on the axes of `over`. False where a row, a column or a block of pixels is split
 * between axes, or lies on one with channels. */
bool seam_lower_share(const struct lower_view *view, const bool *over, struct lower_share *share);
/* Whether the channels are met in their order by who walks the axes in theirs. */
bool seam_lower_in_order(const struct lower_view *view, int channels);

/* ---- tensors and operations (lower.c) ---- */

/* A tensor of output k's height and width; -1: none, with `why` set. */
int seam_lower_tensor(struct lower *l, int channels, const struct seam_fact *like, int row_axis);
int seam_lower_tensor_like(struct lower *l, int channels, int tensor);
/* An operation that makes `output` of `n` inputs; NULL, with `why` set. */
struct seam_net_op *seam_lower_op(struct lower *l, enum seam_op_kind kind,
                                  const struct seam_ref *inputs, int n, int output);
/* Whether the node alone reads what `ref` names, so that its operation may be changed. */
bool seam_lower_exclusive(const struct lower *l, const struct seam_ref *ref);
struct seam_ref seam_lower_whole(const struct lower *l, int tensor);
/* Do a link to `ref`: on the operation that makes it if that may be changed. */
bool seam_lower_link(struct lower *l, struct seam_ref ref, const struct seam_link *link,
                struct seam_ref *out);
/* Another link to what seam_lower_link() has just made. */
bool seam_lower_again(struct lower *l, struct seam_ref ref, const struct seam_link *link);

/* ---- what a pass over the picture finds (lower_reduce.c, lower_vector.c) ---- */

/* A vector of `count` numbers, of which nothing else is set; NULL, with `why` set. */
struct seam_net_vector *seam_lower_new_vector(struct lower *l, enum seam_vector_kind kind,
                                              int64_t count);
/* The same as the value of output k. */
bool seam_lower_bind_vector(struct lower *l, size_t k, const struct seam_net_vector *v);
/* An operation that reduces `ref`, and the vector of what it makes; -1, with `why` set. */
int seam_lower_reduction(struct lower *l, const struct seam_ref *ref, enum seam_reduce kind,
                         bool mean);
/* An operation that sums up the products of the channels of two pictures, and its vector:
 * [group][channel of 0][channel of 1]. */
int seam_lower_products(struct lower *l, const struct seam_ref refs[2], int groups);
/* Numbers of vector `of`: number i is number map[i] of it. NULL, with `why` set. */
struct seam_net_vector *seam_lower_pick(struct lower *l, int of, int64_t count, const int *map);
/* Number by number: `kind` of vector a with b; or, b being -1, with the constants; -1, with `why`
 * set. */
int seam_lower_vector_point(struct lower *l, enum seam_link_kind kind, int a, int b, float x,
                            float y);
/* Lower the node, one of whose inputs is a vector and none a picture. */
bool seam_lower_vector(struct lower *l);
/* The link that an operator is, as if it were done to a picture; false: none (lower_point.c). */
bool seam_lower_unary_link(struct lower *l, struct seam_link *link);
bool seam_lower_binary_links(const struct lower *l, enum seam_link_kind *left,
                             enum seam_link_kind *right);

/* Find functions written in pieces and what the output needs: l->nodes (pattern.c). false: no
 * memory. */
bool seam_lower_patterns(struct lower *l, int32_t output);

/* Leave out what the output does not need (tidy.c). */
bool seam_lower_tidy(struct lower *l);

/* ---- rules; each lowers l->node ---- */

typedef bool lower_rule(struct lower *l);
/* The one for a node (lower_rules.c); NULL: there is none. */
lower_rule *seam_lower_rule(const struct seam_onnx_node *node);
/* lower_conv.c */
lower_rule seam_lower_conv, seam_lower_conv_transpose, seam_lower_pool, seam_lower_batch_norm;
/* lower_point.c */
lower_rule seam_lower_unary, seam_lower_binary, seam_lower_prelu,
    seam_lower_same;
/* lower_move.c */
lower_rule seam_lower_concat, seam_lower_split, seam_lower_slice, seam_lower_gather,
    seam_lower_pad;
/* lower_roll.c */
lower_rule seam_lower_roll;
/* lower_attention.c */
lower_rule seam_lower_attention;
/* lower_product.c */
lower_rule seam_lower_matmul;
/* lower_view.c */
lower_rule seam_lower_reshape, seam_lower_transpose, seam_lower_repeat, seam_lower_depth_to_space,
    seam_lower_space_to_depth;
/* lower_resize.c */
lower_rule seam_lower_resize;
/* lower_quantize.c */
lower_rule seam_lower_quantize, seam_lower_dequantize;
/* lower_reduce.c */
lower_rule seam_lower_reduce, seam_lower_global_pool, seam_lower_instance_norm;

/* The picture input's or any reshaped value as channels, height, width; makes a SHUFFLE where
 * pixels move. `last`: in any order of axes, as an output may have. */
bool seam_lower_settle(struct lower *l, struct lower_value *value, int rank, bool last);

/* A picture whose channels begin with digits that are to be reduced. */
struct lower_digits {
    struct seam_ref ref;     /* count x channels of them */
    int64_t count, channels;
    const struct lower_view *left; /* of the channels that stay, once the others are gone */
};

/* Whether rows or columns of a value of `rank` lie on the axes `over`. */
bool seam_lower_has_lines(const struct lower_value *v, int rank, const bool *over);
/* Else, put the digits on those axes, which are to be reduced, first. `keep`: the axes stay, each
 * of size 1. */
bool seam_lower_digits_first(struct lower *l, const struct lower_value *v, int rank,
                             const bool *over, bool keep, struct lower_digits *d);
/* The value's atoms, in the order of its axes. */
void seam_lower_atoms(const struct lower_value *v, int rank, struct lower_view *view);
/* Bind output 0 to `ref` with a copy of `view`. */
bool seam_lower_bind_view(struct lower *l, struct seam_ref ref, const struct lower_view *view);
/* The axes of an input of `rank` whose channels come last. */
const struct lower_view *seam_lower_view_of(struct lower *l, int rank, int channel_axis,
                                            int row_axis, int channels);

#endif /* SEAM_NET_LOWER_H */
