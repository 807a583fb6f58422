/* Which rows and columns an operation reads. */
#include "base/common.h"
#include "net/net.h"
#include "field/sym.h"

int seam_net_sources(const struct seam_net_op *op)
{
    int n = op->n_inputs;
    for (int i = 0; i < op->n_links; i++)
        n += op->links[i].with.tensor >= 0;
    return n;
}

const struct seam_ref *seam_net_source(const struct seam_net_op *op, int k)
{
    if (k < op->n_inputs)
        return op->inputs[k].tensor >= 0 ? &op->inputs[k] : NULL;
    k -= op->n_inputs;
    for (int i = 0; i < op->n_links; i++)
        if (op->links[i].with.tensor >= 0 && k-- == 0)
            return &op->links[i].with;
    return NULL;
}

struct seam_span seam_net_domain(const struct seam_net_tensor *t, int dir, struct seam_span domain)
{
    const int64_t begin = seam_floor_div(domain.begin * t->num[dir], t->den[dir]);
    const int64_t size = seam_floor_div((domain.end - domain.begin) * t->num[dir], t->den[dir]);
    return (struct seam_span){ begin, begin + size + t->rest[dir] };
}

struct seam_span seam_net_whole_cells(const struct seam_net_cells *cells, int dir,
                                      struct seam_span span)
{
    if (!cells)
        return span;
    const int64_t size = cells->size[dir], phase = cells->phase[dir];
    return (struct seam_span){
        seam_floor_div(span.begin - phase, size) * size + phase,
        -seam_floor_div(phase - span.end, size) * size + phase,
    };
}

static struct seam_span slide_reads(const struct seam_slide *s, struct seam_span out)
{
    return (struct seam_span){
        out.begin * s->stride - s->pad,
        (out.end - 1) * s->stride - s->pad + (s->kernel - 1) * s->dilation + 1,
    };
}

static struct seam_span resize_reads(const struct seam_resize *r, struct seam_span out)
{
    struct seam_span in = { INT64_MAX, INT64_MIN };
    /* The first and last period of outputs hold the farthest taps. */
    for (int end = 0; end < 2; end++)
        for (int64_t k = 0; k < r->up; k++) {
            const int64_t o =
                seam_clamp(end ? out.end - 1 - k : out.begin + k, out.begin, out.end - 1);
            const int64_t q = seam_floor_div(o, r->up), phase = o - q * r->up;
            for (int t = 0; t < r->taps; t++) {
                const int64_t at = q * r->down + r->at[phase * r->taps + t];
                in.begin = seam_min(in.begin, at);
                in.end = seam_max(in.end, at + 1);
            }
        }
    return in;
}

/* The domain's borders mirror what lies beyond them. */
static struct seam_span pad_reads(const struct seam_net_op *op, struct seam_span in,
                                  struct seam_span domain)
{
    if (op->mode != SEAM_PAD_REFLECT || domain.begin >= domain.end)
        return in;
    const int64_t above = domain.begin - in.begin, below = in.end - domain.end;
    if (above > 0)
        in.end = seam_max(in.end, domain.begin + above + 1);
    if (below > 0)
        in.begin = seam_min(in.begin, domain.end - 1 - below);
    return in;
}

static struct seam_span shuffle_reads(const struct seam_net_op *op, int dir, struct seam_span out)
{
    return (struct seam_span){
        seam_floor_div(out.begin, op->to[dir]) * op->from[dir],
        (seam_floor_div(out.end - 1, op->to[dir]) + 1) * op->from[dir],
    };
}

/* All of it where what is read lies on both sides of the border. */
static struct seam_span roll_reads(const struct seam_net_op *op, int dir, struct seam_span out,
                                   struct seam_span domain)
{
    const int64_t count = out.end - out.begin;
    if (domain.begin >= domain.end)
        return (struct seam_span){ out.begin + op->shift[dir], out.end + op->shift[dir] };
    const int64_t first = seam_net_rolled(op, dir, domain, out.begin);
    return first + count > domain.end ? domain : (struct seam_span){ first, first + count };
}

static struct seam_span op_reads(const struct seam_net_op *op, int dir, struct seam_span out,
                                 struct seam_span domain)
{
    switch (op->kind) {
    case SEAM_OP_CONV:
    case SEAM_OP_POOL: return slide_reads(&op->slide[dir], out);
    case SEAM_OP_PAD:
        return pad_reads(op,
                         (struct seam_span){ out.begin + op->shift[dir],
                                             out.end + op->shift[dir] },
                         domain);
    case SEAM_OP_CROP:
        return (struct seam_span){ out.begin * op->step[dir] + op->shift[dir],
                                   (out.end - 1) * op->step[dir] + op->shift[dir] + 1 };
    case SEAM_OP_SHUFFLE: return shuffle_reads(op, dir, out);
    case SEAM_OP_RESIZE: return resize_reads(&op->resize[dir], out);
    case SEAM_OP_ROLL: return roll_reads(op, dir, out, domain);
    case SEAM_OP_POINT:
    case SEAM_OP_CONCAT:
    case SEAM_OP_MIX:
    case SEAM_OP_ATTEND:
    case SEAM_OP_REDUCE: break;
    }
    return out;
}

