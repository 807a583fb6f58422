/* The convolutions of the native engine, on rows of pixels. Pure.
 *
 * A row is pixels [x][channel], channels consecutive, `pitch` floats from one pixel to the next.
 * Its pixel 0 lies at a multiple of 64 bytes; left and right of the pixels there is a margin that
 * reads as zeros. Channels up to the pitch are padding: whatever finite lies there does not matter,
 * and a kernel that makes more than 4 channels may write whatever finite it likes there, up to the
 * next multiple of the vector width. Beyond that a kernel writes the columns it was asked for and
 * nothing else; it never writes the margin. Rows whose addresses are equal modulo 4096 evict one
 * another from the cache: best begin them at odd multiples of 64 bytes from one another.
 *
 *     struct seam_conv_desc d;
 *     seam_conv_desc_init(&d, 64, 64, 3, 3);
 *     d.weights = w; d.bias = b; d.act = SEAM_ACT_RELU;
 *     struct seam_conv *conv = seam_conv_open(&d);              // packs; NULL: no memory
 *     void *scratch = aligned_alloc(64, conv->scratch_bytes);   // one for each thread
 *     struct seam_conv_rows rows = { .in = in, .out = out, .rows = conv->group, .x1 = width };
 *     // reads in[0 .. seam_conv_rows_in(conv, group))
 *     seam_conv_run(conv, &rows, scratch);
 *     seam_conv_close(&conv);
 *
 * Every output is one fixed chain of operations on its inputs: its bits depend on the instruction
 * set, on the values and, where the layer runs by Winograd, on the absolute coordinates modulo
 * `grid`; never on x0, x1, the rows asked for or what runs beside it. */
#ifndef SEAM_KERNELS_H
#define SEAM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instruction sets. */
enum seam_cpu {
    SEAM_CPU_BEST, /* the best that this machine has; SEAMLESS_CPU=c|avx2|avx512|neon overrides
                      it */
    SEAM_CPU_C,
    SEAM_CPU_AVX2, /* with FMA */
    SEAM_CPU_AVX512,
    SEAM_CPU_NEON,
    SEAM_CPUS,
};

/* Whether this build and this machine have the set. */
bool seam_cpu_has(enum seam_cpu cpu);

/* What SEAM_CPU_BEST means here; another set is itself. */
enum seam_cpu seam_cpu_resolve(enum seam_cpu cpu);

/* "avx512" */
const char *seam_cpu_name(enum seam_cpu cpu);

/* Floats in a vector: 16, 8 or 4. */
int seam_cpu_width(enum seam_cpu cpu);

/* Floats from one pixel to the next for so many channels: `channels` itself up to 4, else the next
 * multiple of the vector width. */
int seam_row_pitch(enum seam_cpu cpu, int channels);

/* Readable bytes after the last pixel of the right margin, finite as floats: a vector may reach
 * over it, and what it finds there is multiplied by 0. The same holds for `before` and `after`. */
#define SEAM_ROW_SLACK 64

enum seam_act {
    SEAM_ACT_NONE,
    SEAM_ACT_RELU,
    SEAM_ACT_LEAKY, /* v < 0 ? slope * v : v */
    SEAM_ACT_PRELU, /* the same with a slope for each channel */
    SEAM_ACT_CLIP,  /* lo .. hi */
};

/* One convolution and what is fused into it:
 *
 *     y = after + scale * act(conv(x) + bias + before)
 */
struct seam_conv_desc {
    enum seam_cpu cpu;    /* default BEST */
    int in, out, groups;  /* channels; default 1 group */
    int kernel_w, kernel_h;
    int stride_x, stride_y;     /* default 1 */
    int dilation_x, dilation_y; /* default 1 */
    int pad_left; /* output column x reads input columns from x * stride_x - pad_left on; may be
                     negative. Default: (kernel_w - 1) / 2 */
    int in_pitch, out_pitch;       /* default: seam_row_pitch(). An output pitch of several pixels
                                      leaves room for the other phases of a transposed convolution
                                      (out_pitch = stride * pitch); a wider row's pitch and pointers
                                      into it read or write a slice of its channels, where what is
                                      written must start at a multiple of the vector width */
    int before_pitch, after_pitch; /* default: the output's seam_row_pitch() */
    const float *weights; /* [out][in / groups][kernel_h][kernel_w] */
    const float *bias;    /* [out], or NULL */
    enum seam_act act;    /* default NONE */
    float slope, lo, hi;
    const float *slopes; /* PRELU: [out] */
    bool before, after;  /* whether rows come in to be added there */
    float scale;         /* default 1 */
    bool plain; /* direct where Winograd would be taken: slower, rounds less. Default false */
};

void seam_conv_desc_init(struct seam_conv_desc *desc, int in, int out, int kernel_w, int kernel_h);

/* A convolution packed for one instruction set.
 * Thread-safety: runs on any number of threads at once, each with scratch of its own. */
struct seam_conv {
    int group; /* output rows a run must make: 4 or 6 by Winograd, their first at a multiple of
                  that in absolute coordinates; 1: any number at once, anywhere */
    int grid;  /* bits hold for cuts in x at multiples of this in absolute coordinates */
    int block; /* a multiple of grid: work for several threads is best cut here */
    int reach_left, reach_right; /* input columns that a run reads: x0 * stride_x - reach_left up to
                                    and with (x1 - 1) * stride_x + reach_right. The margins must
                                    hold what of that is outside the row */
    size_t scratch_bytes; /* for each thread, 64-byte aligned; 0: none */
    size_t packed_bytes;  /* of the one allocation */
    struct seam_conv_private *priv;
};

/* Which kernel, for a report: "winograd", "direct", "depthwise", "dot". */
const char *seam_conv_method(const struct seam_conv *conv);

/* What seam_conv_open() will need, without opening: bytes packed and scratch in *like, `priv`
 * NULL. */
void seam_conv_measure(const struct seam_conv_desc *desc, struct seam_conv *like);

/* Packs; weights, bias and slopes are copied. NULL: no memory. */
struct seam_conv *seam_conv_open(const struct seam_conv_desc *desc);

/* Takes the address of the pointer and nulls it; NULL is fine. */
void seam_conv_close(struct seam_conv **conv);

/* Input rows that a run for so many output rows reads. */
int seam_conv_rows_in(const struct seam_conv *conv, int rows);

struct seam_conv_rows {
    const float *const *in;     /* seam_conv_rows_in() pointers to column 0; output row r reads in[r
                                   * stride_y + k * dilation_y] for kernel row k. Rows outside the
                                   domain are a shared row of zeros */
    float *const *out;          /* `rows` pointers to column 0; an output row that is not wanted is
                                   a row that nobody reads */
    const float *const *before; /* as `out`, or NULL as desc->before says; a row of `before` or
                                   `after` may be the very row written */
    const float *const *after;
    int rows;    /* a multiple of group */
    int x0, x1;  /* output columns to make */
    int64_t origin; /* absolute coordinate of output column 0 */
};

void seam_conv_run(const struct seam_conv *conv, const struct seam_conv_rows *rows, void *scratch);

#endif /* SEAM_KERNELS_H */
