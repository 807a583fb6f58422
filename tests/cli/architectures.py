"""Every family of networks, small and of random weights: recognised, converted, run on both engines, and compared with
what PyTorch makes of the same weights: all of it where PyTorch is there, some samples of it where not.

Of these, golden/architectures.json is written by SEAM_UPDATE_GOLDEN=1 under a Python that has PyTorch."""
import atexit
import json
import os
import random
import sys
import tempfile

from common import *
import state

sys.path.insert(0, os.path.join(ROOT, "tests", "ref"))
try:
    import torch
    import torch_nets as nets
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
except ImportError:
    torch = None

WIDTH, HEIGHT = 40, 32
SAMPLES = 32 # of each result that are kept
# What was converted, for onnx's checker, which takes a second to begin.
CONVERTED = tempfile.TemporaryDirectory(prefix="seam-test-")


def dysample_places(r, groups=4):
    """Where each of the r x r pixels stands between the others: x of all groups, then y."""
    h = [((1 - r) / 2 + i) / r for i in range(r)]
    across = [h[j] for i in range(r) for j in range(r)]
    down = [h[i] for i in range(r) for j in range(r)]
    return across * groups + down * groups


def made(build, *args, **how):
    w = state.Weights()
    build(w, *args, **how)
    return w


class Case:
    """`forward` is PyTorch's; `local`: whether the native engine runs it; `crop`: pixels a side that it cuts."""

    def __init__(self, name, weights, forward, says, local=True, crop=0, scale=1, options=(), values=None,
                 metadata=None, file="net.safetensors"):
        self.name, self.weights, self.forward, self.says, self.local = name, weights, forward, says, local
        self.crop, self.scale, self.options, self.values = crop, scale, options, values or {}
        self.metadata, self.file = metadata, file

    def write(self, path=None, weights=None):
        state.write(path or self.file, weights or self.weights, self.metadata, values=self.values)
        return path or self.file

    def tensors(self):
        return {name: torch.tensor(self.values.get(name) or state.numbers(name, shape, 1)).reshape(shape)
                for name, shape in self.weights.items()}


EYE = [float(i == j) for i in range(3) for j in range(3)]
MEANS = {"sub_mean.weight": EYE, "add_mean.weight": EYE,
         "sub_mean.bias": [-255 * m for m in (0.4488, 0.4371, 0.4040)],
         "add_mean.bias": [255 * m for m in (0.4488, 0.4371, 0.4040)]}
NEW = ("conv_first", "body.0.rdb%d.conv%d", "conv_body", "conv_up", "conv_hr")
BSRGAN = ("conv_first", "RRDB_trunk.0.RDB%d.conv%d", "trunk_conv", "upconv", "HRconv")


def esrgan_new(names, unshuffle=1):
    return (made(state.esrgan_new, *names, unshuffle=unshuffle),
            lambda w, x: nets.esrgan(w, x, names[0], names[1], names[2], [names[3] + "1", names[3] + "2"], names[4],
                                     "conv_last", unshuffle))


