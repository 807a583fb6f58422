#include <math.h>
#include <string.h>

#include "base/common.h"
#include "field/cost.h"
#include "field/cut.h"
#include "field/rules.h"

/* That a node takes of a picture; each is summed up by itself. */
#define MOST_NUMBERS 65536

static bool find_kind(const char *op, enum seam_cut_kind *kind)
{
    static const struct {
        const char *op;
        enum seam_cut_kind kind;
    } kinds[] = {
        { "GlobalAveragePool", SEAM_CUT_MEAN },
        { "GlobalMaxPool", SEAM_CUT_MOST },
        { "InstanceNormalization", SEAM_CUT_MOMENTS },
        { "ReduceL1", SEAM_CUT_SUM_ABS },
        { "ReduceL2", SEAM_CUT_LENGTH },
        { "ReduceMax", SEAM_CUT_MOST },
        { "ReduceMean", SEAM_CUT_MEAN },
        { "ReduceMin", SEAM_CUT_LEAST },
        { "ReduceSum", SEAM_CUT_SUM },
        { "ReduceSumSquare", SEAM_CUT_SUM_SQUARES },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(kinds); i++)
        if (!strcmp(op, kinds[i].op)) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

static bool is_reduce(const struct seam_onnx_node *node)
{
    return !strncmp(node->op, "Reduce", 6);
}

/* Which axes the node sums over. */
static bool find_axes(struct seam_field *field, const struct seam_fact *fact, bool *summed)
{
    int axes[SEAM_MAX_RANK], n = 0;
    if (is_reduce(field->node)) {
        if (!seam_axes(field, 1, "axes", fact->rank, axes, &n))
            return false;
        for (int i = 0; i < fact->rank; i++)
            summed[i] = n <= 0;
        for (int i = 0; i < n; i++)
            summed[axes[i]] = true;
        return true;
    }
    for (int i = 0; i < fact->rank; i++)
        summed[i] = i >= 2;
    return fact->rank > 2;
}

/* How the tensor lies in memory: each side of the picture is one part, all others are fixed. */
static bool find_parts(const struct seam_field *field, const struct seam_fact *fact,
                       const bool *summed, struct seam_cut *cut)
{
    int lines[2] = { 0, 0 };
    struct seam_cut_part *parts =
        seam_arena_alloc((struct seam_arena *)(uintptr_t)&field->graph->arena,
                         (size_t)fact->n_atoms, sizeof(*parts));
    if (!parts)
        return false;
    for (int i = 0; i < fact->n_atoms; i++) {
        const struct seam_atom *atom = &fact->atoms[i];
        parts[i] = (struct seam_cut_part){ 0, atom->line, summed[atom->axis] };
        if (atom->line < 0) {
            if (!seam_sym_whole(atom->size, &parts[i].size) || parts[i].size < 1)
                return false;
            continue;
        }
        const struct seam_relation *r = fact->relation[atom->line];
        const struct seam_sym length =
            seam_sym_div(seam_sym_mul(seam_field_side(field, atom->line),
                                      seam_sym_const(r->radix[0])), seam_sym_const(r->period));
        lines[atom->line]++;
        cut->num[atom->line] = r->radix[0];
        cut->den[atom->line] = r->period;
        if (!summed[atom->axis] || !seam_sym_equal(atom->size, length))
            return false;
    }
    cut->parts = parts;
    cut->n_parts = fact->n_atoms;
    return lines[0] == 1 && lines[1] == 1;
}

/* The shape of what is found. */
static bool find_dims(const struct seam_field *field, const struct seam_fact *fact,
                      const bool *summed, struct seam_cut *cut)
{
    const bool drops = is_reduce(field->node) && !seam_onnx_int(field->node, "keepdims", 1);
    const bool moments = cut->kind == SEAM_CUT_MOMENTS;
    cut->count = 1;
    for (int i = 0; i < fact->rank; i++) {
        int64_t size = 1;
        if (!summed[i] && (!seam_sym_whole(fact->dims[i], &size) || size > INT32_MAX))
            return false;
        if (moments && i == 0 && size != 1)
            return false;
        cut->count *= size;
        if (cut->count > MOST_NUMBERS)
            return false;
        if (moments ? i == 1 : !(summed[i] && drops))
            cut->dims[cut->rank++] = size;
    }
    return true;
}

/* How far the reduced tensor sees from edges at multiples of the alignment. */
static bool find_halo(struct seam_field *field, const struct seam_fact *fact, int64_t alignment,
                      struct seam_analysis *out)
{
    for (int dir = 0; dir < 2; dir++) {
        const struct seam_relation *r = fact->relation[dir];
        const int64_t turns = alignment / seam_gcd(alignment, r->period);
        const int64_t rest = r->phases / r->radix[0];
        int64_t before = 0, behind = 0;
        if (alignment * r->radix[0] % r->period != 0 ||
            !seam_field_work(field, turns * r->phases))
            return false;
        for (int64_t turn = 0; turn < turns; turn++)
            for (int64_t k = 0; k < r->phases; k++) {
                const int64_t at = (turn * r->radix[0] + k / rest) * r->period / r->radix[0];
                const int64_t edge = seam_floor_div(at, alignment) * alignment;
                before = seam_max(before, edge - (r->lo[k] + turn * r->period));
                behind = seam_max(behind, r->hi[k] + turn * r->period - (edge + alignment - 1));
            }
        const int lo = dir ? SEAM_LEFT : SEAM_TOP, hi = dir ? SEAM_RIGHT : SEAM_BOTTOM;
        out->cut_halo[lo] = seam_max(out->cut_halo[lo], before + fact->edge_lo[dir]);
        out->cut_halo[hi] = seam_max(out->cut_halo[hi], behind + fact->edge_hi[dir]);
    }
    return true;
}

/* Whether this node, which is on the list, is one to cut at. */
static bool find_cut(struct seam_field *field, size_t index, struct seam_analysis *out,
                     struct seam_cut *cut)
{
    const struct seam_onnx_node *node = &field->graph->nodes[index];
    struct seam_fact fact;
    bool summed[SEAM_MAX_RANK] = { false };
    field->node = node;
    field->n_said = 0;
    *cut = (struct seam_cut){ .name = node->name, .node = index };
    if (*node->domain || node->subgraph || !find_kind(node->op, &cut->kind) ||
        !seam_input(field, 0) || node->n_outputs != 1 || node->outputs[0] < 0)
        return false;
    fact = *seam_input(field, 0);
    cut->input = node->inputs[0];
    cut->type = fact.type;
    if (fact.type != SEAM_ONNX_FLOAT && fact.type != SEAM_ONNX_FLOAT16)
        return false;
    /* Half a float cannot hold the variance of what it holds. */
    if (fact.type == SEAM_ONNX_FLOAT16 && cut->kind == SEAM_CUT_MOMENTS)
        return false;
    if (fact.border[0] || fact.border[1] || !fact.relation[0] || !fact.relation[1])
        return false;
    return find_axes(field, &fact, summed) && find_parts(field, &fact, summed, cut) &&
           find_dims(field, &fact, summed, cut) && find_halo(field, &fact, out->alignment, out);
}

/* The passes that find what each node takes: one more than for what it is made of. */
static bool number_passes(const struct seam_field *field, const bool *needed, struct seam_cut *cuts,
                          struct seam_analysis *out)
{
    const struct seam_graph *graph = field->graph;
    int *known = seam_arena_alloc(field->arena, graph->n_values, sizeof(*known));
    size_t at = 0;
    if (!known)
        return false;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        int pass = 0;
        if (!needed[i])
            continue;
        for (size_t k = 0; k < node->n_inputs; k++)
            if (node->inputs[k] >= 0)
                pass = pass > known[node->inputs[k]] ? pass : known[node->inputs[k]];
        if (at < out->n_cuts && cuts[at].node == i) {
            cuts[at++].pass = pass++;
            out->passes = out->passes > pass ? out->passes : pass + 1;
        }
        for (size_t k = 0; k < node->n_outputs; k++)
            if (node->outputs[k] >= 0)
                known[node->outputs[k]] = pass;
    }
    return true;
}

