#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include "base/common.h"
#include "base/log.h"
#include "base/process.h"
#include "base/refused.h"
#include "base/text.h"
#include "seamless/seamless.h"

/* Room for the stacks of the threads of one run. */
#define STACKS (64u << 20)

bool seam_says_refused(const char *text)
{
    /* GLib of threads; the C library; the linker of modules; C++; the pixel libraries. */
    static const char *const ways[] = {
        "creating thread",          "create thread",       "pthread_create failed",
        "failed to map segment",    "cannot create shared object", "llocate memory",
        "failed to allocate",       "bad_alloc",           "ut of memory",
        "ut of dynamic memory",     "nsufficient memory",  "unable to allocate",
        "cannot map",               "unable to mmap",
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(ways); i++)
        if (strstr(text, ways[i]))
            return true;
    return strstr(text, strerror(ENOMEM)) != NULL;
}

enum seam_result seam_refused(struct seam_log *log, const char *what, const char *why)
{
    struct rlimit limit;
    const uint64_t resident = seam_memory_resident();
    const struct seam_text budget = seam_text_budget(resident / 2);
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "%s: the system refuses memory or a thread (%s) with %s in use: use "
                             "fewer --threads, a budget such as --memory %s, or end other programs",
                             what, why, seam_text_bytes(resident).s, budget.s);
    const uint64_t allowed = (uint64_t)limit.rlim_cur;
    return seam_log_fail(
        log, SEAM_ERROR_MEMORY,
        "%s: the system refuses memory (%s), for the address space is limited to %s: "
        "allow %s or more ('ulimit -v %llu'), or use --threads 1 and a smaller "
        "--memory",
        what, why, seam_text_bytes(allowed).s, seam_text_bytes(allowed + STACKS).s,
        (unsigned long long)((allowed + STACKS) / 1024));
}
