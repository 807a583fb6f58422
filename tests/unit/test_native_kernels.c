/* The native engine's convolutions, each instruction set of this machine: against the plain sum in
 * doubles, within the rounding that its method allows; nothing written but what was asked for; the
 * same bits however rows and columns are cut. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/common.h"
#include "engine/native/kernels.h"
#include "kernel_attention.h"
#include "kernel_rows.h"

/* One convolution and all it reads. */
struct problem {
    struct seam_conv_desc d;
    struct seam_conv *conv;
    float *weights, *bias, *slopes;
    int width, height; /* of the outputs */
    int64_t origin;
    bool in_place; /* `after` is the row written */
    struct rows in, before, after;
};

static int pitch_of(enum seam_cpu cpu, int channels, int wider)
{
    return seam_row_pitch(cpu, channels) + (channels > 4 ? wider * seam_cpu_width(cpu) : wider);
}

static void problem_weights(struct problem *q)
{
    const struct seam_conv_desc *d = &q->d;
    const int count = d->out * (d->in / d->groups) * d->kernel_w * d->kernel_h;
    q->weights = room((size_t)count * sizeof(float));
    q->bias = room((size_t)d->out * sizeof(float));
    q->slopes = room((size_t)d->out * sizeof(float));
    for (int i = 0; i < count; i++)
        q->weights[i] = noise();
    for (int i = 0; i < d->out; i++) {
        q->bias[i] = noise();
        q->slopes[i] = noise();
    }
    q->d.weights = q->weights;
    q->d.bias = toss() ? q->bias : NULL;
    q->d.slopes = q->slopes;
}

static void problem_open(struct problem *q)
{
    struct seam_conv_desc *d = &q->d;
    const enum seam_cpu cpu = d->cpu;
    problem_weights(q);
    d->act = (enum seam_act)pick(SEAM_ACT_NONE, SEAM_ACT_CLIP);
    d->slope = 0.25f;
    d->lo = -0.5f;
    d->hi = 1.5f;
    d->before = toss();
    d->after = toss();
    d->scale = toss() ? 1 : 0.2f;
    d->in_pitch = toss() ? 0 : pitch_of(cpu, d->in, pick(0, 2));
    d->out_pitch = toss() ? 0 : pitch_of(cpu, d->out, pick(0, 2));
    q->in_place = d->after && toss();
    d->before_pitch = toss() ? 0 : pitch_of(cpu, d->out, pick(0, 2));
    d->after_pitch = q->in_place ? d->out_pitch : toss() ? 0 : pitch_of(cpu, d->out, pick(0, 2));
    struct seam_conv like;
    seam_conv_measure(d, &like);
    q->conv = seam_conv_open(d);
    MUST(q->conv);
    MUST(like.packed_bytes == q->conv->packed_bytes);
    MUST(like.scratch_bytes == q->conv->scratch_bytes);
}

/* Rows for it: `height` output rows, whole groups of them. */
static void problem_rows(struct problem *q, int width, int groups)
{
    const struct seam_conv_desc *d = &q->d;
    const enum seam_cpu cpu = d->cpu;
    q->width = width;
    q->height = groups * q->conv->group;
    q->origin = pick(0, 1000) - 300;
    const int columns = (width - 1) * d->stride_x + 1;
    const int pitch = seam_row_pitch(cpu, d->out);
    q->in = rows_make(seam_conv_rows_in(q->conv, q->height),
                      d->in_pitch ? d->in_pitch : seam_row_pitch(cpu, d->in), q->conv->reach_left,
                      columns, q->conv->reach_right, 0);
    q->before = rows_make(q->height, d->before_pitch ? d->before_pitch : pitch, 0, width, 0, 0);
    q->after = rows_make(q->height, d->after_pitch ? d->after_pitch : pitch, 0, width, 0, 0);
    rows_fill(&q->in);
    rows_fill(&q->before);
    rows_fill(&q->after);
}

static void problem_close(struct problem *q)
{
    seam_conv_close(&q->conv);
    MUST(!q->conv);
    free(q->weights);
    free(q->bias);
    free(q->slopes);
    rows_free(&q->in);
    rows_free(&q->before);
    rows_free(&q->after);
}

