/* The library before programs whose structs are longer than its own, and shorter. */
#include "unit.h"

/* Nobody's struct has this size. */
#define MORE 24

static const struct seam_picture grey = { .width = 50, .height = 40, .bands = 3 };

/* A program of a later day: what the library does not know it fills with zeros, and ignores. */
static void test_longer(void)
{
    struct {
        struct seam_params params;
        unsigned char more[MORE];
    } p;
    struct {
        struct seam_facts facts;
        unsigned char more[MORE];
    } f;
    struct {
        struct seam_plan plan;
        unsigned char more[MORE];
    } a, b;
    struct seam_machine machine = { .pool = 1000000000, .available = 1000000000, .cpus = 1 };
    struct seam_log log;
    static const unsigned char zeros[MORE];
    memset(&p, 0xff, sizeof(p));
    memset(&f, 0xff, sizeof(f));
    memset(&a, 0xff, sizeof(a));
    seam_log_init(&log);
    seam_params_init_sized(sizeof(p), &p.params);
    struct seam_model *model = NULL;
    assert_ok(seam_model_open(&model, "null2x", NULL, &log), &log);
    seam_model_describe_sized(sizeof(f), model, &f.facts);
    memset(p.more, 0xaa, MORE);
    assert_ok(seam_plan_make_sized(sizeof(a), sizeof(f), sizeof(p), sizeof(machine), &a.plan,
                                   &grey, &f.facts, &p.params, &machine, &log), &log);
    assert_ok(seam_plan_make(&b.plan, &grey, &f.facts, &p.params, &machine, &log), &log);
    g_assert_true(memcmp(&a.plan, &b.plan, sizeof(a.plan)) == 0);
    g_assert_true(memcmp(a.more, zeros, MORE) == 0 && memcmp(f.more, zeros, MORE) == 0);
    memset(a.more, 0xaa, MORE);
    assert_ok(seam_plan_check_sized(sizeof(a), sizeof(f), &a.plan, &f.facts, &log), &log);
    seam_model_close(&model);
}

/* A program of an earlier day, which has no member from `last` on: the library takes its default,
 * and writes nothing there. */
static void test_shorter(void)
{
    struct seam_params p, defaults;
    struct seam_plan plan, whole;
    struct seam_machine machine = { .pool = 1000000000, .available = 1000000000, .cpus = 1 };
    struct request q = request_plain(50, 40);
    struct seam_log log;
    const size_t params_size = offsetof(struct seam_params, strength);
    const size_t plan_size = offsetof(struct seam_plan, device_bytes);
    memset(&p, 0x77, sizeof(p));
    memset(&plan, 0x77, sizeof(plan));
    seam_params_init(&defaults);
    seam_params_init_sized(params_size, &p);
    g_assert_true(memcmp(&p, &defaults, params_size) == 0);
    for (size_t i = params_size; i < sizeof(p); i++)
        g_assert_cmpint(((unsigned char *)&p)[i], ==, 0x77);
    seam_log_init(&log);
    /* A strength of 0x7777... would be refused. */
    assert_ok(seam_plan_make_sized(plan_size, sizeof(q.facts), params_size, sizeof(machine), &plan,
                                   &grey, &q.facts, &p, &machine, &log), &log);
    assert_ok(seam_plan_make(&whole, &grey, &q.facts, &defaults, &machine, &log), &log);
    g_assert_true(memcmp(&plan, &whole, plan_size) == 0);
    for (size_t i = plan_size; i < sizeof(plan); i++)
        g_assert_cmpint(((unsigned char *)&plan)[i], ==, 0x77);
    char short_text[1000], text[1000];
    seam_plan_identity_sized(plan_size, &plan, short_text, sizeof(short_text));
    seam_plan_identity(&whole, text, sizeof(text));
    g_assert_cmpstr(short_text, ==, text);
}

/* The message of a log that is shorter than ours stops where it ends. */
static void test_log(void)
{
    struct {
        struct seam_log log;
        unsigned char more[MORE];
    } l;
    memset(&l, 0x77, sizeof(l));
    seam_log_init_sized(offsetof(struct seam_log, size), &l.log);
    g_assert_cmpint(l.log.level, ==, SEAM_LOG_NOTICE);
    g_assert_cmpint(((unsigned char *)&l.log.size)[0], ==, 0x77);
    seam_log_init(&l.log);
    g_assert_cmpuint(l.log.size, ==, sizeof(l.log));
    g_assert_cmpint(l.more[0], ==, 0x77);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/abi/longer", test_longer);
    g_test_add_func("/abi/shorter", test_shorter);
    g_test_add_func("/abi/log", test_log);
    return g_test_run();
}