size_t seam_cut_wanted(const struct seam_analysis *a, int32_t output, int pass, int32_t *wanted)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_cuts; i++)
        if (a->cuts[i].pass == pass)
            wanted[n++] = a->cuts[i].input;
    if (pass == a->passes - 1)
        wanted[n++] = output;
    return n;
}

bool *seam_cut_needed(const struct seam_graph *graph, const struct seam_analysis *a,
                      int32_t output, int pass, struct seam_arena *arena)
{
    bool *value = seam_arena_alloc(arena, graph->n_values, sizeof(*value));
    bool *needed = seam_arena_alloc(arena, graph->n_nodes, sizeof(*needed));
    int32_t *wanted = seam_arena_alloc(arena, a->n_cuts + 1, sizeof(*wanted));
    if (!value || !needed || !wanted)
        return NULL;
    const size_t n = seam_cut_wanted(a, output, pass, wanted);
    for (size_t i = 0; i < n; i++)
        value[wanted[i]] = true;
    size_t cut = a->n_cuts;
    for (size_t i = graph->n_nodes; i-- > 0;) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        const bool is_cut = cut > 0 && a->cuts[cut - 1].node == i;
        cut -= is_cut;
        for (size_t k = 0; k < node->n_outputs; k++)
            needed[i] |= node->outputs[k] >= 0 && value[node->outputs[k]];
        /* What a node takes of the picture is known; one that normalises by it is run. */
        if (is_cut && a->cuts[cut].kind != SEAM_CUT_MOMENTS)
            needed[i] = false;
        for (size_t k = 0; needed[i] && k < node->n_inputs; k++)
            if (node->inputs[k] >= 0)
                value[node->inputs[k]] = true;
    }
    return needed;
}

