/* Threads that work together on one thing after the other. */
#ifndef SEAM_CREW_H
#define SEAM_CREW_H

#include <stdbool.h>
#include <stdint.h>

/* Thread-safety: one run at a time. */
struct seam_crew;

/* `threads` of which the caller's is one. Where the system grants fewer the crew is smaller.
 * `spins`:
 * many small runs a second are to come, so threads look for the next one for some hundreds of
 * microseconds before they sleep. NULL stands for a crew of the caller alone, and is what comes of
 * it where memory lacks. */
struct seam_crew *seam_crew_open(int threads, bool spins);
void seam_crew_close(struct seam_crew **crew);

/* Threads of the crew; 1 for NULL. */
int seam_crew_size(const struct seam_crew *crew);

/* Call work(opaque, i) on each thread i, and wait for all. */
void seam_crew_run(struct seam_crew *crew, void (*work)(void *opaque, int i), void *opaque);

/* Call work(opaque, begin, end) on slices that partition 0 .. count - 1, and wait for all. Few rows
 * are not worth waking anybody: they are the caller's. */
void seam_crew_share(struct seam_crew *crew,
                     void (*work)(void *opaque, int64_t begin, int64_t end), void *opaque,
                     int64_t count);

/* Between two looks at what another thread is to do; `looks` counts them. */
void seam_crew_pause(int looks);

#endif /* SEAM_CREW_H */
