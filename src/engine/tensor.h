/* Planar float tensors <-> the layouts and types that networks take. Pure. */
#ifndef SEAM_TENSOR_H
#define SEAM_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/half.h"

/* How a network keeps one picture. */
struct seam_tensor_form {
    bool half;        /* float16, else float32 */
    bool interleaved; /* height x width x channels, else channels x height x width */
};

size_t seam_tensor_bytes(struct seam_tensor_form form, int64_t channels, int64_t pixels);

/* `pixels` is height * width; `planar` holds channels * pixels floats. */
void seam_tensor_pack(struct seam_tensor_form form, const float *planar, void *tensor,
                      int64_t channels, int64_t pixels);
void seam_tensor_unpack(struct seam_tensor_form form, const void *tensor, float *planar,
                        int64_t channels, int64_t pixels);

#endif /* SEAM_TENSOR_H */
