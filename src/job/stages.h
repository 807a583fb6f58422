/* The image that a job writes: a picture through the network once or twice, and brought to size. */
#ifndef SEAM_JOB_STAGES_H
#define SEAM_JOB_STAGES_H

#include "base/cancel.h"
#include "job/shape.h"
#include "seamless/vips.h"

/* Images that are made of each other while the last is read. Thread-safety: none. */
struct seam_stages {
    VipsImage *light;  /* the picture in linear light of sRGB; NULL where its colours stay */
    VipsImage *first;  /* what the first of two passes makes; NULL where there is one */
    VipsImage *made;   /* what the network makes; NULL where that is the result */
    VipsImage *kept;   /* the region of that; NULL where it is all kept */
    VipsImage *lit;    /* the result in that light; NULL where that is `made`, or there is none */
    VipsImage *result; /* to be written */
    int64_t pages;
};

struct seam_stages_params {
    struct seam_shape shape;
    struct seam_region keep; /* of what goes in, what is kept of the result; width 0: all */
    int64_t left, top;       /* where that lies in the picture */
    enum seam_colour colour;
    double dpi; /* that the result says it has; 0: what follows */
    const struct seam_cancel *cancel; /* asked during the first of two passes; outlives them */
};

/*
 * Set them up, as seam_vips_restore() does: `params` is that of the last pass and of the result,
 * `plan` becomes that of the last pass. Errors: those of seam_vips_restore(). On failure nothing is
 * owned.
 */
enum seam_result seam_stages_open(struct seam_stages *stages, struct seam_model *model,
                                  VipsImage *in, struct seam_plan *plan,
                                  const struct seam_vips_params *params,
                                  const struct seam_stages_params *more,
                                  struct seam_log *log) SEAM_NODISCARD;

/* The plan of the last of `passes`, with the seconds of all, which seam_stages_open() would make of
 * a picture that is not brought to another size after them: of `in` only the header is looked at.
 * Errors: those of seam_vips_plan(). */
enum seam_result seam_stages_plan(struct seam_plan *plan, struct seam_model *model, VipsImage *in,
                                  const struct seam_vips_params *params, int passes,
                                  enum seam_colour colour, struct seam_log *log) SEAM_NODISCARD;

/* Whether the colours of the picture are converted, for a job of these settings. */
bool seam_stages_convert(VipsImage *in, enum seam_colour colour, int transfer);

/* What is to become of colours, where `asked` is asked for: those of a picture of width x height
 * that stays as it is are kept. */
enum seam_colour seam_stages_colour(const struct seam_facts *facts, const struct seam_shape *shape,
                                    int64_t width, int64_t height, enum seam_colour asked);

void seam_stages_close(struct seam_stages *stages);

#endif /* SEAM_JOB_STAGES_H */
