/* Memory for engines: blocks do not overlap, are handed out again, and are counted. */
#include <pthread.h>

#include "engine/pool.h"
#include "unit.h"

enum { MOST = 64 };

struct held {
    unsigned char *data;
    size_t size;
    unsigned char mark;
};

static void held_check(const struct held *h)
{
    for (size_t i = 0; i < h->size; i++)
        if (h->data[i] != h->mark)
            g_error("byte %zu of %zu was overwritten", i, h->size);
}

/* Take and free by chance, with every byte written and looked at. */
static void churn(struct seam_pool *pool, unsigned seed, int rounds)
{
    GRand *random = g_rand_new_with_seed(seed);
    struct held held[MOST] = { { NULL, 0, 0 } };
    for (int i = 0; i < rounds; i++) {
        struct held *h = &held[g_rand_int_range(random, 0, MOST)];
        if (h->data) {
            held_check(h);
            seam_pool_free(h->data);
            h->data = NULL;
            continue;
        }
        h->size = (size_t)g_rand_int_range(random, 0, i % 8 ? 300 : 20000);
        h->mark = (unsigned char)g_rand_int_range(random, 0, 256);
        h->data = seam_pool_alloc(pool, h->size);
        g_assert_nonnull(h->data);
        g_assert_cmpuint((uintptr_t)h->data % 64, ==, 0);
        memset(h->data, h->mark, h->size);
        if (i % 97 == 0)
            seam_pool_trim(pool);
    }
    for (int i = 0; i < MOST; i++)
        if (held[i].data) {
            held_check(&held[i]);
            seam_pool_free(held[i].data);
        }
    g_rand_free(random);
}

static void test_churn(void)
{
    struct seam_pool *pool = seam_pool_open();
    churn(pool, (unsigned)g_test_rand_int(), 20000);
    seam_pool_free(NULL);
    seam_pool_close(&pool);
    g_assert_null(pool);
    seam_pool_close(&pool);
}

struct worker {
    struct seam_pool *pool;
    unsigned seed;
};

static void *work(void *opaque)
{
    const struct worker *w = opaque;
    churn(w->pool, w->seed, 2000);
    return NULL;
}