def cases():
    up = dysample_places(2)
    old = lambda ups, factor=2: lambda w, x: nets.esrgan_old(w, x, ups, factor)
    row = lambda dilations=None: lambda w, x: x - nets.row(w, x, dilations)
    yield Case("esrgan old 4x", made(state.esrgan_old), old(2), "ESRGAN, 8 features, 1 blocks")
    yield Case("esrgan old 1x", made(state.esrgan_old, ups=0), old(0), "ESRGAN")
    yield Case("esrgan old 2x", made(state.esrgan_old, ups=1), old(1), "ESRGAN")
    yield Case("esrgan old 3x by its name", made(state.esrgan_old, ups=1), old(1, 3), "ESRGAN", file="3x_net.safetensors")
    yield Case("esrgan plus", made(state.esrgan_old, plus=True, ups=1), old(1), "ESRGAN+")
    yield Case("esrgan new", *esrgan_new(NEW), "ESRGAN")
    yield Case("esrgan of BSRGAN", *esrgan_new(BSRGAN), "ESRGAN")
    yield Case("esrgan unshuffle 2", *esrgan_new(NEW, 2), "ESRGAN")
    yield Case("esrgan unshuffle 4", *esrgan_new(NEW, 4), "ESRGAN")
    yield Case("compact", made(state.compact), lambda w, x: nets.compact(w, x), "Compact, 8 features, 3 convolutions")
    yield Case("span", made(state.span), lambda w, x: nets.span(w, x), "SPAN")
    yield Case("span as trained", made(state.span, trained=True, norm=False), lambda w, x: nets.span(w, x, False),
               "as they were trained")
    yield Case("realplksr", made(state.plksr), lambda w, x: nets.plksr(w, x), "RealPLKSR")
    yield Case("realplksr layer norm", made(state.plksr, norm="layer_norm"), lambda w, x: nets.plksr(w, x), "RealPLKSR")
    yield Case("realplksr group norm", made(state.plksr, norm="norm"), lambda w, x: nets.plksr(w, x), "RealPLKSR",
               local=False)
    for r, groups in ((2, 4), (3, 3), (4, 4)):
        yield Case(f"realplksr dysample {r}x", made(state.plksr, dysample=groups, r=r),
                   lambda w, x, r=r, g=groups: nets.plksr(w, x, r=r, groups=g), "RealPLKSR", local=False,
                   values={"to_img.init_pos": dysample_places(r, groups)})
    yield Case("plksr", made(state.plksr, mixer="channe_mixer", kernels=(3, 1), attention=False),
               lambda w, x: nets.plksr(w, x, "channe_mixer", 3, torch.nn.functional.gelu), "PLKSR")
    for sort in ("ps", "gps", "conv"):
        yield Case("mosr " + sort, made(state.mosr, sort), lambda w, x: nets.mosr(w, x), "MoSR")
    yield Case("mosr dysample", made(state.mosr, "dys"), lambda w, x: nets.mosr(w, x), "MoSR", local=False,
               values={"upsampler.init_pos": up})
    for scale, crop in ((2, 18), (3, 14), (4, 19)):
        yield Case(f"cugan nose {scale}x", made(state.cunet, scale, se=False),
                   lambda w, x, s=scale: nets.cunet(w, x, s), "Real-CUGAN", crop=crop, scale=scale)
    for r, halo, crop in ((2, 18, 0), (3, 16, 6), (4, 20, 4)): # multiples of what the network halves
        yield Case(f"cugan se {r}x", made(state.cunet, r), lambda w, x, r=r, h=halo, c=crop: torch.nn.functional.pad(
                       nets.cunet(w, torch.nn.functional.pad(x, (h,) * 4, "reflect"), r), (-c,) * 4),
                   "Real-CUGAN", options=["--edge", "reflect", "--halo", halo])
    yield Case("cugan pro 4x", made(state.cunet, 4, se=False, pro=True), lambda w, x: nets.cunet(w, x, 4, True),
               "Real-CUGAN pro", crop=19, scale=4)
    yield Case("waifu2x cunet", made(state.cunet, 1, se=False), lambda w, x: nets.cunet(w, x, 1, clips=True),
               "waifu2x.cunet", crop=28, metadata={"nunif.name": "waifu2x.cunet"})
    yield Case("waifu2x upconv_7", made(state.waifu2x, True), lambda w, x: nets.waifu2x(w, x), "waifu2x upconv_7",
               crop=7, scale=2)
    yield Case("waifu2x vgg_7", made(state.waifu2x, False), lambda w, x: nets.waifu2x(w, x), "waifu2x vgg_7", crop=7)
    yield Case("dncnn", made(state.sequence, 3, 3), row(), "DnCNN, 8 features, 5 convolutions")
    yield Case("dncnn with norms", made(state.sequence, 3, 3, norms=True), row(), "DnCNN")
    yield Case("ircnn", made(state.sequence, 3, 3, convs=7), row([1, 2, 3, 4, 3, 2, 1]), "IRCNN")
    noise = ["--input", "sigma=0.1"]
    yield Case("srmd", made(state.sequence, 19, 12), lambda w, x: nets.srmd(w, x, 2, 0.1), "SRMD", options=noise)
    yield Case("fdncnn", made(state.sequence, 4, 3), lambda w, x: nets.row(w, nets.plane(x, 0.1)), "FDnCNN", options=noise)
    yield Case("ffdnet", made(state.sequence, 13, 12), lambda w, x: nets.ffdnet(w, x, 0.1), "FFDNet", options=noise)
    yield Case("drunet", made(state.unet, 3, 1, False), lambda w, x: nets.drunet(w, x, 0.1), "DRUNet", options=noise)
    yield Case("fbcnn", made(state.fbcnn), lambda w, x: nets.fbcnn(w, x), "FBCNN")
    yield Case("imdn", made(state.imdn), lambda w, x: nets.imdn(w, x), "IMDN")
    yield Case("imdn in sequences", made(state.imdn, wrapped=True), lambda w, x: nets.imdn(w, x, ".0"), "IMDN")
    yield Case("rlfn", made(state.rlfn), lambda w, x: nets.rlfn(w, 255 * x) / 255, "RLFN", local=False,
               options=["--align", "1"])
    yield Case("rfdn", made(state.rfdn), lambda w, x: nets.rfdn(w, x), "RFDN", local=False,
               options=["--align", "1"])
    yield Case("safmn", made(state.safmn), lambda w, x: nets.safmn(w, x), "SAFMN")
    yield Case("light safmn++", made(state.safmn_light), lambda w, x: nets.safmn_light(w, x), "SAFMN++")
    for factors in ((2,), (3,), (2, 2)):
        yield Case(f"edsr {'x'.join(map(str, factors))}", made(state.edsr, factors=factors),
                   lambda w, x, f=factors: nets.edsr(w, x, f), "EDSR")
    for body, hr, factors in (("recon_trunk", "HRconv", (2, 2)), ("body", "conv_hr", (3,))):
        yield Case("msrresnet " + body, made(state.msrresnet, body, hr, factors),
                   lambda w, x, b=body, h=hr, f=factors: nets.msrresnet(w, x, b, h, f), "MSRResNet")
    for shuffles in (True, False):
        yield Case(f"srresnet {'pixels' if shuffles else 'nearest'}", made(state.srresnet, shuffles),
                   lambda w, x, s=shuffles: nets.srresnet(w, x, s), "SRResNet")
    yield Case("swift-srgan", made(state.swift), lambda w, x: nets.swift(w, x), "Swift-SRGAN")
    yield Case("rcan", made(state.rcan, means=True), lambda w, x: nets.rcan(w, x, white=255), "RCAN",
               values=MEANS)
    yield Case("rcan unshuffle", made(state.rcan, unshuffle=2), lambda w, x: nets.rcan(w, x, 2), "RCAN")
    yield Case("edsr as first published", made(state.edsr_first), lambda w, x: nets.edsr_first(w, x), "EDSR",
               values=MEANS)
    for tail in ("pixels", "direct", "nearest", ""):
        yield Case(f"swinir {tail or 'of no scale'}", made(state.swinir, tail, waist=tail == "direct"),
                   lambda w, x, t=tail: nets.swinir(w, x, t), "SwinIR, 8 features, 2 layers, windows of 4")
    yield Case("drct", made(state.drct), lambda w, x: nets.drct(w, x), "DRCT, 8 features, 2 layers, windows of 4")
    yield Case("hat", made(state.hat), lambda w, x: nets.hat(w, x), "HAT, 8 features, 1 layers, windows of 4")
    yield Case("scunet", made(state.scunet), lambda w, x: nets.scunet(w, x), "SCUNet, 8 features")
    yield Case("nafnet", made(state.nafnet), lambda w, x: nets.nafnet(w, x), "NAFNet")
    yield Case("restormer", made(state.restormer), lambda w, x: nets.restormer(w, x), "Restormer, 4 features")
    yield Case("restormer without biases", made(state.restormer, biased=False), lambda w, x: nets.restormer(w, x),
               "Restormer, 4 features")


