/* Whether a graph is one. */
#ifndef SEAM_GRAPH_SOUND_H
#define SEAM_GRAPH_SOUND_H

#include "graph/graph.h"

/* Refuse what is none, as ONNX Runtime does or falls over: SEAM_ERROR_MODEL names the node. */
enum seam_result seam_graph_check_sound(const struct seam_graph *graph,
                                        struct seam_log *log) SEAM_NODISCARD;

/* The same of tensors whose types do not go together, of a graph as its file has it. */
enum seam_result seam_graph_check_types(const struct seam_graph *graph,
                                        struct seam_log *log) SEAM_NODISCARD;

/* Whether `op`, no empty word, is one of those that stand between blanks. */
bool seam_graph_op_among(const char *op, const char *ops);

#endif /* SEAM_GRAPH_SOUND_H */
