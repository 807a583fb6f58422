#include <math.h>

#include "base/common.h"
#include "files/adapt.h"
#include "files/normalise.h"
#include "libvips/finite.h"
#include "libvips/header.h"
#include "libvips/resize.h"
#include "plan/plan.h"
#include "tile/transfer.h"

/* Pixels to each side that Lanczos3 looks at, of the smaller of two pictures, and some more. */
#define KERNEL_ROWS 4
/* Rows that libvips makes at a time in one thread: in strips as here, in tiles where a saver wants
 * those. */
#define STRIP 16
#define MOST_ASKED 128
/* The kernel of libvips has at most 2000 points, six for each pixel that becomes one: a page that
 * shrinks more is averaged over whole pixels first. */
#define MOST_REDUCED 300
/* A sample into light, and one made of those and back: as in files/format_times.c. */
#define BEFORE_SECONDS 3e-8
#define AFTER_SECONDS 2e-8

/* What a pixel goes through on its way into linear light and back. */
struct light {
    int colours;
    bool encoded, alpha, beside; /* `alpha`: hides; `beside`: the last band is no colour */
    enum seam_sample sample; /* of the result */
    const char *name;        /* of the picture, and */
    struct seam_log *log;    /* what is told what fails while rows are made */
};

static VipsInterpretation interpretation(const VipsImage *in, enum seam_sample sample, int colours)
{
    if (sample == SEAM_SAMPLE_F32 || (colours != 1 && colours != 3))
        return in->Type;
    return seam_result_type(colours, sample);
}

static float within(float v)
{
    return v > 0 ? (v < 1 ? v : 1) : 0;
}

static void pixel_to_light(const struct light *l, const float *from, float *to)
{
    const bool clip = l->sample != SEAM_SAMPLE_F32;
    const float alpha = l->alpha ? within(from[l->colours]) : 1;
    for (int b = 0; b < l->colours; b++) {
        const float v = clip ? within(from[b]) : from[b];
        to[b] = (l->encoded ? seam_srgb_decode(v) : v) * alpha;
    }
    if (l->beside)
        to[l->colours] = l->alpha ? alpha : from[l->colours];
}

static void put(enum seam_sample sample, void *to, int64_t at, float v)
{
    if (sample == SEAM_SAMPLE_F32)
        ((float *)to)[at] = v;
    else if (sample == SEAM_SAMPLE_U16)
        ((uint16_t *)to)[at] = (uint16_t)(within(v) * 65535 + 0.5f);
    else
        ((uint8_t *)to)[at] = (uint8_t)(within(v) * 255 + 0.5f);
}

static void pixel_from_light(const struct light *l, const float *from, void *to, int64_t at)
{
    const float alpha = l->alpha ? within(from[l->colours]) : 1;
    for (int b = 0; b < l->colours; b++) {
        const float v = alpha > 0 ? from[b] / alpha : 0;
        put(l->sample, to, at + b, l->encoded ? seam_srgb_encode(v) : v);
    }
    if (l->beside)
        put(l->sample, to, at + l->colours, from[l->colours]);
}

static bool is_finite(const struct light *l, const float *row, const VipsRect *r, int y, int bands)
{
    char what[200];
    g_snprintf(what, sizeof(what), "bringing %s to its size", l->name);
    return seam_vips_finite(row, r->width, bands, r->left, y, what, l->log);
}

static int light_rows(VipsRegion *out, VipsRegion *in, const struct light *l, bool back)
{
    const VipsRect *r = &out->valid;
    const int bands = out->im->Bands;
    if (vips_region_prepare(in, r))
        return -1;
    for (int y = r->top; y < r->top + r->height; y++) {
        const float *from = (const float *)(void *)VIPS_REGION_ADDR(in, r->left, y);
        void *to = VIPS_REGION_ADDR(out, r->left, y);
        if (back && !is_finite(l, from, r, y, bands))
            return -1;
        for (int64_t x = 0; x < r->width; x++)
            if (back)
                pixel_from_light(l, from + x * bands, to, x * bands);
            else
                pixel_to_light(l, from + x * bands, (float *)to + x * bands);
        if (back && l->sample == SEAM_SAMPLE_F32 && !is_finite(l, to, r, y, bands))
            return -1;
    }
    return 0;
}

