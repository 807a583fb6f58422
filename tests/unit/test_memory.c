/* What this machine may use: numbers that any machine must agree with. */
#include <sys/resource.h>
#include <unistd.h>

#include "base/groups.h"
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

/* Files of a tree of groups, in the folder `root`. */
static void put(const char *root, const char *path, const char *text)
{
    char *file = g_build_filename(root, path, NULL), *folder = g_path_get_dirname(file);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
    g_free(folder);
    g_free(file);
}

static const struct {
    const char *list;
    const char *file[4][2];
    uint64_t pool, available;
    int cpus;
} groups[] = {
    /* v2: the tightest of the groups above, "max" for none, pages that can be given back. */
    { "0::/a/b\n", { { "a/b/memory.max", "max\n" } }, 8000, 6000, 8 },
    { "0::/a/b\n", { { "a/b/memory.max", "5000\n" }, { "a/b/memory.current", "1000\n" } },
      5000, 4000, 8 },
    { "0::/a/b\n", { { "a/b/memory.max", "max\n" }, { "a/memory.max", "3000\n" },
      { "a/memory.current", "2500" }, { "a/memory.stat", "anon 7\ninactive_file 500\n" } },
      3000, 1000, 8 },
    { "0::/a\n", { { "a/memory.max", "5000\n" }, { "a/memory.high", "2000\n" },
      { "a/memory.current", "2100\n" } }, 2000, 0, 8 },
    { "0::/a\n", { { "a/memory.max", "max\n" }, { "a/memory.high", "max\n" } },
      8000, 6000, 8 },
    { "0::/a\n", { { "a/memory.max", "max\n" }, { "a/memory.high", "2000\n" } },
      2000, 2000, 8 },
    { "0::/\n", { { "memory.max", "4000\n" } }, 4000, 4000, 8 },
    { "0::/a/b\n", { { "a/cpu.max", "150000 100000\n" }, { "a/b/cpu.max", "max 100000\n" } },
      8000, 6000, 2 },
    { "0::/a\n", { { "a/cpu.max", "1000 100000\n" } }, 8000, 6000, 1 },
    { "0::/a\n", { { "a/cpu.max", "100000 0\n" } }, 8000, 6000, 8 },
    /* Of a container whose groups lie beyond its root; a number too large; words; nothing. */
    { "0::/../x\n", { { "memory.max", "5000\n" } }, 5000, 5000, 8 },
    { "0::/a\n", { { "a/memory.max", "99999999999999999999999\n" } }, 8000, 6000, 8 },
    { "0::/a\n", { { "a/memory.max", "few\n" }, { "a/cpu.max", "\n" } }, 8000, 6000, 8 },
    { "0:\n\n:::\n0::/a", { { "a/memory.max", "" } }, 8000, 6000, 8 },
    /* v1: each controller has a tree of its own. */
    { "4:memory:/a\n3:cpu,cpuacct:/c\n",
      { { "memory/a/memory.limit_in_bytes", "5000\n" },
        { "memory/a/memory.usage_in_bytes", "3000\n" },
        { "memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 2000\n" } },
      5000, 4000, 8 },
    { "4:memory:/a/b\n", { { "memory/a/memory.limit_in_bytes", "2000\n" },
      { "memory/a/b/memory.limit_in_bytes", "9223372036854771712\n" } }, 2000, 2000, 8 },
    { "3:cpuacct,cpu:/c\n2:cpuset:/s\n", { { "cpu/c/cpu.cfs_quota_us", "300000\n" },
      { "cpu/c/cpu.cfs_period_us", "100000\n" } }, 8000, 6000, 3 },
    { "3:cpuset,cpu,cpuacct:/c\n", { { "cpu/c/cpu.cfs_quota_us", "300000\n" },
      { "cpu/c/cpu.cfs_period_us", "100000\n" } }, 8000, 6000, 3 },
    { "3:cpu:/c\n", { { "cpu/c/cpu.cfs_quota_us", "-1\n" },
      { "cpu/c/cpu.cfs_period_us", "100000\n" } }, 8000, 6000, 8 },
    /* Named like a controller, but none; and both kinds beside one another. */
    { "1:name=memory:/a\n", { { "memory/a/memory.limit_in_bytes", "1\n" } }, 8000, 6000, 8 },
    { "4:memory:/a\n0::/a\n", { { "memory/a/memory.limit_in_bytes", "5000\n" },
      { "a/cpu.max", "400000 100000\n" } }, 5000, 5000, 4 },
};

static void test_groups(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        struct seam_machine m = { .pool = 8000, .available = 6000, .cpus = 8 };
        char *root = g_dir_make_tmp("seamless-groups-XXXXXX", NULL);
        char *list = g_build_filename(root, "list", NULL);
        put(root, "list", groups[i].list);
        for (size_t k = 0; k < 4 && groups[i].file[k][0]; k++)
            put(root, groups[i].file[k][0], groups[i].file[k][1]);
        seam_groups_limit(list, root, true, &m);
        if (m.pool != groups[i].pool || m.available != groups[i].available ||
            m.cpus != groups[i].cpus)
            g_error("case %zu: %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT ", %d", i, m.pool,
                    m.available, m.cpus);
        char *remove[] = { (char[]){ "rm" }, (char[]){ "-rf" }, root, NULL };
        g_assert_true(g_spawn_sync(NULL, remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                                   NULL, NULL));
        g_free(list);
        g_free(root);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/sane", test_sane);
    g_test_add_func("/memory/follows", test_follows);
    g_test_add_func("/memory/address-space", test_address_space);
    g_test_add_func("/memory/groups", test_groups);
    return g_test_run();
}
