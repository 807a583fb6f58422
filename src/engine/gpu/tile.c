#include "engine/gpu/tile.h"

#include <stdlib.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"

/* What a device does at least, before it has shown more. */
#define LEAST_RATE 2e9

enum seam_result seam_gpu_core_open(struct seam_gpu_core **core, struct seam_gpu_device **device,
                                    const struct seam_gpu_program *program, struct seam_log *log)
{
    struct seam_gpu_core *c = calloc(1, sizeof(*c));
    *core = NULL;
    if (!c) {
        seam_gpu_close(device);
        return seam_log_fail(log, SEAM_ERROR_MEMORY, "no memory for a device");
    }
    c->program = program;
    c->device = *device;
    c->rate = LEAST_RATE;
    c->users = 1;
    *device = NULL;
    const size_t n = (size_t)program->n_dispatches;
    VkResult v = VK_ERROR_OUT_OF_HOST_MEMORY;
    c->pipelines = calloc(n + 1, sizeof(*c->pipelines));
    if (c->pipelines)
        v = seam_gpu_buffer_fill(c->device, &c->constants, program->constants,
                                 (uint64_t)program->n_constants * sizeof(float));
    if (v == VK_SUCCESS)
        v = seam_gpu_pipelines(c->device, program, c->pipelines);
    if (v == VK_SUCCESS && c->constants.bytes > c->device->most_range)
        v = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    if (v != VK_SUCCESS) {
        const struct seam_device *is = &c->device->is;
        seam_log_fail(log, seam_vk_result(v), "the network does not come onto %s (driver %s): %s; "
                      "use --device cpu", is->name, is->driver, seam_vk_words(v));
        seam_gpu_core_close(&c);
        return seam_vk_result(v);
    }
    *core = c;
    return SEAM_OK;
}

void seam_gpu_core_close(struct seam_gpu_core **core)
{
    struct seam_gpu_core *c = *core;
    *core = NULL;
    if (!c)
        return;
    if (c->device)
        seam_gpu_buffer_close(c->device, &c->constants);
    seam_gpu_close(&c->device);
    free(c->pipelines);
    free(c);
}

static uint64_t area(const struct seam_span domain[2])
{
    return (uint64_t)(domain[0].end - domain[0].begin) *
           (uint64_t)(domain[1].end - domain[1].begin);
}

/* Of the planes that go in and come out. */
static void ends(const struct seam_net *net, const struct seam_gpu_place *places, uint64_t *in,
                 uint64_t *out)
{
    const int channels = net->tensors[net->input].channels;
    *in = area(places[net->input].domain) * (uint64_t)channels * sizeof(float);
    *out = area(places[net->output].domain) * (uint64_t)net->result.channels * sizeof(float);
}

/* Whether shaders can count what lies there. */
static bool is_countable(const struct seam_gpu_core *core, const struct seam_gpu_place *places,
                         const struct seam_gpu_layout *layout)
{
    const struct seam_net *net = core->program->net;
    const struct seam_gpu_device *d = core->device;
    for (int t = 0; t < net->n_tensors; t++)
        for (int dir = 0; dir < 2; dir++)
            if (places[t].domain[dir].end - places[t].domain[dir].begin > 65535)
                return false;
    const uint64_t samples = layout->largest / seam_gpu_sample_bytes(core->program);
    return layout->largest <= d->most_range && samples <= INT32_MAX &&
           layout->arena <= d->most_bytes;
}

static bool measure(const struct seam_gpu_core *core, const struct seam_span domain[2],
                    struct seam_gpu_place *places, struct seam_gpu_layout *layout)
{
    const uint64_t alignment = core->device->offset_alignment;
    if (!seam_gpu_place_all(core->program->net, domain, seam_gpu_sample_bytes(core->program),
                            alignment, places, layout))
        return false;
    layout->guard = layout->arena;
    layout->arena += alignment;
    return is_countable(core, places, layout);
}

bool seam_gpu_tile_measure(const struct seam_gpu_core *core, const struct seam_span domain[2],
                           struct seam_gpu_layout *layout, uint64_t *device_bytes,
                           uint64_t *host_bytes)
{
    const struct seam_net *net = core->program->net;
    struct seam_gpu_place *places = calloc((size_t)net->n_tensors, sizeof(*places));
    const bool ok = places && measure(core, domain, places, layout);
    uint64_t in, out;
    if (ok) {
        ends(net, places, &in, &out);
        *device_bytes = layout->arena;
        *host_bytes = in + out + SEAM_GPU_GUARD_BYTES;
    }
    free(places);
    return ok;
}

static VkResult take_buffers(struct seam_gpu_tile *t)
{
    const struct seam_gpu_device *d = t->core->device;
    uint64_t in, out;
    ends(t->core->program->net, t->places, &in, &out);
    VkResult r = seam_gpu_buffer_open(d, &t->arena, t->layout.arena, false);
    if (r == VK_SUCCESS)
        r = seam_gpu_buffer_open(d, &t->in, in, true);
    if (r == VK_SUCCESS)
        r = seam_gpu_buffer_open(d, &t->out, out + SEAM_GPU_GUARD_BYTES, true);
    t->out_bytes = out;
    return r;
}

