/* Packing: which rows hold which tensor, which kernel runs which convolution, and where its cells
 * lie. */
#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "engine/native/packed.h"
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
static bool is_view(const struct seam_packed *p, const struct seam_net_op *op)
{
    const struct native_tensor *first = &p->tensors[op->inputs[0].tensor];
    int offset = 0;
    for (int k = 0; k < op->n_inputs; k++) {
        const struct seam_ref *in = &op->inputs[k];
        if (in->tensor < 0)
            return false;
        const struct native_tensor *t = &p->tensors[in->tensor];
        if (t->store == in->tensor || t->store != first->store ||
            t->offset + in->first != first->offset + op->inputs[0].first + offset)
            return false;
        offset += in->channels;
    }
    return true;
}

static void place_concat(struct seam_packed *p, int i, int width)
{
    const struct seam_net_op *op = &p->net->ops[i];
    struct native_tensor *whole = &p->tensors[op->output];
    if (op->n_links > 0 || (op->n_inputs > 0 && op->inputs[0].tensor < 0))
        return;
    if (whole->store == op->output && op->output != p->net->output && is_view(p, op)) {
        const struct native_tensor *first = &p->tensors[op->inputs[0].tensor];
        whole->store = first->store;
        whole->offset = first->offset + op->inputs[0].first;
        p->ops[i].gone = true;
        return;
    }
    int offset = whole->offset;
    bool all = true;
    for (int k = 0; k < op->n_inputs; k++) {
        const struct seam_ref *in = &op->inputs[k];
        struct native_tensor *t = in->tensor >= 0 ? &p->tensors[in->tensor] : NULL;
        const bool last = k == op->n_inputs - 1 && whole->store == op->output;
        /* A kernel writes whole vectors: they must not reach into what lies behind. */
        if (t && is_whole(p->net, in) && t->store == in->tensor && in->tensor != p->net->input &&
            in->tensor != op->output && offset % width == 0 &&
            (last || in->channels % width == 0)) {
            t->store = whole->store;
            t->offset = offset;
        }
        all &= t && t->store == whole->store && t->offset + in->first == offset;
        offset += in->channels;
    }
    p->ops[i].gone = all;
}

