/* How the dispatches of a tile are dealt to submissions that end soon: a driver resets a device
 * that gives no sign of life for seconds, and other programs want it, too. */
#include <stdlib.h>

#include "base/common.h"
#include "engine/gpu/tile.h"

/* Seconds of a submission. */
#define MOST_SECONDS 0.1
/* What a sample takes beside its sums, in multiply-adds. */
#define SAMPLE_WORK 8

/* Rows of samples that a row of groups makes. */
static int64_t group_rows(const struct seam_gpu_dispatch *d)
{
    return d->shader == SEAM_GPU_CONV ? SEAM_GPU_CONV_HIGH : 1;
}

/* Multiply-adds of a row of groups. */
static double row_work(const struct seam_gpu_tile *t, const struct seam_gpu_dispatch *d)
{
    const struct seam_net_op *o = d->op < 0 ? NULL : &t->core->program->net->ops[d->op];
    const struct seam_span *x = &t->places[d->out].domain[SEAM_COLUMNS];
    double each = SAMPLE_WORK;
    if (o && o->kind == SEAM_OP_CONV)
        each += (double)(o->slide[0].kernel * o->slide[1].kernel) * d->in.channels / o->groups;
    else if (o && o->kind == SEAM_OP_POOL)
        each += (double)(o->slide[0].kernel * o->slide[1].kernel);
    return each * (double)(x->end - x->begin) * d->out_channels *
           (double)group_rows(d);
}

static uint32_t row_groups(const struct seam_gpu_tile *t, const struct seam_gpu_dispatch *d)
{
    const struct seam_span *y = &t->places[d->out].domain[SEAM_ROWS];
    return (uint32_t)seam_div_up(y->end - y->begin, group_rows(d));
}

static bool add_piece(struct seam_gpu_cut *cut, struct seam_gpu_piece piece)
{
    if (cut->n == cut->room) {
        const int room = cut->room ? 2 * cut->room : 64;
        struct seam_gpu_piece *more = realloc(cut->pieces, (size_t)room * sizeof(*more));
        if (!more)
            return false;
        cut->pieces = more;
        cut->room = room;
    }
    cut->submissions += piece.begins;
    cut->pieces[cut->n++] = piece;
    return true;
}

bool seam_gpu_cut_tile(struct seam_gpu_cut *cut, const struct seam_gpu_tile *t)
{
    const double most = t->core->rate * MOST_SECONDS;
    double left = 0;
    *cut = (struct seam_gpu_cut){ 0 };
    for (int i = 0; i < t->core->program->n_dispatches; i++) {
        const struct seam_gpu_dispatch *d = &t->core->program->dispatches[i];
        const uint32_t all = row_groups(t, d);
        const double each = row_work(t, d);
        for (uint32_t first = 0; first < all;) {
            struct seam_gpu_piece piece = { .dispatch = i, .first = first };
            piece.begins = left < each;
            left = piece.begins ? most : left;
            /* One row of groups is not cut, however long it takes. */
            const double fit = left / each;
            piece.count = fit < 1 ? 1 : fit < all - first ? (uint32_t)fit : all - first;
            left -= piece.count * each;
            cut->work += piece.count * each;
            first += piece.count;
            if (!add_piece(cut, piece)) {
                seam_gpu_cut_close(cut);
                return false;
            }
        }
    }
    return true;
}

void seam_gpu_cut_close(struct seam_gpu_cut *cut)
{
    free(cut->pieces);
    *cut = (struct seam_gpu_cut){ 0 };
}
