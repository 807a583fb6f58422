"""What PyTorch computes with the weights of each family, written from their papers and programs for this test alone.

forward(name, w, x): `w` has the tensors by name, x is 1 x 3 x height x width in the network's own range.
"""
import torch
import torch.nn.functional as F


def conv(w, x, name, stride=1, padding=None, groups=1, dilation=1):
    k = w[name + ".weight"]
    pad = (k.shape[2] - 1) // 2 * dilation if padding is None else padding
    return F.conv2d(x, k, w.get(name + ".bias"), stride, pad, dilation, groups)


def deconv(w, x, name, stride, padding):
    return F.conv_transpose2d(x, w[name + ".weight"], w.get(name + ".bias"), stride, padding)


def lrelu(x, slope=0.2):
    return F.leaky_relu(x, slope)


def nearest(x, r):
    return F.interpolate(x, scale_factor=r, mode="nearest")


def esrgan(w, x, first, dense, trunk, ups, hr, last, unshuffle=1, factor=2, blocks=1):
    fea = y = conv(w, F.pixel_unshuffle(x, unshuffle) if unshuffle > 1 else x, first)
    for b in range(blocks):
        before = y
        for j in (1, 2, 3):
            y = dense_block(w, y, dense.replace(".0.", f".{b}.", 1), j)
        y = y * 0.2 + before
    y = fea + conv(w, y, trunk)
    for name in ups:
        y = lrelu(conv(w, nearest(y, factor), name))
    return conv(w, lrelu(conv(w, y, hr)), last)


def dense_block(w, x, dense, j):
    xs = [x]
    plus = (dense % (j, 0)).removesuffix(".0").replace("conv0", "conv1x1")
    for k in range(1, 6):
        z = conv(w, torch.cat(xs, 1), dense % (j, k))
        if k == 5:
            return z * 0.2 + x
        z = lrelu(z)
        if k == 2 and plus + ".weight" in w:
            z = z + conv(w, x, plus)
        if k == 4 and plus + ".weight" in w:
            z = z + xs[2]
        xs.append(z)


def esrgan_old(w, x, ups=2, factor=2, blocks=1):
    return esrgan(w, x, "model.0", "model.1.sub.0.RDB%d.conv%d.0", f"model.1.sub.{blocks}",
                  [f"model.{3 * i + 3}" for i in range(ups)], f"model.{3 * ups + 2}", f"model.{3 * ups + 4}",
                  factor=factor, blocks=blocks)


def compact(w, x, convs=3, r=2):
    y = conv(w, x, "body.0")
    for i in range(convs + 1):
        y = conv(w, F.prelu(y, w[f"body.{2 * i + 1}.weight"]), f"body.{2 * i + 2}")
    return F.pixel_shuffle(y, r) + nearest(x, r)


def span(w, x, norm=True, r=2):
    def c3(y, name):
        if name + ".sk.weight" not in w:
            return conv(w, y, name + ".eval_conv")
        z = F.pad(y, (1, 1, 1, 1))
        for k, pad in ((0, 0), (1, 0), (2, 0)):
            z = conv(w, z, f"{name}.conv.{k}", padding=pad)
        return z + conv(w, y, name + ".sk")
    if norm:
        x = (x - torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)) * 255
    f = y = c3(x, "conv_1")
    for i in range(1, 7):
        early = F.silu(c3(y, f"block_{i}.c1_r"))
        z = c3(F.silu(c3(early, f"block_{i}.c2_r")), f"block_{i}.c3_r")
        y = (z + y) * (torch.sigmoid(z) - 0.5)
        b1 = y if i == 1 else b1
    return F.pixel_shuffle(conv(w, conv(w, torch.cat([f, c3(y, "conv_2"), b1, early], 1), "conv_cat"), "upsampler.0"), r)


def layer_norm(w, x, name):
    u = x.mean(1, keepdim=True)
    s = (x - u).pow(2).mean(1, keepdim=True)
    return w[name + ".weight"].view(-1, 1, 1) * ((x - u) / torch.sqrt(s + 1e-6)) + w[name + ".bias"].view(-1, 1, 1)


def dysample(w, x, name, r, groups=4):
    offset = conv(w, x, name + ".offset") * conv(w, x, name + ".scope").sigmoid() * 0.5 + w[name + ".init_pos"]
    b, _, h, wd = offset.shape
    offset = offset.view(b, 2, -1, h, wd)
    ys, xs = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(wd) + 0.5, indexing="ij")
    coords = torch.stack([xs, ys])[None, :, None]
    coords = 2 * (coords + offset) / torch.tensor([wd, h]).view(1, 2, 1, 1, 1) - 1
    coords = F.pixel_shuffle(coords.reshape(b, -1, h, wd), r).view(b, 2, -1, r * h, r * wd)
    coords = coords.permute(0, 2, 3, 4, 1).flatten(0, 1)
    out = F.grid_sample(x.reshape(b * groups, -1, h, wd), coords, mode="bilinear", align_corners=False,
                        padding_mode="border").view(b, -1, r * h, r * wd)
    return conv(w, out, name + ".end_conv")


