#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <onnxruntime_c_api.h>

#include "base/common.h"
#include "model/reach_probe.h"
#include "graph/onnx_write.h"
#include "probe.h"

struct probe {
    const struct seam_graph *graph;
    const struct seam_analysis *a;
    const OrtApi *api;
    OrtEnv *env;
    OrtSession *session;
    OrtMemoryInfo *memory;
    int64_t channels_out; /* found by running */
    char error[512];
};

static bool check(struct probe *p, OrtStatus *status)
{
    if (!status)
        return true;
    snprintf(p->error, sizeof(p->error), "%s", p->api->GetErrorMessage(status));
    p->api->ReleaseStatus(status);
    return false;
}

void probe_close(struct probe *p)
{
    if (!p)
        return;
    if (p->session)
        p->api->ReleaseSession(p->session);
    if (p->memory)
        p->api->ReleaseMemoryInfo(p->memory);
    if (p->env)
        p->api->ReleaseEnv(p->env);
    free(p);
}

struct probe *probe_open(const struct seam_graph *graph, const struct seam_analysis *a,
                         const void *file, size_t size, char *error, size_t room)
{
    struct probe *p = calloc(1, sizeof(*p));
    OrtSessionOptions *options = NULL;
    if (!p)
        abort();
    p->graph = graph;
    p->a = a;
    p->api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    /* What the engine runs: the file, or what its reader made of it. */
    uint8_t *written = NULL;
    if (graph && !graph->onnx) {
        struct seam_log log = { 0 };
        const struct seam_onnx_write_params params = { 0 };
        if (seam_onnx_write_memory(graph, &params, &written, &size, &log) != SEAM_OK)
            abort();
        file = written;
    }
    bool good =
        p->api && check(p, p->api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "probe", &p->env)) &&
        check(p, p->api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &p->memory)) &&
        check(p, p->api->CreateSessionOptions(&options)) &&
        check(p, p->api->SetIntraOpNumThreads(options, 2)) &&
        check(p, p->api->CreateSessionFromArray(p->env, file, size, options, &p->session));
    if (options)
        p->api->ReleaseSessionOptions(options);
    free(written);
    if (good)
        return p;
    snprintf(error, room, "%s", p->error);
    probe_close(p);
    return NULL;
}

const char *probe_error(const struct probe *p)
{
    return p->error;
}

void probe_image_random(struct probe_image *image, int64_t channels, int64_t height, int64_t width,
                        uint32_t seed)
{
    size_t count = (size_t)(channels * height * width);
    *image = (struct probe_image){ channels, height, width, malloc(count * sizeof(float)) };
    if (!image->data)
        abort();
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        image->data[i] = (float)(seed >> 8) / (float)(1 << 24);
    }
}

void probe_image_free(struct probe_image *image)
{
    free(image->data);
    image->data = NULL;
}

static bool channels_last(enum seam_axes layout)
{
    return layout == SEAM_AXES_NHWC || layout == SEAM_AXES_HWC;
}

/* Copy between channel-first images and the network's layout. */
static void relayout(float *to, const float *from, int64_t channels, int64_t area, bool pack)
{
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < area; i++) {
            if (pack)
                to[i * channels + c] = from[c * area + i];
            else
                to[c * area + i] = from[i * channels + c];
        }
}

static bool make_inputs(struct probe *p, const struct probe_image *in, float *packed,
                        OrtValue **values, float *other)
{
    bool last = channels_last(p->a->layout);
    size_t count = (size_t)(in->channels * in->height * in->width);
    relayout(packed, in->data, in->channels, in->height * in->width, last);
    if (!last)
        memcpy(packed, in->data, count * sizeof(float));
    for (size_t i = 0; i < p->graph->n_inputs; i++) {
        const struct seam_onnx_value *value = &p->graph->inputs[i];
        int64_t dims[8] = { 1, 1, 1, 1, 1, 1, 1, 1 }, all = 1;
        for (int k = 0; k < value->rank && k < 8; k++) {
            dims[k] = value->dims[k].size > 0 ? value->dims[k].size : 1;
            all *= dims[k];
        }
        bool picture = !strcmp(value->name, p->a->input);
        if (picture) {
            int64_t *d = dims + value->rank - 3;
            d[0] = last ? in->height : in->channels;
            d[1] = last ? in->width : in->height;
            d[2] = last ? in->channels : in->width;
        } else if (all > 4096) {
            snprintf(p->error, sizeof(p->error), "input %s is too large", value->name);
            return false;
        }
        size_t bytes = sizeof(float) * (picture ? count : (size_t)all);
        if (!check(p, p->api->CreateTensorWithDataAsOrtValue(
                          p->memory, picture ? packed : other, bytes, dims, (size_t)value->rank,
                          ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &values[i])))
            return false;
    }
    return true;
}

