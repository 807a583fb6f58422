#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ort/io.h"
#include "base/log.h"

/* The name of an element type, as ONNX has it. */
static const char *type_name(ONNXTensorElementDataType type)
{
    static const char *const names[] = { "no tensor", "float",  "uint8",  "int8",   "uint16",
                                         "int16",     "int32",  "int64",  "string", "bool",
                                         "float16",   "double", "uint32", "uint64", "complex64",
                                         "complex128", "bfloat16" };
    return (size_t)type < sizeof(names) / sizeof(names[0]) ? names[type] : "another type";
}

/* How a tensor is written in messages: "sigma[1,1,H,4] of float". */
static void input_words(const struct ort_input *in, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s[", in->name);
    for (size_t i = 0; i < in->rank && used < size; i++) {
        const char *comma = i ? "," : "";
        int n = in->dims[i] >= 0
                    ? snprintf(text + used, size - used, "%s%lld", comma, (long long)in->dims[i])
                    : snprintf(text + used, size - used, "%s%s", comma,
                               in->symbols[i][0] ? in->symbols[i] : "?");
        used += n > 0 ? (size_t)n : 0;
    }
    if (used < size)
        snprintf(text + used, size - used, "] of %s", type_name(in->type));
}

static bool is_float(ONNXTensorElementDataType type)
{
    return type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT ||
           type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
}

static OrtStatus *read_shape(const OrtApi *api, const OrtTypeInfo *info, struct ort_input *in)
{
    const OrtTensorTypeAndShapeInfo *shape = NULL;
    const char *symbols[ORT_IO_MOST_DIMS] = { 0 };
    OrtStatus *s = api->CastTypeInfoToTensorInfo(info, &shape);
    if (s || !shape)
        return s;
    if ((s = api->GetTensorElementType(shape, &in->type)) ||
        (s = api->GetDimensionsCount(shape, &in->rank)))
        return s;
    if (in->rank > ORT_IO_MOST_DIMS) {
        in->type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
        return NULL;
    }
    if ((s = api->GetDimensions(shape, in->dims, in->rank)) ||
        (s = api->GetSymbolicDimensions(shape, symbols, in->rank)))
        return s;
    for (size_t i = 0; i < in->rank; i++)
        snprintf(in->symbols[i], sizeof(in->symbols[i]), "%s", symbols[i] ? symbols[i] : "");
    return NULL;
}

/* The names belong to the runtime's default allocator; ours are copies. */
static OrtStatus *copy_name(const OrtApi *api, const OrtSession *session, bool input, size_t i,
                            char **name)
{
    OrtAllocator *allocator = NULL;
    char *theirs = NULL;
    OrtStatus *s = api->GetAllocatorWithDefaultOptions(&allocator);
    if (!s)
        s = input ? api->SessionGetInputName(session, i, allocator, &theirs)
                  : api->SessionGetOutputName(session, i, allocator, &theirs);
    if (s)
        return s;
    *name = strdup(theirs);
    s = api->AllocatorFree(allocator, theirs);
    return s || *name ? s : api->CreateStatus(ORT_FAIL, "no memory for a name");
}

static OrtStatus *read_inputs(struct ort_io *io, const OrtSession *session)
{
    const OrtApi *api = io->api;
    for (size_t i = 0; i < io->input_count; i++) {
        OrtTypeInfo *info = NULL;
        OrtStatus *s = copy_name(api, session, true, i, &io->inputs[i].name);
        if (!s)
            s = api->SessionGetInputTypeInfo(session, i, &info);
        if (!s)
            s = read_shape(api, info, &io->inputs[i]);
        if (info)
            api->ReleaseTypeInfo(info);
        if (s)
            return s;
    }
    for (size_t i = 0; i < io->output_count; i++) {
        OrtStatus *s = copy_name(api, session, false, i, &io->outputs[i]);
        if (s)
            return s;
    }
    return NULL;
}

/* Pictures have four dimensions and, unlike a noise level of 1 x 1 x 1 x 1, a size. */
static bool could_be_picture(const struct ort_input *in)
{
    return in->rank == 4 && is_float(in->type) && !(in->dims[2] == 1 && in->dims[3] == 1);
}

/* Planar or interleaved: a fixed channel count tells, in the place where it stands. */
static bool interleaved(const struct ort_input *in, enum seam_layout layout)
{
    if (layout != SEAM_LAYOUT_AUTO)
        return layout == SEAM_LAYOUT_NHWC;
    const bool last_is_channels = in->dims[3] >= 1 && in->dims[3] <= 4;
    const bool second_is_channels = in->dims[1] >= 1 && in->dims[1] <= 4;
    return last_is_channels && !second_is_channels;
}

static bool has_value(const char *name, const struct seam_model_params *params)
{
    for (size_t i = 0; i < params->input_count; i++)
        if (strcmp(params->inputs[i].name, name) == 0)
            return true;
    return false;
}

/* As seam_analysis_picture() does, which the graph of some networks is beyond. */
static enum seam_result choose_image(struct ort_io *io, const struct seam_model_params *params,
                                     struct seam_log *log)
{
    size_t first = io->input_count;
    for (size_t i = 0; i < io->input_count; i++) {
        const struct ort_input *in = &io->inputs[i];
        if (!could_be_picture(in) || (params->picture ? strcmp(params->picture, in->name) != 0
                                                      : has_value(in->name, params)))
            continue;
        const int64_t channels = in->dims[interleaved(in, params->layout) ? 3 : 1];
        if (channels == 3 || first == io->input_count)
            first = i;
        if (channels == 3)
            break;
    }
    io->image = first;
    if (first < io->input_count)
        return SEAM_OK;
    char words[256] = "none";
    if (params->picture)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s has no input called '%s' that could take "
                             "a picture",
                             io->model, params->picture);
    if (io->input_count > 0)
        input_words(&io->inputs[0], words, sizeof(words));
    return seam_log_fail(log, SEAM_ERROR_MODEL,
                         "%s is no image-to-image network: no input is a float picture of 1 x "
                         "channels x height x width (the first is %s)", io->model, words);
}

