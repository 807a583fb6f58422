#include <math.h>
#include <stdio.h>
#include <string.h>

#include "field/analysis.h"
#include "base/common.h"
#include "field/cost.h"
#include "field/cut.h"
#include "field/field.h"
#include "base/log.h"

/* Outputs looked at when none is asked for. */
#define MAX_OUTPUTS 16

const char *seam_level_name(enum seam_level level)
{
    switch (level) {
    case SEAM_LEVEL_BITS: return "bits";
    case SEAM_LEVEL_NUMERIC: return "numeric";
    case SEAM_LEVEL_NO: return "no";
    }
    return "no";
}

const char *seam_axes_name(enum seam_axes layout)
{
    switch (layout) {
    case SEAM_AXES_NCHW: return "nchw";
    case SEAM_AXES_NHWC: return "nhwc";
    case SEAM_AXES_CHW: return "chw";
    case SEAM_AXES_HWC: return "hwc";
    }
    return "nchw";
}

/* ------------------------------------------------------------------------------------------------
 * The ends
 * --------------------------------------------------------------------------------------------- */

int seam_axes_height(enum seam_axes layout)
{
    const bool batch = layout == SEAM_AXES_NCHW || layout == SEAM_AXES_NHWC;
    const bool last = layout == SEAM_AXES_NHWC || layout == SEAM_AXES_HWC;
    return (batch ? 1 : 0) + (last ? 0 : 1);
}

static bool can_be_picture(const struct seam_onnx_value *value)
{
    bool number = value->type == SEAM_ONNX_FLOAT || value->type == SEAM_ONNX_FLOAT16 ||
                  value->type == SEAM_ONNX_DOUBLE || value->type == SEAM_ONNX_UINT8 ||
                  value->type == SEAM_ONNX_BFLOAT16;
    if (!number || (value->rank != 3 && value->rank != 4))
        return false;
    /* All sizes 1 are a setting, such as a noise level. */
    for (int i = 0; i < value->rank; i++)
        if (value->dims[i].size != 1)
            return true;
    return false;
}

/* "input float[1,3,height,width]" and so on, for messages. */
static void list_values(const struct seam_onnx_value *values, size_t n, char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n && i < 8 && used < room; i++) {
        int wrote = snprintf(text + used, room - used, "%s%s[", i ? ", " : "", values[i].name);
        used += wrote > 0 ? (size_t)wrote : 0;
        for (int k = 0; k < values[i].rank && k < 8 && used < room; k++) {
            const struct seam_onnx_dim *dim = &values[i].dims[k];
            wrote = dim->size >= 0 ? snprintf(text + used, room - used, "%s%lld", k ? "," : "",
                                              (long long)dim->size)
                                   : snprintf(text + used, room - used, "%s%s", k ? "," : "",
                                              *dim->symbol ? dim->symbol : "?");
            used += wrote > 0 ? (size_t)wrote : 0;
        }
        if (used + 1 < room) {
            text[used++] = ']';
            text[used] = '\0';
        }
    }
}

static const struct seam_onnx_value *find_value(const struct seam_onnx_value *values, size_t n,
                                                const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (name ? !strcmp(values[i].name, name) : can_be_picture(&values[i]))
            return &values[i];
    return NULL;
}

/* The channels that the first convolution over the input expects; 0 where there is none. */
static int64_t channels_of_conv(const struct seam_graph *graph, int32_t input)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct seam_onnx_node *node = &graph->nodes[i];
        if (strcmp(node->op, "Conv") || node->n_inputs < 2 || node->inputs[0] != input)
            continue;
        for (size_t k = 0; k < graph->n_initializers; k++)
            if (graph->initializer_ids[k] == node->inputs[1] && graph->initializers[k].rank > 1) {
                int64_t group = seam_onnx_int(node, "group", 1);
                int64_t each = graph->initializers[k].dims[1];
                return group > 0 && group < 65536 && each < 65536 ? each * group : 0;
            }
        return 0;
    }
    return 0;
}

/* Which axis is what. Channels are few and known; sides are many or free. */
static enum seam_axes input_layout(const struct seam_onnx_value *input)
{
    int first = input->rank - 3;
    int64_t front = input->dims[first].size, back = input->dims[first + 2].size;
    bool last = back > 0 && (front <= 0 || front > back);
    if (input->rank == 4)
        return last ? SEAM_AXES_NHWC : SEAM_AXES_NCHW;
    return last ? SEAM_AXES_HWC : SEAM_AXES_CHW;
}

