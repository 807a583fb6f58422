/* What this machine may use: Linux's MemAvailable, control groups, resource limits. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/common.h"
#include "base/groups.h"
#include "base/process.h"
#include "base/sized.h"
#include "seamless/seamless.h"

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
    seam_groups_limit("/proc/self/cgroup", "/sys/fs/cgroup", cpus, machine);
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
