#include "engine/gpu/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/common.h"

struct seam_gpu_dispatch *seam_gpu_dispatch_add(struct seam_gpu_program *p, int op)
{
    if (p->n_dispatches == p->room) {
        const int room = p->room ? 2 * p->room : 64;
        struct seam_gpu_dispatch *more =
            realloc(p->dispatches, (size_t)room * sizeof(*p->dispatches));
        if (!more) {
            p->failed = true;
            return NULL;
        }
        p->dispatches = more;
        p->room = room;
    }
    struct seam_gpu_dispatch *d = &p->dispatches[p->n_dispatches++];
    const struct seam_net_op *o = op < 0 ? NULL : &p->net->ops[op];
    *d = (struct seam_gpu_dispatch){
        .shader = SEAM_GPU_MOVE,
        .op = op,
        .out = o ? o->output : -1,
        .in = { -1, 0, 0 },
        .out_channels = o ? p->net->tensors[o->output].channels : 0,
    };
    if (o && o->n_inputs > 0)
        d->in = o->inputs[0];
    for (int i = 0; i < SEAM_GPU_WITH; i++)
        d->with[i].tensor = -1;
    /* What a shader does not use must not divide by zero. */
    for (int i = 1; i + 1 < SEAM_GPU_OWN_SPECS; i++)
        d->spec[i] = 1;
    return d;
}

float *seam_gpu_constants_add(struct seam_gpu_program *p, int64_t count, int32_t *at)
{
    const int64_t most = INT32_MAX / 2;
    if (count < 0 || count > most - p->n_constants) {
        p->failed = true;
        return NULL;
    }
    if (p->n_constants + count > p->constants_room) {
        const int64_t room = seam_max(p->n_constants + count, 2 * p->constants_room);
        float *more = realloc(p->constants, (size_t)room * sizeof(*more));
        if (!more) {
            p->failed = true;
            return NULL;
        }
        p->constants = more;
        p->constants_room = room;
    }
    float *added = p->constants + p->n_constants;
    memset(added, 0, (size_t)count * sizeof(*added));
    *at = (int32_t)p->n_constants;
    p->n_constants += count;
    return added;
}

static void set_pair(int32_t *spec, const int64_t rows_columns[2])
{
    spec[0] = (int32_t)rows_columns[SEAM_COLUMNS];
    spec[1] = (int32_t)rows_columns[SEAM_ROWS];
}

static void add_shuffle(struct seam_gpu_program *p, int op)
{
    const struct seam_net_op *o = &p->net->ops[op];
    struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, op);
    const int64_t count = d ? d->out_channels * o->to[0] * o->to[1] : 0;
    float *map = d ? seam_gpu_constants_add(p, count, &d->weights) : NULL;
    if (!map)
        return;
    for (int64_t i = 0; i < count; i++) {
        const int32_t v = o->map[i];
        memcpy(&map[i], &v, sizeof(v));
    }
    d->spec[0] = SEAM_GPU_SHUFFLE;
    set_pair(&d->spec[1], o->from);
    set_pair(&d->spec[3], o->to);
}

/* Places and weights of one direction. */
static float *put_taps(float *to, const struct seam_resize *r)
{
    const int64_t n = r->up * r->taps;
    for (int64_t i = 0; i < n; i++) {
        const int32_t at = (int32_t)r->at[i];
        memcpy(&to[i], &at, sizeof(at));
        to[n + i] = r->weight[i];
    }
    return to + 2 * n;
}

static void add_resize(struct seam_gpu_program *p, int op)
{
    const struct seam_resize *y = &p->net->ops[op].resize[SEAM_ROWS];
    const struct seam_resize *x = &p->net->ops[op].resize[SEAM_COLUMNS];
    struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, op);
    float *taps =
        d ? seam_gpu_constants_add(p, 2 * (y->up * y->taps + x->up * x->taps), &d->weights) : NULL;
    if (!taps)
        return;
    put_taps(put_taps(taps, y), x);
    d->spec[0] = SEAM_GPU_RESIZE;
    set_pair(&d->spec[1], (const int64_t[2]){ y->down, x->down });
    set_pair(&d->spec[3], (const int64_t[2]){ y->up, x->up });
    set_pair(&d->spec[5], (const int64_t[2]){ y->taps, x->taps });
}

static void add_pool(struct seam_gpu_program *p, int op)
{
    const struct seam_net_op *o = &p->net->ops[op];
    const struct seam_slide *y = &o->slide[SEAM_ROWS], *x = &o->slide[SEAM_COLUMNS];
    struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, op);
    if (!d)
        return;
    d->spec[0] = o->average ? SEAM_GPU_POOL_AVERAGE : SEAM_GPU_POOL_MOST;
    set_pair(&d->spec[1], (const int64_t[2]){ y->kernel, x->kernel });
    set_pair(&d->spec[3], (const int64_t[2]){ y->stride, x->stride });
    set_pair(&d->spec[5], (const int64_t[2]){ y->dilation, x->dilation });
    d->spec[7] = o->count_padding;
}

