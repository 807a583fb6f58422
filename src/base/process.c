/* What this process holds, by /proc where there is one. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/process.h"

uint64_t seam_proc_field(const char *path, const char *key)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    char line[256];
    uint64_t value = 0;
    const size_t length = strlen(key);
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, key, length) == 0 &&
            sscanf(line + length, "%" SCNu64, &value) == 1)
            break;
    fclose(f);
    return value;
}

uint64_t seam_memory_peak(void)
{
    struct rusage usage;
    uint64_t peak = seam_proc_field("/proc/self/status", "VmHWM:") * 1024;
    if (peak)
        return peak;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
#ifdef __APPLE__
    return (uint64_t)usage.ru_maxrss;
#else
    return (uint64_t)usage.ru_maxrss * 1024;
#endif
}

/* Of a shorter file than that of VmRSS, and without taking memory: a network is running. */
uint64_t seam_memory_resident(void)
{
    char text[128];
    uint64_t pages = 0;
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    if (sscanf(text, "%*u %" SCNu64, &pages) != 1)
        pages = 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void seam_memory_mark(struct seam_memory_mark *mark)
{
    *mark = (struct seam_memory_mark){ seam_memory_peak(), seam_memory_resident() };
}

uint64_t seam_memory_since(struct seam_memory_mark *mark)
{
    /* The kernel counts peaks in batches of pages for each thread. */
    const uint64_t slack = 4 << 20, peak = seam_memory_peak(), now = seam_memory_resident();
    mark->most = now > mark->most ? now : mark->most;
    return peak > mark->before + slack ? peak : mark->most;
}

void seam_memory_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
