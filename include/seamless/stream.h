/* Streams of rows, and the journal that keeps them. Included by seamless.h, where the rules are. */
#ifndef SEAMLESS_STREAM_H
#define SEAMLESS_STREAM_H

#include <seamless/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * The stream: input rows in, finished rows out
 * --------------------------------------------------------------------------------------------- */

/*
 * Where input rows come from. `read` puts the rows y .. y + rows - 1 of plan.picture, each
 * width * bands samples, without gaps, into `dst`, and returns 0; anything else stops the stream
 * with SEAM_ERROR_IO. Rows are asked for in order, each once, from one thread at a time; the first
 * is row 0, or a later one where the stream begins at a later row.
 *
 * A plan of several passes reads the picture as often: `rewind` goes back to the first row and
 * returns
 * 0. Where it is NULL, rows that are needed again are kept in a temporary file.
 */
struct seam_source {
    void *opaque;
    int (*read)(void *opaque, int64_t y, int64_t rows, void *dst);
    int (*rewind)(void *opaque); /* Default NULL. */
};

/* What is done of a picture. Rows that a stream does not begin with count as done. */
struct seam_progress {
    int64_t tiles_done, tiles;
    double input_pixels_done;   /* of the picture, cores of finished tiles */
    double network_pixels_done; /* that went through the network for them, halo and overlap
                                   included */
    const struct seam_plan *plan; /* as it stands: see seam_stream_plan(). Until the call
                                     returns. */
};

struct seam_stream_params {
    /* Called after every tile, from the thread that reads (of a VipsImage, one of the library's).
     * Returning false cancels: the read in progress and all later ones return SEAM_CANCELLED.
     * Default NULL. */
    bool (*progress)(void *opaque, const struct seam_progress *progress);
    void *opaque; /* handed to `progress`. Default NULL. */
    int threads;  /* that share the rows of a tile, and those of the native engine if that has more;
                     0: one per CPU, and as many of the engine as the model was opened with.
                     Default 0. */
    int64_t first_row; /* output row that the first read gives, 0 .. plan.y.out_size - 1, with the
                          bits it has in a stream from the top: what continues a run that ended
                          early. Input rows that nothing below it needs are not asked for.
                          Default 0. */
    int64_t row_count; /* output rows that can be read from there on; 0: to the last. Neither they
                          nor the input rows that they alone need are made or asked for beyond the
                          tiles, or the step of the network, that the last of them lies in. Results
                          of parts set below one another are the whole result, bit for bit, where
                          their plans have one seam_plan_identity(). Default 0. */
    int64_t left, top; /* where the picture begins in a larger one that it is a part of: places that
                          messages name are of that. Default 0. */
};

SEAM_API void seam_stream_params_init(struct seam_stream_params *params);

/*
 * One picture on its way through a network. Holds a window of input rows and one band of output
 * rows, never the picture; all its memory is taken when it opens.
 *
 * Thread-safety: one call at a time, from any thread.
 */
struct seam_stream;

/*
 * Begin. The model must outlive the stream, and may serve others beside it; `plan` and
 * `params` are copied, `source` too; `log` is used until the stream is closed.
 *
 * What the plan says of memory is obeyed: a run that would pass plan.budget_bytes is ended before
 * it does, and tiles of half the size go on from the same band, with a notice. Finished rows stay.
 *
 * Errors: SEAM_ERROR_MEMORY, SEAM_ERROR_ARGUMENT where the plan was made for another model, is not
 * sound (seam_plan_check()), or has no such rows.
 */
SEAM_API enum seam_result seam_stream_open(struct seam_stream **stream, struct seam_model *model,
                                           const struct seam_plan *plan,
                                           const struct seam_source *source,
                                           const struct seam_stream_params *params,
                                           struct seam_log *log) SEAM_NODISCARD;

/*
 * Put the next `rows` finished rows, each plan.x.out_size * plan.out_bands samples of
 * plan.out_sample, into `dst`, `stride` bytes apart (0: without gaps). Reading past the last row is
 * SEAM_ERROR_ARGUMENT. After a failure every later call returns the same result.
 */
SEAM_API enum seam_result seam_stream_read(struct seam_stream *stream, int64_t rows, void *dst,
                                           size_t stride) SEAM_NODISCARD;

/* The plan as it stands: that of seam_stream_open(), or with smaller tiles from some row on
 * (y.origin) where a run did not fit the budget. */
SEAM_API void seam_stream_plan(const struct seam_stream *stream, struct seam_plan *plan);

/* How many of the next rows can be read without running the network. */
SEAM_API int64_t seam_stream_ready(const struct seam_stream *stream);