static int to_light(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    (void)a;
    (void)stop;
    return light_rows(out, seq, b, false);
}

static int from_light(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
    (void)a;
    (void)stop;
    return light_rows(out, seq, b, true);
}

/* An image whose pixels `generate` makes of those of `in`; NULL where libvips fails. */
static VipsImage *pointwise(VipsImage *in, const struct light *light, VipsGenerateFn generate,
                            VipsBandFormat format, VipsInterpretation type)
{
    VipsImage *out = vips_image_new();
    struct light *own = VIPS_NEW(out, struct light);
    if (!own || vips_image_pipelinev(out, VIPS_DEMAND_STYLE_FATSTRIP, in, NULL)) {
        g_object_unref(out);
        return NULL;
    }
    *own = *light;
    out->BandFmt = format;
    out->Type = type;
    if (vips_image_generate(out, vips_start_one, generate, vips_stop_one, in, own)) {
        g_object_unref(out);
        return NULL;
    }
    g_object_ref(in);
    vips_object_local(out, in);
    return out;
}

/* One page, in light. */
static VipsImage *resize_page(VipsImage *page, const struct seam_resize *how)
{
    VipsImage *out = NULL;
    const double across = (double)how->width / page->Xsize;
    const double down = (double)how->height / page->Ysize;
    const double gap = fmin(across, down) * MOST_REDUCED < 1 ? 2 : 0;
    if (vips_resize(page, &out, across, "vscale", down, "kernel", VIPS_KERNEL_LANCZOS3, "gap", gap,
                    NULL))
        return NULL;
    if (out->Xsize == how->width && out->Ysize == how->height)
        return out;
    vips_error("seamless", "libvips made %d x %d pixels where %d x %d were asked for", out->Xsize,
               out->Ysize, (int)how->width, (int)how->height);
    g_object_unref(out);
    return NULL;
}

/* A part of a page, as it is in the whole: positions are counted from where that begins, so that
 * their rounding is the same. Around `part` nothing is asked for. */
static VipsImage *resize_part(VipsImage *part, const struct seam_resize *how)
{
    const struct seam_resize_whole *w = &how->whole;
    const struct seam_resize all = { .width = w->out_width, .height = w->out_height };
    VipsImage *page = NULL, *sized = NULL, *out = NULL;
    if (vips_embed(part, &page, (int)w->left, (int)w->top, (int)w->width, (int)w->height, NULL))
        return NULL;
    sized = resize_page(page, &all);
    g_object_unref(page);
    if (sized && vips_extract_area(sized, &out, (int)w->out_left, (int)w->out_top, (int)how->width,
                                   (int)how->height, NULL))
        out = NULL;
    if (sized)
        g_object_unref(sized);
    return out;
}

/* Each page by itself: none shines into the next. */
static VipsImage *resize_pages(VipsImage *roll, const struct seam_resize *how)
{
    if (how->whole.width > 0)
        return resize_part(roll, how);
    const int height = vips_image_get_page_height(roll), pages = roll->Ysize / height;
    VipsImage *scope = vips_image_new(), *out = NULL;
    VipsImage **cut = (VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 2 * pages);
    VipsImage **sized = cut + pages;
    bool ok = true;
    for (int i = 0; i < pages && ok; i++)
        ok = vips_extract_area(roll, &cut[i], 0, i * height, roll->Xsize, height, NULL) == 0 &&
             (sized[i] = resize_page(cut[i], how)) != NULL;
    if (!ok || (pages == 1 ? vips_copy(sized[0], &out, NULL)
                           : vips_arrayjoin(sized, &out, pages, "across", 1, NULL)))
        out = NULL;
    g_object_unref(scope);
    return out;
}

/* Rows that become one, of a page of `height`. */
static double shrinks(const struct seam_resize *how, int64_t height)
{
    return how->whole.width > 0 ? (double)how->whole.height / (double)how->whole.out_height
                                : (double)height / (double)how->height;
}

