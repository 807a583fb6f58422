/*
 * Where a network can be cut into passes over the picture: at the nodes that reduce all of it to a
 * few numbers. A pass runs, tile by tile, what these nodes take; what is found is put in their
 * places, and the last pass runs what is left, which sees no farther than its field.
 */
#ifndef SEAM_FIELD_CUT_H
#define SEAM_FIELD_CUT_H

#include "field/analysis.h"
#include "field/field.h"

/* What of the picture a node takes. */
enum seam_cut_kind {
    SEAM_CUT_MEAN,
    SEAM_CUT_SUM,
    SEAM_CUT_SUM_ABS,
    SEAM_CUT_SUM_SQUARES,
    SEAM_CUT_LENGTH,  /* the root of the sum of squares */
    SEAM_CUT_MOST,
    SEAM_CUT_LEAST,
    SEAM_CUT_MOMENTS, /* mean, then variance: the node stays, and normalises by them */
};

/* One axis of a tensor, or a part of it, as it lies in memory. */
struct seam_cut_part {
    int64_t size; /* where it is no side of the picture */
    int line;     /* 0, 1: it runs along the picture's height, width; -1: of fixed size */
    bool summed;
};

/* One node that reduces the picture. */
struct seam_cut {
    const char *name; /* of the node */
    size_t node;      /* in the graph */
    int32_t input;    /* value that is reduced */
    int32_t type;     /* of its elements: float or float16 */
    enum seam_cut_kind kind;
    int pass; /* that finds it, 0 .. */
    const struct seam_cut_part *parts;
    int n_parts;
    int64_t num[2], den[2]; /* samples along the lines for each pixel of the picture */
    int rank;
    int64_t dims[SEAM_MAX_RANK]; /* of what is found: of each of two, where it is moments */
    int64_t count;               /* numbers in it, of one */
};

/* Fill what the analysis says of passes: nothing where one of the nodes on its list is none that
 * can be cut, or where sizes are fixed. False: no memory. `needed`: nodes that the output needs. */
bool seam_cut_find(struct seam_field *field, const bool *needed, int32_t output,
                   struct seam_analysis *out);

/* Value ids of what pass `pass` of `a` gives: what it reduces, in the order of the cuts, or the
 * output in the last. At most n_cuts + 1; how many. */
size_t seam_cut_wanted(const struct seam_analysis *a, int32_t output, int pass, int32_t *wanted);

/* Nodes that pass `pass` runs, by index; NULL: no memory. */
bool *seam_cut_needed(const struct seam_graph *graph, const struct seam_analysis *a,
                      int32_t output, int pass, struct seam_arena *arena);

/* What tensors of a pass are called, all of float32: what cut `i` reduces; what it is known to be,
 * of moments the mean (0) and the variance (1). */
#define SEAM_CUT_NAME 48
void seam_cut_taken_name(char name[static SEAM_CUT_NAME], size_t i);
void seam_cut_known_name(char name[static SEAM_CUT_NAME], size_t i, int part);

/* How many tensors are known of a cut. */
static inline int seam_cut_known(const struct seam_cut *cut)
{
    return cut->kind == SEAM_CUT_MOMENTS ? 2 : 1;
}

/* The network of pass `pass`: the nodes it runs, with what earlier passes have found as inputs
 * behind the graph's own, and as outputs what it reduces or, in the last, the picture. It shares
 * the graph's parts, and is written like any that no ONNX file holds. False: no memory. */
bool seam_cut_graph(struct seam_graph *out, const struct seam_graph *graph,
                    const struct seam_analysis *a, int pass, struct seam_arena *arena);

#endif /* SEAM_FIELD_CUT_H */