static void add_concat(struct seam_gpu_program *p, int op)
{
    const struct seam_net_op *o = &p->net->ops[op];
    int first = 0;
    for (int k = 0; k < o->n_inputs; first += o->inputs[k++].channels) {
        struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, op);
        if (!d)
            return;
        d->in = o->inputs[k];
        d->out_first = first;
        d->out_channels = o->inputs[k].channels;
        d->spec[0] = d->in.tensor < 0 ? SEAM_GPU_FILL : SEAM_GPU_COPY;
        d->fill = d->in.tensor < 0 ? o->fill[k] : 0;
    }
}

static void add_simple(struct seam_gpu_program *p, int op)
{
    const struct seam_net_op *o = &p->net->ops[op];
    struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, op);
    if (!d)
        return;
    d->spec[0] = o->kind == SEAM_OP_CROP ? SEAM_GPU_CROP
                 : o->kind == SEAM_OP_PAD ? SEAM_GPU_PAD
                                          : SEAM_GPU_COPY;
    if (o->kind == SEAM_OP_CROP)
        set_pair(&d->spec[1], o->step);
    if (o->kind != SEAM_OP_PAD)
        return;
    d->spec[7] = o->mode == SEAM_PAD_CONSTANT ? 0 : o->mode == SEAM_PAD_REFLECT ? 1 : 2;
    d->fill = o->mode == SEAM_PAD_CONSTANT ? o->fill[0] : 0;
}

static void add_op(struct seam_gpu_program *p, int op)
{
    const int first = p->n_dispatches;
    switch (p->net->ops[op].kind) {
    case SEAM_OP_CONV: seam_gpu_program_conv(p, op); break;
    case SEAM_OP_SHUFFLE: add_shuffle(p, op); break;
    case SEAM_OP_RESIZE: add_resize(p, op); break;
    case SEAM_OP_POOL: add_pool(p, op); break;
    case SEAM_OP_CONCAT: add_concat(p, op); break;
    case SEAM_OP_POINT:
    case SEAM_OP_CROP:
    case SEAM_OP_PAD: add_simple(p, op); break;
    case SEAM_OP_MIX:
    case SEAM_OP_ATTEND:
    case SEAM_OP_ROLL:
    case SEAM_OP_REDUCE: break; /* refused before */
    }
    if (!p->failed)
        seam_gpu_program_links(p, op, first);
}

/* Why there is no shader for it; NULL where there is. */
static const char *refused(const struct seam_net_op *o)
{
    if (o->kind == SEAM_OP_REDUCE || o->kind == SEAM_OP_MIX)
        return "it sums up the whole picture, which tiles do not hold";
    if (o->kind == SEAM_OP_ROLL)
        return "it brings the borders of the picture together, which tiles do not hold";
    if (o->kind == SEAM_OP_ATTEND)
        return "attention within windows runs on the CPU alone";
    if (o->kind != SEAM_OP_CONCAT)
        for (int k = 0; k < o->n_inputs; k++)
            if (o->inputs[k].tensor < 0)
                return "it works on a constant picture";
    return seam_gpu_links_refused(o);
}

/* Planes of float32 into the tensor `t`, or out of some of it. */
static void add_end(struct seam_gpu_program *p, enum seam_gpu_shader shader, int t, int first,
                    int channels)
{
    struct seam_gpu_dispatch *d = seam_gpu_dispatch_add(p, -1);
    if (!d)
        return;
    d->shader = shader;
    d->out = t;
    d->out_channels = channels;
    if (shader == SEAM_GPU_FROM_HALF)
        d->in = (struct seam_ref){ t, first, channels };
    d->spec[0] = SEAM_GPU_COPY;
}

enum seam_result seam_gpu_program_check(const struct seam_net *net,
                                        struct seam_net_obstacle *obstacle)
{
    for (int i = 0; i < net->n_ops; i++) {
        const char *why = refused(&net->ops[i]);
        if (!why)
            continue;
        snprintf(obstacle->name, sizeof(obstacle->name), "%s", net->ops[i].name);
        snprintf(obstacle->op, sizeof(obstacle->op), "on a GPU");
        snprintf(obstacle->why, sizeof(obstacle->why), "%s", why);
        return SEAM_ERROR_MODEL;
    }
    return SEAM_OK;
}

enum seam_result seam_gpu_program_open(struct seam_gpu_program **program,
                                       const struct seam_net *net, bool half)
{
    struct seam_gpu_program *p = calloc(1, sizeof(*p));
    *program = NULL;
    if (!p)
        return SEAM_ERROR_MEMORY;
    p->net = net;
    p->half = half;
    if (half)
        add_end(p, SEAM_GPU_TO_HALF, net->input, 0, net->tensors[net->input].channels);
    for (int i = 0; i < net->n_ops && !p->failed; i++)
        add_op(p, i);
    if (half)
        add_end(p, SEAM_GPU_FROM_HALF, net->output, net->result.first, net->result.channels);
    if (p->failed) {
        seam_gpu_program_close(&p);
        return SEAM_ERROR_MEMORY;
    }
    *program = p;
    return SEAM_OK;
}

uint64_t seam_gpu_sample_bytes(const struct seam_gpu_program *p)
{
    return p->half ? 2 : sizeof(float);
}

void seam_gpu_program_close(struct seam_gpu_program **program)
{
    struct seam_gpu_program *p = *program;
    *program = NULL;
    if (!p)
        return;
    free(p->dispatches);
    free(p->constants);
    free(p);
}
