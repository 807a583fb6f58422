/* What joins a journal to a restoration. */
#ifndef SEAM_IO_RESUME_H
#define SEAM_IO_RESUME_H

#include "seamless/vips.h"

/*
 * Begin the journal of `params`, for `pages` pages of `plan`. Where the plan is not exact to the
 * bit, and its tiles are free, it is laid out in the tiles that an earlier run began with.
 *
 * Errors: those of seam_journal_begin(); SEAM_ERROR_MEMORY where those tiles do not fit the budget.
 */
enum seam_result seam_io_resume(const struct seam_vips_params *params,
                                const struct seam_model *model, struct seam_plan *plan,
                                int64_t pages, struct seam_log *log) SEAM_NODISCARD;

/* Rows of a result, of all its pages, that lie together: the journal has them, nobody wants them,
 * or they are to be made and go there. */
struct seam_run {
    struct seam_journal *journal; /* NULL: there is none */
    const int64_t *wanted;        /* see struct seam_vips_params */
    size_t wanted_count;
    int64_t end;                  /* the first row that is no part of it; at first 0 */
    bool held, unwanted;
};

/* Before the first row. */
struct seam_run seam_run_begin(const struct seam_vips_params *params);

/* Row `row` comes next: where another run begins with it, the band before is finished. Errors:
 * SEAM_ERROR_IO. */
enum seam_result seam_run_move(struct seam_run *run, int64_t row,
                               struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_IO_RESUME_H */
