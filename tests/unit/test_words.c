/* Names, messages and numbers in words. */
#include "base/log.h"
#include "base/names.h"
#include "base/text.h"
#include "unit.h"

static void test_names(void)
{
    static const struct {
        const char *const *names;
        int count;
        const char *list;
    } tables[] = {
        { seam_sample_names, 3, "8, 16 or float" },
        { seam_edge_names, 4, "reflect, replicate, zero or model" },
        { seam_blend_names, 4, "auto, none, linear or gaussian" },
        { seam_alpha_names, 2, "scale or model" },
        { seam_luma_names, 3, "full, studio or each" },
        { seam_order_names, 2, "rgb or bgr" },
        { seam_transfer_names, 2, "none or srgb" },
        { seam_exact_names, 3, "no, numeric or bits" },
        { seam_halo_reason_names, 5, "exact, reach, asked, shape or default" },
        { seam_layout_names, 3, "auto, nchw or nhwc" },
    };
    for (size_t t = 0; t < SEAM_ARRAY_LEN(tables); t++) {
        int count = 0;
        for (; tables[t].names[count]; count++)
            g_assert_cmpint(seam_names_find(tables[t].names, tables[t].names[count]), ==, count);
        g_assert_cmpint(count, ==, tables[t].count);
        g_assert_cmpint(seam_names_find(tables[t].names, "nonsense"), ==, -1);
        g_assert_cmpint(seam_names_find(tables[t].names, ""), ==, -1);
        char text[100], small[9];
        g_assert_cmpstr(seam_names_list(tables[t].names, text, sizeof(text)), ==, tables[t].list);
        seam_names_list(tables[t].names, small, sizeof(small));
        g_assert_true(strncmp(small, tables[t].list, sizeof(small) - 1) == 0);
    }
}

/* Each value has a name of its own, those beyond have none. */
static void test_public_names(void)
{
#define CHECK(function, type, last)                                                                \
    do {                                                                                           \
        for (int i = 0; i <= (int)(last); i++)                                                     \
            g_assert_nonnull(function((type)i));                                                   \
        g_assert_null(function((type)((int)(last) + 1)));                                          \
        g_assert_null(function((type)1000));                                                       \
    } while (0)
    CHECK(seam_sample_name, enum seam_sample, SEAM_SAMPLE_F32);
    CHECK(seam_edge_name, enum seam_edge, SEAM_EDGE_MODEL);
    CHECK(seam_blend_name, enum seam_blend, SEAM_BLEND_GAUSSIAN);
    CHECK(seam_alpha_name, enum seam_alpha, SEAM_ALPHA_MODEL);
    CHECK(seam_luma_name, enum seam_luma, SEAM_LUMA_EACH);
    CHECK(seam_order_name, enum seam_order, SEAM_ORDER_BGR);
    CHECK(seam_transfer_name, enum seam_transfer, SEAM_TRANSFER_SRGB);
    CHECK(seam_exact_name, enum seam_exact, SEAM_EXACT_BITS);
    CHECK(seam_halo_reason_name, enum seam_halo_reason, SEAM_HALO_DEFAULT);
#undef CHECK
    g_assert_cmpstr(seam_sample_name(SEAM_SAMPLE_U16), ==, "16");
    g_assert_cmpstr(seam_exact_name(SEAM_EXACT_NO), ==, "no");
    for (int i = SEAM_OK; i <= SEAM_CANCELLED; i++)
        for (int k = SEAM_OK; k < i; k++)
            g_assert_cmpstr(seam_result_name((enum seam_result)i), !=,
                            seam_result_name((enum seam_result)k));
    g_assert_nonnull(seam_result_name((enum seam_result)1000));
}

static void keep(void *opaque, enum seam_log_level level, const char *text)
{
    g_string_append_printf(opaque, "%d:%s\n", (int)level, text);
}

