/* The commands of a tile: planes in, one dispatch after the other, planes out. */
#include <stdlib.h>

#include "base/common.h"
#include "engine/gpu/tile.h"
#include "field/sym.h"

/* As common.glsl has it. */
struct push {
    int32_t in_size[2], out_size[2], base[2], in_base[2]; /* columns, rows */
    int32_t in_first, in_channels, out_first, out_channels, channels, weights, chain;
    float fill;
    int32_t with[SEAM_GPU_WITH];
    int32_t row_groups;
};

struct recorder {
    struct seam_gpu_tile *tile;
    const struct seam_gpu_device *device;
    const struct seam_net *net;
    VkDescriptorSet *sets; /* by dispatch */
    VkCommandBuffer to;    /* of the submission that is recorded */
};

static void barrier(const struct recorder *r, VkPipelineStageFlags from, VkAccessFlags written,
                    VkPipelineStageFlags to, VkAccessFlags touched)
{
    const VkMemoryBarrier memory = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = written,
        .dstAccessMask = touched,
    };
    r->device->vk.vkCmdPipelineBarrier(r->to, from, to, 0, 1, &memory, 0, NULL, 0,
                                       NULL);
}

#define COMPUTE VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT
#define TRANSFER VK_PIPELINE_STAGE_TRANSFER_BIT
#define TOUCH (VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT)

static VkDescriptorBufferInfo whole(const struct recorder *r, int tensor)
{
    const struct seam_gpu_tile *t = r->tile;
    if (tensor < 0)
        return (VkDescriptorBufferInfo){ t->core->constants.buffer, 0, VK_WHOLE_SIZE };
    return (VkDescriptorBufferInfo){ t->arena.buffer, t->places[tensor].at,
                                     t->places[tensor].bytes };
}

static void bind(const struct recorder *r, int i)
{
    const struct seam_gpu_tile *t = r->tile;
    const struct seam_gpu_dispatch *d = &t->core->program->dispatches[i];
    const VkDescriptorBufferInfo in = { t->in.buffer, 0, VK_WHOLE_SIZE };
    const VkDescriptorBufferInfo out = { t->out.buffer, 0, t->out_bytes }; /* not the guard */
    VkDescriptorBufferInfo infos[SEAM_GPU_BINDINGS] = {
        d->shader == SEAM_GPU_TO_HALF ? in : whole(r, d->in.tensor),
        d->shader == SEAM_GPU_FROM_HALF ? out : whole(r, d->out),
        whole(r, -1),
        [SEAM_GPU_BINDINGS - 1] = { t->arena.buffer, t->layout.guard, SEAM_GPU_GUARD_BYTES },
    };
    VkWriteDescriptorSet writes[SEAM_GPU_BINDINGS];
    for (int k = 0; k < SEAM_GPU_WITH; k++)
        infos[3 + k] = whole(r, d->with[k].tensor);
    for (uint32_t k = 0; k < SEAM_GPU_BINDINGS; k++)
        writes[k] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = r->sets[i],
            .dstBinding = k,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &infos[k],
        };
    r->device->vk.vkUpdateDescriptorSets(r->device->device, SEAM_GPU_BINDINGS, writes, 0, NULL);
}

static int32_t size_of(const struct seam_gpu_place *p, int dir)
{
    return (int32_t)(p->domain[dir].end - p->domain[dir].begin);
}

/* Where the shader begins along one direction: sizes count from the tensors' own corners, while
 * windows, blocks and periods lie in the picture. */