def plksr(w, x, mixer="channel_mixer", last=4, act=F.mish, r=2, groups=4):
    y = conv(w, x, "feats.0")
    for i in (1, 2):
        z = layer_norm(w, y, f"feats.{i}.layer_norm") if f"feats.{i}.layer_norm.weight" in w else y
        z = conv(w, act(conv(w, z, f"feats.{i}.{mixer}.0")), f"feats.{i}.{mixer}.2")
        n = w[f"feats.{i}.lk.conv.weight"].shape[0]
        z = torch.cat([conv(w, z[:, :n], f"feats.{i}.lk.conv"), z[:, n:]], 1)
        if f"feats.{i}.attn.f.0.weight" in w:
            z = z * torch.sigmoid(conv(w, z, f"feats.{i}.attn.f.0"))
        z = conv(w, z, f"feats.{i}.refine")
        if f"feats.{i}.norm.weight" in w:
            z = F.group_norm(z, 4, w[f"feats.{i}.norm.weight"], w[f"feats.{i}.norm.bias"])
        y = z + y
    y = conv(w, y, f"feats.{last}") + torch.repeat_interleave(x, r * r, 1)
    return dysample(w, y, "to_img", r, groups) if "to_img.init_pos" in w else F.pixel_shuffle(y, r)


def mosr(w, x, r=2):
    y = conv(w, x, "gblocks.0")
    for i in (1, 2):
        z = conv(w, layer_norm(w, y, f"gblocks.{i}.norm"), f"gblocks.{i}.fc1")
        g, s, c = torch.split(z, [12, 4, 8], 1)
        c = conv(w, c, f"gblocks.{i}.conv", groups=8)
        y = F.mish(conv(w, F.mish(g) * torch.cat((s, c), 1), f"gblocks.{i}.fc2")) + (y - 0.5)
    y = conv(w, F.mish(conv(w, F.mish(conv(w, y, "gblocks.3")), "gblocks.5")), "gblocks.7")
    s = F.mish(conv(w, F.mish(conv(w, x, "shortcut.block.0")), "shortcut.block.2")) + conv(w, x, "shortcut.conv11")
    y = y + (s - 0.5)
    if "upsampler.init_pos" in w:
        return dysample(w, y, "upsampler", r)
    if "upsampler.in_to_k.weight" in w:
        y = conv(w, y, "upsampler.in_to_k")
        return F.pixel_shuffle(y.reshape(1, 8, -1, *y.shape[2:]).mean(1), r)
    if "upsampler.weight" in w:
        return conv(w, y, "upsampler")
    return F.pixel_shuffle(conv(w, y, "upsampler.0"), r)


def cunet(w, x, scale=2, pro=False, clips=False):
    def pair(y, name):
        y = lrelu(conv(w, y, name + ".conv.0", padding=0), 0.1)
        y = lrelu(conv(w, y, name + ".conv.2", padding=0), 0.1)
        if name + ".seblock.conv1.weight" in w:
            s = F.relu(conv(w, y.mean((2, 3), keepdim=True), name + ".seblock.conv1"))
            y = y * torch.sigmoid(conv(w, s, name + ".seblock.conv2"))
        return y

    def cut(y, n):
        return F.pad(y, (-n,) * 4)

    def bottom(y, name):
        k = w[name + ".weight"].shape[2]
        if k == 3:
            return conv(w, y, name, padding=0)
        return deconv(w, y, name, 2 if k == 4 else 3, 3 if k == 4 else 2)

    def unet1(y):
        x1 = pair(y, "unet1.conv1")
        x2 = pair(lrelu(conv(w, x1, "unet1.conv1_down", 2, 0), 0.1), "unet1.conv2")
        x2 = lrelu(deconv(w, x2, "unet1.conv2_up", 2, 0), 0.1)
        return bottom(lrelu(conv(w, cut(x1, 4) + x2, "unet1.conv3", padding=0), 0.1), "unet1.conv_bottom")

    def unet2(y):
        x1 = pair(y, "unet2.conv1")
        x2 = pair(lrelu(conv(w, x1, "unet2.conv1_down", 2, 0), 0.1), "unet2.conv2")
        x3 = pair(lrelu(conv(w, x2, "unet2.conv2_down", 2, 0), 0.1), "unet2.conv3")
        x3 = lrelu(deconv(w, x3, "unet2.conv3_up", 2, 0), 0.1)
        x4 = lrelu(deconv(w, pair(cut(x2, 4) + x3, "unet2.conv4"), "unet2.conv4_up", 2, 0), 0.1)
        return bottom(lrelu(conv(w, cut(x1, 16) + x4, "unet2.conv5", padding=0), 0.1), "unet2.conv_bottom")
    inside = x * 0.7 + 0.15 if pro else x
    y = unet1(inside)
    y = y.clamp(0, 1) if clips else y
    y = unet2(y) + cut(y, 20)
    if scale == 4:
        y = F.pixel_shuffle(cut(conv(w, y, "conv_final", padding=0), 1), 2) + nearest(cut(inside, 19), 4)
    y = (y - 0.15) / 0.7 if pro else y
    return y.clamp(0, 1) if clips else y


