/* How long the engine took, on a machine that may have other things to do. */
#ifndef SEAM_MODEL_TIMER_H
#define SEAM_MODEL_TIMER_H

/* Of whole runs, one at a time. */
struct seam_timer {
    double wall, used; /* at the start, in seconds: of the clock, and of all CPUs by this process */
    long evicted;      /* how often its threads had had to leave a CPU to others */
};

void seam_timer_start(struct seam_timer *timer);

/* Seconds since then. Where others were at work meanwhile, what counts is the time that `threads`
 * threads had the CPUs: one that waits for its turn holds up all. 0 threads: a device computes, and
 * the clock counts. */
double seam_timer_stop(const struct seam_timer *timer, int threads);

#endif /* SEAM_MODEL_TIMER_H */
