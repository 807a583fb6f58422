/*
 * What a network takes of all of a picture, summed up tile by tile.
 *
 * Sums are kept as whole numbers wide enough for every float and every square of one, so nothing
 * is rounded before the end: in whatever order, by whatever tiles and threads samples come, the
 * bits are the same.
 */
#ifndef SEAM_SUMS_H
#define SEAM_SUMS_H

#include "base/crew.h"
#include "engine/engine.h"
#include "field/cut.h"
#include "plan/geometry.h"

/* Thread-safety: one call at a time. */
struct seam_sums;

/* `cuts`, of some network, outlive it. Errors: SEAM_ERROR_MEMORY. */
enum seam_result seam_sums_open(struct seam_sums **sums, const struct seam_cut *cuts, size_t count,
                                struct seam_log *log) SEAM_NODISCARD;
void seam_sums_close(struct seam_sums **sums);

/* Forget what pass `pass` has taken, which begins anew. */
void seam_sums_clear(struct seam_sums *sums, int pass);

/* Take of a tensor that cut `i` reduces, whose lines have size[] samples down and across, those in
 * own[]. `crew` shares the work; NULL: the caller does it. */
void seam_sums_take(struct seam_sums *sums, size_t i, const float *tensor, const int64_t size[2],
                    const struct seam_span own[2], struct seam_crew *crew);

/* All of the picture was taken. Errors: SEAM_ERROR_NOT_FINITE, said to the log, where what was
 * found is no number. */
enum seam_result seam_sums_finish(struct seam_sums *sums, int pass,
                                  struct seam_log *log) SEAM_NODISCARD;

/* What was found of cut `i`, as many numbers as it says: of moments the mean (part 0) and the
 * variance (1). */
const float *seam_sums_known(const struct seam_sums *sums, size_t i, int part);

#endif /* SEAM_SUMS_H */
