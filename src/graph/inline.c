/*
 * Bodies in the place of what calls them: functions that a file brings along, and the branch of an
 * If whose condition is constant, or whose branches are the same. Each body is decoded anew, and
 * its own names get a prefix of their own.
 */
#include "graph/inline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"

/* No exporter comes near; functions that call themselves end here. */
#define MOST_BODIES 4096
#define MOST_DEPTH 16
#define MOST_NODES ((size_t)1 << 20)

struct function {
    const char *name, *domain;
    struct seam_wire wire;
    const char **inputs, **outputs;
    size_t n_inputs, n_outputs;
};

struct rename {
    const char *from, *to;
};

/* What the names of a body stand for. */
struct scope {
    const struct scope *outer;         /* around the body; NULL around the graph's own nodes */
    const struct seam_onnx_node *call; /* of a function, which sees nothing outside; NULL: a
                                          branch */
    struct rename *names;              /* sorted */
    size_t n;
    int number; /* of the body: its prefix */
};

struct inliner {
    const struct seam_decoder *decoder;
    struct seam_build build;
    struct function *functions;
    size_t n_functions;
    int bodies, depth;
};

/* A graph inside a node. */
struct branch {
    struct seam_onnx_node *nodes;
    struct seam_onnx_tensor *tensors;
    const char **outputs;
    size_t n_nodes, n_tensors, n_outputs;
};

static enum seam_result expand(struct inliner *in, struct seam_onnx_node *node,
                               const struct scope *scope);

static struct seam_arena *arena(struct inliner *in)
{
    return &in->decoder->graph->arena;
}

static int compare_renames(const void *a, const void *b)
{
    return strcmp(((const struct rename *)a)->from, ((const struct rename *)b)->from);
}

static const char *prefixed(struct inliner *in, const struct scope *scope, const char *name)
{
    const size_t room = strlen(name) + 32;
    char *const text = seam_arena_alloc(arena(in), room, 1);
    if (text)
        snprintf(text, room, "/body_%d/%s", scope->number, name);
    return text ? text : seam_build_memory(&in->build);
}

/* What a name of a body is called in the graph; NULL without memory. */
static const char *renamed(struct inliner *in, const struct scope *scope, const char *name)
{
    for (; scope && *name; scope = scope->outer) {
        const struct rename wanted = { .from = name };
        const struct rename *const found =
            scope->n ? bsearch(&wanted, scope->names, scope->n, sizeof(wanted), compare_renames)
                     : NULL;
        if (found)
            return found->to;
        if (scope->call)
            return prefixed(in, scope, name);
    }
    return name;
}

static bool rename_all(struct inliner *in, const struct scope *scope, const char *const *names,
                       size_t n)
{
    const char **list = (const char **)(uintptr_t)names;
    for (size_t i = 0; i < n; i++)
        if (!(list[i] = renamed(in, scope, list[i])))
            return false;
    return true;
}

/* Attributes that stand for those of the call; one that the call has not is left out. */
static void resolve_attrs(struct seam_onnx_node *node, const struct scope *scope)
{
    struct seam_onnx_attr *const attrs = (struct seam_onnx_attr *)(uintptr_t)node->attrs;
    const struct seam_onnx_node *call = NULL;
    size_t kept = 0;
    for (; scope && !call; scope = scope->outer)
        call = scope->call;
    for (size_t i = 0; i < node->n_attrs; i++) {
        const struct seam_onnx_attr *told = &attrs[i];
        if (attrs[i].ref && !(told = call ? seam_onnx_attr(call, attrs[i].ref) : NULL))
            continue;
        const char *const name = attrs[i].name;
        attrs[kept] = *told;
        attrs[kept++].name = name;
    }
    node->n_attrs = kept;
}

/* ------------------------------------------------------------------------------------------------
 * Functions
 * --------------------------------------------------------------------------------------------- */

