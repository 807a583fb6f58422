#include <string.h>

#include "engine/tensor.h"

size_t seam_tensor_bytes(struct seam_tensor_form form, int64_t channels, int64_t pixels)
{
    return (size_t)(channels * pixels) * (form.half ? 2 : 4);
}

void seam_tensor_pack(struct seam_tensor_form form, const float *planar, void *tensor,
                      int64_t channels, int64_t pixels)
{
    const int64_t step = form.interleaved ? channels : 1;
    for (int64_t c = 0; c < channels; c++) {
        const int64_t first = form.interleaved ? c : c * pixels;
        const float *src = planar + c * pixels;
        if (form.half)
            for (int64_t i = 0; i < pixels; i++)
                ((uint16_t *)tensor)[first + i * step] = seam_half_from_float(src[i]);
        else
            for (int64_t i = 0; i < pixels; i++)
                ((float *)tensor)[first + i * step] = src[i];
    }
}

void seam_tensor_unpack(struct seam_tensor_form form, const void *tensor, float *planar,
                        int64_t channels, int64_t pixels)
{
    const int64_t step = form.interleaved ? channels : 1;
    for (int64_t c = 0; c < channels; c++) {
        const int64_t first = form.interleaved ? c : c * pixels;
        float *dst = planar + c * pixels;
        if (form.half)
            for (int64_t i = 0; i < pixels; i++)
                dst[i] = seam_half_to_float(((const uint16_t *)tensor)[first + i * step]);
        else
            for (int64_t i = 0; i < pixels; i++)
                dst[i] = ((const float *)tensor)[first + i * step];
    }
}
