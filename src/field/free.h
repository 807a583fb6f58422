/*
 * Sizes that an export wrote into a network, told by the picture's size instead.
 *
 * A network that was exported at one size has that size in its input and what follows from it in
 * its graph: the shapes that tensors get, the sizes that they are resized to, where they are cut.
 * Each such number is explained by the sizes that the tensors have by then, as symbols (sym.h), and
 * computed from the picture's size. What is not explained is left alone, and the network with it.
 */
#ifndef SEAM_FIELD_FREE_H
#define SEAM_FIELD_FREE_H

#include "field/analysis.h"
#include "field/field.h"

/* Let the height and width of the output that was analysed be what its nodes make. False without
 * memory. */
bool seam_graph_undeclare(struct seam_graph *graph, const struct seam_analysis *analysis);

#define SEAM_FREE_LISTS 2

/* What stands in the place of a list of numbers of the node at hand. */
struct seam_said {
    size_t input;
    int n;
    struct seam_sym list[SEAM_MAX_RANK];
};

/* The lists of one node that are to be computed. */
struct seam_free_node {
    const struct seam_onnx_node *node;
    struct seam_said said[SEAM_FREE_LISTS];
    int n_said;
};

/* Windows on a shifted grid (free_window.c), in the graph's order: each time a roll, a table that
 * is added, and the roll back. */
enum seam_free_kind { SEAM_FREE_ROLL, SEAM_FREE_MASK, SEAM_FREE_BACK };
struct seam_free_event {
    enum seam_free_kind kind;
    const struct seam_onnx_node *node;
    int64_t side; /* of a window */
    /* ROLL, BACK: what is rolled, by how much along which axis and the one behind it */
    int32_t from;
    int axis;
    int64_t by;
    struct seam_sym size[2];
    int64_t border[2]; /* ROLL: a window's side in pixels of the picture */
    /* MASK: the input that has the scores; the Reshape before and behind, or NULL */
    int scores;
    const struct seam_onnx_node *before, *behind;
};

/* A value that is rolled along one axis. */
struct seam_free_roll {
    int32_t made, from;
    int axis;
    int64_t by;
};

struct seam_free {
    int64_t at[2];             /* the height and width that the graph was exported at */
    struct seam_sym seen[96];  /* sizes that tensors have, those of the height before the width's */
    int n_seen;
    bool borne_out; /* a shape, all of which the file gives, is of that size */
    struct seam_free_node *nodes; /* in the graph's order */
    size_t n_nodes, room;
    const struct seam_onnx_node **maker; /* of each value */
    struct seam_free_event *events;
    size_t n_events, event_room;
    struct seam_free_roll half; /* the last that was rolled along one axis */
    const struct seam_onnx_node *failed; /* the first that is not explained; NULL: none */
    const char *why;
};

/* A symbol at the size that the graph was exported at, which is 0 where that is any; false where it
 * is no whole number. */
bool seam_free_value(const struct seam_free *f, struct seam_sym a, int64_t *value);

/* Explain the numbers of the node at hand: fills `said` and gives how many, -1 where one is not
 * explained, with f->why set (free_explain.c). */
int seam_free_explain(struct seam_free *f, struct seam_field *field, struct seam_said *said);

/* The numbers of a value that follows from constants alone, at the size of the export; NULL where
 * it does not, or is not followed. They live in `arena` (free_constant.c). */
const float *seam_free_constant(const struct seam_free *f, struct seam_field *field, int32_t value,
                                struct seam_arena *arena, int64_t *count);

/* Look for windows on a shifted grid. True: the node at hand adds their table, and *out is as what
 * it adds it to (free_window.c). */
bool seam_free_windows(struct seam_free *f, struct seam_field *field, struct seam_fact *out);

/* Whether what was found belongs together; f->why else. */
bool seam_free_match(struct seam_free *f);

/* The graph with what was found in the place of its numbers. *written is false where one cannot be
 * written (free_write.c). Errors: SEAM_ERROR_MEMORY. */
enum seam_result SEAM_NODISCARD seam_free_write(const struct seam_free *f,
                                                const struct seam_field_ends *ends,
                                                struct seam_graph *graph, bool *written,
                                                struct seam_log *log);

/* What came of it. */
struct seam_freed {
    bool done;
    int64_t at[2]; /* the height and width that the file has; 0: it has none, or is not followed */
    const struct seam_onnx_node *node; /* whose number is not explained; NULL: none in particular */
    const char *why;                   /* it is not done; NULL: there was nothing to do */
    struct seam_graph before;
};

/* Rewrite a graph whose picture input has one size so that it takes any; it stays as it was where a
 * number is not explained. `side` > 0: one whose input says any size and that may have been
 * exported with a square of that side, which the shape of one tensor at least must bear out.
 * Errors: SEAM_ERROR_MEMORY. */
enum seam_result SEAM_NODISCARD seam_graph_free(struct seam_graph *graph, const char *picture,
                                                const char *output, int64_t side,
                                                struct seam_freed *freed, struct seam_log *log);

/* Let the graph be what it was before. False: no memory. */
bool SEAM_NODISCARD seam_graph_unfree(struct seam_graph *graph, const struct seam_freed *freed);

#endif /* SEAM_FIELD_FREE_H */