def plus_new(w):
    state.esrgan_new(w, *BSRGAN, ups=1)
    for j in (1, 2, 3):
        w.conv(f"RRDB_trunk.0.RDB{j}.conv1x1", 4, 8, 1, bias=False)


def kinds():
    """Other numbers of channels, features, blocks and scales of those above; each with its colours."""
    seq = lambda *a, **k: made(state.sequence, *a, **k)
    for r, colours in ((1, 1), (1, 3), (3, 3), (4, 1), (4, 3)):
        yield colours, Case(f"compact {r}x of {colours}", made(state.compact, colours=colours, r=r, convs=2, features=12),
                            lambda w, x, r=r: nets.compact(w, x, 2, r), "Compact, 12 features, 2 convolutions")
    old = lambda ups: lambda w, x: nets.esrgan_old(w, x, ups)
    yield 3, Case("old 8x", made(state.esrgan_old, ups=3, features=12, growth=6), old(3), "ESRGAN, 12 features")
    yield 1, Case("old grey", made(state.esrgan_old, ups=1, colours=1), old(1), "ESRGAN")
    colours = made(state.esrgan_old, colours=1)
    colours.conv("model.10", 3, 8, 3)
    yield 1, Case("old grey to colours", colours, old(2), "ESRGAN")
    for ups in (0, 1, 3):
        yield 3, Case(f"new of {ups} ups", made(state.esrgan_new, *NEW, ups=ups),
                      lambda w, x, n=ups: nets.esrgan(w, x, *NEW[:3], [f"conv_up{i + 1}" for i in range(n)], "conv_hr",
                                                      "conv_last"), "ESRGAN")
    yield 3, Case("span 3x as trained", made(state.span, trained=True, norm=False, r=3, features=12),
                  lambda w, x: nets.span(w, x, False, r=3), "SPAN, 12 features")
    yield 1, Case("dncnn grey, norms, no biases", seq(1, 1, norms=True, bias=False, convs=4, features=12),
                  lambda w, x: x - nets.row(w, x), "DnCNN, 12 features, 4 convolutions")
    noise = {"options": ["--input", "sigma=0.1"]}
    yield 1, Case("fdncnn grey", seq(2, 1), lambda w, x: nets.row(w, nets.plane(x, 0.1)), "FDnCNN", **noise)
    yield 1, Case("ffdnet grey", seq(5, 4, convs=4), lambda w, x: nets.ffdnet(w, x, 0.1), "FFDNet", **noise)
    yield 1, Case("drunet grey", made(state.unet, 1, 1, False), lambda w, x: nets.drunet(w, x, 0.1), "DRUNet", **noise)
    yield 3, Case("drunet of no level", made(state.unet, 3, 0, False), lambda w, x: nets.drunet(w, x), "DRUNet")
    yield 1, Case("ircnn grey", seq(1, 1, convs=7), lambda w, x: x - nets.row(w, x, [1, 2, 3, 4, 3, 2, 1]), "IRCNN")
    for r in (3, 4):
        yield 3, Case(f"realplksr {r}x", made(state.plksr, r=r, dim=12), lambda w, x, r=r: nets.plksr(w, x, r=r),
                      "RealPLKSR")
        yield 3, Case(f"mosr gps {r}x", made(state.mosr, "gps", r=r), lambda w, x, r=r: nets.mosr(w, x, r), "MoSR")
        yield 3, Case(f"imdn {r}x", made(state.imdn, r=r), lambda w, x, r=r: nets.imdn(w, x, r=r), "IMDN")
        yield 3, Case(f"safmn {r}x", made(state.safmn, r=r, dim=16), lambda w, x, r=r: nets.safmn(w, x, r), "SAFMN")
        yield 3, Case(f"light safmn++ {r}x", made(state.safmn_light, r=r), lambda w, x, r=r: nets.safmn_light(w, x, r),
                      "SAFMN++")
        yield 3, Case(f"rlfn {r}x", made(state.rlfn, r=r), lambda w, x, r=r: nets.rlfn(w, 255 * x, r) / 255, "RLFN",
                      local=False, options=["--align", "1"])
        yield 3, Case(f"rfdn {r}x", made(state.rfdn, r=r), lambda w, x, r=r: nets.rfdn(w, x, r), "RFDN",
                      local=False, options=["--align", "1"])
        yield 3, Case(f"mosr dysample {r}x", made(state.mosr, "dys", r=r), lambda w, x, r=r: nets.mosr(w, x, r), "MoSR",
                      local=False, values={"upsampler.init_pos": dysample_places(r)})
        yield 3, Case(f"mosr ps {r}x", made(state.mosr, "ps", r=r), lambda w, x, r=r: nets.mosr(w, x, r), "MoSR")
        yield 3, Case(f"plksr {r}x", made(state.plksr, mixer="channe_mixer", kernels=(3, 1), attention=False, r=r),
                      lambda w, x, r=r: nets.plksr(w, x, "channe_mixer", 3, torch.nn.functional.gelu, r), "PLKSR")
        yield 3, Case(f"span {r}x", made(state.span, r=r), lambda w, x, r=r: nets.span(w, x, r=r), "SPAN")
    for scale, halo in ((1, 28), (2, 18)): # multiples of 4 and 2 lie inside
        yield 3, Case(f"waifu2x cunet with means {scale}x", made(state.cunet, scale, se=True),
                      lambda w, x, s=scale, h=halo: nets.cunet(
                          w, torch.nn.functional.pad(x, (h,) * 4, "reflect"), s, clips=True),
                      "waifu2x." + ("up" if scale == 2 else "") + "cunet", options=["--edge", "reflect", "--halo", halo],
                      metadata={"nunif.name": "waifu2x." + ("up" if scale == 2 else "") + "cunet"})
    yield 3, Case("esrgan plus of BSRGAN", made(plus_new), lambda w, x: nets.esrgan(
        w, x, *BSRGAN[:3], ["upconv1"], "HRconv", "conv_last"), "ESRGAN+")
    yield 3, Case("esrgan of two blocks", made(state.esrgan_old, ups=1, blocks=2, features=12, growth=6),
                  lambda w, x: nets.esrgan_old(w, x, 1, blocks=2), "ESRGAN, 12 features, 2 blocks")
    for factors in ((3,), (2, 2)):
        name = "x".join(map(str, factors))
        yield 3, Case(f"edsr as first published {name}", made(state.edsr_first, factors=factors),
                      lambda w, x, f=factors: nets.edsr_first(w, x, factors=f), "EDSR", values=MEANS)
        yield 1, Case(f"rcan grey {name}", made(state.rcan, factors=factors, colours=1),
                      lambda w, x, f=factors: nets.rcan(w, x, factors=f), "RCAN")
        yield 3, Case(f"srresnet {name}", made(state.srresnet, True, factors=factors),
                      lambda w, x, f=factors: nets.srresnet(w, x, True, f), "SRResNet")
    yield 3, Case("srresnet nearest 4x", made(state.srresnet, False, factors=(2, 2)),
                  lambda w, x: nets.srresnet(w, x, False, (2, 2)), "SRResNet")
    yield 3, Case("swift-srgan 4x", made(state.swift, ups=2), lambda w, x: nets.swift(w, x, 2), "Swift-SRGAN")
    yield 1, Case("fbcnn grey", made(state.fbcnn, colours=1), lambda w, x: nets.fbcnn(w, x), "FBCNN")
    yield 3, Case("nafnet deep", made(state.nafnet, encoders=(1, 2, 1, 2), middle=3, decoders=(2, 1, 1, 1)),
                  lambda w, x: nets.nafnet(w, torch.nn.functional.pad(x, (0, 8, 0, 0), "reflect"))[..., :WIDTH],
                  "NAFNet, 4 features, 4 levels")
    for side, colours, white in ((7, 1, 255), (8, 3, 1)): # 40 x 32 is no multiple of 7
        yield colours, Case(f"swinir of windows of {side}", made(
                                state.swinir, "", window=side, colours=colours, layers=(3,), masks=side == 8),
                            lambda w, x, n=side, v=white: nets.swinir(w, x, "", n, white=v), "SwinIR")
    yield 3, Case("srmd without noise", seq(18, 27), lambda w, x: nets.srmd(w, x, 3), "SRMD")


