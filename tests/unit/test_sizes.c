/* The size that is asked for is the size that comes out, to the pixel, whatever it is. */
#include <vips/vips.h>

#include "job/shape.h"
#include "libvips/resize.h"
#include "unit.h"

static const struct seam_facts nets[] = {
    { .scale_num = 1, .scale_den = 1, .channels_in = 3, .channels_out = 3, .name = "same" },
    { .scale_num = 2, .scale_den = 1, .channels_in = 3, .channels_out = 3, .name = "two" },
    { .scale_num = 4, .scale_den = 1, .channels_in = 3, .channels_out = 3, .name = "four" },
    { .scale_num = 2, .scale_den = 1, .channels_in = 3, .channels_out = 1, .name = "once" },
};

static struct seam_shape shape_of(const struct seam_size *size, const struct seam_facts *net,
                                  int64_t width, int64_t height)
{
    struct seam_job_params params;
    struct seam_shape shape;
    struct seam_log log;
    seam_log_init(&log);
    seam_job_params_init(&params);
    params.size = size;
    assert_ok(seam_shape_make(&shape, &params, net, width, height, &log), &log);
    return shape;
}

/* What libvips makes of a picture of the network's size. */
static void check_made(const struct seam_shape *shape, const struct seam_facts *net, int64_t width,
                       int64_t height)
{
    struct seam_log log;
    VipsImage *in, *lit, *out;
    for (int i = 0; i < shape->passes; i++) {
        width *= net->scale_num;
        height *= net->scale_num;
    }
    g_assert_cmpint(shape->resized, ==, width != shape->width || height != shape->height);
    seam_log_init(&log);
    g_assert_cmpint(vips_black(&in, (int)width, (int)height, "bands", 3, NULL), ==, 0);
    g_assert_cmpint(vips_linear1(in, &lit, 1, 0.25, NULL), ==, 0);
    const struct seam_resize how = { .width = shape->width, .height = shape->height };
    assert_ok(seam_resize(lit, &out, &how, &log), &log);
    g_assert_cmpint(out->Xsize, ==, shape->width);
    g_assert_cmpint(out->Ysize, ==, shape->height);
    size_t bytes;
    unsigned char *samples = vips_image_write_to_memory(out, &bytes);
    g_assert_cmpuint(bytes, ==, (size_t)(3 * shape->width * shape->height));
    for (size_t i = 0; i < bytes; i++)
        g_assert_cmpint(abs(samples[i] - 64), <=, 1); /* and nothing shines in from beyond */
    g_free(samples);
    g_object_unref(out);
    g_object_unref(lit);
    g_object_unref(in);
}

static void test_any_size(void)
{
    for (int i = 0; i < many(60); i++) {
        const struct seam_facts *net = &PICK(nets);
        const int64_t width = pick(1, 90), height = pick(1, 90);
        struct seam_size size = { 0 };
        switch (i % 4) {
        case 0:
            size = (struct seam_size){ .width = pick(1, 400), .height = pick(1, 400),
                                       .fit = SEAM_FIT_EXACT };
            break;
        case 1: size.width = pick(1, 400); break;
        case 2: size.height = pick(1, 400); break;
        default: size.scale = pick(10, 500) / 100.0;
        }
        const struct seam_shape shape = shape_of(&size, net, width, height);
        if (size.width > 0)
            g_assert_cmpint(shape.width, ==, size.width);
        if (size.height > 0)
            g_assert_cmpint(shape.height, ==, size.height);
        if (size.scale > 0)
            g_assert_cmpint(shape.width, ==,
                            seam_max((int64_t)floor((double)width * size.scale + 0.5), 1));
        if (shape.width < 2000 && shape.height < 2000)
            check_made(&shape, net, width, height);
    }
}

/* Sides a few hundred or thousand times as short. */
static void test_strong(void)
{
    static const int64_t sides[] = { 149, 150, 151, 334, 2500 }; /* which the network doubles */
    for (size_t i = 0; i < 2 * SEAM_ARRAY_LEN(sides); i++) {
        const int64_t side = sides[i / 2], width = i % 2 ? 4 : side, height = i % 2 ? side : 4;
        const struct seam_size size = { .width = i % 2 ? 3 : 1, .height = i % 2 ? 1 : 3,
                                        .fit = SEAM_FIT_EXACT };
        const struct seam_shape shape = shape_of(&size, &nets[1], width, height);
        check_made(&shape, &nets[1], width, height);
    }
}

/* By hand. */
static void test_boxes(void)
{
    static const struct {
        struct seam_size size;
        int64_t width, height, result_width, result_height;
        int net, passes;
    } cases[] = {
        { { .width = 3840 }, 6000, 4000, 3840, 2560, 1, 1 },
        { { .height = 2160 }, 1600, 900, 3840, 2160, 1, 2 },
        { { .width = 3840, .height = 2160 }, 6000, 4000, 3240, 2160, 1, 1 },
        { { .width = 3840, .height = 2160, .fit = SEAM_FIT_FILL }, 6000, 4000, 3840, 2560, 1, 1 },
        { { .width = 3840, .height = 2160, .fit = SEAM_FIT_FILL }, 4000, 6000, 3840, 5760, 1, 1 },
        { { .width = 3840, .height = 2160, .fit = SEAM_FIT_EXACT }, 4000, 6000, 3840, 2160, 1, 1 },
        { { .width = 3840, .height = 2160 }, 960, 540, 3840, 2160, 2, 1 },
        { { .scale = 1.5 }, 101, 67, 152, 101, 1, 1 },
        { { .scale = 3 }, 100, 50, 300, 150, 1, 2 },
        { { .scale = 3 }, 100, 50, 300, 150, 3, 1 },
        { { .megapixels = 24 }, 3000, 2000, 6000, 4000, 1, 1 },
        { { .most_side = 1000 }, 800, 600, 1000, 750, 1, 1 },
        { { .most_side = 2000 }, 800, 600, 1600, 1200, 1, 1 },
        { { .scale = 1.25, .most_side = 900 }, 800, 600, 900, 675, 1, 1 },
        { { .dpi = 254, .print_width = 30, .print_height = 20 }, 1500, 1000, 3000, 2000, 1, 1 },
        { { .dpi = 254, .print_width = 30, .print_height = 20 }, 1000, 1500, 2000, 3000, 1, 1 },
        { { .dpi = 300 }, 1000, 1500, 2000, 3000, 1, 1 },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(cases); i++) {
        const struct seam_shape shape =
            shape_of(&cases[i].size, &nets[cases[i].net], cases[i].width, cases[i].height);
        g_test_message("case %zu", i);
        g_assert_cmpint(shape.width, ==, cases[i].result_width);
        g_assert_cmpint(shape.height, ==, cases[i].result_height);
        g_assert_cmpint(shape.passes, ==, cases[i].passes);
    }
}

int main(int argc, char **argv)
{
    if (VIPS_INIT(argv[0]))
        return 1;
    vips_cache_set_max(0);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sizes/any", test_any_size);
    g_test_add_func("/sizes/strong", test_strong);
    g_test_add_func("/sizes/boxes", test_boxes);
    const int code = g_test_run();
    vips_shutdown();
    return code;
}