/* The texts of a repeated field. */
static enum seam_result read_names(struct inliner *in, struct seam_wire wire, uint32_t number,
                                   const char ***names, size_t *n)
{
    struct seam_wire_field field;
    struct seam_wire scan = wire;
    for (*n = 0; seam_wire_next(&scan, &field);)
        *n += field.number == number;
    *names = seam_arena_alloc(arena(in), *n, sizeof(**names));
    if (!*names)
        return seam_decode_memory(in->decoder);
    enum seam_result result = SEAM_OK;
    for (size_t i = 0; result == SEAM_OK && seam_wire_next(&wire, &field);)
        if (field.number == number)
            result = seam_decode_string(in->decoder, &field, &(*names)[i++]);
    return result;
}

static enum seam_result read_function(struct inliner *in, struct seam_wire wire, struct function *f)
{
    struct seam_wire_field field;
    struct seam_wire scan = wire;
    enum seam_result result = SEAM_OK;
    *f = (struct function){ .name = "", .domain = "", .wire = wire };
    while (result == SEAM_OK && seam_wire_next(&scan, &field)) {
        if (field.number == 1)
            result = seam_decode_string(in->decoder, &field, &f->name);
        else if (field.number == 10)
            result = seam_decode_string(in->decoder, &field, &f->domain);
    }
    if (result == SEAM_OK && scan.bad)
        return seam_decode_broken(in->decoder, "a broken function");
    if (result == SEAM_OK)
        result = read_names(in, wire, 4, &f->inputs, &f->n_inputs);
    return result == SEAM_OK ? read_names(in, wire, 5, &f->outputs, &f->n_outputs) : result;
}

static enum seam_result read_functions(struct inliner *in, struct seam_wire wire)
{
    struct seam_wire_field field;
    struct seam_wire scan = wire;
    size_t n = 0;
    while (seam_wire_next(&scan, &field))
        n += field.number == 25 && field.type == SEAM_WIRE_BYTES;
    if (!(in->functions = seam_arena_alloc(arena(in), n, sizeof(*in->functions))))
        return seam_decode_memory(in->decoder);
    enum seam_result result = SEAM_OK;
    while (result == SEAM_OK && seam_wire_next(&wire, &field))
        if (field.number == 25 && field.type == SEAM_WIRE_BYTES)
            result = read_function(in, seam_wire_over(field.data, field.size),
                                   &in->functions[in->n_functions++]);
    return result;
}

static const struct function *find_function(const struct inliner *in,
                                            const struct seam_onnx_node *node)
{
    for (size_t i = 0; i < in->n_functions; i++)
        if (!strcmp(in->functions[i].name, node->op) &&
            !strcmp(in->functions[i].domain, node->domain))
            return &in->functions[i];
    return NULL;
}

/* One more body within the others. */
static enum seam_result enter(struct inliner *in, struct scope *scope)
{
    scope->number = in->bodies;
    if (++in->bodies > MOST_BODIES || ++in->depth > MOST_DEPTH ||
        in->decoder->graph->n_nodes > MOST_NODES)
        return seam_decode_broken(in->decoder, "functions without an end");
    seam_sort(scope->names, scope->n, sizeof(*scope->names), compare_renames);
    return SEAM_OK;
}

static enum seam_result expand_function(struct inliner *in, const struct function *f,
                                        const struct seam_onnx_node *call,
                                        const struct scope *outer)
{
    struct scope scope = { .outer = outer, .call = call };
    scope.names = seam_arena_alloc(arena(in), f->n_inputs + f->n_outputs, sizeof(*scope.names));
    if (!scope.names)
        return seam_decode_memory(in->decoder);
    for (size_t i = 0; i < f->n_inputs; i++)
        scope.names[scope.n++] =
            (struct rename){ f->inputs[i], i < call->n_inputs ? call->input_names[i] : "" };
    for (size_t i = 0; i < f->n_outputs && i < call->n_outputs; i++)
        if (*call->output_names[i])
            scope.names[scope.n++] = (struct rename){ f->outputs[i], call->output_names[i] };
    enum seam_result result = enter(in, &scope);
    struct seam_wire wire = f->wire;
    struct seam_wire_field field;
    while (result == SEAM_OK && seam_wire_next(&wire, &field)) {
        struct seam_onnx_node node;
        if (field.number != 7 || field.type != SEAM_WIRE_BYTES)
            continue;
        result = seam_decode_node(in->decoder, seam_wire_over(field.data, field.size), &node);
        if (result == SEAM_OK)
            result = expand(in, &node, &scope);
    }
    in->depth--;
    return result;
}

