/* One vector of floats for each instruction set, and the few operations the kernels are made of.
 * kernel_set.c is compiled once for each set, with the compiler's own switches telling which. A
 * fused multiply-add is always asked for by name, never left to the compiler: the bits must not
 * depend on where a function was inlined. vmax and vmin hand on what is no number in `a`; `b` is a
 * constant. */
#ifndef SEAM_KERNEL_VEC_H
#define SEAM_KERNEL_VEC_H

#define ALWAYS static inline __attribute__((always_inline))

#define NOINLINE __attribute__((noinline))

/* Loops over registers must be unrolled whole, or the registers become memory. Under sanitizers,
 * which check each access, that takes compilers minutes and they may as well be memory. */
#ifdef __clang__
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNROLL
#else
#define UNROLL _Pragma("unroll")
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

#if defined(SEAM_SET_AVX512)

#include <immintrin.h>
#define VL 16
#define MANY_REGISTERS 1
typedef __m512 vf;
ALWAYS vf vload(const float *p) { return _mm512_loadu_ps(p); }
ALWAYS void vstore(float *p, vf v) { _mm512_storeu_ps(p, v); }
ALWAYS vf vsplat(float s) { return _mm512_set1_ps(s); }
ALWAYS vf vfma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
ALWAYS vf vmax(vf a, vf b) { return _mm512_max_ps(b, a); } /* the second where one is NaN */
ALWAYS vf vmin(vf a, vf b) { return _mm512_min_ps(b, a); }
ALWAYS void vstore_some(float *p, vf v, int count)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), v);
}

#elif defined(SEAM_SET_AVX2)

#include <immintrin.h>
#define VL 8
#define MANY_REGISTERS 0
typedef __m256 vf;
ALWAYS vf vload(const float *p) { return _mm256_loadu_ps(p); }
ALWAYS void vstore(float *p, vf v) { _mm256_storeu_ps(p, v); }
ALWAYS vf vsplat(float s) { return _mm256_set1_ps(s); }
ALWAYS vf vfma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
ALWAYS vf vmax(vf a, vf b) { return _mm256_max_ps(b, a); } /* the second where one is NaN */
ALWAYS vf vmin(vf a, vf b) { return _mm256_min_ps(b, a); }

#elif defined(SEAM_SET_NEON)

#include <arm_neon.h>
#define VL 4
#define MANY_REGISTERS 1
typedef float32x4_t vf;
ALWAYS vf vload(const float *p) { return vld1q_f32(p); }
ALWAYS void vstore(float *p, vf v) { vst1q_f32(p, v); }
ALWAYS vf vsplat(float s) { return vdupq_n_f32(s); }
ALWAYS vf vfma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
ALWAYS vf vmax(vf a, vf b) { return vmaxq_f32(a, b); }
ALWAYS vf vmin(vf a, vf b) { return vminq_f32(a, b); }

#else /* portable: what every compiler of the GCC kind makes of four floats */

#include <string.h>
#define VL 4
#define MANY_REGISTERS 0
typedef float vf __attribute__((vector_size(16)));
typedef int vi __attribute__((vector_size(16)));
ALWAYS vf vload(const float *p)
{
    vf v;
    memcpy(&v, p, sizeof(v));
    return v;
}
ALWAYS void vstore(float *p, vf v) { memcpy(p, &v, sizeof(v)); }
ALWAYS vf vsplat(float s) { return (vf){ s, s, s, s }; }
ALWAYS vf vfma(vf a, vf b, vf c) { return a * b + c; } /* rounds twice: there may be no fused one */
ALWAYS vf vpick(vi m, vf a, vf b) { return (vf)(((vi)a & m) | ((vi)b & ~m)); }
ALWAYS vf vmax(vf a, vf b) { return vpick(a < b, b, a); }
ALWAYS vf vmin(vf a, vf b) { return vpick(a > b, b, a); }

#endif

#ifndef SEAM_SET_AVX512
/* The first `count` lanes, no others. */
ALWAYS void vstore_some(float *p, vf v, int count)
{
    if (count == VL) {
        vstore(p, v);
        return;
    }
    float lanes[VL];
    vstore(lanes, v);
    for (int i = 0; i < count; i++)
        p[i] = lanes[i];
}
#endif

/* Lanes of two vectors side by side, halves added: the first half of the result is a's, the second
 * b's. Width after width this sums VL vectors into one whose lanes are their sums. */
#if VL == 16
#define FOLD_HALF(a, b) \
    (__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) + \
     __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define FOLD_4(a, b) \
    (__builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27) + \
     __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
#define FOLD_2(a, b) \
    (__builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) + \
     __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
#define FOLD_1(a, b) \
    (__builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) + \
     __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#elif VL == 8
#define FOLD_4(a, b) \
    (__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + \
     __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15))
#define FOLD_2(a, b) \
    (__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) + \
     __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15))
#define FOLD_1(a, b) \
    (__builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) + \
     __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15))
#else
#define FOLD_2(a, b) \
    (__builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7))
#define FOLD_1(a, b) \
    (__builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7))
#endif

/* The sums of the lanes of VL vectors, in order: lane i of the result is the sum of v[i]'s. Each
 * sum is made in one order whatever its place. */
ALWAYS vf vsums(vf *v)
{
#if VL == 16
    UNROLL
    for (int i = 0; i < 8; i++)
        v[i] = FOLD_HALF(v[i], v[i + 8]);
    UNROLL
    for (int i = 0; i < 4; i++)
        v[i] = FOLD_4(v[i], v[i + 4]);
#elif VL == 8
    UNROLL
    for (int i = 0; i < 4; i++)
        v[i] = FOLD_4(v[i], v[i + 4]);
#endif
    v[0] = FOLD_2(v[0], v[2]);
    v[1] = FOLD_2(v[1], v[3]);
    return FOLD_1(v[0], v[1]);
}

#endif /* SEAM_KERNEL_VEC_H */
