"""The truth of a simulated cohort, in a folder that `import` never enters."""

from pathlib import Path

import polars as pl

from nodewise.anatomy import RegionKind
from nodewise.simulate import mishaps, scanner
from nodewise.simulate.people import Person
from nodewise.simulate.specimens import Row
from nodewise.trial import Trial

MARKER = ".nodewise-hidden-truth"
MEASURED = ("adc", "d", "f", "d_star", "ktrans", "ve", "vp", "t1")


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
            **{name: lump.values[name] for name in MEASURED},
            "necrotic_core": lump.core**3,
            "arrival": person.arrival,
            "short_axis_mm": lump.short_axis,
            "long_axis_mm": lump.long_axis,
            "volume": lump.volume,
        }
        for visit in person.visits
        for lump in person.lumps
        if not visit.after_surgery
        or (lump.kind is RegionKind.NODE and not person.dissection.took(lump))
    ]


def write(folder: Path, rows: dict[str, list[Row]], *, trial: Trial, seed: int) -> None:
    """Write the marker, the tables and a README."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("import does not enter this folder\n", encoding="utf-8")
    for name in ("nodes", "specimens"):
        frame = pl.DataFrame(rows.get(name, []), infer_schema_length=None)
        frame.write_csv(folder / f"{name}.csv")
    (folder / "README.txt").write_text(_readme(trial, seed), encoding="utf-8")


def _readme(trial: Trial, seed: int) -> str:
    wrong = "\n".join(
        f"* {what}\n  where: {where}\n  import: {says}" for what, where, says in mishaps.MISHAPS
    )
    snr = ", ".join(f"{kind} {value:g}" for kind, value in scanner.SNR.items())
    return f"""The truth of a simulated cohort of trial {trial.id}, seed {seed}.

nodes.csv       one row per node or lesion and visit: what it is and what its tissue is like
                (house units: mm²/s, 1/s, s, fractions, mm, mm³); adc is the least-squares
                mono-exponential ADC over the b-values of the trial's ADC map; necrotic_core is the
                share of the volume that is a fluid core, to which the tissue values do not apply;
                arrival is when contrast reaches the neck, s after the first dynamic frame;
                follow-up visits list what surgery left
specimens.csv   one row per node that reached the pathologist, with the label of the node it is;
                image_label only where the surgeon linked them

Signal-to-noise (a lesion at b = 0, before contrast): {snr}.

Wrong on purpose, in cohorts large enough to have these participants:
{wrong}
"""
