/*
 * What PyTorch or ncnn made of two small pictures, Seamless makes of the same files, whole and in
 * tiles.
 *
 *     formats NAME native|ort
 *
 * Files and results lie in ../shared/formats; what is known of each network stands in the table
 * below. A network that has a mean over the whole picture in it is not run in tiles.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"

struct network {
    const char *name, *file, *reference; /* `reference`: in which folder the results lie, under
                                            which name */
    int channels;
    int sizes[2][2]; /* of the two pictures: height, width */
    int scale, crop, alignment;
    int field;             /* its reach; -1: over the whole picture */
    double native, ort;    /* largest difference; 0: it does not run there */
    double range;          /* the difference is a part of this */
    int tile;              /* in pixels; 0: none, its halo is larger than the pictures */
};

#define SMALL { { 32, 40 }, { 27, 33 } }
#define LARGE { { 48, 64 }, { 37, 53 } }

static const struct network networks[] = {
    { "dncnn_25", "torch/dncnn_25.pth", "torch/ref/dncnn_25", 1, LARGE, 1, 0, 1, 17, 2e-5, 2e-5, 1,
      20 },
    { "realesr_animevideov3", "torch/realesr-animevideov3.pth", "torch/ref/realesr_animevideov3", 3,
      SMALL, 4, 0, 1, 18, 2e-5, 2e-5, 1, 16 },
    { "span_ch28_slim", "torch/team38_span_ch28_slim.pth", "torch/ref/span_ch28_slim", 3, SMALL, 4,
      0, 1, 21, 2e-5, 2e-5, 1, 16 },
    { "rlfn", "torch/team00_rlfn.pth", "torch/ref/rlfn", 3, SMALL, 4, 0, 1, -1, 0, 1e-4, 255, 0 },
    { "light_safmnpp",
      "torch/light_safmnpp.pth",
      "torch/ref/light_safmnpp",
      3,
      { { 32, 40 }, { 24, 40 } },
      4,
      0,
      8,
      39,
      2e-5,
      2e-5,
      1,
      0 },
    { "syn_esrgan_old_x4", "torch/syn_esrgan_old_x4.pth", "torch/ref/syn_esrgan_old_x4", 3, SMALL,
      4, 0, 1, 34, 2e-5, 2e-5, 1, 16 },
    { "syn_esrgan_old_x4_legacy", "torch/syn_esrgan_old_x4_legacy.pth",
      "torch/ref/syn_esrgan_old_x4", 3, SMALL, 4, 0, 1, 34, 2e-5, 2e-5, 1, 16 },
    { "syn_esrgan_old_x4_safetensors", "torch/syn_esrgan_old_x4.safetensors",
      "torch/ref/syn_esrgan_old_x4", 3, SMALL, 4, 0, 1, 34, 2e-5, 2e-5, 1, 16 },
    { "syn_esrgan_new_unshuffle_x2",
      "torch/syn_esrgan_new_unshuffle_x2.pth",
      "torch/ref/syn_esrgan_new_unshuffle_x2",
      3,
      { { 48, 64 }, { 38, 54 } },
      2,
      0,
      2,
      68,
      2e-5,
      2e-5,
      1,
      16 },
    { "syn_span_unfused_x2", "torch/syn_span_unfused_x2.pth", "torch/ref/syn_span_unfused_x2", 3,
      LARGE, 2, 0, 1, 21, 2e-5, 2e-5, 1, 20 },
    { "syn_realplksr_ln_x2", "torch/syn_realplksr_ln_x2.pth", "torch/ref/syn_realplksr_ln_x2", 3,
      LARGE, 2, 0, 1, 20, 2e-5, 2e-5, 1, 20 },
    { "syn_realplksr_ln_x2_safetensors", "torch/syn_realplksr_ln_x2.safetensors",
      "torch/ref/syn_realplksr_ln_x2", 3, LARGE, 2, 0, 1, 20, 2e-5, 2e-5, 1, 20 },
    { "syn_realplksr_gn_x2", "torch/syn_realplksr_gn_x2.pth", "torch/ref/syn_realplksr_gn_x2", 3,
      LARGE, 2, 0, 1, -1, 2e-5, 2e-5, 1, 0 },
    { "syn_mosr_gps_x2", "torch/syn_mosr_gps_x2.pth", "torch/ref/syn_mosr_gps_x2", 3, LARGE, 2, 0,
      1, 14, 2e-5, 2e-5, 1, 20 },
};

static const struct network *find(const char *name)
{
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
        if (strcmp(networks[i].name, name) == 0)
            return &networks[i];
    ref_die("no network %s in the table", name);
}

