/* One tile: what it reads out of the window, what the network gets, what comes back. Pure. */
#ifndef SEAM_TILE_H
#define SEAM_TILE_H

#include "plan/geometry.h"
#include "tile/resample.h"
#include "tile/window.h"

/* Where one tile lies. */
struct seam_tile {
    int64_t column;                      /* of tiles, from the left */
    struct seam_span padded_x, padded_y; /* what the network sees, in input pixels */
    struct seam_span out_x, out_y;       /* the target, in output pixels */
};

void seam_tile_place(struct seam_tile *tile, const struct seam_plan *plan, int64_t i, int64_t j);

/*
 * The buffers that all tiles of a plan share: tensors for each run in flight and each tile of it,
 * the rest once.
 *
 * Thread-safety: one tile at a time.
 */
struct seam_tile_work {
    const struct seam_plan *plan;
    const struct seam_window *window;
    float *planes; /* bands x padded height x padded width, 0..1; NULL where not needed */
    float *input;  /* channels_in x padded height x padded width, in the network's range */
    float *output; /* channels_out x result height x result width: room for the network's result */
    const float *result; /* where that lies, in the network's range: `output`, or the engine's
                            own */
    struct {
        float *planes, *input, *output;
        /* Of each slot, set by whoever runs the network. */
        const float *result[SEAM_MOST_IN_FLIGHT];
    } all; /* of the plan.batch tiles of a run, one after the other, slot by slot */
    float *lines;  /* up to out_bands rows of the target, for one row at a time */
    float *spare;  /* rows that the making of a line needs */
    uint64_t *visible; /* rows of bits, where colours are filled (fill.c) */
    int64_t *columns; /* for each padded column the picture's, or -1 for a zero */
    int64_t line_width; /* floats a line holds */
    struct seam_filter filter; /* for alpha and chroma */
};

enum seam_result seam_tile_work_open(struct seam_tile_work *work, const struct seam_plan *plan,
                                     const struct seam_window *window,
                                     struct seam_log *log) SEAM_NODISCARD;
void seam_tile_work_close(struct seam_tile_work *work);

/* From here on all is about tile `k` of a run, 0 .. plan.batch - 1, in `slot`, 0 .. plan.in_flight
 * - 1; at first it is tile 0 in slot 0. */
void seam_tile_select(struct seam_tile_work *work, int slot, int k);

/* Take the tile's samples out of the window, into `planes` or straight into `input`: begin, then
 * the rows begin .. end - 1 of the padded tile, which several threads may share, and last
 * seam_tile_fill() where the plan says fill_alpha. */
void seam_tile_load_begin(struct seam_tile_work *work, const struct seam_tile *tile);
void seam_tile_load_rows(const struct seam_tile_work *work, const struct seam_tile *tile,
                         int64_t begin, int64_t end);

/* Make `input` of the run-th run, 0 .. plan.runs - 1. */
void seam_tile_feed(struct seam_tile_work *work, int run);

/* The bands of the result that a run or a resampling makes. */
struct seam_bands {
    int first, count;
};

struct seam_bands seam_tile_run_bands(const struct seam_plan *plan, int run);

/* One row of some bands, band by band, `stride` floats apart; stride may be negative. */
struct seam_lines {
    const float *first;
    int64_t stride;
};

/* Whether what the network puts out is the finished row already: seam_tile_row() then only says
 * where it lies, and may be called from several threads. */
bool seam_tile_is_finished(const struct seam_plan *plan, int run);

/* Finish row `y` (output pixels) of the bands that the run made. What comes back lies in `lines`,
 * or in `result` where nothing is left to do, and is valid until the next row or run. */
struct seam_lines seam_tile_row(struct seam_tile_work *work, const struct seam_tile *tile, int run,
                                int64_t y);

/* Likewise row `y` of alpha where it is carried along beside the network. */
struct seam_lines seam_tile_alpha_row(struct seam_tile_work *work, const struct seam_tile *tile,
                                      int64_t y);

/* The column of the first sample that is not finite; -1 where all of `count` in all bands are. */
int64_t seam_lines_not_finite(struct seam_lines lines, int bands, int64_t count);

/* Give fully transparent pixels of `planes` the mean colour of the visible ones near them, so that
 * the network sees no edge where the eye sees none (fill.c). */
void seam_tile_fill(const struct seam_tile_work *work);

/* The same in two halves, rows of each shared by threads: all that is visible is looked at first.
 * Rows that have SEAM_FILL_RADIUS others above and below, or nothing, are filled as in any tile. */
void seam_tile_fill_look(const struct seam_tile_work *work, int64_t begin, int64_t end);
void seam_tile_fill_rows(const struct seam_tile_work *work, int64_t begin, int64_t end);

/* Bytes of `visible`. */
size_t seam_tile_fill_bytes(const struct seam_plan *plan);

#endif /* SEAM_TILE_H */
