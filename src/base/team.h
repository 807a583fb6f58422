/* A few threads that share the rows of a tile: what stands beside the engine must not wait for one
 * CPU while the others idle. */
#ifndef SEAM_TEAM_H
#define SEAM_TEAM_H

#include <stdint.h>

/* Thread-safety: one run at a time. */
struct seam_team;

/* `threads` of which the caller's is one. Where the system grants fewer the team is smaller. NULL
 * stands for a team of the caller alone, and is what comes of it where memory lacks. */
struct seam_team *seam_team_open(int threads);
void seam_team_close(struct seam_team **team);

/* Call work(opaque, begin, end) on slices that partition 0 .. count - 1, and wait for all. */
void seam_team_run(struct seam_team *team, void (*work)(void *opaque, int64_t begin, int64_t end),
                   void *opaque, int64_t count);

#endif /* SEAM_TEAM_H */