static enum seam_result find_input(const struct seam_graph *graph, const char *name,
                                   struct seam_field_ends *ends, struct seam_analysis *out,
                                   struct seam_log *log)
{
    char list[512];
    ends->input = find_value(graph->inputs, graph->n_inputs, name);
    list_values(graph->inputs, graph->n_inputs, list, sizeof(list));
    if (!ends->input && name)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s: no input is called '%s'; there are: %s",
                             graph->path, name, list);
    if (!ends->input || !can_be_picture(ends->input))
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: no input takes a picture (four sizes, such as 1,3,height,width); "
                             "its inputs are: %s",
                             graph->path, list);
    const struct seam_onnx_value *input = ends->input;
    out->layout = input_layout(input);
    int first = input->rank - 3;
    bool last = out->layout == SEAM_AXES_NHWC || out->layout == SEAM_AXES_HWC;
    ends->channel_axis = last ? first + 2 : first;
    ends->input_axis[0] = last ? first : first + 1;
    ends->input_axis[1] = ends->input_axis[0] + 1;
    ends->channels = input->dims[ends->channel_axis].size;
    if (ends->channels <= 0)
        ends->channels = channels_of_conv(graph, input->id);
    if (ends->channels <= 0)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s: input %s does not tell its channels; export the model with a "
                             "fixed number of channels",
                             graph->path, input->name);
    out->input = input->name;
    out->input_type = input->type;
    out->channels_in = ends->channels;
    out->fixed_height = seam_max(input->dims[ends->input_axis[0]].size, 0);
    out->fixed_width = seam_max(input->dims[ends->input_axis[1]].size, 0);
    out->fixed_batch = input->rank == 4 ? seam_max(input->dims[0].size, 0) : 1;
    return SEAM_OK;
}

/* ------------------------------------------------------------------------------------------------
 * The verdict
 * --------------------------------------------------------------------------------------------- */

/* The output as a whole, rather than a node, is what does not fit. */
static bool output_fails(struct seam_field *field, const char *output, const char *why)
{
    struct seam_onnx_node node = { .name = output, .op = "output" };
    const struct seam_onnx_node *before = field->node;
    field->node = &node;
    bool kept = seam_field_report(field, why);
    field->node = before;
    return kept;
}

/* Where the output lies over the input: [*crop_lo, n - *crop_hi) in input pixels. */
static const char *line_crop(struct seam_field *field, const struct seam_line *line,
                             int64_t *crop_lo, int64_t *crop_hi)
{
    int64_t rest;
    if (!seam_line_rest(field, line, &rest))
        return "the output's size does not follow the picture's";
    if (rest > 0)
        return "the output is larger than the picture by a border";
    if (-rest * line->period % line->phases)
        return "the output leaves out a part of a pixel at the border";
    int64_t total = -rest * line->period / line->phases;
    double middle = 0;
    for (int64_t k = 0; k < line->phases; k++)
        middle += (double)(line->lo[k] + line->hi[k] + 1) / 2 -
                  ((double)k + 0.5) * (double)line->period / (double)line->phases;
    *crop_lo = seam_clamp((int64_t)floor(middle / (double)line->phases + 0.5), 0, total);
    *crop_hi = total - *crop_lo;
    return NULL;
}

/* The reach before and behind, from any pixel (align 1) or from aligned edges. */
static void line_reach(const struct seam_line *line, int64_t crop, int64_t align, int64_t *before,
                       int64_t *behind)
{
    int64_t turns = align / seam_gcd(align, line->period);
    if (turns * line->phases > (int64_t)1 << 22)
        turns = 1;
    /* Where the crop leaves a part of an output pixel, some lie across the edge between two
     * targets, and either may have to make them. */
    bool straddles = crop * line->phases % line->period != 0;
    *before = *behind = 0;
    for (int64_t k = 0; k < turns * line->phases; k++) {
        /* The input pixels that sample k lies over, and the target's edges around them. */
        int64_t first = crop + k * line->period / line->phases;
        int64_t last = crop + seam_div_up((k + 1) * line->period, line->phases) - 1;
        int64_t from = seam_floor_div(straddles ? last : first, align) * align;
        int64_t to = (seam_floor_div(straddles ? first : last, align) + 1) * align - 1;
        *before = seam_max(*before, from - seam_line_lo(line, k));
        *behind = seam_max(*behind, seam_line_hi(line, k) - to);
    }
}

