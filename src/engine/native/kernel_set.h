/* What kernels.c hands to the kernels of one instruction set. Private to the convolutions. */
#ifndef SEAM_KERNEL_SET_H
#define SEAM_KERNEL_SET_H

#include "engine/native/attend.h"
#include "engine/native/kernels.h"

enum kernel_method { KERNEL_DIRECT, KERNEL_WINOGRAD, KERNEL_DEPTHWISE, KERNEL_DOT, KERNEL_METHODS };

/* Output channels computed together. */
struct kernel_block {
    int out;        /* first output channel */
    int vectors;    /* of output channels; by dot products: channels */
    int in, count;  /* input samples of a pixel that they read, neighbours included where `taps` is
                       1 */
    size_t weights; /* where theirs lie in `weights`, in floats */
};

struct kernel_set;

struct seam_conv_private {
    struct seam_conv conv;      /* what the caller sees */
    struct seam_conv_desc desc; /* as given, every default filled in, without the caller's arrays */
    const struct kernel_set *set;
    enum kernel_method method;
    int chunks_in, chunks_out; /* vectors of input and output channels */
    int taps;    /* kernel columns walked one by one: 1 where the channels of neighbouring pixels
                    are one run of floats, which then counts as one pixel */
    int lanes;   /* stored of an output vector: all, but only the channels there are up to 4 */
    bool scaled; /* whether there is a `scale` to apply */
    int side;    /* Winograd: output pixels on a side of a cell, 4 or 6 */
    int cells;   /* Winograd: cells that the registers hold at once */
    int sets;    /* Winograd: so many times `cells` between the transforms */
    size_t slot_in, slot_out; /* Winograd: floats from one of a set's elements to the next */
    int blocks;
    size_t weight_floats;
    struct kernel_block *block;
    float *weights, *bias, *slope; /* bias and slope padded to whole vectors */
};

typedef void kernel_run(const struct seam_conv_private *p, const struct seam_conv_rows *rows,
                        float *scratch);

#define KERNEL_MOST_VECTORS 4 /* of output channels in a block */
#define KERNEL_MOST_DOTS 4    /* output channels by dot products */

#define KERNEL_ATTEND_TOGETHER 4 /* queries */

typedef void kernel_attend(const struct seam_attend *a, const struct seam_attend_window *w,
                           float *scratch);

/* The kernels of one instruction set. */
struct kernel_set {
    int width;                           /* floats in a vector */
    int most_vectors;                    /* of output channels in one block */
    int cells[KERNEL_MOST_VECTORS + 1];  /* Winograd: cells beside so many vectors */
    int pixels[KERNEL_MOST_VECTORS + 1]; /* direct: pixels beside so many vectors */
    int dots[KERNEL_MOST_DOTS + 1];      /* dot products: pixels beside so many channels */
    kernel_run *run[KERNEL_METHODS];
    kernel_attend *attend;
};

extern const struct kernel_set seam_kernels_c;
extern const struct kernel_set seam_kernels_avx2;
extern const struct kernel_set seam_kernels_avx512;
extern const struct kernel_set seam_kernels_neon;

/* The kernels of a set that this build has. */
const struct kernel_set *seam_cpu_kernels(enum seam_cpu cpu);

/* Chooses the method and fills everything that needs no weights; blocks only where `p->block` is
 * there. */
void seam_kernel_layout(struct seam_conv_private *p, const struct seam_conv_desc *desc);

/* Weights, bias and slopes as the kernels of the method read them. */
void seam_kernel_pack(struct seam_conv_private *p, const struct seam_conv_desc *desc);

#endif /* SEAM_KERNEL_SET_H */