static enum seam_result image_facts(struct ort_io *io, const struct seam_model_params *params,
                                    struct seam_facts *facts, struct seam_log *log)
{
    const struct ort_input *in = &io->inputs[io->image];
    io->input_form.half = in->type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
    io->input_form.interleaved = interleaved(in, params->layout);
    const int64_t *dims = in->dims;
    const int64_t channels = io->input_form.interleaved ? dims[3] : dims[1];
    const int64_t height = io->input_form.interleaved ? dims[1] : dims[2];
    const int64_t width = io->input_form.interleaved ? dims[2] : dims[3];
    if (dims[0] > 1)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s takes %lld pictures at a time; export it for a batch of 1 or any",
                             io->model, (long long)dims[0]);
    facts->channels_in = channels > 0 ? (int)channels : 3; /* any number: colour, most likely */
    facts->batches = dims[0] < 0;
    facts->fixed_height = height > 0 ? height : 0;
    facts->fixed_width = width > 0 ? width : 0;
    return SEAM_OK;
}

/* Find the value the user gave for every input that is no picture. */
static enum seam_result read_extras(struct ort_io *io, const struct seam_model_params *params,
                                    struct seam_log *log)
{
    char words[256];
    for (size_t i = 0; i < params->input_count; i++) {
        size_t k = 0;
        while (k < io->input_count && strcmp(io->inputs[k].name, params->inputs[i].name) != 0)
            k++;
        if (k == io->input_count || k == io->image)
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT, "%s has no input called '%s' to set",
                                 io->model, params->inputs[i].name);
    }
    for (size_t k = 0; k < io->input_count; k++) {
        bool found = k == io->image;
        for (size_t i = 0; i < params->input_count; i++)
            if (strcmp(io->inputs[k].name, params->inputs[i].name) == 0) {
                io->inputs[k].given = params->inputs[i].value;
                found = true;
            }
        input_words(&io->inputs[k], words, sizeof(words));
        if (!found && !params->lenient)
            return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                                 "%s has a second input %s: give its value with --input %s=VALUE",
                                 io->model, words, io->inputs[k].name);
    }
    return SEAM_OK;
}

