/*
 * Writes a graph node by node: for the readers of formats that have none, or another.
 *
 *     struct seam_build b;
 *     seam_build_init(&b, graph, log);
 *     const char *x = seam_build_input(&b, "input", 3);
 *     x = seam_build_conv(&b, x, seam_build_weight(&b, w), seam_build_weight(&b, bias),
 *                         &(struct seam_build_conv){ .pad = 1 });
 *     x = seam_build_node(&b, "Relu", x);
 *     seam_build_output(&b, x, "output", 3);
 *     return seam_build_finish(&b);
 *
 * Values are called by their names. After a failure (no memory; a value or a weight
 * that is NULL) each call does nothing and gives NULL, and _finish returns the failure: nothing
 * needs to be checked in between.
 *
 * Thread-safety: one thread at a time.
 */
#ifndef SEAM_GRAPH_BUILD_H
#define SEAM_GRAPH_BUILD_H

#include "graph/weights.h"

#define SEAM_BUILD_OPSET 17

struct seam_build {
    struct seam_graph *graph; /* owns all that is made */
    struct seam_log *log;
    enum seam_result result;
    size_t room_nodes, room_tensors, room_metadata; /* taken in the lists of the graph */
    int names;                                      /* made so far */
    const char *tag;                                /* in made names, where others may be there;
                                                       "" */
    struct seam_onnx_attr attrs[16];                /* of the next node */
    size_t n_attrs;
    const char *call_next; /* what the next node is called; NULL: after its operator and a number */
};

void seam_build_init(struct seam_build *b, struct seam_graph *graph, struct seam_log *log);

/* A picture of float, [1, channels, height, width] with both sizes free, values 0..1 unless
 * "seamless.range" is in the metadata. */
const char *seam_build_input(struct seam_build *b, const char *name, int64_t channels);
/* One number that the user gives, [1, 1, 1, 1]: a level of noise, a strength. */
const char *seam_build_number(struct seam_build *b, const char *name);
void seam_build_output(struct seam_build *b, const char *value, const char *name,
                       int64_t channels);

/* A fact for messages and `info`. Keys: seamless.range ("0..255"), seamless.architecture,
 * seamless.format, seamless.licence, seamless.note (one sentence on what was guessed; more than one
 * may be). */
void seam_build_say(struct seam_build *b, const char *key, const char *format, ...)
    SEAM_PRINTF(3, 4);

/* Attributes and the name of the next node. */
void seam_build_name(struct seam_build *b, const char *format, ...) SEAM_PRINTF(2, 3);
void seam_build_int(struct seam_build *b, const char *key, int64_t value);
void seam_build_float(struct seam_build *b, const char *key, float value);
void seam_build_string(struct seam_build *b, const char *key, const char *value);
void seam_build_ints(struct seam_build *b, const char *key, const int64_t *values, size_t n);

/* A node over `inputs` ("" leaves an optional one out) with the attributes and the name said
 * before. Its first output is returned, and all of them in `outputs`, which may be NULL for one. */
const char *seam_build_nodes(struct seam_build *b, const char *op, const char *const *inputs,
                             size_t n_inputs, const char **outputs, size_t n_outputs);
#define seam_build_node(b, op, ...)                                                                \
    seam_build_nodes((b), (op), (const char *const[]){ __VA_ARGS__ },                              \
                     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *), NULL, 1)

/* A node that is there already, as it stands; its arrays of ids need not be filled. */
void seam_build_push(struct seam_build *b, const struct seam_onnx_node *node);

/* Constants. A weight that is no float stays as it is behind a Cast; one that is wanted twice is
 * there once. */
const char *seam_build_weight(struct seam_build *b, struct seam_weight *weight);
const char *seam_build_floats(struct seam_build *b, const char *name, const float *data,
                              const int64_t *dims, int32_t rank);
const char *seam_build_scalar(struct seam_build *b, float value);
const char *seam_build_scalar_int(struct seam_build *b, int64_t value);
const char *seam_build_list(struct seam_build *b, const int64_t *values, size_t n);
/* Of any type, the bytes in a file or the arena; `name` may be NULL. */
const char *seam_build_tensor(struct seam_build *b, const struct seam_onnx_tensor *tensor);

struct seam_build_conv {
    int64_t pad;      /* on all sides. Default 0. */
    int64_t stride;   /* 0 is 1 */
    int64_t dilation; /* 0 is 1 */
    int64_t group;    /* 0 is 1 */
};
/* Conv with the kernel's shape left to its weights; `bias` NULL: none. */
const char *seam_build_conv(struct seam_build *b, const char *x, const char *weight,
                            const char *bias, const struct seam_build_conv *conv);

/* What several networks are made of. */
const char *seam_build_leaky(struct seam_build *b, const char *x, float slope);
const char *seam_build_add(struct seam_build *b, const char *x, const char *y);
const char *seam_build_mul(struct seam_build *b, const char *x, const char *y);
const char *seam_build_concat(struct seam_build *b, const char *const *x, size_t n); /* channels */
const char *seam_build_channels(struct seam_build *b, const char *x, int64_t begin, int64_t end);
const char *seam_build_shuffle(struct seam_build *b, const char *x, int64_t factor); /* PyTorch's */
const char *seam_build_resize(struct seam_build *b, const char *x, const char *mode, float factor);

/* Sets producer, operator set and lists; the result of the whole. */
enum seam_result SEAM_NODISCARD seam_build_finish(struct seam_build *b);

/* Keep the first failure, in words in the log; NULL. For builders of their own. */
void *seam_build_memory(struct seam_build *b);
void *seam_build_missing(struct seam_build *b, const char *what);

#endif /* SEAM_GRAPH_BUILD_H */
