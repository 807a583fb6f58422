/* The kernels of one instruction set. Compiled once for each, SEAM_SET_... saying which. */
#include "engine/native/kernel_common.h"

/* Pixels in registers beside 1, 2, 3 and 4 vectors of output channels. */
#if MANY_REGISTERS
#define PIXELS_1 16
#define PIXELS_2 12
#define PIXELS_3 8
#define PIXELS_4 6
#elif VL == 8
#define PIXELS_1 12
#define PIXELS_2 6
#else
#define PIXELS_1 8
#define PIXELS_2 4
#endif

#include "engine/native/kernel_attend.h"
#include "engine/native/kernel_direct.h"
#include "engine/native/kernel_depthwise.h"
#include "engine/native/kernel_dot.h"
#include "engine/native/kernel_winograd.h"

#if defined(SEAM_SET_AVX512)
#define SET seam_kernels_avx512
#elif defined(SEAM_SET_AVX2)
#define SET seam_kernels_avx2
#elif defined(SEAM_SET_NEON)
#define SET seam_kernels_neon
#else
#define SET seam_kernels_c
#endif

const struct kernel_set SET = {
    .width = VL,
#if MANY_REGISTERS
    .most_vectors = 4,
    .cells = { 0, 12, 12, 8, 6 },
    .pixels = { 0, PIXELS_1, PIXELS_2, PIXELS_3, PIXELS_4 },
#else
    .most_vectors = 2,
    .cells = { 0, PIXELS_1, PIXELS_2 },
    .pixels = { 0, PIXELS_1, PIXELS_2 },
#endif
    .dots = { 0, VL, VL / 2, VL / 3, VL / 4 },
    .run = {
        [KERNEL_DIRECT] = run_direct,
        [KERNEL_WINOGRAD] = run_winograd,
        [KERNEL_DEPTHWISE] = run_depthwise,
        [KERNEL_DOT] = run_dot,
    },
    .attend = run_attend,
};
