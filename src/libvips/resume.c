#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/cpu.h"
#include "libvips/resume.h"
#include "stream/journal.h"
#include "base/log.h"
#include "model/model.h"
#include "plan/plan.h"
#include "base/text.h"

/* Tiles follow from the memory that is free, which differs between runs: where they decide samples,
 * those of the earlier run are taken. */
static enum seam_result take_tiles(const struct seam_vips_params *params, struct seam_plan *plan,
                                   const struct seam_facts *facts, struct seam_log *log)
{
    char tiles[256];
    const struct seam_params *p = &params->params;
    if (plan->exact == SEAM_EXACT_BITS || p->tile_width != SEAM_AUTO ||
        p->tile_height != SEAM_AUTO ||
        !seam_journal_line(params->journal, "tiles", tiles, sizeof(tiles)) ||
        !seam_plan_take_tiles(plan, tiles, facts) || plan->peak_bytes <= plan->budget_bytes)
        return SEAM_OK;
    return seam_log_fail(
        log, SEAM_ERROR_MEMORY,
        "the run that is to go on used tiles of %lld x %lld, which need %s, and the "
        "budget is %s: give more --memory, or remove its journal to begin anew",
        (long long)plan->x.tile, (long long)plan->y.tile, seam_text_bytes(plan->peak_bytes).s,
        seam_text_bytes(plan->budget_bytes).s);
}

/* Everything that decides a sample of the result. */
static void write_identity(const struct seam_vips_params *params, const struct seam_model *model,
                           const struct seam_facts *facts, const struct seam_plan *plan,
                           int64_t pages, char *text, size_t size)
{
    char cpu[256], network[128], parts[2048];
    seam_model_identity(model, network, sizeof(network));
    seam_plan_identity(plan, parts, sizeof(parts));
    g_snprintf(text, size,
               "source: %s\nmodel: %s\n%spages: %lld\n"
               "version: %s, libvips %s\nengine: %s\nCPU: %s\n",
               params->source ? params->source : "", network, parts, (long long)pages,
               seam_version(),
               vips_version_string(), facts->engine_text, seam_cpu_text(cpu, sizeof(cpu)));
}

enum seam_result seam_io_resume(const struct seam_vips_params *params,
                                const struct seam_model *model, struct seam_plan *plan,
                                int64_t pages, struct seam_log *log)
{
    struct seam_facts facts;
    char identity[SEAM_JOURNAL_TEXT];
    seam_model_describe(model, &facts);
    enum seam_result r = take_tiles(params, plan, &facts, log);
    if (r != SEAM_OK)
        return r;
    write_identity(params, model, &facts, plan, pages, identity, sizeof(identity));
    const size_t row_bytes = (size_t)plan->x.out_size * (size_t)plan->out_bands *
                             seam_sample_bytes(plan->out_sample);
    return seam_journal_begin(params->journal, identity, plan->y.out_size * pages, row_bytes, log);
}

struct seam_run seam_run_begin(const struct seam_vips_params *params)
{
    return (struct seam_run){
        .journal = params->journal,
        .wanted = params->wanted,
        .wanted_count = params->wanted_count,
    };
}

/* Of rows that are to be made, those that are wanted, or are not. */
static void run_divide(struct seam_run *run, int64_t row)
{
    size_t i = 0;
    while (i < run->wanted_count && run->wanted[i] <= row)
        i++;
    run->unwanted = i % 2 == 0;
    if (i < run->wanted_count)
        run->end = seam_min(run->end, run->wanted[i]);
}

enum seam_result seam_run_move(struct seam_run *run, int64_t row, struct seam_log *log)
{
    struct seam_journal *j = run->journal;
    if (row < run->end)
        return SEAM_OK;
    run->end = INT64_MAX;
    run->held = run->unwanted = false;
    if (!j && run->wanted)
        run_divide(run, row);
    if (!j)
        return SEAM_OK;
    const enum seam_result r = seam_journal_commit(j, log);
    const int64_t has = seam_journal_has(j, row), lacks = seam_journal_lacks(j, row);
    seam_journal_seek(j, row);
    run->held = has > 0;
    if (run->held)
        run->end = row + has;
    else if (lacks < INT64_MAX)
        run->end = row + lacks;
    if (!run->held && run->wanted)
        run_divide(run, row);
    return r;
}
