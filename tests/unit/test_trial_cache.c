/* What trial runs found, kept in files: whole ones serve, all others are as good as none. */
#define _XOPEN_SOURCE 700
#include <glib/gstdio.h>
#include <unistd.h>

#include "model/model.h"
#include "model/trial_cache.h"
#include "unit.h"

static char *folder;

static struct seam_facts some_facts(void)
{
    struct seam_facts f = { .engine = "test 1", .channels_in = 3, .channels_out = 3, .scale_num = 2,
                            .scale_den = 1, .alignment = 4, .trial_count = 3 };
    f.trials[0] = (struct seam_trial){ 1024, 1e-3, 5000, 3.75e-3 };
    f.trials[1] = (struct seam_trial){ 4096, 3.5e-3, 20000, 0 };
    f.trials[2] = (struct seam_trial){ 16384, 14.25e-3, 90000, 0 };
    return f;
}

static struct seam_trial_cache open_cache(const struct seam_facts *f, int threads)
{
    struct seam_trial_cache c;
    seam_trial_cache_init(&c, folder, &(struct seam_trial_key){ "smooth", threads }, f);
    return c;
}

/* Whether a cache of these gives anything; what it must not do is change facts that it refuses. */
static bool reads(const struct seam_trial_cache *c)
{
    struct seam_facts f = { .trial_count = 1, .trials = { { 7, 7, 7, 7 } } };
    const bool ok = seam_trial_cache_read(c, &f);
    if (!ok)
        g_assert_true(f.trial_count == 1 && f.trials[0].pixels == 7 && f.trials[0].bytes == 7);
    return ok;
}

static void test_round(void)
{
    const struct seam_facts f = some_facts();
    const struct seam_trial_cache c = open_cache(&f, 2);
    g_assert_false(reads(&c)); /* there is none yet */
    g_assert_true(seam_trial_cache_write(&c, &f));
    struct seam_facts got = { .trial_count = 0 };
    g_assert_true(seam_trial_cache_read(&c, &got));
    g_assert_cmpint(got.trial_count, ==, 3);
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(got.trials[i].pixels, ==, f.trials[i].pixels);
        g_assert_cmpuint(got.trials[i].bytes, ==, f.trials[i].bytes);
        g_assert_cmpfloat(fabs(got.trials[i].seconds - f.trials[i].seconds), <, 1e-9);
        g_assert_cmpfloat(fabs(got.trials[i].batch_seconds - f.trials[i].batch_seconds), <, 1e-9);
    }
    /* Nothing is left of the way it was written. */
    GDir *dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(g_dir_read_name(dir));
    g_assert_null(g_dir_read_name(dir));
    g_dir_close(dir);
}

/* What was tried of batches holds for the next process: that they may be, or that they may not. */
static void test_batches(void)
{
    struct seam_facts f = some_facts();
    const struct seam_trial_cache c = open_cache(&f, 2);
    for (int may = 0; may < 2; may++) {
        f.trials[0].batch_seconds = may ? 3e-3 : -1;
        g_assert_true(seam_trial_cache_write(&c, &f));
        struct seam_facts got = { .batches = true };
        g_assert_true(seam_trial_cache_read(&c, &got));
        g_assert_cmpint(got.batches, ==, may);
    }
}

/* Another network, engine, shape or number of threads is another file. */
static void test_key(void)
{
    struct seam_facts f = some_facts();
    const struct seam_trial_cache c = open_cache(&f, 2);
    g_assert_true(seam_trial_cache_write(&c, &f));
    g_assert_true(reads(&c));
    struct seam_trial_cache other = open_cache(&f, 3);
    g_assert_false(reads(&other));
    seam_trial_cache_init(&other, folder, &(struct seam_trial_key){ "denoise", 2 }, &f);
    g_assert_false(reads(&other));
    strcpy(f.engine, "test 2");
    other = open_cache(&f, 2);
    g_assert_false(reads(&other));
    f = some_facts();
    f.alignment = 8;
    other = open_cache(&f, 2);
    g_assert_false(reads(&other));
    /* A file under the right name that was made for something else. */
    g_assert_cmpint(g_rename(c.file, other.file), ==, 0);
    g_assert_false(reads(&other));
}

/* Every byte changed, every length: none is taken, none does harm. */
static void test_damage(void)
{
    const struct seam_facts f = some_facts();
    const struct seam_trial_cache c = open_cache(&f, 2);
    char *text;
    gsize size;
    g_assert_true(seam_trial_cache_write(&c, &f));
    g_assert_true(g_file_get_contents(c.file, &text, &size, NULL));
    for (gsize i = 0; i < size; i++) {
        const char old = text[i];
        text[i] = (char)(old ^ (1 << pick(0, 7)));
        g_assert_true(g_file_set_contents(c.file, text, (gssize)size, NULL));
        if (reads(&c))
            g_error("byte %zu was changed from %d to %d unseen", (size_t)i, old, text[i]);
        text[i] = old;
        g_assert_true(g_file_set_contents(c.file, text, (gssize)i, NULL));
        g_assert_false(reads(&c));
    }
    char *twice = g_strconcat(text, text, NULL);
    g_assert_true(g_file_set_contents(c.file, twice, -1, NULL));
    g_assert_false(reads(&c));
    char *large = g_strnfill(100000, 'x');
    g_assert_true(g_file_set_contents(c.file, large, -1, NULL));
    g_assert_false(reads(&c));
    g_assert_true(g_file_set_contents(c.file, text, (gssize)size, NULL));
    g_assert_true(reads(&c));
    g_free(large);
    g_free(twice);
    g_free(text);
}