static struct rows outputs_make(const struct problem *q)
{
    const struct seam_conv_desc *d = &q->d;
    struct rows out = rows_make(q->height,
                                d->out_pitch ? d->out_pitch : seam_row_pitch(d->cpu, d->out),
                                pick(0, 2), q->width, pick(0, 2), guard);
    for (int y = 0; y < q->height && q->in_place; y++)
        memcpy(out.row[y], q->after.row[y], (size_t)(q->width * out.pitch) * sizeof(float));
    return out;
}

/* Columns x0 to x1 of some rows, as a picture of its own that begins `shift` columns further
 * right. */
static void run(const struct problem *q, struct rows *out, int y, int rows, int x0, int x1,
                int shift)
{
    const struct seam_conv_desc *d = &q->d;
    const int count = seam_conv_rows_in(q->conv, rows);
    const float *in[100], *before[20], *after[20];
    float *to[20];
    MUST(count <= 100 && rows <= 20);
    for (int i = 0; i < count; i++)
        in[i] = q->in.row[y * d->stride_y + i] + shift * d->stride_x * q->in.pitch;
    for (int i = 0; i < rows; i++) {
        to[i] = out->row[y + i] + shift * out->pitch;
        before[i] = q->before.row[y + i] + shift * q->before.pitch;
        after[i] = q->in_place ? to[i] : q->after.row[y + i] + shift * q->after.pitch;
    }
    const struct seam_conv_rows r = {
        .in = in,
        .out = to,
        .before = d->before ? before : NULL,
        .after = d->after ? after : NULL,
        .rows = rows,
        .x0 = x0 - shift,
        .x1 = x1 - shift,
        .origin = q->origin + shift,
    };
    void *scratch = room(q->conv->scratch_bytes);
    seam_conv_run(q->conv, &r, scratch);
    free(scratch);
}

/* The plain sum, and in *size the sum of its terms' sizes. */
static double plain(const struct problem *q, int y, int x, int o, double *size)
{
    const struct seam_conv_desc *d = &q->d;
    const int gi = d->in / d->groups, first = o / (d->out / d->groups) * gi;
    double sum = d->bias ? (double)d->bias[o] : 0;
    *size = fabs(sum);
    for (int ky = 0; ky < d->kernel_h; ky++)
        for (int kx = 0; kx < d->kernel_w; kx++) {
            const int at = x * d->stride_x - d->pad_left + kx * d->dilation_x;
            if (at < 0 || at >= q->in.columns)
                continue;
            const float *in = q->in.row[y * d->stride_y + ky * d->dilation_y] + at * q->in.pitch;
            for (int i = 0; i < gi; i++) {
                const double term =
                    (double)d->weights[((o * gi + i) * d->kernel_h + ky) * d->kernel_w + kx] *
                    (double)in[first + i];
                sum += term;
                *size += fabs(term);
            }
        }
    return sum;
}

static double activated(const struct seam_conv_desc *d, double v, int o)
{
    switch (d->act) {
    case SEAM_ACT_RELU: return fmax(v, 0);
    case SEAM_ACT_LEAKY: return v < 0 ? (double)d->slope * v : v;
    case SEAM_ACT_PRELU: return v < 0 ? (double)d->slopes[o] * v : v;
    case SEAM_ACT_CLIP: return fmin(fmax(v, (double)d->lo), (double)d->hi);
    case SEAM_ACT_NONE: break;
    }
    return v;
}

static double expected(const struct problem *q, int y, int x, int o, double *size)
{
    const struct seam_conv_desc *d = &q->d;
    double v = plain(q, y, x, o, size);
    if (d->before)
        v += (double)q->before.row[y][x * q->before.pitch + o];
    v = (double)d->scale * activated(d, v, o);
    if (d->after)
        v += (double)q->after.row[y][x * q->after.pitch + o];
    *size += fabs(v) + 1;
    return v;
}

