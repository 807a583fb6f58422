/* How each operator carries facts from its inputs to its outputs. */
#ifndef SEAM_MODEL_RULES_H
#define SEAM_MODEL_RULES_H

#include "field/fact.h"

/* The newest set of standard operators that the rules were written for: what another means is not
 * known. */
#define SEAM_NEWEST_OPSET 26
/* And the newest version of the format itself. */
#define SEAM_NEWEST_IR 13

/* Fill in out[0 .. n_outputs) for field->node, all of whose inputs are known or left out. False,
 * with field->why set, where the operator cannot be followed. */
typedef bool seam_rule(struct seam_field *field, struct seam_fact *out);

enum seam_exactness {
    SEAM_ROUNDING_BITS,    /* the same bits whatever the shape and position */
    SEAM_ROUNDING_NUMERIC, /* sums in an order that depends on the shape */
};

struct seam_operator {
    const char *name;
    seam_rule *rule;
    enum seam_exactness exact;
};

/* NULL for an operator that is not known. */
const struct seam_operator *seam_operator_find(const struct seam_onnx_node *node);

/* The known operators in order of their names; NULL behind the last. */
const struct seam_operator *seam_operator_at(size_t index);

/* The fact of input k; NULL where it is left out or not known. */
const struct seam_fact *seam_input(const struct seam_field *field, size_t k);
/* An axis counted from the end where negative; -1 where out of range. */
int seam_axis(int64_t axis, int rank);
/* Input k, or the attribute of older operator sets, as a list of at most `room` numbers that are
 * symbols; *n is -1 where there is neither. False: it is there but not known. */
bool seam_list(struct seam_field *field, size_t k, const char *attr, struct seam_sym *list,
               int room, int *n);
/* The same as plain axes of an input of `rank`, in axes[SEAM_MAX_RANK]. */
bool seam_axes(struct seam_field *field, size_t k, const char *attr, int rank, int *axes, int *n);
/* Copy an integer-list attribute of exactly `n` entries; `otherwise` fills it where not given. */
bool seam_ints(struct seam_field *field, const char *attr, int n, int64_t otherwise, int64_t *list);

/* A line made from another: sample j of the new one depends on the samples tap() names. */
struct seam_line_taps {
    int64_t phases; /* new samples after which the pattern repeats */
    int64_t step;   /* old samples in that distance */
    int64_t count;  /* taps per sample at most */
    bool (*tap)(const void *rule, int64_t j, int64_t t, int64_t *at);
    const void *rule;
};
bool seam_line_map(struct seam_field *field, const struct seam_line *in, struct seam_line *out,
                   const struct seam_line_taps *taps);

/* Fold a node none of whose inputs depends on the picture's samples; false where it cannot. */
bool seam_values_fold(struct seam_field *field, struct seam_fact *out);
/* The fact of a constant tensor. */
bool seam_values_tensor(struct seam_field *field, const struct seam_onnx_tensor *tensor,
                        struct seam_fact *out);

seam_rule seam_rule_batch_norm, seam_rule_concat, seam_rule_constant,
    seam_rule_conv, seam_rule_conv_transpose, seam_rule_qlinear_conv,
    seam_rule_copy, seam_rule_depth_to_space,
    seam_rule_einsum, seam_rule_expand, seam_rule_flatten, seam_rule_gather, seam_rule_gemm,
    seam_rule_global, seam_rule_join, seam_rule_layer_norm, seam_rule_matmul, seam_rule_norm,
    seam_rule_pad, seam_rule_pool, seam_rule_reduce, seam_rule_reshape,
    seam_rule_resize, seam_rule_scatter,
    seam_rule_shape, seam_rule_slice, seam_rule_softmax, seam_rule_space_to_depth, seam_rule_split,
    seam_rule_squeeze, seam_rule_tile, seam_rule_transpose, seam_rule_unsqueeze,
    seam_rule_constant_of_shape, seam_rule_cumsum;

/* A Slice of one axis in steps of 1, whose bounds are inputs: [*from, *to) as the graph has them.
 * `named`: its axes must be said (rule_slice.c). */
bool seam_slice_part(struct seam_field *field, const struct seam_onnx_node *node, int axis,
                     bool named, struct seam_sym *from, struct seam_sym *to);

#endif /* SEAM_MODEL_RULES_H */
