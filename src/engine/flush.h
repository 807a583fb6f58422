/*
 * Denormal numbers count as zero while a network runs. Weights decayed in training end as such
 * numbers (a quarter of Zero-DCE's do), and some CPUs take a hundred times longer over each product
 * with one; what they add lies far below the last bit of any result. The mode is one of the thread:
 * every thread that computes a part of a layer must be in it, or the result would depend on which
 * one took which part.
 */
#ifndef SEAM_ENGINE_FLUSH_H
#define SEAM_ENGINE_FLUSH_H

#if defined(__SSE__)
#include <xmmintrin.h>

/* Results and operands that are denormal. */
#define SEAM_FLUSH_BITS 0x8040u

/* Enter the mode on the calling thread; the state returned is for seam_flush_end(). */
static inline unsigned long seam_flush_begin(void)
{
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | SEAM_FLUSH_BITS);
    return before;
}

static inline void seam_flush_end(unsigned long before)
{
    _mm_setcsr((unsigned)before);
}

#elif defined(__aarch64__)

#define SEAM_FLUSH_BITS (1ul << 24)

static inline unsigned long seam_flush_begin(void)
{
    unsigned long before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | SEAM_FLUSH_BITS));
    return before;
}

static inline void seam_flush_end(unsigned long before)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
}

#else

static inline unsigned long seam_flush_begin(void)
{
    return 0;
}

static inline void seam_flush_end(unsigned long before)
{
    (void)before;
}

#endif

#endif /* SEAM_ENGINE_FLUSH_H */
