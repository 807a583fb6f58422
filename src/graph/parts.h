/* What readers of networks share: a graph being made, the files it lies in. */
#ifndef SEAM_GRAPH_PARTS_H
#define SEAM_GRAPH_PARTS_H

#include <sys/stat.h>

#include "graph/read.h"

struct seam_onnx_file {
    struct seam_onnx_file *next;
    const char *location; /* as external data names it; NULL for the model itself */
    const char *path;     /* where it was found */
    struct stat found;    /* what it was then */
    void *data;           /* its bytes, in memory; NULL where it is empty */
    size_t size;          /* of what is no network, as much as was read of it */
    size_t taken;         /* of memory */
};

/* An empty graph; NULL without memory. seam_graph_close frees it. */
struct seam_graph *seam_graph_new(const char *path);

/* Let graph->path be the file that it means: the .param of a .bin, the only network of a folder. */
enum seam_result seam_graph_find(struct seam_graph *graph, struct seam_log *log) SEAM_NODISCARD;

/* Why a file could not be read, for messages. */
const char *seam_graph_why(int error);

/* Read the file at `path` into memory for as long as the graph lives, and have the graph's checksum
 * cover what was read. It is not mapped: a file that is cut under its reader, or a bad sector,
 * would be a signal and not an error. SEAM_ERROR_IO or SEAM_ERROR_MEMORY with errno, of which
 * seam_graph_why() tells, or SEAM_CANCELLED. `location` is kept. */
enum seam_result seam_graph_load(struct seam_graph *graph, const char *path, const char *location,
                                 struct seam_onnx_file **out) SEAM_NODISCARD;

/* Whether a file is no network by its first bytes: it is not worth the reading of the rest. */
bool seam_graph_is_other(const char *path, const uint8_t *data, size_t size);

/* Give each name a number, and take weights from the inputs. False without memory. */
bool seam_graph_number(struct seam_graph *graph) SEAM_NODISCARD;

extern const struct seam_reader seam_reader_archive, seam_reader_torch, seam_reader_safetensors,
    seam_reader_ncnn, seam_reader_kind;

#endif /* SEAM_GRAPH_PARTS_H */
