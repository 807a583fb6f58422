/* Whether a graph is one. */
#ifndef SEAM_GRAPH_SOUND_H
#define SEAM_GRAPH_SOUND_H

#include "graph/graph.h"

/* Refuse what is none, as ONNX Runtime does or falls over: SEAM_ERROR_MODEL names the node. */
enum seam_result seam_graph_check_sound(const struct seam_graph *graph,
                                        struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_GRAPH_SOUND_H */
