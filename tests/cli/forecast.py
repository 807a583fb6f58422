"""The peak that a plan foretells is the peak that the kernel counts: ten networks, three budgets."""
import json
import os
import subprocess

from common import *

NETWORKS = ("dncnn_gray_s25", "ffdnet_color_s25", "zerodce_lowlight", "sci_lowlight_medium",
            "fsrcnn_y_x2", "espcn_y_x4_nhwc", "imdn_rtc_x2", "carn_m_x3", "realesr_animevideov3_x4",
            "waifu2x_upconv7_photo_x2")
BUDGETS = ("256M", "512M", "1G")


def forecast(network, budget):
    """Foretold over counted; None where the budget is refused as too small, in so many words."""
    p = subprocess.Popen([SEAMLESS, "restore", "-q", "--json", "--engine", "ort", "--memory", budget,
                          "-m", shared("models", network + ".onnx"), "in.tif", "out.tif"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = p.stdout.read(), p.stderr.read().decode()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    p.stdout.close()
    p.stderr.close()
    if p.returncode != 0:
        check("needs" in err and "--memory" in err, network, budget, err)
        return None
    return json.loads(out)["planned_peak_bytes"] / (usage.ru_maxrss * 1024)


def foretold(budget):
    if SANITIZED:
        skip("a sanitizer keeps freed memory")
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    shared("models")
    make_input("in.tif", 500, 400)
    wrong = []
    for network in NETWORKS:
        ratio = forecast(network, budget)
        if ratio is not None and not 0.95 <= ratio <= 1.15:
            wrong.append(f"{network} {budget}: foretold is {ratio:.3f} of what was counted")
    check(not wrong, *wrong)


@test
def foretold_256M():
    foretold("256M")


@test
def foretold_512M():
    foretold("512M")


@test
def foretold_1G():
    foretold("1G")


main()