enum seam_result seam_ort_io_open(struct ort_io *io, const OrtApi *api, OrtSession *session,
                                  const OrtMemoryInfo *memory,
                                  const struct seam_model_params *params, struct seam_facts *facts,
                                  struct seam_log *log)
{
    *io = (struct ort_io){ .api = api, .memory = memory };
    snprintf(io->model, sizeof(io->model), "%s", facts->name);
    OrtStatus *s = api->SessionGetInputCount(session, &io->input_count);
    if (!s)
        s = api->SessionGetOutputCount(session, &io->output_count);
    if (!s && (io->input_count > ORT_IO_MOST_INPUTS || io->output_count > ORT_IO_MOST_OUTPUTS)) {
        io->input_count = io->output_count = 0;
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s is no image-to-image network: it has more than %d inputs or %d "
                             "outputs", io->model, ORT_IO_MOST_INPUTS, ORT_IO_MOST_OUTPUTS);
    }
    if (!s)
        s = read_inputs(io, session);
    if (s) {
        enum seam_result r = seam_log_fail(log, SEAM_ERROR_MODEL, "%s: ONNX Runtime: %s", io->model,
                                           api->GetErrorMessage(s));
        api->ReleaseStatus(s);
        return r;
    }
    enum seam_result r = choose_image(io, params, log);
    if (r == SEAM_OK)
        r = image_facts(io, params, facts, log);
    if (r == SEAM_OK)
        r = read_extras(io, params, log);
    if (r != SEAM_OK || !params->output)
        return r;
    for (size_t i = 0; i < io->output_count; i++)
        if (strcmp(io->outputs[i], params->output) == 0)
            io->output = io->outputs[i];
    if (!io->output)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s has no output called '%s'; its first is '%s'", io->model,
                             params->output, io->outputs[0]);
    return SEAM_OK;
}

void seam_ort_io_close(struct ort_io *io)
{
    for (size_t i = 0; i < io->input_count; i++)
        free(io->inputs[i].name);
    for (size_t i = 0; i < io->output_count; i++)
        free(io->outputs[i]);
}

static void release_extra(const struct ort_io *io, struct ort_extra *extra)
{
    if (extra->value)
        io->api->ReleaseValue(extra->value);
    free(extra->data);
    *extra = (struct ort_extra){ 0 };
}

void seam_ort_io_drop_extras(const struct ort_io *io, struct ort_extra *extras)
{
    for (size_t i = 0; i < io->input_count; i++)
        release_extra(io, &extras[i]);
}

/* Set element i of a tensor of the given type; false where the type is none that can be set. */
static bool set_element(ONNXTensorElementDataType type, void *data, size_t i, double v)
{
    switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT: ((float *)data)[i] = (float)v; return true;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE: ((double *)data)[i] = v; return true;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64: ((int64_t *)data)[i] = (int64_t)v; return true;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32: ((int32_t *)data)[i] = (int32_t)v; return true;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL: ((bool *)data)[i] = v != 0; return true;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
        ((uint16_t *)data)[i] = seam_half_from_float((float)v);
        return true;
    default: return false;
    }
}

/* The picture's size where a dimension bears the same name as one of the picture's, else 1. */
static int64_t free_dimension(const struct ort_io *io, const char *symbol, int64_t width,
                              int64_t height)
{
    const struct ort_input *image = &io->inputs[io->image];
    const int h = io->input_form.interleaved ? 1 : 2;
    if (symbol[0] && strcmp(symbol, image->symbols[h]) == 0)
        return height;
    if (symbol[0] && strcmp(symbol, image->symbols[h + 1]) == 0)
        return width;
    return 1;
}