/* A planar float32 file as a picture; `scale` and `crop` say its size. */
static struct ref_picture load(const char *path, int channels, int height, int width, double white)
{
    struct ref_picture p = ref_picture_make(width, height, channels);
    const int64_t pixels = (int64_t)width * height;
    FILE *f = fopen(path, "rb");
    if (!f)
        ref_die("%s cannot be opened", path);
    for (int64_t i = 0; i < channels * pixels; i++) {
        float v;
        if (fread(&v, sizeof(v), 1, f) != 1)
            ref_die("%s is cut short", path);
        p.data[i % pixels * channels + i / pixels] = (float)((double)v / white);
    }
    if (fgetc(f) != EOF)
        ref_die("%s is longer than the table says", path);
    fclose(f);
    return p;
}

/* A network of valid convolutions is compared in the middle. */
static double difference(const struct ref_picture *got, const struct ref_picture *expected)
{
    const int64_t dx = (got->width - expected->width) / 2,
                  dy = (got->height - expected->height) / 2;
    double largest = 0;
    if (dx < 0 || dy < 0 || dx != dy || got->bands != expected->bands)
        ref_die("%lld x %lld x %d came out", (long long)got->width, (long long)got->height,
                got->bands);
    for (int64_t y = 0; y < expected->height; y++)
        for (int64_t x = 0; x < expected->width * expected->bands; x++)
            largest = fmax(largest,
                           fabs((double)got->data[((y + dy) * got->width + dx) * got->bands + x] -
                                (double)expected->data[y * expected->width * expected->bands + x]));
    return largest;
}

static bool check_facts(const struct network *n, struct seam_model *model, bool native)
{
    struct seam_facts f;
    seam_model_describe(model, &f);
    printf("scale %lld/%lld, crop %lld, alignment %lld, field %lld (%s), %s, exact %d\n",
           (long long)f.scale_num, (long long)f.scale_den, (long long)f.crop,
           (long long)f.alignment, (long long)f.field, f.field_known ? "known" : "not known",
           f.engine, (int)f.exact);
    if (native && strncmp(f.engine, "native", 6) != 0)
        return false;
    const bool same = f.scale_num == n->scale && f.scale_den == 1 && f.crop == n->crop &&
                      f.alignment == n->alignment && f.channels_in == n->channels;
    /* What sums up the picture, in ways that either engine knows, is exact in passes over it. */
    if (n->field < 0 && n->native > 0)
        return same && f.passes > 1 &&
               (native ? f.exact == SEAM_EXACT_BITS : f.exact != SEAM_EXACT_NO);
    return same && f.passes == 1 && f.field_known == (n->field >= 0) &&
           (n->field < 0 ? f.exact == SEAM_EXACT_NO
                         : f.field == n->field && f.exact != SEAM_EXACT_NO) &&
           (!native || f.exact == SEAM_EXACT_BITS);
}

static bool check_case(const struct network *n, struct seam_model *model, int which, int tile,
                       double allowed)
{
    char path[256];
    const int h = n->sizes[which][0], w = n->sizes[which][1], s = n->scale;
    struct seam_params params;
    struct seam_plan plan;
    seam_params_init(&params);
    params.edge = SEAM_EDGE_MODEL;
    params.range_lo = 0;
    params.range_hi = n->range;
    if (tile)
        params.tile_width = params.tile_height = tile;
    snprintf(path, sizeof(path), "formats/%s.%c.in.f32", n->reference, 'a' + which);
    char *in_path = ref_shared(path);
    snprintf(path, sizeof(path), "formats/%s.%c.out.f32", n->reference, 'a' + which);
    char *out_path = ref_shared(path);
    struct ref_picture in = load(in_path, n->channels, h, w, n->range);
    struct ref_picture expected =
        load(out_path, n->channels, s * (h - 2 * n->crop), s * (w - 2 * n->crop), n->range);
    struct ref_picture got = ref_restore(model, &in, &params, &plan);
    const double d = difference(&got, &expected);
    printf("%c, %lld x %lld tiles: %.3g of the range\n", 'a' + which, (long long)plan.x.tiles,
           (long long)plan.y.tiles, d);
    ref_picture_free(&in);
    ref_picture_free(&expected);
    ref_picture_free(&got);
    free(in_path);
    free(out_path);
    return d <= allowed;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        ref_die("usage: formats NAME native|ort");
    const struct network *n = find(argv[1]);
    const bool native = strcmp(argv[2], "native") == 0;
    struct seam_model_params params;
    char path[256];
    seam_model_params_init(&params);
    params.engine = native ? SEAM_ENGINE_NATIVE : SEAM_ENGINE_ORT;
    params.alignment = n->field < 0 ? n->alignment : 0; /* what has no bounds is not to be made
                                                           larger */
    snprintf(path, sizeof(path), "formats/%s", n->file);
    char *file = ref_shared(path);
    struct seam_model *model = ref_model_open(file, &params);
    bool good = check_facts(n, model, native);
    for (int which = 0; which < 2; which++) {
        good &= check_case(n, model, which, 0, native ? n->native : n->ort);
        if (n->tile)
            good &= check_case(n, model, which, n->tile, native ? n->native : n->ort);
    }
    seam_model_close(&model);
    free(file);
    return good ? 0 : 1;
}
