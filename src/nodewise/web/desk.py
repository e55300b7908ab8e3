"""The doors that the command line opens for the pages: to the plan, and, narrowly, to the truth.

Pages know only these signatures. What stands behind them lives in `steps`, which the pages
cannot import; each door asks again whether whoever knocks has the role.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from nodewise.reading.form import Form
from nodewise.reading.rounds import Round

Row = dict[str, Any]
Door = Callable[[str], list[Row]]
"""Given the code of a signed read of an explorative round, what pathology found; else refuses."""


class Desk(Protocol):
    """What follows from signatures and what staff set going; nothing here knows the truth."""

    def sheet(self, form: str, score: str | None) -> Form:
        """A form, with a frozen score in the place of its own."""

    def signed(self, code: str) -> None:
        """Let follow what follows from a signature."""

    def shown(self) -> list[str]:
        """Sequences and maps' parameters that a round may show."""

    def visits(self) -> list[str]:
        """Visits of the trial."""

    def plan(
        self, rounds: Sequence[Round], *, readers: list[str], by: str, in_order: bool = False
    ) -> dict[str, int]:
        """Make rounds, or add readers and cases to them: reader → number of cases added."""

    def freeze(self, form: str, rule: str, *, by: str) -> str:
        """Keep a scoring rule for good; returns its name."""

    def export(self, table: str, kind: str, *, by: str) -> bytes:
        """A table of the study, or `dictionary`, as csv or parquet."""


class Truth(Protocol):
    """The truth, for the few who may enter it, match it, build a score on it or export it."""

    @property
    def treated(self) -> bool:
        """Whether the study asks what treatment left of tumour in a node."""

    def participants(self) -> list[Row]:
        """Participants with counts of what is entered and matched."""

    def neck(self, participant: str) -> dict[str, list[Row]]:
        """One participant's dissected levels, specimen nodes, and image nodes."""

    def enter(self, table: str, row: Mapping[str, Any], *, by: str) -> None:
        """Put a row of pathology in the place of the one of the same key, or add it."""

    def strike(self, table: str, row: Mapping[str, Any], *, by: str) -> None:
        """Take a row of pathology away."""

    def link(
        self, participant: str, node: str, *, label: str | None, certainty: str | None, by: str
    ) -> None:
        """Say which image node a specimen node is, and how certain that is; or that it is none."""

    def propose(self, form: str, questions: list[str], *, by: str) -> Row:
        """Points for the answers of the signed learning cases, and how well they do."""

    def export(self, table: str, kind: str, *, by: str) -> bytes:
        """A table of the truth as csv or parquet."""
