#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "plan/plan.h"
#include "base/text.h"

struct printer {
    char *text;
    size_t size, length;
};

static void SEAM_PRINTF(2, 3) put(struct printer *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t left = p->length < p->size ? p->size - p->length : 0;
    int n = vsnprintf(left ? p->text + p->length : NULL, left, format, args);
    va_end(args);
    p->length += n > 0 ? (size_t)n : 0;
}

static void put_passes(struct printer *p, const struct seam_plan *plan)
{
    if (plan->passes <= 1)
        return;
    put(p,
        "passes    %d over the picture, the first %d for what the network takes of all of "
        "it; rows that are read again take %s on disk\n",
        plan->passes, plan->passes - 1, seam_text_bytes(seam_plan_spool(plan)).s);
    put(p, "resume    --resume begins with the first pass again, and goes on in the last where "
           "rows are missing\n");
}

static void put_tiles(struct printer *p, const struct seam_plan *plan)
{
    const struct seam_axis *x = &plan->x, *y = &plan->y;
    put(p, "tiles     %" PRId64 " x %" PRId64 " of %" PRId64 " x %" PRId64 ", padded %" PRId64
        " x %" PRId64, x->tiles, y->tiles, x->tile, y->tile, x->padded, y->padded);
    if (plan->batch > 1)
        put(p, ", %d in a run", plan->batch);
    if (plan->in_flight > 1)
        put(p, ", %d runs in flight", plan->in_flight);
    put(p, "\n");
    put(p, "halo      %" PRId64 " pixels, edge %s, exact: %s\n", plan->halo,
        seam_edge_name(plan->edge), seam_exact_name(plan->exact));
    put(p, "overlap   %" PRId64 " x %" PRId64 " pixels, blend %s\n", x->overlap, y->overlap,
        seam_blend_name(plan->blend));
    put(p, "waste     %.1f %% of the work is spent on halo and overlap\n",
        100 * plan->waste / (1 + plan->waste));
    put_passes(p, plan);
}

static void put_rows(struct printer *p, const struct seam_plan *plan)
{
    put(p,
        "rows      stream through the network: no tiles, no halo, no overlap; edge %s, exact: %s\n",
        seam_edge_name(plan->edge), seam_exact_name(plan->exact));
    put_passes(p, plan);
    if (plan->kept_bytes > 0)
        put(p,
            "kept      between passes %s at most: %s in memory, %s in TMPDIR or /var/tmp; %s are "
            "written and read\n",
            seam_text_bytes(plan->kept_bytes).s, seam_text_bytes(plan->kept_in_memory_bytes).s,
            seam_text_bytes(plan->kept_bytes - plan->kept_in_memory_bytes).s,
            seam_text_bytes(plan->moved_bytes).s);
}

/* A network of fewer channels than the picture has bands of colour. */
static void put_feed(struct printer *p, const struct seam_plan *plan)
{
    const int bands = seam_plan_colour_bands(plan), groups = seam_plan_colour_runs(plan);
    if (plan->feed == SEAM_FEED_LUMA)
        put(p, "colour    luma (%s) goes through the network, and chroma beside it\n",
            seam_luma_name(plan->luma));
    else if (plan->feed == SEAM_FEED_EACH && bands > 1)
        put(p, "colour    each band goes through the network by itself\n");
    else if (plan->feed == SEAM_FEED_GROUPS)
        put(p, "colour    bands go through the network by threes: %d group%s%s\n", groups,
            groups == 1 ? "" : "s",
            bands % 3 ? ", the last of them filled up with the last band" : "");
}

static const char *bits(enum seam_sample sample)
{
    return sample == SEAM_SAMPLE_F32 ? "" : " bit";
}

size_t seam_plan_print(const struct seam_plan *plan, char *text, size_t size)
{
    struct printer p = { text, size, 0 };
    const struct seam_axis *x = &plan->x, *y = &plan->y;
    put(&p, "picture   %" PRId64 " x %" PRId64 ", %d bands%s, %s%s\n", x->size, y->size,
        plan->picture.bands,
        plan->picture.alpha ? plan->picture.data ? " (one is data)" : " (one is alpha)" : "",
        seam_sample_name(plan->picture.sample), bits(plan->picture.sample));
    put(&p, "result    %" PRId64 " x %" PRId64 ", %d bands, %s%s; scale %s\n", x->out_size,
        y->out_size, plan->out_bands, seam_sample_name(plan->out_sample),
        bits(plan->out_sample),
        seam_text_ratio(plan->scale_num, plan->scale_den).s);
    put_feed(&p, plan);
    if (plan->rows)
        put_rows(&p, plan);
    else
        put_tiles(&p, plan);
    put(&p, "memory    %s of a budget of %s: ", seam_text_bytes(plan->peak_bytes).s,
        seam_text_bytes(plan->budget_bytes).s);
    put(&p, "window %s, ", seam_text_bytes(plan->window_bytes).s);
    put(&p, "band %s, ", seam_text_bytes(plan->band_bytes).s);
    put(&p, "tensors %s, ", seam_text_bytes(plan->tensor_bytes).s);
    put(&p, "engine %s, ", seam_text_bytes(plan->scratch_bytes).s);
    put(&p, "process %s\n", seam_text_bytes(plan->base_bytes).s);
    if (plan->device_budget_bytes)
        put(&p, "device    %s of a budget of %s\n", seam_text_bytes(plan->device_bytes).s,
            seam_text_bytes(plan->device_budget_bytes).s);
    return p.length;
}