/* ------------------------------------------------------------------------------------------------
 * Branches
 * --------------------------------------------------------------------------------------------- */

static enum seam_result read_branch(struct inliner *in, const struct seam_onnx_attr *attr,
                                    struct branch *b)
{
    struct seam_wire_field field;
    struct seam_wire scan = seam_wire_over(attr->bytes, attr->n_bytes), wire = scan;
    *b = (struct branch){ 0 };
    size_t nodes = 0, tensors = 0, outputs = 0;
    while (seam_wire_next(&scan, &field)) {
        nodes += field.number == 1;
        tensors += field.number == 5;
        outputs += field.number == 12;
    }
    b->nodes = seam_arena_alloc(arena(in), nodes, sizeof(*b->nodes));
    b->tensors = seam_arena_alloc(arena(in), tensors, sizeof(*b->tensors));
    b->outputs = seam_arena_alloc(arena(in), outputs, sizeof(*b->outputs));
    if (!b->nodes || !b->tensors || !b->outputs)
        return seam_decode_memory(in->decoder);
    enum seam_result result =
        scan.bad ? seam_decode_broken(in->decoder, "a broken branch") : SEAM_OK;
    while (result == SEAM_OK && seam_wire_next(&wire, &field)) {
        struct seam_wire inner = seam_wire_over(field.data, field.size);
        struct seam_wire_field name;
        if (field.type != SEAM_WIRE_BYTES)
            continue;
        if (field.number == 1)
            result = seam_decode_node(in->decoder, inner, &b->nodes[b->n_nodes++]);
        else if (field.number == 5)
            result = seam_decode_tensor(in->decoder, field.data, field.size,
                                        &b->tensors[b->n_tensors++]);
        else if (field.number == 12) {
            b->outputs[b->n_outputs] = "";
            while (result == SEAM_OK && seam_wire_next(&inner, &name))
                if (name.number == 1)
                    result = seam_decode_string(in->decoder, &name, &b->outputs[b->n_outputs]);
            b->n_outputs++;
        }
    }
    return result;
}

static bool is_own(const struct branch *b, const char *name)
{
    for (size_t i = 0; i < b->n_tensors; i++)
        if (!strcmp(b->tensors[i].name, name))
            return true;
    for (size_t i = 0; i < b->n_nodes; i++)
        for (size_t k = 0; k < b->nodes[i].n_outputs; k++)
            if (!strcmp(b->nodes[i].output_names[k], name))
                return true;
    return false;
}

/* Its own names, and those by which the If hands on what it makes. */
static bool name_branch(struct inliner *in, const struct branch *b,
                        const struct seam_onnx_node *node, struct scope *s)
{
    size_t most = b->n_tensors;
    for (size_t i = 0; i < b->n_nodes; i++)
        most += b->nodes[i].n_outputs;
    s->names = seam_arena_alloc(arena(in), most, sizeof(*s->names));
    if (!s->names)
        return seam_build_memory(&in->build), false;
    for (size_t i = 0; i < b->n_tensors; i++)
        s->names[s->n++].from = b->tensors[i].name;
    for (size_t i = 0; i < b->n_nodes; i++)
        for (size_t k = 0; k < b->nodes[i].n_outputs; k++)
            s->names[s->n++].from = b->nodes[i].output_names[k];
    for (size_t i = 0; i < s->n; i++) {
        s->names[i].to = NULL;
        for (size_t k = 0; k < b->n_outputs && !s->names[i].to; k++)
            if (!strcmp(b->outputs[k], s->names[i].from))
                s->names[i].to = node->output_names[k];
        if (!s->names[i].to && !(s->names[i].to = prefixed(in, s, s->names[i].from)))
            return false;
    }
    return true;
}

