/* A new engine is one table of functions and one line in the table of engines: this one inverts
 * pictures. */
#include "engine/engine.h"
#include "base/log.h"
#include "rows.h"

/* ---- all there is of the engine ---- */

static bool invert_takes(const char *name)
{
    return strcmp(name, "invert") == 0;
}

static enum seam_result invert_open(void **engine, const struct seam_network *network,
                                    const struct seam_model_params *params,
                                    struct seam_facts *facts, struct seam_log *log)
{
    (void)network, (void)params, (void)log;
    *engine = facts; /* nothing to keep */
    strcpy(facts->engine, "invert");
    facts->channels_in = facts->channels_out = 3;
    facts->field_known = true;
    facts->exact = SEAM_EXACT_BITS;
    return SEAM_OK;
}

static enum seam_result invert_try_size(void *session, struct seam_engine_trial *trial,
                                        struct seam_log *log)
{
    (void)session, (void)log;
    trial->out_width = trial->width;
    trial->out_height = trial->height;
    trial->channels_out = 3;
    return SEAM_OK;
}

static enum seam_result invert_run(void *session, struct seam_engine_io *io, struct seam_log *log)
{
    (void)session, (void)log;
    for (int64_t i = 0; i < 3 * io->width * io->height; i++)
        io->output[i] = 1 - io->input[i];
    io->result = io->output;
    return SEAM_OK;
}

static void invert_close(void *engine)
{
    (void)engine;
}

static const struct seam_engine_ops engine_invert = {
    .name = "invert", .takes = invert_takes, .open = invert_open, .close = invert_close,
    .try_size = invert_try_size, .run = invert_run,
};

/* Instead of the library's own table. */
const struct seam_engine_ops *const seam_engines[] = { &engine_invert, NULL };

/* ---- and a picture through it ---- */

static void test_invert(void)
{
    struct seam_model *model = open_model("invert");
    struct request q = request_plain(61, 43);
    q.params.tile_width = q.params.tile_height = 20;
    void *data = random_picture(&q.picture);
    struct rows rows = rows_of(&q.picture, data);
    struct seam_plan plan;
    struct seam_log log;
    unsigned char *result;
    assert_ok(restore_rows(model, &q, &rows, NULL, &plan, &result, &log), &log);
    g_assert_cmpint(plan.exact, ==, SEAM_EXACT_BITS);
    g_assert_cmpint(q.picture.sample, ==, SEAM_SAMPLE_U8);
    for (size_t i = 0; i < picture_samples(&q.picture); i++)
        g_assert_cmpint(result[i], ==, 255 - ((unsigned char *)data)[i]);
    g_free(result);
    g_free(data);
    seam_model_close(&model);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine/invert", test_invert);
    return g_test_run();
}