static void resize_header(VipsImage *out, const VipsImage *in, const struct seam_resize *how)
{
    const double across = how->whole.width > 0
                              ? (double)how->whole.out_width / (double)how->whole.width
                              : (double)how->width / in->Xsize;
    const double down = 1 / shrinks(how, vips_image_get_page_height((VipsImage *)in));
    out->Xres = in->Xres * across;
    out->Yres = in->Yres * down;
    if (vips_image_get_typeof(in, VIPS_META_PAGE_HEIGHT))
        vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, (int)how->height);
    /* One thread: what several would hold of rows is more than they would gain. */
    vips_image_set_int(out, VIPS_META_CONCURRENCY, 1);
}

enum seam_result seam_resize(VipsImage *in, VipsImage **out, const struct seam_resize *how,
                             struct seam_log *log)
{
    const int colours = in->Bands - (how->alpha ? 1 : 0);
    const struct light light = {
        .colours = colours,
        .encoded = !how->linear && (colours == 1 || colours == 3),
        .beside = how->alpha,
        .alpha = how->alpha && !seam_adapt_is_data(in),
        .sample = how->sample,
        .name = how->name ? how->name : "the result",
        .log = log,
    };
    const VipsInterpretation type = interpretation(in, how->sample, colours);
    VipsImage *plain = NULL, *lit = NULL, *sized = NULL;
    *out = NULL;
    /* Rows come in order out of a ring: libvips need not cache them. */
    if (vips_copy(in, &plain, NULL) == 0) {
        vips_image_remove(plain, VIPS_META_SEQUENTIAL);
        lit = pointwise(plain, &light, to_light, VIPS_FORMAT_FLOAT, in->Type);
    }
    if (lit)
        sized = resize_pages(lit, how);
    if (sized)
        *out = pointwise(sized, &light, from_light, seam_result_format(how->sample), type);
    if (*out)
        resize_header(*out, in, how);
    VipsImage *const steps[] = { plain, lit, sized };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(steps); i++)
        if (steps[i])
            g_object_unref(steps[i]);
    return *out ? SEAM_OK
                : seam_io_vips_failed(log, SEAM_ERROR_IO, "the result cannot be brought to size");
}

int64_t seam_resize_reach(int64_t from, int64_t to)
{
    /* Of Lanczos3, and one that a rounded position and whole pixels averaged first may add. */
    return to >= from ? 3 : (int64_t)ceil(4 * (double)from / (double)to) + 2;
}

double seam_resize_seconds(double before, double after)
{
    return BEFORE_SECONDS * before + AFTER_SECONDS * after;
}

int64_t seam_resize_behind(const struct seam_resize *how, int64_t height)
{
    const double ratio = fmax(shrinks(how, height), 1);
    return seam_min((int64_t)((MOST_ASKED + 2 * KERNEL_ROWS) * ratio) + 64, height);
}

/* Rows of the result that libvips gathers before it writes them. */
static int64_t lines_gathered(int64_t width)
{
    VipsImage *image = vips_image_new();
    int tile_width, tile_height, lines;
    image->Xsize = (int)width;
    image->Ysize = 1;
    image->dhint = VIPS_DEMAND_STYLE_FATSTRIP;
    vips_image_set_int(image, VIPS_META_CONCURRENCY, 1);
    vips_get_tile_size(image, &tile_width, &tile_height, &lines);
    g_object_unref(image);
    return 2 * (int64_t)lines;
}

uint64_t seam_resize_bytes(const struct seam_resize *how, int64_t width, int64_t height, int bands)
{
    const double ratio = fmax(shrinks(how, height), 1);
    /* In light, and as it came; smaller down; smaller across, and samples again. */
    const double rows = 3 * (STRIP + 2 * KERNEL_ROWS) * ratio * (double)width +
                        STRIP * (double)width + 2 * STRIP * (double)how->width;
    const double written = (double)seam_min(lines_gathered(how->width), how->height) *
                           (double)how->width * (double)seam_sample_bytes(how->sample);
    return (uint64_t)((rows * (double)sizeof(float) + written) * bands);
}
