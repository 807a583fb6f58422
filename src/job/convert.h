/* A network of any format as a file that other programs read. */
#ifndef SEAM_JOB_CONVERT_H
#define SEAM_JOB_CONVERT_H

#include "seamless/seamless.h"

struct seam_convert_params {
    bool half;         /* weights as float16. Default false. */
    const char *range; /* "0..255": the network's values of black and white; NULL: what is known of
                          them. Default NULL. */
    int64_t scale;     /* how much the network enlarges, where its file leaves that open; what it
                          does not do is refused. 0: not said. Default 0. */
    const double *noise; /* of networks for several levels, in one file, the one for this, a part
                            of white; NULL: the usual. Default NULL. */
};

/*
 * Write the network `model` (a file of any format that is read, or the name of a built-in network)
 * to `output`, whose name ends in .onnx or .safetensors. What is written gives the bits that the
 * network gives when it is read from where it lies, unless it is written with half the width. Its
 * metadata say where it came from, and what is known of it.
 *
 * An existing file is intact until the new one is whole. Errors: SEAM_ERROR_ARGUMENT (another name,
 * the network itself, a file that holds a graph to .safetensors), SEAM_ERROR_MODEL,
 * SEAM_ERROR_MEMORY, SEAM_ERROR_IO.
 */
enum seam_result SEAM_NODISCARD seam_convert(const char *model, const char *output,
                                             const struct seam_convert_params *params,
                                             struct seam_log *log);

#endif /* SEAM_JOB_CONVERT_H */