/* One direction of the output: scale, crop, reach. Returns what is wrong, or NULL. */
static const char *judge_axis(struct seam_field *field, const struct seam_fact *fact, int axis,
                              int dir, struct seam_analysis *out)
{
    struct seam_fact copy = *fact;
    struct seam_line line;
    int lo = dir ? SEAM_LEFT : SEAM_TOP, hi = dir ? SEAM_RIGHT : SEAM_BOTTOM;
    if (!seam_line_take(field, &copy, axis, &line))
        return field->why;
    int64_t g = seam_gcd(line.phases, line.period);
    int64_t num = line.phases / g, den = line.period / g;
    if (out->scale_num && (out->scale_num != num || out->scale_den != den))
        return "it scales height and width differently";
    out->scale_num = num;
    out->scale_den = den;
    const char *why = line_crop(field, &line, &out->crop[lo], &out->crop[hi]);
    if (why)
        return why;
    line_reach(&line, out->crop[lo], 1, &out->field[lo], &out->field[hi]);
    line_reach(&line, out->crop[lo], out->alignment, &out->halo[lo], &out->halo[hi]);
    out->field[lo] += fact->edge_lo[dir];
    out->field[hi] += fact->edge_hi[dir];
    /* A tile must also be fed what the network crops away. */
    out->halo[lo] = seam_max(out->halo[lo] + fact->edge_lo[dir], out->crop[lo]);
    out->halo[hi] = seam_max(out->halo[hi] + fact->edge_hi[dir], out->crop[hi]);
    return NULL;
}

/* Which axes of the output are the picture's sides. */
static const char *judge_output(struct seam_field *field, const struct seam_fact *fact,
                                struct seam_analysis *out)
{
    if (fact->state != SEAM_FACT_KNOWN || fact->rank < 3 || fact->rank > 4)
        return "the output is no picture";
    int first = fact->rank - 3, axis = -1;
    for (int i = first; i < first + 2; i++)
        if (seam_fact_line(fact, i) == 0 && seam_fact_line(fact, i + 1) == 1)
            axis = i;
    if (axis < 0)
        return "the output is no picture";
    bool last = axis == first;
    out->output_layout = fact->rank == 4 ? (last ? SEAM_AXES_NHWC : SEAM_AXES_NCHW)
                                         : (last ? SEAM_AXES_HWC : SEAM_AXES_CHW);
    int64_t channels = 0;
    if (seam_sym_whole(fact->dims[last ? first + 2 : first], &channels))
        out->channels_out = channels;
    out->output_type = fact->type;
    for (int dir = 0; dir < 2; dir++) {
        const char *why = judge_axis(field, fact, axis + dir, dir, out);
        if (why)
            return why;
    }
    return NULL;
}

/* Whether the file gives the output a size that it cannot have: one for pictures of any size, or
 * another than follows from the only one that it takes. */
static bool is_misdeclared(const struct seam_onnx_value *output, const struct seam_analysis *a)
{
    const int64_t fixed[2] = { a->fixed_height, a->fixed_width };
    const int64_t crop[2] = { a->crop[SEAM_TOP] + a->crop[SEAM_BOTTOM],
                              a->crop[SEAM_LEFT] + a->crop[SEAM_RIGHT] };
    const int axis = seam_axes_height(a->output_layout);
    for (int dir = 0; dir < 2 && axis + dir < output->rank; dir++) {
        const int64_t said = output->dims[axis + dir].size;
        if (said >= 0 && (fixed[dir] == 0 || said > INT32_MAX ||
                          seam_div_up(said * a->scale_den, a->scale_num) != fixed[dir] - crop[dir]))
            return true;
    }
    return false;
}

static enum seam_result analyse(struct seam_analysis *out, const struct seam_graph *graph,
                                const struct seam_field_ends *ends, struct seam_arena *arena)
{
    struct seam_field field;
    out->output = ends->output->name;
    out->output_layout = out->layout;
    out->scale_den = 1;
    out->alignment = 1;
    enum seam_result result = seam_field_run(&field, graph, ends, arena);
    if (result != SEAM_OK)
        return result;
    out->alignment = seam_lcm(field.align.side[0], field.align.side[1]);
    const char *why = judge_output(&field, &field.facts[ends->output->id], out);
    if (!why && out->alignment > SEAM_ALIGN_LIMIT)
        why = "its pattern repeats at too great a distance";
    out->misdeclared = !why && is_misdeclared(ends->output, out);
    /* What a reported node has lost is not reported again. */
    if (why && !field.n_list && !output_fails(&field, out->output, why))
        return SEAM_ERROR_MEMORY;
    if (why)
        out->scale_num = out->scale_num && out->scale_den ? out->scale_num : 0;

    bool *needed = seam_field_needed(graph, ends->output->id, arena);
    if (!needed || !seam_cost_count(&field, needed, out) || arena->failed)
        return SEAM_ERROR_MEMORY;
    out->unbounded = field.list;
    out->n_unbounded = field.n_list;
    out->bounded = !field.n_list;
    out->border_local = !field.wraps;
    out->level = !out->bounded   ? SEAM_LEVEL_NO
                 : field.numeric ? SEAM_LEVEL_NUMERIC
                                 : SEAM_LEVEL_BITS;
    if (!why && !seam_cut_find(&field, needed, ends->output->id, out))
        return SEAM_ERROR_MEMORY;
    return SEAM_OK;
}

