/*
 * What networks are built of when their weights are known by name: each part takes its weights,
 * checks their shapes against the channels that come in, and refuses the file by the first that
 * does not fit.
 *
 *     struct seam_map x = seam_map_input(a, 3);
 *     x = seam_map_conv(a, x, NULL, "conv_first");
 *     for (int i = 0; i < blocks; i++)
 *         x = seam_map_add(a, x, seam_map_conv(a, seam_map_relu(a, x), NULL, "body.%d.conv", i));
 *     seam_map_output(a, seam_map_shuffle(a, x, 2));
 *
 * After a failure each part does nothing, so that nothing needs to be checked in between.
 */
#ifndef SEAM_GRAPH_ARCH_PARTS_H
#define SEAM_GRAPH_ARCH_PARTS_H

#include <stdarg.h>
#include <stdio.h>

#include "graph/arch/arch.h"
#include "graph/build.h"

/* Values of one size with `channels` of them per pixel, as the graph calls them. */
struct seam_map {
    const char *name;
    int64_t channels;
};

/* Of 255: the common default of denoisers that are told the level. */
#define SEAM_USUAL_NOISE 15

#define SEAM_NO_MAP ((struct seam_map){ NULL, 0 })

/* A network being built. */
struct seam_arch_work {
    struct seam_build build;
    struct seam_weights *weights;
    const char *name; /* of the architecture, for messages */
};

/* One family. Thread-safety: constant. */
struct seam_arch {
    const char *name;
    const char *purpose; /* "enlarges", "removes noise": what `info` says */
    bool (*recognise)(const struct seam_weights *weights); /* by keys that no other family has */
    void (*build)(struct seam_arch_work *a);
};

/* ---- weights ---- */

/* `key` as printf makes it of the function's last arguments. Longer keys are cut, and then not
 * found. */
#define SEAM_KEY_ROOM 256
#define SEAM_KEY_FORMAT(key, format)                                                               \
    char key[SEAM_KEY_ROOM];                                                                       \
    do {                                                                                           \
        va_list key_args;                                                                          \
        va_start(key_args, format);                                                                \
        vsnprintf(key, sizeof(key), format, key_args);                                             \
        va_end(key_args);                                                                          \
    } while (0)

/* Whether there is such a key; the name is made as printf does. */
bool seam_arch_has(const struct seam_arch_work *a, const char *key, ...) SEAM_PRINTF(2, 3);
/* Size `axis` of a weight, 0 where it has none such. */
int64_t seam_arch_size(const struct seam_arch_work *a, int axis, const char *key, ...)
    SEAM_PRINTF(3, 4);
/* Take a weight of this shape, whose sizes of -1 may be any; NULL, and the file is refused, where
 * it is not there or is another. */
struct seam_weight *seam_arch_take(struct seam_arch_work *a, int rank, const int64_t *dims,
                                   const char *key, ...) SEAM_PRINTF(4, 5);
/* Known to be there and of no use. */
void seam_arch_surplus(struct seam_arch_work *a, const char *key, ...) SEAM_PRINTF(2, 3);
/* Refuse the file; the message begins with its name and what it looks like. */
void seam_arch_refuse(struct seam_arch_work *a, const char *format, ...) SEAM_PRINTF(2, 3);
static inline bool seam_arch_failed(const struct seam_arch_work *a)
{
    return a->build.result != SEAM_OK;
}

/* A weight's numbers in another shape, shared with the file. */
const char *seam_arch_reshaped(struct seam_arch_work *a, struct seam_weight *weight,
                               const int64_t *dims, int32_t rank);
/* A weight of one number per channel, made to be added to or multiplied with a map. */
const char *seam_arch_per_channel(struct seam_arch_work *a, int64_t channels, const char *key, ...)
    SEAM_PRINTF(3, 4);

/* r where `channels` is colours x r x r with as many colours as the picture has, or 3, 4 or 1, in
 * that order; *colours is set. 0, and the file is refused, where there is none. */
int64_t seam_arch_factor(struct seam_arch_work *a, int64_t channels, int64_t colours_in,
                         int64_t *colours);

/* The part of what its blocks make that an EDSR of so many features adds, said in a note where it
 * is not all. */
float seam_arch_edsr_part(struct seam_arch_work *a, int64_t features);
/* 2 or 3, which the weights do not tell: as the user says, else by the file's name, else 2; said in
 * a note. */
int64_t seam_arch_unsure_factor(struct seam_arch_work *a);
/* The level of the noise, which the user gives, has a usual value; said in a note. */
void seam_arch_say_noise(struct seam_arch_work *a, int of_255);

