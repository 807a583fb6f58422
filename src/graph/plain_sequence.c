/* Sequences of a known number of pictures, as torch.chunk and torch.split are exported: parts by
 * name. */
#include <string.h>

#include "base/common.h"
#include "graph/plain.h"

#define MOST_PARTS 64

static bool is(const struct seam_plain *p, const char *op)
{
    return !*p->node->domain && !strcmp(p->node->op, op);
}

static bool set_parts(struct seam_plain *p, const char *const *names, size_t n)
{
    const char **copy = seam_arena_alloc(&p->build.graph->arena, n, sizeof(*copy));
    if (!copy)
        return seam_build_memory(&p->build), true;
    memcpy(copy, names, n * sizeof(*copy));
    seam_plain_output(p)->parts = copy;
    seam_plain_output(p)->n_parts = n;
    return true;
}

/* Into parts of one size, or of sizes that are listed, along the channels. */
static bool split(struct seam_plain *p)
{
    struct seam_build *const b = &p->build;
    const struct seam_plain_value x = *seam_plain_input(p, 0);
    const struct seam_onnx_tensor *const sizes = seam_plain_input(p, 1)->constant;
    const char *names[MOST_PARTS];
    int64_t parts[MOST_PARTS], each, sum = 0;
    double value;
    size_t n = 0;
    if (seam_onnx_int(p->node, "axis", 0) != 1 || !sizes || x.channels < 1)
        return false;
    if (sizes->rank == 0) {
        if (!seam_onnx_element(sizes, 0, &value, &each) || each < 1)
            return false;
        for (; sum < x.channels && n < MOST_PARTS; sum += parts[n++])
            parts[n] = seam_min(each, x.channels - sum);
    } else {
        for (; n < sizes->count && n < MOST_PARTS; sum += parts[n++])
            if (!seam_onnx_element(sizes, n, &value, &parts[n]) || parts[n] < 1 ||
                parts[n] > x.channels)
                return false;
    }
    if (sum != x.channels || n < 1)
        return false;
    const char *inputs[2] = { seam_plain_name(p, 0), "" };
    seam_build_int(b, "axis", 1);
    if (b->graph->opset >= 13)
        inputs[1] = seam_build_list(b, parts, n);
    else
        seam_build_ints(b, "split", parts, n);
    return seam_build_nodes(b, "Split", inputs, b->graph->opset >= 13 ? 2 : 1, names, n)
               ? set_parts(p, names, n)
               : true;
}

static bool at(struct seam_plain *p)
{
    const struct seam_plain_value s = *seam_plain_input(p, 0);
    double value;
    int64_t k;
    const struct seam_onnx_tensor *const index = seam_plain_input(p, 1)->constant;
    if (!s.parts || !index || index->count != 1 || !seam_onnx_element(index, 0, &value, &k))
        return false;
    k += k < 0 ? (int64_t)s.n_parts : 0;
    if (k < 0 || k >= (int64_t)s.n_parts)
        return false;
    seam_plain_as_output(p);
    return seam_build_node(&p->build, "Identity", s.parts[k]) || true;
}

static bool construct(struct seam_plain *p)
{
    const char *names[MOST_PARTS];
    if (p->node->n_inputs < 1 || p->node->n_inputs > MOST_PARTS)
        return false;
    for (size_t k = 0; k < p->node->n_inputs; k++)
        names[k] = seam_plain_name(p, k);
    return set_parts(p, names, p->node->n_inputs);
}

static bool concat(struct seam_plain *p)
{
    const struct seam_plain_value s = *seam_plain_input(p, 0);
    if (!s.parts || seam_onnx_int(p->node, "new_axis", 0))
        return false;
    seam_build_int(&p->build, "axis", seam_onnx_int(p->node, "axis", 1));
    seam_plain_as_output(p);
    return seam_build_nodes(&p->build, "Concat", s.parts, s.n_parts, NULL, 1) || true;
}

bool seam_plain_sequence(struct seam_plain *p)
{
    if (p->node->n_outputs != 1)
        return false;
    if (is(p, "SplitToSequence"))
        return split(p);
    if (is(p, "SequenceAt"))
        return at(p);
    if (is(p, "SequenceConstruct"))
        return construct(p);
    return is(p, "ConcatFromSequence") && concat(p);
}
