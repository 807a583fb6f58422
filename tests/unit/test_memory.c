/* What this machine may use: numbers that any machine must agree with. */
#include <sys/resource.h>
#include <unistd.h>

#include "base/process.h"
#include "unit.h"

static void test_sane(void)
{
    struct seam_machine m;
    memset(&m, 0xa5, sizeof(m));
    seam_machine_measure(&m);
    g_assert_cmpint(m.cpus, >=, 1);
    g_assert_cmpint(m.cpus, <=, (int)sysconf(_SC_NPROCESSORS_ONLN));
    g_assert_cmpuint(m.pool, >=, 10000000);
    g_assert_cmpuint(m.pool, <=,
                     (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    g_assert_cmpuint(m.available, <=, m.pool);
    g_assert_cmpuint(m.resident, >=, 500000);
    g_assert_cmpuint(seam_memory_peak(), >=, m.resident / 2);
}

/* What is taken shows in what is resident, and stays in the peak. */
static void test_follows(void)
{
    const size_t size = 64 << 20;
    struct seam_machine before, during, after;
    seam_machine_measure(&before);
    unsigned char *data = g_malloc(size);
    for (size_t i = 0; i < size; i += 512)
        data[i] = (unsigned char)(i >> 9);
    seam_machine_measure(&during);
    const uint64_t peak = seam_memory_peak();
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i += 512)
        sum += data[i];
    g_assert_cmpuint(sum, >, 0);
    g_free(data);
    seam_machine_measure(&after);
    g_assert_cmpuint(during.resident, >=, before.resident + size * 9 / 10);
    g_assert_cmpuint(peak, >=, during.resident * 9 / 10);
    g_assert_cmpuint(seam_memory_peak(), >=, peak * 9 / 10); /* Linux counts in batches */
    g_assert_cmpuint(before.pool, ==, after.pool);
}

/* A limit of the address space is one of memory. Instrumented programs map far more than that. */
static void test_address_space(void)
{
    struct rlimit was, limit;
    struct seam_machine m;
    if (getrlimit(RLIMIT_AS, &was) != 0) {
        g_test_skip("no limit of the address space here");
        return;
    }
    limit = was;
    limit.rlim_cur = (rlim_t)1 << 44;
    if (was.rlim_max != RLIM_INFINITY && was.rlim_max < limit.rlim_cur) {
        g_test_skip("the address space is limited already");
        return;
    }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    g_test_skip("instrumented");
#else
    limit.rlim_cur = (rlim_t)1 << 30;
    g_assert_cmpint(setrlimit(RLIMIT_AS, &limit), ==, 0);
    seam_machine_measure(&m);
    g_assert_cmpint(setrlimit(RLIMIT_AS, &was), ==, 0);
    g_assert_cmpuint(m.pool, <=, 1 << 30);
    g_assert_cmpuint(m.available, <, 1 << 30);
#endif
    (void)m;
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/sane", test_sane);
    g_test_add_func("/memory/follows", test_follows);
    g_test_add_func("/memory/address-space", test_address_space);
    return g_test_run();
}
