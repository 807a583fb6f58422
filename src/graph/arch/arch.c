#include <stdio.h>
#include <string.h>

#include "base/common.h"
#include "base/log.h"
#include "graph/arch/family.h"

/* In the order in which they are tried; no two recognise one file. */
static const struct seam_arch *const families[] = {
    &seam_arch_esrgan, &seam_arch_compact, &seam_arch_span, &seam_arch_plksr,
    &seam_arch_dncnn, &seam_arch_drunet, &seam_arch_fbcnn, &seam_arch_cunet,
    &seam_arch_waifu2x, &seam_arch_mosr, &seam_arch_imdn, &seam_arch_rlfn,
    &seam_arch_rfdn, &seam_arch_safmn, &seam_arch_safmn_light, &seam_arch_edsr,
    &seam_arch_msrresnet, &seam_arch_srresnet, &seam_arch_swift, &seam_arch_rcan,
    &seam_arch_nafnet, &seam_arch_edsr_first, &seam_arch_swinir,
    &seam_arch_drct, &seam_arch_scunet, &seam_arch_hat, &seam_arch_restormer,
};

/* What others are called by the first of their keys: read as ONNX, or not at all. */
static const struct {
    const char *key, *name;
} foreign[] = {
    { "layers.0.residual_group.blocks.0.attn.aligned_relative_position_index", "SRFormer" },
    { "layers.0.residual_group.blocks.0.conv_block.cab.0.weight", "HAT" },
    { "layers.0.residual_group.layers.0.attn_win.relative_position_index", "ATD" },
    { "layers.0.residual_group.overlap_attn.relative_position_bias_table", "HAT" },
    { "layers.0.residual_group.blocks.0.attn.logit_scale", "Swin2SR" },
    { "layers.0.residual_group.blocks.0.attn.relative_position_index", "SwinIR" },
    { "layers.0.residual_group.blocks.0.attn.relative_position_bias_table", "SwinIR" },
    { "layers.0.swin1.attn.relative_position_bias_table", "DRCT" },
    { "layers.0.blocks.0.gamma", "RGT" },
    { "before_RG.1.weight", "DAT" },
    { "residual_layer.0.residual_layer.0.layer.0.fn.0.weight", "OmniSR" },
    { "conv_near.weight", "SPANF" },
    { "feats.1.lk.convs.0.weight", "a PLKSR of sparse kernels" },
    { "feats.1.lk.mn_conv.weight", "a PLKSR of rectangular kernels" },
    { "block_1.c1_r.eval_conv.weight", "a relative of SPAN" },
    { "B1.c1_d.weight", "a relative of RFDN" },
    { "block_1.c1_r.weight", "a relative of RLFN" },
    { "m_head.0.weight", "SCUNet" },
    { "UFONE.0.ITLs.0.attn.temperature", "DITN" },
};

static const char *foreign_name(const struct seam_weights *weights)
{
    for (size_t i = 0; i < SEAM_ARRAY_LEN(foreign); i++)
        if (seam_weights_find(weights, foreign[i].key))
            return foreign[i].name;
    return NULL;
}

static enum seam_result arch_unknown(const struct seam_weights *weights, struct seam_log *log)
{
    const char *const path = weights->graph->path, *const name = foreign_name(weights);
    if (name)
        return seam_log_fail(
            log, SEAM_ERROR_MODEL,
            "%s: its weights are those of %s, which Seamless reads as ONNX alone: export the "
            "network with chaiNNer or spandrel",
            path, name);
    char more[40] = "";
    if (weights->count > 1)
        snprintf(more, sizeof(more), " and %zu more", weights->count - 1);
    return seam_log_fail(
        log, SEAM_ERROR_MODEL,
        "%s: its weights (%s%s) are those of no architecture that Seamless knows: export the "
        "network as ONNX",
        path, weights->items[0].name, more);
}

/* Every weight must have a place: a network that has more is another. */
static void arch_check_unused(struct seam_arch_work *a)
{
    const struct seam_weight *left = seam_weights_unused(a->weights);
    if (!seam_arch_failed(a) && left)
        seam_arch_refuse(a, "has %s, which %s has not", left->name, a->name);
}

enum seam_result seam_arch_build(struct seam_weights *weights, struct seam_log *log)
{
    for (size_t i = 0; i < SEAM_ARRAY_LEN(families); i++) {
        const struct seam_arch *arch = families[i];
        if (!arch->recognise(weights))
            continue;
        struct seam_arch_work a = { .weights = weights, .name = arch->name };
        seam_build_init(&a.build, weights->graph, log);
        arch->build(&a);
        arch_check_unused(&a);
        seam_build_say(&a.build, "seamless.purpose", "%s", arch->purpose);
        return seam_build_finish(&a.build);
    }
    return arch_unknown(weights, log);
}
