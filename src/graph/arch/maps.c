/* Parts without weights. */
#include "base/common.h"
#include "graph/arch/parts.h"

struct seam_map seam_map_input(struct seam_arch_work *a, int64_t channels)
{
    return (struct seam_map){ seam_build_input(&a->build, "input", channels), channels };
}

void seam_map_output(struct seam_arch_work *a, struct seam_map x)
{
    if (!seam_arch_failed(a))
        seam_build_output(&a->build, x.name, "output", x.channels);
}

/* An unnamed list of whole numbers as an input. */
#define LIST(a, ...)                                                                               \
    seam_build_list(&(a)->build, (const int64_t[]){ __VA_ARGS__ },                                 \
                    sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

struct seam_map seam_map_level(struct seam_arch_work *a, struct seam_map x, const char *input)
{
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    const char *const level = seam_build_number(&a->build, input);
    const struct seam_map one = seam_map_channels(a, x, 0, 1);
    const char *const shape = seam_build_node(&a->build, "Shape", one.name);
    const char *const zeros = seam_build_node(&a->build, "ConstantOfShape", shape);
    const char *const plane = seam_build_add(&a->build, zeros, level);
    return (struct seam_map){ plane, 1 };
}

struct seam_map seam_map_unary(struct seam_arch_work *a, struct seam_map x, const char *op)
{
    return seam_arch_failed(a)
               ? SEAM_NO_MAP
               : (struct seam_map){ seam_build_node(&a->build, op, x.name), x.channels };
}

struct seam_map seam_map_relu(struct seam_arch_work *a, struct seam_map x)
{
    return seam_map_unary(a, x, "Relu");
}

struct seam_map seam_map_sigmoid(struct seam_arch_work *a, struct seam_map x)
{
    return seam_map_unary(a, x, "Sigmoid");
}

struct seam_map seam_map_leaky(struct seam_arch_work *a, struct seam_map x, float slope)
{
    return seam_arch_failed(a)
               ? SEAM_NO_MAP
               : (struct seam_map){ seam_build_leaky(&a->build, x.name, slope), x.channels };
}

static struct seam_map binary(struct seam_arch_work *a, const char *op, struct seam_map x,
                              struct seam_map y)
{
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    /* One channel, or the mean of the picture, goes with any number. */
    if (x.channels != y.channels && y.channels != 1) {
        seam_arch_refuse(a, "joins %lld channels with %lld", (long long)x.channels,
                         (long long)y.channels);
        return SEAM_NO_MAP;
    }
    return (struct seam_map){ seam_build_node(&a->build, op, x.name, y.name), x.channels };
}

struct seam_map seam_map_add(struct seam_arch_work *a, struct seam_map x, struct seam_map y)
{
    return binary(a, "Add", x, y);
}

struct seam_map seam_map_sub(struct seam_arch_work *a, struct seam_map x, struct seam_map y)
{
    return binary(a, "Sub", x, y);
}

struct seam_map seam_map_mul(struct seam_arch_work *a, struct seam_map x, struct seam_map y)
{
    return binary(a, "Mul", x, y);
}

struct seam_map seam_map_with(struct seam_arch_work *a, struct seam_map x, const char *op,
                              const char *constant)
{
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    return (struct seam_map){ seam_build_node(&a->build, op, x.name, constant), x.channels };
}

struct seam_map seam_map_scale(struct seam_arch_work *a, struct seam_map x, float factor)
{
    if (factor == 1 || seam_arch_failed(a))
        return x;
    return seam_map_with(a, x, "Mul", seam_build_scalar(&a->build, factor));
}

struct seam_map seam_map_shift(struct seam_arch_work *a, struct seam_map x, float summand)
{
    return seam_arch_failed(a) ? SEAM_NO_MAP
                               : seam_map_with(a, x, "Add", seam_build_scalar(&a->build, summand));
}

struct seam_map seam_map_silu(struct seam_arch_work *a, struct seam_map x)
{
    return seam_map_mul(a, x, seam_map_sigmoid(a, x));
}

struct seam_map seam_map_mish(struct seam_arch_work *a, struct seam_map x)
{
    return seam_map_mul(a, x, seam_map_unary(a, seam_map_unary(a, x, "Softplus"), "Tanh"));
}

struct seam_map seam_map_gelu(struct seam_arch_work *a, struct seam_map x)
{
    const struct seam_map erf =
        seam_map_unary(a, seam_map_scale(a, x, 0.70710678118654752f), "Erf");
    return seam_map_scale(a, seam_map_mul(a, x, seam_map_shift(a, erf, 1)), 0.5f);
}

struct seam_map seam_map_concat(struct seam_arch_work *a, const struct seam_map *x, size_t n)
{
    const char *names[64];
    int64_t channels = 0;
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    if (n > SEAM_ARRAY_LEN(names))
        return seam_arch_refuse(a, "joins %zu maps", n), SEAM_NO_MAP;
    for (size_t i = 0; i < n; i++) {
        names[i] = x[i].name;
        channels += x[i].channels;
    }
    return (struct seam_map){ seam_build_concat(&a->build, names, n), channels };
}

struct seam_map seam_map_channels(struct seam_arch_work *a, struct seam_map x, int64_t begin,
                                  int64_t end)
{
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    if (begin < 0 || begin >= end || end > x.channels)
        return seam_arch_refuse(a, "has too few channels in one of its layers"), SEAM_NO_MAP;
    if (begin == 0 && end == x.channels)
        return x;
    return (struct seam_map){ seam_build_channels(&a->build, x.name, begin, end), end - begin };
}

struct seam_map seam_map_crop(struct seam_arch_work *a, struct seam_map x, int64_t n)
{
    if (n == 0 || seam_arch_failed(a))
        return x;
    const char *const from = LIST(a, n, n);
    const char *const to = LIST(a, -n, -n);
    const char *const axes = LIST(a, 2, 3);
    return (struct seam_map){ seam_build_node(&a->build, "Slice", x.name, from, to, axes),
                              x.channels };
}

struct seam_map seam_map_repeat(struct seam_arch_work *a, struct seam_map x, int64_t times)
{
    struct seam_map each[64];
    size_t n = 0;
    if (x.channels * times > (int64_t)SEAM_ARRAY_LEN(each))
        return seam_arch_refuse(a, "repeats %lld channels", (long long)x.channels), SEAM_NO_MAP;
    for (int64_t c = 0; c < x.channels; c++) {
        const struct seam_map one = seam_map_channels(a, x, c, c + 1);
        for (int64_t i = 0; i < times; i++)
            each[n++] = one;
    }
    return seam_map_concat(a, each, n);
}

struct seam_map seam_map_shuffle(struct seam_arch_work *a, struct seam_map x, int64_t r)
{
    if (r == 1 || seam_arch_failed(a))
        return x;
    if (r < 1 || x.channels % (r * r) != 0)
        return seam_arch_refuse(a, "has %lld channels to be made pixels", (long long)x.channels),
               SEAM_NO_MAP;
    return (struct seam_map){ seam_build_shuffle(&a->build, x.name, r), x.channels / (r * r) };
}

struct seam_map seam_map_resize(struct seam_arch_work *a, struct seam_map x, const char *mode,
                                int64_t factor)
{
    if (factor == 1 || seam_arch_failed(a))
        return x;
    return (struct seam_map){ seam_build_resize(&a->build, x.name, mode, (float)factor),
                              x.channels };
}

struct seam_map seam_map_resize_as(struct seam_arch_work *a, struct seam_map x,
                                   struct seam_map like, const char *mode)
{
    struct seam_build *b = &a->build;
    const bool nearest = mode[0] == 'n';
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    const char *const zero = LIST(a, 0), *const two = LIST(a, 2), *const four = LIST(a, 4);
    const char *const head =
        seam_build_node(b, "Slice", seam_build_node(b, "Shape", x.name), zero, two);
    const char *const tail =
        seam_build_node(b, "Slice", seam_build_node(b, "Shape", like.name), two, four);
    seam_build_int(b, "axis", 0);
    const char *const sizes = seam_build_node(b, "Concat", head, tail);
    seam_build_string(b, "mode", mode);
    seam_build_string(b, "coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel");
    if (nearest)
        seam_build_string(b, "nearest_mode", "floor");
    return (struct seam_map){ seam_build_node(b, "Resize", x.name, "", "", sizes), x.channels };
}

struct seam_map seam_map_max_pool(struct seam_arch_work *a, struct seam_map x, int64_t kernel,
                                  int64_t stride)
{
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    seam_build_ints(&a->build, "kernel_shape", (const int64_t[]){ kernel, kernel }, 2);
    seam_build_ints(&a->build, "strides", (const int64_t[]){ stride, stride }, 2);
    return seam_map_unary(a, x, "MaxPool");
}

struct seam_map seam_map_mean(struct seam_arch_work *a, struct seam_map x)
{
    return seam_map_unary(a, x, "GlobalAveragePool");
}
