/*
 * What is known about one tensor of the graph: its shape, and which input pixels each of its
 * elements may depend on.
 *
 * Every axis of a tensor is a row-major product of atoms. One atom per direction, the line, runs
 * along the picture's height or width without end; all others have a fixed size. Reshape cuts and
 * joins atoms, Transpose moves them, so that pixel shuffles and window partitions stay exact.
 *
 * The relation of a direction has a period of P input pixels. Within it the elements differ by
 * their digits: digit 0 is the place on the line, and a fixed atom may carry a digit, too (the row
 * inside a window, the sub-row before a pixel shuffle). An element at line index i * radix[0] + d0
 * with the digits d depends on no input pixels but
 *
 *     [ lo[d] + i * P, hi[d] + i * P ].
 *
 * At the picture's own borders this rule may be broken (padding). It holds for every element whose
 * interval lies within [edge_lo, n - edge_hi), n the input's size.
 */
#ifndef SEAM_MODEL_FACT_H
#define SEAM_MODEL_FACT_H

#include "base/arena.h"
#include "graph/graph.h"
#include "field/sym.h"

#define SEAM_MAX_RANK 10
#define SEAM_MAX_ATOMS 32
#define SEAM_MAX_DIGITS 10
#define SEAM_MAX_PHASES 65536
#define SEAM_MAX_VALUES 4096
/* Real networks take some millions. */
#define SEAM_MAX_WORK ((int64_t)1 << 28)

/* Constant once made, so that facts share it. */
struct seam_relation {
    int64_t period;                 /* input pixels, > 0 */
    int digits;                     /* >= 1; digit 0 is the line's and the most significant */
    int64_t radix[SEAM_MAX_DIGITS]; /* > 0 each */
    int64_t phases;                 /* product of the radices */
    const int64_t *lo, *hi;         /* `phases` of each */
};

struct seam_atom {
    struct seam_sym size;
    int axis;     /* the tensor axis it is part of; atoms are sorted by it */
    int line;     /* 0 or 1: the line of the height or the width; -1: of fixed size */
    int digit[2]; /* its digit in each direction's relation; -1 where it makes no difference */
    bool even;    /* all elements along it are equal, as after Expand */
};

enum seam_state {
    SEAM_FACT_NONE, /* not made yet */
    SEAM_FACT_LOST, /* not even the shape is known */
    SEAM_FACT_KNOWN,
};

struct seam_fact {
    enum seam_state state;
    int rank;
    struct seam_sym dims[SEAM_MAX_RANK];
    int n_atoms;
    const struct seam_atom *atoms;
    const struct seam_relation *relation[2]; /* NULL: does not depend on the picture that way */
    int64_t edge_lo[2], edge_hi[2];
    bool border[2];   /* a piece of fixed place cut from a border, or a mirrored picture */
    bool uniform;     /* all elements are equal (and do not depend on the picture) */
    bool sized;       /* computed from the picture's size */
    bool reported;    /* lost, and the node that lost it is on the list */
    int32_t type;     /* element type where known, or 0 */
    int64_t n_values; /* elements in `values` */
    const struct seam_sym *values;         /* NULL where not known */
    const struct seam_onnx_tensor *tensor; /* of an initializer; NULL else */
};

/* A node that no halo can make exact. Strings live as long as the graph. */
struct seam_unbounded {
    const char *name, *op;
    const char *why; /* "it averages over the whole picture" */
};

struct seam_said;

/* The working state of one analysis. */
struct seam_field {
    const struct seam_graph *graph;
    struct seam_arena *arena;
    struct seam_fact *facts; /* by value id */
    struct seam_align align;
    bool fixed[2];                     /* the input's height, width is fixed by the file */
    int64_t size[2];                   /* then: how much */
    const struct seam_onnx_node *node; /* being looked at */
    bool numeric;                      /* it rounds differently for other shapes or positions */
    const char *why;                   /* set by a rule that fails: the reason in words */
    bool wraps;                        /* borders are filled with content from elsewhere */
    int64_t work;                      /* steps taken so far; a hostile file needs many */
    struct seam_unbounded *list; /* what no halo can make exact */
    size_t n_list, list_room;
    /* Asked of each node that sees the picture, before its rule: it may put `said` in the place of
     * lists of the node (free.h); true: *out is what the node makes. NULL: nobody is asked. */
    bool (*look)(struct seam_field *field, void *opaque, struct seam_fact *out);
    void *look_opaque;
    const struct seam_said *said;
    int n_said;
};

