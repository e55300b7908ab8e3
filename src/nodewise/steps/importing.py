"""Import: files become series, regions and tables of the study; every problem becomes a row."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from nodewise.anatomy import RegionKind
from nodewise.errors import NodewiseError
from nodewise.ingest import Problem, Pseudonyms, Region, Rows, Series, take_in, whereabouts
from nodewise.simulate import SIMULATED
from nodewise.steps.readings.planning import trail
from nodewise.steps.work import Issue, Work, in_batches, key, name_of, plain, tell
from nodewise.store.marks import Marks, Row
from nodewise.tables import TABLES
from nodewise.trial import Trial, Visit
from nodewise.volume import Grid

UNASSIGNED = "unassigned"
Writing = Callable[[], None]


def take(work: Work, sources: Sequence[Path]) -> Counter[str]:
    """Read sources into the study.

    Args:
        work: the study.
        sources: folders, zip archives and tables.

    Returns:
        How many series, regions, rows and problems there were.
    """
    told: list[Issue] = []
    counts: Counter[str] = Counter()
    troubled = set(work.tables.read("issues")["item"])
    marked = _marked(work)
    reading = take_in(
        sources,
        Pseudonyms(work.study.key),
        workers=work.workers,
        progress=lambda looks, most: work.progress("import: files", looks // 2, most // 2),
    )
    with in_batches(work.tables) as later:
        for found in reading:
            match found:
                case Series():
                    later(_keep_series(work, found))
                case Region():
                    later(_keep_region(work, found, troubled=troubled, marked=marked))
                case Rows():
                    told += _keep_rows(work, found)
                case Problem():
                    told.append(_issue(found))
            rows = len(found.frame) if isinstance(found, Rows) else 1
            counts[type(found).__name__.lower()] += rows
    item = key([str(source.resolve()) for source in sources])
    tell(work, "import", item, issues=told)
    _mark_simulated(work, sources)
    arrange(work)
    return counts


def _marked(work: Work) -> dict[str, Row | None]:
    """Regions that people changed on the marking page, as they left them; see `Marks.last`."""
    homes = (work.study.folder / name for name in ("reading.sqlite", "reading.url"))
    if not any(home.is_file() for home in homes):
        return {}  # nobody has opened the reading room yet
    return Marks(work.study, trail(work)).last()


def _mark_simulated(work: Work, sources: Sequence[Path]) -> None:
    """Remember that participants are simulated: every report must say so."""
    for source in sources:
        for marker in (source / SIMULATED, source / "hospital" / SIMULATED):
            if marker.is_file():
                (work.study.folder / SIMULATED).write_bytes(marker.read_bytes())


def behind_issues(work: Work, sources: Sequence[Path]) -> dict[str, list[Path]]:
    """The files behind the marks that issues name series by, for who holds files and study.

    Paths may name patients: show them on the spot, never store them.
    """
    told = " ".join(work.tables.read("issues")["where"].drop_nulls())
    found = whereabouts(sources, Pseudonyms(work.study.key), workers=work.workers)
    return {mark: paths for mark, paths in found.items() if mark in told}


def arrange(work: Work) -> None:
    """Put every series and region on a visit, and say what cannot be put anywhere."""
    people = {row["participant"]: row for row in work.tables.read("participants").to_dicts()}
    issues: list[Issue] = []
    for name in ("series", "regions"):
        frame = work.tables.read(name)
        rows = frame.to_dicts()
        for row in rows:
            facts = people.get(row["participant"])
            row["visit"] = visit_of(work.trial, facts, row["date"]) if facts else UNASSIGNED
            if row["visit"] == UNASSIGNED:
                issues.append(_no_visit(row, name, known=facts is not None))
        if rows != frame.to_dicts():
            work.tables.write(name, rows)
    tell(work, "arrange", "visits", issues=_once(issues))
    tell(work, "arrange", "specimens", issues=_strangers(work, set(people)))


def visit_of(trial: Trial, facts: dict[str, Any], day: date | None) -> str:
    """The trial's visit that a day of imaging falls into."""
    anchors = {
        "surgery": facts["surgery_date"],
        "infusion": facts["infusion_date"],
        "neoadjuvant start": facts["neoadjuvant_start_date"],
        "treatment end": facts["treatment_end_date"] or facts["surgery_date"],
    }
    for visit in trial.visit:
        if day and anchors[visit.anchor] and _within(visit, (day - anchors[visit.anchor]).days):
            return visit.name
    return UNASSIGNED


def grid_json(grid: Grid) -> str:
    """A grid as a table's cell."""
    return plain({"shape": list(grid.shape), "affine": grid.affine.round(6).tolist()})


def _within(visit: Visit, days: int) -> bool:
    return visit.from_day <= days <= visit.to_day


def _keep_series(work: Work, series: Series) -> Writing:
    """Keep a series' values; what is yet to be written of it."""
    volume, acquisition = series.volume, series.acquisition
    row = {
        "series": series.digest,
        "participant": series.participant,
        "visit": UNASSIGNED,
        "sequence": _sequence(work.trial, series),
        "modality": acquisition.modality,
        "date": series.date,
        "varies": acquisition.varies,
        "frames": volume.values.shape[3] if volume.values.ndim == 4 else 1,
        "shape": "×".join(map(str, volume.grid.shape)),
        "spacing": "×".join(f"{step:.3g}" for step in volume.grid.spacing),
        "acquisition": acquisition.model_dump_json(),
        "grid": grid_json(volume.grid),
        "array": work.study.arrays.put(volume.values),
        "files": series.files,
    }
    return partial(work.tables.add, "series", [row])


