/* A job, for the files that make one up. */
#ifndef SEAM_JOB_PRIVATE_H
#define SEAM_JOB_PRIVATE_H

#include <glib.h>

#include "base/cancel.h"
#include "base/log.h"
#include "files/load.h"
#include "files/nodata.h"
#include "files/save.h"
#include "job/job.h"
#include "job/original.h"
#include "job/region.h"
#include "job/resume.h"
#include "job/shape.h"

struct seam_job {
    struct seam_session own, *session;
    char *input, *output, *format, *nodata_text, *mask;
    struct seam_nodata nodata;
    struct seam_job_params params;
    struct seam_params plan_params; /* what params.params points to */
    struct seam_size size;          /* what params.size points to */
    struct seam_region region;      /* what params.region points to */
    struct seam_region shown;       /* of the picture, in the result */
    struct seam_region part;        /* what of it goes through the network; width 0: all */
    struct seam_cut cut;            /* for that */
    GArray *wanted;                 /* rows of it that a mask needs, see needed.h; NULL: all */
    struct seam_cancel cancel;
    bool of_many;          /* what is said of it names it */
    int cancelled;         /* seam_job_cancel() was called; atomic */
    struct seam_log *outer; /* the caller's */
    struct seam_log log;
    GPtrArray *notices;

    struct seam_save save;
    struct seam_load load;
    struct seam_original original; /* for a mask, or a preview */
    struct seam_resume resume;
    struct seam_plan plan;    /* of the last pass */
    struct seam_shape shape;
    int64_t width, height;    /* of a page of the picture, or of the region */
    int64_t page_width, page_height; /* of a page of the picture */
    struct seam_progress now; /* of the pages together */
    uint64_t original_bytes;  /* that reading it once more, and the mask, holds */
    uint64_t reached;         /* bytes that the process had held when the first plan was made */
    gint64 start;             /* microseconds */
    char *sha256;             /* of the file that was written */
    char model[256], engine[264]; /* as in struct seam_facts, for the report */
    struct seam_job_report report;
};

/* Whether it is asked to stop, by whoever may. */
bool seam_job_asked_to_stop(void *job);

/* All of it, from file to file: what became of it is in the job, but for the report's end. */
enum seam_result seam_job_files(struct seam_job *job) SEAM_NODISCARD;

#endif /* SEAM_JOB_PRIVATE_H */
