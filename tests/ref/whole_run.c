/*
 * A tiled run equals one run over the whole picture, bit for bit, on real networks and photographs.
 *
 *     whole_run MODEL HALO RANGE PHOTO TILE...
 *
 * HALO is the network's reach (../shared/models/README.md), RANGE the value of white, TILE a size
 * such as 96 or 128x72. The whole run knows nothing of tiles: the photograph is made a multiple of
 * the alignment by reflection at the right and bottom, extended on all sides by the plan's margin,
 * run once through ONNX Runtime alone, and cropped. The last run is a control: with an eighth of
 * the halo something must differ, or the comparison sees nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "engine.h"

#define CROP_WIDTH 300
#define CROP_HEIGHT 260

struct job {
    const char *model_path;
    double white;
    int64_t halo;
    struct ref_picture photo; /* 0..1 */
    struct ref_picture whole; /* the last whole run: it depends on these two, and not on the tile */
    int64_t whole_margin;
    int whole_threads;
    int failed;
};

/* A crop of a photograph as `bands` bands of 0..1: grey, RGB, or the four of a Bayer pattern. */
static struct ref_picture load_photo(const char *path, int bands)
{
    VipsImage *t[4] = { NULL };
    size_t size;
    if (!(t[0] = vips_image_new_from_file(path, NULL)) ||
        vips_extract_area(t[0], &t[1], (t[0]->Xsize - CROP_WIDTH) / 2,
                          (t[0]->Ysize - CROP_HEIGHT) / 2, CROP_WIDTH, CROP_HEIGHT, NULL) ||
        vips_colourspace(t[1], &t[2], bands == 1 ? VIPS_INTERPRETATION_B_W
                                                 : VIPS_INTERPRETATION_sRGB, NULL))
        ref_die("%s: %s", path, vips_error_buffer());
    unsigned char *bytes = vips_image_write_to_memory(t[2], &size);
    const int have = t[2]->Bands;
    struct ref_picture p = ref_picture_make(CROP_WIDTH, CROP_HEIGHT, bands);
    static const int bayer[] = { 0, 1, 1, 2 };
    for (int64_t i = 0; i < p.width * p.height; i++)
        for (int b = 0; b < bands; b++)
            p.data[i * bands + b] = (float)bytes[i * have + (bands == 4 ? bayer[b] : b)] / 255.0f;
    g_free(bytes);
    for (int i = 0; i < 3; i++)
        g_object_unref(t[i]);
    return p;
}

/* Reflection without repeating the border, written apart from the library's. */
static int64_t reflect(int64_t v, int64_t size)
{
    while (v < 0 || v >= size) {
        if (size == 1)
            return 0;
        v = v < 0 ? -v : 2 * (size - 1) - v;
    }
    return v;
}

static struct ref_picture whole_run(const struct job *job, const struct seam_plan *plan,
                                    int threads)
{
    const struct ref_picture *in = &job->photo;
    const int64_t a = plan->alignment, s = plan->scale_num;
    const int64_t aligned_w = (in->width + a - 1) / a * a, aligned_h = (in->height + a - 1) / a * a;
    const int64_t w = aligned_w + 2 * plan->margin, h = aligned_h + 2 * plan->margin;
    float *planes = malloc((size_t)(w * h * in->bands) * sizeof(float));
    if (!planes)
        ref_die("no memory");
    for (int b = 0; b < in->bands; b++)
        for (int64_t y = 0; y < h; y++)
            for (int64_t x = 0; x < w; x++) {
                const int64_t sx = reflect(reflect(x - plan->margin, aligned_w), in->width);
                const int64_t sy = reflect(reflect(y - plan->margin, aligned_h), in->height);
                const float v = in->data[(sy * in->width + sx) * in->bands + b];
                planes[(b * h + y) * w + x] = job->white == 1 ? v : (float)job->white * v;
            }
    int64_t channels, out_h, out_w;
    struct ref_engine *engine = ref_engine_open(job->model_path, threads);
    float *result = ref_engine_run(engine, planes, in->bands, h, w, &channels, &out_h, &out_w);
    ref_engine_close(engine);
    free(planes);

    const int64_t skip = (plan->margin - plan->crop) * s;
    if (out_w != (w - 2 * plan->crop) * s || out_h != (h - 2 * plan->crop) * s)
        ref_die("the network makes %lld x %lld of %lld x %lld", (long long)out_w, (long long)out_h,
                (long long)w, (long long)h);
    struct ref_picture out = ref_picture_make(in->width * s, in->height * s, (int)channels);
    for (int64_t y = 0; y < out.height; y++)
        for (int64_t x = 0; x < out.width; x++)
            for (int b = 0; b < out.bands; b++) {
                const float v = result[(b * out_h + y + skip) * out_w + x + skip];
                out.data[(y * out.width + x) * out.bands + b] =
                    job->white == 1 ? v : v / (float)job->white;
            }
    free(result);
    return out;
}

