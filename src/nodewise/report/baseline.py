"""Who took part: eligibility, baseline characteristics by arm, and disease in the specimens."""

from collections.abc import Callable, Sequence

from nodewise.anatomy import RegionKind
from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import NOTHING, middle, sentence, whole

People = Sequence[dict[str, object]]
Cell = Callable[[People], str]

_FACTS = (
    ("sex", "Sex", None),
    ("primary_site", "Primary site", None),
    ("histology", "Histology of the primary tumour", RegionKind.PRIMARY_TUMOUR),
    ("parotid_histology", "Histology of the parotid lesion", RegionKind.PAROTID_LESION),
)
"""Fact, title, and the arm's lesion that it concerns."""


def baseline_sheet(study: Study) -> Sheet | None:
    """Baseline characteristics by arm; what is missing is said."""
    people = study.rows("participants")
    if not people:
        return None
    arms = {
        arm.title: [each for each in people if each["arm"] == arm.name] for arm in study.trial.arm
    }
    columns = [*arms.values(), people]
    rows = [["participants", *(whole(len(each)) for each in columns)], *_ages(columns)]
    for fact, title, lesion in _FACTS:
        concerned = {arm.name for arm in study.trial.arm if lesion in {None, arm.lesion}}
        rows += _kinds(fact, title, columns=[_among(concerned, people) for people in columns])
    rows += _nodes(study, columns)
    return Sheet(
        caption=f"Baseline characteristics of {whole(len(people))} participants by arm.",
        head=["", *arms, "All"],
        rows=rows,
        notes=[
            "Counts with the share of the arm, or median (range). A dash: does not concern the arm."
        ],
    )


def _ages(columns: Sequence[People]) -> list[list[str]]:
    ages = ["age / years, median (range)"]
    ages += [middle((each["age"] for each in people), digits=0) for people in columns]
    return [ages, *_missing("age", columns)]


def _missing(fact: str, columns: Sequence[People]) -> list[list[str]]:
    counts = [sum(each[fact] is None for each in people) for people in columns]
    return [[f"{fact} not recorded", *(whole(count) for count in counts)]] if any(counts) else []


def _kinds(fact: str, title: str, *, columns: Sequence[People]) -> list[list[str]]:
    kinds = sorted({str(each[fact]) for people in columns for each in people if each[fact]})
    if not kinds:
        return []
    rows = [[title]]
    rows += [
        [kind, *(_share(sum(each[fact] == kind for each in people), people) for people in columns)]
        for kind in kinds
    ]
    unknown = [sum(each[fact] is None for each in people) for people in columns]
    if any(unknown):
        counts = (_share(count, each) for count, each in zip(unknown, columns, strict=True))
        rows.append(["not recorded", *counts])
    return rows


def _share(count: int, people: People) -> str:
    if not people:
        return NOTHING
    return f"{whole(count)} ({100 * count / len(people):.0f} %)" if count else "0"


def _among(arms: set[str], people: People) -> People:
    return [each for each in people if each["arm"] in arms]


def _nodes(study: Study, columns: Sequence[People]) -> list[list[str]]:
    """Nodes on imaging and in the specimens, by arm."""
    image = [row for row in study.rows("nodes") if row["kind"] == "node"]
    first = study.trial.visit[0].name if study.trial.visit else None
    image = [row for row in image if row["visit"] == first] or image
    specimen = study.rows("specimen_nodes")
    ill = [row for row in specimen if row["metastatic"]]
    levels = study.rows("dissections")

    def line(title: str, rows: People, *, tell: Cell = lambda rows: whole(len(rows))) -> list[str]:
        return [title, *(tell(_of(rows, people)) for people in columns)]

    return [
        ["Nodes on imaging, first visit"],
        line("nodes drawn", image),
        line(
            "short axis / mm", image, tell=lambda rows: middle(row["short_axis_mm"] for row in rows)
        ),
        ["Reference standard"],
        line("levels dissected", levels),
        line("nodes described in the specimens", specimen),
        line(f"of these {_sick(study)}", ill),
        line(
            "largest deposit / mm", ill, tell=lambda rows: middle(row["deposit_mm"] for row in rows)
        ),
    ]


def _sick(study: Study) -> str:
    treated = "viable tumour after treatment"
    return "with viable tumour" if study.primary_analysis.target == treated else "metastatic"


def _of(rows: People, people: People) -> People:
    names = {each["participant"] for each in people}
    return [row for row in rows if row["participant"] in names]


def eligibility_sheet(study: Study) -> Sheet | None:
    """Each rule with the number of participants who meet it; unknown is said."""
    answers = study.rows("eligibility")
    if not answers:
        return None
    rows = []
    for rule in study.trial.eligibility:
        given = [row["answer"] for row in answers if row["rule"] == rule.id]
        counts = [whole(given.count(each)) for each in ("met", "not met", "unknown")]
        rows.append([rule.id, rule.arm, rule.says, *counts, sentence(rule.source)])
    return Sheet(
        caption="Eligibility rules and participants who meet them.",
        head=["Rule", "Arm", "Says", "Met", "Not met", "Unknown", "Source"],
        rows=rows,
    )