static void set_base(const struct seam_net_op *o, int dir, int64_t out, int64_t in,
                     struct push *push)
{
    const int x = dir == SEAM_COLUMNS ? 0 : 1;
    int64_t base = 0, block = 0;
    switch (o->kind) {
    case SEAM_OP_CONV:
    case SEAM_OP_POOL: base = out * o->slide[dir].stride - o->slide[dir].pad - in; break;
    case SEAM_OP_PAD: base = out + o->shift[dir] - in; break;
    case SEAM_OP_CROP: base = out * o->step[dir] + o->shift[dir] - in; break;
    case SEAM_OP_SHUFFLE:
        block = seam_floor_div(out, o->to[dir]);
        base = out - block * o->to[dir];
        block = block * o->from[dir] - in;
        break;
    case SEAM_OP_RESIZE:
        block = seam_floor_div(out, o->resize[dir].up);
        base = out - block * o->resize[dir].up;
        block = block * o->resize[dir].down - in;
        break;
    case SEAM_OP_POINT:
    case SEAM_OP_CONCAT:
    case SEAM_OP_MIX:
    case SEAM_OP_ATTEND:
    case SEAM_OP_ROLL:
    case SEAM_OP_REDUCE: break;
    }
    push->base[x] = (int32_t)base;
    push->in_base[x] = (int32_t)block;
}

static struct push push_of(const struct recorder *r, const struct seam_gpu_dispatch *d)
{
    const struct seam_net_op *o = d->op < 0 ? NULL : &r->net->ops[d->op];
    const struct seam_gpu_place *out = &r->tile->places[d->out];
    const struct seam_gpu_place *in = d->in.tensor < 0 ? out : &r->tile->places[d->in.tensor];
    struct push p = {
        .in_first = d->in.first,
        .in_channels = d->in.channels,
        .out_first = d->out_first,
        .out_channels = d->out_channels,
        .channels = r->net->tensors[d->out].channels,
        .weights = d->weights,
        .chain = d->chain,
        .fill = d->fill,
    };
    for (int dir = 0; dir < 2; dir++) {
        const int x = dir == SEAM_COLUMNS ? 0 : 1;
        p.in_size[x] = size_of(in, dir);
        p.out_size[x] = size_of(out, dir);
        if (o && d->in.tensor != d->out)
            set_base(o, dir, out->domain[dir].begin, in->domain[dir].begin, &p);
    }
    for (int k = 0; k < SEAM_GPU_WITH; k++)
        p.with[k] = d->with[k].first;
    return p;
}

static uint32_t parts(int64_t size, int64_t part)
{
    return (uint32_t)seam_div_up(size, part);
}

static void dispatch(const struct recorder *r, const struct seam_gpu_piece *piece)
{
    const struct seam_gpu_core *core = r->tile->core;
    const struct seam_gpu_dispatch *d = &core->program->dispatches[piece->dispatch];
    const struct seam_vk *vk = &r->device->vk;
    struct push p = push_of(r, d);
    p.row_groups = (int32_t)piece->first;
    vk->vkCmdBindPipeline(r->to, VK_PIPELINE_BIND_POINT_COMPUTE, core->pipelines[piece->dispatch]);
    vk->vkCmdBindDescriptorSets(r->to, VK_PIPELINE_BIND_POINT_COMPUTE, r->device->layout, 0, 1,
                                &r->sets[piece->dispatch], 0, NULL);
    vk->vkCmdPushConstants(r->to, r->device->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(p),
                           &p);
    if (d->shader == SEAM_GPU_CONV)
        vk->vkCmdDispatch(r->to, parts(p.out_size[0], SEAM_GPU_CONV_WIDE), piece->count,
                          parts(d->out_channels, d->spec[0] * SEAM_GPU_CONV_SLICE));
    else
        vk->vkCmdDispatch(r->to, parts(p.out_size[0], SEAM_GPU_MOVE_WIDE), piece->count,
                          (uint32_t)d->out_channels);
    barrier(r, COMPUTE, VK_ACCESS_SHADER_WRITE_BIT, COMPUTE | TRANSFER,
            TOUCH | VK_ACCESS_TRANSFER_READ_BIT);
}

/* Of `channels` planes from `first` on of a tensor. */
static VkBufferCopy planes(const struct recorder *r, int tensor, int first, int channels)
{
    const struct seam_gpu_place *p = &r->tile->places[tensor];
    const VkDeviceSize plane = (VkDeviceSize)size_of(p, 0) * (VkDeviceSize)size_of(p, 1) *
                               sizeof(float);
    return (VkBufferCopy){ p->at + (VkDeviceSize)first * plane, 0,
                           (VkDeviceSize)channels * plane };
}

