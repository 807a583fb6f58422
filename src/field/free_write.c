/* What free_explain.c and free_window.c have found, as nodes in the place of numbers and tables. */
#include <string.h>

#include "base/common.h"
#include "field/free.h"
#include "graph/build.h"

#define LIST(b, ...)                                                                               \
    seam_build_list((b), (const int64_t[]){ __VA_ARGS__ },                                         \
                    sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

/* What is added where nobody is to attend: its power of e is 0. */
#define NOBODY (-100.0f)

struct writer {
    struct seam_build build;
    const struct seam_free *f;
    const char *const *names;   /* of values */
    const char **alias;         /* what a value is called instead; NULL: as it is */
    bool *inside;               /* values of windows on a shifted grid */
    const struct seam_free_event *roll; /* whose border the picture has at the node; NULL: none */
    const char *side[2];        /* the picture's height and width, in a list of one */
    const char *bordered[2];    /* the same with the border */
    struct {
        struct seam_sym sym;
        const char *name;
    } made[64]; /* for `made_for` */
    int n_made;
    const struct seam_free_event *made_for;
};

static const char *number(struct writer *w, int64_t value)
{
    return seam_build_list(&w->build, &value, 1);
}

static const char *scaled(struct writer *w, const char *x, const char *op, int64_t by)
{
    return by == (strcmp(op, "Add") ? 1 : 0) ? x : seam_build_node(&w->build, op, x, number(w, by));
}

static const char *write_sym(struct writer *w, struct seam_sym a);

/* An area is a product of sizes: its floor is theirs. */
static const char *write_area(struct writer *w, struct seam_sym a)
{
    int64_t num, den;
    for (int i = 0; i < w->f->n_seen; i++)
        for (int k = i + 1; k < w->f->n_seen; k++) {
            const struct seam_sym product = seam_sym_mul(w->f->seen[i], w->f->seen[k]);
            if (!seam_sym_known(product) || !product.hw ||
                !seam_sym_quotient(a, product, &num, &den) || den != 1 || num < 1)
                continue;
            const char *const x = write_sym(w, w->f->seen[i]), *const y =
                write_sym(w, w->f->seen[k]);
            return scaled(w, seam_build_node(&w->build, "Mul", x, y), "Mul", num);
        }
    return NULL;
}

static const char *write_sym(struct writer *w, struct seam_sym a)
{
    const char *name = NULL;
    for (int i = 0; i < w->n_made; i++)
        if (seam_sym_equal(w->made[i].sym, a))
            return w->made[i].name;
    if (seam_sym_fixed(a)) {
        name = number(w, a.c);
    } else if (a.hw) {
        name = write_area(w, a);
    } else if (!a.h != !a.w) {
        name = (w->roll ? w->bordered : w->side)[a.w != 0];
        name = scaled(w, name, "Mul", a.h + a.w);
        name = scaled(w, name, "Add", a.c);
        name = scaled(w, name, "Div", a.den);
    }
    if (name && w->n_made < (int)SEAM_ARRAY_LEN(w->made)) {
        w->made[w->n_made].sym = a;
        w->made[w->n_made++].name = name;
    }
    return name;
}

static const char *write_list(struct writer *w, const struct seam_said *said)
{
    const char *parts[SEAM_MAX_RANK];
    if (w->made_for != w->roll)
        w->n_made = 0;
    w->made_for = w->roll;
    for (int i = 0; i < said->n; i++)
        if (!(parts[i] = write_sym(w, said->list[i])))
            return NULL;
    seam_build_int(&w->build, "axis", 0);
    return seam_build_nodes(&w->build, "Concat", parts, (size_t)said->n, NULL, 1);
}

/* The node with its inputs by the names that they have now, lists among them. */
static bool write_node(struct writer *w, const struct seam_onnx_node *from,
                       const struct seam_free_node *made)
{
    struct seam_arena *const arena = &w->build.graph->arena;
    struct seam_onnx_node node = *from;
    const char **names = seam_arena_alloc(arena, node.n_inputs, sizeof(*names));
    int32_t *ids = seam_arena_alloc(arena, node.n_inputs, sizeof(*ids));
    if (!names || !ids)
        return seam_build_memory(&w->build), true;
    for (size_t k = 0; k < node.n_inputs; k++) {
        const char *const alias = node.inputs[k] >= 0 ? w->alias[node.inputs[k]] : NULL;
        names[k] = alias ? alias : node.input_names[k];
    }
    for (int i = 0; made && i < made->n_said; i++)
        if (!(names[made->said[i].input] = write_list(w, &made->said[i])))
            return false;
    node.input_names = names;
    node.inputs = ids;
    seam_build_push(&w->build, &node);
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * Windows on a shifted grid
 * --------------------------------------------------------------------------------------------- */

static const char *name_of(const struct writer *w, int32_t value)
{
    return w->alias[value] ? w->alias[value] : w->names[value];
}

/* Channels first, or as they were; `e` has the axis. */
static const char *turned(struct writer *w, const struct seam_free_event *e, const char *x,
                          bool first)
{
    const int64_t to[] = { 0, 3, 1, 2 }, from[] = { 0, 2, 3, 1 };
    if (e->axis == 2)
        return x;
    seam_build_ints(&w->build, "perm", first ? to : from, 4);
    return seam_build_node(&w->build, "Transpose", x);
}

static const char *bordered(struct writer *w, const struct seam_free_event *roll, const char *x,
                            float value)
{
    const int64_t before = roll->side - roll->by, behind = roll->by;
    return seam_build_node(&w->build, "Pad", x,
                           LIST(&w->build, 0, 0, before, before, 0, 0, behind, behind),
                           seam_build_scalar(&w->build, value));
}

/* What a node made is called as what it stands for was. */
static void write_as(struct writer *w, const struct seam_onnx_node *node, const char *x)
{
    seam_build_name(&w->build, "%s", node->output_names[0]);
    seam_build_node(&w->build, "Identity", x);
}

static void write_roll(struct writer *w, const struct seam_free_event *e)
{
    const char *const x = bordered(w, e, turned(w, e, name_of(w, e->from), true), 0);
    write_as(w, e->node, turned(w, e, x, false));
    w->roll = e;
    for (int dir = 0; dir < 2; dir++)
        w->bordered[dir] = scaled(w, w->side[dir], "Add", e->border[dir]);
    w->inside[e->node->outputs[0]] = true;
}

/* A plane of zeros with a border that nobody attends to, cut into windows: one number a key. */
static void write_mask(struct writer *w, const struct seam_free_event *e)
{
    struct seam_build *const b = &w->build;
    const struct seam_free_event *const roll = w->roll;
    const char *const x = turned(w, roll, name_of(w, roll->from), true);
    const char *plane = seam_build_mul(b, seam_build_channels(b, x, 0, 1), seam_build_scalar(b, 0));
    plane = bordered(w, roll, plane, NOBODY);
    seam_build_int(b, "blocksize", e->side);
    plane = seam_build_node(b, "SpaceToDepth", plane);
    seam_build_ints(b, "perm", (const int64_t[]){ 0, 2, 3, 1 }, 4);
    plane = seam_build_node(b, "Transpose", plane);
    plane = seam_build_node(b, "Reshape", plane, LIST(b, -1, 1, 1, e->side * e->side));
    const int32_t scores = e->before ? e->before->inputs[0] : e->node->inputs[e->scores];
    seam_build_name(b, "%s", e->node->output_names[0]);
    seam_build_add(b, name_of(w, scores), plane);
    if (e->behind)
        w->alias[e->behind->outputs[0]] = e->node->output_names[0];
}

static void write_back(struct writer *w, const struct seam_free_event *e)
{
    struct seam_build *const b = &w->build;
    const int64_t before = e->side - e->by;
    const char *const x = turned(w, e, name_of(w, e->from), true);
    const char *const inner =
        seam_build_node(b, "Slice", x, LIST(b, before, before), LIST(b, -e->by, -e->by),
                        LIST(b, 2, 3));
    write_as(w, e->node, turned(w, e, inner, false));
    w->roll = NULL;
}

static void write_event(struct writer *w, const struct seam_free_event *e)
{
    switch (e->kind) {
    case SEAM_FREE_ROLL: write_roll(w, e); break;
    case SEAM_FREE_MASK: write_mask(w, e); break;
    case SEAM_FREE_BACK: write_back(w, e); break;
    }
}

/* Whether a node makes something of what has the border. */
static bool is_inside(const struct writer *w, const struct seam_onnx_node *node)
{
    for (size_t k = 0; k < node->n_inputs; k++)
        if (node->inputs[k] >= 0 && w->inside[node->inputs[k]])
            return true;
    return false;
}

/* ---------------------------------------------------------------------------------------------- */

static void write_sides(struct writer *w, const struct seam_field_ends *ends)
{
    const char *const shape = seam_build_node(&w->build, "Shape", ends->input->name);
    for (int dir = 0; dir < 2; dir++) {
        seam_build_int(&w->build, "axis", 0);
        w->side[dir] = seam_build_node(&w->build, "Gather", shape,
                                       number(w, ends->input_axis[dir]));
    }
}

/* False: a size cannot be written. */
static bool write_nodes(struct writer *w, const struct seam_onnx_node *nodes, size_t n)
{
    const struct seam_free *const f = w->f;
    size_t at = 0, event = 0;
    for (size_t i = 0; i < n && w->build.result == SEAM_OK; i++) {
        const struct seam_onnx_node *const node = &nodes[i];
        const bool lists = at < f->n_nodes && f->nodes[at].node == node;
        const struct seam_free_node *const made = lists ? &f->nodes[at++] : NULL;
        if (event < f->n_events && f->events[event].node == node) {
            write_event(w, &f->events[event++]);
        } else if (node->n_outputs != 1 || node->outputs[0] < 0 || !w->alias[node->outputs[0]]) {
            const struct seam_free_event *const roll = w->roll;
            const bool inside = is_inside(w, node);
            w->roll = inside ? roll : NULL;
            const bool ok = write_node(w, node, made);
            w->roll = roll;
            if (!ok)
                return false;
            for (size_t k = 0; k < node->n_outputs; k++)
                if (node->outputs[k] >= 0)
                    w->inside[node->outputs[k]] = inside;
        }
        if (event > 0 && f->events[event - 1].node == node &&
            f->events[event - 1].kind == SEAM_FREE_MASK)
            w->inside[node->outputs[0]] = true;
    }
    return true;
}

enum seam_result seam_free_write(const struct seam_free *f, const struct seam_field_ends *ends,
                                 struct seam_graph *graph, bool *written, struct seam_log *log)
{
    struct seam_arena *const arena = &graph->arena;
    const struct seam_onnx_node *const nodes = graph->nodes;
    const size_t n = graph->n_nodes;
    struct writer *const w = seam_arena_alloc(arena, 1, sizeof(*w));
    if (!w)
        return SEAM_ERROR_MEMORY;
    *w = (struct writer){ .f = f, .names = graph->names };
    w->alias = seam_arena_alloc(arena, graph->n_values, sizeof(*w->alias));
    w->inside = seam_arena_alloc(arena, graph->n_values, sizeof(*w->inside));
    if (!w->alias || !w->inside)
        return SEAM_ERROR_MEMORY;
    seam_build_init(&w->build, graph, log);
    w->build.tag = "free.";
    graph->nodes = NULL;
    graph->n_nodes = 0;
    write_sides(w, ends);
    *written = write_nodes(w, nodes, n);
    return w->build.result;
}
