/* Operations that are no convolution, on some columns of some rows. */
#include <math.h>
#include <string.h>

#include "base/common.h"
#include "engine/native/flow_private.h"
#include "field/sym.h"

static const float *in_at(const struct seam_flow *f, const struct seam_ref *ref, int64_t y,
                          int64_t x)
{
    return flow_at(f, ref->tensor, y, x) + ref->first;
}

/* `count` pixels, `step` of the source apart. */
static void copy_pixels(float *dst, int dst_pitch, const float *src, int64_t src_pitch,
                        int channels, int64_t count)
{
    if (dst_pitch == channels && src_pitch == channels) {
        memcpy(dst, src, (size_t)(count * channels) * sizeof(*dst));
        return;
    }
    for (int64_t x = 0; x < count; x++)
        memcpy(dst + x * dst_pitch, src + x * src_pitch, (size_t)channels * sizeof(*dst));
}

static void fill_pixels(float *dst, int pitch, int channels, int64_t count, float value)
{
    for (int64_t x = 0; x < count; x++)
        for (int c = 0; c < channels; c++)
            dst[x * pitch + c] = value;
}

static void run_copy(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                     struct seam_span cols)
{
    const struct seam_ref *in = &op->inputs[0];
    copy_pixels(flow_at(f, op->output, y, cols.begin), flow_pitch(f, op->output),
                in_at(f, in, y, cols.begin), flow_pitch(f, in->tensor), in->channels,
                cols.end - cols.begin);
}

static void run_concat(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                       struct seam_span cols)
{
    float *dst = flow_at(f, op->output, y, cols.begin);
    const int pitch = flow_pitch(f, op->output);
    const struct native_tensor *whole = &f->packed->tensors[op->output];
    int offset = whole->offset;
    for (int k = 0; k < op->n_inputs; k++) {
        const struct seam_ref *in = &op->inputs[k];
        const struct native_tensor *t = in->tensor >= 0 ? &f->packed->tensors[in->tensor] : NULL;
        const bool placed = t && t->store == whole->store && t->offset + in->first == offset;
        if (!t)
            fill_pixels(dst, pitch, in->channels, cols.end - cols.begin, op->fill[k]);
        else if (!placed)
            copy_pixels(dst, pitch, in_at(f, in, y, cols.begin), t->pitch, in->channels,
                        cols.end - cols.begin);
        dst += in->channels;
        offset += in->channels;
    }
}

static void run_crop(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                     struct seam_span cols)
{
    const struct seam_ref *in = &op->inputs[0];
    const int64_t step = op->step[SEAM_COLUMNS];
    const float *src = in_at(f, in, y * op->step[SEAM_ROWS] + op->shift[SEAM_ROWS],
                             cols.begin * step + op->shift[SEAM_COLUMNS]);
    copy_pixels(flow_at(f, op->output, y, cols.begin), flow_pitch(f, op->output), src,
                step * flow_pitch(f, in->tensor), in->channels, cols.end - cols.begin);
}

