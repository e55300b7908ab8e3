"""What extranodal extension does to the N category and stage group, edition by edition."""

from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import confidence, interval, number, sentence, whole


def consequence_sheets(study: Study) -> list[Sheet]:
    """Patients who change between ways of staging, a table per kind of disease."""
    plan = study.trial.consequences
    rows = study.rows("consequences")
    if plan is None or not rows:
        return []
    return [
        Sheet(
            caption=f"{sentence(str(disease))[:-1]}: patients whose category or group changes.",
            head=[
                "Edition",
                "Of",
                "From",
                "To",
                "Changed",
                "Share",
                confidence(None),
                "Open",
                "Moves",
            ],
            rows=_together([_line(r) for r in rows if r["disease"] == disease and r["patients"]]),
            notes=[
                sentence(plan.says),
                "Open: the facts leave one of the two undecided; those patients are left out. "
                "The table says what a rule does to a category, never what to do.",
            ],
        )
        for disease in dict.fromkeys(row["disease"] for row in rows)
        if any(row["patients"] for row in rows if row["disease"] == disease)
    ]


def _line(row: dict[str, object]) -> list[str]:
    value, low, high = (
        float(each) if isinstance(each := row[name], int | float) else None
        for name in ("value", "low", "high")
    )
    counts = f"{row['changed']}/{row['patients']}"
    return [
        str(row["edition"]),
        str(row["what"]),
        str(row["before"]),
        str(row["after"]),
        counts,
        number(value),
        interval(low, high),
        whole(int(str(row["open"]))),
        str(row["moves"] or ""),
    ]


def _together(lines: list[list[str]]) -> list[list[str]]:
    """Editions that say the same of the same patients stand in one line."""
    editions: dict[tuple[str, ...], list[str]] = {}
    for edition, *rest in lines:
        editions.setdefault(tuple(rest), []).append(edition)
    return [[", ".join(names), *rest] for rest, names in editions.items()]
