"""State dictionaries with random weights for every family of networks, small, and safetensors files of them.

A family is a function of a Weights that says which tensors there are, in the words of its architecture.
"""
import array
import json
import random
import struct


class Weights(dict):
    """Names and shapes; numbers come when the file is written."""

    def conv(self, name, out, of, kernel, bias=True):
        self[name + ".weight"] = [out, of, kernel, kernel]
        if bias:
            self[name + ".bias"] = [out]

    def norm(self, name, channels, running=False):
        self[name + ".weight"] = self[name + ".bias"] = [channels]
        if running:
            self[name + ".running_mean"] = self[name + ".running_var"] = [channels]

    def linear(self, name, out, of):
        self[name + ".weight"], self[name + ".bias"] = [out, of], [out]


def numbers(name, shape, seed):
    """About as large as keeps what goes through layers of them within bounds."""
    count = 1
    for size in shape:
        count *= size
    draw = random.Random(f"{seed} {name}")
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight") and "norm" in name):
        return [draw.uniform(0.5, 1.5) for _ in range(count)]
    if len(shape) == 1 and name.endswith("weight"):
        return [draw.uniform(0.05, 0.4) for _ in range(count)]
    inputs = max(1, count // shape[0]) if len(shape) > 1 else 25
    bound = (3 / inputs) ** 0.5
    return [draw.uniform(-bound, bound) for _ in range(count)]


def write(path, weights, metadata=None, seed=1, values=None):
    """A safetensors file; `values` has the numbers of some of the tensors."""
    header, data, at = {"__metadata__": metadata} if metadata else {}, [], 0
    for name, shape in weights.items():
        raw = array.array("f", (values or {}).get(name) or numbers(name, shape, seed)).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + len(raw)]}
        data.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def pickled(weights, storage=0):
    """The part of a pickle that makes a dictionary of tensors, numbered from `storage`; what comes behind it too."""
    def text(t):
        return b"X" + struct.pack("<I", len(t)) + t.encode()

    def number(n):
        return b"J" + struct.pack("<i", n)
    made = b"ccollections\nOrderedDict\n)R("
    for name, shape in weights.items():
        count, strides = 1, []
        for size in reversed(shape):
            strides.insert(0, count)
            count *= size
        made += (text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\nFloatStorage\n" +
                 text(str(storage)) + text("cpu") + number(count) + b"tQK\0(" + b"".join(map(number, shape)) + b"t(" +
                 b"".join(map(number, strides)) + b"t\x89ccollections\nOrderedDict\n)RtR")
        storage += 1
    return made + b"u"


def write_torch(path, weights, data=None):
    """As torch.save() would; `weights` may be a dictionary of dictionaries. `data` makes a storage of its count."""
    import zipfile
    sets = list(weights.values()) if isinstance(next(iter(weights.values())), dict) else [weights]
    made, storages = [], []
    for seed, one in enumerate(sets):
        made.append(pickled(one, len(storages)))
        storages += [(data or (lambda n, s, seed: array.array("f", numbers(n, s, seed)).tobytes()))(n, s, seed)
                     for n, s in one.items()]
    body = made[0]
    if sets[0] is not weights:
        body = b"}(" + b"".join(b"X" + struct.pack("<I", len(k)) + k.encode() + m for k, m in zip(weights, made)) + b"u"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("net/data.pkl", b"\x80\2" + body + b".")
        for i, raw in enumerate(storages):
            z.writestr(f"net/data/{i}", raw)
        z.writestr("net/version", "3\n")


