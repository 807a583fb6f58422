/* The pictures of a folder, and of the folders in it where that is asked for. */
#ifndef SEAM_JOB_WALK_H
#define SEAM_JOB_WALK_H

#include "seamless/job.h"

/* Where what is found goes. */
struct seam_walk {
    const struct seam_batch_params *params;
    /* Called for each picture, in order; `below` is its folder, from the one walked; "" there. */
    void (*found)(void *opaque, const char *path, const char *below);
    /* Called for each file that is named as a picture and cannot be read. */
    void (*passed)(void *opaque, const char *path);
    void *opaque;
};

/*
 * Go through `folder` by name: pictures first, then folders, where params->recursive asks for them.
 * Hidden ones are passed over, links to folders, and the folder that results go to. Says what else
 * was passed over.
 *
 * Errors: SEAM_ERROR_IO where it cannot be read, or holds no picture; SEAM_CANCELLED.
 */
enum seam_result seam_walk(const struct seam_walk *walk, const char *folder,
                           struct seam_log *log) SEAM_NODISCARD;

#endif /* SEAM_JOB_WALK_H */