/* ---- ends ---- */

struct seam_map seam_map_input(struct seam_arch_work *a, int64_t channels);
void seam_map_output(struct seam_arch_work *a, struct seam_map x);
/* An input of one number, which the user gives, as one channel beside `x`. */
struct seam_map seam_map_level(struct seam_arch_work *a, struct seam_map x, const char *input);

/* ---- layers with weights ---- */

struct seam_conv {
    bool valid;       /* nothing is added at the border. Default: as much as keeps the size. */
    int64_t stride;   /* Default 1, as of the others. */
    int64_t dilation;
    int64_t groups;   /* -1: one per channel */
};

/* KEY.weight and, where it is there, KEY.bias. `how` NULL: the defaults. */
struct seam_map seam_map_conv(struct seam_arch_work *a, struct seam_map x,
                              const struct seam_conv *how, const char *key, ...) SEAM_PRINTF(4, 5);
/* The transposed convolution: `cut` pixels are taken away on each side. */
struct seam_map seam_map_deconv(struct seam_arch_work *a, struct seam_map x, int64_t stride,
                                int64_t cut, const char *key, ...) SEAM_PRINTF(5, 6);
/* A convolution of the picture in blocks of r x r pixels (PyTorch's pixel_unshuffle). */
struct seam_map seam_map_unshuffle_conv(struct seam_arch_work *a, struct seam_map x, int64_t r,
                                        const char *key, ...) SEAM_PRINTF(4, 5);
/* The same with one channel more beside the blocks: the level that the user gives. */
struct seam_map seam_map_unshuffle_level_conv(struct seam_arch_work *a, struct seam_map x,
                                              int64_t r, const char *input, const char *key);
/* A layer of a vector, which is a map of one pixel. */
struct seam_map seam_map_linear(struct seam_arch_work *a, struct seam_map x, const char *key, ...)
    SEAM_PRINTF(3, 4);
/* A convolution whose weights were made here: [out][in][k][k], and out of bias or NULL. */
struct seam_map seam_map_made_conv(struct seam_arch_work *a, struct seam_map x, const float *weight,
                                   const float *bias, int64_t out, int64_t kernel);
struct seam_map seam_map_batch_norm(struct seam_arch_work *a, struct seam_map x, const char *key,
                                    ...) SEAM_PRINTF(3, 4);
/* Over the channels of each pixel: less their mean, by their deviation; where there is no KEY.bias
 * by their deviation alone. */
struct seam_map seam_map_layer_norm(struct seam_arch_work *a, struct seam_map x, float epsilon,
                                    const char *key, ...) SEAM_PRINTF(4, 5);
/* Over the whole picture. */
struct seam_map seam_map_group_norm(struct seam_arch_work *a, struct seam_map x, int64_t groups,
                                    float epsilon, const char *key, ...) SEAM_PRINTF(5, 6);
struct seam_map seam_map_prelu(struct seam_arch_work *a, struct seam_map x, const char *key, ...)
    SEAM_PRINTF(3, 4);

/* ---- and without ---- */

struct seam_map seam_map_unary(struct seam_arch_work *a, struct seam_map x, const char *op);
struct seam_map seam_map_relu(struct seam_arch_work *a, struct seam_map x);
struct seam_map seam_map_leaky(struct seam_arch_work *a, struct seam_map x, float slope);
struct seam_map seam_map_sigmoid(struct seam_arch_work *a, struct seam_map x);
struct seam_map seam_map_silu(struct seam_arch_work *a, struct seam_map x);
struct seam_map seam_map_mish(struct seam_arch_work *a, struct seam_map x);
struct seam_map seam_map_gelu(struct seam_arch_work *a, struct seam_map x);
struct seam_map seam_map_add(struct seam_arch_work *a, struct seam_map x, struct seam_map y);
struct seam_map seam_map_sub(struct seam_arch_work *a, struct seam_map x, struct seam_map y);
struct seam_map seam_map_mul(struct seam_arch_work *a, struct seam_map x, struct seam_map y);
struct seam_map seam_map_scale(struct seam_arch_work *a, struct seam_map x, float factor);
struct seam_map seam_map_shift(struct seam_arch_work *a, struct seam_map x, float summand);
/* With a constant of the graph. */
struct seam_map seam_map_with(struct seam_arch_work *a, struct seam_map x, const char *op,
                              const char *constant);