enum seam_result seam_analysis_ends(struct seam_field_ends *ends, const struct seam_graph *graph,
                                    const char *input, const char *output)
{
    struct seam_analysis best;
    memset(ends, 0, sizeof(*ends));
    enum seam_result result = seam_analysis_make(&best, graph, input, output, NULL);
    if (result == SEAM_OK)
        result = find_input(graph, input, ends, &best, NULL);
    if (result == SEAM_OK)
        ends->output = find_value(graph->outputs, graph->n_outputs, best.output);
    return result == SEAM_OK && !ends->output ? SEAM_ERROR_MODEL : result;
}

static bool has_value(const char *name, const struct seam_model_input *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(others[i].name, name))
            return true;
    return false;
}

const char *seam_analysis_picture(const struct seam_graph *graph, const char *asked,
                                  const struct seam_model_input *others, size_t count)
{
    const char *first = asked;
    for (size_t i = 0; !asked && i < graph->n_inputs; i++) {
        const struct seam_onnx_value *v = &graph->inputs[i];
        if (!can_be_picture(v) || has_value(v->name, others, count))
            continue;
        const bool last = input_layout(v) == SEAM_AXES_NHWC || input_layout(v) == SEAM_AXES_HWC;
        if (v->dims[last ? v->rank - 1 : v->rank - 3].size == 3)
            return v->name;
        first = first ? first : v->name;
    }
    return first;
}

/* The larger scale wins; a network may put out a small picture on its way. Of two of one size that
 * is the picture which has its channels; the other is a mask or features. */
static bool is_rather(const struct seam_analysis *a, const struct seam_analysis *b)
{
    const int64_t a_scale = a->scale_num * b->scale_den, b_scale = b->scale_num * a->scale_den;
    if (a_scale != b_scale)
        return a_scale > b_scale;
    return a->channels_out == a->channels_in && b->channels_out != b->channels_in;
}

enum seam_result seam_analysis_make(struct seam_analysis *out, const struct seam_graph *graph,
                                    const char *input, const char *output, struct seam_log *log)
{
    struct seam_field_ends ends;
    struct seam_analysis common;
    memset(out, 0, sizeof(*out));
    memset(&ends, 0, sizeof(ends));
    memset(&common, 0, sizeof(common));
    enum seam_result result = find_input(graph, input, &ends, &common, log);
    if (result != SEAM_OK)
        return result;
    if (!graph->n_outputs || (output && !find_value(graph->outputs, graph->n_outputs, output))) {
        char list[512];
        list_values(graph->outputs, graph->n_outputs, list, sizeof(list));
        return seam_log_fail(log, graph->n_outputs ? SEAM_ERROR_ARGUMENT : SEAM_ERROR_MODEL,
                             "%s: no output is called '%s'; there are: %s", graph->path,
                             output ? output : "anything", list);
    }
    size_t tried = 0;
    for (size_t i = 0; i < graph->n_outputs && tried < MAX_OUTPUTS; i++) {
        ends.output = &graph->outputs[i];
        if ((output && strcmp(output, ends.output->name)) || ends.output->id < 0)
            continue;
        tried++;
        struct seam_analysis one = common;
        struct seam_arena arena;
        seam_arena_init(&arena);
        result = analyse(&one, graph, &ends, &arena);
        seam_arena_free(&arena);
        if (result != SEAM_OK)
            return seam_log_fail(log, result, "%s: no memory to analyse the network", graph->path);
        if (!out->output || is_rather(&one, out))
            *out = one;
    }
    if (!out->output)
        return seam_log_fail(log, SEAM_ERROR_MODEL, "%s: its outputs have no names", graph->path);
    return SEAM_OK;
}