def _sequence(trial: Trial, series: Series) -> str | None:
    """The trial's sequence that a series is: by what varies, then by its description."""
    if series.acquisition.derived:
        return None  # a map that the scanner made is kept, not fitted
    for sequence in trial.sequence:
        fits = (sequence.modality, sequence.varies) == (
            series.acquisition.modality,
            series.acquisition.varies,
        )
        wanted = sequence.description
        if fits and (not wanted or re.search(wanted, series.description, re.IGNORECASE)):
            return sequence.name
    return None


def _keep_region(
    work: Work, region: Region, *, troubled: set[str], marked: dict[str, Row | None]
) -> Writing:
    """Keep a region's mask; what is yet to be written, unless people changed it on the page."""
    row = {
        "region": name_of(region.participant, region.date, region.label, *_place(region))[:12],
        "participant": region.participant,
        "visit": UNASSIGNED,
        "date": region.date,
        "label": region.label,
        "kind": region.kind,
        "side": region.side,
        "level": region.level,
        "level_system": region.level_system,
        "drawn_by": region.drawn_by,
        "frame": region.frame,
        "grid": grid_json(region.grid),
        "array": work.study.arrays.put(region.mask),
    }
    name = str(row["region"])
    issues = [*_kept_out(row, marked), *_no_level(marked.get(name, row))]

    def write() -> None:
        if name not in marked:
            work.tables.add("regions", [row])
        if issues or name in troubled:
            tell(work, "import", name, issues=issues)

    return write


def _place(region: Region) -> list[str]:
    """What tells apart reference tissues of one name: each cine of a day may have its own."""
    own = region.kind == RegionKind.REFERENCE_TISSUE and region.frame is not None
    return [grid_json(region.grid)] if own else []


def _kept_out(row: Row, marked: dict[str, Row | None]) -> list[Issue]:
    """That an imported region stays out, because people changed or removed it on the page."""
    kept = marked.get(row["region"], row)
    if kept and (kept["array"], json.loads(kept["grid"])) == (
        row["array"],
        json.loads(row["grid"]),
    ):
        return []
    done = "marked otherwise" if kept else "removed"
    return [
        Issue(
            where=f"region {row['label']}",
            found=f"a segmentation of a node that was {done} on the marking page",
            needed="one word on each node: what was done on the page stands",
            action="if the imported one is right, take the change back on the marking page, or "
            "import it under another label; otherwise nothing is to be done",
            participant=row["participant"],
        )
    ]


def _no_level(row: Row | None) -> list[Issue]:
    """That a node counts for no level."""
    if row is None or row["kind"] != RegionKind.NODE or row["level"] is not None:
        return []
    return [
        Issue(
            where=f"region {row['label']}",
            found="a node on no level",
            needed="a neck level with the system that names it",
            action="set the level where the node was drawn and import it again; until then "
            "the node is measured but counts for no level and cannot be matched by level",
            participant=row["participant"],
        )
    ]


def _keep_rows(work: Work, rows: Rows) -> list[Issue]:
    database = work.truth if TABLES[rows.table].truth else work.tables
    try:
        database.add(rows.table, rows.frame)
    except NodewiseError as error:
        return [Issue(rows.table, str(error), "rows that fit the table", "mend the rows")]
    return []


def _issue(problem: Problem) -> Issue:
    return Issue(
        where=problem.where,
        found=problem.found,
        needed=problem.needed,
        action=problem.action,
        participant=problem.participant,
    )


def _no_visit(row: dict[str, Any], name: str, *, known: bool) -> Issue:
    day = "no date" if row["date"] is None else "a date in no visit's window"
    return Issue(
        where=f"{name} of one day",
        found=day if known else "images of somebody who is not in the participants table",
        needed="a visit of the trial file" if known else "a row in participants",
        action="check the dates of imaging, surgery, and start and end of treatment"
        if known
        else "add the participant to participants.csv and import it",
        participant=row["participant"],
    )


def _once(issues: Iterable[Issue]) -> list[Issue]:
    return list(dict.fromkeys(issues))


def _strangers(work: Work, people: set[str]) -> list[Issue]:
    """Specimens and readings of people whom the participants table does not have."""
    holders = {
        "dissections": ("specimens", work.truth),
        "specimen_nodes": ("specimens", work.truth),
        "readings": ("readings", work.tables),
        "outcomes": ("outcomes", work.truth),
        "imaging_reports": ("reports", work.truth),
        "bone_findings": ("findings", work.tables),
        "bone_specimens": ("specimens", work.truth),
    }
    return [
        Issue(
            where=f"{name}: {count} rows",
            found=f"{what} of somebody who is not in the participants table",
            needed="a row in participants",
            action=f"correct the patient's identifier in the table of {what}, or add the "
            f"participant; until then these {what} are in no analysis",
            participant=participant,
        )
        for name, (what, database) in holders.items()
        for participant, count in database.read(name)
        .group_by("participant", maintain_order=True)
        .agg(pl.len())
        .rows()
        if participant not in people
    ]
