#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "model/builtin.h"
#include "model/facts.h"

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
    /* A plan knows one crop for all sides: where they differ nothing is promised. */
    const int64_t *c = a->crop;
    const bool even = c[0] == c[1] && c[0] == c[2] && c[0] == c[3];
    facts->field_known = a->bounded && even && a->scale_num > 0;
    facts->exact = facts->field_known ? facts_level(a->level) : SEAM_EXACT_NO;
    facts->unbounded_nodes = a->n_unbounded;
    facts->layers = a->layers;
    facts->parameters = a->parameters;
    facts->macs_per_pixel = a->macs_per_pixel;
    facts->activation_bytes_per_pixel = a->bytes_per_pixel;
}

enum seam_result seam_facts_read(struct seam_facts *facts, const char *name,
                                 const struct seam_model_params *params, struct seam_graph **graph,
                                 struct seam_analysis *analysis, struct seam_log *log)
{
    struct seam_log quiet;
    seam_log_init(&quiet);
    const struct seam_builtin *b = seam_builtin_find(name);
    *graph = NULL;
    enum seam_result r =
        b ? seam_onnx_open_memory(graph, b->begin, (size_t)(b->end - b->begin), name, &quiet)
          : seam_onnx_open(graph, name, &quiet);
    if (r == SEAM_OK)
        r = seam_analysis_make(analysis, *graph, NULL, params->output, &quiet);
    if (r != SEAM_OK)
        seam_onnx_close(graph);
    if (r == SEAM_ERROR_MEMORY)
        return seam_log_fail(log, r, "%s", quiet.error);
    if (r != SEAM_OK) {
        seam_notice(log, "nothing is promised of this model: %s", quiet.error);
        return SEAM_OK;
    }
    facts->opset = (*graph)->opset;
    facts_fill(facts, analysis);
    facts_range(facts, *graph);
    /* One who says an alignment is obeyed; the field holds for multiples of the true one. */
    if (params->alignment == 0)
        facts->alignment = analysis->alignment;
    else if (params->alignment % analysis->alignment != 0)
        facts->exact = SEAM_EXACT_NO;
    return SEAM_OK;
}
