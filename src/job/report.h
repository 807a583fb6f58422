/* What is said of a picture, as JSON. */
#ifndef SEAM_REPORT_H
#define SEAM_REPORT_H

#include "job/json.h"
#include "seamless/job.h"

/* Likewise of a picture that is only planned: `seconds` are an estimate, and nothing was
 * measured. */
void seam_report_planned(const struct seam_job_report *report, const struct seam_model *model,
                         FILE *to);

/* Say a plan in lines, to whom wants to hear that. */
void seam_report_say_plan(const struct seam_plan *plan, struct seam_log *log);

/* Megapixels of the input that were, or will be, restored in a second; 0 where that is not
 * known. */
double seam_report_speed(const struct seam_job_report *report);

/* The nodes that no halo makes exact, as a list of objects. */
void seam_report_unbounded(struct seam_json *o, const struct seam_model *model, size_t count);

#endif /* SEAM_REPORT_H */