static void test_log(void)
{
    GString *heard = g_string_new("");
    struct seam_log log;
    memset(&log, 0xa5, sizeof(log));
    seam_log_init(&log);
    g_assert_cmpint(log.result, ==, SEAM_OK);
    g_assert_cmpint(log.level, ==, SEAM_LOG_NOTICE);
    g_assert_cmpstr(log.error, ==, "");
    g_assert_true(!log.message && !log.opaque);

    log.message = keep;
    log.opaque = heard;
    seam_debug(&log, "not %s", "heard");
    seam_notice(&log, "note %d", 1);
    seam_warning(&log, "warn %d", 2);
    /* The first error stays and is passed on, later ones change nothing. */
    g_assert_cmpint(seam_log_fail(&log, SEAM_ERROR_IO, "first %d", 3), ==, SEAM_ERROR_IO);
    g_assert_cmpint(seam_log_fail(&log, SEAM_ERROR_MODEL, "second"), ==, SEAM_ERROR_MODEL);
    g_assert_cmpint(log.result, ==, SEAM_ERROR_IO);
    g_assert_cmpstr(log.error, ==, "first 3");
    log.level = SEAM_LOG_DEBUG;
    seam_debug(&log, "now heard");
    g_assert_cmpstr(heard->str, ==, "2:note 1\n1:warn 2\n0:first 3\n3:now heard\n");

    seam_log_clear(&log);
    g_assert_cmpint(log.result, ==, SEAM_OK);
    g_assert_cmpstr(log.error, ==, "");
    g_assert_true(log.message == keep && log.level == SEAM_LOG_DEBUG);

    /* Too long is cut, not written past the end. */
    char *text = g_strnfill(5000, 'x');
    log.message = NULL;
    seam_log_fail(&log, SEAM_ERROR_IO, "%s", text);
    g_assert_cmpuint(strlen(log.error), ==, sizeof(log.error) - 1);
    g_free(text);

    /* No log at all. */
    seam_notice(NULL, "nobody");
    g_assert_cmpint(seam_log_fail(NULL, SEAM_CANCELLED, "nobody"), ==, SEAM_CANCELLED);
    g_string_free(heard, TRUE);
}

/* A size in words is never smaller than the size, and not a tenth larger. */
static void test_bytes(void)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = { { 0, "0 bytes" }, { 999, "999 bytes" }, { 1000, "1 kB" }, { 1001, "2 kB" },
                 { 1500000, "1.5 MB" }, { 1500001, "1.6 MB" }, { 512000000, "512 MB" },
                 { 512000001, "513 MB" }, { 1100000000, "1.1 GB" }, { 16000000000, "16.0 GB" },
                 { UINT64_MAX, "18.5 EB" } };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rows); i++)
        g_assert_cmpstr(seam_text_bytes(rows[i].bytes).s, ==, rows[i].text);
    static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB", "EB" };
    for (int i = 0; i < 100000; i++) {
        const uint64_t bytes = ((uint64_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int()) >>
                               pick(0, 63);
        const struct seam_text text = seam_text_bytes(bytes);
        char *unit;
        double v = strtod(text.s, &unit);
        for (size_t u = 0; strcmp(unit + 1, units[u]) != 0; u++)
            v *= 1000;
        if (v < (double)bytes * (1 - 1e-12) || v > (double)bytes * 1.11 + 1000)
            g_error("%" PRIu64 " bytes are called %s", bytes, text.s);
        g_assert_null(strstr(text.s, "1000 "));
    }
}

static void test_ratio(void)
{
    g_assert_cmpstr(seam_text_ratio(4, 1).s, ==, "4");
    g_assert_cmpstr(seam_text_ratio(3, 2).s, ==, "3/2");
    g_assert_cmpuint(strlen(seam_text_ratio(INT64_MAX, INT64_MAX).s), <, sizeof(struct seam_text));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/names", test_names);
    g_test_add_func("/words/public-names", test_public_names);
    g_test_add_func("/words/log", test_log);
    g_test_add_func("/words/bytes", test_bytes);
    g_test_add_func("/words/ratio", test_ratio);
    return g_test_run();
}
