/* What is written in pieces and lowered as one; only the pattern*.c files use this. */
#ifndef SEAM_NET_PATTERN_H
#define SEAM_NET_PATTERN_H

#include "net/lower.h"

struct matcher {
    struct lower *l;
    const struct seam_onnx_node **maker; /* of each value, or NULL */
};

/* The node that makes a value, where it is this standard operator; NULL. */
const struct seam_onnx_node *seam_pattern_made_by(const struct matcher *m, int32_t value,
                                                  const char *op);
bool seam_pattern_constant(const struct matcher *m, int32_t value);
/* A constant of one number. */
bool seam_pattern_number(const struct matcher *m, int32_t value, double *number);

/* A node that stands for the whole and makes what `end` makes; `factor` is its attribute alpha.
 * NULL: no memory. */
const struct seam_onnx_node *seam_pattern_stand_in(const struct matcher *m,
                                                   const struct seam_onnx_node *end,
                                                   const char *op, const int32_t *inputs,
                                                   size_t n_inputs, float factor);

/* Attention that ends in `end` (pattern_attention.c); NULL: it does not. */
const struct seam_onnx_node *seam_pattern_attention(const struct matcher *m,
                                                    const struct seam_onnx_node *end);

/* A roll of rows or columns that ends in `end` (pattern_roll.c); NULL: it does not. */
const struct seam_onnx_node *seam_pattern_roll(const struct matcher *m,
                                               const struct seam_onnx_node *end);

#endif /* SEAM_NET_PATTERN_H */