static enum seam_result make_extra(const struct ort_io *io, const struct ort_input *in,
                                   struct ort_extra *extra, struct seam_log *log)
{
    int64_t dims[ORT_IO_MOST_DIMS];
    size_t count = 1;
    for (size_t i = 0; i < in->rank; i++) {
        dims[i] = in->dims[i] >= 0
                      ? in->dims[i]
                      : free_dimension(io, in->symbols[i], extra->width, extra->height);
        count *= (size_t)dims[i];
    }
    extra->data = calloc(count + 1, sizeof(double));
    if (!extra->data)
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "%s: no memory for input %s", io->model,
                             in->name);
    for (size_t i = 0; i < count; i++)
        if (!set_element(in->type, extra->data, i, in->given))
            return seam_log_fail(log, SEAM_ERROR_MODEL,
                                 "%s: input %s is of a type that --input cannot set", io->model,
                                 in->name);
    size_t bytes = count * sizeof(double);
    OrtStatus *s = io->api->CreateTensorWithDataAsOrtValue(io->memory, extra->data, bytes, dims,
                                                           in->rank, in->type, &extra->value);
    if (!s)
        return SEAM_OK;
    enum seam_result r = seam_log_fail(log, SEAM_ERROR_ENGINE, "%s: input %s: %s", io->model,
                                       in->name, io->api->GetErrorMessage(s));
    io->api->ReleaseStatus(s);
    return r;
}

enum seam_result seam_ort_io_extras(const struct ort_io *io, struct ort_extra *extras,
                                    int64_t width, int64_t height, struct seam_log *log)
{
    for (size_t i = 0; i < io->input_count; i++) {
        struct ort_extra *extra = &extras[i];
        if (i == io->image || (extra->value && extra->width == width && extra->height == height))
            continue;
        release_extra(io, extra);
        extra->width = width;
        extra->height = height;
        const enum seam_result r = make_extra(io, &io->inputs[i], extra, log);
        if (r != SEAM_OK)
            return r;
    }
    return SEAM_OK;
}

/* The smallest and the largest number that came out; no memory for it is no failure. */
static void see_result(const struct ort_io *io, const OrtValue *result,
                       struct seam_engine_trial *trial)
{
    const int64_t pixels = trial->out_width * trial->out_height, channels = trial->channels_out;
    void *data = NULL;
    /* The runtime only lends its output; its C API knows no const. */
    OrtStatus *s = io->api->GetTensorMutableData((OrtValue *)(uintptr_t)result, &data);
    float *planar = s || pixels < 1 || channels < 1
                        ? NULL
                        : malloc((size_t)(pixels * channels) * sizeof(*planar));
    if (s)
        io->api->ReleaseStatus(s);
    if (!planar)
        return;
    seam_tensor_unpack(io->output_form, data, planar, channels, pixels);
    trial->seen = true;
    trial->least = trial->most = planar[0];
    for (int64_t i = 1; i < pixels * channels; i++) {
        trial->least = fminf(trial->least, planar[i]);
        trial->most = fmaxf(trial->most, planar[i]);
    }
    free(planar);
}

enum seam_result seam_ort_io_result(struct ort_io *io, const char *name, const OrtValue *result,
                                    struct seam_engine_trial *trial, struct seam_log *log)
{
    OrtTensorTypeAndShapeInfo *info = NULL;
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    int64_t dims[4];
    size_t rank = 0;
    int is_tensor = 0;
    OrtStatus *s = io->api->IsTensor(result, &is_tensor);
    if (!s && is_tensor)
        s = io->api->GetTensorTypeAndShape(result, &info);
    if (!s && info)
        s = io->api->GetTensorElementType(info, &type);
    if (!s && info)
        s = io->api->GetDimensionsCount(info, &rank);
    if (!s && rank == 4)
        s = io->api->GetDimensions(info, dims, rank);
    if (info)
        io->api->ReleaseTensorTypeAndShapeInfo(info);
    if (s)
        io->api->ReleaseStatus(s);
    if (s || rank != 4 || !is_float(type) || dims[0] != 1)
        return seam_log_fail(log, SEAM_ERROR_MODEL,
                             "%s is no image-to-image network: its output %s is no float picture "
                             "of 1 x channels x height x width (it has %zu dimensions of %s; float "
                             "and float16 can be restored)",
                             io->model, name, rank, type_name(type));
    io->output_form.half = type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
    io->output_form.interleaved = io->input_form.interleaved;
    const bool last = io->output_form.interleaved;
    trial->channels_out = (int)(last ? dims[3] : dims[1]);
    trial->out_height = last ? dims[1] : dims[2];
    trial->out_width = last ? dims[2] : dims[3];
    see_result(io, result, trial);
    return SEAM_OK;
}
