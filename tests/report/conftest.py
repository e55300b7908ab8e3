"""A made-up study whose tables conform to tables.py, so that the page can be tested by itself."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from nodewise import trial as trials
from nodewise.report import Picture, Provenance, Step
from nodewise.tables import TABLES
from nodewise.trial import Trial

LEVELS = ("IB", "IIA", "IIB", "III", "IV")
ADC = {"metastatic": (0.86e-3, 0.11e-3), "benign": (1.14e-3, 0.15e-3), "control": (1.2e-3, 0.14e-3)}
OTHERS = {"d": (0.8e-3, 1.0e-3), "f": (0.09, 0.14), "ktrans": (0.0025, 0.004), "ve": (0.3, 0.31)}


@dataclass(frozen=True)
class Fake:
    """What `page` takes."""

    trial: Trial
    tables: dict[str, pl.DataFrame]
    pictures: tuple[Picture, ...]
    provenance: Provenance

    def without(self, *names: str) -> "Fake":
        kept = {name: frame for name, frame in self.tables.items() if name not in names}
        return replace(self, tables=kept)


@pytest.fixture(scope="session")
def mpmri() -> Trial:
    return trials.load("mpmri")


@pytest.fixture(scope="session")
def fake(mpmri: Trial) -> Fake:
    return made(mpmri, np.random.default_rng(7))


@pytest.fixture(scope="session")
def empty(mpmri: Trial) -> Fake:
    return Fake(mpmri, {}, (), provenance(opened=None))


@pytest.fixture(scope="session")
def make(mpmri: Trial):
    """Builds a study of its own: make(seed, affected, control, ill)."""

    def build(seed=0, affected=6, control=3, ill=0.5):
        return made(mpmri, np.random.default_rng(seed), affected=affected, control=control, ill=ill)

    return build


def provenance(opened: str | None = "2026-03-02") -> Provenance:
    return Provenance(
        version="0.1.0",
        trial_hash="9f2c41aa" * 8,
        frozen_hash="03be77d1" * 8,
        truth_opened=opened,
        steps=(
            Step(name="import", when="2026-03-01", version="0.1.0"),
            Step(name="quantify", when="2026-03-01", version="0.1.0"),
        ),
        seeds={"bootstrap": 20260301, "simulation": 1},
        software={"numpy": "2.4.1", "polars": "2.1.0", "python": "3.11.2"},
        simulated=True,
    )


def made(
    trial: Trial,
    rng: np.random.Generator,
    affected: int = 34,
    control: int = 14,
    ill: float = 0.42,
) -> Fake:
    people = _people(rng, affected, control)
    nodes = _nodes(rng, people, ill)
    units = _units(nodes)
    rows = {
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
        "units": units,
        "accuracy": _accuracy(trial, units),
        "curves": _curves(units),
        "flow": _flow(people, nodes),
        "issues": _issues(people),
    }
    tables = {name: TABLES[name].frame(each) for name, each in rows.items()}
    pictures = tuple(_picture(rng, node) for node in _pictured(nodes))
    return Fake(trial, tables, pictures, provenance())


def _people(rng, affected, control):
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


def _nodes(rng, people, ill):
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
    """Up to three nodes of each outcome."""
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
