"""What the made-up study's analyses came to."""

import numpy as np
from made_cohort import LEVELS, OTHERS


def tables(trial, people, nodes):
    """Rows of the tables that follow from the others."""
    units = _units(nodes)
    return {
        "units": units,
        "accuracy": _accuracy(trial, units),
        "curves": _curves(units),
        "flow": _flow(people, nodes),
    }


def _units(nodes):
    units = []
    for analysis in ("metastatic-against-control", "within-affected"):
        against = analysis == "metastatic-against-control"
        for node in nodes:
            if against and node["arm"] == "affected" and node["ill"] is False:
                continue
            if not against and node["arm"] == "control":
                continue
            for test in ("adc", *OTHERS):
                units.append(_unit(analysis, test, node))
        if not against:
            units += _larger(nodes)
    return units


def _unit(analysis, test, node):
    return {
        "analysis": analysis, "test": test, "reader": "none", "unit": "node", "item": node["label"],
        "participant": node["participant"], "arm": node["arm"], "side": node["side"],
        "level": node["level"], "value": node[test],
        "positive": bool(node["adc"] < 0.94e-3) if test == "adc" else None,
        "present": node["ill"],
        "status": "analysed" if node["ill"] is not None else "no reference of its own",
    }  # fmt: skip


def _larger(nodes):
    """Levels, sides and patients of the affected arm: positive when one of their nodes is."""
    found = {}
    for node in (each for each in nodes if each["arm"] == "affected"):
        for unit, item in (
            ("level", f"{node['side']} {node['level']}"), ("side", node["side"]), ("patient", "all")
        ):  # fmt: skip
            found.setdefault((unit, node["participant"], item), []).append(node)
    rows = []
    for (unit, participant, item), some in sorted(found.items()):
        truths = [node["ill"] for node in some if node["ill"] is not None]
        rows.append(
            {
                "analysis": "within-affected", "test": "adc", "reader": "none",
                "unit": unit, "item": item,
                "participant": participant, "arm": "affected",
                "level": some[0]["level"] if unit == "level" else None,
                "value": float(min(node["adc"] for node in some)),
                "positive": any(node["adc"] < 0.94e-3 for node in some),
                "present": any(truths) if truths else None,
                "status": "analysed" if truths else "not dissected",
            }
        )  # fmt: skip
    return rows


def _accuracy(trial, units):
    rows = []
    for analysis in trial.analysis:
        for unit in analysis.units:
            for test in trial.index_test:
                ours = [
                    row
                    for row in units
                    if (row["analysis"], row["unit"], row["test"])
                    == (analysis.name, unit, test.name)
                    and row["present"] is not None
                ]
                rows += _estimates((analysis.name, test, unit), ours, "all")
                if unit == "level" and test.role == "confirmatory":
                    for level in LEVELS:
                        some = [row for row in ours if row["level"] == level]
                        rows += _estimates((analysis.name, test, unit), some, level)
    return rows


def _estimates(where, units, stratum):
    analysis, test, unit = where
    if not units:
        return []
    cells = {"tp": (True, True), "fp": (False, True), "fn": (True, False), "tn": (False, False)}
    said = {
        name: sum((row["present"], row["positive"]) == cell for row in units)
        for name, cell in cells.items()
    }
    start = {
        "analysis": analysis, "role": test.role, "test": test.name, "reader": "none",
        "unit": unit,
        "stratum": stratum, "level": 0.95, "patients": len({row["participant"] for row in units}),
    }  # fmt: skip
    rows = _area(start, units) if stratum == "all" else []
    if test.role == "exploratory":
        return rows
    start |= said
    tp, fp, fn, tn = said.values()
    for quantity, above, below in (
        ("sensitivity", tp, tp + fn), ("specificity", tn, tn + fp), ("ppv", tp, tp + fp),
        ("npv", tn, tn + fn), ("accuracy", tp + tn, tp + fp + fn + tn),
    ):  # fmt: skip
        rows += _proportion(start | {"quantity": quantity}, above, below)
    return rows + _ratios(start, said) if stratum == "all" else rows


