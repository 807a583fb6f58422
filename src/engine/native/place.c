/* The last part of compiling: which rows hold which tensor, which kernel runs which convolution, and
 * where its cells lie. */
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "net/net.h"
#include "field/sym.h"

/* ------------------------------------------------------------------------------------------------
 * Concatenations: parts are made where they are read
 * --------------------------------------------------------------------------------------------- */

static bool is_whole(const struct seam_net *net, const struct seam_ref *ref)
{
    return ref->tensor >= 0 && ref->first == 0 &&
           ref->channels == net->tensors[ref->tensor].channels;
}

/* Whether the concatenation is what already lies side by side in the rows of a larger one. */
static bool is_view(const struct seam_net *net, const struct seam_net_op *op)
{
    const struct seam_net_tensor *first = &net->tensors[op->inputs[0].tensor];
    int offset = 0;
    for (int k = 0; k < op->n_inputs; k++) {
        const struct seam_ref *in = &op->inputs[k];
        if (in->tensor < 0)
            return false;
        const struct seam_net_tensor *t = &net->tensors[in->tensor];
        if (t->store == in->tensor || t->store != first->store ||
            t->offset + in->first != first->offset + op->inputs[0].first + offset)
            return false;
        offset += in->channels;
    }
    return true;
}

static void place_concat(struct seam_net *net, struct seam_net_op *op, int width)
{
    struct seam_net_tensor *whole = &net->tensors[op->output];
    if (op->n_links > 0 || (op->n_inputs > 0 && op->inputs[0].tensor < 0))
        return;
    if (whole->store == op->output && op->output != net->output && is_view(net, op)) {
        const struct seam_net_tensor *first = &net->tensors[op->inputs[0].tensor];
        whole->store = first->store;
        whole->offset = first->offset + op->inputs[0].first;
        op->gone = true;
        return;
    }
    int offset = whole->offset;
    bool all = true;
    for (int k = 0; k < op->n_inputs; k++) {
        const struct seam_ref *in = &op->inputs[k];
        const bool last = k == op->n_inputs - 1 && whole->store == op->output;
        /* A kernel writes whole vectors: they must not reach into what lies behind. */
        if (is_whole(net, in) && net->tensors[in->tensor].store == in->tensor &&
            in->tensor != net->input && in->tensor != op->output && offset % width == 0 &&
            (last || in->channels % width == 0)) {
            net->tensors[in->tensor].store = whole->store;
            net->tensors[in->tensor].offset = offset;
        }
        const struct seam_net_tensor *t = in->tensor >= 0 ? &net->tensors[in->tensor] : NULL;
        all &= t && t->store == whole->store && t->offset + in->first == offset;
        offset += in->channels;
    }
    op->gone = all;
}