bool seam_depends(const struct seam_fact *fact);
/* The input's size along a direction, as a symbol. */
struct seam_sym seam_field_side(const struct seam_field *field, int dir);

/* A fact of `rank` axes of one atom each, which depends on nothing. False: no memory. */
bool seam_fact_plain(struct seam_field *field, struct seam_fact *fact, int rank,
                     const struct seam_sym *dims);
/* The network's picture input: axis[0] is its height, axis[1] its width. */
bool seam_fact_picture(struct seam_field *field, struct seam_fact *fact, int rank,
                       const struct seam_sym *dims, const int axis[2]);

/* The first atom of an axis; *count how many it has. */
int seam_fact_axis(const struct seam_fact *fact, int axis, int *count);
/* The direction whose line runs along `axis`; -1 for none. */
int seam_fact_line(const struct seam_fact *fact, int axis);

/* All below change *fact to its new form and return false, with field->why set, where the result
 * cannot be expressed. */

/* Elements along a fixed axis are mixed: each then depends on what any of them did. */
bool seam_fact_mix(struct seam_field *field, struct seam_fact *fact, int axis);
/* Mix, then give the axis another fixed size. */
bool seam_fact_resize(struct seam_field *field, struct seam_fact *fact, int axis,
                      struct seam_sym size);
bool seam_fact_transpose(struct seam_field *field, struct seam_fact *fact, const int *perm);
bool seam_fact_reshape(struct seam_field *field, struct seam_fact *fact, int rank,
                       const struct seam_sym *dims);
/* As seam_fact_resize, but a line along the axis is cut off, too: the direction is lost. For facts
 * whose node has been reported, and for pieces cut from a border. */
bool seam_fact_flatten(struct seam_field *field, struct seam_fact *fact, int axis,
                       struct seam_sym size);
/* *out = each element depends on the elements of a and b it is computed from, broadcast together
 * as in ONNX. */
bool seam_fact_join(struct seam_field *field, struct seam_fact *out, const struct seam_fact *a,
                    const struct seam_fact *b);

/* One axis with all that differs along it brought into one sequence of phases. */
struct seam_line {
    int dir;
    struct seam_sym size;   /* samples */
    int64_t period, phases; /* input pixels, samples */
    int64_t *lo, *hi;       /* `phases` of each */
};

/* Take the axis, which must carry a line, apart from the rest. */
bool seam_line_take(struct seam_field *field, struct seam_fact *fact, int axis,
                    struct seam_line *line);
/* Put a line in the place of the axis. */
bool seam_line_put(struct seam_field *field, struct seam_fact *fact, int axis,
                   const struct seam_line *line);

/* The interval of any sample, also before the first one. */
int64_t seam_line_lo(const struct seam_line *line, int64_t at);
int64_t seam_line_hi(const struct seam_line *line, int64_t at);
/* Samples of the line in excess of what the scale gives: size = phases / period * n + *rest. */
bool seam_line_rest(struct seam_field *field, const struct seam_line *line, int64_t *rest);
/* Samples are invented before the first and behind the last: note how far that spoils the rule. */
bool seam_line_edges(struct seam_field *field, struct seam_fact *fact, const struct seam_line *line,
                     int64_t before, int64_t after);

/* Put the node being looked at on the list; at most one entry per node. */
bool seam_field_report(struct seam_field *field, const char *why);

/* Account for `steps` more; false, with field->why set, past SEAM_MAX_WORK. */
bool seam_field_work(struct seam_field *field, int64_t steps);

/* Sets field->why and returns false. */
bool seam_field_fail(struct seam_field *field, const char *why);

#endif /* SEAM_MODEL_FACT_H */
