/* The messages of an ONNX file; only onnx.c uses this. */
#ifndef SEAM_MODEL_DECODE_H
#define SEAM_MODEL_DECODE_H

#include "graph/graph.h"
#include "graph/wire.h"

struct seam_decoder {
    struct seam_graph *graph;
    struct seam_log *log;
    /* Find external data: `location` below the model's folder. Sets *data and *size to the
     * whole file. NULL where none is allowed. */
    enum seam_result (*external)(struct seam_graph *graph, const char *location, const char *tensor,
                                 const uint8_t **data, uint64_t *size, struct seam_log *log);
};

/* A whole ModelProto into decoder->graph. */
enum seam_result seam_decode_model(const struct seam_decoder *decoder, const void *data,
                                   size_t size);

/* One TensorProto. */
enum seam_result seam_decode_tensor(const struct seam_decoder *decoder, const uint8_t *data,
                                    size_t size, struct seam_onnx_tensor *tensor);

/* One NodeProto; its value ids are left for onnx.c to fill in. */
enum seam_result seam_decode_node(const struct seam_decoder *decoder, struct seam_wire wire,
                                  struct seam_onnx_node *node);

/* A string field, copied; a zero byte inside is an error. */
enum seam_result seam_decode_string(const struct seam_decoder *decoder,
                                    const struct seam_wire_field *field, const char **text);

enum seam_result seam_decode_broken(const struct seam_decoder *decoder, const char *what);
enum seam_result seam_decode_memory(const struct seam_decoder *decoder);

#endif /* SEAM_MODEL_DECODE_H */
