# ruff: noqa: PLR0911, PLR0917
"""The scores, written a second time from their text: plain `if`, never a rule table.

An oracle for the tables: `ORACLES` gives each score's answer, `VALUES` what its findings are asked
at, both sides of every bound among them. Nothing imports it but the tests beside it.
"""

from collections.abc import Callable, Mapping
from typing import Any

FLAGS = (True, False)


def node_rads(short_axis_mm, long_axis_mm, growth_mm, region, texture, border, shape):
    if long_axis_mm >= 30:
        return "5"
    cut_off = {"default": 10, "inguinal": 15}.get(region, 5)
    enlarged = short_axis_mm >= cut_off or growth_mm >= 2
    points = {"homogeneous": 0, "heterogeneous": 1, "focal necrosis": 2}.get(texture, 3)
    points += (border != "smooth") + (shape == "spherical without hilum")
    return str(min(points, 3) + 1 + enlarged)


def ni_rads(
    phase, assessable, prior, proven, progression, uptake, enhancement, node, morphology,
    discordance, tumour_avid,
):  # fmt: skip
    if phase == "during treatment":
        return "not applicable"
    if not assessable:
        return "N-x"
    if prior == "pending":
        return "0"
    if proven or progression:
        return "4"
    changed = node == "new or enlarging"
    if uptake == "intense" or enhancement == "increased" or node == "definitely enlarged":
        return "3"
    if changed:
        return "3" if morphology == "definitive" else "2"
    if enhancement == "persistent heterogeneous" or uptake == "mild or moderate":
        return "2"
    return "2" if discordance and tumour_avid else "1"


def size_axial(level, short_axis_mm):
    cut_off = {"II": 11, "retropharyngeal": 5, "other": 10}[level]
    return "enlarged" if short_axis_mm >= cut_off else "normal"


def size_maximal(level, long_axis_mm):
    return "enlarged" if long_axis_mm >= (15 if level == "I or II" else 10) else "normal"


def size_grouping(level, count, short_axis_mm):
    cut_off = 11 if level == "II" else 10
    if short_axis_mm >= cut_off:
        return "enlarged by itself"
    return "suspicious group" if count >= 3 and short_axis_mm >= cut_off - 2 else "no group"


def size_ultrasound(level, short_axis_mm):
    return "enlarged" if short_axis_mm >= (7 if level == "II" else 6) else "normal"


def tic_yabuuchi(enhances, time_to_peak, washout):
    if not enhances:
        return "Yabuuchi D"
    if time_to_peak > 120:
        return "Yabuuchi A"
    return "Yabuuchi B" if washout >= 0.3 else "Yabuuchi C"


def tic_peak_time(shape, time_to_peak):
    if shape != "peak":
        return {"gradual": "peak-time D", "flat": "peak-time E"}[shape]
    for letter, last in (("A", 30), ("B", 60), ("C", 210)):
        if time_to_peak <= last:
            return f"peak-time {letter}"
    return None


def hopkins(pattern, uptake):
    step = ["below jugular vein", "between jugular vein and liver", "above liver"]
    place = step.index(uptake) if uptake in step else 3
    if place == 0:
        return "1"
    return "3" if pattern == "diffuse" else {1: "2", 2: "4", 3: "5"}[place]


def deauville(related, new_lesion, visible, suv, mediastinum_suv, liver_suv):
    if not related:
        return "X"
    if new_lesion:
        return "5"
    if not visible:
        return "1"
    if suv <= mediastinum_suv:
        return "2"
    if suv <= liver_suv:
        return "3"
    return "4" if suv < 2 * liver_suv else "5"


def percist(before, after, new_lesion, background, tlg_change):
    fall, share = round(before - after, 9), round((before - after) / before, 9)
    if new_lesion or tlg_change >= 0.75 or (-share >= 0.3 and -fall >= 0.8):
        return "PMD"
    if background:
        return "CMR"
    return "PMR" if share >= 0.3 and fall >= 0.8 else "SMD"


