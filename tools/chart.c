/*
 * The picture of `./dev demo`: a chart that shows what a network does to a picture and where tiles
 * would show. Four fields, each 512 pixels square: a zone plate (every direction), text,
 * gradients (where banding and seams stand out) and a fine texture; then camera noise over all of
 * it.
 *
 *     chart render CLEAN NOISY [SIGMA]     sigma of the noise, of 255
 *     chart psnr A B                       prints the colour PSNR of two pictures in dB
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#define FIELD 512

static const char poem[] =
    "Seamless restores pictures\nof any size, within\nany memory, without\na seam.\n\n"
    "The quick brown fox\njumps over the lazy dog\n0123456789 &amp; @ # %";

/* All images of a chart belong to one context and go with it. */
static VipsImage **slots(VipsObject *context, int n)
{
    return (VipsImage **)vips_object_local_array(context, n);
}

/* Grey 0..255 into a colour between two others, band by band. */
static int tint(VipsObject *context, VipsImage *grey, VipsImage **out, const double *dark,
                const double *light)
{
    double a[3];
    for (int i = 0; i < 3; i++)
        a[i] = (light[i] - dark[i]) / 255;
    VipsImage **t = slots(context, 1);
    return vips_bandjoin(((VipsImage *[]){ grey, grey, grey }), &t[0], 3, NULL) ||
           vips_linear(t[0], out, a, dark, 3, NULL);
}

/* Every direction, and frequencies up to a quarter of what pixels hold: beyond that lies what
 * networks trained on photographs take for noise. */
static int zone_field(VipsObject *context, VipsImage **out)
{
    VipsImage **t = slots(context, 2);
    return vips_zone(&t[0], FIELD / 4, FIELD / 4, "uchar", TRUE, NULL) ||
           vips_resize(t[0], &t[1], 4, "kernel", VIPS_KERNEL_CUBIC, NULL) ||
           tint(context, t[1], out, (double[]){ 20, 24, 40 }, (double[]){ 250, 246, 230 });
}

static int text_field(VipsObject *context, VipsImage **out)
{
    VipsImage **t = slots(context, 2);
    return vips_text(&t[0], poem, "font", "sans 24", "dpi", 96, "width", FIELD - 40, NULL) ||
           vips_gravity(t[0], &t[1], VIPS_COMPASS_DIRECTION_CENTRE, FIELD, FIELD, NULL) ||
           tint(context, t[1], out, (double[]){ 236, 228, 210 }, (double[]){ 30, 20, 24 });
}

/* Red runs along x, green along y, blue against both. */
static int gradient_field(VipsObject *context, VipsImage **out)
{
    VipsImage **t = slots(context, 6);
    const double step = 255.0 / (FIELD - 1);
    return vips_xyz(&t[0], FIELD, FIELD, NULL) ||
           vips_linear(t[0], &t[1], ((double[]){ step, step }), ((double[]){ 0, 0 }), 2, NULL) ||
           vips_extract_band(t[1], &t[2], 0, NULL) || vips_extract_band(t[1], &t[3], 1, NULL) ||
           vips_add(t[2], t[3], &t[4], NULL) || vips_linear1(t[4], &t[5], -0.5, 255, NULL) ||
           vips_bandjoin(((VipsImage *[]){ t[2], t[3], t[5] }), out, 3, NULL);
}

/* Noise of several octaves, as in cloth or stone. */
static int texture_field(VipsObject *context, VipsImage **out)
{
    VipsImage **t = slots(context, 4);
    return vips_perlin(&t[0], FIELD, FIELD, "cell_size", 16, "uchar", TRUE, "seed", 7, NULL) ||
           vips_worley(&t[1], FIELD, FIELD, "cell_size", 24, "seed", 11, NULL) ||
           vips_linear1(t[1], &t[2], 6, 0, NULL) || vips_add(t[0], t[2], &t[3], NULL) ||
           tint(context, t[3], out, (double[]){ 40, 70, 30 }, (double[]){ 200, 190, 120 });
}

static int render(VipsObject *context, const char *clean, const char *noisy, double sigma)
{
    VipsImage **f = slots(context, 4), **t = slots(context, 8);
    if (zone_field(context, &f[0]) || text_field(context, &f[1]) ||
        gradient_field(context, &f[2]) || texture_field(context, &f[3]) ||
        vips_arrayjoin(f, &t[0], 4, "across", 2, NULL) ||
        vips_cast(t[0], &t[1], VIPS_FORMAT_UCHAR, NULL) ||
        vips_copy(t[1], &t[2], "interpretation", VIPS_INTERPRETATION_sRGB, NULL) ||
        vips_image_write_to_file(t[2], clean, NULL))
        return -1;
    VipsImage **n = slots(context, 3);
    for (int i = 0; i < 3; i++)
        if (vips_gaussnoise(&n[i], t[2]->Xsize, t[2]->Ysize, "sigma", sigma, "mean", 0.0, "seed",
                            i + 1, NULL))
            return -1;
    return vips_bandjoin(n, &t[3], 3, NULL) || vips_add(t[2], t[3], &t[4], NULL) ||
           vips_rint(t[4], &t[5], NULL) || vips_cast(t[5], &t[6], VIPS_FORMAT_UCHAR, NULL) ||
           vips_copy(t[6], &t[7], "interpretation", VIPS_INTERPRETATION_sRGB, NULL) ||
           vips_image_write_to_file(t[7], noisy, NULL);
}

static int psnr(VipsObject *context, const char *a, const char *b)
{
    VipsImage **t = slots(context, 4);
    double error;
    if (!(t[0] = vips_image_new_from_file(a, NULL)) ||
        !(t[1] = vips_image_new_from_file(b, NULL)) || vips_subtract(t[0], t[1], &t[2], NULL) ||
        vips_multiply(t[2], t[2], &t[3], NULL) || vips_avg(t[3], &error, NULL))
        return -1;
    if (error > 0)
        printf("%.2f\n", 10 * log10(255 * 255 / error));
    else
        printf("identical\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (VIPS_INIT(argv[0]))
        return EXIT_FAILURE;
    VipsObject *context = VIPS_OBJECT(vips_image_new());
    int failed = 2;
    if (argc >= 4 && argc <= 5 && strcmp(argv[1], "render") == 0)
        failed = render(context, argv[2], argv[3], argc == 5 ? atof(argv[4]) : 15);
    else if (argc == 4 && strcmp(argv[1], "psnr") == 0)
        failed = psnr(context, argv[2], argv[3]);
    else
        fputs("usage: chart render CLEAN NOISY [SIGMA] | chart psnr A B\n", stderr);
    if (failed < 0)
        fprintf(stderr, "chart: %s", vips_error_buffer());
    g_object_unref(context);
    vips_shutdown();
    return failed < 0 ? EXIT_FAILURE : failed;
}