static enum seam_result expand_branch(struct inliner *in, struct branch *b,
                                      const struct seam_onnx_node *node, const struct scope *outer)
{
    struct scope scope = { .outer = outer, .number = in->bodies };
    bool *const own = seam_arena_alloc(arena(in), b->n_outputs, sizeof(*own));
    if (!own || !name_branch(in, b, node, &scope))
        return seam_decode_memory(in->decoder);
    for (size_t k = 0; k < b->n_outputs; k++)
        own[k] = is_own(b, b->outputs[k]);
    enum seam_result result = enter(in, &scope);
    for (size_t i = 0; result == SEAM_OK && i < b->n_tensors; i++) {
        b->tensors[i].name = renamed(in, &scope, b->tensors[i].name);
        seam_build_tensor(&in->build, &b->tensors[i]);
        result = in->build.result;
    }
    for (size_t i = 0; result == SEAM_OK && i < b->n_nodes; i++)
        result = expand(in, &b->nodes[i], &scope);
    /* What a branch only hands on. */
    for (size_t k = 0; result == SEAM_OK && k < b->n_outputs; k++)
        if (!own[k]) {
            const char *const value = renamed(in, outer, b->outputs[k]);
            seam_build_name(&in->build, "%s", node->output_names[k]);
            seam_build_node(&in->build, "Identity", value);
            result = in->build.result;
        }
    in->depth--;
    return result;
}

static bool same_bytes(const void *a, size_t n, const void *b, size_t m)
{
    return n == m && (!n || (a && b && !memcmp(a, b, n)));
}

static bool same_tensor(const struct seam_onnx_tensor *a, const struct seam_onnx_tensor *b)
{
    return (!a && !b) || (a && b && a->type == b->type && seam_onnx_type_size(a->type) &&
                          same_bytes(a->dims, (size_t)a->rank * 8, b->dims, (size_t)b->rank * 8) &&
                          same_bytes(a->data, (size_t)a->size, b->data, (size_t)b->size));
}

static bool same_attrs(const struct seam_onnx_node *a, const struct seam_onnx_node *b)
{
    for (size_t i = 0; i < a->n_attrs; i++) {
        const struct seam_onnx_attr *const x = &a->attrs[i], *const y = seam_onnx_attr(b, x->name);
        if (!y || x->type != y->type || x->type == SEAM_ATTR_OTHER || x->type == SEAM_ATTR_GRAPH ||
            x->i != y->i || memcmp(&x->f, &y->f, sizeof(x->f)) != 0 ||
            strcmp(x->s ? x->s : "", y->s ? y->s : "") != 0 || !same_tensor(x->tensor, y->tensor) ||
            x->n != y->n ||
            !same_bytes(x->ints, x->ints ? 8 * x->n : 0, y->ints, y->ints ? 8 * y->n : 0) ||
            !same_bytes(x->floats, x->floats ? 4 * x->n : 0, y->floats, y->floats ? 4 * y->n : 0))
            return false;
    }
    return a->n_attrs == b->n_attrs;
}

/* Whether a name of one branch is what another is in the other: of the same maker, or the same
 * outside. */
static bool same_value(const struct branch *a, const char *x, const struct branch *b, const char *y)
{
    for (size_t i = 0; i < a->n_tensors; i++)
        if (!strcmp(a->tensors[i].name, x))
            return i < b->n_tensors && !strcmp(b->tensors[i].name, y) &&
                   same_tensor(&a->tensors[i], &b->tensors[i]);
    for (size_t i = 0; i < a->n_nodes; i++)
        for (size_t k = 0; k < a->nodes[i].n_outputs; k++)
            if (!strcmp(a->nodes[i].output_names[k], x))
                return i < b->n_nodes && k < b->nodes[i].n_outputs &&
                       !strcmp(b->nodes[i].output_names[k], y);
    return !is_own(b, y) && !strcmp(x, y);
}

static bool same_branches(const struct branch *a, const struct branch *b)
{
    if (a->n_nodes != b->n_nodes || a->n_outputs != b->n_outputs || a->n_nodes > 256)
        return false;
    for (size_t i = 0; i < a->n_nodes; i++) {
        const struct seam_onnx_node *const x = &a->nodes[i], *const y = &b->nodes[i];
        if (strcmp(x->op, y->op) != 0 || strcmp(x->domain, y->domain) != 0 ||
            x->n_inputs != y->n_inputs || x->n_outputs != y->n_outputs || !same_attrs(x, y))
            return false;
        for (size_t k = 0; k < x->n_inputs; k++)
            if (!same_value(a, x->input_names[k], b, y->input_names[k]))
                return false;
    }
    for (size_t k = 0; k < a->n_outputs; k++)
        if (!same_value(a, a->outputs[k], b, b->outputs[k]))
            return false;
    return true;
}

