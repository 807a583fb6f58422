/* Parts of a node as they are for a turned picture. */
#ifndef SEAM_GRAPH_TURN_H
#define SEAM_GRAPH_TURN_H

#include "graph/build.h"
#include "graph/ensemble.h"

/* A node at hand, whose attributes are copied and may be changed. */
struct seam_turned {
    const struct seam_turn *turn;
    const struct seam_onnx_node *node; /* as it was */
    struct seam_onnx_attr *attrs;      /* of the copy, with room for one more */
    size_t n_attrs;
    const struct seam_onnx_tensor *weight; /* of a convolution; NULL: none */
    struct seam_arena *arena;
};

/* The same with width and height exchanged, mirrored; `tensor` itself where that changes nothing.
 * NULL without memory. */
const struct seam_onnx_tensor *seam_turn_kernel(const struct seam_turn *turn,
                                                const struct seam_onnx_tensor *tensor,
                                                struct seam_arena *arena);

/* Pads, strides, dilations and kernels of windows. False where the turned node would need pads that
 * there are none of, or without memory. */
bool seam_turn_window(struct seam_turned *t);

/* The weights of a 1 x 1 convolution that brings the channels which DepthToSpace is to spread, or
 * SpaceToDepth has made, of `channels` pixels of the finer picture, into the order of the turned
 * one. NULL without memory. */
float *seam_turn_shuffle(const struct seam_turned *t, int64_t block, int64_t channels);

#endif /* SEAM_GRAPH_TURN_H */
