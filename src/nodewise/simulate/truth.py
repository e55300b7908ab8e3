"""The truth of a simulated cohort, in a folder that `import` never enters."""

from dataclasses import asdict
from pathlib import Path
from textwrap import indent

import polars as pl

from nodewise.anatomy import RegionKind
from nodewise.simulate import mishaps, outcomes, scanner, ultrasound, uspio
from nodewise.simulate.nodes import Lump
from nodewise.simulate.people import Person
from nodewise.simulate.readers import Panel
from nodewise.simulate.specimens import Row
from nodewise.simulate.studies import STUDIES
from nodewise.trial import Trial

MARKER = ".nodewise-hidden-truth"
MEASURED = (
    "adc", "d", "f", "d_star", "ktrans", "ve", "vp", "t1", "ct", "r2_star", "uptake", "suv",
)  # fmt: skip


def nodes(person: Person) -> list[Row]:
    """One row per lump and visit at which it was there, seen or not."""
    return [
        {
            "patient_id": person.patient_id,
            "label": lump.label,
            "visit": visit.name,
            "side": lump.side.value,
            "level": lump.level,
            "kind": lump.kind.value,
            "metastatic": lump.metastatic,
            "seen": lump.seen,
            **{name: lump.values[name] for name in MEASURED if name in lump.values},
            "necrotic_core": lump.core**3,
            **_apart(person, lump, treated=not visit.before_treatment),
            "short_axis_mm": lump.short_axis,
            "long_axis_mm": lump.long_axis,
            "volume": lump.volume,
        }
        for visit in person.visits
        for lump in (one.untreated if visit.before_treatment else one for one in person.lumps)
        if not visit.after_surgery
        or (lump.kind is RegionKind.NODE and not person.dissection.took(lump))
    ]


def _apart(person: Person, lump: Lump, *, treated: bool) -> Row:
    """What only one study knows."""
    if lump.response:
        names = ("bed", "viable", "necrosis", "fibrosis")
        known = {name: getattr(lump.response, name) for name in names}
        return known | ultrasound.true_values(lump, arrival=person.arrival, treated=treated)
    if "adc" in lump.values:
        return {"arrival": person.arrival}
    if lump.extension:
        return asdict(lump.extension)
    if "uptake" in lump.values:
        within = lump.deposit.radii.max() / lump.shape.radii.max() if lump.deposit else None
        to_lipid = uspio.signal_to_lipid(lump)
        return {"deposit": within, "hilus": lump.hilus, "signal_to_lipid": to_lipid}
    return {}


def write(folder: Path, rows: dict[str, list[Row]], *, trial: Trial, seed: int) -> None:
    """Write the marker, the tables and a README."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("import does not enter this folder\n", encoding="utf-8")
    study = STUDIES[frozenset(arm.name for arm in trial.arm)]
    for name in ("nodes", "specimens", *([outcomes.TRUTH] if study.sheets else [])):
        frame = pl.DataFrame(rows.get(name, []), infer_schema_length=None)
        frame.write_csv(folder / f"{name}.csv")
    (folder / "README.txt").write_text(_readme(trial, seed), encoding="utf-8")


def _readme(trial: Trial, seed: int) -> str:
    kinds = {sequence.name for sequence in trial.sequence}
    study = STUDIES[frozenset(arm.name for arm in trial.arm)]
    known = next(
        (found for name, found in mishaps.MISHAPS.items() if name in kinds), mishaps.IN_EVERY_STUDY
    )
    wrong = "\n".join(
        f"* {what}\n  where: {where}\n  import: {says}" for what, where, says in known
    )
    snr = ", ".join(f"{kind} {value:g}" for kind, value in scanner.SNR.items() if kind in kinds)
    noise = f"Signal-to-noise (a lesion at b = 0, before contrast, at the first echo): {snr}."
    return f"""The truth of a simulated cohort of trial {trial.id}, seed {seed}.

nodes.csv       one row per node or lesion and visit: what it is and what its tissue is like
{indent(study.told, " " * 16)}
specimens.csv   one row per node that reached the pathologist, with the label of the node it is;
                image_label only where the surgeon linked them
{outcomes.TOLD if study.sheets else ""}
{noise if snr else "Noise is speckle."}
{_readers(study.panel)}
Wrong on purpose, in cohorts large enough to have these participants:
{wrong}
"""


def _readers(panel: Panel | None) -> str:
    """What the simulated readers are like, where the study has some."""
    if not panel:
        return ""
    spread = panel.spread
    readers = "\n".join(
        f"* {one.name}: skill {one.skill:g}, of which {one.start:.0%} before the first case with "
        f"feedback and e-fold pace {one.pace:g} cases; thresholds moved by {dict(one.bias) or 0}, "
        f"{one.fatigue:.0%} more noise and time at a session's end; boldness {one.boldness:g}; "
        f"overlooks {one.overlooks:.0%} of nodes"
        for one in panel.readers
    )
    rounds = ", ".join(f"{one.name} {one.skill:g}" for one in panel.rounds)
    return f"""
Readers see a node's sign (of its border, or its signal against fat) with noise whose standard
deviations are: by node {spread.case:g}, by node and round {spread.round:g}, by node and reader
{spread.reader:g}, by read {spread.read:g}; all of it divided by skill. Two readers of one skill and
round correlate by {spread.between_readers:.2f} on nodes of one sign. Rounds' skill: {rounds}.
{readers}
"""
