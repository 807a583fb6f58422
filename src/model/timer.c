#include <sys/resource.h>
#include <time.h>

#include "model/timer.h"

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static long evictions(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_nivcsw : 0;
}

void seam_timer_start(struct seam_timer *timer)
{
    timer->evicted = evictions();
    timer->used = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    timer->wall = seconds_of(CLOCK_MONOTONIC);
}

double seam_timer_stop(const struct seam_timer *timer, int threads)
{
    const double wall = seconds_of(CLOCK_MONOTONIC) - timer->wall;
    const double used = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - timer->used;
    if (threads == 0 || evictions() == timer->evicted)
        return wall;
    const double shared = used / threads;
    return shared < wall ? shared : wall;
}
