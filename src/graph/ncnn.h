/*
 * Networks of ncnn: layers as text (.param), their weights in the same order and without names
 * (.bin). ncnn.c reads a pair, ncnn_param.c the text, ncnn_bin.c the weights; ncnn_conv.c and
 * ncnn_layer.c write the nodes.
 */
#ifndef SEAM_GRAPH_NCNN_H
#define SEAM_GRAPH_NCNN_H

#include "graph/build.h"

/* The value of one id of a layer: 0=64, -23310=1,0.2, 0="text". */
struct seam_ncnn_setting {
    int32_t id;
    bool list, real; /* a list; written with a point or an exponent */
    double value;    /* of a text 0; of a list its first */
    const double *values;
    uint32_t count; /* of a list */
};

struct seam_ncnn_blob {
    const char *name;
    const char *value; /* in the graph; NULL until a layer made it */
    bool pooled;       /* one pixel: behind a mean over the picture */
    bool constant;     /* of MemoryData */
    int32_t maker;     /* layer that made it; -1: none */
    bool eaten;        /* a layer takes it */
};

struct seam_ncnn_layer {
    const char *type, *name;
    struct seam_ncnn_blob **in, **out;
    const struct seam_ncnn_setting *settings;
    uint32_t n_in, n_out, n_settings;
};

struct seam_ncnn {
    struct seam_graph *graph;
    struct seam_log *log;
    struct seam_arena arena; /* of layers and blobs; gone when the network is read */
    struct seam_build build;
    struct seam_ncnn_layer *layers;
    struct seam_ncnn_blob *blobs; /* sorted by name */
    uint32_t n_layers, n_blobs;
    const struct seam_ncnn_layer *layer; /* that is being written */
    const uint8_t *at, *end;             /* of the weights that are left */
    const char *picture;                 /* the input, once it is there */
};

enum seam_result seam_ncnn_refuse(struct seam_ncnn *n, const char *format, ...) SEAM_PRINTF(2, 3);

/* Layers and blobs of a .param text. */
enum seam_result seam_ncnn_parse(struct seam_ncnn *n, const uint8_t *text, size_t size);

/* Settings of the layer that is being written. */
double seam_ncnn_number(const struct seam_ncnn *n, int32_t id, double otherwise);
int64_t seam_ncnn_int(const struct seam_ncnn *n, int32_t id, int64_t otherwise);
const struct seam_ncnn_setting *seam_ncnn_list(const struct seam_ncnn *n, int32_t id);

/*
 * The next `count` weights of the .bin. `flagged` ones are stored in one of several ways, which the
 * file tells; the others are floats. *tensor has type, data, size and count; int8 ones
 * (`tensor->type` says so) need their scales. False, with the failure in the log, where the file
 * does not hold them.
 */
bool seam_ncnn_load(struct seam_ncnn *n, uint64_t count, bool flagged,
                    struct seam_onnx_tensor *tensor);

/* A constant of these dimensions in the graph, as floats whatever its type. */
const char *seam_ncnn_constant(struct seam_ncnn *n, struct seam_onnx_tensor *tensor,
                               const int64_t *dims, int32_t rank);

/* The value of the k-th input; NULL, with the failure in the log, where there is none. */
const char *seam_ncnn_input(struct seam_ncnn *n, uint32_t k);

/* The nodes of the layers with kernels; the value that they make, or NULL. */
const char *seam_ncnn_convolution(struct seam_ncnn *n);
const char *seam_ncnn_deconvolution(struct seam_ncnn *n);
const char *seam_ncnn_product(struct seam_ncnn *n);

/* Those of newer converters. */
const char *seam_ncnn_unary(struct seam_ncnn *n);
const char *seam_ncnn_reorg(struct seam_ncnn *n);
const char *seam_ncnn_permute(struct seam_ncnn *n);
const char *seam_ncnn_reduction(struct seam_ncnn *n);

/* Any layer: its nodes, and the values of its outputs. */
enum seam_result seam_ncnn_layer(struct seam_ncnn *n);

#endif /* SEAM_GRAPH_NCNN_H */