struct seam_map seam_map_concat(struct seam_arch_work *a, const struct seam_map *x, size_t n);
struct seam_map seam_map_channels(struct seam_arch_work *a, struct seam_map x, int64_t begin,
                                  int64_t end);
/* Cut `n` pixels off each side. */
struct seam_map seam_map_crop(struct seam_arch_work *a, struct seam_map x, int64_t n);
/* Each channel r*r times in a row. */
struct seam_map seam_map_repeat(struct seam_arch_work *a, struct seam_map x, int64_t times);
struct seam_map seam_map_shuffle(struct seam_arch_work *a, struct seam_map x, int64_t r);
/* "nearest", "linear" */
struct seam_map seam_map_resize(struct seam_arch_work *a, struct seam_map x, const char *mode,
                                int64_t factor);
/* The size of another map, in the mode "nearest" or "linear" of PyTorch's interpolate. */
struct seam_map seam_map_resize_as(struct seam_arch_work *a, struct seam_map x,
                                   struct seam_map like, const char *mode);
struct seam_map seam_map_max_pool(struct seam_arch_work *a, struct seam_map x, int64_t kernel,
                                  int64_t stride);
struct seam_map seam_map_mean(struct seam_arch_work *a, struct seam_map x);
/* of the whole picture */ /* Sampled where the network says, r times as large; KEY.end_conv where
 * it is there. */
struct seam_map seam_map_dysample(struct seam_arch_work *a, struct seam_map x, int64_t r,
                                  const char *key);

/* ---- attention within windows (window.c) ---- */

/* Nothing attends within larger ones. */
#define SEAM_MOST_WINDOW 64

struct seam_windows {
    int64_t side, heads;
    int64_t shift;        /* the grid begins so far within the picture; 0: at its corner */
    struct seam_map mask; /* where it is shifted: of seam_map_window_mask() */
    const char *bias;     /* of the two below */
    int64_t around;       /* pixels that are attended to, where these are one and a half windows a
                             side, block by block of half a window; 0: those of the window */
};

/* The side of a window by KEY.relative_position_bias_table. */
int64_t seam_arch_window(const struct seam_arch_work *a, const char *key);
/* What is added where a pixel attends to another, by their distance: of a table of both distances,
 * each from -(side - 1) on, and `heads`, which come first or last. */
const char *seam_arch_window_bias(struct seam_arch_work *a, const struct seam_weight *table,
                                  const struct seam_windows *how, bool heads_first);
/* Heads and bias by KEY.relative_position_bias_table, for windows of this side. */
void seam_arch_window_heads(struct seam_arch_work *a, struct seam_windows *how, const char *key);
/* What the attention below is given, which lies on a grid of shifted windows: as many pixels of
 * `value` more as bring both ends to whole windows. */
struct seam_map seam_map_window_pad(struct seam_arch_work *a, struct seam_map x,
                                    const struct seam_windows *how, float value);
/* One channel: what is added where a pixel attends to another, which is no pixel of the picture. */
struct seam_map seam_map_window_mask(struct seam_arch_work *a, struct seam_map x,
                                     const struct seam_windows *how);
/* Each pixel becomes the values of the pixels of its window, weighed by how well its query fits
 * their keys and by where they are; all three on the windows' grid, the result on the picture's. */
struct seam_map seam_map_window_attention(struct seam_arch_work *a, struct seam_map q,
                                          struct seam_map k, struct seam_map v,
                                          const struct seam_windows *how);

/* What layers of a block are called behind its key. */
struct seam_window_keys {
    const char *norm1, *qkv, *proj, *norm2, *fc1, *fc2;
};

/* What the attention makes of a map, and a map and what two layers make of each pixel behind a
 * norm. */
struct seam_map seam_map_window_values(struct seam_arch_work *a, struct seam_map x,
                                       const struct seam_windows *how,
                                       const struct seam_window_keys *keys, const char *key);
struct seam_map seam_map_window_each(struct seam_arch_work *a, struct seam_map x,
                                     const struct seam_window_keys *keys, const char *key);
/* Attention, and two layers of each pixel, both behind a norm and added to what came in. */
struct seam_map seam_map_window_block(struct seam_arch_work *a, struct seam_map x,
                                      const struct seam_windows *how,
                                      const struct seam_window_keys *keys, const char *key);

#define SEAM_MAPS(...) (const struct seam_map[]){ __VA_ARGS__ }, \
                       sizeof((const struct seam_map[]){ __VA_ARGS__ }) / sizeof(struct seam_map)

#endif /* SEAM_GRAPH_ARCH_PARTS_H */
