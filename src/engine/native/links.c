/* What is done to each sample by itself. All is plain arithmetic in a fixed order, so that a vector
 * and its tail agree to the bit. What is no number goes in and comes out as none: comparisons are
 * written so that it fails them all and is kept. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "engine/native/flow_private.h"

/* ------------------------------------------------------------------------------------------------
 * Functions of the C library that compilers do not make vectors of
 * --------------------------------------------------------------------------------------------- */

/* e^x, as far as from -87 to 88, to 1 unit in the last place or two: 2^n times a polynomial in what
 * is left (Cephes' expf). */
static inline float exp_of(float x)
{
    x = x > 88.0f ? 88.0f : x;
    x = x < -87.0f ? -87.0f : x;
    /* Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits. */
    const float moved = x * 1.44269504088896341f + 12582912.0f;
    const float n = moved - 12582912.0f;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1;
    uint32_t bits;
    float power;
    memcpy(&bits, &moved, sizeof(bits));
    bits = (bits - 0x4b400000u + 127u) << 23;
    memcpy(&power, &bits, sizeof(power));
    return p * power;
}

/* Of any x: infinite and 0 where floats have no such number. */
static inline float whole_exp_of(float x)
{
    const float half = exp_of(0.5f * x);
    return fabsf(x) > 87.0f ? half * half : exp_of(x);
}

static inline float sigmoid_of(float x)
{
    return 1 / (1 + exp_of(-x));
}

static inline float tanh_of(float x)
{
    const float a = fabsf(x), s = x * x;
    float p = -5.70498872745e-3f;
    p = p * s + 2.06390887954e-2f;
    p = p * s - 5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s - 3.33332819422e-1f;
    const float small = p * s * x + x;
    const float large = 1 - 2 / (exp_of(2 * a) + 1);
    return a < 0.625f ? small : copysignf(large, x);
}

static inline float gelu_of(float x)
{
    return 0.5f * x * (1 + erff(x * 0.70710678118654752f));
}

static inline float gelu_tanh_of(float x)
{
    return 0.5f * x * (1 + tanh_of(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

static inline float softplus_of(float x)
{
    return (x > 0 ? x : 0) + log1pf(exp_of(-fabsf(x)));
}

static inline float clip_of(float v, float lo, float hi)
{
    v = v < lo ? lo : v;
    return v > hi ? hi : v;
}

/* The smaller, or whichever is no number. */
static inline float least_of(float v, float w)
{
    return v < w || isnan(v) ? v : w;
}

static inline float most_of(float v, float w)
{
    return v > w || isnan(v) ? v : w;
}

static inline float power_of(float v, float exponent)
{
    return exponent == 2 ? v * v : powf(v, exponent);
}

/* ------------------------------------------------------------------------------------------------
 * Lines
 * --------------------------------------------------------------------------------------------- */

/* v[i] = expression of `v` and, where it takes one, the other operand `o`. */
#define EACH(expression) \
    for (int64_t i = 0; i < n; i++) { \
        const float x = v[i]; \
        v[i] = (expression); \
    } \
    break
#define EACH_WITH(expression) \
    if (other) \
        for (int64_t i = 0; i < n; i++) { \
            const float x = v[i], o = other[i]; \
            v[i] = (expression); \
        } \
    else \
        for (int64_t i = 0; i < n; i++) { \
            const float x = v[i], o = a; \
            v[i] = (expression); \
        } \
    break

/* One link on n samples; `other` NULL: `a` for all. */
static void run_line(const struct seam_link *link, float *v, int64_t n, const float *other, float a)
{
    const float b = link->b;
    switch (link->kind) {
    case SEAM_LINK_RELU: EACH(x < 0 ? 0 : x);
    case SEAM_LINK_LEAKY: EACH_WITH(x < 0 ? o * x : x);
    case SEAM_LINK_CLIP: EACH(clip_of(x, link->a, b));
    case SEAM_LINK_SIGMOID: EACH(sigmoid_of(x));
    case SEAM_LINK_SWISH: EACH(x * sigmoid_of(link->a * x));
    case SEAM_LINK_TANH: EACH(tanh_of(x));
    case SEAM_LINK_ELU: EACH(x > 0 ? x : link->a * (exp_of(x) - 1));
    case SEAM_LINK_HARD_SIGMOID: EACH(clip_of(link->a * x + b, 0, 1));
    case SEAM_LINK_HARD_SWISH: EACH(x * clip_of(x * (1.0f / 6) + 0.5f, 0, 1));
    case SEAM_LINK_GELU: EACH(gelu_of(x));
    case SEAM_LINK_GELU_TANH: EACH(gelu_tanh_of(x));
    case SEAM_LINK_ERF: EACH(erff(x));
    case SEAM_LINK_ABS: EACH(fabsf(x));
    case SEAM_LINK_SQRT: EACH(sqrtf(x));
    case SEAM_LINK_EXP: EACH(whole_exp_of(x));
    case SEAM_LINK_SOFTPLUS: EACH(softplus_of(x));
    case SEAM_LINK_ADD: EACH_WITH(x + o);
    case SEAM_LINK_SUB: EACH_WITH(x - o);
    case SEAM_LINK_SUB_FROM: EACH_WITH(o - x);
    case SEAM_LINK_MUL: EACH_WITH(x * o);
    case SEAM_LINK_DIV: EACH_WITH(x / o);
    case SEAM_LINK_DIV_INTO: EACH_WITH(o / x);
    case SEAM_LINK_POW: EACH_WITH(power_of(x, o));
    case SEAM_LINK_POW_OF: EACH_WITH(power_of(o, x));
    case SEAM_LINK_MIN: EACH_WITH(least_of(x, o));
    case SEAM_LINK_MAX: EACH_WITH(most_of(x, o));
    case SEAM_LINK_ROUND: EACH(rintf(x));
    case SEAM_LINK_FLOOR: EACH(floorf(x));
    case SEAM_LINK_CEIL: EACH(ceilf(x));
    }
}

static void run_link(const struct seam_flow *f, const struct seam_link *link, int tensor, int64_t y,
                     struct seam_span cols)
{
    const int channels = f->net->tensors[tensor].channels, pitch = flow_pitch(f, tensor);
    const struct seam_ref *with = &link->with;
    const float *list = link->vector ? f->lists[link->vector - 1] : link->list;
    const bool one = link->vector && f->net->vectors[link->vector - 1].count == 1;
    const int64_t n = cols.end - cols.begin;
    float *v = flow_at(f, tensor, y, cols.begin);
    const float *other = NULL;
    int other_pitch = 0;
    if (with->tensor >= 0) {
        other = flow_at(f, with->tensor, y, cols.begin) + with->first;
        other_pitch = flow_pitch(f, with->tensor);
    }
    const float a = one ? *list : link->a;
    const bool dense = pitch == channels && (!list || one) &&
                       (!other || (with->channels == channels && other_pitch == pitch));
    list = one ? NULL : list;
    if (dense) {
        run_line(link, v, n * channels, other, a);
        return;
    }
    const bool broadcast = other && with->channels == 1;
    for (int64_t x = 0; x < n; x++, v += pitch) {
        const float *here = other ? other + x * other_pitch : NULL;
        run_line(link, v, channels, list ? list : broadcast ? NULL : here,
                 broadcast ? *here : a);
    }
}

void seam_flow_run_links(const struct seam_flow *f, const struct seam_net_op *op, int first,
                    struct seam_span rows, struct seam_span cols)
{
    for (int64_t y = rows.begin; y < rows.end; y++)
        for (int i = first; i < op->n_links; i++)
            run_link(f, &op->links[i], op->output, y, cols);
}
