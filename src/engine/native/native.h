/* The native engine's own: what native.c and tile.c share. */
#ifndef SEAM_NATIVE_H
#define SEAM_NATIVE_H

#include "engine/engine.h"
#include "engine/native/flow.h"

struct native_engine {
    struct seam_packed *packed;
    int threads; /* of a session */
    char name[256];
};

struct native_session {
    const struct native_engine *engine;
    struct seam_crew *crew;
    uint64_t room; /* bytes that a run may take; UINT64_MAX: no limit */
};

/* What the passes over a tile keep of one another (tile_kept.c). */
struct native_kept;

/* A picture of its own, in the last pass. */
struct native_tile {
    struct seam_rows_params rows;
    struct native_kept *kept;  /* NULL: nothing */
    struct seam_engine_io *io; /* NULL: grey, of which the least and the most alone come out */
    float *grey;               /* a row in all channels, and room for one that comes out */
    float *made;
    float least, most;
};

struct seam_flow_params seam_native_flow_params(const struct native_session *s,
                                                const struct seam_rows_params *rows);
struct native_tile seam_native_tile_of(const struct native_session *s, int64_t x, int64_t y,
                                       int64_t width, int64_t height);

/* The most of each of all passes, and the steps of all together. */
enum seam_result seam_native_measure(const struct native_session *s, struct seam_rows_params rows,
                                     struct seam_rows_size *size);

/* The same of a tile, with what its passes keep of one another. */
enum seam_result seam_native_measure_tile(const struct native_session *s,
                                          const struct native_tile *t,
                                          struct seam_rows_size *size);

/* Say what of the picture lies in the tile; all of it where nothing is said. */
void seam_native_set_core(struct native_tile *t, const struct seam_span core[2]);

/* All passes over a tile: what is summed up is what it holds of the picture. Errors:
 * SEAM_ERROR_MEMORY and SEAM_ERROR_ARGUMENT, which are left for the caller to put in words;
 * SEAM_ERROR_NOT_FINITE. */
enum seam_result seam_native_run_tile(const struct native_session *s, struct native_tile *t,
                                      struct seam_log *log);
/* The last pass, as if the others had found nothing, over a grey picture that begins at 0, 0; and
 * whether the others could run. All of them where they keep anything of one another. */
enum seam_result seam_native_run_grey(const struct native_session *s, struct native_tile *t,
                                      struct seam_log *log);

/* Whether passes over a tile keep anything of one another, and what. Errors: SEAM_ERROR_MEMORY,
 * SEAM_ERROR_ARGUMENT. */
bool seam_native_tile_keeps(const struct native_session *s);
enum seam_result seam_native_kept_open(struct native_kept **kept, const struct native_session *s,
                                       const struct seam_rows_params *rows);
void seam_native_kept_close(struct native_kept **kept);
/* Most bytes at once. */
uint64_t seam_native_kept_bytes(const struct native_kept *kept);
/* Take the room for what a pass keeps. False: no memory. */
bool seam_native_kept_begin(struct native_kept *kept, int pass);
/* Hand over what a step takes, before it is run, and put away what it has made. */
void seam_native_kept_give(const struct native_kept *kept, struct seam_flow *flow);
void seam_native_kept_take(const struct native_kept *kept, const struct seam_flow *flow);

#endif /* SEAM_NATIVE_H */
