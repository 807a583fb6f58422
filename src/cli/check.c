/* seamless check: the same crop in tiles and in one piece, and by rows where restore would stream
 * them, compared before rounding. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "job/json.h"
#include "plan/geometry.h"
#include "libvips/crop.h"
#include "files/load.h"
#include "files/save.h"
#include "base/log.h"

/* A crop in memory, restored twice, or three times. */
struct check {
    struct cli_options options;
    struct seam_session session;
    struct seam_crop crop;
    struct seam_plan tiled_plan, whole_plan, rows_plan;
    float *tiled, *whole, *rows; /* `rows` NULL: tiles are all that restore would do */
    int64_t count; /* floats of each */
};

static bool same_bits(const struct check *c, const float *result)
{
    return memcmp(result, c->whole, (size_t)c->count * sizeof(float)) == 0;
}

struct findings {
    double largest; /* difference, of the range 0..1 */
    double psnr;    /* dB; infinite where nothing differs */
    double share;   /* of samples that differ once rounded to 8 bit */
    double seam;    /* mean step across tile borders over mean step elsewhere */
};

static int check_read(void *opaque, int64_t y, int64_t rows, void *dst)
{
    const struct check *c = opaque;
    const size_t row_bytes = c->crop.row_bytes;
    memcpy(dst, c->crop.samples + (size_t)y * row_bytes, (size_t)rows * row_bytes);
    return 0;
}

static enum seam_result restore_crop(struct check *c, const struct seam_params *params,
                                     struct seam_plan *plan, float **result, struct seam_log *log)
{
    struct seam_machine machine;
    struct seam_stream *stream = NULL;
    const struct seam_source source = { .opaque = c, .read = check_read };
    seam_machine_measure(&machine);
    enum seam_result r =
        seam_plan_make(plan, &c->crop.picture, &c->session.facts, params, &machine, log);
    if (r != SEAM_OK)
        return r;
    c->count = plan->x.out_size * plan->y.out_size * plan->out_bands;
    *result = malloc((size_t)c->count * sizeof(float));
    if (!*result)
        return seam_log_fail(log, SEAM_ERROR_MEMORY,
                             "no memory for the crop: use a smaller --crop");
    struct cli_progress progress;
    cli_progress_begin(&progress, &c->options);
    const struct seam_stream_params callbacks = {
        .progress = cli_progress_update,
        .opaque = &progress,
        .threads = c->session.threads,
    };
    r = seam_stream_open(&stream, c->session.model, plan, &source, &callbacks, log);
    if (r == SEAM_OK)
        r = seam_stream_read(stream, plan->y.out_size, *result, 0);
    seam_stream_close(&stream);
    cli_progress_end(&progress);
    return r;
}

static int round_8(float v)
{
    return (int)(CLAMP(v, 0.0f, 1.0f) * 255 + 0.5f);
}

/* Steps between neighbours, at the borders of cores and elsewhere. */
struct steps {
    double sum[2];
    int64_t count[2];
};

/* Add the steps from line i - 1 to line i: `apart` samples lie between neighbours, `along` between
 * two pixels of a line of `length`. */
static void add_steps(const struct check *c, struct steps *s, bool border, int64_t first,
                      int64_t apart, int64_t along, int64_t length)
{
    for (int64_t k = 0; k < length; k++)
        for (int64_t b = 0; b < c->tiled_plan.out_bands; b++) {
            const float *at = c->tiled + first + k * along + b;
            s->sum[border] += fabs((double)at[0] - (double)at[-apart]);
            s->count[border]++;
        }
}

/* Mean step of the restored picture across the lines where tiles meet, over that elsewhere: about 1
 * where tiles cannot be told, far more where they can. */
static double seam_score(const struct check *c)
{
    const struct seam_plan *p = &c->tiled_plan;
    const int64_t bands = p->out_bands, row = p->x.out_size * bands;
    struct steps s = { { 0, 0 }, { 0, 0 } };
    for (int64_t i = 1; i < p->x.out_size; i++)
        add_steps(c, &s, cli_begins_core(&p->x, p, i), i * bands, bands, row, p->y.out_size);
    for (int64_t j = 1; j < p->y.out_size; j++)
        add_steps(c, &s, cli_begins_core(&p->y, p, j), j * row, row, bands, p->x.out_size);
    if (s.count[0] == 0 || s.count[1] == 0 || s.sum[1] <= 0)
        return 1;
    if (s.sum[0] <= 0)
        return INFINITY; /* flat but for where tiles meet */
    return s.sum[1] / (double)s.count[1] / (s.sum[0] / (double)s.count[0]);
}