static const struct ref_picture *whole_of(struct job *job, const struct seam_plan *plan,
                                          int threads)
{
    if (!job->whole.data || job->whole_margin != plan->margin || job->whole_threads != threads) {
        ref_picture_free(&job->whole);
        job->whole = whole_run(job, plan, threads);
        job->whole_margin = plan->margin;
        job->whole_threads = threads;
    }
    return &job->whole;
}

/* Samples that differ in any bit. */
static int64_t differing(const struct ref_picture *a, const struct ref_picture *b, double *largest)
{
    int64_t count = 0;
    *largest = 0;
    if (a->width != b->width || a->height != b->height || a->bands != b->bands)
        ref_die("sizes differ: %lld x %lld x %d and %lld x %lld x %d", (long long)a->width,
                (long long)a->height, a->bands, (long long)b->width, (long long)b->height,
                b->bands);
    for (int64_t i = 0; i < a->width * a->height * a->bands; i++) {
        if (memcmp(&a->data[i], &b->data[i], sizeof(float)) == 0)
            continue;
        count++;
        const double d = (double)a->data[i] - (double)b->data[i];
        *largest = d > *largest ? d : -d > *largest ? -d : *largest;
    }
    return count;
}

static void compare(struct job *job, struct seam_model *model, int threads, const char *tile,
                    int64_t halo, bool must_be_equal)
{
    struct seam_params params;
    struct seam_plan plan;
    char *end;
    double largest;
    seam_params_init(&params);
    params.tile_width = params.tile_height = strtoll(tile, &end, 10);
    if (*end == 'x')
        params.tile_height = strtoll(end + 1, NULL, 10);
    params.halo = halo;
    params.blend = SEAM_BLEND_NONE;
    params.range_hi = job->white;
    struct ref_picture tiled = ref_restore(model, &job->photo, &params, &plan);
    const int64_t count = differing(&tiled, whole_of(job, &plan, threads), &largest);
    const bool good = must_be_equal ? count == 0 : count > 0;
    printf("%s: %lld x %lld tiles of %s, halo %lld, %d thread%s: %lld samples differ, by at most "
           "%.3g (%s)\n", good ? "ok" : "NOT OK", (long long)plan.x.tiles, (long long)plan.y.tiles,
           tile, (long long)plan.halo, threads, threads == 1 ? "" : "s", (long long)count, largest,
           must_be_equal ? "none may" : "some must");
    fflush(stdout);
    if (plan.x.tiles * plan.y.tiles < 2)
        ref_die("one tile proves nothing");
    job->failed += !good;
    ref_picture_free(&tiled);
}

int main(int argc, char **argv)
{
    char name[256];
    struct seam_facts facts;
    if (argc < 6)
        ref_die("usage: whole_run MODEL HALO RANGE PHOTO TILE...");
    if (VIPS_INIT(argv[0]))
        ref_die("libvips does not start");
    snprintf(name, sizeof(name), "models/%s.onnx", argv[1]);
    char *model_path = ref_shared(name);
    snprintf(name, sizeof(name), "images/%s", argv[4]);
    char *photo_path = ref_shared(name);
    struct job job = {
        .model_path = model_path,
        .halo = strtoll(argv[2], NULL, 10),
        .white = strtod(argv[3], NULL),
    };
    for (int threads = 1; threads <= 2; threads++) {
        struct seam_model_params params;
        seam_model_params_init(&params);
        params.threads = threads;
        params.engine = SEAM_ENGINE_ORT;
        struct seam_model *model = ref_model_open(model_path, &params);
        seam_model_describe(model, &facts);
        if (!job.photo.data)
            job.photo = load_photo(photo_path, facts.channels_in);
        for (int i = 5; i < argc; i++)
            compare(&job, model, threads, argv[i], job.halo, true);
        /* What the network crops by itself is the least halo it can have. */
        if (threads == 1 && facts.crop < job.halo)
            compare(&job, model, threads, argv[5], job.halo / 8, false);
        seam_model_close(&model);
    }
    ref_picture_free(&job.photo);
    ref_picture_free(&job.whole);
    free(model_path);
    free(photo_path);
    vips_shutdown();
    return job.failed ? 1 : 0;
}
