/* What is seen of pictures whose noise and blocks were put there. */
#include "model/choose.h"
#include "unit.h"

enum { SIDE = 256 };

/* A picture without noise or blocks: slopes, soft waves, and an edge. */
static float *scene(void)
{
    float *luma = g_new(float, SIDE * SIDE);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            luma[y * SIDE + x] = 90 + 0.2f * (float)y +
                                 20 * sinf((float)x / 19) * sinf((float)y / 27) +
                                 (x + y / 2 > 200 ? 40.0f : 0.0f);
    return luma;
}

/* About Gaussian, of spread 1: the sum of twelve. */
static float normal(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += g_test_rand_double();
    return (float)sum;
}

static void add_noise(float *luma, float sigma)
{
    for (int i = 0; i < SIDE * SIDE; i++)
        luma[i] += sigma * normal();
}

/* Grains two pixels wide, `slope` a pixel stronger towards the right. */
static void add_grain(float *luma, float sigma, float slope)
{
    for (int y = 0; y < SIDE; y += 2)
        for (int x = 0; x < SIDE; x += 2) {
            const float grain = (sigma + slope * (float)x) * normal();
            for (int i = 0; i < 4; i++)
                luma[(y + i / 2) * SIDE + x + i % 2] += grain;
        }
}

/* Blocks of 8 pixels that begin anywhere, each a little off. */
static void add_blocks(float *luma, float off)
{
    const int left = pick(0, 7), top = pick(0, 7);
    float by[SIDE / 8 + 1][SIDE / 8 + 1];
    for (int i = 0; i <= SIDE / 8; i++)
        for (int k = 0; k <= SIDE / 8; k++)
            by[i][k] = off * normal();
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            luma[y * SIDE + x] += by[(y + top) / 8][(x + left) / 8];
}

/* Look at `luma`, which is given up, as 8 bits hold it. */
static struct seam_look look_at(float *luma)
{
    struct seam_look look;
    for (int i = 0; i < SIDE * SIDE; i++)
        luma[i] = fminf(255, fmaxf(0, roundf(luma[i])));
    seam_look_take(&look, luma, SIDE, SIDE, SIDE);
    g_free(luma);
    return look;
}

static void assert_chosen(const struct seam_look *look, const char *network, const char *reason)
{
    struct seam_choice choice;
    seam_choose(&choice, look);
    if (strcmp(choice.network, network) != 0)
        g_error("%s, not %s: fine %.2f, coarse %.2f, texture %.2f, grid %.2f", choice.network,
                network, look->fine, look->coarse, look->texture, look->grid);
    g_assert_nonnull(strstr(choice.reason, reason));
}

static void test_clean(void)
{
    float *luma = scene();
    struct seam_look look = look_at(luma);
    assert_chosen(&look, "null", "neither noise nor blocks");
    luma = scene();
    add_grain(luma, 0.1f, 0.04f); /* texture: some places have more of it */
    look = look_at(luma);
    assert_chosen(&look, "null", "neither noise nor blocks");
}

/* White noise is measured, somewhat too low, and alike at both sizes. */
static void test_white(void)
{
    static const float sigmas[] = { 3, 6, 12, 25 };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(sigmas); i++) {
        const double sigma = (double)sigmas[i];
        float *luma = scene();
        add_noise(luma, sigmas[i]);
        const struct seam_look look = look_at(luma);
        g_assert_cmpfloat(look.fine, >, 0.7 * sigma);
        g_assert_cmpfloat(look.fine, <, 1.1 * sigma);
        g_assert_cmpfloat(look.coarse, >, 0.6 * sigma);
        g_assert_cmpfloat(look.coarse, <, 1.2 * sigma);
        assert_chosen(&look, "denoise", "noise of about");
    }
}

/* Grains of two pixels are seen as what they are: in the means of 2x2 all of them, each twice a
 * white pixel's. */
static void test_grain(void)
{
    float *luma = scene();
    add_grain(luma, 3, 0);
    const struct seam_look look = look_at(luma);
    g_assert_cmpfloat(look.coarse, >, 4);
    g_assert_cmpfloat(look.coarse, <, 7);
    assert_chosen(&look, "denoise", "noise of about");
}

static void test_blocks(void)
{
    float *luma = scene();
    add_blocks(luma, 2);
    struct seam_look look = look_at(luma);
    g_assert_cmpfloat(look.grid, >, 1);
    assert_chosen(&look, "deblock", "blocks of JPEG and little noise");
    luma = scene();
    add_blocks(luma, 4);
    add_noise(luma, 4);
    look = look_at(luma);
    assert_chosen(&look, "denoise", "and blocks of JPEG");
}

/* Noise that was cut off at black or white tells nothing, and neither does a stamp. */
static void test_unseen(void)
{
    struct seam_look look;
    float *luma = g_new0(float, SIDE * SIDE);
    look = look_at(luma);
    assert_chosen(&look, "null", "neither");
    luma = scene();
    add_noise(luma, 20);
    seam_look_take(&look, luma, 63, 200, SIDE);
    g_assert_cmpfloat(look.fine + look.coarse + look.grid, ==, 0);
    assert_chosen(&look, "null", "neither");
    g_free(luma);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/choose/clean", test_clean);
    g_test_add_func("/choose/white", test_white);
    g_test_add_func("/choose/grain", test_grain);
    g_test_add_func("/choose/blocks", test_blocks);
    g_test_add_func("/choose/unseen", test_unseen);
    return g_test_run();
}