/* A tensor that was given to a store which then became a part itself follows it. */
static void place_tensors(struct seam_net *net)
{
    const int width = seam_cpu_width(net->cpu);
    for (int i = net->n_ops - 1; i >= 0; i--)
        if (net->ops[i].kind == SEAM_OP_CONCAT)
            place_concat(net, &net->ops[i], width);
    for (int i = 0; i < net->n_tensors; i++) {
        struct seam_net_tensor *t = &net->tensors[i];
        t->pitch = seam_row_pitch(net->cpu, net->tensors[t->store].channels);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Cells
 * --------------------------------------------------------------------------------------------- */

/* Where the cells that make a tensor should begin, seen from who reads it. */
struct wish {
    int64_t phase;
    int depth; /* cells between here and the output */
    bool set;
};

static void wish_for(struct wish *w, int64_t phase, int depth)
{
    if (w->set && w->depth >= depth)
        return;
    *w = (struct wish){ seam_floor_mod(phase, SEAM_NET_CELL), depth, true };
}

/* In rows cells end where the reader's last row lies, so that nothing is made before it is needed.
 * In columns they lean to one side and the other in turn, so that neither grows. */
static int64_t phase_before(const struct seam_net_op *op, int dir, int depth)
{
    const struct seam_slide *s = &op->slide[dir];
    const int64_t first = op->phase[dir] - s->pad;
    const int64_t end = first + SEAM_NET_CELL - 1 + (s->kernel - 1) * s->dilation + 1;
    return dir == SEAM_ROWS || depth % 2 ? end : first;
}

static bool place_cells(struct seam_net *net)
{
    struct wish *wishes = calloc((size_t)(unsigned)net->n_tensors, 2 * sizeof(*wishes));
    if (!wishes)
        return false;
    for (int i = net->n_ops - 1; i >= 0; i--) {
        struct seam_net_op *op = &net->ops[i];
        for (int dir = 0; dir < 2 && !op->gone; dir++) {
            struct wish mine = wishes[2 * op->output + dir];
            const bool cells = op->conv && op->conv->group > 1;
            if (cells) {
                op->cell[dir] = SEAM_NET_CELL;
                op->phase[dir] = mine.phase;
            }
            for (int k = 0; k < seam_net_sources(op); k++) {
                const struct seam_ref *ref = seam_net_source(op, k);
                struct wish *w = ref ? &wishes[2 * ref->tensor + dir] : NULL;
                const bool same = op->kind == SEAM_OP_POINT || op->kind == SEAM_OP_CONCAT ||
                                  k >= op->n_inputs;
                if (w && cells && k < op->n_inputs)
                    wish_for(w, phase_before(op, dir, mine.depth + 1), mine.depth + 1);
                else if (w && same && mine.set)
                    wish_for(w, mine.phase, mine.depth);
            }
        }
    }
    free(wishes);
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Convolutions
 * --------------------------------------------------------------------------------------------- */

/* Whether a kernel can add this tensor: all of its channels, at any pitch. */
static bool can_add(const struct seam_net *net, const struct seam_net_op *op,
                    const struct seam_link *s)
{
    return s->with.tensor >= 0 && s->with.channels == net->tensors[op->output].channels;
}

static bool is_activation(const struct seam_link *s, struct seam_conv_desc *d)
{
    if (s->with.tensor >= 0)
        return false;
    switch (s->kind) {
    case SEAM_LINK_RELU: d->act = SEAM_ACT_RELU; return true;
    case SEAM_LINK_LEAKY:
        d->act = s->list ? SEAM_ACT_PRELU : SEAM_ACT_LEAKY;
        d->slope = s->a;
        d->slopes = s->list;
        return true;
    case SEAM_LINK_CLIP:
        d->act = SEAM_ACT_CLIP;
        d->lo = s->a;
        d->hi = s->b;
        return true;
    default: return false;
    }
}

/* How many of the first links are y = after + scale * act(conv + bias + before). */
static void fuse_links(const struct seam_net *net, struct seam_net_op *op,
                       struct seam_conv_desc *d)
{
    int i = 0;
    const struct seam_link *s = op->links;
    /* Only where an activation follows: else `after` does the same. */
    if (i + 1 < op->n_links && s[i].kind == SEAM_LINK_ADD && can_add(net, op, &s[i]) &&
        is_activation(&s[i + 1], d)) {
        op->before = s[i++].with;
        d->before = true;
    }
    if (i < op->n_links && is_activation(&s[i], d))
        i++;
    if (i < op->n_links && s[i].kind == SEAM_LINK_MUL && s[i].with.tensor < 0 && !s[i].list)
        d->scale *= s[i++].a;
    if (i < op->n_links && (s[i].kind == SEAM_LINK_ADD || s[i].kind == SEAM_LINK_SUB_FROM) &&
        can_add(net, op, &s[i])) {
        d->scale = s[i].kind == SEAM_LINK_ADD ? d->scale : -d->scale;
        op->after = s[i++].with;
        d->after = true;
    }
    op->fused = i;
}

static int pitch_of(const struct seam_net *net, const struct seam_ref *ref)
{
    return ref->tensor >= 0 ? net->tensors[ref->tensor].pitch : 0;
}

static bool open_conv(struct seam_net *net, struct seam_net_op *op, bool plain)
{
    const struct seam_slide *y = &op->slide[SEAM_ROWS], *x = &op->slide[SEAM_COLUMNS];
    struct seam_conv_desc d;
    seam_conv_desc_init(&d, op->inputs[0].channels, net->tensors[op->output].channels,
                        (int)x->kernel, (int)y->kernel);
    d.cpu = net->cpu;
    d.groups = op->groups;
    d.stride_x = (int)x->stride;
    d.stride_y = (int)y->stride;
    d.dilation_x = (int)x->dilation;
    d.dilation_y = (int)y->dilation;
    d.pad_left = (int)x->pad;
    d.weights = op->weights;
    d.bias = op->bias;
    d.plain = plain;
    fuse_links(net, op, &d);
    d.in_pitch = pitch_of(net, &op->inputs[0]);
    d.out_pitch = net->tensors[op->output].pitch;
    if (d.before)
        d.before_pitch = pitch_of(net, &op->before);
    if (d.after)
        d.after_pitch = pitch_of(net, &op->after);
    op->conv = seam_conv_open(&d);
    if (!op->conv)
        return false;
    net->packed_bytes += op->conv->packed_bytes;
    net->scratch_bytes = (size_t)seam_max((int64_t)net->scratch_bytes,
                                          (int64_t)op->conv->scratch_bytes);
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Shuffles
 * --------------------------------------------------------------------------------------------- */

static bool place_gather(struct seam_net *net, struct seam_net_op *op)
{
    const int64_t count = net->tensors[op->output].channels * op->to[0] * op->to[1];
    const int pitch = net->tensors[op->inputs[0].tensor].pitch;
    const int fy = (int)op->from[0], fx = (int)op->from[1];
    op->gather = seam_arena_alloc(&net->arena, (size_t)count, sizeof(*op->gather));
    for (int64_t i = 0; op->gather && i < count; i++)
        op->gather[i] = (struct seam_gather){
            .row = op->map[i] / fx % fy,
            .at = op->map[i] % fx * pitch + op->map[i] / fx / fy,
        };
    return op->gather != NULL;
}

/* ------------------------------------------------------------------------------------------------
 * Reach
 * --------------------------------------------------------------------------------------------- */

/* The input span that a picture must have for the output span to get its bits: no tensor on the way may
 * be read beyond its borders. */
static struct seam_span reads_of_output(const struct seam_net *net, int dir, struct seam_span out,
                                        struct seam_span *need)
{
    const struct seam_span none = { 0, 0 };
    for (int i = 0; i < net->n_tensors; i++)
        need[i] = (struct seam_span){ INT64_MAX, INT64_MIN };
    need[net->output] = out;
    for (int i = net->n_ops - 1; i >= 0; i--) {
        const struct seam_net_op *op = &net->ops[i];
        if (need[op->output].begin >= need[op->output].end)
            continue;
        for (int k = 0; k < seam_net_sources(op); k++) {
            const struct seam_ref *ref = seam_net_source(op, k);
            if (!ref)
                continue;
            struct seam_span in = seam_net_reads(op, k, dir, need[op->output], none);
            struct seam_span *n = &need[ref->tensor];
            n->begin = seam_min(n->begin, in.begin);
            n->end = seam_max(n->end, in.end);
        }
    }
    struct seam_span all = need[net->input];
    for (int i = 0; i < net->n_tensors; i++) {
        const struct seam_net_tensor *t = &net->tensors[i];
        if (need[i].begin >= need[i].end)
            continue;
        all.begin = seam_min(all.begin,
                             seam_floor_div(need[i].begin * t->den[dir], t->num[dir]));
        all.end = seam_max(all.end, -seam_floor_div(-(need[i].end - t->rest[dir]) * t->den[dir],
                                                    t->num[dir]));
    }
    return all;
}

static bool find_reach(struct seam_net *net)
{
    struct seam_span *need = malloc((size_t)net->n_tensors * sizeof(*need));
    const struct seam_net_tensor *out = &net->tensors[net->output];
    int64_t before[2] = { 0, 0 }, behind[2] = { 0, 0 };
    if (!need)
        return false;
    for (int dir = 0; dir < 2; dir++) {
        const int64_t period =
            seam_min(SEAM_NET_CELL * net->alignment * out->num[dir], 1024);
        for (int64_t o = 0; o < period; o++) {
            const struct seam_span in =
                reads_of_output(net, dir, (struct seam_span){ o, o + 1 }, need);
            const int64_t at = seam_floor_div(o * out->den[dir], out->num[dir]);
            before[dir] = seam_max(before[dir], at - in.begin);
            behind[dir] = seam_max(behind[dir], in.end - 1 - at);
        }
    }
    net->reach = (struct seam_sides){ before[1], behind[1], before[0], behind[0] };
    free(need);
    return true;
}

bool seam_net_place(struct seam_net *net, bool plain)
{
    place_tensors(net);
    for (int i = 0; i < net->n_ops; i++) {
        struct seam_net_op *op = &net->ops[i];
        if ((op->kind == SEAM_OP_CONV && !op->gone && !open_conv(net, op, plain)) ||
            (op->kind == SEAM_OP_SHUFFLE && !place_gather(net, op)))
            return false;
        op->weights = op->bias = NULL; /* packed, and gone with the graph */
    }
    return place_cells(net) && find_reach(net);
}
