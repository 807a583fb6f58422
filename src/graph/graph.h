/*
 * An ONNX file as plain data: what the graph analysis needs, with the weights left where they
 * were read.
 *
 * Everything a graph points to lives until seam_graph_close; nothing of it is to be freed.
 *
 * Thread-safety: a graph is constant after it was opened, apart from its arena; analyse it from
 * one thread at a time.
 */
#ifndef SEAM_MODEL_ONNX_H
#define SEAM_MODEL_ONNX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seamless/seamless.h"
#include "base/arena.h"
#include "base/cancel.h"

/* Element types by their number in the format; others keep their number and have size 0. */
enum seam_onnx_type {
    SEAM_ONNX_FLOAT = 1,
    SEAM_ONNX_UINT8 = 2,
    SEAM_ONNX_INT8 = 3,
    SEAM_ONNX_UINT16 = 4,
    SEAM_ONNX_INT16 = 5,
    SEAM_ONNX_INT32 = 6,
    SEAM_ONNX_INT64 = 7,
    SEAM_ONNX_STRING = 8,
    SEAM_ONNX_BOOL = 9,
    SEAM_ONNX_FLOAT16 = 10,
    SEAM_ONNX_DOUBLE = 11,
    SEAM_ONNX_UINT32 = 12,
    SEAM_ONNX_UINT64 = 13,
    SEAM_ONNX_BFLOAT16 = 16,
};

struct seam_onnx_tensor {
    const char *name;
    int32_t type;        /* enum seam_onnx_type, or a newer number */
    int32_t rank;        /* 0: a scalar */
    const int64_t *dims; /* each >= 0 */
    uint64_t count;      /* elements: the product of dims */
    const uint8_t *data; /* little-endian elements, not aligned; NULL where the type has no size */
    uint64_t size;       /* bytes at `data` */
    bool external;       /* `data` lies in another file */
};

/* Which members hold something; numbers of the format. */
enum seam_onnx_attr_type {
    SEAM_ATTR_NONE = 0,
    SEAM_ATTR_FLOAT = 1,
    SEAM_ATTR_INT = 2,
    SEAM_ATTR_STRING = 3,
    SEAM_ATTR_TENSOR = 4,
    SEAM_ATTR_GRAPH = 5,
    SEAM_ATTR_FLOATS = 6,
    SEAM_ATTR_INTS = 7,
    SEAM_ATTR_OTHER = 8, /* lists of strings, tensors or graphs, types, sparse tensors */
};

struct seam_onnx_attr {
    const char *name;
    enum seam_onnx_attr_type type;
    float f;
    int64_t i;
    const char *s; /* NULL unless a string */
    const struct seam_onnx_tensor *tensor;
    const int64_t *ints;
    const float *floats;
    size_t n; /* of ints or floats */
    const uint8_t *bytes; /* of a graph inside, as the file has it; NULL else */
    size_t n_bytes;
    const char *ref; /* in a function: the attribute of the call that it stands for; NULL else */
};

struct seam_onnx_node {
    const char *name; /* the node's; where it has none, its first output's */
    const char *op;
    const char *domain;    /* "" for the standard operators */
    const int32_t *inputs; /* value ids; -1 where an optional input is left out */
    const int32_t *outputs;
    const char *const *input_names; /* "" where left out */
    const char *const *output_names;
    const struct seam_onnx_attr *attrs;
    size_t n_inputs, n_outputs, n_attrs;
    bool subgraph; /* has a graph inside: If, Loop, Scan and the like */
};

struct seam_onnx_dim {
    int64_t size;       /* fixed size, or -1 */
    const char *symbol; /* name of a size that is not fixed; "" where it has none */
};

struct seam_onnx_value {
    const char *name;
    int32_t id;
    int32_t type;
    int32_t rank; /* -1 where the file does not tell */
    const struct seam_onnx_dim *dims;
};

struct seam_onnx_pair {
    const char *key, *value;
};