/* The value of a condition that is a constant of the graph. */
static bool constant_condition(const struct inliner *in, const char *name, bool *value)
{
    const struct seam_graph *const graph = in->decoder->graph;
    const struct seam_onnx_tensor *t = NULL;
    double number;
    int64_t whole;
    for (size_t i = 0; i < graph->n_initializers && !t; i++)
        if (!strcmp(graph->initializers[i].name, name))
            t = &graph->initializers[i];
    for (size_t i = 0; i < graph->n_nodes && !t; i++) {
        const struct seam_onnx_node *const node = &graph->nodes[i];
        const struct seam_onnx_attr *const attr = seam_onnx_attr(node, "value");
        if (!strcmp(node->op, "Constant") && node->n_outputs == 1 && attr &&
            !strcmp(node->output_names[0], name))
            t = attr->tensor;
    }
    if (!t || t->count != 1 || !seam_onnx_element(t, 0, &number, &whole))
        return false;
    *value = whole != 0;
    return true;
}

/* *done where one of the branches took the If's place. */
static enum seam_result expand_if(struct inliner *in, const struct seam_onnx_node *node,
                                  const struct scope *outer, bool *done)
{
    const struct seam_onnx_attr *const attrs[2] = { seam_onnx_attr(node, "else_branch"),
                                                    seam_onnx_attr(node, "then_branch") };
    struct branch branches[2];
    bool condition = true;
    *done = false;
    if (!attrs[0] || !attrs[1] || !attrs[0]->bytes || !attrs[1]->bytes || node->n_inputs != 1 ||
        in->bodies >= MOST_BODIES)
        return SEAM_OK;
    const bool constant = constant_condition(in, node->input_names[0], &condition);
    for (int i = 0; i < 2; i++) {
        const enum seam_result result = read_branch(in, attrs[i], &branches[i]);
        if (result != SEAM_OK)
            return result;
    }
    if (branches[condition].n_outputs != node->n_outputs ||
        (!constant && !same_branches(&branches[0], &branches[1])))
        return SEAM_OK;
    *done = true;
    return expand_branch(in, &branches[condition], node, outer);
}

/* One node: itself under its names in the graph, or the body that it stands for. */
static enum seam_result expand(struct inliner *in, struct seam_onnx_node *node,
                               const struct scope *scope)
{
    if (scope && (!rename_all(in, scope, node->input_names, node->n_inputs) ||
                  !rename_all(in, scope, node->output_names, node->n_outputs)))
        return in->build.result;
    if (scope) {
        node->name = node->n_outputs ? node->output_names[0] : "";
        resolve_attrs(node, scope);
    }
    const struct function *const f = find_function(in, node);
    if (f)
        return expand_function(in, f, node, NULL);
    bool done = false;
    if (!strcmp(node->op, "If") && !*node->domain) {
        const enum seam_result result = expand_if(in, node, scope, &done);
        if (result != SEAM_OK || done)
            return result;
    }
    seam_build_push(&in->build, node);
    return in->build.result;
}

enum seam_result seam_inline(const struct seam_decoder *decoder, const void *data, size_t size,
                             bool *changed)
{
    struct inliner in = { .decoder = decoder };
    struct seam_graph *const graph = decoder->graph;
    struct seam_onnx_node *const nodes = (struct seam_onnx_node *)(uintptr_t)graph->nodes;
    const size_t n = graph->n_nodes;
    enum seam_result result = read_functions(&in, seam_wire_over(data, size));
    bool any = in.n_functions > 0;
    for (size_t i = 0; i < n; i++)
        any |= !strcmp(nodes[i].op, "If");
    if (result != SEAM_OK || !any)
        return result;
    seam_build_init(&in.build, graph, decoder->log);
    graph->nodes = NULL;
    graph->n_nodes = 0;
    for (size_t i = 0; result == SEAM_OK && i < n; i++)
        result = expand(&in, &nodes[i], NULL);
    *changed |= in.bodies > 0;
    return result;
}