def _proportion(start, above, below):
    count = start | {"numerator": above, "denominator": below}
    if not below:
        return [count | {"method": "clustered Wilson", "remark": "no such unit"}]
    p = above / below
    rows = []
    for method, effective in (("clustered Wilson", below * 0.6), ("naive Wilson", below)):
        z = 1.96
        middle = (p + z**2 / (2 * effective)) / (1 + z**2 / effective)
        spread = np.sqrt(p * (1 - p) / effective + z**2 / (4 * effective**2))
        half = z * spread / (1 + z**2 / effective)
        limits = {"value": p, "low": float(middle - half), "high": float(middle + half)}
        rows.append(count | limits | {"method": method})
    return rows


def _ratios(start, said):
    if not all(said.values()):
        return []
    tp, fp, fn, tn = said.values()
    hit, clear = tp / (tp + fn), tn / (tn + fp)
    method = "clustered bootstrap, 2000 resamples"
    return [
        start
        | {
            "quantity": name, "value": value, "low": value / 2, "high": value * 2, "method": method
        }
        for name, value in (
            ("lr_positive", hit / (1 - clear)), ("lr_negative", (1 - hit) / clear),
            ("dor", tp * tn / (fp * fn)),
        )
    ]  # fmt: skip


def _area(start, units):
    ill = np.array([row["value"] for row in units if row["present"]])
    well = np.array([row["value"] for row in units if not row["present"]])
    quantity = {"quantity": "auc", "method": "clustered Obuchowski"}
    if not len(ill) or not len(well):
        return [start | quantity | {"remark": "it takes units with and without metastasis"}]
    area = float(np.mean(ill[:, None] < well[None, :]))
    limits = {"value": area, "low": max(0.0, area - 0.09), "high": min(1.0, area + 0.07)}
    limits |= {"denominator": len(ill) + len(well)}
    return [start | quantity | limits | {"p": 0.00004, "p_adjusted": 0.0312}]


def _curves(units):
    rows = []
    for key in sorted({(row["analysis"], row["test"], row["unit"]) for row in units}):
        ours = [r for r in units if (r["analysis"], r["test"], r["unit"]) == key]
        ill = np.sort([row["value"] for row in ours if row["present"]])
        well = np.sort([row["value"] for row in ours if row["present"] is False])
        if not len(ill) or not len(well):
            continue
        for point, cut in enumerate([0.0, *np.unique([*ill, *well]), np.inf]):
            hit = float(np.mean(ill < cut))
            rows.append(
                {
                    "analysis": key[0], "test": key[1], "reader": "none",
                    "unit": key[2], "point": point,
                    "threshold": float(cut), "sensitivity": hit,
                    "specificity": float(np.mean(well >= cut)),
                    "low": max(0.0, hit - 0.13), "high": min(1.0, hit + 0.1),
                }
            )  # fmt: skip
    return rows


def _flow(people, nodes):
    rows = []
    for arm in ("affected", "control"):
        ours = [person for person in people if person["arm"] == arm]
        seen = [node for node in nodes if node["arm"] == arm]
        known = [node for node in seen if node["ill"] is not None]
        boxes = [
            ("registered", "Registered in the study", "kept", len(ours) + 3, None),
            ("no_mri", "No MRI before surgery", "excluded", 2, None),
            ("no_histology", "No node with histology", "excluded", 1, None),
            ("imaged", "Imaged, with nodes drawn", "kept", len(ours), len(seen)),
            ("no_specimen", "Node without a specimen", "excluded", None, len(seen) - len(known)),
            ("analysed", "Analysed by node", "kept", len(ours), len(known)),
            ("truth-ill", "Metastatic", "kept", None, sum(n["ill"] for n in known)),
            ("truth-well", "Benign", "kept", None, sum(not n["ill"] for n in known)),
        ]
        rows += [
            {"box": box, "arm": arm, "says": says, "kind": kind, "participants": n, "nodes": m}
            for box, says, kind, n, m in boxes
        ]
    total = {"participants": len(people) + 6, "kind": "kept"}
    return [{"box": "all", "arm": "all", "says": "People in the import", **total}, *rows]
