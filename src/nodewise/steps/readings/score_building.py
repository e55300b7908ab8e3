"""A scoring rule from the learning part: whole points for the readers' answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import FormError
from nodewise.reading import form as forms
from nodewise.reading import signing
from nodewise.reading.form import Form, Question
from nodewise.reading.worklist import LEARNING
from nodewise.stats import point_optimism, point_score
from nodewise.steps.work import Work
from nodewise.store.reading import Readings

PROPOSED = "score proposed"
SEED = 20261121


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Answers of the learning part whose truth is known.

    Args:
        answers: of one reader about one node each.
        metastatic: what pathology says, shape (n,).
        participant: whose node it is, shape (n,).
        readers: how many readers gave them.
    """

    answers: Sequence[dict[str, Any]]
    metastatic: NDArray[np.bool_]
    participant: NDArray[np.str_]
    readers: int


def propose(
    work: Work, readings: Readings, form: str, *, questions: Sequence[str], by: str
) -> dict[str, Any]:
    """Points for answers, a cut-off, and how well both do in the learning part.

    Args:
        work: the study.
        readings: its readings.
        form: form that the learning cases were read on.
        questions: its questions that may give points.
        by: who asked; the trail keeps it, with the hash of the proposed rule.

    Returns:
        The rule as TOML, and a summary of where it comes from.
    """
    sheet = forms.load(form)
    asked = [question for question in sheet.question if question.name in questions]
    if not asked or any(question.when or question.text or question.number for question in asked):
        raise FormError("points are given for scales and choices that are asked of every node")
    learnt = _learnt(work, readings, sheet, asked)
    columns = [each for question in asked for each in _columns(question, learnt.answers)]
    if not columns:
        raise FormError("the readers always gave the same answers: nothing tells nodes apart")
    findings = np.array([[_finding(given, *each) for each in columns] for given in learnt.answers])
    score = point_score(findings, learnt.metastatic, learnt.participant)
    points = _points(asked, columns, score.points.tolist())
    rng = np.random.default_rng(SEED)
    judged = point_optimism(findings, learnt.metastatic, learnt.participant, rng=rng)
    totals = score.total(findings)
    cutoff = _youden(totals, learnt.metastatic)
    rule = _toml(f"{form.rsplit('_', 1)[0]}_points", points, cutoff)
    summary = {
        "nodes": len(totals),
        "metastatic": int(learnt.metastatic.sum()),
        "participants": len(set(learnt.participant.tolist())),
        "readers": learnt.readers,
        "cutoff": cutoff,
        "auc": round(judged.apparent, 4),
        "auc_corrected": round(judged.corrected, 4),
    }
    details = {"rule": signing.digest(rule), "summary": summary}
    with readings.trail.change(by, PROPOSED, subject=form, details=details):
        pass
    return {"rule": rule, **summary}


def origin(readings: Readings, rule: str) -> str:
    """Where a rule comes from, by the trail: built from the learning part, or drawn up by hand."""
    for event in readings.trail.events():
        if event["action"] == PROPOSED:
            details = json.loads(event["details"])
            if details["rule"] == signing.digest(rule):
                return signing.canonical(details["summary"])
    return "drawn up by hand"


def _learnt(work: Work, readings: Readings, sheet: Form, asked: Sequence[Question]) -> Learnt:
    """Signed answers about nodes of the learning part that have a reference."""
    truth = {
        row["region"]: row["metastatic"]
        for row in work.truth.read("matches").to_dicts()
        if row["region"] and row["metastatic"] is not None
    }
    rounds = {row["round"]: row for row in readings.rounds()}
    reads = [
        read
        for read in readings.reads()
        if read["signed_at"]
        and rounds[read["round"]]["part"] == LEARNING
        and rounds[read["round"]]["form"] == sheet.name
    ]
    found = [
        (answers, truth[region], read["participant"], read["reader"])
        for read in reads
        for region, answers in readings.signed_answers(read["code"]).items()
        if region in truth and all(question.name in answers for question in asked)
    ]
    if not found:
        raise FormError(
            f"no signed learning case on {sheet.name} has a node with a reference; "
            "sign cases of the explorative part, enter their pathology, and run 'nodewise run'"
        )
    answers, metastatic, participant, reader = zip(*found, strict=True)
    return Learnt(
        answers=answers,
        metastatic=np.array(metastatic, bool),
        participant=np.array(participant),
        readers=len(set(reader)),
    )


def _columns(
    question: Question, answers: Sequence[dict[str, Any]]
) -> list[tuple[Question, str | None]]:
    """What of a question counts: a scale's steps, or each choice but the commonest."""
    given = [answer[question.name] for answer in answers]
    if question.scale:
        return [(question, None)] if len(set(given)) > 1 else []
    options = question.choose or question.pick or ()
    counts = {option: sum(option in _listed(value) for value in given) for option in options}
    varies = [option for option in options if 0 < counts[option] < len(given)]
    if question.choose and len(varies) > 1:
        varies.remove(max(varies, key=counts.__getitem__))
    return [(question, option) for option in varies]


def _finding(answers: dict[str, Any], question: Question, option: str | None) -> int:
    value = answers[question.name]
    return int(value) if option is None else int(option in _listed(value))


def _points(
    asked: Sequence[Question], columns: Sequence[tuple[Question, str | None]], points: list[int]
) -> dict[str, dict[str, int]]:
    """Question → answer → points, for every answer that can be given."""
    found: dict[str, dict[str, int]] = {}
    for question in asked:
        mine = {option: worth for (q, option), worth in zip(columns, points, strict=True)
                if q.name == question.name}  # fmt: skip
        if question.scale:
            found[question.name] = {str(v): mine.get(None, 0) * v for v in question.scale}
        else:
            options = question.choose or question.pick or ()
            found[question.name] = {option: mine.get(option, 0) for option in options}
    return {name: worth for name, worth in found.items() if any(worth.values())}


def _youden(totals: NDArray[np.float64], metastatic: NDArray[np.bool_]) -> int:
    """The total from which most is gained: sensitivity and specificity together."""
    candidates = np.unique(totals)[1:]
    gains = [
        (totals[metastatic] >= cut).mean() + (totals[~metastatic] < cut).mean()
        for cut in candidates
    ]
    return int(candidates[int(np.argmax(gains))])


def _toml(name: str, points: dict[str, dict[str, int]], cutoff: int) -> str:
    """The rule as it would stand in a form."""
    totals = sorted({sum(each) for each in product(*[set(w.values()) for w in points.values()])})
    lines = [f'name = "{name}"', 'title = "Points from the learning part"', "rule = ["]
    for word, wanted in (
        ("benign", [total for total in totals if total < cutoff]),
        ("metastatic", [total for total in totals if total >= cutoff]),
    ):
        lines.append(f'    {{ when = {{ points = {wanted} }}, gives = "{word}" }},')
    lines.append("]")
    for question, worth in points.items():
        lines += ["", f"[points.{question}]"]
        lines += [f"{json.dumps(answer)} = {value}" for answer, value in worth.items()]
    return "\n".join(lines) + "\n"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