struct seam_span seam_net_reads(const struct seam_net_op *op, const struct seam_net_cells *cells,
                                int k, int dir, struct seam_span out, struct seam_span domain)
{
    struct seam_span in = out;
    if (k < op->n_inputs)
        in = op_reads(op, dir, seam_net_whole_cells(cells, dir, out), domain);
    if (domain.begin >= domain.end)
        return in;
    /* Where all lies outside (zeros, or the border's own samples) a sample of the border stands
     * for it. */
    in.begin = seam_clamp(in.begin, domain.begin, domain.end - 1);
    in.end = seam_clamp(in.end, domain.begin + 1, domain.end);
    return in;
}

static bool is_empty(struct seam_span span)
{
    return span.begin >= span.end;
}

static void widen(struct seam_span *a, struct seam_span b)
{
    a->begin = seam_min(a->begin, b.begin);
    a->end = seam_max(a->end, b.end);
}

/* What the sources of an operation must hold for what is needed of its output. */
static void need_sources(const struct seam_net *net, int i, const struct seam_net_cells *cells,
                         struct seam_net_extent *extents)
{
    const struct seam_net_op *op = &net->ops[i];
    const struct seam_span *need = extents[op->output].need;
    for (int dir = 0; dir < 2; dir++)
        for (int k = 0; !is_empty(need[dir]) && k < seam_net_sources(op); k++) {
            const struct seam_ref *ref = seam_net_source(op, k);
            if (!ref)
                continue;
            struct seam_net_extent *e = &extents[ref->tensor];
            widen(&e->need[dir], seam_net_reads(op, cells ? &cells[i] : NULL, k, dir, need[dir],
                                                e->domain[dir]));
        }
}

/* Of what is rolled, all: any part of it may lie on both sides of the border. */
static void need_roll(const struct seam_net_op *op, struct seam_net_extent *e)
{
    const bool needed = !is_empty(e->need[0]) && !is_empty(e->need[1]);
    for (int dir = 0; dir < 2 && needed && op->kind == SEAM_OP_ROLL; dir++)
        if (!is_empty(e->domain[dir]))
            e->need[dir] = e->domain[dir];
}

/* From what is wanted of some tensors to what is needed of all. What the pass takes from an earlier
 * one needs nothing; a pass below 0 takes nothing. */
static bool spread_needs(const struct seam_net *net, int pass, const struct seam_net_cells *cells,
                         struct seam_net_extent *extents)
{
    for (int i = net->n_ops - 1; i >= 0; i--) {
        if (seam_net_takes(net, net->ops[i].output, pass))
            continue;
        need_roll(&net->ops[i], &extents[net->ops[i].output]);
        need_sources(net, i, cells, extents);
    }
    /* A picture may be too small for what the network cuts off. */
    for (int i = 0; i < 2 * net->n_tensors; i++) {
        const struct seam_span need = extents[i / 2].need[i % 2];
        const struct seam_span has = extents[i / 2].domain[i % 2];
        if (!is_empty(need) && (need.begin < has.begin || need.end > has.end))
            return false;
    }
    return true;
}

static void clear_needs(const struct seam_net *net, const struct seam_span *domain,
                        struct seam_net_extent *extents)
{
    static const struct seam_span nothing = { INT64_MAX, INT64_MIN };
    for (int i = 0; i < net->n_tensors; i++)
        for (int dir = 0; dir < 2; dir++) {
            extents[i].domain[dir] = seam_net_domain(&net->tensors[i], dir, domain[dir]);
            extents[i].need[dir] = nothing;
        }
}

bool seam_net_extents(const struct seam_net *net, const struct seam_span *domain,
                      const struct seam_span *want, const struct seam_net_cells *cells,
                      struct seam_net_extent *extents)
{
    clear_needs(net, domain, extents);
    for (int dir = 0; dir < 2; dir++)
        extents[net->output].need[dir] = want[dir];
    return spread_needs(net, -1, cells, extents);
}

/* Of the reductions of a pass, or of all where it is below 0. */
static void want_sums(const struct seam_net *net, int pass, const struct seam_span *core,
                      struct seam_net_extent *extents)
{
    for (int i = 0; i < net->n_ops; i++) {
        const int out = net->ops[i].output;
        for (int dir = 0; dir < 2; dir++)
            if (net->ops[i].kind == SEAM_OP_REDUCE && (pass < 0 || net->ops[i].pass == pass))
                extents[out].need[dir] = seam_net_domain(&net->tensors[out], dir, core[dir]);
    }
}

bool seam_net_pass_extents(const struct seam_net *net, const struct seam_net_pass *p,
                           struct seam_net_extent *extents)
{
    clear_needs(net, p->domain, extents);
    if (p->pass == net->passes - 1)
        for (int dir = 0; dir < 2; dir++)
            extents[net->output].need[dir] = p->want[dir];
    else
        want_sums(net, p->pass, p->core, extents);
    for (int k = 0; p->all && k < net->n_kept; k++) {
        const int tensor = net->kept[k].tensor;
        for (int dir = 0; dir < 2 && seam_net_keeps(net, tensor, p->pass); dir++)
            widen(&extents[tensor].need[dir], p->all[tensor].need[dir]);
    }
    return spread_needs(net, p->all ? p->pass : -1, p->cells, extents);
}

bool seam_net_all_extents(const struct seam_net *net, const struct seam_net_pass *p,
                          struct seam_net_extent *extents)
{
    clear_needs(net, p->domain, extents);
    want_sums(net, -1, p->core, extents);
    for (int dir = 0; dir < 2; dir++)
        widen(&extents[net->output].need[dir], p->want[dir]);
    return spread_needs(net, -1, p->cells, extents);
}