def percist_measurable(sulpeak, tissue, mean, sd):
    threshold = (1.5 if tissue == "liver" else 2.0) * mean + 2 * sd
    return "measurable" if round(sulpeak - threshold, 9) >= 0 else "not measurable"


def percist_liver(first, second):
    gap = round(abs(first - second), 9)
    return "comparable" if gap <= 0.3 and round(gap / first, 9) <= 0.2 else "not comparable"


def eortc(before, after, cycles, new_lesion, resolved, extent_change):
    rise = round((after - before) / before, 9)
    if new_lesion or rise > 0.25 or extent_change > 0.2:
        return "PMD"
    if resolved:
        return "CMR"
    return "PMR" if -rise >= (0.15 if cycles == 1 else 0.25) else "SMD"


def recist_node(short_axis_mm):
    if short_axis_mm >= 15:
        return "target"
    return "non-target" if short_axis_mm >= 10 else "normal"


def recist(baseline_mm, nadir_mm, now_mm, largest_node_mm, other_disease, new_lesion):
    grown = round(now_mm - nadir_mm, 9)
    if new_lesion or (grown >= 5 and grown >= 0.2 * nadir_mm):
        return "PD"
    if largest_node_mm < 10 and not other_disease:
        return "CR"
    return "PR" if now_mm <= 0.7 * baseline_mm else "SD"


def irecist(recist, previous, weeks):
    if recist != "PD":
        return f"i{recist}"
    return "iCPD" if previous == "iUPD" and 4 <= weeks <= 8 else "iUPD"


def regression(viable, regression):
    if viable == 0:
        return "complete regression" if regression else "never involved"
    for name, most in (("major", 0.1), ("partial", 0.5)):
        if viable <= most:
            return f"{name} regression"
    return "poor regression"


def pathological_response(primary, nodes):
    worst = max(primary, nodes)
    if worst == 0:
        return "pCR"
    name = "MPR" if worst <= 0.1 else "pPR" if worst <= 0.5 else "no response"
    return name + (" (PrCR)" if primary == 0 else " (LCR)" if nodes == 0 else "")


def treatment_effect(effect):
    return "pTR-2" if effect >= 0.5 else "pTR-1" if effect >= 0.1 else "pTR-0"


def looked_up(answers: Mapping[str, str]) -> Callable[..., str]:
    """A score with one finding."""
    return lambda **finding: answers[next(iter(finding.values()))]


ORACLES: Mapping[str, Callable[..., str | None]] = {
    "node-rads": node_rads,
    "ni-rads": ni_rads,
    "uspio-lipid": looked_up(
        {"complete attenuation": "0", "below lipid": "1", "as lipid": "2", "above lipid": "3"}
    ),
    "uspio-pattern": looked_up(
        {"homogeneously dark": "benign", "dark with bright fatty hilum": "benign",
         "partly bright": "metastatic", "dark rim with bright centre": "metastatic",
         "unchanged": "metastatic"}
    ),
    "size-axial": size_axial,
    "size-maximal": size_maximal,
    "size-grouping": size_grouping,
    "size-ultrasound": size_ultrasound,
    "ceus-arrival": looked_up(
        {"centrifugal": "speaks for benign", "centripetal": "speaks for metastatic",
         "mixed": "undetermined"}
    ),
    "ceus-enhancement": looked_up(
        {"homogeneous": "speaks for benign", "heterogeneous": "speaks for metastatic",
         "absent": "undetermined"}
    ),
    "tic-yabuuchi": tic_yabuuchi,
    "tic-peak-time": tic_peak_time,
    "hopkins": hopkins,
    "deauville": deauville,
    "percist": percist,
    "percist-measurable": percist_measurable,
    "percist-liver": percist_liver,
    "eortc": eortc,
    "recist-node": recist_node,
    "recist": recist,
    "irecist": irecist,
    "regression": regression,
    "pathological-response": pathological_response,
    "treatment-effect": treatment_effect,
    "registry-effect": looked_up(
        {"none": "1 complete", "in situ alone": "1 complete",
         "single cells or small groups": "2 near-complete",
         "partial or minimal response": "3 partial or minimal",
         "poor or no response": "4 poor or none"}
    ),
}  # fmt: skip

