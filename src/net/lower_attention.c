/* Attention within windows, found by pattern_attention.c: queries, keys and values as pictures of
 * one pixel a window. */
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

#define UNLIKE "what attends is not laid out as pixels of windows"

enum part { PART_PIXELS, PART_HEADS, PART_EACH, PART_LINES, PARTS };

/* One operand, a pixel a window. */
struct operand {
    struct seam_ref ref;
    struct lower_view view; /* as it came */
    int part[SEAM_MAX_ATOMS]; /* of its atoms */
    int64_t count[PARTS];   /* pixels of a window; heads; channels of each */
    bool phases;            /* the pixels of a window are pixels of `view` */
};

/* Which part an atom is of; `pixels`: the axis of a window's pixels, of the last two. */
static bool part_of(const struct lower_atom *a, int rank, int pixels, int *part)
{
    if (a->kind == LOWER_LINE)
        *part = PART_LINES;
    else
        *part = a->axis == pixels ? PART_PIXELS : a->axis >= rank - 2 ? PART_EACH : PART_HEADS;
    return a->kind == LOWER_CHANNEL || *part == PART_PIXELS ||
           (a->kind == LOWER_LINE && a->axis < rank - 2);
}

/* [pixel][head][each] as the channels of one pixel a window. */
static bool take_operand(struct lower *l, size_t k, bool turned, struct operand *o)
{
    const struct lower_value *v = seam_lower_input(l, k);
    const struct seam_fact *fact = seam_lower_fact(l, k);
    struct lower_view flat = { .n = 0 };
    memset(o, 0, sizeof(*o));
    if (!v || v->kind != LOWER_PICTURE)
        return seam_lower_fail(l, UNLIKE);
    for (int i = 0; i < PARTS; i++)
        o->count[i] = 1;
    seam_lower_atoms(v, fact->rank, &o->view);
    for (int i = 0; i < o->view.n; i++) {
        const struct lower_atom *a = &o->view.atoms[i];
        if (!part_of(a, fact->rank, fact->rank - (turned ? 1 : 2), &o->part[i]))
            return seam_lower_fail(l, UNLIKE);
        if (a->kind != LOWER_LINE)
            o->count[o->part[i]] *= a->size;
        o->phases |= a->kind == LOWER_PHASE;
    }
    for (int part = 0; part < PARTS; part++)
        for (int i = 0; i < o->view.n; i++)
            if (o->part[i] == part) {
                flat.atoms[flat.n] = o->view.atoms[i];
                flat.atoms[flat.n++].axis = part == PART_LINES ? 1 + o->view.atoms[i].dir : 0;
            }
    struct lower_value settled = { .kind = LOWER_PICTURE, .ref = v->ref, .view = &flat };
    if (!seam_lower_settle(l, &settled, 3, false))
        return false;
    o->ref = settled.ref;
    return true;
}

/* The bias of each head, query and key, with room behind the last key. */
static const float *bias_table(struct lower *l, const struct operand *q, const struct operand *k)
{
    const int64_t keys = k->count[PART_PIXELS], pitch = seam_net_attend_pitch((int)keys);
    const int64_t rows = q->count[PART_HEADS] * q->count[PART_PIXELS];
    const float *data = NULL;
    int64_t count = 1;
    if (l->node->inputs[3] >= 0 && !seam_lower_constant(l, 3, &data, &count))
        return NULL;
    const bool each = count == rows * keys, shared = count == q->count[PART_PIXELS] * keys;
    if (data && !each && !shared && count != 1)
        return seam_lower_fail(l, "its bias does not fit its windows"), NULL;
    float *table = seam_arena_alloc(&l->net->arena, (size_t)(rows * pitch), sizeof(*table));
    for (int64_t i = 0; table && i < rows * pitch; i++) {
        const int64_t at = i / pitch * keys + i % pitch;
        table[i] = i % pitch >= keys ? SEAM_NET_NO_KEY
                   : !data           ? 0
                                     : data[at % count];
    }
    return table;
}

/* Give the atoms of a part strides of their own, in the order in which they lie: the smallest is
 * `stride`. */
static void restride(const struct operand *o, enum part part, int64_t stride, int64_t *strides)
{
    for (int i = o->view.n; i-- > 0;)
        if (o->part[i] == (int)part) {
            strides[i] = stride;
            stride *= o->view.atoms[i].size;
        }
}

