/* How far the samples of a picture reach: one whose white is not its format's is black, or beyond
 * white, to a network, and nothing in the file says so. */
#ifndef SEAM_LIBVIPS_VALUES_H
#define SEAM_LIBVIPS_VALUES_H

#include "seamless/vips.h"

struct seam_values {
    double least, most; /* that were seen */
    bool known;         /* it is known to be as it should, or will not be */
};

/* Begin with a picture of these samples, for a network whose range was not asked for. */
struct seam_values seam_values_begin(enum seam_sample sample, const struct seam_params *params);

/* Take `rows` rows of the picture in. Little is done once the answer is known. Of samples of float
 * neither alpha counts nor what it hides: there is nothing to see, or no data. */
void seam_values_take(struct seam_values *values, const struct seam_picture *picture,
                      const void *samples, int64_t rows);

/* All were seen: a notice where their white is another, and which range of `plan` mends that. */
void seam_values_tell(const struct seam_values *values, const struct seam_plan *plan,
                      const char *name, struct seam_log *log);

#endif /* SEAM_LIBVIPS_VALUES_H */