/* A file that is whole and says what cannot be. */
static void test_absurd(void)
{
    static const struct seam_trial rows[][2] = {
        { { 4096, 1, 1, 0 }, { 1024, 1, 1, 0 } }, { { 1024, 1, 1, 0 }, { 1024, 1, 1, 0 } },
        { { 1024, 0, 1, 0 }, { 4096, 1, 1, 0 } }, { { 1024, -1, 1, 0 }, { 4096, 1, 1, 0 } },
        { { 0, 1, 1, 0 }, { 4096, 1, 1, 0 } },    { { 1024, 1, 1, 0 }, { 1ll << 40, 1, 1, 0 } },
        { { 1024, 1, 1, 0 }, { 4096, 1, UINT64_MAX, 0 } },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(rows); i++) {
        struct seam_facts f = some_facts();
        const struct seam_trial_cache c = open_cache(&f, 2);
        f.trials[0] = rows[i][0];
        f.trials[1] = rows[i][1];
        f.trial_count = 2;
        g_assert_true(seam_trial_cache_write(&c, &f));
        g_assert_false(reads(&c));
    }
}

/* Where nothing can be kept nothing is, and that is all. */
static void test_nowhere(void)
{
    const struct seam_facts f = some_facts();
    struct seam_trial_cache c;
    seam_trial_cache_init(&c, "", &(struct seam_trial_key){ "smooth", 2 }, &f);
    g_assert_false(seam_trial_cache_write(&c, &f));
    g_assert_false(reads(&c));
    seam_trial_cache_init(&c, "/dev/null/x", &(struct seam_trial_key){ "smooth", 2 }, &f);
    g_assert_false(seam_trial_cache_write(&c, &f));
    g_assert_false(reads(&c));
    seam_trial_cache_init(&c, folder, &(struct seam_trial_key){ "", 2 }, &f);
    g_assert_false(seam_trial_cache_write(&c, &f));
}

/* The user's folder, by the variable that names it; a relative one is none. */
static void test_user(void)
{
    const struct seam_facts f = some_facts();
    const struct seam_trial_key key = { "smooth", 2 };
    struct seam_trial_cache c;
    char *deep = g_build_filename(folder, "a", "b", NULL);
    g_setenv("XDG_CACHE_HOME", deep, TRUE);
    seam_trial_cache_init(&c, NULL, &key, &f);
    g_assert_true(seam_trial_cache_write(&c, &f));
    g_assert_true(g_str_has_prefix(c.file, deep));
    g_setenv("XDG_CACHE_HOME", "relative", TRUE);
    g_setenv("HOME", folder, TRUE);
    seam_trial_cache_init(&c, NULL, &key, &f);
    char *home = g_build_filename(folder, ".cache", "seamless", "trials", NULL);
    g_assert_cmpstr(c.folder, ==, home);
    g_unsetenv("XDG_CACHE_HOME");
    g_unsetenv("HOME");
    seam_trial_cache_init(&c, NULL, &key, &f);
    g_assert_cmpstr(c.folder, ==, "");
    g_free(home);
    g_free(deep);
}

struct entry {
    const char *path;
    void (*run)(void);
};

/* Each test in an empty folder of its own. */
static void in_folder(gconstpointer entry)
{
    folder = g_dir_make_tmp("seam-trials-XXXXXX", NULL);
    g_assert_nonnull(folder);
    ((const struct entry *)entry)->run();
    char *argv[] = { (char *)"rm", (char *)"-r", folder, NULL };
    g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                               NULL));
    g_free(folder);
}

/* What decides a network is in its identity, by which all that is kept of it is found again. */
static void test_identity(void)
{
    char as_told[128], twice[128];
    struct seam_model_params p;
    struct seam_model *m;
    struct seam_log log;
    for (int i = 0; i < 2; i++) {
        seam_log_init(&log);
        seam_model_params_init(&p);
        p.scale = i ? 2 : 0;
        assert_ok(seam_model_open(&m, "null2x", &p, &log), &log);
        seam_model_identity(m, i ? twice : as_told, sizeof(twice));
        seam_model_close(&m);
    }
    g_assert_cmpstr(as_told, !=, twice);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct entry tests[] = {
        { "/trial-cache/round", test_round },     { "/trial-cache/batches", test_batches },
        { "/trial-cache/key", test_key },         { "/trial-cache/identity", test_identity },
        { "/trial-cache/damage", test_damage },   { "/trial-cache/absurd", test_absurd },
        { "/trial-cache/nowhere", test_nowhere }, { "/trial-cache/user", test_user },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(tests); i++)
        g_test_add_data_func(tests[i].path, &tests[i], in_folder);
    return g_test_run();
}
