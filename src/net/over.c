/* What is kept between passes and may be written over: row by row, where the pass that takes a
 * tensor for the last time makes another. */
#include "base/common.h"
#include "net/net.h"

static int pass_of(const struct seam_net *net, int k)
{
    return net->ops[net->tensors[net->kept[k].tensor].op].pass;
}

/* Whether a row of tensor `a` holds no fewer numbers than one of `b`, at the same resolution. */
static bool has_room(const struct seam_net_tensor *a, const struct seam_net_tensor *b)
{
    bool same = a->channels >= b->channels;
    for (int dir = 0; dir < 2; dir++)
        same = same && a->num[dir] == b->num[dir] && a->den[dir] == b->den[dir];
    return same;
}

/* The end of the rows of kept tensor `a` that kept tensor `b` needs for row `row`, as if pictures
 * had no borders; INT64_MIN: none. `ends` has room for all tensors. */
static int64_t end_of_needs(const struct seam_net *net, int a, int b, int64_t row, int64_t *ends)
{
    static const struct seam_span endless = { 0, 0 };
    const int from = net->kept[a].tensor, to = net->kept[b].tensor, pass = pass_of(net, b);
    for (int i = 0; i < net->n_tensors; i++)
        ends[i] = INT64_MIN;
    ends[to] = row + 1;
    for (int i = net->tensors[to].op; i > net->tensors[from].op; i--) {
        const struct seam_net_op *op = &net->ops[i];
        const int64_t end = ends[op->output];
        for (int k = 0; end != INT64_MIN && !seam_net_takes(net, op->output, pass) &&
                        k < seam_net_sources(op); k++) {
            const struct seam_ref *ref = seam_net_source(op, k);
            const struct seam_span last = { end - 1, end };
            if (ref)
                ends[ref->tensor] = seam_max(
                    ends[ref->tensor],
                    seam_net_reads(op, NULL, k, SEAM_ROWS, last, endless).end);
        }
    }
    return ends[from];
}

/* Whether row n of `a` is taken before row n of `b` is made, for each n: what rows read differs
 * along the network's grids, which repeat themselves with its alignment. */
static bool is_taken_before(const struct seam_net *net, int a, int b, int64_t *ends)
{
    const struct seam_net_tensor *t = &net->tensors[net->kept[b].tensor];
    const int64_t period = seam_div_up(net->alignment * t->num[SEAM_ROWS], t->den[SEAM_ROWS]);
    for (int64_t row = 0; row < period; row++)
        if (end_of_needs(net, a, b, row, ends) < row + 1)
            return false;
    return true;
}

bool seam_net_lay_over(struct seam_net *net, struct seam_arena *arena)
{
    int64_t *ends = seam_arena_alloc(arena, (size_t)net->n_tensors, sizeof(*ends));
    bool *given = seam_arena_alloc(arena, (size_t)net->n_kept + 1, sizeof(*given));
    if (!ends || !given)
        return false;
    for (int b = 0; b < net->n_kept; b++) {
        const struct seam_net_op *op = &net->ops[net->tensors[net->kept[b].tensor].op];
        /* Rolled rows are put away in another order than others are taken. */
        const bool rolled = op->kind == SEAM_OP_ROLL && op->shift[SEAM_ROWS] != 0;
        int best = -1;
        for (int a = 0; a < b && !rolled; a++) {
            const struct seam_net_tensor *t = &net->tensors[net->kept[a].tensor];
            if (net->kept[a].last == pass_of(net, b) && !given[a] &&
                has_room(t, &net->tensors[net->kept[b].tensor]) &&
                (best < 0 || t->channels < net->tensors[net->kept[best].tensor].channels) &&
                is_taken_before(net, a, b, ends))
                best = a;
        }
        net->kept[b].over = best;
        if (best >= 0)
            given[best] = true;
    }
    return true;
}