struct seam_onnx_file;
struct seam_weights;

/* What the user says of a network where its file leaves it open. All zero: nothing. */
struct seam_graph_told {
    int64_t scale; /* 0: not said */
    double noise;  /* the level of it, a part of white, where `noisy` */
    bool noisy;
    uint64_t memory; /* that there is for a file; 0: not said */
    struct seam_cancel cancel; /* asked while large files are read */
};

struct seam_graph {
    const char *path; /* for messages */
    struct seam_graph_told told; /* before it was read */
    const char *answered; /* the name of an input whose value chose among networks while they were
                             read, so that the graph has it no more; NULL: none */
    int64_t ir_version;
    int64_t opset; /* of the standard domain, 7 or newer */
    const char *producer;
    const struct seam_onnx_pair *metadata;
    const struct seam_onnx_value *inputs; /* initializers left out */
    const struct seam_onnx_value *outputs;
    const struct seam_onnx_node *nodes; /* in the file's order, producers first */
    const struct seam_onnx_tensor *initializers;
    const int32_t *initializer_ids; /* value id of each initializer */
    const char *const *names;       /* of each value id */
    size_t n_metadata, n_inputs, n_outputs, n_nodes, n_initializers, n_values;

    /* Of every byte that was read: of the file, and of each file of external data behind its name,
     * in the order in which tensors ask for them. Taken while they are read. */
    uint64_t checksum;

    /* The bytes of the ONNX file that it was read from, as long as the weights are not dropped;
     * NULL: another format. */
    const void *onnx;
    size_t onnx_size;

    struct seam_arena arena;
    bool external_failed; /* a file of external data lies outside the folder, or cannot be read */
    struct seam_onnx_file *files; /* the network and its external data */
    const struct seam_weights *weights; /* that it was built of; NULL: the file holds a graph */
};

/* SEAM_ERROR_MODEL, in words in the log, where external data of the file at `path` lie outside its
 * folder or cannot be read; whatever else is wrong with it is for others to say. */
enum seam_result SEAM_NODISCARD seam_onnx_check_external(const char *path, struct seam_log *log);

/* SEAM_ERROR_MODEL, in words in the log, where one of the files that the graph was read from is no
 * longer what was read: of two that belong together one may be older than the other. */
enum seam_result SEAM_NODISCARD seam_graph_check_unchanged(const struct seam_graph *graph,
                                                           struct seam_log *log);

/* Whether a file is called as ONNX Runtime's are: .onnx, .ort. */
bool seam_onnx_called(const char *path);

/* A file of external data that the graph was read from. */
struct seam_graph_file {
    const char *location; /* as the graph names it */
    const void *data;
    size_t size;
};

/* File i of external data; false past the last. */
bool seam_graph_file(const struct seam_graph *graph, size_t i, struct seam_graph_file *file);

/* Give up what the files held: everything stays but the elements of tensors that lie in them. */
void seam_graph_drop_weights(struct seam_graph *graph);

/* Bytes of one element; 0 for strings and types without whole bytes. */
size_t seam_onnx_type_size(int32_t type);
/* As ONNX has it: "float16". */
const char *seam_onnx_type_name(int32_t type);

/* NULL where the node has no such attribute. */
const struct seam_onnx_attr *seam_onnx_attr(const struct seam_onnx_node *node, const char *name);
int64_t seam_onnx_int(const struct seam_onnx_node *node, const char *name, int64_t otherwise);
const char *seam_onnx_string(const struct seam_onnx_node *node, const char *name,
                             const char *otherwise);

/* Element `at` < count as a number; false where the type is none. Whole numbers that a double
 * cannot hold are exact in *whole; *whole is the value cut to a whole number otherwise. */
bool seam_onnx_element(const struct seam_onnx_tensor *tensor, uint64_t at, double *value,
                       int64_t *whole);

#endif /* SEAM_MODEL_ONNX_H */
