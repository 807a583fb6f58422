#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "base/groups.h"
#include "base/process.h"

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
    uint64_t limit = 0, high, usage;
    snprintf(path, sizeof(path), "%s/%s", dir, v2 ? "memory.max" : "memory.limit_in_bytes");
    bool limited = read_number(path, &limit);
    /* Beyond this a group is slowed down until it stands still, killed or not. */
    snprintf(path, sizeof(path), "%s/memory.high", dir);
    if (v2 && read_number(path, &high)) {
        limit = limited && limit < high ? limit : high;
        limited = true;
    }
    /* What the machine has not got is no limit, and to ask what a group holds is dear. */
    if (!limited || limit >= m->pool)
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

/* Whether a list such as ":cpu,cpuacct" has this controller: where several are mounted together, or
 * one of a similar name alone. */
static bool has(const char *list, const char *name)
{
    const size_t size = strlen(name);
    for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
        if ((at[-1] == ':' || at[-1] == ',') && (at[size] == ',' || at[size] == '\0'))
            return true;
    return false;
}

/* Both kinds of groups may be there at once, each with some of the controllers. */
void seam_groups_limit(const char *list, const char *root, bool cpus, struct seam_machine *m)
{
    FILE *f = fopen(list, "r");
    char line[1024], memory[600], cpu[600];
    snprintf(memory, sizeof(memory), "%s/memory", root);
    snprintf(cpu, sizeof(cpu), "%s/cpu", root);
    while (f && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        if (strncmp(line, "0:", 2) == 0) {
            limit_upwards(root, group, true, limit_memory, m);
            if (cpus)
                limit_upwards(root, group, true, limit_cpus, m);
        } else if (has(controllers, "memory")) {
            limit_upwards(memory, group, false, limit_memory, m);
        } else if (cpus && has(controllers, "cpu")) {
            limit_upwards(cpu, group, false, limit_cpus, m);
        }
    }
    if (f)
        fclose(f);
}