static void test_threads(void)
{
    struct seam_pool *pool = seam_pool_open();
    pthread_t threads[8];
    struct worker workers[8];
    for (int i = 0; i < 8; i++) {
        workers[i] = (struct worker){ pool, (unsigned)g_test_rand_int() };
        g_assert_cmpint(pthread_create(&threads[i], NULL, work, &workers[i]), ==, 0);
    }
    for (int i = 0; i < 20; i++) {
        seam_pool_trim(pool);
        (void)seam_pool_peak(pool);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    seam_pool_close(&pool);
}

/* The same sizes again come out of what was freed. */
static void test_reuse(void)
{
    struct seam_pool *pool = seam_pool_open();
    void *first = seam_pool_alloc(pool, 100000);
    seam_pool_free(first);
    g_assert_true(seam_pool_alloc(pool, 99000) == first);
    seam_pool_free(first);
    /* A block more than twice too large is not spent on it. */
    void *small = seam_pool_alloc(pool, 10000);
    g_assert_true(small != first);
    seam_pool_free(small);
    g_assert_true(seam_pool_alloc(pool, 100000) == first);
    seam_pool_free(first);
    seam_pool_close(&pool);
}

static void test_peak(void)
{
    const uint64_t grain = 4096;
    struct seam_pool *pool = seam_pool_open();
    void *standing = seam_pool_alloc(pool, 1000000);
    seam_pool_mark(pool);
    g_assert_cmpuint(seam_pool_peak(pool), ==, 0); /* what is in use is not the run's */
    void *a = seam_pool_alloc(pool, 300000), *b = seam_pool_alloc(pool, 200000);
    seam_pool_free(a);
    seam_pool_free(b);
    void *c = seam_pool_alloc(pool, 300000);
    const uint64_t peak = seam_pool_peak(pool);
    g_assert_cmpuint(peak, >=, 500000);
    g_assert_cmpuint(peak, <=, 500000 + 2 * grain);
    seam_pool_free(c);
    /* Trimming gives memory back, and a mark begins anew. */
    seam_pool_mark(pool);
    g_assert_cmpuint(seam_pool_peak(pool), ==, 0);
    c = seam_pool_alloc(pool, 50000);
    g_assert_cmpuint(seam_pool_peak(pool), <=, 50000 + grain);
    seam_pool_free(c);
    seam_pool_free(standing);
    seam_pool_close(&pool);
}

/* What would pass the limit is refused, said by how much, and granted to one who cannot be
 * refused. */
static void test_limit(void)
{
    struct seam_pool *pool = seam_pool_open();
    struct seam_machine m;
    seam_machine_measure(&m);
    const uint64_t others = 4 * m.resident; /* far more than there is: it counts as said */
    seam_pool_limit(pool, others + 1000000, others);
    void *a = seam_pool_alloc(pool, 600000);
    g_assert_nonnull(a);
    g_assert_cmpuint(seam_pool_lacked(pool), ==, 0);
    g_assert_null(seam_pool_alloc(pool, 600000));
    g_assert_null(seam_pool_alloc(pool, 900000));
    const uint64_t lacked = seam_pool_lacked(pool); /* by the first */
    g_assert_cmpuint(lacked, >=, 200000);
    g_assert_cmpuint(lacked, <=, 200000 + 2 * 4096);
    g_assert_cmpuint(seam_pool_lacked(pool), ==, 0);
    void *b = seam_pool_overdraw(pool, 600000);
    g_assert_nonnull(b);
    seam_pool_free(b);
    /* Blocks that lie unused make room for one that none of them holds. */
    void *c = seam_pool_alloc(pool, 300000);
    g_assert_nonnull(c);
    seam_pool_free(c);
    seam_pool_free(a);
    a = seam_pool_alloc(pool, 950000);
    g_assert_nonnull(a);
    seam_pool_limit(pool, 0, 0);
    b = seam_pool_alloc(pool, 50000000);
    g_assert_nonnull(b);
    seam_pool_free(a);
    seam_pool_free(b);
    seam_pool_close(&pool);
}

/* What the process holds beside what was said counts, too. */
static void test_limit_follows(void)
{
#ifdef __linux__
    const size_t size = 32 << 20;
    struct seam_pool *pool = seam_pool_open();
    struct seam_machine m;
    seam_machine_measure(&m);
    seam_pool_limit(pool, m.resident + size, 0);
    void *first = seam_pool_alloc(pool, size / 4);
    g_assert_nonnull(first);
    memset(first, 1, size / 4);
    unsigned char *stranger = g_malloc(size);
    memset(stranger, toss(), size);
    g_assert_null(seam_pool_alloc(pool, size / 4));
    seam_pool_settle(pool);
    g_assert_null(seam_pool_alloc(pool, 1000));
    g_assert_cmpuint(stranger[size / 2], <=, 1);
    g_free(stranger);
    seam_pool_free(first);
    seam_pool_close(&pool);
#else
    g_test_skip("the system does not tell");
#endif
}

static void test_too_large(void)
{
    struct seam_pool *pool = seam_pool_open();
    g_assert_null(seam_pool_alloc(pool, SIZE_MAX));
    g_assert_null(seam_pool_alloc(pool, SIZE_MAX - 4100));
    g_assert_cmpuint(seam_pool_peak(pool), ==, 0);
    seam_pool_close(&pool);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pool/churn", test_churn);
    g_test_add_func("/pool/threads", test_threads);
    g_test_add_func("/pool/reuse", test_reuse);
    g_test_add_func("/pool/peak", test_peak);
    g_test_add_func("/pool/limit", test_limit);
    g_test_add_func("/pool/limit-follows", test_limit_follows);
    g_test_add_func("/pool/too-large", test_too_large);
    return g_test_run();
}
