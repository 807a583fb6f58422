/*
 * Numbers that follow the picture's size.
 *
 * A symbol is (hw * H * W + h * H + w * W + c) / den, with H and W the network's input height and
 * width. Where a graph divides, H and W are taken to be multiples of an alignment that grows until
 * the division leaves no rest that depends on them: the demands collect in struct seam_align.
 * What does not fit is "unknown", never a wrong number.
 */
#ifndef SEAM_MODEL_SYM_H
#define SEAM_MODEL_SYM_H

#include <stdbool.h>
#include <stdint.h>

struct seam_sym {
    int64_t hw, h, w, c;
    int64_t den; /* > 0, and 0 for unknown */
};

/* H must be a multiple of side[0], W of side[1]. Both start at 1. */
struct seam_align {
    int64_t side[2];
};

/* No picture is tiled at a coarser grid than this. */
#define SEAM_ALIGN_LIMIT 4096

struct seam_sym seam_sym_unknown(void);
struct seam_sym seam_sym_const(int64_t value);
/* A number of a file: those past all sizes ("to the end") are cut to +-2^50. */
struct seam_sym seam_sym_stored(int64_t value);
/* num / den, den > 0. */
struct seam_sym seam_sym_ratio(int64_t num, int64_t den);
/* The input's height (0) or width (1). */
struct seam_sym seam_sym_side(int side);
/* A float as the ratio it was meant to be: a fraction of small numbers that rounds to it. */
struct seam_sym seam_sym_float(double value);

bool seam_sym_known(struct seam_sym a);
/* Known, and the same for every size. */
bool seam_sym_fixed(struct seam_sym a);
/* A fixed whole number. */
bool seam_sym_whole(struct seam_sym a, int64_t *value);
bool seam_sym_is(struct seam_sym a, int64_t value);
/* Both known and the same for every size. */
bool seam_sym_equal(struct seam_sym a, struct seam_sym b);

struct seam_sym seam_sym_add(struct seam_sym a, struct seam_sym b);
struct seam_sym seam_sym_sub(struct seam_sym a, struct seam_sym b);
struct seam_sym seam_sym_mul(struct seam_sym a, struct seam_sym b);
/* Exact quotient by a fixed number, or by a symbol that divides without rest. */
struct seam_sym seam_sym_div(struct seam_sym a, struct seam_sym b);
/* Rounded down; the alignment grows as it must. Unknown past SEAM_ALIGN_LIMIT. */
struct seam_sym seam_sym_floor(struct seam_sym a, struct seam_align *align);
struct seam_sym seam_sym_ceil(struct seam_sym a, struct seam_align *align);

/* -1, 0, 1: the sign for every H, W >= 1; 2 where it is not the same for all. */
int seam_sym_sign(struct seam_sym a);

/* a / b as a fixed ratio in lowest terms; false where it is none. */
bool seam_sym_quotient(struct seam_sym a, struct seam_sym b, int64_t *num, int64_t *den);

/* Make side (0 or 1) a multiple of `factor`, too; false past the limit. */
bool seam_align_demand(struct seam_align *align, int side, int64_t factor);

/* Floor and remainder of whole numbers, den > 0: the remainder is never negative. */
int64_t seam_floor_div(int64_t num, int64_t den);
int64_t seam_floor_mod(int64_t num, int64_t den);

#endif /* SEAM_MODEL_SYM_H */
