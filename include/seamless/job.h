/*
 * Pictures from file to file, with everything that the command does. Opt-in: the files are read and
 * written by libvips, which the program has started (VIPS_INIT).
 *
 *     struct seam_job_params params;
 *     struct seam_job *job = NULL;
 *     seam_job_params_init(&params);
 *     if (seam_job_open(&job, model, "scan.tif", "restored.tif", &params, &log) == SEAM_OK &&
 *         seam_job_run(job) == SEAM_OK)
 *         printf("%.1f s\n", seam_job_get_report(job)->seconds);
 *     seam_job_close(&job);
 *
 * A job looks at no environment but TMPDIR, changes no setting of the process or of libvips, and
 * handles no signal. A program that wants little memory says so to libvips itself:
 * vips_cache_set_max(0), and vips_concurrency_set() with the threads it grants.
 */
#ifndef SEAMLESS_JOB_H
#define SEAMLESS_JOB_H

#include <stdio.h>

#include <seamless/seamless.h>

#ifdef __cplusplus
extern "C" {
#endif

enum seam_job_status {
    SEAM_JOB_RESTORED,
    SEAM_JOB_SKIPPED,   /* nothing was to be done: an earlier run had finished it, or its result was
                           there */
    SEAM_JOB_FAILED,
    SEAM_JOB_CANCELLED,
    SEAM_JOB_PLANNED,   /* nothing was to be done but to tell what would be */
};

/* "restored"; NULL where there is none. Static storage. */
SEAM_API const char *seam_job_status_name(enum seam_job_status value);

/* How a result fits a box of pixels. */
enum seam_fit {
    SEAM_FIT_INSIDE, /* as large as goes into it, in the picture's own proportions */
    SEAM_FIT_EXACT,  /* of its very size, which may distort the picture */
    SEAM_FIT_FILL,   /* as small as covers it, in the picture's own proportions */
};

/*
 * The size that a result is to have. At most one of a box, `scale`, `megapixels` and a print is
 * given, and all 0 is the size that the network makes. What the network makes is then resampled in
 * linear light, by Lanczos3 where it becomes smaller, while it is made.
 */
struct seam_size {
    int64_t width, height; /* of a box, in pixels; one of them 0: it follows from the other.
                              Default 0. */
    enum seam_fit fit;     /* Default SEAM_FIT_INSIDE. */
    double scale;          /* result over picture, along a side. Default 0. */
    double megapixels;     /* of the result, 10^6 pixels. Default 0. */
    double dpi;            /* pixels per inch that the result says it has; 0: the picture's own,
                              scaled. Default 0. */
    double print_width;    /* of a sheet that the result fits into at `dpi`, in centimetres, turned
                              as the picture lies. Default 0. */
    double print_height;   /* likewise. Default 0. */
    int64_t most_side;     /* the longer side of whatever results is no longer than that, in pixels;
                              0: any. Default 0. */
};

/* What becomes of colours that a profile says are no sRGB, which networks are trained on. */
enum seam_colour {
    SEAM_COLOUR_AUTO,    /* as SEAM_COLOUR_CONVERT, where no transfer is asked for */
    SEAM_COLOUR_CONVERT, /* the network gets sRGB, beyond 0..1 where that does not hold a colour,
                            and the result is of the picture's profile again */
    SEAM_COLOUR_KEEP,    /* the network gets them as they are stored */
};

/* A rectangle of a picture, in pixels, upright. */
struct seam_region {
    int64_t left, top, width, height;
};

/* What became of a picture. Its strings and its plan live as long as the job. */
struct seam_job_report {
    enum seam_job_status status;
    enum seam_result result;
    const char *input, *output; /* as they were named */
    const char *error;          /* in words; "" where nothing failed */
    const char *const *notices; /* warnings and notices, in the order in which they came */
    size_t notice_count;
    const char *model, *engine; /* "denoise", "native" */
    const struct seam_plan *plan; /* as it stood at the end, with smaller tiles where the first did
                                     not fit; NULL where it came to none: what follows is 0 then */
    int64_t width, height;         /* of a page, or of the region, in pixels */
    int64_t out_width, out_height; /* of a page of the result */
    int passes;                    /* through the network: 1, or 2 */
    int64_t pages;
    int64_t tiles;        /* of all pages, those of an earlier run that was gone on with included */
    double waste;         /* the area that went through the network over the picture's, less 1 */
    int64_t resumed_rows; /* of the result, that an earlier run had finished */
    int threads;
    double seconds;       /* from the plan to the file in its place; of what is only planned: by
                             trial runs, 0 where nothing tells */
    double megapixels_per_second; /* of the input, by this run */
    uint64_t planned_peak_bytes;  /* that the process was expected to hold */
    uint64_t peak_bytes;          /* the most it ever held */
    uint64_t output_bytes;        /* of the file that was written; 0: not known */
    const char *output_sha256;    /* of that file, in hexadecimal; "": nobody asked for it */
    int64_t ensemble;             /* as in struct seam_facts */
};

/* Write the report as one JSON object on a line of its own; docs/json.md tells its members. */
SEAM_API void seam_job_print_json(const struct seam_job_report *report, FILE *to);

/* What a job is told. All of it is copied when the job opens. */
struct seam_job_params {
    const struct seam_params *params; /* of the plan. Default NULL: the defaults. */
    const struct seam_size *size; /* of the result. Default NULL: what the network makes. */
    const struct seam_region *region; /* restore it alone: its result is that part of the whole
                                         picture's, bit for bit where that is exact; `size` is of
                                         it. Default NULL: the whole picture. */
    int passes;         /* how often the picture goes through the network, 1 or 2; SEAM_AUTO: twice
                           where `size` asks for more than one pass gives, and the network gives as
                           many channels as it takes. Default SEAM_AUTO. */
    int transfer;       /* as in struct seam_vips_params. Default SEAM_AUTO. */
    int page;           /* 1 is the first; 0: all. Default 0. */
    const char *format; /* of a result that goes to standard output, as libvips names it: "png",
                           "tif[tile]". Default NULL: "png". */
    bool resume;        /* keep finished rows in a journal beside the output, go on with those of a
                           run that ended early, and keep a list of what a batch has finished.
                           Default false. */
    bool allow_damaged; /* restore what can be read of a file that is cut short. Default false. */
    bool dry_run;       /* decide and check everything, and write nothing: the report has the plan.
                           Default false. */
    bool preserve;      /* give the result's file the times of the picture's. Default false. */
    bool checksum;      /* tell the SHA-256 of the file that was written. Default false. */
    int threads;        /* as in struct seam_stream_params. Default 0. */
    /* Called once with nothing done and no plan yet, then as in struct seam_stream_params; false
     * cancels. Default NULL. */
    bool (*progress)(void *opaque, const struct seam_progress *progress);
    /* Asked now and then, from any thread, while there is no progress to tell too; true cancels.
     * Default NULL. */
    bool (*cancelled)(void *opaque);
    /* Called with each picture of a batch before it begins. Default NULL. */
    void (*begun)(void *opaque, const char *input);
    /* Called with each picture of a batch that is done with, in whatever way. Default NULL. */
    void (*finished)(void *opaque, const struct seam_job_report *report);
    /* Asked for the model that a picture of a batch goes through, before it begins; NULL: the
     * batch's own. The model must outlive the batch. Default NULL. */
    struct seam_model *(*choose)(void *opaque, const char *input);
    void *opaque; /* handed to all of them. Default NULL. */
    enum seam_colour colour; /* Default SEAM_COLOUR_AUTO. */
    int reserved;            /* 0 */
    bool strip;   /* write no metadata but the colour profile and the resolution; else all that the
                     format holds, and a line in XMP and EXIF of what was done. Default false. */
    const char *nodata; /* what samples are where nothing was measured: a number, "nan", "none", or
                           "auto": what GDAL says in a GeoTIFF, and there NaN. Such pixels of a
                           picture of 1 or 3 bands are hidden from the network as transparent ones
                           are, and come back as they were, enlarged where the picture is. Of
                           floats a pixel is such where one band is. Default NULL: "auto". */
    const char *mask; /* a grey picture of the picture's size: where it is white the result is
                         restored, where it is black it is the picture's own, to the bit where it
                         has the picture's size and depth, and grey blends the two as they are
                         stored. Default NULL: restored everywhere. */
    int64_t preview;  /* 1: of `region`, or else the middle, 512 pixels a side: the picture as it
                         was, brought to the result's size, with the result at its right; 0: the
                         result. Default 0. */
    /* As `choose`, which is not asked where this is set, but from any thread, several at a time:
     * the model of a picture of a batch, the batch's own included. What there is to say goes to
     * `log`. Where the picture is not `alone`, others are in the making: a model that is not open
     * yet is NULL then, and is asked for once more when it is. Default NULL. */
    struct seam_model *(*pick)(void *opaque, const char *input, bool alone, struct seam_log *log);
};

SEAM_API void seam_job_params_init(struct seam_job_params *params);

/*
 * One picture, from file to file.
 *
 * Thread-safety: one call at a time, but for seam_job_cancel(). Jobs may run at the same time, each
 * on a model of its own.
 */
struct seam_job;

/*
 * Set up the restoration of `input`, anything that libvips reads, with its options in brackets, or
 * "-", standard input; to `output`, anything that libvips writes, or "-", standard output. Nothing
 * is read yet. `model` and `log` must outlive the job; `params` may be NULL.
 *
 * Errors: SEAM_ERROR_MEMORY, SEAM_ERROR_ARGUMENT where a setting is none that there is.
 */
SEAM_API enum seam_result seam_job_open(struct seam_job **job, struct seam_model *model,
                                        const char *input, const char *output,
                                        const struct seam_job_params *params,
                                        struct seam_log *log) SEAM_NODISCARD;

/*
 * Do it, once: trial runs, plan, room on disk, rows through the network into a file beside the
 * output, which takes its name when it is whole. An older file of that name is intact until then,
 * and nothing is left behind on failure but the journal.
 *
 * Errors: all of enum seam_result; a message names the file, what is wrong and the remedy.
 */
SEAM_API enum seam_result seam_job_run(struct seam_job *job) SEAM_NODISCARD;

/* Ask it to stop: seam_job_run() soon returns SEAM_CANCELLED. From any thread, and from a signal
 * handler. */
SEAM_API void seam_job_cancel(struct seam_job *job);

/* What became of it, once seam_job_run() has returned. Lives as long as the job. */
SEAM_API const struct seam_job_report *seam_job_get_report(const struct seam_job *job);

SEAM_API void seam_job_close(struct seam_job **job);

/* ------------------------------------------------------------------------------------------------
 * Many pictures
 * --------------------------------------------------------------------------------------------- */

struct seam_batch_params {
    const char *const *inputs; /* pictures, and folders of them; NULL at the end. Default NULL. */
    const char *list;          /* a file that names more, one a line or each ended by a NUL; "-":
                                  standard input. Default NULL: none. */
    const char *output;        /* a folder that is there, one to be made (ends in /), or a name in
                                  which {name} and {ext} are the input's, {model} the network's,
                                  and {scale}, {width}, {height} the result's; with one picture
                                  its file. Default NULL. */
    bool recursive;            /* folders in folders too: the result of each picture goes to one
                                  of the same name under the output's, made when it is needed.
                                  Default false. */
    const char *const *include; /* patterns as a shell's: of the pictures in folders only those
                                   whose name matches one, or, of a pattern with a slash, whose way
                                   from the folder that was named. NULL at the end. Default NULL:
                                   all. */
    const char *const *exclude; /* likewise: not those, nor folders of such a name. Default NULL. */
    bool skip_existing;        /* leave out pictures whose result is there. Default false. */
    bool newer;                /* leave out those whose result is there and not older than they are.
                                  Default false. */
    bool (*cancelled)(void *opaque); /* as in struct seam_job_params. Default NULL. */
    void *opaque;              /* handed to it. Default NULL. */
};

SEAM_API void seam_batch_params_init(struct seam_batch_params *params);

/* Pictures and where they go. Thread-safety: one call at a time. */
struct seam_batch;

/*
 * Take inputs, folders and the list apart and give each picture its output. `params` is not kept;
 * `log` is used during this call alone.
 *
 * Errors: SEAM_ERROR_ARGUMENT where two would go to one file, or one over an input; SEAM_ERROR_IO
 * where a folder or the list cannot be read, or holds nothing; SEAM_CANCELLED.
 */
SEAM_API enum seam_result seam_batch_open(struct seam_batch **batch,
                                          const struct seam_batch_params *params,
                                          struct seam_log *log) SEAM_NODISCARD;

/* How many pictures there are. */
SEAM_API size_t seam_batch_count(const struct seam_batch *batch);

/* Whether several were asked for, even where a folder held one. */
SEAM_API bool seam_batch_is_several(const struct seam_batch *batch);

/*
 * Restore them; a failure does not stop the rest, params->progress or ->cancelled do. With
 * params->resume, pictures that an earlier run finished are skipped. `log` gets the messages of
 * all, and keeps the first error. Small pictures that stream by rows are restored side by side,
 * each on one thread, where the budget has room for that and `choose` is not set; what is told of
 * them comes in their order, from the thread of the call, and of their progress only the end.
 *
 * Returns the last failure; SEAM_OK where there was none.
 */
SEAM_API enum seam_result seam_batch_run(struct seam_batch *batch, struct seam_model *model,
                                         const struct seam_job_params *params,
                                         struct seam_log *log) SEAM_NODISCARD;

SEAM_API void seam_batch_close(struct seam_batch **batch);

/* ------------------------------------------------------------------------------------------------
 * For programs that were built against another header than the library: see seamless/base.h
 * --------------------------------------------------------------------------------------------- */

SEAM_API void seam_job_print_json_sized(size_t report_size, const struct seam_job_report *report,
                                        FILE *to);
SEAM_API void seam_job_params_init_sized(size_t job_size, struct seam_job_params *params);
SEAM_API enum seam_result seam_job_open_sized(size_t job_size, size_t params_size,
                                              struct seam_job **job, struct seam_model *model,
                                              const char *input, const char *output,
                                              const struct seam_job_params *params,
                                              struct seam_log *log) SEAM_NODISCARD;
SEAM_API void seam_batch_params_init_sized(size_t batch_size, struct seam_batch_params *params);
SEAM_API enum seam_result seam_batch_open_sized(size_t batch_size, struct seam_batch **batch,
                                                const struct seam_batch_params *params,
                                                struct seam_log *log) SEAM_NODISCARD;
SEAM_API enum seam_result seam_batch_run_sized(size_t job_size, size_t params_size,
                                               struct seam_batch *batch, struct seam_model *model,
                                               const struct seam_job_params *params,
                                               struct seam_log *log) SEAM_NODISCARD;

#ifndef SEAM_BUILDING
#define seam_job_print_json(...) \
    seam_job_print_json_sized(sizeof(struct seam_job_report), __VA_ARGS__)
#define seam_job_params_init(...) \
    seam_job_params_init_sized(sizeof(struct seam_job_params), __VA_ARGS__)
#define seam_job_open(...) \
    seam_job_open_sized(sizeof(struct seam_job_params), sizeof(struct seam_params), __VA_ARGS__)
#define seam_batch_params_init(...) \
    seam_batch_params_init_sized(sizeof(struct seam_batch_params), __VA_ARGS__)
#define seam_batch_open(...) \
    seam_batch_open_sized(sizeof(struct seam_batch_params), __VA_ARGS__)
#define seam_batch_run(...) \
    seam_batch_run_sized(sizeof(struct seam_job_params), sizeof(struct seam_params), \
                         __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif

#endif /* SEAMLESS_JOB_H */