SHARES = (0, 0.05, 0.099, 0.1, 0.101, 0.3, 0.499, 0.5, 0.501, 1)

VALUES: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "node-rads": {
        "short_axis_mm": (4.9, 5, 9.9, 10, 14.9, 15), "long_axis_mm": (16, 29.9, 30),
        "growth_mm": (0, 1.99, 2),
    },
    "size-axial": {"short_axis_mm": (4.9, 5, 5.9, 6, 9.9, 10, 10.9, 11)},
    "size-maximal": {"long_axis_mm": (9.99, 10, 14.99, 15)},
    "size-grouping": {
        "count": (1, 2, 3, 4), "short_axis_mm": (7.99, 8, 8.99, 9, 9.99, 10, 10.99, 11),
    },
    "size-ultrasound": {"short_axis_mm": (5.9, 6, 6.9, 7)},
    "tic-yabuuchi": {"time_to_peak": (30, 120, 120.1), "washout": (0.1, 0.299, 0.3, 0.5)},
    "tic-peak-time": {"time_to_peak": (10, 30, 30.1, 60, 60.1, 210, 210.1)},
    "deauville": {
        "suv": (0.9, 1.0, 1.01, 1.99, 2.0, 2.01, 3.99, 4.0, 5.99, 6.0),
        "mediastinum_suv": (1.0, 2.5), "liver_suv": (2.0, 0.4),
    },
    "percist": {
        "before": (2.0, 8 / 3, 3.0, 8.0),
        "after": (1.2, 1.21, 2.1, 2.11, 2.7, 2.8, 2.81, 3.89, 3.9, 5.6, 5.61, 10.4),
        "tlg_change": (-0.5, 0, 0.74, 0.75),
    },
    "percist-measurable": {
        "sulpeak": (3.49, 3.5, 4.49, 4.5), "mean": (2.0,), "sd": (0.25,),
    },
    "percist-liver": {
        "first": (1.0, 2.0, 1.25), "second": (1.2, 1.201, 1.7, 1.75, 2.3, 2.301, 0.8),
    },
    "eortc": {
        "before": (4.0,), "after": (1.0, 3.0, 3.01, 3.4, 3.41, 4.0, 5.0, 5.01),
        "cycles": (1, 2, 3), "extent_change": (0, 0.2, 0.201),
    },
    "recist-node": {"short_axis_mm": (0, 9.9, 10, 14.9, 15, 30)},
    "recist": {
        "baseline_mm": (100,), "nadir_mm": (20, 25, 50, 100),
        "now_mm": (24.9, 25, 29.9, 30, 59.9, 60, 70, 70.1, 119, 120),
        "largest_node_mm": (9.9, 10),
    },
    "irecist": {"weeks": (1, 3.99, 4, 6, 8, 8.01)},
    "regression": {"viable": SHARES},
    "pathological-response": {"primary": SHARES, "nodes": SHARES},
    "treatment-effect": {"effect": SHARES},
}  # fmt: skip
"""Score → finding → numbers; findings that are words or flags are asked at all of theirs."""

QUIET: Mapping[str, Mapping[str, Any]] = {
    "ni-rads": {
        "phase": "surveillance", "assessable": True, "prior": "compared", "proven": False,
        "progression": False, "uptake": "none", "enhancement": "low", "node": "none",
        "morphology": "not definitive", "discordance": False, "tumour_avid": True,
    },
}  # fmt: skip
"""Findings around which every two changes are asked, where a sample would seldom come by them."""
