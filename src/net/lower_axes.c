/* What lies along the axes of a picture that was reshaped: which of them hold channels, which rows
 * and columns, and which number of a constant meets which channel there. */
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

bool seam_lower_share(const struct lower_view *view, const bool *over, struct lower_share *share)
{
    bool lines[SEAM_MAX_RANK] = { false }, channels[SEAM_MAX_RANK] = { false };
    *share = (struct lower_share){ true, true, true, true };
    for (int i = 0; i < view->n; i++) {
        const struct lower_atom *a = &view->atoms[i];
        if (a->kind == LOWER_CHANNEL && a->size == 1)
            continue;
        if (a->kind == LOWER_PHASE || (a->kind == LOWER_LINE && a->stride != 1))
            return false;
        const bool line = a->kind == LOWER_LINE;
        (line ? lines : channels)[a->axis] = true;
        bool *all = line ? &share->all_lines : &share->all_channels;
        bool *none = line ? &share->no_lines : &share->no_channels;
        *all = *all && over[a->axis];
        *none = *none && !over[a->axis];
    }
    for (int i = 0; i < SEAM_MAX_RANK; i++)
        if (lines[i] && channels[i])
            return false;
    return true;
}

bool seam_lower_in_order(const struct lower_view *view, int channels)
{
    int64_t stride = channels;
    for (int i = 0; i < view->n; i++) {
        const struct lower_atom *a = &view->atoms[i];
        if (a->kind != LOWER_CHANNEL || a->size == 1)
            continue;
        if (a->stride * a->size != stride)
            return false;
        stride = a->stride;
    }
    return stride == 1;
}

/* The next atom from *at on that tells anything of the channels' number, or of the pixels. */
static const struct lower_atom *next_atom(const struct lower_view *view, int *at, bool channels)
{
    while (*at < view->n) {
        const struct lower_atom *a = &view->atoms[(*at)++];
        if (a->kind != LOWER_CHANNEL || (channels && a->size != 1))
            return a;
    }
    return NULL;
}

bool seam_lower_same_axes(const struct lower_value *a, int a_rank, const struct lower_value *b,
                          int b_rank)
{
    struct lower_view left, right;
    const bool channels = a->ref.channels != 1 && b->ref.channels != 1;
    int i = 0, k = 0;
    seam_lower_atoms(a, a_rank, &left);
    seam_lower_atoms(b, b_rank, &right);
    for (;;) {
        const struct lower_atom *x = next_atom(&left, &i, channels);
        const struct lower_atom *y = next_atom(&right, &k, channels);
        if (!x || !y)
            return !x && !y;
        const bool line = x->kind == LOWER_LINE;
        if (x->kind != y->kind || x->axis - a_rank != y->axis - b_rank || x->stride != y->stride ||
            (line || x->kind == LOWER_PHASE ? x->dir != y->dir : false) ||
            (!line && x->size != y->size))
            return false;
    }
}

bool seam_lower_same_size(const struct lower *l, const struct seam_ref *a,
                          const struct seam_ref *b)
{
    for (int dir = 0; dir < 2; dir++)
        if (!seam_sym_equal(l->tensors[a->tensor].size[dir], l->tensors[b->tensor].size[dir]))
            return false;
    return true;
}

/* Which number of something shaped as `fact` says each channel meets, broadcast as in ONNX:
 * at[channel] of `count`. */
static bool find_places(struct lower *l, const struct lower_value *v, int rank,
                        const struct seam_fact *fact, int64_t count, int *at)
{
    struct lower_view view;
    int64_t stride = 1;
    seam_lower_atoms(v, rank, &view);
    memset(at, 0, (size_t)v->ref.channels * sizeof(*at));
    for (int d = fact->rank - 1; d >= 0; d--) {
        int64_t size, place = stride;
        bool lines = false;
        for (int i = view.n - 1; i >= 0; i--) {
            const struct lower_atom *a = &view.atoms[i];
            if (a->axis != rank - fact->rank + d)
                continue;
            lines |= a->kind != LOWER_CHANNEL;
            for (int c = 0; a->kind == LOWER_CHANNEL && c < v->ref.channels; c++)
                at[c] += (int)(c / a->stride % a->size * place);
            place *= a->kind == LOWER_CHANNEL ? a->size : 1;
        }
        /* Along rows and columns it is the same, or too many numbers are left at the end. */
        if (lines && place == stride)
            continue;
        if (!seam_sym_whole(fact->dims[d], &size) || (size != 1 && place != stride * size))
            return seam_lower_fail(l, "it uses a constant picture");
        for (int c = 0; size == 1 && c < v->ref.channels; c++)
            at[c] %= (int)stride;
        stride *= size;
    }
    return stride == count || seam_lower_fail(l, "it uses a constant picture");
}

/* Whether a digit of the channels repeats them. */
static bool repeats(const struct lower_value *v)
{
    for (int i = 0; v->view && i < v->view->n; i++)
        if (v->view->atoms[i].kind == LOWER_CHANNEL && v->view->atoms[i].stride == 0)
            return true;
    return false;
}

/* The same of input k and the picture that is input `picture`, which is settled where channels are
 * met more than once; NULL, with `why` set. */
static const int *places(struct lower *l, size_t k, size_t picture, int64_t count)
{
    struct lower_value *v = seam_lower_input(l, picture);
    if (repeats(v) && !(v = seam_lower_picture(l, picture)))
        return NULL;
    const struct seam_fact *fact = seam_lower_fact(l, k);
    int *at = seam_arena_alloc(&l->net->arena, (size_t)v->ref.channels, sizeof(*at));
    if (!at || fact->state != SEAM_FACT_KNOWN || count > INT32_MAX)
        return seam_lower_fail(l, "there is no memory"), NULL;
    return find_places(l, v, seam_lower_fact(l, picture)->rank, fact, count, at) ? at : NULL;
}

bool seam_lower_per_channel(struct lower *l, size_t k, size_t picture, const float **list,
                            float *value)
{
    const float *data;
    int64_t count;
    if (!seam_lower_constant(l, k, &data, &count))
        return false;
    *list = NULL;
    *value = count ? data[0] : 0;
    if (count == 1)
        return true;
    const int *at = places(l, k, picture, count);
    if (!at)
        return false;
    const int channels = seam_lower_input(l, picture)->ref.channels;
    float *copy = seam_arena_alloc(&l->net->arena, (size_t)channels, sizeof(*copy));
    if (!copy)
        return seam_lower_fail(l, "there is no memory");
    for (int c = 0; c < channels; c++)
        copy[c] = data[at[c]];
    *list = copy;
    return true;
}

bool seam_lower_channel_vector(struct lower *l, size_t k, size_t picture, int *vector)
{
    const struct lower_value *v = seam_lower_input(l, k);
    *vector = 1 + v->vector;
    if (v->count == 1)
        return true;
    const int *at = places(l, k, picture, v->count);
    if (!at)
        return false;
    const int channels = seam_lower_input(l, picture)->ref.channels;
    bool own = v->count == channels;
    for (int c = 0; own && c < channels; c++)
        own = at[c] == c;
    if (own)
        return true;
    struct seam_net_vector *moved = seam_lower_pick(l, v->vector, channels, at);
    if (!moved)
        return false;
    *vector = 1 + (int)(moved - l->net->vectors);
    return true;
}
