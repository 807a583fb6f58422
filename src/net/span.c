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

struct seam_span seam_net_cells(const struct seam_net_op *op, int dir, struct seam_span span)
{
    const int64_t cell = op->cell[dir], phase = op->phase[dir];
    return (struct seam_span){
        seam_floor_div(span.begin - phase, cell) * cell + phase,
        -seam_floor_div(phase - span.end, cell) * cell + phase,
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

static struct seam_span op_reads(const struct seam_net_op *op, int dir, struct seam_span out,
                                 struct seam_span domain)
{
    switch (op->kind) {
    case SEAM_OP_CONV:
    case SEAM_OP_POOL: return slide_reads(&op->slide[dir], seam_net_cells(op, dir, out));
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
    case SEAM_OP_POINT:
    case SEAM_OP_CONCAT: break;
    }
    return out;
}

struct seam_span seam_net_reads(const struct seam_net_op *op, int k, int dir, struct seam_span out,
                                struct seam_span domain)
{
    struct seam_span in = k < op->n_inputs ? op_reads(op, dir, out, domain) : out;
    if (domain.begin >= domain.end)
        return in;
    /* Where all lies outside (zeros, or the border's own samples) a sample of the border stands
     * for it. */
    in.begin = seam_clamp(in.begin, domain.begin, domain.end - 1);
    in.end = seam_clamp(in.end, domain.begin + 1, domain.end);
    return in;
}