static void describe(const struct problem *q)
{
    const struct seam_conv_desc *d = &q->d;
    printf("# %s %s: %d -> %d groups %d kernel %dx%d stride %dx%d dilation %dx%d pad %d "
           "pitch %d %d act %d before %d after %d in place %d scale %g width %d height %d\n",
           seam_cpu_name(d->cpu), seam_conv_method(q->conv), d->in, d->out, d->groups, d->kernel_w,
           d->kernel_h, d->stride_x, d->stride_y, d->dilation_x, d->dilation_y, d->pad_left,
           d->in_pitch, d->out_pitch, d->act, d->before, d->after, q->in_place, (double)d->scale,
           q->width, q->height);
}

/* Every sum rounds by half a unit a step at most; Winograd's transforms multiply what is rounded:
 * the rows of its matrices add up to 10 (inputs), 1/2 (weights) and 19 (outputs) a dimension,
 * seldom all at once. */
static double tolerance(const struct problem *q, double size)
{
    const bool winograd = strcmp(seam_conv_method(q->conv), "winograd") == 0;
    return (winograd ? 64 : 8) * (double)FLT_EPSILON * size;
}

/* What was asked for is right, and nothing else was written. */
static void check_outputs(const struct problem *q, const struct rows *out, int x0, int x1)
{
    const struct seam_conv_desc *d = &q->d;
    const int width = seam_cpu_width(d->cpu);
    const int written = d->out <= 4 ? d->out : (d->out + width - 1) / width * width;
    double largest = 0, size;
    for (int i = 0; i < 20; i++) {
        expected(q, pick(0, q->height - 1), pick(0, q->width - 1), pick(0, d->out - 1), &size);
        largest = fmax(largest, size);
    }
    for (int y = 0; y < q->height; y++)
        for (int i = -out->left * out->pitch; i < out->stride - out->left * out->pitch; i++) {
            if (&out->row[y][i] >= out->memory + (size_t)out->stride * (size_t)(q->height - 1) +
                                       (size_t)((out->left + q->width) * out->pitch))
                break;
            const int x = (i + out->left * out->pitch) / out->pitch - out->left;
            const int c = i - x * out->pitch;
            const float v = out->row[y][i];
            if (x < x0 || x >= x1 || c >= written) {
                const bool in = q->in_place && x >= 0 && x < q->width;
                MUST(memcmp(&v, in ? &q->after.row[y][i] : &guard, sizeof(v)) == 0);
            } else if (c < d->out) {
                const double want = expected(q, y, x, c, &size);
                if (!(fabs((double)v - want) <= tolerance(q, fmax(size, largest)))) {
                    describe(q);
                    die("row %d column %d channel %d: %.9g, not %.9g (size %g)", y, x, c,
                            (double)v, want, fmax(size, largest));
                }
            }
        }
}

/* The same picture in pieces: cuts at multiples of the grid, rows in groups, pieces as pictures of
 * their own. */
static void check_cuts(const struct problem *q, const struct rows *whole)
{
    const int grid = q->conv->grid;
    struct rows out = outputs_make(q);
    int y = 0;
    while (y < q->height) {
        const int rows = pick(1, (q->height - y) / q->conv->group) * q->conv->group;
        int x = 0;
        while (x < q->width) {
            int64_t end = q->origin + x + pick(1, 40);
            end = (end + 400 * grid) / grid * grid - 400 * grid - q->origin;
            const int x1 = (int)seam_clamp(end, x, q->width);
            run(q, &out, y, rows, x, end > x ? x1 : q->width, pick(0, x));
            x = end > x ? x1 : q->width;
        }
        y += rows;
    }
    for (int r = 0; r < q->height; r++)
        for (int x = 0; x < q->width; x++)
            if (memcmp(out.row[r] + x * out.pitch, whole->row[r] + x * whole->pitch,
                       (size_t)q->d.out * sizeof(float)) != 0) {
                describe(q);
                die("row %d column %d: other bits in pieces", r, x);
            }
    rows_free(&out);
}

static void check(struct problem *q)
{
    problem_open(q);
    problem_rows(q, pick(1, toss() ? 20 : 150), pick(1, 3));
    struct rows out = outputs_make(q);
    run(q, &out, 0, q->height, 0, q->width, 0);
    check_outputs(q, &out, 0, q->width);
    check_cuts(q, &out);
    rows_free(&out);

    /* A few columns alone, wherever they lie. */
    out = outputs_make(q);
    const int x0 = pick(0, q->width - 1), x1 = pick(x0, q->width);
    run(q, &out, 0, q->height, x0, x1, 0);
    check_outputs(q, &out, x0, x1);
    rows_free(&out);
    problem_close(q);
}