def waifu2x(w, x):
    for i in range(6):
        x = lrelu(conv(w, x, f"net.{2 * i}", padding=0), 0.1)
    x = deconv(w, x, "net.12", 2, 3) if w["net.12.weight"].shape[2] == 4 else conv(w, x, "net.12", padding=0)
    return x.clamp(0, 1)


def row(w, y, dilations=None):
    last = max(int(k.split(".")[1]) for k in w)
    n = 0
    for i in range(last + 1):
        if f"model.{i}.running_var" in w:
            y = F.batch_norm(y, w[f"model.{i}.running_mean"], w[f"model.{i}.running_var"], w[f"model.{i}.weight"],
                             w[f"model.{i}.bias"])
        elif f"model.{i}.weight" in w:
            y = F.relu(y) if i else y
            y = conv(w, y, f"model.{i}", dilation=dilations[n] if dilations else 1)
            n += 1
    return y


def plane(x, value):
    return torch.cat([x, torch.full_like(x[:, :1], value)], 1)


def ffdnet(w, x, sigma):
    return F.pixel_shuffle(row(w, plane(F.pixel_unshuffle(x, 2), sigma)), 2)


SRMD_BLUR = (-1.12360956e-08, -1.36899159e-08, 1.85637958e-02, 2.86066886e-08, 3.35292965e-02, 8.37272935e-08,
             -2.54424009e-07, -3.16234976e-02, -1.35169253e-02, -1.10466090e-08, 3.84753793e-02, 3.79465739e-08,
             -2.44916752e-01, -8.02213490e-01, -5.40549755e-01)


def srmd(w, x, r, sigma=None):
    for value in SRMD_BLUR + (() if sigma is None else (sigma,)):
        x = plane(x, value)
    return F.pixel_shuffle(row(w, x), r)


def residual(w, x, name):
    return x + conv(w, F.relu(conv(w, x, name + ".res.0")), name + ".res.2")


def drunet(w, x, sigma=None):
    x1 = conv(w, x if sigma is None else plane(x, sigma), "m_head")
    kept, y = [], x1
    for i in (1, 2, 3):
        kept.append(y)
        y = conv(w, residual(w, y, f"m_down{i}.0"), f"m_down{i}.1", 2, 0)
    y = residual(w, y, "m_body.0") + y
    for i in (3, 2, 1):
        y = residual(w, deconv(w, y, f"m_up{i}.0", 2, 0), f"m_up{i}.1") + kept[i - 1]
    return conv(w, y, "m_tail")


def fbcnn(w, x):
    def linear(y, name):
        return F.linear(y, w[name + ".weight"], w[name + ".bias"])
    y = conv(w, x, "m_head")
    kept = []
    for i in (1, 2, 3):
        kept.append(y)
        y = conv(w, residual(w, y, f"m_down{i}.0"), f"m_down{i}.1", 2, 0)
    deep = y
    y = residual(w, y, "m_body_encoder.0")
    q = residual(w, y, "qf_pred.0").mean((2, 3))
    q = torch.sigmoid(linear(F.relu(linear(F.relu(linear(q, "qf_pred.3")), "qf_pred.5")), "qf_pred.7"))
    for i in (0, 2, 4):
        q = F.relu(linear(q, f"qf_embed.{i}"))
    y = residual(w, y, "m_body_decoder.0") + deep
    for i in (3, 2, 1):
        gamma = torch.sigmoid(linear(q, f"to_gamma_{i}.0"))[..., None, None]
        beta = torch.tanh(linear(q, f"to_beta_{i}.0"))[..., None, None]
        y = deconv(w, y, f"m_up{i}.0", 2, 0)
        y = y + gamma * conv(w, F.relu(conv(w, y, f"m_up{i}.1.res.0")), f"m_up{i}.1.res.2") + beta
        y = y + kept[i - 1]
    return conv(w, y, "m_tail")


