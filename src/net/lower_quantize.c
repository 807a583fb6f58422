/* Samples brought to whole numbers of few bits and back: they stay floats here, which hold all of
 * them. */
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

/* Numbers of input k: one for each channel of the picture, or *list NULL and one for all. */
static bool of_channels(struct lower *l, size_t k, int channels, struct seam_link *link)
{
    const int rank = seam_lower_fact(l, 0)->rank;
    const float *data;
    int64_t count;
    if (!seam_lower_constant(l, k, &data, &count))
        return false;
    link->a = count ? data[0] : 0;
    if (count == 1)
        return true;
    if (count != channels ||
        seam_axis(seam_onnx_int(l->node, "axis", 1), rank) != rank - 3)
        return seam_lower_fail(l, "its numbers do not lie along the channels");
    float *copy = seam_arena_alloc(&l->net->arena, (size_t)count, sizeof(*copy));
    if (!copy)
        return seam_lower_fail(l, "there is no memory");
    memcpy(copy, data, (size_t)count * sizeof(*copy));
    link->list = copy;
    return true;
}

/* What the type of a zero point holds; without one it is uint8. */
static bool range_of(struct lower *l, struct seam_link *clip)
{
    const struct seam_fact *zero = seam_lower_fact(l, 2);
    switch (zero ? zero->type : SEAM_ONNX_UINT8) {
    case SEAM_ONNX_UINT8: clip->a = 0, clip->b = UINT8_MAX; return true;
    case SEAM_ONNX_INT8: clip->a = INT8_MIN, clip->b = INT8_MAX; return true;
    case SEAM_ONNX_UINT16: clip->a = 0, clip->b = UINT16_MAX; return true;
    case SEAM_ONNX_INT16: clip->a = INT16_MIN, clip->b = INT16_MAX; return true;
    default: return seam_lower_fail(l, "there is no rule for its type");
    }
}

/* Both: a chain of links with the scale and the zero point. */
static bool lower_chain(struct lower *l, struct seam_link *links, int n)
{
    const struct lower_value *v = seam_lower_picture(l, 0);
    struct seam_ref out;
    if (!v)
        return false;
    const int channels = v->ref.channels;
    for (int i = 0; i < n; i++) {
        const enum seam_link_kind kind = links[i].kind;
        const bool scale = kind == SEAM_LINK_DIV || kind == SEAM_LINK_MUL;
        const bool zero = kind == SEAM_LINK_ADD || kind == SEAM_LINK_SUB;
        links[i].with = (struct seam_ref){ -1, 0, 0 };
        if ((scale && !of_channels(l, 1, channels, &links[i])) ||
            (zero && seam_lower_input(l, 2) && !of_channels(l, 2, channels, &links[i])))
            return false;
    }
    if (!seam_lower_link(l, seam_lower_input(l, 0)->ref, &links[0], &out))
        return false;
    for (int i = 1; i < n; i++)
        if (!seam_lower_again(l, out, &links[i]))
            return false;
    seam_lower_bind(l, 0, out, NULL);
    return true;
}

bool seam_lower_quantize(struct lower *l)
{
    struct seam_link links[] = { { .kind = SEAM_LINK_DIV },
                                 { .kind = SEAM_LINK_ROUND },
                                 { .kind = SEAM_LINK_ADD },
                                 { .kind = SEAM_LINK_CLIP } };
    return range_of(l, &links[3]) && lower_chain(l, links, SEAM_ARRAY_LEN(links));
}

bool seam_lower_dequantize(struct lower *l)
{
    struct seam_link links[] = { { .kind = SEAM_LINK_SUB }, { .kind = SEAM_LINK_MUL } };
    return lower_chain(l, links, SEAM_ARRAY_LEN(links));
}
