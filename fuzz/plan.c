/* Fuzz target: a plan made of any request; then one with some of its numbers changed, which runs if
 * it is said to be sound. See standalone.h. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "standalone.h"

/* What has more is as slow as it should be. */
#define MOST_SAMPLES (1 << 20)
#define MOST_TILES (1 << 12)

struct input {
    const uint8_t *data;
    size_t size, at;
};

static unsigned take(struct input *in)
{
    return in->at < in->size ? in->data[in->at++] : 0;
}

/* Sizes that are small more often than not, and now and then out of all reason. */
static int64_t take_size(struct input *in)
{
    static const int64_t odd[] = { -2, -1, 0, INT32_MAX, INT64_MAX, INT64_MIN, 65536, 1 << 30 };
    const unsigned kind = take(in);
    return kind < 240 ? kind : kind < 248 ? odd[kind - 240] : 256 * (int64_t)take(in) + take(in);
}

static void take_facts(struct input *in, struct seam_facts *f)
{
    static const int channels[] = { 1, 3, 4, 16 };
    *f = (struct seam_facts){ .name = "net", .engine = "fuzz", .range_hi = 1 };
    f->channels_in = channels[take(in) % 4];
    f->channels_out = channels[take(in) % 4];
    f->scale_num = 1 + take(in) % 8;
    f->scale_den = f->scale_num == 1 ? 1 + take(in) % 4 : 1;
    f->alignment = 1 + take(in) % 64;
    f->crop = take(in) % 16;
    f->crop_shift_x = f->crop ? take(in) % 2 : 0;
    f->fixed_width = take(in) & 1 ? f->alignment * (1 + take(in) % 8) : 0;
    f->fixed_height = f->fixed_width;
    f->batches = take(in) & 1;
    f->scratch_per_pixel = take(in) * 8.0;
    f->field_known = take(in) & 1;
    f->field = f->halo = f->bits_halo = take(in);
    f->exact = f->field_known ? (enum seam_exact)(take(in) % 3) : SEAM_EXACT_NO;
    f->rows = (struct seam_rows_cost){ .possible = take(in) & 1, .column_bytes = take(in) * 64.0,
                                       .ahead = f->halo, .in_rows = 1 + take(in) % 8,
                                       .out_rows = 1 + take(in) % 8 };
}

static void take_request(struct input *in, struct seam_picture *picture, struct seam_params *p,
                         struct seam_machine *machine)
{
    *picture = (struct seam_picture){ .width = take_size(in), .height = take_size(in),
                                      .bands = (int)(take(in) % 6), .alpha = take(in) & 1,
                                      .sample = (enum seam_sample)(take(in) % 4) };
    seam_params_init(p);
    p->tile_width = take_size(in);
    p->tile_height = take_size(in);
    p->halo = take_size(in);
    p->overlap = take_size(in);
    p->overlap_percent = take(in) % 60;
    p->batch = (int)take(in) - 1;
    p->blend = (enum seam_blend)(take(in) % 5);
    p->edge = (enum seam_edge)(take(in) % 5);
    p->alpha = (enum seam_alpha)(take(in) % 3);
    p->luma = (enum seam_luma)(take(in) % 4);
    p->out_sample = (int)(take(in) % 5) - 1;
    p->strength = take(in) / 200.0;
    p->memory = (uint64_t)take(in) << 20;
    *machine = (struct seam_machine){ .pool = UINT64_C(16000000000), .resident = 50000000,
                                      .available = UINT64_C(12000000000), .cpus = 2 };
}

/* A plan of any network: it is sound, and so are those that follow from it. */
static void make_any(struct input *in)
{
    struct seam_facts facts;
    struct seam_picture picture;
    struct seam_params params;
    struct seam_machine machine;
    struct seam_plan plan;
    struct seam_log log = { 0 };
    char text[8192];
    take_facts(in, &facts);
    take_request(in, &picture, &params, &machine);
    const enum seam_result r = seam_plan_make(&plan, &picture, &facts, &params, &machine, &log);
    if ((r == SEAM_OK) != (log.error[0] == '\0'))
        abort();
    if (r != SEAM_OK)
        return;
    if (seam_plan_check(&plan, &facts, &log) != SEAM_OK ||
        seam_plan_print(&plan, text, sizeof(text)) >= sizeof(text) ||
        seam_plan_identity(&plan, text, sizeof(text)) >= sizeof(text))
        abort();
    for (int i = 0; !plan.rows && i < 100 && seam_plan_halve(&plan, &facts, 0); i++)
        if (seam_plan_check(&plan, &facts, &log) != SEAM_OK)
            abort();
}

/* All numbers of a plan but what is true or false. */
#define WIDE(name) { offsetof(struct seam_plan, name), sizeof(int64_t) }
#define NARROW(name) { offsetof(struct seam_plan, name), sizeof(int) }
#define AXIS(a)                                                                                    \
    WIDE(a.size), WIDE(a.aligned), WIDE(a.domain_begin), WIDE(a.domain_end), WIDE(a.origin),       \
        WIDE(a.tiles), WIDE(a.core), WIDE(a.overlap), WIDE(a.tile), WIDE(a.padded),                \
        WIDE(a.crop_shift), WIDE(a.out_size)
