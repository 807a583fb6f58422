/* What readers of networks share: a graph being made, the files it lies in. */
#ifndef SEAM_GRAPH_PARTS_H
#define SEAM_GRAPH_PARTS_H

#include <sys/stat.h>

#include "graph/read.h"

struct seam_onnx_mapping {
    struct seam_onnx_mapping *next;
    const char *location; /* as external data names it; NULL for the model itself */
    const char *path;     /* where it was found */
    struct stat found;    /* what it was then */
    void *data;           /* NULL where the file is empty */
    size_t size;
};

/* An empty graph; NULL without memory. seam_graph_close frees it. */
struct seam_graph *seam_graph_new(const char *path);

/* Let graph->path be the file that it means: the .param of a .bin, the only network of a folder. */
enum seam_result seam_graph_find(struct seam_graph *graph, struct seam_log *log) SEAM_NODISCARD;

/* Why a file could not be mapped, for messages. */
const char *seam_graph_why(int error);

/* Map the file at `path` for as long as the graph lives, and have the graph's checksum cover it.
 * SEAM_ERROR_IO with errno, of which seam_graph_why() tells, or SEAM_ERROR_MEMORY. `location` is
 * kept. */
enum seam_result seam_graph_map(struct seam_graph *graph, const char *path, const char *location,
                                struct seam_onnx_mapping **out) SEAM_NODISCARD;

/* Give each name a number, and take weights from the inputs. False without memory. */
bool seam_graph_number(struct seam_graph *graph) SEAM_NODISCARD;

extern const struct seam_reader seam_reader_archive, seam_reader_torch, seam_reader_safetensors,
    seam_reader_ncnn, seam_reader_kind;

#endif /* SEAM_GRAPH_PARTS_H */