CASES, KINDS = list(cases()), list(kinds())
assert len({case.name for case in CASES + [case for _, case in KINDS]}) == len(CASES) + len(KINDS)
for case in CASES + [case for _, case in KINDS]:
    for name in case.weights:
        if name in ("pro", "no_norm"):
            case.values[name] = [0.0]


GOLDENS = os.path.join(GOLDEN, "architectures.json")
UPDATES = torch and os.environ.get("SEAM_UPDATE_GOLDEN")
EXPECTED = {}
if os.path.exists(GOLDENS):
    with open(GOLDENS) as known:
        EXPECTED = json.load(known)


def write_goldens():
    with open(GOLDENS, "w") as f:
        f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(EXPECTED[k])}" for k in sorted(EXPECTED)) + "\n}\n")


if UPDATES:
    atexit.register(write_goldens)


def metadata_of(path):
    """What a file that was converted says of itself, by the words in its last bytes."""
    with open(path, "rb") as f:
        return f.read()[-4000:].decode("latin-1")


def run_case(case, model, engine):
    # One tile, and none of the trial runs that would choose it.
    tile = ["--tile", "400", "--threads", "1"] if engine == "ort" else []
    restore("in.v", "out.v", "-m", model, "--engine", engine, "--quiet", "--edge", "model", *tile, *case.options)
    return middle(read_v("out.v"), case.crop * case.scale)


