/* The engine gpu from inside; only gpu.c and session.c use this. */
#ifndef SEAM_GPU_GPU_H
#define SEAM_GPU_GPU_H

#include <pthread.h>

#include "engine/engine.h"
#include "engine/gpu/tile.h"

/* That one engine uses. */
#define SEAM_GPU_MOST_DEVICES 4

/* One of the devices of an engine. */
struct gpu_share {
    struct seam_gpu_core *core; /* whom sessions that begin use */
    int losses;
    char choice[128];
};

struct gpu_engine {
    struct seam_net *net;
    struct seam_gpu_program *program;
    pthread_mutex_t lock; /* guards what follows, users of cores, and the devices' queues */
    struct gpu_share shares[SEAM_GPU_MOST_DEVICES];
    int devices;
    char name[256];
};

/* Counted use of one of the engine's devices, and its end; the last user closes it. */
struct seam_gpu_core *seam_gpu_core_take(struct gpu_engine *engine, int device);
void seam_gpu_core_drop(struct gpu_engine *engine, struct seam_gpu_core **core);

/* As in seam_engine_ops (session.c). */
enum seam_result seam_gpu_begin(void **session, void *engine, int threads,
                                struct seam_log *log);
void seam_gpu_end(void *session);
enum seam_result seam_gpu_try_size(void *session, struct seam_engine_trial *trial,
                                   struct seam_log *log);
enum seam_result seam_gpu_run(void *session, struct seam_engine_io *io, struct seam_log *log);
enum seam_result seam_gpu_submit(void *session, struct seam_engine_io *io, struct seam_log *log);
enum seam_result seam_gpu_wait(void *session, struct seam_engine_io *io, struct seam_log *log);
void seam_gpu_limit(void *session, uint64_t budget, uint64_t others);
void seam_gpu_count_begin(void *session);
uint64_t seam_gpu_count_end(void *session);

#endif /* SEAM_GPU_GPU_H */