static const struct {
    size_t at, size;
} numbers[] = {
    AXIS(x), AXIS(y), WIDE(picture.width), WIDE(picture.height), NARROW(picture.bands),
    NARROW(picture.sample), NARROW(picture.transfer), WIDE(scale_num), WIDE(scale_den),
    WIDE(alignment), WIDE(halo), WIDE(exact_halo), NARROW(halo_reason), WIDE(margin), WIDE(crop),
    NARROW(edge), NARROW(blend), NARROW(exact), NARROW(feed), NARROW(luma), NARROW(order),
    WIDE(range_lo), WIDE(range_hi), WIDE(strength), NARROW(channels_in), NARROW(channels_out),
    NARROW(runs), NARROW(batch), NARROW(out_bands), NARROW(out_sample), WIDE(window_rows),
    WIDE(band_rows), WIDE(window_bytes), WIDE(band_bytes), WIDE(tensor_bytes),
    WIDE(scratch_bytes), WIDE(peak_bytes), WIDE(budget_bytes), NARROW(passes),
};

static void change(struct input *in, struct seam_plan *plan)
{
    const size_t n = sizeof(numbers) / sizeof(numbers[0]);
    for (int i = 0; i < 3 && in->at + 2 <= in->size; i++) {
        const size_t which = take(in) % n;
        const int64_t wide = take_size(in);
        const int narrow = wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int)wide;
        if (numbers[which].size == sizeof(wide))
            memcpy((char *)plan + numbers[which].at, &wide, sizeof(wide));
        else
            memcpy((char *)plan + numbers[which].at, &narrow, sizeof(narrow));
    }
}

static int read_zeros(void *opaque, int64_t y, int64_t rows, void *dst)
{
    const struct seam_picture *p = opaque;
    const size_t bytes = (size_t)p->width * (size_t)p->bands * seam_sample_bytes(p->sample);
    if (y < 0 || y + rows > p->height)
        abort();
    memset(dst, 0, bytes * (size_t)rows);
    return 0;
}

static void run(struct seam_model *model, const struct seam_plan *plan)
{
    struct seam_picture picture = plan->picture;
    const struct seam_source source = { .opaque = &picture, .read = read_zeros };
    struct seam_stream_params params;
    struct seam_stream *stream;
    struct seam_log log = { 0 };
    seam_stream_params_init(&params);
    params.threads = 1;
    if (seam_stream_open(&stream, model, plan, &source, &params, &log) != SEAM_OK)
        return;
    const size_t bytes = (size_t)plan->x.out_size * (size_t)plan->out_bands *
                         seam_sample_bytes(plan->out_sample);
    void *row = malloc(bytes);
    for (int64_t y = 0; row && y < plan->y.out_size; y++)
        if (seam_stream_read(stream, 1, row, 0) != SEAM_OK)
            break;
    free(row);
    seam_stream_close(&stream);
}

/* Whether what a plan asks for is little enough to be run here. */
static bool is_small(const struct seam_plan *p)
{
    const double in = (double)p->x.padded * (double)p->y.padded * (p->batch + 1);
    const double out = (double)p->x.out_size * (double)p->y.out_size * p->out_bands;
    return in * p->channels_in < MOST_SAMPLES && out < MOST_SAMPLES && p->x.tiles < MOST_TILES &&
           p->y.tiles < MOST_TILES && (double)p->x.tiles * (double)p->y.tiles * in < 2e6;
}

static void run_changed(struct input *in)
{
    static struct seam_model *model;
    static struct seam_facts facts;
    struct seam_picture picture;
    struct seam_params params;
    struct seam_machine machine;
    struct seam_plan plan;
    struct seam_log log = { 0 };
    if (!model) {
        struct seam_model_params how;
        seam_model_params_init(&how);
        if (seam_model_open(&model, "null2x", &how, &log) != SEAM_OK)
            abort();
        seam_model_describe(model, &facts);
    }
    take_request(in, &picture, &params, &machine);
    if (seam_plan_make(&plan, &picture, &facts, &params, &machine, &log) != SEAM_OK)
        return;
    change(in, &plan);
    if (seam_plan_check(&plan, &facts, &log) == SEAM_OK && is_small(&plan))
        run(model, &plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, size, 1 };
    if (size == 0)
        return 0;
    if (data[0] & 1)
        make_any(&in);
    else
        run_changed(&in);
    return 0;
}

#ifdef SEAM_FUZZ_STANDALONE

static void *seed(size_t number, size_t *size)
{
    /* A picture of 100 x 90 pixels in three bands, tiles of 40 x 40 that blend; what is left
     * changes the height of its cores, or describes a network. */
    static const uint8_t request[] = { 100, 90, 3, 0, 0, 40, 40,  8, 4,
                                       10,  2,  1, 0, 0, 0,  0, 200, 0 };
    static const uint8_t facts[] = { 1, 1, 1, 3, 0, 0, 0, 1, 4, 1, 8, 2, 1, 8, 0, 0 };
    uint8_t *data = calloc(1, 64);
    if (!data)
        abort();
    if (number >= 4) {
        free(data);
        return NULL;
    }
    data[0] = number & 1;
    *size = 1;
    if (number & 1) {
        memcpy(data + *size, facts, sizeof(facts));
        *size += sizeof(facts);
    }
    memcpy(data + *size, request, sizeof(request));
    if (number & 2) /* rows, or tiles left to the plan */
        memset(data + *size + 5, 241, 4);
    *size += sizeof(request);
    data[(*size)++] = 18;
    data[(*size)++] = 32;
    return data;
}

int main(int argc, char **argv)
{
    return seam_fuzz_main(argc, argv, seed);
}

#endif /* SEAM_FUZZ_STANDALONE */
