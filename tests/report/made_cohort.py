"""Who is in the made-up study, and what was measured and found of them."""

from datetime import date, timedelta

import numpy as np

from nodewise.report import Picture

LEVELS = ("IB", "IIA", "IIB", "III", "IV")
ADC = {"metastatic": (0.86e-3, 0.11e-3), "benign": (1.14e-3, 0.15e-3), "control": (1.2e-3, 0.14e-3)}
OTHERS = {"d": (0.8e-3, 1.0e-3), "f": (0.09, 0.14), "ktrans": (0.0025, 0.004), "ve": (0.3, 0.31)}


def tables(trial, rng, people, nodes):
    """Rows of the tables that a study gathers."""
    return {
        "participants": people,
        "eligibility": _eligibility(trial, people),
        "series": _series(people),
        "regions": [_region(node) for node in nodes],
        "maps": _maps(rng, people),
        "nodes": [_node(rng, node) for node in nodes],
        "values": [value for node in nodes for value in _values(node)],
        "dissections": _dissections(nodes),
        "specimen_nodes": [_specimen(rng, node) for node in nodes if node["ill"] is not None],
        "matches": [_match(rng, node) for node in nodes],
        "issues": _issues(people),
    }


def pictures(rng, nodes):
    """Up to three nodes of each outcome."""
    return tuple(_picture(rng, node) for node in _pictured(nodes))


def people_of(rng, affected, control):
    people = []
    for number in range(affected + control):
        ill = number < affected
        site = str(rng.choice(["oropharynx", "oral cavity", "larynx"])) if ill else "parotid"
        benign = str(rng.choice(["Warthin tumour", "pleomorphic adenoma"]))
        people.append(
            {
                "participant": f"P-{number:04d}AA",
                "arm": "affected" if ill else "control",
                "sex": str(rng.choice(["female", "male"], p=[0.3, 0.7])),
                "age": None if number == 3 else float(rng.integers(38, 84)),
                "primary_site": site,
                "histology": "squamous cell carcinoma" if ill else None,
                "parotid_histology": None if ill else benign,
                "preoperative_mri": True,
                "surgery_date": date(2025, 3, 1) + timedelta(days=int(rng.integers(0, 300))),
            }
        )
    return people


def nodes_of(rng, people, ill):
    nodes = []
    for person in people:
        control = person["arm"] == "control"
        for number in range(int(rng.integers(1, 6))):
            unknown = rng.random() < 0.12
            truth = None if unknown else bool(not control and rng.random() < ill)
            kind = "metastatic" if truth else "control" if control else "benign"
            others = {
                name: abs(rng.normal(both[0 if truth else 1], both[1] / 4))
                for name, both in OTHERS.items()
            }
            nodes.append(
                {
                    "participant": person["participant"],
                    "arm": person["arm"],
                    "label": f"N{number + 1}",
                    "side": str(rng.choice(["left", "right"])),
                    "level": str(rng.choice(LEVELS)),
                    "ill": truth,
                    "kind": kind,
                    "adc": abs(rng.normal(*ADC[kind])),
                    **others,
                }
            )
    return nodes


def _name(node):
    return f"{node['participant']}/{node['label']}"


def _region(node):
    return {
        "region": _name(node), "participant": node["participant"], "visit": "pre-treatment",
        "label": node["label"], "kind": "node", "side": node["side"], "level": node["level"],
        "level_system": "AJCC", "drawn_by": "MANUAL", "array": "a1",
    }  # fmt: skip


def _node(rng, node):
    short = float(rng.gamma(9 if node["ill"] else 6, 1.2))
    return {
        "region": _name(node), "participant": node["participant"], "visit": "pre-treatment",
        "label": node["label"], "kind": "node", "side": node["side"], "level": node["level"],
        "short_axis_mm": short, "axial_long_axis_mm": short * 1.5, "voxels": 40,
    }  # fmt: skip


def _values(node):
    models = {"adc": "adc", "d": "ivim", "f": "ivim", "ktrans": "extended_tofts"}
    return [
        {
            "region": _name(node), "participant": node["participant"], "visit": "pre-treatment",
            "tissue": "region", "model": model, "parameter": name, "statistic": "median",
            "value": node[name], "voxels": 40, "fitted_fraction": 0.97,
        }
        for name, model in models.items()
    ]  # fmt: skip


def _series(people):
    return [
        {
            "series": f"{person['participant']}-{name}", "participant": person["participant"],
            "visit": "pre-treatment", "sequence": name, "modality": "MR", "array": "b2",
        }
        for person in people
        for name in ("dwi", "vfa", "dce", "t2w")
    ]  # fmt: skip