/* Bytes of what a pass gives to be summed up. */
static double taken_bytes(const struct seam_analysis *a, int pass)
{
    double bytes = 0;
    for (size_t i = 0; i < a->n_cuts; i++) {
        const struct seam_cut *cut = &a->cuts[i];
        double samples = (double)cut->num[0] / (double)cut->den[0] * (double)cut->num[1] /
                         (double)cut->den[1];
        for (int k = 0; k < cut->n_parts; k++)
            samples *= cut->parts[k].line < 0 ? (double)cut->parts[k].size : 1;
        bytes += cut->pass == pass ? samples * sizeof(float) : 0;
    }
    return bytes;
}

/* Multiply-adds of all passes, over those of one; and how exact their tiles are. */
static bool count_work(struct seam_field *field, int32_t output, struct seam_analysis *out)
{
    double sum = 0;
    for (int pass = 0; pass < out->passes; pass++) {
        struct seam_analysis one = { 0 };
        const bool *needed = seam_cut_needed(field->graph, out, output, pass, field->arena);
        if (!needed || !seam_cost_count(field, needed, &one))
            return false;
        sum += one.macs_per_pixel;
        out->cut_bytes = fmax(out->cut_bytes, taken_bytes(out, pass));
    }
    out->pass_level = field->numeric ? SEAM_LEVEL_NUMERIC : SEAM_LEVEL_BITS;
    out->pass_work = out->macs_per_pixel > 0 ? sum / out->macs_per_pixel : out->passes;
    return true;
}

bool seam_cut_find(struct seam_field *field, const bool *needed, int32_t output,
                   struct seam_analysis *out)
{
    const struct seam_graph *graph = field->graph;
    size_t reported = 0;
    out->passes = 1;
    out->pass_work = 1;
    if (!field->n_list || out->scale_num <= 0 || field->wraps || field->fixed[0] || field->fixed[1])
        return true;
    struct seam_cut *cuts = seam_arena_alloc((struct seam_arena *)(uintptr_t)&graph->arena,
                                             field->n_list, sizeof(*cuts));
    if (!cuts)
        return false;
    for (size_t i = 0; i < graph->n_nodes && reported < field->n_list; i++) {
        if (!needed[i] || graph->nodes[i].name != field->list[reported].name)
            continue;
        if (!find_cut(field, i, out, &cuts[reported++]))
            break;
        out->n_cuts++;
    }
    if (out->n_cuts < field->n_list) {
        out->n_cuts = 0;
        return !field->arena->failed && !graph->arena.failed;
    }
    out->cuts = cuts;
    return number_passes(field, needed, cuts, out) && count_work(field, output, out);
}
