/*
 * A graph as an ONNX file: for ONNX Runtime, which reads nothing else, and for `seamless convert`.
 *
 *     uint8_t *data;
 *     size_t size;
 *     struct seam_onnx_write_params params = { .outside = 65536 };
 *     if (seam_onnx_write_memory(graph, &params, &data, &size, log) == SEAM_OK)
 *         ... a session of `data`, with each initializer for which seam_onnx_outside() holds given
 *             as the file that seam_onnx_location() names ...
 *     free(data);
 *
 * Thread-safety: any, on a graph that is not being changed.
 */
#ifndef SEAM_GRAPH_ONNX_WRITE_H
#define SEAM_GRAPH_ONNX_WRITE_H

#include "graph/graph.h"

struct seam_onnx_write_params {
    bool half;         /* weights of convolutions and matrix products as float16 behind a Cast,
                          unless one of them is too large for that. Default false. */
    uint64_t outside;  /* initializers of so many bytes or more are only declared, as external data,
                          each in a file of its own, and given to the engine apart; 0: none.
                          Default 0. */
    const struct seam_onnx_pair *metadata; /* written behind the graph's own, instead of those of
                                              the same key. Default NULL. */
    size_t n_metadata; /* of `metadata`. Default 0. */
};

/* Takes the next bytes of the file; false ends the writing. */
typedef bool seam_onnx_put(void *user, const void *data, size_t size);

/* The bytes of the file go to `put`, one piece after the other. Errors: SEAM_ERROR_MODEL, a graph
 * that cannot be written (a graph inside a node, a tensor of a type without whole bytes, more than
 * the 2 GB that the format allows); SEAM_ERROR_MEMORY; SEAM_ERROR_IO where `put` said false, which
 * has said why. */
enum seam_result SEAM_NODISCARD seam_onnx_write(const struct seam_graph *graph,
                                                const struct seam_onnx_write_params *params,
                                                seam_onnx_put *put, void *user,
                                                struct seam_log *log);

/* The same into memory that the caller frees with free(); *data is NULL after a failure. */
enum seam_result SEAM_NODISCARD seam_onnx_write_memory(const struct seam_graph *graph,
                                                       const struct seam_onnx_write_params *params,
                                                       uint8_t **data, size_t *size,
                                                       struct seam_log *log);

/* Whether a tensor is left out of what is written with these settings. */
bool seam_onnx_outside(const struct seam_onnx_write_params *params,
                       const struct seam_onnx_tensor *tensor);

/* The name of the file of external data that holds initializer i and nothing else. */
#define SEAM_ONNX_LOCATION 24
void seam_onnx_location(size_t i, char name[static SEAM_ONNX_LOCATION]);

#endif /* SEAM_GRAPH_ONNX_WRITE_H */