static int channels(void)
{
    static const int usual[] = { 1, 2, 3, 4, 8, 12, 16, 24, 32, 48, 64 };
    return toss() ? usual[pick(0, (int)SEAM_ARRAY_LEN(usual) - 1)] : pick(1, 70);
}

static void test_squares(enum seam_cpu cpu)
{
    for (int i = 0; i < 40 * times; i++) {
        struct problem q = { 0 };
        seam_conv_desc_init(&q.d, channels(), channels(), 3, 3);
        q.d.cpu = cpu;
        q.d.plain = pick(0, 7) == 0;
        check(&q);
    }
}

static void test_any(enum seam_cpu cpu)
{
    for (int i = 0; i < 40 * times; i++) {
        struct problem q = { 0 };
        seam_conv_desc_init(&q.d, toss() ? pick(1, 5) : channels(),
                            toss() ? pick(1, 5) : channels(), pick(1, toss() ? 9 : 3),
                            pick(1, toss() ? 9 : 3));
        q.d.cpu = cpu;
        q.d.stride_x = pick(1, 2);
        q.d.stride_y = pick(1, 2);
        q.d.dilation_x = toss() ? 1 : pick(1, 3);
        q.d.dilation_y = toss() ? 1 : pick(1, 3);
        q.d.pad_left = toss() ? q.d.pad_left : pick(-2, 5);
        check(&q);
    }
}

static void test_groups(enum seam_cpu cpu)
{
    for (int i = 0; i < 40 * times; i++) {
        struct problem q = { 0 };
        const int groups = toss() ? pick(1, 6) : pick(1, 40);
        const int in = toss() ? 1 : pick(1, 6), out = toss() ? 1 : pick(1, toss() ? 6 : 33);
        seam_conv_desc_init(&q.d, groups * in, groups * out, pick(1, 5), pick(1, 5));
        q.d.groups = groups;
        q.d.cpu = cpu;
        q.d.stride_x = pick(1, 2);
        q.d.stride_y = pick(1, 2);
        q.d.dilation_x = pick(1, 2);
        check(&q);
    }
}

/* Channels enough for the larger of Winograd's cells. */
static void test_wide_squares(enum seam_cpu cpu)
{
    for (int i = 0; i < 3 * times; i++) {
        struct problem q = { 0 };
        seam_conv_desc_init(&q.d, pick(120, 140), pick(120, 140), 3, 3);
        q.d.cpu = cpu;
        problem_open(&q);
        MUST(q.conv->grid == 6 && q.conv->group == 6);
        problem_rows(&q, pick(1, 40), pick(1, 2));
        struct rows out = outputs_make(&q);
        run(&q, &out, 0, q.height, 0, q.width, 0);
        check_outputs(&q, &out, 0, q.width);
        check_cuts(&q, &out);
        rows_free(&out);
        problem_close(&q);
    }
}

/* Groups whose channels are vectors of their own, in squares: Winograd group by group. */
static void test_square_groups(enum seam_cpu cpu)
{
    const int width = seam_cpu_width(cpu);
    for (int i = 0; i < 20 * times; i++) {
        struct problem q = { 0 };
        const int groups = pick(2, 5);
        seam_conv_desc_init(&q.d, groups * width * pick(1, 2), groups * width * pick(1, 3), 3, 3);
        q.d.groups = groups;
        q.d.cpu = cpu;
        check(&q);
    }
}

/* Whether every output that takes in what is no number is none itself. */
static void check_not_a_number(const struct problem *q, const struct rows *out)
{
    double size;
    for (int y = 0; y < q->height; y++)
        for (int x = 0; x < q->width; x++)
            for (int c = 0; c < q->d.out; c++) {
                const bool before = q->d.before && isnan(q->before.row[y][x * q->before.pitch + c]);
                const bool after = q->d.after && isnan(q->after.row[y][x * q->after.pitch + c]);
                if ((before || after || isnan(plain(q, y, x, c, &size))) &&
                    !isnan(out->row[y][x * out->pitch + c])) {
                    describe(q);
                    die("row %d column %d channel %d: a number made of NaN", y, x, c);
                }
            }
}

