"""What the two readers of a case said, for whoever decides between them. No names."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request

from nodewise.store.people import Login
from nodewise.web import access
from nodewise.web.images import Code
from nodewise.web.opened import open_case

router = APIRouter()
Adjudicator = Annotated[Login, Depends(access.may("adjudicate"))]
NAMES = ("One reader", "Another reader", "A third reader", "A fourth reader")


@router.get("/read/{code}/others")
def others(request: Request, code: Code, login: Adjudicator) -> list[list[dict[str, Any]]]:
    """For each disputed node, level, side or patient: what every reader answered, in words."""
    opened = open_case(request, code, login)
    if opened.rule is None:
        raise HTTPException(404, "this case adjudicates nothing")
    sheet = opened.sheet
    return [
        [
            {"name": name, "words": sheet.words(answers := said.get(subject.key, {})),
             "score": sheet.score.value(answers) if sheet.score else None}
            for name, said in zip(NAMES, opened.others, strict=False)
        ]
        for subject in opened.subjects
    ]  # fmt: skip