/* Rows that are kept are rolled as they are put away. */
static void run_roll(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                     struct seam_span cols)
{
    const struct seam_ref *in = &op->inputs[0];
    const struct seam_span *domain = f->extents[in->tensor].domain;
    const int64_t row = f->all ? y : seam_net_rolled(op, SEAM_ROWS, domain[SEAM_ROWS], y);
    for (int64_t x = cols.begin, end; x < cols.end; x = end) {
        const int64_t from = seam_net_rolled(op, SEAM_COLUMNS, domain[SEAM_COLUMNS], x);
        end = seam_min(cols.end, x + domain[SEAM_COLUMNS].end - from);
        copy_pixels(flow_at(f, op->output, y, x), flow_pitch(f, op->output),
                    in_at(f, in, row, from), flow_pitch(f, in->tensor), in->channels, end - x);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Pads
 * --------------------------------------------------------------------------------------------- */

/* The row or column that stands for one beyond the border; false: a constant does. */
static bool pad_place(enum seam_pad_mode mode, struct seam_span domain, int64_t *at)
{
    const enum seam_edge edge = mode == SEAM_PAD_REFLECT ? SEAM_EDGE_REFLECT
                                                         : SEAM_EDGE_REPLICATE;
    if (*at >= domain.begin && *at < domain.end)
        return true;
    if (mode == SEAM_PAD_CONSTANT)
        return false;
    *at = domain.begin + seam_edge_map(edge, *at - domain.begin, domain.end - domain.begin);
    return true;
}

static void run_pad(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                    struct seam_span cols)
{
    const struct seam_ref *in = &op->inputs[0];
    const struct seam_net_extent *t = &f->extents[in->tensor];
    const int pitch = flow_pitch(f, op->output), channels = in->channels;
    const struct seam_span domain = t->domain[SEAM_COLUMNS];
    const int64_t shift = op->shift[SEAM_COLUMNS];
    const struct seam_span inside = {
        seam_clamp(domain.begin - shift, cols.begin, cols.end),
        seam_clamp(domain.end - shift, cols.begin, cols.end),
    };
    float *dst = flow_at(f, op->output, y, cols.begin);
    int64_t row = y + op->shift[SEAM_ROWS];
    if (!pad_place(op->mode, t->domain[SEAM_ROWS], &row)) {
        fill_pixels(dst, pitch, channels, cols.end - cols.begin, op->fill[0]);
        return;
    }
    for (int64_t x = cols.begin; x < cols.end; x++, dst += pitch) {
        int64_t at = x + shift;
        if (x == inside.begin && inside.end > inside.begin) {
            const int64_t n = inside.end - inside.begin;
            copy_pixels(dst, pitch, in_at(f, in, row, at), flow_pitch(f, in->tensor), channels, n);
            x += n - 1;
            dst += (n - 1) * pitch;
        } else if (pad_place(op->mode, domain, &at)) {
            memcpy(dst, in_at(f, in, row, at), (size_t)channels * sizeof(*dst));
        } else {
            fill_pixels(dst, pitch, channels, 1, op->fill[0]);
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Shuffles
 * --------------------------------------------------------------------------------------------- */

static void run_shuffle(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                        struct seam_span cols)
{
    const struct seam_ref *in = &op->inputs[0];
    const int64_t to_y = op->to[SEAM_ROWS], to_x = op->to[SEAM_COLUMNS];
    const int64_t from_y = op->from[SEAM_ROWS], from_x = op->from[SEAM_COLUMNS];
    const int channels = f->net->tensors[op->output].channels, pitch = flow_pitch(f, op->output);
    const int64_t block_y = seam_floor_div(y, to_y), sub_y = y - block_y * to_y;
    const int64_t first_x = seam_floor_div(cols.begin, to_x);
    const float *rows[SEAM_NET_MOST_BLOCK] = { NULL };
    int64_t block_x = first_x, sub_x = cols.begin - first_x * to_x;
    float *dst = flow_at(f, op->output, y, cols.begin);
    for (int64_t k = 0; k < from_y; k++)
        rows[k] = in_at(f, in, block_y * from_y + k, first_x * from_x);
    const struct native_gather *gather = flow_native_op(f, op)->gather;
    const int64_t in_step = from_x * flow_pitch(f, in->tensor);
    for (int64_t x = cols.begin; x < cols.end; x++, dst += pitch) {
        const struct native_gather *g = gather + sub_y * to_x + sub_x;
        const ptrdiff_t at = (block_x - first_x) * in_step;
        for (int c = 0; c < channels; c++)
            dst[c] = rows[g[c * to_y * to_x].row][at + g[c * to_y * to_x].at];
        if (++sub_x == to_x) {
            sub_x = 0;
            block_x++;
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Pools and resampling
 * --------------------------------------------------------------------------------------------- */

/* The part of a window that lies inside, as taps first .. end - 1. */
static struct seam_span window_inside(const struct seam_slide *s, int64_t out,
                                      struct seam_span domain)
{
    const int64_t at = out * s->stride - s->pad;
    return (struct seam_span){
        seam_clamp(-seam_floor_div(at - domain.begin, s->dilation), 0, s->kernel),
        seam_clamp(seam_floor_div(domain.end - 1 - at, s->dilation) + 1, 0, s->kernel),
    };
}

static void pool_pixel(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                       int64_t x, float *dst)
{
    const struct seam_ref *in = &op->inputs[0];
    const struct seam_slide *sy = &op->slide[SEAM_ROWS], *sx = &op->slide[SEAM_COLUMNS];
    const struct seam_net_extent *t = &f->extents[in->tensor];
    const struct seam_span wy = window_inside(sy, y, t->domain[SEAM_ROWS]);
    const struct seam_span wx = window_inside(sx, x, t->domain[SEAM_COLUMNS]);
    const int64_t inside = (wy.end - wy.begin) * (wx.end - wx.begin);
    const float count = (float)(op->count_padding ? sy->kernel * sx->kernel : inside);
    for (int c = 0; c < in->channels; c++)
        dst[c] = op->average ? 0 : -INFINITY;
    for (int64_t v = wy.begin; v < wy.end; v++)
        for (int64_t u = wx.begin; u < wx.end; u++) {
            const float *src = in_at(f, in, y * sy->stride - sy->pad + v * sy->dilation,
                                     x * sx->stride - sx->pad + u * sx->dilation);
            if (op->average)
                for (int c = 0; c < in->channels; c++)
                    dst[c] += src[c];
            else
                for (int c = 0; c < in->channels; c++)
                    dst[c] = src[c] > dst[c] || isnan(src[c]) ? src[c] : dst[c];
        }
    for (int c = 0; op->average && c < in->channels; c++)
        dst[c] /= count;
}

static void resize_pixel(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                         int64_t x, float *dst)
{
    const struct seam_ref *in = &op->inputs[0];
    const struct seam_net_extent *t = &f->extents[in->tensor];
    const struct seam_resize *ry = &op->resize[SEAM_ROWS], *rx = &op->resize[SEAM_COLUMNS];
    const struct seam_span dy = t->domain[SEAM_ROWS], dx = t->domain[SEAM_COLUMNS];
    const int64_t qy = seam_floor_div(y, ry->up), qx = seam_floor_div(x, rx->up);
    const int64_t py = (y - qy * ry->up) * ry->taps, px = (x - qx * rx->up) * rx->taps;
    for (int v = 0; v < ry->taps; v++) {
        const int64_t row = seam_clamp(qy * ry->down + ry->at[py + v], dy.begin, dy.end - 1);
        for (int u = 0; u < rx->taps; u++) {
            const int64_t at = seam_clamp(qx * rx->down + rx->at[px + u], dx.begin, dx.end - 1);
            const float *src = in_at(f, in, row, at), w = ry->weight[py + v] * rx->weight[px + u];
            if (u + v == 0)
                for (int c = 0; c < in->channels; c++)
                    dst[c] = w * src[c];
            else
                for (int c = 0; c < in->channels; c++)
                    dst[c] += w * src[c];
        }
    }
}

/* The matrix's rows follow one another with the input's channels, so that each is added whole. */
static void mix_pixel(const struct seam_net_op *op, const float *matrix, const float *src, int out,
                      float *restrict dst)
{
    const int in = op->inputs[0].channels / op->groups;
    for (int g = 0; g < op->groups; g++, dst += out) {
        for (int c = 0; c < out; c++)
            dst[c] = 0;
        for (int k = 0; k < in; k++, src++, matrix += out)
            for (int c = 0; c < out; c++)
                dst[c] += *src * matrix[c];
    }
}

static void run_mix(const struct seam_flow *f, const struct seam_net_op *op, int64_t y,
                    struct seam_span cols)
{
    const struct seam_ref *in = &op->inputs[0];
    const int out = f->net->tensors[op->output].channels / op->groups;
    for (int64_t x = cols.begin; x < cols.end; x++)
        mix_pixel(op, f->lists[op->vector - 1], in_at(f, in, y, x), out,
                  flow_at(f, op->output, y, x));
}

void seam_flow_run_op(const struct seam_flow *f, const struct seam_net_op *op,
                      struct seam_span rows, struct seam_span cols)
{
    const int pitch = flow_pitch(f, op->output);
    if (op->kind == SEAM_OP_REDUCE) {
        seam_flow_reduce(f, op, rows, cols);
        return;
    }
    for (int64_t y = rows.begin; y < rows.end; y++) {
        float *dst = flow_at(f, op->output, y, cols.begin);
        switch (op->kind) {
        case SEAM_OP_POINT: run_copy(f, op, y, cols); break;
        case SEAM_OP_CONCAT: run_concat(f, op, y, cols); break;
        case SEAM_OP_CROP: run_crop(f, op, y, cols); break;
        case SEAM_OP_ROLL: run_roll(f, op, y, cols); break;
        case SEAM_OP_PAD: run_pad(f, op, y, cols); break;
        case SEAM_OP_SHUFFLE: run_shuffle(f, op, y, cols); break;
        case SEAM_OP_MIX: run_mix(f, op, y, cols); break;
        case SEAM_OP_POOL:
            for (int64_t x = cols.begin; x < cols.end; x++, dst += pitch)
                pool_pixel(f, op, y, x, dst);
            break;
        case SEAM_OP_RESIZE:
            for (int64_t x = cols.begin; x < cols.end; x++, dst += pitch)
                resize_pixel(f, op, y, x, dst);
            break;
        case SEAM_OP_CONV:
        case SEAM_OP_ATTEND:
        case SEAM_OP_REDUCE: break;
        }
    }
}