/* From the last concatenation to the first, so that parts of parts follow. */
static void place_tensors(struct seam_packed *p)
{
    const int width = seam_cpu_width(p->cpu);
    for (int i = 0; i < p->net->n_tensors; i++)
        p->tensors[i].store = i;
    for (int i = p->net->n_ops - 1; i >= 0; i--)
        if (p->net->ops[i].kind == SEAM_OP_CONCAT)
            place_concat(p, i, width);
    for (int i = 0; i < p->net->n_tensors; i++) {
        struct native_tensor *t = &p->tensors[i];
        t->pitch = seam_row_pitch(p->cpu, p->net->tensors[t->store].channels);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Cells
 * --------------------------------------------------------------------------------------------- */

/* Where the cells that make a tensor should begin, seen from who reads it; whoever makes it takes
 * that modulo its own cell. */
struct wish {
    int64_t phase;
    int depth; /* cells between here and the output */
    bool set;
};

static void wish_for(struct wish *w, int64_t phase, int depth)
{
    if (w->set && w->depth >= depth)
        return;
    *w = (struct wish){ phase, depth, true };
}

/* In rows cells end where the reader's last row lies, so that nothing is made before it is needed.
 * In columns they lean to one side and the other in turn, so that neither grows. */
static int64_t phase_before(const struct seam_slide *s, const struct seam_net_cells *cells, int dir,
                            int depth)
{
    const int64_t first = cells->phase[dir] - s->pad;
    const int64_t end = first + cells->size[dir] - 1 + (s->kernel - 1) * s->dilation + 1;
    return dir == SEAM_ROWS || depth % 2 ? end : first;
}

/* Lay the cells of operation i as its readers wish, and wish for those before it. */
static void place_cell(struct seam_packed *p, int i, int dir, struct wish *wishes)
{
    const struct seam_net_op *op = &p->net->ops[i];
    const struct wish mine = wishes[2 * op->output + dir];
    struct seam_net_cells *grid = &p->cells[i];
    const bool cells = p->ops[i].conv && p->ops[i].conv->group > 1;
    if (cells) {
        grid->size[dir] = p->ops[i].conv->grid;
        grid->phase[dir] = seam_floor_mod(mine.phase, grid->size[dir]);
    }
    for (int k = 0; k < seam_net_sources(op); k++) {
        const struct seam_ref *ref = seam_net_source(op, k);
        struct wish *w = ref ? &wishes[2 * ref->tensor + dir] : NULL;
        const bool same = op->kind == SEAM_OP_POINT || op->kind == SEAM_OP_CONCAT ||
                          op->kind == SEAM_OP_MIX || op->kind == SEAM_OP_ATTEND ||
                          k >= op->n_inputs;
        if (w && cells && k < op->n_inputs)
            wish_for(w, phase_before(&op->slide[dir], grid, dir, mine.depth + 1),
                     mine.depth + 1);
        else if (w && same && mine.set)
            wish_for(w, mine.phase, mine.depth);
    }
}

static bool place_cells(struct seam_packed *p)
{
    struct wish *wishes = calloc((size_t)(unsigned)p->net->n_tensors, 2 * sizeof(*wishes));
    if (!wishes)
        return false;
    for (int i = p->net->n_ops - 1; i >= 0; i--)
        for (int dir = 0; dir < 2 && !p->ops[i].gone; dir++)
            place_cell(p, i, dir, wishes);
    free(wishes);
    p->cell = p->period = 4;
    for (int i = 0; i < p->net->n_ops; i++) {
        const int64_t size = p->cells[i].size[SEAM_ROWS];
        p->cell = seam_max(p->cell, size);
        p->period = seam_lcm(p->period, size);
    }
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
    if (s->with.tensor >= 0 || s->vector)
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
static void fuse_links(const struct seam_net *net, const struct seam_net_op *op,
                       struct native_op *packed, struct seam_conv_desc *d)
{
    int i = 0;
    const struct seam_link *s = op->links;
    /* Only where an activation follows: else `after` does the same. */
    if (i + 1 < op->n_links && s[i].kind == SEAM_LINK_ADD && can_add(net, op, &s[i]) &&
        is_activation(&s[i + 1], d)) {
        packed->before = s[i++].with;
        d->before = true;
    }
    if (i < op->n_links && is_activation(&s[i], d))
        i++;
    if (i < op->n_links && s[i].kind == SEAM_LINK_MUL && s[i].with.tensor < 0 && !s[i].list &&
        !s[i].vector)
        d->scale *= s[i++].a;
    if (i < op->n_links && (s[i].kind == SEAM_LINK_ADD || s[i].kind == SEAM_LINK_SUB_FROM) &&
        can_add(net, op, &s[i])) {
        d->scale = s[i].kind == SEAM_LINK_ADD ? d->scale : -d->scale;
        packed->after = s[i++].with;
        d->after = true;
    }
    packed->fused = i;
}

static int pitch_of(const struct seam_packed *p, const struct seam_ref *ref)
{
    return ref->tensor >= 0 ? p->tensors[ref->tensor].pitch : 0;
}

static void need_scratch(struct seam_packed *p, size_t bytes)
{
    p->scratch_bytes = bytes > p->scratch_bytes ? bytes : p->scratch_bytes;
}

static bool open_conv(struct seam_packed *p, int i, bool plain)
{
    const struct seam_net *net = p->net;
    const struct seam_net_op *op = &net->ops[i];
    struct native_op *packed = &p->ops[i];
    const struct seam_slide *y = &op->slide[SEAM_ROWS], *x = &op->slide[SEAM_COLUMNS];
    struct seam_conv_desc d;
    seam_conv_desc_init(&d, op->inputs[0].channels, net->tensors[op->output].channels,
                        (int)x->kernel, (int)y->kernel);
    d.cpu = p->cpu;
    d.groups = op->groups;
    d.stride_x = (int)x->stride;
    d.stride_y = (int)y->stride;
    d.dilation_x = (int)x->dilation;
    d.dilation_y = (int)y->dilation;
    d.pad_left = (int)x->pad;
    d.weights = op->weights;
    d.bias = op->bias;
    d.plain = plain;
    fuse_links(net, op, packed, &d);
    d.in_pitch = pitch_of(p, &op->inputs[0]);
    d.out_pitch = p->tensors[op->output].pitch;
    if (d.before)
        d.before_pitch = pitch_of(p, &packed->before);
    if (d.after)
        d.after_pitch = pitch_of(p, &packed->after);
    packed->conv = seam_conv_open(&d);
    if (!packed->conv)
        return false;
    p->packed_bytes += packed->conv->packed_bytes;
    need_scratch(p, packed->conv->scratch_bytes);
    return true;
}

struct seam_attend seam_packed_attend(const struct seam_net_op *op)
{
    const struct seam_net_attend of = seam_net_attend_of(op);
    return (struct seam_attend){
        .heads = op->groups,
        .queries = op->pixels,
        .keys = of.keys,
        .query = of.query,
        .value = of.value,
        .pitch = seam_net_attend_pitch(of.keys),
        .factor = op->factor,
        .table = op->table,
    };
}

static void open_attend(struct seam_packed *p, const struct seam_net_op *op)
{
    const struct seam_attend a = seam_packed_attend(op);
    p->packed_bytes += (size_t)a.heads * (size_t)a.queries * (size_t)a.pitch * sizeof(*a.table);
    need_scratch(p, seam_attend_scratch(&a));
}

/* ------------------------------------------------------------------------------------------------
 * Shuffles
 * --------------------------------------------------------------------------------------------- */

static bool place_gather(struct seam_packed *p, int i)
{
    const struct seam_net_op *op = &p->net->ops[i];
    const int64_t count = p->net->tensors[op->output].channels * op->to[0] * op->to[1];
    const int pitch = p->tensors[op->inputs[0].tensor].pitch;
    const int fy = (int)op->from[0], fx = (int)op->from[1];
    struct native_gather *gather = seam_arena_alloc(&p->arena, (size_t)count, sizeof(*gather));
    for (int64_t k = 0; gather && k < count; k++)
        gather[k] = (struct native_gather){
            .row = op->map[k] / fx % fy,
            .at = op->map[k] % fx * pitch + op->map[k] / fx / fy,
        };
    p->ops[i].gather = gather;
    return gather != NULL;
}

/* ------------------------------------------------------------------------------------------------
 * Reach
 * --------------------------------------------------------------------------------------------- */

/* The input span that a picture must have for the output span to get its bits: no tensor on the way
 * may be read beyond its borders. */
static struct seam_span reads_of_output(const struct seam_packed *p, int dir, struct seam_span out,
                                        struct seam_span *need)
{
    const struct seam_net *net = p->net;
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
            struct seam_span in = seam_packed_reads(p, i, k, dir, need[op->output], none);
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

static bool find_reach(struct seam_packed *p)
{
    const struct seam_net *net = p->net;
    struct seam_span *need = malloc((size_t)net->n_tensors * sizeof(*need));
    const struct seam_net_tensor *out = &net->tensors[net->output];
    int64_t before[2] = { 0, 0 }, behind[2] = { 0, 0 };
    if (!need)
        return false;
    for (int dir = 0; dir < 2; dir++) {
        const int64_t period = seam_min(p->period * net->alignment * out->num[dir], 3072);
        for (int64_t o = 0; o < period; o++) {
            const struct seam_span in =
                reads_of_output(p, dir, (struct seam_span){ o, o + 1 }, need);
            const int64_t at = seam_floor_div(o * out->den[dir], out->num[dir]);
            before[dir] = seam_max(before[dir], at - in.begin);
            behind[dir] = seam_max(behind[dir], in.end - 1 - at);
        }
    }
    p->reach = (struct seam_sides){ before[1], behind[1], before[0], behind[0] };
    free(need);
    return true;
}

/* ---------------------------------------------------------------------------------------------- */

static bool pack(struct seam_packed *p, bool plain)
{
    const struct seam_net *net = p->net;
    p->tensors = seam_arena_alloc(&p->arena, (size_t)net->n_tensors, sizeof(*p->tensors));
    p->ops = seam_arena_alloc(&p->arena, (size_t)net->n_ops, sizeof(*p->ops));
    p->cells = seam_arena_alloc(&p->arena, (size_t)net->n_ops, sizeof(*p->cells));
    if (!p->tensors || !p->ops || !p->cells)
        return false;
    for (int i = 0; i < net->n_ops; i++) {
        p->ops[i].before.tensor = p->ops[i].after.tensor = -1;
        p->cells[i] = (struct seam_net_cells){ { 1, 1 }, { 0, 0 } };
    }
    place_tensors(p);
    for (int i = 0; i < net->n_ops; i++)
        if (net->ops[i].kind == SEAM_OP_ATTEND)
            open_attend(p, &net->ops[i]);
    for (int i = 0; i < net->n_ops; i++)
        if ((net->ops[i].kind == SEAM_OP_CONV && !open_conv(p, i, plain)) ||
            (net->ops[i].kind == SEAM_OP_SHUFFLE && !place_gather(p, i)))
            return false;
    return place_cells(p) && find_reach(p);
}

enum seam_result seam_packed_open(struct seam_packed **packed, struct seam_net *net,
                                  const struct seam_packed_params *params)
{
    struct seam_packed *p = calloc(1, sizeof(*p));
    *packed = NULL;
    if (!p) {
        seam_net_close(&net);
        return SEAM_ERROR_MEMORY;
    }
    seam_arena_init(&p->arena);
    p->net = net;
    p->cpu = seam_cpu_resolve(params ? params->cpu : SEAM_CPU_BEST);
    if (!pack(p, params && params->plain)) {
        seam_packed_close(&p);
        return SEAM_ERROR_MEMORY;
    }
    seam_net_drop_weights(net);
    *packed = p;
    return SEAM_OK;
}

enum seam_result seam_packed_compile(struct seam_packed **packed, const struct seam_graph *graph,
                                     const struct seam_net_params *net_params,
                                     const struct seam_packed_params *params,
                                     struct seam_net_obstacle *obstacle)
{
    struct seam_net *net;
    *packed = NULL;
    const enum seam_result r = seam_net_open(&net, graph, net_params, obstacle);
    return r == SEAM_OK ? seam_packed_open(packed, net, params) : r;
}

void seam_packed_close(struct seam_packed **packed)
{
    struct seam_packed *p = *packed;
    if (!p)
        return;
    for (int i = 0; p->ops && i < p->net->n_ops; i++)
        seam_conv_close(&p->ops[i].conv);
    seam_net_close(&p->net);
    seam_arena_free(&p->arena);
    free(p);
    *packed = NULL;
}
