/*
 * Networks of any format as one graph: a table of readers, each of which knows its files by their
 * first bytes.
 *
 *     struct seam_graph *graph;
 *     if (seam_graph_open(&graph, "4x-UltraSharp.pth", log) == SEAM_OK)
 *         ...
 *     seam_graph_close(&graph);
 */
#ifndef SEAM_GRAPH_READ_H
#define SEAM_GRAPH_READ_H

#include "graph/graph.h"

/* A file of a network. Its bytes outlive the graph, or lie in the graph. */
struct seam_network_file {
    const char *path; /* for messages, and to find files beside it */
    const uint8_t *data;
    size_t size;
    bool in_memory; /* nothing lies beside it */
};

/* Thread-safety: constant. */
struct seam_reader {
    const char *name; /* "PyTorch": as messages say it */
    bool (*takes)(const struct seam_network_file *file);
    /* Fill a graph that seam_graph_new made. The names are numbered afterwards. */
    enum seam_result (*read)(struct seam_graph *graph, const struct seam_network_file *file,
                             struct seam_log *log);
};

/* In the order in which they are asked; NULL at the end. The last takes every file. */
extern const struct seam_reader *const seam_readers[];

/* The last, which takes what nobody else knows. */
extern const struct seam_reader seam_reader_onnx;

/*
 * Read the network at `path`: a file of any format that a reader takes, either file of a pair
 * (x.param, x.bin), or a folder that holds one network. Errors are SEAM_ERROR_MODEL, SEAM_ERROR_IO
 * or SEAM_ERROR_MEMORY, in words in the log, and leave *out NULL.
 */
enum seam_result SEAM_NODISCARD seam_graph_open(struct seam_graph **out, const char *path,
                                                struct seam_log *log);

/* The same with what the user says of it; *reader is the one whose format the file has, NULL where
 * none came to be asked. `told` and `reader` may be NULL. */
enum seam_result SEAM_NODISCARD seam_graph_open_told(struct seam_graph **out, const char *path,
                                                     const struct seam_graph_told *told,
                                                     const struct seam_reader **reader,
                                                     struct seam_log *log);

/* The same for a file in memory, which must outlive the graph. `name` stands in messages; a network
 * that needs other files is refused. */
enum seam_result SEAM_NODISCARD seam_graph_open_memory(struct seam_graph **out, const void *data,
                                                       size_t size, const char *name,
                                                       struct seam_log *log);
enum seam_result SEAM_NODISCARD seam_graph_open_memory_told(struct seam_graph **out,
                                                            const void *data, size_t size,
                                                            const char *name,
                                                            const struct seam_graph_told *told,
                                                            struct seam_log *log);

/* A pair of ncnn in memory: the text of its layers and their weights, which must outlive the graph.
 * `bin` is not NULL. */
enum seam_result SEAM_NODISCARD seam_ncnn_open_memory(struct seam_graph **out, const void *param,
                                                      size_t param_size, const void *bin,
                                                      size_t bin_size, struct seam_log *log);

void seam_graph_close(struct seam_graph **graph);

#endif /* SEAM_GRAPH_READ_H */