static VkResult take_commands(struct seam_gpu_tile *t)
{
    const struct seam_gpu_device *d = t->core->device;
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = d->family,
    };
    if (!seam_gpu_cut_tile(&t->cut, t))
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    t->n_commands = t->cut.submissions > 0 ? t->cut.submissions : 1;
    t->commands = calloc((size_t)t->n_commands, sizeof(*t->commands));
    VkResult r = t->commands ? d->vk.vkCreateCommandPool(d->device, &pool, NULL, &t->pool)
                             : VK_ERROR_OUT_OF_HOST_MEMORY;
    if (r != VK_SUCCESS)
        return r;
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = t->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = (uint32_t)t->n_commands,
    };
    r = d->vk.vkAllocateCommandBuffers(d->device, &info, t->commands);
    const VkFenceCreateInfo fence = { .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO };
    if (r == VK_SUCCESS)
        r = d->vk.vkCreateFence(d->device, &fence, NULL, &t->fence);
    return r;
}

VkResult seam_gpu_tile_open(struct seam_gpu_tile **tile, struct seam_gpu_core *core,
                            const struct seam_span domain[2])
{
    struct seam_gpu_tile *t = calloc(1, sizeof(*t));
    *tile = NULL;
    if (!t)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    t->core = core;
    memcpy(t->domain, domain, sizeof(t->domain));
    t->places = calloc((size_t)core->program->net->n_tensors, sizeof(*t->places));
    VkResult r = VK_ERROR_OUT_OF_HOST_MEMORY;
    if (t->places)
        r = measure(core, domain, t->places, &t->layout) ? VK_SUCCESS
                                                         : VK_ERROR_OUT_OF_DEVICE_MEMORY;
    if (r == VK_SUCCESS)
        r = take_buffers(t);
    if (r == VK_SUCCESS)
        r = take_commands(t);
    if (r == VK_SUCCESS)
        r = seam_gpu_tile_record(t);
    if (r != VK_SUCCESS)
        seam_gpu_tile_close(&t);
    *tile = t;
    return r;
}

void seam_gpu_tile_close(struct seam_gpu_tile **tile)
{
    struct seam_gpu_tile *t = *tile;
    *tile = NULL;
    if (!t)
        return;
    const struct seam_gpu_device *d = t->core->device;
    if (t->fence)
        d->vk.vkDestroyFence(d->device, t->fence, NULL);
    if (t->pool)
        d->vk.vkDestroyCommandPool(d->device, t->pool, NULL);
    if (t->sets)
        d->vk.vkDestroyDescriptorPool(d->device, t->sets, NULL);
    seam_gpu_buffer_close(d, &t->arena);
    seam_gpu_buffer_close(d, &t->in);
    seam_gpu_buffer_close(d, &t->out);
    seam_gpu_cut_close(&t->cut);
    free(t->commands);
    free(t->places);
    free(t);
}

/* A device that says nothing for so long is lost. */
#define LONGEST_RUN 600000000000u /* nanoseconds */

/* Where the guard comes out. */
static uint32_t *guard(const struct seam_gpu_tile *t)
{
    return (uint32_t *)(void *)((unsigned char *)t->out.map + t->out_bytes);
}

VkResult seam_gpu_tile_submit(struct seam_gpu_tile *t)
{
    const struct seam_gpu_device *d = t->core->device;
    *guard(t) = 0;
    VkResult r = d->vk.vkResetFences(d->device, 1, &t->fence);
    /* Calls of their own: what comes in one call a driver may take as one piece of work. */
    for (int i = 0; i < t->n_commands && r == VK_SUCCESS; i++) {
        const VkSubmitInfo submit = {
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .commandBufferCount = 1,
            .pCommandBuffers = &t->commands[i],
        };
        r = d->vk.vkQueueSubmit(d->queue, 1, &submit,
                                i + 1 < t->n_commands ? VK_NULL_HANDLE : t->fence);
        if (r != VK_SUCCESS && i > 0)
            d->vk.vkDeviceWaitIdle(d->device);
    }
    return r;
}

bool seam_gpu_tile_is_whole(const struct seam_gpu_tile *t)
{
    return *guard(t) == SEAM_GPU_GUARD + (uint32_t)t->cut.n;
}

VkResult seam_gpu_tile_wait(struct seam_gpu_tile *t)
{
    const struct seam_gpu_device *d = t->core->device;
    const VkResult r = d->vk.vkWaitForFences(d->device, 1, &t->fence, VK_TRUE, LONGEST_RUN);
    return r == VK_TIMEOUT ? VK_ERROR_DEVICE_LOST : r;
}
