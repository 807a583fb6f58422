/* Which rows of the picture, of the domain that goes into the network and of the result belong
 * together where rows stream. All are half open. */
#ifndef SEAM_STREAM_ROWS_GEOMETRY_H
#define SEAM_STREAM_ROWS_GEOMETRY_H

#include "tile/tile.h"

/* The output row (or column) that what the network puts out for domain rows from `begin` on begins
 * with. */
int64_t seam_rows_first_output(const struct seam_plan *plan, const struct seam_axis *axis,
                               int64_t begin);

/* The network counts its output from the same origin as its input, whatever it crops; the result is
 * counted from the first pixel that lies over the picture's: what lies between. */
int64_t seam_rows_shift(const struct seam_plan *plan, const struct seam_axis *axis);

/* The picture's rows that domain rows read. */
struct seam_span seam_rows_read(const struct seam_plan *plan, struct seam_span rows);

/* Domain rows with what lies above and below, as far as the domain goes. */
struct seam_span seam_rows_with_context(const struct seam_plan *plan, int64_t context,
                                        struct seam_span rows);

/* The domain rows that finishing output rows takes: those under them, what the network would crop,
 * and the context of what is resampled beside it. */
struct seam_span seam_rows_finishing(const struct seam_plan *plan, int64_t context,
                                     struct seam_span out);

#endif /* SEAM_STREAM_ROWS_GEOMETRY_H */