static float *sample(const struct rows *r, int channel_count)
{
    return &r->row[pick(0, r->count - 1)][pick(0, r->columns - 1) * r->pitch +
                                          pick(0, channel_count - 1)];
}

/* One NaN in what a convolution reads, of any method, before any activation. */
static void test_not_a_number(enum seam_cpu cpu)
{
    for (int i = 0; i < 120 * times; i++) {
        struct problem q = { 0 };
        const int kernel = toss() ? 3 : pick(1, 5), groups = pick(0, 3) ? 1 : channels();
        seam_conv_desc_init(&q.d, groups > 1 ? groups : channels(),
                            groups > 1 ? groups : channels(), kernel, kernel);
        q.d.groups = groups;
        q.d.cpu = cpu;
        problem_open(&q);
        problem_rows(&q, pick(1, 20), 1);
        switch (pick(0, 2)) {
        case 0: *sample(&q.in, q.d.in) = NAN; break;
        case 1: *sample(&q.before, q.d.out) = NAN; break;
        default: *sample(&q.after, q.d.out) = NAN; break;
        }
        struct rows out = outputs_make(&q);
        run(&q, &out, 0, q.height, 0, q.width, 0);
        check_not_a_number(&q, &out);
        rows_free(&out);
        problem_close(&q);
    }
}

/* Which way a layer goes, as far as it is promised. */
static void test_methods(enum seam_cpu cpu)
{
    static const struct {
        int in, out, groups, kernel;
        const char *method;
        int grid;
    } cases[] = {
        { 64, 64, 1, 3, "winograd", 4 },    { 16, 16, 1, 3, "winograd", 4 },
        { 64, 48, 1, 3, "winograd", 4 },    { 64, 64, 4, 3, "winograd", 4 },
        { 128, 128, 1, 3, "winograd", 6 },  { 256, 256, 1, 3, "winograd", 6 },
        { 64, 3, 1, 3, "dot", 1 },          { 3, 64, 1, 9, "direct", 1 },
        { 64, 64, 1, 1, "direct", 1 },      { 32, 32, 32, 3, "depthwise", 1 },
    };
    for (size_t i = 0; i < SEAM_ARRAY_LEN(cases); i++) {
        struct problem q = { 0 };
        seam_conv_desc_init(&q.d, cases[i].in, cases[i].out, cases[i].kernel, cases[i].kernel);
        q.d.cpu = cpu;
        q.d.groups = cases[i].groups;
        problem_weights(&q);
        struct seam_conv *conv = seam_conv_open(&q.d);
        MUST(strcmp(seam_conv_method(conv), cases[i].method) == 0);
        MUST(conv->grid == cases[i].grid);
        seam_conv_close(&conv);
        free(q.weights);
        free(q.bias);
        free(q.slopes);
    }
}

/* test-native_kernels [SEED [TIMES]] */
int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(enum seam_cpu cpu);
    } tests[] = {
        { "squares", test_squares },
        { "any", test_any },
        { "groups", test_groups },
        { "square groups", test_square_groups },
        { "wide squares", test_wide_squares },
        { "not_a_number", test_not_a_number },
        { "methods", test_methods },
        { "attention", test_attention },
    };
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    times = argc > 2 ? atoi(argv[2]) : 1;
    printf("# seed %llu\n", (unsigned long long)seed);
    int count = 0;
    for (int i = SEAM_CPU_C; i < SEAM_CPUS; i++)
        for (size_t k = 0; k < SEAM_ARRAY_LEN(tests) && seam_cpu_has((enum seam_cpu)i); k++) {
            state = seed; /* each test alone gives what it gives among others */
            tests[k].run((enum seam_cpu)i);
            printf("ok %d %s %s\n", ++count, seam_cpu_name((enum seam_cpu)i), tests[k].name);
            fflush(stdout);
        }
    printf("1..%d\n", count);
    return 0;
}
