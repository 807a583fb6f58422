/* What is known of a network: out of its file, and told to who asks. */
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "model/network.h"
#include "model/private.h"

static enum seam_exact facts_level(enum seam_level level)
{
    switch (level) {
    case SEAM_LEVEL_BITS: return SEAM_EXACT_BITS;
    case SEAM_LEVEL_NUMERIC: return SEAM_EXACT_NUMERIC;
    case SEAM_LEVEL_NO: break;
    }
    return SEAM_EXACT_NO;
}

/* A plain decimal number. strtod() would read it by the user's locale. */
static double read_decimal(const char *text)
{
    const double sign = *text == '-' ? -1 : 1;
    double value = 0, place = 1;
    for (text += *text == '-'; *text >= '0' && *text <= '9'; text++)
        value = 10 * value + (*text - '0');
    if (text[0] == '.' && text[1] != '.')
        for (text++; *text >= '0' && *text <= '9'; text++)
            value += (*text - '0') * (place /= 10);
    return sign * value;
}

size_t seam_network_inputs(const struct seam_graph *graph, const struct seam_model_params *params,
                           struct seam_model_input *all, size_t room)
{
    static const char prefix[] = "seamless.input.";
    size_t n = 0;
    if (params->input_count > room)
        return 0;
    for (size_t i = 0; i < params->input_count; i++)
        if (!graph->answered || strcmp(graph->answered, params->inputs[i].name) != 0)
            all[n++] = params->inputs[i];
    for (size_t k = 0; k < graph->n_metadata; k++) {
        const struct seam_onnx_pair *pair = &graph->metadata[k];
        bool given = strncmp(pair->key, prefix, sizeof(prefix) - 1) != 0;
        for (size_t i = 0; i < params->input_count && !given; i++)
            given = strcmp(params->inputs[i].name, pair->key + sizeof(prefix) - 1) == 0;
        if (given)
            continue;
        if (n == room)
            return 0;
        all[n++] =
            (struct seam_model_input){ pair->key + sizeof(prefix) - 1, read_decimal(pair->value) };
    }
    return n;
}

/* "LO..HI" in the metadata of the file, under the key seamless.range. */
static void facts_range(struct seam_facts *facts, const struct seam_graph *graph)
{
    for (size_t i = 0; i < graph->n_metadata; i++) {
        if (strcmp(graph->metadata[i].key, "seamless.range") != 0)
            continue;
        const char *text = graph->metadata[i].value, *dots = strstr(text, "..");
        if (!dots)
            continue;
        const double lo = read_decimal(text), hi = read_decimal(dots + 2);
        if (lo < hi) {
            facts->range_lo = lo;
            facts->range_hi = hi;
            facts->range_known = true;
        }
    }
}

static void facts_fill(struct seam_facts *facts, const struct seam_analysis *a)
{
    const int64_t *f = a->field;
    facts->field_sides = (struct seam_sides){ f[SEAM_LEFT], f[SEAM_RIGHT], f[SEAM_TOP],
                                              f[SEAM_BOTTOM] };
    facts->field = seam_max(seam_max(f[SEAM_LEFT], f[SEAM_RIGHT]),
                            seam_max(f[SEAM_TOP], f[SEAM_BOTTOM]));
    const int64_t *h = a->halo;
    facts->halo = seam_max(seam_max(h[SEAM_LEFT], h[SEAM_RIGHT]),
                           seam_max(h[SEAM_TOP], h[SEAM_BOTTOM]));
    facts->wraps_border = !a->border_local;
    facts->field_known = a->bounded && a->scale_num > 0;
    facts->exact = facts->field_known ? facts_level(a->level) : SEAM_EXACT_NO;
    /* What is summed up over the picture is a constant to the last pass: the field is that of all
     * the rest. */
    if (!a->bounded && facts->passes > 1 && a->scale_num > 0) {
        facts->field_known = true;
        facts->exact = facts->passes_in_tiles ? facts_level(a->pass_level) : SEAM_EXACT_BITS;
    }
    /* What is summed up may see farther than what is put out. */
    for (int side = 0; side < 4 && facts->passes_in_tiles; side++)
        facts->halo = seam_max(facts->halo, a->cut_halo[side]);
    facts->unbounded_nodes = a->n_unbounded;
    facts->layers = a->layers;
    facts->parameters = a->parameters;
    facts->macs_per_pixel = a->macs_per_pixel;
    facts->activation_bytes_per_pixel = a->bytes_per_pixel;
}

void seam_facts_fill(struct seam_facts *facts, const struct seam_graph *graph,
                     const struct seam_analysis *analysis, int64_t alignment)
{
    facts->opset = graph->opset;
    facts_fill(facts, analysis);
    facts_range(facts, graph);
    /* One who says an alignment is obeyed, as is a size that the network was exported with; the
     * field holds for multiples of the true one. */
    if (alignment == 0)
        facts->alignment = seam_gcd(analysis->alignment,
                                    seam_gcd(analysis->fixed_width, analysis->fixed_height));
    if ((alignment ? alignment : facts->alignment) % analysis->alignment != 0)
        facts->exact = SEAM_EXACT_NO;
}

void seam_model_describe(const struct seam_model *model, struct seam_facts *facts)
{
    *facts = model->facts;
}

struct seam_unbounded_node seam_model_unbounded(const struct seam_model *model, size_t i)
{
    if (!model->graph || i >= model->analysis.n_unbounded)
        return (struct seam_unbounded_node){ "", "", "" };
    const struct seam_unbounded *u = &model->analysis.unbounded[i];
    return (struct seam_unbounded_node){ u->name, u->op, u->why };
}

bool seam_model_port(const struct seam_model *model, bool output, size_t i,
                       struct seam_port *port)
{
    const struct seam_graph *g = model->graph;
    if (!g || i >= (output ? g->n_outputs : g->n_inputs))
        return false;
    const struct seam_onnx_value *v = output ? &g->outputs[i] : &g->inputs[i];
    *port = (struct seam_port){
        .name = v->name,
        .type = seam_onnx_type_name(v->type),
        .rank = v->rank <= SEAM_PORT_MOST_DIMS ? v->rank : -1,
    };
    for (int k = 0; k < port->rank; k++) {
        port->dims[k] = v->dims[k].size;
        port->symbols[k] = v->dims[k].symbol;
    }
    return true;
}

const char *seam_model_tells(const struct seam_model *model, const char *key, size_t i)
{
    const struct seam_graph *g = model->graph;
    for (size_t k = 0; g && k < g->n_metadata; k++)
        if (strcmp(g->metadata[k].key, key) == 0 && i-- == 0)
            return g->metadata[k].value;
    return NULL;
}
