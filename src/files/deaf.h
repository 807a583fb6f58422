/* Stretches in which libvips works and asks nobody whether to go on, as long as it likes: it opens
 * a file, or decodes all of a picture before its first row. Who asks to stop need not wait for
 * their end. Thread-safety: all, from any thread. */
#ifndef SEAM_FILES_DEAF_H
#define SEAM_FILES_DEAF_H

#include <stdbool.h>

void seam_deaf_begin(void);
void seam_deaf_end(void);

/* Whether any thread is in one just now. Safe in a signal handler. */
bool seam_is_deaf(void);

#endif /* SEAM_FILES_DEAF_H */