static bool take_output(struct probe *p, OrtValue *value, struct probe_image *out)
{
    OrtTensorTypeAndShapeInfo *info = NULL;
    size_t rank = 0;
    int64_t dims[8];
    float *data;
    if (!check(p, p->api->GetTensorTypeAndShape(value, &info)))
        return false;
    bool good = check(p, p->api->GetDimensionsCount(info, &rank)) && rank >= 3 && rank <= 4 &&
                check(p, p->api->GetDimensions(info, dims, rank)) &&
                check(p, p->api->GetTensorMutableData(value, (void **)&data));
    p->api->ReleaseTensorTypeAndShapeInfo(info);
    if (!good)
        return false;
    const int64_t *d = dims + rank - 3;
    bool last = channels_last(p->a->output_layout);
    out->channels = last ? d[2] : d[0];
    out->height = last ? d[0] : d[1];
    out->width = last ? d[1] : d[2];
    size_t count = (size_t)(out->channels * out->height * out->width);
    out->data = malloc(count * sizeof(float) + 1);
    if (!out->data)
        abort();
    if (last)
        relayout(out->data, data, out->channels, out->height * out->width, false);
    else
        memcpy(out->data, data, count * sizeof(float));
    return true;
}

bool probe_run(struct probe *p, const struct probe_image *in, struct probe_image *out)
{
    OrtValue *values[8] = { NULL }, *result = NULL;
    const char *names[8], *output = p->a->output;
    size_t n = p->graph->n_inputs;
    float other[4096];
    for (size_t i = 0; i < SEAM_ARRAY_LEN(other); i++)
        other[i] = 0.1f;
    if (n > SEAM_ARRAY_LEN(values))
        return false;
    for (size_t i = 0; i < n; i++)
        names[i] = p->graph->inputs[i].name;
    float *packed = malloc((size_t)(in->channels * in->height * in->width) * sizeof(float));
    if (!packed)
        abort();
    bool good = make_inputs(p, in, packed, values, other) &&
                check(p, p->api->Run(p->session, NULL, names, (const OrtValue *const *)values, n,
                                     &output, 1, &result)) &&
                take_output(p, result, out);
    for (size_t i = 0; i < n; i++)
        if (values[i])
            p->api->ReleaseValue(values[i]);
    if (result)
        p->api->ReleaseValue(result);
    free(packed);
    return good;
}

/* ------------------------------------------------------------------------------------------------
 * Reach
 * --------------------------------------------------------------------------------------------- */

/* The network as seam_reach_measure() takes one. */
static bool run_planes(void *opaque, const float *in, int64_t width, int64_t height, float *out)
{
    struct probe *p = opaque;
    const struct seam_analysis *a = p->a;
    /* probe_run() only reads its input. */
    const struct probe_image image = { a->channels_in, height, width, (float *)(uintptr_t)in };
    struct probe_image result;
    if (!probe_run(p, &image, &result))
        return false;
    const int64_t w =
        (width - a->crop[SEAM_LEFT] - a->crop[SEAM_RIGHT]) * a->scale_num / a->scale_den;
    const int64_t h =
        (height - a->crop[SEAM_TOP] - a->crop[SEAM_BOTTOM]) * a->scale_num / a->scale_den;
    const bool good = result.channels == p->channels_out && result.width == w && result.height == h;
    if (good)
        memcpy(out, result.data, (size_t)(p->channels_out * w * h) * sizeof(float));
    else
        snprintf(p->error, sizeof(p->error),
                 "it made %lld x %lld where %lld x %lld follow from the "
                 "analysis",
                 (long long)result.width, (long long)result.height, (long long)w, (long long)h);
    probe_image_free(&result);
    return good;
}

