"""What the two readers of a case said, for whoever decides between them. No names."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request

from nodewise.reading.form import Answers, Form
from nodewise.store.people import Login
from nodewise.web import access
from nodewise.web.images import Code
from nodewise.web.opened import open_case

router = APIRouter()
Adjudicator = Annotated[Login, Depends(access.may("adjudicate"))]
NAMES = ("One reader", "Another reader", "A third reader", "A fourth reader")


@router.get("/read/{code}/others")
def others(request: Request, code: Code, login: Adjudicator) -> list[list[dict[str, Any]]]:
    """For each disputed node, level, side or patient: every question with every reader's answer.

    Questions on which the readers differ come first.
    """
    opened = open_case(request, code, login)
    if opened.rule is None:
        raise HTTPException(404, "this case adjudicates nothing")
    return [
        _side_by_side(opened.sheet, [said.get(subject.key, {}) for said in opened.others])
        for subject in opened.subjects
    ]


def _side_by_side(sheet: Form, reads: list[Answers]) -> list[dict[str, Any]]:
    """What was asked, what each reader said, and whether they differ."""
    told = [sheet.words(answers) for answers in reads]
    if sheet.score:
        for words, answers in zip(told, reads, strict=True):
            score = sheet.score.value(answers)
            words |= {sheet.score.title: "none" if score is None else str(score)}
    asked = dict.fromkeys(ask for words in told for ask in words)
    rows = [_row(ask, [words.get(ask, "no answer") for words in told]) for ask in asked]
    return sorted(rows, key=lambda row: not row["apart"])


def _row(ask: str, said: list[str]) -> dict[str, Any]:
    return {"ask": ask, "said": dict(zip(NAMES, said, strict=False)), "apart": len(set(said)) > 1}
