/* What a plan says beyond its fields. Pure. */
#ifndef SEAM_PLAN_H
#define SEAM_PLAN_H

#include "seamless/seamless.h"

/* Bytes of one sample. */
size_t seam_sample_bytes(enum seam_sample sample);

/* Bands of the picture that are colour. */
int seam_plan_colour_bands(const struct seam_plan *plan);

/* Runs of the network that they take. */
int seam_plan_colour_runs(const struct seam_plan *plan);

/* Whether alpha or chroma is resampled beside the network, or hidden colours are filled: what
 * needs the tile's own samples as planes of float. */
bool seam_plan_needs_planes(const struct seam_plan *plan);

/* Whether neighbouring targets overlap in either direction. */
bool seam_plan_blends(const struct seam_plan *plan);

/* Rows of context that carried alpha and filled colours need above and below, in input pixels,
 * where rows stream. */
int64_t seam_plan_context(const struct seam_plan *plan);

/* What the network cuts off at the side where it cuts off most, in input pixels. */
int64_t seam_facts_most_crop(const struct seam_facts *facts);
int64_t seam_plan_most_crop(const struct seam_plan *plan);

/* Pixels of a padded tile. */
double seam_plan_tile_pixels(const struct seam_plan *plan);

/* Size of what the network puts out for one padded tile, in output pixels. */
int64_t seam_plan_result_width(const struct seam_plan *plan);
int64_t seam_plan_result_height(const struct seam_plan *plan);

/* The tiles of a plan in words: where it is not exact to the bit, they are what decides its samples
 * beside seam_plan_identity(). Returns the length the whole text has. */
size_t seam_plan_tiles(const struct seam_plan *plan, char *text, size_t size);

/* Lay the plan out in the tiles of an earlier plan, which seam_plan_tiles() gave, and count its
 * memory anew, whatever the budget. False, with nothing changed, where that was a plan of something
 * else. */
bool seam_plan_take_tiles(struct seam_plan *plan, const char *text,
                          const struct seam_facts *facts);

/*
 * Lay the rest of the picture, from core `band` downwards, out anew with tiles of half the size:
 * fewer runs in flight, or fewer tiles in a run, where there are several; else the longer side is
 * halved if it may be.
 * Alignment, halo, edge and, where rows above are there to blend with, overlap stay. False, with
 * *plan untouched, where tiles are at their smallest.
 */
bool seam_plan_halve(struct seam_plan *plan, const struct seam_facts *facts, int64_t band);

/* Tiles that give the bits of a plan whose rows were to stream. False where none fit the budget:
 * then peak_bytes is what the smallest take. */
bool seam_plan_rows_in_tiles(struct seam_plan *plan, const struct seam_facts *facts);

/* Count the memory of a plan as it is laid out, rows or tiles. False where that cannot be
 * counted. */
bool seam_plan_count(struct seam_plan *plan, const struct seam_facts *facts);

/* The same tiles for a whole picture again. False where that cannot be counted. */
bool seam_plan_from_top(struct seam_plan *plan, const struct seam_facts *facts);

/* How far a colour is carried under transparent neighbours, in pixels (fill.c). */
#define SEAM_FILL_RADIUS 8

/* Reach of the Lanczos3 kernel that carries alpha and chroma along, in input pixels, when
 * enlarging. */
#define SEAM_RESAMPLE_REACH 4

/* What a network that sums up the whole picture sums up along an axis: the aligned picture, and as
 * much around it as the network cuts off, which is what SEAM_EDGE_MODEL gives it. The margin that
 * other edges put around it never counts. */
struct seam_span seam_plan_summed(const struct seam_plan *plan, const struct seam_axis *axis);

/* Bytes of the picture's rows, which are kept where a plan of several passes has a source that
 * cannot begin again. 0: it has one pass. */
uint64_t seam_plan_spool(const struct seam_plan *plan);

/* Let a plan of several passes keep `bytes` between them, instead of what it kept: in memory as far
 * as the budget leaves room, with buffers for the file where it does not. 0: nothing. */
void seam_plan_keep(struct seam_plan *plan, uint64_t bytes);

/* Bytes of these buffers, a part of scratch_bytes. */
uint64_t seam_plan_kept_buffer(const struct seam_plan *plan);

#endif /* SEAM_PLAN_H */