/* What stands before the first dispatch: the planes come in, the guard begins. */
static void begin(const struct recorder *r)
{
    const struct seam_gpu_tile *t = r->tile;
    const struct seam_vk *vk = &r->device->vk;
    const VkBufferCopy from =
        planes(r, r->net->input, 0, r->net->tensors[r->net->input].channels);
    const VkBufferCopy in = { 0, from.srcOffset, from.size };
    /* What ran before is done with the arena; the last run's result has been fetched. */
    barrier(r, COMPUTE | TRANSFER, VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
            COMPUTE | TRANSFER, TOUCH | VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT);
    if (!t->core->program->half)
        vk->vkCmdCopyBuffer(r->to, t->in.buffer, t->arena.buffer, 1, &in);
    vk->vkCmdFillBuffer(r->to, t->arena.buffer, t->layout.guard, SEAM_GPU_GUARD_BYTES,
                        SEAM_GPU_GUARD);
    barrier(r, TRANSFER, VK_ACCESS_TRANSFER_WRITE_BIT, COMPUTE | TRANSFER,
            TOUCH | VK_ACCESS_TRANSFER_READ_BIT);
}

/* And behind the last: the planes and the guard go out. */
static void end(const struct recorder *r)
{
    const struct seam_gpu_tile *t = r->tile;
    const struct seam_vk *vk = &r->device->vk;
    const VkBufferCopy out =
        planes(r, r->net->output, r->net->result.first, r->net->result.channels);
    const VkBufferCopy guard = { t->layout.guard, t->out_bytes, SEAM_GPU_GUARD_BYTES };
    if (!t->core->program->half)
        vk->vkCmdCopyBuffer(r->to, t->arena.buffer, t->out.buffer, 1, &out);
    vk->vkCmdCopyBuffer(r->to, t->arena.buffer, t->out.buffer, 1, &guard);
    barrier(r, COMPUTE | TRANSFER, VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
            VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
}

/* The pieces from `next` on of submission i; which follows. */
static VkResult record(struct recorder *r, int i, int *next)
{
    const struct seam_gpu_tile *t = r->tile;
    const VkCommandBufferBeginInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
    };
    r->to = t->commands[i];
    const VkResult v = r->device->vk.vkBeginCommandBuffer(r->to, &info);
    if (v != VK_SUCCESS)
        return v;
    if (i == 0)
        begin(r);
    for (int first = *next; *next < t->cut.n; ++*next) {
        if (t->cut.pieces[*next].begins && *next != first)
            break;
        dispatch(r, &t->cut.pieces[*next]);
    }
    if (i + 1 == t->n_commands)
        end(r);
    return r->device->vk.vkEndCommandBuffer(r->to);
}

static VkResult take_sets(struct recorder *r, uint32_t n)
{
    const VkDescriptorPoolSize size = { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, n * SEAM_GPU_BINDINGS };
    const VkDescriptorPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = n,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    const struct seam_gpu_device *d = r->device;
    VkResult v = d->vk.vkCreateDescriptorPool(d->device, &pool, NULL, &r->tile->sets);
    for (uint32_t i = 0; i < n && v == VK_SUCCESS; i++) {
        const VkDescriptorSetAllocateInfo info = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
            .descriptorPool = r->tile->sets,
            .descriptorSetCount = 1,
            .pSetLayouts = &d->sets,
        };
        v = d->vk.vkAllocateDescriptorSets(d->device, &info, &r->sets[i]);
    }
    return v;
}

VkResult seam_gpu_tile_record(struct seam_gpu_tile *tile)
{
    const struct seam_gpu_core *core = tile->core;
    const uint32_t n = (uint32_t)core->program->n_dispatches;
    struct recorder r = { .tile = tile, .device = core->device, .net = core->program->net };
    int next = 0;
    r.sets = calloc(n + 1, sizeof(*r.sets));
    VkResult v = r.sets ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
    if (v == VK_SUCCESS && n > 0)
        v = take_sets(&r, n);
    for (uint32_t i = 0; i < n && v == VK_SUCCESS; i++)
        bind(&r, (int)i);
    for (int i = 0; i < tile->n_commands && v == VK_SUCCESS; i++)
        v = record(&r, i, &next);
    free(r.sets);
    return v;
}