def esrgan_old(w, plus=False, ups=2, colours=3, features=8, growth=4, blocks=1):
    w.conv("model.0", features, colours, 3)
    for i in range(blocks):
        for j in (1, 2, 3):
            for k in range(1, 6):
                w.conv(f"model.1.sub.{i}.RDB{j}.conv{k}.0", growth if k < 5 else features,
                       features + (k - 1) * growth, 3)
            if plus:
                w.conv(f"model.1.sub.{i}.RDB{j}.conv1x1", growth, features, 1, bias=False)
    w.conv(f"model.1.sub.{blocks}", features, features, 3)
    for i in range(ups):
        w.conv(f"model.{3 * i + 3}", features, features, 3)
    w.conv(f"model.{3 * ups + 2}", features, features, 3)
    w.conv(f"model.{3 * ups + 4}", colours, features, 3)


def esrgan_new(w, first, body, trunk, up, hr, unshuffle=1, features=8, growth=4, ups=2):
    w.conv(first, features, 3 * unshuffle ** 2, 3)
    for j in (1, 2, 3):
        for k in range(1, 6):
            w.conv(body % (j, k), growth if k < 5 else features, features + (k - 1) * growth, 3)
    w.conv(trunk, features, features, 3)
    for i in range(1, ups + 1):
        w.conv(f"{up}{i}", features, features, 3)
    w.conv(hr, features, features, 3)
    w.conv("conv_last", 3, features, 3)


def compact(w, colours=3, features=8, convs=3, r=2):
    w.conv("body.0", features, colours, 3)
    for i in range(convs):
        w[f"body.{2 * i + 1}.weight"] = [features]
        w.conv(f"body.{2 * i + 2}", features, features, 3)
    w[f"body.{2 * convs + 1}.weight"] = [features]
    w.conv(f"body.{2 * convs + 2}", colours * r * r, features, 3)


def span(w, trained=False, norm=True, features=8, r=2):
    def conv(name, out, of):
        w.conv(name + ".eval_conv", out, of, 3)
        if trained:
            w.conv(name + ".sk", out, of, 1)
            w.conv(name + ".conv.0", 2 * of, of, 1)
            w.conv(name + ".conv.1", 2 * out, 2 * of, 3)
            w.conv(name + ".conv.2", out, 2 * out, 1)
    conv("conv_1", features, 3)
    for i in range(1, 7):
        for k in (1, 2, 3):
            conv(f"block_{i}.c{k}_r", features, features)
    w.conv("conv_cat", features, 4 * features, 1)
    conv("conv_2", features, features)
    w.conv("upsampler.0", 3 * r * r, features, 3)
    if not norm:
        w["no_norm"] = [1]


