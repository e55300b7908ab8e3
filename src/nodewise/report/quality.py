"""What was good enough to be used: fits, matching of nodes to specimens, and problems met."""

from collections.abc import Sequence

from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import counted, middle, whole

_OUTCOMES = ("fitted", "at_bound", "no_convergence", "no_signal", "masked")
_FIT_HEAD = (
    "Model", "Series", "Fitted", "At a bound", "Not converged", "No signal", "Masked",
    "Fitted in nodes",
)  # fmt: skip
_MATCH_HEAD = (
    "Confidence", "Image and specimen", "Image alone", "Specimen alone", "Metastatic", "Benign",
    "Unknown",
)  # fmt: skip
_CONFIDENCES = ("exact", "level-unique", "ambiguous", "ambiguous-size", "none")


def fit_sheet(study: Study) -> Sheet | None:
    """Voxels by outcome for each model; the shares are of the voxels that had to be fitted."""
    maps = study.rows("maps", by=("model",))
    models = list(dict.fromkeys(str(row["model"]) for row in maps))
    if not models:
        return None
    rows = []
    for model in models:
        ours = [row for row in maps if row["model"] == model]
        rows.append([model, whole(len(ours)), *_outcomes(ours), _fraction(study, model)])
    return Sheet(
        caption="Voxels by the outcome of their fit, over all series of a model.",
        head=_FIT_HEAD,
        rows=rows,
        notes=[
            "Shares are of the voxels inside the body. “Fitted in nodes”: median share of a drawn "
            "node's voxels that gave a value, with its range over nodes."
        ],
    )


def curve_sheet(study: Study) -> Sheet | None:
    """Boluses fitted to the mean of drawn regions: how many, how well, and frames followed."""
    values = [row for row in study.rows("values") if row["statistic"] == "curve"]
    models = dict.fromkeys(str(row["model"]) for row in values)
    if not models:
        return None
    return Sheet(
        caption="Curves fitted to the mean of each drawn region of a cine, reference tissue too.",
        head=["Map", "Regions", "Fitted", "R² of the fit", "Share of frames followed"],
        rows=[[model, *_curves([v for v in values if v["model"] == model])] for model in models],
        notes=["Median, with the range over regions. Frames in which a region could not be "
               "followed are left out; a region without a fit has no value."],
    )  # fmt: skip


def _curves(values: Sequence[dict[str, object]]) -> list[str]:
    found = {
        name: [row["value"] for row in values if row["parameter"] == name]
        for name in ("peak", "quality", "frames_followed")
    }
    fitted = sum(value is not None for value in found["peak"])
    ranges = (middle(found[name], digits=2) for name in ("quality", "frames_followed"))
    return [whole(len({row["region"] for row in values})), whole(fitted), *ranges]


def _outcomes(maps: Sequence[dict[str, object]]) -> list[str]:
    counts = {name: _sum(maps, name) for name in _OUTCOMES}
    inside = sum(counts.values()) - counts["masked"]
    shares = [
        f"{whole(count)} ({100 * count / inside:.1f} %)" if inside else whole(count)
        for name, count in counts.items()
        if name != "masked"
    ]
    return [*shares, whole(counts["masked"])]


def _sum(rows: Sequence[dict[str, object]], column: str) -> int:
    return sum(value for row in rows if isinstance(value := row[column], int))


def _fraction(study: Study, model: str) -> str:
    shares = {
        row["region"]: row["fitted_fraction"]
        for row in study.rows("values")
        if row["model"] == model and row["tissue"] == "region"
    }
    return middle(shares.values(), digits=2)


def matching_sheet(study: Study) -> Sheet | None:
    """Image nodes and specimen nodes by the confidence of their match."""
    matches = study.rows("matches")
    if not matches:
        return None
    told = {str(row["confidence"]) for row in matches}
    order = [each for each in _CONFIDENCES if each in told] + sorted(told - set(_CONFIDENCES))
    rows = [_match_line(name, [r for r in matches if r["confidence"] == name]) for name in order]
    rows.append(_match_line("all", matches))
    days = middle((row["interval_days"] for row in matches), digits=0)
    late = sum(
        isinstance(row["interval_days"], int)
        and row["interval_days"] > study.trial.reference.maximum_interval_days
        for row in matches
    )
    return Sheet(
        caption="Image nodes against specimen nodes, by the confidence of the match.",
        head=_MATCH_HEAD,
        rows=rows,
        notes=[
            "A metastatic specimen node that no image node answers to counts as missed by level, "
            "side and patient. An image node without a specimen leaves the analysis by node.",
            _sizes(study),
            f"Days from imaging to surgery, median (range): {days}; beyond "
            f"{study.trial.reference.maximum_interval_days} days: {counted(late, 'node')}.",
        ],
    )


def _sizes(study: Study) -> str:
    """Which sizes of image and specimen go together."""
    size = study.trial.reference.specimen_size
    if size is None:
        return "Sizes on image and in specimen were not held against each other."
    return (
        "Level-unique only where a specimen node left in the level measures "
        f"{100 * size.least:.0f} to {100 * size.greatest:.0f} % of the longest diameter on the "
        f"image, give or take {size.margin_mm:g} mm, or its size is not told; else ambiguous-size."
    )


def _match_line(name: str, rows: Sequence[dict[str, object]]) -> list[str]:
    image = [row for row in rows if row["region"] is not None]
    both = sum(row["specimen_node"] is not None for row in image)
    truth = [row["metastatic"] for row in rows]
    return [
        name,
        whole(both),
        whole(len(image) - both),
        whole(sum(row["region"] is None for row in rows)),
        *(whole(truth.count(answer)) for answer in (True, False, None)),
    ]


def issue_sheets(study: Study) -> list[Sheet]:
    """Every problem met, a table per step."""
    issues = study.rows("issues")
    steps = list(dict.fromkeys(str(row["step"]) for row in issues))
    return [_issues(step, [row for row in issues if row["step"] == step]) for step in steps]


def _issues(step: str, issues: Sequence[dict[str, object]]) -> Sheet:
    rows: list[list[str]] = []
    for needed in dict.fromkeys(str(row["needed"]) for row in issues):
        alike = [row for row in issues if row["needed"] == needed]
        often = f" ({len(alike)} times)" if len(alike) > 1 else ""
        rows.append([f"Needed: {needed}{often}"])
        rows += [
            [str(row[name] or "–") for name in ("participant", "where", "found", "action")]
            for row in alike
        ]
    return Sheet(
        caption=f"{step}: {counted(len(issues), 'problem')}.",
        head=["Participant", "Where", "Found", "What to do"],
        rows=rows,
        long=True,
    )