/* Windows become pixels again where they were: pixels of heads' channels. */
static bool back_to_pixels(struct lower *l, const struct operand *q, int64_t each,
                           struct seam_ref *ref)
{
    const int64_t heads = q->count[PART_HEADS];
    struct lower_view flat = { .n = 1 };
    int64_t strides[SEAM_MAX_ATOMS] = { 0 };
    flat.atoms[0] = (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = 0, .size = heads * each,
                                         .stride = 1 };
    restride(q, PART_PIXELS, heads * each, strides);
    for (int dir = 0; dir < 2; dir++) {
        int64_t below = INT64_MAX;
        flat.atoms[flat.n++] = (struct lower_atom){ .kind = LOWER_LINE, .axis = 1 + dir,
                                                    .dir = dir, .stride = 1 };
        for (;;) { /* from the largest place in the row or column to the smallest */
            int next = -1;
            for (int i = 0; i < q->view.n; i++) {
                const struct lower_atom *a = &q->view.atoms[i];
                if (a->kind == LOWER_PHASE && a->dir == dir && a->stride < below &&
                    (next < 0 || a->stride > q->view.atoms[next].stride))
                    next = i;
            }
            if (next < 0)
                break;
            below = q->view.atoms[next].stride;
            flat.atoms[flat.n++] = (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = 1 + dir,
                                                        .size = q->view.atoms[next].size,
                                                        .stride = strides[next] };
        }
    }
    struct lower_value settled = { .kind = LOWER_PICTURE, .ref = *ref, .view = &flat };
    if (!seam_lower_settle(l, &settled, 3, false))
        return false;
    *ref = settled.ref;
    return true;
}

/* The axes of the queries, each having `each` channels of its values now. */
static bool bind_result(struct lower *l, const struct operand *q, int64_t each,
                        struct seam_ref ref)
{
    const int rank = seam_lower_out_fact(l, 0)->rank;
    struct lower_view view = { .n = 0 };
    int64_t strides[SEAM_MAX_ATOMS] = { 0 };
    if (q->phases && !back_to_pixels(l, q, each, &ref))
        return false;
    restride(q, PART_HEADS, each, strides);
    restride(q, PART_PIXELS, q->count[PART_HEADS] * each, strides);
    for (int i = 0; i < q->view.n; i++) {
        struct lower_atom a = q->view.atoms[i];
        if (q->part[i] == PART_EACH)
            continue;
        if (a.kind == LOWER_CHANNEL)
            a.stride = strides[i];
        else if (a.kind == LOWER_LINE && !q->phases)
            a.stride = 1;
        view.atoms[view.n++] = a;
    }
    if (view.n == SEAM_MAX_ATOMS)
        return seam_lower_fail(l, UNLIKE);
    view.atoms[view.n++] = (struct lower_atom){ .kind = LOWER_CHANNEL, .axis = rank - 1,
                                                .size = each, .stride = 1 };
    return seam_lower_bind_view(l, ref, &view);
}

/* What is added to each key: one number of each pixel of a window. */
static bool take_mask(struct lower *l, const struct operand *k, struct seam_ref *ref)
{
    struct operand mask;
    if (!take_operand(l, 4, true, &mask))
        return false;
    *ref = mask.ref;
    if (mask.count[PART_HEADS] != 1 || mask.count[PART_EACH] != 1 ||
        mask.count[PART_PIXELS] != k->count[PART_PIXELS])
        return seam_lower_fail(l, "its mask does not fit its windows");
    return true;
}

static bool same_parts(const struct lower *l, const struct operand *a, const struct operand *b,
                       enum part part)
{
    return a->count[PART_HEADS] == b->count[PART_HEADS] && a->count[part] == b->count[part] &&
           seam_lower_same_size(l, &a->ref, &b->ref);
}

bool seam_lower_attention(struct lower *l)
{
    struct operand q, k, v;
    struct seam_ref refs[4];
    int n = 3;
    const bool turned = !strcmp(l->node->op, "WindowAttentionTurned");
    if (!take_operand(l, 0, false, &q) || !take_operand(l, 1, turned, &k) ||
        !take_operand(l, 2, false, &v))
        return false;
    if (!same_parts(l, &q, &k, PART_EACH) || !same_parts(l, &k, &v, PART_PIXELS))
        return seam_lower_fail(l, UNLIKE);
    refs[0] = q.ref;
    refs[1] = k.ref;
    refs[2] = v.ref;
    if (l->node->inputs[4] >= 0) {
        if (!take_mask(l, &k, &refs[n]) || !seam_lower_same_size(l, &refs[n], &q.ref))
            return seam_lower_fail(l, "its mask does not fit its windows");
        n++;
    }
    const int64_t each = v.count[PART_EACH], heads = q.count[PART_HEADS];
    const float *table = bias_table(l, &q, &k);
    const int tensor =
        table ? seam_lower_tensor_like(l, (int)(q.count[PART_PIXELS] * heads * each), q.ref.tensor)
              : -1;
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_ATTEND, refs, n, tensor);
    if (!op)
        return false;
    op->groups = (int)heads;
    op->pixels = (int)q.count[PART_PIXELS];
    op->table = table;
    op->factor = seam_onnx_attr(l->node, "alpha")->f;
    return bind_result(l, &q, each, seam_lower_whole(l, tensor));
}