def middle(p, cut):
    """What lies `cut` pixels inside: there a network that adds nothing at the border agrees with one run."""
    if not cut:
        return p
    rows = p.samples()
    inside = array.array("f")
    for y in range(cut, p.height - cut):
        inside.extend(rows[(y * p.width + cut) * p.bands:((y + 1) * p.width - cut) * p.bands])
    return Picture(p.width - 2 * cut, p.height - 2 * cut, p.bands, p.format, inside.tobytes())


def difference(a, b):
    """The largest, as a part of the largest number there is, or of 1."""
    equal(a.shape(), b.shape(), "width, height, bands, format")
    p, q = a.samples(), b.samples()
    most = max(1.0, max(abs(v) for v in q))
    return max(abs(x - y) for x, y in zip(p, q)) / most


def in_torch(case, source):
    x = torch.tensor(source.samples().tolist()).reshape(source.height, source.width, source.bands).permute(2, 0, 1)[None]
    y = case.forward(case.tensors(), x)[0].permute(1, 2, 0).contiguous()
    return Picture(y.shape[1], y.shape[0], y.shape[2], F32, array.array("f", y.flatten().tolist()).tobytes())


def check_with_torch(case, source, results):
    """Against all that PyTorch makes, and the samples of it that are kept, the first of which is the largest."""
    if torch:
        expected = in_torch(case, source)
        for engine, got in results.items():
            d = difference(got, expected)
            check(d < 2e-5, f"{case.name}: {engine} differs from PyTorch by {d}")
        if UPDATES:
            samples = expected.samples()
            places = random.Random(case.name).sample(range(len(samples)), SAMPLES)
            EXPECTED[case.name] = [list(expected.shape()), float(f"{max(map(abs, samples)):.7g}"),
                                   [float(f"{samples[i]:.7g}") for i in places]]
    check(case.name in EXPECTED, case.name, "is not in", GOLDENS)
    shape, most, kept = EXPECTED[case.name]
    for engine, got in results.items():
        equal(list(got.shape()), shape, case.name, engine)
        samples = got.samples()
        places = random.Random(case.name).sample(range(len(samples)), SAMPLES)
        d = max(abs(samples[i] - v) for i, v in zip(places, kept)) / max(1, most)
        check(d < 2e-5, f"{case.name}: {engine} differs from samples of PyTorch by {d}")


