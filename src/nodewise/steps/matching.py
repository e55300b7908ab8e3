"""Match: who is eligible, and which drawn node is which specimen node. Opens the truth."""

from typing import Any

import polars as pl

from nodewise.anatomy import RegionKind
from nodewise.criteria.eligibility import ask
from nodewise.errors import TrialError
from nodewise.steps.work import Issue, Work, key, rows_key, stale, tell
from nodewise.trial import SpecimenSize
from nodewise.truth import Confidence, Dissection, ImageNode, Match, SpecimenNode, match

Row = dict[str, Any]
OPENED = "truth opened"


def decide_eligibility(work: Work) -> None:
    """Ask every participant the trial's rules and keep the answers."""
    rows = [
        {
            "participant": facts["participant"],
            "rule": asked.rule.id,
            "answer": asked.answer,
            "found": asked.found,
        }
        for facts in work.tables.read("participants").to_dicts()
        for asked in ask(work.trial.eligibility, facts)
    ]
    work.tables.write("eligibility", rows)


def freeze(work: Work) -> None:
    """Keep hashes of what is frozen when the truth is first joined; refuse what changed since."""
    if not work.truth.finished(OPENED):
        for part, digest in work.trial.frozen.items():
            work.truth.finish(OPENED, part, key=digest)
    refuse_changed(work)


def refuse_changed(work: Work) -> None:
    """Stop whatever would go on with a protocol that has seen the truth.

    Raises:
        TrialError: naming the parts that are not what they were when the truth was opened.
    """
    kept, now = work.truth.finished(OPENED), work.trial.frozen
    if changed := [part for part, digest in kept.items() if now.get(part) != digest]:
        hashes = "; ".join(
            f"{part}: frozen {kept[part][:12]}, found {now.get(part, 'nothing')[:12]}"
            for part in changed
        )
        raise TrialError(
            f"trial.toml was changed after the truth was opened ({hashes}). "
            "What has seen the truth confirms nothing: put the frozen text back, and add a new "
            'cut-off as a test of its own with role = "exploratory", a new question as an '
            "analysis of its own"
        )


def match_nodes(work: Work) -> int:
    """Match the nodes of every participant whose images or specimens changed."""
    tables = {name: work.truth.read(name) for name in ("specimen_nodes", "dissections")}
    if any(len(table) for table in tables.values()):
        freeze(work)
    nodes = image_nodes(work)
    people = work.tables.read("participants").select("participant", "surgery_date")
    days = dict(people.rows())
    parts = {who: _parts(who, nodes, tables) for who in days}
    size = work.trial.reference.specimen_size
    rule = size and size.model_dump()
    wanted = {who: key([rows_key(part) for part in parts[who]], days[who], rule) for who in days}
    again = stale(work.truth, "match", wanted)
    for number, who in enumerate(again, 1):
        rows, issues = _match_one(who, parts[who], days[who], size=size)
        work.truth.write("matches", rows, {"participant": who})
        tell(work, "match", who, issues=issues)
        work.truth.finish("match", who, key=wanted[who])
        work.progress("match: participants", number, len(again))
    return len(again)


def image_nodes(work: Work) -> pl.DataFrame:
    """Drawn nodes of the index visit, with the day of imaging."""
    days = work.tables.read("regions").select("region", "date")
    return (
        work.tables.read("nodes")
        .filter((pl.col("kind") == RegionKind.NODE) & (pl.col("visit") == work.trial.index_visit))
        .join(days, on="region", how="left")
        .sort("participant", "region")
    )


def _parts(
    who: str, nodes: pl.DataFrame, tables: dict[str, pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    mine = pl.col("participant") == who
    return (
        nodes.filter(mine),
        tables["specimen_nodes"].filter(mine),
        tables["dissections"].filter(mine),
    )


def _match_one(
    who: str,
    parts: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
    surgery: Any,
    *,
    size: SpecimenSize | None,
) -> tuple[list[Row], list[Issue]]:
    nodes, specimens, dissections = (part.to_dicts() for part in parts)
    found = match(
        [
            ImageNode(**_take(row, "region", "label", "side", "level", "long_axis_mm"))
            for row in nodes
        ],
        [
            SpecimenNode(
                name=row["specimen_node"],
                **_take(row, "side", "level", "metastatic", "image_label", "specimen_size_mm"),
            )
            for row in specimens
        ],
        [
            Dissection(
                examined=row["nodes_examined"],
                positive=row["nodes_positive"],
                **_take(row, "side", "level"),
            )
            for row in dissections
        ],
        size=size,
    )
    imaged = {row["region"]: row["date"] for row in nodes}
    rows = [_row(who, each, imaged, surgery) for each in found]
    exact = {row["specimen_node"] for row in rows if row["confidence"] == Confidence.EXACT}
    unheeded = [
        row for row in specimens if row["image_label"] and row["specimen_node"] not in exact
    ]
    return rows, _dangling(who, nodes, unheeded)


def _take(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def _row(who: str, each: Match, imaged: dict[str, Any], surgery: Any) -> Row:
    node = each.image or each.specimen
    day = imaged.get(each.image.region) if each.image else None
    return {
        "participant": who,
        "region": each.image.region if each.image else None,
        "specimen_node": each.specimen.name if each.specimen else None,
        "side": node.side if node else None,
        "level": node.level if node else None,
        "confidence": each.confidence,
        "metastatic": each.metastatic,
        "reason": each.reason,
        "interval_days": (surgery - day).days if surgery and day else None,
    }


def _dangling(who: str, nodes: list[Row], specimens: list[Row]) -> list[Issue]:
    """Links that were not followed: to nothing, to the other side, or in doubt."""
    return [
        Issue(
            where=f"specimen node {row['specimen_node']}",
            found=f"a link to the image node {row['image_label']}, {_doubt(row, nodes)}",
            needed=f"one drawn node on the {row['side']}",
            action="check the link with surgeon and pathologist; until then it is matched by level",
            participant=who,
        )
        for row in specimens
    ]


def _doubt(specimen: Row, nodes: list[Row]) -> str:
    """Why a link was not followed."""
    sides = [row["side"] for row in nodes if row["label"] == specimen["image_label"]]
    if not sides:
        return "which nobody drew"
    here = [side for side in sides if specimen["side"] is None or side in (specimen["side"], None)]
    if not here:
        return f"which lies on the {sides[0]}"
    if len(here) > 1:
        return "as several drawn nodes are called"
    return "to which a specimen node of the other kind is linked too"
