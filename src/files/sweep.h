/* Temporary files that a killed run left behind. */
#ifndef SEAM_IO_SWEEP_H
#define SEAM_IO_SWEEP_H

#include <stdbool.h>

enum seam_held {
    SEAM_HELD,
    SEAM_HELD_NOT, /* the file system knows no such locks: nobody else gets one either */
    SEAM_HELD_GONE, /* somebody swept it before */
    SEAM_HELD_FAILED, /* errno tells */
};

/* Let nobody sweep the file that is open in `fd` as long as the descriptor *held is open, -1 unless
 * the answer is SEAM_HELD. */
enum seam_held seam_sweep_hold(int fd, int *held);

/* Remove the temporary files in `dir` that nobody holds; once in the life of the process for each
 * folder. Files of other users stay, those of formats whose writers put a new file in the place of
 * the one that is held, and all in folders that other machines may write to, whose locks
 * need not be ours. Thread-safety: any thread. */
void seam_sweep(const char *dir);

#endif /* SEAM_IO_SWEEP_H */
