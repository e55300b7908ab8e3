"""What pages set going that is no reading: plans, adjudication, frozen scores, exports."""

import io
from collections.abc import Sequence

import polars as pl

from nodewise.errors import FormError, StoreError
from nodewise.reading import form as forms
from nodewise.reading import signing
from nodewise.reading.form import Form
from nodewise.reading.roles import MAY, Role
from nodewise.reading.rounds import Round
from nodewise.steps.readings import answers, planning
from nodewise.steps.readings.score_building import origin
from nodewise.steps.work import Work
from nodewise.store.audit import Trail
from nodewise.store.people import People
from nodewise.store.reading import Readings
from nodewise.tables import TABLES, dictionary
from nodewise.tables.spreadsheet import csv_for_people

DICTIONARY, ANSWERS = "dictionary", "readings"


class Desk:
    """The staff's desk of one study (`web.desk.Desk`); it never opens the truth."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._readings = Readings(planning.trail(work))

    def sheet(self, form: str, score: str | None) -> Form:
        """A form, with a frozen score in the place of its own."""
        return planning.sheet_of(self._readings, form, score)

    def signed(self, code: str) -> None:
        """Put the case of a signed read before the adjudicator, if its readers differ."""
        planning.signed(self._readings, code)

    def shown(self) -> list[str]:
        """Sequences and maps' parameters that a round may show."""
        return sorted(planning.known_images(self._work))

    def visits(self) -> list[str]:
        """Visits of the trial."""
        return [visit.name for visit in self._work.trial.visit]

    def plan(
        self, rounds: Sequence[Round], *, readers: list[str], by: str, in_order: bool = False
    ) -> dict[str, int]:
        """Make rounds, or add readers and cases to them: reader → number of cases added."""
        return planning.plan(self._work, rounds, readers=readers, by=by, in_order=in_order)

    def freeze(self, form: str, rule: str, *, by: str) -> str:
        """Keep a scoring rule for good, under its own name and the hash of all that it says."""
        sheet = forms.load(form)
        score = forms.parse_score(rule, "the scoring rule")
        sheet.scored_by(score)
        text = signing.canonical(score.model_dump(mode="json"))
        row = {"name": score.name, "form": sheet.name, "form_checksum": sheet.checksum,
               "score": text, "checksum": signing.digest(sheet.checksum + text),
               "origin": origin(self._readings, rule)}  # fmt: skip
        self._readings.freeze(row, by=by)
        return score.name

    def export(self, table: str, kind: str, *, by: str) -> bytes:
        """A table of the study, or `dictionary`, as csv or parquet; the trail tells who took it."""
        if table == DICTIONARY:
            return packed(dictionary(), kind)
        if table not in TABLES or TABLES[table].truth:
            raise FormError(f"no table that may be exported here is called '{table}'")
        if table == ANSWERS:
            admit(self._readings.trail, by, "export answers")
            answers.collect(self._work)
        noted(self._readings, table, by=by)
        return packed(self._work.tables.read(table), kind)


def admit(trail: Trail, name: str, deed: str) -> None:
    """Ask for the role once more behind the page's back.

    Raises:
        FormError: when this user may not.
    """
    roles = {user["name"]: user["role"] for user in People(trail).all()}
    if name not in roles or Role(roles[name]) not in MAY[deed]:
        raise FormError(f"'{name}' may not {deed}")


def packed(frame: pl.DataFrame, kind: str) -> bytes:
    """A table as the bytes of a file."""
    if kind == "csv":
        return csv_for_people(frame).encode()
    if kind != "parquet":
        raise StoreError(f"a table is exported as csv or parquet, not as '{kind}'")
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def noted(readings: Readings, table: str, *, by: str) -> None:
    """Write into the trail that a table left the study."""
    with readings.trail.change(by, "exported", subject=table, details={}):
        pass
