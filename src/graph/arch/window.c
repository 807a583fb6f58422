/*
 * Attention within windows of w x w pixels. A window is brought together as the channels of one
 * place, so that every size follows the picture's.
 *
 * The grid of shifted windows begins within the picture. What its authors write as a roll, by which
 * the last windows hold pixels of both ends, and a mask that keeps these apart is here a padding
 * whose pixels nobody attends to: the same sums, for any size.
 */
#include <math.h>

#include "base/common.h"
#include "graph/arch/parts.h"

#define LIST(b, ...)                                                                               \
    seam_build_list((b), (const int64_t[]){ __VA_ARGS__ },                                         \
                    sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

/* What is added where nobody is to attend: its power of e is 0. */
#define NOBODY (-100.0f)

static const char *blocks_of(struct seam_build *b, const char *x, int64_t side)
{
    seam_build_int(b, "blocksize", side);
    return seam_build_node(b, "SpaceToDepth", x);
}

/* [rows, columns, 1, channels of a window] */
static const char *windows_of(struct seam_build *b, const char *blocks)
{
    seam_build_ints(b, "perm", (const int64_t[]){ 2, 3, 0, 1 }, 4);
    return seam_build_node(b, "Transpose", blocks);
}

/* [rows, columns, heads, pixels, channels] of blocks of so many pixels; `turned`: the last two the
 * other way round. */
static const char *heads_of(struct seam_arch_work *a, struct seam_map blocks, int64_t count,
                            int64_t heads, bool turned)
{
    struct seam_build *const b = &a->build;
    const char *const pixels =
        seam_build_node(b, "Reshape", windows_of(b, blocks.name),
                        LIST(b, 0, 0, count, heads, blocks.channels / count / heads));
    const int64_t plain[] = { 0, 1, 3, 2, 4 }, other[] = { 0, 1, 3, 4, 2 };
    seam_build_ints(b, "perm", turned ? other : plain, 5);
    return seam_build_node(b, "Transpose", pixels);
}

const char *seam_arch_window_bias(struct seam_arch_work *a, const struct seam_weight *w,
                                  const struct seam_windows *how, bool heads_first)
{
    const int64_t side = how->side, span = 2 * side - 1, n = side * side, heads = how->heads;
    const float *const table = w ? seam_weight_floats(a->weights, w) : NULL;
    if (!w)
        return NULL;
    float *const bias = seam_arena_alloc(&a->weights->graph->arena, (size_t)(heads * n * n),
                                         sizeof(*bias));
    if (!table || !bias)
        return seam_build_memory(&a->build);
    const int64_t head = heads_first ? span * span : 1, place = heads_first ? 1 : heads;
    for (int64_t h = 0; h < heads; h++)
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < n; k++) {
                const int64_t y = i / side - k / side + side - 1;
                const int64_t x = i % side - k % side + side - 1;
                bias[(h * n + i) * n + k] = table[(y * span + x) * place + h * head];
            }
    return seam_build_floats(&a->build, NULL, bias, (const int64_t[]){ heads, n, n }, 3);
}

void seam_arch_window_heads(struct seam_arch_work *a, struct seam_windows *how, const char *key)
{
    const int64_t span = 2 * how->side - 1;
    const struct seam_weight *const w = seam_arch_take(
        a, 2, (const int64_t[]){ span * span, -1 }, "%s.relative_position_bias_table", key);
    how->heads = w ? w->dims[1] : 0;
    how->bias = seam_arch_window_bias(a, w, how, false);
}

int64_t seam_arch_window(const struct seam_arch_work *a, const char *key)
{
    const int64_t places = seam_arch_size(a, 0, "%s.relative_position_bias_table", key);
    int64_t side = 1;
    while ((2 * side - 1) * (2 * side - 1) < places && side < SEAM_MOST_WINDOW)
        side++;
    return side;
}

struct seam_map seam_map_window_pad(struct seam_arch_work *a, struct seam_map x,
                                    const struct seam_windows *how, float value)
{
    struct seam_build *const b = &a->build;
    const int64_t before = how->side - how->shift, behind = how->shift;
    if (!how->shift || seam_arch_failed(a))
        return x;
    const char *const pads = LIST(b, 0, 0, before, before, 0, 0, behind, behind);
    return (struct seam_map){
        seam_build_node(b, "Pad", x.name, pads, seam_build_scalar(b, value)), x.channels
    };
}

struct seam_map seam_map_window_mask(struct seam_arch_work *a, struct seam_map x,
                                     const struct seam_windows *how)
{
    /* A plane of zeros as large as the picture. */
    const struct seam_map plane = seam_map_with(a, seam_map_channels(a, x, 0, 1), "Mul",
                                                seam_build_scalar(&a->build, 0));
    return seam_map_window_pad(a, plane, how, NOBODY);
}

/* Each window with a quarter more on all sides, zeros beyond the picture: nine blocks of half a
 * window's side, pixel by pixel, as the channels of one place. */
static struct seam_map around(struct seam_arch_work *a, struct seam_map x,
                              const struct seam_windows *how)
{
    struct seam_build *const b = &a->build;
    const int64_t half = how->side / 2, pad = half / 2;
    struct seam_map part[9];
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    const char *const pads = LIST(b, 0, 0, pad, pad, 0, 0, pad, pad);
    const char *const padded = seam_build_node(b, "Pad", x.name, pads, seam_build_scalar(b, 0));
    const char *const blocks = blocks_of(b, padded, half);
    for (int64_t i = 0; i < 9; i++) {
        /* Every second block, from the first, the second or the third on. */
        const int64_t y = i / 3, z = i % 3;
        const char *const from = LIST(b, y, z);
        const char *const to = LIST(b, y ? INT32_MAX : -1, z ? INT32_MAX : -1);
        part[i] = (struct seam_map){
            seam_build_node(b, "Slice", blocks, from, to, LIST(b, 2, 3), LIST(b, 2, 2)),
            half * half * x.channels
        };
    }
    return seam_map_concat(a, part, 9);
}

