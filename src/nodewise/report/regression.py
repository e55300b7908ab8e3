"""What neoadjuvant treatment left, as pathology tells it: by node and by patient."""

from collections import Counter

from nodewise.criteria.rules import table
from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import counted, middle, whole

OPEN = "left open by what is recorded"


def regression_sheet(study: Study) -> Sheet | None:
    """Specimen nodes and patients by class of regression; a patient's is that of the worst node."""
    rows = study.rows("regressions")
    if not rows:
        return None
    classes = [row.answer for row in table("regression_node").rows]
    nodes = Counter(str(row["regression"] or OPEN) for row in rows)
    worst: dict[str, int] = {}
    for row in rows:
        name = str(row["regression"] or OPEN)
        rank = classes.index(name) if name in classes else len(classes)
        worst[str(row["participant"])] = max(rank, worst.get(str(row["participant"]), 0))
    people = Counter([*classes, OPEN][rank] for rank in worst.values())
    viable = [row["viable_tumour"] for row in study.rows("specimen_nodes") if row["metastatic"]]
    return Sheet(
        caption=f"Response under the microscope: {counted(len(rows), 'described node')} of "
        f"{counted(len(worst), 'participant')}.",
        head=["Class", "Nodes", "Participants, by the worst node"],
        rows=[
            [name, whole(nodes[name]), whole(people[name])]
            for name in (*classes, OPEN)
            if name != OPEN or nodes[name]
        ],
        notes=[
            "Complete: no viable tumour, but signs of regression. Major: at most 10 % of the bed "
            "is viable; partial: at most 50 %; poor: more. Viable share in nodes with tumour, "
            f"median (range): {middle(viable, digits=2)}.",
            "Only described nodes can be graded; no nodal score is agreed on in head and neck.",
        ],
    )
