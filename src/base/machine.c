/* What this machine may use: Linux's MemAvailable, control groups v1 and v2, resource limits. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/common.h"
#include "base/process.h"
#include "base/sized.h"
#include "seamless/seamless.h"

/* A file that holds one number, or "max"; false where there is none. */
static bool read_number(const char *path, uint64_t *value)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    bool ok = fscanf(f, "%" SCNu64, value) == 1;
    fclose(f);
    return ok;
}

static void limit_memory(const char *dir, bool v2, struct seam_machine *m)
{
    char path[1200];
    uint64_t limit, usage;
    snprintf(path, sizeof(path), "%s/%s", dir, v2 ? "memory.max" : "memory.limit_in_bytes");
    if (!read_number(path, &limit))
        return;
    snprintf(path, sizeof(path), "%s/%s", dir, v2 ? "memory.current" : "memory.usage_in_bytes");
    if (!read_number(path, &usage))
        usage = 0;
    /* Pages of files that nobody uses are given back before anybody is killed. */
    snprintf(path, sizeof(path), "%s/memory.stat", dir);
    const uint64_t cached = seam_proc_field(path, v2 ? "inactive_file " : "total_inactive_file ");
    usage -= cached < usage ? cached : usage;
    const uint64_t left = limit > usage ? limit - usage : 0;
    m->pool = limit < m->pool ? limit : m->pool;
    m->available = left < m->available ? left : m->available;
}

/* A share of time, such as 200000 of every 100000 microseconds, is so many CPUs. */
static void limit_cpus(const char *dir, bool v2, struct seam_machine *m)
{
    char path[1200];
    uint64_t quota = 0, period = 0;
    snprintf(path, sizeof(path), "%s/%s", dir, v2 ? "cpu.max" : "cpu.cfs_quota_us");
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    const int found = fscanf(f, "%" SCNu64 " %" SCNu64, &quota, &period);
    fclose(f);
    snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", dir);
    const bool ok = v2 ? found == 2 : found == 1 && read_number(path, &period);
    if (ok && period > 0 && quota < UINT32_MAX)
        m->cpus = (int)seam_clamp((int64_t)((quota + period - 1) / period), 1, m->cpus);
}

/* Apply a limit of this control group and of those above it. */
static void limit_upwards(const char *root, const char *group, bool v2,
                          void (*limit)(const char *dir, bool v2, struct seam_machine *m),
                          struct seam_machine *m)
{
    char dir[1024];
    snprintf(dir, sizeof(dir), "%s%s", root, group);
    for (;;) {
        limit(dir, v2, m);
        char *slash = strrchr(dir, '/');
        if (!slash || strlen(dir) <= strlen(root))
            break;
        *slash = '\0';
    }
}

/* By memory, and by CPUs where `cpus`. */
static void limit_by_groups(struct seam_machine *m, bool cpus)
{
    FILE *f = fopen("/proc/self/cgroup", "r");
    char line[1024];
    while (f && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        if (strncmp(line, "0:", 2) == 0) {
            limit_upwards("/sys/fs/cgroup", group, true, limit_memory, m);
            if (cpus)
                limit_upwards("/sys/fs/cgroup", group, true, limit_cpus, m);
        } else if (strstr(controllers, "memory")) {
            limit_upwards("/sys/fs/cgroup/memory", group, false, limit_memory, m);
        } else if (cpus && strstr(controllers, "cpu") && !strstr(controllers, "cpuset")) {
            limit_upwards("/sys/fs/cgroup/cpu", group, false, limit_cpus, m);
        }
    }
    if (f)
        fclose(f);
}

#define MOST_STACKS (40u << 20)

/* The address space holds far more than what is resident, so what is left of it is what counts. */
static void limit_by_address_space(struct seam_machine *m)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    const uint64_t used = seam_proc_field("/proc/self/status", "VmSize:") * 1024;
    /* Threads that are yet to start map their stacks whole. */
    const uint64_t taken = used + MOST_STACKS;
    const uint64_t left = limit.rlim_cur > taken ? limit.rlim_cur - taken : 0;
    m->available = left < m->available ? left : m->available;
    m->pool = limit.rlim_cur < m->pool ? limit.rlim_cur : m->pool;
}

static int granted_cpus(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    /* The affinity mask, as the kernel prints it: "Cpus_allowed_list: 0-3,8". */
    FILE *f = fopen("/proc/self/status", "r");
    char line[1024];
    long allowed = 0;
    while (f && fgets(line, sizeof(line), f)) {
        if (strncmp(line, "Cpus_allowed_list:", 18) != 0)
            continue;
        for (char *at = line + 18; *at && *at != '\n';) {
            int used = 0;
            long from, to;
            if (sscanf(at, "%ld-%ld%n", &from, &to, &used) == 2 && used > 0)
                allowed += to - from + 1;
            else if (sscanf(at, "%ld%n", &from, &used) == 1 && used > 0)
                allowed++;
            at += used > 0 ? used : 1;
        }
    }
    if (f)
        fclose(f);
    if (allowed > 0 && allowed < cpus)
        cpus = allowed;
    return (int)seam_clamp(cpus, 1, 1024);
}

static void measure(struct seam_machine *machine, bool cpus)
{
    *machine = (struct seam_machine){ .cpus = cpus ? granted_cpus() : 1 };
    const long page = sysconf(_SC_PAGESIZE), pages = sysconf(_SC_PHYS_PAGES);
    machine->pool = page > 0 && pages > 0 ? (uint64_t)page * (uint64_t)pages : 4000000000u;
    machine->available = seam_proc_field("/proc/meminfo", "MemAvailable:") * 1024;
    if (machine->available == 0)
        machine->available = machine->pool / 2; /* a system that does not tell */
    machine->resident = seam_proc_field("/proc/self/status", "VmRSS:") * 1024;
    if (machine->resident == 0)
        machine->resident = seam_memory_peak();
    limit_by_groups(machine, cpus);
    limit_by_address_space(machine);
}

void seam_machine_measure(struct seam_machine *machine)
{
    measure(machine, true);
}

void seam_machine_memory(struct seam_machine *machine)
{
    measure(machine, false);
}

void seam_machine_measure_sized(size_t machine_size, struct seam_machine *machine)
{
    struct seam_machine own = { 0 };
    seam_machine_measure(&own);
    SEAM_GIVE(machine, machine_size, own);
}