static struct seam_map unpad(struct seam_arch_work *a, struct seam_map x,
                             const struct seam_windows *how)
{
    struct seam_build *const b = &a->build;
    const int64_t before = how->side - how->shift, behind = how->shift;
    if (!how->shift)
        return x;
    const char *const from = LIST(b, before, before), *const to = LIST(b, -behind, -behind);
    return (struct seam_map){ seam_build_node(b, "Slice", x.name, from, to, LIST(b, 2, 3)),
                              x.channels };
}

/* What each pixel attends to, of each head: [rows, columns, heads, pixels, pixels]. */
static const char *attention(struct seam_arch_work *a, struct seam_map q, struct seam_map k,
                             const struct seam_windows *how)
{
    struct seam_build *const b = &a->build;
    const int64_t n = how->side * how->side;
    const char *const queries = heads_of(a, q, n, how->heads, false);
    const char *const keys = heads_of(a, k, how->around ? how->around : n, how->heads, true);
    const char *scores = seam_build_mul(
        b, seam_build_node(b, "MatMul", queries, keys),
        seam_build_scalar(b, 1 / sqrtf((float)(q.channels / n / how->heads))));
    scores = seam_build_add(b, scores, how->bias);
    if (how->shift) {
        const char *const mask = windows_of(b, blocks_of(b, how->mask.name, how->side));
        scores = seam_build_add(
            b, scores, seam_build_node(b, "Reshape", mask, LIST(b, 0, 0, 1, 1, n)));
    }
    seam_build_int(b, "axis", -1);
    return seam_build_node(b, "Softmax", scores);
}

static struct seam_map in_blocks(struct seam_arch_work *a, struct seam_map x, int64_t side)
{
    return (struct seam_map){ blocks_of(&a->build, x.name, side), side * side * x.channels };
}

struct seam_map seam_map_window_attention(struct seam_arch_work *a, struct seam_map q,
                                          struct seam_map k, struct seam_map v,
                                          const struct seam_windows *how)
{
    struct seam_build *const b = &a->build;
    if (seam_arch_failed(a))
        return SEAM_NO_MAP;
    const int64_t n = how->side * how->side, channels = q.channels;
    const int64_t keys = how->around ? how->around : 1;
    if (how->heads < 1 || channels % how->heads != 0 || k.channels != keys * channels ||
        v.channels != keys * channels)
        return seam_arch_refuse(a, "has %lld channels for %lld heads", (long long)q.channels,
                                (long long)how->heads),
               SEAM_NO_MAP;
    q = in_blocks(a, q, how->side);
    if (!how->around) {
        k = in_blocks(a, k, how->side);
        v = in_blocks(a, v, how->side);
    }
    const char *const weights = attention(a, q, k, how);
    const char *const values = heads_of(a, v, how->around ? how->around : n, how->heads, false);
    const char *const met = seam_build_node(b, "MatMul", weights, values);
    seam_build_ints(b, "perm", (const int64_t[]){ 0, 1, 3, 2, 4 }, 5);
    const char *const turned = seam_build_node(b, "Transpose", met);
    const char *const joined = seam_build_node(
        b, "Reshape", turned, LIST(b, 0, 0, 1, n * channels));
    seam_build_ints(b, "perm", (const int64_t[]){ 2, 3, 0, 1 }, 4);
    const char *const blocks = seam_build_node(b, "Transpose", joined);
    seam_build_int(b, "blocksize", how->side);
    return unpad(a, (struct seam_map){ seam_build_node(b, "DepthToSpace", blocks), channels }, how);
}

struct seam_map seam_map_window_values(struct seam_arch_work *a, struct seam_map x,
                                       const struct seam_windows *how,
                                       const struct seam_window_keys *keys, const char *key)
{
    const int64_t n = x.channels;
    const struct seam_map y =
        seam_map_linear(a, seam_map_window_pad(a, x, how, 0), "%s.%s", key, keys->qkv);
    if (!seam_arch_failed(a) && y.channels != 3 * n)
        seam_arch_refuse(a, "has %s.%s of %lld channels", key, keys->qkv, (long long)y.channels);
    struct seam_map k = seam_map_channels(a, y, n, 2 * n);
    struct seam_map v = seam_map_channels(a, y, 2 * n, 3 * n);
    if (how->around) {
        k = around(a, k, how);
        v = around(a, v, how);
    }
    const struct seam_map q = seam_map_channels(a, y, 0, n);
    return seam_map_linear(a, seam_map_window_attention(a, q, k, v, how), "%s.%s", key, keys->proj);
}

struct seam_map seam_map_window_each(struct seam_arch_work *a, struct seam_map x,
                                     const struct seam_window_keys *keys, const char *key)
{
    struct seam_map y = seam_map_layer_norm(a, x, 1e-5f, "%s.%s", key, keys->norm2);
    y = seam_map_gelu(a, seam_map_linear(a, y, "%s.%s", key, keys->fc1));
    return seam_map_add(a, x, seam_map_linear(a, y, "%s.%s", key, keys->fc2));
}

struct seam_map seam_map_window_block(struct seam_arch_work *a, struct seam_map x,
                                      const struct seam_windows *how,
                                      const struct seam_window_keys *keys, const char *key)
{
    const struct seam_map y = seam_map_layer_norm(a, x, 1e-5f, "%s.%s", key, keys->norm1);
    x = seam_map_add(a, x, seam_map_window_values(a, y, how, keys, key));
    return seam_map_window_each(a, x, keys, key);
}
