/*
 * One way of saying each thing: a graph as exporters write it becomes one of the operators that the
 * analysis and every engine know. Mish, Einsum and LayerNormalization over channels, means over
 * channels, what is computed channels last, int8 weights, float64, sequences of constant parts,
 * FusedConv, ends of uint8 or without a batch.
 *
 * plain.c walks the nodes, plain_rules.c rewrites single ones, plain_nhwc.c those of pictures with
 * channels last, plain_ends.c what the network takes and gives.
 */
#ifndef SEAM_GRAPH_PLAIN_H
#define SEAM_GRAPH_PLAIN_H

#include "graph/build.h"

/* What is known of a value, by its id before anything was rewritten. */
struct seam_plain_value {
    const struct seam_onnx_tensor *constant;
    const char *alias;    /* another value that is the same */
    const char *twin;     /* the same with channels first, of a value that has them last; NULL:
                             none */
    int64_t channels;     /* of axis 1, or of the twin's; 0: not known */
    const char **parts;   /* of a sequence */
    size_t n_parts;
    uint32_t uses;
};

struct seam_plain {
    struct seam_build build;
    struct seam_plain_value *values;
    struct seam_plain_value none;      /* stands for what the node lacks */
    const struct seam_onnx_node *node; /* at hand */
    bool changed;                      /* a node says something else than the file's */
    /* Nodes before and behind the network; NULL: none. */
    const struct seam_onnx_value *in, *out;
    const char *last;       /* what the output's value is called now */
};

/* Rewrite a decoded graph in place. Where nothing is changed graph stays as it was; else *changed
 * is set, and names must be numbered anew. Errors: SEAM_ERROR_MEMORY. */
enum seam_result SEAM_NODISCARD seam_graph_plain(struct seam_graph *graph, bool *changed,
                                                 struct seam_log *log);

/* Whether a graph holds nothing that no writer can write again: then engines run what it became. */
bool seam_plain_writable(const struct seam_graph *graph);

/* Of input k of the node: what is known, its name after aliases; "" and zeros where there is
 * none. */
struct seam_plain_value *seam_plain_input(struct seam_plain *p, size_t k);
const char *seam_plain_name(struct seam_plain *p, size_t k);
struct seam_plain_value *seam_plain_output(struct seam_plain *p);

/* Let the next node that is made be called as the node's output. */
void seam_plain_as_output(struct seam_plain *p);

/* A constant of one element, at input k. */
bool seam_plain_scalar(struct seam_plain *p, size_t k, double *value);

/* The mean over channels, as a convolution. */
const char *seam_plain_mean(struct seam_plain *p, const char *x, int64_t channels);

/* Each rewrites the node at hand and says so, or leaves it. */
bool seam_plain_rule(struct seam_plain *p);
bool seam_plain_nhwc(struct seam_plain *p);
bool seam_plain_sequence(struct seam_plain *p);

/* Before anything is looked at: float64 becomes float32 where pictures are computed with it. */
void seam_plain_double(struct seam_plain *p);

/* What the network takes and gives: looked at before the walk, and nodes that begin and end it. */
void seam_plain_ends(struct seam_plain *p);
void seam_plain_begin(struct seam_plain *p);
void seam_plain_finish(struct seam_plain *p);

#endif /* SEAM_GRAPH_PLAIN_H */