def write_source(width, height, bands):
    source = picture(width, height, bands, F32)
    source.data = array.array("f", (min(max(v, 0.0), 1.0) for v in source.samples())).tobytes()
    write_v("in.v", source)
    return source


def convert(case):
    """The network as ONNX, kept for the checker."""
    path = os.path.join(CONVERTED.name, case.name.replace(" ", "_") + ".onnx")
    case.write()
    equal(seamless("convert", case.file, path).code, 0, case.name)
    check(case.says in metadata_of(path), case.name, "is not said to be", case.says, metadata_of(path))
    return path


def check_case(case):
    more = 56 if case.crop else 0 # a U-Net without borders eats its picture
    source = write_source(WIDTH + more, HEIGHT + more, 3)
    converted = convert(case)
    results = {}
    if case.local:
        results["native"] = run_case(case, converted, "native")
    if HAS_ORT:
        results["ort"] = run_case(case, converted, "ort")
    if len(results) == 2:
        d = difference(results["native"], results["ort"])
        check(d < 2e-5, f"the engines differ by {d}")
    check_with_torch(case, source, results)


@test
def other_sizes_of_the_same_kinds():
    for number, (colours, case) in enumerate(KINDS):
        if not case.local and not HAS_ORT:
            continue
        engine = "native" if case.local else "ort"
        source = write_source(WIDTH, HEIGHT, colours)
        converted = convert(case)
        got = run_case(case, case.file, engine)
        if number % 3 == 0:
            same(got, run_case(case, converted, engine), case.name)
        check_with_torch(case, source, {engine: got})


