/* Runs that a thread does one after the other, each after a delay, as a device would. */
#ifndef SEAM_NULL_QUEUE_H
#define SEAM_NULL_QUEUE_H

#include "engine/engine.h"

/* Thread-safety: one call at a time. `run` is called from the queue's thread. */
struct seam_null_queue;

/* `delay` is in milliseconds. NULL where memory or threads lack. */
struct seam_null_queue *seam_null_queue_open(enum seam_result (*run)(void *session,
                                                                     struct seam_engine_io *io,
                                                                     struct seam_log *log),
                                             void *session, long delay);

/* What is in flight is not begun any more. */
void seam_null_queue_close(struct seam_null_queue **queue);

/* As in seam_engine_ops. */
void seam_null_queue_submit(struct seam_null_queue *queue, struct seam_engine_io *io);
enum seam_result seam_null_queue_wait(struct seam_null_queue *queue, struct seam_engine_io *io,
                                      struct seam_log *log);

void seam_null_sleep(long milliseconds);

#endif /* SEAM_NULL_QUEUE_H */