def imdn(w, x, end="", r=2):
    f = y = conv(w, x, "model.0")
    for i in (0, 1):
        kept, z = [], y
        for k in (1, 2, 3):
            z = lrelu(conv(w, z, f"model.1.sub.{i}.conv{k}{end}"), 0.05)
            kept.append(z[:, :2])
            z = z[:, 2:]
        kept.append(conv(w, z, f"model.1.sub.{i}.conv4{end}"))
        y = y + conv(w, torch.cat(kept, 1), f"model.1.sub.{i}.conv1x1{end}")
    return F.pixel_shuffle(conv(w, f + conv(w, y, "model.1.sub.2"), "model.2"), r)


def esa(w, x, name):
    c1 = conv(w, x, name + ".conv1")
    y = F.max_pool2d(conv(w, c1, name + ".conv2", 2, 0), 7, 3)
    if name + ".conv_max.weight" in w:
        y = F.relu(conv(w, F.relu(conv(w, y, name + ".conv_max")), name + ".conv3"))
        y = conv(w, y, name + ".conv3_")
    else:
        y = conv(w, y, name + ".conv3")
    y = F.interpolate(y, x.shape[2:], mode="bilinear", align_corners=False)
    return x * torch.sigmoid(conv(w, y + conv(w, c1, name + ".conv_f"), name + ".conv4"))


def rlfn(w, x, r=2):
    f = y = conv(w, x, "conv_1")
    for i in (1, 2):
        z = y
        for k in (1, 2, 3):
            z = lrelu(conv(w, z, f"block_{i}.c{k}_r"), 0.05)
        y = esa(w, conv(w, z + y, f"block_{i}.c5"), f"block_{i}.esa")
    return F.pixel_shuffle(conv(w, conv(w, y, "conv_2") + f, "upsampler.0"), r)


def rfdn(w, x, r=2):
    f = y = conv(w, x, "fea_conv")
    blocks = []
    for i in (1, 2):
        kept = []
        for k in (1, 2, 3):
            kept.append(lrelu(conv(w, y, f"B{i}.c{k}_d"), 0.05))
            y = lrelu(conv(w, y, f"B{i}.c{k}_r") + y, 0.05)
        kept.append(lrelu(conv(w, y, f"B{i}.c4"), 0.05))
        y = esa(w, conv(w, torch.cat(kept, 1), f"B{i}.c5"), f"B{i}.esa")
        blocks.append(y)
    y = conv(w, lrelu(conv(w, torch.cat(blocks, 1), "c.0"), 0.05), "LR_conv") + f
    return F.pixel_shuffle(conv(w, y, "upsampler.0"), r)