@test
def one_of_twenty_five_networks_by_the_level_of_the_noise():
    one = made(state.sequence, 3, 3, convs=7)
    state.write_torch("ircnn.pth", {str(i): one for i in range(25)})
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for options, said, index in (([], "one for 16 is taken, unless", 7), (["--input", "sigma=0.1"], "one for 26", 12),
                                 (["--input", "sigma=1"], "one for 50", 24), (["--input", "sigma=0"], "one for 2 ", 0)):
        equal(seamless("convert", "ircnn.pth", "net.onnx", *options).code, 0)
        check("holds 25 networks" in metadata_of("net.onnx") and said in metadata_of("net.onnx"), metadata_of("net.onnx"))
        state.write("alone.safetensors", one, seed=index)
        restore("in.v", "a.v", "-m", "ircnn.pth", "-q", *options)
        restore("in.v", "b.v", "-m", "alone.safetensors", "-q")
        same("a.v", "b.v", said)


@test
def a_scale_that_the_weights_leave_open_is_asked_for():
    state.write("net.safetensors", made(state.esrgan_old, ups=1))
    state.write("four.safetensors", made(state.compact, r=4))
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for options, scale, said in (([], 2, "unless its name or --scale says 3"), (["--scale", "3"], 3, "3, as --scale says")):
        told = json.loads(seamless("info", "net.safetensors", "--json", *options).out)
        equal(told["scale"], scale)
        check(said in told["notes"][0], told["notes"])
        restore("in.v", "out.v", "-m", "net.safetensors", "-q", *options)
        equal(read_v("out.v").width, scale * WIDTH)
        equal(seamless("convert", "net.safetensors", "net.onnx", *options).code, 0)
        restore("in.v", "same.v", "-m", "net.onnx", "-q")
        same("out.v", "same.v", "converted")
    for command in (["info", "four.safetensors"], ["convert", "four.safetensors", "out.onnx"]):
        result = seamless(*command, "--scale", "3")
        equal(result.code, 2, result)
        check("four.safetensors enlarges 4 times, and not 3 times" in result.err, result)
    check(not os.path.exists("out.onnx"), "something was written")


@test
def a_network_of_one_channel_says_what_becomes_of_colour():
    state.write("net.safetensors", made(state.compact, colours=1))
    check("luma goes through, and chroma beside it" in seamless("info", "net.safetensors").out.decode())
    write_v("grey.v", picture(WIDTH, HEIGHT, 1, U8))
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    for name, options, said in (("in.v", [], "luma (full) goes"), ("in.v", ["--luma", "studio"], "luma (studio) goes"),
                                ("in.v", ["--luma", "each"], "each band goes"), ("grey.v", [], None)):
        plan = seamless("plan", "-m", "net.safetensors", *options, name).out.decode()
        equal(said in plan if said else "colour  " not in plan, True, plan)