def _maps(rng, people):
    return [
        {
            "series": f"{person['participant']}-{series}", "participant": person["participant"],
            "visit": "pre-treatment", "model": model, "fitted": int(rng.integers(88000, 90000)),
            "masked": 61000, "no_signal": int(rng.integers(200, 900)),
            "at_bound": int(rng.integers(100, 4000)), "no_convergence": int(rng.integers(0, 60)),
            "array": "c3", "outcome": "d4",
        }
        for person in people
        for model, series in (("adc", "dwi"), ("ivim", "dwi"), ("extended_tofts", "dce"))
    ]  # fmt: skip


def _eligibility(trial, people):
    return [
        {
            "participant": person["participant"],
            "rule": rule.id,
            "answer": "unknown" if at == 2 else "met",
        }
        for at, person in enumerate(people)
        for rule in trial.eligibility
        if rule.arm in {"all", person["arm"]}
    ]


def _dissections(nodes):
    places = {
        (node["participant"], node["side"], node["level"])
        for node in nodes
        if node["ill"] is not None
    }
    return [
        {"participant": participant, "side": side, "level": level, "nodes_examined": 4}
        for participant, side, level in sorted(places)
    ]


def _specimen(rng, node):
    return {
        "participant": node["participant"], "specimen_node": "S" + node["label"],
        "side": node["side"], "level": node["level"], "metastatic": node["ill"],
        "deposit_mm": float(rng.gamma(3, 2.5)) if node["ill"] else None,
    }  # fmt: skip


def _match(rng, node):
    known = node["ill"] is not None
    sure = str(rng.choice(["exact", "level-unique", "ambiguous"], p=[0.5, 0.35, 0.15]))
    return {
        "participant": node["participant"], "region": _name(node),
        "specimen_node": "S" + node["label"] if known else None,
        "side": node["side"], "level": node["level"], "confidence": sure if known else "none",
        "metastatic": node["ill"], "interval_days": int(rng.integers(2, 60)),
    }  # fmt: skip


def _issues(people):
    found = [
        ("import", None, "scans/17/4/0031.dcm", "a file that ends early", "a whole DICOM file"),
        ("import", 2, "dwi, pre-treatment", "19 of 24 slices at b 500", "every slice at each b"),
        ("import", 4, "dwi, pre-treatment", "23 of 24 slices at b 500", "every slice at each b"),
        ("import", 5, "SEG, pre-treatment", "a mask of 64 × 64 × 20", "the DWI's grid"),
        ("match", 1, "node N3", "level XII", "a level of AJCC"),
    ]
    return [
        {
            "issue": f"i{at}", "step": step, "where": where, "found": what, "needed": needed,
            "participant": _pseudonym(people, who),
            "action": "ask for the file again; the rest of the import went on",
        }
        for at, (step, who, where, what, needed) in enumerate(found)
    ]  # fmt: skip


def _pseudonym(people, at):
    return None if at is None else people[min(at, len(people) - 1)]["participant"]


def _pictured(nodes):
    chosen = {}
    for node in (each for each in nodes if each["ill"] is not None):
        chosen.setdefault((node["ill"], node["adc"] < 0.94e-3), []).append(node)
    return [node for some in chosen.values() for node in some[:3]]


def _picture(rng, node):
    outcomes = {
        (True, False): "missed", (False, True): "false alarm",
        (True, True): "found", (False, False): "cleared",
    }  # fmt: skip
    y, x = np.mgrid[:80, :80]
    neck = ((x - 40) / 32) ** 2 + ((y - 40) / 27) ** 2 < 1
    image = np.where(neck, 260.0, 8.0) + rng.normal(0, 14, (80, 80))
    image[((x - 40) / 5) ** 2 + ((y - 50) / 6) ** 2 < 1] = 60.0
    mask = ((x - 58) / 2.6) ** 2 + ((y - 44) / 3.6) ** 2 < 1
    values = np.where(neck, rng.normal(1.4e-3, 0.2e-3, (80, 80)), np.nan)
    values[mask] = rng.normal(node["adc"], 0.08e-3, int(mask.sum()))
    return Picture(
        title=f"{node['participant']}, {node['side']} {node['level']}, node {node['label']}",
        outcome=outcomes[node["ill"], node["adc"] < 0.94e-3],
        caption=f"ADC median {node['adc'] * 1e3:.2f} × 10⁻³ mm²/s",
        image=np.where(mask, 420.0, image),
        mask=mask,
        map=values,
        map_label="ADC",
        map_unit="mm²/s",
        map_range=(0.5e-3, 2.0e-3),
        pixel_mm=(2.5, 2.5),
    )
