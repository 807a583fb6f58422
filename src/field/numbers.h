/* Numbers that a graph computes from constants alone; only free_constant.c and numbers_learned.c
 * use this. */
#ifndef SEAM_FIELD_NUMBERS_H
#define SEAM_FIELD_NUMBERS_H

#include "field/free.h"

struct seam_numbers {
    int rank;
    int64_t dims[SEAM_MAX_RANK], count;
    float *at;
};

struct seam_evaluator {
    const struct seam_free *f;
    struct seam_field *field;
    struct seam_arena *arena;
    int64_t made;
    const struct seam_numbers **known; /* by value */
};

/* Room for such numbers; NULL: too many. */
struct seam_numbers *seam_numbers_new(struct seam_evaluator *e, int rank, const int64_t *dims);
/* The same for what operands make that are broadcast; and the place in one for place `at` of it. */
struct seam_numbers *seam_numbers_broadcast(struct seam_evaluator *e,
                                            const struct seam_numbers *const *in, int n);
int64_t seam_numbers_place(const struct seam_numbers *x, const struct seam_numbers *out,
                           int64_t at);

/* What a node makes of its inputs, those that are left out NULL; NULL: it is not followed. */
typedef const struct seam_numbers *seam_numbers_rule(struct seam_evaluator *e,
                                                     const struct seam_onnx_node *node,
                                                     const struct seam_numbers *const *in);

/* Networks that tables were learned by (numbers_learned.c). */
seam_numbers_rule seam_numbers_pair, seam_numbers_single, seam_numbers_mean,
    seam_numbers_layer_norm, seam_numbers_product, seam_numbers_gather;

#endif /* SEAM_FIELD_NUMBERS_H */
