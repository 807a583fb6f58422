/* Arrays of folded numbers; only values.c and values_move.c use this. */
#ifndef SEAM_MODEL_VALUES_H
#define SEAM_MODEL_VALUES_H

#include "field/rules.h"

/* Known dims, and room for the elements. */
struct seam_array {
    int rank;
    int64_t dims[SEAM_MAX_RANK];
    int64_t count;
    struct seam_sym *values;
};

/* Room for an array of these dims; false where it is too large. */
bool seam_array_new(struct seam_field *field, struct seam_array *array, int rank,
                    const int64_t *dims);
/* The elements of a fact; false where they are not known. */
bool seam_array_of(const struct seam_fact *fact, struct seam_array *array);
/* A fact that holds the array. */
bool seam_array_store(struct seam_field *field, const struct seam_array *array, int32_t type,
                      struct seam_fact *out);
/* Room for the result of `n` arrays broadcast together. */
bool seam_array_broadcast(struct seam_field *field, const struct seam_array *in, int n,
                          struct seam_array *out);
/* The index into an operand, broadcast, for the element `at` of the result. */
int64_t seam_array_index(const struct seam_array *operand, const struct seam_array *out,
                         int64_t at);

/* Not a float type. */
bool seam_is_whole_type(int32_t type);

/* Operators that move elements; false for others, too. */
bool seam_values_move(struct seam_field *field, struct seam_fact *out);

#endif /* SEAM_MODEL_VALUES_H */