@test
def a_grey_that_becomes_what_is_no_picture_is_warned_of():
    w = made(state.compact, convs=1, r=1)
    state.write("good.safetensors", w)
    state.write("far.safetensors", w, values={"body.4.bias": [40.0, 50.0, 60.0]})
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for engine in ("native", "ort") if HAS_ORT else ("native",):
        for model, options, warned in (("good", [], False), ("far", [], True), ("far", ["--range", "0..255"], False)):
            err = restore("in.v", "out.v", "-m", model + ".safetensors", "--engine", engine, *options).err
            equal("far outside 0..1: is its range another? --range 0..255" in err, warned, engine, model, err)


def define(case):
    def check_it():
        check_case(case)
    check_it.__name__ = case.name.replace(" ", "_")
    test(check_it)


for case in CASES:
    define(case)


def refuses(path, *words):
    result = seamless("convert", path, "out.onnx")
    equal(result.code, 1, result)
    for word in words:
        check(word in result.err, f"'{word}' is not said by", result)
    check(not os.path.exists("out.onnx"), "something was written")


@test
def one_weight_less_more_or_of_another_shape_is_refused_by_name():
    draw = random.Random(5)
    for number, case in enumerate(CASES):
        names = sorted(case.weights)
        more = state.Weights(case.weights)
        more["surplus.weight"] = [2]
        if number % 3 == 0: # one place asks after what is left over
            refuses(case.write("more.safetensors", more), "surplus.weight")
        turned = [n for n in names if len(set(case.weights[n])) > 1 and "eval_conv" not in n]
        name = draw.choice(turned)
        other = state.Weights(case.weights)
        other[name] = list(reversed(case.weights[name]))
        refuses(case.write("turned.safetensors", other), "ONNX")
        biases = [n for n in names if n.endswith("weight") and "eval_conv" not in n]
        name = draw.choice(biases)
        less = state.Weights(case.weights)
        del less[name]
        refuses(case.write("less.safetensors", less), "ONNX")


@test
def what_the_weights_do_not_tell_has_a_usual_value_that_info_names():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    state.write("ffdnet.safetensors", made(state.sequence, 13, 12), {"license": "MIT"})
    for engine in ("native", "ort") if HAS_ORT else ("native",):
        results = []
        for options in ([], ["--input", "sigma=0.0588235"], ["--input", "sigma=0.2"]):
            restore("in.v", "out.v", "-m", "ffdnet.safetensors", "--engine", engine, "--quiet", *options)
            results.append(read_v("out.v"))
        same(results[0], results[1], "the usual level")
        check(results[0].data != results[2].data, "the level changes nothing")
    info = seamless("info", "ffdnet.safetensors").out.decode()
    for words in ("FFDNet, 8 features, 5 convolutions", "removes noise", "licence          MIT", "15 of 255", "safetensors",
                  "illion for a picture of 24 megapixels", "output float [1, 3, out_height, out_width]"):
        check(words in info, f"'{words}' is not said in", info)
    check("opset" not in info, info)
    for r, purpose in ((1, "restores at the same size"), (2, "enlarges")):
        state.write("net.safetensors", made(state.compact, r=r))
        equal(json.loads(seamless("info", "net.safetensors", "--json").out)["purpose"], purpose)
    told = json.loads(seamless("info", "ffdnet.safetensors", "--json").out)
    equal((told["architecture"], told["purpose"], told["format"], told["licence"]),
          ("FFDNet, 8 features, 5 convolutions", "removes noise", "safetensors", "MIT"))
    check(len(told["notes"]) == 1 and "15 of 255" in told["notes"][0], told)


@test
def onnx_own_checker_passes_what_was_converted():
    files = sorted(os.path.join(CONVERTED.name, name) for name in os.listdir(CONVERTED.name))
    script = ("import sys, onnx\n"
              "for f in sys.argv[1:]:\n    onnx.checker.check_model(onnx.load(f), full_check=True)\n")
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and run(python, "-c", "import onnx").code == 0:
            equal(run(python, "-c", script, *files, timeout=300).code, 0, files)
            return
    skip("onnx is absent (Debian: python3-onnx)")


main()
