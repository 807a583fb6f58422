/* Relations by themselves: making, widening and merging the tables of intervals. */
#ifndef SEAM_MODEL_RELATION_H
#define SEAM_MODEL_RELATION_H

#include "field/fact.h"

/* Tables for the digits; demands that tiles start on multiples of the period. NULL, with
 * field->why set, past a limit or without memory. lo and hi are filled in by the caller. */
struct seam_relation *seam_relation_new(struct seam_field *field, int dir, int64_t period,
                                        int digits, const int64_t *radix, int64_t **lo,
                                        int64_t **hi);

/* The same rule said over a period `factor` times as long. */
const struct seam_relation *seam_relation_stretch(struct seam_field *field, int dir,
                                                  const struct seam_relation *relation,
                                                  int64_t factor);

/* One digit becomes two, the second (inner) of `radix` inner. Shares the tables. */
const struct seam_relation *seam_relation_cut(struct seam_field *field,
                                              const struct seam_relation *relation, int digit,
                                              int64_t inner);

/*
 * The union of up to two relations over new digits. map[k][d] is the new digit that gives digit d
 * of relation k, or -1: then all its values count. All have the same period and line.
 */
const struct seam_relation *seam_relation_merge(struct seam_field *field, int dir, int digits,
                                                const int64_t *radix,
                                                const struct seam_relation *const relations[2],
                                                const int map[2][SEAM_MAX_DIGITS]);

#endif /* SEAM_MODEL_RELATION_H */
