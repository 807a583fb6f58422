/* The public functions for a program whose structs have other sizes. */
#include "base/sized.h"
#include "seamless/job.h"

void seam_job_print_json_sized(size_t report_size, const struct seam_job_report *report, FILE *to)
{
    struct seam_job_report own = { 0 };
    SEAM_TAKE(own, report, report_size);
    seam_job_print_json(&own, to);
}

void seam_job_params_init_sized(size_t job_size, struct seam_job_params *params)
{
    struct seam_job_params own;
    seam_job_params_init(&own);
    SEAM_GIVE(params, job_size, own);
}

/* With the settings of the plan that they point to. */
static void take(struct seam_job_params *own, struct seam_params *own_params,
                 const struct seam_job_params *params, size_t job_size, size_t params_size)
{
    seam_job_params_init(own);
    seam_params_init(own_params);
    SEAM_TAKE(*own, params, job_size);
    if (own->params) {
        SEAM_TAKE(*own_params, own->params, params_size);
        own->params = own_params;
    }
}

enum seam_result seam_job_open_sized(size_t job_size, size_t params_size, struct seam_job **job,
                                     struct seam_model *model, const char *input,
                                     const char *output, const struct seam_job_params *params,
                                     struct seam_log *log)
{
    struct seam_job_params own;
    struct seam_params own_params;
    take(&own, &own_params, params, job_size, params_size);
    return seam_job_open(job, model, input, output, &own, log);
}

void seam_batch_params_init_sized(size_t batch_size, struct seam_batch_params *params)
{
    struct seam_batch_params own;
    seam_batch_params_init(&own);
    SEAM_GIVE(params, batch_size, own);
}

enum seam_result seam_batch_open_sized(size_t batch_size, struct seam_batch **batch,
                                       const struct seam_batch_params *params,
                                       struct seam_log *log)
{
    struct seam_batch_params own;
    seam_batch_params_init(&own);
    SEAM_TAKE(own, params, batch_size);
    return seam_batch_open(batch, &own, log);
}

enum seam_result seam_batch_run_sized(size_t job_size, size_t params_size,
                                      struct seam_batch *batch, struct seam_model *model,
                                      const struct seam_job_params *params, struct seam_log *log)
{
    struct seam_job_params own;
    struct seam_params own_params;
    take(&own, &own_params, params, job_size, params_size);
    return seam_batch_run(batch, model, &own, log);
}