static struct findings compare(const struct check *c)
{
    struct findings f = { 0 };
    double squares = 0;
    int64_t differ = 0;
    for (int64_t i = 0; i < c->count; i++) {
        const double d = fabs((double)c->tiled[i] - (double)c->whole[i]);
        f.largest = d > f.largest ? d : f.largest;
        squares += d * d;
        differ += round_8(c->tiled[i]) != round_8(c->whole[i]);
    }
    f.psnr = squares > 0 ? -10 * log10(squares / (double)c->count) : INFINITY;
    f.share = (double)differ / (double)c->count;
    f.seam = seam_score(c);
    return f;
}

static void print_findings(const struct check *c, const struct findings *f)
{
    const struct seam_plan *p = &c->tiled_plan;
    const bool identical = same_bits(c, c->tiled);
    if (c->options.json) {
        struct seam_json top = { .to = stdout }, o = seam_json_open(&top, NULL, '{');
        seam_json_string(&o, "model", c->session.facts.name);
        seam_json_string(&o, "exact", seam_exact_name(p->exact));
        seam_json_bool(&o, "identical", identical);
        if (c->rows)
            seam_json_bool(&o, "rows_identical", same_bits(c, c->rows));
        else
            seam_json_null(&o, "rows_identical");
        seam_json_real(&o, "max_difference", f->largest);
        seam_json_real(&o, "psnr", f->psnr);
        seam_json_real(&o, "differing_samples", f->share);
        seam_json_real(&o, "seam_score", f->seam);
        seam_json_integer(&o, "tiles", p->x.tiles * p->y.tiles);
        seam_json_integer(&o, "tile_width", p->x.tile);
        seam_json_integer(&o, "tile_height", p->y.tile);
        seam_json_integer(&o, "halo", p->halo);
        seam_json_string(&o, "halo_reason", seam_halo_reason_name(p->halo_reason));
        seam_json_string(&o, "blend", seam_blend_name(p->blend));
        seam_json_close(&o, '}');
        putchar('\n');
        return;
    }
    printf("%lld x %lld pixels in %lld x %lld tiles of %lld x %lld, halo %lld, against one piece\n",
           (long long)p->x.size, (long long)p->y.size, (long long)p->x.tiles,
           (long long)p->y.tiles, (long long)p->x.tile, (long long)p->y.tile, (long long)p->halo);
    if (c->rows && c->rows_plan.exact != p->exact)
        printf("promised            %s in tiles, %s by rows\n", seam_exact_name(p->exact),
               seam_exact_name(c->rows_plan.exact));
    else
        printf("promised            %s\n", seam_exact_name(p->exact));
    printf("found               %s\n", identical ? "bit-identical" : "different");
    if (c->rows)
        printf("streamed by rows    %s\n", same_bits(c, c->rows) ? "bit-identical" : "different");
    printf("largest difference  %.3g of the range\n", f->largest);
    if (isfinite(f->psnr))
        printf("PSNR                %.2f dB\n", f->psnr);
    else
        printf("PSNR                infinite\n");
    printf("8-bit samples apart %.4f %%\n", 100 * f->share);
    printf("seam score          %.3f (%s)\n", f->seam,
           identical ? "of the picture itself: no tile can be seen"
                     : "1: tile borders look like the rest");
}

/* Model and picture: a crop of its middle. */
static enum seam_result open_check(struct check *c, struct seam_log *log)
{
    struct seam_load load;
    const struct seam_load_params where = {
        .path = c->options.inputs[0],
        .page = c->options.page ? c->options.page : 1,
        .allow_damaged = c->options.allow_damaged,
        .cancel = &cli_cancel,
    };
    if (c->options.heatmap && seam_save_same_file(c->options.heatmap, c->options.inputs[0]))
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s is the input too: give the heat map another name",
                             c->options.heatmap);
    enum seam_result r = cli_session_open(&c->session, &c->options, NULL, 0, log);
    if (r == SEAM_OK)
        r = seam_load_open(&load, &where, log);
    if (r != SEAM_OK)
        return r;
    r = seam_crop_take(&c->crop, load.image, load.name, c->options.crop, NULL,
                       c->options.transfer, &cli_cancel, log);
    seam_load_close(&load);
    return r;
}