def safmn(w, x, r=2):
    f = y = conv(w, x, "to_feat")
    h, wd = x.shape[2:]
    for i in (0, 1):
        z = layer_norm(w, y, f"feats.{i}.norm1")
        outs = []
        for k, part in enumerate(z.chunk(4, 1)):
            s = F.adaptive_max_pool2d(part, (h // 2 ** k, wd // 2 ** k)) if k else part
            s = conv(w, s, f"feats.{i}.safm.mfr.{k}", groups=s.shape[1])
            outs.append(F.interpolate(s, size=(h, wd), mode="nearest") if k else s)
        y = F.gelu(conv(w, torch.cat(outs, 1), f"feats.{i}.safm.aggr")) * z + y
        z = conv(w, layer_norm(w, y, f"feats.{i}.norm2"), f"feats.{i}.ccm.ccm.0")
        y = conv(w, F.gelu(z), f"feats.{i}.ccm.ccm.2") + y
    return F.pixel_shuffle(conv(w, y + f, "to_img.0"), r)


def safmn_light(w, x, r=2):
    f = conv(w, x, "to_feat")
    h, wd = x.shape[2:]
    x0, x1 = conv(w, f, "feats.0.conv1.proj").chunk(2, 1)
    x2 = conv(w, F.adaptive_max_pool2d(x0, (h // 8, wd // 8)), "feats.0.conv1.dwconv", groups=4)
    x2 = F.gelu(F.interpolate(x2, size=(h, wd), mode="bilinear")) * x0
    y = conv(w, F.gelu(torch.cat([x1, x2], 1)), "feats.0.conv1.out")
    y = conv(w, F.gelu(conv(w, y, "feats.0.conv2.conv.0")), "feats.0.conv2.conv.2")
    return F.pixel_shuffle(conv(w, y + f, "to_img.0"), r)


def residuals(w, y, name):
    for i in (0, 1):
        y = y + conv(w, F.relu(conv(w, y, f"{name}.{i}.conv1")), f"{name}.{i}.conv2")
    return y


def pixels(w, y, name, factors):
    for i, r in enumerate(factors):
        y = F.pixel_shuffle(conv(w, y, f"{name}.{2 * i}"), r)
    return y


def edsr(w, x, factors=(2,)):
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
    f = conv(w, (x - mean) * 255, "conv_first")
    y = conv(w, residuals(w, f, "body"), "conv_after_body") + f
    return conv(w, pixels(w, y, "upsample", factors), "conv_last") / 255 + mean


def msrresnet(w, x, body, hr, factors):
    y = residuals(w, lrelu(conv(w, x, "conv_first"), 0.1), body)
    scale = 1
    for i, r in enumerate(factors, 1):
        y = lrelu(F.pixel_shuffle(conv(w, y, f"upconv{i}"), r), 0.1)
        scale *= r
    y = conv(w, lrelu(conv(w, y, hr), 0.1), "conv_last")
    return y + F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False)


def srresnet(w, x, shuffles, factors=(2,)):
    f = y = conv(w, x, "model.0")
    for i in (0, 1):
        y = residual(w, y, f"model.1.sub.{i}")
    y = f + conv(w, y, "model.1.sub.2")
    for i, r in enumerate(factors):
        y = F.relu(F.pixel_shuffle(conv(w, y, f"model.{3 * i + 2}"), r) if shuffles else
                   conv(w, nearest(y, r), f"model.{3 * i + 3}"))
    last = 3 * len(factors) + 2
    return conv(w, F.relu(conv(w, y, f"model.{last}")), f"model.{last + 2}")


def swift(w, x, ups=1):
    def separable(y, name):
        return conv(w, conv(w, y, name + ".depthwise", groups=y.shape[1]), name + ".pointwise")

    def block(y, name):
        return F.batch_norm(separable(y, name + ".cnn"), w[name + ".bn.running_mean"], w[name + ".bn.running_var"],
                            w[name + ".bn.weight"], w[name + ".bn.bias"])
    f = F.prelu(separable(x, "initial.cnn"), w["initial.act.weight"])
    y = F.prelu(block(f, "residual.0.block1"), w["residual.0.block1.act.weight"])
    y = block(block(y, "residual.0.block2") + f, "convblock") + f
    for i in range(ups):
        y = F.prelu(F.pixel_shuffle(separable(y, f"upsampler.{i}.conv"), 2), w[f"upsampler.{i}.act.weight"])
    return (torch.tanh(separable(y, "final_conv")) + 1) / 2


def edsr_first(w, x, white=255, factors=(2,)):
    f = y = conv(w, conv(w, x * white, "sub_mean"), "head.0")
    for i in (0, 1):
        y = y + conv(w, F.relu(conv(w, y, f"body.{i}.body.0")), f"body.{i}.body.2")
    y = conv(w, y, "body.2") + f
    return conv(w, conv(w, pixels(w, y, "tail.0", factors), "tail.1"), "add_mean") / white


def rcan(w, x, unshuffle=1, white=1, factors=(2,)):
    x = x * white
    x = conv(w, x, "sub_mean") if "sub_mean.weight" in w else x
    f = y = conv(w, F.pixel_unshuffle(x, unshuffle), "head.1") if unshuffle > 1 else conv(w, x, "head.0")
    for i in (0, 1):
        before = y
        for k in (0, 1):
            name = f"body.{i}.body.{k}.body."
            z = conv(w, F.relu(conv(w, y, name + "0")), name + "2")
            s = F.relu(conv(w, z.mean((2, 3), keepdim=True), name + "3.conv_du.0"))
            y = z * torch.sigmoid(conv(w, s, name + "3.conv_du.2")) + y
        y = conv(w, y, f"body.{i}.body.2") + before
    y = conv(w, y, "body.2") + f
    y = conv(w, pixels(w, y, "tail.0", factors), "tail.1")
    y = conv(w, y, "add_mean") if "add_mean.weight" in w else y
    return y / white


def nafnet(w, x):
    def gate(y):
        a, b = y.chunk(2, 1)
        return a * b

    def block(y, name):
        z = conv(w, layer_norm(w, y, name + ".norm1"), name + ".conv1")
        z = gate(conv(w, z, name + ".conv2", groups=z.shape[1]))
        z = z * conv(w, z.mean((2, 3), keepdim=True), name + ".sca.1")
        y = y + conv(w, z, name + ".conv3") * w[name + ".beta"]
        z = gate(conv(w, layer_norm(w, y, name + ".norm2"), name + ".conv4"))
        return y + conv(w, z, name + ".conv5") * w[name + ".gamma"]
    def blocks(y, name):
        i = 0
        while f"{name}.{i}.conv1.weight" in w:
            y = block(y, f"{name}.{i}")
            i += 1
        return y
    y, kept = conv(w, x, "intro"), []
    while f"downs.{len(kept)}.weight" in w:
        kept.append(blocks(y, f"encoders.{len(kept)}"))
        y = conv(w, kept[-1], f"downs.{len(kept) - 1}", 2, 0)
    y = blocks(y, "middle_blks")
    for i in range(len(kept)):
        y = blocks(F.pixel_shuffle(conv(w, y, f"ups.{i}.0"), 2) + kept[-1 - i], f"decoders.{i}")
    return conv(w, y, "ending") + x


def restormer(w, x):
    def norm(y, name):
        s = torch.sqrt(y.var(1, keepdim=True, unbiased=False) + 1e-5)
        if name + ".bias" not in w:
            return y / s * w[name + ".weight"].view(-1, 1, 1)
        return (y - y.mean(1, keepdim=True)) / s * w[name + ".weight"].view(-1, 1, 1) + w[name + ".bias"].view(-1, 1, 1)

    def attention(y, name):
        b, c, h, wd = y.shape
        t = w[name + ".temperature"]
        y = conv(w, conv(w, y, name + ".qkv"), name + ".qkv_dwconv", groups=3 * c)
        q, k, v = (part.reshape(b, len(t), -1, h * wd) for part in y.chunk(3, 1))
        shares = (F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) * t).softmax(-1)
        return conv(w, (shares @ v).reshape(b, c, h, wd), name + ".project_out")

    def feed(y, name):
        y = conv(w, y, name + ".project_in")
        one, two = conv(w, y, name + ".dwconv", groups=y.shape[1]).chunk(2, 1)
        return conv(w, F.gelu(one) * two, name + ".project_out")

    def blocks(y, name):
        i = 0
        while f"{name}.{i}.attn.temperature" in w:
            y = y + attention(norm(y, f"{name}.{i}.norm1.body"), f"{name}.{i}.attn")
            y = y + feed(norm(y, f"{name}.{i}.norm2.body"), f"{name}.{i}.ffn")
            i += 1
        return y
    y, kept = conv(w, x, "patch_embed.proj"), {}
    for i in (1, 2, 3):
        kept[i] = blocks(y, f"encoder_level{i}")
        y = F.pixel_unshuffle(conv(w, kept[i], f"down{i}_{i + 1}.body.0"), 2)
    y = blocks(y, "latent")
    for i in (3, 2, 1):
        y = torch.cat((F.pixel_shuffle(conv(w, y, f"up{i + 1}_{i}.body.0"), 2), kept[i]), 1)
        y = conv(w, y, f"reduce_chan_level{i}") if i > 1 else y
        y = blocks(y, f"decoder_level{i}")
    return conv(w, blocks(y, "refinement"), "output") + x


def windows(x, n):
    """[windows, pixels, channels] of B x H x W x C."""
    b, h, w, c = x.shape
    return x.view(b, h // n, n, w // n, n, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, n * n, c)


def window_mask(h, w, n, shift):
    """The usual mask: what a roll by `shift` has brought into one window from both ends is kept apart."""
    part = torch.zeros(1, h, w, 1)
    for i, rows in enumerate((slice(0, -n), slice(-n, -shift), slice(-shift, None))):
        for k, columns in enumerate((slice(0, -n), slice(-n, -shift), slice(-shift, None))):
            part[:, rows, columns] = 3 * i + k
    part = windows(part, n)[:, :, 0]
    return torch.where(part[:, None] == part[:, :, None], 0.0, -100.0)


def window_attention(w, y, name, n, shift, qkv="qkv", proj="proj"):
    """Of B x H x W x C, with the roll, the mask and the index of its authors."""
    b, h, wd, c = y.shape
    table = w.get(name + ".relative_position_bias_table")
    if table is None:
        table = w[name + ".relative_position_params"].flatten(1).T
    at = torch.stack(torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij")).flatten(1)
    apart = at[:, :, None] - at[:, None] + n - 1
    bias = table[apart[0] * (2 * n - 1) + apart[1]].permute(2, 0, 1)
    z = windows(torch.roll(y, (-shift, -shift), (1, 2)), n)
    heads = table.shape[1]
    q, k, v = F.linear(z, w[f"{name}.{qkv}.weight"], w.get(f"{name}.{qkv}.bias")).view(
        len(z), n * n, 3, heads, c // heads).permute(2, 0, 3, 1, 4)
    s = (q * (c // heads) ** -0.5) @ k.transpose(-2, -1) + bias
    if shift:
        s = s + window_mask(h, wd, n, shift)[:, None]
    z = (s.softmax(-1) @ v).transpose(1, 2).reshape(-1, n, n, c)
    z = z.view(b, h // n, wd // n, n, n, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, wd, c)
    z = torch.roll(z, (shift, shift), (1, 2))
    return F.linear(z, w[f"{name}.{proj}.weight"], w[f"{name}.{proj}.bias"])


def norm_last(w, y, name):
    return F.layer_norm(y, y.shape[-1:], w[name + ".weight"], w[name + ".bias"])


def linear(w, y, name):
    return F.linear(y, w[name + ".weight"], w[name + ".bias"])


def padded(x, n):
    """To multiples of n by reflecting, as often as it takes."""
    for axis in (2, 3):
        size = x.shape[axis]
        at = torch.arange(size + -size % n) % (2 * size - 2)
        x = x.index_select(axis, torch.minimum(at, 2 * size - 2 - at))
    return x


def drct(w, x, n=4, r=2):
    def block(y, name, shift):
        y = y + window_attention(w, norm_last(w, y, name + ".norm1"), name + ".attn", n, shift)
        z = F.gelu(linear(w, norm_last(w, y, name + ".norm2"), name + ".mlp.fc1"))
        return y + linear(w, z, name + ".mlp.fc2")

    def last(y, name):
        return conv(w, y.permute(0, 3, 1, 2), name).permute(0, 2, 3, 1)
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
    h, wd = x.shape[2:]
    first = conv(w, padded(x, n) - mean, "conv_first").permute(0, 2, 3, 1)
    y, i = norm_last(w, first, "patch_embed.norm"), 0
    while f"layers.{i}.adjust1.weight" in w:
        made = [y]
        for k in range(5):
            z = block(torch.cat(made, -1), f"layers.{i}.swin{k + 1}", k % 2 * (n // 2))
            z = last(z, f"layers.{i}.adjust{k + 1}")
            made.append(lrelu(z) if k < 4 else z)
        y = made[5] * 0.2 + y
        i += 1
    y = (last(norm_last(w, y, "norm"), "conv_after_body") + first).permute(0, 3, 1, 2)
    y = lrelu(conv(w, y, "conv_before_upsample.0"), 0.01)
    y = conv(w, F.pixel_shuffle(conv(w, y, "upsample.0"), r), "conv_last") + mean
    return y[:, :, :h * r, :wd * r]


def attention_around(w, y, name, n):
    """Windows attend to one and a half windows a side, zeros beyond the picture; of B x H x W x C."""
    b, h, wd, c = y.shape
    wide, table = n + n // 2, w[name + ".relative_position_bias_table"]
    heads, at = table.shape[1], lambda k: torch.stack(torch.meshgrid(torch.arange(k), torch.arange(k), indexing="ij")).flatten(1)
    apart = at(wide)[:, None] - at(n)[:, :, None] + n - wide + 1
    bias = table[apart[0] * (n + wide - 1) + apart[1]].permute(2, 0, 1)
    q, k, v = linear(w, y, name + ".qkv").chunk(3, -1)
    def unfolded(z):
        z = F.unfold(z.permute(0, 3, 1, 2), wide, stride=n, padding=(wide - n) // 2)
        return z.view(c, wide * wide, -1).permute(2, 1, 0).reshape(-1, wide * wide, heads, c // heads).transpose(1, 2)
    q = windows(q, n).view(-1, n * n, heads, c // heads).transpose(1, 2) * (c // heads) ** -0.5
    z = ((q @ unfolded(k).transpose(-2, -1) + bias).softmax(-1) @ unfolded(v)).transpose(1, 2).reshape(-1, n, n, c)
    z = z.view(b, h // n, wd // n, n, n, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, wd, c)
    return linear(w, z, name + ".proj")


def hat(w, x, n=4, r=2):
    def each(y, name):
        return y + linear(w, F.gelu(linear(w, norm_last(w, y, name + ".norm2"), name + ".mlp.fc1")), name + ".mlp.fc2")

    def last(y, name):
        return conv(w, y.permute(0, 3, 1, 2), name).permute(0, 2, 3, 1)

    def block(y, name, shift):
        z = norm_last(w, y, name + ".norm1")
        u = conv(w, F.gelu(conv(w, z.permute(0, 3, 1, 2), name + ".conv_block.cab.0")), name + ".conv_block.cab.2")
        s = F.relu(conv(w, u.mean((2, 3), keepdim=True), name + ".conv_block.cab.3.attention.1"))
        u = u * conv(w, s, name + ".conv_block.cab.3.attention.3").sigmoid()
        return each(y + window_attention(w, z, name + ".attn", n, shift) + 0.01 * u.permute(0, 2, 3, 1), name)
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
    h, wd = x.shape[2:]
    first = conv(w, padded(x, n) - mean, "conv_first").permute(0, 2, 3, 1)
    y, i = norm_last(w, first, "patch_embed.norm"), 0
    while f"layers.{i}.conv.weight" in w:
        before, k, name = y, 0, f"layers.{i}.residual_group."
        while f"{name}blocks.{k}.norm1.weight" in w:
            y = block(y, f"{name}blocks.{k}", k % 2 * (n // 2))
            k += 1
        name += "overlap_attn"
        y = each(y + attention_around(w, norm_last(w, y, name + ".norm1"), name, n), name)
        y = last(y, f"layers.{i}.conv") + before
        i += 1
    y = (last(norm_last(w, y, "norm"), "conv_after_body") + first).permute(0, 3, 1, 2)
    y = lrelu(conv(w, y, "conv_before_upsample.0"), 0.01)
    y = conv(w, F.pixel_shuffle(conv(w, y, "upsample.0"), r), "conv_last") + mean
    return y[:, :, :h * r, :wd * r]


def scunet(w, x):
    def block(y, name, shift):
        left, right = conv(w, y, name + ".conv1_1").chunk(2, 1)
        left = left + conv(w, F.relu(conv(w, left, name + ".conv_block.0")), name + ".conv_block.2")
        z, name_of = right.permute(0, 2, 3, 1), name + ".trans_block"
        z = z + window_attention(w, norm_last(w, z, name_of + ".ln1"), name_of + ".msa", 8, shift, "embedding_layer", "linear")
        z = z + linear(w, F.gelu(linear(w, norm_last(w, z, name_of + ".ln2"), name_of + ".mlp.0")), name_of + ".mlp.2")
        return y + conv(w, torch.cat((left, z.permute(0, 3, 1, 2)), 1), name + ".conv1_2")

    def blocks(y, name, first=0):
        i = first
        while f"{name}.{i}.conv1_1.weight" in w:
            y = block(y, f"{name}.{i}", (i - first) % 2 * 4)
            i += 1
        return y, i
    h, wd = x.shape[2:]
    y = conv(w, padded(x, 64), "m_head.0")
    kept = [y]
    for i in (1, 2, 3):
        y, last = blocks(y, f"m_down{i}")
        y = F.conv2d(y, w[f"m_down{i}.{last}.weight"], stride=2)
        kept.append(y)
    y, _ = blocks(y, "m_body")
    for i in (3, 2, 1):
        y = F.conv_transpose2d(y + kept[i], w[f"m_up{i}.0.weight"], stride=2)
        y, _ = blocks(y, f"m_up{i}", 1)
    return conv(w, y + kept[0], "m_tail.0")[:, :, :h, :wd]


def swinir(w, x, tail="pixels", n=4, r=2, white=1):
    def norm(y, name):
        return F.layer_norm(y, y.shape[-1:], w[name + ".weight"], w[name + ".bias"])

    def linear(y, name):
        return F.linear(y, w[name + ".weight"], w[name + ".bias"])

    def last(y, name):
        y = y.permute(0, 3, 1, 2)
        if name + ".0.weight" in w:
            y = conv(w, lrelu(conv(w, lrelu(conv(w, y, name + ".0")), name + ".2")), name + ".4")
        else:
            y = conv(w, y, name)
        return y.permute(0, 2, 3, 1)
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1) if x.shape[1] == 3 else 0
    h, wd = x.shape[2:]
    x = F.pad(x, (0, -wd % n, 0, -h % n), "reflect")
    x = (x - mean) * white
    first = conv(w, x, "conv_first").permute(0, 2, 3, 1)
    y = norm(first, "patch_embed.norm")
    i = 0
    while f"layers.{i}.residual_group.blocks.0.norm1.weight" in w:
        before, k = y, 0
        while (name := f"layers.{i}.residual_group.blocks.{k}") + ".norm1.weight" in w:
            y = y + window_attention(w, norm(y, name + ".norm1"), name + ".attn", n, n // 2 * (k % 2))
            z = F.gelu(linear(norm(y, name + ".norm2"), name + ".mlp.fc1"))
            y = y + linear(z, name + ".mlp.fc2")
            k += 1
        y = last(y, f"layers.{i}.conv") + before
        i += 1
    y = (last(norm(y, "norm"), "conv_after_body") + first).permute(0, 3, 1, 2)
    if tail == "pixels":
        y = lrelu(conv(w, y, "conv_before_upsample.0"), 0.01)
        y = conv(w, F.pixel_shuffle(conv(w, y, "upsample.0"), r), "conv_last")
    elif tail == "direct":
        y = F.pixel_shuffle(conv(w, y, "upsample.0"), r)
    elif tail == "nearest":
        y, i = lrelu(conv(w, y, "conv_before_upsample.0"), 0.01), 1
        while f"conv_up{i}.weight" in w:
            y = lrelu(conv(w, nearest(y, 2), f"conv_up{i}"))
            i += 1
        y = conv(w, lrelu(conv(w, y, "conv_hr")), "conv_last")
    else:
        y, r = x + conv(w, y, "conv_last"), 1
    return (y / white + mean)[:, :, :h * r, :wd * r]
