/* Restore a picture file into another, and say as JSON what was done: restore_file MODEL IN OUT
 *
 *     cc restore_file.c $(pkg-config --cflags --libs seamless vips) -o restore_file
 */
#include <stdio.h>

#include <seamless/job.h>
#include <vips/vips.h>

static bool show(void *opaque, const struct seam_progress *progress)
{
    (void)opaque;
    if (progress->tiles > 0)
        fprintf(stderr, "\r%3.0f %%",
                100.0 * (double)progress->tiles_done / (double)progress->tiles);
    return true; /* false would cancel */
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: restore_file MODEL IN OUT\n");
        return 2;
    }
    if (VIPS_INIT(argv[0]))
        return 1;
    struct seam_model *model = NULL;
    struct seam_job *job = NULL;
    struct seam_job_params params;
    struct seam_log log;
    seam_log_init(&log);
    seam_job_params_init(&params);
    params.progress = show;
    enum seam_result r = seam_model_open(&model, argv[1], NULL, &log);
    if (r == SEAM_OK)
        r = seam_job_open(&job, model, argv[2], argv[3], &params, &log);
    if (r == SEAM_OK) {
        r = seam_job_run(job);
        fputc('\n', stderr);
        seam_job_print_json(seam_job_get_report(job), stdout);
    }
    if (r != SEAM_OK)
        fprintf(stderr, "restore_file: %s: %s\n", seam_result_name(r), log.error);
    seam_job_close(&job);
    seam_model_close(&model);
    vips_shutdown();
    return r != SEAM_OK;
}
