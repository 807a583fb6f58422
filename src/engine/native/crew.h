/* Threads that do small pieces of work together, many times a second: they spin for a while before
 * they sleep. */
#ifndef SEAM_NATIVE_CREW_H
#define SEAM_NATIVE_CREW_H

/* Thread-safety: one run at a time. */
struct seam_crew;

/* `threads` of which the caller's is one. Where the system grants fewer the crew is smaller. NULL
 * stands for a crew of the caller alone, and is what comes of it where memory lacks. */
struct seam_crew *seam_crew_open(int threads);
void seam_crew_close(struct seam_crew **crew);

/* Threads of the crew; 1 for NULL. */
int seam_crew_size(const struct seam_crew *crew);

/* Call work(opaque, i) on each thread i, and wait for all. */
void seam_crew_run(struct seam_crew *crew, void (*work)(void *opaque, int i), void *opaque);

/* Between two looks at what another thread is to do; `looks` counts them. */
void seam_crew_pause(int looks);

#endif /* SEAM_NATIVE_CREW_H */
