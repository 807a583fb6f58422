/*
 * The receptive field of a network, derived from its graph alone.
 *
 * The facts of fact.h are carried through the nodes from the picture input to one output. What a
 * node does with them is its rule (rules.h); which rules there are, and which operators give equal
 * bits, is the table in operators.c.
 */
#ifndef SEAM_MODEL_FIELD_H
#define SEAM_MODEL_FIELD_H

#include "field/fact.h"

/* Which tensors of the graph matter, and how the picture lies in them. */
struct seam_field_ends {
    const struct seam_onnx_value *input;
    const struct seam_onnx_value *output;
    int input_axis[2]; /* of height and width */
    int channel_axis;
    int64_t channels;
};

/* The ends that seam_analysis_make() takes (analysis.h). */
enum seam_result seam_analysis_ends(struct seam_field_ends *ends, const struct seam_graph *graph,
                                    const char *input, const char *output);

/* Analyse into `field`, whose old content is lost. SEAM_ERROR_MEMORY where memory ends. The facts
 * live in `arena`. */
enum seam_result seam_field_run(struct seam_field *field, const struct seam_graph *graph,
                                const struct seam_field_ends *ends, struct seam_arena *arena);

/* The same with somebody who looks at each node that sees the picture; see struct seam_field. */
enum seam_result seam_field_run_looking(struct seam_field *field, const struct seam_graph *graph,
                                        const struct seam_field_ends *ends,
                                        bool (*look)(struct seam_field *field, void *opaque,
                                                     struct seam_fact *out),
                                        void *opaque, struct seam_arena *arena);

/* True for the nodes that the output needs; by node index. After seam_field_run. */
bool *seam_field_needed(const struct seam_graph *graph, int32_t output, struct seam_arena *arena);

/* What is said of a node that nobody follows, such as an If that depends on the picture's size. */
#define SEAM_FIELD_OWN_GRAPH "it runs a graph of its own"

/* The last such node that what `node` takes was made by; `node` where there is none. */
const struct seam_onnx_node *seam_field_behind(const struct seam_graph *graph,
                                               const struct seam_onnx_node *node,
                                               struct seam_arena *arena);

#endif /* SEAM_MODEL_FIELD_H */
