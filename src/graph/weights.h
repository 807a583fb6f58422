/*
 * The tensors of a file that holds no graph (PyTorch, safetensors), by name: what an architecture
 * is recognised by and built of.
 *
 *     const struct seam_weight *w = seam_weights_take(weights, "conv_first.weight");
 *     if (w && w->rank == 4)
 *         ... w->dims[0] features, w->data in what was read of the file ...
 *     const struct seam_weight *left = seam_weights_unused(weights);
 *
 * Everything lives in the graph that is to be built of it: its files and its arena.
 *
 * Thread-safety: one thread at a time.
 */
#ifndef SEAM_GRAPH_WEIGHTS_H
#define SEAM_GRAPH_WEIGHTS_H

#include "graph/graph.h"

#define SEAM_WEIGHT_MOST_RANK 8

/* One tensor, its elements in row-major order without gaps. */
struct seam_weight {
    const char *name; /* wrapper and common prefix taken off */
    int32_t type;     /* enum seam_onnx_type; FLOAT, FLOAT16, BFLOAT16 and DOUBLE are weights */
    int32_t rank;     /* 0: a scalar */
    int64_t dims[SEAM_WEIGHT_MOST_RANK];
    uint64_t count;      /* elements: the product of dims */
    const uint8_t *data; /* little-endian, not aligned; in the file wherever it allows */
    uint64_t size;       /* bytes at `data` */
    bool used;           /* taken by a builder, or named by it as surplus */
    const char *value;   /* in the graph, once seam_build_weight put it there */
};

struct seam_weights {
    struct seam_graph *graph;      /* owns the bytes, the names and what is made of them */
    const char *format;            /* "PyTorch", "safetensors": for messages */
    const char *wrapper;           /* "params_ema": the dictionary that was taken; "" where none
                                      was */
    struct seam_weight *items;     /* sorted by name, each name once */
    struct seam_onnx_pair *metadata; /* of the file: licence, "nunif.name", "nunif.kwargs.scale"
                                        ... */
    size_t count, n_metadata;
    const char *note;              /* one sentence on what was chosen of the file; NULL: nothing */
};

/* NULL where there is none of that name. `_take` marks it as used. */
struct seam_weight *seam_weights_find(const struct seam_weights *weights, const char *name);
struct seam_weight *seam_weights_take(struct seam_weights *weights, const char *name);

/* The first whose name begins with `prefix`; those after it up to *n do, too. NULL, and *n = 0,
 * where there is none. */
struct seam_weight *seam_weights_prefix(const struct seam_weights *weights, const char *prefix,
                                        size_t *n);

/* Count up from `first`: the first number k for which nothing is called PREFIX k SUFFIX..., as in
 * "body.%d.rdb1": seam_weights_span(w, "body.", ".rdb1", 0) is the number of blocks. */
int seam_weights_span(const struct seam_weights *weights, const char *prefix, const char *suffix,
                      int first);

/* The first that nothing took; NULL where all are accounted for. */
const struct seam_weight *seam_weights_unused(const struct seam_weights *weights);

/* The value of a key of the metadata; NULL where there is none. */
const char *seam_weights_metadata(const struct seam_weights *weights, const char *key);

/* The tensor as `count` floats in the graph's arena, whatever its type; NULL where there is no
 * memory or the type is no number. */
float *seam_weight_floats(const struct seam_weights *weights, const struct seam_weight *weight);

/*
 * For readers: drop what training leaves among the weights (counters of batches and the like), take
 * off the prefix that all names share, sort them, find the architecture and write its graph, with
 * what the file tells of itself in the metadata.
 */
enum seam_result SEAM_NODISCARD seam_weights_build(struct seam_weights *weights,
                                                   struct seam_log *log);

#endif /* SEAM_GRAPH_WEIGHTS_H */
