"""The peak that a plan foretells is the peak that the kernel counts, and no budget is passed: ten networks,
two budgets, both engines."""
import json

from common import *
from measured import run_measured

NETWORKS = ("dncnn_gray_s25", "ffdnet_color_s25", "zerodce_lowlight", "sci_lowlight_medium",
            "fsrcnn_y_x2", "espcn_y_x4_nhwc", "imdn_rtc_x2", "carn_m_x3", "realesr_animevideov3_x4",
            "waifu2x_upconv7_photo_x2")
BUDGETS = ("256M", "1G")


def forecast(network, budget, engine):
    """Foretold over counted; None where the budget is refused as too small, in so many words."""
    code, out, err, counted = run_measured("--json", "--engine", engine, "--memory", budget,
                                           "-m", shared("models", network + ".onnx"), "in.tif", "out.tif")
    if code != 0:
        check("needs" in err and "--memory" in err, network, budget, err)
        return None
    j = json.loads(out)
    check(counted <= j["budget_bytes"], network, budget, engine, counted, j)
    return j["planned_peak_bytes"] / counted


def foretold(budget, engine):
    if SANITIZED:
        skip("a sanitizer keeps freed memory")
    if engine == "ort" and not HAS_ORT:
        skip("this build is without ONNX Runtime")
    shared("models")
    make_input("in.tif", 500, 400)
    wrong, ran = [], 0
    for network in NETWORKS:
        ratio = forecast(network, budget, engine)
        ran += ratio is not None
        if ratio is not None and not 0.95 <= ratio <= 1.15:
            wrong.append(f"{network} {budget}: foretold is {ratio:.3f} of what was counted")
    check(not wrong, *wrong)
    check(ran >= 8 or budget == "256M", f"{ran} of {len(NETWORKS)} run in {budget}")


def each():
    for engine in ("ort", "native"):
        for budget in BUDGETS:
            run = lambda engine=engine, budget=budget: foretold(budget, engine)
            run.__name__ = f"foretold_{budget}_{engine}"
            yield run


for one in each():
    test(one)

main()
