/*
 * libseamless on libvips images. Opt-in: this header alone brings libvips in.
 *
 *     VipsImage *in = vips_image_new_from_file("scan.tif", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
 *     VipsImage *out = NULL;
 *     struct seam_plan plan;
 *     if (seam_vips_restore(model, in, &out, &plan, NULL, &log) == SEAM_OK)
 *         vips_image_write_to_file(out, "restored.tif", NULL);
 */
#ifndef SEAMLESS_VIPS_H
#define SEAMLESS_VIPS_H

#include <seamless/seamless.h>
#include <vips/vips.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Settings of seam_vips_restore(). */
struct seam_vips_params {
    struct seam_params params;           /* of the plan */
    struct seam_stream_params callbacks; /* progress counts the tiles of all pages */
    int transfer;                        /* an enum seam_transfer; SEAM_AUTO: linear where the
                                            header says scRGB and no profile is embedded.
                                            Default SEAM_AUTO. */
    const char *name;                    /* of the picture, for messages; must outlive the result.
                                            Default NULL: "the picture". */
    struct seam_journal *journal;        /* where finished rows are kept, and taken from; must
                                            outlive the result. Default NULL. */
    const char *source;                  /* what tells the picture from any other, one line, such as
                                            a checksum of its file; kept in the journal. Default
                                            NULL: nothing does. */
    uint64_t held_bytes;                 /* that decoder and encoder hold of the picture at a time,
                                            where they are of formats that do not come row by row:
                                            counted in the plan. Default 0. */
    int64_t rows_behind;                 /* of the result, that whoever reads it may come back to,
                                            and whose own rows are in held_bytes. Default 0: as
                                            many as libvips' savers do. */
    const int64_t *wanted;               /* rows of the result, of all its pages, that are wanted:
                                            the first of some, that behind them, and so on,
                                            ascending. Others may be black: where many lie together
                                            they go through no network. Must outlive the result.
                                            Default NULL: all. */
    size_t wanted_count;                 /* numbers there, a multiple of 2. Default 0. */
    bool allow_damaged;                  /* the picture was opened so that what can be read of it is
                                            restored: no message offers that. Default false. */
};

SEAM_API void seam_vips_params_init(struct seam_vips_params *params);

/*
 * Make *out, an image whose pixels are restored while they are read, once, top to bottom, as every
 * libvips saver does. Pages of a multi-page image (those that `page-height` marks) are restored one
 * by one. Metadata is carried over, resolution scaled. CMYK, Lab and the like become sRGB, with a
 * notice; orientation is not looked at (vips_autorot() does that).
 *
 * *plan, if not NULL, becomes the plan of one page. `model` and `log` must outlive *out; `params`
 * (NULL: the defaults) is copied. What goes wrong while *out is read is in `log` and fails that
 * read in libvips; as its savers sometimes miss it, ask log->result after them.
 *
 * With a journal, rows that it holds come from there and all others go there, band by band: what
 * ended early goes on. Errors: SEAM_ERROR_ARGUMENT where it is of another picture, model, plan,
 * version, engine or CPU. When the result is safe, seam_journal_remove().
 *
 * Thread-safety: *out may be read by a libvips pipeline of any number of threads.
 */
SEAM_API enum seam_result seam_vips_restore(struct seam_model *model, VipsImage *in,
                                            VipsImage **out, struct seam_plan *plan,
                                            const struct seam_vips_params *params,
                                            struct seam_log *log) SEAM_NODISCARD;

/* The plan of one page that seam_vips_restore() would make: only the header of `in` is looked
 * at. */
SEAM_API enum seam_result seam_vips_plan(struct seam_model *model, VipsImage *in,
                                         struct seam_plan *plan,
                                         const struct seam_vips_params *params,
                                         struct seam_log *log) SEAM_NODISCARD;

/* ------------------------------------------------------------------------------------------------
 * For programs that were built against another header than the library: see seamless/base.h
 * --------------------------------------------------------------------------------------------- */

SEAM_API void seam_vips_params_init_sized(size_t vips_size, size_t params_size,
                                          size_t callbacks_size, struct seam_vips_params *params);
SEAM_API enum seam_result seam_vips_restore_sized(size_t vips_size, size_t params_size,
                                                  size_t callbacks_size, size_t plan_size,
                                                  struct seam_model *model, VipsImage *in,
                                                  VipsImage **out, struct seam_plan *plan,
                                                  const struct seam_vips_params *params,
                                                  struct seam_log *log) SEAM_NODISCARD;
SEAM_API enum seam_result seam_vips_plan_sized(size_t vips_size, size_t params_size,
                                               size_t callbacks_size, size_t plan_size,
                                               struct seam_model *model, VipsImage *in,
                                               struct seam_plan *plan,
                                               const struct seam_vips_params *params,
                                               struct seam_log *log) SEAM_NODISCARD;

#ifndef SEAM_BUILDING
#define seam_vips_params_init(...) \
    seam_vips_params_init_sized(sizeof(struct seam_vips_params), sizeof(struct seam_params), \
                                sizeof(struct seam_stream_params), __VA_ARGS__)
#define seam_vips_restore(...) \
    seam_vips_restore_sized(sizeof(struct seam_vips_params), sizeof(struct seam_params), \
                            sizeof(struct seam_stream_params), sizeof(struct seam_plan), \
                            __VA_ARGS__)
#define seam_vips_plan(...) \
    seam_vips_plan_sized(sizeof(struct seam_vips_params), sizeof(struct seam_params), \
                         sizeof(struct seam_stream_params), sizeof(struct seam_plan), \
                         __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif

#endif /* SEAMLESS_VIPS_H */
