/*
 * Writes small ONNX files in memory, for tests and fuzz seeds.
 *
 *     struct onnx_builder b;
 *     onnx_begin(&b, 13);
 *     onnx_input(&b, "x", "1,3,h,w");
 *     onnx_weights(&b, "w", "8,3,3,3");
 *     onnx_node(&b, "Conv", "x w", "y", "pads=[1,1,1,1] group=1");
 *     onnx_output(&b, "y", "1,8,h,w");
 *     size_t size;
 *     void *file = onnx_finish(&b, &size); // free() it
 *
 * Running out of memory aborts: it is a test.
 */
#ifndef SEAM_TESTS_ONNX_BUILDER_H
#define SEAM_TESTS_ONNX_BUILDER_H

#include <stddef.h>
#include <stdint.h>

struct onnx_bytes {
    uint8_t *data;
    size_t size, room;
};

struct onnx_builder {
    struct onnx_bytes graph; /* body of the GraphProto */
    struct onnx_bytes head;  /* other fields of the ModelProto */
    uint32_t seed;           /* of the weights */
    int names;               /* made by onnx_name */
};

void onnx_begin(struct onnx_builder *b, int64_t opset);
/* The file; the builder is empty after that. */
void *onnx_finish(struct onnx_builder *b, size_t *size);

/* float tensors; a size that is no number is a symbol: "1,3,h,w". "" is a scalar. */
void onnx_input(struct onnx_builder *b, const char *name, const char *dims);
void onnx_output(struct onnx_builder *b, const char *name, const char *dims);

/* Initializers: small random floats, all elements equal, or whole numbers in one dimension. */
void onnx_weights(struct onnx_builder *b, const char *name, const char *dims);
void onnx_fill(struct onnx_builder *b, const char *name, const char *dims, float value);
void onnx_ints(struct onnx_builder *b, const char *name, const char *values);
/* A list of floats in one dimension. */
void onnx_floats(struct onnx_builder *b, const char *name, const char *values);

/*
 * Names are parted by spaces, "_" stands for an input left out. Attributes:
 * axis=1 alpha=0.5f pads=[1,1] scales=[1,2]f mode='linear'
 */
void onnx_node(struct onnx_builder *b, const char *op, const char *inputs, const char *outputs,
               const char *attributes);
void onnx_node_domain(struct onnx_builder *b, const char *op, const char *inputs,
                      const char *outputs, const char *attributes, const char *domain);
/* A node with an (empty) graph inside. */
void onnx_node_subgraph(struct onnx_builder *b, const char *op, const char *inputs,
                        const char *outputs);

void onnx_metadata(struct onnx_builder *b, const char *key, const char *value);

/* A weight whose bytes lie in another file. */
void onnx_external(struct onnx_builder *b, const char *name, const char *dims, const char *location,
                   const char *offset, const char *length);

/* Conv with weights of its own: `in` -> `out` channels, square kernel. */
void onnx_conv(struct onnx_builder *b, const char *input, const char *output, int in, int out,
               int kernel, const char *attributes);

/* Slices and Concat: element o of `axis` is element o + shift, round the ends. */
void onnx_roll(struct onnx_builder *b, const char *input, const char *output, int axis, int shift);

#endif /* SEAM_TESTS_ONNX_BUILDER_H */
