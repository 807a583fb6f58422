/* Shaders and the pipelines made of them. */
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/common.h"
#include "engine/gpu/device.h"

/* SPIR-V that the build made of shaders/. */
static const uint32_t conv_code[] = {
#include "conv.spv.h"
};
static const uint32_t direct_code[] = {
#include "direct.spv.h"
};
static const uint32_t move_code[] = {
#include "move.spv.h"
};
static const uint32_t conv_half_code[] = {
#include "conv_half.spv.h"
};
static const uint32_t direct_half_code[] = {
#include "direct_half.spv.h"
};
static const uint32_t move_half_code[] = {
#include "move_half.spv.h"
};
static const uint32_t to_half_code[] = {
#include "to_half.spv.h"
};
static const uint32_t from_half_code[] = {
#include "from_half.spv.h"
};

#define CODE(name) { name##_code, sizeof(name##_code) }

/* Of tensors in float32, and in float16. */
static const struct {
    const uint32_t *code;
    size_t bytes;
} shaders[SEAM_GPU_SHADERS][2] = {
    [SEAM_GPU_CONV] = { CODE(conv), CODE(conv_half) },
    [SEAM_GPU_DIRECT] = { CODE(direct), CODE(direct_half) },
    [SEAM_GPU_MOVE] = { CODE(move), CODE(move_half) },
    [SEAM_GPU_TO_HALF] = { { NULL, 0 }, CODE(to_half) },
    [SEAM_GPU_FROM_HALF] = { { NULL, 0 }, CODE(from_half) },
};

uint64_t seam_gpu_code(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < SEAM_GPU_SHADERS; i++)
        for (int half = 0; half < 2; half++)
            sum = seam_checksum(sum, shaders[i][half].code, shaders[i][half].bytes);
    return sum;
}

static VkResult create(const struct seam_gpu_device *d, VkPipelineCache cache,
                       struct seam_gpu_pipeline *p)
{
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = shaders[p->shader][p->half].bytes,
        .pCode = shaders[p->shader][p->half].code,
    };
    VkShaderModule module;
    VkSpecializationMapEntry entries[SEAM_GPU_SPECS];
    for (uint32_t i = 0; i < SEAM_GPU_SPECS; i++)
        entries[i] = (VkSpecializationMapEntry){
            .constantID = i < SEAM_GPU_OWN_SPECS ? i : i - SEAM_GPU_OWN_SPECS + SEAM_GPU_LINK_SPEC,
            .offset = i * (uint32_t)sizeof(*p->spec),
            .size = sizeof(*p->spec),
        };
    const VkSpecializationInfo spec = { SEAM_GPU_SPECS, entries, sizeof(p->spec), p->spec };
    VkResult r = d->vk.vkCreateShaderModule(d->device, &code, NULL, &module);
    if (r != VK_SUCCESS)
        return r;
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .layout = d->layout,
        .stage = {
            .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
            .stage = VK_SHADER_STAGE_COMPUTE_BIT,
            .module = module,
            .pName = "main",
            .pSpecializationInfo = &spec,
        },
    };
    r = d->vk.vkCreateComputePipelines(d->device, cache, 1, &info, NULL, &p->pipeline);
    d->vk.vkDestroyShaderModule(d->device, module, NULL);
    return r;
}

/* One that is alike, made if there is none. */
static VkResult find(struct seam_gpu_device *d, VkPipelineCache cache,
                     const struct seam_gpu_dispatch *dispatch, bool half, VkPipeline *pipeline)
{
    for (int i = 0; i < d->n_pipelines; i++) {
        const struct seam_gpu_pipeline *p = &d->pipelines[i];
        if (p->shader == dispatch->shader && p->half == half &&
            memcmp(p->spec, dispatch->spec, sizeof(p->spec)) == 0) {
            *pipeline = p->pipeline;
            return VK_SUCCESS;
        }
    }
    struct seam_gpu_pipeline *more =
        realloc(d->pipelines, (size_t)(d->n_pipelines + 1) * sizeof(*more));
    if (!more)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    d->pipelines = more;
    struct seam_gpu_pipeline *p = &more[d->n_pipelines];
    *p = (struct seam_gpu_pipeline){ .shader = dispatch->shader, .half = half };
    memcpy(p->spec, dispatch->spec, sizeof(p->spec));
    const VkResult r = create(d, cache, p);
    if (r != VK_SUCCESS)
        return r;
    d->n_pipelines++;
    *pipeline = p->pipeline;
    return VK_SUCCESS;
}

VkResult seam_gpu_pipelines(struct seam_gpu_device *d, const struct seam_gpu_program *program,
                            VkPipeline *pipelines)
{
    size_t had;
    const VkPipelineCache cache = seam_gpu_pipeline_cache_open(d, &had);
    VkResult r = VK_SUCCESS;
    for (int i = 0; i < program->n_dispatches && r == VK_SUCCESS; i++)
        r = find(d, cache, &program->dispatches[i], program->half, &pipelines[i]);
    seam_gpu_pipeline_cache_close(d, cache, had);
    return r;
}