/* A network that takes one size sees what remains of it beside the halo, whatever the crop. */
static enum seam_result no_whole(const struct check *c, struct seam_log *log)
{
    const struct seam_plan *whole = &c->whole_plan;
    const long long width = whole->x.padded, height = whole->y.padded;
    if (c->session.facts.fixed_width == 0)
        return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                             "%s takes %lld x %lld pixels at a time: there is no run in one piece "
                             "to compare with; use a smaller --crop",
                             c->session.facts.name, width, height);
    return seam_log_fail(log, SEAM_ERROR_ARGUMENT,
                         "%s takes %lld x %lld pixels and no other size, %lld x %lld without the "
                         "halo: there is no run in one piece to compare with; --halo N with a "
                         "smaller N leaves more, and so does an export for pictures of any size",
                         c->session.facts.name, width, height, (long long)whole->x.tile,
                         (long long)whole->y.tile);
}

/* The crop in tiles, as a whole, and as restore would do it. */
static enum seam_result restore_crops(struct check *c, struct seam_log *log)
{
    struct seam_params params = c->options.params;
    params.out_sample = SEAM_SAMPLE_F32;
    const struct seam_params asked = params;
    /* Some nine tiles, each of which has room for what it shares with its neighbours. */
    const int64_t least = MAX(16, 2 * c->session.facts.alignment);
    if (params.tile_width == SEAM_AUTO)
        params.tile_width = params.tile_height = MAX(least, c->options.crop / 3);
    enum seam_result r = seam_session_reach_crop(&c->session, &c->crop, &params, log);
    if (r == SEAM_OK)
        r = restore_crop(c, &params, &c->tiled_plan, &c->tiled, log);
    if (r == SEAM_OK)
        seam_halo_notice(&c->session, &c->tiled_plan, log);
    if (r == SEAM_OK && c->session.facts.rows.possible && asked.tile_width == SEAM_AUTO &&
        asked.halo == SEAM_AUTO)
        r = restore_crop(c, &asked, &c->rows_plan, &c->rows, log);
    if (!c->rows_plan.rows) {
        free(c->rows);
        c->rows = NULL;
    }
    /* What is summed up over the picture is so in rows and in one piece, which must see as much
     * around it. */
    params.halo = c->rows && c->rows_plan.passes > 1 ? c->rows_plan.margin : c->tiled_plan.halo;
    params.tile_width = params.tile_height = INT32_MAX;
    if (r == SEAM_OK)
        r = restore_crop(c, &params, &c->whole_plan, &c->whole, log);
    if (r != SEAM_OK)
        return r;
    if (c->whole_plan.x.tiles * c->whole_plan.y.tiles > 1)
        return no_whole(c, log);
    return r;
}

static enum seam_result run_check(struct check *c, struct seam_log *log)
{
    enum seam_result r = open_check(c, log);
    if (r == SEAM_OK)
        r = restore_crops(c, log);
    if (r != SEAM_OK)
        return r;
    const struct findings f = compare(c);
    print_findings(c, &f);
    if (c->options.heatmap)
        r = cli_heatmap_write(c->options.heatmap, &c->tiled_plan, c->tiled, c->whole, log);
    const enum seam_exact promised = c->tiled_plan.exact;
    const bool by_rows = !c->rows || same_bits(c, c->rows);
    const bool identical = same_bits(c, c->tiled) && by_rows;
    if (r == SEAM_OK && ((promised == SEAM_EXACT_BITS && !identical) || !by_rows ||
                         (promised == SEAM_EXACT_NUMERIC && f.largest > 1e-5)))
        return seam_log_fail(log, SEAM_ERROR_ENGINE,
                             "exactness was promised and does not hold: please report the model");
    return r;
}

int cli_check(int argc, char **argv)
{
    struct check c = { 0 };
    int code = cli_options_parse(&c.options, CLI_CHECK, argc, argv);
    if (code < 0) {
        struct seam_log log;
        cli_log_init(&log, cli_log_level(&c.options));
        code = cli_exit_code(run_check(&c, &log));
    }
    cli_session_close(&c.session);
    seam_crop_free(&c.crop);
    free(c.tiled);
    free(c.whole);
    free(c.rows);
    cli_options_clear(&c.options);
    return code;
}
