/*
 * All that a plan has to know about a network, read from its file.
 *
 *     struct seam_graph *graph;
 *     struct seam_analysis a;
 *     if (seam_graph_open(&graph, "denoise.onnx", log) == SEAM_OK &&
 *         seam_analysis_make(&a, graph, NULL, NULL, log) == SEAM_OK)
 *         printf("needs %lld pixels on the left\n", (long long)a.halo[SEAM_LEFT]);
 *     seam_graph_close(&graph);
 */
#ifndef SEAM_MODEL_ANALYSIS_H
#define SEAM_MODEL_ANALYSIS_H

#include "field/fact.h"
#include "graph/graph.h"

struct seam_cut;

enum seam_side { SEAM_LEFT, SEAM_RIGHT, SEAM_TOP, SEAM_BOTTOM };

enum seam_level {
    SEAM_LEVEL_BITS,    /* tiles give the same bits as a run over the whole picture */
    SEAM_LEVEL_NUMERIC, /* the same but for rounding */
    SEAM_LEVEL_NO,      /* no halo makes tiles agree */
};

enum seam_axes {
    SEAM_AXES_NCHW,
    SEAM_AXES_NHWC,
    SEAM_AXES_CHW, /* without a batch axis */
    SEAM_AXES_HWC,
};

struct seam_analysis {
    /* The tensors, as the engine names them; live as long as the graph. */
    const char *input, *output;
    enum seam_axes layout; /* of the input */
    enum seam_axes output_layout;
    int32_t input_type, output_type;   /* enum seam_onnx_type; output 0 where not known */
    int64_t channels_in, channels_out; /* out 0 where not known */
    int64_t fixed_width, fixed_height; /* 0 where the network takes any size */
    int64_t fixed_batch;               /* 0 where the batch is free */

    bool misdeclared; /* the file gives the output another height or width than its nodes make */

    /* Output pixels per input pixel, in lowest terms; 0/1 where the graph does not tell. */
    int64_t scale_num, scale_den;
    /* Input pixels at each border that the output does not cover (valid convolutions). */
    int64_t crop[4];
    /* A tile's origin and size must be multiples of it. */
    int64_t alignment;

    bool bounded; /* the field below holds for all of the network */
    /* How far input pixels lie from any output pixel that they can change. While `bounded` is
     * false, what the bounded part of the network reaches. */
    int64_t field[4];
    /* The exact halo of a target whose edges are multiples of the alignment: the same reach from
     * such edges, and never less than `crop`. */
    int64_t halo[4];
    /* Border samples come only from nearby: edge=model can be exact. */
    bool border_local;
    enum seam_level level;
    const struct seam_unbounded *unbounded; /* in the graph's order */
    size_t n_unbounded;
    /* Where each of these reduces the picture to a few numbers, and so can be cut at (cut.h). */
    const struct seam_cut *cuts; /* in the graph's order */
    size_t n_cuts;
    int passes;          /* over the picture, that find what they take, and the last; else 1 */
    double pass_work;    /* multiply-adds of all passes over those of one */
    int64_t cut_halo[4]; /* what the tensors see that are reduced, as `halo` */
    double cut_bytes;    /* of them, float32, per input pixel: the most that one pass gives */
    enum seam_level pass_level; /* of tiles of the last pass */

    int64_t layers;     /* convolutions and matrix products with weights */
    int64_t nodes;      /* that the output needs */
    int64_t parameters; /* numbers in the weights that the output needs */
    uint64_t weight_bytes;
    double macs_per_pixel;  /* multiply-adds per input pixel */
    double bytes_per_pixel; /* most activation bytes alive at once, per input pixel */
};

/* The input that takes the picture: `asked`, or, where that is NULL, the first that can be one and
 * is none of `others`, of three channels if there is such a one. NULL where none is. Owned by the
 * graph. */
const char *seam_analysis_picture(const struct seam_graph *graph, const char *asked,
                                  const struct seam_model_input *others, size_t count);

/* `input`, `output`: tensor names; NULL for the first input that can be a picture and the output of
 * the largest scale. What can be analysed but not tiled is no error: see `unbounded`. The log says
 * what is wrong otherwise. */
enum seam_result SEAM_NODISCARD seam_analysis_make(struct seam_analysis *out,
                                                   const struct seam_graph *graph,
                                                   const char *input, const char *output,
                                                   struct seam_log *log);

/* The axis of the height of a picture that lies so; that of the width is the next. */
int seam_axes_height(enum seam_axes layout);

/* "bits", "numeric", "no"; "nchw" and so on. Static storage. */
const char *seam_level_name(enum seam_level level);
const char *seam_axes_name(enum seam_axes layout);

#endif /* SEAM_MODEL_ANALYSIS_H */
