/* What the reference tests share: pictures of floats in memory, and a run of the library on
 * them. */
#ifndef SEAM_REF_H
#define SEAM_REF_H

#include "seamless/seamless.h"

#define REF_SKIP 77

/* Interleaved floats, top row first. */
struct ref_picture {
    int64_t width, height;
    int bands;
    float *data;
};

void ref_die(const char *format, ...) SEAM_PRINTF(1, 2) __attribute__((noreturn));

/* The path of a file under ../shared, or under SEAM_SHARED; ends the test as skipped where it is
 * absent. The caller frees it. */
char *ref_shared(const char *name);

struct ref_picture ref_picture_make(int64_t width, int64_t height, int bands);
void ref_picture_free(struct ref_picture *picture);

/* Restore a picture in memory; *plan becomes the plan. */
struct ref_picture ref_restore(struct seam_model *model, const struct ref_picture *in,
                               const struct seam_params *params, struct seam_plan *plan);

struct seam_model *ref_model_open(const char *path, const struct seam_model_params *params);

#endif /* SEAM_REF_H */