bool probe_reach(struct probe *p, int64_t size, int64_t reach[4])
{
    const struct seam_analysis *a = p->a;
    struct probe_image in, base;
    struct seam_reach_found found;
    struct seam_reach_net net = {
        .run = run_planes,
        .opaque = p,
        .channels_in = a->channels_in,
        .scale_num = a->scale_num,
        .scale_den = a->scale_den,
        .alignment = a->alignment,
    };
    /* Where one border is filled from the other, only what lies between is promised anything. */
    for (int side = 0; side < 4; side++) {
        net.crop[side] = a->crop[side];
        net.ignore[side] = a->border_local ? 0 : seam_max(a->field[side & ~1], a->field[side | 1]);
    }
    probe_image_random(&in, a->channels_in, a->fixed_height ? a->fixed_height : size,
                       a->fixed_width ? a->fixed_width : size, 7);
    bool good = probe_run(p, &in, &base);
    if (good) {
        net.channels_out = p->channels_out = base.channels;
        probe_image_free(&base);
        const struct seam_reach_trial trial = {
            .input = in.data,
            .width = in.width,
            .height = in.height,
            .hi = 1,
            .lines = a->alignment > 8 ? 4 : 8,
            .changes = 1u << SEAM_REACH_INVERT | 1u << SEAM_REACH_LOUD | 1u << SEAM_REACH_TURN,
        };
        good = seam_reach_measure(&net, &trial, &found) == SEAM_OK;
        memcpy(reach, found.reach, sizeof(found.reach));
    }
    probe_image_free(&in);
    return good;
}

/* ------------------------------------------------------------------------------------------------
 * Tiles
 * --------------------------------------------------------------------------------------------- */

static void crop(const struct probe_image *from, struct probe_image *to, int64_t x, int64_t y,
                 int64_t width, int64_t height)
{
    probe_image_random(to, from->channels, height, width, 0);
    for (int64_t c = 0; c < from->channels; c++)
        for (int64_t row = 0; row < height; row++)
            memcpy(to->data + (c * height + row) * width,
                   from->data + (c * from->height + y + row) * from->width + x,
                   (size_t)width * sizeof(float));
}

/* The largest difference over the target [x, x + n) x [y, y + n), in input pixels. */
static double compare_tile(const struct seam_analysis *a, const struct probe_image *whole,
                           const struct probe_image *part, int64_t x, int64_t y, int64_t n,
                           int64_t from_x, int64_t from_y)
{
    double worst = 0;
    int64_t up = a->scale_num, down = a->scale_den;
    int64_t wx = (x - a->crop[SEAM_LEFT]) * up / down, wy = (y - a->crop[SEAM_TOP]) * up / down;
    int64_t px = wx - from_x * up / down, py = wy - from_y * up / down;
    for (int64_t c = 0; c < whole->channels; c++)
        for (int64_t row = 0; row < n * up / down; row++)
            for (int64_t col = 0; col < n * up / down; col++) {
                float v = whole->data[(c * whole->height + wy + row) * whole->width + wx + col];
                float t = part->data[(c * part->height + py + row) * part->width + px + col];
                if (memcmp(&v, &t, sizeof(v)))
                    worst = fmax(worst, fmax(fabs((double)v - (double)t), 1e-300));
            }
    return worst;
}

static double largest(const struct probe_image *image)
{
    double most = 1;
    for (int64_t i = 0; i < image->channels * image->height * image->width; i++)
        most = fmax(most, fabs((double)image->data[i]));
    return most;
}

double probe_tiles(struct probe *p, int64_t size, int64_t tile, int *tiles)
{
    const struct seam_analysis *a = p->a;
    struct probe_image in, whole, part, out;
    int64_t halo = 0, align = a->alignment;
    for (int side = 0; side < 4; side++)
        halo = seam_max(halo, a->halo[side]);
    halo = seam_align_up(halo, align);
    tile = seam_align_up(tile, seam_lcm(align, a->scale_den));
    *tiles = 0;
    probe_image_random(&in, a->channels_in, size, size, 11);
    if (!probe_run(p, &in, &whole))
        return -1;
    double worst = 0;
    for (int64_t y = halo; worst >= 0 && y + tile + halo <= size; y += tile)
        for (int64_t x = halo; x + tile + halo <= size && *tiles < 6; x += tile) {
            /* A tile that begins away from the border: the rule holds from `halo` on. */
            crop(&in, &part, x - halo, y - halo, tile + 2 * halo, tile + 2 * halo);
            bool good = probe_run(p, &part, &out);
            probe_image_free(&part);
            if (!good) {
                worst = -1;
                break;
            }
            worst = fmax(worst, compare_tile(a, &whole, &out, x, y, tile, x - halo, y - halo));
            probe_image_free(&out);
            ++*tiles;
        }
    worst /= worst > 0 ? largest(&whole) : 1;
    probe_image_free(&whole);
    probe_image_free(&in);
    return worst;
}