SEAM_API void seam_stream_close(struct seam_stream **stream);

/* ------------------------------------------------------------------------------------------------
 * From memory to memory
 * --------------------------------------------------------------------------------------------- */

/*
 * What becomes of a picture: its size, bands and samples in *result, for a network of `facts`.
 *
 * Errors: SEAM_ERROR_ARGUMENT where the network does not take such a picture.
 */
SEAM_API enum seam_result seam_restored(struct seam_picture *result,
                                        const struct seam_picture *picture,
                                        const struct seam_facts *facts,
                                        const struct seam_params *params,
                                        struct seam_log *log) SEAM_NODISCARD;

/*
 * Restore a picture that is in memory: `samples` are its rows without gaps, `out` has room for
 * those of the picture that seam_restored() tells. `params` may be NULL: the defaults.
 *
 * Errors: those of seam_plan_make(), seam_stream_open() and seam_stream_read(); what is in `out`
 * then is not specified.
 */
SEAM_API enum seam_result seam_restore(struct seam_model *model, const struct seam_picture *picture,
                                       const void *samples, void *out,
                                       const struct seam_params *params,
                                       struct seam_log *log) SEAM_NODISCARD;

/* ------------------------------------------------------------------------------------------------
 * The journal: finished rows on disk, so that a run that ended early goes on where it ended
 * --------------------------------------------------------------------------------------------- */

/*
 * An open journal holds a lock, which ends with the process however that ends. It is given to a
 * restoration (seamless/vips.h), which reads from it what is done already and adds what it
 * finishes.
 *
 * Thread-safety: one call at a time.
 */
struct seam_journal;

/*
 * Open the journal `path`, or make it.
 *
 * Errors: SEAM_ERROR_IO where it cannot be made, another run holds it, or the file is no journal;
 * SEAM_ERROR_MEMORY.
 */
SEAM_API enum seam_result seam_journal_open(struct seam_journal **journal, const char *path,
                                            struct seam_log *log) SEAM_NODISCARD;

/* Finished rows without a gap from the first on that it held when the restoration it was given to
 * was set up. */
SEAM_API int64_t seam_journal_rows(const struct seam_journal *journal);

/* Close it and remove the file: the result is safe elsewhere. */
SEAM_API void seam_journal_remove(struct seam_journal **journal);

/* Close it. The file stays for the next run, unless no row is in it. */
SEAM_API void seam_journal_close(struct seam_journal **journal);

/* ------------------------------------------------------------------------------------------------
 * For programs that were built against another header than the library: see seamless/base.h
 * --------------------------------------------------------------------------------------------- */

SEAM_API void seam_stream_params_init_sized(size_t params_size,
                                            struct seam_stream_params *params);
SEAM_API enum seam_result seam_stream_open_sized(size_t plan_size, size_t source_size,
                                                 size_t params_size, struct seam_stream **stream,
                                                 struct seam_model *model,
                                                 const struct seam_plan *plan,
                                                 const struct seam_source *source,
                                                 const struct seam_stream_params *params,
                                                 struct seam_log *log) SEAM_NODISCARD;
SEAM_API void seam_stream_plan_sized(size_t plan_size, const struct seam_stream *stream,
                                     struct seam_plan *plan);
SEAM_API enum seam_result seam_restored_sized(size_t facts_size, size_t params_size,
                                              struct seam_picture *result,
                                              const struct seam_picture *picture,
                                              const struct seam_facts *facts,
                                              const struct seam_params *params,
                                              struct seam_log *log) SEAM_NODISCARD;
SEAM_API enum seam_result seam_restore_sized(size_t params_size, struct seam_model *model,
                                             const struct seam_picture *picture,
                                             const void *samples, void *out,
                                             const struct seam_params *params,
                                             struct seam_log *log) SEAM_NODISCARD;

#ifndef SEAM_BUILDING
#define seam_stream_params_init(...) \
    seam_stream_params_init_sized(sizeof(struct seam_stream_params), __VA_ARGS__)
#define seam_stream_open(...) \
    seam_stream_open_sized(sizeof(struct seam_plan), sizeof(struct seam_source), \
                           sizeof(struct seam_stream_params), __VA_ARGS__)
#define seam_stream_plan(...) \
    seam_stream_plan_sized(sizeof(struct seam_plan), __VA_ARGS__)
#define seam_restored(...) \
    seam_restored_sized(sizeof(struct seam_facts), sizeof(struct seam_params), __VA_ARGS__)
#define seam_restore(...) \
    seam_restore_sized(sizeof(struct seam_params), __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif

#endif /* SEAMLESS_STREAM_H */
