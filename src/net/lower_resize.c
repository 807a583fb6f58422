/* Resize and Upsample as tables of taps. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "net/lower.h"

enum sampling { SAMPLE_NEAREST, SAMPLE_LINEAR, SAMPLE_CUBIC };

/* The sample at (or left of, for all but nearest) a place, and the taps around it. */
static const int taps_of[] = { 1, 2, 4 };

static int64_t nearest(double place, const char *rounding)
{
    if (!strcmp(rounding, "floor"))
        return (int64_t)floor(place);
    if (!strcmp(rounding, "ceil"))
        return (int64_t)ceil(place);
    if (!strcmp(rounding, "round_prefer_ceil"))
        return (int64_t)floor(place + 0.5);
    return (int64_t)ceil(place - 0.5);
}

/* Keys' kernel at the distance d. */
static double cubic(double a, double d)
{
    d = fabs(d);
    if (d <= 1)
        return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static bool fill_taps(struct lower *l, struct seam_resize *r, enum sampling mode, double shift)
{
    const char *rounding = seam_onnx_string(
        l->node, "nearest_mode", l->graph->opset < 11 ? "floor" : "round_prefer_floor");
    const struct seam_onnx_attr *attr = seam_onnx_attr(l->node, "cubic_coeff_a");
    const double a = attr ? (double)attr->f : -0.75;
    r->taps = taps_of[mode];
    r->at = seam_arena_alloc(&l->net->arena, (size_t)(r->up * r->taps), sizeof(*r->at));
    r->weight = seam_arena_alloc(&l->net->arena, (size_t)(r->up * r->taps), sizeof(*r->weight));
    if (!r->at || !r->weight)
        return seam_lower_fail(l, "there is no memory");
    if (l->graph->opset < 11 && r->up < r->down)
        rounding = "ceil";
    for (int64_t k = 0; k < r->up; k++) {
        const double place = ((double)k + shift) * (double)r->down / (double)r->up - shift;
        const int64_t first = (int64_t)floor(place) - (mode == SAMPLE_CUBIC);
        for (int t = 0; t < r->taps; t++) {
            const double distance = place - (double)(first + t);
            r->at[k * r->taps + t] = mode == SAMPLE_NEAREST ? nearest(place, rounding) : first + t;
            r->weight[k * r->taps + t] =
                (float)(mode == SAMPLE_NEAREST  ? 1
                        : mode == SAMPLE_LINEAR ? 1 - fabs(distance)
                                                : cubic(a, distance));
        }
    }
    return true;
}

static bool resize_mode(struct lower *l, enum sampling *mode, double *shift)
{
    static const char *const modes[] = { "nearest", "linear", "cubic" };
    const char *name = seam_onnx_string(l->node, "mode", "nearest");
    const bool old = l->graph->opset < 11;
    const char *place = seam_onnx_string(l->node, "coordinate_transformation_mode",
                                         old ? "asymmetric" : "half_pixel");
    int m = 0;
    while (m < 3 && strcmp(modes[m], name) != 0)
        m++;
    if (m == 3 || seam_onnx_int(l->node, "antialias", 0) ||
        seam_onnx_int(l->node, "exclude_outside", 0))
        return seam_lower_fail(l, "there is no rule for its way of sampling");
    const bool half = !strcmp(place, "half_pixel") || !strcmp(place, "pytorch_half_pixel") ||
                      !strcmp(place, "half_pixel_symmetric");
    if (!half && strcmp(place, "asymmetric") != 0)
        return seam_lower_fail(l, "there is no rule for its way of sampling");
    *mode = (enum sampling)m;
    *shift = half ? 0.5 : 0;
    return true;
}

bool seam_lower_resize(struct lower *l)
{
    const struct seam_fact *out = seam_lower_out_fact(l, 0);
    const struct lower_value *v = seam_lower_picture(l, 0);
    enum sampling mode = SAMPLE_NEAREST;
    double shift = 0;
    int64_t channels;
    if (!v || !resize_mode(l, &mode, &shift))
        return false;
    const struct seam_ref ref = v->ref;
    if (!seam_sym_whole(out->dims[out->rank - 3], &channels) || channels != ref.channels)
        return seam_lower_fail(l, "it resizes channels");
    struct seam_resize both[2];
    bool same = true;
    for (int dir = 0; dir < 2; dir++) {
        struct seam_resize *r = &both[dir];
        if (!seam_sym_quotient(out->dims[out->rank - 2 + dir], l->tensors[ref.tensor].size[dir],
                               &r->up, &r->down) || r->up < 1 || r->up > 64 || r->down > 64)
            return seam_lower_fail(l, "there is no rule for its ratio");
        if (!fill_taps(l, r, r->up == r->down ? SAMPLE_NEAREST : mode, shift))
            return false;
        same &= r->up == r->down;
    }
    if (same) {
        seam_lower_bind(l, 0, ref, NULL);
        return true;
    }
    const int tensor = seam_lower_tensor(l, ref.channels, out, out->rank - 2);
    struct seam_net_op *op = seam_lower_op(l, SEAM_OP_RESIZE, &ref, 1, tensor);
    if (!op)
        return false;
    memcpy(op->resize, both, sizeof(both));
    seam_lower_bind(l, 0, seam_lower_whole(l, tensor), NULL);
    return true;
}
