/* Threads that may use libvips. */
#ifndef SEAM_IO_THREAD_H
#define SEAM_IO_THREAD_H

#include <glib.h>

/* Of libvips' own kind: in others its operations free buffers they still use. Signals are for the
 * threads of the program. NULL where there is none to be had. */
GThread *seam_thread_start(const char *name, GThreadFunc run, void *opaque);

#endif /* SEAM_IO_THREAD_H */