def plksr(w, mixer="channel_mixer", kernels=(3, 3), norm=None, dysample=0, attention=True, dim=8, r=2, blocks=2):
    w.conv("feats.0", dim, 3, 3)
    for i in range(1, blocks + 1):
        if norm == "layer_norm":
            w.norm(f"feats.{i}.layer_norm", dim)
        w.conv(f"feats.{i}.{mixer}.0", 2 * dim, dim, kernels[0])
        w.conv(f"feats.{i}.{mixer}.2", dim, 2 * dim, kernels[1])
        w.conv(f"feats.{i}.lk.conv", dim // 4, dim // 4, 13)
        if attention:
            w.conv(f"feats.{i}.attn.f.0", dim, dim, 3)
        w.conv(f"feats.{i}.refine", dim, dim, 1)
        if norm == "norm":
            w.norm(f"feats.{i}.norm", dim)
    w.conv(f"feats.{blocks + (2 if mixer == 'channel_mixer' else 1)}", 3 * r * r, dim, 3)
    if dysample:
        dysampler(w, "to_img", 3 * r * r, r, dysample)


def dysampler(w, name, channels, r, groups=4):
    w.conv(name + ".offset", 2 * groups * r * r, channels, 1)
    w.conv(name + ".scope", 2 * groups * r * r, channels, 1, bias=False)
    w[name + ".init_pos"] = [1, 2 * groups * r * r, 1, 1]
    w.conv(name + ".end_conv", 3, channels, 1)


def mosr(w, upsampler="ps", dim=8, hidden=12, blocks=2, r=2):
    w.conv("gblocks.0", dim, 3, 3)
    for i in range(1, blocks + 1):
        w.norm(f"gblocks.{i}.norm", dim)
        w.conv(f"gblocks.{i}.fc1", 2 * hidden, dim, 3)
        w[f"gblocks.{i}.conv.weight"], w[f"gblocks.{i}.conv.bias"] = [dim, 1, 7, 7], [dim]
        w.conv(f"gblocks.{i}.fc2", dim, hidden, 3)
    w.conv(f"gblocks.{blocks + 1}", 2 * dim, dim, 3)
    w.conv(f"gblocks.{blocks + 3}", dim, 2 * dim, 3)
    w.conv(f"gblocks.{blocks + 5}", dim, dim, 1)
    w.conv("shortcut.block.0", dim, 3, 3)
    w.conv("shortcut.block.2", dim, dim, 3)
    w.conv("shortcut.conv11", dim, 3, 1)
    if upsampler == "ps":
        w.conv("upsampler.0", 3 * r * r, dim, 3)
    elif upsampler == "conv":
        w.conv("upsampler", 3, dim, 3)
    elif upsampler == "gps":
        w.conv("upsampler.in_to_k", 24 * r * r, dim, 3)
    else:
        dysampler(w, "upsampler", dim, r)


def cunet(w, scale=2, se=True, pro=False, colours=3):
    wide = 64 if scale == 4 else colours
    bottom = {1: 3, 2: 4, 3: 5, 4: 4}[scale]

    def pair(name, of, mid, out, squeezed):
        w.conv(name + ".conv.0", mid, of, 3)
        w.conv(name + ".conv.2", out, mid, 3)
        if squeezed and se:
            w.conv(name + ".seblock.conv1", out // 8, out, 1)
            w.conv(name + ".seblock.conv2", out, out // 8, 1)

    def up(name, of, out, kernel):
        w[name + ".weight"], w[name + ".bias"] = [of, out, kernel, kernel], [out]
    pair("unet1.conv1", colours, 8, 16, False)
    w.conv("unet1.conv1_down", 16, 16, 2)
    pair("unet1.conv2", 16, 16, 16, True)
    up("unet1.conv2_up", 16, 16, 2)
    w.conv("unet1.conv3", 16, 16, 3)
    if scale == 1:
        w.conv("unet1.conv_bottom", wide, 16, 3)
    else:
        up("unet1.conv_bottom", 16, wide, bottom)
    pair("unet2.conv1", wide, 8, 16, False)
    w.conv("unet2.conv1_down", 16, 16, 2)
    pair("unet2.conv2", 16, 16, 16, True)
    w.conv("unet2.conv2_down", 16, 16, 2)
    pair("unet2.conv3", 16, 16, 16, True)
    up("unet2.conv3_up", 16, 16, 2)
    pair("unet2.conv4", 16, 16, 16, True)
    up("unet2.conv4_up", 16, 16, 2)
    w.conv("unet2.conv5", 16, 16, 3)
    w.conv("unet2.conv_bottom", wide, 16, 3)
    if scale == 4:
        w.conv("conv_final", 12, 64, 3)
    if pro:
        w["pro"] = [1]


def waifu2x(w, enlarges):
    sizes = [3, 8, 8, 8, 8, 8, 8]
    for i in range(6):
        w.conv(f"net.{2 * i}", sizes[i + 1], sizes[i], 3)
    if enlarges:
        w["net.12.weight"], w["net.12.bias"] = [8, 3, 4, 4], [3]
    else:
        w.conv("net.12", 3, 8, 3)


def sequence(w, first, last, features=8, convs=5, norms=False, bias=True):
    """DnCNN and its kin: `first` channels in, `last` out."""
    at = 0
    for i in range(convs):
        w.conv(f"model.{at}", last if i == convs - 1 else features, first if i == 0 else features, 3, bias)
        if norms and 0 < i < convs - 1:
            w.norm(f"model.{at + 1}", features, running=True)
            at += 1
        at += 2


def residual(w, name, channels, bias):
    w.conv(name + ".res.0", channels, channels, 3, bias)
    w.conv(name + ".res.2", channels, channels, 3, bias)


def unet(w, colours, noise, bias, blocks=1, sizes=(4, 6, 8, 12), body=("m_body",)):
    w.conv("m_head", sizes[0], colours + noise, 3, bias)
    for i in range(3):
        for k in range(blocks):
            residual(w, f"m_down{i + 1}.{k}", sizes[i], bias)
        w.conv(f"m_down{i + 1}.{blocks}", sizes[i + 1], sizes[i], 2, bias)
    for name in body:
        for k in range(blocks):
            residual(w, f"{name}.{k}", sizes[3], bias)
    for i in (3, 2, 1):
        w[f"m_up{i}.0.weight"] = [sizes[i], sizes[i - 1], 2, 2]
        if bias:
            w[f"m_up{i}.0.bias"] = [sizes[i - 1]]
        for k in range(blocks):
            residual(w, f"m_up{i}.{k + 1}", sizes[i - 1], bias)
    w.conv("m_tail", colours, sizes[0], 3, bias)


def fbcnn(w, sizes=(4, 6, 8, 12), colours=3):
    unet(w, colours, 0, True, body=("m_body_encoder", "m_body_decoder", "qf_pred"))
    for at, (out, of) in zip((3, 5, 7), ((10, 12), (10, 10), (1, 10))):
        w.linear(f"qf_pred.{at}", out, of)
    for at, (out, of) in zip((0, 2, 4), ((10, 1), (10, 10), (10, 10))):
        w.linear(f"qf_embed.{at}", out, of)
    for i in (1, 2, 3):
        w.linear(f"to_gamma_{i}.0", sizes[i - 1], 10)
        w.linear(f"to_beta_{i}.0", sizes[i - 1], 10)


def imdn(w, features=8, kept=2, r=2, wrapped=False):
    end = ".0" if wrapped else ""
    w.conv("model.0", features, 3, 3)
    for i in range(2):
        for k in (1, 2, 3):
            w.conv(f"model.1.sub.{i}.conv{k}{end}", features, features if k == 1 else features - kept, 3)
        w.conv(f"model.1.sub.{i}.conv4{end}", kept, features - kept, 3)
        w.conv(f"model.1.sub.{i}.conv1x1{end}", features, 4 * kept, 1)
    w.conv("model.1.sub.2", features, features, 3)
    w.conv("model.2", 3 * r * r, features, 3)


def esa(w, name, features, narrow, deep):
    w.conv(name + ".conv1", narrow, features, 1)
    w.conv(name + ".conv2", narrow, narrow, 3)
    w.conv(name + ".conv3", narrow, narrow, 3)
    w.conv(name + ".conv_f", narrow, narrow, 1)
    w.conv(name + ".conv4", features, narrow, 1)
    if deep:
        w.conv(name + ".conv_max", narrow, narrow, 3)
        w.conv(name + ".conv3_", narrow, narrow, 3)


def rlfn(w, features=8, r=2):
    w.conv("conv_1", features, 3, 3)
    for i in (1, 2):
        for k, (out, of) in enumerate(((10, features), (10, 10), (features, 10)), 1):
            w.conv(f"block_{i}.c{k}_r", out, of, 3)
        w.conv(f"block_{i}.c5", features, features, 1)
        esa(w, f"block_{i}.esa", features, 4, False)
    w.conv("conv_2", features, features, 3)
    w.conv("upsampler.0", 3 * r * r, features, 3)


def rfdn(w, features=8, r=2, blocks=2):
    w.conv("fea_conv", features, 3, 3)
    for i in range(1, blocks + 1):
        for k in (1, 2, 3):
            w.conv(f"B{i}.c{k}_d", features // 2, features, 1)
            w.conv(f"B{i}.c{k}_r", features, features, 3)
        w.conv(f"B{i}.c4", features // 2, features, 3)
        w.conv(f"B{i}.c5", features, 2 * features, 1)
        esa(w, f"B{i}.esa", features, 4, True)
    w.conv("c.0", features, blocks * features, 1)
    w.conv("LR_conv", features, features, 3)
    w.conv("upsampler.0", 3 * r * r, features, 3)


def safmn(w, dim=8, r=2):
    w.conv("to_feat", dim, 3, 3)
    for i in range(2):
        w.norm(f"feats.{i}.norm1", dim)
        w.norm(f"feats.{i}.norm2", dim)
        for k in range(4):
            w[f"feats.{i}.safm.mfr.{k}.weight"], w[f"feats.{i}.safm.mfr.{k}.bias"] = [dim // 4, 1, 3, 3], [dim // 4]
        w.conv(f"feats.{i}.safm.aggr", dim, dim, 1)
        w.conv(f"feats.{i}.ccm.ccm.0", 2 * dim, dim, 3)
        w.conv(f"feats.{i}.ccm.ccm.2", dim, 2 * dim, 1)
    w.conv("to_img.0", 3 * r * r, dim, 3)


def safmn_light(w, dim=8, r=2):
    w.conv("to_feat", dim, 3, 3, bias=False)
    w.conv("feats.0.conv1.proj", dim, dim, 3, bias=False)
    w["feats.0.conv1.dwconv.weight"] = [dim // 2, 1, 3, 3]
    w.conv("feats.0.conv1.out", dim, dim, 1, bias=False)
    w.conv("feats.0.conv2.conv.0", 12, dim, 3, bias=False)
    w.conv("feats.0.conv2.conv.2", dim, 12, 1, bias=False)
    w.conv("to_img.0", 3 * r * r, dim, 3, bias=False)


def edsr(w, features=8, factors=(2,)):
    w.conv("conv_first", features, 3, 3)
    for i in range(2):
        w.conv(f"body.{i}.conv1", features, features, 3)
        w.conv(f"body.{i}.conv2", features, features, 3)
    w.conv("conv_after_body", features, features, 3)
    for i, r in enumerate(factors):
        w.conv(f"upsample.{2 * i}", r * r * features, features, 3)
    w.conv("conv_last", 3, features, 3)


def msrresnet(w, body, hr, factors=(2, 2), features=8):
    w.conv("conv_first", features, 3, 3)
    for i in range(2):
        w.conv(f"{body}.{i}.conv1", features, features, 3)
        w.conv(f"{body}.{i}.conv2", features, features, 3)
    for i, r in enumerate(factors, 1):
        w.conv(f"upconv{i}", r * r * features, features, 3)
    w.conv(hr, features, features, 3)
    w.conv("conv_last", 3, features, 3)


def srresnet(w, shuffles, features=8, factors=(2,)):
    w.conv("model.0", features, 3, 3)
    for i in range(2):
        residual(w, f"model.1.sub.{i}", features, True)
    w.conv("model.1.sub.2", features, features, 3)
    for i, r in enumerate(factors):
        w.conv(f"model.{3 * i + (2 if shuffles else 3)}", r * r * features if shuffles else features, features, 3)
    w.conv(f"model.{3 * len(factors) + 2}", features, features, 3)
    w.conv(f"model.{3 * len(factors) + 4}", 3, features, 3, bias=False)


def swift(w, features=8, ups=1):
    def separable(name, out, of, kernel, bias=True):
        w[name + ".depthwise.weight"] = [of, 1, kernel, kernel]
        if bias:
            w[name + ".depthwise.bias"] = [of]
        w.conv(name + ".pointwise", out, of, 1, bias)

    def block(name, slopes):
        separable(name + ".cnn", features, features, 3, False)
        w.norm(name + ".bn", features, running=True)
        if slopes:
            w[name + ".act.weight"] = [features]
    separable("initial.cnn", features, 3, 9)
    w["initial.act.weight"] = [features]
    block("residual.0.block1", True)
    block("residual.0.block2", True)
    block("convblock", False)
    for i in range(ups):
        separable(f"upsampler.{i}.conv", 4 * features, features, 3)
        w[f"upsampler.{i}.act.weight"] = [features]
    separable("final_conv", 3, features, 9)


def edsr_first(w, features=8, factors=(2,)):
    w.conv("sub_mean", 3, 3, 1)
    w.conv("add_mean", 3, 3, 1)
    w.conv("head.0", features, 3, 3)
    for i in range(2):
        w.conv(f"body.{i}.body.0", features, features, 3)
        w.conv(f"body.{i}.body.2", features, features, 3)
    w.conv("body.2", features, features, 3)
    for i, r in enumerate(factors):
        w.conv(f"tail.0.{2 * i}", r * r * features, features, 3)
    w.conv("tail.1", 3, features, 3)


def rcan(w, unshuffle=1, means=False, features=8, factors=(2,), colours=3):
    if means:
        w.conv("sub_mean", 3, 3, 1)
        w.conv("add_mean", 3, 3, 1)
    w.conv("head.1" if unshuffle > 1 else "head.0", features, colours * unshuffle ** 2, 3)
    for i in range(2):
        for k in range(2):
            w.conv(f"body.{i}.body.{k}.body.0", features, features, 3)
            w.conv(f"body.{i}.body.{k}.body.2", features, features, 3)
            w.conv(f"body.{i}.body.{k}.body.3.conv_du.0", 2, features, 1)
            w.conv(f"body.{i}.body.{k}.body.3.conv_du.2", features, 2, 1)
        w.conv(f"body.{i}.body.2", features, features, 3)
    w.conv("body.2", features, features, 3)
    for i, r in enumerate(factors):
        w.conv(f"tail.0.{2 * i}", r * r * features, features, 3)
    w.conv("tail.1", colours, features, 3)


def nafnet(w, width=4, encoders=(1, 1), middle=1, decoders=(1, 1), colours=3):
    levels = len(encoders)

    def block(name, c):
        w.norm(name + ".norm1", c)
        w.norm(name + ".norm2", c)
        w.conv(name + ".conv1", 2 * c, c, 1)
        w[name + ".conv2.weight"], w[name + ".conv2.bias"] = [2 * c, 1, 3, 3], [2 * c]
        w.conv(name + ".sca.1", c, c, 1)
        w.conv(name + ".conv3", c, c, 1)
        w.conv(name + ".conv4", 2 * c, c, 1)
        w.conv(name + ".conv5", c, c, 1)
        w[name + ".beta"] = w[name + ".gamma"] = [1, c, 1, 1]
    w.conv("intro", width, colours, 3)
    for i in range(levels):
        for k in range(encoders[i]):
            block(f"encoders.{i}.{k}", width << i)
        w.conv(f"downs.{i}", width << i + 1, width << i, 2)
    for k in range(middle):
        block(f"middle_blks.{k}", width << levels)
    for i in range(levels):
        c = width << levels - i
        w.conv(f"ups.{i}.0", 2 * c, c, 1, bias=False)
        for k in range(decoders[i]):
            block(f"decoders.{i}.{k}", c // 2)
    w.conv("ending", colours, width, 3)


def restormer(w, dim=4, counts=(1, 1, 1, 1), refinement=1, heads=(1, 2, 2, 4), expansion=2.66, biased=True, colours=3):
    def block(name, c, n):
        for part in ("norm1", "norm2"):
            w[f"{name}.{part}.body.weight"] = [c]
            if biased:
                w[f"{name}.{part}.body.bias"] = [c]
        hidden = int(c * expansion)
        w[name + ".attn.temperature"] = [n, 1, 1]
        w.conv(name + ".attn.qkv", 3 * c, c, 1, bias=False)
        w.conv(name + ".attn.qkv_dwconv", 3 * c, 1, 3, bias=False)
        w.conv(name + ".attn.project_out", c, c, 1, bias=False)
        w.conv(name + ".ffn.project_in", 2 * hidden, c, 1, bias=False)
        w.conv(name + ".ffn.dwconv", 2 * hidden, 1, 3, bias=False)
        w.conv(name + ".ffn.project_out", c, hidden, 1, bias=False)

    def blocks(name, c, level, count=None):
        for k in range(counts[level] if count is None else count):
            block(f"{name}.{k}", c, heads[level])
    w.conv("patch_embed.proj", dim, colours, 3, bias=False)
    for i in (1, 2, 3):
        c = dim << i - 1
        blocks(f"encoder_level{i}", c, i - 1)
        w.conv(f"down{i}_{i + 1}.body.0", c // 2, c, 3, bias=False)
    blocks("latent", 8 * dim, 3)
    for i in (3, 2, 1):
        c = dim << i
        w.conv(f"up{i + 1}_{i}.body.0", 2 * c, c, 3, bias=False)
        if i > 1:
            w.conv(f"reduce_chan_level{i}", c // 2, c, 1, bias=False)
        blocks(f"decoder_level{i}", c // 2 if i > 1 else c, i - 1)
    blocks("refinement", 2 * dim, 0, refinement)
    w.conv("output", colours, 2 * dim, 3, bias=False)


def swin(w, name, dim, heads, window, hidden):
    """A block of attention within windows."""
    w.norm(name + "norm1", dim)
    w[name + "attn.relative_position_bias_table"] = [(2 * window - 1) ** 2, heads]
    w.linear(name + "attn.qkv", 3 * dim, dim)
    w.linear(name + "attn.proj", dim, dim)
    w.norm(name + "norm2", dim)
    w.linear(name + "mlp.fc1", hidden, dim)
    w.linear(name + "mlp.fc2", dim, hidden)


def drct(w, dim=8, growth=4, heads=2, window=4, layers=2, colours=3, r=2):
    w.conv("conv_first", dim, colours, 3)
    w.norm("patch_embed.norm", dim)
    for i in range(layers):
        for k in range(5):
            wide = dim + k * growth
            swin(w, f"layers.{i}.swin{k + 1}.", wide, heads, window, 2 * wide if k < 3 else wide)
            w.conv(f"layers.{i}.adjust{k + 1}", growth if k < 4 else dim, wide, 1)
    w.norm("norm", dim)
    w.conv("conv_after_body", dim, dim, 3)
    w.conv("conv_before_upsample.0", 8, dim, 3)
    w.conv("upsample.0", 8 * r * r, 8, 3)
    w.conv("conv_last", colours, 8, 3)


def hat(w, dim=8, heads=2, window=4, layers=1, blocks=2, colours=3, r=2):
    w.conv("conv_first", dim, colours, 3)
    w.norm("patch_embed.norm", dim)
    for i in range(layers):
        for k in range(blocks):
            name = f"layers.{i}.residual_group.blocks.{k}."
            swin(w, name, dim, heads, window, 2 * dim)
            w.conv(name + "conv_block.cab.0", 3, dim, 3)
            w.conv(name + "conv_block.cab.2", dim, 3, 3)
            w.conv(name + "conv_block.cab.3.attention.1", 2, dim, 1)
            w.conv(name + "conv_block.cab.3.attention.3", dim, 2, 1)
        name = f"layers.{i}.residual_group.overlap_attn."
        w.norm(name + "norm1", dim)
        w.linear(name + "qkv", 3 * dim, dim)
        w[name + "relative_position_bias_table"] = [(window + 3 * window // 2 - 1) ** 2, heads]
        w.linear(name + "proj", dim, dim)
        w.norm(name + "norm2", dim)
        w.linear(name + "mlp.fc1", 2 * dim, dim)
        w.linear(name + "mlp.fc2", dim, 2 * dim)
        w.conv(f"layers.{i}.conv", dim, dim, 3)
    w.norm("norm", dim)
    w.conv("conv_after_body", dim, dim, 3)
    w.conv("conv_before_upsample.0", 8, dim, 3)
    w.conv("upsample.0", 8 * r * r, 8, 3)
    w.conv("conv_last", colours, 8, 3)


def scunet(w, dim=8, each=2, blocks=(2, 1, 1, 1, 1, 1, 2), colours=3):
    """`each`: channels of a head."""
    def row(name, features, first, count):
        half = features // 2
        for i in range(first, first + count):
            block = f"{name}.{i}."
            w.conv(block + "conv1_1", features, features, 1)
            w.conv(block + "conv1_2", features, features, 1)
            w.conv(block + "conv_block.0", half, half, 3, bias=False)
            w.conv(block + "conv_block.2", half, half, 3, bias=False)
            trans = block + "trans_block."
            w.norm(trans + "ln1", half)
            w[trans + "msa.relative_position_params"] = [half // each, 15, 15]
            w.linear(trans + "msa.embedding_layer", 3 * half, half)
            w.linear(trans + "msa.linear", half, half)
            w.norm(trans + "ln2", half)
            w.linear(trans + "mlp.0", 4 * half, half)
            w.linear(trans + "mlp.2", half, 4 * half)
    w.conv("m_head.0", dim, colours, 3, bias=False)
    for i in range(3):
        row(f"m_down{i + 1}", dim << i, 0, blocks[i])
        w.conv(f"m_down{i + 1}.{blocks[i]}", dim << i + 1, dim << i, 2, bias=False)
    row("m_body", dim << 3, 0, blocks[3])
    for i in range(3):
        w[f"m_up{i + 1}.0.weight"] = [dim << i + 1, dim << i, 2, 2]
        row(f"m_up{i + 1}", dim << i, 1, blocks[6 - i])
    w.conv("m_tail.0", colours, dim, 3, bias=False)


def swinir(w, tail="pixels", dim=8, heads=2, window=4, layers=(2, 2), colours=3, r=2, masks=True, waist=False, hidden=12):
    """`tail`: "pixels", "direct", "nearest" or none."""
    def residual_conv(name):
        if waist:
            w.conv(name + ".0", dim // 4, dim, 3)
            w.conv(name + ".2", dim // 4, dim // 4, 1)
            w.conv(name + ".4", dim, dim // 4, 3)
        else:
            w.conv(name, dim, dim, 3)
    w.conv("conv_first", dim, colours, 3)
    w.norm("patch_embed.norm", dim)
    for i, blocks in enumerate(layers):
        for k in range(blocks):
            name = f"layers.{i}.residual_group.blocks.{k}."
            if masks and k % 2:
                w[name + "attn_mask"] = [4, window ** 2, window ** 2]
            swin(w, name, dim, heads, window, hidden)
        residual_conv(f"layers.{i}.conv")
    w.norm("norm", dim)
    residual_conv("conv_after_body")
    if tail in ("pixels", "nearest"):
        w.conv("conv_before_upsample.0", 8, dim, 3)
    if tail == "pixels":
        w.conv("upsample.0", 8 * r * r, 8, 3)
        w.conv("conv_last", colours, 8, 3)
    elif tail == "direct":
        w.conv("upsample.0", colours * r * r, dim, 3)
    elif tail == "nearest":
        for up in range(r.bit_length() - 1):
            w.conv(f"conv_up{up + 1}", 8, 8, 3)
        w.conv("conv_hr", 8, 8, 3)
        w.conv("conv_last", colours, 8, 3)
    else:
        w.conv("conv_last", colours, dim, 3)
